//! Names that are repeated in one object.

use std::collections::HashSet;

use smallvec::SmallVec;

use super::reader::Fault;
use super::{Object, Problem, Quoted, index, work};

/// Up to how many names of one object are compared pairwise. That is faster than a set for nearly
/// every object there is, and at most seven comparisons a name keep it linear.
const FEW_NAMES: usize = 8;

/// Refuses an object in which a name is repeated. Every name is looked at when its own object
/// ends, and never again, so that nesting does not multiply the work.
pub(super) fn check_names(object: Object<'_>) -> Result<(), Fault> {
    let mut seen: SmallVec<[Quoted<'_>; FEW_NAMES]> = SmallVec::new();
    for (name, _) in object.pairs() {
        if seen.len() == FEW_NAMES {
            return check_many_names(object);
        }
        if seen.iter().any(|other| same(name, *other)) {
            return Err(repeated(name));
        }
        seen.push(name);
    }
    Ok(())
}

/// The hash is keyed at random, for the sender picks the names. The set is a new one for each
/// object: to clear one that has been large costs its size again and again.
#[cold]
fn check_many_names(object: Object<'_>) -> Result<(), Fault> {
    let mut seen = HashSet::new();
    for (name, _) in object.pairs() {
        work(name.range().len());
        if !seen.insert(name.characters()) {
            return Err(repeated(name));
        }
    }
    Ok(())
}

fn same(name: Quoted<'_>, other: Quoted<'_>) -> bool {
    work(name.range().len().min(other.range().len()));
    if name.node.escaped {
        other.is(&name.characters())
    } else if other.node.escaped {
        other.is(name.written())
    } else {
        let (name_at, other_at) = (name.range(), other.range());
        let bytes = name.text.as_bytes();
        name_at.len() == other_at.len() && bytes.get(name_at) == bytes.get(other_at)
    }
}

fn repeated(name: Quoted<'_>) -> Fault {
    Fault { problem: Problem::RepeatedName, offset: index(name.node.start) }
}
