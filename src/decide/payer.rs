//! The payer's account: its registration, its adjustments, and the checks
//! that several commands make of it.

use std::sync::Arc;

use super::{Context, DamagedState, Decide, Decision, StateProblem, in_bounds, in_bounds_or_zero};
use crate::command::{AdjustPayer, FundsChange, PayerStatus, RegisterPayer};
use crate::event::{PayerEvent, PayerEventKind, Registration};
use crate::key::{Key, KeyParts, RecordKey};
use crate::money::{Currency, MAX_COMMANDED_MINOR, Money};
use crate::outcome::Outcome;
use crate::payer::Payer;
use crate::record::{AdjustRecord, PayerFunds, Record, RegisterRecord};
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::snapshot::{Effects, ReadSlots, Snapshot};

/// Something new can be made in the amount's currency.
pub(super) fn is_supported(asked: Money, settings: &Settings) -> Result<(), Refusal> {
    if settings.supports(asked.currency()) { Ok(()) } else { Err(Refusal::CurrencyNotConfigured { asked }) }
}

/// An amount is in the currency that it must be in.
pub(super) fn in_currency(asked: Option<Money>, expected: Currency) -> Result<(), Refusal> {
    match asked.filter(|asked| asked.currency() != expected) {
        Some(asked) => Err(Refusal::OtherCurrency { asked, expected }),
        None => Ok(()),
    }
}

/// Capture row 12.
pub(super) fn is_normal(payer: &Payer) -> Result<(), Refusal> {
    if payer.status() == PayerStatus::Normal { Ok(()) } else { Err(Refusal::PayerStatus) }
}

/// Capture row 15: the account has this much that nothing claims.
pub(super) fn has_free(payer: &Payer, needed: Money) -> Result<(), Refusal> {
    let free = payer.free();
    if free.minor() < i128::from(needed.minor()) {
        return Err(Refusal::PayerFunds { needed, free });
    }
    Ok(())
}

impl Decide for RegisterPayer {
    type Answer = Arc<RegisterRecord>;

    fn keys(&self, into: &mut impl Extend<Key>) {
        into.extend([Key::Record(RecordKey::Register(self.payer.clone())), Key::Payer(self.payer.clone())]);
    }

    /// Amounts out of bounds → registered before → currency. Only a success
    /// is recorded.
    fn decide(
        &self,
        snapshot: &Snapshot,
        context: &Context<'_>,
    ) -> Result<Decision<Self::Answer>, DamagedState> {
        let bounds = in_bounds_or_zero("balance", Some(self.balance))
            .and_then(|()| in_bounds_or_zero("maxAmountPerWindow", self.limits.max_amount));
        if let Err(refusal) = bounds {
            return Ok(Decision::refused(refusal, ReadSlots::default()));
        }
        let seen = snapshot.record(KeyParts::register(self.payer.as_str()));
        let account = snapshot.payer(&self.payer);
        let reads = ReadSlots { record: seen.slot, authorization: None, payer: account.slot };
        match seen.value {
            Some(Record::Register(record)) => return Ok(registered_before(self, record, reads)),
            Some(other) => return Err(DamagedState::new(other.key(), StateProblem::AnotherKind)),
            // An account without the record of its request must not be made again.
            None if account.value.is_some() => {
                return Err(DamagedState::new(
                    RecordKey::Register(self.payer.clone()),
                    StateProblem::Missing,
                ));
            }
            None => (),
        }
        let currency = is_supported(self.balance, context.settings)
            .and_then(|()| in_currency(self.limits.max_amount, self.balance.currency()));
        match currency {
            Ok(()) => register(self, reads, context),
            Err(refusal) => Ok(Decision::refused(refusal, reads)),
        }
    }
}

fn registration(command: &RegisterPayer) -> Registration {
    Registration { balance: command.balance, status: command.status, limits: command.limits }
}

fn registered_before(
    command: &RegisterPayer,
    record: &Arc<RegisterRecord>,
    reads: ReadSlots,
) -> Decision<Arc<RegisterRecord>> {
    let (now, then) = (registration(command), record.registration);
    let fields = [
        ("balance", now.balance == then.balance),
        ("status", now.status == then.status),
        ("maxCountPerWindow", now.limits.max_count == then.limits.max_count),
        ("maxAmountPerWindow", now.limits.max_amount == then.limits.max_amount),
    ];
    match fields.into_iter().find(|(_, same)| !same) {
        Some((field, _)) => Decision::refused(Refusal::Inconsistent { field }, reads),
        None => Decision::unrecorded(Outcome::Replayed(Arc::clone(record)), reads),
    }
}

fn register(
    command: &RegisterPayer,
    reads: ReadSlots,
    context: &Context<'_>,
) -> Result<Decision<Arc<RegisterRecord>>, DamagedState> {
    let registration = registration(command);
    let event = PayerEvent {
        payer: command.payer.clone(),
        seq: 1,
        time: context.now,
        kind: PayerEventKind::PayerRegistered(registration),
    };
    let payer = Payer::open(&event).map_err(|problem| DamagedState::new(command.payer.clone(), problem))?;
    let record = Arc::new(RegisterRecord { payer: command.payer.clone(), registration });
    let effects = Effects {
        reads,
        record: Some(Record::Register(Arc::clone(&record))),
        payer: Some(Box::new(payer)),
        payer_event: Some(Box::new(event)),
        ..Effects::default()
    };
    Ok(Decision::accepted(record, effects))
}

impl Decide for AdjustPayer {
    type Answer = Arc<AdjustRecord>;

    fn keys(&self, into: &mut impl Extend<Key>) {
        let record = RecordKey::Adjust(self.request.clone());
        into.extend([Key::Record(record), Key::Payer(self.payer.clone())]);
    }

    /// Amounts out of bounds → the id was used → unknown payer → currency →
    /// a balance too high → more than is free.
    fn decide(
        &self,
        snapshot: &Snapshot,
        context: &Context<'_>,
    ) -> Result<Decision<Self::Answer>, DamagedState> {
        if let Err(refusal) = adjustment_in_bounds(self) {
            return Ok(Decision::refused(refusal, ReadSlots::default()));
        }
        let seen = snapshot.record(KeyParts::adjust(self.request.as_str()));
        let found = snapshot.payer(&self.payer);
        let reads = ReadSlots { record: seen.slot, authorization: None, payer: found.slot };
        match seen.value {
            Some(Record::Adjust(record)) => return Ok(adjusted_before(self, record, reads)),
            Some(other) => return Err(DamagedState::new(other.key(), StateProblem::AnotherKind)),
            None => (),
        }
        let Some(payer) = found.value else {
            return Ok(Decision::refused(Refusal::UnknownPayer, reads));
        };
        match can_be_adjusted(self, payer) {
            Ok(()) => adjust(self, payer.clone(), reads, context),
            // What is malformed is never recorded.
            Err(refusal @ Refusal::BalanceTooHigh { .. }) => Ok(Decision::refused(refusal, reads)),
            Err(refusal) => {
                let record = AdjustRecord { asked: self.clone(), result: Err(refusal.code()) };
                let record = Some(Record::Adjust(Arc::new(record)));
                let effects = Effects { reads, record, ..Effects::default() };
                Ok(Decision::changing(Outcome::Refused(refusal), effects))
            }
        }
    }
}

fn adjustment_in_bounds(command: &AdjustPayer) -> Result<(), Refusal> {
    match command.adjustment.funds {
        Some(FundsChange::Add(added)) => in_bounds("funds", Some(added))?,
        Some(FundsChange::Withdraw(withdrawn)) => in_bounds("withdraw", Some(withdrawn))?,
        None => (),
    }
    in_bounds_or_zero("maxAmountPerWindow", command.adjustment.limits.max_amount)
}

fn adjusted_before(
    command: &AdjustPayer,
    record: &Arc<AdjustRecord>,
    reads: ReadSlots,
) -> Decision<Arc<AdjustRecord>> {
    let (now, then) = (&command.adjustment, &record.asked.adjustment);
    let fields = [
        ("payerId", command.payer == record.asked.payer),
        ("funds", now.funds == then.funds),
        ("status", now.status == then.status),
        ("clearLimits", now.clear_limits == then.clear_limits),
        ("resetUsage", now.reset_usage == then.reset_usage),
        ("maxCountPerWindow", now.limits.max_count == then.limits.max_count),
        ("maxAmountPerWindow", now.limits.max_amount == then.limits.max_amount),
    ];
    match fields.into_iter().find(|(_, same)| !same) {
        Some((field, _)) => Decision::refused(Refusal::Inconsistent { field }, reads),
        None => Decision::unrecorded(Outcome::Replayed(Arc::clone(record)), reads),
    }
}

fn can_be_adjusted(command: &AdjustPayer, payer: &Payer) -> Result<(), Refusal> {
    let moved = match command.adjustment.funds {
        Some(FundsChange::Add(money) | FundsChange::Withdraw(money)) => Some(money),
        None => None,
    };
    in_currency(moved, payer.currency())?;
    in_currency(command.adjustment.limits.max_amount, payer.currency())?;
    match command.adjustment.funds {
        Some(FundsChange::Add(added)) => balance_stays_in_bounds(added, payer),
        Some(FundsChange::Withdraw(withdrawn)) => has_free(payer, withdrawn),
        None => Ok(()),
    }
}

fn balance_stays_in_bounds(added: Money, payer: &Payer) -> Result<(), Refusal> {
    let balance = payer.balance();
    let after = balance.minor().saturating_add(i128::from(added.minor()));
    if after > i128::from(MAX_COMMANDED_MINOR) {
        return Err(Refusal::BalanceTooHigh { balance, added });
    }
    Ok(())
}

fn adjust(
    command: &AdjustPayer,
    mut payer: Payer,
    reads: ReadSlots,
    context: &Context<'_>,
) -> Result<Decision<Arc<AdjustRecord>>, DamagedState> {
    let event = PayerEvent {
        payer: command.payer.clone(),
        seq: payer.seq().saturating_add(1),
        time: context.now.max(payer.last_time()),
        kind: PayerEventKind::PayerAdjusted {
            request: command.request.clone(),
            adjustment: command.adjustment,
        },
    };
    payer.apply(&event).map_err(|problem| DamagedState::new(command.payer.clone(), problem))?;
    let funds = PayerFunds { balance: payer.balance(), held: payer.held() };
    let record = Arc::new(AdjustRecord { asked: command.clone(), result: Ok(funds) });
    let effects = Effects {
        reads,
        record: Some(Record::Adjust(Arc::clone(&record))),
        payer: Some(Box::new(payer)),
        payer_event: Some(Box::new(event)),
        ..Effects::default()
    };
    Ok(Decision::accepted(record, effects))
}
