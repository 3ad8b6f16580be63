//! What is legal: ids, amounts, percentages, words and whole numbers.

use super::line::{Amount, Digits};

/// A field is malformed, or missing where it is needed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Illegal;

pub type Legal<T> = Result<T, Illegal>;

/// Minor units of a currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Money {
    pub minor: i128,
    pub currency: &'static str,
}

/// The codes that the reference knows, and whether they have an exponent. A
/// code that is not here is taken for none at all: histories use these only.
const CODES: [(&str, bool); 11] = [
    ("USD", true),
    ("EUR", true),
    ("JPY", true),
    ("KWD", true),
    ("CLF", true),
    ("GBP", true),
    ("BHD", true),
    ("XAU", false),
    ("XTS", false),
    ("XXX", false),
    ("XDR", false),
];

pub fn code(text: &str) -> Legal<&'static str> {
    CODES.iter().map(|(code, _)| *code).find(|code| *code == text).ok_or(Illegal)
}

pub fn has_exponent(currency: &str) -> bool {
    CODES.contains(&(currency, true))
}

/// No balance exceeds this.
pub const MOST: i128 = 1_000_000_000_000_000_000 - 1;

pub fn needed<T>(field: Legal<Option<T>>) -> Legal<T> {
    field?.ok_or(Illegal)
}

/// 1 to 64 characters, no control character, no white space at either end.
pub fn is_id(text: &str) -> bool {
    let count = text.chars().count();
    let edges = text.chars().next().into_iter().chain(text.chars().last());
    (1..=64).contains(&count)
        && !text.chars().any(char::is_control)
        && !edges.into_iter().any(char::is_whitespace)
}

pub fn id(field: &Option<String>) -> Legal<Option<&str>> {
    match field {
        Some(text) if !is_id(text) => Err(Illegal),
        other => Ok(other.as_deref()),
    }
}

pub fn positive(field: &Option<Amount>) -> Legal<Option<Money>> {
    let money = or_zero(field)?;
    if money.is_some_and(|money| money.minor == 0) { Err(Illegal) } else { Ok(money) }
}

/// An amount that may be zero.
pub fn or_zero(field: &Option<Amount>) -> Legal<Option<Money>> {
    let Some(amount) = field else { return Ok(None) };
    let Digits::Text(value) = &amount.value else { return Err(Illegal) };
    let plain = (1..=16).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || value.len() > 1 && value.starts_with('0') {
        return Err(Illegal);
    }
    Ok(Some(Money { minor: value.parse().map_err(|_| Illegal)?, currency: code(&amount.currency)? }))
}

/// Hundredths of a percent: `(0|[1-9][0-9]{0,2})(\.[0-9]{1,2})?`, at most 100.
pub fn percent(field: &Option<String>) -> Legal<Option<i128>> {
    let Some(text) = field else { return Ok(None) };
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text.as_str(), None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let whole_fits =
        (1..=3).contains(&whole.len()) && digits(whole) && (whole == "0" || !whole.starts_with('0'));
    let fraction_fits = fraction.is_none_or(|text| (1..=2).contains(&text.len()) && digits(text));
    if !whole_fits || !fraction_fits {
        return Err(Illegal);
    }
    let whole: i128 = whole.parse().map_err(|_| Illegal)?;
    let hundredths: i128 = format!("{:0<2}", fraction.unwrap_or("")).parse().map_err(|_| Illegal)?;
    let percent = whole * 100 + hundredths;
    if percent > 10_000 { Err(Illegal) } else { Ok(Some(percent)) }
}

pub fn word(field: &Option<String>, words: &[&'static str]) -> Legal<Option<&'static str>> {
    let Some(text) = field else { return Ok(None) };
    words.iter().copied().find(|word| word == text).map(Some).ok_or(Illegal)
}

pub fn number(field: Option<u64>, least: u64, most: u64) -> Legal<Option<u64>> {
    match field {
        Some(number) if !(least..=most).contains(&number) => Err(Illegal),
        other => Ok(other),
    }
}

pub const MOST_U32: u64 = u32::MAX as u64;
