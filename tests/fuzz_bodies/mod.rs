//! What the fuzz targets check, one `check` each: it takes any bytes, fails
//! where the crate breaks a promise over them, and says whether the crate took
//! them for something (so that a run can tell that it met both).
//!
//! The bodies stand here once: `fuzz/` hands them to libFuzzer, and
//! `tests/fuzz_bodies.rs` runs them on any toolchain.

pub mod amount;
mod books;
mod cbor;
pub mod commands;
mod decode;
pub mod http_request;
mod identities;
mod ids;
pub mod instant;
pub mod json_body;
mod memory;
pub mod replay_line;
pub mod stored_form;
mod tree;
