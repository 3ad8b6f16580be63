#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, missing_docs)]
//! The merchant's half against `openssl`: it verifies what this half signs,
//! and this half believes what it signed, and nothing else.

#[path = "support/edge.rs"]
mod edge;
#[path = "support/openssl.rs"]
mod openssl;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use capture_engine::http::{KeyRing, MerchantClient, ResponseError, SignatureError, Signer};
use capture_engine::time::TimeError;
use edge::{
    CAPTURE, V1, calls, cent, edge, edge_for, header_of, now, now_plus, percent, private, public,
    read_signature, signed_text,
};
use http::{HeaderName, HeaderValue, Method, Request, Response, Uri};
use openssl::{merchant, other, wallet};
use pollster::block_on;

fn client_named(name: &str) -> MerchantClient {
    let signer = Signer::new(V1, private(merchant()));
    MerchantClient::new(name.parse().unwrap(), signer, KeyRing::of(V1, public(wallet())))
}

#[test]
fn openssl_verifies_what_a_merchant_signs() {
    let uris =
        ["/v2/payments/capture", "/api/v2/payments/void?a=%2F", "http://127.0.0.1:1/v2/payments/cancel?"];
    for name in ["demo", "a.1772355600000", "gärtnerei 北京"] {
        for (uri, body) in uris.iter().zip([cent("c"), String::new(), "\u{1F9FE}\n".to_owned()]) {
            let request = Request::post(*uri).body(Bytes::from(body.clone())).unwrap();
            let request = client_named(name).sign(request, now_plus(1)).unwrap();
            assert_eq!(
                (request.uri(), request.body()),
                (&uri.parse::<Uri>().unwrap(), &Bytes::from(body.clone()))
            );
            let header = |header: &str| std::str::from_utf8(request.headers()[header].as_bytes()).unwrap();
            assert_eq!(header("client-id"), name);
            assert_eq!(header("content-type"), "application/json; charset=UTF-8");
            assert_eq!(header("request-time"), "2026-03-01T09:00:00.000001+00:00");
            let (version, signature) = read_signature(header("signature"));
            assert_eq!(version, "1");
            let target = uri.strip_prefix("http://127.0.0.1:1").unwrap_or(uri);
            let text = signed_text("POST", target, name.as_bytes(), header("request-time"), body.as_bytes());
            assert!(merchant().verifies(&text, &signature), "{name} {uri}");
            assert!(!other().verifies(&text, &signature));
        }
    }
}

#[test]
fn what_stood_in_the_headers_before_is_replaced() {
    let request = Request::post(CAPTURE).header("Client-Id", "x").header("Client-Id", "y");
    let request = request.header("Signature", "x").header("Request-Time", "x").header("Content-Type", "a/b");
    let request = client_named("demo").sign(request.body(Bytes::new()).unwrap(), now()).unwrap();
    let all = |name: &str| request.headers().get_all(name).iter().collect::<Vec<_>>();
    assert_eq!(all("client-id"), ["demo"]);
    assert_eq!((all("signature").len(), all("request-time").len()), (1, 1));
    assert_eq!(all("content-type"), ["a/b"], "what the body is, its sender knows");
}

#[test]
fn the_edge_takes_what_a_merchant_signs_and_the_merchant_its_answer() {
    let edge = edge();
    let client = client_named("demo");
    let request = Request::post(CAPTURE).body(Bytes::from(cent("c"))).unwrap();
    let request = client.sign(request, now()).unwrap();
    let response = block_on(edge.answer(request, now()));
    let body = client.verify(&Method::POST, &Uri::from_static(CAPTURE), &response, now()).unwrap();
    assert!(body.starts_with(br#"{"result":{"resultCode":"SUCCESS""#));
    assert!(calls(&edge) > 0);
}

/// A response as the other side sends it, signed by `openssl`.
fn response() -> Response<Bytes> {
    let body = br#"{"result":{"resultCode":"SUCCESS"}}"#;
    let time = "2026-03-01T09:00:00.5+00:00";
    let signature = wallet().sign(&signed_text("POST", CAPTURE, b"demo", time, body));
    let response = Response::builder().header("Client-Id", "demo").header("Response-Time", time);
    let response = response.header("Signature", header_of(&percent(&BASE64_STANDARD.encode(signature))));
    response.body(Bytes::from_static(body)).unwrap()
}

/// The response after a change, as the client `demo` takes it.
fn verified(change: impl FnOnce(&mut Response<Bytes>)) -> Result<(), ResponseError> {
    let mut response = response();
    change(&mut response);
    let uri = Uri::from_static(CAPTURE);
    client_named("demo").verify(&Method::POST, &uri, &response, now()).map(drop)
}

fn put(response: &mut Response<Bytes>, name: &'static str, value: impl AsRef<[u8]>) {
    let value = HeaderValue::from_bytes(value.as_ref()).unwrap();
    response.headers_mut().insert(HeaderName::from_static(name), value);
}

fn add(response: &mut Response<Bytes>, name: &'static str, value: &'static str) {
    response.headers_mut().append(name, HeaderValue::from_static(value));
}

fn take(response: &mut Response<Bytes>, name: &str) {
    response.headers_mut().remove(name);
}

/// With another text for a piece of its signature's header.
fn rewrite(response: &mut Response<Bytes>, piece: &str, by: &str) {
    let header = response.headers()["signature"].to_str().unwrap().replace(piece, by);
    put(response, "signature", header);
}

#[test]
fn an_answer_that_openssl_signed_is_believed() {
    assert_eq!(verified(|_| ()), Ok(()));
    let forms: [fn(&mut Response<Bytes>); 5] = [
        |response| rewrite(response, "keyVersion=1, ", ""),
        |response| rewrite(response, "algorithm=RSA256, ", ""),
        |response| rewrite(response, "%3D", ""),
        |response| put(response, "content-type", "text/plain"),
        |response| put(response, "idempotent-replayed", "true"),
    ];
    for form in forms {
        assert_eq!(verified(form), Ok(()));
    }
}

#[test]
fn an_answer_that_lacks_something_or_is_anothers_is_an_error() {
    type Change = fn(&mut Response<Bytes>);
    use ResponseError::{OtherClient, Signature, UnknownKey};
    use SignatureError::{Algorithm, Encoding, Form, Mismatch, Missing, NoTime, UnclearTime, UnreadableTime};
    let unreadable = UnreadableTime(TimeError::InstantForm { position: 0 });
    let cases: [(&str, Change, ResponseError); 24] = [
        ("no signature", |r| take(r, "signature"), Signature(Missing)),
        ("no time", |r| take(r, "response-time"), Signature(NoTime)),
        ("no client", |r| take(r, "client-id"), OtherClient),
        ("neither", |r| r.headers_mut().clear(), OtherClient),
        ("another client", |r| put(r, "client-id", "dem"), OtherClient),
        ("an empty client", |r| put(r, "client-id", ""), OtherClient),
        ("another case", |r| put(r, "client-id", "Demo"), OtherClient),
        ("no UTF-8", |r| put(r, "client-id", b"\xff"), OtherClient),
        ("two clients", |r| add(r, "client-id", "demo"), OtherClient),
        ("an empty signature's header", |r| put(r, "signature", ""), Signature(Form)),
        ("no signature in it", |r| put(r, "signature", "algorithm=RSA256"), Signature(Form)),
        ("an empty signature", |r| put(r, "signature", "signature="), Signature(Mismatch)),
        ("two signatures", |r| add(r, "signature", "a"), Signature(Form)),
        ("no base64", |r| put(r, "signature", "signature=?"), Signature(Encoding)),
        ("another algorithm", |r| rewrite(r, "RSA256", "none"), Signature(Algorithm)),
        ("an unknown key", |r| rewrite(r, "keyVersion=1", "keyVersion=2"), UnknownKey),
        ("key zero", |r| rewrite(r, "keyVersion=1", "keyVersion=0"), UnknownKey),
        ("an empty time", |r| put(r, "response-time", ""), Signature(unreadable)),
        ("two times", |r| add(r, "response-time", "2026-03-01T09:00:00Z"), Signature(UnclearTime)),
        ("another time", |r| put(r, "response-time", "2026-03-01T09:00:00.6+00:00"), Signature(Mismatch)),
        (
            "the same time, written otherwise",
            |r| put(r, "response-time", "2026-03-01T09:00:00.5Z"),
            Signature(Mismatch),
        ),
        ("a flipped bit", |r| *r.body_mut() = flipped(r.body()), Signature(Mismatch)),
        ("an empty body", |r| *r.body_mut() = Bytes::new(), Signature(Mismatch)),
        (
            "one blank more",
            |r| *r.body_mut() = [r.body().as_ref(), b" "].concat().into(),
            Signature(Mismatch),
        ),
    ];
    for (what, change, error) in cases {
        assert_eq!(verified(change), Err(error), "{what}");
    }
    for status in [201, 202, 204, 302, 400, 401, 500, 503] {
        let error = verified(|response| *response.status_mut() = status.try_into().unwrap());
        assert!(matches!(error, Err(ResponseError::Status(said)) if said.as_u16() == status));
    }
}

fn flipped(body: &Bytes) -> Bytes {
    let mut body = body.to_vec();
    body[7] ^= 1;
    body.into()
}

#[test]
fn an_answer_to_another_question_is_not_believed() {
    let (client, response) = (client_named("demo"), response());
    let ask = |method: Method, uri: &'static str| {
        client.verify(&method, &Uri::from_static(uri), &response, now()).map(drop)
    };
    assert_eq!(ask(Method::POST, CAPTURE), Ok(()));
    let mismatch = Err(ResponseError::Signature(SignatureError::Mismatch));
    assert_eq!(ask(Method::GET, CAPTURE), mismatch);
    assert_eq!(ask(Method::POST, "/v2/payments/cancel"), mismatch);
    assert_eq!(ask(Method::POST, "/v2/payments/capture?"), mismatch);
    assert_eq!(ask(Method::POST, "/api/v2/payments/capture"), mismatch);
}

/// Refusals are signed before anybody proved who asks. A name that holds a
/// name, a time and a body makes a text that is another answer's too, if it is
/// signed: whoever reads JSON only up to the end of its first value would take
/// the sender's words for this side's.
#[test]
fn nobody_words_an_answer_to_somebody_else_by_a_name() {
    let (edge, uri) = (edge_for(&["demo", "demo.eu"]), Uri::from_static(CAPTURE));
    let forged = r#"{"result":{"resultStatus":"S"}}"#;
    for time in ["1772355600000", "2026-03-01T09:00:00Z", "2026-03-01T09:00:00.5+00:00"] {
        let name = format!("demo.{time}.{forged}");
        // Refused for its client, and before anybody looks at that.
        for content_type in ["application/json", "text/html"] {
            let ask = Request::post(CAPTURE).header("Client-Id", &name).header("Content-Type", content_type);
            let response = block_on(edge.answer(ask.body(Bytes::new()).unwrap(), now()));
            let answered_at = response.headers()["response-time"].to_str().unwrap().to_owned();
            let mut as_anothers = response.map(|body| {
                let body = std::str::from_utf8(&body).unwrap();
                Bytes::from(format!("{forged}.{answered_at}.{body}"))
            });
            put(&mut as_anothers, "client-id", "demo");
            put(&mut as_anothers, "response-time", time);
            let believed = client_named("demo").verify(&Method::POST, &uri, &as_anothers, now());
            assert_eq!(believed, Err(ResponseError::Signature(SignatureError::Mismatch)), "{name}");
        }
    }
    // Known names are the host's choice, and unknown ones without a full stop are harmless.
    for (name, told) in [("demo.eu", Some("demo.eu")), ("nobody", Some("nobody")), ("no.body", None)] {
        let ask = Request::post(CAPTURE).header("Client-Id", name).body(Bytes::new()).unwrap();
        let response = block_on(edge.answer(ask, now()));
        let client = response.headers().get("client-id").map(|value| value.to_str().unwrap());
        assert_eq!(client, told);
        let time = response.headers()["response-time"].to_str().unwrap();
        let (_, signature) = read_signature(response.headers()["signature"].to_str().unwrap());
        let text = signed_text("POST", CAPTURE, told.unwrap_or_default().as_bytes(), time, response.body());
        assert!(wallet().verifies(&text, &signature), "{name}");
    }
}

/// What the merchant's half says of itself: an answer to another request of the
/// same route verifies. The ids in it tell the two apart, and where nobody
/// proved who asks there are none.
#[test]
fn an_answer_says_whose_it_is_by_the_ids_that_it_echoes() {
    let (edge, client, uri) = (edge(), client_named("demo"), Uri::from_static(CAPTURE));
    let answer = |request: Request<Bytes>| {
        let response = block_on(edge.answer(request, now()));
        let body = client.verify(&Method::POST, &uri, &response, now()).unwrap();
        serde_json::from_slice::<serde_json::Value>(body).unwrap()
    };
    let ask = |body: String| Request::post(CAPTURE).body(Bytes::from(body)).unwrap();
    for (body, code) in [(cent("one"), "SUCCESS"), (cent("two").replace("\"p\"", "\"q\""), "AUTH_NOT_FOUND")]
    {
        let answer = answer(client.sign(ask(body.clone()), now()).unwrap());
        let asked: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(answer["result"]["resultCode"], code);
        assert_eq!(answer["captureRequestId"], asked["captureRequestId"]);
        assert_eq!(answer["paymentId"], asked["paymentId"]);
    }
    let mut forged = ask(cent("one"));
    forged.headers_mut().insert("client-id", HeaderValue::from_static("demo"));
    let answer = answer(forged);
    assert_eq!(answer["result"]["resultCode"], "SIGNATURE_INVALID");
    assert_eq!(answer.as_object().unwrap().len(), 1, "the result alone");
}

/// The merchant's own key, or anybody's: who can sign a request must not be
/// able to answer it.
#[test]
fn an_answer_with_another_key_is_not_believed() {
    let body = br#"{"result":{"resultCode":"SUCCESS"}}"#;
    for key in [merchant(), other()] {
        let signature = key.sign(&signed_text("POST", CAPTURE, b"demo", "2026-03-01T09:00:00Z", body));
        let forged = verified(|response| {
            put(response, "response-time", "2026-03-01T09:00:00Z");
            put(response, "signature", header_of(&BASE64_STANDARD.encode(signature)));
        });
        assert_eq!(forged, Err(ResponseError::Signature(SignatureError::Mismatch)));
    }
}

#[test]
fn a_stale_answer_is_not_believed_unless_the_window_is_off() {
    let (client, response) = (client_named("demo"), response());
    let uri = Uri::from_static(CAPTURE);
    let signed = now_plus(500_000).as_micros() - now().as_micros();
    for (apart, believed) in [
        (0, true),
        (300_000_000, true),
        (-300_000_000, true),
        (300_000_001, false),
        (-300_000_001, false),
        (86_400_000_000, false),
    ] {
        let at = now_plus(signed + apart);
        let told = client.verify(&Method::POST, &uri, &response, at);
        assert_eq!(told.is_ok(), believed, "{apart} apart");
        if let Err(error) = told {
            assert!(matches!(error, ResponseError::Signature(SignatureError::OutsideWindow { .. })));
        }
        let timeless = client.clone().response_time_window(None);
        assert!(timeless.verify(&Method::POST, &uri, &response, at).is_ok());
    }
}
