//! One line of the replay, without its body's fields: what is to be done, by
//! whom, when, and what the risk check says.

use super::op::{Act, HostAct, MerchantAct, Op, Request, named};
use crate::id::MerchantId;
use crate::risk::{NoVerdict, Verdict};
use crate::time::Instant;
use crate::wire::fields::{FieldError, FieldProblem, Fields, Reading, instant, object, text, word};
use crate::wire::json::{Document, Limits, Malformed, Value};

/// Why a line is malformed. Nothing of it is echoed or taken over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// It is no JSON text as this crate reads them.
    #[error("the line is not well-formed: {0}")]
    NotWellFormed(#[from] Malformed),
    /// It is JSON, and no object.
    #[error("the line must be an object")]
    NotAnObject,
    /// `op`, `at`, `clientId`, `risk` or `body` is missing or wrong.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// Only the first line may be a `configure`.
    #[error("configure is only possible in the first line")]
    LateConfigure,
    /// Neither this line nor one before it says when it is.
    #[error("at is missing, and no line before gave one")]
    NoTime,
}

/// A line that is well-formed.
#[derive(Debug)]
pub(super) struct Line<'d> {
    pub(super) op: &'static Op,
    /// Absent of a `configure`, which asks nothing of an engine.
    pub(super) actor: Option<Actor>,
    pub(super) at: Option<Instant>,
    pub(super) risk: Result<Verdict, NoVerdict>,
    pub(super) body: Fields<'d>,
}

/// Who acts, and what is done.
#[derive(Clone, Debug)]
pub(super) enum Actor {
    Host(HostAct),
    Merchant(MerchantAct, MerchantId),
}

impl<'d> Line<'d> {
    /// Reads the members of a line. `known` is a merchant that may be the
    /// line's: its text is shared then.
    pub(super) fn read(document: &'d Document<'_>, known: Option<&MerchantId>) -> Result<Self, LineError> {
        let root = document.root().as_object().ok_or(LineError::NotAnObject)?;
        let members = Fields::of(root);
        let op = members.required("op", op)?;
        let at = members.optional("at", instant)?;
        let merchant = members.optional("clientId", |value| merchant(value, known))?;
        let body = members.optional("body", body)?.unwrap_or(Fields::NONE);
        Ok(Self { op, actor: actor(op, merchant, members)?, at, risk: risk(op, members)?, body })
    }
}

impl Actor {
    /// What is asked of the engine.
    pub(super) fn read(&self, body: Fields<'_>) -> Reading<Request> {
        match self {
            Self::Host(act) => act.read(body),
            Self::Merchant(act, merchant) => act.read(merchant, body),
        }
    }
}

fn op(value: Value<'_>) -> Reading<&'static Op> {
    let expected = || FieldProblem::Word { expected: "one of the operations".to_owned() };
    named(&text(value)?).ok_or_else(|| expected().into())
}

fn merchant(value: Value<'_>, known: Option<&MerchantId>) -> Reading<MerchantId> {
    let text = text(value)?;
    match known.filter(|known| known.as_str() == text) {
        Some(known) => Ok(known.clone()),
        None => Ok(MerchantId::try_from(&*text)?),
    }
}

/// A body has its own limit of size; that of the line's depth is its own plus one.
fn body(value: Value<'_>) -> Reading<Fields<'_>> {
    let most = Limits::BODY.bytes;
    if value.raw().len() > most {
        return Err(FieldProblem::TooLong { most }.into());
    }
    object(value)
}

fn actor(op: &Op, merchant: Option<MerchantId>, members: Fields<'_>) -> Reading<Option<Actor>> {
    match (op.act, merchant) {
        (Act::Configure, _) => Ok(None),
        (Act::Host(act), _) => Ok(Some(Actor::Host(act))),
        (Act::Merchant(act), Some(merchant)) => Ok(Some(Actor::Merchant(act, merchant))),
        (Act::Merchant(_), None) => members.missing("clientId"),
    }
}

/// What the risk check says, of a capture: accept, if the line does not say.
fn risk(op: &Op, members: Fields<'_>) -> Reading<Result<Verdict, NoVerdict>> {
    let words = [Ok(Verdict::Accept), Ok(Verdict::Review), Ok(Verdict::Reject), Err(NoVerdict)];
    let risk = members.optional("risk", |value| word(value, &words, risk_word))?;
    match (risk, op.act) {
        (None, _) => Ok(Ok(Verdict::Accept)),
        (Some(risk), Act::Merchant(MerchantAct::Capture)) => Ok(risk),
        (Some(_), _) => members.excluded("risk", "an op other than capture"),
    }
}

const fn risk_word(risk: Result<Verdict, NoVerdict>) -> &'static str {
    match risk {
        Ok(Verdict::Accept) => "ACCEPT",
        Ok(Verdict::Review) => "REVIEW",
        Ok(Verdict::Reject) => "REJECT",
        Err(NoVerdict) => "UNAVAILABLE",
    }
}
