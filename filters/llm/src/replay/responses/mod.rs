//! Responses: a body as events, events as a body.
//! Must not know the other endpoints' events.

mod to_body;
mod to_events;

pub(super) use to_body::body;
pub(super) use to_events::events;
