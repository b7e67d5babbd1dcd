//! Numbers and bytes → what they mean by their logical type.

use vrl::value::{ObjectMap, Value};

use super::decode::{Decoder, not_utf8};
use super::fault::Fault;
use super::input::Input;
use super::logical::decimal::{DECIMAL_DIGITS_MAX, Unscaled};
use super::logical::{calendar, timestamp, uuid};
use super::plan::{Framing, Integer, Meaning};
use super::schema::Unit;
use super::taken;

impl Decoder<'_> {
    pub(super) fn integer(&mut self, is_int: bool, meaning: Integer) -> Result<Value, Fault> {
        let start = self.input.at();
        let number = if is_int { self.input.int() } else { self.input.long() }?;
        let text = match meaning {
            Integer::Plain => return Ok(Value::Integer(number)),
            Integer::Float => return Ok(Value::from_f64_or_zero(f64::from(number as f32))),
            Integer::Double => return Ok(Value::from_f64_or_zero(number as f64)),
            Integer::Date => Some(calendar::date_text(number)),
            Integer::TimeMillis => calendar::time_text(number, Unit::Millis),
            Integer::TimeMicros(factor) => {
                number.checked_mul(factor).and_then(|number| calendar::time_text(number, Unit::Micros))
            }
            Integer::Timestamp { writer, reader } => {
                let time = finer(number, writer, reader).and_then(|number| timestamp::value(number, reader));
                return time.ok_or_else(|| beyond(meaning, start));
            }
            Integer::Local { writer, reader } => {
                finer(number, writer, reader).map(|number| calendar::local_text(number, reader))
            }
        };
        self.made(text.ok_or_else(|| beyond(meaning, start))?)
    }

    /// A text that does not stand in the bytes.
    fn made(&mut self, text: String) -> Result<Value, Fault> {
        self.charge(taken::text(text.capacity()))?;
        Ok(text.into())
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
            Meaning::Bytes => Ok(Value::Bytes(self.input.share(bytes))),
            Meaning::Text => match Value::from_utf8_or_bytes(self.input.share(bytes)) {
                Value::Bytes(_) => Err(not_utf8(start)),
                text => Ok(text),
            },
            Meaning::Decimal { precision, scale } => {
                self.made(decimal(bytes, precision, scale).map_err(|fault| fault.at(start))?)
            }
            Meaning::BigDecimal => self.made(big_decimal(bytes).map_err(|fault| fault.at(start))?),
            Meaning::UuidText => {
                let uuid = uuid::parse(bytes).ok_or_else(|| no_uuid(start))?;
                self.made(uuid::text(uuid))
            }
            Meaning::UuidBytes => {
                let uuid = bytes.try_into().map_err(|_| no_uuid(start))?;
                self.made(uuid::text(uuid))
            }
            Meaning::Duration => {
                self.charge(taken::object(DURATION.into_iter()))?;
                Ok(duration(bytes))
            }
        }
    }
}

/// The members of a duration, as they stand in the bytes.
const DURATION: [&str; 3] = ["months", "days", "milliseconds"];

/// What is wrong with a count.
fn beyond(meaning: Integer, at: usize) -> Fault {
    let what = match meaning {
        Integer::TimeMillis | Integer::TimeMicros(_) => "a time of day is not within a day",
        _ => "a timestamp is beyond what can be held",
    };
    Fault::new("avro_range", what).at(at)
}

/// Bytes in bytes: the unscaled number with its length, then the scale.
fn big_decimal(bytes: &[u8]) -> Result<String, Fault> {
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

/// Three numbers of 32 bits, the least significant byte first.
fn duration(bytes: &[u8]) -> Value {
    let part = |bytes: &[u8]| {
        let bytes = bytes.try_into().expect("four bytes");
        Value::Integer(u32::from_le_bytes(bytes).into())
    };
    let members = DURATION.into_iter().zip(bytes.chunks_exact(4));
    Value::Object(members.map(|(name, bytes)| (name.into(), part(bytes))).collect::<ObjectMap>())
}

/// In the reader's unit; `None` where it cannot hold it.
fn finer(number: i64, writer: Unit, reader: Unit) -> Option<i64> {
    number.checked_mul(reader.per_second() / writer.per_second())
}
