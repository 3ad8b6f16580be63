//! What a faultless engine would do with a command now, without doing it; and
//! whether answers that nothing was written for were true at some moment of
//! their call.

use std::sync::Mutex;

use capture_engine::engine::EngineError;
use capture_engine::risk::{NoVerdict, RiskQuestion, Verdict};
use capture_engine::store::{Changes, CommitError, Key, LoadError, Snapshot, Store};
use capture_engine::{Engine, MemoryStore};
use pollster::block_on;

use crate::broken::{Checked, broken};
use crate::ops::{Clock, Configured, Op, instant};
use crate::twin::Done;
use crate::world::{Said, World};

/// A store that keeps commits from happening.
struct Tap<'s> {
    store: &'s MemoryStore,
    taken: Mutex<Option<Changes>>,
}

impl Store for Tap<'_> {
    async fn load(&self, keys: &[Key]) -> Result<Snapshot, LoadError> {
        self.store.load(keys).await
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        *self.taken.lock().unwrap() = Some(changes);
        Ok(())
    }
}

/// The answer that the command would get, and what would be committed for it.
pub fn predict(store: &MemoryStore, op: &Op, now: i64, configured: Configured) -> (Said, Option<Changes>) {
    let tap = Tap { store, taken: Mutex::new(None) };
    let verdict = verdict_of(op);
    let engine = Engine::new(tap, configured.settings())
        .with_risk_check(move |_: &RiskQuestion| verdict.ok_or(NoVerdict));
    let said = block_on(engine.execute(&op.command(), instant(now)));
    let taken = engine.store().taken.lock().unwrap().take();
    (said.map_err(|error: EngineError| error.code()), taken)
}

/// What the host's risk check says of this command.
pub fn verdict_of(op: &Op) -> Option<Verdict> {
    match op {
        Op::Capture(taking) => taking.verdict,
        _ => None,
    }
}

/// An answer for which nothing was written, and when its call saw what is
/// stored: after so many things were done, from the first to the last.
pub struct Look {
    pub op: Op,
    pub now: i64,
    pub configured: Configured,
    pub said: Said,
    pub first: usize,
    pub last: usize,
}

impl Look {
    fn is_true(&self, store: &MemoryStore) -> bool {
        let (said, would) = predict(store, &self.op, self.now, self.configured);
        would.is_none() && said == self.said
    }
}

/// Each of these answers is that of a faultless engine at some moment of its
/// call, for which nothing is written either.
pub fn explain(mut looks: Vec<Look>, done: &[Done]) -> Checked {
    let mut world = World::new(MemoryStore::new());
    for at in 0..=done.len() {
        let is_over = looks.iter().find(|look| look.last < at);
        if let Some(Look { op, said, first, last, now, .. }) = is_over {
            return broken("I12", format!("{op:?} at {now} was never true from {first} to {last}: {said:?}"));
        }
        looks.retain(|look| look.first > at || !look.is_true(&world.store));
        match done.get(at) {
            Some(Done::Sent(now, op, configured)) => {
                world.configure(*configured);
                world.submit(&[(Clock::At(*now), op.clone())])?;
            }
            Some(Done::Closed(now, key, configured)) => {
                world.configure(*configured);
                world.close(*key, *now)?;
            }
            None => (),
        }
    }
    match looks.first() {
        Some(Look { op, said, .. }) => broken("I12", format!("{op:?} was never true: {said:?}")),
        None => Ok(()),
    }
}
