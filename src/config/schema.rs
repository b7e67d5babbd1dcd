//! JSON Schemas of the two files, for editors: made from the same tables that the walk goes by.

use serde_json::{Map, Value, json};

use crate::kafka::properties::{Property, table};

use super::admin::HOST_CHARS_MAX;
use super::daemon::DAEMON;
use super::element::{Element, Key, Need, Shape, TOKEN_CHARS_MAX, TOKEN_CHARS_MIN};
use super::kafka_rules::is_refused;
use super::names::{GROUP_CHARS_MAX, NAME_CHARS_MAX, TOPIC_CHARS_MAX};
use super::pipeline::PIPELINE;

/// The version that editors' YAML servers know best.
const DIALECT: &str = "http://json-schema.org/draft-07/schema#";

/// The JSON Schema of a pipeline's file.
pub fn pipeline_schema() -> Value {
    document(&PIPELINE)
}

/// The JSON Schema of the daemon's file.
pub fn daemon_schema() -> Value {
    document(&DAEMON)
}

fn document(element: &Element) -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!(DIALECT));
    schema.insert("title".into(), json!(element.doc));
    if let Value::Object(root) = of_element(element) {
        schema.extend(root);
    }
    schema.insert("definitions".into(), json!({ "reference": reference(), "kafka": kafka_properties() }));
    Value::Object(schema)
}

fn of_element(element: &Element) -> Value {
    let available = || element.keys.iter().filter(|key| !matches!(key.need, Need::NotAvailable(_)));
    let properties: Map<String, Value> = available().map(|key| (key.name.to_owned(), of_key(key))).collect();
    let required: Vec<_> =
        available().filter(|key| matches!(key.need, Need::Required)).map(|key| key.name).collect();
    let mut schema = json!({
        "type": "object",
        "description": element.doc,
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if element.exactly_one {
        schema["minProperties"] = json!(1);
        schema["maxProperties"] = json!(1);
    }
    schema
}

fn of_key(key: &Key) -> Value {
    let mut schema = of_shape(&key.shape);
    schema["description"] = match key.need {
        Need::Default(default) => json!(format!("{} (default: {default})", key.doc)),
        _ => json!(key.doc),
    };
    schema
}

fn of_shape(shape: &Shape) -> Value {
    match shape {
        Shape::Name => text("^[a-z0-9-]+$", NAME_CHARS_MAX),
        Shape::Topic | Shape::Id => text("^[A-Za-z0-9._-]+$", TOPIC_CHARS_MAX),
        Shape::Group => text("^.+$", GROUP_CHARS_MAX),
        Shape::Integer { min, max } => {
            or_reference(json!({ "type": "integer", "minimum": min, "maximum": max }))
        }
        Shape::Duration { .. } => pattern("^[0-9]+(ms|s|m|h)$"),
        Shape::Size => pattern("^[0-9]+(KiB|MiB|GiB)$"),
        Shape::Percent => pattern("^[0-9.]+%$"),
        Shape::Start => pattern("^(earliest|latest|[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ].*)$"),
        Shape::Choice(words) => or_reference(json!({ "enum": words() })),
        Shape::Topics => json!({ "anyOf": [
            { "type": "array", "minItems": 1, "items": { "type": "string" } },
            { "type": "string", "pattern": "^\\^" },
            { "$ref": "#/definitions/reference" },
        ] }),
        Shape::Program => json!({ "type": ["string", "boolean"] }),
        Shape::Path => json!({ "type": "string" }),
        Shape::Properties => json!({ "$ref": "#/definitions/kafka" }),
        Shape::Listen => json!({ "anyOf": [
            { "type": "null" },
            { "type": "string", "pattern": "^[0-9A-Fa-f.:\\[\\]]+:[0-9]+$" },
            { "$ref": "#/definitions/reference" },
        ] }),
        Shape::Token => or_reference(json!({
            "type": "string", "minLength": TOKEN_CHARS_MIN, "maxLength": TOKEN_CHARS_MAX,
        })),
        Shape::Text => json!({ "type": "string", "minLength": 1 }),
        Shape::Urls => {
            let url = pattern("^https?://[^ ?#@]+$");
            json!({ "anyOf": [url.clone(), { "type": "array", "minItems": 1, "items": url }] })
        }
        Shape::Host => text("^[A-Za-z0-9._-]+$", HOST_CHARS_MAX),
        Shape::Element(element) => of_element(element),
        Shape::WordOr(words, element) => json!({ "anyOf": [{ "enum": words() }, of_element(element)] }),
        Shape::List { of, min } => json!({ "type": "array", "minItems": min, "items": of_shape(of) }),
        Shape::Any => json!({}),
    }
}

fn text(pattern: &str, chars_max: usize) -> Value {
    or_reference(json!({ "type": "string", "pattern": pattern, "maxLength": chars_max }))
}

fn pattern(pattern: &str) -> Value {
    or_reference(json!({ "type": "string", "pattern": pattern }))
}

fn or_reference(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "$ref": "#/definitions/reference" }] })
}

fn reference() -> Value {
    json!({
        "type": "string",
        "pattern": "\\$\\{(env|file|credential):[^}]+\\}",
        "description": "a value from outside: `${env:NAME}`, `${file:PATH}` or `${credential:NAME}`",
    })
}

/// The properties of the linked librdkafka that a user may set at all.
fn kafka_properties() -> Value {
    let may_stand = |property: &&Property| {
        let canonical = property.alias_of.as_deref().unwrap_or(&property.name);
        !property.is_for_code() && !is_refused(canonical)
    };
    let properties: Map<String, Value> = table()
        .values()
        .filter(may_stand)
        .map(|property| {
            let value = json!({ "type": ["string", "number", "boolean"], "description": property.doc });
            (property.name.clone(), value)
        })
        .collect();
    json!({ "type": ["object", "null"], "properties": properties, "additionalProperties": false })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The files in `schemas/` are what editors read: they are these. `UPDATE_SNAPSHOTS=1` writes them.
    #[test]
    fn the_files_are_what_the_tables_say() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
        for (name, schema) in
            [("pipeline.schema.json", pipeline_schema()), ("millstream.schema.json", daemon_schema())]
        {
            let path = folder.join(name);
            let generated = format!("{schema:#}\n");
            if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, &generated).unwrap();
            }
            let written = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(written == generated, "{name} is not what the tables say: UPDATE_SNAPSHOTS=1 writes it");
        }
    }

    #[test]
    fn keys_that_are_not_available_are_unknown_to_editors() {
        let schema = pipeline_schema();
        assert!(schema["properties"]["tests"].is_null());
        assert_eq!(schema["required"], json!(["name", "source", "sinks"]));
        assert_eq!(schema["properties"]["transform"]["items"]["maxProperties"], json!(1));
        let kafka = &schema["definitions"]["kafka"]["properties"];
        assert!(kafka["linger.ms"].is_object() && kafka["group.id"].is_null() && kafka["dr_cb"].is_null());
    }
}
