//! `GET /v1/models`: what the caller's key may use, in the client's dialect.
//! Must not ask a provider.

use serde_json::{Value, json};
use tollgate_llm::{ApiError, Dialect, ErrorKind};
use tollgate_wire::Attributes;

use crate::serve::{Active, Caller};

/// The dialect of a request for models: Anthropic's SDK always sends its version.
pub(super) fn dialect(attributes: &Attributes) -> Dialect {
    match attributes.text("request.headers['anthropic-version']") {
        Some(_) => Dialect::Anthropic,
        None => Dialect::OpenAi,
    }
}

/// The body for `/v1/models` or `/v1/models/<name>`.
pub(super) fn answer(
    active: &Active,
    caller: &Caller,
    dialect: Dialect,
    path: &str,
) -> Result<Vec<u8>, ApiError> {
    let path = path.split('?').next().unwrap_or(path);
    let name = path
        .strip_prefix("/v1/models")
        .unwrap_or_default()
        .trim_matches('/');
    let mut models = active
        .config
        .models
        .iter()
        .map(|model| model.name.as_str())
        .filter(|name| caller.identity.may_use(name));
    let value = if name.is_empty() {
        list(dialect, models.map(|name| entry(dialect, name)).collect())
    } else {
        let found = models.find(|model| *model == name).ok_or_else(|| {
            ApiError::new(ErrorKind::NotFound, "there is no such model for this virtual key")
                .code("model_not_found")
        })?;
        entry(dialect, found)
    };
    Ok(value.to_string().into_bytes())
}

fn entry(dialect: Dialect, name: &str) -> Value {
    match dialect {
        Dialect::OpenAi => json!({ "id": name, "object": "model", "created": 0, "owned_by": "tollgate" }),
        Dialect::Anthropic => {
            json!({ "id": name, "type": "model", "display_name": name, "created_at": "1970-01-01T00:00:00Z" })
        }
    }
}

fn list(dialect: Dialect, data: Vec<Value>) -> Value {
    match dialect {
        Dialect::OpenAi => json!({ "object": "list", "data": data }),
        Dialect::Anthropic => {
            let id = |entry: Option<&Value>| entry.map(|entry| entry["id"].clone());
            json!({ "first_id": id(data.first()), "last_id": id(data.last()), "has_more": false, "data": data })
        }
    }
}
