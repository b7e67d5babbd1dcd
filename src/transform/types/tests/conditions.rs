//! What a condition keeps out is not there for the program behind it.

use vrl::value::Value;

use super::*;
use crate::codec::Document;
use crate::transform::{Frame, Runner};

#[test]
fn behind_a_condition_null_needs_no_handling() {
    for source in [
        "if .note != null { .n = upcase(.note) }",
        "if !is_null(.note) { .n = upcase(.note) }",
        "if is_string(.note) { .n = upcase(.note) }",
        "if .note == null { .n = 1 } else { .n = upcase(.note) }",
        "if is_null(.note) { abort }\n.n = upcase(.note)",
        "if .note == null { .n = 1; return . }\n.n = upcase(.note)",
        "if .flag != null { .n = !.flag }",
        "if .note != null && upcase(.note) == \"X\" { .n = 1 }",
        "if .note == null || upcase(.note) == \"X\" { .n = 1 }",
        ".n = if .note != null { length(.note) } else { 0 }",
        "if .note == \"A\" { .n = .note + \"b\" }",
        "if .note != null { for_each([1]) -> |_i, _v| { .n = upcase(.note) } }",
        "if .note != null { .n = upcase(.note)\n.m = upcase(.note) ?? \"x\" }",
        "if .note != null { .n = upcase(.note)\n.m = upcase!(.note) }",
        "if .note != null { .n = upcase(.note)\nif exists(.note) { del(.note) } }",
    ] {
        compiled(&orders(), ProgramKind::Map, source);
    }
    for source in [".note != null && contains(.note, \"x\")", ".note == null || contains(.note, \"x\")"] {
        compiled(&orders(), ProgramKind::Filter, source);
    }
}

#[test]
fn what_is_written_or_taken_behind_it_is_what_counts() {
    for source in [
        "if .note != null { .note = null\n.n = upcase(.note) }",
        "if .note != null { .note = .flag\n.n = upcase(.note) }",
        "if .note != null { del(.note)\n.n = upcase(.note) }",
        "if .note != null { . = {}\n.n = upcase(.note) }",
        "if .note != null { for_each([1, 2]) -> |_i, _v| { .n = upcase(.note)\n.note = null } }",
        "if .note != null { .n = 1 }\n.m = upcase(.note)",
        "if .note == null { .n = upcase(.note) }",
        "if .note != null || .count > 1 { .n = upcase(.note) }",
        "if .flag != null { .n = upcase(.note) }",
        "if .note != null && is_string(del(.note)) { .n = upcase(.note) }",
        "if .note != null && { .note = null; true } { .n = upcase(.note) }",
        "if .note == null || { .note = null; false } { abort }\n.n = upcase(.note)",
    ] {
        let found = refused(&orders(), ProgramKind::Map, source);
        assert!(!found.is_empty(), "{source}");
    }
}

#[test]
fn a_type_that_a_condition_asks_for_is_known_without_a_schema() {
    let json = DecodeSpec { value: Decoding::plain(Format::Json), key: Decoding::plain(Format::Raw) };
    let anything = Scope::start().after_decode(&json);
    for (scope, source) in [&anything, &orders()].into_iter().flat_map(|scope| {
        [
            "if is_string(.note) { .n = upcase(.note) }",
            "if is_string(.customer.name) && is_integer(.count) { .n = upcase(.customer.name)\n.m = .count + 1 }",
            "if is_array(.lines) { .n = length(.lines) }",
            "if is_object(.customer) { .n = keys(.customer) } else { .n = to_string!(.note) }",
            // It holds for no order.
            "if is_string(.count) { .n = upcase(.count) }",
            "if !is_string(.region) { abort }\n.region = upcase(.region)",
        ]
        .map(|source| (scope, source))
    }) {
        compiled(scope, ProgramKind::Map, source);
    }
    for source in [
        "if is_string(.note) || .count == 1 { .n = upcase(.note) }",
        "if is_string(.note) { . = parse_json!(string!(.raw))\n.n = upcase(.note) }",
        "if is_string(.note) { .note = .other\n.n = upcase(.note) }",
        "if is_array(.note) { .n = upcase(.note) }",
        "if !is_string(.note) { .n = upcase(.note) }",
    ] {
        assert!(!refused(&anything, ProgramKind::Map, source).is_empty(), "{source}");
    }
    let filtered = compiled(&anything, ProgramKind::Filter, "is_string(.a.b) && is_integer(.n)");
    compiled(filtered.0.scope_after(), ProgramKind::Map, ".x = upcase(.a.b)\n.n = .n + 1\n.c = .a.c");
    compiled(filtered.0.scope_after(), ProgramKind::Map, ".x = upcase(.a.b) ?? \"\"\n.n = to_int!(.n)");
}

#[test]
fn a_filter_tells_the_next_step_of_members_of_members() {
    let nested = r#"{"type": "record", "name": "Nested", "fields": [
        {"name": "u", "type": ["null", "int", "string"]},
        {"name": "to", "type": ["null", {"type": "record", "name": "To", "fields": [
            {"name": "city", "type": ["null", "string"]}, {"name": "zip", "type": ["int", "string"]}]}]}]}"#;
    for tombstones in [false, true] {
        let scope = Scope::start_with(tombstones).after_decode(&decode(nested));
        for (filter, map) in [
            (".to.city != null", ".n = upcase(.to.city)"),
            (".to != null", ".n = .to.city"),
            ("is_integer(.u)", ".n = .u + 1"),
            ("is_string(.to.zip) && .u != null", ".n = upcase(.to.zip)\n.m = to_string(.u)"),
        ] {
            let filtered = compiled(&scope, ProgramKind::Filter, filter);
            compiled(filtered.0.scope_after(), ProgramKind::Map, map);
            compiled(&scope, ProgramKind::Map, &format!("if {filter} {{ {map} }}"));
        }
    }
}

#[test]
fn what_runs_is_what_was_written() {
    let source = "if .note != null { .n = upcase(.note)\n.m = 1 } else { .n = \"none\" }";
    let (program, warnings) = compiled(&orders(), ProgramKind::Map, source);
    assert_eq!(program.source(), source);
    assert!(warnings.is_empty(), "{warnings:#?}");
    for (note, expected) in [(Value::from("ab"), "AB"), (Value::Null, "none")] {
        let mut frame = Frame::default();
        frame.set_value(Document::Eager(Value::Object([("note".into(), note)].into_iter().collect())));
        Runner::new().map(&program, &mut frame).expect("runs");
        let Document::Eager(Value::Object(members)) = frame.value() else { panic!("it is an object") };
        assert_eq!(members.get("n"), Some(&Value::from(expected)));
    }
}

fn json_schema(text: &str) -> Scope {
    let schema = crate::codec::json_schema::JsonSchema::parse(text).expect("it is a schema");
    let value =
        Decoding { schema: Some(DataSchema::Json(Arc::new(schema))), ..Decoding::plain(Format::Json) };
    Scope::start().after_decode(&DecodeSpec { value, key: Decoding::plain(Format::Raw) })
}

#[test]
fn what_a_branch_is_told_is_not_known_behind_it() {
    let open = json_schema(r#"{"type": "object"}"#);
    let typed = json_schema(r#"{"type": "object", "additionalProperties": {"type": ["string", "integer"]}}"#);
    for scope in [&open, &typed] {
        for source in [
            "if is_string(.v) { .y = upcase(.v) }\n.x = upcase(.v)",
            "if is_string(.v) && .i == 5 { .y = 1 } else { .x = upcase(.v) }",
            "for_each([1]) -> |_i, _v| { if is_string(.v) { .y = 1 } }\n.x = upcase(.v)",
        ] {
            assert!(!refused(scope, ProgramKind::Map, source).is_empty(), "{source}");
        }
        for source in [
            "if is_string(.v) { .y = upcase(.v) }\n.x = .v",
            "if is_string(.v) { .y = 1 }\n.x = .v == 1",
            "if is_integer(.v) { .y = .v + 1 }\n.x = to_string(.v) ?? \"none\"",
        ] {
            let (_, warnings) = compiled(scope, ProgramKind::Map, source);
            assert!(warnings.is_empty() || *scope == typed, "{source}: {warnings:#?}");
        }
    }
}

#[test]
fn members_of_maps_and_what_stands_beside_what_is_asked_for_are_known() {
    let schema = r#"{"type": "record", "name": "Maps", "fields": [
        {"name": "ms", "type": {"type": "map", "values": "string"}},
        {"name": "mr", "type": {"type": "map", "values":
            {"type": "record", "name": "In", "fields": [{"name": "t", "type": "string"}]}}},
        {"name": "pay", "type": ["null",
            {"type": "record", "name": "Card", "fields": [
                {"name": "kind", "type": {"type": "enum", "name": "K1", "symbols": ["card", "x"]}},
                {"name": "number", "type": "string"}]},
            {"type": "record", "name": "Cash", "fields": [
                {"name": "kind", "type": {"type": "enum", "name": "K2", "symbols": ["cash", "x"]}},
                {"name": "amount", "type": "int"}]}]},
        {"name": "to", "type": ["null", {"type": "record", "name": "To", "fields": [
            {"name": "city", "type": "string"}, {"name": "zip", "type": ["null", "string"]}]}]}]}"#;
    let scope = Scope::start().after_decode(&decode(schema));
    for (filter, map) in [
        (".ms.a != null", ".x = upcase(.ms.a)"),
        ("exists(.ms.a)", ".x = upcase(.ms.a)"),
        (".mr.a != null", ".x = upcase(.mr.a.t)"),
        (".mr.a.t != null", ".x = upcase(.mr.a.t)"),
        (".pay.kind == \"card\"", ".x = upcase(.pay.number)"),
        (".to.zip != null", ".x = upcase(.to.city)"),
        ("%key != null", ".x = upcase(%key)"),
    ] {
        let filtered = compiled(&scope, ProgramKind::Filter, filter);
        compiled(filtered.0.scope_after(), ProgramKind::Map, map);
        compiled(&scope, ProgramKind::Map, &format!("if {filter} {{ {map} }}"));
    }
    let tombstone_passes = compiled(&scope, ProgramKind::Filter, "%key != null && .to != null");
    assert!(!refused(tombstone_passes.0.scope_after(), ProgramKind::Map, ".x = upcase(%key)").is_empty());
}

#[test]
fn what_branches_leave_is_known_to_the_next_step() {
    for maps in [
        ["if .note == null { .note = \"d\" }", ".x = upcase(.note)"],
        ["if .note == null { abort }", ".x = upcase(.note)"],
        [".q = if .note != null { .note } else { \"d\" }", ".x = upcase(.q)"],
    ] {
        after(&maps);
    }
}

#[test]
fn what_is_wrong_beside_a_needless_handling_is_told() {
    let source = "if .note != null { x = del(.note) ?? \"a\"\n.x = upcase(x) }";
    let found = compile_in(ProgramKind::Map, source, &orders()).expect_err("x may be null");
    let codes: Vec<_> = found.iter().map(|found| (found.code, found.is_error)).collect();
    assert_eq!(codes, [(651, false), (103, true)], "{found:#?}");
}

#[test]
fn what_fails_is_told_at_its_place_as_it_was_written() {
    let source = "if .note != null { .n = upcase(.note) }\n.x = to_int!(.region)";
    let (program, _) = compiled(&orders(), ProgramKind::Map, source);
    let mut frame = Frame::default();
    let members = [("note".into(), Value::from("a")), ("region".into(), Value::from("EU"))];
    frame.set_value(Document::Eager(Value::Object(members.into_iter().collect())));
    let error = Runner::new().map(&program, &mut frame).expect_err("EU is no integer");
    let at = source.find("to_int").expect("it is there");
    assert!(error.message.starts_with("line 2: "), "{}", error.message);
    assert!(error.message.contains(&format!("at ({at}:{})", source.len())), "{}", error.message);
}
