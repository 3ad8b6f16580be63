//! Settle: what the rail says of a capture that came into being.
//!
//! | the capture is | told succeeded | told failed |
//! |---|---|---|
//! | in process | up to what was asked: captured; more: contradiction | failed |
//! | succeeded, reversed since or not | what was captured: the same answer; else contradiction | contradiction; reversed: known |
//! | failed | contradiction | the same code: the same answer; else contradiction |

use std::sync::Arc;

use super::capture::capture_record;
use super::ledger::Ledger;
use super::{Context, DamagedState, Decide, Decision, StateProblem, in_bounds};
use crate::command::{Settle, SettlementOutcome};
use crate::event::Told;
use crate::key::{Key, RecordKey};
use crate::outcome::{Contradiction, Outcome, Settled};
use crate::record::{CaptureOutcome, CaptureProgress, CaptureRecord, Record};
use crate::refusal::Refusal;
use crate::snapshot::{ReadSlots, Snapshot};

impl Decide for Settle {
    type Answer = Settled;

    fn keys(&self, into: &mut impl Extend<Key>) {
        let record = RecordKey::Capture(self.merchant.clone(), self.request.clone());
        into.extend([Key::Record(record)]);
    }

    fn decide(&self, snapshot: &Snapshot, context: &Context<'_>) -> Result<Decision<Settled>, DamagedState> {
        if let SettlementOutcome::Succeeded(amount) = self.outcome {
            if let Err(refusal) = in_bounds("settledAmount", amount) {
                return Ok(Decision::refused(refusal, ReadSlots::default()));
            }
        }
        let (slot, known) = capture_record(snapshot, self.merchant.as_str(), self.request.as_str())?;
        let reads = ReadSlots { record: slot, ..ReadSlots::default() };
        let Some((record, progress)) = known.and_then(|record| Some((record, record.progress()?))) else {
            return Ok(Decision::refused(Refusal::UnknownCapture, reads));
        };
        let told = told(self.outcome, progress);
        let settled = Settled { capture: Arc::clone(progress.capture) };
        match judge(told, progress) {
            Judged::Known => Ok(Decision::unrecorded(Outcome::Replayed(settled), reads)),
            Judged::Contradicts if progress.contradiction == Some(told) => {
                let outcome = Outcome::Contradicted(Box::new(contradiction(progress, told)));
                Ok(Decision::unrecorded(outcome, reads))
            }
            Judged::Contradicts => {
                let ledger = ledger_of(record, snapshot, slot, context)?;
                contradict(told, record, progress, ledger)
            }
            Judged::Ends => {
                let ledger = ledger_of(record, snapshot, slot, context)?;
                end(told, record, progress, ledger, context)
            }
        }
    }
}

/// The ledger of the payment of an accepted capture, closed if it is due.
pub(super) fn ledger_of(
    record: &CaptureRecord,
    snapshot: &Snapshot,
    slot: Option<usize>,
    context: &Context<'_>,
) -> Result<Ledger, DamagedState> {
    let key = || RecordKey::Capture(record.merchant().clone(), record.request().clone());
    let payment = record.payment().ok_or_else(|| DamagedState::new(key(), StateProblem::AnotherKind))?;
    let mut ledger = Ledger::of_record(snapshot, record.merchant(), payment, slot, context.now)?;
    ledger.close_if_due()?;
    Ok(ledger)
}

/// What is said, what was left out filled in: all that was asked.
fn told(outcome: SettlementOutcome, progress: CaptureProgress<'_>) -> Told {
    match outcome {
        SettlementOutcome::Succeeded(amount) => Told::Succeeded(amount.unwrap_or(progress.capture.asked)),
        SettlementOutcome::Failed(code) => Told::Failed(code),
    }
}

enum Judged {
    /// It is known already.
    Known,
    /// It ends the capture in process.
    Ends,
    /// It cannot be true.
    Contradicts,
}

/// The cells of the settlement table.
fn judge(told: Told, progress: CaptureProgress<'_>) -> Judged {
    let asked = progress.capture.asked;
    match (progress.outcome, told) {
        (CaptureOutcome::InProcess, Told::Failed(_)) => Judged::Ends,
        (CaptureOutcome::InProcess, Told::Succeeded(amount)) => {
            match amount.currency() == asked.currency() && amount.minor() <= asked.minor() {
                true => Judged::Ends,
                false => Judged::Contradicts,
            }
        }
        (CaptureOutcome::Succeeded { amount, .. }, Told::Succeeded(again)) if amount == again => {
            Judged::Known
        }
        (CaptureOutcome::Succeeded { reversed: true, .. }, Told::Failed(_)) => Judged::Known,
        (CaptureOutcome::Failed(code), Told::Failed(again)) if code == again => Judged::Known,
        (CaptureOutcome::Succeeded { .. } | CaptureOutcome::Failed(_), _) => Judged::Contradicts,
    }
}

fn contradiction(progress: CaptureProgress<'_>, told: Told) -> Contradiction {
    let capture = Arc::clone(progress.capture);
    Contradiction { capture, kept: progress.outcome, told, events: Default::default() }
}

/// Keeps what cannot be true, for the host to see; no money moves.
fn contradict(
    told: Told,
    record: &CaptureRecord,
    progress: CaptureProgress<'_>,
    mut ledger: Ledger,
) -> Result<Decision<Settled>, DamagedState> {
    ledger.contradict(Arc::clone(progress.capture), told)?;
    let next = record.with(|progress| progress.contradiction = Some(told));
    let effects = ledger.into_effects(Some(Record::Capture(next)));
    let contradiction = Contradiction { events: effects.events(), ..contradiction(progress, told) };
    Ok(Decision::changing(Outcome::Contradicted(Box::new(contradiction)), effects))
}

/// Ends a capture in process: captured, or capturable again.
fn end(
    told: Told,
    record: &CaptureRecord,
    progress: CaptureProgress<'_>,
    mut ledger: Ledger,
    context: &Context<'_>,
) -> Result<Decision<Settled>, DamagedState> {
    let capture = Arc::clone(progress.capture);
    let time = ledger.event_time().at(context.settings.printed_offset());
    let outcome = match told {
        Told::Succeeded(amount) => {
            ledger.capture(capture, amount, true)?;
            CaptureOutcome::Succeeded { amount, time, reversed: false }
        }
        Told::Failed(code) => {
            ledger.fail(capture, code)?;
            CaptureOutcome::Failed(code)
        }
    };
    let next = record.with(|progress| progress.outcome = outcome);
    let effects = ledger.into_effects(Some(Record::Capture(next)));
    Ok(Decision::accepted(Settled { capture: Arc::clone(progress.capture) }, effects))
}
