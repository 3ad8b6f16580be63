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
use crate::snapshot::{Row, Rows, Tables, Version};
use crate::store::CommitError;

/// The hashes of the keys of changes, in their order, and the shards of them.
struct Hashes {
    hashes: SmallVec<[u64; 1]>,
    wanted: Wanted,
}

impl Hashes {
    fn of<T: Row>(changes: &[Change<T>], store: &MemoryStore) -> Self {
        let mut all = Self { hashes: SmallVec::new(), wanted: Wanted::default() };
        for change in changes {
            let hash = store.hash(change.parts());
            all.hashes.push(hash);
            all.wanted.add(hash);
        }
        all
    }

    /// Where each row stands; names those that are not as they were seen.
    fn check<S: Shard>(
        &self,
        changes: &[Change<S::Row>],
        shards: &WriteLocked<'_, S>,
        failed: &mut Vec<Key>,
    ) -> Places {
        let mut places = Places::new();
        for (change, hash) in changes.iter().zip(&self.hashes) {
            let shard = shards.of(*hash);
            let place = shard.and_then(|shard| shard.place(*hash, change.parts()));
            if place.and_then(|place| shard?.version(place)) != change.seen() {
                failed.push(change.key().into());
            }
            places.push(place);
        }
        places
    }

    /// Writes the updates, while all places are still true, then what is
    /// created; tells whether there was any of that.
    fn write<S: Shard>(
        &self,
        changes: &mut Rows<S::Row>,
        places: &Places,
        shards: &mut WriteLocked<'_, S>,
        hasher: &Hasher,
    ) -> bool {
        let mut created: SmallVec<[(u64, S::Row); 1]> = SmallVec::new();
        for ((change, hash), place) in changes.rows.drain(..).zip(&self.hashes).zip(places) {
            match (change.into_written(), place) {
                (Some((version, row)), Some(place)) => {
                    if let Some(shard) = shards.of_mut(*hash) {
                        shard.replace(*place, version, row);
                    }
                }
                (Some((_, row)), None) => created.push((*hash, row)),
                (None, _) => (),
            }
        }
        let any = !created.is_empty();
        for (hash, row) in created {
            if let Some(shard) = shards.of_mut(hash) {
                shard.insert(hasher, hash, Version::FIRST, row);
            }
        }
        any
    }
}

/// Where the rows of changes stand in their shards, as long as none is inserted.
type Places = SmallVec<[Option<usize>; 1]>;

impl MemoryStore {
    /// Locks all that is named, checks all, and only then applies.
    pub(super) fn commit_now(&self, changes: Changes) -> Result<(), CommitError> {
        let mut tables = changes.into_tables();
        let Tables { records, authorizations, payers, payment_events, payer_events } = &mut *tables;
        let of_records = Hashes::of(&records.rows, self);
        let of_authorizations = Hashes::of(&authorizations.rows, self);
        let of_payers = Hashes::of(&payers.rows, self);
        let mut in_records = self.records.write(of_records.wanted)?;
        let mut in_authorizations = self.authorizations.write(of_authorizations.wanted)?;
        let mut in_payers = self.payers.write(of_payers.wanted)?;

        let mut failed = Vec::new();
        let at_records = of_records.check(&records.rows, &in_records, &mut failed);
        let at_authorizations =
            of_authorizations.check(&authorizations.rows, &in_authorizations, &mut failed);
        let at_payers = of_payers.check(&payers.rows, &in_payers, &mut failed);
        if !failed.is_empty() {
            return Err(CommitError::Conflict { keys: failed });
        }

        let streams = streams(payment_events, &authorizations.rows, &of_authorizations, &at_authorizations);
        of_records.write(records, &at_records, &mut in_records, &self.hasher);
        of_payers.write(payers, &at_payers, &mut in_payers, &self.hasher);
        let moved =
            of_authorizations.write(authorizations, &at_authorizations, &mut in_authorizations, &self.hasher);
        for (event, stream) in payment_events.drain(..).zip(streams) {
            self.append(event, stream.filter(|_| !moved), &mut in_authorizations);
        }
        for event in payer_events.drain(..) {
            let parts = payer_parts(event.payer());
            let hash = self.hash(parts);
            let Some(shard) = in_payers.of_mut(hash) else { continue };
            if let Some(place) = shard.place(hash, parts) {
                shard.append(place, event);
            }
        }
        Ok(())
    }

    /// Appends an event to its payment, which is looked for if it is not told
    /// where it stands.
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
    changes: &[Change<Authorization>],
    of: &Hashes,
    places: &Places,
) -> SmallVec<[Option<(u64, usize)>; 1]> {
    let mut at = 0_usize;
    let is_of = |at: usize, event: &PaymentEvent| {
        let row = changes.get(at).and_then(Change::row);
        row.is_some_and(|row| Arc::ptr_eq(row.hold(), event.hold()))
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
