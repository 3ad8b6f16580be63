//! The stored form of events. Each stands for itself: it holds the whole hold
//! and the whole capture that it is about.

use std::sync::Arc;

use super::authorization::read_placed;
use super::cbor::{Reader, Writer};
use super::payer::currencies;
use super::values::{read_positive, read_seq};
use super::{Stored, StoredError};
use crate::event::{
    AcceptedCapture, Counted, Event, MAX_SEQ, PayerEvent, PayerEventKind, PaymentEvent, PaymentEventKind,
    PaymentRef, Told,
};
use crate::id::CaptureRequestId;
use crate::money::Money;
use crate::state::Closing;
use crate::terms::Hold;

impl PaymentEvent {
    /// Its stored form, as [`stored`](crate::stored) describes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        super::to_bytes(self)
    }

    /// The event of these stored bytes.
    ///
    /// # Errors
    /// [`StoredError`] if they are not the form of one that can have happened.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoredError> {
        super::from_bytes(bytes, "event of a payment")
    }
}

impl PayerEvent {
    /// Its stored form, as [`stored`](crate::stored) describes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        super::to_bytes(self)
    }

    /// The event of these stored bytes.
    ///
    /// # Errors
    /// [`StoredError`] if they are not the form of one that can have happened.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoredError> {
        super::from_bytes(bytes, "event of a payer")
    }
}

impl Event {
    /// The stored form of the event that it is, of a payment or of a payer:
    /// the bytes tell which.
    pub fn to_bytes(&self) -> Vec<u8> {
        super::to_bytes(self)
    }

    /// The event of these stored bytes.
    ///
    /// # Errors
    /// [`StoredError`] if they are not the form of one that can have happened.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoredError> {
        super::from_bytes(bytes, "event")
    }
}

impl Stored for Event {
    fn write(&self, to: &mut Writer) {
        match self {
            Self::Payment(event) => event.write(to),
            Self::Payer(event) => event.write(to),
        }
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        match from.next_letter(what)? {
            "E" => from.take(what).map(Self::Payment),
            "P" => from.take(what).map(Self::Payer),
            _ => Err(from.unknown(what)),
        }
    }
}

impl Stored for PaymentEvent {
    fn write(&self, to: &mut Writer) {
        let Self { hold, seq, time, kind } = self;
        kind.write(to.array(5).text("E").put(hold).put(seq).put(time));
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.kind(what, "E", 4)?;
        let hold = read_placed(from)?;
        let (seq, time) = (read_seq(from)?, from.take("time")?);
        let kind = PaymentEventKind::read(from, &hold)?;
        let event = Self { hold, seq, time, kind };
        let is_first = event.kind == PaymentEventKind::Authorized;
        from.require(is_first == (event.seq == 1), what, "just number 1 is Authorized")?;
        from.require(event.accepts_in_order(), what, "its capture was accepted by another event")?;
        possible(&event.kind, &event.hold).map_err(|problem| from.damaged(event.kind.name(), problem))?;
        Ok(event)
    }
}

/// Whether this can happen to some authorization with this hold.
fn possible(kind: &PaymentEventKind, hold: &Hold) -> Result<(), &'static str> {
    let currency = hold.amount.currency();
    if kind.amounts().chain(released(kind)).any(|amount| amount.currency() != currency) {
        return Err("an amount is in another currency than the hold's");
    }
    if kind.capture().is_some_and(|capture| capture.counted.is_some() != hold.payer.is_some()) {
        return Err("just the captures of a payer are counted in a usage window");
    }
    match kind {
        PaymentEventKind::Captured { capture, amount, settled, closing, released } => {
            let all = amount.minor() == capture.asked.minor();
            let fits = all || (*settled && amount.minor() < capture.asked.minor());
            require(fits, "another amount is captured than was asked")?;
            require(closing.is_none_or(|how| matches!(how, Closing::Full | Closing::Last)), WRONG_CLOSING)?;
            require(closing.is_none() || released.is_some(), "it closes and does not say what it releases")
        }
        PaymentEventKind::CaptureReversed { capture, amount, .. } => {
            require(amount.minor() <= capture.asked.minor(), "more is reversed than was asked")
        }
        PaymentEventKind::Voided { closing, .. } => {
            let of_a_void = |how| matches!(how, Closing::VoidAfterCapture | Closing::VoidOfAll);
            require(closing.is_none_or(of_a_void), WRONG_CLOSING)
        }
        PaymentEventKind::Expired { closing, .. } => {
            require(matches!(closing, Closing::Full | Closing::Expiry), WRONG_CLOSING)
        }
        _ => Ok(()),
    }
}

const WRONG_CLOSING: &str = "it cannot close so";

fn require(holds: bool, problem: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(problem) }
}

fn released(kind: &PaymentEventKind) -> Option<Money> {
    match kind {
        PaymentEventKind::Captured { released, .. }
        | PaymentEventKind::CaptureFailed { released, .. }
        | PaymentEventKind::CaptureReversed { released, .. } => *released,
        _ => None,
    }
}

impl PaymentEventKind {
    fn write(&self, to: &mut Writer) {
        match self {
            Self::Authorized => to.array(1).unsigned(1),
            Self::CaptureAccepted { capture } => start(to, 5, 2, capture),
            Self::Captured { capture, amount, settled, closing, released } => {
                start(to, 9, 3, capture).put(amount).put(settled).put(closing).put(released)
            }
            Self::CaptureFailed { capture, code, released } => {
                start(to, 7, 4, capture).put(code).put(released)
            }
            Self::CaptureReversed { capture, amount, released } => {
                start(to, 7, 5, capture).put(amount).put(released)
            }
            Self::SettlementContradicted { capture, told } => start(to, 6, 6, capture).put(told),
            Self::Voided { request, amount, closing } => {
                to.array(4).unsigned(7).put(&**request).put(amount).put(closing)
            }
            Self::Cancelled { released } => to.array(2).unsigned(8).put(released),
            Self::Expired { released, closing } => to.array(3).unsigned(9).put(released).put(closing),
        };
    }

    fn read(from: &mut Reader<'_>, hold: &Arc<Hold>) -> Result<Self, StoredError> {
        let what = "what happened";
        match from.numbered(what)? {
            (1, 0) => Ok(Self::Authorized),
            (2, 4) => Ok(Self::CaptureAccepted { capture: read_named_capture(from, hold)? }),
            (3, 8) => Ok(Self::Captured {
                capture: read_named_capture(from, hold)?,
                amount: read_positive(from, "amount")?,
                settled: from.take("was in process before")?,
                closing: from.take("closing")?,
                released: from.take("released")?,
            }),
            (4, 6) => Ok(Self::CaptureFailed {
                capture: read_named_capture(from, hold)?,
                code: from.take("result code")?,
                released: from.take("released")?,
            }),
            (5, 6) => Ok(Self::CaptureReversed {
                capture: read_named_capture(from, hold)?,
                amount: read_positive(from, "amount")?,
                released: from.take("released")?,
            }),
            (6, 5) => Ok(Self::SettlementContradicted {
                capture: read_named_capture(from, hold)?,
                told: from.take("told")?,
            }),
            (7, 3) => Ok(Self::Voided {
                request: Box::new(from.take("voidRequestId")?),
                amount: read_positive(from, "amount")?,
                closing: from.take("closing")?,
            }),
            (8, 1) => Ok(Self::Cancelled { released: from.take("released")? }),
            (9, 2) => Ok(Self::Expired { released: from.take("released")?, closing: from.take("closing")? }),
            _ => Err(from.unknown(what)),
        }
    }
}

/// The start of an event that is about a capture.
fn start<'w>(to: &'w mut Writer, elements: u64, number: u64, capture: &AcceptedCapture) -> &'w mut Writer {
    write_capture(capture, to.array(elements).unsigned(number).put(&capture.request))
}

fn read_named_capture(from: &mut Reader<'_>, hold: &Arc<Hold>) -> Result<Arc<AcceptedCapture>, StoredError> {
    let request = from.take("captureRequestId")?;
    read_capture(from, PaymentRef::WithHold(Arc::clone(hold)), request)
}

/// A capture without its payment and its request's id, which stand beside it
/// or with its record.
pub(super) fn write_capture<'w>(capture: &AcceptedCapture, to: &'w mut Writer) -> &'w mut Writer {
    let AcceptedCapture { of: _, request: _, id, asked, last, counted, accepted_seq, accepted_at } = capture;
    to.array(4).put(id).put(asked).put(last).put(counted).put(accepted_seq).put(accepted_at)
}

pub(super) fn read_capture(
    from: &mut Reader<'_>,
    of: PaymentRef,
    request: CaptureRequestId,
) -> Result<Arc<AcceptedCapture>, StoredError> {
    from.array("capture", 4)?;
    let capture = AcceptedCapture {
        of,
        request,
        id: from.take("captureId")?,
        asked: read_positive(from, "amount asked")?,
        last: from.take("isLastCapture")?,
        counted: from.take("counted")?,
        accepted_seq: from.take("number of the event")?,
        accepted_at: from.take("time of the event")?,
    };
    // Number 1 is the authorize's.
    from.require(capture.accepted_seq > 1, "number of the event", "no capture is accepted so early")?;
    from.require(capture.accepted_seq <= MAX_SEQ, "number of the event", "it is more than 2^63 - 1")?;
    Ok(Arc::new(capture))
}

impl Stored for Counted {
    fn write(&self, to: &mut Writer) {
        let Self { window, resets } = self;
        to.array(2).put(window).put(resets);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.array(what, 2)?;
        Ok(Self { window: from.take("window")?, resets: from.take("resets")? })
    }
}

impl Stored for Told {
    fn write(&self, to: &mut Writer) {
        match self {
            Self::Succeeded(amount) => to.array(2).unsigned(1).put(amount),
            Self::Failed(code) => to.array(2).unsigned(2).put(code),
        };
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        match from.numbered(what)? {
            (1, 1) => read_positive(from, "amount").map(Self::Succeeded),
            (2, 1) => from.take("result code").map(Self::Failed),
            _ => Err(from.unknown(what)),
        }
    }
}

impl Stored for PayerEvent {
    fn write(&self, to: &mut Writer) {
        let Self { payer, seq, time, kind } = self;
        to.array(5).text("P").put(payer).put(seq).put(time).put(kind);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.kind(what, "P", 4)?;
        let event = Self {
            payer: from.take("payerId")?,
            seq: read_seq(from)?,
            time: from.take("time")?,
            kind: from.take("what happened")?,
        };
        let is_first = matches!(event.kind, PayerEventKind::PayerRegistered(_));
        from.require(is_first == (event.seq == 1), what, "just number 1 is PayerRegistered")?;
        Ok(event)
    }
}

impl Stored for PayerEventKind {
    fn write(&self, to: &mut Writer) {
        match self {
            Self::PayerRegistered(registration) => to.array(2).unsigned(1).put(registration),
            Self::PayerAdjusted { request, adjustment } => {
                to.array(3).unsigned(2).put(request).put(adjustment)
            }
        };
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        match from.numbered(what)? {
            (1, 1) => from.take("registration").map(Self::PayerRegistered),
            (2, 2) => {
                let (request, adjustment) = (from.take("adjustRequestId")?, from.take("adjustment")?);
                let mut named = currencies(&adjustment);
                let first = named.next();
                from.require(
                    named.all(|other| Some(other) == first),
                    "adjustment",
                    "it names two currencies",
                )?;
                Ok(Self::PayerAdjusted { request, adjustment })
            }
            _ => Err(from.unknown(what)),
        }
    }
}
