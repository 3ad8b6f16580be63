//! Shards and their locks: which shard a hash falls into, and how several are
//! locked without ever waiting in a circle.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use smallvec::SmallVec;

use crate::store::{CommitError, FeedError, LoadError};

/// How many shards each table has: as many as a [`Wanted`] has bits.
pub(super) const SHARDS: usize = 64;

/// A set of shards, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted(pub(super) u64);

impl Wanted {
    /// The shard of one hash.
    pub(super) fn one(hash: u64) -> Self {
        let mut wanted = Self::default();
        wanted.add(hash);
        wanted
    }

    pub(super) fn add(&mut self, hash: u64) {
        self.0 |= 1_u64.checked_shl(shard_bit(hash)).unwrap_or(1);
    }

    pub(super) fn add_all(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The shards in ascending order, the order of locking.
    pub(super) fn shards(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let shard = usize::try_from(left.trailing_zeros()).ok().filter(|shard| *shard < SHARDS)?;
            left &= left.wrapping_sub(1);
            Some(shard)
        })
    }
}

/// The table takes the lowest bits of a hash for the place and the highest for
/// the tag: a shard takes bits between.
pub(super) const SHARD_SHIFT: u32 = 40;

pub(super) fn shard_bit(hash: u64) -> u32 {
    u32::try_from((hash >> SHARD_SHIFT) & 63).unwrap_or(0)
}

pub(super) fn shard_of(hash: u64) -> usize {
    usize::try_from(shard_bit(hash)).unwrap_or(0)
}

/// A thread died while it held a shard: a batch may be there in half.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a thread panicked while it changed the memory store: start with a new one")]
pub(super) struct Poisoned;

impl<T> From<PoisonError<T>> for Poisoned {
    fn from(_: PoisonError<T>) -> Self {
        Self
    }
}

impl From<Poisoned> for LoadError {
    fn from(poisoned: Poisoned) -> Self {
        Self::Unavailable { source: Arc::new(poisoned) }
    }
}

impl From<Poisoned> for CommitError {
    fn from(poisoned: Poisoned) -> Self {
        Self::Unavailable { source: Arc::new(poisoned) }
    }
}

#[derive(Debug)]
pub(super) struct Shards<T>(pub(super) Box<[RwLock<T>]>);

impl<T: Default> Default for Shards<T> {
    fn default() -> Self {
        Self((0..SHARDS).map(|_| RwLock::default()).collect())
    }
}

/// Locked shards, in ascending order of their numbers.
pub(super) struct Locked<G>(SmallVec<[(usize, G); 1]>);

pub(super) type ReadLocked<'a, T> = Locked<RwLockReadGuard<'a, T>>;
pub(super) type WriteLocked<'a, T> = Locked<RwLockWriteGuard<'a, T>>;

impl<T> Shards<T> {
    pub(super) fn read(&self, wanted: Wanted) -> Result<ReadLocked<'_, T>, Poisoned> {
        let mut locked = Locked(SmallVec::new());
        for shard in wanted.shards() {
            if let Some(lock) = self.0.get(shard) {
                locked.0.push((shard, lock.read()?));
            }
        }
        Ok(locked)
    }

    pub(super) fn write(&self, wanted: Wanted) -> Result<WriteLocked<'_, T>, Poisoned> {
        let mut locked = Locked(SmallVec::new());
        for shard in wanted.shards() {
            if let Some(lock) = self.0.get(shard) {
                locked.0.push((shard, lock.write()?));
            }
        }
        Ok(locked)
    }
}

impl<G: std::ops::Deref> Locked<G> {
    pub(super) fn of(&self, hash: u64) -> Option<&G::Target> {
        let shard = shard_of(hash);
        let at = self.0.binary_search_by_key(&shard, |(number, _)| *number).ok()?;
        self.0.get(at).map(|(_, guard)| &**guard)
    }
}

impl<G: std::ops::DerefMut> Locked<G> {
    pub(super) fn of_mut(&mut self, hash: u64) -> Option<&mut G::Target> {
        let shard = shard_of(hash);
        let at = self.0.binary_search_by_key(&shard, |(number, _)| *number).ok()?;
        self.0.get_mut(at).map(|(_, guard)| &mut **guard)
    }
}

impl From<Poisoned> for FeedError {
    fn from(poisoned: Poisoned) -> Self {
        Self::Load(poisoned.into())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_locked_in_ascending_order_and_each_once() {
        let mut wanted = Wanted::default();
        for bit in [63, 0, 17, 17, 5] {
            wanted.add(bit << SHARD_SHIFT);
        }
        assert_eq!(wanted.shards().collect::<Vec<_>>(), [0, 5, 17, 63]);
        assert_eq!(Wanted(u64::MAX).shards().count(), SHARDS);
        assert_eq!(Wanted::default().shards().count(), 0);
    }
}
