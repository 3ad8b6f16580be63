//! The accept loop, and its end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::select;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::connection;
use crate::failure::Failure;
use crate::host::{self, Host};
use crate::stopping::{Signals, Stop, Stopping};
use crate::sweeping;

/// Connections that the system keeps until they are accepted, if it lets us.
const BACKLOG: u32 = 4_096;

/// How long to wait when the system has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(100);

/// Takes the address, without letting anybody in yet.
pub fn bind(address: SocketAddr) -> Result<TcpSocket, Failure> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let bound = socket.and_then(|socket| {
        // So that a restart need not wait for the connections of the last run.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(socket)
    });
    bound.map_err(|source| Failure::Listen { address, source })
}

/// Lets everybody in who comes.
pub fn listen(socket: TcpSocket, address: SocketAddr) -> Result<TcpListener, Failure> {
    socket.listen(BACKLOG).map_err(|source| Failure::Listen { address, source })
}

/// Serves until a signal comes, and finishes what was accepted; says whether
/// all of it could be.
pub async fn serve(listener: TcpListener, host: Arc<Host>, mut signals: Signals) -> bool {
    let (stopping, stop) = Stopping::new();
    let sweeping = tokio::spawn(sweeping::sweep(Arc::clone(&host), stop.clone()));
    let accepting = tokio::spawn(accept(listener, Arc::clone(&host), stop));
    let signal = signals.next().await;
    stopping.tell();
    // With it goes the listener: nobody is let in any more.
    let _ = accepting.await;
    info!(signal, "stopping: no new connections, what was accepted is finished");
    let connections = all(&host.connections, host.limits.max_connections.get());
    select! {
        ended = timeout(host.limits.stop_timeout, connections) => if ended.is_err() {
            warn!("what was still coming is cut off: it took longer than --stop-timeout");
        },
        signal = signals.next() => warn!(signal, "what was still coming is cut off"),
    }
    // What came as a whole is answered, whether or not its peer still listens.
    let answers = all(&host.in_flight, host.limits.max_in_flight.get());
    let finished = timeout(host.limits.stop_timeout, answers).await.is_ok();
    if !finished {
        warn!("requests are given up: the store took longer than --stop-timeout");
    }
    host.in_flight.close();
    let _ = sweeping.await;
    info!("stopped");
    finished
}

/// Waits until nobody holds a permit.
async fn all(permits: &Semaphore, all: u32) {
    let _ = permits.acquire_many(all).await;
}

async fn accept(listener: TcpListener, host: Arc<Host>, mut stop: Stop) {
    let router = host::routes(Arc::clone(&host));
    loop {
        let accepted = async {
            let permit = Arc::clone(&host.connections).acquire_owned().await.map_err(io::Error::other)?;
            let (stream, _) = listener.accept().await?;
            Ok::<_, io::Error>((stream, permit))
        };
        let accepted = select! {
            biased;
            () = stop.told() => return,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((stream, permit)) => {
                let serving = connection::serve(stream, router.clone(), host.limits, stop.clone());
                tokio::spawn(async move {
                    serving.await;
                    drop(permit);
                });
            }
            Err(error) if is_of_one_connection(&error) => (),
            Err(error) => {
                warn!(%error, "no connection can be accepted: raise ulimit -n, or lower --max-connections");
                sleep(NO_ROOM).await;
            }
        }
    }
}

/// Its peer was gone before it was accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
