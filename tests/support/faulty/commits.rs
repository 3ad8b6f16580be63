//! Commits: refused, lost, not heard, late (F1 to F4).

use capture_engine::record::Record;
use capture_engine::store::{Changes, CommitError, Key, Store};

use super::{Caller, Done, FaultyStore, Late, source};

/// Commits that there are few of: what is lost, late or not heard is so three
/// times as often with them.
const SELDOM: [&str; 3] = ["CaptureFailed", "CaptureReversed", "Cancelled"];

impl<S: Store> FaultyStore<S> {
    /// Lets all late commits land, or fail.
    pub async fn land_all(&self) {
        while let Some(late) = self.next_late(u64::MAX) {
            self.land(late).await;
        }
    }

    pub(super) fn next_late(&self, now: u64) -> Option<Late> {
        let mut state = self.state();
        let next = state.late.iter().position(|late| late.due <= now)?;
        Some(state.late.remove(next))
    }

    pub(super) async fn land(&self, late: Late) {
        let created = late.changes.records().iter().filter(|change| change.seen().is_none());
        let created: Vec<Key> = created.map(|change| change.key().into()).collect();
        let meanwhile = self.inner.load(&created).await.unwrap_or_default();
        let is_fence =
            |record: &Record| matches!(record, Record::Capture(_)) && record.names_authorization().is_none();
        let why = match meanwhile.records().next() {
            _ if meanwhile.records().any(|(_, record)| is_fence(record)) => "its id was fenced meanwhile",
            Some(_) => "it was sent again and answered meanwhile",
            None => "what it saw had changed",
        };
        let what = what(&late.changes);
        match self.inner.commit(late.changes.clone()).await {
            Ok(()) => {
                self.count(format!("F4 landed late: {what}"));
                self.note(late.by, late.changes, Done::Late);
            }
            Err(CommitError::Conflict { .. }) => {
                self.count(format!("F4 refused late: {what}"));
                self.count(format!("F4 refused late, {why}"));
            }
            Err(other) => panic!("the inner store fails by itself: {other}"),
        }
    }

    pub(super) async fn faulty_commit(
        &self,
        caller: Caller,
        changes: Changes,
    ) -> (Done, Result<(), CommitError>) {
        let what = what(&changes);
        if self.happens(|odds| odds.conflict) {
            self.tell(caller, |told| told.conflicts += 1);
            let named = self.state().dice.one_in(2);
            self.count(if named { "F1 conflict, keys named" } else { "F1 conflict, none named" });
            let records = changes.records().iter().map(|change| change.key().into());
            let keys = if named { records.collect() } else { Vec::new() };
            return (Done::Nothing, Err(CommitError::Conflict { keys }));
        }
        if let Some(source) = self.unavailable(caller, "commit") {
            return (Done::Nothing, Err(CommitError::Unavailable { source }));
        }
        let unknown = |this: &Self| {
            this.tell(caller, |told| told.unknown += 1);
            Err(CommitError::Unknown { source: source("the connection was lost") })
        };
        let times = if SELDOM.contains(&what.as_str()) { 3 } else { 1 };
        if self.happens(|odds| times * odds.lost) {
            self.count(format!("F3 lost: {what}"));
            return (Done::Nothing, unknown(self));
        }
        if self.happens(|odds| times * odds.late) {
            self.count(format!("F4 told unknown: {what}"));
            let mut state = self.state();
            let latest = state.odds.latest;
            let due = state.operations + 2 + state.dice.roll(latest);
            state.late.push(Late { by: caller, changes, due });
            drop(state);
            return (Done::Late, unknown(self));
        }
        let unheard = self.happens(|odds| times * odds.unheard);
        match self.inner.commit(changes.clone()).await {
            Ok(()) if unheard => {
                self.count(format!("F3 applied and not heard: {what}"));
                self.note(caller, changes, Done::AppliedUnheard);
                (Done::AppliedUnheard, unknown(self))
            }
            Ok(()) => {
                self.note(caller, changes, Done::Applied);
                (Done::Applied, Ok(()))
            }
            Err(error @ CommitError::Conflict { .. }) => {
                let is_stale = self.told(caller).is_stale;
                self.count(if is_stale { "F10 refused by version" } else { "overtaken by another" });
                self.tell(caller, |told| {
                    told.conflicts += 1;
                    told.overtaken += 1;
                });
                (Done::Nothing, Err(error))
            }
            Err(other) => panic!("the inner store fails by itself: {other}"),
        }
    }
}

/// What a commit does, in a word or two.
fn what(changes: &Changes) -> String {
    let written = changes.records().iter().filter(|change| change.written().is_some()).count();
    let payment = changes.payment_events().last().map(|event| event.kind().name());
    let payer = changes.payer_events().last().map(|event| event.name());
    match payment.or(payer) {
        _ if written > 1 => "a batch".to_owned(),
        Some(event) => event.to_owned(),
        None => "a record alone".to_owned(),
    }
}
