//! The public API is held still: it is what `public_api.txt` lists, and no
//! type of a crate whose next release may break it stands in it.
//!
//! What rustdoc says of a crate can be read from a nightly toolchain only, in
//! a format that changes now and then. Where there is no such toolchain, or one
//! with another format, the listing is not compared, and the test says so.
//! Everything else that keeps the listing from being made fails the test.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]
#![allow(clippy::disallowed_methods, reason = "a variable says that the listing is to be made anew")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The format that the reader of the listing knows.
const FORMAT: u64 = 57;
const LISTING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/public_api.txt");
const UPDATE: &str = "UPDATE_PUBLIC_API=1 cargo test --test public_api";

#[test]
fn the_public_api_is_the_one_that_is_listed() {
    let document = match document() {
        Ok(document) => document,
        Err(reason) => {
            // Past the capture of output, so that a run that passes shows it too.
            let skipped = format!("\nSKIPPED: the public API is not compared with {LISTING}: {reason}\n");
            std::io::stderr().write_all(skipped.as_bytes()).unwrap();
            return;
        }
    };
    let api = public_api::Builder::from_rustdoc_json(document)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()
        .unwrap();
    let lines = api.items().map(|item| item.to_string());
    let found: Vec<String> = lines.filter(|line| !is_noise_of_derives(line)).collect();
    assert!(found.len() > 1_000, "all of the crate is listed: {}", found.len());
    if std::env::var_os("UPDATE_PUBLIC_API").is_some() {
        fs::write(LISTING, found.join("\n") + "\n").unwrap();
        return;
    }
    let listed = listed();
    let (now, then): (BTreeSet<&str>, BTreeSet<&str>) =
        (found.iter().map(String::as_str).collect(), listed.lines().collect());
    let gone = then.difference(&now).map(|line| format!("- {line}\n"));
    let new = now.difference(&then).map(|line| format!("+ {line}\n"));
    let differences: String = gone.chain(new).collect();
    assert!(
        differences.is_empty(),
        "the public API is another one than tests/public_api.txt says:\n{differences}\
         If that is meant, say so in the changelog and run: {UPDATE}"
    );
}

/// What a derive writes, and another way to write the same would not: the
/// marker beside `PartialEq`, and methods whose parameter is named `__H` or so.
/// The `impl` itself is listed in any case.
fn is_noise_of_derives(line: &str) -> bool {
    line.starts_with("impl core::marker::StructuralPartialEq for ") || line.contains("<__")
}

fn listed() -> String {
    fs::read_to_string(LISTING).unwrap_or_else(|error| panic!("{LISTING}: {error}; make it with: {UPDATE}"))
}

/// What rustdoc says of this crate, or why that cannot be read.
fn document() -> Result<PathBuf, String> {
    let nightly = |arguments: &[&str]| {
        let mut command = Command::new("rustup");
        command.args(["run", "nightly"]).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
        command.env("RUSTUP_AUTO_INSTALL", "0");
        command.env_remove("RUSTFLAGS").env_remove("RUSTDOCFLAGS").output()
    };
    match nightly(&["rustc", "--version"]) {
        Ok(output) if output.status.success() => {}
        _ => return Err("there is no nightly toolchain (rustup toolchain install nightly)".to_owned()),
    }
    let target = target_directory();
    let built = nightly(&[
        "cargo",
        "rustdoc",
        "--quiet",
        "--locked",
        "--lib",
        "--all-features",
        "--target-dir",
        target.to_str().unwrap(),
        "--",
        "-Zunstable-options",
        "--output-format=json",
        "--cap-lints=allow",
    ]);
    let built = built.unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let document = target.join("doc").join("capture_engine.json");
    let said: Value = serde_json::from_slice(&fs::read(&document).unwrap()).unwrap();
    match said.get("format_version").and_then(Value::as_u64) {
        Some(FORMAT) => Ok(document),
        Some(other) => Err(format!("the nightly toolchain writes format {other}, and {FORMAT} can be read")),
        None => panic!("{} does not say its format", document.display()),
    }
}

/// A directory of its own below that of this test's build.
fn target_directory() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(3).unwrap().join("public-api")
}

#[test]
fn no_type_of_a_crate_that_is_not_yet_stable_is_in_the_public_api() {
    let listed = listed();
    let unstable = unstable_dependencies();
    // The test would see them: these stand behind types of the crate's own.
    for known in ["arrayvec", "foldhash", "hashbrown", "iso_currency"] {
        assert!(unstable.contains(known), "{known} is a dependency below 1.0: {unstable:?}");
    }
    for line in listed.lines() {
        for name in &unstable {
            let found = line.match_indices(&format!("{name}::")).any(|(at, _)| {
                !line.get(..at).unwrap().ends_with(|before: char| before.is_alphanumeric() || before == '_')
            });
            assert!(!found, "{name} has no stable release, and is public in: {line}");
        }
    }
}

/// The crates below 1.0 among the dependencies of the library, as code spells their names.
fn unstable_dependencies() -> BTreeSet<String> {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--locked", "--all-features", "--target", "all", "--edges", "normal"]);
    tree.args(["--prefix", "none", "--format", "{p}"]).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    let output = tree.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    // The first line is this crate itself.
    let crates = tree.lines().skip(1).filter_map(|line| line.split_once(" v"));
    let unstable = crates.filter(|(_, version)| version.starts_with("0."));
    unstable.map(|(name, _)| name.replace('-', "_")).collect()
}
