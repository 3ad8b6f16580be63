//! Answers of commands: which members they have, and in which order.
//!
//! Every answer has the result and echoes those ids of its request that could
//! be read; other members stand in it on success only. A capture's answer is
//! the exception: `extendInfo` goes with what is not known yet and with
//! recorded failures too, and `captureId` stands between the ids.

use std::borrow::Cow;

use super::fields::Fields;
use super::members::Members;
use crate::command::{Capture, ExtendInfo};
use crate::decide::QuoteCapture;
use crate::engine::{Answered, EngineError};
use crate::id::CaptureId;
use crate::money::{Money, Total};
use crate::outcome::{Outcome, Pending, Quote};
use crate::record::CaptureRecord;
use crate::result_code::ResultCode;
use crate::store::Inquiry;
use crate::submission::{AnyAnswer, Command};
use crate::time::{Fraction, OffsetTime};

/// The ids of a request that its answer echoes, each with its name: two at most.
#[derive(Clone, Debug)]
pub(super) struct Echo<'a>([Option<(&'static str, Cow<'a, str>)>; 2]);

impl<'a> Echo<'a> {
    /// Of a text in which nothing could be read.
    pub(super) const NOTHING: Self = Self([None, None]);

    /// Of a body that is no command: the fields of these names, as far as they
    /// are well-formed ids.
    pub(super) fn of_body(body: Fields<'a>, names: &'static [&'static str]) -> Self {
        let mut names = names.iter().copied();
        let mut next = || names.next().and_then(|name| Some((name, body.id_text(name)?)));
        Self([next(), next()])
    }

    /// Of a request that was read: the same, since its ids are those of the body.
    pub(super) fn of_ids<const N: usize>(ids: [(&'static str, &'a str); N]) -> Self {
        let mut ids = ids.into_iter().map(|(name, id)| (name, Cow::Borrowed(id)));
        Self([ids.next(), ids.next()])
    }

    /// Of a command.
    pub(super) fn of_command(command: &'a Command) -> Self {
        match command {
            Command::Capture(Capture { request, payment, .. })
            | Command::Quote(QuoteCapture(Capture { request, payment, .. })) => {
                Self::of_ids([("captureRequestId", request.as_str()), ("paymentId", payment.as_str())])
            }
            Command::Authorize(command) => Self::of_ids([("paymentId", command.payment.as_str())]),
            Command::Cancel(command) => Self::of_ids([("paymentId", command.payment.as_str())]),
            Command::Settle(command) => Self::of_ids([("captureRequestId", command.request.as_str())]),
            Command::Reverse(command) => Self::of_ids([("captureRequestId", command.request.as_str())]),
            Command::Abandon(command) => Self::of_ids([("captureRequestId", command.request.as_str())]),
            Command::Void(command) => Self::of_ids([
                ("voidRequestId", command.request.as_str()),
                ("paymentId", command.payment.as_str()),
            ]),
            Command::RegisterPayer(command) => Self::of_ids([("payerId", command.payer.as_str())]),
            Command::AdjustPayer(command) => Self::of_ids([
                ("adjustRequestId", command.request.as_str()),
                ("payerId", command.payer.as_str()),
            ]),
        }
    }

    /// Of an inquiry.
    pub(super) fn of_inquiry(inquiry: &'a Inquiry) -> Self {
        match inquiry {
            Inquiry::Payment(key) => Self::of_ids([("paymentId", key.payment.as_str())]),
            Inquiry::Capture(_, request) => Self::of_ids([("captureRequestId", request.as_str())]),
        }
    }
}

/// What an answer tells besides the result and the request's ids.
pub(super) enum Rest<'a> {
    Nothing,
    Authorized { amount: Money, expires_at: OffsetTime },
    Settled { capture: &'a CaptureId },
    Cancelled { released: Money, time: OffsetTime },
    Voided { amount: Money },
    Adjusted { balance: Total, held: Total },
    Swept { expired: u64, more: bool },
}

impl Rest<'_> {
    fn write(self, answer: &mut Members<'_>) {
        match self {
            Self::Nothing => {}
            Self::Authorized { amount, expires_at } => {
                answer.money("paymentAmount", amount);
                answer.time("authExpiryTime", expires_at, Fraction::IfAny);
            }
            Self::Settled { capture } => answer.text("captureId", &capture.text()),
            Self::Cancelled { released, time } => {
                answer.money("releasedAmount", released);
                answer.time("cancelTime", time, Fraction::Never);
            }
            Self::Voided { amount } => answer.money("voidAmount", amount),
            Self::Adjusted { balance, held } => {
                answer.total("balance", balance);
                answer.total("held", held);
            }
            Self::Swept { expired, more } => {
                answer.bare("expired", expired);
                answer.bare("more", more);
            }
        }
    }
}

/// Writes an answer.
pub(super) fn write_answer(code: ResultCode, echo: Echo<'_>, rest: Rest<'_>, out: &mut Vec<u8>) {
    let mut answer = Members::of(out);
    answer.result(code);
    for (name, id) in echo.0.into_iter().flatten() {
        answer.text(name, &id);
    }
    rest.write(&mut answer);
    answer.end();
}

/// Writes an answer that tells a failure, or just that something happened.
pub(super) fn write_bare(code: ResultCode, echo: Echo<'_>, out: &mut Vec<u8>) {
    write_answer(code, echo, Rest::Nothing, out);
}

/// Writes what is answered to a command, and gives its code.
pub(super) fn write_command(
    command: &Command,
    answered: &Answered<AnyAnswer>,
    out: &mut Vec<u8>,
) -> ResultCode {
    let outcome = answered.as_ref().ok();
    let code = answered.as_ref().map_or_else(EngineError::code, Outcome::code);
    match command {
        Command::Capture(asked) => write_capture(asked, code, outcome, out),
        Command::Quote(quote) => write_capture(&quote.0, code, outcome, out),
        _ => write_answer(
            code,
            Echo::of_command(command),
            outcome.and_then(rest).unwrap_or(Rest::Nothing),
            out,
        ),
    }
    code
}

/// What a success tells.
fn rest(outcome: &Outcome<AnyAnswer>) -> Option<Rest<'_>> {
    let (Outcome::Accepted { answer, .. } | Outcome::Replayed(answer)) = outcome else {
        return None;
    };
    Some(match answer {
        AnyAnswer::Authorize(record) => Rest::Authorized {
            amount: record.hold.amount,
            expires_at: record.hold.terms.expires_at.at(record.result.ok()?),
        },
        AnyAnswer::Settled(settled) => Rest::Settled { capture: &settled.capture.id },
        AnyAnswer::Cancel(record) => Rest::Cancelled { released: record.released, time: record.time },
        AnyAnswer::Void(record) => Rest::Voided { amount: record.result.ok()? },
        AnyAnswer::Adjust(record) => {
            let funds = record.result.ok()?;
            Rest::Adjusted { balance: funds.balance, held: funds.held }
        }
        AnyAnswer::Fenced(_) | AnyAnswer::Register(_) | AnyAnswer::Capture(_) | AnyAnswer::Quote(_) => {
            return None;
        }
    })
}

/// Writes the answer of a capture, or of a quote of one.
fn write_capture(asked: &Capture, code: ResultCode, outcome: Option<&Outcome<AnyAnswer>>, out: &mut Vec<u8>) {
    let record = outcome.and_then(record_of);
    let (amount, time) = record.and_then(CaptureRecord::captured).unzip();
    let mut answer = Members::of(out);
    answer.result(code);
    answer.text("captureRequestId", asked.request.as_str());
    let id = time.and(record).and_then(CaptureRecord::capture_id);
    answer.text_if("captureId", id.map(CaptureId::text).as_deref());
    answer.text("paymentId", asked.payment.as_str());
    answer.money_if("captureAmount", amount.or(outcome.and_then(quoted_amount)));
    if let Some(time) = time {
        answer.time("captureTime", time, Fraction::Never);
    }
    answer.text_if("extendInfo", extend_info(asked, code, record).map(ExtendInfo::as_str));
    answer.end();
}

/// What is recorded of the request, if that is what answers it.
fn record_of(outcome: &Outcome<AnyAnswer>) -> Option<&CaptureRecord> {
    match outcome {
        Outcome::Accepted { answer, .. } | Outcome::Replayed(answer) => match answer {
            AnyAnswer::Capture(record) | AnyAnswer::Quote(Quote::Recorded(record)) => Some(record),
            _ => None,
        },
        Outcome::Pending(Pending::Reserved { record, .. } | Pending::InProcess { record }) => Some(record),
        _ => None,
    }
}

/// What a capture would take that is not there yet.
fn quoted_amount(outcome: &Outcome<AnyAnswer>) -> Option<Money> {
    match outcome {
        Outcome::Accepted { answer: AnyAnswer::Quote(Quote::New(quoted)), .. } => Some(quoted.amount),
        _ => None,
    }
}

/// The free text of the first request on everything recorded, of this one on
/// what is not known yet or is recorded just now. None where the request is
/// not the recorded one, is malformed, or its id was fenced.
fn extend_info<'a>(
    asked: &'a Capture,
    code: ResultCode,
    record: Option<&'a CaptureRecord>,
) -> Option<&'a ExtendInfo> {
    match (record, code) {
        (Some(record), _) => record.extend_info(),
        (None, ResultCode::RepeatReqInconsistent | ResultCode::ParamIllegal) => None,
        (None, _) => asked.extend_info.as_ref(),
    }
}
