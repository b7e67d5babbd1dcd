//! Values without parts → what stands in the bytes for them, by the logical type.

use vrl::value::{ObjectMap, Value};

use super::encode::{Encoder, misfit};
use super::fault::Fault;
use super::logical::calendar::{self, Counted};
use super::logical::decimal::{Misfit, Unscaled};
use super::logical::{timestamp, uuid};
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

    /// How many bytes it takes at least: what is unbounded counts in full, numbers and lengths as one.
    pub(super) fn bytes_least(&self) -> usize {
        match &self.form {
            Form::Nothing => 0,
            Form::Boolean(_) => 1,
            Form::Float(_) => 4,
            Form::Double(_) => 8,
            Form::Long(_) => 1,
            Form::Bytes(bytes) => 1 + bytes.len(),
            Form::MadeBytes(bytes) => 1 + bytes.len(),
            Form::Fixed(bytes) => bytes.len(),
            Form::MadeFixed(bytes) => bytes.len(),
        }
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
        match (self.schema().node(node), value) {
            (Node::Null, Value::Null) => Ok(Leaf::same(Form::Nothing)),
            (Node::Boolean, Value::Boolean(boolean)) => Ok(Leaf::same(Form::Boolean(*boolean))),
            (Node::Decimal { .. } | Node::BigDecimal, _) => {
                let text = number_text(value).ok_or_else(|| self.misfit(node, value))?;
                if matches!(value, Value::Float(float) if !is_certain(float.into_inner(), &text)) {
                    let what = "a float of more than 15 digits, of which the last may be rounded";
                    return Err(self.range(node, what));
                }
                self.decimal(node, &text, matches!(value, Value::Bytes(_) | Value::String(_)))
            }
            (Node::Duration { .. }, Value::Object(members)) => {
                let what = "an object that has not exactly `months`, `days` and `milliseconds` of 32 bits";
                let bytes = duration(members).ok_or_else(|| self.range(node, what))?;
                Ok(Leaf::same(Form::MadeFixed(bytes)))
            }
            (Node::Timestamp(unit), Value::Timestamp(time)) => {
                let counted = timestamp::counted(*time, *unit);
                let Counted { count, is_exact } =
                    counted.map_err(|why| self.no_timestamp(node, why, value))?;
                self.count(node, count, is_exact, value)
            }
            (_, Value::Integer(integer)) => self.integer(node, *integer, value),
            (_, Value::Float(float)) => self.float(node, float.into_inner(), value),
            (_, Value::Bytes(_) | Value::String(_)) => self.text(node, value),
            _ => Err(self.misfit(node, value)),
        }
    }

    fn misfit(&self, node: NodeId, value: &Value) -> Fault {
        misfit(self.schema(), node, value)
    }

    /// The right type, and a value that it cannot hold.
    fn range(&self, node: NodeId, what: &str) -> Fault {
        let expected = describe::type_of(self.schema(), node);
        Fault::new("avro_range", format!("expected {expected}, is {what}"))
    }

    fn beyond(&self, node: NodeId, value: &Value) -> Fault {
        self.range(node, &format!("{} beyond what it can hold", article(value)))
    }

    fn integer<'v>(&self, node: NodeId, integer: i64, value: &Value) -> Result<Leaf<'v>, Fault> {
        let inexact = || self.range(node, "an integer with more digits than it keeps");
        match self.schema().node(node) {
            Node::Long => Ok(Leaf::same(Form::Long(integer))),
            Node::Int if i32::try_from(integer).is_ok() => Ok(Leaf::same(Form::Long(integer))),
            Node::Int => Err(self.beyond(node, value)),
            Node::Float => {
                let float = integer as f32;
                let is_exact = float as i128 == i128::from(integer);
                is_exact.then(|| Leaf::new(Form::Float(float), false)).ok_or_else(inexact)
            }
            Node::Double => {
                let double = integer as f64;
                let is_exact = double as i128 == i128::from(integer);
                is_exact.then(|| Leaf::new(Form::Double(double), false)).ok_or_else(inexact)
            }
            _ => Err(self.misfit(node, value)),
        }
    }

    fn float<'v>(&self, node: NodeId, double: f64, value: &Value) -> Result<Leaf<'v>, Fault> {
        match self.schema().node(node) {
            Node::Double => Ok(Leaf::same(Form::Double(double))),
            Node::Float => {
                let float = double as f32;
                if float.is_infinite() && double.is_finite() {
                    return Err(self.beyond(node, value));
                }
                Ok(Leaf::new(Form::Float(float), f64::from(float) == double))
            }
            _ => Err(self.misfit(node, value)),
        }
    }

    /// Strings, whether of text or of bytes.
    fn text<'v>(&self, node: NodeId, value: &'v Value) -> Result<Leaf<'v>, Fault> {
        let is_bytes = matches!(value, Value::Bytes(_));
        let bytes = value.as_bytes().ok_or_else(|| self.misfit(node, value))?;
        match self.schema().node(node) {
            Node::Bytes => return Ok(Leaf::new(Form::Bytes(bytes), is_bytes)),
            Node::Fixed { size, .. } if *size == bytes.len() => {
                return Ok(Leaf::new(Form::Fixed(bytes), is_bytes));
            }
            Node::Fixed { .. } => return Err(self.range(node, &format!("a string of {} bytes", bytes.len()))),
            _ => {}
        }
        let text = value.to_str().ok_or_else(|| self.misfit(node, value))?;
        let no = |what: &'static str| move || self.range(node, what);
        match self.schema().node(node) {
            Node::String => Ok(Leaf::new(Form::Bytes(bytes), !is_bytes)),
            Node::Uuid(inner) => {
                let parsed = uuid::parse(text.as_bytes()).ok_or_else(no("a string that is no UUID"))?;
                Ok(uuid_leaf(inner, parsed, text))
            }
            Node::Date => {
                let days = calendar::parse_date(text).ok_or_else(no("a string that is no date"))?;
                i32::try_from(days).map_err(|_| self.beyond(node, value))?;
                self.count(node, days.into(), calendar::date_text(days) == text, value)
            }
            Node::TimeMillis => self.time(node, text, Unit::Millis, value),
            Node::TimeMicros => self.time(node, text, Unit::Micros, value),
            Node::Timestamp(unit) => {
                let counted = timestamp::parse(text, *unit);
                let counted = counted.map_err(|why| self.no_timestamp(node, why, value))?;
                self.count(node, counted.count, false, value)
            }
            Node::LocalTimestamp(unit) => {
                let time = calendar::parse_local(text, *unit);
                let Counted { count, .. } = time.ok_or_else(no("a string that is no local timestamp"))?;
                let is_same = |count| calendar::local_text(count, *unit) == text;
                self.count(node, count, i64::try_from(count).is_ok_and(is_same), value)
            }
            _ => Err(self.misfit(node, value)),
        }
    }

    fn time<'v>(&self, node: NodeId, text: &str, unit: Unit, value: &Value) -> Result<Leaf<'v>, Fault> {
        let time = calendar::parse_time(text, unit);
        let Counted { count, .. } =
            time.ok_or_else(|| self.range(node, "a string that is no time of day"))?;
        let is_same = |count| calendar::time_text(count, unit).as_deref() == Some(text);
        self.count(node, count, i64::try_from(count).is_ok_and(is_same), value)
    }

    fn no_timestamp(&self, node: NodeId, why: timestamp::Misfit, value: &Value) -> Fault {
        match why {
            timestamp::Misfit::NoTimestamp => self.range(node, "a string that is no timestamp of RFC 3339"),
            timestamp::Misfit::LeapSecond => {
                self.range(node, &format!("{} of a leap second", article(value)))
            }
            timestamp::Misfit::Beyond => self.beyond(node, value),
        }
    }

    /// What is counted from an epoch or from midnight.
    fn count<'v>(&self, node: NodeId, count: i128, is_same: bool, value: &Value) -> Result<Leaf<'v>, Fault> {
        let count = i64::try_from(count).map_err(|_| self.beyond(node, value))?;
        Ok(Leaf::new(Form::Long(count), is_same))
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
                // A zero has as many digits as the scale says, and that may be any number.
                let is_long_enough = text.len() > *scale;
                let plain = |scale| number.plain(scale) == text;
                let is_same = is_text && is_long_enough && i64::try_from(*scale).is_ok_and(plain);
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

/// Whether no other decimal of as many digits reads as the same float: 15 digits always come back (`DBL_DIG` of C), more
/// may have been rounded when the float was made, and nobody would know.
fn is_certain(float: f64, text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
    !float.is_finite() || (float.abs() < 1e15 && digits <= 15)
}

fn uuid_leaf<'v>(inner: &Inner, parsed: [u8; 16], text: &str) -> Leaf<'v> {
    let canonical = uuid::text(parsed);
    let is_same = canonical == text;
    match inner {
        Inner::String => Leaf::new(Form::MadeBytes(canonical.into_bytes()), is_same),
        Inner::Bytes => Leaf::new(Form::MadeBytes(parsed.to_vec()), is_same),
        Inner::Fixed { .. } => Leaf::new(Form::MadeFixed(parsed.to_vec()), is_same),
    }
}

/// With its sign repeated in front until it has `size` bytes; `None` where it has more.
fn widened(bytes: Vec<u8>, size: usize) -> Option<Vec<u8>> {
    let sign = if bytes.first().is_some_and(|first| first & 0x80 != 0) { 0xff } else { 0 };
    let mut wide = vec![sign; size.checked_sub(bytes.len())?];
    wide.extend(bytes);
    Some(wide)
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
