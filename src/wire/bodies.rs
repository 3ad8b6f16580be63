//! Bodies of requests, made into commands and inquiries. What is missing or
//! has a wrong type or form is found here; bounds that hang on more than one
//! field too. Everything else is decided elsewhere.

use std::num::NonZeroU32;

use super::fields::{
    Fields, Reading, amount, amount_or_zero, count, event_number, extend_info, failure_code, flag, id,
    instant, percent, positive, word,
};
use crate::command::{
    Abandon, AdjustPayer, Adjustment, Authorize, Cancel, Capture, FundsChange, PayerStatus, RegisterPayer,
    Reverse, Settle, SettlementOutcome, UsageLimits, Void, VoidAmount,
};
use crate::id::{MerchantId, PayerId, PaymentId};
use crate::key::AuthorizationKey;
use crate::store::Inquiry;
use crate::terms::{DEFAULT_MAX_CAPTURES, Funding, Settlement};

/// How many events are given if the request does not say.
const DEFAULT_EVENTS: NonZeroU32 = match NonZeroU32::new(1_000) {
    Some(thousand) => thousand,
    None => NonZeroU32::MIN,
};

/// The ids of a capture's request, in the order of its answer.
pub(super) const CAPTURE_IDS: &[&str] = &["captureRequestId", "paymentId"];
/// The ids of a cancel's request.
pub(super) const CANCEL_IDS: &[&str] = &["paymentId"];
/// The ids of a void's request.
pub(super) const VOID_IDS: &[&str] = &["voidRequestId", "paymentId"];
/// The ids of an inquiry's request.
pub(super) const INQUIRY_IDS: &[&str] = &["paymentId", "captureRequestId"];

pub(super) fn capture(merchant: &MerchantId, body: Fields<'_>) -> Reading<Capture> {
    Ok(Capture {
        merchant: merchant.clone(),
        request: body.required("captureRequestId", id)?,
        payment: body.required("paymentId", id)?,
        amount: body.optional("captureAmount", amount)?,
        last: body.optional("isLastCapture", flag)?,
        extend_info: body.optional("extendInfo", extend_info)?,
    })
}

pub(super) fn authorize(merchant: &MerchantId, body: Fields<'_>) -> Reading<Authorize> {
    Ok(Authorize {
        merchant: merchant.clone(),
        payment: body.required("paymentId", id)?,
        amount: body.required("paymentAmount", amount)?,
        expires_at: body.required("authExpiryTime", instant)?,
        payer: body.optional("payerId", id)?,
        max_captures: body.optional("maxCaptures", positive)?.unwrap_or(DEFAULT_MAX_CAPTURES),
        overcapture_percent: body.optional("overcapturePercent", percent)?,
        overcapture_limit: body.optional("overcaptureLimit", amount)?,
        settlement: settlement(body)?,
        funding: funding(body)?,
    })
}

fn settlement(body: Fields<'_>) -> Reading<Settlement> {
    let words = [Settlement::Immediate, Settlement::Deferred];
    let settlement = body.optional("settlement", |value| word(value, &words, Settlement::as_str))?;
    Ok(settlement.unwrap_or_default())
}

fn funding(body: Fields<'_>) -> Reading<Funding> {
    let words = [Funding::Held, Funding::Drawn];
    let funding = body.optional("funding", |value| word(value, &words, Funding::as_str))?;
    Ok(funding.unwrap_or_default())
}

pub(super) fn settle(merchant: &MerchantId, body: Fields<'_>) -> Reading<Settle> {
    Ok(Settle {
        merchant: merchant.clone(),
        request: body.required("captureRequestId", id)?,
        outcome: settlement_outcome(body)?,
    })
}

/// A field that belongs to the other outcome is wrong, whatever it says.
fn settlement_outcome(body: Fields<'_>) -> Reading<SettlementOutcome> {
    let succeeded = body.required("outcome", |value| word(value, &[true, false], outcome_word))?;
    let settled = body.optional("settledAmount", amount)?;
    let code = body.optional("resultCode", failure_code)?;
    match (succeeded, settled, code) {
        (true, _, Some(_)) => body.excluded("resultCode", "the outcome SUCCEEDED"),
        (false, Some(_), _) => body.excluded("settledAmount", "the outcome FAILED"),
        (true, settled, None) => Ok(SettlementOutcome::Succeeded(settled)),
        (false, None, code) => Ok(SettlementOutcome::Failed(code.unwrap_or_default())),
    }
}

/// What the rail says of a capture, as the replay format spells it.
pub(super) const fn outcome_word(succeeded: bool) -> &'static str {
    if succeeded { "SUCCEEDED" } else { "FAILED" }
}

pub(super) fn reverse(merchant: &MerchantId, body: Fields<'_>) -> Reading<Reverse> {
    Ok(Reverse { merchant: merchant.clone(), request: body.required("captureRequestId", id)? })
}

pub(super) fn cancel(merchant: &MerchantId, body: Fields<'_>) -> Reading<Cancel> {
    Ok(Cancel { merchant: merchant.clone(), payment: body.required("paymentId", id)? })
}

pub(super) fn void(merchant: &MerchantId, body: Fields<'_>) -> Reading<Void> {
    Ok(Void {
        merchant: merchant.clone(),
        request: body.required("voidRequestId", id)?,
        payment: body.required("paymentId", id)?,
        amount: void_amount(body)?,
    })
}

/// Just one of the amount and the wish for all of it.
fn void_amount(body: Fields<'_>) -> Reading<VoidAmount> {
    let part = body.optional("voidAmount", amount)?;
    match (part, body.is_set("voidRemainingAmount")?) {
        (Some(_), true) => body.excluded("voidRemainingAmount", "voidAmount"),
        (Some(part), false) => Ok(VoidAmount::Part(part)),
        (None, true) => Ok(VoidAmount::Remainder),
        (None, false) => body.missing("voidAmount"),
    }
}

pub(super) fn abandon(merchant: &MerchantId, body: Fields<'_>) -> Reading<Abandon> {
    Ok(Abandon { merchant: merchant.clone(), request: body.required("captureRequestId", id)? })
}

pub(super) fn register_payer(body: Fields<'_>) -> Reading<RegisterPayer> {
    Ok(RegisterPayer {
        payer: body.required("payerId", id)?,
        balance: body.required("balance", amount_or_zero)?,
        status: payer_status(body)?.unwrap_or_default(),
        limits: usage_limits(body)?,
    })
}

pub(super) fn adjust_payer(body: Fields<'_>) -> Reading<AdjustPayer> {
    Ok(AdjustPayer {
        request: body.required("adjustRequestId", id)?,
        payer: body.required("payerId", id)?,
        adjustment: Adjustment {
            funds: funds_change(body)?,
            status: payer_status(body)?,
            clear_limits: body.is_set("clearLimits")?,
            limits: usage_limits(body)?,
            reset_usage: body.is_set("resetUsage")?,
        },
    })
}

/// At most one of the two.
fn funds_change(body: Fields<'_>) -> Reading<Option<FundsChange>> {
    let added = body.optional("funds", amount)?;
    let withdrawn = body.optional("withdraw", amount)?;
    match (added, withdrawn) {
        (Some(_), Some(_)) => body.excluded("withdraw", "funds"),
        (added, withdrawn) => Ok(added.map(FundsChange::Add).or(withdrawn.map(FundsChange::Withdraw))),
    }
}

fn payer_status(body: Fields<'_>) -> Reading<Option<PayerStatus>> {
    let words = [PayerStatus::Normal, PayerStatus::Abnormal];
    body.optional("status", |value| word(value, &words, PayerStatus::as_str))
}

fn usage_limits(body: Fields<'_>) -> Reading<UsageLimits> {
    Ok(UsageLimits {
        max_count: body.optional("maxCountPerWindow", count)?,
        max_amount: body.optional("maxAmountPerWindow", amount_or_zero)?,
    })
}

/// Just one of the payment and a capture's id.
pub(super) fn inquiry(merchant: &MerchantId, body: Fields<'_>) -> Reading<Inquiry> {
    let payment = body.optional("paymentId", id)?;
    let request = body.optional("captureRequestId", id)?;
    match (payment, request) {
        (Some(_), Some(_)) => body.excluded("captureRequestId", "paymentId"),
        (Some(payment), None) => {
            Ok(Inquiry::Payment(AuthorizationKey { merchant: merchant.clone(), payment }))
        }
        (None, Some(request)) => Ok(Inquiry::Capture(merchant.clone(), request)),
        (None, None) => body.missing("paymentId"),
    }
}

pub(super) fn payer(body: Fields<'_>) -> Reading<PayerId> {
    body.required("payerId", id)
}

/// How many authorizations a sweep closes at most; all that are due if absent.
pub(super) fn sweep_limit(body: Fields<'_>) -> Reading<Option<NonZeroU32>> {
    body.optional("limit", positive)
}

/// Which events of a payment are asked for.
#[derive(Debug)]
pub(super) struct EventsWanted {
    pub(super) payment: PaymentId,
    /// The number of the last event that is known.
    pub(super) after: u64,
    pub(super) limit: NonZeroU32,
}

pub(super) fn events(body: Fields<'_>) -> Reading<EventsWanted> {
    Ok(EventsWanted {
        payment: body.required("paymentId", id)?,
        after: body.optional("after", event_number)?.unwrap_or(0),
        limit: body.optional("limit", positive)?.unwrap_or(DEFAULT_EVENTS),
    })
}
