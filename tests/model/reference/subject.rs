//! What a line is about, before it is applied: the state of its payment and
//! whether its id is known. For counting, and for whoever makes up histories.

use super::Reference;
use super::facts::{Authorization, State};
use super::line::{Line, Op};

/// The states that are told apart when lines are counted: those of a payment,
/// open ones whose deadline has passed on their own, and no payment at all.
pub struct Standings;

impl Standings {
    pub const ALL: [&'static str; 8] = [
        "none",
        "AUTHORIZED",
        "PARTIALLY_CAPTURED",
        "due AUTHORIZED",
        "due PARTIALLY_CAPTURED",
        "FULLY_CAPTURED",
        "EXPIRED",
        "CANCELLED",
    ];
}

/// Where an authorization stands: to make up lines that are near its bounds.
#[derive(Clone, Copy, Debug)]
pub struct Hint {
    pub currency: &'static str,
    pub open: bool,
    pub expires: i64,
    pub authorized: i128,
    pub unclaimed: i128,
    pub capturable: i128,
    /// What row 9a compares with.
    pub beneath_ceiling: i128,
}

/// What a capture asked or took, and whether it is in process.
#[derive(Clone, Copy, Debug)]
pub struct CaptureHint {
    pub amount: i128,
    pub currency: &'static str,
    pub pending: bool,
}

impl Reference {
    pub(super) fn subject(&self, line: &Line, merchant: &str) -> (&'static str, bool) {
        let known = |request: &Option<String>| {
            request.as_deref().is_some_and(|request| self.recorded(merchant, request).is_some())
        };
        let again = match &line.op {
            Op::RegisterPayer(body) => {
                body.payer.as_deref().is_some_and(|id| self.registration(id).is_some())
            }
            Op::AdjustPayer(body) => body.request.as_deref().is_some_and(|id| self.adjusted_before(id)),
            Op::Authorize(body) => {
                body.payment.as_deref().is_some_and(|id| self.authorized_before(merchant, id))
            }
            Op::Void(body) => body.request.as_deref().is_some_and(|id| self.voided_before(merchant, id)),
            Op::Capture(body) | Op::Quote(body) => known(&body.request),
            Op::Settle(body) => known(&body.request),
            Op::Reverse(body) => known(&body.request),
            Op::Abandon(body) => known(&body.request),
            _ => false,
        };
        let payment = |payment: &Option<String>| {
            payment.as_deref().and_then(|payment| self.authorization(merchant, payment))
        };
        let requested = |request: &Option<String>| {
            let recorded = request.as_deref().and_then(|request| self.recorded(merchant, request));
            recorded.and_then(|recorded| self.payment_of(recorded))
        };
        let about = match &line.op {
            Op::Authorize(body) => payment(&body.payment),
            Op::Capture(body) | Op::Quote(body) => payment(&body.payment),
            Op::Cancel(body) => payment(&body.payment),
            Op::Void(body) => payment(&body.payment),
            Op::Events(body) => payment(&body.payment),
            Op::Inquire(body) => payment(&body.payment).or(requested(&body.request)),
            Op::Settle(body) => requested(&body.request),
            Op::Reverse(body) => requested(&body.request),
            Op::Abandon(body) => requested(&body.request),
            _ => None,
        };
        (about.map_or("none", |authorization| self.standing_name(authorization)), again)
    }

    fn standing_name(&self, authorization: &Authorization) -> &'static str {
        let due = self.now.is_some_and(|now| authorization.due(now));
        match (authorization.standing().state(), due) {
            (State::Authorized, true) => "due AUTHORIZED",
            (State::PartiallyCaptured, true) => "due PARTIALLY_CAPTURED",
            (state, _) => state.name(),
        }
    }

    pub fn now(&self) -> Option<i64> {
        self.now
    }

    pub fn hint(&self, merchant: &str, payment: &str) -> Option<Hint> {
        let authorization = self.authorization(merchant, payment)?;
        let standing = authorization.standing();
        Some(Hint {
            currency: authorization.amount.currency,
            open: standing.closing.is_none(),
            expires: authorization.terms.expires,
            authorized: standing.authorized(),
            unclaimed: standing.unclaimed(),
            capturable: standing.capturable(),
            beneath_ceiling: standing.ceiling() - standing.captured(),
        })
    }

    /// The merchants and ids of all payments that were authorized.
    pub fn payments(&self) -> impl Iterator<Item = (&str, &str)> {
        self.authorizations.iter().map(|found| (found.merchant.as_str(), found.payment.as_str()))
    }

    pub fn payers(&self) -> impl Iterator<Item = &str> {
        self.payers.iter().map(|registered| registered.payer.as_str())
    }

    /// What a payer has that is not held.
    pub fn free(&self, payer: &str) -> Option<i128> {
        let registered = self.registration(payer)?;
        Some(self.balance(registered) - self.held(registered))
    }

    /// Of a capture that was accepted.
    pub fn capture_hint(&self, merchant: &str, request: &str) -> Option<CaptureHint> {
        let (authorization, number) = self.accepted(merchant, request)?;
        let standing = authorization.standing();
        let capture = &standing.captures[number];
        let currency = authorization.amount.currency;
        Some(CaptureHint { amount: capture.amount(), currency, pending: capture.pending() })
    }
}
