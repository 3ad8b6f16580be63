//! The bodies of the fuzz targets, from where the library's own tests have them.

#![allow(clippy::unwrap_used)]

#[path = "../../tests/fuzz_bodies/mod.rs"]
mod bodies;
#[path = "../../tests/model/reference/mod.rs"]
mod reference;

pub use bodies::{amount, commands, http_request, instant, json_body, replay_line, stored_form};
