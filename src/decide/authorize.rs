//! Authorize: creates the hold. The order of the checks: an amount out of
//! bounds → the id was used → deadline not in the future, unknown payer →
//! currency → payment limit → payer's status → payer's funds. What comes
//! before the currency is not recorded, unless the record answers.

use std::sync::Arc;

use super::ledger::Ledger;
use super::{
    Context, DamagedState, Decide, Decision, StateProblem, authorization_key, in_bounds, within_payment_limit,
};
use crate::command::Authorize;
use crate::event::{PaymentEvent, PaymentEventKind};
use crate::key::{Key, KeyParts, RecordKey};
use crate::outcome::Outcome;
use crate::payer::Payer;
use crate::record::{AuthorizeRecord, Record};
use crate::refusal::Refusal;
use crate::result_code::ResultCode;
use crate::settings::Settings;
use crate::snapshot::{Effects, ReadSlots, Snapshot};
use crate::terms::{Funding, Hold, Terms};
use crate::time::Offset;

type Answer = AuthorizeRecord;

impl Decide for Authorize {
    type Answer = Answer;

    fn keys(&self, into: &mut impl Extend<Key>) {
        let record = RecordKey::Authorize(self.merchant.clone(), self.payment.clone());
        let authorization = authorization_key(&self.merchant, &self.payment);
        into.extend([Key::Record(record), Key::Authorization(authorization)]);
        into.extend(self.payer.clone().map(Key::Payer));
    }

    fn decide(&self, snapshot: &Snapshot, context: &Context<'_>) -> Result<Decision<Answer>, DamagedState> {
        if let Err(refusal) = amounts_in_bounds(self) {
            return Ok(Decision::refused(refusal, ReadSlots::default()));
        }
        let parts = KeyParts::authorize(self.merchant.as_str(), self.payment.as_str());
        let seen = snapshot.record(parts);
        let placed = snapshot.authorization(self.merchant.as_str(), self.payment.as_str());
        let mut reads = ReadSlots { record: seen.slot, authorization: placed.slot, payer: None };
        let hold = hold(self, context.settings);
        match seen.value {
            Some(Record::Authorize(record)) => return Ok(repeated(&hold, record, reads)),
            Some(other) => return Err(DamagedState::new(other.key(), StateProblem::AnotherKind)),
            // A hold without the record of its request must not be placed again.
            None if placed.value.is_some() => {
                let key = RecordKey::Authorize(self.merchant.clone(), self.payment.clone());
                return Err(DamagedState::new(key, StateProblem::Missing));
            }
            None => (),
        }
        if self.expires_at <= context.now {
            let refusal = Refusal::DeadlineNotInFuture { deadline: self.expires_at, now: context.now };
            return Ok(Decision::refused(refusal, reads));
        }
        let payer = match &self.payer {
            Some(id) => {
                let payer = snapshot.payer(id);
                reads.payer = payer.slot;
                match payer.value {
                    Some(payer) => Some(payer),
                    None => return Ok(Decision::refused(Refusal::UnknownPayer, reads)),
                }
            }
            None => None,
        };
        match allowed(self, payer, context.settings) {
            Ok(()) => place(hold, payer.cloned().map(Box::new), reads, context),
            Err(refusal) => Ok(recorded_refusal(hold, refusal, reads)),
        }
    }
}

fn amounts_in_bounds(authorize: &Authorize) -> Result<(), Refusal> {
    in_bounds("paymentAmount", Some(authorize.amount))?;
    in_bounds("overcaptureLimit", authorize.overcapture_limit)
}

/// The hold that is asked for.
fn hold(authorize: &Authorize, settings: &Settings) -> Hold {
    Hold {
        merchant: authorize.merchant.clone(),
        payment: authorize.payment.clone(),
        payer: authorize.payer.clone(),
        amount: authorize.amount,
        terms: Terms {
            expires_at: authorize.expires_at,
            max_captures: authorize.max_captures,
            overcapture_percent: authorize.overcapture_percent,
            overcapture_limit: authorize.overcapture_limit,
            settlement: authorize.settlement,
            funding: authorize.funding,
            last_by_default: settings.is_last_by_default(),
        },
    }
}

fn repeated(hold: &Hold, record: &AuthorizeRecord, reads: ReadSlots) -> Decision<Answer> {
    match hold.same_content(&record.hold) {
        Ok(()) => Decision::unrecorded(Outcome::Replayed(record.clone()), reads),
        Err(field) => Decision::refused(Refusal::Inconsistent { field }, reads),
    }
}

/// Currency, payment limit, and the payer's status and funds, in this order.
fn allowed(authorize: &Authorize, payer: Option<&Payer>, settings: &Settings) -> Result<(), Refusal> {
    let asked = authorize.amount;
    super::payer::is_supported(asked, settings)?;
    if let Some(payer) = payer {
        super::payer::in_currency(Some(asked), payer.currency())?;
    }
    super::payer::in_currency(authorize.overcapture_limit, asked.currency())?;
    within_payment_limit(asked, settings)?;
    let Some(payer) = payer else {
        return Ok(());
    };
    super::payer::is_normal(payer)?;
    match authorize.funding {
        Funding::Held => super::payer::has_free(payer, asked),
        Funding::Drawn => Ok(()),
    }
}

fn place(
    hold: Hold,
    payer: Option<Box<Payer>>,
    reads: ReadSlots,
    context: &Context<'_>,
) -> Result<Decision<Answer>, DamagedState> {
    let hold = Arc::new(hold);
    let first = PaymentEvent {
        hold: Arc::clone(&hold),
        seq: 1,
        time: context.now,
        kind: PaymentEventKind::Authorized,
    };
    let ledger = Ledger::begin(first, payer, reads, context.now)?;
    let record = AuthorizeRecord { hold, result: Ok(context.settings.printed_offset()) };
    let effects = ledger.into_effects(Some(Record::Authorize(record.clone())));
    Ok(Decision::accepted(record, effects))
}

/// A refusal that is remembered for ever.
fn recorded_refusal(hold: Hold, refusal: Refusal, reads: ReadSlots) -> Decision<Answer> {
    let result: Result<Offset, ResultCode> = Err(refusal.code());
    let record = Record::Authorize(AuthorizeRecord { hold: Arc::new(hold), result });
    let effects = Effects { reads, record: Some(record), ..Effects::default() };
    Decision::changing(Outcome::Refused(refusal), effects)
}
