//! The shards: tables of rows by the hashes of their keys, and what is kept in
//! order beside them. Nothing here takes a lock.

use std::collections::BTreeSet;
use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::HashTable;
use smallvec::SmallVec;

use super::Hasher;
use super::due::DueHold;
use super::log::Log;
use crate::authorization::Authorization;
use crate::event::{PayerEvent, PaymentEvent};
use crate::key::KeyParts;
use crate::payer::Payer;
use crate::record::Record;
use crate::snapshot::{Row, Version};
use crate::store::InProcess;

/// A shard of one kind of rows. A place is true until a row is inserted.
pub(super) trait Shard {
    type Row: Row;

    /// Where the row with this key stands.
    fn place(&self, hash: u64, parts: KeyParts<'_>) -> Option<usize>;

    /// The version of the row there.
    fn version(&self, place: usize) -> Option<Version>;

    /// Puts another row in the place of one.
    fn replace(&mut self, place: usize, version: Version, row: Self::Row);

    /// Adds a row that was absent.
    fn insert(&mut self, hasher: &Hasher, hash: u64, version: Version, row: Self::Row);
}

#[derive(Debug, Default)]
pub(super) struct RecordShard {
    table: HashTable<(Version, Record)>,
    pub(super) in_process: BTreeSet<InProcess>,
}

impl RecordShard {
    /// Whether there may be a row of this hash: none was compared.
    pub(super) fn guess(&self, hash: u64) -> bool {
        self.table.find(hash, |_| true).is_some()
    }

    pub(super) fn find(&self, hash: u64, parts: KeyParts<'_>) -> Option<&(Version, Record)> {
        self.table.find(hash, |(_, record)| record.key_parts() == parts)
    }
}

impl Shard for RecordShard {
    type Row = Record;

    fn place(&self, hash: u64, parts: KeyParts<'_>) -> Option<usize> {
        self.table.find_bucket_index(hash, |(_, record)| record.key_parts() == parts)
    }

    fn version(&self, place: usize) -> Option<Version> {
        Some(self.table.get_bucket(place)?.0)
    }

    fn replace(&mut self, place: usize, version: Version, record: Record) {
        let Some(row) = self.table.get_bucket_mut(place) else { return };
        if let Some(was_open) = InProcess::of(&row.1) {
            self.in_process.remove(&was_open);
        }
        self.in_process.extend(InProcess::of(&record));
        *row = (version, record);
    }

    fn insert(&mut self, hasher: &Hasher, hash: u64, version: Version, record: Record) {
        self.in_process.extend(InProcess::of(&record));
        let rehash = |(_, record): &(Version, Record)| hasher.hash_one(record.key_parts());
        self.table.insert_unique(hash, (version, record), rehash);
    }
}

#[derive(Debug, Default)]
pub(super) struct AuthorizationShard {
    table: HashTable<Box<AuthorizationRow>>,
    pub(super) due: BTreeSet<DueHold>,
    pub(super) log: Log<PaymentEvent>,
}

#[derive(Debug)]
pub(super) struct AuthorizationRow {
    pub(super) version: Version,
    pub(super) authorization: Authorization,
    events: Positions,
}

/// Where the events of a stream stand in the log of its shard, in their order.
/// Few streams have more than four.
type Positions = SmallVec<[u32; 4]>;

impl AuthorizationShard {
    pub(super) fn find(&self, hash: u64, parts: KeyParts<'_>) -> Option<&AuthorizationRow> {
        self.table.find(hash, |row| row.authorization.parts() == parts).map(Box::as_ref)
    }

    /// A row that may be the one of this hash: it was not compared.
    pub(super) fn guess(&self, hash: u64) -> Option<&AuthorizationRow> {
        self.table.find(hash, |_| true).map(Box::as_ref)
    }

    /// The events of a payment with a number above `after`.
    pub(super) fn events<'s>(
        &'s self,
        row: &'s AuthorizationRow,
        after: u64,
    ) -> impl Iterator<Item = &'s PaymentEvent> {
        events_after(&row.events, &self.log, after)
    }

    /// Appends an event to the stream of the payment there.
    pub(super) fn append(&mut self, place: usize, event: PaymentEvent) {
        if let Some(row) = self.table.get_bucket_mut(place) {
            append(&mut row.events, &mut self.log, event);
        }
    }
}

impl Shard for AuthorizationShard {
    type Row = Authorization;

    fn place(&self, hash: u64, parts: KeyParts<'_>) -> Option<usize> {
        self.table.find_bucket_index(hash, |row| row.authorization.parts() == parts)
    }

    fn version(&self, place: usize) -> Option<Version> {
        Some(self.table.get_bucket(place)?.version)
    }

    fn replace(&mut self, place: usize, version: Version, authorization: Authorization) {
        let Some(row) = self.table.get_bucket_mut(place) else { return };
        if authorization.closing().is_some() && row.authorization.closing().is_none() {
            self.due.remove(&DueHold(Arc::clone(authorization.hold())));
        }
        (row.version, row.authorization) = (version, authorization);
    }

    fn insert(&mut self, hasher: &Hasher, hash: u64, version: Version, authorization: Authorization) {
        if authorization.closing().is_none() {
            self.due.insert(DueHold(Arc::clone(authorization.hold())));
        }
        let row = Box::new(AuthorizationRow { version, authorization, events: Positions::new() });
        self.table.insert_unique(hash, row, |row| hasher.hash_one(row.authorization.parts()));
    }
}

#[derive(Debug, Default)]
pub(super) struct PayerShard {
    table: HashTable<Box<PayerRow>>,
    pub(super) log: Log<PayerEvent>,
}

#[derive(Debug)]
pub(super) struct PayerRow {
    pub(super) version: Version,
    pub(super) payer: Payer,
    events: Positions,
}

impl PayerShard {
    pub(super) fn find(&self, hash: u64, parts: KeyParts<'_>) -> Option<&PayerRow> {
        self.table.find(hash, |row| row.payer.parts() == parts).map(Box::as_ref)
    }

    /// The events of a payer with a number above `after`.
    pub(super) fn events<'s>(
        &'s self,
        row: &'s PayerRow,
        after: u64,
    ) -> impl Iterator<Item = &'s PayerEvent> {
        events_after(&row.events, &self.log, after)
    }

    /// Appends an event to the stream of the payer there.
    pub(super) fn append(&mut self, place: usize, event: PayerEvent) {
        if let Some(row) = self.table.get_bucket_mut(place) {
            append(&mut row.events, &mut self.log, event);
        }
    }
}

impl Shard for PayerShard {
    type Row = Payer;

    fn place(&self, hash: u64, parts: KeyParts<'_>) -> Option<usize> {
        self.table.find_bucket_index(hash, |row| row.payer.parts() == parts)
    }

    fn version(&self, place: usize) -> Option<Version> {
        Some(self.table.get_bucket(place)?.version)
    }

    fn replace(&mut self, place: usize, version: Version, payer: Payer) {
        if let Some(row) = self.table.get_bucket_mut(place) {
            (row.version, row.payer) = (version, payer);
        }
    }

    fn insert(&mut self, hasher: &Hasher, hash: u64, version: Version, payer: Payer) {
        let row = Box::new(PayerRow { version, payer, events: Positions::new() });
        self.table.insert_unique(hash, row, |row| hasher.hash_one(row.payer.parts()));
    }
}

/// Appends an event to a log, and its position to those of its stream. A log
/// of 2^32 events would take more than 200 GB, in one shard of many.
fn append<E>(stream: &mut Positions, log: &mut Log<E>, event: E) {
    if let Ok(position) = u32::try_from(log.len()) {
        stream.push(position);
        log.push(event);
    }
}

/// The events of a stream with a number above `after`: its numbers have no gaps.
fn events_after<'s, E>(stream: &'s Positions, log: &'s Log<E>, after: u64) -> impl Iterator<Item = &'s E> {
    let start = usize::try_from(after).unwrap_or(usize::MAX);
    let positions = stream.get(start..).unwrap_or_default().iter();
    positions.filter_map(|position| log.get(usize::try_from(*position).ok()?))
}
