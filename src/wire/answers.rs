//! Answers of commands: which members they have, and in which order.
//!
//! Every answer has the result and echoes those ids of its request that could
//! be read; other members stand in it on success only. A capture's answer is
//! the exception: `extendInfo` goes with what is not known yet and with
//! recorded failures too, and `captureId` stands between the ids.

use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::fields::Fields;
use super::spelling::{Amount, ResultMember, Shown, WithFraction, write};
use crate::command::{Capture, ExtendInfo};
use crate::engine::{Answered, EngineError};
use crate::id::CaptureId;
use crate::money::Money;
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

impl Serialize for Echo<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        for (name, id) in self.read() {
            members.serialize_entry(name, &id)?;
        }
        members.end()
    }
}

/// An answer: the result, the ids of the request, the rest.
#[derive(Serialize)]
struct Answer<'a> {
    result: ResultMember,
    #[serde(flatten)]
    echo: Echo<'a>,
    #[serde(flatten)]
    rest: Rest<'a>,
}

/// What an answer tells besides the result and the request's ids.
#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub(super) enum Rest<'a> {
    Nothing {},
    Authorized { payment_amount: Amount, auth_expiry_time: WithFraction },
    Settled { capture_id: &'a str },
    Cancelled { released_amount: Amount, cancel_time: Shown<OffsetTime> },
    Voided { void_amount: Amount },
    Adjusted { balance: Amount<i128>, held: Amount<i128> },
    Swept { expired: u64, more: bool },
}

/// Writes an answer.
pub(super) fn write_answer(code: ResultCode, echo: Echo<'_>, rest: Rest<'_>, out: &mut Vec<u8>) {
    write(&Answer { result: code.into(), echo, rest }, out);
}

/// Writes an answer that tells a failure, or just that something happened.
pub(super) fn write_bare(code: ResultCode, echo: Echo<'_>, out: &mut Vec<u8>) {
    write_answer(code, echo, Rest::Nothing {}, out);
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
        Command::Capture(asked) => write(&CaptureAnswer::new(asked, code, outcome), out),
        Command::Quote(quote) => write(&CaptureAnswer::new(&quote.0, code, outcome), out),
        _ => write_answer(code, echo, outcome.and_then(rest).unwrap_or(Rest::Nothing {}), out),
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
            payment_amount: record.hold.amount.into(),
            auth_expiry_time: WithFraction(record.hold.terms.expires_at.at(record.result.ok()?)),
        },
        AnyAnswer::Settled(settled) => Rest::Settled { capture_id: settled.capture.capture.as_str() },
        AnyAnswer::Cancel(record) => {
            Rest::Cancelled { released_amount: record.released.into(), cancel_time: Shown(record.time) }
        }
        AnyAnswer::Void(record) => Rest::Voided { void_amount: record.result.ok()?.into() },
        AnyAnswer::Adjust(record) => {
            let funds = record.result.ok()?;
            Rest::Adjusted { balance: funds.balance.into(), held: funds.held.into() }
        }
        AnyAnswer::Fenced(_) | AnyAnswer::Register(_) | AnyAnswer::Capture(_) | AnyAnswer::Quote(_) => {
            return None;
        }
    })
}

/// The answer of a capture, and of a quote of one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CaptureAnswer<'a> {
    result: ResultMember,
    capture_request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    capture_id: Option<&'a str>,
    payment_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    capture_amount: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capture_time: Option<Shown<OffsetTime>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extend_info: Option<&'a str>,
}

impl<'a> CaptureAnswer<'a> {
    fn new(asked: &'a Capture, code: ResultCode, outcome: Option<&'a Outcome<AnyAnswer>>) -> Self {
        let record = outcome.and_then(record_of);
        let captured = record.and_then(CaptureRecord::captured);
        let (amount, time) = captured.unzip();
        Self {
            result: code.into(),
            capture_request_id: asked.request.as_str(),
            capture_id: time.and(record).and_then(CaptureRecord::capture_id).map(CaptureId::as_str),
            payment_id: asked.payment.as_str(),
            capture_amount: amount.or(outcome.and_then(quoted_amount)).map(Amount::from),
            capture_time: time.map(Shown),
            extend_info: extend_info(asked, code, record).map(ExtendInfo::as_str),
        }
    }
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
