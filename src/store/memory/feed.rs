//! The feed: the logs of all shards, one after the other, from a cursor on.

use super::MemoryStore;
use super::locks::{Poisoned, SHARDS};
use crate::event::Event;
use crate::store::{FeedError, FeedPage, LoadError};

/// How many logs there are: those of the authorizations, then those of the payers.
const LOGS: usize = 2 * SHARDS;

/// Where a consumer of the feed stands: in which store, the log to read first,
/// so that a busy one starves no other, and the position in each.
pub(super) struct Cursor {
    store: u64,
    next: usize,
    positions: [u64; LOGS],
}

impl Cursor {
    const BYTES: usize = (LOGS + 2) * 8;

    /// The cursor that the store with this mark gave; the beginning if empty.
    pub(super) fn read(bytes: &[u8], store: u64) -> Result<Self, FeedError> {
        let mut cursor = Self { store, next: 0, positions: [0; LOGS] };
        if bytes.is_empty() {
            return Ok(cursor);
        }
        if bytes.len() != Self::BYTES {
            return Err(FeedError::BadCursor);
        }
        let words = bytes.chunks_exact(8);
        let mut words = words.map(|word| word.try_into().map_or(u64::MAX, u64::from_be_bytes));
        if words.next() != Some(store) {
            return Err(FeedError::BadCursor);
        }
        let next = words.next().and_then(|next| usize::try_from(next).ok()).filter(|next| *next < LOGS);
        cursor.next = next.ok_or(FeedError::BadCursor)?;
        for (position, word) in cursor.positions.iter_mut().zip(words) {
            *position = word;
        }
        Ok(cursor)
    }

    fn write(&self) -> Vec<u8> {
        let next = u64::try_from(self.next).unwrap_or(0);
        let words = [self.store, next].into_iter().chain(self.positions);
        words.flat_map(u64::to_be_bytes).collect()
    }

    /// The logs in the order in which they are read.
    fn logs(&self) -> impl Iterator<Item = usize> + use<> {
        (self.next..LOGS).chain(0..self.next)
    }
}

impl MemoryStore {
    pub(super) fn feed_now(&self, mut cursor: Cursor, limit: usize) -> Result<FeedPage, FeedError> {
        let mut events = Vec::new();
        for log in cursor.logs() {
            let left = limit.saturating_sub(events.len());
            if left == 0 {
                break;
            }
            let Some(position) = cursor.positions.get_mut(log) else { break };
            let before = events.len();
            self.read_log(log, *position, left, &mut events)?;
            let read = events.len().saturating_sub(before);
            *position = position.saturating_add(u64::try_from(read).unwrap_or(0));
            cursor.next = log.saturating_add(1).checked_rem(LOGS).unwrap_or(0);
        }
        Ok(FeedPage { events, cursor: cursor.write() })
    }

    fn read_log(
        &self,
        log: usize,
        position: u64,
        limit: usize,
        into: &mut Vec<Event>,
    ) -> Result<(), FeedError> {
        let start = usize::try_from(position).map_err(|_| FeedError::BadCursor)?;
        if let Some(lock) = self.authorizations.0.get(log) {
            let shard = lock.read().map_err(|_| LoadError::from(Poisoned))?;
            let rest = shard.log.from(start).ok_or(FeedError::BadCursor)?;
            into.extend(rest.take(limit).cloned().map(Event::Payment));
        } else if let Some(lock) = self.payers.0.get(log.saturating_sub(SHARDS)) {
            let shard = lock.read().map_err(|_| LoadError::from(Poisoned))?;
            let rest = shard.log.from(start).ok_or(FeedError::BadCursor)?;
            into.extend(rest.take(limit).cloned().map(Event::Payer));
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_anything_else_is_refused() {
        let mut cursor = Cursor { store: 5, next: 77, positions: [0; LOGS] };
        cursor.positions[127] = u64::MAX;
        let bytes = cursor.write();
        let again = Cursor::read(&bytes, 5).unwrap();
        assert_eq!((again.next, again.positions), (77, cursor.positions));
        assert!(Cursor::read(&bytes[1..], 5).is_err());
        assert!(Cursor::read(&[0; 7], 5).is_err());
        let far = Cursor { store: 5, next: LOGS, positions: [0; LOGS] }.write();
        assert!(Cursor::read(&far, 5).is_err());
        assert!(Cursor::read(&bytes, 6).is_err(), "of another store");
    }
}
