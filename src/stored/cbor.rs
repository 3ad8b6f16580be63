//! Writing and strict reading of single CBOR items. It knows no business: only
//! arrays of a fixed length, integers, text, booleans and null, each in the
//! fewest bytes that CBOR has for it.

use std::fmt::Display;

use minicbor::data::Type;
use minicbor::decode::Error;
use minicbor::{CborLen, Decoder, Encoder};

use super::{Stored, StoredError};

/// Most of what is stored fits in so many bytes.
const USUAL_BYTES: usize = 256;

/// Writes items one after the other.
pub(super) struct Writer {
    cbor: Encoder<Vec<u8>>,
}

// Writing into a vector cannot fail, so that the results are of no interest.
impl Writer {
    pub(super) fn new(version: u8) -> Self {
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        bytes.push(version);
        Self { cbor: Encoder::new(bytes) }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.cbor.into_writer()
    }

    pub(super) fn put(&mut self, value: &impl Stored) -> &mut Self {
        value.write(self);
        self
    }

    /// The start of an array of so many elements.
    pub(super) fn array(&mut self, elements: u64) -> &mut Self {
        let _ = self.cbor.array(elements);
        self
    }

    pub(super) fn unsigned(&mut self, number: u64) -> &mut Self {
        let _ = self.cbor.u64(number);
        self
    }

    pub(super) fn signed(&mut self, number: i64) -> &mut Self {
        let _ = self.cbor.i64(number);
        self
    }

    /// A number of any size; what is below 0 is never stored so.
    pub(super) fn wide(&mut self, number: i128) -> &mut Self {
        let _ = self.cbor.u128(number.max(0).unsigned_abs());
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        let _ = self.cbor.str(text);
        self
    }

    pub(super) fn boolean(&mut self, value: bool) -> &mut Self {
        let _ = self.cbor.bool(value);
        self
    }

    pub(super) fn null(&mut self) -> &mut Self {
        let _ = self.cbor.null();
        self
    }
}

/// Reads items one after the other. It never looks further than one item
/// ahead and never recurses into what it does not expect.
pub(super) struct Reader<'b> {
    cbor: Decoder<'b>,
    /// Where the last item begins.
    item: usize,
}

impl<'b> Reader<'b> {
    pub(super) fn after_version(bytes: &'b [u8]) -> Self {
        let mut cbor = Decoder::new(bytes);
        cbor.set_position(1);
        Self { cbor, item: 1 }
    }

    pub(super) fn take<T: Stored>(&mut self, what: &'static str) -> Result<T, StoredError> {
        T::read(self, what)
    }

    /// Nothing may follow.
    pub(super) fn end(mut self) -> Result<(), StoredError> {
        self.item = self.cbor.position();
        let rest = self.cbor.input().len().saturating_sub(self.item);
        self.require(rest == 0, "end", "more bytes follow")
    }

    /// The error that the last item is not as it must be.
    pub(super) fn damaged(&self, what: &'static str, problem: impl Display) -> StoredError {
        StoredError::Damaged { what, at: self.item, problem: problem.to_string() }
    }

    pub(super) fn require(
        &self,
        holds: bool,
        what: &'static str,
        problem: &'static str,
    ) -> Result<(), StoredError> {
        if holds { Ok(()) } else { Err(self.damaged(what, problem)) }
    }

    /// One item, which the decoder must take in its shortest form.
    fn item<T>(
        &mut self,
        what: &'static str,
        read: impl FnOnce(&mut Decoder<'b>) -> Result<T, Error>,
        shortest: impl FnOnce(&T) -> usize,
    ) -> Result<T, StoredError> {
        self.item = self.cbor.position();
        let value = read(&mut self.cbor).map_err(|error| self.damaged(what, explained(&error)))?;
        let length = self.cbor.position().saturating_sub(self.item);
        self.require(length == shortest(&value), what, "it is not in the fewest bytes")?;
        Ok(value)
    }

    fn number<T: CborLen<()>>(
        &mut self,
        what: &'static str,
        read: impl FnOnce(&mut Decoder<'b>) -> Result<T, Error>,
    ) -> Result<T, StoredError> {
        self.item(what, read, |number| minicbor::len(number))
    }

    /// The start of an array: how many elements it has.
    fn any_array(&mut self, what: &'static str) -> Result<u64, StoredError> {
        self.number(what, |cbor| cbor.array()?.ok_or_else(|| Error::message("its length is not given")))
    }

    /// The start of an array of so many elements.
    pub(super) fn array(&mut self, what: &'static str, elements: u64) -> Result<(), StoredError> {
        let found = self.any_array(what)?;
        if found != elements {
            return Err(self.damaged(what, format_args!("{found} elements instead of {elements}")));
        }
        Ok(())
    }

    /// The start of an array whose first element is a number that says what
    /// the others are: it, and how many others there are.
    pub(super) fn numbered(&mut self, what: &'static str) -> Result<(u64, u64), StoredError> {
        let others = self.others(what)?;
        Ok((self.unsigned(what)?, others))
    }

    /// As [`Reader::numbered`], where it is a letter.
    pub(super) fn lettered(&mut self, what: &'static str) -> Result<(&'b str, u64), StoredError> {
        let others = self.others(what)?;
        Ok((self.text(what)?, others))
    }

    /// The start of an array that is not empty: how many elements come after
    /// the first.
    fn others(&mut self, what: &'static str) -> Result<u64, StoredError> {
        let elements = self.any_array(what)?;
        elements.checked_sub(1).ok_or_else(|| self.damaged(what, "it has no element"))
    }

    /// The start of an array of this letter and so many elements after it.
    pub(super) fn kind(&mut self, what: &'static str, letter: &str, others: u64) -> Result<(), StoredError> {
        let found = self.lettered(what)?;
        if found == (letter, others) { Ok(()) } else { Err(self.unknown(what)) }
    }

    /// The letter of the array that comes next, which stays unread.
    pub(super) fn next_letter(&mut self, what: &'static str) -> Result<&'b str, StoredError> {
        let start = self.cbor.position();
        let (letter, _) = self.lettered(what)?;
        self.cbor.set_position(start);
        Ok(letter)
    }

    /// The error that a number or a letter, or what comes with it, is none
    /// that is known.
    pub(super) fn unknown(&self, what: &'static str) -> StoredError {
        self.damaged(what, "there is no such kind with so many elements")
    }

    pub(super) fn unsigned(&mut self, what: &'static str) -> Result<u64, StoredError> {
        self.number(what, Decoder::u64)
    }

    pub(super) fn signed(&mut self, what: &'static str) -> Result<i64, StoredError> {
        self.number(what, Decoder::i64)
    }

    /// A number of any size, at least 0.
    pub(super) fn wide(&mut self, what: &'static str) -> Result<i128, StoredError> {
        let is_tagged = matches!(self.cbor.datatype(), Ok(Type::Tag));
        let number = self.number(what, Decoder::u128)?;
        // A short bignum can be just as long as the plain number.
        let needs_tag = number > u128::from(u64::MAX);
        self.require(is_tagged == needs_tag, what, "it is a bignum without need")?;
        i128::try_from(number).map_err(|error| self.damaged(what, error))
    }

    pub(super) fn text(&mut self, what: &'static str) -> Result<&'b str, StoredError> {
        self.item(what, Decoder::str, |text| minicbor::len(*text))
    }

    pub(super) fn boolean(&mut self, what: &'static str) -> Result<bool, StoredError> {
        self.number(what, Decoder::bool)
    }

    /// Reads a null, if one is there.
    pub(super) fn null(&mut self) -> bool {
        let is_null = matches!(self.cbor.datatype(), Ok(Type::Null));
        if is_null {
            self.item = self.cbor.position();
            self.cbor.set_position(self.item.saturating_add(1));
        }
        is_null
    }
}

/// The decoder's error without its position, which is told anyway.
fn explained(error: &Error) -> String {
    if error.is_end_of_input() {
        return "the bytes end too early".to_owned();
    }
    if error.is_type_mismatch() {
        return "it is of another type".to_owned();
    }
    error.to_string()
}
