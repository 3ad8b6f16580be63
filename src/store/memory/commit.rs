//! Committing: lock all that is named, check all, and only then apply. Each
//! row is looked for once, by the check, which remembers where it stands.

use std::sync::Arc;

use smallvec::SmallVec;

use super::locks::{Wanted, WriteLocked};
use super::shard::{AuthorizationShard, Shard};
use super::{Hasher, MemoryStore};
use crate::authorization::Authorization;
use crate::changes::{Change, Changes};
use crate::event::PaymentEvent;
use crate::key::{Key, KeyParts, payer_parts};
use crate::snapshot::{Row, Version};
use crate::store::CommitError;

/// Changes of one kind with the hashes of their keys, in one order.
struct Hashed<T: Row> {
    changes: SmallVec<[Change<T>; 1]>,
    hashes: SmallVec<[u64; 1]>,
    wanted: Wanted,
}

impl<T: Row> Hashed<T> {
    fn new(changes: SmallVec<[Change<T>; 1]>, store: &MemoryStore) -> Self {
        let mut hashed = Self { changes, hashes: SmallVec::new(), wanted: Wanted::default() };
        for change in &hashed.changes {
            let hash = store.hash(parts(change));
            hashed.hashes.push(hash);
            hashed.wanted.add(hash);
        }
        hashed
    }

    /// Where each row stands; names those that are not as they were seen.
    fn check<S: Shard<Row = T>>(&self, shards: &WriteLocked<'_, S>, failed: &mut Vec<Key>) -> Places {
        let mut places = Places::new();
        for (change, hash) in self.changes.iter().zip(&self.hashes) {
            let shard = shards.of(*hash);
            let place = shard.and_then(|shard| shard.place(*hash, parts(change)));
            if place.and_then(|place| shard?.version(place)) != change.seen() {
                failed.push(change.key().into());
            }
            places.push(place);
        }
        places
    }

    /// Writes the updates, while all places are still true, and gives back
    /// what is created.
    fn update<S: Shard<Row = T>>(self, places: &Places, shards: &mut WriteLocked<'_, S>) -> Created<T> {
        let mut created = Created::new();
        for ((change, hash), place) in self.changes.into_iter().zip(self.hashes).zip(places) {
            match (change, place) {
                (Change::Update { seen, row }, Some(place)) => {
                    if let Some(shard) = shards.of_mut(hash) {
                        shard.replace(*place, seen.next(), row);
                    }
                }
                (Change::Create(row), _) => created.push((hash, row)),
                _ => (),
            }
        }
        created
    }
}

/// Where the rows of changes stand in their shards, as long as none is inserted.
type Places = SmallVec<[Option<usize>; 1]>;

/// Rows that were absent, with the hashes of their keys.
type Created<T> = SmallVec<[(u64, T); 1]>;

fn parts<T: Row>(change: &Change<T>) -> KeyParts<'_> {
    match change {
        Change::Create(row) | Change::Update { row, .. } => row.parts(),
        Change::Look { key, .. } => T::parts_of(key),
    }
}

fn insert<S: Shard>(created: Created<S::Row>, shards: &mut WriteLocked<'_, S>, hasher: &Hasher) {
    for (hash, row) in created {
        if let Some(shard) = shards.of_mut(hash) {
            shard.insert(hasher, hash, Version::FIRST, row);
        }
    }
}

impl MemoryStore {
    /// Locks all that is named, checks all, and only then applies.
    pub(super) fn commit_now(&self, changes: Changes) -> Result<(), CommitError> {
        let sets = changes.into_sets();
        let of_records = Hashed::new(sets.records, self);
        let of_authorizations = Hashed::new(sets.authorizations, self);
        let of_payers = Hashed::new(sets.payers, self);
        let mut records = self.records.write(of_records.wanted)?;
        let mut authorizations = self.authorizations.write(of_authorizations.wanted)?;
        let mut payers = self.payers.write(of_payers.wanted)?;

        let mut failed = Vec::new();
        let at_records = of_records.check(&records, &mut failed);
        let at_authorizations = of_authorizations.check(&authorizations, &mut failed);
        let at_payers = of_payers.check(&payers, &mut failed);
        if !failed.is_empty() {
            return Err(CommitError::Conflict { keys: failed });
        }

        let streams = streams(&sets.payment_events, &of_authorizations, &at_authorizations);
        let created = of_records.update(&at_records, &mut records);
        insert(created, &mut records, &self.hasher);
        let created = of_authorizations.update(&at_authorizations, &mut authorizations);
        let moved = !created.is_empty();
        insert(created, &mut authorizations, &self.hasher);
        let created = of_payers.update(&at_payers, &mut payers);
        insert(created, &mut payers, &self.hasher);
        for (event, stream) in sets.payment_events.into_iter().zip(streams) {
            self.append(event, stream.filter(|_| !moved), &mut authorizations);
        }
        for event in sets.payer_events {
            let parts = payer_parts(event.payer());
            let hash = self.hash(parts);
            let Some(shard) = payers.of_mut(hash) else { continue };
            if let Some(place) = shard.place(hash, parts) {
                shard.append(place, event);
            }
        }
        Ok(())
    }

    /// Appends an event to its payment, which is looked for if it is not told where it stands.
    fn append(
        &self,
        event: PaymentEvent,
        stream: Option<(u64, usize)>,
        shards: &mut WriteLocked<'_, AuthorizationShard>,
    ) {
        let stream = stream.or_else(|| {
            let parts = KeyParts::authorization(event.merchant().as_str(), event.payment().as_str());
            let hash = self.hash(parts);
            Some((hash, shards.of(hash)?.place(hash, parts)?))
        });
        if let Some((hash, place)) = stream {
            if let Some(shard) = shards.of_mut(hash) {
                shard.append(place, event);
            }
        }
    }
}

/// For each event the hash and the place of its payment, where they are seen
/// without a search: the events of commands that follow each other stand in
/// the order of their rows.
fn streams(
    events: &[PaymentEvent],
    of: &Hashed<Authorization>,
    places: &Places,
) -> SmallVec<[Option<(u64, usize)>; 1]> {
    let mut at = 0_usize;
    let is_of = |at: usize, event: &PaymentEvent| match of.changes.get(at) {
        Some(Change::Update { row, .. }) => Arc::ptr_eq(row.hold(), event.hold()),
        _ => false,
    };
    let mut stream = |event: &PaymentEvent| {
        at = [at, at.saturating_add(1)].into_iter().find(|at| is_of(*at, event))?;
        Some((*of.hashes.get(at)?, (*places.get(at)?)?))
    };
    let mut streams = SmallVec::new();
    for event in events {
        streams.push(stream(event));
    }
    streams
}
