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

use arrayvec::ArrayVec;
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
        show(self.at(Offset::UTC).local(Fraction::Always), f)?;
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

    fn push(self, text: &mut Text) -> Option<()> {
        let minutes = self.minutes.unsigned_abs();
        let sign = if self.minutes < 0 { b'-' } else { b'+' };
        let [[h1, h2], [m1, m2]] = [minutes / 60, minutes % 60].map(two_digits);
        push_ascii(text, &[sign, h1, h2, b':', m1, m2])
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
        let mut text = Text::new();
        let pushed = self.push(&mut text);
        show(pushed.map(|()| text), f)
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
    fn local(self, fraction: Fraction) -> Option<Text> {
        let local = self.to_calendar()?;
        // Up to 9999.
        let year = local.year().unsigned_abs();
        let [[y1, y2], [y3, y4]] = [year / 100, year % 100].map(two_digits);
        let parts = [local.month(), local.day(), local.hour(), local.minute(), local.second()];
        let [[mo1, mo2], [d1, d2], [h1, h2], [mi1, mi2], [s1, s2]] =
            parts.map(|part| two_digits(part.unsigned_abs().into()));
        let mut text = Text::new();
        push_ascii(&mut text, &[y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2])?;
        push_ascii(&mut text, &[b'T', h1, h2, b':', mi1, mi2, b':', s1, s2])?;
        let micros = self.instant.micros.rem_euclid(MICROS_PER_SECOND);
        let printed = match fraction {
            Fraction::Always => true,
            Fraction::IfAny => micros != 0,
            Fraction::Never => false,
        };
        if printed {
            let micros = u32::try_from(micros).ok()?;
            let pairs = [micros / 10_000, micros / 100 % 100, micros % 100];
            let [[a, b], [c, d], [e, f]] =
                pairs.map(|pair| two_digits(u16::try_from(pair).unwrap_or_default()));
            push_ascii(&mut text, &[b'.', a, b, c, d, e, f])?;
        }
        Some(text)
    }

    /// The whole text. Every instant has a date at every offset, and fits, so
    /// that it is always there.
    pub(crate) fn text(self, fraction: Fraction) -> Option<Text> {
        let mut text = self.local(fraction)?;
        self.offset.push(&mut text)?;
        Some(text)
    }

    fn write(self, f: &mut fmt::Formatter<'_>, fraction: Fraction) -> fmt::Result {
        show(self.text(fraction), f)
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
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fraction {
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

/// Times are printed often: digit by digit, which takes a fraction of the time
/// that one format for each number does. ASCII only; the longest is
/// `2019-06-12T14:07:05.000000+08:00`.
type Text = ArrayVec<u8, 32>;

/// The digits of a number below 100.
fn two_digits(number: u16) -> [u8; 2] {
    let digit = |number: u16| u8::try_from(number % 10).unwrap_or_default() | b'0';
    [digit(number / 10), digit(number)]
}

/// Shows a text that is always there.
fn show(text: Option<Text>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(std::str::from_utf8(&text.ok_or(fmt::Error)?).map_err(|_| fmt::Error)?)
}

fn push_ascii(text: &mut Text, ascii: &[u8]) -> Option<()> {
    text.try_extend_from_slice(ascii).ok()
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
mod tests;
