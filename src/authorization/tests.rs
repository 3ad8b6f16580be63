//! What `apply` refuses of an event that is the next one: whatever does not
//! follow from the state before it.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::Authorization;
use crate::event::{AcceptedCapture, ApplyError, PaymentEvent, PaymentEventKind, PaymentRef};
use crate::key::AuthorizationKey;
use crate::money::{Currency, Money};
use crate::state::Closing;
use crate::terms::{DEFAULT_MAX_CAPTURES, Funding, Hold, Settlement, Terms};
use crate::time::Instant;

const DEADLINE: i64 = 1_000;

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

fn at(micros: i64) -> Instant {
    Instant::from_micros(micros).unwrap()
}

fn capture(asked: i64, last: bool) -> Arc<AcceptedCapture> {
    let (merchant, payment) = ("M".parse().unwrap(), "p".parse().unwrap());
    Arc::new(AcceptedCapture {
        of: PaymentRef::ByKey(Box::new(AuthorizationKey { merchant, payment })),
        request: "c".parse().unwrap(),
        id: "C".parse().unwrap(),
        asked: usd(asked),
        last,
        counted: None,
        accepted_seq: 2,
        accepted_at: at(10),
    })
}

fn captured(asked: i64, last: bool, closing: Option<Closing>, released: Option<i64>) -> PaymentEventKind {
    let released = released.map(usd);
    PaymentEventKind::Captured {
        capture: capture(asked, last),
        amount: usd(asked),
        settled: false,
        closing,
        released,
    }
}

fn voided(minor: i64, closing: Option<Closing>) -> PaymentEventKind {
    PaymentEventKind::Voided { request: Box::new("v".parse().unwrap()), amount: usd(minor), closing }
}

/// An authorization of 100, over-capture up to 20, and what happened to it.
fn lived(kinds: &[PaymentEventKind]) -> Authorization {
    let terms = Terms {
        expires_at: at(DEADLINE),
        max_captures: DEFAULT_MAX_CAPTURES,
        overcapture_percent: None,
        overcapture_limit: Some(usd(20)),
        settlement: Settlement::Immediate,
        funding: Funding::Held,
        last_by_default: true,
    };
    let (merchant, payment) = ("M".parse().unwrap(), "p".parse().unwrap());
    let hold = Arc::new(Hold { merchant, payment, payer: None, amount: usd(100), terms });
    let first = PaymentEvent { hold, seq: 1, time: at(10), kind: PaymentEventKind::Authorized };
    let mut authorization = Authorization::open(&first).unwrap();
    for kind in kinds {
        authorization.apply(&next(&authorization, 10, kind.clone())).unwrap();
    }
    authorization
}

/// The next event; what accepts a capture accepts it there.
fn next(authorization: &Authorization, micros: i64, mut kind: PaymentEventKind) -> PaymentEvent {
    use PaymentEventKind::{CaptureAccepted, Captured};
    let hold = Arc::clone(authorization.hold());
    let (seq, time) = (authorization.seq().saturating_add(1), at(micros));
    if let CaptureAccepted { capture } | Captured { capture, settled: false, .. } = &mut kind {
        *capture = Arc::new(AcceptedCapture { accepted_seq: seq, accepted_at: time, ..(**capture).clone() });
    }
    PaymentEvent { hold, seq, time, kind }
}

#[test]
fn an_event_says_what_follows_from_the_state_before_it() {
    use PaymentEventKind::{Cancelled, CaptureAccepted, CaptureFailed, CaptureReversed, Expired};
    let reserved = |last| CaptureAccepted { capture: capture(40, last) };
    let expired = |released, closing| Expired { released: usd(released), closing };
    let reversed = |released: Option<i64>| CaptureReversed {
        capture: capture(40, true),
        amount: usd(40),
        released: released.map(usd),
    };
    let failed = |released: Option<i64>| {
        let code = Default::default();
        CaptureFailed { capture: capture(40, false), code, released: released.map(usd) }
    };
    let last = captured(40, true, Some(Closing::Last), Some(60));
    let cases: [(&str, &[PaymentEventKind], i64, PaymentEventKind, bool); 25] = [
        ("a capture", &[], 10, captured(40, false, None, None), true),
        ("before the last event", &[], 9, captured(40, false, None, None), false),
        ("one tick before the deadline", &[], DEADLINE - 1, reserved(false), true),
        ("at the deadline", &[], DEADLINE, reserved(false), false),
        ("captured at the deadline", &[], DEADLINE, captured(40, false, None, None), false),
        ("beside a last one", &[reserved(true)], 10, captured(40, false, None, None), false),
        ("a last capture that closes", &[], 10, last.clone(), true),
        ("a last capture that does not close", &[], 10, captured(40, true, None, None), false),
        ("another amount released", &[], 10, captured(40, true, Some(Closing::Last), Some(61)), false),
        ("up to the ceiling", &[], 10, captured(120, false, Some(Closing::Full), Some(0)), true),
        ("up to the ceiling, and open", &[], 10, captured(120, false, None, None), false),
        ("in full below the ceiling", &[], 10, captured(100, false, Some(Closing::Full), Some(0)), false),
        ("a void of what is left", &[], 10, voided(100, Some(Closing::VoidOfAll)), true),
        (
            "a void of all that closes as after a capture",
            &[],
            10,
            voided(100, Some(Closing::VoidAfterCapture)),
            false,
        ),
        ("a void of all that does not close", &[], 10, voided(100, None), false),
        ("a void beyond what is unclaimed", &[captured(60, false, None, None)], 10, voided(41, None), false),
        ("a cancel", &[], 10, Cancelled { released: usd(100) }, true),
        ("a cancel that releases less", &[], 10, Cancelled { released: usd(99) }, false),
        ("the deadline", &[], DEADLINE, expired(100, Closing::Expiry), true),
        ("before the deadline", &[], DEADLINE - 1, expired(100, Closing::Expiry), false),
        (
            "in full with money left",
            &[captured(40, false, None, None)],
            DEADLINE,
            expired(60, Closing::Full),
            false,
        ),
        (
            "expired with none left",
            &[captured(100, false, None, None)],
            DEADLINE,
            expired(0, Closing::Expiry),
            false,
        ),
        ("a reversal after the closing", std::slice::from_ref(&last), 10, reversed(Some(40)), true),
        ("a reversal that releases nothing", std::slice::from_ref(&last), 10, reversed(None), false),
        ("a failure while open that releases", &[reserved(false)], 10, failed(Some(40)), false),
    ];
    for (name, past, micros, kind, fits) in cases {
        let mut authorization = lived(past);
        let before = authorization.clone();
        let applied = authorization.apply(&next(&before, micros, kind));
        assert_eq!(applied.is_ok(), fits, "{name}: {applied:?}");
        if !fits {
            assert!(matches!(applied, Err(ApplyError::DoesNotFit { .. })), "{name}: {applied:?}");
            assert_eq!(authorization, before, "{name}: nothing changed");
        }
    }
}

#[test]
fn a_capture_is_accepted_by_the_event_that_it_says() {
    let mut authorization = lived(&[]);
    let said = |seq, micros| {
        let capture = (*capture(40, false)).clone();
        let capture = AcceptedCapture { accepted_seq: seq, accepted_at: at(micros), ..capture };
        let hold = Arc::clone(lived(&[]).hold());
        let kind = PaymentEventKind::CaptureAccepted { capture: Arc::new(capture) };
        PaymentEvent { hold, seq: 2, time: at(11), kind }
    };
    for (seq, micros) in [(1, 11), (3, 11), (2, 10), (2, 12)] {
        let applied = authorization.apply(&said(seq, micros));
        assert!(matches!(applied, Err(ApplyError::DoesNotFit { .. })), "{seq}, {micros}: {applied:?}");
    }
    authorization.apply(&said(2, 11)).unwrap();
}
