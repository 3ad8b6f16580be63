//! The input, read ahead line by line on a thread of its own.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use capture_engine::wire::replay::{LineReader, MAX_LINE, ReadLine};
use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;

/// Input from this size on is long enough for a progress bar.
const LONG: u64 = 4 << 20;

/// How much is read at once.
const BUFFER: usize = 256 << 10;

/// The most lines that go from one thread to the other at once: enough that
/// the way costs nothing, few enough to stay in a processor's cache.
const BUNDLE: usize = 128;

/// How many bundles wait at most.
const AHEAD: usize = 4;

/// The input, with a bar that shows how much of it was read.
pub fn open(file: Option<&Path>) -> Result<(Box<dyn Read + Send>, ProgressBar), Failure> {
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
pub type Bundle = io::Result<Vec<ReadLine>>;

/// Reads lines on a thread of its own, as long as somebody takes them. Nobody
/// waits for its end: it may wait itself, for an input that never goes on.
#[allow(clippy::disallowed_methods, reason = "the library starts no thread; its example does")]
pub fn read_ahead(input: impl Read + Send + 'static) -> Receiver<Bundle> {
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
