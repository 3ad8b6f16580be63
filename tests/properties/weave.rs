//! How a history is woven: new commands, commands on payments that are there,
//! repeats, repeats with one thing changed, settlements of what was captured;
//! batches, sweeps, other settings and whole scenes.

use capture_engine::Money;
use capture_engine::command::{FundsChange, PayerStatus, SettlementOutcome};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::generate::{clock, configured, failed, op, prologue, sweep, taking, void};
use crate::ops::{Clock, History, Holding, Op, SECOND, Step, Taking, currency_of, home, money, numbers_of};
use crate::scenes;

/// A whole history: payers and payments, then about so many commands.
pub fn history(commands: usize) -> impl Strategy<Value = History> {
    let first = prop_oneof![15 => prologue(), 1 => Just(Vec::new())];
    let one = prop_oneof![
        40 => vec(sent(), 1..2).prop_map(Piece::Sent),
        3 => vec(sent(), 2..6).prop_map(Piece::Sent),
        2 => sweep().prop_map(|step| Piece::Steps(vec![step])),
        1 => configured().prop_map(|configured| Piece::Steps(vec![Step::Configure(configured)])),
        3 => scenes::scenes().prop_map(Piece::Steps),
    ];
    let least = commands.div_ceil(2);
    (first, vec(one, least..commands.max(least + 1))).prop_map(|(first, rest)| weave(first, rest))
}

/// A piece of a history before it is known what stands before it.
#[derive(Clone, Debug)]
enum Piece {
    Steps(Vec<Step>),
    /// Commands in one batch.
    Sent(Vec<(Clock, Sent)>),
}

#[derive(Clone, Debug)]
enum Sent {
    New(Op),
    /// A command on a payment whose authorize stands before.
    Aimed(Index, Op),
    /// Some command that stands before, once more.
    Again(Index),
    /// The same with one thing changed.
    Varied(Index, u8),
    /// A settlement or the like of some capture that stands before.
    Follows(Index, Followed),
}

#[derive(Clone, Copy, Debug)]
enum Followed {
    Settled(SettlementOutcome),
    SettledWith(i64),
    Reversed,
    Abandoned,
}

fn sent() -> impl Strategy<Value = (Clock, Sent)> {
    let followed = prop_oneof![
        5 => Just(Followed::Settled(SettlementOutcome::Succeeded(None))),
        3 => (1..8_i64).prop_map(Followed::SettledWith),
        4 => failed().prop_map(|code| Followed::Settled(SettlementOutcome::Failed(code))),
        3 => Just(Followed::Reversed),
        1 => Just(Followed::Abandoned),
    ];
    let sent = prop_oneof![
        12 => op().prop_map(Sent::New),
        14 => (any::<Index>(), aimed()).prop_map(|(index, op)| Sent::Aimed(index, op)),
        4 => any::<Index>().prop_map(Sent::Again),
        4 => (any::<Index>(), any::<u8>()).prop_map(|(index, how)| Sent::Varied(index, how)),
        8 => (any::<Index>(), followed).prop_map(|(index, followed)| Sent::Follows(index, followed)),
    ];
    (clock(), sent)
}

/// The history in which each piece follows from those before it.
fn weave(mut history: History, rest: Vec<Piece>) -> History {
    let ops_of = |step: &Step| match step {
        Step::Submit(items) => items.iter().map(|(_, op)| op.clone()).collect(),
        _ => Vec::new(),
    };
    let mut ops: Vec<Op> = history.iter().flat_map(ops_of).collect();
    for piece in rest {
        let steps = match piece {
            Piece::Steps(steps) => steps,
            Piece::Sent(items) => {
                let resolved =
                    items.into_iter().filter_map(|(clock, sent)| Some((clock, resolve(sent, &ops)?)));
                let resolved: Vec<_> = resolved.collect();
                if resolved.is_empty() { Vec::new() } else { vec![Step::Submit(resolved)] }
            }
        };
        ops.extend(steps.iter().flat_map(ops_of));
        history.extend(steps);
    }
    history
}

fn resolve(sent: Sent, before: &[Op]) -> Option<Op> {
    let pick = |index: Index, from: Vec<Op>| (!from.is_empty()).then(|| index.get(&from).clone());
    match sent {
        Sent::New(op) => Some(op),
        Sent::Again(index) => pick(index, before.to_vec()),
        Sent::Varied(index, how) => {
            // Adjustments are rare and have many fields.
            let seldom = before.iter().filter(|op| how % 3 == 0 && matches!(op, Op::Adjust { .. }));
            let op = pick(index, seldom.cloned().collect()).or_else(|| pick(index, before.to_vec()));
            op.map(|op| varied(op, how / 3))
        }
        Sent::Aimed(index, op) => {
            let authorizes = before.iter().filter(|op| matches!(op, Op::Authorize(_)));
            match pick(index, authorizes.cloned().collect()) {
                Some(Op::Authorize(holding)) => Some(aim(op, &holding)),
                _ => Some(op),
            }
        }
        Sent::Follows(index, followed) => {
            let captures = before.iter().rev().filter(|op| matches!(op, Op::Capture(_))).take(8);
            let Some(Op::Capture(Taking { m, c, .. })) = pick(index, captures.cloned().collect()) else {
                return None;
            };
            Some(match followed {
                Followed::Settled(told) => Op::Settle { m, c, told },
                Followed::SettledWith(minor) => {
                    let amount = money(minor, currency_of(home(c)));
                    Op::Settle { m, c, told: SettlementOutcome::Succeeded(Some(amount)) }
                }
                Followed::Reversed => Op::Reverse { m, c },
                Followed::Abandoned => Op::Abandon { m, c },
            })
        }
    }
}

/// The same command on this payment, with an id of the payment's.
fn aim(op: Op, at: &Holding) -> Op {
    let (first, count) = numbers_of(at.p);
    let own = |number: u8| first + number % count;
    let amount = |amount: Option<Money>, was: u8| match amount {
        Some(amount) if amount.currency() == currency_of(was) => {
            Some(money(amount.minor(), at.amount.currency()))
        }
        other => other,
    };
    match op {
        Op::Capture(Taking { c, amount: asked, .. }) | Op::Quote(Taking { c, amount: asked, .. }) => {
            let (m, p, c, asked) = (at.m, at.p, own(c), amount(asked, home(c)));
            match op {
                Op::Quote(taking) => Op::Quote(Taking { m, p, c, amount: asked, ..taking }),
                Op::Capture(taking) => Op::Capture(Taking { m, p, c, amount: asked, ..taking }),
                other => other,
            }
        }
        Op::Void { v, amount: asked, .. } => {
            Op::Void { m: at.m, p: at.p, v: own(v), amount: amount(asked, home(v)) }
        }
        other => other,
    }
}

fn aimed() -> impl Strategy<Value = Op> {
    prop_oneof![
        12 => taking().prop_map(Op::Capture),
        1 => taking().prop_map(Op::Quote),
        3 => void(),
    ]
}

/// The same request with one thing changed; in some cases only in how it is
/// written.
fn varied(op: Op, how: u8) -> Op {
    let more = |amount: Money| money(amount.minor() % 9 + 1, amount.currency());
    match op {
        Op::Authorize(holding) => Op::Authorize(varied_holding(holding, how)),
        Op::Capture(taking) => Op::Capture(varied_taking(taking, how)),
        Op::Quote(taking) => Op::Quote(varied_taking(taking, how)),
        Op::Void { m, v, p, amount } => match how % 3 {
            0 => Op::Void { m, v, p: (p + 1) % 8, amount },
            1 => Op::Void { m, v, p, amount: amount.map(more).or(Some(money(1, currency_of(p)))) },
            _ => Op::Void { m, v, p, amount: None },
        },
        Op::Register { u, balance, mut status, mut limits } => {
            match how % 4 {
                0 => return Op::Register { u, balance: more(balance), status, limits },
                1 => status = other_status(Some(status)),
                2 => limits.max_count = Some(limits.max_count.map_or(3, |count| count + 1)),
                _ => limits.max_amount = Some(more(limits.max_amount.unwrap_or(balance))),
            }
            Op::Register { u, balance, status, limits }
        }
        Op::Adjust { a, u, mut adjustment } => {
            let own = crate::ops::currency_of_payer(u);
            match how % 7 {
                0 => return Op::Adjust { a, u: (u + 1) % 4, adjustment },
                1 => {
                    adjustment.funds = match adjustment.funds {
                        Some(FundsChange::Add(amount)) => Some(FundsChange::Withdraw(amount)),
                        _ => Some(FundsChange::Add(money(2, own))),
                    }
                }
                2 => adjustment.status = Some(other_status(adjustment.status)),
                3 => adjustment.clear_limits ^= true,
                4 => adjustment.reset_usage ^= true,
                5 => {
                    adjustment.limits.max_count =
                        Some(adjustment.limits.max_count.map_or(3, |count| count + 1))
                }
                _ => {
                    adjustment.limits.max_amount =
                        adjustment.limits.max_amount.map(more).or(Some(money(40, own)))
                }
            }
            Op::Adjust { a, u, adjustment }
        }
        other => other,
    }
}

fn other_status(status: Option<PayerStatus>) -> PayerStatus {
    match status {
        Some(PayerStatus::Abnormal) => PayerStatus::Normal,
        _ => PayerStatus::Abnormal,
    }
}

fn varied_holding(holding: Holding, how: u8) -> Holding {
    let own = holding.amount.currency();
    match how % 9 {
        0 => Holding { amount: money(holding.amount.minor() % 29 + 1, own), ..holding },
        1 => Holding { expires: (holding.expires - 1).max(SECOND), ..holding },
        2 => Holding { payer: holding.payer.map_or(Some(0), |_| None), ..holding },
        3 => Holding { max: holding.max.map_or(Some(50), |_| None), ..holding },
        4 => Holding { max: Some(7), ..holding },
        5 => Holding { percent: holding.percent.map_or(Some(0), |_| None), ..holding },
        6 => Holding { limit: holding.limit.map_or(Some(money(2, own)), |_| None), ..holding },
        7 => Holding { deferred: !holding.deferred, ..holding },
        _ => Holding { drawn: !holding.drawn, ..holding },
    }
}

fn varied_taking(taking: Taking, how: u8) -> Taking {
    let own = currency_of(taking.p);
    match how % 6 {
        0 => Taking { p: (taking.p + 1) % 8, ..taking },
        1 => Taking { amount: Some(money(i64::from(how) % 7 + 1, own)), ..taking },
        2 => Taking { amount: None, ..taking },
        3 => Taking { last: taking.last.map_or(Some(true), |_| None), ..taking },
        4 => Taking { last: taking.last.map(|last| !last), ..taking },
        _ => Taking { info: Some("changed"), ..taking },
    }
}
