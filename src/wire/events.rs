//! How a payment's events are printed: version, number, name and time, then
//! what belongs to the event. Absent members are left out.

use serde::Serialize;

use super::bodies::outcome_word;
use super::spelling::{Amount, Shown, WithMicros};
use crate::event::{AcceptedCapture, EVENT_VERSION, PaymentEvent, PaymentEventKind, Told};
use crate::state::Closing;
use crate::terms::{Hold, Percent};
use crate::time::Offset;

/// An event as the replay prints it, its instants at one offset.
#[derive(Serialize)]
pub(super) struct PrintedEvent<'a> {
    version: u32,
    seq: u64,
    event: &'static str,
    time: WithMicros,
    #[serde(flatten)]
    details: Details<'a>,
}

impl<'a> PrintedEvent<'a> {
    pub(super) fn new(event: &'a PaymentEvent, offset: Offset) -> Self {
        Self {
            version: EVENT_VERSION,
            seq: event.seq(),
            event: event.kind().name(),
            time: WithMicros(event.time().at(offset)),
            details: details(event, offset),
        }
    }
}

/// The members of all events, in their one order; each event has some of them.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    #[serde(flatten)]
    placed: Option<Placed<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capture_request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capture_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    void_request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_last_capture: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payer_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage_window: Option<WithMicros>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    released_amount: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
}

fn details(event: &PaymentEvent, offset: Offset) -> Details<'_> {
    match event.kind() {
        PaymentEventKind::Authorized => {
            Details { placed: Some(Placed::new(event.hold(), offset)), ..Details::default() }
        }
        PaymentEventKind::CaptureAccepted { capture } => Details {
            amount: Some(capture.asked.into()),
            is_last_capture: Some(capture.last),
            usage_window: usage_window(capture, offset),
            ..Details::of(capture)
        },
        PaymentEventKind::Captured { capture, amount, settled, closing, released } => Details {
            amount: Some((*amount).into()),
            is_last_capture: Some(capture.last),
            payer_id: payer(event.hold()),
            usage_window: if *settled { None } else { usage_window(capture, offset) },
            closed_by: closed_by(*closing),
            released_amount: released.map(Amount::from),
            ..Details::of(capture)
        },
        PaymentEventKind::CaptureFailed { capture, code, released } => Details {
            amount: Some(capture.asked.into()),
            result_code: Some(code.code().as_str()),
            released_amount: released.map(Amount::from),
            ..Details::of(capture)
        },
        PaymentEventKind::CaptureReversed { capture, amount, released } => Details {
            amount: Some((*amount).into()),
            released_amount: released.map(Amount::from),
            ..Details::of(capture)
        },
        PaymentEventKind::SettlementContradicted { capture, told } => Details::of(capture).saying(*told),
        PaymentEventKind::Voided { request, amount, closing } => Details {
            void_request_id: Some(request.as_str()),
            amount: Some((*amount).into()),
            closed_by: closed_by(*closing),
            ..Details::default()
        },
        PaymentEventKind::Cancelled { released } => {
            Details { released_amount: Some((*released).into()), ..Details::default() }
        }
        PaymentEventKind::Expired { released, closing } => Details {
            released_amount: Some((*released).into()),
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
            capture_id: Some(capture.capture.as_str()),
            ..Self::default()
        }
    }

    /// What the rail said of it.
    fn saying(self, told: Told) -> Self {
        match told {
            Told::Succeeded(amount) => {
                Self { outcome: Some(outcome_word(true)), amount: Some(amount.into()), ..self }
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

fn usage_window(capture: &AcceptedCapture, offset: Offset) -> Option<WithMicros> {
    capture.counted.map(|counted| WithMicros(counted.window.at(offset)))
}

/// What an authorization was made with.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Placed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    payer_id: Option<&'a str>,
    amount: Amount,
    terms: PrintedTerms,
}

/// Terms, spelt as an authorize spells them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PrintedTerms {
    auth_expiry_time: WithMicros,
    max_captures: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    overcapture_percent: Option<Shown<Percent>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overcapture_limit: Option<Amount>,
    settlement: &'static str,
    funding: &'static str,
    is_last_capture_default: bool,
}

impl<'a> Placed<'a> {
    fn new(hold: &'a Hold, offset: Offset) -> Self {
        let terms = &hold.terms;
        Self {
            payer_id: payer(hold),
            amount: hold.amount.into(),
            terms: PrintedTerms {
                auth_expiry_time: WithMicros(terms.expires_at.at(offset)),
                max_captures: terms.max_captures.get(),
                overcapture_percent: terms.overcapture_percent.map(Shown),
                overcapture_limit: terms.overcapture_limit.map(Amount::from),
                settlement: terms.settlement.as_str(),
                funding: terms.funding.as_str(),
                is_last_capture_default: terms.last_by_default,
            },
        }
    }
}
