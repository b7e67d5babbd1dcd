//! Writes a value as JSON.
//!
//! Never through serde: VRL's own serialiser writes U+FFFD for bytes that are not UTF-8, and null for infinities.

use std::io::Write as _;

use vrl::value::{Value, value::timestamp_to_string};

use super::json::JSON_DEPTH_MAX;
use super::place::Place;

/// What cannot be written, and where it stands.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) what: &'static str,
    pub(super) is_limit: bool,
    pub(super) place: Place,
}

impl Fault {
    fn new(what: &'static str) -> Self {
        Self { what, is_limit: false, place: Place::default() }
    }

    fn in_member(mut self, name: &str) -> Self {
        self.place.in_member(name);
        self
    }

    fn in_item(mut self, index: usize) -> Self {
        self.place.in_item(index);
        self
    }
}

pub(super) fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), Fault> {
    write_at(value, out, 0)
}

fn write_at(value: &Value, out: &mut Vec<u8>, depth: usize) -> Result<(), Fault> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Boolean(true) => out.extend_from_slice(b"true"),
        Value::Boolean(false) => out.extend_from_slice(b"false"),
        Value::Integer(integer) => append(out, format_args!("{integer}")),
        Value::Float(float) if float.is_finite() => append(out, format_args!("{:?}", float.into_inner())),
        Value::Float(_) => return Err(Fault::new("is an infinite number")),
        Value::String(text) => write_string(text, out),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => write_string(text, out),
            Err(_) => return Err(Fault::new("holds bytes that are not UTF-8")),
        },
        Value::Regex(regex) => write_string(regex.as_str(), out),
        Value::Timestamp(timestamp) => write_string(&timestamp_to_string(timestamp), out),
        Value::Array(_) | Value::Object(_) if depth == JSON_DEPTH_MAX => {
            return Err(Fault { is_limit: true, ..Fault::new("is nested too deeply") });
        }
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                separate(index, out);
                write_at(item, out, depth + 1).map_err(|fault| fault.in_item(index))?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            out.push(b'{');
            for (index, (name, member)) in members.iter().enumerate() {
                write_member(index, name, member, out, depth)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

/// Writes one member of an object that stands at the outside; its braces are the caller's.
pub(super) fn write_outer(index: usize, name: &str, member: &Value, out: &mut Vec<u8>) -> Result<(), Fault> {
    write_member(index, name, member, out, 0)
}

fn write_member(
    index: usize,
    name: &str,
    member: &Value,
    out: &mut Vec<u8>,
    depth: usize,
) -> Result<(), Fault> {
    separate(index, out);
    write_string(name, out);
    out.push(b':');
    write_at(member, out, depth + 1).map_err(|fault| fault.in_member(name))
}

fn append(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a Vec takes every byte");
}

fn separate(index: usize, out: &mut Vec<u8>) {
    if index > 0 {
        out.push(b',');
    }
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')) {
        out.extend_from_slice(&rest[..at]);
        match rest[at] {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => append(out, format_args!("\\u{control:04x}")),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}
