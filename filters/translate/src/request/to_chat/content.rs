//! Anthropic's content blocks as chat's content parts.
//! Must not know tool calls and results: those are messages of their own in chat.

use tollgate_llm::ApiError;

use crate::at::At;
use crate::json::{Json, Object, Text, object};

/// What a content block became.
pub(super) enum Part<'a> {
    /// A part of the message.
    Keep(Json<'a>),
    /// Nothing: chat has no place for it and the conversation means the same without it.
    Leave,
}

/// A block that chat can have as a part of a user message. `at` is the block's place.
pub(super) fn part<'a>(block: &Object<'a>, kind: &Text<'a>, at: &At<'_>) -> Result<Part<'a>, ApiError> {
    if kind.is("text") {
        let text = at.need_text(block, "text")?;
        return Ok(if text.is_empty() {
            Part::Leave
        } else {
            Part::Keep(text_part(text))
        });
    }
    if kind.is("image") {
        return image(block, at).map(Part::Keep);
    }
    if kind.is("document") {
        return document(block, at).map(Part::Keep);
    }
    Err(at
        .field("type")
        .unsupported("send text, images, PDF documents and tool results only"))
}

pub(super) fn text_part<'a>(text: &Text<'a>) -> Json<'a> {
    object("type", "text").with("text", text.clone()).into()
}

fn image<'a>(block: &Object<'a>, at: &At<'_>) -> Result<Json<'a>, ApiError> {
    let source = at.need_object(block, "source")?;
    let at = at.field("source");
    let kind = at.need_text(source, "type")?;
    let url = if kind.is("base64") {
        data_url(source, &at)?
    } else if kind.is("url") {
        at.need_text(source, "url")?.clone()
    } else {
        return Err(at.field("type").unsupported("send the image itself or its URL"));
    };
    Ok(object("type", "image_url")
        .with("image_url", object("url", url))
        .into())
}

fn document<'a>(block: &Object<'a>, at: &At<'_>) -> Result<Json<'a>, ApiError> {
    let source = at.need_object(block, "source")?;
    let at_source = at.field("source");
    let kind = at_source.need_text(source, "type")?;
    if kind.is("text") {
        return Ok(text_part(at_source.need_text(source, "data")?));
    }
    if !kind.is("base64") {
        return Err(at_source
            .field("type")
            .unsupported("send the document itself, as base64 or text"));
    }
    let title = at.text(block, "title")?.cloned();
    let file = object("filename", title.unwrap_or_else(|| Text::plain("document.pdf")))
        .with("file_data", data_url(source, &at_source)?);
    Ok(object("type", "file").with("file", file).into())
}

fn data_url<'a>(source: &Object<'a>, at: &At<'_>) -> Result<Text<'a>, ApiError> {
    let mut url = at.need_text(source, "media_type")?.prefixed("data:");
    url.push(&Text::plain(";base64,"));
    url.push(at.need_text(source, "data")?);
    Ok(url)
}
