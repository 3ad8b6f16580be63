//! What can be wrong with the reads of a store.

use std::sync::Mutex;

use capture_engine::Instant;
use capture_engine::event::{Event, PayerEvent, PaymentEvent};
use capture_engine::id::PayerId;
use capture_engine::store::{
    AuthorizationKey, Due, FeedError, FeedPage, InProcess, Inquiry, LoadError, PaymentPage, Reads,
};

use super::byte_store::{ByteStore, Map, number_of, under};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadFault {
    // Pages of a payment.
    PageOfTwoPoints,
    RecordOfBefore,
    CapturesByRequest,
    CapturesRepeatTheLast,
    CapturesForgetWhatIsInProcess,
    MoreAtTheVeryEnd,
    NeverMore,
    RecordsOfAcceptedOnly,
    // Due and in process.
    DueBackwards,
    DueByMerchant,
    DueRepeatsTheLast,
    DueForgetsTies,
    DueWithClosed,
    DueAfterTheDeadline,
    DueWithoutLimit,
    InProcessForgets,
    InProcessByRequest,
    InProcessRepeatsTheLast,
    InProcessWithThoseOfNow,
    // Events of a payment and of a payer.
    EventsFromTheNumberOn,
    EventsOfNothing,
    EventsWithoutLimit,
    EventsHideDamage,
    PayerEventsFromTheNumberOn,
    PayerEventsOfNothing,
    PayerEventsWithoutLimit,
    PayerEventsHideDamage,
    // The feed.
    FeedSkipsBetweenPages,
    FeedRepeatsBetweenPages,
    FeedBackwards,
    FeedKeepsItsOwnPlace,
    FeedLeavesOutPayers,
    FeedShowsLate,
    FeedBeginsAgain,
    FeedTakesAnyCursor,
    FeedHidesDamage,
    // Reads that do not see the last commit.
    PaymentStale,
    DueStale,
    InProcessStale,
    EventsStale,
    PayerEventsStale,
    FeedStale,
}

use ReadFault as F;

/// Where a store that keeps the consumer's place itself has it.
pub type FeedState = Mutex<Vec<u8>>;

pub async fn payment(
    fault: ReadFault,
    inner: &ByteStore,
    before: Map,
    of: &Inquiry,
    after: u64,
    limit: usize,
) -> Result<PaymentPage, LoadError> {
    let after = if fault == F::CapturesRepeatTheLast { after.saturating_sub(1) } else { after };
    let mut page = inner.payment(of, after, limit).await?;
    match fault {
        F::PageOfTwoPoints => {
            page.authorization = ByteStore::of(before).payment(of, after, limit).await?.authorization
        }
        F::RecordOfBefore => page.record = ByteStore::of(before).payment(of, after, limit).await?.record,
        F::CapturesByRequest => page.captures.sort_by(|one, other| one.request().cmp(other.request())),
        F::CapturesForgetWhatIsInProcess => page.captures.retain(|capture| capture.captured().is_some()),
        F::MoreAtTheVeryEnd => page.more = page.captures.len() == limit,
        F::NeverMore => page.more = false,
        F::RecordsOfAcceptedOnly => page.record = page.record.filter(|record| record.progress().is_some()),
        _ => (),
    }
    Ok(page)
}

pub async fn due(
    fault: ReadFault,
    inner: &ByteStore,
    now: Instant,
    after: Option<&Due>,
    limit: usize,
) -> Result<Vec<Due>, LoadError> {
    let mut due = inner.due(now, None, usize::MAX).await?;
    let key = |due: &Due| due.key.clone();
    match fault {
        F::DueBackwards => due.reverse(),
        F::DueByMerchant => due.sort_by_key(key),
        F::DueWithClosed => {
            let closed =
                AuthorizationKey { merchant: "a".parse().unwrap(), payment: "closed".parse().unwrap() };
            let is_there = inner.payment_events(&closed, 0, 1).await?.is_some();
            due.extend(is_there.then_some(Due { expires_at: now, key: closed }));
            due.sort();
        }
        F::DueAfterTheDeadline => due.retain(|due| due.expires_at < now),
        _ => (),
    }
    Ok(match fault {
        F::DueWithoutLimit if after.is_none() => due,
        F::DueForgetsTies => due
            .into_iter()
            .filter(|due| after.is_none_or(|after| due.expires_at > after.expires_at))
            .take(limit)
            .collect(),
        F::DueRepeatsTheLast => {
            due.into_iter().filter(|due| after.is_none_or(|after| due >= after)).take(limit).collect()
        }
        _ => {
            let start =
                after.and_then(|after| due.iter().position(|due| due == after)).map_or(0, |at| at + 1);
            due.into_iter().skip(start).take(limit).collect()
        }
    })
}

pub async fn in_process(
    fault: ReadFault,
    inner: &ByteStore,
    before: Instant,
    after: Option<&InProcess>,
    limit: usize,
) -> Result<Vec<InProcess>, LoadError> {
    let until = match fault {
        F::InProcessWithThoseOfNow => Instant::from_micros(before.as_micros() + 1).unwrap(),
        _ => before,
    };
    let mut open = inner.in_process(until, None, usize::MAX).await?;
    match fault {
        F::InProcessForgets => open.retain(|entry| entry.request.as_str() != "c8"),
        F::InProcessByRequest => open.sort_by_key(|entry| entry.request.clone()),
        _ => (),
    }
    let start = after.and_then(|after| open.iter().position(|entry| entry == after)).map_or(0, |at| at + 1);
    let start = if fault == F::InProcessRepeatsTheLast { start.saturating_sub(1) } else { start };
    Ok(open.into_iter().skip(start).take(limit).collect())
}

pub async fn payment_events(
    fault: ReadFault,
    inner: &ByteStore,
    key: &AuthorizationKey,
    after: u64,
    limit: usize,
) -> Result<Option<Vec<PaymentEvent>>, LoadError> {
    let after = if fault == F::EventsFromTheNumberOn { after.saturating_sub(1) } else { after };
    let limit = if fault == F::EventsWithoutLimit { usize::MAX } else { limit };
    let events = match fault {
        F::EventsHideDamage => without_damaged_events(inner).payment_events(key, after, limit).await?,
        _ => inner.payment_events(key, after, limit).await?,
    };
    Ok(if fault == F::EventsOfNothing { Some(events.unwrap_or_default()) } else { events })
}

pub async fn payer_events(
    fault: ReadFault,
    inner: &ByteStore,
    payer: &PayerId,
    after: u64,
    limit: usize,
) -> Result<Option<Vec<PayerEvent>>, LoadError> {
    let after = if fault == F::PayerEventsFromTheNumberOn { after.saturating_sub(1) } else { after };
    let limit = if fault == F::PayerEventsWithoutLimit { usize::MAX } else { limit };
    let events = match fault {
        F::PayerEventsHideDamage => without_damaged_events(inner).payer_events(payer, after, limit).await?,
        _ => inner.payer_events(payer, after, limit).await?,
    };
    Ok(if fault == F::PayerEventsOfNothing { Some(events.unwrap_or_default()) } else { events })
}

/// The same entries, less the events that cannot be read.
fn without_damaged_events(inner: &ByteStore) -> ByteStore {
    let mut map = inner.lock().clone();
    let is_damaged = |entry: &[u8], value: &[u8]| entry[0] == b'e' && Event::from_bytes(value).is_err();
    let damaged: Vec<Vec<u8>> = map
        .iter()
        .filter(|(entry, value)| is_damaged(entry, value))
        .map(|(entry, _)| entry.clone())
        .collect();
    let leads_to_damage = |entry: &[u8], value: &Vec<u8>| entry[0] == b'f' && damaged.contains(value);
    map.retain(|entry, value| !damaged.contains(entry) && !leads_to_damage(entry, value));
    ByteStore::of(map)
}

fn place(position: u64) -> Vec<u8> {
    position.to_be_bytes().to_vec()
}

pub async fn feed(
    fault: ReadFault,
    inner: &ByteStore,
    own_place: &FeedState,
    cursor: &[u8],
    limit: usize,
) -> Result<FeedPage, FeedError> {
    let is_first = cursor.is_empty();
    match fault {
        F::FeedSkipsBetweenPages if !is_first => {
            let page = inner.feed(&place(number_of(cursor) + 1), limit).await;
            page.or(Ok(FeedPage { events: Vec::new(), cursor: cursor.to_vec() }))
        }
        F::FeedRepeatsBetweenPages if number_of(cursor) > 0 && limit > 1 => {
            let page = inner.feed(&place(number_of(cursor) - 1), limit).await?;
            let is_new = page.cursor > cursor.to_vec();
            Ok(if is_new { page } else { FeedPage { events: Vec::new(), ..page } })
        }
        F::FeedBackwards => {
            let mut page = inner.feed(cursor, limit).await?;
            page.events.reverse();
            Ok(page)
        }
        F::FeedKeepsItsOwnPlace => {
            let start = if is_first { Vec::new() } else { own_place.lock().unwrap().clone() };
            let page = inner.feed(&start, limit).await?;
            own_place.lock().unwrap().clone_from(&page.cursor);
            Ok(page)
        }
        F::FeedLeavesOutPayers => {
            let mut map = inner.lock().clone();
            map.retain(|entry, value| entry[0] != b'f' || !value.starts_with(b"e\0"));
            ByteStore::of(map).feed(cursor, limit).await
        }
        F::FeedShowsLate => {
            // As where positions are given before a commit: the last but one
            // is not seen yet.
            let mut map = inner.lock().clone();
            let last = under(&map, b"f", None).next_back().map_or(0, |(position, _)| number_of(position));
            if last % 2 == 1 {
                map.remove([b"f".as_slice(), &(last.max(1) - 1).to_be_bytes()].concat().as_slice());
            }
            ByteStore::of(map).feed(cursor, limit).await
        }
        F::FeedBeginsAgain => {
            let page = inner.feed(cursor, limit).await?;
            let cursor = if page.events.is_empty() { Vec::new() } else { page.cursor };
            Ok(FeedPage { cursor, ..page })
        }
        F::FeedHidesDamage => {
            // The position of the last event stays good as a cursor.
            let map = inner.lock().clone();
            let last = under(&map, b"f", None).next_back().map_or(0, |(position, _)| number_of(position));
            match number_of(cursor) == last {
                true => inner.feed(cursor, limit).await,
                false => without_damaged_events(inner).feed(cursor, limit).await,
            }
        }
        F::FeedTakesAnyCursor => match inner.feed(cursor, limit).await {
            Err(FeedError::BadCursor) => inner.feed(&[], limit).await,
            page => page,
        },
        _ => inner.feed(cursor, limit).await,
    }
}
