//! What is done to a schema's text before apache-avro parses it.
//!
//! Each text is parsed alone, however many it refers to: the parser goes into a schema, and into those that it names, by
//! recursion, and nothing but the stack is its limit. How deeply one text is nested has a limit here, and what it names of
//! others is given to the parser by name only. What the parser has no need of is set aside: defaults, which a writer's
//! schema is never asked for, and aliases, for each of which it copies the whole type.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::schema::SchemaError;

/// The most arrays and objects that may stand in each other in the text of one schema; what it refers to counts for itself.
/// Parsers of JSON and of Avro take that many on any stack.
pub const SCHEMA_TEXT_DEPTH_MAX: usize = 120;

/// The attribute by which a default is found again, and the one for aliases: a place in [`Aside`].
pub(super) const DEFAULT: &str = "millstream.default";
pub(super) const ALIASES: &str = "millstream.aliases";

/// What was set aside of all texts, by its place.
pub(super) type Aside = Vec<Json>;

/// A text that apache-avro can parse.
#[derive(Debug, Default)]
pub(super) struct Text {
    pub(super) json: Json,
    /// The full names that it defines.
    pub(super) defines: BTreeSet<String>,
    /// The full names that it uses, and whatever else may be one.
    pub(super) uses: BTreeSet<String>,
}

impl Text {
    /// Reads a text, and adds to `aside` what is set aside of it.
    ///
    /// # Errors
    ///
    /// What is no JSON, or nested too deeply.
    pub(super) fn new(text: &str, aside: &mut Aside) -> Result<Self, SchemaError> {
        if depth(text) > SCHEMA_TEXT_DEPTH_MAX {
            let limit = SCHEMA_TEXT_DEPTH_MAX;
            return Err(SchemaError::new(format!("its JSON is nested more than {limit} levels deep")));
        }
        if text.trim().is_empty() {
            return Err(SchemaError { message: "not JSON: the file is empty".to_owned(), at: Some((1, 1)) });
        }
        let mut json = serde_json::from_str::<Json>(text).map_err(|error| {
            let at = Some((error.line(), error.column())).filter(|(line, _)| *line > 0);
            SchemaError { message: format!("not JSON: {error}"), at }
        })?;
        let mut prepared = Self::default();
        prepared.of_type(&mut json, "", aside);
        prepared.json = json;
        Ok(prepared)
    }

    /// A type in the namespace `around`; empty: in none.
    fn of_type(&mut self, json: &mut Json, around: &str, aside: &mut Aside) {
        match json {
            Json::String(name) => drop(self.uses.insert(full_name(name, around))),
            Json::Array(variants) => variants.iter_mut().for_each(|one| self.of_type(one, around, aside)),
            Json::Object(members) => self.of_object(members, around, aside),
            _ => {}
        }
    }

    fn of_object(&mut self, members: &mut Map<String, Json>, around: &str, aside: &mut Aside) {
        let kind = members.get("type").and_then(Json::as_str).unwrap_or_default().to_owned();
        let is_leaf = !matches!(kind.as_str(), "record" | "enum" | "array" | "map");
        if members.get("logicalType").is_some_and(|logical| !is_leaf || !logical.is_string()) {
            // It fits no such type: left aside, as the specification has it, where the parser would refuse the schema.
            members.remove("logicalType");
        }
        match kind.as_str() {
            "record" | "enum" | "fixed" => self.of_named(&kind, members, around, aside),
            "array" => members.get_mut("items").into_iter().for_each(|of| self.of_type(of, around, aside)),
            "map" => members.get_mut("values").into_iter().for_each(|of| self.of_type(of, around, aside)),
            _ => members.get_mut("type").into_iter().for_each(|of| self.of_type(of, around, aside)),
        }
    }

    fn of_named(&mut self, kind: &str, members: &mut Map<String, Json>, around: &str, aside: &mut Aside) {
        let text = |key: &str| members.get(key).and_then(Json::as_str);
        let full = full_name(text("name").unwrap_or_default(), text("namespace").unwrap_or(around));
        let inside = namespace(&full).to_owned();
        self.defines.insert(full);
        set_aside(members, "aliases", ALIASES, aside);
        if kind == "enum" {
            set_aside(members, "default", DEFAULT, aside);
        }
        let fields = members.get_mut("fields").and_then(Json::as_array_mut);
        for field in fields.into_iter().flatten().filter_map(Json::as_object_mut) {
            set_aside(field, "default", DEFAULT, aside);
            field.get_mut("type").into_iter().for_each(|of| self.of_type(of, &inside, aside));
        }
    }
}

fn set_aside(members: &mut Map<String, Json>, key: &str, attribute: &str, aside: &mut Aside) {
    members.remove(attribute);
    if let Some(value) = members.remove(key) {
        members.insert(attribute.to_owned(), aside.len().into());
        aside.push(value);
    }
}

/// A name with its namespace, which is that of what stands around it where it has none of its own.
pub(super) fn full_name(name: &str, around: &str) -> String {
    match name.strip_prefix('.') {
        Some(name) => name.to_owned(),
        None if name.contains('.') || around.is_empty() => name.to_owned(),
        None => format!("{around}.{name}"),
    }
}

/// The namespace of a full name; empty: none.
pub(super) fn namespace(full: &str) -> &str {
    full.rsplit_once('.').map_or("", |(namespace, _)| namespace)
}

/// How many arrays and objects stand in each other at most.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut is_text, mut is_escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            _ if is_text => {}
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_texts_nest_nothing() {
        assert_eq!(depth(r#""long""#), 0);
        assert_eq!(depth(r#"{"a": [1], "b": {"[[[\"[\\": "]]}"}}"#), 2);
        assert_eq!(depth("]]]["), 1);
    }

    #[test]
    fn names_are_told_with_their_namespaces() {
        let text = r#"{"type": "record", "name": "a.R", "fields": [
            {"name": "x", "type": ["null", "S", "b.T", {"type": "enum", "name": "E", "symbols": [], "namespace": ""}]},
            {"name": "y", "type": {"type": "record", "name": "c.Q", "fields": [
                {"name": "z", "type": {"type": "array", "items": "W"}, "default": "V"}]}}]}"#;
        let mut aside = Aside::new();
        let text = Text::new(text, &mut aside).expect("it is JSON");
        assert_eq!(text.defines.iter().collect::<Vec<_>>(), ["E", "a.R", "c.Q"]);
        assert_eq!(text.uses.iter().collect::<Vec<_>>(), ["a.S", "a.null", "b.T", "c.W"]);
        assert_eq!(aside, [Json::from("V")]);
    }
}
