//! Names that are repeated in one object.

use std::collections::HashSet;

use arrayvec::ArrayVec;

use super::reader::Fault;
use super::{Object, Problem, Quoted, index, place, work};

/// Up to how many names of one object are compared pairwise. That is faster than a set for nearly
/// every object there is, and at most eight comparisons a name keep it linear.
const FEW_NAMES: usize = 8;

/// Refuses an object in which a name is repeated. Every name is looked at when its own object
/// ends, and never again, so that nesting does not multiply the work.
pub(super) fn check_names(object: Object<'_>) -> Result<(), Fault> {
    let mut seen: ArrayVec<Quoted<'_>, FEW_NAMES> = ArrayVec::new();
    let mut forms = 0_u64;
    for (name, _) in object.pairs() {
        let form = form(name);
        // Nearly always no name before has this form, and none has to be compared.
        if forms & form != 0 && seen.iter().any(|other| same(name, *other)) {
            return Err(repeated(name));
        }
        forms |= form;
        if seen.try_push(name).is_err() {
            return check_many_names(object);
        }
    }
    Ok(())
}

/// A bit for the length and the first letter of a name: names that are the same have the same.
/// One with an escape might be the same as any.
fn form(name: Quoted<'_>) -> u64 {
    if name.node.escaped {
        return u64::MAX;
    }
    let range = name.range();
    let first = name.text.as_bytes().get(range.start).copied().unwrap_or_default();
    let hash = u32::from(first).wrapping_mul(5).wrapping_add(place(range.len()));
    1_u64.rotate_left(hash)
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
