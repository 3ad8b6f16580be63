//! How amounts, times and results are spelt in answers.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::money::{Currency, Money, Total};
use crate::result_code::ResultCode;
use crate::time::OffsetTime;

/// `{"resultCode":…,"resultStatus":…,"resultMessage":…}`
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultMember {
    result_code: &'static str,
    result_status: &'static str,
    result_message: &'static str,
}

impl From<ResultCode> for ResultMember {
    fn from(code: ResultCode) -> Self {
        Self {
            result_code: code.as_str(),
            result_status: code.status().as_str(),
            result_message: code.message(),
        }
    }
}

/// `{"value":"1000","currency":"USD"}`, of a single amount or of a sum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amount<N = i64> {
    minor: N,
    currency: Currency,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self { minor: money.minor(), currency: money.currency() }
    }
}

impl From<Total> for Amount<i128> {
    fn from(total: Total) -> Self {
        Self { minor: total.minor(), currency: total.currency() }
    }
}

impl<N: fmt::Display> Serialize for Amount<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_struct("Amount", 2)?;
        members.serialize_field("value", &Shown(&self.minor))?;
        members.serialize_field("currency", self.currency.code())?;
        members.end()
    }
}

/// A string of whatever its value displays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<T>(pub(super) T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A time with six digits of fraction, if it has one.
#[derive(Clone, Copy, Debug)]
pub(super) struct WithFraction(pub(super) OffsetTime);

impl Serialize for WithFraction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.with_fraction())
    }
}

/// A time with six digits of fraction, always.
#[derive(Clone, Copy, Debug)]
pub(super) struct WithMicros(pub(super) OffsetTime);

impl Serialize for WithMicros {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.with_micros())
    }
}

/// Writes one answer behind what is there: compact, members in the order in
/// which their type lists them.
pub(super) fn write(answer: &impl Serialize, out: &mut Vec<u8>) {
    // Writing to memory does not fail, and no answer refuses to be written.
    serde_json::to_writer(out, answer).unwrap_or_default();
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::as_conversions)]
mod tests {
    use super::*;
    use crate::time::{Instant, Offset};

    fn written(answer: &impl Serialize) -> String {
        let mut out = b"before ".to_vec();
        write(answer, &mut out);
        String::from_utf8(out).unwrap().strip_prefix("before ").unwrap().to_owned()
    }

    #[test]
    fn only_what_json_demands_is_escaped_in_its_shortest_form() {
        for character in (0..=0x10_FFFF).filter_map(char::from_u32) {
            let expected = match character {
                '"' => "\\\"".to_owned(),
                '\\' => "\\\\".to_owned(),
                '\u{8}' => "\\b".to_owned(),
                '\t' => "\\t".to_owned(),
                '\n' => "\\n".to_owned(),
                '\u{C}' => "\\f".to_owned(),
                '\r' => "\\r".to_owned(),
                control if control < ' ' => format!("\\u{:04x}", control as u32),
                plain => plain.to_string(),
            };
            assert_eq!(written(&character.to_string()), format!("\"{expected}\""));
        }
    }

    #[test]
    fn amounts_and_sums_of_any_size_are_strings_of_digits() {
        let usd = |minor| Amount::from(Money::from_minor(minor, Currency::USD).unwrap());
        assert_eq!(written(&usd(0)), r#"{"value":"0","currency":"USD"}"#);
        assert_eq!(written(&usd(1_000)), r#"{"value":"1000","currency":"USD"}"#);
        let largest = format!(r#"{{"value":"{}","currency":"USD"}}"#, i64::MAX);
        assert_eq!(written(&usd(i64::MAX)), largest);
        let sum = Amount::from(Total::from_minor(i128::MAX, Currency::KWD).unwrap());
        assert_eq!(written(&sum), format!(r#"{{"value":"{}","currency":"KWD"}}"#, i128::MAX));
        let gold = Currency::from_code("XAU").unwrap();
        let gold = Amount::from(Money::from_minor(7, gold).unwrap());
        assert_eq!(written(&gold), r#"{"value":"7","currency":"XAU"}"#);
    }

    #[test]
    fn times_have_no_fraction_some_or_always_six_digits() {
        let time = |text: &str| text.parse::<Instant>().unwrap().at(Offset::PLUS_8);
        let half = time("2026-03-01T00:00:00.5Z");
        assert_eq!(written(&Shown(half)), r#""2026-03-01T08:00:00+08:00""#);
        assert_eq!(written(&WithFraction(half)), r#""2026-03-01T08:00:00.500000+08:00""#);
        let whole = time("2026-03-01T00:00:00Z");
        assert_eq!(written(&WithFraction(whole)), r#""2026-03-01T08:00:00+08:00""#);
        assert_eq!(written(&WithMicros(whole)), r#""2026-03-01T08:00:00.000000+08:00""#);
    }

    #[test]
    fn a_result_has_its_code_status_and_message() {
        for code in ResultCode::ALL {
            let expected = format!(
                r#"{{"resultCode":"{code}","resultStatus":"{}","resultMessage":"{}"}}"#,
                code.status().as_str(),
                code.message()
            );
            assert_eq!(written(&ResultMember::from(code)), expected);
        }
    }
}
