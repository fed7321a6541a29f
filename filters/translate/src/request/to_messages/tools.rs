//! Chat's tools and the choice among them as Anthropic's.
//! Must not know the conversation.

use tollgate_llm::ApiError;

use crate::at::At;
use crate::json::{Json, Object, Text, object};

/// Writes `tools` and `tool_choice`.
pub(super) fn tools<'a>(chat: &Object<'a>, out: &mut Object<'a>) -> Result<(), ApiError> {
    let at = At::ROOT.field("tools");
    let mut tools = Vec::new();
    for (position, definition) in At::ROOT.array(chat, "tools")?.iter().enumerate() {
        let at = at.index(position);
        tools.push(tool(at.object_of(definition)?, &at)?);
    }
    let choice = choice(chat)?;
    if tools.is_empty() {
        return match choice {
            Some(Choice {
                kind: Kind::Auto | Kind::None,
                allowed: None,
            })
            | None => Ok(()),
            Some(_) => Err(At::ROOT.field("tool_choice").refuse("needs tools to choose from")),
        };
    }
    let one_at_a_time = match chat.get("parallel_tool_calls") {
        Some(_) => !At::ROOT.flag(chat, "parallel_tool_calls")?,
        None => false,
    };
    let choice = match choice {
        Some(choice) => Some(choice),
        None if one_at_a_time => Some(Choice {
            kind: Kind::Auto,
            allowed: None,
        }),
        None => None,
    };
    if let Some(Choice { kind, allowed }) = choice {
        if let Some(allowed) = allowed {
            tools.retain(|tool| {
                let name = tool
                    .as_object()
                    .and_then(|tool| tool.get("name"))
                    .and_then(Json::as_text);
                name.is_some_and(|name| allowed.iter().any(|allowed| name.is(&allowed.decode())))
            });
        }
        let mut choice = match &kind {
            Kind::Auto => object("type", "auto"),
            Kind::Any => object("type", "any"),
            Kind::None => object("type", "none"),
            Kind::Named(name) => object("type", "tool").with("name", name.clone()),
        };
        if one_at_a_time && !matches!(kind, Kind::None) {
            choice.push("disable_parallel_tool_use", true);
        }
        out.push("tools", tools);
        out.push("tool_choice", choice);
    } else {
        out.push("tools", tools);
    }
    Ok(())
}

fn tool<'a>(definition: &Object<'a>, at: &At<'_>) -> Result<Json<'a>, ApiError> {
    if !at.need_text(definition, "type")?.is("function") {
        return Err(at.field("type").unsupported("use function tools only"));
    }
    let function = at.need_object(definition, "function")?;
    let cache_control = definition.get("cache_control").cloned();
    let at = at.field("function");
    let mut tool = object("name", at.need_text(function, "name")?.clone());
    tool.carry(function, "description");
    tool.push("input_schema", input_schema(at.whole(function, "parameters")?));
    // `false` is Anthropic's default too, and its older models do not know the field.
    if at.flag(function, "strict")? {
        tool.push("strict", true);
    }
    tool.push_some("cache_control", cache_control);
    Ok(tool.into())
}

/// Anthropic requires `"type": "object"`; chat takes a function without parameters.
fn input_schema<'a>(parameters: Option<&Json<'a>>) -> Json<'a> {
    let Some(parameters) = parameters else {
        return object("type", "object")
            .with("properties", Object::default())
            .into();
    };
    let schema = parameters.look_into();
    if schema.get("type").is_some() {
        return parameters.clone();
    }
    object("type", "object").and(&schema).into()
}

struct Choice<'a> {
    kind: Kind<'a>,
    /// Names of the tools that may be called, if the client narrows them.
    allowed: Option<Vec<Text<'a>>>,
}

enum Kind<'a> {
    Auto,
    Any,
    None,
    Named(Text<'a>),
}

fn choice<'a>(chat: &Object<'a>) -> Result<Option<Choice<'a>>, ApiError> {
    let at = At::ROOT.field("tool_choice");
    let kind = match chat.get("tool_choice") {
        None => return Ok(None),
        Some(Json::String(word)) => mode(word, &at)?,
        Some(Json::Object(choice)) => {
            let kind = at.need_text(choice, "type")?;
            if kind.is("function") {
                let function = at.need_object(choice, "function")?;
                Kind::Named(at.field("function").need_text(function, "name")?.clone())
            } else if kind.is("allowed_tools") {
                return allowed_tools(at.need_object(choice, "allowed_tools")?, &at).map(Some);
            } else {
                return Err(at.field("type").unsupported("choose a function tool"));
            }
        }
        Some(_) => return Err(at.refuse("must be a string or an object")),
    };
    Ok(Some(Choice { kind, allowed: None }))
}

fn allowed_tools<'a>(allowed: &Object<'a>, at: &At<'_>) -> Result<Choice<'a>, ApiError> {
    let at = at.field("allowed_tools");
    let kind = mode(at.need_text(allowed, "mode")?, &at.field("mode"))?;
    let list = at.field("tools");
    let mut names = Vec::new();
    for (position, tool) in at.array(allowed, "tools")?.iter().enumerate() {
        let at = list.index(position);
        let function = at.need_object(at.object_of(tool)?, "function")?;
        names.push(at.field("function").need_text(function, "name")?.clone());
    }
    Ok(Choice {
        kind,
        allowed: Some(names),
    })
}

fn mode<'a>(word: &Text<'_>, at: &At<'_>) -> Result<Kind<'a>, ApiError> {
    if word.is("auto") {
        Ok(Kind::Auto)
    } else if word.is("none") {
        Ok(Kind::None)
    } else if word.is("required") {
        Ok(Kind::Any)
    } else {
        Err(at.refuse("must be auto, none or required"))
    }
}
