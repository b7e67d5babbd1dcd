//! Values that fit a schema, out of arbitrary bytes.

use apache_avro::types::Value as Avro;
use apache_avro::{Decimal, Duration, Uuid};

use super::super::schema::{Inner, Node, NodeId, Schema, Unit};
use super::entropy::Entropy;

/// A value of the type, as apache-avro has it.
pub(super) fn value(schema: &Schema, node: NodeId, entropy: &mut Entropy<'_>) -> Avro {
    match schema.node(node) {
        Node::Null => Avro::Null,
        Node::Boolean => Avro::Boolean(entropy.flag()),
        Node::Int => Avro::Int(entropy.int()),
        Node::Long => Avro::Long(entropy.long()),
        Node::Float => Avro::Float(entropy.int() as f32 / 8.0),
        Node::Double => {
            let double = f64::from_bits(entropy.long().cast_unsigned());
            Avro::Double(if double.is_nan() { f64::NEG_INFINITY } else { double })
        }
        Node::Bytes => {
            let length = entropy.below(6);
            Avro::Bytes(entropy.some_bytes(length))
        }
        Node::String => Avro::String(entropy.text()),
        Node::Fixed { size, .. } => Avro::Fixed(*size, entropy.some_bytes(*size)),
        Node::Enum { symbols, .. } => {
            let index = entropy.below(symbols.len());
            Avro::Enum(index as u32, symbols[index].clone())
        }
        Node::Array(item) => {
            let count = entropy.below(4);
            Avro::Array((0..count).map(|_| value(schema, *item, entropy)).collect())
        }
        Node::Map(values) => {
            let count = entropy.below(4);
            Avro::Map(
                (0..count)
                    .map(|index| (format!("{}{index}", entropy.text()), value(schema, *values, entropy)))
                    .collect(),
            )
        }
        Node::Record { fields, .. } => {
            let member = |entropy: &mut _, field: &super::super::Field| {
                (field.name.clone(), value(schema, field.node, entropy))
            };
            Avro::Record(fields.iter().map(|field| member(entropy, field)).collect())
        }
        Node::Union(variants) => {
            let index = entropy.below(variants.len());
            Avro::Union(index as u32, Box::new(value(schema, variants[index], entropy)))
        }
        Node::Decimal { precision, inner, .. } => {
            let limit = 10_i128.pow((*precision).min(38) as u32);
            let unscaled = i128::from(entropy.long()) % limit;
            let bytes = unscaled.to_be_bytes();
            let length = match inner {
                Inner::Fixed { size, .. } => *size,
                // As few as hold it, or more than any that does.
                _ if entropy.flag() => 16,
                _ => significant(&bytes),
            };
            Avro::Decimal(Decimal::from(&bytes[16 - length..]))
        }
        Node::BigDecimal => {
            let text = format!("{}.{:03}", entropy.int(), entropy.byte());
            Avro::BigDecimal(text.parse().expect("it is a number"))
        }
        Node::Uuid(_) => Avro::Uuid(Uuid::from_bytes(std::array::from_fn(|_| entropy.byte()))),
        // Further than chrono can tell what a date is, the unit tests go.
        Node::Date => Avro::Date(entropy.int() % 90_000_000),
        Node::TimeMillis => Avro::TimeMillis(entropy.int().rem_euclid(86_400_000)),
        Node::TimeMicros => Avro::TimeMicros(entropy.long().rem_euclid(86_400_000_000)),
        Node::Timestamp(unit) => {
            let count = entropy.long() % (8_000_000_000_000 * per_milli(*unit));
            match unit {
                Unit::Millis => Avro::TimestampMillis(count),
                Unit::Micros => Avro::TimestampMicros(count),
                Unit::Nanos => Avro::TimestampNanos(count),
            }
        }
        Node::LocalTimestamp(unit) => {
            let count = entropy.long() % (8_000_000_000_000 * per_milli(*unit));
            match unit {
                Unit::Millis => Avro::LocalTimestampMillis(count),
                Unit::Micros => Avro::LocalTimestampMicros(count),
                Unit::Nanos => Avro::LocalTimestampNanos(count),
            }
        }
        Node::Duration { .. } => {
            Avro::Duration(Duration::from(std::array::from_fn::<u8, 12, _>(|_| entropy.byte())))
        }
    }
}

/// How many bytes of a number are needed: what stands before them is its sign alone.
fn significant(bytes: &[u8; 16]) -> usize {
    let is_needless = |pair: &[u8]| pair[0] == if pair[1] & 0x80 == 0 { 0 } else { 0xff };
    16 - bytes.windows(2).take_while(|pair| is_needless(pair)).count()
}

fn per_milli(unit: Unit) -> i64 {
    match unit {
        Unit::Millis => 1,
        Unit::Micros => 1_000,
        Unit::Nanos => 1_000_000,
    }
}
