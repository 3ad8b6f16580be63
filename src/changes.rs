//! What a store is given to commit: everything that the decisions read and
//! wrote, each with the version that was seen.

use crate::authorization::Authorization;
use crate::event::{PayerEvent, PaymentEvent};
use crate::key::KeyParts;
use crate::payer::Payer;
use crate::record::Record;
use crate::snapshot::{Row, Tables, Version};

/// What is to happen to one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// It is absent, and gets version 1.
    Create,
    /// It has the version that was seen, and gets the next one. A row may be
    /// the same as before: then only its version is raised.
    Update,
    /// It was read and is not changed: it still has the version that was
    /// seen, or is still absent.
    Look,
}

/// What is to happen to one row, and what must be true of it for that.
#[derive(Clone, Debug)]
pub struct Change<T: Row> {
    content: Content<T>,
    /// The version in the store; `None` where it was absent.
    seen: Option<Version>,
    mark: Mark,
}

#[derive(Clone, Debug)]
enum Content<T: Row> {
    Absent(T::Key),
    Present(T),
}

/// What a batch did with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Untouched,
    Looked,
    Written,
}

impl<T: Row> Change<T> {
    /// Of a row that was found, as yet untouched.
    pub(crate) fn of_found(version: Version, row: T) -> Self {
        Self { content: Content::Present(row), seen: Some(version), mark: Mark::Untouched }
    }

    /// Of a row that was absent, as yet untouched.
    pub(crate) fn of_absent(key: T::Key) -> Self {
        Self { content: Content::Absent(key), seen: None, mark: Mark::Untouched }
    }

    /// Notes that the row was read.
    pub(crate) fn look(&mut self) {
        if self.mark == Mark::Untouched {
            self.mark = Mark::Looked;
        }
    }

    /// Notes what the row becomes.
    pub(crate) fn write(&mut self, row: T) {
        self.content = Content::Present(row);
        self.mark = Mark::Written;
    }

    pub(crate) fn is_written(&self) -> bool {
        self.mark == Mark::Written
    }

    pub(crate) fn is_touched(&self) -> bool {
        self.mark != Mark::Untouched
    }

    /// The row as the batch has left it so far.
    pub(crate) fn row(&self) -> Option<&T> {
        match &self.content {
            Content::Present(row) => Some(row),
            Content::Absent(_) => None,
        }
    }

    /// What is to happen to the row.
    pub fn kind(&self) -> ChangeKind {
        match (self.mark, self.seen) {
            (Mark::Written, None) => ChangeKind::Create,
            (Mark::Written, Some(_)) => ChangeKind::Update,
            (Mark::Untouched | Mark::Looked, _) => ChangeKind::Look,
        }
    }

    /// The version that the row must have; `None` where it must be absent.
    pub fn seen(&self) -> Option<Version> {
        self.seen
    }

    /// The key of the row.
    pub fn key(&self) -> T::Key {
        match &self.content {
            Content::Absent(key) => key.clone(),
            Content::Present(row) => row.key(),
        }
    }

    /// The plain parts of the key.
    pub fn parts(&self) -> KeyParts<'_> {
        match &self.content {
            Content::Absent(key) => T::parts_of(key),
            Content::Present(row) => row.parts(),
        }
    }

    /// The row and its new version, if the change writes it.
    pub fn written(&self) -> Option<(Version, &T)> {
        match &self.content {
            Content::Present(row) if self.is_written() => Some((self.next_version(), row)),
            _ => None,
        }
    }

    /// The row and its new version, given away, if the change writes it.
    pub fn into_written(self) -> Option<(Version, T)> {
        let version = self.next_version();
        match self.content {
            Content::Present(row) if self.mark == Mark::Written => Some((version, row)),
            _ => None,
        }
    }

    fn next_version(&self) -> Version {
        self.seen.map_or(Version::FIRST, Version::next)
    }
}

/// All that one commit does, all or nothing. No row stands in it twice.
#[derive(Clone, Debug, Default)]
pub struct Changes(Box<Tables>);

impl Changes {
    pub(crate) fn new(tables: Box<Tables>) -> Self {
        Self(tables)
    }

    pub(crate) fn into_tables(self) -> Box<Tables> {
        self.0
    }

    /// The records.
    pub fn records(&self) -> &[Change<Record>] {
        &self.0.records.rows
    }

    /// The authorizations.
    pub fn authorizations(&self) -> &[Change<Authorization>] {
        &self.0.authorizations.rows
    }

    /// The payers.
    pub fn payers(&self) -> &[Change<Payer>] {
        &self.0.payers.rows
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
        std::mem::take(&mut self.0.records.rows).into_iter().filter_map(Change::into_written)
    }

    /// Takes the changed authorizations out.
    pub fn take_authorizations(&mut self) -> impl Iterator<Item = (Version, Authorization)> + use<> {
        std::mem::take(&mut self.0.authorizations.rows).into_iter().filter_map(Change::into_written)
    }

    /// Takes the changed payers out.
    pub fn take_payers(&mut self) -> impl Iterator<Item = (Version, Payer)> + use<> {
        std::mem::take(&mut self.0.payers.rows).into_iter().filter_map(Change::into_written)
    }

    /// Takes the events of payments out.
    pub fn take_payment_events(&mut self) -> impl Iterator<Item = PaymentEvent> + use<> {
        std::mem::take(&mut self.0.payment_events).into_iter()
    }

    /// Takes the events of payers out.
    pub fn take_payer_events(&mut self) -> impl Iterator<Item = PayerEvent> + use<> {
        std::mem::take(&mut self.0.payer_events).into_iter()
    }
}
