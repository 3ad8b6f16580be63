#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::as_conversions,
    clippy::arithmetic_side_effects
)]

mod agreement;
mod grammar;
mod limits;

use std::cell::Cell;

use super::*;

thread_local! {
    static WORK: Cell<usize> = const { Cell::new(0) };
}

pub(super) fn work(bytes: usize) {
    WORK.with(|done| done.set(done.get() + bytes + 1));
}

fn work_of<T>(action: impl FnOnce() -> T) -> (T, usize) {
    WORK.with(|done| done.set(0));
    let result = action();
    (result, WORK.with(Cell::get))
}

fn read(text: &[u8]) -> Result<Document<'_>, Malformed> {
    Document::parse(text, Limits::BODY)
}

/// `Ok` or the problem with its offset.
fn verdict(text: &[u8], limits: Limits) -> Result<(), (Problem, usize)> {
    match Document::parse(text, limits) {
        Ok(_) => Ok(()),
        Err(malformed) => Err((malformed.problem, malformed.offset)),
    }
}

fn show(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().take(80).collect()
}

#[test]
fn a_fault_names_the_innermost_field_in_whose_value_it_lies() {
    let table: &[(&[u8], Option<&str>)] = &[
        (b"[1,", None),
        (b"{\"a\":1 x}", None),
        (b"{\"a\":1,\"\\ud800\":1}", None),
        (b"{\"a\":{\"b\":1,\"\\ud800\":1}}", Some("a")),
        (b"{\"a\":1,\"b\":\"\\ud800\"}", Some("b")),
        (b"{\"a\":1,\"b\" 2}", Some("b")),
        (b"{\"a\":{\"b\":1},\"c\":[1,{},{\"d\":0},01]}", Some("c")),
        (b"{\"a\":{\"\\u0062\":tru", Some("b")),
        (b"{\"a\":\"\xFF\"}", Some("a")),
        (b"{\"a\":\"\\\xFF\"}", Some("a")),
        (b"{\"a\":{\"b\":\"\xED\xA0\x80\"}}", Some("b")),
        (b"{\"a\":01,\"b\":\"\xFF\"}", None),
        (b"\xFF", None),
        (b"{\"a\":{\"b\":1,\"b\":1},\"a\":1}", Some("b")),
        (b"{\"a\":{\"b\":1},\"a\":1}", Some("a")),
    ];
    for (text, field) in table {
        let malformed = read(text).unwrap_err();
        assert_eq!(malformed.field.as_deref(), *field, "{}", show(text));
    }
    let deep = "{\"a\":".repeat(40);
    assert_eq!(read(deep.as_bytes()).unwrap_err().field.as_deref(), Some("a"));
}

#[test]
fn messages_say_what_and_where_and_cannot_forge_a_log_line() {
    let table: &[(&[u8], &str)] = &[
        (b"[1", "unexpected end at byte 2"),
        (b"{\"a\":1,\"a\":2}", "repeated name, field \"a\", at byte 7"),
        (b"{\"\\n\\u001b[\":01}", "invalid number, field \"\\n\\u{1b}[\", at byte 14"),
    ];
    for (text, message) in table {
        assert_eq!(read(text).unwrap_err().to_string(), *message);
    }
    let long = format!("{{\"{}\":x}}", "é".repeat(10_000));
    assert!(read(long.as_bytes()).unwrap_err().to_string().len() < 200);
}

#[test]
fn a_document_is_read_as_it_was_written() {
    let text = br#" {"n":null,"t":true,"f":false,"\u0073":"a\tb","plain":"x","num":-1.50e+3,
        "arr":[1,[2,"3"],{"k":[]}],"obj":{"n":1, "x":{"y":2}},"after":"z"} "#;
    let document = read(text).unwrap();
    assert_eq!(document.root().kind(), Kind::Object);
    let root = document.root().as_object().unwrap();
    assert!(root.get("n").is_none() && root.get("missing").is_none());
    assert!(root.get("T").is_none() && root.get("k").is_none() && root.get("y").is_none());
    assert_eq!(root.get("t").unwrap().as_bool(), Some(true));
    assert_eq!(root.get("f").unwrap().as_bool(), Some(false));
    assert!(matches!(root.get("s").unwrap().as_str(), Some(Cow::Owned(s)) if s == "a\tb"));
    assert_eq!(root.get("s").unwrap().raw(), r#""a\tb""#);
    assert!(matches!(root.get("plain").unwrap().as_str(), Some(Cow::Borrowed("x"))));
    assert_eq!(root.get("num").unwrap().as_number(), Some("-1.50e+3"));
    assert_eq!(root.get("after").unwrap().as_str().unwrap(), "z");
    let array = root.get("arr").unwrap();
    assert_eq!(array.raw(), r#"[1,[2,"3"],{"k":[]}]"#);
    let elements: Vec<_> = array.as_array().unwrap().map(Value::raw).collect();
    assert_eq!(elements, ["1", r#"[2,"3"]"#, r#"{"k":[]}"#]);
    let object = root.get("obj").unwrap();
    assert_eq!(object.raw(), r#"{"n":1, "x":{"y":2}}"#);
    let inner = object.as_object().unwrap().get("x").unwrap();
    assert_eq!(inner.as_object().unwrap().get("y").unwrap().as_number(), Some("2"));
    let names: Vec<_> = root.members().map(|(name, _)| name.into_owned()).collect();
    let expected = ["n", "t", "f", "s", "plain", "num", "arr", "obj", "after"];
    assert_eq!(names, expected);
    assert!(root.members().next().unwrap().1.is_null());
    assert_eq!(document.root().raw(), std::str::from_utf8(text).unwrap().trim());
}

#[test]
fn a_value_is_taken_for_its_own_type_only() {
    let document = read(b"[null,true,1,\"s\",[],{}]").unwrap();
    let kinds = [Kind::Null, Kind::Bool, Kind::Number, Kind::String, Kind::Array, Kind::Object];
    for (value, kind) in document.root().as_array().unwrap().zip(kinds) {
        assert_eq!(value.kind(), kind);
        assert_eq!(value.is_null(), kind == Kind::Null);
        assert_eq!(value.as_bool().is_some(), kind == Kind::Bool);
        assert_eq!(value.as_number().is_some(), kind == Kind::Number);
        assert_eq!(value.as_str().is_some(), kind == Kind::String);
        assert_eq!(value.as_array().is_some(), kind == Kind::Array);
        assert_eq!(value.as_object().is_some(), kind == Kind::Object);
    }
}
