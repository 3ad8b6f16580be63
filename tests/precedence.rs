//! Which check answers where several would: all pairs of rows of the capture
//! table, and the orders of the checks of the other commands.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    missing_docs
)]

use capture_engine::command::{
    Adjustment, Authorize, Capture, FundsChange, PayerStatus, UsageLimits, Void, VoidAmount,
};
use capture_engine::money::{MAX_COMMANDED_MINOR, Money};
use capture_engine::outcome::{Outcome, Pending};
use capture_engine::refusal::Exceeded;
use capture_engine::risk::Verdict;
use capture_engine::state::ClosedBy;
use capture_engine::terms::{Funding, Settlement};
use capture_engine::{Currency, Refusal, ResultCode, Settings};

#[path = "support/world.rs"]
mod world;
use world::Past::*;
use world::*;

/// The rows, in their order. 9a and 10a are final, 9b and 10b wait.
const ROWS: [&str; 20] = [
    "1", "2", "3", "4", "5", "6", "7", "8", "9a", "9b", "10a", "10b", "11", "12", "13", "14", "15", "16",
    "17", "18",
];

/// The pairs of rows that cannot hold at once, and why. Nor can any with row
/// 18, which is "else".
const IMPOSSIBLE: &[(&str, &[&str], &str)] = &[
    ("1", &["3", "4"], "what is malformed is never recorded, so that it cannot be the same again"),
    ("2", &["3", "4"], "a request is another one, or the same"),
    ("3", &["4"], "a result is final, or not"),
    ("4", &["5"], "authorizations do not go away"),
    ("4", &["6"], "nothing is cancelled or voided to the end while a capture is in process"),
    ("4", &["8"], "what is in process was accepted in the authorization's currency"),
    ("4", &["10a"], "one in process, it has not captured as often as it may"),
    ("5", &["6", "7", "8", "9a", "9b", "10a", "10b"], "there is no authorization of which it could be true"),
    ("5", &["12", "13", "14", "15"], "the payer is named by the authorization"),
    ("6", &["7"], "an authorization closes once"),
    ("6", &["9b", "10b"], "nothing is in process when it is cancelled or voided to the end"),
    ("9b", &["10a"], "one in process, it has not captured as often as it may"),
    ("10a", &["10b"], "the limit is reached without those in process, or only with them"),
];

/// The first delivery of the id.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    Never,
    /// With another amount, before there was an authorization.
    Other,
    /// The same, before there was an authorization.
    Same,
    /// The same, and it is in process.
    InProcess,
}

/// A scene for a capture "c" in which given rows hold.
struct Scene {
    capture: Money,
    before: Before,
    /// Something is held; else there is no authorization.
    held: Option<Authorize>,
    past: Vec<Past>,
    end: Vec<Past>,
    limited: bool,
    adjustment: Adjustment,
    broke: bool,
    verdict: Verdict,
}

impl Scene {
    fn of(rows: &[&str]) -> Self {
        let mut scene = Self {
            capture: usd(100),
            before: Before::Never,
            held: Some(hold("p", usd(1000)).payer("payer".parse().unwrap()).funding(Funding::Drawn)),
            past: Vec::new(),
            end: Vec::new(),
            limited: false,
            adjustment: Adjustment::default(),
            broke: false,
            verdict: Verdict::Accept,
        };
        rows.iter().for_each(|row| scene.make_hold(row, rows));
        scene
    }

    fn make_hold(&mut self, row: &str, rows: &[&str]) {
        let with = |row: &str| rows.contains(&row);
        let in_process_itself = with("4");
        match row {
            "1" if with("9b") => {
                // The ceiling leaves even this much, were not something in process.
                let most = usd(MAX_COMMANDED_MINOR);
                self.capture = usd(MAX_COMMANDED_MINOR + 1);
                self.held = Some(hold("p", most).overcapture_limit(most));
            }
            "1" => self.capture = usd(MAX_COMMANDED_MINOR + 1),
            "2" => self.before = Before::Other,
            "3" => self.before = Before::Same,
            "4" => self.before = Before::InProcess,
            "5" => self.held = None,
            "6" => self.end.push(Cancelled),
            "7" => self.end.push(Clock(DEADLINE)),
            "8" => self.capture = money(self.capture.minor(), "EUR"),
            "9a" if in_process_itself || with("8") => self.end.push(WonLast(1)),
            "9a" if !with("1") => self.capture = Money::from_minor(1001, self.capture.currency()).unwrap(),
            "9b" if with("1") => self.past.push(Open(MAX_COMMANDED_MINOR)),
            "9b" if in_process_itself => self.capture = usd(600),
            "9b" => {
                self.past.push(Open(700));
                if !with("9a") {
                    self.capture = Money::from_minor(600, self.capture.currency()).unwrap();
                }
            }
            "10a" => {
                self.held = self.held.take().map(|held| held.max_captures(most(1)));
                self.past.push(Won(100));
            }
            "10b" => {
                self.held = self.held.take().map(|held| held.max_captures(most(1)));
                if !in_process_itself && !with("9b") {
                    self.past.push(Open(101));
                }
            }
            "11" => self.limited = true,
            "12" => self.adjustment.status = Some(PayerStatus::Abnormal),
            "13" => self.adjustment.limits.max_count = Some(0),
            "14" => self.adjustment.limits.max_amount = Some(usd(0)),
            "15" => self.broke = true,
            "16" => self.verdict = Verdict::Reject,
            "17" if with("16") => {
                self.held = self.held.take().map(|held| held.settlement(Settlement::Deferred));
            }
            "17" => self.verdict = Verdict::Review,
            _ => (),
        }
    }

    fn capture(&self) -> Capture {
        capture("c", "p").amount(self.capture).last(false)
    }

    /// Plays it; the row that answers.
    fn answer(self) -> String {
        let w = World::new();
        match self.before {
            Before::Other => drop(w.tell(&part("c", "p", 1))),
            Before::Same => drop(w.tell(&self.capture())),
            Before::Never | Before::InProcess => (),
        }
        w.done(&register("payer", 10_000));
        if let Some(held) = &self.held {
            w.done(held);
            w.live(&self.past);
            if self.before == Before::InProcess {
                w.reserve(&self.capture());
            }
            w.live(&self.end);
        }
        w.done(&adjust("adjust", "payer", self.adjustment));
        if self.broke {
            let free = w.payer("payer").free().minor();
            w.done(&adjust("broke", "payer", withdraw(i64::try_from(free).unwrap())));
        }
        let limits = [usd(50), money(50, "EUR")].into_iter().filter(|_| self.limited);
        let w = w.reconfigured(Settings::default().payment_limits(limits).unwrap());
        w.verdict.set(Some(self.verdict));
        match w.tell(&self.capture()) {
            Outcome::Replayed(_) => "3".to_owned(),
            Outcome::Pending(Pending::InProcess { .. }) => "4".to_owned(),
            Outcome::Pending(Pending::Waiting) => WAITS.to_owned(),
            Outcome::Pending(Pending::Reserved { .. }) => "17".to_owned(),
            Outcome::Accepted { .. } => "18".to_owned(),
            Outcome::Refused(refusal) => answers_as(&refusal.row().unwrap().to_string()),
            other => panic!("{other:?}"),
        }
    }
}

/// Rows 9b and 10b are answered alike, and 9 and 10 are their final halves.
const WAITS: &str = "waits";

fn answers_as(row: &str) -> String {
    match row {
        "9b" | "10b" => WAITS,
        "9" => "9a",
        "10" => "10a",
        other => other,
    }
    .to_owned()
}

#[test]
fn of_two_rows_that_hold_the_earlier_answers_and_every_pair_is_tried_or_impossible() {
    let mut tried = 0;
    for (at, earlier) in ROWS.iter().enumerate() {
        assert_eq!(Scene::of(&[earlier]).answer(), answers_as(earlier), "row {earlier} alone");
        for later in ROWS[at + 1..].iter().filter(|later| can_hold_at_once(earlier, later)) {
            let both = Scene::of(&[earlier, later]).answer();
            assert_eq!(both, answers_as(earlier), "rows {earlier} and {later}");
            tried += 1;
        }
    }
    let listed: usize = IMPOSSIBLE.iter().map(|(_, others, _)| others.len()).sum();
    assert_eq!((tried, listed), (146, 25), "and 19 with row 18: 190 pairs of 20 rows");
}

fn can_hold_at_once(earlier: &str, later: &str) -> bool {
    let listed = |(row, others, _): &(&str, &[&str], &str)| *row == earlier && others.contains(&later);
    later != "18" && !IMPOSSIBLE.iter().any(listed)
}

/// The refusals of an authorize, one after the other, as its faults are
/// corrected from the front: all later ones hold all the time.
#[test]
fn an_authorize_is_checked_in_order() {
    let settings = || {
        let usd_and_yen = Settings::default().currencies([Currency::USD, Currency::JPY]).unwrap();
        usd_and_yen.payment_limits([usd(500), money(500, "JPY")]).unwrap()
    };
    let other = |asked, expected| Refusal::OtherCurrency { asked, expected };
    let expected = [
        Refusal::AmountOutOfBounds { field: "paymentAmount", asked: money(0, "EUR") },
        Refusal::Inconsistent { field: "paymentAmount" },
        Refusal::DeadlineNotInFuture { deadline: instant(NOW), now: instant(NOW) },
        Refusal::UnknownPayer,
        Refusal::CurrencyNotConfigured { asked: money(501, "EUR") },
        other(money(501, "JPY"), Currency::USD),
        other(money(1, "JPY"), Currency::USD),
        Refusal::PaymentLimit { asked: usd(501), limit: usd(500) },
        Refusal::PayerStatus,
        Refusal::PayerFunds { needed: usd(500), free: usd(100).into() },
    ];
    for (fixed, expected) in expected.into_iter().enumerate() {
        let w = World::with(settings());
        w.done(&register("payer", 100).status(if fixed < 9 {
            PayerStatus::Abnormal
        } else {
            PayerStatus::Normal
        }));
        if fixed < 2 {
            w.done(&hold("p", usd(1)));
        }
        let currency = match fixed {
            0..5 => "EUR",
            5 => "JPY",
            _ => "USD",
        };
        let amount = money([0, 501, 500][usize::from(fixed > 0) + usize::from(fixed > 7)], currency);
        let deadline = if fixed < 3 { NOW } else { DEADLINE };
        let payer = if fixed < 4 { "nobody" } else { "payer" };
        let limit = money(1, if fixed < 7 { "JPY" } else { "USD" });
        let authorize =
            Authorize::new("shop".parse().unwrap(), "p".parse().unwrap(), amount, instant(deadline))
                .payer(payer.parse().unwrap())
                .overcapture_limit(limit);
        assert_eq!(w.refusal(&authorize), expected);
        let wrote = if fixed < 4 { NOTHING } else { ONE_RECORD };
        assert_eq!(w.wrote(), wrote, "what comes before the currency is not recorded: {expected}");
    }
}

#[test]
fn a_void_is_checked_in_order() {
    let foreign = void("v", "p", VoidAmount::Part(money(2000, "EUR")));
    let currency = Refusal::OtherCurrency { asked: money(2000, "EUR"), expected: Currency::USD };
    let exceeds = |why, asked, remainder| Refusal::ExceedsRemainder { why, asked, remainder: usd(remainder) };
    let cases: [(&str, &[Past], Void, Refusal); 13] = [
        (
            "malformed, before it is looked for",
            &[],
            void_part("v", "p", 0),
            Refusal::AmountOutOfBounds { field: "voidAmount", asked: usd(0) },
        ),
        (
            "the id was used, before it is looked for",
            &[Held, Voided(1)],
            void_part("void-1", "q", 1),
            Refusal::Inconsistent { field: "paymentId" },
        ),
        (
            "the id was used, before cancelled",
            &[Held, Voided(1), Cancelled],
            void_all("void-1", "p"),
            Refusal::Inconsistent { field: "voidAmount" },
        ),
        ("not there", &[], foreign.clone(), Refusal::NoAuthorization),
        (
            "cancelled, before the currency",
            &[Held, Cancelled],
            foreign.clone(),
            Refusal::Cancelled { by: ClosedBy::Cancel },
        ),
        (
            "voided, before the amount",
            &[Held, VoidedAll],
            void_part("v", "p", 2000),
            Refusal::Cancelled { by: ClosedBy::Void },
        ),
        (
            "expired in this moment, before the currency",
            &[Held, Open(1), Clock(DEADLINE)],
            foreign.clone(),
            Refusal::Expired { deadline: instant(DEADLINE) },
        ),
        (
            "expired, before all while one is in process",
            &[Held, Open(1), Clock(DEADLINE), Swept],
            void_all("v", "p"),
            Refusal::Expired { deadline: instant(DEADLINE) },
        ),
        ("another currency, before fully captured", &[Held, Won(1000)], foreign.clone(), currency.clone()),
        ("another currency, before one in process", &[Held, OpenLast(1)], foreign, currency),
        (
            "fully captured, also while one is in process",
            &[Held, Open(1), WonLast(1)],
            void_all("v", "p"),
            exceeds(Exceeded::ClosedByLastCapture, None, 0),
        ),
        (
            "more than can come back, before what is in process",
            &[Held, Won(100), Open(1)],
            void_part("v", "p", 901),
            exceeds(Exceeded::AboveRemainder, Some(usd(901)), 900),
        ),
        (
            "nothing whichever way they end, before what is in process",
            &[Generous, Won(1000), Open(1)],
            void_all("v", "p"),
            exceeds(Exceeded::NothingLeft, None, 0),
        ),
    ];
    for (name, past, void, refusal) in cases {
        let w = World::after(past);
        assert_eq!(w.refusal(&void), refusal, "{name}");
        let recorded =
            !matches!(refusal.code(), ResultCode::ParamIllegal | ResultCode::RepeatReqInconsistent);
        assert_eq!(w.wrote().records, usize::from(recorded), "{name}");
    }
}

#[test]
fn a_void_waits_for_what_is_in_process_and_takes_the_remainder_beside_it() {
    for (name, past, void, waits) in [
        ("the remainder", &[Held, Won(100), Open(300)], void_part("v", "p", 600), false),
        ("one more", &[Held, Won(100), Open(300)], void_part("v", "p", 601), true),
        ("all", &[Held, Won(100), Open(300)], void_all("v", "p"), true),
        ("a last one in process", &[Held, Won(100), OpenLast(300)], void_part("v", "p", 1), true),
    ] {
        let w = World::after(past);
        let outcome = w.tell(&void);
        assert_eq!(matches!(outcome, Outcome::Pending(Pending::Waiting)), waits, "{name}: {outcome:?}");
        assert_eq!(w.wrote().records, usize::from(!waits), "{name}: what waits is not recorded");
    }
}

#[test]
fn a_cancel_is_checked_in_order() {
    let cases: [(&str, &[Past], ResultCode); 13] = [
        ("not there", &[], ResultCode::AuthNotFound),
        ("cancelled before, after the deadline", &[Held, Cancelled, Clock(LATER)], ResultCode::Success),
        ("voided, after the deadline", &[Held, VoidedAll, Clock(LATER)], ResultCode::AuthCancelled),
        ("expired in this moment", &[Held, Clock(DEADLINE)], ResultCode::AuthExpired),
        ("expired, before one in process", &[Held, Open(1), Clock(DEADLINE)], ResultCode::AuthExpired),
        ("expired with captures", &[Held, Won(1), Clock(DEADLINE), Swept], ResultCode::AuthExpired),
        ("full by the deadline", &[Generous, Won(1000), Clock(DEADLINE)], ResultCode::OrderStatusInvalid),
        ("fully captured", &[Held, Won(1000)], ResultCode::OrderStatusInvalid),
        (
            "fully captured, before one in process",
            &[Held, Open(1), WonLast(1)],
            ResultCode::OrderStatusInvalid,
        ),
        ("open, but it holds nothing", &[Generous, Won(1000)], ResultCode::OrderStatusInvalid),
        ("it holds nothing, one in process", &[Generous, Won(1000), Open(1)], ResultCode::CaptureInProcess),
        ("one in process", &[Held, Open(1)], ResultCode::CaptureInProcess),
        ("a remainder", &[Held, Won(999)], ResultCode::Success),
    ];
    for (name, past, code) in cases {
        let w = World::after(past);
        assert_eq!(w.code(&cancel("p")), code, "{name}");
        let replayed = name.starts_with("cancelled before");
        let recorded = usize::from(code == ResultCode::Success && !replayed);
        assert_eq!(w.wrote().records, recorded, "{name}: only a success is recorded");
    }
}

#[test]
fn an_adjustment_is_checked_in_order() {
    let yen = UsageLimits { max_count: None, max_amount: Some(money(1, "JPY")) };
    let add = |amount: Money| Some(FundsChange::Add(amount));
    let expected = [
        Refusal::AmountOutOfBounds { field: "funds", asked: money(0, "JPY") },
        Refusal::Inconsistent { field: "payerId" },
        Refusal::UnknownPayer,
        Refusal::OtherCurrency { asked: money(MAX_COMMANDED_MINOR, "JPY"), expected: Currency::USD },
        Refusal::OtherCurrency { asked: money(1, "JPY"), expected: Currency::USD },
        Refusal::BalanceTooHigh { balance: usd(1000).into(), added: usd(MAX_COMMANDED_MINOR) },
    ];
    for (fixed, expected) in expected.into_iter().enumerate() {
        let w = World::new();
        w.done(&register("payer", 1000));
        if fixed < 2 {
            w.done(&adjust("a", "payer", Adjustment::default()));
        }
        let funds =
            money(if fixed == 0 { 0 } else { MAX_COMMANDED_MINOR }, if fixed < 4 { "JPY" } else { "USD" });
        let limits = if fixed < 5 { yen } else { UsageLimits::default() };
        let adjustment = Adjustment { funds: add(funds), limits, ..Adjustment::default() };
        let payer = if fixed < 3 { "nobody" } else { "payer" };
        assert_eq!(w.refusal(&adjust("a", payer, adjustment)), expected);
        let recorded = usize::from(expected.code() == ResultCode::CurrencyNotSupport);
        assert_eq!(w.wrote(), Wrote { records: recorded, ..NOTHING }, "{expected}");
    }
    let w = World::new();
    w.done(&register("payer", 1000));
    w.done(&hold("p", usd(400)).payer("payer".parse().unwrap()));
    let short = Refusal::PayerFunds { needed: usd(601), free: usd(600).into() };
    assert_eq!(w.refusal(&adjust("a", "payer", withdraw(601))), short, "more than is free");
    assert_eq!(w.wrote(), ONE_RECORD);
    assert_eq!(w.code(&adjust("b", "payer", withdraw(600))), ResultCode::Success, "all that is free");
    assert_eq!(w.code(&adjust("c", "payer", world::add(MAX_COMMANDED_MINOR - 400))), ResultCode::Success);
}

#[test]
fn a_registration_is_checked_in_order_and_only_its_success_is_recorded() {
    let only_usd = || Settings::default().currencies([Currency::USD]).unwrap();
    let limits = |amount| UsageLimits { max_count: None, max_amount: Some(amount) };
    let of = |balance: Money| capture_engine::command::RegisterPayer::new("payer".parse().unwrap(), balance);
    let too_much = usd(MAX_COMMANDED_MINOR + 1);
    let w = World::with(only_usd());
    for (register, expected) in [
        (of(too_much), Refusal::AmountOutOfBounds { field: "balance", asked: too_much }),
        (
            of(money(1, "EUR")).limits(limits(too_much)),
            Refusal::AmountOutOfBounds { field: "maxAmountPerWindow", asked: too_much },
        ),
        (
            of(money(1, "EUR")).limits(limits(usd(1))),
            Refusal::CurrencyNotConfigured { asked: money(1, "EUR") },
        ),
        (
            of(usd(1)).limits(limits(money(1, "EUR"))),
            Refusal::OtherCurrency { asked: money(1, "EUR"), expected: Currency::USD },
        ),
    ] {
        assert_eq!(w.refusal(&register), expected);
        assert_eq!(w.wrote(), NOTHING);
    }
    w.done(&of(usd(0)).limits(limits(usd(0))));
    let refusal = w.refusal(&of(money(1, "EUR")));
    assert_eq!(refusal, Refusal::Inconsistent { field: "balance" }, "registered before, before the currency");
    assert_eq!(
        w.refusal(&of(too_much)).code(),
        ResultCode::ParamIllegal,
        "malformed, before registered before"
    );
}

#[test]
fn a_settlement_is_checked_in_order() {
    let w = World::after(&[Held, Won(100)]);
    let out_of_bounds = Refusal::AmountOutOfBounds { field: "settledAmount", asked: usd(0) };
    assert_eq!(w.refusal(&succeeded_with("unknown", 0)), out_of_bounds, "malformed, before it is looked for");
    assert_eq!(w.refusal(&succeeded_with("won-100", 0)), out_of_bounds, "malformed, before a contradiction");
    let too_much = succeeded_with("won-100", MAX_COMMANDED_MINOR + 1);
    assert_eq!(w.refusal(&too_much).code(), ResultCode::ParamIllegal);
    assert_eq!(w.refusal(&succeeded_with("unknown", 1)), Refusal::UnknownCapture);
    assert_eq!(w.code(&succeeded_with("won-100", MAX_COMMANDED_MINOR)), ResultCode::RepeatReqInconsistent);
}
