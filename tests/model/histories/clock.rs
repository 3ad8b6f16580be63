//! When things happen: a clock that stands, jumps ahead and back, and comes
//! near the deadline of the payment that is hot.

use super::History;
use super::choices::Choices;
use crate::reference::Reference;
use crate::reference::instants::{DAY, FIRST, Fraction, LAST, SECOND, print};

const YEAR: i64 = 366 * DAY;

impl<C: Choices> History<C> {
    /// The clock reading of the next line; none, if it stands.
    pub(super) fn time(&mut self, reference: &Reference) -> Option<String> {
        let now = reference.now();
        let from = now.unwrap_or(self.start);
        let step = self.choices.weighted(&[
            (240, "stands"),
            (30, "tick"),
            (40, "second"),
            (20, "hour"),
            (6, "day"),
            (14, "deadline"),
            (10, "second back"),
            (8, "day back"),
            (4, "as at first"),
            (1, "years"),
            (1, "end"),
        ]);
        let to = match step {
            "stands" if now.is_some() => return None,
            "tick" => from + 1,
            "second" => from + SECOND,
            "hour" => from + 3600 * SECOND,
            "day" => from + DAY,
            "deadline" => self.near_deadline(reference).unwrap_or(from),
            "second back" => from - SECOND,
            "day back" => from - DAY,
            "years" => from + 3 * YEAR,
            "end" if self.choices.one_in(5) => self.choices.of(&[FIRST, LAST]),
            _ => self.start,
        };
        Some(self.spelt(to.clamp(FIRST, LAST)))
    }

    /// A tick before the latest open payment's deadline, or in it, or after it: if
    /// that is not years away.
    fn near_deadline(&mut self, reference: &Reference) -> Option<i64> {
        let (merchant, payment) = self.payments.get(*self.live.first()?)?;
        let expires = reference.hint(merchant, payment)?.expires;
        let near = (expires - reference.now()?).abs() < YEAR;
        near.then(|| expires + self.choices.of(&[-1, 0, 1, -SECOND, SECOND]))
    }

    /// A deadline for a new payment.
    pub(super) fn deadline(&mut self, reference: &Reference) -> String {
        let now = reference.now().unwrap_or(self.start);
        let ahead = self.choices.weighted(&[
            (1, -1),
            (1, 0),
            (2, 1),
            (4, SECOND),
            (12, 3600 * SECOND + 250_000),
            (16, DAY),
            (24, 7 * DAY),
            (12, YEAR),
            (2, LAST - now),
        ]);
        self.spelt((now + ahead).clamp(FIRST, LAST))
    }

    /// One of the spellings of an instant.
    pub(super) fn spelt(&mut self, instant: i64) -> String {
        let zones = [("+00:00", 0), ("+08:00", 480), ("-05:30", -330), ("+18:00", 1080)];
        let (zone, minutes) = self.choices.of(&zones);
        let zone = (zone.to_owned(), minutes);
        match self.choices.below(4) {
            // Digits that are cut off.
            0 => print(instant, &(format!("9{}", zone.0), minutes), Fraction::Always),
            1 if minutes == 0 => print(instant, &("Z".to_owned(), 0), Fraction::IfAny),
            _ => print(instant, &zone, Fraction::IfAny),
        }
    }
}
