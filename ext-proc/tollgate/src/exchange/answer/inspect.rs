//! A stream's redaction by itself, for `tollgate inspect pii --stream`: the code that answers go through, without an exchange.
//! Must not know policies: whoever inspects says the rules.

use std::sync::Arc;

use tollgate_llm::Endpoint;
use tollgate_llm::stream::StreamReader;
use tollgate_redact::{Engine, Rules, TenantKey, Vault};

use super::restorer::Restorer;
use super::stream::Stream;

/// Whose events a stream has.
#[derive(Clone, Copy)]
pub(crate) enum StreamShape {
    /// Those of one of the gateway's endpoints.
    Of(Endpoint),
    /// Those of Gemini's `streamGenerateContent`.
    GenerateContent,
}

/// One stream under inspection.
pub(crate) struct InspectedStream(Stream);

impl InspectedStream {
    pub(crate) fn new(engine: &Arc<Engine>, rules: &Arc<Rules>, shape: StreamShape) -> Self {
        let key = TenantKey::derive(b"inspect", "inspect");
        let vault = Arc::new(Vault::new(key.clone()));
        let restorer = Restorer::inspecting(Arc::clone(engine), Arc::clone(rules), vault, key);
        let (reader, endpoint) = match shape {
            StreamShape::Of(endpoint) => (StreamReader::new(endpoint), endpoint),
            StreamShape::GenerateContent => (StreamReader::generate_content(), Endpoint::ChatCompletions),
        };
        Self(Stream::reading(reader, endpoint, restorer, true, None))
    }

    /// What a client would get for these bytes.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        self.0.push(chunk)
    }

    /// What is left at the end.
    pub(crate) fn end(&mut self) -> Vec<u8> {
        self.0.end()
    }
}
