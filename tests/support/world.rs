//! One shop, its payers and a clock: an engine over a memory store that tells
//! what each command wrote. Amounts are US cents unless said otherwise.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::cell::{Cell, RefCell};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use capture_engine::command::{
    Abandon, AdjustPayer, Adjustment, Authorize, Cancel, Capture, FundsChange, RegisterPayer, Reverse,
    Settle, SettlementOutcome, UsageLimits, Void, VoidAmount,
};
use capture_engine::decide::{Decide, QuoteCapture};
use capture_engine::engine::{PayerInquiry, PaymentInquiry, Swept};
use capture_engine::event::{PayerEvent, PaymentEvent, PaymentEventKind};
use capture_engine::outcome::{Outcome, Pending, Quote};
use capture_engine::record::{CaptureOutcome, CaptureRecord};
use capture_engine::result_code::FailureCode;
use capture_engine::risk::{NoVerdict, RiskQuestion, Verdict};
use capture_engine::store::{
    AuthorizationKey, Changes, CommitError, Inquiry, Key, LoadError, Reads, ReadyStore, Snapshot,
};
use capture_engine::{
    Authorization, BlockingEngine, Currency, Engine, EngineError, Instant, MemoryStore, Money, Payer,
    Refusal, ResultCode, Settings, State, Store,
};

/// When a world begins.
pub const NOW: &str = "2026-03-01T09:00:00Z";
/// When its authorizations expire.
pub const DEADLINE: &str = "2026-03-08T09:00:00Z";
/// Long after that.
pub const LATER: &str = "2026-04-01T09:00:00Z";

pub fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

pub fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

pub fn money(minor: i64, code: &str) -> Money {
    Money::from_minor(minor, Currency::from_code(code).unwrap()).unwrap()
}

pub fn most(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// A hold of the shop.
pub fn hold(payment: &str, amount: Money) -> Authorize {
    Authorize::new("shop".parse().unwrap(), payment.parse().unwrap(), amount, instant(DEADLINE))
}

/// A capture of all that is left, without a flag.
pub fn capture(request: &str, payment: &str) -> Capture {
    Capture::new("shop".parse().unwrap(), request.parse().unwrap(), payment.parse().unwrap())
}

/// A capture of a part, not the last one.
pub fn part(request: &str, payment: &str, amount: i64) -> Capture {
    capture(request, payment).amount(usd(amount)).last(false)
}

pub fn void(request: &str, payment: &str, amount: VoidAmount) -> Void {
    Void::new("shop".parse().unwrap(), request.parse().unwrap(), payment.parse().unwrap(), amount)
}

pub fn void_part(request: &str, payment: &str, amount: i64) -> Void {
    void(request, payment, VoidAmount::Part(usd(amount)))
}

pub fn void_all(request: &str, payment: &str) -> Void {
    void(request, payment, VoidAmount::Remainder)
}

pub fn cancel(payment: &str) -> Cancel {
    Cancel::new("shop".parse().unwrap(), payment.parse().unwrap())
}

pub fn abandon(request: &str) -> Abandon {
    Abandon::new("shop".parse().unwrap(), request.parse().unwrap())
}

pub fn reverse(request: &str) -> Reverse {
    Reverse::new("shop".parse().unwrap(), request.parse().unwrap())
}

pub fn settle(request: &str, outcome: SettlementOutcome) -> Settle {
    Settle::new("shop".parse().unwrap(), request.parse().unwrap(), outcome)
}

/// It succeeded with all that was asked.
pub fn succeeded(request: &str) -> Settle {
    settle(request, SettlementOutcome::Succeeded(None))
}

/// It succeeded with this.
pub fn succeeded_with(request: &str, amount: i64) -> Settle {
    settle(request, SettlementOutcome::Succeeded(Some(usd(amount))))
}

pub fn failed(request: &str) -> Settle {
    settle(request, SettlementOutcome::Failed(FailureCode::default()))
}

pub fn failed_with(request: &str, code: ResultCode) -> Settle {
    settle(request, SettlementOutcome::Failed(code.try_into().unwrap()))
}

pub fn register(payer: &str, balance: i64) -> RegisterPayer {
    RegisterPayer::new(payer.parse().unwrap(), usd(balance))
}

pub fn adjust(request: &str, payer: &str, adjustment: Adjustment) -> AdjustPayer {
    AdjustPayer::new(request.parse().unwrap(), payer.parse().unwrap(), adjustment)
}

pub fn add(amount: i64) -> Adjustment {
    Adjustment { funds: Some(FundsChange::Add(usd(amount))), ..Adjustment::default() }
}

pub fn withdraw(amount: i64) -> Adjustment {
    Adjustment { funds: Some(FundsChange::Withdraw(usd(amount))), ..Adjustment::default() }
}

pub fn limits(max_count: Option<u32>, max_amount: Option<i64>) -> UsageLimits {
    UsageLimits { max_count, max_amount: max_amount.map(usd) }
}

/// A memory store that keeps a copy of the last commit.
#[derive(Debug, Default)]
pub struct Watched {
    inner: Arc<MemoryStore>,
    last: Mutex<Option<Changes>>,
}

impl Store for Watched {
    async fn load(&self, keys: &[Key]) -> Result<Snapshot, LoadError> {
        self.inner.load(keys).await
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        *self.last.lock().unwrap() = Some(changes.clone());
        self.inner.commit(changes).await
    }
}

impl ReadyStore for Watched {}

/// How many rows and events a command wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wrote {
    pub records: usize,
    pub authorizations: usize,
    pub payers: usize,
    pub payment_events: usize,
    pub payer_events: usize,
}

/// Nothing at all.
pub const NOTHING: Wrote =
    Wrote { records: 0, authorizations: 0, payers: 0, payment_events: 0, payer_events: 0 };
/// One record and nothing else: a refusal that is remembered.
pub const ONE_RECORD: Wrote = Wrote { records: 1, ..NOTHING };

pub struct World {
    engine: BlockingEngine<Watched>,
    /// The same store, for what is only read.
    reader: BlockingEngine<Arc<MemoryStore>>,
    pub now: Cell<Instant>,
    /// What the host's risk check says; `None` if it cannot.
    pub verdict: Cell<Option<Verdict>>,
    /// What it was asked, ever.
    pub asked: RefCell<Vec<RiskQuestion>>,
}

impl Default for World {
    fn default() -> Self {
        Self::with(Settings::default())
    }
}

impl World {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn with(settings: Settings) -> Self {
        Self::over(Arc::default(), settings)
    }

    fn over(store: Arc<MemoryStore>, settings: Settings) -> Self {
        let watched = Watched { inner: Arc::clone(&store), last: Mutex::default() };
        Self {
            engine: Engine::new(watched, settings.clone()).blocking(),
            reader: Engine::new(store, settings).blocking(),
            now: Cell::new(instant(NOW)),
            verdict: Cell::new(Some(Verdict::Accept)),
            asked: RefCell::default(),
        }
    }

    /// The same store behind an engine with other settings, at the same time.
    #[must_use]
    pub fn reconfigured(&self, settings: Settings) -> Self {
        let other = Self::over(Arc::clone(self.reader.engine().store()), settings);
        other.now.set(self.now.get());
        other
    }

    /// Sets the clock.
    pub fn at(&self, now: &str) -> &Self {
        self.now.set(instant(now));
        self
    }

    /// What a command comes to.
    pub fn ask<C: Decide + Sync>(&self, command: &C) -> Result<Outcome<C::Answer>, EngineError> {
        *self.engine.engine().store().last.lock().unwrap() = None;
        let verdict = self.verdict.get().ok_or(NoVerdict);
        let asked = Mutex::new(Vec::new());
        let risk = |question: &RiskQuestion| {
            asked.lock().unwrap().push(question.clone());
            verdict
        };
        let outcome = self.engine.execute_with(command, self.now.get(), &risk);
        self.asked.borrow_mut().extend(asked.into_inner().unwrap());
        outcome
    }

    /// What a command comes to, where the engine itself is not in question.
    pub fn tell<C: Decide + Sync>(&self, command: &C) -> Outcome<C::Answer> {
        self.ask(command).unwrap()
    }

    /// The result code of a command.
    pub fn code<C: Decide + Sync>(&self, command: &C) -> ResultCode {
        self.tell(command).code()
    }

    /// Does something that must succeed, just now.
    pub fn done<C: Decide + Sync>(&self, command: &C) -> C::Answer
    where
        C::Answer: std::fmt::Debug,
    {
        match self.tell(command) {
            Outcome::Accepted { answer, .. } => answer,
            other => panic!("not done: {other:?}"),
        }
    }

    /// Reserves a capture: its outcome stays open.
    pub fn reserve(&self, capture: &Capture) {
        let before = self.verdict.replace(Some(Verdict::Review));
        let outcome = self.tell(capture);
        self.verdict.set(before);
        assert!(matches!(outcome, Outcome::Pending(Pending::Reserved { .. })), "not reserved: {outcome:?}");
    }

    /// The typed reason of a refusal.
    pub fn refusal<C: Decide + Sync>(&self, command: &C) -> Refusal
    where
        C::Answer: std::fmt::Debug,
    {
        match self.tell(command) {
            Outcome::Refused(refusal) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }

    pub fn quote(&self, capture: &Capture) -> Outcome<Quote> {
        self.tell(&QuoteCapture(capture.clone()))
    }

    /// What the last command wrote.
    pub fn wrote(&self) -> Wrote {
        let last = self.engine.engine().store().last.lock().unwrap();
        let Some(changes) = last.as_ref() else { return NOTHING };
        Wrote {
            records: changes.records().iter().filter(|change| change.written().is_some()).count(),
            authorizations: changes
                .authorizations()
                .iter()
                .filter(|change| change.written().is_some())
                .count(),
            payers: changes.payers().iter().filter(|change| change.written().is_some()).count(),
            payment_events: changes.payment_events().len(),
            payer_events: changes.payer_events().len(),
        }
    }

    /// The sweep.
    pub fn sweep(&self) -> Swept {
        self.reader.expire(self.now.get(), None).unwrap()
    }

    /// The sweep, of no more than so many.
    pub fn sweep_at_most(&self, limit: u32) -> Swept {
        self.reader.expire(self.now.get(), Some(most(limit))).unwrap()
    }

    /// A payment as it is stored, whatever the clock says.
    pub fn stored(&self, payment: &str) -> Authorization {
        let inquiry = Inquiry::Payment(key(payment));
        self.reader.inquire(&inquiry, Instant::MIN).unwrap().unwrap().authorization.unwrap()
    }

    pub fn state(&self, payment: &str) -> State {
        self.stored(payment).state()
    }

    /// A payment as an inquiry shows it now.
    pub fn inquire(&self, payment: &str) -> Option<PaymentInquiry> {
        self.reader.inquire(&Inquiry::Payment(key(payment)), self.now.get()).unwrap()
    }

    /// What an inquiry of a capture's id shows now.
    pub fn inquire_request(&self, request: &str) -> Option<PaymentInquiry> {
        let inquiry = Inquiry::Capture("shop".parse().unwrap(), request.parse().unwrap());
        self.reader.inquire(&inquiry, self.now.get()).unwrap()
    }

    /// What is recorded of a capture's id.
    pub fn record(&self, request: &str) -> Option<CaptureRecord> {
        self.inquire_request(request)?.record
    }

    /// What became of an accepted capture.
    pub fn progress(&self, request: &str) -> Option<CaptureOutcome> {
        Some(self.record(request)?.progress()?.outcome)
    }

    pub fn events(&self, payment: &str) -> Vec<PaymentEvent> {
        let AuthorizationKey { merchant, payment } = key(payment);
        self.reader.events(&merchant, &payment, 0, most(u32::MAX)).unwrap().unwrap_or_default()
    }

    /// The last event of a payment.
    pub fn last_event(&self, payment: &str) -> PaymentEventKind {
        self.events(payment).last().unwrap().kind().clone()
    }

    /// The events of a payer's own stream.
    pub fn payer_events(&self, payer: &str) -> Vec<PayerEvent> {
        let (store, payer) = (self.reader.engine().store(), payer.parse().unwrap());
        pollster::block_on(store.payer_events(&payer, 0, usize::MAX)).unwrap().unwrap()
    }

    pub fn payer_now(&self, payer: &str) -> PayerInquiry {
        self.reader.inquire_payer(&payer.parse().unwrap(), self.now.get()).unwrap().unwrap()
    }

    pub fn payer(&self, payer: &str) -> Payer {
        self.payer_now(payer).payer
    }

    /// A payer's balance and what is held of it.
    pub fn funds(&self, payer: &str) -> (i128, i128) {
        let payer = self.payer(payer);
        (payer.balance().minor(), payer.held().minor())
    }

    /// How many captures the current window counts, and their sum.
    pub fn usage(&self, payer: &str) -> (u64, i128) {
        let PayerInquiry { count, sum, .. } = self.payer_now(payer);
        (count, sum.minor())
    }
}

pub fn key(payment: &str) -> AuthorizationKey {
    AuthorizationKey { merchant: "shop".parse().unwrap(), payment: payment.parse().unwrap() }
}

/// One step of what the payment "p" went through before a test. Captures are
/// named by what became of them and their amount: "won-400", "open-300".
#[derive(Clone, Debug)]
pub enum Past {
    /// 10.00 USD are held.
    Held,
    /// 10.00 USD are held, and 5.00 may be taken on top.
    Generous,
    /// Something else is held.
    Terms(Authorize),
    /// A part was captured.
    Won(i64),
    /// A last part was captured.
    WonLast(i64),
    /// A part is in process.
    Open(i64),
    /// A last part is in process.
    OpenLast(i64),
    /// A part was in process and failed.
    Lost(i64),
    /// A part was captured and reversed.
    Back(i64),
    /// A part was in process and settled with less.
    Less(i64, i64),
    /// A part was voided.
    Voided(i64),
    /// All that was left was voided.
    VoidedAll,
    /// It was cancelled.
    Cancelled,
    /// The clock was set.
    Clock(&'static str),
    /// The sweep ran.
    Swept,
}

impl World {
    /// A world in which this happened.
    pub fn after(past: &[Past]) -> Self {
        let world = Self::new();
        world.live(past);
        world
    }

    pub fn live(&self, past: &[Past]) -> &Self {
        past.iter().for_each(|step| self.step(step));
        self
    }

    fn step(&self, step: &Past) {
        let named = |fate: &str, amount: i64| part(&format!("{fate}-{amount}"), "p", amount);
        match step {
            Past::Held => drop(self.done(&hold("p", usd(1000)))),
            Past::Generous => drop(self.done(&hold("p", usd(1000)).overcapture_limit(usd(500)))),
            Past::Terms(terms) => drop(self.done(terms)),
            Past::Won(amount) => drop(self.done(&named("won", *amount))),
            Past::WonLast(amount) => drop(self.done(&named("won", *amount).last(true))),
            Past::Open(amount) => self.reserve(&named("open", *amount)),
            Past::OpenLast(amount) => self.reserve(&named("open", *amount).last(true)),
            Past::Lost(amount) => {
                self.reserve(&named("lost", *amount));
                self.done(&failed(&format!("lost-{amount}")));
            }
            Past::Back(amount) => {
                self.done(&named("back", *amount));
                self.done(&reverse(&format!("back-{amount}")));
            }
            Past::Less(amount, settled) => {
                self.reserve(&named("less", *amount));
                self.done(&succeeded_with(&format!("less-{amount}"), *settled));
            }
            Past::Voided(amount) => drop(self.done(&void_part(&format!("void-{amount}"), "p", *amount))),
            Past::VoidedAll => drop(self.done(&void_all("void-all", "p"))),
            Past::Cancelled => drop(self.done(&cancel("p"))),
            Past::Clock(now) => self.now.set(instant(now)),
            Past::Swept => assert!(!self.sweep().more),
        }
    }
}
