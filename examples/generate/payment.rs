//! What the lines speak of: payments, and the ids that everything has.

use super::line::{Amount, Instant};

/// The merchants, the busiest first.
pub const MERCHANTS: [&str; 12] = [
    "grocer", "bookshop", "bistro", "pharmacy", "taxi", "hotel", "kiosk", "cinema", "airline", "florist",
    "garage", "museum",
];

/// Texts as merchants send them along, as JSON strings.
pub const NOTES: [&str; 4] = [
    r#""gift wrapping""#,
    r#""{\"memo\":\"first parcel\",\"items\":2}""#,
    r#""\u7b2c\u4e00\u4ef6\t1/3""#,
    r#""mañana, 10 €""#,
];

/// A payment that is authorized once, and what its merchant knows of it.
#[derive(Clone)]
pub struct Payment {
    pub id: String,
    pub merchant: &'static str,
    pub payer: Option<String>,
    pub amount: u64,
    pub currency: &'static str,
    pub deadline: u64,
    /// Captures are settled later.
    pub deferred: bool,
    /// It takes so many captures that a look at it is long.
    pub tab: bool,
    /// Fields of the authorize beyond these, each with a comma before it.
    pub terms: String,
}

impl Payment {
    pub fn amount(&self, minor: u64) -> Amount {
        Amount(minor, self.currency)
    }

    pub fn body(&self) -> String {
        let Self { id, terms, .. } = self;
        let amount = self.amount(self.amount);
        let deadline = Instant(self.deadline);
        let settlement = if self.deferred { r#","settlement":"DEFERRED""# } else { "" };
        let payer = self.payer.as_ref().map(|payer| format!(r#","payerId":"{payer}""#)).unwrap_or_default();
        format!(
            r#"{{"paymentId":"{id}","paymentAmount":{amount},"authExpiryTime":"{deadline}"{payer}{settlement}{terms}}}"#
        )
    }
}

/// Numbers things, and makes of each number an id of 40 characters that looks
/// like those of the trade.
#[derive(Default)]
pub struct Ids {
    given: u128,
}

impl Ids {
    /// So many digits, which no other number comes to: the factor shares no
    /// divisor with a power of ten.
    fn digits(&mut self, digits: u32) -> u128 {
        self.given += 1;
        self.given * 61_803_398_874_989_483 % 10_u128.pow(digits)
    }

    /// When it was made, whose it is, 17 digits.
    pub fn payment(&mut self, merchant: usize, at: u64) -> String {
        format!("{at:010}0100{merchant:04}00188{:017}", self.digits(17))
    }

    pub fn capture(&mut self) -> String {
        format!("capture_2089760038715669_{:015}", self.digits(15))
    }

    pub fn void(&mut self) -> String {
        format!("void_2089760038715669_{:018}", self.digits(18))
    }

    pub fn adjust(&mut self) -> String {
        format!("adjust_2089760038715669_{:016}", self.digits(16))
    }
}

/// The payer of this rank.
pub fn payer_id(rank: usize) -> String {
    format!("2088{:012}", rank * 7_919 + 100_000_000)
}
