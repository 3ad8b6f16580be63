#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, missing_docs)]
//! The header `Request-Time`: its two forms, the window around the clock, and
//! the ends of time. Each time is one that `openssl` signed.

#[path = "support/edge.rs"]
mod edge;
#[path = "support/openssl.rs"]
mod openssl;

use std::time::Duration;

use capture_engine::Instant;
use capture_engine::time::Offset;
use edge::{Ask, Tested, calls, edge, now, now_plus};

const TAKEN: &str = "SUCCESS";
const REFUSED: &str = "SIGNATURE_INVALID";

/// Minutes in microseconds.
const MINUTE: i64 = 60_000_000;

fn signed_at(time: &str) -> Ask {
    Ask::cent("c").with(|ask| ask.time = Some(time.to_owned())).signed()
}

/// The code of a request with this time, where the clock says `now`. It
/// reaches the store only with success.
fn code_at(edge: &Tested, time: &str, now: Instant) -> String {
    let before = calls(edge);
    let told = signed_at(time).tell_at(edge, now);
    assert_eq!(calls(edge) > before, told.code != REFUSED, "{time}");
    told.code
}

#[test]
fn the_time_is_an_instant_or_milliseconds_in_digits() {
    let edge = edge().request_time_window(Some(Duration::ZERO));
    for same in [
        "2026-03-01T09:00:00Z",
        "2026-03-01T09:00:00+00:00",
        "2026-03-01T09:00:00-00:00",
        "2026-03-01T17:00:00+08:00",
        "2026-03-01T14:30:00+05:30",
        "2026-02-28T15:00:00-18:00",
        "2026-03-02T03:00:00+18:00",
        "2026-03-01T09:00:00.0Z",
        "2026-03-01T14:30:00.000+05:30",
        "2026-03-01T09:00:00.000000000Z",
        "1772355600000",
        "0001772355600000",
    ] {
        assert_eq!(code_at(&edge, same, now()), TAKEN, "{same}");
    }
    for (time, micros) in [
        ("2026-03-01T09:00:00.5Z", 500_000),
        ("2026-03-01T14:30:00.253+05:30", 253_000),
        ("2026-03-01T09:00:00.123456Z", 123_456),
        // What is finer than a microsecond is cut off.
        ("2026-03-01T09:00:00.123456789Z", 123_456),
        ("1772355600253", 253_000),
    ] {
        assert_eq!(code_at(&edge, time, now_plus(micros)), TAKEN, "{time}");
        assert_eq!(code_at(&edge, time, now_plus(micros + 1)), REFUSED, "{time}");
    }
}

#[test]
fn the_window_ends_on_either_side_and_includes_its_ends() {
    for (window, micros) in [
        (None, 5 * MINUTE),
        (Some(Duration::from_secs(60)), MINUTE),
        (Some(Duration::from_micros(7_000)), 7_000),
        (Some(Duration::from_secs(86_400)), 1_440 * MINUTE),
        (Some(Duration::ZERO), 0),
    ] {
        let edge = match window {
            None => edge(),
            Some(_) => edge().request_time_window(window),
        };
        for (apart, expected) in [(micros, TAKEN), (micros + 1, REFUSED), (micros + 1_000, REFUSED)] {
            for signed in [now_plus(apart), now_plus(-apart)] {
                let time = signed.at(Offset::PLUS_8).with_micros().to_string();
                assert_eq!(code_at(&edge, &time, now()), expected, "{window:?}: {time}");
                if apart % 1_000 == 0 {
                    let millis = (signed.as_micros() / 1_000).to_string();
                    assert_eq!(code_at(&edge, &millis, now()), expected, "{window:?}: {millis}");
                }
            }
        }
    }
}

#[test]
fn without_a_window_any_time_is_taken_but_one_must_be_there() {
    let edge = edge().request_time_window(None);
    for time in [
        "0001-01-02T00:00:00Z",
        "9999-12-30T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "0",
        "1772355600",
        "253402128000000",
    ] {
        assert_eq!(code_at(&edge, time, now()), TAKEN, "{time}");
        // A window as wide as can be is none.
        let edge = self::edge().request_time_window(Some(Duration::MAX));
        assert_eq!(code_at(&edge, time, now()), TAKEN, "{time}");
    }
    let without = Ask::cent("c").with(|ask| ask.time = None).signed();
    assert_eq!(without.code(&edge), REFUSED);
}

#[test]
fn every_other_form_is_refused_with_a_window_and_without() {
    let edges = [edge(), edge().request_time_window(None)];
    let many = "1".repeat(400);
    for time in [
        "",
        "now",
        "2026-03-01",
        "2026-03-01 09:00:00Z",
        "2026-03-01t09:00:00Z",
        "2026-03-01T09:00:00z",
        "2026-03-01T09:00Z",
        "2026-03-01T09:00:00",
        "2026-03-01T09:00:00+0000",
        "2026-03-01T09:00:00+00",
        "2026-03-01T09:00:00 +00:00",
        "2026-03-01T09:00:00[UTC]",
        "2026-03-01T09:00:00Z[UTC]",
        "2026-03-01T09:00:00.Z",
        "2026-03-01T09:00:00,5Z",
        "2026-03-01T09:00:00.0000000000Z",
        "2026-03-01T09:00:60Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T09:00:00+18:01",
        "2026-02-29T09:00:00Z",
        "2026-03-00T09:00:00Z",
        "20260301T090000Z",
        "+2026-03-01T09:00:00Z",
        "02026-03-01T09:00:00Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T00:00:00Z",
        "Sun, 01 Mar 2026 09:00:00 GMT",
        "+1772355600000",
        "-1772355600000",
        "-1",
        "1772355600000.0",
        "1772355600000 ms",
        "1,772,355,600,000",
        "1_772_355_600_000",
        "1.7723556e12",
        "0x19ca8e4f780",
        "１７７２３５５６０００００",
        "٢٠٢٦-03-01T09:00:00Z",
        // One millisecond behind the last instant; what 64 bits cannot hold.
        "253402128000001",
        "9223372036854775",
        "9223372036854776",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551616",
        &many,
    ] {
        for edge in &edges {
            assert_eq!(code_at(edge, time, now()), REFUSED, "{time}");
        }
    }
}

#[test]
fn the_ends_of_time_are_apart_and_nothing_overflows() {
    let edge = edge();
    for (time, at) in [
        ("0001-01-02T00:00:00Z", Instant::MAX),
        ("9999-12-30T00:00:00Z", Instant::MIN),
        ("253402128000000", Instant::MIN),
        ("0", Instant::MIN),
        ("0", Instant::MAX),
    ] {
        assert_eq!(code_at(&edge, time, at), REFUSED, "{time} at {at}");
    }
    assert_ne!(code_at(&edge, "0001-01-02T00:00:00Z", Instant::MIN), REFUSED);
    assert_ne!(code_at(&edge, "9999-12-30T00:00:00Z", Instant::MAX), REFUSED);
    assert_ne!(code_at(&edge, "253402128000000", Instant::MAX), REFUSED);
}
