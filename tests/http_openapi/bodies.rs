//! Bodies of requests: the schemas take what the engine reads, and refuse what
//! it answers `PARAM_ILLEGAL`.

use capture_engine::http::Route;
use capture_engine::id::PaymentId;
use capture_engine::{Engine, Instant, MemoryStore, ResultCode, Settings, wire};

use super::answer;
use super::openapi::Schemas;

fn now() -> Instant {
    "2021-06-08T12:12:12+08:00".parse().unwrap()
}

/// Whether the engine reads the body; there is no payment that it could be of.
fn is_read(engine: &Engine<MemoryStore>, route: Route, body: &[u8]) -> bool {
    answer(engine, route, body, now()).code != ResultCode::ParamIllegal
}

/// The members of a body that is read: name and value.
type Members = &'static [(&'static str, &'static str)];

const BODIES: [(Route, Members); 7] = [
    (
        Route::Capture,
        &[
            ("captureRequestId", r#""c""#),
            ("paymentId", r#""p""#),
            ("captureAmount", r#"{"value":"1","currency":"USD"}"#),
            ("isLastCapture", "false"),
            ("extendInfo", r#""x""#),
        ],
    ),
    (Route::Capture, &[("captureRequestId", r#""c""#), ("paymentId", r#""p""#)]),
    (Route::Cancel, &[("paymentId", r#""p""#)]),
    (
        Route::Void,
        &[
            ("voidRequestId", r#""v""#),
            ("paymentId", r#""p""#),
            ("voidAmount", r#"{"value":"1","currency":"USD"}"#),
        ],
    ),
    (Route::Void, &[("voidRequestId", r#""v""#), ("paymentId", r#""p""#), ("voidRemainingAmount", "true")]),
    (Route::InquiryPayment, &[("paymentId", r#""p""#)]),
    (Route::InquiryPayment, &[("captureRequestId", r#""c""#)]),
];

/// The members that a request can have, and one that none has.
const NAMES: [&str; 9] = [
    "captureRequestId",
    "paymentId",
    "captureAmount",
    "isLastCapture",
    "extendInfo",
    "voidRequestId",
    "voidAmount",
    "voidRemainingAmount",
    "unknown",
];

/// Values that some member takes, or nearly.
fn values() -> Vec<String> {
    let amount = |value: &str, currency: &str| format!(r#"{{"value":{value},"currency":{currency}}}"#);
    let quoted = |text: &str| format!("\"{text}\"");
    let texts = [
        "",
        "a",
        " ",
        "a ",
        " a",
        "a b",
        "a  b",
        "\\t",
        "a\\n",
        "\\u0000",
        "a\\u0000b",
        "\\u007f",
        "a\\u0085b",
        "\\u00a0a",
        "a\\u3000",
        "a\\u2028b",
        "\\u2028",
        "\\ufeffa",
        "\\u200b",
        "\u{1F600}",
        "\\ud83d\\ude00",
    ];
    let lengths = [63, 64, 65, 4_095, 4_096, 4_097];
    let long = lengths.into_iter().flat_map(|length| ["a", "é", "\u{1F600}"].map(|one| one.repeat(length)));
    let numbers = [
        "0",
        "1",
        "01",
        "-1",
        "+1",
        "1.0",
        "1e3",
        " 1",
        "1 ",
        "",
        "９",
        "1\\n",
        "9999999999999999",
        "10000000000000000",
        "0000000000000001",
    ];
    let currencies = ["USD", "JPY", "XAU", "usd", "US", "USDX", "840", "", " USD", "USD\\n", "ＵＳＤ"];
    let usd = quoted("USD");
    let amounts = numbers.map(|number| amount(&quoted(number), &usd)).into_iter().chain([
        amount("1", &usd),
        amount("null", &usd),
        amount("\"1\"", "null"),
        amount("\"1\"", "1"),
        r#"{"value":"1"}"#.to_owned(),
        r#"{"currency":"USD"}"#.to_owned(),
        r#"{"value":"1","currency":"USD","more":[null]}"#.to_owned(),
        r#"{"Value":"1","currency":"USD"}"#.to_owned(),
    ]);
    let plain = ["null", "true", "false", "0", "1", "-0.5e3", "[]", "{}", r#"["a"]"#, r#""true""#];
    let texts = texts.into_iter().map(str::to_owned).chain(long).map(|text| quoted(&text));
    let currencies = currencies.map(|currency| amount("\"1\"", &quoted(currency)));
    texts.chain(amounts).chain(currencies).chain(plain.map(str::to_owned)).collect()
}

fn object(members: &[(&str, &str)]) -> String {
    let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

#[test]
fn every_value_of_every_member_is_taken_by_both_or_by_none() {
    let (schemas, values) = (Schemas::load(), values());
    let engine = Engine::new(MemoryStore::new(), Settings::default());
    let (mut taken, mut refused) = (0, 0);
    let mut agree = |route: Route, members: &[(&str, &str)]| {
        let body = object(members);
        let said = schemas.check_request(route, &body);
        assert_eq!(said.is_ok(), is_read(&engine, route, body.as_bytes()), "{route} {body}: {said:?}");
        *if said.is_ok() { &mut taken } else { &mut refused } += 1;
    };
    for (route, members) in BODIES {
        agree(route, members);
        for name in NAMES {
            let others: Vec<_> = members.iter().copied().filter(|(other, _)| *other != name).collect();
            agree(route, &others);
            for value in &values {
                agree(route, &[&others[..], &[(name, value)]].concat());
            }
        }
    }
    assert!(taken > 1_000 && refused > 1_000, "{taken} were taken, {refused} refused");
}

#[test]
fn just_one_of_two_is_asked_for_in_every_combination() {
    let schemas = Schemas::load();
    let engine = Engine::new(MemoryStore::new(), Settings::default());
    let amount = r#"{"value":"1","currency":"USD"}"#;
    let firsts: [(Route, &str, &[&str]); 2] = [
        (Route::Void, "voidAmount", &["null", amount, "1"]),
        (Route::InquiryPayment, "paymentId", &["null", r#""p""#, "1"]),
    ];
    let seconds: [(&str, &[&str]); 2] = [
        ("voidRemainingAmount", &["null", "false", "true", r#""true""#]),
        ("captureRequestId", &["null", r#""c""#, "1"]),
    ];
    for ((route, first, ones), (second, others)) in firsts.into_iter().zip(seconds) {
        let ids: &[(&str, &str)] = match route {
            Route::Void => &[("voidRequestId", r#""v""#), ("paymentId", r#""p""#)],
            _ => &[],
        };
        let absent = [None];
        let ones = || ones.iter().map(|one| Some((first, *one))).chain(absent);
        let others = || others.iter().map(|other| Some((second, *other))).chain(absent);
        let mut good = 0;
        for (one, other) in ones().flat_map(|one| others().map(move |other| (one, other))) {
            let body = object(&ids.iter().copied().chain(one).chain(other).collect::<Vec<_>>());
            let said = schemas.check_request(route, &body);
            assert_eq!(said.is_ok(), is_read(&engine, route, body.as_bytes()), "{body}: {said:?}");
            good += u32::from(said.is_ok());
        }
        // Void: an amount with three ways to leave the rest out, the rest with two.
        assert_eq!(good, if route == Route::Void { 5 } else { 4 });
    }
}

#[test]
fn every_character_of_an_id_is_taken_by_both_or_by_none() {
    let schema = Schemas::load().component("Id");
    for character in (0..=0x10_FFFF).filter_map(char::from_u32) {
        for text in [format!("{character}b"), format!("a{character}b"), format!("a{character}")] {
            let is_id = PaymentId::try_from(text.as_str()).is_ok();
            assert_eq!(schema.is_valid(&text.as_str().into()), is_id, "{text:?}");
        }
    }
}

/// Bodies that no schema can refuse: what it is, its route, the body.
fn beyond_a_schema() -> [(&'static str, Route, String); 5] {
    let cancel = |more: &str| format!(r#"{{"paymentId":"p"{more}}}"#);
    let currency = r#","voidRequestId":"v","voidAmount":{"value":"1","currency":"ABC"}"#;
    [
        ("a name twice", Route::Cancel, cancel(r#","paymentId":"p""#)),
        ("an ignored name twice", Route::Cancel, cancel(r#","more":{"a":1,"a":1}"#)),
        ("33 levels", Route::Cancel, cancel(&format!(r#","more":{}{}"#, "[".repeat(32), "]".repeat(32)))),
        ("more than 64 KiB", Route::Cancel, cancel(&" ".repeat(wire::MAX_BODY))),
        ("a currency that does not exist", Route::Void, cancel(currency)),
    ]
}

#[test]
fn what_a_schema_cannot_say_is_refused_by_the_engine_alone() {
    let schemas = Schemas::load();
    let engine = Engine::new(MemoryStore::new(), Settings::default());
    for (what, route, body) in beyond_a_schema() {
        schemas.check_request(route, &body).unwrap();
        assert!(!is_read(&engine, route, body.as_bytes()), "{what}");
    }
}

#[test]
fn what_is_no_object_in_json_is_taken_by_none() {
    let schemas = Schemas::load();
    let engine = Engine::new(MemoryStore::new(), Settings::default());
    let bodies: [&[u8]; 12] = [
        b"",
        b"null",
        b"7",
        b"\"p\"",
        b"[]",
        b"[\"c\",\"p\"]",
        b"{\"paymentId\":\"p\"",
        b"{\"paymentId\":\"p\"} x",
        b"{\"paymentId\":\"\xff\"}",
        b"{\"paymentId\":\"\\ud800\"}",
        b"{'paymentId':'p'}",
        b"\xef\xbb\xbf{\"paymentId\":\"p\"}",
    ];
    for (route, body) in Route::ALL.into_iter().flat_map(|route| bodies.map(|body| (route, body))) {
        let shown = String::from_utf8_lossy(body);
        assert!(schemas.check_request(route, body).is_err(), "{route}: {shown}");
        assert!(!is_read(&engine, route, body), "{route}: {shown}");
    }
}
