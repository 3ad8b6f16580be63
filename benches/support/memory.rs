//! The memory that a row takes while tables grow: live bytes by their number.
//!
//! Tables and logs grow by doubling, so that the live bytes of a row depend on
//! where between two doublings the number stands. The mean over one doubling
//! does not: it is what is written down, with the least and the most beside it.

use capture_engine::submission::Submission;
use capture_engine::{BlockingEngine, Engine, MemoryStore, Settings};

use super::counting::{Counts, counted, so_far};
use super::load::{BATCH, Load, Spread, now, submit};

/// Live bytes a row.
#[derive(Clone, Copy, Debug)]
pub struct PerRow {
    /// The mean over the last doubling of their number.
    pub mean: f64,
    /// The least in it.
    pub least: f64,
    /// The most in it.
    pub most: f64,
    /// At the end.
    pub last: f64,
}

/// The bytes of an authorization, and of a capture: asked for, and set aside
/// by the allocator.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    pub authorization: PerRow,
    pub authorization_set_aside: PerRow,
    pub capture: PerRow,
    pub capture_set_aside: PerRow,
}

/// Fills an engine's memory store with so many authorizations, then as many
/// captures spread over them. Counted is all that stays: rows, keys, indices,
/// events and records of an authorization together; not the merchants' names.
pub fn measure(rows: usize) -> Memory {
    let mut load = Load::new(rows, false);
    let now = now();
    let capacity = rows.div_ceil(BATCH) + 1;
    let (mut placed, mut captured) = (Vec::with_capacity(capacity), Vec::with_capacity(capacity));
    let _ = counted(|| {
        let engine = Engine::new(MemoryStore::new(), Settings::default()).blocking();
        fill(&engine, rows, &mut placed, |at| Submission::new(load.placed(at).command(), now));
        let mut captures = |_| {
            let asked = load.captures(1, &Spread::Uniform);
            Submission::new(asked[0].command(), now)
        };
        fill(&engine, rows, &mut captured, &mut captures);
    });
    Memory {
        authorization: PerRow::of(&placed, |counts| counts.live),
        authorization_set_aside: PerRow::of(&placed, |counts| counts.set_aside),
        capture: PerRow::of(&captured, |counts| counts.live),
        capture_set_aside: PerRow::of(&captured, |counts| counts.set_aside),
    }
}

/// Sends so many commands in batches, and notes what is live after each.
fn fill(
    engine: &BlockingEngine<MemoryStore>,
    rows: usize,
    samples: &mut Vec<(usize, Counts)>,
    mut command: impl FnMut(usize) -> Submission,
) {
    samples.push((0, so_far()));
    for from in (0..rows).step_by(BATCH) {
        let to = rows.min(from + BATCH);
        let batch: Vec<_> = (from..to).map(&mut command).collect();
        submit(engine, &batch);
        drop(batch);
        samples.push((to, so_far()));
    }
}

impl PerRow {
    fn of(samples: &[(usize, Counts)], live: impl Fn(Counts) -> i64) -> Self {
        let (first, rows) = (live(samples[0].1), samples[samples.len() - 1].0);
        let per_row = |(at, counts): &(usize, Counts)| (live(*counts) - first) as f64 / *at as f64;
        let doubling: Vec<_> = samples.iter().filter(|(at, _)| 2 * at > rows).collect();
        // Every growth by the same factor counts the same.
        let weight = |at: usize| 1.0 / at as f64;
        let weights: f64 = doubling.iter().map(|(at, _)| weight(*at)).sum();
        let sum: f64 = doubling.iter().map(|sample| weight(sample.0) * per_row(sample)).sum();
        let values = || doubling.iter().map(|sample| per_row(sample));
        Self {
            mean: sum / weights,
            least: values().fold(f64::INFINITY, f64::min),
            most: values().fold(0.0, f64::max),
            last: per_row(&samples[samples.len() - 1]),
        }
    }
}
