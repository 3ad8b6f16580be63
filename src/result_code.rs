//! The result codes that the engine itself can produce, with their status and
//! message, and what a caller should do next. The codes of an HTTP edge
//! (signatures, keys, routes) are not here: the engine never says them.

use std::fmt;

/// What a caller knows after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResultStatus {
    /// It happened, and stays so.
    Success,
    /// Not known yet: neither success nor failure may be recorded.
    Unknown,
    /// It did not happen. Where the answer is recorded, under this id it never
    /// will; `PARAM_ILLEGAL` and what hangs on the moment is not recorded.
    Failure,
}

impl ResultStatus {
    /// The one letter that the API prints: `S`, `U` or `F`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "S",
            Self::Unknown => "U",
            Self::Failure => "F",
        }
    }
}

/// What a caller should do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Advice {
    /// It is done; nothing more to do.
    Done,
    /// Send the same request with the same id again: it is answered from what is stored.
    SameId,
    /// This id is used up; another try, if one makes sense, needs a new id.
    NewId,
    /// An outcome is open: wait for its settlement, then send the same id again.
    Wait,
    /// The same request would be answered the same as things stand: correct
    /// it, or accept the answer.
    Stop,
}

/// A result code of the capture API, or of its family's common codes.
///
/// ```
/// use capture_engine::{Advice, ResultCode};
/// use capture_engine::result_code::ResultStatus;
/// let code = ResultCode::CaptureInProcess;
/// assert_eq!(code.as_str(), "CAPTURE_IN_PROCESS");
/// assert_eq!(code.status(), ResultStatus::Unknown);
/// assert_eq!(code.advice(), Advice::Wait);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ResultCode {
    /// It happened.
    Success,
    /// The authorization was cancelled, or voided before anything was captured.
    AuthCancelled,
    /// The deadline of the authorization has passed.
    AuthExpired,
    /// No such authorization of this merchant.
    AuthNotFound,
    /// The capture is reserved, or waits for another capture's open outcome.
    CaptureInProcess,
    /// Another currency than the authorization's or the payer's, or one that is not configured.
    CurrencyNotSupport,
    /// The payer's free funds do not cover what goes beyond the hold.
    UserBalanceNotEnough,
    /// The payer's status is not normal.
    UserStatusAbnormal,
    /// More than one payment may have in this currency.
    PaymentAmountExceedLimit,
    /// The captures of this authorization, or of this payer in the window, are used up.
    PaymentCountExceedLimit,
    /// The id was used for other content, or the rail contradicts what it said.
    RepeatReqInconsistent,
    /// The payer's sum of captures in the window would exceed the limit.
    UserAmountExceedLimit,
    /// The host's risk check rejected it.
    RiskReject,
    /// More than the authorization has left.
    CaptureAmountExceedAuthLimit,
    /// A business failure: the rail's, or the id was abandoned before it was used.
    ProcessFail,
    /// A field is missing or malformed, or names what does not exist.
    ParamIllegal,
    /// The command does not fit the state.
    OrderStatusInvalid,
    /// What happened is not known here; the same request may be sent again.
    UnknownException,
}

impl ResultCode {
    /// Every code, in the order of declaration.
    pub const ALL: [Self; 18] = [
        Self::Success,
        Self::AuthCancelled,
        Self::AuthExpired,
        Self::AuthNotFound,
        Self::CaptureInProcess,
        Self::CurrencyNotSupport,
        Self::UserBalanceNotEnough,
        Self::UserStatusAbnormal,
        Self::PaymentAmountExceedLimit,
        Self::PaymentCountExceedLimit,
        Self::RepeatReqInconsistent,
        Self::UserAmountExceedLimit,
        Self::RiskReject,
        Self::CaptureAmountExceedAuthLimit,
        Self::ProcessFail,
        Self::ParamIllegal,
        Self::OrderStatusInvalid,
        Self::UnknownException,
    ];

    /// The code as the API spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::AuthCancelled => "AUTH_CANCELLED",
            Self::AuthExpired => "AUTH_EXPIRED",
            Self::AuthNotFound => "AUTH_NOT_FOUND",
            Self::CaptureInProcess => "CAPTURE_IN_PROCESS",
            Self::CurrencyNotSupport => "CURRENCY_NOT_SUPPORT",
            Self::UserBalanceNotEnough => "USER_BALANCE_NOT_ENOUGH",
            Self::UserStatusAbnormal => "USER_STATUS_ABNORMAL",
            Self::PaymentAmountExceedLimit => "PAYMENT_AMOUNT_EXCEED_LIMIT",
            Self::PaymentCountExceedLimit => "PAYMENT_COUNT_EXCEED_LIMIT",
            Self::RepeatReqInconsistent => "REPEAT_REQ_INCONSISTENT",
            Self::UserAmountExceedLimit => "USER_AMOUNT_EXCEED_LIMIT",
            Self::RiskReject => "RISK_REJECT",
            Self::CaptureAmountExceedAuthLimit => "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT",
            Self::ProcessFail => "PROCESS_FAIL",
            Self::ParamIllegal => "PARAM_ILLEGAL",
            Self::OrderStatusInvalid => "ORDER_STATUS_INVALID",
            Self::UnknownException => "UNKNOWN_EXCEPTION",
        }
    }

    /// The code that the API spells so, if the engine knows it.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == code)
    }

    /// Whether the code says success, failure, or that nothing is known yet.
    pub const fn status(self) -> ResultStatus {
        match self {
            Self::Success => ResultStatus::Success,
            Self::CaptureInProcess | Self::UnknownException => ResultStatus::Unknown,
            _ => ResultStatus::Failure,
        }
    }

    /// The message of the API page; for the family's common codes the crate's own words.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::AuthCancelled => "The authorization on payment has been canceled.",
            Self::AuthExpired => "The authorization on payment is expired.",
            Self::AuthNotFound => "The authorization on payment is not found.",
            Self::CaptureInProcess => "The capture is processing.",
            Self::CurrencyNotSupport => "The currency of a user's payment is not supported by the wallet.",
            Self::UserBalanceNotEnough => "The user's balance is not enough for the payment.",
            Self::UserStatusAbnormal => "The user status is abnormal.",
            Self::PaymentAmountExceedLimit => "The payment amount exceeds the limit.",
            Self::PaymentCountExceedLimit => "The number of payments exceeds the limit.",
            Self::RepeatReqInconsistent => "The submitted request is not consistent with the last one.",
            Self::UserAmountExceedLimit => "The payment amount exceeds the user's amount limit.",
            Self::RiskReject => "The payment is rejected due to risk control.",
            Self::CaptureAmountExceedAuthLimit => {
                "The total capture amount exceeds the limit of the authorized payment amount."
            }
            Self::ProcessFail => "A business failure occurred. Do not retry.",
            Self::ParamIllegal => "A required parameter is missing or a parameter is illegal.",
            Self::OrderStatusInvalid => "The status of the order does not allow the request.",
            Self::UnknownException => "The result is unknown. Send the same request again.",
        }
    }

    /// What a caller who got only this code should do next.
    pub const fn advice(self) -> Advice {
        match self {
            Self::Success => Advice::Done,
            Self::UnknownException => Advice::SameId,
            Self::CaptureInProcess => Advice::Wait,
            Self::AuthCancelled
            | Self::AuthExpired
            | Self::RiskReject
            | Self::ParamIllegal
            | Self::OrderStatusInvalid => Advice::Stop,
            _ => Advice::NewId,
        }
    }
}

impl fmt::Display for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a capture that had been accepted failed at the rail: one of the codes
/// that a refused capture can have, or `PROCESS_FAIL`, the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FailureCode(ResultCode);

impl FailureCode {
    /// The result code that repeats of the failed capture are answered with.
    pub const fn code(self) -> ResultCode {
        self.0
    }
}

impl Default for FailureCode {
    fn default() -> Self {
        Self(ResultCode::ProcessFail)
    }
}

impl TryFrom<ResultCode> for FailureCode {
    type Error = NotAFailureCode;

    /// # Errors
    /// [`NotAFailureCode`] for a code that no refused capture is recorded with.
    fn try_from(code: ResultCode) -> Result<Self, NotAFailureCode> {
        match code {
            ResultCode::Success
            | ResultCode::CaptureInProcess
            | ResultCode::UnknownException
            | ResultCode::ParamIllegal
            | ResultCode::OrderStatusInvalid
            | ResultCode::RepeatReqInconsistent => Err(NotAFailureCode(code)),
            _ => Ok(Self(code)),
        }
    }
}

/// The code cannot be the outcome of a capture that failed at the rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} cannot be the outcome of a failed capture: give PROCESS_FAIL or a code that refuses a capture")]
pub struct NotAFailureCode(pub ResultCode);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once_and_read_back() {
        let mut names: Vec<_> = ResultCode::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ResultCode::ALL.len());
        for code in ResultCode::ALL {
            assert_eq!(ResultCode::from_code(code.as_str()), Some(code));
            assert!(code.as_str().len() <= 64 && code.message().len() <= 256);
        }
    }

    #[test]
    fn the_readme_says_of_every_code_when_it_is_given() {
        let readme = include_str!("../README.md");
        for code in ResultCode::ALL {
            let row = format!("| `{code}` | {} |", code.status().as_str());
            assert!(readme.contains(&row), "{row}");
        }
    }

    #[test]
    fn a_failure_has_a_code_that_refuses_a_capture() {
        let failures: Vec<_> = ResultCode::ALL
            .into_iter()
            .filter(|code| FailureCode::try_from(*code).is_ok())
            .map(ResultCode::as_str)
            .collect();
        assert_eq!(
            failures,
            [
                "AUTH_CANCELLED",
                "AUTH_EXPIRED",
                "AUTH_NOT_FOUND",
                "CURRENCY_NOT_SUPPORT",
                "USER_BALANCE_NOT_ENOUGH",
                "USER_STATUS_ABNORMAL",
                "PAYMENT_AMOUNT_EXCEED_LIMIT",
                "PAYMENT_COUNT_EXCEED_LIMIT",
                "USER_AMOUNT_EXCEED_LIMIT",
                "RISK_REJECT",
                "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT",
                "PROCESS_FAIL",
            ]
        );
    }

    #[test]
    fn the_status_decides_whether_an_id_is_used_up() {
        for code in ResultCode::ALL {
            let fits = match code.status() {
                ResultStatus::Success => code.advice() == Advice::Done,
                ResultStatus::Unknown => matches!(code.advice(), Advice::SameId | Advice::Wait),
                ResultStatus::Failure => matches!(code.advice(), Advice::NewId | Advice::Stop),
            };
            assert!(fits, "{code}");
        }
    }
}
