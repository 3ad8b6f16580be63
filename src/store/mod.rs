//! The contract between the engine and whatever keeps its data. Two
//! operations carry everything, [`Store::load`] and [`Store::commit`]; a
//! second small trait, [`Reads`], serves inquiries, the sweep and consumers of
//! events. A store decides nothing.
//!
//! # What is kept
//! Three kinds of rows, each under its [`Key`] and with a [`Version`] that
//! counts the commits which wrote it: authorizations, records of requests,
//! payers; and two kinds of events, in a stream per payment and per payer.
//! Rows are never deleted, or absence and versions would mean nothing. All of
//! them have a byte form that the crate supplies (`to_bytes`, `from_bytes`, and
//! [`Key::to_bytes`]), versioned and checked when it is read.
//!
//! # Promises of `load`
//! 1. **Complete.** Every row asked for is added if it is there; a record
//!    brings the authorization that it names, an authorization its payer.
//! 2. **Exact.** Rows come as they were committed, with their versions. What is
//!    absent is not added. Keys are compared byte by byte: nothing is trimmed,
//!    folded or normalised.
//! 3. **One point.** All of one `load` was true at one instant: answers that
//!    write nothing have no commit that would check them.
//! 4. **Fresh.** It sees every commit that returned before the load began.
//! 5. **Never a guess.** What cannot be read, or was written by a newer
//!    version, is [`LoadError::Damaged`] with its key, not an absence.
//!
//! # Promises of `commit`
//! 6. **All or nothing**, over the whole batch: rows and events.
//! 7. **Guarded.** Each [`Change`] holds at the commit: created rows were absent,
//!    updated and looked-at rows have the version that was seen (a looked-at row
//!    that was absent still is). If one does not, nothing is applied and the
//!    answer is [`CommitError::Conflict`]. So at one instant between the start
//!    of the load and the return of the commit all that was read held.
//! 8. **Counted.** A created row gets version 1, an updated one the next
//!    version: one step a commit, however many decisions wrote it. An update
//!    that leaves the row as it was still raises its version.
//! 9. **Durable** before it returns `Ok`, as durable as the store is at all.
//! 10. **Honest.** `Conflict` and `Unavailable` mean that nothing was and will
//!     be applied. Whatever else went wrong is [`CommitError::Unknown`]; an
//!     adapter that cannot tell says so.
//! 11. **Events in order.** Each payment's and each payer's events are kept as
//!     given, gapless, in the same transaction as the rows.
//!
//! Single commands are atomic against each other. Two batches that each write
//! what the other only looked at may both commit: no two single commands form
//! such a pair, and a store need not be serializable beyond its guards.
//! Dropping a future of either operation leaves it done or not done, never half
//! (promise 6).
//!
//! # Promises of the reads
//! 12. A read sees every commit that returned before it began. A page of a
//!     payment is one consistent point, its captures in the order of acceptance;
//!     a page of due authorizations is ordered by deadline, merchant and payment
//!     (bytes), one of captures in process by acceptance, merchant and request;
//!     the next page begins after the last entry of this one.
//! 13. The feed gives each event once, a payment's in its own order, and skips
//!     none, whichever order transactions commit in; across streams it has no
//!     order. Its cursor is the store's own opaque bytes.
//!
//! # PostgreSQL, in a constant number of round trips
//! Tables keyed by `(merchant, id)`, ids as `bytea`, a `version int8`, the byte
//! form as `bytea`, and the columns that statements need.
//! - **load** (one statement): the keys as arrays through `UNNEST`, left-joined
//!   to records, from the record's payment to authorizations, from these to
//!   payers. One statement is one snapshot.
//! - **commit** (pipelined, one flush): `BEGIN`; one `SELECT` that fails when a
//!   looked-at row's version differs (absent counts as 0); `INSERT` of created
//!   rows, where `23505` is a conflict; `UPDATE … SET version = CASE WHEN version
//!   = seen THEN seen + 1 ELSE -1 END` under `CHECK (version > 0)`, since an
//!   update that matches no row is no error; `INSERT` of events; `COMMIT`. Arrays
//!   sorted by key, or transactions deadlock. `40001` and `40P01` are conflicts;
//!   a connection lost around `COMMIT` is `Unknown`.
//! - **a payment's captures**: the record's payment and number of acceptance as
//!   nullable columns, one partial index over them.
//! - **due, in process**: nullable columns with partial indexes, paged by row
//!   comparison.
//! - **feed**: a fixed set of lanes. A commit takes one, adds to its position,
//!   at least to that of the payment's previous event, and writes its events
//!   there, last of all. The cursor is the vector of positions; a page reads all
//!   lanes in one statement and gives their events by position. A single counter
//!   row would serialise every commit through its flush.
//!
//! # An ordered key-value store with transactions
//! Rows under [`Key::to_bytes`] as version and bytes; events under the stream's
//! key and number; an entry for each accepted capture (`payment's key, number of
//! acceptance`, its record's key) for the pages of a payment; entries for
//! [`Due`] and [`InProcess`] written and removed with the row.
//! - **load**: one read transaction: point reads of the keys, then of what they
//!   name.
//! - **commit**: one write transaction: read the version under each key of the
//!   changes, compare, put rows, entries and events; its own conflict check is
//!   one more guard.
//! - **feed**: lanes as above, or the commit's versionstamp where there is one.

mod erased;
mod memory;

use std::future::Future;
use std::sync::Arc;

use crate::authorization::Authorization;
use crate::event::{Event, PayerEvent, PaymentEvent};
use crate::id::{CaptureRequestId, MerchantId, PayerId};
use crate::record::{CaptureOutcome, CaptureRecord, Record};
use crate::time::Instant;

pub use crate::changes::{Change, ChangeKind, Changes};
pub use crate::key::{AuthorizationKey, Key, KeyError, KeyParts, RecordKey};
pub use crate::snapshot::{Row, Snapshot, Version};
pub use erased::AnyStore;
pub use memory::MemoryStore;

/// What lies behind an error of a store.
pub type ErrorSource = Arc<dyn std::error::Error + Send + Sync>;

/// Keeps what decisions read and write. The contract is at the [module](self).
pub trait Store: Send + Sync {
    /// What is kept under these keys, and what that brings. Keys may repeat.
    ///
    /// # Errors
    /// [`LoadError`]; nothing is known then.
    fn load(&self, keys: &[Key]) -> impl Future<Output = Result<Snapshot, LoadError>> + Send;

    /// Applies the changes if all that they say was seen still holds.
    ///
    /// # Errors
    /// [`CommitError`] says whether the changes can have been applied.
    fn commit(&self, changes: Changes) -> impl Future<Output = Result<(), CommitError>> + Send;
}

/// A store whose futures are always ready at once, so that an engine over it
/// can be used without a runtime: a future that is not is polled in a loop
/// until it is.
pub trait ReadyStore: Store {}

/// A load that gave nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LoadError {
    /// The store did not answer. Nothing was changed.
    #[error("the store is not available: {source}")]
    Unavailable {
        /// Why.
        source: ErrorSource,
    },
    /// What is stored cannot be read, or was written by a newer version.
    #[error("what is stored under {key:?} cannot be read: {source}")]
    Damaged {
        /// Where.
        key: Box<Key>,
        /// Why.
        source: ErrorSource,
    },
}

/// A commit that did not succeed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommitError {
    /// Something that was seen does not hold any more. Nothing was applied.
    #[error("what was read has changed since")]
    Conflict {
        /// Keys that failed, perhaps not all, perhaps none.
        keys: Vec<Key>,
    },
    /// The store did not answer. Nothing was and will be applied.
    #[error("the store is not available: {source}")]
    Unavailable {
        /// Why.
        source: ErrorSource,
    },
    /// It may have been applied, or may still be.
    #[error("the commit may have happened: {source}")]
    Unknown {
        /// Why.
        source: ErrorSource,
    },
}

/// What an inquiry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inquiry {
    /// A payment.
    Payment(AuthorizationKey),
    /// What is recorded of a capture's id, and the payment that it names.
    Capture(MerchantId, CaptureRequestId),
}

/// One page of a payment, at one consistent point.
#[derive(Clone, Debug, Default)]
pub struct PaymentPage {
    /// What is recorded of the capture's id, where that was asked.
    pub record: Option<CaptureRecord>,
    /// The authorization, if there is one.
    pub authorization: Option<Authorization>,
    /// Its accepted captures, in the order of acceptance.
    pub captures: Vec<CaptureRecord>,
    /// Whether more captures follow.
    pub more: bool,
}

/// An open authorization whose deadline has passed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// Its deadline.
    pub expires_at: Instant,
    /// Its key.
    pub key: AuthorizationKey,
}

/// A capture in process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InProcess {
    /// When it was accepted.
    pub accepted_at: Instant,
    /// The merchant that asked.
    pub merchant: MerchantId,
    /// Its id of the request.
    pub request: CaptureRequestId,
}

impl InProcess {
    /// The entry of this record, if it is of a capture that is in process now.
    pub fn of(record: &Record) -> Option<Self> {
        let Record::Capture(capture) = record else { return None };
        let progress = capture.progress().filter(|progress| progress.outcome == CaptureOutcome::InProcess)?;
        Some(Self {
            accepted_at: progress.capture.accepted_at,
            merchant: capture.merchant().clone(),
            request: capture.request().clone(),
        })
    }
}

/// A piece of the feed.
#[derive(Clone, Debug)]
pub struct FeedPage {
    /// The events; empty at the end of the feed.
    pub events: Vec<Event>,
    /// Where to read on.
    pub cursor: Vec<u8>,
}

/// A read of the feed that gave nothing.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeedError {
    /// The store could not read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The cursor is none that this store gave.
    #[error("the cursor is not one of this store: begin with an empty one")]
    BadCursor,
}

/// Serves inquiries, the sweep, hosts that look for what they left open, and
/// consumers of events. Every limit is at least 1.
pub trait Reads: Send + Sync {
    /// A page of a payment: its captures with an acceptance number
    /// ([`accepted_seq`](crate::event::AcceptedCapture::accepted_seq)) after
    /// `after`, which is 0 for the first page.
    ///
    /// # Errors
    /// [`LoadError`].
    fn payment(
        &self,
        of: &Inquiry,
        after: u64,
        limit: usize,
    ) -> impl Future<Output = Result<PaymentPage, LoadError>> + Send;

    /// Open authorizations of all merchants whose deadline is at or before
    /// `now`, after the entry `after`.
    ///
    /// # Errors
    /// [`LoadError`].
    fn due(
        &self,
        now: Instant,
        after: Option<&Due>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Due>, LoadError>> + Send;

    /// Captures of all merchants that are in process and were accepted before
    /// `before`, after the entry `after`: so that a host which crashed before
    /// it called its ledger finds them.
    ///
    /// # Errors
    /// [`LoadError`].
    fn in_process(
        &self,
        before: Instant,
        after: Option<&InProcess>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<InProcess>, LoadError>> + Send;

    /// Events of a payment with a number after `after`; `None` if there is no
    /// such payment.
    ///
    /// # Errors
    /// [`LoadError`].
    fn payment_events(
        &self,
        key: &AuthorizationKey,
        after: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Option<Vec<PaymentEvent>>, LoadError>> + Send;

    /// Events of a payer with a number after `after`; `None` if there is no
    /// such payer.
    ///
    /// # Errors
    /// [`LoadError`].
    fn payer_events(
        &self,
        payer: &PayerId,
        after: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Option<Vec<PayerEvent>>, LoadError>> + Send;

    /// Events of all payments and payers, from a cursor on. An empty cursor is
    /// the beginning.
    ///
    /// # Errors
    /// [`FeedError`].
    fn feed(&self, cursor: &[u8], limit: usize) -> impl Future<Output = Result<FeedPage, FeedError>> + Send;
}

impl<S: Store> Store for Arc<S> {
    async fn load(&self, keys: &[Key]) -> Result<Snapshot, LoadError> {
        S::load(self, keys).await
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        S::commit(self, changes).await
    }
}

impl<S: ReadyStore> ReadyStore for Arc<S> {}

impl<S: Reads> Reads for Arc<S> {
    async fn payment(&self, of: &Inquiry, after: u64, limit: usize) -> Result<PaymentPage, LoadError> {
        S::payment(self, of, after, limit).await
    }

    async fn due(&self, now: Instant, after: Option<&Due>, limit: usize) -> Result<Vec<Due>, LoadError> {
        S::due(self, now, after, limit).await
    }

    async fn in_process(
        &self,
        before: Instant,
        after: Option<&InProcess>,
        limit: usize,
    ) -> Result<Vec<InProcess>, LoadError> {
        S::in_process(self, before, after, limit).await
    }

    async fn payment_events(
        &self,
        key: &AuthorizationKey,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PaymentEvent>>, LoadError> {
        S::payment_events(self, key, after, limit).await
    }

    async fn payer_events(
        &self,
        payer: &PayerId,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PayerEvent>>, LoadError> {
        S::payer_events(self, payer, after, limit).await
    }

    async fn feed(&self, cursor: &[u8], limit: usize) -> Result<FeedPage, FeedError> {
        S::feed(self, cursor, limit).await
    }
}
