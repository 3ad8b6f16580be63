//! Commands of lines that follow each other meet the engine together: in one
//! batch they cost a fraction of what they do one by one.

use super::apply::told;
use super::{LineOutcome, RunEnds};
use crate::engine::Engine;
use crate::store::Store;
use crate::submission::Submission;
use crate::wire::answers::write_command;

/// Commands that wait to be applied together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    submissions: Vec<Submission>,
    /// The operation of each.
    ops: Vec<&'static str>,
}

impl Batch {
    pub(super) fn push(&mut self, op: &'static str, submission: Submission) {
        self.ops.push(op);
        self.submissions.push(submission);
    }

    /// Applies what waits and writes its answers, each with an LF; tells what
    /// each came to, up to the one that ends the run.
    pub(super) async fn apply<S: Store>(
        &mut self,
        engine: &Engine<S>,
        out: &mut Vec<u8>,
        tell: &mut impl FnMut(LineOutcome),
    ) -> Result<(), RunEnds> {
        let all_answered = engine.submit(&self.submissions).await;
        for ((submission, op), answered) in
            self.submissions.drain(..).zip(self.ops.drain(..)).zip(all_answered)
        {
            let code = write_command(&submission.command, &answered, out);
            out.push(b'\n');
            tell(LineOutcome { op: Some(op), ..told(code, answered)? });
        }
        Ok(())
    }
}
