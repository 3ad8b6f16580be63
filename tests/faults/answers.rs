//! What becomes of a call: its commits, which the twin follows, and its
//! answers, of which each says what is true.

use capture_engine::engine::EngineError;
use capture_engine::outcome::{Outcome, Pending};
use capture_engine::store::{Key, Reads, Store};
use capture_engine::{Instant, Refusal, ResultCode};

use crate::book::Book;
use crate::broken::{Checked, broken, ensure, ensure_eq};
use crate::faulty::{Applied, Caller, Done, Told};
use crate::ops::Op;
use crate::predict::{Look, explain, verdict_of};
use crate::run::{Answers, Call, Run};
use crate::twin::written;
use crate::world::Said;

impl<S: Store + Reads + 'static> Run<S> {
    /// Takes over what the store has applied.
    pub fn follow(&mut self) -> Checked {
        let mut keys: Vec<Key> = Vec::new();
        let applied = self.store.applied();
        if applied.is_empty() {
            return Ok(());
        }
        for Applied { by, changes, done } in applied {
            let Some(call) = self.calls.get_mut(&by) else { return broken("I6", "a commit of nobody") };
            let followed = self.twin.follow(&call.asked, &changes)?;
            call.answers.extend(followed.answers);
            call.closed += followed.closed;
            keys.extend(written(&changes));
            if done == Done::Late {
                let when = if self.was_sent_after(by) { "after" } else { "before" };
                self.count(format!("F4 landed late, {when} it was sent again"));
            }
        }
        keys.sort_unstable();
        keys.dedup();
        let news = self.inner.news()?;
        self.book.news(&news)?;
        self.twin.compare(&self.inner, &news, &keys)
    }

    /// Whether a later call asks for some of the same.
    fn was_sent_after(&self, caller: Caller) -> bool {
        let ops = |call: &Call| call.asked.commands.iter().map(|(_, op)| op.clone()).collect::<Vec<_>>();
        let own = self.calls.get(&caller).map(ops).unwrap_or_default();
        let mut later = self.calls.range(caller + 1..).flat_map(|(_, call)| ops(call));
        later.any(|op| own.contains(&op))
    }

    /// Checks what a call was answered; says whether all of it is final.
    pub fn check(&mut self, caller: Caller, answers: Answers) -> Checked<bool> {
        let told = self.store.told(caller);
        let Some(call) = self.calls.get(&caller) else { return broken("I15", "an answer to nobody") };
        ensure_eq!(
            told.blind,
            0,
            "I12",
            "commits without a load since the one before, of {:?}",
            call.asked.commands
        );
        let (asked, attempts, closed) = (call.asked.clone(), call.attempts, call.closed);
        let answers = match answers {
            Ok(answers) => answers,
            Err(Ok(swept)) => {
                ensure_eq!(swept.expired, closed, "I12", "how many the sweep closed");
                return Ok(true);
            }
            Err(Err(error)) => {
                is_true(&error, None, told, attempts)?;
                return Ok(false);
            }
        };
        ensure_eq!(answers.len(), asked.commands.len(), "I15", "answers");
        let mut finals = true;
        for ((now, op), answer) in asked.commands.iter().zip(answers) {
            self.told.push(format!("{caller} {op:?}: {answer:?}"));
            if let Err(error) = &answer {
                is_true(error, Some(op), told, attempts)?;
                self.count(format!("told {}", name(error)));
            }
            let is_error = answer.as_ref().is_err_and(|error| !matches!(error, EngineError::NoVerdict));
            let said: Said = answer.map_err(|error| error.code());
            finals &= Book::is_final(&said);
            self.note(op, &said, told, is_error);
            if is_error {
                continue;
            }
            self.explain(caller, op, *now, &said, told);
            self.is_as_recorded(op, &said)?;
            self.book.told(op, &said, &self.inner)?;
        }
        Ok(finals)
    }

    /// What is answered from a record is what its first request was told, if
    /// this is the same request, and else that it is not (I3, I4).
    fn is_as_recorded(&self, op: &Op, said: &Said) -> Checked {
        match said {
            Ok(Outcome::Replayed(_) | Outcome::Refused(Refusal::Inconsistent { .. })) => {
                let memory = &self.twin.checker.memory;
                memory.check(op, &memory.prior(op), said)
            }
            _ => Ok(()),
        }
    }

    /// Counts where faults led to.
    fn note(&mut self, op: &Op, said: &Said, told: Told, is_error: bool) {
        let request = format!("{op:?}");
        if is_error {
            if told.unknown > 0 {
                self.doubted.insert(request);
            }
            return;
        }
        let how = match said {
            Ok(Outcome::Accepted { .. }) => "accepted",
            Ok(Outcome::Replayed(_)) => "replayed",
            Ok(Outcome::Refused(_)) => "refused",
            Ok(Outcome::Pending(Pending::Reserved { .. })) => "reserved",
            _ => return,
        };
        if told.overtaken > 0 {
            self.count(format!("overtaken, then {how}"));
        } else if told.conflicts > 0 {
            self.count(format!("F1 then {how}"));
        }
        if matches!(op, Op::Capture(_)) && self.doubted.remove(&request) {
            self.count(format!("a capture in doubt, sent again and {how}"));
        }
    }

    /// An answer is that of a commit, or nothing was written for it.
    fn explain(&mut self, caller: Caller, op: &Op, now: i64, said: &Said, told: Told) {
        let Some(call) = self.calls.get(&caller) else { return };
        let (asked, configured) = (&call.asked.commands, call.asked.configured);
        let is_of_commit = call.answers.iter().any(|(at, answer)| {
            asked.get(*at).is_some_and(|asked| *asked == (now, op.clone())) && answer == said
        });
        if is_of_commit {
            return;
        }
        let stale = told.stale.and_then(|commits| self.twin.after.get(commits).copied());
        let first = stale.map_or(call.began, |stale| stale.min(call.began));
        if first < call.began {
            self.count("F10 answered from a stale read");
        }
        let last = self.twin.done.len();
        self.looks.push(Look { op: op.clone(), now, configured, said: said.clone(), first, last });
    }

    /// At the end: what was answered without a commit was true at some moment.
    pub fn explain_looks(&mut self) -> Checked {
        explain(std::mem::take(&mut self.looks), &self.twin.done)
    }

    /// The captures in process.
    pub fn in_process(&self) -> Checked<Vec<(u8, u8)>> {
        let open = self.inner.in_process(Instant::MAX.as_micros())?;
        let number = crate::ops::number;
        Ok(open.iter().map(|open| (number(open.merchant.as_str()), number(open.request.as_str()))).collect())
    }
}

const fn name(error: &EngineError) -> &'static str {
    match error {
        EngineError::Contended => "contended",
        EngineError::MaybeCommitted { .. } => "maybe committed",
        EngineError::Unavailable { .. } => "unavailable",
        EngineError::NoVerdict => "no verdict",
        _ => "another error",
    }
}

/// An error says what the store told the caller, and nothing final.
fn is_true(error: &EngineError, op: Option<&Op>, told: Told, attempts: u32) -> Checked {
    let in_doubt = match op {
        Some(Op::Capture(_)) => ResultCode::CaptureInProcess,
        _ => ResultCode::UnknownException,
    };
    let is_true = match error {
        // By conflicts, or by a risk question that changed as often.
        EngineError::Contended => told.conflicts >= attempts || told.asked >= attempts,
        EngineError::MaybeCommitted { code, .. } => told.unknown > 0 && *code == in_doubt,
        EngineError::Unavailable { .. } => told.unavailable > 0,
        EngineError::NoVerdict => op.is_some_and(|op| verdict_of(op).is_none()),
        _ => false,
    };
    ensure!(is_true, "I3", "{op:?} was told {error:?} by an engine whose store said {told:?}");
    Ok(())
}
