//! Books of the tests' own, kept from events alone: what every payment and
//! payer must look like. No code is shared with the crate's own fold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use capture_engine::command::{PayerStatus, UsageLimits};
use capture_engine::event::{AcceptedCapture, Event, Told};
use capture_engine::id::CaptureId;
use capture_engine::state::Closing;
use capture_engine::terms::{Funding, Hold};
use capture_engine::{Authorization, Currency, State};

use crate::broken::{Checked, broken};
use crate::ops::Configured;

/// What became of an accepted capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Pending,
    Captured(i64),
    Failed,
    Reversed(i64),
}

pub struct Taken {
    pub payment: (u8, u8),
    pub capture: Arc<AcceptedCapture>,
    pub accepted_seq: u64,
    pub accepted_at: i64,
    pub fate: Fate,
    pub told: Option<Told>,
    pub captured_events: u32,
    pub reversed_events: u32,
}

/// The four amounts of a payment, and how it closed.
pub struct Book {
    pub hold: Arc<Hold>,
    pub captured: i128,
    pub in_process: i128,
    pub voided: i128,
    pub closing: Option<Closing>,
    pub events: u64,
    pub last_time: i64,
    /// Its accepted captures, in the order of acceptance.
    pub captures: Vec<(u8, u8)>,
    /// The crate's own fold of the same events.
    pub fold: Authorization,
}

/// What follows from the four amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    pub authorized: i128,
    pub captured: i128,
    pub in_process: i128,
    pub voided: i128,
    pub unclaimed: i128,
    pub released: i128,
    pub over: i128,
    pub allowance: i128,
    pub ceiling: i128,
    pub capturable: i128,
    pub remainder: i128,
    pub claim: i128,
}

impl Book {
    pub fn deadline(&self) -> i64 {
        self.hold.terms.expires_at.as_micros()
    }

    pub fn is_due(&self, now: i64) -> bool {
        self.closing.is_none() && now >= self.deadline()
    }

    pub fn authorized(&self) -> i128 {
        i128::from(self.hold.amount.minor())
    }

    pub fn state(&self) -> State {
        match self.closing {
            Some(Closing::Full | Closing::Last | Closing::VoidAfterCapture) => State::FullyCaptured,
            Some(Closing::VoidOfAll | Closing::Cancel) => State::Cancelled,
            Some(Closing::Expiry) => State::Expired,
            None if self.captured > 0 => State::PartiallyCaptured,
            None => State::Authorized,
        }
    }

    pub fn ceiling(&self) -> i128 {
        let unvoided = self.authorized() - self.voided;
        unvoided + self.allowance(unvoided)
    }

    fn allowance(&self, unvoided: i128) -> i128 {
        let terms = &self.hold.terms;
        let percent =
            terms.overcapture_percent.map(|percent| unvoided * i128::from(percent.hundredths()) / 10_000);
        let limit = terms.overcapture_limit.map(|limit| i128::from(limit.minor()));
        percent.into_iter().chain(limit).min().unwrap_or(0)
    }

    /// How the deadline closes it.
    pub fn closing_by_deadline(&self) -> Closing {
        let left = self.authorized() - self.captured - self.voided;
        match self.in_process == 0 && left <= 0 && self.captured > 0 {
            true => Closing::Full,
            false => Closing::Expiry,
        }
    }

    /// The figures, as a sweep at this moment would leave them.
    pub fn figures(&self, last_pending: bool, now: Option<i64>) -> Figures {
        let closed = self.closing.is_some() || now.is_some_and(|now| self.is_due(now));
        let (captured, in_process, voided) = (self.captured, self.in_process, self.voided);
        let authorized = self.authorized();
        let left = authorized - captured - in_process - voided;
        let unclaimed = if closed { 0 } else { left.max(0) };
        let ceiling = self.ceiling();
        let capturable = if closed || last_pending { 0 } else { ceiling - captured - in_process };
        let holds = self.hold.terms.funding == Funding::Held;
        Figures {
            authorized,
            captured,
            in_process,
            voided,
            unclaimed,
            released: if closed { left.max(0) } else { 0 },
            over: (-left).max(0),
            allowance: self.allowance(authorized - voided),
            ceiling,
            capturable,
            remainder: if last_pending { 0 } else { unclaimed },
            claim: in_process + if holds { unclaimed } else { 0 },
        }
    }
}

/// What is known of a payer.
pub struct Account {
    pub currency: Currency,
    pub put_in: i128,
    pub withdrawn: i128,
    pub captured: i128,
    pub reversed: i128,
    pub status: PayerStatus,
    pub limits: UsageLimits,
    pub resets: u64,
    pub events: u64,
    pub last_time: i64,
    /// The captures accepted since the last reset, and the window of each.
    pub counted: Vec<((u8, u8), i64)>,
}

impl Account {
    pub fn balance(&self) -> i128 {
        self.put_in - self.withdrawn - self.captured + self.reversed
    }

    /// The window that is stored: that of the last capture since the reset.
    pub fn stored_window(&self) -> Option<i64> {
        self.counted.last().map(|(_, window)| *window)
    }
}

#[derive(Default)]
pub struct Model {
    pub payments: BTreeMap<(u8, u8), Book>,
    pub payers: BTreeMap<u8, Account>,
    pub captures: BTreeMap<(u8, u8), Taken>,
    pub capture_ids: BTreeMap<CaptureId, (u8, u8)>,
    /// Captures' ids that were answered F from their record.
    pub refused: BTreeSet<(u8, u8)>,
}

impl Model {
    /// Takes over an event that was appended at this clock reading.
    pub fn apply(&mut self, event: &Event, now: i64, configured: Configured) -> Checked {
        match event {
            Event::Payment(event) => self.apply_payment(event, now, configured),
            Event::Payer(event) => self.apply_payer(event, now),
            _ => broken("I7", format!("an event of an unknown stream: {event:?}")),
        }
    }

    pub fn last_pending(&self, payment: (u8, u8)) -> bool {
        self.pending(payment).any(|key| self.captures.get(&key).is_some_and(|taken| taken.capture.last))
    }

    /// The captures of a payment that are in process.
    pub fn pending(&self, payment: (u8, u8)) -> impl Iterator<Item = (u8, u8)> + '_ {
        let captures = self.payments.get(&payment).into_iter().flat_map(|book| book.captures.iter().copied());
        captures.filter(|key| self.captures.get(key).is_some_and(|taken| taken.fate == Fate::Pending))
    }

    pub fn succeeded(&self, payment: (u8, u8)) -> usize {
        let captures = self.payments.get(&payment).into_iter().flat_map(|book| book.captures.iter());
        let fates = captures.filter_map(|key| self.captures.get(key));
        fates.filter(|taken| matches!(taken.fate, Fate::Captured(_))).count()
    }

    pub fn figures(&self, payment: (u8, u8), now: Option<i64>) -> Option<Figures> {
        let last_pending = self.last_pending(payment);
        self.payments.get(&payment).map(|book| book.figures(last_pending, now))
    }

    /// The usage of the stored window, recomputed from what was accepted
    /// since the last reset.
    pub fn usage(&self, account: &Account) -> (u64, i128) {
        let stored = account.stored_window();
        let counted = account.counted.iter().filter(|(_, window)| Some(*window) == stored);
        counted.fold((0, 0), |(count, sum), (key, _)| {
            let Some(taken) = self.captures.get(key) else { return (count, sum) };
            match taken.fate {
                Fate::Pending => (count + 1, sum + i128::from(taken.capture.asked.minor())),
                Fate::Captured(amount) => (count + 1, sum + i128::from(amount)),
                Fate::Failed | Fate::Reversed(_) => (count, sum),
            }
        })
    }

    /// What the payer's authorizations claim, summed up.
    pub fn held(&self, payer: u8) -> i128 {
        let id = crate::ops::payer(payer);
        let of_payer = self.payments.iter().filter(|(_, book)| book.hold.payer.as_ref() == Some(&id));
        of_payer.filter_map(|(key, _)| self.figures(*key, None)).map(|figures| figures.claim).sum()
    }

    /// Open authorizations past their deadline, in the order of the sweep.
    pub fn due(&self, now: i64) -> Vec<(i64, (u8, u8))> {
        let due = self.payments.iter().filter(|(_, book)| book.is_due(now));
        let mut due: Vec<_> = due.map(|(key, book)| (book.deadline(), *key)).collect();
        due.sort_unstable();
        due
    }
}
