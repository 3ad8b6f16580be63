//! What is kept of an authorization: its terms and the list of its facts. What
//! an authorization is at a moment is derived from the list, anew each time.

use super::answers::Code;
use super::values::Money;

pub struct Authorization {
    pub merchant: String,
    pub payment: String,
    pub payer: Option<String>,
    pub amount: Money,
    pub terms: Terms,
    pub facts: Vec<Fact>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    pub expires: i64,
    pub max_captures: u64,
    /// Hundredths of a percent.
    pub percent: Option<i128>,
    pub limit: Option<Money>,
    pub settlement: &'static str,
    pub funding: &'static str,
}

#[derive(Clone, Debug)]
pub struct Fact {
    pub time: i64,
    pub what: What,
}

/// Captures are told apart by their number in the authorization: the first
/// that was accepted is 0.
#[derive(Clone, Debug)]
pub enum What {
    Authorized,
    /// A capture was accepted; at once it is captured too.
    Accepted(Accepted),
    Settled {
        capture: usize,
        amount: i128,
    },
    Failed {
        capture: usize,
        code: Code,
    },
    Reversed {
        capture: usize,
    },
    Contradicted {
        capture: usize,
        said: Said,
    },
    Voided {
        request: String,
        amount: i128,
    },
    Cancelled,
    DeadlineMet,
}

#[derive(Clone, Debug)]
pub struct Accepted {
    pub request: String,
    pub id: String,
    pub amount: i128,
    pub last: bool,
    pub at_once: bool,
    pub counted: Option<Counted>,
}

/// Where a payer's capture was counted: in which window, after how many resets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counted {
    pub window: i64,
    pub resets: usize,
}

/// What the rail said of a capture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Said {
    Succeeded(Money),
    Failed(Code),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Authorized,
    PartiallyCaptured,
    FullyCaptured,
    Expired,
    Cancelled,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Authorized => "AUTHORIZED",
            Self::PartiallyCaptured => "PARTIALLY_CAPTURED",
            Self::FullyCaptured => "FULLY_CAPTURED",
            Self::Expired => "EXPIRED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closing {
    pub state: State,
    pub by: &'static str,
    /// How many facts there were with the one that closed it.
    pub at: usize,
}

/// A capture, and what the facts say of it.
#[derive(Debug)]
pub struct Capture<'f> {
    pub accepted: &'f Accepted,
    /// What it captured and when.
    pub got: Option<(i128, i64)>,
    pub failed: Option<Code>,
    pub reversed: bool,
    /// What was said last of it that contradicts.
    pub contradicted: Option<Said>,
}

impl Capture<'_> {
    pub fn pending(&self) -> bool {
        self.got.is_none() && self.failed.is_none()
    }

    /// What it holds of C.
    fn captured(&self) -> Option<i128> {
        self.got.filter(|_| !self.reversed).map(|(amount, _)| amount)
    }

    pub fn counts(&self) -> bool {
        self.pending() || self.captured().is_some()
    }

    /// What it takes of C or P.
    pub fn amount(&self) -> i128 {
        self.got.map_or(self.accepted.amount, |(amount, _)| amount)
    }

    pub fn code(&self) -> Code {
        match (self.failed, self.got) {
            (Some(code), _) => code,
            (None, Some(_)) => "SUCCESS",
            (None, None) => "CAPTURE_IN_PROCESS",
        }
    }
}

/// An authorization as some of its facts leave it.
pub struct Standing<'f> {
    authorization: &'f Authorization,
    pub captures: Vec<Capture<'f>>,
    voided: i128,
    pub closing: Option<Closing>,
}

impl<'f> Standing<'f> {
    pub fn of(authorization: &'f Authorization, facts: &'f [Fact]) -> Self {
        Self { closing: closing(authorization, facts), ..Self::unclosed(authorization, facts) }
    }

    /// As if nothing closed it.
    fn unclosed(authorization: &'f Authorization, facts: &'f [Fact]) -> Self {
        let mut captures: Vec<Capture<'f>> = Vec::new();
        let mut voided = 0;
        for fact in facts {
            match &fact.what {
                What::Accepted(accepted) => captures.push(Capture {
                    accepted,
                    got: accepted.at_once.then_some((accepted.amount, fact.time)),
                    failed: None,
                    reversed: false,
                    contradicted: None,
                }),
                What::Settled { capture, amount } => captures[*capture].got = Some((*amount, fact.time)),
                What::Failed { capture, code } => captures[*capture].failed = Some(code),
                What::Reversed { capture } => captures[*capture].reversed = true,
                What::Contradicted { capture, said } => captures[*capture].contradicted = Some(*said),
                What::Voided { amount, .. } => voided += amount,
                What::Authorized | What::Cancelled | What::DeadlineMet => {}
            }
        }
        Self { authorization, captures, voided, closing: None }
    }

    pub fn authorized(&self) -> i128 {
        self.authorization.amount.minor
    }

    pub fn captured(&self) -> i128 {
        self.captures.iter().filter_map(Capture::captured).sum()
    }

    pub fn in_process(&self) -> i128 {
        self.captures.iter().filter(|capture| capture.pending()).map(Capture::amount).sum()
    }

    pub fn voided(&self) -> i128 {
        self.voided
    }

    fn claims(&self) -> i128 {
        self.captured() + self.in_process() + self.voided
    }

    fn rest(&self) -> i128 {
        (self.authorized() - self.claims()).max(0)
    }

    pub fn unclaimed(&self) -> i128 {
        if self.closing.is_some() { 0 } else { self.rest() }
    }

    pub fn released(&self) -> i128 {
        if self.closing.is_some() { self.rest() } else { 0 }
    }

    pub fn overcapture_taken(&self) -> i128 {
        (self.claims() - self.authorized()).max(0)
    }

    pub fn ceiling(&self) -> i128 {
        let kept = self.authorized() - self.voided;
        let terms = &self.authorization.terms;
        let by_percent = terms.percent.map(|hundredths| hundredths * kept / 10_000);
        let by_limit = terms.limit.map(|limit| limit.minor);
        kept + by_percent.into_iter().chain(by_limit).min().unwrap_or(0)
    }

    pub fn succeeded(&self) -> u64 {
        self.captures.iter().filter(|capture| capture.captured().is_some()).count() as u64
    }

    pub fn pending(&self) -> u64 {
        self.captures.iter().filter(|capture| capture.pending()).count() as u64
    }

    fn last_pending(&self) -> bool {
        self.captures.iter().any(|capture| capture.pending() && capture.accepted.last)
    }

    pub fn capturable(&self) -> i128 {
        if self.closing.is_some() || self.last_pending() {
            return 0;
        }
        self.ceiling() - self.captured() - self.in_process()
    }

    pub fn remainder(&self) -> i128 {
        if self.last_pending() { 0 } else { self.unclaimed() }
    }

    pub fn captures_left(&self) -> u64 {
        self.authorization.terms.max_captures - self.succeeded() - self.pending()
    }

    pub fn state(&self) -> State {
        match self.closing {
            Some(closing) => closing.state,
            None if self.captured() > 0 => State::PartiallyCaptured,
            None => State::Authorized,
        }
    }

    /// What it claims of its payer's funds.
    pub fn held(&self) -> i128 {
        let hold = if self.authorization.terms.funding == "HELD" { self.unclaimed() } else { 0 };
        self.in_process() + hold
    }

    /// What must hold whatever happened.
    pub fn adds_up(&self) -> bool {
        let given = self.authorized() + self.overcapture_taken();
        let taken = self.claims() + self.released() + self.unclaimed();
        given == taken && self.captured() + self.in_process() <= self.ceiling() && self.capturable() >= 0
    }
}

/// The first fact that closes it closes it, as the first row that fits.
fn closing(authorization: &Authorization, facts: &[Fact]) -> Option<Closing> {
    (1..=facts.len()).find_map(|count| {
        let after = |facts| Standing::unclosed(authorization, facts);
        let (state, by) = match &facts[count - 1].what {
            What::Accepted(accepted) if accepted.at_once => success(&after(&facts[..count]), accepted.last)?,
            What::Settled { capture, .. } => {
                let after = after(&facts[..count]);
                success(&after, after.captures[*capture].accepted.last)?
            }
            What::Voided { .. } => {
                let after = after(&facts[..count]);
                if after.unclaimed() > 0 || after.pending() > 0 {
                    return None;
                }
                (if after.captured() > 0 { State::FullyCaptured } else { State::Cancelled }, "VOID")
            }
            What::Cancelled => (State::Cancelled, "CANCEL"),
            What::DeadlineMet => {
                let met = after(&facts[..count]);
                let taken = met.unclaimed() == 0 && met.pending() == 0 && met.captured() > 0;
                if taken { (State::FullyCaptured, "FULL") } else { (State::Expired, "EXPIRY") }
            }
            _ => return None,
        };
        Some(Closing { state, by, at: count })
    })
}

fn success(after: &Standing<'_>, last: bool) -> Option<(State, &'static str)> {
    let full = after.captured() >= after.ceiling() && after.pending() == 0;
    if full {
        Some((State::FullyCaptured, "FULL"))
    } else if last {
        Some((State::FullyCaptured, "LAST"))
    } else {
        None
    }
}

impl Authorization {
    pub fn standing(&self) -> Standing<'_> {
        Standing::of(self, &self.facts)
    }

    /// Whether the deadline has passed, and nothing has closed it.
    pub fn due(&self, now: i64) -> bool {
        now >= self.terms.expires && self.standing().closing.is_none()
    }

    fn time(&self, now: i64) -> i64 {
        self.facts.iter().map(|fact| fact.time).chain([now]).max().unwrap_or(now)
    }

    /// The facts as they are once the deadline is met, if it has passed.
    pub fn facts_at(&self, now: i64) -> Vec<Fact> {
        let mut facts = self.facts.clone();
        if self.due(now) {
            facts.push(Fact { time: self.time(now), what: What::DeadlineMet });
        }
        facts
    }

    pub fn meet_deadline(&mut self, now: i64) {
        if self.due(now) {
            self.append(now, What::DeadlineMet);
        }
    }

    /// Every fact but an authorization's first comes after its deadline, if
    /// that has passed.
    pub fn append(&mut self, now: i64, what: What) {
        let time = self.time(now);
        self.facts.push(Fact { time, what });
    }
}
