//! A strict reader of JSON texts: bodies of the API and lines of the replay.
//!
//! It takes what `design/wire.md` calls well-formed and nothing else: JSON in UTF-8 within a size
//! and a depth, no name repeated in any object (however deep, however escaped), no lone surrogate,
//! nothing before or after. Types, forms and missing fields are for the caller, who reads the
//! [`Document`] field by field.
//!
//! Why not `serde_json`, which stays the writer: it lets repeated names and lone surrogates through
//! inside values that the target type ignores; a derived target takes an array for an object; it
//! changes its mind about `1e999` when any crate of the host switches `arbitrary_precision` on; and
//! its errors do not name the field in a form that code can read.
//!
//! Limits. One pass, no recursion, cost linear in the text whatever it holds. Memory: 16 bytes for
//! each value and each name, and, while an object of more than `FEW_NAMES` names is being closed,
//! a set of these. Numbers are checked against the grammar and kept as text, never computed, so
//! that `1e999` and ten thousand digits are well-formed. Texts of 4 GiB and more are refused
//! whatever [`Limits`] says. Of several faults in one text just one is reported.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use smallvec::SmallVec;

/// Up to how many names of one object are compared pairwise. That is faster than a set for nearly
/// every object there is, and at most seven comparisons a name keep it linear.
const FEW_NAMES: usize = 8;

/// How much of a name, in characters, an error message repeats: the sender chose its length.
const SHOWN_NAME: usize = 64;

/// How large and how deep a text may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of raw text, white space included.
    pub bytes: usize,
    /// Levels of objects and arrays; the outermost is level 1.
    pub depth: usize,
}

impl Limits {
    /// A body of the API.
    pub const BODY: Limits = Limits { bytes: 64 * 1024, depth: 32 };
    /// A line of the replay, whose body is one level down.
    pub const LINE: Limits = Limits { bytes: 128 * 1024, depth: 33 };
}

/// Why a text is not well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// More bytes than the limit.
    #[error("text too long")]
    TooLong,
    /// Bytes that are not UTF-8.
    #[error("invalid UTF-8")]
    InvalidUtf8,
    /// The text ends where JSON goes on.
    #[error("unexpected end")]
    UnexpectedEnd,
    /// A character that JSON does not have in this place.
    #[error("unexpected character")]
    Unexpected,
    /// Something other than white space after the value.
    #[error("trailing text")]
    TrailingText,
    /// A control character in a string or name, which has to be escaped there.
    #[error("control character in a string")]
    ControlCharacter,
    /// A backslash with something after it that is no escape.
    #[error("invalid escape")]
    InvalidEscape,
    /// Half of a surrogate pair, which stands for no character.
    #[error("lone surrogate")]
    LoneSurrogate,
    /// Digits, signs, points and exponents in an order that makes no JSON number.
    #[error("invalid number")]
    InvalidNumber,
    /// More levels than the limit.
    #[error("nested too deeply")]
    TooDeep,
    /// A name that its object has already.
    #[error("repeated name")]
    RepeatedName,
}

/// A text that is not well-formed: what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}{} at byte {offset}", Within(field.as_deref()))]
pub struct Malformed {
    /// What is wrong.
    pub problem: Problem,
    /// The byte where it begins; of a repeated name, the quote that opens its second appearance.
    pub offset: usize,
    /// The repeated name; for another problem, the innermost field in whose value it lies, if any.
    pub field: Option<Box<str>>,
}

/// Shows a name in a message: cut, and escaped so that it cannot forge a line of a log.
struct Within<'a>(Option<&'a str>);

impl fmt::Display for Within<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => Ok(()),
            Some(name) => {
                let shown: String = name.chars().take(SHOWN_NAME).collect();
                write!(f, ", field {shown:?},")
            }
        }
    }
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, of any size.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A value or a name on the tape. What an array or an object holds follows it directly (in an
/// object name, value, name, value …), so that to skip a value is to skip `inner` nodes.
#[derive(Clone, Copy, Debug)]
struct Node {
    start: u32,
    end: u32,
    inner: u32,
    kind: Kind,
    /// A string in which there is a backslash.
    escaped: bool,
}

/// `inner` of an array or object which is still open. More nodes than any text can have.
const OPEN: u32 = u32::MAX;

/// What [`Document::root`] falls back on; the tape of a document is never empty.
const NOTHING: Node = Node { start: 0, end: 0, inner: 0, kind: Kind::Null, escaped: false };

/// A well-formed text.
#[derive(Debug)]
pub struct Document<'t> {
    text: &'t str,
    tape: Vec<Node>,
}

impl<'t> Document<'t> {
    /// Reads a whole text: its size is looked at first, then its encoding, then its grammar.
    pub fn parse(text: &'t [u8], limits: Limits) -> Result<Document<'t>, Malformed> {
        if text.len() > limits.bytes || u32::try_from(text.len()).is_err() {
            return Err(Malformed {
                problem: Problem::TooLong,
                offset: limits.bytes.min(text.len()),
                field: None,
            });
        }
        let text =
            std::str::from_utf8(text).map_err(|error| invalid_utf8(text, error.valid_up_to(), limits))?;
        let mut reader = Reader::new(text, limits);
        match reader.run() {
            Ok(()) => Ok(Document { text, tape: reader.tape }),
            Err(fault) => Err(reader.explain(fault)),
        }
    }

    /// The outermost value.
    pub fn root(&self) -> Value<'_> {
        match split_value(self.text, &self.tape) {
            Some((value, _)) => value,
            None => Value { text: self.text, node: &NOTHING, inner: &[] },
        }
    }
}

/// Reads what comes before the bad byte, to learn in which field it is.
fn invalid_utf8(text: &[u8], valid: usize, limits: Limits) -> Malformed {
    let before = text.get(..valid).and_then(|before| std::str::from_utf8(before).ok()).unwrap_or_default();
    let mut reader = Reader::new(before, limits);
    let field = match reader.run() {
        // Another fault would be one of its own, further up, perhaps in another field.
        Err(fault) if fault.problem == Problem::UnexpectedEnd => reader.explain(fault).field,
        _ => None,
    };
    Malformed { problem: Problem::InvalidUtf8, offset: valid, field }
}

/// One value of a document, with all that is in it.
#[derive(Clone, Copy, Debug)]
pub struct Value<'d> {
    text: &'d str,
    node: &'d Node,
    inner: &'d [Node],
}

impl<'d> Value<'d> {
    /// What it is.
    pub fn kind(self) -> Kind {
        self.node.kind
    }

    /// Whether it is `null`.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// Its members, if it is an object.
    pub fn as_object(self) -> Option<Object<'d>> {
        (self.kind() == Kind::Object).then_some(Object { text: self.text, inner: self.inner })
    }

    /// Its elements in order, if it is an array.
    pub fn as_array(self) -> Option<Elements<'d>> {
        (self.kind() == Kind::Array).then_some(Elements { text: self.text, rest: self.inner })
    }

    /// Its characters, if it is a string; borrowed from the text if nothing in it is escaped.
    pub fn as_str(self) -> Option<Cow<'d, str>> {
        (self.kind() == Kind::String).then(|| {
            let Value { text, node, .. } = self;
            Quoted { text, node }.characters()
        })
    }

    /// Its truth, if it is `true` or `false`.
    pub fn as_bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.raw() == "true")
    }

    /// A number as it is written. It is as long as its sender pleased, and may be too large for
    /// any type.
    pub fn as_number(self) -> Option<&'d str> {
        (self.kind() == Kind::Number).then(|| self.raw())
    }

    /// The text of the value as it stands in the document, quotes and inner white space included.
    pub fn raw(self) -> &'d str {
        self.text.get(index(self.node.start)..index(self.node.end)).unwrap_or_default()
    }
}

/// A string or a name, as it is written.
#[derive(Clone, Copy)]
struct Quoted<'d> {
    text: &'d str,
    node: &'d Node,
}

impl<'d> Quoted<'d> {
    /// What stands between the quotes.
    fn written(self) -> &'d str {
        self.text.get(self.range()).unwrap_or_default()
    }

    fn range(self) -> Range<usize> {
        let start = index(self.node.start).saturating_add(1);
        start..index(self.node.end).saturating_sub(1)
    }

    /// The characters that it stands for.
    fn characters(self) -> Cow<'d, str> {
        if self.node.escaped { Cow::Owned(unescape(self.written())) } else { Cow::Borrowed(self.written()) }
    }

    /// Whether it stands for these characters. Most names differ in length already.
    fn is(self, characters: &str) -> bool {
        if self.node.escaped {
            return unescape(self.written()) == characters;
        }
        let range = self.range();
        range.len() == characters.len() && self.text.as_bytes().get(range) == Some(characters.as_bytes())
    }
}

/// The members of an object.
#[derive(Clone, Copy, Debug)]
pub struct Object<'d> {
    text: &'d str,
    inner: &'d [Node],
}

impl<'d> Object<'d> {
    /// The member of this name; what is `null` is as absent. Each call goes over the members once,
    /// whatever is in them.
    pub fn get(self, name: &str) -> Option<Value<'d>> {
        self.pairs().find(|(key, _)| key.is(name)).map(|(_, value)| value).filter(|value| !value.is_null())
    }

    /// All members in order, `null` ones too.
    pub fn members(self) -> impl Iterator<Item = (Cow<'d, str>, Value<'d>)> {
        self.pairs().map(|(name, value)| (name.characters(), value))
    }

    fn pairs(self) -> Pairs<'d> {
        Pairs { text: self.text, rest: self.inner }
    }
}

/// The values of an array, in order.
#[derive(Clone, Debug)]
pub struct Elements<'d> {
    text: &'d str,
    rest: &'d [Node],
}

impl<'d> Iterator for Elements<'d> {
    type Item = Value<'d>;

    fn next(&mut self) -> Option<Value<'d>> {
        let (value, rest) = split_value(self.text, self.rest)?;
        self.rest = rest;
        Some(value)
    }
}

/// The members of an object, names as they are written.
struct Pairs<'d> {
    text: &'d str,
    rest: &'d [Node],
}

impl<'d> Iterator for Pairs<'d> {
    type Item = (Quoted<'d>, Value<'d>);

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.text;
        let (node, rest) = self.rest.split_first()?;
        let (value, rest) = split_value(text, rest)?;
        self.rest = rest;
        Some((Quoted { text, node }, value))
    }
}

/// The first value of a piece of tape, and the tape behind it. `None` at the end of the tape, and
/// for a value which is still open.
fn split_value<'d>(text: &'d str, tape: &'d [Node]) -> Option<(Value<'d>, &'d [Node])> {
    let (node, rest) = tape.split_first()?;
    let (inner, rest) = rest.split_at_checked(index(node.inner))?;
    Some((Value { text, node, inner }, rest))
}

/// A place on the tape or in the text. No platform of 16 bits holds a text that needs the fallback.
fn index(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// The reverse of [`index`]: texts that do not fit are refused before they are read.
fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// What has been found wrong, before it is known in which field.
#[derive(Clone, Copy)]
struct Fault {
    problem: Problem,
    offset: usize,
}

/// What the reader looks for next, white space aside.
#[derive(Clone, Copy)]
enum Step {
    /// A value.
    Value,
    /// The first value of an array, or its end.
    FirstValue,
    /// A name with its colon.
    Name,
    /// The first name of an object, or its end.
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
struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    tape: Vec<Node>,
    open: SmallVec<[Open; 8]>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, limits: Limits) -> Reader<'t> {
        // Enough for an ordinary body in one go, and no more than a kilobyte for a long string.
        let nodes = text.len().div_ceil(8).clamp(4, 64);
        Reader { text, at: 0, depth: limits.depth, tape: Vec::with_capacity(nodes), open: SmallVec::new() }
    }

    fn run(&mut self) -> Result<(), Fault> {
        let mut step = Step::Value;
        loop {
            self.skip_white_space();
            work(1);
            step = match step {
                Step::Value => self.value()?,
                Step::FirstValue if self.peek() == Some(b']') => self.close()?,
                Step::FirstValue => self.value()?,
                Step::Name => self.name()?,
                Step::FirstName if self.peek() == Some(b'}') => self.close()?,
                Step::FirstName => self.name()?,
                Step::After => self.after()?,
                Step::End => return Ok(()),
            };
        }
    }

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

    fn name(&mut self) -> Result<Step, Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected());
        }
        self.string()?;
        self.skip_white_space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected());
        }
        self.advance(1);
        Ok(Step::Value)
    }

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
    fn push(&mut self, start: usize, kind: Kind, escaped: bool) {
        self.tape.push(Node { start: place(start), end: place(self.at), inner: 0, kind, escaped });
    }

    fn skip_white_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.advance(1);
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

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
    fn explain(&self, fault: Fault) -> Malformed {
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

/// Refuses an object in which a name is repeated. Every name is looked at when its own object
/// ends, and never again, so that nesting does not multiply the work.
fn check_names(object: Object<'_>) -> Result<(), Fault> {
    let mut seen: SmallVec<[Quoted<'_>; FEW_NAMES]> = SmallVec::new();
    for (name, _) in object.pairs() {
        if seen.len() == FEW_NAMES {
            return check_many_names(object);
        }
        if seen.iter().any(|other| same(name, *other)) {
            return Err(repeated(name));
        }
        seen.push(name);
    }
    Ok(())
}

/// The hash is keyed at random, for the sender picks the names. The set is a new one for each
/// object: to clear one that has been large costs its size again and again.
#[cold]
fn check_many_names(object: Object<'_>) -> Result<(), Fault> {
    let mut seen = HashSet::new();
    for (name, _) in object.pairs() {
        work(name.range().len());
        if !seen.insert(name.characters()) {
            return Err(repeated(name));
        }
    }
    Ok(())
}

fn same(name: Quoted<'_>, other: Quoted<'_>) -> bool {
    work(name.range().len().min(other.range().len()));
    if name.node.escaped {
        other.is(&name.characters())
    } else if other.node.escaped {
        other.is(name.written())
    } else {
        let (name_at, other_at) = (name.range(), other.range());
        let bytes = name.text.as_bytes();
        name_at.len() == other_at.len() && bytes.get(name_at) == bytes.get(other_at)
    }
}

fn repeated(name: Quoted<'_>) -> Fault {
    Fault { problem: Problem::RepeatedName, offset: index(name.node.start) }
}

/// How many bytes of a string follow that need no look: up to the next quote, backslash or control
/// character. The text is known to be UTF-8. Eight bytes at a time, since most of a body is this.
fn plain(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    let mut length: usize = 0;
    while let Some((eight, after)) = rest.split_first_chunk::<8>() {
        let marks = special(u64::from_le_bytes(*eight));
        if marks != 0 {
            return length.saturating_add(index(marks.trailing_zeros() >> 3));
        }
        length = length.saturating_add(8);
        rest = after;
    }
    let tail = rest.iter().position(|&byte| is_special(byte));
    length.saturating_add(tail.unwrap_or(rest.len()))
}

fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// Marks, by its top bit, the lowest byte which [`is_special`]; above it may stand false marks.
/// To subtract n from every byte borrows into the top bit of a byte that was below n; one that had
/// the top bit set already is masked out, and borrows only run upwards.
fn special(eight: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    const BLANKS: u64 = 0x2020_2020_2020_2020;
    const QUOTES: u64 = 0x2222_2222_2222_2222;
    const BACKSLASHES: u64 = 0x5C5C_5C5C_5C5C_5C5C;
    let control = eight.wrapping_sub(BLANKS);
    let quote = (eight ^ QUOTES).wrapping_sub(ONES);
    let backslash = (eight ^ BACKSLASHES).wrapping_sub(ONES);
    (control | quote | backslash) & !eight & TOPS
}

/// The characters between the quotes of a string that has been checked.
fn unescape(quoted: &str) -> String {
    let mut characters = String::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some((plain, after)) = rest.split_once('\\') {
        characters.push_str(plain);
        // The fallback is out of reach: the reader checked every escape with the same function.
        let (character, length) = escape(after.as_bytes()).unwrap_or(('\u{FFFD}', 0));
        characters.push(character);
        rest = after.get(length..).unwrap_or_default();
    }
    characters.push_str(rest);
    characters
}

/// The character that is written after a backslash, and how many bytes that takes.
fn escape(after: &[u8]) -> Result<(char, usize), Problem> {
    let (first, rest) = after.split_first().ok_or(Problem::UnexpectedEnd)?;
    let character = match first {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{C}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode_escape(rest),
        _ => return Err(Problem::InvalidEscape),
    };
    Ok((character, 1))
}

/// The same after `\u`, for one unit of UTF-16 or a pair of them.
fn unicode_escape(after: &[u8]) -> Result<(char, usize), Problem> {
    let unit = code_unit(after)?;
    if let Some(character) = char::from_u32(u32::from(unit)) {
        return Ok((character, 5));
    }
    let low = match after.get(4..) {
        // A text that was cut within a pair; the cut is the fault.
        Some([] | [b'\\']) => return Err(Problem::UnexpectedEnd),
        Some([b'\\', b'u', digits @ ..]) => code_unit(digits)?,
        _ => return Err(Problem::LoneSurrogate),
    };
    match char::decode_utf16([unit, low]).next() {
        Some(Ok(character)) => Ok((character, 11)),
        _ => Err(Problem::LoneSurrogate),
    }
}

/// Four hexadecimal digits.
fn code_unit(digits: &[u8]) -> Result<u16, Problem> {
    let mut unit: u16 = 0;
    for place in 0..4 {
        let byte = digits.get(place).ok_or(Problem::UnexpectedEnd)?;
        let digit = match byte {
            b'0'..=b'9' => byte & 0x0F,
            b'a'..=b'f' | b'A'..=b'F' => (byte & 0x0F).saturating_add(9),
            _ => return Err(Problem::InvalidEscape),
        };
        unit = (unit << 4) | u16::from(digit);
    }
    Ok(unit)
}

/// Counts in tests what must stay linear in the size of the text.
#[cfg(not(test))]
fn work(_bytes: usize) {}

#[cfg(test)]
use tests::work;

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::as_conversions,
    clippy::arithmetic_side_effects
)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::collections::hash_map::RandomState;
    use std::hash::{BuildHasher, Hasher};

    thread_local! {
        static WORK: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn work(bytes: usize) {
        WORK.with(|done| done.set(done.get() + bytes + 1));
    }

    fn work_of<T>(action: impl FnOnce() -> T) -> (T, usize) {
        WORK.with(|done| done.set(0));
        let result = action();
        (result, WORK.with(Cell::get))
    }

    fn read(text: &[u8]) -> Result<Document<'_>, Malformed> {
        Document::parse(text, Limits::BODY)
    }

    /// `Ok` or the problem with its offset.
    fn verdict(text: &[u8], limits: Limits) -> Result<(), (Problem, usize)> {
        match Document::parse(text, limits) {
            Ok(_) => Ok(()),
            Err(malformed) => Err((malformed.problem, malformed.offset)),
        }
    }

    fn show(text: &[u8]) -> String {
        String::from_utf8_lossy(text).chars().take(80).collect()
    }

    #[test]
    fn well_formed_texts_are_accepted() {
        let table: &[&str] = &[
            "null",
            "true",
            "false",
            "0",
            "-0",
            "-0.0e-0",
            "10",
            "1.0",
            "1e5",
            "1E+05",
            "1e-5",
            "1e999",
            "-12.50E+00",
            "\"\"",
            "\"a\"",
            "\"é€😀\u{7F}\u{2028}\"",
            "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
            "\"\\u0000\\u001f\\uFFFF\\uabCD\"",
            "\"\\ud83d\\ude00\"",
            "\"\\uDBFF\\uDFFF\"",
            "\"a\\u0061\"",
            "{}",
            "[]",
            " \t\r\n{ \t\r\n} \t\r\n",
            " [ 1 , 2 ] ",
            "[[],{},[[]]]",
            "[null,true,false,1,\"\",{},[]]",
            "{\"\":0}",
            "{\"a\":{\"a\":{\"a\":[{\"a\":1},{\"a\":1}]}}}",
            "{\"a\":1,\"A\":1,\"a \":1,\"\":1,\"á\":1,\"a\\u0301\":1}",
            "{ \"a\" : 1 , \"b\" : 2 }",
            "{\"a\":\"b\",\"b\":\"a\"}",
        ];
        for text in table {
            assert_eq!(verdict(text.as_bytes(), Limits::BODY), Ok(()), "{text}");
        }
    }

    #[test]
    fn malformed_texts_are_refused_where_they_go_wrong() {
        use Problem::{
            ControlCharacter, InvalidEscape, InvalidNumber, InvalidUtf8, LoneSurrogate, RepeatedName,
            TrailingText, Unexpected, UnexpectedEnd,
        };
        let table: &[(&[u8], Problem, usize)] = &[
            // nothing
            (b"", UnexpectedEnd, 0),
            (b" \t\r\n", UnexpectedEnd, 4),
            // before and after
            (b"\xEF\xBB\xBF{}", Unexpected, 0),
            (b"{}\xEF\xBB\xBF", TrailingText, 2),
            (b"x{}", Unexpected, 0),
            (b"\x0B{}", Unexpected, 0),
            (b"\x0C{}", Unexpected, 0),
            (b"\xC2\xA0{}", Unexpected, 0),
            (b"\0{}", Unexpected, 0),
            (b"{}\0", TrailingText, 2),
            (b"{}x", TrailingText, 2),
            (b"{} {}", TrailingText, 3),
            (b"{}}", TrailingText, 2),
            (b"{},", TrailingText, 2),
            (b"1 2", TrailingText, 2),
            (b"null null", TrailingText, 5),
            (b"]", Unexpected, 0),
            (b"}", Unexpected, 0),
            (b",", Unexpected, 0),
            // objects
            (b"{", UnexpectedEnd, 1),
            (b"{\"a\"", UnexpectedEnd, 4),
            (b"{\"a\":", UnexpectedEnd, 5),
            (b"{\"a\":1", UnexpectedEnd, 6),
            (b"{\"a\":1,", UnexpectedEnd, 7),
            (b"{\"a\":1,}", Unexpected, 7),
            (b"{,}", Unexpected, 1),
            (b"{\"a\":1,,\"b\":2}", Unexpected, 7),
            (b"{\"a\" 1}", Unexpected, 5),
            (b"{\"a\":}", Unexpected, 5),
            (b"{\"a\"}", Unexpected, 4),
            (b"{\"a\"::1}", Unexpected, 5),
            (b"{\"a\":1 \"b\":2}", Unexpected, 7),
            (b"{a:1}", Unexpected, 1),
            (b"{'a':1}", Unexpected, 1),
            (b"{1:1}", Unexpected, 1),
            (b"{null:1}", Unexpected, 1),
            (b"{[]:1}", Unexpected, 1),
            (b"{\"a\":1]", Unexpected, 6),
            (b"{]", Unexpected, 1),
            // arrays
            (b"[", UnexpectedEnd, 1),
            (b"[1", UnexpectedEnd, 2),
            (b"[1,", UnexpectedEnd, 3),
            (b"[1,]", Unexpected, 3),
            (b"[,1]", Unexpected, 1),
            (b"[1,,2]", Unexpected, 3),
            (b"[1 2]", Unexpected, 3),
            (b"[1:2]", Unexpected, 2),
            (b"[1}", Unexpected, 2),
            (b"[}", Unexpected, 1),
            // comments
            (b"/* */{}", Unexpected, 0),
            (b"{}// end", TrailingText, 2),
            (b"{/* */}", Unexpected, 1),
            (b"[1,#\n2]", Unexpected, 3),
            // literals
            (b"tru", UnexpectedEnd, 3),
            (b"trux", Unexpected, 3),
            (b"True", Unexpected, 0),
            (b"NULL", Unexpected, 0),
            (b"nulll", TrailingText, 4),
            (b"[truefalse]", Unexpected, 5),
            (b"undefined", Unexpected, 0),
            // numbers
            (b"NaN", Unexpected, 0),
            (b"Infinity", Unexpected, 0),
            (b"-Infinity", InvalidNumber, 1),
            (b"+1", Unexpected, 0),
            (b"01", InvalidNumber, 1),
            (b"-01", InvalidNumber, 2),
            (b"00", InvalidNumber, 1),
            (b"[1.]", InvalidNumber, 3),
            (b"1.", UnexpectedEnd, 2),
            (b"[.5]", Unexpected, 1),
            (b"[-.5]", InvalidNumber, 2),
            (b"-", UnexpectedEnd, 1),
            (b"[-]", InvalidNumber, 2),
            (b"[--1]", InvalidNumber, 2),
            (b"[1e]", InvalidNumber, 3),
            (b"1e", UnexpectedEnd, 2),
            (b"1e+", UnexpectedEnd, 3),
            (b"[1e+-1]", InvalidNumber, 4),
            (b"[1e1.5]", Unexpected, 4),
            (b"[1.2.3]", Unexpected, 4),
            (b"[0x10]", Unexpected, 2),
            (b"[1_000]", Unexpected, 2),
            (b"[1,000]", InvalidNumber, 4),
            ("[１]".as_bytes(), Unexpected, 1),
            // strings
            (b"\"", UnexpectedEnd, 1),
            (b"\"abcdefghij", UnexpectedEnd, 11),
            (b"'a'", Unexpected, 0),
            (b"\"a\nb\"", ControlCharacter, 2),
            (b"\"\0\"", ControlCharacter, 1),
            (b"\"0123456789\x1F\"", ControlCharacter, 11),
            (b"{\"a\tb\":1}", ControlCharacter, 3),
            // escapes
            (b"\"\\", UnexpectedEnd, 2),
            (b"\"\\\"", UnexpectedEnd, 3),
            (b"\"ab\\x41\"", InvalidEscape, 3),
            (b"\"\\'\"", InvalidEscape, 1),
            (b"\"\\0\"", InvalidEscape, 1),
            (b"\"\\U0041\"", InvalidEscape, 1),
            (b"\"\\u004\"", InvalidEscape, 1),
            (b"\"\\u00g0\"", InvalidEscape, 1),
            (b"\"\\u+041\"", InvalidEscape, 1),
            (b"\"\\u 041\"", InvalidEscape, 1),
            (b"\"\\u{41}\"", InvalidEscape, 1),
            (b"\"\\u00", UnexpectedEnd, 5),
            (b"\"\\\n\"", InvalidEscape, 1),
            // surrogates
            (b"\"\\ud800\"", LoneSurrogate, 1),
            (b"\"\\udbff x\"", LoneSurrogate, 1),
            (b"\"\\udc00\"", LoneSurrogate, 1),
            (b"\"\\uDFFF\"", LoneSurrogate, 1),
            (b"\"\\ude00\\ud83d\"", LoneSurrogate, 1),
            (b"\"\\ud83d\\ud83d\\ude00\"", LoneSurrogate, 1),
            (b"\"\\ud83d\\ude00\\ude00\"", LoneSurrogate, 13),
            (b"\"\\ud83d\\n\"", LoneSurrogate, 1),
            (b"\"\\ud83d\\\\ude00\"", LoneSurrogate, 1),
            (b"\"\\ud83dude00\"", LoneSurrogate, 1),
            (b"\"\\ud83d\\u0041\"", LoneSurrogate, 1),
            (b"\"\\ud83d\\u00\"", InvalidEscape, 1),
            (b"\"\\ud83d\\", UnexpectedEnd, 8),
            (b"{\"\\ud800\":1}", LoneSurrogate, 2),
            (b"{\"x\":{\"y\":[\"\\udc00\"]}}", LoneSurrogate, 12),
            // encoding
            (b"\"\xFF\"", InvalidUtf8, 1),
            (b"{\"a\xC3\":1}", InvalidUtf8, 3),
            (b"{\"a\":\"\xC0\xAF\"}", InvalidUtf8, 6),
            (b"{\"a\":\"\xED\xA0\x80\"}", InvalidUtf8, 6),
            (b"{\"a\":\"\xF4\x90\x80\x80\"}", InvalidUtf8, 6),
            (b"{\"a\":1,\x80\"b\":2}", InvalidUtf8, 7),
            (b"{}\xFE", InvalidUtf8, 2),
            (b"\xFF\xFE{\0}\0", InvalidUtf8, 0),
            (b"{\0\"\0a\0\"\0", Unexpected, 1),
            // repeated names
            (b"{\"a\":1,\"a\":1}", RepeatedName, 7),
            (b"{\"\":1,\"\":1}", RepeatedName, 6),
            (b"{\"a\":null,\"a\":null}", RepeatedName, 10),
            (b"{\"a\":1,\"\\u0061\":1}", RepeatedName, 7),
            (b"{\"\\u0061\":1,\"a\":1}", RepeatedName, 12),
            (b"{\"\\u0061\":1,\"\\u0061\":1}", RepeatedName, 12),
            (b"{\"\\u00e9\":1,\"\\u00E9\":1}", RepeatedName, 12),
            ("{\"é\":1,\"\\u00E9\":1}".as_bytes(), RepeatedName, 8),
            ("{\"😀\":1,\"\\ud83d\\uDE00\":1}".as_bytes(), RepeatedName, 10),
            (b"{\"/\":1,\"\\/\":1}", RepeatedName, 7),
            (b"{\"\\n\":1,\"\\u000A\":1}", RepeatedName, 8),
            (b"{\"\\\\\":1,\"\\u005c\":1}", RepeatedName, 8),
            (b"[[{\"z\":{\"a\":[],\"b\":{},\"a\":0}}]]", RepeatedName, 22),
            (b"{\"a\":{\"b\":1},\"c\":2,\"a\":3}", RepeatedName, 19),
        ];
        for (text, problem, offset) in table {
            let expected = Err((*problem, *offset));
            assert_eq!(verdict(text, Limits::BODY), expected, "{}", show(text));
        }
    }

    #[test]
    fn every_raw_control_character_is_refused_and_every_escaped_one_read() {
        for control in 0..0x20_u8 {
            for before in 0..20 {
                let mut text = vec![b'"'];
                text.extend(std::iter::repeat_n(b'x', before));
                text.extend([control, b'y', b'"']);
                let expected = Err((Problem::ControlCharacter, before + 1));
                assert_eq!(verdict(&text, Limits::BODY), expected, "{control}");
            }
            let text = format!("\"\\u{control:04x}\"");
            let document = read(text.as_bytes()).unwrap();
            let character = char::from(control).to_string();
            assert_eq!(document.root().as_str().unwrap(), character);
        }
    }

    #[test]
    fn quotes_and_backslashes_are_found_at_every_place_among_any_bytes() {
        for before in ["", "\u{1}", "\u{7F}", "\u{80}", "é", "€", "😀", "!", "#", "[", "]", "¢", "Ü"] {
            for length in 0..20 {
                let plain: String = before.chars().cycle().take(length).collect();
                let text = format!("[\"{plain}\\\"{plain}\",\"{plain}\"]");
                let Ok(document) = read(text.as_bytes()) else {
                    assert!(before == "\u{1}" && length > 0, "{text}");
                    continue;
                };
                let read: Vec<_> = document.root().as_array().unwrap().collect();
                assert_eq!(read.len(), 2);
                assert_eq!(read[0].as_str().unwrap(), format!("{plain}\"{plain}"));
                assert_eq!(read[1].as_str().unwrap(), plain);
            }
        }
        // Every value of a byte at every place of a word, between neighbours that could lend it a borrow.
        for byte in 0..=u8::MAX {
            for place in 0..8 {
                for around in [b'x', b'!', 0x7F, 0x80, 0xFF, 0xA2, 0xDC, b'#', b']'] {
                    let mut bytes = [around; 8];
                    bytes[place] = byte;
                    let expected = if is_special(byte) { place } else { 8 };
                    assert_eq!(plain(&bytes), expected, "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn all_surrogate_pairs_and_no_lone_one_are_read() {
        for unit in 0..=u16::MAX {
            let text = format!("\"\\u{unit:04x}\"");
            match char::from_u32(u32::from(unit)) {
                Some(character) => {
                    let document = read(text.as_bytes()).unwrap();
                    assert_eq!(document.root().as_str().unwrap(), character.to_string());
                }
                None => {
                    let expected = Err((Problem::LoneSurrogate, 1));
                    assert_eq!(verdict(text.as_bytes(), Limits::BODY), expected, "{text}");
                }
            }
        }
        for character in ['\u{10000}', '😀', '\u{103FF}', '\u{10FC00}', '\u{10FFFF}'] {
            let mut units = [0; 2];
            character.encode_utf16(&mut units);
            let text = format!("\"<\\u{:04X}\\u{:04x}>\"", units[0], units[1]);
            let document = read(text.as_bytes()).unwrap();
            assert_eq!(document.root().as_str().unwrap(), format!("<{character}>"));
        }
    }

    /// Objects and arrays in turn.
    fn nested(depth: usize) -> String {
        let mut text = String::new();
        for level in 0..depth {
            text.push_str(if level % 2 == 0 { "{\"a\":" } else { "[" });
        }
        text.push('1');
        for level in (0..depth).rev() {
            text.push(if level % 2 == 0 { '}' } else { ']' });
        }
        text
    }

    #[test]
    fn depth_is_limited_in_arrays_and_objects_alike() {
        for limits in [Limits::BODY, Limits::LINE] {
            let depth = limits.depth;
            let deep = nested(depth);
            assert_eq!(verdict(deep.as_bytes(), limits), Ok(()));
            assert_eq!(
                verdict(nested(depth + 1).as_bytes(), limits),
                Err((Problem::TooDeep, depth.div_ceil(2) * 5 + depth / 2)),
            );
            for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
                let last = format!("{open}0{close}");
                let inner = |levels: usize| open.repeat(levels) + &last + &close.repeat(levels);
                let (fits, too_deep) = (inner(depth - 1), inner(depth));
                assert_eq!(verdict(fits.as_bytes(), limits), Ok(()));
                let offset = depth * open.len();
                let expected = Err((Problem::TooDeep, offset));
                assert_eq!(verdict(too_deep.as_bytes(), limits), expected);
            }
            // Side by side is not deep.
            let wide = format!("[{}[]]", "[],".repeat(1000));
            assert_eq!(verdict(wide.as_bytes(), limits), Ok(()));
        }
        let scalars_have_no_depth = Limits { bytes: 9, depth: 0 };
        assert_eq!(verdict(b"1", scalars_have_no_depth), Ok(()));
    }

    #[test]
    fn a_hundred_thousand_openers_are_refused_at_the_limit() {
        let limits = Limits { bytes: 1 << 20, depth: 32 };
        let (refused, done) = work_of(|| verdict(&b"[".repeat(100_000), limits));
        assert_eq!(refused, Err((Problem::TooDeep, 32)));
        assert!(done < 200);
        let refused = verdict(&b"{\"a\":".repeat(100_000), limits);
        assert_eq!(refused, Err((Problem::TooDeep, 160)));
        // Where a host allows depth, the stack is not what bears it.
        let limits = Limits { bytes: 1 << 20, depth: 1 << 20 };
        let text = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(verdict(text.as_bytes(), limits), Ok(()));
    }

    #[test]
    fn size_is_limited_before_anything_else() {
        for limits in [Limits::BODY, Limits::LINE] {
            let fits = format!("\"{}\"", "x".repeat(limits.bytes - 2));
            assert_eq!(verdict(fits.as_bytes(), limits), Ok(()));
            let longer = fits + " ";
            let expected = Err((Problem::TooLong, limits.bytes));
            assert_eq!(verdict(longer.as_bytes(), limits), expected);
            assert_eq!(verdict(&vec![0xFF; limits.bytes + 1], limits), expected);
        }
    }

    #[test]
    fn numbers_are_never_computed() {
        let digits = "9".repeat(10_000);
        for number in [
            digits.clone(),
            format!("-{digits}"),
            format!("0.{digits}"),
            format!("1e{digits}"),
            "1e999".into(),
            "-0".into(),
        ] {
            let text = format!("{{\"n\": {number} }}");
            let document = read(text.as_bytes()).unwrap();
            let value = document.root().as_object().unwrap().get("n").unwrap();
            assert_eq!(value.as_number(), Some(number.as_str()));
        }
    }

    #[test]
    fn a_name_repeated_among_few_or_many_is_found_wherever_it_stands() {
        for count in 2..40 {
            for first in 0..count {
                for second in first + 1..count {
                    let name = |place: usize| match place {
                        _ if place == second => format!("\"\\u006e{first}\""),
                        _ => format!("\"n{place}\""),
                    };
                    let members: Vec<_> = (0..count).map(|at| name(at) + ":{\"n0\":0}").collect();
                    let text = format!("{{{}}}", members.join(","));
                    let malformed = read(text.as_bytes()).unwrap_err();
                    assert_eq!(malformed.problem, Problem::RepeatedName);
                    assert_eq!(malformed.offset, text.find("\"\\u").unwrap());
                    assert_eq!(malformed.field.unwrap().as_ref(), format!("n{first}"));
                }
            }
        }
    }

    #[test]
    fn ten_thousand_names_cost_linear_time() {
        let members: Vec<_> = (0..10_000).map(|n| format!("\"n{n}\":0")).collect();
        let text = format!("{{{}}}", members.join(","));
        let (accepted, done) = work_of(|| verdict(text.as_bytes(), Limits::LINE));
        assert_eq!(accepted, Ok(()));
        assert!(done < 2 * text.len(), "{done} for {}", text.len());
        let text = text.replace("\"n9999\"", "\"n\\u0030\"");
        let malformed = Document::parse(text.as_bytes(), Limits::LINE).unwrap_err();
        assert_eq!(malformed.problem, Problem::RepeatedName);
        assert_eq!(malformed.field.as_deref(), Some("n0"));
    }

    /// Fills a body with what an attacker might send.
    fn adversarial() -> Vec<(&'static str, String)> {
        let room = Limits::BODY.bytes;
        let fill = |start: &str, piece: &dyn Fn(usize) -> String, end: &str| {
            let mut text = start.to_string();
            for n in 0.. {
                let next = piece(n);
                if text.len() + next.len() + end.len() > room {
                    break;
                }
                text += &next;
            }
            text + end
        };
        let few = |count: usize, size: usize| {
            let long = "x".repeat(size);
            let members: Vec<_> = (0..count).map(|n| format!("\"{long}{n}\":0")).collect();
            format!("{{{}}}", members.join(","))
        };
        let nine: Vec<_> = (0..9).map(|n| format!("\"\\u006{n}\":0")).collect();
        let nine = nine.join(",");
        let within = |inner: String| {
            let around = (0..31).fold(inner, |inner, _| format!("{{\"a\":{inner}}}"));
            assert!(around.len() <= room);
            around
        };
        vec![
            ("white space", " ".repeat(room - 1) + "0"),
            ("one string", format!("\"{}\"", "x".repeat(room - 2))),
            ("escapes", format!("\"{}\"", "\\n".repeat(room / 2 - 1))),
            ("quotes", fill("[0", &|_| ",\"\"".into(), "]")),
            ("numbers", fill("[0", &|_| ",0".into(), "]")),
            ("digits", "1".repeat(room)),
            ("empty objects", fill("[0", &|_| ",{}".into(), "]")),
            ("names", fill("{\"\":0", &|n| format!(",\"{n:x}\":0"), "}")),
            ("8 long names", few(8, 8_000)),
            ("60 long names", few(60, 1_000)),
            ("8 names, often", fill("[0", &|_| format!(",{}", few(8, 3)), "]")),
            ("9 names, often", fill("[0", &|_| format!(",{{{nine}}}"), "]")),
            ("escaped names", fill("{\"\":0", &|n| format!(",\"\\u0061{n:x}\":0"), "}")),
            ("8 long names, deep", within(few(8, 8_000))),
            (
                "names at every level",
                (0..31).fold("0".into(), |inner, _| {
                    fill("{", &|n| if n < 200 { format!("\"{n}\":0,") } else { " ".repeat(room) }, "")
                        + &format!("\"a\":{inner}}}")
                }),
            ),
            ("a late fault", "[".to_string() + &"\"\",".repeat(room / 3 - 1) + "]"),
        ]
    }

    #[test]
    fn adversarial_bodies_cost_linear_time() {
        for (title, text) in adversarial() {
            let limits = Limits::LINE;
            let (outcome, done) = work_of(|| verdict(text.as_bytes(), limits));
            assert_eq!(outcome.is_err(), title == "a late fault", "{title}");
            assert!(done <= 10 * text.len(), "{title}: {done} for {}", text.len());
        }
    }

    #[test]
    fn a_fault_names_the_innermost_field_in_whose_value_it_lies() {
        let table: &[(&[u8], Option<&str>)] = &[
            (b"[1,", None),
            (b"{\"a\":1 x}", None),
            (b"{\"a\":1,\"\\ud800\":1}", None),
            (b"{\"a\":{\"b\":1,\"\\ud800\":1}}", Some("a")),
            (b"{\"a\":1,\"b\":\"\\ud800\"}", Some("b")),
            (b"{\"a\":1,\"b\" 2}", Some("b")),
            (b"{\"a\":{\"b\":1},\"c\":[1,{},{\"d\":0},01]}", Some("c")),
            (b"{\"a\":{\"\\u0062\":tru", Some("b")),
            (b"{\"a\":\"\xFF\"}", Some("a")),
            (b"{\"a\":\"\\\xFF\"}", Some("a")),
            (b"{\"a\":{\"b\":\"\xED\xA0\x80\"}}", Some("b")),
            (b"{\"a\":01,\"b\":\"\xFF\"}", None),
            (b"\xFF", None),
            (b"{\"a\":{\"b\":1,\"b\":1},\"a\":1}", Some("b")),
            (b"{\"a\":{\"b\":1},\"a\":1}", Some("a")),
        ];
        for (text, field) in table {
            let malformed = read(text).unwrap_err();
            assert_eq!(malformed.field.as_deref(), *field, "{}", show(text));
        }
        let deep = "{\"a\":".repeat(40);
        assert_eq!(read(deep.as_bytes()).unwrap_err().field.as_deref(), Some("a"));
    }

    #[test]
    fn messages_say_what_and_where_and_cannot_forge_a_log_line() {
        let table: &[(&[u8], &str)] = &[
            (b"[1", "unexpected end at byte 2"),
            (b"{\"a\":1,\"a\":2}", "repeated name, field \"a\", at byte 7"),
            (b"{\"\\n\\u001b[\":01}", "invalid number, field \"\\n\\u{1b}[\", at byte 14"),
        ];
        for (text, message) in table {
            assert_eq!(read(text).unwrap_err().to_string(), *message);
        }
        let long = format!("{{\"{}\":x}}", "é".repeat(10_000));
        assert!(read(long.as_bytes()).unwrap_err().to_string().len() < 200);
    }

    #[test]
    fn a_document_is_read_as_it_was_written() {
        let text = br#" {"n":null,"t":true,"f":false,"\u0073":"a\tb","plain":"x","num":-1.50e+3,
            "arr":[1,[2,"3"],{"k":[]}],"obj":{"n":1, "x":{"y":2}},"after":"z"} "#;
        let document = read(text).unwrap();
        assert_eq!(document.root().kind(), Kind::Object);
        let root = document.root().as_object().unwrap();
        assert!(root.get("n").is_none() && root.get("missing").is_none());
        assert!(root.get("T").is_none() && root.get("k").is_none() && root.get("y").is_none());
        assert_eq!(root.get("t").unwrap().as_bool(), Some(true));
        assert_eq!(root.get("f").unwrap().as_bool(), Some(false));
        assert!(matches!(root.get("s").unwrap().as_str(), Some(Cow::Owned(s)) if s == "a\tb"));
        assert_eq!(root.get("s").unwrap().raw(), r#""a\tb""#);
        assert!(matches!(root.get("plain").unwrap().as_str(), Some(Cow::Borrowed("x"))));
        assert_eq!(root.get("num").unwrap().as_number(), Some("-1.50e+3"));
        assert_eq!(root.get("after").unwrap().as_str().unwrap(), "z");
        let array = root.get("arr").unwrap();
        assert_eq!(array.raw(), r#"[1,[2,"3"],{"k":[]}]"#);
        let elements: Vec<_> = array.as_array().unwrap().map(Value::raw).collect();
        assert_eq!(elements, ["1", r#"[2,"3"]"#, r#"{"k":[]}"#]);
        let object = root.get("obj").unwrap();
        assert_eq!(object.raw(), r#"{"n":1, "x":{"y":2}}"#);
        let inner = object.as_object().unwrap().get("x").unwrap();
        assert_eq!(inner.as_object().unwrap().get("y").unwrap().as_number(), Some("2"));
        let names: Vec<_> = root.members().map(|(name, _)| name.into_owned()).collect();
        let expected = ["n", "t", "f", "s", "plain", "num", "arr", "obj", "after"];
        assert_eq!(names, expected);
        assert!(root.members().next().unwrap().1.is_null());
        assert_eq!(document.root().raw(), std::str::from_utf8(text).unwrap().trim());
    }

    #[test]
    fn a_value_is_taken_for_its_own_type_only() {
        let document = read(b"[null,true,1,\"s\",[],{}]").unwrap();
        let kinds = [Kind::Null, Kind::Bool, Kind::Number, Kind::String, Kind::Array, Kind::Object];
        for (value, kind) in document.root().as_array().unwrap().zip(kinds) {
            assert_eq!(value.kind(), kind);
            assert_eq!(value.is_null(), kind == Kind::Null);
            assert_eq!(value.as_bool().is_some(), kind == Kind::Bool);
            assert_eq!(value.as_number().is_some(), kind == Kind::Number);
            assert_eq!(value.as_str().is_some(), kind == Kind::String);
            assert_eq!(value.as_array().is_some(), kind == Kind::Array);
            assert_eq!(value.as_object().is_some(), kind == Kind::Object);
        }
    }

    /// The document as `serde_json` would hold it; `None` if a number is beyond what it computes.
    fn converted(value: Value<'_>) -> Option<serde_json::Value> {
        Some(match value.kind() {
            Kind::Null => serde_json::Value::Null,
            Kind::Bool => value.as_bool()?.into(),
            Kind::Number => serde_json::from_str(value.as_number()?).ok()?,
            Kind::String => value.as_str()?.into_owned().into(),
            Kind::Array => value.as_array()?.map(converted).collect::<Option<Vec<_>>>()?.into(),
            Kind::Object => value
                .as_object()?
                .members()
                .map(|(name, value)| Some((name.into_owned(), converted(value)?)))
                .collect::<Option<serde_json::Map<_, _>>>()?
                .into(),
        })
    }

    fn agrees_with_serde_json(text: &[u8], limits: Limits) {
        let theirs = serde_json::from_slice::<serde_json::Value>(text);
        match (Document::parse(text, limits), theirs) {
            (Ok(document), Ok(theirs)) => {
                assert_eq!(converted(document.root()), Some(theirs), "{}", show(text));
            }
            (Ok(_), Err(error)) => {
                let number = error.to_string().starts_with("number out of range");
                assert!(number, "{error}: {}", show(text));
            }
            (Err(malformed), Ok(_)) => assert!(
                matches!(malformed.problem, Problem::RepeatedName | Problem::TooDeep | Problem::TooLong),
                "{malformed}: {}",
                show(text)
            ),
            (Err(malformed), Err(_)) => {
                assert!(malformed.offset <= text.len());
                assert!(!malformed.to_string().is_empty());
            }
        }
    }

    struct Xorshift(u64);

    impl Xorshift {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % bound.max(1) as u64) as usize
        }
    }

    #[rustfmt::skip]
    const PIECES: &[&[u8]] = &[
        b"{", b"}", b"[", b"]", b",", b":", b"\"", b"\\", b"\\u", b"\\ud83d", b"\\ude00",
        b"\\u0061", b"\\n", b"0", b"-", b"1", b".", b"e", b"E+", b"1e999", b"true", b"null",
        b"fals", b" ", b"\t", b"\r\n", b"\x00", b"\x1F", b"\x7F", b"\x80", b"\xFF", b"\xC3",
        b"\xA9", b"\xEF\xBB\xBF", b"\xED\xA0\x80", b"\"a\":", b"\"a\"", b",\"a\":1", b"/", b"+",
        b"N", b"\xF0\x9F\x98\x80", b"{\"a\":[",
    ];

    fn mutate(text: &mut Vec<u8>, random: &mut Xorshift) {
        let at = random.below(text.len() + 1);
        let end = (at + random.below(12)).min(text.len());
        match random.below(6) {
            0 => drop(text.drain(at..end)),
            1 => {
                let copy = text[at..end].to_vec();
                let to = random.below(text.len() + 1);
                text.splice(to..to, copy);
            }
            2 if at < text.len() => text[at] = random.below(256) as u8,
            3 => text.truncate(at.max(1)),
            4 if at < text.len() => text[at] ^= 1 << random.below(8),
            _ => {
                let piece = PIECES[random.below(PIECES.len())];
                text.splice(at..at, piece.iter().copied());
            }
        }
    }

    #[test]
    fn mutated_texts_never_panic_and_agree_with_serde_json() {
        let fresh = RandomState::new().build_hasher().finish();
        let seed = std::env::var("JSON_SEED").map_or(fresh | 1, |seed| seed.parse().unwrap());
        println!("JSON_SEED={seed}");
        let mut random = Xorshift(seed);
        let seeds: &[&[u8]] = &[
            br#"{"captureRequestId":"20191127190741010007013213156","captureAmount":{"value":"1000","currency":"USD"},"isLastCapture":false}"#,
            br#"{"a":[1,-2.5e+3,0.1,{"b":null,"c":[true,false,[]]}],"d\u00e9\ud83d\ude00":"x\n\"\\\/y","e":{}}"#,
            br#" [ "" , { "a" : { "a" : { "a" : 1 } } } , 1E5 , "\u0000" ] "#,
            "{\"é\":\"€😀\",\"z\":[[[[0]]]],\"n1\":1,\"n2\":2,\"n3\":3,\"n4\":4,\"n5\":5,\"n6\":6,\"n7\":7}".as_bytes(),
        ];
        let narrow = Limits { bytes: 300, depth: 5 };
        let mut accepted = 0;
        for round in 0..60_000 {
            let mut text = seeds[round % seeds.len()].to_vec();
            for _ in 0..random.below(5) {
                mutate(&mut text, &mut random);
            }
            accepted += usize::from(read(&text).is_ok());
            agrees_with_serde_json(&text, Limits::BODY);
            agrees_with_serde_json(&text, narrow);
        }
        assert!(accepted > 1_000, "the mutations leave too little to compare");
    }

    #[test]
    fn texts_put_together_at_random_agree_with_serde_json() {
        let fresh = RandomState::new().build_hasher().finish();
        let seed = std::env::var("JSON_SEED").map_or(fresh | 1, |seed| seed.parse().unwrap());
        println!("JSON_SEED={seed}");
        let mut random = Xorshift(seed);
        for _ in 0..100_000 {
            let pieces = random.below(8);
            let text: Vec<u8> =
                (0..pieces).flat_map(|_| PIECES[random.below(PIECES.len())].iter().copied()).collect();
            agrees_with_serde_json(&text, Limits::BODY);
        }
    }
}
