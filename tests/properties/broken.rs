//! How a check says that an invariant does not hold.

use std::fmt;

/// An invariant that does not hold, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// `I1`, `I2` … as they are numbered in the header of `properties.rs`.
    pub invariant: &'static str,
    /// What was found.
    pub found: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is broken: {}", self.invariant, self.found)
    }
}

pub type Checked<T = ()> = Result<T, Broken>;

pub fn broken<T>(invariant: &'static str, found: impl Into<String>) -> Checked<T> {
    Err(Broken { invariant, found: found.into() })
}

/// `ensure!(condition, "I1", "what is wrong: {}", figures)`
macro_rules! ensure {
    ($holds:expr, $invariant:expr, $($found:tt)+) => {
        if !$holds {
            return $crate::broken::broken($invariant, format!($($found)+));
        }
    };
}

/// `ensure_eq!(found, expected, "I1", "what it is of: {}", figures)`
macro_rules! ensure_eq {
    ($found:expr, $expected:expr, $invariant:expr, $($of:tt)+) => {
        match (&$found, &$expected) {
            (found, expected) => {
                if found != expected {
                    return $crate::broken::broken(
                        $invariant,
                        format!("{}: found {found:?}, expected {expected:?}", format!($($of)+)),
                    );
                }
            }
        }
    };
}

pub(crate) use {ensure, ensure_eq};
