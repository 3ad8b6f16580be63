//! Runs a history step by step and checks, after each, that every answer and
//! event fits the books and what was told before.

use std::collections::BTreeMap;

use capture_engine::event::{Event, PaymentEventKind};
use capture_engine::outcome::{Fenced, Outcome, Pending, Quote, Quoted};
use capture_engine::submission::AnyAnswer;
use capture_engine::{MemoryStore, Money, Refusal};

use crate::apply::is_expiry;
use crate::broken::{Checked, broken, ensure, ensure_eq};
use crate::coverage;
use crate::fork::{self, Past};
use crate::memory::{Meaning, Memory, Prior};
use crate::model::{Fate, Model};
use crate::ops::{Clock, Configured, History, Op, Step, number};
use crate::state::Seen;
use crate::world::{News, Said, Stream, World, one_by_one, stream_of};

pub struct Checker {
    pub world: World<MemoryStore>,
    pub model: Model,
    pub memory: Memory,
    /// All events so far, by stream.
    pub events: BTreeMap<Stream, Vec<Event>>,
    pub seen: Seen,
    pub past: Vec<Past>,
}

/// Checks a whole history.
pub fn check(history: &History) -> Checked {
    let mut checker = Checker::new();
    for step in history {
        checker.step(step)?;
    }
    checker.finish()?;
    fork::same_again(history)
}

impl Checker {
    pub fn new() -> Self {
        Self {
            world: World::new(MemoryStore::new()),
            model: Model::default(),
            memory: Memory::default(),
            events: BTreeMap::new(),
            seen: Seen::default(),
            past: Vec::new(),
        }
    }

    fn step(&mut self, step: &Step) -> Checked {
        match step {
            Step::Submit(items) => {
                self.submit(items)?;
                self.check_state(items)
            }
            Step::Expire(clock, limit) => {
                self.expire(*clock, *limit)?;
                self.check_state(&[])
            }
            Step::Configure(configured) => {
                self.configure(*configured);
                Ok(())
            }
        }
    }

    pub fn configure(&mut self, configured: Configured) {
        self.world.configure(configured);
        self.past.push(Past::Configured(configured));
    }

    /// Sends commands and checks what they are answered; says what that was.
    pub fn submit(&mut self, items: &[(Clock, Op)]) -> Checked<Vec<Said>> {
        let quoted = self.quote_first(items)?;
        let answers = self.world.submit(items)?;
        let mut news = self.world.news()?;
        let touched: Vec<Stream> = news.keys().copied().collect();
        for ((_, op), (now, said)) in one_by_one(items).iter().zip(&answers) {
            self.judge(op, *now, said, &mut news)?;
            if let (Some(quoted), Op::Capture(taking)) = (&quoted, op) {
                fits_quote(op, taking.verdict, quoted, said)?;
            }
            self.past.push(Past::Sent(*now, op.clone()));
        }
        self.seen.touch(touched);
        nothing_left(&news)?;
        Ok(answers.into_iter().map(|(_, said)| said).collect())
    }

    /// A quote before a capture that stands alone: it changes nothing, and
    /// says what the capture will.
    fn quote_first(&mut self, items: &[(Clock, Op)]) -> Checked<Option<Said>> {
        let [(clock, Op::Capture(taking))] = items else { return Ok(None) };
        let (before, op) = (self.world.now, Op::Quote(taking.clone()));
        let now = clock.after(before);
        let said = self.world.send(&op, now)?;
        self.world.now = before;
        let mut news = self.world.news()?;
        self.judge(&op, now, &said, &mut news)?;
        nothing_left(&news)?;
        Ok(Some(said))
    }

    fn expire(&mut self, clock: Clock, limit: Option<u32>) -> Checked {
        let due = self.model.due(clock.after(self.world.now));
        let swept = self.world.expire(clock, limit)?;
        let now = self.world.now;
        let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let closed = due.len().min(limit);
        ensure_eq!(usize::try_from(swept.expired), Ok(closed), "I9", "how many the sweep closed");
        ensure_eq!(swept.more, due.len() > closed, "I9", "whether the sweep left some");
        coverage::met("answer", "expire S");
        coverage::met("sweep", if swept.more { "left some" } else { "left none" });
        let mut news = self.world.news()?;
        self.seen.touch(news.keys().copied().collect());
        for (_, (m, p)) in due.iter().take(closed) {
            self.close_by_deadline((*m, *p), now, &mut news)?;
            self.past.push(Past::Closed(now, (*m, *p)));
        }
        nothing_left(&news)
    }

    /// The next event of this payment is its closing by the deadline.
    pub fn close_by_deadline(&mut self, (m, p): (u8, u8), now: i64, news: &mut News) -> Checked {
        match news.get_mut(&Stream::Payment(m, p)).and_then(|events| events.pop_front()) {
            Some(event) if is_expiry(&event) => self.take(&event, now),
            other => broken("I9", format!("M{m} p{p} met its deadline and did not close, but: {other:?}")),
        }
    }

    fn take(&mut self, event: &Event, now: i64) -> Checked {
        self.model.apply(event, now, self.world.configured)?;
        self.memory.keep_outcome(event, self.world.configured)?;
        self.events.entry(stream_of(event)).or_default().push(event.clone());
        Ok(())
    }

    /// One command and its answer.
    fn judge(&mut self, op: &Op, now: i64, said: &Said, news: &mut News) -> Checked {
        let prior = self.memory.prior(op);
        let payment = self.payment_of(op);
        self.note(op, payment, said);
        self.memory.check(op, &prior, said)?;
        self.asked_once(op, &prior)?;
        let own: Vec<Event> = said
            .as_ref()
            .ok()
            .and_then(Outcome::events)
            .map(|events| events.iter().collect())
            .unwrap_or_default();

        let checks_the_deadline =
            prior == Prior::Fresh && matches!(op, Op::Capture(_) | Op::Void { .. } | Op::Cancel { .. });
        let meets = checks_the_deadline || !own.is_empty();
        let due = payment.filter(|key| self.model.payments.get(key).is_some_and(|book| book.is_due(now)));
        let closed = match due.filter(|_| meets) {
            Some(key) => {
                self.close_by_deadline(key, now, news)?;
                true
            }
            None => false,
        };

        let pending = payment.map(|key| self.model.pending(key).collect::<Vec<_>>()).unwrap_or_default();
        let meaning = self.meaning(op, payment);
        self.fits_fate(op, &prior, said)?;
        if prior == Prior::Fresh || matches!(op, Op::Abandon { .. }) {
            self.memory.keep(op, said, meaning)?;
        }
        if let (Op::Capture(taking), Prior::Fresh, Ok(Outcome::Refused(_))) = (op, &prior, said) {
            self.model.refused.insert((taking.m, taking.c));
        }
        if let (Op::Abandon { m, c }, Ok(Outcome::Accepted { .. })) = (op, said) {
            self.model.refused.insert((*m, *c));
        }
        self.take_own(op, now, said, &own, closed, news, meaning)?;
        self.says_what_is_final(op, said)?;
        if prior == Prior::Fresh {
            fork::open_outcomes(&self.past, op, now, said, &pending)?;
        }
        Ok(())
    }

    /// The events that the command itself appended stand next in the feed,
    /// and are those that such an answer comes with (I6).
    #[allow(clippy::too_many_arguments)]
    fn take_own(
        &mut self,
        op: &Op,
        now: i64,
        said: &Said,
        own: &[Event],
        closed: bool,
        news: &mut News,
        meaning: Meaning,
    ) -> Checked {
        let mut rest = own;
        if let [first, others @ ..] = own {
            if is_expiry(first) {
                ensure!(closed, "I6", "{op:?} closed what was not due: {first:?}");
                rest = others;
            }
        }
        for event in rest {
            let next = news.get_mut(&stream_of(event)).and_then(|events| events.pop_front());
            ensure_eq!(next.as_ref(), Some(event), "I7", "the feed after {op:?}");
            self.take(event, now)?;
        }
        let fits = match (said, rest) {
            (Ok(Outcome::Accepted { .. }), []) => matches!(op, Op::Abandon { .. } | Op::Quote(_)),
            (Ok(Outcome::Accepted { .. }), [event]) => comes_from(op, event, meaning),
            (Ok(Outcome::Pending(Pending::Reserved { .. })), [event]) => {
                matches!(event, Event::Payment(event) if event.kind().name() == "CaptureAccepted")
                    && comes_from(op, event, meaning)
            }
            (Ok(Outcome::Contradicted(_)), []) => true,
            (Ok(Outcome::Contradicted(_)), [Event::Payment(event)]) => {
                event.kind().name() == "SettlementContradicted"
            }
            (Ok(Outcome::Pending(Pending::Reserved { .. })), []) => false,
            (_, events) => events.is_empty(),
        };
        ensure!(fits, "I6", "{op:?} was answered {said:?} with these events: {rest:?}");
        Ok(())
    }

    /// The payment that a command is about.
    fn payment_of(&self, op: &Op) -> Option<(u8, u8)> {
        op.payment().or_else(|| self.model.captures.get(&op.capture()?).map(|taken| taken.payment))
    }

    /// What the command means where it leaves something out.
    fn meaning(&self, op: &Op, payment: Option<(u8, u8)>) -> Meaning {
        let book = payment.filter(|_| op.payment().is_some()).and_then(|key| self.model.payments.get(&key));
        let remainder = payment.and_then(|key| self.model.figures(key, None)).and_then(|figures| {
            let minor = i64::try_from(figures.unclaimed).ok()?;
            Money::from_minor(minor, book?.hold.amount.currency()).ok()
        });
        let last_by_default =
            book.map_or(self.world.configured.last_by_default, |book| book.hold.terms.last_by_default);
        Meaning { remainder, last_by_default }
    }

    /// An abandon, a settle or a reverse says what the capture's fate allows.
    fn fits_fate(&self, op: &Op, prior: &Prior, said: &Said) -> Checked {
        let Some(key) = op.capture().filter(|_| *prior == Prior::Unkeyed) else { return Ok(()) };
        let Ok(outcome) = said else { return broken("I6", format!("{op:?}: {said:?}")) };
        let fate = self.model.captures.get(&key).map(|taken| taken.fate);
        let unknown = matches!(outcome, Outcome::Refused(Refusal::UnknownCapture));
        let wrong = matches!(outcome, Outcome::Refused(Refusal::WrongOutcome { .. }));
        let fits = match (op, fate) {
            (Op::Abandon { .. }, None) if self.memory.knows_capture(key) => {
                *outcome == Outcome::Replayed(AnyAnswer::Fenced(Fenced))
            }
            (Op::Abandon { .. }, None) => matches!(outcome, Outcome::Accepted { .. }),
            (Op::Abandon { .. }, Some(Fate::Failed)) => matches!(outcome, Outcome::Replayed(_)),
            (Op::Abandon { .. }, Some(Fate::Pending)) => {
                matches!(outcome, Outcome::Pending(Pending::InProcess { .. }))
            }
            (Op::Abandon { .. }, Some(Fate::Captured(_) | Fate::Reversed(_))) => wrong,
            (_, None) => unknown,
            (Op::Reverse { .. }, Some(Fate::Pending | Fate::Failed)) => wrong,
            (Op::Reverse { .. }, Some(Fate::Captured(_))) => matches!(outcome, Outcome::Accepted { .. }),
            (Op::Reverse { .. }, Some(Fate::Reversed(_))) => matches!(outcome, Outcome::Replayed(_)),
            (_, Some(Fate::Pending)) => {
                matches!(outcome, Outcome::Accepted { .. } | Outcome::Contradicted(_))
            }
            (_, Some(_)) => matches!(outcome, Outcome::Replayed(_) | Outcome::Contradicted(_)),
        };
        ensure!(fits, "I6", "{op:?} of a capture that is {fate:?}: {said:?}");
        Ok(())
    }

    /// A capture that was accepted says at once what it says for ever.
    fn says_what_is_final(&self, op: &Op, said: &Said) -> Checked {
        if let (Op::Capture(taking), Ok(Outcome::Accepted { answer, .. })) = (op, said) {
            let told = self.memory.of_capture((taking.m, taking.c));
            ensure_eq!(Some(&crate::world::body(answer)), told, "I3", "the answer to {op:?}");
        }
        Ok(())
    }

    /// The risk check is asked once for a new request, never for a replay or
    /// a quote. (A batch may ask again where an earlier answer changed the
    /// question.)
    fn asked_once(&self, op: &Op, prior: &Prior) -> Checked {
        let (at_most, key) = match op {
            Op::Capture(taking) if *prior == Prior::Fresh => (1, (taking.m, taking.c)),
            Op::Capture(taking) | Op::Quote(taking) => (0, (taking.m, taking.c)),
            _ => return Ok(()),
        };
        let asked = self.world.asked_about(key);
        ensure!(asked <= at_most || self.world.is_batch, "risk", "{op:?} asked {asked} times");
        Ok(())
    }

    fn note(&self, op: &Op, payment: Option<(u8, u8)>, said: &Said) {
        let state = payment.and_then(|key| self.model.payments.get(&key)).map(|book| book.state());
        let fate = op.capture().and_then(|key| self.model.captures.get(&key)).map(|taken| taken.fate);
        let open = payment.and_then(|key| self.model.figures(key, None));
        coverage::note(op, state, fate, open, said);
    }
}

/// Whether this event is what the command asked for.
fn comes_from(op: &Op, event: &Event, meaning: Meaning) -> bool {
    match (op, event) {
        (Op::Authorize(holding), Event::Payment(event)) => {
            let (hold, terms) = (event.hold(), &event.hold().terms);
            *event.kind() == PaymentEventKind::Authorized
                && hold.amount == holding.amount
                && hold.payer.as_ref().map(|payer| number(payer.as_str())) == holding.payer
                && terms.expires_at.as_micros() == holding.expires
                && terms.max_captures == holding.max_captures()
                && terms.overcapture_percent.map(|percent| percent.hundredths()) == holding.percent
                && terms.overcapture_limit == holding.limit
                && terms.settlement == holding.settlement()
                && terms.funding == holding.funding()
                && terms.last_by_default == meaning.last_by_default
        }
        (Op::Capture(taking), Event::Payment(event)) => event.kind().capture().is_some_and(|capture| {
            event.kind().accepts_a_capture()
                && number(capture.request.as_str()) == taking.c
                && Some(capture.asked) == taking.amount.or(meaning.remainder)
                && capture.last == taking.last.unwrap_or(meaning.last_by_default)
        }),
        (Op::Settle { c, .. }, Event::Payment(event)) => match event.kind() {
            PaymentEventKind::Captured { capture, settled: true, .. }
            | PaymentEventKind::CaptureFailed { capture, .. } => number(capture.request.as_str()) == *c,
            _ => false,
        },
        (Op::Reverse { c, .. }, Event::Payment(event)) => match event.kind() {
            PaymentEventKind::CaptureReversed { capture, .. } => number(capture.request.as_str()) == *c,
            _ => false,
        },
        (Op::Void { v, amount, .. }, Event::Payment(event)) => match event.kind() {
            PaymentEventKind::Voided { request, amount: voided, .. } => {
                number(request.as_str()) == *v && Some(*voided) == amount.or(meaning.remainder)
            }
            _ => false,
        },
        (Op::Cancel { .. }, Event::Payment(event)) => event.kind().name() == "Cancelled",
        (Op::Register { .. }, Event::Payer(event)) => event.name() == "PayerRegistered",
        (Op::Adjust { .. }, Event::Payer(event)) => event.name() == "PayerAdjusted",
        _ => false,
    }
}

/// What the capture was answered is what its quote said, if the risk check
/// accepts it.
fn fits_quote(
    op: &Op,
    verdict: Option<capture_engine::risk::Verdict>,
    quoted: &Said,
    said: &Said,
) -> Checked {
    let (Ok(quote), Ok(outcome)) = (quoted, said) else { return Ok(()) };
    if let Outcome::Accepted { answer: AnyAnswer::Quote(Quote::New(Quoted { amount, .. })), .. } = quote {
        if verdict != Some(capture_engine::risk::Verdict::Accept) {
            return Ok(());
        }
        let asked = match outcome {
            Outcome::Accepted { answer: AnyAnswer::Capture(record), .. }
            | Outcome::Pending(Pending::Reserved { record, .. }) => {
                record.progress().map(|known| known.capture.asked)
            }
            _ => None,
        };
        ensure_eq!(asked, Some(*amount), "quote", "the amount of {op:?}");
    }
    ensure_eq!(outcome.code(), quote.code(), "quote", "the code of {op:?}");
    Ok(())
}

fn nothing_left(news: &News) -> Checked {
    let left: Vec<_> = news.values().flatten().collect();
    ensure!(left.is_empty(), "I6", "events that no answer accounts for: {left:?}");
    Ok(())
}
