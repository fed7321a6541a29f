//! URLs with a scheme, and whether they carry a password.
//! Must not know what a URL leads to.

use super::{Field, Hit, is_word};
use crate::entity::Entity;

/// Schemes whose URLs are addresses that people visit; others that carry a password are connection strings.
const WEB: &[&str] = &["http", "https", "ftp", "ftps", "ws", "wss"];

pub(crate) fn find(field: &Field<'_>, hits: &mut Vec<Hit>) {
    let text = field.text;
    let mut at = field.from;
    while let Some(step) = text[at..].windows(3).position(|window| window == b"://") {
        let colon = at + step;
        at = colon + 3;
        let mut from = colon;
        while from > field.from
            && (text[from - 1].is_ascii_alphanumeric() || matches!(text[from - 1], b'+' | b'-' | b'.'))
        {
            from -= 1;
        }
        let to = end(text, at);
        if from == colon || to <= at {
            continue;
        }
        let scheme = String::from_utf8_lossy(&text[from..colon]).to_ascii_lowercase();
        let web = WEB.contains(&scheme.as_str());
        let password = has_password(&text[at..to]);
        let host = text[at..to].iter().any(|&b| is_word(b));
        match (web, password) {
            _ if !host => {}
            (true, true) => hits.push(Hit::new(from, to, Entity::Url, 0.95)),
            (false, true) => hits.push(Hit::new(from, to, Entity::Secret, 0.95)),
            (true, false) => hits.push(Hit::new(from, to, Entity::Url, 0.6)),
            (false, false) => {}
        }
        at = to;
    }
}

/// The end of a URL's text: what prose puts after it does not belong to it.
fn end(text: &[u8], start: usize) -> usize {
    let mut to = start;
    let mut open = 0i32;
    while let Some(&b) = text.get(to) {
        match b {
            0..=0x20 | b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'|' | b'\\' | b'^' => break,
            b'(' | b'[' => open += 1,
            b')' | b']' => {
                open -= 1;
                if open < 0 {
                    break;
                }
            }
            _ => {}
        }
        to += 1;
    }
    while to > start
        && matches!(
            text[to - 1],
            b'.' | b',' | b';' | b':' | b'!' | b'?' | b'\'' | b'*' | b'_' | b'~'
        )
    {
        to -= 1;
    }
    to
}

/// RFC 3986 3.2.1: `user:password@` before the host.
fn has_password(rest: &[u8]) -> bool {
    let authority = rest
        .split(|b| matches!(b, b'/' | b'?' | b'#'))
        .next()
        .unwrap_or_default();
    let Some(at) = authority.iter().rposition(|&b| b == b'@') else {
        return false;
    };
    let Some(colon) = authority[..at].iter().position(|&b| b == b':') else {
        return false;
    };
    let password = &authority[colon + 1..at];
    // `${PASSWORD}`, `<password>` and `***` are templates; their special characters end the URL earlier.
    !authority.contains(&b'[') && !password.is_empty() && password.iter().any(|&b| is_word(b)) && !password.starts_with(b"$")
}
