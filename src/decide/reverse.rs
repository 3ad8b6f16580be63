//! Reverse: a capture that had succeeded failed at the rail after all. Its
//! whole amount is given back; its own answer stays.

use std::sync::Arc;

use super::capture::capture_record;
use super::settle::ledger_of;
use super::{Context, DamagedState, Decide, Decision};
use crate::command::Reverse;
use crate::key::{Key, RecordKey};
use crate::outcome::{Outcome, Settled};
use crate::record::{CaptureOutcome, Record};
use crate::refusal::Refusal;
use crate::snapshot::{ReadSlots, Snapshot};

impl Decide for Reverse {
    type Answer = Settled;

    fn keys(&self, into: &mut impl Extend<Key>) {
        let record = RecordKey::Capture(self.merchant.clone(), self.request.clone());
        into.extend([Key::Record(record)]);
    }

    fn decide(&self, snapshot: &Snapshot, context: &Context<'_>) -> Result<Decision<Settled>, DamagedState> {
        let (slot, known) = capture_record(snapshot, self.merchant.as_str(), self.request.as_str())?;
        let reads = ReadSlots { record: slot, ..ReadSlots::default() };
        let Some((record, progress)) = known.and_then(|record| Some((record, record.progress()?))) else {
            return Ok(Decision::refused(Refusal::UnknownCapture, reads));
        };
        let settled = Settled { capture: Arc::clone(progress.capture) };
        let (amount, time) = match progress.outcome {
            CaptureOutcome::Succeeded { reversed: true, .. } => {
                return Ok(Decision::unrecorded(Outcome::Replayed(settled), reads));
            }
            CaptureOutcome::Succeeded { amount, time, reversed: false } => (amount, time),
            CaptureOutcome::InProcess | CaptureOutcome::Failed(_) => {
                return Ok(Decision::refused(Refusal::WrongOutcome { code: record.code() }, reads));
            }
        };
        let mut ledger = ledger_of(record, snapshot, slot, context)?;
        ledger.reverse(Arc::clone(progress.capture), amount)?;
        let outcome = CaptureOutcome::Succeeded { amount, time, reversed: true };
        let next = record.with(|progress| progress.outcome = outcome);
        let effects = ledger.into_effects(Some(Record::Capture(next)));
        Ok(Decision::accepted(settled, effects))
    }
}
