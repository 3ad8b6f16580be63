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
use crate::engine::{Answered, EngineError};
use crate::id::CaptureId;
use crate::money::{Money, Total};
use crate::outcome::{Outcome, Pending, Quote};
use crate::record::CaptureRecord;
use crate::result_code::ResultCode;
use crate::submission::{AnyAnswer, Command};
use crate::time::OffsetTime;

/// The ids of a request that its answer echoes: the fields of these names, as
/// far as they are well-formed ids.
#[derive(Clone, Copy, Debug)]
pub(super) struct Echo<'d> {
    pub(super) body: Fields<'d>,
    pub(super) ids: &'static [&'static str],
}

impl<'d> Echo<'d> {
    /// Of a text in which nothing could be read.
    pub(super) const NOTHING: Self = Self { body: Fields::NONE, ids: &[] };

    fn read(self) -> impl Iterator<Item = (&'static str, Cow<'d, str>)> {
        let body = self.body;
        self.ids.iter().filter_map(move |name| Some((*name, body.id_text(name)?)))
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
                answer.shown("authExpiryTime", expires_at.with_fraction());
            }
            Self::Settled { capture } => answer.text("captureId", capture.as_str()),
            Self::Cancelled { released, time } => {
                answer.money("releasedAmount", released);
                answer.shown("cancelTime", time);
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
    for (name, id) in echo.read() {
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
    echo: Echo<'_>,
    out: &mut Vec<u8>,
) -> ResultCode {
    let outcome = answered.as_ref().ok();
    let code = answered.as_ref().map_or_else(EngineError::code, Outcome::code);
    match command {
        Command::Capture(asked) => write_capture(asked, code, outcome, out),
        Command::Quote(quote) => write_capture(&quote.0, code, outcome, out),
        _ => write_answer(code, echo, outcome.and_then(rest).unwrap_or(Rest::Nothing), out),
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
        AnyAnswer::Settled(settled) => Rest::Settled { capture: &settled.capture.capture },
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
    answer.text_if("captureId", id.map(CaptureId::as_str));
    answer.text("paymentId", asked.payment.as_str());
    answer.money_if("captureAmount", amount.or(outcome.and_then(quoted_amount)));
    if let Some(time) = time {
        answer.shown("captureTime", time);
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
