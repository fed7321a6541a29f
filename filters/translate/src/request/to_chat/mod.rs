//! A messages request as a chat completions request.
//! Must not know anything of answers.

mod content;
mod messages;
mod tools;

use tollgate_llm::{ApiError, Dialect};

use super::model::{takes_effort, takes_sampling};
use super::{Defaults, OutputLimit};
use crate::at::At;
use crate::json::{Json, Object, Text, object};

/// Fields whose effect a client would miss in the answer, or rely on, and that chat cannot have, with the way out.
const REFUSED: &[(&str, &str)] = &[
    ("container", "leave it out"),
    ("inference_geo", "route to a provider in that region instead"),
    ("mcp_servers", "call the servers' tools yourself"),
];

/// OpenAI takes this many stop sequences.
const MAX_STOP_SEQUENCES: usize = 4;

/// OpenAI takes user ids of this many characters.
const MAX_USER_ID: usize = 64;

pub(super) fn request<'a>(
    message: &Object<'a>,
    model: &'a str,
    defaults: &Defaults,
) -> Result<Object<'a>, ApiError> {
    for (name, way_out) in REFUSED {
        if message
            .get(name)
            .is_some_and(|value| !matches!(value.as_array(), Some([])))
        {
            return Err(At::ROOT.field(name).unsupported(way_out));
        }
    }
    let mut out = Object::default();
    out.push("model", model);
    out.push("messages", messages::messages(message)?);
    let limit = At::ROOT.count(message, "max_tokens")?;
    let limit = limit.ok_or_else(|| At::ROOT.field("max_tokens").refuse("is missing"))?;
    if limit == 0 {
        return Err(At::ROOT
            .field("max_tokens")
            .unsupported("ask for at least one token"));
    }
    let name = match defaults.output_limit {
        OutputLimit::MaxCompletionTokens => "max_completion_tokens",
        OutputLimit::MaxTokens => "max_tokens",
    };
    out.push(name, limit);
    tools::tools(message, &mut out)?;
    let is_sampling_taken = takes_sampling(defaults.sampling, Dialect::OpenAi, model);
    for name in ["temperature", "top_p"] {
        if At::ROOT.number(message, name)?.is_some() && is_sampling_taken {
            out.carry(message, name);
        }
    }
    let stop = At::ROOT.array(message, "stop_sequences")?;
    if stop.len() > MAX_STOP_SEQUENCES {
        return Err(At::ROOT.field("stop_sequences").unsupported("send at most four"));
    }
    if !stop.is_empty() {
        out.push("stop", stop.to_vec());
    }
    if let Some(metadata) = At::ROOT.object(message, "metadata")?
        && let Some(user) = At::ROOT.field("metadata").text(metadata, "user_id")?
        && user.decode().chars().count() <= MAX_USER_ID
    {
        out.push("user", user.clone());
    }
    let is_effort_taken = takes_effort(defaults.effort, Dialect::OpenAi, model);
    output_config(message, is_effort_taken, &mut out)?;
    if At::ROOT.flag(message, "stream")? {
        out.push("stream", true);
        // A messages stream always ends with usage.
        out.push("stream_options", object("include_usage", true));
    }
    Ok(out)
}

fn output_config<'a>(
    message: &Object<'a>,
    is_effort_taken: bool,
    out: &mut Object<'a>,
) -> Result<(), ApiError> {
    let config = At::ROOT.object(message, "output_config")?;
    let at = At::ROOT.field("output_config");
    if let Some(config) = config
        && let Some(format) = at.object(config, "format")?
    {
        let at = at.field("format");
        if !at.need_text(format, "type")?.is("json_schema") {
            return Err(at.field("type").refuse("must be json_schema"));
        }
        let schema = at.need_whole(format, "schema")?.clone();
        // Anthropic's formats are always enforced; OpenAI's only if they are strict.
        let wrapper = object("name", "answer")
            .with("strict", true)
            .with("schema", schema);
        out.push(
            "response_format",
            object("type", "json_schema").with("json_schema", wrapper),
        );
    }
    if is_effort_taken {
        let effort = match config {
            Some(config) => at.text(config, "effort")?.and_then(effort_of),
            None => None,
        };
        let effort = match effort {
            Some(effort) => Some(effort),
            None => thinking_effort(message)?,
        };
        out.push_some("reasoning_effort", effort);
    }
    Ok(())
}

/// `None` for a name that OpenAI does not know: the model's default then.
fn effort_of(effort: &Text<'_>) -> Option<&'static str> {
    ["low", "medium", "high", "xhigh", "max"]
        .into_iter()
        .find(|name| effort.is(name))
}

/// A budget of thinking tokens as the nearest effort. Adaptive thinking leaves it to the model, as leaving it out does.
fn thinking_effort(message: &Object<'_>) -> Result<Option<&'static str>, ApiError> {
    let Some(thinking) = At::ROOT.object(message, "thinking")? else {
        return Ok(None);
    };
    if !thinking
        .get("type")
        .and_then(Json::as_text)
        .is_some_and(|kind| kind.is("enabled"))
    {
        return Ok(None);
    }
    let budget = At::ROOT.field("thinking").count(thinking, "budget_tokens")?;
    Ok(budget.map(|tokens| match tokens {
        0..4096 => "low",
        4096..16384 => "medium",
        _ => "high",
    }))
}
