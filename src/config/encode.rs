//! `encode:` of a sink: how value and key are written, and by which schema.

use super::diagnostic::Diagnostic;
use super::element::{Element, Key, Need, Shape, Words};
use super::node::{Node, Value};
use super::schema_file;
use super::sides::{self, FORMAT, OfValue};
use super::source_map::Place;
use super::spec::{AvroEncoding, Encoding, Extra, Format, Register, SinkSchema};
use super::walk::{Fields, Walk, integer, text, word};

/// How a subject's name is made of a topic and a schema; Confluent's `subject.name.strategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SubjectNames {
    /// `<topic>-value`, `<topic>-key`
    Topic,
    /// The record's full name.
    Record,
    /// `<topic>-<the record's full name>`
    TopicRecord,
}

impl Words for SubjectNames {
    const WORDS: &'static [(&'static str, Self)] =
        &[("topic", Self::Topic), ("record", Self::Record), ("topic_record", Self::TopicRecord)];
}

impl Words for Register {
    const WORDS: &'static [(&'static str, Self)] = &[("never", Self::Never), ("if_missing", Self::IfMissing)];
}

impl Words for Extra {
    const WORDS: &'static [(&'static str, Self)] = &[("error", Self::Error), ("drop", Self::Drop)];
}

const SCHEMA: Key = Key {
    name: "schema",
    shape: Shape::Path,
    need: Need::Optional,
    doc: "Avro: the schema to write by, a file relative to this one",
};
const VERSION: Key = Key {
    name: "version",
    shape: Shape::Integer { min: 1, max: 2_147_483_647 },
    need: Need::Optional,
    doc: "Avro: this version of the subject, in the place of a `schema`",
};
const SUBJECT: Key = Key {
    name: "subject",
    shape: Shape::Text,
    need: Need::Optional,
    doc: "Avro: the registry's subject; default: what `subject_name_strategy` makes",
};
const STRATEGY: Key = Key {
    name: "subject_name_strategy",
    shape: Shape::Choice(SubjectNames::words),
    need: Need::Optional,
    doc: "Avro: topic: TOPIC-value or TOPIC-key; record: the record's full name; topic_record: both; default: topic",
};
const REGISTER: Key = Key {
    name: "register",
    shape: Shape::Choice(Register::words),
    need: Need::Optional,
    doc: "Avro: never: the schema must be registered; if_missing: it is registered at the start; default: never",
};
const EXTRA: Key = Key {
    name: "extra",
    shape: Shape::Choice(Extra::words),
    need: Need::Optional,
    doc: "Avro: error: a member that the schema does not have is poison; drop: it is left out; default: error",
};

/// The keys of `encode:`'s long form.
pub(super) static ENCODE: Element = Element {
    name: "an encode",
    doc: "How value and key are encoded.",
    exactly_one: false,
    keys: &[
        FORMAT,
        SCHEMA,
        VERSION,
        SUBJECT,
        STRATEGY,
        REGISTER,
        EXTRA,
        Key {
            name: "value",
            shape: Shape::WordOr(Format::words, &ENCODING),
            need: Need::Optional,
            doc: "how the value is encoded, beside a `key`; default: what was decoded",
        },
        Key {
            name: "key",
            shape: Shape::WordOr(Format::words, &ENCODING),
            need: Need::Optional,
            doc: "how the key is encoded; default: as it came, or the text that a map wrote",
        },
    ],
};

/// The keys of one side of it.
pub(super) static ENCODING: Element = Element {
    name: "an encoding",
    doc: "How a value is encoded.",
    exactly_one: false,
    keys: &[
        Key {
            name: "format",
            shape: Shape::Choice(Format::words),
            need: Need::Required,
            doc: "the format to write",
        },
        SCHEMA,
        VERSION,
        SUBJECT,
        STRATEGY,
        REGISTER,
        EXTRA,
    ],
};

/// The keys that only Avro has a use for.
const AVRO_KEYS: [&str; 6] = ["schema", "version", "subject", "subject_name_strategy", "register", "extra"];

/// What an `encode` says: of the value, where it says anything, and of the key.
pub(super) struct Encode {
    /// The value's; `None`: as it was decoded.
    pub value: Option<Encoding>,
    /// The key's; `None`: as it came.
    pub key: Option<Encoding>,
}

/// Which side of a record is meant, and of which topic.
#[derive(Clone, Copy)]
struct Side<'a> {
    suffix: &'static str,
    topic: Option<&'a str>,
}

/// Reads an `encode` of a sink that writes `topic`.
pub(super) fn encode(
    walk: &mut Walk<'_>,
    node: &Node,
    key: &'static Key,
    topic: Option<&str>,
) -> Option<Encode> {
    let side_of = |suffix| Side { suffix, topic };
    match &node.value {
        Value::Map(_) => long_encode(walk, node, side_of("value"), side_of("key")),
        _ => Some(Encode { value: Some(side(walk, node, key, side_of("value"))?), key: None }),
    }
}

fn long_encode(walk: &mut Walk<'_>, node: &Node, of_value: Side<'_>, of_key: Side<'_>) -> Option<Encode> {
    let fields = Fields::open(walk, node, &ENCODE)?;
    let key = fields.optional(walk, "key", |walk, node, key| side(walk, node, key, of_key));
    let value = match sides::of_value(walk, &fields) {
        Some(OfValue::Here) => one(walk, &fields, of_value).map(Some),
        Some(OfValue::Unsaid) => {
            nothing_for_avro(walk, &fields, "`value: {format: avro, …}`").then_some(None)
        }
        Some(OfValue::Apart) => {
            let is_right = nothing_for_avro(walk, &fields, "the side that it is meant for");
            let read = fields.optional(walk, "value", |walk, node, key| side(walk, node, key, of_value));
            read.filter(|_| is_right)
        }
        None => None,
    };
    let is_empty = ["format", "value", "key"].iter().all(|name| fields.node(name).is_none());
    if is_empty && value.is_some() {
        let message = "an encode needs `format`, `value` or `key`";
        walk.report(Diagnostic::error("missing-key", message).at(fields.place(), ""));
        return None;
    }
    let key = key?.filter(|encoding| encoding.format != Format::Raw);
    Some(Encode { value: value?, key: keyed(walk, &fields, key)? })
}

/// A key in Avro has a schema: without one it passes as it came, which is what leaving it out says.
#[expect(clippy::option_option, reason = "wrong and absent are different")]
fn keyed(walk: &mut Walk<'_>, fields: &Fields<'_>, key: Option<Encoding>) -> Option<Option<Encoding>> {
    match key {
        Some(Encoding { format: Format::Avro, avro: None }) => {
            let place = fields.node("key").map_or(fields.place(), |node| node.place);
            let message = "a key in Avro needs a `schema`, or a `subject` and a `version`";
            let wrong = Diagnostic::error("no-schema", message).at(place, "");
            walk.report(wrong.note("left out, keys pass as they came"));
            None
        }
        key => Some(key),
    }
}

/// Keys that only Avro has a use for stand where none is said; gives whether there are none.
fn nothing_for_avro(walk: &mut Walk<'_>, fields: &Fields<'_>, belongs: &str) -> bool {
    let mut is_right = true;
    for name in AVRO_KEYS {
        if let Some(node) = fields.node(name) {
            let message = format!("`{name}` belongs to {belongs}");
            walk.report(Diagnostic::error("bad-value", message).at(node.place, ""));
            is_right = false;
        }
    }
    is_right
}

/// One side: a word, or a mapping.
fn side(walk: &mut Walk<'_>, node: &Node, key: &'static Key, side: Side<'_>) -> Option<Encoding> {
    sides::side(walk, (node, key), &ENCODING, Encoding::plain, |walk, fields| one(walk, fields, side))
}

/// What a mapping with `format` says.
fn one(walk: &mut Walk<'_>, fields: &Fields<'_>, side: Side<'_>) -> Option<Encoding> {
    let format = fields.read(walk, "format", word::<Format>)?;
    if format != Format::Avro {
        return nothing_for_avro(walk, fields, "`format: avro`").then_some(Encoding::plain(format));
    }
    let schema = fields.optional(walk, "schema", schema_file::avro);
    let version = fields.optional(walk, "version", integer);
    let subject = fields.optional(walk, "subject", text);
    let strategy = fields.optional(walk, "subject_name_strategy", word::<SubjectNames>);
    let register = fields.optional(walk, "register", word::<Register>);
    let extra = fields.optional(walk, "extra", word::<Extra>);
    let places = |name: &str| fields.node(name).map_or(fields.place(), |node| node.place);
    let wrong = |walk: &mut Walk<'_>, place: Place, message: &str| {
        walk.report(Diagnostic::error("bad-value", message).at(place, ""));
    };
    let (schema, version) = (schema?, version?);
    let (subject, strategy) = (subject?, strategy?);
    let register = register?.unwrap_or(Register::Never);
    let extra = extra?.unwrap_or(Extra::Error);
    if subject.is_some() && strategy.is_some() {
        wrong(walk, places("subject_name_strategy"), "`subject` is the name: there is none to be made");
        return None;
    }
    let schema = match (schema, version) {
        (Some(_), Some(_)) => {
            wrong(walk, places("version"), "`schema` and `version` say the same: write one of them");
            return None;
        }
        // Unset, and let pass.
        (Some(None), None) => return Some(Encoding::plain(format)),
        (Some(Some(schema)), None) => SinkSchema::File(schema),
        (None, Some(_)) if register == Register::IfMissing => {
            wrong(walk, places("register"), "a `version` is there or not: there is nothing to register");
            return None;
        }
        (None, Some(version)) => {
            SinkSchema::Version(u32::try_from(version).expect("the table's limit is far below"))
        }
        (None, None) if subject.is_some() || strategy.is_some() || register == Register::IfMissing => {
            let message = "which schema is written is not said: write a `schema`, or pin a `version`";
            wrong(walk, fields.place(), message);
            return None;
        }
        (None, None) => return Some(Encoding::plain(format)),
    };
    let subject = match subject {
        Some(subject) => subject,
        None => subject_of(walk, places("subject_name_strategy"), strategy, side, &schema)?,
    };
    Some(Encoding { format, avro: Some(AvroEncoding { schema, subject, register, extra }) })
}

fn subject_of(
    walk: &mut Walk<'_>,
    place: Place,
    strategy: Option<SubjectNames>,
    side: Side<'_>,
    schema: &SinkSchema,
) -> Option<String> {
    let strategy = strategy.unwrap_or(SubjectNames::Topic);
    let name = match schema {
        SinkSchema::File(schema) => schema.full_name().map(str::to_owned),
        SinkSchema::Version(_) => None,
    };
    if strategy != SubjectNames::Topic && name.is_none() {
        let message = "this subject is named by a record, enum or fixed, and none is known here";
        walk.report(Diagnostic::error("bad-value", message).at(place, "").note("write the `subject`"));
        return None;
    }
    // A topic that is wrong has been told.
    let topic = side.topic?;
    let name = name.unwrap_or_default();
    Some(match strategy {
        SubjectNames::Topic => format!("{topic}-{}", side.suffix),
        SubjectNames::Record => name,
        SubjectNames::TopicRecord => format!("{topic}-{name}"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::walk::walked;
    use super::*;

    fn read(yaml: &str) -> (Option<Encode>, Vec<String>) {
        let key = super::super::sink::SINK.key("encode").expect("it stands in the table");
        walked(yaml, |walk, node| encode(walk, node, key, Some("orders")))
    }

    fn subject(yaml: &str) -> String {
        let (encode, codes) = read(yaml);
        assert!(codes.is_empty(), "{yaml}: {codes:?}");
        let encode = encode.expect("it is right");
        let encoding = encode.key.or(encode.value).expect("a side is said");
        encoding.avro.expect("it is Avro").subject
    }

    #[test]
    fn subjects_follow_from_topic_and_side() {
        assert_eq!(subject("{format: avro, version: 3}"), "orders-value");
        assert_eq!(subject("{key: {format: avro, version: 3}}"), "orders-key");
        assert_eq!(subject("{format: avro, version: 3, subject: all orders}"), "all orders");
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        for (yaml, code) in [
            ("{format: json, schema: x.avsc}", "bad-value"),
            ("{format: avro, register: if_missing}", "bad-value"),
            ("{format: avro, version: 1, register: if_missing}", "bad-value"),
            ("{format: avro, version: 1, subject_name_strategy: record}", "bad-value"),
            ("{format: avro, version: 1, subject: a, subject_name_strategy: topic}", "bad-value"),
            ("{format: avro, value: avro}", "bad-value"),
            ("{value: avro, version: 1}", "bad-value"),
            ("{key: avro}", "no-schema"),
            ("{format: avro, version: 0}", "bad-value"),
        ] {
            assert_eq!(read(yaml).1, [code], "{yaml}");
        }
    }
}
