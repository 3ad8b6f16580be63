//! Tests of ids.
#![allow(clippy::unwrap_used)]

use super::*;
use std::collections::{BTreeSet, HashSet};

/// Both forms must answer the same, from borrowed and from owned text.
fn read(text: &str) -> Result<String, IdError> {
    let inline = PaymentId::try_from(text).map(|id| id.to_string());
    let answers = [
        PaymentId::try_from(text.to_owned()).map(|id| id.to_string()),
        text.parse::<PaymentId>().map(|id| id.to_string()),
        PayerId::try_from(text).map(|id| id.to_string()),
        PayerId::try_from(text.to_owned()).map(|id| id.to_string()),
        text.parse::<PayerId>().map(|id| id.to_string()),
    ];
    answers.iter().for_each(|answer| assert_eq!(*answer, inline));
    inline
}

#[test]
fn ids_within_the_bounds_are_kept_as_given() {
    let texts = [
        "p".to_owned(),
        "0".repeat(48),
        "0".repeat(49),
        "a".repeat(64),
        "\u{1F600}".repeat(64),
        "\u{10FFFF}".to_owned(),
        "inner  blanks\u{A0}are\u{3000}fine".to_owned(),
        // A zero-width space and a byte order mark are neither Cc nor White_Space.
        "\u{200B}x\u{FEFF}".to_owned(),
        "e\u{301}".to_owned(),
        "\"quoted\\\"".to_owned(),
    ];
    for text in texts {
        assert_eq!(read(&text), Ok(text.clone()), "{text:?}");
    }
}

#[test]
fn ids_out_of_bounds_are_refused() {
    let control = |position| IdError::ControlCharacter { position };
    let long = |characters| IdError::TooLong { characters };
    let cases = [
        (String::new(), IdError::Empty),
        ("a".repeat(65), long(65)),
        ("\u{1F600}".repeat(65), long(65)),
        (" ".repeat(65), long(65)),
        ("\0".to_owned(), control(0)),
        ("a\0b".to_owned(), control(1)),
        ("\u{1F600}\u{85}x".to_owned(), control(1)),
        ("a\u{7F}".to_owned(), control(1)),
        ("a\u{9F}b".to_owned(), control(1)),
        ("line\n".to_owned(), control(4)),
        ("tab\tinside".to_owned(), control(3)),
        (" ".to_owned(), IdError::OuterWhiteSpace),
        (" a".to_owned(), IdError::OuterWhiteSpace),
        ("a ".to_owned(), IdError::OuterWhiteSpace),
        ("\u{A0}a".to_owned(), IdError::OuterWhiteSpace),
        ("a\u{A0}".to_owned(), IdError::OuterWhiteSpace),
        ("a\u{3000}".to_owned(), IdError::OuterWhiteSpace),
        ("\u{2028}a".to_owned(), IdError::OuterWhiteSpace),
    ];
    for (text, error) in cases {
        assert_eq!(read(&text), Err(error), "{text:?}");
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "only a clock tells a walk of 64 GiB from none")]
fn a_huge_text_is_refused_without_a_walk_through_it() {
    let text = "x".repeat(64 << 20);
    let counted = IdError::TooLong { characters: COUNTED_CHARACTERS };
    let start = std::time::Instant::now();
    for _ in 0..1_000 {
        assert_eq!(PaymentId::try_from(text.as_str()), Err(counted.clone()));
    }
    // A thousand full walks would be 64 GiB.
    assert!(start.elapsed() < std::time::Duration::from_secs(2));
}

#[test]
fn nothing_is_folded_or_normalised() {
    let pairs = [("a", "A"), ("\u{E9}", "e\u{301}"), ("1", "\u{FF11}"), ("a b", "a  b")];
    for (left, right) in pairs {
        assert_ne!(PaymentId::try_from(left), PaymentId::try_from(right));
        assert_ne!(MerchantId::try_from(left), MerchantId::try_from(right));
    }
}

#[test]
fn equality_does_not_depend_on_where_the_text_lies() {
    let one = MerchantId::try_from("m").unwrap();
    let other = MerchantId::try_from("m").unwrap();
    assert!(!Arc::ptr_eq(&one.text, &other.text));
    assert!(Arc::ptr_eq(&one.text, &one.clone().text));
    assert_eq!(one, other);
    assert_eq!(one, one.clone());
    let long = PaymentId::try_from("x".repeat(49)).unwrap();
    assert!(matches!(long.text, Text::Heap(_)));
    assert_eq!(long, long.clone());
}

#[test]
fn order_is_by_bytes_in_both_forms() {
    let sorted = ["A", "B", "a", "aa", "b", "\u{E9}", "\u{FFFF}", "\u{10000}"];
    let ids: BTreeSet<PaymentId> = sorted.iter().rev().map(|t| t.parse().unwrap()).collect();
    let shared: BTreeSet<PayerId> = sorted.iter().rev().map(|t| t.parse().unwrap()).collect();
    assert!(ids.iter().map(Id::as_str).eq(sorted));
    assert!(shared.iter().map(SharedId::as_str).eq(sorted));
}

#[test]
fn a_map_is_asked_with_plain_text() {
    let short = "p-1".to_owned();
    for text in [short, "y".repeat(64)] {
        let ids = HashSet::from([PaymentId::try_from(text.as_str()).unwrap()]);
        let shared = HashSet::from([PayerId::try_from(text.as_str()).unwrap()]);
        assert!(ids.contains(text.as_str()) && shared.contains(text.as_str()));
    }
}

#[test]
fn debug_names_the_field_and_escapes_the_text() {
    let id = CaptureRequestId::try_from("a\"\u{202E}b").unwrap();
    assert_eq!(format!("{id:?}"), r#"captureRequestId("a\"\u{202e}b")"#);
    let merchant = MerchantId::try_from("m-1").unwrap();
    assert_eq!(format!("{merchant:?} {merchant}"), r#"clientId("m-1") m-1"#);
    assert_eq!(kind::Capture::NAME, "captureId");
    assert_eq!(kind::Payer::NAME, "payerId");
    assert_eq!(kind::VoidRequest::NAME, "voidRequestId");
    assert_eq!(kind::AdjustRequest::NAME, "adjustRequestId");
}

#[test]
fn sizes_stay_as_promised() {
    assert_eq!(size_of::<PaymentId>(), 56);
    assert_eq!(size_of::<Option<PaymentId>>(), 56);
    assert_eq!(size_of::<MerchantId>(), 8);
    assert_eq!(size_of::<Option<MerchantId>>(), 8);
}

#[test]
fn ids_cross_threads_whatever_their_kind() {
    struct Local(#[allow(dead_code)] *const u8);
    fn crosses<T: Send + Sync + Clone + Eq + Ord + Hash + Unpin>() {}
    crosses::<Id<Local>>();
    crosses::<SharedId<Local>>();
}

#[test]
fn errors_say_the_bound_and_the_remedy() {
    let cases = [
        (IdError::Empty, "1 to 64 characters"),
        (
            IdError::TooLong { characters: 70 },
            "at most 64 characters, and this text has at least 70: shorten it",
        ),
        (IdError::ControlCharacter { position: 3 }, "remove the one at position 3"),
        (IdError::OuterWhiteSpace, "remove it there"),
    ];
    for (error, part) in cases {
        assert!(error.to_string().contains(part), "{error}");
    }
}
