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
use crate::authorization::{Authorization, Tally};
use crate::event::{PayerEvent, PaymentEvent};
use crate::key::KeyParts;
use crate::payer::Payer;
use crate::record::Record;
use crate::snapshot::{Row, Version};
use crate::store::InProcess;
use crate::terms::Hold;

/// A shard of one kind of rows. A place is true until a row is inserted.
pub(super) trait Shard {
    type Row: Row;

    /// Where the row with this key stands.
    fn place(&self, hash: u64, parts: KeyParts<'_>) -> Option<usize>;

    /// The version of the row there.
    fn version(&self, place: usize) -> Option<Version>;

    /// Whether the row there, or another one, cannot be written any more.
    fn is_full(&self, place: Option<usize>) -> bool;

    /// Puts another row in the place of one.
    fn replace(&mut self, place: usize, version: Version, row: Self::Row);

    /// Adds a row that was absent, with the first version.
    fn insert(&mut self, hasher: &Hasher, hash: u64, row: Self::Row);
}

/// Half of a key's hash, which a table takes twice: a row that keeps it can be
/// put in another place, when its table grows, without a look at its key.
/// (A shard is chosen by the other half.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct HalfHash(u32);

impl HalfHash {
    fn of(hash: u64) -> Self {
        Self(u32::try_from(hash & u64::from(u32::MAX)).unwrap_or(0))
    }

    fn for_table(self) -> u64 {
        u64::from(self.0) | (u64::from(self.0) << 32)
    }
}

#[derive(Debug, Default)]
pub(super) struct RecordShard {
    table: HashTable<RecordRow>,
    pub(super) in_process: BTreeSet<InProcess>,
}

#[derive(Debug)]
struct RecordRow {
    record: Record,
    hash: HalfHash,
    /// So many commits wrote it; the last ones that could are refused.
    version: u32,
}

impl RecordRow {
    fn version(&self) -> Version {
        Version::new(u64::from(self.version)).unwrap_or(Version::FIRST)
    }
}

impl RecordShard {
    /// Whether there may be a row of this hash: none was compared.
    pub(super) fn guess(&self, hash: u64) -> bool {
        self.table.find(HalfHash::of(hash).for_table(), |_| true).is_some()
    }

    pub(super) fn find(&self, hash: u64, parts: KeyParts<'_>) -> Option<(Version, &Record)> {
        let row = self.table.get_bucket(self.place(hash, parts)?)?;
        Some((row.version(), &row.record))
    }
}

impl Shard for RecordShard {
    type Row = Record;

    fn place(&self, hash: u64, parts: KeyParts<'_>) -> Option<usize> {
        let hash = HalfHash::of(hash);
        let is_it = |row: &RecordRow| row.hash == hash && row.record.key_parts() == parts;
        self.table.find_bucket_index(hash.for_table(), is_it)
    }

    fn version(&self, place: usize) -> Option<Version> {
        Some(self.table.get_bucket(place)?.version())
    }

    fn is_full(&self, place: Option<usize>) -> bool {
        let row = place.and_then(|place| self.table.get_bucket(place));
        row.is_some_and(|row| row.version == u32::MAX)
    }

    fn replace(&mut self, place: usize, version: Version, record: Record) {
        let Some(row) = self.table.get_bucket_mut(place) else { return };
        if let Some(was_open) = InProcess::of(&row.record) {
            self.in_process.remove(&was_open);
        }
        self.in_process.extend(InProcess::of(&record));
        row.record = record;
        row.version = u32::try_from(version.get()).unwrap_or(u32::MAX);
    }

    fn insert(&mut self, _: &Hasher, hash: u64, record: Record) {
        self.in_process.extend(InProcess::of(&record));
        let hash = HalfHash::of(hash);
        let row = RecordRow { record, hash, version: 1 };
        self.table.insert_unique(hash.for_table(), row, |row| row.hash.for_table());
    }
}

#[derive(Debug, Default)]
pub(super) struct AuthorizationShard {
    table: HashTable<AuthorizationRow>,
    pub(super) due: BTreeSet<DueHold>,
    pub(super) log: Log<PaymentEvent>,
}

/// Two pointers, so that what never changes and what does are read side by side.
#[derive(Debug)]
pub(super) struct AuthorizationRow {
    hold: Arc<Hold>,
    changing: Box<Changing>,
}

#[derive(Debug)]
struct Changing {
    version: Version,
    tally: Tally,
    events: Positions,
}

/// Where the events of a stream stand in the log of its shard, in their order.
/// Few streams have more than four.
type Positions = SmallVec<[u32; 4]>;

impl AuthorizationRow {
    pub(super) fn version(&self) -> Version {
        self.changing.version
    }

    pub(super) fn hold(&self) -> &Arc<Hold> {
        &self.hold
    }

    pub(super) fn authorization(&self) -> Authorization {
        Authorization::of(Arc::clone(&self.hold), self.changing.tally)
    }

    fn parts(&self) -> KeyParts<'_> {
        KeyParts::authorization(self.hold.merchant.as_str(), self.hold.payment.as_str())
    }
}

impl AuthorizationShard {
    pub(super) fn find(&self, hash: u64, parts: KeyParts<'_>) -> Option<&AuthorizationRow> {
        self.table.find(hash, |row| row.parts() == parts)
    }

    /// A row that may be the one of this hash: it was not compared.
    pub(super) fn guess(&self, hash: u64) -> Option<&AuthorizationRow> {
        self.table.find(hash, |_| true)
    }

    /// The events of a payment with a number above `after`.
    pub(super) fn events<'s>(
        &'s self,
        row: &'s AuthorizationRow,
        after: u64,
    ) -> impl Iterator<Item = &'s PaymentEvent> {
        events_after(&row.changing.events, &self.log, after)
    }

    /// Appends an event to the stream of the payment there.
    pub(super) fn append(&mut self, place: usize, event: PaymentEvent) {
        if let Some(row) = self.table.get_bucket_mut(place) {
            append(&mut row.changing.events, &mut self.log, event);
        }
    }
}

impl Shard for AuthorizationShard {
    type Row = Authorization;

    fn place(&self, hash: u64, parts: KeyParts<'_>) -> Option<usize> {
        self.table.find_bucket_index(hash, |row| row.parts() == parts)
    }

    fn version(&self, place: usize) -> Option<Version> {
        Some(self.table.get_bucket(place)?.version())
    }

    fn is_full(&self, _: Option<usize>) -> bool {
        self.log.len() > MOST_EVENTS
    }

    fn replace(&mut self, place: usize, version: Version, authorization: Authorization) {
        let Some(row) = self.table.get_bucket_mut(place) else { return };
        if authorization.closing().is_some() && row.changing.tally.closing.is_none() {
            self.due.remove(&DueHold::new(authorization.hold()));
        }
        row.changing.version = version;
        row.changing.tally = authorization.tally;
    }

    fn insert(&mut self, hasher: &Hasher, hash: u64, authorization: Authorization) {
        if authorization.closing().is_none() {
            self.due.insert(DueHold::new(authorization.hold()));
        }
        let hold = Arc::clone(authorization.hold());
        let tally = authorization.tally;
        let changing = Box::new(Changing { version: Version::FIRST, tally, events: Positions::new() });
        let row = AuthorizationRow { hold, changing };
        self.table.insert_unique(hash, row, |row| hasher.hash_one(row.parts()));
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

    fn is_full(&self, _: Option<usize>) -> bool {
        self.log.len() > MOST_EVENTS
    }

    fn replace(&mut self, place: usize, version: Version, payer: Payer) {
        if let Some(row) = self.table.get_bucket_mut(place) {
            (row.version, row.payer) = (version, payer);
        }
    }

    fn insert(&mut self, hasher: &Hasher, hash: u64, payer: Payer) {
        let row = Box::new(PayerRow { version: Version::FIRST, payer, events: Positions::new() });
        self.table.insert_unique(hash, row, |row| hasher.hash_one(row.payer.parts()));
    }
}

/// Of so many events, more than 100 GB in one shard of many, a log takes no
/// more; those of one commit have room above.
const MOST_EVENTS: usize = 1 << 31;

/// Appends an event to a log that is not full, and its position to those of
/// its stream.
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
