//! Our events to and from Envoy's protobuf.
//! Must not know the order of messages (`conversation`) or what they mean (policy).

use std::time::Duration;

use envoy_types::pb::envoy::config::core::v3::{
    HeaderValue, HeaderValueOption, header_value_option::HeaderAppendAction,
};
use envoy_types::pb::envoy::service::ext_proc::v3::{
    BodyMutation, BodyResponse, CommonResponse, HeaderMutation, HeadersResponse, HttpHeaders,
    ImmediateResponse, ProcessingRequest, ProcessingResponse, TrailersResponse, body_mutation::Mutation,
    processing_response::Response,
};
use envoy_types::pb::envoy::r#type::v3::HttpStatus;
use envoy_types::pb::google::protobuf::{Duration as PbDuration, Struct, Value as PbValue, value::Kind};

use crate::event::{AnswerVerdict, Attributes, Metadata, Reply, RequestVerdict, Value};

/// The namespace of our dynamic metadata; `metadata_options.receiving_namespaces` must allow it.
const NAMESPACE: &str = "tollgate";

/// The attributes of a message, whatever filter name Envoy filed them under.
pub(crate) fn attributes(message: &mut ProcessingRequest) -> Attributes {
    std::mem::take(&mut message.attributes)
        .into_values()
        .flat_map(|attributes| attributes.fields)
        .filter_map(|(name, value)| {
            let value = match value.kind? {
                Kind::StringValue(text) => Value::Text(text),
                Kind::NumberValue(number) => Value::Number(number),
                Kind::BoolValue(value) => Value::Bool(value),
                Kind::NullValue(_) | Kind::StructValue(_) | Kind::ListValue(_) => return None,
            };
            Some((name, value))
        })
        .collect()
}

/// What a message with a request's headers says by itself, under the names of the attributes that Envoy would be asked for.
pub(crate) fn header_attributes(headers: HttpHeaders) -> Attributes {
    let headers = headers.headers.map(|map| map.headers).unwrap_or_default();
    headers
        .into_iter()
        .map(|header| {
            let value = if header.raw_value.is_empty() {
                header.value
            } else {
                String::from_utf8_lossy(&header.raw_value).into_owned()
            };
            let name = match header.key.as_str() {
                ":path" => "request.path".to_owned(),
                name => format!("request.headers['{name}']"),
            };
            (name, Value::Text(value))
        })
        .collect()
}

/// The answer to a request's body.
pub(crate) fn request_body(verdict: RequestVerdict) -> ProcessingResponse {
    match verdict {
        RequestVerdict::Forward { body, metadata } => response(
            Response::RequestBody(BodyResponse {
                response: Some(common(body)),
            }),
            metadata,
        ),
        RequestVerdict::Reply(reply) => immediate(reply),
    }
}

/// "Wait": what comes next is the answer. Envoy allows it once for a message, up to `max_message_timeout`.
pub(crate) fn patience(most: Duration) -> ProcessingResponse {
    let duration = PbDuration {
        seconds: i64::try_from(most.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(most.subsec_nanos()).unwrap_or(0),
    };
    ProcessingResponse {
        override_message_timeout: Some(duration),
        ..Default::default()
    }
}

/// The answer to a request that has no body.
pub(crate) fn request_headers(verdict: RequestVerdict) -> ProcessingResponse {
    match verdict {
        RequestVerdict::Forward { metadata, .. } => response(
            Response::RequestHeaders(HeadersResponse { response: None }),
            metadata,
        ),
        RequestVerdict::Reply(reply) => immediate(reply),
    }
}

/// The answer to a chunk of the answer's body.
pub(crate) fn answer_body(verdict: AnswerVerdict) -> ProcessingResponse {
    let (body, metadata) = match verdict {
        AnswerVerdict::Keep(metadata) => (None, metadata),
        AnswerVerdict::Replace(body, metadata) => (Some(body), metadata),
        AnswerVerdict::Reply(reply) => return immediate(reply),
    };
    response(
        Response::ResponseBody(BodyResponse {
            response: Some(common(body)),
        }),
        metadata,
    )
}

/// "Go on": the answer to messages that we did not ask for.
pub(crate) fn untouched(kind: Untouched) -> ProcessingResponse {
    let empty = || TrailersResponse {
        header_mutation: None,
    };
    let kind = match kind {
        Untouched::RequestTrailers => Response::RequestTrailers(empty()),
        Untouched::ResponseTrailers => Response::ResponseTrailers(empty()),
        Untouched::ResponseHeaders => Response::ResponseHeaders(HeadersResponse { response: None }),
        Untouched::RequestBody => Response::RequestBody(BodyResponse { response: None }),
        Untouched::ResponseBody => Response::ResponseBody(BodyResponse { response: None }),
    };
    response(kind, Vec::new())
}

/// Messages that are passed on without asking anybody.
#[derive(Clone, Copy)]
pub(crate) enum Untouched {
    RequestTrailers,
    ResponseTrailers,
    ResponseHeaders,
    RequestBody,
    ResponseBody,
}

fn common(body: Option<Vec<u8>>) -> CommonResponse {
    let mutation = body.map(|body| {
        // An empty `body` is proto3's default and would be read as "no mutation": it must be said as "clear".
        let mutation = if body.is_empty() {
            Mutation::ClearBody(true)
        } else {
            Mutation::Body(body)
        };
        BodyMutation {
            mutation: Some(mutation),
        }
    });
    CommonResponse {
        body_mutation: mutation,
        ..Default::default()
    }
}

fn response(response: Response, metadata: Metadata) -> ProcessingResponse {
    ProcessingResponse {
        response: Some(response),
        dynamic_metadata: (!metadata.is_empty()).then(|| dynamic_metadata(metadata)),
        ..Default::default()
    }
}

fn immediate(reply: Reply) -> ProcessingResponse {
    let set_headers = reply
        .headers
        .into_iter()
        .map(|(key, value)| HeaderValueOption {
            // `raw_value`: Envoy takes bytes in either field, but rejects a message that uses both.
            header: Some(HeaderValue {
                key: key.to_owned(),
                raw_value: value.into_bytes(),
                ..Default::default()
            }),
            append_action: HeaderAppendAction::OverwriteIfExistsOrAdd as i32,
            ..Default::default()
        })
        .collect();
    let message = ImmediateResponse {
        status: Some(HttpStatus {
            code: i32::from(reply.status),
        }),
        headers: Some(HeaderMutation {
            set_headers,
            remove_headers: Vec::new(),
        }),
        body: reply.body,
        grpc_status: None,
        details: reply.details.to_owned(),
    };
    response(Response::ImmediateResponse(message), reply.metadata)
}

fn dynamic_metadata(metadata: Metadata) -> Struct {
    let fields = metadata
        .into_iter()
        .map(|(name, value)| {
            let kind = match value {
                Value::Text(text) => Kind::StringValue(text),
                Value::Number(number) => Kind::NumberValue(number),
                Value::Bool(value) => Kind::BoolValue(value),
            };
            (name.to_owned(), PbValue { kind: Some(kind) })
        })
        .collect();
    let ours = PbValue {
        kind: Some(Kind::StructValue(Struct { fields })),
    };
    Struct {
        fields: std::iter::once((NAMESPACE.to_owned(), ours)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holding_everything_back_is_said_as_clear() {
        let message = answer_body(AnswerVerdict::Replace(Vec::new(), Vec::new()));
        let Some(Response::ResponseBody(BodyResponse {
            response: Some(common),
        })) = message.response
        else {
            panic!("not a body response")
        };
        assert_eq!(
            common.body_mutation.unwrap().mutation,
            Some(Mutation::ClearBody(true))
        );
    }
}
