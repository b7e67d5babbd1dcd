//! One record with every type that the independent client knows.

use serde_json::{Value, json};

/// The schema of [`everything`]: every primitive, complex and logical type that fastavro has a Python type for.
pub const EVERYTHING: &str = r#"{
  "type": "record", "name": "Everything", "namespace": "millstream.testbed",
  "fields": [
    {"name": "nothing", "type": "null"},
    {"name": "yes", "type": "boolean"},
    {"name": "small", "type": "int"},
    {"name": "large", "type": "long"},
    {"name": "half", "type": "float"},
    {"name": "exact", "type": "double"},
    {"name": "raw", "type": "bytes"},
    {"name": "text", "type": "string"},
    {"name": "four", "type": {"type": "fixed", "name": "Four", "size": 4}},
    {"name": "color", "type": {"type": "enum", "name": "Color", "symbols": ["RED", "GREEN"]}},
    {"name": "list", "type": {"type": "array", "items": ["null", "string"]}},
    {"name": "table", "type": {"type": "map", "values": "long"}},
    {"name": "tree", "type": ["null", {"type": "record", "name": "Tree", "fields": [
      {"name": "leaf", "type": "int"}, {"name": "below", "type": {"type": "array", "items": "Tree"}}]}]},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 4}},
    {"name": "fixed_price", "type": {"type": "fixed", "name": "Price", "size": 8, "logicalType": "decimal",
      "precision": 18, "scale": 2}},
    {"name": "uuid", "type": {"type": "string", "logicalType": "uuid"}},
    {"name": "day", "type": {"type": "int", "logicalType": "date"}},
    {"name": "clock_ms", "type": {"type": "int", "logicalType": "time-millis"}},
    {"name": "clock_us", "type": {"type": "long", "logicalType": "time-micros"}},
    {"name": "at_ms", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    {"name": "at_us", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "local_ms", "type": {"type": "long", "logicalType": "local-timestamp-millis"}},
    {"name": "local_us", "type": {"type": "long", "logicalType": "local-timestamp-micros"}}
  ]
}"#;

/// A record of that schema; another one for each number.
pub fn everything(n: u64) -> Value {
    let (signed, even) = (n.cast_signed(), n.is_multiple_of(2));
    let sign = if even { "" } else { "-" };
    let (second, milli, micro) = (n % 60, n % 1_000, n * 7_919 % 1_000_000);
    // Halves and quarters are exact as float and double.
    json!({
        "nothing": null,
        "yes": even,
        "small": i64::from(i32::MIN) + signed,
        "large": i64::MAX - signed,
        "half": n as f64 / 2.0,
        "exact": n as f64 / 4.0,
        "raw": {"$bytes": format!("00ff{:02x}", n % 256)},
        "text": format!("straße {n} \u{1f98a}"),
        "four": {"$bytes": format!("{n:08x}")},
        "color": if even { "RED" } else { "GREEN" },
        "list": [null, format!("item {n}")],
        "table": {"a": n, "b": -signed},
        "tree": if even { Value::Null } else { json!({"leaf": n, "below": [{"leaf": 0, "below": []}]}) },
        "price": {"$decimal": format!("{sign}1234567890{:03}.{:04}", milli, n % 10_000)},
        "fixed_price": {"$decimal": format!("{sign}{}.{:02}", n + 1, n % 100)},
        "uuid": {"$uuid": format!("00000000-0000-4000-8000-{n:012x}")},
        "day": {"$date": format!("{:04}-02-28", 1 + n % 9_999)},
        "clock_ms": {"$time": format!("23:59:{second:02}.{milli:03}000")},
        "clock_us": {"$time": format!("00:00:{second:02}.{micro:06}")},
        "at_ms": {"$timestamp": format!("1969-12-31T23:59:{second:02}.{milli:03}000Z")},
        "at_us": {"$timestamp": format!("2024-02-29T00:00:{second:02}.{micro:06}Z")},
        "local_ms": {"$local": format!("2024-03-31T02:30:{second:02}.{milli:03}000")},
        "local_us": {"$local": format!("1900-01-01T00:00:{second:02}.{micro:06}")},
    })
}
