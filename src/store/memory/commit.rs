//! Committing: lock all that is named, check all, and only then apply.

use std::sync::Arc;

use smallvec::SmallVec;

use super::locks::{Wanted, WriteLocked};
use super::{
    AuthorizationRow, AuthorizationShard, DueHold, MemoryStore, PayerRow, PayerShard, RecordShard,
    accepted_seq,
};
use crate::authorization::Authorization;
use crate::changes::{Change, Changes};
use crate::event::{PayerEvent, PaymentEvent};
use crate::key::{Key, KeyParts, payer_parts};
use crate::payer::Payer;
use crate::record::{CaptureOutcome, Record};
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
    pub(super) fn commit_now(&self, mut changes: Changes) -> Result<(), CommitError> {
        let [mut in_records, mut in_authorizations, mut in_payers] = [Wanted::default(); 3];
        let of_records = self.hashes(changes.records(), &mut in_records);
        let of_authorizations = self.hashes(changes.authorizations(), &mut in_authorizations);
        let of_payers = self.hashes(changes.payers(), &mut in_payers);
        let mut records = self.records.write(in_records)?;
        let mut authorizations = self.authorizations.write(in_authorizations)?;
        let mut payers = self.payers.write(in_payers)?;

        let version_of_record = |hash, parts: KeyParts<'_>| Some(records.of(hash)?.find(hash, parts)?.0);
        let version_of_authorization =
            |hash, parts: KeyParts<'_>| Some(authorizations.of(hash)?.find(hash, parts)?.version);
        let version_of_payer = |hash, parts: KeyParts<'_>| Some(payers.of(hash)?.find(hash, parts)?.version);
        let mut failed = Vec::new();
        check(changes.records(), &of_records, version_of_record, &mut failed);
        check(changes.authorizations(), &of_authorizations, version_of_authorization, &mut failed);
        check(changes.payers(), &of_payers, version_of_payer, &mut failed);
        if !failed.is_empty() {
            return Err(CommitError::Conflict { keys: failed });
        }

        for (version, authorization) in changes.take_authorizations() {
            self.put_authorization(&mut authorizations, version, authorization);
        }
        for (version, record) in changes.take_records() {
            self.put_capture(&mut authorizations, &record);
            self.put_record(&mut records, version, record);
        }
        for (version, payer) in changes.take_payers() {
            self.put_payer(&mut payers, version, payer);
        }
        for event in changes.take_payment_events() {
            self.append_payment_event(&mut authorizations, event);
        }
        for event in changes.take_payer_events() {
            self.append_payer_event(&mut payers, event);
        }
        Ok(())
    }

    fn put_authorization(
        &self,
        shards: &mut WriteLocked<'_, AuthorizationShard>,
        version: Version,
        authorization: Authorization,
    ) {
        let hash = self.hash(authorization.parts());
        let Some(shard) = shards.of_mut(hash) else { return };
        let due = DueHold(Arc::clone(authorization.hold()));
        match authorization.closing() {
            None if version == Version::FIRST => {
                shard.due.insert(due);
            }
            None => (),
            Some(_) => {
                shard.due.remove(&due);
            }
        }
        match shard.find_mut(hash, authorization.parts()) {
            Some(row) => {
                row.version = version;
                row.authorization = authorization;
            }
            None => {
                let row =
                    AuthorizationRow { version, authorization, captures: Vec::new(), events: Vec::new() };
                let rehash = |row: &Box<AuthorizationRow>| self.hash(row.authorization.parts());
                shard.table.insert_unique(hash, Box::new(row), rehash);
            }
        }
    }

    /// Keeps an accepted capture beside its authorization, which every commit
    /// that changes it writes too.
    fn put_capture(&self, shards: &mut WriteLocked<'_, AuthorizationShard>, record: &Record) {
        let Record::Capture(capture) = record else { return };
        let (Some(progress), Some(asked)) = (capture.progress(), capture.asked()) else { return };
        let parts = KeyParts { kind: 'a', owner: capture.merchant.as_str(), id: asked.payment.as_str() };
        let hash = self.hash(parts);
        let Some(row) = shards.of_mut(hash).and_then(|shard| shard.find_mut(hash, parts)) else { return };
        match row.captures.binary_search_by_key(&progress.accepted_seq, |known| accepted_seq(known)) {
            Ok(at) => row.captures.get_mut(at).into_iter().for_each(|known| *known = Arc::clone(capture)),
            Err(at) => row.captures.insert(at, Arc::clone(capture)),
        }
    }

    fn put_record(&self, shards: &mut WriteLocked<'_, RecordShard>, version: Version, record: Record) {
        let hash = self.hash(record.key_parts());
        let Some(shard) = shards.of_mut(hash) else { return };
        let now_open = in_process(&record);
        match shard.table.find_mut(hash, |(_, known)| known.key_parts() == record.key_parts()) {
            Some(row) => {
                let was_open = in_process(&row.1);
                *row = (version, record);
                was_open.iter().for_each(|was| {
                    shard.in_process.remove(was);
                });
            }
            None => {
                let rehash = |(_, record): &(Version, Record)| self.hash(record.key_parts());
                shard.table.insert_unique(hash, (version, record), rehash);
            }
        }
        shard.in_process.extend(now_open);
    }

    fn put_payer(&self, shards: &mut WriteLocked<'_, PayerShard>, version: Version, payer: Payer) {
        let hash = self.hash(payer.parts());
        let Some(shard) = shards.of_mut(hash) else { return };
        match shard.find_mut(hash, payer.parts()) {
            Some(row) => {
                row.version = version;
                row.payer = payer;
            }
            None => {
                let row = PayerRow { version, payer, events: Vec::new() };
                let rehash = |row: &Box<PayerRow>| self.hash(row.payer.parts());
                shard.table.insert_unique(hash, Box::new(row), rehash);
            }
        }
    }

    fn append_payment_event(&self, shards: &mut WriteLocked<'_, AuthorizationShard>, event: PaymentEvent) {
        let parts = KeyParts { kind: 'a', owner: event.merchant().as_str(), id: event.payment().as_str() };
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

/// The entry of a capture that is in process.
fn in_process(record: &Record) -> Option<InProcess> {
    let Record::Capture(capture) = record else { return None };
    let progress = capture.progress().filter(|progress| progress.outcome == CaptureOutcome::InProcess)?;
    Some(InProcess {
        accepted_at: progress.accepted_at,
        merchant: capture.merchant.clone(),
        request: capture.request.clone(),
    })
}

/// Compares what was seen with what is there, and names what differs.
fn check<T>(
    changes: &[Change<T>],
    hashes: &[u64],
    version: impl Fn(u64, KeyParts<'_>) -> Option<Version>,
    failed: &mut Vec<Key>,
) where
    T: Row,
    T::Key: Into<Key>,
{
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
