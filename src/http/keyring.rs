//! Whose key verifies what, and with which key this side signs. Both may
//! change while requests run: a request sees the one or the other.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::key::{KeyVersion, PrivateKey, PublicKey};
use super::rejection::Rejection;
use crate::id::MerchantId;

/// The public keys of one owner, by version.
#[derive(Clone, Debug, Default)]
pub struct KeyRing(BTreeMap<KeyVersion, PublicKey>);

impl KeyRing {
    /// A ring with one key.
    #[must_use]
    pub fn of(version: KeyVersion, key: PublicKey) -> Self {
        Self(BTreeMap::from([(version, key)]))
    }

    /// The key of this version, or the latest one.
    #[must_use]
    pub fn key(&self, version: Option<KeyVersion>) -> Option<&PublicKey> {
        match version {
            Some(version) => self.0.get(&version),
            None => self.0.values().next_back(),
        }
    }

    /// Adds a key, or puts it in the place of the one that has its version.
    pub fn add(&mut self, version: KeyVersion, key: PublicKey) {
        self.0.insert(version, key);
    }

    /// Takes a key out; says whether there was one.
    pub fn retire(&mut self, version: KeyVersion) -> bool {
        self.0.remove(&version).is_some()
    }

    /// The versions, in order.
    pub fn versions(&self) -> impl Iterator<Item = KeyVersion> + '_ {
        self.0.keys().copied()
    }
}

/// The clients of an edge: the merchants that may ask, with their public keys.
/// Copies are the same clients.
///
/// ```
/// use capture_engine::http::{Clients, KeyVersion, PrivateKey};
/// let clients = Clients::new();
/// let (old, new) = (PrivateKey::generate()?, PrivateKey::generate()?);
/// let shop = "shop".parse()?;
/// clients.add(&shop, KeyVersion::FIRST, old.public_key()?);
/// // The next key is there before the merchant uses it; then the old one goes.
/// clients.add(&shop, "2".parse()?, new.public_key()?);
/// assert!(clients.retire(&shop, KeyVersion::FIRST));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Clients(Arc<RwLock<HashMap<MerchantId, KeyRing>>>);

impl Clients {
    /// No clients yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key, and its client if that is new. It takes the place of a key
    /// of the same version.
    ///
    /// A key should be one client's alone: whoever has it signs for all whose
    /// key it is. The host chooses the names: the signed text joins name and
    /// time by a full stop, so that no name should begin with another one, a
    /// full stop and a time.
    pub fn add(&self, client: &MerchantId, version: KeyVersion, key: PublicKey) {
        self.write().entry(client.clone()).or_default().add(version, key);
    }

    /// Takes a key away; says whether there was one. A client whose last key
    /// went is known still, and none of its signatures is taken.
    pub fn retire(&self, client: &MerchantId, version: KeyVersion) -> bool {
        self.write().get_mut(client).is_some_and(|keys| keys.retire(version))
    }

    /// Takes a client away with all its keys; says whether there was one.
    pub fn remove(&self, client: &MerchantId) -> bool {
        self.write().remove(client).is_some()
    }

    /// The keys of a client as they are now.
    #[must_use]
    pub fn keys(&self, client: &MerchantId) -> Option<KeyRing> {
        self.read().get(client).cloned()
    }

    /// The client of this name.
    pub(super) fn find(&self, name: &str) -> Option<MerchantId> {
        self.read().get_key_value(name).map(|(client, _)| client.clone())
    }

    /// A client's key of this version, or its latest one. A client that was
    /// removed since it was found is not known, as if that had come first.
    pub(super) fn key(
        &self,
        client: &MerchantId,
        version: Option<KeyVersion>,
    ) -> Result<PublicKey, Rejection> {
        let clients = self.read();
        let keys = clients.get(client).ok_or(Rejection::UnknownClient)?;
        keys.key(version).cloned().ok_or(Rejection::UnknownKey)
    }

    // No step of a change can fail, so that what a panic leaves is whole.
    fn read(&self) -> RwLockReadGuard<'_, HashMap<MerchantId, KeyRing>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<MerchantId, KeyRing>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.read().iter()).finish()
    }
}

/// The private key with which one side signs, and its version. Copies are the
/// same signer.
#[derive(Clone, Debug)]
pub struct Signer(Arc<RwLock<(KeyVersion, PrivateKey)>>);

impl Signer {
    /// Signs with this key.
    #[must_use]
    pub fn new(version: KeyVersion, key: PrivateKey) -> Self {
        Self(Arc::new(RwLock::new((version, key))))
    }

    /// Signs with another key from now on. Whoever verifies must know it
    /// before.
    pub fn rotate(&self, version: KeyVersion, key: PrivateKey) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = (version, key);
    }

    pub(super) fn current(&self) -> (KeyVersion, PrivateKey) {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
