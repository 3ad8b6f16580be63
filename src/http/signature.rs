//! What is signed, and how a signature and its time are written.
//!
//! The signed text of a request is
//! `<METHOD> <URI>\n<Client-Id>.<Request-Time>.<body>`, that of its answer the
//! same with the `Response-Time` and the body of the answer. The URI is path
//! and query as they were sent, prefix included; the body the exact bytes.
//!
//! The header is `algorithm=RSA256, keyVersion=1, signature=…`. What is
//! written there is standard base64, percent-encoded. What is read may be
//! either alphabet of base64, padded or not, percent-encoded or not; it goes to
//! the end of the header.

use std::time::Duration;

use aws_lc_rs::digest::{Context, Digest, SHA256};
use base64::Engine as _;
use http::header::HeaderName;
use http::{HeaderMap, Method, Uri};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::header::{SIGNATURE, Single};
use super::key::{BASE64, KeyError, KeyVersion, KeyVersionError, PrivateKey, PublicKey};
use crate::time::{Instant, TimeError};

/// The one algorithm: RSASSA-PKCS1-v1_5 with SHA-256.
const ALGORITHM: &str = "RSA256";

/// By how much the clock of a sender may differ if nothing else is configured.
pub(super) const DEFAULT_WINDOW: Duration = Duration::from_secs(5 * 60);

/// A signature cannot be taken. No text repeats what was sent, but for the
/// time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// There is no header `Signature`.
    #[error("there is no signature")]
    Missing,
    /// The header stands there twice, names a part twice, or has no form.
    #[error("the signature's header is not algorithm=RSA256, keyVersion=1, signature=…, once")]
    Form,
    /// It is no RSA256.
    #[error("the algorithm of the signature is not RSA256")]
    Algorithm,
    /// It is no base64.
    #[error("the signature is no base64")]
    Encoding,
    /// There is no time.
    #[error("there is no time of the signature")]
    NoTime,
    /// The time stands there twice, or has no form.
    #[error("the time of the signature is unclear")]
    UnclearTime,
    /// The time is no instant.
    #[error("the time of the signature cannot be read ({0})")]
    UnreadableTime(#[from] TimeError),
    /// The time is too far from the clock.
    #[error("the signature is of {signed}, and the clock says {now}: more than {window:?} apart")]
    OutsideWindow {
        /// When it was signed.
        signed: Instant,
        /// The clock.
        now: Instant,
        /// How far the two may be apart.
        window: Duration,
    },
    /// It is another text's, or another key's.
    #[error("the signature is not of this text with this key")]
    Mismatch,
}

/// What is signed, of a request or of its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct SignedText<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) client: &'a [u8],
    pub(super) time: &'a str,
    pub(super) body: &'a [u8],
}

impl SignedText<'_> {
    fn digest(&self) -> Digest {
        let target = self.uri.path_and_query().map_or("", |target| target.as_str());
        let mut digest = Context::new(&SHA256);
        for part in [self.method.as_str().as_bytes(), b" ", target.as_bytes(), b"\n", self.client] {
            digest.update(part);
        }
        for part in [b".", self.time.as_bytes(), b".", self.body] {
            digest.update(part);
        }
        digest.finish()
    }

    /// Signs it: the value of the header.
    pub(super) fn signed(&self, version: KeyVersion, key: &PrivateKey) -> Result<String, KeyError> {
        let signature = BASE64.encode(key.sign(&self.digest())?);
        let signature = utf8_percent_encode(&signature, NON_ALPHANUMERIC);
        Ok(format!("algorithm={ALGORITHM}, keyVersion={version}, signature={signature}"))
    }

    /// Whether the signature is of this text.
    pub(super) fn verify(&self, signature: &[u8], key: &PublicKey) -> Result<(), SignatureError> {
        key.verifies(&self.digest(), signature).then_some(()).ok_or(SignatureError::Mismatch)
    }
}

/// The header of a signature.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SignatureHeader<'a> {
    algorithm: Option<&'a str>,
    version: Option<&'a str>,
    signature: Option<&'a str>,
    /// A part is there twice, or is none.
    malformed: bool,
}

impl<'a> SignatureHeader<'a> {
    pub(super) fn of(headers: &'a HeaderMap) -> Result<Self, SignatureError> {
        match Single::of(headers, &SIGNATURE) {
            Single::Absent => Err(SignatureError::Missing),
            Single::Unclear => Err(SignatureError::Form),
            Single::Text(text) => Ok(Self::read(text)),
        }
    }

    /// Reads part by part up to the signature, which is all that is left.
    /// Parts of other names are for somebody else.
    fn read(text: &'a str) -> Self {
        let mut header = Self::default();
        let mut rest = text;
        while let Some((name, value)) = rest.split_once('=') {
            // No part is without a value: its name would hide the next one's.
            header.malformed |= name.contains(',');
            let name = blankless(name);
            if name.eq_ignore_ascii_case("signature") {
                header.signature = Some(blankless(value));
                return header;
            }
            let (value, behind) = value.split_once(',').unwrap_or((value, ""));
            let place = if name.eq_ignore_ascii_case("algorithm") {
                &mut header.algorithm
            } else if name.eq_ignore_ascii_case("keyVersion") {
                &mut header.version
            } else {
                &mut None
            };
            header.malformed |= place.replace(blankless(value)).is_some();
            rest = behind;
        }
        header
    }

    /// The version of the key that is named; none stands for the latest.
    pub(super) fn version(&self) -> Result<Option<KeyVersion>, KeyVersionError> {
        self.version.map(str::parse).transpose()
    }

    /// The bytes of the signature.
    pub(super) fn signature(&self) -> Result<Vec<u8>, SignatureError> {
        let signature = self.signature.filter(|_| !self.malformed).ok_or(SignatureError::Form)?;
        if !self.algorithm.unwrap_or(ALGORITHM).eq_ignore_ascii_case(ALGORITHM) {
            return Err(SignatureError::Algorithm);
        }
        let mut base64 = Vec::with_capacity(signature.len());
        base64.extend(percent_decode_str(signature).map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            byte => byte,
        }));
        BASE64.decode(base64).map_err(|_| SignatureError::Encoding)
    }
}

fn blankless(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// When something was signed: the text that was signed with it, read.
pub(super) fn signing_time<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<(&'a str, Instant), SignatureError> {
    match Single::of(headers, name) {
        Single::Absent => Err(SignatureError::NoTime),
        Single::Unclear => Err(SignatureError::UnclearTime),
        Single::Text(text) => Ok((text, read_time(text)?)),
    }
}

/// An instant, or milliseconds since the epoch in digits.
fn read_time(text: &str) -> Result<Instant, TimeError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse();
    }
    let micros = text.parse().ok().and_then(|millis: i64| millis.checked_mul(1_000));
    Instant::from_micros(micros.ok_or(TimeError::OutOfRange)?)
}

/// Refuses what was signed further from the clock than the window allows, on
/// either side. Without a window nothing is.
pub(super) fn within(window: Option<Duration>, signed: Instant, now: Instant) -> Result<(), SignatureError> {
    let Some(window) = window else { return Ok(()) };
    let apart = signed.as_micros().abs_diff(now.as_micros());
    if u128::from(apart) <= window.as_micros() {
        return Ok(());
    }
    Err(SignatureError::OutsideWindow { signed, now, window })
}
