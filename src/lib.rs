#![forbid(unsafe_code)]
#![deny(missing_docs)]
//! placeholder

mod authorization;
mod capture_id;
mod changes;
pub mod command;
pub mod decide;
pub mod engine;
pub mod event;
pub mod id;
mod key;
pub mod money;
pub mod outcome;
mod payer;
pub mod record;
mod refusal;
mod result_code;
mod risk;
mod settings;
mod snapshot;
mod state;
pub mod store;
pub mod stored;
mod submission;
pub mod terms;
pub mod time;

pub use authorization::Authorization;
pub use capture_id::{HashedIds, IdSource};
pub use changes::{Change, Changes};
pub use engine::{BlockingEngine, Engine, EngineError};
pub use key::{AuthorizationKey, Key, KeyParts, RecordKey};
pub use payer::Payer;
pub use refusal::{Exceeded, Refusal};
pub use result_code::{Advice, FailureCode, NotAFailureCode, ResultCode, ResultStatus};
pub use risk::{AcceptAll, NoVerdict, RiskCheck, RiskQuestion, Verdict};
pub use settings::{CaptureIdKey, Settings, SettingsError, UsageWindows};
pub use snapshot::{Row, Snapshot, Version};
pub use store::{MemoryStore, Reads, Store};
pub use state::{ClosedBy, Closing, State};
pub use stored::StoredError;
pub use submission::{AnyAnswer, Command, Submission};
pub use money::{Currency, Money};
pub use terms::{Percent, PercentError};
pub use time::Instant;
