//! Answers of the engine: each that it gives fits the schema of its route, each
//! code that a route lists is given, and what is not an answer does not fit.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use capture_engine::ResultCode as Is;
use capture_engine::command::{
    Abandon, AdjustPayer, Adjustment, Authorize, PayerStatus, Reverse, Settle, SettlementOutcome, UsageLimits,
};
use capture_engine::http::{EdgeCode, Route};
use capture_engine::result_code::FailureCode;
use capture_engine::risk::{NoVerdict, RiskQuestion, Verdict};
use capture_engine::submission::Command;
use capture_engine::terms::{Funding, Percent, Settlement};
use capture_engine::{Engine, ResultCode, Settings, wire};
use pollster::block_on;
use serde_json::{Value, json};

use super::document::codes_of_route;
use super::kit::{DEADLINE, at, id, usd};
use super::openapi::Schemas;
use super::scripted::Scripted;
use super::{answer, kit};

type ById = fn(&RiskQuestion) -> Result<Verdict, NoVerdict>;

/// An engine of the merchant `M1`, whose every answer is held against the document.
struct World {
    schemas: Schemas,
    engine: Engine<Arc<Scripted>, ById>,
    given: RefCell<BTreeMap<Route, BTreeSet<&'static str>>>,
    bodies: RefCell<Vec<(Route, String)>>,
}

fn by_id(question: &RiskQuestion) -> Result<Verdict, NoVerdict> {
    match question.request.as_str() {
        "review" => Ok(Verdict::Review),
        "reject" => Ok(Verdict::Reject),
        "silent" => Err(NoVerdict),
        _ => Ok(Verdict::Accept),
    }
}

fn authorize(payment: &str) -> Authorize {
    Authorize::new(id("M1"), id(payment), usd(1_000), at(DEADLINE))
}

fn settle(request: &str, outcome: SettlementOutcome) -> Settle {
    Settle::new(id("M1"), id(request), outcome)
}

impl World {
    fn new() -> Self {
        let settings = Settings::default().payment_limits([usd(1_000)]).unwrap();
        Self {
            schemas: Schemas::load(),
            engine: Engine::new(Scripted::new([]), settings).with_risk_check(by_id),
            given: RefCell::default(),
            bodies: RefCell::default(),
        }
    }

    /// What the host does.
    fn does(&self, command: impl Into<Command>) {
        block_on(self.engine.execute(&command.into(), at(0))).unwrap();
    }

    fn ask_at(&self, seconds: u64, route: Route, body: &Value, code: ResultCode) -> Value {
        let body = body.to_string();
        let reply = answer(&self.engine, route, &body, at(seconds));
        let text = String::from_utf8(reply.body).unwrap();
        assert_eq!(reply.code, code, "{route} {body}: {text}");
        let asked = self.schemas.check_request(route, &body);
        assert_eq!(asked.is_ok(), code != ResultCode::ParamIllegal, "{route} {body}: {asked:?}");
        self.schemas.check_response(route, &text).unwrap_or_else(|error| panic!("{route} {text}: {error}"));
        self.given.borrow_mut().entry(route).or_default().insert(code.as_str());
        self.bodies.borrow_mut().push((route, text.clone()));
        serde_json::from_str(&text).unwrap()
    }

    fn ask(&self, route: Route, body: Value, code: ResultCode) -> Value {
        self.ask_at(1, route, &body, code)
    }

    fn capture(&self, request: &str, payment: &str, minor: u32, code: ResultCode) {
        self.ask(Route::Capture, part(request, payment, minor, "USD"), code);
    }

    fn cancel(&self, payment: &str, code: ResultCode) {
        self.ask(Route::Cancel, json!({ "paymentId": payment }), code);
    }

    fn void(&self, request: &str, payment: &str, minor: u32, code: ResultCode) {
        let amount = json!({ "value": minor.to_string(), "currency": "USD" });
        let body = json!({ "voidRequestId": request, "paymentId": payment, "voidAmount": amount });
        self.ask(Route::Void, body, code);
    }

    /// A payment's inquiry, or that of a capture's id.
    fn inquire(&self, by: &str, name: &str, code: ResultCode) -> Value {
        self.ask(Route::InquiryPayment, json!({ by: name }), code)
    }
}

fn part(request: &str, payment: &str, minor: u32, currency: &str) -> Value {
    json!({
        "captureRequestId": request,
        "paymentId": payment,
        "captureAmount": { "value": minor.to_string(), "currency": currency },
        "isLastCapture": false,
        "extendInfo": "quotes \" and \u{1F600}",
    })
}

fn plain_payment(world: &World) {
    world.does(authorize("p"));
    world.inquire("paymentId", "p", Is::Success);
    world.capture("c1", "p", 300, Is::Success);
    world.capture("c1", "p", 300, Is::Success);
    world.capture("c1", "p", 301, Is::RepeatReqInconsistent);
    world.capture("c2", "p", 800, Is::CaptureAmountExceedAuthLimit);
    world.ask(Route::Capture, part("c3", "p", 1, "EUR"), Is::CurrencyNotSupport);
    world.capture("reject", "p", 1, Is::RiskReject);
    world.capture("silent", "p", 1, Is::UnknownException);
    world.capture("\u{1F600}", "p", 1, Is::Success);
    world.void("v1", "p", 100, Is::Success);
    world.void("v1", "p", 100, Is::Success);
    world.void("v1", "p", 101, Is::RepeatReqInconsistent);
    world.void("v2", "p", 900, Is::CaptureAmountExceedAuthLimit);
    let euro = json!({ "value": "1", "currency": "EUR" });
    let void = json!({ "voidRequestId": "v3", "paymentId": "p", "voidAmount": euro });
    world.ask(Route::Void, void, Is::CurrencyNotSupport);
    world.inquire("paymentId", "p", Is::Success);
    world.inquire("captureRequestId", "c2", Is::Success);
    world.cancel("p", Is::Success);
    world.cancel("p", Is::Success);
    for request in ["c1", "c4"] {
        let code = if request == "c1" { Is::Success } else { Is::AuthCancelled };
        world.capture(request, "p", 300, code);
    }
    world.void("v4", "p", 1, Is::AuthCancelled);
    world.inquire("paymentId", "p", Is::Success);
}

fn no_payment(world: &World) {
    world.capture("n", "none", 1, Is::AuthNotFound);
    world.void("n", "none", 1, Is::AuthNotFound);
    world.cancel("none", Is::AuthNotFound);
    world.inquire("paymentId", "none", Is::AuthNotFound);
    world.inquire("captureRequestId", "nobody's", Is::AuthNotFound);
    world.inquire("captureRequestId", "n", Is::Success);
    world.does(Abandon::new(id("M1"), id("fenced")));
    world.capture("fenced", "p", 1, Is::ProcessFail);
    world.inquire("captureRequestId", "fenced", Is::Success);
}

/// Every way to close, beside a cancel and the deadline.
fn closings(world: &World) {
    for payment in ["full", "last", "voided", "rest", "due"] {
        world.does(authorize(payment));
    }
    world.capture("full", "full", 1_000, Is::Success);
    let last = json!({ "captureRequestId": "last", "paymentId": "last", "captureAmount": { "value": "9", "currency": "USD" } });
    world.ask(Route::Capture, last, Is::Success);
    world.void("voided", "voided", 1_000, Is::Success);
    world.capture("rest", "rest", 1, Is::Success);
    let rest = json!({ "voidRequestId": "rest", "paymentId": "rest", "voidRemainingAmount": true });
    world.ask(Route::Void, rest, Is::Success);
    world.cancel("full", Is::OrderStatusInvalid);
    world.cancel("voided", Is::AuthCancelled);
    let closed = ["full", "last", "voided", "rest"].map(|payment| {
        let found = world.inquire("paymentId", payment, Is::Success);
        (found["status"].as_str().unwrap().to_owned(), found["closedBy"].as_str().unwrap().to_owned())
    });
    let expected = [
        ("FULLY_CAPTURED", "FULL"),
        ("FULLY_CAPTURED", "LAST"),
        ("CANCELLED", "VOID"),
        ("FULLY_CAPTURED", "VOID"),
    ];
    assert_eq!(closed, expected.map(|(status, by)| (status.to_owned(), by.to_owned())));
    world.ask_at(DEADLINE, Route::Capture, &part("late", "due", 1, "USD"), Is::AuthExpired);
    let void = json!({ "voidRequestId": "late", "paymentId": "due", "voidRemainingAmount": true });
    world.ask_at(DEADLINE, Route::Void, &void, Is::AuthExpired);
    world.ask_at(DEADLINE, Route::Cancel, &json!({ "paymentId": "due" }), Is::AuthExpired);
    world.inquire("paymentId", "due", Is::Success);
}

fn settlements(world: &World) {
    world.does(authorize("later").settlement(Settlement::Deferred));
    world.capture("s1", "later", 100, Is::CaptureInProcess);
    world.capture("s1", "later", 100, Is::CaptureInProcess);
    world.cancel("later", Is::CaptureInProcess);
    world.void("s", "later", 950, Is::CaptureInProcess);
    world.inquire("paymentId", "later", Is::Success);
    world.does(settle("s1", SettlementOutcome::Succeeded(Some(usd(60)))));
    world.capture("s1", "later", 100, Is::Success);
    world.does(settle("s1", SettlementOutcome::Failed(FailureCode::default())));
    world.does(Reverse::new(id("M1"), id("s1")));
    for code in ResultCode::ALL {
        if let Ok(failure) = FailureCode::try_from(code) {
            world.capture(code.as_str(), "later", 10, Is::CaptureInProcess);
            world.does(settle(code.as_str(), SettlementOutcome::Failed(failure)));
            world.capture(code.as_str(), "later", 10, code);
            world.inquire("captureRequestId", code.as_str(), Is::Success);
        }
    }
    world.does(authorize("reviewed"));
    world.capture("review", "reviewed", 10, Is::CaptureInProcess);
    let found = world.inquire("paymentId", "later", Is::Success);
    assert_eq!(
        (&found["captures"][0]["reversed"], &found["captures"][0]["contradicted"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(found["captures"].as_array().unwrap().len(), 13);
}

fn limits(world: &World) {
    world.does(authorize("once").max_captures(NonZeroU32::MIN));
    world.capture("o1", "once", 1, Is::Success);
    world.capture("o2", "once", 1, Is::PaymentCountExceedLimit);
    world.does(authorize("beyond").overcapture_percent(Percent::from_hundredths(5_000).unwrap()));
    world.capture("b1", "beyond", 1_001, Is::PaymentAmountExceedLimit);
    world.capture("b2", "beyond", 900, Is::Success);
    world.capture("b3", "beyond", 600, Is::Success);
    let found = world.inquire("paymentId", "beyond", Is::Success);
    assert_eq!(found["overcaptureTakenAmount"]["value"], "500");
    let sum = UsageLimits { max_amount: Some(usd(5)), ..UsageLimits::default() };
    world.does(kit::register("poor", 10));
    world.does(kit::register("limited", 10_000).limits(sum));
    world.does(kit::register("odd", 10_000));
    for payer in ["poor", "limited", "odd"] {
        world.does(authorize(payer).payer(id(payer)).funding(Funding::Drawn));
    }
    let abnormal = Adjustment { status: Some(PayerStatus::Abnormal), ..Adjustment::default() };
    world.does(AdjustPayer::new(id("a"), id("odd"), abnormal));
    world.capture("f1", "poor", 11, Is::UserBalanceNotEnough);
    world.capture("f2", "limited", 6, Is::UserAmountExceedLimit);
    world.capture("f3", "odd", 1, Is::UserStatusAbnormal);
}

/// What cannot be read, and a store that does not answer.
fn nothing_done(world: &World) {
    let ids = ["captureRequestId", "paymentId", "voidRequestId"];
    for (route, wrong) in Route::ALL.into_iter().flat_map(|route| ids.map(|name| (route, name))) {
        let mut body = json!({ "captureRequestId": "x", "paymentId": "x", "voidRequestId": "x" });
        if route != Route::InquiryPayment {
            body[wrong] = json!(7);
        }
        let is_read = match route {
            Route::Capture => wrong == "voidRequestId",
            Route::Cancel => wrong != "paymentId",
            _ => false,
        };
        world.ask(route, body, if is_read { Is::AuthNotFound } else { Is::ParamIllegal });
        world.ask(route, json!([]), Is::ParamIllegal);
    }
    world.engine.store().is_down.store(true, Relaxed);
    world.capture("u", "p", 1, Is::UnknownException);
    world.cancel("p", Is::UnknownException);
    world.void("u", "p", 1, Is::UnknownException);
    world.inquire("paymentId", "p", Is::UnknownException);
    world.inquire("captureRequestId", "u", Is::UnknownException);
    world.engine.store().is_down.store(false, Relaxed);
}

fn told() -> World {
    let world = World::new();
    for tell in [plain_payment, no_payment, closings, settlements, limits, nothing_done] {
        tell(&world);
    }
    world
}

#[test]
fn every_route_lists_the_codes_that_the_engine_gives_there_and_no_other() {
    let world = told();
    for (route, given) in world.given.take() {
        let edge = EdgeCode::ALL.map(EdgeCode::as_str);
        let mut listed = codes_of_route(&world.schemas, route);
        listed.retain(|code| !edge.contains(code));
        assert_eq!(listed, given, "{route}");
    }
}

#[test]
fn an_answer_with_a_member_more_or_less_is_none() {
    let world = told();
    // Free text, the ids of what could not be read, and an id where nothing may be known at all.
    let is_optional = |name: &str, code: &str, members: usize| {
        name == "extendInfo" || code == "PARAM_ILLEGAL" || (code == "UNKNOWN_EXCEPTION" && members == 2)
    };
    for (route, text) in world.bodies.take() {
        let answer: Value = serde_json::from_str(&text).unwrap();
        let refused = |changed: &Value, what: &str| {
            let taken = world.schemas.check_response(route, changed.to_string()).is_ok();
            assert!(!taken, "{route}, {what}: {changed}");
        };
        let code = answer["result"]["resultCode"].as_str().unwrap();
        let members = answer.as_object().unwrap();
        for name in members.keys() {
            let mut less = answer.clone();
            less.as_object_mut().unwrap().remove(name);
            if name == "result" || !is_optional(name, code, members.len()) {
                refused(&less, "less");
            }
            let mut null = answer.clone();
            null[name] = Value::Null;
            refused(&null, "null");
        }
        let mut more = answer.clone();
        more["more"] = json!(true);
        refused(&more, "more");
        for (name, wrong) in
            [("resultStatus", "A"), ("resultMessage", ""), ("resultCode", "OK"), ("more", "")]
        {
            let mut other = answer.clone();
            other["result"][name] = json!(wrong);
            refused(&other, name);
        }
    }
}

#[test]
fn the_lines_of_the_replays_files_fit() {
    let schemas = Schemas::load();
    let files = [
        (include_str!("../../examples/week.jsonl"), include_str!("../../examples/week.answers.jsonl")),
        (
            include_str!("../data/worked-examples.jsonl"),
            include_str!("../data/worked-examples.answers.jsonl"),
        ),
    ];
    let mut fitting = 0;
    for (line, answer) in files.iter().flat_map(|(lines, answers)| lines.lines().zip(answers.lines())) {
        let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
        let route = match line["op"].as_str() {
            Some("capture") => Route::Capture,
            Some("cancel") => Route::Cancel,
            Some("void") => Route::Void,
            Some("inquire") => Route::InquiryPayment,
            _ => continue,
        };
        schemas.check_response(route, answer).unwrap_or_else(|error| panic!("{answer}: {error}"));
        let request = schemas.check_request(route, line["body"].to_string());
        assert_eq!(request.is_ok(), !answer.contains("PARAM_ILLEGAL"), "{line}: {request:?}");
        fitting += 1;
    }
    assert!(fitting > 40, "{fitting}");
    assert_eq!(wire::MAX_BODY, 65_536, "the description says so");
}
