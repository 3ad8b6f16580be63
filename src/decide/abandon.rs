//! Abandon: fences an id that nobody is sure of. If it was never used, a
//! failure is recorded for it with any content, so that a late delivery can
//! never capture.

use super::capture::capture_record;
use super::{Context, DamagedState, Decide, Decision};
use crate::command::Abandon;
use crate::key::{Key, RecordKey};
use crate::outcome::{Fenced, Outcome, Pending};
use crate::record::{CaptureOutcome, CaptureRecord, Record};
use crate::refusal::Refusal;
use crate::snapshot::{Effects, ReadSlots, Snapshot};

impl Decide for Abandon {
    type Answer = Fenced;

    fn keys(&self, into: &mut impl Extend<Key>) {
        let record = RecordKey::Capture(self.merchant.clone(), self.request.clone());
        into.extend([Key::Record(record)]);
    }

    fn decide(&self, snapshot: &Snapshot, _: &Context<'_>) -> Result<Decision<Fenced>, DamagedState> {
        let (slot, known) = capture_record(snapshot, self.merchant.as_str(), self.request.as_str())?;
        let reads = ReadSlots { record: slot, ..ReadSlots::default() };
        Ok(match known {
            Some(record) => Decision::unrecorded(of_used(record), reads),
            None => {
                Decision::accepted(Fenced, Effects { record: Some(fence(self)), reads, ..Effects::default() })
            }
        })
    }
}

/// What is answered of an id that was used.
fn of_used(record: &CaptureRecord) -> Outcome<Fenced> {
    match record.progress().map(|progress| progress.outcome) {
        None | Some(CaptureOutcome::Failed(_)) => Outcome::Replayed(Fenced),
        Some(CaptureOutcome::InProcess) => Outcome::Pending(Pending::InProcess { record: record.clone() }),
        Some(CaptureOutcome::Succeeded { .. }) => {
            Outcome::Refused(Refusal::WrongOutcome { code: record.code() })
        }
    }
}

fn fence(abandon: &Abandon) -> Record {
    Record::Capture(CaptureRecord::abandoned(abandon.merchant.clone(), abandon.request.clone()))
}
