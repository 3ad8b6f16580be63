//! The memory store: sharded hash tables. It takes concurrent callers, grows
//! one shard at a time, never the whole table, and forgets everything when it
//! is dropped.
//!
//! Locks are taken in one order, records, authorizations, payers, and within
//! each by the number of the shard: the order in which a load learns its keys.
//! All locks of an operation are held until its end, so that a batch is atomic
//! to every reader and no two operations can wait for each other in a circle.

use std::collections::BTreeSet;
use std::hash::BuildHasher;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hashbrown::HashTable;
use smallvec::SmallVec;

use super::{
    CommitError, Due, FeedError, FeedPage, InProcess, Inquiry, LoadError, PaymentPage, ReadyStore,
    Reads, Store,
};
use crate::authorization::Authorization;
use crate::changes::{Change, Changes};
use crate::event::{Event, PayerEvent, PaymentEvent};
use crate::id::PayerId;
use crate::key::{AuthorizationKey, Key, KeyParts, payer_parts};
use crate::money::{Currency, Money};
use crate::payer::Payer;
use crate::record::{CaptureOutcome, CaptureRecord, Record};
use crate::snapshot::{Row, Snapshot, Version};
use crate::terms::{DEFAULT_MAX_CAPTURES, Funding, Hold, Settlement, Terms};
use crate::time::Instant;

/// Keeps everything in memory.
///
/// ```
/// use capture_engine::{Engine, MemoryStore, Settings};
/// let engine = Engine::new(MemoryStore::new(), Settings::default()).blocking();
/// # let _ = engine;
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore {
    hasher: foldhash::quality::RandomState,
    records: Shards<RecordShard>,
    authorizations: Shards<AuthorizationShard>,
    payers: Shards<PayerShard>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn hash(&self, parts: KeyParts<'_>) -> u64 {
        self.hasher.hash_one(parts)
    }
}

/// How many shards each table has: as many as a [`Wanted`] has bits.
const SHARDS: usize = 64;

/// A set of shards, one bit each.
#[derive(Clone, Copy, Debug, Default)]
struct Wanted(u64);

impl Wanted {
    fn add(&mut self, hash: u64) {
        self.0 |= 1_u64.checked_shl(shard_bit(hash)).unwrap_or(1);
    }

    /// The shards in ascending order, the order of locking.
    fn shards(self) -> impl Iterator<Item = usize> {
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
const SHARD_SHIFT: u32 = 40;

fn shard_bit(hash: u64) -> u32 {
    u32::try_from((hash >> SHARD_SHIFT) & 63).unwrap_or(0)
}

fn shard_of(hash: u64) -> usize {
    usize::try_from(shard_bit(hash)).unwrap_or(0)
}

/// A thread died while it held a shard: a batch may be there in half.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a thread panicked while it changed the memory store: start with a new one")]
struct Poisoned;

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
struct Shards<T>(Box<[RwLock<T>]>);

impl<T: Default> Default for Shards<T> {
    fn default() -> Self {
        Self((0..SHARDS).map(|_| RwLock::default()).collect())
    }
}

/// Locked shards, in ascending order of their numbers.
struct Locked<G>(SmallVec<[(usize, G); 1]>);

type ReadLocked<'a, T> = Locked<RwLockReadGuard<'a, T>>;
type WriteLocked<'a, T> = Locked<RwLockWriteGuard<'a, T>>;

impl<T> Shards<T> {
    fn read(&self, wanted: Wanted) -> Result<ReadLocked<'_, T>, Poisoned> {
        let locks = wanted.shards().filter_map(|shard| Some((shard, self.0.get(shard)?)));
        locks.map(|(shard, lock)| Ok((shard, lock.read()?))).collect::<Result<_, _>>().map(Locked)
    }

    fn write(&self, wanted: Wanted) -> Result<WriteLocked<'_, T>, Poisoned> {
        let locks = wanted.shards().filter_map(|shard| Some((shard, self.0.get(shard)?)));
        locks.map(|(shard, lock)| Ok((shard, lock.write()?))).collect::<Result<_, _>>().map(Locked)
    }
}

impl<G: std::ops::Deref> Locked<G> {
    fn of(&self, hash: u64) -> Option<&G::Target> {
        let shard = shard_of(hash);
        let at = self.0.binary_search_by_key(&shard, |(number, _)| *number).ok()?;
        self.0.get(at).map(|(_, guard)| &**guard)
    }
}

impl<G: std::ops::DerefMut> Locked<G> {
    fn of_mut(&mut self, hash: u64) -> Option<&mut G::Target> {
        let shard = shard_of(hash);
        let at = self.0.binary_search_by_key(&shard, |(number, _)| *number).ok()?;
        self.0.get_mut(at).map(|(_, guard)| &mut **guard)
    }
}

#[derive(Debug, Default)]
struct RecordShard {
    table: HashTable<(Version, Record)>,
    in_process: BTreeSet<InProcess>,
}

#[derive(Debug, Default)]
struct AuthorizationShard {
    table: HashTable<Box<AuthorizationRow>>,
    due: BTreeSet<DueHold>,
    log: Vec<PaymentEvent>,
}

#[derive(Debug)]
struct AuthorizationRow {
    version: Version,
    authorization: Authorization,
    /// Its accepted captures, in the order of acceptance, as they stand.
    captures: Vec<Arc<CaptureRecord>>,
    /// Where its events stand in the shard's log.
    events: Vec<usize>,
}

#[derive(Debug, Default)]
struct PayerShard {
    table: HashTable<Box<PayerRow>>,
    log: Vec<PayerEvent>,
}

#[derive(Debug)]
struct PayerRow {
    version: Version,
    payer: Payer,
    events: Vec<usize>,
}

/// An open authorization in the order of the sweep: deadline, merchant, payment.
#[derive(Clone, Debug)]
struct DueHold(Arc<Hold>);

impl DueHold {
    fn order(&self) -> (Instant, &str, &str) {
        (self.0.terms.expires_at, self.0.merchant.as_str(), self.0.payment.as_str())
    }

    /// Something that stands where this entry stands in the order.
    fn probe(due: &Due) -> Self {
        let AuthorizationKey { merchant, payment } = due.key.clone();
        let terms = Terms {
            expires_at: due.expires_at,
            max_captures: DEFAULT_MAX_CAPTURES,
            overcapture_percent: None,
            overcapture_limit: None,
            settlement: Settlement::default(),
            funding: Funding::default(),
            last_by_default: true,
        };
        Self(Arc::new(Hold { merchant, payment, payer: None, amount: Money::zero(Currency::USD), terms }))
    }

    fn due(&self) -> Due {
        let key = AuthorizationKey { merchant: self.0.merchant.clone(), payment: self.0.payment.clone() };
        Due { expires_at: self.0.terms.expires_at, key }
    }
}

impl PartialEq for DueHold {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for DueHold {}

impl PartialOrd for DueHold {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DueHold {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl RecordShard {
    fn find(&self, hash: u64, parts: KeyParts<'_>) -> Option<&(Version, Record)> {
        self.table.find(hash, |(_, record)| record.key_parts() == parts)
    }
}

impl AuthorizationShard {
    fn find(&self, hash: u64, parts: KeyParts<'_>) -> Option<&AuthorizationRow> {
        self.table.find(hash, |row| row.authorization.parts() == parts).map(Box::as_ref)
    }

    fn find_mut(&mut self, hash: u64, parts: KeyParts<'_>) -> Option<&mut AuthorizationRow> {
        self.table.find_mut(hash, |row| row.authorization.parts() == parts).map(Box::as_mut)
    }
}

impl PayerShard {
    fn find(&self, hash: u64, parts: KeyParts<'_>) -> Option<&PayerRow> {
        self.table.find(hash, |row| row.payer.parts() == parts).map(Box::as_ref)
    }

    fn find_mut(&mut self, hash: u64, parts: KeyParts<'_>) -> Option<&mut PayerRow> {
        self.table.find_mut(hash, |row| row.payer.parts() == parts).map(Box::as_mut)
    }
}

// Loading.

/// A key with its hash.
type Hashed<K> = SmallVec<[(u64, K); 2]>;

impl MemoryStore {
    /// Locks in the order records, authorizations, payers, as each kind tells
    /// which of the next are needed.
    fn load_now(&self, keys: &[Key]) -> Result<Snapshot, Poisoned> {
        let mut snapshot = Snapshot::new();
        let hashed: SmallVec<[(u64, &Key); 3]> = keys.iter().map(|key| (self.hash(key.parts()), key)).collect();
        let mut wanted = Wanted::default();
        let of_records = hashed.iter().filter(|(_, key)| matches!(key, Key::Record(_)));
        of_records.clone().for_each(|(hash, _)| wanted.add(*hash));
        let records = self.records.read(wanted)?;
        let mut named: Hashed<AuthorizationKey> = Hashed::new();
        for (hash, key) in of_records {
            if let Some((version, record)) = records.of(*hash).and_then(|shard| shard.find(*hash, key.parts())) {
                snapshot.add_record(*version, record.clone());
                named.extend(record.names_authorization().map(|key| (self.hash(key.parts()), key)));
            }
        }
        let payers = self.load_authorizations(&hashed, &named, &mut snapshot)?;
        drop(payers);
        Ok(snapshot)
    }

    /// The second and third kind; the guards are given back so that they are
    /// held until the end.
    fn load_authorizations<'s>(
        &'s self,
        hashed: &[(u64, &Key)],
        named: &Hashed<AuthorizationKey>,
        snapshot: &mut Snapshot,
    ) -> Result<(ReadLocked<'s, AuthorizationShard>, ReadLocked<'s, PayerShard>), Poisoned> {
        let asked = hashed.iter().filter_map(|(hash, key)| match key {
            Key::Authorization(key) => Some((*hash, key)),
            _ => None,
        });
        let all = asked.chain(named.iter().map(|(hash, key)| (*hash, key)));
        let mut wanted = Wanted::default();
        all.clone().for_each(|(hash, _)| wanted.add(hash));
        let authorizations = self.authorizations.read(wanted)?;
        let mut payers: Hashed<PayerId> = hashed
            .iter()
            .filter_map(|(hash, key)| match key {
                Key::Payer(payer) => Some((*hash, payer.clone())),
                _ => None,
            })
            .collect();
        for (hash, key) in all {
            if let Some(row) = authorizations.of(hash).and_then(|shard| shard.find(hash, key.parts())) {
                snapshot.add_authorization(row.version, row.authorization.clone());
                payers.extend(row.authorization.payer().map(|id| (self.hash(payer_parts(id)), id.clone())));
            }
        }
        let payers = self.load_payers(&payers, snapshot)?;
        Ok((authorizations, payers))
    }

    fn load_payers<'s>(
        &'s self,
        keys: &Hashed<PayerId>,
        snapshot: &mut Snapshot,
    ) -> Result<ReadLocked<'s, PayerShard>, Poisoned> {
        let mut wanted = Wanted::default();
        keys.iter().for_each(|(hash, _)| wanted.add(*hash));
        let payers = self.payers.read(wanted)?;
        for (hash, id) in keys {
            if let Some(row) = payers.of(*hash).and_then(|shard| shard.find(*hash, payer_parts(id))) {
                snapshot.add_payer(row.version, row.payer.clone());
            }
        }
        Ok(payers)
    }
}

// Committing.

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
    fn commit_now(&self, mut changes: Changes) -> Result<(), CommitError> {
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
                let row = AuthorizationRow { version, authorization, captures: Vec::new(), events: Vec::new() };
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

/// The order of acceptance; a list of accepted captures holds no others.
fn accepted_seq(capture: &CaptureRecord) -> u64 {
    capture.progress().map_or(0, |progress| progress.accepted_seq)
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

impl Store for MemoryStore {
    async fn load(&self, keys: &[Key]) -> Result<Snapshot, LoadError> {
        Ok(self.load_now(keys)?)
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        self.commit_now(changes)
    }
}

impl ReadyStore for MemoryStore {}

// Reading.

impl MemoryStore {
    fn read_authorization<T>(
        &self,
        key: &AuthorizationKey,
        read: impl FnOnce(&AuthorizationRow, &AuthorizationShard) -> T,
    ) -> Result<Option<T>, Poisoned> {
        let hash = self.hash(key.parts());
        let mut wanted = Wanted::default();
        wanted.add(hash);
        let locked = self.authorizations.read(wanted)?;
        let shard = locked.of(hash);
        Ok(shard.and_then(|shard| Some(read(shard.find(hash, key.parts())?, shard))))
    }

    fn payment_now(&self, of: &Inquiry, after: u64, limit: usize) -> Result<PaymentPage, Poisoned> {
        let (merchant, request) = match of {
            Inquiry::Payment(key) => return self.page(key, None, after, limit),
            Inquiry::Capture(merchant, request) => (merchant, request),
        };
        let parts = KeyParts { kind: 'C', owner: merchant.as_str(), id: request.as_str() };
        let hash = self.hash(parts);
        let mut wanted = Wanted::default();
        wanted.add(hash);
        let records = self.records.read(wanted)?;
        let found = records.of(hash).and_then(|shard| shard.find(hash, parts));
        let Some((_, Record::Capture(record))) = found else {
            return Ok(PaymentPage::default());
        };
        match Record::Capture(Arc::clone(record)).names_authorization() {
            Some(key) => self.page(&key, Some(Arc::clone(record)), after, limit),
            None => Ok(PaymentPage { record: Some(Arc::clone(record)), ..PaymentPage::default() }),
        }
    }

    fn page(
        &self,
        key: &AuthorizationKey,
        record: Option<Arc<CaptureRecord>>,
        after: u64,
        limit: usize,
    ) -> Result<PaymentPage, Poisoned> {
        let page = self.read_authorization(key, |row, _| {
            let start = row.captures.partition_point(|capture| accepted_seq(capture) <= after);
            let rest = row.captures.get(start..).unwrap_or_default();
            let captures: Vec<_> = rest.iter().take(limit).cloned().collect();
            let more = rest.len() > captures.len();
            (row.authorization.clone(), captures, more)
        })?;
        Ok(match page {
            Some((authorization, captures, more)) => {
                PaymentPage { record, authorization: Some(authorization), captures, more }
            }
            None => PaymentPage { record, ..PaymentPage::default() },
        })
    }

    /// The first entries of every shard, merged.
    fn merged<S, T: Ord>(
        shards: &Shards<S>,
        limit: usize,
        first: impl Fn(&S) -> Vec<T>,
    ) -> Result<Vec<T>, Poisoned> {
        let mut all = Vec::new();
        for lock in &shards.0 {
            all.append(&mut first(&*lock.read()?));
        }
        all.sort_unstable();
        all.truncate(limit);
        Ok(all)
    }
}

impl Reads for MemoryStore {
    async fn payment(&self, of: &Inquiry, after: u64, limit: usize) -> Result<PaymentPage, LoadError> {
        Ok(self.payment_now(of, after, limit)?)
    }

    async fn due(&self, now: Instant, after: Option<&Due>, limit: usize) -> Result<Vec<Due>, LoadError> {
        let start = after.map_or(Bound::Unbounded, |after| Bound::Excluded(DueHold::probe(after)));
        let first = |shard: &AuthorizationShard| {
            let open = shard.due.range((start.clone(), Bound::Unbounded)).map(DueHold::due);
            open.take_while(|due| due.expires_at <= now).take(limit).collect()
        };
        Ok(Self::merged(&self.authorizations, limit, first)?)
    }

    async fn in_process(
        &self,
        before: Instant,
        after: Option<&InProcess>,
        limit: usize,
    ) -> Result<Vec<InProcess>, LoadError> {
        let start = after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.clone()));
        let first = |shard: &RecordShard| {
            let open = shard.in_process.range((start.clone(), Bound::Unbounded));
            open.take_while(|entry| entry.accepted_at < before).take(limit).cloned().collect()
        };
        Ok(Self::merged(&self.records, limit, first)?)
    }

    async fn payment_events(
        &self,
        key: &AuthorizationKey,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PaymentEvent>>, LoadError> {
        Ok(self.read_authorization(key, |row, shard| events_after(&row.events, &shard.log, after, limit))?)
    }

    async fn payer_events(
        &self,
        payer: &PayerId,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PayerEvent>>, LoadError> {
        let parts = payer_parts(payer);
        let hash = self.hash(parts);
        let mut wanted = Wanted::default();
        wanted.add(hash);
        let locked = self.payers.read(wanted)?;
        let shard = locked.of(hash);
        Ok(shard.and_then(|shard| {
            Some(events_after(&shard.find(hash, parts)?.events, &shard.log, after, limit))
        }))
    }

    async fn feed(&self, cursor: &[u8], limit: usize) -> Result<FeedPage, FeedError> {
        self.feed_now(Cursor::read(cursor)?, limit)
    }
}

/// The events with a number after `after`: a stream's numbers have no gaps.
fn events_after<E: Clone>(positions: &[usize], log: &[E], after: u64, limit: usize) -> Vec<E> {
    let start = usize::try_from(after).unwrap_or(usize::MAX);
    let wanted = positions.get(start..).unwrap_or_default().iter().take(limit);
    wanted.filter_map(|position| log.get(*position).cloned()).collect()
}

// The feed.

/// How many logs there are: those of the authorizations, then those of the payers.
const LOGS: usize = 2 * SHARDS;

/// Where a consumer of the feed stands: the log to read first, so that a busy
/// one starves no other, and the position in each.
struct Cursor {
    next: usize,
    positions: [u64; LOGS],
}

impl Cursor {
    const BYTES: usize = (LOGS + 1) * 8;

    fn read(bytes: &[u8]) -> Result<Self, FeedError> {
        let mut cursor = Self { next: 0, positions: [0; LOGS] };
        if bytes.is_empty() {
            return Ok(cursor);
        }
        if bytes.len() != Self::BYTES {
            return Err(FeedError::BadCursor);
        }
        let words = bytes.chunks_exact(8);
        let mut words = words.map(|word| word.try_into().map_or(u64::MAX, u64::from_be_bytes));
        let next = words.next().and_then(|next| usize::try_from(next).ok()).filter(|next| *next < LOGS);
        cursor.next = next.ok_or(FeedError::BadCursor)?;
        for (position, word) in cursor.positions.iter_mut().zip(words) {
            *position = word;
        }
        Ok(cursor)
    }

    fn write(&self) -> Vec<u8> {
        let next = u64::try_from(self.next).unwrap_or(0);
        let words = std::iter::once(next).chain(self.positions);
        words.flat_map(u64::to_be_bytes).collect()
    }

    /// The logs in the order in which they are read.
    fn logs(&self) -> impl Iterator<Item = usize> + use<> {
        (self.next..LOGS).chain(0..self.next)
    }
}

impl MemoryStore {
    fn feed_now(&self, mut cursor: Cursor, limit: usize) -> Result<FeedPage, FeedError> {
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
            let rest = shard.log.get(start..).ok_or(FeedError::BadCursor)?;
            into.extend(rest.iter().take(limit).cloned().map(Event::Payment));
        } else if let Some(lock) = self.payers.0.get(log.saturating_sub(SHARDS)) {
            let shard = lock.read().map_err(|_| LoadError::from(Poisoned))?;
            let rest = shard.log.get(start..).ok_or(FeedError::BadCursor)?;
            into.extend(rest.iter().take(limit).cloned().map(Event::Payer));
        }
        Ok(())
    }
}

impl From<Poisoned> for FeedError {
    fn from(poisoned: Poisoned) -> Self {
        Self::Load(poisoned.into())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
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

    #[test]
    fn a_cursor_is_read_back_and_anything_else_is_refused() {
        let mut cursor = Cursor { next: 77, positions: [0; LOGS] };
        cursor.positions[127] = u64::MAX;
        let bytes = cursor.write();
        let again = Cursor::read(&bytes).unwrap();
        assert_eq!((again.next, again.positions), (77, cursor.positions));
        assert!(Cursor::read(&bytes[1..]).is_err());
        assert!(Cursor::read(&[0; 7]).is_err());
        let far = Cursor { next: LOGS, positions: [0; LOGS] }.write();
        assert!(Cursor::read(&far).is_err());
    }
}
