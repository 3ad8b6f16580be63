//! Why a command was refused: typed reasons with their figures, and the one
//! mapping that takes them to result codes.

use crate::money::{Currency, Money, Total};
use crate::result_code::{Advice, ResultCode};
use crate::state::{ClosedBy, State};
use crate::time::Instant;

/// Why an amount is more than an authorization can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exceeded {
    /// It was captured up to its ceiling, or closed by its deadline with
    /// nothing left to give back.
    CapturedInFull,
    /// A last capture closed it.
    ClosedByLastCapture,
    /// A void gave back all that was left.
    Voided,
    /// It is open, and the amount is more than its ceiling leaves.
    AboveCeiling,
    /// It is open, and the amount is more than a void can take.
    AboveRemainder,
    /// It is open, no amount was given, and nothing of the hold is left.
    NothingLeft,
}

/// Why a command was refused. A refusal moves nothing and carries no events; that
/// the request was refused may be recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// An amount is 0 or more than 10^18 − 1 minor units (capture row 1).
    #[error("{field} is {asked}: give 1 to 999999999999999999 minor units")]
    AmountOutOfBounds {
        /// The field.
        field: &'static str,
        /// Its value.
        asked: Money,
    },
    /// The id was used before for other content (capture row 2).
    #[error("the id was used before with another {field}: use a new id for another request")]
    Inconsistent {
        /// The field that differs.
        field: &'static str,
    },
    /// No such authorization of this merchant (capture row 5).
    #[error("this merchant has no such authorization")]
    NoAuthorization,
    /// The authorization is cancelled (capture row 6).
    #[error("the authorization was cancelled by {by}")]
    Cancelled {
        /// By what.
        by: ClosedBy,
    },
    /// The deadline has passed (capture row 7).
    #[error("the authorization expired at {deadline}")]
    Expired {
        /// The deadline.
        deadline: Instant,
    },
    /// Another currency than the authorization's or the account's (capture row 8).
    #[error("{asked} is in another currency than {expected}")]
    OtherCurrency {
        /// The amount.
        asked: Money,
        /// The currency it must be in.
        expected: Currency,
    },
    /// Nothing new can be made in this currency.
    #[error("the currency of {asked} has no minor unit or is not configured")]
    CurrencyNotConfigured {
        /// The amount.
        asked: Money,
    },
    /// More than the authorization can give (capture row 9).
    #[error("{why:?}: asked {}, capturable {capturable}", asked.map_or_else(|| "all".to_owned(), |asked| asked.to_string()))]
    ExceedsAuthorization {
        /// In which way.
        why: Exceeded,
        /// What was asked; `None` for all that is left.
        asked: Option<Money>,
        /// What could be captured.
        capturable: Money,
    },
    /// A void of more than no capture claims.
    #[error("{why:?}: asked to void {}, at most {remainder}", asked.map_or_else(|| "all".to_owned(), |asked| asked.to_string()))]
    ExceedsRemainder {
        /// In which way.
        why: Exceeded,
        /// What was asked; `None` for all that is left.
        asked: Option<Money>,
        /// What could be voided if no capture in process came into being.
        remainder: Money,
    },
    /// All captures of the authorization's terms are used (capture row 10).
    #[error("all {max} captures of the authorization have succeeded")]
    CapturesUsedUp {
        /// How many the terms allow.
        max: u32,
    },
    /// More than one payment may have (capture row 11).
    #[error("{asked} is more than the limit of {limit} for one payment")]
    PaymentLimit {
        /// What was asked.
        asked: Money,
        /// The limit.
        limit: Money,
    },
    /// The payer's status is not normal (capture row 12).
    #[error("the payer's status is not normal")]
    PayerStatus,
    /// The payer's captures in this window are used up (capture row 13).
    #[error("the payer has made {count} of {limit} captures in this window")]
    PayerCount {
        /// How many were made.
        count: u64,
        /// How many are allowed.
        limit: u32,
    },
    /// The payer's sum in this window would exceed its limit (capture row 14).
    #[error("{asked} on top of {sum} in this window is more than the payer's limit of {limit}")]
    PayerSum {
        /// What was asked.
        asked: Money,
        /// What was captured in the window before.
        sum: Total,
        /// The limit.
        limit: Money,
    },
    /// The payer's free funds do not suffice (capture row 15).
    #[error("{needed} is needed, and the payer has {free} that nothing else holds")]
    PayerFunds {
        /// What is needed beyond what is held for this.
        needed: Money,
        /// What is free.
        free: Total,
    },
    /// The host's risk check said no (capture row 16).
    #[error("the risk check rejected the capture")]
    Risk,
    /// A new authorization's deadline is not in the future.
    #[error("the deadline {deadline} is not after {now}")]
    DeadlineNotInFuture {
        /// The deadline.
        deadline: Instant,
        /// The clock reading.
        now: Instant,
    },
    /// No such payer.
    #[error("no such payer is registered")]
    UnknownPayer,
    /// No capture of this merchant came into being under this id.
    #[error("no capture of this merchant was accepted under this id")]
    UnknownCapture,
    /// The state does not allow the command.
    #[error("the state {state} does not allow it")]
    WrongState {
        /// The state.
        state: State,
    },
    /// The capture's outcome does not allow the command.
    #[error("the capture's result is {code}, which does not allow it")]
    WrongOutcome {
        /// The code that the capture has.
        code: ResultCode,
    },
    /// The balance would exceed 10^18 − 1 minor units.
    #[error("adding {added} to a balance of {balance} would exceed 999999999999999999 minor units")]
    BalanceTooHigh {
        /// The balance.
        balance: Total,
        /// What was to be added.
        added: Money,
    },
}

impl Refusal {
    /// The one result code that this is answered with.
    pub const fn code(&self) -> ResultCode {
        match self {
            Self::AmountOutOfBounds { .. }
            | Self::DeadlineNotInFuture { .. }
            | Self::UnknownPayer
            | Self::UnknownCapture
            | Self::BalanceTooHigh { .. } => ResultCode::ParamIllegal,
            Self::Inconsistent { .. } => ResultCode::RepeatReqInconsistent,
            Self::NoAuthorization => ResultCode::AuthNotFound,
            Self::Cancelled { .. } => ResultCode::AuthCancelled,
            Self::Expired { .. } => ResultCode::AuthExpired,
            Self::OtherCurrency { .. } | Self::CurrencyNotConfigured { .. } => ResultCode::CurrencyNotSupport,
            Self::ExceedsAuthorization { .. } | Self::ExceedsRemainder { .. } => {
                ResultCode::CaptureAmountExceedAuthLimit
            }
            Self::CapturesUsedUp { .. } | Self::PayerCount { .. } => ResultCode::PaymentCountExceedLimit,
            Self::PaymentLimit { .. } => ResultCode::PaymentAmountExceedLimit,
            Self::PayerStatus => ResultCode::UserStatusAbnormal,
            Self::PayerSum { .. } => ResultCode::UserAmountExceedLimit,
            Self::PayerFunds { .. } => ResultCode::UserBalanceNotEnough,
            Self::Risk => ResultCode::RiskReject,
            Self::WrongState { .. } | Self::WrongOutcome { .. } => ResultCode::OrderStatusInvalid,
        }
    }

    /// Which row of the capture table this is, if it is one: 1 to 16.
    pub const fn row(&self) -> Option<u8> {
        Some(match self {
            Self::AmountOutOfBounds { .. } => 1,
            Self::Inconsistent { .. } => 2,
            Self::NoAuthorization => 5,
            Self::Cancelled { .. } => 6,
            Self::Expired { .. } => 7,
            Self::OtherCurrency { .. } => 8,
            Self::ExceedsAuthorization { .. } => 9,
            Self::CapturesUsedUp { .. } => 10,
            Self::PaymentLimit { .. } => 11,
            Self::PayerStatus => 12,
            Self::PayerCount { .. } => 13,
            Self::PayerSum { .. } => 14,
            Self::PayerFunds { .. } => 15,
            Self::Risk => 16,
            _ => return None,
        })
    }

    /// What to do next, as its code says: the same when it is replayed.
    pub const fn advice(&self) -> Advice {
        self.code().advice()
    }
}
