//! "Schema Resolution" of types without parts, and of names: `specification` goes down to them.

use std::str::FromStr;

use apache_avro::types::Value as Avro;
use apache_avro::{Decimal, Duration, Uuid};
use chrono::{DateTime, NaiveDate};

use super::super::schema::{Inner, Node, TypeName, Unit};
use super::oracle;

/// Names without namespaces, or any of the reader's aliases.
pub(super) fn is_called(writer: &TypeName, reader: &TypeName) -> bool {
    let short = |name: &String| name.rsplit('.').next().map(str::to_owned);
    std::iter::once(&reader.full).chain(&reader.aliases).any(|name| short(name) == short(&writer.full))
}

/// What a type without parts is on the wire, and its logical type.
pub(super) fn kind(node: &Node) -> Option<(String, String)> {
    let (base, logical) = match node {
        Node::Null => ("null", String::new()),
        Node::Boolean => ("boolean", String::new()),
        Node::Int => ("int", String::new()),
        Node::Date => ("int", "date".to_owned()),
        Node::TimeMillis => ("int", "time-millis".to_owned()),
        Node::Long => ("long", String::new()),
        Node::TimeMicros => ("long", "time-micros".to_owned()),
        Node::Timestamp(unit) => ("long", format!("timestamp {}", unit.per_second())),
        Node::LocalTimestamp(unit) => ("long", format!("local {}", unit.per_second())),
        Node::Float => ("float", String::new()),
        Node::Double => ("double", String::new()),
        Node::Bytes => ("bytes", String::new()),
        Node::BigDecimal => ("bytes", "big-decimal".to_owned()),
        Node::String => ("string", String::new()),
        Node::Fixed { size, .. } => return Some((format!("fixed {size}"), String::new())),
        Node::Duration { .. } => ("fixed 12", "duration".to_owned()),
        Node::Decimal { precision, scale, inner } => {
            return Some((inner_base(inner), format!("decimal {precision} {scale}")));
        }
        Node::Uuid(inner) => return Some((inner_base(inner), "uuid".to_owned())),
        Node::Enum { .. } | Node::Array(_) | Node::Map(_) | Node::Record { .. } | Node::Union(_) => {
            return None;
        }
    };
    Some((base.to_owned(), logical))
}

fn inner_base(inner: &Inner) -> String {
    match inner {
        Inner::Bytes => "bytes".to_owned(),
        Inner::String => "string".to_owned(),
        Inner::Fixed { size, .. } => format!("fixed {size}"),
    }
}

/// How many of the reader's units one of the writer's has, where the units of both are told apart.
fn finer(from: &Node, to: &Node) -> Option<i64> {
    let (from, to) = match (from, to) {
        (Node::TimeMillis, Node::TimeMicros) => return Some(1_000),
        (Node::Timestamp(from), Node::Timestamp(to)) => (from, to),
        (Node::LocalTimestamp(from), Node::LocalTimestamp(to)) => (from, to),
        _ => return None,
    };
    Some(to.per_second() / from.per_second()).filter(|factor| *factor > 0)
}

/// Whether the one is ever read as the other.
pub(super) fn goes(from: &Node, to: &Node) -> bool {
    let (Some((base, logical)), Some((other_base, other_logical))) = (kind(from), kind(to)) else {
        return false;
    };
    if let (Some(name), Some(other)) = (from.name(), to.name())
        && !is_called(name, other)
    {
        return false;
    }
    let bases = (base.as_str(), other_base.as_str());
    match (logical.is_empty(), other_logical.is_empty()) {
        (false, false) => (base == other_base && logical == other_logical) || finer(from, to).is_some(),
        // The writer's logical type is left aside, but the bytes of a number are no text.
        (is_plain, true) => match bases {
            ("int", "long" | "float" | "double") | ("long", "float" | "double") | ("float", "double") => true,
            ("string", "bytes") => true,
            ("bytes", "string") => is_plain,
            _ => base == other_base,
        },
        (true, false) => base == other_base || matches!(bases, ("int", "long") | ("bytes", "string")),
    }
}

/// A value of the reader's type.
pub(super) fn leaf(from: &Node, to: &Node, value: &Avro) -> Option<Avro> {
    goes(from, to).then_some(())?;
    // Neither side says anything else of it.
    if kind(from) == kind(to) {
        return Some(value.clone());
    }
    let factor = finer(from, to).unwrap_or(1);
    match raw(value)? {
        Raw::Number(number) => counted(to, number.checked_mul(factor)?),
        Raw::Float(float) => {
            Some(if *to == Node::Float { Avro::Float(float) } else { Avro::Double(float.into()) })
        }
        Raw::Block(bytes) => block(to, bytes),
    }
}

/// Whether that is more than can be told here.
pub(super) fn is_beyond(from: &Node, to: &Node, read: Option<&Avro>) -> bool {
    match read {
        Some(Avro::Date(days)) => NaiveDate::from_epoch_days(*days).is_none(),
        Some(Avro::LocalTimestampMillis(count)) => DateTime::from_timestamp_millis(*count).is_none(),
        Some(Avro::LocalTimestampMicros(count)) => DateTime::from_timestamp_micros(*count).is_none(),
        _ => *to == Node::BigDecimal && *from != *to && goes(from, to),
    }
}

enum Raw {
    Number(i64),
    Float(f32),
    Block(Vec<u8>),
}

fn raw(value: &Avro) -> Option<Raw> {
    Some(match value {
        Avro::Int(number) | Avro::Date(number) | Avro::TimeMillis(number) => Raw::Number((*number).into()),
        Avro::Long(number)
        | Avro::TimeMicros(number)
        | Avro::TimestampMillis(number)
        | Avro::TimestampMicros(number)
        | Avro::TimestampNanos(number)
        | Avro::LocalTimestampMillis(number)
        | Avro::LocalTimestampMicros(number)
        | Avro::LocalTimestampNanos(number) => Raw::Number(*number),
        Avro::Float(float) => Raw::Float(*float),
        Avro::Bytes(bytes) | Avro::Fixed(_, bytes) => Raw::Block(bytes.clone()),
        Avro::String(text) => Raw::Block(text.clone().into_bytes()),
        Avro::Decimal(decimal) => Raw::Block(Vec::try_from(decimal).ok()?),
        Avro::Duration(duration) => Raw::Block(<[u8; 12]>::from(*duration).to_vec()),
        // Whether it is a text or 16 bytes, who has the schema knows.
        Avro::Uuid(uuid) => Raw::Block(uuid.to_string().into_bytes()),
        // Behind its length.
        Avro::BigDecimal(_) => {
            Raw::Block(oracle::write(&apache_avro::Schema::BigDecimal, value.clone()).split_off(1))
        }
        _ => return None,
    })
}

fn counted(to: &Node, number: i64) -> Option<Avro> {
    let is_within_a_day = |units: i64| (0..units).contains(&number);
    Some(match to {
        Node::Int => Avro::Int(i32::try_from(number).ok()?),
        Node::Long => Avro::Long(number),
        Node::Float => Avro::Float(number as f32),
        Node::Double => Avro::Double(number as f64),
        Node::Date => Avro::Date(i32::try_from(number).ok()?),
        Node::TimeMillis if is_within_a_day(86_400_000) => Avro::TimeMillis(i32::try_from(number).ok()?),
        Node::TimeMicros if is_within_a_day(86_400_000_000) => Avro::TimeMicros(number),
        Node::Timestamp(Unit::Millis) => {
            DateTime::from_timestamp_millis(number).map(|_| Avro::TimestampMillis(number))?
        }
        Node::Timestamp(Unit::Micros) => {
            DateTime::from_timestamp_micros(number).map(|_| Avro::TimestampMicros(number))?
        }
        Node::Timestamp(Unit::Nanos) => Avro::TimestampNanos(number),
        Node::LocalTimestamp(Unit::Millis) => Avro::LocalTimestampMillis(number),
        Node::LocalTimestamp(Unit::Micros) => Avro::LocalTimestampMicros(number),
        Node::LocalTimestamp(Unit::Nanos) => Avro::LocalTimestampNanos(number),
        _ => return None,
    })
}

fn block(to: &Node, bytes: Vec<u8>) -> Option<Avro> {
    Some(match to {
        Node::Bytes => Avro::Bytes(bytes),
        Node::String => Avro::String(String::from_utf8(bytes).ok()?),
        Node::Fixed { size, .. } if *size == 16 && bytes.len() == 36 => {
            let uuid = Uuid::from_str(std::str::from_utf8(&bytes).ok()?).ok()?;
            Avro::Fixed(16, uuid.into_bytes().to_vec())
        }
        Node::Fixed { size, .. } => Avro::Fixed(*size, bytes),
        Node::Duration { .. } => Avro::Duration(Duration::from(<[u8; 12]>::try_from(bytes).ok()?)),
        Node::Uuid(Inner::String) => Avro::Uuid(Uuid::from_str(std::str::from_utf8(&bytes).ok()?).ok()?),
        Node::Uuid(_) => Avro::Uuid(Uuid::from_slice(&bytes).ok()?),
        Node::Decimal { precision, .. } => {
            let sign = if bytes.first()? & 0x80 == 0 { 0 } else { 0xff };
            let wide: Vec<u8> =
                std::iter::repeat_n(sign, 16 - bytes.len()).chain(bytes.iter().copied()).collect();
            let number = i128::from_be_bytes(wide.try_into().ok()?).unsigned_abs();
            (number < 10_u128.pow(u32::try_from(*precision).ok()?))
                .then(|| Avro::Decimal(Decimal::from(bytes)))?
        }
        _ => return None,
    })
}
