//! One request: its body is taken, the edge answers, and what it came to is
//! logged and counted.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use capture_engine::http::{Answered, Edge};
use capture_engine::result_code::ResultCode;
use capture_engine::store::AnyStore;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use http::{StatusCode, request};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::{debug, warn};

use crate::body;
use crate::clock;
use crate::failure::Failure;
use crate::limits::Limits;
use crate::metrics::{Load, Metrics};
use crate::open::Open;

/// Names a request in the log. It is outside of the signature.
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// What every request needs.
pub struct Host {
    pub edge: Edge<AnyStore>,
    pub limits: Limits,
    /// A permit for each connection.
    pub connections: Arc<Semaphore>,
    /// A permit for each request that is being answered.
    pub in_flight: Arc<Semaphore>,
    metrics: Metrics,
    ids: RequestIds,
}

impl Host {
    /// Nothing was asked of it yet.
    pub fn new(edge: Edge<AnyStore>, limits: Limits) -> Result<Self, Failure> {
        let permits = |most: u32| Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(usize::MAX)));
        Ok(Self {
            edge,
            limits,
            connections: permits(limits.max_connections.get()),
            in_flight: permits(limits.max_in_flight.get()),
            metrics: Metrics::new()?,
            ids: RequestIds::new(),
        })
    }
}

/// The API, and what looks after it.
pub fn routes(host: Arc<Host>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/metrics", get(metrics))
        // The place of /openapi.json: the document of the four routes.
        .fallback(api)
        .with_state(host)
}

async fn metrics(State(host): State<Arc<Host>>) -> Response {
    let now = clock::now();
    let load = Load {
        connections: taken(&host.connections, host.limits.max_connections.get()),
        in_flight: taken(&host.in_flight, host.limits.max_in_flight.get()),
    };
    let open = match Open::read(host.edge.engine().store(), now).await {
        Ok(open) => open,
        Err(error) => {
            warn!(%error, "the store cannot be read for the metrics");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    match host.metrics.text(load, &open, now) {
        Ok(text) => ([(CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            warn!(%error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn taken(permits: &Semaphore, all: u32) -> usize {
    usize::try_from(all).unwrap_or(usize::MAX).saturating_sub(permits.available_permits())
}

/// Everything else is the edge's to answer.
async fn api(State(host): State<Arc<Host>>, request: Request) -> Response {
    let id = host.ids.next();
    let mut response = match take(&host, request).await {
        Ok((parts, body, permit)) => {
            // A task of its own: a peer that goes away drops nothing half-way,
            // and finds what was answered when it asks again.
            let answering = tokio::spawn(answer(Arc::clone(&host), id, parts, body, permit));
            answering.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
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
    let body = body::read(body, host.limits.body_timeout).await?;
    let permit = Arc::clone(&host.in_flight).try_acquire_owned();
    Ok((parts, body, permit.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?))
}

/// Answers a request. The permit goes when that is done.
async fn answer(
    host: Arc<Host>,
    id: RequestId,
    parts: request::Parts,
    body: Bytes,
    _permit: OwnedSemaphorePermit,
) -> Response {
    let began = clock::stopwatch();
    let response = host.edge.answer(Request::from_parts(parts, body), clock::now()).await;
    let took = began.elapsed();
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
    let reason = reason.as_ref().map(tracing::field::display);
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
struct RequestIds {
    start: i64,
    next: AtomicU64,
}

impl RequestIds {
    /// From 1, in this process.
    fn new() -> Self {
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
