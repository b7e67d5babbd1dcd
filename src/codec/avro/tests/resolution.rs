//! Reader and writer by the Avro specification's "Schema Resolution", case by case.

use vrl::value::Value;

use super::super::Wanted;
use super::{class, json, read_as, reading};

fn record(fields: &str) -> String {
    format!(r#"{{"type": "record", "name": "n.R", "fields": [{fields}]}}"#)
}

fn refusal(writer: &str, reader: &str) -> String {
    reading(writer, Some(reader), Wanted::All).expect_err("no value can be read").message
}

#[test]
fn numbers_are_promoted() {
    for (writer, reader, bytes, value) in [
        ("\"int\"", "\"long\"", &[3][..], Value::Integer(-2)),
        ("\"int\"", "\"float\"", &[3], Value::from_f64_or_zero(-2.0)),
        ("\"int\"", "\"double\"", &[3], Value::from_f64_or_zero(-2.0)),
        ("\"long\"", "\"float\"", &[3], Value::from_f64_or_zero(-2.0)),
        ("\"long\"", "\"double\"", &[3], Value::from_f64_or_zero(-2.0)),
        ("\"float\"", "\"double\"", &[0, 0, 0, 0x3f], Value::from_f64_or_zero(0.5)),
        ("\"string\"", "\"bytes\"", &[2, b'a'], "a".into()),
        ("\"bytes\"", "\"string\"", &[2, b'a'], "a".into()),
    ] {
        assert_eq!(read_as(writer, reader, bytes), Ok(value), "{writer} as {reader}");
    }
    assert_eq!(class(read_as("\"bytes\"", "\"string\"", &[2, 0xff])), "avro_utf8");
    for (writer, reader) in [
        ("\"long\"", "\"int\""),
        ("\"double\"", "\"float\""),
        ("\"string\"", "\"int\""),
        ("\"null\"", "\"int\""),
    ] {
        assert!(refusal(writer, reader).contains("cannot be read as"), "{writer} as {reader}");
    }
}

#[test]
fn logical_types_go_with_themselves_and_with_what_they_stand_on() {
    let of = |base: &str, logical: &str| format!(r#"{{"type": "{base}", "logicalType": "{logical}"}}"#);
    assert_eq!(read_as(&of("int", "date"), "\"int\"", &[2]), Ok(Value::Integer(1)));
    assert_eq!(read_as(&of("int", "date"), "\"long\"", &[2]), Ok(Value::Integer(1)));
    assert_eq!(read_as("\"int\"", &of("int", "date"), &[2]), Ok("1970-01-02".into()));
    assert_eq!(
        read_as("\"int\"", &of("long", "local-timestamp-millis"), &[2]),
        Ok("1970-01-01T00:00:00.001".into())
    );
    assert_eq!(
        read_as(&of("long", "local-timestamp-millis"), &of("long", "local-timestamp-nanos"), &[2]),
        Ok("1970-01-01T00:00:00.001000000".into())
    );
    assert_eq!(
        read_as(&of("int", "time-millis"), &of("long", "time-micros"), &[2]),
        Ok("00:00:00.001000".into())
    );
    let nanos = read_as(
        &of("long", "timestamp-millis"),
        &of("long", "timestamp-nanos"),
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    );
    assert_eq!(class(nanos), "avro_range", "the reader's type reaches less far");
    for (writer, reader) in [
        (of("long", "timestamp-micros"), of("long", "timestamp-millis")),
        (of("long", "timestamp-millis"), of("long", "local-timestamp-millis")),
        (of("int", "date"), of("int", "time-millis")),
        (of("string", "uuid"), of("bytes", "big-decimal")),
        (of("bytes", "big-decimal"), "\"string\"".into()),
    ] {
        assert!(refusal(&writer, &reader).contains("cannot be read as"), "{writer} as {reader}");
    }
}

#[test]
fn decimals_resolve_only_with_the_same_scale_and_precision() {
    let of = |precision: usize, scale: usize| {
        format!(
            r#"{{"type": "bytes", "logicalType": "decimal", "precision": {precision}, "scale": {scale}}}"#
        )
    };
    // Shorter than what apache-avro can resolve.
    assert_eq!(read_as(&of(10, 2), &of(10, 2), &[2, 7]), Ok("0.07".into()));
    assert_eq!(read_as("\"bytes\"", &of(10, 2), &[2, 7]), Ok("0.07".into()));
    assert_eq!(read_as(&of(10, 2), "\"bytes\"", &[2, 7]), Ok("\u{7}".into()));
    assert_eq!(
        refusal(&of(10, 2), &of(10, 3)),
        "no value can be read: .: decimal(10,2) cannot be read as decimal(10,3)"
    );
    assert!(refusal(&of(10, 2), &of(11, 2)).contains("decimal(11,2)"));
}

#[test]
fn fields_are_found_by_name_then_by_alias_and_else_have_defaults() {
    let writer = record(
        r#"{"name": "a", "type": "int"}, {"name": "b", "type": "string"}, {"name": "c", "type": "int"}"#,
    );
    let reader = record(
        r#"{"name": "z", "aliases": ["c"], "type": "long"}, {"name": "b", "type": "string"},
           {"name": "d", "type": {"type": "array", "items": "int"}, "default": [1, 2]},
           {"name": "e", "aliases": ["b"], "type": ["null", "string"], "default": null}"#,
    );
    let value = read_as(&writer, &reader, &[2, 2, b'x', 4]);
    assert_eq!(value, Ok(json(r#"{"z": 2, "b": "x", "d": [1, 2], "e": null}"#)));
    let lacking = record(r#"{"name": "n", "type": "int"}"#);
    assert_eq!(
        refusal(&writer, &lacking),
        "no value can be read: .: the writer has no field `n`, and the reader no default"
    );
}

#[test]
fn names_count_without_namespace_and_by_alias() {
    let of =
        |name: &str, more: &str| format!(r#"{{"type": "record", "name": "{name}"{more}, "fields": []}}"#);
    assert!(read_as(&of("a.R", ""), &of("b.R", ""), &[]).is_ok());
    assert!(read_as(&of("a.Old", ""), &of("b.R", r#", "aliases": ["a.Old"]"#), &[]).is_ok());
    assert_eq!(
        refusal(&of("a.X", ""), &of("b.R", "")),
        "no value can be read: .: record a.X cannot be read as record b.R"
    );
    let fixed = |name: &str, size: usize| format!(r#"{{"type": "fixed", "name": "{name}", "size": {size}}}"#);
    assert!(read_as(&fixed("a.F", 1), &fixed("F", 1), &[7]).is_ok());
    assert!(refusal(&fixed("F", 1), &fixed("F", 2)).contains("fixed(2) F"));
    assert!(refusal(&fixed("F", 1), &fixed("G", 1)).contains("fixed(1) G"));
}

#[test]
fn an_unknown_symbol_becomes_the_readers_default_or_poison() {
    let of = |symbols: &str, default: &str| {
        format!(r#"{{"type": "enum", "name": "E", "symbols": {symbols}{default}}}"#)
    };
    let writer = of(r#"["A", "B", "C"]"#, "");
    let with = of(r#"["B", "Z"]"#, r#", "default": "Z""#);
    assert_eq!(read_as(&writer, &with, &[2]), Ok("B".into()));
    assert_eq!(read_as(&writer, &with, &[4]), Ok("Z".into()));
    let without = of(r#"["B", "Z"]"#, "");
    assert_eq!(read_as(&writer, &without, &[2]), Ok("B".into()));
    assert_eq!(class(read_as(&writer, &without, &[4])), "avro_resolution");
    assert_eq!(class(read_as(&writer, &without, &[6])), "avro_enum");
    assert!(refusal(&writer, &of(r#"["Y"]"#, "")).contains("none of the writer's symbols"));
}

#[test]
fn unions_on_either_side() {
    assert_eq!(read_as("\"int\"", r#"["null", "double", "long"]"#, &[2]), Ok(Value::from_f64_or_zero(1.0)));
    assert_eq!(
        read_as("\"int\"", r#"["double", "int"]"#, &[2]),
        Ok(Value::Integer(1)),
        "the same type comes first"
    );
    assert_eq!(read_as(r#"["null", "int"]"#, "\"long\"", &[2, 2]), Ok(Value::Integer(1)));
    assert_eq!(class(read_as(r#"["null", "int"]"#, "\"long\"", &[0])), "avro_resolution");
    let error = read_as(r#"["null", "int"]"#, "\"long\"", &[0]).expect_err("null is no long");
    assert_eq!(error.message, "not Avro of this schema: .: null cannot be read as long (byte 1)");
    assert_eq!(
        read_as(r#"["string", "int"]"#, r#"["null", "int", "string"]"#, &[0, 2, b'a']),
        Ok("a".into())
    );
    assert!(refusal("\"string\"", r#"["null", "int"]"#).contains("string cannot be read as null or int"));
    assert!(refusal(r#"["null", "string"]"#, "\"int\"").contains("cannot be read as int"));
    let of = |name: &str| {
        format!(r#"{{"type": "record", "name": "{name}", "fields": [{{"name": "x", "type": "int"}}]}}"#)
    };
    let renamed = format!("[{}, {}]", of("b.R"), of("a.R"));
    assert!(read_as(&of("a.R"), &renamed, &[2]).is_ok());
}

#[test]
fn what_never_resolves_is_poison_only_where_a_value_takes_that_way() {
    let writer = record(r#"{"name": "a", "type": {"type": "array", "items": "string"}}"#);
    let reader = record(r#"{"name": "a", "type": {"type": "array", "items": "int"}}"#);
    assert_eq!(read_as(&writer, &reader, &[0]), Ok(json(r#"{"a": []}"#)));
    let error = read_as(&writer, &reader, &[2, 2, b'x', 0]).expect_err("a string is no int");
    assert_eq!(error.message, "not Avro of this schema: .a[0]: string cannot be read as int (byte 1)");
    let writer = record(
        r#"{"name": "a", "type": {"type": "record", "name": "In", "fields": [{"name": "b", "type": "string"}]}}"#,
    );
    let reader = writer.replace("\"string\"", "\"int\"");
    assert_eq!(refusal(&writer, &reader), "no value can be read: .a.b: string cannot be read as int");
}

#[test]
fn recursive_types_resolve_level_by_level() {
    let of = |item: &str| {
        record(&format!(r#"{{"name": "v", "type": "{item}"}}, {{"name": "next", "type": ["null", "R"]}}"#))
    };
    let value = read_as(&of("int"), &of("double"), &[2, 2, 4, 0]);
    assert_eq!(value, Ok(json(r#"{"v": 1.0, "next": {"v": 2.0, "next": null}}"#)));
    let endless = r#"{"type": "record", "name": "E", "fields": [{"name": "e", "type": "E"}]}"#;
    if super::Schema::parse(endless, &[]).is_ok() {
        assert!(reading(endless, None, Wanted::All).expect_err("no value ends").message.contains("no end"));
    }
}

#[test]
fn defaults_of_every_shape_are_read() {
    let reader = record(
        r#"{"name": "bytes", "type": "bytes", "default": "\u00ff"},
           {"name": "date", "type": {"type": "int", "logicalType": "date"}, "default": 1},
           {"name": "map", "type": {"type": "map", "values": "long"}, "default": {"k": 5}},
           {"name": "in", "type": {"type": "record", "name": "In", "fields": [
               {"name": "x", "type": "int"}, {"name": "y", "type": "string", "default": "d"}]}, "default": {"x": 3}},
           {"name": "symbol", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}, "default": "B"}"#,
    );
    let value = read_as(&record(""), &reader, &[]).expect("all have defaults");
    let members = value.as_object().expect("a record is an object");
    let bytes = Value::Bytes(bytes::Bytes::from_static(b"\xff"));
    assert_eq!(members.get("bytes"), Some(&bytes));
    let rest = json(r#"{"date": "1970-01-02", "map": {"k": 5}, "in": {"x": 3, "y": "d"}, "symbol": "B"}"#);
    for (name, member) in rest.as_object().expect("it is an object") {
        assert_eq!(members.get(name.as_str()), Some(member));
    }
}
