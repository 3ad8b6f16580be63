//! How many bytes stay for each authorization and for each capture: rows,
//! keys, indices, events and records together.

#![cfg(target_pointer_width = "64")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::as_conversions)]
#![allow(clippy::arithmetic_side_effects, missing_docs)]

mod support {
    #[path = "../../benches/support/counting.rs"]
    pub mod counting;
    #[path = "../../benches/support/load.rs"]
    pub mod load;
    #[path = "../../benches/support/memory.rs"]
    pub mod memory;
}

use support::counting::Counting;
use support::memory::{PerRow, measure};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// As many of each.
const ROWS: usize = 50_000;

/// Bytes asked for, in the mean over one doubling: what is so now, and 3 % more.
const MOST_OF_AN_AUTHORIZATION: f64 = 418.0;
const MOST_OF_A_CAPTURE: f64 = 298.0;

#[test]
fn an_authorization_and_a_capture_take_no_more_memory_than_written_down() {
    let memory = measure(ROWS);
    let told = |what, PerRow { mean, least, most, last }| {
        println!("{what}: {mean:.0} bytes ({least:.0} to {most:.0} over a doubling, {last:.0} at {ROWS})");
    };
    told("an authorization", memory.authorization);
    told("an authorization, as the allocator rounds it", memory.authorization_set_aside);
    told("a capture", memory.capture);
    told("a capture, as the allocator rounds it", memory.capture_set_aside);
    let [authorization, capture] = [memory.authorization.mean, memory.capture.mean];
    assert!(authorization <= MOST_OF_AN_AUTHORIZATION, "an authorization takes {authorization:.0} bytes");
    assert!(capture <= MOST_OF_A_CAPTURE, "a capture takes {capture:.0} bytes");
}
