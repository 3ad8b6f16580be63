//! A store that keeps nothing but bytes in one ordered map: the example for
//! whoever writes one over a key-value engine. One lock is the transaction.
//!
//! | entry | key | value |
//! |---|---|---|
//! | row | `r` key | version (8 bytes), row |
//! | event | `e` key of the stream, NUL, number | event |
//! | feed | `f` position | key of the event's entry |
//! | capture of a payment | `c` key, NUL, number of acceptance | captureRequestId |
//! | due | `d` deadline, merchant, NUL, paymentId | nothing |
//! | in process | `p` acceptance, merchant, NUL, captureRequestId | nothing |
//!
//! Keys, rows and events are in the crate's byte forms; numbers and instants
//! have 8 bytes that sort as they do. No id holds a NUL, so that the ids of an
//! entry sort one after the other.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::collections::BTreeMap;
use std::error::Error;
use std::ops::Bound;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard};

use capture_engine::event::{Event, PayerEvent, PaymentEvent};
use capture_engine::id::{CaptureRequestId, MerchantId, PayerId};
use capture_engine::record::{CaptureOutcome, CaptureRecord, Record};
use capture_engine::store::{
    AuthorizationKey, Change, Changes, CommitError, Due, ErrorSource, FeedError, FeedPage, InProcess,
    Inquiry, Key, LoadError, PaymentPage, Reads, ReadyStore, RecordKey, Row, Snapshot, Store, Version,
};
use capture_engine::stored::StoredError;
use capture_engine::{Authorization, Instant, Payer};

pub type Map = BTreeMap<Vec<u8>, Vec<u8>>;

/// Keeps bytes in memory.
#[derive(Debug, Default)]
pub struct ByteStore(Mutex<Map>);

impl ByteStore {
    /// A store of these entries.
    pub fn of(map: Map) -> Self {
        Self(Mutex::new(map))
    }

    /// All entries, to look at or to damage.
    pub fn lock(&self) -> MutexGuard<'_, Map> {
        self.0.lock().expect("no thread died in the middle of a commit")
    }
}

// Rows.

pub fn row_entry(key: &Key) -> Vec<u8> {
    [b"r", key.to_bytes().as_slice()].concat()
}

fn source(problem: &str) -> ErrorSource {
    Arc::from(Box::<dyn Error + Send + Sync>::from(problem))
}

/// The version that stands before a row's bytes; none is no version.
pub fn version_of(entry: Option<&Vec<u8>>) -> Option<Version> {
    let number = entry?.first_chunk().map_or(0, |number| u64::from_be_bytes(*number));
    Version::new(number)
}

fn get<T: Row>(map: &Map, key: &T::Key) -> Result<Option<(Version, T)>, LoadError> {
    let key: Key = key.clone().into();
    let Some(entry) = map.get(&row_entry(&key)) else { return Ok(None) };
    let damaged = |source| LoadError::Damaged { key: Box::new(key.clone()), source };
    let version = version_of(Some(entry)).ok_or_else(|| damaged(source("it has no version")))?;
    let row = T::from_bytes(&entry[8..]).map_err(|error| damaged(Arc::new(error)))?;
    if row.key().into() != key {
        return Err(damaged(source("it is the row of another key")));
    }
    Ok(Some((version, row)))
}

pub fn put<T: Row>(map: &mut Map, version: Version, row: &T) {
    let bytes = [version.get().to_be_bytes().as_slice(), row.to_bytes().as_slice()].concat();
    map.insert(row_entry(&row.key().into()), bytes);
}

// The two operations.

fn load(map: &Map, keys: &[Key]) -> Result<Snapshot, LoadError> {
    let mut snapshot = Snapshot::new();
    let mut authorizations = Vec::new();
    let mut payers = Vec::new();
    for key in keys {
        match key {
            Key::Authorization(key) => authorizations.push(key.clone()),
            Key::Payer(payer) => payers.push(payer.clone()),
            Key::Record(key) => {
                if let Some((version, record)) = get::<Record>(map, key)? {
                    authorizations.extend(record.names_authorization());
                    snapshot.add_record(version, record);
                }
            }
        }
    }
    for key in authorizations {
        if let Some((version, authorization)) = get::<Authorization>(map, &key)? {
            payers.extend(authorization.payer().cloned());
            snapshot.add_authorization(version, authorization);
        }
    }
    for key in payers {
        if let Some((version, payer)) = get::<Payer>(map, &key)? {
            snapshot.add_payer(version, payer);
        }
    }
    Ok(snapshot)
}

/// Checks all, and only then writes.
fn commit(map: &mut Map, mut changes: Changes) -> Result<(), CommitError> {
    let mut failed = failed(map, changes.records());
    failed.extend(self::failed(map, changes.authorizations()));
    failed.extend(self::failed(map, changes.payers()));
    if !failed.is_empty() {
        return Err(CommitError::Conflict { keys: failed });
    }
    for (version, record) in changes.take_records() {
        put(map, version, &record);
        if let Record::Capture(capture) = &record {
            enter_capture(map, capture);
        }
    }
    for (version, authorization) in changes.take_authorizations() {
        put(map, version, &authorization);
        let is_open = authorization.closing().is_none();
        let due = Due { expires_at: authorization.hold().terms.expires_at, key: authorization.key() };
        set(map, [b"d".as_slice(), &due_entry(&due)].concat(), is_open.then(Vec::new));
    }
    for (version, payer) in changes.take_payers() {
        put(map, version, &payer);
    }
    for event in changes.take_payment_events() {
        let key = AuthorizationKey { merchant: event.merchant().clone(), payment: event.payment().clone() };
        append(map, &Key::Authorization(key), event.seq(), event.to_bytes());
    }
    for event in changes.take_payer_events() {
        append(map, &Key::Payer(event.payer().clone()), event.seq(), event.to_bytes());
    }
    Ok(())
}

/// The keys of changes whose row is not as it was seen.
fn failed<T: Row>(map: &Map, changes: &[Change<T>]) -> Vec<Key> {
    let keys = changes.iter().map(|change| (change.seen(), change.key().into()));
    keys.filter(|(seen, key)| version_of(map.get(&row_entry(key))) != *seen).map(|(_, key)| key).collect()
}

fn set(map: &mut Map, key: Vec<u8>, value: Option<Vec<u8>>) {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
}

fn enter_capture(map: &mut Map, capture: &CaptureRecord) {
    let (Some(progress), Some(asked)) = (capture.progress(), capture.asked()) else { return };
    let payment = AuthorizationKey { merchant: capture.merchant().clone(), payment: asked.payment.clone() };
    let of_payment =
        [captures_of(&payment).as_slice(), &progress.capture.accepted_seq.to_be_bytes()].concat();
    set(map, of_payment, Some(capture.request().as_str().into()));
    let is_open = progress.outcome == CaptureOutcome::InProcess;
    let entry = InProcess {
        accepted_at: progress.capture.accepted_at,
        merchant: capture.merchant().clone(),
        request: capture.request().clone(),
    };
    set(map, [b"p".as_slice(), &in_process_entry(&entry)].concat(), is_open.then(Vec::new));
}

fn append(map: &mut Map, stream: &Key, number: u64, event: Vec<u8>) {
    let entry = [events_of(stream).as_slice(), &number.to_be_bytes()].concat();
    map.insert(entry.clone(), event);
    let last = under(map, b"f", None).next_back();
    let position = last.map_or(0, |(position, _)| number_of(position)) + 1;
    map.insert([b"f".as_slice(), &position.to_be_bytes()].concat(), entry);
}

// Entries.

pub fn events_of(stream: &Key) -> Vec<u8> {
    [b"e", stream.to_bytes().as_slice(), b"\0"].concat()
}

fn captures_of(payment: &AuthorizationKey) -> Vec<u8> {
    [b"c", Key::Authorization(payment.clone()).to_bytes().as_slice(), b"\0"].concat()
}

fn due_entry(due: &Due) -> Vec<u8> {
    timed_entry(due.expires_at, due.key.merchant.as_str(), due.key.payment.as_str())
}

fn in_process_entry(entry: &InProcess) -> Vec<u8> {
    timed_entry(entry.accepted_at, entry.merchant.as_str(), entry.request.as_str())
}

fn timed_entry(time: Instant, merchant: &str, id: &str) -> Vec<u8> {
    let sorted = time.as_micros() as u64 ^ (1 << 63);
    [sorted.to_be_bytes().as_slice(), merchant.as_bytes(), b"\0", id.as_bytes()].concat()
}

fn read_timed_entry<M: FromStr, I: FromStr>(entry: &[u8]) -> Result<(Instant, M, I), LoadError> {
    let read = || {
        let micros = (number_of(entry.get(..8)?) ^ (1 << 63)) as i64;
        let (merchant, id) = std::str::from_utf8(entry.get(8..)?).ok()?.split_once('\0')?;
        Some((Instant::from_micros(micros).ok()?, merchant.parse().ok()?, id.parse().ok()?))
    };
    read().ok_or_else(|| LoadError::Unavailable { source: source("an index entry cannot be read") })
}

pub fn number_of(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |number| u64::from_be_bytes(*number))
}

/// The entries under a prefix, in order, their keys without it, after the
/// entry `after`.
pub fn under<'m>(
    map: &'m Map,
    prefix: &[u8],
    after: Option<&[u8]>,
) -> impl DoubleEndedIterator<Item = (&'m [u8], &'m [u8])> + use<'m> {
    let mut end = prefix.to_vec();
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    let start =
        after.map_or(Bound::Included(prefix.to_vec()), |after| Bound::Excluded([prefix, after].concat()));
    let length = prefix.len();
    map.range((start, Bound::Excluded(end))).map(move |(key, value)| (&key[length..], value.as_slice()))
}

// Reads.

fn payment_page(map: &Map, of: &Inquiry, after: u64, limit: usize) -> Result<PaymentPage, LoadError> {
    let (key, record) = match of {
        Inquiry::Payment(key) => (Some(key.clone()), None),
        Inquiry::Capture(merchant, request) => match capture_record(map, merchant, request)? {
            Some(record) => (Record::Capture(record.clone()).names_authorization(), Some(record)),
            None => (None, None),
        },
    };
    let mut page = PaymentPage { record, ..PaymentPage::default() };
    let Some(key) = key else { return Ok(page) };
    page.authorization = get::<Authorization>(map, &key)?.map(|(_, authorization)| authorization);
    for (_, request) in under(map, &captures_of(&key), Some(&after.to_be_bytes())) {
        if page.captures.len() == limit {
            page.more = true;
            break;
        }
        let request = std::str::from_utf8(request).ok().and_then(|request| request.parse().ok());
        let record = request.map(|request| capture_record(map, &key.merchant, &request)).transpose()?;
        let missing = || source("a capture is listed, and is not there");
        page.captures.push(
            record
                .flatten()
                .ok_or_else(|| LoadError::Damaged { key: Box::new(key.clone().into()), source: missing() })?,
        );
    }
    Ok(page)
}

fn capture_record(
    map: &Map,
    merchant: &MerchantId,
    request: &CaptureRequestId,
) -> Result<Option<CaptureRecord>, LoadError> {
    let found = get::<Record>(map, &RecordKey::Capture(merchant.clone(), request.clone()))?;
    Ok(found.and_then(|(_, record)| match record {
        Record::Capture(record) => Some(record),
        _ => None,
    }))
}

fn due(map: &Map, now: Instant, after: Option<&Due>, limit: usize) -> Result<Vec<Due>, LoadError> {
    let after = after.map(due_entry);
    let entries = under(map, b"d", after.as_deref()).map(|(entry, _)| {
        let (expires_at, merchant, payment) = read_timed_entry(entry)?;
        Ok(Due { expires_at, key: AuthorizationKey { merchant, payment } })
    });
    let due = entries.take_while(|due| due.as_ref().map_or(true, |due| due.expires_at <= now));
    due.take(limit).collect()
}

fn in_process(
    map: &Map,
    before: Instant,
    after: Option<&InProcess>,
    limit: usize,
) -> Result<Vec<InProcess>, LoadError> {
    let after = after.map(in_process_entry);
    let entries = under(map, b"p", after.as_deref()).map(|(entry, _)| {
        let (accepted_at, merchant, request) = read_timed_entry(entry)?;
        Ok(InProcess { accepted_at, merchant, request })
    });
    let open = entries.take_while(|open| open.as_ref().map_or(true, |open| open.accepted_at < before));
    open.take(limit).collect()
}

/// The events of a stream after a number; `None` where its row is not there.
fn events<E>(
    map: &Map,
    stream: &Key,
    after: u64,
    limit: usize,
    read: fn(&[u8]) -> Result<E, StoredError>,
) -> Result<Option<Vec<E>>, LoadError> {
    if !map.contains_key(&row_entry(stream)) {
        return Ok(None);
    }
    let events = under(map, &events_of(stream), Some(&after.to_be_bytes())).take(limit);
    let damaged = |error| LoadError::Damaged { key: Box::new(stream.clone()), source: Arc::new(error) };
    events.map(|(_, event)| read(event).map_err(damaged)).collect::<Result<_, _>>().map(Some)
}

fn feed(map: &Map, cursor: &[u8], limit: usize) -> Result<FeedPage, FeedError> {
    let last = under(map, b"f", None).next_back().map_or(0, |(position, _)| number_of(position));
    let mut position = match cursor.len() {
        0 => 0,
        8 if number_of(cursor) <= last => number_of(cursor),
        _ => return Err(FeedError::BadCursor),
    };
    let mut events = Vec::new();
    for (at, entry) in under(map, b"f", Some(&position.to_be_bytes())).take(limit) {
        let event = map.get(entry).map_or(Err(StoredError::Empty), |event| Event::from_bytes(event));
        events.push(event.map_err(|error| unreadable(entry, error))?);
        position = number_of(at);
    }
    Ok(FeedPage { events, cursor: position.to_be_bytes().to_vec() })
}

/// The damage of an event, under the key of its stream.
fn unreadable(entry: &[u8], error: StoredError) -> LoadError {
    let source: ErrorSource = Arc::new(error);
    let stream = || {
        let text = std::str::from_utf8(entry.get(1..entry.len().checked_sub(9)?)?).ok()?;
        let (owner, kind_and_id) = text.split_once('\0')?;
        let (_, id) = kind_and_id.split_once('\0')?;
        match owner {
            "" => id.parse().ok().map(Key::Payer),
            _ => Some(AuthorizationKey { merchant: owner.parse().ok()?, payment: id.parse().ok()? }.into()),
        }
    };
    match stream() {
        Some(key) => LoadError::Damaged { key: Box::new(key), source },
        None => LoadError::Unavailable { source },
    }
}

// The traits.

impl Store for ByteStore {
    async fn load(&self, keys: &[Key]) -> Result<Snapshot, LoadError> {
        load(&self.lock(), keys)
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        commit(&mut self.lock(), changes)
    }
}

impl ReadyStore for ByteStore {}

impl Reads for ByteStore {
    async fn payment(&self, of: &Inquiry, after: u64, limit: usize) -> Result<PaymentPage, LoadError> {
        payment_page(&self.lock(), of, after, limit)
    }

    async fn due(&self, now: Instant, after: Option<&Due>, limit: usize) -> Result<Vec<Due>, LoadError> {
        due(&self.lock(), now, after, limit)
    }

    async fn in_process(
        &self,
        before: Instant,
        after: Option<&InProcess>,
        limit: usize,
    ) -> Result<Vec<InProcess>, LoadError> {
        in_process(&self.lock(), before, after, limit)
    }

    async fn payment_events(
        &self,
        key: &AuthorizationKey,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PaymentEvent>>, LoadError> {
        events(&self.lock(), &Key::Authorization(key.clone()), after, limit, PaymentEvent::from_bytes)
    }

    async fn payer_events(
        &self,
        payer: &PayerId,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PayerEvent>>, LoadError> {
        events(&self.lock(), &Key::Payer(payer.clone()), after, limit, PayerEvent::from_bytes)
    }

    async fn feed(&self, cursor: &[u8], limit: usize) -> Result<FeedPage, FeedError> {
        feed(&self.lock(), cursor, limit)
    }
}
