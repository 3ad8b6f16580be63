//! One pass over a text: it checks the grammar and lays the tape.

use smallvec::SmallVec;

use super::names::check_names;
use super::strings::{escape, plain};
use super::{Kind, Limits, Malformed, Node, OPEN, Object, Problem, Quoted, index, place, split_value, work};

/// What has been found wrong, before it is known in which field.
#[derive(Clone, Copy)]
pub(super) struct Fault {
    pub(super) problem: Problem,
    pub(super) offset: usize,
}

/// What the reader looks for next, white space aside.
#[derive(Clone, Copy)]
enum Step {
    /// A value.
    Value,
    /// The first value of an array, or its end.
    FirstValue,
    /// A name with its value.
    Name,
    /// The first name of an object with its value, or the end of the object.
    FirstName,
    /// What may follow a value: a comma, the end of what holds it, or the end of the text.
    After,
    /// Nothing more.
    End,
}

/// An array or object which has begun.
#[derive(Clone, Copy)]
struct Open {
    node: usize,
    kind: Kind,
}

/// A text being read.
pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    pub(super) tape: Vec<Node>,
    open: SmallVec<[Open; 8]>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, limits: Limits) -> Reader<'t> {
        // Enough for an ordinary body in one go, and no more than a kilobyte for a long string.
        let nodes = text.len().div_ceil(8).clamp(4, 64);
        Reader { text, at: 0, depth: limits.depth, tape: Vec::with_capacity(nodes), open: SmallVec::new() }
    }

    pub(super) fn run(&mut self) -> Result<(), Fault> {
        let mut step = Step::Value;
        loop {
            self.skip_white_space();
            work(1);
            step = match step {
                Step::Value => self.value()?,
                Step::FirstValue if self.peek() == Some(b']') => self.close()?,
                Step::FirstValue => self.value()?,
                Step::Name => self.member()?,
                Step::FirstName if self.peek() == Some(b'}') => self.close()?,
                Step::FirstName => self.member()?,
                Step::After => self.after()?,
                Step::End => return Ok(()),
            };
        }
    }

    #[inline]
    fn value(&mut self) -> Result<Step, Fault> {
        match self.peek() {
            Some(b'"') => self.string()?,
            Some(b'{') => return self.open(Kind::Object, Step::FirstName),
            Some(b'[') => return self.open(Kind::Array, Step::FirstValue),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.literal(b"true", Kind::Bool)?,
            Some(b'f') => self.literal(b"false", Kind::Bool)?,
            Some(b'n') => self.literal(b"null", Kind::Null)?,
            _ => return Err(self.unexpected()),
        }
        Ok(Step::After)
    }

    /// A name, a colon, and the value or the beginning of it.
    #[inline]
    fn member(&mut self) -> Result<Step, Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected());
        }
        self.string()?;
        self.skip_white_space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected());
        }
        self.advance(1);
        self.skip_white_space();
        self.value()
    }

    #[inline]
    fn after(&mut self) -> Result<Step, Fault> {
        match (self.open.last().map(|open| open.kind), self.peek()) {
            (Some(Kind::Object), Some(b',')) => {
                self.advance(1);
                Ok(Step::Name)
            }
            (Some(Kind::Array), Some(b',')) => {
                self.advance(1);
                Ok(Step::Value)
            }
            (Some(Kind::Object), Some(b'}')) | (Some(Kind::Array), Some(b']')) => self.close(),
            (None, None) => Ok(Step::End),
            (None, Some(_)) => Err(self.fault(Problem::TrailingText)),
            _ => Err(self.unexpected()),
        }
    }

    #[inline]
    fn open(&mut self, kind: Kind, next: Step) -> Result<Step, Fault> {
        if self.open.len() >= self.depth {
            return Err(self.fault(Problem::TooDeep));
        }
        self.open.push(Open { node: self.tape.len(), kind });
        let start = place(self.at);
        self.tape.push(Node { start, end: start, inner: OPEN, kind, escaped: false });
        self.advance(1);
        Ok(next)
    }

    fn close(&mut self) -> Result<Step, Fault> {
        self.advance(1);
        let Some(Open { node, kind }) = self.open.pop() else {
            return Err(self.unexpected());
        };
        let Some((container, inner)) = self.tape.get_mut(node..).and_then(<[Node]>::split_first_mut) else {
            return Err(self.unexpected());
        };
        container.end = place(self.at);
        container.inner = place(inner.len());
        if kind == Kind::Object {
            let text = self.text;
            check_names(Object { text, inner })?;
        }
        Ok(Step::After)
    }

    fn string(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let mut escaped = false;
        self.advance(1);
        loop {
            self.advance(plain(self.rest()));
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.skip_escape()?;
                }
                Some(_) => return Err(self.fault(Problem::ControlCharacter)),
                None => return Err(self.unexpected()),
            }
        }
        self.advance(1);
        self.push(start, Kind::String, escaped);
        Ok(())
    }

    fn skip_escape(&mut self) -> Result<(), Fault> {
        let after = self.rest().get(1..).unwrap_or_default();
        match escape(after) {
            Ok((_, length)) => {
                self.advance(length.saturating_add(1));
                Ok(())
            }
            Err(Problem::UnexpectedEnd) => Err(self.end()),
            Err(problem) => Err(self.fault(problem)),
        }
    }

    fn number(&mut self) -> Result<(), Fault> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.advance(1);
        }
        if self.peek() == Some(b'0') {
            self.advance(1);
            if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                return Err(self.fault(Problem::InvalidNumber));
            }
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.advance(1);
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.advance(1);
            if let Some(b'+' | b'-') = self.peek() {
                self.advance(1);
            }
            self.digits()?;
        }
        self.push(start, Kind::Number, false);
        Ok(())
    }

    /// At least one digit.
    fn digits(&mut self) -> Result<(), Fault> {
        let rest = self.rest();
        let length = rest.iter().position(|byte| !byte.is_ascii_digit());
        match length.unwrap_or(rest.len()) {
            0 if rest.is_empty() => Err(self.end()),
            0 => Err(self.fault(Problem::InvalidNumber)),
            length => {
                self.advance(length);
                Ok(())
            }
        }
    }

    fn literal(&mut self, word: &[u8], kind: Kind) -> Result<(), Fault> {
        let start = self.at;
        if self.rest().starts_with(word) {
            self.advance(word.len());
            self.push(start, kind, false);
            return Ok(());
        }
        let same = self.rest().iter().zip(word).take_while(|(a, b)| a == b);
        self.advance(same.count());
        Err(self.unexpected())
    }

    /// Puts a value without inner ones on the tape; it ends here.
    #[inline]
    fn push(&mut self, start: usize, kind: Kind, escaped: bool) {
        self.tape.push(Node { start: place(start), end: place(self.at), inner: 0, kind, escaped });
    }

    #[inline]
    fn skip_white_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.advance(1);
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn advance(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    fn fault(&self, problem: Problem) -> Fault {
        let offset = self.at;
        Fault { problem, offset }
    }

    fn end(&self) -> Fault {
        Fault { problem: Problem::UnexpectedEnd, offset: self.text.len() }
    }

    #[cold]
    fn unexpected(&self) -> Fault {
        match self.peek() {
            Some(_) => self.fault(Problem::Unexpected),
            None => self.end(),
        }
    }

    /// Adds the field to a fault.
    #[cold]
    pub(super) fn explain(&self, fault: Fault) -> Malformed {
        let field = match fault.problem {
            Problem::RepeatedName => self.name_at(fault.offset),
            _ => self.field(),
        };
        Malformed {
            problem: fault.problem,
            offset: fault.offset,
            field: field.map(|name| name.characters().into()),
        }
    }

    fn name_at(&self, offset: usize) -> Option<Quoted<'_>> {
        let node = self.tape.iter().find(|node| index(node.start) == offset)?;
        Some(self.quoted(node))
    }

    /// The innermost name whose value has begun or is due, and has not ended.
    fn field(&self) -> Option<Quoted<'_>> {
        let objects = self.open.iter().filter(|open| open.kind == Kind::Object);
        objects.rev().find_map(|open| {
            let mut rest = self.tape.get(open.node.saturating_add(1)..)?;
            while let Some((name, after)) = rest.split_first() {
                match split_value(self.text, after) {
                    Some((_, next)) => rest = next,
                    None => return Some(self.quoted(name)),
                }
            }
            None
        })
    }

    fn quoted<'r>(&'r self, node: &'r Node) -> Quoted<'r> {
        let text = self.text;
        Quoted { text, node }
    }
}
