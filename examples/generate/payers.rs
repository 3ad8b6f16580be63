//! The payers: a few pay much of what is paid. Each is registered before it is
//! named for the first time, and gets funds when it runs short.

use super::chance::{Chance, Zipf};
use super::days::Days;
use super::line::{Amount, Line};
use super::payment::payer_id;

/// How many there are.
const PAYERS: u32 = 20_000;
/// So many of them, the first, have no limits.
pub const WITHOUT_LIMITS: usize = 50;
/// From this amount on an account is looked at before it is asked.
const LARGE: u64 = 60_000;
const HOUR: u64 = 3_600;

pub struct Payers {
    zipf: Zipf,
    /// What each can spend, as the generator reckons it; nothing: not registered.
    funds: Vec<Option<u64>>,
}

impl Payers {
    pub fn new() -> Self {
        Self { zipf: Zipf::new(PAYERS), funds: (0..PAYERS).map(|_| None).collect() }
    }

    pub fn rank(&self, chance: &mut Chance) -> usize {
        self.zipf.rank(chance)
    }

    fn funds(&mut self, rank: usize) -> Option<&mut Option<u64>> {
        self.funds.get_mut(rank)
    }
}

/// The currency of this payer's account.
pub fn currency(rank: usize) -> &'static str {
    match rank % 10 {
        0..=6 => "USD",
        7 => "EUR",
        8 => "JPY",
        _ => "KWD",
    }
}

impl Days {
    /// Makes a payer ready to be asked for this amount, most of the time.
    pub fn payer(&mut self, rank: usize, amount: u64, at: u64) -> String {
        let id = payer_id(rank);
        let known = self.payers.funds(rank).and_then(|funds| *funds);
        let mut funds = known.unwrap_or_else(|| self.register(&id, rank, at));
        if funds < amount && (amount >= LARGE || !self.chance.once_in(12)) {
            let added = amount * self.chance.between(8, 64);
            funds += added;
            self.adjust(&id, &format!(r#""funds":{}"#, Amount(added, currency(rank))), at);
        }
        if let Some(kept) = self.payers.funds(rank) {
            *kept = Some(funds.saturating_sub(amount));
        }
        self.upkeep(&id, rank, at);
        id
    }

    fn register(&mut self, id: &str, rank: usize, at: u64) -> u64 {
        let currency = currency(rank);
        let balance = self.chance.spread(20_000, 2_000_000);
        let mut body = format!(r#"{{"payerId":"{id}","balance":{}"#, Amount(balance, currency));
        if rank >= WITHOUT_LIMITS && self.chance.once_in(6) {
            body += &format!(r#","maxCountPerWindow":{}"#, self.chance.between(1, 6));
        }
        if rank >= WITHOUT_LIMITS && self.chance.once_in(6) {
            let most = self.chance.spread(2_000, 60_000);
            body += &format!(r#","maxAmountPerWindow":{}"#, Amount(most, currency));
        }
        body.push('}');
        let line = Line::host("registerPayer", body);
        self.lost_answers(&line, at);
        self.send(at, line);
        balance
    }

    /// Now and then somebody looks after an account.
    fn upkeep(&mut self, id: &str, rank: usize, at: u64) {
        match self.chance.below(600) {
            0 => {
                self.adjust(id, r#""status":"ABNORMAL""#, at);
                let later = at + self.chance.between(HOUR, 6 * HOUR);
                self.adjust(id, r#""status":"NORMAL""#, later);
            }
            1 => self.adjust(id, r#""resetUsage":true"#, at),
            2 if rank < WITHOUT_LIMITS => self.adjust(id, r#""clearLimits":true"#, at),
            2 => self.adjust(id, r#""clearLimits":true,"maxCountPerWindow":20"#, at),
            3 | 4 => {
                let withdrawn = self.chance.spread(100, 4_000_000);
                self.adjust(id, &format!(r#""withdraw":{}"#, Amount(withdrawn, currency(rank))), at);
            }
            5..10 => self.send(at, Line::host("inquirePayer", format!(r#"{{"payerId":"{id}"}}"#))),
            _ => {}
        }
    }

    fn adjust(&mut self, id: &str, fields: &str, at: u64) {
        let request = self.ids.adjust();
        let line = |fields: &str| {
            Line::host(
                "adjustPayer",
                format!(r#"{{"adjustRequestId":"{request}","payerId":"{id}",{fields}}}"#),
            )
        };
        let line_as_meant = line(fields);
        if self.chance.once_in(40) {
            self.send(at + 60, line(r#""clearLimits":true,"resetUsage":true"#));
        }
        self.lost_answers(&line_as_meant, at);
        self.send(at, line_as_meant);
    }
}
