//! Comparisons whose result is known beforehand, and their neighbours that must pass.

use super::*;

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

const ODD: &str = r#"{"type": "record", "name": "Odd", "fields": [
    {"name": "i", "type": "int"},
    {"name": "l", "type": ["null", "long"]},
    {"name": "f", "type": "float"},
    {"name": "d", "type": "double"},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}},
    {"name": "day", "type": {"type": "int", "logicalType": "date"}},
    {"name": "time", "type": {"type": "int", "logicalType": "time-millis"}},
    {"name": "local", "type": {"type": "long", "logicalType": "local-timestamp-millis"}},
    {"name": "ref", "type": {"type": "string", "logicalType": "uuid"}},
    {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["NEW", "SHIPPED", "CLOSED"]}},
    {"name": "name", "type": "string"},
    {"name": "u", "type": [
        {"type": "record", "name": "A", "fields": [
            {"name": "kind", "type": {"type": "enum", "name": "KA", "symbols": ["a"]}},
            {"name": "only_a", "type": "int"}]},
        {"type": "record", "name": "B", "fields": [
            {"name": "kind", "type": {"type": "enum", "name": "KB", "symbols": ["b", "c"]}},
            {"name": "only_b", "type": "string"}]},
        "string"]}
]}"#;

fn odd() -> Scope {
    Scope::start().after_decode(&decode(ODD))
}

#[test]
fn spellings_that_reading_never_gives_are_refused() {
    for source in [
        ".price == \"01.00\"",
        ".price == \"-0.00\"",
        ".price == \"\"",
        ".price == \"+1.00\"",
        ".price == \"1.0\"",
        ".price == \"1\"",
        ".price == \"12345.00\"",
        ".day == \"2024-13-01\"",
        ".day == \"2023-02-29\"",
        ".day == \"2024-1-1\"",
        ".time == \"12:34:56\"",
        ".time == \"24:00:00.000\"",
        ".local == \"2024-01-31 12:34:56.789\"",
        ".local == \"2024-01-31T12:34:56\"",
        ".ref == \"01234567-89AB-CDEF-0123-456789ABCDEF\"",
        ".i == 1.5",
        ".i == 3000000000",
        "1.5 == .l",
        ".f == 0.1",
        ".f == 16777217",
        ".e == \"NEW\" && .e == \"CLOSED\"",
        ".name == \"A\" && .name == \"B\"",
        ".i > 10 && .i < 5",
        ".i >= 5 && .i == 4",
        "!(.i > 5) && .i > 7",
        "upcase(.e) == \"New\"",
        "downcase(.e) == \"NEW\"",
        "upcase(.name) == \"Abc\"",
        "downcase(.name) == \"Abc\"",
        "includes([\"NEW\", \"SHIPED\"], .e)",
        "starts_with(.e, \"X\")",
        "match(.e, r'^new')",
    ] {
        let found = refused(&odd(), ProgramKind::Filter, source);
        assert_eq!(found.len(), 1, "{source}: {found:#?}");
        assert!(found[0].0.contains("can never be true"), "{source}: {found:#?}");
    }
    let found = compile_in(ProgramKind::Filter, ".f == 0.1", &odd()).expect_err("it never holds");
    assert!(found[0].notes[0].contains("reads as 0.10000000149011612"), "{found:#?}");
    let found = compile_in(ProgramKind::Filter, ".price == \"1\"", &odd()).expect_err("it never holds");
    assert_eq!(found[0].notes, ["it reads as \"1.00\""]);
}

#[test]
fn spellings_that_reading_gives_are_not() {
    for source in [
        ".price == \"1.00\"",
        ".price == \"-0.01\"",
        ".price == \"9999.99\"",
        ".day == \"2024-02-29\"",
        ".day == \"-0001-12-31\"",
        ".time == \"12:34:56.789\"",
        ".local == \"2024-01-31T12:34:56.789\"",
        ".ref == \"01234567-89ab-cdef-0123-456789abcdef\"",
        ".i == 1.0",
        ".l == 3000000000",
        ".l == 9223372036854775808.0",
        ".f == 0.5",
        ".f == 0.10000000149011612",
        ".f == 16777216",
        ".d == 0.1",
        ".e == \"NEW\" || .e == \"CLOSED\"",
        ".e != \"NEW\" && .e != \"CLOSED\"",
        ".e == \"NEW\" && .e != \"CLOSED\"",
        ".i > 5 && .i < 10",
        ".i > 5 && .i > 5",
        ".i >= 5 && .i == 5",
        "if .i > 10 { true } else if .i <= 10 { false } else { true }",
        "upcase(.e) == \"NEW\"",
        "downcase(.e) == \"shipped\"",
        "upcase(.name) == \"ABC-1\"",
        "downcase(.name) == \"äbc\"",
        "includes([\"NEW\", \"CLOSED\"], .e)",
        "includes([\"a\", \"b\"], .name)",
        "starts_with(.e, \"S\") || ends_with(.e, \"D\") || contains(.e, \"IPP\")",
        "starts_with(.e, \"new\", case_sensitive: false)",
        "match(.e, r'^N')",
    ] {
        compiled(&odd(), ProgramKind::Filter, source);
    }
    // A switch that a program carries is no mistake.
    compiled(
        &odd(),
        ProgramKind::Map,
        "is_dry = false\nif is_dry == true { .x = 1 }\nmode = \"a\"\nif mode == \"b\" { .x = 2 }",
    );
}

#[test]
fn a_tag_tells_which_record_of_a_union_it_is() {
    for source in [
        "if .u.kind == \"a\" { .x = .u.only_b }",
        "if .u.kind == \"b\" { .x = .u.only_a }",
        "if .u.kind != \"a\" && exists(.u.kind) { .x = .u.only_a }",
        "if exists(.u.only_a) { .x = .u.only_b }",
        "if !is_null(.u.only_b) { .x = .u.only_a }",
        "if is_string(.u) { .x = .u.only_a }",
        "if is_object(.u) && .u.kind == \"a\" { .x = .u.kind == \"b\" }",
    ] {
        let found = refused(&odd(), ProgramKind::Map, source);
        assert_eq!(found.len(), 1, "{source}: {found:#?}");
    }
    for source in [
        "if .u.kind == \"a\" { .x = .u.only_a + 1 }",
        "if .u.kind == \"c\" { .x = upcase(.u.only_b) }",
        "if .u.kind != \"a\" { .x = .u.only_b }",
        "if exists(.u.only_a) { .x = .u.kind == \"a\" }",
        "if is_string(.u) { .x = .u } else { .x = .u.kind }",
        ".x = .u.only_a",
    ] {
        let found = refused(&odd(), ProgramKind::Map, source);
        assert!(
            found.iter().all(|(message, _)| !message.contains("no member") && !message.contains("never")),
            "{source}: {found:#?}"
        );
    }
}
