//! The reads: pages of a payment, of what is due and in process, events.

use std::collections::BinaryHeap;
use std::ops::Bound;

use super::MemoryStore;
use super::due::DueHold;
use super::feed::Cursor;
use super::locks::{Poisoned, ReadLocked, Shards, Wanted};
use super::shard::{AuthorizationShard, RecordShard};
use crate::event::{PayerEvent, PaymentEvent};
use crate::id::{CaptureRequestId, MerchantId, PayerId};
use crate::key::{AuthorizationKey, KeyParts, payer_parts};
use crate::record::{CaptureRecord, Record};
use crate::store::{Due, FeedError, FeedPage, InProcess, Inquiry, LoadError, PaymentPage, Reads};
use crate::time::Instant;

impl MemoryStore {
    /// A page of a payment. Which records its captures have is known only when
    /// the payment was found: if they are not locked then, the page is read
    /// again with their shards locked too.
    fn payment_now(&self, of: &Inquiry, after: u64, limit: usize) -> Result<PaymentPage, Poisoned> {
        let mut wanted = Wanted::default();
        if let Inquiry::Capture(merchant, request) = of {
            wanted.add(self.hash(KeyParts::capture(merchant.as_str(), request.as_str())));
        }
        loop {
            let records = self.records.read(wanted)?;
            let (record, key) = match of {
                Inquiry::Payment(key) => (None, Some(key.clone())),
                Inquiry::Capture(merchant, request) => {
                    let record = self.capture_in(&records, merchant, request).unwrap_or_default();
                    let named =
                        record.clone().and_then(|record| Record::Capture(record).names_authorization());
                    (record, named)
                }
            };
            let mut page = PaymentPage { record, ..PaymentPage::default() };
            let missing = match key {
                Some(key) => self.fill(&mut page, &records, &key, after, limit)?,
                None => Wanted::default(),
            };
            if missing.is_empty() {
                return Ok(page);
            }
            wanted.add_all(missing);
        }
    }

    /// The record of a capture, or the hash of its key if its shard is not locked.
    fn capture_in(
        &self,
        records: &ReadLocked<'_, RecordShard>,
        merchant: &MerchantId,
        request: &CaptureRequestId,
    ) -> Result<Option<CaptureRecord>, u64> {
        let parts = KeyParts::capture(merchant.as_str(), request.as_str());
        let hash = self.hash(parts);
        match records.of(hash).ok_or(hash)?.find(hash, parts) {
            Some((_, Record::Capture(record))) => Ok(Some(record.clone())),
            _ => Ok(None),
        }
    }

    /// Fills a page with an authorization and its captures, and tells the
    /// shards of those of their records that are not locked.
    fn fill(
        &self,
        page: &mut PaymentPage,
        records: &ReadLocked<'_, RecordShard>,
        key: &AuthorizationKey,
        after: u64,
        limit: usize,
    ) -> Result<Wanted, Poisoned> {
        let hash = self.hash(key.parts());
        let locked = self.authorizations.read(Wanted::one(hash))?;
        let mut missing = Wanted::default();
        let Some(shard) = locked.of(hash) else { return Ok(missing) };
        let Some(row) = shard.find(hash, key.parts()) else { return Ok(missing) };
        page.authorization = Some(row.authorization());
        let events = shard.events(row, after).filter(|event| event.kind().accepts_a_capture());
        let mut captures = events.filter_map(|event| event.kind().capture());
        for capture in captures.by_ref().take(limit) {
            match self.capture_in(records, &key.merchant, &capture.request) {
                Ok(record) => {
                    debug_assert!(record.is_some(), "an accepted capture has a record");
                    page.captures.extend(record);
                }
                Err(hash) => missing.add(hash),
            }
        }
        page.more = captures.next().is_some();
        Ok(missing)
    }

    /// The first entries of all shards, in order.
    fn merged<S, T: Ord>(
        shards: &Shards<S>,
        limit: usize,
        take: impl Fn(&S, &mut First<T>),
    ) -> Result<Vec<T>, Poisoned> {
        let mut first = First { limit, heap: BinaryHeap::new() };
        for lock in &shards.0 {
            take(&*lock.read()?, &mut first);
        }
        Ok(first.heap.into_sorted_vec())
    }
}

/// The first of many entries. Of a shard it looks at no more than it keeps for
/// the moment, and one: so a page costs about its own length times the logarithm
/// of the number of shards.
struct First<T> {
    limit: usize,
    /// With the last of them on top.
    heap: BinaryHeap<T>,
}

impl<T: Ord> First<T> {
    /// Takes what belongs to the first of these, which come in order.
    fn take_from(&mut self, ordered: impl Iterator<Item = T>) {
        for entry in ordered {
            if self.heap.len() < self.limit {
                self.heap.push(entry);
                continue;
            }
            match self.heap.peek_mut() {
                Some(mut last) if entry < *last => *last = entry,
                _ => return,
            }
        }
    }
}

impl Reads for MemoryStore {
    async fn payment(&self, of: &Inquiry, after: u64, limit: usize) -> Result<PaymentPage, LoadError> {
        Ok(self.payment_now(of, after, limit)?)
    }

    async fn due(&self, now: Instant, after: Option<&Due>, limit: usize) -> Result<Vec<Due>, LoadError> {
        let start = after.map_or(Bound::Unbounded, |after| Bound::Excluded(DueHold::probe(after)));
        let take = |shard: &AuthorizationShard, first: &mut First<Due>| {
            let open = shard.due.range((start.clone(), Bound::Unbounded)).map(DueHold::due);
            first.take_from(open.take_while(|due| due.expires_at <= now));
        };
        Ok(Self::merged(&self.authorizations, limit, take)?)
    }

    async fn in_process(
        &self,
        before: Instant,
        after: Option<&InProcess>,
        limit: usize,
    ) -> Result<Vec<InProcess>, LoadError> {
        let start = after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.clone()));
        let take = |shard: &RecordShard, first: &mut First<InProcess>| {
            let open = shard.in_process.range((start.clone(), Bound::Unbounded));
            first.take_from(open.take_while(|entry| entry.accepted_at < before).cloned());
        };
        Ok(Self::merged(&self.records, limit, take)?)
    }

    async fn payment_events(
        &self,
        key: &AuthorizationKey,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PaymentEvent>>, LoadError> {
        let hash = self.hash(key.parts());
        let locked = self.authorizations.read(Wanted::one(hash))?;
        let found = locked.of(hash).and_then(|shard| Some((shard, shard.find(hash, key.parts())?)));
        Ok(found.map(|(shard, row)| shard.events(row, after).take(limit).cloned().collect()))
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
        let found = locked.of(hash).and_then(|shard| Some((shard, shard.find(hash, parts)?)));
        Ok(found.map(|(shard, row)| shard.events(row, after).take(limit).cloned().collect()))
    }

    async fn feed(&self, cursor: &[u8], limit: usize) -> Result<FeedPage, FeedError> {
        self.feed_now(Cursor::read(cursor, self.mark())?, limit)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_page_over_all_shards_costs_little_more_than_its_length() {
        let (shards, limit) = (64, 1_000);
        let looked_at = Cell::new(0_u32);
        let mut first = First { limit, heap: BinaryHeap::new() };
        for shard in 0..shards {
            let entries = (0..10_000_u32).map(|nth| nth.wrapping_mul(shards).wrapping_add(shard));
            first.take_from(entries.inspect(|_| looked_at.set(looked_at.get().wrapping_add(1))));
        }
        assert_eq!(first.heap.into_sorted_vec(), Vec::from_iter(0..1_000));
        // 1,000 of each shard would be 64,000.
        assert!(looked_at.get() < 6_000, "{}", looked_at.get());
    }
}
