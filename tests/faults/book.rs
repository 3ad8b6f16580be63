//! What callers were told and what consumers of the feed saw, and that the
//! two fit: I2, I3, I4, I5, I6, I7, I16. It hangs on nothing that the engine
//! does without faults.

use std::collections::{BTreeMap, BTreeSet};

use capture_engine::event::{Event, PaymentEventKind};
use capture_engine::outcome::{Outcome, Pending};
use capture_engine::result_code::ResultStatus;
use capture_engine::store::{Reads, Store};
use capture_engine::submission::AnyAnswer;
use capture_engine::{Refusal, ResultCode};
use pollster::block_on;

use crate::broken::{Checked, broken, ensure, ensure_eq};
use crate::ops::{Op, RequestKey, Taking, number};
use crate::world::{Body, News, Said, Stream, World, body, capture_body, of_capture, of_payment, stream_of};

type CaptureKey = (u8, u8);

#[derive(Default)]
pub struct Book {
    /// The final answer of each request that leaves a record.
    finals: BTreeMap<RequestKey, Body>,
    /// Whether a request, as it was spelled, was of other content than the
    /// first of its id.
    spelled: BTreeMap<String, bool>,
    pub refused: BTreeSet<CaptureKey>,
    pub succeeded: BTreeMap<CaptureKey, Body>,
    captured: BTreeSet<CaptureKey>,
    reversed: BTreeSet<CaptureKey>,
    events: BTreeMap<Stream, Vec<Event>>,
}

impl Book {
    /// What a caller was told for good.
    pub fn told<S: Store + Reads>(&mut self, op: &Op, said: &Said, world: &World<S>) -> Checked {
        let Ok(outcome) = said else { return Ok(()) };
        if let (Op::Abandon { m, c }, Outcome::Accepted { .. } | Outcome::Replayed(_)) = (op, outcome) {
            return self.refuse((*m, *c), op);
        }
        let Some(key) = op.key().filter(|_| !matches!(op, Op::Quote(_))) else { return Ok(()) };
        let told = match outcome {
            Outcome::Accepted { answer, .. } | Outcome::Replayed(answer) => body(answer),
            Outcome::Refused(Refusal::Inconsistent { .. }) => return self.spell(op, true),
            // Not recorded; or, of a cancel and a registration, true of its moment.
            Outcome::Refused(refusal) if refusal.code() == ResultCode::ParamIllegal => return Ok(()),
            Outcome::Refused(_) if matches!(op, Op::Cancel { .. } | Op::Register { .. }) => return Ok(()),
            Outcome::Refused(refusal) => Body { code: refusal.code(), shown: None },
            _ => return Ok(()),
        };
        // The answer of a capture that was accepted may be open still.
        if told.code.status() == ResultStatus::Unknown {
            return Ok(());
        }
        self.spell(op, false)?;
        match self.finals.get_mut(&key) {
            Some(known) => {
                let is_shown = known.shown.is_none() || told.shown.is_none() || known.shown == told.shown;
                ensure!(
                    known.code == told.code && is_shown,
                    "I3",
                    "{op:?} was told {known:?}, then {told:?}"
                );
                known.shown = known.shown.take().or(told.shown.clone());
            }
            None => drop(self.finals.insert(key, told.clone())),
        }
        if let Op::Capture(Taking { m, c, .. }) = op {
            match told.code {
                ResultCode::Success => drop(self.succeeded.insert((*m, *c), told)),
                _ => self.refuse((*m, *c), op)?,
            }
        }
        self.is_readable(op, outcome, world)
    }

    fn spell(&mut self, op: &Op, is_other: bool) -> Checked {
        let plain = match op {
            Op::Capture(taking) => Op::Capture(Taking { info: None, verdict: None, ..taking.clone() }),
            other => other.clone(),
        };
        let before = *self.spelled.entry(format!("{plain:?}")).or_insert(is_other);
        ensure_eq!(is_other, before, "I4", "whether {op:?} is of other content than the first of its id");
        Ok(())
    }

    fn refuse(&mut self, key: CaptureKey, op: &Op) -> Checked {
        self.refused.insert(key);
        ensure!(!self.captured.contains(&key), "I6", "{op:?} was answered F, and it has captured");
        ensure!(!self.succeeded.contains_key(&key), "I3", "{op:?} was answered F, and S before");
        Ok(())
    }

    /// Who saw an S can read it at once (I5).
    fn is_readable<S: Store + Reads>(
        &self,
        op: &Op,
        outcome: &Outcome<AnyAnswer>,
        world: &World<S>,
    ) -> Checked {
        if !matches!(outcome, Outcome::Accepted { .. } | Outcome::Replayed(_))
            || outcome.code() != ResultCode::Success
        {
            return Ok(());
        }
        match op {
            Op::Capture(Taking { m, c, .. }) => self.is_recorded((*m, *c), world),
            Op::Authorize(holding) => {
                let found = world.inquire(&of_payment(holding.m, holding.p), world.now)?;
                ensure!(found.is_some(), "I5", "{op:?} was answered S, and is not there");
                Ok(())
            }
            Op::Register { u, .. } => {
                ensure!(world.inquire_payer(*u, world.now)?.is_some(), "I5", "{op:?} was answered S");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn is_recorded<S: Store + Reads>(&self, key: CaptureKey, world: &World<S>) -> Checked {
        let found = world.inquire(&of_capture(key.0, key.1), world.now)?;
        let found = found.and_then(|found| found.record).map(|record| capture_body(&record));
        ensure_eq!(found.as_ref(), self.succeeded.get(&key), "I5", "what is recorded of {key:?}, told S");
        Ok(())
    }

    /// What came into the feed.
    pub fn news(&mut self, news: &News) -> Checked {
        for (stream, events) in news {
            let known = self.events.entry(*stream).or_default();
            let next = known.len() as u64 + 1;
            known.extend(events.iter().cloned());
            for (event, nth) in events.iter().zip(next..) {
                let (seq, time) = match event {
                    Event::Payment(event) => (event.seq(), event.time()),
                    Event::Payer(event) => (event.seq(), event.time()),
                    other => return broken("I7", format!("{other:?}")),
                };
                ensure_eq!(seq, nth, "I7", "the number of {event:?} at {time}");
            }
        }
        for event in news.values().flatten() {
            let Event::Payment(event) = event else { continue };
            let key = |request: &str| (number(event.merchant().as_str()), number(request));
            match event.kind() {
                PaymentEventKind::Captured { capture, .. } => {
                    let key = key(capture.request.as_str());
                    ensure!(self.captured.insert(key), "I2", "captured twice: {event:?}");
                    ensure!(!self.refused.contains(&key), "I6", "it was answered F: {event:?}");
                }
                PaymentEventKind::CaptureReversed { capture, .. } => {
                    let key = key(capture.request.as_str());
                    ensure!(self.reversed.insert(key), "I2", "reversed twice: {event:?}");
                    ensure!(self.captured.contains(&key), "I2", "it has not captured: {event:?}");
                }
                _ => (),
            }
        }
        Ok(())
    }

    /// At the end: every S is readable, no F captured, and the whole feed,
    /// read once more, is what was read of it piece by piece.
    pub fn close<S: Store + Reads>(&self, world: &World<S>) -> Checked {
        for key in self.succeeded.keys() {
            ensure!(self.captured.contains(key), "I6", "{key:?} was answered S, and no event says so");
            self.is_recorded(*key, world)?;
        }
        let both = self.refused.intersection(&self.captured).next();
        ensure!(both.is_none(), "I6", "{both:?} was answered F, and has captured");
        let (mut again, mut cursor) = (BTreeMap::<Stream, Vec<Event>>::new(), Vec::new());
        loop {
            let page = block_on(world.store.feed(&cursor, 3)).unwrap();
            if page.events.is_empty() {
                break;
            }
            cursor = page.cursor;
            for event in page.events {
                again.entry(stream_of(&event)).or_default().push(event);
            }
        }
        ensure_eq!(again, self.events, "I16", "the feed, read again");
        Ok(())
    }

    /// Whether this request was answered for good.
    pub fn is_final(said: &Said) -> bool {
        match said {
            Ok(Outcome::Pending(Pending::Waiting | Pending::InProcess { .. } | Pending::Reserved { .. })) => {
                false
            }
            Ok(outcome) => outcome.code().status() != ResultStatus::Unknown,
            Err(_) => false,
        }
    }
}
