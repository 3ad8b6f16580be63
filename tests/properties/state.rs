//! What can be read after each step, compared with the books: I1, I4, I7, I11.

use std::collections::{BTreeMap, BTreeSet};

use capture_engine::engine::PaymentInquiry;
use capture_engine::event::Event;
use capture_engine::record::{CaptureOutcome, CaptureRecord};
use capture_engine::{Authorization, Money, ResultCode};

use crate::broken::{Checked, broken, ensure, ensure_eq};
use crate::checker::Checker;
use crate::coverage;
use crate::model::{Fate, Figures};
use crate::ops::{Clock, Configured, MERCHANTS, Op, PAYERS, PAYMENTS, merchant, number};
use crate::world::{Stream, capture_body, of_capture, of_payment};

/// What was read after the last step.
#[derive(Default)]
pub struct Seen {
    captures: BTreeMap<(u8, u8), Vec<CaptureRecord>>,
    touched: BTreeSet<Stream>,
    steps: u64,
}

impl Seen {
    /// Streams with new events.
    pub fn touch(&mut self, streams: Vec<Stream>) {
        self.touched.extend(streams);
    }
}

impl Checker {
    /// After each step: everything that can be read fits the books, and what
    /// no event tells of did not change.
    pub fn check_state(&mut self, items: &[(Clock, Op)]) -> Checked {
        let now = self.world.now;
        self.seen.steps += 1;
        let touched = std::mem::take(&mut self.seen.touched);
        for m in 0..MERCHANTS {
            for p in 0..PAYMENTS {
                let is_known = self.model.payments.contains_key(&(m, p));
                if is_known || self.seen.steps % u64::from(PAYMENTS) == u64::from(p) {
                    let is_touched = touched.contains(&Stream::Payment(m, p));
                    self.check_payment((m, p), is_touched)?;
                }
            }
        }
        for number in 0..=PAYERS {
            self.check_payer(number, now)?;
        }
        self.check_lists(now)?;
        for (_, op) in items {
            let key = match op {
                Op::Capture(taking) | Op::Quote(taking) => Some((taking.m, taking.c)),
                other => other.capture(),
            };
            key.map_or(Ok(()), |key| self.check_capture_record(key))?;
        }
        Ok(())
    }

    /// What is known of a payment, new events or not.
    fn check_payment(&mut self, key: (u8, u8), is_touched: bool) -> Checked {
        let now = self.world.now;
        let inquiry = self.world.inquire(&of_payment(key.0, key.1), now)?;
        coverage::met("answer", if inquiry.is_some() { "inquire S" } else { "inquire F" });
        let Some(book) = self.model.payments.get(&key) else {
            ensure_eq!(inquiry, None, "I7", "what is known of {key:?}, which has no event");
            return Ok(());
        };
        let Some(PaymentInquiry { authorization: Some(found), captures, record: None, .. }) = inquiry else {
            return broken("I7", format!("{key:?} is not found: {inquiry:?}"));
        };
        if is_touched {
            let after = self.seen.steps % 4;
            self.check_events(key, after, 3)?;
            let stored = self.world.page(key, 0, 1)?.authorization;
            ensure_eq!(
                stored.as_ref(),
                Some(&book.fold),
                "I7",
                "what is stored of {key:?}, against its events"
            );
        } else {
            ensure_eq!(found, book.fold.as_of(crate::ops::instant(now)), "I4", "{key:?}, which had no event");
            let before = self.seen.captures.get(&key);
            ensure_eq!(Some(&captures), before, "I4", "the captures of {key:?}, which had no event");
        }
        let closing = book.closing.or_else(|| book.is_due(now).then(|| book.closing_by_deadline()));
        ensure_eq!(found.closing(), closing, "I1", "how {key:?} is closed");
        let expected = self.model.figures(key, Some(now));
        let claim = i128::from(found.claim().minor());
        ensure_eq!(Some(claim), expected.map(|figures| figures.claim), "I11", "what {key:?} claims");
        ensure_eq!(Some(figures_of(&found)), expected, "I1", "the amounts of {key:?}");
        let figures = figures_of(&found);
        is_conserved(&figures, closing.is_some())?;
        let used = self.model.succeeded(key) + self.model.pending(key).count();
        let left = usize::try_from(found.captures_left()).unwrap_or(usize::MAX);
        let max = usize::try_from(book.hold.terms.max_captures.get()).unwrap_or(usize::MAX);
        ensure_eq!(left + used, max, "I1", "captures used and left of {key:?}");
        let order: Vec<_> =
            captures.iter().map(|record| (key.0, number(record.request().as_str()))).collect();
        ensure_eq!(order, book.captures, "I7", "the captures of {key:?}");
        captures.iter().try_for_each(|record| self.check_capture(record))?;
        self.seen.captures.insert(key, captures);
        Ok(())
    }

    /// An accepted capture stands as its events say.
    fn check_capture(&self, record: &CaptureRecord) -> Checked {
        let key = (number(record.merchant().as_str()), number(record.request().as_str()));
        let (Some(taken), Some(progress)) = (self.model.captures.get(&key), record.progress()) else {
            return broken("I7", format!("a capture that no event accepted: {record:?}"));
        };
        ensure_eq!(*progress.capture, taken.capture, "I7", "what was accepted of {key:?}");
        ensure_eq!(progress.capture.accepted_seq, taken.accepted_seq, "I7", "the order of {key:?}");
        ensure_eq!(
            progress.capture.accepted_at.as_micros(),
            taken.accepted_at,
            "I7",
            "the acceptance of {key:?}"
        );
        ensure_eq!(progress.contradiction, taken.told, "I7", "the contradiction of {key:?}");
        let fate = match progress.outcome {
            CaptureOutcome::InProcess => Fate::Pending,
            CaptureOutcome::Succeeded { amount, reversed: false, .. } => Fate::Captured(amount.minor()),
            CaptureOutcome::Succeeded { amount, reversed: true, .. } => Fate::Reversed(amount.minor()),
            CaptureOutcome::Failed(_) => Fate::Failed,
        };
        ensure_eq!(fate, taken.fate, "I7", "what became of {key:?}");
        match self.memory.of_capture(key) {
            Some(told) => ensure_eq!(&capture_body(record), told, "I3", "what is recorded of {key:?}"),
            None => ensure_eq!(record.code(), ResultCode::CaptureInProcess, "I3", "the code of {key:?}"),
        }
        Ok(())
    }

    /// What an inquiry by a capture's id shows.
    fn check_capture_record(&self, (m, c): (u8, u8)) -> Checked {
        let inquiry = self.world.inquire(&of_capture(m, c), self.world.now)?;
        let Some(inquiry) = inquiry else {
            ensure!(!self.memory.knows_capture((m, c)), "I4", "the record of M{m} c{c} is gone");
            return Ok(());
        };
        let Some(record) = &inquiry.record else {
            return broken("I4", format!("M{m} c{c} without a record: {inquiry:?}"));
        };
        ensure!(self.memory.knows_capture((m, c)), "I4", "nothing may be recorded of M{m} c{c}: {record:?}");
        if let Some(told) = self.memory.of_capture((m, c)) {
            ensure_eq!(&capture_body(record), told, "I3", "what is recorded of M{m} c{c}");
        }
        let payment = self.memory.payment_of_capture((m, c));
        let known = payment.filter(|key| self.model.payments.contains_key(key));
        let shown = inquiry.authorization.map(|found| number(found.payment().as_str()));
        ensure_eq!(shown, known.map(|(_, p)| p), "I7", "the payment shown with M{m} c{c}");
        Ok(())
    }

    fn check_payer(&self, key: u8, now: i64) -> Checked {
        let found = self.world.inquire_payer(key, now)?;
        coverage::met("answer", if found.is_some() { "inquire_payer S" } else { "inquire_payer F" });
        let (Some(found), Some(account)) = (&found, self.model.payers.get(&key)) else {
            ensure!(found.is_none() && !self.model.payers.contains_key(&key), "I7", "u{key} is: {found:?}");
            return Ok(());
        };
        let payer = &found.payer;
        let (held, balance) = (self.model.held(key), account.balance());
        ensure_eq!(payer.held().minor(), held, "I11", "what is held of u{key}");
        ensure_eq!(payer.balance().minor(), balance, "I11", "the balance of u{key}");
        ensure!(0 <= held && held <= balance, "I11", "u{key} has {balance}, of which {held} is held");
        ensure_eq!(payer.free().minor(), balance - held, "I11", "what is free of u{key}");
        ensure_eq!(payer.currency(), account.currency, "I11", "the currency of u{key}");
        ensure_eq!(payer.status(), account.status, "I11", "the status of u{key}");
        ensure_eq!(payer.limits(), account.limits, "I11", "the limits of u{key}");
        ensure_eq!(payer.resets(), account.resets, "I11", "the resets of u{key}");
        ensure_eq!(payer.seq(), account.events, "I7", "the events of u{key}");
        let stored = account.stored_window();
        let current = self.world.configured.window(now);
        let usage = match stored {
            Some(stored) if stored >= current => self.model.usage(account),
            _ => (0, 0),
        };
        ensure_eq!((found.count, found.sum.minor()), usage, "I11", "the usage of u{key}");
        if let Some(stored) = stored {
            let (count, sum) = payer.usage(crate::ops::instant(stored));
            ensure_eq!((count, sum.minor()), self.model.usage(account), "I11", "the stored usage of u{key}");
        }
        Ok(())
    }

    /// What is due, and what is in process, in their orders.
    fn check_lists(&self, now: i64) -> Checked {
        let due = self.world.due(now)?;
        let due: Vec<_> = due
            .iter()
            .map(|due| {
                let key = (number(due.key.merchant.as_str()), number(due.key.payment.as_str()));
                (due.expires_at.as_micros(), key)
            })
            .collect();
        ensure_eq!(due, self.model.due(now), "I7", "what is due");
        let open = self.world.in_process(now)?;
        let open: Vec<_> = open
            .iter()
            .map(|open| (open.accepted_at.as_micros(), open.merchant.to_string(), open.request.to_string()))
            .collect();
        let pending = self.model.captures.iter().filter(|(_, taken)| taken.fate == Fate::Pending);
        let mut expected: Vec<_> = pending
            .filter(|(_, taken)| taken.accepted_at < now)
            .map(|((m, _), taken)| {
                (taken.accepted_at, merchant(*m).to_string(), taken.capture.request.to_string())
            })
            .collect();
        expected.sort_unstable();
        ensure_eq!(open, expected, "I7", "what is in process");
        Ok(())
    }

    /// Some of a payment's events, read again.
    fn check_events(&self, (m, p): (u8, u8), after: u64, limit: u32) -> Checked {
        let found = self.world.events((m, p), after, limit)?;
        let found = found.map(|events| events.into_iter().map(Event::Payment).collect::<Vec<_>>());
        let skipped = usize::try_from(after).unwrap_or(usize::MAX);
        let taken = usize::try_from(limit).unwrap_or(usize::MAX);
        let known = self.events.get(&Stream::Payment(m, p));
        let expected = known.map(|known| known.iter().skip(skipped).take(taken).cloned().collect::<Vec<_>>());
        ensure_eq!(found, expected, "I7", "the events of M{m} p{p} after {after}");
        Ok(())
    }

    /// At the end: every request that was answered for good is sent again,
    /// under other settings and at another time; and every event is read again.
    pub fn finish(&mut self) -> Checked {
        let others = Configured {
            offset_minutes: -150,
            last_by_default: !self.world.configured.last_by_default,
            payment_limit: Some(1),
            window_seconds: 11,
            without_yen: true,
            id_key: 9,
        };
        self.world.configure(others);
        let answered: Vec<_> = self.memory.answered().map(|(op, _)| op.clone()).collect();
        for op in answered {
            let now = self.world.now.saturating_add(7_777_777);
            let said = self.world.send(&op, Clock::At(now).after(now))?;
            let prior = self.memory.prior(&op);
            self.memory.check(&op, &prior, &said)?;
            let news = self.world.news()?;
            ensure!(news.is_empty(), "I6", "{op:?}, sent again, appended {news:?}");
        }
        let keys: Vec<_> = self.model.payments.keys().copied().collect();
        for key in keys {
            self.check_events(key, 0, u32::MAX)?;
            self.check_pages(key)?;
        }
        for key in 0..PAYERS {
            let found = self.world.payer_events(key)?;
            let found = found.map(|events| events.into_iter().map(Event::Payer).collect::<Vec<_>>());
            ensure_eq!(found.as_ref(), self.events.get(&Stream::Payer(key)), "I7", "the events of u{key}");
        }
        let keys: Vec<_> = self.model.refused.iter().copied().collect();
        for key in keys {
            let taken = self.model.captures.get(&key);
            ensure!(taken.is_none(), "I6", "{key:?} was answered F from its record, and captured");
            self.check_capture_record(key)?;
        }
        self.check_state(&[])
    }

    /// The captures of a payment, two at a time.
    fn check_pages(&self, key: (u8, u8)) -> Checked {
        let (mut after, mut found) = (0, Vec::new());
        loop {
            let page = self.world.page(key, after, 2)?;
            let Some(last) = page.captures.last().and_then(|capture| capture.progress()) else { break };
            after = last.capture.accepted_seq;
            found.extend(page.captures);
            if !page.more {
                break;
            }
        }
        ensure_eq!(Some(&found), self.seen.captures.get(&key), "I7", "the captures of {key:?} by pages");
        Ok(())
    }
}

fn figures_of(found: &Authorization) -> Figures {
    let minor = |money: Money| i128::from(money.minor());
    Figures {
        authorized: minor(found.authorized()),
        captured: minor(found.captured()),
        in_process: minor(found.in_process()),
        voided: minor(found.voided()),
        unclaimed: minor(found.unclaimed()),
        released: minor(found.released()),
        over: minor(found.overcapture_taken()),
        allowance: minor(found.allowance()),
        ceiling: minor(found.ceiling()),
        capturable: minor(found.capturable()),
        remainder: minor(found.remainder()),
        claim: minor(found.claim()),
    }
}

/// The identity of the amounts, and the ceiling.
fn is_conserved(figures: &Figures, closed: bool) -> Checked {
    let Figures { authorized, captured, in_process, voided, unclaimed, released, over, .. } = *figures;
    let sum = captured + in_process + voided + released + unclaimed;
    ensure_eq!(authorized + over, sum, "I1", "the identity of {figures:?}");
    let parts =
        [captured, in_process, voided, released, unclaimed, over, figures.capturable, figures.remainder];
    ensure!(parts.iter().all(|part| *part >= 0), "I1", "a part is below 0: {figures:?}");
    ensure!(captured + in_process <= figures.ceiling, "I1", "above the ceiling: {figures:?}");
    let open = figures.capturable > 0 || figures.remainder > 0 || unclaimed > 0;
    ensure!(!(closed && open), "I1", "closed, and something is capturable: {figures:?}");
    Ok(())
}
