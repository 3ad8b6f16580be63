#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, missing_docs)]
#![allow(clippy::disallowed_methods, reason = "real threads are what is tested here")]
//! Real threads on one store: whatever they do at the same time, no amount is
//! taken twice, and everyone is answered what is stored.

#[path = "support/byte_store.rs"]
mod byte_store;
#[path = "support/kit.rs"]
mod kit;

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::Duration;

use byte_store::ByteStore;
use capture_engine::outcome::Outcome;
use capture_engine::record::CaptureRecord;
use capture_engine::store::{
    AnyStore, Changes, CommitError, Inquiry, Key, LoadError, MemoryStore, Reads, Snapshot, Store,
};
use capture_engine::submission::{AnyAnswer, Submission};
use capture_engine::terms::Funding;
use capture_engine::{Engine, EngineError, ResultCode, Settings};
use kit::{accepted, at, authorize, capture, id, key, left, now, register};
use pollster::block_on;

/// Each test runs over both stores.
macro_rules! over_both_stores {
    ($($name:ident)*) => {
        mod memory {
            $(#[test] fn $name() { super::$name(super::AnyStore::new(super::MemoryStore::new())) })*
        }
        mod bytes {
            $(#[test] fn $name() { super::$name(super::AnyStore::new(super::ByteStore::default())) })*
        }
    };
}

over_both_stores! {
    callers_of_one_payment_never_over_capture
    callers_of_one_payer_never_overdraw
    one_request_from_eight_threads_captures_once
    one_id_on_eight_payments_captures_once
    a_batch_is_whole_to_a_reader
    batches_in_opposite_orders_do_not_wait_for_each_other_for_ever
    who_is_told_contended_succeeds_with_the_same_id
}

const THREADS: usize = 8;

/// A store that lets others commit between the load and the commit.
#[derive(Clone)]
struct Yielding(AnyStore);

impl Store for Yielding {
    async fn load(&self, keys: &[Key]) -> Result<Snapshot, LoadError> {
        let snapshot = self.0.load(keys).await;
        thread::sleep(Duration::from_micros(20));
        snapshot
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        self.0.commit(changes).await
    }
}

fn engine(store: &AnyStore) -> Engine<Yielding> {
    Engine::new(Yielding(store.clone()), Settings::default())
}

/// Runs the same on so many threads, which begin together.
fn together<T: Send>(run: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (barrier, run) = (&barrier, &run);
                scope.spawn(move || {
                    barrier.wait();
                    run(thread)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Sends a capture until it is not contended.
fn insist<S: Store>(engine: &Engine<S>, request: &str, payment: &str, minor: i64) -> Outcome<CaptureRecord> {
    loop {
        match block_on(engine.capture(&capture(request, payment, minor), at(1))) {
            Ok(outcome) => return outcome,
            Err(EngineError::Contended) => (),
            Err(error) => panic!("{error}"),
        }
    }
}

fn captured(store: &AnyStore, payment: &str) -> (i64, usize) {
    let page = block_on(store.payment(&Inquiry::Payment(key(payment)), 0, 100_000)).unwrap();
    (page.authorization.unwrap().captured().minor(), page.captures.len())
}

fn callers_of_one_payment_never_over_capture(store: AnyStore) {
    accepted(&store, &[now(authorize("p1", 1_000))]).unwrap();
    let codes = together(|thread| {
        let engine = engine(&store);
        let request = |n| format!("{thread}-{n}");
        (0..20).map(|n| insist(&engine, &request(n), "p1", 30).code()).collect::<Vec<_>>()
    });
    let codes = codes.concat();
    let succeeded = codes.iter().filter(|code| **code == ResultCode::Success).count();
    let refused = codes.iter().filter(|code| **code == ResultCode::CaptureAmountExceedAuthLimit).count();
    // 33 times 30 is 990, and one more would be too much.
    assert_eq!((succeeded, refused), (33, codes.len() - 33));
    assert_eq!(captured(&store, "p1"), (990, 33));
}

fn callers_of_one_payer_never_overdraw(store: AnyStore) {
    accepted(&store, &[now(register("alice", 1_000))]).unwrap();
    let payments: Vec<String> = (0..THREADS).map(|thread| format!("draws-{thread}")).collect();
    for payment in &payments {
        let hold = authorize(payment, 1_000).payer(id("alice")).funding(Funding::Drawn);
        accepted(&store, &[now(hold)]).unwrap();
    }
    let ended = AtomicBool::new(false);
    let codes = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                let payer =
                    block_on(engine(&store).inquire_payer(&id("alice"), at(1))).unwrap().unwrap().payer;
                let (balance, held) = (payer.balance().minor(), payer.held().minor());
                assert!(0 <= held && held <= balance && balance <= 1_000, "{held} of {balance}");
            }
        });
        let codes = together(|thread| {
            let (engine, payment) = (engine(&store), &payments[thread]);
            (0..10).map(|n| insist(&engine, &format!("{thread}-{n}"), payment, 30).code()).collect::<Vec<_>>()
        });
        ended.store(true, Ordering::Relaxed);
        reader.join().unwrap();
        codes.concat()
    });
    let succeeded = codes.iter().filter(|code| **code == ResultCode::Success).count();
    let refused = codes.iter().filter(|code| **code == ResultCode::UserBalanceNotEnough).count();
    assert_eq!((succeeded, refused), (33, codes.len() - 33));
    assert_eq!(payments.iter().map(|payment| captured(&store, payment).0).sum::<i64>(), 990);
    let payer = block_on(engine(&store).inquire_payer(&id("alice"), at(1))).unwrap().unwrap();
    assert_eq!((payer.payer.balance().minor(), payer.count, payer.sum.minor()), (10, 33, 990));
}

fn one_request_from_eight_threads_captures_once(store: AnyStore) {
    accepted(&store, &[now(authorize("p1", 1_000))]).unwrap();
    for n in 0..20 {
        let request = format!("once-{n}");
        let outcomes = together(|_| insist(&engine(&store), &request, "p1", 7));
        let mut records = outcomes.iter().map(|outcome| match outcome {
            Outcome::Accepted { answer, .. } | Outcome::Replayed(answer) => answer,
            other => panic!("{other:?}"),
        });
        let first = records.next().unwrap();
        assert!(records.all(|record| record == first), "{outcomes:?}");
        let accepted = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Accepted { .. })).count();
        assert_eq!(accepted, 1, "{outcomes:?}");
    }
    assert_eq!(captured(&store, "p1"), (140, 20));
}

/// Only the record of the id stands in their way: the payments are different.
fn one_id_on_eight_payments_captures_once(store: AnyStore) {
    let payments: Vec<String> = (0..THREADS).map(|thread| format!("many-{thread}")).collect();
    for payment in &payments {
        accepted(&store, &[now(authorize(payment, 1_000))]).unwrap();
    }
    for n in 0..20 {
        let request = format!("once-{n}");
        let outcomes = together(|thread| insist(&engine(&store), &request, &payments[thread], 7));
        let with = |code: ResultCode| outcomes.iter().filter(|outcome| outcome.code() == code).count();
        assert_eq!((with(ResultCode::Success), with(ResultCode::RepeatReqInconsistent)), (1, THREADS - 1));
    }
    assert_eq!(payments.iter().map(|payment| captured(&store, payment).0).sum::<i64>(), 140);
}

/// Two writers of batches over 24 payments; a reader that loads all of them at
/// once finds as much left everywhere. (A batch that gives up after its attempts
/// goes on command by command, and is then more than one commit: these do not.)
fn a_batch_is_whole_to_a_reader(store: AnyStore) {
    let payments: Vec<String> = (0..24).map(|n| format!("many-{n}")).collect();
    let holds: Vec<_> = payments.iter().map(|payment| now(authorize(payment, 1_000_000))).collect();
    accepted(&store, &holds).unwrap();
    let batch = |name: &str| -> Vec<Submission> {
        payments.iter().map(|payment| now(capture(&format!("{name}-{payment}"), payment, 1))).collect()
    };
    thread::scope(|scope| {
        let writers = ["a", "b"].map(|writer| {
            let (store, batch) = (&store, &batch);
            scope.spawn(move || {
                for n in 0..60 {
                    let engine = engine(store).max_attempts(NonZeroU32::MAX);
                    let answers = block_on(engine.submit(&batch(&format!("{writer}{n}"))));
                    assert!(
                        answers.iter().all(|answer| is_accepted(answer) || is_contended(answer)),
                        "{answers:?}"
                    );
                }
            })
        });
        let mut whole = 0;
        while !writers.iter().all(|writer| writer.is_finished()) {
            let left = left(&store, &payments).unwrap();
            assert!(left.windows(2).all(|two| two[0] == two[1]), "a batch is seen in part: {left:?}");
            whole += 1;
        }
        assert!(whole > 1, "the reader read beside the writers");
    });
}

fn is_accepted(answer: &Result<Outcome<AnyAnswer>, EngineError>) -> bool {
    matches!(answer, Ok(Outcome::Accepted { .. }))
}

fn is_contended(answer: &Result<Outcome<AnyAnswer>, EngineError>) -> bool {
    matches!(answer, Err(EngineError::Contended))
}

fn batches_in_opposite_orders_do_not_wait_for_each_other_for_ever(store: AnyStore) {
    let payments: Vec<String> = (0..16).map(|n| format!("many-{n}")).collect();
    accepted(&store, &[now(register("alice", 1_000_000))]).unwrap();
    for payment in &payments {
        accepted(&store, &[now(authorize(payment, 10_000).payer(id("alice")))]).unwrap();
    }
    let (tell, told) = mpsc::channel();
    let runner = thread::spawn(move || {
        let succeeded: usize = together(|thread| {
            let mut order = payments.clone();
            order.rotate_left(thread);
            if thread % 2 == 1 {
                order.reverse();
            }
            let name = |n: usize, payment: &str| format!("{thread}-{n}-{payment}");
            (0..12)
                .map(|n| {
                    let batch: Vec<_> =
                        order.iter().map(|payment| now(capture(&name(n, payment), payment, 1))).collect();
                    let answers = block_on(engine(&store).submit(&batch));
                    answers.iter().filter(|answer| is_accepted(answer)).count()
                })
                .sum::<usize>()
        })
        .into_iter()
        .sum();
        let captured: i64 = payments.iter().map(|payment| captured(&store, payment).0).sum();
        tell.send((succeeded, captured)).unwrap();
    });
    let (succeeded, captured) = told.recv_timeout(Duration::from_secs(120)).expect("nobody waits for ever");
    runner.join().unwrap();
    assert!(succeeded > 0);
    assert_eq!(succeeded as i64, captured);
}

/// A store that lets another capture of the payment go first.
struct Overtaken {
    store: AnyStore,
    next: AtomicU32,
}

impl Store for Overtaken {
    async fn load(&self, keys: &[Key]) -> Result<Snapshot, LoadError> {
        let snapshot = self.store.load(keys).await;
        let other = format!("other-{}", self.next.fetch_add(1, Ordering::Relaxed));
        accepted(&self.store, &[now(capture(&other, "p1", 1))]).unwrap();
        snapshot
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        self.store.commit(changes).await
    }
}

fn who_is_told_contended_succeeds_with_the_same_id(store: AnyStore) {
    accepted(&store, &[now(authorize("p1", 1_000_000))]).unwrap();
    let overtaken = Overtaken { store: store.clone(), next: AtomicU32::new(0) };
    let hasty = Engine::new(overtaken, Settings::default()).max_attempts(NonZeroU32::new(3).unwrap());
    let answer = block_on(hasty.capture(&capture("c1", "p1", 10), at(1)));
    assert!(matches!(answer, Err(EngineError::Contended)), "{answer:?}");
    assert_eq!(captured(&store, "p1"), (3, 3), "three others went first, and nothing else happened");
    assert_eq!(insist(&engine(&store), "c1", "p1", 10).code(), ResultCode::Success);

    // The same among threads, each of which tries only once.
    let tries = together(|thread| {
        let engine = engine(&store).max_attempts(NonZeroU32::MAX);
        (0..5).for_each(|n| drop(insist(&engine, &format!("{thread}-{n}"), "p1", 10)));
    });
    let captures = 5 * tries.len();
    assert_eq!(captured(&store, "p1"), (3 + 10 + 10 * captures as i64, 4 + captures));
}
