//! The shapes of the events that `/v1/responses` streams.
//! Must not know what a handler does with them.
//!
//! Source: <https://platform.openai.com/docs/api-reference/responses-streaming>. The outputs of hosted shells
//! (`response.shell_call_output_content.*`) are left out on purpose: two texts share one channel there, so nothing that
//! is cut by an event could be found.

use super::chat::ERROR;
use super::responses::{ANSWER, ITEM_COMMON, ITEMS, LONE_PART};
use super::{
    ARGUMENTS, Case, FREE_ARGUMENTS, Fields, Mark, Object, REASONING, REFUSAL, Rule, TEXT, WholeKind, object,
    text,
};

use Rule::{Carry, Loose, Whole};

/// One event of the stream.
pub(crate) static EVENT: Object = Object::by_type(EVENT_COMMON, EVENTS).mark(Mark::Event);

const EVENT_COMMON: Fields = &[
    ("type", Carry),
    ("sequence_number", Carry),
    ("item_id", Carry),
    ("output_index", Carry),
    ("content_index", Carry),
    ("summary_index", Carry),
    ("annotation_index", Carry),
    ("command_index", Carry),
    ("obfuscation", Carry),
    ("response_id", Carry),
    ("status", Carry),
];

static EVENTS: &[Case] = &[
    case!(
        &["response.output_text.delta"],
        &[("delta", text(TEXT)), ("logprobs", Whole(WholeKind::Logprobs))],
    ),
    case!(
        &["response.output_text.done"],
        &[("text", text(TEXT)), ("logprobs", Whole(WholeKind::Logprobs))],
    ),
    case!(&["response.refusal.delta"], &[("delta", text(REFUSAL))]),
    case!(&["response.refusal.done"], &[("refusal", text(REFUSAL))]),
    case!(
        &[
            "response.reasoning_summary_text.delta",
            "response.reasoning_text.delta",
        ],
        &[("delta", text(REASONING))],
    ),
    case!(
        &[
            "response.reasoning_summary_text.done",
            "response.reasoning_text.done",
        ],
        &[("text", text(REASONING))],
    ),
    case!(
        &[
            "response.function_call_arguments.delta",
            "response.mcp_call_arguments.delta",
        ],
        &[("delta", text(ARGUMENTS))],
    ),
    case!(
        &[
            "response.function_call_arguments.done",
            "response.mcp_call_arguments.done",
        ],
        &[("arguments", text(ARGUMENTS)), ("name", Carry)],
    ),
    case!(
        &[
            "response.custom_tool_call_input.delta",
            "response.code_interpreter_call_code.delta",
        ],
        &[("delta", text(FREE_ARGUMENTS))],
    ),
    case!(
        &["response.custom_tool_call_input.done"],
        &[("input", text(FREE_ARGUMENTS))],
    ),
    case!(
        &["response.code_interpreter_call_code.done"],
        &[("code", text(FREE_ARGUMENTS))],
    ),
    case!(
        &["response.shell_call_command.delta"],
        &[("delta", text(FREE_ARGUMENTS))]
    ),
    case!(
        &[
            "response.shell_call_command.added",
            "response.shell_call_command.done"
        ],
        &[("command", text(FREE_ARGUMENTS))],
    ),
    case!(
        &[
            "response.audio.transcript.delta",
            "response.output_audio_transcript.delta",
        ],
        &[("delta", text(TEXT))],
    ),
    case!(
        &["response.output_audio_transcript.done"],
        &[("transcript", text(TEXT))],
    ),
    case!(
        &["response.audio.delta", "response.output_audio.delta"],
        &[("delta", Carry)],
    ),
    case!(
        &["response.content_part.added", "response.content_part.done"],
        &[("part", object(&LONE_PART))],
    ),
    case!(
        &[
            "response.reasoning_summary_part.added",
            "response.reasoning_summary_part.done",
        ],
        &[("part", object(&EVENT_SUMMARY))],
    ),
    case!(
        &["response.output_item.added", "response.output_item.done"],
        &[("item", object(&EVENT_ITEM))],
    ),
    case!(
        &["response.output_text.annotation.added"],
        &[("annotation", Loose(TEXT))],
    ),
    case!(
        &[
            "response.created",
            "response.queued",
            "response.in_progress",
            "response.completed",
            "response.incomplete",
            "response.failed",
            "response.cancelled",
        ],
        &[("response", object(&ANSWER))],
    ),
    case!(&["response.image_generation_call.partial_image"], IMAGE_EVENT),
    case!(
        &[
            "response.audio.done",
            "response.audio.transcript.done",
            "response.output_audio.done",
            "response.image_generation_call.in_progress",
            "response.image_generation_call.generating",
            "response.image_generation_call.completed",
            "response.web_search_call.in_progress",
            "response.web_search_call.searching",
            "response.web_search_call.completed",
            "response.file_search_call.in_progress",
            "response.file_search_call.searching",
            "response.file_search_call.completed",
            "response.code_interpreter_call.in_progress",
            "response.code_interpreter_call.interpreting",
            "response.code_interpreter_call.completed",
            "response.mcp_call.in_progress",
            "response.mcp_call.completed",
            "response.mcp_call.failed",
            "response.mcp_list_tools.in_progress",
            "response.mcp_list_tools.completed",
            "response.mcp_list_tools.failed",
            "response.compaction.compacting",
            "keepalive",
        ],
        &[],
    ),
    case!(
        &["error"],
        &[
            ("message", ERROR_MESSAGE),
            ("error", ERROR),
            ("code", Carry),
            ("param", Carry),
        ],
    ),
];

const ERROR_MESSAGE: Rule = Rule::Noted(Mark::Error, &PLAIN);
static PLAIN: Rule = text(TEXT);

const IMAGE_EVENT: Fields = &[
    ("partial_image_b64", Carry),
    ("partial_image_index", Carry),
    ("size", Carry),
    ("quality", Carry),
    ("background", Carry),
    ("output_format", Carry),
];

/// In events, the place of a part or an item is the event's and not the place in a list: these have no mark.
static EVENT_SUMMARY: Object = Object::by_type(
    &[("type", Carry)],
    &[case!(&["summary_text"], &[("text", text(REASONING))])],
);
static EVENT_ITEM: Object = Object::by_type(ITEM_COMMON, ITEMS);
