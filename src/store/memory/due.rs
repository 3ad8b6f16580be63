//! The order of the sweep.

use std::sync::Arc;

use crate::key::AuthorizationKey;
use crate::money::{Currency, Money};
use crate::store::Due;
use crate::terms::{DEFAULT_MAX_CAPTURES, Funding, Hold, Settlement, Terms};
use crate::time::Instant;

/// An open authorization in the order of the sweep: deadline, merchant, payment.
#[derive(Clone, Debug)]
pub(super) struct DueHold(pub(super) Arc<Hold>);

impl DueHold {
    fn order(&self) -> (Instant, &str, &str) {
        (self.0.terms.expires_at, self.0.merchant.as_str(), self.0.payment.as_str())
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
        Self(Arc::new(Hold { merchant, payment, payer: None, amount: Money::zero(Currency::USD), terms }))
    }

    pub(super) fn due(&self) -> Due {
        let key = AuthorizationKey { merchant: self.0.merchant.clone(), payment: self.0.payment.clone() };
        Due { expires_at: self.0.terms.expires_at, key }
    }
}

impl PartialEq for DueHold {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
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
        self.order().cmp(&other.order())
    }
}
