//! What the checks of a store are written with: a few ids and commands, the
//! changes that a command would commit, and all that a store shows.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::fmt::Debug;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Mutex;
use std::time::Duration;

use capture_engine::capture_id::HashedIds;
use capture_engine::command::{
    AdjustPayer, Adjustment, Authorize, Capture, FundsChange, RegisterPayer, Reverse, Settle,
    SettlementOutcome, Void, VoidAmount,
};
use capture_engine::decide::{Context, Decide, Decision, QuoteCapture, Risk};
use capture_engine::event::Event;
use capture_engine::outcome::{Outcome, Pending, Quote};
use capture_engine::result_code::FailureCode;
use capture_engine::store::{
    AnyStore, AuthorizationKey, Change, Changes, CommitError, Inquiry, Key, LoadError, Reads, Row, Snapshot,
    Store,
};
use capture_engine::submission::{AnyAnswer, Command, Submission};
use capture_engine::terms::{Funding, Settlement};
use capture_engine::{Currency, Engine, Instant, Money, Settings};
use pollster::block_on;

/// How a check ends: well, or with what is wrong.
pub type Verdict<T = ()> = Result<T, String>;

/// What is done to the bytes under a key.
#[derive(Clone, Copy, Debug)]
pub enum Damage {
    /// The last byte is lost.
    Cut,
    /// A newer version wrote them.
    Newer,
    /// They are another row's.
    AnothersRow,
    /// The last event of its stream lost its last byte.
    EventCut,
    /// A newer version wrote the last event of its stream.
    EventNewer,
}

/// Damages what is kept under a key.
pub type Hurt = Box<dyn Fn(&Key, Damage)>;

/// A fresh store, and a way to damage what it keeps under a key, if it keeps
/// anything that can be.
pub struct Subject {
    pub store: AnyStore,
    pub damage: Option<Hurt>,
}

pub type Factory<'f> = &'f dyn Fn() -> Subject;

/// Ends the check unless it holds.
macro_rules! ensure {
    ($holds:expr, $($says:tt)*) => {
        if !$holds {
            return Err(format!($($says)*));
        }
    };
}
#[allow(unused_imports, reason = "each test file uses its part of it")]
pub(crate) use ensure;

pub fn same<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Verdict {
    ensure!(found == expected, "{what}: found {found:?}, expected {expected:?}");
    Ok(())
}

// Values.

pub fn id<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

/// So many seconds after the beginning.
pub fn at(seconds: u64) -> Instant {
    id::<Instant>("2026-03-01T09:00:00Z").checked_add(Duration::from_secs(seconds)).unwrap()
}

/// When the checks' authorizations expire.
pub const DEADLINE: u64 = 1_000_000;

pub fn of(merchant: &str, payment: &str) -> AuthorizationKey {
    AuthorizationKey { merchant: id(merchant), payment: id(payment) }
}

pub fn key(payment: &str) -> AuthorizationKey {
    of("shop", payment)
}

// Commands.

pub fn authorize(payment: &str, minor: i64) -> Authorize {
    Authorize::new(id("shop"), id(payment), usd(minor), at(DEADLINE))
        .max_captures(NonZeroU32::new(100_000).unwrap())
}

pub fn capture(request: &str, payment: &str, minor: i64) -> Capture {
    Capture::new(id("shop"), id(request), id(payment)).amount(usd(minor)).last(false)
}

pub fn settle(request: &str) -> Settle {
    Settle::new(id("shop"), id(request), SettlementOutcome::Succeeded(None))
}

pub fn fail(request: &str) -> Settle {
    Settle::new(id("shop"), id(request), SettlementOutcome::Failed(FailureCode::default()))
}

pub fn reverse(request: &str) -> Reverse {
    Reverse::new(id("shop"), id(request))
}

pub fn void(request: &str, payment: &str, minor: i64) -> Void {
    Void::new(id("shop"), id(request), id(payment), VoidAmount::Part(usd(minor)))
}

pub fn register(payer: &str, minor: i64) -> RegisterPayer {
    RegisterPayer::new(id(payer), usd(minor))
}

pub fn withdraw(request: &str, payer: &str, minor: i64) -> AdjustPayer {
    let adjustment = Adjustment { funds: Some(FundsChange::Withdraw(usd(minor))), ..Adjustment::default() };
    AdjustPayer::new(id(request), id(payer), adjustment)
}

pub fn now(command: impl Into<Command>) -> Submission {
    Submission::new(command, at(1))
}

// Running.

/// Runs the commands as one batch; an error of the engine ends the check.
pub fn run(store: &AnyStore, commands: &[Submission]) -> Verdict<Vec<Outcome<AnyAnswer>>> {
    let engine = Engine::new(store.clone(), Settings::default());
    let answers = block_on(engine.submit(commands));
    answers.into_iter().map(|answer| answer.map_err(|error| format!("the engine says: {error}"))).collect()
}

/// Runs the commands as one batch, in which all are accepted.
pub fn accepted(store: &AnyStore, commands: &[Submission]) -> Verdict {
    run(store, commands)?.iter().try_for_each(|outcome| match outcome {
        Outcome::Accepted { .. } | Outcome::Pending(Pending::Reserved { .. }) => Ok(()),
        other => Err(format!("not accepted: {other:?}")),
    })
}

/// Runs the commands one by one.
pub fn run_each<C: Into<Command>>(store: &AnyStore, commands: impl IntoIterator<Item = C>) -> Verdict {
    commands.into_iter().try_for_each(|command| run(store, &[now(command)]).map(drop))
}

/// A store that lets commits through to nobody.
struct Tap<'s> {
    store: &'s AnyStore,
    taken: Mutex<Option<Changes>>,
}

impl Store for Tap<'_> {
    async fn load(&self, keys: &[Key]) -> Result<Snapshot, LoadError> {
        self.store.load(keys).await
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        *self.taken.lock().unwrap() = Some(changes);
        Ok(())
    }
}

/// What these commands would commit, decided on what the store loads now.
pub fn decided(store: &AnyStore, commands: &[Submission]) -> Verdict<Changes> {
    let engine = Engine::new(Tap { store, taken: Mutex::new(None) }, Settings::default());
    for answer in block_on(engine.submit(commands)) {
        answer.map_err(|error| format!("the engine says: {error}"))?;
    }
    Ok(engine.store().taken.lock().unwrap().take().unwrap_or_default())
}

pub fn commit(store: &AnyStore, changes: Changes) -> Result<(), CommitError> {
    block_on(store.commit(changes))
}

/// The commit meets a conflict, and nothing that the store shows changes.
pub fn conflicts(store: &AnyStore, changes: Changes) -> Verdict {
    let before = shown(store)?;
    match commit(store, changes) {
        Err(CommitError::Conflict { .. }) => same("after the conflict", shown(store)?, before),
        other => Err(format!("a guard does not hold, and the commit says {other:?}")),
    }
}

pub fn seen<T: Row>(changes: &[Change<T>]) -> Vec<Option<u64>> {
    changes.iter().map(|change| change.seen().map(|version| version.get())).collect()
}

/// The versions of an authorization and its payer, as a capture sees them.
pub fn versions(store: &AnyStore, payment: &str) -> Verdict<(Option<u64>, Option<u64>)> {
    let changes = decided(store, &[now(capture("probe", payment, 1))])?;
    let first = |seen: Vec<Option<u64>>| seen.first().copied().flatten();
    Ok((first(seen(changes.authorizations())), first(seen(changes.payers()))))
}

/// What is left of these payments, all of one load, which asks for nothing else.
pub fn left(store: &AnyStore, payments: &[String]) -> Verdict<Vec<i64>> {
    let keys: Vec<Key> = payments.iter().map(|payment| key(payment).into()).collect();
    let snapshot = block_on(store.load(&keys)).map_err(|error| error.to_string())?;
    let (settings, ids) = (Settings::default(), HashedIds::default());
    let context = Context { now: at(1), settings: &settings, ids: &ids, risk: Risk::Ask };
    let left = payments.iter().map(|payment| {
        let quote = QuoteCapture(Capture::new(id("shop"), id("probe"), id(payment)));
        let decision = quote.decide(&snapshot, &context).map_err(|error| error.to_string())?;
        match &decision {
            Decision::Decided(decided) => match decided.outcome() {
                Outcome::Accepted { answer: Quote::New(quoted), .. } => Ok(quoted.amount.minor()),
                other => Err(format!("{payment}: {other:?}")),
            },
            other => Err(format!("{payment}: {other:?}")),
        }
    });
    left.collect()
}

// Looking.

pub fn whole_feed(store: &AnyStore) -> Verdict<Vec<Event>> {
    let mut events = Vec::new();
    let mut cursor = Vec::new();
    loop {
        let page = block_on(store.feed(&cursor, 7)).map_err(|error| error.to_string())?;
        if page.events.is_empty() {
            return Ok(events);
        }
        ensure!(events.len() < 100_000, "the feed does not end");
        events.extend(page.events);
        cursor = page.cursor;
    }
}

/// The requests that checks use, so that what is recorded of them is shown.
const REQUESTS: [&str; 9] = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9"];
const PAYMENTS: [&str; 6] = ["p1", "p2", "p3", "p4", "p5", "p6"];
const PAYERS: [&str; 2] = ["alice", "bob"];

/// All that the store shows of what the checks put into it: reads, rows,
/// versions.
pub fn shown(store: &AnyStore) -> Verdict<Vec<String>> {
    let mut all = Vec::new();
    let mut show = |name: &str, what: &dyn Debug| all.push(format!("{name}: {what:?}"));
    for payment in PAYMENTS {
        show(payment, &block_on(store.payment(&Inquiry::Payment(key(payment)), 0, 1_000)));
        show(payment, &block_on(store.payment_events(&key(payment), 0, 1_000)));
        show(payment, &versions(store, payment)?);
    }
    for request in REQUESTS {
        show(request, &block_on(store.payment(&Inquiry::Capture(id("shop"), id(request)), 0, 1_000)));
        show(request, &seen(decided(store, &[now(reverse(request))])?.records()));
        show(request, &seen(decided(store, &[now(fail(request))])?.records()));
    }
    for payer in PAYERS {
        show(payer, &block_on(store.payer_events(&id(payer), 0, 1_000)));
        show(payer, &decided(store, &[now(withdraw("probe", payer, 1))])?.payers());
    }
    show("due", &block_on(store.due(Instant::MAX, None, 1_000)));
    show("in process", &block_on(store.in_process(Instant::MAX, None, 1_000)));
    let mut feed: Vec<_> = whole_feed(store)?.iter().map(|event| format!("{event:?}")).collect();
    feed.sort_unstable();
    show("feed", &feed);
    Ok(all)
}

/// A store with a payer of 100,000 and four authorizations of 10,000: `p1`
/// holds the payer's funds, `p2` settles later, `p3` has no payer, `p4` draws.
pub fn opened(new: Factory<'_>) -> Verdict<AnyStore> {
    let store = new().store;
    fill(&store).map(|()| store)
}

pub fn fill(store: &AnyStore) -> Verdict {
    let funded = |payment| authorize(payment, 10_000).payer(id("alice"));
    let holds = [
        funded("p1"),
        funded("p2").settlement(Settlement::Deferred),
        authorize("p3", 10_000),
        funded("p4").funding(Funding::Drawn),
    ];
    accepted(store, &[now(register("alice", 100_000))])?;
    holds.into_iter().try_for_each(|hold| accepted(store, &[now(hold)]))
}
