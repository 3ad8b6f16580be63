#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::disallowed_methods, missing_docs)]
//! Random requests: none makes a panic, each is answered 200 and signed, and
//! none changes anything unless it is properly signed.
//!
//! `HTTP_ROUNDS=100000 cargo test --release --test http_random` runs so many
//! rounds instead of 2,000. The seed is fixed; `HTTP_SEED=7` (any number) takes
//! another. A request that fails is printed with a seed with which it is the
//! first one.

#[path = "support/dice.rs"]
mod dice;
#[path = "support/edge.rs"]
mod edge;
#[path = "support/openssl.rs"]
mod openssl;

use std::cell::Cell;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use capture_engine::http::Route;
use dice::Dice;
use edge::{Ask, Tested, calls, cent, edge, header_of};

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).map_or(default, |text| text.parse().unwrap())
}

/// So many rounds, each with a seed of its own.
fn rounds(count: u64, round: impl Fn(&mut Dice, u64)) {
    let first = number("HTTP_SEED", 1);
    for seed in first..first + count {
        let run = || round(&mut Dice::new(seed), seed - first);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(run)) {
            eprintln!("HTTP_SEED={seed} HTTP_ROUNDS=1 repeats it");
            resume_unwind(panic);
        }
    }
}

/// Random text of the letters that mean something somewhere, and of others.
fn text(dice: &mut Dice, most: u64) -> Vec<u8> {
    const PIECES: [&[u8]; 34] = [
        b"signature",
        b"algorithm",
        b"keyVersion",
        b"RSA256",
        b"=",
        b"==",
        b",",
        b", ",
        b";",
        b"%",
        b"%2B",
        b"%25",
        b"/",
        b"+",
        b"-",
        b".",
        b"*/*",
        b"application/json",
        b"charset",
        b"UTF-8",
        b"q=0",
        b"\"",
        b"\\",
        b" ",
        b"\t",
        b"1",
        b"0",
        b"18446744073709551616",
        b"2026-03-01T09:00:00Z",
        b"1772355600000",
        b"demo",
        b"{",
        b"}",
        b"\xc3\xa4",
    ];
    let count = dice.roll(most);
    let mut text = Vec::new();
    for _ in 0..count {
        match dice.roll(4) {
            0 => text.push(dice.roll(256) as u8),
            1 => text.push(b'a' + dice.roll(26) as u8),
            _ => text.extend(dice.pick(&PIECES)),
        }
    }
    text
}

fn readable(dice: &mut Dice, most: u64) -> String {
    String::from_utf8_lossy(&text(dice, most)).into_owned()
}

/// Cuts, doubles, replaces or puts in a piece.
fn mangle(dice: &mut Dice, bytes: &mut Vec<u8>) {
    let from = dice.roll(bytes.len() as u64 + 1) as usize;
    let to = from + dice.roll((bytes.len() - from) as u64 + 1) as usize;
    let piece = match dice.roll(4) {
        0 => Vec::new(),
        1 => bytes[from..to].repeat(2),
        2 => bytes[from..to].iter().map(|byte| byte ^ (1 << dice.roll(8))).collect(),
        _ => text(dice, 4),
    };
    bytes.splice(from..to, piece);
}

fn mangle_text(dice: &mut Dice, text: &mut String) {
    let mut bytes = text.as_bytes().to_vec();
    mangle(dice, &mut bytes);
    *text = String::from_utf8_lossy(&bytes).into_owned();
}

fn change_header(dice: &mut Dice, ask: &mut Ask) {
    const NAMES: [&str; 8] = [
        "Client-Id",
        "Request-Time",
        "Signature",
        "Agent-Token",
        "Content-Type",
        "Accept",
        "Content-Length",
        "X",
    ];
    ask.headers.push((dice.pick(&NAMES).to_owned(), text(dice, 8)));
}

/// Changes a part that is signed, or the signature.
fn change_what_is_signed(dice: &mut Dice, ask: &mut Ask) {
    match dice.roll(8) {
        0 => {
            ask.method =
                dice.pick(&["GET", "PUT", "post", "POSTS", "HEAD", "OPTIONS", "CONNECT", "!"]).to_owned()
        }
        1 => mangle_text(dice, &mut ask.uri),
        2 => ask.uri = format!("{}?{}", dice.pick(&Route::ALL), readable(dice, 5)),
        3 => mangle(dice, ask.client.get_or_insert_default()),
        4 => mangle_text(dice, ask.time.get_or_insert_default()),
        5 => mangle(dice, &mut ask.body),
        6 => mangle_text(dice, ask.signature.get_or_insert_default()),
        _ => ask.signature = Some(header_of(&readable(dice, 30))),
    }
}

/// The base64 of a signature without its padding.
fn base64_of(ask: &Ask) -> Option<String> {
    let header = ask.signature.as_deref()?;
    let start = header.to_ascii_lowercase().find("signature=")? + "signature=".len();
    let base64 = ["%2B+", "%2b+", "%2F/", "%2f/", "%3D=", "%3d="]
        .iter()
        .fold(header[start..].to_owned(), |text, escape| text.replace(&escape[..3], &escape[3..]));
    Some(base64.trim_matches([' ', '\t', '=']).to_owned())
}

/// The request as it was signed, in what counts: it may be taken.
fn is_unchanged(ask: &Ask, signed: &Ask) -> bool {
    // Blanks around a value are not part of it.
    let trimmed = |ask: &Ask| {
        let client = ask.client.as_deref().map(|client| client.trim_ascii().to_vec());
        (client, ask.time.as_deref().map(|time| time.trim().to_owned()))
    };
    // What no request carries is not of the URI: a fragment, or an authority.
    let target = |ask: &Ask| ask.request().and_then(|request| request.uri().path_and_query().cloned());
    let rest = |ask: &Ask| (ask.method.clone(), target(ask), ask.body.clone(), base64_of(ask));
    trimmed(ask) == trimmed(signed) && rest(ask) == rest(signed)
}

#[test]
fn random_requests_are_answered_and_change_nothing() {
    let edge = edge();
    let signed = Ask::cent("c").signed();
    let before = calls(&edge);
    let count = number("HTTP_ROUNDS", 2_000);
    let sent = Cell::new(0);
    rounds(count, |dice, _| {
        let mut ask = signed.clone();
        for _ in 0..=dice.roll(4) {
            change_what_is_signed(dice, &mut ask);
        }
        for _ in 0..dice.roll(3) {
            change_header(dice, &mut ask);
        }
        if ask.request().is_none() || is_unchanged(&ask, &signed) {
            return;
        }
        let told = ask.tell(&edge);
        assert_ne!(told.status, "S", "{ask:?}");
        assert_eq!(calls(&edge), before, "{ask:?}");
        sent.set(sent.get() + 1);
    });
    assert!(count < 100 || sent.get() > count / 2, "only {} of {count} could be sent", sent.get());
    assert_eq!(signed.code(&edge), "SUCCESS");
}

/// Whatever stands in a request that is signed as it is sent: the same
/// promises, but for what it may change.
#[test]
fn random_requests_that_are_signed_are_answered() {
    let edge: Tested = edge();
    rounds(number("HTTP_ROUNDS", 2_000) / 10, |dice, round| {
        let mut ask = Ask::of(dice.pick(&Route::ALL).path(), cent(&format!("c-{round}")));
        for _ in 0..dice.roll(3) {
            mangle(dice, &mut ask.body);
        }
        match dice.roll(6) {
            0 => ask.body = text(dice, 100),
            1 => ask.uri = format!("{}?{}", ask.uri, readable(dice, 6)),
            2 => change_header(dice, &mut ask),
            3 => mangle_text(dice, ask.time.get_or_insert_default()),
            _ => {}
        }
        if ask.request().is_some() {
            ask.signed().tell(&edge);
        }
    });
}
