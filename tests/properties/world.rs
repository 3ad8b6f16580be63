//! An engine over a fresh store that executes the steps of a history.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use capture_engine::decide::CloseDue;
use capture_engine::engine::{PayerInquiry, PaymentInquiry, Swept};
use capture_engine::event::{Event, PaymentEvent};
use capture_engine::outcome::{Answer, Closed, Outcome, Quote};
use capture_engine::record::{CaptureRecord, Record};
use capture_engine::risk::{NoVerdict, RiskCheck, RiskQuestion, Verdict};
use capture_engine::store::{AuthorizationKey, Due, InProcess, Inquiry, PaymentPage, Reads};
use capture_engine::submission::{AnyAnswer, Submission};
use capture_engine::{Engine, EngineError, ResultCode, Store};
use pollster::block_on;

use crate::broken::{Checked, broken, ensure_eq};
use crate::ops::{
    Clock, Configured, History, MERCHANTS, Op, PAYERS, PAYMENTS, Step, capture_request, instant, merchant,
    number, payer, payment,
};

/// What a command came to. An error of the engine that these histories can
/// meet stands as its code: the risk check gave no verdict.
pub type Said = Result<Outcome<AnyAnswer>, ResultCode>;

/// A payment (merchant, payment) or a payer, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stream {
    Payment(u8, u8),
    Payer(u8),
}

pub fn stream_of(event: &Event) -> Stream {
    match event {
        Event::Payment(event) => {
            Stream::Payment(number(event.merchant().as_str()), number(event.payment().as_str()))
        }
        Event::Payer(event) => Stream::Payer(number(event.payer().as_str())),
        _ => panic!("an event of a stream that these tests do not know: {event:?}"),
    }
}

/// New events by stream.
pub type News = BTreeMap<Stream, VecDeque<Event>>;

/// The host's risk check: says what the commands at hand carry, counts how
/// often it is asked.
#[derive(Default)]
struct Desk {
    verdicts: Mutex<BTreeMap<(u8, u8), Option<Verdict>>>,
    asked: Mutex<Vec<(u8, u8)>>,
}

struct Risk(Arc<Desk>);

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RiskCheck for Risk {
    async fn assess(&self, questions: &[RiskQuestion]) -> Vec<Result<Verdict, NoVerdict>> {
        let verdicts = lock(&self.0.verdicts);
        let say = |question: &RiskQuestion| {
            let key = (number(question.merchant.as_str()), number(question.request.as_str()));
            lock(&self.0.asked).push(key);
            verdicts.get(&key).copied().flatten().ok_or(NoVerdict)
        };
        questions.iter().map(say).collect()
    }
}

pub struct World<S> {
    engine: Engine<Arc<S>, Risk>,
    pub store: Arc<S>,
    desk: Arc<Desk>,
    cursor: Vec<u8>,
    pub configured: Configured,
    pub now: i64,
    /// Whether the last step was a batch of several commands.
    pub is_batch: bool,
}

impl<S: Store + Reads> World<S> {
    pub fn new(store: S) -> Self {
        let store = Arc::new(store);
        let desk = Arc::new(Desk::default());
        let configured = Configured::default();
        let engine = engine_of(&store, &desk, configured);
        Self { engine, store, desk, cursor: Vec::new(), configured, now: crate::ops::T0, is_batch: false }
    }

    /// As after a restart with other settings.
    pub fn configure(&mut self, configured: Configured) {
        self.configured = configured;
        self.engine = engine_of(&self.store, &self.desk, configured);
    }

    /// Sends commands: one alone, or several in one batch. Says at which clock
    /// reading each was decided.
    pub fn submit(&mut self, items: &[(Clock, Op)]) -> Checked<Vec<(i64, Said)>> {
        self.is_batch = items.len() > 1;
        let mut submissions = Vec::new();
        let mut verdicts = BTreeMap::new();
        for (clock, op) in items {
            self.now = clock.after(self.now);
            submissions.push(Submission::new(op.command(), instant(self.now)));
            if let Op::Capture(taking) = op {
                verdicts.entry((taking.m, taking.c)).or_insert(taking.verdict);
            }
        }
        *lock(&self.desk.verdicts) = verdicts;
        lock(&self.desk.asked).clear();
        let answers = match submissions.as_slice() {
            [only] => vec![block_on(self.engine.execute(&only.command, only.now))],
            all => block_on(self.engine.submit(all)),
        };
        ensure_eq!(answers.len(), items.len(), "I15", "answers to a batch");
        let times = submissions.iter().map(|submission| submission.now.as_micros());
        times.zip(answers).map(|(now, answer)| Ok((now, said(answer)?))).collect()
    }

    /// How often the risk check was asked about this capture by the last step.
    pub fn asked_about(&self, key: (u8, u8)) -> usize {
        lock(&self.desk.asked).iter().filter(|asked| **asked == key).count()
    }

    /// Sends one command at this clock reading.
    pub fn send(&mut self, op: &Op, now: i64) -> Checked<Said> {
        let answers = self.submit(&[(Clock::At(now), op.clone())])?;
        answers.into_iter().map(|(_, said)| said).next().map_or_else(|| broken("I15", "no answer"), Ok)
    }

    pub fn expire(&mut self, clock: Clock, limit: Option<u32>) -> Checked<Swept> {
        self.now = clock.after(self.now);
        let limit = limit.and_then(NonZeroU32::new);
        let swept = block_on(self.engine.expire(instant(self.now), limit));
        swept.or_else(|error| broken("I15", format!("the sweep failed: {error}")))
    }

    /// Closes one payment if its deadline has passed, as the sweep does it.
    pub fn close(&mut self, (m, p): (u8, u8), now: i64) -> Checked<bool> {
        self.now = now;
        let key = AuthorizationKey { merchant: merchant(m), payment: payment(p) };
        match block_on(self.engine.execute(&CloseDue(key), instant(now))) {
            Ok(Outcome::Accepted { answer: Closed(closed), .. }) => Ok(closed),
            other => broken("I15", format!("a closing failed: {other:?}")),
        }
    }

    pub fn inquire(&self, of: &Inquiry, now: i64) -> Checked<Option<PaymentInquiry>> {
        let inquiry = block_on(self.engine.inquire(of, instant(now)));
        inquiry.or_else(|error| broken("I15", format!("an inquiry failed: {error}")))
    }

    pub fn inquire_payer(&self, number: u8, now: i64) -> Checked<Option<PayerInquiry>> {
        let inquiry = block_on(self.engine.inquire_payer(&payer(number), instant(now)));
        inquiry.or_else(|error| broken("I15", format!("an inquiry of a payer failed: {error}")))
    }

    /// A payment's events after this number.
    pub fn events(&self, (m, p): (u8, u8), after: u64, limit: u32) -> Checked<Option<Vec<PaymentEvent>>> {
        let limit = NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN);
        let events = block_on(self.engine.events(&merchant(m), &payment(p), after, limit));
        events.or_else(|error| broken("I15", format!("events could not be read: {error}")))
    }

    pub fn payer_events(&self, number: u8) -> Checked<Option<Vec<capture_engine::event::PayerEvent>>> {
        let events = block_on(self.store.payer_events(&payer(number), 0, usize::MAX));
        events.or_else(|error| broken("I15", format!("events could not be read: {error}")))
    }

    /// One page of a payment's captures, as the store gives it.
    pub fn page(&self, (m, p): (u8, u8), after: u64, limit: usize) -> Checked<PaymentPage> {
        let page = block_on(self.store.payment(&of_payment(m, p), after, limit));
        page.or_else(|error| broken("I15", format!("a page could not be read: {error}")))
    }

    pub fn due(&self, now: i64) -> Checked<Vec<Due>> {
        let due = block_on(self.store.due(instant(now), None, usize::MAX));
        due.or_else(|error| broken("I15", format!("what is due could not be read: {error}")))
    }

    pub fn in_process(&self, before: i64) -> Checked<Vec<InProcess>> {
        let open = block_on(self.store.in_process(instant(before), None, usize::MAX));
        open.or_else(|error| broken("I15", format!("what is in process could not be read: {error}")))
    }

    /// What came into the feed since the last call.
    pub fn news(&mut self) -> Checked<News> {
        let mut news = News::new();
        loop {
            let page = match block_on(self.store.feed(&self.cursor, 16)) {
                Ok(page) => page,
                Err(error) => return broken("I15", format!("the feed could not be read: {error}")),
            };
            self.cursor = page.cursor;
            if page.events.is_empty() {
                return Ok(news);
            }
            for event in page.events {
                news.entry(stream_of(&event)).or_default().push_back(event);
            }
        }
    }
}

fn engine_of<S: Store>(store: &Arc<S>, desk: &Arc<Desk>, configured: Configured) -> Engine<Arc<S>, Risk> {
    Engine::new(Arc::clone(store), configured.settings()).with_risk_check(Risk(Arc::clone(desk)))
}

/// The one error that a history can meet is that there is no verdict.
fn said(answer: Result<Outcome<AnyAnswer>, EngineError>) -> Checked<Said> {
    match answer {
        Ok(outcome) => Ok(Ok(outcome)),
        Err(error @ EngineError::NoVerdict) => Ok(Err(error.code())),
        Err(error) => broken("I15", format!("the engine gave no outcome: {error}")),
    }
}

pub fn of_payment(m: u8, p: u8) -> Inquiry {
    Inquiry::Payment(AuthorizationKey { merchant: merchant(m), payment: payment(p) })
}

pub fn of_capture(m: u8, c: u8) -> Inquiry {
    Inquiry::Capture(merchant(m), capture_request(c))
}

/// An answer as it is given from a record: its code and all that it prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    pub code: ResultCode,
    /// What the record shows besides. A first refusal comes without it.
    pub shown: Option<String>,
}

/// What a capture's answer prints besides its code and the echoed ids.
pub fn capture_body(record: &CaptureRecord) -> Body {
    let (code, info) = (record.code(), record.extend_info());
    let shown = match (record.captured(), code) {
        (Some((amount, time)), ResultCode::Success) => {
            format!("{:?} {amount} {time} {info:?}", record.capture_id())
        }
        _ => format!("{info:?}"),
    };
    Body { code, shown: Some(shown) }
}

/// The answer that a record gives.
pub fn body(answer: &AnyAnswer) -> Body {
    let record = match answer {
        AnyAnswer::Capture(record) | AnyAnswer::Quote(Quote::Recorded(record)) => {
            return capture_body(record);
        }
        AnyAnswer::Authorize(record) => Record::Authorize(record.clone()),
        AnyAnswer::Void(record) => Record::Void(Arc::clone(record)),
        AnyAnswer::Cancel(record) => Record::Cancel(Arc::clone(record)),
        AnyAnswer::Register(record) => Record::Register(Arc::clone(record)),
        AnyAnswer::Adjust(record) => Record::Adjust(Arc::clone(record)),
        other => return Body { code: other.code(), shown: Some(format!("{other:?}")) },
    };
    Body { code: record.code(), shown: Some(format!("{record:?}")) }
}

/// All that can be seen of a history from outside.
#[derive(Debug, Default, PartialEq)]
pub struct Picture {
    pub said: Vec<Said>,
    swept: Vec<Swept>,
    events: News,
    payments: Vec<Option<PaymentInquiry>>,
    payers: Vec<Option<PayerInquiry>>,
}

/// Runs a history on a fresh store, and looks at all of it.
pub fn picture<S: Store + Reads>(store: S, history: &History, batched: bool) -> Checked<Picture> {
    let mut world = World::new(store);
    let mut picture = Picture::default();
    for step in history {
        match step {
            Step::Submit(items) if batched => {
                picture.said.extend(world.submit(items)?.into_iter().map(|(_, said)| said));
            }
            Step::Submit(items) => {
                for item in one_by_one(items) {
                    picture.said.extend(world.submit(&[item])?.into_iter().map(|(_, said)| said));
                }
            }
            Step::Expire(clock, limit) => picture.swept.push(world.expire(*clock, *limit)?),
            Step::Configure(configured) => world.configure(*configured),
        }
    }
    picture.events = world.news()?;
    for m in 0..MERCHANTS {
        for p in 0..PAYMENTS {
            picture.payments.push(world.inquire(&of_payment(m, p), world.now)?);
        }
    }
    for number in 0..PAYERS {
        picture.payers.push(world.inquire_payer(number, world.now)?);
    }
    Ok(picture)
}

/// The commands of a batch, each to be sent alone: with the verdict that the
/// batch has for its id.
pub fn one_by_one(items: &[(Clock, Op)]) -> Vec<(Clock, Op)> {
    let mut verdicts = BTreeMap::new();
    let mut alone = items.to_vec();
    for (_, op) in &mut alone {
        if let Op::Capture(taking) = op {
            taking.verdict = *verdicts.entry((taking.m, taking.c)).or_insert(taking.verdict);
        }
    }
    alone
}
