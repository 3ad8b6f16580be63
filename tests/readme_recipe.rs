//! The README's recipe, run as it is written, by `sh`: how a merchant signs with
//! `openssl`, sends with `curl`, and verifies the answer. Once against the
//! example `serve`, started by the line that stands there, and once against the
//! README's own mount.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]
#![allow(clippy::disallowed_methods, reason = "the clock of a service is the system's")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::SystemTime;

#[path = "support/example_command.rs"]
mod example_command;
#[path = "support/http_exchange.rs"]
mod http_exchange;
#[path = "support/mount.rs"]
mod mount;

use capture_engine::Settings;
use capture_engine::wire::replay::Session;
use http_exchange::Server;
use tempfile::TempDir;

const README: &str = include_str!("../README.md");

/// The three blocks of the recipe.
struct Recipe {
    /// Makes a key pair and something to capture.
    prepare: &'static str,
    /// Starts the example.
    serve: &'static str,
    /// Signs, sends, verifies.
    capture: &'static str,
}

impl Recipe {
    fn read() -> Self {
        let (_, section) = README.split_once("### How a merchant signs\n").unwrap();
        let section = section.split("\n### ").next().unwrap();
        let blocks: Vec<_> =
            section.split("```sh\n").skip(1).map(|from| from.split("```").next().unwrap()).collect();
        let [prepare, serve, capture] = blocks.try_into().unwrap();
        Self { prepare, serve, capture }
    }
}

/// Runs lines of the recipe in a folder, with the wallet at this address.
fn sh(folder: &Path, lines: &str, wallet: &str) -> Output {
    Command::new("sh").arg("-c").arg(lines).current_dir(folder).env("WALLET", wallet).output().unwrap()
}

/// Takes money, twice, and believes nobody but the wallet.
fn captures(folder: &Path, wallet: &str) {
    let recipe = Recipe::read();
    let answer = || {
        let output = sh(folder, recipe.capture, wallet);
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let (verified, first) = answer();
    let captured = r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"},"captureRequestId":"parcel-1","captureId":""#;
    assert!(verified && first.starts_with(&format!("Verified OK\n{captured}")), "{first}");
    assert_eq!(answer(), (true, first), "the same request again");

    let nobody = sh(folder, recipe.capture, "http://127.0.0.1:1");
    assert!(!nobody.status.success(), "the answer of before is not taken for one that does not come");

    fs::copy(folder.join("shop.pub.pem"), folder.join("wallet.pub.pem")).unwrap();
    let (verified, shown) = answer();
    assert!(!verified && !shown.contains("SUCCESS"), "with another key: {shown}");
}

/// The example, ended when it is dropped.
struct Serving {
    child: Child,
    wallet: String,
}

impl Serving {
    /// Started by the line of the README, on a free port, with keys of its own.
    fn start(folder: &Path) -> Self {
        let line = Recipe::read().serve.replace("\\\n", "");
        let arguments = line.trim_end().strip_prefix("cargo run --release --example serve -- ").unwrap();
        let mut serve = Command::new(example_command::build_example("serve"));
        serve.args(arguments.split_whitespace()).args(["--listen", "127.0.0.1:0", "--keys", "keys"]);
        let mut child = serve.current_dir(folder).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let wallet = line.trim_end().strip_prefix("listening on ").unwrap_or_default().to_owned();
        Self { child, wallet }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn prepared() -> TempDir {
    let folder = TempDir::new().unwrap();
    assert!(sh(folder.path(), Recipe::read().prepare, "").status.success());
    folder
}

#[test]
fn the_recipe_captures_at_the_example_as_it_is_written() {
    let folder = prepared();
    let serving = Serving::start(folder.path());
    captures(folder.path(), &serving.wallet);
}

#[test]
fn the_recipe_captures_at_the_mount_of_the_readme() {
    let folder = prepared();
    let keys = "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out wallet.pem
        openssl pkey -in wallet.pem -pubout -out wallet.pub.pem";
    assert!(sh(folder.path(), keys, "").status.success());
    let edge = mount::wallet(folder.path()).unwrap();
    let mut session = Session::new(edge.engine().store().clone(), Settings::default());
    for hold in fs::read(folder.path().join("holds.jsonl")).unwrap().split_inclusive(|byte| *byte == b'\n') {
        pollster::block_on(session.answer(hold, &mut Vec::new())).unwrap();
    }
    let server = Server::of(mount::mount(edge, || SystemTime::now().try_into().unwrap()));
    captures(folder.path(), &format!("http://{}", server.address));
}

#[test]
fn the_mount_of_the_readme_is_the_one_that_the_tests_run() {
    let file = include_str!("support/mount.rs");
    let code = file.get(file.find("use std").unwrap()..).unwrap();
    assert!(README.contains(&format!("```rust\n{code}```\n")), "mount.rs is not in the README");
    assert!(code.lines().count() <= 20, "twenty lines");
}
