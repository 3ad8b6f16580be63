//! The replay as a command: exit statuses, standard input and files, and that
//! neither a long line nor a reader that went away does harm.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]
#![allow(clippy::disallowed_methods, reason = "what hangs must be seen, and a thread sees it")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

#[path = "support/example_command.rs"]
mod example_command;

fn replay() -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    Command::new(BUILT.get_or_init(|| example_command::build_example("replay")))
}

fn started() -> Child {
    replay().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What the command does with this on its standard input.
fn fed(input: &[u8]) -> Output {
    let mut child = started();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// The lines that a child prints, as they come.
fn answers_of(child: &mut Child) -> Receiver<String> {
    let output = BufReader::new(child.stdout.take().unwrap());
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    receiver
}

/// The next line; a child that does not print it is ended.
fn next(answers: &Receiver<String>, child: &mut Child) -> String {
    answers.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| {
        child.kill().unwrap();
        panic!("no answer came")
    }) + "\n"
}

fn given(arguments: &[&str]) -> Output {
    replay().args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn printed(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn said(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

const FIRST: &str = r#"{"op":"cancel","at":"2026-03-01T00:00:00Z","clientId":"M1","body":{"paymentId":"p"}}"#;
const NOT_FOUND: &str = concat!(
    r#"{"result":{"resultCode":"AUTH_NOT_FOUND","resultStatus":"F","#,
    r#""resultMessage":"The authorization on payment is not found."},"paymentId":"p"}"#,
    "\n"
);
const ILLEGAL: &str = concat!(
    r#"{"result":{"resultCode":"PARAM_ILLEGAL","resultStatus":"F","#,
    r#""resultMessage":"A required parameter is missing or a parameter is illegal."}}"#,
    "\n"
);

#[test]
fn the_worked_examples_are_answered_from_a_file_and_from_standard_input() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/worked-examples.jsonl");
    let from_file = given(&[file]);
    let from_input = fed(&fs::read(file).unwrap());
    assert_eq!(status(&from_file), 1);
    assert_eq!(printed(&from_file).lines().count(), 38);
    assert_eq!((&from_file.stdout, status(&from_input)), (&from_input.stdout, 1));
    let summary = said(&from_file);
    for part in [
        "line 36: captureAmount.value: it must be a string",
        "line 37: the line is not well-formed: unexpected character at byte 1",
        "commands  38, of which captures 12",
        "malformed 1",
        "AUTH_NOT_FOUND 1",
        "CAPTURE_IN_PROCESS 5",
        "captured  99.00 USD, of which reversed 4.00 USD",
        "commands a second",
    ] {
        assert!(summary.contains(part), "{part}: {summary}");
    }
}

#[test]
fn the_status_says_whether_every_line_was_well_formed() {
    let well_formed: [&[u8]; 4] = [
        b"",
        FIRST.as_bytes(),
        &[FIRST.as_bytes(), b"\n"].concat(),
        &[FIRST.as_bytes(), b"\r\n", FIRST.as_bytes(), b"\r\n"].concat(),
    ];
    for input in well_formed {
        let output = fed(input);
        let lines = input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
        assert_eq!((status(&output), printed(&output)), (0, NOT_FOUND.repeat(lines).as_str()));
    }
    // A refused body is well-formed; the run goes on after what is not.
    let refused = fed(FIRST.replace("\"p\"", "7").as_bytes());
    assert_eq!((status(&refused), printed(&refused)), (0, ILLEGAL));
    for line in ["", "\r", "\u{FEFF}", "nonsense", "{}", r#"{"op":"configure"}"#] {
        let output = fed(format!("{FIRST}\n{line}\n{FIRST}\n").as_bytes());
        let expected = format!("{NOT_FOUND}{ILLEGAL}{NOT_FOUND}");
        assert_eq!((status(&output), printed(&output)), (1, expected.as_str()), "{line:?}");
    }
}

#[test]
fn what_keeps_the_run_from_going_on_is_said_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing.jsonl");
    let cases: [(&[&str], &str); 5] = [
        (&[missing.to_str().unwrap()], "missing.jsonl cannot be opened"),
        (&[directory.path().to_str().unwrap()], "is a directory: give a file"),
        (&["--store", "postgres://localhost"], "leave --store out, or give memory"),
        (&["--nonsense"], "--nonsense"),
        (&["one", "two"], "two"),
    ];
    for (arguments, message) in cases {
        let output = given(arguments);
        assert_eq!((status(&output), printed(&output)), (2, ""), "{arguments:?}");
        assert!(said(&output).contains(message), "{}", said(&output));
    }
    let output =
        fed(format!("{}\n{FIRST}\n", r#"{"op":"configure","body":{"currencies":["XAU"]}}"#).as_bytes());
    assert_eq!((status(&output), printed(&output)), (2, ILLEGAL));
    assert!(said(&output).contains("line 1: configure is refused: currency XAU has no minor unit"));
    assert_eq!(status(&given(&["--store", "memory", "--help"])), 0);
    assert!(printed(&given(&["--help"])).contains("Exit status:"));
}

#[test]
fn answers_come_as_soon_as_no_line_is_waiting() {
    let mut child = started();
    let mut input = child.stdin.take().unwrap();
    let answers = answers_of(&mut child);
    for _ in 0..3 {
        writeln!(input, "{FIRST}").unwrap();
        assert_eq!(next(&answers, &mut child), NOT_FOUND);
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let mut child = started();
    drop(child.stdout.take());
    let mut input = child.stdin.take().unwrap();
    // Enough to fill every pipe and buffer; at some point nobody reads it any more.
    let lines = format!("{FIRST}\n").repeat(1_000);
    while input.write_all(lines.as_bytes()).is_ok() {}
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(status(&output), 0);
    assert!(!said(&output).contains("replay:") && !said(&output).contains("panicked"), "{}", said(&output));
}

#[test]
fn nobody_who_reads_standard_error_is_no_panic() {
    let mut child = started();
    drop(child.stderr.take());
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "not json").unwrap();
    drop(input);
    assert_eq!(status(&child.wait_with_output().unwrap()), 1);

    let mut child = started();
    drop(child.stderr.take());
    drop(child.stdout.take());
    let mut input = child.stdin.take().unwrap();
    let lines = format!("{FIRST}\n").repeat(1_000);
    while input.write_all(lines.as_bytes()).is_ok() {}
    drop(input);
    assert_eq!(status(&child.wait_with_output().unwrap()), 0);
}

#[test]
#[cfg(target_os = "linux")]
fn a_long_line_is_skipped_without_being_kept() {
    let mut child = started();
    let mut input = child.stdin.take().unwrap();
    let answers = answers_of(&mut child);
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..200 {
        input.write_all(&piece).unwrap();
    }
    writeln!(input, "\n{FIRST}").unwrap();
    for expected in [ILLEGAL, NOT_FOUND] {
        assert_eq!(next(&answers, &mut child), expected);
    }
    let most = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let most = most.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim();
    let kibibytes: u64 = most.trim_end_matches(" kB").parse().unwrap();
    assert!(kibibytes < 32 * 1024, "{most}");
    drop(input);
    assert_eq!(status(&child.wait_with_output().unwrap()), 1);
}

#[test]
fn lines_at_the_limit_are_told_from_longer_ones_wherever_they_end() {
    let line_of = |bytes: usize| {
        let padded =
            |length: usize| FIRST.replace("\"op\"", &format!("\"x\":\"{}\",\"op\"", "x".repeat(length)));
        padded(bytes.checked_sub(padded(0).len()).unwrap())
    };
    let most = 128 * 1024;
    for (bytes, answer) in
        [(most - 1, NOT_FOUND), (most, NOT_FOUND), (most + 1, ILLEGAL), (most + 2, ILLEGAL)]
    {
        for end in ["", "\n"] {
            let output = fed(format!("{}{end}", line_of(bytes)).as_bytes());
            assert_eq!(printed(&output), answer, "{bytes} {end:?}");
        }
        let output = fed(format!("{FIRST}\n{}\n{FIRST}", line_of(bytes)).as_bytes());
        assert_eq!(printed(&output), format!("{NOT_FOUND}{answer}{NOT_FOUND}"), "{bytes}");
    }
    // What is cut off counts, white space too.
    let output = fed(format!("{} \n{FIRST}\r\n", line_of(most)).as_bytes());
    assert_eq!(printed(&output), format!("{ILLEGAL}{NOT_FOUND}"));
}
