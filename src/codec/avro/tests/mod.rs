//! What the parts do together, held to apache-avro and to values written out by hand.

mod added;
mod bad_input;
mod changing;
mod deep;
mod entropy;
mod fallback;
mod generate;
mod memory;
mod mutate;
mod oracle;
mod passing;
mod properties;
mod reader;
mod rename;
mod resolution;
mod sample;
mod specification;
mod specification_leaf;
mod unions;
mod values;

#[path = "fuzz.rs"]
mod fuzz;

use std::sync::Arc;

use vrl::value::Value;

use super::super::{CodecError, Document};
use super::{Reading, Schema, SchemaError, Wanted, Writing};

fn schema(text: &str) -> Arc<Schema> {
    Arc::new(Schema::parse(text, &[]).expect("it is a schema"))
}

fn reading(writer: &str, reader: Option<&str>, wanted: Wanted) -> Result<Arc<Reading>, SchemaError> {
    Reading::new(schema(writer), reader.map(schema), wanted, false).map(Arc::new)
}

fn only<const N: usize>(names: [&str; N]) -> Wanted {
    Wanted::Members(names.into_iter().map(str::to_owned).collect())
}

/// Reads all of `bytes`.
fn read(writer: &str, bytes: &[u8]) -> Result<Value, CodecError> {
    reading(writer, None, Wanted::All)
        .expect("a schema reads itself")
        .decode(bytes)
        .and_then(Document::into_value)
}

/// Reads all of `bytes` as another schema has it.
fn read_as(writer: &str, reader: &str, bytes: &[u8]) -> Result<Value, CodecError> {
    let reading = reading(writer, Some(reader), Wanted::All).expect("some values can be read");
    reading.decode(bytes).and_then(Document::into_value)
}

fn written(sink: &str, value: impl Into<Value>) -> Result<Vec<u8>, CodecError> {
    let mut out = Vec::new();
    Writing::new(schema(sink), false).encode(&Document::Eager(value.into()), &mut out)?;
    Ok(out)
}

/// A value, as JSON has it: texts are strings, whole numbers integers.
fn json(text: &str) -> Value {
    super::super::json::decode(text.as_bytes()).expect("it is JSON").into_root()
}

fn class<T: std::fmt::Debug>(result: Result<T, CodecError>) -> &'static str {
    result.expect_err("it must not work").class
}
