//! Every exponent of a currency, the deadline to the microsecond, clocks that
//! jump, and the windows in which a payer's captures are counted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    missing_docs
)]

use capture_engine::command::{Adjustment, Authorize, Capture, RegisterPayer, SettlementOutcome, VoidAmount};
use capture_engine::money::MAX_COMMANDED_MINOR;
use capture_engine::outcome::{Outcome, Quote};
use capture_engine::risk::Verdict;
use capture_engine::settings::UsageWindows;
use capture_engine::submission::Command;
use capture_engine::{Currency, Instant, Money, Refusal, ResultCode, Settings, State};
use rust_decimal::Decimal;

#[path = "support/world.rs"]
mod world;
use world::Past::*;
use world::*;

fn at(micros: i64) -> Instant {
    Instant::from_micros(micros).unwrap()
}

/// A capture "c" of an amount in any currency, not the last one.
fn of(amount: Money) -> Capture {
    capture("c", "p").amount(amount).last(false)
}

#[test]
fn every_exponent_is_authorized_captured_and_rounded_down_in_minor_units() {
    // 9.99 % of 1,001 minor units are 99.9999: 99 of them.
    for (code, held, ceiling) in [
        ("JPY", "1001", "1100 JPY"),
        ("USD", "10.01", "11.00 USD"),
        ("KWD", "1.001", "1.100 KWD"),
        ("IQD", "1.001", "1.100 IQD"),
        ("CLF", "0.1001", "0.1100 CLF"),
        ("UYW", "0.1001", "0.1100 UYW"),
    ] {
        let currency = Currency::from_code(code).unwrap();
        let held = Money::new(held.parse::<Decimal>().unwrap(), currency).unwrap();
        assert_eq!(held.minor(), 1001, "{code}");
        let w = World::new();
        w.done(&RegisterPayer::new("payer".parse().unwrap(), money(5000, code)));
        let authorize = hold("p", held).payer("payer".parse().unwrap());
        w.done(&authorize.overcapture_percent("9.99".parse().unwrap()));
        assert_eq!(w.stored("p").ceiling().to_string(), ceiling);
        w.done(&void("v", "p", VoidAmount::Part(money(1, code))));
        assert_eq!(w.stored("p").ceiling().minor(), 1000 + 99, "9.99 % of 1,000 are 99.9");
        let refusal = w.refusal(&capture("more", "p").amount(money(1100, code)));
        assert_eq!(refusal.code(), ResultCode::CaptureAmountExceedAuthLimit, "{code}");
        let record = w.done(&of(money(1099, code)));
        assert_eq!(record.captured().unwrap().0, money(1099, code));
        assert_eq!((w.state("p"), w.funds("payer")), (State::FullyCaptured, (5000 - 1099, 0)), "{code}");
    }
}

#[test]
fn a_code_without_minor_units_can_be_asked_recorded_and_compared_but_holds_nothing() {
    let w = World::new();
    let gold = |amount| hold("gold", money(amount, "XAU"));
    assert_eq!(w.refusal(&gold(5)), Refusal::CurrencyNotConfigured { asked: money(5, "XAU") });
    assert_eq!((w.code(&gold(5)), w.wrote()), (ResultCode::CurrencyNotSupport, NOTHING), "recorded");
    assert_eq!(w.code(&gold(6)), ResultCode::RepeatReqInconsistent, "compared");
    let register = RegisterPayer::new("payer".parse().unwrap(), money(5, "XTS"));
    assert_eq!(w.code(&register), ResultCode::CurrencyNotSupport);

    w.live(&[Held, Open(100)]);
    assert_eq!(w.code(&of(money(5, "XAU"))), ResultCode::CurrencyNotSupport);
    assert_eq!((w.code(&of(money(5, "XAU"))), w.wrote()), (ResultCode::CurrencyNotSupport, NOTHING));
    assert_eq!(w.code(&of(money(6, "XAU"))), ResultCode::RepeatReqInconsistent);
    assert_eq!(w.code(&void("v", "p", VoidAmount::Part(money(5, "XAU")))), ResultCode::CurrencyNotSupport);
    let told = settle("open-100", SettlementOutcome::Succeeded(Some(money(5, "XAU"))));
    assert_eq!(w.code(&told), ResultCode::RepeatReqInconsistent, "a contradiction");
}

#[test]
fn what_was_authorized_stays_capturable_when_its_currency_is_configured_no_more() {
    let w = World::after(&[Held, Open(100)]);
    let w = w.reconfigured(Settings::default().currencies([Currency::JPY]).unwrap());
    w.done(&of(usd(100)));
    w.done(&succeeded("open-100"));
    w.done(&void_part("v", "p", 1));
    w.done(&reverse("c"));
    assert_eq!(w.code(&hold("q", usd(1))), ResultCode::CurrencyNotSupport, "nothing new is");
}

#[test]
fn a_code_that_a_later_table_drops_or_changes_is_money_of_its_own() {
    let dropped = Money::from_minor(1000, Currency::stored("ANG", Some(2)).unwrap()).unwrap();
    let w = World::new();
    w.done(&hold("p", dropped));
    w.done(&of(dropped));
    assert_eq!(w.stored("p").captured().to_string(), "10.00 ANG");

    let other_exponent = Money::from_minor(100, Currency::stored("USD", Some(3)).unwrap()).unwrap();
    let w = World::after(&[Held]);
    assert_eq!(w.code(&of(other_exponent)), ResultCode::CurrencyNotSupport);
}

/// What is told of the payment "p", on which "won-100" succeeded and
/// "open-200" is in process.
fn commands() -> Vec<(&'static str, Command)> {
    vec![
        ("capture", part("c", "p", 1).into()),
        ("capture of all", capture("c", "p").into()),
        ("capture of another currency", of(money(1, "EUR")).into()),
        ("capture beyond the ceiling", part("c", "p", 9999).into()),
        ("repeated capture", part("won-100", "p", 100).into()),
        ("repeated capture in process", part("open-200", "p", 200).into()),
        ("quote", capture_engine::decide::QuoteCapture(part("c", "p", 1)).into()),
        ("settled", succeeded("open-200").into()),
        ("settled with less", succeeded_with("open-200", 1).into()),
        ("settled with more", succeeded_with("open-200", 9999).into()),
        ("failed", failed("open-200").into()),
        ("contradicted", failed("won-100").into()),
        ("reversed", reverse("won-100").into()),
        ("void", void_part("v", "p", 1).into()),
        ("void of all", void_all("v", "p").into()),
        ("cancel", cancel("p").into()),
        ("abandon", abandon("c").into()),
        ("authorize again", hold("p", usd(1000)).payer("payer".parse().unwrap()).into()),
    ]
}

fn paid(past: &[Past]) -> World {
    let w = World::new();
    w.done(&register("payer", 5000));
    w.done(&hold("p", usd(1000)).payer("payer".parse().unwrap()).overcapture_limit(usd(500)));
    w.live(past);
    w
}

#[test]
fn whether_a_sweep_ran_changes_no_answer_and_no_money() {
    for past in [
        &[Won(100), Open(200)][..],
        &[Won(100), Open(200), Open(700)],
        &[Won(100), Won(900), Open(200)],
        &[Won(100), Won(900)],
    ] {
        for (name, command) in commands() {
            let told = |swept: bool| {
                let w = paid(past);
                w.at(DEADLINE);
                if swept {
                    w.sweep();
                }
                let (code, events) = (w.code(&command), w.events("p").len());
                let inquired = w.inquire("p");
                w.sweep();
                let again = (w.inquire("p").unwrap().captures, w.stored("p"), w.payer("payer"));
                (code, inquired.map(|inquiry| inquiry.captures), again, events, w.events("p"))
            };
            let (swept, unswept) = (told(true), told(false));
            assert_eq!(swept.0, unswept.0, "{past:?}, {name}: the answer");
            assert_eq!(swept.1, unswept.1, "{past:?}, {name}: the inquiry");
            assert_eq!(swept.2, unswept.2, "{past:?}, {name}: what is stored, once swept");
            assert_eq!(swept.4, unswept.4, "{past:?}, {name}: the events");
        }
    }
}

#[test]
fn the_deadline_to_the_microsecond_for_every_command_that_meets_it() {
    let deadline = instant(DEADLINE).as_micros();
    for (name, command) in commands() {
        for (offset, closed) in [(-1, false), (0, true), (1, true)] {
            let w = paid(&[Won(100), Open(200)]);
            w.now.set(at(deadline + offset));
            w.tell(&command);
            let inquired = w.inquire("p").unwrap().authorization.unwrap();
            assert_eq!(inquired.closing().is_some(), closed, "{name} at {offset} µs: {inquired:?}");
            w.now.set(at(deadline - 1));
            let met = w.stored("p").state() == State::Expired;
            let appends =
                ["settled", "failed", "contradicted", "reversed"].iter().any(|n| name.starts_with(n));
            let checks =
                name.starts_with("void") || name.starts_with("cancel") || name.starts_with("capture");
            assert_eq!(met, closed && (appends || checks), "{name} at {offset} µs: is the closing recorded?");
        }
    }
}

#[test]
fn an_inquiry_and_a_quote_after_the_deadline_answer_as_a_sweep_would_and_record_nothing() {
    for (past, state) in [(&[Won(100)][..], State::Expired), (&[Won(100), Won(900)], State::FullyCaptured)] {
        let w = paid(past);
        w.at(DEADLINE);
        let shown = w.inquire("p").unwrap().authorization.unwrap();
        let quoted = w.quote(&part("c", "p", 1));
        assert_eq!((w.wrote(), w.stored("p").closing()), (NOTHING, None));
        w.sweep();
        assert_eq!((shown.state(), w.state("p")), (state, state));
        let swept = w.stored("p");
        assert_eq!(
            (shown.released(), shown.unclaimed(), shown.capturable()),
            (swept.released(), usd(0), usd(0))
        );
        assert_eq!(quoted.code(), w.quote(&part("c", "p", 1)).code());
    }
    let w = paid(&[]);
    assert!(matches!(w.quote(&capture("c", "p")), Outcome::Accepted { answer: Quote::New(new), .. }
        if new.amount == usd(1000) && !new.settles_later));
}

#[test]
fn a_clock_that_jumps_back_reopens_nothing_and_no_time_of_a_payment_decreases() {
    let w = paid(&[Open(200)]);
    w.at(LATER).sweep();
    w.at(NOW);
    assert_eq!(w.code(&part("c", "p", 1)), ResultCode::AuthExpired, "closed stays closed");
    w.at("2026-02-28T09:00:00Z");
    w.done(&succeeded("open-200"));
    let (_, time) = w.record("open-200").unwrap().captured().unwrap();
    assert_eq!(time.to_string(), "2026-04-01T17:00:00+08:00", "the time of its event");

    let w = paid(&[]);
    w.at("2026-02-28T09:00:00Z");
    w.live(&[Won(1), Open(2), Lost(3), Back(4), Voided(5)]);
    w.at("2026-03-02T09:00:00Z").tell(&part("c", "p", 6));
    w.at("2026-02-01T09:00:00Z");
    let record = w.done(&part("d", "p", 7));
    assert_eq!(record.captured().unwrap().1.to_string(), "2026-03-02T17:00:00+08:00");
    w.done(&succeeded("open-2"));
    let record = w.done(&cancel("p"));
    assert_eq!(record.time.to_string(), "2026-03-02T17:00:00+08:00");
    let times: Vec<_> = w.events("p").iter().map(|event| event.time()).collect();
    assert!(times.is_sorted() && times[0] == instant(NOW), "{times:?}");

    w.at("2020-01-01T00:00:00Z").done(&adjust("a", "payer", add(1)));
    assert_eq!(w.payer("payer").last_time(), instant(NOW), "nor of a payer");
}

#[test]
fn a_clock_that_jumped_back_before_the_deadline_was_met_captures_again() {
    let w = paid(&[]);
    w.at(LATER);
    w.quote(&part("c", "p", 1));
    w.inquire("p");
    w.at(NOW).done(&part("c", "p", 1));
}

#[test]
fn the_ends_of_time() {
    let forever = |from: Instant, to: Instant| {
        let w = World::new();
        w.now.set(from);
        w.done(&register("payer", 5000).limits(limits(Some(9), None)));
        let authorize = Authorize::new("shop".parse().unwrap(), "p".parse().unwrap(), usd(1000), to);
        (w.tell(&authorize.payer("payer".parse().unwrap())).code(), w)
    };
    let next = at(Instant::MIN.as_micros() + 1);
    let (code, w) = forever(Instant::MIN, next);
    assert_eq!(code, ResultCode::Success);
    let record = w.done(&part("c", "p", 1));
    assert_eq!(record.captured().unwrap().1.to_string(), "0001-01-02T08:00:00+08:00");
    assert_eq!(w.usage("payer"), (1, 1));
    w.now.set(next);
    assert_eq!(w.code(&part("d", "p", 1)), ResultCode::AuthExpired);

    let (code, w) = forever(Instant::MIN, Instant::MAX);
    assert_eq!(code, ResultCode::Success);
    w.now.set(at(Instant::MAX.as_micros() - 1));
    let record = w.done(&part("c", "p", 1));
    assert_eq!(record.captured().unwrap().1.to_string(), "9999-12-30T07:59:59+08:00", "its fraction is cut");
    w.now.set(Instant::MAX);
    assert_eq!(w.code(&part("d", "p", 1)), ResultCode::AuthExpired);
    assert_eq!(forever(Instant::MAX, Instant::MAX).0, ResultCode::ParamIllegal, "not in the future");
}

#[test]
fn the_deadline_of_a_new_authorization_is_after_now() {
    for (now, code) in [
        ("2026-03-08T08:59:59.999999Z", ResultCode::Success),
        (DEADLINE, ResultCode::ParamIllegal),
        ("2026-03-08T09:00:00.000001Z", ResultCode::ParamIllegal),
    ] {
        assert_eq!(World::new().at(now).code(&hold("p", usd(1))), code, "{now}");
    }
}

/// A payer who may make one capture in a window, and has.
fn at_the_limit(now: &str) -> World {
    let w = World::new();
    w.at(now);
    w.done(&register("payer", 5000).limits(limits(Some(1), None)));
    let authorize = Authorize::new("shop".parse().unwrap(), "p".parse().unwrap(), usd(1000), Instant::MAX);
    w.done(&authorize.payer("payer".parse().unwrap()));
    w.live(&[Won(100)]);
    w
}

/// Whether the payer's next capture is accepted.
fn may_pay(w: &World, request: &str) -> bool {
    w.code(&part(request, "p", 10)) == ResultCode::Success
}

#[test]
fn a_window_rolls_over_at_its_end_to_the_microsecond() {
    let w = at_the_limit("2026-03-01T00:00:00Z");
    assert!(!may_pay(w.at("2026-03-01T23:59:59.999999Z"), "c"));
    assert!(may_pay(w.at("2026-03-02T00:00:00Z"), "d"));
    assert_eq!(w.usage("payer"), (1, 10));
}

#[test]
fn a_clock_that_jumps_back_opens_no_window_again() {
    let w = at_the_limit("2026-03-02T00:00:00Z");
    assert!(!may_pay(w.at("2026-03-01T12:00:00Z"), "c"), "the later window is the current one");
    assert_eq!(w.usage("payer"), (1, 100));
    assert!(may_pay(w.at("2026-03-03T00:00:00Z"), "d"));
}

#[test]
fn the_stored_window_moves_only_when_a_capture_is_accepted() {
    let w = at_the_limit("2026-03-01T00:00:00Z");
    w.at("2026-03-05T00:00:00Z");
    assert_eq!(w.usage("payer"), (0, 0));
    w.refusal(&part("refused", "p", 9999));
    w.quote(&part("quoted", "p", 1));
    w.verdict.set(Some(Verdict::Reject));
    w.refusal(&part("rejected", "p", 1));
    w.at("2026-03-01T12:00:00Z");
    assert_eq!(w.usage("payer"), (1, 100));
    w.at("2026-03-05T00:00:00Z").reserve(&part("reserved", "p", 20));
    w.at("2026-03-01T12:00:00Z");
    assert_eq!(w.usage("payer"), (1, 20), "one that is reserved is accepted");
}

#[test]
fn a_clock_that_once_ran_far_ahead_is_forgotten_by_a_reset() {
    let w = at_the_limit("9000-01-01T00:00:00Z");
    assert!(!may_pay(w.at("2026-03-01T00:00:00Z"), "c"));
    w.done(&adjust("a", "payer", Adjustment { reset_usage: true, ..Adjustment::default() }));
    assert_eq!(w.usage("payer"), (0, 0));
    assert!(may_pay(&w, "d"));
    assert!(!may_pay(&w, "e"));
    assert!(may_pay(w.at("2026-03-02T00:00:00Z"), "f"));
}

#[test]
fn windows_of_another_length_leave_what_was_counted_where_it_was() {
    let w = at_the_limit("2026-03-01T09:30:00Z");
    let windows =
        |seconds| Settings::default().usage_windows(UsageWindows::new(Instant::EPOCH, seconds).unwrap());
    assert_eq!(w.reconfigured(windows(3600)).usage("payer"), (0, 0), "from 09:00, after the day's start");
    assert_eq!(
        w.reconfigured(windows(30 * 86_400)).usage("payer"),
        (1, 100),
        "from before: the stored one is later"
    );
    let hours = w.reconfigured(windows(3600));
    assert!(may_pay(&hours, "c"));
    hours.done(&reverse("won-100"));
    assert_eq!(
        hours.usage("payer"),
        (1, 10),
        "what was counted in the day's window is not taken out of the hour's"
    );
    assert_eq!(w.usage("payer"), (1, 10), "the hour is the later one");
}

/// What becomes of a capture, and the usage that it leaves.
type Fate = (&'static str, fn(&World), (u64, i128));

/// A capture of 100, beside one of 50.
const FATES: [Fate; 3] = [
    ("fails", |w| drop(w.done(&failed("open-100"))), (1, 50)),
    ("settles with less", |w| drop(w.done(&succeeded_with("open-100", 30))), (2, 80)),
    (
        "settles, and is reversed",
        |w| {
            w.done(&succeeded("open-100"));
            w.done(&reverse("open-100"));
        },
        (1, 50),
    ),
];

#[test]
fn what_a_capture_did_not_take_leaves_the_window_that_it_was_counted_in() {
    let reset = || adjust("reset", "payer", Adjustment { reset_usage: true, ..Adjustment::default() });
    for (fate, end, left) in FATES {
        let w = paid(&[Won(50), Open(100)]);
        end(&w);
        assert_eq!(w.usage("payer"), left, "in the same window it {fate}");

        let w = paid(&[Won(50), Open(100), Clock("2026-03-02T00:00:00Z")]);
        end(&w);
        assert_eq!(w.usage("payer"), (0, 0), "a later window that nothing was counted in; it {fate}");
        w.at(NOW);
        assert_eq!(w.usage("payer"), left, "the stored window; it {fate}");

        let w = paid(&[Won(50), Open(100), Clock("2026-03-02T00:00:00Z"), Won(7)]);
        end(&w);
        assert_eq!(w.usage("payer"), (1, 7), "a later window; it {fate}");

        let w = paid(&[Won(50), Open(100)]);
        w.done(&reset());
        end(&w);
        assert_eq!(w.usage("payer"), (0, 0), "after a reset; it {fate}");

        let w = paid(&[Won(50), Open(100)]);
        w.done(&reset());
        w.live(&[Won(7)]);
        end(&w);
        assert_eq!(w.usage("payer"), (1, 7), "after a reset, in the same window; it {fate}");
    }
}

#[test]
fn a_reversal_is_never_refused_for_a_balance_that_is_too_high() {
    let w = paid(&[Won(1000)]);
    w.done(&adjust("a", "payer", add(MAX_COMMANDED_MINOR - 4000)));
    assert_eq!(w.code(&adjust("b", "payer", add(1))), ResultCode::ParamIllegal);
    w.done(&reverse("won-1000"));
    let (balance, _) = w.funds("payer");
    assert_eq!(balance, i128::from(MAX_COMMANDED_MINOR) + 1000);
    w.done(&adjust("c", "payer", withdraw(500)));
}

#[test]
fn a_sum_of_the_greatest_amounts_is_counted_exactly() {
    let most = usd(MAX_COMMANDED_MINOR);
    let w = World::new();
    w.done(&register("payer", 0));
    for round in 0..10 {
        let name = format!("p-{round}");
        w.done(&adjust(&name, "payer", add(MAX_COMMANDED_MINOR)));
        w.done(&hold(&name, most).payer("payer".parse().unwrap()));
        w.done(&capture(&name, &name));
    }
    assert_eq!(w.usage("payer"), (10, 10 * i128::from(MAX_COMMANDED_MINOR)), "more than an i64 holds");
    assert_eq!(w.funds("payer"), (0, 0));
}
