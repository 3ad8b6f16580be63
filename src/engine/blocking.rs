//! The engine's calls without a runtime, over a store and a risk check whose
//! futures are always ready.

use std::future::Future;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::{Answered, Engine, EngineError, PayerInquiry, PaymentInquiry, Swept};
use crate::capture_id::{HashedIds, IdSource};
use crate::command::{
    Abandon, AdjustPayer, Authorize, Cancel, Capture, RegisterPayer, Reverse, Settle, Void,
};
use crate::decide::Decide;
use crate::event::PaymentEvent;
use crate::id::{MerchantId, PayerId, PaymentId};
use crate::outcome::{Fenced, Quote, Settled};
use crate::record::{AdjustRecord, AuthorizeRecord, CancelRecord, CaptureRecord, RegisterRecord, VoidRecord};
use crate::risk::{AcceptAll, ReadyRiskCheck};
use crate::store::{Inquiry, Reads, ReadyStore};
use crate::submission::{AnyAnswer, Submission};
use crate::time::Instant;

/// An [`Engine`] whose calls return their answer instead of a future.
#[derive(Clone, Debug)]
pub struct BlockingEngine<S, R = AcceptAll, I = HashedIds>(Engine<S, R, I>);

/// Runs a future that is always ready. One that is not, against its promise,
/// is polled until it is.
fn now_or_soon<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::hint::spin_loop();
    }
}

impl<S: ReadyStore, R: ReadyRiskCheck, I: IdSource> BlockingEngine<S, R, I> {
    pub(super) fn new(engine: Engine<S, R, I>) -> Self {
        Self(engine)
    }

    /// The engine with asynchronous calls.
    pub fn engine(&self) -> &Engine<S, R, I> {
        &self.0
    }

    /// As [`Engine::execute`].
    ///
    /// # Errors
    /// As there, here and below.
    pub fn execute<C: Decide + Sync>(&self, command: &C, now: Instant) -> Answered<C::Answer> {
        now_or_soon(self.0.execute(command, now))
    }

    /// As [`Engine::execute_with`].
    ///
    /// # Errors
    /// As there.
    pub fn execute_with<C: Decide + Sync>(
        &self,
        command: &C,
        now: Instant,
        risk: &impl ReadyRiskCheck,
    ) -> Answered<C::Answer> {
        now_or_soon(self.0.execute_with(command, now, risk))
    }

    /// As [`Engine::submit`].
    pub fn submit(&self, submissions: &[Submission]) -> Vec<Answered<AnyAnswer>> {
        now_or_soon(self.0.submit(submissions))
    }

    /// As [`Engine::authorize`].
    ///
    /// # Errors
    /// As there.
    pub fn authorize(&self, command: &Authorize, now: Instant) -> Answered<AuthorizeRecord> {
        self.execute(command, now)
    }

    /// As [`Engine::capture`].
    ///
    /// # Errors
    /// As there.
    pub fn capture(&self, command: &Capture, now: Instant) -> Answered<CaptureRecord> {
        self.execute(command, now)
    }

    /// As [`Engine::quote`].
    ///
    /// # Errors
    /// As there.
    pub fn quote(&self, capture: &Capture, now: Instant) -> Answered<Quote> {
        now_or_soon(self.0.quote(capture, now))
    }

    /// As [`Engine::settle`].
    ///
    /// # Errors
    /// As there.
    pub fn settle(&self, command: &Settle, now: Instant) -> Answered<Settled> {
        self.execute(command, now)
    }

    /// As [`Engine::reverse`].
    ///
    /// # Errors
    /// As there.
    pub fn reverse(&self, command: &Reverse, now: Instant) -> Answered<Settled> {
        self.execute(command, now)
    }

    /// As [`Engine::cancel`].
    ///
    /// # Errors
    /// As there.
    pub fn cancel(&self, command: &Cancel, now: Instant) -> Answered<Arc<CancelRecord>> {
        self.execute(command, now)
    }

    /// As [`Engine::void`].
    ///
    /// # Errors
    /// As there.
    pub fn void(&self, command: &Void, now: Instant) -> Answered<Arc<VoidRecord>> {
        self.execute(command, now)
    }

    /// As [`Engine::abandon`].
    ///
    /// # Errors
    /// As there.
    pub fn abandon(&self, command: &Abandon, now: Instant) -> Answered<Fenced> {
        self.execute(command, now)
    }

    /// As [`Engine::register_payer`].
    ///
    /// # Errors
    /// As there.
    pub fn register_payer(&self, command: &RegisterPayer, now: Instant) -> Answered<Arc<RegisterRecord>> {
        self.execute(command, now)
    }

    /// As [`Engine::adjust_payer`].
    ///
    /// # Errors
    /// As there.
    pub fn adjust_payer(&self, command: &AdjustPayer, now: Instant) -> Answered<Arc<AdjustRecord>> {
        self.execute(command, now)
    }

    /// As [`Engine::inquire_payer`].
    ///
    /// # Errors
    /// As there.
    pub fn inquire_payer(&self, payer: &PayerId, now: Instant) -> Result<Option<PayerInquiry>, EngineError> {
        now_or_soon(self.0.inquire_payer(payer, now))
    }
}

impl<S: ReadyStore + Reads, R: ReadyRiskCheck, I: IdSource> BlockingEngine<S, R, I> {
    /// As [`Engine::expire`].
    ///
    /// # Errors
    /// As there.
    pub fn expire(&self, now: Instant, limit: Option<NonZeroU32>) -> Result<Swept, EngineError> {
        now_or_soon(self.0.expire(now, limit))
    }

    /// As [`Engine::inquire`].
    ///
    /// # Errors
    /// As there.
    pub fn inquire(&self, of: &Inquiry, now: Instant) -> Result<Option<PaymentInquiry>, EngineError> {
        now_or_soon(self.0.inquire(of, now))
    }

    /// As [`Engine::events`].
    ///
    /// # Errors
    /// As there.
    pub fn events(
        &self,
        merchant: &MerchantId,
        payment: &PaymentId,
        after: u64,
        limit: NonZeroU32,
    ) -> Result<Option<Vec<PaymentEvent>>, EngineError> {
        now_or_soon(self.0.events(merchant, payment, after, limit))
    }
}
