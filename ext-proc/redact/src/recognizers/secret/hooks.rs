//! URLs that are secrets as a whole.
//! Must not know what they open.

use super::trim;
use crate::entity::Entity;
use crate::recognizers::{Field, Hit};
use crate::swar;

/// URLs that are secrets as a whole: whoever knows the URL of a web hook may post.
pub(super) const HOOKS: &[&str] = &[
    "hooks.slack.com/services/T",
    "hooks.slack.com/workflows/T",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "webhook.office.com/webhookb2/",
    "hooks.zapier.com/hooks/catch/",
    "api.telegram.org/bot",
    "chat.googleapis.com/v1/spaces/",
    "open.feishu.cn/open-apis/bot/v2/hook/",
    "oapi.dingtalk.com/robot/send?access_token=",
    "qyapi.weixin.qq.com/cgi-bin/webhook/send?key=",
    "maker.ifttt.com/trigger/",
];

pub(super) fn find(field: &Field<'_>, hits: &mut Vec<Hit>) {
    let text = field.text;
    let mut at = field.from;
    while let Some(slash) = swar::find(&text[at..], b'/').map(|step| at + step) {
        at = slash + 1;
        // The hosts end with com, org and cn.
        if !matches!(field.before(slash), Some(b'm' | b'g' | b'n')) {
            continue;
        }
        let found = HOOKS.iter().find_map(|hook| {
            let from = slash.checked_sub(hook.find('/')?)?;
            (from >= field.from && text[from..].starts_with(hook.as_bytes()))
                .then_some((from, from + hook.len()))
        });
        if let Some(hit) = found.and_then(|(from, rest)| hook(field, from, rest)) {
            at = hit.to;
            hits.push(hit);
        }
    }
}

fn hook(field: &Field<'_>, from: usize, rest: usize) -> Option<Hit> {
    let text = field.text;
    let mut start = from;
    while start > field.from
        && (text[start - 1].is_ascii_alphanumeric() || matches!(text[start - 1], b':' | b'/' | b'.' | b'-'))
    {
        start -= 1;
    }
    let len = text[rest..]
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || b"-_/.=&?:%@".contains(b))
        .count();
    let to = rest + trim(&text[rest..rest + len]);
    (to - rest >= 16).then(|| Hit::new(start, to, Entity::Secret, 0.98))
}
