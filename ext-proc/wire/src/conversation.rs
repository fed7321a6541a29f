//! One gRPC stream of Envoy's: which message comes when, the first end of stream, the client that leaves.
//! Must not know what a verdict is made from.

use envoy_types::pb::envoy::extensions::filters::http::ext_proc::v3::processing_mode::BodySendMode;
use envoy_types::pb::envoy::service::ext_proc::v3::{
    ProcessingRequest, ProcessingResponse, processing_request::Request as Message,
};
use tonic::Status;

use crate::codec::{self, Untouched};
use crate::event::{Asked, Attributes, Exchange, RequestVerdict};

/// Where Envoy's messages come from: tonic's stream, or a test's.
pub(crate) trait Inbound: Send {
    fn message(&mut self) -> impl Future<Output = Result<Option<ProcessingRequest>, Status>> + Send;
}

impl Inbound for tonic::Streaming<ProcessingRequest> {
    fn message(&mut self) -> impl Future<Output = Result<Option<ProcessingRequest>, Status>> + Send {
        tonic::Streaming::message(self)
    }
}

/// An exchange and the stream that tells of it. However it ends, the exchange is closed: tonic drops this value when Envoy
/// resets the stream, which is how a client's leaving shows.
pub(crate) struct Conversation<I, E: Exchange> {
    inbound: I,
    exchange: Option<E>,
    attributes: Attributes,
    request_ended: bool,
    answer_ended: bool,
    /// Envoy was asked to wait, and this verdict is still to come.
    owed: Option<Owed>,
    /// Envoy said that bodies come whole: then trailers may end them, and the body's message does not say "end".
    whole: Whole,
}

enum Owed {
    Request,
    /// On the end of an answer.
    Answer(Attributes, Vec<u8>),
}

#[derive(Default, Clone, Copy)]
struct Whole {
    request: bool,
    answer: bool,
}

impl<I: Inbound, E: Exchange> Conversation<I, E> {
    pub(crate) fn new(inbound: I, exchange: E) -> Self {
        Self {
            inbound,
            exchange: Some(exchange),
            attributes: Attributes::default(),
            request_ended: false,
            answer_ended: false,
            owed: None,
            whole: Whole::default(),
        }
    }

    /// The next message for Envoy; `None` when the conversation is over.
    pub(crate) async fn next(&mut self) -> Option<Result<ProcessingResponse, Status>> {
        if let (Some(owed), Some(exchange)) = (self.owed.take(), &mut self.exchange) {
            return Some(Ok(match owed {
                Owed::Request => codec::request_body(exchange.resume().await),
                Owed::Answer(attributes, body) => {
                    codec::answer_body(exchange.answer(&attributes, body, true).await)
                }
            }));
        }
        match self.inbound.message().await {
            Ok(Some(message)) => Some(self.reply_to(message).await),
            // Envoy closed the stream, or reset it: nothing more can be said to it either way.
            Ok(None) | Err(_) => {
                if let Some(exchange) = self.exchange.take() {
                    exchange.close().await;
                }
                None
            }
        }
    }

    async fn reply_to(&mut self, mut message: ProcessingRequest) -> Result<ProcessingResponse, Status> {
        let attributes = codec::attributes(&mut message);
        if let Some(protocol) = &message.protocol_config {
            self.whole = Whole {
                request: protocol.request_body_mode() == BodySendMode::Buffered,
                answer: protocol.response_body_mode() == BodySendMode::Buffered,
            };
        }
        let Some(exchange) = self.exchange.as_mut() else {
            return Err(Status::failed_precondition(
                "message after the end of the exchange",
            ));
        };
        match message.request {
            Some(Message::RequestHeaders(headers)) if headers.end_of_stream => {
                self.request_ended = true;
                let attributes = codec::header_attributes(headers);
                Ok(codec::request_headers(exchange.bodiless(&attributes).await))
            }
            // Headers of a request whose body follows: what they say is kept for the body's message.
            Some(Message::RequestHeaders(headers)) => {
                self.attributes = codec::header_attributes(headers);
                Ok(codec::request_headers(RequestVerdict::Forward {
                    body: None,
                    metadata: Vec::new(),
                }))
            }
            Some(Message::RequestBody(_)) if self.request_ended => {
                Ok(codec::untouched(Untouched::RequestBody))
            }
            Some(Message::RequestBody(body)) if body.end_of_stream || self.whole.request => {
                self.request_ended = true;
                let attributes = if attributes.is_empty() {
                    &self.attributes
                } else {
                    &attributes
                };
                Ok(match exchange.request(attributes, body.body).await {
                    Asked::Now(verdict) => codec::request_body(verdict),
                    Asked::Later(most) => {
                        self.owed = Some(Owed::Request);
                        codec::patience(most)
                    }
                })
            }
            // A part of a request can't be judged; passing it on would let it by unseen.
            Some(Message::RequestBody(_)) => Err(Status::failed_precondition(
                "the request's body came in parts: set request_body_mode to BUFFERED",
            )),
            // Envoy can send a second end of stream (envoyproxy/envoy#46237): only the first one counts.
            Some(Message::ResponseBody(_)) if self.answer_ended => {
                Ok(codec::untouched(Untouched::ResponseBody))
            }
            Some(Message::ResponseBody(body)) => {
                self.answer_ended = body.end_of_stream || self.whole.answer;
                if self.answer_ended
                    && let Some(most) = exchange.patience()
                {
                    self.owed = Some(Owed::Answer(attributes, body.body));
                    return Ok(codec::patience(most));
                }
                Ok(codec::answer_body(
                    exchange.answer(&attributes, body.body, self.answer_ended).await,
                ))
            }
            Some(Message::ResponseHeaders(_)) => Ok(codec::untouched(Untouched::ResponseHeaders)),
            Some(Message::RequestTrailers(_)) => Ok(codec::untouched(Untouched::RequestTrailers)),
            Some(Message::ResponseTrailers(_)) => {
                if !std::mem::replace(&mut self.answer_ended, true) {
                    // Nothing can be sent any more; what an answer that has all its events holds back is nothing.
                    exchange.answer(&attributes, Vec::new(), true).await;
                }
                Ok(codec::untouched(Untouched::ResponseTrailers))
            }
            None => Err(Status::invalid_argument("message without content")),
        }
    }
}

impl<I, E: Exchange> Drop for Conversation<I, E> {
    fn drop(&mut self) {
        let (Some(exchange), Ok(runtime)) = (self.exchange.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        runtime.spawn(exchange.close());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use envoy_types::pb::envoy::extensions::filters::http::ext_proc::v3::processing_mode::BodySendMode;
    use envoy_types::pb::envoy::service::ext_proc::v3::{
        HttpBody, HttpTrailers, ProtocolConfiguration, processing_response::Response,
    };

    use super::*;
    use crate::event::AnswerVerdict;

    #[derive(Clone, Default)]
    struct Recorder(Arc<Mutex<Vec<String>>>);

    impl Recorder {
        fn note(&self, what: impl Into<String>) {
            self.0.lock().unwrap().push(what.into());
        }
    }

    impl Exchange for Recorder {
        async fn bodiless(&mut self, _: &Attributes) -> RequestVerdict {
            self.note("bodiless");
            RequestVerdict::Forward {
                body: None,
                metadata: Vec::new(),
            }
        }
        async fn request(&mut self, _: &Attributes, body: Vec<u8>) -> Asked {
            self.note(format!("request {}", body.len()));
            if body == b"later" {
                return Asked::Later(Duration::from_millis(1_500));
            }
            Asked::Now(RequestVerdict::Forward {
                body: None,
                metadata: Vec::new(),
            })
        }
        async fn resume(&mut self) -> RequestVerdict {
            self.note("resume");
            RequestVerdict::Forward {
                body: None,
                metadata: Vec::new(),
            }
        }
        async fn answer(&mut self, _: &Attributes, chunk: Vec<u8>, end: bool) -> AnswerVerdict {
            self.note(format!("answer {} {end}", chunk.len()));
            AnswerVerdict::Keep(Vec::new())
        }
        async fn close(self) {
            self.note("close");
        }
    }

    struct Script(Vec<Message>);

    impl Inbound for Script {
        async fn message(&mut self) -> Result<Option<ProcessingRequest>, Status> {
            if self.0.is_empty() {
                return Ok(None);
            }
            Ok(Some(ProcessingRequest {
                request: Some(self.0.remove(0)),
                ..Default::default()
            }))
        }
    }

    fn request(bytes: &str, end_of_stream: bool) -> Message {
        Message::RequestBody(HttpBody {
            body: bytes.into(),
            end_of_stream,
            ..Default::default()
        })
    }

    fn answer(bytes: &str, end_of_stream: bool) -> Message {
        Message::ResponseBody(HttpBody {
            body: bytes.into(),
            end_of_stream,
            ..Default::default()
        })
    }

    #[tokio::test]
    async fn calls_come_in_order_and_end_with_close() {
        let cases = [
            (
                vec![request("ab", true), answer("c", false), answer("", true)],
                vec!["request 2", "answer 1 false", "answer 0 true", "close"],
            ),
            // A second end of stream is passed on without asking.
            (
                vec![request("ab", true), answer("c", true), answer("", true)],
                vec!["request 2", "answer 1 true", "close"],
            ),
            // The client left before any answer.
            (vec![request("ab", true)], vec!["request 2", "close"]),
        ];
        for (messages, expected) in cases {
            let recorder = Recorder::default();
            let mut conversation = Conversation::new(Script(messages), recorder.clone());
            while let Some(reply) = conversation.next().await {
                reply.unwrap();
            }
            drop(conversation);
            assert_eq!(*recorder.0.lock().unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn who_asks_for_patience_answers_after_it() {
        let recorder = Recorder::default();
        let messages = vec![request("later", true), answer("c", true)];
        let mut conversation = Conversation::new(Script(messages), recorder.clone());
        let patience = conversation.next().await.unwrap().unwrap();
        let asked = patience.override_message_timeout.unwrap();
        assert_eq!((asked.seconds, asked.nanos), (1, 500_000_000));
        assert_eq!(
            patience.response, None,
            "Envoy must not take this for the verdict"
        );
        assert_eq!(*recorder.0.lock().unwrap(), ["request 5"]);
        let verdict = conversation.next().await.unwrap().unwrap();
        assert!(matches!(verdict.response, Some(Response::RequestBody(_))));
        conversation.next().await.unwrap().unwrap();
        assert_eq!(
            *recorder.0.lock().unwrap(),
            ["request 5", "resume", "answer 1 true"]
        );
    }

    #[tokio::test]
    async fn the_end_of_an_answer_may_take_its_time() {
        struct Slow(Recorder);
        impl Exchange for Slow {
            async fn bodiless(&mut self, attributes: &Attributes) -> RequestVerdict {
                self.0.bodiless(attributes).await
            }
            async fn request(&mut self, attributes: &Attributes, body: Vec<u8>) -> Asked {
                self.0.request(attributes, body).await
            }
            async fn resume(&mut self) -> RequestVerdict {
                self.0.resume().await
            }
            fn patience(&self) -> Option<Duration> {
                Some(Duration::from_millis(1_500))
            }
            async fn answer(&mut self, attributes: &Attributes, chunk: Vec<u8>, end: bool) -> AnswerVerdict {
                self.0.answer(attributes, chunk, end).await
            }
            async fn close(self) {
                self.0.close().await;
            }
        }
        let recorder = Recorder::default();
        let messages = vec![request("ab", true), answer("c", false), answer("de", true)];
        let mut conversation = Conversation::new(Script(messages), Slow(recorder.clone()));
        let mut asked = Vec::new();
        while let Some(reply) = conversation.next().await {
            asked.push(reply.unwrap().override_message_timeout.map(|most| most.nanos));
        }
        assert_eq!(asked, [None, None, Some(500_000_000), None]);
        assert_eq!(
            *recorder.0.lock().unwrap(),
            ["request 2", "answer 1 false", "answer 2 true", "close"]
        );
    }

    #[tokio::test]
    async fn a_part_of_a_request_is_never_judged() {
        let mut conversation = Conversation::new(Script(vec![request("ab", false)]), Recorder::default());
        assert!(conversation.next().await.unwrap().is_err());
    }

    #[tokio::test]
    async fn trailers_end_what_comes_whole() {
        let protocol = ProtocolConfiguration {
            request_body_mode: BodySendMode::Buffered.into(),
            response_body_mode: BodySendMode::Buffered.into(),
            ..Default::default()
        };
        let recorder = Recorder::default();
        let mut conversation = Conversation::new(Script(Vec::new()), recorder.clone());
        let first = ProcessingRequest {
            request: Some(request("ab", false)),
            protocol_config: Some(protocol),
            ..Default::default()
        };
        conversation.reply_to(first).await.unwrap();
        for message in [
            answer("c", false),
            Message::ResponseTrailers(HttpTrailers::default()),
        ] {
            let message = ProcessingRequest {
                request: Some(message),
                ..Default::default()
            };
            conversation.reply_to(message).await.unwrap();
        }
        assert_eq!(*recorder.0.lock().unwrap(), ["request 2", "answer 1 true"]);
    }

    #[tokio::test]
    async fn trailers_end_a_stream() {
        let recorder = Recorder::default();
        let messages = vec![
            request("ab", true),
            answer("c", false),
            Message::ResponseTrailers(HttpTrailers::default()),
        ];
        let mut conversation = Conversation::new(Script(messages), recorder.clone());
        while let Some(reply) = conversation.next().await {
            reply.unwrap();
        }
        assert_eq!(
            *recorder.0.lock().unwrap(),
            ["request 2", "answer 1 false", "answer 0 true", "close"]
        );
    }

    #[tokio::test]
    async fn a_dropped_conversation_closes_its_exchange() {
        let recorder = Recorder::default();
        let mut conversation = Conversation::new(Script(vec![request("ab", true)]), recorder.clone());
        let reply = conversation.next().await.unwrap().unwrap();
        assert!(matches!(reply.response, Some(Response::RequestBody(_))));
        drop(conversation);
        tokio::task::yield_now().await;
        assert_eq!(*recorder.0.lock().unwrap(), ["request 2", "close"]);
    }
}
