//! Counts what a run really met, and says what it did not.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use capture_engine::command::SettlementOutcome;
use capture_engine::outcome::{Outcome, Pending};
use capture_engine::refusal::Exceeded;
use capture_engine::state::ClosedBy;
use capture_engine::submission::AnyAnswer;
use capture_engine::transitions::{TRANSITIONS, Transition};
use capture_engine::{Refusal, ResultCode, State};

use crate::model::{Fate, Figures};
use crate::ops::Op;
use crate::world::Said;

/// How often each thing was met, by kind and name.
pub type Counts = BTreeMap<(&'static str, String), u64>;

thread_local! {
    static MET: RefCell<Counts> = const { RefCell::new(Counts::new()) };
}

pub fn met(kind: &'static str, name: impl Into<String>) {
    MET.with_borrow_mut(|met| *met.entry((kind, name.into())).or_default() += 1);
}

/// What this thread met since the last call.
pub fn take() -> Counts {
    MET.take()
}

pub fn transition(row: &Transition) -> String {
    let from = row.from.map_or("", State::as_str);
    let by = row.closed_by.map_or("", ClosedBy::as_str);
    format!("{from} {} {} {by}", row.event, row.to)
}

/// One answer: before the books follow its events.
pub fn note(op: &Op, state: Option<State>, fate: Option<Fate>, figures: Option<Figures>, said: &Said) {
    let name = op.name();
    let code = said.as_ref().map_or_else(|code| *code, Outcome::code);
    met("code", code.as_str());
    met("answer", format!("{name} {}", code.status().as_str()));
    if let Some(state) = state {
        met("command in state", format!("{name} in {state}"));
    }
    if let Ok(Outcome::Refused(Refusal::Inconsistent { field })) = said {
        met("other content", format!("{name}: {field}"));
    }
    match said {
        Ok(Outcome::Refused(refusal)) => met("refusal", format!("{name}: {}", reason(refusal))),
        Ok(Outcome::Pending(pending)) => met("pending", format!("{name}: {}", wait(op, pending, figures))),
        Ok(Outcome::Contradicted(contradiction)) => {
            let again = if contradiction.events.is_empty() { ", again" } else { "" };
            met("settled", format!("{}: contradicted{again}", cell(op, fate)));
        }
        Ok(Outcome::Replayed(AnyAnswer::Settled(_))) => met("settled", format!("{}: known", cell(op, fate))),
        Ok(Outcome::Accepted { answer: AnyAnswer::Settled(_), .. }) => {
            met("settled", format!("{}: done", cell(op, fate)));
        }
        _ => (),
    }
}

/// A cell of the settlement table.
fn cell(op: &Op, fate: Option<Fate>) -> String {
    let is = match fate {
        Some(Fate::Pending) => "in process",
        Some(Fate::Captured(_)) => "succeeded",
        Some(Fate::Failed) => "failed",
        Some(Fate::Reversed(_)) => "reversed",
        None => "unknown",
    };
    let told = match op {
        Op::Settle { told: SettlementOutcome::Succeeded(_), .. } => "succeeded",
        Op::Settle { told: SettlementOutcome::Failed(_), .. } => "failed",
        _ => "reversed",
    };
    format!("{is}, told {told}")
}

fn wait(op: &Op, pending: &Pending, figures: Option<Figures>) -> &'static str {
    match pending {
        Pending::Reserved { .. } => "reserved",
        Pending::InProcess { .. } => "in process",
        Pending::Waiting => match (op, figures) {
            (Op::Capture(taking) | Op::Quote(taking), Some(figures)) => match taking.amount {
                None => "waiting, all",
                Some(amount) if i128::from(amount.minor()) > figures.capturable => "waiting for an amount",
                Some(_) => "waiting for a count",
            },
            (Op::Void { amount: None, .. }, _) => "waiting, all",
            _ => "waiting for an amount",
        },
        other => panic!("a new kind of pending: count {other:?} here"),
    }
}

fn reason(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::AmountOutOfBounds { .. } => "AmountOutOfBounds",
        Refusal::Inconsistent { .. } => "Inconsistent",
        Refusal::NoAuthorization => "NoAuthorization",
        Refusal::Cancelled { .. } => "Cancelled",
        Refusal::Expired { .. } => "Expired",
        Refusal::OtherCurrency { .. } => "OtherCurrency",
        Refusal::CurrencyNotConfigured { .. } => "CurrencyNotConfigured",
        Refusal::ExceedsAuthorization { why, .. } => match why {
            Exceeded::CapturedInFull => "CapturedInFull",
            Exceeded::ClosedByLastCapture => "ClosedByLastCapture",
            Exceeded::Voided => "Voided",
            Exceeded::AboveCeiling => "AboveCeiling",
            Exceeded::NothingLeft => "NothingLeft",
            other => panic!("a new reason: count {other:?} here"),
        },
        Refusal::ExceedsRemainder { why, .. } => match why {
            Exceeded::CapturedInFull => "CapturedInFull",
            Exceeded::ClosedByLastCapture => "ClosedByLastCapture",
            Exceeded::Voided => "Voided",
            Exceeded::AboveRemainder => "AboveRemainder",
            Exceeded::NothingLeft => "NothingLeft",
            other => panic!("a new reason: count {other:?} here"),
        },
        Refusal::CapturesUsedUp { .. } => "CapturesUsedUp",
        Refusal::PaymentLimit { .. } => "PaymentLimit",
        Refusal::PayerStatus => "PayerStatus",
        Refusal::PayerCount { .. } => "PayerCount",
        Refusal::PayerSum { .. } => "PayerSum",
        Refusal::PayerFunds { .. } => "PayerFunds",
        Refusal::Risk => "Risk",
        Refusal::DeadlineNotInFuture { .. } => "DeadlineNotInFuture",
        Refusal::UnknownPayer => "UnknownPayer",
        Refusal::UnknownCapture => "UnknownCapture",
        Refusal::WrongState { .. } => "WrongState",
        Refusal::WrongOutcome { .. } => "WrongOutcome",
        Refusal::BalanceTooHigh { .. } => "BalanceTooHigh",
        other => panic!("a new refusal: count {other:?} here"),
    }
}

/// What every full run must meet, as the rules allow it: kind, then a prefix,
/// then names.
const REQUIRED: &[(&str, &str, &[&str])] = &[
    ("answer", "authorize ", &["S", "F"]),
    ("answer", "capture ", &["S", "U", "F"]),
    ("answer", "quote ", &["S", "U", "F"]),
    ("answer", "settle ", &["S", "F"]),
    ("answer", "reverse ", &["S", "F"]),
    ("answer", "cancel ", &["S", "U", "F"]),
    ("answer", "void ", &["S", "U", "F"]),
    ("answer", "abandon ", &["S", "U", "F"]),
    ("answer", "register ", &["S", "F"]),
    ("answer", "adjust ", &["S", "F"]),
    ("answer", "expire ", &["S"]),
    ("answer", "inquire ", &["S", "F"]),
    ("answer", "inquire_payer ", &["S", "F"]),
    ("sweep", "", &["left some", "left none"]),
    ("event", "", &["Authorized", "CaptureAccepted", "Captured", "CaptureFailed", "CaptureReversed"]),
    ("event", "", &["SettlementContradicted", "Voided", "Cancelled", "Expired"]),
    ("event", "", &["PayerRegistered", "PayerAdjusted"]),
    ("refusal", "authorize: ", &["AmountOutOfBounds", "Inconsistent", "DeadlineNotInFuture", "UnknownPayer"]),
    ("refusal", "authorize: ", &["CurrencyNotConfigured", "OtherCurrency", "PaymentLimit", "PayerStatus"]),
    ("refusal", "authorize: ", &["PayerFunds"]),
    ("refusal", "capture: ", ROWS),
    ("refusal", "capture: ", &["Risk"]),
    ("refusal", "quote: ", ROWS),
    ("refusal", "settle: ", &["AmountOutOfBounds", "UnknownCapture"]),
    ("refusal", "reverse: ", &["UnknownCapture", "WrongOutcome"]),
    ("refusal", "cancel: ", &["NoAuthorization", "Cancelled", "Expired", "WrongState"]),
    ("refusal", "void: ", &["AmountOutOfBounds", "Inconsistent", "NoAuthorization", "Cancelled", "Expired"]),
    ("refusal", "void: ", &["OtherCurrency", "CapturedInFull", "ClosedByLastCapture", "Voided"]),
    ("refusal", "void: ", &["AboveRemainder", "NothingLeft"]),
    ("refusal", "abandon: ", &["WrongOutcome"]),
    (
        "refusal",
        "register: ",
        &["AmountOutOfBounds", "Inconsistent", "CurrencyNotConfigured", "OtherCurrency"],
    ),
    ("refusal", "adjust: ", &["AmountOutOfBounds", "Inconsistent", "UnknownPayer", "OtherCurrency"]),
    ("refusal", "adjust: ", &["BalanceTooHigh", "PayerFunds"]),
    ("other content", "authorize: ", &["paymentAmount", "authExpiryTime", "payerId", "maxCaptures"]),
    ("other content", "authorize: ", &["overcapturePercent", "overcaptureLimit", "settlement", "funding"]),
    ("other content", "capture: ", &["paymentId", "captureAmount", "isLastCapture"]),
    ("other content", "quote: ", &["paymentId", "captureAmount", "isLastCapture"]),
    ("other content", "void: ", &["paymentId", "voidAmount"]),
    ("other content", "register: ", &["balance", "status", "maxCountPerWindow", "maxAmountPerWindow"]),
    ("other content", "adjust: ", &["payerId", "funds", "status", "clearLimits", "resetUsage"]),
    ("other content", "adjust: ", &["maxCountPerWindow", "maxAmountPerWindow"]),
    ("written otherwise", "captureAmount ", &["S", "U", "F"]),
    ("written otherwise", "", &["isLastCapture", "maxCaptures"]),
    ("pending", "capture: ", &["reserved", "in process", "waiting, all"]),
    ("pending", "capture: ", &["waiting for an amount", "waiting for a count"]),
    ("pending", "quote: ", &["in process", "waiting, all", "waiting for an amount", "waiting for a count"]),
    ("pending", "cancel: ", &["waiting for an amount"]),
    ("pending", "void: ", &["waiting, all", "waiting for an amount"]),
    ("pending", "abandon: ", &["in process"]),
    ("settled", "in process, told ", &["succeeded: done", "succeeded: contradicted", "failed: done"]),
    ("settled", "in process, told ", &["succeeded: contradicted, again"]),
    ("settled", "succeeded, told ", &["succeeded: known", "succeeded: contradicted", "failed: contradicted"]),
    ("settled", "succeeded, told ", &["succeeded: contradicted, again", "failed: contradicted, again"]),
    ("settled", "succeeded, told ", &["reversed: done"]),
    ("settled", "failed, told ", &["succeeded: contradicted", "failed: known", "failed: contradicted"]),
    ("settled", "failed, told ", &["succeeded: contradicted, again", "failed: contradicted, again"]),
    ("settled", "reversed, told ", &["succeeded: known", "succeeded: contradicted", "failed: known"]),
    ("settled", "reversed, told ", &["succeeded: contradicted, again", "reversed: known"]),
    ("fork", "", &["capture", "void"]),
];

/// The refusals of a capture's table that a quote can say too.
const ROWS: &[&str] = &[
    "AmountOutOfBounds",
    "Inconsistent",
    "NoAuthorization",
    "Cancelled",
    "Expired",
    "OtherCurrency",
    "CapturedInFull",
    "ClosedByLastCapture",
    "Voided",
    "AboveCeiling",
    "NothingLeft",
    "CapturesUsedUp",
    "PaymentLimit",
    "PayerStatus",
    "PayerCount",
    "PayerSum",
    "PayerFunds",
];

/// All that a full run must meet.
fn required() -> BTreeSet<(&'static str, String)> {
    let mut required = BTreeSet::new();
    for (kind, prefix, names) in REQUIRED {
        required.extend(names.iter().map(|name| (*kind, format!("{prefix}{name}"))));
    }
    required.extend(ResultCode::ALL.iter().map(|code| ("code", code.as_str().to_owned())));
    required.extend(State::ALL.iter().map(|state| ("state", state.as_str().to_owned())));
    required.extend(TRANSITIONS.iter().map(|row| ("transition", transition(row))));
    let closed_by = [ClosedBy::Full, ClosedBy::Last, ClosedBy::Void, ClosedBy::Cancel, ClosedBy::Expiry];
    required.extend(closed_by.map(|by| ("closed by", by.as_str().to_owned())));
    for command in ["authorize", "capture", "quote", "settle", "reverse", "cancel", "void", "abandon"] {
        // Nothing can be abandoned of a payment but a capture that it has.
        required.extend(State::ALL.map(|state| ("command in state", format!("{command} in {state}"))));
    }
    required
}

/// What was required and not met.
pub fn missing(counts: &Counts) -> Vec<String> {
    let missing = required().into_iter().filter(|name| !counts.contains_key(name));
    missing.map(|(kind, name)| format!("{kind}: {name}")).collect()
}
