//! What types do to programs: what needs no handling, and what is refused.

use super::*;

#[test]
fn types_of_a_schema_need_no_handling() {
    for source in [
        ".region = upcase(.region)",
        ".count = .count + 1",
        ".weight = round(.weight * 1.5, precision: 2)",
        ".n = length(.lines) + to_unix_timestamp(.at)",
        ".customer.name = downcase(.customer.name)",
    ] {
        compiled(&orders(), ProgramKind::Map, source);
    }
    for source in [".count > 5", ".customer.vip", ".status == \"NEW\"", "contains(.region, \"EU\")"] {
        compiled(&orders(), ProgramKind::Filter, source);
    }
    assert!(!refused(&orders(), ProgramKind::Map, ".x = upcase(.id)").is_empty());
}

#[test]
fn a_filter_must_be_able_to_give_a_boolean() {
    let (message, label) = only(ProgramKind::Filter, ".region");
    assert_eq!((message.as_str(), label.as_str()), ("a filter must give a boolean", "this gives string"));
    let (_, warnings) = compiled(&orders(), ProgramKind::When, ".flag");
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert!(warnings[0].message.contains("may give what is no boolean"), "{}", warnings[0].message);
}

#[test]
fn what_compiles_untyped_compiles_typed_and_keeps_its_types() {
    for source in [
        ".w, err = to_float(.weight)\n.n = 1",
        ".w = to_float(.weight) ?? 0.0\n.n = 1",
        ".w = to_float!(.weight)\n.n = 1",
        ".w = upcase!(.id)\n.n = 1",
        // Beside what needs types.
        ".w = .count / 2 ?? 0\n.n = .count + 1",
        ".w, err = to_float(.weight) + 1.0\n.n = 1\n.r = upcase(.region)",
        ".w = (to_float(.weight) ?? 0.0) + .weight\n.n, err = length(.region)\n.r = upcase(.region)",
    ] {
        let (map, warnings) = compiled(&orders(), ProgramKind::Map, source);
        assert!(warnings.iter().all(|found| !found.is_error), "{source}");
        // Nobody changed these, and they need no handling.
        compiled(map.scope_after(), ProgramKind::Filter, ".count > 1 && .n > 0 && .weight > 1");
    }
    let (_, warnings) = compiled(&orders(), ProgramKind::Map, ".w = upcase!(.id)");
    assert!(
        warnings[0].notes.iter().any(|note| note.contains("it fails for each record that comes here")),
        "{warnings:#?}"
    );
    let returns = after(&["if .count == 1 { .region = \"x\"\nreturn null }\n.weight = \"y\""]);
    compiled(&returns, ProgramKind::Filter, ".count > 1 && .id > 0");
    assert!(!refused(&returns, ProgramKind::Filter, ".weight > 1").is_empty());
}

#[test]
fn what_only_lacks_types_says_so() {
    let json = DecodeSpec { value: Decoding::plain(Format::Json), key: Decoding::plain(Format::Raw) };
    let json = Scope::start().after_decode(&json);
    for source in [".x = upcase(.region)", ".x = .a + 1", ".x = round(to_float(.total), 2)"] {
        let found = compile_in(ProgramKind::Map, source, &json).expect_err("nothing is known");
        assert!(found[0].notes.iter().any(|note| note.contains("a `schema` at the `decode`")), "{found:#?}");
    }
    let found = compile_in(ProgramKind::Map, ".x = upcase(.id)", &orders()).expect_err("it is a long");
    assert!(!found[0].notes.iter().any(|note| note.contains("`schema`")), "{found:#?}");
}

#[test]
fn a_call_that_can_only_fail_and_an_item_that_may_not_be_there_are_warned_of() {
    let scope = Scope::start().after_decode(&decode(ORDER));
    for source in [".x = string!(.id)", ".x = int!(.region)", ".x = to_int!(.lines)", ".x = object!(.tags.a)"]
    {
        let (_, warnings) = compile_in(ProgramKind::Map, source, &scope).expect("it compiles");
        assert!(
            warnings.iter().any(|found| found.message.contains("can only fail")),
            "{source}: {warnings:?}"
        );
    }
    for source in [".x = string!(.note)", ".x = to_int!(.region)", ".x = string!(.unknown || .region)"] {
        if let Ok((_, warnings)) = compile_in(ProgramKind::Map, source, &scope) {
            assert!(!warnings.iter().any(|found| found.message.contains("can only fail")), "{source}");
        }
    }
    let (program, _) = compile_in(ProgramKind::Map, ".lines[0].sku = \"x\"", &scope).expect("it compiles");
    let found = check_sink(program.scope_after(), &Arc::new(schema(ORDER)), Extra::Error);
    assert!(found.iter().any(|finding| finding.message.contains("price")), "{found:?}");
    assert!(found.iter().all(|finding| !finding.is_error), "{found:?}");
}

#[test]
fn a_json_schema_gives_types_and_leaves_open_what_it_does_not_say() {
    let text = r##"{"type": "object", "required": ["id", "kind"], "properties": {
        "id": {"type": "integer"}, "kind": {"enum": ["A", "B"]}, "note": {"type": ["null", "string"]},
        "share": {"type": "number"}, "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}},
        "closed": {"type": "object", "properties": {"x": {"type": "string"}}, "additionalProperties": false}},
        "$defs": {"tag": {"type": "string"}}}"##;
    let schema = crate::codec::json_schema::JsonSchema::parse(text).expect("it is a schema");
    let value =
        Decoding { schema: Some(DataSchema::Json(Arc::new(schema))), ..Decoding::plain(Format::Json) };
    let scope = Scope::start().after_decode(&DecodeSpec { value, key: Decoding::plain(Format::Raw) });
    for source in [
        ".x = .id + 1",
        ".x = upcase(.kind)",
        ".x = .unknown",
        ".x = length(.tags || [])",
        ".x = .note == null",
    ] {
        compiled(&scope, ProgramKind::Map, source);
    }
    for source in [".kind == \"C\"", ".id == \"5\"", ".closed.y == 1", ".tags[0] == 5"] {
        assert_eq!(refused(&scope, ProgramKind::Filter, source).len(), 1, "{source}");
    }
    for (name, of, is_error) in
        [("id", "\"string\"", true), ("share", "\"long\"", false), ("note", "\"int\"", true)]
    {
        let found = check_sink(&scope, &record(&field(name, of)), Extra::Drop);
        assert!(
            found.iter().any(|found| found.is_error) == is_error && !found.is_empty(),
            "{name}: {found:#?}"
        );
    }
    assert_eq!(
        check_sink(&scope, &record(&field("share", "\"double\"")), Extra::Drop)[0].message,
        "`.share` can be missing: the sink's schema wants double, and has no default for it"
    );
}
