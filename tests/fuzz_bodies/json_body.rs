//! Bodies of the API, each text as all four of them: what is well-formed, by
//! `serde_json`; what it asks for, by the rules of each field; what is answered
//! to it.

use std::fmt::Debug;

use capture_engine::command::{Cancel, Capture, ExtendInfo, Void, VoidAmount};
use capture_engine::store::{AuthorizationKey, Inquiry};
use capture_engine::wire::{self, BodyError, Cause, Malformed, Reply};
use capture_engine::{Engine, Instant, MemoryStore, ResultCode, Settings};

use super::amount::amount;
use super::ids::{self, id, merchant};
use super::memory::in_proportion;
use super::tree::{self, Tree};

/// The limits of a body.
pub const BYTES: usize = 64 * 1024;
pub const DEPTH: usize = 32;

/// Whether the text is a body of any of them.
pub fn check(body: &[u8]) -> bool {
    assert_eq!(wire::MAX_BODY, BYTES);
    let merchant = merchant();
    let engine = Engine::new(MemoryStore::new(), Settings::default());
    let now = Instant::EPOCH;

    let read = in_proportion(body, || wire::read_capture(&merchant, body));
    let tree = tree::agreed(body, malformed(read.as_ref().err()), BYTES, DEPTH);
    let tree = tree.as_ref();
    let asks_for_capture = asks_for(read.as_ref(), tree, capture);
    let reply = pollster::block_on(wire::capture(&engine, &merchant, body, now));
    let text = tree.filter(|_| asks_for_capture).and_then(|tree| tree.get("extendInfo"));
    answers(&reply, read.as_ref().err(), tree, &["captureRequestId", "paymentId"], text);
    let again = pollster::block_on(wire::capture(&engine, &merchant, body, now));
    assert_eq!((&again.body, again.replayed), (&reply.body, asks_for_capture), "the same body again");

    let read = in_proportion(body, || wire::read_cancel(&merchant, body));
    let asks_for_cancel = asks_for(read.as_ref(), tree, cancel);
    let reply = pollster::block_on(wire::cancel(&engine, &merchant, body, now));
    answers(&reply, read.as_ref().err(), tree, &["paymentId"], None);

    let read = in_proportion(body, || wire::read_void(&merchant, body));
    let asks_for_void = asks_for(read.as_ref(), tree, void);
    let reply = pollster::block_on(wire::void(&engine, &merchant, body, now));
    answers(&reply, read.as_ref().err(), tree, &["voidRequestId", "paymentId"], None);

    let fresh = Engine::new(MemoryStore::new(), Settings::default());
    let read = in_proportion(body, || wire::read_inquiry(&merchant, body));
    let asks_for_inquiry = asks_for(read.as_ref(), tree, inquiry);
    let reply = pollster::block_on(wire::inquire(&fresh, &merchant, body, now));
    answers(&reply, read.as_ref().err(), tree, &["paymentId", "captureRequestId"], None);

    asks_for_capture || asks_for_cancel || asks_for_void || asks_for_inquiry
}

fn malformed(error: Option<&BodyError>) -> Option<&Malformed> {
    match error {
        Some(BodyError::NotWellFormed(malformed)) => Some(malformed),
        _ => None,
    }
}

/// Whether it was read; fails if it was read as something else than the rules
/// say. Of a text that is no value for both, nothing can be said.
fn asks_for<T: PartialEq + Debug>(
    read: Result<&T, &BodyError>,
    tree: Option<&Tree>,
    by_the_rules: impl Fn(&Tree) -> Option<T>,
) -> bool {
    if let Some(tree) = tree {
        let expected = by_the_rules(tree);
        assert_eq!(read.ok(), expected.as_ref(), "{}: {read:?}", tree.compact());
        assert_eq!(matches!(read, Err(BodyError::NotAnObject)), !tree.is_object());
    }
    if let Err(BodyError::Field(error)) = read {
        assert!(!error.field().is_empty() && error.to_string().len() < 300, "{error}");
    }
    read.is_ok()
}

/// An optional field: absent, well-formed, or the end of the whole.
fn optional<T>(object: &Tree, name: &str, by_the_rules: impl Fn(&Tree) -> Option<T>) -> Option<Option<T>> {
    match object.get(name) {
        None => Some(None),
        Some(value) => by_the_rules(value).map(Some),
    }
}

fn capture(body: &Tree) -> Option<Capture> {
    let mut capture = Capture::new(merchant(), id(body, "captureRequestId")?, id(body, "paymentId")?);
    if let Some(amount) = optional(body, "captureAmount", amount)? {
        capture = capture.amount(amount);
    }
    if let Some(last) = optional(body, "isLastCapture", Tree::flag)? {
        capture = capture.last(last);
    }
    if let Some(text) = optional(body, "extendInfo", |value| value.text().map(str::to_owned))? {
        let fits = text.chars().count() <= 4_096 && !text.contains('\0');
        let info = ExtendInfo::try_from(text.as_str());
        assert_eq!(info.is_ok(), fits, "extendInfo of {} characters", text.chars().count());
        capture = capture.extend_info(info.ok()?);
    }
    Some(capture)
}

fn cancel(body: &Tree) -> Option<Cancel> {
    Some(Cancel::new(merchant(), id(body, "paymentId")?))
}

fn void(body: &Tree) -> Option<Void> {
    let request = id(body, "voidRequestId")?;
    let payment = id(body, "paymentId")?;
    let part = optional(body, "voidAmount", amount)?;
    let all = optional(body, "voidRemainingAmount", Tree::flag)?.unwrap_or(false);
    let amount = match (part, all) {
        (Some(part), false) => VoidAmount::Part(part),
        (None, true) => VoidAmount::Remainder,
        (Some(_), true) | (None, false) => return None,
    };
    Some(Void::new(merchant(), request, payment, amount))
}

fn inquiry(body: &Tree) -> Option<Inquiry> {
    let payment = optional(body, "paymentId", |_| id(body, "paymentId"))?;
    let request = optional(body, "captureRequestId", |_| id(body, "captureRequestId"))?;
    match (payment, request) {
        (Some(payment), None) => Some(Inquiry::Payment(AuthorizationKey { merchant: merchant(), payment })),
        (None, Some(request)) => Some(Inquiry::Capture(merchant(), request)),
        _ => None,
    }
}

/// The whole answer, on an engine where there is no authorization: the result,
/// the ids that are well-formed, and the free text of a capture.
fn answers(reply: &Reply, error: Option<&BodyError>, tree: Option<&Tree>, ids: &[&str], text: Option<&Tree>) {
    let code = if error.is_some() { ResultCode::ParamIllegal } else { ResultCode::AuthNotFound };
    let said = match &reply.cause {
        Some(Cause::Body(error)) => Some(error),
        _ => None,
    };
    assert_eq!((reply.code, said), (code, error));
    let given = String::from_utf8(reply.body.clone()).unwrap();
    if malformed(error).is_none() && tree.is_none() {
        // No echo is expected of a text of which `serde_json` says nothing.
        assert!(serde_json::from_str::<Tree>(&given).is_ok(), "{given}");
        return;
    }
    let named = |name: &str, value: &str| (name.to_owned(), Tree::Text(value.to_owned()));
    let result = Tree::Object(vec![
        named("resultCode", code.as_str()),
        named("resultStatus", code.status().as_str()),
        named("resultMessage", code.message()),
    ]);
    let mut members = vec![("result".to_owned(), result)];
    for name in ids {
        let id = tree.and_then(|tree| tree.get(name)).and_then(Tree::text);
        members.extend(id.filter(|id| ids::is_well_formed(id)).map(|id| named(name, id)));
    }
    members.extend(text.and_then(Tree::text).map(|text| named("extendInfo", text)));
    assert_eq!(given, Tree::Object(members).compact());
}
