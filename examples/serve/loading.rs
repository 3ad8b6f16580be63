//! What is there before anything is served: the lines of a replay file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use capture_engine::result_code::ResultStatus;
use capture_engine::store::AnyStore;
use capture_engine::wire::replay::{MAX_LINE, Session};
use capture_engine::{Engine, MemoryStore, Settings};
use tracing::info;

use crate::failure::{Failure, shown};

/// The store of this name.
///
/// The place of a durable one: it opens here, and nothing else of the server
/// knows which one it is.
pub fn store(name: &str) -> Result<AnyStore, Failure> {
    match name {
        "memory" => Ok(AnyStore::new(MemoryStore::new())),
        _ => Err(Failure::Store(name.to_owned())),
    }
}

/// What was loaded.
#[derive(Debug, Default)]
struct Loaded {
    lines: u64,
    captures: u64,
    refused: u64,
}

/// An engine over this store, after the lines of the file, if there is one.
pub async fn engine(store: AnyStore, file: Option<&Path>) -> Result<Engine<AnyStore>, Failure> {
    let Some(path) = file else {
        return Ok(Engine::new(store, Settings::default()));
    };
    let unreadable = |source| Failure::ReadLoad { file: shown(path), source };
    let mut input = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut session = Session::new(store, Settings::default());
    let (mut line, mut loaded) = (Vec::new(), Loaded::default());
    while next_line(&mut input, &mut line).map_err(unreadable)? {
        apply(&mut session, &line, &mut loaded, path).await?;
    }
    let Loaded { lines, captures, refused } = loaded;
    info!(file = shown(path), lines, captures, refused, "loaded");
    session.into_engine().map_err(|source| Failure::Line { file: shown(path), line: lines, source })
}

/// Applies a line. Who would be answered is not here; one that is malformed
/// ends the start, for whoever gave the file to see it.
async fn apply(
    session: &mut Session<AnyStore>,
    line: &[u8],
    loaded: &mut Loaded,
    path: &Path,
) -> Result<(), Failure> {
    loaded.lines = loaded.lines.saturating_add(1);
    let at = loaded.lines;
    let answered = session.answer(line, &mut Vec::new()).await;
    let outcome = answered.map_err(|source| Failure::Line { file: shown(path), line: at, source })?;
    if let Some(source) = outcome.malformed {
        return Err(Failure::MalformedLine { file: shown(path), line: at, source });
    }
    let refused = outcome.code.status() == ResultStatus::Failure;
    loaded.captures = loaded.captures.saturating_add(u64::from(outcome.op == Some("capture")));
    loaded.refused = loaded.refused.saturating_add(u64::from(refused));
    Ok(())
}

/// Reads the next line without its end; of one that is too long no more than
/// shows that. Says whether there was one.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let kept = u64::try_from(MAX_LINE.saturating_add(1)).unwrap_or(u64::MAX);
    let read = input.take(kept).read_until(b'\n', line)?;
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Ok(read > 0)
}
