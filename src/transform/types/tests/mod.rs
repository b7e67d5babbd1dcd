//! Programs against schemas: what is refused, in which words, and what is not.

use std::sync::Arc;

use crate::codec::avro::Schema;
use crate::config::spec::{DataSchema, DecodeSpec, Decoding, Extra, Format, StepSpec};
use crate::config::{LoadRequest, load};
use crate::transform::{
    Program, ProgramDiagnostic, ProgramKind, Scope, SinkFinding, check_sink, check_sink_json, check_writer,
    compile_in, fits_writer,
};

mod advice;
mod closures;
mod compacted;
mod comparisons;
mod conditions;
mod members;
mod overlooked;
mod programs;
mod sinks;
mod sure;
mod writers;

const ORDER: &str = r#"{"type": "record", "name": "shop.Order", "fields": [
    {"name": "id", "type": "long"},
    {"name": "count", "type": "int"},
    {"name": "region", "type": "string"},
    {"name": "note", "type": ["null", "string"], "default": null},
    {"name": "status", "type": {"type": "enum", "name": "Status", "symbols": ["NEW", "SHIPPED", "CLOSED"]}},
    {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
    {"name": "weight", "type": "double"},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "ref", "type": {"type": "string", "logicalType": "uuid"}},
    {"name": "customer", "type": {"type": "record", "name": "Customer", "fields": [
        {"name": "name", "type": "string"}, {"name": "vip", "type": "boolean"}]}},
    {"name": "lines", "type": {"type": "array", "items": {"type": "record", "name": "Line", "fields": [
        {"name": "sku", "type": "string"}, {"name": "price", "type": "double"}]}}},
    {"name": "tags", "type": {"type": "map", "values": "string"}},
    {"name": "flag", "type": ["null", "boolean"]}
]}"#;

fn schema(text: &str) -> Schema {
    Schema::parse(text, &[]).expect("it is a schema")
}

fn decode(text: &str) -> DecodeSpec {
    let value =
        Decoding { schema: Some(DataSchema::Avro(Arc::new(schema(text)))), ..Decoding::plain(Format::Avro) };
    DecodeSpec { value, key: Decoding::plain(Format::Raw) }
}

fn orders() -> Scope {
    Scope::start().after_decode(&decode(ORDER))
}

fn compiled(scope: &Scope, kind: ProgramKind, source: &str) -> (Program, Vec<ProgramDiagnostic>) {
    compile_in(kind, source, scope).unwrap_or_else(|found| panic!("{source}: {found:#?}"))
}

/// What is refused, each as its message and what is said at its place.
fn refused(scope: &Scope, kind: ProgramKind, source: &str) -> Vec<(String, String)> {
    match compile_in(kind, source, scope) {
        Ok(_) => Vec::new(),
        Err(found) => {
            let errors = found.into_iter().filter(|found| found.is_error);
            errors.map(|found| (found.message, found.labels[0].message.clone())).collect()
        }
    }
}

fn only(kind: ProgramKind, source: &str) -> (String, String) {
    let mut found = refused(&orders(), kind, source);
    assert_eq!(found.len(), 1, "{source}: {found:#?}");
    found.remove(0)
}

fn after(maps: &[&str]) -> Scope {
    maps.iter().fold(orders(), |scope, map| compiled(&scope, ProgramKind::Map, map).0.scope_after().clone())
}

fn record(fields: &str) -> Arc<Schema> {
    Arc::new(schema(&format!(r#"{{"type": "record", "name": "Out", "fields": [{fields}]}}"#)))
}

fn field(name: &str, of: &str) -> String {
    format!(r#"{{"name": "{name}", "type": {of}}}"#)
}

/// What a sink with one field of a type says about a program that leaves nothing else.
fn one(maps: &[&str], name: &str, of: &str) -> Vec<SinkFinding> {
    check_sink(&after(maps), &record(&field(name, of)), Extra::Drop)
}

fn errors(found: &[SinkFinding]) -> Vec<&str> {
    found.iter().filter(|found| found.is_error).map(|found| found.message.as_str()).collect()
}

fn made(steps: &str, sink: &str) -> crate::config::spec::PipelineSpec {
    loaded(format!(
        "name: made\nsource: {{topics: [orders]}}\ntransform:\n  - decode: avro\n{steps}sinks:\n  - topic: out\n    {sink}\n"
    ))
}

/// A pipeline of this text, which may name the schemas in tests/bad/types-sinks.
pub(super) fn loaded(text: String) -> crate::config::spec::PipelineSpec {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad/types-sinks");
    let request = LoadRequest {
        bootstrap: Some("localhost:9092".to_owned()),
        schema_registry: Some("http://localhost:8081".to_owned()),
        texts: vec![(folder.join("made.yaml"), text)],
        ..LoadRequest::default()
    };
    let mut loaded = load(&request).unwrap_or_else(|report| panic!("{report}"));
    loaded.config.pipelines.remove(0)
}
