//! What stands open in the store: captures in process, and holds that expire
//! soon.
//!
//! Each look reads all of it, page by page. A host with millions of them keeps
//! the counts from the feed of events instead.

use std::time::Duration;

use capture_engine::Instant;
use capture_engine::store::{AnyStore, Due, InProcess, LoadError, Reads};

/// How far ahead it looks for holds that expire.
const AHEAD: Duration = Duration::from_secs(3_600);

/// How many entries are read at once.
const PAGE: usize = 1_000;

/// What stands open.
#[derive(Debug, Default)]
pub struct Open {
    /// Captures whose outcome is not known.
    pub in_process: u64,
    /// When the oldest of them was accepted.
    pub oldest: Option<Instant>,
    /// Open authorizations that expire within an hour.
    pub expiring: u64,
    /// Open authorizations that no sweep has closed yet.
    pub overdue: u64,
}

impl Open {
    /// What stands open now.
    pub async fn read(store: &AnyStore, now: Instant) -> Result<Self, LoadError> {
        let mut open = Self::default();
        open.read_captures(store).await?;
        open.read_holds(store, now).await?;
        Ok(open)
    }

    async fn read_captures(&mut self, store: &AnyStore) -> Result<(), LoadError> {
        let mut after: Option<InProcess> = None;
        loop {
            let mut page = store.in_process(Instant::MAX, after.as_ref(), PAGE).await?;
            // They come in the order in which they were accepted.
            self.oldest = self.oldest.or(page.first().map(|capture| capture.accepted_at));
            add(&mut self.in_process, page.len());
            if page.len() < PAGE {
                return Ok(());
            }
            after = page.pop();
            tokio::task::yield_now().await;
        }
    }

    async fn read_holds(&mut self, store: &AnyStore, now: Instant) -> Result<(), LoadError> {
        let until = now.checked_add(AHEAD).unwrap_or(Instant::MAX);
        let mut after: Option<Due> = None;
        loop {
            let mut page = store.due(until, after.as_ref(), PAGE).await?;
            let overdue = page.iter().filter(|due| due.expires_at <= now).count();
            add(&mut self.overdue, overdue);
            add(&mut self.expiring, page.len().saturating_sub(overdue));
            if page.len() < PAGE {
                return Ok(());
            }
            after = page.pop();
            tokio::task::yield_now().await;
        }
    }
}

fn add(count: &mut u64, more: usize) {
    *count = count.saturating_add(u64::try_from(more).unwrap_or(u64::MAX));
}
