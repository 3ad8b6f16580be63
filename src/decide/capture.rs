//! The capture command, and the quote of one: the rows of the capture table
//! in their order. The first that fires gives the answer.
//!
//! | row | check | where |
//! |---|---|---|
//! | 1 | an amount out of bounds (what else is malformed cannot be written) | [`Decide::decide`] |
//! | 2, 3, 4 | the id was used: for another request, with a final answer, in process | `repeated` |
//! | 5 | no such authorization of this merchant | `on_authorization` |
//! | 6, 7, 8 | cancelled; expired; another currency | `resolve` |
//! | 9a, 9b | more than it can give; more than it can give while captures are in process | `resolve` |
//! | 10a, 10b, 11 | its captures used up; the same with those in process; the limit for one payment | `within_limits` |
//! | 12, 13, 14, 15 | the payer's status, count, sum, funds | `payer_can_pay` |
//! | 16, 17, 18 | rejected; reserved; captured | `by_verdict` |
//!
//! Rows 5 to 18 are recorded, for ever, but for 9b and 10b, which hang on the
//! open outcome of other captures: nobody is refused for ever for that.

use std::sync::Arc;

use super::ledger::Ledger;
use super::{Context, DamagedState, Decide, Decision, Risk, StateProblem, in_bounds, within_payment_limit};
use crate::authorization::Authorization;
use crate::command::Capture;
use crate::event::{AcceptedCapture, PaymentRef};
use crate::key::{AuthorizationKey, Key, KeyParts, RecordKey};
use crate::money::Money;
use crate::outcome::{Outcome, Pending, Quote, Quoted};
use crate::payer::Payer;
use crate::record::{AskedCapture, CaptureOutcome, CaptureRecord, Record};
use crate::refusal::{Exceeded, Refusal};
use crate::result_code::ResultCode;
use crate::risk::{RiskQuestion, Verdict};
use crate::settings::Settings;
use crate::snapshot::{Effects, ReadSlots, Snapshot};
use crate::state::Closing;
use crate::terms::{Funding, Settlement};

type Answer = CaptureRecord;

impl Decide for Capture {
    type Answer = Answer;

    fn keys(&self, into: &mut impl Extend<Key>) {
        let record = RecordKey::Capture(self.merchant.clone(), self.request.clone());
        let authorization =
            AuthorizationKey { merchant: self.merchant.clone(), payment: self.payment.clone() };
        into.extend([Key::Record(record), Key::Authorization(authorization)]);
    }

    fn code_if_unsure(&self) -> ResultCode {
        ResultCode::CaptureInProcess
    }

    fn decide(&self, snapshot: &Snapshot, context: &Context<'_>) -> Result<Decision<Answer>, DamagedState> {
        if let Err(refusal) = in_bounds("captureAmount", self.amount) {
            return Ok(Decision::refused(refusal, ReadSlots::default()));
        }
        let (slot, known) = capture_record(snapshot, self.merchant.as_str(), self.request.as_str())?;
        if let Some(record) = known {
            return Ok(repeated(self, record, ReadSlots { record: slot, ..ReadSlots::default() }));
        }
        match Ledger::open(snapshot, &self.merchant, &self.payment, slot, context.now)? {
            Ok(ledger) => on_authorization(self, ledger, context),
            Err(reads) => {
                let asked = asked(self, None, context.settings.is_last_by_default());
                let effects = Effects { reads, ..Effects::default() };
                Ok(recorded_refusal(self, asked, Refusal::NoAuthorization, effects))
            }
        }
    }
}

/// The record of a capture's id, and its slot.
pub(crate) fn capture_record<'s>(
    snapshot: &'s Snapshot,
    merchant: &str,
    request: &str,
) -> Result<(Option<usize>, Option<&'s CaptureRecord>), DamagedState> {
    let seen = snapshot.record(KeyParts::capture(merchant, request));
    match seen.value {
        Some(Record::Capture(record)) => Ok((seen.slot, Some(record))),
        Some(other) => Err(DamagedState::new(other.key(), StateProblem::AnotherKind)),
        None => Ok((seen.slot, None)),
    }
}

/// Rows 2, 3 and 4: the id was used before.
fn repeated(capture: &Capture, record: &CaptureRecord, reads: ReadSlots) -> Decision<Answer> {
    let differing = record.asked().and_then(|asked| differing_field(capture, asked));
    let outcome = match differing {
        Some(field) => Outcome::Refused(Refusal::Inconsistent { field }),
        None if record.code() == ResultCode::CaptureInProcess => {
            Outcome::Pending(Pending::InProcess { record: record.clone() })
        }
        None => Outcome::Replayed(record.clone()),
    };
    Decision::unrecorded(outcome, reads)
}

/// The first field in which this is another request than the recorded one.
/// The free text is not compared.
fn differing_field(capture: &Capture, asked: AskedCapture<'_>) -> Option<&'static str> {
    let same_amount = capture.amount == asked.amount
        || (asked.amount.is_none() && capture.amount.is_some() && capture.amount == asked.resolved);
    let last = capture.last.unwrap_or(asked.last_by_default);
    [
        ("paymentId", capture.payment == *asked.payment),
        ("captureAmount", same_amount),
        ("isLastCapture", last == asked.is_last()),
    ]
    .into_iter()
    .find_map(|(field, same)| (!same).then_some(field))
}

/// Why a capture goes no further.
enum Stop {
    /// It is refused, whichever way the captures in process end.
    Refuse(Refusal),
    /// It hangs on them.
    Wait,
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal)
    }
}

/// Rows 6 to 18, on an authorization that is there.
fn on_authorization(
    capture: &Capture,
    mut ledger: Ledger,
    context: &Context<'_>,
) -> Result<Decision<Answer>, DamagedState> {
    // Row 7's closing. It may come before row 6: what is cancelled is not due.
    ledger.close_if_due()?;
    let resolved = resolve(capture, &ledger.authorization);
    let amount = resolved.as_ref().ok().copied();
    match resolved.and_then(|amount| allowed(amount, &ledger, context).map(|()| amount)) {
        Ok(amount) => by_verdict(capture, amount, ledger, context),
        Err(Stop::Wait) => Ok(Decision::waiting(ledger.reads())),
        Err(Stop::Refuse(refusal)) => Ok(refused(capture, amount, refusal, ledger)),
    }
}

/// A refusal of rows 6 to 16; `amount` as far as it was resolved.
fn refused(capture: &Capture, amount: Option<Money>, refusal: Refusal, ledger: Ledger) -> Decision<Answer> {
    let asked = asked(capture, amount, ledger.authorization.hold().terms.last_by_default);
    recorded_refusal(capture, asked, refusal, ledger.into_effects(None))
}

/// Rows 6 to 9: the amount that the authorization can give.
fn resolve(capture: &Capture, authorization: &Authorization) -> Result<Money, Stop> {
    not_cancelled_or_expired(authorization)?;
    if let Some(asked) = capture.amount {
        let expected = authorization.authorized().currency();
        if asked.currency() != expected {
            return Err(Refusal::OtherCurrency { asked, expected }.into());
        }
    }
    match capture.amount {
        Some(asked) => given_amount(asked, authorization),
        None => all_that_is_left(authorization),
    }
}

/// Rows 6 and 7, of a capture and of a void.
pub(super) fn not_cancelled_or_expired(authorization: &Authorization) -> Result<(), Refusal> {
    match authorization.closing() {
        Some(closing @ (Closing::Cancel | Closing::VoidOfAll)) => {
            Err(Refusal::Cancelled { by: closing.closed_by() })
        }
        Some(Closing::Expiry) => Err(Refusal::Expired { deadline: authorization.hold().terms.expires_at }),
        _ => Ok(()),
    }
}

/// Row 9 of an amount that was given.
fn given_amount(asked: Money, authorization: &Authorization) -> Result<Money, Stop> {
    let closed = authorization.closing().is_some();
    if closed || asked.minor() > authorization.capturable_if_all_fail() {
        return Err(exceeded(Some(asked), authorization).into());
    }
    if asked.minor() > authorization.capturable_minor() {
        return Err(Stop::Wait);
    }
    Ok(asked)
}

/// Row 9 of an absent amount: all that is left, without the allowance.
fn all_that_is_left(authorization: &Authorization) -> Result<Money, Stop> {
    if authorization.closing().is_some() || authorization.remainder_if_all_fail() <= 0 {
        return Err(exceeded(None, authorization).into());
    }
    if authorization.tally.pending > 0 {
        return Err(Stop::Wait);
    }
    Ok(authorization.remainder())
}

/// Row 9a's refusal, with its reason and figures.
fn exceeded(asked: Option<Money>, authorization: &Authorization) -> Refusal {
    let open = if asked.is_some() { Exceeded::AboveCeiling } else { Exceeded::NothingLeft };
    let why = closed_why(authorization).unwrap_or(open);
    Refusal::ExceedsAuthorization { why, asked, capturable: authorization.capturable() }
}

/// Why what is closed gives nothing, to a capture or a void.
pub(super) fn closed_why(authorization: &Authorization) -> Option<Exceeded> {
    authorization.closing().map(|closing| match closing {
        Closing::Last => Exceeded::ClosedByLastCapture,
        Closing::VoidAfterCapture | Closing::VoidOfAll => Exceeded::Voided,
        Closing::Full | Closing::Cancel | Closing::Expiry => Exceeded::CapturedInFull,
    })
}

/// Rows 10 to 15 of a resolved amount.
fn allowed(amount: Money, ledger: &Ledger, context: &Context<'_>) -> Result<(), Stop> {
    within_limits(amount, &ledger.authorization, context.settings)?;
    match &ledger.payer {
        Some(payer) => payer_can_pay(amount, &ledger.authorization, payer, context).map_err(Stop::from),
        None => Ok(()),
    }
}

/// Rows 10 and 11.
fn within_limits(amount: Money, authorization: &Authorization, settings: &Settings) -> Result<(), Stop> {
    let max = authorization.hold().terms.max_captures.get();
    if authorization.tally.succeeded >= max {
        return Err(Refusal::CapturesUsedUp { max }.into());
    }
    if authorization.captures_left() == 0 {
        return Err(Stop::Wait);
    }
    within_payment_limit(amount, settings).map_err(Stop::from)
}

/// Rows 12 to 15. The account is taken as it stands: what other captures
/// reserve of it is spent until it comes back.
fn payer_can_pay(
    amount: Money,
    authorization: &Authorization,
    payer: &Payer,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    super::payer::is_normal(payer)?;
    let (count, sum) = payer.usage(context.settings.windows().start_of(context.now));
    let limits = payer.limits();
    if let Some(limit) = limits.max_count.filter(|limit| count >= u64::from(*limit)) {
        return Err(Refusal::PayerCount { count, limit });
    }
    let after = sum.minor().saturating_add(i128::from(amount.minor()));
    if let Some(limit) = limits.max_amount.filter(|limit| after > i128::from(limit.minor())) {
        return Err(Refusal::PayerSum { asked: amount, sum, limit });
    }
    super::payer::has_free(payer, beyond_the_hold(amount, authorization))
}

/// What a capture needs of the payer's free funds: what its authorization
/// does not hold already.
fn beyond_the_hold(amount: Money, authorization: &Authorization) -> Money {
    match authorization.hold().terms.funding {
        Funding::Held => authorization.money(amount.minor().saturating_sub(authorization.unclaimed_minor())),
        Funding::Drawn => amount,
    }
}

/// Rows 16 to 18: as the host's risk check says, reserved or captured.
fn by_verdict(
    capture: &Capture,
    amount: Money,
    ledger: Ledger,
    context: &Context<'_>,
) -> Result<Decision<Answer>, DamagedState> {
    let verdict = match verdict(capture, amount, &ledger, context.risk) {
        Ok(verdict) => verdict,
        Err(question) => return Ok(Decision::NeedsVerdict(question)),
    };
    let deferred = settles_later(&ledger.authorization);
    match verdict {
        Verdict::Reject => Ok(refused(capture, Some(amount), Refusal::Risk, ledger)),
        Verdict::Review => reserve(capture, amount, ledger, context),
        Verdict::Accept if deferred => reserve(capture, amount, ledger, context),
        Verdict::Accept => take(capture, amount, ledger, context),
    }
}

fn settles_later(authorization: &Authorization) -> bool {
    authorization.hold().terms.settlement == Settlement::Deferred
}

fn verdict(
    capture: &Capture,
    amount: Money,
    ledger: &Ledger,
    risk: Risk<'_>,
) -> Result<Verdict, Box<RiskQuestion>> {
    if let Risk::Assume(verdict) = risk {
        return Ok(verdict);
    }
    let question = RiskQuestion {
        merchant: capture.merchant.clone(),
        request: capture.request.clone(),
        payment: capture.payment.clone(),
        amount,
        payer: ledger.authorization.payer().cloned(),
    };
    match risk {
        Risk::Answered(answered, verdict) if question.is_answered_with(answered) => Ok(verdict),
        _ => Err(Box::new(question)),
    }
}

/// Row 17: accepted, the amount reserved, the outcome open.
fn reserve(
    capture: &Capture,
    amount: Money,
    mut ledger: Ledger,
    context: &Context<'_>,
) -> Result<Decision<Answer>, DamagedState> {
    let accepted = accept(capture, amount, &ledger, context);
    let record = accepted_record(capture, &accepted, &ledger, CaptureOutcome::InProcess);
    ledger.reserve(accepted)?;
    let effects = ledger.into_effects(Some(Record::Capture(record.clone())));
    let events = effects.events();
    Ok(Decision::changing(Outcome::Pending(Pending::Reserved { record, events }), effects))
}

/// Row 18: captured.
fn take(
    capture: &Capture,
    amount: Money,
    mut ledger: Ledger,
    context: &Context<'_>,
) -> Result<Decision<Answer>, DamagedState> {
    let accepted = accept(capture, amount, &ledger, context);
    let time = accepted.accepted_at.at(context.settings.printed_offset());
    let outcome = CaptureOutcome::Succeeded { amount, time, reversed: false };
    let record = accepted_record(capture, &accepted, &ledger, outcome);
    ledger.capture(accepted, amount, false)?;
    let effects = ledger.into_effects(Some(Record::Capture(record.clone())));
    Ok(Decision::accepted(record, effects))
}

/// The capture that the ledger's next event accepts.
fn accept(capture: &Capture, amount: Money, ledger: &Ledger, context: &Context<'_>) -> Arc<AcceptedCapture> {
    let hold = ledger.authorization.hold();
    let window = || context.settings.windows().start_of(context.now);
    Arc::new(AcceptedCapture {
        of: PaymentRef::WithHold(Arc::clone(hold)),
        request: capture.request.clone(),
        id: context.ids.capture_id(&capture.merchant, &capture.request),
        asked: amount,
        last: capture.last.unwrap_or(hold.terms.last_by_default),
        counted: ledger.payer.as_ref().map(|payer| payer.counts_in(window())),
        accepted_seq: ledger.next_seq(),
        accepted_at: ledger.event_time(),
    })
}

fn accepted_record(
    capture: &Capture,
    accepted: &Arc<AcceptedCapture>,
    ledger: &Ledger,
    outcome: CaptureOutcome,
) -> CaptureRecord {
    let asked = asked(capture, Some(accepted.asked), ledger.authorization.hold().terms.last_by_default);
    CaptureRecord::accepted(Arc::clone(accepted), asked, outcome, None)
}

fn asked(capture: &Capture, resolved: Option<Money>, last_by_default: bool) -> AskedCapture<'_> {
    AskedCapture {
        payment: &capture.payment,
        amount: capture.amount,
        resolved,
        last: capture.last,
        last_by_default,
        extend_info: capture.extend_info.as_ref(),
    }
}

/// A refusal that is remembered for ever, beside a closing that it met.
fn recorded_refusal(
    capture: &Capture,
    asked: AskedCapture<'_>,
    refusal: Refusal,
    effects: Effects,
) -> Decision<Answer> {
    let (merchant, request) = (capture.merchant.clone(), capture.request.clone());
    let record = CaptureRecord::refused(merchant, request, asked, refusal.code());
    let effects = Effects { record: Some(Record::Capture(record)), ..effects };
    Decision::changing(Outcome::Refused(refusal), effects)
}

/// What a capture would be answered now, and with which amount. Nothing is
/// recorded, no id is minted, no verdict asked: it is taken as accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuoteCapture(pub Capture);

impl Decide for QuoteCapture {
    type Answer = Quote;

    fn keys(&self, into: &mut impl Extend<Key>) {
        self.0.keys(into);
    }

    fn decide(&self, snapshot: &Snapshot, context: &Context<'_>) -> Result<Decision<Quote>, DamagedState> {
        let capture = &self.0;
        let nothing_read = ReadSlots::default();
        if let Err(refusal) = in_bounds("captureAmount", capture.amount) {
            return Ok(Decision::refused(refusal, nothing_read));
        }
        let (slot, known) = capture_record(snapshot, capture.merchant.as_str(), capture.request.as_str())?;
        let reads = ReadSlots { record: slot, ..nothing_read };
        if let Some(record) = known {
            return Ok(repeated(capture, record, reads).map(Quote::Recorded));
        }
        match Ledger::open(snapshot, &capture.merchant, &capture.payment, slot, context.now)? {
            Ok(ledger) => quoted(capture, ledger, context),
            Err(reads) => Ok(Decision::refused(Refusal::NoAuthorization, reads)),
        }
    }
}

fn quoted(
    capture: &Capture,
    mut ledger: Ledger,
    context: &Context<'_>,
) -> Result<Decision<Quote>, DamagedState> {
    ledger.close_if_due()?;
    let resolved = resolve(capture, &ledger.authorization);
    Ok(match resolved.and_then(|amount| allowed(amount, &ledger, context).map(|()| amount)) {
        Ok(amount) => {
            let quoted = Quoted { amount, settles_later: settles_later(&ledger.authorization) };
            Decision::answered(Quote::New(quoted), ledger.reads())
        }
        Err(Stop::Wait) => Decision::waiting(ledger.reads()),
        Err(Stop::Refuse(refusal)) => Decision::refused(refusal, ledger.reads()),
    })
}
