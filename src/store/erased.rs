//! A store chosen at run time: one type for all of them, at the price of one
//! boxed future a call.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::{
    CommitError, Due, FeedError, FeedPage, InProcess, Inquiry, LoadError, PaymentPage, Reads, Store,
};
use crate::changes::Changes;
use crate::event::{PayerEvent, PaymentEvent};
use crate::id::PayerId;
use crate::key::{AuthorizationKey, Key};
use crate::snapshot::Snapshot;
use crate::time::Instant;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Any store, its type forgotten. Cloned by reference count.
///
/// ```
/// use capture_engine::{Engine, Settings};
/// use capture_engine::store::{AnyStore, MemoryStore};
/// let chosen = AnyStore::new(MemoryStore::new());
/// let engine = Engine::new(chosen, Settings::default());
/// # let _ = engine;
/// ```
#[derive(Clone)]
pub struct AnyStore(Arc<dyn Erased>);

impl AnyStore {
    /// This store, its type forgotten.
    pub fn new(store: impl Store + Reads + 'static) -> Self {
        Self(Arc::new(store))
    }
}

/// The two traits with boxed futures, for every store.
trait Erased: Send + Sync {
    fn load<'a>(&'a self, keys: &'a [Key]) -> Boxed<'a, Result<Snapshot, LoadError>>;
    fn commit(&self, changes: Changes) -> Boxed<'_, Result<(), CommitError>>;
    fn payment<'a>(
        &'a self,
        of: &'a Inquiry,
        after: u64,
        limit: usize,
    ) -> Boxed<'a, Result<PaymentPage, LoadError>>;
    fn due<'a>(
        &'a self,
        now: Instant,
        after: Option<&'a Due>,
        limit: usize,
    ) -> Boxed<'a, Result<Vec<Due>, LoadError>>;
    fn in_process<'a>(
        &'a self,
        before: Instant,
        after: Option<&'a InProcess>,
        limit: usize,
    ) -> Boxed<'a, Result<Vec<InProcess>, LoadError>>;
    fn payment_events<'a>(
        &'a self,
        key: &'a AuthorizationKey,
        after: u64,
        limit: usize,
    ) -> Boxed<'a, Result<Option<Vec<PaymentEvent>>, LoadError>>;
    fn payer_events<'a>(
        &'a self,
        payer: &'a PayerId,
        after: u64,
        limit: usize,
    ) -> Boxed<'a, Result<Option<Vec<PayerEvent>>, LoadError>>;
    fn feed<'a>(&'a self, cursor: &'a [u8], limit: usize) -> Boxed<'a, Result<FeedPage, FeedError>>;
}

impl<S: Store + Reads> Erased for S {
    fn load<'a>(&'a self, keys: &'a [Key]) -> Boxed<'a, Result<Snapshot, LoadError>> {
        Box::pin(Store::load(self, keys))
    }

    fn commit(&self, changes: Changes) -> Boxed<'_, Result<(), CommitError>> {
        Box::pin(Store::commit(self, changes))
    }

    fn payment<'a>(
        &'a self,
        of: &'a Inquiry,
        after: u64,
        limit: usize,
    ) -> Boxed<'a, Result<PaymentPage, LoadError>> {
        Box::pin(Reads::payment(self, of, after, limit))
    }

    fn due<'a>(
        &'a self,
        now: Instant,
        after: Option<&'a Due>,
        limit: usize,
    ) -> Boxed<'a, Result<Vec<Due>, LoadError>> {
        Box::pin(Reads::due(self, now, after, limit))
    }

    fn in_process<'a>(
        &'a self,
        before: Instant,
        after: Option<&'a InProcess>,
        limit: usize,
    ) -> Boxed<'a, Result<Vec<InProcess>, LoadError>> {
        Box::pin(Reads::in_process(self, before, after, limit))
    }

    fn payment_events<'a>(
        &'a self,
        key: &'a AuthorizationKey,
        after: u64,
        limit: usize,
    ) -> Boxed<'a, Result<Option<Vec<PaymentEvent>>, LoadError>> {
        Box::pin(Reads::payment_events(self, key, after, limit))
    }

    fn payer_events<'a>(
        &'a self,
        payer: &'a PayerId,
        after: u64,
        limit: usize,
    ) -> Boxed<'a, Result<Option<Vec<PayerEvent>>, LoadError>> {
        Box::pin(Reads::payer_events(self, payer, after, limit))
    }

    fn feed<'a>(&'a self, cursor: &'a [u8], limit: usize) -> Boxed<'a, Result<FeedPage, FeedError>> {
        Box::pin(Reads::feed(self, cursor, limit))
    }
}

impl Store for AnyStore {
    async fn load(&self, keys: &[Key]) -> Result<Snapshot, LoadError> {
        self.0.load(keys).await
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        self.0.commit(changes).await
    }
}

impl Reads for AnyStore {
    async fn payment(&self, of: &Inquiry, after: u64, limit: usize) -> Result<PaymentPage, LoadError> {
        self.0.payment(of, after, limit).await
    }

    async fn due(&self, now: Instant, after: Option<&Due>, limit: usize) -> Result<Vec<Due>, LoadError> {
        self.0.due(now, after, limit).await
    }

    async fn in_process(
        &self,
        before: Instant,
        after: Option<&InProcess>,
        limit: usize,
    ) -> Result<Vec<InProcess>, LoadError> {
        self.0.in_process(before, after, limit).await
    }

    async fn payment_events(
        &self,
        key: &AuthorizationKey,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PaymentEvent>>, LoadError> {
        self.0.payment_events(key, after, limit).await
    }

    async fn payer_events(
        &self,
        payer: &PayerId,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PayerEvent>>, LoadError> {
        self.0.payer_events(payer, after, limit).await
    }

    async fn feed(&self, cursor: &[u8], limit: usize) -> Result<FeedPage, FeedError> {
        self.0.feed(cursor, limit).await
    }
}
