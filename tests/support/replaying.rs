//! A replay in a test: lines in, answers out.

use capture_engine::wire::replay::{LineOutcome, RunEnds, Session};
use capture_engine::{MemoryStore, ResultCode, Settings};

/// A session over a fresh memory store.
pub struct Run(Session<MemoryStore>);

impl Run {
    /// Nothing was read yet.
    pub fn new() -> Self {
        Self(Session::new(MemoryStore::new(), Settings::default()))
    }

    /// One line was read, so that there is a clock reading: 2026-03-01T00:00:00Z.
    pub fn begun() -> Self {
        let mut run = Self::new();
        run.ok(r#"{"op":"configure","at":"2026-03-01T00:00:00Z"}"#);
        run
    }

    /// One line, and its answer.
    pub fn line(&mut self, line: impl AsRef<[u8]>) -> (String, Result<LineOutcome, RunEnds>) {
        let mut out = Vec::new();
        let answered = pollster::block_on(self.0.answer(line.as_ref(), &mut out));
        (String::from_utf8(out).unwrap(), answered)
    }

    /// The answer to a line that is well-formed, whatever it comes to.
    pub fn answer(&mut self, line: impl AsRef<[u8]>) -> String {
        let shown = String::from_utf8_lossy(line.as_ref()).chars().take(200).collect::<String>();
        let (answer, answered) = self.line(line);
        let malformed = answered.unwrap().malformed;
        assert!(malformed.is_none(), "{shown}: {malformed:?}");
        answer
    }

    /// A line that succeeds; what its answer says besides the result.
    pub fn ok(&mut self, line: impl AsRef<[u8]>) -> String {
        let answer = self.answer(line);
        let rest = answer.strip_prefix(&opening(ResultCode::Success));
        rest.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// What the answer to an op says besides the result, which has this code.
    pub fn coded(&mut self, code: ResultCode, op: &str, body: &str) -> String {
        let answer = self.answer(merchant_line(op, body));
        let rest = answer.strip_prefix(&opening(code));
        rest.unwrap_or_else(|| panic!("{op} {body}: {answer}")).to_owned()
    }

    /// What the answer to an op that succeeds says besides the result.
    pub fn does(&mut self, op: &str, body: &str) -> String {
        self.coded(ResultCode::Success, op, body)
    }
}

/// A line of the merchant `M1`, at the clock reading of the line before.
pub fn merchant_line(op: &str, body: &str) -> String {
    format!(r#"{{"op":"{op}","clientId":"M1","body":{body}}}"#)
}

/// How an answer with this code begins.
pub fn opening(code: ResultCode) -> String {
    let (status, message) = (code.status().as_str(), code.message());
    format!(r#"{{"result":{{"resultCode":"{code}","resultStatus":"{status}","resultMessage":"{message}"}}"#)
}

/// The whole answer that echoes nothing.
pub fn bare(code: ResultCode) -> String {
    opening(code) + "}"
}
