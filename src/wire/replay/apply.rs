//! A request of a line meets the engine, and its answer is written.

use super::op::Request;
use super::{LineOutcome, RunEnds};
use crate::engine::{Answered, Engine, EngineError};
use crate::event::PaymentEventKind;
use crate::money::Money;
use crate::outcome::Outcome;
use crate::result_code::ResultCode;
use crate::risk::{NoVerdict, RiskQuestion, Verdict};
use crate::store::{Reads, Store};
use crate::submission::{AnyAnswer, Command};
use crate::time::Instant;
use crate::wire::answers::write_command;
use crate::wire::inquiries::{write_events, write_payer, write_payment, write_swept};

/// Applies a request and writes its answer, also where the run ends with it.
pub(super) async fn apply<S: Store + Reads>(
    engine: &Engine<S>,
    request: &Request,
    risk: Result<Verdict, NoVerdict>,
    now: Instant,
    out: &mut Vec<u8>,
) -> Result<LineOutcome, RunEnds> {
    let offset = engine.settings().printed_offset();
    match request {
        Request::Command(command) => {
            let answered = execute(engine, command, risk, now).await;
            let code = write_command(command, &answered, out);
            told(code, answered)
        }
        Request::Expire(limit) => {
            let swept = engine.expire(now, *limit).await;
            looked(write_swept(&swept, out), swept.err())
        }
        Request::Inquire(of) => {
            let found = engine.inquire(of, now).await;
            looked(write_payment(of, &found, offset, out), found.err())
        }
        Request::InquirePayer(payer) => {
            let found = engine.inquire_payer(payer, now).await;
            looked(write_payer(payer, &found, out), found.err())
        }
        Request::Events(merchant, wanted) => {
            let found = engine.events(merchant, &wanted.payment, wanted.after, wanted.limit).await;
            looked(write_events(wanted.after, &found, offset, out), found.err())
        }
    }
}

/// The engine of a replay accepts every capture, so that only another verdict
/// has to be asked for.
async fn execute<S: Store>(
    engine: &Engine<S>,
    command: &Command,
    risk: Result<Verdict, NoVerdict>,
    now: Instant,
) -> Answered<AnyAnswer> {
    match risk {
        Ok(Verdict::Accept) => engine.execute(command, now).await,
        other => engine.execute_with(command, now, &move |_: &RiskQuestion| other).await,
    }
}

/// What a command came to.
fn told(code: ResultCode, answered: Answered<AnyAnswer>) -> Result<LineOutcome, RunEnds> {
    let outcome = match answered {
        Ok(outcome) => outcome,
        Err(error) => return looked(code, Some(error)),
    };
    let (captured, reversed) = moved(&outcome);
    let replayed = matches!(outcome, Outcome::Replayed(_));
    Ok(LineOutcome { replayed, captured, reversed, ..LineOutcome::of(code) })
}

/// What was captured by a command, and what was given back of that.
fn moved(outcome: &Outcome<AnyAnswer>) -> (Option<Money>, Option<Money>) {
    let kinds = outcome.events().into_iter().flat_map(|events| events.payment()).map(|event| event.kind());
    kinds.fold((None, None), |(captured, reversed), kind| match kind {
        PaymentEventKind::Captured { amount, .. } => (Some(*amount), reversed),
        PaymentEventKind::CaptureReversed { amount, .. } => (captured, Some(*amount)),
        _ => (captured, reversed),
    })
}

/// The run goes on after what another try can help, and ends where the store
/// failed.
fn looked(code: ResultCode, error: Option<EngineError>) -> Result<LineOutcome, RunEnds> {
    match error {
        None | Some(EngineError::Contended | EngineError::NoVerdict) => Ok(LineOutcome::of(code)),
        Some(error) => Err(RunEnds::Store(error)),
    }
}
