//! Media types: what a body may be, and what its sender takes for an answer,
//! in the forms of RFC 9110 (5.6, 8.3, 12.5.1).

use std::borrow::Cow;

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};

use super::header::{Single, text};

/// What bodies are, of requests and of answers.
pub(super) const JSON_IN_UTF8: &str = "application/json; charset=UTF-8";

const BLANKS: [char; 2] = [' ', '\t'];

/// Whether the body is JSON in UTF-8: so it is if nothing is said.
pub(super) fn is_read(headers: &HeaderMap) -> bool {
    match Single::of(headers, &CONTENT_TYPE) {
        Single::Absent => true,
        Single::Text(text) => Media::read(text).is_some_and(|media| media.is_json() && media.is_utf8()),
        Single::Unclear => false,
    }
}

/// Whether an answer in JSON is taken: of all ranges that match it the most
/// specific one says so, unless its weight is 0. An empty list is as none. What
/// cannot be read asks for nothing, and so matches nothing.
pub(super) fn takes_answer(headers: &HeaderMap) -> bool {
    let lists: Option<Vec<_>> = headers.get_all(ACCEPT).iter().map(text).collect();
    let Some(lists) = lists else { return false };
    let mut ranges = lists.into_iter().flat_map(|list| parts(list, ',')).peekable();
    if ranges.peek().is_none() {
        return true;
    }
    let ranges = ranges.filter_map(Media::read);
    let best = ranges.filter_map(|range| Some((range.specificity()?, range.takes_any())));
    // Of two that are equally specific, the one that takes it.
    best.max().is_some_and(|(_, takes)| takes)
}

/// A media type, or a range of them.
struct Media<'a> {
    kind: &'a str,
    subtype: &'a str,
    parameters: Vec<(&'a str, Cow<'a, str>)>,
}

impl<'a> Media<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (name, _) = text.split_once(';').unwrap_or((text, ""));
        let (kind, subtype) = name.trim_end_matches(BLANKS).split_once('/')?;
        // The name has no quotes: it is the first part, unless that is empty.
        let parameters = parts(text, ';').skip(1).map(parameter).collect::<Option<_>>()?;
        (is_token(kind) && is_token(subtype)).then_some(Self { kind, subtype, parameters })
    }

    fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype)
    }

    fn is_json(&self) -> bool {
        self.is("application", "json")
    }

    /// What is said of the charset, as often as it is said.
    fn is_utf8(&self) -> bool {
        let mut charsets = self.parameters.iter().filter(|(name, _)| name.eq_ignore_ascii_case("charset"));
        charsets.all(says_utf8)
    }

    /// How closely a range describes an answer, if it matches one: by its type,
    /// then by its parameters.
    fn specificity(&self) -> Option<(usize, usize)> {
        let types = [("*", "*"), ("application", "*"), ("application", "json")];
        let of_type = types.iter().position(|(kind, subtype)| self.is(kind, subtype))?;
        // The weight and what stands behind it are no part of the range.
        let parameters = self.parameters.split(is_weight).next().unwrap_or_default();
        parameters.iter().all(says_utf8).then_some((of_type, parameters.len()))
    }

    /// Whether its weight is more than 0.
    fn takes_any(&self) -> bool {
        let weight = self.parameters.iter().find(|parameter| is_weight(parameter));
        weight.is_none_or(|(_, weight)| weight.bytes().any(|byte| !b"0.".contains(&byte)))
    }
}

type Parameter<'a> = (&'a str, Cow<'a, str>);

fn is_weight((name, _): &Parameter<'_>) -> bool {
    name.eq_ignore_ascii_case("q")
}

fn says_utf8((name, value): &Parameter<'_>) -> bool {
    name.eq_ignore_ascii_case("charset") && value.eq_ignore_ascii_case("UTF-8")
}

fn parameter(text: &str) -> Option<Parameter<'_>> {
    let (name, value) = text.split_once('=')?;
    let value = if is_token(value) { Cow::Borrowed(value) } else { Cow::Owned(unquoted(value)?) };
    is_token(name).then_some((name, value))
}

/// What a quoted text says.
fn unquoted(text: &str) -> Option<String> {
    let mut letters = text.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut said = String::new();
    while let Some(letter) = letters.next() {
        said.push(match letter {
            '\\' => letters.next()?,
            '"' => return None,
            _ => letter,
        });
    }
    Some(said)
}

fn is_token(text: &str) -> bool {
    let in_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(in_token)
}

/// The parts of a text between separators that are not quoted. Blanks around
/// them and empty parts say nothing.
fn parts(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = text.split(move |letter| {
        if escaped {
            escaped = false;
            return false;
        }
        match letter {
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            _ => {}
        }
        letter == separator && !quoted
    });
    parts.map(|part| part.trim_matches(BLANKS)).filter(|part| !part.is_empty())
}
