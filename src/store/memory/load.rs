//! Loading: each kind of rows tells which of the next are needed.

use smallvec::SmallVec;

use super::locks::{Poisoned, ReadLocked, Wanted};
use super::{AuthorizationShard, MemoryStore, PayerShard};
use crate::id::PayerId;
use crate::key::{AuthorizationKey, Key, payer_parts};
use crate::snapshot::Snapshot;

/// A key with its hash.
type Hashed<K> = SmallVec<[(u64, K); 2]>;

impl MemoryStore {
    /// Locks in the order records, authorizations, payers, as each kind tells
    /// which of the next are needed.
    pub(super) fn load_now(&self, keys: &[Key]) -> Result<Snapshot, Poisoned> {
        let mut snapshot = Snapshot::new();
        let hashed: SmallVec<[(u64, &Key); 3]> =
            keys.iter().map(|key| (self.hash(key.parts()), key)).collect();
        let mut wanted = Wanted::default();
        let of_records = hashed.iter().filter(|(_, key)| matches!(key, Key::Record(_)));
        of_records.clone().for_each(|(hash, _)| wanted.add(*hash));
        let records = self.records.read(wanted)?;
        let mut named: Hashed<AuthorizationKey> = Hashed::new();
        for (hash, key) in of_records {
            if let Some((version, record)) =
                records.of(*hash).and_then(|shard| shard.find(*hash, key.parts()))
            {
                snapshot.add_record(*version, record.clone());
                named.extend(record.names_authorization().map(|key| (self.hash(key.parts()), key)));
            }
        }
        let payers = self.load_authorizations(&hashed, &named, &mut snapshot)?;
        drop(payers);
        Ok(snapshot)
    }

    /// The second and third kind; the guards are given back so that they are
    /// held until the end.
    fn load_authorizations<'s>(
        &'s self,
        hashed: &[(u64, &Key)],
        named: &Hashed<AuthorizationKey>,
        snapshot: &mut Snapshot,
    ) -> Result<(ReadLocked<'s, AuthorizationShard>, ReadLocked<'s, PayerShard>), Poisoned> {
        let asked = hashed.iter().filter_map(|(hash, key)| match key {
            Key::Authorization(key) => Some((*hash, key)),
            _ => None,
        });
        let all = asked.chain(named.iter().map(|(hash, key)| (*hash, key)));
        let mut wanted = Wanted::default();
        all.clone().for_each(|(hash, _)| wanted.add(hash));
        let authorizations = self.authorizations.read(wanted)?;
        let mut payers: Hashed<PayerId> = hashed
            .iter()
            .filter_map(|(hash, key)| match key {
                Key::Payer(payer) => Some((*hash, payer.clone())),
                _ => None,
            })
            .collect();
        for (hash, key) in all {
            if let Some(row) = authorizations.of(hash).and_then(|shard| shard.find(hash, key.parts())) {
                snapshot.add_authorization(row.version, row.authorization.clone());
                payers.extend(row.authorization.payer().map(|id| (self.hash(payer_parts(id)), id.clone())));
            }
        }
        let payers = self.load_payers(&payers, snapshot)?;
        Ok((authorizations, payers))
    }

    fn load_payers<'s>(
        &'s self,
        keys: &Hashed<PayerId>,
        snapshot: &mut Snapshot,
    ) -> Result<ReadLocked<'s, PayerShard>, Poisoned> {
        let mut wanted = Wanted::default();
        keys.iter().for_each(|(hash, _)| wanted.add(*hash));
        let payers = self.payers.read(wanted)?;
        for (hash, id) in keys {
            if let Some(row) = payers.of(*hash).and_then(|shard| shard.find(*hash, payer_parts(id))) {
                snapshot.add_payer(row.version, row.payer.clone());
            }
        }
        Ok(payers)
    }
}
