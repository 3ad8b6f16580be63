//! The parts of a request, measured in the same run as the load.

use capture_engine::{BlockingEngine, MemoryStore};

use crate::support::load::{Load, Spread, now};
use crate::support::race::{Race, Ratio};
use crate::support::rsa::Rsa;
use crate::support::signed::Parts;

/// How many bytes the answer of a capture has.
const ANSWER: usize = 355;
const BLOCK: usize = 100;

/// One verification, one signature, JSON to JSON.
pub struct InParts {
    load: Load,
    keys: Rsa,
    engine: BlockingEngine<MemoryStore>,
    race: Race<3>,
}

impl InParts {
    pub fn new(payments: usize) -> Self {
        let load = Load::new(payments, false);
        let engine = load.engine();
        Self { load, keys: Rsa::generate(), engine, race: Race::new() }
    }

    pub fn measure(&mut self, rounds: usize) {
        let (keys, engine, now) = (&self.keys, self.engine.engine(), now());
        for _ in 0..rounds {
            let asked = self.load.captures(BLOCK, &Spread::Uniform);
            let parts: Vec<_> = asked.iter().map(|asked| Parts::of(asked, ANSWER, keys)).collect();
            let count = |holds: &dyn Fn(&Parts) -> bool| parts.iter().filter(|parts| holds(parts)).count();
            self.race.round(
                BLOCK,
                [
                    &mut || count(&|parts| parts.verified(keys)),
                    &mut || count(&|parts| parts.signed(keys)),
                    &mut || count(&|parts| parts.captured(engine, now)),
                ],
            );
        }
    }

    /// Their sum, in microseconds.
    pub fn sum(&self) -> Ratio {
        self.race.figure(|times| times.iter().sum::<f64>() / 1_000.0)
    }
}
