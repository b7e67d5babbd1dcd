//! Members that no program touched pass as bytes; what a program writes is written anew.

use std::sync::Arc;

use vrl::path::{OwnedValuePath, parse_value_path};
use vrl::value::Value;

use super::super::{Reading, Wanted, Writing, output};
use super::{class, json, only, reading, schema};
use crate::codec::avro::Projected;
use crate::codec::{Document, encode_json};

/// Four bytes are a map that is written in two blocks, the second with its size: as no encoder of ours would.
const RECORD: &str = r#"{"type": "record", "name": "R", "fields": [
    {"name": "id", "type": "long"},
    {"name": "tags", "type": {"type": "map", "values": "int"}},
    {"name": "in", "type": {"type": "record", "name": "In", "fields": [{"name": "x", "type": "int"}]}},
    {"name": "note", "type": ["null", "string"], "default": null}]}"#;

fn bytes() -> Vec<u8> {
    let mut out = Vec::new();
    output::long(i64::MAX, &mut out);
    out.extend([2, 2, b'b', 2, 1, 6, 2, b'a', 4, 0]);
    out.extend([14, 2, 2, b'n']);
    out
}

fn path(text: &str) -> OwnedValuePath {
    parse_value_path(text).expect("it is a path")
}

fn document(wanted: Wanted) -> Document {
    reading(RECORD, None, wanted).expect("a schema reads itself").decode(&bytes()).expect("it is a value")
}

fn projected(document: &Document) -> &Projected {
    let Document::Projected(record) = document else { panic!("a record is projected") };
    record
}

fn written(document: &Document, sink: &str) -> Vec<u8> {
    let mut out = Vec::new();
    Writing::new(schema(sink), false).encode(document, &mut out).expect("it fits");
    out
}

fn copied(document: &Document, sink: &str) -> usize {
    projected(document).copied_by(&Writing::new(schema(sink), false))
}

#[test]
fn what_nobody_touched_is_the_same_byte_for_byte() {
    for wanted in [Wanted::All, only([]), only(["id", "in"])] {
        let document = document(wanted);
        assert_eq!(written(&document, RECORD), bytes());
        assert_eq!(copied(&document, RECORD), 4);
    }
}

#[test]
fn a_write_below_a_member_writes_that_member_anew() {
    let mut document = document(only(["in"]));
    document.insert(&path("in.x"), Value::Integer(1));
    assert_eq!(document.get(&path("in.x")), Some(&Value::Integer(1)));
    assert_eq!(copied(&document, RECORD), 3);
    let mut expected = bytes();
    let at = expected.len() - 4;
    expected[at] = 2;
    assert_eq!(written(&document, RECORD), expected);
}

#[test]
fn a_write_into_what_is_not_decoded_decodes_it_first() {
    for write in [
        |document: &mut Document| document.insert(&path("tags.c"), Value::Integer(3)),
        |document: &mut Document| {
            let tags = document.get_mut(&path("tags")).and_then(Value::as_object_mut).expect("it is decoded");
            tags.insert("c".into(), Value::Integer(3));
        },
    ] {
        let mut document = document(only([]));
        write(&mut document);
        let whole = document.whole().expect("the rest decodes");
        assert_eq!(whole.get(&path("tags")), Some(&json(r#"{"a": 2, "b": 1, "c": 3}"#)));
        assert_eq!(copied(&document, RECORD), 3);
    }
}

#[test]
fn what_is_taken_out_is_given_back_and_its_default_written() {
    let mut document = document(only([]));
    assert_eq!(document.remove(&path("note"), false), Some("n".into()));
    assert_eq!(document.remove(&path("note"), false), None);
    let mut expected = bytes();
    expected.truncate(expected.len() - 3);
    expected.push(0);
    assert_eq!(written(&document, RECORD), expected);
    assert_eq!(document.remove(&path("id"), false), Some(Value::Integer(i64::MAX)));
    let error = Writing::new(schema(RECORD), false).encode(&document, &mut Vec::new());
    assert_eq!(class(error), "avro_missing");
}

#[test]
fn a_new_root_takes_the_place_of_all() {
    let mut document = document(only([]));
    document.insert(&OwnedValuePath::root(), json(r#"{"id": 1, "tags": {}, "in": {"x": 1}}"#));
    assert_eq!(written(&document, RECORD), [2, 0, 2, 0]);
    assert!(!document.is_null());
    document.insert(&OwnedValuePath::root(), Value::Null);
    assert!(document.is_null());
}

#[test]
fn a_root_that_is_changed_in_place_is_decoded_whole() {
    let mut document = document(only([]));
    let root = document.get_mut(&OwnedValuePath::root()).and_then(Value::as_object_mut).expect("an object");
    assert_eq!(root.len(), 4);
    root.insert("id".into(), Value::Integer(1));
    assert_eq!(copied(&document, RECORD), 0);
    assert_eq!(written(&document, RECORD)[0], 2);
}

#[test]
fn an_index_at_the_root_makes_an_array_of_it() {
    let mut document = document(only([]));
    document.insert(&path("[0]"), Value::Integer(1));
    assert_eq!(document.whole().expect("it is whole").as_ref(), &json("[1]"));
}

#[test]
fn what_does_not_decode_when_it_is_written_into_is_poison_later() {
    let record = r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": {"type": "map", "values": "string"}}]}"#;
    let reading = reading(record, None, only([])).expect("a schema reads itself");
    let mut document = reading.decode(&[2, 2, b'k', 2, 0xff, 0]).expect("nobody reads it");
    document.insert(&path("a.b"), "x".into());
    assert_eq!(class(document.whole()), "avro_utf8");
    assert_eq!(class(Writing::new(schema(record), false).encode(&document, &mut Vec::new())), "avro_utf8");
}

#[test]
fn another_sink_gets_as_bytes_what_has_the_same_type() {
    // Another order, another name of the record itself, a wider id, no note.
    let sink = r#"{"type": "record", "name": "Other", "fields": [
        {"name": "in", "type": {"type": "record", "name": "In", "fields": [{"name": "x", "type": "int"}]}},
        {"name": "id", "type": ["null", "long"]},
        {"name": "tags", "type": {"type": "map", "values": "int"}},
        {"name": "new", "type": "int", "default": -1}]}"#;
    let mut document = document(only([]));
    assert_eq!(class(Writing::new(schema(sink), false).encode(&document, &mut Vec::new())), "avro_extra");
    assert_eq!(copied(&document, sink), 2);
    document.remove(&path("note"), false);
    let bytes = bytes();
    let (id, tags, inside) = (&bytes[..10], &bytes[10..20], &bytes[20..21]);
    assert_eq!(written(&document, sink), [inside, &[2], id, tags, &[1]].concat());
}

#[test]
fn what_the_reader_changes_is_not_copied() {
    let writer = r#"{"type": "record", "name": "R", "fields": [
        {"name": "a", "type": "int"}, {"name": "b", "type": "int"}, {"name": "gone", "type": "int"}]}"#;
    let reader = r#"{"type": "record", "name": "R", "fields": [
        {"name": "b2", "aliases": ["b"], "type": "int"}, {"name": "a", "type": "double"},
        {"name": "new", "type": "string", "default": "d"}]}"#;
    let reading =
        Reading::new(schema(writer), Some(schema(reader)), only([]), false).expect("it can be read");
    let document = Arc::new(reading).decode(&[2, 4, 6]).expect("it is a value");
    assert_eq!(copied(&document, reader), 1);
    assert_eq!(document.whole().expect("it decodes").as_ref(), &json(r#"{"a": 1.0, "b2": 2, "new": "d"}"#));
    let expected = [&[4][..], &1.0_f64.to_le_bytes(), &[2, b'd']].concat();
    assert_eq!(written(&document, reader), expected);
    // A sink's own default never comes before the reader's.
    let sink = reader.replace("\"d\"", "\"other\"");
    assert_eq!(written(&document, &sink), expected);
}

#[test]
fn other_formats_get_all_members() {
    let mut out = Vec::new();
    encode_json(&document(only([])), &mut out).expect("it is written");
    let text = r#"{"id":9223372036854775807,"in":{"x":7},"note":"n","tags":{"a":2,"b":1}}"#;
    assert_eq!(String::from_utf8(out).as_deref(), Ok(text));
}
