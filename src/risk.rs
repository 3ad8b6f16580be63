//! The risk check: a question that a decision asks, answered by the host
//! outside of any store operation.

use std::future::Future;

use crate::id::{CaptureRequestId, MerchantId, PayerId, PaymentId};
use crate::money::Money;

/// What the host is asked about one capture, after every other check passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiskQuestion {
    /// The merchant that captures.
    pub merchant: MerchantId,
    /// Its id of the request.
    pub request: CaptureRequestId,
    /// The payment.
    pub payment: PaymentId,
    /// The amount, an absent one resolved.
    pub amount: Money,
    /// The payer, if the engine keeps the account.
    pub payer: Option<PayerId>,
}

impl RiskQuestion {
    /// Whether a verdict on the other question answers this one too.
    pub(crate) fn is_answered_with(&self, other: &Self) -> bool {
        self.amount == other.amount && self.payer == other.payer
    }
}

/// What the host's risk check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The capture may go on.
    Accept,
    /// Somebody has to look at it: it is reserved, its outcome open.
    Review,
    /// It is refused.
    Reject,
}

/// The host could not say; nothing is recorded, and the same request may be
/// sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the risk check gave no verdict")]
pub struct NoVerdict;

/// The host's risk check. It is asked for a whole batch at once, once per
/// request, never for a replay. A closure `Fn(&RiskQuestion) ->
/// Result<Verdict, NoVerdict>` is one; implement the trait for a check that waits.
pub trait RiskCheck: Send + Sync {
    /// One verdict for each question, in their order. A missing one counts as
    /// [`NoVerdict`].
    fn assess(
        &self,
        questions: &[RiskQuestion],
    ) -> impl Future<Output = Vec<Result<Verdict, NoVerdict>>> + Send;

    /// The verdict on every question, if this check never looks at them: then
    /// nothing is asked.
    fn always(&self) -> Option<Verdict> {
        None
    }
}

/// No risk check: every capture is accepted.
#[derive(Clone, Copy, Debug, Default)]
pub struct AcceptAll;

impl RiskCheck for AcceptAll {
    async fn assess(&self, questions: &[RiskQuestion]) -> Vec<Result<Verdict, NoVerdict>> {
        questions.iter().map(|_| Ok(Verdict::Accept)).collect()
    }

    fn always(&self) -> Option<Verdict> {
        Some(Verdict::Accept)
    }
}

impl<F> RiskCheck for F
where
    F: Fn(&RiskQuestion) -> Result<Verdict, NoVerdict> + Send + Sync,
{
    async fn assess(&self, questions: &[RiskQuestion]) -> Vec<Result<Verdict, NoVerdict>> {
        questions.iter().map(self).collect()
    }
}

/// A risk check whose futures are always ready at once, so that an engine with
/// it can be used without a runtime.
pub trait ReadyRiskCheck: RiskCheck {}

impl ReadyRiskCheck for AcceptAll {}

impl<F> ReadyRiskCheck for F where F: Fn(&RiskQuestion) -> Result<Verdict, NoVerdict> + Send + Sync {}
