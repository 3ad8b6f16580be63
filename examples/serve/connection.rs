//! One connection: requests one after the other, until its peer is through or
//! too slow.

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::select;
use tower::ServiceExt;

use crate::clock;
use crate::limits::Limits;
use crate::stopping::Stop;

/// The most bytes of a header.
const HEADER: usize = 16 << 10;

/// Serves a connection to its end.
pub async fn serve(stream: TcpStream, router: Router, limits: Limits, mut stop: Stop) {
    // An answer is one small write, which nothing else follows.
    let _ = stream.set_nodelay(true);
    let phase = Phase::new();
    let requests = phase.clone();
    let service = service_fn(move |request: http::Request<Incoming>| {
        requests.enter(Step::Answering);
        let (router, phase) = (router.clone(), requests.clone());
        async move {
            let response = router.oneshot(request).await;
            phase.enter(Step::Waiting);
            response
        }
    });
    let io = TokioIo::new(Watched { stream, phase: phase.clone() });
    let mut connection = pin!(
        http1::Builder::new()
            // Kept here, by the phase: the library has one time for both waiting
            // and header.
            .header_read_timeout(None)
            .max_buf_size(HEADER)
            // Who has sent all it wants to send may still be waiting for the answer.
            .half_close(true)
            .serve_connection(io, service)
    );
    let mut check = tokio::time::interval(limits.pause_between_checks());
    let mut stopping = false;
    loop {
        select! {
            biased;
            // Whatever ends a connection is its peer's to know.
            _ = connection.as_mut() => return,
            () = stop.told(), if !stopping => {
                stopping = true;
                // Ends at once unless a request has begun to come.
                connection.as_mut().graceful_shutdown();
            }
            _ = check.tick() => {
                if phase.is_overdue(&limits) {
                    return;
                }
            }
        }
    }
}

/// What a connection does, and since when.
#[derive(Clone)]
struct Phase(Arc<Mutex<(Step, Instant)>>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It waits for the next request, or for its peer to take an answer.
    Waiting,
    /// A header has begun to come.
    Header,
    /// The request is the handler's, which has limits of its own.
    Answering,
}

impl Phase {
    fn new() -> Self {
        Self(Arc::new(Mutex::new((Step::Waiting, clock::stopwatch()))))
    }

    fn enter(&self, step: Step) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (step, clock::stopwatch());
    }

    fn current(&self) -> (Step, Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes have come.
    fn read(&self) {
        if self.current().0 == Step::Waiting {
            self.enter(Step::Header);
        }
    }

    fn is_overdue(&self, limits: &Limits) -> bool {
        let (step, since) = self.current();
        let most = match step {
            Step::Waiting => limits.idle_timeout,
            Step::Header => limits.header_timeout,
            Step::Answering => Duration::MAX,
        };
        since.elapsed() > most
    }
}

/// A stream that tells when the first byte of a request comes.
struct Watched {
    stream: TcpStream,
    phase: Phase,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.phase.read();
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
