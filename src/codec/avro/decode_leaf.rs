//! Numbers and bytes → what they mean by their logical type.

use vrl::value::{ObjectMap, Value};

use super::decode::{Decoder, not_utf8};
use super::fault::Fault;
use super::input::Input;
use super::logical::decimal::{DECIMAL_DIGITS_MAX, Unscaled};
use super::logical::{calendar, timestamp, uuid};
use super::plan::{Framing, Integer, Meaning};
use super::schema::Unit;

impl Decoder<'_> {
    pub(super) fn integer(&mut self, is_int: bool, meaning: Integer) -> Result<Value, Fault> {
        let start = self.input.at();
        let number = if is_int { self.input.int() } else { self.input.long() }?;
        let value = match meaning {
            Integer::Plain => return Ok(Value::Integer(number)),
            Integer::Float => return Ok(Value::from_f64_or_zero(f64::from(number as f32))),
            Integer::Double => return Ok(Value::from_f64_or_zero(number as f64)),
            Integer::Date => Some(calendar::date_text(number).into()),
            Integer::TimeMillis => calendar::time_text(number, Unit::Millis).map(Value::from),
            Integer::TimeMicros(factor) => number
                .checked_mul(factor)
                .and_then(|number| calendar::time_text(number, Unit::Micros))
                .map(Value::from),
            Integer::Timestamp { writer, reader } => {
                finer(number, writer, reader).and_then(|number| timestamp::value(number, reader))
            }
            Integer::Local { writer, reader } => {
                finer(number, writer, reader).map(|number| calendar::local_text(number, reader).into())
            }
        };
        let what = match meaning {
            Integer::TimeMillis | Integer::TimeMicros(_) => "a time of day is not within a day",
            _ => "a timestamp is beyond what can be held",
        };
        value.ok_or_else(|| Fault::new("avro_range", what).at(start))
    }

    pub(super) fn block(&mut self, framing: Framing, meaning: Meaning) -> Result<Value, Fault> {
        let start = self.input.at();
        let bytes = match framing {
            Framing::Bytes | Framing::Text => self.input.block()?,
            Framing::Fixed(size) => self.input.take(size)?,
        };
        let is_text = framing == Framing::Text && meaning != Meaning::Text;
        if is_text && std::str::from_utf8(bytes).is_err() {
            return Err(not_utf8(start));
        }
        match meaning {
            Meaning::Bytes => {
                self.charge(bytes.len())?;
                Ok(Value::Bytes(self.input.share(bytes)))
            }
            Meaning::Text => {
                self.charge(bytes.len())?;
                match Value::from_utf8_or_bytes(self.input.share(bytes)) {
                    Value::Bytes(_) => Err(not_utf8(start)),
                    text => Ok(text),
                }
            }
            Meaning::Decimal { precision, scale } => {
                decimal(bytes, precision, scale).map_err(|fault| fault.at(start)).map(Value::from)
            }
            Meaning::BigDecimal => self.big_decimal(bytes).map_err(|fault| fault.at(start)).map(Value::from),
            Meaning::UuidText => uuid::parse(bytes).ok_or_else(|| no_uuid(start)).map(uuid_text),
            Meaning::UuidBytes => bytes.try_into().map_err(|_| no_uuid(start)).map(uuid_text),
            Meaning::Duration => Ok(duration(bytes)),
        }
    }

    /// Bytes in bytes: the unscaled number with its length, then the scale.
    fn big_decimal(&self, bytes: &[u8]) -> Result<String, Fault> {
        let part = bytes::Bytes::copy_from_slice(bytes);
        let mut inside = Input::new(&part);
        // Offsets would be those of the part.
        let wrong = |_| Fault::new("avro_decimal", "a big-decimal has no number and scale in it");
        let number = inside.block().map_err(wrong)?;
        let scale = inside.long().map_err(wrong)?;
        if inside.left() > 0 {
            return Err(Fault::new("avro_decimal", "something stands after the scale of a big-decimal"));
        }
        if scale.unsigned_abs() > DECIMAL_DIGITS_MAX as u64 {
            return Err(too_long());
        }
        Ok(unscaled(number)?.plain(scale))
    }
}

fn decimal(bytes: &[u8], precision: usize, scale: usize) -> Result<String, Fault> {
    let number = unscaled(bytes)?;
    if number.len() > precision {
        let what = format!("a decimal has more than the {precision} digits of its type");
        return Err(Fault::new("avro_range", what));
    }
    if scale > DECIMAL_DIGITS_MAX {
        return Err(too_long());
    }
    Ok(number.plain(i64::try_from(scale).expect("the limit above is far below")))
}

fn unscaled(bytes: &[u8]) -> Result<Unscaled, Fault> {
    if bytes.is_empty() {
        return Err(Fault::new("avro_decimal", "a decimal has no bytes"));
    }
    Unscaled::from_bytes(bytes).ok_or_else(too_long)
}

fn too_long() -> Fault {
    Fault::new("avro_range", format!("a decimal has more than {DECIMAL_DIGITS_MAX} digits"))
}

fn no_uuid(at: usize) -> Fault {
    Fault::new("avro_uuid", "it is no UUID").at(at)
}

fn uuid_text(bytes: [u8; 16]) -> Value {
    uuid::text(bytes).into()
}

/// Three numbers of 32 bits, the least significant byte first.
fn duration(bytes: &[u8]) -> Value {
    let part = |at: usize| {
        let bytes = bytes[at..at + 4].try_into().expect("four bytes");
        Value::Integer(u32::from_le_bytes(bytes).into())
    };
    let members = [("months", part(0)), ("days", part(4)), ("milliseconds", part(8))];
    let members = members.into_iter().map(|(name, value)| (name.into(), value));
    Value::Object(members.collect::<ObjectMap>())
}

/// In the reader's unit; `None` where it cannot hold it.
fn finer(number: i64, writer: Unit, reader: Unit) -> Option<i64> {
    number.checked_mul(reader.per_second() / writer.per_second())
}
