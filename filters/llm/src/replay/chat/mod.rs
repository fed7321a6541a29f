//! Chat completions and completions: a body as chunks, chunks as a body.
//! Must not know the other endpoints' events.

mod to_body;
mod to_events;

pub(super) use to_body::body;
pub(super) use to_events::events;

/// The texts of a message that go on from chunk to chunk.
const TEXTS: [&str; 4] = ["content", "refusal", "reasoning_content", "reasoning"];
