//! Bodies in, answers out, for hosts that carry them by themselves: the
//! page's sample, typed errors, replays, and what goes back when a store or a
//! risk check fails.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::sync::Mutex;

use capture_engine::command::{Authorize, Capture, ExtendInfo};
use capture_engine::event::{PayerEvent, PaymentEvent};
use capture_engine::id::PayerId;
use capture_engine::risk::{NoVerdict, RiskQuestion, Verdict};
use capture_engine::store::{
    AuthorizationKey, Changes, CommitError, Due, ErrorSource, FeedError, FeedPage, InProcess, Inquiry, Key,
    LoadError, PaymentPage, Reads, Snapshot,
};
use capture_engine::wire::replay::{RunEnds, Session};
use capture_engine::wire::{self, BodyError, Cause, Problem, Reply};
use capture_engine::{Currency, Engine, Instant, MemoryStore, Money, ResultCode, Settings, Store};
use pollster::block_on;

fn now() -> Instant {
    "2021-06-08T12:12:12.9+08:00".parse().unwrap()
}

fn authorize<S: Store>(engine: &Engine<S>, payment: &str) {
    let amount = Money::from_minor(1_000, Currency::USD).unwrap();
    let deadline = "2021-06-15T12:12:12+08:00".parse().unwrap();
    let hold = Authorize::new("M1".parse().unwrap(), payment.parse().unwrap(), amount, deadline);
    assert_eq!(block_on(engine.authorize(&hold, now())).unwrap().code(), ResultCode::Success);
}

fn engine_with(payment: &str) -> Engine<MemoryStore> {
    let engine = Engine::new(MemoryStore::new(), Settings::default());
    authorize(&engine, payment);
    engine
}

fn text(reply: &Reply) -> &str {
    std::str::from_utf8(&reply.body).unwrap()
}

fn capture<S: Store>(engine: &Engine<S>, body: impl AsRef<[u8]>) -> Reply {
    block_on(wire::capture(engine, &"M1".parse().unwrap(), body.as_ref(), now()))
}

fn result(code: ResultCode) -> String {
    let (status, message) = (code.status().as_str(), code.message());
    format!(r#"{{"result":{{"resultCode":"{code}","resultStatus":"{status}","resultMessage":"{message}"}}"#)
}

#[test]
fn the_sample_request_of_the_api_page_yields_its_sample_response() {
    let engine = engine_with("20191127190741010007013213121");
    let request = r#"{
"captureRequestId":"20191127190741010007013213156",
"paymentId":"20191127190741010007013213121",
"captureAmount": {
"value":"1000",
"currency":"USD"
}
}"#;
    let reply = capture(&engine, request);
    let response = text(&reply);
    let (_, id) = response.split_once("\"captureId\":\"").unwrap();
    let id = id.split_once('"').unwrap().0;
    let expected = format!(
        concat!(
            r#"{{"result":{{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}},"#,
            r#""captureRequestId":"20191127190741010007013213156","captureId":"{}","#,
            r#""paymentId":"20191127190741010007013213121","#,
            r#""captureAmount":{{"value":"1000","currency":"USD"}},"captureTime":"2021-06-08T12:12:12+08:00"}}"#
        ),
        id
    );
    assert_eq!(response, expected);
    assert_eq!((reply.code, reply.replayed), (ResultCode::Success, false));
    assert!(reply.cause.is_none());
    let again = capture(&engine, request.replace('\n', ""));
    assert!(again.replayed && again.body == reply.body);
}

#[test]
fn cancel_void_and_inquire_are_answered_as_in_the_replay() {
    let engine = engine_with("p");
    let merchant = "M1".parse().unwrap();
    let void = br#"{"voidRequestId":"v","paymentId":"p","voidAmount":{"value":"100","currency":"USD"}}"#;
    let reply = block_on(wire::void(&engine, &merchant, void, now()));
    let voided = result(ResultCode::Success)
        + r#","voidRequestId":"v","paymentId":"p","voidAmount":{"value":"100","currency":"USD"}}"#;
    assert_eq!((text(&reply), reply.replayed), (voided.as_str(), false));
    let cancel = br#"{"paymentId":"p"}"#;
    let reply = block_on(wire::cancel(&engine, &merchant, cancel, now()));
    let cancelled = result(ResultCode::Success)
        + r#","paymentId":"p","releasedAmount":{"value":"900","currency":"USD"},"cancelTime":"2021-06-08T12:12:12+08:00"}"#;
    assert_eq!((text(&reply), reply.replayed), (cancelled.as_str(), false));
    assert!(block_on(wire::cancel(&engine, &merchant, cancel, now())).replayed);
    let reply = block_on(wire::inquire(&engine, &merchant, br#"{"paymentId":"p"}"#, now()));
    assert!(text(&reply).contains(r#""status":"CANCELLED","closedBy":"CANCEL""#) && !reply.replayed);
    let reply = block_on(wire::inquire(&engine, &"M2".parse().unwrap(), br#"{"paymentId":"p"}"#, now()));
    assert_eq!(text(&reply), result(ResultCode::AuthNotFound) + r#","paymentId":"p"}"#);
}

#[test]
fn a_body_that_cannot_be_read_says_why_and_echoes_what_it_can() {
    let engine = engine_with("p");
    let illegal = result(ResultCode::ParamIllegal);
    let mut long = br#"{"captureRequestId":"c","paymentId":"p"}"#.to_vec();
    long.resize(wire::MAX_BODY + 1, b' ');
    let not_well_formed: [(&[u8], Problem); 4] = [
        (b"", Problem::UnexpectedEnd),
        (br#"{"captureRequestId":"c","paymentId":"p","paymentId":"p"}"#, Problem::RepeatedName),
        (br#"{"captureRequestId":"c","paymentId":"p"} x"#, Problem::TrailingText),
        (&long, Problem::TooLong),
    ];
    for (body, problem) in not_well_formed {
        let reply = capture(&engine, body);
        assert_eq!(text(&reply), format!("{illegal}}}"));
        assert!(
            matches!(reply.cause, Some(Cause::Body(BodyError::NotWellFormed(error))) if error.problem == problem)
        );
    }
    for body in ["[]", "null", "7", "\"p\"", r#"["c","p"]"#] {
        let reply = capture(&engine, body);
        assert_eq!(text(&reply), format!("{illegal}}}"));
        assert!(matches!(reply.cause, Some(Cause::Body(BodyError::NotAnObject))));
    }
    let reply = capture(&engine, r#"{"captureRequestId":"c","paymentId":"p","isLastCapture":"true"}"#);
    assert_eq!(text(&reply), illegal + r#","captureRequestId":"c","paymentId":"p"}"#);
    assert!(
        matches!(reply.cause, Some(Cause::Body(BodyError::Field(error))) if error.field() == "isLastCapture")
    );
    assert_eq!(reply.code, ResultCode::ParamIllegal);
    long.truncate(wire::MAX_BODY);
    assert_eq!(capture(&engine, &long).code, ResultCode::Success);
}

#[test]
fn bodies_are_read_into_commands() {
    let merchant = "M1".parse().unwrap();
    let body = br#"{"captureRequestId":"c","paymentId":"p","captureAmount":{"value":"5","currency":"JPY"},"isLastCapture":false,"extendInfo":"\u00e9"}"#;
    let expected = Capture::new("M1".parse().unwrap(), "c".parse().unwrap(), "p".parse().unwrap())
        .amount(Money::from_minor(5, Currency::JPY).unwrap())
        .last(false)
        .extend_info(ExtendInfo::try_from("é").unwrap());
    assert_eq!(wire::read_capture(&merchant, body), Ok(expected));
    let field = |error: BodyError| match error {
        BodyError::Field(error) => error.field().to_owned(),
        other => panic!("{other}"),
    };
    assert_eq!(field(wire::read_cancel(&merchant, b"{}").unwrap_err()), "paymentId");
    assert_eq!(
        field(wire::read_void(&merchant, br#"{"voidRequestId":"v","paymentId":"p"}"#).unwrap_err()),
        "voidAmount"
    );
    assert_eq!(
        field(wire::read_inquiry(&merchant, br#"{"captureRequestId":""}"#).unwrap_err()),
        "captureRequestId"
    );
    assert!(matches!(wire::read_inquiry(&merchant, b"[]"), Err(BodyError::NotAnObject)));
}

/// A memory store whose next load or commit fails.
#[derive(Default)]
struct Failing {
    inner: MemoryStore,
    load: Mutex<Option<LoadError>>,
    commit: Mutex<Option<CommitError>>,
    /// Whether a commit that fails is applied all the same.
    applied: bool,
}

impl Store for Failing {
    async fn load(&self, keys: &[Key]) -> Result<Snapshot, LoadError> {
        let failure = self.load.lock().unwrap().take();
        match failure {
            Some(error) => Err(error),
            None => self.inner.load(keys).await,
        }
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        let failure = self.commit.lock().unwrap().take();
        match failure {
            Some(error) if self.applied => {
                self.inner.commit(changes).await?;
                Err(error)
            }
            Some(error) => Err(error),
            None => self.inner.commit(changes).await,
        }
    }
}

fn broken() -> ErrorSource {
    std::sync::Arc::new(std::io::Error::other("broken"))
}

const BODY: &str = r#"{"captureRequestId":"c","paymentId":"p","extendInfo":"first"}"#;

/// What is answered to a body when the commit fails, and afterwards to the
/// same request with another free text.
fn after(commit: CommitError, applied: bool) -> [Reply; 2] {
    let engine = Engine::new(Failing { applied, ..Failing::default() }, Settings::default());
    authorize(&engine, "p");
    *engine.store().commit.lock().unwrap() = Some(commit);
    [capture(&engine, BODY), capture(&engine, BODY.replace("first", "second"))]
}

#[test]
fn what_is_not_known_echoes_the_request_and_what_is_recorded_the_first_one() {
    let unknown = |code| result(code) + r#","captureRequestId":"c","paymentId":"p","extendInfo":"first"}"#;
    let [reply, next] = after(CommitError::Unavailable { source: broken() }, false);
    assert_eq!(text(&reply), unknown(ResultCode::UnknownException));
    assert!(!next.replayed && text(&next).ends_with(r#""extendInfo":"second"}"#));
    let [reply, next] = after(CommitError::Unknown { source: broken() }, true);
    assert_eq!(text(&reply), unknown(ResultCode::CaptureInProcess));
    assert!(!reply.replayed && next.replayed);
    assert!(next.code == ResultCode::Success && text(&next).ends_with(r#""extendInfo":"first"}"#));
    let [reply, next] = after(CommitError::Unknown { source: broken() }, false);
    assert_eq!(text(&reply), unknown(ResultCode::CaptureInProcess));
    assert!(!next.replayed && text(&next).ends_with(r#""extendInfo":"second"}"#));
}

#[test]
fn a_load_that_fails_or_a_silent_risk_check_echoes_the_request() {
    let unknown = result(ResultCode::UnknownException)
        + r#","captureRequestId":"c","paymentId":"p","extendInfo":"first"}"#;
    let engine = Engine::new(Failing::default(), Settings::default());
    authorize(&engine, "p");
    *engine.store().load.lock().unwrap() = Some(LoadError::Unavailable { source: broken() });
    assert_eq!(text(&capture(&engine, BODY)), unknown);
    let merchant = "M1".parse().unwrap();
    *engine.store().load.lock().unwrap() = Some(LoadError::Unavailable { source: broken() });
    let reply = block_on(wire::cancel(&engine, &merchant, br#"{"paymentId":"p"}"#, now()));
    assert_eq!(text(&reply), result(ResultCode::UnknownException) + r#","paymentId":"p"}"#);
    *engine.store().commit.lock().unwrap() = Some(CommitError::Unknown { source: broken() });
    let reply = block_on(wire::cancel(&engine, &merchant, br#"{"paymentId":"p"}"#, now()));
    assert_eq!(reply.code, ResultCode::UnknownException);
    let silent = engine.with_risk_check(|_: &RiskQuestion| Err::<Verdict, _>(NoVerdict));
    let reply = block_on(wire::capture(&silent, &merchant, BODY.as_bytes(), now()));
    assert_eq!(text(&reply), unknown);
}

#[test]
fn recorded_failures_echo_the_first_free_text_for_ever() {
    let engine = engine_with("p");
    let body = |payment: &str, info: &str| {
        format!(r#"{{"captureRequestId":"c","paymentId":"{payment}","extendInfo":"{info}"}}"#)
    };
    let reply = capture(&engine, body("none", "first"));
    let refused = result(ResultCode::AuthNotFound)
        + r#","captureRequestId":"c","paymentId":"none","extendInfo":"first"}"#;
    assert_eq!((text(&reply), reply.replayed), (refused.as_str(), false));
    authorize(&engine, "none");
    let reply = capture(&engine, body("none", "second"));
    assert_eq!((text(&reply), reply.replayed), (refused.as_str(), true));
    let reply = capture(&engine, body("p", "first"));
    let inconsistent =
        result(ResultCode::RepeatReqInconsistent) + r#","captureRequestId":"c","paymentId":"p"}"#;
    assert_eq!((text(&reply), reply.replayed), (inconsistent.as_str(), false));
}

#[test]
fn the_futures_can_be_sent_to_another_thread() {
    fn can_be_sent<T: Send>(value: T) -> T {
        value
    }
    let (engine, merchant) = (engine_with("p"), "M1".parse().unwrap());
    let body = BODY.as_bytes();
    block_on(can_be_sent(wire::inquire(&engine, &merchant, body, now())));
    block_on(can_be_sent(wire::void(&engine, &merchant, body, now())));
    block_on(can_be_sent(wire::cancel(&engine, &merchant, body, now())));
    block_on(can_be_sent(wire::capture(&engine, &merchant, body, now())));
    let mut session = Session::new(MemoryStore::new(), Settings::default());
    let mut out = Vec::new();
    block_on(can_be_sent(session.answer(body, &mut out))).unwrap();
}

/// A store that never answers.
struct Down;

fn down() -> LoadError {
    LoadError::Unavailable { source: broken() }
}

impl Store for Down {
    async fn load(&self, _: &[Key]) -> Result<Snapshot, LoadError> {
        Err(down())
    }

    async fn commit(&self, _: Changes) -> Result<(), CommitError> {
        Ok(())
    }
}

impl Reads for Down {
    async fn payment(&self, _: &Inquiry, _: u64, _: usize) -> Result<PaymentPage, LoadError> {
        Err(down())
    }

    async fn due(&self, _: Instant, _: Option<&Due>, _: usize) -> Result<Vec<Due>, LoadError> {
        Err(down())
    }

    async fn in_process(
        &self,
        _: Instant,
        _: Option<&InProcess>,
        _: usize,
    ) -> Result<Vec<InProcess>, LoadError> {
        Err(down())
    }

    async fn payment_events(
        &self,
        _: &AuthorizationKey,
        _: u64,
        _: usize,
    ) -> Result<Option<Vec<PaymentEvent>>, LoadError> {
        Err(down())
    }

    async fn payer_events(
        &self,
        _: &PayerId,
        _: u64,
        _: usize,
    ) -> Result<Option<Vec<PayerEvent>>, LoadError> {
        Err(down())
    }

    async fn feed(&self, _: &[u8], _: usize) -> Result<FeedPage, FeedError> {
        Err(down().into())
    }
}

#[test]
fn a_store_that_fails_ends_a_replay_with_an_answer() {
    let lines = [
        (
            r#""op":"capture","clientId":"M1","body":{"captureRequestId":"a","paymentId":"p"}"#,
            r#","captureRequestId":"a","paymentId":"p"}"#,
        ),
        (r#""op":"inquire","clientId":"M1","body":{"paymentId":"p"}"#, r#","paymentId":"p"}"#),
        (r#""op":"inquire","clientId":"M1","body":{"captureRequestId":"c"}"#, r#","captureRequestId":"c"}"#),
        (r#""op":"inquirePayer","body":{"payerId":"q"}"#, r#","payerId":"q"}"#),
        (r#""op":"events","clientId":"M1","body":{"paymentId":"p"}"#, "}"),
        (r#""op":"expire""#, "}"),
    ];
    for (line, echo) in lines {
        let mut session = Session::new(Down, Settings::default());
        let line = format!(r#"{{"at":"2026-03-01T00:00:00Z",{line}}}"#);
        let mut out = Vec::new();
        let ends = block_on(session.answer(line.as_bytes(), &mut out)).unwrap_err();
        assert!(matches!(ends, RunEnds::Store(_)), "{line}: {ends}");
        assert_eq!(ends.code(), ResultCode::UnknownException);
        assert_eq!(String::from_utf8(out).unwrap(), result(ResultCode::UnknownException) + echo, "{line}");
    }
}
