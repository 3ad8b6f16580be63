//! One history with faults: callers that send its commands late, twice and in
//! another order, several at a time; futures that are polled in turns and
//! sometimes dropped; and after every turn the checks.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use capture_engine::Engine;
use capture_engine::engine::{EngineError, Swept};
use capture_engine::outcome::Outcome;
use capture_engine::risk::{NoVerdict, RiskCheck, RiskQuestion, Verdict};
use capture_engine::store::{Reads, Store};
use capture_engine::submission::{AnyAnswer, Submission};

use crate::book::Book;
use crate::broken::{Checked, broken};
use crate::dice::Dice;
use crate::faulty::{Caller, Counts, FaultyStore, Odds, Point};
use crate::ops::{Clock, Configured, History, Op, Step, capture_request, instant, merchant};
use crate::predict::Look;
use crate::twin::{Asked, Twin};
use crate::world::{Said, World, one_by_one};

/// To the commands of a call, or to a sweep.
pub type Answers = Result<Vec<Result<Outcome<AnyAnswer>, EngineError>>, Result<Swept, EngineError>>;
type Faulty<S> = FaultyStore<Arc<S>>;

/// What waits to be delivered.
struct Message {
    /// Which of all that was sent it is.
    nth: u64,
    due: u64,
    step: Step,
    /// How often it was sent before.
    before: u32,
}

/// A call on its way.
struct Flying {
    caller: Caller,
    message: Message,
    future: Pin<Box<dyn Future<Output = Answers>>>,
    polled: bool,
}

/// What is known of a call, for ever: its commit may land long after it ended.
pub struct Call {
    pub asked: Asked,
    pub attempts: u32,
    /// How much had been done when it began.
    pub began: usize,
    /// What its commits came to without faults.
    pub answers: Vec<(usize, Said)>,
    pub closed: u64,
}

pub struct Run<S> {
    pub store: Arc<Faulty<S>>,
    pub inner: World<Arc<S>>,
    pub twin: Twin,
    pub book: Book,
    pub counts: Counts,
    /// All commands that were sent, each once, in the order of their first delivery.
    pub sent: Vec<Op>,
    /// What was answered, line by line.
    pub told: Vec<String>,
    pub looks: Vec<Look>,
    dice: Dice,
    configured: Configured,
    pub now: i64,
    turn: u64,
    next: u64,
    latest_delivered: u64,
    mail: Vec<Message>,
    flying: Vec<Flying>,
    pub calls: BTreeMap<Caller, Call>,
    /// Requests whose commit may have happened.
    pub doubted: BTreeSet<String>,
}

/// How many calls are on their way at most.
const AT_ONCE: usize = 4;
/// How often the same is sent while there are faults.
const TRIES: u32 = 5;

/// The weather of a history.
fn odds(dice: &mut Dice) -> Odds {
    let calm = Odds {
        conflict: 30,
        unavailable: 15,
        unheard: 40,
        lost: 15,
        late: 40,
        latest: 12,
        stale: 200,
        waits: 1,
    };
    let stormy = Odds {
        conflict: 150,
        unavailable: 60,
        unheard: 120,
        lost: 60,
        late: 120,
        latest: 60,
        stale: 500,
        waits: 3,
    };
    let slow = Odds { late: 300, latest: 150, unheard: 20, waits: 2, ..calm };
    dice.pick(&[calm, stormy, slow])
}

impl<S: Store + Reads + 'static> Run<S> {
    pub fn new(inner: S, seed: u64) -> Self {
        let inner = Arc::new(inner);
        let mut dice = Dice::new(seed);
        let odds = odds(&mut dice);
        let store = Arc::new(FaultyStore::new(Arc::clone(&inner), seed ^ 0x5eed, odds));
        Self {
            store,
            inner: World::new(inner),
            twin: Twin::new(),
            book: Book::default(),
            counts: Counts::new(),
            sent: Vec::new(),
            told: Vec::new(),
            looks: Vec::new(),
            dice,
            configured: Configured::default(),
            now: crate::ops::T0,
            turn: 0,
            next: 0,
            latest_delivered: 0,
            mail: Vec::new(),
            flying: Vec::new(),
            calls: BTreeMap::new(),
            doubted: BTreeSet::new(),
        }
    }

    pub fn count(&mut self, name: impl Into<String>) {
        *self.counts.entry(name.into()).or_default() += 1;
    }

    /// Runs a history until everything is delivered and answered, or dropped;
    /// the accounts and holds that it begins with are made without faults.
    pub fn history(&mut self, history: &History) -> Checked {
        let mut steps = history.iter().peekable();
        self.store.fail(false);
        while let Some(op) = steps.peek().and_then(|step| opening(step)) {
            self.ask_alone(op)?.map(drop).or_else(|error| broken("I15", format!("{op:?}: {error:?}")))?;
            steps.next();
        }
        self.store.fail(true);
        loop {
            self.turn += 1;
            if let Some(step) = steps.next() {
                let delay = match self.dice.roll(8) {
                    0 => self.dice.roll(60),
                    1 | 2 => self.dice.roll(8),
                    _ => 0,
                };
                self.send(step.clone(), delay, 0);
            } else if self.mail.is_empty() && self.flying.is_empty() {
                return Ok(());
            }
            self.deliver()?;
            for _ in 0..1 + self.dice.roll(6) {
                self.poll_one()?;
            }
        }
    }

    fn send(&mut self, step: Step, delay: u64, before: u32) {
        self.next += 1;
        self.mail.push(Message { nth: self.next, due: self.turn + delay, step, before });
    }

    /// Begins the calls whose time has come.
    fn deliver(&mut self) -> Checked {
        while self.flying.len() < AT_ONCE {
            let due = self.mail.iter().enumerate().filter(|(_, message)| message.due <= self.turn);
            let Some((at, _)) = due.min_by_key(|(_, message)| (message.due, message.nth)) else {
                return Ok(());
            };
            let message = self.mail.remove(at);
            if message.nth < self.latest_delivered {
                self.count("F7 overtaken");
                if message.nth + 20 < self.latest_delivered {
                    self.count("F7 overtaken by more than twenty");
                }
            }
            self.latest_delivered = self.latest_delivered.max(message.nth);
            if let Step::Configure(configured) = message.step {
                self.configured = configured;
                continue;
            }
            let twice = self.dice.one_in(7).then(|| Message { step: message.step.clone(), ..message });
            self.begin(message);
            if let Some(message) = twice {
                self.count("F6 sent twice at once");
                self.begin(message);
            }
        }
        Ok(())
    }

    fn begin(&mut self, message: Message) {
        let asked = self.ask(&message.step);
        let attempts = self.dice.pick(&[2, 3, 16]);
        let (caller, future) = self.call(asked, attempts);
        self.flying.push(Flying { caller, message, future, polled: false });
    }

    /// The commands of a step, each at its clock reading.
    fn ask(&mut self, step: &Step) -> Asked {
        let mut asked = Asked { commands: Vec::new(), sweep: None, configured: self.configured };
        match step {
            Step::Submit(items) => {
                for (clock, op) in one_by_one(items) {
                    self.now = clock.after(self.now);
                    if !self.sent.contains(&op) {
                        self.sent.push(op.clone());
                    }
                    asked.commands.push((self.now, op));
                }
            }
            Step::Expire(clock, _) => {
                self.now = clock.after(self.now);
                asked.sweep = Some(self.now);
            }
            Step::Configure(_) => (),
        }
        asked
    }

    /// A call, and who it is.
    fn call(&mut self, asked: Asked, attempts: u32) -> (Caller, Pin<Box<dyn Future<Output = Answers>>>) {
        let caller = self.calls.len() as Caller + 1;
        let most = NonZeroU32::new(attempts).unwrap();
        let desk = Desk::new(Arc::clone(&self.store), &asked);
        let engine = Engine::new(Arc::clone(&self.store), asked.configured.settings());
        let engine = engine.with_risk_check(desk).max_attempts(most);
        let sweep = asked.sweep;
        let submissions: Vec<_> =
            asked.commands.iter().map(|(now, op)| Submission::new(op.command(), instant(*now))).collect();
        let began = self.twin.done.len();
        let call = Call { asked, attempts, began, answers: Vec::new(), closed: 0 };
        self.calls.insert(caller, call);
        let future = Box::pin(async move {
            match (sweep, submissions.as_slice()) {
                (Some(now), _) => Err(engine.expire(instant(now), None).await),
                (None, [only]) => Ok(vec![engine.execute(&only.command, only.now).await]),
                (None, all) => Ok(engine.submit(all).await),
            }
        });
        (caller, future)
    }

    /// One of the calls goes on, to its next wait or to its end; or nobody
    /// waits for it any more.
    fn poll_one(&mut self) -> Checked {
        if self.flying.is_empty() {
            return Ok(());
        }
        let at = self.dice.roll(self.flying.len() as u64) as usize;
        if self.dice.one_in(60) {
            let dropped = self.flying.remove(at);
            return self.drop_call(dropped);
        }
        let flying = &mut self.flying[at];
        self.store.serve(flying.caller);
        flying.polled = true;
        let polled = flying.future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        self.follow()?;
        if let Poll::Ready(answers) = polled {
            let Flying { caller, message, .. } = self.flying.remove(at);
            self.end(caller, &message, answers)?;
        }
        Ok(())
    }

    fn drop_call(&mut self, dropped: Flying) -> Checked {
        let Flying { caller, message, future, polled } = dropped;
        drop(future);
        let at = self.store.point(caller).filter(|_| polled);
        self.count(at.map_or("F9 dropped before it began".to_owned(), |at| format!("F9 dropped {at:?}")));
        self.told.push(format!("{caller} dropped at {at:?}"));
        self.follow()?;
        self.send_again(message);
        Ok(())
    }

    /// Who was not told what became of it sends it again, mostly.
    fn send_again(&mut self, message: Message) {
        if message.before < TRIES && !self.dice.one_in(8) {
            let delay = self.dice.pick(&[0, 1, 3, 20, 60]);
            let delay = self.dice.roll(delay + 1);
            self.send(still(message.step), delay, message.before + 1);
        }
    }

    /// A call ended: its answers are true, and kept.
    fn end(&mut self, caller: Caller, message: &Message, answers: Answers) -> Checked {
        let finals = self.check(caller, answers)?;
        let again = || Message { step: message.step.clone(), ..*message };
        if !finals {
            self.send_again(again());
        } else if self.dice.one_in(9) && message.before < TRIES {
            self.count("F6 sent again long after its answer");
            let delay = 10 + self.dice.roll(100);
            self.send(still(message.step.clone()), delay, message.before + 1);
        }
        Ok(())
    }

    /// Sends one command, and waits for the answer, with nobody beside.
    pub fn ask_alone(&mut self, op: &Op) -> Checked<Result<Outcome<AnyAnswer>, EngineError>> {
        let step = Step::Submit(vec![(Clock::Stays, op.clone())]);
        let asked = self.ask(&step);
        let (caller, mut future) = self.call(asked, 16);
        loop {
            self.store.serve(caller);
            let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            self.follow()?;
            if let Poll::Ready(answers) = polled {
                let answer = answers.as_ref().ok().and_then(|answers| answers.first().cloned());
                self.check(caller, answers)?;
                return answer.map_or_else(|| broken("I15", "no answer"), Ok);
            }
        }
    }
}

/// What a history begins with: an account or a hold.
fn opening(step: &Step) -> Option<&Op> {
    match step {
        Step::Submit(items) => match items.as_slice() {
            [(_, op @ (Op::Register { .. } | Op::Authorize(_)))] => Some(op),
            _ => None,
        },
        _ => None,
    }
}

/// The same, at the clock readings of when it comes again.
fn still(step: Step) -> Step {
    match step {
        Step::Submit(items) => Step::Submit(items.into_iter().map(|(_, op)| (Clock::Stays, op)).collect()),
        Step::Expire(_, limit) => Step::Expire(Clock::Stays, limit),
        other => other,
    }
}

/// The host's risk check, which says what the commands of one call carry.
struct Desk<S> {
    store: Arc<Faulty<S>>,
    verdicts: Vec<(RiskKey, Option<Verdict>)>,
}

type RiskKey = (capture_engine::id::MerchantId, capture_engine::id::CaptureRequestId);

impl<S: Store> Desk<S> {
    fn new(store: Arc<Faulty<S>>, asked: &Asked) -> Self {
        let verdicts = asked.commands.iter().filter_map(|(_, op)| match op {
            Op::Capture(taking) => Some(((merchant(taking.m), capture_request(taking.c)), taking.verdict)),
            _ => None,
        });
        Self { store, verdicts: verdicts.collect() }
    }
}

impl<S: Store> RiskCheck for Desk<S> {
    async fn assess(&self, questions: &[RiskQuestion]) -> Vec<Result<Verdict, NoVerdict>> {
        self.store.wait(Point::RiskCheck).await;
        let say = |question: &RiskQuestion| {
            let key = (question.merchant.clone(), question.request.clone());
            let known = self.verdicts.iter().find(|(of, _)| *of == key);
            known.and_then(|(_, verdict)| *verdict).ok_or(NoVerdict)
        };
        questions.iter().map(say).collect()
    }
}
