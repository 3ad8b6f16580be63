//! The result codes of an answer over HTTP: those that the engine says, and
//! those that only this edge can.

use std::fmt;

use crate::result_code::{Advice, ResultCode, ResultStatus};

/// A result code that is said before a body is looked at.
///
/// ```
/// use capture_engine::http::EdgeCode;
/// use capture_engine::result_code::ResultStatus;
/// assert_eq!(EdgeCode::SignatureInvalid.as_str(), "SIGNATURE_INVALID");
/// // Of an overload nothing follows for a capture that was asked for before.
/// assert_eq!(EdgeCode::RequestTrafficExceedLimit.status(), ResultStatus::Unknown);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum EdgeCode {
    /// There is no such path.
    InvalidApi,
    /// The method is not POST.
    MethodNotSupported,
    /// The body is no JSON in UTF-8, or the sender does not take such an answer.
    MediaTypeNotAcceptable,
    /// There is no such client.
    ClientInvalid,
    /// The client has no key of this version.
    KeyNotFound,
    /// The signature is missing, unreadable, too old, or of something else.
    SignatureInvalid,
    /// The host does not take the token.
    InvalidToken,
    /// The host does not let the client do this.
    AccessDenied,
    /// The host has too much to do.
    RequestTrafficExceedLimit,
}

impl EdgeCode {
    /// Every code, in the order in which the checks stand.
    pub const ALL: [Self; 9] = [
        Self::InvalidApi,
        Self::MethodNotSupported,
        Self::MediaTypeNotAcceptable,
        Self::ClientInvalid,
        Self::KeyNotFound,
        Self::SignatureInvalid,
        Self::InvalidToken,
        Self::AccessDenied,
        Self::RequestTrafficExceedLimit,
    ];

    /// The code as the API spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidApi => "INVALID_API",
            Self::MethodNotSupported => "METHOD_NOT_SUPPORTED",
            Self::MediaTypeNotAcceptable => "MEDIA_TYPE_NOT_ACCEPTABLE",
            Self::ClientInvalid => "CLIENT_INVALID",
            Self::KeyNotFound => "KEY_NOT_FOUND",
            Self::SignatureInvalid => "SIGNATURE_INVALID",
            Self::InvalidToken => "INVALID_TOKEN",
            Self::AccessDenied => "ACCESS_DENIED",
            Self::RequestTrafficExceedLimit => "REQUEST_TRAFFIC_EXCEED_LIMIT",
        }
    }

    /// Failure where it is about the message or its sender; unknown where it
    /// is about this side: the same request may have captured before.
    pub const fn status(self) -> ResultStatus {
        match self {
            Self::RequestTrafficExceedLimit => ResultStatus::Unknown,
            _ => ResultStatus::Failure,
        }
    }

    /// The message of the API page; for the family's common codes the crate's own words.
    pub const fn message(self) -> &'static str {
        match self {
            Self::InvalidApi => "The called API is invalid or not active.",
            Self::MethodNotSupported => "The server does not implement the requested HTTP method.",
            Self::MediaTypeNotAcceptable => {
                "The server does not implement the media type that can be accepted by the client."
            }
            Self::ClientInvalid => "The client is invalid.",
            Self::KeyNotFound => "The key is not found.",
            Self::SignatureInvalid => "The signature is invalid.",
            Self::InvalidToken => "The access token is invalid.",
            Self::AccessDenied => "The access is denied.",
            Self::RequestTrafficExceedLimit => "Too much is asked for. Send the same request again later.",
        }
    }

    /// What a caller who got only this code should do next.
    pub const fn advice(self) -> Advice {
        match self {
            Self::RequestTrafficExceedLimit => Advice::SameId,
            _ => Advice::Stop,
        }
    }
}

/// The result code of an answer over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// It was said before the body was looked at.
    Edge(EdgeCode),
    /// It was said of the body, or by the engine.
    Engine(ResultCode),
}

impl Code {
    /// Every code, each once.
    pub fn all() -> impl Iterator<Item = Self> {
        EdgeCode::ALL.into_iter().map(Self::Edge).chain(ResultCode::ALL.into_iter().map(Self::Engine))
    }

    /// The code as the API spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edge(code) => code.as_str(),
            Self::Engine(code) => code.as_str(),
        }
    }

    /// The code that the API spells so.
    ///
    /// ```
    /// use capture_engine::ResultCode;
    /// use capture_engine::http::Code;
    /// assert_eq!(Code::from_code("SUCCESS"), Some(ResultCode::Success.into()));
    /// assert_eq!(Code::from_code("success"), None);
    /// ```
    pub fn from_code(code: &str) -> Option<Self> {
        Self::all().find(|known| known.as_str() == code)
    }

    /// Whether the code says success, failure, or that nothing is known yet.
    pub const fn status(self) -> ResultStatus {
        match self {
            Self::Edge(code) => code.status(),
            Self::Engine(code) => code.status(),
        }
    }

    /// The message that goes with it.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Edge(code) => code.message(),
            Self::Engine(code) => code.message(),
        }
    }

    /// What a caller who got only this code should do next.
    pub const fn advice(self) -> Advice {
        match self {
            Self::Edge(code) => code.advice(),
            Self::Engine(code) => code.advice(),
        }
    }
}

impl From<EdgeCode> for Code {
    fn from(code: EdgeCode) -> Self {
        Self::Edge(code)
    }
}

impl From<ResultCode> for Code {
    fn from(code: ResultCode) -> Self {
        Self::Engine(code)
    }
}

impl fmt::Display for EdgeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
