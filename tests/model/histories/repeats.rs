//! Lines that were sent before: as they were, with one field changed or left
//! out or written out; and lines that are spoilt.

use serde_json::{Map, Value, json};

use super::History;
use super::choices::Choices;
use crate::reference::Reference;
use crate::reference::instants;
use crate::reference::line::{Amount, Configure, Line, Op};

/// Amounts that are none.
const ILLEGAL: [(&str, &str); 13] = [
    ("0", "USD"),
    ("01", "USD"),
    ("+1", "USD"),
    ("-1", "USD"),
    ("1.0", "USD"),
    ("1e3", "USD"),
    ("", "USD"),
    (" 1", "USD"),
    ("10000000000000000", "USD"),
    ("\u{ff11}", "USD"),
    ("1", "usd"),
    ("1", "ZZZ"),
    ("1", ""),
];

/// Fields that may be added: defaults that are written out, and what excludes
/// something that may be there.
const ADDED: [(&str, &str, &str); 19] = [
    ("capture", "isLastCapture", "true"),
    ("capture", "isLastCapture", "false"),
    ("capture", "extendInfo", "\"another\""),
    ("authorize", "maxCaptures", "50"),
    ("authorize", "settlement", "\"IMMEDIATE\""),
    ("authorize", "funding", "\"HELD\""),
    ("authorize", "overcapturePercent", "\"0\""),
    ("registerPayer", "status", "\"NORMAL\""),
    ("adjustPayer", "clearLimits", "false"),
    ("adjustPayer", "resetUsage", "false"),
    ("void", "voidRemainingAmount", "false"),
    ("void", "voidRemainingAmount", "true"),
    ("settle", "resultCode", "\"RISK_REJECT\""),
    ("settle", "settledAmount", "{\"value\":\"1\",\"currency\":\"USD\"}"),
    ("adjustPayer", "funds", "{\"value\":\"1\",\"currency\":\"USD\"}"),
    ("adjustPayer", "withdraw", "{\"value\":\"1\",\"currency\":\"USD\"}"),
    ("inquire", "paymentId", "\"p1\""),
    ("inquire", "captureRequestId", "\"c2\""),
    ("authorize", "payerId", "\"ann\""),
];

impl<C: Choices> History<C> {
    /// A line from before: rather one of the latest, and rather one that is
    /// answered from a record.
    pub(super) fn repeated(&mut self, reference: &Reference) -> Line {
        let recent = self.sent.len().min(25) as u32;
        let back = self.choices.weighted(&[(3, recent), (1, self.sent.len() as u32)]);
        let mut line = self.sent[self.sent.len() - 1 - self.choices.below(back) as usize].clone();
        for _ in 0..self.choices.below(4) {
            if matches!(line.op, Op::Capture(_) | Op::Void(_) | Op::Authorize(_)) {
                break;
            }
            line = self.sent[self.sent.len() - 1 - self.choices.below(back) as usize].clone();
        }
        self.other_op(&mut line);
        match self.choices.below(6) {
            0..=2 => {}
            3 => self.add(&mut line),
            4 => self.resolve(&mut line, reference),
            _ => self.change(&mut line),
        }
        line
    }

    /// Now and then a quote of what was captured, or the capture of a quote.
    fn other_op(&mut self, line: &mut Line) {
        if self.choices.below(5) > 0 {
            return;
        }
        match &line.op {
            Op::Capture(body) => (line.op, line.risk) = (Op::Quote(body.clone()), None),
            Op::Quote(body) => line.op = Op::Capture(body.clone()),
            _ => {}
        }
    }

    /// A field that was left out.
    fn add(&mut self, line: &mut Line) {
        let name = line.op.name();
        let fitting: Vec<_> = ADDED.iter().copied().filter(|(op, ..)| *op == name).collect();
        if fitting.is_empty() {
            return;
        }
        let (_, field, value) = self.choices.of(&fitting);
        edit(line, |body| {
            body.entry(field).or_insert(serde_json::from_str(value).unwrap());
        });
    }

    /// The amount that an absent one was resolved to, or none instead of one.
    fn resolve(&mut self, line: &mut Line, reference: &Reference) {
        if let (Op::Capture(body) | Op::Quote(body), Some(client)) = (&mut line.op, &line.client) {
            let hint = body.request.as_deref().and_then(|request| reference.capture_hint(client, request));
            let resolved = hint.map(|hint| Amount::of(hint.amount, hint.currency));
            body.amount = if body.amount.is_none() { resolved } else { None };
        }
    }

    fn change(&mut self, line: &mut Line) {
        let choices = &mut self.choices;
        edit(line, |body| {
            let Some((name, value)) = nth(body, choices) else { return };
            let changed = match value {
                _ if choices.one_in(5) => Value::Null,
                Value::Bool(set) => json!(!set),
                Value::Number(number) => json!(number.as_u64().unwrap_or(0).saturating_add(1)),
                Value::Object(amount) => changed_amount(amount, choices),
                Value::String(text) => json!(changed_text(&name, text, choices)),
                other => other,
            };
            body.insert(name, changed);
        });
    }

    pub(super) fn spoil(&mut self, line: &mut Line) {
        let choices = &mut self.choices;
        match choices.below(12) {
            0 => line.client = None,
            1 => line.client = Some("M1 ".to_owned()),
            2 => line.risk = Some(choices.of(&["ACCEPT", "reject", ""]).to_owned()),
            3 => line.op = Op::Configure(Configure::default()),
            4 => {
                let spoilt =
                    ["2026-03-01", "2026-02-29T00:00:00Z", "0001-01-01T23:59:59Z", "2026-03-01T09:00:60Z"];
                line.at = Some(choices.of(&spoilt).to_owned());
            }
            _ => edit(line, |body| {
                let Some((name, value)) = nth(body, choices) else { return };
                let spoilt = match value {
                    _ if choices.one_in(4) => Value::Null,
                    Value::Object(_) if choices.one_in(10) => json!({"value": 1, "currency": "USD"}),
                    Value::Object(_) => {
                        let (value, currency) = choices.of(&ILLEGAL);
                        json!({"value": value, "currency": currency})
                    }
                    Value::String(_) if name == "extendInfo" => json!(long_or_nul(choices)),
                    Value::String(_) => {
                        let long = "x".repeat(65);
                        json!(choices.of(&["", " x", "x\u{85}", "x\u{7}y", "\u{a0}x", long.as_str()]))
                    }
                    Value::Number(_) => json!(choices.of(&[0, 4_294_967_296_u64, u64::MAX])),
                    other => other,
                };
                body.insert(name, spoilt);
            }),
        }
    }
}

/// 4,096 characters are legal, one more or a NUL is not.
fn long_or_nul(choices: &mut impl Choices) -> String {
    match choices.below(3) {
        0 => "\u{e9}".repeat(4096),
        1 => "\u{e9}".repeat(4097),
        _ => "a\0b".to_owned(),
    }
}

fn changed_amount(mut amount: Map<String, Value>, choices: &mut impl Choices) -> Value {
    if choices.one_in(4) {
        amount.insert("currency".to_owned(), json!("EUR"));
    } else {
        let minor: i64 =
            amount.get("value").and_then(Value::as_str).and_then(|text| text.parse().ok()).unwrap_or(1);
        amount.insert("value".to_owned(), json!((minor + choices.of(&[1, -1])).max(1).to_string()));
    }
    Value::Object(amount)
}

fn changed_text(name: &str, text: String, choices: &mut impl Choices) -> String {
    match name {
        "authExpiryTime" => {
            // The same instant at another offset, or the next microsecond.
            let instant = instants::read(&text).unwrap_or(0) + i64::from(choices.one_in(2));
            instants::print(
                instant.min(instants::LAST),
                &("-03:00".to_owned(), -180),
                instants::Fraction::IfAny,
            )
        }
        "overcapturePercent" => match text.contains('.') {
            true => format!("{text}0"),
            false => format!("{text}.0"),
        },
        "settlement" | "funding" | "status" | "outcome" => {
            let words =
                ["IMMEDIATE", "DEFERRED", "HELD", "DRAWN", "NORMAL", "ABNORMAL", "SUCCEEDED", "FAILED"];
            choices.of(&words).to_owned()
        }
        "resultCode" => choices.of(&["RISK_REJECT", "PROCESS_FAIL", "ORDER_STATUS_INVALID"]).to_owned(),
        "extendInfo" => text + "+",
        "payerId" => choices.of(&["ann", "bob", "eve"]).to_owned(),
        _ => {
            let prefix = text.chars().next().unwrap_or('x');
            format!("{prefix}{}", 1 + choices.below(9))
        }
    }
}

/// One of the members.
fn nth(body: &Map<String, Value>, choices: &mut impl Choices) -> Option<(String, Value)> {
    let count = u32::try_from(body.len()).ok().filter(|count| *count > 0)?;
    let (name, value) = body.iter().nth(choices.below(count) as usize)?;
    Some((name.clone(), value.clone()))
}

/// Changes a line's body; left as it was, if that cannot be written as one.
pub fn edit(line: &mut Line, change: impl FnOnce(&mut Map<String, Value>)) {
    let mut whole: Value = serde_json::from_str(&line.text()).unwrap();
    if let Some(body) = whole.get_mut("body").and_then(Value::as_object_mut) {
        change(body);
    }
    if let Some(edited) = Line::read(&whole.to_string()) {
        *line = edited;
    }
}
