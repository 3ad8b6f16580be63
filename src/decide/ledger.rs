//! A working copy of one authorization and its payer's account, which events
//! are appended to. Each event changes both at once, so that what is held is
//! always the sum of what the payer's authorizations claim.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{DamagedState, authorization_key, missing_payer};
use crate::authorization::Authorization;
use crate::event::{AcceptedCapture, PaymentEvent, PaymentEventKind, Told};
use crate::id::{MerchantId, PaymentId, VoidRequestId};
use crate::money::Money;
use crate::payer::Payer;
use crate::record::Record;
use crate::result_code::FailureCode;
use crate::snapshot::{Effects, ReadSlots, Snapshot};
use crate::time::Instant;

/// A working copy of an authorization and its payer.
pub(crate) struct Ledger {
    pub(crate) authorization: Authorization,
    pub(crate) payer: Option<Box<Payer>>,
    now: Instant,
    reads: ReadSlots,
    events: SmallVec<[PaymentEvent; 1]>,
}

impl Ledger {
    /// The authorization of this payment, if it is there. `record` is the
    /// slot of the record that the decision read before.
    pub(crate) fn open(
        snapshot: &Snapshot,
        merchant: &MerchantId,
        payment: &PaymentId,
        record: Option<usize>,
        now: Instant,
    ) -> Result<Result<Self, ReadSlots>, DamagedState> {
        let found = snapshot.authorization(merchant.as_str(), payment.as_str());
        let mut reads = ReadSlots { record, authorization: found.slot, payer: None };
        let Some(authorization) = found.value else {
            return Ok(Err(reads));
        };
        let payer = match authorization.payer() {
            Some(id) => {
                let payer = snapshot.payer(id);
                reads.payer = payer.slot;
                Some(Box::new(payer.value.ok_or_else(|| missing_payer(id))?.clone()))
            }
            None => None,
        };
        let authorization = authorization.clone();
        Ok(Ok(Self { authorization, payer, now, reads, events: SmallVec::new() }))
    }

    /// The ledger of an authorization that its record names, which must be there.
    pub(crate) fn of_record(
        snapshot: &Snapshot,
        merchant: &MerchantId,
        payment: &PaymentId,
        record: Option<usize>,
        now: Instant,
    ) -> Result<Self, DamagedState> {
        Self::open(snapshot, merchant, payment, record, now)?.map_err(|_| {
            DamagedState::new(authorization_key(merchant, payment), super::StateProblem::Missing)
        })
    }

    /// The ledger of a new authorization.
    pub(crate) fn begin(
        first: PaymentEvent,
        payer: Option<Box<Payer>>,
        reads: ReadSlots,
        now: Instant,
    ) -> Result<Self, DamagedState> {
        let key = authorization_key(first.merchant(), first.payment());
        let damaged = |problem| DamagedState::new(key.clone(), problem);
        let authorization = Authorization::open(&first).map_err(damaged)?;
        let mut ledger = Self { authorization, payer, now, reads, events: SmallVec::new() };
        let before = ledger.authorization.money(0);
        ledger.payer_follows(&first, before)?;
        ledger.events.push(first);
        Ok(ledger)
    }

    pub(crate) fn reads(&self) -> ReadSlots {
        self.reads
    }

    /// Whether anything was appended.
    pub(crate) fn is_changed(&self) -> bool {
        !self.events.is_empty()
    }

    /// The number that the next event gets.
    pub(crate) fn next_seq(&self) -> u64 {
        self.authorization.seq().saturating_add(1)
    }

    /// The time that the next event gets: never before the last one's.
    pub(crate) fn event_time(&self) -> Instant {
        self.now.max(self.authorization.last_time())
    }

    /// What was appended, and a record that goes with it.
    pub(crate) fn into_effects(self, record: Option<Record>) -> Effects {
        let changed = self.is_changed();
        Effects {
            reads: self.reads,
            record,
            authorization: changed.then_some(self.authorization),
            payer: self.payer.filter(|_| changed),
            payment_events: self.events,
            payer_event: None,
        }
    }

    fn append(&mut self, kind: PaymentEventKind) -> Result<(), DamagedState> {
        let event = PaymentEvent {
            hold: Arc::clone(self.authorization.hold()),
            seq: self.next_seq(),
            time: self.event_time(),
            kind,
        };
        let before = self.authorization.claim();
        if let Err(problem) = self.authorization.apply(&event) {
            let key = authorization_key(event.merchant(), event.payment());
            return Err(DamagedState::new(key, problem));
        }
        self.payer_follows(&event, before)?;
        self.events.push(event);
        Ok(())
    }

    fn payer_follows(&mut self, event: &PaymentEvent, before: Money) -> Result<(), DamagedState> {
        let after = self.authorization.claim();
        match &mut self.payer {
            Some(payer) => payer
                .follow(event, before, after)
                .map_err(|problem| DamagedState::new(payer.id().clone(), problem)),
            None => Ok(()),
        }
    }

    /// Closes an open authorization whose deadline has passed. It is a
    /// decision of its own, whatever becomes of the command that met it.
    pub(crate) fn close_if_due(&mut self) -> Result<(), DamagedState> {
        if !self.authorization.is_due(self.now) {
            return Ok(());
        }
        let closing = self.authorization.closing_by_deadline();
        let released = self.authorization.unclaimed();
        self.append(PaymentEventKind::Expired { released, closing })
    }

    /// A capture is accepted, its outcome open.
    pub(crate) fn reserve(&mut self, capture: Arc<AcceptedCapture>) -> Result<(), DamagedState> {
        self.append(PaymentEventKind::CaptureAccepted { capture })
    }

    /// A capture succeeds: at once, or settled after it was in process.
    pub(crate) fn capture(
        &mut self,
        capture: Arc<AcceptedCapture>,
        amount: Money,
        settled: bool,
    ) -> Result<(), DamagedState> {
        let reserved = if settled { capture.asked.minor() } else { 0 };
        let captured = self.authorization.tally.captured.saturating_add(amount.minor());
        let in_process = self.authorization.tally.in_process.saturating_sub(reserved);
        let closing = self.authorization.closing_by_capture(captured, in_process, capture.last);
        let released = self.authorization.released_by(captured, in_process, closing.is_some());
        self.append(PaymentEventKind::Captured { capture, amount, settled, closing, released })
    }

    /// A capture in process fails.
    pub(crate) fn fail(
        &mut self,
        capture: Arc<AcceptedCapture>,
        code: FailureCode,
    ) -> Result<(), DamagedState> {
        let tally = self.authorization.tally;
        let in_process = tally.in_process.saturating_sub(capture.asked.minor());
        let released = self.authorization.released_by(tally.captured, in_process, false);
        self.append(PaymentEventKind::CaptureFailed { capture, code, released })
    }

    /// A capture that had succeeded fails after all.
    pub(crate) fn reverse(
        &mut self,
        capture: Arc<AcceptedCapture>,
        amount: Money,
    ) -> Result<(), DamagedState> {
        let tally = self.authorization.tally;
        let captured = tally.captured.saturating_sub(amount.minor());
        let released = self.authorization.released_by(captured, tally.in_process, false);
        self.append(PaymentEventKind::CaptureReversed { capture, amount, released })
    }

    /// Part of the remainder is given back; all of it, with nothing in
    /// process, closes.
    pub(crate) fn void(&mut self, request: VoidRequestId, amount: Money) -> Result<(), DamagedState> {
        let closing = self.authorization.closing_by_void(amount.minor());
        self.append(PaymentEventKind::Voided { request: Box::new(request), amount, closing })
    }

    /// All that is left is released.
    pub(crate) fn cancel(&mut self) -> Result<Money, DamagedState> {
        let released = self.authorization.unclaimed();
        self.append(PaymentEventKind::Cancelled { released })?;
        Ok(released)
    }

    /// The rail said what cannot be true.
    pub(crate) fn contradict(
        &mut self,
        capture: Arc<AcceptedCapture>,
        told: Told,
    ) -> Result<(), DamagedState> {
        self.append(PaymentEventKind::SettlementContradicted { capture, told })
    }
}
