//! The words of a history: operations with short names, a clock that moves,
//! settings that change. Their `Debug` is what a shrunk history is read from.
//!
//! Merchants, payments, requests and payers are small numbers: `M0`, `p1`,
//! `c7` … Most ids have a payment and a currency of their own (see [`home`]),
//! so that random commands often fit together.

use std::fmt;
use std::num::NonZeroU32;

use capture_engine::command::{
    Abandon, AdjustPayer, Adjustment, Authorize, Cancel, Capture, ExtendInfo, PayerStatus, RegisterPayer,
    Reverse, Settle, SettlementOutcome, UsageLimits, Void, VoidAmount,
};
use capture_engine::decide::QuoteCapture;
use capture_engine::id::{CaptureRequestId, MerchantId, PayerId, PaymentId};
use capture_engine::money::MAX_COMMANDED_MINOR;
use capture_engine::risk::Verdict;
use capture_engine::settings::{CaptureIdKey, UsageWindows};
use capture_engine::submission::Command;
use capture_engine::terms::{Funding, Percent, Settlement};
use capture_engine::time::Offset;
use capture_engine::{Currency, Instant, Money, Settings};

/// 2026-03-01T09:00:00Z in microseconds: where every history starts.
pub const T0: i64 = 1_772_355_600_000_000;
pub const SECOND: i64 = 1_000_000;

pub const MERCHANTS: u8 = 2;
/// Payments that histories use; the last one is never authorized.
pub const PAYMENTS: u8 = 9;
/// Payers that are registered sometimes.
pub const PAYERS: u8 = 4;

pub const fn deadline(of: usize) -> i64 {
    match of {
        0 => T0 - SECOND,
        1 => T0 + 60 * SECOND,
        2 => T0 + 3_600 * SECOND,
        3 => T0 + 86_400 * SECOND,
        _ => T0 + 30 * 86_400 * SECOND,
    }
}

/// The numbers of the captures and voids that usually mean a payment: the
/// first, and how many.
pub const fn numbers_of(payment: u8) -> (u8, u8) {
    match payment {
        0 => (0, 12),
        1 => (12, 8),
        2 => (20, 5),
        3 => (25, 5),
        4 => (30, 5),
        5 => (40, 10),
        6 => (50, 10),
        _ => (60, 10),
    }
}

/// The payment that a capture's or a void's number usually means.
pub fn home(request: u8) -> u8 {
    (0..8)
        .find(|payment| {
            let (first, count) = numbers_of(*payment);
            (first..first + count).contains(&request)
        })
        .unwrap_or(7)
}

/// The payer that a payment usually names.
pub const fn usual_payer(payment: u8) -> u8 {
    match payment {
        2 => 1,
        3 => 2,
        4 => 3,
        _ => 0,
    }
}

fn clf() -> Currency {
    Currency::from_code("CLF").unwrap()
}

pub fn currency_of_payer(payer: u8) -> Currency {
    match payer {
        1 => Currency::JPY,
        2 => Currency::KWD,
        3 => clf(),
        _ => Currency::USD,
    }
}

pub fn currency_of(payment: u8) -> Currency {
    currency_of_payer(usual_payer(payment))
}

pub fn money(minor: i64, currency: Currency) -> Money {
    Money::from_minor(minor, currency).unwrap()
}

pub fn instant(micros: i64) -> Instant {
    Instant::from_micros(micros).unwrap()
}

pub fn merchant(number: u8) -> MerchantId {
    format!("M{number}").parse().unwrap()
}

pub fn payment(number: u8) -> PaymentId {
    format!("p{number}").parse().unwrap()
}

pub fn payer(number: u8) -> PayerId {
    format!("u{number}").parse().unwrap()
}

pub fn capture_request(number: u8) -> CaptureRequestId {
    format!("c{number}").parse().unwrap()
}

/// The number in one of these ids.
pub fn number(id: &str) -> u8 {
    id.get(1..).and_then(|digits| digits.parse().ok()).unwrap()
}

/// A capture, or the quote of one.
#[derive(Clone, PartialEq, Eq)]
pub struct Taking {
    pub m: u8,
    pub c: u8,
    pub p: u8,
    pub amount: Option<Money>,
    pub last: Option<bool>,
    pub info: Option<&'static str>,
    /// What the host's risk check says; `None` if it cannot.
    pub verdict: Option<Verdict>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Holding {
    pub m: u8,
    pub p: u8,
    pub payer: Option<u8>,
    pub amount: Money,
    pub expires: i64,
    pub max: Option<u32>,
    pub percent: Option<u16>,
    pub limit: Option<Money>,
    pub deferred: bool,
    pub drawn: bool,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Op {
    Authorize(Holding),
    Capture(Taking),
    Quote(Taking),
    Settle { m: u8, c: u8, told: SettlementOutcome },
    Reverse { m: u8, c: u8 },
    Cancel { m: u8, p: u8 },
    Void { m: u8, v: u8, p: u8, amount: Option<Money> },
    Abandon { m: u8, c: u8 },
    Register { u: u8, balance: Money, status: PayerStatus, limits: UsageLimits },
    Adjust { a: u8, u: u8, adjustment: Adjustment },
}

/// The id of a request that leaves a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestKey {
    Authorize(u8, u8),
    Capture(u8, u8),
    Void(u8, u8),
    Cancel(u8, u8),
    Register(u8),
    Adjust(u8),
}

impl Holding {
    pub fn max_captures(&self) -> NonZeroU32 {
        NonZeroU32::new(self.max.unwrap_or(50)).unwrap()
    }

    fn command(&self) -> Authorize {
        let mut command =
            Authorize::new(merchant(self.m), payment(self.p), self.amount, instant(self.expires));
        if let Some(number) = self.payer {
            command = command.payer(payer(number));
        }
        if let Some(max) = self.max {
            command = command.max_captures(NonZeroU32::new(max).unwrap());
        }
        if let Some(percent) = self.percent {
            command = command.overcapture_percent(Percent::from_hundredths(percent).unwrap());
        }
        if let Some(limit) = self.limit {
            command = command.overcapture_limit(limit);
        }
        command.settlement(self.settlement()).funding(self.funding())
    }

    pub fn settlement(&self) -> Settlement {
        if self.deferred { Settlement::Deferred } else { Settlement::Immediate }
    }

    pub fn funding(&self) -> Funding {
        if self.drawn { Funding::Drawn } else { Funding::Held }
    }
}

impl Taking {
    fn command(&self) -> Capture {
        let mut command = Capture::new(merchant(self.m), capture_request(self.c), payment(self.p));
        if let Some(amount) = self.amount {
            command = command.amount(amount);
        }
        if let Some(last) = self.last {
            command = command.last(last);
        }
        match self.info {
            Some(info) => command.extend_info(ExtendInfo::try_from(info).unwrap()),
            None => command,
        }
    }
}

impl Op {
    pub fn command(&self) -> Command {
        match self {
            Self::Authorize(holding) => holding.command().into(),
            Self::Capture(taking) => taking.command().into(),
            Self::Quote(taking) => QuoteCapture(taking.command()).into(),
            Self::Settle { m, c, told } => Settle::new(merchant(*m), capture_request(*c), *told).into(),
            Self::Reverse { m, c } => Reverse::new(merchant(*m), capture_request(*c)).into(),
            Self::Cancel { m, p } => Cancel::new(merchant(*m), payment(*p)).into(),
            Self::Void { m, v, p, amount } => {
                let amount = amount.map_or(VoidAmount::Remainder, VoidAmount::Part);
                Void::new(merchant(*m), format!("v{v}").parse().unwrap(), payment(*p), amount).into()
            }
            Self::Abandon { m, c } => Abandon::new(merchant(*m), capture_request(*c)).into(),
            Self::Register { u, balance, status, limits } => {
                RegisterPayer::new(payer(*u), *balance).status(*status).limits(*limits).into()
            }
            Self::Adjust { a, u, adjustment } => {
                AdjustPayer::new(format!("a{a}").parse().unwrap(), payer(*u), *adjustment).into()
            }
        }
    }

    pub const fn name(&self) -> &'static str {
        match self {
            Self::Authorize(_) => "authorize",
            Self::Capture(_) => "capture",
            Self::Quote(_) => "quote",
            Self::Settle { .. } => "settle",
            Self::Reverse { .. } => "reverse",
            Self::Cancel { .. } => "cancel",
            Self::Void { .. } => "void",
            Self::Abandon { .. } => "abandon",
            Self::Register { .. } => "register",
            Self::Adjust { .. } => "adjust",
        }
    }

    /// The record that answers it, if it was sent before.
    pub fn key(&self) -> Option<RequestKey> {
        Some(match self {
            Self::Authorize(holding) => RequestKey::Authorize(holding.m, holding.p),
            Self::Capture(taking) | Self::Quote(taking) => RequestKey::Capture(taking.m, taking.c),
            Self::Void { m, v, .. } => RequestKey::Void(*m, *v),
            Self::Cancel { m, p } => RequestKey::Cancel(*m, *p),
            Self::Register { u, .. } => RequestKey::Register(*u),
            Self::Adjust { a, .. } => RequestKey::Adjust(*a),
            Self::Settle { .. } | Self::Reverse { .. } | Self::Abandon { .. } => return None,
        })
    }

    /// The capture that it settles, reverses or fences.
    pub const fn capture(&self) -> Option<(u8, u8)> {
        match self {
            Self::Settle { m, c, .. } | Self::Reverse { m, c } | Self::Abandon { m, c } => Some((*m, *c)),
            _ => None,
        }
    }

    /// The payment that it names itself.
    pub const fn payment(&self) -> Option<(u8, u8)> {
        match self {
            Self::Authorize(holding) => Some((holding.m, holding.p)),
            Self::Capture(taking) | Self::Quote(taking) => Some((taking.m, taking.p)),
            Self::Cancel { m, p } | Self::Void { m, p, .. } => Some((*m, *p)),
            _ => None,
        }
    }

    /// Whether an amount of it is out of bounds.
    pub fn is_malformed(&self) -> bool {
        let one_or_more = |amount: Option<Money>| {
            amount.is_some_and(|amount| !(1..=MAX_COMMANDED_MINOR).contains(&amount.minor()))
        };
        let zero_or_more =
            |amount: Option<Money>| amount.is_some_and(|amount| amount.minor() > MAX_COMMANDED_MINOR);
        match self {
            Self::Authorize(holding) => one_or_more(Some(holding.amount)) || one_or_more(holding.limit),
            Self::Capture(taking) | Self::Quote(taking) => one_or_more(taking.amount),
            Self::Settle { told: SettlementOutcome::Succeeded(amount), .. } => one_or_more(*amount),
            Self::Void { amount, .. } => one_or_more(*amount),
            Self::Register { balance, limits, .. } => {
                zero_or_more(Some(*balance)) || zero_or_more(limits.max_amount)
            }
            Self::Adjust { adjustment, .. } => {
                use capture_engine::command::FundsChange::{Add, Withdraw};
                let funds = adjustment.funds.map(|(Add(amount) | Withdraw(amount))| amount);
                one_or_more(funds) || zero_or_more(adjustment.limits.max_amount)
            }
            _ => false,
        }
    }
}

/// How the clock stands when a command comes, against the one before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    Stays,
    By(i64),
    At(i64),
}

impl Clock {
    /// The next reading, within the range of instants.
    pub fn after(self, now: i64) -> i64 {
        let next = match self {
            Self::Stays => now,
            Self::By(micros) => now.saturating_add(micros),
            Self::At(micros) => micros,
        };
        next.clamp(Instant::MIN.as_micros(), Instant::MAX.as_micros())
    }
}

/// What the host configures at some moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Configured {
    pub offset_minutes: i16,
    pub last_by_default: bool,
    /// The most for one payment, in USD and JPY.
    pub payment_limit: Option<i64>,
    pub window_seconds: u32,
    pub without_yen: bool,
    pub id_key: u8,
}

impl Default for Configured {
    fn default() -> Self {
        Self {
            offset_minutes: 480,
            last_by_default: true,
            payment_limit: None,
            window_seconds: 86_400,
            without_yen: false,
            id_key: 0,
        }
    }
}

impl Configured {
    pub fn settings(self) -> Settings {
        let windows = UsageWindows::new(Instant::EPOCH, self.window_seconds).unwrap();
        let settings = Settings::default()
            .offset(self.offset())
            .last_by_default(self.last_by_default)
            .usage_windows(windows)
            .capture_id_key(CaptureIdKey::new([self.id_key; 16]));
        let settings = match self.without_yen {
            true => settings.currencies([Currency::USD, Currency::EUR, Currency::KWD, clf()]).unwrap(),
            false => settings,
        };
        let limits = self.payment_limit.into_iter().map(|limit| money(limit, Currency::USD));
        settings.payment_limits(limits).unwrap()
    }

    pub fn offset(self) -> Offset {
        Offset::from_minutes(self.offset_minutes).unwrap()
    }

    /// The start of the usage window at this clock reading.
    pub fn window(self, now: i64) -> i64 {
        let length = i64::from(self.window_seconds) * SECOND;
        (now.div_euclid(length) * length).max(Instant::MIN.as_micros())
    }
}

/// One step of a history.
#[derive(Clone, PartialEq, Eq)]
pub enum Step {
    /// One command alone, or several in one batch, each with its own clock.
    Submit(Vec<(Clock, Op)>),
    /// The sweep.
    Expire(Clock, Option<u32>),
    /// The host changes its settings.
    Configure(Configured),
}

pub type History = Vec<Step>;

/// The times of a history's own words.
pub struct At(pub i64);

impl fmt::Debug for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", instant(self.0))
    }
}
