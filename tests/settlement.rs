//! What the rail says of a capture: every cell of the settlement table, on
//! open, due, expired and fully captured authorizations; and reversals.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    missing_docs
)]

use capture_engine::command::{Reverse, Settle, SettlementOutcome};
use capture_engine::event::{PaymentEvent, PaymentEventKind, Told};
use capture_engine::outcome::{Contradiction, Outcome, Settled};
use capture_engine::record::CaptureOutcome;
use capture_engine::result_code::{FailureCode, NotAFailureCode};
use capture_engine::state::Closing;
use capture_engine::{Authorization, Money, Refusal, ResultCode, State};

#[path = "support/world.rs"]
mod world;
use world::Past::*;
use world::*;

/// What a capture "c" of 4.00 came to before the rail says more.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Was {
    InProcess,
    AtOnce,
    /// Settled with 3.00.
    Less,
    /// With `PROCESS_FAIL`.
    Failed,
    Reversed,
}

/// What becomes of its authorization of 10.00 after that.
#[derive(Clone, Copy, Debug, PartialEq)]
enum On {
    Open,
    /// The deadline has passed, no sweep ran.
    Due,
    Expired,
    /// A last capture of 1.00 closed it.
    FullyCaptured,
}

/// What telling it comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cell {
    /// It ends the capture: so much is captured.
    Captured(i64),
    /// It ends the capture: nothing is.
    Fails,
    /// It is known: the same answer, and nothing happens.
    Known,
    /// It cannot be true.
    Contradicts,
}

use Cell::{Captured, Contradicts, Fails, Known};

/// The columns of the settlement table.
fn told() -> [SettlementOutcome; 7] {
    let failed = |code: ResultCode| SettlementOutcome::Failed(code.try_into().unwrap());
    [
        SettlementOutcome::Succeeded(None),
        SettlementOutcome::Succeeded(Some(usd(400))),
        SettlementOutcome::Succeeded(Some(usd(300))),
        SettlementOutcome::Succeeded(Some(usd(401))),
        SettlementOutcome::Succeeded(Some(money(400, "EUR"))),
        failed(ResultCode::ProcessFail),
        failed(ResultCode::RiskReject),
    ]
}

/// The rows: all, 4.00, 3.00, 4.01, 4.00 EUR, failed, failed with another code.
const TABLE: [(Was, [Cell; 7]); 5] = [
    (Was::InProcess, [Captured(400), Captured(400), Captured(300), Contradicts, Contradicts, Fails, Fails]),
    (Was::AtOnce, [Known, Known, Contradicts, Contradicts, Contradicts, Contradicts, Contradicts]),
    (Was::Less, [Contradicts, Contradicts, Known, Contradicts, Contradicts, Contradicts, Contradicts]),
    (Was::Failed, [Contradicts, Contradicts, Contradicts, Contradicts, Contradicts, Known, Contradicts]),
    (Was::Reversed, [Known, Known, Contradicts, Contradicts, Contradicts, Known, Known]),
];

fn scene(was: Was, on: On) -> World {
    let w = World::new();
    w.done(&register("payer", 5000));
    w.done(&hold("p", usd(1000)).payer("payer".parse().unwrap()));
    let c = part("c", "p", 400);
    match was {
        Was::AtOnce | Was::Reversed => drop(w.done(&c)),
        Was::InProcess | Was::Less | Was::Failed => w.reserve(&c),
    }
    match was {
        Was::Less => drop(w.done(&succeeded_with("c", 300))),
        Was::Failed => drop(w.done(&failed("c"))),
        Was::Reversed => drop(w.done(&reverse("c"))),
        Was::InProcess | Was::AtOnce => (),
    }
    w.live(match on {
        On::Open => &[],
        On::Due => &[Clock(DEADLINE)],
        On::Expired => &[Clock(DEADLINE), Swept],
        On::FullyCaptured => &[WonLast(100)],
    });
    w
}

/// Captured and in process of "c", once that was told.
fn taken(was: Was, cell: Cell) -> (i64, i64) {
    match (was, cell) {
        (_, Captured(amount)) => (amount, 0),
        (Was::InProcess, Contradicts) => (0, 400),
        (Was::AtOnce, _) => (400, 0),
        (Was::Less, _) => (300, 0),
        _ => (0, 0),
    }
}

/// All amounts of the authorization and the payer's account follow from what
/// of "c" is captured and in process.
fn amounts_follow(name: &str, w: &World, on: On, (captured, in_process): (i64, i64)) {
    let payment = w.stored("p");
    let other = if on == On::FullyCaptured { 100 } else { 0 };
    let rest = 1000 - other - captured - in_process;
    let (unclaimed, released) = if payment.closing().is_some() { (0, rest) } else { (rest, 0) };
    let expected = [captured + other, in_process, unclaimed, released, unclaimed];
    let found = [
        payment.captured(),
        payment.in_process(),
        payment.unclaimed(),
        payment.released(),
        payment.capturable(),
    ];
    assert_eq!(found, expected.map(usd), "{name}: captured, in process, unclaimed, released, capturable");
    let (balance, held) = (5000 - captured - other, in_process + unclaimed);
    assert_eq!(w.funds("payer"), (i128::from(balance), i128::from(held)), "{name}: balance, held");
    // The window in which both were accepted.
    w.at(NOW);
    let count = [captured + in_process, other].into_iter().filter(|amount| *amount > 0).count();
    let sum = captured + in_process + other;
    assert_eq!(w.usage("payer"), (u64::try_from(count).unwrap(), i128::from(sum)), "{name}: usage");
}

fn folded(mut payment: Authorization, events: &[PaymentEvent]) -> Authorization {
    events.iter().for_each(|event| payment.apply(event).unwrap());
    payment
}

/// Tells a settlement; the events it appended, an Expired before its own aside.
fn tell(name: &str, w: &World, told: &Settle, on: On) -> (Outcome<Settled>, Vec<PaymentEvent>) {
    let (before, known) = (w.stored("p"), w.events("p").len());
    let outcome = w.tell(told);
    let mut events = w.events("p").split_off(known);
    assert_eq!(folded(before.clone(), &events), w.stored("p"), "{name}: the events lead to what is stored");
    let returned = outcome.events().map_or(&[][..], |events| events.payment());
    assert_eq!(returned, events, "{name}: they are those that are returned");
    if !events.is_empty() && on == On::Due && before.closing().is_none() {
        assert!(
            matches!(events.remove(0).kind(), PaymentEventKind::Expired { .. }),
            "{name}: the deadline first"
        );
    }
    (outcome, events)
}

#[test]
fn every_cell_of_the_settlement_table() {
    for (was, cells) in TABLE {
        for (outcome, cell) in told().into_iter().zip(cells) {
            for on in [On::Open, On::Due, On::Expired, On::FullyCaptured] {
                let name = format!("{was:?}, told {outcome:?}, {on:?}");
                let w = scene(was, on);
                let state = w.inquire("p").unwrap().authorization.unwrap().state();
                let (answer, events) = tell(&name, &w, &settle("c", outcome), on);
                check_answer(&name, &w, &answer, &events, cell, on);
                let after = taken(was, cell);
                if on != On::Open && cell != Known {
                    assert_eq!(w.state("p"), state, "{name}: a closed state stays");
                }
                amounts_follow(&name, &w, on, after);
            }
        }
    }
}

fn check_answer(
    name: &str,
    w: &World,
    answer: &Outcome<Settled>,
    events: &[PaymentEvent],
    cell: Cell,
    on: On,
) {
    let record = w.record("c").unwrap();
    let progress = record.progress().unwrap();
    let closed = on != On::Open;
    let released = |amount: i64| closed.then_some(usd(amount));
    match cell {
        Captured(captured) => {
            assert!(matches!(answer, Outcome::Accepted { .. }), "{name}: {answer:?}");
            assert_eq!(record.captured().unwrap().0, usd(captured), "{name}");
            let [event] = events else { panic!("{name}: {events:?}") };
            let expected = PaymentEventKind::Captured {
                capture: progress.capture.clone(),
                amount: usd(captured),
                settled: true,
                closing: None,
                released: released(400 - captured),
            };
            assert_eq!(*event.kind(), expected, "{name}");
        }
        Fails => {
            assert!(matches!(answer, Outcome::Accepted { .. }), "{name}: {answer:?}");
            let CaptureOutcome::Failed(code) = progress.outcome else { panic!("{name}: {progress:?}") };
            let [event] = events else { panic!("{name}: {events:?}") };
            let capture = progress.capture.clone();
            let expected = PaymentEventKind::CaptureFailed { capture, code, released: released(400) };
            assert_eq!(*event.kind(), expected, "{name}");
            assert_eq!(w.code(&part("c", "p", 400)), code.code(), "{name}: the capture's own answer");
        }
        Known => {
            assert!(matches!(answer, Outcome::Replayed(_)), "{name}: {answer:?}");
            assert_eq!((events, w.wrote()), (&[][..], NOTHING), "{name}");
        }
        Contradicts => {
            assert_eq!(answer.code(), ResultCode::RepeatReqInconsistent, "{name}");
            let Outcome::Contradicted(contradiction) = answer else { panic!("{name}") };
            let Contradiction { kept, told, .. } = &**contradiction;
            assert_eq!((*kept, Some(*told)), (progress.outcome, progress.contradiction), "{name}");
            let [event] = events else { panic!("{name}: {events:?}") };
            let (capture, told) = (progress.capture.clone(), *told);
            assert_eq!(*event.kind(), PaymentEventKind::SettlementContradicted { capture, told }, "{name}");
        }
    }
}

#[test]
fn a_contradiction_is_kept_once_and_again_when_it_says_something_else() {
    for (was, on) in [
        (Was::AtOnce, On::Open),
        (Was::InProcess, On::Due),
        (Was::Failed, On::Expired),
        (Was::Less, On::FullyCaptured),
    ] {
        let w = scene(was, on);
        // What is said, and whether it is news. What is left out counts as its default.
        for (told, news) in [
            (succeeded_with("c", 500), true),
            (succeeded_with("c", 500), false),
            (succeeded_with("c", 501), true),
            (settle("c", SettlementOutcome::Succeeded(Some(money(501, "EUR")))), true),
            (succeeded_with("c", 500), true),
            (succeeded_with("c", 500), false),
        ] {
            let name = format!("{was:?}, {on:?}, {told:?}");
            let (answer, events) = tell(&name, &w, &told, on);
            assert!(matches!(answer, Outcome::Contradicted(_)), "{name}");
            assert_eq!(events.len(), usize::from(news), "{name}");
            assert_eq!(w.wrote() == NOTHING, !news, "{name}");
        }
    }
    let w = scene(Was::Less, On::Open);
    let all = Told::Succeeded(usd(400));
    for (told, said, news) in [
        (succeeded("c"), all, true),
        (succeeded_with("c", 400), all, false),
        (failed("c"), Told::Failed(FailureCode::default()), true),
        (failed_with("c", ResultCode::ProcessFail), Told::Failed(FailureCode::default()), false),
    ] {
        let (_, events) = tell("defaults", &w, &told, On::Open);
        assert_eq!(events.len(), usize::from(news));
        assert_eq!(w.record("c").unwrap().progress().unwrap().contradiction, Some(said));
    }
    assert_eq!(w.code(&part("c", "p", 400)), ResultCode::Success, "its answer stays");
}

#[test]
fn a_contradiction_that_says_nothing_new_meets_no_deadline() {
    let w = scene(Was::AtOnce, On::Open);
    w.tell(&failed("c"));
    w.at(DEADLINE);
    assert!(matches!(w.tell(&failed("c")), Outcome::Contradicted(_)));
    assert_eq!((w.wrote(), w.stored("p").closing()), (NOTHING, None));
}

#[test]
fn a_capture_that_never_came_into_being_is_unknown() {
    let w = World::after(&[Held, Open(100), Won(200)]);
    w.refusal(&part("refused", "p", 2000));
    w.done(&abandon("abandoned"));
    let strange = |request: &str| {
        let outcome = SettlementOutcome::Succeeded(None);
        Settle::new("other".parse().unwrap(), request.parse().unwrap(), outcome)
    };
    for told in [
        succeeded("never"),
        failed("never"),
        succeeded("refused"),
        failed_with("refused", ResultCode::CaptureAmountExceedAuthLimit),
        succeeded("abandoned"),
        failed("abandoned"),
        strange("open-100"),
        strange("won-200"),
    ] {
        assert_eq!(w.refusal(&told), Refusal::UnknownCapture, "{told:?}");
        assert_eq!((w.code(&told), w.wrote()), (ResultCode::ParamIllegal, NOTHING));
    }
    let strange = Reverse::new("other".parse().unwrap(), "won-200".parse().unwrap());
    for reversed in [reverse("never"), reverse("refused"), reverse("abandoned"), strange] {
        assert_eq!(w.refusal(&reversed), Refusal::UnknownCapture, "{reversed:?}");
        assert_eq!(w.wrote(), NOTHING);
    }
}

#[test]
fn a_failure_has_a_code_that_can_refuse_a_capture() {
    for code in [ResultCode::Success, ResultCode::ParamIllegal, ResultCode::OrderStatusInvalid] {
        assert!(matches!(FailureCode::try_from(code), Err(NotAFailureCode { .. })), "{code}");
    }
    assert_eq!(FailureCode::default().code(), ResultCode::ProcessFail);
}

/// What a step released and how it closed, by the last event.
fn last_step(w: &World) -> (Option<Closing>, Option<Money>) {
    match w.last_event("p") {
        PaymentEventKind::Captured { closing, released, .. } => (closing, released),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_settlement_closes_as_a_capture_at_once_does() {
    let released = |amount| Some(usd(amount));
    let terms = || Terms(hold("p", usd(1000)).overcapture_limit(usd(500)));
    for (name, past, told, state, step) in [
        (
            "below the ceiling",
            &[Held, Open(999)][..],
            succeeded("open-999"),
            State::PartiallyCaptured,
            (None, None),
        ),
        (
            "up to the ceiling",
            &[Held, Open(1000)],
            succeeded("open-1000"),
            State::FullyCaptured,
            (Some(Closing::Full), released(0)),
        ),
        (
            "up to it, with one more in process",
            &[Held, Open(400), Open(600)],
            succeeded("open-600"),
            State::PartiallyCaptured,
            (None, None),
        ),
        (
            "all of the hold, not of the allowance",
            &[terms(), Open(1000)],
            succeeded("open-1000"),
            State::PartiallyCaptured,
            (None, None),
        ),
        (
            "the last one releases the rest",
            &[Held, OpenLast(400)],
            succeeded("open-400"),
            State::FullyCaptured,
            (Some(Closing::Last), released(600)),
        ),
        (
            "with less, the rest of it too",
            &[Held, OpenLast(400)],
            succeeded_with("open-400", 1),
            State::FullyCaptured,
            (Some(Closing::Last), released(999)),
        ),
        (
            "the last one up to the ceiling",
            &[Held, OpenLast(1000)],
            succeeded("open-1000"),
            State::FullyCaptured,
            (Some(Closing::Full), released(0)),
        ),
        (
            "the last one while another is in process",
            &[Held, Open(600), OpenLast(400)],
            succeeded("open-400"),
            State::FullyCaptured,
            (Some(Closing::Last), released(0)),
        ),
    ] {
        let w = World::after(past);
        w.done(&told);
        assert_eq!((w.state("p"), last_step(&w)), (state, step), "{name}");
    }
}

#[test]
fn a_last_one_that_fails_leaves_everything_capturable_again() {
    let w = World::after(&[Held, OpenLast(400)]);
    assert_eq!((w.stored("p").capturable(), w.stored("p").remainder()), (usd(0), usd(0)));
    w.done(&failed("open-400"));
    assert_eq!((w.stored("p").capturable(), w.state("p")), (usd(1000), State::Authorized));
}

#[test]
fn a_success_that_leaves_nothing_while_another_is_in_process_stays_open_for_its_failure() {
    let w = World::after(&[Held, Open(400), Won(600)]);
    assert_eq!((w.state("p"), w.stored("p").capturable()), (State::PartiallyCaptured, usd(0)));
    w.done(&failed("open-400"));
    w.done(&part("c", "p", 400));
    assert_eq!(w.state("p"), State::FullyCaptured);
}

#[test]
fn a_reversal_gives_back_the_whole_amount_capturable_while_open_else_released() {
    for (past, on) in [
        (&[][..], On::Open),
        (&[Clock(DEADLINE)], On::Due),
        (&[Clock(DEADLINE), Swept], On::Expired),
        (&[WonLast(100)], On::FullyCaptured),
    ] {
        for was in [Was::AtOnce, Was::Less] {
            let name = format!("{was:?}, {on:?}");
            let w = scene(was, On::Open);
            w.live(past);
            let amount = w.record("c").unwrap().captured().unwrap().0;
            let answer = w.record("c").unwrap().captured();
            w.done(&reverse("c"));
            let PaymentEventKind::CaptureReversed { amount: back, released, .. } = w.last_event("p") else {
                panic!("{name}")
            };
            assert_eq!((back, released), (amount, (on != On::Open).then_some(amount)), "{name}");
            assert_eq!(w.record("c").unwrap().captured(), answer, "{name}: its own answer stays");
            assert_eq!(w.code(&part("c", "p", 400)), ResultCode::Success, "{name}");
            assert!(matches!(w.tell(&reverse("c")), Outcome::Replayed(_)), "{name}");
            assert_eq!(w.wrote(), NOTHING, "{name}");
            amounts_follow(&name, &w, on, (0, 0));
        }
    }
}

#[test]
fn a_reversal_of_what_has_not_succeeded_is_refused() {
    for (was, code) in
        [(Was::InProcess, ResultCode::CaptureInProcess), (Was::Failed, ResultCode::ProcessFail)]
    {
        let w = scene(was, On::Due);
        assert_eq!(w.refusal(&reverse("c")), Refusal::WrongOutcome { code });
        assert_eq!((w.code(&reverse("c")), w.wrote()), (ResultCode::OrderStatusInvalid, NOTHING));
        assert_eq!(w.stored("p").closing(), None, "and meets no deadline");
    }
}

#[test]
fn a_cancelled_authorization_releases_what_is_reversed_later() {
    let w = scene(Was::AtOnce, On::Open);
    w.live(&[Cancelled]);
    w.done(&reverse("c"));
    assert_eq!((w.state("p"), w.stored("p").released()), (State::Cancelled, usd(1000)));
    assert_eq!(w.funds("payer"), (5000, 0));
}
