//! A store of the smallest kind, which runs commands through their decisions
//! and folds the events, so that samples come into being as real ones do.

use std::collections::BTreeMap;
use std::sync::Arc;

use capture_engine::command::{Authorize, Capture};
use capture_engine::decide::{Context, Decide, Decision, Risk};
use capture_engine::event::{PayerEvent, PaymentEvent, PaymentEventKind};
use capture_engine::id::{CaptureId, CaptureRequestId, MerchantId, PayerId};
use capture_engine::record::{AskedCapture, CaptureOutcome, CaptureRecord, Record};
use capture_engine::risk::Verdict;
use capture_engine::store::{AuthorizationKey, RecordKey, Snapshot, Version};
use capture_engine::time::Offset;
use capture_engine::{Authorization, Instant, Money, Payer, Settings};

pub struct World {
    pub now: Instant,
    pub settings: Settings,
    pub verdict: Verdict,
    pub authorizations: BTreeMap<AuthorizationKey, Authorization>,
    pub payers: BTreeMap<PayerId, Payer>,
    pub payment_events: Vec<PaymentEvent>,
    pub payer_events: Vec<PayerEvent>,
    captures: BTreeMap<RecordKey, CaptureRecord>,
}

impl World {
    pub fn new(now: &str) -> Self {
        Self {
            now: now.parse().unwrap(),
            settings: Settings::default(),
            verdict: Verdict::Accept,
            authorizations: BTreeMap::new(),
            payers: BTreeMap::new(),
            payment_events: Vec::new(),
            payer_events: Vec::new(),
            captures: BTreeMap::new(),
        }
    }

    /// Runs a command, which must append an event.
    pub fn run(&mut self, command: &impl Decide) {
        let snapshot = self.snapshot();
        // Not the crate's own ids: nothing but the form is of interest here.
        let ids = |_: &MerchantId, request: &CaptureRequestId| backwards(request);
        let risk = Risk::Assume(self.verdict);
        let context = Context { now: self.now, settings: &self.settings, ids: &ids, risk };
        let Ok(Decision::Decided(decided)) = command.decide(&snapshot, &context) else {
            panic!("the command is not decided");
        };
        let events = decided.events();
        assert!(!events.is_empty(), "the command appends no event");
        for event in events.payment() {
            self.apply(event);
        }
        if let Some(event) = events.payer() {
            self.apply_to_payer(event);
        }
    }

    fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::new();
        for record in self.captures.values() {
            snapshot.add_record(Version::FIRST, Record::Capture(record.clone()));
        }
        for authorization in self.authorizations.values() {
            snapshot.add_authorization(Version::FIRST, authorization.clone());
        }
        for payer in self.payers.values() {
            snapshot.add_payer(Version::FIRST, payer.clone());
        }
        snapshot
    }

    fn apply(&mut self, event: &PaymentEvent) {
        let key = AuthorizationKey { merchant: event.merchant().clone(), payment: event.payment().clone() };
        let nothing = Money::zero(event.hold().amount.currency());
        let before = self.authorizations.get(&key).map_or(nothing, Authorization::claim);
        let authorization = match self.authorizations.remove(&key) {
            Some(mut authorization) => {
                authorization.apply(event).unwrap();
                authorization
            }
            None => Authorization::open(event).unwrap(),
        };
        if let Some(payer) = authorization.payer() {
            self.payers.get_mut(payer).unwrap().follow(event, before, authorization.claim()).unwrap();
        }
        self.authorizations.insert(key, authorization);
        self.remember(event);
        self.payment_events.push(event.clone());
    }

    fn apply_to_payer(&mut self, event: &PayerEvent) {
        match self.payers.get_mut(event.payer()) {
            Some(payer) => payer.apply(event).unwrap(),
            None => {
                self.payers.insert(event.payer().clone(), Payer::open(event).unwrap());
            }
        }
        self.payer_events.push(event.clone());
    }

    /// Keeps the record of a capture as far as its settlement needs it.
    fn remember(&mut self, event: &PaymentEvent) {
        let Some(capture) = event.kind().capture() else {
            return;
        };
        let key = RecordKey::Capture(event.merchant().clone(), capture.request.clone());
        let known = self.captures.get(&key).and_then(CaptureRecord::progress);
        let mut outcome = known.map_or(CaptureOutcome::InProcess, |known| known.outcome);
        let mut contradiction = known.and_then(|known| known.contradiction);
        let time = event.time().at(Offset::UTC);
        match event.kind() {
            PaymentEventKind::Captured { amount, .. } => {
                outcome = CaptureOutcome::Succeeded { amount: *amount, time, reversed: false };
            }
            PaymentEventKind::CaptureReversed { amount, .. } => {
                outcome = CaptureOutcome::Succeeded { amount: *amount, time, reversed: true };
            }
            PaymentEventKind::CaptureFailed { code, .. } => outcome = CaptureOutcome::Failed(*code),
            PaymentEventKind::SettlementContradicted { told, .. } => contradiction = Some(*told),
            _ => (),
        }
        let asked = AskedCapture {
            payment: event.payment(),
            amount: Some(capture.asked),
            resolved: Some(capture.asked),
            last: Some(capture.last),
            last_by_default: true,
            extend_info: None,
        };
        let record = CaptureRecord::accepted(Arc::clone(capture), asked, outcome, contradiction);
        self.captures.insert(key, record);
    }

    pub fn authorization(&self, merchant: &str, payment: &str) -> Authorization {
        let key = AuthorizationKey { merchant: merchant.parse().unwrap(), payment: payment.parse().unwrap() };
        self.authorizations[&key].clone()
    }
}

/// An id of a capture that is not its request's.
pub fn backwards(request: &CaptureRequestId) -> CaptureId {
    request.as_str().chars().rev().collect::<String>().try_into().unwrap()
}

/// An authorize with what a merchant has to say.
pub fn authorize(merchant: &str, payment: &str, amount: Money) -> Authorize {
    let deadline = "2030-01-01T00:00:00Z".parse().unwrap();
    Authorize::new(merchant.parse().unwrap(), payment.parse().unwrap(), amount, deadline)
}

/// A capture of an amount that is not the last one.
pub fn capture(merchant: &str, request: &str, payment: &str, amount: Money) -> Capture {
    let (merchant, request) = (merchant.parse().unwrap(), request.parse().unwrap());
    Capture::new(merchant, request, payment.parse().unwrap()).amount(amount).last(false)
}
