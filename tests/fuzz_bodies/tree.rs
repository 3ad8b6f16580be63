//! A JSON text as `serde_json` reads it, nothing lost: the order of names and
//! the repeated ones are kept. And which texts the crate must take, by that.

use std::collections::HashSet;
use std::fmt;

use capture_engine::wire::{Malformed, Problem};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    Null,
    Flag(bool),
    /// A number that is written with digits only, if it fits.
    Whole(u64),
    OtherNumber(f64),
    Text(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

/// What `serde_json` says of a text.
pub enum Theirs {
    Read(Tree),
    /// It refuses to compute a number, and says nothing about the rest.
    NumberOutOfRange,
    Refused,
}

impl Theirs {
    pub fn of(text: &[u8]) -> Self {
        match serde_json::from_slice(text) {
            Ok(tree) => Self::Read(tree),
            Err(error) if error.to_string().starts_with("number out of range") => Self::NumberOutOfRange,
            Err(_) => Self::Refused,
        }
    }
}

/// Fails if the crate takes a text that it must not take, or the other way
/// round: it takes what `serde_json` takes within these limits, if no object
/// repeats a name. Gives the text's value if both take it.
pub fn agreed(text: &[u8], ours: Option<&Malformed>, bytes: usize, depth: usize) -> Option<Tree> {
    let shown = String::from_utf8_lossy(text);
    if let Some(malformed) = ours {
        assert!(malformed.offset <= text.len(), "{malformed}: {shown}");
        assert!(malformed.to_string().len() < 900, "a message as long as its sender pleased: {malformed}");
    }
    let tree = match Theirs::of(text) {
        Theirs::Read(tree) => tree,
        Theirs::NumberOutOfRange => return None,
        Theirs::Refused => {
            assert!(ours.is_some(), "serde_json refuses what the crate takes: {shown}");
            return None;
        }
    };
    let problem = ours.map(|malformed| malformed.problem);
    let allowed = match problem {
        None => text.len() <= bytes && tree.depth() <= depth && !tree.repeats_a_name(),
        Some(Problem::TooLong) => text.len() > bytes,
        Some(Problem::TooDeep) => tree.depth() > depth,
        Some(Problem::RepeatedName) => tree.repeats_a_name(),
        Some(_) => false,
    };
    assert!(allowed, "{problem:?} of {} bytes, {} levels: {shown}", text.len(), tree.depth());
    problem.is_none().then_some(tree)
}

impl Tree {
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn flag(&self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// A member of an object; what is `null` is as absent.
    pub fn get(&self, name: &str) -> Option<&Tree> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(known, _)| known == name).map(|(_, value)| value).filter(|v| **v != Self::Null)
    }

    fn inner(&self) -> Vec<&Tree> {
        match self {
            Self::Array(elements) => elements.iter().collect(),
            Self::Object(members) => members.iter().map(|(_, value)| value).collect(),
            _ => Vec::new(),
        }
    }

    /// Levels of arrays and objects.
    pub fn depth(&self) -> usize {
        match self {
            Self::Array(_) | Self::Object(_) => {
                1 + self.inner().into_iter().map(Self::depth).max().unwrap_or(0)
            }
            _ => 0,
        }
    }

    pub fn repeats_a_name(&self) -> bool {
        let mut seen = HashSet::new();
        let here = match self {
            Self::Object(members) => members.iter().any(|(name, _)| !seen.insert(name)),
            _ => false,
        };
        here || self.inner().into_iter().any(Self::repeats_a_name)
    }

    /// The compact text.
    pub fn compact(&self) -> String {
        serde_json::to_string(self).unwrap()
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Tree, E> {
        Ok(Tree::Flag(flag))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Tree, E> {
        Ok(Tree::Whole(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::OtherNumber(number as f64))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Tree, E> {
        Ok(Tree::OtherNumber(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Tree, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = from.next_element()? {
            elements.push(element);
        }
        Ok(Tree::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Tree, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = from.next_entry()? {
            members.push(member);
        }
        Ok(Tree::Object(members))
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => to.serialize_unit(),
            Self::Flag(flag) => to.serialize_bool(*flag),
            Self::Whole(number) => to.serialize_u64(*number),
            Self::OtherNumber(number) => to.serialize_f64(*number),
            Self::Text(text) => to.serialize_str(text),
            Self::Array(elements) => to.collect_seq(elements),
            Self::Object(members) => {
                let mut map = to.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}
