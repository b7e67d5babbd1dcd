//! Which variant a value is written as.

use bytes::Bytes;
use vrl::value::Value;

use super::{class, json, written};

/// The index of the variant.
#[track_caller]
fn variant(union: &str, value: impl Into<Value>) -> u8 {
    written(union, value).expect("it is one of them")[0] / 2
}

const A: &str = r#"{"type": "record", "name": "A", "fields": [{"name": "x", "type": "int"}, {"name": "y", "type": "int", "default": 5}]}"#;
const B: &str = r#"{"type": "record", "name": "B", "fields": [{"name": "x", "type": "int"}]}"#;

#[test]
fn the_first_that_reads_back_as_the_same_is_taken() {
    assert_eq!(variant(r#"["null", "string"]"#, Value::Null), 0);
    assert_eq!(variant(r#"["double", "long"]"#, 5), 1, "an integer stays one");
    assert_eq!(variant(r#"["int", "long"]"#, 5), 0);
    assert_eq!(variant(r#"["int", "long"]"#, i64::MAX), 1);
    assert_eq!(variant(r#"["float", "double"]"#, Value::from_f64_or_zero(0.5)), 0);
    assert_eq!(variant(r#"["float", "double"]"#, Value::from_f64_or_zero(0.1)), 1);
    assert_eq!(variant(r#"["bytes", "string"]"#, "a"), 1);
    assert_eq!(variant(r#"["string", "bytes"]"#, Value::Bytes(Bytes::from_static(b"a"))), 1);
    let number =
        r#"[{"type": "bytes", "logicalType": "big-decimal"}, {"type": "fixed", "name": "F", "size": 1}]"#;
    assert_eq!(variant(number, "0"), 0, "a decimal reads back as text");
    assert_eq!(variant(number, Value::Bytes(Bytes::from_static(b"0"))), 1);
    let symbol = r#"[{"type": "enum", "name": "E", "symbols": ["A"]}, "string"]"#;
    assert_eq!(variant(symbol, "A"), 0);
    assert_eq!(variant(symbol, "B"), 1);
}

#[test]
fn where_there_is_none_the_first_that_takes_it_is() {
    assert_eq!(variant(r#"["null", "float", "double"]"#, 5), 1);
    assert_eq!(variant(r#"["float", "double"]"#, (1_i64 << 24) + 1), 1);
    assert_eq!(class(written(r#"["float", "double"]"#, i64::MAX)), "avro_variant");
    assert_eq!(class(written(r#"["null", "int"]"#, "x")), "avro_type");
    assert_eq!(class(written(r#"["null", "int"]"#, i64::MAX)), "avro_range", "the only candidate says why");
}

#[test]
fn records_are_told_apart_by_their_members() {
    let union = format!("[{A}, {B}]");
    assert_eq!(variant(&union, json(r#"{"x": 1, "y": 2}"#)), 0);
    assert_eq!(variant(&union, json(r#"{"x": 1}"#)), 1, "no default is needed");
    assert_eq!(variant(&format!("[{A}, \"null\"]"), json(r#"{"x": 1}"#)), 0);
    assert_eq!(class(written(&union, json(r#"{"x": 1, "z": 2}"#))), "avro_variant");
    let map = format!(r#"[{{"type": "map", "values": "int"}}, {B}]"#);
    assert_eq!(variant(&map, json(r#"{"x": 1}"#)), 0);
    assert_eq!(
        variant(&format!(r#"[{B}, {{"type": "map", "values": "int"}}]"#), json(r#"{"x": 1, "z": 1}"#)),
        1
    );
}

#[test]
fn an_array_fits_by_its_items() {
    let union = r#"[{"type": "array", "items": ["null", "int"]}, "null"]"#;
    assert_eq!(variant(union, json("[1, null]")), 0);
    let error = written(union, json("[1, \"x\"]")).expect_err("it fits none");
    assert_eq!(error.message, "cannot be written as Avro: [1]: expected null or int, is string");
}

#[test]
fn choosing_has_an_end() {
    // Each level can be either record, and what makes the difference stands at the bottom.
    let left = r#"{"type": "record", "name": "L", "fields": [{"name": "next", "type": ["L",
        {"type": "record", "name": "R", "fields": [{"name": "next", "type": ["L", "R", "string"]}]}, "int"]}]}"#;
    let mut value = Value::Boolean(true);
    for _ in 0..100 {
        value = Value::Object([("next".into(), value)].into());
    }
    assert_eq!(class(written(left, value)), "avro_limit");
}
