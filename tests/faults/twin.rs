//! The twin: what the store applied, command by command in the order of the
//! commits, done again without faults and one after the other, by the checker
//! of the random histories. So a history with faults is one of those that it
//! checks, or it is wrong: what was applied is what a faultless engine does
//! at that moment, its answer is what that one answers, and what is stored
//! afterwards is the same.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use capture_engine::event::Event;
use capture_engine::record::Record;
use capture_engine::store::{Change, Changes, Key, Reads, Row, Store};
use capture_engine::{Authorization, Payer};
use pollster::block_on;

use crate::broken::{Checked, ensure, ensure_eq};
use crate::checker::Checker;
use crate::fork::Past;
use crate::ops::{Clock, Configured, MERCHANTS, Op, PAYERS, PAYMENTS, number};
use crate::predict::predict;
use crate::world::{News, Said, Stream, World, of_payment, stream_of};

/// One command, or one closing by a sweep, as it stands in the order of the commits.
#[derive(Clone)]
pub enum Done {
    Sent(i64, Op, Configured),
    Closed(i64, (u8, u8), Configured),
}

/// What one caller asked: commands with their clock readings, or a sweep.
#[derive(Clone)]
pub struct Asked {
    pub commands: Vec<(i64, Op)>,
    pub sweep: Option<i64>,
    pub configured: Configured,
}

/// What a commit comes to without faults: of each command that it made
/// happen its place in what was asked, and its answer; or how many were closed.
#[derive(Default)]
pub struct Followed {
    pub answers: Vec<(usize, Said)>,
    pub closed: u64,
}

pub struct Twin {
    pub checker: Checker,
    /// What was done, in order.
    pub done: Vec<Done>,
    /// How much had been done after so many commits.
    pub after: Vec<usize>,
    /// How many events of each stream were compared.
    compared: BTreeMap<Stream, usize>,
    /// The keys of all rows that were written.
    keys: BTreeSet<Key>,
}

impl Twin {
    pub fn new() -> Self {
        Self {
            checker: Checker::new(),
            done: Vec::new(),
            after: vec![0],
            compared: BTreeMap::new(),
            keys: BTreeSet::new(),
        }
    }

    /// Does what a commit of this caller did.
    pub fn follow(&mut self, asked: &Asked, changes: &Changes) -> Checked<Followed> {
        if self.checker.world.configured != asked.configured {
            self.checker.configure(asked.configured);
        }
        let mut left = events_of(changes);
        let mut followed = Followed::default();
        if let Some(now) = asked.sweep {
            for event in changes.payment_events() {
                let key = (number(event.merchant().as_str()), number(event.payment().as_str()));
                self.close(key, now)?;
                left.get_mut(&Stream::Payment(key.0, key.1)).and_then(VecDeque::pop_front);
                self.done.push(Done::Closed(now, key, asked.configured));
                followed.closed += 1;
            }
        }
        for (at, (now, op)) in asked.commands.iter().enumerate() {
            let (_, would) = predict(&self.checker.world.store, op, *now, asked.configured);
            let Some(would) = would.filter(|would| is_part(would, changes, &left)) else { continue };
            for (stream, events) in events_of(&would) {
                left.entry(stream).or_default().drain(..events.len());
            }
            let item = [(Clock::At(*now), op.clone())];
            let answers = self.checker.submit(&item)?;
            self.checker.check_state(&item)?;
            followed.answers.extend(answers.into_iter().map(|said| (at, said)));
            self.done.push(Done::Sent(*now, op.clone(), asked.configured));
        }
        self.after.push(self.done.len());
        ensure!(
            !followed.answers.is_empty() || followed.closed > 0,
            "I12",
            "{:?} committed what they would not without faults: {changes:?}",
            asked.commands
        );
        ensure!(
            left.values().all(VecDeque::is_empty),
            "I12",
            "was committed by {:?}, and without faults would not be: {left:?}",
            asked.commands
        );
        Ok(followed)
    }

    fn close(&mut self, key: (u8, u8), now: i64) -> Checked {
        ensure!(self.checker.world.close(key, now)?, "I12", "{key:?} was closed, and was not due");
        let mut news = self.checker.world.news()?;
        self.checker.close_by_deadline(key, now, &mut news)?;
        self.checker.past.push(Past::Closed(now, key));
        self.checker.seen.touch(news.keys().copied().collect());
        self.checker.check_state(&[])
    }

    /// After some commits: the rows that they wrote, the events and the lists
    /// are the same on the store with faults.
    pub fn compare<S: Store + Reads>(&mut self, other: &World<S>, news: &News, written: &[Key]) -> Checked {
        let twin = &self.checker.world;
        ensure_eq!(rows(&other.store, written), rows(&twin.store, written), "I12", "{written:?}");
        self.keys.extend(written.iter().cloned());
        for (stream, events) in news {
            let compared = self.compared.entry(*stream).or_default();
            let known = self.checker.events.get(stream).map_or(&[][..], |known| &known[*compared..]);
            ensure_eq!(Vec::from(events.clone()), known, "I12", "the events of {stream:?}");
            *compared += events.len();
        }
        let all: usize = self.compared.values().sum();
        ensure_eq!(
            all,
            self.checker.events.values().map(Vec::len).sum::<usize>(),
            "I16",
            "events in the feed"
        );
        ensure_eq!(other.due(twin.now)?, twin.due(twin.now)?, "I12", "what is due");
        ensure_eq!(other.in_process(twin.now)?, twin.in_process(twin.now)?, "I12", "what is in process");
        Ok(())
    }

    /// At the end: all that can be asked is answered alike.
    pub fn compare_all<S: Store + Reads>(&self, other: &World<S>) -> Checked {
        let (twin, now) = (&self.checker.world, self.checker.world.now);
        for of in (0..MERCHANTS).flat_map(|m| (0..PAYMENTS).map(move |p| of_payment(m, p))) {
            ensure_eq!(other.inquire(&of, now)?, twin.inquire(&of, now)?, "I12", "{of:?}");
        }
        for key in 0..=PAYERS {
            ensure_eq!(other.payer_events(key)?, twin.payer_events(key)?, "I12", "the events of u{key}");
        }
        for key in &self.keys {
            let key = std::slice::from_ref(key);
            ensure_eq!(rows(&other.store, key), rows(&twin.store, key), "I12", "{key:?}");
        }
        Ok(())
    }
}

/// The rows under these keys, without their versions: a batch raises them
/// once, commands one after the other each.
fn rows<S: Store>(store: &S, keys: &[Key]) -> (Vec<Record>, Vec<Authorization>, Vec<Payer>) {
    let found = block_on(store.load(keys)).unwrap();
    let records = found.records().map(|(_, record)| record.clone());
    let authorizations = found.authorizations().map(|(_, authorization)| authorization.clone());
    let mut rows: (Vec<_>, Vec<_>, Vec<_>) = (
        records.collect(),
        authorizations.collect(),
        found.payers().map(|(_, payer)| payer.clone()).collect(),
    );
    rows.1.sort_by_key(|row| (row.merchant().clone(), row.payment().clone()));
    rows.2.sort_by_key(|row| row.id().clone());
    rows
}

/// The keys of the rows that a commit writes.
pub fn written(changes: &Changes) -> Vec<Key> {
    fn of<T: Row>(changes: &[Change<T>]) -> impl Iterator<Item = Key> + '_ {
        changes.iter().filter(|change| change.written().is_some()).map(|change| change.key().into())
    }
    of(changes.records()).chain(of(changes.authorizations())).chain(of(changes.payers())).collect()
}

fn events_of(changes: &Changes) -> News {
    let mut news = News::new();
    let payment = changes.payment_events().iter().cloned().map(Event::Payment);
    for event in payment.chain(changes.payer_events().iter().cloned().map(Event::Payer)) {
        news.entry(stream_of(&event)).or_default().push_back(event);
    }
    news
}

/// Whether what a command would do now is part of what a commit did: its
/// events stand next and it writes records that were written (what follows in
/// a batch may have written them again), or it has no events and writes the
/// same record. Events alone do not tell: whatever meets a deadline first
/// closes the payment.
fn is_part(would: &Changes, did: &Changes, left: &News) -> bool {
    let events = events_of(would);
    if events.is_empty() {
        let records = |changes: &'_ Changes| -> Vec<Record> {
            changes.records().iter().filter_map(Change::written).map(|(_, record)| record.clone()).collect()
        };
        let did = records(did);
        return records(would).iter().all(|record| did.contains(record));
    }
    let keys = |changes: &Changes| -> BTreeSet<Key> {
        let written = changes.records().iter().filter(|change| change.written().is_some());
        written.map(|change| change.key().into()).collect()
    };
    let are_next = events.iter().all(|(stream, events)| {
        left.get(stream)
            .is_some_and(|left| left.len() >= events.len() && events.iter().zip(left).all(|(a, b)| a == b))
    });
    are_next && keys(would).is_subset(&keys(did))
}
