//! One line of a replay, as the first one of a run and in the midst of one:
//! each line has one answer, in one line of JSON; a malformed one changes
//! nothing, and any one has the same effect in every run.

use capture_engine::wire::replay::{LineError, LineOutcome, MAX_LINE, RunEnds, Session};
use capture_engine::{MemoryStore, ResultCode, Settings};

use super::tree::{self, Tree};
use super::{ids, instant, json_body};

/// The limits of a line.
const BYTES: usize = 128 * 1024;
const DEPTH: usize = 33;

const OF_A_MERCHANT: [&str; 10] =
    ["authorize", "capture", "quote", "settle", "reverse", "cancel", "void", "abandon", "inquire", "events"];
const OF_THE_HOST: [&str; 4] = ["registerPayer", "adjustPayer", "expire", "inquirePayer"];

/// What is there before the line: a payment of which something is captured,
/// in process and voided, one that is not, and their payer.
const BEFORE: &str = r#"
{"op":"configure","body":{"currencies":["USD","JPY"],"isLastCaptureDefault":false}}
{"op":"registerPayer","at":"2026-03-01T00:00:00Z","body":{"payerId":"u","balance":{"value":"5000","currency":"USD"}}}
{"op":"authorize","clientId":"M","body":{"paymentId":"p","paymentAmount":{"value":"1000","currency":"USD"},"authExpiryTime":"2026-03-08T00:00:00Z","payerId":"u"}}
{"op":"authorize","clientId":"M","body":{"paymentId":"q","paymentAmount":{"value":"900","currency":"USD"},"authExpiryTime":"2026-03-02T00:00:00Z","overcapturePercent":"10"}}
{"op":"capture","clientId":"M","body":{"captureRequestId":"c","paymentId":"p","captureAmount":{"value":"300","currency":"USD"}}}
{"op":"capture","clientId":"M","risk":"REVIEW","body":{"captureRequestId":"d","paymentId":"p","captureAmount":{"value":"200","currency":"USD"},"extendInfo":"x"}}
{"op":"void","clientId":"M","body":{"voidRequestId":"v","paymentId":"p","voidAmount":{"value":"50","currency":"USD"}}}
"#;

/// What is asked after it. The first line has no `at`.
const AFTER: &str = r#"
{"op":"inquire","clientId":"M","body":{"paymentId":"p"}}
{"op":"events","clientId":"M","body":{"paymentId":"p"}}
{"op":"inquire","clientId":"M","body":{"paymentId":"q"}}
{"op":"events","clientId":"M","body":{"paymentId":"q"}}
{"op":"inquirePayer","body":{"payerId":"u"}}
{"op":"capture","clientId":"M","body":{"captureRequestId":"e","paymentId":"p"}}
{"op":"settle","clientId":"M","body":{"captureRequestId":"d","outcome":"SUCCEEDED"}}
{"op":"expire","at":"2026-03-09T00:00:00Z"}
{"op":"inquire","clientId":"M","body":{"paymentId":"p"}}
{"op":"inquirePayer","body":{"payerId":"u"}}
"#;

/// Whether the line is well-formed, in the midst of a run.
pub fn check(line: &[u8]) -> bool {
    assert_eq!(MAX_LINE, BYTES);
    as_the_first(line);
    in_the_midst(line)
}

struct Run(Session<MemoryStore>);

impl Run {
    fn new() -> Self {
        Self(Session::new(MemoryStore::new(), Settings::default()))
    }

    fn line(&mut self, line: &[u8]) -> (String, Result<LineOutcome, RunEnds>) {
        let mut out = Vec::new();
        let told = pollster::block_on(self.0.answer(line, &mut out));
        (String::from_utf8(out).unwrap(), told)
    }

    fn lines(&mut self, lines: &str) -> Vec<String> {
        lines.trim().lines().map(|line| self.line(line.as_bytes()).0).collect()
    }

    /// One line, whose answer is looked at closely.
    fn checked(&mut self, line: &[u8]) -> (String, Result<LineOutcome, RunEnds>) {
        let (answer, told) = self.line(line);
        let code = told.as_ref().map_or_else(RunEnds::code, |outcome| outcome.code);
        is_an_answer(&answer, code);
        (answer, told)
    }
}

/// One line of compact JSON, an object that begins with the result of this code.
fn is_an_answer(answer: &str, code: ResultCode) {
    assert!(!answer.contains('\n'), "{answer}");
    let tree: Tree = serde_json::from_str(answer).unwrap_or_else(|error| panic!("{answer}: {error}"));
    assert!(!tree.repeats_a_name(), "{answer}");
    assert_eq!(tree.compact(), answer);
    let given = tree.get("result").and_then(|result| result.get("resultCode")).and_then(Tree::text);
    assert_eq!(given, Some(code.as_str()), "{answer}");
    adds_up(&tree);
}

/// The amounts of an answer that shows a payment.
fn adds_up(answer: &Tree) {
    let amount = |name: &str| {
        let value = answer.get(&format!("{name}Amount"))?.get("value")?.text()?;
        Some(value.parse::<u128>().unwrap())
    };
    let Some(authorized) = amount("authorized") else { return };
    let parts =
        ["captured", "inProcess", "voided", "released", "unclaimed"].map(|name| amount(name).unwrap());
    let over = amount("overcaptureTaken").unwrap();
    assert_eq!(authorized + over, parts.iter().sum(), "{}", answer.compact());
}

/// In the midst of a run, of which one twin has the line and one has it not.
fn in_the_midst(line: &[u8]) -> bool {
    let (mut one, mut other) = (Run::new(), Run::new());
    one.lines(BEFORE);
    other.lines(BEFORE);
    let (answer, told) = one.checked(line);
    // The store of this run does not fail, and only a first line configures.
    let told = told.unwrap();
    if let Some(expected) = agrees(line, told.malformed.as_ref(), false) {
        assert_eq!(told.malformed.is_some(), expected, "{}", String::from_utf8_lossy(line));
    }
    let well_formed = told.malformed.is_none();
    if well_formed {
        assert_eq!(other.line(line).0, answer, "the same line in another run");
    } else {
        assert_eq!((told.code, told.op), (ResultCode::ParamIllegal, None));
    }
    let after = one.lines(AFTER);
    assert_eq!(after, other.lines(AFTER), "after {answer}");
    for answer in &after {
        adds_up(&serde_json::from_str(answer).unwrap());
    }
    well_formed
}

/// As the first line: after a malformed one all is as after a blank one.
fn as_the_first(line: &[u8]) {
    let (mut one, mut other) = (Run::new(), Run::new());
    let (answer, told) = one.checked(line);
    let malformed = match &told {
        Ok(outcome) => outcome.malformed.as_ref(),
        Err(RunEnds::ConfigureField(_) | RunEnds::Configure(_)) => None,
        Err(ends) => panic!("{ends}"),
    };
    if let Some(expected) = agrees(line, malformed, true) {
        assert_eq!(malformed.is_some(), expected, "{}", String::from_utf8_lossy(line));
    }
    if malformed.is_some() {
        assert!(other.line(b"").1.is_ok());
    } else {
        assert_eq!(other.line(line).0, answer, "the same line in another run");
    }
    if told.is_ok() {
        assert_eq!(one.lines(BEFORE), other.lines(BEFORE), "after {answer}");
    } else {
        let mut out = Vec::new();
        let told = pollster::block_on(one.0.answer(BEFORE.as_bytes(), &mut out));
        assert!(matches!(told, Err(RunEnds::Ended)) && out.is_empty(), "{told:?}");
    }
}

/// Whether the line is malformed by the rules; `None` where nothing is said.
fn agrees(line: &[u8], ours: Option<&LineError>, first: bool) -> Option<bool> {
    let malformed = match ours {
        Some(LineError::NotWellFormed(malformed)) => Some(malformed),
        _ => None,
    };
    let tree = tree::agreed(line, malformed, BYTES, DEPTH);
    match tree {
        // A body's own limit of size is below the line's, and is in raw bytes.
        Some(_) if line.len() > json_body::BYTES => None,
        Some(tree) => Some(well_formed(&tree, first).is_none()),
        None => malformed.map(|_| true),
    }
}

/// Something, if the line is well-formed.
fn well_formed(line: &Tree, first: bool) -> Option<()> {
    let op = line.get("op")?.text()?;
    let at = line.get("at").map(|at| at.text().and_then(instant::by_hand));
    let merchant = line.get("clientId").map(|id| id.text().is_some_and(ids::is_well_formed));
    let risk = line.get("risk").map(Tree::text);
    let body = line.get("body").map(Tree::is_object);
    let fits = match risk {
        None => true,
        Some(Some("ACCEPT" | "REVIEW" | "REJECT" | "UNAVAILABLE")) => op == "capture",
        Some(_) => false,
    };
    let acts = match op {
        "configure" => first,
        op if OF_A_MERCHANT.contains(&op) => merchant.is_some() && (at.is_some() || !first),
        op if OF_THE_HOST.contains(&op) => at.is_some() || !first,
        _ => false,
    };
    let forms = at != Some(None) && merchant != Some(false) && body != Some(false);
    (fits && acts && forms).then_some(())
}
