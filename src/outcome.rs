//! What a command comes to: the resulting events, or a result code, and what
//! to do next.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::event::{AcceptedCapture, Event, PayerEvent, PaymentEvent, Told};
use crate::money::Money;
use crate::record::{
    AdjustRecord, AuthorizeRecord, CancelRecord, CaptureOutcome, CaptureRecord, RegisterRecord, VoidRecord,
};
use crate::refusal::Refusal;
use crate::result_code::{Advice, ResultCode};

/// The events that a command appended, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    pub(crate) payment: SmallVec<[PaymentEvent; 1]>,
    pub(crate) payer: Option<Box<PayerEvent>>,
}

impl Events {
    /// The events of the payment. A closing by the deadline that the command
    /// met stands before its own event.
    pub fn payment(&self) -> &[PaymentEvent] {
        &self.payment
    }

    /// The event of the payer's own stream.
    pub fn payer(&self) -> Option<&PayerEvent> {
        self.payer.as_deref()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        let payment = self.payment.iter().cloned().map(Event::Payment);
        payment.chain(self.payer.as_deref().cloned().map(Event::Payer))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.payment.is_empty() && self.payer.is_none()
    }
}

/// What is answered of a command's success, or of its record.
pub trait Answer {
    /// The result code that it is answered with.
    fn code(&self) -> ResultCode;
}

impl Answer for CaptureRecord {
    fn code(&self) -> ResultCode {
        CaptureRecord::code(self)
    }
}

impl Answer for AuthorizeRecord {
    fn code(&self) -> ResultCode {
        AuthorizeRecord::code(self)
    }
}

impl Answer for Arc<VoidRecord> {
    fn code(&self) -> ResultCode {
        VoidRecord::code(self)
    }
}

impl Answer for Arc<AdjustRecord> {
    fn code(&self) -> ResultCode {
        AdjustRecord::code(self)
    }
}

impl Answer for Arc<CancelRecord> {
    fn code(&self) -> ResultCode {
        ResultCode::Success
    }
}

impl Answer for Arc<RegisterRecord> {
    fn code(&self) -> ResultCode {
        ResultCode::Success
    }
}

/// A settlement or a reversal was taken over: of this capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The capture.
    pub capture: Arc<AcceptedCapture>,
}

impl Answer for Settled {
    fn code(&self) -> ResultCode {
        ResultCode::Success
    }
}

/// The id will never capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fenced;

impl Answer for Fenced {
    fn code(&self) -> ResultCode {
        ResultCode::Success
    }
}

/// Whether an authorization that was due closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed(pub bool);

impl Answer for Closed {
    fn code(&self) -> ResultCode {
        ResultCode::Success
    }
}

/// What a capture would come to now, if it were not recorded before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// The amount that it would take.
    pub amount: Money,
    /// Whether its outcome would only be known later.
    pub settles_later: bool,
}

/// What a quote comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quote {
    /// The capture would be new, and accepted.
    New(Quoted),
    /// The id is used, and its record answers.
    Recorded(CaptureRecord),
}

impl Answer for Quote {
    fn code(&self) -> ResultCode {
        match self {
            Self::New(Quoted { settles_later: true, .. }) => ResultCode::CaptureInProcess,
            Self::New(_) => ResultCode::Success,
            Self::Recorded(record) => record.code(),
        }
    }
}

/// Why the answer is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pending {
    /// This capture was accepted just now and its amount reserved (capture row 17).
    Reserved {
        /// Its record.
        record: CaptureRecord,
        /// What was appended.
        events: Events,
    },
    /// This request is in process already (capture row 4).
    InProcess {
        /// Its record.
        record: CaptureRecord,
    },
    /// The answer hangs on the open outcome of other captures; nothing was
    /// recorded (capture rows 9b and 10b, and their like).
    Waiting,
}

/// The rail said what cannot be true of a capture; no money moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The capture.
    pub capture: Arc<AcceptedCapture>,
    /// What is known of it, and stays.
    pub kept: CaptureOutcome,
    /// What was said.
    pub told: Told,
    /// What was appended; nothing where the same had been said before.
    pub events: Events,
}

/// What a command came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome<A> {
    /// It happened just now.
    Accepted {
        /// What is answered.
        answer: A,
        /// What was appended.
        events: Events,
    },
    /// It was answered before: the same again, and no new events. The
    /// recorded answer may be a failure.
    Replayed(A),
    /// It was refused.
    Refused(Refusal),
    /// Neither success nor failure is known yet.
    Pending(Pending),
    /// The rail contradicts itself.
    Contradicted(Box<Contradiction>),
}

impl<A: Answer> Outcome<A> {
    /// The one result code that goes over the wire.
    pub fn code(&self) -> ResultCode {
        match self {
            Self::Accepted { answer, .. } | Self::Replayed(answer) => answer.code(),
            Self::Refused(refusal) => refusal.code(),
            Self::Pending(_) => ResultCode::CaptureInProcess,
            Self::Contradicted(_) => ResultCode::RepeatReqInconsistent,
        }
    }

    /// What to do next.
    pub fn advice(&self) -> Advice {
        match self {
            Self::Refused(refusal) => refusal.advice(),
            Self::Contradicted(_) => Advice::Stop,
            other => other.code().advice(),
        }
    }
}

impl<A> Outcome<A> {
    /// What was appended by this command.
    pub fn events(&self) -> Option<&Events> {
        match self {
            Self::Accepted { events, .. } | Self::Pending(Pending::Reserved { events, .. }) => Some(events),
            Self::Contradicted(contradiction) => Some(&contradiction.events),
            _ => None,
        }
    }

    /// The same outcome with another kind of answer.
    pub fn map<B>(self, change: impl FnOnce(A) -> B) -> Outcome<B> {
        match self {
            Self::Accepted { answer, events } => Outcome::Accepted { answer: change(answer), events },
            Self::Replayed(answer) => Outcome::Replayed(change(answer)),
            Self::Refused(refusal) => Outcome::Refused(refusal),
            Self::Pending(pending) => Outcome::Pending(pending),
            Self::Contradicted(contradiction) => Outcome::Contradicted(contradiction),
        }
    }
}
