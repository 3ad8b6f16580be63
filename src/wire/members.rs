//! Writes one JSON object, member by member: compact, in the order in which
//! the members come, nothing escaped but what JSON demands.
//!
//! Why no serializer: what is written is a handful of small answers. Names,
//! codes and messages are constants that need no look; so an answer costs a
//! fraction of the time, and nothing that a host switches on in a library that
//! it shares with this one can change a byte of it.

use std::fmt::Display;
use std::io::Write;

use itoa::{Buffer as Digits, Integer};

use super::json::plain;
use crate::money::{Currency, Money, Total};
use crate::result_code::{ResultCode, ResultStatus};
use crate::time::{Fraction, OffsetTime};

/// An object that has begun.
#[derive(Debug)]
pub(super) struct Members<'o> {
    out: &'o mut Vec<u8>,
    /// What stands before the next member.
    before: u8,
}

impl<'o> Members<'o> {
    /// Begins one behind what is there.
    pub(super) fn of(out: &'o mut Vec<u8>) -> Self {
        Self { out, before: b'{' }
    }

    /// The code, its status, its message.
    pub(super) fn result(&mut self, code: ResultCode) {
        self.result_of(code.as_str(), code.status(), code.message());
    }

    /// The same of any code.
    #[inline]
    pub(super) fn result_of(&mut self, code: &str, status: ResultStatus, message: &str) {
        self.name("result");
        // Capitals and underscores, a letter, and sentences without a quote.
        self.out.extend_from_slice(br#"{"resultCode":""#);
        self.out.extend_from_slice(code.as_bytes());
        self.out.extend_from_slice(br#"","resultStatus":""#);
        self.out.extend_from_slice(status.as_str().as_bytes());
        self.out.extend_from_slice(br#"","resultMessage":""#);
        self.out.extend_from_slice(message.as_bytes());
        self.out.extend_from_slice(br#""}"#);
    }

    /// Any text.
    #[inline]
    pub(super) fn text(&mut self, name: &'static str, text: &str) {
        self.name(name);
        self.quoted(text);
    }

    /// Any text that is there.
    pub(super) fn text_if(&mut self, name: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// What is displayed in characters that need no escape.
    pub(super) fn shown(&mut self, name: &'static str, value: impl Display) {
        self.name(name);
        self.out.push(b'"');
        self.display(value);
        self.out.push(b'"');
    }

    /// A number, or `true` or `false`.
    pub(super) fn bare(&mut self, name: &'static str, value: impl Display) {
        self.name(name);
        self.display(value);
    }

    /// An amount.
    pub(super) fn money(&mut self, name: &'static str, money: Money) {
        self.amount(name, money.minor(), money.currency());
    }

    /// An amount that is there.
    pub(super) fn money_if(&mut self, name: &'static str, money: Option<Money>) {
        if let Some(money) = money {
            self.money(name, money);
        }
    }

    /// A sum.
    pub(super) fn total(&mut self, name: &'static str, total: Total) {
        self.amount(name, total.minor(), total.currency());
    }

    /// `{"value":"1000","currency":"USD"}`
    #[inline]
    fn amount(&mut self, name: &'static str, minor: impl Integer, currency: Currency) {
        self.name(name);
        self.out.extend_from_slice(br#"{"value":""#);
        self.out.extend_from_slice(Digits::new().format(minor).as_bytes());
        self.out.extend_from_slice(br#"","currency":""#);
        self.out.extend_from_slice(currency.letters());
        self.out.extend_from_slice(br#""}"#);
    }

    /// A time.
    #[inline]
    pub(super) fn time(&mut self, name: &'static str, time: OffsetTime, fraction: Fraction) {
        // A time always has a text.
        self.plain(name, time.text(fraction).unwrap_or_default());
    }

    /// An object in the object; it is to be ended.
    pub(super) fn object(&mut self, name: &'static str) -> Members<'_> {
        self.name(name);
        Members::of(self.out)
    }

    /// An array of objects, one of each of these.
    pub(super) fn objects<T>(
        &mut self,
        name: &'static str,
        of: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Members<'_>, T),
    ) {
        self.name(name);
        self.out.push(b'[');
        for (at, one) in of.into_iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            let mut object = Members::of(self.out);
            write(&mut object, one);
            object.end();
        }
        self.out.push(b']');
    }

    /// Ends the object.
    pub(super) fn end(self) {
        if self.before == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }

    /// A text that needs no escape: a word of this crate.
    #[inline]
    pub(super) fn plain(&mut self, name: &'static str, text: impl AsRef<[u8]>) {
        self.name(name);
        self.out.push(b'"');
        self.out.extend_from_slice(text.as_ref());
        self.out.push(b'"');
    }

    #[inline]
    fn name(&mut self, name: &'static str) {
        self.out.extend_from_slice(&[self.before, b'"']);
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.before = b',';
    }

    fn display(&mut self, value: impl Display) {
        // Writing to memory does not fail.
        write!(self.out, "{value}").unwrap_or_default();
    }

    /// A text with the escapes that JSON demands, in their shortest form.
    fn quoted(&mut self, text: &str) {
        self.out.push(b'"');
        let mut rest = text.as_bytes();
        loop {
            let (unescaped, marked) = rest.split_at_checked(plain(rest)).unwrap_or((rest, &[]));
            self.out.extend_from_slice(unescaped);
            let Some((byte, after)) = marked.split_first() else {
                break;
            };
            self.escaped(*byte);
            rest = after;
        }
        self.out.push(b'"');
    }

    /// A quote, a backslash or a control character.
    fn escaped(&mut self, byte: u8) {
        let short = match byte {
            b'"' | b'\\' => byte,
            b'\x08' => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            b'\x0C' => b'f',
            b'\r' => b'r',
            _ => {
                write!(self.out, "\\u{byte:04x}").unwrap_or_default();
                return;
            }
        };
        self.out.extend_from_slice(&[b'\\', short]);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::as_conversions)]
mod tests {
    use super::*;
    use crate::time::{Instant, Offset};

    fn written(members: impl FnOnce(&mut Members<'_>)) -> String {
        let mut out = b"before ".to_vec();
        let mut object = Members::of(&mut out);
        members(&mut object);
        object.end();
        String::from_utf8(out).unwrap().strip_prefix("before ").unwrap().to_owned()
    }

    #[test]
    fn only_what_json_demands_is_escaped_in_its_shortest_form() {
        for character in (0..=0x10_FFFF).filter_map(char::from_u32) {
            let expected = match character {
                '"' => "\\\"".to_owned(),
                '\\' => "\\\\".to_owned(),
                '\u{8}' => "\\b".to_owned(),
                '\t' => "\\t".to_owned(),
                '\n' => "\\n".to_owned(),
                '\u{C}' => "\\f".to_owned(),
                '\r' => "\\r".to_owned(),
                control if control < ' ' => format!("\\u{:04x}", control as u32),
                plain => plain.to_string(),
            };
            for (before, after) in [("", ""), ("12345678", "x"), ("1234567", "\u{1F600}")] {
                let text = format!("{before}{character}{after}");
                let answer = written(|object| object.text("x", &text));
                assert_eq!(answer, format!("{{\"x\":\"{before}{expected}{after}\"}}"));
            }
        }
    }

    #[test]
    fn members_stand_in_the_order_in_which_they_come() {
        assert_eq!(written(|_| ()), "{}");
        let usd = |minor| Money::from_minor(minor, Currency::USD).unwrap();
        let answer = written(|object| {
            object.text("a", "");
            object.bare("b", true);
            object.bare("c", 7_u64);
            object.money("d", usd(i64::MAX));
            object.total("e", Total::from_minor(i128::MAX, Currency::KWD).unwrap());
            object.shown("f", 1);
        });
        let (most, more) = (i64::MAX, i128::MAX);
        let expected = format!(
            concat!(
                r#"{{"a":"","b":true,"c":7,"d":{{"value":"{}","currency":"USD"}},"#,
                r#""e":{{"value":"{}","currency":"KWD"}},"f":"1"}}"#
            ),
            most, more
        );
        assert_eq!(answer, expected);
        let lists = written(|object| {
            object.objects("none", [0; 0], |_, _| ());
            object.objects("some", [1, 2], |one, number| one.bare("n", number));
            object.object("inner").end();
        });
        assert_eq!(lists, r#"{"none":[],"some":[{"n":1},{"n":2}],"inner":{}}"#);
    }

    #[test]
    fn times_have_no_fraction_some_or_always_six_digits() {
        let time = |text: &str| text.parse::<Instant>().unwrap().at(Offset::PLUS_8);
        let half = time("2026-03-01T00:00:00.5Z");
        let whole = time("2026-03-01T00:00:00Z");
        let answer = written(|object| {
            object.time("a", half, Fraction::Never);
            object.time("b", half, Fraction::IfAny);
            object.time("c", whole, Fraction::IfAny);
            object.time("d", whole, Fraction::Always);
        });
        let expected = concat!(
            r#"{"a":"2026-03-01T08:00:00+08:00","b":"2026-03-01T08:00:00.500000+08:00","#,
            r#""c":"2026-03-01T08:00:00+08:00","d":"2026-03-01T08:00:00.000000+08:00"}"#
        );
        assert_eq!(answer, expected);
    }

    #[test]
    fn a_result_has_its_code_status_and_message() {
        for code in ResultCode::ALL {
            let (status, message) = (code.status().as_str(), code.message());
            let expected = format!(
                r#"{{"result":{{"resultCode":"{code}","resultStatus":"{status}","resultMessage":"{message}"}}}}"#
            );
            assert_eq!(written(|object| object.result(code)), expected);
            // Nothing in it needs an escape.
            assert_eq!(plain(message.as_bytes()), message.len());
            assert_eq!(plain(code.as_str().as_bytes()), code.as_str().len());
        }
    }
}
