//! Lines meet the session, and answers the output.

use std::io::Write;
use std::pin::pin;
use std::sync::mpsc::Receiver;
use std::task::{Context, Poll, Waker};

use capture_engine::wire::replay::{ReadLine, Session};
use capture_engine::{MemoryStore, Settings};

use super::Failure;
use super::input::Bundle;
use super::summary::Summary;

/// Answers are written out from so many bytes on, and when nobody sends a line.
const FULL: usize = 256 << 10;

/// Lines that come in bundles, on their way to answers.
pub struct Answering<W> {
    pub session: Session<MemoryStore>,
    pub summary: Summary,
    bundles: Receiver<Bundle>,
    answers: Vec<u8>,
    output: W,
}

impl<W: Write> Answering<W> {
    /// Nothing is answered yet.
    pub fn new(bundles: Receiver<Bundle>, output: W) -> Self {
        let session = Session::new(MemoryStore::new(), Settings::default());
        Self { session, summary: Summary::new(), bundles, answers: Vec::new(), output }
    }

    /// Answers all lines, or those before and the one that ends the run.
    pub fn run(&mut self) -> Result<(), Failure> {
        let outcome = self.answer_all();
        outcome.and(self.write_out())
    }

    fn answer_all(&mut self) -> Result<(), Failure> {
        while let Some(bundle) = self.next_bundle()? {
            for line in &bundle {
                self.answer(line)?;
            }
            if self.answers.len() >= FULL {
                self.write_out()?;
            }
        }
        Ok(())
    }

    fn answer(&mut self, line: &ReadLine) -> Result<(), Failure> {
        let applied = wait_for(self.session.apply(line, &mut self.answers));
        self.answers.push(b'\n');
        match applied {
            Ok(answered) => self.summary.count(answered),
            Err(source) => {
                self.summary.count_code(source.code());
                return Err(Failure::Run { line: self.summary.lines, source });
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
                self.write_out()?;
                self.bundles.recv().ok()
            }
        };
        let bundle = bundle.transpose();
        bundle.map_err(|source| Failure::Read { lines: self.summary.lines, source })
    }

    fn write_out(&mut self) -> Result<(), Failure> {
        let written = self.output.write_all(&self.answers).and_then(|()| self.output.flush());
        self.answers.clear();
        written.map_err(|source| Failure::Write { source })
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
