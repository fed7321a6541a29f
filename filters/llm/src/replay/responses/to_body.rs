//! The response that the last event of a stream repeats, if it holds all that was streamed.
//! Must not know how events are made.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::answer::{AnswerVisitor, walk};
use crate::json::Str;
use crate::replay::ReplayError;
use crate::replay::events::{Seen, each};
use crate::replay::json::{Members, decode};
use crate::{Channel, Endpoint, TextKind};

/// The body that a stream's events make.
pub(in crate::replay) fn body(stored: &[u8]) -> Result<String, ReplayError> {
    let mut response = None;
    // The insides of the strings that were streamed.
    let mut streamed: BTreeMap<Channel, String> = BTreeMap::new();
    each(
        Endpoint::Responses,
        stored,
        true,
        |Seen { data, said, .. }| {
            for delta in &said.deltas {
                streamed
                    .entry(delta.channel)
                    .or_default()
                    .push_str(delta.str.raw());
            }
            if said.last {
                let event = Members::of(data)?;
                if !matches!(
                    event.string("type"),
                    Some("response.completed" | "response.incomplete")
                ) {
                    return Err(ReplayError::Failed);
                }
                response = event.some("response").map(str::to_owned);
            }
            Ok(())
        },
    )?;
    let response = response.ok_or(ReplayError::Incomplete("there is no response"))?;
    let mut texts = Texts::default();
    walk(Endpoint::Responses, &response, &mut texts)?;
    for (channel, inside) in streamed {
        let told = texts.0.get(&channel).map_or("", String::as_str);
        if !told.contains(&decode(&inside)?) {
            return Err(ReplayError::Incomplete(
                "the response lacks a text that was streamed",
            ));
        }
    }
    Ok(response)
}

/// The texts of a body by channel, one behind the other.
#[derive(Default)]
struct Texts(BTreeMap<Channel, String>);

impl AnswerVisitor for Texts {
    fn text(&mut self, channel: Channel, str: &Str<'_>, _kind: TextKind) {
        self.0.entry(channel).or_default().push_str(&str.decode());
    }

    fn logprobs(&mut self, _value: Range<usize>, _path: &str) {}

    fn unknown(&mut self, _path: &str) {}
}
