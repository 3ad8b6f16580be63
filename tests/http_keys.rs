#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::disallowed_methods, missing_docs)]
//! Keys that come and go while requests run, and secrets, which nothing shows.

#[path = "support/edge.rs"]
mod edge;
#[path = "support/openssl.rs"]
mod openssl;

use std::fmt::{Debug, Display};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use capture_engine::http::{
    Admission, Caller, Clients, Edge, KeyError, KeyRing, KeyVersion, MerchantClient, PrivateKey, PublicKey,
    Signer,
};
use capture_engine::settings::CaptureIdKey;
use capture_engine::{Engine, Settings};
use edge::{Ask, Counted, V1, base64_of, calls, edge, edge_for, now_plus, percent, private, public};
use openssl::{Key, merchant, other, wallet};

fn version(number: u32) -> KeyVersion {
    number.to_string().parse().unwrap()
}

/// A capture signed with this key, which names that version or none.
fn named(key: &Key, version: Option<u32>) -> Ask {
    let ask = Ask::cent("c");
    let signature = percent(&BASE64_STANDARD.encode(key.sign(&ask.text())));
    let version = version.map_or(String::new(), |version| format!("keyVersion={version}, "));
    ask.with(|ask| ask.signature = Some(format!("{version}signature={signature}")))
}

/// Lets threads ask while something is changed; each checks its answers.
fn while_asking(ask: impl Fn() + Sync, change: impl FnOnce()) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(SeqCst) {
                    ask();
                }
            });
        }
        change();
        done.store(true, SeqCst);
    });
}

#[test]
fn while_keys_come_and_go_a_request_meets_the_one_state_or_the_other() {
    let edge = edge_for(&["demo", "guest"]);
    let demo = "demo".parse().unwrap();
    let guest = "guest".parse().unwrap();
    let guests = Ask::cent("c").with(|ask| ask.client = Some(b"guest".to_vec())).signed();
    // The states: the first key alone, both, the second alone.
    let table = [
        (named(merchant(), Some(1)), ["SUCCESS", "KEY_NOT_FOUND"]),
        (named(other(), Some(2)), ["SUCCESS", "KEY_NOT_FOUND"]),
        (named(merchant(), Some(2)), ["SIGNATURE_INVALID", "KEY_NOT_FOUND"]),
        (named(other(), Some(1)), ["SIGNATURE_INVALID", "KEY_NOT_FOUND"]),
        (named(merchant(), None), ["SUCCESS", "SIGNATURE_INVALID"]),
        (named(other(), None), ["SUCCESS", "SIGNATURE_INVALID"]),
        (named(merchant(), Some(3)), ["KEY_NOT_FOUND", "KEY_NOT_FOUND"]),
        (guests, ["SUCCESS", "CLIENT_INVALID"]),
    ];
    let met = Mutex::new(std::collections::BTreeSet::new());
    let ask = || {
        for (place, (ask, expected)) in table.iter().enumerate() {
            let code = ask.code(&edge);
            assert!(expected.contains(&code.as_str()), "{code}: {:?}", ask.signature);
            met.lock().unwrap().insert((place, code));
        }
    };
    let second = public(other());
    let first = public(merchant());
    while_asking(ask, || {
        for round in 0..2_000 {
            edge.clients().add(&demo, version(2), second.clone());
            edge.clients().retire(&demo, V1);
            edge.clients().remove(&guest);
            (round % 2 == 0).then(|| thread::sleep(std::time::Duration::from_micros(500)));
            edge.clients().add(&demo, V1, first.clone());
            edge.clients().retire(&demo, version(2));
            edge.clients().add(&guest, V1, first.clone());
            (round % 2 == 1).then(|| thread::sleep(std::time::Duration::from_micros(500)));
        }
    });
    assert!(met.lock().unwrap().len() > 11, "both states were met: {met:?}");
}

#[test]
fn after_a_key_was_retired_none_of_its_signatures_is_taken() {
    let edge = edge();
    let demo = "demo".parse().unwrap();
    let ask = named(merchant(), None);
    for _ in 0..40 {
        edge.clients().add(&demo, V1, public(merchant()));
        let retired = AtomicBool::new(false);
        let asking = || {
            let before = retired.load(SeqCst);
            let code = ask.code(&edge);
            assert!(code == "KEY_NOT_FOUND" || (!before && code == "SUCCESS"), "{code}, retired: {before}");
        };
        while_asking(asking, || {
            thread::sleep(std::time::Duration::from_millis(2));
            assert!(edge.clients().retire(&demo, V1));
            retired.store(true, SeqCst);
            thread::sleep(std::time::Duration::from_millis(3));
        });
    }
}

/// An edge whose limiter, which is asked before a key is looked for, or whose
/// token verifier, which is asked after it, changes the clients.
#[test]
fn what_a_check_of_the_host_changes_counts_from_then_on() {
    type Change = fn(&Clients, &Caller<'_>);
    let retire: Change = |clients, caller| assert!(clients.retire(caller.client(), V1));
    let remove: Change = |clients, caller| assert!(clients.remove(caller.client()));
    let replace: Change = |clients, caller| clients.add(caller.client(), V1, public(other()));
    let renew: Change = |clients, caller| clients.add(caller.client(), version(2), public(other()));
    for (change, expected) in [
        (retire, "KEY_NOT_FOUND"),
        (remove, "CLIENT_INVALID"),
        (replace, "SIGNATURE_INVALID"),
        (renew, "SIGNATURE_INVALID"),
    ] {
        // The edge, and a check that changes its clients.
        let edge_and_check = || {
            let edge = edge();
            let clients = edge.clients().clone();
            let check = move |caller: &Caller<'_>| {
                change(&clients, caller);
                Admission::Admitted
            };
            (edge, check)
        };
        let ask = named(merchant(), None);
        let (edge, check) = edge_and_check();
        assert_eq!(ask.code(&edge.early_limiter(check)), expected);
        let (edge, check) = edge_and_check();
        let after = edge.token_verifier(check);
        assert_eq!(ask.code(&after), "SUCCESS");
        assert_eq!(ask.code(&after), expected, "the next one");
    }
}

#[test]
fn while_the_signer_rotates_each_answer_verifies_under_the_version_that_it_names() {
    let edge = edge();
    let keys = [wallet(), merchant(), other()];
    let ask = named(merchant(), None);
    let met = Mutex::new([0; 3]);
    let asking = || {
        let told = ask.tell(&edge);
        let number: usize = told.version.parse().unwrap();
        assert!(told.is_signed_with(keys[number - 1]), "version {number}");
        met.lock().unwrap()[number - 1] += 1;
    };
    let private = keys.map(private);
    while_asking(asking, || {
        for round in 0..1_000 {
            let place = round % 3;
            edge.signer().rotate(version(place as u32 + 1), private[place].clone());
            thread::sleep(std::time::Duration::from_micros(800));
        }
    });
    assert!(met.lock().unwrap().iter().all(|count| *count > 0), "{met:?}");
    // And the last one by openssl.
    let told = ask.tell(&edge);
    let number: usize = told.version.parse().unwrap();
    assert!(keys[number - 1].verifies(&told.text, &told.signature));
}

// Secrets.

const TOKEN: &str = "token-281006110000000";

/// Bytes in the forms in which one could show them, piece by piece.
fn shown_forms(secret: &[u8]) -> Vec<String> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let pieces = secret.chunks(12).filter(|piece| piece.len() == 12);
    let mut forms: Vec<String> = pieces
        .flat_map(|piece| {
            let decimal = format!("{piece:?}");
            [hex(piece), hex(piece).to_uppercase(), decimal.trim_matches(['[', ']']).to_owned()]
        })
        .collect();
    let base64 = BASE64_STANDARD.encode(secret);
    for text in [base64.replace('+', "-").replace('/', "_"), percent(&base64), base64] {
        forms.extend(text.as_bytes().chunks(16).map(|piece| std::str::from_utf8(piece).unwrap().to_owned()));
    }
    forms.retain(|form| form.len() >= 16);
    forms
}

/// What must be nowhere: the token, the private keys, the key of the ids, and
/// the signatures of these requests.
fn secrets(asks: &[Ask]) -> Vec<String> {
    let mut secrets = vec![TOKEN.to_owned()];
    for key in [merchant(), wallet()] {
        // What is public stands first in it: version, modulus, exponent.
        let der = BASE64_STANDARD.decode(base64_of(&key.private)).unwrap();
        secrets.extend(shown_forms(&der));
    }
    secrets.extend(shown_forms(&[0xa7; 16]));
    let signatures = asks.iter().filter_map(|ask| ask.signature.as_deref()?.split_once("signature="));
    for (_, text) in signatures {
        let base64 = text.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
        secrets.extend(BASE64_STANDARD.decode(base64).iter().flat_map(|signature| shown_forms(signature)));
    }
    secrets
}

fn shows(text: &str, secrets: &[String]) -> bool {
    secrets.iter().any(|secret| text.contains(secret))
}

fn both(value: &(impl Debug + Display)) -> String {
    format!("{value} {value:?} {value:#?}")
}

/// Requests that are answered in as many ways as there are.
fn asks() -> Vec<Ask> {
    let ask = || Ask::cent("c").header("Agent-Token", TOKEN).signed();
    let change = |change: fn(&mut Ask)| ask().with(change);
    vec![
        ask(),
        ask(),
        Ask::of(edge::CAPTURE, "{").header("Agent-Token", TOKEN).signed(),
        Ask::of(edge::CAPTURE, format!("{{\"paymentId\":\"{TOKEN}\"}}")).header("Agent-Token", "x").signed(),
        change(|ask| ask.uri.push('x')),
        change(|ask| ask.method = "PUT".to_owned()),
        change(|ask| ask.client = None),
        change(|ask| ask.time = None),
        change(|ask| ask.time = Some("2025-03-01T09:00:00Z".to_owned())),
        change(|ask| ask.body.push(b' ')),
        change(|ask| ask.signature = ask.signature.take().map(|text| text.replace("RSA256", "none"))),
        change(|ask| ask.signature = ask.signature.take().map(|text| text.replace("Version=1", "Version=2"))),
        change(|ask| ask.signature = ask.signature.take().map(|text| format!("{text}?"))),
        change(|ask| ask.headers.push(("Content-Type".to_owned(), TOKEN.into()))),
        change(|ask| ask.headers.push(("Accept".to_owned(), TOKEN.into()))),
    ]
}

#[test]
fn nothing_shows_a_token_a_private_key_or_a_signature() {
    let asks = asks();
    let secrets = secrets(&asks);
    // The search finds what is there.
    let pem = &*private(wallet()).to_pem().unwrap().replace('\n', "");
    for text in
        [pem, TOKEN, asks[0].signature.as_deref().unwrap(), "a7a7a7a7a7a7a7a7a7a7a7a7", &"167, ".repeat(12)]
    {
        assert!(shows(text, &secrets), "{text}");
    }
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let see = |admission: Admission| {
        let seen = Arc::clone(&seen);
        move |caller: &Caller<'_>| {
            assert!(caller.token().is_some_and(|token| !token.expose().is_empty()));
            seen.lock().unwrap().push(format!(
                "{caller:?} {caller:#?} {:?} {:#?}",
                caller.token(),
                caller.token()
            ));
            admission
        }
    };
    let edges = || {
        let settings = Settings::default().capture_id_key(CaptureIdKey::new([0xa7; 16]));
        let clients = Clients::new();
        clients.add(&"demo".parse().unwrap(), V1, public(merchant()));
        Edge::new(
            Engine::new(Arc::<Counted>::default(), settings),
            clients,
            Signer::new(V1, private(wallet())),
        )
    };
    let mut shown = Vec::new();
    for edge in [
        edges().token_verifier(see(Admission::Admitted)),
        edges().early_limiter(see(Admission::Refused)),
        edges().token_verifier(see(Admission::Refused)),
        edges().access_check(see(Admission::Undecided)),
        edges().rate_limiter(see(Admission::Refused)),
    ] {
        for ask in &asks {
            let told = ask.tell(&edge);
            shown.push(told.body.replace(&format!("\"paymentId\":\"{TOKEN}\""), ""));
            shown.push(format!("{:?} {:#?}", told.answered, told.answered));
            shown.extend(told.answered.reason.iter().map(both));
        }
        shown.push(format!("{edge:?} {edge:#?} {:?} {:?}", edge.clients(), edge.signer()));
        shown.push(format!("{:?}", edge.clients().keys(&"demo".parse().unwrap())));
    }
    let client = MerchantClient::new(
        "demo".parse().unwrap(),
        Signer::new(V1, private(merchant())),
        KeyRing::of(V1, public(wallet())),
    );
    shown.push(format!("{client:?} {client:#?} {:?} {:#?}", private(merchant()), public(merchant())));
    shown.extend(seen.lock().unwrap().iter().cloned());
    assert!(shown.len() > 100);
    for text in shown {
        assert!(!shows(&text, &secrets), "{text}");
    }
}

#[test]
fn no_error_of_the_merchants_half_or_of_a_key_shows_a_secret() {
    let asks = asks();
    let secrets = secrets(&asks);
    let edge = edge();
    let client = MerchantClient::new(
        "demo".parse().unwrap(),
        Signer::new(V1, private(merchant())),
        KeyRing::of(V1, public(other())),
    );
    for ask in &asks {
        let request = ask.request().unwrap();
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let response = pollster::block_on(edge.answer(request, now_plus(0)));
        let error = client.verify(&method, &uri, &response, now_plus(1)).unwrap_err();
        assert!(!shows(&both(&error), &secrets), "{error}");
    }
    let pem = &merchant().private;
    let half = pem.lines().take(9).collect::<Vec<_>>().join("\n");
    let unclear = pem.replace("-----END PRIVATE KEY-----", "-----END-----");
    for text in [pem.replace("PRIVATE", "SECRET"), base64_of(pem)[4..].to_owned(), half, unclear] {
        let errors: [KeyError; 2] =
            [PrivateKey::from_text(&text).unwrap_err(), PublicKey::from_text(&text).unwrap_err()];
        errors.iter().for_each(|error| assert!(!shows(&both(error), &secrets), "{error}"));
    }
    assert!(calls(&edge) > 0);
}

#[test]
fn taking_away_says_whether_there_was_something() {
    let clients = Clients::new();
    let shop = "shop".parse().unwrap();
    assert!(!clients.retire(&shop, V1) && !clients.remove(&shop));
    clients.add(&shop, V1, public(merchant()));
    assert!(!clients.retire(&shop, V1.next().unwrap()));
    assert!(clients.retire(&shop, V1) && !clients.retire(&shop, V1));
    assert!(clients.remove(&shop) && !clients.remove(&shop));
}
