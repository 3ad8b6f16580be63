//! What is remembered of a request: what it asked, as sent and as resolved,
//! and all that its answer prints. An answer, once final, is read from here
//! for ever. Records are shared, never changed in place.

use std::sync::Arc;

use crate::command::{AdjustPayer, ExtendInfo, VoidAmount};
use crate::event::{AcceptedCapture, Registration, Told};
use crate::id::{
    AdjustRequestId, CaptureId, CaptureRequestId, MerchantId, PayerId, PaymentId, VoidRequestId,
};
use crate::key::{AuthorizationKey, KeyParts, RecordKey};
use crate::money::{Money, Total};
use crate::result_code::{FailureCode, ResultCode};
use crate::terms::Hold;
use crate::time::{Instant, Offset, OffsetTime};

/// What is remembered of one request, of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Of an authorize.
    Authorize(Arc<AuthorizeRecord>),
    /// Of a capture, or of an abandoned capture id.
    Capture(Arc<CaptureRecord>),
    /// Of a void.
    Void(Arc<VoidRecord>),
    /// Of a cancel that succeeded.
    Cancel(Arc<CancelRecord>),
    /// Of a payer's registration that succeeded.
    Register(Arc<RegisterRecord>),
    /// Of a payer's adjustment.
    Adjust(Arc<AdjustRecord>),
}

impl Record {
    /// The key that it is stored under.
    pub fn key(&self) -> RecordKey {
        match self {
            Self::Authorize(record) => {
                RecordKey::Authorize(record.hold.merchant.clone(), record.hold.payment.clone())
            }
            Self::Capture(record) => RecordKey::Capture(record.merchant.clone(), record.request.clone()),
            Self::Void(record) => RecordKey::Void(record.merchant.clone(), record.request.clone()),
            Self::Cancel(record) => RecordKey::Cancel(record.merchant.clone(), record.payment.clone()),
            Self::Register(record) => RecordKey::Register(record.payer.clone()),
            Self::Adjust(record) => RecordKey::Adjust(record.asked.request.clone()),
        }
    }

    /// The plain parts of its key.
    pub fn key_parts(&self) -> KeyParts<'_> {
        match self {
            Self::Authorize(record) => {
                KeyParts::authorize(record.hold.merchant.as_str(), record.hold.payment.as_str())
            }
            Self::Capture(record) => KeyParts::capture(record.merchant.as_str(), record.request.as_str()),
            Self::Void(record) => KeyParts::void(record.merchant.as_str(), record.request.as_str()),
            Self::Cancel(record) => KeyParts::cancel(record.merchant.as_str(), record.payment.as_str()),
            Self::Register(record) => KeyParts::register(record.payer.as_str()),
            Self::Adjust(record) => KeyParts::adjust(record.asked.request.as_str()),
        }
    }

    /// The authorization that it names, if it names one. It need not exist:
    /// the request may have been refused for that.
    pub fn names_authorization(&self) -> Option<AuthorizationKey> {
        let (merchant, payment) = match self {
            Self::Authorize(record) => (&record.hold.merchant, &record.hold.payment),
            Self::Capture(record) => (&record.merchant, &record.asked()?.payment),
            Self::Void(record) => (&record.merchant, &record.payment),
            Self::Cancel(record) => (&record.merchant, &record.payment),
            Self::Register(_) | Self::Adjust(_) => return None,
        };
        Some(AuthorizationKey { merchant: merchant.clone(), payment: payment.clone() })
    }

    /// The code that the request is answered with, as it stands.
    pub fn code(&self) -> ResultCode {
        match self {
            Self::Authorize(record) => record.code(),
            Self::Capture(record) => record.code(),
            Self::Void(record) => record.code(),
            Self::Adjust(record) => record.code(),
            Self::Cancel(_) | Self::Register(_) => ResultCode::Success,
        }
    }
}

/// What an authorize asked and was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizeRecord {
    /// What was asked; the hold itself if it succeeded.
    pub hold: Arc<Hold>,
    /// The offset that its deadline is printed at, or why it was refused.
    pub result: Result<Offset, ResultCode>,
}

impl AuthorizeRecord {
    /// The code that the authorize is answered with.
    pub fn code(&self) -> ResultCode {
        self.result.err().unwrap_or(ResultCode::Success)
    }
}

/// What a capture asked: as sent and as resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedCapture {
    /// The payment.
    pub payment: PaymentId,
    /// The amount as it was sent.
    pub amount: Option<Money>,
    /// What the amount, given or absent, came to, once it was resolved.
    pub resolved: Option<Money>,
    /// The flag as it was sent.
    pub last: Option<bool>,
    /// What an absent flag meant at the first delivery.
    pub last_by_default: bool,
    /// The free text.
    pub extend_info: Option<ExtendInfo>,
}

impl AskedCapture {
    /// Whether this is the last capture.
    pub fn is_last(&self) -> bool {
        self.last.unwrap_or(self.last_by_default)
    }
}

/// Where an accepted capture stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureOutcome {
    /// Its amount is reserved, its outcome open.
    InProcess,
    /// It succeeded.
    Succeeded {
        /// What was captured.
        amount: Money,
        /// When, and at which offset that is printed.
        time: OffsetTime,
        /// Whether it failed at the rail after all. Its answer stays.
        reversed: bool,
    },
    /// It failed at the rail.
    Failed(FailureCode),
}

/// An accepted capture: what was accepted, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureProgress {
    /// What never changes.
    pub capture: Arc<AcceptedCapture>,
    /// The number of the event that accepted it: the order of acceptance
    /// within its payment.
    pub accepted_seq: u64,
    /// When it was accepted.
    pub accepted_at: Instant,
    /// What became of it.
    pub outcome: CaptureOutcome,
    /// The last thing that the rail said and that cannot be true.
    pub contradiction: Option<Told>,
}

/// What a capture request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaptureFate {
    /// The id was fenced before it was used.
    Abandoned,
    /// It was refused.
    Refused(AskedCapture, ResultCode),
    /// It was accepted.
    Accepted(AskedCapture, CaptureProgress),
}

/// What is remembered of a capture's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureRecord {
    /// The merchant that asked.
    pub merchant: MerchantId,
    /// Its id of the request.
    pub request: CaptureRequestId,
    /// What it came to.
    pub fate: CaptureFate,
}

impl CaptureRecord {
    /// What was asked; nothing of an abandoned id.
    pub fn asked(&self) -> Option<&AskedCapture> {
        match &self.fate {
            CaptureFate::Abandoned => None,
            CaptureFate::Refused(asked, _) | CaptureFate::Accepted(asked, _) => Some(asked),
        }
    }

    /// What became of it, if it was accepted.
    pub fn progress(&self) -> Option<&CaptureProgress> {
        match &self.fate {
            CaptureFate::Accepted(_, progress) => Some(progress),
            _ => None,
        }
    }

    /// The code that the same request is answered with, as it stands. The
    /// answer of a capture that was reversed later stays a success.
    pub fn code(&self) -> ResultCode {
        match &self.fate {
            CaptureFate::Abandoned => ResultCode::ProcessFail,
            CaptureFate::Refused(_, code) => *code,
            CaptureFate::Accepted(_, progress) => match progress.outcome {
                CaptureOutcome::InProcess => ResultCode::CaptureInProcess,
                CaptureOutcome::Succeeded { .. } => ResultCode::Success,
                CaptureOutcome::Failed(code) => code.code(),
            },
        }
    }

    /// The engine's id of the capture, if it was accepted.
    pub fn capture_id(&self) -> Option<&CaptureId> {
        self.progress().map(|progress| &progress.capture.capture)
    }

    /// What was captured and when, if it succeeded.
    pub fn captured(&self) -> Option<(Money, OffsetTime)> {
        match self.progress()?.outcome {
            CaptureOutcome::Succeeded { amount, time, .. } => Some((amount, time)),
            _ => None,
        }
    }

    /// The free text of the first request.
    pub fn extend_info(&self) -> Option<&ExtendInfo> {
        self.asked()?.extend_info.as_ref()
    }

    /// The same record with another state of an accepted capture.
    pub(crate) fn with_progress(&self, change: impl FnOnce(&mut CaptureProgress)) -> Self {
        let mut next = self.clone();
        if let CaptureFate::Accepted(_, progress) = &mut next.fate {
            change(progress);
        }
        next
    }
}

/// What a void asked and was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoidRecord {
    /// The merchant that asked.
    pub merchant: MerchantId,
    /// Its id of the request.
    pub request: VoidRequestId,
    /// The payment.
    pub payment: PaymentId,
    /// How much was asked.
    pub asked: VoidAmount,
    /// What was voided, or why it was refused.
    pub result: Result<Money, ResultCode>,
}

impl VoidRecord {
    /// The code that the void is answered with.
    pub fn code(&self) -> ResultCode {
        self.result.err().unwrap_or(ResultCode::Success)
    }
}

/// What a cancel that succeeded was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelRecord {
    /// The merchant that asked.
    pub merchant: MerchantId,
    /// The payment.
    pub payment: PaymentId,
    /// What was released by it.
    pub released: Money,
    /// When, and at which offset that is printed.
    pub time: OffsetTime,
}

/// What a registration that succeeded asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterRecord {
    /// The payer.
    pub payer: PayerId,
    /// What the account was made with.
    pub registration: Registration,
}

/// What an adjustment asked and was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdjustRecord {
    /// The request.
    pub asked: AdjustPayer,
    /// The balance and what was held afterwards, or why it was refused.
    pub result: Result<PayerFunds, ResultCode>,
}

impl AdjustRecord {
    /// The code that the adjustment is answered with.
    pub fn code(&self) -> ResultCode {
        self.result.err().unwrap_or(ResultCode::Success)
    }

    /// The request's id.
    pub fn request(&self) -> &AdjustRequestId {
        &self.asked.request
    }

    /// The payer that it names.
    pub fn payer(&self) -> &PayerId {
        &self.asked.payer
    }
}

/// What an account has, and what of it is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayerFunds {
    /// The balance.
    pub balance: Total,
    /// What authorizations claim of it.
    pub held: Total,
}
