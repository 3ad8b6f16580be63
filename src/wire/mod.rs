//! The JSON edge: bodies of the API in, answers out, and the [`replay`] of
//! whole files of commands.
//!
//! [`capture`], [`cancel`], [`void`] and [`inquire`] take a body as it came
//! and give the body of the answer; what carries the two (HTTP, a queue, a
//! test) is the host's, and so is who the merchant is.
//!
//! ```
//! use capture_engine::command::Authorize;
//! use capture_engine::{Currency, Engine, Instant, MemoryStore, Money, ResultCode, Settings, wire};
//!
//! # pollster::block_on(async {
//! let engine = Engine::new(MemoryStore::new(), Settings::default());
//! let now: Instant = "2026-03-01T09:00:00+08:00".parse()?;
//! let amount = Money::from_minor(1_000, Currency::USD)?;
//! let deadline = "2026-03-08T09:00:00+08:00".parse()?;
//! engine.authorize(&Authorize::new("M1".parse()?, "pay-1".parse()?, amount, deadline), now).await?;
//!
//! let body = br#"{"captureRequestId":"cap-1","paymentId":"pay-1"}"#;
//! let reply = wire::capture(&engine, &"M1".parse()?, body, now).await;
//! assert_eq!((reply.code, reply.replayed), (ResultCode::Success, false));
//! assert!(reply.body.starts_with(br#"{"result":{"resultCode":"SUCCESS","resultStatus":"S""#));
//!
//! let again = wire::capture(&engine, &"M1".parse()?, body, now).await;
//! assert!(again.replayed && again.body == reply.body);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! A body is read strictly: JSON in UTF-8, at most 64 KiB and 32 levels, no
//! name twice in an object, names case-sensitive, types exact. Unknown fields
//! are ignored, `null` is as absent. What is not so is answered
//! `PARAM_ILLEGAL`, and [`BodyError`] names the field.
//!
//! Nothing here decides, reads a clock, or does any input or output.

mod answers;
mod bodies;
mod events;
mod fields;
mod inquiries;
mod json;
mod members;
pub mod replay;

use self::answers::{Echo, write_bare, write_command};
use self::bodies::{CANCEL_IDS, CAPTURE_IDS, INQUIRY_IDS, VOID_IDS};
use self::fields::{Fields, Reading};
use self::inquiries::write_payment;

use self::json::{Document, Limits};
use crate::capture_id::IdSource;
use crate::command::{Cancel, Capture, Void};
use crate::engine::{Engine, EngineError};
use crate::id::MerchantId;
use crate::outcome::Outcome;
use crate::refusal::Refusal;
use crate::result_code::ResultCode;
use crate::risk::RiskCheck;
use crate::store::{Inquiry, Reads, Store};
use crate::submission::Command;
use crate::time::Instant;

pub use self::fields::{FieldError, FieldProblem};
pub use self::json::{Kind, Malformed, Problem};

/// The most bytes that a body may have.
pub const MAX_BODY: usize = Limits::BODY.bytes;

/// Most answers have no more bytes.
const ORDINARY_ANSWER: usize = 512;

/// What is answered to a body.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reply {
    /// The answer's body: compact JSON.
    pub body: Vec<u8>,
    /// Its result code.
    pub code: ResultCode,
    /// Whether this is the recorded answer of an earlier delivery.
    pub replayed: bool,
    /// Why it is no success, as far as that is known: for logs, not for the
    /// sender.
    pub cause: Option<Cause>,
}

/// Why an answer is no success.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The body cannot be read.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The engine refused the command just now. (What was refused before is
    /// answered from its record, which keeps the code.)
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The engine gave no outcome.
    #[error(transparent)]
    Failed(#[from] EngineError),
}

/// A body cannot be read: it is answered `PARAM_ILLEGAL`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// It is no JSON text as this crate reads them. Nothing of it is echoed.
    #[error("the body is not well-formed: {0}")]
    NotWellFormed(#[from] Malformed),
    /// It is JSON, and no object.
    #[error("the body must be an object")]
    NotAnObject,
    /// A field is missing or wrong.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// Reads the body of a capture of this merchant.
///
/// # Errors
/// [`BodyError`], with the field that is wrong.
///
/// ```
/// use capture_engine::wire::{BodyError, read_capture};
/// let body = br#"{"captureRequestId":"c","paymentId":"p","captureAmount":{"value":1,"currency":"USD"}}"#;
/// let Err(BodyError::Field(error)) = read_capture(&"M1".parse()?, body) else { panic!() };
/// assert_eq!(error.field(), "captureAmount.value");
/// assert_eq!(error.to_string(), "captureAmount.value: it must be a string");
/// # Ok::<(), capture_engine::id::IdError>(())
/// ```
pub fn read_capture(merchant: &MerchantId, body: &[u8]) -> Result<Capture, BodyError> {
    read(body, |fields| bodies::capture(merchant, fields))
}

/// Reads the body of a cancel of this merchant.
///
/// # Errors
/// [`BodyError`], with the field that is wrong.
pub fn read_cancel(merchant: &MerchantId, body: &[u8]) -> Result<Cancel, BodyError> {
    read(body, |fields| bodies::cancel(merchant, fields))
}

/// Reads the body of a void of this merchant.
///
/// # Errors
/// [`BodyError`], with the field that is wrong.
pub fn read_void(merchant: &MerchantId, body: &[u8]) -> Result<Void, BodyError> {
    read(body, |fields| bodies::void(merchant, fields))
}

/// Reads the body of an inquiry of this merchant.
///
/// # Errors
/// [`BodyError`], with the field that is wrong.
pub fn read_inquiry(merchant: &MerchantId, body: &[u8]) -> Result<Inquiry, BodyError> {
    read(body, |fields| bodies::inquiry(merchant, fields))
}

fn read<T>(body: &[u8], read: impl FnOnce(Fields<'_>) -> Reading<T>) -> Result<T, BodyError> {
    Ok(read(fields(&open(body)?))?)
}

/// A text that is an object.
fn open(body: &[u8]) -> Result<Document<'_>, BodyError> {
    let document = Document::parse(body, Limits::BODY)?;
    if document.root().kind() == Kind::Object { Ok(document) } else { Err(BodyError::NotAnObject) }
}

fn fields<'d>(document: &'d Document<'_>) -> Fields<'d> {
    document.root().as_object().map_or(Fields::NONE, Fields::of)
}

/// Answers the body of a capture.
pub async fn capture<S: Store, R: RiskCheck, I: IdSource>(
    engine: &Engine<S, R, I>,
    merchant: &MerchantId,
    body: &[u8],
    now: Instant,
) -> Reply {
    command(engine, body, now, CAPTURE_IDS, |fields| Ok(bodies::capture(merchant, fields)?.into())).await
}

/// Answers the body of a cancel.
pub async fn cancel<S: Store, R: RiskCheck, I: IdSource>(
    engine: &Engine<S, R, I>,
    merchant: &MerchantId,
    body: &[u8],
    now: Instant,
) -> Reply {
    command(engine, body, now, CANCEL_IDS, |fields| Ok(bodies::cancel(merchant, fields)?.into())).await
}

/// Answers the body of a void.
pub async fn void<S: Store, R: RiskCheck, I: IdSource>(
    engine: &Engine<S, R, I>,
    merchant: &MerchantId,
    body: &[u8],
    now: Instant,
) -> Reply {
    command(engine, body, now, VOID_IDS, |fields| Ok(bodies::void(merchant, fields)?.into())).await
}

async fn command<S: Store, R: RiskCheck, I: IdSource>(
    engine: &Engine<S, R, I>,
    body: &[u8],
    now: Instant,
    ids: &'static [&'static str],
    read: impl FnOnce(Fields<'_>) -> Reading<Command>,
) -> Reply {
    let document = match open(body) {
        Ok(document) => document,
        Err(error) => return Reply::illegal(error, Echo::NOTHING),
    };
    let fields = fields(&document);
    let command = match read(fields) {
        Ok(command) => command,
        Err(error) => return Reply::illegal(error.into(), Echo::of_body(fields, ids)),
    };
    let answered = engine.execute(&command, now).await;
    let replayed = matches!(answered, Ok(Outcome::Replayed(_)));
    let mut body = Vec::with_capacity(ORDINARY_ANSWER);
    let code = write_command(&command, &answered, &mut body);
    let cause = match answered {
        Ok(Outcome::Refused(refusal)) => Some(refusal.into()),
        Ok(_) => None,
        Err(error) => Some(error.into()),
    };
    Reply { body, code, replayed, cause }
}

/// Answers the body of an inquiry: a payment as a sweep would leave it, or
/// what is recorded of a capture's id, or both.
pub async fn inquire<S: Store + Reads, R: RiskCheck, I: IdSource>(
    engine: &Engine<S, R, I>,
    merchant: &MerchantId,
    body: &[u8],
    now: Instant,
) -> Reply {
    let document = match open(body) {
        Ok(document) => document,
        Err(error) => return Reply::illegal(error, Echo::NOTHING),
    };
    let fields = fields(&document);
    let inquiry = match bodies::inquiry(merchant, fields) {
        Ok(inquiry) => inquiry,
        Err(error) => return Reply::illegal(error.into(), Echo::of_body(fields, INQUIRY_IDS)),
    };
    let found = engine.inquire(&inquiry, now).await;
    let mut body = Vec::with_capacity(ORDINARY_ANSWER);
    let code = write_payment(&inquiry, &found, engine.settings().printed_offset(), &mut body);
    Reply { body, code, replayed: false, cause: found.err().map(Cause::Failed) }
}

/// The body of an answer that has nothing but its result, with a code that is
/// not the engine's.
#[cfg(feature = "http")]
pub(crate) fn bare_result(code: &str, status: crate::result_code::ResultStatus, message: &str) -> Vec<u8> {
    let mut body = Vec::with_capacity(ORDINARY_ANSWER);
    let mut members = members::Members::of(&mut body);
    members.result_of(code, status, message);
    members.end();
    body
}

impl Reply {
    /// To a body that cannot be read.
    fn illegal(error: BodyError, echo: Echo<'_>) -> Self {
        let (mut body, code) = (Vec::with_capacity(ORDINARY_ANSWER), ResultCode::ParamIllegal);
        write_bare(code, echo, &mut body);
        Self { body, code, replayed: false, cause: Some(error.into()) }
    }
}
