//! Anthropic's tools and the choice among them as chat's.
//! Must not know the conversation.

use tollgate_llm::ApiError;

use crate::at::At;
use crate::json::{Json, Object, object};

/// Writes `tools`, `tool_choice` and `parallel_tool_calls`.
pub(super) fn tools<'a>(message: &Object<'a>, out: &mut Object<'a>) -> Result<(), ApiError> {
    let at = At::ROOT.field("tools");
    let mut tools = Vec::new();
    for (position, definition) in At::ROOT.array(message, "tools")?.iter().enumerate() {
        let at = at.index(position);
        tools.push(tool(at.object_of(definition)?, &at)?);
    }
    if tools.is_empty() {
        return Ok(());
    }
    out.push("tools", tools);
    let Some(choice) = At::ROOT.object(message, "tool_choice")? else {
        return Ok(());
    };
    let at = At::ROOT.field("tool_choice");
    let kind = at.need_text(choice, "type")?;
    let word = |word: &'static str| Json::from(word);
    let translated = if kind.is("auto") {
        word("auto")
    } else if kind.is("any") {
        word("required")
    } else if kind.is("none") {
        word("none")
    } else if kind.is("tool") {
        let name = at.need_text(choice, "name")?.clone();
        object("type", "function")
            .with("function", object("name", name))
            .into()
    } else {
        return Err(at.field("type").refuse("must be auto, any, tool or none"));
    };
    out.push("tool_choice", translated);
    if at.flag(choice, "disable_parallel_tool_use")? {
        out.push("parallel_tool_calls", false);
    }
    Ok(())
}

fn tool<'a>(definition: &Object<'a>, at: &At<'_>) -> Result<Json<'a>, ApiError> {
    // Server tools (web search, code execution, …) have a dated type, and run at Anthropic.
    if at
        .text(definition, "type")?
        .is_some_and(|kind| !kind.is("custom"))
    {
        return Err(at
            .field("type")
            .unsupported("use tools of your own (type custom)"));
    }
    let mut function = object("name", at.need_text(definition, "name")?.clone());
    function.carry(definition, "description");
    function.push("parameters", at.need_whole(definition, "input_schema")?.clone());
    if at.flag(definition, "strict")? {
        function.push("strict", true);
    }
    Ok(object("type", "function").with("function", function).into())
}
