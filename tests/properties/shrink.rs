//! Makes a history that fails short: whole steps and single commands are left
//! out as long as the same invariant stays broken.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::broken::{Broken, Checked};
use crate::ops::{History, Step};

/// How a history is checked.
pub type Check<'c> = &'c dyn Fn(&History) -> Checked;

/// What is broken, and the shortest history that was found to break it.
/// `most` bounds how many are tried.
pub fn report(history: History, most: u32, check: Check<'_>) -> String {
    let Some(broken) = breaks(&history, check) else {
        return format!("it failed once, and not again: {}", lines(&history));
    };
    let shorter = shorten(history, broken.invariant, most, check);
    let broken = breaks(&shorter, check).unwrap_or(broken);
    format!("{broken}\nafter:{}", lines(&shorter))
}

fn lines(history: &History) -> String {
    history.iter().map(|step| format!("\n  {step:?}")).collect()
}

fn breaks(history: &History, check: Check<'_>) -> Option<Broken> {
    match catch_unwind(AssertUnwindSafe(|| check(history))) {
        Ok(checked) => checked.err(),
        Err(_) => Some(Broken { invariant: "I15", found: "it panics".to_owned() }),
    }
}

fn shorten(mut history: History, invariant: &str, most: u32, check: Check<'_>) -> History {
    let mut left = most;
    let mut still_breaks = |history: &History| {
        left = left.saturating_sub(1);
        left > 0 && breaks(history, check).is_some_and(|broken| broken.invariant == invariant)
    };
    loop {
        let before = history.clone();
        for shorter in candidates(&before) {
            if still_breaks(&shorter) {
                history = shorter;
                break;
            }
        }
        if history == before {
            return history;
        }
    }
}

/// Every history with something left out, the most first.
fn candidates(history: &History) -> impl Iterator<Item = History> + '_ {
    let sizes = [history.len().div_ceil(2), history.len().div_ceil(4), history.len().div_ceil(8), 1];
    let chunks = sizes.into_iter().flat_map(move |size| {
        (0..history.len()).rev().step_by(size.max(1)).map(move |at| {
            let kept = history.iter().enumerate().filter(|(nth, _)| *nth > at || nth + size <= at);
            kept.map(|(_, step)| step.clone()).collect()
        })
    });
    chunks.chain(history.iter().enumerate().flat_map(move |(at, step)| {
        let items: &[_] = match step {
            Step::Submit(items) if items.len() > 1 => items,
            _ => &[],
        };
        (0..items.len()).map(move |out| {
            let mut shorter = history.clone();
            if let Some(Step::Submit(items)) = shorter.get_mut(at) {
                items.remove(out);
            }
            shorter
        })
    }))
}
