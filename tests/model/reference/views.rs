//! What is read: the inquiry of a payment and of a payer, and the events.

use super::Reference;
use super::answers::{Members, Reply};
use super::facts::{Authorization, Capture, Fact, Said, Standing, What};
use super::instants::{Fraction, print};
use super::line::{Events, Inquire, InquirePayer};
use super::payer::echo;
use super::values::{self, Illegal, Legal, MOST_U32, needed, number};

impl Reference {
    pub(super) fn inquire(&self, merchant: &str, body: &Inquire, now: i64) -> Reply {
        let ids = echo(&[("paymentId", &body.payment), ("captureRequestId", &body.request)]);
        let Ok((payment, request)) = one_of(body) else {
            return Reply::new("PARAM_ILLEGAL", "malformed", ids);
        };
        let recorded = request.and_then(|request| self.recorded(merchant, request));
        let tail = |members: Members| {
            members.maybe(recorded, |members, recorded| {
                let members = members.text("captureRequestId", &recorded.request);
                members.text("captureResultCode", self.code_of(recorded))
            })
        };
        let found = match (payment, recorded) {
            (Some(payment), _) => self.authorization(merchant, payment),
            (None, Some(recorded)) => self.payment_of(recorded),
            (None, None) => None,
        };
        match (found, recorded) {
            (Some(authorization), _) => {
                let rule = if request.is_some() { "of a request" } else { "of a payment" };
                Reply::new("SUCCESS", rule, tail(self.shown(authorization, now)))
            }
            (None, Some(_)) => Reply::new("SUCCESS", "of a request without a payment", tail(Members::new())),
            (None, None) => Reply::new("AUTH_NOT_FOUND", "not there", ids),
        }
    }

    /// As a sweep would leave it.
    fn shown(&self, authorization: &Authorization, now: i64) -> Members {
        let facts = authorization.facts_at(now);
        let standing = Standing::of(authorization, &facts);
        assert!(standing.adds_up(), "the amounts of the reference itself do not add up");
        let currency = authorization.amount.currency;
        let captures: Vec<String> =
            standing.captures.iter().map(|capture| self.capture_shown(capture, currency)).collect();
        let amounts = [
            ("authorizedAmount", standing.authorized()),
            ("capturedAmount", standing.captured()),
            ("inProcessAmount", standing.in_process()),
            ("voidedAmount", standing.voided()),
            ("releasedAmount", standing.released()),
            ("unclaimedAmount", standing.unclaimed()),
            ("overcaptureTakenAmount", standing.overcapture_taken()),
            ("capturableAmount", standing.capturable()),
        ];
        let head = Members::new()
            .text("paymentId", &authorization.payment)
            .text("status", standing.state().name())
            .maybe_text("closedBy", standing.closing.map(|closing| closing.by));
        let expires = print(authorization.terms.expires, &self.settings.offset, Fraction::IfAny);
        amounts
            .iter()
            .fold(head, |members, (name, minor)| members.money(name, *minor, currency))
            .json("capturesLeft", standing.captures_left())
            .text("authExpiryTime", &expires)
            .json("captures", list(&captures))
    }

    fn capture_shown(&self, capture: &Capture<'_>, currency: &str) -> String {
        let time = capture.got.map(|(_, time)| print(time, &self.settings.offset, Fraction::Never));
        Members::new()
            .text("captureRequestId", &capture.accepted.request)
            .text("captureId", &capture.accepted.id)
            .money("captureAmount", capture.amount(), currency)
            .json("isLastCapture", capture.accepted.last)
            .text("resultCode", capture.code())
            .maybe_text("captureTime", time.as_deref())
            .flag_if(capture.reversed, "reversed")
            .flag_if(capture.contradicted.is_some(), "contradicted")
            .object()
    }

    pub(super) fn inquire_payer(&self, body: &InquirePayer, now: i64) -> Reply {
        let ids = echo(&[("payerId", &body.payer)]);
        let Ok(payer) = needed(values::id(&body.payer)) else {
            return Reply::new("PARAM_ILLEGAL", "malformed", ids);
        };
        let Some(registered) = self.registration(payer) else {
            return Reply::new("PARAM_ILLEGAL", "payer is unknown", ids);
        };
        let currency = self.currency_of(registered);
        let usage = self.usage(registered, self.counting(registered, now));
        let counted = Members::new().json("count", usage.count).money("amount", usage.amount, currency);
        let members = ids
            .money("balance", self.balance(registered), currency)
            .money("held", self.held(registered), currency)
            .text("status", self.status(registered))
            .json("usage", counted.object());
        Reply::new("SUCCESS", "shown", members)
    }

    pub(super) fn events(&self, merchant: &str, body: &Events) -> Reply {
        let read = || -> Legal<(&str, u64, u64)> {
            let after = number(body.after, 0, i64::MAX as u64)?.unwrap_or(0);
            let limit = number(body.limit, 1, MOST_U32)?.unwrap_or(1000);
            Ok((needed(values::id(&body.payment))?, after, limit))
        };
        let Ok((payment, after, limit)) = read() else {
            return Reply::new("PARAM_ILLEGAL", "malformed", Members::new());
        };
        let Some(authorization) = self.authorization(merchant, payment) else {
            return Reply::new("AUTH_NOT_FOUND", "not there", Members::new());
        };
        let asked = (1..=authorization.facts.len()).filter(|seq| *seq as u64 > after).take(limit as usize);
        let seqs: Vec<usize> = asked.collect();
        let events: Vec<String> = seqs.iter().map(|seq| self.event(authorization, *seq)).collect();
        let cursor = seqs.last().map_or(after, |seq| *seq as u64);
        let rule = match (seqs.len(), cursor < authorization.facts.len() as u64) {
            (0, _) => "none is later",
            (_, true) => "a page",
            (_, false) => "to the end",
        };
        Reply::new("SUCCESS", rule, Members::new().json("events", list(&events)).json("cursor", cursor))
    }

    /// The fact of this number, as an event.
    fn event(&self, authorization: &Authorization, seq: usize) -> String {
        let facts = &authorization.facts[..seq];
        let before = Standing::of(authorization, &facts[..seq - 1]);
        let after = Standing::of(authorization, facts);
        let currency = authorization.amount.currency;
        let closes = after.closing.filter(|_| before.closing.is_none()).map(|closing| closing.by);
        let released = after.closing.map(|_| after.released() - before.released());
        let Fact { time, what } = &facts[seq - 1];
        let begin = |kind| {
            let head = Members::new().json("version", 1).json("seq", seq).text("event", kind);
            head.text("time", &self.instant(*time))
        };
        let of_capture = |kind, capture: &usize| {
            let accepted = after.captures[*capture].accepted;
            begin(kind).text("captureRequestId", &accepted.request).text("captureId", &accepted.id)
        };
        let end = |members: Members| {
            members.maybe(released, |members, minor| members.money("releasedAmount", minor, currency))
        };
        let payer = authorization.payer.as_deref();
        let members = match what {
            What::Authorized => begin("Authorized")
                .maybe_text("payerId", payer)
                .money("amount", authorization.amount.minor, currency)
                .json("terms", self.terms(authorization)),
            What::Accepted(accepted) => {
                let number = after.captures.len() - 1;
                let kind = if accepted.at_once { "Captured" } else { "CaptureAccepted" };
                let window = accepted.counted.map(|counted| self.instant(counted.window));
                let members = of_capture(kind, &number)
                    .money("amount", accepted.amount, currency)
                    .json("isLastCapture", accepted.last)
                    .maybe_text("payerId", payer.filter(|_| accepted.at_once))
                    .maybe_text("usageWindow", window.as_deref())
                    .maybe_text("closedBy", closes);
                end(members)
            }
            What::Settled { capture, amount } => end(of_capture("Captured", capture)
                .money("amount", *amount, currency)
                .json("isLastCapture", after.captures[*capture].accepted.last)
                .maybe_text("payerId", payer)
                .maybe_text("closedBy", closes)),
            What::Failed { capture, code } => end(of_capture("CaptureFailed", capture)
                .money("amount", after.captures[*capture].amount(), currency)
                .text("resultCode", code)),
            What::Reversed { capture } => end(of_capture("CaptureReversed", capture).money(
                "amount",
                after.captures[*capture].amount(),
                currency,
            )),
            What::Contradicted { capture, said } => {
                let members = of_capture("SettlementContradicted", capture);
                match said {
                    Said::Succeeded(money) => {
                        members.text("outcome", "SUCCEEDED").money("amount", money.minor, money.currency)
                    }
                    Said::Failed(code) => members.text("outcome", "FAILED").text("resultCode", code),
                }
            }
            What::Voided { request, amount } => begin("Voided")
                .text("voidRequestId", request)
                .money("amount", *amount, currency)
                .maybe_text("closedBy", closes),
            What::Cancelled => end(begin("Cancelled")),
            What::DeadlineMet => end(begin("Expired")).text("status", after.state().name()),
        };
        members.object()
    }

    fn terms(&self, authorization: &Authorization) -> String {
        let terms = &authorization.terms;
        let percent = terms.percent.map(|hundredths| format!("{}.{:02}", hundredths / 100, hundredths % 100));
        Members::new()
            .text("authExpiryTime", &self.instant(terms.expires))
            .json("maxCaptures", terms.max_captures)
            .maybe_text("overcapturePercent", percent.as_deref())
            .maybe_money("overcaptureLimit", terms.limit)
            .text("settlement", terms.settlement)
            .text("funding", terms.funding)
            .json("isLastCaptureDefault", self.settings.last_default)
            .object()
    }

    fn instant(&self, instant: i64) -> String {
        print(instant, &self.settings.offset, Fraction::Always)
    }
}

fn list(values: &[String]) -> String {
    format!("[{}]", values.join(","))
}

/// Just one of the two.
fn one_of(body: &Inquire) -> Legal<(Option<&str>, Option<&str>)> {
    let (payment, request) = (values::id(&body.payment)?, values::id(&body.request)?);
    if payment.is_some() == request.is_some() { Err(Illegal) } else { Ok((payment, request)) }
}
