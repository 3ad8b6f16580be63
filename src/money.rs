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

use rust_decimal::Decimal;

/// The most minor units that an amount in a command may have: 10^18 − 1.
///
/// No amount that a command gives exceeds it. [`Money`] itself reaches to
/// [`i64::MAX`], so that a few of them can be added without an error.
pub const MAX_COMMANDED_MINOR: i64 = 999_999_999_999_999_999;

/// The greatest exponent that is taken from storage: 10^18 fits an `i64`.
const MAX_EXPONENT: u8 = 18;

/// Stands for "no exponent"; an `Option<u8>` would make a currency five bytes.
const NO_EXPONENT: u8 = u8::MAX;

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
    /// 0 to [`MAX_EXPONENT`], or [`NO_EXPONENT`].
    exponent: u8,
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
        Self { code, exponent }
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
            None => Ok(Self::known(code, NO_EXPONENT)),
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

    /// How many decimals the minor unit has, 0 to 18; `None` for a code that has no
    /// minor unit, in which nothing can be given as a decimal number.
    #[must_use]
    pub fn exponent(self) -> Option<u8> {
        (self.exponent != NO_EXPONENT).then_some(self.exponent)
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

/// An amount: 0 to [`i64::MAX`] minor units of a currency, in 16 bytes.
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
        Ok(self.minor.cmp(&other.minor))
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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The whole table. If a new version of a dependency turns this red, a currency
    /// came, went or changed its decimals: that is a change of behaviour to release
    /// knowingly, not a line to adjust.
    const TABLE: &str = "
        AED 2, AFN 2, ALL 2, AMD 2, AOA 2, ARS 2, AUD 2, AWG 2, AZN 2, BAM 2,
        BBD 2, BDT 2, BGN 2, BHD 3, BIF 0, BMD 2, BND 2, BOB 2, BOV 2, BRL 2,
        BSD 2, BTN 2, BWP 2, BYN 2, BZD 2, CAD 2, CDF 2, CHE 2, CHF 2, CHW 2,
        CLF 4, CLP 0, CNY 2, COP 2, COU 2, CRC 2, CUC 2, CUP 2, CVE 2, CZK 2,
        DJF 0, DKK 2, DOP 2, DZD 2, EGP 2, ERN 2, ETB 2, EUR 2, FJD 2, FKP 2,
        GBP 2, GEL 2, GHS 2, GIP 2, GMD 2, GNF 0, GTQ 2, GYD 2, HKD 2, HNL 2,
        HRK 2, HTG 2, HUF 2, IDR 2, ILS 2, INR 2, IQD 3, IRR 2, ISK 0, JMD 2,
        JOD 3, JPY 0, KES 2, KGS 2, KHR 2, KMF 0, KPW 2, KRW 0, KWD 3, KYD 2,
        KZT 2, LAK 2, LBP 2, LKR 2, LRD 2, LSL 2, LYD 3, MAD 2, MDL 2, MGA 2,
        MKD 2, MMK 2, MNT 2, MOP 2, MRU 2, MUR 2, MVR 2, MWK 2, MXN 2, MXV 2,
        MYR 2, MZN 2, NAD 2, NGN 2, NIO 2, NOK 2, NPR 2, NZD 2, OMR 3, PAB 2,
        PEN 2, PGK 2, PHP 2, PKR 2, PLN 2, PYG 0, QAR 2, RON 2, RSD 2, RUB 2,
        RWF 0, SAR 2, SBD 2, SCR 2, SDG 2, SEK 2, SGD 2, SHP 2, SLE 2, SLL 2,
        SOS 2, SRD 2, SSP 2, STN 2, SVC 2, SYP 2, SZL 2, THB 2, TJS 2, TMT 2,
        TND 3, TOP 2, TRY 2, TTD 2, TWD 2, TZS 2, UAH 2, UGX 0, USD 2, USN 2,
        UYI 0, UYU 2, UYW 4, UZS 2, VED 2, VES 2, VND 0, VUV 0, WST 2, XAD 2,
        XAF 0, XAG -, XAU -, XBA -, XBB -, XBC -, XBD -, XCD 2, XCG 2, XDR -,
        XOF 0, XPD -, XPF 0, XPT -, XSU -, XTS -, XUA -, XXX -, YER 2, ZAR 2,
        ZMW 2, ZWG 2, ZWL 2";

    fn usd(minor: i64) -> Money {
        Money::from_minor(minor, Currency::USD).unwrap()
    }

    fn named(code: &str) -> Currency {
        Currency::from_code(code).unwrap()
    }

    fn row(currency: Currency) -> String {
        let exponent = currency.exponent().map_or("-".to_owned(), |e| e.to_string());
        format!("{} {exponent}", currency.code())
    }

    #[test]
    fn the_currency_table_is_pinned_whole() {
        let pinned: Vec<&str> = TABLE.split(',').map(str::trim).collect();
        let current: Vec<String> = Currency::all().map(row).collect();
        assert_eq!(current, pinned);
        assert_eq!(pinned.len(), 183);
        assert_eq!(pinned.iter().filter(|row| row.ends_with('-')).count(), 13);
    }

    #[test]
    fn every_code_is_found_and_survives_storage() {
        for currency in Currency::all() {
            assert_eq!(Currency::from_code(currency.code()), Ok(currency));
            let stored = Currency::stored(currency.code(), currency.exponent());
            assert_eq!(stored, Ok(currency));
        }
    }

    #[test]
    fn constants_agree_with_the_table() {
        for constant in [Currency::USD, Currency::EUR, Currency::JPY, Currency::KWD] {
            assert_eq!(named(constant.code()), constant);
        }
    }

    #[test]
    fn only_exact_capitals_are_codes() {
        let malformed = [
            "",
            "US",
            "USDD",
            "usd",
            "Usd",
            " USD",
            "USD ",
            "U$D",
            "US1",
            "ÉUR",
            "É$",
            "USD\0",
            "\u{FF35}SD",
        ];
        for code in malformed {
            assert_eq!(Currency::from_code(code), Err(CurrencyError::Malformed), "{code:?}");
            let stored = Currency::stored(code, Some(2));
            assert_eq!(stored, Err(CurrencyError::Malformed), "{code:?}");
        }
        for code in ["ANG", "DEM", "ZZZ", "AAA"] {
            let unknown = CurrencyError::Unknown { code: code.to_owned() };
            assert_eq!(Currency::from_code(code), Err(unknown));
        }
    }

    #[test]
    fn a_stored_currency_outlives_the_table() {
        let gulden = Currency::stored("ANG", Some(2)).unwrap();
        let money = Money::from_minor(1_234, gulden).unwrap();
        assert_eq!(money.to_string(), "12.34 ANG");
        assert_eq!(Currency::stored("QQQ", Some(18)).unwrap().exponent(), Some(18));
        assert_eq!(Currency::stored("QQQ", None).unwrap().exponent(), None);
        for exponent in [19, 254, 255] {
            let error = CurrencyError::ExponentTooLarge { exponent };
            assert_eq!(Currency::stored("QQQ", Some(exponent)), Err(error));
        }
    }

    #[test]
    fn one_code_with_two_exponents_is_two_currencies() {
        let odd = Currency::stored("USD", Some(3)).unwrap();
        assert_ne!(odd, Currency::USD);
        let error = usd(1).checked_add(Money::zero(odd)).unwrap_err();
        assert!(error.to_string().contains("USD(2) and in USD(3)"), "{error}");
    }

    #[test]
    fn sizes_stay_as_promised() {
        assert_eq!(size_of::<Currency>(), 4);
        assert_eq!(size_of::<Money>(), 16);
        assert_eq!(size_of::<Total>(), 32);
    }

    #[test]
    fn decimals_are_taken_exactly_or_not_at_all() {
        let too_precise = |code, decimals| {
            let currency = named(code);
            Err(MoneyError::TooPrecise { currency, decimals })
        };
        let no_exponent = |code| Err(MoneyError::NoExponent { currency: named(code) });
        let cases = [
            ("4", "USD", Ok(400)),
            ("4.0", "USD", Ok(400)),
            ("4.00", "USD", Ok(400)),
            ("4.0000000000000000000000000000", "USD", Ok(400)),
            ("0.01", "USD", Ok(1)),
            ("0.010", "USD", Ok(1)),
            ("0.001", "USD", too_precise("USD", 3)),
            ("4.0010", "USD", too_precise("USD", 3)),
            ("0.0000000000000000000000000001", "USD", too_precise("USD", 28)),
            ("0", "USD", Ok(0)),
            ("-0", "USD", Ok(0)),
            ("-0.000", "USD", Ok(0)),
            ("0.0000000000000000000000000000", "JPY", Ok(0)),
            ("-0.01", "USD", Err(MoneyError::Negative)),
            ("-0.001", "USD", Err(MoneyError::Negative)),
            ("-79228162514264337593543950335", "USD", Err(MoneyError::Negative)),
            ("1000", "JPY", Ok(1_000)),
            ("1000.00", "JPY", Ok(1_000)),
            ("0.5", "JPY", too_precise("JPY", 1)),
            ("1.234", "KWD", Ok(1_234)),
            ("1.2345", "KWD", too_precise("KWD", 4)),
            ("1.2345", "CLF", Ok(12_345)),
            ("1.23456", "UYW", too_precise("UYW", 5)),
            ("92233720368547758.07", "USD", Ok(i64::MAX)),
            ("92233720368547758.0700", "USD", Ok(i64::MAX)),
            ("92233720368547758.08", "USD", Err(MoneyError::Overflow)),
            ("9223372036854775807", "JPY", Ok(i64::MAX)),
            ("9223372036854775808", "JPY", Err(MoneyError::Overflow)),
            ("79228162514264337593543950335", "JPY", Err(MoneyError::Overflow)),
            ("79228162514264337593543950335", "CLF", Err(MoneyError::Overflow)),
            ("7.9228162514264337593543950335", "USD", too_precise("USD", 28)),
            ("1", "XAU", no_exponent("XAU")),
            ("0", "XXX", no_exponent("XXX")),
            ("-1", "XTS", no_exponent("XTS")),
        ];
        for (amount, code, expected) in cases {
            let amount: Decimal = amount.parse().unwrap();
            let minor = Money::new(amount, named(code)).map(|money| money.minor());
            assert_eq!(minor, expected, "{amount} {code}");
        }
        assert_eq!(Money::new(Decimal::MAX, Currency::USD), Err(MoneyError::Overflow));
        assert_eq!(Money::new(Decimal::MIN, Currency::USD), Err(MoneyError::Negative));
        let wide = Currency::stored("QQQ", Some(18)).unwrap();
        assert_eq!(Money::new(Decimal::MAX, wide), Err(MoneyError::Overflow));
    }

    #[test]
    fn decimals_are_given_with_exactly_the_exponent() {
        let cases = [
            (100, "USD", "1.00"),
            (0, "USD", "0.00"),
            (5, "KWD", "0.005"),
            (4, "JPY", "4"),
            (12_345, "CLF", "1.2345"),
            (i64::MAX, "USD", "92233720368547758.07"),
        ];
        for (minor, code, expected) in cases {
            let money = Money::from_minor(minor, named(code)).unwrap();
            let decimal = money.to_decimal().unwrap();
            assert_eq!(decimal.to_string(), expected);
            assert_eq!(Money::new(decimal, named(code)), Ok(money));
        }
        let gold = named("XAU");
        let error = MoneyError::NoExponent { currency: gold };
        assert_eq!(Money::zero(gold).to_decimal(), Err(error));
        let wide = Currency::stored("QQQ", Some(18)).unwrap();
        let decimal = Money::from_minor(i64::MAX, wide).unwrap().to_decimal();
        assert_eq!(decimal.unwrap().to_string(), "9.223372036854775807");
    }

    #[test]
    fn amounts_are_printed_from_whole_numbers() {
        let cases = [
            (400, "USD", "4.00 USD"),
            (7, "USD", "0.07 USD"),
            (0, "USD", "0.00 USD"),
            (4, "JPY", "4 JPY"),
            (4, "XAU", "4 XAU"),
            (1_001, "KWD", "1.001 KWD"),
            (10_020, "UYW", "1.0020 UYW"),
            (i64::MAX, "USD", "92233720368547758.07 USD"),
        ];
        for (minor, code, expected) in cases {
            let money = Money::from_minor(minor, named(code)).unwrap();
            assert_eq!(money.to_string(), expected);
            assert_eq!(Total::from(money).to_string(), expected);
        }
        let most = Total::from_minor(i128::MAX, Currency::USD).unwrap();
        assert_eq!(most.to_string(), "1701411834604692317316873037158841057.27 USD");
        assert_eq!(format!("{:?} {:?}", Currency::USD, named("XAU")), "USD(2) XAU(-)");
    }

    #[test]
    fn nothing_is_ever_below_zero() {
        for minor in [-1, i64::MIN] {
            assert_eq!(Money::from_minor(minor, Currency::USD), Err(MoneyError::Negative));
        }
        for minor in [-1, i128::MIN] {
            assert_eq!(Total::from_minor(minor, Currency::USD), Err(MoneyError::Negative));
        }
        assert_eq!(usd(1).checked_sub(usd(2)), Err(MoneyError::Negative));
        assert_eq!(usd(0).checked_sub(usd(i64::MAX)), Err(MoneyError::Negative));
        assert_eq!(usd(2).checked_sub(usd(2)), Ok(Money::zero(Currency::USD)));
        assert!(usd(0).is_zero() && !usd(1).is_zero());
    }

    #[test]
    fn sums_do_not_wrap() {
        assert_eq!(usd(i64::MAX).checked_add(usd(0)), Ok(usd(i64::MAX)));
        assert_eq!(usd(i64::MAX).checked_add(usd(1)), Err(MoneyError::Overflow));
        assert_eq!(usd(i64::MAX).checked_add(usd(i64::MAX)), Err(MoneyError::Overflow));
        let most = usd(MAX_COMMANDED_MINOR);
        assert_eq!(most.minor(), 10i64.pow(18) - 1);
        assert!(most.checked_add(most).is_ok());
    }

    #[test]
    fn currencies_do_not_mix() {
        let error = MoneyError::MixedCurrencies { left: Currency::USD, right: Currency::EUR };
        let euro = Money::zero(Currency::EUR);
        assert_eq!(usd(1).checked_add(euro), Err(error));
        assert_eq!(usd(1).checked_sub(euro), Err(error));
        assert_eq!(usd(1).checked_cmp(euro), Err(error));
        assert_ne!(usd(0), euro);
        assert_eq!(usd(1).checked_cmp(usd(2)), Ok(Ordering::Less));
        assert_eq!(usd(2).checked_cmp(usd(2)), Ok(Ordering::Equal));
        assert_eq!(usd(3).checked_cmp(usd(2)), Ok(Ordering::Greater));
    }
}
