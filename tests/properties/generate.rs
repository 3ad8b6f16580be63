//! Random commands over small alphabets, a clock that stands, ticks, jumps and
//! goes back, settings that change. What a history is made of.

use capture_engine::command::{Adjustment, FundsChange, PayerStatus, SettlementOutcome, UsageLimits};
use capture_engine::money::MAX_COMMANDED_MINOR;
use capture_engine::result_code::FailureCode;
use capture_engine::risk::Verdict;
use capture_engine::{Currency, Instant, Money, ResultCode};
use proptest::bool::weighted;
use proptest::option;
use proptest::prelude::*;

use crate::ops::{
    Clock, Configured, History, Holding, Op, SECOND, Step, T0, Taking, currency_of, currency_of_payer,
    deadline, home, money, usual_payer,
};

pub fn failed() -> impl Strategy<Value = FailureCode> {
    prop_oneof![
        2 => Just(FailureCode::default()),
        1 => Just(FailureCode::try_from(ResultCode::UserBalanceNotEnough).unwrap()),
    ]
}

/// Payers and authorizations to begin with.
pub fn prologue() -> impl Strategy<Value = History> {
    let payers = (0..crate::ops::PAYERS).map(|number| register(Just(number)).boxed()).collect::<Vec<_>>();
    let payments = (0..crate::ops::MERCHANTS)
        .flat_map(|m| (0..5).map(move |p| authorize(Just(m), Just(p)).boxed()))
        .map(|one| option::weighted(0.9, one))
        .collect::<Vec<_>>();
    (payers, payments).prop_map(|(payers, payments)| {
        let ops = payers.into_iter().chain(payments.into_iter().flatten());
        ops.map(|op| Step::Submit(vec![(Clock::Stays, op)])).collect()
    })
}

pub fn sweep() -> impl Strategy<Value = Step> {
    (clock(), option::weighted(0.6, 1..4_u32)).prop_map(|(clock, limit)| Step::Expire(clock, limit))
}

pub fn clock() -> impl Strategy<Value = Clock> {
    let of = prop_oneof![6 => Just(1), 4 => Just(2), 2 => Just(3), 1 => Just(4_usize)];
    let to_deadline = (of, -1..2_i64).prop_map(|(of, tick)| Clock::At(deadline(of) + tick));
    prop_oneof![
        75 => Just(Clock::Stays),
        20 => prop_oneof![Just(1), Just(SECOND), Just(7 * SECOND + 500_000)].prop_map(Clock::By),
        6 => Just(Clock::By(-SECOND)),
        1 => Just(Clock::By(-86_400 * SECOND)),
        2 => to_deadline,
        4 => Just(Clock::At(T0 + SECOND)),
        1 => prop_oneof![
            Just(Clock::By(86_400 * SECOND)),
            Just(Clock::By(5 * 365 * 86_400 * SECOND)),
            Just(Clock::At(Instant::MIN.as_micros())),
            Just(Clock::At(Instant::MAX.as_micros())),
        ],
    ]
}

pub fn configured() -> impl Strategy<Value = Configured> {
    let offset = prop_oneof![Just(480), Just(0), Just(-210), Just(840)];
    let limit = option::weighted(0.4, prop_oneof![Just(3), Just(9), Just(25)]);
    let window = prop_oneof![3 => Just(86_400), 1 => Just(3_600), 1 => Just(7)];
    (offset, any::<bool>(), limit, window, weighted(0.2), 0..3_u8).prop_map(
        |(offset_minutes, last_by_default, payment_limit, window_seconds, without_yen, id_key)| Configured {
            offset_minutes,
            last_by_default,
            payment_limit,
            window_seconds,
            without_yen,
            id_key,
        },
    )
}

pub fn m() -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(0), 1 => Just(1)]
}

/// A payment, the first ones more often; the last one is never authorized.
fn p() -> impl Strategy<Value = u8> {
    prop_oneof![4 => Just(0), 3 => Just(1), 2 => Just(2), 1 => Just(3), 1 => Just(4), 1 => 5..9_u8]
}

fn c() -> impl Strategy<Value = u8> {
    prop_oneof![12 => 0..20_u8, 5 => 20..35_u8, 1 => 40..70_u8]
}

fn minor() -> impl Strategy<Value = i64> {
    prop_oneof![
        60 => 1..8_i64,
        12 => 8..16_i64,
        8 => 16..40_i64,
        1 => Just(0),
        1 => Just(MAX_COMMANDED_MINOR),
        1 => Just(MAX_COMMANDED_MINOR + 1),
    ]
}

/// An amount, mostly in this currency.
fn amount(own: Currency) -> impl Strategy<Value = Money> {
    let gold = Currency::from_code("XAU").unwrap();
    let currency = prop_oneof![
        40 => Just(own),
        1 => prop_oneof![Just(Currency::EUR), Just(gold), Just(Currency::JPY)],
    ];
    (minor(), currency).prop_map(|(minor, currency)| money(minor, currency))
}

pub fn authorize(
    m: impl Strategy<Value = u8>,
    p: impl Strategy<Value = u8> + Clone + 'static,
) -> impl Strategy<Value = Op> {
    let authorized = prop_oneof![50 => 4..30_i64, 1 => Just(0), 1 => Just(MAX_COMMANDED_MINOR), 1 => Just(1)];
    let expires = prop_oneof![
        1 => Just(deadline(0)),
        6 => Just(deadline(1)),
        10 => Just(deadline(2)),
        10 => Just(deadline(3)),
        10 => Just(deadline(4)),
        1 => Just(Instant::MAX.as_micros()),
    ];
    let max = option::weighted(0.35, prop_oneof![3 => 1..4_u32, 1 => Just(50), 1 => Just(u32::MAX)]);
    let percent = option::weighted(0.35, prop_oneof![Just(0), Just(1_000), Just(3_333), Just(10_000)]);
    let of_payment = p.prop_flat_map(|p| {
        let own = currency_of(p);
        let payer = prop_oneof![
            20 => Just(Some(usual_payer(p))),
            9 => Just(None),
            1 => (0..5_u8).prop_map(Some),
        ];
        let other = prop_oneof![40 => Just(own), 1 => Just(Currency::EUR), 1 => Just(Currency::from_code("XTS").unwrap())];
        let limit = prop_oneof![
            30 => (1..6_i64).prop_map(move |minor| money(minor, own)),
            1 => amount(own),
        ];
        (Just(p), payer, other, option::weighted(0.25, limit))
    });
    (m, of_payment, authorized, expires, max, percent, weighted(0.3), weighted(0.35)).prop_map(
        |(m, (p, payer, currency, limit), minor, expires, max, percent, deferred, drawn)| {
            let amount = money(minor, currency);
            Op::Authorize(Holding { m, p, payer, amount, expires, max, percent, limit, deferred, drawn })
        },
    )
}

pub fn taking() -> impl Strategy<Value = Taking> {
    let of_capture = c().prop_flat_map(|c| {
        let p = prop_oneof![30 => Just(home(c)), 1 => p()];
        (Just(c), p, option::weighted(0.8, amount(currency_of(home(c)))))
    });
    let last = prop_oneof![6 => Just(Some(false)), 1 => Just(Some(true)), 2 => Just(None)];
    let info = option::weighted(0.2, prop_oneof![Just("a"), Just("b")]);
    let verdict = prop_oneof![
        12 => Just(Some(Verdict::Accept)),
        4 => Just(Some(Verdict::Review)),
        1 => Just(Some(Verdict::Reject)),
        1 => Just(None),
    ];
    (m(), of_capture, last, info, verdict).prop_map(|(m, (c, p, amount), last, info, verdict)| Taking {
        m,
        c,
        p,
        amount,
        last,
        info,
        verdict,
    })
}

fn settle() -> impl Strategy<Value = Op> {
    let told = |c: u8| {
        prop_oneof![
            6 => Just(SettlementOutcome::Succeeded(None)),
            5 => amount(currency_of(home(c))).prop_map(|amount| SettlementOutcome::Succeeded(Some(amount))),
            6 => failed().prop_map(SettlementOutcome::Failed),
        ]
    };
    (m(), c().prop_flat_map(move |c| (Just(c), told(c)))).prop_map(|(m, (c, told))| Op::Settle { m, c, told })
}

pub fn void() -> impl Strategy<Value = Op> {
    let of_void = (0..35_u8).prop_flat_map(|v| {
        let own = currency_of(home(v));
        let p = prop_oneof![30 => Just(home(v)), 1 => p()];
        (Just(v), p, option::weighted(0.7, amount(own)))
    });
    (m(), of_void).prop_map(|(m, (v, p, amount))| Op::Void { m, v, p, amount })
}

fn status() -> impl Strategy<Value = PayerStatus> {
    prop_oneof![3 => Just(PayerStatus::Normal), 1 => Just(PayerStatus::Abnormal)]
}

fn limits(own: Currency) -> impl Strategy<Value = UsageLimits> {
    let sum = prop_oneof![
        8 => prop_oneof![Just(0), Just(10), Just(30)].prop_map(move |minor| money(minor, own)),
        1 => amount(own),
    ];
    let count = prop_oneof![Just(0), Just(2), Just(5)];
    (option::weighted(0.15, count), option::weighted(0.15, sum))
        .prop_map(|(max_count, max_amount)| UsageLimits { max_count, max_amount })
}

fn register(u: impl Strategy<Value = u8> + 'static) -> impl Strategy<Value = Op> {
    let of_payer = u.prop_flat_map(|u| {
        let own = currency_of_payer(u);
        let minor = prop_oneof![
            80 => 40..200_i64,
            1 => Just(0),
            1 => Just(MAX_COMMANDED_MINOR),
            1 => Just(MAX_COMMANDED_MINOR + 1),
        ];
        let currency = prop_oneof![80 => Just(own), 1 => Just(Currency::from_code("XXX").unwrap())];
        (Just(u), minor, currency, limits(own))
    });
    let status = prop_oneof![12 => Just(PayerStatus::Normal), 1 => Just(PayerStatus::Abnormal)];
    (of_payer, status).prop_map(|((u, minor, currency, limits), status)| Op::Register {
        u,
        balance: money(minor, currency),
        status,
        limits,
    })
}

fn adjust() -> impl Strategy<Value = Op> {
    let of_payer = (0..16_u8).prop_flat_map(|a| {
        let usual = a % 4;
        let own = currency_of_payer(usual);
        let u = prop_oneof![30 => Just(usual), 1 => 0..5_u8];
        let funds = prop_oneof![
            3 => amount(own).prop_map(FundsChange::Add),
            2 => amount(own).prop_map(FundsChange::Withdraw),
        ];
        (Just(a), u, option::weighted(0.5, funds), limits(own))
    });
    let clear = weighted(0.3);
    let reset = weighted(0.3);
    (of_payer, option::weighted(0.3, status()), clear, reset).prop_map(
        |((a, u, funds, limits), status, clear_limits, reset_usage)| {
            let adjustment = Adjustment { funds, status, clear_limits, limits, reset_usage };
            Op::Adjust { a, u, adjustment }
        },
    )
}

pub fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => authorize(m(), p().boxed().prop_map(|p| p.min(7)).boxed()),
        12 => taking().prop_map(Op::Capture),
        3 => taking().prop_map(Op::Quote),
        6 => settle(),
        2 => (m(), c()).prop_map(|(m, c)| Op::Reverse { m, c }),
        2 => (m(), p()).prop_map(|(m, p)| Op::Cancel { m, p }),
        4 => void(),
        2 => (m(), c()).prop_map(|(m, c)| Op::Abandon { m, c }),
        2 => register((0..4_u8).boxed()),
        6 => adjust(),
    ]
}
