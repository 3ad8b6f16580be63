//! The names by which merchants, payments, captures and payers are known.
//!
//! An id is text that its owner chose: 1 to [`MAX_CHARACTERS`] characters
//! (Unicode scalar values), none of them a control character, and no white
//! space at either end. It is compared byte by byte and kept as it was given:
//! nothing is trimmed, folded or normalised, so `"A"` is not `"a"`, and two
//! spellings of `é` are two ids.
//!
//! Each id carries its kind as a type, so that a capture's id cannot stand where
//! a payment's is wanted. Two forms exist: [`Id`], which keeps text of usual
//! length in place, and [`SharedId`], whose copies share one text and which suits
//! names that recur in many records.
//!
//! This module mints no ids, and it does not know whether an id exists.

mod capture;

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

use arrayvec::ArrayString;

pub use capture::{CaptureId, CaptureIdText};

/// The most characters (Unicode scalar values, not bytes) that an id may have.
///
/// In UTF-8 that is at most 256 bytes.
pub const MAX_CHARACTERS: usize = 64;

/// Counting stops here: how much too long a text is matters to nobody, and a
/// hostile text of gigabytes must not be walked to its end.
const COUNTED_CHARACTERS: usize = 1_024;

/// Bytes of text that an [`Id`] keeps in place; a UUID with a prefix fits.
const INLINE_BYTES: usize = 48;

/// Which thing an id names; the types that implement it are in [`kind`].
pub trait IdKind: 'static {
    /// The API's word for a field that holds such an id, as in `"paymentId"`.
    const NAME: &'static str;
}

/// The kinds of ids: types without values, used as the parameter of [`Id`] and
/// [`SharedId`] only.
pub mod kind {
    use super::IdKind;

    /// A merchant, who acts as a client of the API: `clientId`.
    pub enum Merchant {}
    /// A payment, and with it the authorization that it placed: `paymentId`.
    pub enum Payment {}
    /// A merchant's request to capture: `captureRequestId`.
    pub enum CaptureRequest {}
    /// A capture, as the engine names it: `captureId`.
    pub enum Capture {}
    /// A payer, whose account is drawn on: `payerId`.
    pub enum Payer {}
    /// A merchant's request to void: `voidRequestId`.
    pub enum VoidRequest {}
    /// A request to adjust a payer's account: `adjustRequestId`.
    pub enum AdjustRequest {}

    impl IdKind for Merchant {
        const NAME: &'static str = "clientId";
    }
    impl IdKind for Payment {
        const NAME: &'static str = "paymentId";
    }
    impl IdKind for CaptureRequest {
        const NAME: &'static str = "captureRequestId";
    }
    impl IdKind for Capture {
        const NAME: &'static str = "captureId";
    }
    impl IdKind for Payer {
        const NAME: &'static str = "payerId";
    }
    impl IdKind for VoidRequest {
        const NAME: &'static str = "voidRequestId";
    }
    impl IdKind for AdjustRequest {
        const NAME: &'static str = "adjustRequestId";
    }
}

/// The id of a merchant. Copies share one text: it recurs in every record.
pub type MerchantId = SharedId<kind::Merchant>;
/// The id of a payer. Copies share one text: it recurs in every record.
pub type PayerId = SharedId<kind::Payer>;
/// The id of a payment and of the authorization that it placed.
pub type PaymentId = Id<kind::Payment>;
/// The id that a merchant gives to a request to capture.
pub type CaptureRequestId = Id<kind::CaptureRequest>;
/// The id that a merchant gives to a request to void.
pub type VoidRequestId = Id<kind::VoidRequest>;
/// The id that is given to a request to adjust a payer's account.
pub type AdjustRequestId = Id<kind::AdjustRequest>;

/// Why a text is not an id.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text has no character at all.
    #[error("an id must not be empty: give it 1 to {max} characters", max = MAX_CHARACTERS)]
    Empty,
    /// The text has more than [`MAX_CHARACTERS`] characters.
    #[error(
        "an id has at most {max} characters, and this text has at least {characters}: shorten it",
        max = MAX_CHARACTERS
    )]
    TooLong {
        /// How many characters were counted. Counting stops at 1,024: there may
        /// be more if it says so, and are not if it says less.
        characters: usize,
    },
    /// The text holds a control character (Unicode's category Cc: NUL, a line
    /// break, a tab, U+0085, ...).
    #[error("an id must hold no control character: remove the one at position {position} (from 0)")]
    ControlCharacter {
        /// Where the first one stands, in characters, counted from 0.
        position: usize,
    },
    /// The text starts or ends with white space (Unicode's White_Space, to which
    /// the no-break space belongs). It is not trimmed for the caller, because the
    /// trimmed text would be another id.
    #[error("an id must neither start nor end with white space: remove it there")]
    OuterWhiteSpace,
}

/// An id that keeps text of up to 48 bytes in place, and longer text on the heap.
///
/// Its size is 56 bytes. Equality, order and hash are those of its text, so that a
/// map that is keyed by it can be asked with a `&str`.
///
/// ```
/// use capture_engine::id::{IdError, PaymentId};
///
/// let id: PaymentId = "pay-2019-0001".parse()?;
/// assert_eq!(id.as_str(), "pay-2019-0001");
/// assert_eq!(format!("{id:?}"), r#"paymentId("pay-2019-0001")"#);
///
/// // Nothing is trimmed for the caller.
/// assert_eq!(PaymentId::try_from("pay-1 "), Err(IdError::OuterWhiteSpace));
/// # Ok::<(), IdError>(())
/// ```
pub struct Id<K> {
    text: Text,
    kind: PhantomData<fn() -> K>,
}

/// An id whose copies share one text: a copy costs a count, not an allocation.
///
/// Equality, order and hash are those of its text; two copies of one id are found
/// equal without a look at it.
///
/// ```
/// use capture_engine::id::{IdError, MerchantId};
///
/// let merchant = MerchantId::try_from("merchant-7")?;
/// let copy = merchant.clone();
/// assert_eq!(copy, merchant);
/// assert_eq!(copy.to_string(), "merchant-7");
/// # Ok::<(), IdError>(())
/// ```
pub struct SharedId<K> {
    text: Arc<Text>,
    kind: PhantomData<fn() -> K>,
}

/// The text of an [`Id`], where it fits best.
#[derive(Clone)]
enum Text {
    Inline(ArrayString<INLINE_BYTES>),
    Heap(Box<str>),
}

impl Text {
    fn of(text: &str) -> Self {
        Self::inline(text).unwrap_or_else(|| Self::Heap(text.into()))
    }

    fn inline(text: &str) -> Option<Self> {
        ArrayString::from(text).ok().map(Self::Inline)
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Inline(text) => text,
            Self::Heap(text) => text,
        }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::inline(&text).unwrap_or_else(|| Self::Heap(text.into_boxed_str()))
    }
}

/// Says whether a text may be an id. It looks at a bounded part of it only.
fn check(text: &str) -> Result<(), IdError> {
    // Nearly all ids are printable ASCII without blanks, and short. All bytes are looked at, which
    // is faster than to stop at the first that is another: a processor does many at once.
    let is_graphic = |all, byte: &u8| all & byte.is_ascii_graphic();
    if (1..=MAX_CHARACTERS).contains(&text.len()) && text.as_bytes().iter().fold(true, is_graphic) {
        return Ok(());
    }
    check_unusual(text)
}

#[cold]
fn check_unusual(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    let characters = text.chars().take(COUNTED_CHARACTERS).count();
    if characters > MAX_CHARACTERS {
        return Err(IdError::TooLong { characters });
    }
    if let Some(position) = text.chars().position(char::is_control) {
        return Err(IdError::ControlCharacter { position });
    }
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Err(IdError::OuterWhiteSpace);
    }
    Ok(())
}

/// `paymentId("p-1")`: the text is quoted and escaped, as a log needs it.
fn write_debug<K: IdKind>(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "{}({text:?})", K::NAME)
}

// The traits below are written out instead of derived, because a derive would
// demand them of the kind too, which has no values.

impl<K> Id<K> {
    /// The text, exactly as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    fn from_checked(text: Text) -> Self {
        Self { text, kind: PhantomData }
    }
}

impl<K> TryFrom<&str> for Id<K> {
    type Error = IdError;

    /// # Errors
    /// [`IdError`] says which of the rules for ids the text breaks.
    fn try_from(text: &str) -> Result<Self, IdError> {
        check(text)?;
        Ok(Self::from_checked(Text::of(text)))
    }
}

impl<K> TryFrom<String> for Id<K> {
    type Error = IdError;

    /// # Errors
    /// [`IdError`] says which of the rules for ids the text breaks.
    fn try_from(text: String) -> Result<Self, IdError> {
        check(&text)?;
        Ok(Self::from_checked(Text::from(text)))
    }
}

impl<K> FromStr for Id<K> {
    type Err = IdError;

    /// # Errors
    /// [`IdError`] says which of the rules for ids the text breaks.
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::try_from(text)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        Self::from_checked(self.text.clone())
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<K: IdKind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_debug::<K>(f, self.as_str())
    }
}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl<K> AsRef<str> for Id<K> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl<K> Borrow<str> for Id<K> {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl<K> SharedId<K> {
    /// The text, exactly as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    fn from_checked(text: Text) -> Self {
        Self::from_shared(Arc::new(text))
    }

    fn from_shared(text: Arc<Text>) -> Self {
        Self { text, kind: PhantomData }
    }
}

impl<K> TryFrom<&str> for SharedId<K> {
    type Error = IdError;

    /// # Errors
    /// [`IdError`] says which of the rules for ids the text breaks.
    fn try_from(text: &str) -> Result<Self, IdError> {
        check(text)?;
        Ok(Self::from_checked(Text::of(text)))
    }
}

impl<K> TryFrom<String> for SharedId<K> {
    type Error = IdError;

    /// # Errors
    /// [`IdError`] says which of the rules for ids the text breaks.
    fn try_from(text: String) -> Result<Self, IdError> {
        check(&text)?;
        Ok(Self::from_checked(Text::from(text)))
    }
}

impl<K> FromStr for SharedId<K> {
    type Err = IdError;

    /// # Errors
    /// [`IdError`] says which of the rules for ids the text breaks.
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::try_from(text)
    }
}

impl<K> Clone for SharedId<K> {
    fn clone(&self) -> Self {
        Self::from_shared(Arc::clone(&self.text))
    }
}

impl<K> fmt::Display for SharedId<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<K: IdKind> fmt::Debug for SharedId<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_debug::<K>(f, self.as_str())
    }
}

impl<K> PartialEq for SharedId<K> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.text, &other.text) || self.as_str() == other.as_str()
    }
}

impl<K> Eq for SharedId<K> {}

impl<K> PartialOrd for SharedId<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for SharedId<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl<K> Hash for SharedId<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl<K> AsRef<str> for SharedId<K> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl<K> Borrow<str> for SharedId<K> {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

#[cfg(test)]
mod tests;
