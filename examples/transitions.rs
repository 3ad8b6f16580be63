//! Prints the life of an authorization: the transition table, then the same as
//! a Mermaid state diagram.
//!
//! `cargo run --example transitions`

use capture_engine::transitions::{TRANSITIONS, Transition, state_diagram};

fn main() {
    println!("{}", Transition::HEADER);
    for row in TRANSITIONS {
        println!("{row}");
    }
    println!();
    println!("```mermaid\n{}```", state_diagram());
}
