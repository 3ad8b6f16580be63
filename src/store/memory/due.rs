//! The order of the sweep.

use std::sync::Arc;

use crate::key::AuthorizationKey;
use crate::money::{Currency, Money};
use crate::store::Due;
use crate::terms::{DEFAULT_MAX_CAPTURES, Funding, Hold, Settlement, Terms};
use crate::time::Instant;

/// An open authorization in the order of the sweep: deadline, merchant, payment.
/// The deadline stands here too: few have the same, and the holds of others are
/// not looked at for it.
#[derive(Clone, Debug)]
pub(super) struct DueHold {
    expires_at: Instant,
    hold: Arc<Hold>,
}

impl DueHold {
    pub(super) fn new(hold: &Arc<Hold>) -> Self {
        Self { expires_at: hold.terms.expires_at, hold: Arc::clone(hold) }
    }

    fn names(&self) -> (&str, &str) {
        (self.hold.merchant.as_str(), self.hold.payment.as_str())
    }

    /// Something that stands where this entry stands in the order.
    pub(super) fn probe(due: &Due) -> Self {
        let AuthorizationKey { merchant, payment } = due.key.clone();
        let terms = Terms {
            expires_at: due.expires_at,
            max_captures: DEFAULT_MAX_CAPTURES,
            overcapture_percent: None,
            overcapture_limit: None,
            settlement: Settlement::default(),
            funding: Funding::default(),
            last_by_default: true,
        };
        let amount = Money::zero(Currency::USD);
        Self::new(&Arc::new(Hold { merchant, payment, payer: None, amount, terms }))
    }

    pub(super) fn due(&self) -> Due {
        let key =
            AuthorizationKey { merchant: self.hold.merchant.clone(), payment: self.hold.payment.clone() };
        Due { expires_at: self.expires_at, key }
    }
}

impl PartialEq for DueHold {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for DueHold {}

impl PartialOrd for DueHold {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DueHold {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let by_deadline = self.expires_at.cmp(&other.expires_at);
        by_deadline.then_with(|| self.names().cmp(&other.names()))
    }
}
