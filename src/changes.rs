//! What a store is given to commit: everything that the decisions read and
//! wrote, each with the version that was seen.

use smallvec::SmallVec;

use crate::authorization::Authorization;
use crate::event::{PayerEvent, PaymentEvent};
use crate::payer::Payer;
use crate::record::Record;
use crate::snapshot::{Row, Version};

/// What is to happen to one row, and what must be true of it for that.
#[derive(Clone, Debug)]
pub enum Change<T: Row> {
    /// It is absent, and gets version 1.
    Create(T),
    /// It has the version that was seen, and gets the next one. A row may be
    /// the same as before: then only its version is raised.
    Update {
        /// The version that was seen.
        seen: Version,
        /// The row from now on.
        row: T,
    },
    /// It was read and is not changed: it still has the version that was
    /// seen, or is still absent.
    Look {
        /// Its key.
        key: T::Key,
        /// The version that was seen; `None` where it was absent.
        seen: Option<Version>,
    },
}

impl<T: Row> Change<T> {
    /// The version that the row must have; `None` where it must be absent.
    pub fn seen(&self) -> Option<Version> {
        match self {
            Self::Create(_) => None,
            Self::Update { seen, .. } => Some(*seen),
            Self::Look { seen, .. } => *seen,
        }
    }

    /// The key of the row.
    pub fn key(&self) -> T::Key {
        match self {
            Self::Create(row) | Self::Update { row, .. } => row.key(),
            Self::Look { key, .. } => key.clone(),
        }
    }

    /// The row and its new version, if the change writes it.
    pub fn written(&self) -> Option<(Version, &T)> {
        match self {
            Self::Create(row) => Some((Version::FIRST, row)),
            Self::Update { seen, row } => Some((seen.next(), row)),
            Self::Look { .. } => None,
        }
    }

    /// The row and its new version, given away, if the change writes it.
    pub fn into_written(self) -> Option<(Version, T)> {
        match self {
            Self::Create(row) => Some((Version::FIRST, row)),
            Self::Update { seen, row } => Some((seen.next(), row)),
            Self::Look { .. } => None,
        }
    }
}

/// All that one commit does, all or nothing. No row stands in it twice.
#[derive(Clone, Debug, Default)]
pub struct Changes(Box<ChangeSets>);

/// What changes hold; boxed, since they are handed on several times.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChangeSets {
    pub(crate) records: SmallVec<[Change<Record>; 1]>,
    pub(crate) authorizations: SmallVec<[Change<Authorization>; 1]>,
    pub(crate) payers: SmallVec<[Change<Payer>; 1]>,
    pub(crate) payment_events: SmallVec<[PaymentEvent; 1]>,
    pub(crate) payer_events: Vec<PayerEvent>,
}

impl Changes {
    pub(crate) fn new(sets: ChangeSets) -> Self {
        Self(Box::new(sets))
    }

    pub(crate) fn into_sets(self) -> ChangeSets {
        *self.0
    }

    /// The records.
    pub fn records(&self) -> &[Change<Record>] {
        &self.0.records
    }

    /// The authorizations.
    pub fn authorizations(&self) -> &[Change<Authorization>] {
        &self.0.authorizations
    }

    /// The payers.
    pub fn payers(&self) -> &[Change<Payer>] {
        &self.0.payers
    }

    /// The events of payments, each payment's in order.
    pub fn payment_events(&self) -> &[PaymentEvent] {
        &self.0.payment_events
    }

    /// The events of payers, each payer's in order.
    pub fn payer_events(&self) -> &[PayerEvent] {
        &self.0.payer_events
    }

    /// Takes the changed records out.
    pub fn take_records(&mut self) -> impl Iterator<Item = (Version, Record)> + use<> {
        std::mem::take(&mut self.0.records).into_iter().filter_map(Change::into_written)
    }

    /// Takes the changed authorizations out.
    pub fn take_authorizations(&mut self) -> impl Iterator<Item = (Version, Authorization)> + use<> {
        std::mem::take(&mut self.0.authorizations).into_iter().filter_map(Change::into_written)
    }

    /// Takes the changed payers out.
    pub fn take_payers(&mut self) -> impl Iterator<Item = (Version, Payer)> + use<> {
        std::mem::take(&mut self.0.payers).into_iter().filter_map(Change::into_written)
    }

    /// Takes the events of payments out.
    pub fn take_payment_events(&mut self) -> impl Iterator<Item = PaymentEvent> + use<> {
        std::mem::take(&mut self.0.payment_events).into_iter()
    }

    /// Takes the events of payers out.
    pub fn take_payer_events(&mut self) -> impl Iterator<Item = PayerEvent> + use<> {
        std::mem::take(&mut self.0.payer_events).into_iter()
    }

    /// Whether anything is written at all.
    pub(crate) fn writes(&self) -> bool {
        self.0.records.iter().any(|change| change.written().is_some())
            || self.0.authorizations.iter().any(|change| change.written().is_some())
            || self.0.payers.iter().any(|change| change.written().is_some())
    }
}
