//! A store that fails as stores fail, around any other: seeded, each fault
//! with odds of its own, counted, and switched off when a test says so.
//!
//! | | fault | what is done |
//! |---|---|---|
//! | F1 | conflict | a commit is refused though all that was seen holds; with the keys, or with none |
//! | F2 | unavailable | a load, a read or a commit fails before anything happens |
//! | F3 | time-out | a commit is applied, and the caller is told that nobody knows; or it is lost, and the caller is told the same |
//! | F4 | late commit | the caller is told that nobody knows; the changes land, or are refused, some operations later |
//! | F9 | waiting | every operation waits, before and after what it does, so that a caller's future can be dropped there |
//! | F10 | stale read | a load is answered as it was at an earlier load of the same keys |
//!
//! (F6 and F7, what is delivered twice, late and in another order, are what
//! callers do.) Everything that the inner store applies is told in its order,
//! with who asked for it, so that a test can follow.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;

use capture_engine::Instant;
use capture_engine::event::{PayerEvent, PaymentEvent};
use capture_engine::id::PayerId;
use capture_engine::record::Record;
use capture_engine::store::{
    AuthorizationKey, Changes, CommitError, Due, ErrorSource, FeedError, FeedPage, InProcess, Inquiry, Key,
    LoadError, PaymentPage, Reads, Snapshot, Store,
};

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

/// How many answers of loads are kept for each list of keys.
const KEPT: usize = 4;

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

    /// Lets all late commits land, or fail.
    pub async fn land_all(&self) {
        while let Some(late) = self.next_late(u64::MAX) {
            self.land(late).await;
        }
    }

    fn next_late(&self, now: u64) -> Option<Late> {
        let mut state = self.state();
        let next = state.late.iter().position(|late| late.due <= now)?;
        Some(state.late.remove(next))
    }

    async fn land(&self, late: Late) {
        let created = late.changes.records().iter().filter(|change| change.seen().is_none());
        let created: Vec<Key> = created.map(|change| change.key().into()).collect();
        let meanwhile = self.inner.load(&created).await.unwrap_or_default();
        let is_fence =
            |record: &Record| matches!(record, Record::Capture(_)) && record.names_authorization().is_none();
        let why = match meanwhile.records().next() {
            _ if meanwhile.records().any(|(_, record)| is_fence(record)) => "its id was fenced meanwhile",
            Some(_) => "it was sent again and answered meanwhile",
            None => "what it saw had changed",
        };
        let what = what(&late.changes);
        match self.inner.commit(late.changes.clone()).await {
            Ok(()) => {
                self.count(format!("F4 landed late: {what}"));
                self.note(late.by, late.changes, Done::Late);
            }
            Err(CommitError::Conflict { .. }) => {
                self.count(format!("F4 refused late: {what}"));
                self.count(format!("F4 refused late, {why}"));
            }
            Err(other) => panic!("the inner store fails by itself: {other}"),
        }
    }

    /// Every operation begins so: those that are late land first.
    async fn begin(&self) -> Caller {
        let (caller, now) = {
            let mut state = self.state();
            state.operations += 1;
            (state.caller, state.operations)
        };
        while let Some(late) = self.next_late(now) {
            self.land(late).await;
        }
        caller
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
    fn happens(&self, often: fn(&Odds) -> u64) -> bool {
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

    /// What an earlier load of these keys showed, if that has changed since.
    fn stale(&self, keys: &[Key], fresh: &Snapshot) -> Option<Shown> {
        let mut state = self.state();
        let versions = |snapshot: &Snapshot| -> Vec<u64> {
            let records = snapshot.records().map(|(version, _)| version.get());
            let authorizations = snapshot.authorizations().map(|(version, _)| version.get());
            records
                .chain([0])
                .chain(authorizations)
                .chain([0])
                .chain(snapshot.payers().map(|(version, _)| version.get()))
                .collect()
        };
        let now = versions(fresh);
        let older: Vec<_> =
            state.shown.get(keys)?.iter().filter(|(_, shown)| versions(shown) != now).cloned().collect();
        let nth = state.dice.roll(older.len().max(1) as u64) as usize;
        older.get(nth).cloned()
    }

    fn remember(&self, keys: &[Key], snapshot: &Snapshot) {
        let mut state = self.state();
        let commits = state.commits;
        let shown = state.shown.entry(keys.to_vec()).or_default();
        shown.push_back((commits, snapshot.clone()));
        if shown.len() > KEPT {
            shown.pop_front();
        }
    }

    async fn faulty_commit(&self, caller: Caller, changes: Changes) -> (Done, Result<(), CommitError>) {
        let what = what(&changes);
        if self.happens(|odds| odds.conflict) {
            self.tell(caller, |told| told.conflicts += 1);
            let named = self.state().dice.one_in(2);
            self.count(if named { "F1 conflict, keys named" } else { "F1 conflict, none named" });
            let records = changes.records().iter().map(|change| change.key().into());
            let keys = if named { records.collect() } else { Vec::new() };
            return (Done::Nothing, Err(CommitError::Conflict { keys }));
        }
        if let Some(source) = self.unavailable(caller, "commit") {
            return (Done::Nothing, Err(CommitError::Unavailable { source }));
        }
        let unknown = |this: &Self| {
            this.tell(caller, |told| told.unknown += 1);
            Err(CommitError::Unknown { source: source("the connection was lost") })
        };
        if self.happens(|odds| odds.lost) {
            self.count(format!("F3 lost: {what}"));
            return (Done::Nothing, unknown(self));
        }
        if self.happens(|odds| odds.late) {
            self.count(format!("F4 told unknown: {what}"));
            let mut state = self.state();
            let latest = state.odds.latest;
            let due = state.operations + 2 + state.dice.roll(latest);
            state.late.push(Late { by: caller, changes, due });
            drop(state);
            return (Done::Late, unknown(self));
        }
        let unheard = self.happens(|odds| odds.unheard);
        match self.inner.commit(changes.clone()).await {
            Ok(()) if unheard => {
                self.count(format!("F3 applied and not heard: {what}"));
                self.note(caller, changes, Done::AppliedUnheard);
                (Done::AppliedUnheard, unknown(self))
            }
            Ok(()) => {
                self.note(caller, changes, Done::Applied);
                (Done::Applied, Ok(()))
            }
            Err(error @ CommitError::Conflict { .. }) => {
                let is_stale = self.told(caller).is_stale;
                self.count(if is_stale { "F10 refused by version" } else { "overtaken by another" });
                self.tell(caller, |told| {
                    told.conflicts += 1;
                    told.overtaken += 1;
                });
                (Done::Nothing, Err(error))
            }
            Err(other) => panic!("the inner store fails by itself: {other}"),
        }
    }
}

/// What a commit does, in a word or two.
fn what(changes: &Changes) -> String {
    let written = changes.records().iter().filter(|change| change.written().is_some()).count();
    let payment = changes.payment_events().last().map(|event| event.kind().name());
    let payer = changes.payer_events().last().map(|event| event.name());
    match payment.or(payer) {
        _ if written > 1 => "a batch".to_owned(),
        Some(event) => event.to_owned(),
        None => "a record alone".to_owned(),
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

impl<S: Store> Store for FaultyStore<S> {
    async fn load(&self, keys: &[Key]) -> Result<Snapshot, LoadError> {
        let caller = self.begin().await;
        self.wait(Point::BeforeLoad).await;
        if let Some(source) = self.unavailable(caller, "load") {
            return Err(LoadError::Unavailable { source });
        }
        let mut snapshot = self.inner.load(keys).await?;
        let stale = self.stale(keys, &snapshot).filter(|_| self.happens(|odds| odds.stale));
        self.remember(keys, &snapshot);
        self.tell(caller, |told| {
            told.has_loaded = true;
            told.is_stale = stale.is_some();
        });
        if let Some((commits, shown)) = stale {
            self.count("F10 stale read");
            self.tell(caller, |told| {
                told.stale = Some(told.stale.map_or(commits, |stale| stale.min(commits)))
            });
            snapshot = shown;
        }
        self.wait(Point::AfterLoad).await;
        Ok(snapshot)
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        let caller = self.begin().await;
        let has_loaded = self.told(caller).has_loaded;
        assert!(has_loaded, "a commit on what was loaded before a conflict: {changes:?}");
        self.tell(caller, |told| told.has_loaded = false);
        self.wait(Point::BeforeCommit).await;
        let (done, result) = self.faulty_commit(caller, changes).await;
        self.wait(Point::AfterCommit(done)).await;
        result
    }
}

impl<S: Reads + Store> FaultyStore<S> {
    fn read(&self) -> Result<(), LoadError> {
        let caller = self.state().caller;
        let failure = self.unavailable(caller, "read");
        failure.map_or(Ok(()), |source| Err(LoadError::Unavailable { source }))
    }
}

impl<S: Reads + Store> Reads for FaultyStore<S> {
    async fn payment(&self, of: &Inquiry, after: u64, limit: usize) -> Result<PaymentPage, LoadError> {
        self.read()?;
        self.inner.payment(of, after, limit).await
    }

    async fn due(&self, now: Instant, after: Option<&Due>, limit: usize) -> Result<Vec<Due>, LoadError> {
        self.read()?;
        self.inner.due(now, after, limit).await
    }

    async fn in_process(
        &self,
        before: Instant,
        after: Option<&InProcess>,
        limit: usize,
    ) -> Result<Vec<InProcess>, LoadError> {
        self.read()?;
        self.inner.in_process(before, after, limit).await
    }

    async fn payment_events(
        &self,
        key: &AuthorizationKey,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PaymentEvent>>, LoadError> {
        self.read()?;
        self.inner.payment_events(key, after, limit).await
    }

    async fn payer_events(
        &self,
        payer: &PayerId,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PayerEvent>>, LoadError> {
        self.read()?;
        self.inner.payer_events(payer, after, limit).await
    }

    async fn feed(&self, cursor: &[u8], limit: usize) -> Result<FeedPage, FeedError> {
        self.read()?;
        self.inner.feed(cursor, limit).await
    }
}
