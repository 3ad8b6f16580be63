//! Random histories, and all short ones, of every operation of the replay:
//! each line is answered by the engine and by a reference, which is written
//! apart from it and in another style (see `model/reference`), and the answers
//! must be equal in every byte. At a history's end all payments and payers are
//! inquired, and the events of all payments read, and these must be equal too.
//!
//! What was met is counted and held against tables: each operation with each
//! code in each state of its payment (`model/codes.rs`), and each rule of the
//! reference (`model/rules.rs`). What is in a table and was not met fails, and
//! so does what was met and is in none.
//!
//! `MODEL_HISTORIES=100000 cargo test --test model` runs so many histories
//! instead of 20,000, each of `MODEL_COMMANDS` lines instead of 200.
//! `PRINT_COVERAGE=1` with `-- --nocapture` prints how often each thing was met.
//!
//! A history that differs is shrunk to the fewest and plainest lines that
//! still do, and written to a file of lines as the replay reads them. The
//! failure prints the file, the seed, and for the line that differs what was
//! expected and what was found. To see what the engine answers:
//!
//! ```text
//! cargo run --example replay -- FILE
//! ```
//!
//! To run that seed again: `MODEL_SEED=7 MODEL_HISTORIES=1 cargo test --test
//! model random`. The seed of a run is that of its first history, the next has
//! the next number.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    missing_docs
)]

#[path = "model/codes.rs"]
mod codes;
#[path = "model/coverage.rs"]
mod coverage;
#[path = "model/exhaustive.rs"]
mod exhaustive;
#[path = "model/histories/mod.rs"]
mod histories;
#[path = "model/reference/mod.rs"]
mod reference;
#[path = "model/rules.rs"]
mod rules;
#[path = "model/runner.rs"]
mod runner;
#[path = "model/shrink.rs"]
mod shrink;

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use self::coverage::Met;
use self::histories::History;
use self::histories::choices::{Bytes, Choices, Random};
use self::reference::line::Line;
use self::reference::{Answered, Mint, Reference};
use self::runner::{Pair, Twist, straight};

/// How many histories there are by default; from so many on a run must meet
/// all that is in the tables.
const HISTORIES: u64 = 20_000;
const COMMANDS: u64 = 200;
const SEED: u64 = 20_260_301;
const THREADS: u64 = 2;

#[allow(clippy::disallowed_methods, reason = "how long a run of tests is, its environment says")]
fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Runs this on all threads, each with its number.
fn on_threads<T: Send + 'static>(run: impl Fn(u64) -> T + Clone + Send + 'static) -> Vec<T> {
    let start = |nth| {
        let run = run.clone();
        thread::Builder::new().spawn(move || run(nth)).expect("a thread starts")
    };
    let threads: Vec<_> = (0..THREADS).map(start).collect();
    threads.into_iter().map(|thread| thread.join().expect("a thread of the test panicked")).collect()
}

#[test]
fn random_histories_are_answered_as_the_reference_answers() {
    let histories = number("MODEL_HISTORIES", HISTORIES);
    let (commands, seed) = (number("MODEL_COMMANDS", COMMANDS), number("MODEL_SEED", SEED));
    let differs = Arc::new(AtomicBool::new(false));
    let runs = on_threads(move |first| {
        let mut met = Met::default();
        for nth in (first..histories).step_by(THREADS as usize) {
            if differs.load(Ordering::Relaxed) {
                break;
            }
            let seed = seed.wrapping_add(nth);
            if let Err(lines) = history(seed, commands, straight, &mut met) {
                differs.store(true, Ordering::Relaxed);
                let shrunk = shrink::shrink(lines, straight);
                return Err(shrink::report(&format!("seed-{seed}"), &shrunk, straight));
            }
        }
        Ok(met)
    });
    let mut met = Met::default();
    for run in runs {
        met.add(run.unwrap_or_else(|report| panic!("{report}")));
    }
    if number("PRINT_COVERAGE", 0) > 0 {
        met.print();
    }
    let excluded = met.excluded();
    assert!(excluded.is_empty(), "met, and in no table:\n{}", excluded.join("\n"));
    let missing = met.missing();
    let enough = histories >= HISTORIES && commands >= COMMANDS;
    assert!(!enough || missing.is_empty(), "never met:\n{}", missing.join("\n"));
}

/// What was worked out by hand, and the week of the examples: the reference
/// gives the stored answers too.
#[test]
fn the_reference_gives_the_stored_answers() {
    let worked =
        (include_str!("data/worked-examples.jsonl"), include_str!("data/worked-examples.answers.jsonl"));
    let week = (include_str!("../examples/week.jsonl"), include_str!("../examples/week.answers.jsonl"));
    for (lines, answers, mint) in [(worked.0, worked.1, numbered as Mint), (week.0, week.1, runner::mint)] {
        let mut reference = Reference::new(mint);
        for (line, expected) in lines.lines().zip(answers.lines()) {
            let told = match Line::read(line) {
                Some(read) => reference.answer(&read).map(|answered| answered.text),
                None => Some(reference.answer_unreadable()),
            };
            assert_eq!(told.as_deref(), Some(expected), "{line}");
        }
        assert_eq!(lines.lines().count(), answers.lines().count());
    }
}

/// The ids of the worked examples, in the order in which they are minted.
fn numbered(_: &str, request: &str) -> String {
    let ids = [("cap-1", "C1"), ("cap-3", "C2"), ("cap-5", "C3"), ("cap-20", "C4")];
    ids.iter().find(|(known, _)| *known == request).map_or(String::new(), |(_, id)| (*id).to_owned())
}

#[test]
fn all_short_histories_are_answered_as_the_reference_answers() {
    let size = exhaustive::alphabet().len() as u32;
    assert!(size >= 24, "{size} commands");
    let runs = on_threads(|first| exhaustive::run(first as u32, THREADS as u32));
    let ran: u32 = runs.into_iter().map(|run| run.unwrap_or_else(|report| panic!("{report}"))).sum();
    assert_eq!(ran, size.pow(exhaustive::LENGTH));
    assert_eq!(ran, 531_441);
}

#[test]
fn every_code_that_a_replay_can_give_must_be_met() {
    for (code, ..) in reference::answers::CODES {
        let met = codes::CODES.iter().any(|(_, _, given, must, _)| *given == code && !must.is_empty());
        assert!(met, "{code}");
    }
}

/// The reference is made to break one rule: the shrunk file has as few lines
/// as it takes to meet that rule, and a reader of the file sees the difference.
#[test]
fn a_history_that_differs_is_shrunk_to_a_short_file() {
    let twists: [(&str, Twist, &[&str]); 3] = [
        ("abandon", |_, told| falsified(told, "abandon", "captured"), &["authorize", "capture", "abandon"]),
        ("void", |_, told| falsified(told, "void", "voided before"), &["void", "void"]),
        (
            "contradiction",
            |_, told| falsified(told, "settle", "the same contradiction"),
            &["authorize", "capture", "settle", "settle"],
        ),
    ];
    for (name, twist, ops) in twists {
        let found = (0..1000).find_map(|seed| history(seed, COMMANDS, twist, &mut Met::default()).err());
        let whole = found.expect("a history in which the rule is met");
        assert!(whole.len() > ops.len(), "{name}");
        let shrunk = shrink::shrink(whole, twist);
        let report = shrink::report(&format!("test-{name}"), &shrunk, twist);
        let path = report.split("replay -- ").nth(1).and_then(|rest| rest.lines().next()).expect("a path");
        let file = std::fs::read_to_string(path).expect("the file is there");
        std::fs::remove_file(path).expect("the file can be removed");
        let read: Vec<Line> =
            file.lines().map(|line| Line::read(line).expect("a line of the replay")).collect();
        assert_eq!(read.iter().map(|line| line.op.name()).collect::<Vec<_>>(), ops, "{report}");
        let difference = runner::difference(&read, twist).expect("it differs still");
        assert!(report.contains(&difference.expected) && report.contains(&difference.found), "{report}");
        assert!(runner::difference(&read, straight).is_none(), "{report}");
    }
}

/// An answer by this rule says something else.
fn falsified(mut told: Answered, op: &str, rule: &str) -> Answered {
    if told.op == op && told.rule == rule {
        told.text = told.text.replace(told.code, "ACCESS_DENIED");
    }
    told
}

/// Histories can be made up of a fuzzer's bytes as well.
#[test]
fn histories_made_of_bytes_are_answered_as_the_reference_answers() {
    let mut random = Random(SEED);
    for nth in 0..200 {
        let bytes: Vec<u8> = (0..2000).map(|_| random.below(256) as u8).collect();
        let mut pair = Pair::new(straight);
        let mut history = History::new(Bytes(&bytes));
        let mut told = Vec::new();
        while !history.exhausted() {
            told.push(history.next(&pair.reference));
            if pair.tell(&told[told.len() - 1]).is_err() {
                let shrunk = shrink::shrink(told, straight);
                panic!("{}", shrink::report(&format!("bytes-{nth}"), &shrunk, straight));
            }
        }
        assert!(told.len() > 20, "{} lines of {} bytes", told.len(), bytes.len());
    }
}

/// Tells a history of this seed; all of its lines, if an answer differs.
fn history(seed: u64, commands: u64, twist: Twist, met: &mut Met) -> Result<(), Vec<Line>> {
    let mut pair = Pair::new(twist);
    let mut history = History::new(Random(seed));
    let mut told = Vec::new();
    for _ in 0..commands {
        told.push(history.next(&pair.reference));
        match pair.tell(&told[told.len() - 1]) {
            Ok(Some(answered)) => met.count(&answered),
            Ok(None) => return Ok(()),
            Err(_) => return Err(told),
        }
    }
    for question in pair.questions() {
        told.push(question);
        if pair.tell(&told[told.len() - 1]).is_err() {
            return Err(told);
        }
    }
    Ok(())
}
