//! The operations: what of the faults happens around each, stale reads (F10)
//! among them.

use capture_engine::Instant;
use capture_engine::event::{PayerEvent, PaymentEvent};
use capture_engine::id::PayerId;
use capture_engine::store::{
    AuthorizationKey, Changes, CommitError, Due, FeedError, FeedPage, InProcess, Inquiry, Key, LoadError,
    PaymentPage, Reads, Snapshot, Store,
};

use super::{Caller, FaultyStore, Point, Shown};

/// How many answers of loads are kept for each list of keys.
const KEPT: usize = 4;

impl<S: Store> FaultyStore<S> {
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
        self.tell(caller, |told| {
            told.blind += u32::from(!told.has_loaded);
            told.has_loaded = false;
        });
        self.wait(Point::BeforeCommit).await;
        let (done, result) = self.faulty_commit(caller, changes).await;
        self.wait(Point::AfterCommit(done)).await;
        result
    }
}

impl<S: Reads + Store> FaultyStore<S> {
    /// Every read is one operation, which waits and fails as loads do.
    async fn read<T, E: From<LoadError>>(&self, inner: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let caller = self.begin().await;
        self.wait(Point::BeforeRead).await;
        if let Some(source) = self.unavailable(caller, "read") {
            return Err(LoadError::Unavailable { source }.into());
        }
        let read = inner.await?;
        self.wait(Point::AfterRead).await;
        Ok(read)
    }
}

impl<S: Reads + Store> Reads for FaultyStore<S> {
    async fn payment(&self, of: &Inquiry, after: u64, limit: usize) -> Result<PaymentPage, LoadError> {
        self.read(self.inner.payment(of, after, limit)).await
    }

    async fn due(&self, now: Instant, after: Option<&Due>, limit: usize) -> Result<Vec<Due>, LoadError> {
        self.read(self.inner.due(now, after, limit)).await
    }

    async fn in_process(
        &self,
        before: Instant,
        after: Option<&InProcess>,
        limit: usize,
    ) -> Result<Vec<InProcess>, LoadError> {
        self.read(self.inner.in_process(before, after, limit)).await
    }

    async fn payment_events(
        &self,
        key: &AuthorizationKey,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PaymentEvent>>, LoadError> {
        self.read(self.inner.payment_events(key, after, limit)).await
    }

    async fn payer_events(
        &self,
        payer: &PayerId,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PayerEvent>>, LoadError> {
        self.read(self.inner.payer_events(payer, after, limit)).await
    }

    async fn feed(&self, cursor: &[u8], limit: usize) -> Result<FeedPage, FeedError> {
        self.read(self.inner.feed(cursor, limit)).await
    }
}
