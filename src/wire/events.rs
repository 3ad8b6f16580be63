//! How a payment's events are printed: version, number, name and time, then
//! what belongs to the event. Absent members are left out.

use super::bodies::outcome_word;
use super::members::Members;
use crate::event::{AcceptedCapture, EVENT_VERSION, PaymentEvent, PaymentEventKind, Told};
use crate::id::CaptureId;
use crate::money::Money;
use crate::state::Closing;
use crate::terms::{Hold, Terms};
use crate::time::{Fraction, Offset, OffsetTime};

/// Writes an event as the replay prints it, its instants at one offset.
pub(super) fn write_event(members: &mut Members<'_>, event: &PaymentEvent, offset: Offset) {
    members.bare("version", EVENT_VERSION);
    members.bare("seq", event.seq());
    members.plain("event", event.kind().name());
    members.time("time", event.time().at(offset), Fraction::Always);
    details(event, offset).write(members);
}

/// The members of all events, in their one order; each event has some of them.
#[derive(Default)]
struct Details<'a> {
    placed: Option<(&'a Hold, Offset)>,
    capture_request_id: Option<&'a str>,
    capture_id: Option<&'a CaptureId>,
    void_request_id: Option<&'a str>,
    outcome: Option<&'static str>,
    amount: Option<Money>,
    is_last_capture: Option<bool>,
    payer_id: Option<&'a str>,
    usage_window: Option<OffsetTime>,
    result_code: Option<&'static str>,
    closed_by: Option<&'static str>,
    released_amount: Option<Money>,
    status: Option<&'static str>,
}

impl Details<'_> {
    fn write(self, members: &mut Members<'_>) {
        if let Some((hold, offset)) = self.placed {
            write_hold(members, hold, offset);
        }
        members.text_if("captureRequestId", self.capture_request_id);
        members.text_if("captureId", self.capture_id.map(CaptureId::text).as_deref());
        members.text_if("voidRequestId", self.void_request_id);
        members.text_if("outcome", self.outcome);
        members.money_if("amount", self.amount);
        if let Some(last) = self.is_last_capture {
            members.bare("isLastCapture", last);
        }
        members.text_if("payerId", self.payer_id);
        if let Some(window) = self.usage_window {
            members.time("usageWindow", window, Fraction::Always);
        }
        members.text_if("resultCode", self.result_code);
        members.text_if("closedBy", self.closed_by);
        members.money_if("releasedAmount", self.released_amount);
        members.text_if("status", self.status);
    }
}

fn details(event: &PaymentEvent, offset: Offset) -> Details<'_> {
    match event.kind() {
        PaymentEventKind::Authorized => {
            Details { placed: Some((event.hold(), offset)), ..Details::default() }
        }
        PaymentEventKind::CaptureAccepted { capture } => Details {
            amount: Some(capture.asked),
            is_last_capture: Some(capture.last),
            usage_window: usage_window(capture, offset),
            ..Details::of(capture)
        },
        PaymentEventKind::Captured { capture, amount, settled, closing, released } => Details {
            amount: Some(*amount),
            is_last_capture: Some(capture.last),
            payer_id: payer(event.hold()),
            usage_window: if *settled { None } else { usage_window(capture, offset) },
            closed_by: closed_by(*closing),
            released_amount: *released,
            ..Details::of(capture)
        },
        PaymentEventKind::CaptureFailed { capture, code, released } => Details {
            amount: Some(capture.asked),
            result_code: Some(code.code().as_str()),
            released_amount: *released,
            ..Details::of(capture)
        },
        PaymentEventKind::CaptureReversed { capture, amount, released } => {
            Details { amount: Some(*amount), released_amount: *released, ..Details::of(capture) }
        }
        PaymentEventKind::SettlementContradicted { capture, told } => Details::of(capture).saying(*told),
        PaymentEventKind::Voided { request, amount, closing } => Details {
            void_request_id: Some(request.as_str()),
            amount: Some(*amount),
            closed_by: closed_by(*closing),
            ..Details::default()
        },
        PaymentEventKind::Cancelled { released } => {
            Details { released_amount: Some(*released), ..Details::default() }
        }
        PaymentEventKind::Expired { released, closing } => Details {
            released_amount: Some(*released),
            status: Some(closing.state().as_str()),
            ..Details::default()
        },
    }
}

impl<'a> Details<'a> {
    /// Which capture it is about.
    fn of(capture: &'a AcceptedCapture) -> Self {
        Self {
            capture_request_id: Some(capture.request.as_str()),
            capture_id: Some(&capture.id),
            ..Self::default()
        }
    }

    /// What the rail said of it.
    fn saying(self, told: Told) -> Self {
        match told {
            Told::Succeeded(amount) => {
                Self { outcome: Some(outcome_word(true)), amount: Some(amount), ..self }
            }
            Told::Failed(code) => {
                Self { outcome: Some(outcome_word(false)), result_code: Some(code.code().as_str()), ..self }
            }
        }
    }
}

fn closed_by(closing: Option<Closing>) -> Option<&'static str> {
    closing.map(|closing| closing.closed_by().as_str())
}

fn payer(hold: &Hold) -> Option<&str> {
    hold.payer.as_ref().map(|payer| payer.as_str())
}

fn usage_window(capture: &AcceptedCapture, offset: Offset) -> Option<OffsetTime> {
    capture.counted.map(|counted| counted.window.at(offset))
}

/// What an authorization was made with.
fn write_hold(members: &mut Members<'_>, hold: &Hold, offset: Offset) {
    members.text_if("payerId", payer(hold));
    members.money("amount", hold.amount);
    let mut terms = members.object("terms");
    write_terms(&mut terms, &hold.terms, offset);
    terms.end();
}

/// Terms, spelt as an authorize spells them.
fn write_terms(members: &mut Members<'_>, terms: &Terms, offset: Offset) {
    members.time("authExpiryTime", terms.expires_at.at(offset), Fraction::Always);
    members.bare("maxCaptures", terms.max_captures);
    if let Some(percent) = terms.overcapture_percent {
        members.shown("overcapturePercent", percent);
    }
    members.money_if("overcaptureLimit", terms.overcapture_limit);
    members.plain("settlement", terms.settlement.as_str());
    members.plain("funding", terms.funding.as_str());
    members.bare("isLastCaptureDefault", terms.last_by_default);
}
