#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, missing_docs)]
//! The feed of the memory store: no stream starves another, and a cursor that
//! this store did not give is refused.

#[path = "support/kit.rs"]
mod kit;

use std::collections::BTreeSet;

use capture_engine::MemoryStore;
use capture_engine::event::Event;
use capture_engine::store::{AnyStore, FeedError, FeedPage, Reads};
use kit::{accepted, authorize, capture, now, register, run_each};
use pollster::block_on;

fn stream(event: &Event) -> String {
    match event {
        Event::Payment(event) => event.payment().to_string(),
        Event::Payer(event) => event.payer().to_string(),
        other => panic!("{other:?}"),
    }
}

fn feed(store: &AnyStore, cursor: &[u8], limit: usize) -> FeedPage {
    block_on(store.feed(cursor, limit)).unwrap()
}

/// A payment with thousands of events, and 40 payments and 20 payers with one
/// each.
fn busy() -> AnyStore {
    let store = AnyStore::new(MemoryStore::new());
    let others = (0..40).map(|n| now(authorize(&format!("quiet-{n}"), 1_000)));
    let payers = (0..20).map(|n| now(register(&format!("payer-{n}"), 1_000)));
    let all: Vec<_> = others.chain(payers).chain([now(authorize("busy", 1_000_000))]).collect();
    accepted(&store, &all).unwrap();
    for part in 0..6 {
        let captures = (0..500).map(|n| now(capture(&format!("{part}-{n}"), "busy", 1)));
        accepted(&store, &captures.collect::<Vec<_>>()).unwrap();
    }
    store
}

/// 61 streams: whatever the limit, each is seen within a page for every stream
/// and one more, though the busy one alone would fill thousands.
#[test]
fn a_busy_log_starves_no_other() {
    const QUIET: usize = 60;
    let store = busy();
    for limit in [1, 2, 7, 50] {
        let (mut cursor, mut seen) = (Vec::new(), BTreeSet::new());
        for _ in 0..2 * (QUIET + 1) {
            let page = feed(&store, &cursor, limit);
            assert!(page.events.len() <= limit);
            seen.extend(page.events.iter().map(stream));
            cursor = page.cursor;
        }
        assert_eq!(seen.len(), QUIET + 1, "by {limit}");
    }
}

/// Nor where the busy one goes on while the consumer reads, each time with
/// more than fits in a page.
#[test]
fn a_log_that_grows_as_fast_as_it_is_read_starves_no_other() {
    let store = busy();
    let (mut cursor, mut seen) = (Vec::new(), BTreeSet::new());
    for round in 0..130 {
        let captures: Vec<_> =
            (0..4).map(|n| now(capture(&format!("more-{round}-{n}"), "busy", 1))).collect();
        accepted(&store, &captures).unwrap();
        let page = feed(&store, &cursor, 3);
        seen.extend(page.events.iter().map(stream));
        cursor = page.cursor;
    }
    assert_eq!(seen.len(), 61);
    // So are streams that begin behind the consumer, but for the few that fall
    // behind the busy one in its own log.
    let late = |n: usize| [format!("late-{n}"), format!("later-{n}")];
    for [payment, payer] in (0..10).map(late) {
        accepted(&store, &[now(authorize(&payment, 1)), now(register(&payer, 1))]).unwrap();
    }
    for _ in 0..130 {
        let page = feed(&store, &cursor, 3);
        seen.extend(page.events.iter().map(stream));
        cursor = page.cursor;
    }
    let unseen = (0..10).flat_map(late).filter(|stream| !seen.contains(stream));
    assert!(unseen.count() <= 5);
}

fn is_refused(store: &AnyStore, cursor: &[u8]) -> bool {
    match block_on(store.feed(cursor, 10)) {
        Err(FeedError::BadCursor) => true,
        Ok(_) => false,
        Err(error) => panic!("{error}"),
    }
}

fn with_payments(payments: usize) -> AnyStore {
    let store = AnyStore::new(MemoryStore::new());
    run_each(&store, (0..payments).map(|n| authorize(&format!("p-{n}"), 1_000))).unwrap();
    store
}

/// Every place of a cursor that counts events: one more than there are is
/// refused, and so is any number beyond.
#[test]
fn a_position_beyond_the_log_is_refused() {
    let store = with_payments(3);
    let end = feed(&store, &[], 100);
    assert_eq!(end.events.len(), 3);
    assert_eq!(feed(&store, &end.cursor, 100).events.len(), 0);
    // The last 128 numbers are the positions, of the authorizations' logs and
    // of the payers'.
    let first = end.cursor.len() - 128 * 8;
    for at in (first..end.cursor.len()).step_by(8) {
        let position = u64::from_be_bytes(end.cursor[at..at + 8].try_into().unwrap());
        assert!(position <= 3, "a position that counts events: {position}");
        for beyond in [position + 1, 1 << 40, u64::MAX] {
            let mut cursor = end.cursor.clone();
            cursor[at..at + 8].copy_from_slice(&beyond.to_be_bytes());
            assert!(is_refused(&store, &cursor), "{beyond} at {at}, where {position} was");
        }
    }
}

/// A cursor of another memory store is refused, whether its positions would
/// fit here or not: nothing is skipped unseen after a restart.
#[test]
fn a_cursor_of_another_store_is_refused() {
    for (payments, others) in [(0, 0), (3, 0), (0, 3), (3, 3), (100, 3), (3, 100)] {
        let (store, other) = (with_payments(payments), with_payments(others));
        let cursor = feed(&other, &[], 2).cursor;
        assert!(is_refused(&store, &cursor), "{others} payments there, {payments} here");
        let end = feed(&other, &cursor, 1_000).cursor;
        assert!(is_refused(&store, &end), "{others} payments there, {payments} here");
        assert!(!is_refused(&other, &cursor) && !is_refused(&other, &end));
        assert!(!is_refused(&store, &feed(&store, &[], 2).cursor));
    }
}
