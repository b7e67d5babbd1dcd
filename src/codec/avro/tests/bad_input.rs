//! Bytes that are no value: each with its class, its path and its place.

use vrl::value::Value;

use super::super::{AVRO_DEPTH_MAX, Wanted, output};
use super::{class, json, only, read, read_as, reading, written};

const RECORD: &str = r#"{"type": "record", "name": "R", "fields": [
    {"name": "a", "type": "string"}, {"name": "items", "type": {"type": "array", "items": ["null", "boolean"]}}]}"#;
const LIST: &str = r#"{"type": "record", "name": "L", "fields": [{"name": "next", "type": ["null", "L"]}]}"#;

fn array(items: &str) -> String {
    format!(r#"{{"type": "array", "items": {items}}}"#)
}

fn long(value: i64) -> Vec<u8> {
    let mut out = Vec::new();
    output::long(value, &mut out);
    out
}

#[test]
fn each_kind_has_its_class_its_path_and_its_place() {
    let message =
        |bytes: &[u8]| read(RECORD, bytes).map_err(|error| format!("{}: {}", error.class, error.message));
    let told = |bytes: &[u8]| message(bytes).expect_err("it is no value");
    assert!(message(&[2, b'x', 4, 0, 2, 1, 0]).is_ok());
    assert_eq!(
        told(&[2, b'x', 4, 0, 2, 7, 0]),
        "avro_boolean: not Avro of this schema: .items[1]: a boolean is neither 0 nor 1 (byte 5)"
    );
    assert_eq!(
        told(&[2, b'x', 4, 0, 4, 1, 0]),
        "avro_union: not Avro of this schema: .items[1]: the index 2 is not one of the 2 variants of the union (byte 4)"
    );
    assert_eq!(told(&[2, 0xff, 0]), "avro_utf8: not Avro of this schema: .a: a string is not UTF-8 (byte 0)");
    assert_eq!(
        told(&[2, b'x', 0, 9]),
        "avro_trailing: not Avro of this schema: .: 1 bytes stand after the value (byte 3)"
    );
    assert_eq!(
        told(&[2, b'x']),
        "avro_truncated: not Avro of this schema: .items: the value ends here: 1 byte is needed, 0 are left (byte 2)"
    );
    assert_eq!(
        told(&[4, b'x']),
        "avro_length: not Avro of this schema: .a: a length of 2 bytes, where 1 are left (byte 0)"
    );
    assert_eq!(
        told(&[0xff; 20]),
        "avro_varint: not Avro of this schema: .a: a number has more than 64 bits (byte 0)"
    );
}

#[test]
fn lengths_take_no_memory_before_they_are_true() {
    for length in [1 << 20, 1 << 40, i64::MAX, -1, i64::MIN] {
        assert_eq!(class(read("\"bytes\"", &long(length))), "avro_length");
        assert_eq!(class(read(&array("\"int\""), &[long(length), vec![0]].concat())), "avro_length");
    }
    // Nothing takes no bytes, so that any count could be true.
    assert_eq!(class(read(&array("\"null\""), &[long(i64::MAX), vec![0]].concat())), "avro_length");
    let empty = r#"{"type": "record", "name": "E", "fields": []}"#;
    assert_eq!(class(read(&array(empty), &[long(1 << 40), vec![0]].concat())), "avro_length");
    // Ten bytes that would take hundreds of megabytes; and what stands in several arrays counts together.
    assert_eq!(class(read(&array("\"null\""), &[long(6_000_000), vec![0]].concat())), "avro_length");
    let half = [long(40_000), vec![0]].concat();
    let twice = [long(2), half.clone(), half, vec![0]].concat();
    assert_eq!(class(read(&array(&array("\"null\"")), &twice)), "avro_length");
    let few = read(&array("\"null\""), &[long(3), vec![0]].concat()).expect("three of nothing");
    assert_eq!(few.as_array().map(<[_]>::len), Some(3));
}

#[test]
fn what_grows_when_it_is_decoded_is_bounded() {
    let items = 8_000_000;
    let mut bytes = long(items);
    bytes.extend(std::iter::repeat_n(0, usize::try_from(items).expect("it is small") + 1));
    assert_eq!(class(read(&array("\"int\""), &bytes)), "avro_size");
}

#[test]
fn what_takes_no_byte_is_counted_once_a_value_whether_it_is_read_or_not() {
    let record = |of: &str| {
        let fields = ["a", "b"].map(|name| format!(r#"{{"name": "{name}", "type": {of}}}"#)).join(", ");
        format!(r#"{{"type": "record", "name": "R", "fields": [{fields}]}}"#)
    };
    let nulls = array("\"null\"");
    let some = |count: i64| [long(count), vec![0]].concat();
    // Two in one block that says its size.
    let in_a_block = |count: i64| [long(-2), long(8), some(count), some(count), vec![0]].concat();
    let none = [0].to_vec();
    for (of, most, more) in [
        (nulls.clone(), [some(32_768), some(32_768)].concat(), [some(32_768), some(32_769)].concat()),
        (nulls.clone(), [some(65_536), none.clone()].concat(), [some(i64::MAX), none.clone()].concat()),
        (array(&nulls), [in_a_block(32_768), none.clone()].concat(), [none, in_a_block(32_769)].concat()),
    ] {
        let record = record(&of);
        for (wanted, is_full) in
            [(Wanted::All, false), (only([]), false), (only(["a"]), false), (only(["a"]), true)]
        {
            let reading = super::Reading::new(super::schema(&record), None, wanted, is_full);
            let reading = std::sync::Arc::new(reading.expect("a schema reads itself"));
            assert_eq!(class(reading.decode(&more)), "avro_length");
            reading.decode(&most).expect("they are not too many").whole().expect("they count once");
        }
    }
}

#[test]
fn a_recursive_value_ends_at_the_deepest_level() {
    let nested = |levels: usize| [vec![2; levels - 1], vec![0]].concat();
    assert!(read(LIST, &nested(AVRO_DEPTH_MAX)).is_ok());
    assert_eq!(class(read(LIST, &nested(AVRO_DEPTH_MAX + 1))), "avro_depth");
    let skipping = reading(LIST, None, only([])).expect("a schema reads itself");
    assert!(skipping.decode(&nested(AVRO_DEPTH_MAX)).is_ok());
    assert_eq!(class(skipping.decode(&nested(100_000))), "avro_depth");
}

#[test]
fn what_is_written_at_the_deepest_level_is_read_again() {
    let node = r#"{"type": "record", "name": "N", "fields": [
        {"name": "next", "type": ["null", "N"], "default": null},
        {"name": "kids", "type": {"type": "array", "items": "N"}, "default": []},
        {"name": "more", "type": {"type": "map", "values": "N"}, "default": {}}]}"#;
    let nested =
        |levels| (1..levels).fold(json("{}"), |inner, _| Value::Object([("next".into(), inner)].into()));
    let deepest = written(node, nested(AVRO_DEPTH_MAX)).expect("it is not too deep");
    read(node, &deepest).expect("it is read again");
    let skipping = reading(node, None, only([])).expect("a schema reads itself");
    skipping.decode(&deepest).expect("it is passed over");
    assert_eq!(class(written(node, nested(AVRO_DEPTH_MAX + 1))), "avro_depth");
}

#[test]
fn a_block_that_lies_about_its_size_is_found_when_it_is_read() {
    let bytes = |size: i64| [long(-2), long(size), vec![2, 4], vec![0]].concat();
    assert!(read(&array("\"int\""), &bytes(2)).is_ok());
    assert_eq!(class(read(&array("\"int\""), &bytes(1))), "avro_length");
    let record = format!(
        r#"{{"type": "record", "name": "R", "fields": [{{"name": "a", "type": {}}}]}}"#,
        array("\"int\"")
    );
    let skipping = reading(&record, None, only([])).expect("a schema reads itself");
    let document =
        skipping.decode(&[long(-2), long(3), vec![2, 4, 6], vec![0]].concat()).expect("it is skipped");
    assert_eq!(class(document.whole()), "avro_length");
}

#[test]
fn what_is_skipped_is_looked_at_only_on_request() {
    let record = r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "string"}]}"#;
    let bytes = [2, 0xff];
    assert!(reading(record, None, only([])).expect("a schema").decode(&bytes).is_ok());
    let strict = super::Reading::new(super::schema(record), None, only([]), true).expect("a schema");
    assert_eq!(class(std::sync::Arc::new(strict).decode(&bytes)), "avro_utf8");
    let other = r#"{"type": "record", "name": "R", "fields": []}"#;
    assert!(read_as(record, other, &bytes).is_ok());
    let strict = super::Reading::new(super::schema(record), Some(super::schema(other)), Wanted::All, true);
    let strict = std::sync::Arc::new(strict.expect("a schema"));
    assert_eq!(class(strict.decode(&bytes)), "avro_utf8");
}
