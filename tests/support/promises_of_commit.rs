//! Checks of the promises of `commit`, 6, 7 and 9 to 11 (8 is checked by what
//! a load sees).

use capture_engine::command::Authorize;
use capture_engine::store::{Changes, CommitError, Inquiry, Reads};
use capture_engine::submission::Submission;
use pollster::block_on;

use super::kit::*;

/// Three captures, of which the one in this place meets a conflict.
fn batch_with_a_conflict_at(store: &capture_engine::store::AnyStore, place: usize) -> Verdict<Changes> {
    let payments = ["p3", "p5", "p6"];
    run_each(store, ["p5", "p6"].map(|payment| authorize(payment, 1_000)))?;
    let requests = ["c1", "c2", "c3"];
    let batch: Vec<_> =
        requests.iter().zip(payments).map(|(request, payment)| now(capture(request, payment, 1))).collect();
    let changes = decided(store, &batch)?;
    run_each(store, [capture("c9", payments[place], 1)])?;
    Ok(changes)
}

pub fn p06_a_conflict_anywhere_applies_nothing(new: Factory<'_>) -> Verdict {
    (0..3).try_for_each(|place| {
        let store = opened(new)?;
        let changes = batch_with_a_conflict_at(&store, place)?;
        conflicts(&store, changes)
    })
}

/// What a batch wrote is there with all its rows and events.
pub fn p06_rows_and_events_are_applied_together(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let batch = ["p1", "p2", "p3", "p4"].map(|payment| now(capture(payment, payment, 1)));
    run(&store, &batch)?;
    for payment in ["p1", "p2", "p3", "p4"] {
        let page =
            block_on(store.payment(&Inquiry::Payment(key(payment)), 0, 10)).map_err(|e| e.to_string())?;
        same("captures", page.captures.len(), 1)?;
        let events =
            block_on(store.payment_events(&key(payment), 0, 10)).map_err(|error| error.to_string())?;
        let last = events.unwrap_or_default().last().map(|event| event.seq());
        same("number of the last event", last, page.authorization.map(|row| row.seq()))?;
    }
    Ok(())
}

/// What one guard is to notice: what is decided, what comes between, and
/// which changes are left in the commit, so that only this guard can fail.
struct Guard {
    decided: fn() -> Submission,
    between: fn() -> Submission,
    keep: &'static str,
}

/// Leaves only the named kinds of rows: `r`ecords, `a`uthorizations, `p`ayers.
fn only(keep: &str, mut changes: Changes) -> Changes {
    if !keep.contains('r') {
        drop(changes.take_records());
    }
    if !keep.contains('a') {
        drop(changes.take_authorizations());
    }
    if !keep.contains('p') {
        drop(changes.take_payers());
    }
    changes
}

fn guards(new: Factory<'_>, guard: &Guard) -> Verdict {
    let store = opened(new)?;
    run_each(&store, [capture("c1", "p2", 100)])?;
    let changes = decided(&store, &[(guard.decided)()])?;
    run(&store, &[(guard.between)()])?;
    conflicts(&store, only(guard.keep, changes))
}

macro_rules! guards {
    ($($(#[$doc:meta])* $name:ident($keep:literal): $decided:expr, $between:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name(new: Factory<'_>) -> Verdict {
            guards(new, &Guard { decided: || now($decided), between: || now($between), keep: $keep })
        }
    )*};
}

fn drawing(payment: &str) -> Authorize {
    authorize(payment, 100).payer(id("alice")).funding(capture_engine::terms::Funding::Drawn)
}

guards! {
    p07_a_created_record_was_absent("r"): capture("c2", "p3", 1), capture("c2", "p1", 1);
    p07_a_created_authorization_was_absent("a"): authorize("p5", 1), authorize("p5", 2);
    p07_a_created_payer_was_absent("p"): register("bob", 1), register("bob", 2);
    p07_an_updated_record_did_not_change("r"): settle("c1"), fail("c1");
    p07_an_updated_authorization_did_not_change("ra"): capture("c2", "p3", 1), capture("c3", "p3", 1);
    /// Two payments of one payer.
    p07_an_updated_payer_did_not_change("rap"): capture("c2", "p1", 1), capture("c3", "p4", 1);
    /// More than there is, and then something is given back.
    p07_a_looked_at_authorization_did_not_change("ra"): capture("c2", "p3", 10_001), void("v1", "p3", 1);
    p07_a_looked_at_payer_did_not_change("rp"): withdraw("w1", "alice", 99_999), withdraw("w2", "alice", 1);
    /// A payment that was not there, and then was made.
    p07_a_looked_at_authorization_is_still_absent("ra"): capture("c2", "p5", 1), authorize("p5", 1);
    /// What the payer can do is looked at where the authorization is only made.
    p07_a_payer_written_as_it_was_is_guarded("rap"): drawing("p5"), withdraw("w1", "alice", 1);
}

/// What was seen in another store is not there in an empty one: an update
/// that finds no row is a conflict, a look too.
pub fn p07_a_row_that_was_seen_is_there(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    run_each(&store, [capture("c1", "p2", 100)])?;
    let cases = [
        (now(settle("c1")), "r"),
        (now(capture("c2", "p3", 1)), "a"),
        (now(capture("c2", "p1", 1)), "p"),
        (now(capture("c2", "p3", 10_001)), "ra"),
        (now(withdraw("w1", "alice", 100_001)), "rp"),
    ];
    cases.into_iter().try_for_each(|(command, keep)| {
        let changes = only(keep, decided(&store, &[command])?);
        conflicts(&new().store, changes)
    })
}

/// Commits that have nothing in common do not fail each other.
pub fn p07_nothing_but_a_guard_is_a_conflict(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let changes = decided(&store, &[now(capture("c1", "p1", 1))])?;
    run_each(&store, [capture("c2", "p3", 1)])?;
    run_each(&store, [register("bob", 1)])?;
    commit(&store, changes).map_err(|error| format!("a commit that nothing is in the way of: {error}"))
}

/// Whoever got `Ok` finds it: in a load, in a page, in the feed.
pub fn p09_what_was_committed_stays(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    for n in 1..8_u64 {
        let changes = decided(&store, &[now(capture(&format!("c{n}"), "p3", 1))])?;
        commit(&store, changes).map_err(|error| error.to_string())?;
        same("version", versions(&store, "p3")?.0, Some(n + 1))?;
        let page = block_on(store.payment(&Inquiry::Payment(key("p3")), 0, 10)).map_err(|e| e.to_string())?;
        same("captures", page.captures.len(), n.try_into().unwrap())?;
    }
    same("events of four payments and a payer", whole_feed(&store)?.len(), 5 + 7)
}

/// Each commit does what it says: `Ok` is applied, `Conflict` and
/// `Unavailable` are not, now and later.
pub fn p10_a_commit_does_what_it_says(new: Factory<'_>) -> Verdict {
    let store = new().store;
    let mut answers = Vec::new();
    for n in 0..12 {
        let payment = format!("n-{n}");
        let changes = decided(&store, &[now(authorize(&payment, 100))])?;
        answers.push((payment, commit(&store, changes)));
        hold(&store, &answers)?;
    }
    Ok(())
}

fn hold(store: &capture_engine::store::AnyStore, answers: &[(String, Result<(), CommitError>)]) -> Verdict {
    for (payment, answer) in answers {
        let found = versions(store, payment)?.0;
        let expected = match answer {
            Ok(()) => Some(1),
            Err(CommitError::Conflict { .. } | CommitError::Unavailable { .. }) => None,
            Err(CommitError::Unknown { .. }) => continue,
        };
        ensure!(found == expected, "{payment} was answered {answer:?}, and has version {found:?}");
    }
    Ok(())
}

/// Conflicting changes are not applied later either.
pub fn p10_a_conflict_is_final(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let changes = decided(&store, &[now(capture("c1", "p3", 1))])?;
    run_each(&store, [capture("c2", "p3", 1)])?;
    let conflict = commit(&store, changes);
    ensure!(matches!(conflict, Err(CommitError::Conflict { .. })), "a stale commit says {conflict:?}");
    run_each(&store, [capture("c3", "p3", 1), capture("c4", "p1", 1)])?;
    let page =
        block_on(store.payment(&Inquiry::Capture(id("shop"), id("c1")), 0, 9)).map_err(|e| e.to_string())?;
    same("what is recorded of c1", page.record, None)?;
    same("version", versions(&store, "p3")?.0, Some(3))
}

/// A batch appends several events to each of two streams, and to a payer's:
/// they are kept as given.
pub fn p11_events_are_kept_as_given(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let batch = [
        now(capture("c1", "p1", 1)),
        now(void("v1", "p3", 1)),
        now(withdraw("w1", "alice", 1)),
        now(capture("c2", "p1", 2)),
        now(capture("c3", "p3", 3)),
        now(withdraw("w2", "alice", 2)),
    ];
    let changes = decided(&store, &batch)?;
    let given = changes.clone();
    commit(&store, changes).map_err(|error| error.to_string())?;
    for payment in ["p1", "p3"] {
        let kept = block_on(store.payment_events(&key(payment), 1, 10)).map_err(|error| error.to_string())?;
        let of_payment = |event: &&_| capture_engine::event::PaymentEvent::payment(event).as_str() == payment;
        let expected: Vec<_> = given.payment_events().iter().filter(of_payment).cloned().collect();
        same(payment, kept.unwrap_or_default(), expected)?;
    }
    let kept = block_on(store.payer_events(&id("alice"), 1, 10)).map_err(|error| error.to_string())?;
    same("alice", kept.unwrap_or_default(), given.payer_events().to_vec())
}

/// Numbers 1, 2, 3 … without a gap, over many commits.
pub fn p11_streams_have_no_gaps(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    for n in 0..6 {
        run(&store, &["p1", "p3"].map(|payment| now(capture(&format!("{payment}-{n}"), payment, 1))))?;
        run_each(&store, [withdraw(&format!("w{n}"), "alice", 1)])?;
    }
    for payment in ["p1", "p3"] {
        let kept = block_on(store.payment_events(&key(payment), 0, 99)).map_err(|error| error.to_string())?;
        let numbers: Vec<_> = kept.unwrap_or_default().iter().map(|event| event.seq()).collect();
        same(payment, numbers, (1..=7).collect())?;
    }
    let kept = block_on(store.payer_events(&id("alice"), 0, 99)).map_err(|error| error.to_string())?;
    same(
        "alice",
        kept.unwrap_or_default().iter().map(|event| event.seq()).collect(),
        (1..=7).collect::<Vec<_>>(),
    )
}
