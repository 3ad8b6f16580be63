//! Which texts are well-formed, and where the others go wrong.

use super::super::strings::{is_special, plain};
use super::*;

#[test]
fn well_formed_texts_are_accepted() {
    let table: &[&str] = &[
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-0.0e-0",
        "10",
        "1.0",
        "1e5",
        "1E+05",
        "1e-5",
        "1e999",
        "-12.50E+00",
        "\"\"",
        "\"a\"",
        "\"é€😀\u{7F}\u{2028}\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\u0000\\u001f\\uFFFF\\uabCD\"",
        "\"\\ud83d\\ude00\"",
        "\"\\uDBFF\\uDFFF\"",
        "\"a\\u0061\"",
        "{}",
        "[]",
        " \t\r\n{ \t\r\n} \t\r\n",
        " [ 1 , 2 ] ",
        "[[],{},[[]]]",
        "[null,true,false,1,\"\",{},[]]",
        "{\"\":0}",
        "{\"a\":{\"a\":{\"a\":[{\"a\":1},{\"a\":1}]}}}",
        "{\"a\":1,\"A\":1,\"a \":1,\"\":1,\"á\":1,\"a\\u0301\":1}",
        "{ \"a\" : 1 , \"b\" : 2 }",
        "{\"a\":\"b\",\"b\":\"a\"}",
    ];
    for text in table {
        assert_eq!(verdict(text.as_bytes(), Limits::BODY), Ok(()), "{text}");
    }
}

#[test]
fn malformed_texts_are_refused_where_they_go_wrong() {
    use Problem::{
        ControlCharacter, InvalidEscape, InvalidNumber, InvalidUtf8, LoneSurrogate, RepeatedName,
        TrailingText, Unexpected, UnexpectedEnd,
    };
    let table: &[(&[u8], Problem, usize)] = &[
        // nothing
        (b"", UnexpectedEnd, 0),
        (b" \t\r\n", UnexpectedEnd, 4),
        // before and after
        (b"\xEF\xBB\xBF{}", Unexpected, 0),
        (b"{}\xEF\xBB\xBF", TrailingText, 2),
        (b"x{}", Unexpected, 0),
        (b"\x0B{}", Unexpected, 0),
        (b"\x0C{}", Unexpected, 0),
        (b"\xC2\xA0{}", Unexpected, 0),
        (b"\0{}", Unexpected, 0),
        (b"{}\0", TrailingText, 2),
        (b"{}x", TrailingText, 2),
        (b"{} {}", TrailingText, 3),
        (b"{}}", TrailingText, 2),
        (b"{},", TrailingText, 2),
        (b"1 2", TrailingText, 2),
        (b"null null", TrailingText, 5),
        (b"]", Unexpected, 0),
        (b"}", Unexpected, 0),
        (b",", Unexpected, 0),
        // objects
        (b"{", UnexpectedEnd, 1),
        (b"{\"a\"", UnexpectedEnd, 4),
        (b"{\"a\":", UnexpectedEnd, 5),
        (b"{\"a\":1", UnexpectedEnd, 6),
        (b"{\"a\":1,", UnexpectedEnd, 7),
        (b"{\"a\":1,}", Unexpected, 7),
        (b"{,}", Unexpected, 1),
        (b"{\"a\":1,,\"b\":2}", Unexpected, 7),
        (b"{\"a\" 1}", Unexpected, 5),
        (b"{\"a\":}", Unexpected, 5),
        (b"{\"a\"}", Unexpected, 4),
        (b"{\"a\"::1}", Unexpected, 5),
        (b"{\"a\":1 \"b\":2}", Unexpected, 7),
        (b"{a:1}", Unexpected, 1),
        (b"{'a':1}", Unexpected, 1),
        (b"{1:1}", Unexpected, 1),
        (b"{null:1}", Unexpected, 1),
        (b"{[]:1}", Unexpected, 1),
        (b"{\"a\":1]", Unexpected, 6),
        (b"{]", Unexpected, 1),
        // arrays
        (b"[", UnexpectedEnd, 1),
        (b"[1", UnexpectedEnd, 2),
        (b"[1,", UnexpectedEnd, 3),
        (b"[1,]", Unexpected, 3),
        (b"[,1]", Unexpected, 1),
        (b"[1,,2]", Unexpected, 3),
        (b"[1 2]", Unexpected, 3),
        (b"[1:2]", Unexpected, 2),
        (b"[1}", Unexpected, 2),
        (b"[}", Unexpected, 1),
        // comments
        (b"/* */{}", Unexpected, 0),
        (b"{}// end", TrailingText, 2),
        (b"{/* */}", Unexpected, 1),
        (b"[1,#\n2]", Unexpected, 3),
        // literals
        (b"tru", UnexpectedEnd, 3),
        (b"trux", Unexpected, 3),
        (b"True", Unexpected, 0),
        (b"NULL", Unexpected, 0),
        (b"nulll", TrailingText, 4),
        (b"[truefalse]", Unexpected, 5),
        (b"undefined", Unexpected, 0),
        // numbers
        (b"NaN", Unexpected, 0),
        (b"Infinity", Unexpected, 0),
        (b"-Infinity", InvalidNumber, 1),
        (b"+1", Unexpected, 0),
        (b"01", InvalidNumber, 1),
        (b"-01", InvalidNumber, 2),
        (b"00", InvalidNumber, 1),
        (b"[1.]", InvalidNumber, 3),
        (b"1.", UnexpectedEnd, 2),
        (b"[.5]", Unexpected, 1),
        (b"[-.5]", InvalidNumber, 2),
        (b"-", UnexpectedEnd, 1),
        (b"[-]", InvalidNumber, 2),
        (b"[--1]", InvalidNumber, 2),
        (b"[1e]", InvalidNumber, 3),
        (b"1e", UnexpectedEnd, 2),
        (b"1e+", UnexpectedEnd, 3),
        (b"[1e+-1]", InvalidNumber, 4),
        (b"[1e1.5]", Unexpected, 4),
        (b"[1.2.3]", Unexpected, 4),
        (b"[0x10]", Unexpected, 2),
        (b"[1_000]", Unexpected, 2),
        (b"[1,000]", InvalidNumber, 4),
        ("[１]".as_bytes(), Unexpected, 1),
        // strings
        (b"\"", UnexpectedEnd, 1),
        (b"\"abcdefghij", UnexpectedEnd, 11),
        (b"'a'", Unexpected, 0),
        (b"\"a\nb\"", ControlCharacter, 2),
        (b"\"\0\"", ControlCharacter, 1),
        (b"\"0123456789\x1F\"", ControlCharacter, 11),
        (b"{\"a\tb\":1}", ControlCharacter, 3),
        // escapes
        (b"\"\\", UnexpectedEnd, 2),
        (b"\"\\\"", UnexpectedEnd, 3),
        (b"\"ab\\x41\"", InvalidEscape, 3),
        (b"\"\\'\"", InvalidEscape, 1),
        (b"\"\\0\"", InvalidEscape, 1),
        (b"\"\\U0041\"", InvalidEscape, 1),
        (b"\"\\u004\"", InvalidEscape, 1),
        (b"\"\\u00g0\"", InvalidEscape, 1),
        (b"\"\\u+041\"", InvalidEscape, 1),
        (b"\"\\u 041\"", InvalidEscape, 1),
        (b"\"\\u{41}\"", InvalidEscape, 1),
        (b"\"\\u00", UnexpectedEnd, 5),
        (b"\"\\\n\"", InvalidEscape, 1),
        // surrogates
        (b"\"\\ud800\"", LoneSurrogate, 1),
        (b"\"\\udbff x\"", LoneSurrogate, 1),
        (b"\"\\udc00\"", LoneSurrogate, 1),
        (b"\"\\uDFFF\"", LoneSurrogate, 1),
        (b"\"\\ude00\\ud83d\"", LoneSurrogate, 1),
        (b"\"\\ud83d\\ud83d\\ude00\"", LoneSurrogate, 1),
        (b"\"\\ud83d\\ude00\\ude00\"", LoneSurrogate, 13),
        (b"\"\\ud83d\\n\"", LoneSurrogate, 1),
        (b"\"\\ud83d\\\\ude00\"", LoneSurrogate, 1),
        (b"\"\\ud83dude00\"", LoneSurrogate, 1),
        (b"\"\\ud83d\\u0041\"", LoneSurrogate, 1),
        (b"\"\\ud83d\\u00\"", InvalidEscape, 1),
        (b"\"\\ud83d\\", UnexpectedEnd, 8),
        (b"{\"\\ud800\":1}", LoneSurrogate, 2),
        (b"{\"x\":{\"y\":[\"\\udc00\"]}}", LoneSurrogate, 12),
        // encoding
        (b"\"\xFF\"", InvalidUtf8, 1),
        (b"{\"a\xC3\":1}", InvalidUtf8, 3),
        (b"{\"a\":\"\xC0\xAF\"}", InvalidUtf8, 6),
        (b"{\"a\":\"\xED\xA0\x80\"}", InvalidUtf8, 6),
        (b"{\"a\":\"\xF4\x90\x80\x80\"}", InvalidUtf8, 6),
        (b"{\"a\":1,\x80\"b\":2}", InvalidUtf8, 7),
        (b"{}\xFE", InvalidUtf8, 2),
        (b"\xFF\xFE{\0}\0", InvalidUtf8, 0),
        (b"{\0\"\0a\0\"\0", Unexpected, 1),
        // repeated names
        (b"{\"a\":1,\"a\":1}", RepeatedName, 7),
        (b"{\"\":1,\"\":1}", RepeatedName, 6),
        (b"{\"a\":null,\"a\":null}", RepeatedName, 10),
        (b"{\"a\":1,\"\\u0061\":1}", RepeatedName, 7),
        (b"{\"\\u0061\":1,\"a\":1}", RepeatedName, 12),
        (b"{\"\\u0061\":1,\"\\u0061\":1}", RepeatedName, 12),
        (b"{\"\\u00e9\":1,\"\\u00E9\":1}", RepeatedName, 12),
        ("{\"é\":1,\"\\u00E9\":1}".as_bytes(), RepeatedName, 8),
        ("{\"😀\":1,\"\\ud83d\\uDE00\":1}".as_bytes(), RepeatedName, 10),
        (b"{\"/\":1,\"\\/\":1}", RepeatedName, 7),
        (b"{\"\\n\":1,\"\\u000A\":1}", RepeatedName, 8),
        (b"{\"\\\\\":1,\"\\u005c\":1}", RepeatedName, 8),
        (b"[[{\"z\":{\"a\":[],\"b\":{},\"a\":0}}]]", RepeatedName, 22),
        (b"{\"a\":{\"b\":1},\"c\":2,\"a\":3}", RepeatedName, 19),
    ];
    for (text, problem, offset) in table {
        let expected = Err((*problem, *offset));
        assert_eq!(verdict(text, Limits::BODY), expected, "{}", show(text));
    }
}

#[test]
fn every_raw_control_character_is_refused_and_every_escaped_one_read() {
    for control in 0..0x20_u8 {
        for before in 0..20 {
            let mut text = vec![b'"'];
            text.extend(std::iter::repeat_n(b'x', before));
            text.extend([control, b'y', b'"']);
            let expected = Err((Problem::ControlCharacter, before + 1));
            assert_eq!(verdict(&text, Limits::BODY), expected, "{control}");
        }
        let text = format!("\"\\u{control:04x}\"");
        let document = read(text.as_bytes()).unwrap();
        let character = char::from(control).to_string();
        assert_eq!(document.root().as_str().unwrap(), character);
    }
}

#[test]
fn quotes_and_backslashes_are_found_at_every_place_among_any_bytes() {
    for before in ["", "\u{1}", "\u{7F}", "\u{80}", "é", "€", "😀", "!", "#", "[", "]", "¢", "Ü"] {
        for length in 0..20 {
            let plain: String = before.chars().cycle().take(length).collect();
            let text = format!("[\"{plain}\\\"{plain}\",\"{plain}\"]");
            let Ok(document) = read(text.as_bytes()) else {
                assert!(before == "\u{1}" && length > 0, "{text}");
                continue;
            };
            let read: Vec<_> = document.root().as_array().unwrap().collect();
            assert_eq!(read.len(), 2);
            assert_eq!(read[0].as_str().unwrap(), format!("{plain}\"{plain}"));
            assert_eq!(read[1].as_str().unwrap(), plain);
        }
    }
    // Every value of a byte at every place of a word, between neighbours that could lend it a borrow.
    for byte in 0..=u8::MAX {
        for place in 0..8 {
            for around in [b'x', b'!', 0x7F, 0x80, 0xFF, 0xA2, 0xDC, b'#', b']'] {
                let mut bytes = [around; 8];
                bytes[place] = byte;
                let expected = if is_special(byte) { place } else { 8 };
                assert_eq!(plain(&bytes), expected, "{bytes:?}");
            }
        }
    }
}

#[test]
fn all_surrogate_pairs_and_no_lone_one_are_read() {
    for unit in 0..=u16::MAX {
        let text = format!("\"\\u{unit:04x}\"");
        match char::from_u32(u32::from(unit)) {
            Some(character) => {
                let document = read(text.as_bytes()).unwrap();
                assert_eq!(document.root().as_str().unwrap(), character.to_string());
            }
            None => {
                let expected = Err((Problem::LoneSurrogate, 1));
                assert_eq!(verdict(text.as_bytes(), Limits::BODY), expected, "{text}");
            }
        }
    }
    for character in ['\u{10000}', '😀', '\u{103FF}', '\u{10FC00}', '\u{10FFFF}'] {
        let mut units = [0; 2];
        character.encode_utf16(&mut units);
        let text = format!("\"<\\u{:04X}\\u{:04x}>\"", units[0], units[1]);
        let document = read(text.as_bytes()).unwrap();
        assert_eq!(document.root().as_str().unwrap(), format!("<{character}>"));
    }
}
