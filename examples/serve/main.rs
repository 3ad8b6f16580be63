//! Serves the API on the loopback address: the library's edge, mounted in axum,
//! with what a service has around it: keys in files, limits, metrics, a log,
//! and an orderly end.
//!
//! It speaks no TLS and listens to nobody else; in front of it stands a proxy
//! that does. What it serves is forgotten at its end: `loading::store` is the
//! place of a store that lasts.

mod arguments;
mod body;
mod checks;
mod clock;
mod connection;
mod demo;
mod failure;
mod host;
mod keys;
mod limits;
mod loading;
mod metrics;
mod open;
mod requests;
mod serving;
mod stopping;
mod sweeping;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use capture_engine::http::{Edge, KeyVersion, Route, Signer};
use tracing::{Level, warn};

use arguments::Arguments;
use checks::Checks;
use demo::Demo;
use failure::Failure;
use host::Host;
use stopping::Signals;

fn main() -> ExitCode {
    match Arguments::read().and_then(run) {
        Ok(finished) => ExitCode::from(u8::from(!finished)),
        Err(error) => {
            // Where nobody reads standard error, nobody is told.
            let _ = writeln!(io::stderr().lock(), "serve: {error}");
            ExitCode::from(2)
        }
    }
}

/// One line for what needs attention, or for each request.
fn log_to_standard_error(every_request: bool) {
    let most = if every_request { Level::DEBUG } else { Level::INFO };
    // A log that cannot be written stops nothing.
    tracing_subscriber::fmt().with_max_level(most).with_writer(io::stderr).log_internal_errors(false).init();
}

fn run(arguments: Arguments) -> Result<bool, Failure> {
    log_to_standard_error(arguments.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(arguments))
}

/// Says whether all that was accepted was finished.
async fn serve(arguments: Arguments) -> Result<bool, Failure> {
    let clients = keys::clients(&arguments.clients)?;
    let is_demo = arguments.clients.is_empty();
    let demo = is_demo.then(|| Demo::join(&clients, &arguments.keys)).transpose()?;
    let signer = signer(&arguments)?;
    let checks = Checks::of(&arguments)?;
    let store = loading::store(&arguments.store)?;
    // Long before somebody is let in: an address in use is told at once.
    let socket = serving::bind(arguments.listen)?;
    let engine = loading::engine(store, arguments.load.as_deref()).await?;
    let edge = checks.before(Edge::new(engine, clients, signer).prefix(arguments.prefix.clone()));
    let host = Arc::new(Host::new(edge, &arguments.prefix, arguments.limits.fitting())?);
    let signals = Signals::new()?;
    let listener = serving::listen(socket, arguments.listen)?;
    let address = listener.local_addr()?;
    print(&format!("listening on http://{address}\n"));
    if let Some(demo) = demo {
        let url = format!("http://{address}{}{}", arguments.prefix, Route::Capture);
        match demo.invitation(host.edge.engine(), &url, arguments.tokens.as_deref()).await {
            Ok(invitation) => print(&invitation),
            Err(error) => warn!(%error, "there is no curl line for client demo"),
        }
    }
    Ok(serving::serve(listener, host, signals).await)
}

/// Where nobody reads standard output, nobody is told.
fn print(text: &str) {
    let mut output = io::stdout().lock();
    let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
}

/// The key that signs answers; its public half is written where that is asked.
fn signer(arguments: &Arguments) -> Result<Signer, Failure> {
    let key = keys::signing(arguments.private_key.as_deref(), &arguments.keys)?;
    if let Some(file) = &arguments.public_key_out {
        keys::write_public(file, &key)?;
    }
    Ok(Signer::new(KeyVersion::FIRST, key))
}
