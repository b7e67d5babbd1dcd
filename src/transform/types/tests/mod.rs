//! Programs against schemas: what is refused, in which words, and what is not.

use std::sync::Arc;

use crate::codec::avro::Schema;
use crate::config::spec::{DataSchema, DecodeSpec, Decoding, Extra, Format, StepSpec};
use crate::config::{LoadRequest, load};
use crate::transform::{
    Program, ProgramDiagnostic, ProgramKind, Scope, SinkFinding, check_sink, check_writer, compile_in,
    fits_writer,
};

const ORDER: &str = r#"{"type": "record", "name": "shop.Order", "fields": [
    {"name": "id", "type": "long"},
    {"name": "count", "type": "int"},
    {"name": "region", "type": "string"},
    {"name": "note", "type": ["null", "string"], "default": null},
    {"name": "status", "type": {"type": "enum", "name": "Status", "symbols": ["NEW", "SHIPPED", "CLOSED"]}},
    {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
    {"name": "weight", "type": "double"},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "ref", "type": {"type": "string", "logicalType": "uuid"}},
    {"name": "customer", "type": {"type": "record", "name": "Customer", "fields": [
        {"name": "name", "type": "string"}, {"name": "vip", "type": "boolean"}]}},
    {"name": "lines", "type": {"type": "array", "items": {"type": "record", "name": "Line", "fields": [
        {"name": "sku", "type": "string"}, {"name": "price", "type": "double"}]}}},
    {"name": "tags", "type": {"type": "map", "values": "string"}},
    {"name": "flag", "type": ["null", "boolean"]}
]}"#;

fn schema(text: &str) -> Schema {
    Schema::parse(text, &[]).expect("it is a schema")
}

fn decode(text: &str) -> DecodeSpec {
    let value =
        Decoding { schema: Some(DataSchema::Avro(Arc::new(schema(text)))), ..Decoding::plain(Format::Avro) };
    DecodeSpec { value, key: Decoding::plain(Format::Raw) }
}

fn orders() -> Scope {
    Scope::start().after_decode(&decode(ORDER))
}

fn compiled(scope: &Scope, kind: ProgramKind, source: &str) -> (Program, Vec<ProgramDiagnostic>) {
    compile_in(kind, source, scope).unwrap_or_else(|found| panic!("{source}: {found:#?}"))
}

/// What is refused, each as its message and what is said at its place.
fn refused(scope: &Scope, kind: ProgramKind, source: &str) -> Vec<(String, String)> {
    match compile_in(kind, source, scope) {
        Ok(_) => Vec::new(),
        Err(found) => {
            let errors = found.into_iter().filter(|found| found.is_error);
            errors.map(|found| (found.message, found.labels[0].message.clone())).collect()
        }
    }
}

fn only(kind: ProgramKind, source: &str) -> (String, String) {
    let mut found = refused(&orders(), kind, source);
    assert_eq!(found.len(), 1, "{source}: {found:#?}");
    found.remove(0)
}

fn after(maps: &[&str]) -> Scope {
    maps.iter().fold(orders(), |scope, map| compiled(&scope, ProgramKind::Map, map).0.scope_after().clone())
}

fn record(fields: &str) -> Arc<Schema> {
    Arc::new(schema(&format!(r#"{{"type": "record", "name": "Out", "fields": [{fields}]}}"#)))
}

fn field(name: &str, of: &str) -> String {
    format!(r#"{{"name": "{name}", "type": {of}}}"#)
}

/// What a sink with one field of a type says about a program that leaves nothing else.
fn one(maps: &[&str], name: &str, of: &str) -> Vec<SinkFinding> {
    check_sink(&after(maps), &record(&field(name, of)), Extra::Drop)
}

fn errors(found: &[SinkFinding]) -> Vec<&str> {
    found.iter().filter(|found| found.is_error).map(|found| found.message.as_str()).collect()
}

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
fn members_that_the_schema_does_not_have_are_named_with_the_nearest_one() {
    for (kind, source, message, label) in [
        (
            ProgramKind::Filter,
            ".regoin == \"EU\"",
            "the value has no member `.regoin`",
            "did you mean `.region`?",
        ),
        (
            ProgramKind::Map,
            ".x = .customer.nme",
            "`.customer` has no member `nme`",
            "did you mean `.customer.name`?",
        ),
        (
            ProgramKind::Map,
            ".x = .lines[0].skuu",
            "`.lines[0]` has no member `skuu`",
            "did you mean `.lines[0].sku`?",
        ),
        (ProgramKind::Filter, "exists(.zzz)", "the value has no member `.zzz`", "no such member"),
        (ProgramKind::Map, "del(.sttus)", "the value has no member `.sttus`", "did you mean `.status`?"),
        (ProgramKind::Map, ".x = .region.code", "`.region` has no members", "it is a string here"),
        (ProgramKind::Map, ".x = .lines.sku", "`.lines` has no members", "it is an array here"),
        (ProgramKind::Map, ".x = .count[0]", "`.count` is no array", "this is an int"),
        (
            ProgramKind::Map,
            ".x = to_string!(.regoin)",
            "the value has no member `.regoin`",
            "did you mean `.region`?",
        ),
    ] {
        assert_eq!(only(kind, source), (message.to_owned(), label.to_owned()), "{source}");
    }
}

#[test]
fn members_that_a_program_makes_are_there() {
    for source in [
        ".new = 1\n.x = .new + 1",
        ".tags.anything = \"a\"\n.x = .tags.other",
        "if .count > 1 { .big = true }\n.x = .big",
        "for_each(.lines) -> |_i, line| { .last = line.sku }\n.x = .last",
        ". = {\"a\": {\"b\": 1}}\n.x = .a.b",
        ". |= {\"more\": 1}\n.x = .more",
        ".x = .lines[-1].price",
    ] {
        compiled(&orders(), ProgramKind::Map, source);
    }
    let scope = after(&["del(.note)\n.new.deep = 1"]);
    compiled(&scope, ProgramKind::Filter, ".new.deep == 1");
    assert_eq!(refused(&scope, ProgramKind::Filter, "exists(.note)").len(), 1);
    let found = compile_in(ProgramKind::Map, "del(.note)\n.x = .note", &orders()).expect_err("it is gone");
    assert_eq!(found[0].labels[1].message, "taken away here");
}

#[test]
fn comparisons_that_are_decided_beforehand_are_refused() {
    for (source, message, label) in [
        (
            ".status == \"SHIPED\"",
            "this comparison can never be true: the enum of `.status` has no symbol \"SHIPED\"",
            "did you mean \"SHIPPED\"?",
        ),
        (
            "\"OLD\" != .status",
            "this comparison is always true: the enum of `.status` has no symbol \"OLD\"",
            "no such symbol",
        ),
        (".id == \"5\"", "this comparison can never be true", "`.id` (a long) and \"5\" are never equal"),
        (".region == null", "this comparison can never be true", "`.region` is a string, and never null"),
        (".region != null", "this comparison is always true", "`.region` is a string, and never null"),
        (
            ".count > 3000000000",
            "this comparison can never be true",
            "`.count` is from -2147483648 to 2147483647",
        ),
        (
            "3000000000 >= .count",
            "this comparison is always true",
            "`.count` is from -2147483648 to 2147483647",
        ),
        (
            ".total == \"12.5\"",
            "this comparison can never be true: `.total` never is \"12.5\"",
            "not of the form \"12.00\" (always 2 digits behind the point)",
        ),
        (
            ".total == 12.5",
            "this comparison can never be true",
            "`.total` (a decimal(10, 2), which is a string) and 12.5 are never equal",
        ),
        (
            "(.region < 5) ?? false",
            "this comparison always fails",
            "`.region` (a string) and 5 have no order",
        ),
        (
            "length(.lines) == \"3\"",
            "this comparison can never be true",
            "`length(.lines)` (an integer) and \"3\" are never equal",
        ),
        (
            "%partition == \"3\"",
            "this comparison can never be true",
            "`%partition` (an integer) and \"3\" are never equal",
        ),
    ] {
        assert_eq!(only(ProgramKind::Filter, source), (message.to_owned(), label.to_owned()), "{source}");
    }
}

#[test]
fn comparisons_that_can_go_either_way_are_not() {
    for source in [
        ".note == null",
        ".note != \"x\"",
        ".id == 5.0",
        ".weight == 5",
        ".total == \"12.50\"",
        ".tags.a == null",
        ".tags.a == \"x\"",
        ".lines[0] == null",
        ".count < 2147483647",
        ".status != \"NEW\"",
        "if exists(.note) && .note != null { .note == \"x\" } else { true }",
        "%key == \"a\"",
        ".flag == true",
    ] {
        compiled(&orders(), ProgramKind::Filter, source);
    }
    compiled(&orders(), ProgramKind::Map, "if .count > 1 { .status = \"BIG\" }\n.x = .status == \"BIG\"");
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
        assert!(
            found[0].notes.iter().any(|note| note.contains("name a `schema` at the `decode`")),
            "{found:#?}"
        );
    }
    let found = compile_in(ProgramKind::Map, ".x = upcase(.id)", &orders()).expect_err("it is a long");
    assert!(!found[0].notes.iter().any(|note| note.contains("`schema`")), "{found:#?}");
}

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
        (&[], "weight", "\"float\""),
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

/// What is said of a writer's schema by a pipeline of these steps, whose sink is written by a schema beside the bad files.
/// What is said of a writer's schema that turns up while the pipeline runs.
fn misfits(steps: &str, sink: &str, writer: &str) -> Result<(), String> {
    fits_writer(&made(steps, sink), &Arc::new(schema(writer)))
}

fn made(steps: &str, sink: &str) -> crate::config::spec::PipelineSpec {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad/types-sinks");
    let text = format!(
        "name: made\nsource: {{topics: [orders]}}\ntransform:\n  - decode: avro\n{steps}sinks:\n  - topic: out\n    {sink}\n"
    );
    let request = LoadRequest {
        bootstrap: Some("localhost:9092".to_owned()),
        schema_registry: Some("http://localhost:8081".to_owned()),
        texts: vec![(folder.join("made.yaml"), text)],
        ..LoadRequest::default()
    };
    let mut loaded = load(&request).unwrap_or_else(|report| panic!("{report}"));
    loaded.config.pipelines.remove(0)
}

#[test]
fn a_writers_schema_is_held_against_programs_and_sinks() {
    let json = "encode: json";
    let newer = ORDER.replace("\"region\"", "\"area\"");
    let step = "  - filter: .count != 3\n  - map: |\n      .x = 1\n      .y = to_string!(.region)\n";
    assert_eq!(misfits(step, json, ORDER), Ok(()));
    assert_eq!(
        misfits(step, json, &newer),
        Err("step 3, line 2: the value has no member `.region` (no such member)".to_owned())
    );
    let key = "encode: {value: {format: avro, schema: key.avsc, extra: drop}}";
    assert_eq!(
        misfits("", key, ORDER),
        Err("the sink `out`: `.id` is a long, and the sink's schema wants string (a long is no string)"
            .to_owned())
    );
    assert_eq!(misfits("  - map: .id = to_string!(.id)\n", key, ORDER), Ok(()));
}

#[test]
fn members_that_only_some_versions_have_may_be_asked_for() {
    for step in [
        "if exists(.added) { .x = .added }",
        ".x = is_null(.added)",
        ".x = .added == null",
        ".x = to_string(.added) ?? \"none\"",
        "if .added != null { .x = .added.deep }",
        "if exists(.added) && .added == 5 { .x = 1 }",
    ] {
        let step = format!("  - map: '{step}'\n");
        assert_eq!(misfits(&step, "encode: json", ORDER), Ok(()), "{step}");
    }
    assert!(misfits("  - map: .x = .added\n", "encode: json", ORDER).is_err());
}

#[test]
fn members_are_looked_up_in_variables_too() {
    let scope = Scope::start().after_decode(&decode(ORDER));
    let errors = |source: &str| match compile_in(ProgramKind::Map, source, &scope) {
        Ok(_) => Vec::new(),
        Err(found) => found.into_iter().filter(|found| found.is_error).map(|found| found.message).collect(),
    };
    assert_eq!(errors("x = .customer\n.y = x.nmae"), ["`x` has no member `nmae`"]);
    assert_eq!(errors("x = .\n.y = x.customer.vpi"), ["`x.customer` has no member `vpi`"]);
    for source in [
        "x = .customer\n.y = x.name",
        "x = .tags\n.y = x.whatever",
        "x = {}\nx.a = 1\n.y = x.a",
        "x = .customer\nif exists(.unknown.y) { .y = 1 }\n.y = x.vip",
        "x = {\"a\": 1}\nfor_each(.lines) -> |_i, line| { x.b = line.sku }\n.y = x.b",
    ] {
        let found: Vec<String> = errors(source);
        assert!(!found.iter().any(|message| message.contains("`x")), "{source}: {found:?}");
    }
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

/// A record is poison for what it is, not for what another record of its schema might be.
#[test]
fn what_only_some_records_of_a_schema_do_is_seen_when_they_come() {
    for steps in [
        "  - filter: .status == \"RETURNED\"\n",
        "  - filter: .status != \"RETURNED\"\n",
        "  - filter: .count != 3000000000\n",
        "  - map: del(.added)\n",
        "  - map: .x = .added || \"none\"\n",
        "  - map: 'if is_string(.added) { .x = 1 }'\n",
    ] {
        assert_eq!(misfits(steps, "encode: json", ORDER), Ok(()), "{steps}");
    }
    let nullable =
        made("  - map: '. = {\"id\": .note}'\n", "encode: {value: {format: avro, schema: key.avsc}}");
    let writer = Arc::new(schema(ORDER));
    assert_eq!(fits_writer(&nullable, &writer), Ok(()));
    assert!(check_writer(&nullable, &writer).is_err());
    let number = made("  - map: '. = {\"id\": .id}'\n", "encode: {value: {format: avro, schema: key.avsc}}");
    assert!(fits_writer(&number, &writer).is_err());
    let told = check_writer(&made("  - filter: .status == \"RETURNED\"\n", "encode: json"), &writer);
    assert!(told.is_err_and(|told| told.contains("RETURNED")), "check says it of a schema that is known");
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
fn what_fails_for_each_record_of_a_writer_is_a_misfit_where_records_come() {
    let fails = misfits("  - map: .x = upcase!(.id)\n", "encode: json", ORDER);
    let message =
        "step 2, line 1: invalid argument type (this expression resolves to the exact type integer)";
    assert_eq!(fails, Err(message.to_owned()));
    let guarded = "  - map: 'if is_string(.id) { .x = upcase!(.id) }'\n";
    assert_eq!(misfits(guarded, "encode: json", ORDER), Ok(()));
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
