//! The payer's account: balance, what its authorizations hold of it, and the
//! usage of the current window. It follows its own events and those of the
//! payments that name it.

use crate::command::{Adjustment, FundsChange, PayerStatus, UsageLimits};
use crate::event::{
    AcceptedCapture, ApplyError, Counted, PayerEvent, PayerEventKind, PaymentEvent, PaymentEventKind,
    Registration,
};
use crate::id::PayerId;
use crate::money::{Currency, Money, Total};
use crate::time::Instant;

/// A payer's account as its events and those of its payments left it. In
/// every history `0 ≤ held ≤ balance`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payer {
    id: PayerId,
    pub(crate) account: Account,
}

/// What changes of an account. Amounts are minor units of its currency;
/// balance and sums have no bound, since a reversal is never refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) currency: Currency,
    pub(crate) balance: i128,
    pub(crate) held: i128,
    pub(crate) status: PayerStatus,
    pub(crate) limits: UsageLimits,
    pub(crate) usage: Option<Usage>,
    /// How often the usage was reset.
    pub(crate) resets: u64,
    /// The number and time of the last event of the payer's own stream.
    pub(crate) seq: u64,
    pub(crate) time: Instant,
}

/// What was captured in one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) window: Instant,
    pub(crate) count: u64,
    pub(crate) sum: i128,
}

impl Usage {
    const fn empty(window: Instant) -> Self {
        Self { window, count: 0, sum: 0 }
    }
}

/// An account's number left its bounds.
const OUT_OF_BOUNDS: &str = "a number of the payer's account is out of its bounds";

impl Payer {
    /// The account that its first event makes.
    ///
    /// # Errors
    /// [`ApplyError`] if it is not a `PayerRegistered` event with number 1.
    pub fn open(event: &PayerEvent) -> Result<Self, ApplyError> {
        if event.seq != 1 {
            return Err(ApplyError::OutOfOrder { expected: 1, found: event.seq });
        }
        let PayerEventKind::PayerRegistered(Registration { balance, status, limits }) = event.kind else {
            return Err(does_not_fit(event.name(), "the first event is PayerRegistered"));
        };
        let account = Account {
            currency: balance.currency(),
            balance: i128::from(balance.minor()),
            held: 0,
            status,
            limits,
            usage: None,
            resets: 0,
            seq: 1,
            time: event.time,
        };
        Self::from_parts(event.payer.clone(), account).map_err(|problem| does_not_fit(event.name(), problem))
    }

    /// An account of stored parts, if they can have come from events.
    pub(crate) fn from_parts(id: PayerId, account: Account) -> Result<Self, &'static str> {
        account.check()?;
        Ok(Self { id, account })
    }

    /// Continues the account by the next event of its own stream; on an error
    /// nothing changed.
    ///
    /// # Errors
    /// [`ApplyError`] if the event is another payer's, is not the next one, or
    /// cannot have happened in this state.
    pub fn apply(&mut self, event: &PayerEvent) -> Result<(), ApplyError> {
        if self.id != event.payer {
            return Err(ApplyError::AnotherStream);
        }
        let expected = self.account.seq.saturating_add(1);
        if event.seq != expected {
            return Err(ApplyError::OutOfOrder { expected, found: event.seq });
        }
        if event.time < self.account.time {
            return Err(does_not_fit(event.name(), "its time is before that of the last event"));
        }
        let PayerEventKind::PayerAdjusted { adjustment, .. } = &event.kind else {
            return Err(does_not_fit(event.name(), "it is registered already"));
        };
        let next =
            self.account.adjusted(adjustment).ok_or_else(|| does_not_fit(event.name(), OUT_OF_BOUNDS))?;
        next.check().map_err(|problem| does_not_fit(event.name(), problem))?;
        self.account = Account { seq: event.seq, time: event.time, ..next };
        Ok(())
    }

    /// Follows an event of one of its payments, which changed what that
    /// authorization claims of the balance from `before` to `after` minor
    /// units; on an error nothing changed.
    ///
    /// # Errors
    /// [`ApplyError`] if the payment names another payer, or this cannot have
    /// happened in this state.
    pub fn follow(&mut self, event: &PaymentEvent, before: Money, after: Money) -> Result<(), ApplyError> {
        if event.hold.payer.as_ref() != Some(&self.id) {
            return Err(ApplyError::AnotherStream);
        }
        let name = event.kind.name();
        let mut next =
            self.account.following(&event.kind).ok_or_else(|| does_not_fit(name, OUT_OF_BOUNDS))?;
        let claimed = i128::from(after.minor()).saturating_sub(i128::from(before.minor()));
        next.held = next.held.checked_add(claimed).ok_or_else(|| does_not_fit(name, OUT_OF_BOUNDS))?;
        next.check().map_err(|problem| does_not_fit(name, problem))?;
        self.account = next;
        Ok(())
    }

    /// Who it is.
    pub fn id(&self) -> &PayerId {
        &self.id
    }

    /// The account's currency.
    pub fn currency(&self) -> Currency {
        self.account.currency
    }

    /// What the account has, held or not.
    pub fn balance(&self) -> Total {
        self.total(self.account.balance)
    }

    /// What its authorizations claim of the balance.
    pub fn held(&self) -> Total {
        self.total(self.account.held)
    }

    /// What no authorization claims: `balance − held`.
    pub fn free(&self) -> Total {
        self.total(self.account.free())
    }

    /// Whether the payer may pay.
    pub fn status(&self) -> PayerStatus {
        self.account.status
    }

    /// How much the payer may pay in one window.
    pub fn limits(&self) -> UsageLimits {
        self.account.limits
    }

    /// How many events its own stream has.
    pub fn seq(&self) -> u64 {
        self.account.seq
    }

    /// The time of the last event of its own stream.
    pub fn last_time(&self) -> Instant {
        self.account.time
    }

    /// How often its usage was reset.
    pub fn resets(&self) -> u64 {
        self.account.resets
    }

    /// How many captures were counted in the current window, where that of
    /// the clock reading starts at `window`, and their sum.
    pub fn usage(&self, window: Instant) -> (u64, Total) {
        let usage = self.account.current_usage(window);
        (usage.count, self.total(usage.sum))
    }

    /// Where a capture accepted now is counted.
    pub(crate) fn counts_in(&self, window: Instant) -> Counted {
        Counted { window: self.account.current_usage(window).window, resets: self.account.resets }
    }

    pub(crate) fn total(&self, minor: i128) -> Total {
        Total::at_least_zero(minor, self.account.currency)
    }
}

fn does_not_fit(event: &'static str, problem: &'static str) -> ApplyError {
    ApplyError::DoesNotFit { event, problem }
}

impl Account {
    pub(crate) fn free(&self) -> i128 {
        self.balance.saturating_sub(self.held)
    }

    /// The usage of the later of the stored window and that of the clock.
    pub(crate) fn current_usage(&self, window: Instant) -> Usage {
        match self.usage {
            Some(usage) if usage.window >= window => usage,
            _ => Usage::empty(window),
        }
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.held < 0 || self.held > self.balance {
            return Err("more is held than the balance");
        }
        if self.usage.is_some_and(|usage| usage.sum < 0 || (usage.count == 0) != (usage.sum == 0)) {
            return Err("the usage's count and sum disagree");
        }
        if self.limits.max_amount.is_some_and(|limit| limit.currency() != self.currency) {
            return Err("a limit is in another currency");
        }
        Ok(())
    }

    fn adjusted(self, adjustment: &Adjustment) -> Option<Self> {
        let kept = if adjustment.clear_limits { UsageLimits::default() } else { self.limits };
        let limits = UsageLimits {
            max_count: adjustment.limits.max_count.or(kept.max_count),
            max_amount: adjustment.limits.max_amount.or(kept.max_amount),
        };
        let balance = match adjustment.funds {
            Some(FundsChange::Add(money)) => self.balance.checked_add(i128::from(self.own(money)?))?,
            Some(FundsChange::Withdraw(money)) => self.balance.checked_sub(i128::from(self.own(money)?))?,
            None => self.balance,
        };
        let status = adjustment.status.unwrap_or(self.status);
        let (usage, resets) = match adjustment.reset_usage {
            true => (None, self.resets.checked_add(1)?),
            false => (self.usage, self.resets),
        };
        Some(Self { balance, limits, status, usage, resets, ..self })
    }

    /// The minor units of an amount in the account's own currency.
    fn own(&self, money: Money) -> Option<i64> {
        (money.currency() == self.currency).then_some(money.minor())
    }

    fn following(self, event: &PaymentEventKind) -> Option<Self> {
        match event {
            PaymentEventKind::CaptureAccepted { capture } => self.counting(capture),
            PaymentEventKind::Captured { capture, amount, settled: false, .. } => {
                self.counting(capture)?.moved(i128::from(self.own(*amount)?).checked_neg()?)
            }
            PaymentEventKind::Captured { capture, amount, settled: true, .. } => {
                let captured = i128::from(self.own(*amount)?);
                let less = i128::from(capture.asked.minor()).checked_sub(captured)?;
                self.discounting(capture, 0, less)?.moved(captured.checked_neg()?)
            }
            PaymentEventKind::CaptureFailed { capture, .. } => {
                self.discounting(capture, 1, i128::from(capture.asked.minor()))
            }
            PaymentEventKind::CaptureReversed { capture, amount, .. } => {
                let captured = i128::from(self.own(*amount)?);
                self.discounting(capture, 1, captured)?.moved(captured)
            }
            _ => Some(self),
        }
    }

    fn moved(self, change: i128) -> Option<Self> {
        Some(Self { balance: self.balance.checked_add(change)?, ..self })
    }

    /// Counts an accepted capture where its event says.
    fn counting(self, capture: &AcceptedCapture) -> Option<Self> {
        let usage = self.current_usage(capture.counted?.window);
        let usage = Usage {
            count: usage.count.checked_add(1)?,
            sum: usage.sum.checked_add(i128::from(self.own(capture.asked)?))?,
            ..usage
        };
        Some(Self { usage: Some(usage), ..self })
    }

    /// Takes a capture, or part of its sum, out of the usage, if the window
    /// that it was counted in is the stored one and was not reset since.
    fn discounting(self, capture: &AcceptedCapture, count: u64, sum: i128) -> Option<Self> {
        let counted = capture.counted?;
        match self.usage {
            Some(usage) if usage.window == counted.window && self.resets == counted.resets => {
                let count = usage.count.checked_sub(count)?;
                let sum = usage.sum.checked_sub(sum)?;
                Some(Self { usage: Some(Usage { count, sum, ..usage }), ..self })
            }
            _ => Some(self),
        }
    }
}
