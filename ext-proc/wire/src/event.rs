//! What an exchange is told and what it answers, free of protobuf.
//! Must not know Envoy's message types, sockets or policy.

use std::future::Future;
use std::time::Duration;

/// Attributes that Envoy was asked for (`request_attributes`, `response_attributes`), by their names in Envoy's
/// documentation, for example `request.headers['authorization']` or `response.code`.
#[derive(Default, Clone)]
pub struct Attributes(Vec<(String, Value)>);

// Attributes hold credentials (the client's authorization header), so `Debug` shows only which ones there are.
impl std::fmt::Debug for Attributes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

impl Attributes {
    /// The text of an attribute; `None` when it is absent or not a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.find(name)? {
            Value::Text(text) => Some(text),
            Value::Number(_) | Value::Bool(_) => None,
        }
    }

    /// Whether Envoy sent none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of an attribute; `None` when it is absent or not a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.find(name)? {
            Value::Number(number) => Some(*number),
            Value::Text(_) | Value::Bool(_) => None,
        }
    }

    fn find(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

impl FromIterator<(String, Value)> for Attributes {
    fn from_iter<T: IntoIterator<Item = (String, Value)>>(iter: T) -> Self {
        Self(iter.into_iter().collect())
    }
}

/// One value of an attribute or of dynamic metadata.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A string.
    Text(String),
    /// A number; Envoy's `Struct` has doubles only.
    Number(f64),
    /// A boolean.
    Bool(bool),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u64> for Value {
    #[allow(
        clippy::cast_precision_loss,
        reason = "token counts and nano-dollars stay far below 2^53"
    )]
    fn from(number: u64) -> Self {
        Self::Number(number as f64)
    }
}

/// Entries for Envoy's dynamic metadata under the namespace `tollgate`: read by `router.wasm`, by what stands behind the service,
/// by access logs and rate limits.
pub type Metadata = Vec<(&'static str, Value)>;

/// An answer that Envoy gives instead of a provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// HTTP status, 200–599.
    pub status: u16,
    /// Response headers, `content-type` included.
    pub headers: Vec<(&'static str, String)>,
    /// The whole body.
    pub body: Vec<u8>,
    /// Envoy's `%RESPONSE_CODE_DETAILS%`: one stable word for access logs.
    pub details: &'static str,
    /// Dynamic metadata that goes with it.
    pub metadata: Metadata,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum RequestVerdict {
    /// On to a provider; `body` replaces the client's when given.
    Forward {
        /// The edited body, or `None` to send the client's bytes as they came.
        body: Option<Vec<u8>>,
        /// Dynamic metadata for the filters behind.
        metadata: Metadata,
    },
    /// Answered here.
    Reply(Reply),
}

/// When it is known what becomes of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// Now.
    Now(RequestVerdict),
    /// After at most so long: Envoy is asked for this patience, and then the exchange [resumes](Exchange::resume).
    Later(Duration),
}

/// What becomes of an answer, or of one chunk of it.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerVerdict {
    /// These bytes go to the client as they came.
    Keep(Metadata),
    /// These bytes go instead; empty holds everything back.
    Replace(Vec<u8>, Metadata),
    /// Answered here; only while no byte of the answer has left (a buffered answer).
    Reply(Reply),
}

impl AnswerVerdict {
    /// The same with more metadata.
    #[must_use]
    pub fn with(mut self, more: Metadata) -> Self {
        match &mut self {
            Self::Keep(metadata) | Self::Replace(_, metadata) | Self::Reply(Reply { metadata, .. }) => {
                metadata.extend(more)
            }
        }
        self
    }
}

/// Starts exchanges: one for each request that Envoy hands over.
pub trait Policy: Send + Sync + 'static {
    /// What it starts.
    type Exchange: Exchange;

    /// A new exchange, before anything is known of it.
    fn begin(&self) -> Self::Exchange;
}

/// One request and its answer. Calls come in order: `bodiless`, or `request`, `resume` if that asked for patience, and then `answer`
/// until `end`; `close` always
/// comes last, also when the client left in the middle.
pub trait Exchange: Send + 'static {
    /// A request without a body (`GET /v1/models`).
    fn bodiless(&mut self, attributes: &Attributes) -> impl Future<Output = RequestVerdict> + Send;

    /// A request with its whole body.
    fn request(&mut self, attributes: &Attributes, body: Vec<u8>) -> impl Future<Output = Asked> + Send;

    /// What becomes of the request for which [`request`](Self::request) asked for patience.
    fn resume(&mut self) -> impl Future<Output = RequestVerdict> + Send;

    /// How long the end of an answer may take, if that is longer than a message usually may: Envoy is asked for this patience
    /// before [`answer`](Self::answer) gets it.
    fn patience(&self) -> Option<Duration> {
        None
    }

    /// The answer's body, whole (`end` at once) or chunk by chunk.
    fn answer(
        &mut self,
        attributes: &Attributes,
        chunk: Vec<u8>,
        end: bool,
    ) -> impl Future<Output = AnswerVerdict> + Send;

    /// The exchange is over; what was reserved is settled here.
    fn close(self) -> impl Future<Output = ()> + Send;
}
