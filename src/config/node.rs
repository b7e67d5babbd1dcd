//! YAML text → a tree of nodes, each with its place: what validation walks.
//!
//! Only the YAML itself is judged here. Duplicate keys are kept, so that the walk reports each of them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_yaml::options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy};
use serde_yaml::{Location, Spanned};

use super::diagnostic::Diagnostic;
use super::source_map::{FileId, Place, SourceMap};
use super::yaml_error;

/// The deepest nesting that is read.
pub(super) const DEPTH_MAX: usize = 32;
/// The most nodes of one file, aliases written out.
pub(super) const NODES_MAX: usize = 100_000;

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// What it is.
    pub value: Value,
    /// Where it stands; for an alias, where its anchor's value stands.
    pub place: Place,
}

/// What a YAML value is. Scalars that are not text keep their spelling.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`, as written.
    Bool(String),
    /// A number, as written.
    Number(String),
    /// Text, quotes and escapes resolved.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping in the order of the file, duplicates included.
    Map(Vec<(Key, Node)>),
}

/// A mapping's key.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// The key.
    pub name: String,
    /// Where it stands.
    pub place: Place,
}

impl Node {
    /// What stands where a file leaves an element out.
    pub(super) fn empty_map(place: Place) -> Node {
        Node { value: Value::Map(Vec::new()), place }
    }

    /// What it is, in words of a message.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// Reads the one YAML document of a file.
///
/// # Errors
///
/// What is wrong with the YAML, at its place.
pub(super) fn parse(sources: &SourceMap, file: FileId) -> Result<Node, Box<Diagnostic>> {
    let text = sources.text(file);
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! { max_depth: DEPTH_MAX, max_nodes: NODES_MAX },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        reject_unsupported_tags: true,
        with_snippet: false,
    };
    match serde_yaml::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(raw) => Ok(convert(raw, file, text)),
        Err(error) => {
            let error = error.without_snippet();
            let place = error.location().map_or(Place::new(file, 0, 0), |at| caret(at, file, text));
            Err(Box::new(yaml_error::diagnostic(error, place)))
        }
    }
}

/// One character at a location: a parser's span can reach to the end of the file.
fn caret(location: Location, file: FileId, text: &str) -> Place {
    let start = byte_start(location, text).min(text.len());
    let here = text[start..].chars().next().filter(|c| *c != '\n');
    Place::new(file, start, start + here.map_or(0, char::len_utf8))
}

fn byte_start(location: Location, text: &str) -> usize {
    if let Some(byte) = location.span().byte_offset() {
        return usize::try_from(byte).unwrap_or(text.len());
    }
    let line = usize::try_from(location.line().saturating_sub(1)).unwrap_or(usize::MAX);
    let column = usize::try_from(location.column().saturating_sub(1)).unwrap_or(usize::MAX);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text[start..].lines().next().unwrap_or("");
    start + rest.char_indices().nth(column).map_or(rest.len(), |(byte, _)| byte)
}

fn place_of(location: Location, file: FileId, text: &str) -> Place {
    let start = byte_start(location, text).min(text.len());
    let length = location.span().byte_len().and_then(|len| usize::try_from(len).ok()).unwrap_or(0);
    let end = start.saturating_add(length).min(text.len());
    match text.is_char_boundary(start) && text.is_char_boundary(end) {
        true => Place::new(file, start, start + text[start..end].trim_end().len()),
        false => Place::new(file, 0, 0),
    }
}

fn convert(raw: Spanned<Raw>, file: FileId, text: &str) -> Node {
    let place = place_of(raw.defined, file, text);
    let spelling = |fallback: String| match &text[place.start..place.end] {
        "" => fallback,
        written => written.to_owned(),
    };
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Bool(value) => Value::Bool(value.to_string()),
        Raw::Number(value) => Value::Number(spelling(value)),
        Raw::Text(value) => Value::Text(value),
        Raw::List(items) => Value::List(items.into_iter().map(|item| convert(item, file, text)).collect()),
        Raw::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let place = place_of(key.defined, file, text);
                    (Key { name: key.value, place }, convert(value, file, text))
                })
                .collect(),
        ),
    };
    Node { value, place }
}

/// The tree as serde-saphyr gives it.
enum Raw {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
            if map.len() > NODES_MAX {
                return Err(A::Error::custom("too many keys"));
            }
        }
        Ok(Raw::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read(text: &str) -> (SourceMap, Result<Node, Box<Diagnostic>>) {
        let mut sources = SourceMap::default();
        let file = sources.add(Path::new("a.yaml"), text.to_owned());
        let node = parse(&sources, file);
        (sources, node)
    }

    fn show(sources: &SourceMap, node: &Node, out: &mut Vec<String>) {
        let at = sources.position(node.place.file, node.place.start);
        let slice = sources.slice(node.place);
        match &node.value {
            Value::List(items) => {
                out.push(format!("{}:{} list {slice:?}", at.line, at.column));
                items.iter().for_each(|item| show(sources, item, out));
            }
            Value::Map(entries) => {
                out.push(format!("{}:{} map {slice:?}", at.line, at.column));
                for (key, value) in entries {
                    let at = sources.position(key.place.file, key.place.start);
                    out.push(format!("{}:{} key {}", at.line, at.column, key.name));
                    show(sources, value, out);
                }
            }
            other => out.push(format!("{}:{} {other:?} {slice:?}", at.line, at.column)),
        }
    }

    fn shown(text: &str) -> Vec<String> {
        let (sources, node) = read(text);
        let mut out = Vec::new();
        show(&sources, &node.expect("it is YAML"), &mut out);
        out
    }

    #[test]
    fn every_key_and_value_has_its_place() {
        assert_eq!(
            shown("b:\n  - x: no\n    y: 010\n  - |\n    .a = 1\n\n    .b\nc: {d: 'it''s'}\n"),
            [
                "1:1 map \"\"",
                "1:1 key b",
                "2:3 list \"\"",
                "2:5 map \"\"",
                "2:5 key x",
                "2:8 Text(\"no\") \"no\"",
                "3:5 key y",
                "3:8 Text(\"010\") \"010\"",
                "5:5 Text(\".a = 1\\n\\n.b\\n\") \".a = 1\\n\\n    .b\"",
                "8:1 key c",
                "8:4 map \"{\"",
                "8:5 key d",
                "8:8 Text(\"it's\") \"'it''s'\"",
            ]
        );
    }

    #[test]
    fn nothing_surprises() {
        let values = shown("[yes, 010, 1_000, 1.50, 0x1F, 1e999, true, ~, 'true']");
        let values: Vec<_> = values.iter().filter_map(|v| v.split(' ').nth(1)).collect();
        assert_eq!(
            values,
            [
                "list",
                "Text(\"yes\")",
                "Text(\"010\")",
                "Text(\"1_000\")",
                "Number(\"1.50\")",
                "Number(\"0x1F\")",
                "Text(\".inf\")",
                "Bool(\"true\")",
                "Null",
                "Text(\"true\")"
            ]
        );
    }

    #[test]
    fn duplicate_keys_are_kept_for_the_walk() {
        assert_eq!(shown("a: 1\na: 2").iter().filter(|line| line.contains("key a")).count(), 2);
    }

    #[test]
    fn an_alias_stands_where_its_value_stands() {
        assert!(shown("a: &x foo\nb: *x").contains(&"1:7 Text(\"foo\") \"foo\"".to_owned()));
    }

    #[test]
    fn an_exploding_anchor_is_refused() {
        let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for i in 1..9 {
            let alias = format!("*a{}", i - 1);
            text += &format!("a{i}: &a{i} [{}]\n", [alias.as_str(); 10].join(","));
        }
        assert!(read(&text).1.is_err());
    }
}
