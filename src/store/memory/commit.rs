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
use crate::snapshot::{Row, Rows, Tables};
use crate::store::CommitError;

/// Where the row of each change belongs, in their order.
struct Places {
    all: SmallVec<[Place; 1]>,
    wanted: Wanted,
}

#[derive(Clone, Copy)]
struct Place {
    hash: u64,
    /// Where it stands in its shard, if it is there and until one is inserted.
    at: Option<usize>,
}

impl Places {
    fn of<T: Row>(changes: &[Change<T>], store: &MemoryStore) -> Self {
        let mut places = Self { all: SmallVec::new(), wanted: Wanted::default() };
        for change in changes {
            let hash = store.hash(change.parts());
            places.all.push(Place { hash, at: None });
            places.wanted.add(hash);
        }
        places
    }

    /// Finds each row; names those that are not as they were seen.
    fn find<S: Shard>(
        &mut self,
        changes: &[Change<S::Row>],
        shards: &WriteLocked<'_, S>,
        failed: &mut Vec<Key>,
    ) {
        for (change, place) in changes.iter().zip(&mut self.all) {
            let shard = shards.of(place.hash);
            place.at = shard.and_then(|shard| shard.place(place.hash, change.parts()));
            if place.at.and_then(|at| shard?.version(at)) != change.seen() {
                failed.push(change.key().into());
            }
        }
    }

    /// Writes the updates, while the rows stand where they were found, then
    /// what is created; tells whether there was any of that.
    fn write<S: Shard>(
        &self,
        changes: &mut Rows<S::Row>,
        shards: &mut WriteLocked<'_, S>,
        hasher: &Hasher,
    ) -> bool {
        let mut created: SmallVec<[(u64, S::Row); 1]> = SmallVec::new();
        for (change, Place { hash, at }) in changes.rows.drain(..).zip(&self.all) {
            match (change.into_written(), at) {
                (Some((version, row)), Some(at)) => {
                    if let Some(shard) = shards.of_mut(*hash) {
                        shard.replace(*at, version, row);
                    }
                }
                (Some((_, row)), None) => created.push((*hash, row)),
                (None, _) => (),
            }
        }
        let any = !created.is_empty();
        for (hash, row) in created {
            if let Some(shard) = shards.of_mut(hash) {
                shard.insert(hasher, hash, row);
            }
        }
        any
    }
}

impl MemoryStore {
    /// Locks all that is named, checks all, and only then applies.
    pub(super) fn commit_now(&self, changes: Changes) -> Result<(), CommitError> {
        let mut tables = changes.into_tables();
        let Tables { records, authorizations, payers, payment_events, payer_events } = &mut *tables;
        let mut of_records = Places::of(&records.rows, self);
        let mut of_authorizations = Places::of(&authorizations.rows, self);
        let mut of_payers = Places::of(&payers.rows, self);
        let mut in_records = self.records.write(of_records.wanted)?;
        let mut in_authorizations = self.authorizations.write(of_authorizations.wanted)?;
        let mut in_payers = self.payers.write(of_payers.wanted)?;

        let mut failed = Vec::new();
        of_records.find(&records.rows, &in_records, &mut failed);
        of_authorizations.find(&authorizations.rows, &in_authorizations, &mut failed);
        of_payers.find(&payers.rows, &in_payers, &mut failed);
        if !failed.is_empty() {
            return Err(CommitError::Conflict { keys: failed });
        }

        of_records.write(records, &mut in_records, &self.hasher);
        of_payers.write(payers, &mut in_payers, &self.hasher);
        for event in payer_events.drain(..) {
            let parts = payer_parts(event.payer());
            let hash = self.hash(parts);
            let Some(shard) = in_payers.of_mut(hash) else { continue };
            if let Some(at) = shard.place(hash, parts) {
                shard.append(at, event);
            }
        }
        let streams = streams(payment_events, &authorizations.rows, &of_authorizations);
        let moved = of_authorizations.write(authorizations, &mut in_authorizations, &self.hasher);
        for (event, stream) in payment_events.drain(..).zip(streams) {
            match stream.filter(|_| !moved) {
                Some((hash, at)) => append(&mut in_authorizations, hash, at, event),
                None => self.append(&mut in_authorizations, event),
            }
        }
        Ok(())
    }

    /// Appends an event to its payment, wherever that stands.
    fn append(&self, shards: &mut WriteLocked<'_, AuthorizationShard>, event: PaymentEvent) {
        let parts = KeyParts::authorization(event.merchant().as_str(), event.payment().as_str());
        let hash = self.hash(parts);
        if let Some(at) = shards.of(hash).and_then(|shard| shard.place(hash, parts)) {
            append(shards, hash, at, event);
        }
    }
}

fn append(shards: &mut WriteLocked<'_, AuthorizationShard>, hash: u64, at: usize, event: PaymentEvent) {
    if let Some(shard) = shards.of_mut(hash) {
        shard.append(at, event);
    }
}

/// For each event the hash and the place of its payment, where they are seen
/// without a search: the events of commands that follow each other stand in
/// the order of their rows.
type Streams = SmallVec<[Option<(u64, usize)>; 1]>;

fn streams(events: &[PaymentEvent], changes: &[Change<Authorization>], places: &Places) -> Streams {
    let mut at = 0_usize;
    let is_of = |at: usize, event: &PaymentEvent| {
        let row = changes.get(at).and_then(Change::row);
        row.is_some_and(|row| Arc::ptr_eq(row.hold(), event.hold()))
    };
    let mut streams = Streams::new();
    for event in events {
        let next = at.saturating_add(1);
        at = if is_of(at, event) { at } else { next };
        let place = places.all.get(at).filter(|_| is_of(at, event));
        streams.push(place.and_then(|place| Some((place.hash, place.at?))));
    }
    streams
}
