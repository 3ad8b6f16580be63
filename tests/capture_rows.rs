//! The rows of the capture table, each at its boundary, on both sides.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    missing_docs
)]

use capture_engine::command::{Adjustment, Authorize, Capture, PayerStatus};
use capture_engine::money::{MAX_COMMANDED_MINOR, Total};
use capture_engine::outcome::{Outcome, Pending};
use capture_engine::record::CaptureOutcome;
use capture_engine::terms::{Funding, Settlement};
use capture_engine::{
    Advice, ClosedBy, Currency, EngineError, Exceeded, Refusal, ResultCode, RiskQuestion, Settings, State,
    Verdict,
};

#[path = "support/world.rs"]
mod world;
use world::Past::*;
use world::*;

/// What a capture should come to.
enum Expect {
    /// Row 18, with this amount.
    Captured(i64),
    /// Row 17, with this amount.
    Reserved(i64),
    /// Rows 9b and 10b: it waits, and nothing is recorded.
    Waits,
    /// Refused for this reason, of this row, with this code.
    Refused(u8, ResultCode, Refusal),
}

use Expect::{Captured, Refused, Reserved, Waits};

/// A name that is the rule, what was before, the capture "c", what it comes to.
type Case<'a> = (&'a str, &'a [Past], Capture, Expect);

fn check<const N: usize>(cases: [Case; N]) {
    for (name, past, capture, expected) in cases {
        expect(name, &World::after(past), &capture, expected);
    }
}

/// Tells the capture "c" and looks at its answer, and at what it wrote.
fn expect(name: &str, w: &World, capture: &Capture, expected: Expect) {
    let before = w.inquire("p").map(|_| w.stored("p"));
    let payers = before.as_ref().and_then(|payment| payment.payer()).map_or(0, |_| 1);
    let outcome = w.tell(capture);
    let one_event = Wrote { authorizations: 1, payers, payment_events: 1, ..ONE_RECORD };
    match (&outcome, expected) {
        (Outcome::Accepted { answer, .. }, Captured(amount)) => {
            assert_eq!(
                (answer.code(), answer.captured().unwrap().0),
                (ResultCode::Success, usd(amount)),
                "{name}"
            );
            assert_eq!(w.wrote(), one_event, "{name}");
            return;
        }
        (Outcome::Pending(Pending::Reserved { record, .. }), Reserved(amount)) => {
            let progress = record.progress().unwrap();
            assert_eq!(progress.capture.asked, usd(amount), "{name}");
            assert_eq!(progress.outcome, CaptureOutcome::InProcess, "{name}");
            assert_eq!(w.wrote(), one_event, "{name}");
            return;
        }
        (Outcome::Pending(Pending::Waiting), Waits) => {
            assert_eq!(outcome.code(), ResultCode::CaptureInProcess, "{name}");
            assert_eq!(w.wrote(), NOTHING, "{name}: nothing is recorded");
        }
        (Outcome::Refused(found), Refused(row, code, refusal)) => {
            assert_eq!(*found, refusal, "{name}");
            assert_eq!((found.row(), found.code(), outcome.code()), (Some(row), code, code), "{name}");
            let wrote = if row >= 5 { ONE_RECORD } else { NOTHING };
            assert_eq!(
                w.wrote(),
                wrote,
                "{name}: a refusal writes its record, from row 5 on, and nothing else"
            );
        }
        (found, _) => panic!("{name}: {found:?}"),
    }
    assert_eq!(w.inquire("p").map(|_| w.stored("p")), before, "{name}: the payment stays as it was");
}

/// The capture "c" of an amount, not the last one.
fn c(amount: i64) -> Capture {
    part("c", "p", amount)
}

/// The capture "c" of all that is left.
fn all() -> Capture {
    capture("c", "p").last(false)
}

fn exceeds(why: Exceeded, asked: Option<i64>, capturable: i64) -> Expect {
    let (asked, capturable) = (asked.map(usd), usd(capturable));
    let refusal = Refusal::ExceedsAuthorization { why, asked, capturable };
    Refused(9, ResultCode::CaptureAmountExceedAuthLimit, refusal)
}

#[test]
fn row_1_an_amount_has_1_to_10_to_the_18_minus_1_minor_units() {
    let most = &[Terms(hold("p", usd(MAX_COMMANDED_MINOR)))];
    let out_of_bounds = |amount| {
        let refusal = Refusal::AmountOutOfBounds { field: "captureAmount", asked: usd(amount) };
        Refused(1, ResultCode::ParamIllegal, refusal)
    };
    check([
        ("nothing", most, c(0), out_of_bounds(0)),
        ("the least", most, c(1), Captured(1)),
        ("the most", most, c(MAX_COMMANDED_MINOR), Captured(MAX_COMMANDED_MINOR)),
        ("one more", most, c(MAX_COMMANDED_MINOR + 1), out_of_bounds(MAX_COMMANDED_MINOR + 1)),
        ("it comes before the payment is looked for", &[], c(0), out_of_bounds(0)),
    ]);
}

#[test]
fn row_2_an_id_used_for_another_request_says_which_field_differs() {
    for (field, again) in
        [("paymentId", part("c", "q", 100)), ("captureAmount", c(101)), ("isLastCapture", c(100).last(true))]
    {
        let w = World::after(&[Held]);
        w.done(&c(100));
        expect(
            field,
            &w,
            &again,
            Refused(2, ResultCode::RepeatReqInconsistent, Refusal::Inconsistent { field }),
        );
    }
}

#[test]
fn rows_3_and_4_the_same_request_is_answered_from_its_record() {
    let w = World::after(&[Held]);
    let first = w.done(&c(100));
    assert_eq!(w.tell(&c(100)), Outcome::Replayed(first));
    assert_eq!(w.wrote(), NOTHING);

    let open = part("open", "p", 200);
    w.reserve(&open);
    let record = w.record("open").unwrap();
    assert_eq!(w.tell(&open), Outcome::Pending(Pending::InProcess { record }));
    assert_eq!((w.code(&open), w.wrote()), (ResultCode::CaptureInProcess, NOTHING));
    w.done(&succeeded("open"));
    assert_eq!(w.code(&open), ResultCode::Success);
}

#[test]
fn row_5_an_authorization_that_is_not_there_or_another_merchants_is_not_found() {
    let missing = || Refused(5, ResultCode::AuthNotFound, Refusal::NoAuthorization);
    let stranger = Capture::new("other".parse().unwrap(), "c".parse().unwrap(), "p".parse().unwrap());
    check([
        ("there is none", &[], c(100), missing()),
        ("there is another", &[Held], part("c", "q", 100), missing()),
        ("ids are not folded", &[Held], part("c", "P", 100), missing()),
        ("another merchant's, which is not told", &[Held], stranger.amount(usd(100)), missing()),
        ("it is there", &[Held], c(100), Captured(100)),
    ]);
}

#[test]
fn row_6_what_is_cancelled_says_by_what() {
    let cancelled = |by| Refused(6, ResultCode::AuthCancelled, Refusal::Cancelled { by });
    check([
        ("by a cancel", &[Held, Cancelled], c(1), cancelled(ClosedBy::Cancel)),
        ("by a void of all", &[Held, VoidedAll], c(1), cancelled(ClosedBy::Void)),
        ("voided but for one unit", &[Held, Voided(999)], c(1), Captured(1)),
        ("after a capture", &[Held, Won(1), Cancelled], c(1), cancelled(ClosedBy::Cancel)),
        ("before its deadline", &[Held, Cancelled, Clock(LATER)], c(1), cancelled(ClosedBy::Cancel)),
    ]);
}

#[test]
fn row_7_the_deadline_is_the_first_instant_at_which_nothing_is_captured() {
    let expired = || Refused(7, ResultCode::AuthExpired, Refusal::Expired { deadline: instant(DEADLINE) });
    check([
        ("a microsecond before", &[Held, Clock("2026-03-08T08:59:59.999999Z")], c(1), Captured(1)),
        ("the deadline, swept", &[Held, Clock(DEADLINE), Swept], c(1), expired()),
        ("a microsecond after", &[Held, Clock("2026-03-08T09:00:00.000001Z"), Swept], c(1), expired()),
        ("one in process changes nothing", &[Held, Open(1), Clock(DEADLINE), Swept], c(1), expired()),
        (
            "it finds only the allowance left: full, on to row 9",
            &[Generous, Won(1000), Clock(DEADLINE), Swept],
            c(1),
            exceeds(Exceeded::CapturedInFull, Some(1), 0),
        ),
        (
            "closed before its deadline",
            &[Held, Won(1000), Clock(LATER)],
            c(1),
            exceeds(Exceeded::CapturedInFull, Some(1), 0),
        ),
    ]);
}

#[test]
fn row_7_a_capture_that_meets_the_deadline_closes_it_in_the_same_commit() {
    let closing_and_record = Wrote { authorizations: 1, payment_events: 1, ..ONE_RECORD };
    for (past, state, code) in [
        ([Held, Won(400)], State::Expired, ResultCode::AuthExpired),
        ([Generous, Won(1000)], State::FullyCaptured, ResultCode::CaptureAmountExceedAuthLimit),
    ] {
        let w = World::after(&past);
        w.at(DEADLINE);
        assert_eq!(w.refusal(&c(1)).code(), code);
        assert_eq!((w.wrote(), w.state("p")), (closing_and_record, state));
        assert_eq!((w.code(&c(1)), w.wrote()), (code, NOTHING));
    }
}

#[test]
fn row_8_only_the_authorizations_own_currency_is_taken() {
    let foreign = |code| capture("c", "p").amount(money(100, code)).last(false);
    let other = |code| {
        let refusal = Refusal::OtherCurrency { asked: money(100, code), expected: Currency::USD };
        Refused(8, ResultCode::CurrencyNotSupport, refusal)
    };
    check([
        ("another", &[Held], foreign("EUR"), other("EUR")),
        ("one without minor units", &[Held], foreign("XAU"), other("XAU")),
        ("its own", &[Held], foreign("USD"), Captured(100)),
    ]);
}

fn terms(amount: i64, percent: Option<&str>, limit: Option<i64>) -> Authorize {
    let mut authorize = hold("p", usd(amount));
    if let Some(percent) = percent {
        authorize = authorize.overcapture_percent(percent.parse().unwrap());
    }
    match limit {
        Some(limit) => authorize.overcapture_limit(usd(limit)),
        None => authorize,
    }
}

#[test]
fn row_9a_the_ceiling_is_the_hold_and_the_lesser_allowance_rounded_down() {
    // What is held, percent, limit, what was voided, the ceiling.
    for (amount, percent, limit, voided, ceiling) in [
        (1000, None, None, 0, 1000),
        (1000, Some("0"), None, 0, 1000),
        (1000, Some("10"), None, 0, 1100),
        (999, Some("10"), None, 0, 1098),
        (1001, Some("9.99"), None, 0, 1100),
        (1, Some("99.99"), None, 0, 1),
        (1, Some("100"), None, 0, 2),
        (1000, None, Some(1), 0, 1001),
        (1000, Some("10"), Some(99), 0, 1099),
        (1000, Some("10"), Some(101), 0, 1100),
        (1000, Some("0"), Some(500), 0, 1000),
        (1000, Some("10"), None, 501, 548),
        (1000, None, Some(500), 501, 999),
        (1000, Some("10"), Some(49), 501, 548),
    ] {
        let name = format!("{amount} + {percent:?} % or {limit:?}, less {voided}");
        let mut past = vec![Terms(terms(amount, percent, limit))];
        past.extend((voided > 0).then_some(Voided(voided)));
        let one_more = ceiling + 1;
        expect(&name, &World::after(&past), &c(ceiling), Captured(ceiling));
        let above = exceeds(Exceeded::AboveCeiling, Some(one_more), ceiling);
        expect(&name, &World::after(&past), &c(one_more), above);
    }
}

#[test]
fn row_9_is_final_beyond_the_ceiling_less_what_is_captured_and_open_within_it() {
    let above = |asked, capturable| exceeds(Exceeded::AboveCeiling, Some(asked), capturable);
    check([
        ("what is captured is gone", &[Held, Won(400)], c(600), Captured(600)),
        ("one more", &[Held, Won(400)], c(601), above(601, 600)),
        ("what is in process leaves the rest", &[Held, Open(400)], c(600), Captured(600)),
        ("what is in process may come back", &[Held, Open(400)], c(601), Waits),
        ("all of it", &[Held, Open(400)], c(1000), Waits),
        ("more than can come back", &[Held, Open(400)], c(1001), above(1001, 600)),
        ("captured and in process", &[Held, Won(400), Open(600)], c(600), Waits),
        ("captured and in process, one more", &[Held, Won(400), Open(600)], c(601), above(601, 0)),
        ("the allowance may come back", &[Generous, Open(1500)], c(1500), Waits),
        ("more than the allowance", &[Generous, Open(1500)], c(1501), above(1501, 0)),
        ("a last one in process stops the others", &[Held, OpenLast(1)], c(1), Waits),
        ("but not for ever", &[Held, OpenLast(1)], c(1001), above(1001, 0)),
        ("a reversed one is capturable again", &[Held, Back(400)], c(1000), Captured(1000)),
        ("a failed one is capturable again", &[Held, Lost(400)], c(1000), Captured(1000)),
        ("so is what a smaller settlement left", &[Held, Less(400, 1)], c(999), Captured(999)),
        ("and no more", &[Held, Less(400, 1)], c(1000), above(1000, 999)),
    ]);
}

#[test]
fn row_9_an_absent_amount_is_all_that_is_left_without_the_allowance() {
    let nothing = |capturable| exceeds(Exceeded::NothingLeft, None, capturable);
    check([
        ("all", &[Held], all(), Captured(1000)),
        ("without the allowance", &[Generous], all(), Captured(1000)),
        ("less captured and voided", &[Held, Won(400), Voided(100)], all(), Captured(500)),
        ("one unit", &[Held, Won(999)], all(), Captured(1)),
        ("nothing but the allowance", &[Generous, Won(1000)], all(), nothing(500)),
        ("less than nothing", &[Generous, Won(1200)], all(), nothing(300)),
        ("any in process may change it", &[Held, Open(1)], all(), Waits),
        ("all of it in process", &[Held, Open(1000)], all(), Waits),
        ("a last one in process", &[Held, OpenLast(1)], all(), Waits),
        ("nothing, whichever way they end", &[Generous, Won(1000), Open(100)], all(), nothing(400)),
    ]);
}

#[test]
fn row_9_tells_why_a_closed_authorization_gives_nothing() {
    let one = |why| exceeds(why, Some(1), 0);
    check([
        ("captured in full", &[Held, Won(1000)], c(1), one(Exceeded::CapturedInFull)),
        ("all asked", &[Held, Won(1000)], all(), exceeds(Exceeded::CapturedInFull, None, 0)),
        ("by a last capture", &[Held, WonLast(400)], c(1), one(Exceeded::ClosedByLastCapture)),
        ("by a void", &[Held, Won(400), VoidedAll], c(1), one(Exceeded::Voided)),
    ]);
    let w = World::after(&[Held, Won(1000)]);
    w.done(&reverse("won-1000"));
    expect("a reversal does not open it", &w, &c(1), one(Exceeded::CapturedInFull));
    let w = World::after(&[Held, Open(400), WonLast(1)]);
    w.done(&failed("open-400"));
    expect("nor does a failure", &w, &c(1), one(Exceeded::ClosedByLastCapture));
    for (why, advice) in [
        (Exceeded::AboveCeiling, Advice::NewId),
        (Exceeded::NothingLeft, Advice::Stop),
        (Exceeded::ClosedByLastCapture, Advice::Stop),
    ] {
        let refusal = Refusal::ExceedsAuthorization { why, asked: None, capturable: usd(0) };
        assert_eq!(refusal.advice(), advice);
    }
}

#[test]
fn row_10_counts_what_succeeded_and_waits_for_what_is_in_process() {
    let two = Terms(hold("p", usd(1000)).max_captures(most(2)));
    let two = || two.clone();
    let used_up = |max| Refused(10, ResultCode::PaymentCountExceedLimit, Refusal::CapturesUsedUp { max });
    check([
        ("one is left", &[two(), Won(1)], c(1), Captured(1)),
        ("none is left", &[two(), Won(1), Won(2)], c(1), used_up(2)),
        ("one hangs", &[two(), Won(1), Open(2)], c(1), Waits),
        ("both hang", &[two(), Open(1), Open(2)], c(1), Waits),
        ("a failed one does not count", &[two(), Won(1), Lost(2)], c(1), Captured(1)),
        ("a reversed one does not count", &[two(), Won(1), Back(2)], c(1), Captured(1)),
    ]);
    let fifty: Vec<Past> = [Held].into_iter().chain((1..=40).map(Won)).collect();
    let w = World::after(&fifty);
    (0..10).for_each(|at| drop(w.done(&part(&format!("more-{at}"), "p", 1))));
    expect("50 by default", &w, &c(1), used_up(50));
}

#[test]
fn row_11_the_limit_for_one_payment_is_of_its_currency() {
    let limits = [usd(500), money(1, "EUR")];
    for (amount, expected) in [
        (500, Captured(500)),
        (
            501,
            Refused(
                11,
                ResultCode::PaymentAmountExceedLimit,
                Refusal::PaymentLimit { asked: usd(501), limit: usd(500) },
            ),
        ),
    ] {
        let w = World::after(&[Held]).reconfigured(Settings::default().payment_limits(limits).unwrap());
        expect("the limit", &w, &c(amount), expected);
    }
    let resolved = World::after(&[Held]).reconfigured(Settings::default().payment_limits(limits).unwrap());
    let refusal = Refusal::PaymentLimit { asked: usd(1000), limit: usd(500) };
    let refused = Refused(11, ResultCode::PaymentAmountExceedLimit, refusal);
    expect("an absent amount is held to it too", &resolved, &all(), refused);
    let other = Settings::default().payment_limits([money(1, "EUR")]).unwrap();
    expect("another currency's", &World::after(&[Held]).reconfigured(other), &c(501), Captured(501));
}

/// A payer with a balance, and a hold of 10.00 USD, or what it draws on.
fn with_payer(balance: i64, terms: Authorize) -> World {
    let w = World::new();
    w.done(&register("payer", balance));
    w.done(&terms.payer("payer".parse().unwrap()));
    w
}

fn held() -> Authorize {
    hold("p", usd(1000)).overcapture_limit(usd(500))
}

fn drawn() -> Authorize {
    held().funding(Funding::Drawn)
}

#[test]
fn row_12_a_payer_whose_status_is_not_normal_pays_nothing() {
    let w = with_payer(5000, held());
    let status = |status| Adjustment { status: Some(status), ..Default::default() };
    w.done(&adjust("stop", "payer", status(PayerStatus::Abnormal)));
    let refused = Refused(12, ResultCode::UserStatusAbnormal, Refusal::PayerStatus);
    expect("abnormal", &w, &c(100), refused);
    w.done(&adjust("go", "payer", status(PayerStatus::Normal)));
    assert_eq!(w.code(&c(100)), ResultCode::UserStatusAbnormal, "it stays refused");
    assert_eq!(w.code(&part("again", "p", 100)), ResultCode::Success, "a new one is not");
}

#[test]
fn rows_13_and_14_the_payers_count_and_sum_in_the_window_at_their_limits() {
    let count =
        |count, limit| Refused(13, ResultCode::PaymentCountExceedLimit, Refusal::PayerCount { count, limit });
    let sum = |asked, sum, limit| {
        let sum = Total::from(usd(sum));
        let refusal = Refusal::PayerSum { asked: usd(asked), sum, limit: usd(limit) };
        Refused(14, ResultCode::UserAmountExceedLimit, refusal)
    };
    for (name, past, max_count, max_amount, amount, expected) in [
        ("no captures at all", &[][..], Some(0), None, 1, count(0, 0)),
        ("the only one", &[], Some(1), None, 1, Captured(1)),
        ("the second of one", &[Won(1)], Some(1), None, 2, count(1, 1)),
        ("one in process counts", &[Open(1)], Some(1), None, 2, count(1, 1)),
        ("a failed one does not", &[Lost(1)], Some(1), None, 2, Captured(2)),
        ("nor a reversed one", &[Back(1)], Some(1), None, 2, Captured(2)),
        ("the sum", &[Won(100)], None, Some(500), 400, Captured(400)),
        ("one unit more", &[Won(100)], None, Some(500), 401, sum(401, 100, 500)),
        ("nothing at all", &[], None, Some(0), 1, sum(1, 0, 0)),
        ("what is in process is spent", &[Open(100)], None, Some(500), 401, sum(401, 100, 500)),
        ("what failed is not", &[Lost(100)], None, Some(500), 500, Captured(500)),
        ("nor what a settlement left", &[Less(100, 1)], None, Some(500), 499, Captured(499)),
    ] {
        let w = with_payer(5000, held());
        w.live(past);
        let limits = limits(max_count, max_amount);
        w.done(&adjust("limit", "payer", Adjustment { limits, ..Default::default() }));
        expect(name, &w, &c(amount), expected);
    }
}

#[test]
fn row_15_the_payers_free_funds_cover_what_the_hold_does_not() {
    let short = |needed, free| {
        let refusal = Refusal::PayerFunds { needed: usd(needed), free: Total::from(usd(free)) };
        Refused(15, ResultCode::UserBalanceNotEnough, refusal)
    };
    for (name, balance, terms, past, amount, expected) in [
        ("the hold needs nothing more", 1000, held(), &[][..], 1000, Captured(1000)),
        ("one unit beyond it, none is free", 1000, held(), &[], 1001, short(1, 0)),
        ("one unit beyond it, one is free", 1001, held(), &[], 1001, Captured(1001)),
        ("what is claimed is not the hold's any more", 1100, held(), &[Won(400)], 701, short(101, 100)),
        ("up to what is free", 1100, held(), &[Won(400)], 700, Captured(700)),
        ("what is in process is spent", 1100, held(), &[Open(1100)], 1, short(1, 0)),
        ("what is voided is free", 1000, held(), &[Voided(100)], 1000, Captured(1000)),
        ("a draw needs all", 999, drawn(), &[], 1000, short(1000, 999)),
        ("a draw of all there is", 999, drawn(), &[], 999, Captured(999)),
        ("what another draw reserves is spent", 999, drawn(), &[Open(500)], 500, short(500, 499)),
        ("what it leaves", 999, drawn(), &[Open(500)], 499, Captured(499)),
    ] {
        let w = with_payer(balance, terms);
        w.live(past);
        expect(name, &w, &c(amount), expected);
    }
}

#[test]
fn rows_16_to_18_the_verdict_and_the_settlement_decide() {
    let deferred = || Terms(hold("p", usd(1000)).settlement(Settlement::Deferred));
    for (name, terms, verdict, expected) in [
        ("rejected", Held, Verdict::Reject, Refused(16, ResultCode::RiskReject, Refusal::Risk)),
        (
            "rejected, deferred",
            deferred(),
            Verdict::Reject,
            Refused(16, ResultCode::RiskReject, Refusal::Risk),
        ),
        ("reviewed", Held, Verdict::Review, Reserved(100)),
        ("reviewed, deferred", deferred(), Verdict::Review, Reserved(100)),
        ("accepted, deferred", deferred(), Verdict::Accept, Reserved(100)),
        ("accepted", Held, Verdict::Accept, Captured(100)),
    ] {
        let w = World::after(&[terms]);
        w.verdict.set(Some(verdict));
        expect(name, &w, &c(100), expected);
        assert_eq!(w.asked.borrow().len(), 1, "{name}: asked once");
    }
}

#[test]
fn the_verdict_is_asked_once_for_the_resolved_amount_and_only_when_all_else_passed() {
    let w = with_payer(5000, held());
    w.live(&[Won(300)]);
    w.asked.borrow_mut().clear();
    w.refusal(&part("too-much", "p", 2000));
    w.done(&all().last(false));
    w.tell(&all().last(false));
    w.tell(&capture("c", "p").amount(usd(1)));
    w.quote(&part("quoted", "p", 1));
    let question = RiskQuestion {
        merchant: "shop".parse().unwrap(),
        request: "c".parse().unwrap(),
        payment: "p".parse().unwrap(),
        amount: usd(700),
        payer: Some("payer".parse().unwrap()),
    };
    assert_eq!(*w.asked.borrow(), [question], "not for refused ones, replays, quotes");
}

#[test]
fn a_host_that_cannot_give_a_verdict_leaves_everything_open() {
    let w = World::after(&[Held]);
    w.verdict.set(None);
    let error = w.ask(&c(100)).unwrap_err();
    assert!(matches!(error, EngineError::NoVerdict), "{error:?}");
    assert_eq!((error.code(), error.advice()), (ResultCode::UnknownException, Advice::SameId));
    assert_eq!((w.wrote(), w.record("c")), (NOTHING, None));
    w.verdict.set(Some(Verdict::Accept));
    expect("the same id again", &w, &c(100), Captured(100));
}
