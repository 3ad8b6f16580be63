//! What all requests share, and the routes: the API, and beside it health,
//! metrics and the OpenAPI document.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use capture_engine::http::{Edge, Prefix, openapi};
use capture_engine::store::AnyStore;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use tokio::sync::Semaphore;
use tracing::warn;

use crate::clock;
use crate::failure::Failure;
use crate::limits::Limits;
use crate::metrics::{Load, Metrics};
use crate::open::Open;
use crate::requests::{self, RequestIds};

/// What every request needs.
pub struct Host {
    pub edge: Edge<AnyStore>,
    pub limits: Limits,
    /// A permit for each connection.
    pub connections: Arc<Semaphore>,
    /// A permit for each request that is being answered.
    pub in_flight: Arc<Semaphore>,
    pub metrics: Metrics,
    pub ids: RequestIds,
    /// Held by whoever reads the store for the metrics: one at a time.
    reading: Semaphore,
    document: String,
}

impl Host {
    /// Nothing was asked of it yet.
    pub fn new(edge: Edge<AnyStore>, prefix: &Prefix, limits: Limits) -> Result<Self, Failure> {
        let permits = |most: u32| Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(usize::MAX)));
        Ok(Self {
            edge,
            limits,
            connections: permits(limits.max_connections.get()),
            in_flight: permits(limits.max_in_flight.get()),
            metrics: Metrics::new()?,
            ids: RequestIds::new(),
            reading: Semaphore::new(1),
            document: openapi(prefix),
        })
    }
}

/// The API, and what stands beside it, at no prefix.
pub fn routes(host: Arc<Host>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(document))
        // Everything else is the edge's to answer.
        .fallback(requests::api)
        .with_state(host)
}

async fn metrics(State(host): State<Arc<Host>>) -> Response {
    let Ok(_reading) = host.reading.try_acquire() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
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

async fn document(State(host): State<Arc<Host>>) -> Response {
    ([(CONTENT_TYPE, "application/json")], host.document.clone()).into_response()
}
