//! A final answer stays: whatever happened since, whatever was configured
//! since. And what is the same request again, and what is another one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    missing_docs
)]

use capture_engine::command::{Adjustment, Capture, ExtendInfo, PayerStatus};
use capture_engine::outcome::{Fenced, Outcome, Pending};
use capture_engine::record::CaptureRecord;
use capture_engine::risk::Verdict;
use capture_engine::settings::{CaptureIdKey, UsageWindows};
use capture_engine::{Currency, Instant, Money, Refusal, ResultCode, Settings};

#[path = "support/world.rs"]
mod world;
use world::Past::*;
use world::*;

/// All that the answer of a capture prints.
#[derive(Debug, PartialEq)]
struct Printed {
    code: ResultCode,
    capture: Option<String>,
    amount: Option<Money>,
    time: Option<String>,
    note: Option<String>,
}

fn printed(record: &CaptureRecord) -> Printed {
    Printed {
        code: record.code(),
        capture: record.capture_id().map(ToString::to_string),
        amount: record.captured().map(|(amount, _)| amount),
        time: record.captured().map(|(_, time)| time.to_string()),
        note: record.extend_info().map(|info| info.as_str().to_owned()),
    }
}

/// A way in which the capture "c" gets its final answer.
type First = (ResultCode, fn(&World) -> Capture);

fn c() -> Capture {
    part("c", "p", 100).extend_info(ExtendInfo::try_from("a note").unwrap())
}

fn payment(w: &World) {
    w.done(&register("payer", 2000));
    w.done(&hold("p", usd(1000)).payer("payer".parse().unwrap()).overcapture_limit(usd(500)));
}

fn adjusted(w: &World, request: &str, adjustment: Adjustment) {
    w.done(&adjust(request, "payer", adjustment));
}

fn abnormal() -> Adjustment {
    Adjustment { status: Some(PayerStatus::Abnormal), ..Adjustment::default() }
}

fn limited(max_count: Option<u32>, max_amount: Option<i64>) -> Adjustment {
    Adjustment { limits: limits(max_count, max_amount), ..Adjustment::default() }
}

/// One way for each final code that a capture can have, and more for a success.
const FIRSTS: &[First] = &[
    (ResultCode::Success, |w| {
        payment(w);
        c()
    }),
    (ResultCode::Success, |w| {
        payment(w);
        w.reserve(&c());
        w.done(&succeeded_with("c", 99));
        c()
    }),
    (ResultCode::Success, |w| {
        payment(w);
        w.done(&c());
        w.done(&reverse("c"));
        c()
    }),
    (ResultCode::ProcessFail, |w| {
        payment(w);
        w.reserve(&c());
        w.done(&failed("c"));
        c()
    }),
    (ResultCode::RiskReject, |w| {
        payment(w);
        w.reserve(&c());
        w.done(&failed_with("c", ResultCode::RiskReject));
        c()
    }),
    (ResultCode::RiskReject, |w| {
        payment(w);
        w.verdict.set(Some(Verdict::Reject));
        c()
    }),
    (ResultCode::ProcessFail, |w| {
        w.done(&abandon("c"));
        payment(w);
        c()
    }),
    (ResultCode::AuthNotFound, |_| c()),
    (ResultCode::AuthCancelled, |w| {
        payment(w);
        w.done(&cancel("p"));
        c()
    }),
    (ResultCode::AuthExpired, |w| {
        payment(w);
        w.at(DEADLINE);
        c()
    }),
    (ResultCode::CurrencyNotSupport, |w| {
        payment(w);
        c().amount(money(100, "EUR"))
    }),
    (ResultCode::CaptureAmountExceedAuthLimit, |w| {
        payment(w);
        c().amount(usd(1501))
    }),
    (ResultCode::PaymentCountExceedLimit, |w| {
        w.done(&hold("p", usd(1000)).max_captures(most(1)));
        w.live(&[Won(1)]);
        c()
    }),
    (ResultCode::UserStatusAbnormal, |w| {
        payment(w);
        adjusted(w, "before", abnormal());
        c()
    }),
    (ResultCode::PaymentCountExceedLimit, |w| {
        payment(w);
        adjusted(w, "before", limited(Some(0), None));
        c()
    }),
    (ResultCode::UserAmountExceedLimit, |w| {
        payment(w);
        adjusted(w, "before", limited(None, Some(99)));
        c()
    }),
    (ResultCode::UserBalanceNotEnough, |w| {
        payment(w);
        adjusted(w, "before", withdraw(1000));
        c().amount(usd(1001))
    }),
];

type Later = (&'static str, fn(&World));

/// What can happen afterwards. Whether it is accepted does not matter.
const LATER_EVENTS: &[Later] = &[
    ("nothing", |_| ()),
    ("a payment and a payer of that name come", |w| {
        w.tell(&register("payer", 2000));
        w.tell(&hold("p", usd(5000)));
    }),
    ("another capture", |w| drop(w.tell(&part("x", "p", 1)))),
    ("another capture in process", |w| {
        w.verdict.set(Some(Verdict::Review));
        w.tell(&part("x", "p", 1));
    }),
    ("it is told to have succeeded", |w| drop(w.tell(&succeeded("c")))),
    ("it is told to have succeeded with less", |w| drop(w.tell(&succeeded_with("c", 1)))),
    ("it is told to have failed", |w| drop(w.tell(&failed_with("c", ResultCode::AuthCancelled)))),
    ("it is reversed", |w| drop(w.tell(&reverse("c")))),
    ("it is abandoned", |w| drop(w.tell(&abandon("c")))),
    ("a part is voided", |w| drop(w.tell(&void_part("v", "p", 1)))),
    ("all is voided", |w| drop(w.tell(&void_all("v", "p")))),
    ("it is cancelled", |w| drop(w.tell(&cancel("p")))),
    ("a last capture", |w| drop(w.tell(&part("x", "p", 1).last(true)))),
    ("the deadline passes", |w| w.now.set(instant(LATER))),
    ("the deadline passes, and the sweep runs", |w| assert!(!w.at(LATER).sweep().more)),
    ("the clock jumps back", |w| w.now.set(instant("1999-12-31T00:00:00Z"))),
    ("the payer's status changes", |w| drop(w.tell(&adjust("a", "payer", abnormal())))),
    ("and back", |w| {
        let normal = Adjustment { status: Some(PayerStatus::Normal), ..Adjustment::default() };
        w.tell(&adjust("a", "payer", normal));
    }),
    ("the payer's limits shrink", |w| drop(w.tell(&adjust("a", "payer", limited(Some(0), Some(0)))))),
    ("the payer's limits go", |w| {
        let clear = Adjustment { clear_limits: true, reset_usage: true, ..Adjustment::default() };
        w.tell(&adjust("a", "payer", clear));
    }),
    ("the payer's funds go", |w| drop(w.tell(&adjust("a", "payer", withdraw(500))))),
    ("funds come", |w| drop(w.tell(&adjust("a", "payer", add(100_000))))),
    ("the risk check rejects everything", |w| w.verdict.set(Some(Verdict::Reject))),
    ("the risk check is down", |w| w.verdict.set(None)),
];

/// What can be configured afterwards.
fn later_settings() -> Vec<(&'static str, Settings)> {
    let windows = UsageWindows::new(Instant::EPOCH, 60).unwrap();
    vec![
        ("the same", Settings::default()),
        ("another offset", Settings::default().offset("-03:30".parse().unwrap())),
        ("other currencies", Settings::default().currencies([Currency::JPY]).unwrap()),
        ("lower limits", Settings::default().payment_limits([usd(1)]).unwrap()),
        ("another default of isLastCapture", Settings::default().last_by_default(false)),
        ("other windows", Settings::default().usage_windows(windows)),
        ("another source of ids", Settings::default().capture_id_key(CaptureIdKey::new([7; 16]))),
    ]
}

/// The same request again: the recorded answer, no events, nothing written.
fn answered_again(name: &str, w: &World, capture: &Capture, first: &CaptureRecord) {
    match w.ask(capture) {
        Ok(Outcome::Replayed(record)) => assert_eq!(printed(&record), printed(first), "{name}"),
        other => panic!("{name}: {other:?}"),
    }
    assert_eq!(w.wrote(), NOTHING, "{name}");
}

#[test]
fn a_captures_final_answer_is_the_same_after_every_later_event_and_setting() {
    for (code, first) in FIRSTS {
        let begin = || {
            let w = World::new();
            let capture = first(&w);
            w.tell(&capture);
            let record = w.record("c").unwrap();
            assert_eq!(record.code(), *code);
            (w, capture, record)
        };
        for (name, later) in LATER_EVENTS {
            let (w, capture, record) = begin();
            later(&w);
            answered_again(&format!("{code}, {name}"), &w, &capture, &record);
        }
        let (w, capture, record) = begin();
        for (name, settings) in later_settings() {
            answered_again(&format!("{code}, {name}"), &w.reconfigured(settings), &capture, &record);
        }
        for (name, later) in LATER_EVENTS {
            later(&w);
            answered_again(&format!("{code}, then {name}"), &w, &capture, &record);
        }
    }
}

#[test]
fn every_final_code_that_a_capture_is_recorded_with_is_among_those_asked_again() {
    let limited = World::after(&[Held]).reconfigured(Settings::default().payment_limits([usd(99)]).unwrap());
    let (again, record) = (c(), limited.refusal(&c()).code());
    assert_eq!(record, ResultCode::PaymentAmountExceedLimit);
    let unlimited = limited.reconfigured(Settings::default());
    answered_again("a limit that is gone", &unlimited, &again, &limited.record("c").unwrap());

    let recorded = [ResultCode::AuthNotFound, ResultCode::AuthCancelled, ResultCode::AuthExpired]
        .into_iter()
        .chain([ResultCode::CurrencyNotSupport, ResultCode::CaptureAmountExceedAuthLimit])
        .chain([ResultCode::PaymentCountExceedLimit, ResultCode::UserStatusAbnormal])
        .chain([ResultCode::UserAmountExceedLimit, ResultCode::UserBalanceNotEnough])
        .chain([ResultCode::RiskReject, ResultCode::ProcessFail, ResultCode::Success]);
    for code in recorded {
        assert!(FIRSTS.iter().any(|(known, _)| *known == code), "{code}");
    }
}

#[test]
fn a_capture_in_process_says_so_until_it_is_settled() {
    for (name, later) in LATER_EVENTS {
        let w = World::new();
        payment(&w);
        w.reserve(&c());
        later(&w);
        let record = w.record("c").unwrap();
        let expected = match name.starts_with("it is told") {
            true => Outcome::Replayed(record),
            false => Outcome::Pending(Pending::InProcess { record }),
        };
        assert_eq!(w.tell(&c()), expected, "{name}");
        assert_eq!(w.wrote(), NOTHING, "{name}");
    }
}

/// What a repeat is: the same request, or another in this field.
type Repeat = Result<(), &'static str>;

fn repeat(name: &str, w: &World, again: &Capture, expected: Repeat) {
    let outcome = w.tell(again);
    match expected {
        Ok(()) => assert!(
            matches!(outcome, Outcome::Replayed(_) | Outcome::Pending(Pending::InProcess { .. })),
            "{name}: {outcome:?}"
        ),
        Err(field) => {
            assert_eq!(outcome, Outcome::Refused(Refusal::Inconsistent { field }), "{name}");
            assert_eq!(outcome.code(), ResultCode::RepeatReqInconsistent, "{name}");
        }
    }
    assert_eq!(w.wrote(), NOTHING, "{name}");
}

#[test]
fn the_same_capture_is_told_from_another_field_by_field() {
    let of = |amount: Option<i64>, last: Option<bool>| {
        let mut capture = capture("c", "p");
        if let Some(amount) = amount {
            capture = capture.amount(usd(amount));
        }
        match last {
            Some(last) => capture.last(last),
            None => capture,
        }
    };
    let amount = Err("captureAmount");
    let last = Err("isLastCapture");
    // The default of isLastCapture, the first request, the second, what that is.
    for (default, first, again, expected) in [
        (true, of(Some(400), None), of(Some(400), None), Ok(())),
        (true, of(Some(400), None), of(Some(401), None), amount),
        (true, of(Some(400), None), of(None, None), amount),
        (true, of(Some(1000), None), of(None, None), amount),
        (true, of(None, None), of(None, None), Ok(())),
        (true, of(None, None), of(Some(1000), None), Ok(())),
        (true, of(None, None), of(Some(999), None), amount),
        (true, of(Some(400), None), of(Some(400), Some(true)), Ok(())),
        (true, of(Some(400), None), of(Some(400), Some(false)), last),
        (true, of(Some(400), Some(true)), of(Some(400), None), Ok(())),
        (true, of(Some(400), Some(false)), of(Some(400), None), last),
        (true, of(Some(400), Some(false)), of(Some(400), Some(false)), Ok(())),
        (false, of(Some(400), None), of(Some(400), Some(false)), Ok(())),
        (false, of(Some(400), None), of(Some(400), Some(true)), last),
        (false, of(Some(400), Some(false)), of(Some(400), None), Ok(())),
        (false, of(Some(400), Some(true)), of(Some(400), None), last),
        (true, of(Some(400), None), of(Some(1), Some(false)), amount),
        (true, of(Some(400), None), part("c", "q", 1), Err("paymentId")),
        (true, of(Some(400), None), capture("c", "p").amount(money(400, "EUR")), amount),
        (true, of(Some(400), None), capture("c", "p").amount(money(400, "XAU")), amount),
    ] {
        let name = format!("{default}: {first:?}, then {again:?}");
        for before in [&[Held][..], &[Held, Cancelled], &[]] {
            let w = World::with(Settings::default().last_by_default(default));
            w.live(before);
            w.tell(&first);
            let is_resolved = before.len() == 1;
            let needs_resolved = first == of(None, None) && again == of(Some(1000), None);
            let expected = if needs_resolved && !is_resolved { amount } else { expected };
            repeat(&name, &w, &again, expected);
            // What the engine's default is now plays no part any more.
            let other = w.reconfigured(Settings::default().last_by_default(!default));
            repeat(&name, &other, &again, expected);
        }
        let w = World::with(Settings::default().last_by_default(default));
        w.live(&[Held]);
        w.reserve(&first);
        repeat(&name, &w, &again, expected);
    }
}

#[test]
fn the_default_of_is_last_capture_is_the_authorizations_own() {
    for default in [true, false] {
        let w = World::with(Settings::default().last_by_default(default));
        w.live(&[Held]);
        let other = w.reconfigured(Settings::default().last_by_default(!default));
        let record = other.done(&capture("c", "p").amount(usd(1)));
        assert_eq!(record.progress().unwrap().capture.last, default);
        repeat("written out", &other, &capture("c", "p").amount(usd(1)).last(default), Ok(()));
    }
}

#[test]
fn the_free_text_is_not_compared_and_the_first_one_is_echoed() {
    let note = |text: &str| part("c", "p", 1).extend_info(ExtendInfo::try_from(text).unwrap());
    let w = World::after(&[Held]);
    let first = w.done(&note("first"));
    for again in [note("second"), part("c", "p", 1)] {
        answered_again("another text", &w, &again, &first);
    }
}

#[test]
fn an_abandoned_id_fails_with_any_content_and_captures_never() {
    let w = World::after(&[Held]);
    assert_eq!(w.done(&abandon("c")), Fenced);
    assert_eq!(w.wrote(), ONE_RECORD);
    for capture in [c(), part("c", "p", 1), capture("c", "p"), part("c", "q", 1), c().amount(money(1, "XAU"))]
    {
        assert_eq!(w.code(&capture), ResultCode::ProcessFail);
        assert_eq!(w.wrote(), NOTHING);
    }
    assert_eq!(w.tell(&abandon("c")), Outcome::Replayed(Fenced));
    let stranger = Capture::new("other".parse().unwrap(), "c".parse().unwrap(), "p".parse().unwrap());
    assert_eq!(w.code(&stranger), ResultCode::AuthNotFound, "another merchant's id is another");
    assert_eq!(w.stored("p").captured(), usd(0));
}

#[test]
fn abandoning_a_used_id_tells_what_it_came_to() {
    let wrong = |code| Outcome::Refused(Refusal::WrongOutcome { code });
    let w = World::after(&[Held, Won(100), Back(200), Lost(300), Open(400)]);
    w.refusal(&part("refused", "p", 2000));
    let record = w.record("open-400").unwrap();
    for (request, expected) in [
        ("won-100", wrong(ResultCode::Success)),
        ("back-200", wrong(ResultCode::Success)),
        ("lost-300", Outcome::Replayed(Fenced)),
        ("refused", Outcome::Replayed(Fenced)),
        ("open-400", Outcome::Pending(Pending::InProcess { record })),
    ] {
        let before = w.record(request);
        assert_eq!(w.tell(&abandon(request)), expected, "{request}");
        assert_eq!((w.wrote(), w.record(request)), (NOTHING, before), "{request}");
    }
    assert_eq!(w.code(&abandon("won-100")), ResultCode::OrderStatusInvalid);
    assert_eq!(w.code(&abandon("open-400")), ResultCode::CaptureInProcess);
}
