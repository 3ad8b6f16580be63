#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, missing_docs)]
//! The engine over a store that fails: conflicts, time-outs before and after
//! the commit, late commits, damage, dropped futures.

#[path = "support/kit.rs"]
mod kit;
#[path = "support/scripted.rs"]
mod scripted;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};

use capture_engine::command::{Abandon, Cancel, Capture};
use capture_engine::outcome::{Outcome, Pending};
use capture_engine::risk::{RiskQuestion, Verdict};
use capture_engine::store::{CommitError, Key, MemoryStore, Reads, RecordKey};
use capture_engine::submission::Command;
use capture_engine::{Advice, Engine, EngineError, Instant, ResultCode, Settings, Store};
use kit::{at, authorize, capture, fail, id, key, register, reverse, settle, usd, void, withdraw};
use pollster::block_on;
use scripted::{Counting, Noting, Scripted, Step, asked, captured, engine, prepared, recorded};

// F1: conflicts.

/// Each try has the same clock reading, id and verdict; the sixteenth is the last.
#[test]
fn f1_conflicts_are_retried_with_the_same_reading_id_and_verdict_within_bounds() {
    for (conflicts, succeeds) in [(0, true), (1, true), (15, true), (16, false)] {
        let store = prepared((0..conflicts).map(|_| Step::Conflict));
        let (ids, risk) = (Counting::default(), Noting::default());
        let engine = engine(&store).with_id_source(ids.clone()).with_risk_check(risk.clone());
        let answer = block_on(engine.capture(&capture("c1", "p1", 10), at(77)));
        let tries = (conflicts + 1).min(16);
        assert_eq!(store.calls(), (tries + 1, tries), "a load for the question, and one for each try");
        assert_eq!(ids.0.load(Ordering::Relaxed), 1);
        assert_eq!(risk.asked(), [asked(&[("c1", 10)])]);
        match (answer, succeeds) {
            (Ok(Outcome::Accepted { answer, .. }), true) => {
                let (amount, time) = answer.captured().unwrap();
                assert_eq!((amount, time.instant()), (usd(10), at(77)));
                assert_eq!(&*answer.capture_id().unwrap().text(), "minted-1");
            }
            (Err(error @ EngineError::Contended), false) => {
                assert_eq!((error.code(), error.advice()), (ResultCode::UnknownException, Advice::SameId));
                assert_eq!((captured(&store, "p1"), recorded(&store, "c1")), ((100, 1), None));
            }
            (answer, _) => panic!("{conflicts} conflicts: {answer:?}"),
        }
    }
}

#[test]
fn f1_attempts_are_bounded_as_configured() {
    for most in 1..4 {
        let store = prepared((0..9).map(|_| Step::Conflict));
        let engine = engine(&store).max_attempts(NonZeroU32::new(most).unwrap());
        assert!(matches!(
            block_on(engine.capture(&capture("c1", "p1", 10), at(1))),
            Err(EngineError::Contended)
        ));
        assert_eq!(store.calls(), (most, most));
    }
}

fn another_capture(store: &MemoryStore) {
    another(store, capture("other", "p1", 300));
}

fn the_same_capture(store: &MemoryStore) {
    another(store, capture("c1", "p1", 10));
}

fn the_same_id_elsewhere(store: &MemoryStore) {
    another(store, capture("c1", "p3", 10));
}

fn a_cancel(store: &MemoryStore) {
    another(store, Cancel::new(id("shop"), id("p1")));
}

/// Commits something of somebody else.
fn another(store: &MemoryStore, command: impl Into<Command>) {
    struct Borrowed<'s>(&'s MemoryStore);
    impl Store for Borrowed<'_> {
        async fn load(
            &self,
            keys: &[Key],
        ) -> Result<capture_engine::store::Snapshot, capture_engine::store::LoadError> {
            self.0.load(keys).await
        }

        async fn commit(&self, changes: capture_engine::store::Changes) -> Result<(), CommitError> {
            self.0.commit(changes).await
        }
    }
    let outcome = block_on(Engine::new(Borrowed(store), Settings::default()).execute(&command.into(), at(5)));
    assert!(matches!(outcome, Ok(Outcome::Accepted { .. })), "{outcome:?}");
}

/// After a conflict the decision is taken on what is there now.
#[test]
fn f1_a_conflict_is_decided_on_fresh_state() {
    type Case = (fn(&MemoryStore), ResultCode, (i64, usize));
    let cases: [Case; 4] = [
        (another_capture, ResultCode::CaptureAmountExceedAuthLimit, (400, 2)),
        (the_same_capture, ResultCode::RepeatReqInconsistent, (110, 2)),
        (the_same_id_elsewhere, ResultCode::RepeatReqInconsistent, (100, 1)),
        (a_cancel, ResultCode::AuthCancelled, (100, 1)),
    ];
    for (overtaking, code, expected) in cases {
        let store = prepared([Step::Overtaken(overtaking)]);
        let outcome = block_on(engine(&store).capture(&capture("c1", "p1", 900), at(1))).unwrap();
        assert_eq!((outcome.code(), captured(&store, "p1")), (code, expected));
    }
}

/// The verdict is kept as long as its question is the same.
#[test]
fn f1_the_risk_check_is_asked_again_only_on_another_amount() {
    let all = Capture::new(id("shop"), id("c1"), id("p1")).last(false);
    let cases = [
        (all, vec![asked(&[("c1", 900)]), asked(&[("c1", 600)])], (1_000, 3)),
        (capture("c1", "p1", 600), vec![asked(&[("c1", 600)])], (1_000, 3)),
    ];
    for (command, questions, expected) in cases {
        let store = prepared([Step::Overtaken(another_capture)]);
        let risk = Noting::default();
        let outcome =
            block_on(engine(&store).with_risk_check(risk.clone()).capture(&command, at(1))).unwrap();
        assert_eq!(outcome.code(), ResultCode::Success);
        assert_eq!((risk.asked(), captured(&store, "p1")), (questions, expected));
        let again = block_on(engine(&store).with_risk_check(risk.clone()).capture(&command, at(2))).unwrap();
        assert!(matches!(again, Outcome::Replayed(_)) && risk.asked().is_empty(), "a replay asks nothing");
    }
}

// F2, F3: time-outs before and after the commit, for every command.

fn every_command() -> Vec<(&'static str, Command)> {
    vec![
        ("authorize", authorize("p9", 10).into()),
        ("capture", capture("c1", "p1", 10).into()),
        ("settle", settle("open").into()),
        ("settle failed", fail("open").into()),
        ("reverse", reverse("done").into()),
        ("cancel", Cancel::new(id("shop"), id("p1")).into()),
        ("void", void("v1", "p1", 10).into()),
        ("abandon", Abandon::new(id("shop"), id("c2")).into()),
        ("register", register("bob", 10).into()),
        ("adjust", withdraw("w1", "alice", 10).into()),
        ("refused capture", capture("c3", "p1", 1_001).into()),
    ]
}

/// What a caller is told, and that the same request sent again is answered
/// once and for all within three tries (I17).
#[test]
fn f2_f3_every_command_is_answered_finally_when_it_is_sent_again() {
    type Faults = fn() -> Vec<Step>;
    let faults: [(&str, Faults, bool); 5] = [
        ("unavailable", || vec![Step::Unavailable], true),
        ("lost", || vec![Step::Lost], false),
        ("unheard", || vec![Step::Unheard], false),
        ("lost, then unavailable", || vec![Step::Lost, Step::Unavailable], false),
        ("unheard twice", || vec![Step::Unheard, Step::Unheard], false),
    ];
    for (command, undisturbed) in
        every_command().into_iter().map(|(name, command)| ((name, command.clone()), command))
    {
        let (name, command) = command;
        let expected = block_on(engine(&prepared([])).execute(&undisturbed, at(1))).unwrap();
        for (fault, steps, is_known) in faults {
            let store = prepared(steps());
            let error = block_on(engine(&store).execute(&command, at(1))).unwrap_err();
            let is_capture = matches!(command, Command::Capture(_));
            let code = if is_capture && !is_known {
                ResultCode::CaptureInProcess
            } else {
                ResultCode::UnknownException
            };
            assert_eq!((error.code(), error.advice()), (code, Advice::SameId), "{name}, {fault}");
            let told_so = matches!(error, EngineError::Unavailable { .. }) == is_known;
            assert!(
                told_so && (is_known || matches!(error, EngineError::MaybeCommitted { .. })),
                "{name}: {error:?}"
            );
            let mut again = (0..2).map(|_| block_on(engine(&store).execute(&command, at(2))));
            let answer = again
                .find_map(Result::ok)
                .unwrap_or_else(|| panic!("{name}, {fault}: no answer in three tries"));
            assert_eq!(answer.code(), expected.code(), "{name}, {fault}");
            let third = block_on(engine(&store).execute(&command, at(3))).unwrap();
            assert_eq!(third.code(), expected.code(), "{name}, {fault}");
            assert!(third.events().is_none_or(|events| events.is_empty()), "{name}, {fault}: {third:?}");
        }
    }
}

#[test]
fn f2_a_load_that_fails_changes_nothing() {
    let store = prepared([]);
    store.is_down.store(true, Ordering::Relaxed);
    for (name, command) in every_command() {
        let error = block_on(engine(&store).execute(&command, at(1))).unwrap_err();
        assert!(matches!(error, EngineError::Unavailable { .. }), "{name}: {error:?}");
        assert_eq!((error.code(), error.advice()), (ResultCode::UnknownException, Advice::SameId));
        assert!(error.to_string().contains("the store is down"), "{error}");
    }
    assert_eq!(store.calls().1, 0, "nothing is committed");
}

// F4: late commits.

/// Unsure of a capture, the caller does something; then the write lands, or
/// cannot. It never captures twice.
#[test]
fn f4_a_late_commit_never_captures_twice() {
    let again = |store: &Arc<Scripted>| {
        let outcome = block_on(engine(store).capture(&capture("c1", "p1", 10), at(2))).unwrap();
        assert_eq!(outcome.code(), ResultCode::Success);
    };
    let land = |store: &Arc<Scripted>, lands: bool| {
        let landed = store.land().pop().unwrap();
        assert_eq!(landed.is_ok(), lands, "{landed:?}");
        assert!(lands || matches!(landed, Err(CommitError::Conflict { .. })), "{landed:?}");
    };
    let unsure = || {
        let store = prepared([Step::Late]);
        let error = block_on(engine(&store).capture(&capture("c1", "p1", 10), at(1))).unwrap_err();
        assert_eq!(error.code(), ResultCode::CaptureInProcess);
        store
    };

    let store = unsure();
    land(&store, true);
    again(&store);
    assert_eq!(captured(&store, "p1"), (110, 2), "landed, then sent again");

    let store = unsure();
    again(&store);
    land(&store, false);
    again(&store);
    assert_eq!(captured(&store, "p1"), (110, 2), "sent again, then too late to land");

    let store = unsure();
    another_capture(&store.inner);
    land(&store, false);
    again(&store);
    assert_eq!(captured(&store, "p1"), (410, 3), "overtaken, then sent again");

    let store = unsure();
    let fence = Abandon::new(id("shop"), id("c1"));
    assert_eq!(block_on(engine(&store).abandon(&fence, at(2))).unwrap().code(), ResultCode::Success);
    land(&store, false);
    let fenced = block_on(engine(&store).capture(&capture("c1", "p1", 10), at(3))).unwrap();
    assert_eq!(
        (fenced.code(), captured(&store, "p1")),
        (ResultCode::ProcessFail, (100, 1)),
        "fenced for ever"
    );
}

// F9: dropped futures.

/// Polls a future so many times, then drops it; says whether it was ready.
fn poll<F: Future>(future: F, times: usize) -> bool {
    let mut future = Box::pin(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..times).any(|_| future.as_mut().poll(&mut context).is_ready())
}

#[test]
fn f9_a_dropped_future_leaves_it_done_or_not_done() {
    let (mut done, mut not_done) = (0, 0);
    for times in 0.. {
        let store = prepared([]);
        store.waits.store(true, Ordering::Relaxed);
        let risk = |_: &RiskQuestion| Ok(Verdict::Accept);
        let command = capture("c1", "p3", 10);
        let was_ready = poll(engine(&store).with_risk_check(risk).capture(&command, at(1)), times);
        store.waits.store(false, Ordering::Relaxed);
        let payer = |store: &Arc<Scripted>| {
            block_on(engine(store).inquire_payer(&id("alice"), at(1)))
                .unwrap()
                .unwrap()
                .payer
                .balance()
                .minor()
        };
        let events = block_on(store.payment_events(&key("p3"), 0, 9)).unwrap().unwrap().len();
        match recorded(&store, "c1") {
            Some(code) => {
                assert_eq!(
                    (code, captured(&store, "p3"), payer(&store), events),
                    (ResultCode::Success, (10, 1), 9_990, 2)
                );
                done += 1;
            }
            None => {
                assert_eq!((captured(&store, "p3"), payer(&store), events), ((0, 0), 10_000, 1));
                not_done += 1;
            }
        }
        let again = block_on(engine(&store).capture(&command, at(2))).unwrap();
        assert_eq!(
            (again.code(), captured(&store, "p3"), payer(&store)),
            (ResultCode::Success, (10, 1), 9_990)
        );
        if was_ready {
            break;
        }
    }
    assert!(done >= 2 && not_done >= 3, "dropped {not_done} times before and {done} times after");
}

/// Damaged data is said to be so, with its key; the host has to repair it.
#[test]
fn damage_is_told_with_its_key() {
    let store = prepared([]);
    let damaged = Key::Record(RecordKey::Capture(id("shop"), id("c1")));
    store.damaged.lock().unwrap().push(damaged.clone());
    match block_on(engine(&store).capture(&capture("c1", "p1", 10), at(1))) {
        Err(error @ EngineError::Damaged { .. }) => {
            assert_eq!((error.code(), error.advice()), (ResultCode::UnknownException, Advice::Stop));
            let EngineError::Damaged { key, source } = error else { unreachable!() };
            assert_eq!((*key, source.to_string()), (damaged, "a bit has fallen over".to_owned()));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(store.calls().1, 0, "nothing is committed");
}

#[test]
fn a_sweep_that_is_interrupted_goes_on() {
    let store = prepared([Step::Unheard]);
    let later = Instant::MAX;
    let error = block_on(engine(&store).expire(later, None)).unwrap_err();
    assert_eq!(error.code(), ResultCode::UnknownException);
    let swept = block_on(engine(&store).expire(later, None)).unwrap();
    assert_eq!((swept.expired, swept.more), (0, false), "all had closed");
    let open = block_on(store.due(later, None, 9)).unwrap();
    assert!(open.is_empty(), "{open:?}");
    let pending = block_on(engine(&store).capture(&capture("open", "p2", 100), later)).unwrap();
    assert!(matches!(pending, Outcome::Pending(Pending::InProcess { .. })), "{pending:?}");
}
