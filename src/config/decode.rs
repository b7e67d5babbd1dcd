//! `decode:`: how value and key are read.

use super::diagnostic::Diagnostic;
use super::element::{Element, Key, Need, Shape, Words};
use super::node::{Node, Value};
use super::schema_file;
use super::sides::{self, FORMAT, OfValue};
use super::spec::{DataSchema, DecodeSpec, Decoding, Format, Validate};
use super::walk::{Fields, Walk, word};

const SCHEMA: Key = Key {
    name: "schema",
    shape: Shape::Path,
    need: Need::Optional,
    doc: "a file relative to this one. Avro: the reader's schema; default: each value by its writer's alone. JSON: a JSON Schema",
};

const VALIDATE: Key = Key {
    name: "validate",
    shape: Shape::Choice(Validate::words),
    need: Need::Optional,
    doc: "read: the members that a program or a sink reads are looked at; full: all of them; default: read",
};

/// The keys of `decode:`'s long form.
pub(super) static DECODE: Element = Element {
    name: "a decode",
    doc: "How value and key are decoded.",
    exactly_one: false,
    keys: &[
        FORMAT,
        SCHEMA,
        VALIDATE,
        Key {
            name: "value",
            shape: Shape::WordOr(Format::words, &DECODING),
            need: Need::Optional,
            doc: "how the value is decoded, beside a `key`",
        },
        Key {
            name: "key",
            shape: Shape::WordOr(Format::words, &DECODING),
            need: Need::Optional,
            doc: "how the key is decoded; default: raw",
        },
    ],
};

/// The keys of one side of it.
pub(super) static DECODING: Element = Element {
    name: "a decoding",
    doc: "How bytes are decoded.",
    exactly_one: false,
    keys: &[
        Key {
            name: "format",
            shape: Shape::Choice(Format::words),
            need: Need::Required,
            doc: "their format",
        },
        SCHEMA,
        VALIDATE,
    ],
};

impl Words for Format {
    const WORDS: &'static [(&'static str, Format)] =
        &[("json", Format::Json), ("avro", Format::Avro), ("raw", Format::Raw)];
}

impl Words for Validate {
    const WORDS: &'static [(&'static str, Validate)] = &[("read", Validate::Read), ("full", Validate::Full)];
}

/// Reads a `decode`.
pub(super) fn decode(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<DecodeSpec> {
    match &node.value {
        Value::Map(_) => long_decode(walk, node),
        _ => Some(DecodeSpec { value: side(walk, node, key)?, key: Decoding::plain(Format::Raw) }),
    }
}

fn long_decode(walk: &mut Walk<'_>, node: &Node) -> Option<DecodeSpec> {
    let fields = Fields::open(walk, node, &DECODE)?;
    let key = fields.optional(walk, "key", side);
    let value = match sides::of_value(walk, &fields) {
        Some(OfValue::Here) => one(walk, &fields),
        Some(OfValue::Apart) => {
            for name in ["schema", "validate"] {
                if let Some(node) = fields.node(name) {
                    let message = format!("`{name}` belongs to the side that it is meant for");
                    let wrong = Diagnostic::error("bad-value", message).at(node.place, "");
                    walk.report(wrong.note(format!("write `value: {{format: …, {name}: …}}`")));
                }
            }
            fields.optional(walk, "value", side)?
        }
        Some(OfValue::Unsaid) => {
            let message = "a decode needs `format`, or `value` and `key`";
            walk.report(Diagnostic::error("missing-key", message).at(fields.place(), ""));
            None
        }
        None => None,
    };
    Some(DecodeSpec { value: value?, key: key?.unwrap_or(Decoding::plain(Format::Raw)) })
}

/// One side: a word, or a mapping.
fn side(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<Decoding> {
    sides::side(walk, (node, key), &DECODING, Decoding::plain, one)
}

/// What a mapping with `format` says.
fn one(walk: &mut Walk<'_>, fields: &Fields<'_>) -> Option<Decoding> {
    let format = fields.read(walk, "format", word::<Format>);
    let validate = fields.optional(walk, "validate", word::<Validate>);
    let schema = match (fields.node("schema"), format) {
        (Some(node), Some(Format::Raw)) => {
            let message = "`schema` is for `avro` and `json`, and the format here is `raw`";
            walk.report(Diagnostic::error("bad-value", message).at(node.place, ""));
            return None;
        }
        (_, Some(Format::Json)) => {
            let schema = fields.optional(walk, "schema", schema_file::json)?;
            schema.map(|schema| schema.map(DataSchema::Json))
        }
        _ => {
            let schema = fields.optional(walk, "schema", schema_file::avro_reader)?;
            schema.map(|schema| schema.map(DataSchema::Avro))
        }
    };
    Some(Decoding {
        format: format?,
        schema: schema.flatten(),
        validate: validate?.unwrap_or(Validate::Read),
    })
}

#[cfg(test)]
mod tests {
    use super::super::element::Element;
    use super::super::walk::walked;
    use super::*;

    fn read(yaml: &str) -> (Option<DecodeSpec>, Vec<String>) {
        static STEP: &Element = &super::super::transform::STEP;
        let key = STEP.key("decode").expect("it stands in the table");
        walked(yaml, |walk, node| decode(walk, node, key))
    }

    #[test]
    fn all_forms_say_the_same() {
        let plain = |value, key| DecodeSpec { value: Decoding::plain(value), key: Decoding::plain(key) };
        for (yaml, expected) in [
            ("json", plain(Format::Json, Format::Raw)),
            ("avro", plain(Format::Avro, Format::Raw)),
            ("{format: avro}", plain(Format::Avro, Format::Raw)),
            ("{value: {format: json}, key: avro}", plain(Format::Json, Format::Avro)),
            ("{format: json, key: {format: avro, validate: read}}", plain(Format::Json, Format::Avro)),
        ] {
            assert_eq!(read(yaml), (Some(expected), vec![]), "{yaml}");
        }
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        for (yaml, code) in [
            ("{format: json, value: json}", "bad-value"),
            ("{value: avro, schema: x.avsc}", "bad-value"),
            ("{format: raw, schema: x.avsc}", "bad-value"),
            ("{format: avro, schema: no-such-file.avsc}", "unreadable"),
            ("{key: avro}", "missing-key"),
        ] {
            assert_eq!(read(yaml).1, [code], "{yaml}");
        }
    }
}
