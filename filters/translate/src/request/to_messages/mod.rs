//! A chat completions request as a messages request.
//! Must not know anything of answers.

mod content;
mod messages;
mod tools;

use tollgate_llm::{ApiError, Dialect};

use super::model::{takes_effort, takes_sampling};
use super::{Defaults, Tuning, plainest};
use crate::at::At;
use crate::json::{Json, Object, Text, object};

/// Fields whose effect a client would miss in the answer and that messages cannot have, with the way out.
const REFUSED: &[(&str, &str)] = &[
    ("audio", "ask for text instead"),
    ("functions", "use tools instead"),
    ("function_call", "use tool_choice instead"),
    ("moderation", "leave it out"),
    ("web_search_options", "leave it out"),
];

pub(super) fn request<'a>(
    chat: &Object<'a>,
    model: &'a str,
    defaults: &Defaults,
) -> Result<Object<'a>, ApiError> {
    refuse_what_would_be_missed(chat)?;
    let conversation = messages::conversation(chat)?;
    let mut system = conversation.system;
    let mut output_config = Object::default();

    if let Some(format) = At::ROOT.object(chat, "response_format")? {
        let at = At::ROOT.field("response_format");
        let kind = at.need_text(format, "type")?;
        if kind.is("json_schema") {
            let wrapper = at.need_object(format, "json_schema")?;
            let at = at.field("json_schema");
            let schema = at.need_whole(wrapper, "schema")?;
            output_config.push(
                "format",
                object("type", "json_schema").with("schema", schema.clone()),
            );
        } else if kind.is("json_object") {
            // Messages have no JSON mode without a schema. OpenAI demands that the prompt asks for JSON anyway; this
            // asks once more, as Anthropic's guides do it.
            system.push(object("type", "text").with("text", JSON_MODE).into());
        } else if !kind.is("text") {
            return Err(at
                .field("type")
                .refuse("must be text, json_object or json_schema"));
        }
    }
    if takes_effort(defaults.effort, Dialect::Anthropic, model)
        && let Some(effort) = At::ROOT.text(chat, "reasoning_effort")?
        && let Some(effort) = effort_of(effort)
    {
        output_config.push("effort", effort);
    }

    let mut out = Object::default();
    out.push("model", model);
    out.push("max_tokens", output_limit(chat, defaults)?);
    if !system.is_empty() {
        out.push("system", plainest(system));
    }
    out.push("messages", conversation.turns);
    tools::tools(chat, &mut out)?;
    sampling(
        chat,
        takes_sampling(defaults.sampling, Dialect::Anthropic, model),
        &mut out,
    )?;
    stop_sequences(chat, &mut out)?;
    if let Some(user) = At::ROOT
        .text(chat, "user")?
        .or(At::ROOT.text(chat, "safety_identifier")?)
    {
        out.push("metadata", object("user_id", user.clone()));
    }
    if !output_config.is_empty() {
        out.push("output_config", output_config);
    }
    if defaults.effort != Tuning::Drop {
        // Not a field of chat completions, but the name under which Anthropic's own OpenAI endpoint takes it.
        out.carry(chat, "thinking");
    }
    out.carry(chat, "stream");
    Ok(out)
}

const JSON_MODE: &str = "Answer with a single valid JSON object and nothing else: no prose, no code fence.";

fn refuse_what_would_be_missed(chat: &Object<'_>) -> Result<(), ApiError> {
    for (name, way_out) in REFUSED {
        if chat.get(name).is_some() {
            return Err(At::ROOT.field(name).unsupported(way_out));
        }
    }
    if At::ROOT.count(chat, "n")?.is_some_and(|n| n != 1) {
        return Err(At::ROOT.field("n").unsupported("ask for one choice"));
    }
    if At::ROOT.flag(chat, "logprobs")? {
        return Err(At::ROOT.field("logprobs").unsupported("set it to false"));
    }
    if At::ROOT
        .object(chat, "logit_bias")?
        .is_some_and(|bias| !bias.is_empty())
    {
        return Err(At::ROOT.field("logit_bias").unsupported("leave it out"));
    }
    let modalities = At::ROOT.array(chat, "modalities")?;
    if modalities
        .iter()
        .any(|modality| !modality.as_text().is_some_and(|name| name.is("text")))
    {
        return Err(At::ROOT.field("modalities").unsupported("ask for text only"));
    }
    Ok(())
}

fn output_limit(chat: &Object<'_>, defaults: &Defaults) -> Result<u64, ApiError> {
    for name in ["max_completion_tokens", "max_tokens"] {
        match At::ROOT.count(chat, name)? {
            None => {}
            // To Anthropic this means to fill its cache and answer nothing.
            Some(0) => return Err(At::ROOT.field(name).refuse("must be at least 1")),
            Some(limit) => return Ok(limit),
        }
    }
    Ok(defaults.max_output_tokens)
}

/// Chat's temperature goes to 2, Anthropic's to 1: what is above becomes 1, as Anthropic's own OpenAI endpoint does.
/// Claude 4.1 and later refuse temperature together with top_p, so whichever of the two says its default is left out.
fn sampling<'a>(chat: &Object<'a>, is_taken: bool, out: &mut Object<'a>) -> Result<(), ApiError> {
    let temperature = At::ROOT.number(chat, "temperature")?;
    let top_p = At::ROOT.number(chat, "top_p")?.filter(|top_p| *top_p != 1.0);
    if !is_taken {
        return Ok(());
    }
    match temperature {
        Some(degree) if degree >= 1.0 && top_p.is_some() => {}
        Some(degree) if degree > 1.0 => out.push("temperature", 1u64),
        _ => out.carry(chat, "temperature"),
    }
    if top_p.is_some() {
        out.carry(chat, "top_p");
    }
    // An extension of many OpenAI-compatible servers; theirs means "off" by 0 and below.
    if chat
        .get("top_k")
        .and_then(Json::as_u64)
        .is_some_and(|top_k| top_k > 0)
    {
        out.carry(chat, "top_k");
    }
    Ok(())
}

fn stop_sequences<'a>(chat: &Object<'a>, out: &mut Object<'a>) -> Result<(), ApiError> {
    let at = At::ROOT.field("stop");
    let sequences = match chat.get("stop") {
        None => return Ok(()),
        Some(Json::Array(sequences)) => sequences.clone(),
        Some(single) => vec![at.text_of(single)?.clone().into()],
    };
    for (position, sequence) in sequences.iter().enumerate() {
        if at.index(position).text_of(sequence)?.is_blank() {
            return Err(at.unsupported("a stop sequence needs a character that is not white space"));
        }
    }
    if !sequences.is_empty() {
        out.push("stop_sequences", sequences);
    }
    Ok(())
}

/// `None` for a name that Anthropic does not know: the model's default then.
fn effort_of(effort: &Text<'_>) -> Option<&'static str> {
    ["low", "medium", "high", "xhigh", "max"]
        .into_iter()
        .find(|name| effort.is(name))
        .or_else(|| (effort.is("none") || effort.is("minimal")).then_some("low"))
}
