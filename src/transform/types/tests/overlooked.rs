//! What VRL overlooks, and is found all the same: each program would fail for a record, and VRL alone takes it.

use super::*;

/// VRL's code for what is no program.
const SYNTAX: usize = 203;

/// VRL takes these, and a record fails there.
const FAIL: [&str; 26] = [
    // What is absent stands before `||` as if it were there.
    ".n = \"s\"\nif .flag == true { del(.n) }\n.m = .n || 5\n.o = .m + \"x\"",
    "if .flag == true { .n = \"s\" }\n.m = (.n) || 5\n.o = .m + \"x\"",
    "if .flag == true { .n = \"s\" }\n.m = del(.n) || 5\n.o = .m + \"x\"",
    "if .flag == true { .n = \"s\" }\nx = if .count == 1 { .n } else { \"t\" }\n.m = x || 5\n.o = .m + \"x\"",
    "x = {}\nif .flag == true { x.n = \"s\" }\n.m = x.n || 5\n.o = .m + \"x\"",
    // Where an error is caught, not all was done before it.
    ".n = 1\n.m = { .o = to_int(.note) ?? 7; .n = \"s\"; x = to_int!(.region); .n = 2; x } ?? 3\n.p = .n + 1",
    ".n = 1\n.m, err = { .n = \"s\"; parse_int(.region) } + 1\n.o = .n + 1",
    ".n = \"s\"\n.m = { parse_int(.region); .n = 1; 2 } ?? 3\n.o = .n + 1",
    "x = 1\n.m = { x = \"s\"; parse_int(.region) } ?? 3\n.m = { parse_int(.region); x = 2; 2 } ?? 3\n.o = x + 1",
    // What is only written on the right side of an operator.
    ".m = .count == 1 && (x = true)\n.o = !x",
    ".m = .count == 1 || (x = true)\n.o = !x",
    // Closures.
    "x = 1\nfor_each(.lines) -> |_i, _l| { x = \"s\" }\n.o = x + 1",
    ".n = 1\nfor_each(.lines) -> |_i, _l| { .n = \"s\" }\n.o = .n + 1",
    "x = 1\nfor_each(.lines) -> |_i, _l| { .o = x + 1\nx = \"s\" }",
    ".n = 1\nfor_each(.lines) -> |_i, _l| { del(.n) }\n.o = .n + 1",
    "x = 1\ny = 1\nfor_each(.lines) -> |_i, _l| { .o = x + 1\nx = y\ny = \"s\" }",
    "x = 1\nfor_each(.lines) -> |_i, _l| { for_each([1]) -> |_i, _l| { x = \"s\" } }\n.o = x + 1",
    // Variables.
    "x = {\"a\": 1}\ndel(x.a)\n.o = x.a + 1",
    "x = {}\nx.a = 5\n.o = .count / x",
    // What stands around what is written may not be there.
    ".tags.k = \"z\"\n.lines[0].sku = \"z\"\n.o = .lines[0].price + 1",
    ".n = {\"a\": \"s\"}\nif .flag == true { .n = null }\n.n.b = 1\n.o = upcase(.n.a)",
    "n = {\"a\": \"s\"}\nif .flag == true { n = null }\nn.b = 1\n.o = upcase(n.a)",
    ".m = {\"k\": .customer}\nif .flag == true { del(.m.k) }\n.m.k.vip = true\n.o = upcase(.m.k.name)",
    // What is taken from an item.
    "del(.lines[0].sku)\nfor_each(.lines) -> |_i, l| { .o = upcase(l.sku) }",
    "del(.lines[0].sku)\n.o = upcase(.lines[0].sku) ?? \"x\"\n.p = upcase(.lines[0].sku || 5)",
    "x = .lines\ndel(x[0].sku)\nfor_each(x) -> |_i, l| { .o = upcase(l.sku) }",
];

/// As far as these go, nothing can fail.
const RUN: [&str; 27] = [
    ".m = .note || \"none\"\n.o = upcase(.m)",
    ".m = .region || 5\n.o = upcase(.m)",
    "if .flag == true { .n = \"s\" }\n.m = .n || \"t\"\n.o = upcase(.m)",
    "if .flag == true { .n = 1 }\n.m = .n || 5\n.o = .m + 1",
    "x = to_int(.region) ?? 0\n.o = x + 1",
    ".n, .e = to_int(.region)\n.o = .n + 1",
    "n = 0\nfor_each(.lines) -> |_i, _l| { n = n + 1 }\n.o = n + 1",
    "n = 0.0\nfor_each(.lines) -> |_i, l| { n = n + l.price }\n.o = n + 1",
    ".n = 0\nfor_each(.lines) -> |_i, _l| { .n = .n + 1 }\n.o = .n + 1",
    "n = 0\nfor_each(.lines) -> |_i, _l| { n = n + 1 } # as many\n.o = n + 1",
    "x = {}\nx.a = .count # as many\n.o = x.a + 1",
    "x = []\nfor_each(.lines) -> |_i, l| { x = push(x, l.sku) }\n.o = length(x)",
    "x = {}\nfor_each(.tags) -> |k, v| { x = set!(x, [k], upcase(v)) }\n.o = x",
    ".tags = map_values(.tags) -> |v| { v = upcase(v); v + \"x\" }",
    ".o = filter(.lines) -> |_i, l| { p = l.price * 2.0; p > 1.0 }\n.p = length(.o)",
    "x = 1\nif .count > 5 && .count < 9 { x = 2 }\n.o = x + 1",
    // The envelope has nothing to do with the members of the value.
    "%headers.h = upcase(.region)",
    "%headers.h = to_string(.count)\n%headers.region = .region\n.o = upcase(.region)",
    ". = {\"n\": .count}\n%headers.h = to_string(.n)\n.o = .n + 1",
    "%headers.h, err = upcase(.region) + string(.note)\n.e = err\n.o = upcase(.region)",
    // What stands around what is written is made.
    ".new.y = 1\n.o = .count + .new.y",
    ".new[0] = 1\n.o = .count + 1",
    ".new.y = if .count > 1 { .region } else { \"a\" }\n.o = upcase(.new.y)",
    "x = {}\nx.a.b = 1\n.o = .count + x.a.b",
    ".customer.name.first = \"a\"\n.o = .count + 1",
    ".customer.name = \"a\"\n.o = upcase(.customer.name)\n.p = !.customer.vip",
    "%headers.h = \"x\"\n.new.a.b = upcase(.region)\n.o = upcase(.new.a.b)",
];

#[test]
fn what_vrl_overlooks_is_refused() {
    for source in FAIL {
        let found = compile_in(ProgramKind::Map, source, &orders()).expect_err(source);
        // What is compiled in the place of the program is no less a program.
        assert!(found.iter().all(|found| found.code != SYNTAX), "{source}: {found:#?}");
    }
}

#[test]
fn what_cannot_fail_needs_no_handling() {
    for source in RUN {
        let found = compile_in(ProgramKind::Map, source, &orders()).map(|(_, warnings)| warnings);
        assert_eq!(found, Ok(Vec::new()), "{source}");
    }
}

#[test]
fn findings_stand_where_they_are_in_the_program_as_written() {
    let source = "if .flag == true { .n = \"s\" }\n.m = .n || 5\n.o = .m + \"x\"";
    let found = compile_in(ProgramKind::Map, source, &orders()).expect_err("it can fail");
    let places: Vec<_> = found.iter().map(|found| &source[found.labels[0].span.clone()]).collect();
    assert_eq!(places, [".m + \"x\""], "{found:#?}");
}

#[test]
fn a_closure_writes_below_what_is_not_there() {
    for source in [
        "for_each([1, 2]) -> |_i, v| { .o.deep = v }\n.n = upcase(.region)",
        "for_each([1, 2]) -> |_i, v| { .o.p.deep = v\nif v == 2 { .o.q[0] = 1 } }\n.n = upcase(.region)",
        "for_each(.tags) -> |k, v| { if k == \"a\" { .customer.tag = v } }\n.n = upcase(.customer.name)",
        ".x = { .o.deep = 1\nto_int(.region) } ?? 0\n.n = upcase(.region)",
    ] {
        compiled(&orders(), ProgramKind::Map, source);
    }
}
