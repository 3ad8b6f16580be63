//! The stored forms of values: ids, money, times, codes and the like.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::cbor::{Reader, Writer};
use super::{Stored, StoredError};
use crate::command::ExtendInfo;
use crate::event::MAX_SEQ;
use crate::id::{CaptureId, Id, SharedId};
use crate::money::{Currency, MAX_COMMANDED_MINOR, Money};
use crate::result_code::{FailureCode, ResultCode};
use crate::state::Closing;
use crate::terms::Percent;
use crate::time::{Instant, Offset, OffsetTime};

impl<T: Stored> Stored for Option<T> {
    fn write(&self, to: &mut Writer) {
        match self {
            Some(value) => value.write(to),
            None => {
                to.null();
            }
        }
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        if from.null() { Ok(None) } else { T::read(from, what).map(Some) }
    }
}

/// What is shared in memory is stored with each that shares it.
impl<T: Stored> Stored for Arc<T> {
    fn write(&self, to: &mut Writer) {
        T::write(self, to);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        T::read(from, what).map(Self::new)
    }
}

/// What a request was answered: what it was given, or a code.
impl<T: Stored> Stored for Result<T, ResultCode> {
    fn write(&self, to: &mut Writer) {
        match self {
            Ok(given) => to.array(2).unsigned(1).put(given),
            Err(code) => to.array(2).unsigned(2).put(code),
        };
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        match from.numbered(what)? {
            (1, 1) => from.take(what).map(Ok),
            (2, 1) => read_refusal(from).map(Err),
            _ => Err(from.unknown(what)),
        }
    }
}

/// The code of a refusal that is recorded. The codes of a failed capture are
/// those of recorded refusals.
pub(super) fn read_refusal(from: &mut Reader<'_>) -> Result<ResultCode, StoredError> {
    from.take::<FailureCode>("result code").map(FailureCode::code)
}

impl Stored for bool {
    fn write(&self, to: &mut Writer) {
        to.boolean(*self);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.boolean(what)
    }
}

impl Stored for u64 {
    fn write(&self, to: &mut Writer) {
        to.unsigned(*self);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.unsigned(what)
    }
}

impl Stored for u32 {
    fn write(&self, to: &mut Writer) {
        to.unsigned(u64::from(*self));
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        let number = from.unsigned(what)?;
        Self::try_from(number).map_err(|error| from.damaged(what, error))
    }
}

impl Stored for NonZeroU32 {
    fn write(&self, to: &mut Writer) {
        self.get().write(to);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        let number = from.take(what)?;
        Self::new(number).ok_or_else(|| from.damaged(what, "it is 0"))
    }
}

/// Minor units of an amount whose currency stands elsewhere.
impl Stored for i64 {
    fn write(&self, to: &mut Writer) {
        to.signed(*self);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.signed(what)
    }
}

/// Minor units of a balance or a sum whose currency stands elsewhere.
impl Stored for i128 {
    fn write(&self, to: &mut Writer) {
        to.wide(*self);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.wide(what)
    }
}

impl<K> Stored for Id<K> {
    fn write(&self, to: &mut Writer) {
        to.text(self.as_str());
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        let text = from.text(what)?;
        Self::try_from(text).map_err(|error| from.damaged(what, error))
    }
}

impl Stored for CaptureId {
    fn write(&self, to: &mut Writer) {
        to.text(&self.text());
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        let text = from.text(what)?;
        Self::try_from(text).map_err(|error| from.damaged(what, error))
    }
}

impl<K> Stored for SharedId<K> {
    fn write(&self, to: &mut Writer) {
        to.text(self.as_str());
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        let text = from.text(what)?;
        Self::try_from(text).map_err(|error| from.damaged(what, error))
    }
}

impl Stored for ExtendInfo {
    fn write(&self, to: &mut Writer) {
        to.text(self.as_str());
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        let text = from.text(what)?;
        Self::try_from(text).map_err(|error| from.damaged(what, error))
    }
}

impl Stored for ResultCode {
    fn write(&self, to: &mut Writer) {
        to.text(self.as_str());
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        let code = from.text(what)?;
        Self::from_code(code).ok_or_else(|| from.damaged(what, "there is no such code"))
    }
}

impl Stored for FailureCode {
    fn write(&self, to: &mut Writer) {
        self.code().write(to);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        let code = from.take::<ResultCode>(what)?;
        Self::try_from(code).map_err(|_| from.damaged(what, "no failure is recorded with this code"))
    }
}

impl Stored for Currency {
    fn write(&self, to: &mut Writer) {
        to.array(2);
        write_currency(*self, to);
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.array(what, 2)?;
        read_currency(from)
    }
}

fn write_currency(currency: Currency, to: &mut Writer) {
    to.text(currency.code()).put(&currency.exponent().map(u32::from));
}

/// The table of currencies is not asked: it changes, what was stored does not.
fn read_currency(from: &mut Reader<'_>) -> Result<Currency, StoredError> {
    let code = from.text("currency")?;
    let exponent = from.take::<Option<u32>>("exponent")?;
    // What does not even fit a byte is refused like any other that is too large.
    let exponent = exponent.map(|exponent| u8::try_from(exponent).unwrap_or(u8::MAX));
    Currency::stored(code, exponent).map_err(|error| from.damaged("currency", error))
}

impl Stored for Money {
    fn write(&self, to: &mut Writer) {
        to.array(3).signed(self.minor());
        write_currency(self.currency(), to);
    }

    /// Up to the most that a command can give: nothing greater is stored as
    /// an amount.
    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.array(what, 3)?;
        let minor = from.signed(what)?;
        from.require((0..=MAX_COMMANDED_MINOR).contains(&minor), what, "it is not from 0 to 10^18 - 1")?;
        let currency = read_currency(from)?;
        Self::from_minor(minor, currency).map_err(|error| from.damaged(what, error))
    }
}

/// An amount that cannot be nothing.
pub(super) fn read_positive(from: &mut Reader<'_>, what: &'static str) -> Result<Money, StoredError> {
    let money = from.take::<Money>(what)?;
    from.require(!money.is_zero(), what, "it is 0")?;
    Ok(money)
}

/// The number of an event: they are counted from 1, and a signed column can
/// keep them.
pub(super) fn read_seq(from: &mut Reader<'_>) -> Result<u64, StoredError> {
    let seq = from.unsigned("number")?;
    from.require(seq > 0, "number", "it is 0")?;
    from.require(seq <= MAX_SEQ, "number", "it is more than 2^63 - 1")?;
    Ok(seq)
}

impl Stored for Percent {
    fn write(&self, to: &mut Writer) {
        to.unsigned(u64::from(self.hundredths()));
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        let hundredths = from.unsigned(what)?;
        let percent =
            u16::try_from(hundredths).ok().and_then(|hundredths| Self::from_hundredths(hundredths).ok());
        percent.ok_or_else(|| from.damaged(what, "it is more than 10000 hundredths"))
    }
}

impl Stored for Instant {
    fn write(&self, to: &mut Writer) {
        to.signed(self.as_micros());
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        let micros = from.signed(what)?;
        Self::from_micros(micros).map_err(|error| from.damaged(what, error))
    }
}

impl Stored for Offset {
    fn write(&self, to: &mut Writer) {
        to.signed(i64::from(self.minutes()));
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        let minutes = from.signed(what)?;
        // What does not fit is refused like any other that is too far.
        let minutes = i16::try_from(minutes).unwrap_or(i16::MAX);
        Self::from_minutes(minutes).map_err(|error| from.damaged(what, error))
    }
}

impl Stored for OffsetTime {
    fn write(&self, to: &mut Writer) {
        to.array(2).put(&self.instant()).put(&self.offset());
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        from.array(what, 2)?;
        let instant = from.take::<Instant>(what)?;
        Ok(instant.at(from.take("offset")?))
    }
}

impl Stored for Closing {
    fn write(&self, to: &mut Writer) {
        to.unsigned(match self {
            Self::Full => 1,
            Self::Last => 2,
            Self::VoidAfterCapture => 3,
            Self::VoidOfAll => 4,
            Self::Cancel => 5,
            Self::Expiry => 6,
        });
    }

    fn read(from: &mut Reader<'_>, what: &'static str) -> Result<Self, StoredError> {
        match from.unsigned(what)? {
            1 => Ok(Self::Full),
            2 => Ok(Self::Last),
            3 => Ok(Self::VoidAfterCapture),
            4 => Ok(Self::VoidOfAll),
            5 => Ok(Self::Cancel),
            6 => Ok(Self::Expiry),
            _ => Err(from.damaged(what, "no closing has this number")),
        }
    }
}
