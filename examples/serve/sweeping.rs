//! Closes authorizations whose deadline has passed.
//!
//! No answer hangs on it: a command tests the deadline itself. But a hold that
//! nobody asks for keeps its payer's money until somebody closes it.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::sleep;
use tracing::warn;

use crate::clock;
use crate::host::Host;
use crate::stopping::Stop;

/// How long to wait between two sweeps.
const PAUSE: Duration = Duration::from_secs(1);

/// How many are closed at once: requests get their turn in between.
const AT_ONCE: Option<NonZeroU32> = NonZeroU32::new(500);

/// Sweeps until it is told to stop; never half of a step.
pub async fn sweep(host: Arc<Host>, mut stop: Stop) {
    loop {
        tokio::select! {
            () = stop.told() => return,
            () = sleep(PAUSE) => (),
        }
        sweep_once(&host, &stop).await;
    }
}

/// Until nothing is due, or it is time to stop: what is left, the next start
/// finds.
async fn sweep_once(host: &Host, stop: &Stop) {
    loop {
        match host.edge.engine().expire(clock::now(), AT_ONCE).await {
            Ok(swept) if swept.more && !stop.is_told() => yield_now().await,
            Ok(_) => return,
            Err(error) => {
                warn!(%error, "an authorization that is due cannot be closed; the next sweep tries again");
                return;
            }
        }
    }
}
