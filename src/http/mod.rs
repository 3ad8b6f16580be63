//! The API over HTTP, without a socket.
mod check;
mod client;
mod code;
mod edge;
mod header;
mod key;
mod keyring;
mod media;
mod rejection;
mod route;
mod signature;

pub use self::check::{Admission, Caller, Check, Token};
pub use self::client::{Client, ResponseError};
pub use self::code::{Code, EdgeCode};
pub use self::edge::{Answered, Edge, Reason};
pub use self::header::{AGENT_TOKEN, CLIENT_ID, IDEMPOTENT_REPLAYED, REQUEST_TIME, RESPONSE_TIME, SIGNATURE};
pub use self::key::{KeyError, KeyVersion, KeyVersionError, PrivateKey, PublicKey};
pub use self::keyring::{Clients, KeyRing, Signer};
pub use self::rejection::{CheckKind, Rejection};
pub use self::route::{Prefix, PrefixError, Route};
pub use self::signature::SignatureError;
