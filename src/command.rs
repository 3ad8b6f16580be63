//! The commands: who asks for what. A command is made of checked values, so
//! that nothing in it is malformed but an amount out of bounds, which the
//! decision answers. Nothing here decides.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::id::{AdjustRequestId, CaptureRequestId, MerchantId, PayerId, PaymentId, VoidRequestId};
use crate::money::Money;
use crate::result_code::FailureCode;
use crate::terms::{DEFAULT_MAX_CAPTURES, Funding, Percent, Settlement};
use crate::time::Instant;

/// The free text that goes with a capture: at most 4,096 Unicode scalar
/// values, no NUL.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ExtendInfo(Arc<str>);

/// The text cannot be an `extendInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtendInfoError {
    /// More than 4,096 characters.
    #[error("extendInfo has more than 4096 characters: shorten it")]
    TooLong,
    /// It holds the character U+0000.
    #[error("extendInfo holds the character U+0000, which not every store can keep: remove it")]
    Nul,
}

impl ExtendInfo {
    /// The most characters (Unicode scalar values) it may have.
    pub const MAX_CHARACTERS: usize = 4_096;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for ExtendInfo {
    type Error = ExtendInfoError;

    fn try_from(text: &str) -> Result<Self, ExtendInfoError> {
        // No text has more characters than bytes.
        if text.len() > Self::MAX_CHARACTERS && text.chars().nth(Self::MAX_CHARACTERS).is_some() {
            return Err(ExtendInfoError::TooLong);
        }
        if text.contains('\0') {
            return Err(ExtendInfoError::Nul);
        }
        Ok(Self(Arc::from(text)))
    }
}

impl fmt::Debug for ExtendInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Places the hold that captures are later taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorize {
    pub(crate) merchant: MerchantId,
    pub(crate) payment: PaymentId,
    pub(crate) amount: Money,
    pub(crate) expires_at: Instant,
    pub(crate) payer: Option<PayerId>,
    pub(crate) max_captures: NonZeroU32,
    pub(crate) overcapture_percent: Option<Percent>,
    pub(crate) overcapture_limit: Option<Money>,
    pub(crate) settlement: Settlement,
    pub(crate) funding: Funding,
}

impl Authorize {
    /// A hold of `amount` (1 to 10^18 − 1 minor units) until `expires_at`, with
    /// no payer's account, 50 captures, no over-capture, immediate settlement.
    pub fn new(merchant: MerchantId, payment: PaymentId, amount: Money, expires_at: Instant) -> Self {
        Self {
            merchant,
            payment,
            amount,
            expires_at,
            payer: None,
            max_captures: DEFAULT_MAX_CAPTURES,
            overcapture_percent: None,
            overcapture_limit: None,
            settlement: Settlement::default(),
            funding: Funding::default(),
        }
    }

    /// The payer whose account, kept by the engine, is charged.
    #[must_use]
    pub fn payer(mut self, payer: PayerId) -> Self {
        self.payer = Some(payer);
        self
    }

    /// The most captures that may have succeeded or be in process at once.
    #[must_use]
    pub fn max_captures(mut self, most: NonZeroU32) -> Self {
        self.max_captures = most;
        self
    }

    /// How much of what is not voided may be taken on top, in percent, rounded
    /// down to the minor unit. With a limit as well, the smaller of the two holds.
    #[must_use]
    pub fn overcapture_percent(mut self, percent: Percent) -> Self {
        self.overcapture_percent = Some(percent);
        self
    }

    /// How much may be taken on top, in the authorization's currency
    /// (1 to 10^18 − 1 minor units).
    #[must_use]
    pub fn overcapture_limit(mut self, limit: Money) -> Self {
        self.overcapture_limit = Some(limit);
        self
    }

    /// When the outcomes of its captures are known.
    #[must_use]
    pub fn settlement(mut self, settlement: Settlement) -> Self {
        self.settlement = settlement;
        self
    }

    /// Whether the payer's funds are held from the beginning.
    #[must_use]
    pub fn funding(mut self, funding: Funding) -> Self {
        self.funding = funding;
        self
    }
}

/// Takes money from an authorization, once for its `captureRequestId`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    pub(crate) merchant: MerchantId,
    pub(crate) request: CaptureRequestId,
    pub(crate) payment: PaymentId,
    pub(crate) amount: Option<Money>,
    pub(crate) last: Option<bool>,
    pub(crate) extend_info: Option<ExtendInfo>,
}

impl Capture {
    /// Takes all that is left, as the last capture unless the authorization's
    /// default says otherwise.
    pub fn new(merchant: MerchantId, request: CaptureRequestId, payment: PaymentId) -> Self {
        Self { merchant, request, payment, amount: None, last: None, extend_info: None }
    }

    /// Takes just this amount (1 to 10^18 − 1 minor units).
    #[must_use]
    pub fn amount(mut self, amount: Money) -> Self {
        self.amount = Some(amount);
        self
    }

    /// Whether this is the last capture, after which the remainder is released.
    #[must_use]
    pub fn last(mut self, last: bool) -> Self {
        self.last = Some(last);
        self
    }

    /// Free text, echoed in the answer.
    #[must_use]
    pub fn extend_info(mut self, info: ExtendInfo) -> Self {
        self.extend_info = Some(info);
        self
    }
}

/// What the rail says of a capture that was in process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettlementOutcome {
    /// It succeeded: with this amount, or with all that was asked.
    Succeeded(Option<Money>),
    /// It failed.
    Failed(FailureCode),
}

/// Tells the outcome of a capture in process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settle {
    pub(crate) merchant: MerchantId,
    pub(crate) request: CaptureRequestId,
    pub(crate) outcome: SettlementOutcome,
}

impl Settle {
    /// What the rail says of this capture. A settled amount has 1 to 10^18 − 1
    /// minor units.
    pub fn new(merchant: MerchantId, request: CaptureRequestId, outcome: SettlementOutcome) -> Self {
        Self { merchant, request, outcome }
    }
}

/// Tells that a capture that had succeeded failed at the rail after all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reverse {
    pub(crate) merchant: MerchantId,
    pub(crate) request: CaptureRequestId,
}

impl Reverse {
    /// Takes back the whole amount of this capture.
    pub fn new(merchant: MerchantId, request: CaptureRequestId) -> Self {
        Self { merchant, request }
    }
}

/// Releases all that is left and closes the authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancel {
    pub(crate) merchant: MerchantId,
    pub(crate) payment: PaymentId,
}

impl Cancel {
    /// Cancels this payment's authorization.
    pub fn new(merchant: MerchantId, payment: PaymentId) -> Self {
        Self { merchant, payment }
    }
}

/// How much a void gives back. "All" is not the amount that it comes to: the
/// two are different requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoidAmount {
    /// Just this amount (1 to 10^18 − 1 minor units).
    Part(Money),
    /// All that no capture claims.
    Remainder,
}

/// Gives part of what no capture claims back to the payer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Void {
    pub(crate) merchant: MerchantId,
    pub(crate) request: VoidRequestId,
    pub(crate) payment: PaymentId,
    pub(crate) amount: VoidAmount,
}

impl Void {
    /// Gives this much of the payment's authorization back.
    pub fn new(merchant: MerchantId, request: VoidRequestId, payment: PaymentId, amount: VoidAmount) -> Self {
        Self { merchant, request, payment, amount }
    }
}

/// Fences a capture's id that nobody is sure of: if it was never used, it
/// never will capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abandon {
    pub(crate) merchant: MerchantId,
    pub(crate) request: CaptureRequestId,
}

impl Abandon {
    /// Fences this id.
    pub fn new(merchant: MerchantId, request: CaptureRequestId) -> Self {
        Self { merchant, request }
    }
}

/// Whether a payer may pay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PayerStatus {
    /// Captures and authorizations are allowed.
    #[default]
    Normal,
    /// They are refused.
    Abnormal,
}

impl PayerStatus {
    /// The word of the replay format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "NORMAL",
            Self::Abnormal => "ABNORMAL",
        }
    }
}

/// How much a payer may pay in one usage window. Absent is unlimited; 0 is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageLimits {
    /// The most captures.
    pub max_count: Option<u32>,
    /// The largest sum of captures, in the account's currency.
    pub max_amount: Option<Money>,
}

/// Makes a payer's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterPayer {
    pub(crate) payer: PayerId,
    pub(crate) balance: Money,
    pub(crate) status: PayerStatus,
    pub(crate) limits: UsageLimits,
}

impl RegisterPayer {
    /// An account with this balance (0 to 10^18 − 1 minor units), without limits.
    pub fn new(payer: PayerId, balance: Money) -> Self {
        Self { payer, balance, status: PayerStatus::default(), limits: UsageLimits::default() }
    }

    /// Whether the payer may pay.
    #[must_use]
    pub fn status(mut self, status: PayerStatus) -> Self {
        self.status = status;
        self
    }

    /// How much the payer may pay in one usage window.
    #[must_use]
    pub fn limits(mut self, limits: UsageLimits) -> Self {
        self.limits = limits;
        self
    }
}

/// Funds that come into a payer's account or leave it, not both at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FundsChange {
    /// Funds are added (1 to 10^18 − 1 minor units).
    Add(Money),
    /// Funds are withdrawn (1 to 10^18 − 1 minor units).
    Withdraw(Money),
}

/// What an adjustment changes of a payer's account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Adjustment {
    /// Funds added or withdrawn.
    pub funds: Option<FundsChange>,
    /// A new status.
    pub status: Option<PayerStatus>,
    /// Whether the limits are cleared before new ones are set.
    pub clear_limits: bool,
    /// New limits; an absent one stays as it is.
    pub limits: UsageLimits,
    /// Whether the usage counted so far, and its window, are forgotten.
    pub reset_usage: bool,
}

/// Changes a payer's account, once for its `adjustRequestId`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdjustPayer {
    pub(crate) request: AdjustRequestId,
    pub(crate) payer: PayerId,
    pub(crate) adjustment: Adjustment,
}

impl AdjustPayer {
    /// Changes this of the payer's account.
    pub fn new(request: AdjustRequestId, payer: PayerId, adjustment: Adjustment) -> Self {
        Self { request, payer, adjustment }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn extend_info_is_bounded_in_characters_not_bytes() {
        let most = "é".repeat(ExtendInfo::MAX_CHARACTERS);
        assert_eq!(ExtendInfo::try_from(most.as_str()).unwrap().as_str(), most);
        assert_eq!(ExtendInfo::try_from(format!("{most}x").as_str()), Err(ExtendInfoError::TooLong));
        assert_eq!(ExtendInfo::try_from("a\0b"), Err(ExtendInfoError::Nul));
        assert_eq!(ExtendInfo::try_from("").unwrap().as_str(), "");
    }
}
