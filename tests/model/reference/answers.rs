//! Answers as text: the result of each code, and members in their order.

use super::values::Money;

pub type Code = &'static str;

/// The codes that a replay can give: status and message.
pub const CODES: [(Code, &str, &str); 18] = [
    ("SUCCESS", "S", "success"),
    ("AUTH_CANCELLED", "F", "The authorization on payment has been canceled."),
    ("AUTH_EXPIRED", "F", "The authorization on payment is expired."),
    ("AUTH_NOT_FOUND", "F", "The authorization on payment is not found."),
    (
        "CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT",
        "F",
        "The total capture amount exceeds the limit of the authorized payment amount.",
    ),
    ("CAPTURE_IN_PROCESS", "U", "The capture is processing."),
    ("CURRENCY_NOT_SUPPORT", "F", "The currency of a user's payment is not supported by the wallet."),
    ("ORDER_STATUS_INVALID", "F", "The status of the order does not allow the request."),
    ("PARAM_ILLEGAL", "F", "A required parameter is missing or a parameter is illegal."),
    ("PAYMENT_AMOUNT_EXCEED_LIMIT", "F", "The payment amount exceeds the limit."),
    ("PAYMENT_COUNT_EXCEED_LIMIT", "F", "The number of payments exceeds the limit."),
    ("PROCESS_FAIL", "F", "A business failure occurred. Do not retry."),
    ("REPEAT_REQ_INCONSISTENT", "F", "The submitted request is not consistent with the last one."),
    ("RISK_REJECT", "F", "The payment is rejected due to risk control."),
    ("UNKNOWN_EXCEPTION", "U", "The result is unknown. Send the same request again."),
    ("USER_AMOUNT_EXCEED_LIMIT", "F", "The payment amount exceeds the user's amount limit."),
    ("USER_BALANCE_NOT_ENOUGH", "F", "The user's balance is not enough for the payment."),
    ("USER_STATUS_ABNORMAL", "F", "The user status is abnormal."),
];

/// A JSON object that is being written, without its opening brace.
#[derive(Clone, Debug, Default)]
pub struct Members(String);

impl Members {
    pub fn new() -> Self {
        Self::default()
    }

    /// A member whose value is JSON already.
    pub fn json(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        let comma = if self.0.is_empty() { "" } else { "," };
        self.0 += &format!(r#"{comma}"{name}":{value}"#);
        self
    }

    pub fn text(self, name: &str, value: &str) -> Self {
        let quoted = serde_json::to_string(value).unwrap();
        self.json(name, quoted)
    }

    pub fn money(self, name: &str, minor: i128, currency: &str) -> Self {
        self.json(name, format_args!(r#"{{"value":"{minor}","currency":"{currency}"}}"#))
    }

    pub fn maybe<T>(self, value: Option<T>, add: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => add(self, value),
            None => self,
        }
    }

    pub fn maybe_text(self, name: &str, value: Option<&str>) -> Self {
        self.maybe(value, |members, value| members.text(name, value))
    }

    pub fn maybe_money(self, name: &str, value: Option<Money>) -> Self {
        self.maybe(value, |members, money| members.money(name, money.minor, money.currency))
    }

    pub fn flag_if(self, set: bool, name: &str) -> Self {
        if set { self.json(name, true) } else { self }
    }

    pub fn object(self) -> String {
        format!("{{{}}}", self.0)
    }
}

/// An answer, and the rule that gave it (for counting, not for the wire).
#[derive(Clone, Debug)]
pub struct Reply {
    pub code: Code,
    pub rule: &'static str,
    pub members: Members,
}

impl Reply {
    pub fn new(code: Code, rule: &'static str, members: Members) -> Self {
        Self { code, rule, members }
    }

    pub fn line(&self) -> String {
        let found = CODES.iter().find(|(code, ..)| *code == self.code);
        let (code, status, message) = found.unwrap();
        let result = Members::new().text("resultCode", code).text("resultStatus", status);
        let whole = Members::new().json("result", result.text("resultMessage", message).object());
        if self.members.0.is_empty() { whole.object() } else { format!("{{{},{}}}", whole.0, self.members.0) }
    }
}
