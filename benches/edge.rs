//! What a request over HTTP costs without a socket, beside the parts that it
//! cannot do without: one RSA verification, one RSA signature, and the
//! engine's own JSON to JSON.
//!
//! `cargo bench --bench edge` (half a minute), `-- --smoke` (seconds, no
//! meaning but that it runs). What sockets cost besides: `edge_load`.
//!
//! Blocks of the exchange and of each part run one after the other, over and
//! over in one run (`support/race.rs`). A row shows the median of the rounds
//! and the half of them in the middle.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::as_conversions)]
#![allow(clippy::arithmetic_side_effects)]
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]

mod support {
    pub mod clock;
    pub mod counting;
    pub mod exchange;
    pub mod load;
    pub mod race;
    pub mod ready;
    pub mod rsa;
    pub mod signed;
    pub mod table;
}

use clap::Parser;
use support::counting::Counting;
use support::exchange::exchange;
use support::table::Table;

/// It counts where memory is the question, and costs nothing to speak of where not.
#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Prints what a request costs beside its parts.
#[derive(Parser)]
struct Arguments {
    /// A small table and few rounds: whether it runs, not how fast
    #[arg(long)]
    smoke: bool,
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

fn main() {
    let arguments = Arguments::parse();
    let scale = match (arguments.bench, arguments.smoke) {
        (true, false) => Scale { authorizations: 100_000, rounds: 48, block: 200 },
        (true, true) => Scale { authorizations: 1_000, rounds: 4, block: 50 },
        (false, _) => Scale { authorizations: 1_000, rounds: 2, block: 10 },
    };
    let mut table = Table::default();
    exchange(scale, &mut table);
    table.print();
}
