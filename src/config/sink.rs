//! `sinks:`: where records go, and how a missing topic is created.

use crate::transform::ProgramKind;

use super::diagnostic::Diagnostic;
use super::element::{Element, Key, Need, Shape, Words};
use super::encode::{ENCODE, Encode, encode};
use super::held;
use super::names;
use super::node::Node;
use super::program::program;
use super::source_map::Place;
use super::spec::{CreateSpec, Encoding, Format, SinkSpec};
use super::transform::Transform;
use super::walk::{Fields, Located, Walk, integer};

/// The keys of a sink.
pub(super) static SINK: Element = Element {
    name: "a sink",
    doc: "A topic to write.",
    exactly_one: false,
    keys: &[
        Key { name: "topic", shape: Shape::Topic, need: Need::Required, doc: "the topic to write" },
        Key {
            name: "when",
            shape: Shape::Program,
            need: Need::Optional,
            doc: "only records for which this VRL program gives true; default: all",
        },
        Key {
            name: "encode",
            shape: Shape::WordOr(Format::words, &ENCODE),
            need: Need::Optional,
            doc: "the format to write; default: what was decoded",
        },
        Key {
            name: "create",
            shape: Shape::Element(&CREATE),
            need: Need::Optional,
            doc: "creates the topic where it does not exist; default: never",
        },
    ],
};

/// The keys of `create:`.
pub(super) static CREATE: Element = Element {
    name: "a create",
    doc: "How a missing topic is created.",
    exactly_one: false,
    keys: &[
        Key {
            name: "partitions",
            shape: Shape::Integer { min: 1, max: 100_000 },
            need: Need::Required,
            doc: "the number of partitions",
        },
        Key {
            name: "replication",
            shape: Shape::Integer { min: 1, max: 100 },
            need: Need::Required,
            doc: "the replication factor",
        },
    ],
};

/// A sink and the place that other checks need.
pub(super) struct Sink {
    /// The sink; `None` where something in it is wrong.
    pub spec: Option<SinkSpec>,
    /// Its topic, as far as it could be read.
    pub topic: Option<Located>,
    /// Where it says how it is encoded, or where it begins.
    pub encode: Place,
}

/// Reads one sink.
pub(super) fn sink(walk: &mut Walk<'_>, node: &Node, transform: &Transform) -> Sink {
    let Some(fields) = Fields::open(walk, node, &SINK) else {
        return Sink { spec: None, topic: None, encode: node.place };
    };
    let topic = fields.read(walk, "topic", names::topic);
    let when = fields.optional(walk, "when", |walk, node, key| {
        program(walk, node, key, ProgramKind::When, &transform.chain)
    });
    let name = topic.as_ref().map(|topic| topic.value.clone());
    let encode = fields.optional(walk, "encode", |walk, node, key| encode(walk, node, key, name.as_deref()));
    let encode = encode.map(|encode| encode.unwrap_or(Encode { value: None, key: None }));
    let place = fields.node("encode").map_or(fields.place(), |node| node.place);
    let encode = encode.and_then(|encode| Some((value(walk, encode.value, place, transform)?, encode.key)));
    let create = fields.optional(walk, "create", create);
    let spec: Option<SinkSpec> = (|| {
        let (value, key) = encode?;
        Some(SinkSpec { topic: topic.as_ref()?.value.clone(), when: when?, value, key, create: create? })
    })();
    if let Some(spec) = &spec {
        held::against_sink(walk, spec, place, transform);
    }
    Sink { spec, topic, encode: place }
}

/// Holds what the value is written as against what is there to be written.
fn value(
    walk: &mut Walk<'_>,
    encoding: Option<Encoding>,
    place: Place,
    transform: &Transform,
) -> Option<Encoding> {
    let decoded = transform.decode.as_ref().map_or(Format::Raw, |(decode, _)| decode.value.format);
    let encoding = encoding.unwrap_or(Encoding::plain(decoded));
    if encoding.format != Format::Raw && !transform.chain.scope.is_decoded() {
        let message = "there is no value to encode: the transform decodes none";
        let diagnostic = Diagnostic::error("nothing-decoded", message).at(place, "");
        walk.report(diagnostic.note("add `- decode: json` to `transform`, or leave `encode` out"));
        return None;
    }
    if encoding.format == Format::Avro && encoding.avro.is_none() {
        let why = match decoded {
            Format::Avro if transform.changes_value() => "a map changes what was decoded",
            Format::Avro => return Some(encoding),
            Format::Json | Format::Raw => "what was decoded is not Avro",
        };
        let message = format!("which schema this sink writes is not said, and {why}");
        let wrong = Diagnostic::error("no-schema", message).at(place, "");
        walk.report(wrong.note(
            "name one: `encode: {format: avro, schema: FILE}`, or `encode: {format: avro, version: 1}` for one that \
             the registry has",
        ));
        return None;
    }
    Some(encoding)
}

/// Reads `create:` of a sink or a dlq.
pub(super) fn create(walk: &mut Walk<'_>, node: &Node, _key: &'static Key) -> Option<CreateSpec> {
    let fields = Fields::open(walk, node, &CREATE)?;
    let partitions = fields.read(walk, "partitions", integer);
    let replication = fields.read(walk, "replication", integer);
    let small = |number: u64| i32::try_from(number).expect("the table's limits are far below");
    Some(CreateSpec { partitions: small(partitions?), replication: small(replication?) })
}

#[cfg(test)]
mod tests {
    use super::super::spec::{DecodeSpec, Decoding};
    use super::super::walk::walked;
    use super::*;

    fn after_json(place: Place) -> Transform {
        let decode = DecodeSpec { value: Decoding::plain(Format::Json), key: Decoding::plain(Format::Raw) };
        let mut transform = Transform { decode: Some((decode.clone(), place)), ..Transform::default() };
        transform.chain.scope = transform.chain.scope.after_decode(&decode);
        transform
    }

    #[test]
    fn the_format_is_what_was_decoded() {
        let (json, _) = walked("topic: s", |walk, node| sink(walk, node, &after_json(node.place)));
        assert_eq!(json.spec.map(|spec| spec.value.format), Some(Format::Json));
        let (raw, _) = walked("topic: s", |walk, node| sink(walk, node, &Transform::default()));
        assert_eq!(raw.spec.map(|spec| spec.value.format), Some(Format::Raw));
    }

    #[test]
    fn bytes_can_be_written_of_a_decoded_value_and_no_json_of_bytes() {
        let read = |walk: &mut Walk<'_>, node: &Node| sink(walk, node, &after_json(node.place));
        assert_eq!(walked("{topic: s, encode: raw}", read).1, Vec::<String>::new());
        let read = |walk: &mut Walk<'_>, node: &Node| sink(walk, node, &Transform::default());
        assert_eq!(walked("{topic: s, encode: {format: json}}", read).1, ["nothing-decoded"]);
    }
}
