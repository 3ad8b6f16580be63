//! Points in time, the offsets at which they are printed, and their one text form.
//!
//! Every instant is a whole number of microseconds since 1970-01-01T00:00:00Z; finer
//! digits are cut off, towards the past. The range, [`Instant::MIN`] to
//! [`Instant::MAX`], keeps a day's distance from the first and the last date that
//! can be written in four digits, so that every instant can be printed at every
//! [`Offset`].
//!
//! The form that is read is narrow on purpose:
//! `YYYY-MM-DDThh:mm:ss[.1 to 9 digits](Z|±hh:mm)`, ASCII only, and nothing else. What
//! time libraries add out of kindness (a second 60, a bare date, a blank for the `T`,
//! an offset `+08`, a zone in brackets) is refused, because two readers of one text
//! must never understand two instants.
//!
//! Nothing here reads a clock, and there are no time zones, only fixed offsets.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::{Timestamp, civil, tz};

const MICROS_PER_SECOND: i64 = 1_000_000;

/// A point in time, in whole microseconds since the epoch, 1970-01-01T00:00:00Z.
///
/// ```
/// use std::time::Duration;
/// use capture_engine::time::{Instant, Offset, TimeError};
///
/// let instant: Instant = "2019-06-12T14:07:05.25+08:00".parse()?;
/// assert_eq!(instant.as_micros(), 1_560_319_625_250_000);
/// assert_eq!(instant.to_string(), "2019-06-12T06:07:05.250000Z");
/// assert_eq!(instant.at(Offset::PLUS_8).to_string(), "2019-06-12T14:07:05+08:00");
///
/// let later = instant.checked_add(Duration::from_secs(1));
/// assert!(later > Some(instant));
/// # Ok::<(), TimeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    micros: i64,
}

impl Instant {
    /// The epoch: 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self { micros: 0 };
    /// The first instant: 0001-01-02T00:00:00Z.
    pub const MIN: Self = Self { micros: -62_135_510_400 * MICROS_PER_SECOND };
    /// The last instant: 9999-12-30T00:00:00Z.
    pub const MAX: Self = Self { micros: 253_402_128_000 * MICROS_PER_SECOND };

    /// The instant so many microseconds after the epoch (before it, if negative).
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] before [`Instant::MIN`] or after [`Instant::MAX`].
    pub const fn from_micros(micros: i64) -> Result<Self, TimeError> {
        if micros < Self::MIN.micros || micros > Self::MAX.micros {
            return Err(TimeError::OutOfRange);
        }
        Ok(Self { micros })
    }

    /// Microseconds since the epoch; negative before it.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.micros
    }

    /// The instant so much later, or `None` after [`Instant::MAX`]. Of the duration,
    /// what is finer than a microsecond is cut off.
    #[must_use]
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        let micros = i64::try_from(duration.as_micros()).ok()?;
        Self::from_micros(self.micros.checked_add(micros)?).ok()
    }

    /// This instant as a clock at an offset from UTC shows it.
    #[must_use]
    pub const fn at(self, offset: Offset) -> OffsetTime {
        OffsetTime { instant: self, offset }
    }
}

impl FromStr for Instant {
    type Err = TimeError;

    /// Reads `YYYY-MM-DDThh:mm:ss[.1 to 9 digits](Z|±hh:mm)`. Digits finer than a
    /// microsecond are cut off, before the range is looked at.
    ///
    /// # Errors
    /// [`TimeError`] says whether the form, the date, the time of day, the offset or
    /// the range is wrong.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let mut reader = Reader::new(text);
        let written =
            read_written(&mut reader).ok_or(TimeError::InstantForm { position: reader.position })?;
        written.instant()
    }
}

impl TryFrom<SystemTime> for Instant {
    type Error = TimeError;

    /// The microsecond in which the time of the system's clock lies.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] before [`Instant::MIN`] or after [`Instant::MAX`].
    fn try_from(time: SystemTime) -> Result<Self, TimeError> {
        let micros = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).ok(),
            // Before the epoch the cut goes to the past too: the distance grows.
            Err(before) => {
                i64::try_from(before.duration().as_nanos().div_ceil(1_000)).ok().and_then(i64::checked_neg)
            }
        };
        Self::from_micros(micros.ok_or(TimeError::OutOfRange)?)
    }
}

impl fmt::Display for Instant {
    /// In UTC, with all six digits: `2019-06-12T06:07:05.000000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.at(Offset::UTC).write_local(f, Fraction::Always)?;
        f.write_str("Z")
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How far local time is ahead of UTC: whole minutes, −18:00 to +18:00.
///
/// ```
/// use capture_engine::time::{Offset, TimeError};
///
/// let offset: Offset = "+05:45".parse()?;
/// assert_eq!((offset.minutes(), offset.to_string()), (345, "+05:45".to_owned()));
/// assert_eq!("-00:00".parse(), Ok(Offset::UTC));
/// assert_eq!("+18:01".parse::<Offset>(), Err(TimeError::OffsetOutOfRange));
/// # Ok::<(), TimeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset {
    minutes: i16,
}

impl Offset {
    /// None: `+00:00`.
    pub const UTC: Self = Self { minutes: 0 };
    /// Eight hours ahead of UTC: `+08:00`.
    pub const PLUS_8: Self = Self { minutes: 8 * 60 };

    const MAX_MINUTES: i16 = 18 * 60;

    /// The offset of so many minutes; negative for local time behind UTC.
    ///
    /// # Errors
    /// [`TimeError::OffsetOutOfRange`] below −1080 or above 1080 minutes (18 hours).
    pub const fn from_minutes(minutes: i16) -> Result<Self, TimeError> {
        if minutes < -Self::MAX_MINUTES || minutes > Self::MAX_MINUTES {
            return Err(TimeError::OffsetOutOfRange);
        }
        Ok(Self { minutes })
    }

    /// Minutes ahead of UTC, −1080 to 1080.
    #[must_use]
    pub const fn minutes(self) -> i16 {
        self.minutes
    }

    /// The same for the calendar's library, whose range is wider.
    fn to_calendar(self) -> Option<tz::Offset> {
        tz::Offset::from_seconds(i32::from(self.minutes).checked_mul(60)?).ok()
    }
}

impl FromStr for Offset {
    type Err = TimeError;

    /// Reads `±hh:mm` and nothing else; `-00:00` is `+00:00`.
    ///
    /// # Errors
    /// [`TimeError::OffsetForm`] for another form, [`TimeError::OffsetOutOfRange`]
    /// beyond 18:00 or for minutes above 59.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let mut reader = Reader::new(text);
        let written = read_offset(&mut reader).filter(|_| reader.is_at_end());
        let form = TimeError::OffsetForm { position: reader.position };
        written.ok_or(form)?.offset()
    }
}

impl fmt::Display for Offset {
    /// `+08:00`, `-03:30`, `+00:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minutes < 0 { '-' } else { '+' };
        let minutes = self.minutes.unsigned_abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl fmt::Debug for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An instant with the offset at which it is printed; made by [`Instant::at`].
///
/// Two of them are equal if they print the same at full precision: one instant at two
/// offsets is two values here.
///
/// ```
/// use capture_engine::time::{Instant, Offset, TimeError};
///
/// let time = "2019-06-12T06:07:05.9Z".parse::<Instant>()?.at(Offset::PLUS_8);
/// assert_eq!(time.to_string(), "2019-06-12T14:07:05+08:00");
/// assert_eq!(time.with_fraction().to_string(), "2019-06-12T14:07:05.900000+08:00");
/// # Ok::<(), TimeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OffsetTime {
    instant: Instant,
    offset: Offset,
}

impl OffsetTime {
    /// The instant.
    #[must_use]
    pub const fn instant(self) -> Instant {
        self.instant
    }

    /// The offset at which it is printed.
    #[must_use]
    pub const fn offset(self) -> Offset {
        self.offset
    }

    /// Prints like the time itself, and six digits of fraction if that is not zero.
    #[must_use]
    pub fn with_fraction(self) -> impl fmt::Display {
        Printed { time: self, fraction: Fraction::IfAny }
    }

    /// Prints like the time itself, and always six digits of fraction.
    #[must_use]
    pub fn with_micros(self) -> impl fmt::Display {
        Printed { time: self, fraction: Fraction::Always }
    }

    /// Date and time of day, without the offset.
    fn write_local(self, f: &mut fmt::Formatter<'_>, fraction: Fraction) -> fmt::Result {
        // Every instant has a date at every offset, so this never fails.
        let local = self.to_calendar().ok_or(fmt::Error)?;
        write_date(f, local.date())?;
        write_clock(f, local.time())?;
        let micros = self.instant.micros.rem_euclid(MICROS_PER_SECOND);
        match fraction {
            Fraction::Always => write!(f, ".{micros:06}"),
            Fraction::IfAny if micros != 0 => write!(f, ".{micros:06}"),
            Fraction::IfAny | Fraction::Never => Ok(()),
        }
    }

    fn write(self, f: &mut fmt::Formatter<'_>, fraction: Fraction) -> fmt::Result {
        self.write_local(f, fraction)?;
        fmt::Display::fmt(&self.offset, f)
    }

    fn to_calendar(self) -> Option<civil::DateTime> {
        let timestamp = Timestamp::from_microsecond(self.instant.micros).ok()?;
        Some(self.offset.to_calendar()?.to_datetime(timestamp))
    }
}

impl fmt::Display for OffsetTime {
    /// To the second, the fraction cut off (not rounded): `2019-06-12T14:07:05+08:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, Fraction::Never)
    }
}

impl fmt::Debug for OffsetTime {
    /// With six digits of fraction, so that two that differ look different.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, Fraction::Always)
    }
}

/// When the digits after the second are printed.
#[derive(Clone, Copy)]
enum Fraction {
    Never,
    IfAny,
    Always,
}

/// A time with the decision how it is printed.
struct Printed {
    time: OffsetTime,
    fraction: Fraction,
}

impl fmt::Display for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.time.write(f, self.fraction)
    }
}

fn write_date(f: &mut fmt::Formatter<'_>, date: civil::Date) -> fmt::Result {
    let (year, month, day) = (date.year(), date.month(), date.day());
    write!(f, "{year:04}-{month:02}-{day:02}")
}

fn write_clock(f: &mut fmt::Formatter<'_>, time: civil::Time) -> fmt::Result {
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    write!(f, "T{hour:02}:{minute:02}:{second:02}")
}

/// Why a text or a number is not an instant or an offset.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// The text has not the form of an instant.
    #[error(
        "an instant is YYYY-MM-DDThh:mm:ss[.1 to 9 digits](Z|±hh:mm), and the text departs from \
         that at byte {position} (from 0)"
    )]
    InstantForm {
        /// The first byte that does not fit, counted from 0.
        position: usize,
    },
    /// The text has not the form of an offset.
    #[error("an offset is ±hh:mm, and the text departs from that at byte {position} (from 0)")]
    OffsetForm {
        /// The first byte that does not fit, counted from 0.
        position: usize,
    },
    /// The calendar has no such date.
    #[error("there is no date {year:04}-{month:02}-{day:02}")]
    NoSuchDate {
        /// The year as written, 0 to 9999.
        year: i16,
        /// The month as written, 0 to 99.
        month: i8,
        /// The day as written, 0 to 99.
        day: i8,
    },
    /// The clock shows no such time; a leap second is none.
    #[error(
        "there is no time {hour:02}:{minute:02}:{second:02}: hours are 00 to 23, minutes and \
         seconds 00 to 59"
    )]
    NoSuchTime {
        /// The hour as written, 0 to 99.
        hour: i8,
        /// The minute as written, 0 to 99.
        minute: i8,
        /// The second as written, 0 to 99.
        second: i8,
    },
    /// The offset is beyond 18 hours, or its minutes are above 59.
    #[error("an offset is from -18:00 to +18:00, its minutes 00 to 59")]
    OffsetOutOfRange,
    /// The instant is before [`Instant::MIN`] or after [`Instant::MAX`].
    #[error("an instant is from 0001-01-02T00:00:00Z to 9999-12-30T00:00:00Z")]
    OutOfRange,
}

/// An offset in the right form, its numbers not looked at yet.
struct WrittenOffset {
    behind: bool,
    hours: i8,
    minutes: i8,
}

impl WrittenOffset {
    const ZERO: Self = Self { behind: false, hours: 0, minutes: 0 };

    fn offset(&self) -> Result<Offset, TimeError> {
        if self.minutes > 59 {
            return Err(TimeError::OffsetOutOfRange);
        }
        // At most 99:59, which is far from an i16's ends.
        let minutes = i16::from(self.hours).saturating_mul(60).saturating_add(i16::from(self.minutes));
        Offset::from_minutes(if self.behind { minutes.saturating_neg() } else { minutes })
    }
}

/// An instant in the right form, its numbers not looked at yet.
struct Written {
    year: i16,
    month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    second: i8,
    micros: i32,
    offset: WrittenOffset,
}

impl Written {
    fn instant(&self) -> Result<Instant, TimeError> {
        let local = civil::DateTime::from_parts(self.date()?, self.time()?);
        let offset = self.offset.offset()?.to_calendar();
        let timestamp = offset.and_then(|offset| offset.to_timestamp(local).ok());
        Instant::from_micros(timestamp.ok_or(TimeError::OutOfRange)?.as_microsecond())
    }

    fn date(&self) -> Result<civil::Date, TimeError> {
        let (year, month, day) = (self.year, self.month, self.day);
        civil::Date::new(year, month, day).map_err(|_| TimeError::NoSuchDate { year, month, day })
    }

    fn time(&self) -> Result<civil::Time, TimeError> {
        let (hour, minute, second) = (self.hour, self.minute, self.second);
        let nanos = self.micros.saturating_mul(1_000);
        civil::Time::new(hour, minute, second, nanos).map_err(|_| TimeError::NoSuchTime {
            hour,
            minute,
            second,
        })
    }
}

/// Reads a whole text; `None` where it departs from the form, at the reader's position.
fn read_written(reader: &mut Reader<'_>) -> Option<Written> {
    // The fields are read in the order in which they stand here.
    let written = Written {
        year: reader.number(4)?,
        month: reader.two_digits_after(b'-')?,
        day: reader.two_digits_after(b'-')?,
        hour: reader.two_digits_after(b'T')?,
        minute: reader.two_digits_after(b':')?,
        second: reader.two_digits_after(b':')?,
        micros: read_fraction(reader)?,
        offset: read_zone(reader)?,
    };
    reader.is_at_end().then_some(written)
}

/// A point with 1 to 9 digits, as microseconds, or nothing.
fn read_fraction(reader: &mut Reader<'_>) -> Option<i32> {
    if reader.literal(b'.').is_none() {
        return Some(0);
    }
    let mut micros = digit_times(reader.digit()?, 100_000);
    // After the sixth digit the weight is 0: finer digits are cut off.
    for weight in [10_000, 1_000, 100, 10, 1, 0, 0, 0] {
        let Some(digit) = reader.digit() else { break };
        micros = micros.saturating_add(digit_times(digit, weight));
    }
    Some(micros)
}

fn digit_times(digit: i16, weight: i32) -> i32 {
    i32::from(digit).saturating_mul(weight)
}

fn read_zone(reader: &mut Reader<'_>) -> Option<WrittenOffset> {
    match reader.literal(b'Z') {
        Some(()) => Some(WrittenOffset::ZERO),
        None => read_offset(reader),
    }
}

fn read_offset(reader: &mut Reader<'_>) -> Option<WrittenOffset> {
    let behind = reader.literal(b'-').is_some();
    if !behind {
        reader.literal(b'+')?;
    }
    Some(WrittenOffset { behind, hours: reader.two_digits()?, minutes: reader.two_digits_after(b':')? })
}

/// Walks through a text byte by byte. What does not fit is left unread.
struct Reader<'a> {
    rest: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text.as_bytes(), position: 0 }
    }

    fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    fn next_if<T>(&mut self, wanted: impl FnOnce(u8) -> Option<T>) -> Option<T> {
        let (first, rest) = self.rest.split_first()?;
        let found = wanted(*first)?;
        self.rest = rest;
        self.position = self.position.saturating_add(1);
        Some(found)
    }

    fn literal(&mut self, byte: u8) -> Option<()> {
        self.next_if(|next| (next == byte).then_some(()))
    }

    fn digit(&mut self) -> Option<i16> {
        let digit = self.next_if(|next| char::from(next).to_digit(10))?;
        i16::try_from(digit).ok()
    }

    /// A number of exactly so many digits, at most four.
    fn number(&mut self, digits: usize) -> Option<i16> {
        (0..digits).try_fold(0, |number: i16, _| number.checked_mul(10)?.checked_add(self.digit()?))
    }

    fn two_digits(&mut self) -> Option<i8> {
        i8::try_from(self.number(2)?).ok()
    }

    fn two_digits_after(&mut self, byte: u8) -> Option<i8> {
        self.literal(byte)?;
        self.two_digits()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Instant {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn micros(micros: i64) -> Instant {
        Instant::from_micros(micros).unwrap()
    }

    fn offset(minutes: i16) -> Offset {
        Offset::from_minutes(minutes).unwrap()
    }

    #[test]
    fn well_formed_instants_are_read() {
        let cases = [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00-00:00", 0),
            ("1970-01-01T00:00:00+00:00", 0),
            ("1970-01-01T18:00:00+18:00", 0),
            ("1969-12-31T06:00:00-18:00", 0),
            ("2019-06-12T14:07:05+08:00", 1_560_319_625_000_000),
            ("2019-06-12T06:07:05Z", 1_560_319_625_000_000),
            ("2019-06-12T11:52:05.1+05:45", 1_560_319_625_100_000),
            ("2019-06-12T02:37:05.000001-03:30", 1_560_319_625_000_001),
            ("1970-01-01T00:00:00.123456789Z", 123_456),
            ("1970-01-01T00:00:00.000000999Z", 0),
            ("1970-01-01T00:00:00.999999999Z", 999_999),
            ("1970-01-01T00:00:00.12Z", 120_000),
            ("1969-12-31T23:59:59.999999Z", -1),
            ("1969-12-31T23:59:59.9999999Z", -1),
            ("1969-12-31T23:59:58.5Z", -1_500_000),
            ("2000-02-29T23:59:59Z", 951_868_799_000_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
        ];
        for (text, expected) in cases {
            assert_eq!(instant(text).as_micros(), expected, "{text}");
        }
    }

    #[test]
    fn every_other_form_is_refused() {
        let cases = [
            ("", 0),
            ("2019-06-12", 10),
            ("2019-06-12T14:07:05", 19),
            ("2019-06-12 14:07:05Z", 10),
            ("2019-06-12t14:07:05Z", 10),
            ("2019-06-12_14:07:05Z", 10),
            ("2019-06-12T14:07:05z", 19),
            ("2019-06-12T14:07Z", 16),
            ("2019-06-12T14Z", 13),
            ("2019-06-12T14:07:05+08", 22),
            ("2019-06-12T14:07:05+0800", 22),
            ("2019-06-12T14:07:05+8:00", 21),
            ("2019-06-12T14:07:05+08:0", 24),
            ("2019-06-12T14:07:05+08:00:00", 25),
            ("2019-06-12T14:07:05 +08:00", 19),
            ("2019-06-12T14:07:05\u{2212}08:00", 19),
            ("2019-06-12T14:07:05Z+08:00", 20),
            ("2019-06-12T14:07:05+08:00[Asia/Shanghai]", 25),
            ("2019-06-12T14:07:05Z[UTC]", 20),
            ("2019-06-12T14:07:05.Z", 20),
            ("2019-06-12T14:07:05.+08:00", 20),
            ("2019-06-12T14:07:05,5Z", 19),
            ("2019-06-12T14:07:05.1234567890Z", 29),
            ("2019-06-12T14:07:05.-5Z", 20),
            ("2019-06-12T14:07:05Z ", 20),
            ("2019-06-12T14:07:05Z\n", 20),
            ("2019-06-12T14:07:05Z\0", 20),
            (" 2019-06-12T14:07:05Z", 0),
            ("\u{FEFF}2019-06-12T14:07:05Z", 0),
            ("12019-06-12T14:07:05Z", 4),
            ("+2019-06-12T14:07:05Z", 0),
            ("-2019-06-12T14:07:05Z", 0),
            ("+012019-06-12T14:07:05Z", 0),
            ("219-06-12T14:07:05Z", 3),
            ("2019-6-12T14:07:05Z", 6),
            ("2019-06-1T14:07:05Z", 9),
            ("2019-06-12T4:07:05Z", 12),
            ("20190612T140705Z", 4),
            ("2019-W24-3T14:07:05Z", 5),
            ("2019-163T14:07:05Z", 7),
            ("\u{FF12}019-06-12T14:07:05Z", 0),
            ("2019-06-1\u{662}T14:07:05Z", 9),
            ("2019-06-12T14:07:\u{660}\u{665}Z", 17),
            ("2019-06-12T14:07:05.\u{665}Z", 20),
            ("1560319625", 4),
            ("Wed, 12 Jun 2019 14:07:05 GMT", 0),
        ];
        for (text, position) in cases {
            let error = TimeError::InstantForm { position };
            assert_eq!(text.parse::<Instant>(), Err(error), "{text:?}");
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        let cases = [
            (2019, 2, 29),
            (1900, 2, 29),
            (2024, 2, 30),
            (2019, 4, 31),
            (2019, 6, 0),
            (2019, 6, 32),
            (2019, 0, 1),
            (2019, 13, 1),
            (2019, 99, 99),
        ];
        for (year, month, day) in cases {
            let text = format!("{year:04}-{month:02}-{day:02}T00:00:00Z");
            let error = TimeError::NoSuchDate { year, month, day };
            assert_eq!(text.parse::<Instant>(), Err(error), "{text}");
        }
    }

    #[test]
    fn times_that_no_clock_shows_are_refused() {
        let cases = [(24, 0, 0), (23, 60, 0), (23, 59, 60), (12, 0, 61), (99, 99, 99)];
        for (hour, minute, second) in cases {
            let text = format!("2016-12-31T{hour:02}:{minute:02}:{second:02}Z");
            let error = TimeError::NoSuchTime { hour, minute, second };
            assert_eq!(text.parse::<Instant>(), Err(error), "{text}");
        }
    }

    #[test]
    fn offsets_beyond_eighteen_hours_are_refused() {
        for text in ["+18:01", "-18:01", "+19:00", "+08:60", "-00:99", "+99:59", "-99:59"] {
            let error = TimeError::OffsetOutOfRange;
            assert_eq!(text.parse::<Offset>(), Err(error), "{text}");
            let instant = format!("2019-06-12T14:07:05{text}");
            assert_eq!(instant.parse::<Instant>(), Err(error), "{instant}");
        }
        for minutes in [1_081, -1_081, i16::MAX, i16::MIN] {
            assert_eq!(Offset::from_minutes(minutes), Err(TimeError::OffsetOutOfRange));
        }
    }

    #[test]
    fn offsets_are_read_strictly_and_printed_back() {
        let cases = [
            ("+00:00", 0),
            ("+08:00", 480),
            ("-03:30", -210),
            ("-00:30", -30),
            ("+00:59", 59),
            ("+18:00", 1_080),
            ("-18:00", -1_080),
        ];
        for (text, minutes) in cases {
            assert_eq!(text.parse(), Ok(offset(minutes)), "{text}");
            assert_eq!(offset(minutes).to_string(), text);
            assert_eq!(offset(minutes).minutes(), minutes);
        }
        assert_eq!("-00:00".parse(), Ok(Offset::UTC));
        assert_eq!("+08:00".parse(), Ok(Offset::PLUS_8));
        let malformed = [
            ("", 0),
            ("Z", 0),
            ("08:00", 0),
            ("+8:00", 2),
            ("+08", 3),
            ("+0800", 3),
            ("+08:0", 5),
            ("+08:00 ", 6),
            ("+08:00:00", 6),
            ("+-8:00", 1),
            ("-+08:00", 1),
            ("\u{2212}08:00", 0),
        ];
        for (text, position) in malformed {
            let error = TimeError::OffsetForm { position };
            assert_eq!(text.parse::<Offset>(), Err(error), "{text:?}");
        }
    }

    #[test]
    fn the_range_includes_both_ends_at_every_offset() {
        assert_eq!(instant("0001-01-02T00:00:00Z"), Instant::MIN);
        assert_eq!(instant("0001-01-01T06:00:00-18:00"), Instant::MIN);
        assert_eq!(instant("0001-01-02T18:00:00+18:00"), Instant::MIN);
        assert_eq!(instant("9999-12-30T00:00:00Z"), Instant::MAX);
        assert_eq!(instant("9999-12-30T18:00:00+18:00"), Instant::MAX);
        assert_eq!(instant("9999-12-29T06:00:00-18:00"), Instant::MAX);
        // The cut comes before the look at the range.
        assert_eq!(instant("9999-12-30T00:00:00.000000999Z"), Instant::MAX);
        for minutes in -1_080..=1_080 {
            for end in [Instant::MIN, Instant::MAX] {
                let text = end.at(offset(minutes)).to_string();
                assert_eq!(text.parse(), Ok(end), "{text}");
            }
        }
    }

    #[test]
    fn instants_beyond_the_range_are_refused() {
        let texts = [
            "0000-01-01T00:00:00Z",
            "0000-12-31T23:59:59-18:00",
            "0001-01-01T00:00:00Z",
            "0001-01-01T23:59:59.999999Z",
            "0001-01-01T23:59:59.9999999Z",
            "0001-01-01T05:59:59-18:00",
            "9999-12-30T00:00:00.000001Z",
            "9999-12-30T18:00:01+18:00",
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59-18:00",
        ];
        for text in texts {
            assert_eq!(text.parse::<Instant>(), Err(TimeError::OutOfRange), "{text}");
        }
        let (min, max) = (Instant::MIN.as_micros(), Instant::MAX.as_micros());
        for number in [min - 1, max + 1, i64::MIN, i64::MAX] {
            assert_eq!(Instant::from_micros(number), Err(TimeError::OutOfRange));
        }
        assert_eq!(micros(min), Instant::MIN);
        assert_eq!(micros(max), Instant::MAX);
    }

    #[test]
    fn instants_print_in_utc_with_six_digits() {
        let cases = [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1, "1970-01-01T00:00:00.000001Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (-1_500_000, "1969-12-31T23:59:58.500000Z"),
            (Instant::MIN.as_micros(), "0001-01-02T00:00:00.000000Z"),
            (Instant::MIN.as_micros() + 1, "0001-01-02T00:00:00.000001Z"),
            (Instant::MAX.as_micros(), "9999-12-30T00:00:00.000000Z"),
        ];
        for (number, text) in cases {
            assert_eq!(micros(number).to_string(), text);
            assert_eq!(format!("{:?}", micros(number)), text);
            assert_eq!(text.parse(), Ok(micros(number)));
        }
    }

    #[test]
    fn times_at_an_offset_cut_the_fraction_towards_the_past() {
        // (microseconds, offset, to the second, with the fraction if there is one)
        let cases = [
            (1_560_319_625_000_000, 480, "2019-06-12T14:07:05+08:00", "2019-06-12T14:07:05+08:00"),
            (1_560_319_625_999_999, 480, "2019-06-12T14:07:05+08:00", "2019-06-12T14:07:05.999999+08:00"),
            (-1, 0, "1969-12-31T23:59:59+00:00", "1969-12-31T23:59:59.999999+00:00"),
            (-1, 60, "1970-01-01T00:59:59+01:00", "1970-01-01T00:59:59.999999+01:00"),
            (-999_999, -30, "1969-12-31T23:29:59-00:30", "1969-12-31T23:29:59.000001-00:30"),
            (-1_000_000, 0, "1969-12-31T23:59:59+00:00", "1969-12-31T23:59:59+00:00"),
        ];
        for (number, minutes, seconds, fraction) in cases {
            let time = micros(number).at(offset(minutes));
            assert_eq!(time.to_string(), seconds);
            assert_eq!(time.with_fraction().to_string(), fraction);
            assert_eq!(time.with_micros().to_string(), format!("{time:?}"));
            assert_eq!(time.with_micros().to_string().parse(), Ok(micros(number)));
            assert_eq!((time.instant(), time.offset()), (micros(number), offset(minutes)));
        }
        let whole = micros(0).at(Offset::PLUS_8);
        assert_eq!(whole.with_micros().to_string(), "1970-01-01T08:00:00.000000+08:00");
        assert_ne!(whole, micros(0).at(Offset::UTC));
    }

    #[test]
    fn the_system_clock_is_cut_to_the_microsecond_towards_the_past() {
        let cases = [
            (UNIX_EPOCH, Ok(0)),
            (UNIX_EPOCH + Duration::from_nanos(1_999), Ok(1)),
            (UNIX_EPOCH - Duration::from_nanos(1), Ok(-1)),
            (UNIX_EPOCH - Duration::from_nanos(1_000), Ok(-1)),
            (UNIX_EPOCH - Duration::from_nanos(1_001), Ok(-2)),
            (UNIX_EPOCH + Duration::from_secs(253_402_128_000), Ok(Instant::MAX.as_micros())),
            (UNIX_EPOCH + Duration::from_secs(253_402_128_001), Err(TimeError::OutOfRange)),
            (UNIX_EPOCH - Duration::from_secs(62_135_510_400), Ok(Instant::MIN.as_micros())),
            (
                UNIX_EPOCH - Duration::from_nanos(1) - Duration::from_secs(62_135_510_400),
                Err(TimeError::OutOfRange),
            ),
            (UNIX_EPOCH + Duration::from_secs(1 << 62), Err(TimeError::OutOfRange)),
            (UNIX_EPOCH - Duration::from_secs(1 << 62), Err(TimeError::OutOfRange)),
        ];
        for (time, expected) in cases {
            assert_eq!(Instant::try_from(time).map(Instant::as_micros), expected, "{time:?}");
        }
    }

    #[test]
    fn addition_neither_wraps_nor_leaves_the_range() {
        let start = micros(-1);
        assert_eq!(start.checked_add(Duration::ZERO), Some(start));
        assert_eq!(start.checked_add(Duration::from_nanos(1_999)), Some(micros(0)));
        let whole = Duration::from_secs(253_402_128_000 + 62_135_510_400);
        assert_eq!(Instant::MIN.checked_add(whole), Some(Instant::MAX));
        assert_eq!(Instant::MIN.checked_add(whole + Duration::from_micros(1)), None);
        assert_eq!(Instant::MAX.checked_add(Duration::from_nanos(999)), Some(Instant::MAX));
        assert_eq!(start.checked_add(Duration::MAX), None);
        assert_eq!(start.checked_add(Duration::from_micros(i64::MAX.unsigned_abs())), None);
    }

    #[test]
    fn errors_say_what_was_wrong() {
        let cases = [
            (TimeError::InstantForm { position: 10 }, "at byte 10"),
            (TimeError::OffsetForm { position: 3 }, "at byte 3"),
            (TimeError::NoSuchDate { year: 2019, month: 2, day: 29 }, "no date 2019-02-29"),
            (TimeError::NoSuchTime { hour: 23, minute: 59, second: 60 }, "no time 23:59:60"),
            (TimeError::OffsetOutOfRange, "-18:00 to +18:00"),
            (TimeError::OutOfRange, "to 9999-12-30T00:00:00Z"),
        ];
        for (error, part) in cases {
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
