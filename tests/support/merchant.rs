//! A merchant that signs by `openssl` and sends by `curl`, or by hand over a
//! socket.
#![allow(dead_code, reason = "each test file uses its part of it")]
#![allow(clippy::disallowed_methods, reason = "a signature has a time")]

#[path = "openapi.rs"]
mod openapi;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use capture_engine::http::Prefix;
use openapi::assert_documented;
use tempfile::TempDir;

/// A merchant, its key pair, and which version of it is used.
pub struct Merchant {
    pub id: String,
    pub directory: TempDir,
    private_key: PathBuf,
}

/// What is sent.
#[derive(Clone)]
pub struct Signed {
    pub path: String,
    pub headers: Vec<String>,
    pub body: String,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// Runs it; what it printed.
fn run(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}");
    output.stdout
}

impl Merchant {
    /// With a new key pair.
    pub fn new(id: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let private_key = directory.path().join("private.pem");
        let bits = "rsa_keygen_bits:2048";
        let mut make = Command::new("openssl");
        make.args(["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", bits, "-out"]);
        run(make.arg(&private_key), b"");
        let public_key = directory.path().join("public.pem");
        run(
            Command::new("openssl")
                .args(["pkey", "-pubout", "-in"])
                .arg(&private_key)
                .arg("-out")
                .arg(public_key),
            b"",
        );
        Self { id: id.to_owned(), directory, private_key }
    }

    /// With a key that is there.
    pub fn with_key(id: &str, private_key: &Path) -> Self {
        Self {
            id: id.to_owned(),
            directory: tempfile::tempdir().unwrap(),
            private_key: private_key.to_owned(),
        }
    }

    pub fn private_key(&self) -> &Path {
        &self.private_key
    }

    pub fn public_key(&self) -> PathBuf {
        self.directory.path().join("public.pem")
    }

    /// What `--client` takes.
    pub fn argument(&self) -> String {
        format!("{}={}", self.id, self.public_key().display())
    }

    /// Signs a request of this API's path, as `/capture`, with its key of no
    /// version that is named.
    pub fn sign(&self, path: &str, body: &str) -> Signed {
        self.sign_with(path, body, "")
    }

    /// The same, with a text before the signature, as `keyVersion=1, `.
    pub fn sign_with(&self, path: &str, body: &str, version: &str) -> Signed {
        let path = format!("/api/v2/payments{path}");
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let text = format!("POST {path}\n{}.{time}.{body}", self.id);
        let sign = ["dgst", "-sha256", "-sign"];
        let signature = run(Command::new("openssl").args(sign).arg(&self.private_key), text.as_bytes());
        let signature = run(Command::new("openssl").args(["base64", "-A"]), &signature);
        let signature = String::from_utf8(signature).unwrap();
        let headers = vec![
            format!("Client-Id: {}", self.id),
            format!("Request-Time: {time}"),
            format!("Signature: algorithm=RSA256, {version}signature={signature}"),
            "Content-Type: application/json; charset=UTF-8".to_owned(),
        ];
        Signed { path, headers, body: body.to_owned() }
    }
}

impl Signed {
    pub fn header(mut self, header: &str) -> Self {
        self.headers.push(header.to_owned());
        self
    }

    /// Sends it by `curl`.
    pub fn curl(&self, address: &str) -> Answer {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "-i", "--data-binary", "@-"]);
        for header in &self.headers {
            curl.args(["-H", header]);
        }
        let answer = run(curl.arg(format!("http://{address}{}", self.path)), self.body.as_bytes());
        self.documented(Answer::of(&String::from_utf8(answer).unwrap()))
    }

    /// The answer, which the OpenAPI document describes if it is one.
    fn documented(&self, answer: Answer) -> Answer {
        if answer.status == 200 {
            let route = "/api".parse::<Prefix>().unwrap().route(&self.path);
            assert_documented(route, answer.code(), &self.body, &answer.body);
        }
        answer
    }

    /// The bytes of it.
    pub fn bytes(&self) -> Vec<u8> {
        let Self { path, headers, body } = self;
        let headers = headers.join("\r\n");
        let length = body.len();
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }

    /// Sends it over a connection of its own.
    pub fn send(&self, address: &str) -> Answer {
        let mut stream = connect(address);
        stream.write_all(&self.bytes()).unwrap();
        self.documented(Answer::read(&mut stream).unwrap())
    }
}

/// A connection that does not wait for ever.
pub fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

impl Answer {
    /// Reads what `curl -i` prints.
    pub fn of(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// The next one of this connection; `None` if it ends before.
    pub fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut byte = [0];
        while !bytes.ends_with(b"\r\n\r\n") {
            if stream.read(&mut byte).ok()? == 0 {
                return None;
            }
            bytes.push(byte[0]);
        }
        let mut answer = Self::of(std::str::from_utf8(&bytes).unwrap());
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).ok()?;
        answer.body = String::from_utf8(body).unwrap();
        Some(answer)
    }

    /// What a header says.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.find_map(|(found, value)| found.eq_ignore_ascii_case(name).then_some(value))
    }

    /// Whether `openssl` finds that this key signed it, as the answer to a
    /// request of this path and client.
    pub fn is_signed(&self, path: &str, client: &str, public_key: &Path) -> bool {
        let directory = tempfile::tempdir().unwrap();
        let (signature, text) = (directory.path().join("signature"), directory.path().join("text"));
        let (_, base64) = self.header("Signature").unwrap().split_once("signature=").unwrap();
        let base64 = base64.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
        let decode = ["base64", "-d", "-A"];
        fs::write(&signature, run(Command::new("openssl").args(decode), base64.as_bytes())).unwrap();
        let time = self.header("Response-Time").unwrap();
        fs::write(&text, format!("POST /api/v2/payments{path}\n{client}.{time}.{}", self.body)).unwrap();
        let mut verify = Command::new("openssl");
        verify
            .args(["dgst", "-sha256", "-verify"])
            .arg(public_key)
            .arg("-signature")
            .args([&signature, &text]);
        verify.output().unwrap().status.success()
    }

    /// The code and the status of the result.
    pub fn result(&self) -> (&str, &str) {
        let part = |name: &str| {
            let (_, rest) =
                self.body.split_once(&format!("\"{name}\":\"")).unwrap_or_else(|| panic!("{self:?}"));
            rest.split('"').next().unwrap()
        };
        (part("resultCode"), part("resultStatus"))
    }

    pub fn code(&self) -> &str {
        self.result().0
    }

    pub fn is_replayed(&self) -> bool {
        self.header("idempotent-replayed") == Some("true")
    }
}

/// Writes a file of lines to load: what `serve` begins with.
pub fn lines_file(directory: &Path, lines: &[String]) -> PathBuf {
    let file = directory.join("load.jsonl");
    fs::write(&file, lines.join("\n")).unwrap();
    file
}
