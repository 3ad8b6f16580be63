//! One RSA verification and one RSA signature by themselves: `aws-lc-rs`, keys
//! of 2,048 bits that are parsed already, the hash of the text included.
#![allow(dead_code, reason = "each bench uses its part of it")]

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use capture_engine::http::PrivateKey;

/// A pair of keys, for the library for cryptography and for the crate.
pub struct Rsa {
    pair: KeyPair,
    public: ParsedPublicKey,
    random: SystemRandom,
}

impl Rsa {
    pub fn generate() -> Self {
        let generated = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let pkcs8: Pkcs8V1Der<'_> = generated.as_der().unwrap();
        // Read from its bytes, as the key of an edge is.
        let pair = KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        let spki: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, spki.as_ref()).unwrap();
        Self { pair, public, random: SystemRandom::new() }
    }

    /// The same key for the crate.
    pub fn key(&self) -> PrivateKey {
        let pkcs8: Pkcs8V1Der<'_> = self.pair.as_der().unwrap();
        PrivateKey::from_der(pkcs8.as_ref()).unwrap()
    }

    pub fn sign(&self, text: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &self.random, text, &mut signature).unwrap();
        signature
    }

    pub fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        self.public.verify_sig(text, signature).is_ok()
    }
}
