//! The stored byte form of all that a store keeps: authorizations, payers,
//! records and events, so that a store written by a stranger needs no more than
//! `to_bytes` and `from_bytes`. How rows and events are keyed, versioned and
//! committed is the store's.
//!
//! The first byte is the version of the format, [`FORMAT_VERSION`]. One CBOR
//! item (RFC 8949) follows, and nothing after it: an array whose first element
//! is a letter that says what is stored. So any CBOR tool reads it, the first
//! byte left out.
//!
//! # The policy
//! Bytes of every released version are read for ever. A form that changes in
//! any way gets a new version number, and new golden files beside the old ones
//! (`tests/golden/v1`); what is written is always of the newest version. A
//! version that this crate does not know is [`StoredError::NewerVersion`]: never
//! a guess.
//!
//! # The format, version 1
//! Arrays have a definite length, exactly that of the table, and hold the fields
//! in its order. `?` marks a field that is null where there is nothing.
//!
//! | stored | the array |
//! |---|---|
//! | authorization | `"a"`, hold, captured, inProcess, voided (three amounts in minor units of the hold's currency), captures that succeeded, captures in process, whether a last one is in process, closing?, number of the last event, its time |
//! | payer | `"p"`, payerId, currency, balance, held (minor units), status, limits, usage?, number of resets, number of the last event, its time |
//! | record of an authorize | `"A"`, hold, result (of an offset) |
//! | record of a capture | `"C"`, merchant, captureRequestId, fate |
//! | record of a void | `"V"`, merchant, voidRequestId, paymentId, amount to void, result (of money) |
//! | record of a cancel | `"X"`, merchant, paymentId, released (money), printed time |
//! | record of a registration | `"R"`, payerId, registration |
//! | record of an adjustment | `"J"`, adjustRequestId, payerId, adjustment, result (of funds) |
//! | event of a payment | `"E"`, hold, number, time, what happened |
//! | event of a payer | `"P"`, payerId, number, time, what happened to the account |
//!
//! | part | the array, or the item |
//! |---|---|
//! | id | text: 1 to 64 characters, no control character, no white space at its ends |
//! | instant, time | integer: microseconds since 1970-01-01T00:00:00Z, negative before |
//! | offset | integer: minutes ahead of UTC |
//! | printed time | instant, offset |
//! | currency | code (text), exponent? |
//! | money | minor units, code (text), exponent?; both of the code and the exponent count, whatever a table says of the code today |
//! | balance, held, sum | integer of minor units; a bignum (tag 2) from 2^64 |
//! | result code | text, as the API spells it |
//! | hold | merchant, paymentId, payerId?, amount (money), terms |
//! | terms | expiresAt, maxCaptures, overcapturePercent? (in hundredths), overcaptureLimit? (money), settlement (1 immediate, 2 deferred), funding (1 held, 2 drawn), whether a capture is a last one by default |
//! | closing | 1 full, 2 last capture, 3 void after a capture, 4 void of all, 5 cancel, 6 deadline |
//! | capture | captureId, amount asked (money), isLastCapture, counted? |
//! | accepted | capture (an array), and after it, not in an array of their own, the number of the event that accepted it, its time |
//! | counted | start of the usage window, number of resets |
//! | told | 1, amount (money): succeeded · 2, result code: failed |
//! | fate | 1: abandoned · 2, asked, result code: refused · 3, asked, progress: accepted |
//! | asked | paymentId, amount as sent? (money), amount resolved? (money), isLastCapture as sent?, its default, extendInfo? (text) |
//! | progress | accepted, outcome, contradiction? (told) |
//! | outcome | 1: in process · 2, amount (money), printed time, reversed: succeeded · 3, result code: failed |
//! | result | 1, what was given: success · 2, result code: refused |
//! | amount to void | 1, money: this much · 2: all that is left |
//! | status | 1 normal, 2 abnormal |
//! | limits | maxCount?, maxAmount? (money) |
//! | usage | start of the window, count, sum |
//! | registration | balance (money), status, limits |
//! | adjustment | funds?, status?, whether limits are cleared, limits, whether the usage is reset |
//! | funds change | 1, money: added · 2, money: withdrawn |
//! | funds | currency, balance, held |
//! | what happened | 1: Authorized · 2, captureRequestId, accepted: CaptureAccepted · 3, captureRequestId, accepted, amount (money), whether it was in process before, closing?, released? (money): Captured · 4, captureRequestId, accepted, result code, released? (money): CaptureFailed · 5, captureRequestId, accepted, amount (money), released? (money): CaptureReversed · 6, captureRequestId, accepted, told: SettlementContradicted · 7, voidRequestId, amount (money), closing?: Voided · 8, released (money): Cancelled · 9, released (money), closing: Expired |
//! | … to the account | 1, registration: PayerRegistered · 2, adjustRequestId, adjustment: PayerAdjusted |
//!
//! # What reading promises
//! It is total: any bytes give a value or a [`StoredError`], never a panic, and
//! never take more memory than in proportion to their own length. It is strict:
//! each value has one form (numbers and lengths in the fewest bytes), any other
//! is refused, so what was read writes the same bytes again. A value that can
//! not have come from the engine (an id that is none, an authorization that
//! claims more than its ceiling, an accepted capture of another amount than it
//! asked) is refused too; what rows say of each other is not compared here.
//!
//! ```
//! use capture_engine::Authorization;
//! use capture_engine::stored::StoredError;
//! assert_eq!(Authorization::from_bytes(&[9, 0x80]), Err(StoredError::NewerVersion { found: 9 }));
//! ```

mod authorization;
mod cbor;
mod event;
mod payer;
mod record;
mod values;

use cbor::{Reader, Writer};

/// The version of the format that is written: the first byte of all that is
/// stored. All versions up to it are read.
pub const FORMAT_VERSION: u8 = 1;

/// Stored bytes are not what the crate writes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoredError {
    /// There is not even the byte of the version.
    #[error("nothing is stored: the version of the format is missing")]
    Empty,
    /// A newer version of the crate wrote them. They may be in order.
    #[error(
        "stored in format version {found}, and this crate reads none above {}: use a newer one",
        FORMAT_VERSION
    )]
    NewerVersion {
        /// The version that was found.
        found: u8,
    },
    /// They are damaged, or were written by something else.
    #[error("{what} (at byte {at}): {problem}")]
    Damaged {
        /// The field, in the words of the format's table.
        what: &'static str,
        /// Where the last item that was looked at begins; the version is byte 0.
        at: usize,
        /// What is wrong with it.
        problem: String,
    },
}

/// What is stored as one CBOR item.
trait Stored: Sized {
    fn write(&self, to: &mut Writer);

    /// Reads what [`Stored::write`] wrote; `what` names it in an error.
    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError>;
}

fn to_bytes(value: &impl Stored) -> Vec<u8> {
    let mut writer = Writer::new(FORMAT_VERSION);
    writer.put(value);
    writer.into_bytes()
}

fn from_bytes<T: Stored>(bytes: &[u8], what: &'static str) -> Result<T, StoredError> {
    match bytes.first() {
        None => Err(StoredError::Empty),
        Some(&FORMAT_VERSION) => {
            let mut reader = Reader::after_version(bytes);
            let value = reader.take(what)?;
            reader.end()?;
            Ok(value)
        }
        Some(0) => {
            let problem = "no format has the number 0".to_owned();
            Err(StoredError::Damaged { what: "version", at: 0, problem })
        }
        Some(&found) => Err(StoredError::NewerVersion { found }),
    }
}
