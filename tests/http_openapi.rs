//! The OpenAPI document: it is one, it lists the crate's codes, its schemas
//! take and refuse what the engine takes and refuses, and its examples are true.
//!
//! What a schema cannot say is listed in `bodies::beyond_a_schema`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs
)]

#[path = "http_openapi/answers.rs"]
mod answers;
#[path = "http_openapi/bodies.rs"]
mod bodies;
#[path = "http_openapi/document.rs"]
mod document;
#[path = "http_openapi/edge.rs"]
mod edge;
#[path = "http_openapi/examples.rs"]
mod examples;
#[path = "support/kit.rs"]
mod kit;
#[path = "support/openapi.rs"]
mod openapi;
#[path = "support/scripted.rs"]
mod scripted;

use capture_engine::capture_id::IdSource;
use capture_engine::http::Route;
use capture_engine::risk::RiskCheck;
use capture_engine::store::{Reads, Store};
use capture_engine::wire::{self, Reply};
use capture_engine::{Engine, Instant};
use pollster::block_on;

/// What the merchant `M1` is answered.
fn answer<S: Store + Reads, R: RiskCheck, I: IdSource>(
    engine: &Engine<S, R, I>,
    route: Route,
    body: impl AsRef<[u8]>,
    now: Instant,
) -> Reply {
    let (merchant, body) = ("M1".parse().unwrap(), body.as_ref());
    match route {
        Route::Capture => block_on(wire::capture(engine, &merchant, body, now)),
        Route::Cancel => block_on(wire::cancel(engine, &merchant, body, now)),
        Route::Void => block_on(wire::void(engine, &merchant, body, now)),
        Route::InquiryPayment => block_on(wire::inquire(engine, &merchant, body, now)),
        other => panic!("{other}: no such route is tested"),
    }
}
