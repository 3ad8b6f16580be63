//! The document's examples: what it says that is asked, asked, and the answer
//! found in the document byte for byte, blanks aside.

use std::collections::BTreeSet;

use capture_engine::command::Authorize;
use capture_engine::http::{Prefix, Route, openapi};
use capture_engine::{Currency, Engine, Instant, MemoryStore, Money, Settings};
use pollster::block_on;
use serde_json::Value;

use super::answer;
use super::openapi::Schemas;

/// A JSON text without the blanks outside of its strings.
fn compact(text: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let mut kept = |character: char| {
        let keep = in_string || !character.is_ascii_whitespace();
        in_string ^= character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        keep
    };
    text.chars().filter(|character| kept(*character)).collect()
}

fn payments() -> Engine<MemoryStore> {
    let engine = Engine::new(MemoryStore::new(), Settings::default());
    for payment in ["20191127190741010007013213121", "order-1002", "order-1003"] {
        let amount = Money::from_minor(1_000, Currency::USD).unwrap();
        let deadline = "2021-06-15T12:12:12+08:00".parse().unwrap();
        let hold = Authorize::new("M1".parse().unwrap(), payment.parse().unwrap(), amount, deadline);
        block_on(engine.authorize(&hold, now())).unwrap();
    }
    engine
}

fn now() -> Instant {
    "2021-06-08T12:12:12+08:00".parse().unwrap()
}

/// The examples, in an order in which they are true.
const STORY: [(Route, &str); 8] = [
    (Route::Capture, "all"),
    (Route::Capture, "part"),
    (Route::Capture, "tooMuch"),
    (Route::Void, "part"),
    (Route::Void, "remainder"),
    (Route::InquiryPayment, "payment"),
    (Route::Cancel, "rest"),
    (Route::InquiryPayment, "request"),
];

/// Answers that belong to no request among the examples.
const ALONE: [(Route, &str); 1] = [(Route::Capture, "notSigned")];

const REQUESTS: &str = "requestBody/content/application~1json/examples";
const ANSWERS: &str = "responses/200/content/application~1json/examples";

#[test]
fn the_examples_are_what_the_engine_answers() {
    let schemas = Schemas::load();
    let engine = payments();
    let document = compact(&openapi(&Prefix::default()));
    for (route, name) in STORY {
        let request = schemas.of_route(route, REQUESTS)[name]["value"].to_string();
        let reply = answer(&engine, route, request, now());
        let text = String::from_utf8(reply.body).unwrap();
        let example = &schemas.of_route(route, ANSWERS)[name]["value"];
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), *example, "{route} {name}: {text}");
        assert!(document.contains(&text), "{route} {name}: members in another order");
    }
}

#[test]
fn every_example_is_told_and_fits_its_schema() {
    let schemas = Schemas::load();
    let names = |of: &str| -> BTreeSet<(Route, String)> {
        let of_route = |route| schemas.of_route(route, of).as_object().unwrap().keys();
        Route::ALL
            .into_iter()
            .flat_map(|route| of_route(route).map(move |name| (route, name.clone())))
            .collect()
    };
    let told = |examples: &[(Route, &str)]| {
        examples.iter().map(|(route, name)| (*route, (*name).to_owned())).collect()
    };
    assert_eq!(names(REQUESTS), told(&STORY));
    assert_eq!(names(ANSWERS), told(&[&STORY[..], &ALONE].concat()));
    for (route, name) in names(REQUESTS) {
        schemas.check_request(route, schemas.of_route(route, REQUESTS)[&name]["value"].to_string()).unwrap();
    }
    for (route, name) in names(ANSWERS) {
        schemas.check_response(route, schemas.of_route(route, ANSWERS)[&name]["value"].to_string()).unwrap();
    }
}

#[test]
fn blanks_inside_of_strings_are_kept() {
    assert_eq!(compact("{ \"a b\" :\n\"\\\" \\\\\" , \"c\": [ 1 ] }"), "{\"a b\":\"\\\" \\\\\",\"c\":[1]}");
}
