//! Rows 10 to 18 of the capture table, each at its boundary, on both sides: the
//! limits, the payer's account, the risk check's verdict.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    missing_docs
)]

use capture_engine::command::{Adjustment, Authorize, PayerStatus};
use capture_engine::money::Total;
use capture_engine::outcome::{Outcome, Quote};
use capture_engine::risk::{RiskQuestion, Verdict};
use capture_engine::terms::{Funding, Settlement};
use capture_engine::{Advice, EngineError, Refusal, ResultCode, Settings};

#[path = "support/expect.rs"]
mod expect;
#[path = "support/world.rs"]
mod world;
use expect::Expect::{Captured, Refused, Reserved, Waits};
use expect::{all, c, check, expect};
use world::Past::*;
use world::*;

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

#[test]
fn a_quote_says_whether_the_outcome_will_be_known_at_once() {
    for (settlement, code) in
        [(Settlement::Immediate, ResultCode::Success), (Settlement::Deferred, ResultCode::CaptureInProcess)]
    {
        let w = World::after(&[Terms(hold("p", usd(1000)).settlement(settlement))]);
        w.verdict.set(Some(Verdict::Reject));
        let outcome = w.quote(&c(100));
        assert_eq!((outcome.code(), w.wrote(), w.record("c")), (code, NOTHING, None));
        assert!(w.asked.borrow().is_empty(), "no verdict is asked for");
        w.verdict.set(Some(Verdict::Accept));
        w.tell(&c(100));
        let record = w.record("c").unwrap();
        match w.quote(&c(100)) {
            Outcome::Replayed(Quote::Recorded(found)) => assert_eq!(found, record),
            other => assert_eq!(other.code(), ResultCode::CaptureInProcess),
        }
    }
}
