//! Cancel: releases the remainder and closes. The order of the checks: not
//! there → cancelled by a cancel before: the same answer → cancelled by a void
//! → expired → nothing left to release → a capture in process.

use std::sync::Arc;

use super::capture::not_cancelled_or_expired;
use super::ledger::Ledger;
use super::{Context, DamagedState, Decide, Decision, StateProblem};
use crate::authorization::Authorization;
use crate::command::Cancel;
use crate::key::{AuthorizationKey, Key, KeyParts, RecordKey};
use crate::outcome::{Outcome, Pending};
use crate::record::{CancelRecord, Record};
use crate::refusal::Refusal;
use crate::snapshot::{ReadSlots, Snapshot};

type Answer = Arc<CancelRecord>;

impl Decide for Cancel {
    type Answer = Answer;

    fn keys(&self, into: &mut impl Extend<Key>) {
        let record = RecordKey::Cancel(self.merchant.clone(), self.payment.clone());
        let authorization =
            AuthorizationKey { merchant: self.merchant.clone(), payment: self.payment.clone() };
        into.extend([Key::Record(record), Key::Authorization(authorization)]);
    }

    fn decide(&self, snapshot: &Snapshot, context: &Context<'_>) -> Result<Decision<Answer>, DamagedState> {
        let parts = KeyParts::cancel(self.merchant.as_str(), self.payment.as_str());
        let seen = snapshot.record(parts);
        let reads = ReadSlots { record: seen.slot, ..ReadSlots::default() };
        match seen.value {
            Some(Record::Cancel(record)) => {
                return Ok(Decision::unrecorded(Outcome::Replayed(Arc::clone(record)), reads));
            }
            Some(other) => return Err(DamagedState::new(other.key(), StateProblem::AnotherKind)),
            None => (),
        }
        match Ledger::open(snapshot, &self.merchant, &self.payment, seen.slot, context.now)? {
            Ok(ledger) => on_authorization(self, ledger, context),
            Err(reads) => Ok(Decision::refused(Refusal::NoAuthorization, reads)),
        }
    }
}

fn on_authorization(
    cancel: &Cancel,
    mut ledger: Ledger,
    context: &Context<'_>,
) -> Result<Decision<Answer>, DamagedState> {
    ledger.close_if_due()?;
    if let Err(refusal) = can_be_cancelled(&ledger.authorization) {
        // A closing by the deadline stays, whatever becomes of the cancel.
        return Ok(Decision::changing(Outcome::Refused(refusal), ledger.into_effects(None)));
    }
    if ledger.authorization.tally.pending > 0 {
        let waiting = Outcome::Pending(Pending::Waiting);
        return Ok(Decision::changing(waiting, ledger.into_effects(None)));
    }
    let time = ledger.event_time().at(context.settings.printed_offset());
    let released = ledger.cancel()?;
    let (merchant, payment) = (cancel.merchant.clone(), cancel.payment.clone());
    let record = Arc::new(CancelRecord { merchant, payment, released, time });
    let effects = ledger.into_effects(Some(Record::Cancel(Arc::clone(&record))));
    Ok(Decision::accepted(record, effects))
}

fn can_be_cancelled(authorization: &Authorization) -> Result<(), Refusal> {
    not_cancelled_or_expired(authorization)?;
    let holds_nothing = authorization.unclaimed_minor() == 0 && authorization.tally.in_process == 0;
    if authorization.closing().is_some() || holds_nothing {
        return Err(Refusal::WrongState { state: authorization.state() });
    }
    Ok(())
}
