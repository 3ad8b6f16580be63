//! The golden files: the bytes of each sample, which no version may change.

use std::collections::BTreeSet;

use capture_engine::result_code::FailureCode;
use capture_engine::state::Closing;
use capture_engine::{ResultCode, State};

use super::samples::{History, Named};
use super::{Event, Form, records};

/// `name hex` in each line.
pub const FILES: [(&str, &str); 5] = [
    ("authorizations", include_str!("../golden/v1/authorizations.txt")),
    ("payers", include_str!("../golden/v1/payers.txt")),
    ("records", include_str!("../golden/v1/records.txt")),
    ("payment_events", include_str!("../golden/v1/payment_events.txt")),
    ("payer_events", include_str!("../golden/v1/payer_events.txt")),
];

/// The bytes of one golden file, with their names.
pub fn read(file: &str) -> Vec<(&'static str, Vec<u8>)> {
    let (_, text) = FILES.into_iter().find(|(name, _)| *name == file).unwrap();
    text.lines().map(|line| line.split_once(' ').unwrap()).map(|(name, hex)| (name, unhex(hex))).collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(hex: &str) -> Vec<u8> {
    assert_eq!(hex.len() % 2, 0, "{hex}");
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn check<T: Form>(file: &str, samples: &Named<T>) {
    let golden = read(file);
    let names = |list: Vec<&'static str>| list.join("\n");
    assert_eq!(
        names(golden.iter().map(|(name, _)| *name).collect()),
        names(samples.iter().map(|(name, _)| *name).collect()),
        "{file}: the golden file and the samples have other names"
    );
    for ((name, bytes), (_, sample)) in golden.iter().zip(samples) {
        assert_eq!(hex(&sample.bytes()), hex(bytes), "{file}: {name} is written otherwise");
        assert_eq!(&T::of(bytes).unwrap(), sample, "{file}: {name} is read otherwise");
    }
}

#[test]
fn authorizations_are_stored_as_ever() {
    check("authorizations", &History::all().authorizations);
}

#[test]
fn payers_are_stored_as_ever() {
    check("payers", &History::all().payers);
}

#[test]
fn records_are_stored_as_ever() {
    check("records", &records::all());
}

#[test]
fn events_are_stored_as_ever() {
    let history = History::all();
    check("payment_events", &history.payment_events);
    check("payer_events", &history.payer_events);
}

#[test]
fn an_event_of_any_stream_is_stored_as_in_its_own() {
    let history = History::all();
    for (name, event) in history.payment_events {
        let any = Event::Payment(event.clone());
        assert_eq!(any.to_bytes(), event.to_bytes(), "{name}");
        assert_eq!(Event::from_bytes(&event.to_bytes()), Ok(any), "{name}");
    }
    for (name, event) in history.payer_events {
        let any = Event::Payer(event.clone());
        assert_eq!(any.to_bytes(), event.to_bytes(), "{name}");
        assert_eq!(Event::from_bytes(&event.to_bytes()), Ok(any), "{name}");
    }
}

/// Prints the golden file of the name in `GOLDEN`, for a new version only:
/// `GOLDEN=payers cargo test -q --test stored_forms print -- --ignored --nocapture`
#[test]
#[ignore = "prints a golden file"]
fn print_golden_file() {
    let history = History::all();
    #[allow(clippy::disallowed_methods, reason = "a printer that a person runs by hand")]
    match std::env::var("GOLDEN").unwrap().as_str() {
        "authorizations" => print(&history.authorizations),
        "payers" => print(&history.payers),
        "records" => print(&records::all()),
        "payment_events" => print(&history.payment_events),
        "payer_events" => print(&history.payer_events),
        other => panic!("there is no golden file {other}"),
    }
}

fn print<T: Form>(samples: &Named<T>) {
    for (name, sample) in samples {
        println!("{name} {}", hex(&sample.bytes()));
    }
}

/// A variant that no sample has would be written and read as nobody checked.
#[test]
fn the_samples_have_every_state_closing_kind_and_code() {
    let history = History::all();
    let authorizations: Vec<_> = history.authorizations.iter().map(|(_, sample)| sample).collect();
    for state in State::ALL {
        assert!(authorizations.iter().any(|sample| sample.state() == state), "{state}");
    }
    for closing in Closing::ALL {
        assert!(authorizations.iter().any(|sample| sample.closing() == Some(closing)), "{closing:?}");
    }
    let names: BTreeSet<_> = history.payment_events.iter().map(|(_, event)| event.kind().name()).collect();
    assert_eq!(names.len(), 9, "{names:?}");
    let codes: BTreeSet<_> = records::all().iter().map(|(_, record)| record.code()).collect();
    let missing: Vec<_> = ResultCode::ALL
        .into_iter()
        .filter(|code| FailureCode::try_from(*code).is_ok() && !codes.contains(code))
        .collect();
    assert_eq!(missing, []);
}
