//! Answers of inquiries, of the sweep and of payments' events: what is there
//! now. None of them is recorded.

use serde::Serialize;

use super::answers::{Echo, Rest, write_answer, write_bare};
use super::events::PrintedEvent;
use super::spelling::{Amount, ResultMember, Shown, WithFraction, write};
use crate::authorization::Authorization;
use crate::engine::{EngineError, PayerInquiry, PaymentInquiry, Swept};
use crate::event::PaymentEvent;
use crate::record::{CaptureOutcome, CaptureProgress, CaptureRecord};
use crate::result_code::ResultCode;
use crate::store::Inquiry;
use crate::time::{Offset, OffsetTime};

/// What an engine knows, or does not, or why it could not look.
pub(super) type Found<T> = Result<Option<T>, EngineError>;

/// Writes what is known of a payment, or of a capture's id.
pub(super) fn write_payment(
    asked: &Inquiry,
    found: &Found<PaymentInquiry>,
    echo: Echo<'_>,
    offset: Offset,
    out: &mut Vec<u8>,
) -> ResultCode {
    let code = code_of(found, ResultCode::AuthNotFound);
    match found {
        Ok(Some(inquiry)) => write(&PaymentAnswer::new(code, asked, inquiry, offset), out),
        _ => write_bare(code, echo, out),
    }
    code
}

/// The code of a look-up.
fn code_of<T>(found: &Found<T>, absent: ResultCode) -> ResultCode {
    match found {
        Ok(Some(_)) => ResultCode::Success,
        Ok(None) => absent,
        Err(error) => error.code(),
    }
}

/// The payment, if there is one, and what is recorded of the capture's id, if
/// one was asked for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PaymentAnswer<'a> {
    result: ResultMember,
    #[serde(flatten)]
    payment: Option<Payment<'a>>,
    #[serde(flatten)]
    recorded: Option<Recorded<'a>>,
}

impl<'a> PaymentAnswer<'a> {
    fn new(code: ResultCode, asked: &'a Inquiry, inquiry: &'a PaymentInquiry, offset: Offset) -> Self {
        let payment = inquiry.authorization.as_ref();
        Self {
            result: code.into(),
            payment: payment.map(|authorization| Payment::new(authorization, &inquiry.captures, offset)),
            recorded: recorded(asked, inquiry),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payment<'a> {
    payment_id: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_by: Option<&'static str>,
    authorized_amount: Amount,
    captured_amount: Amount,
    in_process_amount: Amount,
    voided_amount: Amount,
    released_amount: Amount,
    unclaimed_amount: Amount,
    overcapture_taken_amount: Amount,
    capturable_amount: Amount,
    captures_left: u32,
    auth_expiry_time: WithFraction,
    captures: Vec<ListedCapture<'a>>,
}

impl<'a> Payment<'a> {
    fn new(authorization: &'a Authorization, captures: &'a [CaptureRecord], offset: Offset) -> Self {
        Self {
            payment_id: authorization.payment().as_str(),
            status: authorization.state().as_str(),
            closed_by: authorization.closing().map(|closing| closing.closed_by().as_str()),
            authorized_amount: authorization.authorized().into(),
            captured_amount: authorization.captured().into(),
            in_process_amount: authorization.in_process().into(),
            voided_amount: authorization.voided().into(),
            released_amount: authorization.released().into(),
            unclaimed_amount: authorization.unclaimed().into(),
            overcapture_taken_amount: authorization.overcapture_taken().into(),
            capturable_amount: authorization.capturable().into(),
            captures_left: authorization.captures_left(),
            auth_expiry_time: WithFraction(authorization.hold().terms.expires_at.at(offset)),
            captures: captures.iter().filter_map(ListedCapture::new).collect(),
        }
    }
}

/// An accepted capture in the list of a payment's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListedCapture<'a> {
    capture_request_id: &'a str,
    capture_id: &'a str,
    capture_amount: Amount,
    is_last_capture: bool,
    result_code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    capture_time: Option<Shown<OffsetTime>>,
    #[serde(skip_serializing_if = "is_false")]
    reversed: bool,
    #[serde(skip_serializing_if = "is_false")]
    contradicted: bool,
}

impl<'a> ListedCapture<'a> {
    fn new(record: &'a CaptureRecord) -> Option<Self> {
        let CaptureProgress { capture, outcome, contradiction, .. } = record.progress()?;
        let (amount, time, reversed) = match outcome {
            CaptureOutcome::Succeeded { amount, time, reversed } => (amount, Some(time), reversed),
            CaptureOutcome::InProcess | CaptureOutcome::Failed(_) => (capture.asked, None, false),
        };
        Some(Self {
            capture_request_id: capture.request.as_str(),
            capture_id: capture.capture.as_str(),
            capture_amount: amount.into(),
            is_last_capture: capture.last,
            result_code: record.code().as_str(),
            capture_time: time.map(Shown),
            reversed,
            contradicted: contradiction.is_some(),
        })
    }
}

/// What stands in the list only where it is true.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the writer hands fields over by reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// What is recorded of a capture's id.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Recorded<'a> {
    capture_request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    capture_result_code: Option<&'static str>,
}

fn recorded<'a>(asked: &'a Inquiry, inquiry: &PaymentInquiry) -> Option<Recorded<'a>> {
    match asked {
        Inquiry::Payment(_) => None,
        Inquiry::Capture(_, request) => Some(Recorded {
            capture_request_id: request.as_str(),
            capture_result_code: inquiry.record.as_ref().map(|record| record.code().as_str()),
        }),
    }
}

/// Writes a payer's account and the usage of the current window.
pub(super) fn write_payer(found: &Found<PayerInquiry>, echo: Echo<'_>, out: &mut Vec<u8>) -> ResultCode {
    let code = code_of(found, ResultCode::ParamIllegal);
    match found {
        Ok(Some(inquiry)) => write(&PayerAnswer::new(code, inquiry), out),
        _ => write_bare(code, echo, out),
    }
    code
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PayerAnswer<'a> {
    result: ResultMember,
    payer_id: &'a str,
    balance: Amount<i128>,
    held: Amount<i128>,
    status: &'static str,
    usage: Usage,
}

#[derive(Serialize)]
struct Usage {
    count: u64,
    amount: Amount<i128>,
}

impl<'a> PayerAnswer<'a> {
    fn new(code: ResultCode, inquiry: &'a PayerInquiry) -> Self {
        let PayerInquiry { payer, count, sum } = inquiry;
        Self {
            result: code.into(),
            payer_id: payer.id().as_str(),
            balance: payer.balance().into(),
            held: payer.held().into(),
            status: payer.status().as_str(),
            usage: Usage { count: *count, amount: (*sum).into() },
        }
    }
}

/// Writes a page of a payment's events, which were asked for after `after`.
pub(super) fn write_events(
    after: u64,
    found: &Found<Vec<PaymentEvent>>,
    offset: Offset,
    out: &mut Vec<u8>,
) -> ResultCode {
    let code = code_of(found, ResultCode::AuthNotFound);
    match found {
        Ok(Some(events)) => write(
            &EventsAnswer {
                result: code.into(),
                events: events.iter().map(|event| PrintedEvent::new(event, offset)).collect(),
                cursor: events.last().map_or(after, PaymentEvent::seq),
            },
            out,
        ),
        _ => write_bare(code, Echo::NOTHING, out),
    }
    code
}

#[derive(Serialize)]
struct EventsAnswer<'a> {
    result: ResultMember,
    events: Vec<PrintedEvent<'a>>,
    cursor: u64,
}

/// Writes what a sweep did.
pub(super) fn write_swept(swept: &Result<Swept, EngineError>, out: &mut Vec<u8>) -> ResultCode {
    match swept {
        Ok(Swept { expired, more }) => {
            let rest = Rest::Swept { expired: *expired, more: *more };
            write_answer(ResultCode::Success, Echo::NOTHING, rest, out);
            ResultCode::Success
        }
        Err(error) => {
            write_bare(error.code(), Echo::NOTHING, out);
            error.code()
        }
    }
}
