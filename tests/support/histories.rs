//! Random histories: commands of every kind over a few merchants, payments
//! and payers, with a clock that jumps. The same seed gives the same history.

use std::num::NonZeroU32;
use std::time::Duration;

use capture_engine::command::{
    Abandon, AdjustPayer, Adjustment, Authorize, Cancel, Capture, FundsChange, PayerStatus, RegisterPayer,
    Reverse, Settle, SettlementOutcome, UsageLimits, Void, VoidAmount,
};
use capture_engine::decide::QuoteCapture;
use capture_engine::result_code::FailureCode;
use capture_engine::risk::{NoVerdict, RiskQuestion, Verdict};
use capture_engine::submission::{Command, Submission};
use capture_engine::terms::{Funding, Percent, Settlement};
use capture_engine::{Currency, Instant, Money, ResultCode};

use super::dice::Dice;

pub const MERCHANTS: [&str; 3] =
    ["shop", "sh\u{f6}p", "a merchant with a name of more than forty-eight bytes"];
pub const PAYMENTS: [&str; 5] =
    ["pay-1", "pay-2", "Pay-1", "2", "a payment with an id of more than forty-eight bytes .."];
pub const PAYERS: [&str; 3] = ["alice", "bob", "carol"];
pub const REQUESTS: u64 = 24;

/// A world in which anything may be asked next.
pub struct History {
    pub dice: Dice,
    pub now: Instant,
    /// Of the authorizations so far: the clock likes to stand just there.
    deadlines: Vec<Instant>,
}

impl History {
    pub fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed), now: "2026-03-01T09:00:00Z".parse().unwrap(), deadlines: Vec::new() }
    }

    /// One command; now and then several at once.
    pub fn next(&mut self) -> Vec<Submission> {
        let many = if self.dice.one_in(4) { 2 + self.dice.roll(4) } else { 1 };
        (0..many).map(|_| self.command()).map(|(command, now)| Submission::new(command, now)).collect()
    }

    fn command(&mut self) -> (Command, Instant) {
        self.tick();
        let command = match self.dice.roll(22) {
            0..=2 => self.authorize().into(),
            3..=8 => self.capture().into(),
            9 => QuoteCapture(self.capture()).into(),
            10..=12 => self.settle().into(),
            13 => Reverse::new(self.merchant(), self.request()).into(),
            14 => Cancel::new(self.merchant(), self.payment()).into(),
            15..=16 => self.void().into(),
            17 => Abandon::new(self.merchant(), self.request()).into(),
            18..=20 => self.register().into(),
            _ => self.adjust().into(),
        };
        (command, self.now)
    }

    /// Seconds later, sometimes days, sometimes back; sometimes to a deadline,
    /// or a tick before it.
    fn tick(&mut self) {
        if !self.deadlines.is_empty() && self.dice.one_in(20) {
            let deadline = self.deadlines[self.dice.roll(self.deadlines.len() as u64) as usize];
            let before = i64::from(self.dice.one_in(2));
            self.now = Instant::from_micros(deadline.as_micros() - before).unwrap();
            return;
        }
        let day = 86_400_000_000_i64;
        let by = match self.dice.roll(40) {
            0 => -day,
            1 => day,
            2 => 3 * day,
            3 => -1,
            4..=9 => 0,
            _ => self.dice.roll(600_000_000) as i64,
        };
        self.now = Instant::from_micros(self.now.as_micros() + by).unwrap();
    }

    pub fn merchant(&mut self) -> capture_engine::id::MerchantId {
        self.dice.pick(&MERCHANTS).parse().unwrap()
    }

    pub fn payment(&mut self) -> capture_engine::id::PaymentId {
        let generation = self.dice.roll(3);
        format!("{}{generation}", self.dice.pick(&PAYMENTS)).parse().unwrap()
    }

    pub fn request(&mut self) -> capture_engine::id::CaptureRequestId {
        format!("cap-{}", self.dice.roll(REQUESTS)).parse().unwrap()
    }

    pub fn payer(&mut self) -> capture_engine::id::PayerId {
        self.dice.pick(&PAYERS).parse().unwrap()
    }

    fn money(&mut self, most: u64) -> Money {
        let minor = if self.dice.one_in(60) { 0 } else { 1 + self.dice.roll(most) };
        let currency = if self.dice.one_in(25) { Currency::JPY } else { Currency::USD };
        Money::from_minor(minor as i64, currency).unwrap()
    }

    fn authorize(&mut self) -> Authorize {
        let expires = self.now.checked_add(Duration::from_secs(self.dice.roll(400_000))).unwrap();
        self.deadlines.push(expires);
        let mut hold = Authorize::new(self.merchant(), self.payment(), self.money(1_000), expires);
        if !self.dice.one_in(3) {
            hold = hold.payer(self.payer());
        }
        if self.dice.one_in(3) {
            hold = hold.settlement(Settlement::Deferred);
        }
        if self.dice.one_in(3) {
            hold = hold.funding(Funding::Drawn);
        }
        if self.dice.one_in(3) {
            hold = hold.max_captures(NonZeroU32::new(1 + self.dice.roll(2) as u32).unwrap());
        }
        if self.dice.one_in(4) {
            hold = hold.overcapture_percent(Percent::from_hundredths(self.dice.roll(3_000) as u16).unwrap());
        }
        if self.dice.one_in(6) {
            hold = hold.overcapture_limit(self.money(100));
        }
        hold
    }

    fn capture(&mut self) -> Capture {
        let mut capture = Capture::new(self.merchant(), self.request(), self.payment());
        if !self.dice.one_in(5) {
            capture = capture.amount(self.money(300));
        }
        match self.dice.roll(5) {
            0 => capture = capture.last(true),
            1 => (),
            _ => capture = capture.last(false),
        }
        match self.dice.one_in(5) {
            true => capture.extend_info("{\"memo\":\"a \u{1f4e6}\"}".try_into().unwrap()),
            false => capture,
        }
    }

    fn settle(&mut self) -> Settle {
        let outcome = match self.dice.roll(4) {
            0 => SettlementOutcome::Failed(FailureCode::default()),
            1 => SettlementOutcome::Failed(ResultCode::RiskReject.try_into().unwrap()),
            2 => SettlementOutcome::Succeeded(None),
            _ => SettlementOutcome::Succeeded(Some(self.money(300))),
        };
        Settle::new(self.merchant(), self.request(), outcome)
    }

    fn void(&mut self) -> Void {
        let request = format!("void-{}", self.dice.roll(12)).parse().unwrap();
        let amount = match self.dice.one_in(4) {
            true => VoidAmount::Remainder,
            false => VoidAmount::Part(self.money(200)),
        };
        Void::new(self.merchant(), request, self.payment(), amount)
    }

    fn limits(&mut self) -> UsageLimits {
        UsageLimits {
            max_count: self.dice.maybe(4, |dice| dice.roll(6) as u32),
            max_amount: self
                .dice
                .maybe(2, |dice| Money::from_minor(dice.roll(600) as i64, Currency::USD).unwrap()),
        }
    }

    fn register(&mut self) -> RegisterPayer {
        let balance = Money::from_minor(1_200, Currency::USD).unwrap();
        let registration = RegisterPayer::new(self.payer(), balance);
        if self.dice.one_in(3) { registration.limits(self.limits()) } else { registration }
    }

    fn adjust(&mut self) -> AdjustPayer {
        let adjustment = Adjustment {
            funds: match self.dice.roll(3) {
                0 => Some(FundsChange::Withdraw(self.money(800))),
                1 => Some(FundsChange::Add(self.money(1_500))),
                _ => None,
            },
            status: self.dice.maybe(4, |dice| match dice.one_in(2) {
                true => PayerStatus::Abnormal,
                false => PayerStatus::Normal,
            }),
            clear_limits: self.dice.one_in(4),
            limits: self.limits(),
            reset_usage: self.dice.one_in(6),
        };
        let request = format!("adjust-{}", self.dice.roll(40)).parse().unwrap();
        AdjustPayer::new(request, self.payer(), adjustment)
    }
}

/// A verdict that hangs on nothing but the question.
pub fn verdict(question: &RiskQuestion) -> Result<Verdict, NoVerdict> {
    match question.amount.minor() % 16 {
        0 => Ok(Verdict::Review),
        1 => Ok(Verdict::Reject),
        2 => Err(NoVerdict),
        _ => Ok(Verdict::Accept),
    }
}
