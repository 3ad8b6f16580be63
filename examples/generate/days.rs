//! The days: customers come by the hour, what they start goes on for minutes
//! or days, and the lines of all of it come out in the order of time.

use std::collections::BTreeMap;

use super::chance::{Chance, Zipf};
use super::line::{Instant, Line};
use super::payers::Payers;
use super::payment::{Ids, MERCHANTS};
use super::tabs::Tabs;

pub const DAY: u64 = 86_400;
/// 2026-03-02T08:00:00+08:00, a Monday.
const OPENING: u64 = 1_772_409_600;
/// Midnight of that day at +08:00.
const MIDNIGHT: u64 = OPENING - 8 * 3_600;
/// How many customers come in each hour of a day.
const CUSTOMERS: [u64; 24] = [
    60, 30, 20, 20, 20, 40, 80, 140, 200, 240, 260, 280, 320, 300, 240, 220, 220, 260, 320, 340, 300, 240,
    160, 100,
];
/// How often a sweep closes what is over.
const SWEEP: u64 = 1_800;

/// The operations whose answers stay, however often a file is run.
const RERUNNABLE: [&str; 7] =
    ["configure", "registerPayer", "adjustPayer", "authorize", "capture", "void", "abandon"];

pub struct Days {
    pub chance: Chance,
    pub ids: Ids,
    pub payers: Payers,
    pub tabs: Tabs,
    pub merchants: Zipf,
    pub rerunnable: bool,
    /// What is to come, by its time, and in the order in which it was thought of.
    queue: BTreeMap<(u64, u64), Line>,
    queued: u64,
    next_customer: u64,
    next_sweep: u64,
}

impl Days {
    pub fn new(seed: u64, rerunnable: bool) -> Self {
        let mut days = Self {
            chance: Chance::new(seed),
            ids: Ids::default(),
            payers: Payers::new(),
            tabs: Tabs::new(),
            merchants: Zipf::new(u32::try_from(MERCHANTS.len()).unwrap_or(1)),
            rerunnable,
            queue: BTreeMap::new(),
            queued: 0,
            next_customer: OPENING,
            next_sweep: OPENING + SWEEP,
        };
        days.send(OPENING, configure());
        days
    }

    /// Says something at this time, if it may be said at all.
    pub fn send(&mut self, at: u64, line: Line) {
        if self.rerunnable && !RERUNNABLE.contains(&line.op) {
            return;
        }
        self.queued += 1;
        self.queue.insert((at, self.queued), line);
    }

    /// Answers get lost, and the same is sent again some minutes later.
    pub fn lost_answers(&mut self, line: &Line, at: u64) {
        let mut later = at;
        while self.chance.once_in(14) {
            later += self.chance.between(20, 600);
            self.send(later, line.clone());
        }
    }

    /// The clock reading that the line has.
    fn shown(&self, at: u64) -> u64 {
        if self.rerunnable { OPENING } else { at }
    }

    fn customer(&mut self) {
        let at = self.next_customer;
        let hour = (at - MIDNIGHT) / 3_600 % 24;
        let customers = CUSTOMERS.get(super::chance::index(hour)).copied().unwrap_or(100);
        self.next_customer = at + self.chance.below(2 * 3_600 / customers);
        if self.chance.once_in(4) {
            self.tab(at);
        } else {
            self.order(at);
        }
    }

    fn sweep(&mut self) {
        let at = self.next_sweep;
        self.next_sweep = at + SWEEP;
        let body = if self.chance.once_in(8) { "{}" } else { r#"{"limit":100}"# };
        self.send(at, Line::host("expire", body.to_owned()));
    }
}

impl Iterator for Days {
    type Item = (u64, Line);

    /// There is always a next line.
    fn next(&mut self) -> Option<(u64, Line)> {
        loop {
            let begins = self.next_customer.min(self.next_sweep);
            // What begins later may not come before what is queued; nothing is thought of for the past.
            match self.queue.first_entry() {
                Some(first) if first.key().0 < begins => {
                    let ((at, _), line) = first.remove_entry();
                    return Some((self.shown(at), line));
                }
                _ if self.next_sweep <= self.next_customer => self.sweep(),
                _ => self.customer(),
            }
        }
    }
}

fn configure() -> Line {
    let start = Instant(MIDNIGHT);
    let body = format!(
        concat!(
            r#"{{"currencies":["USD","EUR","JPY","KWD","GBP"],"#,
            r#""paymentAmountLimits":[{{"value":"500000","currency":"USD"}},{{"value":"900000","currency":"JPY"}}],"#,
            r#""timeOffset":"+08:00","usageWindow":{{"start":"{}","seconds":86400}}}}"#
        ),
        start
    );
    Line::host("configure", body)
}
