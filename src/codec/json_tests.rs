use proptest::prelude::*;

use super::*;
use vrl::value::{ObjectMap, Value};

fn read(text: &str) -> Value {
    match decode(text.as_bytes()) {
        Ok(document) => document.root().clone(),
        Err(error) => panic!("{text}: {error}"),
    }
}

fn written(value: &Value) -> Result<String, CodecError> {
    let mut out = Vec::new();
    encode(&Document::Eager(value.clone()), &mut out)?;
    Ok(String::from_utf8(out).expect("JSON is UTF-8"))
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    for (text, message) in [
        ("", "not JSON: the value is empty"),
        (" \n", "not JSON: the text ends where a value must stand at line 2, column 1 (byte 2)"),
        ("{\"a\":1}x", "not JSON: something stands after the value at line 1, column 8 (byte 7)"),
        (
            "{\"a\":1,}",
            "not JSON: a member's name in double quotes must stand here at line 1, column 8 (byte 7)",
        ),
        ("{\n \"ä\": nul}", "not JSON: a value must stand here at line 2, column 7 (byte 9)"),
        ("[1 2]", "not JSON: `,` or `]` must stand here at line 1, column 4 (byte 3)"),
        ("{\"a\" 1}", "not JSON: `:` must stand here at line 1, column 6 (byte 5)"),
        ("01", "not JSON: a number has no leading zeros at line 1, column 2 (byte 1)"),
        ("1.", "not JSON: a digit must stand here at line 1, column 3 (byte 2)"),
        ("\"a", "not JSON: the text ends inside a string at line 1, column 3 (byte 2)"),
        ("\"\\x\"", "not JSON: no such escape at line 1, column 2 (byte 1)"),
        ("\"\\ud800\"", "not JSON: a lone surrogate is no character at line 1, column 2 (byte 1)"),
        ("\"a\tb\"", "not JSON: a control character stands in a string at line 1, column 3 (byte 2)"),
        ("\u{feff}1", "not JSON: a value must stand here at line 1, column 1 (byte 0)"),
        ("NaN", "not JSON: a value must stand here at line 1, column 1 (byte 0)"),
        ("1e999", "refused: a number beyond the range of a float at line 1, column 1 (byte 0)"),
    ] {
        let error = decode(text.as_bytes()).expect_err(text);
        assert_eq!(error.message, message, "{text}");
    }
    let error = decode(b"{\"a\":\"\xff\"}").expect_err("not UTF-8");
    assert_eq!(
        (error.class, error.message.as_str()),
        ("json_utf8", "not JSON: not UTF-8 at line 1, column 7 (byte 6)")
    );
}

#[test]
fn depth_is_bounded_both_ways() {
    let text = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(written(&read(&text(JSON_DEPTH_MAX))).expect("as deep as it may be"), text(JSON_DEPTH_MAX));
    assert_eq!(decode(text(JSON_DEPTH_MAX + 1).as_bytes()).expect_err("too deep").class, "json_limit");
    let deeper = Value::Array(vec![read(&text(JSON_DEPTH_MAX))]);
    assert_eq!(written(&deeper).expect_err("too deep").class, "json_limit");
    assert_eq!(decode(text(1_000_000).as_bytes()).expect_err("far too deep").class, "json_limit");
}

#[test]
fn writing_stops_at_the_limit() {
    // One text, many times: what is written is far longer than what is held.
    let text = Value::from("x".repeat(1_000_000));
    let value = object([("a", Value::Array(vec![text; 600]))]);
    let mut out = b"before".to_vec();
    let error = encode(&Document::Eager(value), &mut out).expect_err("it is too long");
    let message = "cannot be written as JSON: `.a[99]` makes it longer than the limit of 100000000 bytes";
    assert_eq!((error.class, error.message.as_str()), ("json_limit", message));
    assert!(out.len() <= 6 + JSON_BYTES_MAX, "{} bytes", out.len());
}

#[test]
fn each_piece_is_held_to_the_limit() {
    let value = read(r#"{"a": [null, true, -12, 1.5, "b\n\u0001\""], "c": {}}"#);
    let whole = written(&value).expect("it is short");
    for limit in 0..=whole.len() {
        let mut out = Vec::new();
        let result = Writer::new(&mut out, limit).value(&value);
        assert_eq!(result.is_ok(), limit == whole.len(), "{limit}");
        assert!(out.len() <= limit && whole.as_bytes().starts_with(&out), "{limit}");
    }
}

#[test]
fn numbers_become_what_a_value_can_hold() {
    assert_eq!(read("9223372036854775807"), Value::Integer(i64::MAX));
    assert_eq!(read("18446744073709551615"), Value::from_f64_or_zero(18_446_744_073_709_551_615.0));
    for (text, same) in
        [("1.0", "1.0"), ("1e3", "1000.0"), ("-0", "-0.0"), ("0.30000000000000004", "0.30000000000000004")]
    {
        assert_eq!(written(&read(text)).expect(text), same);
    }
}

#[test]
fn strings_pass_with_every_character() {
    let text = "\"\\\"\\\\\\n\\r\\t\\u0000\\u001fäß€😀\"";
    assert_eq!(read(text), Value::from("\"\\\n\r\t\0\u{1f}äß€😀"));
    assert_eq!(written(&read(text)).expect("writes"), text);
    assert_eq!(read("\"\\ud83d\\ude00\\/\\b\\f\""), Value::from("😀/\u{8}\u{c}"));
}

#[test]
fn the_last_of_equal_members_stays() {
    assert_eq!(read("{\"a\":1,\"a\":2}"), object([("a", Value::Integer(2))]));
}

#[test]
fn what_json_cannot_hold_is_named_by_its_path() {
    let bad = Value::Bytes(bytes::Bytes::from_static(b"\xff\xfe"));
    let value = object([("a b", Value::Array(vec![Value::Null, object([("c", bad.clone())])]))]);
    let error = written(&value).expect_err("not UTF-8");
    assert_eq!(error.message, "cannot be written as JSON: `.\"a b\"[1].c` holds bytes that are not UTF-8");
    assert_eq!(
        written(&bad).expect_err("not UTF-8").message,
        "cannot be written as JSON: `.` holds bytes that are not UTF-8"
    );
    let infinite = object([("x", Value::from_f64_or_zero(f64::INFINITY))]);
    assert_eq!(
        written(&infinite).expect_err("infinite").message,
        "cannot be written as JSON: `.x` is an infinite number"
    );
}

#[test]
fn timestamps_and_patterns_are_written_as_text() {
    let at = chrono::DateTime::from_timestamp_millis(1_500).expect("in range");
    assert_eq!(written(&Value::Timestamp(at)).expect("writes"), "\"1970-01-01T00:00:01.500Z\"");
    let at = chrono::DateTime::from_timestamp(253_402_300_800, 0).expect("in range");
    assert_eq!(written(&Value::Timestamp(at)).expect("writes"), "\"+10000-01-01T00:00:00Z\"");
    let pattern = regex::Regex::new("a+").expect("a pattern");
    assert_eq!(written(&Value::from(pattern)).expect("writes"), "\"a+\"");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::from_f64_or_zero),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map(any::<String>(), inner, 0..6).prop_map(|members| {
                Value::Object(
                    members.into_iter().map(|(name, value)| (name.into(), value)).collect::<ObjectMap>(),
                )
            }),
        ]
    })
}

/// Text that is JSON, or nearly.
fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
    (any_json(), any::<prop::sample::Index>(), any::<u8>(), 0..4_u8).prop_map(|(value, at, byte, how)| {
        let mut text = Vec::new();
        encode(&Document::Eager(value.clone()), &mut text).expect("any JSON can be written");
        let at = at.index(text.len());
        match how {
            0 => text[at] = byte,
            1 => text.truncate(at),
            2 => text.insert(at, byte),
            _ => {}
        }
        text
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_as_the_same(value in any_json()) {
        let text = written(&value).expect("any JSON can be written");
        let again = read(&text);
        prop_assert_eq!(&again, &value);
        prop_assert_eq!(written(&again).expect("any JSON can be written"), text);
    }

    #[test]
    fn others_read_what_is_written(value in any_json()) {
        let text = written(&value).expect("any JSON can be written");
        prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
    }

    #[test]
    fn exactly_what_serde_json_takes_is_taken(text in nearly_json()) {
        let theirs = serde_json::from_slice::<serde_json::Value>(&text);
        let ours = decode(&text);
        prop_assert_eq!(theirs.is_ok(), ours.is_ok(), "{:?}: {:?} {:?}", String::from_utf8_lossy(&text), theirs, ours);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
    }
}
