//! What is a schema, what is none, and where it says so.

use super::{JsonSchema, Node, Rules, Type};

fn parse(text: &str) -> JsonSchema {
    JsonSchema::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn rules(schema: &JsonSchema, id: super::NodeId) -> &Rules {
    match schema.node(id) {
        Node::Rules(rules) => rules,
        Node::Never => panic!("nothing fits"),
    }
}

/// Line and column, the pointer and the message, or `ok`.
fn verdict(text: &str) -> String {
    match JsonSchema::parse(text) {
        Ok(_) => "ok".into(),
        Err(error) => {
            let (line, column) = error.at;
            let pointer = error.pointer.map(|pointer| format!("{pointer}: ")).unwrap_or_default();
            format!("{line}:{column}: {pointer}{}", error.message)
        }
    }
}

#[test]
fn what_cannot_be_kept_is_told_with_its_place() {
    for (text, expected) in [
        ("{\n  \"type\": ,\n}", "2:11: not JSON: expected value at line 2 column 11"),
        ("", "1:1: not JSON: EOF while parsing a value at line 1 column 0"),
        ("7", "1:1: #: a schema is an object or a boolean, not a number"),
        (
            r#"{"properties": {"a/b": {"if": true}}}"#,
            "1:25: #/properties/a~1b/if: the keyword `if` is not checked by Millstream, so a schema cannot ask for it",
        ),
        ("{\n \"requird\": []}", "2:2: #/requird: there is no keyword `requird`: is `required` meant?"),
        (r#"{"x-owner": 1}"#, "1:2: #/x-owner: there is no keyword `x-owner`"),
        (
            r#"{"type": "strnig"}"#,
            "1:10: #/type: there is no type `strnig`; there are null, boolean, integer, number, string, array, object",
        ),
        (r#"{"type": []}"#, "1:10: #/type: a list of types must have one"),
        (r#"{"type": ["null", 1]}"#, "1:19: #/type/1: a string must stand here, not a number"),
        (r#"{"minLength": -1}"#, "1:15: #/minLength: an integer of at least 0 must stand here"),
        (
            r#"{"multipleOf": 0}"#,
            "1:16: #/multipleOf: a number greater than zero must stand here, not a number",
        ),
        (r#"{"required": "id"}"#, "1:14: #/required: a list must stand here, not a string"),
        (r#"{"properties": []}"#, "1:16: #/properties: an object with schemas must stand here, not an array"),
        (r#"{"anyOf": []}"#, "1:11: #/anyOf: a list of schemas must have one"),
        (r#"{"enum": []}"#, "1:10: #/enum: a list of at least one value must stand here, not an array"),
        (r#"{"uniqueItems": 1}"#, "1:17: #/uniqueItems: a boolean must stand here, not a number"),
        (
            r#"{"pattern": "(?=a)"}"#,
            "1:13: #/pattern: the pattern cannot be kept: look-around, including look-ahead and look-behind, is not supported",
        ),
        (r#"{"type": "string", "type": "null"}"#, "1:20: #/type: `type` stands here twice"),
        (r##"{"$ref": "#/$defs/a"}"##, "1:10: #/$ref: `#/$defs/a`: no schema stands there"),
        (r##"{"$ref": "#/enum/0", "enum": [{}]}"##, "1:10: #/$ref: `#/enum/0`: no schema stands there"),
        (
            r#"{"$ref": "other.json"}"#,
            "1:10: #/$ref: `other.json`: only schemas of the same file can be referred to",
        ),
        (r#"{"items": {"$id": "x"}}"#, "1:12: #/items/$id: it can stand only at the root of a schema here"),
        (r#"{"items": [true]}"#, "1:2: #/items: in draft 2020-12 `prefixItems` takes a list"),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "prefixItems": [true]}"#,
            "1:56: #/prefixItems: `prefixItems` is of draft 2020-12; in drafts before it `items` takes a list",
        ),
        (
            r##"{"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/a", "minimum": 1,
                "definitions": {"a": true}}"##,
            "1:83: #/minimum: draft 7 ignores `minimum` beside `$ref`: put both into `allOf`, or name a later draft",
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-04/schema#"}"#,
            "1:13: #/$schema: the drafts that are known are `http://json-schema.org/draft-07/schema#`, \
             `https://json-schema.org/draft/2019-09/schema` and `https://json-schema.org/draft/2020-12/schema`",
        ),
        (
            r##"{"properties": {"a": {"allOf": [{"$ref": "#/properties/a"}]}}}"##,
            "1:22: #/properties/a: it leads back to itself without looking into the value",
        ),
    ] {
        assert_eq!(verdict(text), expected);
    }
}

#[test]
fn drafts_and_references_are_read_as_they_are_meant() {
    for text in [
        "true",
        "false",
        "{}",
        r#"{"$schema": "http://json-schema.org/draft-07/schema#", "items": [true, false], "$id": "https://x/y"}"#,
        r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "prefixItems": [true]}"#,
        r##"{"$ref": "#/$defs/a%20b~1c", "minimum": 1, "$defs": {"a b/c": {"type": "number"}}}"##,
        r##"{"items": {"$ref": "#"}}"##,
        r##"{"$ref": "#/anyOf/1/items", "anyOf": [true, {"items": {}}]}"##,
        r#"{"title": 1, "description": "", "default": {"if": 1}, "examples": [], "format": "date", "$comment": ""}"#,
        r#"{"maxItems": 2.0, "minimum": 1e2, "deprecated": true, "readOnly": true, "writeOnly": false}"#,
    ] {
        assert_eq!(verdict(text), "ok", "{text}");
    }
}

#[test]
fn nodes_tell_what_was_written() {
    let schema = parse(
        r##"{"type": ["object", "null"], "required": ["id"], "additionalProperties": false,
            "properties": {"id": {"type": "integer", "minimum": 0}, "next": {"$ref": "#"},
                "color": {"enum": ["red", 1.0, 18446744073709551616], "const": 1}}}"##,
    );
    let top = rules(&schema, schema.root());
    assert_eq!(top.types.map(|types| types.iter().collect()), Some(vec![Type::Null, Type::Object]));
    let next = rules(&schema, top.object.properties["next"]);
    assert_eq!(next.all_of, [schema.root()]);
    let color = top.object.properties["color"];
    assert_eq!(schema.pointer(color), "#/properties/color");
    assert_eq!(rules(&schema, color).constants.as_ref().map(Vec::len), Some(1));
    assert!(matches!(schema.node(top.object.additional.expect("it is there")), Node::Never));
    assert_eq!(schema, parse(schema.text()));
}

#[test]
fn a_chain_of_references_of_any_length_takes_no_stack() {
    let links = 50_000;
    let links: Vec<_> = (0..links).map(|n| format!(r##""{n}": {{"$ref": "#/$defs/{}"}}"##, n + 1)).collect();
    let text = format!(r##"{{"$ref": "#/$defs/0", "$defs": {{{}, "50000": true}}}}"##, links.join(", "));
    let error = verdict(&text);
    assert!(error.contains("more than 64 schemas look at the same value"), "{error}");
}
