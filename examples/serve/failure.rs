//! Why the server cannot start, and what to do.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use capture_engine::http::KeyError;
use capture_engine::wire::replay::{LineError, RunEnds};

/// Why the server cannot start. No text repeats anything of a key or a token,
/// nor the name of a file of secrets that is not there: it may be the secret.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("an argument is the text of a file: give the name of the file; --help tells more")]
    TextGiven,
    #[error("--store: there is no store {0:?} yet: leave --store out, or give memory")]
    Store(String),
    #[error("--client: give ID=PUBLIC_KEY_FILE, as in shop=shop.pub.pem")]
    ClientForm,
    #[error("--client: {0} is no id of a client: give 1 to 64 characters, none of them a control character")]
    ClientId(String),
    #[error("--client: {0} has too many keys")]
    TooManyKeys(String),
    #[error("{file}: the public key cannot be read ({source}): give a file that openssl pkey -pubout wrote")]
    ReadPublicKey { file: String, source: io::Error },
    #[error(
        "{file} is no public key that can be used ({source}): give the PEM file of an RSA key of 2,048 bits or more"
    )]
    PublicKey { file: String, source: KeyError },
    #[error("{file}: the private key cannot be read ({source}): give a file that openssl genpkey wrote")]
    ReadPrivateKey { file: String, source: io::Error },
    #[error(
        "{file} is no private key that can be used ({source}): give the PEM file of an RSA key of 2,048 bits or more"
    )]
    PrivateKey { file: String, source: KeyError },
    #[error("{file}: the key cannot be written ({source}): give a place where it can be")]
    WriteKey { file: String, source: io::Error },
    #[error("no key can be made: {0}")]
    MakeKey(KeyError),
    #[error("--tokens: its file cannot be read ({source}): give one with a token a line")]
    ReadTokens { source: io::Error },
    #[error("{file}, line {line}: no header can carry this token: give visible characters of ASCII")]
    Token { file: String, line: usize },
    #[error("{file} has no token, and nobody would be served: give one a line, or leave --tokens out")]
    NoToken { file: String },
    #[error("{file} cannot be loaded ({source}): give a file of one JSON object a line")]
    ReadLoad { file: String, source: io::Error },
    #[error("{file}, line {line}: {source}: correct it, and start again")]
    MalformedLine { file: String, line: u64, source: LineError },
    #[error("{file}, line {line}: {source}: correct it, and start again")]
    Line { file: String, line: u64, source: RunEnds },
    #[error("{address} cannot be listened on ({source}): give another --listen, or port 0 for any free one")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("the system does not let it run ({0})")]
    System(#[from] io::Error),
    #[error("the metrics do not fit together ({0})")]
    Metrics(#[from] prometheus::Error),
}

/// A path, for a message. What cannot be one may be the text of a key that was
/// given in the place of its file, and is not repeated.
pub fn shown(path: &Path) -> String {
    match is_name(path) {
        true => path.display().to_string(),
        false => "the text that was given, which is the name of no file".to_owned(),
    }
}

/// Whether it can be the name of a file, or anything else of a command line,
/// and not the text of one.
pub fn is_name(path: &Path) -> bool {
    const LONGEST: usize = 1_024;
    let text = path.as_os_str().as_encoded_bytes();
    text.len() <= LONGEST && !text.contains(&b'\n')
}
