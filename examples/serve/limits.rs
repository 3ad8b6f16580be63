//! How much is taken on at once, and how long it may take.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args;
use tracing::warn;

use crate::arguments::positive;

/// How much is taken on at once, and how long it may take.
#[derive(Args, Clone, Copy, Debug)]
pub struct Limits {
    /// Connections, each with up to 128 KiB of a body; further ones wait until
    /// one ends
    #[arg(long, value_name = "NUMBER", default_value = "4096", value_parser = positive)]
    pub max_connections: NonZeroU32,
    /// Requests that are being answered; further ones get HTTP 503
    #[arg(long, value_name = "NUMBER", default_value = "2048", value_parser = positive)]
    pub max_in_flight: NonZeroU32,
    /// How long a connection may stay between two requests, or without taking
    /// its answer
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub idle_timeout: Duration,
    /// How long the header of a request may take from its first byte on
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub header_timeout: Duration,
    /// How long the body of a request may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub body_timeout: Duration,
    /// How long, once it is told to stop, it waits for requests that are still
    /// coming
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub stop_timeout: Duration,
}

const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(86_400);

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let seconds = seconds.filter(|seconds| (SHORTEST..=LONGEST).contains(seconds));
    seconds.ok_or_else(|| "give seconds, from 0.01 to 86400".to_owned())
}

/// Files that are open beside the connections.
const OTHER_FILES: u64 = 64;

impl Limits {
    /// How often to look whether a connection is too slow: what is cut off is
    /// so at most a quarter late.
    pub fn pause_between_checks(&self) -> Duration {
        let shorter = self.idle_timeout.min(self.header_timeout);
        shorter.checked_div(4).unwrap_or(shorter)
    }

    /// With no more connections than the system lets the process have. What it
    /// may have more, it takes.
    #[cfg(target_os = "linux")]
    pub fn fitting(self) -> Self {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let wanted = u64::from(self.max_connections.get()).saturating_add(OTHER_FILES);
        let mut files = getrlimit(Resource::Nofile);
        if files.current.is_some_and(|current| current < wanted) {
            let raised = files.maximum.map_or(wanted, |most| most.min(wanted));
            files.current = Some(raised);
            let _ = setrlimit(Resource::Nofile, files);
        }
        let Some(current) = getrlimit(Resource::Nofile).current else { return self };
        let room = u32::try_from(current.saturating_sub(OTHER_FILES)).unwrap_or(u32::MAX);
        let room = NonZeroU32::new(room).unwrap_or(NonZeroU32::MIN);
        if room < self.max_connections {
            warn!("only {room} connections fit into ulimit -n {current}: raise it to {wanted}");
        }
        Self { max_connections: room.min(self.max_connections), ..self }
    }

    /// As they are.
    #[cfg(not(target_os = "linux"))]
    pub fn fitting(self) -> Self {
        self
    }
}
