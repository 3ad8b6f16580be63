//! JSON to JSON: a body as it came in, an answer's body out. Beside the
//! engine's edge stands what a derived reader and writer of `serde_json` and a
//! floor come to.
//!
//! That reader leaves out what the edge does besides: it has no limit of depth
//! or size of its own, does not name the field that is wrong, answers nothing
//! to what it cannot read, and knows the four currencies of its type.

use std::borrow::Cow;
use std::fmt;
use std::hint::black_box;

use capture_engine::id::MerchantId;
use capture_engine::time::{Offset, OffsetTime};
use capture_engine::{Currency, Instant, Money, ResultCode, wire};
use serde::{Deserialize, Serialize, Serializer};

use super::floor::{Brown, Floor, Maps, Std};
use super::load::{Asked, Load, Spread, now};
use super::race::Race;
use super::ready::ready;
use super::table::{Table, Target};
use crate::Scale;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(borrow)]
    capture_request_id: Cow<'a, str>,
    #[serde(borrow)]
    payment_id: Cow<'a, str>,
    #[serde(borrow)]
    capture_amount: AmountIn<'a>,
    is_last_capture: Option<bool>,
}

#[derive(Deserialize)]
struct AmountIn<'a> {
    #[serde(borrow)]
    value: Cow<'a, str>,
    currency: Code,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
enum Code {
    #[serde(rename = "USD")]
    Dollar,
    #[serde(rename = "EUR")]
    Euro,
    #[serde(rename = "JPY")]
    Yen,
    #[serde(rename = "KWD")]
    Dinar,
}

impl From<Code> for Currency {
    fn from(code: Code) -> Self {
        match code {
            Code::Dollar => Self::USD,
            Code::Euro => Self::EUR,
            Code::Yen => Self::JPY,
            Code::Dinar => Self::KWD,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    result: ResultOut,
    capture_request_id: &'a str,
    #[serde(serialize_with = "shown")]
    capture_id: Hexadecimal,
    payment_id: &'a str,
    capture_amount: AmountOut<'a>,
    #[serde(serialize_with = "shown")]
    capture_time: OffsetTime,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultOut {
    result_code: &'static str,
    result_status: &'static str,
    result_message: &'static str,
}

#[derive(Serialize)]
struct AmountOut<'a> {
    #[serde(serialize_with = "shown")]
    value: i64,
    currency: &'a str,
}

struct Hexadecimal(u128);

impl fmt::Display for Hexadecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

fn shown<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// The code and the body of an answer.
type Replied = (ResultCode, Vec<u8>);

/// A body, read, captured and answered over a floor, which answers only success.
fn on_floor<M: Maps>(floor: &mut Floor<M>, merchant: &MerchantId, body: &[u8], now: Instant) -> Replied {
    let body: Body<'_> = serde_json::from_slice(body).unwrap();
    let currency = body.capture_amount.currency;
    let asked = Asked {
        merchant: merchant.clone(),
        request: body.capture_request_id.as_ref().try_into().unwrap(),
        payment: body.payment_id.as_ref().try_into().unwrap(),
        amount: Money::from_minor(body.capture_amount.value.parse().unwrap(), currency.into()).unwrap(),
        last: body.is_last_capture.unwrap_or(true),
    };
    let done = floor.capture(&asked, now).unwrap();
    let (code, currency) = (ResultCode::Success, done.amount.currency());
    let answer = Answer {
        result: ResultOut {
            result_code: code.as_str(),
            result_status: code.status().as_str(),
            result_message: code.message(),
        },
        capture_request_id: &body.capture_request_id,
        capture_id: Hexadecimal(done.capture),
        payment_id: &body.payment_id,
        capture_amount: AmountOut { value: done.amount.minor(), currency: currency.code() },
        capture_time: done.time.at(Offset::PLUS_8),
    };
    let mut out = Vec::with_capacity(512);
    serde_json::to_writer(&mut out, &answer).unwrap();
    (code, out)
}

/// From body to body, spread over all payments.
pub fn json_to_json(scale: Scale, table: &mut Table) {
    let mut load = Load::new(scale.authorizations, false);
    let (engine, mut std) = (load.engine(), Floor::<Std>::new(&load));
    let mut brown = Floor::<Brown>::new(&load);
    let (now, mut race) = (now(), Race::new());
    let on_edge = |merchant: &MerchantId, body: &[u8]| {
        let reply = ready(wire::capture(engine.engine(), merchant, body, now));
        (reply.code, reply.body)
    };
    let first = load.capture_of(0);
    let (_, answer) = on_edge(&first.merchant, &first.body());
    assert_same(&answer, &on_floor(&mut std, &first.merchant, &first.body(), now).1);
    for _ in 0..scale.rounds {
        let asked = load.captures(scale.block, &Spread::Uniform);
        let bodies: Vec<_> = asked.iter().map(|asked| (&asked.merchant, asked.body())).collect();
        let mut by_engine = || succeeded(&bodies, on_edge);
        let mut by_std = || succeeded(&bodies, |merchant, body| on_floor(&mut std, merchant, body, now));
        let mut by_brown = || succeeded(&bodies, |merchant, body| on_floor(&mut brown, merchant, body, now));
        race.round(scale.block, [&mut by_engine, &mut by_std, &mut by_brown]);
    }
    let target = Some(Target { most: 1.3, hoped: 1.0 });
    table.measured("JSON to JSON / hashbrown + foldhash + serde_json", "", race.ratio(0, 2), target);
    table.measured("JSON to JSON / std maps + serde_json", "", race.ratio(0, 1), None);
}

/// How many of these bodies are answered with success; each answer is made in full.
fn succeeded(
    bodies: &[(&MerchantId, Vec<u8>)],
    mut answer: impl FnMut(&MerchantId, &[u8]) -> Replied,
) -> usize {
    let replies = bodies.iter().map(|(merchant, body)| black_box(answer(merchant, body)));
    replies.filter(|(code, _)| *code == ResultCode::Success).count()
}

/// The answers differ in the id of the capture, and in nothing else.
fn assert_same(edge: &[u8], floor: &[u8]) {
    let [edge, floor] = [edge, floor].map(|answer| {
        let text = std::str::from_utf8(answer).unwrap();
        let (before, id) = text.split_once("\"captureId\":\"").unwrap();
        (before.to_owned(), id.get(32..).unwrap().to_owned())
    });
    assert_eq!(edge, floor);
}
