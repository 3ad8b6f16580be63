#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, missing_docs)]
//! The header `Signature` in every form: its parts, the versions of keys, the
//! alphabets and escapes of what is signed.

#[path = "support/edge.rs"]
mod edge;
#[path = "support/openssl.rs"]
mod openssl;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use edge::{Ask, Tested, calls, edge, percent, public};
use openssl::{merchant, other};

/// A capture whose signature, in base64, has all of `+/=`; and that text.
fn signed() -> (Ask, String) {
    let texts = (0..).map(|number| {
        let ask = Ask::cent(&format!("c-{number}"));
        let base64 = BASE64_STANDARD.encode(merchant().sign(&ask.text()));
        (ask, base64)
    });
    texts.into_iter().find(|(_, base64)| base64.contains('+') && base64.contains('/')).unwrap()
}

const TAKEN: &str = "SUCCESS";
const REFUSED: &str = "SIGNATURE_INVALID";
const NO_KEY: &str = "KEY_NOT_FOUND";

/// The request is answered this code, and reaches the store only with success.
fn expect(edge: &Tested, ask: &Ask, expected: &str) {
    let before = calls(edge);
    assert_eq!(ask.code(edge), expected, "{ask:?}");
    assert_eq!(calls(edge) > before, expected == TAKEN, "{ask:?}");
}

/// The same with this text as the header `Signature`.
fn expect_of(edge: &Tested, ask: &Ask, header: &str, expected: &str) {
    expect(edge, &ask.clone().with(|ask| ask.signature = Some(header.to_owned())), expected);
}

/// `$` stands for the signature.
#[test]
fn the_parts_of_a_signature_in_every_order_and_case() {
    let (edge, (ask, base64)) = (edge(), signed());
    let table = [
        // What is not of the form: each part NAME=VALUE, the signature last, no part twice.
        (REFUSED, "signature=$, algorithm=RSA256, keyVersion=1"),
        (REFUSED, "algorithm=RSA256, signature=$, keyVersion=1"),
        (REFUSED, "signature=$,"),
        (REFUSED, "signature=$, signature=$"),
        (REFUSED, "signature=, signature=$"),
        (REFUSED, "signature==$"),
        (REFUSED, "signature=\"$\""),
        (REFUSED, "signature='$'"),
        (REFUSED, "signature:$"),
        (REFUSED, "$"),
        (REFUSED, "=$"),
        (REFUSED, "=, signature="),
        (REFUSED, "signature"),
        (REFUSED, "signature="),
        (REFUSED, "algorithm=RSA256, keyVersion=1"),
        (REFUSED, "algorithm=RSA256; keyVersion=1; signature=$"),
        (REFUSED, "algorithm=RSA256 keyVersion=1 signature=$"),
        (REFUSED, "algorithm=RSA256 signature=$"),
        (REFUSED, "algorithm=RSA256, RSA256, signature=$"),
        (REFUSED, "keyVersion, signature=$"),
        (REFUSED, "foo, signature=$"),
        (REFUSED, "foo, algorithm=RSA256, signature=$"),
        (REFUSED, "foo, keyVersion=1, signature=$"),
        (REFUSED, ", signature=$"),
        (REFUSED, "algorithm=RSA256,, signature=$"),
        (REFUSED, "my signature=$"),
        (REFUSED, "signatures=$"),
        (REFUSED, "ſignature=$"),
        (REFUSED, "algorithm=RSA256, algorithm=RSA256, signature=$"),
        (REFUSED, "ALGORITHM=RSA256, algorithm=RSA256, signature=$"),
        // Another algorithm.
        (REFUSED, "algorithm=, keyVersion=1, signature=$"),
        (REFUSED, "algorithm=RSA, keyVersion=1, signature=$"),
        (REFUSED, "algorithm=RSA2, keyVersion=1, signature=$"),
        (REFUSED, "algorithm=RS256, keyVersion=1, signature=$"),
        (REFUSED, "algorithm=RSA512, keyVersion=1, signature=$"),
        (REFUSED, "algorithm=RSA-256, keyVersion=1, signature=$"),
        (REFUSED, "algorithm=RSA256x, keyVersion=1, signature=$"),
        (REFUSED, "algorithm=\"RSA256\", keyVersion=1, signature=$"),
        (REFUSED, "algorithm=RSA%32%35%36, keyVersion=1, signature=$"),
        (REFUSED, "algorithm=none, keyVersion=1, signature="),
        (REFUSED, "algorithm=none, keyVersion=1, signature=$"),
        // The key is looked for first.
        (NO_KEY, "algorithm=none, keyVersion=9, signature=$"),
        (NO_KEY, "keyVersion=9"),
        // Taken.
        (TAKEN, "algorithm=RSA256, keyVersion=1, signature=$"),
        (TAKEN, "algorithm=RSA256,keyVersion=1,signature=$"),
        (TAKEN, "keyVersion=1, algorithm=RSA256, signature=$"),
        (TAKEN, "keyVersion=1, signature=$"),
        (TAKEN, "algorithm=RSA256, signature=$"),
        (TAKEN, "signature=$"),
        (TAKEN, "ALGORITHM=rsa256, KEYVERSION=1, SIGNATURE=$"),
        (TAKEN, "Algorithm=Rsa256, keyversion=1, Signature=$"),
        (TAKEN, " \talgorithm = RSA256 \t,\tkeyVersion\t=\t1 ,   signature = $ \t"),
        (TAKEN, "version=2, algorithm=RSA256, x=, keyVersion=1, signature=$"),
        (TAKEN, "x=1, x=2, signature=$"),
    ];
    for (expected, form) in table {
        expect_of(&edge, &ask, &form.replace('$', &base64), expected);
    }
}

/// Three versions: another's key, the one that signs, one that was retired.
#[test]
fn a_key_is_named_by_its_version_or_is_the_latest() {
    let (edge, (ask, base64)) = (edge(), signed());
    let demo = "demo".parse().unwrap();
    for (version, key) in [("1", other()), ("2", merchant()), ("3", other())] {
        edge.clients().add(&demo, version.parse().unwrap(), public(key));
    }
    expect_of(&edge, &ask, &format!("signature={base64}"), REFUSED);
    assert!(edge.clients().retire(&demo, "3".parse().unwrap()));
    expect_of(&edge, &ask, &format!("signature={base64}"), TAKEN);
    let long = "2".repeat(50_000);
    let zeros = format!("{}2", "0".repeat(50_000));
    let table = [
        (TAKEN, "2"),
        (TAKEN, " 2\t"),
        (TAKEN, "02"),
        (TAKEN, zeros.as_str()),
        (REFUSED, "1"),
        (NO_KEY, "3"),
        (NO_KEY, "4"),
        (NO_KEY, "0"),
        (NO_KEY, "00"),
        (NO_KEY, "-1"),
        (NO_KEY, "-2"),
        (NO_KEY, "+2"),
        (NO_KEY, ""),
        (NO_KEY, " "),
        (NO_KEY, "2.0"),
        (NO_KEY, "2e0"),
        (NO_KEY, "0x2"),
        (NO_KEY, "2 2"),
        (NO_KEY, "\"2\""),
        (NO_KEY, "%32"),
        (NO_KEY, "two"),
        (NO_KEY, "latest"),
        (NO_KEY, "２"),
        // 2 and a multiple of 2^32, 2^64.
        (NO_KEY, "4294967298"),
        (NO_KEY, "18446744073709551618"),
        (NO_KEY, long.as_str()),
    ];
    for (expected, version) in table {
        let header = format!("algorithm=RSA256, keyVersion={version}, signature={base64}");
        expect_of(&edge, &ask, &header, expected);
    }
    for twice in ["keyVersion=2, keyVersion=2", "keyVersion=1, keyversion=2", "keyVersion=, keyVersion=2"] {
        expect_of(&edge, &ask, &format!("{twice}, signature={base64}"), REFUSED);
    }
    // A client whose last key went has none.
    for version in ["1", "2"] {
        assert!(edge.clients().retire(&demo, version.parse().unwrap()));
    }
    expect_of(&edge, &ask, &format!("signature={base64}"), NO_KEY);
    expect(&edge, &ask, NO_KEY);
    assert!(edge.clients().remove(&demo));
    expect_of(&edge, &ask, &format!("signature={base64}"), "CLIENT_INVALID");
}

/// Every character as an escape.
fn all_escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// The last letter with a bit that stands for nothing, set.
fn with_a_trailing_bit(base64: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = base64.trim_end_matches('=');
    let (text, last) = text.split_at(text.len() - 1);
    let place = LETTERS.iter().position(|letter| *letter == last.as_bytes()[0]).unwrap();
    format!("{text}{}==", char::from(LETTERS[place + 1]))
}

#[test]
fn a_signature_in_every_alphabet_padding_and_escape() {
    let (edge, (ask, base64)) = (edge(), signed());
    let bare = base64.trim_end_matches('=');
    let url = base64.replace('+', "-").replace('/', "_");
    let (early, late) = base64.split_at(100);
    let inner = |text: &str| format!("{early}{text}{late}");
    let taken = [
        base64.clone(),
        bare.to_owned(),
        url.clone(),
        url.trim_end_matches('=').to_owned(),
        // Mixed.
        base64.replace('+', "-"),
        base64.replace('/', "_"),
        base64.replacen('+', "-", 1),
        // Escapes, of all, of some, in either case; a plus sign is never a blank.
        percent(&base64),
        base64.replace('+', "%2B"),
        base64.replace('+', "%2b"),
        base64.replace('/', "%2F"),
        base64.replace('/', "%2f"),
        base64.replace('=', "%3D"),
        base64.replacen('=', "%3d", 1),
        url.replace('-', "%2D").replace('_', "%5f"),
        all_escaped(&base64),
        all_escaped(&url).to_uppercase(),
        format!("{}{late}", all_escaped(early)),
    ];
    let refused = [
        // Blanks for plus signs, blanks, lines.
        base64.replace('+', " "),
        base64.replace('+', "%20"),
        inner(" "),
        inner("\t"),
        inner("%20"),
        inner("%0A"),
        inner("%0d%0a"),
        inner("%00"),
        inner("\\n"),
        format!("{base64}%0A"),
        format!("%20{base64}"),
        // Escaped twice, broken escapes.
        percent(&percent(&base64).replace('%', "%25")),
        base64.replace('+', "%252B"),
        base64.replace('+', "%2"),
        base64.replace('+', "%"),
        base64.replace('+', "%G2"),
        base64.replace('=', "%"),
        inner("%"),
        // Padding that is not of this text.
        format!("{bare}==="),
        format!("{bare}===="),
        format!("{bare}%3D%3D%3D"),
        format!("={base64}"),
        inner("="),
        format!("{base64}A"),
        // Another text for the same bytes.
        with_a_trailing_bit(&base64),
        with_a_trailing_bit(bare),
        // Other letters.
        inner("."),
        inner(","),
        inner("*"),
        inner("ä"),
        inner("%C3%A4"),
        inner("%FF"),
        base64.replace('+', "."),
        base64.to_lowercase(),
        merchant().sign(&ask.text()).iter().map(|byte| format!("{byte:02x}")).collect(),
    ];
    for form in taken {
        expect_of(&edge, &ask, &format!("algorithm=RSA256, keyVersion=1, signature={form}"), TAKEN);
    }
    for form in refused {
        expect_of(&edge, &ask, &format!("algorithm=RSA256, keyVersion=1, signature={form}"), REFUSED);
    }
}
