//! The system clock, read once for each request.

use std::time::{SystemTime, UNIX_EPOCH};

use capture_engine::Instant;

/// What the clock says. One that is set to before 1970 or after 9999 is taken
/// to stand at that end: the window of the signatures refuses what it says.
#[allow(clippy::disallowed_methods, reason = "the library reads no clock; its host does")]
pub fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
    Instant::from_micros(micros).unwrap_or(Instant::MAX)
}

/// For measuring how long something takes.
#[allow(clippy::disallowed_methods, reason = "the library measures nothing; its host does")]
pub fn stopwatch() -> std::time::Instant {
    std::time::Instant::now()
}
