//! A YAML document as a tree in which every key and value knows its place.
//!
//! Must not know what the document is about. Scalars stay as they were written, so `1.40` is not `1.4` and a price
//! never passes through a float.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StrInput, Tag};

use crate::errors::{Position, Problem};
use crate::path::Path;

/// Nodes of one document, aliases expanded. A file that needs more is an alias bomb, not a configuration.
const MAX_NODES: usize = 200_000;

/// A value and where it begins.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) position: Position,
    pub(crate) value: Value,
}

/// What a value is before anybody says what it should be.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// `plain` scalars may be null, a truth value or a number; quoted ones are text.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A field of a map.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_position: Position,
    pub(crate) value: Node,
}

/// Reads one document. Problems that leave a readable tree (a key given twice) come with it; after a syntax error there
/// is no tree.
pub(crate) fn parse(text: &str) -> (Option<Node>, Vec<Problem>) {
    let mut options = Options::default();
    options.block_nesting_limit = 64;
    options.flow_nesting_limit = 64;
    let mut builder = Builder {
        parser: Parser::new_from_str_with_options(text, options),
        anchors: HashMap::new(),
        nodes: 0,
        problems: Vec::new(),
    };
    match builder.document() {
        Ok(root) => (root, builder.problems),
        Err(Stop(problem)) => {
            builder.problems.push(problem);
            (None, builder.problems)
        }
    }
}

struct Builder<'a> {
    parser: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    problems: Vec<Problem>,
}

/// What ends the reading: a syntax error, or a document beyond all bounds.
struct Stop(Problem);

impl<'a> Builder<'a> {
    /// The root of the only document, if it has one.
    fn document(&mut self) -> Result<Option<Node>, Stop> {
        let mut root = None;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                Event::StreamEnd => break,
                _ if root.is_some() => {
                    return Err(stop(
                        &Path::root(),
                        start(span),
                        "a second document; only one is read",
                    ));
                }
                _ => root = Some(self.node(event, span, &Path::root())?),
            }
        }
        Ok(root)
    }

    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, Stop> {
        loop {
            let next = self.parser.next_event().transpose().map_err(|error| {
                let place = error.marker();
                stop(
                    &Path::root(),
                    position(place.line(), place.col()),
                    format!("not YAML: {}", error.info()),
                )
            })?;
            // Whoever else uses the parser in the same build may switch comments on for all of its users.
            if !matches!(next, Some((Event::Comment(..), _))) {
                return Ok(next);
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, path: &Path) -> Result<Node, Stop> {
        let position = start(span);
        let before = self.nodes;
        self.count(1, path, position)?;
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && !self.is_text(tag.as_deref(), path, position);
                (
                    Value::Scalar {
                        text: text.into_owned(),
                        plain,
                    },
                    anchor,
                )
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.is_text(tag.as_deref(), path, position);
                (Value::List(self.list(path)?), anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.is_text(tag.as_deref(), path, position);
                (Value::Map(self.map(path)?), anchor)
            }
            Event::Alias(id) => {
                // An alias inside its own anchor finds nothing here, since the anchor is not complete yet.
                let Some((node, size)) = self.anchors.get(&id).cloned() else {
                    return Err(stop(path, position, "an alias of a value that is not complete"));
                };
                self.count(size, path, position)?;
                return Ok(node);
            }
            _ => return Err(stop(path, position, "a value is missing")),
        };
        let node = Node { position, value };
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - before));
        }
        Ok(node)
    }

    fn list(&mut self, path: &Path) -> Result<Vec<Node>, Stop> {
        let mut items = Vec::new();
        while let Some((event, span)) = self.next()? {
            if matches!(event, Event::SequenceEnd) {
                break;
            }
            items.push(self.node(event, span, &path.index(items.len()))?);
        }
        Ok(items)
    }

    fn map(&mut self, path: &Path) -> Result<Vec<Entry>, Stop> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merged: Vec<Node> = Vec::new();
        while let Some((event, span)) = self.next()? {
            let key_position = start(span);
            let (key, mergeable) = match event {
                Event::MappingEnd => break,
                Event::Scalar(text, style, ..) => {
                    let mergeable = style == ScalarStyle::Plain && text == "<<";
                    (text.into_owned(), mergeable)
                }
                _ => return Err(stop(path, key_position, "a key must be text")),
            };
            let field = path.field(&key);
            let Some((event, span)) = self.next()? else { break };
            let value = self.node(event, span, &field)?;
            if mergeable {
                merged.push(value);
            } else if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                let message = format!("given twice, first at {}", first.key_position);
                self.problem(&field, key_position, message);
            } else {
                entries.push(Entry {
                    key,
                    key_position,
                    value,
                });
            }
        }
        for node in merged {
            self.merge(node, &mut entries, path);
        }
        Ok(entries)
    }

    /// `<<: *defaults` adds the fields that are not there.
    fn merge(&mut self, node: Node, entries: &mut Vec<Entry>, path: &Path) {
        match node.value {
            Value::Map(fields) => {
                for field in fields {
                    if !entries.iter().any(|entry| entry.key == field.key) {
                        entries.push(field);
                    }
                }
            }
            Value::List(nodes) => nodes.into_iter().for_each(|node| self.merge(node, entries, path)),
            Value::Scalar { .. } => self.problem(&path.field("<<"), node.position, "expected a map to merge"),
        }
    }

    /// Whether a tag says that the value is text; any other tag is a problem.
    fn is_text(&mut self, tag: Option<&Tag>, path: &Path, position: Position) -> bool {
        let Some(tag) = tag else { return false };
        if tag.is_yaml_core_schema_tag("str") {
            return true;
        }
        self.problem(
            path,
            position,
            format!("the tag {} is not known here", tag.original()),
        );
        false
    }

    fn count(&mut self, nodes: usize, path: &Path, position: Position) -> Result<(), Stop> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            return Err(stop(path, position, format!("more than {MAX_NODES} values")));
        }
        Ok(())
    }

    fn problem(&mut self, path: &Path, position: Position, message: impl Into<String>) {
        self.problems.push(Problem {
            position,
            path: path.to_string(),
            message: message.into(),
        });
    }
}

fn stop(path: &Path, position: Position, message: impl Into<String>) -> Stop {
    Stop(Problem {
        position,
        path: path.to_string(),
        message: message.into(),
    })
}

fn start(span: Span) -> Position {
    position(span.start.line(), span.start.col())
}

/// The parser counts lines from 1 and columns from 0.
fn position(line: usize, column: usize) -> Position {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Position {
        line: number(line),
        column: number(column).saturating_add(1),
    }
}
