//! The decision by itself: no store, no engine, no async, no JSON. What is
//! stored goes in, a clock reading and a command; events or a refusal come out.
//!
//! `cargo run --example decide`

use capture_engine::capture_id::HashedIds;
use capture_engine::command::{Authorize, Capture};
use capture_engine::decide::{Context, Decide, Decision, Risk};
use capture_engine::risk::Verdict;
use capture_engine::store::{Snapshot, Version};
use capture_engine::{Authorization, Currency, Instant, Money, Settings};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let settings = Settings::default();
    let ids = HashedIds::default();
    let now: Instant = "2026-03-01T09:00:00Z".parse()?;
    let context = Context { now, settings: &settings, ids: &ids, risk: Risk::Assume(Verdict::Accept) };
    let usd = |minor| Money::from_minor(minor, Currency::USD);

    let deadline = "2026-03-08T09:00:00Z".parse()?;
    let authorize = Authorize::new("shop".parse()?, "order-1".parse()?, usd(1000)?, deadline);
    let Decision::Decided(placed) = authorize.decide(&Snapshot::new(), &context)? else {
        return Err("an authorize asks for no verdict".into());
    };
    println!("authorize: {}", placed.outcome().code());

    // State is the fold of events: nothing else is needed to go on.
    let events = placed.events();
    let first = events.payment().first().ok_or("an authorize appends an event")?;
    let mut authorization = Authorization::open(first)?;

    for (request, minor) in [("parcel-1", 400), ("parcel-2", 700), ("parcel-3", 600)] {
        let mut snapshot = Snapshot::new();
        snapshot.add_authorization(Version::FIRST, authorization.clone());
        let capture = Capture::new("shop".parse()?, request.parse()?, "order-1".parse()?);
        let capture = capture.amount(usd(minor)?).last(false);
        let Decision::Decided(decided) = capture.decide(&snapshot, &context)? else {
            return Err("the verdict was given".into());
        };
        println!("{request} of {}: {}", usd(minor)?, decided.outcome().code());
        for event in decided.events().payment() {
            authorization.apply(event)?;
            println!("  event {}: {}", event.seq(), event.kind().name());
        }
        println!("  {}, capturable {}", authorization.state(), authorization.capturable());
    }
    Ok(())
}
