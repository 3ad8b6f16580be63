//! What growing costs: the longest that one insert takes while the tables
//! grow, and the memory that an authorization and a capture take.

use std::collections::HashMap;
use std::time::Duration;

use capture_engine::{Engine, MemoryStore, Settings};

use super::clock::timed;
use super::floor::AuthorizationRow;
use super::load::{Load, now};
use super::memory::{PerRow, measure};
use super::table::{Table, Target};
use crate::Scale;

/// How often the way is gone. An insert that is long for its own sake is so
/// each time; one that was held up by something else is not.
const REPETITIONS: usize = 3;

/// The longest insert on the way to twice the authorizations, beside that of
/// one map of `std`, whose every growth moves all that is there.
pub fn longest_insert(scale: Scale, table: &mut Table) {
    let (load, now) = (Load::new(2 * scale.authorizations, false), now());
    let (mut of_engine, mut of_map) = (Duration::MAX, Duration::MAX);
    for _ in 0..REPETITIONS {
        let engine = Engine::new(MemoryStore::new(), Settings::default()).blocking();
        let holds = load.holds().map(|placed| placed.command());
        of_engine = of_engine.min(longest(holds, |hold| engine.authorize(&hold, now)));
        drop(engine);
        let mut map = HashMap::new();
        let holds = load.holds().map(|hold| {
            let key = (hold.merchant.clone(), hold.payment.clone());
            (key, AuthorizationRow::from(hold))
        });
        of_map = of_map.min(longest(holds, |(key, row)| map.insert(key, row)));
    }
    let [of_engine, of_map] = [of_engine, of_map].map(|time| time.as_secs_f64() * 1e3);
    let work = format!("longest insert up to {} authorizations / one std map", 2 * scale.authorizations);
    let spread = format!("{of_engine:.2} ms / {of_map:.1} ms");
    table.counted(&work, of_engine / of_map, "", spread, Some(Target { most: 0.05, hoped: 0.02 }));
}

/// The longest that one of these takes.
fn longest<T, A>(of: impl Iterator<Item = T>, mut insert: impl FnMut(T) -> A) -> Duration {
    let timed = of.map(|item| {
        let (answer, took) = timed(|| insert(item));
        drop(answer);
        took
    });
    timed.max().unwrap_or_default()
}

/// Live bytes of each authorization and of each capture.
pub fn memory(scale: Scale, table: &mut Table) {
    let memory = measure(scale.authorizations);
    let mut row = |work: &str, found: PerRow, target| {
        let PerRow { mean, least, most, last } = found;
        let spread = format!("{least:.0}–{most:.0}, {last:.0} at {}", scale.authorizations);
        table.counted(work, mean, "bytes", spread, target);
    };
    row("memory of an authorization", memory.authorization, Some(Target { most: 340.0, hoped: 250.0 }));
    row("the same, as the allocator rounds it", memory.authorization_set_aside, None);
    row("memory of a capture", memory.capture, Some(Target { most: 290.0, hoped: 200.0 }));
    row("the same, as the allocator rounds it", memory.capture_set_aside, None);
}
