//! What a host checks of its own: limits, tokens, access.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use http::{Extensions, HeaderMap};

use super::header::{AGENT_TOKEN, Single};
use super::route::Route;
use crate::id::MerchantId;
use crate::time::Instant;

/// Who asks for what.
pub struct Caller<'a> {
    client: &'a MerchantId,
    route: Route,
    now: Instant,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
}

impl<'a> Caller<'a> {
    /// A caller, for the tests of a check: an edge makes its own.
    pub fn new(
        client: &'a MerchantId,
        route: Route,
        now: Instant,
        headers: &'a HeaderMap,
        extensions: &'a Extensions,
    ) -> Self {
        Self { client, route, now, headers, extensions }
    }

    /// The client. To the limiter that is asked before any cryptography it is
    /// who the sender says it is; to the others it is proved.
    pub fn client(&self) -> &'a MerchantId {
        self.client
    }

    /// What is asked for.
    pub fn route(&self) -> Route {
        self.route
    }

    /// The clock reading of the request.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The header `Agent-Token`. One that stands there twice or is no UTF-8 is
    /// none.
    pub fn token(&self) -> Option<Token<'a>> {
        Single::of(self.headers, &AGENT_TOKEN).text().map(Token)
    }

    /// What the host attached to the request, such as the sender's address.
    pub fn extensions(&self) -> &'a Extensions {
        self.extensions
    }
}

impl fmt::Debug for Caller<'_> {
    /// Without the token and other headers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, route, now, .. } = self;
        f.debug_struct("Caller").field("client", client).field("route", route).field("now", now).finish()
    }
}

/// A token, which is not shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token<'a>(&'a str);

impl<'a> Token<'a> {
    /// Its text, which belongs in no log.
    pub fn expose(self) -> &'a str {
        self.0
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// What a check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Admission {
    /// The request may go on.
    Admitted,
    /// It may not.
    Refused,
    /// The check cannot say now: nothing is known, and the same request may be
    /// sent again.
    Undecided,
}

impl From<bool> for Admission {
    fn from(admitted: bool) -> Self {
        if admitted { Self::Admitted } else { Self::Refused }
    }
}

/// A check of the host's. A closure `Fn(&Caller<'_>) -> Admission` is one;
/// implement the trait for a check that waits.
///
/// A body is not shown to it: nothing that is said before it is read is about
/// what it asks.
///
/// ```
/// use capture_engine::http::{Admission, Caller, Check};
/// let reads_only = |caller: &Caller<'_>| Admission::from(caller.route() == capture_engine::http::Route::InquiryPayment);
/// fn is_check(_: &impl Check) {}
/// is_check(&reads_only);
/// ```
pub trait Check: Send + Sync + 'static {
    /// Whether this request may go on.
    fn admit(&self, caller: &Caller<'_>) -> impl Future<Output = Admission> + Send;
}

impl<F> Check for F
where
    F: Fn(&Caller<'_>) -> Admission + Send + Sync + 'static,
{
    async fn admit(&self, caller: &Caller<'_>) -> Admission {
        self(caller)
    }
}

/// Any check: the price of a box is nothing beside a signature.
pub(super) trait AnyCheck: Send + Sync {
    fn admit<'a>(&'a self, caller: &'a Caller<'_>) -> Pin<Box<dyn Future<Output = Admission> + Send + 'a>>;
}

impl<C: Check> AnyCheck for C {
    fn admit<'a>(&'a self, caller: &'a Caller<'_>) -> Pin<Box<dyn Future<Output = Admission> + Send + 'a>> {
        Box::pin(Check::admit(self, caller))
    }
}
