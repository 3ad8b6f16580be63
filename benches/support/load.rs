//! The load: merchants, payers, payments and captures, with ids as long as
//! those of the API's samples. Everything is made before it is measured.
#![allow(dead_code, reason = "each bench and test uses its part of it")]

use std::num::NonZeroU32;

use capture_engine::command::{Authorize, Capture, RegisterPayer};
use capture_engine::id::{CaptureRequestId, MerchantId, PayerId, PaymentId};
use capture_engine::submission::Submission;
use capture_engine::{BlockingEngine, Currency, Engine, Instant, MemoryStore, Money, ResultCode, Settings};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rand_distr::Zipf;

/// How many merchants there are.
const MERCHANTS: usize = 100;
/// How many commands go in one batch, here and where batches are measured.
pub const BATCH: usize = 1_000;
/// What each hold is of, in cents: enough for every capture of it.
const HOLD: i64 = 100_000_000_000;
/// What each capture takes, in cents.
const PART: i64 = 100;

/// A hold to be placed, for the engine and for the floors.
pub struct Placed {
    pub merchant: MerchantId,
    pub payment: PaymentId,
    pub amount: Money,
    pub expires_at: Instant,
    pub payer: Option<PayerId>,
}

/// A capture to be made, for the engine and for the floors.
#[derive(Clone)]
pub struct Asked {
    pub merchant: MerchantId,
    pub request: CaptureRequestId,
    pub payment: PaymentId,
    pub amount: Money,
    pub last: bool,
}

/// Which of the payments the next capture is of.
pub enum Spread {
    /// Any, each as likely.
    Uniform,
    /// The nth with a likelihood of 1/n.
    Skewed(Zipf<f64>),
}

/// Everything that is asked in a run.
pub struct Load {
    merchants: Vec<MerchantId>,
    payers: Vec<PayerId>,
    payments: usize,
    requests: u64,
    expires_at: Instant,
    random: SmallRng,
}

impl Load {
    /// So many payments of 100 merchants; with payers' accounts, one for ten payments.
    pub fn new(payments: usize, with_payers: bool) -> Self {
        let payers = if with_payers { payments.div_ceil(10) } else { 0 };
        Self {
            merchants: (0..MERCHANTS).map(|n| format!("merchant-{n:04}").parse().unwrap()).collect(),
            payers: (0..payers).map(|n| format!("2088{n:024}").parse().unwrap()).collect(),
            payments,
            requests: 0,
            expires_at: "2026-03-08T09:00:00+08:00".parse().unwrap(),
            random: SmallRng::seed_from_u64(1),
        }
    }

    pub fn payers(&self) -> &[PayerId] {
        &self.payers
    }

    pub fn merchants(&self) -> &[MerchantId] {
        &self.merchants
    }

    fn merchant_of(&self, payment: usize) -> MerchantId {
        self.merchants[payment % MERCHANTS].clone()
    }

    /// The nth hold.
    pub fn placed(&self, payment: usize) -> Placed {
        let payer = (!self.payers.is_empty()).then(|| self.payers[payment / 10].clone());
        Placed {
            merchant: self.merchant_of(payment),
            payment: payment_id(payment),
            amount: usd(HOLD),
            expires_at: self.expires_at,
            payer,
        }
    }

    /// The holds, in their order.
    pub fn holds(&self) -> impl Iterator<Item = Placed> + '_ {
        (0..self.payments).map(|payment| self.placed(payment))
    }

    /// The next capture, of the nth payment.
    pub fn capture_of(&mut self, payment: usize) -> Asked {
        self.requests += 1;
        Asked {
            merchant: self.merchant_of(payment),
            request: format!("2026030109000010{:024}", self.requests).parse().unwrap(),
            payment: payment_id(payment),
            amount: usd(PART),
            last: false,
        }
    }

    /// The next capture, of any of the first payments.
    pub fn capture_below(&mut self, payments: usize) -> Asked {
        let payment = self.random.random_range(0..payments);
        self.capture_of(payment)
    }

    /// The next captures.
    pub fn captures(&mut self, count: usize, spread: &Spread) -> Vec<Asked> {
        let mut captures = Vec::with_capacity(count);
        for _ in 0..count {
            let payment = match spread {
                Spread::Uniform => self.random.random_range(0..self.payments),
                Spread::Skewed(zipf) => self.random.sample(zipf) as usize - 1,
            };
            captures.push(self.capture_of(payment));
        }
        captures
    }

    /// Payments, the first ones more often than the later ones.
    pub fn skewed(&self) -> Spread {
        Spread::Skewed(Zipf::new(self.payments as f64, 1.0).unwrap())
    }

    /// An engine over a memory store with all holds placed.
    pub fn engine(&self) -> BlockingEngine<MemoryStore> {
        let engine = Engine::new(MemoryStore::new(), Settings::default()).blocking();
        self.place(|batch| submit(&engine, batch));
        engine
    }

    /// Registers the payers and places all holds, batch by batch.
    pub fn place(&self, mut submit: impl FnMut(&[Submission])) {
        let registrations: Vec<_> = self.payers.iter().map(|payer| registration(payer.clone())).collect();
        registrations.chunks(BATCH).for_each(&mut submit);
        let now = now();
        let mut holds = self.holds().map(|placed| Submission::new(placed.command(), now));
        loop {
            let batch: Vec<_> = holds.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                return;
            }
            submit(&batch);
        }
    }
}

fn registration(payer: PayerId) -> Submission {
    Submission::new(RegisterPayer::new(payer, usd(100 * HOLD)), now())
}

/// Sends a batch, of which everything must succeed.
pub fn submit(engine: &BlockingEngine<MemoryStore>, batch: &[Submission]) {
    let answers = engine.submit(batch);
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().code() == ResultCode::Success));
}

impl Placed {
    /// The same for the engine.
    pub fn command(self) -> Authorize {
        let hold = Authorize::new(self.merchant, self.payment, self.amount, self.expires_at)
            .max_captures(NonZeroU32::MAX);
        match self.payer {
            Some(payer) => hold.payer(payer),
            None => hold,
        }
    }
}

impl Asked {
    /// The same for the engine.
    pub fn command(&self) -> Capture {
        Capture::new(self.merchant.clone(), self.request.clone(), self.payment.clone())
            .amount(self.amount)
            .last(self.last)
    }

    /// The same as a merchant writes it.
    pub fn body(&self) -> Vec<u8> {
        let (request, payment, value) = (&self.request, &self.payment, self.amount.minor());
        let body = format!(
            r#"{{"captureRequestId":"{request}","paymentId":"{payment}","captureAmount":{{"value":"{value}","currency":"USD"}},"isLastCapture":{}}}"#,
            self.last
        );
        body.into_bytes()
    }
}

/// 39 characters.
fn payment_id(number: usize) -> PaymentId {
    format!("202603010900001{number:024}").parse().unwrap()
}

pub fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

/// The clock reading of everything.
pub fn now() -> Instant {
    "2026-03-01T09:00:00+08:00".parse().unwrap()
}
