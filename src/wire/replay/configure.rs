//! The `configure` line: what it changes of the settings.

use super::RunEnds;
use crate::settings::{Settings, UsageWindows};
use crate::wire::fields::{
    Fields, Reading, amount, array, currency, flag, instant, object, offset, positive,
};
use crate::wire::json::Value;

/// The settings with what the body says; what it leaves out stays as it is.
pub(super) fn configured(settings: Settings, body: Fields<'_>) -> Result<Settings, RunEnds> {
    let mut settings = settings;
    if let Some(currencies) = body.optional("currencies", |value| array(value, currency))? {
        settings = settings.currencies(currencies)?;
    }
    if let Some(limits) = body.optional("paymentAmountLimits", |value| array(value, amount))? {
        settings = settings.payment_limits(limits)?;
    }
    if let Some(offset) = body.optional("timeOffset", offset)? {
        settings = settings.offset(offset);
    }
    if let Some(last) = body.optional("isLastCaptureDefault", flag)? {
        settings = settings.last_by_default(last);
    }
    if let Some(windows) = body.optional("usageWindow", usage_windows)? {
        settings = settings.usage_windows(windows);
    }
    Ok(settings)
}

/// Half a window is none.
fn usage_windows(value: Value<'_>) -> Reading<UsageWindows> {
    let window = object(value)?;
    let start = window.required("start", instant)?;
    let seconds = window.required("seconds", positive)?;
    Ok(UsageWindows::new(start, seconds.get())?)
}
