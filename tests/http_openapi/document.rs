//! The document itself: read strictly, its references, its codes.

use std::collections::BTreeSet;

use capture_engine::ResultCode;
use capture_engine::http::{Code, EdgeCode, Prefix, Route, openapi};
use capture_engine::result_code::Advice;
use capture_engine::wire::{self, BodyError};
use serde_json::Value;

use super::openapi::{Schemas, complaints, schema_at};

#[test]
fn the_document_is_json_without_a_name_twice() {
    let document = openapi(&Prefix::default());
    // The strict reader reaches the fields: the text itself is well-formed.
    let read = wire::read_cancel(&"M1".parse().unwrap(), document.as_bytes());
    assert!(matches!(&read, Err(BodyError::Field(error)) if error.field() == "paymentId"), "{read:?}");
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
}

#[test]
fn its_server_is_the_prefix_and_its_paths_are_the_routes() {
    for (prefix, url) in [("", "/"), ("/api", "/api"), ("/a-b_c.d~e/1", "/a-b_c.d~e/1")] {
        let document: Value = serde_json::from_str(&openapi(&prefix.parse().unwrap())).unwrap();
        assert_eq!(document["servers"][0]["url"], url);
        let paths: BTreeSet<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(paths, Route::ALL.iter().map(ToString::to_string).collect());
        for item in document["paths"].as_object().unwrap().values() {
            assert_eq!(item.as_object().unwrap().keys().collect::<Vec<_>>(), ["parameters", "post"]);
        }
    }
}

/// Calls with every object in a value.
fn each_object(value: &Value, with: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            with(members);
            members.values().for_each(|member| each_object(member, with));
        }
        Value::Array(elements) => elements.iter().for_each(|element| each_object(element, with)),
        _ => (),
    }
}

#[test]
fn every_reference_resolves_and_every_component_is_used() {
    let schemas = Schemas::load();
    let mut named = BTreeSet::new();
    each_object(schemas.document(), &mut |members| {
        if let Some(reference) = members.get("$ref") {
            let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
            assert!(schemas.document().pointer(pointer).is_some(), "{pointer}");
            named.insert(pointer.to_owned());
        }
    });
    // No operation has the answer to a path that is not there.
    named.insert("/components/responses/NoSuchPath".to_owned());
    for (kind, components) in schemas.document()["components"].as_object().unwrap() {
        for name in components.as_object().unwrap().keys() {
            assert!(named.contains(&format!("/components/{kind}/{name}")), "{kind}/{name} is not used");
        }
    }
}

#[test]
fn every_schema_compiles_and_every_header_takes_its_example() {
    let schemas = Schemas::load();
    let components = &schemas.document()["components"];
    for (name, schema) in components["schemas"].as_object().unwrap() {
        assert!(jsonschema::draft202012::meta::is_valid(schema), "{name}");
        schemas.component(name);
    }
    for kind in ["parameters", "headers"] {
        for (name, header) in components[kind].as_object().unwrap() {
            let schema = schema_at(schemas.document(), &format!("/components/{kind}/{name}/schema"));
            if let Some(example) = header.get("example") {
                complaints(&schema, example).unwrap();
            }
        }
    }
}

#[test]
fn every_code_is_listed_with_its_status_and_message() {
    let schemas = Schemas::load();
    let components = schemas.document()["components"]["schemas"].as_object().unwrap();
    let is_code =
        |name: &&String| name.chars().all(|character| character.is_ascii_uppercase() || character == '_');
    let listed: BTreeSet<_> = components.keys().filter(is_code).map(String::as_str).collect();
    assert_eq!(listed, Code::all().map(Code::as_str).collect());
    assert_eq!(listed.len(), 27);
    let results = |code: Code| {
        [code.status().as_str(), "S", "F", "U"].map(|status| {
            let (code, message) = (code.as_str(), code.message());
            serde_json::json!({ "resultCode": code, "resultStatus": status, "resultMessage": message })
        })
    };
    for code in Code::all() {
        let schema = schemas.component(code.as_str());
        let taken = results(code).map(|result| schema.is_valid(&result));
        assert_eq!(taken.iter().filter(|taken| **taken).count(), 2, "{code}: its status alone");
        assert!(taken[0], "{code}");
        let [mut result, ..] = results(code);
        result["resultMessage"] = "something else".into();
        assert!(!schema.is_valid(&result), "{code}");
    }
}

#[test]
fn the_table_of_codes_says_status_and_advice_of_each() {
    let schemas = Schemas::load();
    let description = schemas.document()["info"]["description"].as_str().unwrap();
    let rows: Vec<_> = description.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(rows.len(), Code::all().count());
    for (row, code) in rows.into_iter().zip(Code::all()) {
        let advice = match code.advice() {
            Advice::Done => "Done",
            Advice::SameId => "Same id",
            Advice::NewId => "New id",
            Advice::Wait => "Wait",
            Advice::Stop => "Stop",
        };
        assert!(row.starts_with(&format!("| `{code}` | {} | ", code.status().as_str())), "{row}");
        assert!(row.ends_with(&format!(" | {advice}. |")), "{row}");
    }
}

/// The codes that a schema lets be answered: those that its references lead to.
pub fn codes_of(schemas: &Schemas, schema: &Value) -> BTreeSet<&'static str> {
    let mut codes = BTreeSet::new();
    each_object(schema, &mut |members| {
        let Some(name) = members.get("$ref").and_then(|reference| reference.as_str()?.rsplit('/').next())
        else {
            return;
        };
        match Code::from_code(name) {
            Some(code) => drop(codes.insert(code.as_str())),
            None => codes.extend(codes_of(schemas, &schemas.document()["components"]["schemas"][name])),
        }
    });
    codes
}

/// The codes that a route's answers are listed with.
pub fn codes_of_route(schemas: &Schemas, route: Route) -> BTreeSet<&'static str> {
    codes_of(schemas, schemas.of_route(route, "responses/200/content/application~1json/schema"))
}

#[test]
fn every_route_lists_the_edges_codes_and_another_path_the_one_for_it() {
    let schemas = Schemas::load();
    let no_path = EdgeCode::InvalidApi;
    for route in Route::ALL {
        let listed = codes_of_route(&schemas, route);
        for code in EdgeCode::ALL {
            assert_eq!(listed.contains(code.as_str()), code != no_path, "{route}: {code}");
        }
    }
    let elsewhere = &schemas.document()["components"]["responses"]["NoSuchPath"];
    assert_eq!(codes_of(&schemas, elsewhere), [no_path.as_str()].into());
    for code in EdgeCode::ALL.map(Code::from).into_iter().chain([ResultCode::UnknownException.into()]) {
        let result = format!(
            r#"{{"result":{{"resultCode":"{code}","resultStatus":"{}","resultMessage":"{}"}}}}"#,
            code.status().as_str(),
            code.message()
        );
        let is_no_path = code == no_path.into();
        assert_eq!(schemas.check_response(None, &result).is_ok(), is_no_path);
        for route in Route::ALL {
            assert_eq!(schemas.check_response(route, &result).is_ok(), !is_no_path, "{route}: {code}");
        }
        let echoing = result.replacen("}}", r#"},"paymentId":"p"}"#, 1);
        if code != ResultCode::UnknownException.into() {
            for route in Route::ALL {
                schemas.check_response(route, &echoing).unwrap_err();
            }
        }
    }
}

#[test]
fn an_answer_without_signature_or_time_is_not_the_documents() {
    let schemas = Schemas::load();
    let all = [
        ("client-id", "M1"),
        ("Response-Time", "2021-06-08T12:12:12.250000+08:00"),
        ("signature", "algorithm=RSA256, keyVersion=2, signature=ab%2B%2F%3D%3D"),
        ("Content-Type", "application/json; charset=UTF-8"),
        ("Idempotent-Replayed", "true"),
    ];
    schemas.check_response_headers(all).unwrap();
    for without in ["Response-Time", "signature"] {
        let headers = all.into_iter().filter(|(name, _)| *name != without);
        schemas.check_response_headers(headers).unwrap_err();
    }
    for wrong in [
        ("Idempotent-Replayed", "false"),
        ("response-time", "1623125532000"),
        ("Signature", "algorithm=RSA256, keyVersion=2, signature=ab+/=="),
    ] {
        schemas.check_response_headers(all.into_iter().chain([wrong])).unwrap_err();
    }
}
