#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, missing_docs)]
//! An overloaded edge never says that what happened failed; and the bounds of
//! a body, which is looked at when all else holds.

#[path = "support/edge.rs"]
mod edge;
#[path = "support/openssl.rs"]
mod openssl;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use capture_engine::http::{Admission, Caller, Check, Route};
use edge::{Ask, CAPTURE, Tested, Told, calls, cent, edge};

/// How a host may stand when a request comes.
const STATES: [&str; 5] = ["at ease", "limits", "limits rates", "cannot limit", "cannot limit rates"];

/// An edge whose limits are in the state of this number, and that number.
fn edge_with_limits() -> (Tested, Arc<AtomicUsize>) {
    let state = Arc::<AtomicUsize>::default();
    let check = |refuses: usize, cannot: usize| {
        let state = Arc::clone(&state);
        move |_: &Caller<'_>| match state.load(SeqCst) {
            now if now == refuses => Admission::Refused,
            now if now == cannot => Admission::Undecided,
            _ => Admission::Admitted,
        }
    };
    (edge().early_limiter(check(1, 3)).rate_limiter(check(2, 4)), state)
}

/// The bodies: one that succeeds, one that is refused for ever, one of a void.
fn asks() -> [(Ask, &'static str); 3] {
    let too_much = cent("c").replace("\"value\":\"1\"", "\"value\":\"100001\"");
    let void = r#"{"voidRequestId":"v","paymentId":"p","voidAmount":{"value":"1","currency":"USD"}}"#;
    [
        (Ask::cent("c").signed(), "SUCCESS"),
        (Ask::of(CAPTURE, too_much).signed(), "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT"),
        (Ask::of(Route::Void.path(), void).signed(), "SUCCESS"),
    ]
}

/// Four deliveries of one request, in every order of the host's states.
#[test]
fn an_overloaded_edge_never_says_f_and_then_gives_the_recorded_answer() {
    for (ask, code) in asks() {
        for order in 0..STATES.len().pow(4) {
            let states = [0, 1, 2, 3].map(|place| order / STATES.len().pow(place) % STATES.len());
            let (edge, state) = edge_with_limits();
            let mut first: Option<String> = None;
            for now in states {
                state.store(now, SeqCst);
                let before = calls(&edge);
                let Told { code: said, status, body, replayed, .. } = ask.tell(&edge);
                let order = states.map(|state| STATES[state]);
                if now == 0 {
                    assert_eq!((said.as_str(), replayed), (code, first.is_some()), "{order:?}");
                    assert_eq!(*first.get_or_insert(body.clone()), body, "{order:?}");
                    continue;
                }
                let expected = if now < 3 { "REQUEST_TRAFFIC_EXCEED_LIMIT" } else { "UNKNOWN_EXCEPTION" };
                assert_eq!((said.as_str(), status.as_str(), replayed), (expected, "U", false), "{order:?}");
                assert_eq!(calls(&edge), before, "{order:?}");
            }
        }
    }
}

/// A check that waits, as one that asks another server does.
struct Waits(Admission);

impl Check for Waits {
    async fn admit(&self, _: &Caller<'_>) -> Admission {
        tokio::time::sleep(Duration::from_millis(2)).await;
        self.0
    }
}

#[tokio::test]
async fn a_check_may_wait() {
    for (says, expected) in [(Admission::Admitted, "SUCCESS"), (Admission::Refused, "ACCESS_DENIED")] {
        let edge = edge().access_check(Waits(says));
        let request = Ask::cent("c").signed().request().unwrap();
        let response = edge.answer(request, edge::now()).await;
        assert!(std::str::from_utf8(response.body()).unwrap().contains(expected));
    }
}

/// A capture with one more field of this text.
fn with_field(value: &str) -> String {
    format!(r#"{},"x":{value}}}"#, cent("c").strip_suffix('}').unwrap())
}

/// One whose body has so many bytes.
fn long(bytes: usize) -> String {
    with_field(&format!("\"{}\"", "x".repeat(bytes - with_field("\"\"").len())))
}

/// One whose body, which is the first level, is so deep.
fn deep(levels: usize) -> String {
    with_field(&format!("{}{}", "[".repeat(levels - 1), "]".repeat(levels - 1)))
}

#[test]
fn a_body_of_64_kib_and_32_levels_is_read_and_no_more() {
    let edge = edge();
    assert_eq!((long(65_536).len(), long(65_537).len()), (65_536, 65_537));
    for (expected, body) in [
        ("SUCCESS", long(65_536)),
        ("PARAM_ILLEGAL", long(65_537)),
        ("SUCCESS", deep(32)),
        ("PARAM_ILLEGAL", deep(33)),
        ("SUCCESS", format!("{}{}", cent("c"), " ".repeat(65_536 - cent("c").len()))),
        ("PARAM_ILLEGAL", format!("{}{}", cent("c"), " ".repeat(65_537 - cent("c").len()))),
        ("PARAM_ILLEGAL", long(10_000_000)),
        ("PARAM_ILLEGAL", deep(1_000_000)),
    ] {
        let before = calls(&edge);
        let told = Ask::of(CAPTURE, body).signed().tell(&edge);
        assert_eq!(told.code, expected);
        assert!(told.is_proved());
        assert_eq!(calls(&edge) > before, expected == "SUCCESS");
    }
    // One byte more than is read is still signed, or it is refused for that.
    let forged = Ask::of(CAPTURE, long(65_537)).signed().with(|ask| ask.body[65_000] ^= 1);
    assert_eq!(forged.code(&edge), "SIGNATURE_INVALID");
}

#[test]
fn whatever_is_no_json_object_in_utf_8_is_illegal_on_every_route() {
    let edge = edge();
    let bodies: [&[u8]; 20] = [
        b"",
        b" ",
        b"\0",
        b"null",
        b"0",
        b"\"demo\"",
        b"[]",
        b"[{\"paymentId\":\"p\"}]",
        b"{",
        b"}",
        b"{}{}",
        b"{} x",
        b"{\"paymentId\":\"p\"",
        b"{'paymentId':'p'}",
        b"{\"paymentId\":\"p\",}",
        b"{\"paymentId\":\"p\",\"paymentId\":\"p\"}",
        b"{\"paymentId\":\"\xff\"}",
        b"{\"paymentId\":\"\\ud800\"}",
        b"\xef\xbb\xbf{\"paymentId\":\"p\"}",
        b"captureRequestId=c&paymentId=p",
    ];
    for route in Route::ALL {
        for body in bodies {
            let before = calls(&edge);
            let told = Ask::of(route.path(), body).signed().tell(&edge);
            assert_eq!((told.code.as_str(), told.status.as_str()), ("PARAM_ILLEGAL", "F"), "{body:?}");
            assert_eq!(calls(&edge), before);
        }
    }
}
