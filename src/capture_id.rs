//! Where the ids of captures come from.

use arrayvec::ArrayString;
use siphasher::sip128::SipHasher24;

use crate::id::{CaptureId, CaptureRequestId, MerchantId};
use crate::settings::CaptureIdKey;

/// Gives the engine's id of a new capture. It must never give the same id for
/// two requests. It may be asked again for the same request and give the same
/// or another id: a replay returns the one that was recorded first. A closure
/// of the two ids is one.
pub trait IdSource: Send + Sync {
    /// The id of the capture that this request makes.
    fn capture_id(&self, merchant: &MerchantId, request: &CaptureRequestId) -> CaptureId;
}

impl<F> IdSource for F
where
    F: Fn(&MerchantId, &CaptureRequestId) -> CaptureId + Send + Sync,
{
    fn capture_id(&self, merchant: &MerchantId, request: &CaptureRequestId) -> CaptureId {
        self(merchant, request)
    }
}

/// The crate's own ids: 32 hexadecimal digits of SipHash-2-4 with 128 bits
/// over merchant and request, under a secret key. The same in every version,
/// on every machine; no counter, no look-up.
#[derive(Clone, Debug, Default)]
pub struct HashedIds {
    key: CaptureIdKey,
}

impl HashedIds {
    /// Ids under this key.
    pub fn new(key: CaptureIdKey) -> Self {
        Self { key }
    }
}

impl IdSource for HashedIds {
    fn capture_id(&self, merchant: &MerchantId, request: &CaptureRequestId) -> CaptureId {
        // No id holds a NUL, so that no two pairs give the same text. Together
        // they have at most 129 characters of at most 4 bytes.
        let mut text = ArrayString::<520>::new();
        let whole = [merchant.as_str(), "\0", request.as_str()]
            .into_iter()
            .all(|part| text.try_push_str(part).is_ok());
        debug_assert!(whole, "two ids fit");
        let hash = SipHasher24::new_with_key(self.key.bytes()).hash(text.as_bytes());
        CaptureId::from_hash(hash.as_u128())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn id_of(key: [u8; 16], merchant: &str, request: &str) -> String {
        let ids = HashedIds::new(CaptureIdKey::new(key));
        ids.capture_id(&merchant.parse().unwrap(), &request.parse().unwrap()).to_string()
    }

    #[test]
    fn ids_are_stable_over_versions() {
        assert_eq!(id_of([0; 16], "M1", "cap-1"), PINNED_WITH_ZERO_KEY);
        let key = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        assert_eq!(id_of(key, "M1", "cap-1"), PINNED_WITH_KEY);
    }

    // Computed apart from this crate, by another SipHash; they may never change.
    const PINNED_WITH_ZERO_KEY: &str = "38148caf2a16044a5300554881ba5b48";
    const PINNED_WITH_KEY: &str = "42bae4cb5de9ac9c582f8f30280c87e8";

    #[test]
    fn ids_depend_on_key_merchant_and_request_and_on_the_border_between_them() {
        let ids = [
            id_of([0; 16], "M1", "cap-1"),
            id_of([1; 16], "M1", "cap-1"),
            id_of([0; 16], "M2", "cap-1"),
            id_of([0; 16], "M1", "cap-2"),
            id_of([0; 16], "M1c", "ap-1"),
        ];
        for (at, id) in ids.iter().enumerate() {
            assert!(ids.iter().skip(at + 1).all(|other| other != id), "{id}");
        }
    }
}
