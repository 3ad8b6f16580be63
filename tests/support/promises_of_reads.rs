//! Checks of the promises of the reads, 12 and 13.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::thread;

use capture_engine::Instant;
use capture_engine::command::{Abandon, Authorize, Cancel, Capture, Settle, SettlementOutcome};
use capture_engine::event::Event;
use capture_engine::store::{AnyStore, Due, FeedError, InProcess, Inquiry, PaymentPage, Reads};
use capture_engine::submission::Submission;
use pollster::block_on;

use super::kit::*;

fn page(store: &AnyStore, of: &Inquiry, after: u64, limit: usize) -> Verdict<PaymentPage> {
    block_on(store.payment(of, after, limit)).map_err(|error| error.to_string())
}

/// A page at a time, as a host pages: the last entry says where to go on.
fn paged<T: Clone + Debug>(
    limit: usize,
    mut next: impl FnMut(Option<&T>, usize) -> Verdict<Vec<T>>,
) -> Verdict<Vec<T>> {
    let mut all: Vec<T> = Vec::new();
    loop {
        let page = next(all.last(), limit)?;
        ensure!(page.len() <= limit, "{} entries where at most {limit} were wanted", page.len());
        ensure!(all.len() < 10_000, "the pages do not end");
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

// 12: pages of a payment.

/// The authorization and the captures of one page fit together.
pub fn p12_a_page_of_a_payment_is_one_point(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let fits = |page: &PaymentPage| {
        let captured = page.authorization.as_ref().map(|kept| kept.captured().minor());
        let sum =
            page.captures.iter().filter_map(|capture| capture.captured()).map(|(it, _)| it.minor()).sum();
        same("sum of the captures of a page", Some(sum), captured)
    };
    thread::scope(|scope| {
        let writer = scope.spawn(|| run_each(&store, (0..300).map(|n| capture(&format!("n-{n}"), "p3", 1))));
        while !writer.is_finished() {
            fits(&page(&store, &Inquiry::Payment(key("p3")), 0, 1_000)?)?;
        }
        writer.join().map_err(|_| "the writer panicked")?
    })?;
    fits(&page(&store, &Inquiry::Payment(key("p3")), 0, 1_000)?)
}

/// What is recorded of a request is what stands among the captures, while the
/// rail says now this and now that of it.
pub fn p12_a_record_and_its_payment_are_one_point(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let fits = || {
        let page = page(&store, &Inquiry::Capture(id("shop"), id("c1")), 0, 10)?;
        same("c1", page.captures.first().cloned(), page.record)
    };
    run_each(&store, [capture("c1", "p3", 1)])?;
    let told = |minor| SettlementOutcome::Succeeded(Some(usd(minor)));
    thread::scope(|scope| {
        let writer = scope
            .spawn(|| run_each(&store, (0..400).map(|n| Settle::new(id("shop"), id("c1"), told(2 + n % 2)))));
        while !writer.is_finished() {
            fits()?;
        }
        writer.join().map_err(|_| "the writer panicked")?
    })?;
    fits()
}

/// Requests whose ids sort the other way round, settled the other way round.
pub fn p12_captures_stand_in_the_order_of_acceptance(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let requests = ["c5", "c4", "c3", "c2", "c1"];
    run_each(&store, requests.map(|request| capture(request, "p2", 10)))?;
    run_each(&store, [capture("c9", "p2", 10_000)])?;
    run_each(&store, ["c1", "c4"].map(settle))?;
    let whole = page(&store, &Inquiry::Payment(key("p2")), 0, 10)?;
    let found: Vec<_> = whole.captures.iter().map(|capture| capture.request().to_string()).collect();
    same("captures", found, requests.map(str::to_owned).to_vec())?;
    let codes: Vec<_> = whole.captures.iter().map(|capture| capture.code().as_str()).collect();
    let in_process = "CAPTURE_IN_PROCESS";
    same("as they stand", codes, vec![in_process, "SUCCESS", in_process, in_process, "SUCCESS"])
}

pub fn p12_pages_of_a_payment_join_without_a_seam(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let requests = ["c1", "c2", "c3", "c4"];
    run_each(&store, requests.map(|request| capture(request, "p3", 10)))?;
    run_each(&store, [void("v1", "p3", 1)])?;
    for (limit, pages) in [(1, 4), (2, 2), (3, 2), (4, 1), (5, 1)] {
        let (mut all, mut after, mut count) = (Vec::new(), 0, 0);
        loop {
            let page = page(&store, &Inquiry::Payment(key("p3")), after, limit)?;
            count += 1;
            ensure!(
                page.captures.len() <= limit && count < 9,
                "limit {limit}: {} captures",
                page.captures.len()
            );
            after = page
                .captures
                .iter()
                .filter_map(|it| it.progress())
                .map(|it| it.capture.accepted_seq)
                .max()
                .unwrap_or(after);
            all.extend(page.captures.iter().map(|capture| capture.request().to_string()));
            if !page.more {
                break;
            }
        }
        same(&format!("captures by {limit}"), all, requests.map(str::to_owned).to_vec())?;
        same(&format!("pages by {limit}"), count, pages)?;
    }
    Ok(())
}

/// By the id of a capture: what is recorded of it, and the payment it names.
pub fn p12_an_inquiry_by_request_tells_its_record(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    run_each(&store, [capture("c1", "p3", 1), capture("c2", "p3", 99_999), capture("c3", "p9", 1)])?;
    run_each(&store, [Abandon::new(id("shop"), id("c4"))])?;
    let cases = [
        ("c1", Some("SUCCESS"), true),
        ("c2", Some("CAPTURE_AMOUNT_EXCEED_AUTH_LIMIT"), true),
        ("c3", Some("AUTH_NOT_FOUND"), false),
        ("c4", Some("PROCESS_FAIL"), false),
        ("c5", None, false),
    ];
    for (request, code, has_payment) in cases {
        let page = page(&store, &Inquiry::Capture(id("shop"), id(request)), 0, 10)?;
        same(request, page.record.map(|record| record.code().as_str()), code)?;
        same(request, page.authorization.is_some(), has_payment)?;
        same(request, page.captures.len(), usize::from(has_payment))?;
    }
    same("of no payment", page(&store, &Inquiry::Payment(key("p9")), 0, 1)?.authorization, None)
}

// 12: due and in process.

fn hold(merchant: &str, payment: &str, expires: u64) -> Submission {
    now(Authorize::new(id(merchant), id(payment), usd(100), at(expires)))
}

fn due(merchant: &str, payment: &str, expires: u64) -> Due {
    Due { expires_at: at(expires), key: of(merchant, payment) }
}

pub fn p12_due_is_ordered_bounded_and_open(new: Factory<'_>) -> Verdict {
    let store = new().store;
    let expected = [
        due("z", "z", 50),
        due("a", "b", 60),
        due("a b", "a", 60),
        due("aa", "B", 60),
        due("aa", "b", 60),
        due("\u{e9}", "a", 60),
        due("a", "a", 100),
    ];
    let mut holds: Vec<_> = expected
        .iter()
        .map(|due| {
            let expires = due.expires_at.as_micros() - at(0).as_micros();
            hold(due.key.merchant.as_str(), due.key.payment.as_str(), (expires / 1_000_000).unsigned_abs())
        })
        .collect();
    holds.reverse();
    holds.extend([hold("a", "later", 101), hold("a", "closed", 60), hold("a", "cancelled", 60)]);
    run(&store, &holds)?;
    let last = Capture::new(id("a"), id("c1"), id("closed"));
    run(&store, &[now(last), now(Cancel::new(id("a"), id("cancelled")))])?;
    for limit in [1, 2, 3, 100] {
        let read = |after: Option<&Due>, limit| {
            block_on(store.due(at(100), after, limit)).map_err(|error| error.to_string())
        };
        same(&format!("due, by {limit}"), paged(limit, read)?, expected.to_vec())?;
    }
    Ok(())
}

pub fn p12_in_process_is_ordered_bounded_and_open(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let accepted = [("c9", 5), ("c2", 6), ("c3", 6), ("c8", 6), ("c1", 7), ("c4", 8)];
    for (request, time) in accepted.iter().rev() {
        // A payment of its own each, since times of one never decrease.
        let hold = Authorize::new(id("shop"), id(request), usd(100), at(DEADLINE))
            .settlement(capture_engine::terms::Settlement::Deferred);
        run(&store, &[now(hold), Submission::new(capture(request, request, 1), at(*time))])?;
    }
    run(&store, &[now(settle("c3"))])?;
    let expected: Vec<_> = [("c9", 5), ("c2", 6), ("c8", 6), ("c1", 7)]
        .map(|(request, time)| InProcess {
            accepted_at: at(time),
            merchant: id("shop"),
            request: id(request),
        })
        .to_vec();
    for limit in [1, 2, 3, 100] {
        let read = |after: Option<&InProcess>, limit| {
            block_on(store.in_process(at(8), after, limit)).map_err(|error| error.to_string())
        };
        same(&format!("in process, by {limit}"), paged(limit, read)?, expected.clone())?;
    }
    Ok(())
}

pub fn p12_events_are_paged_by_their_number(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    run_each(&store, ["c1", "c2", "c3"].map(|request| capture(request, "p3", 1)))?;
    run_each(&store, ["w1", "w2", "w3"].map(|request| withdraw(request, "alice", 1)))?;
    for (after, limit, expected) in
        [(0, 9, vec![1, 2, 3, 4]), (0, 2, vec![1, 2]), (2, 1, vec![3]), (4, 9, vec![]), (u64::MAX, 9, vec![])]
    {
        let events = block_on(store.payment_events(&key("p3"), after, limit)).map_err(|e| e.to_string())?;
        let numbers = events.map(|events| events.iter().map(|event| event.seq()).collect());
        same(&format!("{limit} after {after}"), numbers, Some(expected.clone()))?;
        let events = block_on(store.payer_events(&id("alice"), after, limit)).map_err(|e| e.to_string())?;
        let numbers = events.map(|events| events.iter().map(|event| event.seq()).collect());
        same(&format!("alice, {limit} after {after}"), numbers, Some(expected))?;
    }
    let nobody = block_on(store.payer_events(&id("nobody"), 0, 1)).map_err(|error| error.to_string())?;
    let nothing = block_on(store.payment_events(&key("p9"), 0, 1)).map_err(|error| error.to_string())?;
    same("of what is not there", (nobody.is_none(), nothing.is_none()), (true, true))
}

/// Each read after each commit that changes what it shows: what appeared is
/// there, and what went is not.
pub fn p12_a_read_sees_what_was_committed_before_it(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let (mut follower, mut written) = (Follower::default(), 5);
    follower.follow(&store, 100)?;
    for n in 1..4 {
        let request: String = format!("c{n}");
        let hold: String = format!("p{}", n + 4);
        let steps: [(Submission, usize, usize, usize); 5] = [
            // A command, how many of p2's captures are in process, how many
            // authorizations are open, how many events it makes.
            (now(capture(&request, "p2", 1)), 1, 4, 1),
            (now(settle(&request)), 0, 4, 1),
            (now(withdraw(&request, "alice", 1)), 0, 4, 1),
            (now(authorize(&hold, 1)), 0, 5, 1),
            (now(Cancel::new(id("shop"), id(&hold))), 0, 4, 1),
        ];
        for (step, (command, in_process, open, events)) in steps.into_iter().enumerate() {
            let what = format!("round {n}, after step {step}");
            accepted(&store, &[command])?;
            written += events;
            sees(&store, &what, n, (step, in_process, open))?;
            follower.follow(&store, 100)?;
            same(&format!("{what}: events of the feed"), follower.seen, written)?;
        }
    }
    Ok(())
}

fn sees(store: &AnyStore, what: &str, n: usize, (step, in_process, open): (usize, usize, usize)) -> Verdict {
    let says = |of: &str| format!("{what}: {of}");
    let of_p2 = page(store, &Inquiry::Payment(key("p2")), 0, 100)?;
    same(&says("captures"), of_p2.captures.len(), n)?;
    let left = of_p2.authorization.map(|kept| kept.in_process().minor());
    same(&says("in process of p2"), left, Some(in_process as i64))?;
    let record = page(store, &Inquiry::Capture(id("shop"), id(&format!("c{n}"))), 0, 100)?.record;
    let code = record.map(|record| record.code().as_str());
    same(&says("code"), code, Some(["SUCCESS", "CAPTURE_IN_PROCESS"][in_process]))?;
    let found = block_on(store.in_process(Instant::MAX, None, 100)).map(|all| all.len());
    same(&says("in process"), found.map_err(|error| error.to_string())?, in_process)?;
    let found = block_on(store.due(Instant::MAX, None, 100)).map(|all| all.len());
    same(&says("due"), found.map_err(|error| error.to_string())?, open)?;
    // One of the opening, two of each round.
    let found = block_on(store.payment_events(&key("p2"), 0, 100)).map_err(|error| error.to_string())?;
    same(&says("events of p2"), found.map(|all| all.len()), Some(2 * n + step.min(1)))?;
    let found = block_on(store.payer_events(&id("alice"), 0, 100)).map_err(|error| error.to_string())?;
    same(&says("events of alice"), found.map(|all| all.len()), Some(n + usize::from(step >= 2)))
}

// 13: the feed.

/// Follows a feed: each event once, each stream's numbers in order.
#[derive(Default)]
struct Follower {
    cursor: Vec<u8>,
    last: BTreeMap<String, u64>,
    seen: usize,
}

impl Follower {
    fn take(&mut self, event: &Event) -> Verdict {
        let (stream, number) = match event {
            Event::Payment(event) => (format!("{}/{}", event.merchant(), event.payment()), event.seq()),
            Event::Payer(event) => (event.payer().to_string(), event.seq()),
            other => return Err(format!("an event of an unknown stream: {other:?}")),
        };
        let last = self.last.entry(stream.clone()).or_default();
        ensure!(number == *last + 1, "{stream}: event {number} after {last}");
        *last = number;
        self.seen += 1;
        Ok(())
    }

    /// To the end of the feed.
    fn follow(&mut self, store: &AnyStore, limit: usize) -> Verdict {
        for _ in 0..100_000 {
            let page = block_on(store.feed(&self.cursor, limit)).map_err(|error| error.to_string())?;
            ensure!(page.events.len() <= limit, "{} events where {limit} were wanted", page.events.len());
            page.events.iter().try_for_each(|event| self.take(event))?;
            self.cursor = page.cursor;
            if page.events.is_empty() {
                return Ok(());
            }
        }
        Err("the feed does not end".to_owned())
    }
}

pub fn p13_the_feed_gives_each_event_once_in_its_streams_order(new: Factory<'_>) -> Verdict {
    for limit in [1, 3, 1_000] {
        let store = opened(new)?;
        run_each(&store, (0..9).map(|n| capture(&format!("n-{n}"), ["p1", "p2", "p3"][n % 3], 1)))?;
        let mut follower = Follower::default();
        follower.follow(&store, limit)?;
        same(&format!("events by {limit}"), follower.seen, 5 + 9)?;
    }
    Ok(())
}

/// A consumer that reads to the end after every commit gets what is new, and
/// nothing twice.
pub fn p13_a_consumer_at_the_end_misses_nothing(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let mut follower = Follower::default();
    follower.follow(&store, 4)?;
    for n in 0..12_usize {
        run_each(&store, [capture(&format!("n-{n}"), ["p1", "p2", "p3"][n % 3], 1)])?;
        run_each(&store, [withdraw(&format!("w-{n}"), "alice", 1)])?;
        follower.follow(&store, 4)?;
    }
    let missed = whole_feed(&store)?.len() - follower.seen;
    same("events missed, of all", (missed, follower.seen), (0, 5 + 24))
}

/// The same cursor, used again, goes on at the same place.
pub fn p13_every_cursor_can_be_used_again(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    run_each(&store, (0..6).map(|n| capture(&format!("n-{n}"), ["p1", "p3"][n % 2], 1)))?;
    let mut cursor = Vec::new();
    for _ in 0..4 {
        let pages = [(); 2].map(|()| block_on(store.feed(&cursor, 3)).map_err(|error| error.to_string()));
        let [first, again] = pages;
        let (first, again) = (first?, again?);
        same("the same page again", again.events, first.events)?;
        cursor = first.cursor;
    }
    Ok(())
}

pub fn p13_a_cursor_of_no_store_is_refused(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    match block_on(store.feed(b"no cursor of any store", 1)) {
        Err(FeedError::BadCursor) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

/// Four writers commit in whatever order; the consumer beside them sees each
/// event once.
pub fn p13_a_consumer_beside_writers_misses_nothing(new: Factory<'_>) -> Verdict {
    let store = opened(new)?;
    let payments = ["q1", "q2", "q3", "q4"];
    run_each(&store, payments.map(|payment| authorize(payment, 10_000)))?;
    let mut follower = Follower::default();
    thread::scope(|scope| {
        let writers = payments.map(|payment| {
            let captures = (0..50).map(move |n| capture(&format!("{payment}-{n}"), payment, 1));
            let store = &store;
            scope.spawn(move || run_each(store, captures))
        });
        while !writers.iter().all(|writer| writer.is_finished()) {
            follower.follow(&store, 16)?;
        }
        writers.into_iter().try_for_each(|writer| writer.join().map_err(|_| "a writer panicked")?)
    })?;
    follower.follow(&store, 16)?;
    same("events", follower.seen, 5 + 4 + 200)
}

/// Due at the very deadline, not a tick before.
pub fn p12_due_begins_at_the_deadline(new: Factory<'_>) -> Verdict {
    let store = new().store;
    run(&store, &[hold("shop", "p1", 60)])?;
    let tick_before = Instant::from_micros(at(60).as_micros() - 1).unwrap();
    let found =
        [tick_before, at(60), at(61)].map(|now| block_on(store.due(now, None, 9)).map(|due| due.len()).ok());
    same("due a tick before, at, after", found, [Some(0), Some(1), Some(1)])
}
