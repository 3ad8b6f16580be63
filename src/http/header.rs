//! Headers: their names, and what a header says that may stand there once.

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};

/// Who asks, and whose keys are used.
pub const CLIENT_ID: HeaderName = HeaderName::from_static("client-id");
/// When a request was signed.
pub const REQUEST_TIME: HeaderName = HeaderName::from_static("request-time");
/// When an answer was signed.
pub const RESPONSE_TIME: HeaderName = HeaderName::from_static("response-time");
/// The signature of a request or an answer.
pub const SIGNATURE: HeaderName = HeaderName::from_static("signature");
/// A token that the merchant issued.
pub const AGENT_TOKEN: HeaderName = HeaderName::from_static("agent-token");
/// `true` on an answer that was recorded before and is given again. It is not
/// signed: a signature is of the body, which is the same.
pub const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// What a header says that must not stand there twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Single<'a> {
    Absent,
    /// Its text without outer blanks.
    Text(&'a str),
    /// It stands there more than once, or is no UTF-8.
    Unclear,
}

impl<'a> Single<'a> {
    pub(super) fn of(headers: &'a HeaderMap, name: &HeaderName) -> Self {
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) => text(value).map_or(Self::Unclear, Self::Text),
            (Some(_), Some(_)) => Self::Unclear,
        }
    }

    /// The text, where it is there and clear.
    pub(super) fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Absent | Self::Unclear => None,
        }
    }
}

/// The text of a header, without the blanks around it, which are not part of it.
pub(super) fn text(value: &HeaderValue) -> Option<&str> {
    Some(std::str::from_utf8(value.as_bytes()).ok()?.trim_matches([' ', '\t']))
}
