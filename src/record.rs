//! What is remembered of a request: what it asked, as sent and as resolved,
//! and all that its answer prints. An answer, once final, is read from here
//! for ever. Records are shared, never changed in place.

mod capture;

use std::sync::Arc;

use crate::command::{AdjustPayer, VoidAmount};
use crate::event::Registration;
use crate::id::{AdjustRequestId, MerchantId, PayerId, PaymentId, VoidRequestId};
use crate::key::{AuthorizationKey, KeyParts, RecordKey};
use crate::money::{Money, Total};
use crate::result_code::ResultCode;
use crate::terms::Hold;
use crate::time::{Offset, OffsetTime};

pub use capture::{AskedCapture, CaptureOutcome, CaptureProgress, CaptureRecord};

/// What is remembered of one request, of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Of an authorize.
    Authorize(AuthorizeRecord),
    /// Of a capture, or of an abandoned capture id.
    Capture(CaptureRecord),
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
            Self::Capture(record) => RecordKey::Capture(record.merchant().clone(), record.request().clone()),
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
            Self::Capture(record) => KeyParts::capture(record.merchant().as_str(), record.request().as_str()),
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
            Self::Capture(record) => (record.merchant(), record.payment()?),
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
