//! The states of an authorization, and how it can close.

use std::fmt;

/// Where an authorization stands. The last three are terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Open, and nothing of it is captured.
    Authorized,
    /// Open, and something of it is captured.
    PartiallyCaptured,
    /// Closed after captures.
    FullyCaptured,
    /// Closed by its deadline.
    Expired,
    /// Closed by a cancel, or by a void of all of it.
    Cancelled,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Authorized, Self::PartiallyCaptured, Self::FullyCaptured, Self::Expired, Self::Cancelled];

    /// The state as inquiries and events spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorized => "AUTHORIZED",
            Self::PartiallyCaptured => "PARTIALLY_CAPTURED",
            Self::FullyCaptured => "FULLY_CAPTURED",
            Self::Expired => "EXPIRED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Whether no new capture can be accepted any more.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::FullyCaptured | Self::Expired | Self::Cancelled)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What closed an authorization, as inquiries and events spell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClosedBy {
    /// The ceiling was reached, or the deadline found nothing left to give back.
    Full,
    /// A last capture succeeded.
    Last,
    /// A void gave back all that was left.
    Void,
    /// A cancel.
    Cancel,
    /// The deadline.
    Expiry,
}

impl ClosedBy {
    /// The word of inquiries and events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Last => "LAST",
            Self::Void => "VOID",
            Self::Cancel => "CANCEL",
            Self::Expiry => "EXPIRY",
        }
    }
}

impl fmt::Display for ClosedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How an authorization closed: the state it closed to and by what, in the
/// only six pairs that exist. A closing is never undone or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Closing {
    /// The ceiling was reached with nothing in process; or the deadline came
    /// and nothing was unclaimed or in process, but something captured.
    Full,
    /// A last capture succeeded.
    Last,
    /// A void left nothing unclaimed after something had been captured.
    VoidAfterCapture,
    /// A void left nothing at all.
    VoidOfAll,
    /// A cancel.
    Cancel,
    /// The deadline.
    Expiry,
}

impl Closing {
    /// Every way to close.
    pub const ALL: [Self; 6] =
        [Self::Full, Self::Last, Self::VoidAfterCapture, Self::VoidOfAll, Self::Cancel, Self::Expiry];

    /// The state that this closes to.
    pub const fn state(self) -> State {
        match self {
            Self::Full | Self::Last | Self::VoidAfterCapture => State::FullyCaptured,
            Self::VoidOfAll | Self::Cancel => State::Cancelled,
            Self::Expiry => State::Expired,
        }
    }

    /// What closed it.
    pub const fn closed_by(self) -> ClosedBy {
        match self {
            Self::Full => ClosedBy::Full,
            Self::Last => ClosedBy::Last,
            Self::VoidAfterCapture | Self::VoidOfAll => ClosedBy::Void,
            Self::Cancel => ClosedBy::Cancel,
            Self::Expiry => ClosedBy::Expiry,
        }
    }
}
