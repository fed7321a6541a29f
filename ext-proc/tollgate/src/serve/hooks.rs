//! Hooks made ready: one client per service and use, and what each policy asks them.
//! Must not know the texts that they are asked about.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tollgate_config::{EntityRules, Hook, Moderation, OnFailure, Policy};
use tollgate_hooks::{Credential, Options, Recognizer, Secret, Service, Thresholds};
use tollgate_redact::Entity;

use super::active::read_secret;

/// What a policy asks hooks.
pub(crate) struct PolicyHooks {
    pub(crate) request: Option<Names>,
    pub(crate) answer: Option<Names>,
    pub(crate) moderation: Option<Moderator>,
    /// The longest that all of it may take over one request or one answer.
    pub(crate) patience: Duration,
}

/// Who finds names.
pub(crate) struct Names {
    pub(crate) hook: String,
    pub(crate) recognizer: Recognizer,
    pub(crate) on_failure: OnFailure,
    /// From which score on a find counts.
    pub(crate) threshold: f32,
    /// From which score on the rules act on kinds that the engine has too, if they say it themselves.
    rules_threshold: Option<f32>,
}

impl Names {
    /// The score that makes the rules act on a find of this kind: this recognizer has a threshold of its own.
    pub(crate) fn score(&self, entity: &str, score: f32) -> f32 {
        // The engine acts on links of its own only if they are sure.
        let usual = if entity == Entity::Url.name() { 0.9 } else { 0.5 };
        score.max(self.rules_threshold.unwrap_or(usual))
    }
}

/// Who judges texts, and what follows.
pub(crate) struct Moderator {
    pub(crate) rules: Moderation,
    pub(crate) thresholds: Thresholds,
    pub(crate) moderation: tollgate_hooks::Moderation,
}

impl PolicyHooks {
    /// Whether a request must wait for an answer of a hook.
    pub(crate) fn ask_about_requests(&self) -> bool {
        self.request.is_some() || self.moderator(true).is_some()
    }

    /// Whether an answer that is no stream must.
    pub(crate) fn ask_about_answers(&self) -> bool {
        self.answer.is_some() || self.moderator(false).is_some()
    }

    /// Who judges requests, or answers.
    pub(crate) fn moderator(&self, request: bool) -> Option<&Moderator> {
        let moderator = self.moderation.as_ref()?;
        let judges = if request {
            moderator.rules.request
        } else {
            moderator.rules.answer
        };
        judges.then_some(moderator)
    }

    /// Whether streams are not kept for others: of a moderator that is asked too late they may be what it would have stopped, and
    /// what a recognizer found is not known any more when values that were put back are taken out again.
    pub(crate) fn keep_streams_out(&self) -> bool {
        self.answer.is_some()
            || self
                .moderator(false)
                .is_some_and(|moderator| moderator.rules.blocks() && !moderator.rules.holds_streams())
    }
}

/// Clients of services, which policies share.
#[derive(Default)]
pub(super) struct Services {
    /// By name and path: a service that finds names and judges texts has both under different paths.
    clients: HashMap<(String, String), Service>,
    policies: HashMap<String, Option<Arc<PolicyHooks>>>,
}

impl Services {
    /// What a policy asks; `None` if nothing.
    pub(super) fn of(&mut self, policy: &Policy) -> anyhow::Result<Option<Arc<PolicyHooks>>> {
        if let Some(known) = self.policies.get(&policy.name) {
            return Ok(known.clone());
        }
        let hooks = self
            .policy(policy)
            .with_context(|| format!("policy `{}`", policy.name))?
            .map(Arc::new);
        self.policies.insert(policy.name.clone(), hooks.clone());
        Ok(hooks)
    }

    fn policy(&mut self, policy: &Policy) -> anyhow::Result<Option<PolicyHooks>> {
        let [request, answer] = policy.entity_rules();
        let hooks = PolicyHooks {
            request: self.names(request)?,
            answer: self.names(answer)?,
            moderation: match &policy.moderation {
                Some(rules) => Some(Moderator {
                    thresholds: rules.thresholds.clone(),
                    moderation: tollgate_hooks::Moderation::new(
                        self.client(&rules.hook, &rules.hook.url.base_path)?,
                        rules.model.clone(),
                    )?,
                    rules: rules.clone(),
                }),
                None => None,
            },
            patience: policy.patience(),
        };
        let is_none = hooks.request.is_none() && hooks.answer.is_none() && hooks.moderation.is_none();
        Ok((!is_none).then_some(hooks))
    }

    fn names(&mut self, rules: Option<&EntityRules>) -> anyhow::Result<Option<Names>> {
        let Some((rules, configured)) = rules.and_then(|rules| Some((rules, rules.recognizer.as_ref()?)))
        else {
            return Ok(None);
        };
        // What stands in for a path that was not written is the path of OpenAI's API.
        let path = match configured.hook.url.base_path.as_str() {
            "/v1" => "",
            path => path,
        };
        let recognizer = Recognizer::new(
            self.client(&configured.hook, path)?,
            configured.language.clone(),
            configured.entities.keys().cloned().collect(),
            configured.threshold,
        )?;
        Ok(Some(Names {
            hook: configured.hook.name.clone(),
            recognizer,
            on_failure: configured.on_failure,
            threshold: configured.threshold,
            rules_threshold: rules.threshold,
        }))
    }

    fn client(&mut self, hook: &Hook, path: &str) -> anyhow::Result<Service> {
        let id = (hook.name.clone(), path.to_owned());
        if let Some(known) = self.clients.get(&id) {
            return Ok(known.clone());
        }
        let place = format!("hook `{}`", hook.name);
        let scheme = if hook.url.tls { "https" } else { "http" };
        let url = format!("{scheme}://{}{path}", hook.url.authority());
        let credential = hook.credential.as_ref().map(|reference| {
            let secret = String::from_utf8(read_secret(reference)?).context("it is not text")?;
            Ok::<_, anyhow::Error>(Credential::bearer(&Secret::new(secret))?)
        });
        let options = Options {
            credential: credential
                .transpose()
                .with_context(|| format!("{place}: credential"))?,
            deadline: hook.timeout,
            calls: hook.calls,
            ca_file: hook.ca_file.clone(),
            ..Options::default()
        };
        let service = Service::new(&url, options).with_context(|| place)?;
        self.clients.insert(id, service.clone());
        Ok(service)
    }
}
