//! The identities that hold of every authorization at every moment, each part
//! computed here from the four amounts and the terms.

use capture_engine::terms::Funding;
use capture_engine::{Authorization, Money};

/// Says which one does not hold, if one does not.
pub fn hold(authorization: &Authorization) -> Result<(), String> {
    let broken = |what: &str| Err(format!("{what}: {authorization:?}"));
    let [authorized, captured, in_process, voided, over, released, unclaimed] = [
        authorization.authorized(),
        authorization.captured(),
        authorization.in_process(),
        authorization.voided(),
        authorization.overcapture_taken(),
        authorization.released(),
        authorization.unclaimed(),
    ]
    .map(minor);
    let [capturable, remainder, ceiling, claim] = [
        authorization.capturable(),
        authorization.remainder(),
        authorization.ceiling(),
        authorization.claim(),
    ]
    .map(minor);
    let parts = [captured, in_process, voided, over, released, unclaimed, capturable, remainder, claim];
    if parts.into_iter().any(|part| part < 0) {
        return broken("an amount is below zero");
    }
    if authorized + over != captured + in_process + voided + released + unclaimed {
        return broken("the amounts do not add up");
    }
    let claimed = captured + in_process;
    if ceiling != authorized - voided + allowance(authorization) {
        return broken("the ceiling is another");
    }
    if claimed > ceiling {
        return broken("more is claimed than the ceiling");
    }
    if over != (claimed + voided - authorized).max(0) {
        return broken("the over-capture taken is another");
    }
    let closed = authorization.closing().is_some();
    if closed != authorization.state().is_closed() {
        return broken("its state and its closing disagree");
    }
    let left = (authorized - claimed - voided).max(0);
    if (released, unclaimed) != if closed { (left, 0) } else { (0, left) } {
        return broken("released or unclaimed is another");
    }
    if closed && (capturable, remainder) != (0, 0) {
        return broken("it is closed, and something is left");
    }
    if ![0, ceiling - claimed].contains(&capturable) || ![0, unclaimed].contains(&remainder) {
        return broken("what is left is another");
    }
    let held = if authorization.hold().terms.funding == Funding::Held { unclaimed } else { 0 };
    if claim != in_process + held {
        return broken("what it claims of its payer is another");
    }
    Ok(())
}

pub fn minor(money: Money) -> i128 {
    money.minor().into()
}

/// What may be taken on top of what was authorized and not voided.
fn allowance(authorization: &Authorization) -> i128 {
    let terms = &authorization.hold().terms;
    let unvoided = minor(authorization.authorized()) - minor(authorization.voided());
    let percent =
        terms.overcapture_percent.map(|percent| unvoided * i128::from(percent.hundredths()) / 10_000);
    percent.into_iter().chain(terms.overcapture_limit.map(minor)).min().unwrap_or(0)
}
