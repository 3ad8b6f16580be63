//! What growing costs, counted in bytes and not in time: no operation pauses
//! for the whole table, growing moves each byte a bounded number of times, and
//! the 1,000th capture of a payment takes what the first ones take.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::as_conversions)]
#![allow(clippy::arithmetic_side_effects, missing_docs)]

mod support {
    #[path = "../../benches/support/counting.rs"]
    pub mod counting;
    #[path = "../../benches/support/load.rs"]
    pub mod load;
}

use capture_engine::decide::Decide;
use capture_engine::{BlockingEngine, MemoryStore, ResultCode};
use support::counting::{Counting, Counts, counted};
use support::load::{Load, Spread, now};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What each of these commands takes.
fn counts<C: Decide + Sync>(
    engine: &BlockingEngine<MemoryStore>,
    commands: impl IntoIterator<Item = C>,
) -> Vec<Counts> {
    let now = now();
    let each = commands.into_iter().map(|command| {
        let (code, counts) = counted(|| engine.execute(&command, now).unwrap().code());
        assert_eq!(code, ResultCode::Success);
        counts
    });
    each.collect()
}

/// The most that one operation took at once, and what all of them left.
fn most_and_all(counts: &[Counts]) -> (u64, u64) {
    let live: i64 = counts.iter().map(|counts| counts.live).sum();
    (counts.iter().map(|counts| counts.bytes).max().unwrap(), u64::try_from(live).unwrap())
}

/// Enough that every shard grows many times.
const ROWS: usize = 50_000;

/// With one shard for all, the largest piece of an authorize is 1/5 of everything.
#[test]
fn no_operation_pauses_for_the_whole_table() {
    let mut load = Load::new(ROWS, false);
    let engine = Load::new(0, false).engine();
    let placed: Vec<_> = load.holds().map(|hold| hold.command()).collect();
    let captures: Vec<_> = load.captures(ROWS, &Spread::Uniform).iter().map(|it| it.command()).collect();
    for (what, counts) in [("authorize", counts(&engine, placed)), ("capture", counts(&engine, captures))] {
        let (most, all) = most_and_all(&counts);
        println!("{what}: at most {most} bytes in one operation, {all} in all: 1/{}", all / most);
        assert!(all / most >= 50, "one {what} took {most} bytes of {all}");
    }
}

/// What one payment has of its own grows with its captures: where its events
/// stand, 4 bytes each, in a list that doubles.
#[test]
fn no_operation_pauses_for_more_than_the_list_of_a_hot_payments_events() {
    let mut load = Load::new(1, false);
    let engine = load.engine();
    let captures: Vec<_> = (0..ROWS).map(|_| load.capture_of(0).command()).collect();
    let (most, all) = most_and_all(&counts(&engine, captures));
    println!("hot: at most {most} bytes in one operation, {all} in all: 1/{}", all / most);
    assert!(most <= 8 * ROWS as u64, "one capture took {most} bytes of {all}");
}

/// A list that doubles moves what it holds once in all; not everything is in lists.
#[test]
fn growing_moves_each_byte_a_bounded_number_of_times() {
    let mut load = Load::new(ROWS, false);
    let engine = Load::new(0, false).engine();
    let mut counted = counts(&engine, load.holds().map(|hold| hold.command()));
    let captures = load.captures(ROWS, &Spread::Uniform);
    counted.extend(counts(&engine, captures.iter().map(|it| it.command())));
    let moved: u64 = counted.iter().map(|counts| counts.moved).sum();
    let (_, all) = most_and_all(&counted);
    println!("{moved} bytes moved, {all} live");
    assert!(moved <= all, "{moved} bytes moved, {all} live");
}

/// Beside the growth of tables and lists, which the least of fifty does not meet.
#[test]
fn the_thousandth_capture_takes_the_memory_that_the_first_does() {
    let mut load = Load::new(1, false);
    let engine = load.engine();
    let captures: Vec<_> = (0..1_000).map(|_| load.capture_of(0).command()).collect();
    let counts = counts(&engine, captures);
    let least = |of: &[Counts]| of.iter().map(|counts| (counts.allocations, counts.bytes, counts.live)).min();
    assert_eq!(least(&counts[..50]), least(&counts[950..]));
}
