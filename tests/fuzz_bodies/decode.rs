//! Bytes as a history of replay lines: few bytes a line, few ids and amounts,
//! so that lines meet each other, and every history of bytes is one.

use capture_engine::Instant;

use crate::reference::FAILURES;
use crate::reference::line::{
    Abandon, AdjustPayer, Amount, Authorize, Cancel, Capture, Configure, Expire, Line, Op, RegisterPayer,
    Reverse, Settle, Void, Window,
};

/// No history is longer.
const LINES: usize = 64;
pub const MERCHANTS: [&str; 2] = ["M", "N"];
pub const PAYMENTS: [&str; 3] = ["p", "q", "r"];
pub const CAPTURES: [&str; 6] = ["c1", "c2", "c3", "c4", "c5", "c6"];
pub const PAYERS: [&str; 2] = ["u", "v"];
const VOIDS: [&str; 3] = ["v1", "v2", "v3"];
const ADJUSTS: [&str; 3] = ["a1", "a2", "a3"];
/// The small ones first: 0, and what is no amount, among them.
const VALUES: [&str; 20] = [
    "100",
    "50",
    "10",
    "1",
    "33",
    "99",
    "101",
    "110",
    "115",
    "120",
    "49",
    "51",
    "200",
    "300",
    "1000",
    "90",
    "0",
    "01",
    "9999999999999999",
    "2",
];
const CURRENCIES: [&str; 4] = ["USD", "JPY", "EUR", "XAU"];
const PERCENTS: [&str; 8] = ["15", "0", "100", "33.33", "0.5", "10", "99.99", "101"];
const RISKS: [&str; 4] = ["ACCEPT", "REVIEW", "REJECT", "UNAVAILABLE"];
const BEGIN: i64 = 1_772_323_200_000_000;
const HOUR: i64 = 3_600_000_000;

/// The lines that the bytes stand for; none of them reads.
pub fn history(bytes: &[u8]) -> Vec<Line> {
    let mut decoder = Decoder { bytes, now: BEGIN };
    let mut lines = Vec::new();
    let configure = decoder.configure();
    lines.push(configure);
    while !decoder.bytes.is_empty() && lines.len() < LINES {
        lines.push(decoder.line());
    }
    lines
}

struct Decoder<'b> {
    bytes: &'b [u8],
    now: i64,
}

impl Decoder<'_> {
    /// The next byte; 0 after the last.
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        *first
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.next()) % all.len()]
    }

    fn id(&mut self, all: &[&str]) -> Option<String> {
        Some(self.one_of(all).to_owned())
    }

    /// What is absent half of the time, by one bit of flags.
    fn maybe<T>(&mut self, flag: bool, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        flag.then(|| make(self))
    }

    fn amount(&mut self) -> Amount {
        let byte = self.next();
        let currency = if byte < 224 { "USD" } else { self.one_of(&CURRENCIES) };
        Amount::of(VALUES[usize::from(byte) % VALUES.len()], currency)
    }

    /// Mostly the amount, half of the time none.
    fn maybe_amount(&mut self, flag: bool) -> Option<Amount> {
        self.maybe(flag, Self::amount)
    }

    fn configure(&mut self) -> Line {
        let bits = Bits(self.next());
        let window = Window { start: Some(instant(BEGIN)), seconds: Some(3_600) };
        let body = Configure {
            currencies: bits.at(0).then(|| vec!["USD".to_owned(), "JPY".to_owned()]),
            limits: bits.at(1).then(|| vec![Amount::of(500, "USD")]),
            offset: bits.at(2).then(|| "-03:30".to_owned()),
            last_default: bits.at(3).then(|| bits.at(4)),
            window: bits.at(5).then_some(window),
        };
        Line { at: Some(instant(BEGIN)), client: None, risk: None, op: Op::Configure(body) }
    }

    fn line(&mut self) -> Line {
        let byte = self.next();
        let at = self.clock(byte >> 5);
        let op = self.op(byte & 31);
        let client = op.by_merchant().then(|| {
            let second = self.next() >= 224;
            MERCHANTS[usize::from(second)].to_owned()
        });
        let risk = if matches!(op, Op::Capture(_)) { self.risk() } else { None };
        Line { at, client, risk, op }
    }

    /// The clock stands, goes on, jumps ahead or back.
    fn clock(&mut self, step: u8) -> Option<String> {
        let hours = match step {
            0..=4 => return None,
            5 => 1,
            6 => 24,
            _ => self.one_of(&[-1, 0, 23, 47, 48, 200, -100]),
        };
        self.now += hours * HOUR;
        Some(instant(self.now))
    }

    fn risk(&mut self) -> Option<String> {
        let byte = usize::from(self.next());
        (byte >= 128).then(|| RISKS[byte % RISKS.len()].to_owned())
    }

    fn op(&mut self, kind: u8) -> Op {
        match kind {
            0..=3 => self.authorize(),
            4..=10 => Op::Capture(self.capture()),
            11 => Op::Quote(self.capture()),
            12..=16 => self.settle(),
            17..=19 => Op::Reverse(Reverse { request: self.id(&CAPTURES) }),
            20..=21 => Op::Cancel(Cancel { payment: self.id(&PAYMENTS) }),
            22..=24 => self.void(),
            25 => Op::Abandon(Abandon { request: self.id(&CAPTURES) }),
            26 => {
                let limit = self.next();
                Op::Expire(Expire { limit: (limit < 128).then(|| u64::from(limit % 4)) })
            }
            27..=28 => self.register(),
            _ => self.adjust(),
        }
    }

    fn authorize(&mut self) -> Op {
        let (bits, more) = (Bits(self.next()), Bits(self.next()));
        let deadline = if more.at(7) { 47 } else { 24 };
        Op::Authorize(Authorize {
            payment: self.id(&PAYMENTS),
            amount: Some(self.amount()),
            expires: Some(instant(BEGIN + deadline * HOUR)),
            payer: self.maybe(bits.at(0), |this| this.one_of(&PAYERS).to_owned()),
            max_captures: self.maybe(bits.at(1), |this| u64::from(this.next() % 4)),
            percent: self.maybe(bits.at(2), |this| this.one_of(&PERCENTS).to_owned()),
            limit: self.maybe_amount(bits.at(3)),
            settlement: bits.at(4).then(|| "DEFERRED".to_owned()),
            funding: bits.at(5).then(|| "DRAWN".to_owned()),
        })
    }

    fn capture(&mut self) -> Capture {
        let bits = Bits(self.next());
        Capture {
            request: self.id(&CAPTURES),
            payment: self.id(&PAYMENTS),
            amount: self.maybe_amount(!bits.at(0)),
            last: bits.at(1).then(|| bits.at(2)),
            extend_info: bits.at(3).then(|| "x".to_owned()),
        }
    }

    fn settle(&mut self) -> Op {
        let byte = self.next();
        let bits = Bits(byte);
        let succeeded = bits.at(0);
        Op::Settle(Settle {
            request: self.id(&CAPTURES),
            outcome: Some(if succeeded { "SUCCEEDED" } else { "FAILED" }.to_owned()),
            amount: self.maybe_amount(succeeded && bits.at(1)),
            code: self.maybe(!succeeded && bits.at(1), |this| this.one_of(&FAILURES).to_owned()),
        })
    }

    fn void(&mut self) -> Op {
        let bits = Bits(self.next());
        Op::Void(Void {
            request: self.id(&VOIDS),
            payment: self.id(&PAYMENTS),
            amount: self.maybe_amount(!bits.at(0)),
            all: (bits.at(0) || bits.at(1)).then(|| bits.at(0)),
        })
    }

    fn register(&mut self) -> Op {
        let bits = Bits(self.next());
        Op::RegisterPayer(RegisterPayer {
            payer: self.id(&PAYERS),
            balance: Some(self.amount()),
            status: bits.at(0).then(|| "ABNORMAL".to_owned()),
            max_count: self.maybe(bits.at(1), |this| u64::from(this.next() % 3)),
            max_amount: self.maybe_amount(bits.at(2)),
        })
    }

    fn adjust(&mut self) -> Op {
        let bits = Bits(self.next());
        Op::AdjustPayer(AdjustPayer {
            request: self.id(&ADJUSTS),
            payer: self.id(&PAYERS),
            funds: self.maybe_amount(bits.at(0)),
            withdraw: self.maybe_amount(!bits.at(0) && bits.at(1)),
            status: bits.at(2).then(|| if bits.at(3) { "ABNORMAL" } else { "NORMAL" }.to_owned()),
            clear_limits: bits.at(4).then_some(true),
            reset_usage: bits.at(5).then_some(true),
            max_count: self.maybe(bits.at(6), |this| u64::from(this.next() % 3)),
            max_amount: self.maybe_amount(bits.at(7)),
        })
    }
}

#[derive(Clone, Copy)]
struct Bits(u8);

impl Bits {
    fn at(self, bit: u8) -> bool {
        self.0 >> bit & 1 == 1
    }
}

fn instant(micros: i64) -> String {
    Instant::from_micros(micros).unwrap().to_string()
}
