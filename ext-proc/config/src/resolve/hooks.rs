//! Resolves hooks, and what policies ask them.
//!
//! Must not call any.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use super::Known;
use super::gateway::{on_failure, positive, secret_ref};
use super::names::Names;
use super::policy::{is_entity_name, operator};
use crate::path::Path;
use crate::report::Report;
use crate::usable::{EntityRules, Hook, ModeratedStream, Moderation, ModerationAction, Operator, Recognizer};
use crate::written;

/// Kinds that the engine takes from outside its own list, in one set of rules.
const MOST_KINDS: usize = 256;

/// Which texts a recognizer sees.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Request,
    Answer,
}

pub(crate) fn hooks(
    written: Vec<written::Hook>,
    path: &Path,
    known: &Known<'_>,
    report: &mut Report,
) -> Names<Hook> {
    let mut hooks = Names::new("hook", path, report);
    for (at, hook) in written.into_iter().enumerate() {
        let path = path.index(at);
        let name = hook.name.0.clone();
        let hook = self::hook(hook, &path, known, report);
        hooks.add(&name, &path, Some(hook), report);
    }
    hooks
}

fn hook(written: written::Hook, path: &Path, known: &Known<'_>, report: &mut Report) -> Hook {
    let url = written.url.0;
    if !url.tls && !url.is_loopback() {
        report.warn(
            &path.field("url"),
            "texts and the credential travel unencrypted; use https",
        );
    }
    let ca_file = written.ca_file.map(|file| PathBuf::from(file.0));
    if ca_file.is_some() && !url.tls {
        report.error(&path.field("ca_file"), "has no meaning without https");
    }
    Hook {
        name: written.name.0,
        url,
        credential: written
            .credential
            .map(|secret| secret_ref(secret, &path.field("credential"), known, report)),
        timeout: positive(written.timeout.0, &path.field("timeout"), report),
        calls: NonZeroUsize::new(usize::from(written.calls)).unwrap_or(NonZeroUsize::MIN),
        ca_file,
    }
}

/// `rules` are those of the engine in the same direction, without the recognizer.
pub(crate) fn recognizer(
    written: written::Recognizer,
    rules: &EntityRules,
    direction: Direction,
    hooks: &Names<Hook>,
    path: &Path,
    report: &mut Report,
) -> Option<Recognizer> {
    let hook = hooks.find(&written.hook.0, &path.field("hook"), report);
    let mut entities = BTreeMap::new();
    for (name, chosen) in written.entities {
        let chosen = operator(chosen);
        let path = path.field("entities").field(&name);
        check_kind(&name, chosen, rules, direction, &path, report);
        entities.insert(name, chosen);
    }
    if entities.is_empty() {
        report.error(
            &path.field("entities"),
            "name at least one kind, such as `PERSON: placeholder`",
        );
    } else if entities.len() + rules.custom.len() > MOST_KINDS {
        report.error(
            &path.field("entities"),
            format!("with `custom` there may be at most {MOST_KINDS} kinds"),
        );
    }
    Some(Recognizer {
        hook: Arc::clone(hook?),
        language: written.language.0,
        entities,
        threshold: written.threshold,
        on_failure: on_failure(written.on_failure),
    })
}

fn check_kind(
    name: &str,
    chosen: Operator,
    rules: &EntityRules,
    direction: Direction,
    path: &Path,
    report: &mut Report,
) {
    if !is_entity_name(name) {
        report.error(
            path,
            "names of kinds are capitals, digits and underscores, such as PERSON, 64 at most",
        );
    } else if name == "CUSTOM" {
        report.error(
            path,
            "CUSTOM stands for the kinds of `custom`: choose another name",
        );
    } else if rules.custom.iter().any(|custom| custom.name == name) {
        report.error(path, "`custom` defines a kind of this name: rename one of them");
    } else if rules.entities.get(name).is_some_and(|other| *other != chosen) {
        report.error(
            path,
            format!("the rules' own `entities` treat {name} in another way: say the same in both, or leave it out of one"),
        );
    }
    match chosen {
        Operator::Off => report.error(path, "`off` finds nothing: leave the kind out"),
        Operator::Token if direction == Direction::Answer => {
            report.error(path, "`token` is for requests; nobody restores it in an answer");
        }
        _ => {}
    }
}

pub(crate) fn moderation(
    written: written::Moderation,
    hooks: &Names<Hook>,
    path: &Path,
    report: &mut Report,
) -> Option<Moderation> {
    let hook = hooks.find(&written.hook.0, &path.field("hook"), report);
    if !written.request && !written.answer {
        report.error(
            path,
            "judges nothing: say `request: true`, `answer: true` or both, or leave it out",
        );
    }
    let moderation = Moderation {
        hook: Arc::clone(hook?),
        model: written.model.map(|model| model.0),
        request: written.request,
        answer: written.answer,
        stream: match written.stream {
            written::ModeratedStream::Windows => ModeratedStream::Windows,
            written::ModeratedStream::End => ModeratedStream::End,
        },
        thresholds: written
            .thresholds
            .into_iter()
            .map(|(category, score)| (category, score.0))
            .collect(),
        action: match written.action {
            written::ModerationAction::Block => ModerationAction::Block,
            written::ModerationAction::Annotate => ModerationAction::Annotate,
            written::ModerationAction::Log => ModerationAction::Log,
        },
        on_failure: on_failure(written.on_failure),
        dry_run: written.dry_run,
    };
    if moderation.answer && moderation.blocks() && !moderation.holds_streams() {
        report.warn(
            &path.field("stream"),
            "streamed answers have left when they are judged: of them it is only reported, and they are not cached; \
             `windows` judges them before",
        );
    }
    Some(moderation)
}
