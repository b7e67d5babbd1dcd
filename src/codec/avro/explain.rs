//! What is wrong with a schema that apache-avro refuses, and where: it tells of no place, and of some mistakes as if they were
//! others.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::prepare::{full_name, namespace};
use super::schema::SchemaError;

const PRIMITIVE: [&str; 8] = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];

/// Types that are no names alone, and the member that says what they hold.
const COMPLEX: [(&str, &str); 5] =
    [("array", "items"), ("map", "values"), ("record", "fields"), ("enum", "symbols"), ("fixed", "size")];

/// A name is only suggested when it is at least this like the one that was written, 0 to 1.
const SIMILARITY_MIN: f64 = 0.6;

/// Says what is wrong with `json`, which stands in `text`; `theirs` are the parser's words. `defined` are the full names of all
/// types.
pub(super) fn explain(json: &Json, text: &str, defined: &BTreeSet<&String>, theirs: String) -> SchemaError {
    match (Explain { defined }).of_type(json, "", None) {
        Some(Wrong { message, word }) => {
            SchemaError { message, at: word.and_then(|word| only_place(text, &word)) }
        }
        None => SchemaError::new(theirs),
    }
}

/// Line and column, from 1, of a word in quotes that occurs once.
fn only_place(text: &str, word: &str) -> Option<(usize, usize)> {
    let quoted = Json::from(word).to_string();
    let mut places = text.match_indices(&quoted);
    let (at, _) = places.next().filter(|_| places.next().is_none())?;
    let before = &text[..at];
    let line = before.rsplit('\n').next().unwrap_or_default();
    Some((before.matches('\n').count() + 1, line.chars().count() + 1))
}

struct Wrong {
    message: String,
    /// What stands at the place, where it is a string.
    word: Option<String>,
}

struct Explain<'e> {
    defined: &'e BTreeSet<&'e String>,
}

type Members = Map<String, Json>;

impl Explain<'_> {
    /// A type in a namespace; `field` is the field that it belongs to.
    fn of_type(&self, json: &Json, around: &str, field: Option<&Members>) -> Option<Wrong> {
        match json {
            Json::String(name) => self.of_name(name, around, field),
            Json::Array(variants) => variants.iter().find_map(|one| self.of_type(one, around, None)),
            Json::Object(members) => self.of_object(members, around),
            _ => None,
        }
    }

    fn of_object(&self, members: &Members, around: &str) -> Option<Wrong> {
        let text = |key: &str| members.get(key).and_then(Json::as_str);
        let inside = |key: &str| members.get(key).and_then(|of| self.of_type(of, around, None));
        match text("type") {
            Some("array") => inside("items"),
            Some("map") => inside("values"),
            Some("record") => {
                let full = full_name(text("name").unwrap_or_default(), text("namespace").unwrap_or(around));
                let fields = members.get("fields")?.as_array()?;
                let record = text("name").unwrap_or("?");
                (0..fields.len()).find_map(|at| self.of_field(fields, at, record, namespace(&full)))
            }
            Some("enum" | "fixed") => None,
            _ => inside("type"),
        }
    }

    fn of_field(&self, fields: &[Json], at: usize, record: &str, around: &str) -> Option<Wrong> {
        let field = fields[at].as_object()?;
        for key in ["name", "type"] {
            if !field.contains_key(key) {
                return Some(without(key, fields, at, record));
            }
        }
        self.of_type(&field["type"], around, Some(field))
    }

    fn of_name(&self, name: &str, around: &str, field: Option<&Members>) -> Option<Wrong> {
        let full = full_name(name, around);
        if PRIMITIVE.contains(&name) || self.defined.iter().any(|known| **known == full || **known == name) {
            return None;
        }
        let word = Some(name.to_owned());
        if let Some((kind, member)) = COMPLEX.iter().find(|(kind, _)| *kind == name) {
            let given = field.and_then(|field| field.get(*member));
            let given = given.filter(|given| given.is_string() || given.is_number());
            let given = given.map_or_else(|| "…".to_owned(), Json::to_string);
            let named = if matches!(*kind, "array" | "map") { "" } else { ", \"name\": …" };
            let of = field.and_then(|field| field.get("name")?.as_str());
            let of = of.map(|of| format!(" of the field `{of}`")).unwrap_or_default();
            let message = format!(
                "the type{of} must be an object: `\"type\": {{\"type\": \"{kind}\"{named}, \"{member}\": {given}}}`"
            );
            return Some(Wrong { message, word });
        }
        let known = self.defined.iter().map(|known| known.as_str());
        let near = nearest(name, PRIMITIVE.into_iter().chain(known));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        Some(Wrong { message: format!("there is no type `{name}`{near}"), word })
    }
}

/// A field that lacks what each has.
fn without(key: &str, fields: &[Json], at: usize, record: &str) -> Wrong {
    let name = |at: usize| fields.get(at)?.get("name")?.as_str();
    let which = match (name(at), at.checked_sub(1).and_then(name)) {
        (Some(own), _) => format!("the field `{own}`"),
        (None, Some(before)) => format!("the field behind `{before}`"),
        (None, None) => format!("field {}", at + 1),
    };
    let keys = fields[at].as_object().into_iter().flat_map(Map::keys).map(String::as_str);
    let near = nearest(key, keys.filter(|key| !["name", "type", "doc", "order"].contains(key)));
    let instead = near.map(|near| format!(", but `{near}`")).unwrap_or_default();
    Wrong {
        message: format!("{which} of the record `{record}` has no `{key}`{instead}"),
        word: near.map(ToOwned::to_owned),
    }
}

fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let all = names.map(|known| (strsim::normalized_damerau_levenshtein(name, known), known));
    let best = all.max_by(|left, right| left.0.total_cmp(&right.0));
    best.filter(|(similarity, _)| *similarity >= SIMILARITY_MIN).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::super::schema::Schema;

    #[test]
    fn a_mistake_is_told_with_its_place() {
        for (fields, message, at) in [
            (
                r#"{"name": "a", "type": "sting"}"#,
                "there is no type `sting`; did you mean `string`?",
                Some((2, 23)),
            ),
            (r#"{"name": "a", "type": ["null", "Othr"]}"#, "there is no type `Othr`", Some((2, 32))),
            (
                r#"{"name": "a", "type": "sting"}, {"name": "b", "type": "sting"}"#,
                "there is no type `sting`; did you mean `string`?",
                None,
            ),
            (
                r#"{"name": "a", "type": "array", "items": "int"}"#,
                r#"the type of the field `a` must be an object: `"type": {"type": "array", "items": "int"}`"#,
                Some((2, 23)),
            ),
            (
                r#"{"name": "a", "type": "enum", "symbols": ["A"]}"#,
                r#"the type of the field `a` must be an object: `"type": {"type": "enum", "name": …, "symbols": …}`"#,
                Some((2, 23)),
            ),
            (
                r#"{"name": "a", "type": "int"}, {"nam": "b", "type": "int"}"#,
                "the field behind `a` of the record `shop.R` has no `name`, but `nam`",
                Some((2, 32)),
            ),
            (
                r#"{"nam": "b", "type": "int"}"#,
                "field 1 of the record `shop.R` has no `name`, but `nam`",
                Some((2, 2)),
            ),
            (
                r#"{"name": "b", "typ": "int"}"#,
                "the field `b` of the record `shop.R` has no `type`, but `typ`",
                Some((2, 15)),
            ),
        ] {
            let text = format!("{{\"type\": \"record\", \"name\": \"shop.R\", \"fields\": [\n{fields}]}}");
            let error = Schema::parse(&text, &[]).expect_err(fields);
            assert_eq!((error.message.as_str(), error.at), (message, at), "{fields}");
        }
    }

    #[test]
    fn an_empty_file_is_said_to_be() {
        let error = Schema::parse(" \n", &[]).expect_err("there is nothing in it");
        assert_eq!((error.message.as_str(), error.at), ("not JSON: the file is empty", Some((1, 1))));
    }
}
