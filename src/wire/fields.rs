//! The fields of a body, read one by one into checked values. An error says
//! which field it is, by its path from the body, and what is wrong with it.
//!
//! A field that is `null` is as absent, one that nobody asks for is ignored.
//! No message repeats more of a text than three letters of a currency: its
//! sender chose its length.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;

use super::json::{Kind, Object, Value};
use crate::command::{ExtendInfo, ExtendInfoError};
use crate::id::{IdError, PaymentId};
use crate::money::{Currency, CurrencyError, Money};
use crate::result_code::{FailureCode, ResultCode};
use crate::settings::SettingsError;
use crate::terms::{Percent, PercentError};
use crate::time::{Instant, Offset, TimeError};

/// The most digits that the `value` of an amount has.
const AMOUNT_DIGITS: usize = 16;

/// A field of a body is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    field: String,
    problem: FieldProblem,
}

impl FieldError {
    /// The path of the field from the body, as in `captureAmount.value` or
    /// `currencies[1]`.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is wrong with it.
    pub fn problem(&self) -> &FieldProblem {
        &self.problem
    }

    /// The same error, seen from the object that has the value as a field.
    fn within(self, name: &str) -> Self {
        let dot = if self.field.is_empty() || self.field.starts_with('[') { "" } else { "." };
        Self { field: format!("{name}{dot}{}", self.field), ..self }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}

impl std::error::Error for FieldError {}

impl<P: Into<FieldProblem>> From<P> for FieldError {
    /// An error of the value itself, wherever it stands.
    fn from(problem: P) -> Self {
        Self { field: String::new(), problem: problem.into() }
    }
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldProblem {
    /// It is absent, or `null`.
    #[error("it is missing")]
    Missing,
    /// It is JSON of another type.
    #[error("it must be {expected}")]
    WrongType {
        /// The type that it must have.
        expected: Kind,
    },
    /// It cannot be an id.
    #[error(transparent)]
    Id(#[from] IdError),
    /// It is no number of minor units.
    #[error(
        "it must be {} in minor units: 1 to 16 digits without sign, point, blank or leading zero",
        if *.zero_allowed { "0 or a positive whole number" } else { "a positive whole number" }
    )]
    Amount {
        /// Whether it may be `"0"`.
        zero_allowed: bool,
    },
    /// It is no currency.
    #[error(transparent)]
    Currency(#[from] CurrencyError),
    /// It is no instant, or no offset.
    #[error(transparent)]
    Time(#[from] TimeError),
    /// It is no percentage.
    #[error(transparent)]
    Percent(#[from] PercentError),
    /// It is no window of time.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// It is too long, or holds a NUL.
    #[error(transparent)]
    ExtendInfo(#[from] ExtendInfoError),
    /// It is no whole number, or not within its bounds.
    #[error("it must be a whole number from {least} to {most}, written with digits only")]
    Number {
        /// The least that it may be.
        least: u64,
        /// The most that it may be.
        most: u64,
    },
    /// It is none of the words that it can be.
    #[error("it must be {expected}")]
    Word {
        /// The words.
        expected: String,
    },
    /// It is an object of more bytes than a body may have.
    #[error("it must have at most {most} bytes")]
    TooLong {
        /// How many it may have.
        most: usize,
    },
    /// It is no code that a failed capture can have.
    #[error("it must be PROCESS_FAIL or a code that refuses a capture")]
    NotAFailureCode,
    /// Something else is given that excludes it.
    #[error("it cannot be given together with {by}")]
    Excluded {
        /// The other field, or what it says.
        by: &'static str,
    },
}

/// Something read from a value, or what is wrong with it.
pub(super) type Reading<T> = Result<T, FieldError>;

/// The fields of one object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'d>(Object<'d>);

impl<'d> Fields<'d> {
    /// No fields at all.
    pub(super) const NONE: Self = Self(Object::EMPTY);

    /// Those of an object.
    pub(super) fn of(object: Object<'d>) -> Self {
        Self(object)
    }

    /// A field that may be absent.
    pub(super) fn optional<T>(
        self,
        name: &str,
        read: impl FnOnce(Value<'d>) -> Reading<T>,
    ) -> Reading<Option<T>> {
        match self.0.get(name) {
            Some(value) => read(value).map(Some).map_err(|error| error.within(name)),
            None => Ok(None),
        }
    }

    /// A field that must be there.
    pub(super) fn required<T>(self, name: &str, read: impl FnOnce(Value<'d>) -> Reading<T>) -> Reading<T> {
        match self.0.get(name) {
            Some(value) => read(value).map_err(|error| error.within(name)),
            None => self.missing(name),
        }
    }

    /// Refuses the absence of a field.
    pub(super) fn missing<T>(self, name: &str) -> Reading<T> {
        Err(FieldError::from(FieldProblem::Missing).within(name))
    }

    /// Whether a flag says `true`; absent and `false` are the same.
    pub(super) fn is_set(self, name: &str) -> Reading<bool> {
        Ok(self.optional(name, flag)?.unwrap_or(false))
    }

    /// Refuses a field that was given together with what excludes it.
    pub(super) fn excluded<T>(self, name: &str, by: &'static str) -> Reading<T> {
        Err(FieldError::from(FieldProblem::Excluded { by }).within(name))
    }

    /// The text of a field that is a well-formed id of any kind, for an echo.
    pub(super) fn id_text(self, name: &str) -> Option<Cow<'d, str>> {
        let text = self.0.get(name)?.as_str()?;
        PaymentId::try_from(&*text).is_ok().then_some(text)
    }
}

fn wrong_type(expected: Kind) -> FieldError {
    FieldProblem::WrongType { expected }.into()
}

/// A string.
pub(super) fn text(value: Value<'_>) -> Reading<Cow<'_, str>> {
    value.as_str().ok_or_else(|| wrong_type(Kind::String))
}

/// `true` or `false`.
pub(super) fn flag(value: Value<'_>) -> Reading<bool> {
    value.as_bool().ok_or_else(|| wrong_type(Kind::Bool))
}

/// An object.
pub(super) fn object(value: Value<'_>) -> Reading<Fields<'_>> {
    value.as_object().map(Fields::of).ok_or_else(|| wrong_type(Kind::Object))
}

/// An array, its elements read one by one.
pub(super) fn array<T>(value: Value<'_>, mut read: impl FnMut(Value<'_>) -> Reading<T>) -> Reading<Vec<T>> {
    let elements = value.as_array().ok_or_else(|| wrong_type(Kind::Array))?;
    elements
        .enumerate()
        .map(|(at, element)| read(element).map_err(|error| error.within(&format!("[{at}]"))))
        .collect()
}

/// An id of the kind that the place wants.
pub(super) fn id<T>(value: Value<'_>) -> Reading<T>
where
    T: for<'t> TryFrom<&'t str, Error = IdError>,
{
    Ok(T::try_from(&*text(value)?)?)
}

/// An amount of at least 1 minor unit.
pub(super) fn amount(value: Value<'_>) -> Reading<Money> {
    bounded_amount(value, false)
}

/// An amount that may be nothing.
pub(super) fn amount_or_zero(value: Value<'_>) -> Reading<Money> {
    bounded_amount(value, true)
}

fn bounded_amount(value: Value<'_>, zero_allowed: bool) -> Reading<Money> {
    let problem = || FieldProblem::Amount { zero_allowed };
    let fields = object(value)?;
    let minor = fields.required("value", |value| {
        let least = if zero_allowed { 0 } else { 1 };
        let minor = minor_units(&text(value)?).filter(|minor| *minor >= least);
        minor.ok_or_else(|| problem().into())
    })?;
    let currency = fields.required("currency", currency)?;
    Money::from_minor(minor, currency).map_err(|_| problem().into())
}

/// 1 to 16 ASCII digits without a leading zero.
fn minor_units(text: &str) -> Option<i64> {
    let digits_only = text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if text.len() > AMOUNT_DIGITS || leading_zero || !digits_only {
        return None;
    }
    text.parse().ok()
}

/// A code of the currency table, with or without an exponent.
pub(super) fn currency(value: Value<'_>) -> Reading<Currency> {
    let code = text(value)?;
    // The table is searched code by code; these are most of what is asked for.
    let frequent = [Currency::USD, Currency::EUR, Currency::JPY, Currency::KWD];
    match frequent.into_iter().find(|known| known.code() == code) {
        Some(known) => Ok(known),
        None => Ok(Currency::from_code(&code)?),
    }
}

/// An instant.
pub(super) fn instant(value: Value<'_>) -> Reading<Instant> {
    Ok(text(value)?.parse::<Instant>()?)
}

/// An offset from UTC.
pub(super) fn offset(value: Value<'_>) -> Reading<Offset> {
    Ok(text(value)?.parse::<Offset>()?)
}

/// A percentage, written as a string.
pub(super) fn percent(value: Value<'_>) -> Reading<Percent> {
    Ok(text(value)?.parse::<Percent>()?)
}

/// The free text of a capture.
pub(super) fn extend_info(value: Value<'_>) -> Reading<ExtendInfo> {
    Ok(ExtendInfo::try_from(&*text(value)?)?)
}

/// 0 to 2^32 − 1.
pub(super) fn count(value: Value<'_>) -> Reading<u32> {
    let most = u32::MAX;
    let number = whole(value).and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| FieldProblem::Number { least: 0, most: most.into() }.into())
}

/// 1 to 2^32 − 1.
pub(super) fn positive(value: Value<'_>) -> Reading<NonZeroU32> {
    let most = u32::MAX;
    let number = whole(value).and_then(|number| u32::try_from(number).ok());
    let positive = number.and_then(NonZeroU32::new);
    positive.ok_or_else(|| FieldProblem::Number { least: 1, most: most.into() }.into())
}

/// The number of an event, or 0: up to 2^63 − 1.
pub(super) fn event_number(value: Value<'_>) -> Reading<u64> {
    let most = i64::MAX.unsigned_abs();
    let number = whole(value).filter(|number| *number <= most);
    number.ok_or_else(|| FieldProblem::Number { least: 0, most }.into())
}

/// A number that is written with digits only, if it fits. JSON itself knows no
/// leading zeros.
fn whole(value: Value<'_>) -> Option<u64> {
    let digits = value.as_number()?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// One of some words.
pub(super) fn word<T: Copy>(value: Value<'_>, of: &[T], spelt: fn(T) -> &'static str) -> Reading<T> {
    let text = text(value)?;
    let found = of.iter().copied().find(|known| spelt(*known) == text);
    found.ok_or_else(|| {
        let words: Vec<_> = of.iter().map(|known| spelt(*known)).collect();
        FieldProblem::Word { expected: words.join(" or ") }.into()
    })
}

/// The code of a capture that failed at the rail.
pub(super) fn failure_code(value: Value<'_>) -> Reading<FailureCode> {
    let code = ResultCode::from_code(&text(value)?);
    let failure = code.and_then(|code| FailureCode::try_from(code).ok());
    failure.ok_or_else(|| FieldProblem::NotAFailureCode.into())
}

#[cfg(test)]
mod tests;
