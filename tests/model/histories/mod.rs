//! Makes up histories: one line after another, near the bounds of what the
//! reference says of the payments so far. A few payments and payers are hot.
//!
//! What is chosen comes from [`Choices`]: random numbers in the test, the bytes
//! of a fuzzer elsewhere. Nothing here depends on the engine.

#![allow(dead_code)]

mod amounts;
mod begin;
pub mod choices;
mod clock;
mod repeats;

pub use self::repeats::edit;

use std::collections::VecDeque;

use self::choices::Choices;
use super::reference::line::{
    Abandon, AdjustPayer, Amount, Authorize, Cancel, Capture, Events, Expire, Inquire, InquirePayer, Line,
    Op, Reverse, Settle, Void,
};
use super::reference::{FAILURES, Hint, Reference};

pub struct History<C> {
    choices: C,
    /// Lines that come next whatever is chosen.
    queue: VecDeque<Line>,
    sent: Vec<Line>,
    /// Merchant and payment of those that were asked for.
    payments: Vec<(String, String)>,
    /// Those of them that are open, of the latest.
    live: Vec<usize>,
    /// Merchant and id of the captures that were asked for.
    requests: Vec<(String, String)>,
    /// For ids that are new.
    number: u32,
    /// Where the clock was at first.
    start: i64,
}

const MERCHANTS: [(u32, &str); 3] = [(6, "M1"), (3, "M2"), (1, "m\u{e9}rchant \"3\"")];

impl<C: Choices> History<C> {
    pub fn new(mut choices: C) -> Self {
        let start = begin::start(&mut choices);
        let queue = begin::lines(&mut choices, start);
        let (sent, payments, requests) = (Vec::new(), Vec::new(), Vec::new());
        Self { choices, queue, sent, payments, live: Vec::new(), requests, number: 0, start }
    }

    /// Whether the source of choices has no more.
    pub fn exhausted(&self) -> bool {
        self.choices.exhausted() && self.queue.is_empty()
    }

    /// The next line. The reference has answered all lines before.
    pub fn next(&mut self, reference: &Reference) -> Line {
        let line = match self.queue.pop_front() {
            Some(line) => line,
            None => self.made_up(reference),
        };
        self.sent.push(line.clone());
        line
    }

    fn made_up(&mut self, reference: &Reference) -> Line {
        self.look(reference);
        let at = self.time(reference);
        let repeats = !self.sent.is_empty() && self.choices.below(100) < 18;
        let mut line = if repeats { self.repeated(reference) } else { self.fresh(reference) };
        line.at = at;
        if self.choices.one_in(40) {
            self.spoil(&mut line);
        }
        line
    }

    fn fresh(&mut self, reference: &Reference) -> Line {
        let kind = self.choices.weighted(&[
            ([150, 16, 4][self.live.len().min(2)], "authorize"),
            (34, "capture"),
            (6, "quote"),
            (16, "settle"),
            (6, "reverse"),
            (1, "cancel"),
            (7, "void"),
            (3, "abandon"),
            (2, "expire"),
            (4, "inquire"),
            (2, "inquirePayer"),
            (3, "events"),
            (6, "adjustPayer"),
            (1, "registerPayer"),
        ]);
        let (merchant, op) = match kind {
            "authorize" => self.authorize(reference),
            "capture" | "quote" => self.capture(reference, kind == "quote"),
            "settle" => self.settle(reference),
            "reverse" => {
                let (merchant, request) = self.request(reference, false);
                (merchant, Op::Reverse(Reverse { request: Some(request) }))
            }
            "cancel" => {
                let (merchant, payment) = self.payment();
                (merchant, Op::Cancel(Cancel { payment: Some(payment) }))
            }
            "void" => self.void(reference),
            "abandon" => {
                let (merchant, request) = match self.choices.one_in(2) {
                    true => self.new_request(),
                    false => self.request(reference, true),
                };
                (merchant, Op::Abandon(Abandon { request: Some(request) }))
            }
            "expire" => {
                let limit = self.choices.weighted(&[(3, None), (3, Some(1)), (1, Some(2)), (1, Some(1000))]);
                return self.by_host(Op::Expire(Expire { limit }));
            }
            "inquire" => self.inquire(reference),
            "inquirePayer" => {
                let payer = Some(begin::payer(&mut self.choices).0.to_owned());
                return self.by_host(Op::InquirePayer(InquirePayer { payer }));
            }
            "events" => {
                let (merchant, payment) = self.payment();
                let after = self.choices.weighted(&[
                    (4, None),
                    (1, Some(0)),
                    (1, Some(2)),
                    (1, Some(5)),
                    (1, Some(900)),
                ]);
                let limit = self.choices.weighted(&[(4, None), (1, Some(1)), (1, Some(3))]);
                (merchant, Op::Events(Events { payment: Some(payment), after, limit }))
            }
            "adjustPayer" => {
                let op = self.adjust(reference);
                return self.by_host(op);
            }
            _ => {
                let op = Op::RegisterPayer(begin::registration(&mut self.choices));
                return self.by_host(op);
            }
        };
        let risk = match &op {
            Op::Capture(_) => self.choices.weighted(&[
                (14, None),
                (1, Some("ACCEPT")),
                (4, Some("REVIEW")),
                (1, Some("REJECT")),
                (1, Some("UNAVAILABLE")),
            ]),
            _ => None,
        };
        let merchant = match self.choices.one_in(40) {
            true => self.choices.weighted(&MERCHANTS).to_owned(),
            false => merchant,
        };
        Line { at: None, client: Some(merchant), risk: risk.map(str::to_owned), op }
    }

    fn by_host(&mut self, op: Op) -> Line {
        let client = self.choices.one_in(10).then(|| "M1".to_owned());
        Line { at: None, client, risk: None, op }
    }

    fn new_id(&mut self, prefix: &str) -> String {
        self.number += 1;
        format!("{prefix}{}", self.number)
    }

    /// One of the payments: most often one of the two latest that are open.
    fn payment(&mut self) -> (String, String) {
        if self.payments.is_empty() || self.choices.one_in(80) {
            return ("M1".to_owned(), "no such payment".to_owned());
        }
        if !self.live.is_empty() && self.choices.below(8) > 0 {
            let first = self.choices.below(3) > 0;
            let nth = if first { 0 } else { self.choices.below(self.live.len() as u32) as usize };
            return self.payments[self.live[nth]].clone();
        }
        let recent = self.payments.len().min(6) as u32;
        let nth = self.payments.len() - 1 - self.choices.below(recent) as usize;
        self.payments[nth].clone()
    }

    /// Which of the latest payments are open and not due, the latest first.
    fn look(&mut self, reference: &Reference) {
        let now = reference.now().unwrap_or(self.start);
        let is_live = |nth: &usize| {
            let (merchant, payment) = &self.payments[*nth];
            reference.hint(merchant, payment).is_some_and(|hint| hint.open && hint.expires > now)
        };
        self.live = (0..self.payments.len()).rev().take(8).filter(is_live).collect();
    }

    fn new_request(&mut self) -> (String, String) {
        let (merchant, _) = self.payment();
        let made = (merchant, self.new_id("c"));
        self.requests.push(made.clone());
        made
    }

    /// One of the captures' requests: most often one of the latest that are in
    /// process, or that were accepted and are not.
    fn request(&mut self, reference: &Reference, pending: bool) -> (String, String) {
        let latest = self.requests.iter().rev().take(16);
        let fitting: Vec<&(String, String)> = latest
            .filter(|(merchant, request)| {
                let hint = reference.capture_hint(merchant, request);
                hint.is_some_and(|hint| hint.pending == pending)
            })
            .collect();
        if !fitting.is_empty() && self.choices.below(6) > 0 {
            return self.choices.of(&fitting).clone();
        }
        if self.requests.is_empty() {
            return ("M1".to_owned(), "c0".to_owned());
        }
        let recent = self.requests.len().min(16) as u32;
        let nth = self.requests.len() - 1 - self.choices.below(recent) as usize;
        self.requests[nth].clone()
    }

    fn authorize(&mut self, reference: &Reference) -> (String, Op) {
        let merchant = self.choices.weighted(&MERCHANTS).to_owned();
        let reused = self.choices.one_in(12);
        let payment = if reused { self.payment().1 } else { self.new_id("p") };
        let (payer, mut currency) = begin::payer(&mut self.choices);
        let named = self.choices.below(4) > 0;
        if !named || self.choices.one_in(15) {
            currency = self.choices.of(&["USD", "USD", "JPY", "KWD", "EUR", "XAU", "GBP"]);
        }
        let limit_currency = if self.choices.one_in(15) { "EUR" } else { currency };
        let limit = self.choices.weighted(&[(3, None), (1, Some(1)), (1, Some(5)), (1, Some(300))]);
        let amount = self.choices.of(&[
            1,
            2,
            3,
            7,
            10,
            10,
            100,
            100,
            100,
            1000,
            1000,
            1000,
            1000,
            10_000,
            10_000,
            9_999_999_999_999_999_u64,
        ]);
        let body = Authorize {
            payment: Some(payment.clone()),
            amount: Some(Amount::of(amount, currency)),
            expires: Some(self.deadline(reference)),
            payer: named.then(|| payer.to_owned()),
            max_captures: self.choices.weighted(&[
                (4, None),
                (1, Some(1)),
                (2, Some(2)),
                (1, Some(3)),
                (1, Some(50)),
            ]),
            percent: self
                .choices
                .weighted(&[
                    (5, None),
                    (2, Some("15")),
                    (1, Some("0")),
                    (1, Some("33.33")),
                    (1, Some("100")),
                    (1, Some("0.5")),
                ])
                .map(str::to_owned),
            limit: limit.map(|limit| Amount::of(limit, limit_currency)),
            settlement: self
                .choices
                .weighted(&[(5, None), (1, Some("IMMEDIATE")), (3, Some("DEFERRED"))])
                .map(str::to_owned),
            funding: self
                .choices
                .weighted(&[(4, None), (1, Some("HELD")), (2, Some("DRAWN"))])
                .map(str::to_owned),
        };
        if !self.payments.iter().any(|known| known.0 == merchant && known.1 == payment) {
            self.payments.push((merchant.clone(), payment));
        }
        (merchant, Op::Authorize(body))
    }

    fn capture(&mut self, reference: &Reference, quote: bool) -> (String, Op) {
        let (merchant, payment) = self.payment();
        let hint = reference.hint(&merchant, &payment);
        let reused = !self.requests.is_empty() && self.choices.one_in(if quote { 3 } else { 25 });
        let request = match reused {
            true => self.request(reference, true).1,
            false => self.new_id("c"),
        };
        if !quote {
            self.requests.push((merchant.clone(), request.clone()));
        }
        let body = Capture {
            request: Some(request),
            payment: Some(payment),
            amount: self.capture_amount(hint),
            last: self.choices.weighted(&[(3, None), (15, Some(false)), (1, Some(true))]),
            extend_info: self.extend_info(),
        };
        (merchant, if quote { Op::Quote(body) } else { Op::Capture(body) })
    }

    fn extend_info(&mut self) -> Option<String> {
        self.choices
            .weighted(&[
                (30, None),
                (4, Some("{\"memo\":\"one\\two\"}")),
                (2, Some("\u{1}\u{7f}\u{20ac}\n")),
                (1, Some("")),
            ])
            .map(str::to_owned)
    }

    fn settle(&mut self, reference: &Reference) -> (String, Op) {
        let pending = self.choices.below(3) > 0;
        let (merchant, request) = self.request(reference, pending);
        let hint = reference.capture_hint(&merchant, &request);
        let succeeded = self.choices.below(5) < 3;
        let body = Settle {
            amount: if succeeded { self.settled_amount(hint) } else { None },
            code: if succeeded || self.choices.one_in(2) {
                None
            } else {
                Some(self.choices.of(&FAILURES).to_owned())
            },
            request: Some(request),
            outcome: Some(if succeeded { "SUCCEEDED" } else { "FAILED" }.to_owned()),
        };
        (merchant, Op::Settle(body))
    }

    fn void(&mut self, reference: &Reference) -> (String, Op) {
        let (merchant, payment) = self.payment();
        let hint: Option<Hint> = reference.hint(&merchant, &payment);
        let all = self.choices.one_in(6);
        let body = Void {
            request: Some(self.new_id("v")),
            payment: Some(payment),
            amount: if all { None } else { self.void_amount(hint) },
            all: self.choices.weighted(&[(1, all.then_some(true)), (1, Some(all))]),
        };
        (merchant, Op::Void(body))
    }

    fn inquire(&mut self, reference: &Reference) -> (String, Op) {
        if self.choices.one_in(2) {
            let (merchant, payment) = self.payment();
            return (merchant, Op::Inquire(Inquire { payment: Some(payment), request: None }));
        }
        let pending = self.choices.one_in(2);
        let (merchant, request) = self.request(reference, pending);
        (merchant, Op::Inquire(Inquire { payment: None, request: Some(request) }))
    }

    fn adjust(&mut self, reference: &Reference) -> Op {
        let (payer, mut currency) = begin::payer(&mut self.choices);
        if self.choices.one_in(20) {
            currency = "EUR";
        }
        // Around what is not held.
        let free = reference.free(payer).unwrap_or(100);
        let moved = self.choices.of(&[1, 10, 1000, 20_000, free - 1, free, free, free + 1]);
        let moved = moved.clamp(1, 9_999_999_999_999_999);
        let (funds, withdraw) =
            self.choices.weighted(&[(2, (false, false)), (2, (true, false)), (3, (false, true))]);
        let clear_limits = self.choices.weighted(&[(8, None), (1, Some(true)), (1, Some(false))]);
        let reset_usage = self.choices.weighted(&[(8, None), (2, Some(true)), (1, Some(false))]);
        let max_amount = self.choices.weighted(&[(8, None), (1, Some(0)), (1, Some(500)), (1, Some(20_000))]);
        Op::AdjustPayer(AdjustPayer {
            request: Some(self.new_id("a")),
            payer: Some(payer.to_owned()),
            funds: funds.then(|| Amount::of(moved, currency)),
            withdraw: withdraw.then(|| Amount::of(moved, currency)),
            status: self
                .choices
                .weighted(&[(12, None), (2, Some("ABNORMAL")), (6, Some("NORMAL"))])
                .map(str::to_owned),
            clear_limits,
            reset_usage,
            max_count: self.choices.weighted(&[(8, None), (1, Some(1)), (1, Some(4)), (1, Some(1000))]),
            max_amount: max_amount.map(|most| Amount::of(most, currency)),
        })
    }
}
