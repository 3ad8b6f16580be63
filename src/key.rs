//! The keys of what is stored, and their byte form for stores that have only
//! bytes. A key begins with the merchant, so that a store can spread them;
//! payers and what is asked of them are the host's.

use crate::id::{AdjustRequestId, CaptureRequestId, IdError, MerchantId, PayerId, PaymentId, VoidRequestId};

/// The key of an authorization.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthorizationKey {
    /// The merchant.
    pub merchant: MerchantId,
    /// The payment.
    pub payment: PaymentId,
}

/// The key of what is remembered of a request: ids are unique per owner and kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKey {
    /// An authorize of a merchant.
    Authorize(MerchantId, PaymentId),
    /// A capture of a merchant.
    Capture(MerchantId, CaptureRequestId),
    /// A void of a merchant.
    Void(MerchantId, VoidRequestId),
    /// A cancel of a merchant.
    Cancel(MerchantId, PaymentId),
    /// The registration of a payer.
    Register(PayerId),
    /// An adjustment by the host.
    Adjust(AdjustRequestId),
}

/// The key of anything that a store loads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// An authorization. Loading it brings its payer.
    Authorization(AuthorizationKey),
    /// A record. Loading it brings the authorization that it names, and that one's payer.
    Record(RecordKey),
    /// A payer's account.
    Payer(PayerId),
}

/// A key in its three plain parts: what it is of, whose, and the id. The owner
/// is empty where that is the host (no id is empty).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyParts<'a> {
    /// One letter for what is stored: `a` authorization, `p` payer; records:
    /// `A` authorize, `C` capture, `V` void, `X` cancel, `R` register, `J` adjust.
    pub kind: char,
    /// The merchant, or empty for the host.
    pub owner: &'a str,
    /// The id.
    pub id: &'a str,
}

// The only place that says which letter is which.
impl<'a> KeyParts<'a> {
    pub(crate) const fn authorization(owner: &'a str, id: &'a str) -> Self {
        Self { kind: 'a', owner, id }
    }

    pub(crate) const fn authorize(owner: &'a str, id: &'a str) -> Self {
        Self { kind: 'A', owner, id }
    }

    pub(crate) const fn capture(owner: &'a str, id: &'a str) -> Self {
        Self { kind: 'C', owner, id }
    }

    pub(crate) const fn void(owner: &'a str, id: &'a str) -> Self {
        Self { kind: 'V', owner, id }
    }

    pub(crate) const fn cancel(owner: &'a str, id: &'a str) -> Self {
        Self { kind: 'X', owner, id }
    }

    pub(crate) const fn payer(id: &'a str) -> Self {
        Self { kind: 'p', owner: "", id }
    }

    pub(crate) const fn register(id: &'a str) -> Self {
        Self { kind: 'R', owner: "", id }
    }

    pub(crate) const fn adjust(id: &'a str) -> Self {
        Self { kind: 'J', owner: "", id }
    }
}

impl AuthorizationKey {
    /// The key's plain parts.
    pub fn parts(&self) -> KeyParts<'_> {
        KeyParts::authorization(self.merchant.as_str(), self.payment.as_str())
    }
}

impl RecordKey {
    /// The key's plain parts.
    pub fn parts(&self) -> KeyParts<'_> {
        match self {
            Self::Authorize(merchant, payment) => KeyParts::authorize(merchant.as_str(), payment.as_str()),
            Self::Capture(merchant, request) => KeyParts::capture(merchant.as_str(), request.as_str()),
            Self::Void(merchant, request) => KeyParts::void(merchant.as_str(), request.as_str()),
            Self::Cancel(merchant, payment) => KeyParts::cancel(merchant.as_str(), payment.as_str()),
            Self::Register(payer) => KeyParts::register(payer.as_str()),
            Self::Adjust(request) => KeyParts::adjust(request.as_str()),
        }
    }
}

impl Key {
    /// The key's plain parts.
    pub fn parts(&self) -> KeyParts<'_> {
        match self {
            Self::Authorization(key) => key.parts(),
            Self::Record(key) => key.parts(),
            Self::Payer(payer) => payer_parts(payer),
        }
    }

    /// The key as bytes: owner, NUL, kind, NUL, id. No two keys have the same
    /// bytes (an id holds no NUL), and the keys of one merchant stand together.
    ///
    /// ```
    /// use capture_engine::store::{AuthorizationKey, Key};
    /// let key = AuthorizationKey { merchant: "M1".parse()?, payment: "pay-1".parse()? };
    /// assert_eq!(Key::Authorization(key).to_bytes(), b"M1\0a\0pay-1");
    /// # Ok::<(), capture_engine::id::IdError>(())
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        let KeyParts { kind, owner, id } = self.parts();
        format!("{owner}\0{kind}\0{id}").into_bytes()
    }
}

/// The bytes are no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no key: expected owner, NUL, kind, NUL, id")]
pub struct KeyError;

impl From<IdError> for KeyError {
    fn from(_: IdError) -> Self {
        Self
    }
}

impl Key {
    /// The key that [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// [`KeyError`] for bytes that it cannot have written.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let text = std::str::from_utf8(bytes).map_err(|_| KeyError)?;
        let mut parts = text.split('\0');
        let (Some(owner), Some(kind), Some(id), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(KeyError);
        };
        let merchant = || MerchantId::try_from(owner);
        Ok(match (kind, owner) {
            ("a", _) => AuthorizationKey { merchant: merchant()?, payment: id.try_into()? }.into(),
            ("A", _) => RecordKey::Authorize(merchant()?, id.try_into()?).into(),
            ("C", _) => RecordKey::Capture(merchant()?, id.try_into()?).into(),
            ("V", _) => RecordKey::Void(merchant()?, id.try_into()?).into(),
            ("X", _) => RecordKey::Cancel(merchant()?, id.try_into()?).into(),
            ("R", "") => RecordKey::Register(id.try_into()?).into(),
            ("J", "") => RecordKey::Adjust(id.try_into()?).into(),
            ("p", "") => Self::Payer(id.try_into()?),
            _ => return Err(KeyError),
        })
    }
}

pub(crate) fn payer_parts(payer: &PayerId) -> KeyParts<'_> {
    KeyParts::payer(payer.as_str())
}

impl From<AuthorizationKey> for Key {
    fn from(key: AuthorizationKey) -> Self {
        Self::Authorization(key)
    }
}

impl From<RecordKey> for Key {
    fn from(key: RecordKey) -> Self {
        Self::Record(key)
    }
}

impl From<PayerId> for Key {
    fn from(payer: PayerId) -> Self {
        Self::Payer(payer)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_key_is_read_back_from_its_bytes() {
        let merchant: MerchantId = "M".parse().unwrap();
        let keys: [Key; 8] = [
            AuthorizationKey { merchant: merchant.clone(), payment: "p".parse().unwrap() }.into(),
            RecordKey::Authorize(merchant.clone(), "p".parse().unwrap()).into(),
            RecordKey::Capture(merchant.clone(), "c".parse().unwrap()).into(),
            RecordKey::Void(merchant.clone(), "v".parse().unwrap()).into(),
            RecordKey::Cancel(merchant, "p".parse().unwrap()).into(),
            RecordKey::Register("r".parse().unwrap()).into(),
            RecordKey::Adjust("j".parse().unwrap()).into(),
            Key::Payer("p".parse().unwrap()),
        ];
        for key in &keys {
            assert_eq!(Key::from_bytes(&key.to_bytes()).as_ref(), Ok(key));
        }
        let mut bytes: Vec<_> = keys.iter().map(Key::to_bytes).collect();
        bytes.sort();
        bytes.dedup();
        assert_eq!(bytes.len(), keys.len());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let wrong: [&[u8]; 9] =
            [b"", b"M", b"M\0a", b"M\0a\0", b"\0a\0p", b"M\0a\0p\0", b"M\0z\0p", b"M\0p\0x", b"M\0a\0\xff"];
        for bytes in wrong {
            assert_eq!(Key::from_bytes(bytes), Err(KeyError), "{bytes:?}");
        }
    }
}
