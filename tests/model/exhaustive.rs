//! All sequences of four commands over an alphabet: after each command the
//! answers are compared, so that all shorter sequences are in it too.

use super::reference::instants::{Fraction, print, read};
use super::reference::line::{
    Abandon, Amount, Authorize, Cancel, Capture, Expire, Line, Op, RegisterPayer, Reverse, Settle, Void,
};
use super::runner::{Pair, straight};
use super::shrink;

pub const LENGTH: u32 = 4;
const DEADLINE: &str = "2026-03-08T09:00:00Z";
const ZONE: &str = "+00:00";

/// A tick before the deadline, and the deadline itself.
fn instants() -> [String; 2] {
    let deadline = read(DEADLINE).unwrap();
    [deadline - 1, deadline].map(|instant| print(instant, &(ZONE.to_owned(), 0), Fraction::IfAny))
}

fn line(at: &str, op: Op) -> Line {
    let client = op.by_merchant().then(|| "M1".to_owned());
    Line { at: Some(at.to_owned()), client, risk: None, op }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// A payer; `p1` holds 10 of the payer's 12 and may be over-captured by 2,
/// `p2` settles later.
pub fn beginning() -> Vec<Line> {
    let at = "2026-03-01T09:00:00Z";
    let usd = |minor: u32| Some(Amount::of(minor, "USD"));
    let payer = RegisterPayer { payer: some("ann"), balance: usd(12), ..RegisterPayer::default() };
    let held = Authorize {
        payment: some("p1"),
        amount: usd(10),
        expires: some(DEADLINE),
        payer: some("ann"),
        limit: usd(2),
        ..Authorize::default()
    };
    let deferred = Authorize {
        payment: some("p2"),
        amount: usd(10),
        expires: some(DEADLINE),
        settlement: some("DEFERRED"),
        ..Authorize::default()
    };
    vec![line(at, Op::RegisterPayer(payer)), line(at, Op::Authorize(held)), line(at, Op::Authorize(deferred))]
}

/// The commands; a capture's id is its payment's and its own letter, so that
/// the same command again is the same request again.
pub fn alphabet() -> Vec<Line> {
    let [before, after] = instants();
    let capture = |request: &str, payment: &str, amount: Option<u32>, last: bool| {
        Op::Capture(Capture {
            request: some(request),
            payment: some(payment),
            amount: amount.map(|minor| Amount::of(minor, "USD")),
            last: Some(last),
            extend_info: None,
        })
    };
    let settle = |request: &str, amount: Option<u32>, outcome: &str| {
        let amount = amount.map(|minor| Amount::of(minor, "USD"));
        Op::Settle(Settle { request: some(request), outcome: some(outcome), amount, code: None })
    };
    let reverse = |request: &str| Op::Reverse(Reverse { request: some(request) });
    let void = |request: &str, payment: &str, amount: Option<u32>| {
        let all = amount.is_none().then_some(true);
        let amount = amount.map(|minor| Amount::of(minor, "USD"));
        Op::Void(Void { request: some(request), payment: some(payment), amount, all })
    };
    let cancel = |payment: &str| Op::Cancel(Cancel { payment: some(payment) });
    let early = [
        capture("1a", "p1", Some(4), false),
        capture("1b", "p1", Some(8), false),
        capture("1c", "p1", Some(4), true),
        capture("1d", "p1", None, true),
        capture("2a", "p2", Some(4), false),
        capture("2b", "p2", Some(10), false),
        capture("2c", "p2", Some(6), true),
        settle("2a", None, "SUCCEEDED"),
        settle("2a", Some(3), "SUCCEEDED"),
        settle("2a", None, "FAILED"),
        settle("2c", None, "SUCCEEDED"),
        settle("2b", None, "FAILED"),
        reverse("1a"),
        reverse("1c"),
        reverse("2a"),
        cancel("p1"),
        cancel("p2"),
        void("v1", "p1", Some(6)),
        void("v2", "p1", None),
        void("v3", "p2", Some(6)),
        Op::Abandon(Abandon { request: some("1a") }),
        Op::Abandon(Abandon { request: some("2a") }),
    ];
    let late = [
        capture("1a", "p1", Some(4), false),
        capture("2a", "p2", Some(4), false),
        settle("2a", None, "SUCCEEDED"),
        reverse("1a"),
        Op::Expire(Expire { limit: Some(1) }),
    ];
    let early = early.into_iter().map(|op| line(&before, op));
    early.chain(late.into_iter().map(|op| line(&after, op))).collect()
}

/// The sequences whose number leaves this rest: how many there were.
pub fn run(rest: u32, of: u32) -> Result<u32, String> {
    let (beginning, alphabet) = (beginning(), alphabet());
    let size = alphabet.len() as u32;
    let mut ran = 0;
    for number in (0..size.pow(LENGTH)).filter(|number| number % of == rest) {
        let mut pair = Pair::new(straight);
        let places = (0..LENGTH).map(|place| &alphabet[(number / size.pow(place) % size) as usize]);
        let mut told: Vec<&Line> = beginning.iter().chain(places).collect();
        let differs = told.iter().any(|line| pair.tell(line).is_err());
        let questions = pair.questions();
        told.extend(&questions);
        if differs || questions.iter().any(|line| pair.tell(line).is_err()) {
            let lines = told.into_iter().cloned().collect();
            let shrunk = shrink::shrink(lines, straight);
            return Err(shrink::report(&format!("sequence-{number}"), &shrunk, straight));
        }
        ran += 1;
    }
    Ok(ran)
}
