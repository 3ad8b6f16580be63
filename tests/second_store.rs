#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, missing_docs)]
//! A second store, which keeps nothing but the crate's encoded bytes, answers
//! like the memory store: random histories value by value, the replays byte by
//! byte. So the storage trait is more than the memory store's own shape.

#[path = "support/byte_store.rs"]
mod byte_store;
#[path = "support/dice.rs"]
mod dice;
#[path = "support/histories.rs"]
mod histories;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::num::NonZeroU32;
use std::sync::Arc;

use byte_store::ByteStore;
use capture_engine::event::Event;
use capture_engine::record::Record;
use capture_engine::settings::UsageWindows;
use capture_engine::store::{
    AnyStore, AuthorizationKey, Inquiry, Key, LoadError, MemoryStore, Reads, Row, Store,
};
use capture_engine::{Authorization, Currency, Engine, Instant, Money, Payer, ResultCode, Settings};
use histories::{History, MERCHANTS, PAYERS, REQUESTS, verdict};
use pollster::block_on;

/// What a run showed, line by line, and which codes it met.
struct Transcript {
    lines: Vec<String>,
    codes: BTreeSet<ResultCode>,
}

impl Transcript {
    fn tell(&mut self, name: &str, what: &dyn Debug) {
        self.lines.push(format!("{name}: {what:?}"));
    }
}

fn settings() -> Settings {
    let limit = Money::from_minor(900, Currency::USD).unwrap();
    Settings::default()
        .payment_limits([limit])
        .unwrap()
        .last_by_default(false)
        .usage_windows(UsageWindows::new(Instant::EPOCH, 7_200).unwrap())
}

const STEPS: usize = 120;

/// Runs the history of a seed over a store.
fn run(seed: u64, store: impl Store + Reads) -> Transcript {
    let engine = Engine::new(store, settings()).with_risk_check(verdict);
    let mut history = History::new(seed);
    let mut transcript = Transcript { lines: Vec::new(), codes: BTreeSet::new() };
    for step in 0..STEPS {
        let submissions = history.next();
        for (submission, answer) in submissions.iter().zip(block_on(engine.submit(&submissions))) {
            transcript
                .codes
                .insert(answer.as_ref().map_or_else(|error| error.code(), |outcome| outcome.code()));
            transcript.tell(&format!("{step}, {submission:?}"), &answer);
        }
        if history.dice.one_in(12) {
            let limit = NonZeroU32::new(1 + history.dice.roll(3) as u32);
            transcript.tell("expire", &block_on(engine.expire(history.now, limit)));
        }
        look(&engine, &mut history, &mut transcript);
    }
    look_at_all(&engine, history.now, &mut transcript);
    transcript
}

/// One look at each kind of read, somewhere.
fn look<S: Store + Reads>(
    engine: &Engine<S, impl capture_engine::risk::RiskCheck>,
    history: &mut History,
    transcript: &mut Transcript,
) {
    let (merchant, payment, payer) = (history.merchant(), history.payment(), history.payer());
    let key = AuthorizationKey { merchant: merchant.clone(), payment: payment.clone() };
    let (of_payment, of_capture) =
        (Inquiry::Payment(key), Inquiry::Capture(merchant.clone(), history.request()));
    let limit = NonZeroU32::new(1 + history.dice.roll(4) as u32).unwrap();
    let (after, now) = (history.dice.roll(4), history.now);
    transcript.tell("inquire", &block_on(engine.inquire(&of_payment, now)));
    transcript.tell("inquire a capture", &block_on(engine.inquire(&of_capture, now)));
    transcript.tell("page", &block_on(engine.store().payment(&of_payment, after, 2)));
    transcript.tell("inquire payer", &block_on(engine.inquire_payer(&payer, now)));
    transcript.tell("events", &block_on(engine.events(&merchant, &payment, after, limit)));
    transcript.tell("payer's", &block_on(engine.store().payer_events(&payer, after, 2)));
    transcript.tell("due", &block_on(engine.store().due(now, None, 3)));
    transcript.tell("in process", &block_on(engine.store().in_process(now, None, 3)));
}

/// Everything, at the end.
fn look_at_all<S: Store + Reads>(
    engine: &Engine<S, impl capture_engine::risk::RiskCheck>,
    now: Instant,
    transcript: &mut Transcript,
) {
    let store = engine.store();
    for merchant in MERCHANTS {
        for request in 0..REQUESTS {
            let of = Inquiry::Capture(merchant.parse().unwrap(), format!("cap-{request}").parse().unwrap());
            transcript.tell("inquire a capture", &block_on(engine.inquire(&of, now)));
        }
    }
    for payer in PAYERS {
        transcript.tell(payer, &block_on(engine.inquire_payer(&payer.parse().unwrap(), now)));
    }
    let due = paged(|after| block_on(store.due(Instant::MAX, after, 2)).unwrap());
    let open = paged(|after| block_on(store.in_process(Instant::MAX, after, 2)).unwrap());
    transcript.tell("all due", &due);
    transcript.tell("all in process", &open);
    for (stream, events) in feed(store) {
        transcript.tell(&stream, &events);
    }
}

fn paged<T: Clone>(next: impl Fn(Option<&T>) -> Vec<T>) -> Vec<T> {
    let mut all: Vec<T> = Vec::new();
    loop {
        let page = next(all.last());
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// The whole feed by stream: across streams it has no order.
fn feed(store: &impl Reads) -> BTreeMap<String, Vec<Event>> {
    let mut streams: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    let mut cursor = Vec::new();
    loop {
        let page = block_on(store.feed(&cursor, 7)).unwrap();
        if page.events.is_empty() {
            return streams;
        }
        for event in page.events {
            let stream = match &event {
                Event::Payment(event) => format!("payment {} {}", event.merchant(), event.payment()),
                Event::Payer(event) => format!("payer {}", event.payer()),
                other => panic!("an event of an unknown stream: {other:?}"),
            };
            streams.entry(stream).or_default().push(event);
        }
        cursor = page.cursor;
    }
}

fn compare(seed: u64, name: &str, found: &Transcript, expected: &Transcript) {
    for (at, (found, expected)) in found.lines.iter().zip(&expected.lines).enumerate() {
        assert_eq!(found, expected, "seed {seed}, line {at}, {name} against the memory store");
    }
    assert_eq!(found.lines.len(), expected.lines.len(), "seed {seed}, {name}");
}

const SEEDS: std::ops::RangeInclusive<u64> = 1..=30;

#[test]
fn random_histories_are_answered_alike_by_every_store() {
    let mut codes = BTreeSet::new();
    for seed in SEEDS {
        println!("seed {seed}");
        let memory = run(seed, MemoryStore::new());
        compare(seed, "ByteStore", &run(seed, ByteStore::default()), &memory);
        compare(seed, "Arc<MemoryStore>", &run(seed, Arc::new(MemoryStore::new())), &memory);
        compare(seed, "AnyStore of bytes", &run(seed, AnyStore::new(ByteStore::default())), &memory);
        compare(seed, "AnyStore of memory", &run(seed, AnyStore::new(MemoryStore::new())), &memory);
        codes.extend(memory.codes);
    }
    let missed: Vec<_> = ResultCode::ALL.into_iter().filter(|code| !codes.contains(code)).collect();
    assert_eq!(missed, [], "codes that no history met");
}

/// What a store of bytes cannot read it names, entry by entry, and goes on
/// with the rest.
#[test]
fn damaged_bytes_are_told_with_their_key() {
    let store = Arc::new(ByteStore::default());
    run(1, Arc::clone(&store));
    let entries = store.lock().clone();
    let mut damaged = [0; 3];
    for (entry, value) in entries.iter().filter(|(entry, _)| matches!(entry[0], b'r' | b'e')) {
        store.lock().insert(entry.clone(), value[..value.len() - 1].to_vec());
        let (key, found) = match entry[0] {
            b'r' => {
                let key = row_of(&value[8..]);
                damaged[0] += 1;
                (key.clone(), block_on(store.load(&[key])).map(drop))
            }
            _ => match Event::from_bytes(value).unwrap() {
                Event::Payment(event) => {
                    let (merchant, payment) = (event.merchant().clone(), event.payment().clone());
                    let key = AuthorizationKey { merchant, payment };
                    let found = block_on(store.payment_events(&key, event.seq() - 1, 1)).map(drop);
                    damaged[1] += 1;
                    (Key::Authorization(key), found)
                }
                Event::Payer(event) => {
                    let found = block_on(store.payer_events(event.payer(), event.seq() - 1, 1)).map(drop);
                    damaged[2] += 1;
                    (Key::Payer(event.payer().clone()), found)
                }
                other => panic!("an event of an unknown stream: {other:?}"),
            },
        };
        assert!(
            matches!(&found, Err(LoadError::Damaged { key: told, .. }) if **told == key),
            "{key:?}: {found:?}"
        );
        let whole = block_on(store.feed(&[], usize::MAX)).map(drop);
        assert_eq!(whole.is_err(), entry[0] == b'e', "the feed, with a damaged entry of {key:?}: {whole:?}");
        store.lock().insert(entry.clone(), value.clone());
    }
    assert!(
        damaged.iter().all(|damaged| *damaged > 3),
        "rows, events of payments and of payers: {damaged:?}"
    );
}

fn row_of(bytes: &[u8]) -> Key {
    if let Ok(record) = Record::from_bytes(bytes) {
        return record.key().into();
    }
    match Authorization::from_bytes(bytes) {
        Ok(authorization) => authorization.key().into(),
        Err(_) => Payer::from_bytes(bytes).unwrap().key().into(),
    }
}

#[cfg(feature = "json")]
mod replays {
    use super::*;
    use capture_engine::wire::replay::Session;

    /// The answers to these lines.
    fn replay(store: impl Store + Reads, lines: &str) -> Vec<String> {
        let mut session = Session::new(store, Settings::default());
        let answer = |line: &str| {
            let mut out = Vec::new();
            block_on(session.answer(line.as_bytes(), &mut out)).unwrap();
            String::from_utf8(out).unwrap()
        };
        lines.lines().map(answer).collect()
    }

    fn same_on_every_store(lines: &str) -> Vec<String> {
        let expected = replay(MemoryStore::new(), lines);
        assert_eq!(replay(ByteStore::default(), lines), expected, "ByteStore");
        assert_eq!(replay(Arc::new(MemoryStore::new()), lines), expected, "Arc<MemoryStore>");
        assert_eq!(replay(AnyStore::new(ByteStore::default()), lines), expected, "AnyStore");
        expected
    }

    #[test]
    fn the_worked_examples_are_answered_byte_for_byte_alike() {
        let answers = same_on_every_store(include_str!("data/worked-examples.jsonl"));
        assert_eq!(answers.len(), include_str!("data/worked-examples.answers.jsonl").lines().count());
    }

    #[test]
    fn the_week_is_answered_byte_for_byte_as_it_is_stored() {
        let answers = same_on_every_store(include_str!("../examples/week.jsonl"));
        let expected: Vec<_> = include_str!("../examples/week.answers.jsonl").lines().collect();
        assert_eq!(answers, expected);
    }
}
