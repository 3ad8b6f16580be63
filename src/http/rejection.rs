//! Why a request was refused before its body was read: typed, for the host's
//! logs. On the wire stands the code alone.

use super::code::{Code, EdgeCode};
use super::route::Route;
use super::signature::SignatureError;
use crate::result_code::ResultCode;

/// Which of the host's checks it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CheckKind {
    /// The limiter that is asked before any cryptography.
    EarlyLimiter,
    /// The token verifier.
    Token,
    /// The access check.
    Access,
    /// The rate limiter.
    RateLimiter,
}

/// Why a request was refused before its body was read. No text repeats what
/// was sent, but for the time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The path is none of the API's.
    #[error("there is no such path: it is the prefix and one of {}", Route::ALL.map(Route::path).join(", "))]
    Path,
    /// The method is not POST.
    #[error("the method is not POST")]
    Method,
    /// The header `Content-Type` is there and is not JSON in UTF-8.
    #[error("the Content-Type is not application/json in UTF-8")]
    ContentType,
    /// The header `Accept` is there and does not admit JSON in UTF-8.
    #[error("the Accept header does not admit application/json in UTF-8")]
    Accept,
    /// There is no header `Client-Id`.
    #[error("there is no Client-Id")]
    NoClient,
    /// The client is none of this edge's, or the header stands there twice.
    #[error("the Client-Id is none that is known, or there are two")]
    UnknownClient,
    /// The client has no key of the version that is named, or none at all.
    #[error("the client has no such key")]
    UnknownKey,
    /// The signature or its time.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// A check of the host's refused it.
    #[error("the host's check refused it: {0:?}")]
    Refused(CheckKind),
    /// A check of the host's could not say.
    #[error("the host's check could not say: {0:?}")]
    Undecided(CheckKind),
}

impl Rejection {
    /// The code that goes over the wire.
    pub const fn code(&self) -> Code {
        let code = match self {
            Self::Path => EdgeCode::InvalidApi,
            Self::Method => EdgeCode::MethodNotSupported,
            Self::ContentType | Self::Accept => EdgeCode::MediaTypeNotAcceptable,
            Self::NoClient | Self::UnknownClient => EdgeCode::ClientInvalid,
            Self::UnknownKey => EdgeCode::KeyNotFound,
            Self::Signature(_) => EdgeCode::SignatureInvalid,
            Self::Refused(CheckKind::Token) => EdgeCode::InvalidToken,
            Self::Refused(CheckKind::Access) => EdgeCode::AccessDenied,
            Self::Refused(CheckKind::EarlyLimiter | CheckKind::RateLimiter) => {
                EdgeCode::RequestTrafficExceedLimit
            }
            Self::Undecided(_) => return Code::Engine(ResultCode::UnknownException),
        };
        Code::Edge(code)
    }
}
