//! The same request again, of the commands beside the capture: the recorded
//! answer for ever; and what makes it another request.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    missing_docs
)]

use std::fmt::Debug;

use capture_engine::command::{
    AdjustPayer, Adjustment, Authorize, FundsChange, PayerStatus, RegisterPayer, UsageLimits, VoidAmount,
};
use capture_engine::decide::Decide;
use capture_engine::outcome::{Answer, Outcome};
use capture_engine::record::PayerFunds;
use capture_engine::terms::{Funding, Settlement};
use capture_engine::{Currency, Money, Refusal, ResultCode, Settings};

#[path = "support/world.rs"]
mod world;
use world::Past::*;
use world::*;

/// The same request, or another in this field.
type Repeat = Result<(), &'static str>;

/// Tells a request again; the same one is answered with what was recorded first.
fn repeat<C: Decide + Sync>(name: &str, w: &World, again: &C, first: &C::Answer, expected: Repeat)
where
    C::Answer: Answer + Clone + Debug + PartialEq,
{
    let expected = match expected {
        Ok(()) => Outcome::Replayed(first.clone()),
        Err(field) => Outcome::Refused(Refusal::Inconsistent { field }),
    };
    assert_eq!(w.tell(again), expected, "{name}");
    assert_eq!(w.wrote(), NOTHING, "{name}: nothing is written, no event appended");
}

/// What can be configured afterwards.
fn later_settings() -> [(&'static str, Settings); 4] {
    [
        ("another offset", Settings::default().offset("-03:30".parse().unwrap())),
        ("other currencies", Settings::default().currencies([Currency::JPY]).unwrap()),
        ("lower limits", Settings::default().payment_limits([usd(1)]).unwrap()),
        ("another default of isLastCapture", Settings::default().last_by_default(false)),
    ]
}

#[test]
fn the_same_authorize_is_told_from_another_by_its_values() {
    let payer = || "payer".parse().unwrap();
    let first = || {
        let limit = usd(100);
        hold("p", usd(1000))
            .payer(payer())
            .overcapture_percent("15".parse().unwrap())
            .overcapture_limit(limit)
    };
    let later = |amount: Money, deadline: &str| {
        Authorize::new("shop".parse().unwrap(), "p".parse().unwrap(), amount, instant(deadline))
            .payer(payer())
    };
    let w = World::new();
    w.done(&register("payer", 5000));
    let record = w.done(&first());
    let percent = |text: &str| first().overcapture_percent(text.parse().unwrap());
    for (name, again, expected) in [
        ("the same", first(), Ok(())),
        ("a percentage as a number", percent("15.00"), Ok(())),
        ("an absent field as its default", first().max_captures(most(50)), Ok(())),
        ("settlement as its default", first().settlement(Settlement::Immediate), Ok(())),
        ("funding as its default", first().funding(Funding::Held), Ok(())),
        ("amount", later(usd(999), DEADLINE), Err("paymentAmount")),
        ("currency", later(money(1000, "EUR"), DEADLINE), Err("paymentAmount")),
        ("a deadline that has passed", later(usd(1000), NOW), Err("authExpiryTime")),
        ("payer", first().payer("nobody".parse().unwrap()), Err("payerId")),
        ("no payer", hold("p", usd(1000)), Err("payerId")),
        ("captures", first().max_captures(most(49)), Err("maxCaptures")),
        ("percentage", percent("15.01"), Err("overcapturePercent")),
        (
            "absent is not 0",
            later(usd(1000), DEADLINE).overcapture_limit(usd(100)),
            Err("overcapturePercent"),
        ),
        ("limit", first().overcapture_limit(usd(101)), Err("overcaptureLimit")),
        ("settlement", first().settlement(Settlement::Deferred), Err("settlement")),
        ("funding", first().funding(Funding::Drawn), Err("funding")),
    ] {
        repeat(name, &w, &again, &record, expected);
    }
    // An instant as an instant, at whichever offset it was written.
    let written = later(usd(1000), "2026-03-08T17:00:00+08:00").overcapture_percent("15".parse().unwrap());
    repeat("an instant", &w, &written.overcapture_limit(usd(100)), &record, Ok(()));
    w.live(&[Won(1), Cancelled, Clock(LATER)]);
    for (name, settings) in later_settings() {
        repeat(name, &w.reconfigured(settings), &first(), &record, Ok(()));
    }
}

#[test]
fn an_authorizes_refusals_are_recorded_but_not_what_is_malformed() {
    let paid = |amount: Money| hold("p", amount).payer("payer".parse().unwrap());
    let limited = Settings::default().payment_limits([usd(10_000)]).unwrap();
    for (balance, status, authorize, code) in [
        (5000, PayerStatus::Normal, paid(money(1, "EUR")), ResultCode::CurrencyNotSupport),
        (5000, PayerStatus::Normal, paid(usd(10_001)), ResultCode::PaymentAmountExceedLimit),
        (5000, PayerStatus::Abnormal, paid(usd(1)), ResultCode::UserStatusAbnormal),
        (5000, PayerStatus::Normal, paid(usd(5001)), ResultCode::UserBalanceNotEnough),
    ] {
        let w = World::with(limited.clone());
        w.done(&register("payer", balance).status(status));
        assert_eq!((w.refusal(&authorize).code(), w.wrote()), (code, ONE_RECORD));
        w.done(&adjust("a", "payer", Adjustment { status: Some(PayerStatus::Normal), ..add(100_000) }));
        let w = w.reconfigured(Settings::default());
        assert_eq!((w.code(&authorize), w.wrote()), (code, NOTHING), "for ever");
        w.at(LATER);
        assert_eq!((w.code(&authorize), w.wrote()), (code, NOTHING), "after its deadline too");
        assert!(w.inquire("p").is_none());
    }
    let w = World::new();
    let (early, later) = (paid(usd(1000)), w.at(LATER).refusal(&paid(usd(1000))));
    assert_eq!((later.code(), w.wrote()), (ResultCode::ParamIllegal, NOTHING), "deadline not in the future");
    assert_eq!(w.at(NOW).refusal(&early), Refusal::UnknownPayer);
    w.done(&register("payer", 5000));
    w.done(&early);
}

#[test]
fn the_same_void_is_told_from_another_and_all_is_not_the_amount_it_came_to() {
    let part_of = |code| void("v", "p", VoidAmount::Part(money(600, code)));
    for (first, cases) in [
        (
            void_all("v", "p"),
            [
                ("all again", void_all("v", "p"), Ok(())),
                ("what it came to", part_of("USD"), Err("voidAmount")),
                ("another payment", void_all("v", "q"), Err("paymentId")),
            ],
        ),
        (
            part_of("USD"),
            [
                ("the amount again", part_of("USD"), Ok(())),
                ("all", void_all("v", "p"), Err("voidAmount")),
                ("another currency", part_of("EUR"), Err("voidAmount")),
            ],
        ),
    ] {
        let w = World::after(&[Held, Won(400)]);
        let record = w.done(&first);
        assert_eq!(record.result, Ok(usd(600)));
        for (name, again, expected) in &cases {
            repeat(name, &w, again, &record, *expected);
        }
        w.done(&reverse("won-400"));
        repeat("after a reversal", &w, &first, &record, Ok(()));
        w.at(LATER).sweep();
        for (name, settings) in later_settings() {
            repeat(name, &w.reconfigured(settings), &first, &record, Ok(()));
        }
    }
}

#[test]
fn a_voids_refusals_are_recorded_for_ever_but_not_what_waits() {
    let foreign = void("v", "p", VoidAmount::Part(money(1, "EUR")));
    for (past, first, code, later) in [
        (&[][..], void_all("v", "p"), ResultCode::AuthNotFound, Held),
        (&[Held, Cancelled], void_all("v", "p"), ResultCode::AuthCancelled, Clock(LATER)),
        (&[Held, Clock(DEADLINE)], void_all("v", "p"), ResultCode::AuthExpired, Clock(NOW)),
        (&[Held], foreign, ResultCode::CurrencyNotSupport, Cancelled),
        (&[Held, Back(400)], void_part("v", "p", 1001), ResultCode::CaptureAmountExceedAuthLimit, Cancelled),
    ] {
        let w = World::after(past);
        assert_eq!(w.refusal(&first).code(), code);
        assert_eq!(w.wrote().records, 1, "{code}");
        w.live(&[later]);
        assert_eq!((w.code(&first), w.wrote()), (code, NOTHING), "{code}, for ever");
    }
    let w = World::after(&[Held, Open(400)]);
    assert_eq!((w.code(&void_all("v", "p")), w.wrote()), (ResultCode::CaptureInProcess, NOTHING));
    w.done(&failed("open-400"));
    assert_eq!(w.done(&void_all("v", "p")).result, Ok(usd(1000)), "the same id, once nothing is in process");
}

#[test]
fn a_cancel_that_succeeded_is_answered_the_same_for_ever() {
    let w = World::after(&[Held, Won(400)]);
    let record = w.done(&cancel("p"));
    assert_eq!((record.released, record.time.to_string().as_str()), (usd(600), "2026-03-01T17:00:00+08:00"));
    w.done(&reverse("won-400"));
    repeat("after a reversal", &w, &cancel("p"), &record, Ok(()));
    w.at(LATER).sweep();
    for (name, settings) in later_settings() {
        repeat(name, &w.reconfigured(settings), &cancel("p"), &record, Ok(()));
    }
}

#[test]
fn a_cancels_other_answers_depend_on_the_moment() {
    let w = World::after(&[Held, Open(400)]);
    assert_eq!((w.code(&cancel("p")), w.wrote()), (ResultCode::CaptureInProcess, NOTHING));
    w.done(&succeeded("open-400"));
    w.done(&part("more", "p", 600));
    assert_eq!((w.code(&cancel("p")), w.wrote()), (ResultCode::OrderStatusInvalid, NOTHING));
    let w = World::after(&[]);
    assert_eq!((w.code(&cancel("p")), w.wrote()), (ResultCode::AuthNotFound, NOTHING));
    w.live(&[Held]);
    w.done(&cancel("p"));
}

#[test]
fn the_same_registration_is_told_from_another_field_by_field() {
    let first = || register("payer", 1000).limits(limits(Some(5), Some(500)));
    let w = World::new();
    let record = w.done(&first());
    let euro =
        RegisterPayer::new("payer".parse().unwrap(), money(1000, "EUR")).limits(limits(Some(5), Some(500)));
    for (name, again, expected) in [
        ("the same", first(), Ok(())),
        ("status as its default", first().status(PayerStatus::Normal), Ok(())),
        ("balance", register("payer", 999).limits(limits(Some(5), Some(500))), Err("balance")),
        ("currency", euro, Err("balance")),
        ("status", first().status(PayerStatus::Abnormal), Err("status")),
        ("count", first().limits(limits(Some(6), Some(500))), Err("maxCountPerWindow")),
        ("no count", first().limits(limits(None, Some(500))), Err("maxCountPerWindow")),
        ("sum", first().limits(limits(Some(5), Some(501))), Err("maxAmountPerWindow")),
        ("no sum", first().limits(limits(Some(5), None)), Err("maxAmountPerWindow")),
    ] {
        repeat(name, &w, &again, &record, expected);
    }
    w.done(&adjust("a", "payer", withdraw(1000)));
    for (name, settings) in later_settings() {
        repeat(name, &w.reconfigured(settings), &first(), &record, Ok(()));
    }
    assert_eq!(w.funds("payer"), (0, 0), "a repeat makes no account again");
}

#[test]
fn the_same_adjustment_is_told_from_another_and_prints_the_funds_of_its_time() {
    let first = Adjustment {
        funds: Some(FundsChange::Add(usd(100))),
        status: Some(PayerStatus::Normal),
        clear_limits: true,
        limits: limits(Some(5), Some(500)),
        reset_usage: true,
    };
    let w = World::new();
    w.done(&register("payer", 1000));
    w.done(&register("other", 1000));
    w.done(&hold("p", usd(400)).payer("payer".parse().unwrap()));
    let record = w.done(&adjust("a", "payer", first));
    let funds = PayerFunds { balance: usd(1100).into(), held: usd(400).into() };
    assert_eq!(record.result, Ok(funds));
    let sum = |amount| UsageLimits { max_amount: Some(amount), ..first.limits };
    for (name, payer, again, expected) in [
        ("the same", "payer", first, Ok(())),
        ("another payer", "other", first, Err("payerId")),
        ("a payer who is not there", "nobody", first, Err("payerId")),
        ("funds", "payer", Adjustment { funds: add(101).funds, ..first }, Err("funds")),
        ("the other way", "payer", Adjustment { funds: withdraw(100).funds, ..first }, Err("funds")),
        ("no funds", "payer", Adjustment { funds: None, ..first }, Err("funds")),
        ("status", "payer", Adjustment { status: Some(PayerStatus::Abnormal), ..first }, Err("status")),
        ("no status", "payer", Adjustment { status: None, ..first }, Err("status")),
        ("limits kept", "payer", Adjustment { clear_limits: false, ..first }, Err("clearLimits")),
        ("usage kept", "payer", Adjustment { reset_usage: false, ..first }, Err("resetUsage")),
        (
            "count",
            "payer",
            Adjustment { limits: limits(Some(6), Some(500)), ..first },
            Err("maxCountPerWindow"),
        ),
        ("sum", "payer", Adjustment { limits: sum(usd(501)), ..first }, Err("maxAmountPerWindow")),
        (
            "currency of the sum",
            "payer",
            Adjustment { limits: sum(money(500, "EUR")), ..first },
            Err("maxAmountPerWindow"),
        ),
    ] {
        repeat(name, &w, &adjust("a", payer, again), &record, expected);
    }
    w.live(&[Won(400)]);
    w.done(&adjust("b", "payer", withdraw(700)));
    for (name, settings) in later_settings() {
        repeat(name, &w.reconfigured(settings), &adjust("a", "payer", first), &record, Ok(()));
    }
}

#[test]
fn an_adjustment_changes_what_it_names_and_nothing_else() {
    let only = Adjustment::default;
    let abnormal = Adjustment { status: Some(PayerStatus::Abnormal), ..only() };
    let normal = PayerStatus::Normal;
    let all = limits(Some(5), Some(500));
    // What is adjusted; balance, status and limits afterwards, of 10.00, normal, 5 and 5.00.
    for (name, adjustment, balance, status, limits_after) in [
        ("nothing", only(), 1000, normal, all),
        ("funds added", add(1), 1001, normal, all),
        ("funds withdrawn", withdraw(1000), 0, normal, all),
        ("status", abnormal, 1000, PayerStatus::Abnormal, all),
        (
            "the count",
            Adjustment { limits: limits(Some(6), None), ..only() },
            1000,
            normal,
            limits(Some(6), Some(500)),
        ),
        (
            "the sum",
            Adjustment { limits: limits(None, Some(0)), ..only() },
            1000,
            normal,
            limits(Some(5), Some(0)),
        ),
        ("no limits", Adjustment { clear_limits: true, ..only() }, 1000, normal, limits(None, None)),
        (
            "no limits but the count",
            Adjustment { clear_limits: true, limits: limits(Some(6), None), ..only() },
            1000,
            normal,
            limits(Some(6), None),
        ),
    ] {
        let w = World::new();
        w.done(&register("payer", 1000).limits(all));
        w.done(&adjust("a", "payer", adjustment));
        assert_eq!(w.wrote(), Wrote { payers: 1, payer_events: 1, ..ONE_RECORD }, "{name}");
        let payer = w.payer("payer");
        assert_eq!((payer.status(), payer.limits()), (status, limits_after), "{name}");
        assert_eq!((w.funds("payer"), payer.resets()), ((balance, 0), 0), "{name}");
    }
}

#[test]
fn an_adjustments_refusals_are_recorded_but_not_what_is_malformed() {
    let foreign = Adjustment { funds: Some(FundsChange::Add(money(1, "EUR"))), ..Adjustment::default() };
    let w = World::new();
    w.done(&register("payer", 1000));
    let recorded: [(AdjustPayer, ResultCode); 2] = [
        (adjust("a", "payer", foreign), ResultCode::CurrencyNotSupport),
        (adjust("b", "payer", withdraw(1001)), ResultCode::UserBalanceNotEnough),
    ];
    for (adjust, code) in &recorded {
        assert_eq!((w.refusal(adjust).code(), w.wrote()), (*code, ONE_RECORD));
    }
    let too_high = adjust("c", "payer", add(999_999_999_999_999_999));
    let nobody = adjust("d", "nobody", add(1));
    for adjust in [&too_high, &nobody] {
        assert_eq!((w.refusal(adjust).code(), w.wrote()), (ResultCode::ParamIllegal, NOTHING));
    }
    w.done(&adjust("e", "payer", withdraw(1000)));
    w.done(&register("nobody", 0));
    w.done(&too_high);
    w.done(&nobody);
    for (adjust, code) in &recorded {
        assert_eq!((w.code(adjust), w.wrote()), (*code, NOTHING), "for ever");
    }
}
