//! Writes a value as JSON.
//!
//! Never through serde: VRL's own serialiser writes U+FFFD for bytes that are not UTF-8, and null for infinities.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use vrl::value::{Value, value::timestamp_to_string};

use super::json::JSON_DEPTH_MAX;
use super::place::Place;

/// What cannot be written, and where it stands.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) what: Cow<'static, str>,
    pub(super) is_limit: bool,
    pub(super) place: Place,
}

impl Fault {
    fn new(what: &'static str) -> Self {
        Self { what: what.into(), is_limit: false, place: Place::default() }
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

/// Writes to the end of what is there, and never more than it may.
pub(super) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    bytes_max: usize,
    /// Where the last byte may stand.
    end: usize,
}

impl<'o> Writer<'o> {
    /// Writes at most `bytes_max` bytes.
    pub(super) fn new(out: &'o mut Vec<u8>, bytes_max: usize) -> Self {
        let end = out.len().saturating_add(bytes_max);
        Self { out, bytes_max, end }
    }

    pub(super) fn value(&mut self, value: &Value) -> Result<(), Fault> {
        self.value_at(value, 0)
    }

    /// Writes one member of an object that stands at the outside; its braces are the caller's.
    pub(super) fn outer(&mut self, index: usize, name: &str, member: &Value) -> Result<(), Fault> {
        self.member(index, name, member, 0)
    }

    pub(super) fn put(&mut self, text: &[u8]) -> Result<(), Fault> {
        if text.len() > self.end - self.out.len() {
            return Err(self.too_long());
        }
        self.out.extend_from_slice(text);
        Ok(())
    }

    #[cold]
    fn too_long(&self) -> Fault {
        let what = format!("makes it longer than the limit of {} bytes", self.bytes_max);
        Fault { what: what.into(), is_limit: true, place: Place::default() }
    }

    fn value_at(&mut self, value: &Value, depth: usize) -> Result<(), Fault> {
        match value {
            Value::Null => self.put(b"null"),
            Value::Boolean(true) => self.put(b"true"),
            Value::Boolean(false) => self.put(b"false"),
            Value::Integer(integer) => self.format(format_args!("{integer}")),
            Value::Float(float) if float.is_finite() => self.format(format_args!("{:?}", float.into_inner())),
            Value::Float(_) => Err(Fault::new("is an infinite number")),
            Value::String(text) => self.string(text),
            Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => self.string(text),
                Err(_) => Err(Fault::new("holds bytes that are not UTF-8")),
            },
            Value::Regex(regex) => self.string(regex.as_str()),
            Value::Timestamp(timestamp) => self.string(&timestamp_to_string(timestamp)),
            Value::Array(_) | Value::Object(_) if depth == JSON_DEPTH_MAX => {
                Err(Fault { is_limit: true, ..Fault::new("is nested too deeply") })
            }
            Value::Array(items) => {
                self.put(b"[")?;
                for (index, item) in items.iter().enumerate() {
                    self.separate(index)
                        .and_then(|()| self.value_at(item, depth + 1))
                        .map_err(|fault| fault.in_item(index))?;
                }
                self.put(b"]")
            }
            Value::Object(members) => {
                self.put(b"{")?;
                for (index, (name, member)) in members.iter().enumerate() {
                    self.member(index, name, member, depth)?;
                }
                self.put(b"}")
            }
        }
    }

    fn member(&mut self, index: usize, name: &str, member: &Value, depth: usize) -> Result<(), Fault> {
        self.separate(index)?;
        self.string(name)?;
        self.put(b":")?;
        self.value_at(member, depth + 1).map_err(|fault| fault.in_member(name))
    }

    fn format(&mut self, text: fmt::Arguments<'_>) -> Result<(), Fault> {
        // Nothing else refuses anything.
        self.write_fmt(text).map_err(|_| self.too_long())
    }

    fn separate(&mut self, index: usize) -> Result<(), Fault> {
        if index > 0 { self.put(b",") } else { Ok(()) }
    }

    fn string(&mut self, text: &str) -> Result<(), Fault> {
        self.put(b"\"")?;
        let mut rest = text.as_bytes();
        while let Some(at) = rest.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')) {
            self.put(&rest[..at])?;
            match rest[at] {
                b'"' => self.put(b"\\\"")?,
                b'\\' => self.put(b"\\\\")?,
                b'\n' => self.put(b"\\n")?,
                b'\r' => self.put(b"\\r")?,
                b'\t' => self.put(b"\\t")?,
                control => self.format(format_args!("\\u{control:04x}"))?,
            }
            rest = &rest[at + 1..];
        }
        self.put(rest)?;
        self.put(b"\"")
    }
}

impl fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes()).map_err(|_| fmt::Error)
    }
}
