//! An edge over a store that counts, and requests to it: built and signed
//! without the crate's own client, so that each header can be any bytes.
#![allow(dead_code, reason = "each test file uses its part of it")]

#[path = "counted.rs"]
mod counted;

#[path = "openapi.rs"]
mod openapi;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use capture_engine::command::Authorize;
use capture_engine::http::{Answered, Clients, Edge, KeyVersion, PrivateKey, PublicKey, Signer};
use capture_engine::{Currency, Engine, Instant, Money, Settings};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use openapi::assert_documented;
use pollster::block_on;

pub use counted::Counted;

use super::openssl::{Key, merchant, wallet};

pub const CAPTURE: &str = "/v2/payments/capture";

/// What a host attaches to its requests.
pub const SENDER: &str = "127.0.0.1";

/// The clock of the tests.
pub fn now() -> Instant {
    "2026-03-01T09:00:00Z".parse().unwrap()
}

/// So many microseconds after it.
pub fn now_plus(micros: i64) -> Instant {
    Instant::from_micros(now().as_micros() + micros).unwrap()
}

pub type Tested = Edge<Arc<Counted>>;

/// The first version of a key.
pub const V1: KeyVersion = KeyVersion::FIRST;

pub fn public(key: &Key) -> PublicKey {
    PublicKey::from_text(&key.public).unwrap()
}

pub fn private(key: &Key) -> PrivateKey {
    PrivateKey::from_text(&key.private).unwrap()
}

/// An edge that knows the client `demo` with its first key. A thousand dollars
/// of the payment `p` are held for it.
pub fn edge() -> Tested {
    edge_for(&["demo"])
}

/// The same for these clients, which have one key.
pub fn edge_for(clients: &[&str]) -> Tested {
    let known = Clients::new();
    let engine = Engine::new(Arc::<Counted>::default(), Settings::default());
    for client in clients {
        known.add(&client.parse().unwrap(), V1, public(merchant()));
        let amount = Money::from_minor(100_000, Currency::USD).unwrap();
        let expires = now().checked_add(Duration::from_secs(86_400)).unwrap();
        let hold = Authorize::new(client.parse().unwrap(), "p".parse().unwrap(), amount, expires);
        let hold = hold.max_captures(NonZeroU32::new(100_000).unwrap());
        block_on(engine.authorize(&hold, now())).unwrap();
    }
    Edge::new(engine, known, Signer::new(V1, private(wallet())))
}

/// How often its store was asked.
pub fn calls(edge: &Tested) -> usize {
    edge.engine().store().calls()
}

/// The body of a capture of one cent under this id.
pub fn cent(request: &str) -> String {
    let amount = r#"{"value":"1","currency":"USD"}"#;
    format!(
        r#"{{"captureRequestId":"{request}","paymentId":"p","captureAmount":{amount},"isLastCapture":false}}"#
    )
}

// Requests.

/// A request part by part. What is signed is what stands here.
#[derive(Clone, Debug)]
pub struct Ask {
    pub method: String,
    pub uri: String,
    pub client: Option<Vec<u8>>,
    pub time: Option<String>,
    pub body: Vec<u8>,
    /// The whole header.
    pub signature: Option<String>,
    /// Headers besides.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Ask {
    /// A capture of one cent by `demo`, not yet signed.
    pub fn cent(request: &str) -> Self {
        Self::of(CAPTURE, cent(request))
    }

    /// A request of `demo` to this URI, not yet signed.
    pub fn of(uri: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: "POST".to_owned(),
            uri: uri.to_owned(),
            client: Some(b"demo".to_vec()),
            time: Some("2026-03-01T09:00:00Z".to_owned()),
            body: body.into(),
            signature: None,
            headers: Vec::new(),
        }
    }

    /// What a change makes of it.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// With one more header.
    #[must_use]
    pub fn header(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.with(|ask| ask.headers.push((name.to_owned(), value.as_ref().to_vec())))
    }

    /// What its sender signs.
    pub fn text(&self) -> Vec<u8> {
        let time = self.time.as_deref().unwrap_or_default();
        signed_text(&self.method, &self.uri, self.client.as_deref().unwrap_or_default(), time, &self.body)
    }

    /// Signed by `openssl` with the key of `demo`, written as the API's samples are.
    #[must_use]
    pub fn signed(self) -> Self {
        self.signed_with(merchant())
    }

    /// Signed by `openssl` with this key.
    #[must_use]
    pub fn signed_with(self, key: &Key) -> Self {
        let signature = key.sign(&self.text());
        self.bearing(&signature)
    }

    /// With these bytes as its signature.
    #[must_use]
    pub fn bearing(self, signature: &[u8]) -> Self {
        self.with(|ask| ask.signature = Some(header_of(&percent(&BASE64_STANDARD.encode(signature)))))
    }

    /// The request. What no HTTP library would carry gives none.
    pub fn request(&self) -> Option<Request<Bytes>> {
        let mut request = Request::builder().method(self.method.as_bytes()).uri(self.uri.as_str());
        let parts = [
            ("Client-Id", self.client.as_deref()),
            ("Request-Time", self.time.as_deref().map(str::as_bytes)),
            ("Signature", self.signature.as_deref().map(str::as_bytes)),
        ];
        for (name, value) in parts.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            request = request.header(name, HeaderValue::from_bytes(value).ok()?);
        }
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            request = request.header(name, HeaderValue::from_bytes(value).ok()?);
        }
        request.extension(SENDER).body(Bytes::from(self.body.clone())).ok()
    }

    /// What the edge tells, with all that every answer must have; its
    /// signature is verified.
    pub fn tell(&self, edge: &Tested) -> Told {
        self.tell_at(edge, now())
    }

    /// The same at another time.
    pub fn tell_at(&self, edge: &Tested, now: Instant) -> Told {
        let request = self.request().expect("a request that can be carried");
        let (method, uri) = (request.method().to_string(), request.uri().path_and_query().cloned());
        let uri = uri.map_or(String::new(), |uri| uri.to_string());
        let client = self.client.as_deref().filter(|client| self.has_one_client() && is_named(edge, client));
        let told = Told::check(block_on(edge.answer(request, now)), &method, &uri, client, now);
        assert_documented(told.answered.route, &told.code, &self.body, &told.body);
        told
    }

    /// Whether the answer can name who asks.
    fn has_one_client(&self) -> bool {
        let is_text = self.client.as_deref().is_some_and(|client| std::str::from_utf8(client).is_ok());
        is_text && !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Client-Id"))
    }

    /// The code that it is answered.
    pub fn code(&self, edge: &Tested) -> String {
        self.tell(edge).code
    }
}

/// Whether an answer names this client: one with a full stop must be known.
fn is_named(edge: &Tested, client: &[u8]) -> bool {
    let name = std::str::from_utf8(client.trim_ascii()).unwrap();
    !name.contains('.') || name.parse().is_ok_and(|id| edge.clients().keys(&id).is_some())
}

/// `<METHOD> <URI>\n<Client-Id>.<time>.<body>`.
pub fn signed_text(method: &str, uri: &str, client: &[u8], time: &str, body: &[u8]) -> Vec<u8> {
    [method.as_bytes(), b" ", uri.as_bytes(), b"\n", client, b".", time.as_bytes(), b".", body].concat()
}

/// The usual header with this text of a signature.
pub fn header_of(signature: &str) -> String {
    format!("algorithm=RSA256, keyVersion=1, signature={signature}")
}

/// What base64 has besides letters and digits, as the API's samples write it.
pub fn percent(base64: &str) -> String {
    base64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

// Answers.

/// An answer that has all that each one must have.
#[derive(Clone, Debug)]
pub struct Told {
    pub code: String,
    pub status: String,
    pub body: String,
    pub headers: HeaderMap,
    pub replayed: bool,
    pub answered: Answered,
    /// What is signed.
    pub text: Vec<u8>,
    pub signature: Vec<u8>,
    pub version: String,
}

impl Told {
    fn check(
        response: Response<Bytes>,
        method: &str,
        uri: &str,
        client: Option<&[u8]>,
        now: Instant,
    ) -> Self {
        assert_eq!(response.status(), 200);
        let (parts, body) = response.into_parts();
        let headers = parts.headers;
        let sent = client.map(<[u8]>::trim_ascii);
        assert_eq!(headers.get("client-id").map(HeaderValue::as_bytes), sent);
        assert_eq!(headers["content-type"], "application/json; charset=UTF-8");
        let time = headers["response-time"].to_str().unwrap();
        assert_eq!(time.parse(), Ok(now), "an instant, and the one of the clock");
        assert!(time.ends_with("+08:00"), "{time}: at the offset of the settings");
        let text = signed_text(method, uri, sent.unwrap_or_default(), time, &body);
        let (version, signature) = read_signature(headers["signature"].to_str().unwrap());
        let body = String::from_utf8(body.to_vec()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        let result = |field: &str| json["result"][field].as_str().unwrap().to_owned();
        let answered = parts.extensions.get::<Answered>().unwrap().clone();
        let replayed = headers.get("idempotent-replayed").is_some_and(|value| value == "true");
        let (code, status) = (result("resultCode"), result("resultStatus"));
        assert_eq!((answered.code.as_str(), answered.replayed), (code.as_str(), replayed));
        let told = Self { code, status, body, headers, replayed, answered, text, signature, version };
        if told.version == "1" {
            assert!(told.is_signed_with(wallet()), "{told:?}");
        }
        told
    }

    /// Whether this key signed it. (Not by `openssl`, which takes longer.)
    pub fn is_signed_with(&self, key: &Key) -> bool {
        let der = BASE64_STANDARD.decode(base64_of(&key.public)).unwrap();
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der);
        key.verify(&self.text, &self.signature).is_ok()
    }

    /// Whether `openssl` says so.
    pub fn is_proved(&self) -> bool {
        wallet().verifies(&self.text, &self.signature)
    }
}

/// Version and bytes of a signature, from the one form that is ever written.
pub fn read_signature(header: &str) -> (String, Vec<u8>) {
    let rest = header.strip_prefix("algorithm=RSA256, keyVersion=").unwrap();
    let (version, text) = rest.split_once(", signature=").unwrap();
    assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'%'), "{text}");
    let base64 = text.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
    (version.to_owned(), BASE64_STANDARD.decode(base64).unwrap())
}

/// The base64 within a PEM text, in one line.
pub fn base64_of(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}
