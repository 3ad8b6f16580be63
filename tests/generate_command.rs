//! The generator as a command: its bytes stay what they are, the replay reads
//! every line, the days have in them what a real day has, and a file that can
//! be run again is answered the same again.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, missing_docs)]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hasher;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, OnceLock};

use capture_engine::ResultCode as Code;
use capture_engine::wire::replay::Session;
use capture_engine::{MemoryStore, Settings};
use serde_json::Value;

#[path = "support/example_command.rs"]
mod example_command;

fn generate() -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    Command::new(BUILT.get_or_init(|| example_command::build_example("generate")))
}

fn given(arguments: &[&str]) -> Output {
    generate().args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// What is written for these arguments.
fn written(arguments: &[&str]) -> String {
    let output = given(arguments);
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Days that are long enough for everything to happen.
fn days() -> &'static str {
    static DAYS: OnceLock<String> = OnceLock::new();
    DAYS.get_or_init(|| written(&["--commands", "40000", "--seed", "1"]))
}

fn fingerprint(text: &str) -> u64 {
    let mut hasher = siphasher::sip::SipHasher24::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    let arguments = ["--commands", "3000", "--seed", "7"];
    assert_eq!(written(&arguments), written(&arguments));
    let first = |seed| written(&["--commands", "3000", "--seed", seed]);
    let distinct: HashSet<_> = ["0", "1", "2", "18446744073709551615"].map(first).into_iter().collect();
    assert_eq!(distinct.len(), 4);
    assert_eq!(first("1"), written(&["--commands", "3000"]), "the seed that is not given is 1");
}

#[test]
fn the_bytes_stay_what_they_are_from_version_to_version() {
    let arguments: [&[&str]; 3] = [&["--seed", "1"], &["--seed", "2"], &["--seed", "1", "--rerunnable"]];
    let found = arguments.map(|of| fingerprint(&written(&[&["--commands", "2000"], of].concat())));
    assert_eq!(found, PINNED, "a seed gives other bytes: {found:#018x?}");
}

/// Whoever changes these says so in the changelog: files that were made from a
/// seed are not made any more.
const PINNED: [u64; 3] = [0xb022_de98_9bcb_55fc, 0xae1f_1048_bd00_e1ac, 0x79d5_e219_df49_a66d];

#[test]
fn a_shorter_file_is_the_beginning_of_a_longer_one() {
    for lines in [0, 1, 2, 999] {
        let shorter = written(&["--commands", &lines.to_string()]);
        assert_eq!(shorter.lines().count(), lines);
        assert!(days().starts_with(&shorter));
        assert!(shorter.is_empty() || shorter.ends_with('\n'));
    }
    assert_eq!(days().lines().count(), 40_000);
}

#[test]
fn a_wrong_argument_is_refused_with_status_2() {
    let cases: [&[&str]; 7] = [
        &[],
        &["--commands"],
        &["--commands", "-1"],
        &["--commands", "many"],
        &["--commands", "1", "--seed", "1.5"],
        &["--commands", "1", "file"],
        &["--commands", "1", "--nonsense"],
    ];
    for arguments in cases {
        let output = given(arguments);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{arguments:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains("try '--help'"), "{arguments:?}");
    }
    let help = String::from_utf8(given(&["--help"]).stdout).unwrap();
    assert!(help.contains("With --rerunnable") && help.contains("Exit status:"));
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let mut generate = generate();
    generate.args(["--commands", "18446744073709551615"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = generate.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with(r#"{"op":"configure","#), "{line}");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

/// What a run over a store came to.
#[derive(Default)]
struct Came {
    answers: Vec<String>,
    codes: BTreeMap<(&'static str, Code), u32>,
    replayed: u32,
    captured: u32,
    reversed: u32,
}

impl Came {
    fn times(&self, code: Code) -> u32 {
        self.codes.iter().filter(|((_, of), _)| *of == code).map(|(_, times)| times).sum()
    }
}

fn run<'l>(lines: impl IntoIterator<Item = &'l str>, store: &Arc<MemoryStore>) -> Came {
    let mut session = Session::new(Arc::clone(store), Settings::default());
    let mut came = Came::default();
    for line in lines {
        let mut answer = Vec::new();
        let outcome = pollster::block_on(session.answer(line.as_bytes(), &mut answer)).unwrap();
        assert!(outcome.malformed.is_none(), "{line}: {:?}", outcome.malformed);
        *came.codes.entry((outcome.op.unwrap(), outcome.code)).or_default() += 1;
        came.replayed += u32::from(outcome.replayed);
        came.captured += u32::from(outcome.captured.is_some());
        came.reversed += u32::from(outcome.reversed.is_some());
        came.answers.push(String::from_utf8(answer).unwrap());
    }
    came
}

#[test]
fn the_replay_meets_every_operation_and_nearly_every_code() {
    let came = run(days().lines(), &Arc::new(MemoryStore::new()));
    let ops: BTreeSet<_> = came.codes.keys().map(|(op, _)| *op).collect();
    let all = [
        "abandon",
        "adjustPayer",
        "authorize",
        "cancel",
        "capture",
        "configure",
        "events",
        "expire",
        "inquire",
        "inquirePayer",
        "quote",
        "registerPayer",
        "reverse",
        "settle",
        "void",
    ];
    assert_eq!(ops.into_iter().collect::<Vec<_>>(), all);

    // What is asked of the days: an order of magnitude, so that a scene that is lost is missed.
    let at_least = [
        (Code::Success, 20_000),
        (Code::CaptureInProcess, 2_000),
        (Code::AuthNotFound, 500),
        (Code::RepeatReqInconsistent, 400),
        (Code::CaptureAmountExceedAuthLimit, 400),
        (Code::ParamIllegal, 300),
        (Code::AuthCancelled, 200),
        (Code::AuthExpired, 200),
        (Code::UserStatusAbnormal, 20),
        (Code::RiskReject, 100),
        (Code::CurrencyNotSupport, 50),
        (Code::ProcessFail, 50),
        (Code::OrderStatusInvalid, 50),
        (Code::PaymentCountExceedLimit, 50),
        (Code::UserAmountExceedLimit, 50),
        (Code::PaymentAmountExceedLimit, 20),
        (Code::UnknownException, 50),
        (Code::UserBalanceNotEnough, 10),
    ];
    let missed: Vec<_> = at_least
        .iter()
        .filter(|(code, times)| came.times(*code) < *times)
        .map(|(code, _)| (code, came.times(*code)))
        .collect();
    assert!(missed.is_empty(), "{missed:?} of {:#?}", came.codes);
    assert_eq!(at_least.len(), Code::ALL.len() - UNREACHABLE, "every code that a replay can answer");

    let captures = [Code::Success, Code::CaptureInProcess, Code::RepeatReqInconsistent, Code::AuthExpired];
    for code in captures {
        assert!(came.codes[&("capture", code)] >= 50, "{code}");
    }
    for (op, code) in [
        ("settle", Code::RepeatReqInconsistent),
        ("void", Code::CaptureAmountExceedAuthLimit),
        ("cancel", Code::OrderStatusInvalid),
        ("abandon", Code::OrderStatusInvalid),
        ("quote", Code::CaptureAmountExceedAuthLimit),
        ("adjustPayer", Code::UserBalanceNotEnough),
    ] {
        assert!(came.codes.contains_key(&(op, code)), "{op} {code}");
    }
    assert!(came.replayed >= 1_500 && came.captured >= 10_000 && came.reversed >= 100);
}

/// Codes of the HTTP edge.
const UNREACHABLE: usize = 0;

#[test]
fn answers_get_lost_and_the_same_bytes_are_sent_again_later() {
    let mut sent: HashMap<&str, &str> = HashMap::new();
    let mut again = 0;
    for line in days().lines().filter(|line| line.starts_with(r#"{"op":"capture""#)) {
        let (at, rest) = line.split_at(53);
        if let Some(first) = sent.insert(rest, at) {
            assert!(first < at, "{line}");
            again += 1;
        }
    }
    let share = again * 100 / sent.len();
    assert!((4..=12).contains(&share), "{share} %");
}

/// How much of all falls to the first of a hundred, in per cent.
fn first_hundredth<K>(counts: HashMap<K, usize>) -> usize {
    let mut counts: Vec<_> = counts.into_values().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let all: usize = counts.iter().sum();
    counts.iter().take(counts.len().div_ceil(100)).sum::<usize>() * 100 / all
}

#[test]
fn a_few_payments_payers_and_merchants_have_much_of_it() {
    let mut payments: HashMap<String, usize> = HashMap::new();
    let mut payers: HashMap<String, usize> = HashMap::new();
    let mut merchants: HashMap<String, usize> = HashMap::new();
    for line in days().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        if let Some(merchant) = text(&line["clientId"]) {
            *merchants.entry(merchant).or_default() += 1;
        }
        match line["op"].as_str().unwrap() {
            "capture" => *payments.entry(text(&line["body"]["paymentId"]).unwrap()).or_default() += 1,
            "authorize" => {
                if let Some(payer) = text(&line["body"]["payerId"]) {
                    *payers.entry(payer).or_default() += 1;
                }
            }
            _ => {}
        }
    }
    let most = payments.values().max().unwrap();
    assert!(*most >= 100, "{most} captures at most on one payment");
    assert!(payers.len() >= 2_000 && merchants.len() == 12);
    let (payments, payers) = (first_hundredth(payments), first_hundredth(payers));
    assert!(payments >= 9 && payers >= 30, "{payments} % of the captures, {payers} % of the payments");
    assert!(merchants["grocer"] > 5 * merchants["museum"], "{merchants:?}");
}

#[test]
fn times_go_on_and_ids_have_the_length_of_real_ones() {
    let mut last = String::new();
    let mut days_seen = BTreeSet::new();
    for line in days().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let at = line["at"].as_str().unwrap();
        assert!(last.as_str() <= at, "{line}");
        last = at.to_owned();
        days_seen.insert(at[..10].to_owned());
        for (name, length) in [("paymentId", 40), ("adjustRequestId", 40), ("payerId", 16)] {
            if let Some(id) = line["body"][name].as_str() {
                assert_eq!(id.len(), length, "{line}");
            }
        }
    }
    assert!(days_seen.len() >= 3, "{days_seen:?}");
}

#[test]
fn a_rerunnable_file_is_answered_the_same_again_whole_or_after_a_kill() {
    let file = written(&["--commands", "12000", "--seed", "5", "--rerunnable"]);
    let store = Arc::new(MemoryStore::new());
    let first = run(file.lines(), &store);
    let again = run(file.lines(), &store);
    for ((line, first), again) in file.lines().zip(&first.answers).zip(&again.answers) {
        assert_eq!(first, again, "{line}");
    }
    assert_eq!(again.captured, 0, "nothing is captured twice");

    let killed = Arc::new(MemoryStore::new());
    run(file.lines().take(5_001), &killed);
    assert_eq!(run(file.lines(), &killed).answers, first.answers);

    let ops: BTreeSet<_> = first.codes.keys().map(|(op, _)| *op).collect();
    let allowed = ["abandon", "adjustPayer", "authorize", "capture", "configure", "registerPayer", "void"];
    assert_eq!(ops.into_iter().collect::<Vec<_>>(), allowed);
    let clocks: HashSet<_> =
        file.lines().map(|line| line.split("\"at\":\"").nth(1).unwrap()[..25].to_owned()).collect();
    assert_eq!(clocks.len(), 1);
    // It is no quiet day for all that.
    for (code, times) in [
        (Code::Success, 6_000),
        (Code::RepeatReqInconsistent, 100),
        (Code::CaptureAmountExceedAuthLimit, 200),
        (Code::RiskReject, 30),
        (Code::ProcessFail, 10),
        (Code::AuthNotFound, 50),
        (Code::UserBalanceNotEnough, 3),
    ] {
        assert!(first.times(code) >= times, "{code} {}", first.times(code));
    }
}
