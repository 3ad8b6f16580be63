//! Random histories over a store that fails, and callers that send late,
//! twice, in another order, and stop waiting: the same histories as in
//! `properties.rs`, with the faults of `support/faulty`, over the memory
//! store and over a store of bytes.
//!
//! After every turn, reading past the faults:
//! - what was committed is what a faultless engine does with that command at
//!   that moment, and the rows, events and lists are those that it leaves: so
//!   everything that `properties.rs` checks after every step (I1 to I11, I13
//!   to I15, I18) is checked of them too, on a twin that follows (I12);
//! - what callers are told and what the feed shows fits: one final answer to
//!   a request, an S is readable at once, an F never captures, also not by a
//!   commit that lands late, and no id captures twice (I2 to I7, I16);
//! - an error says only what the store said, and every other answer was true
//!   at a moment of its call (or of the stale read that it is from).
//!
//! Then faults stop, and every request is sent again: it is answered S or F
//! at the first of three tries, or U only while a settlement is outstanding (I17).
//!
//! A run counts its faults, and fails if it did not meet all of them where
//! they hurt. `HISTORIES=20000 cargo test --release --test faults` runs so
//! many histories; `SEED=7 cargo test --test faults` only the seventh, which
//! is the same every time. `PRINT_COVERAGE=1` with `-- --nocapture` prints the
//! counts. A history that fails is printed with its seed, and made shorter.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    missing_docs
)]

#[path = "faults/answers.rs"]
mod answers;
#[path = "properties/apply.rs"]
mod apply;
#[path = "faults/book.rs"]
mod book;
#[path = "properties/broken.rs"]
mod broken;
#[path = "support/byte_store.rs"]
mod byte_store;
#[allow(dead_code, reason = "whole histories without faults are checked in properties.rs")]
#[path = "properties/checker.rs"]
mod checker;
#[path = "faults/counted.rs"]
mod counted;
#[allow(dead_code, reason = "what is met without faults is asserted in properties.rs")]
#[path = "properties/coverage.rs"]
mod coverage;
#[path = "support/dice.rs"]
mod dice;
#[path = "support/faulty/mod.rs"]
mod faulty;
#[allow(dead_code, reason = "histories without faults are run again in properties.rs")]
#[path = "properties/fork.rs"]
mod fork;
#[path = "properties/generate.rs"]
mod generate;
#[path = "properties/memory.rs"]
mod memory;
#[path = "properties/model.rs"]
mod model;
#[path = "properties/ops.rs"]
mod ops;
#[path = "faults/predict.rs"]
mod predict;
#[path = "properties/print.rs"]
mod print;
#[path = "faults/recovery.rs"]
mod recovery;
#[path = "faults/run.rs"]
mod run;
#[path = "properties/scenes.rs"]
mod scenes;
#[path = "properties/shrink.rs"]
mod shrink;
#[path = "properties/state.rs"]
mod state;
#[path = "faults/twin.rs"]
mod twin;
#[path = "properties/weave.rs"]
mod weave;
#[allow(dead_code, reason = "whole histories without faults are run in properties.rs")]
#[path = "properties/world.rs"]
mod world;

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use broken::Checked;
use byte_store::ByteStore;
use capture_engine::MemoryStore;
use capture_engine::store::{Reads, Store};
use faulty::Counts;
use ops::History;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use run::Run;

/// How many histories a run has by default; from so many on it must meet all
/// that there is to meet.
const HISTORIES: u64 = 480;
/// About how many commands a history has besides those that begin it.
const COMMANDS: usize = 60;
/// How many shorter histories are tried where one fails.
const SHORTENINGS: u32 = 100;
const THREADS: u64 = 2;
const STACK: usize = 64 << 20;

#[test]
#[allow(clippy::disallowed_methods, reason = "how long a run of tests is, its environment says")]
fn random_histories_keep_the_invariants_over_a_store_that_fails() {
    let number = |name: &str| env::var(name).ok().map(|number| number.parse().expect("a number"));
    let histories = number("HISTORIES").unwrap_or(HISTORIES);
    let only: Option<u64> = number("SEED");
    let threads: Vec<_> = (0..THREADS)
        .map(|nth| {
            // The strategies of a whole history are large in a debug build.
            let thread = thread::Builder::new().stack_size(STACK);
            let run = move || match only {
                Some(seed) => check_all((nth == 0).then_some(seed)),
                None => check_all((1..=histories).filter(|seed| seed % THREADS == nth)),
            };
            thread.spawn(run).expect("a thread starts")
        })
        .collect();
    let mut counts = Counts::new();
    for thread in threads {
        let met = thread
            .join()
            .expect("a thread of the test panicked")
            .unwrap_or_else(|failure| panic!("{failure}"));
        met.into_iter().for_each(|(name, times)| *counts.entry(name).or_default() += times);
    }
    if env::var_os("PRINT_COVERAGE").is_some() {
        counts.iter().for_each(|(name, times)| println!("{times:>9} {name}"));
    }
    let missing = counted::missing(&counts);
    assert!(
        only.is_some() || histories < HISTORIES || missing.is_empty(),
        "never met:\n{}",
        missing.join("\n")
    );
}

/// The history of a seed.
fn history(seed: u64) -> History {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    weave::history(COMMANDS).new_tree(&mut runner).expect("there is a history").current()
}

/// Checks these seeds, each over both stores in turn, every ninth over both
/// at once; says what was met, or what failed first.
fn check_all(seeds: impl IntoIterator<Item = u64>) -> Result<Counts, String> {
    let mut counts = Counts::new();
    for seed in seeds {
        let history = history(seed);
        match catch_unwind(AssertUnwindSafe(|| check(&history, seed))) {
            Ok(Ok(met)) => {
                met.into_iter().for_each(|(name, times)| *counts.entry(name).or_default() += times)
            }
            failed => {
                let how = match failed {
                    Ok(Err(broken)) => broken.to_string(),
                    _ => "it panics".to_owned(),
                };
                eprintln!("SEED={seed}: {how}");
                let shorter = shrink::report(history, SHORTENINGS, &|history| check(history, seed).map(drop));
                return Err(format!("SEED={seed}: {how}\n\nmade shorter: {shorter}"));
            }
        }
    }
    Ok(counts)
}

fn check(history: &History, seed: u64) -> Checked<Counts> {
    match seed % 9 {
        0 => same_on_both(history, seed),
        1..5 => one(MemoryStore::new(), history, seed).map(|(counts, _)| counts),
        _ => one(ByteStore::default(), history, seed).map(|(counts, _)| counts),
    }
}

/// What was met, and what everyone was told.
type Told = (Counts, Vec<String>);

fn one<S: Store + Reads + 'static>(store: S, history: &History, seed: u64) -> Checked<Told> {
    let mut run = Run::new(store, seed);
    run.history(history)?;
    run.recover()?;
    let mut counts = run.store.counts();
    counts.extend(std::mem::take(&mut run.counts));
    Ok((counts, run.told))
}

/// The same seed gives the same answers and faults: twice, and on both stores (I14).
fn same_on_both(history: &History, seed: u64) -> Checked<Counts> {
    let first = one(MemoryStore::new(), history, seed)?;
    for (name, second) in [
        ("run twice", one(MemoryStore::new(), history, seed)?),
        ("on a store of bytes", one(ByteStore::default(), history, seed)?),
    ] {
        for (first, second) in first.1.iter().zip(&second.1) {
            broken::ensure_eq!(second, first, "I14", "{name}");
        }
        broken::ensure_eq!(second.0, first.0, "I14", "the counts, {name}");
    }
    Ok(first.0)
}
