#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]
//! An embeddable, side-effect-free capture engine: the part of a payment
//! service that takes money which was authorized, once, exactly and
//! explainably.
//!
//! An authorization is authorized, partially captured, fully captured, expired
//! or cancelled. A command is decided by a pure function from what is stored, a
//! clock reading and the command, and comes to **the resulting events or one
//! result code**. A pluggable store makes it durable.
//!
//! ```
//! use capture_engine::command::{Authorize, Capture};
//! use capture_engine::outcome::Outcome;
//! use capture_engine::{Currency, Engine, Instant, MemoryStore, Money, Settings};
//!
//! let engine = Engine::new(MemoryStore::new(), Settings::default()).blocking();
//! let now: Instant = "2026-03-01T09:00:00Z".parse()?;
//! let deadline = "2026-03-08T09:00:00Z".parse()?;
//! let usd = |minor| Money::from_minor(minor, Currency::USD);
//! engine.authorize(&Authorize::new("shop".parse()?, "order-1".parse()?, usd(1000)?, deadline), now)?;
//!
//! let parcel = Capture::new("shop".parse()?, "parcel-1".parse()?, "order-1".parse()?).amount(usd(400)?).last(false);
//! match engine.capture(&parcel, now)? {
//!     Outcome::Accepted { events, .. } => println!("publish {} event", events.payment().len()),
//!     Outcome::Replayed(record) => println!("answered before: {}", record.code()),
//!     Outcome::Refused(refusal) => println!("{}: {refusal}", refusal.code()),
//!     Outcome::Pending(why) => println!("not known yet: {why:?}"),
//!     other => println!("{}", other.code()),
//! }
//! # assert_eq!(engine.capture(&parcel, now)?.code().as_str(), "SUCCESS");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to start
//! - [`Engine`]: load, decide, commit; every call's outcome and error has a
//!   `code()` for the wire and an `advice()` for the caller.
//! - [`command`]: what can be asked. [`decide`]: how it is decided, with no
//!   store, no async and no serde, and in which order the checks stand.
//! - [`store`]: the contract for whoever writes a store, and [`MemoryStore`].
//! - [`stored`]: the versioned byte forms of all that is stored.
//! - `wire` (feature `json`, on by default): the JSON bodies and replay lines.
//! - `http` (feature `http`): the API over HTTP, without a socket: signatures,
//!   keys, routes, and the merchant's half.
//!
//! # What it promises
//! - An answer, once final, never changes: it is read from a record for ever.
//! - Money is never captured twice for one request, never beyond the ceiling,
//!   never at or after the deadline.
//! - A request is refused for ever only if it would be, whichever way the
//!   captures in process end; else it is answered `CAPTURE_IN_PROCESS`.
//! - What the rail says late changes money or is kept as a contradiction; it
//!   never changes an answer that was given.
//!
//! # What it is not
//! It does no I/O of its own, reads no clock, starts no thread, asks no rail,
//! and keeps no merchant's balance: each `Captured` event carries merchant,
//! payer and amount.

mod authorization;
pub mod capture_id;
mod changes;
pub mod command;
pub mod decide;
pub mod engine;
pub mod event;
#[cfg(feature = "http")]
pub mod http;
pub mod id;
mod key;
pub mod money;
pub mod outcome;
mod payer;
pub mod record;
pub mod refusal;
pub mod result_code;
pub mod risk;
pub mod settings;
mod snapshot;
pub mod state;
pub mod store;
pub mod stored;
pub mod submission;
pub mod terms;
pub mod time;
pub mod transitions;
#[cfg(feature = "json")]
pub mod wire;

pub use authorization::Authorization;
pub use engine::{BlockingEngine, Engine, EngineError};
pub use money::{Currency, Money};
pub use outcome::Outcome;
pub use payer::Payer;
pub use refusal::Refusal;
pub use result_code::{Advice, ResultCode};
pub use settings::Settings;
pub use state::State;
pub use store::{MemoryStore, Store};
pub use time::Instant;

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
