//! The server as a command: what it prints, its keys, what it loads, its
//! checks, its metrics and its log, how it stops, and (in `refusals`)
//! how it refuses to start.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs
)]
#![allow(clippy::disallowed_methods, reason = "what comes later is waited for")]

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use capture_engine::http::Code;
use capture_engine::time::Offset;

#[path = "support/example_command.rs"]
mod example_command;
#[path = "support/merchant.rs"]
mod merchant;
#[path = "serve_command/refusals.rs"]
mod refusals;
#[path = "support/server.rs"]
mod server;

use merchant::{Answer, Merchant, connect, lines_file};
use server::Server;

/// What a shell prints.
fn shell(line: &str) -> String {
    let output = Command::new("sh").args(["-c", line]).output().unwrap();
    assert!(output.status.success(), "{line}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn get(server: &Server, path: &str) -> String {
    shell(&format!("curl -sS --fail '{}'", server.url(path)))
}

/// The value of a metric.
fn metric(server: &Server, name: &str) -> u64 {
    let text = get(server, "/metrics");
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

fn requests(server: &Server, code: &str, route: &str) -> u64 {
    metric(server, &format!("capture_requests_total{{code=\"{code}\",route=\"{route}\"}}"))
}

/// A line that authorizes 10.00 USD of payment `p`, until then.
fn authorize(merchant: &str, payment: &str, until: &str, more: &str) -> String {
    format!(
        r#"{{"op":"authorize","at":"2020-01-01T00:00:00Z","clientId":"{merchant}","body":{{"paymentId":"{payment}","paymentAmount":{{"value":"1000","currency":"USD"}},"authExpiryTime":"{until}"{more}}}}}"#
    )
}

const FAR: &str = "2999-01-01T00:00:00Z";

fn capture(request: &str) -> String {
    format!(
        r#"{{"captureRequestId":"{request}","paymentId":"p","captureAmount":{{"value":"100","currency":"USD"}},"isLastCapture":false}}"#
    )
}

const INQUIRY: &str = r#"{"paymentId":"p"}"#;

/// A merchant, and a server that knows it and what is loaded.
fn shop_and_server(more: &[&str]) -> (Merchant, Server) {
    let shop = Merchant::new("shop");
    let load = lines_file(shop.directory.path(), &[authorize("shop", "p", FAR, "")]);
    let client = shop.argument();
    let arguments = [&["--client", client.as_str(), "--load", load.to_str().unwrap()], more].concat();
    let server = Server::start(&arguments);
    (shop, server)
}

#[test]
fn the_printed_line_captures_once_however_often_it_is_pasted() {
    let server = Server::start(&[]);
    let line = server.line("curl ");
    let once = Answer::of(&shell(&line));
    assert_eq!((once.status, once.result(), once.is_replayed()), (200, ("SUCCESS", "S"), false));
    let again = Answer::of(&shell(&line));
    assert_eq!((&again.body, again.is_replayed()), (&once.body, true));
    assert_eq!(requests(&server, "SUCCESS", "/v2/payments/capture"), 2);
    // And more, with the key that it names.
    let key = server.line("Its private key");
    let demo = Merchant::with_key("demo", Path::new(key.split(": ").nth(1).unwrap()));
    let payment = line.split("\"paymentId\":\"").nth(1).unwrap().split('"').next().unwrap();
    let asked =
        demo.sign("/inquiryPayment", &format!("{{\"paymentId\":\"{payment}\"}}")).curl(&server.address);
    assert!(asked.body.contains(r#""capturedAmount":{"value":"400","currency":"USD"}"#), "{asked:?}");
}

#[test]
fn the_line_works_at_every_prefix_and_with_tokens_that_stay_in_their_file() {
    let directory = tempfile::tempdir().unwrap();
    let tokens = directory.path().join("merchant's tokens");
    fs::write(&tokens, "\n  token-of-the-shop\nanother\n").unwrap();
    for prefix in ["", "/acl/api"] {
        let server = Server::start(&["--prefix", prefix, "--tokens", tokens.to_str().unwrap(), "--log"]);
        let line = server.line("{ printf ");
        assert!(
            line.contains(&format!("{prefix}/v2/payments/capture'")) && !line.contains("token-of"),
            "{line}"
        );
        assert_eq!(Answer::of(&shell(&line)).code(), "SUCCESS");
    }
}

#[test]
fn a_second_start_finds_the_keys_of_the_first() {
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("made/at/first");
    let public = directory.path().join("public.pem");
    let arguments = ["--keys", keys.to_str().unwrap(), "--public-key-out", public.to_str().unwrap()];
    let files = ["demo.private.pem", "demo.public.pem", "serve.private.pem", "serve.public.pem"];
    let read = || files.map(|file| fs::read_to_string(keys.join(file)).unwrap());
    let first = {
        let _server = Server::start(&arguments);
        read()
    };
    assert_eq!(fs::read_to_string(&public).unwrap(), first[3]);
    #[cfg(unix)]
    for (file, mode) in [("", 0o700), ("demo.private.pem", 0o600), ("serve.private.pem", 0o600)] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(keys.join(file)).unwrap().permissions().mode() & 0o777, mode, "{file}");
    }
    let second = Server::start(&arguments);
    assert_eq!(read(), first);
    assert_eq!(Answer::of(&shell(&second.line("curl "))).code(), "SUCCESS");
}

#[test]
fn answers_are_signed_with_the_key_that_is_given() {
    let (shop, wallet) = (Merchant::new("shop"), Merchant::new("wallet"));
    let client = shop.argument();
    let key = wallet.private_key().to_str().unwrap();
    let out = shop.directory.path().join("out.pem");
    let server = Server::start(&[
        "--client",
        &client,
        "--private-key",
        key,
        "--public-key-out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(fs::read_to_string(&out).unwrap(), fs::read_to_string(wallet.public_key()).unwrap());
    assert_eq!(fs::read_dir(server.keys()).unwrap().count(), 0, "no key is made that nobody needs");
    let answer = shop.sign("/inquiryPayment", INQUIRY).curl(&server.address);
    assert!(answer.is_signed("/inquiryPayment", "shop", &out));
    assert!(!answer.is_signed("/inquiryPayment", "shop", &shop.public_key()));
}

#[test]
fn what_was_loaded_is_served() {
    let (shop, server) = shop_and_server(&[]);
    let asked = shop.sign("/inquiryPayment", INQUIRY).curl(&server.address);
    assert_eq!(asked.result(), ("SUCCESS", "S"));
    assert!(asked.body.contains(r#""capturableAmount":{"value":"1000","currency":"USD"}"#), "{asked:?}");
    assert!(server.log().contains("loaded"), "{}", server.log());
}

#[test]
fn a_client_that_is_given_twice_has_two_versions_of_its_key() {
    let (old, new) = (Merchant::new("shop"), Merchant::new("shop"));
    let server = Server::start(&["--client", &old.argument(), "--client", &new.argument()]);
    for (key, version, code) in [
        (&old, "keyVersion=1, ", "AUTH_NOT_FOUND"),
        (&new, "keyVersion=2, ", "AUTH_NOT_FOUND"),
        (&new, "", "AUTH_NOT_FOUND"),
        (&old, "", "SIGNATURE_INVALID"),
        (&old, "keyVersion=2, ", "SIGNATURE_INVALID"),
        (&new, "keyVersion=3, ", "KEY_NOT_FOUND"),
    ] {
        let answer = key.sign_with("/inquiryPayment", INQUIRY, version).curl(&server.address);
        assert_eq!(answer.code(), code, "{version:?}");
    }
}

#[test]
fn tokens_are_asked_for_where_they_are_given() {
    let directory = tempfile::tempdir().unwrap();
    let tokens = directory.path().join("tokens");
    fs::write(&tokens, "first\r\nsecond\r\n").unwrap();
    let (shop, server) = shop_and_server(&["--tokens", tokens.to_str().unwrap()]);
    let request = shop.sign("/inquiryPayment", INQUIRY);
    for (header, code) in [
        ("X: y", "INVALID_TOKEN"),
        ("Agent-Token: third", "INVALID_TOKEN"),
        ("Agent-Token: first second", "INVALID_TOKEN"),
        ("Agent-Token;", "INVALID_TOKEN"),
        ("Agent-Token: first", "SUCCESS"),
        ("Agent-Token: second", "SUCCESS"),
    ] {
        assert_eq!(request.clone().header(header).curl(&server.address).code(), code, "{header}");
    }
}

#[test]
fn a_client_that_asks_too_often_is_told_nothing_final() {
    let other = Merchant::new("other");
    let (shop, server) = shop_and_server(&["--requests-per-second", "3", "--client", &other.argument()]);
    let began = Instant::now();
    let request = shop.sign("/capture", &capture("c"));
    let answers: Vec<_> = (0..20).map(|_| request.send(&server.address)).collect();
    assert_eq!(answers[0].result(), ("SUCCESS", "S"));
    let (limited, answered): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.code() == "REQUEST_TRAFFIC_EXCEED_LIMIT");
    assert!(limited.iter().all(|answer| answer.result().1 == "U"));
    assert!(answered.iter().all(|answer| answer.body == answers[0].body));
    // Three at once, and one for each third of a second that went by since.
    let most = 3 + usize::try_from(began.elapsed().as_millis() * 3 / 1_000).unwrap();
    assert!((3..=most).contains(&answered.len()), "{} of at most {most}", answered.len());
    assert_eq!(other.sign("/inquiryPayment", INQUIRY).send(&server.address).code(), "AUTH_NOT_FOUND");
    sleep(Duration::from_millis(400));
    assert_eq!(request.send(&server.address).body, answers[0].body);
}

#[test]
fn what_looks_after_the_api_stands_beside_it() {
    let server = Server::start(&["--prefix", "/acl/api"]);
    assert_eq!(get(&server, "/healthz"), "ok\n");
    let document = get(&server, "/openapi.json");
    assert!(document.contains(r#""openapi": "3.1."#) && document.contains(r#""url": "/acl/api""#));
    for path in ["/", "/acl/api/healthz", "/v2/payments/capture"] {
        let url = server.url(path);
        assert_eq!(Answer::of(&shell(&format!("curl -sS -i '{url}'"))).code(), "INVALID_API", "{path}");
    }
}

#[test]
fn the_metrics_count_every_code_from_0_on_and_what_stands_open() {
    let shop = Merchant::new("shop");
    let soon = clock_in(Duration::from_secs(1_800));
    let deferred = r#","settlement":"DEFERRED""#;
    let pending = capture("pending");
    let lines = [
        authorize("shop", "p", FAR, deferred),
        format!(r#"{{"op":"capture","at":"2020-01-01T00:00:00Z","clientId":"shop","body":{pending}}}"#),
        authorize("shop", "soon", &soon, ""),
        authorize("shop", "late", "2020-01-02T00:00:00Z", ""),
    ];
    let load = lines_file(shop.directory.path(), &lines);
    let server = Server::start(&["--client", &shop.argument(), "--load", load.to_str().unwrap()]);
    let text = get(&server, "/metrics");
    for code in Code::all() {
        let route = if code.as_str() == "INVALID_API" { "none" } else { "/v2/payments/void" };
        let line = format!("capture_requests_total{{code=\"{code}\",route=\"{route}\"}} 0\n");
        assert!(text.contains(&line), "{line}");
    }
    shop.sign("/capture", &pending).send(&server.address);
    shop.sign("/cancel", r#"{"paymentId":"none"}"#).send(&server.address);
    shop.sign("/nothing", "").send(&server.address);
    for (code, route) in [
        ("CAPTURE_IN_PROCESS", "/v2/payments/capture"),
        ("AUTH_NOT_FOUND", "/v2/payments/cancel"),
        ("INVALID_API", "none"),
    ] {
        assert_eq!(requests(&server, code, route), 1, "{code}");
    }
    assert_eq!(metric(&server, "capture_request_seconds_count"), 3);
    assert_eq!(metric(&server, "capture_in_process"), 1);
    assert!(metric(&server, "capture_in_process_oldest_seconds") > 86_400);
    assert_eq!(metric(&server, "capture_holds_expiring"), 1);
    assert!(metric(&server, "capture_connections") >= 1);
    // Nobody asks for the one that is late: the sweep closes it.
    wait_until(|| metric(&server, "capture_holds_overdue") == 0);
}

/// The clock after this time, as a line has it.
fn clock_in(time: Duration) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + time;
    let instant = capture_engine::Instant::from_micros(since.as_micros().try_into().unwrap()).unwrap();
    instant.at(Offset::UTC).to_string()
}

fn wait_until(holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(10));
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_was_accepted_is_finished_when_a_signal_comes() {
    for signal in ["TERM", "INT"] {
        let (shop, mut server) = shop_and_server(&[]);
        let (mut idle, mut served) = (connect(&server.address), connect(&server.address));
        served.write_all(&shop.sign("/inquiryPayment", INQUIRY).bytes()).unwrap();
        assert_eq!(Answer::read(&mut served).unwrap().code(), "SUCCESS");
        let request = shop.sign("/capture", &capture("c")).bytes();
        let (sent, still_to_come) = request.split_at(request.len() - 10);
        let mut stream = connect(&server.address);
        stream.write_all(sent).unwrap();
        wait_until(|| metric(&server, "capture_connections") >= 4);
        server.signal(signal);
        server.log_with("stopping: ");
        wait_until(|| TcpStream::connect(&server.address).is_err());
        for stream in [&mut idle, &mut served] {
            assert_eq!(Answer::read(stream), None, "who asks for nothing is not waited for");
        }
        assert_eq!(server.ended_within(Duration::from_millis(100)), None);
        stream.write_all(still_to_come).unwrap();
        assert_eq!(Answer::read(&mut stream).unwrap().code(), "SUCCESS");
        assert_eq!(server.ended_within(Duration::from_secs(5)).unwrap().code(), Some(0));
        server.log_with("stopped");
    }
}

#[test]
fn a_body_that_never_ends_keeps_nobody_from_stopping() {
    let patient = ["--body-timeout", "600", "--stop-timeout"];
    for (stop_timeout, signals) in [("0.2", 1), ("600", 2)] {
        let (shop, mut server) = shop_and_server(&[&patient[..], &[stop_timeout]].concat());
        let request = shop.sign("/capture", &capture("c")).bytes();
        let mut stream = connect(&server.address);
        stream.write_all(&request[..request.len() - 10]).unwrap();
        wait_until(|| metric(&server, "capture_connections") >= 2);
        for _ in 0..signals {
            server.signal("TERM");
            server.log_with("stopping: ");
        }
        assert_eq!(server.ended_within(Duration::from_secs(5)).unwrap().code(), Some(0));
        server.log_with("cut off");
    }
}

#[test]
fn the_log_of_every_request_holds_no_secret() {
    let directory = tempfile::tempdir().unwrap();
    let tokens = directory.path().join("tokens");
    fs::write(&tokens, "token-of-the-shop\n").unwrap();
    let (shop, mut server) = shop_and_server(&["--log", "--tokens", tokens.to_str().unwrap()]);
    let mut secrets = vec!["token-of-the-shop".to_owned(), "another-token".to_owned()];
    let mut ids = Vec::new();
    for (path, body, token) in [
        ("/capture", capture("c"), "token-of-the-shop"),
        ("/capture", capture("c"), "token-of-the-shop"),
        ("/capture", capture("c"), "another-token"),
        ("/capture", "{\"paymentId\": \"some text".to_owned(), "token-of-the-shop"),
        ("/capture", capture("c").replace("100", "some text"), "token-of-the-shop"),
        ("/some-text", "some text".to_owned(), "token-of-the-shop"),
    ] {
        let signed = shop.sign(path, &body).header(&format!("Agent-Token: {token}"));
        let answer = signed.send(&server.address);
        secrets.extend([signature(&signed.headers.join("\n")), signature(&answer.head)]);
        ids.push(answer.header("Request-Id").unwrap().to_owned());
    }
    let mut forged = shop.sign("/capture", &capture("c"));
    forged.headers[0] = "Client-Id: some text".to_owned();
    forged.headers[2] = "Signature: algorithm=some text, signature=some text".to_owned();
    ids.push(forged.send(&server.address).header("Request-Id").unwrap().to_owned());
    server.signal("TERM");
    assert!(server.ended_within(Duration::from_secs(5)).is_some());
    let log = server.log_with("stopped");
    for file in ["private.pem", "public.pem"] {
        let key = fs::read_to_string(shop.directory.path().join(file)).unwrap();
        secrets.extend(key.lines().filter(|line| !line.starts_with('-')).map(str::to_owned));
    }
    for secret in secrets.iter().map(String::as_str).chain(["some text", "some-text", "token-of"]) {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
    for (id, part) in ids.iter().zip([
        "code=SUCCESS replayed=false",
        "code=SUCCESS replayed=true",
        "code=INVALID_TOKEN",
        "code=PARAM_ILLEGAL",
        "captureAmount.value",
        "client=\"none\" route=\"none\" code=INVALID_API",
        "code=CLIENT_INVALID",
    ]) {
        let line = log
            .lines()
            .find(|line| line.contains(&format!("id={id} ")))
            .unwrap_or_else(|| panic!("{id}: {log}"));
        assert!(line.contains(part) && line.contains("micros="), "{part}: {line}");
    }
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
}

fn signature(headers: &str) -> String {
    let (_, rest) = headers.split_once("signature=").unwrap();
    rest.lines().next().unwrap().to_owned()
}

#[test]
fn without_being_asked_to_it_logs_no_request() {
    let (shop, mut server) = shop_and_server(&[]);
    assert_eq!(shop.sign("/capture", &capture("c")).send(&server.address).code(), "SUCCESS");
    server.signal("TERM");
    assert!(server.ended_within(Duration::from_secs(5)).is_some());
    assert!(!server.log_with("stopped").contains("SUCCESS"));
}
