//! Types and values in the words of error messages. Values of a record are never quoted, only their types.

use vrl::value::Value;

use super::schema::{Inner, Node, NodeId, Schema, Unit};

/// The type as a message names it, such as `decimal(10,2)` or `null or string`.
pub(super) fn type_of(schema: &Schema, id: NodeId) -> String {
    match schema.node(id) {
        Node::Null => "null".into(),
        Node::Boolean => "boolean".into(),
        Node::Int => "int".into(),
        Node::Long => "long".into(),
        Node::Float => "float".into(),
        Node::Double => "double".into(),
        Node::Bytes => "bytes".into(),
        Node::String => "string".into(),
        Node::Fixed { name, size } => format!("fixed({size}) {}", name.full),
        Node::Enum { name, .. } => format!("enum {}", name.full),
        Node::Array(_) => "array".into(),
        Node::Map(_) => "map".into(),
        Node::Record { name, .. } => format!("record {}", name.full),
        Node::Union(variants) => union(schema, variants),
        Node::Decimal { precision, scale, .. } => format!("decimal({precision},{scale})"),
        Node::BigDecimal => "big-decimal".into(),
        Node::Uuid(Inner::String) => "uuid".into(),
        Node::Uuid(_) => "uuid of 16 bytes".into(),
        Node::Date => "date".into(),
        Node::TimeMillis => "time-millis".into(),
        Node::TimeMicros => "time-micros".into(),
        Node::Timestamp(unit) => format!("timestamp-{}", name_of(*unit)),
        Node::LocalTimestamp(unit) => format!("local-timestamp-{}", name_of(*unit)),
        Node::Duration { .. } => "duration".into(),
    }
}

fn union(schema: &Schema, variants: &[NodeId]) -> String {
    if variants.is_empty() {
        return "a union of nothing".into();
    }
    let names: Vec<_> = variants.iter().map(|variant| type_of(schema, *variant)).collect();
    names.join(" or ")
}

pub(super) fn name_of(unit: Unit) -> &'static str {
    match unit {
        Unit::Millis => "millis",
        Unit::Micros => "micros",
        Unit::Nanos => "nanos",
    }
}

/// What a value is, such as `integer`.
pub(super) fn value(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Boolean(_) => "boolean",
        Value::Integer(_) => "integer",
        Value::Float(_) => "float",
        Value::String(_) => "string",
        Value::Bytes(bytes) if std::str::from_utf8(bytes).is_ok() => "string",
        Value::Bytes(_) => "bytes that are not UTF-8",
        Value::Regex(_) => "regular expression",
        Value::Timestamp(_) => "timestamp",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
