//! The stored forms: golden bytes, and that reading is strict and total.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::as_conversions,
    clippy::arithmetic_side_effects
)]

#[path = "stored_forms/golden.rs"]
mod golden;
#[path = "stored_forms/hostile.rs"]
mod hostile;
#[path = "stored_forms/records.rs"]
mod records;
#[path = "stored_forms/refused.rs"]
mod refused;
#[path = "stored_forms/samples.rs"]
mod samples;
#[path = "stored_forms/tree.rs"]
mod tree;
#[path = "stored_forms/world.rs"]
mod world;

use capture_engine::event::{Event, PayerEvent, PaymentEvent};
use capture_engine::record::Record;
use capture_engine::stored::StoredError;
use capture_engine::{Authorization, Payer};

/// What has a stored form.
trait Form: Sized + PartialEq + std::fmt::Debug {
    fn bytes(&self) -> Vec<u8>;
    fn of(bytes: &[u8]) -> Result<Self, StoredError>;
}

impl Form for Authorization {
    fn bytes(&self) -> Vec<u8> {
        self.to_bytes()
    }
    fn of(bytes: &[u8]) -> Result<Self, StoredError> {
        Self::from_bytes(bytes)
    }
}

impl Form for Payer {
    fn bytes(&self) -> Vec<u8> {
        self.to_bytes()
    }
    fn of(bytes: &[u8]) -> Result<Self, StoredError> {
        Self::from_bytes(bytes)
    }
}

impl Form for Record {
    fn bytes(&self) -> Vec<u8> {
        self.to_bytes()
    }
    fn of(bytes: &[u8]) -> Result<Self, StoredError> {
        Self::from_bytes(bytes)
    }
}

impl Form for PaymentEvent {
    fn bytes(&self) -> Vec<u8> {
        self.to_bytes()
    }
    fn of(bytes: &[u8]) -> Result<Self, StoredError> {
        Self::from_bytes(bytes)
    }
}

impl Form for PayerEvent {
    fn bytes(&self) -> Vec<u8> {
        self.to_bytes()
    }
    fn of(bytes: &[u8]) -> Result<Self, StoredError> {
        Self::from_bytes(bytes)
    }
}

impl Form for Event {
    fn bytes(&self) -> Vec<u8> {
        self.to_bytes()
    }
    fn of(bytes: &[u8]) -> Result<Self, StoredError> {
        Self::from_bytes(bytes)
    }
}
