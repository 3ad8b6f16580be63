#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, missing_docs)]
#![allow(clippy::disallowed_methods, reason = "real threads are what is tested here")]
//! Every promise at the storage trait, as a check that the memory store and
//! the byte store pass, and that each store which breaks it fails.

#[path = "support/broken.rs"]
mod broken;
#[path = "support/broken_reads.rs"]
mod broken_reads;
#[path = "support/byte_store.rs"]
mod byte_store;
#[path = "support/kit.rs"]
mod kit;
#[path = "support/promises_of_commit.rs"]
mod promises_of_commit;
#[path = "support/promises_of_load.rs"]
mod promises_of_load;
#[path = "support/promises_of_reads.rs"]
mod promises_of_reads;

use std::sync::Arc;

use broken::{Broken, Fault, Fault::*};
use broken_reads::ReadFault::*;
use byte_store::{ByteStore, events_of, row_entry, under};
use capture_engine::store::{AnyStore, MemoryStore};
use kit::{Damage, Factory, Subject, Verdict};

fn memory_store() -> Subject {
    Subject { store: AnyStore::new(MemoryStore::new()), damage: None }
}

fn byte_store() -> Subject {
    let store = Arc::new(ByteStore::default());
    let any = AnyStore::new(Arc::clone(&store));
    Subject { store: any, damage: Some(Box::new(move |key, damage| hurt(&store, key, damage))) }
}

fn broken_store(fault: Fault) -> Subject {
    let store = Arc::new(Broken::new(fault));
    let any = AnyStore::new(Arc::clone(&store));
    Subject { store: any, damage: Some(Box::new(move |key, damage| hurt(&store.inner, key, damage))) }
}

fn hurt(store: &ByteStore, key: &capture_engine::store::Key, damage: Damage) {
    let mut map = store.lock();
    let kind = broken::kind(&row_entry(key));
    let last_event = under(&map, &events_of(key), None).next_back();
    let last_event = last_event.map(|(number, _)| [events_of(key).as_slice(), number].concat());
    let others: Vec<_> = map.keys().filter(|entry| broken::kind(entry) == kind).cloned().collect();
    let another = others.iter().find(|entry| **entry != row_entry(key)).map(|entry| map[entry].clone());
    let entry = match damage {
        Damage::EventCut | Damage::EventNewer => last_event.expect("what is to be damaged has events"),
        _ => row_entry(key),
    };
    let row = map.get_mut(&entry).expect("what is to be damaged is there");
    match damage {
        Damage::Cut | Damage::EventCut => drop(row.pop()),
        Damage::Newer => row[8] = u8::MAX,
        Damage::EventNewer => row[0] = u8::MAX,
        Damage::AnothersRow => {
            row.splice(8.., another.map_or(vec![0], |row| row[8..].to_vec())).for_each(drop)
        }
    }
}

fn passes(check: fn(Factory<'_>) -> Verdict, new: Factory<'_>) {
    if let Err(problem) = check(new) {
        panic!("{problem}");
    }
}

fn fails(check: fn(Factory<'_>) -> Verdict, faults: &[Fault]) {
    assert!(!faults.is_empty(), "no store shows that this check can fail");
    for fault in faults {
        match check(&|| broken_store(*fault)) {
            Ok(()) => panic!("a store that {fault:?} passes"),
            Err(problem) => println!("{fault:?}: {}", problem.chars().take(300).collect::<String>()),
        }
    }
}

/// One module a check: `memory`, `bytes`, and `broken`, which goes over the
/// stores that break just this.
macro_rules! promises {
    ($($from:ident { $($check:ident [$($fault:expr),*];)* })*) => {$($(
        mod $check {
            use super::*;

            #[test]
            fn memory() {
                passes($from::$check, &memory_store);
            }

            #[test]
            fn bytes() {
                passes($from::$check, &byte_store);
            }

            #[test]
            fn broken() {
                fails($from::$check, &[$($fault),*]);
            }
        }
    )*)*};
}

promises! {
    promises_of_load {
    p01_a_record_brings_its_authorization_and_that_ones_payer
        [LeavesOutAuthorizationsNamed, LeavesOutPayersBrought];
    p01_an_authorization_brings_its_payer [LeavesOutPayersBrought];
    p01_every_key_of_a_large_load_is_found [LeavesOutKeysAfter(64)];
    p01_keys_may_repeat [LeavesOutRepeatedKeys];
    p02_rows_come_as_they_were_committed [GivesRowsOfBefore, GivesAnotherVersion];
    p02_a_created_row_is_found_under_its_key [BeginsAtTwo, GivesAnotherVersion];
    p02_what_is_absent_is_not_added [GivesAnothersRow];
    p02_keys_are_compared_byte_by_byte [FoldsCase, CutsKeys];
    p03_rows_of_one_load_are_of_one_instant [TearsPayers];
    p03_a_batch_is_seen_whole [TearsRows];
    p04_a_load_sees_what_was_committed_before_it [LoadsStale];
    p05_what_cannot_be_read_is_no_absence [HidesDamage];
    p05_a_payments_event_that_cannot_be_read_is_no_absence [Reads(EventsHideDamage)];
    p05_a_payers_event_that_cannot_be_read_is_no_absence [Reads(PayerEventsHideDamage)];
    p05_the_feed_does_not_skip_what_cannot_be_read [Reads(FeedHidesDamage)];
    p08_versions_count_commits [RaisesByTwo, RaisesByEvent, BeginsAtTwo];
    p08_an_unchanged_update_counts [KeepsVersionOfUnchanged];
    }

    promises_of_commit {
    p06_a_conflict_anywhere_applies_nothing [AppliesHalf, AppliesEventsAlone];
    p06_rows_and_events_are_applied_together [AppliesRowsAlone, LosesAnEvent];
    p07_a_created_record_was_absent [IgnoresGuard('c', 'r')];
    p07_a_created_authorization_was_absent [IgnoresGuard('c', 'a')];
    p07_a_created_payer_was_absent [IgnoresGuard('c', 'p')];
    p07_an_updated_record_did_not_change [IgnoresGuard('u', 'r')];
    p07_an_updated_authorization_did_not_change [IgnoresGuard('u', 'a')];
    p07_an_updated_payer_did_not_change [IgnoresGuard('u', 'p')];
    p07_a_payer_written_as_it_was_is_guarded [IgnoresGuard('u', 'p')];
    p07_a_looked_at_authorization_did_not_change [IgnoresGuard('l', 'a')];
    p07_a_looked_at_payer_did_not_change [IgnoresGuard('l', 'p')];
    p07_a_looked_at_authorization_is_still_absent [IgnoresGuard('a', 'a')];
    p07_a_row_that_was_seen_is_there [UpdatesNothing, LooksAtNothing];
    p07_nothing_but_a_guard_is_a_conflict [ConflictsWithAnything];
    p09_what_was_committed_stays [Forgets];
    p10_a_commit_does_what_it_says [SaysUnavailable, SaysUnavailableAndAppliesLater, Forgets];
    p10_a_conflict_is_final [AppliesConflictsLater];
    p11_events_are_kept_as_given [LosesAnEvent, SwapsEvents, LosesPayersEvents];
    p11_streams_have_no_gaps [LosesAnEvent, LosesPayersEvents];
    }

    promises_of_reads {
    p12_a_page_of_a_payment_is_one_point [Reads(PageOfTwoPoints)];
    p12_a_record_and_its_payment_are_one_point [Reads(RecordOfBefore)];
    p12_captures_stand_in_the_order_of_acceptance
        [Reads(CapturesByRequest), Reads(CapturesForgetWhatIsInProcess)];
    p12_pages_of_a_payment_join_without_a_seam
        [Reads(CapturesRepeatTheLast), Reads(MoreAtTheVeryEnd), Reads(NeverMore)];
    p12_an_inquiry_by_request_tells_its_record [Reads(RecordsOfAcceptedOnly)];
    p12_due_is_ordered_bounded_and_open
        [Reads(DueBackwards), Reads(DueByMerchant), Reads(DueRepeatsTheLast), Reads(DueForgetsTies),
         Reads(DueWithClosed), Reads(DueWithoutLimit)];
    p12_due_begins_at_the_deadline [Reads(DueAfterTheDeadline)];
    p12_in_process_is_ordered_bounded_and_open
        [Reads(InProcessForgets), Reads(InProcessByRequest), Reads(InProcessRepeatsTheLast),
         Reads(InProcessWithThoseOfNow)];
    p12_events_are_paged_by_their_number
        [Reads(EventsFromTheNumberOn), Reads(EventsOfNothing), Reads(EventsWithoutLimit),
         Reads(PayerEventsFromTheNumberOn), Reads(PayerEventsOfNothing), Reads(PayerEventsWithoutLimit)];
    p12_a_read_sees_what_was_committed_before_it
        [Reads(PaymentStale), Reads(DueStale), Reads(InProcessStale), Reads(EventsStale),
         Reads(PayerEventsStale), Reads(FeedStale)];
    p13_the_feed_gives_each_event_once_in_its_streams_order
        [Reads(FeedSkipsBetweenPages), Reads(FeedRepeatsBetweenPages), Reads(FeedBackwards),
         Reads(FeedLeavesOutPayers)];
    p13_a_consumer_at_the_end_misses_nothing [Reads(FeedShowsLate), Reads(FeedBeginsAgain)];
    p13_every_cursor_can_be_used_again [Reads(FeedKeepsItsOwnPlace)];
    p13_a_cursor_of_no_store_is_refused [Reads(FeedTakesAnyCursor)];
    p13_a_consumer_beside_writers_misses_nothing [Reads(FeedShowsLate)];
    }
}
