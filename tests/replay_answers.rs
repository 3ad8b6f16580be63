//! What the operations answer beyond the worked examples: verdicts, quotes,
//! inquiries without a payment, every event, the sweep.

#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects, missing_docs)]

#[path = "support/replaying.rs"]
#[allow(dead_code)]
mod replaying;

use capture_engine::ResultCode::{
    AuthExpired, CaptureAmountExceedAuthLimit, CaptureInProcess, ParamIllegal, PaymentCountExceedLimit,
    ProcessFail, RepeatReqInconsistent, RiskReject, Success, UnknownException, UserAmountExceedLimit,
    UserBalanceNotEnough, UserStatusAbnormal,
};
use capture_engine::{Currency, Money};
use replaying::{Run, merchant_line, opening};

/// A payment `p` of 1,000 USD until 2026-03-08T00:00:00Z, with these fields more.
fn authorized(fields: &str) -> Run {
    let mut run = Run::begun();
    run.does(
        "authorize",
        &format!(
            r#"{{"paymentId":"p","paymentAmount":{},"authExpiryTime":"2026-03-08T00:00:00Z"{fields}}}"#,
            usd(1000)
        ),
    );
    run
}

fn usd(minor: u64) -> String {
    format!(r#"{{"value":"{minor}","currency":"USD"}}"#)
}

/// The body of a capture that is not the last one.
fn part(request: &str, minor: u64) -> String {
    format!(
        r#"{{"captureRequestId":"{request}","paymentId":"p","captureAmount":{},"isLastCapture":false,"extendInfo":"i"}}"#,
        usd(minor)
    )
}

fn with_risk(body: &str, risk: &str) -> String {
    merchant_line("capture", body).replacen("{\"op\"", &format!("{{\"risk\":\"{risk}\",\"op\""), 1)
}

/// The answer with `ID` for every minted id: 32 hexadecimal digits.
fn without_ids(answer: &str) -> String {
    let mut parts = answer.split("\"captureId\":\"");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |before, part| {
        let (id, rest) = part.split_once('"').unwrap();
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        format!("{before}\"captureId\":\"ID\"{rest}")
    })
}

const AT: &str = "2026-03-01T08:00:00+08:00";

#[test]
fn the_verdict_of_the_line_is_the_risk_check() {
    let mut run = authorized("");
    let ids =
        |request: &str| format!(r#","captureRequestId":"{request}","paymentId":"p","extendInfo":"i"}}"#);
    assert_eq!(run.answer(with_risk(&part("a", 1), "UNAVAILABLE")), opening(UnknownException) + &ids("a"));
    assert_eq!(run.answer(with_risk(&part("b", 1), "REJECT")), opening(RiskReject) + &ids("b"));
    assert_eq!(run.answer(with_risk(&part("c", 1), "REVIEW")), opening(CaptureInProcess) + &ids("c"));
    // Nothing was recorded of the first, all of the others.
    assert!(run.answer(with_risk(&part("a", 1), "ACCEPT")).starts_with(&opening(Success)));
    for risk in ["ACCEPT", "UNAVAILABLE"] {
        assert_eq!(run.answer(with_risk(&part("b", 1), risk)), opening(RiskReject) + &ids("b"));
        assert_eq!(run.answer(with_risk(&part("c", 1), risk)), opening(CaptureInProcess) + &ids("c"));
    }
    // A refusal before the verdict is asked for does not need it.
    let refused = run.answer(with_risk(&part("d", 1001), "UNAVAILABLE"));
    assert!(refused.starts_with(&opening(CaptureAmountExceedAuthLimit)));
}

#[test]
fn a_line_tells_whether_it_was_answered_before_and_what_moved() {
    let mut run = authorized("");
    let money = |minor| Some(Money::from_minor(minor, Currency::USD).unwrap());
    let mut told = |line: String| {
        let answered = run.line(line).1.unwrap();
        (answered.op.unwrap(), answered.code, answered.replayed, answered.captured, answered.reversed)
    };
    let capture = merchant_line("capture", &part("a", 10));
    assert_eq!(told(capture.clone()), ("capture", Success, false, money(10), None));
    assert_eq!(told(capture), ("capture", Success, true, None, None));
    assert_eq!(told(with_risk(&part("b", 20), "REVIEW")), ("capture", CaptureInProcess, false, None, None));
    let settle = merchant_line(
        "settle",
        &format!(r#"{{"captureRequestId":"b","outcome":"SUCCEEDED","settledAmount":{}}}"#, usd(15)),
    );
    assert_eq!(told(settle), ("settle", Success, false, money(15), None));
    let reverse = merchant_line("reverse", r#"{"captureRequestId":"a"}"#);
    assert_eq!(told(reverse.clone()), ("reverse", Success, false, None, money(10)));
    assert_eq!(told(reverse), ("reverse", Success, true, None, None));
    let illegal = run.line(merchant_line("capture", r#"{"paymentId":7}"#)).1.unwrap();
    assert_eq!(illegal.illegal.unwrap().field(), "captureRequestId");
}

#[test]
fn a_quote_shows_what_a_capture_would_take() {
    let mut run = authorized("");
    let answer = r#","captureRequestId":"a","paymentId":"p","captureAmount":AMOUNT,"extendInfo":"i"}"#;
    assert_eq!(run.does("quote", &part("a", 400)), answer.replace("AMOUNT", &usd(400)));
    let all = r#"{"captureRequestId":"a","paymentId":"p","extendInfo":"i"}"#;
    assert_eq!(run.does("quote", all), answer.replace("AMOUNT", &usd(1000)));
    let bare = r#","captureRequestId":"a","paymentId":"p","extendInfo":"i"}"#;
    assert_eq!(run.coded(CaptureAmountExceedAuthLimit, "quote", &part("a", 1001)), bare);
    // What is recorded answers a quote as it answers a capture.
    let captured = run.does("capture", &part("a", 400));
    assert_eq!(run.does("quote", &part("a", 400).replace("\"i\"", "\"other\"")), captured);
    let inconsistent = r#","captureRequestId":"a","paymentId":"p"}"#;
    assert_eq!(run.coded(RepeatReqInconsistent, "quote", &part("a", 401)), inconsistent);
}

#[test]
fn a_quote_of_what_settles_later_shows_the_amount_until_it_is_in_process() {
    let mut run = authorized(r#","settlement":"DEFERRED""#);
    let quoted =
        format!(r#","captureRequestId":"a","paymentId":"p","captureAmount":{},"extendInfo":"i"}}"#, usd(400));
    assert_eq!(run.coded(CaptureInProcess, "quote", &part("a", 400)), quoted);
    let bare = r#","captureRequestId":"a","paymentId":"p","extendInfo":"i"}"#;
    assert_eq!(run.coded(CaptureInProcess, "capture", &part("a", 400)), bare);
    // The free text is the first request's.
    assert_eq!(run.coded(CaptureInProcess, "quote", &part("a", 400).replace("\"i\"", "\"other\"")), bare);
    // One that waits is not accepted.
    let waits = r#","captureRequestId":"b","paymentId":"p","extendInfo":"i"}"#;
    assert_eq!(run.coded(CaptureInProcess, "quote", &part("b", 601)), waits);
}

#[test]
fn an_abandoned_id_echoes_the_ids_of_whoever_asks() {
    let mut run = authorized("");
    assert_eq!(run.does("abandon", r#"{"captureRequestId":"a"}"#), r#","captureRequestId":"a"}"#);
    for op in ["capture", "quote"] {
        let other = part("a", 1).replace("\"p\"", "\"another\"");
        assert_eq!(run.coded(ProcessFail, op, &other), r#","captureRequestId":"a","paymentId":"another"}"#);
    }
    // An inquiry shows what is recorded, and there is no payment to show.
    let recorded = r#","captureRequestId":"a","captureResultCode":"PROCESS_FAIL"}"#;
    assert_eq!(run.does("inquire", r#"{"captureRequestId":"a"}"#), recorded);
}

#[test]
fn an_inquiry_shows_what_is_recorded_where_there_is_no_payment() {
    let mut run = Run::begun();
    run.answer(merchant_line("capture", &part("a", 1)));
    let recorded = r#","captureRequestId":"a","captureResultCode":"AUTH_NOT_FOUND"}"#;
    assert_eq!(run.does("inquire", r#"{"captureRequestId":"a"}"#), recorded);
}

#[test]
fn an_inquiry_lists_every_accepted_capture_with_its_outcome() {
    let mut run = authorized("");
    for request in ["a", "b", "c", "d"] {
        run.answer(with_risk(&part(request, 100), "REVIEW"));
    }
    run.does("settle", r#"{"captureRequestId":"a","outcome":"FAILED","resultCode":"RISK_REJECT"}"#);
    run.does(
        "settle",
        &format!(r#"{{"captureRequestId":"b","outcome":"SUCCEEDED","settledAmount":{}}}"#, usd(60)),
    );
    run.coded(
        RepeatReqInconsistent,
        "settle",
        &format!(r#"{{"captureRequestId":"c","outcome":"SUCCEEDED","settledAmount":{}}}"#, usd(101)),
    );
    run.does("settle", r#"{"captureRequestId":"d","outcome":"SUCCEEDED"}"#);
    run.does("reverse", r#"{"captureRequestId":"d"}"#);
    run.answer(merchant_line("capture", &part("e", 5000)));
    let listed = |request: &str, minor, more: &str| {
        format!(
            r#"{{"captureRequestId":"{request}","captureId":"ID","captureAmount":{},"isLastCapture":false,"resultCode":{more}}}"#,
            usd(minor)
        )
    };
    let captures = [
        listed("a", 100, r#""RISK_REJECT""#),
        listed("b", 60, &format!(r#""SUCCESS","captureTime":"{AT}""#)),
        listed("c", 100, r#""CAPTURE_IN_PROCESS","contradicted":true"#),
        listed("d", 100, &format!(r#""SUCCESS","captureTime":"{AT}","reversed":true"#)),
    ];
    let said = without_ids(&run.does("inquire", r#"{"paymentId":"p"}"#));
    assert!(said.ends_with(&format!(r#""captures":[{}]}}"#, captures.join(","))), "{said}");
    let of_a_refusal = run.does("inquire", r#"{"captureRequestId":"e"}"#);
    assert!(of_a_refusal.starts_with(r#","paymentId":"p","status":"PARTIALLY_CAPTURED","authorizedAmount""#));
    let recorded = r#"],"captureRequestId":"e","captureResultCode":"CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT"}"#;
    assert!(of_a_refusal.ends_with(recorded), "{of_a_refusal}");
}

/// The members of the events that an `events` op prints, from the name on,
/// each with its number checked and its time cut out.
fn events(run: &mut Run, first: u64, body: &str) -> Vec<String> {
    let said = without_ids(&run.does("events", body));
    let (events, _) =
        said.split_once(r#","events":[{"version":1,"#).unwrap().1.rsplit_once(r#"}],"cursor":"#).unwrap();
    let events = events.split(r#"},{"version":1,"#).enumerate();
    events
        .map(|(at, event)| {
            let seq = first + u64::try_from(at).unwrap();
            let event =
                event.strip_prefix(&format!(r#""seq":{seq},"event":"#)).unwrap_or_else(|| panic!("{event}"));
            event.replacen(r#","time":"2026-03-01T08:00:00.000000+08:00""#, "", 1)
        })
        .collect()
}

#[test]
fn every_event_is_printed_with_its_members_in_order() {
    let mut run =
        authorized(r#","maxCaptures":4,"overcaptureLimit":{"value":"5","currency":"USD"},"funding":"DRAWN""#);
    run.answer(with_risk(&part("a", 300), "REVIEW"));
    run.answer(with_risk(&part("b", 200), "REVIEW"));
    let too_much =
        format!(r#"{{"captureRequestId":"a","outcome":"SUCCEEDED","settledAmount":{}}}"#, usd(301));
    run.coded(RepeatReqInconsistent, "settle", &too_much);
    run.does("settle", r#"{"captureRequestId":"a","outcome":"SUCCEEDED"}"#);
    run.does("settle", r#"{"captureRequestId":"b","outcome":"FAILED"}"#);
    run.does("reverse", r#"{"captureRequestId":"a"}"#);
    run.does("void", &format!(r#"{{"voidRequestId":"v","paymentId":"p","voidAmount":{}}}"#, usd(400)));
    run.answer(with_risk(&part("c", 10), "REVIEW"));
    run.does("settle", r#"{"captureRequestId":"c","outcome":"FAILED","resultCode":"RISK_REJECT"}"#);
    run.does("void", r#"{"voidRequestId":"w","paymentId":"p","voidRemainingAmount":true}"#);
    let capture = |request: &str| format!(r#","captureRequestId":"{request}","captureId":"ID""#);
    let expected = [
        format!(
            r#""Authorized","amount":{},"terms":{{"authExpiryTime":"2026-03-08T08:00:00.000000+08:00","maxCaptures":4,"overcaptureLimit":{},"settlement":"IMMEDIATE","funding":"DRAWN","isLastCaptureDefault":true}}"#,
            usd(1000),
            usd(5)
        ),
        format!(r#""CaptureAccepted"{},"amount":{},"isLastCapture":false"#, capture("a"), usd(300)),
        format!(r#""CaptureAccepted"{},"amount":{},"isLastCapture":false"#, capture("b"), usd(200)),
        format!(r#""SettlementContradicted"{},"outcome":"SUCCEEDED","amount":{}"#, capture("a"), usd(301)),
        format!(r#""Captured"{},"amount":{},"isLastCapture":false"#, capture("a"), usd(300)),
        format!(r#""CaptureFailed"{},"amount":{},"resultCode":"PROCESS_FAIL""#, capture("b"), usd(200)),
        format!(r#""CaptureReversed"{},"amount":{}"#, capture("a"), usd(300)),
        format!(r#""Voided","voidRequestId":"v","amount":{}"#, usd(400)),
        format!(r#""CaptureAccepted"{},"amount":{},"isLastCapture":false"#, capture("c"), usd(10)),
        format!(r#""CaptureFailed"{},"amount":{},"resultCode":"RISK_REJECT""#, capture("c"), usd(10)),
        format!(r#""Voided","voidRequestId":"w","amount":{},"closedBy":"VOID""#, usd(600)),
    ];
    assert_eq!(events(&mut run, 1, r#"{"paymentId":"p"}"#), expected);
}

#[test]
fn closings_are_printed_with_what_they_release() {
    let mut cancelled = authorized("");
    let released = format!(r#","paymentId":"p","releasedAmount":{},"cancelTime":"{AT}"}}"#, usd(1000));
    assert_eq!(cancelled.does("cancel", r#"{"paymentId":"p"}"#), released);
    assert_eq!(cancelled.does("cancel", r#"{"paymentId":"p"}"#), released);
    let expected = [format!(r#""Cancelled","releasedAmount":{}"#, usd(1000))];
    assert_eq!(events(&mut cancelled, 2, r#"{"paymentId":"p","after":1}"#), expected);

    // What is reversed after a closing is released.
    let mut last = authorized(r#","settlement":"DEFERRED""#);
    last.coded(CaptureInProcess, "capture", r#"{"captureRequestId":"a","paymentId":"p"}"#);
    last.does("settle", r#"{"captureRequestId":"a","outcome":"SUCCEEDED"}"#);
    let full = format!(
        r#""Captured","captureRequestId":"a","captureId":"ID","amount":{},"isLastCapture":true,"closedBy":"FULL","releasedAmount":{}"#,
        usd(1000),
        usd(0)
    );
    assert_eq!(events(&mut last, 3, r#"{"paymentId":"p","after":2}"#), [full]);
    last.does("reverse", r#"{"captureRequestId":"a"}"#);
    let reversed = format!(
        r#""CaptureReversed","captureRequestId":"a","captureId":"ID","amount":{},"releasedAmount":{}"#,
        usd(1000),
        usd(1000)
    );
    assert_eq!(events(&mut last, 4, r#"{"paymentId":"p","after":3}"#), [reversed]);
}

#[test]
fn events_are_paged_by_number() {
    let mut run = authorized("");
    for request in ["a", "b", "c"] {
        run.does("capture", &part(request, 1));
    }
    let cursor = |said: String| said.rsplit_once("\"cursor\":").unwrap().1.to_owned();
    assert_eq!(cursor(run.does("events", r#"{"paymentId":"p","limit":1}"#)), "1}");
    assert_eq!(cursor(run.does("events", r#"{"paymentId":"p","after":1,"limit":2}"#)), "3}");
    assert_eq!(run.does("events", r#"{"paymentId":"p","after":4}"#), r#","events":[],"cursor":4}"#);
    assert_eq!(events(&mut run, 3, r#"{"paymentId":"p","after":2}"#).len(), 2);
    let strangers = merchant_line("events", r#"{"paymentId":"p"}"#).replace("M1", "M2");
    assert!(run.answer(strangers).contains("AUTH_NOT_FOUND"));
}

#[test]
fn a_sweep_closes_at_most_its_limit_and_says_whether_more_are_due() {
    let mut run = Run::begun();
    for payment in ["a", "b", "c"] {
        run.does(
            "authorize",
            &format!(
                r#"{{"paymentId":"{payment}","paymentAmount":{},"authExpiryTime":"2026-03-08T00:00:00Z"}}"#,
                usd(1)
            ),
        );
    }
    let at = |at: &str, limit: &str| format!(r#"{{"op":"expire","at":"{at}","body":{{"limit":{limit}}}}}"#);
    assert_eq!(run.ok(at("2026-03-07T23:59:59.999999Z", "9")), r#","expired":0,"more":false}"#);
    assert_eq!(run.ok(at("2026-03-08T00:00:00Z", "2")), r#","expired":2,"more":true}"#);
    assert_eq!(run.ok(at("2026-03-08T00:00:00Z", "1")), r#","expired":1,"more":false}"#);
    assert_eq!(run.ok(at("2026-03-08T00:00:00Z", "null")), r#","expired":0,"more":false}"#);
    let expired = r#","captureRequestId":"x","paymentId":"a"}"#;
    assert_eq!(run.coded(AuthExpired, "capture", r#"{"captureRequestId":"x","paymentId":"a"}"#), expired);
}

#[test]
fn configured_offset_and_default_show_in_answers_and_records_keep_theirs() {
    let mut run = Run::new();
    run.ok(r#"{"op":"configure","at":"2026-03-01T00:00:00.75Z","body":{"timeOffset":"-00:00","isLastCaptureDefault":false,"usageWindow":{"start":"2026-03-01T00:00:00.5Z","seconds":3600}}}"#);
    run.does("registerPayer", &format!(r#"{{"payerId":"q","balance":{}}}"#, usd(1000)));
    let hold = format!(
        r#"{{"paymentId":"p","payerId":"q","paymentAmount":{},"authExpiryTime":"2026-03-08T08:00:00.125+08:00"}}"#,
        usd(1000)
    );
    let answer = format!(
        r#","paymentId":"p","paymentAmount":{},"authExpiryTime":"2026-03-08T00:00:00.125000+00:00"}}"#,
        usd(1000)
    );
    assert_eq!(run.does("authorize", &hold), answer);
    assert_eq!(run.does("authorize", &hold), answer);
    let captured = run.does(
        "capture",
        &format!(r#"{{"captureRequestId":"a","paymentId":"p","captureAmount":{}}}"#, usd(1)),
    );
    assert!(captured.ends_with(r#","captureTime":"2026-03-01T00:00:00+00:00"}"#), "{captured}");
    let said = without_ids(&run.does("events", r#"{"paymentId":"p","after":1}"#));
    let window = r#""isLastCapture":false,"payerId":"q","usageWindow":"2026-03-01T00:00:00.500000+00:00"}"#;
    assert!(said.contains(window), "{said}");
}

#[test]
fn an_adjustment_changes_what_it_names() {
    let mut run = Run::begun();
    run.does("registerPayer", &format!(r#"{{"payerId":"q","balance":{},"maxCountPerWindow":1}}"#, usd(1000)));
    run.does(
        "authorize",
        &format!(
            r#"{{"paymentId":"p","payerId":"q","paymentAmount":{},"authExpiryTime":"2026-03-08T00:00:00Z"}}"#,
            usd(1000)
        ),
    );
    run.does("capture", &part("a", 100));
    let usage = |run: &mut Run| {
        run.does("inquirePayer", r#"{"payerId":"q"}"#).split_once("\"usage\":").unwrap().1.to_owned()
    };
    assert_eq!(usage(&mut run), format!(r#"{{"count":1,"amount":{}}}}}"#, usd(100)));
    run.coded(PaymentCountExceedLimit, "capture", &part("b", 100));
    run.does("adjustPayer", r#"{"adjustRequestId":"1","payerId":"q","resetUsage":true}"#);
    assert_eq!(usage(&mut run), format!(r#"{{"count":0,"amount":{}}}}}"#, usd(0)));
    run.does("capture", &part("c", 100));
    run.coded(PaymentCountExceedLimit, "capture", &part("d", 100));
    // Limits are cleared before new ones are set.
    run.does(
        "adjustPayer",
        &format!(
            r#"{{"adjustRequestId":"2","payerId":"q","clearLimits":true,"maxAmountPerWindow":{}}}"#,
            usd(200)
        ),
    );
    run.does("capture", &part("e", 100));
    run.coded(UserAmountExceedLimit, "capture", &part("f", 1));
    run.does("adjustPayer", r#"{"adjustRequestId":"3","payerId":"q","status":"ABNORMAL"}"#);
    run.coded(UserStatusAbnormal, "capture", &part("g", 1));
    let withdrawn = format!(r#"{{"adjustRequestId":"4","payerId":"q","withdraw":{}}}"#, usd(1));
    run.coded(UserBalanceNotEnough, "adjustPayer", &withdrawn);
}

#[test]
fn nothing_is_no_amount_to_capture() {
    let mut run = authorized("");
    let nothing = part("a", 0);
    let echo = r#","captureRequestId":"a","paymentId":"p"}"#;
    assert_eq!(run.coded(ParamIllegal, "capture", &nothing), echo);
}
