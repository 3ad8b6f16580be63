//! Amounts near the bounds of what a payment or a capture has left.

use super::History;
use super::choices::Choices;
use crate::reference::line::Amount;
use crate::reference::{CaptureHint, Hint};

impl<C: Choices> History<C> {
    pub(super) fn capture_amount(&mut self, hint: Option<Hint>) -> Option<Amount> {
        let Some(hint) = hint else {
            return self
                .choices
                .weighted(&[(1, None), (1, Some(100))])
                .map(|minor: i32| Amount::of(minor, "USD"));
        };
        let minor = self.choices.weighted(&[
            (6, None),
            (6, Some(1)),
            (1, Some(hint.authorized)),
            (2, Some(hint.unclaimed)),
            (2, Some(hint.unclaimed + 1)),
            (4, Some(hint.unclaimed / 2)),
            (14, Some(hint.unclaimed / 5)),
            (3, Some(hint.capturable)),
            (2, Some(hint.capturable + 1)),
            (1, Some(hint.capturable - 1)),
            (1, Some(hint.beneath_ceiling)),
            (2, Some(hint.beneath_ceiling + 1)),
        ]);
        minor.map(|minor| self.amount(minor, hint.currency))
    }

    pub(super) fn void_amount(&mut self, hint: Option<Hint>) -> Option<Amount> {
        let Some(hint) = hint else { return Some(Amount::of(1, "USD")) };
        let minor = self.choices.of(&[
            1,
            1,
            hint.unclaimed,
            hint.unclaimed + 1,
            hint.unclaimed / 2,
            hint.unclaimed / 4,
            hint.authorized,
            hint.authorized + 1,
            hint.capturable,
        ]);
        Some(self.amount(minor, hint.currency))
    }

    pub(super) fn settled_amount(&mut self, hint: Option<CaptureHint>) -> Option<Amount> {
        let (asked, currency) = hint.map_or((1, "USD"), |hint| (hint.amount, hint.currency));
        let minor = self.choices.weighted(&[
            (5, None),
            (3, Some(asked)),
            (3, Some(asked - 1)),
            (1, Some(asked + 1)),
            (1, Some(1)),
            (1, Some(asked / 2)),
        ]);
        minor.map(|minor| self.amount(minor, currency))
    }

    /// At least 1, so that it is legal; rarely in another currency.
    fn amount(&mut self, minor: i128, currency: &str) -> Amount {
        let other = self.choices.one_in(50);
        Amount::of(minor.clamp(1, 9_999_999_999_999_999), if other { "EUR" } else { currency })
    }
}
