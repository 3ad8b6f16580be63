//! A store that fails as stores fail, around any other: seeded, each fault
//! with odds of its own, counted, and switched off when a test says so.
//!
//! | | fault | what is done |
//! |---|---|---|
//! | F1 | conflict | a commit is refused though all that was seen holds; with the keys, or with none |
//! | F2 | unavailable | a load, a read or a commit fails before anything happens |
//! | F3 | time-out | a commit is applied, and the caller is told that nobody knows; or it is lost, and the caller is told the same |
//! | F4 | late commit | the caller is told that nobody knows; the changes land, or are refused, some operations later |
//! | F9 | waiting | every load, read and commit waits, before and after what it does, so that a caller's future can be dropped there |
//! | F10 | stale read | a load is answered as it was at an earlier load of the same keys |
//!
//! (F6 and F7, what is delivered twice, late and in another order, are what
//! callers do.) Everything that the inner store applies is told in its order,
//! with who asked for it, so that a test can follow.
#![allow(dead_code, reason = "each test file uses its part of it")]

mod commits;
mod operations;

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;

use capture_engine::store::{Changes, ErrorSource, Key, Snapshot, Store};

use super::dice::Dice;

/// Who asks: the number of a call.
pub type Caller = u64;

/// How often each thing happens, in a thousand operations.
#[derive(Clone, Copy, Debug)]
pub struct Odds {
    pub conflict: u64,
    pub unavailable: u64,
    /// A commit is applied, and not acknowledged.
    pub unheard: u64,
    /// A commit is not applied, and nobody knows.
    pub lost: u64,
    pub late: u64,
    /// How many operations a late commit takes at most.
    pub latest: u64,
    pub stale: u64,
    /// How often a caller waits at most at one point.
    pub waits: u64,
}

/// Where a caller waits, and what was done for it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    BeforeLoad,
    AfterLoad,
    BeforeRead,
    AfterRead,
    /// Outside of any store operation.
    RiskCheck,
    BeforeCommit,
    AfterCommit(Done),
}

/// What became of a commit, whatever its caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Done {
    Applied,
    AppliedUnheard,
    /// It may land later.
    Late,
    Nothing,
}

/// A commit that the inner store applied.
#[derive(Clone, Debug)]
pub struct Applied {
    pub by: Caller,
    pub changes: Changes,
    pub done: Done,
}

/// What one caller was told so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    pub unavailable: u32,
    pub unknown: u32,
    pub conflicts: u32,
    /// How often the host's risk check was asked.
    pub asked: u32,
    /// The oldest state that it was shown, where that was an older one: after
    /// so many commits.
    pub stale: Option<usize>,
    /// Conflicts that were none of this store's inventions.
    pub overtaken: u32,
    /// Commits of what was decided on a load that an earlier commit had used.
    pub blind: u32,
    at: Option<Point>,
    has_loaded: bool,
    is_stale: bool,
}

pub type Counts = BTreeMap<String, u64>;

/// A commit on its way.
struct Late {
    by: Caller,
    changes: Changes,
    due: u64,
}

/// What a load showed, after so many commits.
type Shown = (usize, Snapshot);

struct State {
    dice: Dice,
    odds: Odds,
    is_stopped: bool,
    caller: Caller,
    operations: u64,
    commits: usize,
    late: Vec<Late>,
    applied: Vec<Applied>,
    told: BTreeMap<Caller, Told>,
    shown: BTreeMap<Vec<Key>, VecDeque<Shown>>,
    counts: Counts,
}

pub struct FaultyStore<S> {
    pub inner: S,
    state: Mutex<State>,
}

impl<S: Store> FaultyStore<S> {
    pub fn new(inner: S, seed: u64, odds: Odds) -> Self {
        let state = State {
            dice: Dice::new(seed),
            odds,
            is_stopped: false,
            caller: 0,
            operations: 0,
            commits: 0,
            late: Vec::new(),
            applied: Vec::new(),
            told: BTreeMap::new(),
            shown: BTreeMap::new(),
            counts: Counts::new(),
        };
        Self { inner, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Says whose the operations are that come next.
    pub fn serve(&self, caller: Caller) {
        self.state().caller = caller;
    }

    /// Faults stop, or begin again. What is late already still lands.
    pub fn fail(&self, fails: bool) {
        self.state().is_stopped = !fails;
    }

    /// How many commits the inner store has applied.
    pub fn commits(&self) -> usize {
        self.state().commits
    }

    /// What was applied since the last call, in order.
    pub fn applied(&self) -> Vec<Applied> {
        std::mem::take(&mut self.state().applied)
    }

    pub fn told(&self, caller: Caller) -> Told {
        self.state().told.get(&caller).copied().unwrap_or_default()
    }

    /// Where this caller waits; nowhere before its first operation.
    pub fn point(&self, caller: Caller) -> Option<Point> {
        self.told(caller).at
    }

    pub fn counts(&self) -> Counts {
        self.state().counts.clone()
    }

    /// Waits some times, where there may be faults.
    pub async fn wait(&self, at: Point) {
        let times = {
            let mut state = self.state();
            let caller = state.caller;
            let told = state.told.entry(caller).or_default();
            told.at = Some(at);
            told.asked += u32::from(at == Point::RiskCheck);
            let most = if state.is_stopped { 0 } else { state.odds.waits };
            state.dice.roll(most + 1)
        };
        for _ in 0..times {
            yield_once().await;
        }
    }

    fn note(&self, by: Caller, changes: Changes, done: Done) {
        let mut state = self.state();
        state.commits += 1;
        state.applied.push(Applied { by, changes, done });
    }

    fn count(&self, name: impl Into<String>) {
        *self.state().counts.entry(name.into()).or_default() += 1;
    }

    fn tell(&self, caller: Caller, change: impl FnOnce(&mut Told)) {
        change(self.state().told.entry(caller).or_default());
    }

    /// Whether a fault happens now.
    fn happens(&self, often: impl Fn(&Odds) -> u64) -> bool {
        let mut state = self.state();
        let often = if state.is_stopped { 0 } else { often(&state.odds) };
        state.dice.per_mille(often)
    }

    fn unavailable(&self, caller: Caller, what: &str) -> Option<ErrorSource> {
        let happens = self.happens(|odds| odds.unavailable);
        happens.then(|| {
            self.count(format!("F2 unavailable: {what}"));
            self.tell(caller, |told| told.unavailable += 1);
            source("the store is down")
        })
    }
}

/// A future that is ready when it is polled the second time.
fn yield_once() -> impl Future<Output = ()> {
    let mut is_ready = false;
    poll_fn(move |context| {
        if is_ready {
            return Poll::Ready(());
        }
        is_ready = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

fn source(text: &str) -> ErrorSource {
    Arc::from(Box::<dyn Error + Send + Sync>::from(text))
}
