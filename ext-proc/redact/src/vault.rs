//! The vault of one exchange: which token stands for which value.
//! Must not know texts; it outlives the request and is read while the answer comes.

use std::collections::HashMap;
use std::fmt;

use crate::candidates::What;
use crate::recognizers::{Field, Hit};
use crate::token::{CODE_LEN, TenantKey, is_code};

/// The tokens that one exchange gave out and the values they stand for. Only these are ever put back.
pub struct Vault {
    key: TenantKey,
    values: HashMap<String, String>,
}

impl Vault {
    /// An empty vault of a tenant.
    pub fn new(key: TenantKey) -> Self {
        Self {
            key,
            values: HashMap::new(),
        }
    }

    /// How many values it holds.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(crate) fn key(&self) -> &TenantKey {
        &self.key
    }

    /// The token for a value, which can be put back from now on.
    pub(crate) fn put(&mut self, name: &str, value: &str) -> String {
        let mut attempt = 0;
        loop {
            let token = self.key.token(name, value, attempt);
            match self.values.get(&token) {
                Some(other) if other != value && attempt < u8::MAX => attempt += 1,
                Some(_) => return token,
                None => {
                    self.values.insert(token.clone(), value.to_owned());
                    return token;
                }
            }
        }
    }

    /// The value that a token stands for. Models sometimes change a token's case.
    pub(crate) fn get(&self, token: &str) -> Option<&str> {
        if let Some(value) = self.values.get(token) {
            return Some(value);
        }
        let (name, code) = token.split_at_checked(token.len().checked_sub(CODE_LEN)?)?;
        let other = name.to_ascii_uppercase() + &code.to_ascii_lowercase();
        self.values.get(&other).map(String::as_str)
    }

    /// Finds this vault's tokens.
    pub(crate) fn find(&self, field: &Field<'_>, hits: &mut Vec<Hit>) {
        if self.values.is_empty() || field.longest <= CODE_LEN {
            return;
        }
        let text = field.text;
        let mut at = field.from;
        while let Some(step) = text[at..].iter().position(|&b| b == b'_') {
            let sign = at + step;
            at = sign + 1;
            let to = at + CODE_LEN;
            let code = text
                .get(at..to)
                .is_some_and(|code| code.iter().all(|&b| is_code(b)));
            if !code {
                continue;
            }
            let mut from = sign;
            while from > field.from && (text[from - 1].is_ascii_alphanumeric() || text[from - 1] == b'_') {
                from -= 1;
            }
            // Something may be glued to both ends: the code's length is fixed, and the name is the part that counts in front.
            let token = (from..sign).find(|&start| {
                std::str::from_utf8(&text[start..to]).is_ok_and(|token| self.get(token).is_some())
            });
            if let Some(from) = token {
                hits.push(Hit {
                    from,
                    to,
                    what: What::Token,
                    score: 1.0,
                });
                at = to;
            }
        }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({} values)", self.values.len())
    }
}
