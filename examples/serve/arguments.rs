//! The command line.

use std::env;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use capture_engine::http::Prefix;
use clap::Parser;

use crate::failure::{Failure, is_name};
use crate::limits::Limits;

/// Serves the API on the loopback address: signed requests in, signed answers
/// out.
#[derive(Parser)]
#[command(name = "serve", after_help = AFTER_HELP)]
pub struct Arguments {
    /// A loopback address; port 0 is any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = loopback)]
    pub listen: SocketAddr,
    /// What stands before /v2/payments/…; may be empty
    #[arg(long, default_value = "/api")]
    pub prefix: Prefix,
    /// Where the data is kept; `memory` forgets it at the end
    #[arg(long, value_name = "STORE", default_value = "memory")]
    pub store: String,
    /// Lines of the replay format, applied before anything is served
    #[arg(long, value_name = "FILE.jsonl")]
    pub load: Option<PathBuf>,
    /// A client and the PEM file of its public key; the same client again adds
    /// its next key. Without any, a client `demo` is made
    // Read by `keys`, and not here: what is no such pair may be a key, and is
    // not to be repeated.
    #[arg(long = "client", value_name = "ID=PUBLIC_KEY_FILE")]
    pub clients: Vec<String>,
    /// The key that signs answers; without it one is made and kept
    #[arg(long, value_name = "FILE")]
    pub private_key: Option<PathBuf>,
    /// Where to write the public key that verifies answers
    #[arg(long, value_name = "FILE")]
    pub public_key_out: Option<PathBuf>,
    /// Where keys are kept that are made here
    #[arg(long, value_name = "DIRECTORY", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/target/serve"))]
    pub keys: PathBuf,
    /// The tokens that are accepted as Agent-Token, one a line; without it
    /// none is asked for
    #[arg(long, value_name = "FILE")]
    pub tokens: Option<PathBuf>,
    /// How many requests a client may send in a second
    #[arg(long, value_name = "NUMBER", value_parser = positive)]
    pub requests_per_second: Option<NonZeroU32>,
    #[command(flatten)]
    pub limits: Limits,
    /// Log every request, not only what needs attention
    #[arg(long)]
    pub log: bool,
}

const AFTER_HELP: &str = "\
Standard output: the address, and without --client a signed curl line to paste.
Standard error: the log, without tokens, signatures, keys or bodies.

Beside the API: /healthz, /metrics for Prometheus, /openapi.json.

SIGTERM or SIGINT: takes nothing new, finishes what it accepted, and ends. A
second one does not wait for requests that are still coming.

Exit status:
  0  it was told to stop, and finished what it had accepted
  1  it was told to stop, and gave up requests that its store did not answer in
     time: whether they were done is not known
  2  it could not start, with a message: an argument, a key, the address, the
     store, a line of the file to load

Example:
  openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out shop.pem
  openssl pkey -in shop.pem -pubout -out shop.pub.pem
  cargo run --release --example serve -- --client shop=shop.pub.pem";

impl Arguments {
    /// Reads the command line. What clap says of a mistake repeats it; where a
    /// text was given instead of the name of its file, it may be a key.
    pub fn read() -> Result<Self, Failure> {
        let is_text = |argument: OsString| !is_name(Path::new(&argument));
        Self::try_parse().or_else(|error| match env::args_os().any(is_text) {
            true => Err(Failure::TextGiven),
            false => error.exit(),
        })
    }
}

/// A number that does something.
pub fn positive(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| format!("give a whole number from 1 to {}", u32::MAX))
}

/// It speaks no TLS, and signatures hide nothing: nobody else may listen.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "give an IP address and a port, as in 127.0.0.1:8080 or [::1]:0")?;
    match address.ip().is_loopback() {
        true => Ok(address),
        false => Err("it speaks no TLS: give a loopback address, as in 127.0.0.1:8080, and put a proxy \
                      that speaks TLS before it"
            .to_owned()),
    }
}
