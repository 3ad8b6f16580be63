//! Where the API stands: a prefix that the host chooses, and four routes.

use std::fmt;
use std::str::FromStr;

/// One of the API's routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Route {
    /// Takes money.
    Capture,
    /// Releases all that is left.
    Cancel,
    /// Gives part of what is left back.
    Void,
    /// Shows a payment, or what is recorded of a request.
    InquiryPayment,
}

impl Route {
    /// Every route.
    pub const ALL: [Self; 4] = [Self::Capture, Self::Cancel, Self::Void, Self::InquiryPayment];

    /// The path, without the prefix.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Capture => "/v2/payments/capture",
            Self::Cancel => "/v2/payments/cancel",
            Self::Void => "/v2/payments/void",
            Self::InquiryPayment => "/v2/payments/inquiryPayment",
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path())
    }
}

/// What stands before the paths of the API at this host, as in
/// `/api/v2/payments/capture`: nothing, or segments of letters, digits and
/// `-._~`, each behind a slash.
///
/// ```
/// use capture_engine::http::{Prefix, PrefixError, Route};
/// let prefix: Prefix = "/api".parse()?;
/// assert_eq!(prefix.route("/api/v2/payments/capture"), Some(Route::Capture));
/// assert_eq!(prefix.route("/v2/payments/capture"), None);
/// assert_eq!("api".parse::<Prefix>(), Err(PrefixError));
/// # Ok::<(), PrefixError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefix(String);

/// A text is no prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a prefix is empty, or segments of letters, digits and -._~ (not . or ..), each behind a slash, as in /api; no slash at its end"
)]
pub struct PrefixError;

impl Prefix {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The route of a path, compared byte by byte: nothing is decoded, folded
    /// or cut off.
    #[must_use]
    pub fn route(&self, path: &str) -> Option<Route> {
        let path = path.strip_prefix(self.as_str())?;
        Route::ALL.into_iter().find(|route| route.path() == path)
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let is_segment =
            |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(unreserved);
        let is_prefix = match text.strip_prefix('/') {
            Some(segments) => segments.split('/').all(is_segment),
            None => text.is_empty(),
        };
        is_prefix.then(|| Self(text.to_owned())).ok_or(PrefixError)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_empty_or_plain_segments() {
        for good in ["", "/api", "/acl/api", "/a-b_c.d~e/1", "/..."] {
            assert_eq!(good.parse::<Prefix>().map(|prefix| prefix.to_string()), Ok(good.to_owned()));
        }
        for bad in
            ["/", "api", "/api/", "//api", "/a//b", "/a b", "/a?b", "/a#b", "/%61", "/.", "/a/..", "/ä"]
        {
            assert_eq!(bad.parse::<Prefix>(), Err(PrefixError), "{bad}");
        }
    }

    #[test]
    fn a_path_is_compared_byte_by_byte() {
        let prefix = Prefix("/api".to_owned());
        for route in Route::ALL {
            assert_eq!(prefix.route(&format!("/api{route}")), Some(route));
            assert_eq!(Prefix::default().route(route.path()), Some(route));
            for other in [
                format!("/api{route}/"),
                format!("/API{route}"),
                format!("/api/api{route}"),
                format!("/api/{route}"),
                format!("//api{route}"),
                route.path().to_owned(),
                format!("/api{}", route.path().to_uppercase()),
                format!("/api{}", route.path().replace("v2", "v1")),
                format!("/api{}", route.path().replace('c', "%63").replace('v', "%76")),
            ] {
                assert_eq!(prefix.route(&other), None, "{other}");
            }
        }
    }
}
