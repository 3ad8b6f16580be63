//! The memory that a row takes while tables grow: live bytes by their number.
//!
//! Tables and logs grow by doubling, so that the live bytes of a row depend on
//! where between two doublings the number stands. The mean over one doubling
//! does not: it is what is written down, with the least and the most beside it.
#![allow(dead_code, reason = "each bench and test uses its part of it")]

use capture_engine::submission::Submission;
use capture_engine::{Engine, MemoryStore, Settings};

use super::counting::{Counts, counted, so_far};
use super::load::{BATCH, Load, now, submit};

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

/// Fills one engine's memory store with so many authorizations, and another
/// one with as many captures too, spread over them; a capture is what the other
/// one has more. Counted is all that stays: rows, keys, indices, events and
/// records together; not the merchants' names.
pub fn measure(rows: usize) -> Memory {
    let (alone, together) = (fill(rows, false), fill(rows, true));
    let authorization = PerRow::of(&alone, |counts| counts.live);
    let authorization_set_aside = PerRow::of(&alone, |counts| counts.set_aside);
    Memory {
        authorization,
        authorization_set_aside,
        capture: PerRow::of(&together, |counts| counts.live).beside(authorization),
        capture_set_aside: PerRow::of(&together, |counts| counts.set_aside).beside(authorization_set_aside),
    }
}

/// Authorizations in batches, with or without as many captures of those that
/// are there; what is live after each.
fn fill(rows: usize, with_captures: bool) -> Vec<(usize, Counts)> {
    let (mut load, now) = (Load::new(rows, false), now());
    let mut samples = Vec::with_capacity(rows.div_ceil(BATCH));
    let _ = counted(|| {
        let engine = Engine::new(MemoryStore::new(), Settings::default()).blocking();
        for from in (0..rows).step_by(BATCH) {
            let to = rows.min(from + BATCH);
            let holds = (from..to).map(|payment| Submission::new(load.placed(payment).command(), now));
            submit(&engine, &holds.collect::<Vec<_>>());
            if with_captures {
                let captures = (from..to).map(|_| Submission::new(load.capture_below(to).command(), now));
                submit(&engine, &captures.collect::<Vec<_>>());
            }
            samples.push((to, so_far()));
        }
    });
    samples
}

impl PerRow {
    fn of(samples: &[(usize, Counts)], live: impl Fn(Counts) -> i64) -> Self {
        let rows = samples[samples.len() - 1].0;
        let per_row = |(at, counts): &(usize, Counts)| live(*counts) as f64 / *at as f64;
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

    /// What these rows have beside those.
    fn beside(self, other: Self) -> Self {
        Self {
            mean: self.mean - other.mean,
            least: self.least - other.mean,
            most: self.most - other.mean,
            last: self.last - other.last,
        }
    }
}
