//! Void: gives part of the remainder back without closing, or all of it. The
//! order of the checks: an amount out of bounds → the id was used → not there
//! → cancelled → expired → another currency → more than there is → more than
//! there is while captures are in process.

use std::sync::Arc;

use super::capture::{closed_why, not_cancelled_or_expired};
use super::ledger::Ledger;
use super::{Context, DamagedState, Decide, Decision, StateProblem, in_bounds};
use crate::authorization::Authorization;
use crate::command::{Void, VoidAmount};
use crate::key::{AuthorizationKey, Key, KeyParts, RecordKey};
use crate::money::Money;
use crate::outcome::Outcome;
use crate::record::{Record, VoidRecord};
use crate::refusal::{Exceeded, Refusal};
use crate::result_code::ResultCode;
use crate::snapshot::{Effects, ReadSlots, Snapshot};

type Answer = Arc<VoidRecord>;

impl Decide for Void {
    type Answer = Answer;

    fn keys(&self, into: &mut impl Extend<Key>) {
        let record = RecordKey::Void(self.merchant.clone(), self.request.clone());
        let authorization =
            AuthorizationKey { merchant: self.merchant.clone(), payment: self.payment.clone() };
        into.extend([Key::Record(record), Key::Authorization(authorization)]);
    }

    fn decide(&self, snapshot: &Snapshot, context: &Context<'_>) -> Result<Decision<Answer>, DamagedState> {
        if let Err(refusal) = in_bounds("voidAmount", part(self.amount)) {
            return Ok(Decision::refused(refusal, ReadSlots::default()));
        }
        let parts = KeyParts::void(self.merchant.as_str(), self.request.as_str());
        let seen = snapshot.record(parts);
        match seen.value {
            Some(Record::Void(record)) => {
                return Ok(repeated(self, record, ReadSlots { record: seen.slot, ..ReadSlots::default() }));
            }
            Some(other) => return Err(DamagedState::new(other.key(), StateProblem::AnotherKind)),
            None => (),
        }
        match Ledger::open(snapshot, &self.merchant, &self.payment, seen.slot, context.now)? {
            Ok(ledger) => on_authorization(self, ledger),
            Err(reads) => {
                let effects = Effects { reads, ..Effects::default() };
                Ok(recorded_refusal(self, Refusal::NoAuthorization, effects))
            }
        }
    }
}

const fn part(amount: VoidAmount) -> Option<Money> {
    match amount {
        VoidAmount::Part(amount) => Some(amount),
        VoidAmount::Remainder => None,
    }
}

fn repeated(void: &Void, record: &Arc<VoidRecord>, reads: ReadSlots) -> Decision<Answer> {
    let fields = [("paymentId", void.payment == record.payment), ("voidAmount", void.amount == record.asked)];
    match fields.into_iter().find(|(_, same)| !same) {
        Some((field, _)) => Decision::refused(Refusal::Inconsistent { field }, reads),
        None => Decision::unrecorded(Outcome::Replayed(Arc::clone(record)), reads),
    }
}

fn on_authorization(void: &Void, mut ledger: Ledger) -> Result<Decision<Answer>, DamagedState> {
    ledger.close_if_due()?;
    match resolve(void.amount, &ledger.authorization) {
        Ok(Some(amount)) => {
            ledger.void(void.request.clone(), amount)?;
            let record = record_of(void, Ok(amount));
            let effects = ledger.into_effects(Some(Record::Void(Arc::clone(&record))));
            Ok(Decision::accepted(record, effects))
        }
        Ok(None) => Ok(Decision::waiting(ledger.reads())),
        Err(refusal) => Ok(recorded_refusal(void, refusal, ledger.into_effects(None))),
    }
}

/// What can be voided now; `None` if that hangs on captures in process.
fn resolve(amount: VoidAmount, authorization: &Authorization) -> Result<Option<Money>, Refusal> {
    not_cancelled_or_expired(authorization)?;
    let expected = authorization.authorized().currency();
    if let Some(asked) = part(amount).filter(|asked| asked.currency() != expected) {
        return Err(Refusal::OtherCurrency { asked, expected });
    }
    let at_most = authorization.remainder_if_all_fail().max(0);
    let (fits_at_most, fits_now) = match amount {
        VoidAmount::Part(asked) => {
            (asked.minor() <= at_most, asked.minor() <= authorization.remainder_minor())
        }
        VoidAmount::Remainder => (at_most > 0, authorization.tally.pending == 0),
    };
    if authorization.closing().is_some() || !fits_at_most {
        return Err(exceeded(part(amount), authorization, at_most));
    }
    let resolved = part(amount).unwrap_or_else(|| authorization.remainder());
    Ok(fits_now.then_some(resolved))
}

fn exceeded(asked: Option<Money>, authorization: &Authorization, at_most: i64) -> Refusal {
    let open = if asked.is_some() { Exceeded::AboveRemainder } else { Exceeded::NothingLeft };
    let closed = closed_why(authorization);
    let remainder = authorization.money(if closed.is_some() { 0 } else { at_most });
    Refusal::ExceedsRemainder { why: closed.unwrap_or(open), asked, remainder }
}

fn record_of(void: &Void, result: Result<Money, ResultCode>) -> Arc<VoidRecord> {
    Arc::new(VoidRecord {
        merchant: void.merchant.clone(),
        request: void.request.clone(),
        payment: void.payment.clone(),
        asked: void.amount,
        result,
    })
}

/// A refusal that is remembered for ever, beside a closing that it met.
fn recorded_refusal(void: &Void, refusal: Refusal, effects: Effects) -> Decision<Answer> {
    let record = record_of(void, Err(refusal.code()));
    Decision::changing(Outcome::Refused(refusal), Effects { record: Some(Record::Void(record)), ..effects })
}
