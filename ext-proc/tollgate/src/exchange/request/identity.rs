//! Who asks, and whether they may: virtual key, expiry, model.
//! Must not know what the request says beyond its model.

use std::sync::Arc;
use std::time::SystemTime;

use tollgate_llm::{ApiError, ErrorKind};
use tollgate_wire::Attributes;

use crate::serve::{Active, Caller};

/// Finds the caller by `Authorization: Bearer` or `x-api-key`; Anthropic's SDKs have used both.
pub(in crate::exchange) fn identify(
    active: &Active,
    attributes: &Attributes,
    now: SystemTime,
) -> Result<Arc<Caller>, ApiError> {
    let key = presented(attributes).ok_or_else(|| {
        ApiError::new(
            ErrorKind::Authentication,
            "no virtual key: send it as `Authorization: Bearer <key>` or `x-api-key: <key>`",
        )
        .code("missing_api_key")
    })?;
    let caller = active.caller(key).ok_or_else(|| {
        ApiError::new(
            ErrorKind::Authentication,
            "this virtual key is not known at this gateway",
        )
        .code("invalid_api_key")
    })?;
    if caller.identity.key.expires.is_some_and(|expires| expires <= now) {
        return Err(
            ApiError::new(ErrorKind::Authentication, "this virtual key has expired").code("expired_api_key"),
        );
    }
    Ok(Arc::clone(caller))
}

/// Whether the caller may use a model.
pub(in crate::exchange) fn authorise(caller: &Caller, model: &str) -> Result<(), ApiError> {
    if caller.identity.may_use(model) {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorKind::Permission,
        format!("this virtual key may not use model `{model}`"),
    )
    .code("model_not_allowed")
    .param("model"))
}

fn presented(attributes: &Attributes) -> Option<&str> {
    let bearer = attributes
        .text("request.headers['authorization']")
        .and_then(|value| {
            let (scheme, key) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
        });
    bearer
        .or_else(|| attributes.text("request.headers['x-api-key']").map(str::trim))
        .filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_header_carries_the_key() {
        for (name, value, expected) in [
            ("authorization", "Bearer k", Some("k")),
            ("authorization", "bearer  k ", Some("k")),
            ("authorization", "Basic k", None),
            ("authorization", "Bearer ", None),
            ("authorization", "k", None),
            ("x-api-key", "k", Some("k")),
            ("x-api-key", "", None),
            ("x-other", "k", None),
        ] {
            let attributes: Attributes = [(format!("request.headers['{name}']"), value.into())]
                .into_iter()
                .collect();
            assert_eq!(presented(&attributes), expected, "{name}: {value}");
        }
    }
}
