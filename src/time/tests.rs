//! Tests of instants and offsets.
#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects)]

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
