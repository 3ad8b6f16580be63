//! The connections: one task each, that sends a request, takes the answer, and
//! sends the next.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::plan::{Signed, now};

/// How many connections are being opened at once.
const OPENING: usize = 256;
/// How often a request is sent at most until it is answered with S or F.
const DELIVERIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(60);

/// A connection that is open.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    task: JoinHandle<()>,
}

/// What came of the queues of all connections.
pub struct Sent {
    /// The connections that did not break.
    pub open: Vec<Connection>,
    pub exchanges: Vec<Exchange>,
    /// Why the others did. What was in their queues is not answered.
    pub broken: Vec<String>,
}

/// A request that was answered.
pub struct Exchange {
    pub of: usize,
    pub response: Response<Bytes>,
    /// When its last delivery was sent.
    pub sent: Instant,
    pub answered: Instant,
    /// By the clock on the wall.
    pub at: capture_engine::Instant,
    /// How often it was told nothing, or U.
    pub untold: u32,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self, String> {
        let stream = TcpStream::connect(address).await.map_err(|error| format!("cannot connect: {error}"))?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let shaken = handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.map_err(|error| format!("cannot connect: {error}"))?;
        let task = tokio::spawn(async move {
            // Whoever sends learns of its end.
            let _ = connection.await;
        });
        let mut open = Self { sender, task };
        // The server took it in, and has what a connection that is used has.
        let health = Request::get("/healthz").body(Bytes::new()).unwrap();
        match open.exchange(health).await?.status() {
            StatusCode::OK => Ok(open),
            status => Err(format!("/healthz is answered with {status}")),
        }
    }

    /// So many, all open at the same time.
    pub async fn open_all(address: SocketAddr, connections: usize) -> Result<Vec<Self>, String> {
        let (mut open, mut opening) = (Vec::with_capacity(connections), JoinSet::new());
        for _ in 0..connections {
            if opening.len() == OPENING {
                open.extend(opening.join_next().await.transpose().unwrap().transpose()?);
            }
            opening.spawn(Self::open(address));
        }
        while let Some(opened) = opening.join_next().await {
            open.push(opened.unwrap()?);
        }
        Ok(open)
    }

    async fn exchange(&mut self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let exchange = async {
            self.sender.ready().await?;
            let (parts, body) = self.sender.send_request(request.map(Full::new)).await?.into_parts();
            Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
        };
        match timeout(ANSWER, exchange).await {
            Ok(answered) => answered.map_err(|error: hyper::Error| format!("a connection broke: {error}")),
            Err(_) => Err(format!("no answer came within {ANSWER:?}")),
        }
    }

    /// Sends until S or F is told, as a merchant does.
    async fn deliver(&mut self, signed: Signed) -> Result<Exchange, String> {
        let mut untold = 0;
        loop {
            let sent = Instant::now();
            let response = self.exchange(signed.request.clone()).await?;
            let (answered, at) = (Instant::now(), now());
            if !tells_nothing(&response) || untold == DELIVERIES {
                return Ok(Exchange { of: signed.of, response, sent, answered, at, untold });
            }
            untold += 1;
            sleep(PAUSE).await;
        }
    }

    /// Sends one after the other, and notes what was answered; gives up where
    /// the connection breaks.
    async fn send(mut self, queue: Vec<Signed>, done: &mut Vec<Exchange>) -> Result<Self, String> {
        for signed in queue {
            done.push(self.deliver(signed).await?);
        }
        Ok(self)
    }

    /// Sends its queue on each connection, all at once.
    pub async fn send_all(connections: Vec<Self>, queues: Vec<Vec<Signed>>) -> Sent {
        let send = |(connection, queue): (Self, Vec<Signed>)| async {
            let mut done = Vec::with_capacity(queue.len());
            (connection.send(queue, &mut done).await, done)
        };
        let sending = connections.into_iter().zip(queues).map(send).map(tokio::spawn);
        let sending: Vec<_> = sending.collect();
        let mut all = Sent { open: Vec::new(), exchanges: Vec::new(), broken: Vec::new() };
        for sent in sending {
            let (connection, done) = sent.await.unwrap();
            all.exchanges.extend(done);
            match connection {
                Ok(connection) => all.open.push(connection),
                Err(error) => all.broken.push(error),
            }
        }
        all
    }

    /// Closes them all.
    pub async fn close_all(connections: Vec<Self>) {
        for Self { sender, task } in connections {
            drop(sender);
            let _ = task.await;
        }
    }
}

/// An overload, or U: the same request is sent again.
fn tells_nothing(response: &Response<Bytes>) -> bool {
    const UNKNOWN: &[u8] = br#""resultStatus":"U""#;
    response.status() == StatusCode::SERVICE_UNAVAILABLE
        || response.body().windows(UNKNOWN.len()).any(|part| part == UNKNOWN)
}
