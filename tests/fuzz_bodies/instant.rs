//! Instants and offsets: what is read, against a calendar counted by hand and
//! against jiff; what is printed is read again as the same.

use capture_engine::Instant;
use capture_engine::time::{Offset, TimeError};

const MICROS_PER_DAY: i128 = 86_400_000_000;
const FIRST: i128 = -719_161;
const LAST: i128 = 2_932_895;

/// Whether the bytes are an instant or an offset in the one form.
pub fn check(bytes: &[u8]) -> bool {
    if let Some(micros) = bytes.first_chunk() {
        from_a_number(i64::from_le_bytes(*micros));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let expected = by_hand(text);
    let read = text.parse::<Instant>();
    assert_eq!(read.ok().map(Instant::as_micros), expected, "{text:?}: {read:?}");
    if let Err(TimeError::InstantForm { position }) = read {
        assert!(position <= text.len(), "{text:?}: {position}");
    }
    if let Ok(instant) = read {
        let theirs: jiff::Timestamp = text.parse().unwrap_or_else(|error| panic!("{text:?}: {error}"));
        let micros = theirs.as_nanosecond().div_euclid(1_000);
        assert_eq!(i128::from(instant.as_micros()), micros, "{text:?}");
        prints_and_reads(instant);
    }
    let offset = text.parse::<Offset>();
    assert_eq!(offset.ok().map(|offset| i64::from(offset.minutes())), offset_by_hand(bytes), "{text:?}");
    if let Ok(offset) = offset {
        assert_eq!(offset.to_string().parse(), Ok(offset));
    }
    read.is_ok() || offset.is_ok()
}

/// Any number is an instant just within the range.
fn from_a_number(micros: i64) {
    let first_and_last = FIRST * MICROS_PER_DAY..=LAST * MICROS_PER_DAY;
    match Instant::from_micros(micros) {
        Ok(instant) => {
            assert!(first_and_last.contains(&micros.into()), "{micros}");
            prints_and_reads(instant);
        }
        Err(error) => {
            assert_eq!(error, TimeError::OutOfRange);
            assert!(!first_and_last.contains(&micros.into()), "{micros}");
        }
    }
}

fn prints_and_reads(instant: Instant) {
    assert_eq!(instant.to_string().parse(), Ok(instant));
    let second = instant.as_micros().div_euclid(1_000_000) * 1_000_000;
    let spread = i16::try_from(instant.as_micros().rem_euclid(2_161)).unwrap() - 1_080;
    for minutes in [-1_080, 0, 480, 1_080, spread] {
        let time = instant.at(Offset::from_minutes(minutes).unwrap());
        assert_eq!(time.with_micros().to_string().parse(), Ok(instant));
        assert_eq!(time.with_fraction().to_string().parse(), Ok(instant));
        assert_eq!(time.to_string().parse().map(Instant::as_micros), Ok(second), "{instant}");
    }
}

/// `YYYY-MM-DDThh:mm:ss[.1 to 9 digits](Z|±hh:mm)` of a date that exists, in
/// the range, as microseconds since the epoch.
pub fn by_hand(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let (date_and_clock, rest) = bytes.split_at_checked(19)?;
    for (at, separator) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')] {
        if date_and_clock[at] != separator {
            return None;
        }
    }
    let [year, month, day, hour, minute, second] =
        [(0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19)].map(|(from, to)| digits(&bytes[from..to]));
    let days = days_since_the_epoch(year?, month?, day?)?;
    if hour? > 23 || minute? > 59 || second? > 59 {
        return None;
    }
    let (micros, zone) = match rest.strip_prefix(b".") {
        Some(rest) => {
            let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let fraction = Some(&rest[..length]).filter(|fraction| (1..=9).contains(&fraction.len()))?;
            let six: Vec<u8> = fraction.iter().copied().chain([b'0'; 6]).take(6).collect();
            (digits(&six)?, &rest[length..])
        }
        None => (0, rest),
    };
    let offset = if zone == b"Z" { 0 } else { offset_by_hand(zone)? };
    let seconds = days * 86_400 + hour? * 3_600 + minute? * 60 + second? - offset * 60;
    let micros = i128::from(seconds) * 1_000_000 + i128::from(micros);
    let in_range = (FIRST * MICROS_PER_DAY..=LAST * MICROS_PER_DAY).contains(&micros);
    in_range.then(|| i64::try_from(micros).unwrap())
}

/// `±hh:mm`, as minutes.
fn offset_by_hand(bytes: &[u8]) -> Option<i64> {
    let [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] = bytes else { return None };
    let (hours, minutes) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
    let all = hours * 60 + minutes;
    (minutes <= 59 && all <= 18 * 60).then_some(if *sign == b'-' { -all } else { all })
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes
        .iter()
        .try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
}

fn days_since_the_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let february = if leap { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month - 1).ok().filter(|before| *before < 12)?;
    if day < 1 || day > months[before] {
        return None;
    }
    // The days of the years from 0 to the one before, of which 0, 400 … are leap years.
    let last = year - 1;
    let leaps = last.div_euclid(4) - last.div_euclid(100) + last.div_euclid(400) + 1;
    let from_year_0 = year * 365 + leaps + months[..before].iter().sum::<i64>() + day - 1;
    Some(from_year_0 - 719_528)
}
