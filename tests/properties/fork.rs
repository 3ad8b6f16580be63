//! Histories run again: the same once more, on another store, without
//! batches (I14); and up to one command with other outcomes of what was in
//! process before it (I18).

use capture_engine::command::SettlementOutcome;
use capture_engine::outcome::Outcome;
use capture_engine::result_code::{FailureCode, ResultStatus};
use capture_engine::{MemoryStore, Refusal};

use crate::broken::{Checked, ensure};
use crate::byte_store::ByteStore;
use crate::coverage;
use crate::ops::{Configured, History, Op};
use crate::world::{Picture, Said, World, picture};

/// What happened so far, with the clock as it was read.
#[derive(Clone)]
pub enum Past {
    Sent(i64, Op),
    /// A sweep closed this payment.
    Closed(i64, (u8, u8)),
    Configured(Configured),
}

/// The same commands, clock readings and ids give the same answers, events
/// and state: twice, on a store that shares no code with the first, and sent
/// one by one.
pub fn same_again(history: &History) -> Checked {
    let first = picture(MemoryStore::new(), history, true)?;
    are_same(&first, &picture(MemoryStore::new(), history, true)?, "run twice")?;
    are_same(&first, &picture(ByteStore::default(), history, true)?, "on a store of bytes")?;
    are_same(&first, &picture(MemoryStore::new(), history, false)?, "without batches")
}

fn are_same(first: &Picture, second: &Picture, how: &str) -> Checked {
    for (at, (first, second)) in first.said.iter().zip(&second.said).enumerate() {
        ensure!(first == second, "I14", "{how}, command {at} was answered {first:?}, then {second:?}");
    }
    ensure!(first == second, "I14", "{how}: {first:#?}\nthen {second:#?}");
    Ok(())
}

/// A request that was refused for what its authorization has left, while
/// captures were in process, is refused whichever way they end (I18).
pub fn open_outcomes(past: &[Past], op: &Op, now: i64, said: &Said, pending: &[(u8, u8)]) -> Checked {
    let refused = matches!(
        said,
        Ok(Outcome::Refused(
            Refusal::ExceedsAuthorization { .. }
                | Refusal::ExceedsRemainder { .. }
                | Refusal::CapturesUsedUp { .. }
        ))
    );
    if !refused || pending.is_empty() || !matches!(op, Op::Capture(_) | Op::Void { .. }) {
        return Ok(());
    }
    coverage::met("fork", op.name());
    for succeed in combinations(pending.len()) {
        let mut world = replayed(past)?;
        for (at, (m, c)) in pending.iter().enumerate() {
            let told = match succeed >> at & 1 {
                1 => SettlementOutcome::Succeeded(None),
                _ => SettlementOutcome::Failed(FailureCode::default()),
            };
            let _ = world.send(&Op::Settle { m: *m, c: *c, told }, now)?;
        }
        let again = world.send(op, now)?;
        let succeeds = again.as_ref().is_ok_and(|outcome| outcome.code().status() == ResultStatus::Success);
        ensure!(
            !succeeds,
            "I18",
            "{op:?} was answered {said:?}, but {again:?} had {pending:?} succeeded as the bits of {succeed:b} say"
        );
    }
    Ok(())
}

/// Which of so many captures succeed, as bits: all combinations of a few;
/// of many all, none, each alone, each but one.
fn combinations(captures: usize) -> Vec<u64> {
    let all = (1_u64 << captures.min(63)) - 1;
    if captures <= 3 {
        return (0..=all).collect();
    }
    let each = (0..captures.min(63)).map(|at| 1_u64 << at);
    [0, all].into_iter().chain(each.clone()).chain(each.map(|one| all ^ one)).collect()
}

/// A fresh world to which the same happened.
fn replayed(past: &[Past]) -> Checked<World<MemoryStore>> {
    let mut world = World::new(MemoryStore::new());
    for past in past {
        match past {
            Past::Sent(now, op) => {
                let _ = world.send(op, *now)?;
            }
            Past::Closed(now, key) => {
                world.close(*key, *now)?;
            }
            Past::Configured(configured) => world.configure(*configured),
        }
    }
    Ok(world)
}
