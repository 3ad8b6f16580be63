//! The decisions: pure and total functions from what is stored, a clock
//! reading and a command to the resulting events or one result code. No I/O,
//! no clock, no randomness, no lock.
//!
//! One file a command. The order of the checks is the order of the code; for
//! a capture it stands in [`capture`].

mod abandon;
mod authorize;
mod cancel;
pub mod capture;
mod close;
mod ledger;
mod payer;
mod reverse;
mod settle;
mod void;

use smallvec::SmallVec;

use crate::capture_id::IdSource;
use crate::event::ApplyError;
use crate::id::{MerchantId, PayerId, PaymentId};
use crate::key::{AuthorizationKey, Key};
use crate::money::{MAX_COMMANDED_MINOR, Money};
use crate::outcome::{Answer, Events, Outcome, Pending};
use crate::refusal::Refusal;
use crate::result_code::ResultCode;
use crate::risk::{RiskQuestion, Verdict};
use crate::settings::Settings;
use crate::snapshot::{Effects, ReadSlots, Snapshot};
use crate::time::Instant;

pub use capture::QuoteCapture;
pub use close::CloseDue;

/// What a decision is taken with, besides what is stored and the command.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The clock reading.
    pub now: Instant,
    /// The host's settings.
    pub settings: &'a Settings,
    /// Where the ids of new captures come from.
    pub ids: &'a dyn IdSource,
    /// What is known of the risk check.
    pub risk: Risk<'a>,
}

/// What a decision knows of the host's risk check.
#[derive(Clone, Copy, Debug)]
pub enum Risk<'a> {
    /// Nothing: a decision that needs it comes back with the question.
    Ask,
    /// The same verdict for whatever is asked.
    Assume(Verdict),
    /// The verdict on this question. A question about another amount or payer
    /// comes back.
    Answered(&'a RiskQuestion, Verdict),
}

/// A command that can be decided.
pub trait Decide: sealed::Sealed {
    /// What its success, or its record, answers.
    type Answer: Answer;

    /// The keys of what its decision reads.
    fn keys(&self, into: &mut impl Extend<Key>);

    /// What is answered where the commit may have happened.
    fn code_if_unsure(&self) -> ResultCode {
        ResultCode::UnknownException
    }

    /// Decides the command on what was loaded for its keys. All checks come
    /// before the first change; the same arguments give the same decision.
    ///
    /// # Errors
    /// [`DamagedState`] if what is stored cannot have come from events.
    fn decide(
        &self,
        snapshot: &Snapshot,
        context: &Context<'_>,
    ) -> Result<Decision<Self::Answer>, DamagedState>;
}

mod sealed {
    /// Closes [`super::Decide`]: the commands are those of this crate.
    pub trait Sealed {}
    impl Sealed for crate::command::Authorize {}
    impl Sealed for crate::command::Capture {}
    impl Sealed for crate::command::Settle {}
    impl Sealed for crate::command::Reverse {}
    impl Sealed for crate::command::Cancel {}
    impl Sealed for crate::command::Void {}
    impl Sealed for crate::command::Abandon {}
    impl Sealed for crate::command::RegisterPayer {}
    impl Sealed for crate::command::AdjustPayer {}
    impl Sealed for super::CloseDue {}
    impl Sealed for super::QuoteCapture {}
    impl Sealed for crate::submission::Command {}
}

/// What a decision comes to.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly every decision is taken: boxed, each would allocate")]
pub enum Decision<A> {
    /// It is taken.
    Decided(Decided<A>),
    /// It needs the host's verdict first. Ask for it, and decide again, on
    /// fresh state, with [`Risk::Answered`].
    NeedsVerdict(Box<RiskQuestion>),
}

/// A decision that is taken: the outcome, and what it changes.
#[derive(Clone, Debug)]
pub struct Decided<A> {
    pub(crate) outcome: Outcome<A>,
    pub(crate) effects: Effects,
}

impl<A> Decided<A> {
    /// What the command comes to once its changes are committed.
    pub fn outcome(&self) -> &Outcome<A> {
        &self.outcome
    }

    /// The events that are appended: the outcome's, and a closing by the
    /// deadline that a refused command met.
    pub fn events(&self) -> Events {
        self.effects.events()
    }
}

impl<A> Decision<A> {
    /// An outcome that changes nothing.
    pub(crate) fn unrecorded(outcome: Outcome<A>, reads: ReadSlots) -> Self {
        Self::Decided(Decided { outcome, effects: Effects { reads, ..Effects::default() } })
    }

    /// A success that changes nothing.
    pub(crate) fn answered(answer: A, reads: ReadSlots) -> Self {
        Self::unrecorded(Outcome::Accepted { answer, events: Events::default() }, reads)
    }

    pub(crate) fn refused(refusal: Refusal, reads: ReadSlots) -> Self {
        Self::unrecorded(Outcome::Refused(refusal), reads)
    }

    pub(crate) fn waiting(reads: ReadSlots) -> Self {
        Self::unrecorded(Outcome::Pending(Pending::Waiting), reads)
    }

    /// An outcome that changes what the effects say.
    pub(crate) fn changing(outcome: Outcome<A>, effects: Effects) -> Self {
        Self::Decided(Decided { outcome, effects })
    }

    /// A success that appends the events of its effects.
    pub(crate) fn accepted(answer: A, effects: Effects) -> Self {
        let events = effects.events();
        Self::changing(Outcome::Accepted { answer, events }, effects)
    }

    /// The same decision with another kind of answer.
    pub fn map<B>(self, change: impl FnOnce(A) -> B) -> Decision<B> {
        match self {
            Self::Decided(Decided { outcome, effects }) => {
                Decision::Decided(Decided { outcome: outcome.map(change), effects })
            }
            Self::NeedsVerdict(question) => Decision::NeedsVerdict(question),
        }
    }
}

impl Effects {
    pub(crate) fn events(&self) -> Events {
        let mut payment = SmallVec::new();
        for event in &self.payment_events {
            payment.push(event.clone());
        }
        Events { payment, payer: self.payer_event.clone() }
    }
}

/// What is stored cannot have come from events: a row is missing or does not
/// fit the others. Nothing was decided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is stored under {key:?} does not fit: {problem}")]
pub struct DamagedState {
    /// The key of what does not fit.
    pub key: Box<Key>,
    /// What is wrong with it.
    pub problem: StateProblem,
}

/// What is wrong with what is stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateProblem {
    /// It does not take the next event.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// It is named by another row, and is not there.
    #[error("it is named by what is stored, and is not there")]
    Missing,
    /// The record is of another kind than its key says.
    #[error("the record is of another kind than its key says")]
    AnotherKind,
}

impl DamagedState {
    fn new(key: impl Into<Key>, problem: impl Into<StateProblem>) -> Self {
        Self { key: Box::new(key.into()), problem: problem.into() }
    }
}

/// Row 1: an amount that a command gives has 1 to 10^18 − 1 minor units.
pub(crate) fn in_bounds(field: &'static str, amount: Option<Money>) -> Result<(), Refusal> {
    match amount {
        Some(asked) if !(1..=MAX_COMMANDED_MINOR).contains(&asked.minor()) => {
            Err(Refusal::AmountOutOfBounds { field, asked })
        }
        _ => Ok(()),
    }
}

/// As [`in_bounds`], where 0 is allowed: a balance, and a limit on a sum.
pub(crate) fn in_bounds_or_zero(field: &'static str, amount: Option<Money>) -> Result<(), Refusal> {
    in_bounds(field, amount.filter(|amount| !amount.is_zero()))
}

/// Row 11: a limit for one payment in this currency.
pub(crate) fn within_payment_limit(asked: Money, settings: &Settings) -> Result<(), Refusal> {
    match settings.payment_limit(asked.currency()) {
        Some(limit) if asked.minor() > limit.minor() => Err(Refusal::PaymentLimit { asked, limit }),
        _ => Ok(()),
    }
}

pub(crate) fn authorization_key(merchant: &MerchantId, payment: &PaymentId) -> AuthorizationKey {
    AuthorizationKey { merchant: merchant.clone(), payment: payment.clone() }
}

pub(crate) fn missing_payer(payer: &PayerId) -> DamagedState {
    DamagedState::new(payer.clone(), StateProblem::Missing)
}
