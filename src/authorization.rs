//! The authorization: four amounts and two counts, from which all else is
//! derived, changed only by [`Authorization::apply`]. It does not grow with
//! the captures already made: each of those has a record of its own.

mod step;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::event::{AcceptedCapture, ApplyError, MAX_SEQ, PaymentEvent, PaymentEventKind};
use crate::id::{MerchantId, PayerId, PaymentId};
use crate::money::{MAX_COMMANDED_MINOR, Money};
use crate::state::{Closing, State};
use crate::terms::{Funding, Hold};
use crate::time::Instant;

/// An authorization as its events left it.
///
/// At every moment `authorized + over-capture taken = captured + in process +
/// voided + released + unclaimed`, all of them at least 0, and `captured + in
/// process` is at most the ceiling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    hold: Arc<Hold>,
    pub(crate) tally: Tally,
}

/// What changes of an authorization. Amounts are minor units of the hold's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) captured: i64,
    pub(crate) in_process: i64,
    pub(crate) voided: i64,
    /// How many captures succeeded and were not reversed.
    pub(crate) succeeded: u32,
    /// How many captures are in process.
    pub(crate) pending: u32,
    /// Whether one of those in process is a last one; there is at most one.
    pub(crate) last_pending: bool,
    pub(crate) closing: Option<Closing>,
    /// The number and time of the last event.
    pub(crate) seq: u64,
    pub(crate) time: Instant,
}

impl Authorization {
    /// The authorization that its first event makes.
    ///
    /// # Errors
    /// [`ApplyError`] if it is not an `Authorized` event with number 1.
    pub fn open(event: &PaymentEvent) -> Result<Self, ApplyError> {
        if event.seq != 1 {
            return Err(ApplyError::OutOfOrder { expected: 1, found: event.seq });
        }
        if event.kind != PaymentEventKind::Authorized {
            return Err(does_not_fit(event, "the first event is Authorized"));
        }
        let tally = Tally {
            captured: 0,
            in_process: 0,
            voided: 0,
            succeeded: 0,
            pending: 0,
            last_pending: false,
            closing: None,
            seq: 1,
            time: event.time,
        };
        Self::from_parts(Arc::clone(&event.hold), tally).map_err(|problem| does_not_fit(event, problem))
    }

    /// An authorization of parts that came from one.
    pub(crate) fn of(hold: Arc<Hold>, tally: Tally) -> Self {
        Self { hold, tally }
    }

    /// An authorization of stored parts, if they can have come from events.
    pub(crate) fn from_parts(hold: Arc<Hold>, tally: Tally) -> Result<Self, &'static str> {
        let authorization = Self { hold, tally };
        authorization.check()?;
        Ok(authorization)
    }

    /// Continues the authorization by its next event; on an error nothing changed.
    ///
    /// # Errors
    /// [`ApplyError`] if the event is another payment's, is not the next one,
    /// or cannot have happened in this state.
    pub fn apply(&mut self, event: &PaymentEvent) -> Result<(), ApplyError> {
        if !self.is_of(&event.hold) {
            return Err(ApplyError::AnotherStream);
        }
        let expected = self.tally.seq.saturating_add(1);
        if event.seq != expected {
            return Err(ApplyError::OutOfOrder { expected, found: event.seq });
        }
        let currency = self.hold.amount.currency();
        if event.kind.amounts().any(|amount| amount.currency() != currency) {
            return Err(does_not_fit(event, "an amount is in another currency"));
        }
        let before = self.tally;
        let after = before.after(event).map_err(|problem| does_not_fit(event, problem))?;
        self.says_what_follows(event, &after).map_err(|problem| does_not_fit(event, problem))?;
        self.tally = Tally { seq: event.seq, time: event.time, ..after };
        self.check().map_err(|problem| {
            self.tally = before;
            does_not_fit(event, problem)
        })
    }

    fn is_of(&self, hold: &Arc<Hold>) -> bool {
        Arc::ptr_eq(&self.hold, hold) || self.hold == *hold
    }

    /// What must hold in every state; the message says what does not.
    fn check(&self) -> Result<(), &'static str> {
        let Tally { captured, in_process, voided, succeeded, pending, .. } = self.tally;
        let authorized = self.hold.amount.minor();
        let terms = &self.hold.terms;
        let amounts = captured >= 0 && in_process >= 0 && voided >= 0 && voided <= authorized;
        if authorized <= 0 || authorized > MAX_COMMANDED_MINOR || !amounts {
            return Err("an amount is out of its bounds");
        }
        if terms.overcapture_limit.is_some_and(|limit| limit.currency() != self.hold.amount.currency()) {
            return Err("the over-capture limit is in another currency");
        }
        match captured.checked_add(in_process) {
            Some(claimed) if claimed <= self.ceiling_minor() => (),
            _ => return Err("more is claimed than the ceiling"),
        }
        if (succeeded == 0) != (captured == 0) || (pending == 0) != (in_process == 0) {
            return Err("the counts and the amounts disagree");
        }
        if u64::from(succeeded).saturating_add(u64::from(pending)) > u64::from(terms.max_captures.get()) {
            return Err("more captures than the terms allow");
        }
        if self.tally.last_pending && pending == 0 {
            return Err("a last capture is in process, but none is");
        }
        if self.tally.closing == Some(Closing::VoidOfAll) && (captured, voided) != (0, authorized) {
            return Err("it was voided as a whole, but not all of it");
        }
        let steps = 1_u64
            .saturating_add(u64::from(succeeded))
            .saturating_add(u64::from(pending))
            .saturating_add(u64::from(voided > 0));
        if self.tally.seq < steps || self.tally.seq > MAX_SEQ {
            return Err("its number of events is out of its bounds");
        }
        let may_be_pending = matches!(self.tally.closing, None | Some(Closing::Last | Closing::Expiry));
        if pending > 0 && !may_be_pending {
            return Err("it closed in a way that leaves no capture in process");
        }
        Ok(())
    }

    /// The hold: merchant, payment, payer, amount and terms.
    pub fn hold(&self) -> &Arc<Hold> {
        &self.hold
    }

    /// The merchant that may capture.
    pub fn merchant(&self) -> &MerchantId {
        &self.hold.merchant
    }

    /// The payment.
    pub fn payment(&self) -> &PaymentId {
        &self.hold.payment
    }

    /// The payer whose account is charged, if the engine keeps it.
    pub fn payer(&self) -> Option<&PayerId> {
        self.hold.payer.as_ref()
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        match self.tally.closing {
            Some(closing) => closing.state(),
            None if self.tally.captured > 0 => State::PartiallyCaptured,
            None => State::Authorized,
        }
    }

    /// How it closed, if it did.
    pub fn closing(&self) -> Option<Closing> {
        self.tally.closing
    }

    /// Whether it is still open although its deadline has passed.
    pub fn is_due(&self, now: Instant) -> bool {
        self.tally.closing.is_none() && now >= self.hold.terms.expires_at
    }

    /// As a sweep at this instant would leave it.
    #[must_use]
    pub fn as_of(&self, now: Instant) -> Self {
        let mut swept = self.clone();
        if self.is_due(now) {
            swept.tally.closing = Some(self.closing_by_deadline());
        }
        swept
    }

    /// How many events it has.
    pub fn seq(&self) -> u64 {
        self.tally.seq
    }

    /// The time of its last event.
    pub fn last_time(&self) -> Instant {
        self.tally.time
    }

    /// What was authorized.
    pub fn authorized(&self) -> Money {
        self.hold.amount
    }

    /// What was captured and not reversed.
    pub fn captured(&self) -> Money {
        self.money(self.tally.captured)
    }

    /// What captures in process reserve.
    pub fn in_process(&self) -> Money {
        self.money(self.tally.in_process)
    }

    /// What was voided.
    pub fn voided(&self) -> Money {
        self.money(self.tally.voided)
    }

    /// Held, and claimed by no capture; 0 once closed.
    pub fn unclaimed(&self) -> Money {
        self.money(self.unclaimed_minor())
    }

    /// Gone back to the payer by the closing and since; 0 while open.
    pub fn released(&self) -> Money {
        self.money(self.released_minor())
    }

    /// What is captured or in process beyond what was authorized and not voided.
    pub fn overcapture_taken(&self) -> Money {
        self.money(self.balance_minor().saturating_neg())
    }

    /// How much may be taken on top of what is authorized and not voided.
    pub fn allowance(&self) -> Money {
        self.money(self.allowance_minor())
    }

    /// The most that may be captured or in process at once.
    pub fn ceiling(&self) -> Money {
        self.money(self.ceiling_minor())
    }

    /// What a new capture can take at most; 0 once closed and while a last
    /// capture is in process.
    pub fn capturable(&self) -> Money {
        self.money(self.capturable_minor())
    }

    /// What an absent amount, a void or a cancel can take: what is unclaimed,
    /// but 0 while a last capture is in process.
    pub fn remainder(&self) -> Money {
        self.money(self.remainder_minor())
    }

    /// How many more captures the terms allow.
    pub fn captures_left(&self) -> u32 {
        let used = self.tally.succeeded.saturating_add(self.tally.pending);
        self.hold.terms.max_captures.get().saturating_sub(used)
    }

    /// What this claims of the payer's balance: what is in process and, where
    /// the funds are held, what is unclaimed.
    pub fn claim(&self) -> Money {
        self.money(self.claim_minor())
    }

    pub(crate) fn money(&self, minor: i64) -> Money {
        Money::at_least_zero(minor, self.hold.amount.currency())
    }

    /// `A − C − P − V`: what is left of the authorized amount, or below 0.
    fn balance_minor(&self) -> i64 {
        self.unvoided_minor().saturating_sub(self.tally.captured).saturating_sub(self.tally.in_process)
    }

    /// `A − V`.
    fn unvoided_minor(&self) -> i64 {
        self.hold.amount.minor().saturating_sub(self.tally.voided)
    }

    pub(crate) fn unclaimed_minor(&self) -> i64 {
        if self.tally.closing.is_some() { 0 } else { self.balance_minor().max(0) }
    }

    pub(crate) fn released_minor(&self) -> i64 {
        if self.tally.closing.is_some() { self.balance_minor().max(0) } else { 0 }
    }

    fn allowance_minor(&self) -> i64 {
        let terms = &self.hold.terms;
        let percent = terms.overcapture_percent.map(|percent| percent.of(self.unvoided_minor()));
        let limit = terms.overcapture_limit.map(Money::minor);
        match (percent, limit) {
            (Some(percent), Some(limit)) => percent.min(limit),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => 0,
        }
    }

    pub(crate) fn ceiling_minor(&self) -> i64 {
        self.unvoided_minor().saturating_add(self.allowance_minor())
    }

    pub(crate) fn capturable_minor(&self) -> i64 {
        if self.tally.closing.is_some() || self.tally.last_pending {
            return 0;
        }
        self.ceiling_minor().saturating_sub(self.tally.captured).saturating_sub(self.tally.in_process)
    }

    pub(crate) fn remainder_minor(&self) -> i64 {
        if self.tally.last_pending { 0 } else { self.unclaimed_minor() }
    }

    /// What would be left if no capture in process came into being: `A − C − V`.
    pub(crate) fn remainder_if_all_fail(&self) -> i64 {
        self.unvoided_minor().saturating_sub(self.tally.captured)
    }

    /// What would be capturable if no capture in process came into being.
    pub(crate) fn capturable_if_all_fail(&self) -> i64 {
        self.ceiling_minor().saturating_sub(self.tally.captured)
    }

    pub(crate) fn claim_minor(&self) -> i64 {
        let unclaimed = match self.hold.terms.funding {
            Funding::Held => self.unclaimed_minor(),
            Funding::Drawn => 0,
        };
        self.tally.in_process.saturating_add(unclaimed)
    }
}

fn does_not_fit(event: &PaymentEvent, problem: &'static str) -> ApplyError {
    ApplyError::DoesNotFit { event: event.kind.name(), problem }
}

/// A sum or difference left its bounds; the check afterwards finds the rest.
const OUT_OF_BOUNDS: &str = "an amount or a count is out of its bounds";

impl Tally {
    /// The tally after this event, its number and time aside.
    fn after(self, event: &PaymentEvent) -> Result<Self, &'static str> {
        let next = match &event.kind {
            PaymentEventKind::Authorized => return Err("it is authorized already"),
            PaymentEventKind::CaptureAccepted { capture } => self.while_open()?.reserve(capture),
            PaymentEventKind::Captured { capture, amount, settled: false, closing, .. } => self
                .while_open()?
                .take(amount.minor())
                .and_then(|tally| tally.close(*closing))
                .filter(|_| amount.minor() == capture.asked.minor()),
            PaymentEventKind::Captured { capture, amount, settled: true, closing, .. } => self
                .unreserve(capture)
                .and_then(|tally| tally.take(amount.minor()))
                .and_then(|tally| tally.close(*closing))
                .filter(|_| amount.minor() <= capture.asked.minor()),
            PaymentEventKind::CaptureFailed { capture, .. } => self.unreserve(capture),
            PaymentEventKind::CaptureReversed { amount, .. } => self.give_back(amount.minor()),
            PaymentEventKind::SettlementContradicted { .. } => Some(self),
            PaymentEventKind::Voided { amount, closing, .. } => {
                self.while_open()?.void(amount.minor()).and_then(|tally| tally.close(*closing))
            }
            PaymentEventKind::Cancelled { .. } => self.close(Some(Closing::Cancel)),
            PaymentEventKind::Expired { closing, .. } => self.close(Some(*closing)),
        };
        next.ok_or(OUT_OF_BOUNDS)
    }

    fn while_open(self) -> Result<Self, &'static str> {
        if self.closing.is_some() { Err("it is closed") } else { Ok(self) }
    }

    /// Closes; a closing is never changed.
    fn close(self, closing: Option<Closing>) -> Option<Self> {
        match (self.closing, closing) {
            (_, None) => Some(self),
            (None, Some(_)) => Some(Self { closing, ..self }),
            (Some(_), Some(_)) => None,
        }
    }

    fn reserve(self, capture: &AcceptedCapture) -> Option<Self> {
        if self.last_pending {
            return None;
        }
        Some(Self {
            in_process: self.in_process.checked_add(capture.asked.minor())?,
            pending: self.pending.checked_add(1)?,
            last_pending: capture.last,
            ..self
        })
    }

    fn unreserve(self, capture: &AcceptedCapture) -> Option<Self> {
        if capture.last && !self.last_pending {
            return None;
        }
        Some(Self {
            in_process: self.in_process.checked_sub(capture.asked.minor())?,
            pending: self.pending.checked_sub(1)?,
            last_pending: self.last_pending && !capture.last,
            ..self
        })
    }

    fn take(self, minor: i64) -> Option<Self> {
        Some(Self {
            captured: self.captured.checked_add(minor)?,
            succeeded: self.succeeded.checked_add(1)?,
            ..self
        })
    }

    fn give_back(self, minor: i64) -> Option<Self> {
        Some(Self {
            captured: self.captured.checked_sub(minor)?,
            succeeded: self.succeeded.checked_sub(1)?,
            ..self
        })
    }

    fn void(self, minor: i64) -> Option<Self> {
        Some(Self { voided: self.voided.checked_add(minor)?, ..self })
    }
}
