//! What `router.wasm` found out about a request, handed on as one internal header.
//! Must not hold prompt text: the header passes through access logs and traces.

use serde::{Deserialize, Serialize};
use tollgate_llm::Endpoint;

use crate::cache_control::CacheControl;

/// The facts of a request. The service trusts them from its own Envoy: inbound `x-tollgate-*` headers were stripped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_usage: Option<bool>,
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Whether that is a count or an estimate.
    pub exact: bool,
    /// What the client says about the cache.
    #[serde(default, skip_serializing_if = "CacheControl::is_default")]
    pub cache: CacheControl,
    /// The choice if no tenant's route applies; `None` if only tenants' routes match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
    /// Routes before it that match but for their tenant, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenant_choices: Vec<TenantChoice>,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The route's name.
    pub route: String,
    /// The pool's name.
    pub pool: String,
    /// The target within the pool.
    pub target: String,
}

/// Where a request of one tenant goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantChoice {
    /// The tenant.
    pub tenant: String,
    /// Its choice.
    #[serde(flatten)]
    pub choice: Choice,
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
        let json = serde_json::to_string(self).unwrap_or_default();
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

    /// Reads the header's value.
    pub fn from_header(value: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            include_usage: None,
            prompt_tokens: 7,
            exact: true,
            cache: CacheControl {
                no_cache: true,
                ..CacheControl::default()
            },
            choice: Some(choice("all")),
            tenant_choices: vec![TenantChoice {
                tenant: "acme".into(),
                choice: choice("acme"),
            }],
        };
        let header = facts.to_header();
        assert!(header.is_ascii());
        let read = Facts::from_header(&header).unwrap();
        assert_eq!(read, facts);
        assert_eq!(read.choice_for("acme").unwrap().pool, "acme");
        assert_eq!(read.choice_for("other").unwrap().pool, "all");
    }
}
