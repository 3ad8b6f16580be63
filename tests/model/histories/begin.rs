//! How a history begins: its clock, its settings and its payers.

use std::collections::VecDeque;

use super::choices::Choices;
use crate::reference::instants::{DAY, FIRST, Fraction, LAST, SECOND, print};
use crate::reference::line::{AdjustPayer, Amount, Configure, Line, Op, RegisterPayer, Window};

/// The payers that there are, and what their accounts are kept in.
const PAYERS: [(u32, (&str, &str)); 5] = [
    (12, ("ann", "USD")),
    (8, ("bob", "JPY")),
    (5, ("cy", "USD")),
    (3, ("dee", "KWD")),
    // Rarely registered.
    (1, ("eve", "GBP")),
];

pub fn payer(choices: &mut impl Choices) -> (&'static str, &'static str) {
    choices.weighted(&PAYERS)
}

/// 2026-03-01T09:00:00Z as a rule, or near an end of what a clock can read.
pub fn start(choices: &mut impl Choices) -> i64 {
    let usual = 20_513 * DAY + 9 * 3600 * SECOND;
    choices.weighted(&[(60, usual), (1, FIRST), (1, LAST - DAY), (1, -DAY - 1)])
}

pub fn lines(choices: &mut impl Choices, start: i64) -> VecDeque<Line> {
    let mut lines = VecDeque::new();
    if choices.below(4) > 0 {
        lines.push_back(host(Op::Configure(configuration(choices, start))));
    }
    for (payer, currency) in [("ann", "USD"), ("bob", "JPY"), ("cy", "USD"), ("dee", "KWD")] {
        if choices.below(12) > 0 {
            let registration = RegisterPayer { payer: Some(payer.to_owned()), ..account(choices, currency) };
            lines.push_back(host(Op::RegisterPayer(registration)));
        }
    }
    if choices.one_in(500) {
        rich(&mut lines);
    }
    if let Some(first) = lines.front_mut() {
        first.at = Some(print(start, &("+00:00".to_owned(), 0), Fraction::IfAny));
    }
    lines
}

fn host(op: Op) -> Line {
    Line { at: None, client: None, risk: None, op }
}

fn configuration(choices: &mut impl Choices, start: i64) -> Configure {
    if choices.one_in(500) {
        return choices.weighted(&[(1, "USD,XAU"), (1, "USD,USD"), (1, "usd")]).split(',').fold(
            Configure::default(),
            |mut body, code| {
                body.currencies.get_or_insert_default().push(code.to_owned());
                body
            },
        );
    }
    let zone = ("+00:00".to_owned(), 0);
    let currencies = choices.weighted(&[(2, None), (1, Some("USD,JPY,KWD,EUR")), (1, Some("JPY,USD"))]);
    let limits = choices.weighted(&[(3, None), (1, Some(("USD", 1000))), (1, Some(("JPY", 100)))]);
    let seconds = choices.of(&[1, 60, 3600, 86_400, 4_294_967_295]);
    let from = choices.of(&[start, 0, start + 1800 * SECOND, start - 500 * SECOND]).clamp(FIRST, LAST);
    let window = Window { start: Some(print(from, &zone, Fraction::IfAny)), seconds: Some(seconds) };
    Configure {
        currencies: currencies.map(|codes: &str| codes.split(',').map(str::to_owned).collect()),
        limits: limits.map(|(currency, most)| vec![Amount::of(most, currency)]),
        offset: choices
            .weighted(&[(4, None), (1, Some("-05:30")), (1, Some("+18:00")), (1, Some("-00:00"))])
            .map(str::to_owned),
        last_default: choices.weighted(&[(3, None), (1, Some(false)), (1, Some(true))]),
        window: (choices.below(3) > 0).then_some(window),
    }
}

/// A registration, or another of somebody who is registered.
pub fn registration(choices: &mut impl Choices) -> RegisterPayer {
    let (payer, currency) = payer(choices);
    let currency = choices.weighted(&[(12, currency), (1, "XAU"), (1, "EUR")]);
    RegisterPayer { payer: Some(payer.to_owned()), ..account(choices, currency) }
}

fn account(choices: &mut impl Choices, currency: &str) -> RegisterPayer {
    let balance = choices.of(&[0, 200, 3000, 3000, 50_000, 50_000, 1_000_000, 9_999_999_999_999_999_u64]);
    let limit_in = if choices.one_in(25) { "CLF" } else { currency };
    let most = choices.weighted(&[(8, None), (1, Some(0)), (1, Some(100)), (2, Some(5000))]);
    RegisterPayer {
        payer: None,
        balance: Some(Amount::of(balance, currency)),
        status: choices
            .weighted(&[(12, None), (3, Some("NORMAL")), (1, Some("ABNORMAL"))])
            .map(str::to_owned),
        max_count: choices.weighted(&[(8, None), (1, Some(0)), (1, Some(2)), (2, Some(6))]),
        max_amount: most.map(|most| Amount::of(most, limit_in)),
    }
}

/// Funds are added until the balance can rise no more.
fn rich(lines: &mut VecDeque<Line>) {
    for nth in 0..102 {
        lines.push_back(host(Op::AdjustPayer(AdjustPayer {
            request: Some(format!("more-{nth}")),
            payer: Some("ann".to_owned()),
            funds: Some(Amount::of(9_999_999_999_999_999_u64, "USD")),
            ..AdjustPayer::default()
        })));
    }
}
