//! Signs around words: quotes and code, chat templates and role labels, images.
//! Must not know phrases.

use super::Signal;
use super::reading::{Hit, Reading};
use super::scales::Scales;
use crate::rule::Role;

/// A name that signs make part of a chat template or a role label.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sign {
    /// Its weight in what people write, and in what tools return.
    pub(super) user: f32,
    pub(super) tool: f32,
    /// Whether it is a template's token rather than a label that people write too.
    pub(super) token: bool,
    /// Whether it stands in code.
    pub(super) code: bool,
}

/// Names of roles that a label can make a turn of.
const TURNS: [&[u8]; 6] = [
    b"system",
    b"assistant",
    b"developer",
    b"admin",
    b"instruction",
    b"instructions",
];

/// Bytes between the beginning of a line and a label in it, at most.
const LEAD: usize = 8;

/// What the signs around a name make of it.
pub(super) fn sign(text: &[u8], mark: &Hit) -> Option<Sign> {
    let name = text.get(mark.start..mark.end)?.to_ascii_lowercase();
    let before = |signs: &str| {
        text.get(..mark.start)
            .is_some_and(|text| text.ends_with(signs.as_bytes()))
    };
    let rest = text.get(mark.end..)?;
    let after = |signs: &str| rest.starts_with(signs.as_bytes());
    let code = quoted(text, mark.start);
    let sign = |user, tool, token| {
        Some(Sign {
            user,
            tool,
            token,
            code,
        })
    };
    if before("<|") && (after("|>") || after("_|>")) {
        return sign(0.6, 0.75, true);
    }
    let capitals = text
        .get(mark.start..mark.end)?
        .iter()
        .all(|byte| !byte.is_ascii_lowercase());
    if (before("[") || before("[/")) && after("]") && name == b"inst" && capitals {
        return sign(0.6, 0.75, true);
    }
    if (before("<<") || before("<</")) && after(">>") && name == b"sys" {
        return sign(0.6, 0.75, true);
    }
    if (before("<") || before("</")) && after(">") {
        return match name.as_slice() {
            b"start_of_turn" | b"end_of_turn" => sign(0.6, 0.75, true),
            b"system" | b"assistant" | b"system_prompt" | b"system_message" | b"instructions" | b"admin"
                if commands(rest) =>
            {
                sign(0.56, 0.68, false)
            }
            b"system" | b"system_prompt" | b"system_message" | b"instructions" => sign(0.2, 0.35, false),
            b"user_input" | b"user_query" | b"tool_response" | b"function_results" if before("</") => {
                sign(0.5, 0.65, false)
            }
            _ => None,
        };
    }
    if !TURNS.contains(&name.as_slice()) {
        return None;
    }
    // What a line begins with before a label is short, or the label is none.
    let lead = text.get(mark.start.saturating_sub(LEAD)..mark.start)?;
    let lead = match lead.iter().rposition(|&byte| byte == b'\n') {
        Some(end) => lead.get(end + 1..)?,
        None if mark.start < LEAD => lead,
        None => return None,
    };
    if lead.starts_with(b"##")
        && lead.iter().all(|&byte| byte == b'#' || byte == b' ')
        && (after(":") || after("\n"))
    {
        return if after(":") {
            sign(0.5, 0.6, false)
        } else {
            sign(0.2, 0.3, false)
        };
    }
    let label = matches!(lead, b"" | b"[" | b"(" | b"*" | b"--- " | b"> ")
        && (after(":")
            || after("]")
            || after("]:")
            || after("):")
            || after(" prompt:")
            || after(" message:"));
    if label && commands(rest) {
        return sign(0.56, 0.68, false);
    }
    None
}

/// Whether what follows a label speaks to a model.
fn commands(rest: &[u8]) -> bool {
    let rest = rest
        .get(..rest.len().min(80))
        .unwrap_or_default()
        .to_ascii_lowercase();
    let has = |part: &str| rest.windows(part.len()).any(|window| window == part.as_bytes());
    [
        "you are ",
        "you must",
        "you will",
        "you should",
        "you have",
        "you now",
        "ignore",
        "disregard",
        "forget",
        "override",
        "instruction",
        "restriction",
        "safety",
        "mode",
        "the user is",
        "the user has",
        "user is an",
        "authorized",
        "comply",
        "sure, ",
        "sure! ",
        "of course",
    ]
    .iter()
    .any(|part| has(part))
}

/// Whether a place stands close behind a quote that opens, or in inline code.
pub(super) fn quoted(text: &[u8], at: usize) -> bool {
    let from = at.saturating_sub(32);
    let Some(before) = text.get(from..at) else {
        return false;
    };
    let line = before
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |at| at + 1);
    let before = before.get(line..).unwrap_or_default();
    let open = before.iter().enumerate().rev().find_map(|(i, &byte)| {
        // Typographic quotes are folded to 1.
        let quote = matches!(byte, b'"' | b'`' | 1) || (byte == b'\'' && i + 1 < before.len());
        let left = i.checked_sub(1).and_then(|left| before.get(left));
        let opens =
            left.is_none_or(|&left| matches!(left, b' ' | b'(' | b'[' | b':' | b',' | b'`' | b'"' | b'='));
        quote.then_some(opens)
    });
    let guillemet = |sign: &str| before.windows(sign.len()).any(|part| part == sign.as_bytes());
    open.unwrap_or(false) || guillemet("«") || guillemet("„") || guillemet("「")
}

/// Longest address of an image that is looked at.
const ADDRESS: usize = 512;

/// Weighs the images of a text by their addresses.
pub(super) fn images(role: Role, text: &[u8], read: &Reading, scales: &mut Scales) {
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr(b'!', rest)) {
        at += found + 1;
        let Some(rest) = text.get(at..).filter(|rest| rest.first() == Some(&b'[')) else {
            continue;
        };
        let head = rest.get(..rest.len().min(256)).unwrap_or_default();
        let Some(open) = head.windows(2).position(|pair| pair == b"](") else {
            continue;
        };
        let address = rest.get(open + 2..).unwrap_or_default();
        let address = address.get(..address.len().min(ADDRESS)).unwrap_or_default();
        let end = address
            .iter()
            .position(|&byte| matches!(byte, b')' | b' ' | b'\n'));
        let address = address.get(..end.unwrap_or(address.len())).unwrap_or_default();
        if !address
            .get(..4)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"http"))
        {
            continue;
        }
        let Some(query) = address
            .iter()
            .position(|&byte| byte == b'?')
            .and_then(|at| address.get(at + 1..))
        else {
            continue;
        };
        let blank = query.ends_with(b"=")
            || query
                .windows(2)
                .any(|pair| matches!(pair, [b'{' | b'[' | b'<', next] if !next.is_ascii_digit()))
            || query.split(|&byte| byte == b'=').skip(1).any(|value| {
                value.len() >= 4
                    && value
                        .iter()
                        .all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
            });
        let hit = read.hits.partition_point(|hit| hit.end < at);
        let word = read.hits.get(hit).or(read.hits.last()).map_or(0, |hit| hit.first);
        let around = read
            .hits
            .get(hit.saturating_sub(24)..(hit + 24).min(read.hits.len()))
            .unwrap_or_default();
        let told = around.iter().filter(|hit| hit.class.carries()).count();
        let weight = match (blank, role) {
            (true, _) if told >= 2 => 0.82,
            (true, Role::Tool) => 0.55,
            (true, _) => 0.4,
            (false, Role::Assistant) if query.split(|&byte| byte == b'=').any(|value| value.len() >= 80) => {
                0.55
            }
            _ => continue,
        };
        scales.add(Signal::Image, weight, word, quoted(text, at));
    }
}
