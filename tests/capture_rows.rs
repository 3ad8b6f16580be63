//! Rows 1 to 9 of the capture table, each at its boundary, on both sides: the
//! request, and what its authorization can give.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    missing_docs
)]

use capture_engine::command::{Authorize, Capture};
use capture_engine::money::MAX_COMMANDED_MINOR;
use capture_engine::outcome::{Outcome, Pending};
use capture_engine::refusal::Exceeded;
use capture_engine::state::ClosedBy;
use capture_engine::{Advice, Currency, Refusal, ResultCode, State};

#[path = "support/expect.rs"]
mod expect;
#[path = "support/world.rs"]
mod world;
use expect::Expect::{Captured, Refused, Waits};
use expect::{Expect, all, c, check, expect};
use world::Past::*;
use world::*;

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
    // The advice is the same when the refusal is replayed.
    let w = World::after(&[Held, WonLast(400)]);
    let first = w.tell(&c(1)).advice();
    assert_eq!((first, w.tell(&c(1)).advice()), (Advice::NewId, Advice::NewId));
}
