//! One request: its body is taken, the edge answers, and what it came to is
//! logged and counted.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use capture_engine::http::Answered;
use capture_engine::result_code::ResultCode;
use http::header::{CONNECTION, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Method, StatusCode, request};
use tokio::sync::OwnedSemaphorePermit;
use tracing::{debug, warn};

use crate::body;
use crate::clock;
use crate::host::Host;

/// Names a request in the log. It is outside of the signature.
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Answers whatever is for the API.
pub async fn api(State(host): State<Arc<Host>>, request: Request) -> Response {
    let id = host.ids.next();
    let mut response = match take(&host, request).await {
        Ok((parts, body, permit)) => {
            // A task of its own: a peer that goes away drops nothing half-way,
            // and finds what was answered when it asks again.
            let request = http::Request::from_parts(parts, body);
            let answering = tokio::spawn(answer(Arc::clone(&host), id, request, clock::stopwatch(), permit));
            answering.await.unwrap_or_else(|_| unanswered(&host, id, StatusCode::INTERNAL_SERVER_ERROR))
        }
        Err(status) => unanswered(&host, id, status),
    };
    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The whole request, and leave to answer it.
///
/// The leave is asked for when the body is there, so that slow senders do not
/// take it from others.
async fn take(
    host: &Host,
    request: Request,
) -> Result<(request::Parts, Bytes, OwnedSemaphorePermit), StatusCode> {
    let (parts, body) = request.into_parts();
    if parts.method == Method::CONNECT {
        // A 200 would say that there is a tunnel.
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    let body = body::read(body, host.limits.body_timeout).await?;
    let permit = Arc::clone(&host.in_flight).try_acquire_owned();
    Ok((parts, body, permit.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?))
}

/// Answers a request. The permit goes when that is done.
async fn answer(
    host: Arc<Host>,
    id: RequestId,
    request: http::Request<Bytes>,
    came: Instant,
    _permit: OwnedSemaphorePermit,
) -> Response {
    let response = host.edge.answer(request, clock::now()).await;
    let took = came.elapsed();
    if let Some(answered) = response.extensions().get::<Answered>() {
        host.metrics.answered(answered, took);
        log(id, answered, response.status(), took);
    }
    response.map(Body::from)
}

/// One line. The reason is typed, and repeats nothing of what was sent but
/// ids and amounts.
fn log(id: RequestId, answered: &Answered, status: StatusCode, took: Duration) {
    let Answered { route, client, code, replayed, reason, .. } = answered;
    let route = route.map_or("none", |route| route.path());
    let client = client.as_ref().map_or("none", |client| client.as_str());
    let reason = reason.as_ref().map(|reason| tracing::field::debug(reason.to_string()));
    let micros = took.as_micros();
    let needs_attention = status != StatusCode::OK || *code == ResultCode::UnknownException.into();
    if needs_attention {
        warn!(%id, client, route, %code, replayed, reason, micros, status = status.as_u16(), "answered");
    } else {
        debug!(%id, client, route, %code, replayed, reason, micros, "answered");
    }
}

/// A status without a body or a signature says nothing of the request: the
/// same one may be sent again.
fn unanswered(host: &Host, id: RequestId, status: StatusCode) -> Response {
    host.metrics.unanswered(status);
    debug!(%id, status = status.as_u16(), "told nothing");
    let header = match status {
        StatusCode::SERVICE_UNAVAILABLE => (RETRY_AFTER, "1"),
        // What is left of the body is not read.
        _ => (CONNECTION, "close"),
    };
    (status, [header]).into_response()
}

/// Numbers requests.
pub struct RequestIds {
    start: i64,
    next: AtomicU64,
}

impl RequestIds {
    /// From 1, in this process.
    pub fn new() -> Self {
        Self { start: clock::now().as_micros(), next: AtomicU64::new(1) }
    }

    fn next(&self) -> RequestId {
        RequestId { start: self.start, number: self.next.fetch_add(1, Ordering::Relaxed) }
    }
}

/// When the process started, and which request of it it is.
#[derive(Clone, Copy)]
struct RequestId {
    start: i64,
    number: u64,
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}", self.start, self.number)
    }
}
