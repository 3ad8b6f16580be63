//! One run: sign, start, open, send, inquire, stop; then check and tell.

use std::mem;
use std::time::{Duration, Instant};

use super::connections::{Connection, Exchange, Sent};
use super::files;
use super::ledger::{Ledger, meetings};
use super::parts::InParts;
use super::plan::{Plan, Senders, Signed, dealt, now};
use super::server::{Server, Worked};
use crate::support::rsa::Rsa;
use crate::support::table::{Table, Target};

/// How much is done.
#[derive(Clone, Copy)]
pub struct Scale {
    pub connections: usize,
    pub requests: usize,
    pub max_in_flight: u32,
}

/// What the server may take for each connection, in KiB.
const CONNECTION: f64 = 32.0;
/// What it may take for each capture, its record and its event, in bytes.
const CAPTURE: f64 = 1_024.0;
/// What it may take besides, in MiB.
const BESIDES: f64 = 32.0;

const ROUNDS_OF_PARTS: usize = 12;
const KIB: f64 = 1_024.0;
const MIB: f64 = KIB * KIB;

/// What was seen of the server, in the order in which it was.
struct Seen {
    /// Its memory before it had connections, with all of them, after the
    /// captures; the most it ever was.
    empty: f64,
    connected: f64,
    loaded: f64,
    peak: f64,
    before: Worked,
    after: Worked,
    took: Duration,
}

/// Runs it; says whether all was well.
pub fn run(scale: Scale) -> Result<bool, String> {
    files::make_room(scale.connections)?;
    let plan = Plan::of(scale.requests);
    let (merchants, wallet) = (Rsa::generate(), Rsa::generate());
    let senders = Senders::new(&merchants, &wallet);
    let mut parts = InParts::new(plan.payments);
    parts.measure(ROUNDS_OF_PARTS);
    let server = Server::start(scale, &plan.lines(now()), &merchants, &wallet)?;
    tell("signing");
    let captures = senders.captures(plan, scale.connections);
    let inquiries = senders.inquiries(plan);
    let sent = captures.iter().map(Vec::len).sum();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    let (seen, captured, inquired) = runtime.block_on(load(&server, scale, captures, inquiries))?;
    server.stop()?;
    parts.measure(ROUNDS_OF_PARTS);
    tell("checking");
    let mut ledger = Ledger::new(plan, &senders);
    captured.broken.iter().chain(&inquired.broken).for_each(|error| ledger.faults.note(error));
    ledger.captures(sent, &captured.exchanges);
    ledger.inquiries(&inquired.exchanges);
    let mut table = Table::default();
    let (connections, captures) = (scale.connections as f64, plan.captures() as f64);
    let limit = (seen.empty + CONNECTION * KIB * connections + CAPTURE * captures) / MIB + BESIDES;
    if seen.peak / MIB > limit {
        ledger.faults.note(format!("the server took {:.0} MiB, more than {limit:.0}", seen.peak / MIB));
    }
    let figures = Figures { scale, plan, seen: &seen, captured: &captured.exchanges, limit };
    figures.of_answers(ledger.succeeded(), sent, &mut table);
    figures.of_time(&parts, &mut table);
    figures.of_memory(&mut table);
    table.print();
    Ok(ledger.faults.told())
}

/// Opens, sends, inquires, closes.
async fn load(
    server: &Server,
    scale: Scale,
    captures: Vec<Vec<Signed>>,
    inquiries: Vec<Signed>,
) -> Result<(Seen, Sent, Sent), String> {
    let (empty, _) = server.memory()?;
    tell("connecting");
    let connections = Connection::open_all(server.address, scale.connections).await?;
    let (connected, _) = server.memory()?;
    tell("sending");
    let (before, start) = (server.worked()?, Instant::now());
    let mut captured = Connection::send_all(connections, captures).await;
    let (took, after) = (start.elapsed(), server.worked()?);
    let (loaded, _) = server.memory()?;
    tell("inquiring");
    let open = mem::take(&mut captured.open);
    let inquiries = dealt(inquiries, open.len().max(1));
    let mut inquired = Connection::send_all(open, inquiries).await;
    let (_, peak) = server.memory()?;
    Connection::close_all(mem::take(&mut inquired.open)).await;
    let [empty, connected, loaded, peak] = [empty, connected, loaded, peak].map(|bytes| bytes as f64);
    Ok((Seen { empty, connected, loaded, peak, before, after, took }, captured, inquired))
}

/// Standard error, for who is waiting.
fn tell(step: &str) {
    eprintln!("{step} …");
}

/// What the table is made of.
struct Figures<'a> {
    scale: Scale,
    plan: Plan,
    seen: &'a Seen,
    captured: &'a [Exchange],
    /// In MiB.
    limit: f64,
}

impl Figures<'_> {
    fn of_answers(&self, succeeded: usize, sent: usize, table: &mut Table) {
        let captures = self.plan.captures();
        let mut count = |work: &str, found: usize, beside: String| {
            table.counted(work, found as f64, "", beside, None);
        };
        count("connections, all open at once", self.scale.connections, String::new());
        count("captures that were asked for", captures, format!("{succeeded} took place"));
        count(
            "of these sent twice",
            sent - captures,
            format!("{} at the same time", meetings(self.captured)),
        );
        let untold: u32 = self.captured.iter().map(|exchange| exchange.untold).sum();
        count("deliveries told nothing, or U", untold as usize, String::new());
    }

    fn of_time(&self, parts: &InParts, table: &mut Table) {
        let (seen, answers) = (self.seen, self.captured.len() as f64);
        let rate = answers / seen.took.as_secs_f64();
        table.counted("requests a second", rate, "", format!("{:.1} s", seen.took.as_secs_f64()), None);
        let mut waits: Vec<_> = self.captured.iter().map(|it| it.answered - it.sent).collect();
        waits.sort();
        let share = |share: f64| waits[((waits.len() - 1) as f64 * share).round() as usize];
        for (work, at) in [("median", 0.5), ("99 of 100", 0.99), ("longest", 1.0)] {
            let millis = share(at).as_secs_f64() * 1_000.0;
            table.counted(&format!("from request to answer, {work}"), millis, "ms", String::new(), None);
        }
        let micros = |seconds: f64| seconds * 1e6 / answers;
        let user = micros(seen.after.user - seen.before.user);
        let system = micros(seen.after.system - seen.before.system);
        let spread = format!("{user:.0} user, {system:.0} system");
        table.counted("the server's processor time a request", user + system, "us", spread, None);
        table.measured("verify + sign + JSON to JSON", "us", parts.sum(), None);
        let beside = (user + system) / parts.sum().median;
        table.counted("processor time / these three", beside, "", String::new(), None);
    }

    fn of_memory(&self, table: &mut Table) {
        let seen = self.seen;
        let mib = |bytes: f64| format!("{:.0} MiB", bytes / MIB);
        let connection = (seen.connected - seen.empty) / KIB / self.scale.connections as f64;
        let spread = format!("{} to {}", mib(seen.empty), mib(seen.connected));
        table.counted("memory of a connection that was used", connection, "KiB", spread, None);
        let capture = (seen.loaded - seen.connected) / self.plan.captures() as f64;
        let spread = format!("{} to {}", mib(seen.connected), mib(seen.loaded));
        table.counted("memory of a capture, the crowd's included", capture, "bytes", spread, None);
        let target = Target { most: self.limit.round(), hoped: self.limit.round() };
        let peak = seen.peak / MIB;
        table.counted("the server's memory at its highest", peak, "MiB", String::new(), Some(target));
    }
}
