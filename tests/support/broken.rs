//! Stores that each break one promise: a byte store, and what goes wrong with
//! it. Each tampers with a copy of the entries before they are read, or with
//! the entries before or after a commit.

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use capture_engine::event::{PayerEvent, PaymentEvent};
use capture_engine::id::PayerId;
use capture_engine::record::Record;
use capture_engine::store::{
    AuthorizationKey, Change, ChangeKind, Changes, CommitError, Due, FeedError, FeedPage, InProcess, Inquiry,
    Key, LoadError, PaymentPage, Reads, Row, Snapshot, Store,
};
use capture_engine::{Authorization, Instant, Payer};

use super::broken_reads::{self as reads, ReadFault as F};
use super::byte_store::{ByteStore, Map, events_of, number_of, put, row_entry};

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    // Of loading.
    LeavesOutAuthorizationsNamed,
    LeavesOutPayersBrought,
    LeavesOutKeysAfter(usize),
    LeavesOutRepeatedKeys,
    GivesRowsOfBefore,
    GivesAnotherVersion,
    GivesAnothersRow,
    FoldsCase,
    CutsKeys,
    TearsPayers,
    TearsRows,
    LoadsStale,
    HidesDamage,
    // Of committing.
    AppliesHalf,
    AppliesRowsAlone,
    AppliesEventsAlone,
    /// Of a kind of change (`c`reate, `u`pdate, `l`ook, look at what is
    /// `a`bsent), on a kind of row (as in the keys, `r` for every record).
    IgnoresGuard(char, char),
    UpdatesNothing,
    LooksAtNothing,
    ConflictsWithAnything,
    KeepsVersionOfUnchanged,
    RaisesByTwo,
    RaisesByEvent,
    BeginsAtTwo,
    Forgets,
    SaysUnavailable,
    SaysUnavailableAndAppliesLater,
    AppliesConflictsLater,
    LosesAnEvent,
    LosesPayersEvents,
    SwapsEvents,
    // Of reading.
    Reads(reads::ReadFault),
}

/// A store with a fault.
#[derive(Debug)]
pub struct Broken {
    pub inner: ByteStore,
    fault: Fault,
    /// The entries before the last commit.
    before: Mutex<Map>,
    /// What is still to be applied.
    late: Mutex<Option<Changes>>,
    feed: reads::FeedState,
}

impl Broken {
    pub fn new(fault: Fault) -> Self {
        Self {
            inner: ByteStore::default(),
            fault,
            before: Mutex::default(),
            late: Mutex::default(),
            feed: reads::FeedState::default(),
        }
    }

    fn entries(&self) -> Map {
        self.inner.lock().clone()
    }

    fn before(&self) -> Map {
        self.before.lock().unwrap().clone()
    }

    /// What a read with this fault sees.
    fn seen(&self, fault: F, stale: F) -> ByteStore {
        ByteStore::of(if fault == stale { self.before() } else { self.entries() })
    }
}

/// The letter of what a row's entry keeps, as in its key.
pub fn kind(entry: &[u8]) -> Option<char> {
    let mut parts = entry.strip_prefix(b"r")?.split(|byte| *byte == 0);
    parts.nth(1)?.first().map(|letter| char::from(*letter))
}

fn is_payer(entry: &[u8]) -> bool {
    kind(entry) == Some('p')
}

/// These entries where `take` says so, the others from elsewhere.
fn mixed(these: Map, others: &Map, take: impl Fn(&[u8]) -> bool) -> Map {
    let kept = these.into_iter().filter(|(entry, _)| take(entry));
    let rest = others.iter().filter(|(entry, _)| !take(entry));
    kept.chain(rest.map(|(entry, value)| (entry.clone(), value.clone()))).collect()
}

impl Broken {
    /// The entries as a load sees them.
    fn view(&self, keys: &[Key]) -> Map {
        let mut now = self.entries();
        let is_asked = |entry: &[u8]| keys.iter().any(|key| row_entry(key) == entry);
        match self.fault {
            Fault::LeavesOutAuthorizationsNamed => {
                now.retain(|entry, _| kind(entry) != Some('a') || is_asked(entry));
            }
            Fault::LeavesOutPayersBrought => now.retain(|entry, _| !is_payer(entry) || is_asked(entry)),
            Fault::LeavesOutRepeatedKeys => {
                let times = |entry: &[u8]| keys.iter().filter(|key| row_entry(key) == entry).count();
                now.retain(|entry, _| times(entry) < 2);
            }
            Fault::GivesRowsOfBefore => {
                for (entry, value) in self.before().into_iter().filter(|(entry, _)| kind(entry).is_some()) {
                    now.entry(entry)
                        .and_modify(|now| now.splice(8.., value[8..].iter().copied()).for_each(drop));
                }
            }
            Fault::GivesAnotherVersion => now.iter_mut().for_each(|(entry, value)| {
                if kind(entry) == Some('a') {
                    raise(value, 1);
                }
            }),
            Fault::GivesAnothersRow => keys.iter().for_each(|key| {
                let mut of_another = key.to_bytes();
                if of_another.starts_with(b"ship\0") {
                    of_another[2] = b'o';
                    let row = now.get([b"r", of_another.as_slice()].concat().as_slice());
                    let renamed = row.map(|row| replaced(row, b"shop", b"ship"));
                    renamed.and_then(|row| now.insert(row_entry(key), row));
                }
            }),
            Fault::TearsPayers => now = mixed(self.later(), &now, is_payer),
            Fault::TearsRows => {
                now = mixed(self.later(), &now, |entry| entry.last().is_some_and(|id| id % 2 == 0))
            }
            Fault::LoadsStale => now = self.before(),
            Fault::HidesDamage => now.retain(|entry, value| match kind(entry) {
                Some('a') => Authorization::from_bytes(&value[8..])
                    .is_ok_and(|row| row_entry(&row_key(&row)) == *entry),
                Some('p') => {
                    Payer::from_bytes(&value[8..]).is_ok_and(|row| row_entry(&row_key(&row)) == *entry)
                }
                Some(_) => {
                    Record::from_bytes(&value[8..]).is_ok_and(|row| row_entry(&row_key(&row)) == *entry)
                }
                None => true,
            }),
            _ => (),
        }
        now
    }

    /// The entries a moment later.
    fn later(&self) -> Map {
        thread::sleep(Duration::from_micros(300));
        self.entries()
    }
}

fn row_key<T: Row>(row: &T) -> Key {
    row.key().into()
}

fn raise(value: &mut [u8], by: u64) {
    let version = number_of(value) + by;
    value[..8].copy_from_slice(&version.to_be_bytes());
}

/// The bytes with every occurrence of a text replaced by one as long.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for start in 0..bytes.len().saturating_sub(from.len()) {
        if bytes[start..].starts_with(from) {
            bytes[start..start + from.len()].copy_from_slice(to);
        }
    }
    bytes
}

impl Store for Broken {
    async fn load(&self, keys: &[Key]) -> Result<Snapshot, LoadError> {
        let keys = match self.fault {
            Fault::LeavesOutKeysAfter(most) => &keys[..keys.len().min(most)],
            _ => keys,
        };
        ByteStore::of(self.view(keys)).load(keys).await
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        let late = self.late.lock().unwrap().take();
        if let Some(late) = late {
            force(&mut self.inner.lock(), &late, |_, _| true);
            self.inner.commit(late).await?;
        }
        let before = self.entries();
        let given = changes.clone();
        self.prepare(&given)?;
        let result = self.inner.commit(changes).await;
        let mut now = self.inner.lock();
        let result = match result {
            Ok(()) => self.after_ok(&mut now, &before, given),
            Err(error) => self.after_error(&mut now, &before, given, error),
        };
        if *now != before {
            *self.before.lock().unwrap() = before;
        }
        result
    }
}

/// Makes the rows be as the changes say they were seen, where `wanted` says so.
fn force(map: &mut Map, changes: &Changes, wanted: impl Fn(char, &Key) -> bool) {
    fn one<T: Row>(map: &mut Map, changes: &[Change<T>], wanted: &impl Fn(char, &Key) -> bool) {
        for change in changes {
            let key = change.key().into();
            let letter = match (change.kind(), change.seen()) {
                (ChangeKind::Create, _) => 'c',
                (ChangeKind::Update, _) => 'u',
                (ChangeKind::Look, Some(_)) => 'l',
                (ChangeKind::Look, None) => 'a',
            };
            match change.seen().filter(|_| wanted(letter, &key)) {
                Some(seen) => {
                    let row = map.entry(row_entry(&key)).or_insert_with(|| vec![0; 8]);
                    row[..8].copy_from_slice(&seen.get().to_be_bytes());
                }
                None if wanted(letter, &key) => drop(map.remove(&row_entry(&key))),
                None => (),
            }
        }
    }
    one(map, changes.records(), &wanted);
    one(map, changes.authorizations(), &wanted);
    one(map, changes.payers(), &wanted);
}

fn is_of_kind(key: &Key, letter: char) -> bool {
    match key {
        Key::Authorization(_) => letter == 'a',
        Key::Payer(_) => letter == 'p',
        _ => letter == 'r',
    }
}

/// A key as a store that is not exact would take it.
fn folded(fault: Fault, entry: &[u8]) -> Vec<u8> {
    match fault {
        Fault::FoldsCase => entry.to_ascii_lowercase(),
        _ => entry[..entry.len().min(50)].to_vec(),
    }
}

fn unavailable() -> CommitError {
    CommitError::Unavailable { source: Arc::from(Box::<dyn Error + Send + Sync>::from("so it says")) }
}

impl Broken {
    /// What goes wrong before a commit.
    fn prepare(&self, changes: &Changes) -> Result<(), CommitError> {
        let mut now = self.inner.lock();
        match self.fault {
            Fault::IgnoresGuard(letter, row) => {
                force(&mut now, changes, |change, key| change == letter && is_of_kind(key, row));
            }
            Fault::UpdatesNothing | Fault::LooksAtNothing => {
                let there = now.clone();
                let wanted = if self.fault == Fault::UpdatesNothing { 'u' } else { 'l' };
                force(&mut now, changes, |change, key| {
                    change == wanted && !there.contains_key(&row_entry(key))
                });
            }
            Fault::ConflictsWithAnything => {
                let seen = changes.authorizations().iter().filter_map(Change::seen).map(|seen| seen.get());
                let rows = now.iter().filter(|(entry, _)| kind(entry).is_some());
                if seen.min().is_some_and(|seen| rows.map(|(_, row)| number_of(row)).any(|row| row > seen)) {
                    return Err(CommitError::Conflict { keys: Vec::new() });
                }
            }
            Fault::FoldsCase | Fault::CutsKeys => {
                let created = changes.authorizations().iter().filter(|change| change.seen().is_none());
                for entry in created.map(|change| row_entry(&change.key().into())) {
                    let alike = |other: &&Vec<u8>| folded(self.fault, other) == folded(self.fault, &entry);
                    if now.keys().filter(|other| **other != entry).find(alike).is_some() {
                        return Err(CommitError::Conflict { keys: Vec::new() });
                    }
                }
            }
            Fault::SaysUnavailableAndAppliesLater if changes.authorizations().len() == 1 => {
                *self.late.lock().unwrap() = Some(changes.clone());
                return Err(unavailable());
            }
            Fault::Forgets if changes.payers().is_empty() => now.clear(),
            _ => (),
        }
        Ok(())
    }

    /// What goes wrong with a commit that succeeded.
    fn after_ok(&self, now: &mut Map, before: &Map, mut given: Changes) -> Result<(), CommitError> {
        match self.fault {
            Fault::IgnoresGuard('l' | 'a', _) | Fault::LooksAtNothing => {
                restore_looked_at(now, before, &given);
            }
            Fault::AppliesRowsAlone => now.retain(|entry, _| before.contains_key(entry) || entry[0] == b'r'),
            Fault::KeepsVersionOfUnchanged => now.iter_mut().for_each(|(entry, value)| {
                if let Some(old) =
                    before.get(entry).filter(|old| kind(entry).is_some() && old[8..] == value[8..])
                {
                    value.clone_from(old);
                }
            }),
            Fault::RaisesByTwo => now.iter_mut().for_each(|(entry, value)| {
                if before.get(entry).is_some_and(|old| kind(entry).is_some() && old != value) {
                    raise(value, 1);
                }
            }),
            Fault::BeginsAtTwo => now.iter_mut().for_each(|(entry, value)| {
                if kind(entry) == Some('a') && !before.contains_key(entry) {
                    raise(value, 1);
                }
            }),
            Fault::RaisesByEvent => {
                for change in given.authorizations().iter().filter(|change| change.written().is_some()) {
                    let key = change.key();
                    let of_row = |event: &&PaymentEvent| *event.payment() == key.payment;
                    let events = given.payment_events().iter().filter(of_row).count().saturating_sub(1);
                    let row = now.get_mut(&row_entry(&key.into()));
                    row.into_iter().for_each(|row| raise(row, events as u64));
                }
            }
            Fault::Forgets if given.payers().is_empty() => now.clone_from(before),
            Fault::SaysUnavailable if now.len() % 3 == 0 => return Err(unavailable()),
            Fault::LosesAnEvent | Fault::SwapsEvents => self.muddle_events(now, given),
            Fault::LosesPayersEvents => given.take_payer_events().for_each(|event| {
                let stream = events_of(&Key::Payer(event.payer().clone()));
                now.remove([stream.as_slice(), &event.seq().to_be_bytes()].concat().as_slice());
                now.retain(|entry, value| entry[0] != b'f' || !value.starts_with(&stream));
            }),
            _ => (),
        }
        Ok(())
    }

    fn muddle_events(&self, now: &mut Map, mut given: Changes) {
        let entries: Vec<_> = given
            .take_payment_events()
            .map(|event| {
                let key =
                    AuthorizationKey { merchant: event.merchant().clone(), payment: event.payment().clone() };
                [events_of(&key.into()).as_slice(), &event.seq().to_be_bytes()].concat()
            })
            .collect();
        match (self.fault, entries.as_slice()) {
            (Fault::LosesAnEvent, [.., last]) => {
                now.remove(last);
                now.retain(|entry, value| entry[0] != b'f' || value != last);
            }
            (Fault::SwapsEvents, [first, others @ ..]) => {
                let of_stream = |entry: &&Vec<u8>| entry[..entry.len() - 8] == first[..first.len() - 8];
                if let Some(second) = others.iter().find(of_stream) {
                    let (one, other) = (now[first].clone(), now[second].clone());
                    now.extend([(first.clone(), other), (second.clone(), one)]);
                }
            }
            _ => (),
        }
    }

    /// What goes wrong with a commit that did not succeed.
    fn after_error(
        &self,
        now: &mut Map,
        before: &Map,
        mut given: Changes,
        error: CommitError,
    ) -> Result<(), CommitError> {
        match self.fault {
            Fault::AppliesHalf => {
                given.take_records().for_each(|(version, record)| put(now, version, &record));
            }
            Fault::AppliesEventsAlone => {
                let event = given.take_payment_events().next();
                event.into_iter().for_each(|event| {
                    now.insert(
                        [b"f".as_slice(), &[255; 8]].concat(),
                        events_of(&Key::Payer("x".parse().unwrap())),
                    );
                    now.insert(events_of(&Key::Payer("x".parse().unwrap())), event.to_bytes());
                });
            }
            Fault::AppliesConflictsLater => *self.late.lock().unwrap() = Some(given),
            _ => now.clone_from(before),
        }
        Err(error)
    }
}

/// What was only looked at stays as it was.
fn restore_looked_at(now: &mut Map, before: &Map, given: &Changes) {
    let authorizations = given.authorizations().iter().filter(|change| change.written().is_none());
    let payers = given.payers().iter().filter(|change| change.written().is_none());
    let keys =
        authorizations.map(|change| change.key().into()).chain(payers.map(|change| change.key().into()));
    for entry in keys.map(|key: Key| row_entry(&key)) {
        match before.get(&entry) {
            Some(row) => drop(now.insert(entry, row.clone())),
            None => drop(now.remove(&entry)),
        }
    }
}

impl Reads for Broken {
    async fn payment(&self, of: &Inquiry, after: u64, limit: usize) -> Result<PaymentPage, LoadError> {
        match self.fault {
            Fault::Reads(fault) => {
                reads::payment(fault, &self.seen(fault, F::PaymentStale), self.before(), of, after, limit)
                    .await
            }
            Fault::HidesDamage => ByteStore::of(self.view(&[])).payment(of, after, limit).await,
            _ => self.inner.payment(of, after, limit).await,
        }
    }

    async fn due(&self, now: Instant, after: Option<&Due>, limit: usize) -> Result<Vec<Due>, LoadError> {
        match self.fault {
            Fault::Reads(fault) => reads::due(fault, &self.seen(fault, F::DueStale), now, after, limit).await,
            _ => self.inner.due(now, after, limit).await,
        }
    }

    async fn in_process(
        &self,
        before: Instant,
        after: Option<&InProcess>,
        limit: usize,
    ) -> Result<Vec<InProcess>, LoadError> {
        match self.fault {
            Fault::Reads(fault) => {
                reads::in_process(fault, &self.seen(fault, F::InProcessStale), before, after, limit).await
            }
            _ => self.inner.in_process(before, after, limit).await,
        }
    }

    async fn payment_events(
        &self,
        key: &AuthorizationKey,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PaymentEvent>>, LoadError> {
        match self.fault {
            Fault::Reads(fault) => {
                reads::payment_events(fault, &self.seen(fault, F::EventsStale), key, after, limit).await
            }
            _ => self.inner.payment_events(key, after, limit).await,
        }
    }

    async fn payer_events(
        &self,
        payer: &PayerId,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PayerEvent>>, LoadError> {
        match self.fault {
            Fault::Reads(fault) => {
                reads::payer_events(fault, &self.seen(fault, F::PayerEventsStale), payer, after, limit).await
            }
            _ => self.inner.payer_events(payer, after, limit).await,
        }
    }

    async fn feed(&self, cursor: &[u8], limit: usize) -> Result<FeedPage, FeedError> {
        match self.fault {
            Fault::Reads(fault) => {
                reads::feed(fault, &self.seen(fault, F::FeedStale), &self.feed, cursor, limit).await
            }
            _ => self.inner.feed(cursor, limit).await,
        }
    }
}
