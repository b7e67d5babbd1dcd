//! JSON, strictly as RFC 8259 has it: one value, in UTF-8, with nothing after it and no byte-order mark before it.
//!
//! What a value cannot hold, since VRL's values have 64 bits for a number:
//!
//! - integers beyond an `i64` become floats, and lose digits beyond a float's 53 bits;
//! - fractions become the nearest `f64`, and are written in the shortest form that reads as the same `f64`;
//! - of members with the same name the last one stays; the order of members becomes that of their names.
//!
//! None of this touches a record that no program changed: its bytes pass as they came.

use super::avro::Projected;
use super::json_read::Reader;
use super::json_write::{self, Writer};
use super::{CodecError, Document};

/// The deepest nesting of objects and arrays that is read or written, in levels; the same as serde_json's, so that
/// what is written can be read by others.
pub const JSON_DEPTH_MAX: usize = 128;

/// The longest text that is read or written, in bytes; as much as librdkafka receives at once by default.
pub const JSON_BYTES_MAX: usize = 100_000_000;

/// The class of an error for what is beyond a limit of ours.
const LIMIT: &str = "json_limit";

pub(super) fn decode(bytes: &[u8]) -> Result<Document, CodecError> {
    if bytes.is_empty() {
        return Err(CodecError::new("json_empty", "not JSON: the value is empty"));
    }
    if bytes.len() > JSON_BYTES_MAX {
        let length = bytes.len();
        let message = format!("JSON of {length} bytes is longer than the limit of {JSON_BYTES_MAX}");
        return Err(CodecError::new(LIMIT, message));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        CodecError::new("json_utf8", format!("not JSON: not UTF-8 at {}", place(bytes, at)))
    })?;
    Reader::new(text).document().map(Document::Eager).map_err(|fault| {
        let class = if fault.is_limit { LIMIT } else { "json_syntax" };
        let verdict = if fault.is_limit { "refused" } else { "not JSON" };
        CodecError::new(class, format!("{verdict}: {} at {}", fault.what, place(bytes, fault.at)))
    })
}

pub(super) fn encode(document: &Document, out: &mut Vec<u8>) -> Result<(), CodecError> {
    let mut writer = Writer::new(out, JSON_BYTES_MAX);
    match document {
        Document::Eager(value) => writer.value(value).map_err(not_json),
        Document::Projected(record) => match record.one_value()? {
            Some(value) => writer.value(value).map_err(not_json),
            None => members(record, &mut writer),
        },
    }
}

/// Member by member: what nobody looked at is decoded, written and let go.
fn members(record: &Projected, writer: &mut Writer<'_>) -> Result<(), CodecError> {
    writer.put(b"{").map_err(not_json)?;
    for (index, member) in record.members().enumerate() {
        let (name, value) = member?;
        writer.outer(index, name, &value).map_err(not_json)?;
    }
    writer.put(b"}").map_err(not_json)
}

fn not_json(fault: json_write::Fault) -> CodecError {
    let message = format!("cannot be written as JSON: `{}` {}", fault.place, fault.what);
    CodecError::new(if fault.is_limit { LIMIT } else { "json_value" }, message)
}

/// A place in the text, as editors count: lines and columns from 1; and the offset in bytes, from 0.
fn place(bytes: &[u8], at: usize) -> String {
    let before = &bytes[..at.min(bytes.len())];
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let column = 1 + String::from_utf8_lossy(&before[line_start..]).chars().count();
    format!("line {line}, column {column} (byte {at})")
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
