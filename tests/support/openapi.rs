//! The OpenAPI document in a test: bodies and headers are held against what it
//! says of their route.
//!
//! What no JSON Schema can say of a body, it does not check: names that stand
//! twice, its size and depth, that a currency exists, the order of members. A
//! number beyond a float's range in an ignored member is legal and cannot be
//! read here.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::collections::BTreeMap;
use std::sync::OnceLock;

use capture_engine::ResultCode;
use capture_engine::http::{Code, Prefix, Route, openapi};
use jsonschema::Validator;
use serde_json::{Value, json};

/// The document, and the schemas of its bodies.
pub struct Schemas {
    document: Value,
    requests: BTreeMap<Route, Validator>,
    responses: BTreeMap<Route, Validator>,
    no_such_path: Validator,
}

/// Where the schema of a JSON body stands, from what has the body.
const SCHEMA: &str = "content/application~1json/schema";

impl Schemas {
    /// Reads the document and compiles the schemas of its bodies.
    pub fn load() -> Self {
        let document = serde_json::from_str(&openapi(&Prefix::default())).unwrap();
        let of_routes = |of: &str| {
            let at = |route| format!("{}/{of}/{SCHEMA}", operation(route));
            Route::ALL.into_iter().map(|route| (route, schema_at(&document, &at(route)))).collect()
        };
        Self {
            requests: of_routes("requestBody"),
            responses: of_routes("responses/200"),
            no_such_path: schema_at(&document, &format!("/components/responses/NoSuchPath/{SCHEMA}")),
            document,
        }
    }

    pub fn document(&self) -> &Value {
        &self.document
    }

    /// What stands in a route's operation, as in `responses/200`.
    pub fn of_route(&self, route: Route, path: &str) -> &Value {
        self.document.pointer(&format!("{}/{path}", operation(route))).unwrap()
    }

    /// A schema of the components.
    pub fn component(&self, name: &str) -> Validator {
        schema_at(&self.document, &format!("/components/schemas/{name}"))
    }

    /// Whether the document lets a client send this body.
    ///
    /// # Errors
    /// What it says against it, as below.
    pub fn check_request(&self, route: Route, body: impl AsRef<[u8]>) -> Result<(), String> {
        check(&self.requests[&route], body.as_ref())
    }

    /// Whether the document lets this be answered; `None` for a path that is
    /// no route.
    pub fn check_response(
        &self,
        route: impl Into<Option<Route>>,
        body: impl AsRef<[u8]>,
    ) -> Result<(), String> {
        let validator = route.into().map_or(&self.no_such_path, |route| &self.responses[&route]);
        check(validator, body.as_ref())
    }

    /// Whether an answer has the headers that it must have, and no header says
    /// what the document excludes. Names in any case.
    pub fn check_response_headers<'h>(
        &self,
        headers: impl IntoIterator<Item = (&'h str, &'h str)>,
    ) -> Result<(), String> {
        let declared = self.document["components"]["headers"].as_object().unwrap();
        let mut missing: Vec<_> = declared.iter().filter(|(_, header)| header["required"] == true).collect();
        for (name, value) in headers {
            missing.retain(|(declared, _)| !declared.eq_ignore_ascii_case(name));
            let Some((name, _)) = declared.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) else {
                continue;
            };
            let schema = schema_at(&self.document, &format!("/components/headers/{name}/schema"));
            complaints(&schema, &json!(value)).map_err(|error| format!("{name}: {error}"))?;
        }
        missing.first().map_or(Ok(()), |(name, _)| Err(format!("{name} is missing")))
    }
}

/// Fails unless the document describes this exchange: what is answered, and of
/// a body that was taken what was asked.
pub fn assert_documented(route: Option<Route>, code: &str, asked: impl AsRef<[u8]>, answered: &str) {
    static SCHEMAS: OnceLock<Schemas> = OnceLock::new();
    let schemas = SCHEMAS.get_or_init(Schemas::load);
    schemas.check_response(route, answered).unwrap_or_else(|error| panic!("{answered}: {error}"));
    let is_taken = |code| matches!(code, Code::Engine(code) if code != ResultCode::ParamIllegal);
    if let Some(route) = route.filter(|_| Code::from_code(code).is_some_and(is_taken)) {
        // Where a check of the host's cannot say, the body was not looked at.
        let bare = code == ResultCode::UnknownException.as_str();
        let said = schemas.check_request(route, asked);
        assert!(bare || said.is_ok(), "{answered}: {said:?}");
    }
}

fn operation(route: Route) -> String {
    format!("/paths/{}/post", route.path().replace('/', "~1"))
}

/// The schema that stands at this JSON pointer; its references are those of the document.
pub fn schema_at(document: &Value, pointer: &str) -> Validator {
    assert!(document.pointer(pointer).is_some(), "nothing stands at {pointer}");
    let mut schema = document.clone();
    schema["$ref"] = json!(format!("#{pointer}"));
    jsonschema::draft202012::new(&schema).unwrap()
}

fn check(validator: &Validator, body: &[u8]) -> Result<(), String> {
    complaints(validator, &serde_json::from_slice(body).map_err(|error| error.to_string())?)
}

/// What a schema says against a value, each with its place.
pub fn complaints(validator: &Validator, value: &Value) -> Result<(), String> {
    let said: Vec<_> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if said.is_empty() { Ok(()) } else { Err(said.join("; ")) }
}
