//! The memory of the replay grows by what is stored, and not by the input:
//! lines that ask again for what is there already cost none.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, missing_docs)]
#![allow(
    clippy::disallowed_methods,
    reason = "what is written and what is read must not wait for each other"
)]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;

#[path = "support/example_command.rs"]
mod example_command;

fn replay() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| example_command::build_example("replay"))
}

const AUTHORIZE: &str =
    r#""paymentAmount":{"value":"1000","currency":"USD"},"authExpiryTime":"2026-03-09T00:00:00Z""#;

fn authorize(number: usize) -> String {
    format!(
        r#"{{"op":"authorize","at":"2026-03-02T00:00:00Z","clientId":"shop","body":{{"paymentId":"payment-{number:07}",{AUTHORIZE}}}}}"#
    )
}

/// What can be asked of a payment again and again. The first time some of it is stored.
fn piece(number: usize) -> String {
    let mut lines = authorize(number);
    for (op, body) in [
        ("capture", format!(r#""captureRequestId":"capture-{number:07}","paymentId":"payment-{number:07}""#)),
        ("capture", format!(r#""captureRequestId":"capture-{number:07}","paymentId":"other""#)),
        ("quote", format!(r#""captureRequestId":"quoted-{number:07}","paymentId":"payment-{number:07}""#)),
        ("inquire", format!(r#""paymentId":"payment-{number:07}""#)),
        ("events", format!(r#""paymentId":"payment-{number:07}""#)),
        ("cancel", format!(r#""paymentId":"absent-{number:07}""#)),
    ] {
        write!(lines, "\n{{\"op\":\"{op}\",\"clientId\":\"shop\",\"body\":{{{body}}}}}").unwrap();
    }
    lines + "\nnot a line\n"
}

/// The lines of one piece.
const LINES: usize = 8;

/// The most memory, in KiB, that a replay takes which is asked for so many
/// pieces, about so many payments in turn, until all of them are answered.
fn peak(pieces: usize, payments: usize) -> u64 {
    let mut replay = Command::new(replay());
    replay.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = replay.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let answers = BufReader::new(child.stdout.take().unwrap()).split(b'\n');
    let peak = thread::scope(|scope| {
        let writer = scope.spawn(move || {
            for number in 0..pieces {
                input.write_all(piece(number % payments).as_bytes()).unwrap();
            }
            input
        });
        assert_eq!(answers.take(pieces * LINES).map(Result::unwrap).count(), pieces * LINES);
        // It waits for more, as long as its input is not dropped.
        let _input = writer.join().unwrap();
        high_water_mark(child.id())
    });
    assert_eq!(child.wait().unwrap().code(), Some(1), "one line of each piece is none");
    peak
}

fn high_water_mark(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    mark.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn lines_that_ask_again_cost_no_memory() {
    let (few, many) = (peak(500, 100), peak(5_000, 100));
    assert!(many < few + 1024, "{few} KiB after 4,000 lines, {many} KiB after 40,000");
}

#[test]
fn what_is_stored_costs_memory() {
    // Or the test above could not fail.
    let (few, many) = (peak(5_000, 100), peak(5_000, 5_000));
    assert!(many > few + 2 * 1024, "{few} KiB for 100 payments, {many} KiB for 5,000");
}
