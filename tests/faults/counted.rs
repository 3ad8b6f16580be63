//! What a full run must have met.

use crate::faulty::Counts;

const REQUIRED: &[&str] = &[];

/// What was required and not met.
pub fn missing(counts: &Counts) -> Vec<&'static str> {
    REQUIRED.iter().copied().filter(|name| !counts.contains_key(*name)).collect()
}
