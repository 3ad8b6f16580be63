//! Every result code over HTTP: by the request that a merchant's SDK would
//! send, over a real socket, signed and verified by `openssl`, carried by
//! `curl`. Each is asked twice, and a recorded answer comes again, byte by byte.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects, missing_docs)]
#![allow(clippy::as_conversions, reason = "of the store that fails")]

use std::collections::BTreeSet;

#[path = "support/dice.rs"]
mod dice;
#[path = "support/faulty/mod.rs"]
mod faulty;
#[path = "http_codes/host.rs"]
mod host;
#[path = "support/http_exchange.rs"]
mod http_exchange;
#[path = "support/mount.rs"]
mod mount;
#[path = "support/openapi.rs"]
mod openapi;
#[path = "http_codes/requests.rs"]
mod requests;

use capture_engine::http::{Code, Route};
use host::Host;
use http_exchange::{Ask, Exchange, PREFIX};
use requests::{ask, cancel, capture, capture_all, capture_in, good, inquiry, void};

use Kept::{Before, Never, Now};

/// The result codes as the API page prints them.
const PAGE: [(&str, &str, &str); 20] = [
    ("SUCCESS", "S", "success"),
    ("AUTH_CANCELLED", "F", "The authorization on payment has been canceled."),
    ("AUTH_EXPIRED", "F", "The authorization on payment is expired."),
    ("AUTH_NOT_FOUND", "F", "The authorization on payment is not found."),
    ("CAPTURE_IN_PROCESS", "U", "The capture is processing."),
    ("INVALID_TOKEN", "F", "The access token is invalid."),
    ("CURRENCY_NOT_SUPPORT", "F", "The currency of a user's payment is not supported by the wallet."),
    ("USER_BALANCE_NOT_ENOUGH", "F", "The user's balance is not enough for the payment."),
    ("USER_STATUS_ABNORMAL", "F", "The user status is abnormal."),
    ("PAYMENT_AMOUNT_EXCEED_LIMIT", "F", "The payment amount exceeds the limit."),
    ("PAYMENT_COUNT_EXCEED_LIMIT", "F", "The number of payments exceeds the limit."),
    ("REPEAT_REQ_INCONSISTENT", "F", "The submitted request is not consistent with the last one."),
    ("USER_AMOUNT_EXCEED_LIMIT", "F", "The payment amount exceeds the user's amount limit."),
    ("RISK_REJECT", "F", "The payment is rejected due to risk control."),
    ("KEY_NOT_FOUND", "F", "The key is not found."),
    ("CLIENT_INVALID", "F", "The client is invalid."),
    ("SIGNATURE_INVALID", "F", "The signature is invalid."),
    ("METHOD_NOT_SUPPORTED", "F", "The server does not implement the requested HTTP method."),
    (
        "MEDIA_TYPE_NOT_ACCEPTABLE",
        "F",
        "The server does not implement the media type that can be accepted by the client.",
    ),
    (
        "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT",
        "F",
        "The total capture amount exceeds the limit of the authorized payment amount.",
    ),
];

/// The common codes of the API's family, in our own words.
const FAMILY: [(&str, &str, &str); 7] = [
    ("PROCESS_FAIL", "F", "A business failure occurred. Do not retry."),
    ("PARAM_ILLEGAL", "F", "A required parameter is missing or a parameter is illegal."),
    ("INVALID_API", "F", "The called API is invalid or not active."),
    ("ACCESS_DENIED", "F", "The access is denied."),
    ("ORDER_STATUS_INVALID", "F", "The status of the order does not allow the request."),
    ("REQUEST_TRAFFIC_EXCEED_LIMIT", "U", "Too much is asked for. Send the same request again later."),
    ("UNKNOWN_EXCEPTION", "U", "The result is unknown. Send the same request again."),
];

/// Whether the answer is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// It was, by an earlier delivery.
    Before,
    /// It is from now on.
    Now,
    Never,
}

/// A code, when it is said, whether the answer is kept, and a request that gets it.
type Row = (&'static str, &'static str, Kept, Ask);

fn table() -> Vec<Row> {
    vec![
        // What the engine says. What was before stands in data/http-codes.jsonl.
        ("SUCCESS", "part of the hold is taken", Now, capture("c1", "open", 400)),
        ("SUCCESS", "part of the hold is given back", Now, void("v1", "open", 100)),
        ("SUCCESS", "a payment is looked at", Never, inquiry(r#"{"paymentId":"open"}"#)),
        ("SUCCESS", "a request is looked at", Never, inquiry(r#"{"captureRequestId":"sale"}"#)),
        ("SUCCESS", "all of the hold is taken", Now, capture_all("c2", "whole")),
        ("SUCCESS", "the answer of this capture was lost", Before, capture_all("sale", "sold")),
        ("SUCCESS", "the hold is released", Now, cancel("unwanted")),
        ("AUTH_CANCELLED", "capture of a cancelled hold", Now, capture("c3", "cancelled", 1)),
        ("AUTH_CANCELLED", "void of a cancelled hold", Now, void("v2", "cancelled", 1)),
        ("AUTH_EXPIRED", "capture at the deadline", Now, capture("c4", "expired", 1)),
        ("AUTH_EXPIRED", "cancel after the deadline", Never, cancel("expired")),
        ("AUTH_NOT_FOUND", "capture without a hold", Now, capture("c5", "nothing", 1)),
        ("AUTH_NOT_FOUND", "void without a hold", Now, void("v3", "nothing", 1)),
        ("AUTH_NOT_FOUND", "cancel without a hold", Never, cancel("nothing")),
        ("AUTH_NOT_FOUND", "nothing to look at", Never, inquiry(r#"{"paymentId":"nothing"}"#)),
        ("AUTH_NOT_FOUND", "another merchant's hold", Now, capture("c6", "open", 1).by("reader")),
        ("CAPTURE_IN_PROCESS", "the rail answers later", Never, capture("c7", "slow", 100)),
        ("CAPTURE_IN_PROCESS", "asked before it answered", Never, capture("in-process", "slow", 400)),
        ("CAPTURE_IN_PROCESS", "it fits if another capture fails", Never, capture("c8", "slow", 800)),
        ("CAPTURE_IN_PROCESS", "cancel while the rail is asked", Never, cancel("slow")),
        ("CURRENCY_NOT_SUPPORT", "another currency than the hold's", Now, capture_in("JPY", "c9", "open", 1)),
        ("USER_BALANCE_NOT_ENOUGH", "more than the payer has", Now, capture("c10", "of-poor", 301)),
        ("USER_STATUS_ABNORMAL", "the payer is suspended", Now, capture("c11", "of-suspended", 1)),
        ("PAYMENT_AMOUNT_EXCEED_LIMIT", "more than one may be", Now, capture("c12", "large", 500_001)),
        ("PAYMENT_COUNT_EXCEED_LIMIT", "the hold's captures are used up", Now, capture("c13", "once", 1)),
        ("PAYMENT_COUNT_EXCEED_LIMIT", "the payer's are used up", Now, capture("c14", "of-often", 1)),
        ("USER_AMOUNT_EXCEED_LIMIT", "more than the payer may", Now, capture("c15", "of-thrifty", 301)),
        ("RISK_REJECT", "the host's risk check rejects it", Now, capture("c16", "risky", 666)),
        ("CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT", "more than the hold", Now, capture("c17", "open", 1_001)),
        ("CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT", "void of what was taken", Now, void("v4", "sold", 1)),
        ("REPEAT_REQ_INCONSISTENT", "another amount, the same id", Never, capture("first", "once", 401)),
        ("REPEAT_REQ_INCONSISTENT", "another void, the same id", Never, void("v1", "open", 101)),
        ("PROCESS_FAIL", "the host gave the id up before it came", Before, capture("abandoned", "open", 1)),
        ("PARAM_ILLEGAL", "a field is missing", Never, ask(Route::Capture, r#"{"captureRequestId":"c18"}"#)),
        ("PARAM_ILLEGAL", "the body is none", Never, ask(Route::Cancel, "paymentId=open")),
        ("ORDER_STATUS_INVALID", "cancel of what was taken", Never, cancel("sold")),
        ("UNKNOWN_EXCEPTION", "the risk check cannot say", Never, capture("c19", "risky", 777)),
        // What only the edge says, in the order in which it looks.
        ("INVALID_API", "no such path", Never, good().to("/api/v2/payments/refund")),
        ("INVALID_API", "no prefix", Never, good().to("/v2/payments/capture")),
        ("METHOD_NOT_SUPPORTED", "GET", Never, ask(Route::InquiryPayment, "").method("GET")),
        ("METHOD_NOT_SUPPORTED", "PUT", Never, good().method("PUT")),
        ("MEDIA_TYPE_NOT_ACCEPTABLE", "a form is sent", Never, good().form()),
        ("MEDIA_TYPE_NOT_ACCEPTABLE", "HTML is wanted", Never, good().with("Accept: text/html")),
        ("CLIENT_INVALID", "nobody knows the client", Never, good().by("stranger")),
        ("CLIENT_INVALID", "no client", Never, good().nameless()),
        ("REQUEST_TRAFFIC_EXCEED_LIMIT", "a flood", Never, good().by("flood").key_version(9)),
        ("KEY_NOT_FOUND", "a key that is not there", Never, good().key_version(2)),
        ("SIGNATURE_INVALID", "another body was signed", Never, good().altered()),
        ("SIGNATURE_INVALID", "signed too long ago", Never, good().signed_long_ago()),
        ("INVALID_TOKEN", "a forged token", Never, good().with("Agent-Token: forged")),
        ("ACCESS_DENIED", "it may not cancel", Never, cancel("open").by("reader")),
        ("REQUEST_TRAFFIC_EXCEED_LIMIT", "a retry", Never, capture("done", "open", 400).by("busy")),
        ("UNKNOWN_EXCEPTION", "no token service", Never, good().with("Agent-Token: remote")),
        ("SUCCESS", "no refusal used its id up", Now, good()),
    ]
}

/// How an answer of this code begins, in the words of the page.
fn opening(code: &str) -> String {
    let (code, status, message) = PAGE.into_iter().chain(FAMILY).find(|(known, ..)| *known == code).unwrap();
    format!(r#"{{"result":{{"resultCode":"{code}","resultStatus":"{status}","resultMessage":"{message}"}}"#)
}

/// Whether only the edge says it; then the answer says nothing else.
fn is_said_before_the_body(code: &str) -> bool {
    matches!(Code::from_code(code), Some(Code::Edge(_)))
}

fn assert_says(code: &str, when: &str, exchange: &Exchange<'_>) {
    let (answer, opening) = (&exchange.answer, opening(code));
    assert!(answer.starts_with(&opening), "{code}, {when}: {answer}");
    if is_said_before_the_body(code) {
        assert_eq!(*answer, opening + "}", "{code}, {when}: the code and nothing else");
    }
}

#[test]
fn each_code_of_the_page_and_of_its_family_is_answered_to_a_request_of_a_merchant() {
    let host = Host::new();
    for (code, when, kept, ask) in table() {
        let first = host.exchange(&ask);
        assert_says(code, when, &first);
        assert_eq!(first.replayed, kept == Before, "{code}, {when}: replayed at first");
        let again = host.exchange(&ask);
        assert_eq!(again.answer, first.answer, "{code}, {when}: asked again");
        assert_eq!(again.replayed, kept != Never, "{code}, {when}: replayed when asked again");
    }
}

#[test]
fn the_table_names_each_code_and_each_route() {
    let said: BTreeSet<_> = table().iter().map(|(code, ..)| *code).collect();
    let printed: BTreeSet<_> = PAGE.into_iter().chain(FAMILY).map(|(code, ..)| code).collect();
    let known: BTreeSet<_> = Code::all().map(Code::as_str).collect();
    assert_eq!(said, printed, "a row for each code of the page and its family");
    assert_eq!(known, printed, "no code that is not documented");
    for route in Route::ALL {
        let asks_for = |ask: &Ask| ask.path == format!("{}{route}", PREFIX);
        assert!(table().iter().any(|(code, _, _, ask)| *code == "SUCCESS" && asks_for(ask)), "{route}");
    }
}

#[test]
fn a_store_that_is_down_fails_no_request_and_is_not_asked_before_the_body() {
    let host = Host::new();
    host.store_is_down(true);
    for (code, when, _, ask) in table() {
        let needs_no_store = is_said_before_the_body(code) || code == "PARAM_ILLEGAL";
        assert_says(if needs_no_store { code } else { "UNKNOWN_EXCEPTION" }, when, &host.exchange(&ask));
    }
    host.store_is_down(false);
    let (code, when, _, ask) = &table()[0];
    let retry = host.exchange(ask);
    assert_says(code, when, &retry);
    assert!(!retry.replayed, "nothing was recorded while the store was down");
}
