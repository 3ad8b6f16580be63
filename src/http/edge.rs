//! One request in, one signed answer out. The order of the checks is the order
//! of the code.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method, Request, Response, StatusCode, request};

use super::check::{Admission, AnyCheck, Caller, Check};
use super::code::Code;
use super::header::{CLIENT_ID, IDEMPOTENT_REPLAYED, REQUEST_TIME, RESPONSE_TIME, SIGNATURE, Single};
use super::keyring::{Clients, Signer};
use super::media;
use super::rejection::{CheckKind, Rejection};
use super::route::{Prefix, Route};
use super::signature::{DEFAULT_WINDOW, SignatureHeader, SignedText, signing_time, within};
use crate::capture_id::{HashedIds, IdSource};
use crate::engine::Engine;
use crate::id::MerchantId;
use crate::risk::{AcceptAll, RiskCheck};
use crate::store::{Reads, Store};
use crate::time::Instant;
use crate::wire::{self, Cause, Reply};

/// The API over an engine: from requests to signed answers. It opens no socket,
/// reads no clock and starts nothing.
///
/// See the [module](super) for the order of its checks, and
/// [`MerchantClient`](super::MerchantClient) for an example.
pub struct Edge<S, R = AcceptAll, I = HashedIds> {
    engine: Engine<S, R, I>,
    clients: Clients,
    signer: Signer,
    prefix: Prefix,
    window: Option<Duration>,
    early_limiter: Option<Box<dyn AnyCheck>>,
    token_verifier: Option<Box<dyn AnyCheck>>,
    access_check: Option<Box<dyn AnyCheck>>,
    rate_limiter: Option<Box<dyn AnyCheck>>,
}

/// What an answer came to, for logs and metrics: it is among the extensions of
/// the [`Response`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answered {
    /// The route, if the path is one.
    pub route: Option<Route>,
    /// The client. Where the signature was refused, or not looked at, it is
    /// who the sender says it is.
    pub client: Option<MerchantId>,
    /// The code that was answered.
    pub code: Code,
    /// Whether this is the recorded answer of an earlier delivery.
    pub replayed: bool,
    /// Why it was no success, where the code does not say all.
    pub reason: Option<Reason>,
}

/// Why an answer was no success.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The request was refused before its body was read.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The body could not be read, the engine refused it, or it failed.
    #[error(transparent)]
    Cause(#[from] Cause),
    /// The answer could not be signed: it was not given.
    #[error("the answer could not be signed")]
    NotSigned,
}

impl<S, R, I> Edge<S, R, I> {
    /// An edge at the root of its host, for these clients, which signs with
    /// this signer. The host keeps copies of both to change them.
    pub fn new(engine: Engine<S, R, I>, clients: Clients, signer: Signer) -> Self {
        Self {
            engine,
            clients,
            signer,
            prefix: Prefix::default(),
            window: Some(DEFAULT_WINDOW),
            early_limiter: None,
            token_verifier: None,
            access_check: None,
            rate_limiter: None,
        }
    }

    /// The same edge behind a prefix.
    #[must_use]
    pub fn prefix(self, prefix: Prefix) -> Self {
        Self { prefix, ..self }
    }

    /// By how much, on either side, a `Request-Time` may differ from the clock
    /// (by default 5 minutes); `None` for by any time. What is replayed within
    /// the window is answered from its record.
    #[must_use]
    pub fn request_time_window(self, window: Option<Duration>) -> Self {
        Self { window, ..self }
    }

    /// Asked before any cryptography, when the client is only claimed: refuses
    /// with `REQUEST_TRAFFIC_EXCEED_LIMIT`, which is no final answer. Count by
    /// what a sender cannot choose, such as its address among the
    /// [extensions](Caller::extensions): by the client, anybody could use up
    /// another's share. What is refused costs this side a signature still, of
    /// the answer: a flood must be stopped before it comes here.
    #[must_use]
    pub fn early_limiter(self, check: impl Check) -> Self {
        Self { early_limiter: Some(Box::new(check)), ..self }
    }

    /// Refuses with `INVALID_TOKEN`. It is asked for a request without a token
    /// too.
    #[must_use]
    pub fn token_verifier(self, check: impl Check) -> Self {
        Self { token_verifier: Some(Box::new(check)), ..self }
    }

    /// Refuses with `ACCESS_DENIED`.
    #[must_use]
    pub fn access_check(self, check: impl Check) -> Self {
        Self { access_check: Some(Box::new(check)), ..self }
    }

    /// Asked last, of a sender that is proved: refuses with
    /// `REQUEST_TRAFFIC_EXCEED_LIMIT`, which is no final answer.
    #[must_use]
    pub fn rate_limiter(self, check: impl Check) -> Self {
        Self { rate_limiter: Some(Box::new(check)), ..self }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine<S, R, I> {
        &self.engine
    }

    /// The clients.
    pub fn clients(&self) -> &Clients {
        &self.clients
    }

    /// With what the answers are signed.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }
}

impl<S: Store + Reads, R: RiskCheck, I: IdSource> Edge<S, R, I> {
    /// Answers a request at this clock reading. The URI is the one that was
    /// sent, prefix included; the body the exact bytes, of which more than
    /// [`wire::MAX_BODY`] are refused.
    ///
    /// A status other than 200 is given only if the answer cannot be signed:
    /// then nothing is said.
    pub async fn answer(&self, request: Request<Bytes>, now: Instant) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let mut sender = Sender::default();
        let told = match self.admit(&parts, &body, now, &mut sender).await {
            Ok((route, client)) => Told::from(self.reply(route, &client, &body, now).await),
            Err(rejection) => Told::from(rejection),
        };
        self.respond(&parts, sender, told, now)
    }

    /// Whether the body may be looked at, for whom, and for what. Notes who
    /// asks, as far as that is known.
    async fn admit(
        &self,
        parts: &request::Parts,
        body: &[u8],
        now: Instant,
        sender: &mut Sender,
    ) -> Result<(Route, MerchantId), Rejection> {
        let request::Parts { method, uri, headers, extensions, .. } = parts;
        let route = self.prefix.route(uri.path()).ok_or(Rejection::Path)?;
        sender.route = Some(route);
        require(method == Method::POST, Rejection::Method)?;
        require(media::is_read(headers), Rejection::ContentType)?;
        require(media::takes_answer(headers), Rejection::Accept)?;
        let client = match Single::of(headers, &CLIENT_ID) {
            Single::Absent => return Err(Rejection::NoClient),
            Single::Text(name) => self.clients.find(name).ok_or(Rejection::UnknownClient)?,
            Single::Unclear => return Err(Rejection::UnknownClient),
        };
        sender.client = Some(client.clone());
        let caller = Caller::new(&client, route, now, headers, extensions);
        ask(&self.early_limiter, CheckKind::EarlyLimiter, &caller).await?;
        self.verify(parts, body, &caller)?;
        ask(&self.token_verifier, CheckKind::Token, &caller).await?;
        ask(&self.access_check, CheckKind::Access, &caller).await?;
        ask(&self.rate_limiter, CheckKind::RateLimiter, &caller).await?;
        Ok((route, client))
    }

    /// Whether the client signed this request, and lately.
    fn verify(&self, parts: &request::Parts, body: &[u8], caller: &Caller<'_>) -> Result<(), Rejection> {
        let header = SignatureHeader::of(&parts.headers);
        // Whoever has no key is told so first, also without a signature.
        let named = header.as_ref().copied().unwrap_or_default();
        let version = named.version().map_err(|_| Rejection::UnknownKey)?;
        let key = self.clients.key(caller.client(), version)?;
        let signature = header?.signature()?;
        let (time, signed) = signing_time(&parts.headers, &REQUEST_TIME)?;
        within(self.window, signed, caller.now())?;
        let client = caller.client().as_str().as_bytes();
        let text = SignedText { method: &parts.method, uri: &parts.uri, client, time, body };
        Ok(text.verify(&signature, &key)?)
    }

    async fn reply(&self, route: Route, client: &MerchantId, body: &[u8], now: Instant) -> Reply {
        match route {
            Route::Capture => wire::capture(&self.engine, client, body, now).await,
            Route::Cancel => wire::cancel(&self.engine, client, body, now).await,
            Route::Void => wire::void(&self.engine, client, body, now).await,
            Route::InquiryPayment => wire::inquire(&self.engine, client, body, now).await,
        }
    }

    /// Signs what is told.
    fn respond(&self, parts: &request::Parts, sender: Sender, told: Told, now: Instant) -> Response<Bytes> {
        let Told { body, code, replayed, mut reason } = told;
        let Sender { route, client } = sender;
        let mut response = match self.signed(parts, body, now) {
            Some(mut response) => {
                if replayed {
                    response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
                }
                response
            }
            None => {
                reason = Some(Reason::NotSigned);
                nothing_said()
            }
        };
        response.extensions_mut().insert(Answered { route, client, code, replayed, reason });
        response
    }

    /// Whom the answer names: the client that was sent, if it is one; it need
    /// not be known. But a refusal is signed for anybody, and an unknown name
    /// with a full stop could be read as another name, a time and a body: the
    /// sender would have worded an answer to somebody else.
    fn named<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let name = Single::of(headers, &CLIENT_ID).text()?;
        (!name.contains('.') || self.clients.find(name).is_some()).then_some(name)
    }

    /// The answer with its headers; nothing if it cannot be signed.
    fn signed(&self, parts: &request::Parts, body: Vec<u8>, now: Instant) -> Option<Response<Bytes>> {
        let time = now.at(self.engine.settings().printed_offset()).with_fraction().to_string();
        let client = self.named(&parts.headers);
        let text = SignedText {
            method: &parts.method,
            uri: &parts.uri,
            client: client.unwrap_or_default().as_bytes(),
            time: &time,
            body: &body,
        };
        let (version, key) = self.signer.current();
        let signature = text.signed(version, &key).ok()?;
        let mut response = Response::new(Bytes::from(body));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media::JSON_IN_UTF8));
        if let Some(client) = client {
            headers.insert(CLIENT_ID, HeaderValue::from_bytes(client.as_bytes()).ok()?);
        }
        headers.insert(RESPONSE_TIME, HeaderValue::try_from(time).ok()?);
        headers.insert(SIGNATURE, HeaderValue::try_from(signature).ok()?);
        Some(response)
    }
}

/// Who asks for what, as far as that is known.
#[derive(Default)]
struct Sender {
    route: Option<Route>,
    client: Option<MerchantId>,
}

/// What is told, before it is signed.
struct Told {
    body: Vec<u8>,
    code: Code,
    replayed: bool,
    reason: Option<Reason>,
}

impl From<Reply> for Told {
    fn from(reply: Reply) -> Self {
        let Reply { body, code, replayed, cause } = reply;
        Self { body, code: code.into(), replayed, reason: cause.map(Reason::Cause) }
    }
}

impl From<Rejection> for Told {
    fn from(rejection: Rejection) -> Self {
        let code = rejection.code();
        let body = wire::bare_result(code.as_str(), code.status(), code.message());
        Self { body, code, replayed: false, reason: Some(rejection.into()) }
    }
}

/// A status that every client takes for a failure of the transport.
fn nothing_said() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

fn require(holds: bool, rejection: Rejection) -> Result<(), Rejection> {
    holds.then_some(()).ok_or(rejection)
}

/// Asks a check of the host's, where there is one.
async fn ask(
    check: &Option<Box<dyn AnyCheck>>,
    kind: CheckKind,
    caller: &Caller<'_>,
) -> Result<(), Rejection> {
    let Some(check) = check else { return Ok(()) };
    match check.admit(caller).await {
        Admission::Admitted => Ok(()),
        Admission::Refused => Err(Rejection::Refused(kind)),
        Admission::Undecided => Err(Rejection::Undecided(kind)),
    }
}

impl<S: fmt::Debug, R: fmt::Debug, I: fmt::Debug> fmt::Debug for Edge<S, R, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, clients, prefix, window, .. } = self;
        let mut shown = f.debug_struct("Edge");
        shown
            .field("engine", engine)
            .field("clients", clients)
            .field("prefix", prefix)
            .field("window", window);
        shown.finish_non_exhaustive()
    }
}
