//! Instants as whole microseconds since 1970-01-01T00:00:00Z: read and printed
//! by the rules of the proleptic Gregorian calendar.

pub const SECOND: i64 = 1_000_000;
pub const DAY: i64 = 86_400 * SECOND;

/// 0001-01-02T00:00:00Z and 9999-12-30T00:00:00Z: the first and the last.
pub const FIRST: i64 = -719_161 * DAY;
pub const LAST: i64 = 2_932_895 * DAY;

/// The days from 1970-01-01 to this date.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let leap_days = before / 4 - before / 100 + before / 400;
    let months: i64 = (1..month).map(|earlier| length(year, earlier)).sum();
    before * 365 + leap_days + months + day - 1 - 719_162
}

fn length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Reads `YYYY-MM-DDThh:mm:ss[.1-9 digits](Z|±hh:mm)`; digits beyond the
/// microsecond are cut off.
pub fn read(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| digits(bytes.get(from..to)?);
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, separator)| bytes.get(*at) != Some(separator)) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let mut rest = &text[19..];
    let mut fraction = 0;
    if let Some(after) = rest.strip_prefix('.') {
        let count = after.bytes().take_while(u8::is_ascii_digit).count();
        if !(1..=9).contains(&count) {
            return None;
        }
        let six: String = after[..count].chars().chain("000000".chars()).take(6).collect();
        fraction = digits(six.as_bytes())?;
        rest = &after[count..];
    }
    let offset = if rest == "Z" { 0 } else { offset(rest)?.1 };
    let dated = year >= 1 && (1..=12).contains(&month) && (1..=length(year, month)).contains(&day);
    if !dated || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = hour * 3600 + minute * 60 + second - offset * 60;
    let instant = days(year, month, day) * DAY + seconds * SECOND + fraction;
    (FIRST..=LAST).contains(&instant).then_some(instant)
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes
        .iter()
        .try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
}

/// Reads `±hh:mm` up to 18 hours: as it is printed, and in minutes.
pub fn offset(text: &str) -> Option<(String, i64)> {
    let bytes = text.as_bytes();
    let sign = match bytes.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    if bytes.len() != 6 || bytes.get(3) != Some(&b':') {
        return None;
    }
    let (hours, minutes) = (digits(bytes.get(1..3)?)?, digits(bytes.get(4..6)?)?);
    let whole = sign * (hours * 60 + minutes);
    let printed = if whole == 0 { "+00:00".to_owned() } else { text.to_owned() };
    (minutes <= 59 && whole.abs() <= 18 * 60).then_some((printed, whole))
}

/// How much of a second is printed.
#[derive(Clone, Copy, PartialEq)]
pub enum Fraction {
    Never,
    IfAny,
    Always,
}

/// Prints an instant at this offset.
pub fn print(instant: i64, offset: &(String, i64), fraction: Fraction) -> String {
    let local = instant + offset.1 * 60 * SECOND;
    let (day, within) = (local.div_euclid(DAY), local.rem_euclid(DAY));
    let (year, month, day) = date(day);
    let (seconds, micros) = (within / SECOND, within % SECOND);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let shown = fraction == Fraction::Always || fraction == Fraction::IfAny && micros > 0;
    let micros = if shown { format!(".{micros:06}") } else { String::new() };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{micros}{}", offset.0)
}

/// The date of a day since 1970-01-01.
fn date(day: i64) -> (i64, i64, i64) {
    // A year that is not later than the day's: none is longer than 366 days, none shorter than 365.
    let mut year = (1970 + day.div_euclid(if day < 0 { 365 } else { 366 })).max(1);
    while days(year + 1, 1, 1) <= day {
        year += 1;
    }
    let mut rest = day - days(year, 1, 1);
    let mut month = 1;
    while rest >= length(year, month) {
        rest -= length(year, month);
        month += 1;
    }
    (year, month, rest + 1)
}
