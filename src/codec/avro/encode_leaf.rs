//! Values without parts → what stands in the bytes for them, by the logical type.

use chrono::{DateTime, Utc};
use vrl::value::{ObjectMap, Value};

use super::encode::{Encoder, misfit};
use super::fault::Fault;
use super::logical::calendar::{self, Counted};
use super::logical::decimal::{Misfit, Unscaled};
use super::logical::uuid;
use super::schema::{Inner, Node, NodeId, Unit};
use super::{describe, output};

/// What stands in the bytes.
#[derive(Debug)]
pub(super) struct Leaf<'v> {
    form: Form<'v>,
    /// Whether reading it gives the same value again.
    pub(super) is_same: bool,
}

#[derive(Debug)]
enum Form<'v> {
    Nothing,
    Boolean(bool),
    Long(i64),
    Float(f32),
    Double(f64),
    /// With a length before them.
    Bytes(&'v [u8]),
    Fixed(&'v [u8]),
    MadeBytes(Vec<u8>),
    MadeFixed(Vec<u8>),
}

impl<'v> Leaf<'v> {
    fn same(form: Form<'v>) -> Self {
        Self { form, is_same: true }
    }

    fn new(form: Form<'v>, is_same: bool) -> Self {
        Self { form, is_same }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match &self.form {
            Form::Nothing => {}
            Form::Boolean(boolean) => out.push(u8::from(*boolean)),
            Form::Long(long) => output::long(*long, out),
            Form::Float(float) => out.extend_from_slice(&float.to_le_bytes()),
            Form::Double(double) => out.extend_from_slice(&double.to_le_bytes()),
            Form::Bytes(bytes) => output::bytes(bytes, out),
            Form::MadeBytes(bytes) => output::bytes(bytes, out),
            Form::Fixed(bytes) => out.extend_from_slice(bytes),
            Form::MadeFixed(bytes) => out.extend_from_slice(bytes),
        }
    }
}

impl Encoder<'_> {
    /// What `value` is as the type `node`.
    pub(super) fn leaf<'v>(&self, node: NodeId, value: &'v Value) -> Result<Leaf<'v>, Fault> {
        let schema = self.schema();
        let misfit = || misfit(schema, node, value);
        let range = |what: &str| {
            let expected = describe::type_of(schema, node);
            Fault::new("avro_range", format!("expected {expected}, is {what}"))
        };
        let beyond = || range(&format!("{} beyond what it can hold", article(value)));
        Ok(match (schema.node(node), value) {
            (Node::Null, Value::Null) => Leaf::same(Form::Nothing),
            (Node::Boolean, Value::Boolean(boolean)) => Leaf::same(Form::Boolean(*boolean)),
            (Node::Int, Value::Integer(integer)) => {
                i32::try_from(*integer).map_err(|_| beyond())?;
                Leaf::same(Form::Long(*integer))
            }
            (Node::Long, Value::Integer(integer)) => Leaf::same(Form::Long(*integer)),
            (Node::Float, Value::Integer(integer)) => {
                let float = *integer as f32;
                let is_exact = float as i128 == i128::from(*integer);
                let form = is_exact.then_some(Form::Float(float));
                Leaf::new(form.ok_or_else(|| range("an integer with more digits than it keeps"))?, false)
            }
            (Node::Double, Value::Integer(integer)) => {
                let double = *integer as f64;
                let is_exact = double as i128 == i128::from(*integer);
                let form = is_exact.then_some(Form::Double(double));
                Leaf::new(form.ok_or_else(|| range("an integer with more digits than it keeps"))?, false)
            }
            (Node::Float, Value::Float(double)) => {
                let float = double.into_inner() as f32;
                if float.is_infinite() && double.is_finite() {
                    return Err(beyond());
                }
                Leaf::new(Form::Float(float), f64::from(float) == double.into_inner())
            }
            (Node::Double, Value::Float(double)) => Leaf::same(Form::Double(double.into_inner())),
            (Node::String, Value::String(text)) => Leaf::same(Form::Bytes(text.as_bytes())),
            (Node::String, Value::Bytes(bytes)) => {
                std::str::from_utf8(bytes).map_err(|_| misfit())?;
                Leaf::new(Form::Bytes(bytes), false)
            }
            (Node::Bytes, Value::Bytes(bytes)) => Leaf::same(Form::Bytes(bytes)),
            (Node::Bytes, Value::String(text)) => Leaf::new(Form::Bytes(text.as_bytes()), false),
            (Node::Fixed { size, .. }, Value::Bytes(_) | Value::String(_)) => {
                let bytes = value.as_bytes().ok_or_else(misfit)?;
                if bytes.len() != *size {
                    return Err(range(&format!("a string of {} bytes", bytes.len())));
                }
                Leaf::new(Form::Fixed(bytes), matches!(value, Value::Bytes(_)))
            }
            (Node::Decimal { .. } | Node::BigDecimal, _) => {
                let text = number_text(value).ok_or_else(misfit)?;
                self.decimal(node, &text, matches!(value, Value::Bytes(_) | Value::String(_)))?
            }
            (Node::Uuid(inner), _) => {
                let text = value.to_str().ok_or_else(misfit)?;
                let parsed = uuid::parse(text.as_bytes()).ok_or_else(|| range("a string that is no UUID"))?;
                let canonical = uuid::text(parsed);
                let is_same = canonical == text;
                match inner {
                    Inner::String => Leaf::new(Form::MadeBytes(canonical.into_bytes()), is_same),
                    Inner::Bytes => Leaf::new(Form::MadeBytes(parsed.to_vec()), is_same),
                    Inner::Fixed { .. } => Leaf::new(Form::MadeFixed(parsed.to_vec()), is_same),
                }
            }
            (Node::Date, _) => {
                let text = value.to_str().ok_or_else(misfit)?;
                let days = calendar::parse_date(text).ok_or_else(|| range("a string that is no date"))?;
                i32::try_from(days).map_err(|_| beyond())?;
                Leaf::new(Form::Long(days), calendar::date_text(days) == text)
            }
            (Node::TimeMillis | Node::TimeMicros, _) => {
                let text = value.to_str().ok_or_else(misfit)?;
                let is_millis = matches!(schema.node(node), Node::TimeMillis);
                let unit = if is_millis { Unit::Millis } else { Unit::Micros };
                let time = calendar::parse_time(text, unit)
                    .ok_or_else(|| range("a string that is no time of day"))?;
                let count = i64::try_from(time.count).map_err(|_| beyond())?;
                Leaf::new(Form::Long(count), calendar::time_text(count, unit).as_deref() == Some(text))
            }
            (Node::Timestamp(unit), _) => {
                let time = match value {
                    Value::Timestamp(time) => *time,
                    _ => {
                        let text = value.to_str().ok_or_else(misfit)?;
                        let time = DateTime::parse_from_rfc3339(text);
                        time.map_err(|_| range("a string that is no timestamp of RFC 3339"))?.to_utc()
                    }
                };
                let Counted { count, is_exact } = counted(time, *unit);
                let count = i64::try_from(count).map_err(|_| beyond())?;
                Leaf::new(Form::Long(count), is_exact && matches!(value, Value::Timestamp(_)))
            }
            (Node::LocalTimestamp(unit), _) => {
                let text = value.to_str().ok_or_else(misfit)?;
                let time = calendar::parse_local(text, *unit)
                    .ok_or_else(|| range("a string that is no local timestamp"))?;
                let count = i64::try_from(time.count).map_err(|_| beyond())?;
                Leaf::new(Form::Long(count), calendar::local_text(count, *unit) == text)
            }
            (Node::Duration { .. }, Value::Object(members)) => {
                let bytes = duration(members).ok_or_else(|| {
                    range("an object that has not exactly `months`, `days` and `milliseconds` of 32 bits")
                })?;
                Leaf::same(Form::MadeFixed(bytes))
            }
            _ => return Err(misfit()),
        })
    }

    fn decimal<'v>(&self, node: NodeId, text: &str, is_text: bool) -> Result<Leaf<'v>, Fault> {
        let refusal = |misfit| {
            let expected = describe::type_of(self.schema(), node);
            let is = if is_text { "a string" } else { "a number" };
            let what = match misfit {
                Misfit::NoNumber => "that is no number in plain notation",
                Misfit::Scale => "with more digits behind the point",
                Misfit::Digits => "with more digits",
            };
            Fault::new("avro_range", format!("expected {expected}, is {is} {what}"))
        };
        match self.schema().node(node) {
            Node::Decimal { precision, scale, inner } => {
                let number = Unscaled::parse_as(text, *precision, *scale).map_err(refusal)?;
                let is_same = is_text && i64::try_from(*scale).is_ok_and(|scale| number.plain(scale) == text);
                let bytes = number.to_bytes();
                match inner {
                    Inner::Fixed { size, .. } => {
                        let bytes = widened(bytes, *size).ok_or_else(|| refusal(Misfit::Digits))?;
                        Ok(Leaf::new(Form::MadeFixed(bytes), is_same))
                    }
                    _ => Ok(Leaf::new(Form::MadeBytes(bytes), is_same)),
                }
            }
            _ => {
                let (number, scale) = Unscaled::parse(text).map_err(refusal)?;
                let mut bytes = Vec::new();
                output::bytes(&number.to_bytes(), &mut bytes);
                output::length(scale, &mut bytes);
                let is_same = is_text && i64::try_from(scale).is_ok_and(|scale| number.plain(scale) == text);
                Ok(Leaf::new(Form::MadeBytes(bytes), is_same))
            }
        }
    }
}

/// What a value is called in the middle of a sentence.
fn article(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) => "an integer",
        Value::Float(_) => "a float",
        Value::Timestamp(_) => "a timestamp",
        _ => "a string",
    }
}

/// A number in plain notation: a text as it is, a float by its shortest digits.
fn number_text(value: &Value) -> Option<std::borrow::Cow<'_, str>> {
    match value {
        Value::Integer(integer) => Some(integer.to_string().into()),
        Value::Float(float) => Some(float.into_inner().to_string().into()),
        _ => value.to_str().map(Into::into),
    }
}

/// With its sign repeated in front until it has `size` bytes; `None` where it has more.
fn widened(bytes: Vec<u8>, size: usize) -> Option<Vec<u8>> {
    let sign = if bytes.first().is_some_and(|first| first & 0x80 != 0) { 0xff } else { 0 };
    let mut wide = vec![sign; size.checked_sub(bytes.len())?];
    wide.extend(bytes);
    Some(wide)
}

/// In the unit, rounded down.
fn counted(time: DateTime<Utc>, unit: Unit) -> Counted {
    let nanos = i128::from(time.timestamp()) * 1_000_000_000 + i128::from(time.timestamp_subsec_nanos());
    let each = i128::from(1_000_000_000 / unit.per_second());
    Counted { count: nanos.div_euclid(each), is_exact: nanos.rem_euclid(each) == 0 }
}

fn duration(members: &ObjectMap) -> Option<Vec<u8>> {
    if members.len() != 3 {
        return None;
    }
    let mut bytes = Vec::with_capacity(12);
    for name in ["months", "days", "milliseconds"] {
        let part = u32::try_from(members.get(name)?.as_integer()?).ok()?;
        bytes.extend_from_slice(&part.to_le_bytes());
    }
    Some(bytes)
}
