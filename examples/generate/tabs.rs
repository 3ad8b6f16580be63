//! Tabs: payments that stay open for days and take many small captures. A few
//! are far more popular than the rest, so that captures pile up on them.

use super::chance::Zipf;
use super::days::{DAY, Days};
use super::line::Line;
use super::payers::WITHOUT_LIMITS;
use super::payment::Payment;

/// How many are open at once.
const TABS: u32 = 256;

pub struct Tabs {
    zipf: Zipf,
    open: Vec<Option<Tab>>,
}

struct Tab {
    payment: Payment,
    /// What it holds still, as the generator reckons it.
    left: u64,
}

impl Tabs {
    pub fn new() -> Self {
        Self { zipf: Zipf::new(TABS), open: (0..TABS).map(|_| None).collect() }
    }
}

impl Days {
    /// A capture on some tab; if that is used up or over, mostly on a new one.
    pub fn tab(&mut self, at: u64) {
        let rank = self.tabs.zipf.rank(&mut self.chance);
        let taken = self.chance.spread(16, 2_000);
        let open = self.tabs.open.get_mut(rank).and_then(Option::take);
        let mut tab = match open {
            Some(tab) if tab.payment.deadline > at && tab.left >= taken => tab,
            Some(tab) if self.chance.once_in(8) => tab,
            Some(tab) => {
                self.close(&tab.payment, at);
                self.open(at)
            }
            None => self.open(at),
        };
        tab.left = tab.left.saturating_sub(taken);
        self.capture(&tab.payment, Some(taken), Some(false), at);
        if let Some(place) = self.tabs.open.get_mut(rank) {
            *place = Some(tab);
        }
    }

    fn open(&mut self, at: u64) -> Tab {
        let amount = self.chance.spread(60_000, 480_000);
        let days = self.chance.between(1, 7);
        let payer = self.somebody().filter(|rank| *rank < WITHOUT_LIMITS);
        let mut payment = self.payment(payer, amount, days * DAY, at);
        payment.tab = true;
        payment.terms += r#","maxCaptures":5000"#;
        self.authorize(&payment, at);
        Tab { left: amount, payment }
    }

    fn close(&mut self, payment: &Payment, at: u64) {
        if self.chance.once_in(2) {
            self.capture(payment, None, Some(true), at);
        } else {
            let body = format!(r#"{{"paymentId":"{}"}}"#, payment.id);
            self.send(at, Line::merchant("cancel", payment.merchant, body));
        }
    }
}
