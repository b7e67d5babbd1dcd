//! What hostile values take before they are refused: the most that a process of its own ever held, as the kernel counts it.

use std::process::Command;

use super::super::{AVRO_DECODED_BYTES_MAX, output};
use super::{class, only, read, read_as, reading};

/// Set in the process that reads a value.
const PROBE: &str = "MILLSTREAM_MEMORY_PROBE";
/// What it prints before the number.
const TOOK: &str = "took_bytes=";
/// How far beyond the limit the peak may be, in percent of it: a list that grows is copied, the allocator keeps what was freed.
const PEAK_PERCENT: usize = 125;
/// What is refused must come near the limit, or it is charged with more than it takes.
const LEAST_PERCENT: usize = 60;

/// Reads `items` of an array in a process of its own, and holds what that takes to the limit.
fn is_bounded(test: &str, item: &str, count: usize, bytes: impl Fn(usize, &mut Vec<u8>)) {
    let schema = format!(r#"{{"type": "array", "items": {item}}}"#);
    is_bounded_as(test, count, bytes, |value| class(read(&schema, value)));
}

fn is_bounded_as(
    test: &str,
    count: usize,
    bytes: impl Fn(usize, &mut Vec<u8>),
    read: impl Fn(&[u8]) -> &'static str,
) {
    if std::env::var_os(PROBE).is_none() {
        let percent = took_bytes(test) * 100 / AVRO_DECODED_BYTES_MAX;
        assert!((LEAST_PERCENT..=PEAK_PERCENT).contains(&percent), "{percent} % of the limit");
        return;
    }
    let mut value = Vec::new();
    output::length(count, &mut value);
    (0..count).for_each(|index| bytes(index, &mut value));
    value.push(0);
    let before = status_bytes("VmRSS:");
    assert_eq!(read(&value), "avro_size");
    println!("{TOOK}{}", status_bytes("VmHWM:") - before);
}

/// What `test` says of itself in a process of its own.
fn took_bytes(test: &str) -> usize {
    let (_, module) = module_path!().split_once("::").expect("it stands in the crate");
    let itself = std::env::current_exe().expect("it runs");
    let child = Command::new(itself)
        .args([&format!("{module}::{test}"), "--exact", "--nocapture"])
        .env(PROBE, "1")
        .output()
        .expect("it can run itself");
    let text = String::from_utf8_lossy(&child.stdout);
    let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
    let took = text.split_once(TOOK).and_then(|(_, rest)| digits(rest).parse().ok());
    took.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&child.stderr)))
}

/// What the kernel says of this process.
fn status_bytes(key: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix(key)).expect("Linux tells it");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number of kB") * 1024
}

/// A record with a member `x` of this type.
fn record(of: &str) -> String {
    format!(r#"{{"type": "record", "name": "R", "fields": [{{"name": "x", "type": {of}}}]}}"#)
}

#[test]
fn many_small_records() {
    is_bounded("many_small_records", &record("\"int\""), 990_000, |_, out| out.push(2));
}

#[test]
fn many_small_maps() {
    let map = r#"{"type": "map", "values": "int"}"#;
    is_bounded("many_small_maps", map, 990_000, |_, out| out.extend([2, 2, b'a', 2, 0]));
}

#[test]
fn maps_with_many_keys() {
    let map = r#"{"type": "map", "values": "null"}"#;
    // In no order, so that the nodes of the map are as empty as they get.
    let name = |index: usize| (index as u32).wrapping_mul(0x9e37_79b1).to_be_bytes().map(|byte| byte & 0x7f);
    is_bounded("maps_with_many_keys", map, 40, |_, out| {
        output::length(100_000, out);
        for index in 0..100_000 {
            output::bytes(&name(index), out);
        }
        out.push(0);
    });
}

#[test]
fn maps_with_keys_in_order() {
    let map = r#"{"type": "map", "values": "null"}"#;
    is_bounded("maps_with_keys_in_order", map, 40, |_, out| {
        output::length(100_000, out);
        for index in 0..100_000 {
            output::bytes(format!("{index:06}").as_bytes(), out);
        }
        out.push(0);
    });
}

#[test]
fn many_empty_strings() {
    let strings = r#"{"type": "array", "items": "string"}"#;
    // Several arrays, since one of as many is refused before any of it is read.
    is_bounded("many_empty_strings", strings, 80, |_, out| {
        output::length(100_000, out);
        out.extend([0; 100_001]);
    });
}

#[test]
fn many_big_decimals() {
    let item = r#"{"type": "bytes", "logicalType": "big-decimal"}"#;
    is_bounded("many_big_decimals", item, 60_000, |_, out| out.extend([10, 2, 1, 0xa0, 0x9c, 0x01]));
}

#[test]
fn many_decimals() {
    let item = r#"{"type": "bytes", "logicalType": "decimal", "precision": 10000, "scale": 1000}"#;
    is_bounded("many_decimals", item, 500_000, |_, out| out.extend([2, 1]));
}

#[test]
fn many_dates() {
    is_bounded("many_dates", r#"{"type": "int", "logicalType": "date"}"#, 6_000_000, |_, out| out.push(2));
}

#[test]
fn many_uuids() {
    let item = r#"{"type": "fixed", "name": "F", "size": 16, "logicalType": "uuid"}"#;
    is_bounded("many_uuids", item, 3_000_000, |_, out| out.extend([7; 16]));
}

#[test]
fn many_durations() {
    let item = r#"{"type": "fixed", "name": "F", "size": 12, "logicalType": "duration"}"#;
    is_bounded("many_durations", item, 600_000, |_, out| out.extend([7; 12]));
}

#[test]
fn arrays_in_arrays() {
    let item = r#"{"type": "array", "items": "int"}"#;
    is_bounded("arrays_in_arrays", item, 4_000_000, |_, out| out.extend([2, 2, 0]));
}

#[test]
fn arrays_of_many_blocks() {
    let item = r#"{"type": "array", "items": "int"}"#;
    is_bounded("arrays_of_many_blocks", item, 10_000, |_, out| {
        (0..600).for_each(|_| out.extend([2, 2]));
        out.push(0);
    });
}

#[test]
fn a_large_union() {
    let variant = |number: usize| record("\"int\"").replace("\"R\"", &format!("\"R{number}\""));
    let variants: Vec<_> = (0..60).map(variant).collect();
    let union = format!("[\"null\", {}]", variants.join(", "));
    is_bounded("a_large_union", &union, 990_000, |index, out| {
        out.extend([2 + 2 * (index % 60) as u8, 2]);
    });
}

#[test]
fn many_defaults() {
    let array = |item: &str| format!(r#"{{"type": "array", "items": {item}}}"#);
    let field = r#"[{"name": "y", "type": {"type": "map", "values": "int"}, "default": {"a": 1, "b": 2}},"#;
    let (writer, reader) = (array(&record("\"int\"")), array(&record("\"int\"").replacen('[', field, 1)));
    let read = |value: &[u8]| class(read_as(&writer, &reader, value));
    is_bounded_as("many_defaults", 500_000, |_, out| out.push(2), read);
}

#[test]
fn what_is_decoded_later_counts_with_what_was_decoded_before() {
    let array = r#"{"type": "array", "items": "int"}"#;
    let both = format!(
        r#"{{"type": "record", "name": "B", "fields": [{{"name": "a", "type": {array}}}, {{"name": "b", "type": {array}}}]}}"#
    );
    let mut value = Vec::new();
    for _ in 0..2 {
        output::length(4_000_000, &mut value);
        value.extend(std::iter::repeat_n(0, 4_000_001));
    }
    let reading = reading(&both, None, only(["a"])).expect("a schema reads itself");
    let document = reading.decode(&value).expect("one of them is within the limit");
    assert_eq!(class(document.into_value()), "avro_size");
}

#[test]
fn what_is_only_looked_at_takes_nothing_from_what_is_decoded_later() {
    let array = r#"{"type": "array", "items": "int"}"#;
    let mut value = Vec::new();
    output::length(4_000_000, &mut value);
    value.extend(std::iter::repeat_n(0, 4_000_001));
    let strict = super::Reading::new(super::schema(&record(array)), None, only([]), true);
    let strict = std::sync::Arc::new(strict.expect("a schema reads itself"));
    let document = strict.decode(&value).expect("it is within the limit");
    document.into_value().expect("so it is once more");
}
