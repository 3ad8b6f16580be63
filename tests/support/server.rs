//! The example `serve` as a process of its own, on a free port of 127.0.0.1.
//! It is gone when the test is through with it.
#![allow(dead_code, reason = "each test file uses its part of it")]
#![allow(clippy::disallowed_methods, reason = "what a process says is read by threads")]

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::example_command::build_example;

/// Longer than anything should take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that runs.
pub struct Server {
    /// As in `127.0.0.1:40000`.
    pub address: String,
    /// What it prints after its address, line by line, as it comes.
    pub lines: Receiver<String>,
    process: Child,
    log: Arc<Mutex<String>>,
    keys: Option<TempDir>,
}

/// The command, with these arguments and no others.
pub fn command(arguments: &[&str]) -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let mut command = Command::new(BUILT.get_or_init(|| build_example("serve")));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What the command says that is expected to end at once.
pub fn refused(arguments: &[&str]) -> Output {
    let mut process = command(arguments).spawn().unwrap();
    if wait(&mut process, PATIENCE).is_none() {
        process.kill().unwrap();
    }
    process.wait_with_output().unwrap()
}

impl Server {
    /// Starts it with these arguments. Where they do not say another thing, it
    /// takes any free port and keeps its keys in a folder of its own.
    pub fn start(arguments: &[&str]) -> Self {
        Self::of(command(arguments), arguments)
    }

    /// The same, in a shell that did this before.
    pub fn start_under(setting: &str, arguments: &[&str]) -> Self {
        let bare = command(arguments);
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{setting} && exec \"$0\" \"$@\"")]).arg(bare.get_program());
        shell.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::of(shell, arguments)
    }

    fn of(mut command: Command, arguments: &[&str]) -> Self {
        let mut keys = None;
        if !arguments.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        if !arguments.contains(&"--keys") {
            let directory = tempfile::tempdir().unwrap();
            command.arg("--keys").arg(directory.path());
            keys = Some(directory);
        }
        let mut process = command.spawn().unwrap();
        let lines = lines_of(process.stdout.take().unwrap());
        let log = collected(process.stderr.take().unwrap());
        let mut server = Self { address: String::new(), lines, process, log, keys };
        let first = server.lines.recv_timeout(PATIENCE);
        let address = first.as_deref().unwrap_or_default().strip_prefix("listening on http://");
        server.address =
            address.unwrap_or_else(|| panic!("no address: {first:?}, {}", server.log())).to_owned();
        server
    }

    /// A URL of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next line that begins so.
    pub fn line(&self, beginning: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap();
            if line.starts_with(beginning) {
                return line;
            }
        }
    }

    /// The folder of its keys, if that is its own.
    pub fn keys(&self) -> &Path {
        self.keys.as_ref().unwrap().path()
    }

    /// What it wrote to its log so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Its log, as soon as this is in it.
    pub fn log_with(&self, part: &str) -> String {
        let began = Instant::now();
        loop {
            let log = self.log();
            if log.contains(part) {
                return log;
            }
            assert!(began.elapsed() < PATIENCE, "no {part:?} in {log}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends it a signal, as `TERM`.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// How it ends, within this time.
    pub fn ended_within(&mut self, time: Duration) -> Option<ExitStatus> {
        wait(&mut self.process, time)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn wait(process: &mut Child, time: Duration) -> Option<ExitStatus> {
    let began = Instant::now();
    loop {
        let status = process.try_wait().unwrap();
        if status.is_some() || began.elapsed() > time {
            return status;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn lines_of(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    let lines = BufReader::new(output).lines();
    thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
    receiver
}

fn collected(output: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let log = Arc::new(Mutex::new(String::new()));
    let written = Arc::clone(&log);
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            written.lock().unwrap().push_str(&(line + "\n"));
        }
    });
    log
}
