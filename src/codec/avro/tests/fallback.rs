//! Defaults of fields as values of apache-avro: what JSON says, by the type.

use apache_avro::Decimal;
use apache_avro::types::Value as Avro;
use serde_json::Value as Json;

use super::super::schema::{Inner, Node, NodeId, Schema, Unit};

/// The value of a default; `None` where it is none of the type.
pub(super) fn value(schema: &Schema, node: NodeId, json: &Json) -> Option<Avro> {
    let int = || json.as_i64().and_then(|number| i32::try_from(number).ok());
    Some(match schema.node(node) {
        Node::Null => json.as_null().map(|()| Avro::Null)?,
        Node::Boolean => Avro::Boolean(json.as_bool()?),
        Node::Int => Avro::Int(int()?),
        Node::Date => Avro::Date(int()?),
        Node::Long => Avro::Long(json.as_i64()?),
        Node::Timestamp(Unit::Millis) => Avro::TimestampMillis(json.as_i64()?),
        Node::Float => Avro::Float(json.as_f64()? as f32),
        Node::Double => Avro::Double(json.as_f64()?),
        Node::String => Avro::String(json.as_str()?.to_owned()),
        Node::Bytes => Avro::Bytes(bytes(json)?),
        Node::Decimal { inner: Inner::Bytes, .. } => Avro::Decimal(Decimal::from(bytes(json)?)),
        Node::Fixed { size, .. } => Avro::Fixed(*size, bytes(json).filter(|bytes| bytes.len() == *size)?),
        Node::Enum { symbols, .. } => {
            let index = symbols.iter().position(|symbol| Some(symbol.as_str()) == json.as_str())?;
            Avro::Enum(index as u32, symbols[index].clone())
        }
        Node::Array(item) => {
            let items = json.as_array()?.iter().map(|json| value(schema, *item, json));
            Avro::Array(items.collect::<Option<_>>()?)
        }
        Node::Map(values) => {
            let members = json.as_object()?.iter();
            let member = |(name, json): (&String, &Json)| Some((name.clone(), value(schema, *values, json)?));
            Avro::Map(members.map(member).collect::<Option<_>>()?)
        }
        Node::Record { fields, .. } => {
            let members = json.as_object()?;
            let member = |field: &super::super::Field| {
                let json = members.get(&field.name).or(field.default.as_ref())?;
                Some((field.name.clone(), value(schema, field.node, json)?))
            };
            Avro::Record(fields.iter().map(member).collect::<Option<_>>()?)
        }
        Node::Union(variants) => {
            let one = |(index, variant): (usize, &NodeId)| Some((index, value(schema, *variant, json)?));
            let (index, value) = variants.iter().enumerate().find_map(one)?;
            Avro::Union(index as u32, Box::new(value))
        }
        other => panic!("no default of this type is generated: {other:?}"),
    })
}

/// Each character is a byte.
fn bytes(json: &Json) -> Option<Vec<u8>> {
    json.as_str()?.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}
