//! Ids by their rule, read without the crate: 1 to 64 characters, no control
//! character, no white space at either end.

use std::fmt::Debug;

use capture_engine::id::MerchantId;

use super::tree::Tree;

/// The merchant of the bodies, who is not part of them.
pub fn merchant() -> MerchantId {
    "M1".parse().unwrap()
}

pub fn is_well_formed(text: &str) -> bool {
    let characters = text.chars().count();
    let at_an_end = |c: char| text.starts_with(c) || text.ends_with(c);
    (1..=64).contains(&characters)
        && !text.chars().any(char::is_control)
        && !text.chars().any(|c| c.is_whitespace() && at_an_end(c))
}

/// The id in this member of an object. Fails if the crate takes another text for one.
pub fn id<T>(object: &Tree, name: &str) -> Option<T>
where
    T: for<'t> TryFrom<&'t str, Error: Debug>,
{
    let text = object.get(name)?.text()?;
    match T::try_from(text) {
        Ok(id) => {
            assert!(is_well_formed(text), "{text:?} is taken for an id");
            Some(id)
        }
        Err(error) => {
            assert!(!is_well_formed(text), "{text:?} is taken for no id: {error:?}");
            None
        }
    }
}
