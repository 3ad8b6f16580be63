//! A store that does what a script says, around a memory store, and what its
//! tests begin with.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::collections::VecDeque;
use std::error::Error;
use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use capture_engine::event::{PayerEvent, PaymentEvent};
use capture_engine::id::{CaptureId, CaptureRequestId, MerchantId, PayerId};
use capture_engine::risk::{NoVerdict, RiskQuestion, Verdict};
use capture_engine::store::{
    AuthorizationKey, Changes, CommitError, Due, ErrorSource, FeedError, FeedPage, InProcess, Inquiry, Key,
    LoadError, MemoryStore, PaymentPage, Reads, Snapshot,
};
use capture_engine::submission::Command;
use capture_engine::terms::Settlement;
use capture_engine::{Engine, Instant, ResultCode, Settings, Store};
use pollster::block_on;

use super::kit::{at, authorize, capture, id, key, register};

/// What happens to one commit.
pub enum Step {
    Pass,
    Conflict,
    /// Something else is committed first.
    Overtaken(fn(&MemoryStore)),
    Unavailable,
    /// It is not applied, and nobody knows.
    Lost,
    /// It is applied, and nobody knows.
    Unheard,
    /// It is applied some time later, and nobody knows.
    Late,
}

/// A memory store with a script.
#[derive(Default)]
pub struct Scripted {
    pub inner: MemoryStore,
    pub script: Mutex<VecDeque<Step>>,
    /// Any load that asks for one of these fails.
    pub damaged: Mutex<Vec<Key>>,
    /// Any commit that names one of these conflicts.
    pub contended: Mutex<Vec<Key>>,
    /// Whether loads, and inquiries of payments, fail.
    pub is_down: AtomicBool,
    /// Whether its futures wait once before and once after what they do.
    pub waits: AtomicBool,
    pub loads: AtomicU32,
    pub commits: AtomicU32,
    late: Mutex<Vec<Changes>>,
}

impl Scripted {
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Arc<Self> {
        Arc::new(Self { script: Mutex::new(steps.into_iter().collect()), ..Self::default() })
    }

    /// Lets the late commits land.
    pub fn land(&self) -> Vec<Result<(), CommitError>> {
        let late: Vec<_> = self.late.lock().unwrap().drain(..).collect();
        late.into_iter().map(|changes| block_on(self.inner.commit(changes))).collect()
    }

    /// How many loads and commits there were since this was asked last.
    pub fn calls(&self) -> (u32, u32) {
        (self.loads.swap(0, Ordering::Relaxed), self.commits.swap(0, Ordering::Relaxed))
    }

    fn is_up(&self) -> Result<(), LoadError> {
        match self.is_down.load(Ordering::Relaxed) {
            true => Err(LoadError::Unavailable { source: source("the store is down") }),
            false => Ok(()),
        }
    }

    async fn wait(&self) {
        if self.waits.load(Ordering::Relaxed) {
            yield_once().await;
        }
    }
}

/// A future that is ready when it is polled the second time.
pub fn yield_once() -> impl Future<Output = ()> {
    let mut is_ready = false;
    poll_fn(move |context| {
        if is_ready {
            return Poll::Ready(());
        }
        is_ready = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

pub fn source(text: &str) -> ErrorSource {
    Arc::from(Box::<dyn Error + Send + Sync>::from(text))
}

fn unknown() -> CommitError {
    CommitError::Unknown { source: source("the connection was lost") }
}

fn names(changes: &Changes, key: &Key) -> bool {
    changes.records().iter().any(|change| Key::from(change.key()) == *key)
        || changes.authorizations().iter().any(|change| Key::from(change.key()) == *key)
        || changes.payers().iter().any(|change| Key::from(change.key()) == *key)
}

impl Store for Scripted {
    async fn load(&self, keys: &[Key]) -> Result<Snapshot, LoadError> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        self.wait().await;
        self.is_up()?;
        let damaged = self.damaged.lock().unwrap().iter().find(|damaged| keys.contains(damaged)).cloned();
        if let Some(key) = damaged {
            return Err(LoadError::Damaged { key: Box::new(key), source: source("a bit has fallen over") });
        }
        let snapshot = self.inner.load(keys).await;
        self.wait().await;
        snapshot
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.wait().await;
        let contended = self.contended.lock().unwrap().iter().any(|key| names(&changes, key));
        let step = self.script.lock().unwrap().pop_front().unwrap_or(Step::Pass);
        let result = match step {
            _ if contended => Err(CommitError::Conflict { keys: Vec::new() }),
            Step::Pass => self.inner.commit(changes).await,
            Step::Conflict => Err(CommitError::Conflict { keys: Vec::new() }),
            Step::Overtaken(other) => {
                other(&self.inner);
                self.inner.commit(changes).await
            }
            Step::Unavailable => Err(CommitError::Unavailable { source: source("the store is down") }),
            Step::Lost => Err(unknown()),
            Step::Unheard => self.inner.commit(changes).await.and(Err(unknown())),
            Step::Late => {
                self.late.lock().unwrap().push(changes);
                Err(unknown())
            }
        };
        self.wait().await;
        result
    }
}

impl Reads for Scripted {
    async fn payment(&self, of: &Inquiry, after: u64, limit: usize) -> Result<PaymentPage, LoadError> {
        self.is_up()?;
        self.inner.payment(of, after, limit).await
    }

    async fn due(&self, now: Instant, after: Option<&Due>, limit: usize) -> Result<Vec<Due>, LoadError> {
        self.inner.due(now, after, limit).await
    }

    async fn in_process(
        &self,
        before: Instant,
        after: Option<&InProcess>,
        limit: usize,
    ) -> Result<Vec<InProcess>, LoadError> {
        self.inner.in_process(before, after, limit).await
    }

    async fn payment_events(
        &self,
        key: &AuthorizationKey,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PaymentEvent>>, LoadError> {
        self.inner.payment_events(key, after, limit).await
    }

    async fn payer_events(
        &self,
        payer: &PayerId,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PayerEvent>>, LoadError> {
        self.inner.payer_events(payer, after, limit).await
    }

    async fn feed(&self, cursor: &[u8], limit: usize) -> Result<FeedPage, FeedError> {
        self.inner.feed(cursor, limit).await
    }
}

// What tests begin with.

/// A memory store with the payments `p1` to `p3` of 1,000, of which `p2`
/// settles later, a payer, and the captures `done` and `open`.
pub fn prepared(steps: impl IntoIterator<Item = Step>) -> Arc<Scripted> {
    let store = Scripted::new([]);
    let setup: [Command; 6] = [
        register("alice", 10_000).into(),
        authorize("p1", 1_000).into(),
        authorize("p2", 1_000).settlement(Settlement::Deferred).into(),
        authorize("p3", 1_000).payer(id("alice")).into(),
        capture("done", "p1", 100).into(),
        capture("open", "p2", 100).into(),
    ];
    for command in setup {
        block_on(engine(&store).execute(&command, at(0))).unwrap();
    }
    store.script.lock().unwrap().extend(steps);
    store.calls();
    store
}

pub fn engine(store: &Arc<Scripted>) -> Engine<Arc<Scripted>> {
    Engine::new(Arc::clone(store), Settings::default())
}

/// Captured, and number of captures.
pub fn captured(store: &Scripted, payment: &str) -> (i64, usize) {
    let page = block_on(store.payment(&Inquiry::Payment(key(payment)), 0, 100)).unwrap();
    (page.authorization.unwrap().captured().minor(), page.captures.len())
}

pub fn recorded(store: &Scripted, request: &str) -> Option<ResultCode> {
    let page = block_on(store.payment(&Inquiry::Capture(id("shop"), id(request)), 0, 1)).unwrap();
    page.record.map(|record| record.code())
}

/// Gives a new id whenever it is asked, and says how often it was.
#[derive(Clone, Default)]
pub struct Counting(pub Arc<AtomicU32>);

impl capture_engine::capture_id::IdSource for Counting {
    fn capture_id(&self, _: &MerchantId, _: &CaptureRequestId) -> CaptureId {
        id(&format!("minted-{}", self.0.fetch_add(1, Ordering::Relaxed) + 1))
    }
}

/// What was asked in one call: requests and amounts.
pub type Asked = Vec<(String, i64)>;

/// A risk check that notes what it was asked, by call.
#[derive(Clone, Default)]
pub struct Noting {
    asked: Arc<Mutex<Vec<Asked>>>,
    /// What it says of some requests; of others, accept.
    says: Vec<(&'static str, Result<Verdict, NoVerdict>)>,
    /// How many verdicts it gives at most in one call.
    at_most: Option<usize>,
}

impl Noting {
    pub fn saying(says: impl IntoIterator<Item = (&'static str, Result<Verdict, NoVerdict>)>) -> Self {
        Self { says: says.into_iter().collect(), ..Self::default() }
    }

    pub fn at_most(verdicts: usize) -> Self {
        Self { at_most: Some(verdicts), ..Self::default() }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().drain(..).collect()
    }
}

impl capture_engine::risk::RiskCheck for Noting {
    async fn assess(&self, questions: &[RiskQuestion]) -> Vec<Result<Verdict, NoVerdict>> {
        let asked = questions.iter().map(|question| (question.request.to_string(), question.amount.minor()));
        self.asked.lock().unwrap().push(asked.collect());
        let verdict = |question: &RiskQuestion| {
            let said = self.says.iter().find(|(request, _)| *request == question.request.as_str());
            said.map_or(Ok(Verdict::Accept), |(_, verdict)| *verdict)
        };
        questions.iter().take(self.at_most.unwrap_or(usize::MAX)).map(verdict).collect()
    }
}

pub fn asked(questions: &[(&str, i64)]) -> Asked {
    questions.iter().map(|(request, minor)| ((*request).to_owned(), *minor)).collect()
}
