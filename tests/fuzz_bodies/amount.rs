//! Amounts: `VALUE CODE` (USD where there is no code), as the `value` of a
//! body, as a decimal number and as a percentage, against readers that go
//! through the characters by hand.

use capture_engine::command::Capture;
use capture_engine::money::MoneyError;
use capture_engine::terms::Percent;
use capture_engine::wire::read_capture;
use capture_engine::wire::replay::Session;
use capture_engine::{Currency, MemoryStore, Money, Settings};
use rust_decimal::Decimal;

use super::ids::merchant;
use super::tree::Tree;

/// Whether the value is one in one of its forms.
pub fn check(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let (value, code) = text.rsplit_once(' ').unwrap_or((text, "USD"));
    let in_a_body = as_a_body_has_it(value, code);
    let decimal = Currency::from_code(code).is_ok_and(|currency| as_a_decimal(value, currency));
    let percent = as_a_percentage(value);
    in_a_body || decimal || percent
}

/// 1 to 16 ASCII digits, the first no zero.
pub fn minor_units(text: &str) -> Option<i64> {
    let mut digits = text.chars().map(|c| c.to_digit(10).map(i64::from)).collect::<Option<Vec<_>>>()?;
    if digits.is_empty() || digits.len() > 16 || digits[0] == 0 {
        return None;
    }
    let mut minor = 0;
    for (power, digit) in (0..).zip(digits.drain(..).rev()) {
        minor += digit * 10_i64.pow(power);
    }
    Some(minor)
}

/// The amount in an object, by the letter of its rule.
pub fn amount(object: &Tree) -> Option<Money> {
    let minor = minor_units(object.get("value")?.text()?)?;
    let code = object.get("currency")?.text()?;
    let in_capitals = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    let currency = Currency::from_code(code).ok();
    assert!(in_capitals || currency.is_none(), "{code:?} is taken for a currency");
    Some(Money::from_minor(minor, currency?).unwrap())
}

fn as_a_body_has_it(value: &str, code: &str) -> bool {
    let given = Tree::Object(vec![
        ("value".to_owned(), Tree::Text(value.to_owned())),
        ("currency".to_owned(), Tree::Text(code.to_owned())),
    ]);
    let expected = amount(&given);
    let body = format!(r#"{{"captureRequestId":"c","paymentId":"p","captureAmount":{}}}"#, given.compact());
    let capture = Capture::new(merchant(), "c".parse().unwrap(), "p".parse().unwrap());
    match read_capture(&merchant(), body.as_bytes()) {
        Ok(read) => assert_eq!(Some(read), expected.map(|amount| capture.amount(amount)), "{body}"),
        Err(error) => assert_eq!(expected, None, "{body}: {error}"),
    }
    if let Some(amount) = expected.filter(|amount| amount.currency().exponent().is_some()) {
        assert_eq!(printed(&given), given.compact(), "{amount}");
    }
    expected.is_some()
}

/// The amount as the answer to an authorization prints it.
fn printed(amount: &Tree) -> String {
    let body = format!(
        r#"{{"paymentId":"p","paymentAmount":{},"authExpiryTime":"2026-03-08T00:00:00Z"}}"#,
        amount.compact()
    );
    let line = format!(r#"{{"op":"authorize","at":"2026-03-01T00:00:00Z","clientId":"M1","body":{body}}}"#);
    let mut session = Session::new(MemoryStore::new(), Settings::default());
    let mut answer = Vec::new();
    pollster::block_on(session.answer(line.as_bytes(), &mut answer)).unwrap();
    let answer: Tree = serde_json::from_slice(&answer).unwrap();
    answer.get("paymentAmount").map(Tree::compact).unwrap_or_default()
}

/// A decimal number, its parts as texts: `[+-] digits [. digits]`.
struct Written<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
}

impl<'t> Written<'t> {
    fn of(text: &'t str) -> Option<Self> {
        let negative = text.starts_with('-');
        let number = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let is_one = !whole.is_empty() && digits(whole) && digits(fraction);
        is_one.then(|| Self {
            negative,
            whole: whole.trim_start_matches('0'),
            fraction: fraction.trim_end_matches('0'),
        })
    }

    fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.fraction.is_empty()
    }
}

fn as_a_decimal(value: &str, currency: Currency) -> bool {
    let Some(written) = Written::of(value) else { return false };
    // What this type cannot hold is no matter of the crate's.
    let Ok(decimal) = Decimal::from_str_exact(value) else { return false };
    let taken = Money::new(decimal, currency);
    let Some(exponent) = currency.exponent().map(usize::from) else {
        assert_eq!(taken, Err(MoneyError::NoExponent { currency }), "{value}");
        return false;
    };
    if written.negative && !written.is_zero() {
        assert_eq!(taken, Err(MoneyError::Negative), "{value} {currency}");
        return false;
    }
    if written.fraction.len() > exponent {
        let decimals = u32::try_from(written.fraction.len()).unwrap();
        assert_eq!(taken, Err(MoneyError::TooPrecise { currency, decimals }), "{value}");
        return false;
    }
    let minor = format!("{}{:0<exponent$}", written.whole, written.fraction);
    let minor = minor.trim_start_matches('0');
    let most = i64::MAX.to_string();
    if (minor.len(), minor) > (most.len(), most.as_str()) {
        assert_eq!(taken, Err(MoneyError::Overflow), "{value} {currency}");
        return false;
    }
    let money = taken.unwrap();
    assert_eq!(money.minor().to_string(), if minor.is_empty() { "0" } else { minor }, "{value} {currency}");
    let whole = if written.whole.is_empty() { "0" } else { written.whole };
    let point = if exponent == 0 { "" } else { "." };
    let shown = format!("{whole}{point}{:0<exponent$}", written.fraction);
    assert_eq!(money.to_string(), format!("{shown} {currency}"));
    assert_eq!(money.to_decimal().unwrap().to_string(), shown);
    assert_eq!(Money::new(money.to_decimal().unwrap(), currency), Ok(money));
    true
}

/// `0` or 1 to 3 digits that do not begin with a zero, at most two decimals, at most 100.
fn as_a_percentage(text: &str) -> bool {
    let number = Written::of(text).filter(|_| text.starts_with(|c: char| c.is_ascii_digit()));
    let expected = number.and_then(|_| {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "00"));
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        let whole = Some(whole).filter(|whole| whole.len() <= 3 && !leading_zero)?.parse::<u32>().unwrap();
        let decimals = match decimals.len() {
            1 => decimals.parse::<u32>().unwrap() * 10,
            2 => decimals.parse::<u32>().unwrap(),
            _ => return None,
        };
        Some(whole * 100 + decimals).filter(|hundredths| *hundredths <= 10_000)
    });
    let percent = text.parse::<Percent>().ok();
    assert_eq!(percent.map(|percent| u32::from(percent.hundredths())), expected, "{text:?}");
    if let Some(percent) = percent {
        assert_eq!(percent.to_string().parse(), Ok(percent));
    }
    percent.is_some()
}
