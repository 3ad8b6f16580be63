#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, missing_docs)]
//! All of one load was true at one instant, beside threads that write: what is
//! recorded, what the authorization has captured and what its payer holds fit
//! together in every load.

#[path = "support/byte_store.rs"]
mod byte_store;
#[path = "support/kit.rs"]
mod kit;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use byte_store::ByteStore;
use capture_engine::store::{AnyStore, Key, MemoryStore, RecordKey, Snapshot, Store};
use capture_engine::submission::Submission;
use kit::{accepted, authorize, capture, id, key, now, register};
use pollster::block_on;

/// Each test runs over both stores; more often over the one with many locks.
macro_rules! over_both_stores {
    ($($name:ident)*) => {
        mod memory {
            $(#[test] fn $name() { super::$name(&super::AnyStore::new(super::MemoryStore::new()), 3_000) })*
        }
        mod bytes {
            $(#[test] fn $name() { super::$name(&super::AnyStore::new(super::ByteStore::default()), 500) })*
        }
    };
}

over_both_stores! {
    a_record_and_its_payment_are_of_one_instant
    a_payment_and_its_payer_are_of_one_instant
    a_batch_is_of_one_instant
}

/// How many payments each batch writes.
const WIDE: usize = 50;
const AMOUNT: i64 = 1_000_000;

fn record(request: &str) -> Key {
    Key::Record(RecordKey::Capture(id("shop"), id(request)))
}

fn load(store: &AnyStore, keys: &[Key]) -> Snapshot {
    block_on(store.load(keys)).unwrap()
}

fn captured(snapshot: &Snapshot, payment: &str) -> i64 {
    let mut all = snapshot.authorizations().map(|(_, kept)| kept);
    all.find(|kept| kept.payment().as_str() == payment).unwrap().captured().minor()
}

/// The payments and payers of a thread that is in nobody's way, but makes a
/// load wait between one kind of rows and the next.
fn beside(kind: &str) -> Vec<String> {
    (0..WIDE).map(|n| format!("{kind}-{n}")).collect()
}

fn open_beside(store: &AnyStore) {
    let (payments, payers) = (beside("payment"), beside("payer"));
    let registered = payers.iter().map(|payer| now(register(payer, AMOUNT)));
    let held = payments.iter().zip(&payers);
    let held = held.map(|(payment, payer)| now(authorize(payment, AMOUNT).payer(id(payer))));
    accepted(store, &registered.chain(held).collect::<Vec<_>>()).unwrap();
}

fn batch(name: &str, payments: &[String]) -> Vec<Submission> {
    payments.iter().map(|payment| now(capture(&format!("{name}-{payment}"), payment, 1))).collect()
}

/// Runs the writer to its end, and the reader over and over beside it, while a
/// third thread commits batches that have nothing in common with either.
fn beside_a_writer(store: &AnyStore, write: impl FnOnce() + Send, mut read: impl FnMut()) {
    open_beside(store);
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let busy = scope.spawn(|| {
            let payments = beside("payment");
            let mut batches = (0_u64..).map(|n| batch(&format!("beside-{n}"), &payments));
            while !ended.load(Ordering::Relaxed) {
                accepted(store, &batches.next().unwrap()).unwrap();
            }
        });
        let writer = scope.spawn(write);
        // Ends the other threads also where the reader finds something.
        let _end = Ending(&ended);
        let mut times = 0;
        while !writer.is_finished() {
            read();
            times += 1;
        }
        read();
        assert!(times > 10, "the reader read beside the writer");
        ended.store(true, Ordering::Relaxed);
        writer.join().unwrap();
        busy.join().unwrap();
    });
}

struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How many of the next captures a load asks for.
const NEXT: i64 = 8;

/// Captures of 1 each, `c-0`, `c-1` and so on: a load of the next few finds so
/// many of them as its authorization has captured since.
fn a_record_and_its_payment_are_of_one_instant(store: &AnyStore, commits: i64) {
    accepted(store, &[now(authorize("p1", AMOUNT))]).unwrap();
    let request = |n: i64| format!("c-{n}");
    let write = || {
        (0..commits).for_each(|n| accepted(store, &[now(capture(&request(n), "p1", 1))]).unwrap());
    };
    let others: Vec<Key> = beside("payment").iter().map(|payment| key(payment).into()).collect();
    beside_a_writer(store, write, || {
        let before = captured(&load(store, &[key("p1").into()]), "p1");
        let mut keys: Vec<Key> = (before..before + NEXT).map(|n| record(&request(n))).collect();
        keys.push(key("p1").into());
        keys.extend(others.iter().cloned());
        let snapshot = load(store, &keys);
        let found = snapshot.records().count() as i64;
        let since = captured(&snapshot, "p1") - before;
        assert_eq!(found, since.min(NEXT), "{found} captures are recorded since, and {since} captured");
    });
}

/// What the payer holds is what its one authorization claims.
fn a_payment_and_its_payer_are_of_one_instant(store: &AnyStore, commits: i64) {
    accepted(store, &[now(register("alice", AMOUNT)), now(authorize("p1", AMOUNT).payer(id("alice")))])
        .unwrap();
    let write = || {
        (0..commits).for_each(|n| accepted(store, &[now(capture(&format!("c-{n}"), "p1", 1))]).unwrap());
    };
    let mut keys: Vec<Key> = vec![key("p1").into()];
    keys.extend(beside("payer").iter().map(|payer| Key::Payer(id(payer))));
    beside_a_writer(store, write, || {
        let snapshot = load(store, &keys);
        let claim = i128::from(snapshot.authorizations().next().unwrap().1.claim().minor());
        let payer = snapshot.payers().find(|(_, payer)| payer.id().as_str() == "alice").unwrap().1;
        assert_eq!((payer.held().minor(), payer.balance().minor()), (claim, claim));
    });
}

/// Batches of one capture on each of 50 payments: in every load all have
/// captured as much, and the next batch is recorded whole or not at all.
fn a_batch_is_of_one_instant(store: &AnyStore, commits: i64) {
    let payments: Vec<String> = (0..WIDE).map(|n| format!("many-{n}")).collect();
    let payer = |payment: &str| format!("of-{payment}");
    let opened = payments.iter().flat_map(|payment| {
        let payer = payer(payment);
        [now(register(&payer, AMOUNT)), now(authorize(payment, AMOUNT).payer(id(&payer)))]
    });
    accepted(store, &opened.collect::<Vec<_>>()).unwrap();
    let write = || {
        (0..commits / 10).for_each(|n| accepted(store, &batch(&n.to_string(), &payments)).unwrap());
    };
    let all: Vec<Key> = payments.iter().map(|payment| key(payment).into()).collect();
    beside_a_writer(store, write, || {
        let before = captured(&load(store, &all), "many-0");
        let next = payments.iter().map(|payment| record(&format!("{before}-{payment}")));
        let snapshot = load(store, &next.chain(all.iter().cloned()).collect::<Vec<_>>());
        let captured: Vec<_> = snapshot.authorizations().map(|(_, kept)| kept.captured().minor()).collect();
        assert_eq!(captured, vec![captured[0]; WIDE], "a batch is seen in part");
        let expected = if captured[0] > before { WIDE } else { 0 };
        assert_eq!(snapshot.records().count(), expected, "captured since: {}", captured[0] - before);
        let spent: Vec<_> =
            snapshot.payers().map(|(_, payer)| AMOUNT - payer.held().minor() as i64).collect();
        assert_eq!(spent, captured, "what payers hold no more");
    });
}
