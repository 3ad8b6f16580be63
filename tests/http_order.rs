#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, missing_docs)]
//! The order of the checks: a request that is wrong in several ways is told
//! the first, with no hint of the others; none of it reaches the store or is
//! recorded, and no check of the host's is asked after one that failed.

#[path = "support/edge.rs"]
mod edge;
#[path = "support/openssl.rs"]
mod openssl;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use capture_engine::http::{Admission, Answered, Caller, Clients, Edge, Route, Signer};
use capture_engine::{Engine, Settings};
use edge::{Ask, Tested, V1, calls, edge, now, private, public};
use openssl::{merchant, wallet};

/// The checks in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Check {
    Path,
    Method,
    Media,
    Client,
    Limiter,
    Key,
    Signature,
    Token,
    Access,
    RateLimiter,
    Body,
}
use Check::*;

const HOOKS: [Check; 4] = [Limiter, Token, Access, RateLimiter];

/// What makes a check fail.
#[derive(Clone, Copy)]
enum Fault {
    /// Before it is signed.
    Sent(fn(&mut Ask)),
    /// After it was signed.
    Signed(fn(&mut Ask)),
    /// At the host.
    Says(Admission),
}
use Fault::{Says, Sent, Signed};

type Faulty = (Check, Fault, &'static str, &'static str);

/// Every check, what makes it fail, its code and status, and what its host is
/// told of it.
#[rustfmt::skip]
static FAULTS: [Faulty; 34] = [
    (Path, Sent(|ask| ask.uri = "/v2/payments/pay".to_owned()), "INVALID_API F", "Rejected(Path)"),
    (Path, Sent(|ask| ask.uri = "/".to_owned()), "INVALID_API F", "Rejected(Path)"),
    (Method, Sent(|ask| ask.method = "GET".to_owned()), "METHOD_NOT_SUPPORTED F", "Rejected(Method)"),
    (Method, Sent(|ask| ask.method = "post".to_owned()), "METHOD_NOT_SUPPORTED F", "Rejected(Method)"),
    (Media, Sent(|ask| put(ask, "Content-Type", "text/plain")), "MEDIA_TYPE_NOT_ACCEPTABLE F", "Rejected(ContentType)"),
    (Media, Sent(|ask| put(ask, "Accept", "text/plain")), "MEDIA_TYPE_NOT_ACCEPTABLE F", "Rejected(Accept)"),
    (Client, Sent(|ask| ask.client = None), "CLIENT_INVALID F", "Rejected(NoClient)"),
    (Client, Sent(|ask| ask.client = Some(b"nobody".to_vec())), "CLIENT_INVALID F", "Rejected(UnknownClient)"),
    (Client, Sent(|ask| put(ask, "Client-Id", "demo")), "CLIENT_INVALID F", "Rejected(UnknownClient)"),
    (Limiter, Says(Admission::Refused), "REQUEST_TRAFFIC_EXCEED_LIMIT U", "Rejected(Refused(EarlyLimiter))"),
    (Limiter, Says(Admission::Undecided), "UNKNOWN_EXCEPTION U", "Rejected(Undecided(EarlyLimiter))"),
    (Key, Signed(|ask| name(ask, "9")), "KEY_NOT_FOUND F", "Rejected(UnknownKey)"),
    (Key, Signed(|ask| name(ask, "latest")), "KEY_NOT_FOUND F", "Rejected(UnknownKey)"),
    (Signature, Signed(|ask| ask.signature = ask.signature.take().map(|text| text.replace("signature=", "sig="))), "SIGNATURE_INVALID F", "Rejected(Signature(Form))"),
    (Signature, Signed(|ask| ask.signature = ask.signature.take().map(|text| text.replace("RSA256", "RSA1"))), "SIGNATURE_INVALID F", "Rejected(Signature(Algorithm))"),
    (Signature, Signed(|ask| ask.signature = ask.signature.take().map(|text| text + "?")), "SIGNATURE_INVALID F", "Rejected(Signature(Encoding))"),
    (Signature, Signed(|ask| ask.signature = ask.signature.take().map(|text| text.replace("signature=", "signature=AA"))), "SIGNATURE_INVALID F", "Rejected(Signature(Encoding))"),
    (Signature, Signed(|ask| ask.time = None), "SIGNATURE_INVALID F", "Rejected(Signature(NoTime))"),
    (Signature, Signed(|ask| ask.body.push(b'\n')), "SIGNATURE_INVALID F", "Rejected(Signature(Mismatch))"),
    (Signature, Sent(|ask| ask.time = Some("2026-03-01T08:00:00Z".to_owned())), "SIGNATURE_INVALID F", "Rejected(Signature(OutsideWindow"),
    (Signature, Sent(|ask| ask.time = Some("yesterday".to_owned())), "SIGNATURE_INVALID F", "Rejected(Signature(UnreadableTime"),
    (Token, Says(Admission::Refused), "INVALID_TOKEN F", "Rejected(Refused(Token))"),
    (Token, Says(Admission::Undecided), "UNKNOWN_EXCEPTION U", "Rejected(Undecided(Token))"),
    (Access, Says(Admission::Refused), "ACCESS_DENIED F", "Rejected(Refused(Access))"),
    (Access, Says(Admission::Undecided), "UNKNOWN_EXCEPTION U", "Rejected(Undecided(Access))"),
    (RateLimiter, Says(Admission::Refused), "REQUEST_TRAFFIC_EXCEED_LIMIT U", "Rejected(Refused(RateLimiter))"),
    (RateLimiter, Says(Admission::Undecided), "UNKNOWN_EXCEPTION U", "Rejected(Undecided(RateLimiter))"),
    (Body, Sent(|ask| ask.body.clear()), "PARAM_ILLEGAL F", "Cause(Body(NotWellFormed"),
    (Body, Sent(|ask| ask.body = b"{".to_vec()), "PARAM_ILLEGAL F", "Cause(Body(NotWellFormed"),
    (Body, Sent(|ask| ask.body = b"[]".to_vec()), "PARAM_ILLEGAL F", "Cause(Body(NotAnObject"),
    (Body, Sent(|ask| ask.body.push(b'x')), "PARAM_ILLEGAL F", "Cause(Body(NotWellFormed"),
    (Body, Sent(|ask| ask.body.insert(0, 0xff)), "PARAM_ILLEGAL F", "Cause(Body(NotWellFormed"),
    (Body, Sent(|ask| ask.body.resize(65_537, b' ')), "PARAM_ILLEGAL F", "Cause(Body(NotWellFormed"),
    (Body, Sent(|ask| ask.body = b"{\"a\":".repeat(33)), "PARAM_ILLEGAL F", "Cause(Body(NotWellFormed"),
];

fn put(ask: &mut Ask, name: &str, value: &str) {
    ask.headers.push((name.to_owned(), value.into()));
}

/// Names this version of the key, where there is a signature.
fn name(ask: &mut Ask, version: &str) {
    ask.signature = ask.signature.take().map(|text| text.replace("=1", &format!("={version}")));
}

/// The signature of `openssl`; of each text once.
fn signed(ask: Ask) -> Ask {
    static MADE: Mutex<Option<HashMap<Vec<u8>, Vec<u8>>>> = Mutex::new(None);
    let text = ask.text();
    let mut made = MADE.lock().unwrap();
    let made = made.get_or_insert_with(HashMap::new);
    let signature = made.entry(text.clone()).or_insert_with(|| merchant().sign(&text)).clone();
    ask.bearing(&signature)
}

/// What was asked of the host: of whom, and about whom.
type Asked = Arc<Mutex<Vec<Check>>>;

/// An edge whose host says this, and what it is asked.
fn edge_that_says(says: impl Fn(Check) -> Admission) -> (Tested, Asked) {
    let asked = Asked::default();
    let hook = |check: Check| {
        let (asked, says) = (Arc::clone(&asked), says(check));
        move |caller: &Caller<'_>| {
            let token = caller.token().map(|token| token.expose().to_owned());
            let about = (caller.client().as_str(), caller.route(), caller.now(), token.as_deref());
            assert_eq!(about, ("demo", Route::Capture, now(), Some("a-token")));
            assert_eq!(caller.extensions().get::<&str>(), Some(&edge::SENDER));
            asked.lock().unwrap().push(check);
            says
        }
    };
    let edge = edge().rate_limiter(hook(RateLimiter)).access_check(hook(Access));
    (edge.token_verifier(hook(Token)).early_limiter(hook(Limiter)), asked)
}

/// The same store behind an edge without checks of the host's.
fn unguarded(edge: &Tested) -> Tested {
    let clients = Clients::new();
    clients.add(&"demo".parse().unwrap(), V1, public(merchant()));
    let engine = Engine::new(Arc::clone(edge.engine().store()), Settings::default());
    Edge::new(engine, clients, Signer::new(V1, private(wallet())))
}

/// A capture with all of these faults: what is answered, byte for byte.
fn body_of(faults: &[Faulty]) -> String {
    let (edge, asked) = edge_that_says(|check| {
        let said = faults.iter().find_map(|(at, fault, ..)| match fault {
            Says(admission) if *at == check => Some(*admission),
            _ => None,
        });
        said.unwrap_or(Admission::Admitted)
    });
    let before = calls(&edge);
    let mut ask = Ask::cent("c").header("Agent-Token", "a-token");
    faults.iter().for_each(|(_, fault, ..)| {
        if let Sent(change) = fault {
            change(&mut ask)
        }
    });
    let mut ask = signed(ask);
    faults.iter().for_each(|(_, fault, ..)| {
        if let Signed(change) = fault {
            change(&mut ask)
        }
    });
    let told = ask.tell(&edge);
    // Nothing came to the store, and the host was asked up to the first fault.
    assert_eq!(calls(&edge), before);
    let (first, .., reason) = *faults.iter().min_by_key(|(check, ..)| *check).unwrap();
    is_told_to_the_host(&told.answered, first, reason);
    let expected: Vec<_> = HOOKS.into_iter().filter(|hook| *hook <= first).collect();
    assert_eq!(*asked.lock().unwrap(), expected, "{first:?}");
    assert!(!told.replayed);
    // Nothing is recorded: the id captures.
    let proper = signed(Ask::cent("c")).tell(&unguarded(&edge));
    assert_eq!((proper.code.as_str(), proper.replayed), ("SUCCESS", false));
    told.body
}

/// What the host can log and count by: the reason, and who asked for what, as
/// far as that is known.
fn is_told_to_the_host(answered: &Answered, first: Check, reason: &str) {
    let told = format!("{:?}", answered.reason.as_ref().unwrap());
    assert!(told.starts_with(reason), "{told}, not {reason}");
    assert_eq!(answered.route, (first > Path).then_some(Route::Capture), "{reason}");
    let client = answered.client.as_ref().map(|client| client.as_str());
    assert_eq!(client, (first > Client).then_some("demo"), "{reason}");
}

/// The bare result, with the words of the API page where it has them.
fn bare(code_and_status: &str) -> String {
    let message = match code_and_status {
        "INVALID_API F" => "The called API is invalid or not active.",
        "METHOD_NOT_SUPPORTED F" => "The server does not implement the requested HTTP method.",
        "MEDIA_TYPE_NOT_ACCEPTABLE F" => {
            "The server does not implement the media type that can be accepted by the client."
        }
        "CLIENT_INVALID F" => "The client is invalid.",
        "KEY_NOT_FOUND F" => "The key is not found.",
        "SIGNATURE_INVALID F" => "The signature is invalid.",
        "INVALID_TOKEN F" => "The access token is invalid.",
        "ACCESS_DENIED F" => "The access is denied.",
        "REQUEST_TRAFFIC_EXCEED_LIMIT U" => "Too much is asked for. Send the same request again later.",
        "UNKNOWN_EXCEPTION U" => "The result is unknown. Send the same request again.",
        "PARAM_ILLEGAL F" => "A required parameter is missing or a parameter is illegal.",
        other => panic!("{other}"),
    };
    let (code, status) = code_and_status.split_once(' ').unwrap();
    format!(r#"{{"result":{{"resultCode":"{code}","resultStatus":"{status}","resultMessage":"{message}"}}}}"#)
}

#[test]
fn each_check_alone_has_its_code() {
    for fault in FAULTS {
        assert_eq!(body_of(&[fault]), bare(fault.2), "{:?}", fault.0);
    }
}

#[test]
fn of_two_checks_that_fail_the_first_is_told_and_nothing_of_the_other() {
    for (place, first) in FAULTS.iter().enumerate() {
        for second in FAULTS[place..].iter().filter(|second| second.0 > first.0) {
            assert_eq!(body_of(&[*first, *second]), bare(first.2), "{:?}, {:?}", first.0, second.0);
        }
    }
}

#[test]
fn where_all_fail_from_one_on_that_one_is_told() {
    let mut firsts = FAULTS.to_vec();
    firsts.dedup_by_key(|fault| fault.0);
    assert_eq!(firsts.len(), 11);
    for (place, first) in firsts.iter().enumerate() {
        assert_eq!(body_of(&firsts[place..]), bare(first.2), "{:?}", first.0);
    }
}
