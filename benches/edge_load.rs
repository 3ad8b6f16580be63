//! Many keep-alive connections that send signed captures to the running
//! example `serve`, every answer checked.
//!
//! `cargo bench --bench edge_load` (2,000 connections, 100,000 requests: two
//! minutes), `-- --smoke` (seconds), `-- --connections N --requests N`.
//!
//! Several captures go to each payment, from connections beside one another; a
//! tenth of them is sent twice, half of these at the same time, half of these
//! later and signed anew, always on another connection. Requests are signed
//! before anything is measured, and answers are checked afterwards
//! (`crowd/ledger.rs` says for what). In the end each payment is inquired.
//!
//! Beside the processor's time that the server took for a request stands that
//! of its parts (`edge` says which), measured in the same run before and after
//! the load: what is left are sockets, HTTP, and two cores that are busy.
//!
//! Exit status: 0, all is well; 1, an answer was wrong or the server took more
//! memory than it may; 2, the run could not go on, with a message.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::as_conversions)]
#![allow(clippy::arithmetic_side_effects)]
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock and starts threads")]

#[cfg(target_os = "linux")]
mod crowd {
    pub mod connections;
    pub mod files;
    pub mod ledger;
    pub mod parts;
    pub mod plan;
    pub mod run;
    pub mod server;
}

#[cfg(target_os = "linux")]
mod support {
    pub mod clock;
    #[path = "../../tests/support/example_command.rs"]
    pub mod example_command;
    pub mod load;
    pub mod race;
    pub mod ready;
    pub mod rsa;
    pub mod signed;
    pub mod table;
}

use std::process::ExitCode;

use clap::Parser;

/// Sends signed captures over many connections to `serve`, and checks every
/// answer.
#[derive(Parser)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "it runs on Linux only"))]
struct Arguments {
    /// How many connections are open at once
    #[arg(long, default_value = "2000", value_parser = clap::value_parser!(u32).range(2..=50_000))]
    connections: u32,
    /// How many captures are sent, those that are sent twice included. They
    /// are signed ahead, and a signature is good for five minutes
    #[arg(long, default_value = "100000", value_parser = clap::value_parser!(u32).range(100..=200_000))]
    requests: u32,
    /// How many requests the server answers at once; further ones are told
    /// nothing, and sent again
    #[arg(long, default_value = "60000", value_parser = clap::value_parser!(u32).range(1..))]
    max_in_flight: u32,
    /// 50 connections and 500 requests: whether it runs, not how fast
    #[arg(long)]
    smoke: bool,
    /// Given by `cargo bench`; without it (`cargo test --benches`) it is a smoke
    #[arg(long, hide = true)]
    bench: bool,
}

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let small = arguments.smoke || !arguments.bench;
    let (connections, requests) =
        if small { (50, 500) } else { (arguments.connections as usize, arguments.requests as usize) };
    let scale = crowd::run::Scale { connections, requests, max_in_flight: arguments.max_in_flight };
    match crowd::run::run(scale) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("edge_load: {error}");
            ExitCode::from(2)
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    let _ = Arguments::parse();
    eprintln!("edge_load: it reads /proc, and so runs on Linux only");
    ExitCode::from(2)
}
