//! The real `openssl`: it makes the keys of a test, signs what a merchant
//! sends, and verifies what is answered. Nothing of the crate takes part.
//!
//! Each call writes what must be a file into a temporary one, which is gone
//! with the call.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use tempfile::NamedTempFile;

/// A key pair as `openssl` writes it.
#[derive(Clone)]
pub struct Key {
    /// `PRIVATE KEY`: PKCS#8.
    pub private: String,
    /// `PUBLIC KEY`: SPKI.
    pub public: String,
}

impl Key {
    /// `openssl genpkey` with these arguments.
    pub fn generate(arguments: &[&str]) -> Self {
        let private = text(done(&[&["genpkey", "-quiet"], arguments].concat(), b""));
        let public = text(done(&["pkey", "-pubout"], private.as_bytes()));
        Self { private, public }
    }

    /// An RSA key of this size.
    pub fn rsa(bits: usize) -> Self {
        Self::generate(&["-algorithm", "RSA", "-pkeyopt", &format!("rsa_keygen_bits:{bits}")])
    }

    /// `openssl dgst -sha256 -sign`: RSASSA-PKCS1-v1_5.
    pub fn sign(&self, text: &[u8]) -> Vec<u8> {
        self.sign_by(&["-sha256"], text)
    }

    /// `openssl dgst -sign` with these arguments.
    pub fn sign_by(&self, arguments: &[&str], text: &[u8]) -> Vec<u8> {
        let key = file(self.private.as_bytes());
        done(&[&["dgst"], arguments, &["-sign", path(&key)]].concat(), text)
    }

    /// `openssl dgst -sha256 -verify`.
    pub fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        let (key, signature) = (file(self.public.as_bytes()), file(signature));
        let arguments = ["dgst", "-sha256", "-verify", path(&key), "-signature", path(&signature)];
        run(&arguments, text).status.success()
    }
}

/// The key of the client `demo`.
pub fn merchant() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(|| Key::rsa(2_048))
}

/// The key with which the edge signs.
pub fn wallet() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(|| Key::rsa(2_048))
}

/// A key of somebody else.
pub fn other() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(|| Key::rsa(2_048))
}

/// What `openssl` prints for these arguments and this input.
pub fn done(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let output = run(arguments, input);
    let says = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments:?}: {says}");
    output.stdout
}

fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the tests of the HTTP edge need the command openssl");
    // It may not want its input.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// A temporary file with this content.
pub fn file(content: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    file
}

/// Where it is.
pub fn path(file: &NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

/// PEM and the like.
pub fn text(output: Vec<u8>) -> String {
    String::from_utf8(output).unwrap()
}
