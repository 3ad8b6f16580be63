//! Two checks of a host's own: tokens from a file, and a limit of requests.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use capture_engine::Instant;
use capture_engine::http::{Admission, Caller, Edge};
use capture_engine::id::MerchantId;
use capture_engine::store::AnyStore;

use crate::arguments::Arguments;
use crate::failure::{Failure, shown};

/// The checks that were asked for.
pub struct Checks {
    tokens: Option<Tokens>,
    rate_limiter: Option<RateLimiter>,
}

impl Checks {
    /// Those of the command line.
    pub fn of(arguments: &Arguments) -> Result<Self, Failure> {
        let tokens = arguments.tokens.as_deref().map(Tokens::read).transpose()?;
        Ok(Self { tokens, rate_limiter: arguments.requests_per_second.map(RateLimiter::new) })
    }

    /// The edge, with these before it.
    pub fn before(self, mut edge: Edge<AnyStore>) -> Edge<AnyStore> {
        if let Some(tokens) = self.tokens {
            edge = edge.token_verifier(move |caller: &Caller<'_>| tokens.admit(caller));
        }
        if let Some(limiter) = self.rate_limiter {
            edge = edge.rate_limiter(move |caller: &Caller<'_>| limiter.admit(caller));
        }
        edge
    }
}

/// The tokens that are accepted. There is no `Debug` of it, on purpose.
struct Tokens(HashSet<String>);

impl Tokens {
    /// Reads one token a line; blank lines are none.
    fn read(file: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(file).map_err(|source| Failure::ReadTokens { source })?;
        let mut tokens = HashSet::new();
        for (line, token) in (1..).zip(text.lines().map(str::trim)) {
            if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Failure::Token { file: shown(file), line });
            }
            if !token.is_empty() {
                tokens.insert(token.to_owned());
            }
        }
        match tokens.is_empty() {
            true => Err(Failure::NoToken { file: shown(file) }),
            false => Ok(Self(tokens)),
        }
    }

    /// Whether the request bears one. Look-ups go by a keyed hash: how long
    /// one takes says nothing of how near a guess is.
    fn admit(&self, caller: &Caller<'_>) -> Admission {
        Admission::from(caller.token().is_some_and(|token| self.0.contains(token.expose())))
    }
}

/// So many requests a second for each client, and no more than those of one
/// second at once.
///
/// It is asked last, of senders that are proved, so that it holds one number
/// for each client that is known.
struct RateLimiter {
    /// Microseconds that a request takes of its client's second.
    price: i64,
    /// When each client's second is whole again.
    whole_at: Mutex<HashMap<MerchantId, i64>>,
}

const SECOND: i64 = 1_000_000;

impl RateLimiter {
    /// This many requests a second.
    fn new(a_second: NonZeroU32) -> Self {
        let price = SECOND.checked_div(i64::from(a_second.get())).unwrap_or(SECOND).max(1);
        Self { price, whole_at: Mutex::new(HashMap::new()) }
    }

    /// Takes a request's price, if that much is left.
    fn admit(&self, caller: &Caller<'_>) -> Admission {
        Admission::from(self.take(caller.client(), caller.now()))
    }

    fn take(&self, client: &MerchantId, now: Instant) -> bool {
        let now = now.as_micros();
        let second_from_now = now.saturating_add(SECOND);
        // The steps of a change cannot fail, so that what a panic leaves is whole.
        let mut whole_at = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        let place = whole_at.entry(client.clone()).or_insert(now);
        // What lies further ahead was written before the clock was set back.
        let taken = (*place).clamp(now, second_from_now).saturating_add(self.price);
        let is_left = taken <= second_from_now;
        if is_left {
            *place = taken;
        }
        is_left
    }
}
