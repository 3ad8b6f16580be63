//! The bodies of the fuzz targets (`fuzz/`) on any toolchain: over their seeds
//! (`tests/fuzz_bodies/seeds`), over random bytes, and over seeds with bits
//! flipped, pieces cut out, repeated and mixed in from other seeds.
//!
//! `FUZZ_ROUNDS=100000 cargo test --release --test fuzz_bodies` runs so many
//! rounds of each instead of 1,000. The seed is fixed; `FUZZ_SEED=7` (any
//! number) takes another. A round that fails prints its bytes and a seed with
//! which it is the first one. Bytes that a fuzzer has found are run again for
//! ever when their file is put among the seeds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    missing_docs
)]

#[path = "fuzz_bodies/mod.rs"]
mod bodies;
#[path = "model/reference/mod.rs"]
mod reference;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

use fastrand::Rng;

const ROUNDS: u64 = 1_000;
const SEED: u64 = 20_260_301;
/// The most changes of a seed in one round.
const CHANGES: usize = 6;

/// One at a time, because the allocator counts for the whole process.
static ONE: Mutex<()> = Mutex::new(());

#[test]
fn json_bodies() {
    run("json_body", bodies::json_body::check);
}

#[test]
fn amounts() {
    run("amount", bodies::amount::check);
}

#[test]
fn instants() {
    run("instant", bodies::instant::check);
}

#[test]
fn stored_forms() {
    run("stored_form", bodies::stored_form::check);
}

#[test]
fn replay_lines() {
    run("replay_line", bodies::replay_line::check);
}

#[test]
fn http_requests() {
    run("http_request", bodies::http_request::check);
}

#[test]
fn commands() {
    run("commands", bodies::commands::check);
}

/// Runs a body. Of the seeds and of what is made from them it must take some and refuse some.
fn run(target: &str, check: fn(&[u8]) -> bool) {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (rounds, seed) = (number("FUZZ_ROUNDS", ROUNDS), number("FUZZ_SEED", SEED));
    println!("{target}: FUZZ_SEED={seed} FUZZ_ROUNDS={rounds}");
    let seeds = seeds(target);
    for (path, bytes) in &seeds {
        told(check, bytes, &path.display().to_string());
    }
    let mut taken = 0;
    for round in 0..rounds {
        let seed = seed.wrapping_add(round);
        let mut rng = Rng::with_seed(seed);
        let bytes = if rng.u8(..) < 32 { random(&mut rng) } else { changed(&seeds, &mut rng) };
        taken += u64::from(told(check, &bytes, &format!("FUZZ_SEED={seed} FUZZ_ROUNDS=1")));
    }
    println!("{target}: {} seeds; {taken} of {rounds} rounds were taken", seeds.len());
    let is_telling = taken > rounds / 100 && taken < rounds;
    assert!(rounds < ROUNDS || is_telling, "{taken} of {rounds} were taken: that shows little");
}

/// What the body says; if it fails, what it was given.
fn told(check: fn(&[u8]) -> bool, bytes: &[u8], origin: &str) -> bool {
    catch_unwind(AssertUnwindSafe(|| check(bytes))).unwrap_or_else(|panicked| {
        eprintln!("{origin} failed, {} bytes: \"{}\"", bytes.len(), bytes.escape_ascii());
        resume_unwind(panicked)
    })
}

fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz_bodies/seeds").join(target);
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no seeds in {}", folder.display());
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn random(rng: &mut Rng) -> Vec<u8> {
    let length = rng.usize(..200);
    (0..length).map(|_| rng.u8(..)).collect()
}

/// A seed with some changes.
fn changed(seeds: &[(PathBuf, Vec<u8>)], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = rng.choice(seeds).unwrap().1.clone();
    for _ in 0..rng.usize(..=CHANGES) {
        let at = rng.usize(..=bytes.len());
        let end = (at + rng.usize(..16)).min(bytes.len());
        match rng.u8(..7) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.truncate(end),
            2 => {
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            3 => {
                let (_, other) = rng.choice(seeds).unwrap();
                let from = rng.usize(..=other.len());
                let to = (from + rng.usize(..32)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
            4 => bytes.splice(at..at, [rng.u8(..)]).for_each(drop),
            5 if at < bytes.len() => bytes[at] = rng.u8(..),
            _ if at < bytes.len() => bytes[at] ^= 1 << rng.u8(..8),
            _ => (),
        }
    }
    bytes
}

#[allow(clippy::disallowed_methods, reason = "how long a run of tests is, its environment says")]
fn number(name: &str, otherwise: u64) -> u64 {
    match env::var(name) {
        Ok(number) => number.parse().unwrap_or_else(|_| panic!("{name} is a number")),
        Err(_) => otherwise,
    }
}
