//! The reads: pages of a payment, of what is due and in process, events.

use std::ops::Bound;

use super::feed::Cursor;
use super::locks::{Poisoned, Shards, Wanted};
use super::{AuthorizationRow, AuthorizationShard, DueHold, MemoryStore, RecordShard, accepted_seq};
use crate::event::{PayerEvent, PaymentEvent};
use crate::id::PayerId;
use crate::key::{AuthorizationKey, KeyParts, payer_parts};
use crate::record::{CaptureRecord, Record};
use crate::store::{Due, FeedError, FeedPage, InProcess, Inquiry, LoadError, PaymentPage, Reads};
use crate::time::Instant;

impl MemoryStore {
    fn read_authorization<T>(
        &self,
        key: &AuthorizationKey,
        read: impl FnOnce(&AuthorizationRow, &AuthorizationShard) -> T,
    ) -> Result<Option<T>, Poisoned> {
        let hash = self.hash(key.parts());
        let locked = self.authorizations.read(Wanted::one(hash))?;
        let shard = locked.of(hash);
        Ok(shard.and_then(|shard| Some(read(shard.find(hash, key.parts())?, shard))))
    }

    fn payment_now(&self, of: &Inquiry, after: u64, limit: usize) -> Result<PaymentPage, Poisoned> {
        let (merchant, request) = match of {
            Inquiry::Payment(key) => return self.page(key, None, after, limit),
            Inquiry::Capture(merchant, request) => (merchant, request),
        };
        let parts = KeyParts::capture(merchant.as_str(), request.as_str());
        let hash = self.hash(parts);
        let records = self.records.read(Wanted::one(hash))?;
        let found = records.of(hash).and_then(|shard| shard.find(hash, parts));
        let Some((_, Record::Capture(record))) = found else {
            return Ok(PaymentPage::default());
        };
        match Record::Capture(record.clone()).names_authorization() {
            Some(key) => self.page(&key, Some(record.clone()), after, limit),
            None => Ok(PaymentPage { record: Some(record.clone()), ..PaymentPage::default() }),
        }
    }

    fn page(
        &self,
        key: &AuthorizationKey,
        record: Option<CaptureRecord>,
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
        let locked = self.payers.read(Wanted::one(hash))?;
        let shard = locked.of(hash);
        Ok(shard
            .and_then(|shard| Some(events_after(&shard.find(hash, parts)?.events, &shard.log, after, limit))))
    }

    async fn feed(&self, cursor: &[u8], limit: usize) -> Result<FeedPage, FeedError> {
        self.feed_now(Cursor::read(cursor, self.mark())?, limit)
    }
}

/// The events with a number after `after`: a stream's numbers have no gaps.
fn events_after<E: Clone>(positions: &[usize], log: &[E], after: u64, limit: usize) -> Vec<E> {
    let start = usize::try_from(after).unwrap_or(usize::MAX);
    let wanted = positions.get(start..).unwrap_or_default().iter().take(limit);
    wanted.filter_map(|position| log.get(*position).cloned()).collect()
}
