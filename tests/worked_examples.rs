//! One run of the replay, line by line, against answers that were worked out
//! by hand.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, missing_docs)]

use capture_engine::wire::replay::Session;
use capture_engine::{MemoryStore, Settings};

const LINES: &str = include_str!("data/worked-examples.jsonl");
const ANSWERS: &str = include_str!("data/worked-examples.answers.jsonl");

/// Gives `C1`, `C2` … instead of the ids that were minted, by the order of
/// their first appearance.
#[derive(Default)]
struct Renaming {
    seen: Vec<String>,
}

impl Renaming {
    fn rename(&mut self, answer: &str) -> String {
        let mut parts = answer.split("\"captureId\":\"");
        let mut renamed = parts.next().unwrap().to_owned();
        for part in parts {
            let (id, rest) = part.split_once('"').unwrap();
            let number = self.number(id);
            renamed += &format!("\"captureId\":\"C{number}\"{rest}");
        }
        renamed
    }

    fn number(&mut self, id: &str) -> usize {
        let known = self.seen.iter().position(|seen| seen == id);
        known.unwrap_or_else(|| {
            self.seen.push(id.to_owned());
            self.seen.len() - 1
        }) + 1
    }
}

#[test]
fn every_worked_example_is_answered_byte_for_byte() {
    let mut session = Session::new(MemoryStore::new(), Settings::default());
    let mut ids = Renaming::default();
    let mut malformed = Vec::new();
    assert_eq!(LINES.lines().count(), 38);
    assert_eq!(ANSWERS.lines().count(), 38);
    for (line, expected) in LINES.lines().zip(ANSWERS.lines()) {
        let mut out = Vec::new();
        let answered = pollster::block_on(session.answer(line.as_bytes(), &mut out)).unwrap();
        assert_eq!(ids.rename(&String::from_utf8(out).unwrap()), expected, "{line}");
        if answered.malformed.is_some() {
            malformed.push(line);
        }
    }
    assert_eq!(malformed, ["not json"]);
    assert_eq!(ids.seen.len(), 4);
}
