//! A record's envelope into the frame, and what programs wrote out of it again, as Kafka has it.

use std::borrow::Cow;

use bytes::Bytes;
use chrono::DateTime;
use vrl::value::{KeyString, ObjectMap, Value};

use super::access::{EnvelopeReads, HeaderReads};
use super::frame::{Frame, Written};
use crate::codec::{CodecError, Document};
use crate::record::{Header, Record};

impl Frame {
    /// Makes the frame ready for `record`: no value yet, nothing written, and of the envelope what `reads` tells.
    ///
    /// # Errors
    ///
    /// A timestamp that is read and lies beyond what a VRL timestamp can hold.
    pub fn begin(&mut self, record: &Record<'_>, reads: &EnvelopeReads) -> Result<(), CodecError> {
        self.value = Document::null();
        self.forget_writes();
        let members = self.members();
        if reads.key {
            set(members, "key", text_or_null(record.key));
        }
        if reads.timestamp {
            set(members, "timestamp", timestamp(record)?);
        }
        // Topics change rarely from one record to the next.
        if reads.topic && members.get("topic").and_then(Value::to_str) != Some(record.topic) {
            set(members, "topic", Value::from(record.topic));
        }
        if reads.partition {
            set(members, "partition", Value::Integer(record.partition.into()));
        }
        if reads.offset {
            set(members, "offset", Value::Integer(record.offset));
        }
        read_headers(record, &reads.headers, headers_of(members));
        Ok(())
    }

    /// Puts the decoded key in: what is decoded of it.
    pub fn set_key(&mut self, key: Document) {
        set(self.members(), "key", key.into_root());
    }

    /// Turns what programs wrote to the envelope into bytes, so that the next step reads what a consumer would.
    ///
    /// # Errors
    ///
    /// A key, header or timestamp that no record can have.
    pub fn settle_envelope(&mut self) -> Result<(), CodecError> {
        let written = std::mem::take(&mut self.written);
        let result = self.settle(&written);
        self.written = written;
        result
    }

    fn settle(&mut self, written: &Written) -> Result<(), CodecError> {
        let settles_key = written.key && !self.keeps_key_values;
        let members = self.members();
        if settles_key {
            settle_text(members.entry("key".into()).or_insert(Value::Null), || "%key".to_owned())?;
        }
        if written.timestamp {
            settle_timestamp(members.entry("timestamp".into()).or_insert(Value::Null))?;
        }
        if written.all_headers && members.get("headers").is_some_and(|headers| !headers.is_object()) {
            return Err(CodecError::new("header_type", "`%headers` must be an object"));
        }
        if written.all_headers || !written.headers.is_empty() {
            let headers = headers_of(members);
            for (name, value) in headers.iter_mut() {
                if written.all_headers || written.headers.contains(name) {
                    settle_text(value, || format!("%headers.{:?}", name.as_str()))?;
                }
            }
        }
        Ok(())
    }

    /// The key as it stands in the frame, where it was put in or written.
    pub fn key_value(&self) -> Option<&Value> {
        self.member("key")
    }

    /// The key that programs wrote, as text; `None` for no key.
    ///
    /// # Errors
    ///
    /// A key of a type that has no text.
    pub fn key_text(&self) -> Result<Option<Bytes>, CodecError> {
        let mut key = self.member("key").cloned().unwrap_or(Value::Null);
        settle_text(&mut key, || "%key".to_owned())?;
        Ok(key.as_bytes().cloned())
    }

    /// The timestamp that programs wrote, in milliseconds since the Unix epoch; `None` where they wrote none.
    pub fn written_timestamp_ms(&self) -> Option<Option<i64>> {
        let value = || self.member("timestamp").and_then(Value::as_timestamp);
        self.written.timestamp.then(|| value().map(DateTime::timestamp_millis))
    }

    /// The headers of the output: those of `record` with what programs wrote in the place of the first of its name,
    /// and new names at the end.
    pub fn headers<'r>(&self, record: &'r Record<'r>) -> Cow<'r, [Header<'r>]> {
        let written = &self.written;
        if !written.all_headers && written.headers.is_empty() {
            return Cow::Borrowed(&record.headers);
        }
        let current = self.member("headers").and_then(Value::as_object);
        let mut out: Vec<Header<'r>> = Vec::with_capacity(record.headers.len() + written.headers.len());
        let mut placed: Vec<&str> = Vec::new();
        for header in &record.headers {
            let name = std::str::from_utf8(&header.name).ok();
            let Some(name) = name.filter(|name| written.has_header(name)) else {
                out.push(header.clone());
                continue;
            };
            if !placed.contains(&name) {
                placed.push(name);
                out.extend(
                    current.and_then(|headers| headers.get(name)).map(|value| output_header(name, value)),
                );
            }
        }
        let new = |name: &&KeyString| !placed.contains(&name.as_str());
        let added = current.into_iter().flat_map(|headers| {
            let all = headers.keys().filter(|name| written.all_headers && !written.headers.contains(name));
            let names = all.chain(&written.headers).filter(new);
            names.filter_map(|name| headers.get(name.as_str()).map(|value| output_header(name, value)))
        });
        out.extend(added);
        Cow::Owned(out)
    }

    fn forget_writes(&mut self) {
        let written = &mut self.written;
        written.headers.clear();
        (written.value, written.key, written.timestamp, written.all_headers) = (false, false, false, false);
    }

    fn members(&mut self) -> &mut ObjectMap {
        if !self.envelope.is_object() {
            self.envelope = Value::Object(ObjectMap::new());
        }
        self.envelope.as_object_mut().expect("made an object above")
    }

    fn member(&self, name: &str) -> Option<&Value> {
        self.envelope.as_object().and_then(|members| members.get(name))
    }
}

impl Written {
    fn has_header(&self, name: &str) -> bool {
        self.all_headers || self.headers.iter().any(|written| written.as_str() == name)
    }
}

fn set(members: &mut ObjectMap, name: &str, value: Value) {
    match members.get_mut(name) {
        Some(member) => *member = value,
        None => {
            members.insert(name.into(), value);
        }
    }
}

fn headers_of(members: &mut ObjectMap) -> &mut ObjectMap {
    let headers = members.entry("headers".into()).or_insert_with(|| Value::Object(ObjectMap::new()));
    if !headers.is_object() {
        *headers = Value::Object(ObjectMap::new());
    }
    headers.as_object_mut().expect("made an object above")
}

fn text_or_null(bytes: Option<&[u8]>) -> Value {
    bytes.map_or(Value::Null, |bytes| Value::Bytes(Bytes::copy_from_slice(bytes)))
}

fn timestamp(record: &Record<'_>) -> Result<Value, CodecError> {
    let Some(timestamp) = record.timestamp else { return Ok(Value::Null) };
    let time = DateTime::from_timestamp_millis(timestamp.ms).ok_or_else(|| {
        let message = format!("the record's timestamp of {} ms is beyond what can be read", timestamp.ms);
        CodecError::new("timestamp_range", message)
    })?;
    Ok(Value::Timestamp(time))
}

/// Later headers of a name come over earlier ones. Names that are not UTF-8 cannot be read.
fn read_headers(record: &Record<'_>, reads: &HeaderReads, headers: &mut ObjectMap) {
    headers.clear();
    let is_read = |name: &str| match reads {
        HeaderReads::All => true,
        HeaderReads::Named(names) => names.contains(name),
    };
    if *reads == HeaderReads::default() {
        return;
    }
    for header in &record.headers {
        if let Ok(name) = std::str::from_utf8(&header.name)
            && is_read(name)
        {
            headers.insert(name.into(), text_or_null(header.value.as_deref()));
        }
    }
}

fn settle_text(value: &mut Value, name: impl Fn() -> String) -> Result<(), CodecError> {
    let text = match value {
        Value::Bytes(_) | Value::String(_) | Value::Null => return Ok(()),
        Value::Integer(integer) => integer.to_string(),
        Value::Boolean(boolean) => boolean.to_string(),
        other => {
            let (name, kind) = (name(), other.kind_str());
            let message =
                format!("`{name}` must be a string, an integer, a boolean or null, and is of type {kind}");
            return Err(CodecError::new("envelope_type", message));
        }
    };
    *value = Value::Bytes(text.into());
    Ok(())
}

fn settle_timestamp(value: &mut Value) -> Result<(), CodecError> {
    let ms = match value {
        Value::Null => return Ok(()),
        Value::Timestamp(time) => time.timestamp_millis(),
        other => {
            let message =
                format!("`%timestamp` must be a timestamp or null, and is of type {}", other.kind_str());
            return Err(CodecError::new("envelope_type", message));
        }
    };
    // Kafka counts from 1970 and has -1 for none; librdkafka takes 0 for "now" (rd_kafka_msg_new0).
    match DateTime::from_timestamp_millis(ms).filter(|_| ms > 0) {
        Some(time) => *value = Value::Timestamp(time),
        None => {
            let message = format!("`%timestamp` is {ms} ms, and must lie after 1970-01-01T00:00:00Z");
            return Err(CodecError::new("timestamp_range", message));
        }
    }
    Ok(())
}

fn output_header<'r>(name: &str, value: &Value) -> Header<'r> {
    let value = value.as_bytes().map(|bytes| Cow::Owned(bytes.to_vec()));
    Header { name: Cow::Owned(name.as_bytes().to_vec()), value }
}
