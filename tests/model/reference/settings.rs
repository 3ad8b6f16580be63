//! What `configure` sets, and what holds without it.

use super::instants::{self, read as instant};
use super::line::Configure;
use super::values::{self, Illegal, Legal, MOST_U32, Money, has_exponent, needed, number};

pub struct Settings {
    pub currencies: Vec<String>,
    limits: Vec<Money>,
    /// As it is printed, and in minutes.
    pub offset: (String, i64),
    pub last_default: bool,
    /// Where the windows start, and how many seconds each has.
    pub window: (i64, i64),
}

impl Default for Settings {
    fn default() -> Self {
        let known = ["USD", "EUR", "JPY", "KWD", "CLF", "GBP", "BHD"];
        Self {
            currencies: known.map(str::to_owned).to_vec(),
            limits: Vec::new(),
            offset: ("+08:00".to_owned(), 480),
            last_default: true,
            window: (0, 86_400),
        }
    }
}

impl Settings {
    /// The most of one payment.
    pub fn limit(&self, currency: &str) -> Option<i128> {
        self.limits.iter().find(|limit| limit.currency == currency).map(|limit| limit.minor)
    }
}

pub fn read(body: &Configure) -> Legal<Settings> {
    let mut settings = Settings::default();
    if let Some(currencies) = &body.currencies {
        let known =
            currencies.iter().all(|currency| values::code(currency).is_ok() && has_exponent(currency));
        if !known || twice(currencies) {
            return Err(Illegal);
        }
        settings.currencies = currencies.clone();
    }
    for limit in body.limits.iter().flatten() {
        settings.limits.push(needed(values::positive(&Some(limit.clone())))?);
    }
    let limited: Vec<String> = settings.limits.iter().map(|limit| limit.currency.to_owned()).collect();
    if twice(&limited) || limited.iter().any(|currency| !settings.currencies.contains(currency)) {
        return Err(Illegal);
    }
    if let Some(offset) = &body.offset {
        settings.offset = instants::offset(offset).ok_or(Illegal)?;
    }
    if let Some(default) = body.last_default {
        settings.last_default = default;
    }
    if let Some(window) = &body.window {
        let start = window.start.as_deref().and_then(instant).ok_or(Illegal)?;
        settings.window = (start, needed(number(window.seconds, 1, MOST_U32))? as i64);
    }
    Ok(settings)
}

fn twice(codes: &[String]) -> bool {
    codes.iter().enumerate().any(|(at, code)| codes[..at].contains(code))
}
