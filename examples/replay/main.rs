//! Replays a file of commands: one JSON object a line in, one JSON answer a
//! line out, a summary at the end. It reads and prints; all else is the
//! library's `LineReader` and `Session`.
//!
//! Two threads: one reads lines ahead, the other applies them in order.
//!
//! Memory does not grow with the input: a few bundles of lines are held at a
//! time, and of a line that is too long only as much as shows that. (What the
//! commands make is kept by the store, of course.)

mod answering;
mod input;
mod summary;

use std::fmt;
use std::io::{self, Write};
use std::mem;
use std::path::PathBuf;
use std::process::ExitCode;

use capture_engine::wire::replay::RunEnds;
use clap::Parser;

use answering::Answering;
use summary::Summary;

/// Applies commands, one JSON object a line, to an engine and prints one JSON
/// answer a line, in order.
#[derive(Parser)]
#[command(name = "replay", after_help = AFTER_HELP)]
struct Arguments {
    /// Where the data is kept; `memory` forgets it at the end
    #[arg(long, value_name = "STORE", default_value = "memory")]
    store: String,
    /// The lines; standard input if there is no file
    #[arg(value_name = "FILE.jsonl")]
    file: Option<PathBuf>,
}

const AFTER_HELP: &str = r#"A line:
  {"op":"capture","at":"2026-03-01T09:00:00+08:00","clientId":"M1","body":{…}}
  op        configure (first line only), registerPayer, adjustPayer, authorize,
            capture, quote, settle, reverse, cancel, void, abandon, expire,
            inquire, inquirePayer, events
  at        the clock reading; where it is left out it stays as it was
  clientId  the merchant, for what a merchant does
  body      the fields of the command
  risk      of a capture: ACCEPT (as if left out), REVIEW, REJECT, UNAVAILABLE

Answers go to standard output. A summary, and the reasons of the first lines
that could not be read, go to standard error; with answers that go to a file
or a pipe, so does a progress bar. A reader of the answers that goes away ends
the run, with the status of the lines answered so far.

Exit status:
  0  every line was well-formed (a command may have been refused all the same)
  1  some lines were not; each was answered PARAM_ILLEGAL, and the run went on
  2  the run could not go on: a wrong argument, a file that cannot be read, a
     store that failed, a refused configure

Example:
  printf '%s\n' '{"op":"authorize","at":"2026-03-01T09:00:00Z","clientId":"M1","body":{"paymentId":"p1","paymentAmount":{"value":"1000","currency":"USD"},"authExpiryTime":"2026-03-08T09:00:00Z"}}' '{"op":"capture","clientId":"M1","body":{"captureRequestId":"c1","paymentId":"p1"}}' |
    cargo run --release --example replay"#;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(summary) => summary.status(),
        Err(error) => {
            tell(&format_args!("replay: {error}\n"));
            ExitCode::from(2)
        }
    }
}

/// Says it on standard error; where nobody can read that, on nothing.
fn tell(text: &dyn fmt::Display) {
    let _ = write!(io::stderr().lock(), "{text}");
}

/// Why the run could not go on, and what to do.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("there is no store {0:?} yet: leave --store out, or give memory")]
    Store(String),
    #[error(
        "{path} cannot be opened ({source}): give a file of one JSON object a line, or none for standard input"
    )]
    Open { path: String, source: io::Error },
    #[error("{0} is a directory: give a file of one JSON object a line, or none for standard input")]
    Directory(String),
    #[error("the input cannot be read on ({source}): the {lines} lines before are answered")]
    Read { lines: u64, source: io::Error },
    #[error("the answers cannot be written ({source}): make room, and run again")]
    Write { source: io::Error },
    #[error("line {line}: {source}: correct it, and run again")]
    Run { line: u64, source: RunEnds },
}

fn run(arguments: &Arguments) -> Result<Summary, Failure> {
    if arguments.store != "memory" {
        return Err(Failure::Store(arguments.store.clone()));
    }
    let (input, bar) = input::open(arguments.file.as_deref())?;
    let mut answering = Answering::new(input::read_ahead(bar.wrap_read(input)), io::stdout().lock());
    let outcome = answering.run();
    bar.finish_and_clear();
    let Answering { session, summary, .. } = answering;
    // The end of the process gives the memory back faster than row by row.
    mem::forget(session);
    tell(&summary);
    match outcome {
        // Whoever reads the answers has seen enough.
        Err(Failure::Write { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => Ok(summary),
        other => other.map(|()| summary),
    }
}
