#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, missing_docs)]
//! Batches: later commands see what earlier ones did, all verdicts are asked
//! for at once, and a fault reaches only the commands that it concerns.

#[path = "support/kit.rs"]
mod kit;
#[path = "support/scripted.rs"]
mod scripted;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use capture_engine::command::{Capture, Settle, SettlementOutcome, VoidAmount};
use capture_engine::decide::QuoteCapture;
use capture_engine::outcome::{Outcome, Pending};
use capture_engine::risk::{NoVerdict, RiskCheck, Verdict};
use capture_engine::store::{Key, Reads, RecordKey};
use capture_engine::submission::{AnyAnswer, Submission};
use capture_engine::{Advice, Engine, EngineError, ResultCode};
use kit::{at, authorize, capture, id, key, now, register, reverse, settle, usd, void, withdraw};
use pollster::block_on;
use scripted::{Asked, Counting, Noting, Scripted, Step, asked, captured, engine, prepared, recorded};

type Answer = Result<Outcome<AnyAnswer>, EngineError>;

fn submit<R: RiskCheck>(engine: Engine<Arc<Scripted>, R>, batch: &[Submission]) -> Vec<Answer> {
    block_on(engine.submit(batch))
}

fn codes(answers: &[Answer]) -> Vec<&'static str> {
    let code = |answer: &Answer| answer.as_ref().map_or_else(EngineError::code, Outcome::code);
    answers.iter().map(|answer| code(answer).as_str()).collect()
}

fn all(request: &str, payment: &str) -> Capture {
    Capture::new(id("shop"), id(request), id(payment)).last(false)
}

#[test]
fn an_empty_batch_asks_the_store_for_nothing() {
    let store = prepared([]);
    assert!(submit(engine(&store), &[]).is_empty());
    assert_eq!(store.calls(), (0, 0));
}

/// One life of a payment and of a payer in one batch, in one commit.
#[test]
fn later_commands_see_what_earlier_ones_did() {
    let store = prepared([]);
    let smaller = Settle::new(id("shop"), id("c2"), SettlementOutcome::Succeeded(Some(usd(200))));
    let deferred =
        authorize("p9", 500).payer(id("bob")).settlement(capture_engine::terms::Settlement::Deferred);
    let batch = [
        now(capture("c1", "p9", 1)),
        now(register("bob", 800)),
        now(withdraw("w1", "bob", 100)),
        now(deferred),
        now(withdraw("w2", "bob", 201)),
        now(capture("c2", "p9", 300)),
        now(capture("c2", "p9", 300)),
        now(capture("c2", "p9", 299)),
        now(QuoteCapture(all("c3", "p9"))),
        now(smaller),
        now(capture("c2", "p9", 300)),
        now(QuoteCapture(all("c3", "p9"))),
        now(void("v1", "p9", 100)),
        now(reverse("c2")),
        now(void("v1", "p9", 100)),
        now(capture("c1", "p9", 1)),
    ];
    let answers = submit(engine(&store), &batch);
    assert_eq!(
        codes(&answers),
        [
            "AUTH_NOT_FOUND",
            "SUCCESS",
            "SUCCESS",
            "SUCCESS",
            "USER_BALANCE_NOT_ENOUGH",
            "CAPTURE_IN_PROCESS",
            "CAPTURE_IN_PROCESS",
            "REPEAT_REQ_INCONSISTENT",
            "CAPTURE_IN_PROCESS",
            "SUCCESS",
            "SUCCESS",
            "CAPTURE_IN_PROCESS",
            "SUCCESS",
            "SUCCESS",
            "SUCCESS",
            "AUTH_NOT_FOUND",
        ]
    );
    assert!(matches!(&answers[5], Ok(Outcome::Pending(Pending::Reserved { .. }))), "{:?}", answers[5]);
    assert!(matches!(&answers[6], Ok(Outcome::Pending(Pending::InProcess { .. }))), "{:?}", answers[6]);
    assert_eq!(store.calls(), (1, 1));
    let events = block_on(store.payment_events(&key("p9"), 0, 99)).unwrap().unwrap();
    let names: Vec<_> = events.iter().map(|event| (event.seq(), event.kind().name())).collect();
    let expected = ["Authorized", "CaptureAccepted", "Captured", "Voided", "CaptureReversed"];
    assert_eq!(names, (1..).zip(expected).collect::<Vec<_>>());
    let bob = block_on(engine(&store).inquire_payer(&id("bob"), at(1))).unwrap().unwrap().payer;
    assert_eq!((bob.balance().minor(), bob.held().minor()), (700, 400));
}

/// The same commands, one by one and at once, leave the same behind.
#[test]
fn a_batch_answers_as_its_commands_would_one_by_one() {
    let batch: Vec<Submission> = vec![
        now(capture("c1", "p1", 400)),
        now(capture("c2", "p1", 501)),
        now(capture("c3", "p2", 900)),
        now(capture("c4", "p2", 1)),
        now(settle("open")),
        now(void("v1", "p1", 500)),
        now(all("c5", "p3")),
        now(reverse("c5")),
    ];
    let (at_once, one_by_one) = (prepared([]), prepared([]));
    let together = submit(engine(&at_once), &batch);
    let alone: Vec<_> =
        batch.iter().flat_map(|one| submit(engine(&one_by_one), std::slice::from_ref(one))).collect();
    assert_eq!(format!("{together:?}"), format!("{alone:?}"));
    for payment in ["p1", "p2", "p3"] {
        let events = |store: &Scripted| block_on(store.payment_events(&key(payment), 0, 99)).unwrap();
        assert_eq!(events(&at_once), events(&one_by_one));
    }
    assert_eq!((at_once.calls(), one_by_one.calls()), ((1, 1), (8, 7)));
}

// Faults of the commit.

/// What was known without the commit is still answered; what hangs on it, be
/// it only by what it saw, is not.
#[test]
fn answers_that_do_not_hang_on_the_commit_are_kept() {
    let faults = [(Step::Unheard, "CAPTURE_IN_PROCESS"), (Step::Unavailable, "UNKNOWN_EXCEPTION")];
    for (fault, of_a_capture) in faults {
        let store = prepared([fault]);
        let batch = [
            now(QuoteCapture(capture("q", "p1", 10))),
            now(capture("done", "p1", 100)),
            now(capture("done", "p1", 101)),
            now(capture("c1", "p1", 10)),
            now(capture("c1", "p1", 10)),
            now(QuoteCapture(capture("q", "p1", 10))),
            now(void("v1", "p2", 10)),
            now(settle("nobody")),
            now(capture("open", "p2", 100)),
            now(capture("c2", "p9", 1)),
        ];
        let answers = submit(engine(&store), &batch);
        let unknown = "UNKNOWN_EXCEPTION";
        assert_eq!(
            codes(&answers),
            [
                "SUCCESS",
                "SUCCESS",
                "REPEAT_REQ_INCONSISTENT",
                of_a_capture,
                of_a_capture,
                unknown,
                unknown,
                "PARAM_ILLEGAL",
                "CAPTURE_IN_PROCESS",
                of_a_capture,
            ]
        );
        let errors = answers.iter().map(Result::is_err).collect::<Vec<_>>();
        assert_eq!(errors, [false, false, false, true, true, true, true, false, false, true]);
        let again = submit(engine(&store), &batch);
        assert_eq!(
            codes(&again)[3..],
            [
                "SUCCESS",
                "SUCCESS",
                "SUCCESS",
                "SUCCESS",
                "PARAM_ILLEGAL",
                "CAPTURE_IN_PROCESS",
                "AUTH_NOT_FOUND"
            ]
        );
        assert_eq!(captured(&store, "p1"), (110, 2));
    }
}

#[test]
fn a_conflict_of_a_batch_is_decided_again_as_a_whole() {
    let store = prepared([Step::Conflict, Step::Conflict]);
    let (ids, risk) = (Counting::default(), Noting::default());
    let engine = engine(&store).with_id_source(ids.clone()).with_risk_check(risk.clone());
    let answers = block_on(engine.submit(&[now(capture("c1", "p1", 10)), now(capture("c2", "p3", 20))]));
    assert_eq!(codes(&answers), ["SUCCESS", "SUCCESS"]);
    assert_eq!(store.calls(), (4, 3));
    assert_eq!(ids.0.load(Ordering::Relaxed), 2);
    assert_eq!(risk.asked(), [asked(&[("c1", 10), ("c2", 20)])]);
}

/// One command's rows hold up everybody: the others go on without it.
#[test]
fn a_command_that_is_always_contended_does_not_hold_up_the_others() {
    let store = prepared([]);
    store.contended.lock().unwrap().push(Key::Authorization(key("p1")));
    let batch = [now(capture("c1", "p3", 10)), now(capture("c2", "p1", 10)), now(capture("c3", "p2", 10))];
    let answers = submit(engine(&store), &batch);
    assert_eq!(codes(&answers), ["SUCCESS", "UNKNOWN_EXCEPTION", "CAPTURE_IN_PROCESS"]);
    assert!(matches!(&answers[1], Err(EngineError::Contended)), "{:?}", answers[1]);
    assert_eq!(["c1", "c2", "c3"].map(|request| recorded(&store, request).is_some()), [true, false, true]);
}

/// … and what was minted and said of them stays.
#[test]
fn a_verdict_and_an_id_are_kept_when_a_batch_is_split() {
    let store = prepared([]);
    store.contended.lock().unwrap().push(Key::Authorization(key("p1")));
    let (ids, risk) = (Counting::default(), Noting::default());
    let engine = engine(&store).with_id_source(ids.clone()).with_risk_check(risk.clone());
    let answers = block_on(engine.submit(&[now(capture("c1", "p3", 10)), now(capture("c2", "p1", 10))]));
    assert_eq!(codes(&answers), ["SUCCESS", "UNKNOWN_EXCEPTION"]);
    assert_eq!(risk.asked(), [asked(&[("c1", 10), ("c2", 10)])], "asked once per request");
    assert_eq!(ids.0.load(Ordering::Relaxed), 2, "minted once per request");
}

#[test]
fn damage_in_a_batch_fails_only_whom_it_concerns() {
    let store = prepared([]);
    let damaged = Key::Record(RecordKey::Capture(id("shop"), id("c2")));
    store.damaged.lock().unwrap().push(damaged.clone());
    let batch = [now(capture("c1", "p1", 10)), now(capture("c2", "p1", 10)), now(capture("c3", "p1", 10))];
    let answers = submit(engine(&store), &batch);
    assert_eq!(codes(&answers), ["SUCCESS", "UNKNOWN_EXCEPTION", "SUCCESS"]);
    match &answers[1] {
        Err(error @ EngineError::Damaged { key, .. }) => {
            assert_eq!((&**key, error.advice()), (&damaged, Advice::Stop));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(captured(&store, "p1"), (120, 3));
}

#[test]
fn a_store_that_is_down_fails_all_and_is_asked_once() {
    let store = prepared([]);
    store.is_down.store(true, Ordering::Relaxed);
    let answers = submit(engine(&store), &[now(capture("c1", "p1", 10)), now(capture("c2", "p3", 10))]);
    assert!(
        answers.iter().all(|answer| matches!(answer, Err(EngineError::Unavailable { .. }))),
        "{answers:?}"
    );
    assert_eq!(store.calls(), (1, 0));
}

// Verdicts.

#[test]
fn all_verdicts_are_asked_for_at_once_and_once() {
    let store = prepared([]);
    let risk = Noting::saying([("c2", Ok(Verdict::Review)), ("c3", Ok(Verdict::Reject))]);
    let batch = [
        now(capture("done", "p1", 100)),
        now(capture("c1", "p1", 10)),
        now(capture("c2", "p3", 20)),
        now(capture("too-much", "p1", 1_001)),
        now(capture("c3", "p1", 30)),
        now(QuoteCapture(capture("q", "p1", 5))),
        now(capture("c1", "p1", 10)),
    ];
    let answers = submit(engine(&store).with_risk_check(risk.clone()), &batch);
    assert_eq!(
        codes(&answers),
        [
            "SUCCESS",
            "SUCCESS",
            "CAPTURE_IN_PROCESS",
            "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT",
            "RISK_REJECT",
            "SUCCESS",
            "SUCCESS",
        ]
    );
    assert_eq!(risk.asked(), [asked(&[("c1", 10), ("c2", 20), ("c3", 30)])]);
    assert_eq!(store.calls(), (2, 1));
    submit(engine(&store).with_risk_check(risk.clone()), &batch);
    assert_eq!(risk.asked(), Vec::<Asked>::new(), "replays ask nothing");
}

/// Taken as accepted, the first leaves nothing to the second; rejected, it
/// leaves all of it, and a question that nobody had yet. The third is asked
/// about once more, since its amount has changed.
#[test]
fn what_a_verdict_newly_raises_is_asked_in_a_further_round() {
    let store = prepared([]);
    let risk = Noting::saying([("c1", Ok(Verdict::Reject))]);
    let batch = [now(capture("c1", "p1", 850)), now(capture("c2", "p1", 200)), now(all("c3", "p1"))];
    let answers = submit(engine(&store).with_risk_check(risk.clone()), &batch);
    assert_eq!(codes(&answers), ["RISK_REJECT", "SUCCESS", "SUCCESS"]);
    assert_eq!(risk.asked(), [asked(&[("c1", 850), ("c3", 50)]), asked(&[("c2", 200), ("c3", 700)])]);
    assert_eq!(captured(&store, "p1"), (1_000, 3));
}

#[test]
fn no_verdict_records_nothing_and_the_rest_goes_on() {
    let store = prepared([]);
    let risk = Noting::saying([("c1", Err(NoVerdict))]);
    let batch = [now(capture("c1", "p1", 10)), now(capture("c2", "p1", 20)), now(capture("c1", "p1", 10))];
    let answers = submit(engine(&store).with_risk_check(risk.clone()), &batch);
    assert_eq!(codes(&answers), ["UNKNOWN_EXCEPTION", "SUCCESS", "UNKNOWN_EXCEPTION"]);
    match &answers[0] {
        Err(error @ EngineError::NoVerdict) => assert_eq!(error.advice(), Advice::SameId),
        other => panic!("{other:?}"),
    }
    assert_eq!((recorded(&store, "c1"), captured(&store, "p1")), (None, (120, 2)));
    let again = submit(engine(&store).with_risk_check(Noting::default()), &batch[..1]);
    assert_eq!((codes(&again), captured(&store, "p1")), (vec!["SUCCESS"], (130, 3)));
}

#[test]
fn a_risk_check_that_answers_too_few_gave_no_verdict_on_the_rest() {
    for (given, expected) in [
        (0, ["UNKNOWN_EXCEPTION", "UNKNOWN_EXCEPTION", "UNKNOWN_EXCEPTION"]),
        (1, ["SUCCESS", "UNKNOWN_EXCEPTION", "UNKNOWN_EXCEPTION"]),
        (2, ["SUCCESS", "SUCCESS", "UNKNOWN_EXCEPTION"]),
    ] {
        let store = prepared([]);
        let risk = Noting::at_most(given);
        let batch = ["c1", "c2", "c3"].map(|request| now(capture(request, "p1", 10)));
        assert_eq!(codes(&submit(engine(&store).with_risk_check(risk), &batch)), expected);
        let stored = ["c1", "c2", "c3"].map(|request| recorded(&store, request));
        assert_eq!(
            stored,
            expected.map(|code| ResultCode::from_code(code).filter(|code| *code == ResultCode::Success))
        );
    }
}

/// A batch that changes nothing commits nothing.
#[test]
fn what_changes_nothing_is_not_committed() {
    let store = prepared([]);
    let remainder = capture_engine::command::Void::new(id("shop"), id("v1"), id("p2"), VoidAmount::Remainder);
    let batch = [
        now(capture("done", "p1", 100)),
        now(QuoteCapture(all("q", "p1"))),
        now(remainder),
        now(settle("nobody")),
    ];
    let answers = submit(engine(&store), &batch);
    assert_eq!(codes(&answers), ["SUCCESS", "SUCCESS", "CAPTURE_IN_PROCESS", "PARAM_ILLEGAL"]);
    assert_eq!(store.calls(), (1, 0));
}
