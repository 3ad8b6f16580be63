//! Whoever has the toolchain that `rust-version` names can build the library:
//! none of its dependencies asks for a newer one.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Name and version.
type Crate = (String, String);

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--locked")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What the library is built of with these features, on whatever platform: its
/// dependencies, theirs, and what builds them.
fn built_of(features: &[&str]) -> BTreeSet<Crate> {
    let tree = ["tree", "--target", "all", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"];
    let listed = cargo(&[&tree[..], &["--no-default-features"], features].concat());
    let crates = listed.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
    });
    crates.collect()
}

/// The toolchain that each crate asks for, where it says so.
fn asked_for() -> BTreeMap<Crate, String> {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--all-features"])).unwrap();
    let packages = metadata.get("packages").and_then(Value::as_array).unwrap();
    let said = packages.iter().filter_map(|package| {
        let text = |name| package.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(((text("name")?, text("version")?), text("rust_version")?))
    });
    said.collect()
}

/// `1.85` and `1.85.0` are the same.
fn numbers(version: &str) -> Vec<u64> {
    let mut numbers: Vec<u64> = version.split('.').map(|number| number.parse().unwrap()).collect();
    numbers.resize(3, 0);
    numbers
}

#[test]
fn no_dependency_of_the_library_asks_for_a_newer_toolchain_than_it_does() {
    let asked_for = asked_for();
    let floor = env!("CARGO_PKG_RUST_VERSION");
    for features in [&[][..], &["--features", "json"], &["--features", "http"]] {
        let crates = built_of(features);
        assert!(crates.len() > 10, "{features:?}: {crates:?}");
        let said = crates.iter().filter_map(|of| Some((of, asked_for.get(of)?)));
        let (newer, others): (Vec<_>, Vec<_>) = said.partition(|(_, asked)| numbers(asked) > numbers(floor));
        assert!(newer.is_empty(), "{features:?}: these ask for more than {floor}: {newer:?}");
        assert!(others.len() > 10, "{features:?}: nearly all crates say what they ask for: {others:?}");
    }
}

#[test]
fn no_feature_of_a_library_that_a_host_shares_can_change_an_answer() {
    // `arbitrary_precision` and its like are switched on for everybody who uses `serde_json`.
    for (name, _) in built_of(&["--features", "json"]) {
        assert!(name != "serde_json" && name != "serde", "{name} would read or write the bodies");
    }
}
