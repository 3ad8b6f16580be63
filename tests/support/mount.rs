//! The edge in a router of axum: the block of README.md, letter by letter, so
//! that what a reader copies is what the tests run.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::{fs::read_to_string, path::Path, sync::Arc};

use axum::{Router, body::Body, body::Bytes, http::Request, http::request::Parts};
use capture_engine::http::{Clients, Edge, KeyVersion, PrivateKey, PublicKey, Signer};
use capture_engine::{Engine, Instant, MemoryStore, Settings, risk::RiskCheck, store::AnyStore};

pub fn wallet(keys: &Path) -> Result<Edge<AnyStore>, Box<dyn std::error::Error>> {
    let engine = Engine::new(AnyStore::new(MemoryStore::new()), Settings::default());
    let (clients, shop) = (Clients::new(), read_to_string(keys.join("shop.pub.pem"))?);
    clients.add(&"shop".parse()?, KeyVersion::FIRST, PublicKey::from_text(&shop)?);
    let own = PrivateKey::from_text(&read_to_string(keys.join("wallet.pem"))?)?;
    Ok(Edge::new(engine, clients, Signer::new(KeyVersion::FIRST, own)).prefix("/api".parse()?))
}

pub fn mount(edge: Edge<AnyStore, impl RiskCheck + 'static>, now: fn() -> Instant) -> Router {
    let edge = Arc::new(edge);
    Router::new().fallback(async move |parts: Parts, body: Bytes| {
        edge.answer(Request::from_parts(parts, body), now()).await.map(Body::from)
    })
}
