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
