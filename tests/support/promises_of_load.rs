//! Checks of the promises of `load`, 1 to 5.

use std::thread;

use capture_engine::id::CaptureRequestId;
use capture_engine::outcome::Outcome;
use capture_engine::store::{AnyStore, FeedError, Inquiry, Key, LoadError, Reads, RecordKey, Row, Store};
use capture_engine::{Authorization, Refusal};
use pollster::block_on;

use super::kit::*;

/// A settlement knows only its capture's id: the record brings the
/// authorization, and that one its payer.
pub fn p01_a_record_brings_its_authorization_and_that_ones_payer(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    run_each(&store, [capture("c1", "p2", 100)])?;
    let changes = decided(&store, &[now(settle("c1"))])?;
    let found = (changes.records().len(), changes.authorizations().len(), changes.payers().len());
    same("records, authorizations and payers", found, (1, 1, 1))
}

pub fn p01_an_authorization_brings_its_payer(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let changes = decided(&store, &[now(capture("c1", "p1", 100))])?;
    same("payers", changes.payers().len(), 1)
}

pub fn p01_every_key_of_a_large_load_is_found(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let payments: Vec<String> = (0..70).map(|n| format!("many-{n}")).collect();
    run_each(&store, payments.iter().map(|payment| authorize(payment, 100)))?;
    let captures: Vec<_> = payments.iter().map(|payment| now(capture(payment, payment, 1))).collect();
    same("seen", seen(decided(&store, &captures)?.authorizations()), vec![Some(1); 70])
}

pub fn p01_keys_may_repeat(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let twice = [now(capture("c1", "p1", 1)), now(capture("c2", "p1", 1)), now(capture("c3", "p3", 1))];
    let changes = decided(&store, &twice)?;
    same("seen", seen(changes.authorizations()), vec![Some(1), Some(1)])
}

/// Five captures later the authorization is the fold of its events, and has
/// version 6.
pub fn p02_rows_come_as_they_were_committed(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    run_each(&store, ["c1", "c2", "c3", "c4", "c5"].map(|request| capture(request, "p1", 7)))?;
    let changes = decided(&store, &[now(void("v1", "p1", 3))])?;
    same("version", seen(changes.authorizations()), vec![Some(6)])?;
    let kept = block_on(store.payment_events(&key("p1"), 0, 100)).map_err(|error| error.to_string())?;
    let mut events = kept.ok_or("no events")?;
    events.extend_from_slice(changes.payment_events());
    let (first, rest) = events.split_first().ok_or("no events")?;
    let mut fold = Authorization::open(first).map_err(|error| error.to_string())?;
    rest.iter().try_for_each(|event| fold.apply(event)).map_err(|error| error.to_string())?;
    let row = changes.authorizations().first().and_then(|change| change.written());
    same("the row", row.map(|(_, row)| row), Some(&fold))
}

pub fn p02_what_is_absent_is_not_added(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let of_another = capture_engine::command::Capture::new(id("ship"), id("c1"), id("p1")).amount(usd(1));
    match run(&store, &[now(of_another)])?.pop() {
        Some(Outcome::Refused(Refusal::NoAuthorization)) => Ok(()),
        other => Err(format!("another merchant's capture is answered {other:?}")),
    }
}

/// Ids that some databases take for one another.
const ALIKE: [&str; 12] = [
    "pay-1",
    "Pay-1",
    "pay-1\u{ad}",
    "pay\u{a0}1",
    "pay 1",
    "pay  1",
    "p\u{e9}",
    "pe\u{301}",
    "01",
    "1",
    "sixty characters, of which all but the last two are the same 01",
    "sixty characters, of which all but the last two are the same 02",
];

pub fn p02_keys_are_compared_byte_by_byte(new: Factory<'_>) -> Verdict {
    let store = new().store;
    let amounts = || ALIKE.iter().zip(1_000..);
    run_each(&store, amounts().map(|(text, minor)| authorize(text, minor)))?;
    run_each(&store, amounts().map(|(text, minor)| capture(text, text, minor)))?;
    run_each(&store, amounts().map(|(text, minor)| register(text, minor)))?;
    for (text, minor) in amounts() {
        let asked = Inquiry::Capture(id("shop"), id(text));
        let page = block_on(store.payment(&asked, 0, 10)).map_err(|error| error.to_string())?;
        same(text, page.authorization.map(|kept| kept.captured()), Some(usd(minor)))?;
        let request = page.captures.first().map(|capture| capture.request().clone());
        same(text, request, Some(id::<CaptureRequestId>(text)))?;
        let changes = decided(&store, &[now(withdraw("w", text, minor))])?;
        let payer = changes.payers().first().and_then(|change| change.written());
        same(text, payer.map(|(_, payer)| payer.balance().minor()), Some(0))?;
    }
    Ok(())
}

/// Captures write an authorization and its payer together, so that their
/// versions keep their distance.
pub fn p03_rows_of_one_load_are_of_one_instant(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let distance =
        |(authorization, payer): (Option<u64>, Option<u64>)| Some(payer?.wrapping_sub(authorization?));
    let expected = distance(versions(&store, "p1")?);
    thread::scope(|scope| {
        let writer = scope.spawn(|| run_each(&store, (0..300).map(|n| capture(&format!("n-{n}"), "p1", 1))));
        while !writer.is_finished() {
            same("version of the payer less that of p1", distance(versions(&store, "p1")?), expected)?;
        }
        writer.join().map_err(|_| "the writer panicked")?
    })?;
    same("version of the payer less that of p1", distance(versions(&store, "p1")?), expected)
}

/// A batch writes eight payments at once: a load of them sees all or none of it.
pub fn p03_a_batch_is_seen_whole(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let payments: Vec<String> = (0..8).map(|n| format!("many-{n}")).collect();
    run_each(&store, payments.iter().map(|payment| authorize(payment, 10_000)))?;
    let batch = |name: &str| -> Vec<_> {
        let captures = payments.iter().map(|payment| capture(&format!("{name}-{payment}"), payment, 1));
        captures.map(now).collect()
    };
    thread::scope(|scope| {
        let writer = scope.spawn(|| (0..100).try_for_each(|n| run(&store, &batch(&n.to_string())).map(drop)));
        while !writer.is_finished() {
            let left = left(&store, &payments)?;
            let first = left.first().copied().unwrap_or_default();
            same("what is left, in one load", left, vec![first; 8])?;
        }
        writer.join().map_err(|_| "the writer panicked")?
    })
}

pub fn p04_a_load_sees_what_was_committed_before_it(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    for n in 1..6 {
        same("version of p1", versions(&store, "p1")?.0, Some(n))?;
        run_each(&store, [capture(&format!("c{n}"), "p1", 1)])?;
    }
    Ok(())
}

/// Whatever is unreadable is said to be so, whether it was asked for or came
/// along, in a load and in a read. Passes where nothing can be damaged.
pub fn p05_what_cannot_be_read_is_no_absence(new: Factory<'_>) -> Verdict {
    let record = Key::Record(RecordKey::Capture(id("shop"), id("c1")));
    let (authorization, payer) = (Key::Authorization(key("p2")), Key::Payer(id("alice")));
    let asked = [
        (&record, vec![&record]),
        (&authorization, vec![&record, &authorization]),
        (&payer, vec![&record, &authorization, &payer]),
    ];
    for damage in [Damage::Cut, Damage::Newer, Damage::AnothersRow] {
        for (damaged, loads) in &asked {
            let subject = new();
            fill(&subject.store)?;
            run_each(&subject.store, [capture("c1", "p2", 100)])?;
            let Some(hurt) = &subject.damage else { return Ok(()) };
            hurt(damaged, damage);
            for load in loads {
                let loaded = block_on(subject.store.load(&[(*load).clone()])).map(drop);
                is_damaged(damage, damaged, load, loaded)?;
            }
            if **damaged != payer {
                let asked = Inquiry::Capture(id("shop"), id("c1"));
                let read = block_on(subject.store.payment(&asked, 0, 1)).map(drop);
                is_damaged(damage, damaged, damaged, read)?;
            }
        }
    }
    Ok(())
}

/// Stores whose last event of a stream was damaged, with the stream's key; none
/// where nothing can be damaged.
fn with_a_damaged_event(new: Factory<'_>, stream: &Key) -> Verdict<Vec<(Damage, AnyStore)>> {
    let mut all = Vec::new();
    for damage in [Damage::EventCut, Damage::EventNewer] {
        let subject = new();
        fill(&subject.store)?;
        run_each(&subject.store, [capture("c1", "p2", 100)])?;
        run_each(&subject.store, [withdraw("w1", "alice", 100)])?;
        if let Some(hurt) = &subject.damage {
            hurt(stream, damage);
            all.push((damage, subject.store));
        }
    }
    Ok(all)
}

pub fn p05_a_payments_event_that_cannot_be_read_is_no_absence(new: Factory<'_>) -> Verdict {
    let stream = Key::Authorization(key("p2"));
    with_a_damaged_event(new, &stream)?.into_iter().try_for_each(|(damage, store)| {
        let read = block_on(store.payment_events(&key("p2"), 0, 10)).map(drop);
        is_damaged(damage, &stream, &stream, read)
    })
}

pub fn p05_a_payers_event_that_cannot_be_read_is_no_absence(new: Factory<'_>) -> Verdict {
    let stream = Key::Payer(id("alice"));
    with_a_damaged_event(new, &stream)?.into_iter().try_for_each(|(damage, store)| {
        let read = block_on(store.payer_events(&id("alice"), 0, 10)).map(drop);
        is_damaged(damage, &stream, &stream, read)
    })
}

/// A consumer comes to what is damaged, however it pages, and does not get past.
pub fn p05_the_feed_does_not_skip_what_cannot_be_read(new: Factory<'_>) -> Verdict {
    for stream in [Key::Authorization(key("p2")), Key::Payer(id("alice"))] {
        for (damage, store) in with_a_damaged_event(new, &stream)? {
            for limit in [1, 3, 100] {
                is_damaged(damage, &stream, &stream, to_the_end_of_the_feed(&store, limit)?)?;
            }
        }
    }
    Ok(())
}

fn to_the_end_of_the_feed(store: &AnyStore, limit: usize) -> Verdict<Result<(), LoadError>> {
    let mut cursor = Vec::new();
    for _ in 0..1_000 {
        match block_on(store.feed(&cursor, limit)) {
            Ok(page) if page.events.is_empty() => return Ok(Ok(())),
            Ok(page) => cursor = page.cursor,
            Err(FeedError::Load(error)) => return Ok(Err(error)),
            Err(error) => return Err(error.to_string()),
        }
    }
    Err("the feed does not end".to_owned())
}

fn is_damaged(damage: Damage, damaged: &Key, asked: &Key, found: Result<(), LoadError>) -> Verdict {
    match found {
        Err(LoadError::Damaged { key, .. }) if *key == *damaged => Ok(()),
        other => Err(format!("{damage:?} of {damaged:?}: {asked:?} gives {other:?}")),
    }
}

/// An update counts the row's version on, also in a load that asks only for it.
pub fn p08_versions_count_commits(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    same("p1 and payer, created and used by three", versions(&store, "p1")?, (Some(1), Some(4)))?;
    let three = ["c1", "c2", "c3"].map(|request| now(capture(request, "p1", 1)));
    accepted(&store, &three)?;
    same("after a batch of three captures", versions(&store, "p1")?, (Some(2), Some(5)))?;
    let created_and_used = [now(authorize("p5", 100)), now(capture("c4", "p5", 1)), now(void("v1", "p5", 1))];
    accepted(&store, &created_and_used)?;
    same("created and used in one batch", versions(&store, "p5")?.0, Some(1))?;
    run_each(&store, [capture("c5", "p2", 1)])?;
    accepted(&store, &[now(settle("c5"))])?;
    let record = decided(&store, &[now(reverse("c5"))])?;
    same("a record created and settled", seen(record.records()), vec![Some(2)])
}

/// A void of what draws at capture leaves the payer as it is, and is written
/// with it.
pub fn p08_an_unchanged_update_counts(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let changes = decided(&store, &[now(void("v1", "p4", 1))])?;
    let written = changes.payers().first().is_some_and(|change| change.written().is_some());
    ensure!(written, "the check needs a row that is written as it was: {:?}", changes.payers());
    let before = versions(&store, "p4")?.1;
    commit(&store, changes).map_err(|error| error.to_string())?;
    same("version of the payer", versions(&store, "p4")?.1, before.map(|before| before + 1))
}

/// The written rows of changes keep the keys that they had.
pub fn p02_a_created_row_is_found_under_its_key(new: Factory<'_>) -> Verdict {
    let store = new().store;
    let changes = decided(&store, &[now(authorize("p1", 10))])?;
    let created = changes.authorizations().first().and_then(|change| change.written());
    same("key", created.map(|(_, row)| row.key()), Some(key("p1")))?;
    commit(&store, changes).map_err(|error| error.to_string())?;
    same("version", versions(&store, "p1")?.0, Some(1))
}
