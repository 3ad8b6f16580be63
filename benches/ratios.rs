//! What the engine costs beside plain maps, in one table of ratios.
//!
//! `cargo bench --bench ratios` (some minutes, 4 GB), `-- --smoke` (seconds,
//! small tables, no meaning but that it runs), `-- --only batches` (rows whose
//! name holds the word).
//!
//! Ratios, not times: subject and floor run in blocks, one after the other,
//! over and over in one run on one machine (`support/race.rs`), on tables of
//! the same keys and sizes (`support/floor.rs` says what a floor does, and
//! what not). A row shows the median of the rounds' ratios and the half of the
//! rounds in the middle.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::as_conversions)]
#![allow(clippy::arithmetic_side_effects)]
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]

mod support {
    pub mod captures;
    pub mod floor;
    pub mod load;
    pub mod race;
    pub mod table;
}

use clap::Parser;
use support::captures;
use support::table::Table;

/// Prints what the engine costs beside plain maps.
#[derive(Parser)]
struct Arguments {
    /// Small tables and few rounds: whether it runs, not how fast
    #[arg(long)]
    smoke: bool,
    /// Only rows whose work holds this word
    #[arg(long, default_value = "")]
    only: String,
    /// Given by `cargo bench`; without it (`cargo test --benches`) it is a smoke run
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

fn main() {
    let arguments = Arguments::parse();
    let scale = if arguments.smoke || !arguments.bench {
        Scale { authorizations: 20_000, rounds: 4, block: 5_000 }
    } else {
        Scale { authorizations: 1_000_000, rounds: 24, block: 50_000 }
    };
    let rows: [(&str, fn(Scale, &mut Table)); 4] = [
        ("one by one", captures::one_by_one),
        ("payers", captures::with_payers),
        ("batches", captures::in_batches),
        ("skewed", captures::skewed),
    ];
    let mut table = Table::default();
    for (_, row) in rows.iter().filter(|(name, _)| name.contains(&arguments.only)) {
        row(scale, &mut table);
    }
    table.print();
}
