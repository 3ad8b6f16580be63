//! The keys of what is stored, and their byte form for stores that have only
//! bytes. A key begins with the merchant, so that a store can spread them;
//! payers and what is asked of them are the host's.

use crate::id::{AdjustRequestId, CaptureRequestId, MerchantId, PayerId, PaymentId, VoidRequestId};

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
#[non_exhaustive]
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
#[non_exhaustive]
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

impl AuthorizationKey {
    /// The key's plain parts.
    pub fn parts(&self) -> KeyParts<'_> {
        KeyParts { kind: 'a', owner: self.merchant.as_str(), id: self.payment.as_str() }
    }
}

impl RecordKey {
    /// The key's plain parts.
    pub fn parts(&self) -> KeyParts<'_> {
        match self {
            Self::Authorize(merchant, payment) => {
                KeyParts { kind: 'A', owner: merchant.as_str(), id: payment.as_str() }
            }
            Self::Capture(merchant, request) => {
                KeyParts { kind: 'C', owner: merchant.as_str(), id: request.as_str() }
            }
            Self::Void(merchant, request) => {
                KeyParts { kind: 'V', owner: merchant.as_str(), id: request.as_str() }
            }
            Self::Cancel(merchant, payment) => {
                KeyParts { kind: 'X', owner: merchant.as_str(), id: payment.as_str() }
            }
            Self::Register(payer) => KeyParts { kind: 'R', owner: "", id: payer.as_str() },
            Self::Adjust(request) => KeyParts { kind: 'J', owner: "", id: request.as_str() },
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
    /// use capture_engine::{AuthorizationKey, Key};
    /// let key = AuthorizationKey { merchant: "M1".parse()?, payment: "pay-1".parse()? };
    /// assert_eq!(Key::Authorization(key).to_bytes(), b"M1\0a\0pay-1");
    /// # Ok::<(), capture_engine::id::IdError>(())
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        let KeyParts { kind, owner, id } = self.parts();
        format!("{owner}\0{kind}\0{id}").into_bytes()
    }
}

pub(crate) fn payer_parts(payer: &PayerId) -> KeyParts<'_> {
    KeyParts { kind: 'p', owner: "", id: payer.as_str() }
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
