//! What an authorization was made with and never changes: its hold and terms.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use crate::id::{MerchantId, PayerId, PaymentId};
use crate::money::Money;
use crate::time::Instant;

/// A percentage from 0 to 100 with at most two decimals.
///
/// ```
/// use capture_engine::terms::Percent;
/// let tip: Percent = "15".parse()?;
/// assert_eq!(tip.to_string(), "15.00");
/// assert!("15.005".parse::<Percent>().is_err() && "101".parse::<Percent>().is_err());
/// # Ok::<(), capture_engine::terms::PercentError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u16);

/// The text or number is no percentage from 0 to 100 with at most two decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a percentage is a number from 0 to 100 with at most two decimals, without sign or leading zeros")]
pub struct PercentError;

impl Percent {
    const MOST: u16 = 10_000;

    /// A percentage in hundredths: 0 to 10,000.
    ///
    /// # Errors
    /// More than 10,000.
    pub const fn from_hundredths(hundredths: u16) -> Result<Self, PercentError> {
        if hundredths > Self::MOST {
            return Err(PercentError);
        }
        Ok(Self(hundredths))
    }

    /// The percentage in hundredths: 1,500 for 15 %.
    pub const fn hundredths(self) -> u16 {
        self.0
    }

    /// This percentage of a number of minor units, rounded down. Never
    /// negative, never more than `minor`.
    pub(crate) fn of(self, minor: i64) -> i64 {
        let product = i128::from(minor.max(0)).saturating_mul(i128::from(self.0));
        i64::try_from(product.checked_div(i128::from(Self::MOST)).unwrap_or(0)).unwrap_or(i64::MAX)
    }
}

impl FromStr for Percent {
    type Err = PercentError;

    /// Reads `15`, `15.5` or `15.50`: digits only, no leading zero, no sign.
    fn from_str(text: &str) -> Result<Self, PercentError> {
        let (whole, decimals) = match text.split_once('.') {
            Some((whole, decimals)) if (1..=2).contains(&decimals.len()) => (whole, decimals),
            Some(_) => return Err(PercentError),
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if !(1..=3).contains(&whole.len()) || leading_zero || !digits(whole) || !digits(decimals) {
            return Err(PercentError);
        }
        let hundredths: u32 = format!("{whole}{decimals:0<2}").parse().map_err(|_| PercentError)?;
        Self::from_hundredths(u16::try_from(hundredths).map_err(|_| PercentError)?)
    }
}

impl fmt::Display for Percent {
    /// Always with two decimals: `15.00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0.div_euclid(100), self.0.rem_euclid(100))
    }
}

/// When the outcome of an accepted capture is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Settlement {
    /// At once: an accepted capture has succeeded.
    #[default]
    Immediate,
    /// Later: every accepted capture is in process until the host settles it.
    Deferred,
}

impl Settlement {
    /// The word of the replay format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Immediate => "IMMEDIATE",
            Self::Deferred => "DEFERRED",
        }
    }
}

/// Whether an authorization holds the payer's funds from the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Funding {
    /// The amount is held when the authorization is made.
    #[default]
    Held,
    /// Nothing is held; a capture draws on the balance.
    Drawn,
}

impl Funding {
    /// The word of the replay format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "HELD",
            Self::Drawn => "DRAWN",
        }
    }
}

/// How many captures an authorization takes if its terms do not say.
pub const DEFAULT_MAX_CAPTURES: NonZeroU32 = match NonZeroU32::new(50) {
    Some(fifty) => fifty,
    None => NonZeroU32::MIN,
};

/// What was agreed when an authorization was made. Later settings change none of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// No capture is accepted at or after this instant.
    pub expires_at: Instant,
    /// The most captures that may have succeeded or be in process at once.
    pub max_captures: NonZeroU32,
    /// How much of what is not voided may be taken on top, in percent.
    pub overcapture_percent: Option<Percent>,
    /// How much may be taken on top, as an amount in the authorization's currency.
    pub overcapture_limit: Option<Money>,
    /// When outcomes are known.
    pub settlement: Settlement,
    /// Whether the payer's funds are held from the beginning.
    pub funding: Funding,
    /// What an absent `isLastCapture` means for this authorization.
    pub last_by_default: bool,
}

/// The hold that a payment placed: who, for how much, on what terms. Shared
/// by the authorization, the record of the request and the events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The merchant that may capture.
    pub merchant: MerchantId,
    /// The payment, unique for the merchant.
    pub payment: PaymentId,
    /// The payer whose account is charged, if the engine keeps it.
    pub payer: Option<PayerId>,
    /// The authorized amount.
    pub amount: Money,
    /// The terms.
    pub terms: Terms,
}

impl Hold {
    /// Whether another request for the same payment asks for the same. The
    /// default of `isLastCapture` comes from the settings and is not compared.
    pub(crate) fn same_content(&self, other: &Self) -> Result<(), &'static str> {
        let (ours, theirs) = (&self.terms, &other.terms);
        let fields = [
            ("paymentAmount", self.amount == other.amount),
            ("authExpiryTime", ours.expires_at == theirs.expires_at),
            ("payerId", self.payer == other.payer),
            ("maxCaptures", ours.max_captures == theirs.max_captures),
            ("overcapturePercent", ours.overcapture_percent == theirs.overcapture_percent),
            ("overcaptureLimit", ours.overcapture_limit == theirs.overcapture_limit),
            ("settlement", ours.settlement == theirs.settlement),
            ("funding", ours.funding == theirs.funding),
        ];
        match fields.into_iter().find(|(_, same)| !same) {
            Some((field, _)) => Err(field),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::money::MAX_COMMANDED_MINOR;

    #[test]
    fn a_percentage_is_read_strictly() {
        let good = [("0", 0), ("0.5", 50), ("15", 1500), ("15.5", 1550), ("15.05", 1505), ("100.00", 10_000)];
        for (text, hundredths) in good {
            assert_eq!(text.parse::<Percent>().unwrap().hundredths(), hundredths, "{text}");
        }
        let bad = [
            "", ".", "1.", ".5", "01", "00", "-1", "+1", "1e1", " 1", "1 ", "100.01", "101", "999", "1000",
            "1.234", "1,5", "１", "1.5.5", "0x1",
        ];
        for text in bad {
            assert_eq!(text.parse::<Percent>(), Err(PercentError), "{text:?}");
        }
    }

    #[test]
    fn a_percentage_of_an_amount_rounds_down() {
        let percent = |text: &str| text.parse::<Percent>().unwrap();
        assert_eq!(percent("15").of(10_000), 1_500);
        assert_eq!(percent("0.01").of(9_999), 0);
        assert_eq!(percent("0.01").of(10_000), 1);
        assert_eq!(percent("33.33").of(1), 0);
        assert_eq!(percent("99.99").of(MAX_COMMANDED_MINOR), 999_899_999_999_999_999);
        assert_eq!(percent("100").of(MAX_COMMANDED_MINOR), MAX_COMMANDED_MINOR);
    }
}
