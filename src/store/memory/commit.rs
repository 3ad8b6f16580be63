//! Committing: lock all that is named, check all, and only then apply.

use std::hash::BuildHasher;
use std::sync::Arc;

use smallvec::SmallVec;

use super::locks::{Wanted, WriteLocked};
use super::{
    AuthorizationRow, AuthorizationShard, DueHold, Hasher, MemoryStore, PayerRow, PayerShard, RecordShard,
    accepted_seq,
};
use crate::authorization::Authorization;
use crate::changes::{Change, Changes};
use crate::event::{PayerEvent, PaymentEvent};
use crate::key::{Key, KeyParts, payer_parts};
use crate::payer::Payer;
use crate::record::Record;
use crate::snapshot::{Row, Version};
use crate::store::{CommitError, InProcess};

/// The hashes of changes, in their order.
type Hashes = SmallVec<[u64; 2]>;

impl MemoryStore {
    fn hashes<T: Row>(&self, changes: &[Change<T>], wanted: &mut Wanted) -> Hashes {
        let hash = |change: &Change<T>| match change {
            Change::Create(row) | Change::Update { row, .. } => self.hash(row.parts()),
            Change::Look { key, .. } => self.hash(T::parts_of(key)),
        };
        let hashes: Hashes = changes.iter().map(hash).collect();
        hashes.iter().for_each(|hash| wanted.add(*hash));
        hashes
    }

    /// Locks all that is named, checks all, and only then applies.
    pub(super) fn commit_now(&self, changes: Changes) -> Result<(), CommitError> {
        let sets = changes.into_sets();
        let [mut in_records, mut in_authorizations, mut in_payers] = [Wanted::default(); 3];
        let of_records = self.hashes(&sets.records, &mut in_records);
        let of_authorizations = self.hashes(&sets.authorizations, &mut in_authorizations);
        let of_payers = self.hashes(&sets.payers, &mut in_payers);
        let mut records = self.records.write(in_records)?;
        let mut authorizations = self.authorizations.write(in_authorizations)?;
        let mut payers = self.payers.write(in_payers)?;

        let version_of_record = |hash, parts: KeyParts<'_>| Some(records.of(hash)?.find(hash, parts)?.0);
        let version_of_authorization =
            |hash, parts: KeyParts<'_>| Some(authorizations.of(hash)?.find(hash, parts)?.version);
        let version_of_payer = |hash, parts: KeyParts<'_>| Some(payers.of(hash)?.find(hash, parts)?.version);
        let mut failed = Vec::new();
        check(&sets.records, &of_records, version_of_record, &mut failed);
        check(&sets.authorizations, &of_authorizations, version_of_authorization, &mut failed);
        check(&sets.payers, &of_payers, version_of_payer, &mut failed);
        if !failed.is_empty() {
            return Err(CommitError::Conflict { keys: failed });
        }

        let hasher = &self.hasher;
        for (hash, (version, authorization)) in written(of_authorizations, sets.authorizations) {
            if let Some(shard) = authorizations.of_mut(hash) {
                shard.put(hasher, hash, version, authorization);
            }
        }
        for (hash, (version, record)) in written(of_records, sets.records) {
            self.put_capture(&mut authorizations, &record);
            if let Some(shard) = records.of_mut(hash) {
                shard.put(hasher, hash, version, record);
            }
        }
        for (hash, (version, payer)) in written(of_payers, sets.payers) {
            if let Some(shard) = payers.of_mut(hash) {
                shard.put(hasher, hash, version, payer);
            }
        }
        for event in sets.payment_events {
            self.append_payment_event(&mut authorizations, event);
        }
        for event in sets.payer_events {
            self.append_payer_event(&mut payers, event);
        }
        Ok(())
    }

    /// Keeps an accepted capture beside its authorization, which every commit
    /// that changes it writes too.
    fn put_capture(&self, shards: &mut WriteLocked<'_, AuthorizationShard>, record: &Record) {
        let Record::Capture(capture) = record else { return };
        let (Some(progress), Some(asked)) = (capture.progress(), capture.asked()) else { return };
        let parts = KeyParts::authorization(capture.merchant().as_str(), asked.payment.as_str());
        let hash = self.hash(parts);
        let Some(row) = shards.of_mut(hash).and_then(|shard| shard.find_mut(hash, parts)) else { return };
        match row.captures.binary_search_by_key(&progress.capture.accepted_seq, accepted_seq) {
            Ok(at) => row.captures.get_mut(at).into_iter().for_each(|known| *known = capture.clone()),
            Err(at) => row.captures.insert(at, capture.clone()),
        }
    }

    fn append_payment_event(&self, shards: &mut WriteLocked<'_, AuthorizationShard>, event: PaymentEvent) {
        let parts = KeyParts::authorization(event.merchant().as_str(), event.payment().as_str());
        let hash = self.hash(parts);
        let Some(shard) = shards.of_mut(hash) else { return };
        let position = shard.log.len();
        if let Some(row) = shard.find_mut(hash, parts) {
            row.events.push(position);
            shard.log.push(event);
        }
    }

    fn append_payer_event(&self, shards: &mut WriteLocked<'_, PayerShard>, event: PayerEvent) {
        let parts = payer_parts(event.payer());
        let hash = self.hash(parts);
        let Some(shard) = shards.of_mut(hash) else { return };
        let position = shard.log.len();
        if let Some(row) = shard.find_mut(hash, parts) {
            row.events.push(position);
            shard.log.push(event);
        }
    }
}

/// The rows that are written, with their hashes and new versions.
fn written<T: Row>(
    hashes: Hashes,
    changes: impl IntoIterator<Item = Change<T>>,
) -> impl Iterator<Item = (u64, (Version, T))> {
    hashes.into_iter().zip(changes).filter_map(|(hash, change)| Some((hash, change.into_written()?)))
}

impl AuthorizationShard {
    fn put(&mut self, hasher: &Hasher, hash: u64, version: Version, authorization: Authorization) {
        match authorization.closing() {
            None if version == Version::FIRST => {
                self.due.insert(DueHold(Arc::clone(authorization.hold())));
            }
            None => (),
            Some(_) => {
                self.due.remove(&DueHold(Arc::clone(authorization.hold())));
            }
        }
        match self.find_mut(hash, authorization.parts()) {
            Some(row) => {
                row.version = version;
                row.authorization = authorization;
            }
            None => {
                let row =
                    AuthorizationRow { version, authorization, captures: Vec::new(), events: Vec::new() };
                self.table
                    .insert_unique(hash, Box::new(row), |row| hasher.hash_one(row.authorization.parts()));
            }
        }
    }
}

impl RecordShard {
    fn put(&mut self, hasher: &Hasher, hash: u64, version: Version, record: Record) {
        let now_open = InProcess::of(&record);
        match self.table.find_mut(hash, |(_, known)| known.key_parts() == record.key_parts()) {
            Some(row) => {
                if let Some(was_open) = InProcess::of(&row.1) {
                    self.in_process.remove(&was_open);
                }
                *row = (version, record);
            }
            None => {
                let rehash = |(_, record): &(Version, Record)| hasher.hash_one(record.key_parts());
                self.table.insert_unique(hash, (version, record), rehash);
            }
        }
        self.in_process.extend(now_open);
    }
}

impl PayerShard {
    fn put(&mut self, hasher: &Hasher, hash: u64, version: Version, payer: Payer) {
        match self.find_mut(hash, payer.parts()) {
            Some(row) => {
                row.version = version;
                row.payer = payer;
            }
            None => {
                let row = PayerRow { version, payer, events: Vec::new() };
                self.table.insert_unique(hash, Box::new(row), |row| hasher.hash_one(row.payer.parts()));
            }
        }
    }
}

/// Compares what was seen with what is there, and names what differs.
fn check<T: Row>(
    changes: &[Change<T>],
    hashes: &[u64],
    version: impl Fn(u64, KeyParts<'_>) -> Option<Version>,
    failed: &mut Vec<Key>,
) {
    for (change, hash) in changes.iter().zip(hashes) {
        let there = match change {
            Change::Create(row) | Change::Update { row, .. } => version(*hash, row.parts()),
            Change::Look { key, .. } => version(*hash, T::parts_of(key)),
        };
        if there != change.seen() {
            failed.push(change.key().into());
        }
    }
}
