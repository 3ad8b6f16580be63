//! Media types: what a body may be, and what its sender takes for an answer.

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use mediatype::names::{APPLICATION, CHARSET, JSON, Q};
use mediatype::{MediaType, MediaTypeList, ReadParams, Value};

use super::header::{Single, text};

/// What bodies are, of requests and of answers.
pub(super) const JSON_IN_UTF8: &str = "application/json; charset=UTF-8";

const ANY: &str = "*";

/// Whether the body is JSON in UTF-8: so it is if nothing is said.
pub(super) fn is_read(headers: &HeaderMap) -> bool {
    match Single::of(headers, &CONTENT_TYPE) {
        Single::Absent => true,
        Single::Text(text) => MediaType::parse(text).is_ok_and(|media| is_json(&media) && is_utf8(&media)),
        Single::Unclear => false,
    }
}

fn is_json(media: &MediaType<'_>) -> bool {
    media.ty == APPLICATION && media.subty == JSON && media.suffix.is_none()
}

/// What is said of the charset, as often as it is said.
fn is_utf8(media: &MediaType<'_>) -> bool {
    media.params().filter(|(name, _)| *name == CHARSET).all(|(_, value)| names_utf8(value))
}

fn names_utf8(value: Value<'_>) -> bool {
    value.unquoted_str().eq_ignore_ascii_case("UTF-8")
}

/// Whether an answer in JSON is taken: of all ranges that match it the most
/// specific one says so, unless its weight is 0 (RFC 9110, 12.5.1). An empty
/// list is as none. What cannot be read asks for nothing, and so matches nothing.
pub(super) fn takes_answer(headers: &HeaderMap) -> bool {
    let lists: Option<Vec<_>> = headers.get_all(ACCEPT).iter().map(text).collect();
    let Some(lists) = lists else { return false };
    if lists.iter().all(|list| list.is_empty()) {
        return true;
    }
    let ranges = lists.into_iter().flat_map(MediaTypeList::new);
    let best = ranges.filter_map(|range| match range {
        Ok(range) => Some((specificity(&range)?, takes_any(&range))),
        Err(_) => None,
    });
    // Of two that are equally specific, the one that takes it.
    best.max().is_some_and(|(_, takes)| takes)
}

/// How closely a range describes an answer, if it matches one.
fn specificity(range: &MediaType<'_>) -> Option<usize> {
    let (any_type, any_subtype) = (range.ty == ANY, range.subty == ANY);
    let of_type: usize = match (any_type, any_subtype) {
        (true, true) => 0,
        (false, true) if range.ty == APPLICATION => 1,
        (false, false) if is_json(range) => 2,
        _ => return None,
    };
    // What stands behind the weight is no part of the range.
    let mut parameters = range.params().take_while(|(name, _)| *name != Q).fuse();
    let matched = parameters.try_fold(0_usize, |count, (name, value)| {
        (name == CHARSET && names_utf8(value)).then(|| count.saturating_add(1))
    })?;
    Some(of_type.saturating_add(matched))
}

/// Whether its weight is more than 0.
fn takes_any(range: &MediaType<'_>) -> bool {
    let weight = range.get_param(Q);
    weight.is_none_or(|weight| !is_zero(weight.as_str()))
}

/// `0` with any number of zeros behind a point.
fn is_zero(weight: &str) -> bool {
    let digits = weight.strip_prefix('0').map(|rest| rest.strip_prefix('.').unwrap_or(rest));
    digits.is_some_and(|zeros| zeros.bytes().all(|byte| byte == b'0'))
}
