//! The reference: what each line of a replay must be answered, byte for byte.
//!
//! It is written apart from the engine and in another style. It keeps a list
//! of facts per authorization (what was accepted, settled, failed, reversed,
//! voided, closed, and when), of requests and of adjustments, and derives every
//! amount, state, closing and answer from the lists, each time anew. It shares
//! no code and no type with the engine: whoever mints the ids of captures is an
//! argument.
//!
//! It needs `serde` with its derive macros and `serde_json`, and can be taken
//! into another target or crate by its path:
//!
//! ```ignore
//! #[path = "../tests/model/reference/mod.rs"]
//! mod reference;
//! ```

#![allow(dead_code, unused_imports)]

pub mod answers;
mod capture;
mod facts;
mod holds;
pub mod instants;
pub mod line;
mod payer;
mod settings;
mod settlement;
mod subject;
pub mod values;
mod views;

use answers::{Code, Members, Reply};
use facts::Authorization;
use line::{Line, Op};
use settings::Settings;
use values::{Illegal, Legal, is_id};

pub use settlement::FAILURES;
pub use subject::{CaptureHint, Hint, Standings};

/// Gives the id of the capture that a merchant's request makes.
pub type Mint = fn(&str, &str) -> String;

pub struct Reference {
    mint: Mint,
    settings: Settings,
    lines: u64,
    /// A refused `configure` ends a run.
    ended: bool,
    now: Option<i64>,
    authorizations: Vec<Authorization>,
    authorizings: Vec<holds::Authorizing>,
    voidings: Vec<holds::Voiding>,
    recorded: Vec<capture::Recorded>,
    payers: Vec<payer::Registration>,
    adjustments: Vec<payer::Adjustment>,
}

/// What a line is answered, and what it is to be counted under.
#[derive(Clone, Debug)]
pub struct Answered {
    pub text: String,
    pub op: &'static str,
    pub code: Code,
    /// The rule that gave it, in the words of the reference.
    pub rule: &'static str,
    /// The state of the payment before the line: see [`Standings`].
    pub state: &'static str,
    /// Whether something is recorded of the line's id.
    pub again: bool,
}

impl Reference {
    pub fn new(mint: Mint) -> Self {
        Self {
            mint,
            settings: Settings::default(),
            lines: 0,
            ended: false,
            now: None,
            authorizations: Vec::new(),
            authorizings: Vec::new(),
            voidings: Vec::new(),
            recorded: Vec::new(),
            payers: Vec::new(),
            adjustments: Vec::new(),
        }
    }

    /// The answer of the next line; none after the run has ended.
    pub fn answer(&mut self, line: &Line) -> Option<Answered> {
        if self.ended {
            return None;
        }
        let first = self.lines == 0;
        self.lines += 1;
        let (state, again, reply) = match self.heading(line, first) {
            Ok((now, merchant)) => {
                self.now = now.or(self.now);
                let (state, again) = self.subject(line, merchant);
                (state, again, self.apply(line, merchant, now.unwrap_or_default()))
            }
            Err(Illegal) => ("none", false, Reply::new("PARAM_ILLEGAL", "malformed line", Members::new())),
        };
        let Reply { code, rule, .. } = reply;
        Some(Answered { text: reply.line(), op: line.op.name(), code, rule, state, again })
    }

    /// The answer of a line that could not be read.
    pub fn answer_unreadable(&mut self) -> String {
        self.lines += 1;
        Reply::new("PARAM_ILLEGAL", "malformed line", Members::new()).line()
    }

    /// When the line is, and who acts.
    fn heading<'l>(&self, line: &'l Line, first: bool) -> Legal<(Option<i64>, &'l str)> {
        let configures = matches!(line.op, Op::Configure(_));
        let at = line.at.as_deref().map(|at| instants::read(at).ok_or(Illegal)).transpose()?;
        let now = at.or(self.now);
        let client = line.client.as_deref();
        let verdicts = ["ACCEPT", "REVIEW", "REJECT", "UNAVAILABLE"];
        let risk_fits = match line.risk.as_deref() {
            Some(risk) => matches!(line.op, Op::Capture(_)) && verdicts.contains(&risk),
            None => true,
        };
        let legal = (!configures || first)
            && (configures || now.is_some())
            && (!line.op.by_merchant() || client.is_some())
            && client.is_none_or(is_id)
            && risk_fits;
        if legal { Ok((now, client.unwrap_or_default())) } else { Err(Illegal) }
    }

    fn apply(&mut self, line: &Line, merchant: &str, now: i64) -> Reply {
        match &line.op {
            Op::Configure(body) => self.configure(body),
            Op::RegisterPayer(body) => self.register(body),
            Op::AdjustPayer(body) => self.adjust(body),
            Op::Authorize(body) => self.authorize(merchant, body, now),
            Op::Capture(body) => self.capture(merchant, body, line.risk.as_deref().unwrap_or("ACCEPT"), now),
            Op::Quote(body) => self.quote(merchant, body, now),
            Op::Settle(body) => self.settle(merchant, body, now),
            Op::Reverse(body) => self.reverse(merchant, body, now),
            Op::Cancel(body) => self.cancel(merchant, body, now),
            Op::Void(body) => self.void(merchant, body, now),
            Op::Abandon(body) => self.abandon(merchant, body),
            Op::Expire(body) => self.expire(body, now),
            Op::Inquire(body) => self.inquire(merchant, body, now),
            Op::InquirePayer(body) => self.inquire_payer(body, now),
            Op::Events(body) => self.events(merchant, body),
        }
    }

    fn configure(&mut self, body: &line::Configure) -> Reply {
        match settings::read(body) {
            Ok(settings) => {
                self.settings = settings;
                Reply::new("SUCCESS", "configured", Members::new())
            }
            Err(Illegal) => {
                self.ended = true;
                Reply::new("PARAM_ILLEGAL", "configure refused", Members::new())
            }
        }
    }

    fn authorization_mut(&mut self, merchant: &str, payment: &str) -> Option<&mut Authorization> {
        let mut all = self.authorizations.iter_mut();
        all.find(|authorization| authorization.payment == payment && authorization.merchant == merchant)
    }
}
