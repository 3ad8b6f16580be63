//! Commands of any kind in one list, for batches: each with its own clock reading.

use std::sync::Arc;

use crate::command::{
    Abandon, AdjustPayer, Authorize, Cancel, Capture, RegisterPayer, Reverse, Settle, Void,
};
use crate::decide::{Context, DamagedState, Decide, Decision, QuoteCapture};
use crate::key::Key;
use crate::outcome::{Answer, Fenced, Quote, Settled};
use crate::record::{AdjustRecord, AuthorizeRecord, CancelRecord, CaptureRecord, RegisterRecord, VoidRecord};
use crate::result_code::ResultCode;
use crate::snapshot::Snapshot;
use crate::time::Instant;

/// A command of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Places a hold.
    Authorize(Authorize),
    /// Takes money.
    Capture(Capture),
    /// Asks what a capture would come to.
    Quote(QuoteCapture),
    /// Tells a capture's outcome.
    Settle(Settle),
    /// Tells that a capture failed after all.
    Reverse(Reverse),
    /// Releases all that is left.
    Cancel(Cancel),
    /// Gives part back.
    Void(Void),
    /// Fences a capture's id.
    Abandon(Abandon),
    /// Makes a payer's account.
    RegisterPayer(RegisterPayer),
    /// Changes a payer's account.
    AdjustPayer(AdjustPayer),
}

/// What a command of any kind answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnyAnswer {
    /// Of an authorize.
    Authorize(AuthorizeRecord),
    /// Of a capture.
    Capture(CaptureRecord),
    /// Of a quote.
    Quote(Quote),
    /// Of a settle or a reverse.
    Settled(Settled),
    /// Of a cancel.
    Cancel(Arc<CancelRecord>),
    /// Of a void.
    Void(Arc<VoidRecord>),
    /// Of an abandon.
    Fenced(Fenced),
    /// Of a registration.
    Register(Arc<RegisterRecord>),
    /// Of an adjustment.
    Adjust(Arc<AdjustRecord>),
}

impl Answer for AnyAnswer {
    fn code(&self) -> ResultCode {
        match self {
            Self::Authorize(record) => record.code(),
            Self::Capture(record) => Answer::code(record),
            Self::Quote(quote) => quote.code(),
            Self::Settled(settled) => settled.code(),
            Self::Cancel(record) => record.code(),
            Self::Void(record) => record.code(),
            Self::Fenced(fenced) => fenced.code(),
            Self::Register(record) => record.code(),
            Self::Adjust(record) => record.code(),
        }
    }
}

impl Decide for Command {
    type Answer = AnyAnswer;

    fn keys(&self, into: &mut impl Extend<Key>) {
        match self {
            Self::Authorize(command) => command.keys(into),
            Self::Capture(command) => command.keys(into),
            Self::Quote(command) => command.keys(into),
            Self::Settle(command) => command.keys(into),
            Self::Reverse(command) => command.keys(into),
            Self::Cancel(command) => command.keys(into),
            Self::Void(command) => command.keys(into),
            Self::Abandon(command) => command.keys(into),
            Self::RegisterPayer(command) => command.keys(into),
            Self::AdjustPayer(command) => command.keys(into),
        }
    }

    fn code_if_unsure(&self) -> ResultCode {
        match self {
            Self::Capture(command) => command.code_if_unsure(),
            _ => ResultCode::UnknownException,
        }
    }

    fn decide(
        &self,
        snapshot: &Snapshot,
        context: &Context<'_>,
    ) -> Result<Decision<AnyAnswer>, DamagedState> {
        Ok(match self {
            Self::Authorize(command) => command.decide(snapshot, context)?.map(AnyAnswer::Authorize),
            Self::Capture(command) => command.decide(snapshot, context)?.map(AnyAnswer::Capture),
            Self::Quote(command) => command.decide(snapshot, context)?.map(AnyAnswer::Quote),
            Self::Settle(command) => command.decide(snapshot, context)?.map(AnyAnswer::Settled),
            Self::Reverse(command) => command.decide(snapshot, context)?.map(AnyAnswer::Settled),
            Self::Cancel(command) => command.decide(snapshot, context)?.map(AnyAnswer::Cancel),
            Self::Void(command) => command.decide(snapshot, context)?.map(AnyAnswer::Void),
            Self::Abandon(command) => command.decide(snapshot, context)?.map(AnyAnswer::Fenced),
            Self::RegisterPayer(command) => command.decide(snapshot, context)?.map(AnyAnswer::Register),
            Self::AdjustPayer(command) => command.decide(snapshot, context)?.map(AnyAnswer::Adjust),
        })
    }
}

/// A command with the clock reading that it is decided at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The command.
    pub command: Command,
    /// The clock reading, the same through every retry.
    pub now: Instant,
}

impl Submission {
    /// This command at this clock reading.
    pub fn new(command: impl Into<Command>, now: Instant) -> Self {
        Self { command: command.into(), now }
    }
}

impl From<Authorize> for Command {
    fn from(command: Authorize) -> Self {
        Self::Authorize(command)
    }
}

impl From<Capture> for Command {
    fn from(command: Capture) -> Self {
        Self::Capture(command)
    }
}

impl From<QuoteCapture> for Command {
    fn from(command: QuoteCapture) -> Self {
        Self::Quote(command)
    }
}

impl From<Settle> for Command {
    fn from(command: Settle) -> Self {
        Self::Settle(command)
    }
}

impl From<Reverse> for Command {
    fn from(command: Reverse) -> Self {
        Self::Reverse(command)
    }
}

impl From<Cancel> for Command {
    fn from(command: Cancel) -> Self {
        Self::Cancel(command)
    }
}

impl From<Void> for Command {
    fn from(command: Void) -> Self {
        Self::Void(command)
    }
}

impl From<Abandon> for Command {
    fn from(command: Abandon) -> Self {
        Self::Abandon(command)
    }
}

impl From<RegisterPayer> for Command {
    fn from(command: RegisterPayer) -> Self {
        Self::RegisterPayer(command)
    }
}

impl From<AdjustPayer> for Command {
    fn from(command: AdjustPayer) -> Self {
        Self::AdjustPayer(command)
    }
}
