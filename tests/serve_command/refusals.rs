//! What keeps the server from starting: a table of what is given, what the
//! message names, and what it says to do.

use std::fs;
use std::net::TcpListener;

use crate::merchant::Merchant;
use crate::{FAR, authorize, server, shell};

#[test]
fn what_keeps_it_from_starting_is_said_with_what_to_do_and_nothing_of_a_key() {
    let shop = Merchant::new("shop");
    let directory = shop.directory.path();
    let file = |name: &str, text: &str| {
        fs::write(directory.join(name), text).unwrap();
        directory.join(name).to_str().unwrap().to_owned()
    };
    let private = shop.private_key().to_str().unwrap();
    let public = shop.public_key().to_str().unwrap().to_owned();
    let private_text = fs::read_to_string(private).unwrap();
    let base64: String = private_text.lines().filter(|line| !line.starts_with('-')).collect();
    let no_key = file("no-key", "no key at all!");
    let short = {
        let make = "openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024";
        file("short.pem", &shell(&format!("{make} | openssl pkey -pubout")))
    };
    let malformed =
        file("malformed.jsonl", &format!("{}\n{{\"op\":\"capture\"}}\n", authorize("shop", "p", FAR, "")));
    let refused = file("refused.jsonl", r#"{"op":"configure","body":{"currencies":["XAU"]}}"#);
    let blank = file("blank", "\n \n");
    let bad_token = file("bad-token", "good\nsecret token\n");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let client = |file: &str| format!("shop={file}");
    let long = format!("{}=x", "i".repeat(65));
    let (a, b, c, d, e, f) = (
        client("missing.pem"),
        client(private),
        client(&no_key),
        client(&short),
        client(directory.to_str().unwrap()),
        client(&private_text),
    );
    let under_file = format!("{public}/keys");
    let cases: [(&[&str], &str, &str); 40] = [
        (&["--client", &a], "missing.pem", "openssl pkey -pubout"),
        (&["--client", &b], "private.pem", "openssl pkey -in KEY.pem -pubout"),
        (&["--client", &c], "no-key", "base64"),
        (&["--client", &d], "short.pem", "2,048"),
        (&["--client", &e], directory.to_str().unwrap(), "give a file"),
        (&["--client", &f], "no file", "give a file"),
        (&["--client", "shop"], "--client", "ID=PUBLIC_KEY_FILE"),
        (&["--client", &private_text], "text of a file", "give the name"),
        (&["--nonsense", &private_text], "text of a file", "give the name"),
        (&["--client", "--nonsense"], "--nonsense", "--help"),
        (&["--client", &long], "--client", "1 to 64 characters"),
        (&["--client", "=x"], "--client", "1 to 64 characters"),
        (&["--private-key", "missing.pem"], "--private-key", "openssl genpkey"),
        (&["--private-key", &base64[..600]], "--private-key", "openssl genpkey"),
        (&["--requests-per-second", "0"], "--requests-per-second", "from 1 to"),
        (&["--private-key", &public], "public.pem", "openssl pkcs8 -topk8"),
        (&["--private-key", &no_key], "no-key", "base64"),
        (&["--private-key", &private_text], "text of a file", "give the name"),
        (&["--private-key", &base64], "--private-key", "openssl genpkey"),
        (&["--public-key-out", "/nowhere/out.pem"], "/nowhere/out.pem", "give a place"),
        (&["--keys", &under_file], "public.pem/keys", "give a place"),
        (&["--prefix", "api"], "--prefix", "as in /api"),
        (&["--prefix", "/api/"], "--prefix", "as in /api"),
        (&["--listen", "localhost"], "--listen", "127.0.0.1:8080"),
        (&["--listen", "127.0.0.1"], "--listen", "127.0.0.1:8080"),
        (&["--listen", "0.0.0.0:0"], "--listen", "give a loopback address"),
        (&["--listen", "192.0.2.1:80"], "--listen", "give a loopback address"),
        (&["--listen", "[::]:0"], "--listen", "give a loopback address"),
        (&["--listen", &taken], &taken, "give another --listen"),
        (&["--store", "postgres://localhost"], "postgres", "give memory"),
        (&["--load", "missing.jsonl"], "missing.jsonl", "give a file"),
        (&["--load", directory.to_str().unwrap()], directory.to_str().unwrap(), "give a file"),
        (&["--load", &malformed], "malformed.jsonl, line 2: clientId: it is missing", "correct it"),
        (&["--load", &refused], "refused.jsonl, line 1: configure is refused", "correct it"),
        (&["--tokens", "missing"], "--tokens", "with a token a line"),
        (&["--tokens", "s3cret-token"], "--tokens", "with a token a line"),
        (&["--tokens", &blank], "blank", "leave --tokens out"),
        (&["--tokens", &bad_token], "bad-token, line 2", "visible characters"),
        (&["--tokens", "first\nsecret token\n"], "--tokens", "with a token a line"),
        (&["--idle-timeout", "0"], "--idle-timeout", "0.01"),
    ];
    for (arguments, what, to_do) in cases {
        let keys = directory.join("keys");
        let others: &[&str] = match arguments[0] {
            "--keys" => &["--listen", "127.0.0.1:0"],
            "--listen" => &["--keys", keys.to_str().unwrap()],
            _ => &["--listen", "127.0.0.1:0", "--keys", keys.to_str().unwrap()],
        };
        let output = server::refused(&[arguments, others].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(said.contains(what) && said.contains(to_do), "{arguments:?}: {said}");
        let secrets = private_text.lines().chain(["no key at all!", "secret token", "s3cret-token"]);
        for secret in secrets.filter(|line| !line.starts_with("-----")) {
            assert!(!said.contains(secret), "{arguments:?}: {said}");
        }
    }
}
