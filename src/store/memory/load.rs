//! Loading: each kind of rows tells which of the next are needed. All locks
//! are held until the last row is copied, so that what is loaded was true at
//! one instant.

use std::hint::black_box;

use smallvec::SmallVec;

use super::MemoryStore;
use super::locks::{Poisoned, ReadLocked, Wanted};
use super::shard::{AuthorizationShard, PayerShard};
use crate::id::PayerId;
use crate::key::{AuthorizationKey, Key, KeyParts, payer_parts};
use crate::snapshot::Snapshot;

/// What rows that were found name, with the hashes.
type Named<K> = SmallVec<[(u64, K); 1]>;

impl MemoryStore {
    pub(super) fn load_now(&self, keys: &[Key]) -> Result<Snapshot, Poisoned> {
        let mut snapshot = Snapshot::with_room_for(keys.len());
        let [mut in_records, mut in_authorizations, mut in_payers] = [Wanted::default(); 3];
        let mut hashes: SmallVec<[u64; 2]> = SmallVec::new();
        for key in keys {
            let hash = self.hash(key.parts());
            hashes.push(hash);
            match key {
                Key::Record(_) => in_records.add(hash),
                Key::Authorization(_) => in_authorizations.add(hash),
                Key::Payer(_) => in_payers.add(hash),
            }
        }
        let mut named_authorizations = Named::new();
        let mut named_payers = Named::new();

        let records = self.records.read(in_records)?;
        // Locked before the records are read: a lock waits for whatever is being
        // read, and so the look-ups of both kinds wait for memory side by side.
        let asked_for = in_authorizations;
        let mut authorizations = self.authorizations.read(asked_for)?;
        if keys.len() >= AHEAD {
            let hashes = hashes_of(keys, &hashes, |key| matches!(key, Key::Record(_)));
            for (shard, hash) in hashes.filter_map(|hash| Some((records.of(hash)?, hash))) {
                black_box(shard.guess(hash));
            }
        }
        for (key, hash) in keys.iter().zip(&hashes) {
            let Key::Record(key) = key else { continue };
            let found = records.of(*hash).and_then(|shard| shard.find(*hash, key.parts()));
            let Some((version, record)) = found else { continue };
            snapshot.add_record(version, record.clone());
            if let Some(key) = record.names_authorization() {
                let hash = self.hash(key.parts());
                in_authorizations.add(hash);
                named_authorizations.push((hash, key));
            }
        }
        if in_authorizations != asked_for {
            // Nothing of them was read yet: what is loaded is still of one instant.
            drop(authorizations);
            authorizations = self.authorizations.read(in_authorizations)?;
        }
        if keys.len() >= AHEAD {
            let asked = hashes_of(keys, &hashes, |key| matches!(key, Key::Authorization(_)));
            read_ahead(&authorizations, asked.chain(named_authorizations.iter().map(|(hash, _)| *hash)));
        }
        let mut add = |hash: u64, key: &AuthorizationKey| {
            if let Some(payer) = add_authorization(&mut snapshot, &authorizations, hash, key.parts()) {
                let hash = self.hash(payer_parts(&payer));
                in_payers.add(hash);
                named_payers.push((hash, payer));
            }
        };
        for (key, hash) in keys.iter().zip(&hashes) {
            if let Key::Authorization(key) = key {
                add(*hash, key);
            }
        }
        named_authorizations.iter().for_each(|(hash, key)| add(*hash, key));
        let payers = self.payers.read(in_payers)?;
        for (key, hash) in keys.iter().zip(&hashes) {
            if let Key::Payer(payer) = key {
                add_payer(&mut snapshot, &payers, *hash, payer);
            }
        }
        named_payers.iter().for_each(|(hash, payer)| add_payer(&mut snapshot, &payers, *hash, payer));
        Ok(snapshot)
    }
}

/// From so many keys on their rows are read ahead.
const AHEAD: usize = 4;

/// The hashes of the keys of one kind.
fn hashes_of(keys: &[Key], hashes: &[u64], is_of_kind: impl Fn(&Key) -> bool) -> impl Iterator<Item = u64> {
    let of_kind = keys.iter().zip(hashes).filter(move |(key, _)| is_of_kind(key));
    of_kind.map(|(_, hash)| *hash)
}

/// Reads what the look-ups will read, step by step, each step for all: rows
/// are seldom in the processor's caches, and what does not hang on each other
/// is brought there side by side, where a look-up waits for each step.
fn read_ahead(shards: &ReadLocked<'_, AuthorizationShard>, hashes: impl Iterator<Item = u64>) {
    let rows: Vec<_> = hashes.filter_map(|hash| shards.of(hash)?.guess(hash)).collect();
    for row in &rows {
        black_box((row.version(), row.hold().payment.as_str().len(), row.hold().terms.expires_at));
    }
}

/// Adds an authorization that is there, and tells its payer.
fn add_authorization(
    snapshot: &mut Snapshot,
    shards: &ReadLocked<'_, AuthorizationShard>,
    hash: u64,
    parts: KeyParts<'_>,
) -> Option<PayerId> {
    let row = shards.of(hash)?.find(hash, parts)?;
    snapshot.add_authorization(row.version(), row.authorization());
    row.hold().payer.clone()
}

fn add_payer(snapshot: &mut Snapshot, shards: &ReadLocked<'_, PayerShard>, hash: u64, payer: &PayerId) {
    let row = shards.of(hash).and_then(|shard| shard.find(hash, payer_parts(payer)));
    if let Some(row) = row {
        snapshot.add_payer(row.version, row.payer.clone());
    }
}
