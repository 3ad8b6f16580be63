//! Writes a file of commands for the replay: days of several merchants. The
//! same arguments give the same bytes on every machine.
//!
//! Memory is what is still to come of the customers who came already: some
//! days' worth, however long the file is.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "the numbers are the program's own, and far from any bound"
)]

mod captures;
mod chance;
mod days;
mod line;
mod payers;
mod payment;
mod scenes;
mod tabs;

use std::io::{self, BufWriter, ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;

use self::days::Days;

/// Writes commands, one JSON object a line, as the replay reads them: days of
/// several merchants, with popular payments and payers, answers that got lost
/// and were asked for again, settlements that come late, and mistakes.
#[derive(Parser)]
#[command(name = "generate", after_help = AFTER_HELP)]
struct Arguments {
    /// How many lines are written; the first one is the configuration
    #[arg(long, value_name = "NUMBER")]
    commands: u64,
    /// Another seed gives other days; the same seed gives the same bytes
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Only what is answered the same again when the file is run again
    #[arg(long)]
    rerunnable: bool,
}

const AFTER_HELP: &str = "\
With --rerunnable a file can be run again over a store that has seen it, or
part of it, and every answer is the same as the first time. Such a file has
  - only commands whose final answers are recorded: configure, registerPayer,
    adjustPayer, authorize, capture, void, abandon. What a settlement, a
    reversal, a cancel, a sweep, a quote or an inquiry answers depends on the
    moment;
  - no capture that stays in process: settlement is immediate, and the risk
    check accepts or rejects;
  - one clock reading, in every line, and deadlines that lie after it;
  - payers that are registered before they are named.

Exit status: 0; 1 if the lines cannot be written; 2 for a wrong argument. A
reader that goes away ends the run quietly, with 0.

Example:
  cargo run --release --example generate -- --commands 1000000 --seed 1 > day.jsonl
  cargo run --release --example replay -- day.jsonl > answers.jsonl";

/// How much is written at once.
const BUFFER: usize = 256 << 10;

fn main() -> ExitCode {
    match write(&Arguments::parse()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let _ = writeln!(
                io::stderr(),
                "generate: the lines cannot be written ({error}): make room, and run again"
            );
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

fn write(arguments: &Arguments) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, io::stdout().lock());
    let mut days = Days::new(arguments.seed, arguments.rerunnable);
    for _ in 0..arguments.commands {
        if let Some((at, line)) = days.next() {
            line.write(at, &mut out)?;
        }
    }
    out.flush()
}
