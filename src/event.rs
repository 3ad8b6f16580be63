//! Events: what happened, in one numbered stream per payment and one per
//! payer. The state of an authorization is the fold of its events.

use std::fmt;
use std::sync::Arc;

use crate::command::{Adjustment, PayerStatus, UsageLimits};
use crate::id::{
    AdjustRequestId, CaptureId, CaptureRequestId, MerchantId, PayerId, PaymentId, VoidRequestId,
};
use crate::key::AuthorizationKey;
use crate::money::Money;
use crate::result_code::FailureCode;
use crate::state::Closing;
use crate::terms::Hold;
use crate::time::Instant;

/// The version of the events' format, printed with each.
pub const EVENT_VERSION: u32 = 1;

/// The highest number of an event: what a signed 64-bit column can keep.
pub const MAX_SEQ: u64 = 0x7fff_ffff_ffff_ffff;

/// Under which window and after how many resets a capture was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The start of the usage window.
    pub window: Instant,
    /// How often the payer's usage had been reset.
    pub resets: u64,
}

/// The payment that something is of: its hold where that is at hand, else its key.
#[derive(Clone)]
pub enum PaymentRef {
    /// The hold, shared with whatever else is about the payment.
    WithHold(Arc<Hold>),
    /// Its names.
    ByKey(Box<AuthorizationKey>),
}

impl PaymentRef {
    /// The merchant.
    pub fn merchant(&self) -> &MerchantId {
        match self {
            Self::WithHold(hold) => &hold.merchant,
            Self::ByKey(key) => &key.merchant,
        }
    }

    /// The payment.
    pub fn payment(&self) -> &PaymentId {
        match self {
            Self::WithHold(hold) => &hold.payment,
            Self::ByKey(key) => &key.payment,
        }
    }
}

impl fmt::Debug for PaymentRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {:?}", self.payment(), self.merchant())
    }
}

/// However it is named, it is the same payment.
impl PartialEq for PaymentRef {
    fn eq(&self, other: &Self) -> bool {
        (self.merchant(), self.payment()) == (other.merchant(), other.payment())
    }
}

impl Eq for PaymentRef {}

/// What never changes of a capture that was accepted. Shared by its record
/// and its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedCapture {
    /// The payment that it takes from.
    pub of: PaymentRef,
    /// The merchant's id of the request.
    pub request: CaptureRequestId,
    /// The engine's id of the capture.
    pub id: CaptureId,
    /// The amount asked, an absent one resolved.
    pub asked: Money,
    /// Whether it is the last capture, an absent flag resolved.
    pub last: bool,
    /// Where the payer's usage counted it; absent without a payer's account.
    pub counted: Option<Counted>,
    /// The number of the event that accepted it: the order of acceptance
    /// within its payment.
    pub accepted_seq: u64,
    /// When it was accepted.
    pub accepted_at: Instant,
}

/// What the rail was told to say of a capture, defaults filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It succeeded with this amount.
    Succeeded(Money),
    /// It failed with this code.
    Failed(FailureCode),
}

/// What happened to a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PaymentEventKind {
    /// The hold was placed, as [`PaymentEvent::hold`] says.
    Authorized,
    /// A capture was accepted, its amount reserved, its outcome open.
    CaptureAccepted {
        /// The capture.
        capture: Arc<AcceptedCapture>,
    },
    /// A capture succeeded, at once or by its settlement.
    Captured {
        /// The capture.
        capture: Arc<AcceptedCapture>,
        /// What was captured; at most what was asked.
        amount: Money,
        /// Whether it was in process before.
        settled: bool,
        /// How this closed the authorization, if it did.
        closing: Option<Closing>,
        /// What this step released, if it closes or was closed.
        released: Option<Money>,
    },
    /// A capture in process failed.
    CaptureFailed {
        /// The capture.
        capture: Arc<AcceptedCapture>,
        /// Why.
        code: FailureCode,
        /// What this step released, if it was closed.
        released: Option<Money>,
    },
    /// A capture that had succeeded failed at the rail after all.
    CaptureReversed {
        /// The capture.
        capture: Arc<AcceptedCapture>,
        /// What had been captured.
        amount: Money,
        /// What this step released, if it was closed.
        released: Option<Money>,
    },
    /// The rail said something that cannot be true; no money moved.
    SettlementContradicted {
        /// The capture.
        capture: Arc<AcceptedCapture>,
        /// What was said.
        told: Told,
    },
    /// Part of the hold was given back.
    Voided {
        /// The request.
        request: Box<VoidRequestId>,
        /// What was given back.
        amount: Money,
        /// How this closed the authorization, if it did.
        closing: Option<Closing>,
    },
    /// The authorization was cancelled.
    Cancelled {
        /// What this released.
        released: Money,
    },
    /// The deadline was met.
    Expired {
        /// What this released.
        released: Money,
        /// How it closed.
        closing: Closing,
    },
}

impl PaymentEventKind {
    /// The event's name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Authorized => "Authorized",
            Self::CaptureAccepted { .. } => "CaptureAccepted",
            Self::Captured { .. } => "Captured",
            Self::CaptureFailed { .. } => "CaptureFailed",
            Self::CaptureReversed { .. } => "CaptureReversed",
            Self::SettlementContradicted { .. } => "SettlementContradicted",
            Self::Voided { .. } => "Voided",
            Self::Cancelled { .. } => "Cancelled",
            Self::Expired { .. } => "Expired",
        }
    }

    /// The capture that this is about, if it is about one.
    pub fn capture(&self) -> Option<&Arc<AcceptedCapture>> {
        match self {
            Self::CaptureAccepted { capture }
            | Self::Captured { capture, .. }
            | Self::CaptureFailed { capture, .. }
            | Self::CaptureReversed { capture, .. }
            | Self::SettlementContradicted { capture, .. } => Some(capture),
            _ => None,
        }
    }

    /// The amounts that move, all in the currency of the hold.
    pub(crate) fn amounts(&self) -> impl Iterator<Item = Money> {
        let asked = match self {
            Self::SettlementContradicted { .. } => None,
            _ => self.capture().map(|capture| capture.asked),
        };
        let moved = match self {
            Self::Captured { amount, .. }
            | Self::CaptureReversed { amount, .. }
            | Self::Voided { amount, .. } => Some(*amount),
            Self::Cancelled { released } | Self::Expired { released, .. } => Some(*released),
            _ => None,
        };
        asked.into_iter().chain(moved)
    }

    /// Whether this accepts a capture: reserves it, or captures it at once.
    pub const fn accepts_a_capture(&self) -> bool {
        matches!(self, Self::CaptureAccepted { .. } | Self::Captured { settled: false, .. })
    }
}

/// One event of a payment's stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentEvent {
    pub(crate) hold: Arc<Hold>,
    pub(crate) seq: u64,
    pub(crate) time: Instant,
    pub(crate) kind: PaymentEventKind,
}

impl PaymentEvent {
    /// The hold that it happened to: merchant, payment, payer, amount, terms.
    pub fn hold(&self) -> &Arc<Hold> {
        &self.hold
    }

    /// The merchant.
    pub fn merchant(&self) -> &MerchantId {
        &self.hold.merchant
    }

    /// The payment.
    pub fn payment(&self) -> &PaymentId {
        &self.hold.payment
    }

    /// Its number in the payment's stream: 1, 2, 3 … without gaps.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// When it happened; never before the payment's last event.
    pub fn time(&self) -> Instant {
        self.time
    }

    /// Whether it accepts its capture as the capture says, or comes after
    /// what accepted it.
    pub(crate) fn accepts_in_order(&self) -> bool {
        let Some(capture) = self.kind.capture() else { return true };
        let accepted = (capture.accepted_seq, capture.accepted_at);
        match self.kind.accepts_a_capture() {
            true => accepted == (self.seq, self.time),
            false => accepted.0 < self.seq && accepted.1 <= self.time,
        }
    }

    /// What happened.
    pub fn kind(&self) -> &PaymentEventKind {
        &self.kind
    }
}

/// What a payer's account was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The balance.
    pub balance: Money,
    /// Whether the payer may pay.
    pub status: PayerStatus,
    /// How much in one window.
    pub limits: UsageLimits,
}

/// What happened to a payer's account besides its captures.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PayerEventKind {
    /// The account was made.
    PayerRegistered(Registration),
    /// The account was changed.
    PayerAdjusted {
        /// The request.
        request: AdjustRequestId,
        /// What it changed.
        adjustment: Adjustment,
    },
}

/// One event of a payer's stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerEvent {
    pub(crate) payer: PayerId,
    pub(crate) seq: u64,
    pub(crate) time: Instant,
    pub(crate) kind: PayerEventKind,
}

impl PayerEvent {
    /// The payer.
    pub fn payer(&self) -> &PayerId {
        &self.payer
    }

    /// Its number in the payer's stream: 1, 2, 3 … without gaps.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// When it happened; never before the payer's last event.
    pub fn time(&self) -> Instant {
        self.time
    }

    /// What happened.
    pub fn kind(&self) -> &PayerEventKind {
        &self.kind
    }

    /// The event's name.
    pub const fn name(&self) -> &'static str {
        match self.kind {
            PayerEventKind::PayerRegistered(_) => "PayerRegistered",
            PayerEventKind::PayerAdjusted { .. } => "PayerAdjusted",
        }
    }
}

/// An event of any stream, as the feed gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Of a payment.
    Payment(PaymentEvent),
    /// Of a payer.
    Payer(PayerEvent),
}

/// An event does not continue the state that it is applied to: the store is
/// damaged, or the events were not given in order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// It belongs to another payment or payer.
    #[error("the event belongs to another stream")]
    AnotherStream,
    /// It is not the next one.
    #[error("event {found} is not the next one: expected {expected}")]
    OutOfOrder {
        /// The number that should come.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// It cannot have happened in this state.
    #[error("{event} does not fit the state: {problem}")]
    DoesNotFit {
        /// The event's name.
        event: &'static str,
        /// What would be wrong afterwards.
        problem: &'static str,
    },
}
