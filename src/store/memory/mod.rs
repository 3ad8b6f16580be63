//! The memory store: sharded hash tables. It takes concurrent callers, grows
//! one shard at a time, never the whole table, and forgets everything when it
//! is dropped.
//!
//! Locks are taken in one order, records, authorizations, payers, and within
//! each by the number of the shard: the order in which a load learns its keys.
//! All locks of an operation are held until its end, so that a batch is atomic
//! to every reader and no two operations can wait for each other in a circle.

mod commit;
mod feed;
mod load;
mod locks;
mod reads;

use std::collections::BTreeSet;
use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::HashTable;

use self::locks::Shards;
use super::{CommitError, Due, InProcess, LoadError, ReadyStore, Store};
use crate::authorization::Authorization;
use crate::changes::Changes;
use crate::event::{PayerEvent, PaymentEvent};
use crate::key::{AuthorizationKey, Key, KeyParts};
use crate::money::{Currency, Money};
use crate::payer::Payer;
use crate::record::{CaptureRecord, Record};
use crate::snapshot::{Row, Snapshot, Version};
use crate::terms::{DEFAULT_MAX_CAPTURES, Funding, Hold, Settlement, Terms};
use crate::time::Instant;

/// Seeded per process, since ids come from outside.
type Hasher = foldhash::quality::RandomState;

/// Keeps everything in memory.
///
/// ```
/// use capture_engine::{Engine, MemoryStore, Settings};
/// let engine = Engine::new(MemoryStore::new(), Settings::default()).blocking();
/// # let _ = engine;
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore {
    hasher: Hasher,
    records: Shards<RecordShard>,
    authorizations: Shards<AuthorizationShard>,
    payers: Shards<PayerShard>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// What tells this store's cursors from another's: its hasher is seeded.
    fn mark(&self) -> u64 {
        self.hasher.hash_one("cursor")
    }

    fn hash(&self, parts: KeyParts<'_>) -> u64 {
        self.hasher.hash_one(parts)
    }
}

#[derive(Debug, Default)]
struct RecordShard {
    table: HashTable<(Version, Record)>,
    in_process: BTreeSet<InProcess>,
}

#[derive(Debug, Default)]
struct AuthorizationShard {
    table: HashTable<Box<AuthorizationRow>>,
    due: BTreeSet<DueHold>,
    log: Vec<PaymentEvent>,
}

#[derive(Debug)]
struct AuthorizationRow {
    version: Version,
    authorization: Authorization,
    /// Its accepted captures, in the order of acceptance, as they stand.
    captures: Vec<CaptureRecord>,
    /// Where its events stand in the shard's log.
    events: Vec<usize>,
}

#[derive(Debug, Default)]
struct PayerShard {
    table: HashTable<Box<PayerRow>>,
    log: Vec<PayerEvent>,
}

#[derive(Debug)]
struct PayerRow {
    version: Version,
    payer: Payer,
    events: Vec<usize>,
}

/// An open authorization in the order of the sweep: deadline, merchant, payment.
#[derive(Clone, Debug)]
struct DueHold(Arc<Hold>);

impl DueHold {
    fn order(&self) -> (Instant, &str, &str) {
        (self.0.terms.expires_at, self.0.merchant.as_str(), self.0.payment.as_str())
    }

    /// Something that stands where this entry stands in the order.
    fn probe(due: &Due) -> Self {
        let AuthorizationKey { merchant, payment } = due.key.clone();
        let terms = Terms {
            expires_at: due.expires_at,
            max_captures: DEFAULT_MAX_CAPTURES,
            overcapture_percent: None,
            overcapture_limit: None,
            settlement: Settlement::default(),
            funding: Funding::default(),
            last_by_default: true,
        };
        Self(Arc::new(Hold { merchant, payment, payer: None, amount: Money::zero(Currency::USD), terms }))
    }

    fn due(&self) -> Due {
        let key = AuthorizationKey { merchant: self.0.merchant.clone(), payment: self.0.payment.clone() };
        Due { expires_at: self.0.terms.expires_at, key }
    }
}

impl PartialEq for DueHold {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for DueHold {}

impl PartialOrd for DueHold {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DueHold {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl RecordShard {
    fn find(&self, hash: u64, parts: KeyParts<'_>) -> Option<&(Version, Record)> {
        self.table.find(hash, |(_, record)| record.key_parts() == parts)
    }
}

impl AuthorizationShard {
    fn find(&self, hash: u64, parts: KeyParts<'_>) -> Option<&AuthorizationRow> {
        self.table.find(hash, |row| row.authorization.parts() == parts).map(Box::as_ref)
    }

    fn find_mut(&mut self, hash: u64, parts: KeyParts<'_>) -> Option<&mut AuthorizationRow> {
        self.table.find_mut(hash, |row| row.authorization.parts() == parts).map(Box::as_mut)
    }
}

impl PayerShard {
    fn find(&self, hash: u64, parts: KeyParts<'_>) -> Option<&PayerRow> {
        self.table.find(hash, |row| row.payer.parts() == parts).map(Box::as_ref)
    }

    fn find_mut(&mut self, hash: u64, parts: KeyParts<'_>) -> Option<&mut PayerRow> {
        self.table.find_mut(hash, |row| row.payer.parts() == parts).map(Box::as_mut)
    }
}

/// The order of acceptance; a list of accepted captures holds no others.
fn accepted_seq(capture: &CaptureRecord) -> u64 {
    capture.progress().map_or(0, |progress| progress.capture.accepted_seq)
}

impl Store for MemoryStore {
    async fn load(&self, keys: &[Key]) -> Result<Snapshot, LoadError> {
        Ok(self.load_now(keys)?)
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        self.commit_now(changes)
    }
}

impl ReadyStore for MemoryStore {}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::future::Future;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::locks::Wanted;
    use super::*;
    use crate::changes::{Change, ChangeSets};
    use crate::store::{FeedError, Reads};

    fn ready<F: Future>(future: F) -> F::Output {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("a memory store is always ready"),
        }
    }

    /// Half a batch may be there: nothing is told of it, and nothing added.
    #[test]
    fn a_store_in_which_a_thread_died_is_not_available() {
        let store = MemoryStore::new();
        let died = catch_unwind(AssertUnwindSafe(|| {
            let _held = store.authorizations.write(Wanted(u64::MAX)).unwrap();
            panic!("in the middle of a commit");
        }));
        assert!(died.is_err());
        let key = AuthorizationKey { merchant: "M".parse().unwrap(), payment: "p".parse().unwrap() };
        let loaded = ready(store.load(&[Key::Authorization(key.clone())]));
        assert!(matches!(loaded, Err(LoadError::Unavailable { .. })), "{loaded:?}");
        let look = Change::Look { key, seen: None };
        let sets = ChangeSets { authorizations: [look].into_iter().collect(), ..ChangeSets::default() };
        let committed = ready(store.commit(Changes::new(sets)));
        assert!(matches!(committed, Err(CommitError::Unavailable { .. })), "{committed:?}");
        let read = ready(store.feed(&[], 1));
        assert!(matches!(read, Err(FeedError::Load(LoadError::Unavailable { .. }))), "{read:?}");
    }
}
