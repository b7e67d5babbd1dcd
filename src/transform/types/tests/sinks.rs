//! What sinks take of what programs leave.

use super::*;

#[test]
fn a_sink_needs_its_members_and_has_no_others() {
    let out = record(&[field("id", "\"long\""), field("total_eur", "\"double\"")].join(","));
    let scope = after(&[". = {\"id\": .id, \"total_euro\": .weight}"]);
    let found = check_sink(&scope, &out, Extra::Error);
    assert_eq!(
        errors(&found),
        [
            "`.total_eur` is missing: the sink's schema wants double, and has no default for it",
            "the sink's schema has no `.total_euro`",
        ]
    );
    assert_eq!(found[1].label, "did you mean `.total_eur`?");
    assert_eq!(found[1].written.as_ref().map(|blame| (blame.map, blame.span.clone())), Some((0, 0..1)));
    assert_eq!(errors(&check_sink(&scope, &out, Extra::Drop)).len(), 1);
    let scope = after(&["del(.region)"]);
    let found = check_sink(&scope, &record(&field("region", "\"string\"")), Extra::Drop);
    assert_eq!(found[0].label, "taken away here");
    let defaulted = r#"{"name": "region", "type": "string", "default": "?"}"#;
    assert_eq!(check_sink(&scope, &record(defaulted), Extra::Drop), []);
}

#[test]
fn what_is_too_much_is_taken_away_by_what_is_advised() {
    let items = r#"{"type": "array", "items": {"type": "record", "name": "L", "fields": [{"name": "sku", "type": "string"}]}}"#;
    let out = record(&field("lines", items));
    let of = |program: &str| {
        let scope = after(&[". = {\"lines\": .lines}", program]);
        check_sink(&scope, &out, Extra::Error)
    };
    let found = of(".lines = .lines");
    assert_eq!(errors(&found), ["the sink's schema has no `.lines[…].price`"]);
    let program = ".lines = map_values(.lines) -> |item| { del(item.price); item }";
    assert_eq!(
        found[0].notes,
        [format!("take it away (`{program}`), or write `extra: drop` where the sink's schema is named")]
    );
    assert_eq!(of(program), []);
}

#[test]
fn a_name_that_was_written_wrong_is_told_of_though_the_right_one_stands_there() {
    let out = record(&field("region", "\"string\""));
    let scope = after(&[". = {\"region\": .region}", ".regoin = upcase(.region)"]);
    let found = check_sink(&scope, &out, Extra::Error);
    assert_eq!(found[0].label, "did you mean `.region`?");
    // What stands there as it was decoded was not written wrong.
    let two = record(&[field("regions", "\"string\""), field("region", "\"string\"")].join(","));
    let scope = Scope::start().after_decode(&decode(two.text()));
    let found = check_sink(&scope, &out, Extra::Error);
    assert_eq!(found[0].label, "`.regions` would be lost");
}

#[test]
fn what_is_not_always_there_is_said_of_records_or_items() {
    let out = record(&field("n", "\"int\""));
    let label = |program: &str| check_sink(&after(&[program]), &out, Extra::Drop)[0].label.clone();
    assert_eq!(label("if .count > 3 { .n = 1 }"), "not in every record");
    assert_eq!(label("for_each(.lines) -> |_i, _line| { .n = 1 }"), "not in every record");
    let items = r#"{"type": "array", "items": {"type": "record", "name": "L", "fields": [{"name": "sku", "type": "string"}]}}"#;
    let found = check_sink(&after(&["del(.lines[0].sku)"]), &record(&field("lines", items)), Extra::Drop);
    assert_eq!(found[0].label, "not in every item");
}

#[test]
fn a_symbol_with_swapped_letters_is_told_of_and_all_are_listed() {
    let of =
        r#"{"type": "enum", "name": "S", "symbols": ["US", "EU", "A", "B", "C", "D", "E", "F", "G", "H"]}"#;
    let found = one(&[".n = \"UE\""], "n", of);
    assert_eq!(found[0].label, "the sink's enum does not have \"UE\"; did you mean \"EU\"?");
    assert_eq!(found[0].notes, ["its symbols are `US`, `EU`, `A`, `B`, `C`, `D`, `E`, `F` and 2 more"]);
}

#[test]
fn what_fits_a_sink_and_what_does_not() {
    let int = "\"int\"";
    let fits: &[(&[&str], &str, &str)] = &[
        (&[], "id", "\"long\""),
        (&[], "count", "\"long\""),
        (&[], "count", "\"double\""),
        (&[], "note", "[\"null\", \"string\"]"),
        (&[], "total", "\"string\""),
        (&[], "total", r#"{"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 3}"#),
        (&[], "status", "\"string\""),
        (&[], "status", r#"{"type": "enum", "name": "S", "symbols": ["CLOSED", "NEW", "SHIPPED", "LOST"]}"#),
        (&[".count = .count + 1"], "count", int),
        (&[".n = 5"], "n", int),
        (&[".n = to_int(.weight)"], "n", int),
        (&[".n = string!(.note)"], "n", "\"string\""),
        (&[".n = .note || \"none\""], "n", "\"string\""),
        (&["if .note == null { .note = \"none\" }"], "note", "\"string\""),
        (&["if .note == null { abort }"], "note", "\"string\""),
        (&[".n = if .note == null { \"\" } else { .note }"], "n", "\"string\""),
        (&[".n = \"2024-01-31T00:00:00Z\""], "n", r#"{"type": "long", "logicalType": "timestamp-millis"}"#),
        (
            &[".n = \"12.3\""],
            "n",
            r#"{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}"#,
        ),
        (
            &[".n = {\"months\": 1, \"days\": 2, \"milliseconds\": 3}"],
            "n",
            r#"{"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}"#,
        ),
        (&[".n = parse_json!(.region)"], "n", int),
    ];
    for (maps, name, of) in fits {
        assert_eq!(one(maps, name, of), [], "{maps:?} {name} into {of}");
    }
    let misfits: &[(&[&str], &str, &str, &str)] = &[
        (&[], "id", int, "`.id` is a long, and the sink's schema wants int"),
        (&[".n = del(.id)"], "n", int, "`.n` is a long, and the sink's schema wants int"),
        (&[], "note", "\"string\"", "`.note` can be null, and the sink's schema wants string"),
        (&[], "weight", "\"long\"", "`.weight` is a float, and the sink's schema wants long"),
        (&[], "id", "\"string\"", "`.id` is a long, and the sink's schema wants string"),
        (&[], "region", int, "`.region` is a string, and the sink's schema wants int"),
        (&[".n = 3000000000"], "n", int, "`.n` is 3000000000, and the sink's schema wants int"),
        (
            &[".n = \"12.345\""],
            "n",
            r#"{"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}"#,
            "`.n` is \"12.345\", and the sink's schema wants decimal(6, 2)",
        ),
        (
            &[],
            "total",
            r#"{"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 1}"#,
            "`.total` is a decimal(10, 2), which is a string, and the sink's schema wants decimal(10, 1)",
        ),
        (
            &[],
            "total",
            "\"double\"",
            "`.total` is a decimal(10, 2), which is a string, and the sink's schema wants double",
        ),
        (
            &[],
            "status",
            r#"{"type": "enum", "name": "S", "symbols": ["NEW", "CLOSED"]}"#,
            "`.status` is an enum (`NEW`, `SHIPPED`, `CLOSED`), and the sink's schema wants enum `S`",
        ),
        (
            &[".n = if .count > 1 { \"BIG\" } else { \"NEW\" }"],
            "n",
            r#"{"type": "enum", "name": "S", "symbols": ["NEW", "CLOSED"]}"#,
            "`.n` is \"BIG\", and the sink's schema wants enum `S`",
        ),
        (&[], "at", "\"string\"", "`.at` is a timestamp, and the sink's schema wants string"),
        (
            &[],
            "lines",
            r#"{"type": "array", "items": "string"}"#,
            "`.lines[…]` is a record `shop.Line`, and the sink's schema wants string",
        ),
        (
            &[],
            "tags",
            r#"{"type": "map", "values": "int"}"#,
            "`.tags[…]` is a string, and the sink's schema wants int",
        ),
        (
            &[],
            "customer",
            r#"{"type": "record", "name": "C", "fields": [{"name": "vip", "type": "string"},
            {"name": "name", "type": "string"}]}"#,
            "`.customer.vip` is a boolean, and the sink's schema wants string",
        ),
        (
            &[],
            "customer",
            r#"["null", {"type": "record", "name": "C", "fields": [{"name": "name", "type": "string"}]}]"#,
            "",
        ),
    ];
    for (maps, name, of, message) in misfits {
        let found = one(maps, name, of);
        let wanted: &[&str] = if message.is_empty() { &[] } else { std::slice::from_ref(message) };
        assert_eq!(errors(&found), wanted, "{maps:?} {name} into {of}");
    }
}

#[test]
fn what_a_condition_decides_is_only_a_warning() {
    for (maps, name, of) in [
        (&["if .count > 1 { .n = 1 }"][..], "n", "\"int\""),
        (&["if .count > 1 && .note == null { .note = \"x\" }"], "note", "\"string\""),
        (&["ok = .note != null\nif !ok { .note = \"x\" }"], "note", "\"string\""),
        (&[".x = .id > 5\nif .id > 2147483647 { .id = 0 }"], "id", "\"int\""),
    ] {
        let found = one(maps, name, of);
        assert!(found.len() == 1 && !found[0].is_error, "{maps:?}: {found:#?}");
    }
    let found = one(&[], "at", r#"{"type": "long", "logicalType": "timestamp-millis"}"#);
    assert!(found.len() == 1 && !found[0].is_error, "{found:#?}");
    assert_eq!(found[0].message, "`.at` is finer than the sink's timestamp-millis");
}

#[test]
fn a_filter_keeps_out_what_it_says() {
    for (filter, name, of) in [
        (".note != null", "note", "\"string\""),
        ("!is_null(.note) && .count > 1", "note", "\"string\""),
        ("is_string(.note)", "note", "\"string\""),
        ("!(.note == null || .count == 3)", "note", "\"string\""),
        (
            ".status != \"SHIPPED\"",
            "status",
            r#"{"type": "enum", "name": "S", "symbols": ["NEW", "CLOSED"]}"#,
        ),
        (".status == \"NEW\"", "status", r#"{"type": "enum", "name": "S", "symbols": ["NEW"]}"#),
    ] {
        let (filter, _) = compiled(&orders(), ProgramKind::Filter, filter);
        assert_eq!(check_sink(filter.scope_after(), &record(&field(name, of)), Extra::Drop), [], "{name}");
        let next = compile_in(ProgramKind::Map, ".x = upcase(.note)", filter.scope_after());
        assert_eq!(next.is_ok(), name == "note");
    }
}

#[test]
fn recursive_types_end_somewhere() {
    let tree = r#"{"type": "record", "name": "Tree", "fields": [{"name": "value", "type": "int"},
        {"name": "left", "type": ["null", "Tree"]}, {"name": "right", "type": ["null", "Tree"]}]}"#;
    let scope = Scope::start().after_decode(&decode(tree));
    assert_eq!(check_sink(&scope, &Arc::new(schema(tree)), Extra::Error), []);
    assert_eq!(refused(&scope, ProgramKind::Filter, ".left.valeu == 1").len(), 1);
    compiled(&scope, ProgramKind::Filter, ".left.left.left.left.anything == 1");
}

#[test]
fn what_is_written_into_what_may_be_null_is_not_taken_for_certain() {
    let nested = r#"{"type": "record", "name": "A", "fields": [{"name": "in", "type": ["null", {"type": "record", "name": "B",
        "fields": [{"name": "x", "type": "long"}, {"name": "y", "type": "long"}]}]}]}"#;
    let spec = made("  - map: .in.x = 3\n", "encode: json");
    let program = spec.transform.iter().find_map(|step| match step {
        StepSpec::Map(program) => Some(program.source().to_owned()),
        _ => None,
    });
    let scope = Scope::start().after_decode(&decode(nested));
    let source = program.expect("there is a map");
    let (program, _) = compile_in(ProgramKind::Map, &source, &scope).expect("it compiles");
    let found = check_sink(program.scope_after(), &Arc::new(schema(nested)), Extra::Error);
    assert!(found.iter().all(|finding| !finding.is_error), "{found:?}");
}

#[test]
fn integers_that_a_type_of_floats_does_not_hold_are_warned_of() {
    for (maps, name, of, words) in [
        (&[][..], "count", "\"float\"", "`.count` is an int, and the sink's schema wants float"),
        (&[], "id", "\"float\"", "`.id` is a long, and the sink's schema wants float"),
        (&[], "id", "\"double\"", "`.id` is a long, and the sink's schema wants double"),
        (&[], "id", "[\"null\", \"double\"]", "`.id` is a long, and the sink's schema wants double"),
    ] {
        let found = one(maps, name, of);
        assert_eq!(found.len(), 1, "{name} into {of}: {found:#?}");
        assert!(!found[0].is_error && found[0].message == words, "{found:#?}");
        assert!(found[0].label.contains("`avro_range`"), "{found:#?}");
    }
    for (maps, name, of) in [
        (&[][..], "count", "\"double\""),
        (&[], "id", "[\"double\", \"long\"]"),
        (&[".n = length(.lines)"], "n", "\"double\""),
        (&[".n = 16777216"], "n", "\"float\""),
        (&["if .id < 0 || .id > 1000 { abort }"], "id", "\"float\""),
    ] {
        assert_eq!(one(maps, name, of), [], "{maps:?} {name} into {of}");
    }
    for (map, of) in [(".n = 16777217", "\"float\""), (".n = 9007199254740993", "\"double\"")] {
        let found = one(&[map], "n", of);
        assert!(found.len() == 1 && found[0].is_error, "{map}: {found:#?}");
    }
}

#[test]
fn bytes_that_no_map_wrote_are_told_where_json_is_written() {
    let bytes = |maps: &[&str]| {
        let schema = r#"{"type": "record", "name": "R", "fields": [
            {"name": "id", "type": "long"}, {"name": "raw", "type": "bytes"},
            {"name": "inside", "type": {"type": "record", "name": "I", "fields": [
                {"name": "code", "type": ["null", {"type": "fixed", "name": "F", "size": 4}]}]}},
            {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
            {"name": "all", "type": {"type": "array", "items": "bytes"}}]}"#;
        let scope = Scope::start().after_decode(&decode(schema));
        let scope = maps
            .iter()
            .fold(scope, |scope, map| compiled(&scope, ProgramKind::Map, map).0.scope_after().clone());
        let found = check_sink_json(&scope);
        assert!(found.iter().all(|found| !found.is_error));
        found.into_iter().map(|found| found.message).collect::<Vec<_>>()
    };
    assert_eq!(
        bytes(&[]),
        [
            "`.all[…]` is bytes, and JSON holds text",
            "`.inside.code` is 4 bytes, and JSON holds text",
            "`.raw` is bytes, and JSON holds text",
        ]
    );
    assert_eq!(
        bytes(&[".raw = encode_base64(.raw)\ndel(.inside)"]),
        ["`.all[…]` is bytes, and JSON holds text"]
    );
}

#[test]
fn what_only_some_values_fit_is_warned_of() {
    let decimal = r#"{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}"#;
    let wide = r#"{"type": "bytes", "logicalType": "decimal", "precision": 21, "scale": 2}"#;
    let word = r#"{"type": "enum", "name": "E", "symbols": ["A"]}"#;
    let fixed = r#"{"type": "fixed", "name": "F", "size": 4}"#;
    let uuid = r#"{"type": "string", "logicalType": "uuid"}"#;
    let date = r#"{"type": "int", "logicalType": "date"}"#;
    for (name, of, label) in [
        ("id", decimal, "it keeps 2 digits before the point: one with more is poison (`avro_range`)"),
        ("count", decimal, "it keeps 2 digits before the point: one with more is poison (`avro_range`)"),
        ("region", word, "only its symbols are taken: any other text is poison"),
        ("region", fixed, "only 4 bytes are taken: any other text is poison"),
        ("region", uuid, "only UUIDs are taken: any other text is poison"),
        ("region", date, "only dates (`2024-01-31`) are taken: any other text is poison"),
    ] {
        let found = one(&[], name, of);
        let told: Vec<_> = found.iter().map(|found| (found.is_error, found.label.as_str())).collect();
        assert_eq!(told, [(false, label)], "{name} {of}");
    }
    for (maps, name, of) in [
        (&[][..], "id", wide),
        (&[".id = 7"], "id", decimal),
        (&[".region = upcase(.region)"], "region", word),
        (&[".count = .count + 1"], "count", decimal),
    ] {
        assert_eq!(one(maps, name, of), Vec::new(), "{maps:?} {name} {of}");
    }
    // No text of the form is as long.
    for (name, of) in [("ref", fixed), ("total", r#"{"type": "fixed", "name": "F", "size": 2}"#)] {
        assert_eq!(errors(&one(&[], name, of)).len(), 1, "{name} {of}");
    }
}

#[test]
fn what_a_condition_asks_of_what_was_copied_is_not_certain() {
    for (map, when) in [(".v = .note", ".note != null"), (".v = .status", ".status != \"CLOSED\"")] {
        let scope = after(&[map]);
        let when = compiled(&scope, ProgramKind::When, when);
        let of = match map {
            ".v = .note" => "\"string\"",
            _ => r#"{"type": "enum", "name": "S", "symbols": ["NEW", "SHIPPED"]}"#,
        };
        let found = check_sink(when.0.scope_after(), &record(&field("v", of)), Extra::Drop);
        assert!(found.len() == 1 && !found[0].is_error, "{map}: {found:#?}");
        assert!(check_sink(&scope, &record(&field("v", of)), Extra::Drop)[0].is_error, "{map}");
    }
    let number = after(&[".v = 1.5"]);
    let when = compiled(&number, ProgramKind::When, ".note != null");
    assert!(check_sink(when.0.scope_after(), &record(&field("v", "\"int\"")), Extra::Drop)[0].is_error);
}

#[test]
fn what_a_closure_asks_of_its_item_is_not_certain() {
    let schema = r#"{"type": "record", "name": "In", "fields": [{"name": "tags", "type": {"type": "array", "items":
        {"type": "record", "name": "Tag", "fields": [{"name": "name", "type": ["null", "string"]}]}}}]}"#;
    let scope = Scope::start().after_decode(&decode(schema));
    let map = ".v = map_values(.tags) -> |tag| { if tag.name != null { tag.name } else { \"none\" } }";
    let scope = compiled(&scope, ProgramKind::Map, map).0.scope_after().clone();
    let sink = record(&field("v", r#"{"type": "array", "items": "string"}"#));
    let found = check_sink(&scope, &sink, Extra::Drop);
    assert!(found.iter().all(|finding| !finding.is_error), "{found:#?}");
}

#[test]
fn what_a_closure_keeps_out_is_not_certain_inside_of_what_it_keeps() {
    let schema = r#"{"type": "record", "name": "In", "fields": [{"name": "lines", "type": {"type": "array", "items":
        {"type": "record", "name": "Line", "fields": [{"name": "sku", "type": ["null", "string"]},
        {"name": "more", "type": {"type": "map", "values": ["null", "string"]}}]}}}]}"#;
    let scope = Scope::start().after_decode(&decode(schema));
    let sink = |sku: &str| {
        let item = format!(
            r#"{{"type": "record", "name": "Kept", "fields": [{{"name": "sku", "type": {sku}}},
            {{"name": "more", "type": {{"type": "map", "values": "string"}}}}]}}"#
        );
        record(&field("v", &format!(r#"{{"type": "array", "items": {item}}}"#)))
    };
    let map = ".v = filter(.lines) -> |_i, line| { line.sku != null && line.more != {} }";
    let kept = compiled(&scope, ProgramKind::Map, map).0.scope_after().clone();
    let found = check_sink(&kept, &sink("\"string\""), Extra::Drop);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found.iter().all(|finding| !finding.is_error), "{found:#?}");
    // What no item fits is met by all that are left.
    assert_eq!(errors(&check_sink(&kept, &sink("\"int\""), Extra::Drop)).len(), 2);
    // Without the closure all that the schema allows comes.
    let whole = compiled(&scope, ProgramKind::Map, ".v = .lines").0.scope_after().clone();
    assert_eq!(errors(&check_sink(&whole, &sink("\"string\""), Extra::Drop)).len(), 2);
}

#[test]
fn what_a_map_lets_through_by_return_is_not_certain() {
    let map = "if .note != null { return . }\nabort";
    let found = one(&[map], "note", "\"string\"");
    assert!(found.len() == 1 && !found[0].is_error, "{found:#?}");
    assert_eq!(errors(&one(&[map], "note", "\"int\"")).len(), 2);
}
