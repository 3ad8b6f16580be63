//! The code against the transition table: every state, in all its variants,
//! with every command, in all its outcomes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    missing_docs
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use capture_engine::decide::{CloseDue, QuoteCapture};
use capture_engine::event::{PaymentEvent, PaymentEventKind};
use capture_engine::risk::Verdict;
use capture_engine::submission::Command;
use capture_engine::transitions::{TRANSITIONS, Transition, state_diagram};
use capture_engine::{Authorization, ResultCode, State};

#[path = "support/world.rs"]
mod world;
use world::*;

/// Brings the payment "p", of 10.00 USD and the payer "payer", into a state.
/// Its captures: "won" and "won-2" succeeded, "lost" failed, "back" was
/// reversed, "open" and "open-last" are in process.
struct Life {
    what: &'static str,
    state: Option<State>,
    live: fn(&World),
}

const fn life(what: &'static str, state: Option<State>, live: fn(&World)) -> Life {
    Life { what, state, live }
}

const AUTHORIZED: Option<State> = Some(State::Authorized);
const PARTIALLY: Option<State> = Some(State::PartiallyCaptured);
const FULLY: Option<State> = Some(State::FullyCaptured);
const EXPIRED: Option<State> = Some(State::Expired);
const CANCELLED: Option<State> = Some(State::Cancelled);

/// The state is the one that an inquiry shows: a deadline that has passed is
/// met, whether it was swept or not.
#[rustfmt::skip]
const LIVES: &[Life] = &[
    life("nothing", None, |_| ()),
    life("new", AUTHORIZED, plain),
    life("part in process", AUTHORIZED, |w| { plain(w); open(w, 400) }),
    life("all in process", AUTHORIZED, |w| { plain(w); open(w, 1000) }),
    life("the last in process", AUTHORIZED, |w| { plain(w); open_last(w, 400) }),
    life("two in process, one the last", AUTHORIZED, |w| { plain(w); open(w, 300); open_last(w, 200) }),
    life("one failed", AUTHORIZED, |w| { plain(w); lost(w) }),
    life("one reversed", AUTHORIZED, |w| { plain(w); back(w) }),
    life("voided but for what is in process", AUTHORIZED, |w| { plain(w); open(w, 400); give_back(w, 600) }),
    life("with an allowance", AUTHORIZED, generous),
    life("in process beyond the hold", AUTHORIZED, |w| { generous(w); open(w, 1200) }),
    life("part captured", PARTIALLY, |w| { plain(w); won(w, "won", 400) }),
    life("captured twice", PARTIALLY, |w| { plain(w); won(w, "won", 400); won(w, "won-2", 300) }),
    life("captured and in process", PARTIALLY, |w| { plain(w); won(w, "won", 400); open(w, 300) }),
    life("captured, the last in process", PARTIALLY, |w| { plain(w); won(w, "won", 400); open_last(w, 300) }),
    life("captured, the rest in process", PARTIALLY, |w| { plain(w); won(w, "won", 400); open(w, 600) }),
    life("captured, two in process", PARTIALLY, |w| {
        plain(w); won(w, "won", 400); open(w, 300); open_last(w, 200);
    }),
    life("captured, failed and reversed", PARTIALLY, |w| { plain(w); won(w, "won", 400); lost(w); back(w) }),
    life("the hold captured, the allowance left", PARTIALLY, |w| { generous(w); won(w, "won", 1000) }),
    life("full by a capture", FULLY, |w| { plain(w); won(w, "won", 1000) }),
    life("full by the deadline, swept", FULLY, |w| { generous(w); won(w, "won", 1000); late(w); w.sweep(); }),
    life("full by the deadline, not swept", FULLY, |w| { generous(w); won(w, "won", 1000); late(w) }),
    life("closed by the last", FULLY, |w| { plain(w); won_last(w, 400) }),
    life("closed by the last, another in process", FULLY, |w| { plain(w); open(w, 300); won_last(w, 400) }),
    life("captured and voided", FULLY, |w| { plain(w); lost(w); won(w, "won", 400); give_back(w, 600) }),
    life("closed by the last, long ago", FULLY, |w| { plain(w); open(w, 300); won_last(w, 400); late(w) }),
    life("expired, swept", EXPIRED, |w| { plain(w); lost(w); late(w); w.sweep(); }),
    life("expired, not swept", EXPIRED, |w| { plain(w); lost(w); late(w) }),
    life("expired with one in process", EXPIRED, |w| { plain(w); won(w, "won", 400); open(w, 300); late(w) }),
    life("expired with the last in process", EXPIRED, |w| { plain(w); open_last(w, 300); late(w); w.sweep(); }),
    life("expired with all in process", EXPIRED, |w| { generous(w); open(w, 1000); late(w) }),
    life("cancelled", CANCELLED, |w| { plain(w); lost(w); w.done(&cancel("p")); }),
    life("cancelled after a capture", CANCELLED, |w| { plain(w); won(w, "won", 400); w.done(&cancel("p")); }),
    life("voided", CANCELLED, |w| { plain(w); lost(w); back(w); w.done(&void_all("v", "p")); }),
    life("cancelled, long ago", CANCELLED, |w| { plain(w); w.done(&cancel("p")); late(w) }),
];

fn plain(w: &World) {
    w.done(&hold("p", usd(1000)).payer("payer".parse().unwrap()));
}

/// With 5.00 USD to be taken on top.
fn generous(w: &World) {
    w.done(&hold("p", usd(1000)).payer("payer".parse().unwrap()).overcapture_limit(usd(500)));
}

fn open(w: &World, amount: i64) {
    w.reserve(&part("open", "p", amount));
}

fn open_last(w: &World, amount: i64) {
    w.reserve(&part("open-last", "p", amount).last(true));
}

fn won(w: &World, request: &str, amount: i64) {
    w.done(&part(request, "p", amount));
}

fn won_last(w: &World, amount: i64) {
    w.done(&part("won", "p", amount).last(true));
}

fn lost(w: &World) {
    w.reserve(&part("lost", "p", 100));
    w.done(&failed("lost"));
}

fn back(w: &World) {
    won(w, "back", 200);
    w.done(&reverse("back"));
}

fn give_back(w: &World, amount: i64) {
    w.done(&void_part("v", "p", amount));
}

fn late(w: &World) {
    w.at(LATER);
}

/// A command of a family, told with a verdict of the risk check.
struct Ask {
    family: &'static str,
    verdict: Verdict,
    command: Command,
}

fn ask(family: &'static str, command: impl Into<Command>) -> Ask {
    Ask { family, verdict: Verdict::Accept, command: command.into() }
}

/// Every command, with the parameters that lead to its outcomes.
fn commands(payment: Option<&Authorization>) -> Vec<Ask> {
    // Up to the ceiling, and all that is unclaimed, where there is something.
    let capturable = payment.map_or(0, |p| p.capturable().minor()).max(1);
    let remainder = payment.map_or(0, |p| p.remainder().minor()).max(1);
    let mut asks = vec![
        ask("authorize", hold("p", usd(1000)).payer("payer".parse().unwrap())),
        ask("authorize", hold("p", usd(999)).payer("payer".parse().unwrap())),
        ask("cancel", cancel("p")),
        ask("void", void_part("new", "p", 100)),
        ask("void", void_part("new", "p", remainder)),
        ask("void", void_part("new", "p", 2000)),
        ask("void", void_all("new", "p")),
        ask("void", void_part("v", "p", 600)),
        ask("register", register("payer", 10_000)),
        ask("register", register("payer", 1)),
        ask("adjust", adjust("new", "payer", add(100))),
        ask("adjust", adjust("new", "payer", withdraw(100_000))),
    ];
    let captures = [
        part("new", "p", 100),
        part("new", "p", 100).last(true),
        part("new", "p", capturable),
        part("new", "p", capturable).last(true),
        part("new", "p", 2000),
        capture("new", "p"),
        capture("new", "p").last(false),
        capture("new", "p").amount(money(100, "EUR")),
        part("won", "p", 400),
        part("won", "p", 401),
        part("open", "p", 300),
        part("back", "p", 200),
        part("lost", "p", 100),
    ];
    for capture in captures {
        asks.push(ask("quote", QuoteCapture(capture.clone())));
        for verdict in [Verdict::Accept, Verdict::Review, Verdict::Reject] {
            asks.push(Ask { verdict, ..ask("capture", capture.clone()) });
        }
    }
    for request in ["open", "open-last", "won", "won-2", "lost", "back", "unknown"] {
        asks.push(ask("settle", succeeded(request)));
        asks.push(ask("settle", succeeded_with(request, 100)));
        asks.push(ask("settle", succeeded_with(request, 2000)));
        asks.push(ask("settle", failed(request)));
        asks.push(ask("settle", failed_with(request, ResultCode::RiskReject)));
        asks.push(ask("reverse", reverse(request)));
        asks.push(ask("abandon", abandon(request)));
    }
    asks
}

fn born(life: &Life) -> World {
    let w = World::new();
    w.done(&register("payer", 10_000));
    (life.live)(&w);
    assert_eq!(shown(&w), life.state, "{}", life.what);
    w
}

/// The state that an inquiry shows.
fn shown(w: &World) -> Option<State> {
    w.inquire("p").map(|inquiry| inquiry.authorization.unwrap().state())
}

fn stored(w: &World) -> Option<Authorization> {
    w.inquire("p").map(|_| w.stored("p"))
}

/// The rows of the table that these events walk, and what they leave.
fn walked(
    before: Option<Authorization>,
    events: &[PaymentEvent],
    context: &str,
) -> (Vec<&'static Transition>, Option<Authorization>) {
    let mut rows = Vec::new();
    let mut now = before;
    for event in events {
        let next = match &now {
            None => Authorization::open(event).unwrap(),
            Some(authorization) => {
                let mut next = authorization.clone();
                next.apply(event).unwrap();
                next
            }
        };
        let from = now.as_ref().map(Authorization::state);
        let row = Transition::of(from, event.kind(), next.state());
        let row = row.unwrap_or_else(|| panic!("{context}: {from:?} to {:?} by {event:?}", next.state()));
        let closing_before = now.as_ref().and_then(Authorization::closing);
        match row.closed_by {
            Some(by) => {
                assert_eq!(closing_before, None, "{context}: closed twice");
                assert_eq!(next.closing().map(|closing| closing.closed_by()), Some(by), "{context}");
            }
            None => assert_eq!(next.closing(), closing_before, "{context}: the closing stays"),
        }
        rows.push(row);
        now = Some(next);
    }
    (rows, now)
}

/// Tells one command in one life; gives the rows that were walked and the code.
fn step(life: &Life, at: usize) -> (Vec<&'static Transition>, &'static str, ResultCode) {
    let w = born(life);
    let before = stored(&w);
    let known = w.events("p").len();
    let Ask { family, verdict, command } = commands(before.as_ref()).swap_remove(at);
    let context = format!("{}: {command:?}", life.what);
    w.verdict.set(Some(verdict));
    let outcome = w.tell(&command);
    let events = w.events("p").split_off(known);
    let (rows, folded) = walked(before.clone(), &events, &context);
    assert_eq!(folded, stored(&w), "{context}: what is stored is the fold of the events");
    let told = outcome.events().map_or(Vec::new(), |told| told.payment().to_vec());
    let due = before.as_ref().is_some_and(|payment| payment.is_due(w.now.get()));
    if told.is_empty() {
        // Refused, waiting or known: nothing happened but that the deadline may have been met.
        assert!(events.len() <= usize::from(due), "{context}: {events:?}");
        assert!(events.iter().all(is_expired), "{context}: {events:?}");
        assert!(before == folded || due, "{context}: the state is left as it was");
    } else {
        assert_eq!(events, told, "{context}: the events are those that the outcome tells");
        let own = &events[usize::from(due)..];
        assert!(own.len() == 1 && !is_expired(&own[0]), "{context}: one event of its own: {events:?}");
        assert_eq!(is_expired(&events[0]), due, "{context}: a deadline that has passed is met first");
    }
    let claimed = folded.map_or(0, |payment| payment.claim().minor());
    assert_eq!(w.funds("payer").1, i128::from(claimed), "{context}: what is held is what is claimed");
    (rows, family, outcome.code())
}

fn is_expired(event: &PaymentEvent) -> bool {
    matches!(event.kind(), PaymentEventKind::Expired { .. })
}

/// The sweep is no command of a request: it meets the deadline, or nothing.
fn sweep(life: &Life) -> Vec<&'static Transition> {
    let w = born(life);
    let before = stored(&w);
    let known = w.events("p").len();
    w.tell(&CloseDue(key("p")));
    let events = w.events("p").split_off(known);
    let due = before.as_ref().is_some_and(|payment| payment.is_due(w.now.get()));
    assert_eq!(events.len(), usize::from(due), "{}", life.what);
    assert!(events.iter().all(is_expired), "{}", life.what);
    let (rows, folded) = walked(before, &events, life.what);
    assert_eq!(folded, stored(&w), "{}", life.what);
    rows
}

/// What every command came to in every life: the life's state, the rows that
/// were walked, the command's family and its code.
type Step = (Option<State>, Vec<&'static Transition>, &'static str, ResultCode);

static STEPS: LazyLock<Vec<Step>> = LazyLock::new(|| {
    let at = 0..commands(None).len();
    let all = LIVES.iter().flat_map(|life| at.clone().map(move |at| (life, at)));
    all.map(|(life, at)| {
        let (rows, family, code) = step(life, at);
        (life.state, rows, family, code)
    })
    .collect()
});

#[test]
fn every_step_of_every_command_in_every_state_is_a_row_and_every_row_is_met() {
    let mut met: BTreeSet<String> = BTreeSet::new();
    let mut meet = |rows: Vec<&Transition>| met.extend(rows.into_iter().map(ToString::to_string));
    for life in LIVES {
        meet(walked(None, &born(life).events("p"), life.what).0);
        meet(sweep(life));
    }
    STEPS.iter().for_each(|(_, rows, _, _)| meet(rows.clone()));
    let never: Vec<_> = TRANSITIONS.iter().filter(|row| !met.contains(&row.to_string())).collect();
    assert!(never.is_empty(), "rows that were never met: {never:#?}");
}

/// What each command can be answered, by the states that an inquiry shows.
const ANSWERS: &[(&str, &[Option<State>], &str)] = &[
    ("authorize", &[None], "SUCCESS"),
    ("authorize", EXISTING, "REPEAT_REQ_INCONSISTENT SUCCESS"),
    ("capture", &[None], "AUTH_NOT_FOUND"),
    (
        "capture",
        &[AUTHORIZED, PARTIALLY],
        "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT CAPTURE_IN_PROCESS CURRENCY_NOT_SUPPORT \
        PROCESS_FAIL REPEAT_REQ_INCONSISTENT RISK_REJECT SUCCESS",
    ),
    (
        "capture",
        &[FULLY],
        "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT CAPTURE_IN_PROCESS CURRENCY_NOT_SUPPORT \
        PROCESS_FAIL REPEAT_REQ_INCONSISTENT SUCCESS",
    ),
    (
        "capture",
        &[EXPIRED],
        "AUTH_EXPIRED CAPTURE_IN_PROCESS \
        PROCESS_FAIL REPEAT_REQ_INCONSISTENT SUCCESS",
    ),
    ("capture", &[CANCELLED], "AUTH_CANCELLED PROCESS_FAIL REPEAT_REQ_INCONSISTENT SUCCESS"),
    ("quote", &[None], "AUTH_NOT_FOUND"),
    (
        "quote",
        &[AUTHORIZED, PARTIALLY, FULLY],
        "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT CAPTURE_IN_PROCESS CURRENCY_NOT_SUPPORT \
        PROCESS_FAIL REPEAT_REQ_INCONSISTENT SUCCESS",
    ),
    (
        "quote",
        &[EXPIRED],
        "AUTH_EXPIRED CAPTURE_IN_PROCESS \
        PROCESS_FAIL REPEAT_REQ_INCONSISTENT SUCCESS",
    ),
    ("quote", &[CANCELLED], "AUTH_CANCELLED PROCESS_FAIL REPEAT_REQ_INCONSISTENT SUCCESS"),
    ("settle", &[None], "PARAM_ILLEGAL"),
    ("settle", EXISTING, "PARAM_ILLEGAL REPEAT_REQ_INCONSISTENT SUCCESS"),
    ("reverse", &[None], "PARAM_ILLEGAL"),
    ("reverse", EXISTING, "ORDER_STATUS_INVALID PARAM_ILLEGAL SUCCESS"),
    ("cancel", &[None], "AUTH_NOT_FOUND"),
    ("cancel", &[AUTHORIZED], "CAPTURE_IN_PROCESS SUCCESS"),
    ("cancel", &[PARTIALLY], "CAPTURE_IN_PROCESS ORDER_STATUS_INVALID SUCCESS"),
    ("cancel", &[FULLY], "ORDER_STATUS_INVALID"),
    ("cancel", &[EXPIRED], "AUTH_EXPIRED"),
    ("cancel", &[CANCELLED], "AUTH_CANCELLED SUCCESS"),
    ("void", &[None], "AUTH_NOT_FOUND"),
    ("void", &[AUTHORIZED, PARTIALLY], "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT CAPTURE_IN_PROCESS SUCCESS"),
    ("void", &[FULLY], "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT SUCCESS"),
    ("void", &[EXPIRED], "AUTH_EXPIRED"),
    ("void", &[CANCELLED], "AUTH_CANCELLED REPEAT_REQ_INCONSISTENT"),
    ("abandon", &[None], "SUCCESS"),
    ("abandon", &[AUTHORIZED, PARTIALLY, FULLY, EXPIRED], "CAPTURE_IN_PROCESS ORDER_STATUS_INVALID SUCCESS"),
    ("abandon", &[CANCELLED], "ORDER_STATUS_INVALID SUCCESS"),
    ("register", EVERY, "REPEAT_REQ_INCONSISTENT SUCCESS"),
    ("adjust", EVERY, "SUCCESS USER_BALANCE_NOT_ENOUGH"),
];

const EVERY: &[Option<State>] = &[None, AUTHORIZED, PARTIALLY, FULLY, EXPIRED, CANCELLED];
const EXISTING: &[Option<State>] = &[AUTHORIZED, PARTIALLY, FULLY, EXPIRED, CANCELLED];

#[test]
fn every_command_gives_just_these_answers_in_each_state() {
    let mut answers: BTreeMap<(&str, Option<State>), BTreeSet<&str>> = BTreeMap::new();
    for (state, _, family, code) in STEPS.iter() {
        answers.entry((family, *state)).or_default().insert(code.as_str());
    }
    let given = answers.into_iter().map(|(cell, codes)| (cell, join(&codes)));
    let expected = ANSWERS.iter().flat_map(|(family, states, codes)| {
        states.iter().map(move |state| ((*family, *state), (*codes).to_owned()))
    });
    assert_eq!(given.collect::<BTreeMap<_, _>>(), expected.collect());
}

fn join(codes: &BTreeSet<&str>) -> String {
    codes.iter().copied().collect::<Vec<_>>().join(" ")
}

#[test]
fn no_two_rows_of_the_table_are_for_the_same_step() {
    for (at, row) in TRANSITIONS.iter().enumerate() {
        let same = |other: &&Transition| {
            (other.from, other.event, other.to, other.closed_by)
                == (row.from, row.event, row.to, row.closed_by)
        };
        assert_eq!(TRANSITIONS.iter().position(|other| same(&other)), Some(at), "{row}");
        assert!(row.from.is_none_or(|from| !from.is_closed() || from == row.to), "{row}: closed is closed");
        assert_eq!(row.closed_by.is_some(), row.to.is_closed() && row.from != Some(row.to), "{row}");
    }
}

#[test]
fn the_diagram_of_the_readme_is_that_of_the_table() {
    let readme = include_str!("../README.md");
    if let Some((_, rest)) = readme.split_once("```mermaid\n") {
        assert_eq!(rest.split_once("```").unwrap().0, state_diagram());
    }
}
