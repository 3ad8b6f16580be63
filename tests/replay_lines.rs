//! Lines of the replay: which are well-formed, what of a malformed one is
//! taken over (nothing), the limits of size and depth, `configure`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/replaying.rs"]
#[allow(dead_code)]
mod replaying;

use capture_engine::ResultCode::{AuthNotFound, ParamIllegal, Success};
use capture_engine::wire::replay::{LineError, MAX_LINE, RunEnds};
use capture_engine::wire::{MAX_BODY, Problem};
use replaying::{Run, bare, opening};

/// Well-formed, and answered with `AUTH_NOT_FOUND` and the echo of `p`.
const CANCEL: &str = r#"{"op":"cancel","clientId":"M1","body":{"paymentId":"p"}}"#;

fn not_found() -> String {
    opening(AuthNotFound) + r#","paymentId":"p"}"#
}

fn is_malformed(run: &mut Run, line: impl AsRef<[u8]>) -> LineError {
    let shown = String::from_utf8_lossy(line.as_ref()).chars().take(200).collect::<String>();
    let (answer, answered) = run.line(line);
    let answered = answered.unwrap();
    assert_eq!(answer, bare(ParamIllegal), "{shown}");
    assert_eq!((answered.op, answered.code, answered.replayed), (None, ParamIllegal, false), "{shown}");
    answered.malformed.unwrap_or_else(|| panic!("well-formed: {shown}"))
}

#[test]
fn texts_that_are_not_well_formed_are_malformed_lines() {
    let texts: &[&[u8]] = &[
        b"",
        b" ",
        b"\t",
        b"\r",
        b"not json",
        b"\xEF\xBB\xBF{\"op\":\"cancel\",\"clientId\":\"M1\",\"body\":{\"paymentId\":\"p\"}}",
        b"{\"op\":\"cancel\",\"clientId\":\"M1\",\"body\":{\"paymentId\":\"p\"}}x",
        b"{\"op\":\"cancel\",\"clientId\":\"M1\",\"body\":{\"paymentId\":\"p\"}} {}",
        b"{\"op\":\"cancel\",\"clientId\":\"M1\",\"body\":{\"paymentId\":\"p\"}",
        b"{\"op\":\"cancel\",\"clientId\":\"M1\",\"body\":{\"paymentId\":\"p\"},}",
        b"{'op':'cancel'}",
        b"{\"op\":\"cancel\",\"clientId\":\"M1\",\"body\":{\"paymentId\":\"\xFF\"}}",
        b"{\"op\":\"cancel\",\"clientId\":\"M1\",\"body\":{\"paymentId\":\"p\"},\"x\":\"\xED\xA0\x80\"}",
        // repeated names: in the line, in the body, in what is ignored, escaped
        br#"{"op":"cancel","op":"cancel","clientId":"M1","body":{"paymentId":"p"}}"#,
        br#"{"op":"cancel","clientId":"M1","body":{"paymentId":"p"},"\u0062ody":{}}"#,
        br#"{"op":"cancel","clientId":"M1","body":{"paymentId":"p","paymentId":"p"}}"#,
        br#"{"op":"cancel","clientId":"M1","body":{"paymentId":"p","x":1,"x":1}}"#,
        br#"{"op":"cancel","clientId":"M1","body":{"paymentId":"p","x":[{"y":{"z":1,"\u007a":1}}]}}"#,
        br#"{"op":"cancel","clientId":"M1","body":{"paymentId":"p"},"x":{"y":null,"y":null}}"#,
        // lone surrogates, in what is ignored too
        br#"{"op":"cancel","clientId":"M1","body":{"paymentId":"\ud800"}}"#,
        br#"{"op":"cancel","clientId":"M1","body":{"paymentId":"p","x":"\udc00"}}"#,
        br#"{"op":"cancel","clientId":"M1","body":{"paymentId":"p"},"\ud83d":1}"#,
        // numbers that are none
        br#"{"op":"cancel","clientId":"M1","body":{"paymentId":"p","x":01}}"#,
        br#"{"op":"cancel","clientId":"M1","body":{"paymentId":"p","x":NaN}}"#,
        br#"{"op":"cancel","clientId":"M1","body":{"paymentId":"p","x":+1}}"#,
        b"{\"op\":\"cancel\",\"clientId\":\"M1\",\"body\":{\"paymentId\":\"a\tb\"}}",
    ];
    let mut run = Run::begun();
    for text in texts {
        assert!(matches!(is_malformed(&mut run, text), LineError::NotWellFormed(_)));
    }
    for text in ["[]", "[{\"op\":\"cancel\"}]", "\"x\"", "1", "null", "true"] {
        assert_eq!(is_malformed(&mut run, text), LineError::NotAnObject, "{text}");
    }
    assert_eq!(run.answer(CANCEL), not_found());
}

#[test]
fn members_of_a_line_that_are_wrong_make_it_malformed() {
    // (the field, the line)
    let lines = [
        ("op", r#"{}"#),
        ("op", r#"{"clientId":"M1","body":{"paymentId":"p"}}"#),
        ("op", r#"{"op":null,"clientId":"M1"}"#),
        ("op", r#"{"op":1,"clientId":"M1"}"#),
        ("op", r#"{"op":["cancel"],"clientId":"M1"}"#),
        ("op", r#"{"op":"","clientId":"M1"}"#),
        ("op", r#"{"op":"Cancel","clientId":"M1","body":{"paymentId":"p"}}"#),
        ("op", r#"{"op":"cancel ","clientId":"M1","body":{"paymentId":"p"}}"#),
        ("op", r#"{"Op":"cancel","clientId":"M1","body":{"paymentId":"p"}}"#),
        ("op", r#"{"op":"refund","clientId":"M1","body":{"paymentId":"p"}}"#),
        ("at", r#"{"op":"cancel","at":1772323200,"clientId":"M1","body":{"paymentId":"p"}}"#),
        ("at", r#"{"op":"cancel","at":"","clientId":"M1","body":{"paymentId":"p"}}"#),
        ("at", r#"{"op":"cancel","at":"2026-03-01","clientId":"M1","body":{"paymentId":"p"}}"#),
        ("at", r#"{"op":"cancel","at":"2026-03-01t00:00:00Z","clientId":"M1","body":{"paymentId":"p"}}"#),
        ("at", r#"{"op":"cancel","at":"2026-03-01T00:00:60Z","clientId":"M1","body":{"paymentId":"p"}}"#),
        ("at", r#"{"op":"cancel","at":"2026-02-29T00:00:00Z","clientId":"M1","body":{"paymentId":"p"}}"#),
        ("at", r#"{"op":"cancel","at":"2026-03-01T00:00:00+08","clientId":"M1","body":{"paymentId":"p"}}"#),
        (
            "at",
            r#"{"op":"cancel","at":"2026-03-01T00:00:00+18:01","clientId":"M1","body":{"paymentId":"p"}}"#,
        ),
        ("at", r#"{"op":"cancel","at":"9999-12-31T00:00:00Z","clientId":"M1","body":{"paymentId":"p"}}"#),
        ("clientId", r#"{"op":"cancel","body":{"paymentId":"p"}}"#),
        ("clientId", r#"{"op":"cancel","clientId":null,"body":{"paymentId":"p"}}"#),
        ("clientId", r#"{"op":"cancel","clientId":1,"body":{"paymentId":"p"}}"#),
        ("clientId", r#"{"op":"cancel","clientId":"","body":{"paymentId":"p"}}"#),
        ("clientId", r#"{"op":"cancel","clientId":" M1","body":{"paymentId":"p"}}"#),
        ("clientId", r#"{"op":"cancel","clientId":"M\u00001","body":{"paymentId":"p"}}"#),
        // wherever it stands
        ("clientId", r#"{"op":"inquirePayer","clientId":"","body":{"payerId":"p"}}"#),
        ("clientId", r#"{"op":"expire","clientId":7}"#),
        ("body", r#"{"op":"cancel","clientId":"M1","body":[]}"#),
        ("body", r#"{"op":"cancel","clientId":"M1","body":["p"]}"#),
        ("body", r#"{"op":"cancel","clientId":"M1","body":"{\"paymentId\":\"p\"}"}"#),
        ("body", r#"{"op":"cancel","clientId":"M1","body":1}"#),
        ("body", r#"{"op":"expire","body":false}"#),
        ("risk", r#"{"op":"capture","clientId":"M1","body":{},"risk":"accept"}"#),
        ("risk", r#"{"op":"capture","clientId":"M1","body":{},"risk":"UNKNOWN"}"#),
        ("risk", r#"{"op":"capture","clientId":"M1","body":{},"risk":true}"#),
        ("risk", r#"{"op":"capture","clientId":"M1","body":{},"risk":["ACCEPT"]}"#),
    ];
    let mut run = Run::begun();
    for (field, line) in lines {
        match is_malformed(&mut run, line) {
            LineError::Field(error) => assert_eq!(error.field(), field, "{line}"),
            other => panic!("{line}: {other}"),
        }
    }
}

#[test]
fn risk_belongs_to_capture_alone() {
    let ops = [
        "registerPayer",
        "adjustPayer",
        "authorize",
        "quote",
        "settle",
        "reverse",
        "cancel",
        "void",
        "abandon",
        "expire",
        "inquire",
        "inquirePayer",
        "events",
    ];
    let mut run = Run::begun();
    for op in ops {
        let line = format!(r#"{{"op":"{op}","clientId":"M1","body":{{"paymentId":"p"}},"risk":"ACCEPT"}}"#);
        match is_malformed(&mut run, &line) {
            LineError::Field(error) => assert_eq!(error.field(), "risk", "{op}"),
            other => panic!("{op}: {other}"),
        }
        // What is null is as absent.
        run.answer(line.replace("\"ACCEPT\"", "null"));
    }
    let mut fresh = Run::new();
    is_malformed(&mut fresh, r#"{"op":"configure","at":"2026-03-01T00:00:00Z","risk":"ACCEPT"}"#);
}

#[test]
fn white_space_unknown_members_and_numbers_of_any_size_are_fine() {
    let lines = [
        CANCEL.to_owned(),
        format!("{CANCEL}\r"),
        format!(" \t{CANCEL} \r"),
        CANCEL.replace(':', " : ").replace(',', " ,\r"),
        CANCEL.replace("\"op\"", "\"\\u006fp\"").replace("\"cancel\"", "\"\\u0063ancel\""),
        CANCEL.replace("\"op\"", "\"x\":{\"paymentId\":[1e999,-0,0.0]},\"op\""),
        CANCEL.replace("\"paymentId\"", "\"amount\":1e999,\"PaymentId\":7,\"paymentId\""),
        CANCEL.replace("\"paymentId\"", &format!("\"x\":{},\"paymentId\"", "9".repeat(20_000))),
        CANCEL.replace("\"op\"", "\"at\":null,\"risk\":null,\"op\""),
        CANCEL.replace("\"p\"", "\"\\u0070\""),
    ];
    let mut run = Run::begun();
    for line in lines {
        assert_eq!(run.answer(&line), not_found(), "{line}");
    }
}

#[test]
fn an_absent_body_is_an_empty_one() {
    let mut run = Run::begun();
    for body in ["", ",\"body\":null", ",\"body\":{}", ",\"body\":{\"paymentId\":null}"] {
        let line = format!(r#"{{"op":"cancel","clientId":"M1"{body}}}"#);
        assert_eq!(run.answer(&line), bare(ParamIllegal), "{line}");
        let swept = run.ok(format!(r#"{{"op":"expire"{body}}}"#));
        assert_eq!(swept, r#","expired":0,"more":false}"#);
    }
}

#[test]
fn the_clock_reading_stays_until_a_well_formed_line_gives_another() {
    let authorize = |payment: &str, deadline: &str| {
        format!(
            r#""clientId":"M1","body":{{"paymentId":"{payment}","paymentAmount":{{"value":"1","currency":"USD"}},"authExpiryTime":"{deadline}"}}}}"#
        )
    };
    let mut run = Run::new();
    assert_eq!(is_malformed(&mut run, CANCEL), LineError::NoTime);
    assert_eq!(is_malformed(&mut run, CANCEL.replace("\"op\"", "\"at\":null,\"op\"")), LineError::NoTime);
    // A malformed line gives none, whatever else is wrong with it.
    for line in [
        r#"{"op":"cancel","at":"2026-03-01T00:00:00Z","body":{"paymentId":"p"}}"#,
        r#"{"op":"refund","at":"2026-03-01T00:00:00Z","clientId":"M1","body":{"paymentId":"p"}}"#,
        r#"{"op":"configure","at":"2026-03-01T00:00:00Z"}"#,
    ] {
        is_malformed(&mut run, line);
        assert_eq!(is_malformed(&mut run, CANCEL), LineError::NoTime, "{line}");
    }
    // A command that is refused does, even for a field of its body.
    let refused = r#"{"op":"cancel","at":"2026-03-01T00:00:00Z","clientId":"M1","body":{"paymentId":7}}"#;
    assert_eq!(run.answer(refused), bare(ParamIllegal));
    let line = format!(r#"{{"op":"authorize",{}"#, authorize("a", "2026-03-01T00:00:00Z"));
    assert!(run.answer(&line).starts_with(&opening(ParamIllegal)));
    run.ok(format!(r#"{{"op":"authorize",{}"#, authorize("a", "2026-03-01T00:00:00.000001Z")));
    // It may go back.
    run.ok(format!(
        r#"{{"op":"authorize","at":"2025-03-01T00:00:00Z",{}"#,
        authorize("b", "2026-01-01T00:00:00Z")
    ));
    run.ok(format!(r#"{{"op":"authorize",{}"#, authorize("c", "2025-03-02T00:00:00Z")));
}

#[test]
fn a_configure_without_a_clock_reading_leaves_it_open() {
    let mut run = Run::new();
    assert_eq!(run.answer(r#"{"op":"configure"}"#), bare(Success));
    assert_eq!(is_malformed(&mut run, CANCEL), LineError::NoTime);
    assert_eq!(run.answer(CANCEL.replace("\"op\"", "\"at\":\"2026-03-01T00:00:00Z\",\"op\"")), not_found());
}

#[test]
fn only_the_first_line_configures() {
    for first in ["", "not json", "[]", CANCEL, r#"{"op":"configure"}"#, r#"{"op":"configure","body":[]}"#] {
        let mut run = Run::new();
        run.line(first).1.unwrap();
        let late = r#"{"op":"configure","at":"2026-03-01T00:00:00Z","body":{"currencies":["JPY"]}}"#;
        assert_eq!(is_malformed(&mut run, late), LineError::LateConfigure, "{first}");
        // Not even one that would be refused ends the run.
        let wrong = r#"{"op":"configure","body":{"currencies":["???"]}}"#;
        assert_eq!(is_malformed(&mut run, wrong), LineError::LateConfigure, "{first}");
        let usd = r#"{"op":"registerPayer","at":"2026-03-01T00:00:00Z","body":{"payerId":"p","balance":{"value":"0","currency":"USD"}}}"#;
        run.ok(usd);
    }
}

#[test]
fn a_refused_configure_is_printed_and_ends_the_run() {
    let usd = |value: &str| format!(r#"{{"value":"{value}","currency":"USD"}}"#);
    let refused = [
        r#"{"currencies":"USD"}"#.to_owned(),
        r#"{"currencies":{"USD":2}}"#.into(),
        r#"{"currencies":[840]}"#.into(),
        r#"{"currencies":[null]}"#.into(),
        r#"{"currencies":["usd"]}"#.into(),
        r#"{"currencies":["USD","ANG"]}"#.into(),
        r#"{"currencies":["ZZZ"]}"#.into(),
        r#"{"currencies":["USD","XAU"]}"#.into(),
        r#"{"currencies":["XTS"]}"#.into(),
        r#"{"currencies":["USD","JPY","USD"]}"#.into(),
        format!(r#"{{"paymentAmountLimits":{}}}"#, usd("1")),
        format!(r#"{{"paymentAmountLimits":[{}]}}"#, usd("0")),
        format!(r#"{{"paymentAmountLimits":[{}]}}"#, usd("01")),
        format!(r#"{{"paymentAmountLimits":[{},{}]}}"#, usd("1"), usd("1")),
        format!(r#"{{"paymentAmountLimits":[{},{}]}}"#, usd("1"), usd("2")),
        format!(r#"{{"currencies":["JPY"],"paymentAmountLimits":[{}]}}"#, usd("1")),
        format!(r#"{{"currencies":[],"paymentAmountLimits":[{}]}}"#, usd("1")),
        r#"{"paymentAmountLimits":[{"value":"1","currency":"XAU"}]}"#.into(),
        r#"{"paymentAmountLimits":["1"]}"#.into(),
        r#"{"timeOffset":8}"#.into(),
        r#"{"timeOffset":"8"}"#.into(),
        r#"{"timeOffset":"+8:00"}"#.into(),
        r#"{"timeOffset":"+0800"}"#.into(),
        r#"{"timeOffset":"08:00"}"#.into(),
        r#"{"timeOffset":"Z"}"#.into(),
        r#"{"timeOffset":"+18:01"}"#.into(),
        r#"{"timeOffset":"+08:60"}"#.into(),
        r#"{"isLastCaptureDefault":"true"}"#.into(),
        r#"{"isLastCaptureDefault":0}"#.into(),
        r#"{"usageWindow":86400}"#.into(),
        r#"{"usageWindow":{}}"#.into(),
        r#"{"usageWindow":{"start":"1970-01-01T00:00:00Z"}}"#.into(),
        r#"{"usageWindow":{"seconds":86400}}"#.into(),
        r#"{"usageWindow":{"start":null,"seconds":86400}}"#.into(),
        r#"{"usageWindow":{"start":"1970-01-01","seconds":86400}}"#.into(),
        r#"{"usageWindow":{"start":"1970-01-01T00:00:00Z","seconds":0}}"#.into(),
        r#"{"usageWindow":{"start":"1970-01-01T00:00:00Z","seconds":-1}}"#.into(),
        r#"{"usageWindow":{"start":"1970-01-01T00:00:00Z","seconds":4294967296}}"#.into(),
        r#"{"usageWindow":{"start":"1970-01-01T00:00:00Z","seconds":86400.0}}"#.into(),
        r#"{"usageWindow":{"start":"1970-01-01T00:00:00Z","seconds":"86400"}}"#.into(),
    ];
    for body in refused {
        let mut run = Run::new();
        let line = format!(r#"{{"op":"configure","at":"2026-03-01T00:00:00Z","body":{body}}}"#);
        let (answer, ends) = run.line(&line);
        assert_eq!(answer, bare(ParamIllegal), "{body}");
        let ends = ends.unwrap_err();
        assert!(matches!(ends, RunEnds::ConfigureField(_) | RunEnds::Configure(_)), "{body}: {ends}");
        assert_eq!(ends.code(), ParamIllegal);
        let (answer, ends) = run.line(CANCEL);
        assert_eq!(answer, "", "{body}");
        assert!(matches!(ends, Err(RunEnds::Ended)), "{body}");
    }
}

#[test]
fn a_configure_takes_every_field_to_its_bounds() {
    let accepted = [
        r#"{}"#,
        r#"{"currencies":null,"paymentAmountLimits":null,"timeOffset":null,"isLastCaptureDefault":null,"usageWindow":null}"#,
        r#"{"currencies":[]}"#,
        r#"{"currencies":["USD","JPY","KWD","CLF"],"other":[1e999]}"#,
        r#"{"paymentAmountLimits":[]}"#,
        r#"{"paymentAmountLimits":[{"value":"9999999999999999","currency":"USD"},{"value":"1","currency":"JPY"}],"currencies":["JPY","USD"]}"#,
        r#"{"timeOffset":"-18:00","isLastCaptureDefault":false}"#,
        r#"{"usageWindow":{"start":"9999-12-30T00:00:00Z","seconds":4294967295}}"#,
        r#"{"usageWindow":{"start":"0001-01-02T00:00:00Z","seconds":1}}"#,
    ];
    for body in accepted {
        let line = format!(r#"{{"op":"configure","body":{body}}}"#);
        assert_eq!(Run::new().answer(line), bare(Success), "{body}");
    }
}

/// `CANCEL` with an ignored member that makes the line so long.
fn line_of(bytes: usize) -> String {
    let padded =
        |length: usize| CANCEL.replace("\"op\"", &format!("\"x\":\"{}\",\"op\"", "x".repeat(length)));
    padded(bytes - padded(0).len())
}

#[test]
fn a_line_has_at_most_128_kib() {
    assert_eq!(MAX_LINE, 128 * 1024);
    let mut run = Run::begun();
    assert_eq!(run.answer(line_of(MAX_LINE)), not_found());
    // CR is white space, and counts.
    assert_eq!(run.answer(line_of(MAX_LINE - 1) + "\r"), not_found());
    for line in [line_of(MAX_LINE + 1), line_of(MAX_LINE) + "\r", " ".repeat(MAX_LINE + 1)] {
        match is_malformed(&mut run, &line) {
            LineError::NotWellFormed(malformed) => assert_eq!(malformed.problem, Problem::TooLong),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_body_has_at_most_64_kib_within_a_line() {
    assert_eq!(MAX_BODY, 64 * 1024);
    let body = |bytes: usize| {
        let padded = |length: usize| format!(r#"{{"paymentId":"p","x":"{}"}}"#, "x".repeat(length));
        padded(bytes - padded(0).len())
    };
    let line = |body: &str| format!(r#"{{"op":"cancel","clientId":"M1","body": {body} }}"#);
    let mut run = Run::begun();
    assert_eq!(body(MAX_BODY).len(), MAX_BODY);
    assert_eq!(run.answer(line(&body(MAX_BODY))), not_found());
    match is_malformed(&mut run, line(&body(MAX_BODY + 1))) {
        LineError::Field(error) => assert_eq!(error.field(), "body"),
        other => panic!("{other}"),
    }
    // 4,096 characters of free text, all escaped as pairs, fit.
    let info = "\\ud83d\\ude00".repeat(4_096);
    let capture = format!(r#"{{"captureRequestId":"c","paymentId":"p","extendInfo":"{info}"}}"#);
    let answer = run.answer(format!(r#"{{"op":"capture","clientId":"M1","body":{capture}}}"#));
    assert!(answer.ends_with(&format!(r#""extendInfo":"{}"}}"#, "😀".repeat(4_096))));
}

#[test]
fn a_body_has_at_most_32_levels_and_a_line_33() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let in_body = |levels: usize| {
        format!(r#"{{"op":"cancel","clientId":"M1","body":{{"paymentId":"p","x":{}}}}}"#, nested(levels - 1))
    };
    let in_line = |levels: usize| {
        format!(r#"{{"op":"cancel","clientId":"M1","x":{},"body":{{"paymentId":"p"}}}}"#, nested(levels - 1))
    };
    let mut run = Run::begun();
    assert_eq!(run.answer(in_body(32)), not_found());
    assert_eq!(run.answer(in_line(33)), not_found());
    for line in [in_body(33), in_line(34)] {
        match is_malformed(&mut run, line) {
            LineError::NotWellFormed(malformed) => assert_eq!(malformed.problem, Problem::TooDeep),
            other => panic!("{other}"),
        }
    }
}
