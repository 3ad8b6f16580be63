//! Exchanges over a real socket, without a line of our client half: a request
//! is signed by `openssl` and carried by `curl`, and its answer verified by
//! `openssl`. The server is a router on a thread of its own, on a free port of
//! the loopback address, gone when it is dropped.
#![allow(dead_code, reason = "each test file uses its part of it")]
#![allow(clippy::disallowed_methods, reason = "the server has a thread of its own")]

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};

use axum::Router;
use capture_engine::http::{Code, Route};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::sync::oneshot;

/// What stands before the paths of the API.
pub const PREFIX: &str = "/api";

const JSON: &str = "application/json; charset=UTF-8";

/// A router that is served.
pub struct Server {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn of(router: Router) -> Self {
        let runtime = runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serves = async move {
            tokio::select! {
                () = accept(listener, router) => (),
                _ = stopped => (),
            }
        };
        let thread = thread::spawn(move || runtime.block_on(serves));
        Self { address, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.thread.take().unwrap().join().unwrap();
    }
}

async fn accept(listener: TcpListener, router: Router) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

/// Keys of both sides, made by `openssl`, in a folder that is gone with them:
/// `shop.pem`, `shop.pub.pem`, `wallet.pem`, `wallet.pub.pem`.
pub struct Keys(TempDir);

impl Keys {
    pub fn new() -> Self {
        let keys = Self(TempDir::new().unwrap());
        for owner in ["shop", "wallet"] {
            let (private, public) =
                (keys.file(&format!("{owner}.pem")), keys.file(&format!("{owner}.pub.pem")));
            openssl(
                &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", &private],
                &[],
            );
            openssl(&["pkey", "-in", &private, "-pubout", "-out", &public], &[]);
        }
        keys
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str) -> String {
        self.folder().join(name).to_str().unwrap().to_owned()
    }

    /// The merchant's signature of a text, as it stands in a header.
    fn sign(&self, text: &str) -> String {
        let signature = openssl(&["dgst", "-sha256", "-sign", &self.file("shop.pem")], text.as_bytes());
        let base64 = String::from_utf8(openssl(&["base64", "-A"], &signature)).unwrap();
        base64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
    }

    /// Ends the test unless the wallet signed the text.
    fn verify(&self, text: &str, signature: &str) {
        let base64 = signature.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
        let (key, file) = (self.file("wallet.pub.pem"), self.file("answer.sig"));
        fs::write(&file, openssl(&["base64", "-d", "-A"], base64.as_bytes())).unwrap();
        openssl(&["dgst", "-sha256", "-verify", &key, "-signature", &file], text.as_bytes());
    }
}

/// What a merchant sends, and how it differs from what it should.
#[derive(Clone, Debug)]
pub struct Ask {
    pub method: &'static str,
    pub path: String,
    pub client: Option<&'static str>,
    pub key_version: u32,
    pub time: &'static str,
    pub content_type: &'static str,
    pub body: String,
    /// Headers besides, such as `Accept: text/html`.
    pub headers: Vec<&'static str>,
    /// What is sent in the place of the signed body.
    pub sent: Option<String>,
}

impl Ask {
    /// What the SDK of the merchant `shop` sends.
    pub fn shop(route: Route, time: &'static str, body: impl Into<String>) -> Self {
        Self {
            method: "POST",
            path: format!("{PREFIX}{route}"),
            client: Some("shop"),
            key_version: 1,
            time,
            content_type: JSON,
            body: body.into(),
            headers: Vec::new(),
            sent: None,
        }
    }
}

/// What was sent and what came back, verified.
pub struct Exchange<'a> {
    pub ask: &'a Ask,
    pub answer: String,
    /// The headers of the answer.
    pub headers: Vec<(String, String)>,
    /// Whether the answer says that it is the recorded one.
    pub replayed: bool,
}

impl Exchange<'_> {
    /// The route, if the path is one.
    pub fn route(&self) -> Option<Route> {
        let path = self.ask.path.strip_prefix(PREFIX)?;
        Route::ALL.into_iter().find(|route| route.path() == path)
    }

    /// The result code of the answer.
    pub fn code(&self) -> Code {
        let answer: serde_json::Value = serde_json::from_str(&self.answer).unwrap();
        Code::from_code(answer.pointer("/result/resultCode").unwrap().as_str().unwrap()).unwrap()
    }

    /// The body as it was sent.
    pub fn request(&self) -> &str {
        self.ask.sent.as_ref().unwrap_or(&self.ask.body)
    }
}

/// Sends a request, and verifies its answer.
pub fn exchange<'a>(keys: &Keys, server: &Server, ask: &'a Ask) -> Exchange<'a> {
    let Ask { method, path, client, key_version, time, content_type, body, headers, sent } = ask;
    let signed =
        |time: &str, body: &str| format!("{method} {path}\n{}.{time}.{body}", client.unwrap_or_default());
    let signature = keys.sign(&signed(time, body));
    let mut lines = vec![
        format!("Content-Type: {content_type}"),
        format!("Request-Time: {time}"),
        format!("Signature: algorithm=RSA256, keyVersion={key_version}, signature={signature}"),
    ];
    lines.extend(client.map(|client| format!("Client-Id: {client}")));
    lines.extend(headers.iter().map(|&line| line.to_owned()));
    let answer = curl(server, method, path, &lines, sent.as_ref().unwrap_or(body));

    let (head, answer) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    let header = |name: &str| {
        let mut fields = head.lines().filter_map(|line| line.split_once(": "));
        fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    assert_eq!(header("Content-Type"), Some(JSON));
    assert_eq!(header("Client-Id"), *client, "whom the answer is for");
    let (parts, signature) = header("Signature").unwrap().split_once("signature=").unwrap();
    assert_eq!(parts, "algorithm=RSA256, keyVersion=1, ");
    keys.verify(&signed(header("Response-Time").unwrap(), answer), signature);

    let replayed = header("Idempotent-Replayed") == Some("true");
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let headers = head.lines().filter_map(|line| line.split_once(": ")).map(owned).collect();
    Exchange { ask, answer: answer.to_owned(), headers, replayed }
}

/// The head and the body of what comes back.
fn curl(server: &Server, method: &str, path: &str, headers: &[String], body: &str) -> String {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--include", "--max-time", "20", "--request", method]);
    curl.args(headers.iter().flat_map(|line| ["--header", line]));
    if !body.is_empty() {
        curl.args(["--data-binary", "@-"]);
    }
    curl.arg(format!("http://{}{path}", server.address));
    String::from_utf8(run(&mut curl, body.as_bytes())).unwrap()
}

fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    run(Command::new("openssl").args(arguments), input)
}

/// What a command prints, which must succeed, given this input.
fn run(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Who does not read it says so by its status.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let says = || String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {} {}", says(), String::from_utf8_lossy(&output.stdout));
    output.stdout
}
