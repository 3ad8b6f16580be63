//! What callers were told: for every request that was answered for good, its
//! content and the answer; I3 and I4 are checked against it.

use std::collections::BTreeMap;

use capture_engine::event::{Event, PaymentEventKind};
use capture_engine::outcome::{Outcome, Pending};
use capture_engine::{Money, Refusal, ResultCode};

use crate::broken::{Checked, broken, ensure, ensure_eq};
use crate::coverage;
use crate::ops::{Configured, Holding, Op, RequestKey, Taking, number};
use crate::world::{Body, Said, body};

/// The first request of an id that is recorded.
struct First {
    op: Op,
    /// What an absent amount came to.
    resolved: Option<Money>,
    /// What an absent flag meant.
    last_by_default: bool,
}

#[derive(Default)]
pub struct Memory {
    firsts: BTreeMap<RequestKey, First>,
    /// Answers that are final.
    finals: BTreeMap<RequestKey, Body>,
}

/// What is known of a request before it is sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Prior {
    /// It leaves no record of its own.
    Unkeyed,
    Malformed,
    Fresh,
    Inconsistent,
    InProcess,
    Final(Body),
}

/// What a request means where it leaves something out.
#[derive(Clone, Copy)]
pub struct Meaning {
    pub remainder: Option<Money>,
    pub last_by_default: bool,
}

impl Memory {
    pub fn prior(&self, op: &Op) -> Prior {
        if op.is_malformed() {
            return Prior::Malformed;
        }
        let Some(key) = op.key() else { return Prior::Unkeyed };
        match (self.firsts.get(&key), self.finals.get(&key)) {
            (Some(first), _) if !first.is_same(op) => Prior::Inconsistent,
            (_, Some(body)) => Prior::Final(body.clone()),
            (Some(_), None) => Prior::InProcess,
            (None, None) => Prior::Fresh,
        }
    }

    /// The final answer to a capture's id.
    pub fn of_capture(&self, (m, c): (u8, u8)) -> Option<&Body> {
        self.finals.get(&RequestKey::Capture(m, c))
    }

    /// Whether anything is recorded of a capture's id.
    pub fn knows_capture(&self, (m, c): (u8, u8)) -> bool {
        let key = RequestKey::Capture(m, c);
        self.firsts.contains_key(&key) || self.finals.contains_key(&key)
    }

    /// The payment that a capture's first request named.
    pub fn payment_of_capture(&self, (m, c): (u8, u8)) -> Option<(u8, u8)> {
        self.firsts.get(&RequestKey::Capture(m, c))?.op.payment()
    }

    /// Every first request whose answer is final, and that answer.
    pub fn answered(&self) -> impl Iterator<Item = (&Op, &Body)> {
        self.firsts.iter().filter_map(|(key, first)| Some((&first.op, self.finals.get(key)?)))
    }

    /// Checks an answer against what was told before (I3, I4).
    pub fn check(&self, op: &Op, prior: &Prior, said: &Said) -> Checked {
        self.note_spelling(op, prior);
        match (prior, said) {
            (Prior::Malformed, Ok(Outcome::Refused(Refusal::AmountOutOfBounds { .. }))) => Ok(()),
            (Prior::Inconsistent, Ok(Outcome::Refused(Refusal::Inconsistent { .. }))) => Ok(()),
            (Prior::InProcess, Ok(Outcome::Pending(Pending::InProcess { .. }))) => Ok(()),
            (Prior::Final(told), Ok(Outcome::Replayed(answer))) => {
                let again = body(answer);
                let shown = told.shown.is_none() || told.shown == again.shown;
                ensure!(
                    told.code == again.code && shown,
                    "I3",
                    "{op:?} was answered {told:?}, now {again:?}"
                );
                Ok(())
            }
            (Prior::Final(told), said) => broken("I3", format!("{op:?} was answered {told:?}, now {said:?}")),
            (Prior::Inconsistent, said) => broken("I4", format!("{op:?}: {said:?}")),
            (Prior::InProcess, said) => broken("I3", format!("{op:?} in process: {said:?}")),
            (Prior::Malformed, said) => broken("I3", format!("malformed {op:?}: {said:?}")),
            (Prior::Fresh, Ok(Outcome::Replayed(_) | Outcome::Pending(Pending::InProcess { .. }))) => {
                broken("I3", format!("{op:?} is new: {said:?}"))
            }
            (
                Prior::Fresh,
                Ok(Outcome::Refused(Refusal::Inconsistent { .. } | Refusal::AmountOutOfBounds { .. })),
            ) => broken("I4", format!("{op:?} is new: {said:?}")),
            (Prior::Fresh | Prior::Unkeyed, _) => Ok(()),
        }
    }

    /// Counts the repeats that write out what the first request left out, or
    /// leave out what it wrote.
    fn note_spelling(&self, op: &Op, prior: &Prior) {
        let first = op.key().and_then(|key| self.firsts.get(&key));
        let is_same = matches!(prior, Prior::Final(_) | Prior::InProcess);
        let Some(First { op: first, .. }) = first.filter(|_| is_same) else { return };
        match (first, op) {
            (Op::Capture(first), Op::Capture(now)) if first.amount != now.amount => {
                let told = self.of_capture((now.m, now.c)).map_or("U", |body| body.code.status().as_str());
                coverage::met("written otherwise", format!("captureAmount {told}"));
            }
            (Op::Capture(first), Op::Capture(now)) if first.last != now.last => {
                coverage::met("written otherwise", "isLastCapture");
            }
            (Op::Authorize(first), Op::Authorize(now)) if first.max != now.max => {
                coverage::met("written otherwise", "maxCaptures");
            }
            _ => (),
        }
    }

    /// Keeps what a new request was told, if it is recorded.
    pub fn keep(&mut self, op: &Op, said: &Said, meaning: Meaning) -> Checked {
        let Ok(outcome) = said else { return Ok(()) };
        if let (Op::Abandon { m, c }, Outcome::Accepted { .. }) = (op, outcome) {
            let told = Body { code: ResultCode::ProcessFail, shown: Some("None".to_owned()) };
            let known = self.finals.insert(RequestKey::Capture(*m, *c), told);
            ensure_eq!(known, None, "I3", "what was known before {op:?}");
            return Ok(());
        }
        let (Some(key), false) = (op.key(), matches!(op, Op::Quote(_))) else { return Ok(()) };
        if !is_recorded(op, outcome) {
            return Ok(());
        }
        let resolved = meaning.remainder.filter(|_| was_resolved(outcome));
        self.firsts.insert(key, First { op: op.clone(), resolved, last_by_default: meaning.last_by_default });
        match (op, outcome) {
            // What a capture comes to is told by its events.
            (Op::Capture(_), Outcome::Accepted { .. } | Outcome::Pending(_)) => (),
            (Op::Capture(taking), Outcome::Refused(refusal)) => {
                let told = Body { code: refusal.code(), shown: Some(format!("{:?}", taking.info)) };
                self.finals.insert(key, told);
            }
            (_, Outcome::Refused(refusal)) => {
                self.finals.insert(key, Body { code: refusal.code(), shown: None });
            }
            (_, Outcome::Accepted { answer, .. }) => {
                self.finals.insert(key, body(answer));
            }
            _ => (),
        }
        Ok(())
    }

    /// Keeps what the event of a capture makes its final answer.
    pub fn keep_outcome(&mut self, event: &Event, configured: Configured) -> Checked {
        let Event::Payment(event) = event else { return Ok(()) };
        let (capture, code) = match event.kind() {
            PaymentEventKind::Captured { capture, .. } => (capture, ResultCode::Success),
            PaymentEventKind::CaptureFailed { capture, code, .. } => (capture, code.code()),
            _ => return Ok(()),
        };
        let key = RequestKey::Capture(number(event.merchant().as_str()), number(capture.request.as_str()));
        let info = match self.firsts.get(&key) {
            Some(First { op: Op::Capture(taking), .. }) => taking.info,
            _ => return broken("I6", format!("nobody asked for {event:?}")),
        };
        let shown = match event.kind() {
            PaymentEventKind::Captured { amount, .. } => {
                let time = event.time().at(configured.offset());
                format!("{:?} {amount} {time} {info:?}", Some(&capture.id))
            }
            _ => format!("{info:?}"),
        };
        let known = self.finals.insert(key, Body { code, shown: Some(shown) });
        ensure_eq!(known, None, "I3", "the final answer before {event:?}");
        Ok(())
    }
}

/// Rows 10 to 18 resolve an absent amount.
fn was_resolved<A>(outcome: &Outcome<A>) -> bool {
    match outcome {
        Outcome::Refused(refusal) => refusal.row().is_some_and(|row| row >= 10),
        _ => true,
    }
}

/// Whether the answer to a new request leaves a record.
fn is_recorded<A>(op: &Op, outcome: &Outcome<A>) -> bool {
    match outcome {
        Outcome::Accepted { .. } | Outcome::Pending(Pending::Reserved { .. }) => true,
        Outcome::Refused(refusal) => match op {
            Op::Capture(_) | Op::Void { .. } => true,
            Op::Authorize(_) => {
                !matches!(refusal, Refusal::DeadlineNotInFuture { .. } | Refusal::UnknownPayer)
            }
            Op::Adjust { .. } => !matches!(refusal, Refusal::BalanceTooHigh { .. } | Refusal::UnknownPayer),
            _ => false,
        },
        _ => false,
    }
}

impl First {
    fn is_same(&self, other: &Op) -> bool {
        match (&self.op, other) {
            (Op::Capture(first), Op::Capture(now) | Op::Quote(now)) => self.is_same_capture(first, now),
            (Op::Authorize(first), Op::Authorize(now)) => {
                let plain = |holding: &Holding| Holding { max: None, ..holding.clone() };
                first.max_captures() == now.max_captures() && plain(first) == plain(now)
            }
            (first, now) => first == now,
        }
    }

    fn is_same_capture(&self, first: &Taking, now: &Taking) -> bool {
        let meant = |last: Option<bool>| last.unwrap_or(self.last_by_default);
        let as_resolved = first.amount.is_none() && now.amount.is_some() && now.amount == self.resolved;
        first.p == now.p
            && (first.amount == now.amount || as_resolved)
            && meant(first.last) == meant(now.last)
    }
}
