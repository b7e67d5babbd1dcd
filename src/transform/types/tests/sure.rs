//! What comes to a sink for certain behind conditions, and what does not.

use super::*;

const IN: &str = r#"{"type": "record", "name": "In", "fields": [
    {"name": "id", "type": "long"},
    {"name": "cnt", "type": "int"},
    {"name": "db", "type": "double"},
    {"name": "by", "type": "bytes"},
    {"name": "name", "type": "string"},
    {"name": "note", "type": ["null", "string"]},
    {"name": "note2", "type": ["null", "string"]},
    {"name": "ur", "type": [
        {"type": "record", "name": "Ra", "fields": [{"name": "kind", "type": "string"}, {"name": "a", "type": "int"}]},
        {"type": "record", "name": "Rb", "fields": [{"name": "kind", "type": "string"}, {"name": "b", "type": "string"}]}]},
    {"name": "u", "type": [
        {"type": "record", "name": "X", "fields": [{"name": "x", "type": "int"}]},
        {"type": "record", "name": "Y", "fields": [{"name": "y", "type": "string"}]}]}
]}"#;

/// The variant of `.ur` that has `a`, and the one that has `b`.
const RA: &str = r#"{"type": "record", "name": "OutA", "fields": [{"name": "a", "type": "int"}]}"#;

const RB: &str = r#"{"type": "record", "name": "OutB", "fields": [{"name": "b", "type": "string"}]}"#;

/// What is known behind these steps; those that begin with `filter:` are such.
fn behind(steps: &[&str]) -> Scope {
    let start = Scope::start().with_encoded_keys(true).after_decode(&decode(IN));
    steps.iter().fold(start, |scope, step| {
        let (kind, source) = match step.strip_prefix("filter: ") {
            Some(filter) => (ProgramKind::Filter, filter),
            None => (ProgramKind::Map, *step),
        };
        compiled(&scope, kind, source).0.scope_after().clone()
    })
}

/// What a sink with one member says behind these steps.
fn told(steps: &[&str], name: &str, of: &str) -> Vec<SinkFinding> {
    check_sink(&behind(steps), &record(&field(name, of)), Extra::Drop)
}

/// It is only a warning.
fn is_warned(steps: &[&str], name: &str, of: &str) {
    let found = told(steps, name, of);
    assert!(found.len() == 1 && !found[0].is_error, "{steps:?} {name} into {of}: {found:#?}");
}

fn is_refused(steps: &[&str], name: &str, of: &str) {
    let found = told(steps, name, of);
    let errors = errors(&found).len();
    assert!(errors > 0 && errors == found.len(), "{steps:?} {name} into {of}: {found:#?}");
}

fn is_taken(steps: &[&str], name: &str, of: &str) {
    assert_eq!(told(steps, name, of), [], "{steps:?} {name} into {of}");
}

#[test]
fn what_a_condition_asks_of_a_copy_tells_of_the_original() {
    for steps in [
        &[".y = .note", "filter: .y != null"][..],
        &[".has = .note != null", "filter: .has"],
        &[".has = .note != null", ".other = 1", "filter: .has == true"],
        &[".y = length(.note) ?? 0", "filter: .y > 0"],
        &[".copy = .", "filter: .copy.note != null"],
        &["%headers.h = .note", "filter: %headers.h != null"],
        &["%key = .note", "filter: %key != null"],
        &[".in.deep = .note", "filter: .in.deep != null"],
        &[".y = .note", ".z = .y", "filter: .z != null"],
        &[".y = .note", "filter: x = .y; x != null"],
        &[".y = .note", "filter: if .y == null { return false }\ntrue"],
        &[".y = .note", "filter: .y != null", ".other = 1"],
        &[".y = .note", "if .y == null { abort }"],
        &[".y = .note\nif .y == null { abort }"],
        &[".y = .note", "x = .y\nif x == null { abort }"],
        &[".y = .note", ".ok = .y == null && { abort; true }"],
    ] {
        is_warned(steps, "note", "\"string\"");
    }
    is_warned(&[".k = exists(.ur.a)", "filter: .k"], "ur", RA);
    is_warned(&[".k = .id < 5", "filter: .k"], "id", "\"int\"");
}

#[test]
fn what_holds_for_every_record_is_refused_behind_such_a_condition() {
    for steps in [&[".y = .note", "filter: .y != null"][..], &[".k = .id < 5", "filter: .k"]] {
        is_refused(steps, "name", "\"int\"");
        is_refused(steps, "note", "\"int\"");
        is_refused(steps, "none", "\"int\"");
    }
}

#[test]
fn what_a_condition_asks_of_what_no_map_wrote_leaves_the_rest_as_it_is() {
    for steps in [
        &["filter: .note2 != null"][..],
        &[".x = 1\n.in.deep = .note", "filter: .note2 != null"],
        &["%headers.h = .note", "filter: .id > 5"],
        &["filter: .note2 != null", ".y = .note"],
        &[".y = .note", "if .y == null { .x = 1 }"],
        &[".y = .note", "if .note2 == null { abort }"],
    ] {
        is_refused(steps, "note", "\"string\"");
    }
}

#[test]
fn what_a_call_with_an_exclamation_mark_fails_for_comes_to_no_sink() {
    for steps in [
        &["string!(.note)"][..],
        &[".z = upcase!(.note)"],
        &[".z = upcase!(value: .note)"],
        &["assert!(.note != null)"],
        &["assert!(is_string(.note) && .id > 3, \"no note\")"],
        &["filter: .id > 2", "x = parse_json!(.note)\n.z = x.a"],
        &[".z = string!(.note)", ".other = 1"],
        &[".z = [string!(.note)]"],
        &[".z = string!(.note) + .name"],
    ] {
        is_taken(steps, "note", "\"string\"");
    }
    // A call that was asked of a copy, or whose failing is not understood.
    for steps in [
        &[".y = .note", "string!(.y)"][..],
        &[".y = .note\nstring!(.y)"],
        &["x = .note\nstring!(x)"],
        &[".has = .note != null", "assert!(.has)"],
        &["assert_eq!(.note, \"x\")"],
        &["assert!(length(.note) ?? 0 > 0)"],
        &["if .id > 3 { string!(.note) }"],
        &[".z = string!(.note) ?? \"none\""],
    ] {
        is_warned(steps, "note", "\"string\"");
    }
    is_warned(&["assert!(exists(.ur.a) || .id > 3)"], "ur", RA);
    is_taken(&["assert!(exists(.ur.a))"], "ur", RA);
    // What the call lets through, or does not look at, comes all the same.
    for steps in [
        &["string!(.note2)"][..],
        &[".z = to_string!(.id)"],
        &["string!(.name)"],
        &[".note2 = string!(.note2)"],
    ] {
        is_refused(steps, "note", "\"string\"");
    }
    is_refused(&["string!(.note)"], "note", "\"int\"");
}

#[test]
fn behind_a_call_with_an_exclamation_mark_nothing_is_handled_again() {
    behind(&["string!(.note)\n.z = upcase(.note)"]);
    behind(&["assert!(.note != null)\n.z = upcase(.note)"]);
    behind(&["string!(.note)", ".z = upcase(.note)"]);
    for source in [
        "if .id > 3 { string!(.note) }\n.z = upcase(.note)",
        "string!(.note)\n.note = null\n.z = upcase(.note)",
        ".z = string!(.note) ?? \"\"\n.z = upcase(.note)",
        "for_each([.id]) -> |_i, id| { if id > 3 { string!(.note) } }\n.z = upcase(.note)",
    ] {
        assert!(!refused(&behind(&[]), ProgramKind::Map, source).is_empty(), "{source}");
    }
}

#[test]
fn where_a_member_does_not_exist_the_variants_without_it_are_left() {
    is_taken(&["filter: !exists(.ur.b)"], "ur", RA);
    is_taken(&["filter: !exists(.ur.a)"], "ur", RB);
    is_taken(&["if exists(.ur.b) { abort }"], "ur", RA);
    is_taken(&["filter: !(exists(.ur.b) || .id > 3)"], "ur", RA);
    is_refused(&["filter: !exists(.ur.b)"], "ur", RB);
    is_refused(&["filter: !exists(.ur.b)"], "note", "\"string\"");
    behind(&["if exists(.u.x) { .r = .u.x } else { .r = length(.u.y) }"]);
    behind(&["filter: !exists(.u.x)", ".r = length(.u.y)"]);
    // It may be there or not, and is null where it is not.
    behind(&["if .id > 3 { .q = 1 }", "if exists(.q) { .r = 1 } else { .r = .q }"]);
    assert!(!refused(&behind(&[]), ProgramKind::Map, "if exists(.id) { .r = length(.u.y) }").is_empty());
}

#[test]
fn doubles_that_a_float_does_not_hold_are_warned_of() {
    for (steps, name) in [(&[][..], "db"), (&[".y = .db"], "y"), (&["filter: .db > 1.5"], "db")] {
        is_warned(steps, name, "\"float\"");
        let found = told(steps, name, "[\"null\", \"float\"]");
        assert_eq!(found[0].message, format!("`.{name}` is a double, and the sink's schema wants float"));
        assert!(found[0].label.starts_with("a float holds no more than 3.4e38: "), "{found:#?}");
        is_taken(steps, name, "\"double\"");
        is_taken(steps, name, "[\"float\", \"double\"]");
    }
    is_taken(&[".y = .db * 2.0"], "y", "\"float\"");
    is_taken(&[".y = 0.5"], "y", "\"float\"");
}

#[test]
fn bytes_that_functions_give_are_no_text_for_certain() {
    for source in [
        "encode_gzip!(.name)",
        "encode_zlib!(.name)",
        "encode_snappy!(.name)",
        "encode_zstd!(.name)",
        "encode_lz4!(.name)",
        "decode_gzip!(.by)",
        "decode_base64!(.name)",
        "decode_base64(.name) ?? \"\"",
        "decode_base16!(.name)",
        "random_bytes!(16)",
        "ip_pton!(.name)",
        "to_string(.by)",
        "to_string(.by) + \"x\"",
        ".by + .name",
        ".name + .by",
    ] {
        let steps = [format!(".y = {source}")];
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        is_warned(&steps, "y", "\"string\"");
        is_taken(&steps, "y", "\"bytes\"");
        let found = check_sink_json(&behind(&[&steps[..], &["del(.by)"]].concat()));
        let found: Vec<_> = found.iter().map(|found| (found.is_error, found.message.as_str())).collect();
        assert_eq!(found, [(false, "`.y` is bytes, and JSON holds text")], "{source}");
    }
    is_warned(&[".y = chunks!(.name, 4)"], "y", r#"{"type": "array", "items": "string"}"#);
    for source in ["encode_base64(.by)", "to_string(.id)", "upcase(.name)", ".name + .name"] {
        is_taken(&[&format!(".y = {source}")], "y", "\"string\"");
        assert_eq!(check_sink_json(&behind(&[&format!(".y = {source}\ndel(.by)")])), [], "{source}");
    }
}

#[test]
fn the_variant_that_lacks_a_member_is_named() {
    let found = told(&[], "ur", RA);
    assert_eq!(
        errors(&found),
        [
            "`.ur.a` is missing where `.ur` is a record `Rb`: the sink's schema wants int, and has no default for it"
        ]
    );
    assert_eq!(found[0].notes, ["filter such records out (`exists(.ur.a)`)"]);
    let found = told(&["filter: !exists(.ur.a)"], "ur", RA);
    assert_eq!(
        errors(&found),
        ["`.ur.a` is missing: the sink's schema wants int, and has no default for it"]
    );
}
