//! What Prometheus reads at `/metrics`.

use std::time::Duration;

use capture_engine::Instant;
use capture_engine::http::{Answered, Code, EdgeCode, Route};
use http::StatusCode;
use prometheus::{Histogram, HistogramOpts, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

use crate::open::Open;

/// With what a request is told nothing.
const UNANSWERED: [StatusCode; 6] = [
    StatusCode::BAD_REQUEST,
    StatusCode::METHOD_NOT_ALLOWED,
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::SERVICE_UNAVAILABLE,
];

/// The label of a path that is no route.
const NO_ROUTE: &str = "none";

/// Counters, a histogram, and gauges that are set when they are read.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    unanswered: IntCounterVec,
    seconds: Histogram,
    connections: IntGauge,
    in_flight: IntGauge,
    in_process: IntGauge,
    oldest: IntGauge,
    expiring: IntGauge,
    overdue: IntGauge,
}

/// How much is going on.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub connections: usize,
    pub in_flight: usize,
}

impl Metrics {
    /// All there, and 0.
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            prometheus::Result::Ok(gauge)
        };
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            prometheus::Result::Ok(counter)
        };
        let metrics = Self {
            requests: counter("capture_requests_total", "Requests that were answered.", &["code", "route"])?,
            unanswered: counter("capture_unanswered_total", "Requests that were told nothing.", &["status"])?,
            seconds: histogram("capture_request_seconds", "From a request's last byte to its answer.")?,
            connections: gauge("capture_connections", "Open connections.")?,
            in_flight: gauge("capture_in_flight", "Requests that are being answered.")?,
            in_process: gauge("capture_in_process", "Captures whose outcome is open.")?,
            oldest: gauge(
                "capture_in_process_oldest_seconds",
                "How long the oldest capture has been in process.",
            )?,
            expiring: gauge("capture_holds_expiring", "Open authorizations that expire within an hour.")?,
            overdue: gauge("capture_holds_overdue", "Open authorizations that no sweep has closed yet.")?,
            registry: registry.clone(),
        };
        registry.register(Box::new(metrics.seconds.clone()))?;
        metrics.show_all()?;
        Ok(metrics)
    }

    /// What was never counted is shown as 0, so that a rise from there is seen.
    fn show_all(&self) -> prometheus::Result<()> {
        let show = |code: Code, route| self.requests.get_metric_with_label_values(&[code.as_str(), route]);
        for code in Code::all() {
            if code == EdgeCode::InvalidApi.into() {
                show(code, NO_ROUTE)?;
                continue;
            }
            for route in Route::ALL {
                show(code, route.path())?;
            }
        }
        for status in UNANSWERED {
            self.unanswered.get_metric_with_label_values(&[status.as_str()])?;
        }
        Ok(())
    }

    /// A request was answered.
    pub fn answered(&self, answered: &Answered, took: Duration) {
        let route = answered.route.map_or(NO_ROUTE, Route::path);
        if let Ok(count) = self.requests.get_metric_with_label_values(&[answered.code.as_str(), route]) {
            count.inc();
        }
        self.seconds.observe(took.as_secs_f64());
    }

    /// A request was told nothing but this status.
    pub fn unanswered(&self, status: StatusCode) {
        if let Ok(count) = self.unanswered.get_metric_with_label_values(&[status.as_str()]) {
            count.inc();
        }
    }

    /// The text, with what stands open now.
    pub fn text(&self, load: Load, open: &Open, now: Instant) -> prometheus::Result<String> {
        let Load { connections, in_flight } = load;
        self.connections.set(i64::try_from(connections).unwrap_or(i64::MAX));
        self.in_flight.set(i64::try_from(in_flight).unwrap_or(i64::MAX));
        let oldest = open.oldest.map_or(now, |oldest| oldest.min(now));
        self.oldest.set(now.as_micros().saturating_sub(oldest.as_micros()).saturating_div(1_000_000));
        for (gauge, count) in [
            (&self.in_process, open.in_process),
            (&self.expiring, open.expiring),
            (&self.overdue, open.overdue),
        ] {
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// From 100 microseconds, by doubling, to 3.3 seconds.
fn histogram(name: &str, help: &str) -> prometheus::Result<Histogram> {
    let buckets = prometheus::exponential_buckets(0.000_1, 2.0, 16)?;
    Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets))
}
