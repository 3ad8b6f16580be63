//! Lines through the engine and through the reference, and where they differ.

use capture_engine::capture_id::{HashedIds, IdSource};
use capture_engine::wire::replay::Session;
use capture_engine::{MemoryStore, Settings};

use super::reference::line::{Events, Inquire, InquirePayer, Line, Op};
use super::reference::{Answered, Reference};

/// The ids that a replay mints.
pub fn mint(merchant: &str, request: &str) -> String {
    HashedIds::default().capture_id(&merchant.parse().unwrap(), &request.parse().unwrap()).to_string()
}

/// What the reference is made to say instead, in a test of the test.
pub type Twist = fn(&Line, Answered) -> Answered;

pub fn straight(_: &Line, answered: Answered) -> Answered {
    answered
}

#[derive(Clone, Debug)]
pub struct Difference {
    pub line: String,
    pub expected: String,
    pub found: String,
}

/// An engine and a reference that are told the same.
pub struct Pair {
    session: Session<MemoryStore>,
    pub reference: Reference,
    twist: Twist,
    out: Vec<u8>,
}

impl Pair {
    pub fn new(twist: Twist) -> Self {
        let session = Session::new(MemoryStore::new(), Settings::default());
        Self { session, reference: Reference::new(mint), twist, out: Vec::new() }
    }

    /// Tells both; none, once a refused configuration has ended the run.
    pub fn tell(&mut self, line: &Line) -> Result<Option<Answered>, Box<Difference>> {
        let text = line.text();
        self.out.clear();
        // A run that ends writes its last answer all the same, and then none.
        let _ = pollster::block_on(self.session.answer(text.as_bytes(), &mut self.out));
        let answered = self.reference.answer(line).map(|answered| (self.twist)(line, answered));
        let expected = answered.as_ref().map_or("", |answered| answered.text.as_str());
        if expected.as_bytes() == self.out {
            return Ok(answered);
        }
        let found = String::from_utf8_lossy(&self.out).into_owned();
        Err(Box::new(Difference { line: text, expected: expected.to_owned(), found }))
    }

    /// Inquires of every payment and payer, and asks for all their events.
    pub fn questions(&self) -> Vec<Line> {
        let payments = self.reference.payments().flat_map(|(merchant, payment)| {
            let payment = Some(payment.to_owned());
            let inquire = Op::Inquire(Inquire { payment: payment.clone(), request: None });
            let events = Op::Events(Events { payment, after: None, limit: None });
            [inquire, events].map(|op| Line { at: None, client: Some(merchant.to_owned()), risk: None, op })
        });
        let payers = self.reference.payers().map(|payer| {
            let op = Op::InquirePayer(InquirePayer { payer: Some(payer.to_owned()) });
            Line { at: None, client: None, risk: None, op }
        });
        payments.chain(payers).collect()
    }
}

/// Where these lines differ first, told from the beginning.
pub fn difference(lines: &[Line], twist: Twist) -> Option<Difference> {
    let mut pair = Pair::new(twist);
    lines.iter().find_map(|line| pair.tell(line).err().map(|difference| *difference))
}
