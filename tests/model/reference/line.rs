//! One line of a replay: an operation with every field that it may have, as
//! text and back. Nothing is checked here: fields may be missing or illegal.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A line: what is to be done, when, by whom, and what the risk check says.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub at: Option<String>,
    pub client: Option<String>,
    pub risk: Option<String>,
    pub op: Op,
}

/// An amount as it is written: legal or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Amount {
    pub value: Digits,
    pub currency: String,
}

/// The value of an amount; a number is not legal, whatever it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Digits {
    Text(String),
    Number(u64),
}

impl Amount {
    pub fn of(value: impl ToString, currency: &str) -> Self {
        Self { value: Digits::Text(value.to_string()), currency: currency.to_owned() }
    }
}

/// The bodies: each field may be absent, so that each can be left out.
macro_rules! bodies {
    ($($body:ident { $($field:ident: $kind:ty = $name:literal),* $(,)? })*) => { $(
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $body {
            $(#[serde(rename = $name, skip_serializing_if = "Option::is_none")] pub $field: Option<$kind>,)*
        }
    )* };
}

bodies! {
    Configure {
        currencies: Vec<String> = "currencies",
        limits: Vec<Amount> = "paymentAmountLimits",
        offset: String = "timeOffset",
        last_default: bool = "isLastCaptureDefault",
        window: Window = "usageWindow",
    }
    Window { start: String = "start", seconds: u64 = "seconds" }
    RegisterPayer {
        payer: String = "payerId",
        balance: Amount = "balance",
        status: String = "status",
        max_count: u64 = "maxCountPerWindow",
        max_amount: Amount = "maxAmountPerWindow",
    }
    AdjustPayer {
        request: String = "adjustRequestId",
        payer: String = "payerId",
        funds: Amount = "funds",
        withdraw: Amount = "withdraw",
        status: String = "status",
        clear_limits: bool = "clearLimits",
        reset_usage: bool = "resetUsage",
        max_count: u64 = "maxCountPerWindow",
        max_amount: Amount = "maxAmountPerWindow",
    }
    Authorize {
        payment: String = "paymentId",
        amount: Amount = "paymentAmount",
        expires: String = "authExpiryTime",
        payer: String = "payerId",
        max_captures: u64 = "maxCaptures",
        percent: String = "overcapturePercent",
        limit: Amount = "overcaptureLimit",
        settlement: String = "settlement",
        funding: String = "funding",
    }
    Capture {
        request: String = "captureRequestId",
        payment: String = "paymentId",
        amount: Amount = "captureAmount",
        last: bool = "isLastCapture",
        extend_info: String = "extendInfo",
    }
    Settle {
        request: String = "captureRequestId",
        outcome: String = "outcome",
        amount: Amount = "settledAmount",
        code: String = "resultCode",
    }
    Reverse { request: String = "captureRequestId" }
    Cancel { payment: String = "paymentId" }
    Void {
        request: String = "voidRequestId",
        payment: String = "paymentId",
        amount: Amount = "voidAmount",
        all: bool = "voidRemainingAmount",
    }
    Abandon { request: String = "captureRequestId" }
    Expire { limit: u64 = "limit" }
    Inquire { payment: String = "paymentId", request: String = "captureRequestId" }
    InquirePayer { payer: String = "payerId" }
    Events { payment: String = "paymentId", after: u64 = "after", limit: u64 = "limit" }
}

macro_rules! ops {
    ($($op:ident($body:ident) = $name:literal, merchant: $merchant:literal;)*) => {
        /// What is to be done.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Op { $($op($body),)* }

        impl Op {
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            pub fn name(&self) -> &'static str {
                match self { $(Self::$op(_) => $name,)* }
            }

            /// Whether a merchant acts.
            pub fn by_merchant(&self) -> bool {
                match self { $(Self::$op(_) => $merchant,)* }
            }

            fn body(&self) -> String {
                match self { $(Self::$op(body) => serde_json::to_string(body).unwrap(),)* }
            }

            fn read(name: &str, body: Value) -> Option<Self> {
                match name {
                    $($name => serde_json::from_value(body).ok().map(Self::$op),)*
                    _ => None,
                }
            }
        }
    };
}

ops! {
    Configure(Configure) = "configure", merchant: false;
    RegisterPayer(RegisterPayer) = "registerPayer", merchant: false;
    AdjustPayer(AdjustPayer) = "adjustPayer", merchant: false;
    Authorize(Authorize) = "authorize", merchant: true;
    Capture(Capture) = "capture", merchant: true;
    Quote(Capture) = "quote", merchant: true;
    Settle(Settle) = "settle", merchant: true;
    Reverse(Reverse) = "reverse", merchant: true;
    Cancel(Cancel) = "cancel", merchant: true;
    Void(Void) = "void", merchant: true;
    Abandon(Abandon) = "abandon", merchant: true;
    Expire(Expire) = "expire", merchant: false;
    Inquire(Inquire) = "inquire", merchant: true;
    InquirePayer(InquirePayer) = "inquirePayer", merchant: false;
    Events(Events) = "events", merchant: true;
}

impl Line {
    /// The line as a replay reads it.
    pub fn text(&self) -> String {
        let mut text = format!(r#"{{"op":"{}""#, self.op.name());
        let member = |text: &mut String, name: &str, value: &Option<String>| {
            if let Some(value) = value {
                *text += &format!(r#","{name}":{}"#, serde_json::to_string(value).unwrap());
            }
        };
        member(&mut text, "at", &self.at);
        member(&mut text, "clientId", &self.client);
        text += &format!(r#","body":{}"#, self.op.body());
        member(&mut text, "risk", &self.risk);
        text.push('}');
        text
    }

    /// Reads a line; none, if it is not one of those that can be written here.
    pub fn read(text: &str) -> Option<Self> {
        let mut whole: Value = serde_json::from_str(text).ok()?;
        let members = whole.as_object_mut()?;
        let mut take = |name: &str| match members.remove(name) {
            None | Some(Value::Null) => Some(None),
            Some(Value::String(text)) => Some(Some(text)),
            Some(_) => None,
        };
        let (at, client, risk) = (take("at")?, take("clientId")?, take("risk")?);
        let name = take("op")??;
        let body = members.remove("body").unwrap_or_else(|| Value::Object(Default::default()));
        Some(Self { at, client, risk, op: Op::read(&name, body)? })
    }
}
