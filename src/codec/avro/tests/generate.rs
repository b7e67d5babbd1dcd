//! Schemas of every type and values that fit them, out of arbitrary bytes: what shrinks the bytes shrinks both.

use apache_avro::types::Value as Avro;
use apache_avro::{Decimal, Duration, Uuid};
use serde_json::{Value as Json, json};

use super::super::schema::{Inner, Node, NodeId, Schema, Unit};

/// Bytes to choose by; zeros once they are used up, and zero is the simplest choice everywhere.
pub(super) struct Entropy<'a> {
    bytes: &'a [u8],
}

impl<'a> Entropy<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        *first
    }

    pub(super) fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count
    }

    pub(super) fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// Small ones are as likely as wide ones.
    pub(super) fn long(&mut self) -> i64 {
        match self.below(4) {
            0 => i64::from(self.byte().cast_signed()),
            1 => [i64::MAX, i64::MIN, i64::from(i32::MAX) + 1][self.below(3)],
            _ => i64::from_le_bytes(std::array::from_fn(|_| self.byte())),
        }
    }

    fn int(&mut self) -> i32 {
        match self.below(4) {
            0 => i32::from(self.byte().cast_signed()),
            1 => [i32::MAX, i32::MIN][self.below(2)],
            _ => i32::from_le_bytes(std::array::from_fn(|_| self.byte())),
        }
    }

    fn text(&mut self) -> String {
        let length = self.below(6);
        (0..length).map(|_| ['a', 'B', '7', '-', 'é', '\u{1f600}'][self.below(6)]).collect()
    }

    fn some_bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.byte()).collect()
    }
}

/// What a schema has got so far.
#[derive(Default)]
struct Names {
    count: usize,
    /// Records that are not closed yet: only these make a type recursive.
    open: Vec<String>,
    /// Types that may be named again.
    closed: Vec<String>,
}

impl Names {
    fn fresh(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{what}{}", self.count)
    }
}

/// A schema whose type is a record.
pub(super) fn record_schema(entropy: &mut Entropy<'_>) -> Json {
    record(entropy, &mut Names::default(), 3)
}

fn record(entropy: &mut Entropy<'_>, names: &mut Names, depth: usize) -> Json {
    let name = format!("n{}.{}", entropy.below(2), names.fresh("Rec"));
    names.open.push(name.clone());
    let count = entropy.below(5);
    let mut fields = Vec::new();
    for index in 0..count {
        fields.push(json!({"name": format!("f{index}"), "type": any_type(entropy, names, depth - 1)}));
    }
    names.open.pop();
    names.closed.push(name.clone());
    json!({"type": "record", "name": name, "fields": fields})
}

fn any_type(entropy: &mut Entropy<'_>, names: &mut Names, depth: usize) -> Json {
    if depth == 0 {
        return leaf(entropy, names);
    }
    match entropy.below(12) {
        0..5 => leaf(entropy, names),
        5 => json!({"type": "array", "items": any_type(entropy, names, depth - 1)}),
        6 => json!({"type": "map", "values": any_type(entropy, names, depth - 1)}),
        7 => record(entropy, names, depth),
        8 => match names.open.last() {
            Some(open) => json!(["null", open]),
            None => json!("null"),
        },
        9 => match names.closed.len() {
            0 => json!("string"),
            count => json!(names.closed[entropy.below(count)]),
        },
        _ => union(entropy, names, depth),
    }
}

/// Variants of different bases: logical types do not tell variants apart.
fn union(entropy: &mut Entropy<'_>, names: &mut Names, depth: usize) -> Json {
    let mut variants = Vec::new();
    for base in 0..9 {
        if !entropy.flag() {
            continue;
        }
        variants.push(match base {
            0 => json!("null"),
            1 => json!("boolean"),
            2 => of_base(entropy, &INTS),
            3 => of_base(entropy, &LONGS),
            4 => json!(["float", "double"][entropy.below(2)]),
            5 => of_base(entropy, &["\"string\"", UUID]),
            6 => json!({"type": "array", "items": any_type(entropy, names, depth - 1)}),
            7 => record(entropy, names, depth),
            _ => leaf_named(entropy, names),
        });
    }
    if variants.is_empty() {
        variants.push(json!("null"));
    }
    Json::Array(variants)
}

const UUID: &str = r#"{"type": "string", "logicalType": "uuid"}"#;
const INTS: [&str; 3] = [
    "\"int\"",
    r#"{"type": "int", "logicalType": "date"}"#,
    r#"{"type": "int", "logicalType": "time-millis"}"#,
];
const LONGS: [&str; 8] = [
    "\"long\"",
    r#"{"type": "long", "logicalType": "time-micros"}"#,
    r#"{"type": "long", "logicalType": "timestamp-millis"}"#,
    r#"{"type": "long", "logicalType": "timestamp-micros"}"#,
    r#"{"type": "long", "logicalType": "timestamp-nanos"}"#,
    r#"{"type": "long", "logicalType": "local-timestamp-millis"}"#,
    r#"{"type": "long", "logicalType": "local-timestamp-micros"}"#,
    r#"{"type": "long", "logicalType": "local-timestamp-nanos"}"#,
];

fn of_base(entropy: &mut Entropy<'_>, choices: &[&str]) -> Json {
    serde_json::from_str(choices[entropy.below(choices.len())]).expect("it is JSON")
}

fn leaf(entropy: &mut Entropy<'_>, names: &mut Names) -> Json {
    match entropy.below(14) {
        0 => json!("int"),
        1 => json!("long"),
        2 => json!("string"),
        3 => json!("null"),
        4 => json!("boolean"),
        5 => json!("float"),
        6 => json!("double"),
        7 => json!("bytes"),
        8 => of_base(entropy, &INTS),
        9 => of_base(entropy, &LONGS),
        10 => of_base(entropy, &[UUID, r#"{"type": "bytes", "logicalType": "big-decimal"}"#]),
        11 => {
            let scale = entropy.below(10);
            json!({"type": "bytes", "logicalType": "decimal", "precision": scale + 1 + entropy.below(20), "scale": scale})
        }
        _ => leaf_named(entropy, names),
    }
}

fn leaf_named(entropy: &mut Entropy<'_>, names: &mut Names) -> Json {
    let kind = entropy.below(5);
    let name = names.fresh("Leaf");
    // Those without a logical type alone: a name stands for all of its type.
    if kind < 2 {
        names.closed.push(name.clone());
    }
    match kind {
        0 => json!({"type": "enum", "name": name, "symbols": ["A", "B", "C"]}),
        1 => json!({"type": "fixed", "name": name, "size": entropy.below(5)}),
        2 => json!({"type": "fixed", "name": name, "size": 12, "logicalType": "duration"}),
        3 => json!({"type": "fixed", "name": name, "size": 16, "logicalType": "uuid"}),
        _ => {
            json!({"type": "fixed", "name": name, "size": 8, "logicalType": "decimal", "precision": 17, "scale": 3})
        }
    }
}

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
            let length = if let Inner::Fixed { size, .. } = inner { *size } else { 16 };
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

fn per_milli(unit: Unit) -> i64 {
    match unit {
        Unit::Millis => 1,
        Unit::Micros => 1_000,
        Unit::Nanos => 1_000_000,
    }
}
