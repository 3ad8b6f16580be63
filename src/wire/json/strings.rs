//! What stands between two quotes: where it ends, and which characters it stands for.

use super::{Problem, index};

/// How many bytes of a string follow that need no look: up to the next quote, backslash or control
/// character. The text is known to be UTF-8. Eight bytes at a time, since most of a body is this.
#[inline]
pub(in crate::wire) fn plain(bytes: &[u8]) -> usize {
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

pub(super) fn is_special(byte: u8) -> bool {
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
pub(super) fn unescape(quoted: &str) -> String {
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
pub(super) fn escape(after: &[u8]) -> Result<(char, usize), Problem> {
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
