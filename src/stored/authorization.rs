//! The stored form of an authorization, its hold and its terms.

use std::sync::Arc;

use super::cbor::{Reader, Writer};
use super::values::{read_positive, read_seq};
use super::{Stored, StoredError};
use crate::authorization::{Authorization, Tally};
use crate::money::Money;
use crate::terms::{Funding, Hold, Settlement, Terms};

impl Authorization {
    /// Its stored form, as [`stored`](crate::stored) describes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        super::to_bytes(self)
    }

    /// The authorization of these stored bytes.
    ///
    /// # Errors
    /// [`StoredError`] if they are not the form of one that events can have made.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoredError> {
        super::from_bytes(bytes, "authorization")
    }
}

impl Stored for Authorization {
    fn write(&self, to: &mut Writer) {
        let Tally { captured, in_process, voided, succeeded, pending, last_pending, closing, seq, time } =
            &self.tally;
        to.array(11).text("a").put(self.hold());
        to.put(captured).put(in_process).put(voided).put(succeeded).put(pending);
        to.put(last_pending).put(closing).put(seq).put(time);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.kind(what, "a", 10)?;
        let hold: Arc<Hold> = from.take("hold")?;
        let tally = Tally {
            captured: from.take("captured")?,
            in_process: from.take("inProcess")?,
            voided: from.take("voided")?,
            succeeded: from.take("captures that succeeded")?,
            pending: from.take("captures in process")?,
            last_pending: from.take("last in process")?,
            closing: from.take("closing")?,
            seq: read_seq(from)?,
            time: from.take("time")?,
        };
        Self::from_parts(hold, tally).map_err(|problem| from.damaged(what, problem))
    }
}

impl Stored for Hold {
    fn write(&self, to: &mut Writer) {
        let Self { merchant, payment, payer, amount, terms } = self;
        to.array(5).put(merchant).put(payment).put(payer).put(amount).put(terms);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.array(what, 5)?;
        Ok(Self {
            merchant: from.take("merchant")?,
            payment: from.take("paymentId")?,
            payer: from.take("payerId")?,
            amount: read_positive(from, "amount")?,
            terms: from.take("terms")?,
        })
    }
}

/// A hold that was placed, not only asked for.
pub(super) fn read_placed(from: &mut Reader<'_>) -> Result<Arc<Hold>, StoredError> {
    let hold: Arc<Hold> = from.take("hold")?;
    is_placed(&hold, from)?;
    Ok(hold)
}

/// A hold with a limit in another currency can be asked for, and is refused.
pub(super) fn is_placed(hold: &Hold, from: &Reader<'_>) -> Result<(), StoredError> {
    let limit = hold.terms.overcapture_limit;
    let one_currency = limit.is_none_or(|limit| limit.currency() == hold.amount.currency());
    from.require(one_currency, "overcaptureLimit", "it is in another currency than the amount")
}

impl Stored for Terms {
    fn write(&self, to: &mut Writer) {
        let Self { expires_at, max_captures, overcapture_percent, overcapture_limit, .. } = self;
        to.array(7).put(expires_at).put(max_captures).put(overcapture_percent).put(overcapture_limit);
        to.put(&self.settlement).put(&self.funding).put(&self.last_by_default);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.array(what, 7)?;
        let terms = Self {
            expires_at: from.take("expiresAt")?,
            max_captures: from.take("maxCaptures")?,
            overcapture_percent: from.take("overcapturePercent")?,
            overcapture_limit: from.take("overcaptureLimit")?,
            settlement: from.take("settlement")?,
            funding: from.take("funding")?,
            last_by_default: from.take("last by default")?,
        };
        let is_nothing = terms.overcapture_limit.is_some_and(Money::is_zero);
        from.require(!is_nothing, "overcaptureLimit", "it is 0")?;
        Ok(terms)
    }
}

impl Stored for Settlement {
    fn write(&self, to: &mut Writer) {
        to.unsigned(match self {
            Self::Immediate => 1,
            Self::Deferred => 2,
        });
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        match from.unsigned(what)? {
            1 => Ok(Self::Immediate),
            2 => Ok(Self::Deferred),
            _ => Err(from.damaged(what, "no settlement has this number")),
        }
    }
}

impl Stored for Funding {
    fn write(&self, to: &mut Writer) {
        to.unsigned(match self {
            Self::Held => 1,
            Self::Drawn => 2,
        });
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        match from.unsigned(what)? {
            1 => Ok(Self::Held),
            2 => Ok(Self::Drawn),
            _ => Err(from.damaged(what, "no funding has this number")),
        }
    }
}
