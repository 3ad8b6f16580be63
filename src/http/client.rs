//! The merchant's half: signs requests, verifies answers.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri};

use super::header::{CLIENT_ID, REQUEST_TIME, RESPONSE_TIME, SIGNATURE, Single};
use super::key::KeyError;
use super::keyring::{KeyRing, Signer};
use super::media;
use super::signature::{DEFAULT_WINDOW, SignatureError, SignatureHeader, SignedText, signing_time, within};
use crate::id::MerchantId;
use crate::time::{Instant, Offset};

/// A client of the API: its name, the key with which it signs, and the public
/// keys of the other side. It opens no socket and reads no clock.
///
/// ```
/// use bytes::Bytes;
/// use capture_engine::http::{MerchantClient, Clients, Edge, KeyRing, KeyVersion, PrivateKey, Signer};
/// use capture_engine::{Engine, Instant, MemoryStore, Settings};
/// use http::Request;
///
/// # pollster::block_on(async {
/// let (shop_key, wallet_key) = (PrivateKey::generate()?, PrivateKey::generate()?);
/// let (shop, first) = ("shop".parse()?, KeyVersion::FIRST);
/// let clients = Clients::new();
/// clients.add(&shop, first, shop_key.public_key()?);
/// let wallet_public = wallet_key.public_key()?;
/// let edge = Edge::new(
///     Engine::new(MemoryStore::new(), Settings::default()),
///     clients,
///     Signer::new(first, wallet_key),
/// );
///
/// let client = MerchantClient::new(shop, Signer::new(first, shop_key), KeyRing::of(first, wallet_public));
/// let now: Instant = "2026-03-01T09:00:00Z".parse()?;
/// let body = Bytes::from_static(br#"{"captureRequestId":"c-1","paymentId":"p-1"}"#);
/// let request = client.sign(Request::post("/v2/payments/capture").body(body)?, now)?;
/// let (method, uri) = (request.method().clone(), request.uri().clone());
///
/// let response = edge.answer(request, now).await;
/// let body = client.verify(&method, &uri, &response, now)?;
/// assert!(body.starts_with(br#"{"result":{"resultCode":"AUTH_NOT_FOUND""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct MerchantClient {
    id: MerchantId,
    signer: Signer,
    answering: KeyRing,
    window: Option<Duration>,
}

/// An answer must not be believed. Whether the request was done is not known:
/// the same request may be sent again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// The status is not 200: it comes from something between, or nothing is said.
    #[error("the status is {0}, not 200")]
    Status(StatusCode),
    /// It is for another client, or for nobody.
    #[error("the Client-Id of the answer is another, or missing")]
    OtherClient,
    /// No key of the version that is named is known.
    #[error("the answer is signed with a key that is not known")]
    UnknownKey,
    /// The signature or its time is missing or wrong.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl MerchantClient {
    /// A client that signs with its own key, and verifies with the keys of the
    /// side that answers.
    #[must_use]
    pub fn new(id: MerchantId, signer: Signer, answering: KeyRing) -> Self {
        Self { id, signer, answering, window: Some(DEFAULT_WINDOW) }
    }

    /// By how much a `Response-Time` may differ from the clock (by default
    /// 5 minutes); `None` for by any time.
    #[must_use]
    pub fn response_time_window(self, window: Option<Duration>) -> Self {
        Self { window, ..self }
    }

    /// Signs a request: sets `Client-Id`, `Request-Time`, `Signature`, and the
    /// `Content-Type` if there is none. Method, path, query and body must be
    /// sent as they are from here on.
    ///
    /// # Errors
    /// [`KeyError::Failed`] if the library for cryptography fails.
    pub fn sign(&self, mut request: Request<Bytes>, now: Instant) -> Result<Request<Bytes>, KeyError> {
        let time = now.at(Offset::UTC).with_fraction().to_string();
        let text = SignedText {
            method: request.method(),
            uri: request.uri(),
            client: self.id.as_str().as_bytes(),
            time: &time,
            body: request.body(),
        };
        let (version, key) = self.signer.current();
        let signature = text.signed(version, &key)?;
        // An id has no control character, and the other two are ASCII.
        let value = |text: &str| HeaderValue::from_bytes(text.as_bytes()).map_err(|_| KeyError::Failed);
        let signed = [(CLIENT_ID, self.id.as_str()), (REQUEST_TIME, &time), (SIGNATURE, &signature)];
        let headers = request.headers_mut();
        for (name, text) in signed {
            headers.insert(name, value(text)?);
        }
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(media::JSON_IN_UTF8));
        Ok(request)
    }

    /// The body of an answer to a request of this method and URI, if the other
    /// side signed it, for this client, and lately.
    ///
    /// The signed text does not name the request. Any answer that the other
    /// side gave lately to a request of this client, method and URI verifies:
    /// whoever stands between can give it for another one, or again. And a
    /// refusal before the body is read is signed for anybody who sends this
    /// client's name. So compare the ids that the body echoes with those that
    /// were sent; and take an answer without them, as every such refusal is,
    /// for what it says only where TLS protects the way. Where it does not,
    /// nothing is known: send the same request again, or inquire.
    ///
    /// # Errors
    /// [`ResponseError`]; an answer without a signature or a time is one.
    pub fn verify<'r>(
        &self,
        method: &Method,
        uri: &Uri,
        response: &'r Response<Bytes>,
        now: Instant,
    ) -> Result<&'r Bytes, ResponseError> {
        if response.status() != StatusCode::OK {
            return Err(ResponseError::Status(response.status()));
        }
        let headers = response.headers();
        let client = Single::of(headers, &CLIENT_ID).text().filter(|client| *client == self.id.as_str());
        let client = client.ok_or(ResponseError::OtherClient)?;
        let header = SignatureHeader::of(headers)?;
        let version = header.version().map_err(|_| ResponseError::UnknownKey)?;
        let key = self.answering.key(version).ok_or(ResponseError::UnknownKey)?;
        let signature = header.signature()?;
        let (time, signed) = signing_time(headers, &RESPONSE_TIME)?;
        within(self.window, signed, now)?;
        let body = response.body();
        SignedText { method, uri, client: client.as_bytes(), time, body }.verify(&signature, key)?;
        Ok(body)
    }
}
