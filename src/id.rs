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

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

use std::fmt::Write as _;

use arrayvec::ArrayString;

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
/// The id that the engine gives to a capture.
pub type CaptureId = Id<kind::Capture>;
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
    text: Arc<str>,
    kind: PhantomData<fn() -> K>,
}

/// The text of an [`Id`], where it fits best.
#[derive(Clone)]
enum Text {
    Inline(ArrayString<INLINE_BYTES>),
    Heap(Box<str>),
}

impl Text {
    /// The text in place, if it is short enough for that.
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

/// Says whether a text may be an id. It looks at a bounded part of it only.
fn check(text: &str) -> Result<(), IdError> {
    // Nearly all ids are printable ASCII without blanks, and short.
    if (1..=MAX_CHARACTERS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
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

impl Id<kind::Capture> {
    /// The id whose text is these 128 bits in 32 hexadecimal digits.
    pub(crate) fn from_hash(hash: u128) -> Self {
        let mut digits = ArrayString::new();
        // 32 digits always fit, so that there is no error to report.
        let _ = write!(digits, "{hash:032x}");
        Self::from_checked(Text::Inline(digits))
    }
}

impl<K> TryFrom<&str> for Id<K> {
    type Error = IdError;

    /// # Errors
    /// [`IdError`] says which of the rules for ids the text breaks.
    fn try_from(text: &str) -> Result<Self, IdError> {
        check(text)?;
        let inline = Text::inline(text);
        Ok(Self::from_checked(inline.unwrap_or_else(|| Text::Heap(text.into()))))
    }
}

impl<K> TryFrom<String> for Id<K> {
    type Error = IdError;

    /// # Errors
    /// [`IdError`] says which of the rules for ids the text breaks.
    fn try_from(text: String) -> Result<Self, IdError> {
        check(&text)?;
        let inline = Text::inline(&text);
        Ok(Self::from_checked(inline.unwrap_or_else(|| Text::Heap(text.into_boxed_str()))))
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
        &self.text
    }

    fn from_checked(text: Arc<str>) -> Self {
        Self { text, kind: PhantomData }
    }
}

impl<K> TryFrom<&str> for SharedId<K> {
    type Error = IdError;

    /// # Errors
    /// [`IdError`] says which of the rules for ids the text breaks.
    fn try_from(text: &str) -> Result<Self, IdError> {
        check(text)?;
        Ok(Self::from_checked(Arc::from(text)))
    }
}

impl<K> TryFrom<String> for SharedId<K> {
    type Error = IdError;

    /// # Errors
    /// [`IdError`] says which of the rules for ids the text breaks.
    fn try_from(text: String) -> Result<Self, IdError> {
        check(&text)?;
        Ok(Self::from_checked(Arc::from(text)))
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
        Self::from_checked(Arc::clone(&self.text))
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
        Arc::ptr_eq(&self.text, &other.text) || self.text == other.text
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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::{BTreeSet, HashSet};

    /// Both forms must answer the same, from borrowed and from owned text.
    fn read(text: &str) -> Result<String, IdError> {
        let inline = PaymentId::try_from(text).map(|id| id.to_string());
        let answers = [
            PaymentId::try_from(text.to_owned()).map(|id| id.to_string()),
            text.parse::<PaymentId>().map(|id| id.to_string()),
            PayerId::try_from(text).map(|id| id.to_string()),
            PayerId::try_from(text.to_owned()).map(|id| id.to_string()),
            text.parse::<PayerId>().map(|id| id.to_string()),
        ];
        answers.iter().for_each(|answer| assert_eq!(*answer, inline));
        inline
    }

    #[test]
    fn ids_within_the_bounds_are_kept_as_given() {
        let texts = [
            "p".to_owned(),
            "0".repeat(48),
            "0".repeat(49),
            "a".repeat(64),
            "\u{1F600}".repeat(64),
            "\u{10FFFF}".to_owned(),
            "inner  blanks\u{A0}are\u{3000}fine".to_owned(),
            // A zero-width space and a byte order mark are neither Cc nor White_Space.
            "\u{200B}x\u{FEFF}".to_owned(),
            "e\u{301}".to_owned(),
            "\"quoted\\\"".to_owned(),
        ];
        for text in texts {
            assert_eq!(read(&text), Ok(text.clone()), "{text:?}");
        }
    }

    #[test]
    fn ids_out_of_bounds_are_refused() {
        let control = |position| IdError::ControlCharacter { position };
        let long = |characters| IdError::TooLong { characters };
        let cases = [
            (String::new(), IdError::Empty),
            ("a".repeat(65), long(65)),
            ("\u{1F600}".repeat(65), long(65)),
            (" ".repeat(65), long(65)),
            ("\0".to_owned(), control(0)),
            ("a\0b".to_owned(), control(1)),
            ("\u{1F600}\u{85}x".to_owned(), control(1)),
            ("a\u{7F}".to_owned(), control(1)),
            ("a\u{9F}b".to_owned(), control(1)),
            ("line\n".to_owned(), control(4)),
            ("tab\tinside".to_owned(), control(3)),
            (" ".to_owned(), IdError::OuterWhiteSpace),
            (" a".to_owned(), IdError::OuterWhiteSpace),
            ("a ".to_owned(), IdError::OuterWhiteSpace),
            ("\u{A0}a".to_owned(), IdError::OuterWhiteSpace),
            ("a\u{A0}".to_owned(), IdError::OuterWhiteSpace),
            ("a\u{3000}".to_owned(), IdError::OuterWhiteSpace),
            ("\u{2028}a".to_owned(), IdError::OuterWhiteSpace),
        ];
        for (text, error) in cases {
            assert_eq!(read(&text), Err(error), "{text:?}");
        }
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "only a clock tells a walk of 64 GiB from none")]
    fn a_huge_text_is_refused_without_a_walk_through_it() {
        let text = "x".repeat(64 << 20);
        let counted = IdError::TooLong { characters: COUNTED_CHARACTERS };
        let start = std::time::Instant::now();
        for _ in 0..1_000 {
            assert_eq!(PaymentId::try_from(text.as_str()), Err(counted.clone()));
        }
        // A thousand full walks would be 64 GiB.
        assert!(start.elapsed() < std::time::Duration::from_secs(2));
    }

    #[test]
    fn nothing_is_folded_or_normalised() {
        let pairs = [("a", "A"), ("\u{E9}", "e\u{301}"), ("1", "\u{FF11}"), ("a b", "a  b")];
        for (left, right) in pairs {
            assert_ne!(PaymentId::try_from(left), PaymentId::try_from(right));
            assert_ne!(MerchantId::try_from(left), MerchantId::try_from(right));
        }
    }

    #[test]
    fn equality_does_not_depend_on_where_the_text_lies() {
        let one = MerchantId::try_from("m").unwrap();
        let other = MerchantId::try_from("m").unwrap();
        assert!(!Arc::ptr_eq(&one.text, &other.text));
        assert!(Arc::ptr_eq(&one.text, &one.clone().text));
        assert_eq!(one, other);
        assert_eq!(one, one.clone());
        let long = PaymentId::try_from("x".repeat(49)).unwrap();
        assert!(matches!(long.text, Text::Heap(_)));
        assert_eq!(long, long.clone());
    }

    #[test]
    fn order_is_by_bytes_in_both_forms() {
        let sorted = ["A", "B", "a", "aa", "b", "\u{E9}", "\u{FFFF}", "\u{10000}"];
        let ids: BTreeSet<PaymentId> = sorted.iter().rev().map(|t| t.parse().unwrap()).collect();
        let shared: BTreeSet<PayerId> = sorted.iter().rev().map(|t| t.parse().unwrap()).collect();
        assert!(ids.iter().map(Id::as_str).eq(sorted));
        assert!(shared.iter().map(SharedId::as_str).eq(sorted));
    }

    #[test]
    fn a_map_is_asked_with_plain_text() {
        let short = "p-1".to_owned();
        for text in [short, "y".repeat(64)] {
            let ids = HashSet::from([PaymentId::try_from(text.as_str()).unwrap()]);
            let shared = HashSet::from([PayerId::try_from(text.as_str()).unwrap()]);
            assert!(ids.contains(text.as_str()) && shared.contains(text.as_str()));
        }
    }

    #[test]
    fn debug_names_the_field_and_escapes_the_text() {
        let id = CaptureRequestId::try_from("a\"\u{202E}b").unwrap();
        assert_eq!(format!("{id:?}"), r#"captureRequestId("a\"\u{202e}b")"#);
        let merchant = MerchantId::try_from("m-1").unwrap();
        assert_eq!(format!("{merchant:?} {merchant}"), r#"clientId("m-1") m-1"#);
        assert_eq!(kind::Capture::NAME, "captureId");
        assert_eq!(kind::Payer::NAME, "payerId");
        assert_eq!(kind::VoidRequest::NAME, "voidRequestId");
        assert_eq!(kind::AdjustRequest::NAME, "adjustRequestId");
    }

    #[test]
    fn sizes_stay_as_promised() {
        assert_eq!(size_of::<PaymentId>(), 56);
        assert_eq!(size_of::<Option<PaymentId>>(), 56);
        assert_eq!(size_of::<MerchantId>(), 16);
        assert_eq!(size_of::<Option<MerchantId>>(), 16);
    }

    #[test]
    fn ids_cross_threads_whatever_their_kind() {
        struct Local(#[allow(dead_code)] *const u8);
        fn crosses<T: Send + Sync + Clone + Eq + Ord + Hash + Unpin>() {}
        crosses::<Id<Local>>();
        crosses::<SharedId<Local>>();
    }

    #[test]
    fn errors_say_the_bound_and_the_remedy() {
        let cases = [
            (IdError::Empty, "1 to 64 characters"),
            (
                IdError::TooLong { characters: 70 },
                "at most 64 characters, and this text has at least 70: shorten it",
            ),
            (IdError::ControlCharacter { position: 3 }, "remove the one at position 3"),
            (IdError::OuterWhiteSpace, "remove it there"),
        ];
        for (error, part) in cases {
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
