//! The fields of every operation's body: what is refused, what is echoed all
//! the same, and the bounds of what is taken.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "support/replaying.rs"]
#[allow(dead_code)]
mod replaying;

use capture_engine::ResultCode::{AuthNotFound, CaptureInProcess, CurrencyNotSupport, ParamIllegal};
use replaying::Run;

const USD: &str = r#"{"value":"1","currency":"USD"}"#;

/// A body: fields that are there by default, then others that replace or add.
fn body(default: &[(&str, &str)], changed: &[(&str, &str)]) -> String {
    let kept = default.iter().filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
    let members = kept.chain(changed).filter(|(_, value)| !value.is_empty());
    let members: Vec<_> = members.map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// A run in which what the bodies name is there, so that only what is wrong
/// with a field is illegal: `c` reserves 1 of the 10 USD of `p`, `r` has 1 USD.
fn furnished() -> Run {
    let mut run = Run::begun();
    run.does("registerPayer", &format!(r#"{{"payerId":"r","balance":{USD}}}"#));
    run.does("authorize", r#"{"paymentId":"p","paymentAmount":{"value":"10","currency":"USD"},"authExpiryTime":"2027-01-01T00:00:00Z","settlement":"DEFERRED"}"#);
    let capture =
        format!(r#"{{"captureRequestId":"c","paymentId":"p","captureAmount":{USD},"isLastCapture":false}}"#);
    run.coded(CaptureInProcess, "capture", &capture);
    run
}

/// The op is refused, and echoes just this, if this is changed of a body that
/// it would take.
fn refuses(op: &str, default: &[(&str, &str)], echo: &str, change: &[(&str, &str)]) {
    let body = body(default, change);
    let mut run = furnished();
    assert_eq!(run.coded(ParamIllegal, op, &body), format!("{echo}}}"), "{op} {body}");
}

/// The same for each of these values of one field.
fn refuses_each(op: &str, default: &[(&str, &str)], echo: &str, name: &str, values: &[&str]) {
    for value in values {
        refuses(op, default, echo, &[(name, value)]);
    }
}

/// A body's fields and their values, as JSON.
type Members = [(&'static str, &'static str)];

/// Values that are no id, with what an id's field may not be either.
const NO_IDS: [&str; 9] = [
    "",
    "7",
    "true",
    "{}",
    "[\"a\"]",
    "\"\"",
    "\" a\"",
    "\"a\\u2003\"",
    "\"0123456789012345678901234567890123456789012345678901234567890123x\"",
];

/// Values that are no amount of at least 1.
const NO_AMOUNTS: [&str; 12] = [
    "1",
    "\"1\"",
    "[\"1\",\"USD\"]",
    "{}",
    r#"{"value":"1"}"#,
    r#"{"currency":"USD"}"#,
    r#"{"value":1,"currency":"USD"}"#,
    r#"{"value":"0","currency":"USD"}"#,
    r#"{"value":"01","currency":"USD"}"#,
    r#"{"value":"10000000000000000","currency":"USD"}"#,
    r#"{"value":"1","currency":"usd"}"#,
    r#"{"value":"1","currency":"ANG"}"#,
];

#[test]
fn an_id_that_is_wrong_is_not_echoed_and_the_others_are() {
    let cases: [(&str, &Members, &[&str]); 11] = [
        (
            "capture",
            &[("captureRequestId", "\"c\""), ("paymentId", "\"p\"")],
            &["captureRequestId", "paymentId"],
        ),
        (
            "quote",
            &[("captureRequestId", "\"c\""), ("paymentId", "\"p\"")],
            &["captureRequestId", "paymentId"],
        ),
        (
            "authorize",
            &[("paymentId", "\"p\""), ("paymentAmount", USD), ("authExpiryTime", "\"2027-01-01T00:00:00Z\"")],
            &["paymentId"],
        ),
        ("settle", &[("captureRequestId", "\"c\""), ("outcome", "\"FAILED\"")], &["captureRequestId"]),
        ("reverse", &[("captureRequestId", "\"c\"")], &["captureRequestId"]),
        ("cancel", &[("paymentId", "\"p\"")], &["paymentId"]),
        (
            "void",
            &[("voidRequestId", "\"v\""), ("paymentId", "\"p\""), ("voidAmount", USD)],
            &["voidRequestId", "paymentId"],
        ),
        ("abandon", &[("captureRequestId", "\"c\"")], &["captureRequestId"]),
        ("registerPayer", &[("payerId", "\"q\""), ("balance", USD)], &["payerId"]),
        (
            "adjustPayer",
            &[("adjustRequestId", "\"a\""), ("payerId", "\"q\"")],
            &["adjustRequestId", "payerId"],
        ),
        ("inquirePayer", &[("payerId", "\"q\"")], &["payerId"]),
    ];
    for (op, default, ids) in cases {
        for id in ids {
            let others: Vec<_> =
                default.iter().filter(|(name, _)| ids.contains(name) && name != id).collect();
            let echo: String = others.iter().map(|(name, value)| format!(",\"{name}\":{value}")).collect();
            for wrong in NO_IDS {
                refuses(op, default, &echo, &[(id, wrong)]);
            }
        }
    }
    refuses_each("events", &[("paymentId", "\"p\"")], "", "paymentId", &NO_IDS);
}

#[test]
fn an_id_is_echoed_unescaped_whatever_else_is_wrong() {
    let mut run = Run::begun();
    let body = r#"{"paymentId":"p\u002d\"1\"","captureRequestId":"\u00e9\/","isLastCapture":"no"}"#;
    assert_eq!(
        run.coded(ParamIllegal, "capture", body),
        ",\"captureRequestId\":\"é/\",\"paymentId\":\"p-\\\"1\\\"\"}"
    );
}

#[test]
fn a_capture_is_read_strictly() {
    let default = [("captureRequestId", "\"c\""), ("paymentId", "\"p\"")];
    let echo = ",\"captureRequestId\":\"c\",\"paymentId\":\"p\"";
    let long = format!("\"{}\"", "x".repeat(4_097));
    for op in ["capture", "quote"] {
        refuses_each(op, &default, echo, "captureAmount", &NO_AMOUNTS);
        refuses_each(op, &default, echo, "isLastCapture", &["\"true\"", "1", "0", "[]", "\"\""]);
        refuses_each(op, &default, echo, "extendInfo", &["1", "{}", "[]", "true", "\"a\\u0000\"", &long]);
    }
}

#[test]
fn an_authorize_is_read_strictly() {
    let default =
        [("paymentId", "\"p\""), ("paymentAmount", USD), ("authExpiryTime", "\"2027-01-01T00:00:00Z\"")];
    let echo = ",\"paymentId\":\"p\"";
    for name in ["paymentAmount", "overcaptureLimit"] {
        refuses_each("authorize", &default, echo, name, &NO_AMOUNTS);
    }
    let wrong = [
        ("paymentAmount", ""),
        ("authExpiryTime", ""),
        ("authExpiryTime", "1798761600"),
        ("authExpiryTime", "\"2027-01-01\""),
        ("authExpiryTime", "\"2027-01-01T00:00:00\""),
        ("authExpiryTime", "\"2027-01-01 00:00:00Z\""),
        ("authExpiryTime", "\"2027-01-01T24:00:00Z\""),
        ("authExpiryTime", "\"2027-01-01T00:00:00.1234567890Z\""),
        ("authExpiryTime", "\"2027-01-01T00:00:00+18:01\""),
        ("payerId", "7"),
        ("payerId", "\"\""),
        ("maxCaptures", "0"),
        ("maxCaptures", "-1"),
        ("maxCaptures", "1.0"),
        ("maxCaptures", "1e1"),
        ("maxCaptures", "4294967296"),
        ("maxCaptures", "\"1\""),
        ("overcapturePercent", "15"),
        ("overcapturePercent", "\"\""),
        ("overcapturePercent", "\"015\""),
        ("overcapturePercent", "\"15.\""),
        ("overcapturePercent", "\"15.001\""),
        ("overcapturePercent", "\"-1\""),
        ("overcapturePercent", "\"15%\""),
        ("overcapturePercent", "\"100.01\""),
        ("settlement", "\"immediate\""),
        ("settlement", "true"),
        ("funding", "\"HOLD\""),
        ("funding", "1"),
    ];
    for change in wrong {
        refuses("authorize", &default, echo, &[change]);
    }
    let taken = [
        ("maxCaptures", "1"),
        ("maxCaptures", "4294967295"),
        ("overcapturePercent", "\"0\""),
        ("overcapturePercent", "\"100.00\""),
        ("overcaptureLimit", r#"{"value":"9999999999999999","currency":"USD"}"#),
        ("paymentAmount", r#"{"value":"9999999999999999","currency":"USD"}"#),
        ("authExpiryTime", "\"9999-12-30T00:00:00Z\""),
        ("settlement", "\"DEFERRED\""),
        ("settlement", "\"IMMEDIATE\""),
        ("funding", "\"DRAWN\""),
        ("funding", "\"HELD\""),
        ("maxCaptures", "null"),
    ];
    for change in taken {
        Run::begun().does("authorize", &body(&default, &[change]));
    }
    let gold = body(&default, &[("paymentAmount", r#"{"value":"1","currency":"XAU"}"#)]);
    assert_eq!(Run::begun().coded(CurrencyNotSupport, "authorize", &gold), ",\"paymentId\":\"p\"}");
}

#[test]
fn a_settle_takes_only_the_field_of_its_outcome() {
    let default = [("captureRequestId", "\"c\""), ("outcome", "\"SUCCEEDED\"")];
    let echo = ",\"captureRequestId\":\"c\"";
    let no_outcomes = ["", "null", "\"succeeded\"", "\"SUCCESS\"", "true"];
    refuses_each("settle", &default, echo, "outcome", &no_outcomes);
    refuses_each("settle", &default, echo, "settledAmount", &NO_AMOUNTS);
    // Field and outcome do not fit, whatever the field says.
    refuses("settle", &default, echo, &[("resultCode", "\"RISK_REJECT\"")]);
    refuses("settle", &default, echo, &[("outcome", "\"FAILED\""), ("settledAmount", USD)]);
    for code in [
        "\"SUCCESS\"",
        "\"CAPTURE_IN_PROCESS\"",
        "\"UNKNOWN_EXCEPTION\"",
        "\"PARAM_ILLEGAL\"",
        "\"NONE\"",
        "7",
    ] {
        refuses("settle", &default, echo, &[("outcome", "\"FAILED\""), ("resultCode", code)]);
    }
    let mut run = furnished();
    let failed = r#"{"captureRequestId":"c","outcome":"FAILED","settledAmount":null,"resultCode":"USER_BALANCE_NOT_ENOUGH"}"#;
    assert!(run.does("settle", failed).contains("\"captureId\""));
}

#[test]
fn a_void_takes_just_one_of_amount_and_all() {
    let default = [("voidRequestId", "\"v\""), ("paymentId", "\"p\"")];
    let echo = ",\"voidRequestId\":\"v\",\"paymentId\":\"p\"";
    refuses("void", &default, echo, &[("voidAmount", USD), ("voidRemainingAmount", "true")]);
    refuses("void", &default, echo, &[("voidAmount", USD), ("voidRemainingAmount", "1")]);
    refuses_each("void", &default, echo, "voidRemainingAmount", &["", "false", "\"true\""]);
    refuses_each("void", &default, echo, "voidAmount", &NO_AMOUNTS);
    for taken in [
        [("voidAmount", USD), ("voidRemainingAmount", "false")],
        [("voidAmount", "null"), ("voidRemainingAmount", "true")],
    ] {
        assert_eq!(Run::begun().coded(AuthNotFound, "void", &body(&default, &taken)), format!("{echo}}}"));
    }
}

#[test]
fn a_payer_is_registered_and_adjusted_strictly() {
    let register = [("payerId", "\"q\""), ("balance", USD)];
    let adjust = [("adjustRequestId", "\"a\""), ("payerId", "\"r\"")];
    let echoes = [",\"payerId\":\"q\"", ",\"adjustRequestId\":\"a\",\"payerId\":\"r\""];
    let shared = [
        ("status", "\"normal\""),
        ("status", "\"CLOSED\""),
        ("status", "true"),
        ("maxCountPerWindow", "-1"),
        ("maxCountPerWindow", "4294967296"),
        ("maxCountPerWindow", "\"3\""),
        ("maxCountPerWindow", "3.0"),
        ("maxAmountPerWindow", "3"),
        ("maxAmountPerWindow", r#"{"value":"00","currency":"USD"}"#),
    ];
    for change in shared {
        refuses("registerPayer", &register, echoes[0], &[change]);
        refuses("adjustPayer", &adjust, echoes[1], &[change]);
    }
    refuses_each("registerPayer", &register, echoes[0], "balance", &["", "\"1\""]);
    for name in ["funds", "withdraw"] {
        refuses_each("adjustPayer", &adjust, echoes[1], name, &NO_AMOUNTS);
    }
    refuses("adjustPayer", &adjust, echoes[1], &[("funds", USD), ("withdraw", USD)]);
    refuses("adjustPayer", &adjust, echoes[1], &[("clearLimits", "1")]);
    refuses("adjustPayer", &adjust, echoes[1], &[("resetUsage", "\"true\"")]);
    let stranger = r#","adjustRequestId":"a","payerId":"nobody""#;
    refuses("adjustPayer", &adjust, stranger, &[("payerId", "\"nobody\"")]);
    // What was refused is well otherwise.
    furnished().does("registerPayer", &body(&register, &[]));
    furnished().does("adjustPayer", &body(&adjust, &[]));
}

#[test]
fn zero_is_a_balance_and_a_limit() {
    let mut run = Run::begun();
    let zero = r#"{"value":"0","currency":"USD"}"#;
    run.does("registerPayer", &format!(r#"{{"payerId":"q","balance":{zero},"maxAmountPerWindow":{zero},"maxCountPerWindow":0,"status":"ABNORMAL"}}"#));
    let said = run.does("inquirePayer", r#"{"payerId":"q"}"#);
    assert_eq!(
        said,
        format!(
            r#","payerId":"q","balance":{zero},"held":{zero},"status":"ABNORMAL","usage":{{"count":0,"amount":{zero}}}}}"#
        )
    );
    let adjusted = format!(
        r#"{{"adjustRequestId":"a","payerId":"q","funds":{USD},"status":"NORMAL","clearLimits":false,"resetUsage":false,"maxAmountPerWindow":{zero},"maxCountPerWindow":4294967295}}"#
    );
    let answer = run.does("adjustPayer", &adjusted);
    assert_eq!(answer, format!(r#","adjustRequestId":"a","payerId":"q","balance":{USD},"held":{zero}}}"#));
    // `false` is as absent.
    let again = adjusted.replace(r#""clearLimits":false,"resetUsage":false,"#, "");
    assert_eq!(run.does("adjustPayer", &again), answer);
}

#[test]
fn an_inquiry_takes_just_one_of_its_ids() {
    let mut run = Run::begun();
    assert_eq!(run.coded(ParamIllegal, "inquire", "{}"), "}");
    let both = r#"{"captureRequestId":"c","paymentId":"p"}"#;
    assert_eq!(run.coded(ParamIllegal, "inquire", both), r#","paymentId":"p","captureRequestId":"c"}"#);
    let wrong = r#"{"captureRequestId":"c","paymentId":7}"#;
    assert_eq!(run.coded(ParamIllegal, "inquire", wrong), r#","captureRequestId":"c"}"#);
    assert_eq!(run.coded(AuthNotFound, "inquire", r#"{"paymentId":"p"}"#), r#","paymentId":"p"}"#);
    let request = r#"{"captureRequestId":"c","paymentId":null}"#;
    assert_eq!(run.coded(AuthNotFound, "inquire", request), r#","captureRequestId":"c"}"#);
}

#[test]
fn limits_and_cursors_have_bounds() {
    for limit in ["0", "-1", "1.0", "\"1\"", "4294967296", "true"] {
        assert_eq!(Run::begun().coded(ParamIllegal, "expire", &format!(r#"{{"limit":{limit}}}"#)), "}");
        let events = format!(r#"{{"paymentId":"p","limit":{limit}}}"#);
        assert_eq!(Run::begun().coded(ParamIllegal, "events", &events), "}");
    }
    for after in ["-1", "1.0", "\"1\"", "9223372036854775808", "null,\"limit\":0"] {
        let events = format!(r#"{{"paymentId":"p","after":{after}}}"#);
        assert_eq!(Run::begun().coded(ParamIllegal, "events", &events), "}");
    }
    let mut run = furnished();
    for limit in ["1", "4294967295", "null"] {
        run.does("expire", &format!(r#"{{"limit":{limit}}}"#));
    }
    let far = r#"{"paymentId":"p","after":9223372036854775807,"limit":4294967295}"#;
    assert_eq!(run.does("events", far), r#","events":[],"cursor":9223372036854775807}"#);
}

#[test]
fn a_host_s_op_needs_no_merchant_and_may_name_one() {
    let mut run = Run::begun();
    let register =
        r#"{"op":"registerPayer","body":{"payerId":"q","balance":{"value":"1","currency":"USD"}}}"#;
    let answer = run.ok(register);
    assert_eq!(answer, r#","payerId":"q"}"#);
    assert_eq!(run.ok(register.replace("\"body\"", "\"clientId\":\"M9\",\"body\"")), answer);
    let nobody = r#"{"payerId":"nobody"}"#;
    assert_eq!(run.coded(ParamIllegal, "inquirePayer", nobody), r#","payerId":"nobody"}"#);
}
