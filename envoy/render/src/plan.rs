//! Which providers can serve which model on which endpoint, as targets; and the filters' slices that follow from it.
//! Must not know Envoy's configuration format.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tollgate_config::{
    Config, HeaderRule, Member, Model, PathRule, Pool, Provider, Route, Strategy, TextRule,
};
use tollgate_llm::Endpoint;
use tollgate_routing::names;
use tollgate_routing::plan::{
    Conditions, HeaderCondition, LaneModel, LanePlan, ModelPlan, PathCondition, PoolPlan, RoutePlan,
    RouterPlan, ValueCondition,
};
use tollgate_tokens::{Encoding, Tokenizer};

/// Everything that several parts of the rendered configuration need to agree on.
pub struct Plan {
    /// By name, without duplicates.
    pub targets: BTreeMap<String, Target>,
    pools: BTreeMap<String, PoolPlan>,
}

/// One entry of the route table: who may answer, in which way.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// One provider that takes the client's bytes as they are: no lane, its own cluster carries the credential.
    Direct(Arc<Provider>),
    /// Lanes, tried in this order.
    Ordered(Vec<Arc<Provider>>),
    /// Lanes: the first by weight, the others after it in the order of the list.
    Weighted(Vec<(Arc<Provider>, u32)>),
}

impl Target {
    /// The providers of the target, in the order of the pool.
    pub fn providers(&self) -> Vec<&Arc<Provider>> {
        match self {
            Self::Direct(provider) => vec![provider],
            Self::Ordered(providers) => providers.iter().collect(),
            Self::Weighted(members) => members.iter().map(|(provider, _)| provider).collect(),
        }
    }
}

impl Plan {
    /// Works the targets out.
    pub fn new(config: &Config) -> Self {
        let mut plan = Self {
            targets: BTreeMap::new(),
            pools: BTreeMap::new(),
        };
        for pool in &config.pools {
            let mut pool_plan = PoolPlan::default();
            for model in &config.models {
                for endpoint in Endpoint::ALL {
                    if let Some((name, target)) = target(pool, model, endpoint) {
                        plan.targets.insert(name.clone(), target);
                        pool_plan
                            .targets
                            .entry(model.name.clone())
                            .or_default()
                            .insert(endpoint, name);
                    }
                }
            }
            plan.pools.insert(pool.name.clone(), pool_plan);
        }
        plan
    }

    /// The providers that are reached through lanes.
    pub fn laned(&self) -> Vec<Arc<Provider>> {
        self.providers(|target| !matches!(target, Target::Direct(_)))
    }

    /// The providers that are reached without a lane.
    pub fn direct(&self) -> Vec<Arc<Provider>> {
        self.providers(|target| matches!(target, Target::Direct(_)))
    }

    fn providers(&self, of: impl Fn(&Target) -> bool) -> Vec<Arc<Provider>> {
        let mut found: BTreeMap<&str, &Arc<Provider>> = BTreeMap::new();
        for target in self.targets.values().filter(|target| of(target)) {
            found.extend(
                target
                    .providers()
                    .into_iter()
                    .map(|provider| (provider.name.as_str(), provider)),
            );
        }
        found.into_values().cloned().collect()
    }

    /// What `router.wasm` gets.
    pub fn router(&self, config: &Config, max_body: u64) -> RouterPlan {
        let models = config
            .models
            .iter()
            .map(|model| {
                let plan = ModelPlan {
                    tokenizer: model.tokenizer,
                    context_window: model.context_window,
                };
                (model.name.clone(), plan)
            })
            .collect();
        let routes = config.routes.iter().map(route).collect();
        RouterPlan {
            max_body,
            models,
            pools: self.pools.clone(),
            routes,
        }
    }
}

/// What `provider.wasm` gets in a provider's lane.
pub fn lane(config: &Config, provider: &Provider) -> LanePlan {
    let models = config
        .models
        .iter()
        .filter_map(|model| {
            let offer = model.offer(&provider.name)?;
            let lane = LaneModel {
                name: offer.model.clone(),
                max_output_tokens: model.max_output_tokens,
            };
            Some((model.name.clone(), lane))
        })
        .collect();
    LanePlan {
        provider: provider.name.clone(),
        dialect: provider.dialect,
        models,
    }
}

/// The module that carries the vocabularies that the configuration needs and no other: a vocabulary is megabytes in every
/// worker. Where several are needed there is one module with all of them; where none is, the smallest that there is.
pub fn router_module(config: &Config) -> &'static str {
    let modules: BTreeSet<&str> = config
        .models
        .iter()
        .filter_map(|model| module_with(model.tokenizer))
        .collect();
    match modules.first() {
        None => "router.wasm",
        Some(only) if modules.len() == 1 => only,
        Some(_) => "router-all.wasm",
    }
}

const fn module_with(tokenizer: Tokenizer) -> Option<&'static str> {
    match tokenizer {
        Tokenizer::Exact(Encoding::O200kBase | Encoding::O200kHarmony) => Some("router.wasm"),
        Tokenizer::Exact(Encoding::Cl100kBase) => Some("router-cl100k.wasm"),
        Tokenizer::Exact(Encoding::P50kBase) => Some("router-p50k.wasm"),
        Tokenizer::Exact(Encoding::R50kBase) => Some("router-r50k.wasm"),
        Tokenizer::Estimate(_) => None,
    }
}

/// The members of a pool that can serve a model on an endpoint, named: `<pool>` if it is all of them.
fn target(pool: &Pool, model: &Model, endpoint: Endpoint) -> Option<(String, Target)> {
    let able: Vec<&Member> = pool
        .members
        .iter()
        .filter(|member| {
            model.offer(&member.provider.name).is_some() && endpoint.served_by(member.provider.dialect)
        })
        .collect();
    if let [only] = able.as_slice() {
        let same_name = model
            .offer(&only.provider.name)
            .is_some_and(|offer| offer.model == model.name);
        if same_name && only.provider.dialect == endpoint.dialect() {
            return Some((
                format!("{}{}", names::DIRECT, only.provider.name),
                Target::Direct(Arc::clone(&only.provider)),
            ));
        }
    }
    if able.is_empty() {
        return None;
    }
    let name = if able.len() == pool.members.len() {
        pool.name.clone()
    } else {
        let names: Vec<&str> = able.iter().map(|member| member.provider.name.as_str()).collect();
        format!("{}:{}", pool.name, names.join("+"))
    };
    let target = match pool.strategy {
        Strategy::Weighted if able.len() > 1 => Target::Weighted(
            able.iter()
                .map(|member| (Arc::clone(&member.provider), member.weight))
                .collect(),
        ),
        Strategy::Weighted | Strategy::Ordered => {
            Target::Ordered(able.iter().map(|member| Arc::clone(&member.provider)).collect())
        }
    };
    Some((name, target))
}

fn route(route: &Route) -> RoutePlan {
    let when = &route.when;
    RoutePlan {
        name: route.name.clone(),
        pool: route.pool.name.clone(),
        conditions: Conditions {
            models: when.models.iter().map(ToString::to_string).collect(),
            endpoints: when.endpoints.clone(),
            path: when.path.as_ref().map(|path| match path {
                PathRule::Exact(path) => PathCondition::Exact(path.clone()),
                PathRule::Prefix(path) => PathCondition::Prefix(path.clone()),
            }),
            headers: when.headers.iter().map(header).collect(),
            tenants: when.tenants.clone(),
            min_tokens: when.prompt_tokens.map(|range| range.min).filter(|min| *min > 0),
            max_tokens: when
                .prompt_tokens
                .map(|range| range.max)
                .filter(|max| *max < u64::MAX),
        },
    }
}

fn header(rule: &HeaderRule) -> HeaderCondition {
    let value = match &rule.value {
        TextRule::Exact(text) => ValueCondition::Exact(text.clone()),
        TextRule::Prefix(text) => ValueCondition::Prefix(text.clone()),
        TextRule::Regex(text) => ValueCondition::Regex(text.clone()),
        TextRule::Present(present) => ValueCondition::Present(*present),
    };
    HeaderCondition {
        name: rule.name.clone(),
        value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with these encodings, one model each.
    fn config(encodings: &[&str]) -> Config {
        let models: String = encodings
            .iter()
            .enumerate()
            .map(|(at, encoding)| {
                format!("  - {{ name: m{at}, encoding: \"{encoding}\", price: free, providers: {{ local: x }} }}\n")
            })
            .collect();
        let smallest = include_str!("../../../ext-proc/config/fixtures/right/smallest.yaml");
        let text: String = smallest
            .lines()
            .map(|line| {
                if line.starts_with("models:") {
                    format!("models:\n{models}")
                } else {
                    format!("{line}\n")
                }
            })
            .collect();
        Config::parse(&text, &|_| Some(String::new())).unwrap()
    }

    #[test]
    fn the_module_carries_what_is_needed() {
        for (encodings, module) in [
            (&["estimate"][..], "router.wasm"),
            (&["o200k_base"], "router.wasm"),
            (&["o200k_base", "o200k_harmony", "estimate:claude"], "router.wasm"),
            (&["cl100k_base", "estimate"], "router-cl100k.wasm"),
            (&["p50k_base"], "router-p50k.wasm"),
            (&["r50k_base"], "router-r50k.wasm"),
            (&["o200k_base", "cl100k_base"], "router-all.wasm"),
            (&["r50k_base", "p50k_base"], "router-all.wasm"),
        ] {
            let config = config(encodings);
            assert_eq!(router_module(&config), module, "{encodings:?}");
            let plan = serde_json::to_value(Plan::new(&config).router(&config, 1)).unwrap();
            assert_eq!(plan["models"]["m0"]["tokenizer"], encodings[0]);
        }
    }
}
