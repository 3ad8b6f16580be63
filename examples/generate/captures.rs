//! A capture, and all that happens around one: answers that are lost, repeats
//! that differ, ids that are given up, the rail's word, a look at what is so.

use super::days::{DAY, Days};
use super::line::Line;
use super::payment::{NOTES, Payment};

const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;

/// The failures that a rail tells.
const FAILURES: [&str; 4] = [
    "",
    r#","resultCode":"USER_BALANCE_NOT_ENOUGH""#,
    r#","resultCode":"RISK_REJECT""#,
    r#","resultCode":"PROCESS_FAIL""#,
];

impl Days {
    pub fn capture(&mut self, payment: &Payment, amount: Option<u64>, last: Option<bool>, at: u64) {
        let request = self.ids.capture();
        let extra = if self.chance.once_in(10) {
            format!(r#","extendInfo":{}"#, self.chance.pick(NOTES))
        } else {
            String::new()
        };
        let mut line = Line::merchant(
            "capture",
            payment.merchant,
            capture_body(payment, &request, amount, last, &extra),
        );
        if self.chance.once_in(30) {
            self.send(at, Line { op: "quote", ..line.clone() });
        }
        self.given_up(payment, &request, at);
        self.lost_answers(&line, at);
        self.changed_repeat(payment, &request, amount, last, at);
        line.risk = self.risk();
        let unavailable = line.risk == Some("UNAVAILABLE");
        let reserved = payment.deferred || line.risk == Some("REVIEW");
        if unavailable {
            self.send(at + 30, Line { risk: None, ..line.clone() });
        }
        self.send(at, line);
        if reserved {
            self.settle(payment, &request, amount, at);
        }
        self.reverse(payment, &request, at);
        if self.chance.once_in(if payment.tab { 2_000 } else { 16 }) {
            self.look(payment, at + 1);
        }
    }

    /// What the risk check says, where the line says it.
    fn risk(&mut self) -> Option<&'static str> {
        match self.chance.below(300) {
            0..3 => Some("REJECT"),
            3..5 => Some("ACCEPT"),
            5..8 if !self.rerunnable => Some("REVIEW"),
            8..10 if !self.rerunnable => Some("UNAVAILABLE"),
            _ => None,
        }
    }

    /// The merchant wants no capture of this id any more: before it arrives, or too late.
    fn given_up(&mut self, payment: &Payment, request: &str, at: u64) {
        let times = match self.chance.below(250) {
            0 => at,
            1 => at + self.chance.spread(1, HOUR),
            _ => return,
        };
        let abandon =
            Line::merchant("abandon", payment.merchant, format!(r#"{{"captureRequestId":"{request}"}}"#));
        self.lost_answers(&abandon, times);
        self.send(times, abandon);
    }

    /// The same id for something else.
    fn changed_repeat(
        &mut self,
        payment: &Payment,
        request: &str,
        amount: Option<u64>,
        last: Option<bool>,
        at: u64,
    ) {
        let (amount, last) = match self.chance.below(150) {
            0 => (Some(amount.unwrap_or(payment.amount) + 1), last),
            1 => (amount, Some(last == Some(false))),
            _ => return,
        };
        let body = capture_body(payment, request, amount, last, "");
        let later = at + self.chance.between(MINUTE, 10 * MINUTE);
        self.send(later, Line::merchant("capture", payment.merchant, body));
    }

    /// The rail says what became of a capture in process, soon, late or never.
    fn settle(&mut self, payment: &Payment, request: &str, amount: Option<u64>, at: u64) {
        let asked = amount.unwrap_or(payment.amount);
        let less = payment.amount(self.chance.between(1, asked));
        let late = payment.deadline.max(at) + self.chance.spread(1, 2 * DAY);
        let soon = at + self.chance.spread(MINUTE, DAY);
        let failure = self.chance.pick(FAILURES);
        let failed = format!(r#""outcome":"FAILED"{failure}"#);
        let smaller = format!(r#""outcome":"SUCCEEDED","settledAmount":{less}"#);
        match self.chance.below(20) {
            0..12 => self.tell(payment, request, r#""outcome":"SUCCEEDED""#, soon),
            12..14 => self.tell(payment, request, &smaller, soon),
            14..16 => self.tell(payment, request, &failed, soon),
            16 => self.tell(payment, request, &smaller, late),
            17 => self.tell(payment, request, r#""outcome":"SUCCEEDED""#, late),
            18 => {
                self.tell(payment, request, r#""outcome":"SUCCEEDED""#, soon);
                self.tell(payment, request, &failed, soon + HOUR);
            }
            _ => {}
        }
    }

    fn tell(&mut self, payment: &Payment, request: &str, outcome: &str, at: u64) {
        let body = format!(r#"{{"captureRequestId":"{request}",{outcome}}}"#);
        let line = Line::merchant("settle", payment.merchant, body);
        self.lost_answers(&line, at);
        self.send(at, line);
    }

    /// What had succeeded has failed after all.
    fn reverse(&mut self, payment: &Payment, request: &str, at: u64) {
        if self.chance.once_in(80) {
            let later = at + self.chance.spread(MINUTE, 3 * DAY);
            let body = format!(r#"{{"captureRequestId":"{request}"}}"#);
            let line = Line::merchant("reverse", payment.merchant, body.clone());
            self.lost_answers(&line, later);
            self.send(later, line);
            if !payment.tab {
                self.send(later + 1, Line::merchant("inquire", payment.merchant, body));
            }
        }
    }

    /// Somebody asks how it stands.
    pub fn look(&mut self, payment: &Payment, at: u64) {
        let id = &payment.id;
        let (op, body) = match self.chance.below(8) {
            0 => ("events", format!(r#"{{"paymentId":"{id}","limit":20}}"#)),
            _ => ("inquire", format!(r#"{{"paymentId":"{id}"}}"#)),
        };
        self.send(at, Line::merchant(op, payment.merchant, body));
    }
}

fn capture_body(
    payment: &Payment,
    request: &str,
    amount: Option<u64>,
    last: Option<bool>,
    extra: &str,
) -> String {
    let mut body = format!(r#"{{"captureRequestId":"{request}","paymentId":"{}""#, payment.id);
    if let Some(amount) = amount {
        body += &format!(r#","captureAmount":{}"#, payment.amount(amount));
    }
    if let Some(last) = last {
        body += &format!(r#","isLastCapture":{last}"#);
    }
    body += extra;
    body.push('}');
    body
}
