//! Reading a line needs no engine: it can be done ahead, and elsewhere.

use super::line::{Actor, Line, LineError};
use super::op::Request;
use crate::id::MerchantId;
use crate::result_code::ResultCode;
use crate::risk::{NoVerdict, Verdict};
use crate::time::Instant;
use crate::wire::answers::{Echo, write_bare};
use crate::wire::fields::FieldError;
use crate::wire::json::{Document, Limits};

/// Reads lines ahead of the [`Session`](super::Session) that applies them,
/// perhaps on another thread. What a line means does not hang on the lines
/// before it; they must be applied in order, by one session, all the same.
///
/// ```
/// use capture_engine::wire::replay::{LineReader, Session};
/// use capture_engine::{MemoryStore, ResultCode, Settings};
///
/// let mut lines = LineReader::new();
/// let line = lines.read(br#"{"op":"expire","at":"2026-03-01T09:00:00Z"}"#);
///
/// let mut session = Session::new(MemoryStore::new(), Settings::default());
/// let answered = pollster::block_on(session.apply(&line, &mut Vec::new()))?;
/// assert_eq!(answered.code, ResultCode::Success);
/// # Ok::<(), capture_engine::wire::replay::RunEnds>(())
/// ```
#[derive(Debug, Default)]
pub struct LineReader {
    /// The merchant that acted last: names recur, and can be shared.
    merchant: Option<MerchantId>,
}

/// A line that was read, and is to be applied.
#[derive(Debug)]
pub struct ReadLine(pub(super) Read);

/// What a line came to when it was read.
#[derive(Debug)]
pub(super) enum Read {
    /// It is none, and why.
    Malformed(LineError),
    /// The text of a `configure`: what it changes is not there yet.
    Configure(Box<[u8]>),
    /// Its body is refused, and this is the answer.
    Illegal { op: &'static str, at: Option<Instant>, answer: Vec<u8>, error: FieldError },
    /// It asks something of an engine.
    Asked { op: &'static str, at: Option<Instant>, risk: Result<Verdict, NoVerdict>, request: Request },
}

impl LineReader {
    /// It has read nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one line, given without its LF. Of a line longer than
    /// [`MAX_LINE`](super::MAX_LINE) any piece of more than that will do.
    pub fn read(&mut self, line: &[u8]) -> ReadLine {
        ReadLine(self.whole(line).unwrap_or_else(Read::Malformed))
    }

    fn whole(&mut self, text: &[u8]) -> Result<Read, LineError> {
        let document = Document::parse(text, Limits::LINE)?;
        let Line { op, actor, at, risk, body } = Line::read(&document, self.merchant.as_ref())?;
        let Some(actor) = actor else {
            return Ok(Read::Configure(text.into()));
        };
        let read = actor.read(body);
        if let Actor::Merchant(_, merchant) = actor {
            self.merchant = Some(merchant);
        }
        Ok(match read {
            Ok(request) => Read::Asked { op: op.name, at, risk, request },
            Err(error) => {
                let mut answer = Vec::new();
                write_bare(ResultCode::ParamIllegal, Echo::of_body(body, op.ids), &mut answer);
                Read::Illegal { op: op.name, at, answer, error }
            }
        })
    }
}
