//! What is sent: payments, captures of them, and on which connection which
//! request stands.

use std::fmt::Write;
use std::thread;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use capture_engine::Instant;
use capture_engine::http::{KeyRing, KeyVersion, MerchantClient, Route, Signer};
use capture_engine::id::MerchantId;
use capture_engine::time::Offset;
use http::header::HOST;
use http::{Request, Uri};

use crate::support::rsa::Rsa;

pub const PREFIX: &str = "/api";
const MERCHANTS: usize = 20;
/// How many captures go to a payment.
pub const CAPTURES: usize = 10;
/// What each of them takes, in cents.
pub const PART: i64 = 100;
/// One of so many payments has room for two captures less than it is asked for.
const TIGHT: usize = 8;
/// One capture of so many is sent twice.
const TWICE: usize = 10;

pub fn now() -> Instant {
    SystemTime::now().try_into().unwrap()
}

fn uri(route: Route) -> Uri {
    format!("{PREFIX}{route}").parse().unwrap()
}

/// Captures of payments, by number: the nth capture is of the payment n / 10,
/// and that of the merchant that it is a multiple of.
#[derive(Clone, Copy)]
pub struct Plan {
    pub payments: usize,
}

impl Plan {
    /// With so many requests, those that are sent twice included.
    pub fn of(requests: usize) -> Self {
        Self { payments: (requests * TWICE / (TWICE + 1) / CAPTURES).max(1) }
    }

    pub fn captures(self) -> usize {
        self.payments * CAPTURES
    }

    pub fn authorized(self, payment: usize) -> i64 {
        let room = if payment % TIGHT == TIGHT - 1 { CAPTURES - 2 } else { CAPTURES };
        PART * room as i64
    }

    /// The holds, as lines of the replay format.
    pub fn lines(self, now: Instant) -> String {
        let week = Duration::from_secs(7 * 86_400).as_micros() as i64;
        let deadline = Instant::from_micros(now.as_micros() + week).unwrap();
        let (now, deadline) = (now.at(Offset::UTC), deadline.at(Offset::UTC));
        let mut lines = String::new();
        for payment in 0..self.payments {
            let (merchant, value) = (merchant(payment), self.authorized(payment));
            let id = payment_id(payment);
            let line = format!(
                r#"{{"op":"authorize","at":"{now}","clientId":"{merchant}","body":{{"paymentId":"{id}","paymentAmount":{{"value":"{value}","currency":"USD"}},"authExpiryTime":"{deadline}"}}}}"#
            );
            writeln!(lines, "{line}").unwrap();
        }
        lines
    }

    /// What each of so many connections sends, in its order. The captures of a
    /// payment go side by side, and so does a second copy that is to meet the
    /// first; the others come when all are through.
    fn queues(self, connections: usize) -> Vec<Vec<(usize, Copy)>> {
        let (mut queues, mut turns) = (vec![Vec::new(); connections], (0..connections).cycle());
        let mut of_first = Vec::with_capacity(self.captures());
        for capture in 0..self.captures() {
            let turn = turns.next().unwrap();
            queues[turn].push((capture, Copy::First));
            of_first.push(turn);
            if capture % (2 * TWICE) == 0 {
                queues[turns.next().unwrap()].push((capture, Copy::Soon));
            }
        }
        for capture in (TWICE..self.captures()).step_by(2 * TWICE) {
            let other = turns.by_ref().find(|turn| *turn != of_first[capture]).unwrap();
            queues[other].push((capture, Copy::Later));
        }
        queues
    }
}

/// Which delivery of a capture it is.
#[derive(Clone)]
enum Copy {
    First,
    /// The same bytes as the first.
    Soon,
    /// Signed anew.
    Later,
}

pub fn merchants() -> impl Iterator<Item = MerchantId> {
    (0..MERCHANTS).map(merchant)
}

fn merchant(payment: usize) -> MerchantId {
    format!("merchant-{:02}", payment % MERCHANTS).parse().unwrap()
}

/// 39 characters, as in the API's samples.
pub fn payment_id(payment: usize) -> String {
    format!("202603010900001{payment:024}")
}

pub fn capture_id(capture: usize) -> String {
    format!("2026030109000010{capture:024}")
}

/// Deals requests out to so many connections.
pub fn dealt(requests: Vec<Signed>, connections: usize) -> Vec<Vec<Signed>> {
    let mut queues = vec![Vec::new(); connections];
    for (at, request) in requests.into_iter().enumerate() {
        queues[at % connections].push(request);
    }
    queues
}

/// A request that is signed, and what it is of.
#[derive(Clone)]
pub struct Signed {
    pub of: usize,
    pub request: Request<Bytes>,
}

/// The merchants' side.
pub struct Senders {
    clients: Vec<MerchantClient>,
    threads: usize,
}

impl Senders {
    /// All merchants sign with one key.
    pub fn new(keys: &Rsa, answering: &Rsa) -> Self {
        let signer = Signer::new(KeyVersion::FIRST, keys.key());
        let ring = KeyRing::of(KeyVersion::FIRST, answering.key().public_key().unwrap());
        let client = |merchant| MerchantClient::new(merchant, signer.clone(), ring.clone());
        let threads = thread::available_parallelism().map_or(1, usize::from);
        Self { clients: merchants().map(client).collect(), threads }
    }

    /// The merchant's half of what goes to a payment.
    pub fn client(&self, payment: usize) -> &MerchantClient {
        &self.clients[payment % MERCHANTS]
    }

    fn sign(&self, payment: usize, route: Route, body: String) -> Request<Bytes> {
        let request = Request::post(uri(route)).header(HOST, "127.0.0.1");
        self.client(payment).sign(request.body(body.into()).unwrap(), now()).unwrap()
    }

    fn capture(&self, capture: usize) -> Signed {
        let (request, payment) = (capture_id(capture), payment_id(capture / CAPTURES));
        let body = format!(
            r#"{{"captureRequestId":"{request}","paymentId":"{payment}","captureAmount":{{"value":"{PART}","currency":"USD"}},"isLastCapture":false}}"#
        );
        Signed { of: capture, request: self.sign(capture / CAPTURES, Route::Capture, body) }
    }

    /// The captures, by connection.
    pub fn captures(&self, plan: Plan, connections: usize) -> Vec<Vec<Signed>> {
        let first = self.signed(plan.captures(), |capture| self.capture(capture));
        let signed = |(capture, copy): (usize, Copy)| match copy {
            Copy::First | Copy::Soon => first[capture].clone(),
            Copy::Later => self.capture(capture),
        };
        plan.queues(connections).into_iter().map(|queue| queue.into_iter().map(signed).collect()).collect()
    }

    /// An inquiry of each payment.
    pub fn inquiries(&self, plan: Plan) -> Vec<Signed> {
        self.signed(plan.payments, |payment| {
            let body = format!(r#"{{"paymentId":"{}"}}"#, payment_id(payment));
            Signed { of: payment, request: self.sign(payment, Route::InquiryPayment, body) }
        })
    }

    /// Signs so many requests, on all cores.
    fn signed(&self, count: usize, sign: impl Fn(usize) -> Signed + Sync) -> Vec<Signed> {
        let share = count.div_ceil(self.threads).max(1);
        let shares = (0..count).step_by(share).map(|from| from..count.min(from + share));
        thread::scope(|threads| {
            let sign = &sign;
            let signing: Vec<_> =
                shares.map(|share| threads.spawn(move || share.map(sign).collect::<Vec<_>>())).collect();
            signing.into_iter().flat_map(|share| share.join().unwrap()).collect()
        })
    }
}
