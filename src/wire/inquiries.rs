//! Answers of inquiries, of the sweep and of payments' events: what is there
//! now. None of them is recorded.

use super::answers::{Echo, Rest, write_answer, write_bare};
use super::events::write_event;
use super::members::Members;
use crate::authorization::Authorization;
use crate::engine::{EngineError, PayerInquiry, PaymentInquiry, Swept};
use crate::event::PaymentEvent;
use crate::id::PayerId;
use crate::record::{CaptureOutcome, CaptureProgress, CaptureRecord};
use crate::result_code::ResultCode;
use crate::store::Inquiry;
use crate::time::{Fraction, Offset};

/// What an engine knows, or does not, or why it could not look.
pub(super) type Found<T> = Result<Option<T>, EngineError>;

/// Writes what is known of a payment, or of a capture's id.
pub(super) fn write_payment(
    asked: &Inquiry,
    found: &Found<PaymentInquiry>,
    offset: Offset,
    out: &mut Vec<u8>,
) -> ResultCode {
    let code = code_of(found, ResultCode::AuthNotFound);
    match found {
        Ok(Some(inquiry)) => {
            let mut answer = Members::of(out);
            answer.result(code);
            if let Some(authorization) = &inquiry.authorization {
                write_authorization(&mut answer, authorization, offset);
                let captures =
                    inquiry.captures.iter().filter_map(|record| Some((record, record.progress()?)));
                answer.objects("captures", captures, |capture, (record, progress)| {
                    write_listed(capture, record, progress);
                });
            }
            write_recorded(&mut answer, asked, inquiry);
            answer.end();
        }
        _ => write_bare(code, Echo::of_inquiry(asked), out),
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

fn write_authorization(members: &mut Members<'_>, authorization: &Authorization, offset: Offset) {
    members.text("paymentId", authorization.payment().as_str());
    members.plain("status", authorization.state().as_str());
    members.text_if("closedBy", authorization.closing().map(|closing| closing.closed_by().as_str()));
    for (name, amount) in [
        ("authorizedAmount", authorization.authorized()),
        ("capturedAmount", authorization.captured()),
        ("inProcessAmount", authorization.in_process()),
        ("voidedAmount", authorization.voided()),
        ("releasedAmount", authorization.released()),
        ("unclaimedAmount", authorization.unclaimed()),
        ("overcaptureTakenAmount", authorization.overcapture_taken()),
        ("capturableAmount", authorization.capturable()),
    ] {
        members.money(name, amount);
    }
    members.bare("capturesLeft", authorization.captures_left());
    members.time("authExpiryTime", authorization.hold().terms.expires_at.at(offset), Fraction::IfAny);
}

/// An accepted capture in the list of a payment's.
fn write_listed(members: &mut Members<'_>, record: &CaptureRecord, progress: CaptureProgress<'_>) {
    let CaptureProgress { capture, outcome, contradiction, .. } = progress;
    let (amount, time, reversed) = match outcome {
        CaptureOutcome::Succeeded { amount, time, reversed } => (amount, Some(time), reversed),
        CaptureOutcome::InProcess | CaptureOutcome::Failed(_) => (capture.asked, None, false),
    };
    members.text("captureRequestId", capture.request.as_str());
    members.text("captureId", &capture.id.text());
    members.money("captureAmount", amount);
    members.bare("isLastCapture", capture.last);
    members.plain("resultCode", record.code().as_str());
    if let Some(time) = time {
        members.time("captureTime", time, Fraction::Never);
    }
    // These two stand in the list only where they are true.
    if reversed {
        members.bare("reversed", true);
    }
    if contradiction.is_some() {
        members.bare("contradicted", true);
    }
}

/// What is recorded of a capture's id, if one was asked for.
fn write_recorded(members: &mut Members<'_>, asked: &Inquiry, inquiry: &PaymentInquiry) {
    if let Inquiry::Capture(_, request) = asked {
        members.text("captureRequestId", request.as_str());
        members.text_if("captureResultCode", inquiry.record.as_ref().map(|record| record.code().as_str()));
    }
}

/// Writes a payer's account and the usage of the current window.
pub(super) fn write_payer(asked: &PayerId, found: &Found<PayerInquiry>, out: &mut Vec<u8>) -> ResultCode {
    let code = code_of(found, ResultCode::ParamIllegal);
    match found {
        Ok(Some(PayerInquiry { payer, count, sum })) => {
            let mut answer = Members::of(out);
            answer.result(code);
            answer.text("payerId", payer.id().as_str());
            answer.total("balance", payer.balance());
            answer.total("held", payer.held());
            answer.plain("status", payer.status().as_str());
            let mut usage = answer.object("usage");
            usage.bare("count", count);
            usage.total("amount", *sum);
            usage.end();
            answer.end();
        }
        _ => write_bare(code, Echo::of_ids([("payerId", asked.as_str())]), out),
    }
    code
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
        Ok(Some(events)) => {
            let mut answer = Members::of(out);
            answer.result(code);
            answer.objects("events", events, |members, event| write_event(members, event, offset));
            answer.bare("cursor", events.last().map_or(after, PaymentEvent::seq));
            answer.end();
        }
        _ => write_bare(code, Echo::NOTHING, out),
    }
    code
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
