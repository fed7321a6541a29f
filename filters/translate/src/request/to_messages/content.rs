//! Chat's content parts as Anthropic's content blocks.
//! Must not know which message they stand in, beyond what such a message may hold.

use tollgate_llm::ApiError;

use crate::at::At;
use crate::json::{Json, Object, Text, object};

/// Which parts a message's content may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    /// system, developer and tool messages
    Text,
    /// assistant messages
    TextAndRefusal,
    /// user messages
    Any,
}

/// Appends the blocks for `content`, which stands at `at`: a string, an array of parts, or nothing.
/// Anthropic refuses text blocks that are empty or white space, so they are left out.
pub(super) fn push_blocks<'a>(
    content: Option<&Json<'a>>,
    parts: Parts,
    at: &At<'_>,
    blocks: &mut Vec<Json<'a>>,
) -> Result<(), ApiError> {
    match content {
        None => {}
        Some(Json::String(text)) => push_text(text, blocks),
        Some(Json::Array(items)) => {
            for (position, item) in items.iter().enumerate() {
                let at = at.index(position);
                push_part(at.object_of(item)?, parts, &at, blocks)?;
            }
        }
        Some(_) => return Err(at.refuse("must be a string or an array of content parts")),
    }
    Ok(())
}

pub(super) fn push_text<'a>(text: &Text<'a>, blocks: &mut Vec<Json<'a>>) {
    if !text.is_blank() {
        blocks.push(text_block(text).into());
    }
}

fn text_block<'a>(text: &Text<'a>) -> Object<'a> {
    object("type", "text").with("text", text.clone())
}

fn push_part<'a>(
    part: &Object<'a>,
    parts: Parts,
    at: &At<'_>,
    blocks: &mut Vec<Json<'a>>,
) -> Result<(), ApiError> {
    let kind = at.need_text(part, "type")?;
    let mut block = if kind.is("text") {
        let text = at.need_text(part, "text")?;
        if text.is_blank() {
            return Ok(());
        }
        text_block(text)
    } else if kind.is("refusal") && parts == Parts::TextAndRefusal {
        text_block(at.need_text(part, "refusal")?)
    } else if kind.is("image_url") && parts == Parts::Any {
        image(part, at)?
    } else if kind.is("file") && parts == Parts::Any {
        document(part, at)?
    } else if kind.is("input_audio") && parts == Parts::Any {
        return Err(at.unsupported("send text or images"));
    } else {
        return Err(at
            .field("type")
            .refuse("is not a kind of content that this message can have"));
    };
    // Not a field of chat completions, but how its clients mark what Anthropic shall cache.
    block.carry(part, "cache_control");
    blocks.push(block.into());
    Ok(())
}

/// `detail` is left out: Anthropic scales images by itself.
fn image<'a>(part: &Object<'a>, at: &At<'_>) -> Result<Object<'a>, ApiError> {
    let image = at.need_object(part, "image_url")?;
    let at = at.field("image_url");
    let url = at.need_text(image, "url")?;
    let source = match data_url(url) {
        Some((media_type, data)) => match image_type(&media_type) {
            Some(media_type) => base64_source(media_type, data),
            None => return Err(at.field("url").unsupported("send a JPEG, PNG, GIF or WebP image")),
        },
        None if url.is_data_url() => {
            return Err(at
                .field("url")
                .refuse("a data URL must look like data:image/png;base64,…"));
        }
        None => object("type", "url").with("url", url.clone()),
    };
    Ok(object("type", "image").with("source", source))
}

/// The kinds of image that Anthropic takes, by the names that it knows.
fn image_type<'a>(media_type: &Text<'_>) -> Option<Text<'a>> {
    let decoded = media_type.decode().to_ascii_lowercase();
    let known = match decoded.as_str() {
        "image/jpeg" | "image/jpg" => "image/jpeg",
        "image/png" => "image/png",
        "image/gif" => "image/gif",
        "image/webp" => "image/webp",
        _ => return None,
    };
    Some(Text::plain(known))
}

fn document<'a>(part: &Object<'a>, at: &At<'_>) -> Result<Object<'a>, ApiError> {
    let file = at.need_object(part, "file")?;
    let at = at.field("file");
    if file.get("file_id").is_some() {
        return Err(at
            .field("file_id")
            .unsupported("send the file itself in file_data"));
    }
    let data = at.need_text(file, "file_data")?;
    let source = match data_url(data) {
        Some((media_type, data)) if media_type.is("application/pdf") => base64_source(media_type, data),
        _ => {
            let at = at.field("file_data");
            return Err(at.unsupported("send a PDF as data:application/pdf;base64,…, or its text"));
        }
    };
    let mut block = object("type", "document").with("source", source);
    block.carry_as(file, "filename", "title");
    Ok(block)
}

fn base64_source<'a>(media_type: Text<'a>, data: Text<'a>) -> Object<'a> {
    object("type", "base64")
        .with("media_type", media_type)
        .with("data", data)
}

/// Media type and data of `data:TYPE;base64,DATA`; parameters such as a charset are dropped.
fn data_url<'a>(url: &Text<'a>) -> Option<(Text<'a>, Text<'a>)> {
    let (head, data) = url.cut("data:", ";base64,")?;
    Some((head.until(';'), data))
}
