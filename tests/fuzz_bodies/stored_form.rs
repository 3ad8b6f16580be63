//! Stored forms: any bytes are refused, or are the one form of one value,
//! which is written as just these bytes.

use std::fmt::{Debug, Display};

use capture_engine::event::{Event, PayerEvent, PaymentEvent};
use capture_engine::record::Record;
use capture_engine::store::Key;
use capture_engine::{Authorization, Payer};

use super::memory::in_proportion;
use super::{cbor, identities};

/// Whether the bytes are the form of something.
pub fn check(bytes: &[u8]) -> bool {
    let authorization = read(bytes, Authorization::from_bytes, Authorization::to_bytes);
    let payer = read(bytes, Payer::from_bytes, Payer::to_bytes);
    let record = read(bytes, Record::from_bytes, Record::to_bytes);
    let payment_event = read(bytes, PaymentEvent::from_bytes, PaymentEvent::to_bytes);
    let payer_event = read(bytes, PayerEvent::from_bytes, PayerEvent::to_bytes);
    let event = read(bytes, Event::from_bytes, Event::to_bytes);
    let key = read(bytes, Key::from_bytes, Key::to_bytes);

    let of_a_stream = payment_event.clone().map(Event::Payment).or(payer_event.clone().map(Event::Payer));
    assert_eq!(event, of_a_stream, "an event alone and as one of its stream");
    let kinds =
        [authorization.is_some(), payer.is_some(), record.is_some(), event.is_some()].map(usize::from);
    assert!(kinds.iter().sum::<usize>() <= 1, "one form of two kinds: {kinds:?}");

    if kinds != [0; 4] {
        for form in cbor::other_forms(bytes) {
            assert!(is_refused(&form), "another form of the same value is read: {}", form.escape_ascii());
        }
    }
    if let Some(authorization) = authorization {
        identities::hold(&authorization).unwrap();
    }
    if let Some(record) = &record {
        assert_eq!(Key::from_bytes(&Key::Record(record.key()).to_bytes()), Ok(Key::Record(record.key())));
    }
    if let Some(payer) = &payer {
        assert!(payer.held().minor() <= payer.balance().minor(), "more is held than there is");
    }
    if let Some(Ok(opened)) = payment_event.as_ref().map(Authorization::open) {
        identities::hold(&opened).unwrap();
    }
    if let Some(Ok(opened)) = payer_event.as_ref().map(Payer::open) {
        assert_eq!(opened.seq(), 1);
    }
    kinds != [0; 4] || key.is_some()
}

fn is_refused(bytes: &[u8]) -> bool {
    Authorization::from_bytes(bytes).is_err()
        && Payer::from_bytes(bytes).is_err()
        && Record::from_bytes(bytes).is_err()
        && Event::from_bytes(bytes).is_err()
}

fn read<T: PartialEq + Debug, E: Display>(
    bytes: &[u8],
    from_bytes: impl Fn(&[u8]) -> Result<T, E>,
    to_bytes: impl Fn(&T) -> Vec<u8>,
) -> Option<T> {
    match in_proportion(bytes, || from_bytes(bytes)) {
        Ok(value) => {
            assert_eq!(to_bytes(&value), bytes, "{value:?} is written otherwise");
            Some(value)
        }
        Err(error) => {
            assert!(error.to_string().len() < 300, "a message as long as its sender pleased: {error}");
            None
        }
    }
}
