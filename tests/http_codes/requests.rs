//! The requests of a merchant's SDK, and what may be wrong with them.

use capture_engine::http::Route;

use crate::http_exchange::Ask;

/// The clock of the service, and when the merchant signs.
pub const NOW: &str = "2026-03-08T09:00:00Z";

pub fn ask(route: Route, body: impl Into<String>) -> Ask {
    Ask::shop(route, NOW, body)
}

pub fn capture_in(currency: &str, request: &str, payment: &str, amount: u32) -> Ask {
    ask(
        Route::Capture,
        format!(
            r#"{{"captureRequestId":"{request}","paymentId":"{payment}","captureAmount":{{"value":"{amount}","currency":"{currency}"}},"isLastCapture":false}}"#
        ),
    )
}

pub fn capture(request: &str, payment: &str, amount: u32) -> Ask {
    capture_in("USD", request, payment, amount)
}

/// A capture that nothing stands against but what is wrong with its message.
pub fn good() -> Ask {
    capture("c20", "open", 1)
}

pub fn capture_all(request: &str, payment: &str) -> Ask {
    ask(Route::Capture, format!(r#"{{"captureRequestId":"{request}","paymentId":"{payment}"}}"#))
}

pub fn void(request: &str, payment: &str, amount: u32) -> Ask {
    ask(
        Route::Void,
        format!(
            r#"{{"voidRequestId":"{request}","paymentId":"{payment}","voidAmount":{{"value":"{amount}","currency":"USD"}}}}"#
        ),
    )
}

pub fn cancel(payment: &str) -> Ask {
    ask(Route::Cancel, format!(r#"{{"paymentId":"{payment}"}}"#))
}

pub fn inquiry(body: &str) -> Ask {
    ask(Route::InquiryPayment, body)
}

impl Ask {
    pub fn by(self, client: &'static str) -> Self {
        Self { client: Some(client), ..self }
    }

    pub fn to(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    pub fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    /// A second more than 5 minutes ago.
    pub fn signed_long_ago(self) -> Self {
        Self { time: "2026-03-08T08:54:59Z", ..self }
    }

    pub fn nameless(self) -> Self {
        Self { client: None, ..self }
    }

    pub fn form(self) -> Self {
        Self { content_type: "application/x-www-form-urlencoded", ..self }
    }

    pub fn with(mut self, header: &'static str) -> Self {
        self.headers.push(header);
        self
    }

    pub fn key_version(self, key_version: u32) -> Self {
        Self { key_version, ..self }
    }

    /// With another amount than was signed.
    pub fn altered(self) -> Self {
        Self { sent: Some(self.body.replace(r#""1""#, r#""2""#)), ..self }
    }
}
