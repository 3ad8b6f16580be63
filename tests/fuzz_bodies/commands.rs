//! A history of commands made from bytes: after each step the identities hold,
//! every answer is the reference's, and the whole again over another store is
//! answered as the first time.

use std::sync::Arc;

use capture_engine::capture_id::{HashedIds, IdSource};
use capture_engine::wire::replay::{LineOutcome, Session};
use capture_engine::{MemoryStore, ResultCode, Settings};

use super::books::Books;
use super::decode::{self, MERCHANTS, PAYERS, PAYMENTS};
use crate::reference::Reference;
use crate::reference::line::{Amount, Digits, Events, Inquire, InquirePayer, Line, Op};

/// Whether something was captured.
pub fn check(bytes: &[u8]) -> bool {
    let history = decode::history(bytes);
    let mut steps = Steps::new();
    for (at, line) in history.iter().enumerate() {
        if let Err(broken) = steps.step(line) {
            panic!("{broken}\nafter the lines\n{}", texts(&history[..=at]));
        }
    }
    let answers = std::mem::take(&mut steps.answers);
    if let Err(broken) = steps.look_at_all() {
        panic!("{broken}\nafter the lines\n{}", texts(&history));
    }
    let mut session = Session::new(MemoryStore::new(), Settings::default());
    let again: Vec<_> = history.iter().map(|line| answer(&mut session, line).0).collect();
    assert!(again == answers, "other answers over another store:\n{}", texts(&history));
    steps.captured
}

fn texts(lines: &[Line]) -> String {
    lines.iter().map(|line| line.text() + "\n").collect()
}

fn answer(
    session: &mut Session<impl capture_engine::Store + capture_engine::store::Reads>,
    line: &Line,
) -> (String, LineOutcome) {
    let mut out = Vec::new();
    let told = pollster::block_on(session.answer(line.text().as_bytes(), &mut out));
    let out = String::from_utf8(out).unwrap();
    let told = told.unwrap_or_else(|ends| panic!("{ends}: {}", line.text()));
    (out, told)
}

/// The crate's ids of captures, which the reference does not make up.
fn mint(merchant: &str, request: &str) -> String {
    HashedIds::default().capture_id(&merchant.parse().unwrap(), &request.parse().unwrap()).to_string()
}

struct Steps {
    session: Session<Arc<MemoryStore>>,
    reference: Reference,
    books: Books,
    answers: Vec<String>,
    captured: bool,
}

impl Steps {
    fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        Self {
            session: Session::new(Arc::clone(&store), Settings::default()),
            reference: Reference::new(mint),
            books: Books::over(store),
            answers: Vec::new(),
            captured: false,
        }
    }

    /// One line, and what can be read of what it is about.
    fn step(&mut self, line: &Line) -> Result<(), String> {
        let told = self.same(line)?;
        self.captured |= told.captured.is_some();
        if told.code == ResultCode::Success && !told.replayed {
            self.keep_funds(&line.op);
        }
        self.books.check()?;
        self.look_at(line)
    }

    /// The answer of the crate is that of the reference, in every byte.
    fn same(&mut self, line: &Line) -> Result<LineOutcome, String> {
        let (given, told) = answer(&mut self.session, line);
        let expected = self.reference.answer(line).map(|answered| answered.text);
        if expected.as_deref() != Some(given.as_str()) {
            return Err(format!(
                "answered: {given}\nexpected: {}\nto the line {}",
                expected.unwrap_or_default(),
                line.text()
            ));
        }
        self.answers.push(given);
        Ok(told)
    }

    fn keep_funds(&mut self, op: &Op) {
        let minor = |amount: &Option<Amount>| match amount {
            Some(Amount { value: Digits::Text(value), .. }) => value.parse::<i128>().unwrap(),
            _ => 0,
        };
        match op {
            Op::RegisterPayer(body) => {
                self.books.put_in(body.payer.as_ref().unwrap(), minor(&body.balance));
            }
            Op::AdjustPayer(body) => {
                self.books.put_in(body.payer.as_ref().unwrap(), minor(&body.funds) - minor(&body.withdraw));
            }
            _ => (),
        }
    }

    /// Inquires what the line is about. Such a look is no step of the history.
    fn look_at(&mut self, line: &Line) -> Result<(), String> {
        let inquire = |payment: &Option<String>, request: &Option<String>| {
            let (payment, request) = (payment.clone(), request.clone());
            Some(Op::Inquire(Inquire { payment, request }))
        };
        let op = match &line.op {
            Op::Authorize(body) => inquire(&body.payment, &None),
            Op::Capture(body) | Op::Quote(body) => inquire(&None, &body.request),
            Op::Settle(body) => inquire(&None, &body.request),
            Op::Reverse(body) => inquire(&None, &body.request),
            Op::Abandon(body) => inquire(&None, &body.request),
            Op::Cancel(body) => inquire(&body.payment, &None),
            Op::Void(body) => inquire(&body.payment, &None),
            Op::RegisterPayer(body) => Some(Op::InquirePayer(InquirePayer { payer: body.payer.clone() })),
            Op::AdjustPayer(body) => Some(Op::InquirePayer(InquirePayer { payer: body.payer.clone() })),
            _ => None,
        };
        op.map_or(Ok(()), |op| self.look(line.client.clone(), op))
    }

    fn look_at_all(&mut self) -> Result<(), String> {
        for payer in PAYERS {
            self.look(None, Op::InquirePayer(InquirePayer { payer: Some(payer.to_owned()) }))?;
        }
        for merchant in MERCHANTS {
            for payment in PAYMENTS {
                let (client, payment) = (Some(merchant.to_owned()), Some(payment.to_owned()));
                let inquire = Inquire { payment: payment.clone(), request: None };
                self.look(client.clone(), Op::Inquire(inquire))?;
                self.look(client, Op::Events(Events { payment, ..Events::default() }))?;
            }
        }
        Ok(())
    }

    fn look(&mut self, client: Option<String>, op: Op) -> Result<(), String> {
        self.same(&Line { at: None, client, risk: None, op })?;
        self.answers.pop();
        Ok(())
    }
}
