//! The API over HTTP, without a socket: [`Edge::answer`] takes an
//! `http::Request<Bytes>` and a clock reading to a signed
//! `http::Response<Bytes>`, and mounts in axum, hyper, actix or a test.
//! [`MerchantClient`] is the merchant's half.
//!
//! The routes are `{prefix}/v2/payments/capture`, `…/cancel`, `…/void` and
//! `…/inquiryPayment`; bodies and answers are those of [`wire`](crate::wire),
//! and the `Client-Id` is the merchant. (Authorizations are made by the host,
//! through the engine.)
//!
//! # The checks, in their order
//! Each is answered with a result in the body of an HTTP 200, as the family of
//! this API does it. The first that fails answers, and nothing hints at the
//! others. What fails before the body reaches no store and is not recorded.
//!
//! | check | result code |
//! |---|---|
//! | the path is the prefix and a route, byte by byte | `INVALID_API` F |
//! | the method is POST | `METHOD_NOT_SUPPORTED` F |
//! | `Content-Type` is absent or JSON in UTF-8, `Accept` is absent or admits it | `MEDIA_TYPE_NOT_ACCEPTABLE` F |
//! | `Client-Id` is there once, and known | `CLIENT_INVALID` F |
//! | the host's [limiter](Edge::early_limiter) | `REQUEST_TRAFFIC_EXCEED_LIMIT` U |
//! | the client has a key of the version that is named, or any | `KEY_NOT_FOUND` F |
//! | `Signature` has its form, `Request-Time` is an instant or epoch milliseconds and within the [window](Edge::request_time_window), the signature is the client's of these exact bytes | `SIGNATURE_INVALID` F |
//! | the host's [token verifier](Edge::token_verifier) | `INVALID_TOKEN` F |
//! | the host's [access check](Edge::access_check) | `ACCESS_DENIED` F |
//! | the host's [rate limiter](Edge::rate_limiter) | `REQUEST_TRAFFIC_EXCEED_LIMIT` U |
//! | the body | `PARAM_ILLEGAL` F |
//! | the engine | its own codes |
//!
//! A check of the host's that [cannot say](Admission::Undecided) is answered
//! `UNKNOWN_EXCEPTION` U. Overload is U because the request may be the second
//! delivery of one that captured: an F would say that it did not.
//!
//! # What is signed
//! Signatures are RSASSA-PKCS1-v1_5 with SHA-256, with keys of 2,048 bits or
//! more, over
//! ```text
//! <METHOD> <URI>\n<Client-Id>.<Request-Time>.<body>
//! ```
//! and, of the answer, the same method and URI with its `Response-Time` and its
//! body. The URI is path and query as they were sent, prefix included: a router
//! that cuts the prefix off must give it back before. Every answer is signed,
//! refusals too. It bears the `Client-Id` that was sent; where there was none,
//! or more than one, it is left out and signed as empty. So is a name that is
//! not known and holds a full stop: signed, it could be read as a known name, a
//! time and the beginning of a body, and thus as an answer to somebody else.
//!
//! The header is `algorithm=RSA256, keyVersion=1, signature=…`: without an
//! algorithm it is RSA256, without a version the latest key is meant. The
//! signature is base64, percent-encoded; read are both alphabets, padded or
//! not, percent-encoded or not.
//!
//! The recorded answer of an earlier delivery is the same body again, and says
//! `Idempotent-Replayed: true` in a header, which is not signed.
//!
//! # What the host does
//! - Reads a body whole, up to a limit of its own above [`wire::MAX_BODY`](crate::wire::MAX_BODY),
//!   and limits sizes, times and connections: a refusal costs a signature.
//! - May run the future to its end also when the sender goes away, in a task of
//!   its own. A dropped one is as a sender that hung up: sent again, the request
//!   is answered from what is stored.
//! - Signs and verifies on the thread that polls: about a third of a
//!   millisecond of computing for each request.
//! - Terminates TLS.
//! - Reads [`Answered`] in the extensions of the response for logs and metrics.
//!
//! An example with all of it is `examples/serve`.

mod check;
mod client;
mod code;
mod edge;
mod header;
mod key;
mod keyring;
mod media;
mod openapi;
mod rejection;
mod route;
mod signature;

pub use self::check::{Admission, Caller, Check, Token};
pub use self::client::{MerchantClient, ResponseError};
pub use self::code::{Code, EdgeCode};
pub use self::edge::{Answered, Edge, Reason};
pub use self::header::{AGENT_TOKEN, CLIENT_ID, IDEMPOTENT_REPLAYED, REQUEST_TIME, RESPONSE_TIME, SIGNATURE};
pub use self::key::{KeyError, KeyVersion, KeyVersionError, PrivateKey, PublicKey};
pub use self::keyring::{Clients, KeyRing, Signer};
pub use self::openapi::openapi;
pub use self::rejection::{CheckKind, Rejection};
pub use self::route::{Prefix, PrefixError, Route};
pub use self::signature::SignatureError;

#[cfg(test)]
mod tests {
    use super::*;

    /// The edge's codes in the rows of the table that begins with this line.
    fn codes_of<'t>(text: &'t str, head: &str) -> Vec<&'t str> {
        let table =
            text.lines().skip_while(|line| !line.ends_with(head)).take_while(|line| line.contains('|'));
        let rows = table.filter_map(|row| {
            let known = EdgeCode::ALL.into_iter().map(EdgeCode::as_str);
            row.split('`').find(|word| known.clone().any(|code| code == *word))
        });
        rows.collect()
    }

    #[test]
    fn the_readme_and_these_docs_list_the_checks_alike() {
        let here = codes_of(include_str!("mod.rs"), "| check | result code |");
        let readme = codes_of(include_str!("../../README.md"), "| what is looked at | code | status |");
        assert_eq!(here, readme);
        assert_eq!(here.len(), 10, "{here:?}");
        assert!(EdgeCode::ALL.into_iter().all(|code| here.contains(&code.as_str())));
    }
}
