//! Makes a history that differs short: fewer lines, then fewer and plainer
//! fields, as long as it differs. Then writes it down for a person to run.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::histories::edit;
use super::reference::line::Line;
use super::runner::{Difference, Twist, difference};

/// A shorter history that differs too, if this one does.
pub fn shrink(mut lines: Vec<Line>, twist: Twist) -> Vec<Line> {
    let differs = |lines: &[Line]| difference(lines, twist).is_some();
    loop {
        let before = lines.clone();
        fewer_lines(&mut lines, &differs);
        for nth in 0..lines.len() {
            plainer_line(&mut lines, nth, &differs);
        }
        if lines == before {
            return lines;
        }
    }
}

/// Takes out pieces, large ones first.
fn fewer_lines(lines: &mut Vec<Line>, differs: &impl Fn(&[Line]) -> bool) {
    let mut size = lines.len().div_ceil(2).max(1);
    loop {
        let mut end = lines.len();
        while end > 0 {
            let start = end.saturating_sub(size);
            let mut without = lines[..start].to_vec();
            without.extend_from_slice(&lines[end..]);
            // The clock reading that a later line lacks may be in this piece.
            let at = lines[start..end].iter().rev().find_map(|line| line.at.clone());
            let mut moved = without.clone();
            if let Some(next) = moved.get_mut(start).filter(|next| next.at.is_none()) {
                next.at = at;
            }
            if let Some(shorter) = [without, moved].into_iter().find(|shorter| differs(shorter)) {
                *lines = shorter;
            }
            end = start.min(lines.len());
        }
        if size == 1 {
            return;
        }
        size = size.div_ceil(2);
    }
}

/// Keeps a change of a line if the lines differ with it too.
fn attempt(
    lines: &mut [Line],
    nth: usize,
    differs: &impl Fn(&[Line]) -> bool,
    change: impl FnOnce(&mut Line),
) -> bool {
    let whole = lines[nth].clone();
    change(&mut lines[nth]);
    let kept = lines[nth] != whole && differs(lines);
    if !kept {
        lines[nth] = whole;
    }
    kept
}

fn plainer_line(lines: &mut [Line], nth: usize, differs: &impl Fn(&[Line]) -> bool) {
    attempt(lines, nth, differs, |line| line.at = None);
    attempt(lines, nth, differs, |line| line.risk = None);
    if !lines[nth].op.by_merchant() {
        attempt(lines, nth, differs, |line| line.client = None);
    }
    for (name, value) in body_of(&lines[nth]) {
        let mut set = |value: Value| {
            attempt(lines, nth, differs, |line| {
                edit(line, |body| {
                    body.insert(name.clone(), value);
                });
            })
        };
        if set(Value::Null) {
            continue;
        }
        if let Some(currency) = value.get("currency") {
            // Those that come before the present one, so that this ends.
            let present = value.get("value").and_then(Value::as_str);
            let smaller = ["1", "2", "10", "100"].into_iter().take_while(|smaller| present != Some(smaller));
            let mut smaller = smaller.map(|value| json!({"value": value, "currency": currency}));
            let _ = smaller.any(set);
        }
    }
}

fn body_of(line: &Line) -> Map<String, Value> {
    let mut found = Map::new();
    edit(&mut line.clone(), |body| found = body.clone());
    found
}

/// What a person needs to see it again: the file, the command, the line.
pub fn report(name: &str, lines: &[Line], twist: Twist) -> String {
    let text: String = lines.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{}", line.text());
        text
    });
    let path: PathBuf = std::env::temp_dir().join(format!("capture-engine-model-{name}.jsonl"));
    let written = match std::fs::write(&path, &text) {
        Ok(()) => format!("cargo run --example replay -- {}", path.display()),
        Err(error) => format!("(not written to {}: {error})", path.display()),
    };
    let Some(Difference { line, expected, found }) = difference(lines, twist) else {
        return format!("{name}: it differs no more\n{text}");
    };
    format!(
        "{name}, shrunk to {} lines:\n{text}{written}\n    line {line}\nexpected {expected}\n   found {found}",
        lines.len()
    )
}
