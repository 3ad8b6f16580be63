//! Why an engine call gave no outcome, and what that means for its caller.

use crate::decide::DamagedState;
use crate::key::Key;
use crate::result_code::{Advice, ResultCode};
use crate::store::{ErrorSource, LoadError};

/// Why an engine call gave no outcome. None of them says that it failed: the
/// same request sent again is answered from what is stored.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// Others kept changing what the command reads. Nothing was changed.
    #[error("what the command reads kept changing; nothing was changed: send the same request again")]
    Contended,
    /// The commit may have happened.
    #[error("the commit may have happened: send the same request again ({source})")]
    MaybeCommitted {
        /// What goes over the wire.
        code: ResultCode,
        /// What the store said.
        source: ErrorSource,
    },
    /// The store did not answer. Nothing was changed.
    #[error("the store is not available, nothing was changed: send the same request again ({source})")]
    Unavailable {
        /// What the store said.
        source: ErrorSource,
    },
    /// What is stored cannot be read, or does not fit together. Nothing was changed.
    #[error("what is stored under {key:?} is damaged, nothing was changed: it must be repaired ({source})")]
    Damaged {
        /// Where.
        key: Box<Key>,
        /// What is wrong.
        source: ErrorSource,
    },
    /// The host's risk check gave no verdict. Nothing was changed.
    #[error("the risk check gave no verdict, nothing was changed: send the same request again")]
    NoVerdict,
}

impl EngineError {
    /// The one result code that goes over the wire; its status is always unknown.
    pub const fn code(&self) -> ResultCode {
        match self {
            Self::MaybeCommitted { code, .. } => *code,
            _ => ResultCode::UnknownException,
        }
    }

    /// What to do next: send the same id again, but stop where data must be
    /// repaired first.
    pub const fn advice(&self) -> Advice {
        match self {
            Self::Damaged { .. } => Advice::Stop,
            _ => Advice::SameId,
        }
    }
}

impl From<LoadError> for EngineError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Unavailable { source } => Self::Unavailable { source },
            LoadError::Damaged { key, source } => Self::Damaged { key, source },
        }
    }
}

impl From<DamagedState> for EngineError {
    fn from(damaged: DamagedState) -> Self {
        Self::Damaged { key: damaged.key.clone(), source: std::sync::Arc::new(damaged) }
    }
}
