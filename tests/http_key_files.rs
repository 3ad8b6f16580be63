#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, missing_docs)]
//! Key files: what `openssl` writes is read, and used; whatever else there is
//! gives an error that says what to do and repeats nothing of it.

#[path = "support/openssl.rs"]
mod openssl;

use std::fmt::Debug;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use capture_engine::http::{KeyError, KeyRing, KeyVersion, MerchantClient, PrivateKey, PublicKey, Signer};
use http::{Method, Request, Response, Uri};
use openssl::{Key, done, file, merchant, path, text};

/// The base64 of a PEM text, in one line.
fn base64_of(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}

/// Whether a key that was read signs what `openssl` verifies, and the other way.
fn works(private: PrivateKey, public: PublicKey, key: &Key) {
    let (id, now) = ("demo".parse().unwrap(), "2026-03-01T09:00:00Z".parse().unwrap());
    let client = MerchantClient::new(
        id,
        Signer::new(KeyVersion::FIRST, private),
        KeyRing::of(KeyVersion::FIRST, public),
    );
    let request = client.sign(Request::post("/x").body(Bytes::new()).unwrap(), now).unwrap();
    let header = |name: &str| request.headers()[name].to_str().unwrap();
    let signed = format!("POST /x\ndemo.{}.", header("request-time"));
    let base64 = header("signature").rsplit_once("signature=").unwrap().1;
    let base64 = base64.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
    assert!(key.verifies(signed.as_bytes(), &BASE64_STANDARD.decode(base64).unwrap()));
    let signature = BASE64_STANDARD.encode(key.sign(b"POST /x\ndemo.2026-03-01T09:00:00Z.{}"));
    let response =
        Response::builder().header("Client-Id", "demo").header("Signature", format!("signature={signature}"));
    let response = response.header("Response-Time", "2026-03-01T09:00:00Z").body(Bytes::from("{}")).unwrap();
    assert!(client.verify(&Method::POST, &Uri::from_static("/x"), &response, now).is_ok());
}

#[test]
fn keys_of_2048_bits_and_more_are_read_and_work() {
    for bits in [2_048, 3_072, 4_096] {
        let key = Key::rsa(bits);
        works(PrivateKey::from_text(&key.private).unwrap(), PublicKey::from_text(&key.public).unwrap(), &key);
    }
}

#[test]
fn a_key_is_pem_or_base64_in_any_frame_of_lines() {
    let key = merchant();
    let forms: [fn(&str) -> String; 9] = [
        |pem| pem.to_owned(),
        |pem| pem.trim_end().to_owned(),
        |pem| pem.replace('\n', "\r\n"),
        |pem| format!("Bag Attributes\n    friendlyName: demo\n\n{pem}\nand more = text\n"),
        |pem| format!("\n\n  \n{pem}\n\n"),
        base64_of,
        |pem| base64_of(pem).trim_end_matches('=').to_owned(),
        |pem| format!("\n {}\r\n", base64_of(pem)),
        |pem| pem.lines().filter(|line| !line.starts_with('-')).collect::<Vec<_>>().join("\r\n\t"),
    ];
    for form in forms {
        works(
            PrivateKey::from_text(&form(&key.private)).unwrap(),
            PublicKey::from_text(&form(&key.public)).unwrap(),
            key,
        );
    }
    // Both in one file, in either order: each finds its own.
    for both in [format!("{}{}", key.private, key.public), format!("{}{}", key.public, key.private)] {
        works(PrivateKey::from_text(&both).unwrap(), PublicKey::from_text(&both).unwrap(), key);
    }
}

#[test]
fn openssl_reads_what_is_written() {
    let made = PrivateKey::generate().unwrap();
    let key =
        Key { private: made.to_pem().unwrap().to_string(), public: made.public_key().unwrap().to_pem() };
    assert_eq!(text(done(&["pkey", "-pubout"], key.private.as_bytes())), key.public);
    assert!(text(done(&["pkey", "-noout", "-text"], key.private.as_bytes())).contains("2048 bit"));
    works(PrivateKey::from_text(&key.private).unwrap(), PublicKey::from_text(&key.public).unwrap(), &key);
    // What openssl wrote is written as it was.
    let read = PrivateKey::from_text(&merchant().private).unwrap();
    assert_eq!(*read.to_pem().unwrap(), merchant().private);
    assert_eq!(read.public_key().unwrap().to_pem(), merchant().public);
}

/// It is an error, and says what to do; no eight characters of a line of the
/// text are in what it says.
fn refused<T: Debug>(what: &str, text: &str, read: Result<T, KeyError>) -> KeyError {
    let error = read.expect_err(what);
    for said in [error.to_string(), format!("{error:?}")] {
        let base64: String = text.lines().filter(|line| !line.contains("-----")).take(200).collect();
        let pieces = base64.as_bytes().windows(8).filter_map(|piece| std::str::from_utf8(piece).ok());
        pieces.for_each(|piece| assert!(!said.contains(piece), "{what}: {said}"));
    }
    let said = error.to_string();
    assert!(said.contains("openssl"), "{what} is told no way out: {said}");
    error
}

fn no_public(what: &str, text: &str) -> KeyError {
    refused(what, text, PublicKey::from_text(text))
}

fn no_private(what: &str, text: &str) -> KeyError {
    refused(what, text, PrivateKey::from_text(text))
}

#[test]
fn a_key_of_another_kind_or_size_is_no_key() {
    let small = |bits| Key::rsa(bits);
    let kinds = [
        ("512 bits", small(512)),
        ("1,024 bits", small(1_024)),
        ("1,536 bits", small(1_536)),
        ("2,047 bits", small(2_047)),
        ("P-256", Key::generate(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])),
        ("Ed25519", Key::generate(&["-algorithm", "ED25519"])),
        ("RSA for PSS alone", Key::generate(&["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"])),
    ];
    for (kind, key) in kinds {
        for form in [|pem: &str| pem.to_owned(), base64_of] {
            let errors = [no_public(kind, &form(&key.public)), no_private(kind, &form(&key.private))];
            for error in errors {
                assert!(matches!(error, KeyError::Rejected { .. }), "{kind}");
                assert_eq!(error.to_string().contains("TooSmall"), kind.ends_with("bits"), "{kind}: {error}");
            }
        }
    }
}

/// Such keys exist. What is taken works; what is not is told.
#[test]
fn a_key_with_the_exponent_three_is_refused_or_works() {
    let arguments =
        ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_keygen_pubexp:3"];
    let key = Key::generate(&arguments);
    match (PrivateKey::from_text(&key.private), PublicKey::from_text(&key.public)) {
        (Ok(private), Ok(public)) => works(private, public, &key),
        (private, public) => {
            for error in [private.map(drop), public.map(drop)].into_iter().filter_map(Result::err) {
                assert!(matches!(error, KeyError::Rejected { .. }), "{error}");
            }
        }
    }
}

#[test]
fn another_section_is_named_by_what_to_do_with_it() {
    let key = merchant();
    let from_private = |arguments: &[&str]| text(done(arguments, key.private.as_bytes()));
    let pkcs1 = from_private(&["rsa", "-traditional"]);
    assert!(pkcs1.contains("BEGIN RSA PRIVATE KEY"));
    let encrypted = from_private(&["pkcs8", "-topk8", "-passout", "pass:secret"]);
    assert!(encrypted.contains("BEGIN ENCRYPTED PRIVATE KEY"));
    let encrypted_pkcs1 = from_private(&["rsa", "-traditional", "-aes256", "-passout", "pass:secret"]);
    assert!(encrypted_pkcs1.contains("Proc-Type"));
    let public_pkcs1 = from_private(&["rsa", "-RSAPublicKey_out"]);
    assert!(public_pkcs1.contains("BEGIN RSA PUBLIC KEY"));
    let key_file = file(key.private.as_bytes());
    let certificate = text(done(
        &["req", "-x509", "-new", "-key", path(&key_file), "-subj", "/CN=demo", "-days", "1"],
        b"",
    ));
    assert!(certificate.contains("BEGIN CERTIFICATE"));
    let ec = text(done(&["ecparam", "-name", "prime256v1", "-genkey", "-noout"], b""));
    for (what, pem) in [
        ("PKCS#1", &pkcs1),
        ("encrypted", &encrypted),
        ("encrypted PKCS#1", &encrypted_pkcs1),
        ("a public key", &key.public),
        ("a public key, PKCS#1", &public_pkcs1),
        ("a certificate", &certificate),
        ("an EC key", &ec),
    ] {
        assert_eq!(no_private(what, pem), KeyError::NoPrivateKey, "{what}");
        assert!(matches!(no_private(what, &base64_of(pem)), KeyError::Rejected { .. } | KeyError::Encoding));
    }
    for (what, pem) in [
        ("PKCS#1", &pkcs1),
        ("a private key", &key.private),
        ("encrypted", &encrypted),
        ("a public key, PKCS#1", &public_pkcs1),
        ("a certificate", &certificate),
        ("an EC key", &ec),
    ] {
        assert_eq!(no_public(what, pem), KeyError::NoPublicKey, "{what}");
        assert!(matches!(no_public(what, &base64_of(pem)), KeyError::Rejected { .. } | KeyError::Encoding));
    }
}

#[test]
fn damaged_texts_are_refused() {
    let key = merchant();
    for pem in [&key.private, &key.public] {
        let base64 = base64_of(pem);
        let der = BASE64_STANDARD.decode(&base64).unwrap();
        let framed = |der: &[u8]| {
            let (first, last) = (pem.lines().next().unwrap(), pem.lines().last().unwrap());
            format!("{first}\n{}\n{last}\n", BASE64_STANDARD.encode(der))
        };
        let texts = [
            String::new(),
            "\n \r\n".to_owned(),
            "demo".to_owned(),
            "hunter2 hunter2 hunter2".to_owned(),
            "-----BEGIN ".to_owned(),
            pem.lines().next().unwrap().to_owned(),
            pem.lines().take(3).collect::<Vec<_>>().join("\n"),
            pem.replace("-----END", "----END"),
            pem.replacen("-\nM", "-\n?", 1),
            pem.replacen("-\nM", "-\n", 1),
            pem.replace("KEY-----\n", "KEY-----\n="),
            format!("{base64}{base64}"),
            format!("{base64}?"),
            framed(b""),
            framed(&[0x30]),
            framed(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]),
            framed(&[0x30, 0x80, 0, 0]),
            framed(&der[..der.len() - 1]),
            framed(&[der.as_slice(), &[0]].concat()),
            framed(&[&[0], der.as_slice()].concat()),
            framed(&vec![0; der.len()]),
            "A".repeat(1 << 20),
            framed(&vec![0x30; 1 << 20]),
        ];
        for text in texts {
            no_private("damaged", &text);
            no_public("damaged", &text);
        }
        // A section that is there and broken is not told to be missing.
        let broken = pem.replacen("-\nM", "-\n?", 1);
        let is_private = pem.contains("PRIVATE");
        let error = if is_private { no_private("broken", &broken) } else { no_public("broken", &broken) };
        assert_eq!(error, KeyError::Encoding);
    }
}

/// Every byte of the structure of a key, changed: an error, or a key; no panic.
#[test]
fn no_changed_byte_makes_a_panic() {
    for pem in [&merchant().private, &merchant().public] {
        let der = BASE64_STANDARD.decode(base64_of(pem)).unwrap();
        for place in (0..64).chain((64..der.len()).step_by(41)) {
            for change in [0x01, 0x80, 0xff] {
                let mut der = der.clone();
                der[place] ^= change;
                let _ = PrivateKey::from_der(&der).map(|key| key.to_pem().map(drop));
                let _ = PublicKey::from_der(&der).map(|key| key.to_pem());
            }
        }
    }
}
