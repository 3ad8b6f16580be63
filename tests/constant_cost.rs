//! The 1,000th capture of an authorization costs what the first does: it reads
//! and writes as many rows and events, and the rows are no larger, but for the
//! digits of their numbers.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, missing_docs)]

use std::num::NonZeroU32;
use std::sync::Mutex;

use capture_engine::command::{Authorize, Capture};
use capture_engine::store::{Changes, CommitError, Key, LoadError, ReadyStore, Snapshot};
use capture_engine::{Currency, Engine, Instant, MemoryStore, Money, ResultCode, Settings, Store};

/// What one command asked of the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cost {
    keys: usize,
    records: usize,
    authorizations: usize,
    payers: usize,
    events: usize,
    bytes: usize,
}

/// Counts what goes through the memory store.
#[derive(Default)]
struct Counting {
    store: MemoryStore,
    cost: Mutex<Cost>,
}

impl Store for Counting {
    async fn load(&self, keys: &[Key]) -> Result<Snapshot, LoadError> {
        self.cost.lock().unwrap().keys += keys.len();
        self.store.load(keys).await
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        {
            let mut cost = self.cost.lock().unwrap();
            cost.records += changes.records().len();
            cost.authorizations += changes.authorizations().len();
            cost.payers += changes.payers().len();
            cost.events += changes.payment_events().len();
            let written = changes.authorizations().iter().filter_map(|change| change.written());
            cost.bytes += written.map(|(_, row)| row.to_bytes().len()).sum::<usize>();
        }
        self.store.commit(changes).await
    }
}

impl ReadyStore for Counting {}

#[test]
fn the_thousandth_capture_costs_what_the_first_does() {
    let engine = Engine::new(Counting::default(), Settings::default()).blocking();
    let now: Instant = "2026-03-01T09:00:00Z".parse().unwrap();
    let amount = Money::from_minor(1_000_000, Currency::USD).unwrap();
    let deadline = "2026-03-08T09:00:00Z".parse().unwrap();
    let hold = Authorize::new("shop".parse().unwrap(), "order".parse().unwrap(), amount, deadline)
        .max_captures(NonZeroU32::new(2_000).unwrap());
    engine.authorize(&hold, now).unwrap();
    let one = Money::from_minor(100, Currency::USD).unwrap();
    let mut costs = Vec::new();
    for number in 0..1_000 {
        *engine.engine().store().cost.lock().unwrap() = Cost::default();
        let request = format!("parcel-{number:04}");
        let capture =
            Capture::new("shop".parse().unwrap(), request.parse().unwrap(), "order".parse().unwrap());
        let outcome = engine.capture(&capture.amount(one).last(false), now).unwrap();
        assert_eq!(outcome.code(), ResultCode::Success);
        costs.push(*engine.engine().store().cost.lock().unwrap());
    }
    let (first, last) = (costs[0], costs[999]);
    assert_eq!(Cost { bytes: 0, ..first }, Cost { bytes: 0, ..last });
    assert_eq!((first.keys, first.records, first.authorizations, first.events), (2, 1, 1, 1));
    assert!(last.bytes - first.bytes < 16, "{} bytes, then {}", first.bytes, last.bytes);
}
