#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, missing_docs)]
//! Signatures: what `openssl` signs is accepted, what the edge signs `openssl`
//! verifies, and nothing but what was signed is done.

#[path = "support/edge.rs"]
mod edge;
#[path = "support/openssl.rs"]
mod openssl;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use capture_engine::command::Authorize;
use capture_engine::http::{Admission, Caller, Clients, Edge, Route, Signer};
use capture_engine::terms::Settlement;
use capture_engine::{Currency, Engine, Money, Settings};
use edge::{Ask, CAPTURE, Told, V1, calls, cent, edge, edge_for, header_of, now, now_plus, private, public};
use openssl::{Key, done, file, merchant, other, path, wallet};
use pollster::block_on;

#[test]
fn what_openssl_signs_is_accepted_on_every_route_with_prefix_and_query() {
    let body = |route| match route {
        Route::Capture => cent("c"),
        Route::Void => {
            r#"{"voidRequestId":"v","paymentId":"p","voidAmount":{"value":"1","currency":"USD"}}"#.to_owned()
        }
        _ => r#"{"paymentId":"p"}"#.to_owned(),
    };
    for prefix in ["", "/api", "/acl/api"] {
        for query in ["", "?", "?trace=7", "?a=%2F&a=+&%41"] {
            let edge = edge().prefix(prefix.parse().unwrap());
            for route in [Route::Capture, Route::InquiryPayment, Route::Void, Route::Cancel] {
                let uri = format!("{prefix}{route}{query}");
                let ask = Ask::of(&uri, body(route)).signed();
                assert_eq!(ask.code(&edge), "SUCCESS", "{uri}");
            }
        }
    }
    // The authority of an absolute URI is not signed; the path is.
    let ask = Ask::cent("absolute").signed().with(|ask| ask.uri = format!("http://127.0.0.1{CAPTURE}"));
    assert_eq!(ask.code(&edge()), "SUCCESS");
}

#[test]
fn openssl_verifies_every_kind_of_answer() {
    let edge = edge();
    let amount = Money::from_minor(1_000, Currency::USD).unwrap();
    let deferred = Authorize::new("demo".parse().unwrap(), "d".parse().unwrap(), amount, now_plus(1_000_000));
    block_on(edge.engine().authorize(&deferred.settlement(Settlement::Deferred), now())).unwrap();
    let refused = |ask: Ask| ask.signed().with(|ask| ask.body.push(b' '));
    let typed = |name: &str, value: &str| Ask::cent("c").header(name, value).signed();
    let asks = [
        ("SUCCESS", "S", Ask::cent("c").signed()),
        ("CAPTURE_IN_PROCESS", "U", Ask::of(CAPTURE, cent("d").replace("\"p\"", "\"d\"")).signed()),
        ("AUTH_NOT_FOUND", "F", Ask::of(CAPTURE, cent("n").replace("\"p\"", "\"none\"")).signed()),
        ("PARAM_ILLEGAL", "F", Ask::of(CAPTURE, "").signed()),
        ("INVALID_API", "F", Ask::of("/v2/payments/pay?x=%20", "{}").signed()),
        ("METHOD_NOT_SUPPORTED", "F", Ask::cent("c").with(|ask| ask.method = "GET".to_owned())),
        ("METHOD_NOT_SUPPORTED", "F", Ask::cent("c").with(|ask| ask.method = "PaTcH".to_owned())),
        ("MEDIA_TYPE_NOT_ACCEPTABLE", "F", typed("Content-Type", "text/plain")),
        ("MEDIA_TYPE_NOT_ACCEPTABLE", "F", typed("Accept", "text/plain")),
        ("CLIENT_INVALID", "F", Ask::cent("c").with(|ask| ask.client = None)),
        ("CLIENT_INVALID", "F", Ask::cent("c").with(|ask| ask.client = Some(b"".to_vec()))),
        ("CLIENT_INVALID", "F", Ask::cent("c").with(|ask| ask.client = Some(b"nobody".to_vec()))),
        ("CLIENT_INVALID", "F", Ask::cent("c").with(|ask| ask.client = Some("gärtnerei".into()))),
        ("CLIENT_INVALID", "F", Ask::cent("c").with(|ask| ask.client = Some(b"\xff".to_vec()))),
        ("CLIENT_INVALID", "F", Ask::cent("c").header("Client-Id", "demo")),
        (
            "KEY_NOT_FOUND",
            "F",
            Ask::cent("c").with(|ask| ask.signature = Some("keyVersion=2, signature=x".to_owned())),
        ),
        ("SIGNATURE_INVALID", "F", Ask::cent("c")),
        ("SIGNATURE_INVALID", "F", refused(Ask::cent("c"))),
        ("SIGNATURE_INVALID", "F", Ask::cent("c").with(|ask| ask.time = None).signed()),
    ];
    for (code, status, ask) in asks {
        let told = ask.tell(&edge);
        assert_eq!((told.code.as_str(), told.status.as_str()), (code, status), "{ask:?}");
        assert!(told.is_proved(), "{ask:?}");
    }
    let again = Ask::cent("c").signed().tell(&edge);
    assert!(again.replayed && again.is_proved());
}

#[test]
fn openssl_verifies_what_the_hooks_of_the_host_refuse() {
    let refuse = |_: &Caller<'_>| Admission::Refused;
    let undecided = |_: &Caller<'_>| Admission::Undecided;
    for (code, status, edge) in [
        ("REQUEST_TRAFFIC_EXCEED_LIMIT", "U", edge().early_limiter(refuse)),
        ("INVALID_TOKEN", "F", edge().token_verifier(refuse)),
        ("ACCESS_DENIED", "F", edge().access_check(refuse)),
        ("REQUEST_TRAFFIC_EXCEED_LIMIT", "U", edge().rate_limiter(refuse)),
        ("UNKNOWN_EXCEPTION", "U", edge().token_verifier(undecided)),
    ] {
        let told = Ask::cent("c").signed().tell(&edge);
        assert_eq!((told.code.as_str(), told.status.as_str()), (code, status));
        assert!(told.is_proved());
    }
}

/// The parts of a request whose bits are flipped.
const PARTS: [&str; 8] =
    ["method", "path", "query", "client", "time", "body", "signature", "signature's text"];

/// The request with one bit of one part flipped; nothing if no HTTP library
/// would carry it.
fn flipped(ask: &Ask, signature: &[u8], part: &str, bit: usize) -> Option<Ask> {
    let flip = |bytes: &mut [u8]| bytes[bit / 8] ^= 1 << (bit % 8);
    let flip_text = |text: &str| {
        let mut bytes = text.as_bytes().to_vec();
        flip(&mut bytes);
        String::from_utf8(bytes).ok()
    };
    let mut ask = ask.clone();
    let (path, query) = ask.uri.split_once('?').unwrap();
    match part {
        "method" => ask.method = flip_text(&ask.method)?,
        "path" => ask.uri = format!("{}?{query}", flip_text(path)?),
        "query" => ask.uri = format!("{path}?{}", flip_text(query)?),
        "client" => flip(ask.client.as_mut()?),
        "time" => ask.time = Some(flip_text(&ask.time?)?),
        "body" => flip(&mut ask.body),
        "signature" => {
            let mut signature = signature.to_vec();
            flip(&mut signature);
            ask = ask.bearing(&signature);
        }
        _ => ask.signature = Some(header_of(&flip_text(&BASE64_STANDARD.encode(signature))?)),
    }
    ask.request().map(|_| ask)
}

/// Single bits, spread over all parts: of the short parts every one, of the
/// others so many that it is 1,000 in all. Left out is what by rule makes no
/// difference: the case of the names of a signature's parts and of the digits
/// of percent-escapes, which are not signed.
#[test]
fn each_of_a_thousand_flipped_bits_is_refused() {
    let edge = edge().prefix("/api".parse().unwrap());
    let ask = Ask::of("/api/v2/payments/capture?trace=7", cent("c")).signed();
    let signature = merchant().sign(&ask.text());
    let lengths = [4, 24, 7, 4, 20, ask.body.len(), 256, 344];
    let quotas = [32, 120, 56, 32, 120, 200, 200, 300];
    let before = calls(&edge);
    let mut refused = 0;
    for ((part, length), quota) in PARTS.iter().zip(lengths).zip(quotas) {
        let bits = (0..length * 8).map(|place| place * 37 % (length * 8));
        let asks = bits.filter_map(|bit| Some((bit, flipped(&ask, &signature, part, bit)?))).take(quota);
        for (bit, ask) in asks {
            let told = ask.tell(&edge);
            let expected = match *part {
                "method" => "METHOD_NOT_SUPPORTED",
                "path" => "INVALID_API",
                "client" => "CLIENT_INVALID",
                _ => "SIGNATURE_INVALID",
            };
            assert_eq!(told.code, expected, "bit {bit} of {part}: {ask:?}");
            refused += 1;
            // Each has been verified; one in twenty by openssl, too.
            assert!(refused % 20 != 0 || told.is_proved());
        }
    }
    assert!(refused >= 1_000, "only {refused}");
    assert_eq!(calls(&edge), before, "the store was asked");
    assert_eq!(ask.code(&edge), "SUCCESS", "as it was signed");
}

/// What the request is after a byte went over a border, either way.
fn shifted(ask: &Ask) -> Vec<Ask> {
    let (client, time, body) = (ask.client.clone().unwrap(), ask.time.clone().unwrap(), ask.body.clone());
    let (time_first, time_last) = (&time[..1], &time[time.len() - 1..]);
    let (client_rest, client_last) = client.split_at(client.len() - 1);
    let client_last = std::str::from_utf8(client_last).unwrap();
    let (body_first, body_rest) = body.split_at(1);
    let body_first = std::str::from_utf8(body_first).unwrap();
    let changed = |client: &[u8], time: String, body: &[u8]| {
        ask.clone()
            .with(|ask| (ask.client, ask.time, ask.body) = (Some(client.into()), Some(time), body.into()))
    };
    vec![
        changed(client_rest, format!("{client_last}{time}"), &body),
        changed(&[&client, time_first.as_bytes()].concat(), time[1..].to_owned(), &body),
        changed(&client, time[..time.len() - 1].to_owned(), &[time_last.as_bytes(), &body].concat()),
        changed(&client, format!("{time}{body_first}"), body_rest),
    ]
}

/// The clients have one key, and the names that a shift would make: nothing
/// but the text that was signed stands against it. So once without a window.
#[test]
fn a_byte_moved_over_a_border_is_refused() {
    let times = ["1772355600000", "2026-03-01T09:00:00Z", "2026-03-01T09:00:00.5Z"];
    let bodies =
        [cent("c"), format!("5{}", cent("c")), format!(".{}", cent("c")), format!("0.{}", cent("c"))];
    let clients = ["demo", "dem", "a", "a.1772355600000", "a.177235560000", "demo1", "demo2", "a1", "a2"];
    let windowed = edge_for(&clients);
    let unlimited = edge_for(&clients).request_time_window(None);
    let mut count = 0;
    for edge in [&windowed, &unlimited] {
        let before = calls(edge);
        for client in ["demo", "a", "a.1772355600000"] {
            for (time, body) in times.iter().flat_map(|time| bodies.iter().map(move |body| (time, body))) {
                let ask = Ask::of(CAPTURE, body.as_str()).with(|ask| {
                    ask.client = Some(client.into());
                    ask.time = Some((*time).to_owned());
                });
                for moved in shifted(&ask.signed()) {
                    let code = moved.code(edge);
                    assert!(
                        matches!(code.as_str(), "SIGNATURE_INVALID" | "CLIENT_INVALID"),
                        "{moved:?}: {code}"
                    );
                    count += usize::from(code == "SIGNATURE_INVALID");
                }
            }
        }
        assert_eq!(calls(edge), before);
    }
    assert!(count > 200, "too few came to the signature: {count}");
}

/// The text that the API prescribes joins name and time by a full stop. Of two
/// clients with one key, one of which is named like the other and a time, a
/// signed request of the one is a request of the other with a body that begins
/// with digits: no object, so that nothing is done.
#[test]
fn a_name_that_ends_in_a_time_gives_nobody_anothers_capture() {
    let edge = edge_for(&["a", "a.1772355600000"]);
    let ask = Ask::cent("c").with(|ask| {
        ask.client = Some(b"a.1772355600000".to_vec());
        ask.time = Some("1772355600001".to_owned());
    });
    let ask = ask.signed();
    let before = calls(&edge);
    let as_other = ask.clone().with(|other| {
        other.client = Some(b"a".to_vec());
        other.time = Some("1772355600000".to_owned());
        other.body = [b"1772355600001.", ask.body.as_slice()].concat();
    });
    assert_eq!(as_other.text(), ask.text());
    assert_eq!(as_other.code(&edge), "PARAM_ILLEGAL");
    assert_eq!(calls(&edge), before);
    assert_eq!(ask.code(&edge), "SUCCESS");
}

#[test]
fn a_signature_of_another_kind_or_key_is_refused() {
    let edge = edge();
    let ask = Ask::cent("c");
    let text = ask.text();
    let good = merchant().sign(&text);
    let raw = |operation: &str, padding: &str, input: &[u8]| {
        let key = file(merchant().private.as_bytes());
        let padding = format!("rsa_padding_mode:{padding}");
        done(&["pkeyutl", operation, "-inkey", path(&key), "-pkeyopt", &padding], input)
    };
    let digest = done(&["dgst", "-sha256", "-binary"], &text);
    let signatures = [
        ("another's key", other().sign(&text)),
        ("the edge's own key", wallet().sign(&text)),
        ("SHA-1", merchant().sign_by(&["-sha1"], &text)),
        ("SHA-512", merchant().sign_by(&["-sha512"], &text)),
        ("PSS", merchant().sign_by(&["-sha256", "-sigopt", "rsa_padding_mode:pss"], &text)),
        ("the digest without its name", raw("-sign", "pkcs1", &digest)),
        ("the digest without padding", raw("-decrypt", "none", &[[0; 224].as_slice(), &digest].concat())),
        ("the digest of the digest", merchant().sign(&digest)),
        ("a line behind the text", merchant().sign(&[text.as_slice(), b"\n"].concat())),
        ("truncated", good[..255].to_vec()),
        ("a byte behind", [good.as_slice(), &[0]].concat()),
        ("a zero before", [&[0], good.as_slice()].concat()),
        ("eight zeros before", [&[0; 8], good.as_slice()].concat()),
        ("twice", [good.as_slice(), &good].concat()),
        ("reversed", good.iter().rev().copied().collect()),
        ("empty", Vec::new()),
        ("zero", vec![0; 256]),
        ("one", [[0; 255].as_slice(), &[1]].concat()),
        ("the highest", vec![0xff; 256]),
    ];
    let before = calls(&edge);
    for (kind, signature) in signatures {
        assert_eq!(ask.clone().bearing(&signature).code(&edge), "SIGNATURE_INVALID", "{kind}");
    }
    assert_eq!(calls(&edge), before);
    assert_eq!(ask.bearing(&good).code(&edge), "SUCCESS");
}

#[test]
fn of_another_client_a_key_signs_nothing() {
    let clients = Clients::new();
    clients.add(&"demo".parse().unwrap(), V1, public(merchant()));
    clients.add(&"other".parse().unwrap(), V1, public(other()));
    let engine = Engine::new(std::sync::Arc::default(), Settings::default());
    let edge = Edge::new(engine, clients, Signer::new(V1, private(wallet())));
    let by = |client: &str, key: &Key| {
        let ask = Ask::cent("c").with(|ask| ask.client = Some(client.into())).signed_with(key);
        ask.code(&edge)
    };
    assert_eq!(by("demo", other()), "SIGNATURE_INVALID");
    assert_eq!(by("other", merchant()), "SIGNATURE_INVALID");
    assert_eq!(by("other", other()), "AUTH_NOT_FOUND");
    assert_eq!(by("demo", merchant()), "AUTH_NOT_FOUND");
}

#[test]
fn what_is_sent_again_is_answered_from_its_record_within_the_window_only() {
    let edge = edge();
    let ask = Ask::cent("c").signed();
    let minutes = |minutes: i64| now_plus(minutes * 60_000_000);
    let first = ask.tell(&edge);
    let record = |told: Told| (told.code, told.replayed, told.body);
    assert_eq!((first.code.as_str(), first.replayed), ("SUCCESS", false));
    for later in [minutes(0), minutes(4), minutes(5)] {
        let again = record(ask.tell_at(&edge, later));
        assert_eq!(again, ("SUCCESS".to_owned(), true, first.body.clone()));
    }
    let late = ask.tell_at(&edge, now_plus(300_000_001));
    assert_eq!((late.code.as_str(), late.replayed), ("SIGNATURE_INVALID", false));
    // A new signature asks for the same capture.
    let ask = Ask::cent("c").with(|ask| ask.time = Some("2026-03-01T09:06:00Z".to_owned())).signed();
    assert_eq!(record(ask.tell_at(&edge, minutes(6))), ("SUCCESS".to_owned(), true, first.body));
}
