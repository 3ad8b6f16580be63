//! Random histories of all commands, on many payments and payers of two
//! merchants at once. After every step, through what a host can read:
//!
//! | | holds |
//! |---|---|
//! | I1 | the amounts of every authorization add up, stay below the ceiling, and what is closed stays closed |
//! | I2 | a request captures at most once and is reversed at most once; its captureId is its own |
//! | I3 | an answer that was final is given again, equal in every part, whatever happened since |
//! | I4 | an id used for other content is refused for that, and nothing changes |
//! | I6 | every event but a closing by the deadline and a contradiction comes from exactly one accepted request; what was answered F never captures |
//! | I7 | events are numbered without gaps, later reads extend earlier ones, their fold is what is stored |
//! | I8 | only the steps of the transition table, each where the rules ask for it |
//! | I9 | nothing is accepted at or after the deadline; times never go back |
//! | I10 | what is captured is in the currency that was authorized |
//! | I11 | what is held, balance and usage are what the events say |
//! | I14 | the same again gives the same: twice, on another store, without batches |
//! | I15 | no command ends in an error but for the risk check's missing verdict |
//! | I18 | what was refused for what is left is refused whichever way the captures in process end |
//!
//! And a quote says what the capture will; the risk check is never asked for
//! a replay.
//!
//! A run counts what it met, and fails with a list of what it did not:
//! every result code, state, refusal, event, transition and wait there is.
//!
//! `HISTORIES=20000 cargo test --release --test properties` runs so many
//! histories instead of 400 (from 400 on all must be met). The seed is fixed;
//! `PROPTEST_RNG_SEED=7` (any number) takes another. `PRINT_COVERAGE=1` with
//! `-- --nocapture` prints how often each thing was met. A history that fails
//! is shrunk and printed, its seed kept in `tests/properties.regressions` and
//! run again first the next time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    missing_docs
)]

#[path = "properties/apply.rs"]
mod apply;
#[path = "properties/broken.rs"]
mod broken;
#[path = "support/byte_store.rs"]
mod byte_store;
#[path = "properties/checker.rs"]
mod checker;
#[path = "properties/coverage.rs"]
mod coverage;
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
#[path = "properties/print.rs"]
mod print;
#[path = "properties/scenes.rs"]
mod scenes;
#[path = "properties/shrink.rs"]
mod shrink;
#[path = "properties/state.rs"]
mod state;
#[path = "properties/weave.rs"]
mod weave;
#[path = "properties/world.rs"]
mod world;

use std::env;
use std::thread;

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestError, TestRunner};

/// How many histories a run has by default; from so many on it must meet all
/// that there is to meet.
const HISTORIES: u32 = 400;
/// About how many commands a history has besides those that begin it.
const COMMANDS: usize = 60;
const THREADS: u32 = 2;
const STACK: usize = 64 << 20;
const SEED: u64 = 20_260_301;
const REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/properties.regressions");

#[test]
#[allow(clippy::disallowed_methods, reason = "how long a run of tests is, its environment says")]
fn random_histories_keep_the_invariants() {
    let histories = match env::var("HISTORIES") {
        Ok(number) => number.parse().expect("HISTORIES is a number"),
        Err(_) => HISTORIES,
    };
    let threads: Vec<_> = (0..THREADS)
        .map(|nth| {
            // The strategies of a whole history are large in a debug build.
            let thread = thread::Builder::new().stack_size(STACK);
            thread.spawn(move || run(nth, histories.div_ceil(THREADS))).expect("a thread starts")
        })
        .collect();
    let mut counts = coverage::Counts::new();
    let mut failures = Vec::new();
    for thread in threads {
        match thread.join().expect("a thread of the test panicked") {
            Ok(met) => met.into_iter().for_each(|(name, times)| *counts.entry(name).or_default() += times),
            Err(failure) => failures.push(failure),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    let missing = coverage::missing(&counts);
    if env::var_os("PRINT_COVERAGE").is_some() {
        counts.iter().for_each(|((kind, name), times)| println!("{times:>9} {kind}: {name}"));
    }
    assert!(histories < HISTORIES || missing.is_empty(), "never met:\n{}", missing.join("\n"));
}

/// One thread's share: what it met, or the shrunk history that fails.
fn run(nth: u32, cases: u32) -> Result<coverage::Counts, String> {
    let mut config = Config { cases, ..Config::default() };
    config.failure_persistence = Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS)));
    config.max_shrink_iters = config.max_shrink_iters.min(256);
    config.rng_seed = match config.rng_seed {
        RngSeed::Fixed(seed) => RngSeed::Fixed(seed.wrapping_add(u64::from(nth))),
        RngSeed::Random => RngSeed::Fixed(SEED.wrapping_add(u64::from(nth))),
    };
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&weave::history(COMMANDS), |history| {
        checker::check(&history).map_err(|broken| TestCaseError::fail(broken.to_string()))
    });
    match outcome {
        Ok(()) => Ok(coverage::take()),
        Err(TestError::Fail(_, history)) => Err(shrink::report(history, u32::MAX, &checker::check)),
        Err(TestError::Abort(reason)) => Err(format!("no histories: {reason}")),
    }
}
