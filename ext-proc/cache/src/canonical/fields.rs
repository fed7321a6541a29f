//! Top-level fields of a request that the hash leaves out, and those that make its answer unfit for a cache.
//! Must not know how a hash is made.

use tollgate_llm::Endpoint;

/// What a top-level field means for the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// Part of the hash: every field that is not known to be something else.
    Hashed,
    /// Not part of the hash.
    Ignored,
    /// Unless null, the answer depends on more than the request.
    Stateful(&'static str),
    /// So it does if this is true.
    Flag(&'static str),
    /// Part of the hash; its objects may name tools that a provider runs.
    Tools,
}

impl Field {
    pub(super) fn of(endpoint: Endpoint, name: &str) -> Self {
        match name {
            // Parts of the key by themselves: the model as routed, and the form in which the answer is delivered.
            "model" | "stream" | "stream_options" => Self::Ignored,
            // State that the provider keeps and that changes without the request changing.
            "conversation" => Self::Stateful("conversation"),
            "container" => Self::Stateful("container"),
            // A stored prompt. In every other endpoint it is the text itself.
            "prompt" if endpoint == Endpoint::Responses => Self::Stateful("prompt"),
            // Searches and servers whose results change. Several providers' names for it.
            "web_search_options" => Self::Stateful("web_search_options"),
            "search_parameters" => Self::Stateful("search_parameters"),
            "plugins" => Self::Stateful("plugins"),
            "mcp_servers" => Self::Stateful("mcp_servers"),
            "enable_search" => Self::Flag("enable_search"),
            // The answer is a ticket for a later one.
            "background" => Self::Flag("background"),
            "tools" => Self::Tools,
            _ if is_ignored(endpoint, name) => Self::Ignored,
            _ => Self::Hashed,
        }
    }
}

/// Fields that say who asks or how to serve, and neither reach the model nor come back in the answer.
///
/// Response objects repeat their request's fields, `user` and `metadata` included: there they are hashed, or one user
/// would be sent another's.
fn is_ignored(endpoint: Endpoint, name: &str) -> bool {
    if endpoint == Endpoint::Responses {
        return false;
    }
    matches!(
        name,
        // An end user's id, for abuse detection. OpenAI's two names; Anthropic's is metadata.user_id.
        "user" | "safety_identifier"
        // Labels for the provider's dashboard.
        | "metadata"
        // Whether the provider keeps a copy. A hit leaves none there.
        | "store"
        // How fast and at what price, not what.
        | "service_tier"
        // Steers the provider's own prompt cache.
        | "prompt_cache_key" | "prompt_cache_retention"
    )
}

/// Types of tools that the client runs: the model only sees their definitions, which are hashed. All others are run by
/// the provider, or not known here, and what they find changes without the request changing.
/// <https://platform.openai.com/docs/guides/tools>,
/// <https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/overview>.
pub(super) fn is_run_by_client(tool_type: &str) -> bool {
    // OpenAI's names, and Anthropic's, which end in a date.
    const EXACT: [&str; 5] = [
        "function",
        "custom",
        "local_shell",
        "apply_patch",
        "computer_use_preview",
    ];
    const DATED: [&str; 4] = ["bash_", "text_editor_", "computer_", "memory_"];
    EXACT.contains(&tool_type)
        || DATED.iter().any(|name| {
            tool_type
                .strip_prefix(name)
                .is_some_and(|date| date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()))
        })
}
