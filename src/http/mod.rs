//! The API over HTTP, without a socket.
mod code;
mod route;

pub use self::code::{Code, EdgeCode};
pub use self::route::{Prefix, PrefixError, Route};
