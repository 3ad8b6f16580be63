//! A request as text: `METHOD TARGET`, header lines, a blank line, the body.
//! `@` in the header `Signature` stands for the true signature of what is
//! there, so that all forms of a request that is rightly signed are met.
//!
//! Whatever comes, there is one signed answer; and the body is looked at only
//! if what the sender is asked for is there.

use std::sync::OnceLock;

use bytes::Bytes;
use capture_engine::command::Authorize;
use capture_engine::http::{
    Answered, Clients, Code, Edge, KeyRing, KeyVersion, MerchantClient, PrivateKey, Route, SIGNATURE, Signer,
};
use capture_engine::{Currency, Engine, Instant, MemoryStore, Money, Settings};
use http::{HeaderName, HeaderValue, Method, Request, Response};
use pollster::block_on;

/// Both sides' keys, made once: what is refused or taken hangs on none of their bits.
struct Sides {
    clients: Clients,
    wallet: Signer,
    client: MerchantClient,
}

fn sides() -> &'static Sides {
    static SIDES: OnceLock<Sides> = OnceLock::new();
    SIDES.get_or_init(|| {
        let (private, wallet) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
        let (demo, first) = ("demo".parse().unwrap(), KeyVersion::FIRST);
        let clients = Clients::new();
        clients.add(&demo, first, private.public_key().unwrap());
        let answering = KeyRing::of(first, wallet.public_key().unwrap());
        let client = MerchantClient::new(demo, Signer::new(first, private), answering);
        Sides { clients, wallet: Signer::new(first, wallet), client }
    })
}

/// When everything happens, and how the merchant's half writes it.
const NOW: &str = "2026-03-01T09:00:00+00:00";

fn now() -> Instant {
    NOW.parse().unwrap()
}

/// Whether the request came as far as its body.
pub fn check(bytes: &[u8]) -> bool {
    let Some(request) = read(bytes) else { return false };
    let (method, uri, headers) = (request.method().clone(), request.uri().clone(), request.headers().clone());
    let response = block_on(edge().answer(request, now()));
    let answered = response.extensions().get::<Answered>().unwrap().clone();
    assert_eq!(response.status(), 200);
    assert!(is_result(&response, answered.code));
    let one = |name: &str| headers.get_all(name).iter().count() == 1;
    if one("client-id") && headers.get("client-id").is_some_and(|name| name == "demo") {
        sides().client.verify(&method, &uri, &response, now()).unwrap();
    }
    let Code::Engine(_) = answered.code else { return false };
    assert_eq!(method, Method::POST);
    let paths = Route::ALL.map(|route| format!("/api{route}"));
    assert!(paths.iter().any(|path| path == uri.path()), "{uri}");
    for (name, says) in [("client-id", "demo"), ("request-time", NOW)] {
        assert!(one(name), "{name}");
        let text = headers.get(name).unwrap().to_str().unwrap();
        assert_eq!(text.trim(), says);
    }
    assert!(one("signature"));
    let media = headers.get("content-type").map(|media| media.to_str().unwrap().to_ascii_lowercase());
    assert!(media.is_none_or(|media| media.contains("application/json")));
    true
}

/// An edge with one authorization.
fn edge() -> Edge<MemoryStore> {
    let engine = Engine::new(MemoryStore::new(), Settings::default());
    let hold = Authorize::new(
        "demo".parse().unwrap(),
        "p".parse().unwrap(),
        Money::from_minor(1_000, Currency::USD).unwrap(),
        "2026-03-08T09:00:00Z".parse().unwrap(),
    );
    block_on(engine.authorize(&hold, now())).unwrap();
    let Sides { clients, wallet, .. } = sides();
    Edge::new(engine, clients.clone(), wallet.clone()).prefix("/api".parse().unwrap())
}

/// The request, if a library for HTTP would take it for one.
fn read(bytes: &[u8]) -> Option<Request<Bytes>> {
    let (head, body) = split(bytes, b"\n\n").unwrap_or((bytes, b""));
    let mut lines = head.split(|byte| *byte == b'\n');
    let (method, target) = split(lines.next()?, b" ")?;
    let mut request = Request::new(Bytes::copy_from_slice(body));
    *request.method_mut() = Method::from_bytes(method).ok()?;
    *request.uri_mut() = target.try_into().ok()?;
    let signed = sides().client.sign(request.clone(), now()).unwrap();
    for line in lines {
        let (name, value) = split(line, b":")?;
        let name = HeaderName::from_bytes(name).ok()?;
        let value = if name == SIGNATURE { with_signature(value, &signed) } else { value.to_vec() };
        request.headers_mut().append(name, HeaderValue::from_bytes(&value).ok()?);
    }
    Some(request)
}

fn with_signature(value: &[u8], signed: &Request<Bytes>) -> Vec<u8> {
    let header = signed.headers().get(SIGNATURE).unwrap().to_str().unwrap();
    let (_, signature) = header.split_once("signature=").unwrap();
    let parts: Vec<&[u8]> = value.split(|byte| *byte == b'@').collect();
    parts.join(signature.as_bytes())
}

/// What stands before the first appearance, and behind it.
fn split<'b>(bytes: &'b [u8], at: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let position = bytes.windows(at.len()).position(|window| window == at)?;
    Some((&bytes[..position], &bytes[position + at.len()..]))
}

/// Whether the body begins with the result of this code.
fn is_result(response: &Response<Bytes>, code: Code) -> bool {
    let result = format!(
        r#"{{"result":{{"resultCode":"{code}","resultStatus":"{}","resultMessage":"{}"}}"#,
        code.status().as_str(),
        code.message()
    );
    response.body().starts_with(result.as_bytes())
}
