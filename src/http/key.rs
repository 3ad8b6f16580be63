//! RSA keys: read from text, used to sign and to verify, never shown.
//!
//! A signature is RSASSA-PKCS1-v1_5 with SHA-256; a key has 2,048 to 8,192
//! bits. A private key is PKCS#8, a public one X.509 SPKI, each as PEM or as
//! bare base64.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::digest::Digest;
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicEncryptingKey};
use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// Standard base64, padded or not when it is read, padded when it is written.
/// Bits that stand for nothing must be 0, so that no two texts are one key or
/// one signature.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Which of its owner's keys it is: 1 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyVersion(NonZeroU32);

/// A text is no version of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the version of a key is a whole number from 1 to 4294967295, in digits")]
pub struct KeyVersionError;

impl KeyVersion {
    /// The version of an owner's first key.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// The version that follows; the last one is followed by none.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}

impl From<NonZeroU32> for KeyVersion {
    fn from(number: NonZeroU32) -> Self {
        Self(number)
    }
}

impl FromStr for KeyVersion {
    type Err = KeyVersionError;

    /// Reads digits, and nothing else.
    fn from_str(text: &str) -> Result<Self, KeyVersionError> {
        let digits_only = text.bytes().all(|byte| byte.is_ascii_digit());
        digits_only.then(|| text.parse().ok()).flatten().map(Self).ok_or(KeyVersionError)
    }
}

impl fmt::Display for KeyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The identifier of RSA keys that may do anything: 1.2.840.113549.1.1.1, and a
/// NULL (RFC 8017, A.1).
const RSA_ENCRYPTION: [u8; 13] = *b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

// The labels of the sections of a PEM text.
const PRIVATE: &str = "PRIVATE KEY";
const PUBLIC: &str = "PUBLIC KEY";

const MAKE_ONE: &str = "make a private key with openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048, \
                        and the public one of it with openssl pkey -in KEY.pem -pubout";

/// A text is no key that can be used. Nothing of the text is repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It is a PEM file without a private key in PKCS#8.
    #[error(
        "there is no section PRIVATE KEY (PKCS#8, not encrypted) in the PEM text: make one with openssl pkcs8 -topk8 -nocrypt -in KEY.pem"
    )]
    NoPrivateKey,
    /// It is a PEM file without a public key in SPKI.
    #[error(
        "there is no section PUBLIC KEY (SPKI) in the PEM text: make one with openssl pkey -in KEY.pem -pubout"
    )]
    NoPublicKey,
    /// It is neither PEM nor base64, or broken PEM.
    #[error("it is neither a whole PEM text nor base64: {}", MAKE_ONE)]
    Encoding,
    /// It is no RSA key, too short, too long, or broken.
    #[error("it is no {form} of an RSA key of 2,048 to 8,192 bits ({reason}): {}", MAKE_ONE)]
    Rejected {
        /// What it should be.
        form: &'static str,
        /// What the library for cryptography says.
        reason: &'static str,
    },
    /// No key can be made or written.
    #[error("the library for cryptography failed")]
    Failed,
}

/// A public key. Copies share it.
///
/// ```
/// use capture_engine::http::{KeyError, PrivateKey, PublicKey};
/// let private = PrivateKey::generate()?;
/// let pem = private.public_key()?.to_pem();
/// assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"));
/// assert!(PublicKey::from_text(&pem).is_ok());
/// assert_eq!(PrivateKey::from_text(&pem).unwrap_err(), KeyError::NoPrivateKey);
/// # Ok::<(), KeyError>(())
/// ```
#[derive(Clone)]
pub struct PublicKey(Arc<ParsedPublicKey>);

impl PublicKey {
    /// Reads a PEM text with a section `PUBLIC KEY`, or the base64 of such a
    /// key (SPKI) without a frame.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let der = der_of(text, PUBLIC, KeyError::NoPublicKey)?;
        Self::from_der(&der)
    }

    /// Reads the bytes of an X.509 SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`KeyError::Rejected`].
    pub fn from_der(spki: &[u8]) -> Result<Self, KeyError> {
        let rejected = |reason| KeyError::Rejected { form: "SPKI", reason };
        // This one looks at the kind and size of the key, too.
        PublicEncryptingKey::from_der(spki).map_err(|error| rejected(error.description_()))?;
        // Two lengths stand before the algorithm, of 4 and 2 bytes at these sizes of keys. A key for
        // RSASSA-PSS, which the libraries take for RSA, signs nothing that could be verified.
        let algorithm = spki.get(6..).unwrap_or_default();
        if !algorithm.starts_with(&RSA_ENCRYPTION) {
            return Err(rejected("WrongAlgorithm"));
        }
        if !is_whole(spki) {
            return Err(rejected("InvalidEncoding"));
        }
        let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, spki);
        Ok(Self(Arc::new(parsed.map_err(|error| rejected(error.description_()))?)))
    }

    /// The key as a PEM text.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let mut pem = String::new();
        write_pem(PUBLIC, (*self.0).as_ref(), &mut pem);
        pem
    }

    /// Whether the signature is this key's of that text.
    pub(super) fn verifies(&self, text: &Digest, signature: &[u8]) -> bool {
        self.0.verify_digest_sig(text, signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey")
    }
}

/// A private key. It is not shown, and wiped where it is dropped. Copies share it.
#[derive(Clone)]
pub struct PrivateKey(Arc<KeyPair>);

impl PrivateKey {
    /// Makes one of 2,048 bits; that takes a tenth of a second.
    ///
    /// # Errors
    /// [`KeyError::Failed`].
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self(Arc::new(KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Failed)?)))
    }

    /// Reads a PEM text with a section `PRIVATE KEY`, or the base64 of such a
    /// key (PKCS#8, not encrypted) without a frame.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let der = der_of(text, PRIVATE, KeyError::NoPrivateKey)?;
        Self::from_der(&der)
    }

    /// Reads the bytes of a PKCS#8 PrivateKeyInfo that is not encrypted.
    ///
    /// # Errors
    /// [`KeyError::Rejected`].
    pub fn from_der(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let rejected = |reason| KeyError::Rejected { form: "PKCS#8", reason };
        let pair = KeyPair::from_pkcs8(pkcs8).map_err(|error| rejected(error.description_()))?;
        if !is_whole(pkcs8) {
            return Err(rejected("InvalidEncoding"));
        }
        Ok(Self(Arc::new(pair)))
    }

    /// The key as a PEM text, which is wiped where it is dropped.
    ///
    /// # Errors
    /// [`KeyError::Failed`].
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let der = self.0.as_der().map_err(|_| KeyError::Failed)?;
        let der: &[u8] = der.as_ref();
        // Its final size, so that no part is left behind where it grew.
        let mut pem = Zeroizing::new(String::with_capacity(der.len().saturating_mul(2)));
        write_pem(PRIVATE, der, &mut pem);
        Ok(pem)
    }

    /// The key that verifies what this one signs.
    ///
    /// # Errors
    /// [`KeyError::Failed`].
    pub fn public_key(&self) -> Result<PublicKey, KeyError> {
        let spki: PublicKeyX509Der<'_> = self.0.public_key().as_der().map_err(|_| KeyError::Failed)?;
        PublicKey::from_der(spki.as_ref())
    }

    /// The signature of a text.
    pub(super) fn sign(&self, text: &Digest) -> Result<Vec<u8>, KeyError> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign_digest(&RSA_PKCS1_SHA256, text, &mut signature).map_err(|_| KeyError::Failed)?;
        Ok(signature)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey")
    }
}

/// What a PEM text holds in its section of this label, or a text without a
/// frame as a whole. Cut here, since no library wipes what it decodes.
fn der_of(text: &str, label: &str, missing: KeyError) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    if !text.contains("-----BEGIN ") {
        return bare(text);
    }
    let (_, begun) = text.split_once(&format!("-----BEGIN {label}-----")).ok_or(missing)?;
    let (section, _) = begun.split_once(&format!("-----END {label}-----")).ok_or(KeyError::Encoding)?;
    bare(section)
}

/// Base64 without a frame, in lines or not.
fn bare(text: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    // Its final size, so that no part is left behind where it grew.
    let mut joined = Zeroizing::new(Vec::with_capacity(text.len()));
    joined.extend(text.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    let der = BASE64.decode(&*joined).map_err(|_| KeyError::Encoding)?;
    Ok(Zeroizing::new(der))
}

/// Whether nothing stands behind the sequence, whose length takes two bytes at
/// these sizes of keys.
fn is_whole(der: &[u8]) -> bool {
    match der {
        [0x30, 0x82, high, low, rest @ ..] => rest.len() == usize::from(u16::from_be_bytes([*high, *low])),
        _ => false,
    }
}

fn write_pem(label: &str, der: &[u8], pem: &mut String) {
    let frame = |word: &str| format!("-----{word} {label}-----\n");
    pem.push_str(&frame("BEGIN"));
    // 48 bytes make a line of 64 characters.
    for line in der.chunks(48) {
        BASE64.encode_string(line, pem);
        pem.push('\n');
    }
    pem.push_str(&frame("END"));
}
