//! A configuration made ready for the hot path: rules compiled, quotas prepared, keys looked up by hash.
//! Must not hold anything that outlives a reload (money spent, cached answers).

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use anyhow::Context as _;
use tollgate_budget::{Budget, NanoUsd, PerMinute, PerToken, Price, Quota, Quotas, Rule, Scope, Window};
use tollgate_config::{
    Config, CustomEntity, EntityRules, Identity, KeyHash, Known, Operator as Configured, Policy, Recognizer,
    SecretRef, Tenant,
};
use tollgate_redact::{Custom, Entity, Operator, Rules, RulesBuilder, TenantKey};

use super::hooks::{PolicyHooks, Services};

use super::guardrails::{self, PolicyGuardrails};

/// The configuration in force.
pub(crate) struct Active {
    pub(crate) config: Config,
    callers: HashMap<KeyHash, Arc<Caller>>,
}

/// Everything that is known of whoever presents a virtual key.
pub(crate) struct Caller {
    pub(crate) identity: Identity,
    pub(crate) quotas: Quotas,
    pub(crate) redaction: Arc<TenantRedaction>,
    /// `None` if the policy asks no hook.
    pub(crate) hooks: Option<Arc<PolicyHooks>>,
    /// `None` where the policy has none.
    pub(crate) guardrails: Option<Arc<PolicyGuardrails>>,
}

impl Caller {
    pub(crate) fn tenant(&self) -> &str {
        &self.identity.tenant.name
    }

    pub(crate) fn key(&self) -> &str {
        &self.identity.key.name
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.identity.tenant.policy
    }
}

/// A tenant's rules and key.
pub(crate) struct TenantRedaction {
    pub(crate) request: Option<Rules>,
    pub(crate) answer: Arc<Rules>,
    pub(crate) key: TenantKey,
}

impl Active {
    /// Compiles a configuration. Fails only on what the file itself cannot show: a secret that cannot be read.
    pub(crate) fn new(config: Config, fallback_secret: &[u8; 32]) -> anyhow::Result<Self> {
        let secret = match &config.service.secret {
            Some(reference) => read_secret(reference).context("service.secret")?,
            None => fallback_secret.to_vec(),
        };
        let mut guardrails = HashMap::new();
        for policy in &config.policies {
            guardrails.insert(policy.name.as_str(), PolicyGuardrails::compile(policy)?);
        }
        let mut callers = HashMap::new();
        let mut services = Services::default();
        for tenant in &config.tenants {
            let redaction = Arc::new(redaction(tenant, &secret)?);
            let hooks = services.of(&tenant.policy)?;
            for key in &tenant.keys {
                let identity = Identity {
                    tenant: Arc::clone(tenant),
                    key: Arc::clone(key),
                };
                let quotas = quotas(&identity)
                    .with_context(|| format!("tenant `{}`, key `{}`", tenant.name, key.name))?;
                let caller = Caller {
                    identity,
                    quotas,
                    redaction: Arc::clone(&redaction),
                    hooks: hooks.clone(),
                    guardrails: guardrails.get(tenant.policy.name.as_str()).cloned().flatten(),
                };
                callers.insert(key.hash, Arc::new(caller));
            }
        }
        Ok(Self { config, callers })
    }

    /// Whose key it is.
    pub(crate) fn caller(&self, key: &str) -> Option<&Arc<Caller>> {
        self.callers.get(&KeyHash::of(key))
    }
}

/// What a configuration is checked against besides itself.
pub(crate) fn known<'a>(env: &'a dyn Fn(&str) -> Option<String>) -> Known<'a> {
    static ENTITIES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        // `CUSTOM` stands for the kinds that the file itself defines, which have names of their own.
        let known = Entity::ALL.iter().filter(|entity| **entity != Entity::Custom);
        known.map(|entity| entity.name()).collect()
    });
    Known {
        env,
        entities: Some(&ENTITIES),
        custom: Some(&|custom| {
            let rules = Rules::builder().custom(custom_of(custom)).build();
            rules.map(drop).map_err(|errors| {
                let texts = errors.iter().map(ToString::to_string);
                // The engine counts its kinds from the first one that it is given, which is this one.
                let texts = texts.map(|text| {
                    text.trim_start_matches("custom[0]")
                        .trim_start_matches('.')
                        .to_owned()
                });
                texts.collect::<Vec<_>>().join("; ")
            })
        }),
        guardrails: Some(&guardrails::check),
    }
}

/// A price list in the budget's terms.
pub(crate) fn price(price: tollgate_config::Price) -> Price {
    let per_token = |amount: tollgate_config::NanoUsd| PerToken(u64::try_from(amount.0).unwrap_or(0));
    Price {
        input: per_token(price.input),
        cached_input: per_token(price.cached_input),
        cache_write: per_token(price.cache_write),
        output: per_token(price.output),
    }
}

fn quotas(identity: &Identity) -> anyhow::Result<Quotas> {
    let tenant = Scope::tenant(identity.tenant.name.as_str());
    let key = Scope::key(identity.tenant.name.as_str(), identity.key.name.as_str());
    let mut quotas = Vec::new();
    for (scope, budget) in [(&tenant, identity.tenant.budget), (&key, identity.key.budget)] {
        if let Some(budget) = budget {
            let window = budget.window.map_or(Ok(Window::LIFETIME), Window::every)?;
            let budget = Budget::new(NanoUsd(budget.limit.0), window)?;
            quotas.push(Quota::new(scope.clone(), Rule::Budget(budget)));
        }
    }
    let limits = identity.tenant.policy.limits;
    if let Some(requests) = limits.requests_per_minute {
        quotas.push(Quota::new(key.clone(), Rule::Requests(PerMinute::new(requests)?)));
    }
    if let Some(tokens) = limits.tokens_per_minute {
        quotas.push(Quota::new(key, Rule::Tokens(PerMinute::new(tokens)?)));
    }
    Ok(Quotas::new(quotas))
}

fn redaction(tenant: &Tenant, secret: &[u8]) -> anyhow::Result<TenantRedaction> {
    let policy = &tenant.policy;
    let [request, answer] = policy.entity_rules();
    let compile =
        |rules: &EntityRules| rules_of(rules).with_context(|| format!("policy `{}`, redaction", policy.name));
    let key = match &tenant.redaction_key {
        Some(reference) => {
            let own =
                read_secret(reference).with_context(|| format!("tenant `{}`, redaction_key", tenant.name))?;
            TenantKey::derive(&own, &tenant.name)
        }
        None => TenantKey::derive(secret, &tenant.name),
    };
    Ok(TenantRedaction {
        request: request.map(compile).transpose()?,
        // Without rules of its own an answer still passes the transducer, which puts the request's tokens back.
        answer: Arc::new(match answer {
            Some(rules) => compile(rules)?,
            None => Rules::builder()
                .build()
                .map_err(|errors| anyhow::anyhow!("{errors:?}"))?,
        }),
        key,
    })
}

fn rules_of(configured: &EntityRules) -> anyhow::Result<Rules> {
    let mut builder = Rules::builder();
    if let Some(operator) = operator(configured.default) {
        builder = builder.usual(operator);
    }
    for (name, chosen) in &configured.entities {
        let entity: Entity = name
            .parse()
            .map_err(|_| anyhow::anyhow!("there is no entity `{name}`"))?;
        builder = match operator(*chosen) {
            Some(operator) => builder.entity(entity, operator),
            None => builder.without(entity),
        };
    }
    if let Some(recognizer) = &configured.recognizer {
        builder = recognized(builder, recognizer);
    }
    if let Some(threshold) = configured.threshold {
        for entity in Entity::ALL {
            builder = builder.threshold(*entity, threshold);
        }
    }
    for custom in &configured.custom {
        builder = builder.custom(custom_of(custom));
    }
    builder
        .allow(configured.allow.iter().cloned())
        .build()
        .map_err(|errors| {
            anyhow::anyhow!(
                errors
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("; ")
            )
        })
}

/// Kinds that a hook finds: those that the engine has too are found by both.
fn recognized(mut builder: RulesBuilder, recognizer: &Recognizer) -> RulesBuilder {
    for (name, chosen) in &recognizer.entities {
        // The configuration refuses `off` here.
        let operator = operator(*chosen).unwrap_or(Operator::Log);
        builder = match name.parse::<Entity>() {
            Ok(entity) => builder.entity(entity, operator),
            Err(_) => builder.claimed(name, operator, recognizer.threshold),
        };
    }
    builder
}

fn custom_of(configured: &CustomEntity) -> Custom {
    Custom {
        name: configured.name.clone(),
        words: configured.words.clone(),
        patterns: configured.patterns.clone(),
        context: configured.context.clone(),
        score: configured.score,
        // The configuration refuses `off` here; what is found without an operator is at least counted.
        operator: operator(configured.operator).unwrap_or(Operator::Log),
    }
}

fn operator(configured: Configured) -> Option<Operator> {
    Some(match configured {
        Configured::Token => Operator::Token,
        Configured::Placeholder => Operator::Placeholder,
        Configured::Mask { keep_last } => Operator::Mask { keep_last },
        Configured::Hash => Operator::Hash,
        Configured::Block => Operator::Block,
        Configured::Log => Operator::Log,
        Configured::Off => return None,
    })
}

/// The secret itself, without white space at its end.
pub(crate) fn read_secret(reference: &SecretRef) -> anyhow::Result<Vec<u8>> {
    let secret = match reference {
        SecretRef::Env(name) => std::env::var(name)
            .with_context(|| format!("environment variable {name} is not set"))?
            .into_bytes(),
        SecretRef::File(path) => {
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?
        }
    };
    Ok(secret.trim_ascii_end().to_vec())
}
