//! The life of an authorization as data: which event leads from which state to
//! which. The decisions do not read it; a test walks every state with every
//! command and compares.

use std::fmt;

use crate::event::PaymentEventKind;
use crate::state::ClosedBy::{self, Cancel, Expiry, Full, Last, Void};
use crate::state::State::{self, Authorized, Cancelled, Expired, FullyCaptured, PartiallyCaptured};

/// One way in which an event can change the state of an authorization, or
/// leave it.
///
/// It prints as a row of a Markdown table, under [`Transition::HEADER`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The state before; `None` if there was no authorization yet.
    pub from: Option<State>,
    /// The event, as [`PaymentEventKind::name`] spells it.
    pub event: &'static str,
    /// When it leads there, in words; empty if always.
    pub when: &'static str,
    /// The state after.
    pub to: State,
    /// By what this step closes, if it does. What is closed stays closed, as
    /// it was closed first.
    pub closed_by: Option<ClosedBy>,
}

/// Every step there is: from a state, by an event, to a state. No two rows
/// have all but the words in common.
///
/// A command appends one event, and before it, if it meets a deadline that has
/// passed, `Expired`. What comes late (settlements, reversals, contradictions)
/// leaves a closed state as it is, and moves its amounts.
#[rustfmt::skip]
pub const TRANSITIONS: &[Transition] = &[
    opens("Authorized", Authorized),

    stays(Authorized, "CaptureAccepted", "to be reviewed, or settles later"),
    leads(Authorized, "Captured", "not the last one; below the ceiling, or others are in process", PartiallyCaptured),
    closes(Authorized, "Captured", "up to the ceiling, none in process", FullyCaptured, Full),
    closes(Authorized, "Captured", "the last one; below the ceiling, or others are in process", FullyCaptured, Last),
    stays(Authorized, "CaptureFailed", ""),
    stays(Authorized, "SettlementContradicted", "of one in process, failed or reversed"),
    stays(Authorized, "Voided", "something is left unclaimed or in process"),
    closes(Authorized, "Voided", "nothing is left unclaimed or in process", Cancelled, Void),
    closes(Authorized, "Cancelled", "none in process", Cancelled, Cancel),
    closes(Authorized, "Expired", "the deadline is met", Expired, Expiry),

    stays(PartiallyCaptured, "CaptureAccepted", "to be reviewed, or settles later"),
    stays(PartiallyCaptured, "Captured", "not the last one; below the ceiling, or others are in process"),
    closes(PartiallyCaptured, "Captured", "up to the ceiling, none in process", FullyCaptured, Full),
    closes(PartiallyCaptured, "Captured", "the last one; below the ceiling, or others are in process", FullyCaptured, Last),
    stays(PartiallyCaptured, "CaptureFailed", ""),
    stays(PartiallyCaptured, "CaptureReversed", "something is left captured"),
    leads(PartiallyCaptured, "CaptureReversed", "nothing is left captured", Authorized),
    stays(PartiallyCaptured, "SettlementContradicted", ""),
    stays(PartiallyCaptured, "Voided", "something is left unclaimed or in process"),
    closes(PartiallyCaptured, "Voided", "nothing is left unclaimed or in process", FullyCaptured, Void),
    closes(PartiallyCaptured, "Cancelled", "something is unclaimed, none in process", Cancelled, Cancel),
    closes(PartiallyCaptured, "Expired", "the deadline is met; something is unclaimed or in process", Expired, Expiry),
    closes(PartiallyCaptured, "Expired", "the deadline is met; nothing is unclaimed or in process", FullyCaptured, Full),

    stays(FullyCaptured, "Captured", "in process when a last one closed it"),
    stays(FullyCaptured, "CaptureFailed", "in process when a last one closed it"),
    stays(FullyCaptured, "CaptureReversed", ""),
    stays(FullyCaptured, "SettlementContradicted", ""),

    stays(Expired, "Captured", "in process when the deadline was met"),
    stays(Expired, "CaptureFailed", "in process when the deadline was met"),
    stays(Expired, "CaptureReversed", ""),
    stays(Expired, "SettlementContradicted", ""),

    stays(Cancelled, "CaptureReversed", "cancelled after it was captured"),
    stays(Cancelled, "SettlementContradicted", ""),
];

const fn opens(event: &'static str, to: State) -> Transition {
    Transition { from: None, event, when: "", to, closed_by: None }
}

const fn leads(from: State, event: &'static str, when: &'static str, to: State) -> Transition {
    Transition { from: Some(from), event, when, to, closed_by: None }
}

const fn stays(state: State, event: &'static str, when: &'static str) -> Transition {
    leads(state, event, when, state)
}

const fn closes(from: State, event: &'static str, when: &'static str, to: State, by: ClosedBy) -> Transition {
    Transition { from: Some(from), event, when, to, closed_by: Some(by) }
}

impl Transition {
    /// The first two lines of the table whose rows are transitions.
    pub const HEADER: &'static str = "\
| from               | event                  | to                 | closed by | when
|--------------------|------------------------|--------------------|-----------|-----";

    /// The row that allows this step; `None` if it is none that can happen.
    ///
    /// ```
    /// use capture_engine::State;
    /// use capture_engine::event::PaymentEventKind;
    /// use capture_engine::transitions::Transition;
    /// let first = Transition::of(None, &PaymentEventKind::Authorized, State::Authorized);
    /// assert!(first.is_some_and(|row| row.closed_by.is_none()));
    /// assert_eq!(Transition::of(None, &PaymentEventKind::Authorized, State::Expired), None);
    /// ```
    pub fn of(from: Option<State>, event: &PaymentEventKind, to: State) -> Option<&'static Self> {
        let closed_by = closed_by(event);
        TRANSITIONS.iter().find(|row| {
            row.from == from && row.event == event.name() && row.to == to && row.closed_by == closed_by
        })
    }
}

/// By what an event closes, if it does.
fn closed_by(event: &PaymentEventKind) -> Option<ClosedBy> {
    match event {
        PaymentEventKind::Captured { closing, .. } | PaymentEventKind::Voided { closing, .. } => {
            closing.map(|closing| closing.closed_by())
        }
        PaymentEventKind::Expired { closing, .. } => Some(closing.closed_by()),
        PaymentEventKind::Cancelled { .. } => Some(ClosedBy::Cancel),
        _ => None,
    }
}

impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.from.map_or("", State::as_str);
        let closed_by = self.closed_by.map_or("", ClosedBy::as_str);
        let (event, to, when) = (self.event, self.to.as_str(), self.when);
        let row = format!("| {from:<18} | {event:<22} | {to:<18} | {closed_by:<9} | {when}");
        f.write_str(row.trim_end())
    }
}

/// The table as a Mermaid state diagram: one edge for each pair of states,
/// labelled with the events that lead there and by what they close.
pub fn state_diagram() -> String {
    let mut diagram = String::from("stateDiagram-v2\n");
    for (at, row) in TRANSITIONS.iter().enumerate() {
        let ends = |other: &&Transition| other.from == row.from && other.to == row.to;
        if TRANSITIONS.iter().position(|other| ends(&other)) == Some(at) {
            let labels: Vec<String> = TRANSITIONS.iter().filter(ends).map(label).collect();
            let from = row.from.map_or("[*]", State::as_str);
            diagram.push_str(&format!("    {from} --> {}: {}\n", row.to, labels.join(", ")));
        }
    }
    for state in State::ALL.into_iter().filter(|state| state.is_closed()) {
        diagram.push_str(&format!("    {state} --> [*]\n"));
    }
    diagram
}

fn label(row: &Transition) -> String {
    match row.closed_by {
        Some(by) => format!("{} ({by})", row.event),
        None => row.event.to_owned(),
    }
}
