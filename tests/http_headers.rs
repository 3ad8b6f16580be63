#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, missing_docs)]
//! Headers: their names in any case, and what one is that stands there twice,
//! is empty, long, or no text.

#[path = "support/edge.rs"]
mod edge;
#[path = "support/openssl.rs"]
mod openssl;

use capture_engine::http::{Admission, Caller};
use edge::{Ask, Tested, calls, edge, edge_for};
use openssl::other;

const TAKEN: &str = "SUCCESS";
const REFUSED: &str = "SIGNATURE_INVALID";
const NO_KEY: &str = "KEY_NOT_FOUND";

/// The request is answered this code, and reaches the store only with success.
fn expect(edge: &Tested, ask: &Ask, expected: &str) {
    let before = calls(edge);
    assert_eq!(ask.code(edge), expected, "{ask:?}");
    assert_eq!(calls(edge) > before, expected == TAKEN, "{ask:?}");
}

#[test]
fn names_of_headers_in_any_case() {
    let edge = edge();
    let ask = Ask::cent("c").signed();
    let mixed = |name: &str| name.to_uppercase().replace('E', "e");
    for change in [str::to_lowercase, str::to_uppercase, mixed] {
        let mut plain = ask.clone();
        let parts = [
            ("Request-Time", plain.time.take().unwrap()),
            ("Signature", plain.signature.take().unwrap()),
            ("Content-Type", "application/json".to_owned()),
        ];
        for (name, value) in parts {
            plain = plain.header(&change(name), value);
        }
        expect(&edge, &plain, TAKEN);
    }
}

#[test]
fn a_header_that_must_stand_once_is_refused_twice() {
    let edge = edge().token_verifier(|caller: &Caller<'_>| Admission::from(caller.token().is_some()));
    let ask = Ask::cent("c").header("Agent-Token", "t").signed();
    expect(&edge, &ask, TAKEN);
    let again = |name: &str, value: &str| ask.clone().header(name, value);
    let header = ask.signature.clone().unwrap();
    // With the same value, and with another one.
    let table = [
        ("CLIENT_INVALID", again("Client-Id", "demo")),
        ("CLIENT_INVALID", again("Client-Id", "")),
        (REFUSED, again("Request-Time", ask.time.as_deref().unwrap())),
        (REFUSED, again("Request-Time", "")),
        (REFUSED, again("Signature", &header)),
        (REFUSED, again("Signature", "")),
        ("INVALID_TOKEN", again("Agent-Token", "t")),
        ("INVALID_TOKEN", again("Agent-Token", "u")),
        (
            "MEDIA_TYPE_NOT_ACCEPTABLE",
            again("Content-Type", "application/json").header("Content-Type", "application/json"),
        ),
        // A list may be spread over headers; what is not read is not counted.
        (TAKEN, again("Accept", "text/html").header("Accept", "application/json")),
        (TAKEN, again("X", "1").header("X", "2").header("Response-Time", "a").header("Response-Time", "b")),
    ];
    for (expected, ask) in table {
        expect(&edge, &ask, expected);
    }
}

#[test]
fn empty_blank_and_unreadable_values() {
    let edge = edge().token_verifier(|caller: &Caller<'_>| Admission::from(caller.token().is_none()));
    let change = |change: fn(&mut Ask)| Ask::cent("c").signed().with(change);
    let media = "MEDIA_TYPE_NOT_ACCEPTABLE";
    let table = [
        (TAKEN, change(|ask| ask.client = Some(b" \tdemo\t ".to_vec()))),
        (TAKEN, change(|ask| ask.time = Some("\t2026-03-01T09:00:00Z ".to_owned()))),
        // Blanks around a value are not part of it, and not signed.
        (REFUSED, Ask::cent("c").with(|ask| ask.client = Some(b" demo".to_vec())).signed()),
        (REFUSED, Ask::cent("c").with(|ask| ask.time = Some("2026-03-01T09:00:00Z ".to_owned())).signed()),
        ("CLIENT_INVALID", change(|ask| ask.client = Some(Vec::new()))),
        ("CLIENT_INVALID", change(|ask| ask.client = Some(b" ".to_vec()))),
        ("CLIENT_INVALID", change(|ask| ask.client = Some(b"Demo".to_vec()))),
        ("CLIENT_INVALID", change(|ask| ask.client = Some(b"de mo".to_vec()))),
        ("CLIENT_INVALID", change(|ask| ask.client = Some(b"demo\xff".to_vec()))),
        ("CLIENT_INVALID", change(|ask| ask.client = Some(b"demo,demo".to_vec()))),
        ("CLIENT_INVALID", change(|ask| ask.client = Some("demo\u{a0}".into()))),
        (REFUSED, change(|ask| ask.time = None)),
        (REFUSED, change(|ask| ask.time = Some(String::new()))),
        (REFUSED, change(|ask| ask.signature = None)),
        (REFUSED, change(|ask| ask.signature = Some(String::new()))),
        (REFUSED, change(|ask| ask.signature = None).header("Signature", b"signature=\xff")),
        (REFUSED, change(|ask| ask.time = None).header("Request-Time", b"\xff")),
        (media, change(|_| ()).header("Content-Type", "")),
        (media, change(|_| ()).header("Content-Type", b"application/json; x=\"\xff\"")),
        (media, change(|_| ()).header("Accept", b"\xff")),
        (TAKEN, change(|_| ()).header("Accept", "")),
        // A token that is no text is none; an empty one is one.
        (TAKEN, change(|_| ()).header("Agent-Token", b"\xff")),
        ("INVALID_TOKEN", change(|_| ()).header("Agent-Token", "")),
    ];
    for (expected, ask) in table {
        expect(&edge, &ask, expected);
    }
}

#[test]
fn a_client_may_have_any_name() {
    let names = ["gärtnerei", "北京 店", "a,b", "a;b=\"c\"", "signature=x", "a%20b", "a.b.c", "\u{1F9FE}"];
    let edge = edge_for(&names);
    for name in names {
        let ask = Ask::cent("c").with(|ask| ask.client = Some(name.into()));
        expect(&edge, &ask.clone().signed(), TAKEN);
        expect(&edge, &ask.clone().signed_with(other()), REFUSED);
    }
    let latin: Vec<u8> = "gärtnerei".chars().map(|letter| u8::try_from(letter).unwrap()).collect();
    expect(&edge, &Ask::cent("c").with(|ask| ask.client = Some(latin)).signed(), "CLIENT_INVALID");
}

#[test]
fn very_long_values_are_refused_like_short_ones() {
    let edge = edge();
    let long = "A".repeat(1 << 20);
    let signed = |change: &dyn Fn(&mut Ask)| Ask::cent("c").signed().with(|ask| change(ask));
    let with_signature = |text: String| signed(&|ask| ask.signature = Some(text.clone()));
    expect(&edge, &signed(&|ask| ask.client = Some(long.clone().into())), "CLIENT_INVALID");
    expect(&edge, &signed(&|ask| ask.time = Some(long.clone())), REFUSED);
    expect(&edge, &signed(&|ask| ask.time = Some("1".repeat(1 << 20))), REFUSED);
    expect(&edge, &with_signature(long.clone()), REFUSED);
    expect(&edge, &with_signature(format!("signature={long}")), REFUSED);
    expect(&edge, &with_signature(format!("signature={}", "%41".repeat(1 << 18))), REFUSED);
    expect(&edge, &with_signature(format!("algorithm={long}, signature=AAAA")), REFUSED);
    expect(&edge, &with_signature(format!("keyVersion={long}, signature=AAAA")), NO_KEY);
    expect(&edge, &with_signature("=,".repeat(1 << 19)), REFUSED);
    expect(&edge, &signed(&|_| ()).header("Content-Type", &long), "MEDIA_TYPE_NOT_ACCEPTABLE");
    expect(&edge, &signed(&|_| ()).header("Accept", &long), "MEDIA_TYPE_NOT_ACCEPTABLE");
    expect(&edge, &signed(&|_| ()).header("Agent-Token", &long), TAKEN);
}
