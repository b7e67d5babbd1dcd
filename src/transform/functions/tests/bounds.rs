//! What one call may cost: none ends the process, each fails as an expression does.

use super::*;

/// What a program gives for a value, as text.
fn gives(source: &str, value: &Value) -> Result<String, String> {
    let program = compiled(source, &Kind::any_object()).unwrap_or_else(|| panic!("{source}"));
    run(&program, value.clone()).map(|given| given.to_string()).map_err(|error| error.to_string())
}

fn fails(source: &str, value: &Value, words: &str) {
    match gives(source, value) {
        Err(error) => assert!(error.contains(words), "{source}: {error}"),
        Ok(given) => panic!("{source}: {}", given.chars().take(200).collect::<String>()),
    }
}

fn holding(value: Value) -> Value {
    Value::Object([("x".into(), value)].into_iter().collect())
}

#[test]
fn a_closure_that_makes_its_value_deeper_comes_to_an_end() {
    let value = holding(vrl::value!([1, {"a": [2]}]));
    for source in [
        "map_values!(., recursive: true) -> |v| { [v] }",
        "map_values!(., recursive: true) -> |v| { {\"v\": v} }",
        "map_values!(., recursive: true) -> |v| { [v, v] }",
    ] {
        fails(source, &value, "more than 256 deep");
    }
}

#[test]
fn what_goes_deeper_gives_what_vrl_gives() {
    for (source, expected) in [
        (
            "map_values!(object!(.x), recursive: true) -> |v| { if is_integer(v) { int!(v) + 1 } else { v } }",
            r#"{ "a": 2, "b": [3, { "c": 4 }], "e.f": { "g": {  } } }"#,
        ),
        (
            "map_values(object!(.x), recursive: true) -> |v| { if is_array(v) { {\"n\": 1} } else { v } }",
            r#"{ "a": 1, "b": { "n": 1 }, "e.f": { "g": {  } } }"#,
        ),
        ("map_values(object!(.x), recursive: false) -> |_v| { 0 }", r#"{ "a": 0, "b": 0, "e.f": 0 }"#),
        ("map_values!([1, 2], recursive: true) -> |v| { v }", "[1, 2]"),
        (
            "map_keys(object!(.x), recursive: true) -> |k| { upcase(k) }",
            r#"{ "A": 1, "B": [2, { "C": 3 }], "E.F": { "G": {  } } }"#,
        ),
        (
            "map_keys(object!(.x), recursive: false) -> |k| { upcase(k) }",
            r#"{ "A": 1, "B": [2, { "c": 3 }], "E.F": { "g": {  } } }"#,
        ),
        ("map_keys(object!(.x), recursive: true) -> |_k| { \"same\" }", r#"{ "same": { "same": {  } } }"#),
        ("flatten!(.x)", r#"{ "a": 1, "b": [2, { "c": 3 }] }"#),
        (
            "flatten!(.x, \"_\", except: [\"e.f\"])",
            r#"{ "a": 1, "b": [2, { "c": 3 }], "e.f": { "g": {  } } }"#,
        ),
        ("flatten([1, [2, [3, {\"a\": {\"b\": 4}}]], []])", r#"[1, 2, 3, { "a": { "b": 4 } }]"#),
        ("flatten({\"a\": {\"b\": {\"c\": 1}, \"d\": 2}}, separator: \"/\")", r#"{ "a/b/c": 1, "a/d": 2 }"#),
        (
            "unflatten({\"a.b\": 1, \"a.c\": {\"d.e\": 2}})",
            r#"{ "a": { "b": 1, "c": { "d": { "e": 2 } } } }"#,
        ),
    ] {
        let value = holding(vrl::value!({"a": 1, "b": [2, {"c": 3}], "e.f": {"g": {}}}));
        assert_eq!(gives(source, &value), Ok(expected.to_owned()), "{source}");
    }
}

#[test]
fn many_empty_items_side_by_side_are_no_depth() {
    let items = Value::Array(vec![Value::Array(Vec::new()); 200_000]);
    assert_eq!(gives("flatten!(.x)", &holding(items)), Ok("[]".to_owned()));
    let empty = |number: u32| (number.to_string().into(), Value::Object(Default::default()));
    let members = Value::Object((0..200_000).map(empty).collect());
    assert_eq!(gives("flatten!(.x)", &holding(members)), Ok("{  }".to_owned()));
}

#[test]
fn a_name_makes_no_object_without_end() {
    let long = |separator: &str| holding(Value::from(format!("a{separator}").repeat(500_000)));
    fails("unflatten!(set!({}, [.x], 1))", &long("."), "more than 256 deep");
    fails("unflatten!(set!({}, [.x], 1), separator: \"/\")", &long("/"), "more than 256 deep");
    let nested = "unflatten!(set!({}, [.x, .x, .x], 1))";
    fails(nested, &holding(Value::from("a.".repeat(100))), "more than 256 deep");
    fails("set!({}, .x, 1)", &holding(Value::Array(vec!["a".into(); 100_000])), "at most 128 segments");
    fails("set!([], [.x], 1)", &holding(Value::Integer(1_000_000_000_000)), "at most 1000");
    fails("set!([], [.x], 1)", &holding(Value::Integer(i64::MIN)), "at most 1000");
}

#[test]
fn what_would_be_longer_than_any_value_is_not_made() {
    let text = holding(Value::from("a".repeat(100_000)));
    for source in [
        "replace!(.x, \"a\", .x)",
        "replace!(.x, \"\", .x)",
        "replace!(.x, r'a', .x)",
        "replace!(.x, r'(a+)', \"$1$1\" + join!(split!(.x, \"\"), \"$1$1$1$1\"))",
        "join!(split!(.x, \"\"), .x)",
    ] {
        fails(source, &text, "more than 100000000 bytes");
    }
    let long = holding(vrl::value!({"a": (Value::from("k".repeat(100_000)))}));
    let copied = "for_each(range!(0, 2000)) -> |_i, n| { .y = set!(.y, [to_string(n)], 1) }\nflatten!(set!({}, [.x.a], .y))";
    fails(copied, &with(long, "y", vrl::value!({})), "more than 100000000 bytes");
    assert_eq!(gives("replace!(.x, r'(a)+', \"$1-\")", &text), Ok("\"a-\"".to_owned()));
    assert_eq!(gives("length(replace!(.x, \"a\", .x, count: 2))", &text), Ok("299998".to_owned()));
}

fn with(mut value: Value, name: &str, member: Value) -> Value {
    value.insert(&vrl::path::OwnedValuePath::single_field(name), member);
    value
}

#[test]
fn what_is_unpacked_has_a_bound() {
    let zeros = "x = \"\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\"\nx = join!(map_values(range!(0, 1000)) -> |_| { x })\n\
                 x = join!(map_values(range!(0, 1001)) -> |_| { x })\nx = join!([x, x, x, x, x, x, x, x, x, x])\n";
    for (encode, decode) in [
        ("encode_gzip(x)", "decode_gzip!"),
        ("encode_zlib(x)", "decode_zlib!"),
        ("encode_zstd(x)", "decode_zstd!"),
        ("encode_snappy!(x)", "decode_snappy!"),
    ] {
        let small = format!("{decode}({})", encode.replace('x', "\"some text\""));
        assert_eq!(gives(&small, &holding(Value::Null)), Ok("\"some text\"".to_owned()), "{small}");
        fails(&format!("{decode}(\"none\")"), &holding(Value::Null), "unable to decode value with");
        let large = format!("{zeros}{decode}({encode})");
        fails(&large, &holding(Value::Null), "more than 100000000 bytes");
    }
    let packed = "decode_lz4!(encode_lz4!(\"some text\", prepend_size: true), prepended_size: true)";
    assert_eq!(gives(packed, &holding(Value::Null)), Ok("\"some text\"".to_owned()));
    let plain = "decode_lz4!(encode_lz4!(\"some text\", prepend_size: false), buf_size: 9)";
    assert_eq!(gives(plain, &holding(Value::Null)), Ok("\"some text\"".to_owned()));
    let liar = "decode_lz4!(\"\\xff\\xff\\xff\\xff\" + \"none\", prepended_size: true)".replace("\\xff", "ÿ");
    fails(&liar, &holding(Value::Null), "more than 100000000 bytes");
    for size in ["-1", "9223372036854775807", "1000000000000"] {
        fails(&format!("decode_lz4!(\"none\", buf_size: {size})"), &holding(Value::Null), "`buf_size` is");
    }
}

#[test]
fn what_vrl_panics_at_fails() {
    let value = with(holding(Value::Integer(-1)), "large", Value::from_f64_or_zero(1e300));
    fails("find!(\"text\", r't', from: 5)", &value, "`from` is 5, and the text has 4 bytes");
    fails("find!(\"text\", r't', from: -1)", &value, "`from` is -1");
    assert_eq!(gives("find!(\"text\", r't', from: 1)", &value), Ok("3".to_owned()));
    assert_eq!(gives("find(\"text\", \"t\", from: 9)", &value), Ok("null".to_owned()));
    fails("format_number!(.large, 2)", &value, "beyond");
    fails("format_number!(0.0 - float!(.large))", &value, "beyond");
    fails("format_number!(1.5, .x)", &value, "`scale` is -1");
    fails("format_number!(1.5, 10000000 + length!(.))", &value, "`scale` is 10000002");
    assert_eq!(
        gives("format_number(1234.5, 2, grouping_separator: \",\")", &value),
        Ok("\"1,234.50\"".into())
    );
    fails("snakecase!(.x, excluded_boundaries: [\"digit_lower\"])", &value, "expected string");
    let boundaries = "snakecase(\"s3Bucket\", excluded_boundaries: [\"lower_digit\"])";
    assert_eq!(gives(boundaries, &value), Ok("\"s3_bucket\"".to_owned()));
}

#[test]
fn what_vrl_panics_at_is_refused_where_it_is_known() {
    for source in [
        "format_number(1.5, -1)",
        "format_number(1.5, 1001)",
        "snakecase(\"a\", excluded_boundaries: [1])",
        "find(\"text\", r't', from: 5)",
        "format_number(1.5, int!(.x))",
    ] {
        assert!(compiled(source, &Kind::any_object()).is_none(), "{source}");
    }
}

#[test]
fn a_text_that_nests_without_end_is_an_error() {
    for (source, open) in [
        ("parse_json!(.x)", "["),
        ("parse_yaml!(.x)", "["),
        ("parse_ruby_hash!(.x)", "{:a=>"),
        ("parse_xml!(.x)", "<a>"),
    ] {
        assert!(gives(source, &holding(Value::from(open.repeat(100_000)))).is_err(), "{source}");
    }
    let closed = format!("{}1{}", "{\"a\": ".repeat(300), "}".repeat(300));
    let marks = format!("{}1", "- ".repeat(300));
    for text in [closed, marks] {
        let found = gives("parse_yaml!(.x)", &holding(Value::from(text)));
        assert!(found.as_ref().is_err_and(|error| error.contains("256 deep")), "{found:?}");
    }
    let found = gives("parse_yaml!(.x)", &holding(Value::from("a: it's\nb:\n  - - [1, {c: '[['}]\n")));
    assert_eq!(found, Ok(r#"{ "a": "it's", "b": [[[1, { "c": "[[" }]]] }"#.to_owned()));
    let cbor = Value::from(bytes::Bytes::from(vec![0x81; 100_000]));
    assert!(gives("parse_cbor!(.x)", &holding(cbor)).is_err());
}

#[test]
fn a_range_without_end_is_an_error() {
    for low in ["-inf", "-1e308"] {
        let found = gives("random_float!(to_float!(.x), -1.0 * to_float!(.x))", &holding(Value::from(low)));
        assert!(found.is_err(), "{low}: {found:?}");
    }
    assert!(gives("random_float!(to_float!(.x), 5.0)", &holding(Value::from("1"))).is_ok());
}
