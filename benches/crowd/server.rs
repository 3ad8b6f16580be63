//! The running example: started, looked at from outside, told to stop.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use capture_engine::http::PrivateKey;
use rustix::process::{Pid, Signal, kill_process};

use super::plan::{PREFIX, merchants};
use super::run::Scale;
use crate::support::example_command::build_example;
use crate::support::rsa::Rsa;

/// How long it may take to finish what it accepted.
const STOPPING: Duration = Duration::from_secs(30);

/// A server that is ended with this.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

/// The processor's time that a process took, in seconds.
#[derive(Clone, Copy)]
pub struct Worked {
    pub user: f64,
    pub system: f64,
}

impl Server {
    /// Starts `serve` with these holds and keys, and waits until it listens.
    pub fn start(scale: Scale, holds: &str, merchants_keys: &Rsa, keys: &Rsa) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).map(|()| path).map_err(|error| format!("cannot write {name}: {error}"))
        };
        let public = write("merchants.pub.pem", &merchants_keys.key().public_key().unwrap().to_pem())?;
        let private = write("server.pem", &private_pem(&keys.key()))?;
        let load = write("holds.jsonl", holds)?;
        let mut serve = Command::new(build_example("serve"));
        serve.args(["--listen", "127.0.0.1:0", "--prefix", PREFIX]);
        serve.arg("--load").arg(load).arg("--private-key").arg(private);
        serve.args(["--max-connections", &(scale.connections + 16).to_string()]);
        serve.args(["--max-in-flight", &scale.max_in_flight.to_string()]);
        for merchant in merchants() {
            serve.arg("--client").arg(format!("{merchant}={}", shown(&public)));
        }
        let mut child = serve
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start serve: {error}"))?;
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        let read = BufReader::new(output).read_line(&mut line);
        let address = line.trim_end().strip_prefix("listening on http://").and_then(|it| it.parse().ok());
        // From here on it is ended whatever happens.
        let server = Self { child, address: address.unwrap_or_else(|| ([127, 0, 0, 1], 0).into()) };
        match (read, address) {
            (Ok(_), Some(_)) => Ok(server),
            _ => Err(format!("serve did not start: it printed {line:?}")),
        }
    }

    fn proc(&self, file: &str) -> Result<String, String> {
        let path = format!("/proc/{}/{file}", self.child.id());
        fs::read_to_string(&path).map_err(|error| format!("the server is gone ({path}: {error})"))
    }

    /// Its memory now, and the most that it ever was, in bytes.
    pub fn memory(&self) -> Result<(u64, u64), String> {
        let status = self.proc("status")?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kib: Option<u64> = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
            kib.map(|kib| kib << 10).ok_or_else(|| format!("no {name} in /proc"))
        };
        Ok((field("VmRSS:")?, field("VmHWM:")?))
    }

    /// The processor's time that it took so far.
    pub fn worked(&self) -> Result<Worked, String> {
        let stat = self.proc("stat")?;
        // The name in brackets may hold anything.
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        let ticks = |at: usize| fields.split_whitespace().nth(at).and_then(|ticks| ticks.parse::<f64>().ok());
        let second = rustix::param::clock_ticks_per_second() as f64;
        match (ticks(11), ticks(12)) {
            (Some(user), Some(system)) => Ok(Worked { user: user / second, system: system / second }),
            _ => Err("no times in /proc".to_owned()),
        }
    }

    /// Tells it to stop; it must finish and end with status 0.
    pub fn stop(mut self) -> Result<(), String> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).map_err(|error| error.to_string())?;
        let told = Instant::now();
        while told.elapsed() < STOPPING {
            if let Some(status) = self.child.try_wait().map_err(|error| error.to_string())? {
                return status.success().then_some(()).ok_or(format!("serve ended with {status}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!("serve did not end within {STOPPING:?} of SIGTERM"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Where it was told to stop it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn private_pem(key: &PrivateKey) -> String {
    key.to_pem().unwrap().to_string()
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
