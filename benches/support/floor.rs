//! The floors: the least that a careful programmer could do with plain maps,
//! for the same keys, id types and numbers of rows.
//!
//! A floor looks the request's record up, looks the authorization up, checks
//! that it is open, in time, in the same currency and has enough left, takes
//! the amount, inserts the record with what an answer needs, and pushes an
//! event with what a reader of events needs. With payers it keeps their funds
//! and counts too.
//!
//! It does *not*: record refusals, tell a repeated request with other fields
//! from the same one beyond the payment and the amount, settle later, reverse,
//! void, expire, limit, keep the captures of a payment together or a
//! payment's events readable, hash a secret id of the capture (it counts),
//! take a lock, check versions, or know which row a store has to write. It
//! serves one thread.

use std::collections::HashMap as StdMap;
use std::hash::Hash;

use capture_engine::id::{CaptureRequestId, MerchantId, PayerId, PaymentId};
use capture_engine::{Instant, Money, ResultCode};
use hashbrown::HashMap as BrownMap;

use super::load::{Asked, Load, Placed};

/// What a floor needs of a map.
pub trait Map<K, V>: Default {
    fn look(&self, key: &K) -> Option<&V>;
    fn look_mut(&mut self, key: &K) -> Option<&mut V>;
    fn put(&mut self, key: K, value: V);
}

impl<K: Eq + Hash, V> Map<K, V> for StdMap<K, V> {
    fn look(&self, key: &K) -> Option<&V> {
        self.get(key)
    }

    fn look_mut(&mut self, key: &K) -> Option<&mut V> {
        self.get_mut(key)
    }

    fn put(&mut self, key: K, value: V) {
        self.insert(key, value);
    }
}

impl<K: Eq + Hash, V> Map<K, V> for BrownMap<K, V, foldhash::fast::RandomState> {
    fn look(&self, key: &K) -> Option<&V> {
        self.get(key)
    }

    fn look_mut(&mut self, key: &K) -> Option<&mut V> {
        self.get_mut(key)
    }

    fn put(&mut self, key: K, value: V) {
        self.insert(key, value);
    }
}

/// The maps of one kind.
pub trait Maps {
    type Authorizations: Map<(MerchantId, PaymentId), AuthorizationRow>;
    type Records: Map<(MerchantId, CaptureRequestId), RecordRow>;
    type Payers: Map<PayerId, PayerRow>;
}

/// `std`'s, with their default hasher.
pub struct Std;

impl Maps for Std {
    type Authorizations = StdMap<(MerchantId, PaymentId), AuthorizationRow>;
    type Records = StdMap<(MerchantId, CaptureRequestId), RecordRow>;
    type Payers = StdMap<PayerId, PayerRow>;
}

/// `hashbrown`'s, with `foldhash`.
pub struct Brown;

impl Maps for Brown {
    type Authorizations = BrownMap<(MerchantId, PaymentId), AuthorizationRow, foldhash::fast::RandomState>;
    type Records = BrownMap<(MerchantId, CaptureRequestId), RecordRow, foldhash::fast::RandomState>;
    type Payers = BrownMap<PayerId, PayerRow, foldhash::fast::RandomState>;
}

pub struct AuthorizationRow {
    amount: Money,
    captured: i64,
    captures: u32,
    expires_at: Instant,
    closed: bool,
    payer: Option<PayerId>,
}

impl From<Placed> for AuthorizationRow {
    fn from(placed: Placed) -> Self {
        Self {
            amount: placed.amount,
            captured: 0,
            captures: 0,
            expires_at: placed.expires_at,
            closed: false,
            payer: placed.payer,
        }
    }
}

pub struct RecordRow {
    payment: PaymentId,
    capture: u128,
    amount: Money,
    last: bool,
    time: Instant,
}

pub struct PayerRow {
    balance: i64,
    held: i64,
    captures: u64,
    sum: i128,
}

#[expect(dead_code, reason = "written for a reader who is not measured")]
pub struct EventRow {
    merchant: MerchantId,
    payment: PaymentId,
    request: CaptureRequestId,
    capture: u128,
    amount: Money,
    time: Instant,
}

/// What an answer is made of.
#[derive(Clone, Copy)]
pub struct Answer {
    pub capture: u128,
    pub amount: Money,
    pub time: Instant,
}

/// Captures in plain maps.
pub struct Floor<M: Maps> {
    authorizations: M::Authorizations,
    records: M::Records,
    payers: M::Payers,
    events: Vec<EventRow>,
}

impl<M: Maps> Floor<M> {
    /// With all holds of the load placed.
    pub fn new(load: &Load) -> Self {
        let mut floor = Self {
            authorizations: M::Authorizations::default(),
            records: M::Records::default(),
            payers: M::Payers::default(),
            events: Vec::new(),
        };
        for payer in load.payers() {
            let row = PayerRow { balance: i64::MAX, held: 0, captures: 0, sum: 0 };
            floor.payers.put(payer.clone(), row);
        }
        load.holds().for_each(|placed| floor.authorize(placed));
        floor
    }

    pub fn authorize(&mut self, placed: Placed) {
        let minor = placed.amount.minor();
        if let Some(payer) = placed.payer.as_ref().and_then(|payer| self.payers.look_mut(payer)) {
            payer.balance -= minor;
            payer.held += minor;
        }
        let key = (placed.merchant.clone(), placed.payment.clone());
        self.authorizations.put(key, placed.into());
    }

    pub fn capture(&mut self, asked: &Asked, now: Instant) -> Result<Answer, ResultCode> {
        let key = (asked.merchant.clone(), asked.request.clone());
        if let Some(known) = self.records.look(&key) {
            if known.payment != asked.payment || known.amount != asked.amount || known.last != asked.last {
                return Err(ResultCode::RepeatReqInconsistent);
            }
            return Ok(Answer { capture: known.capture, amount: known.amount, time: known.time });
        }
        let payment = (asked.merchant.clone(), asked.payment.clone());
        let Some(hold) = self.authorizations.look_mut(&payment) else {
            return Err(ResultCode::AuthNotFound);
        };
        if hold.closed || now >= hold.expires_at {
            return Err(ResultCode::OrderStatusInvalid);
        }
        let minor = asked.amount.minor();
        if asked.amount.currency() != hold.amount.currency() || minor > hold.amount.minor() - hold.captured {
            return Err(ResultCode::CaptureAmountExceedAuthLimit);
        }
        if let Some(payer) = hold.payer.as_ref().and_then(|payer| self.payers.look_mut(payer)) {
            payer.held -= minor;
            payer.captures += 1;
            payer.sum += i128::from(minor);
        }
        hold.captured += minor;
        hold.captures += 1;
        hold.closed |= asked.last;
        let answer = Answer { capture: self.events.len() as u128, amount: asked.amount, time: now };
        let (capture, amount, time) = (answer.capture, answer.amount, answer.time);
        let (merchant, payment, request) = (key.0.clone(), payment.1, key.1.clone());
        let record = RecordRow { payment: payment.clone(), capture, amount, last: asked.last, time };
        self.records.put(key, record);
        self.events.push(EventRow { merchant, payment, request, capture, amount, time });
        Ok(answer)
    }
}
