//! Futures without a runtime.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// A memory store's futures are ready at once.
pub fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("a memory store is always ready"),
    }
}
