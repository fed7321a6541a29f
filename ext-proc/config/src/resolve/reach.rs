//! Warns about what no request can reach: routes behind one that takes everything, models without a provider on their
//! way, things that nothing names.
//!
//! Must not refuse anything: all of this works, it is only hardly what was meant.

use crate::path::Path;
use crate::report::Report;
use crate::usable::{Config, Model, Pool, RouteMatch};

/// Adds the warnings.
pub(crate) fn warn(config: &Config, report: &mut Report) {
    unused(config, report);
    hidden_routes(config, report);
    models_without_a_way(config, report);
}

fn unused(config: &Config, report: &mut Report) {
    let used = |pool: &Pool| config.routes.iter().any(|route| route.pool.name == pool.name);
    let lists: [(&str, Vec<bool>, &str); 4] = [
        (
            "policies",
            config
                .policies
                .iter()
                .map(|it| config.tenants.iter().any(|t| t.policy == *it))
                .collect(),
            "tenant",
        ),
        (
            "pools",
            config.pools.iter().map(|pool| used(pool)).collect(),
            "route",
        ),
        (
            "providers",
            config
                .providers
                .iter()
                .map(|it| {
                    config
                        .pools
                        .iter()
                        .any(|pool| pool.members.iter().any(|m| m.provider.name == it.name))
                })
                .collect(),
            "pool",
        ),
        (
            "hooks",
            config
                .hooks
                .iter()
                .map(|hook| config.policies.iter().any(|policy| policy.asks(&hook.name)))
                .collect(),
            "policy",
        ),
    ];
    for (list, used, by) in lists {
        for at in used
            .iter()
            .enumerate()
            .filter(|(_, used)| !**used)
            .map(|(at, _)| at)
        {
            report.warn(&Path::root().field(list).index(at), format!("no {by} uses it"));
        }
    }
}

fn hidden_routes(config: &Config, report: &mut Report) {
    let path = Path::root().field("routes");
    let Some(first) = config.routes.iter().position(|route| route.when.is_everything()) else {
        return;
    };
    for at in first + 1..config.routes.len() {
        report.warn(
            &path.index(at),
            format!("is never reached: {} matches everything", path.index(first)),
        );
    }
}

/// Follows each model through the routes as far as they can concern it.
fn models_without_a_way(config: &Config, report: &mut Report) {
    for (at, model) in config.models.iter().enumerate() {
        let path = Path::root().field("models").index(at);
        let mut told: Vec<&str> = Vec::new();
        let mut has_way = false;
        for route in &config.routes {
            if !route.when.models.is_empty()
                && !route.when.models.iter().any(|glob| glob.matches(&model.name))
            {
                continue;
            }
            has_way = true;
            if !told.contains(&route.pool.name.as_str()) {
                told.push(&route.pool.name);
                warn_about_pool(model, &route.pool, &route.name, &path, report);
            }
            let rest = RouteMatch {
                models: Vec::new(),
                ..route.when.clone()
            };
            if rest.is_everything() {
                break;
            }
        }
        if !has_way {
            report.warn(&path, "no route leads to it");
        }
    }
}

fn warn_about_pool(model: &Model, pool: &Pool, route: &str, path: &Path, report: &mut Report) {
    let missing: Vec<&str> = pool
        .members
        .iter()
        .map(|member| member.provider.name.as_str())
        .filter(|provider| model.offer(provider).is_none())
        .collect();
    if missing.is_empty() {
        return;
    }
    let message = if missing.len() == pool.members.len() {
        format!(
            "route {route:?} leads to pool {:?}, of which no provider serves this model",
            pool.name
        )
    } else {
        format!(
            "route {route:?} leads to pool {:?}, of which {} does not serve this model",
            pool.name,
            missing.join(", ")
        )
    };
    report.warn(&path.field("providers"), message);
}
