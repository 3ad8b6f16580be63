//! Replays a file of commands: one JSON object a line in, one JSON answer a
//! line out, a summary at the end. It reads and prints; all else is the
//! library's [`LineReader`] and [`Session`].
//!
//! Two threads: one reads lines ahead, the other applies them in order.
//!
//! Memory does not grow with the input: a few bundles of lines are held at a
//! time, and of a line that is too long only as much as shows that. (What the
//! commands make is kept by the store, of course.)

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Read, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use capture_engine::money::{Currency, Total};
use capture_engine::result_code::ResultStatus;
use capture_engine::wire::replay::{LineOutcome, LineReader, MAX_LINE, ReadLine, RunEnds, Session};
use capture_engine::{MemoryStore, Money, ResultCode, Settings};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

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

/// Input from this size on is long enough for a progress bar.
const LONG: u64 = 4 << 20;

/// How much is read and written at once.
const BUFFER: usize = 256 << 10;

/// The most lines that go from one thread to the other at once: enough that
/// the way costs nothing, few enough to stay in a processor's cache.
const BUNDLE: usize = 128;

/// How many bundles wait at most.
const AHEAD: usize = 4;

/// The reasons of so many lines are told.
const NOTES: usize = 5;

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
    let (input, bar) = open(arguments.file.as_deref())?;
    let mut replay = Replay {
        session: Session::new(MemoryStore::new(), Settings::default()),
        bundles: read_ahead(bar.wrap_read(input)),
        output: BufWriter::with_capacity(BUFFER, io::stdout().lock()),
        summary: Summary::new(),
    };
    let outcome = replay.run();
    let flushed = replay.flush();
    bar.finish_and_clear();
    let Replay { session, summary, .. } = replay;
    // The end of the process gives the memory back faster than row by row.
    mem::forget(session);
    tell(&summary);
    match outcome.and(flushed) {
        // Whoever reads the answers has seen enough.
        Err(Failure::Write { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => Ok(summary),
        other => other.map(|()| summary),
    }
}

/// The input, with a bar that shows how much of it was read.
fn open(file: Option<&Path>) -> Result<(Box<dyn Read + Send>, ProgressBar), Failure> {
    let Some(path) = file else {
        return Ok((Box::new(io::stdin()), ProgressBar::hidden()));
    };
    let shown = || path.display().to_string();
    let failed = |source| Failure::Open { path: shown(), source };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(Failure::Directory(shown()));
    }
    Ok((Box::new(file), progress(metadata.len())))
}

/// Hidden unless somebody sees standard error, and not the answers as well,
/// which it would disturb.
fn progress(length: u64) -> ProgressBar {
    if length < LONG || !io::stderr().is_terminal() || io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {binary_bytes} of {binary_total_bytes}, {eta} left");
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Lines in order, or why no more can be read.
type Bundle = io::Result<Vec<ReadLine>>;

/// Reads lines on a thread of its own, as long as somebody takes them. Nobody
/// waits for its end: it may wait itself, for an input that never goes on.
#[allow(clippy::disallowed_methods, reason = "the library starts no thread; its example does")]
fn read_ahead(input: impl Read + Send + 'static) -> Receiver<Bundle> {
    let (sender, receiver) = mpsc::sync_channel(AHEAD);
    thread::spawn(move || {
        let input = BufReader::with_capacity(BUFFER, input);
        let mut reading = Reading { input, line: Vec::new(), lines: LineReader::new(), failed: None };
        loop {
            let bundle = reading.bundle();
            let ended = bundle.as_ref().map_or(true, Vec::is_empty);
            if sender.send(bundle).is_err() || ended {
                return;
            }
        }
    });
    receiver
}

/// The input, read line by line.
struct Reading<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    lines: LineReader,
    /// Why no more can be read, to be told after the lines before.
    failed: Option<io::Error>,
}

impl<R: Read> Reading<R> {
    /// The lines that are there, or else the next one; none at the end.
    fn bundle(&mut self) -> Bundle {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut bundle = Vec::new();
        loop {
            match self.next_line() {
                Ok(true) => bundle.push(self.lines.read(&self.line)),
                Ok(false) => return Ok(bundle),
                Err(error) if bundle.is_empty() => return Err(error),
                Err(error) => {
                    self.failed = Some(error);
                    return Ok(bundle);
                }
            }
            // The next read may wait for somebody who waits for these answers.
            if bundle.len() >= BUNDLE || self.input.buffer().is_empty() {
                return Ok(bundle);
            }
        }
    }

    /// Reads the next line without its end, or more than [`MAX_LINE`] bytes of
    /// a longer one; says whether there was one.
    fn next_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        let most = MAX_LINE.saturating_add(1);
        let kept = u64::try_from(most).unwrap_or(u64::MAX);
        let read = self.input.by_ref().take(kept).read_until(b'\n', &mut self.line)?;
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        } else if read == most {
            self.input.skip_until(b'\n')?;
        }
        Ok(read > 0)
    }
}

/// The end of what is over at once, as everything is over a store in memory.
fn wait_for<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => pollster::block_on(future),
    }
}

struct Replay<W> {
    session: Session<MemoryStore>,
    bundles: Receiver<Bundle>,
    output: W,
    summary: Summary,
}

impl<W: Write> Replay<W> {
    fn run(&mut self) -> Result<(), Failure> {
        let mut answer = Vec::new();
        while let Some(bundle) = self.next_bundle()? {
            for line in &bundle {
                answer.clear();
                let answered = wait_for(self.session.apply(line, &mut answer));
                count_one(&mut self.summary.lines);
                answer.push(b'\n');
                self.output.write_all(&answer).map_err(|source| Failure::Write { source })?;
                self.count(answered)?;
            }
        }
        Ok(())
    }

    /// Nothing at the end.
    fn next_bundle(&mut self) -> Result<Option<Vec<ReadLine>>, Failure> {
        let bundle = match self.bundles.try_recv() {
            Ok(bundle) => Some(bundle),
            Err(_) => {
                // Whoever sends the next line may wait for these answers.
                self.flush()?;
                self.bundles.recv().ok()
            }
        };
        let bundle = bundle.transpose();
        bundle.map_err(|source| Failure::Read { lines: self.summary.lines, source })
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.output.flush().map_err(|source| Failure::Write { source })
    }

    fn count(&mut self, answered: Result<LineOutcome, RunEnds>) -> Result<(), Failure> {
        match answered {
            Ok(answered) => {
                self.summary.count(answered);
                Ok(())
            }
            Err(source) => {
                self.summary.count_code(source.code());
                Err(Failure::Run { line: self.summary.lines, source })
            }
        }
    }
}

/// What the lines came to.
struct Summary {
    began: Instant,
    lines: u64,
    malformed: u64,
    captures: u64,
    codes: BTreeMap<ResultCode, u64>,
    /// Minor units captured and given back.
    moved: BTreeMap<Currency, (i128, i128)>,
    notes: Vec<String>,
}

impl Summary {
    #[allow(clippy::disallowed_methods, reason = "the library reads no clock; its example measures itself")]
    fn new() -> Self {
        Self {
            began: Instant::now(),
            lines: 0,
            malformed: 0,
            captures: 0,
            codes: BTreeMap::new(),
            moved: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    fn status(&self) -> ExitCode {
        ExitCode::from(u8::from(self.malformed > 0))
    }

    fn count(&mut self, answered: LineOutcome) {
        self.count_code(answered.code);
        if answered.op == Some("capture") {
            count_one(&mut self.captures);
        }
        if answered.malformed.is_some() {
            count_one(&mut self.malformed);
        }
        self.add(answered.captured, answered.reversed);
        let malformed = answered.malformed.map(|error| error.to_string());
        if let Some(reason) = malformed.or(answered.illegal.map(|error| error.to_string())) {
            self.note(&reason);
        }
    }

    fn count_code(&mut self, code: ResultCode) {
        count_one(self.codes.entry(code).or_default());
    }

    fn add(&mut self, captured: Option<Money>, reversed: Option<Money>) {
        if let Some(money) = captured {
            let (sum, _) = self.moved.entry(money.currency()).or_default();
            *sum = sum.saturating_add(money.minor().into());
        }
        if let Some(money) = reversed {
            let (_, sum) = self.moved.entry(money.currency()).or_default();
            *sum = sum.saturating_add(money.minor().into());
        }
    }

    fn note(&mut self, reason: &str) {
        if self.notes.len() < NOTES {
            self.notes.push(format!("line {}: {reason}", self.lines));
        }
    }

    fn of_status(&self, status: ResultStatus) -> String {
        let codes = self.codes.iter().filter(|(code, _)| code.status() == status);
        let counted: Vec<_> = codes.map(|(code, count)| format!("{code} {count}")).collect();
        if counted.is_empty() { "none".to_owned() } else { counted.join(", ") }
    }
}

fn count_one(count: &mut u64) {
    *count = count.saturating_add(1);
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        writeln!(f, "commands  {}, of which captures {}", self.lines, self.captures)?;
        writeln!(f, "malformed {}", self.malformed)?;
        writeln!(f, "refused   {}", self.of_status(ResultStatus::Failure))?;
        writeln!(f, "unknown   {}", self.of_status(ResultStatus::Unknown))?;
        for (currency, (captured, reversed)) in &self.moved {
            writeln!(f, "captured  {}{}", shown(*captured, *currency), given_back(*reversed, *currency))?;
        }
        let took = self.began.elapsed();
        writeln!(f, "took      {took:.1?}, {} commands a second", rate(self.lines, took))
    }
}

fn given_back(reversed: i128, currency: Currency) -> String {
    if reversed == 0 { String::new() } else { format!(", of which reversed {}", shown(reversed, currency)) }
}

fn shown(minor: i128, currency: Currency) -> String {
    Total::from_minor(minor, currency).map_or_else(|error| error.to_string(), |total| total.to_string())
}

fn rate(lines: u64, took: Duration) -> u128 {
    let scaled = u128::from(lines).saturating_mul(1_000_000_000);
    scaled.checked_div(took.as_nanos()).unwrap_or(0)
}
