//! The reader against `serde_json`, over texts made at random; `JSON_SEED`
//! repeats a run.

#![allow(clippy::disallowed_methods, reason = "only tests read the environment")]

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use super::*;

/// The document as `serde_json` would hold it; `None` if a number is beyond what it computes.
fn converted(value: Value<'_>) -> Option<serde_json::Value> {
    Some(match value.kind() {
        Kind::Null => serde_json::Value::Null,
        Kind::Bool => value.as_bool()?.into(),
        Kind::Number => serde_json::from_str(value.as_number()?).ok()?,
        Kind::String => value.as_str()?.into_owned().into(),
        Kind::Array => value.as_array()?.map(converted).collect::<Option<Vec<_>>>()?.into(),
        Kind::Object => value
            .as_object()?
            .members()
            .map(|(name, value)| Some((name.into_owned(), converted(value)?)))
            .collect::<Option<serde_json::Map<_, _>>>()?
            .into(),
    })
}

fn agrees_with_serde_json(text: &[u8], limits: Limits) {
    let theirs = serde_json::from_slice::<serde_json::Value>(text);
    match (Document::parse(text, limits), theirs) {
        (Ok(document), Ok(theirs)) => {
            assert_eq!(converted(document.root()), Some(theirs), "{}", show(text));
        }
        (Ok(_), Err(error)) => {
            let number = error.to_string().starts_with("number out of range");
            assert!(number, "{error}: {}", show(text));
        }
        (Err(malformed), Ok(_)) => assert!(
            matches!(malformed.problem, Problem::RepeatedName | Problem::TooDeep | Problem::TooLong),
            "{malformed}: {}",
            show(text)
        ),
        (Err(malformed), Err(_)) => {
            assert!(malformed.offset <= text.len());
            assert!(!malformed.to_string().is_empty());
        }
    }
}

struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

#[rustfmt::skip]
const PIECES: &[&[u8]] = &[
    b"{", b"}", b"[", b"]", b",", b":", b"\"", b"\\", b"\\u", b"\\ud83d", b"\\ude00",
    b"\\u0061", b"\\n", b"0", b"-", b"1", b".", b"e", b"E+", b"1e999", b"true", b"null",
    b"fals", b" ", b"\t", b"\r\n", b"\x00", b"\x1F", b"\x7F", b"\x80", b"\xFF", b"\xC3",
    b"\xA9", b"\xEF\xBB\xBF", b"\xED\xA0\x80", b"\"a\":", b"\"a\"", b",\"a\":1", b"/", b"+",
    b"N", b"\xF0\x9F\x98\x80", b"{\"a\":[",
];

fn mutate(text: &mut Vec<u8>, random: &mut Xorshift) {
    let at = random.below(text.len() + 1);
    let end = (at + random.below(12)).min(text.len());
    match random.below(6) {
        0 => drop(text.drain(at..end)),
        1 => {
            let copy = text[at..end].to_vec();
            let to = random.below(text.len() + 1);
            text.splice(to..to, copy);
        }
        2 if at < text.len() => text[at] = random.below(256) as u8,
        3 => text.truncate(at.max(1)),
        4 if at < text.len() => text[at] ^= 1 << random.below(8),
        _ => {
            let piece = PIECES[random.below(PIECES.len())];
            text.splice(at..at, piece.iter().copied());
        }
    }
}

#[test]
fn mutated_texts_never_panic_and_agree_with_serde_json() {
    let fresh = RandomState::new().build_hasher().finish();
    let seed = std::env::var("JSON_SEED").map_or(fresh | 1, |seed| seed.parse().unwrap());
    println!("JSON_SEED={seed}");
    let mut random = Xorshift(seed);
    let seeds: &[&[u8]] = &[
        br#"{"captureRequestId":"20191127190741010007013213156","captureAmount":{"value":"1000","currency":"USD"},"isLastCapture":false}"#,
        br#"{"a":[1,-2.5e+3,0.1,{"b":null,"c":[true,false,[]]}],"d\u00e9\ud83d\ude00":"x\n\"\\\/y","e":{}}"#,
        br#" [ "" , { "a" : { "a" : { "a" : 1 } } } , 1E5 , "\u0000" ] "#,
        "{\"é\":\"€😀\",\"z\":[[[[0]]]],\"n1\":1,\"n2\":2,\"n3\":3,\"n4\":4,\"n5\":5,\"n6\":6,\"n7\":7}".as_bytes(),
    ];
    let narrow = Limits { bytes: 300, depth: 5 };
    let mut accepted = 0;
    for round in 0..60_000 {
        let mut text = seeds[round % seeds.len()].to_vec();
        for _ in 0..random.below(5) {
            mutate(&mut text, &mut random);
        }
        accepted += usize::from(read(&text).is_ok());
        agrees_with_serde_json(&text, Limits::BODY);
        agrees_with_serde_json(&text, narrow);
    }
    assert!(accepted > 1_000, "the mutations leave too little to compare");
}

#[test]
fn texts_put_together_at_random_agree_with_serde_json() {
    let fresh = RandomState::new().build_hasher().finish();
    let seed = std::env::var("JSON_SEED").map_or(fresh | 1, |seed| seed.parse().unwrap());
    println!("JSON_SEED={seed}");
    let mut random = Xorshift(seed);
    for _ in 0..100_000 {
        let pieces = random.below(8);
        let text: Vec<u8> =
            (0..pieces).flat_map(|_| PIECES[random.below(PIECES.len())].iter().copied()).collect();
        agrees_with_serde_json(&text, Limits::BODY);
    }
}
