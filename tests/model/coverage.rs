//! What histories met: counted, and held against the tables of what must be
//! met and what cannot be.

use std::collections::BTreeMap;

use super::codes::{CODES, STATES};
use super::reference::Answered;
use super::rules::RULES;

/// Counts of op, whether the id was known, code and state before; and of the
/// rules of the reference.
#[derive(Clone, Debug, Default)]
pub struct Met {
    answers: BTreeMap<(&'static str, bool, &'static str, &'static str), u64>,
    rules: BTreeMap<(&'static str, &'static str), u64>,
}

impl Met {
    pub fn count(&mut self, answered: &Answered) {
        let Answered { op, code, rule, state, again, .. } = answered;
        *self.answers.entry((op, *again, code, state)).or_default() += 1;
        *self.rules.entry((op, rule)).or_default() += 1;
    }

    pub fn add(&mut self, other: Self) {
        for (key, times) in other.answers {
            *self.answers.entry(key).or_default() += times;
        }
        for (key, times) in other.rules {
            *self.rules.entry(key).or_default() += times;
        }
    }

    pub fn print(&self) {
        for ((op, again, code, state), times) in &self.answers {
            println!("{times:>9} {op}{} {code}: {state}", if *again { ", known id," } else { "" });
        }
        for ((op, rule), times) in &self.rules {
            println!("{times:>9} {op}: {rule}");
        }
    }

    /// What was met and is in no table.
    pub fn excluded(&self) -> Vec<String> {
        let answers = self.answers.keys().filter(|(op, again, code, state)| {
            !rows(op, *again, code)
                .any(|(must, may)| must.contains(letter(state)) || may.contains(letter(state)))
        });
        let rules = self.rules.keys().filter(|rule| !RULES.contains(rule));
        answers.map(|key| format!("{key:?}")).chain(rules.map(|rule| format!("{rule:?}"))).collect()
    }

    /// What must be met and was not.
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for (op, again, code, must, _) in CODES {
            for state in STATES.iter().filter(|(letter, _)| must.contains(*letter)).map(|(_, state)| *state) {
                if !self.answers.contains_key(&(*op, *again, *code, state)) {
                    missing.push(format!("{:?}", (op, again, code, state)));
                }
            }
        }
        let rules = RULES.iter().filter(|rule| !self.rules.contains_key(rule));
        missing.extend(rules.map(|rule| format!("{rule:?}")));
        missing
    }
}

fn rows(op: &str, again: bool, code: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let fits = move |row: &&(&str, bool, &str, &'static str, &'static str)| {
        (row.0, row.1, row.2) == (op, again, code)
    };
    CODES.iter().filter(fits).map(|row| (row.3, row.4))
}

fn letter(state: &str) -> char {
    STATES.iter().find(|(_, name)| *name == state).map_or('?', |(letter, _)| *letter)
}
