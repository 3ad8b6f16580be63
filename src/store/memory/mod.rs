//! The memory store: sharded hash tables. It takes concurrent callers, grows
//! one shard at a time, never the whole table, and forgets everything when it
//! is dropped.
//!
//! Locks are taken in one order, records, authorizations, payers, and within
//! each by the number of the shard: the order in which a load learns its keys.
//! All locks of a load, a commit or a page of a payment are held until its end,
//! so that a batch is atomic to them, and no two can wait for each other in a
//! circle. What spans all shards (what is due, what is in process, the feed) is
//! read shard by shard, as its contract allows.

mod commit;
mod due;
mod feed;
mod load;
mod locks;
mod log;
mod reads;
mod shard;

use std::hash::BuildHasher;

use self::locks::Shards;
use self::shard::{AuthorizationShard, PayerShard, RecordShard};
use super::{CommitError, LoadError, ReadyStore, Store};
use crate::changes::Changes;
use crate::key::{Key, KeyParts};
use crate::snapshot::Snapshot;

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
    use crate::changes::Change;
    use crate::key::AuthorizationKey;
    use crate::snapshot::Tables;
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
        let mut tables = Box::<Tables>::default();
        tables.authorizations.rows.push(Change::of_absent(key));
        let committed = ready(store.commit(Changes::new(tables)));
        assert!(matches!(committed, Err(CommitError::Unavailable { .. })), "{committed:?}");
        let read = ready(store.feed(&[], 1));
        assert!(matches!(read, Err(FeedError::Load(LoadError::Unavailable { .. }))), "{read:?}");
    }
}
