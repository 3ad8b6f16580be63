//! Whole exchanges: each code of the edge, and an answer that is given again,
//! with body and headers as the document says.

use bytes::Bytes;
use capture_engine::http::{
    Admission, Caller, Clients, Code, Edge, EdgeCode, KeyRing, KeyVersion, MerchantClient, Prefix,
    PrivateKey, Signer,
};
use capture_engine::{Engine, Instant, MemoryStore, ResultCode, Settings};
use http::{HeaderMap, Request, Response};
use pollster::block_on;

use super::openapi::Schemas;

/// The one whose token this is may not go on.
fn unless(token: &'static str) -> impl Fn(&Caller<'_>) -> Admission + Send + Sync + 'static {
    move |caller| match caller.token().map(|token| token.expose()) {
        Some("nobody knows") => Admission::Undecided,
        given => Admission::from(given != Some(token)),
    }
}

fn now() -> Instant {
    "2021-06-08T12:12:12.25+08:00".parse().unwrap()
}

const PATH: &str = "/v2/payments/capture";

/// What is changed of a request that is signed, and what is answered to it.
type Change = fn(&mut Request<Bytes>);

const EXCHANGES: [(Change, Code); 13] = [
    (|_| (), Code::Engine(ResultCode::AuthNotFound)),
    (|request| *request.body_mut() = Bytes::new(), Code::Edge(EdgeCode::SignatureInvalid)),
    (|request| *request.uri_mut() = "/v1".parse().unwrap(), Code::Edge(EdgeCode::InvalidApi)),
    (|request| *request.method_mut() = http::Method::GET, Code::Edge(EdgeCode::MethodNotSupported)),
    (|request| set(request, "Accept", "text/html"), Code::Edge(EdgeCode::MediaTypeNotAcceptable)),
    (|request| set(request, "Client-Id", "M2"), Code::Edge(EdgeCode::ClientInvalid)),
    (|request| drop(request.headers_mut().remove("Client-Id")), Code::Edge(EdgeCode::ClientInvalid)),
    (|request| set(request, "Signature", "keyVersion=9,signature=ab"), Code::Edge(EdgeCode::KeyNotFound)),
    (|request| set(request, "Request-Time", "0"), Code::Edge(EdgeCode::SignatureInvalid)),
    (|request| set(request, "Agent-Token", "bad"), Code::Edge(EdgeCode::InvalidToken)),
    (|request| set(request, "Agent-Token", "weak"), Code::Edge(EdgeCode::AccessDenied)),
    (|request| set(request, "Agent-Token", "often"), Code::Edge(EdgeCode::RequestTrafficExceedLimit)),
    (|request| set(request, "Agent-Token", "nobody knows"), Code::Engine(ResultCode::UnknownException)),
];

fn set(request: &mut Request<Bytes>, name: &'static str, value: &'static str) {
    request.headers_mut().insert(name, value.parse().unwrap());
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
}

#[test]
fn every_code_of_the_edge_is_answered_as_the_document_says() {
    let schemas = Schemas::load();
    let (key, first) = (PrivateKey::generate().unwrap(), KeyVersion::FIRST);
    let clients = Clients::new();
    clients.add(&"M1".parse().unwrap(), first, key.public_key().unwrap());
    let merchant = MerchantClient::new("M1".parse().unwrap(), Signer::new(first, key), KeyRing::default());
    let engine = Engine::new(MemoryStore::new(), Settings::default());
    let edge = Edge::new(engine, clients, Signer::new(first, PrivateKey::generate().unwrap()))
        .token_verifier(unless("bad"))
        .access_check(unless("weak"))
        .rate_limiter(unless("often"));
    let body = Bytes::from_static(br#"{"captureRequestId":"c","paymentId":"p"}"#);
    let signed = || merchant.sign(Request::post(PATH).body(body.clone()).unwrap(), now()).unwrap();
    let exchange = |change: Change| -> Response<Bytes> {
        let mut request = signed();
        change(&mut request);
        let route = Prefix::default().route(request.uri().path());
        let response = block_on(edge.answer(request, now()));
        schemas.check_response_headers(pairs(response.headers())).unwrap();
        schemas.check_response(route, response.body()).unwrap();
        response
    };
    for (change, code) in EXCHANGES {
        let response = exchange(change);
        assert!(String::from_utf8_lossy(response.body()).contains(&format!("\"{code}\"")), "{code}");
        assert!(!response.headers().contains_key("Idempotent-Replayed"), "{code}");
    }
    assert_eq!(exchange(|_| ()).headers()["Idempotent-Replayed"], "true");
    for code in EdgeCode::ALL {
        assert!(EXCHANGES.iter().any(|(_, said)| *said == code.into()), "{code}");
    }
}
