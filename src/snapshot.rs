//! What a load found and what decisions make of it: rows with the versions
//! that were seen, marked as they are read and written. Later decisions of a
//! batch see what earlier ones wrote; at the end it becomes the [`Changes`]
//! that a store commits.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use smallvec::SmallVec;

use crate::authorization::Authorization;
use crate::changes::{Change, Changes};
use crate::event::{PayerEvent, PaymentEvent};
use crate::id::PayerId;
use crate::key::{AuthorizationKey, Key, KeyParts, RecordKey, payer_parts};
use crate::payer::Payer;
use crate::record::Record;
use crate::stored::StoredError;

/// How often a row was written: 1 when it is created, one more with each
/// commit that changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u64);

impl Version {
    /// The version of a row that was just created.
    pub const FIRST: Self = Self(1);

    /// The version that a store kept; `None` for 0, which no row has.
    pub const fn new(number: u64) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The version as a number, from 1.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The version after the next commit.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// What is kept under a key, and can tell it.
pub trait Row: Clone {
    /// The key.
    type Key: Clone + std::fmt::Debug + Into<Key>;

    /// The key that it is kept under.
    fn key(&self) -> Self::Key;

    /// The plain parts of that key.
    fn parts(&self) -> KeyParts<'_>;

    /// The plain parts of a key.
    fn parts_of(key: &Self::Key) -> KeyParts<'_>;

    /// The row as bytes, versioned ([`stored`](crate::stored)).
    fn to_bytes(&self) -> Vec<u8>;

    /// The row that these bytes hold.
    ///
    /// # Errors
    /// [`StoredError`] for bytes that no version up to this one wrote.
    fn from_bytes(bytes: &[u8]) -> Result<Self, StoredError>;
}

impl Row for Record {
    type Key = RecordKey;

    fn key(&self) -> RecordKey {
        Record::key(self)
    }

    fn parts(&self) -> KeyParts<'_> {
        self.key_parts()
    }

    fn parts_of(key: &RecordKey) -> KeyParts<'_> {
        key.parts()
    }

    fn to_bytes(&self) -> Vec<u8> {
        Record::to_bytes(self)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, StoredError> {
        Record::from_bytes(bytes)
    }
}

impl Row for Authorization {
    type Key = AuthorizationKey;

    fn key(&self) -> AuthorizationKey {
        AuthorizationKey { merchant: self.merchant().clone(), payment: self.payment().clone() }
    }

    fn parts(&self) -> KeyParts<'_> {
        KeyParts::authorization(self.merchant().as_str(), self.payment().as_str())
    }

    fn parts_of(key: &AuthorizationKey) -> KeyParts<'_> {
        key.parts()
    }

    fn to_bytes(&self) -> Vec<u8> {
        Authorization::to_bytes(self)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, StoredError> {
        Authorization::from_bytes(bytes)
    }
}

impl Row for Payer {
    type Key = PayerId;

    fn key(&self) -> PayerId {
        self.id().clone()
    }

    fn parts(&self) -> KeyParts<'_> {
        payer_parts(self.id())
    }

    fn parts_of(key: &PayerId) -> KeyParts<'_> {
        payer_parts(key)
    }

    fn to_bytes(&self) -> Vec<u8> {
        Payer::to_bytes(self)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, StoredError> {
        Payer::from_bytes(bytes)
    }
}

/// What a store loaded, at one consistent point.
///
/// A store makes an empty one and adds each row that it found: those of the
/// keys it was asked for, and those that they bring with them. A row may be
/// added twice; what was asked for and not added is absent.
#[derive(Clone, Debug, Default)]
pub struct Snapshot(Box<Tables>);

/// The rows of a snapshot; boxed, since it is handed on many times.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables {
    pub(crate) records: Rows<Record>,
    pub(crate) authorizations: Rows<Authorization>,
    pub(crate) payers: Rows<Payer>,
    pub(crate) payment_events: SmallVec<[PaymentEvent; 1]>,
    pub(crate) payer_events: Vec<PayerEvent>,
}

impl Snapshot {
    /// A snapshot in which everything is absent.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with room for the rows of so many keys.
    pub fn with_room_for(keys: usize) -> Self {
        let mut snapshot = Self::default();
        // One key is of one kind, and most commands need one of each of two.
        let each = keys.div_ceil(2);
        if each > COMPARED {
            snapshot.0.records.reserve(each);
            snapshot.0.authorizations.reserve(each);
            snapshot.0.payment_events.reserve(each);
        }
        snapshot
    }

    /// Adds a record that was found.
    pub fn add_record(&mut self, version: Version, record: Record) {
        self.0.records.add(version, record);
    }

    /// Adds an authorization that was found.
    pub fn add_authorization(&mut self, version: Version, authorization: Authorization) {
        self.0.authorizations.add(version, authorization);
    }

    /// Adds a payer that was found.
    pub fn add_payer(&mut self, version: Version, payer: Payer) {
        self.0.payers.add(version, payer);
    }

    /// The records that were added, with their versions.
    pub fn records(&self) -> impl Iterator<Item = (Version, &Record)> {
        self.0.records.added()
    }

    /// The authorizations that were added, with their versions.
    pub fn authorizations(&self) -> impl Iterator<Item = (Version, &Authorization)> {
        self.0.authorizations.added()
    }

    /// The payers that were added, with their versions.
    pub fn payers(&self) -> impl Iterator<Item = (Version, &Payer)> {
        self.0.payers.added()
    }

    /// Notes that a key was asked for, so that its absence can be guarded, and
    /// where its row is among those that the command needs.
    pub(crate) fn ask(&mut self, key: Key, needed: &mut Needed) {
        match key {
            Key::Record(key) => needed.record = self.0.records.ask(key),
            Key::Authorization(key) => needed.authorization = self.0.authorizations.ask(key),
            Key::Payer(key) => needed.payer = self.0.payers.ask(key),
        }
    }

    /// The next decision is likely to look at these rows.
    pub(crate) fn expect(&mut self, needed: Needed) {
        self.0.records.expected = needed.record;
        self.0.authorizations.expected = needed.authorization;
        self.0.payers.expected = needed.payer;
    }

    pub(crate) fn record(&self, parts: KeyParts<'_>) -> Seen<'_, Record> {
        self.0.records.see(parts)
    }

    pub(crate) fn authorization(&self, merchant: &str, payment: &str) -> Seen<'_, Authorization> {
        self.0.authorizations.see(KeyParts::authorization(merchant, payment))
    }

    pub(crate) fn payer(&self, payer: &PayerId) -> Seen<'_, Payer> {
        self.0.payers.see(payer_parts(payer))
    }

    /// Whether a decision that read these rows saw what an earlier one of the
    /// same batch wrote.
    pub(crate) fn is_written(&self, reads: ReadSlots) -> bool {
        self.0.records.is_written(reads.record)
            || self.0.authorizations.is_written(reads.authorization)
            || self.0.payers.is_written(reads.payer)
    }

    /// Takes over what a decision changes, and marks what it read: the commit
    /// is to check it. That is for decisions that change something or that saw
    /// what the batch changed. What any other answers was true when it was
    /// loaded, and needs no commit.
    pub(crate) fn absorb(&mut self, effects: Effects) {
        self.0.records.mark(effects.reads.record, effects.record);
        self.0.authorizations.mark(effects.reads.authorization, effects.authorization);
        self.0.payers.mark(effects.reads.payer, effects.payer.map(|payer| *payer));
        for event in effects.payment_events {
            self.0.payment_events.push(event);
        }
        if let Some(event) = effects.payer_event {
            self.0.payer_events.push(*event);
        }
    }

    /// What is to be committed, or `None` if nothing changed.
    pub(crate) fn into_changes(mut self) -> Option<Changes> {
        let tables = &mut *self.0;
        // An event changes an authorization, a payer's a payer: rows tell all.
        let writes = tables.records.drop_untouched()
            | tables.authorizations.drop_untouched()
            | tables.payers.drop_untouched();
        writes.then(|| Changes::new(self.0))
    }
}

/// A row that a decision read, present or absent.
#[derive(Debug)]
pub(crate) struct Seen<'s, T> {
    pub(crate) slot: Option<usize>,
    pub(crate) value: Option<&'s T>,
}

/// Where the rows stand that a command asked for, if it asked for one of the
/// kind: a hint, which is compared before it is believed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Needed {
    record: usize,
    authorization: usize,
    payer: usize,
}

/// Which rows a decision read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReadSlots {
    pub(crate) record: Option<usize>,
    pub(crate) authorization: Option<usize>,
    pub(crate) payer: Option<usize>,
}

/// What a decision changes. It reads all that it writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Effects {
    pub(crate) reads: ReadSlots,
    pub(crate) record: Option<Record>,
    pub(crate) authorization: Option<Authorization>,
    pub(crate) payer: Option<Box<Payer>>,
    pub(crate) payment_events: SmallVec<[PaymentEvent; 1]>,
    pub(crate) payer_event: Option<Box<PayerEvent>>,
}

impl Effects {
    pub(crate) fn is_empty(&self) -> bool {
        self.record.is_none() && self.authorization.is_none() && self.payer.is_none()
    }
}

/// The rows of one kind. A few are found by comparing, many by a hash.
#[derive(Clone, Debug)]
pub(crate) struct Rows<T: Row> {
    pub(crate) rows: SmallVec<[Change<T>; 1]>,
    /// Made once there are more rows than are compared one by one.
    index: Option<Box<Index>>,
    /// Where the next look is likely to find its row.
    expected: usize,
}

#[derive(Clone, Debug, Default)]
struct Index {
    hasher: foldhash::fast::RandomState,
    table: HashTable<usize>,
}

/// Up to so many rows are compared one by one.
const COMPARED: usize = 6;

impl<T: Row> Default for Rows<T> {
    fn default() -> Self {
        Self { rows: SmallVec::new(), index: None, expected: 0 }
    }
}

/// Where a row is, or where in the index it would be: its hash, if there is one.
enum Searched {
    Found(usize),
    Absent(Option<u64>),
}

impl<T: Row> Rows<T> {
    fn reserve(&mut self, rows: usize) {
        self.rows.reserve(rows);
        // It is empty as yet: there is nothing to hash again.
        self.index.get_or_insert_default().table.reserve(rows, |_| 0);
    }

    fn search(&self, parts: KeyParts<'_>) -> Searched {
        let is_there = |slot: usize| self.rows.get(slot).is_some_and(|row| row.parts() == parts);
        if is_there(self.expected) {
            return Searched::Found(self.expected);
        }
        match &self.index {
            None => {
                let found = self.rows.iter().position(|row| row.parts() == parts);
                found.map_or(Searched::Absent(None), Searched::Found)
            }
            Some(index) => {
                let hash = index.hasher.hash_one(parts);
                let found = index.table.find(hash, |slot| is_there(*slot));
                found.map_or(Searched::Absent(Some(hash)), |slot| Searched::Found(*slot))
            }
        }
    }

    fn find(&self, parts: KeyParts<'_>) -> Option<usize> {
        match self.search(parts) {
            Searched::Found(slot) => Some(slot),
            Searched::Absent(_) => None,
        }
    }

    /// Adds a row that was searched for and is absent, and tells where.
    fn push(&mut self, row: Change<T>, hash: Option<u64>) -> usize {
        let added = self.rows.len();
        self.rows.push(row);
        match hash {
            Some(hash) => self.enter(added, hash),
            None if self.rows.len() > COMPARED => {
                for slot in 0..self.rows.len() {
                    let hash = self.hash(slot);
                    self.enter(slot, hash);
                }
            }
            None => (),
        }
        added
    }

    fn hash(&mut self, slot: usize) -> u64 {
        let index = self.index.get_or_insert_default();
        self.rows.get(slot).map_or(0, |row| index.hasher.hash_one(row.parts()))
    }

    fn enter(&mut self, added: usize, hash: u64) {
        let Self { rows, index, .. } = self;
        let Index { hasher, table } = &mut **index.get_or_insert_default();
        let rehash = |slot: &usize| rows.get(*slot).map_or(0, |row| hasher.hash_one(row.parts()));
        table.insert_unique(hash, added, rehash);
    }

    fn add(&mut self, version: Version, row: T) {
        if let Searched::Absent(hash) = self.search(row.parts()) {
            self.push(Change::of_found(version, row), hash);
        }
    }

    fn added(&self) -> impl Iterator<Item = (Version, &T)> {
        self.rows.iter().filter_map(|row| Some((row.seen()?, row.row()?)))
    }

    fn ask(&mut self, key: T::Key) -> usize {
        match self.search(T::parts_of(&key)) {
            Searched::Found(slot) => slot,
            Searched::Absent(hash) => self.push(Change::of_absent(key), hash),
        }
    }

    fn see(&self, parts: KeyParts<'_>) -> Seen<'_, T> {
        let slot = self.find(parts);
        let value = slot.and_then(|slot| self.rows.get(slot)).and_then(Change::row);
        Seen { slot, value }
    }

    fn is_written(&self, slot: Option<usize>) -> bool {
        slot.and_then(|slot| self.rows.get(slot)).is_some_and(Change::is_written)
    }

    /// There is a slot for all that was asked for; a decision writes nothing else.
    fn mark(&mut self, slot: Option<usize>, written: Option<T>) {
        match (slot.and_then(|slot| self.rows.get_mut(slot)), written) {
            (Some(row), Some(written)) => row.write(written),
            (Some(row), None) => row.look(),
            (None, Some(written)) => {
                let slot = self.ask(written.key());
                if let Some(row) = self.rows.get_mut(slot) {
                    row.write(written);
                }
            }
            (None, None) => (),
        }
    }

    /// Leaves only what was read or written, and tells whether anything was written.
    fn drop_untouched(&mut self) -> bool {
        self.index = None;
        self.rows.retain(|row| row.is_touched());
        self.rows.iter().any(Change::is_written)
    }
}
