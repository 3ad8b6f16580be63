//! The stored form of a payer's account, and of what changes it.

use super::cbor::{Reader, Writer};
use super::values::{read_positive, read_seq};
use super::{Stored, StoredError};
use crate::command::{Adjustment, FundsChange, PayerStatus, UsageLimits};
use crate::event::Registration;
use crate::money::{Currency, Total};
use crate::payer::{Account, Payer, Usage};
use crate::record::PayerFunds;

impl Payer {
    /// Its stored form, as [`stored`](crate::stored) describes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        super::to_bytes(self)
    }

    /// The account of these stored bytes.
    ///
    /// # Errors
    /// [`StoredError`] if they are not the form of one that events can have made.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoredError> {
        super::from_bytes(bytes, "payer")
    }
}

impl Stored for Payer {
    fn write(&self, to: &mut Writer) {
        let Account { currency, balance, held, status, limits, usage, resets, seq, time } = &self.account;
        to.array(11).text("p").put(self.id()).put(currency).put(balance).put(held);
        to.put(status).put(limits).put(usage).put(resets).put(seq).put(time);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.kind(what, "p", 10)?;
        let id = from.take("payerId")?;
        let account = Account {
            currency: from.take("currency")?,
            balance: from.take("balance")?,
            held: from.take("held")?,
            status: from.take("status")?,
            limits: from.take("limits")?,
            usage: from.take("usage")?,
            resets: from.take("resets")?,
            seq: read_seq(from)?,
            time: from.take("time")?,
        };
        Self::from_parts(id, account).map_err(|problem| from.damaged(what, problem))
    }
}

impl Stored for Usage {
    fn write(&self, to: &mut Writer) {
        let Self { window, count, sum } = self;
        to.array(3).put(window).put(count).put(sum);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.array(what, 3)?;
        Ok(Self { window: from.take("window")?, count: from.take("count")?, sum: from.take("sum")? })
    }
}

impl Stored for PayerStatus {
    fn write(&self, to: &mut Writer) {
        to.unsigned(match self {
            Self::Normal => 1,
            Self::Abnormal => 2,
        });
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        match from.unsigned(what)? {
            1 => Ok(Self::Normal),
            2 => Ok(Self::Abnormal),
            _ => Err(from.damaged(what, "no status has this number")),
        }
    }
}

impl Stored for UsageLimits {
    fn write(&self, to: &mut Writer) {
        let Self { max_count, max_amount } = self;
        to.array(2).put(max_count).put(max_amount);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.array(what, 2)?;
        Ok(Self { max_count: from.take("maxCount")?, max_amount: from.take("maxAmount")? })
    }
}

impl Stored for Registration {
    fn write(&self, to: &mut Writer) {
        let Self { balance, status, limits } = self;
        to.array(3).put(balance).put(status).put(limits);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.array(what, 3)?;
        let registration = Self {
            balance: from.take("balance")?,
            status: from.take("status")?,
            limits: from.take("limits")?,
        };
        let currency = registration.balance.currency();
        let one_currency = registration.limits.max_amount.is_none_or(|limit| limit.currency() == currency);
        from.require(one_currency, "maxAmount", "it is in another currency than the balance")?;
        Ok(registration)
    }
}

impl Stored for Adjustment {
    fn write(&self, to: &mut Writer) {
        let Self { funds, status, clear_limits, limits, reset_usage } = self;
        to.array(5).put(funds).put(status).put(clear_limits).put(limits).put(reset_usage);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.array(what, 5)?;
        Ok(Self {
            funds: from.take("funds")?,
            status: from.take("status")?,
            clear_limits: from.take("limits are cleared")?,
            limits: from.take("limits")?,
            reset_usage: from.take("usage is reset")?,
        })
    }
}

/// The currencies that an adjustment names.
pub(super) fn currencies(adjustment: &Adjustment) -> impl Iterator<Item = Currency> + use<> {
    let moved = match adjustment.funds {
        Some(FundsChange::Add(money) | FundsChange::Withdraw(money)) => Some(money),
        None => None,
    };
    moved.into_iter().chain(adjustment.limits.max_amount).map(|money| money.currency())
}

impl Stored for FundsChange {
    fn write(&self, to: &mut Writer) {
        match self {
            Self::Add(money) => to.array(2).unsigned(1).put(money),
            Self::Withdraw(money) => to.array(2).unsigned(2).put(money),
        };
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        match from.numbered(what)? {
            (1, 1) => read_positive(from, what).map(Self::Add),
            (2, 1) => read_positive(from, what).map(Self::Withdraw),
            _ => Err(from.unknown(what)),
        }
    }
}

impl Stored for PayerFunds {
    fn write(&self, to: &mut Writer) {
        let Self { balance, held } = self;
        to.array(3).put(&balance.currency()).put(&balance.minor()).put(&held.minor());
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.array(what, 3)?;
        let currency = from.take::<Currency>("currency")?;
        let (balance, held) = (read_total(from, "balance", currency)?, read_total(from, "held", currency)?);
        from.require(held.minor() <= balance.minor(), "held", "it is more than the balance")?;
        Ok(Self { balance, held })
    }
}

fn read_total(from: &mut Reader<'_>, what: &'static str, currency: Currency) -> Result<Total, StoredError> {
    let minor = from.wide(what)?;
    Total::from_minor(minor, currency).map_err(|error| from.damaged(what, error))
}
