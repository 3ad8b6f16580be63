//! Loading: each kind of rows tells which of the next are needed. All locks
//! are held until the last row is copied, so that what is loaded was true at
//! one instant.

use smallvec::SmallVec;

use super::MemoryStore;
use super::locks::{Poisoned, Wanted};
use crate::authorization::Authorization;
use crate::id::PayerId;
use crate::key::{AuthorizationKey, Key, payer_parts};
use crate::snapshot::Snapshot;

/// Keys with their hashes, by kind.
#[derive(Default)]
struct Asked<'k> {
    records: SmallVec<[(u64, &'k Key); 1]>,
    authorizations: SmallVec<[(u64, AuthorizationKey); 1]>,
    payers: SmallVec<[(u64, PayerId); 1]>,
}

impl MemoryStore {
    pub(super) fn load_now(&self, keys: &[Key]) -> Result<Snapshot, Poisoned> {
        let mut snapshot = Snapshot::new();
        let mut asked = self.by_kind(keys);

        let records = self.records.read(Wanted::of(&asked.records))?;
        for (hash, key) in &asked.records {
            if let Some((version, record)) =
                records.of(*hash).and_then(|shard| shard.find(*hash, key.parts()))
            {
                let named = record.names_authorization();
                asked.authorizations.extend(named.map(|key| (self.hash(key.parts()), key)));
                snapshot.add_record(*version, record.clone());
            }
        }
        let authorizations = self.authorizations.read(Wanted::of(&asked.authorizations))?;
        for (hash, key) in &asked.authorizations {
            if let Some(row) = authorizations.of(*hash).and_then(|shard| shard.find(*hash, key.parts())) {
                asked.payers.extend(self.payer_of(&row.authorization));
                snapshot.add_authorization(row.version, row.authorization.clone());
            }
        }
        let payers = self.payers.read(Wanted::of(&asked.payers))?;
        for (hash, id) in &asked.payers {
            if let Some(row) = payers.of(*hash).and_then(|shard| shard.find(*hash, payer_parts(id))) {
                snapshot.add_payer(row.version, row.payer.clone());
            }
        }
        Ok(snapshot)
    }

    fn by_kind<'k>(&self, keys: &'k [Key]) -> Asked<'k> {
        let mut asked = Asked::default();
        for key in keys {
            let hash = self.hash(key.parts());
            match key {
                Key::Record(_) => asked.records.push((hash, key)),
                Key::Authorization(authorization) => asked.authorizations.push((hash, authorization.clone())),
                Key::Payer(payer) => asked.payers.push((hash, payer.clone())),
            }
        }
        asked
    }

    fn payer_of(&self, authorization: &Authorization) -> Option<(u64, PayerId)> {
        authorization.payer().map(|payer| (self.hash(payer_parts(payer)), payer.clone()))
    }
}
