//! The time that this thread worked: what another one does on the same core
//! meanwhile does not count. Where the system does not tell, the time that passed.
#![allow(dead_code, reason = "each bench uses its part of it")]
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]

use std::time::Duration;

#[cfg(target_os = "linux")]
pub fn worked() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(not(target_os = "linux"))]
pub fn worked() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// How long this takes this thread.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = worked();
    let done = work();
    (done, worked().saturating_sub(start))
}
