//! Scenes: short lists of commands that lead to where random ones seldom
//! come. Each has a payment and ids of its own (`p5`, `p6`, `p7`), so that
//! nothing stands in its way the first time; a second time it is a repeat.

use capture_engine::command::SettlementOutcome::{self, Failed, Succeeded};
use capture_engine::command::{Adjustment, FundsChange, PayerStatus, UsageLimits};
use capture_engine::money::MAX_COMMANDED_MINOR;
use capture_engine::result_code::FailureCode;
use capture_engine::risk::Verdict;
use capture_engine::{Currency, Money, ResultCode};
use proptest::prelude::*;

use crate::generate::m;
use crate::ops::{
    Clock, History, Holding, Op, SECOND, Step, T0, Taking, currency_of, deadline, money, numbers_of,
};

/// One payment of a scene, and the ids that belong to it.
#[derive(Clone, Copy, Debug)]
struct Scene {
    m: u8,
    p: u8,
    /// The first of its captures' ids.
    c: u8,
    deferred: bool,
    payer: Option<u8>,
}

fn scene() -> impl Strategy<Value = Scene> {
    let payer = prop_oneof![Just(None), Just(Some(0))];
    (m(), 5..8_u8, proptest::bool::ANY, payer).prop_map(|(m, p, deferred, payer)| {
        let (c, _) = numbers_of(p);
        Scene { m, p, c, deferred, payer }
    })
}

pub fn scenes() -> impl Strategy<Value = History> {
    let which: [fn(Scene) -> Vec<Op>; 11] = [
        Scene::full_by_the_deadline,
        Scene::used_up,
        Scene::last_in_process,
        Scene::reversed,
        Scene::late_settlements,
        Scene::contradictions,
        Scene::voided_away,
        Scene::cancelled_after_a_capture,
        Scene::above_the_hold,
        Scene::payer_at_the_limit,
        Scene::written_out,
    ];
    let which = (0..which.len()).prop_map(move |at| which[at]);
    (scene(), which, proptest::bool::weighted(0.2)).prop_map(|(scene, ops, batched)| {
        let ops = ops(scene);
        // It begins before its deadline, which is that of `expires`.
        let start = |at: usize| if at == 0 { Clock::At(T0 + 2 * SECOND) } else { Clock::Stays };
        let items = ops.into_iter().enumerate().map(|(at, op)| match op {
            // An authorize in the middle says: now the deadline is there.
            Op::Authorize(_) if at > 0 => (Clock::At(deadline(1)), op),
            op => (start(at), op),
        });
        match batched {
            true => vec![Step::Submit(items.collect())],
            false => items.map(|item| Step::Submit(vec![item])).collect(),
        }
    })
}

fn code(code: ResultCode) -> FailureCode {
    FailureCode::try_from(code).unwrap()
}

impl Scene {
    fn own(self, minor: i64) -> Money {
        money(minor, currency_of(self.p))
    }

    fn hold(self, minor: i64) -> Holding {
        Holding {
            m: self.m,
            p: self.p,
            payer: self.payer,
            amount: self.own(minor),
            expires: deadline(1),
            max: None,
            percent: None,
            limit: None,
            deferred: self.deferred,
            drawn: false,
        }
    }

    fn take(self, nth: u8, minor: i64, last: bool) -> Op {
        let amount = Some(self.own(minor)).filter(|amount| !amount.is_zero());
        let verdict = Some(Verdict::Accept);
        Op::Capture(Taking {
            m: self.m,
            c: self.c + nth,
            p: self.p,
            amount,
            last: Some(last),
            info: None,
            verdict,
        })
    }

    /// In process, whatever the terms say.
    fn review(self, nth: u8, minor: i64, last: bool) -> Op {
        match self.take(nth, minor, last) {
            Op::Capture(taking) => Op::Capture(Taking { verdict: Some(Verdict::Review), ..taking }),
            other => other,
        }
    }

    fn settle(self, nth: u8, told: SettlementOutcome) -> Op {
        Op::Settle { m: self.m, c: self.c + nth, told }
    }

    fn reverse(self, nth: u8) -> Op {
        Op::Reverse { m: self.m, c: self.c + nth }
    }

    fn void(self, nth: u8, minor: i64) -> Op {
        let amount = Some(self.own(minor)).filter(|amount| !amount.is_zero());
        Op::Void { m: self.m, v: self.c + nth, p: self.p, amount }
    }

    fn cancel(self) -> Op {
        Op::Cancel { m: self.m, p: self.p }
    }

    /// Captured up to the hold, open only for what may be taken on top.
    fn full_by_the_deadline(self) -> Vec<Op> {
        let hold = Holding { percent: Some(5_000), ..self.hold(10) };
        vec![
            Op::Authorize(hold.clone()),
            self.take(0, 10, false),
            self.settle(0, Succeeded(None)),
            self.cancel(),
            self.take(1, 0, false),
            self.void(1, 0),
            Op::Authorize(hold),
            self.take(2, 1, false),
            self.void(2, 1),
            self.cancel(),
            self.reverse(0),
            self.reverse(0),
        ]
    }

    fn used_up(self) -> Vec<Op> {
        vec![
            Op::Authorize(Holding { max: Some(1), ..self.hold(10) }),
            self.review(0, 4, false),
            self.take(1, 4, false),
            self.settle(0, Succeeded(Some(self.own(3)))),
            self.take(2, 4, false),
            self.reverse(0),
            self.take(3, 4, false),
        ]
    }

    fn last_in_process(self) -> Vec<Op> {
        vec![
            Op::Authorize(self.hold(10)),
            self.review(0, 4, false),
            self.review(1, 3, true),
            self.take(2, 1, false),
            self.take(3, 0, false),
            self.take(4, 11, false),
            self.void(0, 1),
            self.void(1, 0),
            self.void(2, 11),
            self.cancel(),
            self.settle(1, Succeeded(None)),
            self.void(3, 1),
            self.take(5, 1, true),
            self.settle(0, if self.deferred { Succeeded(None) } else { Failed(FailureCode::default()) }),
            self.settle(0, Succeeded(None)),
            self.reverse(1),
            self.settle(1, Succeeded(Some(self.own(1)))),
        ]
    }

    fn reversed(self) -> Vec<Op> {
        vec![
            Op::Authorize(self.hold(10)),
            self.take(0, 4, false),
            self.settle(0, Succeeded(None)),
            self.review(1, 2, false),
            self.settle(1, Succeeded(None)),
            self.reverse(1),
            self.settle(1, Failed(FailureCode::default())),
            self.settle(1, Succeeded(None)),
            self.settle(1, Succeeded(Some(self.own(1)))),
            self.settle(1, Succeeded(Some(self.own(1)))),
            self.review(3, 2, true),
            Op::Abandon { m: self.m, c: self.c + 3 },
            self.settle(3, Succeeded(Some(self.own(0)))),
            self.settle(3, Failed(FailureCode::default())),
            self.reverse(0),
            self.reverse(0),
            self.settle(0, Succeeded(Some(self.own(1)))),
            self.take(2, 0, true),
        ]
    }

    /// What was in process at the deadline settles later.
    fn late_settlements(self) -> Vec<Op> {
        let hold = Holding { max: Some(4), limit: Some(self.own(3)), ..self.hold(10) };
        vec![
            Op::Authorize(hold.clone()),
            self.review(0, 3, false),
            self.review(1, 3, false),
            self.take(2, 2, false),
            self.settle(2, Succeeded(None)),
            Op::Authorize(hold),
            self.take(3, 1, false),
            self.void(1, 1),
            self.cancel(),
            self.settle(0, Succeeded(Some(self.own(2)))),
            self.settle(1, Failed(code(ResultCode::AuthExpired))),
            self.settle(1, Succeeded(None)),
            self.reverse(0),
            self.reverse(2),
            Op::Abandon { m: self.m, c: self.c + 2 },
        ]
    }

    fn contradictions(self) -> Vec<Op> {
        let more = Succeeded(Some(self.own(5)));
        let other = Succeeded(Some(money(4, Currency::EUR)));
        let risk = Failed(code(ResultCode::RiskReject));
        vec![
            Op::Authorize(self.hold(10)),
            self.review(0, 4, false),
            self.settle(0, more),
            self.settle(0, more),
            self.settle(0, other),
            self.settle(0, Failed(FailureCode::default())),
            self.settle(0, risk),
            self.settle(0, risk),
            self.settle(0, Succeeded(None)),
            self.settle(0, Succeeded(None)),
            self.settle(0, Failed(FailureCode::default())),
            self.reverse(0),
            self.review(1, 4, false),
            self.settle(1, Succeeded(Some(self.own(2)))),
            self.settle(1, risk),
            self.settle(1, risk),
            self.settle(1, Succeeded(None)),
            self.settle(1, Succeeded(None)),
            self.settle(1, Succeeded(Some(self.own(2)))),
        ]
    }

    /// A void leaves nothing: of something captured, or of all.
    fn voided_away(self) -> Vec<Op> {
        let captured = if self.deferred { vec![] } else { vec![self.take(0, 4, false)] };
        let rest = vec![
            self.void(0, 1),
            self.void(1, 0),
            self.take(1, 1, false),
            self.void(2, 1),
            self.cancel(),
            self.reverse(0),
            self.settle(0, Succeeded(Some(self.own(1)))),
        ];
        [vec![Op::Authorize(self.hold(10))], captured, rest].concat()
    }

    fn cancelled_after_a_capture(self) -> Vec<Op> {
        vec![
            Op::Authorize(self.hold(10)),
            self.take(0, 4, false),
            self.settle(0, Succeeded(None)),
            self.cancel(),
            self.take(1, 1, false),
            self.void(1, 1),
            self.settle(0, Failed(FailureCode::default())),
            self.reverse(0),
            Op::Abandon { m: self.m, c: self.c },
            self.cancel(),
        ]
    }

    /// More than the hold, drawn on the payer's free funds.
    fn above_the_hold(self) -> Vec<Op> {
        let hold = Holding { percent: Some(10_000), limit: Some(self.own(6)), ..self.hold(10) };
        vec![
            Op::Authorize(hold),
            self.review(0, 12, false),
            self.void(0, 0),
            self.take(1, 5, false),
            self.take(2, 17, false),
            self.settle(0, Succeeded(None)),
            self.take(3, 0, false),
            self.take(4, 4, false),
            self.settle(4, Succeeded(None)),
            self.take(5, 1, false),
            self.void(1, 1),
            self.reverse(4),
        ]
    }

    /// What was left out first is written out when it is sent again: while it
    /// is in process, after it succeeded with less, after it was refused.
    fn written_out(self) -> Vec<Op> {
        let rejected = match self.take(1, 0, false) {
            Op::Capture(taking) => Op::Capture(Taking { verdict: Some(Verdict::Reject), ..taking }),
            other => other,
        };
        vec![
            Op::Authorize(self.hold(10)),
            self.review(0, 0, false),
            self.take(0, 10, false),
            self.take(0, 9, false),
            self.settle(0, Succeeded(Some(self.own(6)))),
            self.take(0, 10, false),
            self.take(0, 6, false),
            rejected,
            self.take(1, 4, false),
            self.take(1, 5, false),
            self.take(2, 0, false),
            self.take(2, 4, false),
            self.take(2, 3, false),
        ]
    }

    fn adjust(self, nth: u8, adjustment: Adjustment) -> Op {
        let a = 100 + 40 * self.m + 10 * (self.p - 5) + nth;
        Op::Adjust { a, u: 0, adjustment }
    }

    /// A payer whose status, funds or limits do not do; and accounts that
    /// cannot be made.
    fn payer_at_the_limit(self) -> Vec<Op> {
        let none = Adjustment::default();
        let status = |status| Adjustment { status: Some(status), ..none };
        let funds = |funds| Adjustment { funds: Some(funds), ..none };
        let limits = |max_count, max_amount| {
            let limits = UsageLimits { max_count, max_amount };
            Adjustment { limits, clear_limits: true, reset_usage: true, ..none }
        };
        let most = money(MAX_COMMANDED_MINOR, Currency::USD);
        let euro = money(5, Currency::EUR);
        let account = |balance, max_amount| Op::Register {
            u: 4,
            balance,
            status: PayerStatus::Normal,
            limits: UsageLimits { max_count: None, max_amount },
        };
        vec![
            Op::Authorize(Holding { payer: Some(0), drawn: true, ..self.hold(3_000) }),
            self.adjust(0, status(PayerStatus::Abnormal)),
            self.take(0, 1, false),
            self.adjust(1, status(PayerStatus::Normal)),
            self.adjust(2, limits(None, None)),
            self.take(1, 2_900, false),
            self.take(2, 1, false),
            self.adjust(3, limits(Some(1), None)),
            self.take(3, 1, false),
            self.take(4, 1, false),
            self.adjust(4, limits(None, Some(self.own(2)))),
            self.take(5, 3, false),
            self.take(6, 2, false),
            self.settle(6, Failed(FailureCode::default())),
            self.adjust(5, funds(FundsChange::Withdraw(most))),
            self.adjust(6, funds(FundsChange::Add(most))),
            self.adjust(7, funds(FundsChange::Add(euro))),
            self.adjust(7, funds(FundsChange::Add(money(0, Currency::USD)))),
            self.adjust(8, limits(None, None)),
            account(most, Some(euro)),
            account(money(MAX_COMMANDED_MINOR + 1, Currency::USD), None),
            account(money(1, Currency::from_code("XXX").unwrap()), None),
        ]
    }
}
