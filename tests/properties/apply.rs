//! How the books follow an event, and what must be true of each event on its
//! own: I1, I2, I6 to I11.

use std::sync::Arc;

use capture_engine::command::FundsChange;
use capture_engine::event::{
    AcceptedCapture, Event, PayerEvent, PayerEventKind, PaymentEvent, PaymentEventKind, Registration,
};
use capture_engine::state::Closing;
use capture_engine::transitions::Transition;
use capture_engine::{Authorization, Money};

use crate::broken::{Checked, broken, ensure, ensure_eq};
use crate::coverage;
use crate::model::{Account, Book, Fate, Model, Taken};
use crate::ops::{Configured, number};

impl Model {
    pub(crate) fn apply_payment(
        &mut self,
        event: &PaymentEvent,
        now: i64,
        configured: Configured,
    ) -> Checked {
        let key = (number(event.merchant().as_str()), number(event.payment().as_str()));
        let time = event.time().as_micros();
        let before = self.payments.get(&key).map(|book| book.state());
        let released_before = self.figures(key, None).map_or(0, |figures| figures.released);
        coverage::met("event", event.kind().name());
        match self.payments.get(&key) {
            None => self.open(key, event)?,
            Some(book) => {
                ensure_eq!(event.seq(), book.events + 1, "I7", "the number of {event:?}");
                ensure!(event.hold() == &book.hold, "I7", "another hold than before: {event:?}");
                ensure!(time >= book.last_time, "I9", "the time goes back in {event:?}");
                ensure_eq!(time, book.last_time.max(now), "I9", "the time of {event:?}");
                self.step(key, event, now, configured)?;
            }
        }
        let last_pending = self.last_pending(key);
        let Some(book) = self.payments.get_mut(&key) else { return broken("I7", "no book") };
        book.events = event.seq();
        book.last_time = time;
        if event.seq() > 1 {
            let folded = book.fold.apply(event);
            ensure!(folded.is_ok(), "I7", "the fold refuses {event:?}: {folded:?}");
        }
        let after = book.state();
        let Some(row) = Transition::of(before, event.kind(), after) else {
            return broken("I8", format!("no transition from {before:?} to {after:?} by {event:?}"));
        };
        coverage::met("transition", coverage::transition(row));
        coverage::met("state", after.as_str());
        if let Some(closing) = book.closing {
            coverage::met("closed by", closing.closed_by().as_str());
        }
        let figures = book.figures(last_pending, None);
        if let Some(released) = released_of(event.kind()) {
            let expected = book.closing.map(|_| figures.released - released_before);
            ensure_eq!(
                released.map(|money| i128::from(money.minor())),
                expected,
                "I1",
                "released by {event:?}"
            );
        }
        ensure!(
            figures.captured + figures.in_process <= figures.ceiling,
            "I1",
            "above the ceiling: {figures:?}"
        );
        Ok(())
    }

    fn open(&mut self, key: (u8, u8), event: &PaymentEvent) -> Checked {
        ensure_eq!(event.seq(), 1, "I7", "the number of the first event");
        let fold = match Authorization::open(event) {
            Ok(fold) => fold,
            Err(error) => return broken("I7", format!("the fold refuses {event:?}: {error}")),
        };
        let book = Book {
            hold: Arc::clone(event.hold()),
            captured: 0,
            in_process: 0,
            voided: 0,
            closing: None,
            events: 1,
            last_time: event.time().as_micros(),
            captures: Vec::new(),
            fold,
        };
        self.payments.insert(key, book);
        Ok(())
    }

    /// An event after the first.
    fn step(&mut self, key: (u8, u8), event: &PaymentEvent, now: i64, configured: Configured) -> Checked {
        let currency = event.hold().amount.currency();
        let own = |money: Money| -> Checked<i64> {
            ensure_eq!(money.currency(), currency, "I10", "the currency in {event:?}");
            Ok(money.minor())
        };
        match event.kind() {
            PaymentEventKind::CaptureAccepted { capture } => {
                own(capture.asked)?;
                self.accept(key, event, capture, now, configured)
            }
            PaymentEventKind::Captured { capture, amount, settled, closing, .. } => {
                if !settled {
                    ensure_eq!(*amount, capture.asked, "I6", "what {event:?} captures");
                    self.accept(key, event, capture, now, configured)?;
                }
                self.captured(key, event, capture, own(*amount)?)?;
                self.close(key, event, *closing)
            }
            PaymentEventKind::CaptureFailed { capture, .. } => self.failed(key, event, capture),
            PaymentEventKind::CaptureReversed { capture, amount, .. } => {
                self.reversed(key, event, capture, own(*amount)?)
            }
            PaymentEventKind::SettlementContradicted { capture, told } => {
                let taken = self.taken(key, event, capture)?;
                ensure!(taken.told != Some(*told), "I6", "said before: {event:?}");
                taken.told = Some(*told);
                Ok(())
            }
            PaymentEventKind::Voided { amount, closing, .. } => {
                let amount = i128::from(own(*amount)?);
                let remainder = self.figures(key, None).map_or(0, |figures| figures.remainder);
                ensure!(amount <= remainder, "I1", "more than the remainder of {remainder}: {event:?}");
                self.book(key)?.voided += amount;
                self.close(key, event, *closing)
            }
            PaymentEventKind::Cancelled { .. } => {
                ensure!(self.pending(key).next().is_none(), "I8", "with a capture in process: {event:?}");
                self.close(key, event, Some(Closing::Cancel))
            }
            PaymentEventKind::Expired { closing, .. } => {
                let book = self.book(key)?;
                ensure!(now >= book.deadline(), "I8", "before the deadline: {event:?}");
                self.close(key, event, Some(*closing))
            }
            _ => broken("I7", format!("not an event that follows another: {event:?}")),
        }
    }

    fn book(&mut self, key: (u8, u8)) -> Checked<&mut Book> {
        self.payments.get_mut(&key).map_or_else(|| broken("I7", "an event of no payment"), Ok)
    }

    /// An event about a capture that was accepted before, on this payment.
    fn taken(&mut self, key: (u8, u8), event: &PaymentEvent, of: &AcceptedCapture) -> Checked<&mut Taken> {
        let request = (key.0, number(of.request.as_str()));
        match self.captures.get_mut(&request) {
            Some(taken) if taken.payment == key && *taken.capture == *of => Ok(taken),
            _ => broken("I6", format!("of a capture that was not accepted so: {event:?}")),
        }
    }

    fn accept(
        &mut self,
        key: (u8, u8),
        event: &PaymentEvent,
        capture: &Arc<AcceptedCapture>,
        now: i64,
        configured: Configured,
    ) -> Checked {
        let request = (key.0, number(capture.request.as_str()));
        let figures = self.figures(key, None);
        let asked = i128::from(capture.asked.minor());
        let capturable = figures.map_or(0, |figures| figures.capturable);
        ensure!(asked <= capturable, "I1", "more than {capturable} is capturable: {event:?}");
        let (succeeded, pending) = (self.succeeded(key), self.pending(key).count());
        let book = self.book(key)?;
        let deadline = book.deadline();
        ensure!(now < deadline && event.time().as_micros() < deadline, "I9", "after the deadline: {event:?}");
        ensure!(book.closing.is_none(), "I1", "after the closing: {event:?}");
        let max = usize::try_from(book.hold.terms.max_captures.get()).unwrap_or(usize::MAX);
        ensure!(succeeded + pending < max, "I1", "one capture too many: {event:?}");
        book.captures.push(request);
        book.in_process += asked;
        ensure!(!self.refused.contains(&request), "I6", "it was answered F: {event:?}");
        let taken = Taken {
            payment: key,
            capture: Arc::clone(capture),
            accepted_seq: event.seq(),
            accepted_at: event.time().as_micros(),
            fate: Fate::Pending,
            told: None,
            captured_events: 0,
            reversed_events: 0,
        };
        ensure!(self.captures.insert(request, taken).is_none(), "I2", "accepted twice: {event:?}");
        let known = self.capture_ids.insert(capture.id.clone(), request);
        ensure!(known.is_none(), "I2", "the capture id is that of {known:?}: {event:?}");
        self.count(event, capture, request, now, configured)
    }

    /// The payer's usage counts an accepted capture in the current window.
    fn count(
        &mut self,
        event: &PaymentEvent,
        capture: &AcceptedCapture,
        request: (u8, u8),
        now: i64,
        configured: Configured,
    ) -> Checked {
        let Some(payer) = &event.hold().payer else {
            ensure!(capture.counted.is_none(), "I11", "counted without an account: {event:?}");
            return Ok(());
        };
        let (Some(account), Some(counted)) = (self.payers.get_mut(&number(payer.as_str())), capture.counted)
        else {
            return broken("I11", format!("not counted: {event:?}"));
        };
        let window = account
            .stored_window()
            .map_or(configured.window(now), |stored| stored.max(configured.window(now)));
        ensure_eq!(counted.window.as_micros(), window, "I11", "the window of {event:?}");
        ensure_eq!(counted.resets, account.resets, "I11", "the resets in {event:?}");
        account.counted.push((request, window));
        Ok(())
    }

    fn captured(
        &mut self,
        key: (u8, u8),
        event: &PaymentEvent,
        of: &AcceptedCapture,
        amount: i64,
    ) -> Checked {
        let taken = self.taken(key, event, of)?;
        taken.captured_events += 1;
        ensure!(taken.captured_events == 1, "I2", "captured twice: {event:?}");
        ensure_eq!(taken.fate, Fate::Pending, "I2", "the capture before {event:?}");
        let asked = taken.capture.asked.minor();
        ensure!((1..=asked).contains(&amount), "I1", "not within what was asked: {event:?}");
        taken.fate = Fate::Captured(amount);
        let book = self.book(key)?;
        book.in_process -= i128::from(asked);
        book.captured += i128::from(amount);
        if let Some(account) = self.account_of(event) {
            account.captured += i128::from(amount);
        }
        Ok(())
    }

    fn failed(&mut self, key: (u8, u8), event: &PaymentEvent, of: &AcceptedCapture) -> Checked {
        let taken = self.taken(key, event, of)?;
        ensure_eq!(taken.fate, Fate::Pending, "I6", "the capture before {event:?}");
        taken.fate = Fate::Failed;
        let asked = taken.capture.asked.minor();
        self.book(key)?.in_process -= i128::from(asked);
        Ok(())
    }

    fn reversed(
        &mut self,
        key: (u8, u8),
        event: &PaymentEvent,
        of: &AcceptedCapture,
        amount: i64,
    ) -> Checked {
        let taken = self.taken(key, event, of)?;
        taken.reversed_events += 1;
        ensure!(taken.reversed_events == 1, "I2", "reversed twice: {event:?}");
        ensure_eq!(taken.fate, Fate::Captured(amount), "I2", "the capture before {event:?}");
        taken.fate = Fate::Reversed(amount);
        self.book(key)?.captured -= i128::from(amount);
        if let Some(account) = self.account_of(event) {
            account.reversed += i128::from(amount);
        }
        Ok(())
    }

    fn account_of(&mut self, event: &PaymentEvent) -> Option<&mut Account> {
        let payer = event.hold().payer.as_ref()?;
        self.payers.get_mut(&number(payer.as_str()))
    }

    /// Closes as the amounts ask for, and not otherwise.
    fn close(&mut self, key: (u8, u8), event: &PaymentEvent, closing: Option<Closing>) -> Checked {
        let figures = self.figures(key, None);
        let book = self.book(key)?;
        let left = book.authorized() - book.captured - book.in_process - book.voided;
        let idle = book.in_process == 0;
        let last = event.kind().capture().is_some_and(|capture| capture.last);
        let expected = match event.kind() {
            _ if book.closing.is_some() => None,
            PaymentEventKind::Captured { .. } => {
                let full = idle && figures.is_some_and(|figures| figures.captured >= figures.ceiling);
                let last = last.then_some(Closing::Last);
                if full { Some(Closing::Full) } else { last }
            }
            PaymentEventKind::Voided { .. } if idle && left <= 0 => {
                Some(if book.captured > 0 { Closing::VoidAfterCapture } else { Closing::VoidOfAll })
            }
            PaymentEventKind::Expired { .. } => Some(book.closing_by_deadline()),
            PaymentEventKind::Cancelled { .. } => Some(Closing::Cancel),
            _ => None,
        };
        ensure_eq!(closing, expected, "I8", "how {event:?} closes");
        book.closing = book.closing.or(closing);
        Ok(())
    }

    pub(crate) fn apply_payer(&mut self, event: &PayerEvent, now: i64) -> Checked {
        let key = number(event.payer().as_str());
        let time = event.time().as_micros();
        coverage::met("event", event.name());
        let known = self.payers.get(&key).map(|account| (account.events, account.last_time));
        ensure_eq!(event.seq(), known.map_or(1, |(events, _)| events + 1), "I7", "the number of {event:?}");
        ensure_eq!(time, known.map_or(now, |(_, last)| last.max(now)), "I9", "the time of {event:?}");
        match (event.kind(), self.payers.get_mut(&key)) {
            (PayerEventKind::PayerRegistered(Registration { balance, status, limits }), None) => {
                let account = Account {
                    currency: balance.currency(),
                    put_in: i128::from(balance.minor()),
                    withdrawn: 0,
                    captured: 0,
                    reversed: 0,
                    status: *status,
                    limits: *limits,
                    resets: 0,
                    events: 1,
                    last_time: time,
                    counted: Vec::new(),
                };
                self.payers.insert(key, account);
            }
            (PayerEventKind::PayerAdjusted { adjustment, .. }, Some(account)) => {
                match adjustment.funds {
                    Some(FundsChange::Add(money)) => account.put_in += i128::from(money.minor()),
                    Some(FundsChange::Withdraw(money)) => account.withdrawn += i128::from(money.minor()),
                    None => (),
                }
                account.status = adjustment.status.unwrap_or(account.status);
                if adjustment.clear_limits {
                    account.limits = capture_engine::command::UsageLimits::default();
                }
                account.limits.max_count = adjustment.limits.max_count.or(account.limits.max_count);
                account.limits.max_amount = adjustment.limits.max_amount.or(account.limits.max_amount);
                if adjustment.reset_usage {
                    account.resets += 1;
                    account.counted.clear();
                }
                account.events = event.seq();
                account.last_time = time;
            }
            _ => return broken("I7", format!("an event that does not fit: {event:?}")),
        }
        Ok(())
    }
}

/// The released amount that an event carries; `None` where its kind has none.
fn released_of(kind: &PaymentEventKind) -> Option<Option<Money>> {
    match kind {
        PaymentEventKind::Captured { released, .. }
        | PaymentEventKind::CaptureFailed { released, .. }
        | PaymentEventKind::CaptureReversed { released, .. } => Some(*released),
        PaymentEventKind::Cancelled { released } | PaymentEventKind::Expired { released, .. } => {
            Some(Some(*released))
        }
        _ => None,
    }
}

/// An event as the closing by the deadline.
pub fn is_expiry(event: &Event) -> bool {
    matches!(event, Event::Payment(event) if matches!(event.kind(), PaymentEventKind::Expired { .. }))
}
