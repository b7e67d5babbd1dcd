//! What apache-avro reads and writes, and what its values are in expressions: by other means than the codec's own
//! (chrono, uuid, bigdecimal, 128-bit integers).

use apache_avro::Schema as Apache;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value as Avro;
use apache_avro::writer::datum::GenericDatumWriter;
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use vrl::value::{ObjectMap, Value};

use super::super::schema::{Node, NodeId, Schema, Unit};

pub(super) fn write(schema: &Apache, value: Avro) -> Vec<u8> {
    let writer = GenericDatumWriter::builder(schema).build().expect("it is a schema");
    writer.write_value_to_vec(value).expect("the value fits the schema")
}

pub(super) fn read(writer: &Apache, reader: Option<&Apache>, mut bytes: &[u8]) -> Result<Avro, String> {
    let datum = GenericDatumReader::builder(writer).maybe_reader_schema(reader).build();
    let datum = datum.map_err(|error| error.to_string())?;
    let value = datum.read_value(&mut bytes).map_err(|error| error.to_string())?;
    assert!(bytes.is_empty(), "apache-avro leaves {} bytes", bytes.len());
    Ok(value)
}

/// A value to the letter. For `==` a string is the bytes that it has, and there is no negative zero.
pub(super) fn exact(value: &Value) -> String {
    format!("{value:?}")
}

/// What a value of the type is in expressions.
pub(super) fn expected(schema: &Schema, node: NodeId, value: &Avro) -> Value {
    match (schema.node(node), value) {
        (Node::Union(variants), Avro::Union(index, value)) => {
            expected(schema, variants[*index as usize], value)
        }
        (Node::Array(item), Avro::Array(items)) => {
            Value::Array(items.iter().map(|value| expected(schema, *item, value)).collect())
        }
        (Node::Map(values), Avro::Map(members)) => {
            let member =
                |(name, value): (&String, &Avro)| (name.as_str().into(), expected(schema, *values, value));
            Value::Object(members.iter().map(member).collect())
        }
        (Node::Record { fields, .. }, Avro::Record(members)) => {
            assert_eq!(fields.len(), members.len());
            let pairs = fields.iter().zip(members);
            let member = |(field, (name, value)): (&super::super::Field, &(String, Avro))| {
                assert_eq!(field.name, *name);
                (name.as_str().into(), expected(schema, field.node, value))
            };
            Value::Object(pairs.map(member).collect::<ObjectMap>())
        }
        (Node::Decimal { scale, .. }, Avro::Decimal(decimal)) => {
            decimal_text(&Vec::try_from(decimal).expect("it has bytes"), *scale).into()
        }
        (_, value) => leaf(value),
    }
}

fn leaf(value: &Avro) -> Value {
    match value {
        Avro::Null => Value::Null,
        Avro::Boolean(boolean) => Value::Boolean(*boolean),
        Avro::Int(int) => Value::Integer((*int).into()),
        Avro::Long(long) => Value::Integer(*long),
        Avro::Float(float) => Value::from_f64_or_zero(f64::from(*float)),
        Avro::Double(double) => Value::from_f64_or_zero(*double),
        Avro::Bytes(bytes) | Avro::Fixed(_, bytes) => Value::Bytes(Bytes::from(bytes.clone())),
        Avro::String(text) | Avro::Enum(_, text) => Value::from(text.as_str()),
        Avro::BigDecimal(decimal) => decimal.to_plain_string().into(),
        Avro::Uuid(uuid) => uuid.to_string().into(),
        Avro::Date(days) => date(NaiveDate::from_epoch_days(*days).expect("it is in chrono's range")).into(),
        Avro::TimeMillis(count) => time(TimeDelta::milliseconds((*count).into()), "%H:%M:%S%.3f").into(),
        Avro::TimeMicros(count) => time(TimeDelta::microseconds(*count), "%H:%M:%S%.6f").into(),
        Avro::TimestampMillis(count) => Value::Timestamp(utc(*count, Unit::Millis)),
        Avro::TimestampMicros(count) => Value::Timestamp(utc(*count, Unit::Micros)),
        Avro::TimestampNanos(count) => Value::Timestamp(utc(*count, Unit::Nanos)),
        Avro::LocalTimestampMillis(count) => local(*count, Unit::Millis, "%H:%M:%S%.3f").into(),
        Avro::LocalTimestampMicros(count) => local(*count, Unit::Micros, "%H:%M:%S%.6f").into(),
        Avro::LocalTimestampNanos(count) => local(*count, Unit::Nanos, "%H:%M:%S%.9f").into(),
        Avro::Duration(duration) => {
            let parts = [
                ("months", u32::from(duration.months())),
                ("days", u32::from(duration.days())),
                ("milliseconds", u32::from(duration.millis())),
            ];
            Value::Object(parts.map(|(name, part)| (name.into(), Value::Integer(part.into()))).into())
        }
        other => panic!("{other:?} has parts"),
    }
}

fn decimal_text(bytes: &[u8], scale: usize) -> String {
    let sign = if bytes[0] & 0x80 == 0 { 0 } else { 0xff };
    let mut wide = [sign; 16];
    wide[16 - bytes.len()..].copy_from_slice(bytes);
    let unscaled = i128::from_be_bytes(wide);
    let divisor = 10_i128.pow(scale as u32);
    let sign = if unscaled < 0 { "-" } else { "" };
    let (before, behind) = ((unscaled / divisor).abs(), (unscaled % divisor).abs());
    if scale == 0 { format!("{sign}{before}") } else { format!("{sign}{before}.{behind:0scale$}") }
}

/// chrono writes a plus before the year 10000, too.
fn date(date: NaiveDate) -> String {
    date.format("%Y-%m-%d").to_string()
}

fn time(since_midnight: TimeDelta, format: &str) -> String {
    (NaiveTime::MIN + since_midnight).format(format).to_string()
}

fn local(count: i64, unit: Unit, format: &str) -> String {
    let utc = utc(count, unit).naive_utc();
    format!("{}T{}", date(utc.date()), utc.time().format(format))
}

fn utc(count: i64, unit: Unit) -> DateTime<Utc> {
    let time = match unit {
        Unit::Millis => DateTime::from_timestamp_millis(count),
        Unit::Micros => DateTime::from_timestamp_micros(count),
        Unit::Nanos => Some(DateTime::from_timestamp_nanos(count)),
    };
    time.expect("it is in chrono's range")
}
