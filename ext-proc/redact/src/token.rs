//! Reversible tokens and keyed hashes: what stands for a value, and how that is derived from a tenant's key.
//! Must not know which values an exchange holds.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Characters of a token's code: Crockford's base 32, so no letter can be taken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Length of a token's code: 60 bits. The same for all, so no token is the beginning of another.
pub(crate) const CODE_LEN: usize = 12;

/// What tokens and hashes of a tenant are derived from. The same key gives the same tokens in every turn and replica.
#[derive(Clone)]
pub struct TenantKey(Hmac<Sha256>);

impl TenantKey {
    /// A key from 32 bytes that nobody else knows.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(keyed(&bytes))
    }

    /// A key derived from a longer-lived secret and the tenant's name (HMAC-SHA-256), for tenants without their own.
    pub fn derive(secret: &[u8], tenant: &str) -> Self {
        Self::new(mac(
            keyed(secret),
            &[b"tollgate redaction key", tenant.as_bytes()],
        ))
    }

    /// The token of a value of the kind with this name. `attempt` is 0 but after a collision.
    pub(crate) fn token(&self, name: &str, value: &str, attempt: u8) -> String {
        self.coded(name, '_', b"token", value, attempt)
    }

    /// The hash of a value: shaped unlike a token, and of another domain.
    pub(crate) fn hash(&self, name: &str, value: &str) -> String {
        self.coded(name, '#', b"hash", value, 0)
    }

    fn coded(&self, name: &str, sign: char, domain: &[u8], value: &str, attempt: u8) -> String {
        let digest = mac(
            self.0.clone(),
            &[domain, &[attempt], name.as_bytes(), value.as_bytes()],
        );
        let mut out = String::with_capacity(name.len() + 1 + CODE_LEN);
        out.push_str(name);
        out.push(sign);
        let mut bits = u64::from_be_bytes(std::array::from_fn(|i| digest[i]));
        for _ in 0..CODE_LEN {
            out.push(ALPHABET[(bits >> 59) as usize] as char);
            bits <<= 5;
        }
        out
    }
}

impl fmt::Debug for TenantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TenantKey(***)")
    }
}

/// Half of the work, done once for each key.
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    let Ok(mac) = Hmac::new_from_slice(key) else {
        unreachable!("HMAC takes keys of any length")
    };
    mac
}

/// HMAC-SHA-256 over parts, each with its length so that no two lists of parts are one text.
fn mac(mut mac: Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether a byte can stand in a token's code.
pub(crate) fn is_code(b: u8) -> bool {
    ALPHABET.contains(&b.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_stable_keyed_and_of_one_length() {
        let key = TenantKey::new([7; 32]);
        let token = key.token("EMAIL_ADDRESS", "a@example.com", 0);
        assert_eq!(token, key.token("EMAIL_ADDRESS", "a@example.com", 0));
        assert_eq!(token.len(), "EMAIL_ADDRESS_".len() + CODE_LEN);
        assert_ne!(token, key.token("EMAIL_ADDRESS", "b@example.com", 0));
        assert_ne!(
            token,
            TenantKey::new([8; 32]).token("EMAIL_ADDRESS", "a@example.com", 0)
        );
        assert_ne!(token, key.token("EMAIL_ADDRESS", "a@example.com", 1));
        assert!(token.bytes().rev().take(CODE_LEN).all(is_code));
    }

    #[test]
    fn nothing_is_printed() {
        assert_eq!(format!("{:?}", TenantKey::new([7; 32])), "TenantKey(***)");
        assert_ne!(mac(keyed(b"k"), &[b"ab", b"c"]), mac(keyed(b"k"), &[b"a", b"bc"]));
    }
}
