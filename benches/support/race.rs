//! Blocks of work that run one after the other, again and again, so that what
//! else the machine does meets all of them: `criterion` runs one bench to its
//! end before the next one starts, and cannot.
#![allow(dead_code, reason = "each bench uses its part of it")]

use std::time::{Duration, Instant};

use super::clock::timed;

/// The times of `N` rivals, in nanoseconds an operation, one entry a round.
pub struct Race<const N: usize>(Vec<[f64; N]>);

/// A block of work; it says how many of its operations succeeded.
pub type Rival<'a> = &'a mut dyn FnMut() -> usize;

/// How one rival's time is to another's.
#[derive(Clone, Copy)]
pub struct Ratio {
    /// The median over the rounds.
    pub median: f64,
    /// A quarter of the rounds is below.
    pub low: f64,
    /// A quarter of the rounds is above.
    pub high: f64,
}

impl<const N: usize> Race<N> {
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// Lets each rival do its block of so many operations, and another one
    /// begin in each round.
    pub fn round(&mut self, operations: usize, rivals: [Rival<'_>; N]) {
        self.round_by(operations, rivals, |rival| timed(rival));
    }

    /// The same by the clock on the wall, for rivals that are several threads.
    pub fn round_of_threads(&mut self, operations: usize, rivals: [Rival<'_>; N]) {
        self.round_by(operations, rivals, |rival| {
            let start = Instant::now();
            (rival(), start.elapsed())
        });
    }

    fn round_by(
        &mut self,
        operations: usize,
        rivals: [Rival<'_>; N],
        timed: impl Fn(Rival<'_>) -> (usize, Duration),
    ) {
        let mut times = [0.0; N];
        let first = self.0.len();
        for turn in 0..N {
            let at = (first + turn) % N;
            let (done, time) = timed(&mut *rivals[at]);
            times[at] = time.as_nanos() as f64 / operations as f64;
            assert_eq!(done, operations, "everything that is measured must succeed");
        }
        self.0.push(times);
    }

    pub fn ratio(&self, subject: usize, floor: usize) -> Ratio {
        self.figure(|times| times[subject] / times[floor])
    }

    /// What comes out of each round's times.
    pub fn figure(&self, of_round: impl Fn(&[f64; N]) -> f64) -> Ratio {
        Ratio::of(self.0.iter().map(of_round))
    }

    /// The nanoseconds of an operation.
    pub fn nanos(&self, rival: usize) -> Ratio {
        self.figure(|times| times[rival])
    }
}

impl Ratio {
    fn of(rounds: impl Iterator<Item = f64>) -> Self {
        let mut rounds: Vec<_> = rounds.collect();
        rounds.sort_by(f64::total_cmp);
        let at = |share: f64| rounds[((rounds.len() - 1) as f64 * share).round() as usize];
        Self { median: at(0.5), low: at(0.25), high: at(0.75) }
    }
}
