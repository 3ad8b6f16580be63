//! Requests that are signed before anything is measured, and the parts that
//! answering one is made of: a verification, the engine's own JSON to JSON, a
//! signature.
#![allow(dead_code, reason = "each bench uses its part of it")]

use std::hint::black_box;

use bytes::Bytes;
use capture_engine::http::{KeyRing, MerchantClient, Route, Signer};
use capture_engine::id::MerchantId;
use capture_engine::wire;
use capture_engine::{Engine, Instant, MemoryStore, ResultCode};
use http::Request;

use super::load::Asked;
use super::ready::ready;
use super::rsa::Rsa;

/// The route of a capture, without a prefix.
pub const CAPTURE: &str = Route::Capture.path();

/// A capture as its merchant sends it.
pub fn request(asked: &Asked, signer: &Signer, now: Instant) -> Request<Bytes> {
    let client = MerchantClient::new(asked.merchant.clone(), signer.clone(), KeyRing::default());
    client.sign(Request::post(CAPTURE).body(asked.body().into()).unwrap(), now).unwrap()
}

/// What is verified and signed of a capture, and read.
pub struct Parts {
    merchant: MerchantId,
    body: Vec<u8>,
    /// The text that the merchant signed, and its signature.
    asked: Vec<u8>,
    signature: Vec<u8>,
    /// A text as long as the one that the answer signs.
    answered: Vec<u8>,
}

impl Parts {
    /// Of a capture whose answer has so many bytes.
    pub fn of(asked: &Asked, answer: usize, keys: &Rsa) -> Self {
        let (merchant, body) = (asked.merchant.clone(), asked.body());
        // As long as a time of each side is.
        let text = |time: &str, body: &[u8]| {
            [format!("POST {CAPTURE}\n{merchant}.{time}.").as_bytes(), body].concat()
        };
        let answered = text("2026-03-01T09:00:00.000000+08:00", &vec![b'x'; answer]);
        let asked = text("2026-03-01T01:00:00.000000Z", &body);
        Self { signature: keys.sign(&asked), merchant, body, asked, answered }
    }

    pub fn verified(&self, keys: &Rsa) -> bool {
        keys.verifies(&self.asked, &self.signature)
    }

    pub fn signed(&self, keys: &Rsa) -> bool {
        !black_box(keys.sign(&self.answered)).is_empty()
    }

    /// Whether the engine answers it with success, from JSON to JSON.
    pub fn captured(&self, engine: &Engine<MemoryStore>, now: Instant) -> bool {
        let reply = black_box(ready(wire::capture(engine, &self.merchant, &self.body, now)));
        reply.code == ResultCode::Success
    }
}
