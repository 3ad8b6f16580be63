#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, missing_docs)]
//! Where the engine goes on, and where it gives up: payments that change while
//! they are read, questions that change while they are asked, damage in the way
//! of a sweep, rows without the record of their request.

#[path = "support/byte_store.rs"]
mod byte_store;
#[path = "support/kit.rs"]
mod kit;
#[path = "support/scripted.rs"]
mod scripted;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use byte_store::{ByteStore, row_entry};
use capture_engine::command::{Authorize, Capture};
use capture_engine::event::{PayerEvent, PaymentEvent};
use capture_engine::id::PayerId;
use capture_engine::outcome::{Outcome, Pending};
use capture_engine::risk::{NoVerdict, RiskQuestion, Verdict};
use capture_engine::store::{
    AnyStore, AuthorizationKey, ChangeKind, Changes, CommitError, Due, FeedError, FeedPage, InProcess,
    Inquiry, Key, LoadError, MemoryStore, PaymentPage, Reads, RecordKey, Snapshot, Store,
};
use capture_engine::submission::Submission;
use capture_engine::terms::Settlement;
use capture_engine::{Engine, EngineError, Instant, ResultCode, Settings};
use kit::{
    DEADLINE, accepted, at, authorize, capture, id, key, now, register, run_each, seen, shown, usd, withdraw,
};
use pollster::block_on;
use scripted::{Scripted, captured, engine, recorded};

fn times(most: u32) -> NonZeroU32 {
    NonZeroU32::new(most).unwrap()
}

/// A store in which something happens after a page of a payment was read.
struct Meddled {
    inner: AnyStore,
    /// After which of the pages, counted from 1, a capture comes between.
    changes_after: fn(u32) -> bool,
    pages: AtomicU32,
}

impl Store for Meddled {
    async fn load(&self, keys: &[Key]) -> Result<Snapshot, LoadError> {
        self.inner.load(keys).await
    }

    async fn commit(&self, changes: Changes) -> Result<(), CommitError> {
        self.inner.commit(changes).await
    }
}

impl Reads for Meddled {
    async fn payment(&self, of: &Inquiry, after: u64, limit: usize) -> Result<PaymentPage, LoadError> {
        let page = self.inner.payment(of, after, limit).await;
        let number = self.pages.fetch_add(1, Ordering::Relaxed) + 1;
        if (self.changes_after)(number) {
            run_each(&self.inner, [capture(&format!("between-{number}"), "p1", 1)]).unwrap();
        }
        page
    }

    async fn due(&self, now: Instant, after: Option<&Due>, limit: usize) -> Result<Vec<Due>, LoadError> {
        self.inner.due(now, after, limit).await
    }

    async fn in_process(
        &self,
        before: Instant,
        after: Option<&InProcess>,
        limit: usize,
    ) -> Result<Vec<InProcess>, LoadError> {
        self.inner.in_process(before, after, limit).await
    }

    async fn payment_events(
        &self,
        key: &AuthorizationKey,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PaymentEvent>>, LoadError> {
        self.inner.payment_events(key, after, limit).await
    }

    async fn payer_events(
        &self,
        payer: &PayerId,
        after: u64,
        limit: usize,
    ) -> Result<Option<Vec<PayerEvent>>, LoadError> {
        self.inner.payer_events(payer, after, limit).await
    }

    async fn feed(&self, cursor: &[u8], limit: usize) -> Result<FeedPage, FeedError> {
        self.inner.feed(cursor, limit).await
    }
}

// Inquiries of more than a page.

/// A payment of 2,500 captures, which are three pages.
fn of_three_pages(changes_after: fn(u32) -> bool) -> Meddled {
    let inner = AnyStore::new(MemoryStore::new());
    let store = Meddled { inner, changes_after, pages: AtomicU32::new(0) };
    accepted(&store.inner, &[now(authorize("p1", 1_000_000))]).unwrap();
    for part in 0..5 {
        let captures = (0..500).map(|n| now(capture(&format!("{part}-{n}"), "p1", 1)));
        accepted(&store.inner, &captures.collect::<Vec<_>>()).unwrap();
    }
    store
}

#[test]
fn a_payment_that_changes_between_its_pages_is_read_again() {
    /// After which pages it changes, how many are read, how many captures found.
    type Case = (fn(u32) -> bool, u32, usize);
    const CASES: [Case; 6] = [
        (|_| false, 3, 2_500),
        (|page| page == 1, 2 + 3, 2_501),
        (|page| page == 2, 3 + 3, 2_501),
        // After the last page nothing is read any more.
        (|page| page == 3, 3, 2_500),
        (|page| page == 1 || page == 4, 2 + 3 + 3, 2_502),
        (|page| page == 2 || page == 4, 3 + 2 + 3, 2_502),
    ];
    for (case, (changes_after, pages, captures)) in CASES.into_iter().enumerate() {
        let asked = [Inquiry::Payment(key("p1")), Inquiry::Capture(id("shop"), id("0-7"))];
        for of in asked {
            let engine = Engine::new(of_three_pages(changes_after), Settings::default());
            let found = block_on(engine.inquire(&of, at(1))).unwrap().unwrap();
            assert_eq!(engine.store().pages.load(Ordering::Relaxed), pages, "case {case}");
            assert_eq!(found.captures.len(), captures, "case {case}");
            let sum: i64 = found.captures.iter().map(|capture| capture.captured().unwrap().0.minor()).sum();
            assert_eq!(found.authorization.unwrap().captured().minor(), sum, "case {case}");
            let mut numbers =
                found.captures.iter().map(|capture| capture.progress().unwrap().capture.accepted_seq);
            assert!(numbers.by_ref().is_sorted_by(|one, next| one < next), "case {case}");
        }
    }
}

#[test]
fn a_payment_that_always_changes_between_its_pages_is_contended() {
    for most in [1, 2, 5] {
        let store = of_three_pages(|_| true);
        let engine = Engine::new(store, Settings::default()).max_attempts(times(most));
        let answer = block_on(engine.inquire(&Inquiry::Payment(key("p1")), at(1)));
        assert!(matches!(answer, Err(EngineError::Contended)), "{answer:?}");
        assert_eq!(engine.store().pages.load(Ordering::Relaxed), 2 * most, "two pages show it");
    }
}

// Questions that change.

/// A risk check during which others capture, at the first so many questions
/// about `c1`; says how often that was asked.
fn overtaken(
    store: &Arc<Scripted>,
    changes: u32,
) -> (Arc<AtomicU32>, impl Fn(&RiskQuestion) -> Result<Verdict, NoVerdict> + Send + Sync) {
    let asked = Arc::new(AtomicU32::new(0));
    let (store, counter) = (Arc::clone(store), Arc::clone(&asked));
    let check = move |question: &RiskQuestion| {
        if question.request.as_str() == "c1" {
            let number = counter.fetch_add(1, Ordering::Relaxed);
            if number < changes {
                let other = capture(&format!("other-{number}"), "p1", 1);
                block_on(engine(&store).capture(&other, at(1))).unwrap();
            }
        }
        Ok(Verdict::Accept)
    };
    (asked, check)
}

fn of_all_that_is_left() -> Capture {
    Capture::new(id("shop"), id("c1"), id("p1")).last(false)
}

/// The amount of a capture of all that is left is another one at each try.
#[test]
fn a_question_that_always_changes_is_contended() {
    for most in [1, 2, 4] {
        for changes in 0..most + 3 {
            let store = scripted::prepared([]);
            let (asked, check) = overtaken(&store, changes);
            let engine = engine(&store).with_risk_check(check).max_attempts(times(most));
            let answer = block_on(engine.capture(&of_all_that_is_left(), at(1)));
            let asked = asked.load(Ordering::Relaxed);
            let done = i64::from(asked.min(changes));
            if changes < most {
                assert_eq!(answer.unwrap().code(), ResultCode::Success, "{changes} changes of {most}");
                assert_eq!(asked, changes + 1);
                assert_eq!(captured(&store, "p1"), (1_000, 2 + changes as usize));
            } else {
                assert!(matches!(answer, Err(EngineError::Contended)), "{changes} of {most}: {answer:?}");
                assert_eq!(asked, most, "asked as often as it may be");
                assert_eq!(captured(&store, "p1"), (100 + done, 1 + done as usize));
                assert_eq!(recorded(&store, "c1"), None);
            }
        }
    }
}

/// Nor does it hold up the others of its batch.
#[test]
fn a_question_that_always_changes_holds_up_no_other() {
    let store = scripted::prepared([]);
    let (asked, check) = overtaken(&store, u32::MAX);
    let engine = engine(&store).with_risk_check(check).max_attempts(times(3));
    let batch = [now(capture("c2", "p3", 10)), now(of_all_that_is_left()), now(capture("c3", "p3", 20))];
    let answers = block_on(engine.submit(&batch));
    assert!(matches!(answers[1], Err(EngineError::Contended)), "{answers:?}");
    let codes = [0, 2].map(|at| answers[at].as_ref().unwrap().code());
    assert_eq!(codes, [ResultCode::Success; 2]);
    assert_eq!((captured(&store, "p3"), recorded(&store, "c1")), ((30, 2), None));
    assert!(asked.load(Ordering::Relaxed) <= 3 + 2, "asked {asked:?} times");
}

// Sweeps.

const DUE: usize = 1_500;

fn due(n: usize) -> String {
    format!("due-{n:04}")
}

/// A store of 1,500 authorizations with the same deadline.
fn many_due() -> Arc<Scripted> {
    let store = Scripted::new([]);
    let holds: Vec<_> = (0..DUE).map(|n| now(authorize(&due(n), 100))).collect();
    block_on(engine(&store).submit(&holds)).into_iter().for_each(|answer| drop(answer.unwrap()));
    store
}

fn still_due(store: &Scripted) -> Vec<String> {
    let due = block_on(store.due(at(DEADLINE), None, 10_000)).unwrap();
    due.into_iter().map(|due| due.key.payment.to_string()).collect()
}

fn is_damaged<T: std::fmt::Debug>(answer: Result<T, EngineError>, expected: impl Into<Key>) {
    match answer {
        Err(EngineError::Damaged { key, .. }) => assert_eq!(*key, expected.into()),
        other => panic!("{other:?}"),
    }
}

fn damage(store: &Scripted, places: &[usize]) {
    *store.damaged.lock().unwrap() = places.iter().map(|n| key(&due(*n)).into()).collect();
}

/// Wherever damage lies, all others close, and the first of it is told.
#[test]
fn a_sweep_goes_past_what_is_damaged() {
    for places in [vec![0], vec![999], vec![1_000], vec![0, 700, 1_499]] {
        let store = many_due();
        damage(&store, &places);
        is_damaged(block_on(engine(&store).expire(at(DEADLINE), None)), key(&due(places[0])));
        assert_eq!(still_due(&store), places.iter().map(|n| due(*n)).collect::<Vec<_>>());
        damage(&store, &[]);
        let swept = block_on(engine(&store).expire(at(DEADLINE), None)).unwrap();
        assert_eq!((swept.expired, swept.more), (places.len() as u64, false));
    }
}

/// What could not be closed counts for nothing where only so many are to close.
#[test]
fn a_limited_sweep_goes_past_what_is_damaged() {
    let store = many_due();
    damage(&store, &[0]);
    for closed in [1, 2, 3] {
        is_damaged(block_on(engine(&store).expire(at(DEADLINE), Some(times(1)))), key(&due(0)));
        let expected: Vec<_> = [0].into_iter().chain(closed + 1..DUE).map(due).collect();
        assert_eq!(still_due(&store), expected, "the damaged one, and all after the closed ones");
    }
    is_damaged(block_on(engine(&store).expire(at(DEADLINE), Some(times(1_200)))), key(&due(0)));
    assert_eq!(still_due(&store).len(), DUE - 3 - 1_200);
}

/// The same where others keep changing one of them.
#[test]
fn a_sweep_goes_past_what_is_contended() {
    let store = many_due();
    *store.contended.lock().unwrap() = vec![key(&due(0)).into()];
    let answer = block_on(engine(&store).max_attempts(times(2)).expire(at(DEADLINE), None));
    assert!(matches!(answer, Err(EngineError::Contended)), "{answer:?}");
    assert_eq!(still_due(&store), [due(0)]);
}

// Rows without the record of their request.

/// A payer, its authorization, a capture of 300, and no record of how the
/// first two came.
fn without_requests() -> AnyStore {
    let bytes = Arc::new(ByteStore::default());
    let store = AnyStore::new(Arc::clone(&bytes));
    let setup = [now(register("alice", 10_000)), now(hold(1_000)), now(capture("c1", "p1", 300))];
    accepted(&store, &setup).unwrap();
    for request in [of_authorize(), of_register()] {
        bytes.lock().remove(&row_entry(&request)).expect("it was recorded");
    }
    store
}

fn hold(minor: i64) -> Authorize {
    authorize("p1", minor).payer(id("alice"))
}

fn of_authorize() -> Key {
    Key::Record(RecordKey::Authorize(id("shop"), id("p1")))
}

fn of_register() -> Key {
    Key::Record(RecordKey::Register(id("alice")))
}

#[test]
fn a_payment_without_its_record_is_not_placed_again() {
    for again in [hold(1_000), hold(2_000), authorize("p1", 1_000)] {
        let store = without_requests();
        let before = shown(&store).unwrap();
        let engine = Engine::new(store, Settings::default());
        is_damaged(block_on(engine.authorize(&again, at(2))), of_authorize());
        is_damaged(block_on(engine.submit(&[now(again)])).remove(0), of_authorize());
        assert_eq!(shown(engine.store()).unwrap(), before);
    }
}

#[test]
fn a_payer_without_its_record_is_not_registered_again() {
    for minor in [10_000, 5] {
        let store = without_requests();
        let before = shown(&store).unwrap();
        let engine = Engine::new(store, Settings::default());
        is_damaged(block_on(engine.register_payer(&register("alice", minor), at(2))), of_register());
        is_damaged(block_on(engine.submit(&[now(register("alice", minor))])).remove(0), of_register());
        assert_eq!(shown(engine.store()).unwrap(), before);
    }
}

/// In a batch with a command that reads the row, too: that one is answered by
/// what is there, as without the other.
#[test]
fn in_a_batch_what_has_no_record_is_not_made_again() {
    let authorize_again = || now(hold(1_000));
    let register_again = || now(register("alice", 10_000));
    let cases: [(Submission, Submission, Key); 2] = [
        (authorize_again(), now(capture("c2", "p1", 20)), of_authorize()),
        (register_again(), now(withdraw("w1", "alice", 20)), of_register()),
    ];
    for (again, other, damaged) in cases {
        let alone = without_requests();
        accepted(&alone, std::slice::from_ref(&other)).unwrap();
        let expected = shown(&alone).unwrap();
        for (batch, at) in [([again.clone(), other.clone()], 0), ([other.clone(), again.clone()], 1)] {
            let engine = Engine::new(without_requests(), Settings::default());
            let mut answers = block_on(engine.submit(&batch));
            let of_again = answers.remove(at);
            is_damaged(of_again, damaged.clone());
            assert_eq!(answers.remove(0).unwrap().code(), ResultCode::Success);
            assert_eq!(shown(engine.store()).unwrap(), expected);
        }
    }
}

/// The one authorization was opened once.
#[test]
fn a_batch_that_places_again_leaves_what_was_captured() {
    let engine = Engine::new(without_requests(), Settings::default());
    let answers = block_on(engine.submit(&[now(hold(1_000)), now(capture("c2", "p1", 701))]));
    let codes = answers.iter().map(|answer| answer.as_ref().map_or_else(EngineError::code, |it| it.code()));
    let expected = [ResultCode::UnknownException, ResultCode::CaptureAmountExceedAuthLimit];
    assert_eq!(codes.collect::<Vec<_>>(), expected, "300 of 1,000 are captured");
    let store = engine.store();
    let page = block_on(store.payment(&Inquiry::Payment(key("p1")), 0, 9)).unwrap();
    assert_eq!(page.authorization.unwrap().captured(), usd(300));
    let changes = kit::decided(store, &[now(capture("c3", "p1", 700))]).unwrap();
    assert_eq!(seen(changes.authorizations()), [Some(1)], "one commit made and used it");
}

/// It is true with that commit only: so the commit checks it too, and an id that
/// is fenced meanwhile is not told to wait.
#[test]
fn an_answer_that_saw_what_its_batch_wrote_guards_all_that_it_read() {
    let deferred = authorize("p7", 100).settlement(Settlement::Deferred);
    let batch = [now(deferred), now(capture("c7", "p7", 60)), now(capture("c8", "p7", 60))];
    let engine = Engine::new(MemoryStore::new(), Settings::default());
    let answers = block_on(engine.submit(&batch));
    let waits = |answer: &Result<_, EngineError>| matches!(answer, Ok(Outcome::Pending(Pending::Waiting)));
    assert!(waits(&answers[2]), "{:?}", answers[2]);

    let changes = kit::decided(&AnyStore::new(MemoryStore::new()), &batch).unwrap();
    let waiting = changes.records().iter().find(|change| change.parts().id == "c8").unwrap();
    assert_eq!((waiting.kind(), waiting.seen()), (ChangeKind::Look, None));
}
