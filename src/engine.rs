//! The engine: load, decide, commit; after a conflict again, from fresh
//! state, with the same clock reading, the same minted ids and the verdicts
//! that were given. It has no state of its own, starts no thread, reads no
//! clock.

mod attempt;
mod blocking;
mod error;

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use smallvec::SmallVec;

use self::attempt::Kept;
use crate::authorization::Authorization;
use crate::capture_id::{HashedIds, IdSource};
use crate::command::{
    Abandon, AdjustPayer, Authorize, Cancel, Capture, RegisterPayer, Reverse, Settle, Void,
};
use crate::decide::{CloseDue, Decide, QuoteCapture};
use crate::event::PaymentEvent;
use crate::id::{MerchantId, PayerId, PaymentId};
use crate::key::{AuthorizationKey, Key};
use crate::money::Total;
use crate::outcome::{Closed, Fenced, Outcome, Quote, Settled};
use crate::payer::Payer;
use crate::record::{AdjustRecord, AuthorizeRecord, CancelRecord, CaptureRecord, RegisterRecord, VoidRecord};
use crate::risk::{AcceptAll, ReadyRiskCheck, RiskCheck};
use crate::settings::Settings;
use crate::store::{Due, Inquiry, PaymentPage, Reads, ReadyStore, Store};
use crate::submission::{AnyAnswer, Submission};
use crate::time::Instant;

pub use blocking::BlockingEngine;
pub use error::EngineError;

/// What an engine call comes to.
pub type Answered<A> = Result<Outcome<A>, EngineError>;

/// Decides commands on what a store keeps, and makes them durable.
///
/// `S` is the store, `R` the host's risk check (by default every capture is
/// accepted), `I` the source of the captures' ids (by default a keyed hash).
/// All calls may run at the same time, on one engine or on many over the same
/// store.
///
/// ```
/// use capture_engine::command::{Authorize, Capture};
/// use capture_engine::{Currency, Engine, Instant, MemoryStore, Money, ResultCode, Settings};
///
/// let engine = Engine::new(MemoryStore::new(), Settings::default()).blocking();
/// let now: Instant = "2026-03-01T09:00:00Z".parse()?;
/// let usd = |minor| Money::from_minor(minor, Currency::USD);
/// let hold = Authorize::new("shop".parse()?, "pay-1".parse()?, usd(1000)?, "2026-03-08T09:00:00Z".parse()?);
/// engine.authorize(&hold, now)?;
/// let capture = Capture::new("shop".parse()?, "cap-1".parse()?, "pay-1".parse()?).amount(usd(400)?);
/// assert_eq!(engine.capture(&capture, now)?.code(), ResultCode::Success);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Engine<S, R = AcceptAll, I = HashedIds> {
    store: S,
    risk: R,
    ids: I,
    settings: Settings,
    max_attempts: NonZeroU32,
}

/// How many authorizations or captures are read or swept at once.
const PAGE: NonZeroUsize = match NonZeroUsize::new(1_000) {
    Some(page) => page,
    None => NonZeroUsize::MIN,
};

const DEFAULT_MAX_ATTEMPTS: NonZeroU32 = match NonZeroU32::new(16) {
    Some(attempts) => attempts,
    None => NonZeroU32::MIN,
};

impl<S: Store> Engine<S> {
    /// An engine over this store, without a risk check, with ids hashed under
    /// the key of the settings.
    pub fn new(store: S, settings: Settings) -> Self {
        let ids = HashedIds::new(*settings.id_key());
        Self { store, risk: AcceptAll, ids, settings, max_attempts: DEFAULT_MAX_ATTEMPTS }
    }
}

impl<S: Store, R: RiskCheck, I: IdSource> Engine<S, R, I> {
    /// The same engine with the host's risk check.
    pub fn with_risk_check<R2: RiskCheck>(self, risk: R2) -> Engine<S, R2, I> {
        let Self { store, ids, settings, max_attempts, .. } = self;
        Engine { store, risk, ids, settings, max_attempts }
    }

    /// The same engine with another source of ids.
    pub fn with_id_source<I2: IdSource>(self, ids: I2) -> Engine<S, R, I2> {
        let Self { store, risk, settings, max_attempts, .. } = self;
        Engine { store, risk, ids, settings, max_attempts }
    }

    /// How often a command is decided while others keep changing what it
    /// reads, and how often its risk question may change, before it is given
    /// up as contended (by default 16).
    #[must_use]
    pub fn max_attempts(mut self, attempts: NonZeroU32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The same engine with calls that need no runtime.
    pub fn blocking(self) -> BlockingEngine<S, R, I>
    where
        S: ReadyStore,
        R: ReadyRiskCheck,
    {
        BlockingEngine::new(self)
    }

    /// Decides one command at this clock reading and commits what it changes.
    ///
    /// # Errors
    /// [`EngineError`] says whether anything can have changed, and what to do.
    pub async fn execute<C: Decide + Sync>(&self, command: &C, now: Instant) -> Answered<C::Answer> {
        self.execute_with(command, now, &self.risk).await
    }

    /// As [`execute`](Self::execute), with another risk check for this call.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn execute_with<C: Decide + Sync>(
        &self,
        command: &C,
        now: Instant,
        risk: &impl RiskCheck,
    ) -> Answered<C::Answer> {
        let mut answers = self.attempt(&[(command, now)], &mut [Kept::default()], risk).await.answers;
        // One command has one answer.
        answers.pop().unwrap_or(Err(EngineError::Contended))
    }

    /// Decides commands in their order, later ones seeing what earlier ones
    /// changed, and commits all at once. Each has its own answer; that they
    /// stand in one batch makes them faster, not dependent on each other.
    pub async fn submit(&self, submissions: &[Submission]) -> Vec<Answered<AnyAnswer>> {
        let commands: Vec<_> =
            submissions.iter().map(|submission| (&submission.command, submission.now)).collect();
        self.all(&commands).await
    }

    /// A batch at once or, if one command's rows hold up the others (contended
    /// or damaged), one by one.
    async fn all<C: Decide + Sync>(&self, commands: &[(&C, Instant)]) -> Vec<Answered<C::Answer>> {
        if commands.is_empty() {
            return Vec::new();
        }
        let mut kept = Kept::of(commands.len());
        let tried = self.attempt(commands, &mut kept, &self.risk).await;
        if !tried.worth_splitting || commands.len() == 1 {
            return tried.answers.into_vec();
        }
        let mut answers = Vec::with_capacity(commands.len());
        for (command, kept) in commands.chunks(1).zip(kept.chunks_mut(1)) {
            answers.extend(self.attempt(command, kept, &self.risk).await.answers);
        }
        answers
    }

    /// Places a hold.
    ///
    /// # Errors
    /// As [`execute`](Self::execute), here and below.
    pub async fn authorize(&self, command: &Authorize, now: Instant) -> Answered<AuthorizeRecord> {
        self.execute(command, now).await
    }

    /// Takes money.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn capture(&self, command: &Capture, now: Instant) -> Answered<CaptureRecord> {
        self.execute(command, now).await
    }

    /// Says what a capture would be answered now; changes nothing.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn quote(&self, capture: &Capture, now: Instant) -> Answered<Quote> {
        self.execute(&QuoteCapture(capture.clone()), now).await
    }

    /// Tells the outcome of a capture in process.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn settle(&self, command: &Settle, now: Instant) -> Answered<Settled> {
        self.execute(command, now).await
    }

    /// Tells that a capture failed after all.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn reverse(&self, command: &Reverse, now: Instant) -> Answered<Settled> {
        self.execute(command, now).await
    }

    /// Releases all that is left.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn cancel(&self, command: &Cancel, now: Instant) -> Answered<Arc<CancelRecord>> {
        self.execute(command, now).await
    }

    /// Gives part of what is left back.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn void(&self, command: &Void, now: Instant) -> Answered<Arc<VoidRecord>> {
        self.execute(command, now).await
    }

    /// Fences a capture's id.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn abandon(&self, command: &Abandon, now: Instant) -> Answered<Fenced> {
        self.execute(command, now).await
    }

    /// Makes a payer's account.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn register_payer(
        &self,
        command: &RegisterPayer,
        now: Instant,
    ) -> Answered<Arc<RegisterRecord>> {
        self.execute(command, now).await
    }

    /// Changes a payer's account.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn adjust_payer(&self, command: &AdjustPayer, now: Instant) -> Answered<Arc<AdjustRecord>> {
        self.execute(command, now).await
    }

    /// A payer's account, and its usage in the current window; `None` if there
    /// is no such payer.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn inquire_payer(
        &self,
        payer: &PayerId,
        now: Instant,
    ) -> Result<Option<PayerInquiry>, EngineError> {
        let snapshot = self.store.load(&[Key::Payer(payer.clone())]).await?;
        let window = self.settings.windows().start_of(now);
        Ok(snapshot.payer(payer).value.cloned().map(|payer| {
            let (count, sum) = payer.usage(window);
            PayerInquiry { payer, count, sum }
        }))
    }
}

/// A payer's account, and what was captured in the current window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerInquiry {
    /// The account.
    pub payer: Payer,
    /// How many captures the current window counts.
    pub count: u64,
    /// Their sum.
    pub sum: Total,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swept {
    /// How many authorizations closed.
    pub expired: u64,
    /// Whether more are due.
    pub more: bool,
}

/// What is known of a payment, or of one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentInquiry {
    /// The authorization as a sweep would leave it. Absent where only a
    /// record is there.
    pub authorization: Option<Authorization>,
    /// Every accepted capture, in the order of acceptance.
    pub captures: Vec<CaptureRecord>,
    /// What is recorded of the request that was asked for.
    pub record: Option<CaptureRecord>,
}

impl<S: Store + Reads, R: RiskCheck, I: IdSource> Engine<S, R, I> {
    /// Closes authorizations whose deadline has passed, at most `limit`, in the
    /// order of deadline, merchant and payment. One that cannot be closed holds
    /// up no other.
    ///
    /// # Errors
    /// As [`execute`](Self::execute): the first one that could not be closed.
    /// The others are closed all the same.
    pub async fn expire(&self, now: Instant, limit: Option<NonZeroU32>) -> Result<Swept, EngineError> {
        let limit = limit.map_or(u64::MAX, |limit| u64::from(limit.get()));
        let mut swept = Swept { expired: 0, more: true };
        let mut failed = None;
        let mut after: Option<Due> = None;
        while swept.more && swept.expired < limit {
            let left = usize::try_from(limit.saturating_sub(swept.expired)).unwrap_or(usize::MAX);
            let wanted = left.min(PAGE.get());
            let due = self.store.due(now, after.as_ref(), wanted.saturating_add(1)).await?;
            let page = due.get(..wanted).unwrap_or(&due);
            for answer in self.close(page, now).await {
                match answer {
                    Ok(true) => swept.expired = swept.expired.saturating_add(1),
                    Ok(false) => (),
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
            swept.more = due.len() > page.len();
            after = page.last().cloned();
        }
        failed.map_or(Ok(swept), Err)
    }

    /// Closes these; says of each whether this call did.
    async fn close(&self, due: &[Due], now: Instant) -> Vec<Result<bool, EngineError>> {
        let commands: Vec<_> = due.iter().map(|due| CloseDue(due.key.clone())).collect();
        let commands: Vec<_> = commands.iter().map(|command| (command, now)).collect();
        let closed = |outcome| matches!(outcome, Outcome::Accepted { answer: Closed(true), .. });
        self.all(&commands).await.into_iter().map(|answer| answer.map(closed)).collect()
    }

    /// What is known of a payment, or of a request and the payment that it
    /// names; `None` if nothing is. Changes nothing.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn inquire(&self, of: &Inquiry, now: Instant) -> Result<Option<PaymentInquiry>, EngineError> {
        for _ in 0..self.max_attempts.get() {
            if let Some(page) = self.whole_payment(of).await? {
                let PaymentPage { record, authorization, captures, .. } = page;
                let is_known = record.is_some() || authorization.is_some();
                let authorization = authorization.map(|authorization| authorization.as_of(now));
                return Ok(is_known.then_some(PaymentInquiry { authorization, captures, record }));
            }
        }
        Err(EngineError::Contended)
    }

    /// All pages of a payment, if it did not change between them.
    async fn whole_payment(&self, of: &Inquiry) -> Result<Option<PaymentPage>, EngineError> {
        let mut whole = self.store.payment(of, 0, PAGE.get()).await?;
        while whole.more {
            let last = whole.captures.last().and_then(|capture| capture.progress());
            let after = last.map_or(u64::MAX, |progress| progress.capture.accepted_seq);
            let next = self.store.payment(of, after, PAGE.get()).await?;
            if next.authorization != whole.authorization {
                return Ok(None);
            }
            whole.captures.extend(next.captures);
            whole.more = next.more;
        }
        Ok(Some(whole))
    }

    /// At most `limit` events of a payment with a number after `after`; `None`
    /// if there is no such payment.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn events(
        &self,
        merchant: &MerchantId,
        payment: &PaymentId,
        after: u64,
        limit: NonZeroU32,
    ) -> Result<Option<Vec<PaymentEvent>>, EngineError> {
        let key = AuthorizationKey { merchant: merchant.clone(), payment: payment.clone() };
        let limit = usize::try_from(limit.get()).unwrap_or(usize::MAX);
        Ok(self.store.payment_events(&key, after, limit).await?)
    }
}

/// One answer for each command of an attempt.
type Answers<A> = SmallVec<[Answered<A>; 1]>;
