//! The examples as commands, built as the test is.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds an example, in the profile of this test, and says where it is.
pub fn build_example(name: &str) -> PathBuf {
    // …/target/debug/deps/replay_command-… or …/target/release/deps/…
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--example", name, "--target-dir"]).arg(profile.parent().unwrap());
    if profile.ends_with("release") {
        build.arg("--release");
    }
    build.current_dir(env!("CARGO_MANIFEST_DIR"));
    assert!(build.status().unwrap().success());
    profile.join("examples").join(name)
}
