//! What one step does besides moving amounts: whether it closes, and what it
//! releases. The ledger asks before it appends an event, `apply` compares.

use super::{Authorization, Tally};
use crate::event::{PaymentEvent, PaymentEventKind};
use crate::money::Money;
use crate::state::Closing;

impl Authorization {
    /// How a capture closes that leaves these amounts: a last one closes what
    /// is open; any other does when it reaches the ceiling with nothing in process.
    pub(crate) fn closing_by_capture(&self, captured: i64, in_process: i64, last: bool) -> Option<Closing> {
        match self.tally.closing {
            Some(_) => None,
            None if captured >= self.ceiling_minor() && in_process == 0 => Some(Closing::Full),
            None if last => Some(Closing::Last),
            None => None,
        }
    }

    /// How a void of this amount closes: when it leaves nothing unclaimed while
    /// nothing is in process.
    pub(crate) fn closing_by_void(&self, minor: i64) -> Option<Closing> {
        let leaves_nothing = self.unclaimed_minor() == minor && self.tally.in_process == 0;
        match (leaves_nothing, self.tally.captured > 0) {
            (false, _) => None,
            (true, true) => Some(Closing::VoidAfterCapture),
            (true, false) => Some(Closing::VoidOfAll),
        }
    }

    /// How it closes when its deadline is met: in full if nothing is left to
    /// give back or to wait for and something was captured.
    pub(crate) fn closing_by_deadline(&self) -> Closing {
        let nothing_left = self.unclaimed_minor() == 0 && self.tally.in_process == 0;
        if nothing_left && self.tally.captured > 0 { Closing::Full } else { Closing::Expiry }
    }

    /// What a step to these amounts releases, if it closes or is after the closing.
    pub(crate) fn released_by(&self, captured: i64, in_process: i64, closes: bool) -> Option<Money> {
        if self.tally.closing.is_none() && !closes {
            return None;
        }
        let after = self.unvoided_minor().saturating_sub(captured).saturating_sub(in_process).max(0);
        Some(self.money(after.saturating_sub(self.released_minor())))
    }

    /// Whether the event, which leads to the tally `after`, says what follows
    /// from the state before it.
    pub(super) fn says_what_follows(&self, event: &PaymentEvent, after: &Tally) -> Result<(), &'static str> {
        if event.time < self.tally.time {
            return Err("its time is before that of the last event");
        }
        if event.kind.accepts_a_capture() && event.time >= self.hold.terms.expires_at {
            return Err("a capture is accepted at or after the deadline");
        }
        if !event.accepts_in_order() {
            return Err("its capture was accepted by another event");
        }
        if event.kind.accepts_a_capture() && self.tally.last_pending {
            return Err("a capture is accepted beside a last one in process");
        }
        let released_by = |closes| self.released_by(after.captured, after.in_process, closes);
        let (closings, releases) = match &event.kind {
            PaymentEventKind::Captured { capture, closing, released, .. } => {
                let expected = self.closing_by_capture(after.captured, after.in_process, capture.last);
                ((*closing, expected), (*released, released_by(expected.is_some())))
            }
            PaymentEventKind::CaptureFailed { released, .. }
            | PaymentEventKind::CaptureReversed { released, .. } => {
                ((None, None), (*released, released_by(false)))
            }
            PaymentEventKind::Voided { amount, .. } if amount.minor() > self.remainder_minor() => {
                return Err("more is voided than no capture claims");
            }
            PaymentEventKind::Voided { amount, closing, .. } => {
                ((*closing, self.closing_by_void(amount.minor())), (None, None))
            }
            PaymentEventKind::Cancelled { released } => {
                ((None, None), (Some(*released), Some(self.unclaimed())))
            }
            PaymentEventKind::Expired { .. } if event.time < self.hold.terms.expires_at => {
                return Err("it expires before its deadline");
            }
            PaymentEventKind::Expired { released, closing } => (
                (Some(*closing), Some(self.closing_by_deadline())),
                (Some(*released), Some(self.unclaimed())),
            ),
            _ => ((None, None), (None, None)),
        };
        match (closings.0 == closings.1, releases.0 == releases.1) {
            (false, _) => Err("it closes otherwise, or not"),
            (_, false) => Err("another amount is released"),
            (true, true) => Ok(()),
        }
    }
}
