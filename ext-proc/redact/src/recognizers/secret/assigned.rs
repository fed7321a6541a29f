//! Secrets that only the name before them gives away: `password = …`, `"api_key": "…"`, "my password is …".
//! Must not know programming languages beyond what a value looks like that is code rather than a secret.

use super::{is_drawn, variety};
use crate::entity::Entity;
use crate::recognizers::{Field, Hit, is_word};

/// Names of what a person makes up: short values count.
const PASSWORDS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "pass",
    "passwort",
    "kennwort",
    "contraseña",
    "contrasena",
    "mot de passe",
    "senha",
    "wachtwoord",
    "lösenord",
    "hasło",
    "parola",
    "şifre",
    "salasana",
    "heslo",
    "jelszó",
    "пapoлb",
    "密码",
    "密碼",
    "パスワード",
    "비밀번호",
];

/// Names of what a machine draws: only what looks drawn counts.
const KEYS: &[&str] = &[
    "secret",
    "token",
    "api_key",
    "apikey",
    "api-key",
    "api key",
    "access_key",
    "access key",
    "accesskey",
    "access-key",
    "secret_key",
    "secret key",
    "secretkey",
    "secret-key",
    "private_key",
    "private key",
    "privatekey",
    "auth_key",
    "authkey",
    "encryption_key",
    "encryption key",
    "signing_key",
    "account_key",
    "accountkey",
    "master_key",
    "license_key",
    "licence_key",
    "license key",
    "credential",
    "credentials",
    "access_key_id",
    "authorization",
    "x-api-key",
    "client_secret",
    "app_secret",
    "app_key",
    "webhook_secret",
    "session_key",
    "sessionid",
    "session_id",
    "cookie",
    "bearer",
    "auth",
    "service_key",
    "deploy_key",
    "ssh_key",
    "subscription_key",
    "subscription-key",
    "storage_key",
    "hmac_key",
    "key_secret",
    "api_secret",
    "jwt",
];

pub(super) fn find(field: &Field<'_>, hits: &mut Vec<Hit>) {
    // Every secret that a name gives away has a digit.
    if field.digits == 0 {
        return;
    }
    let text = field.text;
    let mut word = field.from;
    while word < text.len() {
        let len = text[word..].iter().take_while(|&&b| !is_gap(b)).count();
        if len >= 6 {
            let sign = text[word..word + len]
                .iter()
                .position(|&b| b == b'=' || b == b':')
                .filter(|sign| *sign < 48);
            let (name_end, from) = sign.map_or((word, word), |sign| (word + sign, word + sign + 1));
            let from = from
                + text[from..word + len]
                    .iter()
                    .take_while(|&&b| b == b'=' || b == b':')
                    .count();
            let value = &text[from..word + len];
            if value.len() >= 6 && value.iter().any(u8::is_ascii_digit) {
                let end = value
                    .iter()
                    .rposition(|b| !matches!(b, b'.' | b'?' | b')' | b'!' | b']'))
                    .map_or(0, |last| last + 1);
                let strength = strength(&text[..name_end], sign.is_some());
                if let Some(score) = strength.and_then(|strength| strength.score(&value[..end])) {
                    hits.push(Hit::new(from, from + end, Entity::Secret, score));
                }
            }
        }
        word += len + 1;
    }
}

/// What a name promises.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Strength {
    Password,
    Key,
}

impl Strength {
    fn score(self, value: &[u8]) -> Option<f32> {
        let (variety, lower, upper, digits) = variety(value);
        let ascii = value.iter().all(u8::is_ascii_graphic);
        let words = value.iter().filter(|b| matches!(b, b'.' | b'/' | b'_')).count();
        let code = value.iter().any(|b| b"()[]$\\^".contains(b))
            || value.starts_with(b"%")
            || value.starts_with(b"http")
            || value.starts_with(b"/");
        let letters = lower || upper;
        if !ascii || code || digits == 0 {
            return None;
        }
        match self {
            Self::Password => ((6..=128).contains(&value.len())
                && variety >= 4
                && (letters || value.len() >= 6)
                && words <= 1)
                .then_some(0.7),
            Self::Key if value.contains(&b'.') => None,
            Self::Key => (value.len() >= 16 && is_drawn(value) && words <= 2).then_some(0.8),
        }
    }
}

fn is_gap(b: u8) -> bool {
    const GAP: [bool; 256] = {
        let mut table = [false; 256];
        let mut b = 0;
        while b < 128 {
            table[b] = matches!(
                b as u8,
                b' ' | b'\n'
                    | b'\t'
                    | b'\r'
                    | b'"'
                    | b'\''
                    | b'`'
                    | b','
                    | b';'
                    | b'{'
                    | b'}'
                    | b'<'
                    | b'>'
                    | b'|'
                    | b'&'
                    | b'?'
                    | 1
            );
            b += 1;
        }
        table
    };
    GAP[b as usize]
}

/// What the name promises that `left` ends with, before a sign of assignment (unless that was taken off) and quotes.
fn strength(left: &[u8], signed: bool) -> Option<Strength> {
    let left = &left[left.len().saturating_sub(48)..];
    let mut rest = unquoted(left);
    if !signed {
        rest = match rest {
            [rest @ .., b'=' | b':'] => rest,
            [rest @ .., b' ', b'i', b's'] => rest,
            _ => return None,
        };
        rest = unquoted(rest);
    }
    let named = |names: &[&str]| {
        names.iter().any(|name| {
            let Some(start) = rest.len().checked_sub(name.len()) else {
                return false;
            };
            // `compass=` is not `pass=`; `DB_PASS=` is.
            let glued = start > 0
                && is_word(rest[start - 1])
                && !(rest[start - 1].is_ascii_lowercase() && rest[start].is_ascii_uppercase());
            rest[start..].eq_ignore_ascii_case(name.as_bytes()) && (!glued || name.len() > 5)
        })
    };
    if named(PASSWORDS) {
        Some(Strength::Password)
    } else if named(KEYS) {
        Some(Strength::Key)
    } else {
        None
    }
}

/// Without spaces and quotes at the end.
fn unquoted(text: &[u8]) -> &[u8] {
    &text[..text
        .iter()
        .rposition(|b| !matches!(b, b' ' | b'"' | b'\'' | b'`' | 1 | b'\\'))
        .map_or(0, |last| last + 1)]
}
