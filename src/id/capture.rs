//! The engine's id of a capture. Most are 32 hexadecimal digits of a hash and
//! are kept as the 16 bytes that they stand for; any other text is kept too.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::str::FromStr;

use super::{Id, IdError, kind, write_debug};

/// The engine's id of a capture.
///
/// ```
/// use capture_engine::id::CaptureId;
/// let id = CaptureId::try_from("38148caf2a16044a5300554881ba5b48")?;
/// assert_eq!(&*id.text(), "38148caf2a16044a5300554881ba5b48");
/// # Ok::<(), capture_engine::id::IdError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CaptureId(Form);

/// Each text has one form, so that forms are equal just if texts are.
#[derive(Clone, PartialEq, Eq)]
enum Form {
    Digits([u8; 16]),
    Other(Box<Id<kind::Capture>>),
}

/// The text of a [`CaptureId`], in place.
#[derive(Clone, Copy, Debug)]
pub struct CaptureIdText<'a>(TextForm<'a>);

#[derive(Clone, Copy, Debug)]
enum TextForm<'a> {
    Digits([u8; 32]),
    Other(&'a str),
}

impl Deref for CaptureIdText<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            // Digits are always text.
            TextForm::Digits(digits) => std::str::from_utf8(digits).unwrap_or_default(),
            TextForm::Other(text) => text,
        }
    }
}

impl CaptureId {
    /// The text.
    pub fn text(&self) -> CaptureIdText<'_> {
        CaptureIdText(match &self.0 {
            Form::Digits(bytes) => {
                let mut digits = [0; 32];
                for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
                    pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 0xf)]);
                }
                TextForm::Digits(digits)
            }
            Form::Other(id) => TextForm::Other(id.as_str()),
        })
    }

    pub(crate) const fn from_hash(hash: u128) -> Self {
        Self(Form::Digits(hash.to_be_bytes()))
    }
}

/// The digit of a number below 16.
const fn digit(half: u8) -> u8 {
    let first = if half < 10 { b'0' } else { b'a' - 10 };
    first.wrapping_add(half)
}

/// The number that 32 digits stand for, if the text is just that.
fn from_digits(text: &str) -> Option<u128> {
    let are_digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() == 32 && are_digits { u128::from_str_radix(text, 16).ok() } else { None }
}

impl TryFrom<&str> for CaptureId {
    type Error = IdError;

    fn try_from(text: &str) -> Result<Self, IdError> {
        match from_digits(text) {
            Some(hash) => Ok(Self::from_hash(hash)),
            None => Ok(Self(Form::Other(Box::new(text.try_into()?)))),
        }
    }
}

impl TryFrom<String> for CaptureId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.as_str().try_into()
    }
}

impl FromStr for CaptureId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        text.try_into()
    }
}

impl fmt::Display for CaptureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
    }
}

impl fmt::Debug for CaptureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_debug::<kind::Capture>(f, &self.text())
    }
}

impl PartialOrd for CaptureId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By the text.
impl Ord for CaptureId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text().cmp(&other.text())
    }
}

impl Hash for CaptureId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text().hash(state);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_its_text_in_whatever_form_it_is_kept() {
        let digits = "0123456789abcdef0123456789abcdef";
        let texts = [digits, &digits.to_uppercase(), &digits[1..], &format!("{digits}0"), "+0", "cap-1", "é"];
        for text in texts {
            let id: CaptureId = text.parse().unwrap();
            assert_eq!((&*id.text(), id.to_string().as_str()), (text, text));
            assert_eq!(format!("{id:?}"), format!("captureId({text:?})"));
            for other in texts {
                let other: CaptureId = other.parse().unwrap();
                assert_eq!(id == other, id.text().eq(&*other.text()));
                assert_eq!(id.cmp(&other), id.text().cmp(&other.text()));
            }
        }
        assert_eq!(CaptureId::from_hash(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef), digits.parse().unwrap());
        assert!(CaptureId::try_from("").is_err() && CaptureId::try_from(" a").is_err());
        assert_eq!(size_of::<CaptureId>(), 24);
    }
}
