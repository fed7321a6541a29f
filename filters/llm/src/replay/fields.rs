//! An object that a stream says piece by piece: how each field goes on, as tables with a line per field.
//! Must not know where the pieces come from.

use std::collections::BTreeMap;

use super::ReplayError;
use super::json::{Members, NULL, Writer, elements, inside, says_something};

/// More fields than any provider's objects have. Looking a field up takes as long as there are fields.
const MOST_FIELDS: usize = 256;

/// What to do with a field that comes again. `null` never takes anything away.
#[derive(Debug, Clone, Copy)]
pub(super) enum How {
    /// Nobody wants it in a body.
    Drop,
    /// It says the same again, if anything, or the stream contradicts itself.
    Once,
    /// What comes first holds, but for the placeholders `""` and `0`.
    First,
    /// What comes last holds, unless it is empty.
    Last,
    /// A list that comes again and again, longer each time.
    Longer,
    /// What comes last holds if neither says anything in words, else as with [`Once`](Self::Once).
    Figure,
    /// A string that goes on. Anything else in its place comes once.
    Grow,
    /// A list that goes on.
    Append,
    /// An object.
    Object(&'static Table),
    /// A list of objects that go on, told apart by their `index`.
    Indexed(&'static Table),
    /// The thoughts of `OpenRouter`'s models: objects of which the last goes on as long as `type` and `index` stay.
    Thoughts(&'static Table),
}

/// How the fields of an object go on.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) fields: &'static [(&'static str, How)],
    pub(super) others: How,
}

/// The fields that have come, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, Node)>);

#[derive(Debug)]
enum Node {
    /// As it came.
    Json(String),
    /// The inside of a string.
    Text(String),
    List(Vec<String>),
    Object(Fields),
    Indexed(BTreeMap<u32, Fields>),
    Objects(Vec<Fields>),
}

impl Table {
    fn how(&self, name: &str) -> How {
        self.fields
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(self.others, |(_, how)| *how)
    }
}

impl Fields {
    /// Takes in what the next piece says.
    pub(super) fn merge(&mut self, table: &'static Table, members: &Members<'_>) -> Result<(), ReplayError> {
        for (name, value) in members.iter() {
            self.take(name, table.how(name), value)?;
        }
        Ok(())
    }

    /// Takes in one field.
    pub(super) fn take(&mut self, name: &str, how: How, value: &str) -> Result<(), ReplayError> {
        if let How::Drop = how {
            return Ok(());
        }
        let node = self.node(name)?;
        if value == NULL {
            return Ok(());
        }
        let contradiction = || Err(ReplayError::contradiction(name));
        match (how, node) {
            (How::Grow, Node::Text(text)) => match inside(value) {
                Some(piece) => text.push_str(piece),
                None if text.is_empty() => return self.set(name, Node::Json(value.to_owned())),
                None => return contradiction(),
            },
            (How::Grow, Node::Json(json)) => match inside(value) {
                Some(piece) if json == NULL => return self.set(name, Node::Text(piece.to_owned())),
                Some("") => {}
                None if json == NULL => value.clone_into(json),
                _ => return contradiction(),
            },
            (How::Append, node) => {
                if !value.starts_with('[') {
                    return contradiction();
                }
                let added = elements(value)?.into_iter().map(str::to_owned);
                match node {
                    Node::List(list) => list.extend(added),
                    Node::Json(json) if json == NULL => return self.set(name, Node::List(added.collect())),
                    _ => return contradiction(),
                }
            }
            (How::Object(table), node) => {
                if node.is_null() {
                    *node = Node::Object(Self::default());
                }
                match node {
                    Node::Object(fields) => fields.merge(table, &Members::of(value)?)?,
                    _ => return contradiction(),
                }
            }
            (How::Indexed(table), node) => {
                if node.is_null() {
                    *node = Node::Indexed(BTreeMap::new());
                }
                match node {
                    Node::Indexed(map) => merge_indexed(map, table, name, value)?,
                    _ => return contradiction(),
                }
            }
            (How::Thoughts(table), node) => {
                if node.is_null() {
                    *node = Node::Objects(Vec::new());
                }
                match node {
                    Node::Objects(objects) => merge_thoughts(objects, table, value)?,
                    _ => return contradiction(),
                }
            }
            (_, Node::Json(json)) => {
                let holds = match how {
                    _ if is_placeholder(json) => false,
                    _ if json == value || value == "\"\"" => true,
                    How::First => true,
                    How::Last => matches!(value, "{}" | "[]"),
                    How::Longer if value.starts_with(json.trim_end_matches(']')) => false,
                    How::Figure if !says_something(json)? && !says_something(value)? => false,
                    _ => return contradiction(),
                };
                if !holds {
                    value.clone_into(json);
                }
            }
            _ => return contradiction(),
        }
        Ok(())
    }

    /// Puts a value in the place of what a field held.
    pub(super) fn replace(&mut self, name: &str, json: String) -> Result<(), ReplayError> {
        self.set(name, Node::Json(json))
    }

    /// A field that came as it stands, if it is not `null`.
    pub(super) fn json(&self, name: &str) -> Option<&str> {
        match self.find(name)? {
            Node::Json(json) if json != NULL => Some(json),
            _ => None,
        }
    }

    /// Whether there is such a field, `null` included.
    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// A field that is an object that goes on.
    pub(super) fn object(&self, name: &str) -> Option<&Self> {
        match self.find(name)? {
            Node::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// A field, `null` included, as it is written.
    pub(super) fn written(&self, name: &str) -> Option<String> {
        self.find(name).map(Node::write)
    }

    /// Writes all fields but those whose names are left out.
    pub(super) fn write_into(&self, json: &mut Writer, left_out: &[&str]) {
        for (name, node) in &self.0 {
            if !left_out.contains(&&**name) {
                json.compact(name, &node.write());
            }
        }
    }

    pub(super) fn write(&self) -> String {
        let mut json = Writer::new();
        self.write_into(&mut json, &[]);
        json.done()
    }

    fn find(&self, name: &str) -> Option<&Node> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, node)| node)
    }

    fn set(&mut self, name: &str, value: Node) -> Result<(), ReplayError> {
        *self.node(name)? = value;
        Ok(())
    }

    /// The field's value, `null` at first.
    fn node(&mut self, name: &str) -> Result<&mut Node, ReplayError> {
        let place = match self.0.iter().position(|(known, _)| known == name) {
            Some(place) => place,
            None if self.0.len() < MOST_FIELDS => {
                self.0.push((name.to_owned(), Node::Json(NULL.to_owned())));
                self.0.len() - 1
            }
            None => return Err(ReplayError::no_counterpart(name)),
        };
        match self.0.get_mut(place) {
            Some((_, node)) => Ok(node),
            None => Err(ReplayError::no_counterpart(name)),
        }
    }
}

impl Node {
    fn is_null(&self) -> bool {
        matches!(self, Self::Json(json) if json == NULL)
    }

    fn write(&self) -> String {
        let list = |elements: Vec<String>| format!("[{}]", elements.join(","));
        match self {
            Self::Json(json) => json.clone(),
            Self::Text(inside) => format!("\"{inside}\""),
            Self::List(elements) => format!("[{}]", elements.join(",")),
            Self::Object(fields) => fields.write(),
            Self::Indexed(objects) => list(objects.values().map(Fields::write).collect()),
            Self::Objects(objects) => list(objects.iter().map(Fields::write).collect()),
        }
    }
}

fn is_placeholder(json: &str) -> bool {
    matches!(json, NULL | "\"\"" | "0")
}

fn merge_indexed(
    map: &mut BTreeMap<u32, Fields>,
    table: &'static Table,
    name: &str,
    list: &str,
) -> Result<(), ReplayError> {
    for element in elements(list)? {
        let members = Members::of(element)?;
        // Whose piece this is cannot be told without an index.
        let index = members
            .index("index")
            .ok_or_else(|| ReplayError::no_counterpart(&format!("{name}[].index")))?;
        map.entry(index).or_default().merge(table, &members)?;
    }
    Ok(())
}

fn merge_thoughts(objects: &mut Vec<Fields>, table: &'static Table, list: &str) -> Result<(), ReplayError> {
    for element in elements(list)? {
        let members = Members::of(element)?;
        let goes_on = |last: &Fields| {
            ["type", "index"]
                .into_iter()
                .all(|name| last.json(name) == members.some(name))
        };
        let last = match objects.last_mut() {
            Some(last) if goes_on(last) => last,
            _ => {
                objects.push(Fields::default());
                match objects.last_mut() {
                    Some(last) => last,
                    None => continue,
                }
            }
        };
        last.merge(table, &members)?;
    }
    Ok(())
}
