//! What makes a hold and what ends it: authorize, cancel, void, and the sweep.

use super::Reference;
use super::answers::{Code, Reply};
use super::facts::{Authorization, Fact, Standing, State, Terms, What};
use super::instants::{self, Fraction, print};
use super::line::{Authorize, Cancel, Expire, Void};
use super::payer::echo;
use super::values::{self, Illegal, Legal, MOST_U32, Money, has_exponent, needed, number};

/// What an authorize asked for, and what it was answered.
pub struct Authorizing {
    merchant: String,
    asked: Hold,
    code: Code,
}

#[derive(Clone, PartialEq)]
struct Hold {
    payment: String,
    payer: Option<String>,
    amount: Money,
    terms: Terms,
}

/// What a void asked for, and what it was answered. No amount means all.
pub struct Voiding {
    merchant: String,
    request: String,
    payment: String,
    amount: Option<Money>,
    reply: Reply,
}

fn holding(body: &Authorize) -> Legal<Hold> {
    let expires = body.expires.as_deref().and_then(instants::read).ok_or(Illegal)?;
    let terms = Terms {
        expires,
        max_captures: number(body.max_captures, 1, MOST_U32)?.unwrap_or(50),
        percent: values::percent(&body.percent)?,
        limit: values::positive(&body.limit)?,
        settlement: values::word(&body.settlement, &["IMMEDIATE", "DEFERRED"])?.unwrap_or("IMMEDIATE"),
        funding: values::word(&body.funding, &["HELD", "DRAWN"])?.unwrap_or("HELD"),
    };
    Ok(Hold {
        payment: needed(values::id(&body.payment))?.to_owned(),
        payer: values::id(&body.payer)?.map(str::to_owned),
        amount: needed(values::positive(&body.amount))?,
        terms,
    })
}

impl Reference {
    pub(super) fn authorized_before(&self, merchant: &str, payment: &str) -> bool {
        self.authorizings.iter().any(|kept| kept.merchant == merchant && kept.asked.payment == payment)
    }

    pub(super) fn voided_before(&self, merchant: &str, request: &str) -> bool {
        self.voidings.iter().any(|kept| kept.merchant == merchant && kept.request == request)
    }

    pub(super) fn authorize(&mut self, merchant: &str, body: &Authorize, now: i64) -> Reply {
        let ids = echo(&[("paymentId", &body.payment)]);
        let Ok(asked) = holding(body) else { return Reply::new("PARAM_ILLEGAL", "malformed", ids) };
        let mut before = self.authorizings.iter();
        let before = before.find(|kept| kept.merchant == merchant && kept.asked.payment == asked.payment);
        let (code, rule) = match before {
            Some(kept) if kept.asked == asked => (kept.code, "authorized before"),
            Some(_) => return Reply::new("REPEAT_REQ_INCONSISTENT", "authorized with other content", ids),
            None => {
                let (code, rule, recorded) = self.allows(&asked, now);
                if !recorded {
                    return Reply::new(code, rule, ids);
                }
                if code == "SUCCESS" {
                    self.authorizations.push(Authorization {
                        merchant: merchant.to_owned(),
                        payment: asked.payment.clone(),
                        payer: asked.payer.clone(),
                        amount: asked.amount,
                        terms: asked.terms.clone(),
                        facts: vec![Fact { time: now, what: What::Authorized }],
                    });
                }
                let kept = Authorizing { merchant: merchant.to_owned(), asked: asked.clone(), code };
                self.authorizings.push(kept);
                (code, rule)
            }
        };
        if code != "SUCCESS" {
            return Reply::new(code, rule, ids);
        }
        let expires = print(asked.terms.expires, &self.settings.offset, Fraction::IfAny);
        let members = ids.money("paymentAmount", asked.amount.minor, asked.amount.currency);
        Reply::new(code, rule, members.text("authExpiryTime", &expires))
    }

    /// The code, the rule that gave it, and whether it is recorded.
    fn allows(&self, asked: &Hold, now: i64) -> (Code, &'static str, bool) {
        let (minor, currency) = (asked.amount.minor, asked.amount.currency);
        let payer = asked.payer.as_deref().map(|payer| self.registration(payer));
        if asked.terms.expires <= now {
            return ("PARAM_ILLEGAL", "deadline not in the future", false);
        }
        if let Some(None) = payer {
            return ("PARAM_ILLEGAL", "payer is unknown", false);
        }
        let payer = payer.flatten();
        if !has_exponent(currency) || !self.settings.currencies.iter().any(|code| code == currency) {
            return ("CURRENCY_NOT_SUPPORT", "currency is not configured", true);
        }
        if payer.is_some_and(|payer| self.currency_of(payer) != currency) {
            return ("CURRENCY_NOT_SUPPORT", "currency of the account", true);
        }
        if asked.terms.limit.is_some_and(|limit| limit.currency != currency) {
            return ("CURRENCY_NOT_SUPPORT", "limit in another currency", true);
        }
        if self.settings.limit(currency).is_some_and(|limit| minor > limit) {
            return ("PAYMENT_AMOUNT_EXCEED_LIMIT", "limit of one payment", true);
        }
        if let Some(payer) = payer {
            if self.status(payer) != "NORMAL" {
                return ("USER_STATUS_ABNORMAL", "status of the payer", true);
            }
            if asked.terms.funding == "HELD" && self.balance(payer) - self.held(payer) < minor {
                return ("USER_BALANCE_NOT_ENOUGH", "funds of the payer", true);
            }
        }
        ("SUCCESS", "authorized", true)
    }

    pub(super) fn cancel(&mut self, merchant: &str, body: &Cancel, now: i64) -> Reply {
        let ids = echo(&[("paymentId", &body.payment)]);
        let Ok(payment) = needed(values::id(&body.payment)) else {
            return Reply::new("PARAM_ILLEGAL", "malformed", ids);
        };
        let Some(authorization) = self.authorization_mut(merchant, payment) else {
            return Reply::new("AUTH_NOT_FOUND", "not there", ids);
        };
        authorization.meet_deadline(now);
        let standing = authorization.standing();
        let (code, rule) = match (standing.closing.map(|closing| closing.by), standing.state()) {
            (Some("CANCEL"), _) => ("SUCCESS", "cancelled before"),
            (_, State::Cancelled) => ("AUTH_CANCELLED", "cancelled by a void"),
            (_, State::Expired) => ("AUTH_EXPIRED", "expired"),
            (_, State::FullyCaptured) => ("ORDER_STATUS_INVALID", "fully captured"),
            _ if standing.pending() > 0 => ("CAPTURE_IN_PROCESS", "in process"),
            _ if standing.captured() > 0 && standing.unclaimed() == 0 => {
                ("ORDER_STATUS_INVALID", "nothing is held")
            }
            _ => ("SUCCESS", "cancelled"),
        };
        if code != "SUCCESS" {
            return Reply::new(code, rule, ids);
        }
        if rule == "cancelled" {
            authorization.append(now, What::Cancelled);
        }
        // As it was when it was cancelled, whatever came later.
        let at = authorization.standing().closing.map_or(0, |closing| closing.at);
        let released = Standing::of(authorization, &authorization.facts[..at]).released();
        let (time, currency) = (authorization.facts[at - 1].time, authorization.amount.currency);
        let time = print(time, &self.settings.offset, Fraction::Never);
        Reply::new(code, rule, ids.money("releasedAmount", released, currency).text("cancelTime", &time))
    }

    pub(super) fn void(&mut self, merchant: &str, body: &Void, now: i64) -> Reply {
        let ids = echo(&[("voidRequestId", &body.request), ("paymentId", &body.payment)]);
        let Ok((request, payment, amount)) = voiding(body) else {
            return Reply::new("PARAM_ILLEGAL", "malformed", ids);
        };
        let mut before = self.voidings.iter();
        if let Some(kept) = before.find(|kept| kept.merchant == merchant && kept.request == request) {
            return if kept.payment == payment && kept.amount == amount {
                Reply { rule: "voided before", ..kept.reply.clone() }
            } else {
                Reply::new("REPEAT_REQ_INCONSISTENT", "voided with other content", ids)
            };
        }
        let (merchant, request) = (merchant.to_owned(), request.to_owned());
        let reply = match self.authorization_mut(&merchant, payment) {
            None => Reply::new("AUTH_NOT_FOUND", "not there", ids),
            Some(authorization) => {
                authorization.meet_deadline(now);
                let (currency, standing) = (authorization.amount.currency, authorization.standing());
                match voidable(currency, &standing, amount) {
                    Err(("CAPTURE_IN_PROCESS", rule)) => return Reply::new("CAPTURE_IN_PROCESS", rule, ids),
                    Err((code, rule)) => Reply::new(code, rule, ids),
                    Ok(minor) => {
                        let rule = if amount.is_some() { "voided" } else { "voided all" };
                        authorization.append(now, What::Voided { request: request.clone(), amount: minor });
                        Reply::new("SUCCESS", rule, ids.money("voidAmount", minor, currency))
                    }
                }
            }
        };
        let payment = payment.to_owned();
        self.voidings.push(Voiding { merchant, request, payment, amount, reply: reply.clone() });
        reply
    }

    pub(super) fn expire(&mut self, body: &Expire, now: i64) -> Reply {
        let Ok(limit) = number(body.limit, 1, MOST_U32) else {
            return Reply::new("PARAM_ILLEGAL", "malformed", Default::default());
        };
        let mut due: Vec<&mut Authorization> =
            self.authorizations.iter_mut().filter(|authorization| authorization.due(now)).collect();
        due.sort_by(|one, other| {
            let key = |of: &Authorization| (of.terms.expires, of.merchant.clone(), of.payment.clone());
            key(one).cmp(&key(other))
        });
        let taken = limit.map_or(due.len(), |limit| due.len().min(limit as usize));
        let more = due.len() > taken;
        due.iter_mut().take(taken).for_each(|authorization| authorization.meet_deadline(now));
        let rule = match (taken, more) {
            (0, _) => "none is due",
            (_, false) => "all that are due",
            (_, true) => "some that are due",
        };
        let members = super::answers::Members::new().json("expired", taken).json("more", more);
        Reply::new("SUCCESS", rule, members)
    }
}

fn voiding(body: &Void) -> Legal<(&str, &str, Option<Money>)> {
    let amount = values::positive(&body.amount)?;
    if amount.is_some() == (body.all == Some(true)) {
        return Err(Illegal);
    }
    Ok((needed(values::id(&body.request))?, needed(values::id(&body.payment))?, amount))
}

/// How much a void takes.
fn voidable(
    currency: &str,
    standing: &Standing<'_>,
    amount: Option<Money>,
) -> Result<i128, (Code, &'static str)> {
    let most = (standing.authorized() - standing.captured() - standing.voided()).max(0);
    let exceeds = |rule| Err(("CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT", rule));
    match (standing.state(), amount) {
        (State::Cancelled, _) => Err(("AUTH_CANCELLED", "cancelled")),
        (State::Expired, _) => Err(("AUTH_EXPIRED", "expired")),
        (_, Some(amount)) if amount.currency != currency => Err(("CURRENCY_NOT_SUPPORT", "currency")),
        (State::FullyCaptured, _) => exceeds("fully captured"),
        (_, Some(amount)) if amount.minor > most => exceeds("more than is left"),
        (_, None) if most == 0 => exceeds("nothing is left"),
        (_, Some(amount)) if amount.minor > standing.remainder() => {
            Err(("CAPTURE_IN_PROCESS", "more than the remainder"))
        }
        (_, None) if standing.pending() > 0 => Err(("CAPTURE_IN_PROCESS", "all, and one in process")),
        (_, Some(amount)) => Ok(amount.minor),
        (_, None) => Ok(standing.remainder()),
    }
}
