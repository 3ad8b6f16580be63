//! What the answers must say.
//!
//! Of every request: it was answered, with S or F, by the server's key, for
//! this merchant. Of every capture: its answers are equal in every byte, and
//! just one of them is the first; S says what was asked for, with an id that
//! no other capture has; F is said only where an authorization has no room
//! left. Of every payment: it captured as much as it has room for, and its
//! inquiry shows each S once and nothing else.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use bytes::Bytes;
use capture_engine::ResultCode;
use capture_engine::http::{IDEMPOTENT_REPLAYED, Route};
use http::{Method, Uri};
use serde_json::Value;

use super::connections::Exchange;
use super::plan::{CAPTURES, PART, PREFIX, Plan, Senders, capture_id, payment_id};

/// How many faults are shown.
const SHOWN: usize = 10;

/// What was wrong.
#[derive(Default)]
pub struct Faults {
    count: usize,
    first: Vec<String>,
}

impl Faults {
    pub fn note(&mut self, fault: impl fmt::Display) {
        self.count += 1;
        if self.first.len() < SHOWN {
            self.first.push(fault.to_string());
        }
    }

    fn unless(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.note(fault());
        }
    }

    /// Tells them; says whether there are none.
    pub fn told(&self) -> bool {
        self.first.iter().for_each(|fault| eprintln!("WRONG: {fault}"));
        if self.count > self.first.len() {
            eprintln!("WRONG: … {} in all", self.count);
        }
        self.count == 0
    }
}

/// What is known of a capture.
struct Known {
    body: Bytes,
    answers: usize,
    first_answers: usize,
    /// Its capture's id, if it succeeded.
    captured: Option<String>,
}

pub struct Ledger<'a> {
    plan: Plan,
    senders: &'a Senders,
    captures: BTreeMap<usize, Known>,
    pub faults: Faults,
}

impl<'a> Ledger<'a> {
    pub fn new(plan: Plan, senders: &'a Senders) -> Self {
        Self { plan, senders, captures: BTreeMap::new(), faults: Faults::default() }
    }

    /// The body of an answer that this merchant may believe.
    fn believed(&mut self, payment: usize, route: Route, exchange: &Exchange) -> Option<(Bytes, Value)> {
        let uri: Uri = format!("{PREFIX}{route}").parse().unwrap();
        let client = self.senders.client(payment);
        match client.verify(&Method::POST, &uri, &exchange.response, exchange.at) {
            Ok(body) => match serde_json::from_slice(body) {
                Ok(value) => return Some((body.clone(), value)),
                Err(error) => self.faults.note(format!("an answer is no JSON: {error}")),
            },
            Err(error) => {
                self.faults
                    .note(format!("an answer to {} must not be believed: {error}", payment_id(payment)));
            }
        }
        None
    }

    /// The answers of the captures; so many were sent.
    pub fn captures(&mut self, sent: usize, exchanges: &[Exchange]) {
        for exchange in exchanges {
            if let Some((body, answer)) = self.believed(exchange.of / CAPTURES, Route::Capture, exchange) {
                let is_first = !exchange.response.headers().contains_key(IDEMPOTENT_REPLAYED);
                self.capture(exchange.of, body, &answer, is_first);
            }
        }
        let (faults, answers) = (&mut self.faults, exchanges.len());
        faults.unless(answers == sent, || format!("{sent} captures were sent, and {answers} answered"));
        let mut owners = HashMap::new();
        for (capture, known) in &self.captures {
            // Of an answer that came with an earlier delivery, and was lost, both are repeats.
            faults.unless(known.first_answers == 1, || {
                let id = capture_id(*capture);
                format!("{id}: {} of {} answers were the first", known.first_answers, known.answers)
            });
            if let Some(other) = known.captured.as_ref().and_then(|id| owners.insert(id, capture)) {
                let (id, other) = (capture_id(*capture), capture_id(*other));
                faults.note(format!("{id} and {other} have one captureId"));
            }
        }
        for capture in (0..self.plan.captures()).filter(|capture| !self.captures.contains_key(capture)) {
            faults.note(format!("{}: no answer that can be believed", capture_id(capture)));
        }
    }

    fn capture(&mut self, capture: usize, body: Bytes, answer: &Value, is_first: bool) {
        let id = capture_id(capture);
        if let Some(known) = self.captures.get_mut(&capture) {
            known.answers += 1;
            known.first_answers += usize::from(is_first);
            let (one, other) = (&known.body, &body);
            self.faults.unless(one == other, || {
                let [one, other] = [one, other].map(|body| String::from_utf8_lossy(body));
                format!("{id}: two answers: {one} and {other}")
            });
            return;
        }
        let code = answer["result"]["resultCode"].as_str().unwrap_or_default();
        let is_success = code == ResultCode::Success.as_str();
        let payment = capture / CAPTURES;
        let is_tight = self.plan.authorized(payment) < PART * CAPTURES as i64;
        let is_refused = is_tight && code == ResultCode::CaptureAmountExceedAuthLimit.as_str();
        self.faults.unless(is_success || is_refused, || format!("{id}: {code}"));
        let amount = is_success.then_some(PART.to_string());
        let captured = answer["captureId"].as_str().map(str::to_owned);
        let says_what_was_asked = answer["captureRequestId"] == *id
            && answer["paymentId"] == *payment_id(payment)
            && answer["captureAmount"]["value"].as_str() == amount.as_deref()
            && captured.is_some() == is_success;
        self.faults.unless(says_what_was_asked, || format!("{id}: it is answered {answer}"));
        let known = Known { body, answers: 1, first_answers: usize::from(is_first), captured };
        self.captures.insert(capture, known);
    }

    /// The answers of the inquiries, one of each payment.
    pub fn inquiries(&mut self, exchanges: &[Exchange]) {
        let (asked, answered) = (self.plan.payments, exchanges.len());
        self.faults
            .unless(answered == asked, || format!("{asked} inquiries were sent, and {answered} answered"));
        for exchange in exchanges {
            if let Some((_, answer)) = self.believed(exchange.of, Route::InquiryPayment, exchange) {
                self.payment(exchange.of, &answer);
            }
        }
    }

    fn payment(&mut self, payment: usize, answer: &Value) {
        let id = payment_id(payment);
        let minor = |name: &str| {
            let value = answer[name]["value"].as_str().and_then(|value| value.parse::<i64>().ok());
            value.unwrap_or(i64::MIN)
        };
        let (authorized, captured) = (self.plan.authorized(payment), minor("capturedAmount"));
        let amounts =
            (minor("authorizedAmount"), captured, minor("inProcessAmount"), minor("unclaimedAmount"));
        self.faults.unless(amounts == (authorized, authorized, 0, 0), || {
            format!("{id}: authorized, captured, in process, unclaimed are {amounts:?}, of {authorized}")
        });
        let mut shown = Vec::new();
        for capture in answer["captures"].as_array().into_iter().flatten() {
            let is_whole = capture["resultCode"] == *ResultCode::Success.as_str()
                && capture["captureAmount"]["value"] == *PART.to_string();
            self.faults.unless(is_whole, || format!("{id}: its inquiry shows {capture}"));
            let text = |name: &str| capture[name].as_str().unwrap_or_default().to_owned();
            shown.push((text("captureRequestId"), text("captureId")));
        }
        let of_payment = self.captures.range(payment * CAPTURES..(payment + 1) * CAPTURES);
        let told = of_payment.filter_map(|(at, known)| Some((capture_id(*at), known.captured.clone()?)));
        let told: Vec<_> = told.collect();
        shown.sort();
        self.faults.unless(shown == told, || {
            format!("{id}: its inquiry shows {shown:?}, and answered was {told:?}")
        });
        let sum = PART * shown.len() as i64;
        self.faults
            .unless(sum == captured, || format!("{id}: captures of {sum}, and captured is {captured}"));
    }

    pub fn succeeded(&self) -> usize {
        self.captures.values().filter(|known| known.captured.is_some()).count()
    }
}

/// How often two deliveries of one capture were on their way at the same time.
pub fn meetings(exchanges: &[Exchange]) -> usize {
    let mut first = HashMap::new();
    let met = exchanges.iter().filter(|exchange| {
        let other = first.insert(exchange.of, *exchange);
        other.is_some_and(|other| exchange.sent < other.answered && other.sent < exchange.answered)
    });
    met.count()
}
