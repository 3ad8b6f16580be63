//! Typed captures through the engine and its memory store, beside the floors.

use capture_engine::command::Capture;
use capture_engine::submission::Submission;
use capture_engine::{BlockingEngine, MemoryStore, ResultCode};

use super::floor::{Brown, Floor, Maps, Std};
use super::load::{Asked, BATCH, Load, Spread, now, submit};
use super::race::Race;
use super::table::{Table, Target};
use crate::Scale;

const BESIDE_STD: Target = Target { most: 1.6, hoped: 1.2 };
const BESIDE_BROWN: Target = Target { most: 2.0, hoped: 1.5 };
const BATCHES: Target = Target { most: 1.3, hoped: 1.0 };

/// Spread over all payments, without payers.
pub fn one_by_one(scale: Scale, table: &mut Table) {
    let race = typed(scale, Load::new(scale.authorizations, false), &Spread::Uniform);
    table.measured("typed capture, one by one / std maps", "", race.ratio(0, 1), Some(BESIDE_STD));
    table.measured(
        "typed capture, one by one / hashbrown + foldhash",
        "",
        race.ratio(0, 2),
        Some(BESIDE_BROWN),
    );
    table.measured("the capture itself", "ns", race.nanos(0), None);
    table.measured("the floor of std maps", "ns", race.nanos(1), None);
    table.measured("the floor of hashbrown + foldhash", "ns", race.nanos(2), None);
}

/// Spread over all payments, each charged to a payer's account.
pub fn with_payers(scale: Scale, table: &mut Table) {
    let race = typed(scale, Load::new(scale.authorizations, true), &Spread::Uniform);
    table.measured("with payers, one by one / std maps", "", race.ratio(0, 1), None);
    table.measured("with payers, one by one / hashbrown + foldhash", "", race.ratio(0, 2), None);
}

/// Most of them on few payments.
pub fn skewed(scale: Scale, table: &mut Table) {
    let load = Load::new(scale.authorizations, false);
    let spread = load.skewed();
    let race = typed(scale, load, &spread);
    table.measured("Zipf-skewed, one by one / std maps", "", race.ratio(0, 1), None);
    table.measured("Zipf-skewed, one by one / hashbrown + foldhash", "", race.ratio(0, 2), None);
}

/// The engine, the floor of `std`, the floor of `hashbrown`.
fn typed(scale: Scale, mut load: Load, spread: &Spread) -> Race<3> {
    let (engine, mut std) = (load.engine(), Floor::<Std>::new(&load));
    let mut brown = Floor::<Brown>::new(&load);
    let mut race = Race::new();
    for _ in 0..scale.rounds {
        let asked = load.captures(scale.block, spread);
        let commands: Vec<_> = asked.iter().map(Asked::command).collect();
        let mut by_engine = || captured(&engine, &commands);
        let mut by_std = || on_floor(&mut std, &asked);
        let mut by_brown = || on_floor(&mut brown, &asked);
        race.round(scale.block, [&mut by_engine, &mut by_std, &mut by_brown]);
    }
    race
}

/// Batches of 1,000, with and without payers.
pub fn in_batches(scale: Scale, table: &mut Table) {
    for (with_payers, name) in [(false, "batches of 1,000"), (true, "batches of 1,000 with payers")] {
        let mut load = Load::new(scale.authorizations, with_payers);
        let (engine, mut brown) = (load.engine(), Floor::<Brown>::new(&load));
        let (now, mut race) = (now(), Race::new());
        for _ in 0..scale.rounds {
            let asked = load.captures(scale.block, &Spread::Uniform);
            let commands: Vec<_> = asked.iter().map(|asked| Submission::new(asked.command(), now)).collect();
            let mut by_engine = || commands.chunks(BATCH).map(|batch| accepted(&engine, batch)).sum();
            let mut by_brown = || on_floor(&mut brown, &asked);
            race.round(scale.block, [&mut by_engine, &mut by_brown]);
        }
        let target = (!with_payers).then_some(BATCHES);
        table.measured(&format!("{name} / hashbrown + foldhash"), "", race.ratio(0, 1), target);
    }
}

/// How many captures succeeded, one by one.
fn captured(engine: &BlockingEngine<MemoryStore>, commands: &[Capture]) -> usize {
    let now = now();
    let outcomes = commands.iter().map(|command| engine.capture(command, now));
    outcomes.filter(|outcome| outcome.as_ref().is_ok_and(|it| it.code() == ResultCode::Success)).count()
}

/// How many of a batch succeeded.
fn accepted(engine: &BlockingEngine<MemoryStore>, batch: &[Submission]) -> usize {
    let answers = engine.submit(batch);
    answers.iter().filter(|answer| answer.as_ref().is_ok_and(|it| it.code() == ResultCode::Success)).count()
}

/// How many captures succeeded on a floor.
pub fn on_floor<M: Maps>(floor: &mut Floor<M>, asked: &[Asked]) -> usize {
    let now = now();
    asked.iter().filter(|asked| floor.capture(asked, now).is_ok()).count()
}

/// Two threads that share one engine, beside one; a perfect one takes half the time.
pub fn two_threads(scale: Scale, table: &mut Table) {
    let mut load = Load::new(scale.authorizations, false);
    let engine = load.engine();
    let mut race = Race::new();
    for _ in 0..scale.rounds {
        let [alone, shared] = [(), ()].map(|()| {
            let asked = load.captures(scale.block, &Spread::Uniform);
            asked.iter().map(Asked::command).collect::<Vec<_>>()
        });
        let mut by_one = || captured(&engine, &alone);
        let mut by_two = || {
            let (left, right) = shared.split_at(shared.len() / 2);
            std::thread::scope(|threads| {
                let left = threads.spawn(|| captured(&engine, left));
                captured(&engine, right) + left.join().unwrap()
            })
        };
        race.round_of_threads(scale.block, [&mut by_one, &mut by_two]);
    }
    table.measured("time of two threads / one", "", race.ratio(1, 0), None);
}

/// The 951st to 1,000th capture of some payments, beside the first 50 of as
/// many others in the same tables.
pub fn thousandth(scale: Scale, table: &mut Table) {
    const BEFORE: usize = 950;
    let payments = scale.authorizations / 1_000;
    let mut load = Load::new(scale.authorizations, false);
    let (engine, now) = (load.engine(), now());
    for _ in 0..BEFORE {
        let commands = (0..payments).map(|payment| load.capture_of(payment).command());
        let batch: Vec<_> = commands.map(|command| Submission::new(command, now)).collect();
        submit(&engine, &batch);
    }
    let mut race = Race::new();
    for _ in BEFORE..1_000 {
        let [late, early] = [0, payments].map(|from| {
            let commands = (from..from + payments).map(|payment| load.capture_of(payment).command());
            commands.collect::<Vec<_>>()
        });
        let (mut by_late, mut by_early) = (|| captured(&engine, &late), || captured(&engine, &early));
        race.round(payments, [&mut by_late, &mut by_early]);
    }
    table.measured("the 951st to 1,000th capture of a payment / the first 50", "", race.ratio(0, 1), None);
}
