//! Error bodies that no SDK understands (Envoy's own texts, a load balancer's HTML) in the client's dialect.
//! Must not know which filter or provider made them beyond Envoy's response code details.

use tollgate_llm::{ApiError, ErrorKind};

/// The error to show instead of a body of `content_type`, or `None` to leave it: it is a success, or JSON already.
pub fn rewrite(status: u16, content_type: Option<&str>, details: Option<&str>) -> Option<ApiError> {
    if status < 400 || content_type.is_some_and(is_understood) {
        return None;
    }
    let details = details.unwrap_or_default();
    // Envoy has several statuses for a service that failed, and another one where it did not decide; clients get one. They must
    // not learn more than that they may try again.
    if details.starts_with("ext_proc") || details.starts_with("rbac_access_denied") {
        let message = "this gateway's policy service is not available; try again";
        return Some(ApiError::new(ErrorKind::Unavailable, message).code("policy_unavailable"));
    }
    let kind = ErrorKind::from_status(status);
    let error = match kind {
        ErrorKind::TooLarge => {
            ApiError::new(kind, "the request's body is over this gateway's limit").code("request_too_large")
        }
        ErrorKind::Timeout => ApiError::new(kind, "no provider answered in time").code("provider_timeout"),
        ErrorKind::Unavailable => {
            ApiError::new(kind, "no provider can be reached").code("provider_unavailable")
        }
        ErrorKind::Provider | ErrorKind::Internal => {
            ApiError::new(kind, format!("the provider failed with status {status}")).code("provider_error")
        }
        ErrorKind::NotFound => ApiError::no_such_path(),
        _ => ApiError::new(kind, format!("the request was refused with status {status}")),
    };
    Some(error.status(status))
}

/// The error to show instead of an answer that is compressed although nobody asked for it. Only lanes decode (Envoy's
/// decompressor ends bodies with trailers, which get lost where `ext_proc` streams); what cannot be read is not passed.
pub fn compressed(content_encoding: Option<&str>) -> Option<ApiError> {
    let encoding = content_encoding?.trim();
    if encoding.is_empty() || encoding.eq_ignore_ascii_case("identity") {
        return None;
    }
    let message = "the provider compressed its answer although it was not asked to, so it cannot be checked";
    Some(ApiError::new(ErrorKind::Provider, message).code("unreadable_answer"))
}

fn is_understood(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.eq_ignore_ascii_case("text/event-stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_that_are_not_json_are_rewritten() {
        for (status, content_type, details, expected) in [
            (200, Some("text/plain"), None, None),
            (500, Some("application/json; charset=utf-8"), None, None),
            (
                413,
                Some("text/plain"),
                Some("request_payload_too_large"),
                Some((413, "request_too_large")),
            ),
            (
                500,
                Some("text/plain"),
                Some("ext_proc_error_gRPC_error_14"),
                Some((503, "policy_unavailable")),
            ),
            (
                403,
                Some("text/plain"),
                Some("rbac_access_denied_matched_policy[none]"),
                Some((503, "policy_unavailable")),
            ),
            (
                504,
                Some("text/plain"),
                Some("response_timeout"),
                Some((504, "provider_timeout")),
            ),
            (
                502,
                Some("text/html"),
                Some("via_upstream"),
                Some((502, "provider_error")),
            ),
            (503, None, None, Some((503, "provider_unavailable"))),
            (429, Some("text/plain"), None, Some((429, ""))),
        ] {
            let error = rewrite(status, content_type, details);
            let seen = error.map(|error| (error.status, error.code.unwrap_or_default()));
            assert_eq!(seen, expected, "{status} {content_type:?} {details:?}");
        }
    }
}
