//! The server before peers that are slow, rude or gone: each is cut off or
//! told nothing, and no other is disturbed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs
)]
#![allow(clippy::disallowed_methods, reason = "slow peers take their time, and many come at once")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

#[path = "support/example_command.rs"]
mod example_command;
#[path = "support/merchant.rs"]
mod merchant;
#[path = "support/server.rs"]
mod server;

use merchant::{Answer, Merchant, Signed, connect, lines_file};
use server::Server;

/// What the server is told where its limit of a time is tried.
const LIMIT: Duration = Duration::from_millis(300);

/// Far below every limit that nobody changed, and enough on a busy machine.
const SOON: Duration = Duration::from_secs(5);

/// A merchant with 10.00 USD of payment `p` to capture.
struct Shop {
    merchant: Merchant,
    server: Server,
}

impl Shop {
    fn open(arguments: &[&str]) -> Self {
        let merchant = Merchant::new("shop");
        let hold = r#"{"op":"authorize","at":"2020-01-01T00:00:00Z","clientId":"shop","body":{"paymentId":"p","paymentAmount":{"value":"1000","currency":"USD"},"authExpiryTime":"2999-01-01T00:00:00Z"}}"#;
        let load = lines_file(merchant.directory.path(), &[hold.to_owned()]);
        let client = merchant.argument();
        let always = ["--client", client.as_str(), "--load", load.to_str().unwrap()];
        let server = Server::start(&[&always, arguments].concat());
        Self { merchant, server }
    }

    /// A capture of 1.00 USD.
    fn capture(&self, request: &str) -> Signed {
        self.merchant.sign(
            "/capture",
            &format!(
                r#"{{"captureRequestId":"{request}","paymentId":"p","captureAmount":{{"value":"100","currency":"USD"}},"isLastCapture":false}}"#
            ),
        )
    }

    fn connect(&self) -> TcpStream {
        connect(&self.server.address)
    }

    /// What was captured, in minor units.
    fn captured(&self) -> String {
        let asked = self.merchant.sign("/inquiryPayment", r#"{"paymentId":"p"}"#).send(&self.server.address);
        let (_, rest) = asked.body.split_once(r#""capturedAmount":{"value":""#).unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    /// Somebody else is served, in no time.
    fn serves_others(&self, request: &str) {
        let request = self.capture(request);
        let began = Instant::now();
        assert_eq!(request.send(&self.server.address).code(), "SUCCESS");
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    }
}

/// Whether the connection ends, and after how long. What still comes is
/// thrown away.
fn ends(stream: &mut TcpStream) -> Duration {
    let began = Instant::now();
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => (),
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => (),
        Err(error) => panic!("{error}"),
    }
    began.elapsed()
}

#[test]
fn a_header_that_comes_byte_by_byte_is_cut_off_while_others_are_served() {
    let shop = Shop::open(&["--header-timeout", "0.3"]);
    let request = shop.capture("slow").bytes();
    let mut stream = shop.connect();
    let began = Instant::now();
    let cut_off = request.iter().position(|byte| {
        sleep(Duration::from_millis(20));
        if began.elapsed() < Duration::from_millis(60) {
            shop.serves_others("other");
        }
        stream.write_all(&[*byte]).is_err()
    });
    assert!(cut_off.is_some(), "it came as a whole");
    assert!((LIMIT..SOON).contains(&began.elapsed()), "{:?}", began.elapsed());
    assert_eq!(shop.captured(), "100");
}

#[test]
fn a_body_that_does_not_end_is_told_nothing_while_others_are_served() {
    let shop = Shop::open(&["--body-timeout", "0.3"]);
    let request = shop.capture("slow").bytes();
    let mut stream = shop.connect();
    let began = Instant::now();
    stream.write_all(&request[..request.len() - 1]).unwrap();
    shop.serves_others("other");
    let answer = Answer::read(&mut stream).unwrap();
    assert_eq!((answer.status, answer.body.as_str(), answer.header("Signature")), (408, "", None));
    assert!((LIMIT..SOON).contains(&began.elapsed()), "{:?}", began.elapsed());
    ends(&mut stream);
    assert_eq!(shop.captured(), "100");
}

#[test]
fn who_asks_for_nothing_any_more_is_let_go() {
    let shop = Shop::open(&["--idle-timeout", "0.3", "--header-timeout", "600"]);
    let (mut silent, mut served) = (shop.connect(), shop.connect());
    served.write_all(&shop.capture("c").bytes()).unwrap();
    assert_eq!(Answer::read(&mut served).unwrap().code(), "SUCCESS");
    for stream in [&mut served, &mut silent] {
        assert!(ends(stream) < SOON);
    }
}

#[test]
fn who_does_not_take_its_answers_is_let_go() {
    let shop = Shop::open(&["--idle-timeout", "0.3", "--max-connections", "1"]);
    let mut stream = shop.connect();
    let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
    stream.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    // Until neither side can write any more.
    while stream.write_all(&request).is_ok() {}
    // There is room for one connection: when the next is served, this is gone.
    shop.serves_others("other");
}

#[test]
fn who_has_sent_all_it_wants_to_send_gets_its_answer() {
    let shop = Shop::open(&[]);
    let request = shop.capture("c").bytes();
    // Many, so that some are through with sending long before they are answered.
    let mut streams: Vec<_> = (0..64).map(|_| shop.connect()).collect();
    for stream in &mut streams {
        stream.write_all(&request).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
    }
    for stream in &mut streams {
        assert_eq!(Answer::read(stream).unwrap().code(), "SUCCESS");
        ends(stream);
    }
}

#[test]
fn a_body_that_breaks_off_does_nothing() {
    let shop = Shop::open(&[]);
    let request = shop.capture("c").bytes();
    let begins = request.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
    let mut neighbour = shop.connect();
    for length in [begins, begins + 1, request.len() - 1] {
        for half in [false, true] {
            let mut stream = shop.connect();
            stream.write_all(&request[..length]).unwrap();
            if half {
                stream.shutdown(Shutdown::Write).unwrap();
                let told = Answer::read(&mut stream).is_none_or(|answer| answer.status != 200);
                assert!(told, "{length}");
            }
        }
    }
    assert_eq!(shop.captured(), "0");
    neighbour.write_all(&request).unwrap();
    let answer = Answer::read(&mut neighbour).unwrap();
    assert_eq!((answer.code(), answer.is_replayed()), ("SUCCESS", false));
}

#[test]
fn garbage_ends_its_connection_and_no_other() {
    let shop = Shop::open(&[]);
    let mut neighbour = shop.connect();
    let long = format!("POST /api/v2/payments/capture HTTP/1.1\r\nA: {}\r\n\r\n", "a".repeat(64 << 10));
    let many = format!("POST / HTTP/1.1\r\n{}\r\n", "A: a\r\n".repeat(1_000));
    let garbage: [&[u8]; 13] = [
        b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS client speaks so\r\n\r\n",
        b"\0\0\0\0\0\0\0\0\r\n\r\n",
        &[0xFF; 4_096],
        b"\r\n\r\n\r\n\r\nnonsense\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /api/v2/payments/capture HTTP/9.9\r\n\r\n",
        b"POST /api/v2/payments/capture HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST /api/v2/payments/capture HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v2/payments/capture HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        b"POST /api/v2/payments/capture HTTP/1.1\r\nHeader without a colon\r\n\r\n",
        long.as_bytes(),
        many.as_bytes(),
    ];
    for (round, bytes) in garbage.into_iter().enumerate() {
        let mut stream = shop.connect();
        // It may be gone before all is sent.
        let _ = stream.write_all(bytes);
        if let Some(answer) = Answer::read(&mut stream) {
            assert!((400..500).contains(&answer.status) && answer.body.is_empty(), "{round}: {answer:?}");
        }
        assert!(ends(&mut stream) < SOON, "{round}");
        neighbour.write_all(&shop.capture("c").bytes()).unwrap();
        assert_eq!(Answer::read(&mut neighbour).unwrap().code(), "SUCCESS", "{round}");
    }
    assert_eq!(shop.captured(), "100");
}

#[test]
fn requests_that_come_together_are_answered_in_their_order() {
    let shop = Shop::open(&[]);
    let mut stream = shop.connect();
    let requests = ["1", "2", "1", "3"];
    let together: Vec<u8> = requests.iter().flat_map(|request| shop.capture(request).bytes()).collect();
    stream.write_all(&together).unwrap();
    for (request, replayed) in requests.into_iter().zip([false, false, true, false]) {
        let answer = Answer::read(&mut stream).unwrap();
        assert_eq!((answer.code(), answer.is_replayed()), ("SUCCESS", replayed));
        assert!(answer.body.contains(&format!(r#""captureRequestId":"{request}""#)), "{answer:?}");
    }
    assert_eq!(shop.captured(), "300");
}

#[test]
fn a_request_whose_answer_was_lost_is_done_once_and_answered_the_same_when_it_is_sent_again() {
    let shop = Shop::open(&[]);
    for (request, wait) in (1..).zip([0, 1, 3, 50]) {
        let signed = shop.capture(&request.to_string());
        let mut stream = shop.connect();
        stream.write_all(&signed.bytes()).unwrap();
        sleep(Duration::from_millis(wait));
        drop(stream);
        let began = Instant::now();
        while shop.captured() != format!("{request}00") {
            assert!(began.elapsed() < Duration::from_secs(5), "nobody waited, and nothing was done");
        }
        let (again, once_more) = (signed.send(&shop.server.address), signed.send(&shop.server.address));
        assert_eq!((again.code(), again.is_replayed()), ("SUCCESS", true));
        assert_eq!(again.body, once_more.body);
    }
    assert_eq!(shop.captured(), "400");
}

/// A capture with so many bytes of body.
fn sized(shop: &Shop, bytes: usize) -> Signed {
    let body = |padding: usize| {
        format!(
            r#"{{"captureRequestId":"c{bytes}","paymentId":"p","captureAmount":{{"value":"100","currency":"USD"}},"isLastCapture":false,"x":"{}"}}"#,
            "x".repeat(padding)
        )
    };
    shop.merchant.sign("/capture", &body(bytes - body(0).len()))
}

#[test]
fn a_body_is_read_up_to_twice_its_limit_and_then_refused_without_a_code() {
    let shop = Shop::open(&[]);
    let kibibytes = |kibibytes: usize| kibibytes << 10;
    for (bytes, code) in [
        (kibibytes(64), Some("SUCCESS")),
        (kibibytes(64) + 1, Some("PARAM_ILLEGAL")),
        (kibibytes(128), Some("PARAM_ILLEGAL")),
        (kibibytes(128) + 1, None),
        (kibibytes(1_024), None),
    ] {
        let signed = sized(&shop, bytes);
        let chunked = {
            let head = format!("{:x}\r\n", signed.body.len());
            let text = String::from_utf8(signed.bytes()).unwrap();
            let (before, _) = text.split_once("Content-Length").unwrap();
            format!("{before}Transfer-Encoding: chunked\r\n\r\n{head}{}\r\n0\r\n\r\n", signed.body)
                .into_bytes()
        };
        for sent in [signed.bytes(), chunked] {
            let mut stream = shop.connect();
            stream.write_all(&sent).unwrap();
            let answer = Answer::read(&mut stream).unwrap();
            if let Some(code) = code {
                assert_eq!((answer.status, answer.code()), (200, code), "{bytes}");
                continue;
            }
            assert_eq!((answer.status, answer.body.as_str(), answer.header("Signature")), (413, "", None));
            ends(&mut stream);
        }
    }
    assert_eq!(shop.captured(), "100");
}

#[test]
fn a_body_that_says_it_is_far_too_long_is_refused_before_it_comes() {
    let shop = Shop::open(&[]);
    let mut stream = shop.connect();
    let long = 10_u64 << 30;
    let head = format!(
        "POST /api/v2/payments/capture HTTP/1.1\r\nContent-Length: {long}\r\nExpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    assert_eq!(Answer::read(&mut stream).unwrap().status, 413);
    ends(&mut stream);
    // Of one that is not, the sender is told to go on.
    let text = String::from_utf8(shop.capture("c").bytes()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut stream = shop.connect();
    write!(stream, "{head}\r\nExpect: 100-continue\r\n\r\n").unwrap();
    assert_eq!(Answer::read(&mut stream).unwrap().status, 100);
    stream.write_all(body.as_bytes()).unwrap();
    assert_eq!(Answer::read(&mut stream).unwrap().code(), "SUCCESS");
}

#[test]
fn as_many_connections_are_taken_as_the_system_has_files_for() {
    let listens = Server::start_under("ulimit -Sn 100", &[]);
    assert!(!listens.log().contains("ulimit"), "what it may have, it takes: {}", listens.log());
    let shop = Merchant::new("shop");
    let server = Server::start_under("ulimit -n 100", &["--client", &shop.argument()]);
    let log = server.log_with("connections fit into");
    assert!(log.contains("only 36 connections fit into ulimit -n 100: raise it to 4160"), "{log}");
    let idle: Vec<_> = (0..200).map(|_| connect(&server.address)).collect();
    sleep(Duration::from_millis(100));
    drop(idle);
    assert_eq!(shop.sign("/cancel", r#"{"paymentId":"p"}"#).send(&server.address).code(), "AUTH_NOT_FOUND");
    assert_eq!(server.log(), log, "nothing else was short");
}

#[test]
fn one_connection_too_many_waits_for_another_to_end() {
    let shop = Shop::open(&["--max-connections", "2"]);
    let request = shop.capture("c").bytes();
    let mut streams = [shop.connect(), shop.connect(), shop.connect()];
    for stream in &mut streams {
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        stream.write_all(&request).unwrap();
    }
    let [first, second, third] = &mut streams;
    assert_eq!(Answer::read(first).unwrap().code(), "SUCCESS");
    assert_eq!(Answer::read(second).unwrap().code(), "SUCCESS");
    assert_eq!(Answer::read(third), None);
    first.shutdown(Shutdown::Both).unwrap();
    third.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    assert_eq!(Answer::read(third).unwrap().code(), "SUCCESS");
}

#[test]
fn a_request_too_many_is_told_nothing_and_captures_once_when_it_is_sent_again() {
    let shop = Shop::open(&["--max-in-flight", "1"]);
    let request = shop.capture("c");
    let address = &shop.server.address;
    let told_nothing = |answer: &Answer| {
        answer.status == 503
            && answer.body.is_empty()
            && answer.header("Signature").is_none()
            && answer.header("Retry-After") == Some("1")
    };
    let began = Instant::now();
    loop {
        let answers: Vec<_> = thread::scope(|scope| {
            let sent: Vec<_> = (0..16).map(|_| scope.spawn(|| request.send(address))).collect();
            sent.into_iter().map(|sent| sent.join().unwrap()).collect()
        });
        let (refused, answered): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| told_nothing(answer));
        assert!(!answered.is_empty() && answered.iter().all(|answer| answer.result() == ("SUCCESS", "S")));
        if !refused.is_empty() {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "there is no overload");
    }
    assert!(request.send(address).is_replayed());
    assert_eq!(shop.captured(), "100");
}
