//! A capture "c" and what it should come to by the rows of the capture table:
//! quoted first, which changes nothing, then told.
#![allow(dead_code, reason = "each test file uses its part of it")]

use capture_engine::command::Capture;
use capture_engine::outcome::{Outcome, Pending, Quote};
use capture_engine::record::CaptureOutcome;
use capture_engine::{Refusal, ResultCode};

use crate::world::{NOTHING, ONE_RECORD, Past, World, Wrote, capture, part, usd};

/// What a capture should come to.
#[derive(Clone, Debug)]
pub enum Expect {
    /// Row 18, with this amount.
    Captured(i64),
    /// Row 17, with this amount.
    Reserved(i64),
    /// Rows 9b and 10b: it waits, and nothing is recorded.
    Waits,
    /// Refused for this reason, of this row, with this code.
    Refused(u8, ResultCode, Refusal),
}

use Expect::{Captured, Refused, Reserved, Waits};

/// A name that is the rule, what was before, the capture "c", what it comes to.
pub type Case<'a> = (&'a str, &'a [Past], Capture, Expect);

pub fn check<const N: usize>(cases: [Case; N]) {
    for (name, past, capture, expected) in cases {
        expect(name, &World::after(past), &capture, expected);
    }
}

/// Tells the capture "c" and looks at its answer, and at what it wrote.
pub fn expect(name: &str, w: &World, capture: &Capture, expected: Expect) {
    let before = w.inquire("p").map(|_| w.stored("p"));
    let payers = before.as_ref().and_then(|payment| payment.payer()).map_or(0, |_| 1);
    let one_event = Wrote { authorizations: 1, payers, payment_events: 1, ..ONE_RECORD };
    quoted(name, w, capture, &expected);
    let outcome = w.tell(capture);
    let accepts = match (&outcome, expected) {
        (Outcome::Accepted { answer, .. }, Captured(amount)) => {
            assert_eq!(answer.code(), ResultCode::Success, "{name}");
            assert_eq!(answer.captured().unwrap().0, usd(amount), "{name}");
            true
        }
        (Outcome::Pending(Pending::Reserved { record, .. }), Reserved(amount)) => {
            let progress = record.progress().unwrap();
            assert_eq!(progress.capture.asked, usd(amount), "{name}");
            assert_eq!(progress.outcome, CaptureOutcome::InProcess, "{name}");
            true
        }
        (Outcome::Pending(Pending::Waiting), Waits) => {
            assert_eq!(outcome.code(), ResultCode::CaptureInProcess, "{name}");
            assert_eq!(w.wrote(), NOTHING, "{name}: nothing is recorded");
            false
        }
        (Outcome::Refused(found), Refused(row, code, refusal)) => {
            assert_eq!(*found, refusal, "{name}");
            assert_eq!((found.row(), found.code(), outcome.code()), (Some(row), code, code), "{name}");
            let recorded = if row >= 5 { ONE_RECORD } else { NOTHING };
            assert_eq!(w.wrote(), recorded, "{name}: its record, from row 5 on, and nothing else");
            false
        }
        (found, _) => panic!("{name}: {found:?}"),
    };
    if accepts {
        assert_eq!(w.wrote(), one_event, "{name}");
    } else {
        let after = w.inquire("p").map(|_| w.stored("p"));
        assert_eq!(after, before, "{name}: the payment stays as it was");
    }
}

/// A quote says what the capture would come to, with a verdict of accept.
fn quoted(name: &str, w: &World, capture: &Capture, expected: &Expect) {
    let outcome = w.quote(capture);
    assert_eq!(w.wrote(), NOTHING, "{name}: a quote records nothing");
    match (outcome, expected) {
        (Outcome::Accepted { answer: Quote::New(new), .. }, Captured(amount) | Reserved(amount)) => {
            assert_eq!(new.amount, usd(*amount), "{name}");
        }
        (Outcome::Accepted { answer: Quote::New(_), .. }, Refused(16, ..)) => (),
        (Outcome::Pending(Pending::Waiting), Waits) => (),
        (Outcome::Refused(found), Refused(_, _, refusal)) => assert_eq!(found, *refusal, "{name}: quoted"),
        (found, _) => panic!("{name}: quoted {found:?}"),
    }
}

/// The capture "c" of an amount, not the last one.
pub fn c(amount: i64) -> Capture {
    part("c", "p", amount)
}

/// The capture "c" of all that is left.
pub fn all() -> Capture {
    capture("c", "p").last(false)
}
