//! The capture command and its quote: the rows of the rules, first to last.

use super::Reference;
use super::answers::{Code, Members, Reply};
use super::facts::{Accepted, Authorization, Counted, Standing, State, What};
use super::instants::{Fraction, print};
use super::line;
use super::payer::echo;
use super::values::{self, Illegal, Legal, Money, needed};

/// A request as it was sent; its flag is the one it stands for.
#[derive(Clone, Debug)]
pub struct Asked {
    pub merchant: String,
    pub request: String,
    pub payment: String,
    amount: Option<Money>,
    last: bool,
    extend_info: Option<String>,
}

/// What is recorded of an id.
pub struct Recorded {
    pub merchant: String,
    pub request: String,
    pub what: Kept,
}

pub enum Kept {
    /// Abandoned before it was used.
    Fenced,
    Answered {
        asked: Asked,
        /// What an absent amount was resolved to.
        resolved: Option<i128>,
        /// None, if it was accepted: then the facts say what came of it.
        refused: Option<Code>,
    },
}

/// What the rows say of a request that is not recorded.
struct Verdict {
    code: Code,
    row: &'static str,
    resolved: Option<i128>,
    outcome: Outcome,
}

enum Outcome {
    NotRecorded,
    Refused,
    Reserved(Option<Counted>),
    Captured(Option<Counted>),
}

impl Verdict {
    fn refused(code: Code, row: &'static str, resolved: Option<i128>) -> Self {
        Self { code, row, resolved, outcome: Outcome::Refused }
    }

    fn waits(row: &'static str) -> Self {
        Self { code: "CAPTURE_IN_PROCESS", row, resolved: None, outcome: Outcome::NotRecorded }
    }
}

const EXCEEDS: Code = "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT";

impl Reference {
    pub(super) fn recorded(&self, merchant: &str, request: &str) -> Option<&Recorded> {
        self.recorded.iter().find(|kept| kept.request == request && kept.merchant == merchant)
    }

    pub(super) fn authorization(&self, merchant: &str, payment: &str) -> Option<&Authorization> {
        let mut all = self.authorizations.iter();
        all.find(|authorization| authorization.payment == payment && authorization.merchant == merchant)
    }

    pub(super) fn capture(&mut self, merchant: &str, body: &line::Capture, risk: &str, now: i64) -> Reply {
        let ids = ids(body);
        let Ok(asked) = self.asking(merchant, body) else {
            return Reply::new("PARAM_ILLEGAL", "row 1", ids);
        };
        if let Some(recorded) = self.recorded(merchant, &asked.request) {
            return self.again(recorded, &asked, ids);
        }
        let verdict = self.judge(&asked, risk, now);
        let Outcome::NotRecorded = verdict.outcome else { return self.record(asked, verdict, now) };
        let members = ids.maybe_text("extendInfo", asked.extend_info.as_deref());
        Reply::new(verdict.code, verdict.row, members)
    }

    pub(super) fn quote(&self, merchant: &str, body: &line::Capture, now: i64) -> Reply {
        let ids = ids(body);
        let Ok(asked) = self.asking(merchant, body) else {
            return Reply::new("PARAM_ILLEGAL", "row 1", ids);
        };
        if let Some(recorded) = self.recorded(merchant, &asked.request) {
            return self.again(recorded, &asked, ids);
        }
        let verdict = self.judge(&asked, "ACCEPT", now);
        let accepted = matches!(verdict.outcome, Outcome::Reserved(_) | Outcome::Captured(_));
        let amount = verdict.resolved.filter(|_| accepted).zip(self.authorization(merchant, &asked.payment));
        let members = ids.maybe(amount, |members, (minor, authorization)| {
            members.money("captureAmount", minor, authorization.amount.currency)
        });
        let members = members.maybe_text("extendInfo", asked.extend_info.as_deref());
        Reply::new(verdict.code, verdict.row, members)
    }

    fn asking(&self, merchant: &str, body: &line::Capture) -> Legal<Asked> {
        let too_long = |text: &String| text.chars().count() > 4096 || text.contains('\0');
        if body.extend_info.as_ref().is_some_and(too_long) {
            return Err(Illegal);
        }
        Ok(Asked {
            merchant: merchant.to_owned(),
            request: needed(values::id(&body.request))?.to_owned(),
            payment: needed(values::id(&body.payment))?.to_owned(),
            amount: values::positive(&body.amount)?,
            last: body.last.unwrap_or(self.settings.last_default),
            extend_info: body.extend_info.clone(),
        })
    }

    /// Rows 2 to 4: the id was used before.
    fn again(&self, recorded: &Recorded, asked: &Asked, ids: Members) -> Reply {
        let Kept::Answered { asked: first, resolved, .. } = &recorded.what else {
            return Reply::new("PROCESS_FAIL", "row 3, abandoned", ids);
        };
        let inconsistent = |row| Reply::new("REPEAT_REQ_INCONSISTENT", row, ids.clone());
        if asked.payment != first.payment {
            return inconsistent("row 2, payment");
        }
        if asked.last != first.last {
            return inconsistent("row 2, flag");
        }
        if asked.amount == first.amount {
            return self.response(recorded);
        }
        let currency = self.authorization(&first.merchant, &first.payment).map(|found| found.amount.currency);
        let resolved = resolved.zip(currency).map(|(minor, currency)| Money { minor, currency });
        match (first.amount, asked.amount) {
            (None, Some(now)) if resolved == Some(now) => self.response(recorded),
            (None, Some(_)) => inconsistent("row 2, amount where there was none"),
            (Some(_), None) => inconsistent("row 2, no amount"),
            _ => inconsistent("row 2, amount"),
        }
    }

    /// What is answered to a request that is recorded, as the facts are now.
    fn response(&self, recorded: &Recorded) -> Reply {
        let Kept::Answered { asked, refused, .. } = &recorded.what else {
            return Reply::new("PROCESS_FAIL", "row 3, abandoned", Members::new());
        };
        let request = Members::new().text("captureRequestId", &asked.request);
        let end = |members: Members| members.maybe_text("extendInfo", asked.extend_info.as_deref());
        if let Some(code) = refused {
            return Reply::new(code, "row 3, refused", end(request.text("paymentId", &asked.payment)));
        }
        let (authorization, number) = self.accepted(&asked.merchant, &asked.request).unwrap();
        let captures = authorization.standing().captures;
        let capture = &captures[number];
        let Some((amount, time)) = capture.got else {
            let row = if capture.pending() { "row 4" } else { "row 3, failed" };
            return Reply::new(capture.code(), row, end(request.text("paymentId", &asked.payment)));
        };
        let members = request
            .text("captureId", &capture.accepted.id)
            .text("paymentId", &asked.payment)
            .money("captureAmount", amount, authorization.amount.currency)
            .text("captureTime", &print(time, &self.settings.offset, Fraction::Never));
        Reply::new(
            "SUCCESS",
            if capture.reversed { "row 3, reversed" } else { "row 3, captured" },
            end(members),
        )
    }

    /// The capture that this request made: where it is.
    pub(super) fn accepted(&self, merchant: &str, request: &str) -> Option<(&Authorization, usize)> {
        let recorded = self.recorded(merchant, request)?;
        let Kept::Answered { asked, refused: None, .. } = &recorded.what else { return None };
        let authorization = self.authorization(merchant, &asked.payment)?;
        let standing = authorization.standing();
        let number = standing.captures.iter().position(|capture| capture.accepted.request == request)?;
        Some((authorization, number))
    }

    /// Rows 5 to 18.
    fn judge(&self, asked: &Asked, risk: &str, now: i64) -> Verdict {
        let Some(authorization) = self.authorization(&asked.merchant, &asked.payment) else {
            return Verdict::refused("AUTH_NOT_FOUND", "row 5", None);
        };
        let facts = authorization.facts_at(now);
        let standing = Standing::of(authorization, &facts);
        match standing.state() {
            State::Cancelled => return Verdict::refused("AUTH_CANCELLED", "row 6", None),
            State::Expired => return Verdict::refused("AUTH_EXPIRED", "row 7", None),
            _ => {}
        }
        let currency = authorization.amount.currency;
        if asked.amount.is_some_and(|amount| amount.currency != currency) {
            return Verdict::refused("CURRENCY_NOT_SUPPORT", "row 8", None);
        }
        let minor = match exceeding(&standing, asked.amount.map(|amount| amount.minor)) {
            Ok(minor) => minor,
            Err(verdict) => return verdict,
        };
        let most = authorization.terms.max_captures;
        let refused = |code, row| Verdict::refused(code, row, Some(minor));
        if standing.succeeded() >= most {
            return refused("PAYMENT_COUNT_EXCEED_LIMIT", "row 10a");
        }
        if standing.succeeded() + standing.pending() >= most {
            return Verdict::waits("row 10b");
        }
        if self.settings.limit(currency).is_some_and(|limit| minor > limit) {
            return refused("PAYMENT_AMOUNT_EXCEED_LIMIT", "row 11");
        }
        let counted = match self.payer_allows(authorization, &standing, minor, now) {
            Ok(counted) => counted,
            Err((code, row)) => return refused(code, row),
        };
        let accepted = |code, row, outcome| Verdict { code, row, resolved: Some(minor), outcome };
        match (risk, authorization.terms.settlement) {
            ("UNAVAILABLE", _) => accepted("UNKNOWN_EXCEPTION", "no verdict", Outcome::NotRecorded),
            ("REJECT", _) => refused("RISK_REJECT", "row 16"),
            ("REVIEW", _) => accepted("CAPTURE_IN_PROCESS", "row 17, review", Outcome::Reserved(counted)),
            (_, "DEFERRED") => accepted("CAPTURE_IN_PROCESS", "row 17, deferred", Outcome::Reserved(counted)),
            _ => accepted("SUCCESS", "row 18", Outcome::Captured(counted)),
        }
    }

    /// Rows 12 to 15: where the capture is counted, if there is a payer.
    fn payer_allows(
        &self,
        authorization: &Authorization,
        standing: &Standing<'_>,
        minor: i128,
        now: i64,
    ) -> Result<Option<Counted>, (Code, &'static str)> {
        let payer = authorization.payer.as_deref().and_then(|payer| self.registration(payer));
        let Some(payer) = payer else { return Ok(None) };
        if self.status(payer) != "NORMAL" {
            return Err(("USER_STATUS_ABNORMAL", "row 12"));
        }
        let counted = self.counting(payer, now);
        let usage = self.usage(payer, counted);
        let limits = self.limits(payer);
        if limits.count.is_some_and(|most| usage.count >= most) {
            return Err(("PAYMENT_COUNT_EXCEED_LIMIT", "row 13"));
        }
        if limits.amount.is_some_and(|most| usage.amount + minor > most) {
            return Err(("USER_AMOUNT_EXCEED_LIMIT", "row 14"));
        }
        let beyond = match authorization.terms.funding {
            "HELD" => (minor - standing.unclaimed()).max(0),
            _ => minor,
        };
        if self.balance(payer) - self.held(payer) < beyond {
            let held = authorization.terms.funding == "HELD";
            let row = if held { "row 15, beyond the hold" } else { "row 15, drawn" };
            return Err(("USER_BALANCE_NOT_ENOUGH", row));
        }
        Ok(Some(counted))
    }

    /// Keeps what was decided, and answers from what is kept.
    fn record(&mut self, asked: Asked, verdict: Verdict, now: i64) -> Reply {
        let id = (self.mint)(&asked.merchant, &asked.request);
        let (merchant, request) = (asked.merchant.clone(), asked.request.clone());
        let refused = matches!(verdict.outcome, Outcome::Refused).then_some(verdict.code);
        if let Some(authorization) = self.authorization_mut(&merchant, &asked.payment) {
            authorization.meet_deadline(now);
            let accept = |counted, at_once| {
                let amount = verdict.resolved.unwrap_or_default();
                Accepted { request: request.clone(), id, amount, last: asked.last, at_once, counted }
            };
            match verdict.outcome {
                Outcome::Reserved(counted) => {
                    authorization.append(now, What::Accepted(accept(counted, false)))
                }
                Outcome::Captured(counted) => {
                    authorization.append(now, What::Accepted(accept(counted, true)))
                }
                Outcome::Refused | Outcome::NotRecorded => {}
            }
        }
        let what = Kept::Answered { asked, resolved: verdict.resolved, refused };
        self.recorded.push(Recorded { merchant, request, what });
        let kept = &self.recorded[self.recorded.len() - 1];
        Reply { rule: verdict.row, ..self.response(kept) }
    }
}

/// Row 9: the amount, given or resolved, unless it is too much.
fn exceeding(standing: &Standing<'_>, sent: Option<i128>) -> Result<i128, Verdict> {
    if standing.closing.is_some() {
        return Err(Verdict::refused(EXCEEDS, "row 9a, closed", None));
    }
    match sent {
        Some(minor) if minor > standing.ceiling() - standing.captured() => {
            Err(Verdict::refused(EXCEEDS, "row 9a, amount", None))
        }
        None if standing.authorized() - standing.captured() - standing.voided() <= 0 => {
            Err(Verdict::refused(EXCEEDS, "row 9a, nothing left", None))
        }
        Some(minor) if minor > standing.capturable() => Err(Verdict::waits("row 9b, amount")),
        None if standing.pending() > 0 => Err(Verdict::waits("row 9b, all")),
        Some(minor) => Ok(minor),
        None => Ok(standing.remainder()),
    }
}

fn ids(body: &line::Capture) -> Members {
    echo(&[("captureRequestId", &body.request), ("paymentId", &body.payment)])
}
