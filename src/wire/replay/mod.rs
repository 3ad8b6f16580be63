//! The replay: one command a line, applied to an engine, one answer a line.
//!
//! A [`Session`] is the whole of it but reading and printing. A line is a
//! JSON object `{"op": …, "at": instant, "clientId": merchant, "body": {…}}`;
//! `at` is the clock reading, and stays as it was where a line has none.
//!
//! ```
//! use capture_engine::wire::replay::Session;
//! use capture_engine::{MemoryStore, Settings};
//!
//! let mut session = Session::new(MemoryStore::new(), Settings::default());
//! let line = br#"{"op":"cancel","at":"2026-03-01T09:00:00Z","clientId":"M1","body":{"paymentId":"p"}}"#;
//! let mut out = Vec::new();
//! let answered = pollster::block_on(session.answer(line, &mut out))?;
//! assert!(answered.malformed.is_none());
//! assert_eq!(
//!     String::from_utf8(out)?,
//!     r#"{"result":{"resultCode":"AUTH_NOT_FOUND","resultStatus":"F","resultMessage":"The authorization on payment is not found."},"paymentId":"p"}"#,
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod apply;
mod configure;
mod line;
mod op;
mod read;

use std::mem;

use self::line::Line;
use self::read::Read;
use super::answers::{Echo, write_bare};
use super::fields::FieldError;
use super::json::{Document, Limits};
use crate::engine::{Engine, EngineError};
use crate::money::Money;
use crate::result_code::ResultCode;
use crate::settings::{Settings, SettingsError};
use crate::store::{Reads, Store};
use crate::time::Instant;

pub use self::line::LineError;
pub use self::read::{LineReader, ReadLine};

/// The most bytes that a line may have, its end aside. Whoever reads lines
/// need not keep more than one byte beyond it: that is enough to see that the
/// line is too long.
pub const MAX_LINE: usize = Limits::LINE.bytes;

/// What a line came to, beside its answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LineOutcome {
    /// The operation; absent of a malformed line.
    pub op: Option<&'static str>,
    /// The code that was answered.
    pub code: ResultCode,
    /// Whether the answer was recorded before.
    pub replayed: bool,
    /// What was captured by this line, at once or by a settlement.
    pub captured: Option<Money>,
    /// What was given back by this line of what had been captured.
    pub reversed: Option<Money>,
    /// Why the line is malformed, if it is.
    pub malformed: Option<LineError>,
    /// Which field of the body cannot be read, if one cannot: the command is
    /// refused, and the line is well-formed all the same.
    pub illegal: Option<FieldError>,
}

impl LineOutcome {
    /// Of a line that moved no money.
    fn of(code: ResultCode) -> Self {
        Self {
            op: None,
            code,
            replayed: false,
            captured: None,
            reversed: None,
            malformed: None,
            illegal: None,
        }
    }
}

/// The run cannot go on. The line's answer has been written all the same.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunEnds {
    /// A field of `configure` is wrong.
    #[error("configure is refused: {0}")]
    ConfigureField(#[from] FieldError),
    /// What `configure` says does not fit together.
    #[error("configure is refused: {0}")]
    Configure(#[from] SettingsError),
    /// The store failed.
    #[error(transparent)]
    Store(EngineError),
    /// It ended before.
    #[error("the run has ended: its configuration was refused")]
    Ended,
}

impl RunEnds {
    /// The code that the line was answered with.
    pub fn code(&self) -> ResultCode {
        match self {
            Self::Store(error) => error.code(),
            _ => ResultCode::ParamIllegal,
        }
    }
}

/// A replay: an engine over a store, and the clock reading of the last line.
#[derive(Debug)]
pub struct Session<S> {
    stage: Stage<S>,
    now: Option<Instant>,
    lines: LineReader,
}

#[derive(Debug)]
enum Stage<S> {
    /// No line has come yet.
    Fresh(S, Settings),
    /// The engine is made.
    Running(Engine<S>),
    /// Its configuration was refused.
    Ended,
}

impl<S: Store + Reads> Session<S> {
    /// A replay over this store. A `configure` line changes what it names of
    /// the settings.
    pub fn new(store: S, settings: Settings) -> Self {
        Self { stage: Stage::Fresh(store, settings), now: None, lines: LineReader::new() }
    }

    /// The engine as the lines so far left it; of a session without lines one
    /// with the settings that were given. So a host serves what it loaded.
    ///
    /// # Errors
    /// [`RunEnds::Ended`] if the configuration was refused.
    pub fn into_engine(mut self) -> Result<Engine<S>, RunEnds> {
        self.start();
        match self.stage {
            Stage::Running(engine) => Ok(engine),
            Stage::Fresh(..) | Stage::Ended => Err(RunEnds::Ended),
        }
    }

    /// Applies one line, given without its LF, and writes its answer, without
    /// an LF too, behind what is in `out`. Of a line longer than [`MAX_LINE`]
    /// any piece of more than that will do.
    ///
    /// # Errors
    /// [`RunEnds`] if the run cannot go on: because `configure` is refused or
    /// the store failed. The answer is written in these cases too.
    pub async fn answer(&mut self, line: &[u8], out: &mut Vec<u8>) -> Result<LineOutcome, RunEnds> {
        let line = self.lines.read(line);
        self.apply(&line, out).await
    }

    /// Applies a line that a [`LineReader`] read before, and writes its answer
    /// as [`answer`](Self::answer) does.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub async fn apply(&mut self, line: &ReadLine, out: &mut Vec<u8>) -> Result<LineOutcome, RunEnds> {
        if matches!(self.stage, Stage::Ended) {
            return Err(RunEnds::Ended);
        }
        match &line.0 {
            Read::Malformed(error) => self.malformed(error.clone(), out),
            Read::Configure(text) => self.configure(text, out),
            Read::Illegal { op, at, answer, error } => {
                let Some(now) = at.or(self.now) else {
                    return self.malformed(LineError::NoTime, out);
                };
                self.start();
                self.now = Some(now);
                out.extend_from_slice(answer);
                let code = ResultCode::ParamIllegal;
                Ok(LineOutcome { op: Some(op), illegal: Some(error.clone()), ..LineOutcome::of(code) })
            }
            Read::Asked { op, at, risk, request } => {
                let Some(now) = at.or(self.now) else {
                    return self.malformed(LineError::NoTime, out);
                };
                self.start();
                let Stage::Running(engine) = &self.stage else {
                    return Err(RunEnds::Ended);
                };
                self.now = Some(now);
                let answered = apply::apply(engine, request, *risk, now, out).await?;
                Ok(LineOutcome { op: Some(op), ..answered })
            }
        }
    }

    /// Nothing of the line is echoed or taken over, but it is a line.
    fn malformed(&mut self, error: LineError, out: &mut Vec<u8>) -> Result<LineOutcome, RunEnds> {
        self.start();
        write_bare(ResultCode::ParamIllegal, Echo::NOTHING, out);
        Ok(LineOutcome { malformed: Some(error), ..LineOutcome::of(ResultCode::ParamIllegal) })
    }

    /// The line is read again, now that there are settings to change.
    fn configure(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<LineOutcome, RunEnds> {
        let document = match Document::parse(text, Limits::LINE) {
            Ok(document) => document,
            Err(error) => return self.malformed(error.into(), out),
        };
        let Line { at, body, .. } = match Line::read(&document, None) {
            Ok(line) => line,
            Err(error) => return self.malformed(error, out),
        };
        let Some((store, settings)) = self.take_fresh() else {
            return self.malformed(LineError::LateConfigure, out);
        };
        let configured = configure::configured(settings, body);
        let code = if configured.is_ok() { ResultCode::Success } else { ResultCode::ParamIllegal };
        write_bare(code, Echo::NOTHING, out);
        self.stage = Stage::Running(Engine::new(store, configured?));
        self.now = at;
        Ok(LineOutcome { op: Some("configure"), ..LineOutcome::of(code) })
    }

    /// What was given to begin with, if no line has come yet. What follows
    /// must make an engine of it, or the run has ended.
    fn take_fresh(&mut self) -> Option<(S, Settings)> {
        match mem::replace(&mut self.stage, Stage::Ended) {
            Stage::Fresh(store, settings) => Some((store, settings)),
            other => {
                self.stage = other;
                None
            }
        }
    }

    /// Makes the engine, if no line did before.
    fn start(&mut self) {
        if let Some((store, settings)) = self.take_fresh() {
            self.stage = Stage::Running(Engine::new(store, settings));
        }
    }
}
