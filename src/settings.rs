//! What a host configures. Nothing here changes what is already recorded:
//! terms are copied to an authorization when it is made, answers to records.

use std::collections::BTreeMap;
use std::fmt;

use crate::money::{Currency, Money};
use crate::time::{Instant, Offset};

/// Something in the settings does not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The same currency was given twice.
    #[error("currency {0} is given twice: list it once")]
    CurrencyTwice(Currency),
    /// Nothing can be authorized in a currency without minor units.
    #[error("currency {0} has no minor unit, so nothing can be authorized in it: leave it out")]
    CurrencyWithoutExponent(Currency),
    /// Two limits for one payment in the same currency.
    #[error("two payment limits in {0}: give one")]
    LimitTwice(Currency),
    /// A limit in a currency that is not configured.
    #[error("a payment limit in {0}, which is not configured: configure it or leave the limit out")]
    LimitWithoutCurrency(Currency),
    /// A usage window of no length.
    #[error("a usage window needs a length of 1 to 4294967295 seconds")]
    EmptyWindow,
}

/// The windows in which a payer's captures are counted: of one fixed length,
/// one after the other, one of them starting at a given instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageWindows {
    origin: Instant,
    seconds: u32,
}

impl UsageWindows {
    /// Windows of `seconds` (1 to 2^32 − 1), one of which starts at `origin`.
    ///
    /// # Errors
    /// [`SettingsError::EmptyWindow`] for 0 seconds.
    pub fn new(origin: Instant, seconds: u32) -> Result<Self, SettingsError> {
        if seconds == 0 {
            return Err(SettingsError::EmptyWindow);
        }
        Ok(Self { origin, seconds })
    }

    /// The start of the window that holds `now`; never before [`Instant::MIN`].
    pub fn start_of(self, now: Instant) -> Instant {
        let length = i64::from(self.seconds).saturating_mul(1_000_000);
        let origin = self.origin.as_micros();
        let since = now.as_micros().saturating_sub(origin);
        let into = since.checked_rem_euclid(length).unwrap_or(0);
        let start = now.as_micros().saturating_sub(into);
        Instant::from_micros(start).unwrap_or(Instant::MIN)
    }
}

impl Default for UsageWindows {
    /// Days of 86,400 seconds from 1970-01-01T00:00:00Z.
    fn default() -> Self {
        Self { origin: Instant::EPOCH, seconds: 86_400 }
    }
}

/// The secret key of the capture ids that the crate derives by itself.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct CaptureIdKey([u8; 16]);

impl CaptureIdKey {
    /// A key of 128 random bits that merchants do not know.
    pub const fn new(key: [u8; 16]) -> Self {
        Self(key)
    }

    pub(crate) const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for CaptureIdKey {
    /// Never prints the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CaptureIdKey(secret)")
    }
}

/// What a host configures: currencies, limits, the offset that times are
/// printed at, defaults.
///
/// ```
/// use capture_engine::{Currency, Money, Settings};
/// let settings = Settings::default()
///     .currencies([Currency::USD, Currency::JPY])?
///     .payment_limits([Money::from_minor(500_000, Currency::USD)?])?;
/// assert!(settings.supports(Currency::JPY) && !settings.supports(Currency::EUR));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Settings {
    currencies: Option<Vec<Currency>>,
    payment_limits: BTreeMap<Currency, Money>,
    offset: Offset,
    last_by_default: bool,
    usage_windows: UsageWindows,
    capture_id_key: CaptureIdKey,
}

impl Default for Settings {
    /// Every currency that has minor units, no payment limits, times at +08:00,
    /// a capture that does not say is the last one, days for the payers' usage.
    ///
    /// The key of the capture ids is all zero: give one of your own where a
    /// merchant must not be able to compute ids beforehand.
    fn default() -> Self {
        Self {
            currencies: None,
            payment_limits: BTreeMap::new(),
            offset: Offset::PLUS_8,
            last_by_default: true,
            usage_windows: UsageWindows::default(),
            capture_id_key: CaptureIdKey::default(),
        }
    }
}

impl Settings {
    /// The currencies in which authorizations and payers' accounts can be made
    /// (by default all that have minor units).
    ///
    /// # Errors
    /// A currency given twice, or one without minor units; or a payment limit,
    /// given before, whose currency is not among them.
    pub fn currencies(
        mut self,
        currencies: impl IntoIterator<Item = Currency>,
    ) -> Result<Self, SettingsError> {
        let mut known: Vec<Currency> = Vec::new();
        for currency in currencies {
            if currency.exponent().is_none() {
                return Err(SettingsError::CurrencyWithoutExponent(currency));
            }
            if known.contains(&currency) {
                return Err(SettingsError::CurrencyTwice(currency));
            }
            known.push(currency);
        }
        if let Some(limit) = self.payment_limits.keys().find(|limited| !known.contains(limited)) {
            return Err(SettingsError::LimitWithoutCurrency(*limit));
        }
        self.currencies = Some(known);
        Ok(self)
    }

    /// The most that one payment may have, for an authorization and for one
    /// capture: at most one limit a currency, replacing those given before.
    ///
    /// # Errors
    /// Two limits in one currency, or one in a currency that is not configured.
    pub fn payment_limits(mut self, limits: impl IntoIterator<Item = Money>) -> Result<Self, SettingsError> {
        let mut known = BTreeMap::new();
        for limit in limits {
            if !self.supports(limit.currency()) {
                return Err(SettingsError::LimitWithoutCurrency(limit.currency()));
            }
            if known.insert(limit.currency(), limit).is_some() {
                return Err(SettingsError::LimitTwice(limit.currency()));
            }
        }
        self.payment_limits = known;
        Ok(self)
    }

    /// The offset at which times in answers are printed (by default +08:00).
    #[must_use]
    pub fn offset(mut self, offset: Offset) -> Self {
        self.offset = offset;
        self
    }

    /// Whether a capture that does not say is the last one (by default `true`).
    /// It becomes a term of each authorization made from now on.
    #[must_use]
    pub fn last_by_default(mut self, last: bool) -> Self {
        self.last_by_default = last;
        self
    }

    /// The windows in which payers' captures are counted.
    #[must_use]
    pub fn usage_windows(mut self, windows: UsageWindows) -> Self {
        self.usage_windows = windows;
        self
    }

    /// The secret key of the crate's own capture ids.
    #[must_use]
    pub fn capture_id_key(mut self, key: CaptureIdKey) -> Self {
        self.capture_id_key = key;
        self
    }

    /// Whether something new can be authorized or registered in this currency.
    pub fn supports(&self, currency: Currency) -> bool {
        currency.exponent().is_some()
            && self.currencies.as_ref().is_none_or(|configured| configured.contains(&currency))
    }

    /// The most that one payment may have in this currency, if there is a limit.
    pub fn payment_limit(&self, currency: Currency) -> Option<Money> {
        if self.payment_limits.is_empty() {
            return None;
        }
        self.payment_limits.get(&currency).copied()
    }

    /// The offset at which times are printed.
    pub fn printed_offset(&self) -> Offset {
        self.offset
    }

    /// What an absent `isLastCapture` means, where no authorization says.
    pub fn is_last_by_default(&self) -> bool {
        self.last_by_default
    }

    /// The windows in which payers' captures are counted.
    pub fn windows(&self) -> UsageWindows {
        self.usage_windows
    }

    pub(crate) fn id_key(&self) -> &CaptureIdKey {
        &self.capture_id_key
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_window_starts_at_or_before_now_and_never_before_the_first_instant() {
        let days = UsageWindows::default();
        let cases = [
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
            ("1970-01-01T23:59:59.999999Z", "1970-01-01T00:00:00Z"),
            ("1970-01-02T00:00:00Z", "1970-01-02T00:00:00Z"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T00:00:00Z"),
            ("0001-01-02T00:00:00Z", "0001-01-02T00:00:00Z"),
        ];
        for (now, start) in cases {
            assert_eq!(days.start_of(now.parse().unwrap()), start.parse().unwrap(), "{now}");
        }
        let long = UsageWindows::new(Instant::MAX, u32::MAX).unwrap();
        assert!(long.start_of(Instant::MIN) >= Instant::MIN);
        let late = UsageWindows::new("2000-01-01T12:00:00Z".parse().unwrap(), 3600 * 24).unwrap();
        assert_eq!(late.start_of(Instant::MIN), Instant::MIN);
        assert_eq!(UsageWindows::new(Instant::EPOCH, 0), Err(SettingsError::EmptyWindow));
    }

    #[test]
    fn limits_and_currencies_fit_together_in_either_order() {
        let usd = Money::from_minor(1, Currency::USD).unwrap();
        let jpy = Money::from_minor(1, Currency::JPY).unwrap();
        let gold = Currency::from_code("XAU").unwrap();
        let only_usd = || Settings::default().currencies([Currency::USD]).unwrap();
        assert_eq!(
            only_usd().payment_limits([jpy]).unwrap_err(),
            SettingsError::LimitWithoutCurrency(Currency::JPY)
        );
        assert_eq!(
            only_usd().payment_limits([usd, usd]).unwrap_err(),
            SettingsError::LimitTwice(Currency::USD)
        );
        let limited = Settings::default().payment_limits([jpy]).unwrap();
        assert_eq!(
            limited.currencies([Currency::USD]).unwrap_err(),
            SettingsError::LimitWithoutCurrency(Currency::JPY)
        );
        assert_eq!(
            Settings::default().currencies([Currency::USD, Currency::USD]).unwrap_err(),
            SettingsError::CurrencyTwice(Currency::USD)
        );
        assert_eq!(
            Settings::default().currencies([gold]).unwrap_err(),
            SettingsError::CurrencyWithoutExponent(gold)
        );
        assert!(!Settings::default().supports(gold));
    }

    #[test]
    fn the_key_of_the_capture_ids_is_never_printed() {
        let settings = Settings::default().capture_id_key(CaptureIdKey::new([0x41; 16]));
        let printed = format!("{settings:?}");
        assert!(printed.contains("secret") && !printed.contains("65") && !printed.contains("41"));
    }
}
