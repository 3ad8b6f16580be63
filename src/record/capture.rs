//! What is remembered of a capture's id: small, so that it can be copied along,
//! and shared where it is not small.

use std::sync::Arc;

use crate::command::ExtendInfo;
use crate::event::{AcceptedCapture, Told};
use crate::id::{CaptureId, CaptureRequestId, MerchantId, PaymentId};
use crate::money::Money;
use crate::result_code::{FailureCode, ResultCode};
use crate::time::{Offset, OffsetTime};

/// What a capture asked: as sent and as resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedCapture<'r> {
    /// The payment.
    pub payment: &'r PaymentId,
    /// The amount as it was sent.
    pub amount: Option<Money>,
    /// What the amount, given or absent, came to, once it was resolved.
    pub resolved: Option<Money>,
    /// The flag as it was sent.
    pub last: Option<bool>,
    /// What an absent flag meant at the first delivery.
    pub last_by_default: bool,
    /// The free text.
    pub extend_info: Option<&'r ExtendInfo>,
}

impl AskedCapture<'_> {
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureProgress<'r> {
    /// What never changes.
    pub capture: &'r Arc<AcceptedCapture>,
    /// What became of it.
    pub outcome: CaptureOutcome,
    /// The last thing that the rail said and that cannot be true.
    pub contradiction: Option<Told>,
}

/// What is remembered of a capture's id. A copy shares what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureRecord(Fate);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    Abandoned(Arc<(MerchantId, CaptureRequestId)>),
    Refused(Arc<RefusedCapture>),
    Accepted(Accepted),
}

/// A request for a capture that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RefusedCapture {
    merchant: MerchantId,
    request: CaptureRequestId,
    payment: PaymentId,
    amount: Option<Money>,
    resolved: Option<Money>,
    sent: SentFlag,
    extend_info: Option<ExtendInfo>,
    code: ResultCode,
}

/// The flag for the last capture as it was sent, and what an absent one meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SentFlag {
    last: Option<bool>,
    last_by_default: bool,
}

/// An accepted capture, small enough to be copied along: nearly all were
/// captured at once and have no free text, and need no `rest`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Accepted {
    capture: Arc<AcceptedCapture>,
    rest: Option<Arc<Rest>>,
    sent: SentFlag,
    amount_was_sent: bool,
    /// All that was asked was captured when it was accepted: the offset at
    /// which that time is printed.
    at_once: Option<Offset>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rest {
    extend_info: Option<ExtendInfo>,
    /// Absent while it is in process, and where it was captured at once.
    outcome: Option<CaptureOutcome>,
    contradiction: Option<Told>,
}

impl Accepted {
    fn new(
        capture: Arc<AcceptedCapture>,
        asked: AskedCapture<'_>,
        outcome: CaptureOutcome,
        contradiction: Option<Told>,
    ) -> Self {
        let at_once = match outcome {
            CaptureOutcome::Succeeded { amount, time, reversed: false }
                if amount == capture.asked && time.instant() == capture.accepted_at =>
            {
                Some(time.offset())
            }
            _ => None,
        };
        let outcome =
            Some(outcome).filter(|outcome| at_once.is_none() && *outcome != CaptureOutcome::InProcess);
        let rest = Rest { extend_info: asked.extend_info.cloned(), outcome, contradiction };
        Self {
            capture,
            rest: (!rest.is_empty()).then(|| Arc::new(rest)),
            sent: SentFlag { last: asked.last, last_by_default: asked.last_by_default },
            amount_was_sent: asked.amount.is_some(),
            at_once,
        }
    }

    fn outcome(&self) -> CaptureOutcome {
        match (self.at_once, self.rest.as_ref().and_then(|rest| rest.outcome)) {
            (Some(offset), _) => CaptureOutcome::Succeeded {
                amount: self.capture.asked,
                time: self.capture.accepted_at.at(offset),
                reversed: false,
            },
            (None, Some(outcome)) => outcome,
            (None, None) => CaptureOutcome::InProcess,
        }
    }

    fn asked(&self) -> AskedCapture<'_> {
        AskedCapture {
            payment: self.capture.of.payment(),
            amount: self.amount_was_sent.then_some(self.capture.asked),
            resolved: Some(self.capture.asked),
            last: self.sent.last,
            last_by_default: self.sent.last_by_default,
            extend_info: self.rest.as_ref().and_then(|rest| rest.extend_info.as_ref()),
        }
    }

    fn progress(&self) -> CaptureProgress<'_> {
        CaptureProgress {
            capture: &self.capture,
            outcome: self.outcome(),
            contradiction: self.rest.as_ref().and_then(|rest| rest.contradiction),
        }
    }
}

impl Rest {
    fn is_empty(&self) -> bool {
        self.extend_info.is_none() && self.outcome.is_none() && self.contradiction.is_none()
    }
}

impl CaptureRecord {
    /// Of an id that was fenced before it was used.
    pub fn abandoned(merchant: MerchantId, request: CaptureRequestId) -> Self {
        Self(Fate::Abandoned(Arc::new((merchant, request))))
    }

    /// Of a request that was refused with this code.
    pub fn refused(
        merchant: MerchantId,
        request: CaptureRequestId,
        asked: AskedCapture<'_>,
        code: ResultCode,
    ) -> Self {
        Self(Fate::Refused(Arc::new(RefusedCapture {
            merchant,
            request,
            payment: asked.payment.clone(),
            amount: asked.amount,
            resolved: asked.resolved,
            sent: SentFlag { last: asked.last, last_by_default: asked.last_by_default },
            extend_info: asked.extend_info.cloned(),
            code,
        })))
    }

    /// Of a capture that was accepted, as it stands. Payment, amount and flag
    /// of what was asked are those of what was accepted.
    pub fn accepted(
        capture: Arc<AcceptedCapture>,
        asked: AskedCapture<'_>,
        outcome: CaptureOutcome,
        contradiction: Option<Told>,
    ) -> Self {
        Self(Fate::Accepted(Accepted::new(capture, asked, outcome, contradiction)))
    }

    /// The merchant that asked.
    pub fn merchant(&self) -> &MerchantId {
        match &self.0 {
            Fate::Abandoned(id) => &id.0,
            Fate::Refused(refused) => &refused.merchant,
            Fate::Accepted(accepted) => accepted.capture.of.merchant(),
        }
    }

    /// Its id of the request.
    pub fn request(&self) -> &CaptureRequestId {
        match &self.0 {
            Fate::Abandoned(id) => &id.1,
            Fate::Refused(refused) => &refused.request,
            Fate::Accepted(accepted) => &accepted.capture.request,
        }
    }

    /// The payment that it names; none of an abandoned id.
    pub fn payment(&self) -> Option<&PaymentId> {
        match &self.0 {
            Fate::Abandoned(_) => None,
            Fate::Refused(refused) => Some(&refused.payment),
            Fate::Accepted(accepted) => Some(accepted.capture.of.payment()),
        }
    }

    /// What was asked; nothing of an abandoned id.
    pub fn asked(&self) -> Option<AskedCapture<'_>> {
        match &self.0 {
            Fate::Abandoned(_) => None,
            Fate::Refused(refused) => Some(AskedCapture {
                payment: &refused.payment,
                amount: refused.amount,
                resolved: refused.resolved,
                last: refused.sent.last,
                last_by_default: refused.sent.last_by_default,
                extend_info: refused.extend_info.as_ref(),
            }),
            Fate::Accepted(accepted) => Some(accepted.asked()),
        }
    }

    /// What became of it, if it was accepted.
    pub fn progress(&self) -> Option<CaptureProgress<'_>> {
        match &self.0 {
            Fate::Accepted(accepted) => Some(accepted.progress()),
            _ => None,
        }
    }

    /// The code that the same request is answered with, as it stands. The
    /// answer of a capture that was reversed later stays a success.
    pub fn code(&self) -> ResultCode {
        match &self.0 {
            Fate::Abandoned(_) => ResultCode::ProcessFail,
            Fate::Refused(refused) => refused.code,
            Fate::Accepted(accepted) => match accepted.outcome() {
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
        self.asked()?.extend_info
    }

    /// The same record of an accepted capture in another state.
    pub(crate) fn with(&self, change: impl FnOnce(&mut CaptureProgress<'_>)) -> Self {
        let Fate::Accepted(accepted) = &self.0 else { return self.clone() };
        let mut next = accepted.progress();
        change(&mut next);
        Self::accepted(Arc::clone(next.capture), accepted.asked(), next.outcome, next.contradiction)
    }
}
