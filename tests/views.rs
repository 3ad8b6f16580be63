//! What can be read: inquiries, the numbered events, and the fold of the events,
//! which is the state.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    missing_docs
)]

use capture_engine::command::Authorize;
use capture_engine::engine::Swept;
use capture_engine::event::{ApplyError, PaymentEvent};
use capture_engine::record::CaptureOutcome;
use capture_engine::{Authorization, Payer, ResultCode, State};

#[path = "support/world.rs"]
mod world;
use world::Past::*;
use world::*;

#[test]
fn an_inquiry_shows_every_accepted_capture_in_order_with_its_result() {
    let w = World::after(&[Held, Won(100), Open(200), Lost(50), Back(60), Less(70, 30)]);
    w.refusal(&part("refused", "p", 2000));
    let inquiry = w.inquire("p").unwrap();
    let shown: Vec<_> = inquiry
        .captures
        .iter()
        .map(|record| {
            (record.request().to_string(), record.code(), record.captured().map(|(amount, _)| amount))
        })
        .collect();
    let row = |request: &str, code, amount: Option<i64>| (request.to_owned(), code, amount.map(usd));
    assert_eq!(
        shown,
        [
            row("won-100", ResultCode::Success, Some(100)),
            row("open-200", ResultCode::CaptureInProcess, None),
            row("lost-50", ResultCode::ProcessFail, None),
            row("back-60", ResultCode::Success, Some(60)),
            row("less-70", ResultCode::Success, Some(30)),
        ]
    );
    let reversed =
        |request| matches!(w.progress(request), Some(CaptureOutcome::Succeeded { reversed: true, .. }));
    assert!(reversed("back-60") && !reversed("won-100"));
    let asked = w.record("open-200").unwrap().progress().unwrap().capture.asked;
    assert_eq!(asked, usd(200), "while in process, what was asked");
    assert_eq!(
        inquiry.authorization.unwrap().captures_left(),
        50 - 3,
        "failed and reversed ones do not count"
    );
}

#[test]
fn an_inquiry_of_an_id_shows_what_is_recorded_of_it_even_without_a_payment() {
    let w = World::after(&[Held]);
    w.refusal(&part("lost-its-way", "nowhere", 1));
    w.done(&abandon("abandoned"));
    w.refusal(&part("refused", "p", 2000));
    w.done(&part("won", "p", 1));
    for (request, code, has_payment) in [
        ("lost-its-way", ResultCode::AuthNotFound, false),
        ("abandoned", ResultCode::ProcessFail, false),
        ("refused", ResultCode::CaptureAmountExceedAuthLimit, true),
        ("won", ResultCode::Success, true),
    ] {
        let inquiry = w.inquire_request(request).unwrap();
        assert_eq!(inquiry.record.unwrap().code(), code, "{request}");
        assert_eq!(inquiry.authorization.is_some(), has_payment, "{request}");
        assert_eq!(inquiry.captures.len(), usize::from(has_payment), "{request}");
    }
    assert!(w.inquire_request("never").is_none() && w.inquire("nowhere").is_none());
}

#[test]
fn an_inquiry_shows_more_captures_than_a_store_gives_at_once() {
    let w = World::after(&[Terms(hold("p", usd(1002)).max_captures(most(1002)))]);
    let requests: Vec<String> = (0..1002).map(|number| format!("c-{number}")).collect();
    requests.iter().for_each(|request| drop(w.done(&part(request, "p", 1))));
    let shown = w.inquire("p").unwrap().captures;
    assert!(shown.iter().map(|record| record.request().as_str()).eq(requests.iter().map(String::as_str)));
}

#[test]
fn an_accepted_capture_tells_the_window_that_it_was_counted_in() {
    let w = World::new();
    w.done(&register("payer", 5000));
    w.done(&hold("p", usd(1000)).payer("payer".parse().unwrap()));
    w.live(&[Won(1), Clock("2026-03-02T23:59:59.999999Z"), Open(2), Clock(NOW), Won(3)]);
    w.done(&succeeded("open-2"));
    let events = w.events("p");
    let windows: Vec<_> = events
        .iter()
        .filter(|event| event.kind().accepts_a_capture())
        .filter_map(|event| event.kind().capture()?.counted)
        .map(|counted| counted.window)
        .collect();
    let (first, second) = (instant("2026-03-01T00:00:00Z"), instant("2026-03-02T00:00:00Z"));
    assert_eq!(
        windows,
        [first, second, second],
        "the clock jumped back: the later window is the current one"
    );

    let w = World::after(&[Held, Won(1)]);
    assert_eq!(w.events("p")[1].kind().capture().unwrap().counted, None, "no payer, no window");
}

#[test]
fn a_sweep_closes_in_the_order_of_deadline_merchant_and_payment_and_says_whether_more_are_due() {
    let due = |merchant: &str, payment: &str, deadline: &str| {
        let (merchant, payment) = (merchant.parse().unwrap(), payment.parse().unwrap());
        Authorize::new(merchant, payment, usd(1000), instant(deadline))
    };
    let w = World::new();
    let first = "2026-03-02T00:00:00Z";
    for authorize in [
        due("shop", "b", DEADLINE),
        due("shop", "a", DEADLINE),
        due("a-shop", "z", DEADLINE),
        due("shop", "z", first),
        due("shop", "later", "2026-03-08T09:00:00.000001Z"),
        due("shop", "closed", first),
    ] {
        w.done(&authorize);
    }
    w.done(&cancel("closed"));
    assert_eq!(w.sweep(), Swept { expired: 0, more: false });
    w.at(DEADLINE);
    let is_open = |payment: &str| !w.state(payment).is_closed();
    assert_eq!(w.sweep_at_most(2), Swept { expired: 2, more: true });
    assert!(!is_open("z") && is_open("a") && is_open("b"), "the earliest, then the first merchant's");
    assert_eq!(w.sweep_at_most(1), Swept { expired: 1, more: true });
    assert!(!is_open("a") && is_open("b"));
    assert_eq!(w.sweep_at_most(2), Swept { expired: 1, more: false });
    assert!(!is_open("b") && is_open("later"));
    assert_eq!(w.state("closed"), State::Cancelled);
}

#[test]
fn the_amounts_of_an_inquiry_add_up_in_every_state() {
    for past in [
        &[Held][..],
        &[Held, Won(100), Open(200), Voided(300)],
        &[Generous, Open(1200)],
        &[Generous, Won(1100), Open(400)],
        &[Generous, Won(1500)],
        &[Generous, Won(1000), Clock(DEADLINE)],
        &[Held, Won(100), Open(200), Voided(300), Clock(DEADLINE)],
        &[Held, Open(200), WonLast(100)],
        &[Held, Won(100), VoidedAll],
        &[Held, Won(100), Voided(300), Cancelled],
        &[Held, VoidedAll],
    ] {
        let payment = World::after(past).inquire("p").unwrap().authorization.unwrap();
        let left = [payment.authorized(), payment.overcapture_taken()];
        let right = [payment.captured(), payment.in_process(), payment.voided()];
        let rest = [payment.released(), payment.unclaimed()];
        let sum =
            |amounts: &[capture_engine::Money]| amounts.iter().map(|amount| amount.minor()).sum::<i64>();
        assert_eq!(sum(&left), sum(&right) + sum(&rest), "{past:?}");
        assert_eq!(payment.state().is_closed(), payment.closing().is_some(), "{past:?}");
        assert!(payment.released().is_zero() || payment.unclaimed().is_zero(), "{past:?}");
    }
}

/// Two lives of the same payment, from the same hold.
fn lived(past: &[Past]) -> (Authorization, Vec<PaymentEvent>) {
    let w = World::new();
    w.done(&hold("p", usd(1000)).max_captures(most(2)).overcapture_limit(usd(500)));
    w.live(past);
    (w.stored("p"), w.events("p"))
}

#[test]
fn the_state_is_the_fold_of_the_events_which_are_numbered_without_gaps() {
    let (stored, events) = lived(&[Won(100), Open(200), Voided(50), Clock(DEADLINE), Swept]);
    let mut payment = Authorization::open(&events[0]).unwrap();
    for (at, event) in events.iter().enumerate() {
        assert_eq!(event.seq(), u64::try_from(at).unwrap() + 1);
        if at > 0 {
            payment.apply(event).unwrap();
        }
        assert_eq!((payment.seq(), payment.last_time()), (event.seq(), event.time()));
    }
    assert_eq!((payment, stored.state()), (stored.clone(), State::Expired));
}

#[test]
fn an_event_is_applied_in_its_order_and_to_its_own_payment_only() {
    let (stored, events) = lived(&[Won(100), Won(200)]);
    let mut payment = Authorization::open(&events[0]).unwrap();
    let out_of_order = |expected, found| Err(ApplyError::OutOfOrder { expected, found });
    assert_eq!(payment.apply(&events[2]), out_of_order(2, 3), "one was skipped");
    assert_eq!(payment.apply(&events[0]), out_of_order(2, 1), "the first again");
    payment.apply(&events[1]).unwrap();
    assert_eq!(payment.apply(&events[1]), out_of_order(3, 2), "twice");
    payment.apply(&events[2]).unwrap();
    assert_eq!(payment, stored, "what was refused changed nothing");
    assert_eq!(
        Authorization::open(&events[1]).unwrap_err(),
        ApplyError::OutOfOrder { expected: 1, found: 2 }
    );

    let w = World::new();
    w.done(&hold("q", usd(1000)));
    w.done(&part("c", "q", 1));
    let strange = w.events("q");
    let mut payment = Authorization::open(&events[0]).unwrap();
    assert_eq!(payment.apply(&strange[1]), Err(ApplyError::AnotherStream));
    let (_, other_terms) = {
        let w = World::after(&[Held, Won(1)]);
        (w.stored("p"), w.events("p"))
    };
    assert_eq!(payment.apply(&other_terms[1]), Err(ApplyError::AnotherStream), "of another hold");
}

#[test]
fn an_event_that_cannot_have_happened_is_refused_and_changes_nothing() {
    // What happened, and the life whose next event cannot come after it.
    for (name, happened, other) in [
        ("a capture after a cancel", &[Cancelled][..], &[Voided(1), Won(2)][..]),
        ("a reservation after a cancel", &[Cancelled], &[Voided(1), Open(2)]),
        ("a void after a cancel", &[Cancelled], &[Voided(1), Voided(2)]),
        ("a second cancel", &[Cancelled], &[Voided(1), Cancelled]),
        ("an expiry after a cancel", &[Cancelled], &[Voided(1), Clock(DEADLINE), Swept]),
        ("a cancel after an expiry", &[Clock(DEADLINE), Swept], &[Voided(1), Cancelled]),
        ("a cancel while one is in process", &[Open(1)], &[Voided(1), Cancelled]),
        ("a void of all while one is in process", &[Open(1)], &[Voided(1), VoidedAll]),
        ("a capture in full while one is in process", &[Open(1)], &[Won(1), Won(1499)]),
        ("a reservation beside a last one", &[OpenLast(1)], &[Open(1), Open(2)]),
        ("more than the ceiling", &[Won(1000)], &[Voided(1), Won(600)]),
        ("more in process than the ceiling", &[Won(1000)], &[Voided(1), Open(600)]),
        ("a void of more than there was", &[Voided(999)], &[Voided(1), Voided(2)]),
        ("a void of what is captured", &[Won(1000)], &[Voided(1), Voided(998)]),
        ("a failure of none in process", &[Won(5)], &[Lost(5)]),
        ("a settlement of none in process", &[Won(5)], &[Less(5, 5)]),
        ("a reversal of none captured", &[Voided(5)], &[Back(5)]),
        ("a reversal of more than was captured", &[Won(4)], &[Back(5)]),
        ("a third capture of two", &[Won(1), Won(2)], &[Back(5), Won(3)]),
    ] {
        let (mut payment, known) = lived(happened);
        let before = payment.clone();
        let (_, events) = lived(other);
        let refused = payment.apply(&events[known.len()]);
        assert!(matches!(refused, Err(ApplyError::DoesNotFit { .. })), "{name}: {refused:?}");
        assert_eq!(payment, before, "{name}: nothing changed");
    }
}

#[test]
fn a_payers_account_is_the_fold_of_its_own_events_and_those_of_its_payments() {
    let w = World::new();
    w.done(&register("payer", 5000).limits(limits(Some(9), None)));
    w.done(&hold("p", usd(1000)).payer("payer".parse().unwrap()));
    w.live(&[Won(100), Open(200), Lost(50), Back(60), Less(70, 30), Cancelled][..5]);
    w.done(&adjust("a", "payer", withdraw(500)));
    w.live(&[Clock(DEADLINE), Swept]);
    let own = w.payer_events("payer");
    let mut payer = Payer::open(&own[0]).unwrap();
    let events = w.events("p");
    let mut payment = Authorization::open(&events[0]).unwrap();
    payer.follow(&events[0], usd(0), payment.claim()).unwrap();
    for event in &events[1..] {
        let before = payment.claim();
        payment.apply(event).unwrap();
        payer.follow(event, before, payment.claim()).unwrap();
    }
    payer.apply(&own[1]).unwrap();
    assert_eq!((payer.balance(), payer.held()), (w.payer("payer").balance(), w.payer("payer").held()));
    assert_eq!(payer, w.payer("payer"));

    let refused = payer.apply(&own[1]);
    assert_eq!(refused, Err(ApplyError::OutOfOrder { expected: 3, found: 2 }), "an adjustment twice");
    let strange = World::after(&[Held]).events("p");
    assert_eq!(payer.follow(&strange[0], usd(0), usd(1000)), Err(ApplyError::AnotherStream));
    let too_much = payer.follow(&events[0], usd(0), usd(9000));
    assert!(matches!(too_much, Err(ApplyError::DoesNotFit { .. })), "more is held than the balance");
    assert_eq!(payer, w.payer("payer"), "what was refused changed nothing");
}
