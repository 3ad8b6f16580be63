//! What the rail says of a capture, then and later: settle and reverse; and
//! the fence around an id that must never capture.

use super::Reference;
use super::answers::{Code, Reply};
use super::capture::{Kept, Recorded};
use super::facts::{Said, What};
use super::line::{Abandon, Reverse, Settle};
use super::payer::echo;
use super::values::{self, Illegal, Legal, Money, needed};

/// What a capture can fail with.
pub const FAILURES: [Code; 12] = [
    "PROCESS_FAIL",
    "AUTH_NOT_FOUND",
    "AUTH_CANCELLED",
    "AUTH_EXPIRED",
    "CURRENCY_NOT_SUPPORT",
    "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT",
    "PAYMENT_COUNT_EXCEED_LIMIT",
    "PAYMENT_AMOUNT_EXCEED_LIMIT",
    "USER_STATUS_ABNORMAL",
    "USER_AMOUNT_EXCEED_LIMIT",
    "USER_BALANCE_NOT_ENOUGH",
    "RISK_REJECT",
];

/// As it was told: what is left out is filled in by what the capture asked.
enum Told {
    Succeeded(Option<Money>),
    Failed(Code),
}

fn telling(body: &Settle) -> Legal<(&str, Told)> {
    let outcome = needed(values::word(&body.outcome, &["SUCCEEDED", "FAILED"]))?;
    let amount = values::positive(&body.amount)?;
    let code = values::word(&body.code, &FAILURES)?;
    let told = match (outcome, amount, code) {
        ("SUCCEEDED", amount, None) => Told::Succeeded(amount),
        ("FAILED", None, code) => Told::Failed(code.unwrap_or("PROCESS_FAIL")),
        _ => return Err(Illegal),
    };
    Ok((needed(values::id(&body.request))?, told))
}

impl Reference {
    pub(super) fn settle(&mut self, merchant: &str, body: &Settle, now: i64) -> Reply {
        let ids = echo(&[("captureRequestId", &body.request)]);
        let Ok((request, told)) = telling(body) else { return Reply::new("PARAM_ILLEGAL", "malformed", ids) };
        let Some((authorization, capture)) = self.accepted(merchant, request) else {
            return Reply::new("PARAM_ILLEGAL", "no such capture", ids);
        };
        let payment = authorization.payment.clone();
        let currency = authorization.amount.currency;
        let standing = authorization.standing();
        let about = &standing.captures[capture];
        let asked = Money { minor: about.accepted.amount, currency };
        let said = match told {
            Told::Succeeded(amount) => Said::Succeeded(amount.unwrap_or(asked)),
            Told::Failed(code) => Said::Failed(code),
        };
        let known = Reply::new("SUCCESS", "", ids.clone().text("captureId", &about.accepted.id));
        let (what, reply) = match (about.got, about.failed, said) {
            // In process.
            (None, None, Said::Succeeded(money))
                if money.currency == currency && money.minor <= asked.minor =>
            {
                let rule = if money == asked { "settled" } else { "settled for less" };
                (Some(What::Settled { capture, amount: money.minor }), Reply { rule, ..known })
            }
            (None, None, Said::Failed(code)) => {
                (Some(What::Failed { capture, code }), Reply { rule: "settled as failed", ..known })
            }
            // The same again.
            (Some((minor, _)), _, Said::Succeeded(money)) if money == (Money { minor, currency }) => {
                (None, Reply { rule: "settled before", ..known })
            }
            (Some(_), _, Said::Failed(_)) if about.reversed => {
                (None, Reply { rule: "failure of what is reversed", ..known })
            }
            (None, Some(failed), Said::Failed(code)) if failed == code => {
                (None, Reply { rule: "failed before", ..known })
            }
            _ if about.contradicted == Some(said) => {
                (None, Reply::new("REPEAT_REQ_INCONSISTENT", "the same contradiction", ids))
            }
            _ => {
                let what = What::Contradicted { capture, said };
                (Some(what), Reply::new("REPEAT_REQ_INCONSISTENT", "a contradiction", ids))
            }
        };
        self.append(merchant, &payment, now, what);
        reply
    }

    pub(super) fn reverse(&mut self, merchant: &str, body: &Reverse, now: i64) -> Reply {
        let ids = echo(&[("captureRequestId", &body.request)]);
        let Ok(request) = needed(values::id(&body.request)) else {
            return Reply::new("PARAM_ILLEGAL", "malformed", ids);
        };
        let Some((authorization, capture)) = self.accepted(merchant, request) else {
            return Reply::new("PARAM_ILLEGAL", "no such capture", ids);
        };
        let payment = authorization.payment.clone();
        let standing = authorization.standing();
        let about = &standing.captures[capture];
        if about.got.is_none() {
            let rule = if about.pending() { "in process" } else { "failed" };
            return Reply::new("ORDER_STATUS_INVALID", rule, ids);
        }
        let members = ids.text("captureId", &about.accepted.id);
        let (what, rule) = match about.reversed {
            true => (None, "reversed before"),
            false => (Some(What::Reversed { capture }), "reversed"),
        };
        self.append(merchant, &payment, now, what);
        Reply::new("SUCCESS", rule, members)
    }

    /// Whatever is appended comes after the closing by the deadline.
    fn append(&mut self, merchant: &str, payment: &str, now: i64, what: Option<What>) {
        if let (Some(authorization), Some(what)) = (self.authorization_mut(merchant, payment), what) {
            authorization.meet_deadline(now);
            authorization.append(now, what);
        }
    }

    pub(super) fn abandon(&mut self, merchant: &str, body: &Abandon) -> Reply {
        let ids = echo(&[("captureRequestId", &body.request)]);
        let Ok(request) = needed(values::id(&body.request)) else {
            return Reply::new("PARAM_ILLEGAL", "malformed", ids);
        };
        match self.recorded(merchant, request).map(|recorded| self.code_of(recorded)) {
            Some("CAPTURE_IN_PROCESS") => Reply::new("CAPTURE_IN_PROCESS", "in process", ids),
            Some("SUCCESS") => Reply::new("ORDER_STATUS_INVALID", "captured", ids),
            Some(_) => Reply::new("SUCCESS", "it will never capture", ids),
            None => {
                let (merchant, request) = (merchant.to_owned(), request.to_owned());
                self.recorded.push(Recorded { merchant, request, what: Kept::Fenced });
                Reply::new("SUCCESS", "fenced", ids)
            }
        }
    }

    /// What is recorded of a request by now.
    pub(super) fn code_of(&self, recorded: &Recorded) -> Code {
        match &recorded.what {
            Kept::Fenced => "PROCESS_FAIL",
            Kept::Answered { refused: Some(code), .. } => code,
            Kept::Answered { .. } => {
                let found = self.accepted(&recorded.merchant, &recorded.request);
                found.map_or("", |(authorization, number)| authorization.standing().captures[number].code())
            }
        }
    }

    /// The payment that this request named, if one is there.
    pub(super) fn payment_of(&self, recorded: &Recorded) -> Option<&super::facts::Authorization> {
        match &recorded.what {
            Kept::Fenced => None,
            Kept::Answered { asked, .. } => self.authorization(&asked.merchant, &asked.payment),
        }
    }
}
