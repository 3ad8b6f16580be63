//! Exact amounts of money: a whole number of a currency's minor units, never less
//! than zero.
//!
//! [`Currency`] is an ISO 4217 code with the number of decimals of its minor unit
//! (its exponent: 2 for USD, 0 for JPY, 3 for KWD). [`Money`] is an amount as a
//! command gives it, [`Total`] a balance or a sum of such amounts, too wide to be
//! outgrown. Nothing here wraps, saturates or rounds: what cannot be said exactly
//! is an error, and so is arithmetic over two currencies.
//!
//! There is no exchange of one currency into another, and no rule of business: what
//! a command may ask for is decided elsewhere.

use std::cmp::Ordering;
use std::fmt;
use std::num::NonZeroU8;

use rust_decimal::Decimal;

/// The most minor units that an amount in a command may have: 10^18 − 1.
///
/// No amount that a command gives exceeds it. [`Money`] itself reaches to
/// [`i64::MAX`], so that a few of them can be added without an error.
pub const MAX_COMMANDED_MINOR: i64 = 999_999_999_999_999_999;

/// The greatest exponent that is taken from storage: 10^18 fits an `i64`.
const MAX_EXPONENT: u8 = 18;

/// The decimals of a minor unit, counted from 1, so that an absent currency or
/// amount takes no more room than one that is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Exponent(NonZeroU8);

impl Exponent {
    const NONE: Self = Self(NonZeroU8::MAX);

    const fn of(decimals: u8) -> Self {
        match NonZeroU8::new(decimals.saturating_add(1)) {
            Some(counted) => Self(counted),
            None => Self::NONE,
        }
    }
}

/// A currency: its ISO 4217 code, and how many decimals its minor unit has.
///
/// Codes for metals, tests and the like (`XAU`, `XTS`, `XXX`) have no exponent.
/// Two currencies are equal if both code and exponent are: what was stored under
/// another exponent is other money. The order is that of the codes.
///
/// ```
/// use capture_engine::money::{Currency, CurrencyError};
///
/// let dinar = Currency::from_code("KWD")?;
/// assert_eq!(dinar, Currency::KWD);
/// assert_eq!((dinar.code(), dinar.exponent()), ("KWD", Some(3)));
/// assert_eq!(Currency::from_code("XAU")?.exponent(), None);
/// assert_eq!(Currency::from_code("usd"), Err(CurrencyError::Malformed));
/// # Ok::<(), CurrencyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    /// Three ASCII capitals, always.
    code: [u8; 3],
    /// 0 to [`MAX_EXPONENT`], or none.
    exponent: Exponent,
}

impl Currency {
    /// The dollar of the United States, in cents: exponent 2.
    pub const USD: Self = Self::known(*b"USD", 2);
    /// The euro, in cents: exponent 2.
    pub const EUR: Self = Self::known(*b"EUR", 2);
    /// The yen of Japan, which has no smaller unit: exponent 0.
    pub const JPY: Self = Self::known(*b"JPY", 0);
    /// The dinar of Kuwait, in fils: exponent 3.
    pub const KWD: Self = Self::known(*b"KWD", 3);

    const fn known(code: [u8; 3], exponent: u8) -> Self {
        Self { code, exponent: Exponent::of(exponent) }
    }

    /// Looks a code up in the ISO 4217 table; the letters must be capitals.
    ///
    /// # Errors
    /// [`CurrencyError::Malformed`] for anything but three ASCII capitals,
    /// [`CurrencyError::Unknown`] for a code that is not in the table.
    pub fn from_code(code: &str) -> Result<Self, CurrencyError> {
        letters(code)?;
        let entry = iso_currency::Currency::from_code(code);
        Self::from_table(entry.ok_or_else(|| CurrencyError::Unknown { code: code.to_owned() })?)
    }

    /// Takes a currency as it was stored, without a look at the table: the code may
    /// have been withdrawn since, and the money that was stored in it must stay
    /// readable. What comes from a caller goes through [`Currency::from_code`].
    ///
    /// # Errors
    /// [`CurrencyError::Malformed`] for anything but three ASCII capitals,
    /// [`CurrencyError::ExponentTooLarge`] for an exponent above 18.
    ///
    /// ```
    /// use capture_engine::money::{Currency, CurrencyError};
    ///
    /// assert!(matches!(Currency::from_code("ANG"), Err(CurrencyError::Unknown { .. })));
    /// assert_eq!(Currency::stored("ANG", Some(2))?.code(), "ANG");
    /// # Ok::<(), CurrencyError>(())
    /// ```
    pub fn stored(code: &str, exponent: Option<u8>) -> Result<Self, CurrencyError> {
        let code = letters(code)?;
        match exponent {
            None => Ok(Self { code, exponent: Exponent::NONE }),
            Some(exponent) if exponent <= MAX_EXPONENT => Ok(Self::known(code, exponent)),
            Some(exponent) => Err(CurrencyError::ExponentTooLarge { exponent }),
        }
    }

    /// Every currency of the table, with and without an exponent, sorted by code.
    pub fn all() -> impl Iterator<Item = Currency> {
        // The numeric codes of ISO 4217 have three digits, and each code has one.
        let entries = (0..=999).filter_map(iso_currency::Currency::from_numeric);
        let mut currencies: Vec<_> = entries.filter_map(|e| Self::from_table(e).ok()).collect();
        currencies.sort_unstable();
        currencies.into_iter()
    }

    fn from_table(entry: iso_currency::Currency) -> Result<Self, CurrencyError> {
        let exponent = entry.exponent();
        Self::stored(entry.code(), exponent.map(|digits| u8::try_from(digits).unwrap_or(u8::MAX)))
    }

    /// The code: three ASCII capitals.
    #[must_use]
    pub fn code(&self) -> &str {
        // Capitals are always text, so the default is never taken.
        std::str::from_utf8(&self.code).unwrap_or_default()
    }

    /// The same as bytes, for what is written without a format.
    #[cfg(feature = "json")]
    pub(crate) const fn letters(&self) -> &[u8; 3] {
        &self.code
    }

    /// How many decimals the minor unit has, 0 to 18; `None` for a code that has no
    /// minor unit, in which nothing can be given as a decimal number.
    #[must_use]
    pub fn exponent(self) -> Option<u8> {
        (self.exponent != Exponent::NONE).then_some(self.exponent.0.get().saturating_sub(1))
    }
}

/// The three letters of a code, if it has the form of one.
fn letters(code: &str) -> Result<[u8; 3], CurrencyError> {
    let letters: Result<[u8; 3], _> = code.as_bytes().try_into();
    letters.ok().filter(|letters| letters.iter().all(u8::is_ascii_uppercase)).ok_or(CurrencyError::Malformed)
}

impl fmt::Display for Currency {
    /// The code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    /// The code with the exponent, as in `USD(2)`; `XAU(-)` has none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.exponent() {
            Some(exponent) => write!(f, "{}({exponent})", self.code()),
            None => write!(f, "{}(-)", self.code()),
        }
    }
}

/// Why a text, or what was stored, is not a currency.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CurrencyError {
    /// It has not the form of a code. (The text is not repeated: it may be huge.)
    #[error("a currency code is three ASCII capitals, as in USD")]
    Malformed,
    /// It has the form of a code, and is not in the ISO 4217 table.
    #[error("{code} is not in the ISO 4217 currency table")]
    Unknown {
        /// The three letters.
        code: String,
    },
    /// The exponent is above 18, and one whole unit would not fit an amount.
    #[error("a currency's exponent is at most {max}, and {exponent} was given", max = MAX_EXPONENT)]
    ExponentTooLarge {
        /// What was given.
        exponent: u8,
    },
}

/// An amount: 0 to [`i64::MAX`] minor units of a currency, in 12 bytes, present or absent.
///
/// Two amounts are equal if number and currency are. There is no order between
/// them, because amounts of two currencies have none:
/// [`checked_cmp`](Money::checked_cmp) says so instead of guessing.
///
/// ```
/// use capture_engine::money::{Currency, Money, MoneyError};
/// use rust_decimal::Decimal;
///
/// let price = Money::new(Decimal::new(4, 0), Currency::USD)?;
/// assert_eq!(price, Money::from_minor(400, Currency::USD)?);
/// assert_eq!(price.to_string(), "4.00 USD");
/// assert_eq!(price.to_decimal()?.to_string(), "4.00");
///
/// // A tenth of a cent is refused, not rounded.
/// let finer = Money::new(Decimal::new(4_001, 3), Currency::USD);
/// assert!(matches!(finer, Err(MoneyError::TooPrecise { .. })));
/// # Ok::<(), MoneyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(Rust, packed(4))]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// An amount of `minor` minor units. A currency without an exponent will do: its
    /// amounts are counted and compared, and only never given as decimal numbers.
    ///
    /// # Errors
    /// [`MoneyError::Negative`] if `minor` is below 0.
    pub const fn from_minor(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        if minor < 0 {
            return Err(MoneyError::Negative);
        }
        Ok(Self { minor, currency })
    }

    /// Nothing, in a currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Takes a decimal number of whole units, exactly: `4`, `4.0` and `4.0000` are
    /// all 400 cents. It never rounds.
    ///
    /// # Errors
    /// [`MoneyError::NoExponent`] if the currency has no minor unit,
    /// [`MoneyError::Negative`] below 0 (`-0` is 0), [`MoneyError::TooPrecise`] if
    /// there are more decimals than the exponent, zeros at the end aside, and
    /// [`MoneyError::Overflow`] beyond [`i64::MAX`] minor units.
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let exponent = decimals(currency)?;
        if amount.is_sign_negative() && !amount.is_zero() {
            return Err(MoneyError::Negative);
        }
        let minor = whole_minor(amount, exponent, currency)?;
        Self::from_minor(minor, currency)
    }

    /// The amount as a decimal number of whole units, with exactly as many decimals
    /// as the exponent says: `1.00`, not `1` or `1.0`.
    ///
    /// # Errors
    /// [`MoneyError::NoExponent`] if the currency has no minor unit.
    pub fn to_decimal(self) -> Result<Decimal, MoneyError> {
        let exponent = decimals(self.currency)?;
        // An i64 with at most 18 decimals always fits.
        Decimal::try_from_i128_with_scale(i128::from(self.minor), exponent).map_err(|_| MoneyError::Overflow)
    }

    /// As many minor units, but at least 0: for differences that a rule bounds below by 0.
    pub(crate) const fn at_least_zero(minor: i64, currency: Currency) -> Self {
        Self { minor: if minor < 0 { 0 } else { minor }, currency }
    }

    /// How many minor units: 0 to [`i64::MAX`].
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// Of which currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::MixedCurrencies`], or [`MoneyError::Overflow`] beyond
    /// [`i64::MAX`] minor units.
    pub fn checked_add(self, other: Money) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let sum = self.minor.checked_add(other.minor);
        Self::from_minor(sum.ok_or(MoneyError::Overflow)?, self.currency)
    }

    /// What is left after `other` is taken away.
    ///
    /// # Errors
    /// [`MoneyError::MixedCurrencies`], or [`MoneyError::Negative`] if `other` is
    /// the greater one.
    pub fn checked_sub(self, other: Money) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        // Two numbers of one sign: their difference cannot overflow.
        let difference = self.minor.checked_sub(other.minor);
        Self::from_minor(difference.ok_or(MoneyError::Overflow)?, self.currency)
    }

    /// Which of two amounts is the greater.
    ///
    /// # Errors
    /// [`MoneyError::MixedCurrencies`]: amounts of two currencies have no order.
    pub fn checked_cmp(self, other: Money) -> Result<Ordering, MoneyError> {
        self.same_currency(other)?;
        Ok(self.minor().cmp(&other.minor()))
    }

    fn same_currency(self, other: Money) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::MixedCurrencies { left: self.currency, right: other.currency })
    }
}

impl fmt::Display for Money {
    /// Whole units with all decimals, then the code: `4.00 USD`, `4 JPY`; `4 XAU`
    /// where there is no exponent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_amount(f, u128::from(self.minor.unsigned_abs()), self.currency)
    }
}

/// A balance or a sum of amounts: 0 to [`i128::MAX`] minor units of a currency.
///
/// What is held of a payer, and what was captured in a window of time, may grow past
/// any bound of a single amount. At this width a sum of 10^19 of the greatest
/// amounts still fits.
///
/// ```
/// use capture_engine::money::{Currency, Money, MoneyError, Total};
///
/// let total = Total::from(Money::from_minor(5, Currency::KWD)?);
/// assert_eq!((total.minor(), total.to_string()), (5, "0.005 KWD".to_owned()));
/// # Ok::<(), MoneyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Total {
    minor: i128,
    currency: Currency,
}

impl Total {
    /// A sum of `minor` minor units.
    ///
    /// # Errors
    /// [`MoneyError::Negative`] if `minor` is below 0.
    pub const fn from_minor(minor: i128, currency: Currency) -> Result<Self, MoneyError> {
        if minor < 0 {
            return Err(MoneyError::Negative);
        }
        Ok(Self { minor, currency })
    }

    /// As many minor units, but at least 0.
    pub(crate) const fn at_least_zero(minor: i128, currency: Currency) -> Self {
        Self { minor: if minor < 0 { 0 } else { minor }, currency }
    }

    /// How many minor units: 0 to [`i128::MAX`].
    #[must_use]
    pub const fn minor(self) -> i128 {
        self.minor
    }

    /// Of which currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }
}

impl From<Money> for Total {
    fn from(money: Money) -> Self {
        Self { minor: i128::from(money.minor), currency: money.currency }
    }
}

impl fmt::Display for Total {
    /// As an amount is printed: `4.00 USD`, `4 JPY`, `4 XAU`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_amount(f, self.minor.unsigned_abs(), self.currency)
    }
}

/// Why there is no such amount.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The amount would be below zero.
    #[error("an amount of money is never below zero")]
    Negative,
    /// The two amounts are of different currencies, or of one code with two
    /// exponents.
    #[error("amounts in {left:?} and in {right:?} do not mix: bring both into one currency first")]
    MixedCurrencies {
        /// The currency of the amount that was asked.
        left: Currency,
        /// The currency of the amount that was given to it.
        right: Currency,
    },
    /// The amount has more minor units than fit: more than [`i64::MAX`].
    #[error("an amount of money has at most {max} minor units", max = i64::MAX)]
    Overflow,
    /// The number has more decimals than the currency. It is not rounded.
    #[error("{decimals} decimals are too many for {currency:?}: round the number as you mean it")]
    TooPrecise {
        /// The currency that was asked for.
        currency: Currency,
        /// How many decimals the number has, zeros at the end aside.
        decimals: u32,
    },
    /// The currency has no minor unit, and no decimal number can be said in it.
    #[error("{currency} has no minor unit: give and take whole numbers of it")]
    NoExponent {
        /// The currency that was asked for.
        currency: Currency,
    },
}

fn decimals(currency: Currency) -> Result<u32, MoneyError> {
    let exponent = currency.exponent().map(u32::from);
    exponent.ok_or(MoneyError::NoExponent { currency })
}

/// `amount` × 10^`exponent`, if that is a whole number that fits.
fn whole_minor(amount: Decimal, exponent: u32, currency: Currency) -> Result<i64, MoneyError> {
    let amount = amount.normalize();
    let missing = exponent
        .checked_sub(amount.scale())
        .ok_or(MoneyError::TooPrecise { currency, decimals: amount.scale() })?;
    10i128
        .checked_pow(missing)
        .and_then(|factor| amount.mantissa().checked_mul(factor))
        .and_then(|minor| i64::try_from(minor).ok())
        .ok_or(MoneyError::Overflow)
}

/// Prints from whole numbers alone, because a decimal number could not hold a total.
fn write_amount(f: &mut fmt::Formatter<'_>, minor: u128, currency: Currency) -> fmt::Result {
    let exponent = currency.exponent().unwrap_or(0);
    match split(minor, exponent) {
        Some((units, rest)) if exponent > 0 => {
            let width = usize::from(exponent);
            write!(f, "{units}.{rest:0width$} {currency}")
        }
        _ => write!(f, "{minor} {currency}"),
    }
}

/// Whole units, and the minor units beyond them. Always there: 10^18 fits.
fn split(minor: u128, exponent: u8) -> Option<(u128, u128)> {
    let unit = 10u128.checked_pow(u32::from(exponent))?;
    Some((minor.checked_div(unit)?, minor.checked_rem(unit)?))
}

#[cfg(test)]
mod tests;
