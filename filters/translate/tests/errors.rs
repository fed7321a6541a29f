//! A provider's error bodies, whatever they are, as the client's SDK reads them.

use tollgate_llm::{Dialect, Endpoint};
use tollgate_translate::error;

#[test]
fn errors_for_chat_clients() {
    // status, Anthropic's body, the error object that the client gets
    let cases = [
        (
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#,
            r#"{"message":"Overloaded","type":"server_error","param":null,"code":null}"#,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"messages: \"x\" is bad"}}"#,
            r#"{"message":"messages: \"x\" is bad","type":"invalid_request_error","param":null,"code":null}"#,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 2 > 1"}}"#,
            r#"{"message":"prompt is too long: 2 > 1","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}"#,
        ),
        (
            404,
            r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-9"}}"#,
            r#"{"message":"model: claude-9","type":"invalid_request_error","param":null,"code":"model_not_found"}"#,
        ),
        (
            429,
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#,
            r#"{"message":"slow down","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}"#,
        ),
        (
            402,
            r#"{"type":"error","error":{"type":"billing_error","message":"no credit"}}"#,
            r#"{"message":"no credit","type":"insufficient_quota","param":null,"code":"insufficient_quota"}"#,
        ),
        (
            401,
            r#"{"type":"error","error":{"type":"brand_new","message":"who?"}}"#,
            r#"{"message":"who?","type":"authentication_error","param":null,"code":null}"#,
        ),
        (
            502,
            "<html><body>Bad Gateway</body></html>",
            r#"{"message":"the provider answered with status 502 and no explanation","type":"server_error","param":null,"code":null}"#,
        ),
        (
            503,
            " upstream \"connect\" error\n",
            r#"{"message":"upstream \"connect\" error","type":"server_error","param":null,"code":null}"#,
        ),
        (
            500,
            "",
            r#"{"message":"the provider answered with status 500 and no explanation","type":"server_error","param":null,"code":null}"#,
        ),
        (
            500,
            r#"{"error":{"#,
            r#"{"message":"the provider answered with status 500 and no explanation","type":"server_error","param":null,"code":null}"#,
        ),
    ];
    for (status, body, expected) in cases {
        let found = error(
            Endpoint::ChatCompletions,
            Dialect::Anthropic,
            status,
            body.as_bytes(),
        );
        assert_eq!(
            String::from_utf8(found).unwrap(),
            format!(r#"{{"error":{expected}}}"#)
        );
    }
}

#[test]
fn errors_for_messages_clients() {
    // status, OpenAI's body, type and message that the client gets
    let cases = [
        (
            401,
            r#"{"error":{"message":"Incorrect API key","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
            ("authentication_error", "Incorrect API key"),
        ),
        (
            429,
            r#"{"error":{"message":"Rate limit","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#,
            ("rate_limit_error", "Rate limit"),
        ),
        (
            429,
            r#"{"error":{"message":"quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
            ("rate_limit_error", "quota"),
        ),
        (
            400,
            r#"{"error":{"message":"too long","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
            ("invalid_request_error", "too long"),
        ),
        (
            404,
            r#"{"error":{"message":"no such model","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
            ("not_found_error", "no such model"),
        ),
        (
            413,
            r#"{"error":{"message":"big","type":"x"}}"#,
            ("request_too_large", "big"),
        ),
        (
            500,
            r#"{"error":{"message":"oops","type":"server_error","param":null,"code":null}}"#,
            ("api_error", "oops"),
        ),
        (
            503,
            r#"{"error":{"message":"full","type":"server_error"}}"#,
            ("overloaded_error", "full"),
        ),
        (504, r#"{"error":{"message":"late"}}"#, ("timeout_error", "late")),
        (
            400,
            r#"{"error":"model is required"}"#,
            ("invalid_request_error", "model is required"),
        ),
        (
            422,
            r#"{"object":"error","message":"bad field","type":"BadRequestError","code":422}"#,
            ("invalid_request_error", "bad field"),
        ),
        (404, r#"{"detail":"Not Found"}"#, ("not_found_error", "Not Found")),
        (
            400,
            r#"{"detail":[{"loc":["body"]}]}"#,
            (
                "invalid_request_error",
                "the provider answered with status 400 and no explanation",
            ),
        ),
        (
            502,
            "[]",
            (
                "api_error",
                "the provider answered with status 502 and no explanation",
            ),
        ),
    ];
    for (status, body, (kind, message)) in cases {
        let found = error(Endpoint::Messages, Dialect::OpenAi, status, body.as_bytes());
        let expected = serde_json::json!({ "type": "error", "error": { "type": kind, "message": message } });
        assert_eq!(String::from_utf8(found).unwrap(), expected.to_string(), "{body}");
    }
}

#[test]
fn the_clients_own_dialect_stays_unless_it_is_no_json() {
    let body = br#"{ "error" : {"message":"x","new_field":1} }"#;
    assert_eq!(error(Endpoint::Embeddings, Dialect::OpenAi, 400, body), body);
    let page = error(Endpoint::Responses, Dialect::OpenAi, 502, b"<html>");
    assert!(
        String::from_utf8(page)
            .unwrap()
            .starts_with(r#"{"error":{"message":"the provider answered"#)
    );
}
