//! A memory store that counts whatever is asked of it.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use capture_engine::event::{PayerEvent, PaymentEvent};
use capture_engine::id::PayerId;
use capture_engine::store::{
    AuthorizationKey, Changes, CommitError, Due, FeedError, FeedPage, InProcess, Inquiry, Key, LoadError,
    PaymentPage, Reads, Snapshot, Store,
};
use capture_engine::{Instant, MemoryStore};

/// The store, and how often it was asked.
#[derive(Debug, Default)]
pub struct Counted {
    pub inner: MemoryStore,
    calls: AtomicUsize,
}

impl Counted {
    /// How often it was asked for anything.
    pub fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }

    fn asked(&self) -> &MemoryStore {
        self.calls.fetch_add(1, SeqCst);
        &self.inner
    }
}

impl Store for Counted {
    async fn load(&self, keys: &[Key]) -> Result<Snapshot, LoadError> {
        self.asked().load(keys).await
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        self.asked().commit(changes).await
    }
}

impl Reads for Counted {
    async fn payment(&self, of: &Inquiry, after: u64, limit: usize) -> Result<PaymentPage, LoadError> {
        self.asked().payment(of, after, limit).await
    }

    async fn due(&self, by: Instant, after: Option<&Due>, limit: usize) -> Result<Vec<Due>, LoadError> {
        self.asked().due(by, after, limit).await
    }

    async fn in_process(
        &self,
        by: Instant,
        after: Option<&InProcess>,
        limit: usize,
    ) -> Result<Vec<InProcess>, LoadError> {
        self.asked().in_process(by, after, limit).await
    }

    async fn payment_events(
        &self,
        of: &AuthorizationKey,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PaymentEvent>>, LoadError> {
        self.asked().payment_events(of, after, limit).await
    }

    async fn payer_events(
        &self,
        of: &PayerId,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PayerEvent>>, LoadError> {
        self.asked().payer_events(of, after, limit).await
    }

    async fn feed(&self, cursor: &[u8], limit: usize) -> Result<FeedPage, FeedError> {
        self.asked().feed(cursor, limit).await
    }
}
