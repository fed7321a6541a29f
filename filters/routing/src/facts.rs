//! What `router.wasm` found out about a request, handed on as one internal header.
//! Must not hold prompt text: the header passes through access logs and traces.

use tollgate_llm::Endpoint;
use tollgate_llm::json::{ObjectWriter, Value};

use crate::cache_control::CacheControl;
use crate::plan::BadPlan;
use crate::plan::read::{endpoint, flag, list, number, text};

/// The facts of a request. The service trusts them from its own Envoy: inbound `x-tollgate-*` headers were stripped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Envoy's `x-request-id`.
    pub request_id: String,
    /// What the path names.
    pub endpoint: Endpoint,
    /// Public model name.
    pub model: String,
    /// The client wants a stream.
    pub stream: bool,
    /// OpenAI's `stream_options.include_usage`.
    pub include_usage: Option<bool>,
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Whether that is a count or an estimate.
    pub exact: bool,
    /// What the client says about the cache.
    pub cache: CacheControl,
    /// The choice if no tenant's route applies; `None` if only tenants' routes match.
    pub choice: Option<Choice>,
    /// Routes before it that match but for their tenant, in order.
    pub tenant_choices: Vec<TenantChoice>,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The route's name.
    pub route: String,
    /// The pool's name.
    pub pool: String,
    /// The target within the pool.
    pub target: String,
}

/// Where a request of one tenant goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantChoice {
    /// The tenant.
    pub tenant: String,
    /// Its choice.
    pub choice: Choice,
}

impl TenantChoice {
    fn read(value: &Value<'_>) -> Result<Self, BadPlan> {
        let tenant = value.get("tenant").ok_or(BadPlan::Missing("tenant"))?;
        Ok(Self {
            tenant: text("tenant", tenant)?,
            choice: Choice::read(value)?,
        })
    }
}

impl Choice {
    fn read(value: &Value<'_>) -> Result<Self, BadPlan> {
        let get = |name: &'static str| text(name, value.get(name).ok_or(BadPlan::Missing(name))?);
        Ok(Self {
            route: get("route")?,
            pool: get("pool")?,
            target: get("target")?,
        })
    }

    fn write(&self, out: &mut ObjectWriter<'_>) {
        out.text("route", &self.route);
        out.text("pool", &self.pool);
        out.text("target", &self.target);
    }
}

impl Facts {
    /// The choice for a request of `tenant`.
    pub fn choice_for(&self, tenant: &str) -> Option<&Choice> {
        self.tenant_choices
            .iter()
            .find(|candidate| candidate.tenant == tenant)
            .map(|candidate| &candidate.choice)
            .or(self.choice.as_ref())
    }

    /// The header's value: JSON in ASCII, so that every hop carries it unchanged.
    pub fn to_header(&self) -> String {
        let mut json = String::with_capacity(256);
        let mut facts = ObjectWriter::new(&mut json);
        facts.text("request_id", &self.request_id);
        facts.text("endpoint", self.endpoint.name());
        facts.text("model", &self.model);
        facts.bool("stream", self.stream);
        if let Some(include_usage) = self.include_usage {
            facts.bool("include_usage", include_usage);
        }
        facts.number("prompt_tokens", self.prompt_tokens);
        facts.bool("exact", self.exact);
        if !self.cache.is_default() {
            facts.object("cache", |cache| self.cache.write(cache));
        }
        if let Some(choice) = &self.choice {
            facts.object("choice", |written| choice.write(written));
        }
        if !self.tenant_choices.is_empty() {
            let list = facts.member("tenant_choices");
            for (place, choice) in self.tenant_choices.iter().enumerate() {
                list.push(if place == 0 { '[' } else { ',' });
                let mut written = ObjectWriter::new(list);
                written.text("tenant", &choice.tenant);
                choice.choice.write(&mut written);
                written.end();
            }
            list.push(']');
        }
        facts.end();
        if json.is_ascii() {
            return json;
        }
        let mut ascii = String::with_capacity(json.len() + 32);
        for character in json.chars() {
            if character.is_ascii() {
                ascii.push(character);
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    ascii.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
        ascii
    }

    /// Reads the header's value. What a later version adds is passed over.
    pub fn from_header(value: &str) -> Result<Self, BadPlan> {
        let value = Value::parse(value)?;
        let get = |name: &'static str| value.get(name).ok_or(BadPlan::Missing(name));
        let optional = |name| value.get(name);
        Ok(Self {
            request_id: text("request_id", get("request_id")?)?,
            endpoint: endpoint(&text("endpoint", get("endpoint")?)?)?,
            model: text("model", get("model")?)?,
            stream: flag("stream", get("stream")?)?,
            include_usage: optional("include_usage")
                .map(|value| flag("include_usage", value))
                .transpose()?,
            prompt_tokens: number("prompt_tokens", get("prompt_tokens")?)?,
            exact: flag("exact", get("exact")?)?,
            cache: optional("cache").map_or_else(|| Ok(CacheControl::default()), CacheControl::from_json)?,
            choice: optional("choice").map(Choice::read).transpose()?,
            tenant_choices: match optional("tenant_choices") {
                Some(choices) => list("tenant_choices", choices, TenantChoice::read)?,
                None => Vec::new(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache_control::CacheMode;

    fn choice(pool: &str) -> Choice {
        Choice {
            route: "r".into(),
            pool: pool.into(),
            target: pool.into(),
        }
    }

    #[test]
    fn the_header_survives_the_way_and_a_tenant_gets_its_own_choice() {
        let facts = Facts {
            request_id: "id".into(),
            endpoint: Endpoint::Messages,
            model: "模型-😀".into(),
            stream: true,
            include_usage: Some(false),
            prompt_tokens: 7,
            exact: true,
            cache: CacheControl {
                no_cache: true,
                no_store: true,
                max_age: Some(1),
                ttl: Some(2),
                mode: Some(CacheMode::Safe),
                namespace: Some("n".into()),
            },
            choice: Some(choice("all")),
            tenant_choices: ["acme", "other\"one"]
                .map(|tenant| TenantChoice {
                    tenant: tenant.into(),
                    choice: choice(tenant),
                })
                .into(),
        };
        let header = facts.to_header();
        assert!(header.is_ascii());
        let read = Facts::from_header(&header).unwrap();
        assert_eq!(read, facts);
        assert_eq!(read.choice_for("acme").unwrap().pool, "acme");
        assert_eq!(read.choice_for("other").unwrap().pool, "all");
        let later = header.replacen('{', r#"{"later":[1],"#, 1);
        assert_eq!(Facts::from_header(&later).unwrap(), facts);
        for name in [
            "request_id",
            "endpoint",
            "model",
            "stream",
            "prompt_tokens",
            "exact",
            "tenant",
            "route",
        ] {
            let other = header.replacen(&format!("\"{name}\""), "\"other\"", 1);
            assert!(Facts::from_header(&other).is_err(), "{name}");
        }
        let bare = Facts {
            include_usage: None,
            cache: CacheControl::default(),
            choice: None,
            tenant_choices: Vec::new(),
            ..facts
        };
        assert_eq!(Facts::from_header(&bare.to_header()).unwrap(), bare);
        for mode in [CacheMode::Off, CacheMode::Exact, CacheMode::Safe, CacheMode::Faq] {
            let cache = CacheControl {
                mode: Some(mode),
                ..CacheControl::default()
            };
            let facts = Facts {
                cache,
                ..bare.clone()
            };
            assert_eq!(Facts::from_header(&facts.to_header()).unwrap(), facts);
        }
    }
}
