//! A strict reader of JSON texts: bodies of the API and lines of the replay.
//!
//! It takes what is well-formed and nothing else: JSON in UTF-8 within a size and a depth, no name
//! repeated in any object (however deep, however escaped), no lone surrogate, nothing before or
//! after. Types, forms and missing fields are for the caller, who reads the
//! [`Document`] field by field.
//!
//! Why not `serde_json`: it lets repeated names and lone surrogates through
//! inside values that the target type ignores; a derived target takes an array for an object; it
//! changes its mind about `1e999` when any crate of the host switches `arbitrary_precision` on; and
//! its errors do not name the field in a form that code can read.
//!
//! Limits. One pass, no recursion, cost linear in the text whatever it holds. Memory: 16 bytes for
//! each value and each name, and, while an object of more than eight names is being closed,
//! a set of these. Numbers are checked against the grammar and kept as text, never computed, so
//! that `1e999` and ten thousand digits are well-formed. Texts of 4 GiB and more are refused
//! whatever [`Limits`] says. Of several faults in one text just one is reported.
//!
//! `reader` goes over the text and lays the tape, `names` finds the repeated ones, `strings` knows
//! what a quoted text stands for. Here are the tape and what a caller sees of it.

mod names;
mod reader;
mod strings;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use reader::Reader;
pub(super) use strings::plain;
use strings::unescape;
#[cfg(test)]
use tests::work;

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
#[non_exhaustive]
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

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
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
    #[inline]
    fn is(self, characters: &str) -> bool {
        if self.node.escaped {
            return self.unescaped_is(characters);
        }
        let with_quotes = index(self.node.end.wrapping_sub(self.node.start));
        with_quotes.wrapping_sub(2) == characters.len()
            && self.text.as_bytes().get(self.range()) == Some(characters.as_bytes())
    }

    #[cold]
    fn unescaped_is(self, characters: &str) -> bool {
        unescape(self.written()) == characters
    }
}

/// The members of an object.
#[derive(Clone, Copy, Debug)]
pub struct Object<'d> {
    text: &'d str,
    inner: &'d [Node],
}

impl<'d> Object<'d> {
    /// An object without members.
    pub const EMPTY: Self = Self { text: "", inner: &[] };

    /// The member of this name; what is `null` is as absent. Each call goes over the members once,
    /// whatever is in them.
    #[inline]
    pub fn get(self, name: &str) -> Option<Value<'d>> {
        self.pairs().find(|(key, _)| key.is(name)).map(|(_, value)| value).filter(|value| !value.is_null())
    }

    /// All members in order, `null` ones too.
    #[cfg(test)]
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

    #[inline]
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
#[inline]
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

/// Counts in tests what must stay linear in the size of the text.
#[cfg(not(test))]
fn work(_bytes: usize) {}
