//! What a full run must have met: every fault, and where it hurts.

use crate::faulty::Counts;

/// What is counted, by its beginning: then each of these.
const REQUIRED: &[(&str, &[&str])] = &[
    ("F1 conflict, ", &["keys named", "none named"]),
    ("F1 then ", &["accepted", "refused", "replayed", "reserved"]),
    ("overtaken by another", &[""]),
    ("overtaken, then ", &["accepted", "refused", "replayed", "reserved"]),
    ("F2 unavailable: ", &["load", "read", "commit"]),
    // The outcome is as unknown whether it was applied or not.
    ("F3 applied and not heard: ", EFFECTS),
    ("F3 lost: ", EFFECTS),
    ("F4 told unknown: ", EFFECTS),
    ("F4 landed late: ", EFFECTS),
    ("F4 refused late: ", EFFECTS),
    ("F4 landed late, ", &["before it was sent again", "after it was sent again"]),
    ("F4 refused late, ", &["it was sent again and answered meanwhile", "its id was fenced meanwhile"]),
    ("F4 refused late, ", &["what it saw had changed"]),
    ("a capture in doubt, sent again and ", &["accepted", "refused", "replayed", "reserved"]),
    ("F6 sent ", &["twice at once", "again long after its answer"]),
    ("F7 overtaken", &["", " by more than twenty"]),
    (
        "F9 dropped ",
        &[
            "before it began",
            "BeforeLoad",
            "AfterLoad",
            "BeforeRead",
            "AfterRead",
            "RiskCheck",
            "BeforeCommit",
        ],
    ),
    ("F9 dropped AfterCommit", &["(Applied)", "(AppliedUnheard)", "(Late)", "(Nothing)"]),
    ("F10 ", &["stale read", "refused by version", "answered from a stale read"]),
    ("told ", &["contended", "maybe committed", "unavailable", "no verdict"]),
    ("I17 ", &["answered at try 1", "open while its settlement is outstanding"]),
];

/// What a commit does: each kind but one. Payers are registered before faults
/// begin, and seldom after.
const EFFECTS: &[&str] = &[
    "Authorized",
    "CaptureAccepted",
    "Captured",
    "CaptureFailed",
    "CaptureReversed",
    "Cancelled",
    "Expired",
    "Voided",
    "PayerAdjusted",
    "SettlementContradicted",
    "a batch",
    "a record alone",
];

/// What was required and not met.
pub fn missing(counts: &Counts) -> Vec<String> {
    let required =
        REQUIRED.iter().flat_map(|(of, names)| names.iter().map(move |name| format!("{of}{name}")));
    required.filter(|name| !counts.contains_key(name)).collect()
}
