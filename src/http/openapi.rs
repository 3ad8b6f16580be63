//! The API as an OpenAPI 3.1 document, for whoever writes a client or looks
//! around. It is written by hand; a test holds it against the engine.

use super::route::Prefix;

const DOCUMENT: &str = include_str!("openapi.json");

/// Where the document names its server, for a host without a prefix.
const SERVER: &str = r#""url": "/""#;

/// The OpenAPI 3.1 document of the four routes behind this prefix: JSON, to be
/// served as it is. Its server is relative to the host that gives it.
///
/// ```
/// use capture_engine::http::{Prefix, openapi};
/// let document = openapi(&"/api".parse()?);
/// assert!(document.contains(r#""url": "/api""#));
/// assert!(document.contains(r#""/v2/payments/capture": {"#));
/// assert!(openapi(&Prefix::default()).contains(r#""url": "/""#));
/// # Ok::<(), capture_engine::http::PrefixError>(())
/// ```
#[must_use]
pub fn openapi(prefix: &Prefix) -> String {
    match prefix.as_str() {
        "" => DOCUMENT.to_owned(),
        // No character of a prefix needs an escape.
        prefix => DOCUMENT.replacen(SERVER, &format!(r#""url": "{prefix}""#), 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_place_for_the_prefix() {
        assert_eq!(DOCUMENT.matches(SERVER).count(), 1);
    }
}
