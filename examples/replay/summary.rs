//! What the lines came to, for people.

use std::collections::BTreeMap;
use std::fmt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use capture_engine::money::{Currency, Total};
use capture_engine::result_code::ResultStatus;
use capture_engine::wire::replay::LineOutcome;
use capture_engine::{Money, ResultCode};

/// The reasons of so many lines are told.
const NOTES: usize = 5;

/// What the lines came to.
pub struct Summary {
    began: Instant,
    /// How many were answered.
    pub lines: u64,
    malformed: u64,
    captures: u64,
    codes: BTreeMap<ResultCode, u64>,
    /// Minor units captured and given back.
    moved: BTreeMap<Currency, (i128, i128)>,
    notes: Vec<String>,
}

impl Summary {
    /// Nothing yet; the time runs from here.
    #[allow(clippy::disallowed_methods, reason = "the library reads no clock; its example measures itself")]
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            lines: 0,
            malformed: 0,
            captures: 0,
            codes: BTreeMap::new(),
            moved: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    /// What the command ends with.
    pub fn status(&self) -> ExitCode {
        ExitCode::from(u8::from(self.malformed > 0))
    }

    /// A line that was answered.
    pub fn count(&mut self, answered: LineOutcome) {
        self.count_code(answered.code);
        if answered.op == Some("capture") {
            count_one(&mut self.captures);
        }
        if answered.malformed.is_some() {
            count_one(&mut self.malformed);
        }
        self.add(answered.captured, answered.reversed);
        let malformed = answered.malformed.map(|error| error.to_string());
        if let Some(reason) = malformed.or(answered.illegal.map(|error| error.to_string())) {
            self.note(&reason);
        }
    }

    /// A line, of which no more is known than this.
    pub fn count_code(&mut self, code: ResultCode) {
        count_one(&mut self.lines);
        count_one(self.codes.entry(code).or_default());
    }

    fn add(&mut self, captured: Option<Money>, reversed: Option<Money>) {
        if let Some(money) = captured {
            let (sum, _) = self.moved.entry(money.currency()).or_default();
            *sum = sum.saturating_add(money.minor().into());
        }
        if let Some(money) = reversed {
            let (_, sum) = self.moved.entry(money.currency()).or_default();
            *sum = sum.saturating_add(money.minor().into());
        }
    }

    fn note(&mut self, reason: &str) {
        if self.notes.len() < NOTES {
            self.notes.push(format!("line {}: {reason}", self.lines));
        }
    }

    fn of_status(&self, status: ResultStatus) -> String {
        let codes = self.codes.iter().filter(|(code, _)| code.status() == status);
        let counted: Vec<_> = codes.map(|(code, count)| format!("{code} {count}")).collect();
        if counted.is_empty() { "none".to_owned() } else { counted.join(", ") }
    }
}

fn count_one(count: &mut u64) {
    *count = count.saturating_add(1);
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        writeln!(f, "commands  {}, of which captures {}", self.lines, self.captures)?;
        writeln!(f, "malformed {}", self.malformed)?;
        writeln!(f, "refused   {}", self.of_status(ResultStatus::Failure))?;
        writeln!(f, "unknown   {}", self.of_status(ResultStatus::Unknown))?;
        for (currency, (captured, reversed)) in &self.moved {
            writeln!(f, "captured  {}{}", shown(*captured, *currency), given_back(*reversed, *currency))?;
        }
        let took = self.began.elapsed();
        writeln!(f, "took      {took:.1?}, {} commands a second", rate(self.lines, took))
    }
}

fn given_back(reversed: i128, currency: Currency) -> String {
    if reversed == 0 { String::new() } else { format!(", of which reversed {}", shown(reversed, currency)) }
}

fn shown(minor: i128, currency: Currency) -> String {
    Total::from_minor(minor, currency).map_or_else(|error| error.to_string(), |total| total.to_string())
}

fn rate(lines: u64, took: Duration) -> u128 {
    let scaled = u128::from(lines).saturating_mul(1_000_000_000);
    scaled.checked_div(took.as_nanos()).unwrap_or(0)
}
