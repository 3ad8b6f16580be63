//! Lines of the replay, and the amounts and instants in them.

use std::fmt;
use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::Offset;

/// A line but for its clock reading. Sent again, it has the same bytes.
#[derive(Clone)]
pub struct Line {
    pub op: &'static str,
    /// The merchant, where one acts.
    pub client: Option<&'static str>,
    pub body: String,
    pub risk: Option<&'static str>,
}

impl Line {
    pub fn host(op: &'static str, body: String) -> Self {
        Self { op, client: None, body, risk: None }
    }

    pub fn merchant(op: &'static str, client: &'static str, body: String) -> Self {
        Self { op, client: Some(client), body, risk: None }
    }

    pub fn write(&self, at: u64, out: &mut impl Write) -> io::Result<()> {
        write!(out, r#"{{"op":"{}","at":"{}""#, self.op, Instant(at))?;
        if let Some(client) = self.client {
            write!(out, r#","clientId":"{client}""#)?;
        }
        write!(out, r#","body":{}"#, self.body)?;
        if let Some(risk) = self.risk {
            write!(out, r#","risk":"{risk}""#)?;
        }
        out.write_all(b"}\n")
    }
}

/// So many minor units of a currency.
#[derive(Clone, Copy)]
pub struct Amount(pub u64, pub &'static str);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, r#"{{"value":"{}","currency":"{}"}}"#, self.0, self.1)
    }
}

/// Seconds since 1970-01-01T00:00:00Z, shown at +08:00.
#[derive(Clone, Copy)]
pub struct Instant(pub u64);

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::try_from(self.0).map_err(|_| fmt::Error)?;
        let instant = Timestamp::from_second(seconds).map_err(|_| fmt::Error)?;
        write!(f, "{}", instant.display_with_offset(Offset::constant(8)))
    }
}
