//! The signals that stop the server, and how everybody learns of them.

use std::io;

use tokio::sync::watch;

/// Tells everybody to stop.
pub struct Stopping(watch::Sender<bool>);

/// Is told to stop.
#[derive(Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stopping {
    pub fn new() -> (Self, Stop) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Stop(receiver))
    }

    pub fn tell(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Waits until it is told.
    pub async fn told(&mut self) {
        // Whoever tells is there as long as anybody waits; and if not, it is time too.
        let _ = self.0.wait_for(|told| *told).await;
    }

    /// Whether it was told.
    pub fn is_told(&self) -> bool {
        *self.0.borrow()
    }
}

/// SIGTERM and SIGINT.
#[cfg(unix)]
pub struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// From here on they end nothing by themselves.
    pub fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
pub struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub fn new() -> io::Result<Self> {
        Ok(Self)
    }

    pub async fn next(&mut self) -> &'static str {
        let _ = tokio::signal::ctrl_c().await;
        "Ctrl-C"
    }
}
