//! Reads plans from JSON. By hand, since serde's code for it was a quarter of the module, and Envoy's V8 compiles all of a
//! module's code at every start. Must not know what a plan is for.

use std::collections::BTreeMap;

use tollgate_llm::json::{Member, SyntaxError, Value};
use tollgate_llm::{Dialect, Endpoint};
use tollgate_tokens::Tokenizer;

use super::{
    Conditions, HeaderCondition, LaneModel, LanePlan, ModelPlan, PathCondition, PoolPlan, RoutePlan,
    RouterPlan, ValueCondition,
};

/// Why a plan, or what one filter hands on to the next, cannot be used: both are written by this crate, so this is about one
/// of another version.
#[derive(Debug, thiserror::Error)]
pub enum BadPlan {
    /// Not JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// A field that is not known.
    #[error("unknown field `{0}`")]
    Unknown(String),
    /// A field that must be there.
    #[error("missing field `{0}`")]
    Missing(&'static str),
    /// A value of another kind.
    #[error("`{0}` must be {1}")]
    Wrong(String, &'static str),
}

pub(crate) type Read<T> = Result<T, BadPlan>;

impl RouterPlan {
    /// Reads what `serde_json` writes.
    pub fn from_json(json: &str) -> Read<Self> {
        let (mut max_body, mut models, mut pools, mut routes) = (None, None, None, None);
        for (name, value) in members("plan", &Value::parse(json)?)? {
            match &**name {
                "max_body" => max_body = Some(number(name, value)?),
                "models" => models = Some(map(name, value, model)?),
                "pools" => pools = Some(map(name, value, pool)?),
                "routes" => routes = Some(list(name, value, route)?),
                _ => return Err(unknown(name)),
            }
        }
        Ok(Self {
            max_body: max_body.ok_or(BadPlan::Missing("max_body"))?,
            models: models.ok_or(BadPlan::Missing("models"))?,
            pools: pools.ok_or(BadPlan::Missing("pools"))?,
            routes: routes.ok_or(BadPlan::Missing("routes"))?,
        })
    }
}

impl LanePlan {
    /// Reads what `serde_json` writes.
    pub fn from_json(json: &str) -> Read<Self> {
        let (mut provider, mut dialect, mut models) = (None, None, None);
        for (name, value) in members("plan", &Value::parse(json)?)? {
            match &**name {
                "provider" => provider = Some(text(name, value)?),
                "dialect" => dialect = Some(named(name, value, "a dialect", Dialect::from_name)?),
                "models" => models = Some(map(name, value, lane_model)?),
                _ => return Err(unknown(name)),
            }
        }
        Ok(Self {
            provider: provider.ok_or(BadPlan::Missing("provider"))?,
            dialect: dialect.ok_or(BadPlan::Missing("dialect"))?,
            models: models.ok_or(BadPlan::Missing("models"))?,
        })
    }
}

fn model(value: &Value<'_>) -> Read<ModelPlan> {
    let (mut tokenizer, mut context_window) = (None, None);
    for (name, value) in members("model", value)? {
        match &**name {
            "tokenizer" => tokenizer = Some(named(name, value, "a tokenizer", Tokenizer::from_name)?),
            "context_window" => context_window = Some(number(name, value)?),
            _ => return Err(unknown(name)),
        }
    }
    Ok(ModelPlan {
        tokenizer: tokenizer.ok_or(BadPlan::Missing("tokenizer"))?,
        context_window,
    })
}

fn lane_model(value: &Value<'_>) -> Read<LaneModel> {
    let (mut theirs, mut max_output_tokens) = (None, None);
    for (name, value) in members("model", value)? {
        match &**name {
            "name" => theirs = Some(text(name, value)?),
            "max_output_tokens" => max_output_tokens = Some(number(name, value)?),
            _ => return Err(unknown(name)),
        }
    }
    Ok(LaneModel {
        name: theirs.ok_or(BadPlan::Missing("name"))?,
        max_output_tokens,
    })
}

fn pool(value: &Value<'_>) -> Read<PoolPlan> {
    let mut targets = None;
    for (name, value) in members("pool", value)? {
        match &**name {
            "targets" => targets = Some(map(name, value, endpoints)?),
            _ => return Err(unknown(name)),
        }
    }
    Ok(PoolPlan {
        targets: targets.ok_or(BadPlan::Missing("targets"))?,
    })
}

fn endpoints(value: &Value<'_>) -> Read<BTreeMap<Endpoint, String>> {
    // Not collected, here and in `map`: a map from an iterator takes a sort of its own in code.
    let mut targets = BTreeMap::new();
    for (name, target) in members("targets", value)? {
        targets.insert(endpoint(name)?, text(name, target)?);
    }
    Ok(targets)
}

fn route(value: &Value<'_>) -> Read<RoutePlan> {
    let (mut route_name, mut pool, mut conditions) = (None, None, Conditions::default());
    for (name, value) in members("route", value)? {
        match &**name {
            "name" => route_name = Some(text(name, value)?),
            "pool" => pool = Some(text(name, value)?),
            "match" => conditions = Conditions::read(value)?,
            _ => return Err(unknown(name)),
        }
    }
    Ok(RoutePlan {
        name: route_name.ok_or(BadPlan::Missing("name"))?,
        pool: pool.ok_or(BadPlan::Missing("pool"))?,
        conditions,
    })
}

impl Conditions {
    pub(crate) fn read(value: &Value<'_>) -> Read<Self> {
        let mut conditions = Self::default();
        for (name, value) in members("match", value)? {
            match &**name {
                "models" => conditions.models = list(name, value, |value| text(name, value))?,
                "endpoints" => {
                    conditions.endpoints = list(name, value, |value| endpoint(&text(name, value)?))?;
                }
                "path" => conditions.path = Some(path(value)?),
                "headers" => conditions.headers = list(name, value, header)?,
                "tenants" => conditions.tenants = list(name, value, |value| text(name, value))?,
                "min_tokens" => conditions.min_tokens = Some(number(name, value)?),
                "max_tokens" => conditions.max_tokens = Some(number(name, value)?),
                _ => return Err(unknown(name)),
            }
        }
        Ok(conditions)
    }
}

fn path(value: &Value<'_>) -> Read<PathCondition> {
    match members("path", value)? {
        [(name, value)] if name == "exact" => Ok(PathCondition::Exact(text(name, value)?)),
        [(name, value)] if name == "prefix" => Ok(PathCondition::Prefix(text(name, value)?)),
        _ => Err(wrong("path", "one condition")),
    }
}

fn header(value: &Value<'_>) -> Read<HeaderCondition> {
    let (mut header, mut condition) = (None, None);
    for (name, value) in members("headers", value)? {
        match &**name {
            "name" => header = Some(text(name, value)?),
            "exact" => condition = Some(ValueCondition::Exact(text(name, value)?)),
            "prefix" => condition = Some(ValueCondition::Prefix(text(name, value)?)),
            "regex" => condition = Some(ValueCondition::Regex(text(name, value)?)),
            "present" => condition = Some(ValueCondition::Present(flag(name, value)?)),
            _ => return Err(unknown(name)),
        }
    }
    Ok(HeaderCondition {
        name: header.ok_or(BadPlan::Missing("name"))?,
        value: condition.ok_or_else(|| wrong("headers", "a name and a condition"))?,
    })
}

pub(crate) fn members<'v, 'a>(name: &str, value: &'v Value<'a>) -> Read<&'v [Member<'a>]> {
    value.members().ok_or_else(|| wrong(name, "an object"))
}

fn map<T>(name: &str, value: &Value<'_>, read: fn(&Value<'_>) -> Read<T>) -> Read<BTreeMap<String, T>> {
    let mut entries = BTreeMap::new();
    for (name, value) in members(name, value)? {
        entries.insert(name.to_string(), read(value)?);
    }
    Ok(entries)
}

pub(crate) fn list<T>(name: &str, value: &Value<'_>, read: impl Fn(&Value<'_>) -> Read<T>) -> Read<Vec<T>> {
    let items = value.items().ok_or_else(|| wrong(name, "a list"))?;
    items.iter().map(read).collect()
}

pub(crate) fn text(name: &str, value: &Value<'_>) -> Read<String> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| wrong(name, "a string"))
}

pub(crate) fn number(name: &str, value: &Value<'_>) -> Read<u64> {
    value.as_u64().ok_or_else(|| wrong(name, "a whole number"))
}

pub(crate) fn named<T>(
    name: &str,
    value: &Value<'_>,
    kind: &'static str,
    find: fn(&str) -> Option<T>,
) -> Read<T> {
    value.as_str().and_then(find).ok_or_else(|| wrong(name, kind))
}

pub(crate) fn endpoint(name: &str) -> Read<Endpoint> {
    Endpoint::from_name(name).ok_or_else(|| wrong(name, "an endpoint"))
}

pub(crate) fn unknown(name: &str) -> BadPlan {
    BadPlan::Unknown(name.to_owned())
}

pub(crate) fn flag(name: &str, value: &Value<'_>) -> Read<bool> {
    value.as_bool().ok_or_else(|| wrong(name, "true or false"))
}

fn wrong(name: &str, kind: &'static str) -> BadPlan {
    BadPlan::Wrong(name.to_owned(), kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every field that there is.
    const ROUTER: &str = r#"{"max_body":1,"models":{"a":{"tokenizer":"o200k_base","context_window":2},"b":{"tokenizer":"estimate:claude"}},"pools":{"p":{"targets":{"a":{"chat_completions":"t","completions":"t","embeddings":"t","responses":"t","messages":"t"},"b":{}}}},"routes":[{"name":"r","pool":"p","match":{"models":["a*"],"endpoints":["messages"],"path":{"exact":"/a"},"headers":[{"name":"h","exact":"e"},{"name":"h","prefix":"p"},{"name":"h","regex":"r"},{"name":"h","present":true}],"tenants":["t"],"min_tokens":3,"max_tokens":4}},{"name":"s","pool":"p","match":{"path":{"prefix":"/b"}}},{"name":"t","pool":"p","match":{}}]}"#;
    const LANE: &str = r#"{"provider":"p","dialect":"anthropic","models":{"a":{"name":"b","max_output_tokens":5},"c":{"name":"d"}}}"#;

    #[test]
    fn what_serde_writes_is_read() {
        let router = RouterPlan::from_json(ROUTER).unwrap();
        assert_eq!(serde_json::to_string(&router).unwrap(), ROUTER);
        let lane = LanePlan::from_json(LANE).unwrap();
        assert_eq!(serde_json::to_string(&lane).unwrap(), LANE);
    }

    #[test]
    fn nothing_is_passed_over() {
        // Each name and each value in turn, replaced by one that nobody writes.
        for json in [ROUTER, LANE] {
            let is_refused = |changed: &str| {
                let (router, lane) = (RouterPlan::from_json(changed), LanePlan::from_json(changed));
                router.is_err() && lane.is_err()
            };
            // Names that the operator chose may be anything.
            let chosen = ["a", "b", "c", "p"].map(|name| format!("\"{name}\":"));
            let names = json.match_indices("\":").map(|(end, _)| end);
            for end in names {
                let start = json[..end].rfind('"').unwrap();
                if chosen.iter().any(|name| json[start..].starts_with(name.as_str())) {
                    continue;
                }
                let changed = format!("{}\"other{}", &json[..start], &json[end..]);
                assert!(is_refused(&changed), "{changed}");
                let value = &json[end + 2..];
                let whole = value.len() - value.trim_start_matches(|c: char| !",}]".contains(c)).len();
                if !value.starts_with(['{', '[']) {
                    let changed = format!("{}[]{}", &json[..end + 2], &value[whole..]);
                    assert!(is_refused(&changed), "{changed}");
                }
            }
        }
        for (json, message) in [
            ("{", "the document ends too early at byte 1"),
            ("[]", "`plan` must be an object"),
            ("{}", "missing field `max_body`"),
            (r#"{"max_body":-1}"#, "`max_body` must be a whole number"),
            (r#"{"more":1}"#, "unknown field `more`"),
        ] {
            assert_eq!(RouterPlan::from_json(json).unwrap_err().to_string(), message);
        }
    }
}
