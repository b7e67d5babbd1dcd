//! What each type is in expressions, at the ends of its range, and what writing takes beside what reading gives.

use bytes::Bytes;
use chrono::DateTime;
use vrl::value::Value;

use super::super::output;
use super::{class, json, read, schema, written};
use crate::codec::Document;
use crate::codec::avro::{AVRO_BYTES_MAX, Writing};

fn logical(base: &str, name: &str) -> String {
    format!(r#"{{"type": "{base}", "logicalType": "{name}"}}"#)
}

fn decimal(precision: usize, scale: usize) -> String {
    format!(r#"{{"type": "bytes", "logicalType": "decimal", "precision": {precision}, "scale": {scale}}}"#)
}

fn long(value: i64) -> Vec<u8> {
    let mut out = Vec::new();
    output::long(value, &mut out);
    out
}

fn float(value: f64) -> Value {
    Value::from_f64_or_zero(value)
}

fn time(text: &str) -> Value {
    Value::Timestamp(DateTime::parse_from_rfc3339(text).expect("it is a time").to_utc())
}

fn time_of(millis: i64) -> Value {
    Value::Timestamp(DateTime::from_timestamp_millis(millis).expect("it is in range"))
}

/// A timestamp as JSON has it, without the quotes.
fn json_text(value: Value) -> String {
    let mut out = Vec::new();
    crate::codec::encode_json(&Document::Eager(value), &mut out).expect("it is written");
    String::from_utf8(out).expect("JSON is UTF-8").trim_matches('"').to_owned()
}

/// Reads `bytes` as `value`, and writes that as the same bytes.
#[track_caller]
fn both_ways(schema: &str, bytes: &[u8], value: impl Into<Value>) {
    let value = value.into();
    assert_eq!(read(schema, bytes).as_ref(), Ok(&value));
    assert_eq!(written(schema, value).as_deref(), Ok(bytes));
}

#[test]
fn numbers_at_their_ends() {
    both_ways("\"int\"", &long(i32::MIN.into()), Value::Integer(i32::MIN.into()));
    both_ways("\"long\"", &long(i64::MIN), Value::Integer(i64::MIN));
    both_ways("\"long\"", &long(i64::MAX), Value::Integer(i64::MAX));
    both_ways("\"double\"", &f64::NEG_INFINITY.to_le_bytes(), float(f64::NEG_INFINITY));
    both_ways("\"float\"", &f32::MAX.to_le_bytes(), float(f32::MAX.into()));
    both_ways("\"float\"", &(-0.0_f32).to_le_bytes(), float(-0.0));
    assert_eq!(class(written("\"int\"", Value::Integer(i64::from(i32::MAX) + 1))), "avro_range");
    assert_eq!(class(read("\"int\"", &long(i64::from(i32::MAX) + 1))), "avro_range");
}

#[test]
fn integers_are_written_as_floats_where_nothing_is_lost() {
    assert_eq!(written("\"double\"", 5), Ok(5.0_f64.to_le_bytes().to_vec()));
    assert_eq!(written("\"float\"", 16_777_216), Ok(16_777_216.0_f32.to_le_bytes().to_vec()));
    assert_eq!(class(written("\"float\"", 16_777_217)), "avro_range");
    assert_eq!(class(written("\"double\"", (1_i64 << 53) + 1)), "avro_range");
    assert_eq!(class(written("\"double\"", i64::MAX)), "avro_range");
    assert_eq!(written("\"double\"", i64::MIN), Ok((i64::MIN as f64).to_le_bytes().to_vec()));
}

#[test]
fn floats_are_rounded_to_a_float_and_never_become_integers() {
    assert_eq!(written("\"float\"", float(0.1)), Ok(0.1_f32.to_le_bytes().to_vec()));
    assert_eq!(class(written("\"float\"", float(1e39))), "avro_range");
    assert_eq!(class(written("\"long\"", float(1.0))), "avro_type");
    assert_eq!(class(written("\"int\"", float(1.0))), "avro_type");
}

#[test]
fn what_is_not_a_number_is_poison_only_where_it_is_read() {
    assert_eq!(class(read("\"double\"", &f64::NAN.to_le_bytes())), "avro_nan");
    assert_eq!(class(read("\"float\"", &f32::NAN.to_le_bytes())), "avro_nan");
    let record = r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "double"}]}"#;
    let reading = super::reading(record, None, super::only([])).expect("a schema reads itself");
    let bytes = f64::NAN.to_le_bytes();
    let document = reading.decode(&bytes).expect("nobody reads it");
    let mut out = Vec::new();
    Writing::new(schema(record), false).encode(&document, &mut out).expect("it passes");
    assert_eq!(out, bytes);
    assert_eq!(document.whole().expect_err("now it is read").class, "avro_nan");
}

#[test]
fn texts_and_bytes() {
    both_ways("\"string\"", b"\x04\xc3\xa9", "\u{e9}");
    both_ways("\"bytes\"", b"\x04\xff\x00", Value::Bytes(Bytes::from_static(b"\xff\x00")));
    both_ways(
        r#"{"type": "fixed", "name": "F", "size": 2}"#,
        b"\xff\x01",
        Value::Bytes(Bytes::from_static(b"\xff\x01")),
    );
    both_ways(r#"{"type": "enum", "name": "E", "symbols": ["A", "B"]}"#, &[2], "B");
    assert_eq!(written("\"string\"", Value::Bytes(Bytes::from_static(b"ab"))), Ok(b"\x04ab".to_vec()));
    assert_eq!(class(written("\"string\"", Value::Bytes(Bytes::from_static(b"\xff")))), "avro_type");
    assert_eq!(class(written("\"string\"", 5)), "avro_type");
    assert_eq!(class(written("\"long\"", "5")), "avro_type");
    assert_eq!(class(written(r#"{"type": "fixed", "name": "F", "size": 2}"#, "abc")), "avro_range");
    assert_eq!(class(written(r#"{"type": "enum", "name": "E", "symbols": ["A"]}"#, "C")), "avro_symbol");
}

#[test]
fn decimals_keep_their_scale_and_all_digits() {
    both_ways(&decimal(10, 2), b"\x04\xfb\x32", "-12.30");
    both_ways(&decimal(10, 0), b"\x02\x07", "7");
    let digits = format!("{}.{}", "9".repeat(30), "8".repeat(30));
    let bytes = written(&decimal(60, 30), digits.as_str()).expect("it fits");
    both_ways(&decimal(60, 30), &bytes, digits.as_str());
    let fixed =
        r#"{"type": "fixed", "name": "D", "size": 4, "logicalType": "decimal", "precision": 9, "scale": 1}"#;
    both_ways(fixed, &[0xff, 0xff, 0xff, 0xff], "-0.1");
    assert_eq!(class(read(&decimal(2, 0), b"\x04\x03\xe8")), "avro_range");
    assert_eq!(class(read(&decimal(2, 0), b"\x00")), "avro_decimal");
}

#[test]
fn a_decimal_is_written_from_whatever_is_exact() {
    let of = |value: Value| {
        written(&decimal(6, 2), value).map(|bytes| read(&decimal(6, 2), &bytes).expect("it is read"))
    };
    assert_eq!(of("1.5".into()), Ok("1.50".into()));
    assert_eq!(of("12.340".into()), Ok("12.34".into()), "zeros at the end say nothing");
    assert_eq!(of("+01.00".into()), Ok("1.00".into()), "nor do a plus and zeros in front");
    assert_eq!(class(of("12.345".into())), "avro_range");
    assert_eq!(of(Value::Integer(-7)), Ok("-7.00".into()));
    assert_eq!(of(float(0.1)), Ok("0.10".into()));
    for value in [float(0.123), float(f64::INFINITY), "1e2".into(), "12345.00".into(), Value::Integer(10_000)]
    {
        assert_eq!(class(of(value)), "avro_range");
    }
    assert_eq!(class(of(Value::Boolean(true))), "avro_type");
    assert_eq!(class(of(Value::Null)), "avro_type");
}

#[test]
fn a_float_that_may_be_rounded_is_no_decimal() {
    for sink in [decimal(38, 2), logical("bytes", "big-decimal")] {
        for json in ["9999999999999.99", "-0.1", "123456789012345", "0.5", "0"] {
            let written = written(&sink, json.parse::<f64>().map(float).expect("it is a number"));
            assert!(written.is_ok(), "{json}: {written:?}");
        }
        // Each of them reads as the float of another decimal, too.
        for json in ["12345678901234567.89", "12345678901234567890", "99999999999999999999.99", "1e15"] {
            let written = written(&sink, json.parse::<f64>().map(float).expect("it is a number"));
            assert_eq!(class(written), "avro_range", "{json}");
        }
    }
    let error = written(&logical("bytes", "big-decimal"), float(0.1 + 0.2)).expect_err("it has 17 digits");
    assert_eq!(
        error.message,
        "cannot be written as Avro: .: expected big-decimal, is a float of more than 15 digits, of which the last may be rounded"
    );
}

#[test]
fn big_decimals_carry_their_scale() {
    let big = logical("bytes", "big-decimal");
    both_ways(&big, &[8, 4, 0x04, 0xce, 4], "12.30");
    assert_eq!(read(&big, &[6, 2, 12, 3]), Ok("1200".into()), "the scale is -2");
    assert_eq!(written(&big, float(0.5)), Ok(vec![6, 2, 5, 2]));
    assert_eq!(class(read(&big, &[2, 2])), "avro_decimal");
    assert_eq!(class(read(&big, &[8, 2, 12, 3, 0])), "avro_decimal");
    let mut wide = vec![2, 12];
    wide.extend(long(i64::MAX));
    let mut bytes = Vec::new();
    output::bytes(&wide, &mut bytes);
    assert_eq!(class(read(&big, &bytes)), "avro_range");
}

#[test]
fn uuids_are_canonical_texts() {
    let text = "0123abcd-4567-89ef-0000-ffffffffffff";
    let mut bytes = vec![72];
    bytes.extend(text.as_bytes());
    both_ways(&logical("string", "uuid"), &bytes, text);
    assert_eq!(written(&logical("string", "uuid"), text.to_uppercase()), Ok(bytes));
    let raw = [0x01, 0x23, 0xab, 0xcd, 0x45, 0x67, 0x89, 0xef, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    both_ways(r#"{"type": "fixed", "name": "U", "size": 16, "logicalType": "uuid"}"#, &raw, text);
    assert_eq!(class(read(&logical("string", "uuid"), b"\x02x")), "avro_uuid");
    assert_eq!(class(written(&logical("string", "uuid"), "x")), "avro_range");
}

#[test]
fn dates_and_times_of_day() {
    both_ways(&logical("int", "date"), &long(i32::MAX.into()), "+5881580-07-11");
    both_ways(&logical("int", "date"), &long(i32::MIN.into()), "-5877641-06-23");
    assert_eq!(class(written(&logical("int", "date"), "+5881580-07-12")), "avro_range");
    assert_eq!(class(written(&logical("int", "date"), "2023-02-29")), "avro_range");
    assert_eq!(class(written(&logical("int", "date"), 5)), "avro_type");
    both_ways(&logical("int", "time-millis"), &long(86_399_999), "23:59:59.999");
    both_ways(&logical("long", "time-micros"), &long(0), "00:00:00.000000");
    assert_eq!(class(read(&logical("int", "time-millis"), &long(86_400_000))), "avro_range");
    assert_eq!(class(read(&logical("long", "time-micros"), &long(-1))), "avro_range");
    assert_eq!(written(&logical("int", "time-millis"), "00:00:01.0019"), Ok(long(1_001)));
}

#[test]
fn timestamps_reach_as_far_as_expressions() {
    both_ways(&logical("long", "timestamp-millis"), &long(-1), time("1969-12-31T23:59:59.999Z"));
    both_ways(&logical("long", "timestamp-micros"), &long(1), time("1970-01-01T00:00:00.000001Z"));
    both_ways(&logical("long", "timestamp-nanos"), &long(i64::MAX), time("2262-04-11T23:47:16.854775807Z"));
    both_ways(&logical("long", "timestamp-nanos"), &long(i64::MIN), time("1677-09-21T00:12:43.145224192Z"));
    assert_eq!(class(read(&logical("long", "timestamp-millis"), &long(i64::MAX))), "avro_range");
    assert_eq!(class(read(&logical("long", "timestamp-micros"), &long(i64::MIN))), "avro_range");
    assert_eq!(
        class(written(&logical("long", "timestamp-nanos"), time("2262-04-11T23:47:16.854775808Z"))),
        "avro_range"
    );
}

#[test]
fn a_timestamp_is_cut_to_the_unit_and_taken_as_text() {
    let millis = logical("long", "timestamp-millis");
    assert_eq!(written(&millis, time("1969-12-31T23:59:59.9999Z")), Ok(long(-1)), "down, not towards zero");
    assert_eq!(written(&millis, "1970-01-01T01:00:00.0019+01:00"), Ok(long(1)));
    assert_eq!(written(&millis, "+10000-01-01T00:00:00Z"), Ok(long(253_402_300_800_000)));
    let text = json_text(time_of(253_402_300_800_000));
    assert_eq!(written(&millis, text), Ok(long(253_402_300_800_000)), "what JSON was written with");
    let leap = written(&millis, "2016-12-31T23:59:60Z").expect_err("no count is that second's");
    assert_eq!(leap.class, "avro_range");
    assert!(leap.message.ends_with("expected timestamp-millis, is a string of a leap second"), "{leap:?}");
    assert_eq!(class(written(&millis, time("2016-12-31T23:59:60Z"))), "avro_range");
    assert_eq!(class(written(&millis, "1970-01-01")), "avro_range");
    assert_eq!(class(written(&millis, 5)), "avro_type");
}

#[test]
fn local_timestamps_have_no_zone() {
    both_ways(&logical("long", "local-timestamp-millis"), &long(0), "1970-01-01T00:00:00.000");
    both_ways(&logical("long", "local-timestamp-micros"), &long(-1), "1969-12-31T23:59:59.999999");
    both_ways(&logical("long", "local-timestamp-nanos"), &long(i64::MAX), "2262-04-11T23:47:16.854775807");
    both_ways(&logical("long", "local-timestamp-millis"), &long(i64::MAX), "+292278994-08-17T07:12:55.807");
    assert_eq!(
        class(written(&logical("long", "local-timestamp-millis"), "1970-01-01T00:00:00Z")),
        "avro_range"
    );
}

#[test]
fn durations_are_three_numbers() {
    let duration = r#"{"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}"#;
    let bytes = [1, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];
    both_ways(duration, &bytes, json(r#"{"months": 1, "days": 2, "milliseconds": 4294967295}"#));
    for text in [
        r#"{"months": 1, "days": 2}"#,
        r#"{"months": 1, "days": 2, "milliseconds": 4294967296}"#,
        r#"{"months": 1, "days": 2, "milliseconds": -1}"#,
        r#"{"months": 1, "days": 2, "milliseconds": 1, "more": 1}"#,
    ] {
        assert_eq!(class(written(duration, json(text))), "avro_range", "{text}");
    }
}

#[test]
fn an_error_of_writing_names_path_and_types_and_no_value() {
    let order = r#"{"type": "record", "name": "Order", "fields": [{"name": "items", "type": {"type": "array", "items":
        {"type": "record", "name": "Item", "fields": [{"name": "price", "type":
            {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}}]}}}]}"#;
    let message = |text: &str| written(order, json(text)).expect_err("it does not fit").message;
    assert_eq!(
        message(r#"{"items": [{"price": "1"}, {"price": [7]}]}"#),
        "cannot be written as Avro: .items[1].price: expected decimal(10,2), is array"
    );
    assert_eq!(
        message(r#"{"items": [{"price": "secret"}]}"#),
        "cannot be written as Avro: .items[0].price: expected decimal(10,2), is a string that is no number in plain notation"
    );
    assert_eq!(
        message(r#"{"items": [{}]}"#),
        "cannot be written as Avro: .items[0].price: expected decimal(10,2), is absent, and the schema has no default for it"
    );
    assert_eq!(
        message(r#"{"items": [{"price": "1", "note": 1}]}"#),
        "cannot be written as Avro: .items[0].note: the schema has no such member"
    );
    assert_eq!(message("5"), "cannot be written as Avro: .: expected record Order, is integer");
}

#[test]
fn what_is_absent_takes_the_default_and_null_is_not_absent() {
    let record = r#"{"type": "record", "name": "R", "fields": [
        {"name": "a", "type": ["null", "int"], "default": null}, {"name": "b", "type": "string", "default": "x"},
        {"name": "c", "type": ["null", "int"]}]}"#;
    assert_eq!(written(record, json(r#"{"c": 1}"#)), Ok(vec![0, 2, b'x', 2, 2]));
    assert_eq!(class(written(record, json("{}"))), "avro_missing");
    assert_eq!(class(written(record, json(r#"{"b": null, "c": 1}"#))), "avro_type");
    let mut out = Vec::new();
    let document = Document::Eager(json(r#"{"c": null, "d": 1, "e": {"f": 2}}"#));
    Writing::new(schema(record), true).encode(&document, &mut out).expect("what is too much is dropped");
    assert_eq!(out, [0, 2, b'x', 0]);
    assert_eq!(class(written(record, json(r#"{"c": null, "d": 1}"#))), "avro_extra");
}

#[test]
fn what_is_nested_too_deeply_is_not_written() {
    let list = r#"{"type": "record", "name": "L", "fields": [{"name": "next", "type": ["null", "L"]}]}"#;
    let nested = |depth: usize| {
        let mut value = Value::Null;
        for _ in 0..depth {
            value = Value::Object([("next".into(), value)].into());
        }
        value
    };
    assert_eq!(written(list, nested(128)).map(|bytes| bytes.len()), Ok(128));
    assert_eq!(class(written(list, nested(129))), "avro_depth");
}

#[test]
fn writing_stops_at_the_limit() {
    // Only the length, or a failure would print all of it.
    let fits =
        |length: usize| written("\"bytes\"", Value::Bytes(vec![0; length].into())).map(|bytes| bytes.len());
    // The length takes four bytes.
    assert_eq!(fits(AVRO_BYTES_MAX - 4).expect("it is as long as it may be"), AVRO_BYTES_MAX);
    assert_eq!(class(fits(AVRO_BYTES_MAX - 3)), "avro_size");
    // A default may be far longer than what it stands in for.
    let default = "x".repeat(900_000);
    let record = format!(
        r#"{{"type": "record", "name": "R", "fields": [{{"name": "a", "type": "string", "default": "{default}"}}]}}"#
    );
    let writing = Writing::new(schema(&format!(r#"{{"type": "array", "items": {record}}}"#)), false);
    let records = Value::Array(vec![json("{}"); 600]);
    let mut out = Vec::new();
    let error = writing.encode(&Document::Eager(records), &mut out).expect_err("it is too long");
    let message =
        "cannot be written as Avro: [111].a: it makes the value longer than the limit of 100000000 bytes";
    assert_eq!((error.class, error.message.as_str()), ("avro_size", message));
    assert!(out.len() <= AVRO_BYTES_MAX, "{} bytes", out.len());
}
