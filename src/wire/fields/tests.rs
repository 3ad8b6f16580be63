//! What each reader takes, and how it says what it does not.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::wire::json::{Document, Limits};

/// Reads the field `f` of a body.
fn field<T>(json: &str, read: impl FnOnce(Value<'_>) -> Reading<T>) -> Reading<T> {
    let body = format!("{{\"f\":{json}}}");
    let document = Document::parse(body.as_bytes(), Limits::BODY).unwrap();
    Fields::of(document.root().as_object().unwrap()).required("f", read)
}

/// The path and the message of what is wrong.
fn wrong<T: fmt::Debug>(reading: Reading<T>) -> (String, String) {
    let error = reading.unwrap_err();
    (error.field().to_owned(), error.problem().to_string())
}

fn given(value: &str) -> String {
    format!("{{\"value\":{value},\"currency\":\"USD\"}}")
}

#[test]
fn an_amount_has_1_to_16_plain_digits() {
    let good = [
        ("\"1\"", 1),
        ("\"1000\"", 1_000),
        ("\"9999999999999999\"", 9_999_999_999_999_999),
        ("\"\\u0031000\"", 1_000),
    ];
    for (value, minor) in good {
        let money = field(&given(value), amount).unwrap();
        assert_eq!((money.minor(), money.currency()), (minor, Currency::USD), "{value}");
    }
    let bad = [
        "",
        "00",
        "01",
        "+1",
        "-1",
        "1.0",
        "1.",
        "1e3",
        " 1",
        "1 ",
        "1_000",
        "1,000",
        "0x1",
        "１",
        "٣",
        "10000000000000000",
        "99999999999999999999999",
        "1\\u0000",
    ];
    for value in bad {
        let (path, message) = wrong(field(&given(&format!("\"{value}\"")), amount));
        assert_eq!(path, "f.value", "{value:?}");
        assert!(message.contains("a positive whole number in minor units"), "{message}");
    }
}

#[test]
fn only_where_it_is_said_an_amount_may_be_nothing() {
    assert_eq!(field(&given("\"0\""), amount_or_zero).unwrap(), Money::zero(Currency::USD));
    assert_eq!(wrong(field(&given("\"0\""), amount)).0, "f.value");
    for value in ["\"00\"", "\"-0\"", "\"\""] {
        assert_eq!(wrong(field(&given(value), amount_or_zero)).0, "f.value", "{value}");
    }
}

#[test]
fn an_amount_is_an_object_of_two_strings() {
    let cases = [
        ("\"1000\"", "f", "it must be an object"),
        ("[\"1\",\"USD\"]", "f", "it must be an object"),
        ("{}", "f.value", "it is missing"),
        ("{\"value\":null,\"currency\":\"USD\"}", "f.value", "it is missing"),
        ("{\"value\":\"1\"}", "f.currency", "it is missing"),
        ("{\"Value\":\"1\",\"currency\":\"USD\"}", "f.value", "it is missing"),
        ("{\"value\":1000,\"currency\":\"USD\"}", "f.value", "it must be a string"),
        ("{\"value\":true,\"currency\":\"USD\"}", "f.value", "it must be a string"),
        ("{\"value\":\"1\",\"currency\":840}", "f.currency", "it must be a string"),
        ("{\"value\":\"1\",\"currency\":\"usd\"}", "f.currency", "a currency code is three ASCII capitals"),
        ("{\"value\":\"1\",\"currency\":\"ZZZ\"}", "f.currency", "ZZZ is not in the ISO 4217 currency table"),
    ];
    for (json, path, message) in cases {
        let (found, said) = wrong(field(json, amount));
        assert_eq!(found, path, "{json}");
        assert!(said.contains(message), "{json}: {said}");
    }
    // What nobody asks for is ignored, and a code without an exponent is one.
    let gold = "{\"value\":\"1\",\"currency\":\"XAU\",\"note\":[1]}";
    assert_eq!(field(gold, amount).unwrap().currency().exponent(), None);
}

#[test]
fn whole_numbers_are_written_with_digits_only() {
    for (json, number) in [("0", 0), ("7", 7), ("4294967295", u32::MAX)] {
        assert_eq!(field(json, count).unwrap(), number);
    }
    let bad = ["-0", "-1", "3.0", "3e0", "3E1", "4294967296", "1e999", "\"3\"", "true", "[3]", "{}"];
    for json in bad {
        let (path, message) = wrong(field(json, count));
        assert_eq!(
            (path.as_str(), message.as_str()),
            ("f", "it must be a whole number from 0 to 4294967295, written with digits only"),
            "{json}"
        );
        assert_eq!(wrong(field(json, positive)).0, "f", "{json}");
    }
    assert_eq!(field("1", positive).unwrap(), NonZeroU32::MIN);
    assert!(wrong(field("0", positive)).1.contains("from 1 to 4294967295"));
    assert_eq!(field("9223372036854775807", event_number).unwrap(), i64::MAX.unsigned_abs());
    for json in ["9223372036854775808", "18446744073709551616", "-1"] {
        assert!(wrong(field(json, event_number)).1.contains("from 0 to 9223372036854775807"));
    }
    let digits = "9".repeat(10_000);
    assert_eq!(wrong(field(&digits, count)).0, "f");
}

#[test]
fn every_other_type_is_taken_for_itself_only() {
    assert!(field("true", flag).unwrap() && !field("false", flag).unwrap());
    for json in ["\"true\"", "1", "0", "[]"] {
        assert_eq!(wrong(field(json, flag)).1, "it must be true or false", "{json}");
    }
    for json in ["1", "true", "[\"a\"]", "{\"a\":1}"] {
        assert_eq!(wrong(field(json, id::<PaymentId>)).1, "it must be a string", "{json}");
        assert_eq!(wrong(field(json, instant)).1, "it must be a string", "{json}");
        assert_eq!(wrong(field(json, percent)).1, "it must be a string", "{json}");
        assert_eq!(wrong(field(json, extend_info)).1, "it must be a string", "{json}");
    }
    assert_eq!(field("\"2019-06-12T06:07:05Z\"", instant).unwrap().as_micros(), 1_560_319_625_000_000);
    assert!(wrong(field("\"2019-06-12\"", instant)).1.contains("at byte 10"));
    assert_eq!(field("\"-00:00\"", offset).unwrap(), Offset::UTC);
    assert!(wrong(field("\"+8:00\"", offset)).1.contains("±hh:mm"));
    assert_eq!(field("\"15.5\"", percent).unwrap().hundredths(), 1_550);
    assert!(wrong(field("\"15,5\"", percent)).1.contains("0 to 100"));
}

#[test]
fn an_id_is_read_unescaped_and_never_trimmed() {
    assert_eq!(field("\"a\\u002db\"", id::<PaymentId>).unwrap().as_str(), "a-b");
    let longest = "é".repeat(64);
    assert_eq!(field(&format!("\"{longest}\""), id::<PaymentId>).unwrap().as_str(), longest);
    for json in ["\"\"", "\" a\"", "\"a\\u00a0\"", "\"a\\nb\"", "\"a\\u0085b\"", "\"\\u0000\""] {
        assert_eq!(wrong(field(json, id::<PaymentId>)).0, "f", "{json}");
    }
    assert!(wrong(field(&format!("\"{longest}é\""), id::<PaymentId>)).1.contains("at most 64"));
}

#[test]
fn words_and_codes_are_exact() {
    let spelt = |answer: bool| if answer { "YES" } else { "NO" };
    let yes_or_no = |value: Value<'_>| word(value, &[true, false], spelt);
    assert!(field("\"YES\"", yes_or_no).unwrap() && !field("\"NO\"", yes_or_no).unwrap());
    for json in ["\"yes\"", "\"YES \"", "\"\""] {
        assert_eq!(wrong(field(json, yes_or_no)).1, "it must be YES or NO", "{json}");
    }
    assert_eq!(field("\"RISK_REJECT\"", failure_code).unwrap().code(), ResultCode::RiskReject);
    for json in
        ["\"SUCCESS\"", "\"PARAM_ILLEGAL\"", "\"CAPTURE_IN_PROCESS\"", "\"risk_reject\"", "\"NO_SUCH\""]
    {
        assert_eq!(wrong(field(json, failure_code)).0, "f", "{json}");
    }
}

#[test]
fn a_path_leads_through_arrays_and_objects() {
    let amounts = |value: Value<'_>| array(value, amount);
    assert_eq!(field("[]", amounts).unwrap(), []);
    let second = format!("[{},{}]", given("\"1\""), given("\"x\""));
    assert_eq!(wrong(field(&second, amounts)).0, "f[1].value");
    assert_eq!(wrong(field("[null]", amounts)), ("f[0]".into(), "it must be an object".into()));
    assert_eq!(wrong(field("{}", amounts)), ("f".into(), "it must be an array".into()));
}

#[test]
fn null_is_absent_and_text_of_a_sender_is_not_repeated() {
    let document = Document::parse(b"{\"a\":null,\"b\":true}", Limits::BODY).unwrap();
    let fields = Fields::of(document.root().as_object().unwrap());
    assert_eq!(fields.optional("a", flag).unwrap(), None);
    assert_eq!(wrong(fields.required("a", flag)), ("a".into(), "it is missing".into()));
    assert!(!fields.is_set("a").unwrap() && fields.is_set("b").unwrap() && !fields.is_set("c").unwrap());
    assert_eq!(wrong(fields.required("B", flag)).1, "it is missing");
    let long = format!("\"{}\"", "secret".repeat(1_000));
    for message in [
        wrong(field(&long, id::<PaymentId>)).1,
        wrong(field(&long, instant)).1,
        wrong(field(&long, currency)).1,
        wrong(field(&given(&long), amount)).1,
        wrong(field(&long, failure_code)).1,
    ] {
        assert!(message.len() < 300 && !message.contains("secret"), "{message}");
    }
}
