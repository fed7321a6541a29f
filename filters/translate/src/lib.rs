//! OpenAI's chat completions and Anthropic's messages, each spoken to the other's providers: requests, answers, streams
//! and errors.
//!
//! Pure functions over bytes, for `provider.wasm` and native tests alike. Must not know policy, prices, clocks, I/O or
//! Envoy: what a translated answer cannot take from the provider's (its time, say) comes in as an argument. Where
//! client and provider speak the same dialect nothing is converted, only the model's name in the request.
//!
//! ```
//! use tollgate_llm::{Dialect, Endpoint};
//! use tollgate_translate::{Defaults, request};
//!
//! let chat = br#"{"model":"gpt-4o","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}]}"#;
//! let out = request(Endpoint::ChatCompletions, Dialect::Anthropic, chat, "claude-sonnet-5", &Defaults::default())?;
//! assert_eq!(out.path, "/v1/messages");
//! assert_eq!(
//!     String::from_utf8_lossy(&out.body),
//!     r#"{"model":"claude-sonnet-5","max_tokens":4096,"system":"Be brief.","messages":[{"role":"user","content":"Hi"}]}"#
//! );
//! # Ok::<(), tollgate_llm::ApiError>(())
//! ```
//!
//! What has no counterpart on the other side is listed in this crate's README: it is left out where the answer means
//! the same without it, and refused with the field's name otherwise.

mod answer;
mod at;
mod errors;
mod json;
mod rename;
mod request;
mod stop;
mod stream;
mod usage;

use tollgate_llm::{ApiError, Dialect, Endpoint, ErrorKind};

pub use answer::{Head, answer};
pub use errors::error;
pub use rename::rename_model;
pub use request::{Defaults, OutputLimit, RequestOut, Tuning, request};
pub use stream::StreamTranslator;

/// The version of Anthropic's API that translated requests are written for: the value of the `anthropic-version` header,
/// which Anthropic requires and no chat client sends. Later versions refuse temperature, top_p and top_k from any model.
pub const ANTHROPIC_VERSION: &str = "2023-06-01";

/// What has to be converted between a client's endpoint and a provider's dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Translation {
    /// The same dialect on both sides.
    None,
    /// A chat completions client, served by an Anthropic provider.
    ChatOnAnthropic,
    /// A messages client, served by an OpenAI provider.
    MessagesOnOpenAi,
}

impl Translation {
    fn between(client: Endpoint, provider: Dialect) -> Result<Self, ApiError> {
        match (client, provider) {
            _ if client.dialect() == provider => Ok(Self::None),
            (Endpoint::ChatCompletions, Dialect::Anthropic) => Ok(Self::ChatOnAnthropic),
            (Endpoint::Messages, Dialect::OpenAi) => Ok(Self::MessagesOnOpenAi),
            _ => Err(ApiError::new(
                ErrorKind::NotFound,
                format!(
                    "the provider of this model has no counterpart of {}",
                    client.path()
                ),
            )
            .code("unsupported_by_provider")),
        }
    }
}
