//! What the engine costs beside plain maps, in one table of ratios.
//!
//! `cargo bench --bench ratios` (some minutes, 4 GB), `-- --smoke` (seconds,
//! small tables, no meaning but that it runs), `-- --only batches` (one of
//! the groups below).
//!
//! Ratios, not times: subject and floor run in blocks, one after the other,
//! over and over in one run on one machine (`support/race.rs`), on tables of
//! the same keys and sizes (`support/floor.rs` says what a floor does, and
//! what not). Time is what the thread worked, so that
//! others on the machine disturb little; two threads go by the clock on the
//! wall. A row shows the median of the rounds' ratios and the half of the
//! rounds in the middle.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::as_conversions)]
#![allow(clippy::arithmetic_side_effects)]
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]

mod support {
    pub mod alone;
    pub mod bodies;
    pub mod captures;
    pub mod clock;
    pub mod counting;
    pub mod decisions;
    pub mod floor;
    pub mod growth;
    pub mod load;
    pub mod memory;
    pub mod race;
    pub mod ready;
    pub mod table;
}

use clap::Parser;
use support::counting::Counting;
use support::table::Table;
use support::{alone, bodies, captures, growth};

/// It counts where memory is the question, and costs nothing to speak of where not.
#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Prints what the engine costs beside plain maps.
#[derive(Parser)]
struct Arguments {
    /// Small tables and few rounds: whether it runs, not how fast
    #[arg(long)]
    smoke: bool,
    /// Only the groups of rows whose name holds this word
    #[arg(long, default_value = "")]
    only: String,
    /// Given by `cargo bench`; without it (`cargo test --benches`) everything is smaller still
    #[arg(long, hide = true)]
    bench: bool,
}

/// How much is done.
#[derive(Clone, Copy)]
pub struct Scale {
    pub authorizations: usize,
    pub rounds: usize,
    pub block: usize,
}

/// Rows that are measured together.
type Group = fn(Scale, &mut Table);

fn main() {
    let arguments = Arguments::parse();
    let scale = match (arguments.bench, arguments.smoke) {
        (true, false) => Scale { authorizations: 1_000_000, rounds: 24, block: 50_000 },
        (true, true) => Scale { authorizations: 20_000, rounds: 4, block: 5_000 },
        (false, _) => Scale { authorizations: 2_000, rounds: 2, block: 500 },
    };
    let groups: [(&str, Group); 10] = [
        ("one by one", captures::one_by_one),
        ("batches", captures::in_batches),
        ("json", bodies::json_to_json),
        ("payers", captures::with_payers),
        ("skewed", captures::skewed),
        ("thousandth", captures::thousandth),
        ("threads", captures::two_threads),
        ("decision", alone::decision),
        ("longest insert", growth::longest_insert),
        ("memory", growth::memory),
    ];
    let mut table = Table::default();
    for (_, group) in groups.iter().filter(|(name, _)| name.contains(&arguments.only)) {
        group(scale, &mut table);
    }
    table.print();
}
