//! Resolves tenants and their keys.
//!
//! Must not know what time it is, so an expired key is not its business.

use std::collections::HashMap;
use std::sync::Arc;

use super::Known;
use super::catalog::globs;
use super::gateway::{positive, secret_ref};
use super::names::{Names, claim};
use crate::path::Path;
use crate::report::Report;
use crate::scalar::{GlobText, Lit};
use crate::usable::{
    Budget, EntityRules, Identity, Index, KeyHash, Model, ModelAccess, Operator, Policy, Redaction, Tenant,
    VirtualKey,
};
use crate::written;

pub(crate) fn tenants(
    written: Vec<written::Tenant>,
    policies: &Names<Policy>,
    models: &Names<Model>,
    has_secret: bool,
    path: &Path,
    known: &Known<'_>,
    report: &mut Report,
) -> Names<Tenant> {
    let mut tenants = Names::new("tenant", path, report);
    let mut hashes: HashMap<KeyHash, Path> = HashMap::new();
    for (at, tenant) in written.into_iter().enumerate() {
        let path = path.index(at);
        let name = tenant.name.0;
        let access = access(tenant.models, models, &path.field("models"), report);
        let keys = keys(
            tenant.keys,
            &access,
            models,
            &mut hashes,
            &path.field("keys"),
            report,
        );
        let budget = tenant
            .budget
            .map(|budget| self::budget(budget, &path.field("budget"), report));
        let redaction_key = tenant
            .redaction_key
            .map(|secret| secret_ref(secret, &path.field("redaction_key"), known, report));
        let policy = policies.find(&tenant.policy.0, &path.field("policy"), report);
        let resolved = policy.map(|policy| {
            if !has_secret && redaction_key.is_none() && needs_key(policy) {
                report.warn(
                    &path,
                    "its policy uses `token` or `hash`, but there is neither a `redaction_key` nor `service.secret`: \
                     the replacements change at every start and differ between replicas",
                );
            }
            Tenant { name: name.clone(), policy: Arc::clone(policy), models: access, budget, redaction_key, keys }
        });
        tenants.add(&name, &path, resolved, report);
    }
    tenants
}

/// Whether what replaces an entity depends on a secret.
fn needs_key(policy: &Policy) -> bool {
    let Redaction::On(rules) = &policy.redaction else {
        return false;
    };
    let uses_key = |rules: &EntityRules| {
        let asked = rules
            .recognizer
            .iter()
            .flat_map(|recognizer| recognizer.entities.values());
        let mut operators = rules.entities.values().chain([&rules.default]).chain(asked);
        operators.any(|operator| matches!(operator, Operator::Token | Operator::Hash))
    };
    rules.request.as_ref().is_some_and(uses_key) || rules.answer.as_ref().is_some_and(uses_key)
}

fn keys(
    written: Vec<written::Key>,
    tenant: &ModelAccess,
    models: &Names<Model>,
    hashes: &mut HashMap<KeyHash, Path>,
    path: &Path,
    report: &mut Report,
) -> Vec<Arc<VirtualKey>> {
    let mut taken = HashMap::new();
    let mut keys = Vec::new();
    for (at, key) in written.into_iter().enumerate() {
        let path = path.index(at);
        claim(&mut taken, &key.name.0, at, "key of this tenant", &path, report);
        let hash_path = path.field("hash");
        match hashes.get(&key.hash.0) {
            Some(first) => report.error(
                &hash_path,
                format!("is the hash of {first}; every key must be another one"),
            ),
            None if report.is_stand_in(&hash_path) => {}
            None => {
                hashes.insert(key.hash.0, path.clone());
            }
        }
        let access = access(key.models, models, &path.field("models"), report);
        if let ModelAccess::Only(globs) = &access {
            for (at, glob) in globs.iter().enumerate().filter(|(_, glob)| glob.is_literal()) {
                if !tenant.allows(glob.as_str()) {
                    report.warn(
                        &path.field("models").index(at),
                        "the tenant may not use this model, so the key can't",
                    );
                }
            }
        }
        keys.push(Arc::new(VirtualKey {
            name: key.name.0,
            hash: key.hash.0,
            models: access,
            budget: key
                .budget
                .map(|budget| self::budget(budget, &path.field("budget"), report)),
            expires: key.expires.map(|time| time.0),
        }));
    }
    keys
}

fn access(
    written: Option<Vec<Lit<GlobText>>>,
    models: &Names<Model>,
    path: &Path,
    report: &mut Report,
) -> ModelAccess {
    let Some(written) = written else {
        return ModelAccess::All;
    };
    let items = written
        .into_iter()
        .enumerate()
        .map(|(at, glob)| (path.index(at), glob))
        .collect();
    ModelAccess::Only(globs(items, models, report))
}

fn budget(written: written::Budget, path: &Path, report: &mut Report) -> Budget {
    if written.usd.0.0 == 0 {
        report.error(&path.field("usd"), "must be positive");
    }
    Budget {
        limit: written.usd.0,
        window: written
            .window
            .map(|window| positive(window.0, &path.field("window"), report)),
    }
}

/// The look-ups of the data path.
pub(crate) fn index(models: &Names<Model>, tenants: &Names<Tenant>) -> Index {
    let keys = tenants.values().flat_map(|tenant| {
        let identity = |key: &Arc<VirtualKey>| Identity {
            tenant: Arc::clone(tenant),
            key: Arc::clone(key),
        };
        tenant.keys.iter().map(move |key| (key.hash, identity(key)))
    });
    Index {
        models: models
            .values()
            .map(|model| (model.name.clone(), Arc::clone(model)))
            .collect(),
        keys: keys.collect(),
    }
}
