//! What fits, and what is told where it does not.

use std::collections::BTreeSet;

use vrl::value::Value;

use super::JsonSchema;
use crate::codec::avro::Wanted;
use crate::codec::{self, CodecError};

fn value(json: &str) -> Value {
    codec::decode_json(json.as_bytes()).expect("it is JSON").root().clone()
}

fn validate(schema: &str, json: &str, wanted: &Wanted) -> Result<(), CodecError> {
    let schema = JsonSchema::parse(schema).unwrap_or_else(|error| panic!("{schema}: {error:?}"));
    schema.validate(&value(json), wanted)
}

fn told(schema: &str, json: &str) -> String {
    match validate(schema, json, &Wanted::All) {
        Ok(()) => "fits".into(),
        Err(error) if error.class == "json_schema" => {
            error.message.strip_prefix("not as the JSON Schema has it: ").expect("it begins so").to_owned()
        }
        Err(error) => format!("{}: {}", error.class, error.message),
    }
}

#[test]
fn what_does_not_fit_is_told_with_path_and_expectation_but_no_value() {
    for (schema, json, expected) in [
        (r#"{"type": "object"}"#, "[]", ".: expected object, is array (#)"),
        (r#"{"type": ["string", "null"]}"#, "7", ".: expected null or string, is integer (#)"),
        (r#"{"required": ["id"]}"#, "{}", ".: expected a member `id`, which is missing (#)"),
        (
            r#"{"properties": {"a b": {"items": {"type": "boolean"}}}}"#,
            r#"{"a b": [true, 0.5]}"#,
            r#"."a b"[1]: expected boolean, is number (#/properties/a b/items)"#,
        ),
        (
            r#"{"properties": {"x": {}}, "additionalProperties": false}"#,
            r#"{"x": 1, "y": "secret"}"#,
            ".y: expected nothing here, is string (#/additionalProperties)",
        ),
        (
            r#"{"additionalProperties": {"maximum": 10}}"#,
            r#"{"y": 11}"#,
            ".y: expected a number of at most 10, is another number (#/additionalProperties)",
        ),
        (r#"{"exclusiveMaximum": 1.5}"#, "1.5", ".: expected a number less than 1.5, is another number (#)"),
        (r#"{"minimum": 0}"#, "-0.1", ".: expected a number of at least 0, is another number (#)"),
        (r#"{"exclusiveMinimum": 0}"#, "0.0", ".: expected a number greater than 0, is another number (#)"),
        (r#"{"multipleOf": 0.01}"#, "1.005", ".: expected a multiple of 0.01, is another number (#)"),
        (r#"{"enum": ["a", 1]}"#, r#""secret""#, r#".: expected one of "a", 1, is string (#)"#),
        (r#"{"const": "a"}"#, "null", r#".: expected "a", is null (#)"#),
        (r#"{"minLength": 3}"#, r#""äö""#, ".: expected a string of at least 3 characters, has 2 (#)"),
        (r#"{"maxLength": 1}"#, r#""ab""#, ".: expected a string of at most 1 characters, has 2 (#)"),
        (
            r#"{"pattern": "^a"}"#,
            r#""secret""#,
            ".: expected a string with the pattern ^a, is another string (#)",
        ),
        (r#"{"minItems": 1}"#, "[]", ".: expected at least 1 items, has 0 (#)"),
        (r#"{"maxItems": 1}"#, "[1, 2]", ".: expected at most 1 items, has 2 (#)"),
        (
            r#"{"uniqueItems": true}"#,
            r#"[1, {"a": [2]}, {"a": [2.0]}]"#,
            ".: expected no two items that are the same; item 2 was there before, is array (#)",
        ),
        (
            r#"{"prefixItems": [true, {"type": "string"}], "items": false}"#,
            "[1, 2]",
            "[1]: expected string, is integer (#/prefixItems/1)",
        ),
        (
            r#"{"prefixItems": [true], "items": false}"#,
            "[1, 2]",
            "[1]: expected nothing here, is integer (#/items)",
        ),
        (
            r##"{"anyOf": [{"type": "null"}, {"$ref": "#/$defs/p"}],
                "$defs": {"p": {"type": "object", "properties": {"n": {"type": "string"}}}}}"##,
            r#"{"n": 1}"#,
            ".n: expected string, is integer (#/$defs/p/properties/n)",
        ),
        (
            r#"{"anyOf": [{"type": "null"}, {"type": "string"}]}"#,
            "1",
            ".: expected null or string, is integer (#)",
        ),
        (
            r#"{"anyOf": [{"minimum": 5}, {"type": "string"}]}"#,
            "1",
            ".: expected what one of 2 schemas asks for, is integer (#)",
        ),
        (
            r#"{"oneOf": [{"minimum": 5}, {"type": "string"}, {"multipleOf": 2}]}"#,
            "6",
            ".: expected what exactly one schema asks for; schemas 0 and 2 both fit, is integer (#)",
        ),
        ("false", "1", ".: expected nothing here, is integer (#)"),
    ] {
        assert_eq!(told(schema, json), expected, "{schema} {json}");
    }
}

#[test]
fn what_fits_passes() {
    for (schema, json) in [
        ("true", "1"),
        (r#"{"type": "integer"}"#, "1"),
        (r#"{"type": "number"}"#, "1.0"),
        (r#"{"type": "number"}"#, "18446744073709551616"),
        (r#"{"type": "number"}"#, "1"),
        (r#"{"enum": [1, {"a": [null]}]}"#, r#"{"a": [null]}"#),
        (r#"{"const": 1.0}"#, "1"),
        (r#"{"const": 18446744073709551616}"#, "18446744073709551616"),
        (r#"{"multipleOf": 0.01}"#, "4.35"),
        (r#"{"minLength": 2, "maxLength": 2}"#, r#""🦊ö""#),
        (r#"{"minLength": 9, "minimum": 9, "minItems": 9, "required": ["a"]}"#, "null"),
        (r#"{"pattern": "b"}"#, r#""abc""#),
        (r#"{"uniqueItems": true}"#, r#"[1, "1", [1], {"1": 1}, true, null, 1.5, ["a", "b"], [["a"], "b"]]"#),
        (r#"{"prefixItems": [{"type": "string"}]}"#, "[]"),
        (r#"{"oneOf": [{"type": "string"}, {"minimum": 2}]}"#, "2"),
        (r##"{"type": "object", "additionalProperties": {"$ref": "#"}}"##, r#"{"a": {"b": {}}}"#),
    ] {
        assert_eq!(told(schema, json), "fits", "{schema} {json}");
    }
}

#[test]
fn of_members_that_nobody_reads_nothing_is_asked() {
    let schema = r##"{"type": "object", "required": ["a", "b"], "additionalProperties": false,
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "allOf": [{"properties": {"a": {"minLength": 2}, "b": {"minLength": 2}}}],
        "oneOf": [{"properties": {"b": {"const": "xx"}}}, true]}"##;
    let only = |names: &[&str]| {
        Wanted::Members(names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>())
    };
    let fits = |json: &str, wanted: &Wanted| validate(schema, json, wanted).is_ok();
    for json in [r#"{"a": "xx"}"#, r#"{"a": "xx", "b": 1}"#, r#"{"a": "xx", "b": "x", "c": 1}"#] {
        assert!(fits(json, &only(&["a"])), "{json}");
        assert!(!fits(json, &only(&["a", "b"])), "{json}");
        assert!(!fits(json, &Wanted::All), "{json}");
    }
    for json in ["[]", "{}", r#"{"a": "x"}"#, r#"{"a": 1}"#] {
        assert!(!fits(json, &only(&["a"])), "{json}");
    }
    assert!(!fits(r#"{"a": "xx", "c": 1}"#, &only(&["c"])));
    let constant = r#"{"enum": [{"a": 1, "b": 2}, "c"]}"#;
    for (json, fits) in [
        (r#"{"a": 1.0}"#, true),
        (r#"{"a": 1, "b": 3}"#, true),
        (r#"{"a": 2, "b": 2}"#, false),
        ("{}", false),
        (r#""c""#, true),
    ] {
        assert_eq!(validate(constant, json, &only(&["a"])).is_ok(), fits, "{json}");
    }
    // Which of the two holds is not known as long as `b` is not read.
    assert!(fits(r#"{"a": "xx", "b": "xx"}"#, &only(&["a"])));
    assert!(!fits(r#"{"a": "xx", "b": "xx"}"#, &Wanted::All));
}

#[test]
fn what_would_take_for_ever_or_the_whole_stack_is_refused() {
    let doubles: Vec<_> = (0..40)
        .map(|n| {
            format!(
                r##""{n}": {{"allOf": [{{"$ref": "#/$defs/{m}"}}, {{"$ref": "#/$defs/{m}"}}]}}"##,
                m = n + 1
            )
        })
        .collect();
    let deep: Vec<_> = doubles.iter().take(30).cloned().collect();
    let schema = format!(r##"{{"$ref": "#/$defs/0", "$defs": {{{}, "30": true}}}}"##, deep.join(", "));
    let error = validate(&schema, "1", &Wanted::All).expect_err("two to the power of 30");
    assert_eq!((error.class, error.message.contains("too many checks")), ("json_limit", true), "{error}");

    let chain: Vec<_> = (0..60).map(|n| format!(r##""{n}": {{"$ref": "#/$defs/{}"}}"##, n + 1)).collect();
    let schema = format!(
        r##"{{"$ref": "#/$defs/0", "$defs": {{{}, "60": {{"items": {{"$ref": "#"}}}}}}}}"##,
        chain.join(", ")
    );
    let nested = format!("{}{}", "[".repeat(100), "]".repeat(100));
    // On the smallest stack that a lane or a test has.
    let checked = std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || validate(&schema, &nested, &Wanted::All));
    let error = checked.expect("a thread starts").join().expect("no overflow").expect_err("6000 deep");
    assert_eq!((error.class, error.message.contains("nested too deeply")), ("json_limit", true), "{error}");
}
