//! The closing of one authorization by its deadline, as the sweep does it.

use super::ledger::Ledger;
use super::{Context, DamagedState, Decide, Decision};
use crate::key::{AuthorizationKey, Key};
use crate::outcome::Closed;
use crate::snapshot::{ReadSlots, Snapshot};

/// Closes this authorization if its deadline has passed and it is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseDue(pub AuthorizationKey);

impl Decide for CloseDue {
    type Answer = Closed;

    fn keys(&self, into: &mut impl Extend<Key>) {
        into.extend([Key::Authorization(self.0.clone())]);
    }

    fn decide(&self, snapshot: &Snapshot, context: &Context<'_>) -> Result<Decision<Closed>, DamagedState> {
        let not_due = |reads: ReadSlots| Ok(Decision::answered(Closed(false), reads));
        match Ledger::open(snapshot, &self.0.merchant, &self.0.payment, None, context.now)? {
            Ok(mut ledger) => {
                ledger.close_if_due()?;
                match ledger.is_changed() {
                    true => Ok(Decision::accepted(Closed(true), ledger.into_effects(None))),
                    false => not_due(ledger.reads()),
                }
            }
            Err(reads) => not_due(reads),
        }
    }
}
