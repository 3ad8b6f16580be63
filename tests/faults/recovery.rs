//! Faults stop (I17): the same request sent again is answered S or F (at the
//! first of the three tries that it has), or U only while its settlement is
//! truly outstanding; and once everything is settled, nothing is.

use capture_engine::command::SettlementOutcome;
use capture_engine::outcome::{Outcome, Pending};
use capture_engine::result_code::{FailureCode, ResultStatus};
use capture_engine::risk::Verdict;
use capture_engine::store::{Reads, Store};
use pollster::block_on;

use crate::broken::{Checked, broken, ensure};
use crate::ops::{Op, Taking};
use crate::run::Run;

/// What is settled can make room for what waited, which may then have to be
/// settled itself.
const ROUNDS: usize = 40;

impl<S: Store + Reads + 'static> Run<S> {
    pub fn recover(&mut self) -> Checked {
        self.store.fail(false);
        let sent: Vec<Op> = self.sent.iter().map(answerable).collect();
        self.sent.clear();
        for round in 0..ROUNDS {
            let mut is_open = false;
            for op in &sent {
                is_open |= self.insist(op)?;
            }
            if round == 0 {
                block_on(self.store.land_all());
                self.follow()?;
            } else if !is_open {
                return self.close();
            }
            self.settle_all()?;
        }
        broken("I17", "captures in process do not come to an end")
    }

    /// Sends it, and says whether the answer is still open. One try of the
    /// three must do: without faults only what lands late still comes between
    /// a load and its commit, at most once for each row that it changes (the
    /// next one was decided on an older row, and is refused), and the engine
    /// itself tries more often than that.
    fn insist(&mut self, op: &Op) -> Checked<bool> {
        let outcome = match self.ask_alone(op)? {
            Ok(outcome) => outcome,
            Err(error) => {
                return broken("I17", format!("{op:?} is not answered at the first try: {error:?}"));
            }
        };
        self.count("I17 answered at try 1");
        if outcome.code().status() != ResultStatus::Unknown {
            return Ok(false);
        }
        let is_outstanding = match (&outcome, op.payment()) {
            (Outcome::Pending(Pending::Waiting), Some(payment)) => {
                self.twin.checker.model.pending(payment).next().is_some()
            }
            // A quote of a capture that would be settled later.
            (Outcome::Accepted { .. }, _) => return Ok(false),
            _ => {
                let key = op.capture().or_else(|| capture_of(op));
                key.is_some_and(|key| self.in_process().is_ok_and(|open| open.contains(&key)))
            }
        };
        ensure!(is_outstanding, "I17", "{op:?}: {outcome:?}, and nothing is outstanding");
        self.count("I17 open while its settlement is outstanding");
        Ok(true)
    }

    /// The rail tells what became of every capture in process.
    fn settle_all(&mut self) -> Checked {
        for (nth, (m, c)) in self.in_process()?.into_iter().enumerate() {
            let told = match nth % 3 {
                0 => SettlementOutcome::Failed(FailureCode::default()),
                _ => SettlementOutcome::Succeeded(None),
            };
            let settle = Op::Settle { m, c, told };
            let is_open = self.insist(&settle)?;
            ensure!(!is_open, "I17", "{settle:?} is open");
        }
        ensure!(self.in_process()?.is_empty(), "I17", "a capture that was settled is in process");
        Ok(())
    }

    fn close(&mut self) -> Checked {
        self.twin.compare_all(&self.inner)?;
        self.book.close(&self.inner)?;
        self.explain_looks()?;
        self.twin.checker.finish()
    }
}

/// The same command, whose risk check answers.
fn answerable(op: &Op) -> Op {
    match op {
        Op::Capture(taking) => {
            let verdict = taking.verdict.or(Some(Verdict::Accept));
            Op::Capture(Taking { verdict, ..taking.clone() })
        }
        other => other.clone(),
    }
}

/// The capture's id that a capture or a quote names.
const fn capture_of(op: &Op) -> Option<(u8, u8)> {
    match op {
        Op::Capture(taking) | Op::Quote(taking) => Some((taking.m, taking.c)),
        _ => None,
    }
}
