//! How often each kind of decision takes memory, and how much; and the same
//! for a command on its whole way through the engine and the memory store.
//!
//! The tables say what is so now: exactly, so that nothing is added unseen and
//! what is saved is written down. A table that does not hold is printed as it
//! was found, ready to be put in its place.

#![cfg(target_pointer_width = "64")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]
#![allow(clippy::arithmetic_side_effects, missing_docs)]

mod support {
    #[path = "../../benches/support/counting.rs"]
    pub mod counting;
    #[path = "../../benches/support/decisions.rs"]
    pub mod decisions;
    #[path = "../../benches/support/load.rs"]
    pub mod load;
}

use std::fmt::Write;

use capture_engine::capture_id::HashedIds;
use capture_engine::command::{Settle, SettlementOutcome};
use capture_engine::decide::{Decide, Decision, QuoteCapture};
use capture_engine::submission::Submission;
use capture_engine::terms::Settlement;
use capture_engine::{BlockingEngine, MemoryStore, ResultCode, Settings};
use support::counting::{Counting, counted};
use support::decisions::{Case, Visitor, context, every_decision};
use support::load::{Asked, Load, Spread, now, usd};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What is done, how often that takes memory, and how many bytes.
type Row = (&'static str, u64, u64);

/// A decision alone: what it makes and hands on.
const DECISIONS: &[Row] = &[
    ("authorize", 1, 136),
    ("authorize, with a payer", 2, 296),
    ("authorize, repeated", 0, 0),
    ("capture, at once", 1, 168),
    ("capture, at once, with a payer", 2, 328),
    ("capture, no amount: all, the last", 1, 168),
    ("capture, deferred", 1, 168),
    ("capture, more than is left", 1, 184),
    ("capture, no such payment", 1, 184),
    ("capture, cancelled", 1, 184),
    ("capture, too late: expires", 1, 184),
    ("quote", 0, 0),
    ("capture, repeated", 0, 0),
    ("capture, repeated, in process", 0, 0),
    ("capture, repeated, another amount", 0, 0),
    ("settle, all", 0, 0),
    ("settle, part", 1, 80),
    ("settle, failed", 1, 80),
    ("reverse", 1, 80),
    ("reverse, with a payer", 2, 240),
    ("cancel", 1, 112),
    ("cancel, repeated", 0, 0),
    ("void, part", 3, 272),
    ("void, the remainder", 3, 272),
    ("abandon", 1, 80),
    ("register a payer", 4, 464),
    ("adjust a payer", 4, 592),
];

/// From the command to its answer, where no table, list or log has to grow.
const THROUGH_ENGINE_AND_STORE: &[Row] = &[
    ("authorize", 3, 784),
    ("capture, the first of its payment", 2, 728),
    ("capture, a later one", 2, 728),
    ("the first, with a payer", 3, 888),
    ("a later one, with a payer", 3, 888),
    ("capture, repeated", 1, 560),
    ("capture, more than is left", 2, 744),
    ("capture, no such payment", 2, 744),
    ("quote", 1, 560),
    ("capture, deferred", 2, 728),
    ("settle", 1, 560),
];

fn assert_table(name: &str, expected: &[Row], found: &[Row]) {
    let mut table = String::new();
    for (what, allocations, bytes) in found {
        writeln!(table, "    (\"{what}\", {allocations}, {bytes}),").unwrap();
    }
    assert!(expected == found, "const {name}: &[Row] = &[\n{table}];");
}

/// Counts each decision that it is shown.
#[derive(Default)]
struct Counter(Vec<Row>);

impl Visitor for Counter {
    fn visit<C: Decide + Sync>(&mut self, case: Case<'_, C>) {
        let (settings, ids) = (Settings::default(), HashedIds::default());
        let context = context(&settings, &ids, case.now);
        let (decision, counts) = counted(|| case.command.decide(case.snapshot, &context));
        let Ok(Decision::Decided(decided)) = decision else { panic!("{}", case.name) };
        assert_eq!(decided.outcome().code(), case.code, "{}", case.name);
        self.0.push((case.name, counts.allocations, counts.bytes));
    }
}

#[test]
fn a_decision_takes_memory_just_as_often_as_written_down() {
    let mut counter = Counter::default();
    every_decision(&mut counter);
    assert_table("DECISIONS", DECISIONS, &counter.0);
}

/// Enough that some of them meet no growth.
const REPETITIONS: usize = 300;

/// The least that one of these commands takes.
fn least<C: Decide + Sync>(
    engine: &BlockingEngine<MemoryStore>,
    name: &'static str,
    code: ResultCode,
    commands: impl IntoIterator<Item = C>,
) -> Row {
    let now = now();
    let counts = commands.into_iter().map(|command| {
        let (outcome, counts) = counted(|| engine.execute(&command, now));
        assert_eq!(outcome.unwrap().code(), code, "{name}");
        (counts.allocations, counts.bytes)
    });
    let (allocations, bytes) = counts.min().unwrap();
    (name, allocations, bytes)
}

#[test]
fn a_command_takes_memory_just_as_often_as_written_down() {
    let mut found = vec![authorize()];
    found.extend(captures(false, ["capture, the first of its payment", "capture, a later one"]));
    found.extend(captures(true, ["the first, with a payer", "a later one, with a payer"]));
    found.extend(repeats_and_refusals());
    found.extend(outcomes());
    assert_table("THROUGH_ENGINE_AND_STORE", THROUGH_ENGINE_AND_STORE, &found);
}

fn authorize() -> Row {
    let load = Load::new(REPETITIONS, false);
    let engine = Load::new(0, false).engine();
    least(&engine, "authorize", ResultCode::Success, load.holds().map(|hold| hold.command()))
}

/// Of different payments, then of the same one.
fn captures(with_payers: bool, names: [&'static str; 2]) -> [Row; 2] {
    let mut load = Load::new(REPETITIONS, with_payers);
    let engine = load.engine();
    let [first, later] = names;
    let of_each: Vec<_> = (0..REPETITIONS).map(|at| load.capture_of(at).command()).collect();
    let of_one: Vec<_> = (0..REPETITIONS).map(|_| load.capture_of(0).command()).collect();
    [least(&engine, first, ResultCode::Success, of_each), least(&engine, later, ResultCode::Success, of_one)]
}

fn repeats_and_refusals() -> Vec<Row> {
    let mut load = Load::new(1, false);
    let engine = load.engine();
    let known = load.capture_of(0).command();
    engine.capture(&known, now()).unwrap();
    let beyond: Vec<_> =
        (0..REPETITIONS).map(|_| load.capture_of(0).command().amount(usd(i64::MAX / 10))).collect();
    let nowhere: Vec<_> = (1..=REPETITIONS).map(|at| load.capture_of(at).command()).collect();
    let quoted = (0..REPETITIONS).map(|_| QuoteCapture(load.capture_of(0).command()));
    vec![
        least(&engine, "capture, repeated", ResultCode::Success, [known]),
        least(&engine, "capture, more than is left", ResultCode::CaptureAmountExceedAuthLimit, beyond),
        least(&engine, "capture, no such payment", ResultCode::AuthNotFound, nowhere),
        least(&engine, "quote", ResultCode::Success, quoted),
    ]
}

/// Of captures that are settled later.
fn outcomes() -> Vec<Row> {
    let mut load = Load::new(1, false);
    let engine = Load::new(0, false).engine();
    engine.authorize(&load.placed(0).command().settlement(Settlement::Deferred), now()).unwrap();
    let asked: Vec<Asked> = load.captures(REPETITIONS, &Spread::Uniform);
    let captures: Vec<_> = asked.iter().map(Asked::command).collect();
    let told = SettlementOutcome::Succeeded(None);
    let settles = asked.iter().map(|asked| Settle::new(asked.merchant.clone(), asked.request.clone(), told));
    vec![
        least(&engine, "capture, deferred", ResultCode::CaptureInProcess, captures),
        least(&engine, "settle", ResultCode::Success, settles),
    ]
}

/// A batch of 1,000 captures of different payments.
#[test]
fn a_batch_takes_memory_no_more_often_than_written_down() {
    let mut load = Load::new(10_000, false);
    let engine = load.engine();
    let least = (0..10).map(|batch| {
        let payments = batch * 1_000..(batch + 1) * 1_000;
        let batch: Vec<_> =
            payments.map(|at| Submission::new(load.capture_of(at).command(), now())).collect();
        let (answers, counts) = counted(|| engine.submit(&batch));
        assert!(answers.iter().all(|answer| answer.as_ref().unwrap().code() == ResultCode::Success));
        counts.allocations
    });
    let least = least.min().unwrap();
    println!("a batch of 1,000 captures takes memory {least} times");
    assert!(least <= MOST_IN_A_BATCH, "{least} times");
}

/// How often a batch of 1,000 captures may take memory: what is so now, and 3 %
/// more, since lists and tables grow as they come.
const MOST_IN_A_BATCH: u64 = 3_250;
