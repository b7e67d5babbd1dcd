//! Fuzz targets for all that reads what others wrote. Among the tests each runs for a moment; CONTRIBUTING.md tells how
//! to let a fuzzer run them for as long as it likes.

use std::sync::Arc;

use bolero::check;
use vrl::value::{ObjectMap, Value};

use super::super::{Reading, SCHEMA_NODES_MAX, Schema, Wanted, Writing};
use super::generate::{self, Entropy};
use super::{only, schema};
use crate::codec::Document;

const ITERATIONS: usize = 2_000;
const BYTES_MAX: usize = 512;

/// A record with every type, a recursive one among them.
const EVERYTHING: &str = r#"{"type": "record", "name": "All", "fields": [
    {"name": "flag", "type": "boolean"}, {"name": "int", "type": "int"}, {"name": "long", "type": "long"},
    {"name": "float", "type": "float"}, {"name": "double", "type": "double"}, {"name": "bytes", "type": "bytes"},
    {"name": "text", "type": "string"}, {"name": "fixed", "type": {"type": "fixed", "name": "F", "size": 2}},
    {"name": "symbol", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}},
    {"name": "nothing", "type": {"type": "array", "items": "null"}},
    {"name": "map", "type": {"type": "map", "values": ["null", "All"]}},
    {"name": "decimal", "type": {"type": "bytes", "logicalType": "decimal", "precision": 50, "scale": 2}},
    {"name": "big", "type": {"type": "bytes", "logicalType": "big-decimal"}},
    {"name": "uuid", "type": {"type": "string", "logicalType": "uuid"}},
    {"name": "date", "type": {"type": "int", "logicalType": "date"}},
    {"name": "time", "type": {"type": "long", "logicalType": "time-micros"}},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "local", "type": {"type": "long", "logicalType": "local-timestamp-nanos"}},
    {"name": "for", "type": {"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}},
    {"name": "any", "type": ["null", "long", "string", {"type": "array", "items": ["All", "double"]}]}]}"#;

/// The same in another order, promoted, with less and with more.
const OTHER: &str = r#"{"type": "record", "name": "All", "fields": [
    {"name": "added", "type": "string", "default": "d"}, {"name": "text", "type": "bytes"},
    {"name": "int", "type": ["null", "double"]}, {"name": "symbol", "type":
        {"type": "enum", "name": "E", "symbols": ["B", "C"], "default": "C"}},
    {"name": "map", "type": {"type": "map", "values": ["All", "null"]}}]}"#;

const LIST: &str = r#"{"type": "record", "name": "L", "fields": [{"name": "next", "type": ["null", "L"]}]}"#;

/// A fifth of the bytes are small: what is arbitrary all over seldom gets far.
fn tamed(input: &[u8]) -> Vec<u8> {
    input.iter().map(|byte| if byte % 5 == 0 { byte % 8 } else { *byte }).collect()
}

#[test]
fn avro_decode() {
    let readings: Vec<Arc<Reading>> = [
        (EVERYTHING, None, Wanted::All),
        (EVERYTHING, None, only(["text", "any"])),
        (EVERYTHING, Some(OTHER), Wanted::All),
        (LIST, None, Wanted::All),
        (LIST, None, only([])),
    ]
    .into_iter()
    .map(|(writer, reader, wanted)| super::reading(writer, reader, wanted).expect("it can be read"))
    .collect();
    let writing = Writing::new(schema(EVERYTHING), false);
    check!().with_iterations(ITERATIONS).with_max_len(BYTES_MAX).for_each(|input: &[u8]| {
        for bytes in [input.to_vec(), tamed(input)] {
            for reading in &readings {
                let Ok(document) = reading.decode(&bytes) else { continue };
                let whole = document.whole().map(std::borrow::Cow::into_owned);
                let mut out = Vec::new();
                let was_written = writing.encode(&document, &mut out).is_ok();
                // What it is at once or later, it is the same; and what is written of it is that.
                if was_written && reading.reader().text() == EVERYTHING {
                    let again = readings[0].decode(&out).and_then(Document::into_value);
                    assert_eq!(again.ok(), whole.ok());
                }
            }
        }
    });
}

#[test]
fn avro_skip_and_decode_come_to_the_same() {
    let all = super::reading(EVERYTHING, None, Wanted::All).expect("it can be read");
    let none = super::reading(EVERYTHING, None, only([])).expect("it can be read");
    check!().with_iterations(ITERATIONS).with_max_len(BYTES_MAX).for_each(|input: &[u8]| {
        let mut bytes = tamed(input);
        let value = generate::value(all.writer(), all.writer().root(), &mut Entropy::new(input));
        let apache = apache_avro::Schema::parse_str(EVERYTHING).expect("it is a schema");
        // A value with one byte changed gets further than any bytes.
        bytes.splice(..0, super::oracle::write(&apache, value));
        if let Some(at) = input.first().map(|first| usize::from(*first) % bytes.len()) {
            bytes[at] ^= input.last().copied().unwrap_or_default();
        }
        let whole = all.decode(&bytes).and_then(Document::into_value);
        let later = none.decode(&bytes).and_then(Document::into_value);
        // What is read at once has one depth and one limit; the later way sees the same bytes.
        assert_eq!(whole.is_ok(), later.is_ok(), "{whole:?} {later:?}");
        assert_eq!(whole.ok(), later.ok());
    });
}

#[test]
fn avro_schema_parse() {
    check!().with_iterations(ITERATIONS).with_max_len(BYTES_MAX).for_each(|input: &[u8]| {
        parse_again(&String::from_utf8_lossy(input));
        // What is nearly a schema gets further.
        let mut text = generate::record_schema(&mut Entropy::new(input)).to_string();
        let at = text.len() * usize::from(input.first().copied().unwrap_or_default()) / 256;
        if text.is_char_boundary(at) {
            text.truncate(at);
            text.push_str(["", "}", "null", "\"int\"", "[]", "{}"][input.len() % 6]);
        }
        parse_again(&text);
        // A byte of it is another one.
        let mut bytes = text.into_bytes();
        if let [at, byte, ..] = input
            && !bytes.is_empty()
        {
            let at = usize::from(*at) * bytes.len() / 256;
            bytes[at] = byte % 0x80;
        }
        parse_again(&String::from_utf8_lossy(&bytes));
    });
}

/// What is a schema is the same one again, within its bounds, and reads itself where any value is to be had of it.
fn parse_again(text: &str) {
    let Ok(schema) = Schema::parse(text, &[]) else { return };
    assert_eq!(schema.text(), text);
    assert!((1..=SCHEMA_NODES_MAX).contains(&schema.len()));
    let again = Schema::parse(schema.text(), &[]).expect("it has been one before");
    assert!(again == schema && schema.is_written_like(&again));
    // Spaces mean nothing.
    let spaced: serde_json::Value = serde_json::from_str(text).expect("a schema is JSON");
    let spaced = serde_json::to_string_pretty(&spaced).expect("JSON is written");
    let spaced = Schema::parse(&spaced, &[]).expect("it is the same but for spaces");
    assert!(schema.is_written_like(&spaced));
    let schema = Arc::new(schema);
    let reads_itself = Reading::new(Arc::clone(&schema), None, Wanted::All, false).is_ok();
    assert_eq!(Reading::new(Arc::clone(&schema), Some(schema), Wanted::All, false).is_ok(), reads_itself);
}

#[test]
fn avro_resolve() {
    check!().with_iterations(ITERATIONS).with_max_len(BYTES_MAX).for_each(|input: &[u8]| {
        let (left, right) = input.split_at(input.len() / 2);
        let of =
            |bytes: &[u8]| Schema::parse(&generate::record_schema(&mut Entropy::new(bytes)).to_string(), &[]);
        let (Ok(writer), Ok(reader)) = (of(left), of(right)) else { return };
        let (writer, reader) = (Arc::new(writer), Arc::new(reader));
        let reading = Reading::new(writer, Some(Arc::clone(&reader)), Wanted::All, true).map(Arc::new);
        if let Ok(document) =
            reading.map_err(drop).and_then(|reading| reading.decode(&tamed(left)).map_err(drop))
        {
            let written = Writing::new(reader, false).encode(&document, &mut Vec::new());
            written.expect("what was read is written");
        }
    });
}

#[test]
fn avro_encode() {
    let sinks: Vec<_> = [EVERYTHING, OTHER, LIST, r#"["null", "string", "double"]"#].map(schema).into();
    check!().with_iterations(ITERATIONS).with_max_len(BYTES_MAX).for_each(|input: &[u8]| {
        let value = any_value(&mut Entropy::new(input), 4);
        for sink in &sinks {
            for drop_extra in [false, true] {
                let mut out = Vec::new();
                let writing = Writing::new(Arc::clone(sink), drop_extra);
                if writing.encode(&Document::Eager(value.clone()), &mut out).is_ok() {
                    let reading =
                        Reading::new(Arc::clone(sink), None, Wanted::All, true).expect("it reads itself");
                    Arc::new(reading).decode(&out).expect("what was written is read");
                }
            }
        }
    });
}

fn any_value(entropy: &mut Entropy<'_>, depth: usize) -> Value {
    const NAMES: [&str; 8] = ["flag", "int", "text", "map", "next", "any", "months", "decimal"];
    match entropy.below(if depth == 0 { 7 } else { 9 }) {
        0 => Value::Null,
        1 => Value::Boolean(entropy.flag()),
        2 => Value::Integer(entropy.long()),
        3 => Value::from_f64_or_zero(f64::from_bits(entropy.long().cast_unsigned())),
        4 => ["A", "1.5", "2024-01-31", "", "2024-01-31T00:00:00Z", "\u{e9}"][entropy.below(6)].into(),
        5 => Value::Bytes(vec![entropy.byte(), entropy.byte()].into()),
        6 => Value::Timestamp(chrono::DateTime::from_timestamp_nanos(entropy.long())),
        7 => Value::Array((0..entropy.below(4)).map(|_| any_value(entropy, depth - 1)).collect()),
        _ => {
            let count = entropy.below(6);
            let member =
                |entropy: &mut Entropy<'_>| (NAMES[entropy.below(8)].into(), any_value(entropy, depth - 1));
            Value::Object((0..count).map(|_| member(entropy)).collect::<ObjectMap>())
        }
    }
}
