//! Closures: members and comparisons in them, and what is known behind them.

use super::*;

#[test]
fn members_are_looked_up_in_closures() {
    for (source, message, label) in [
        ("for_each(.lines) -> |_i, l| { .x = l.skuu }", "`l` has no member `skuu`", "did you mean `l.sku`?"),
        ("for_each(array!(.lines)) -> |_, l| { .x = l.xx }", "`l` has no member `xx`", "no such member"),
        (
            ".x = filter(.lines) -> |_i, l| { l.prise > 5.0 }",
            "`l` has no member `prise`",
            "did you mean `l.price`?",
        ),
        (".x = map_values(.lines) -> |l| { l.zzz }", "`l` has no member `zzz`", "no such member"),
        (
            ".x = map_values(value: .lines) -> |l| { .regoin }",
            "the value has no member `.regoin`",
            "did you mean `.region`?",
        ),
        (
            "for_each([.customer]) -> |_i, c| { for_each(.lines) -> |_i, l| { .x = [l.sku, c.nme] } }",
            "`c` has no member `nme`",
            "did you mean `c.name`?",
        ),
    ] {
        assert_eq!(only(ProgramKind::Map, source), (message.to_owned(), label.to_owned()), "{source}");
    }
}

#[test]
fn comparisons_in_closures_are_held_against_the_items() {
    for (source, message, label) in [
        (
            ".x = filter(.lines) -> |_i, l| { l.sku == 5 }",
            "this comparison can never be true",
            "`l.sku` (a string) and 5 are never equal",
        ),
        (
            "for_each(.lines) -> |i, _l| { if i == \"0\" { .x = 1 } }",
            "this comparison can never be true",
            "`i` (an integer from 0 on) and \"0\" are never equal",
        ),
        (
            ".x = filter(.tags) -> |k, v| { k == \"a\" && v != 1 }",
            "this comparison is always true",
            "`v` (a string) and 1 are never equal",
        ),
        (
            "for_each([.status]) -> |_i, s| { .x = s == \"SHIPED\" }",
            "this comparison can never be true: the enum of `s` has no symbol \"SHIPED\"",
            "did you mean \"SHIPPED\"?",
        ),
        (
            ".x = map_keys(.tags) -> |k| { if k == 1 { \"one\" } else { k } }",
            "this comparison can never be true",
            "`k` (a string) and 1 are never equal",
        ),
    ] {
        assert_eq!(only(ProgramKind::Map, source), (message.to_owned(), label.to_owned()), "{source}");
    }
}

#[test]
fn closures_that_run_fine_are_not_refused() {
    for source in [
        "for_each(.lines) -> |i, l| { if l.sku == \"a\" && i > 0 { .x = l.price } }",
        ".x = filter(.tags) -> |k, v| { k == \"a\" || v == \"b\" }",
        ".x = filter(.customer) -> |k, v| { k == \"name\" && v == \"b\" }",
        "for_each(.customer) -> |_k, v| { if v == true || v == \"x\" { .x = 1 } }",
        // What an earlier round wrote is there in a later one.
        "last = null\nfor_each(.lines) -> |_i, l| { if last != null { .x = last }\nlast = l.sku }",
        "x = 1\nfor_each(.lines) -> |_i, l| { if x == \"a\" { .x = 1 }\nx = l.sku }",
        "for_each(.lines) -> |_i, l| { if .seen == true { .x = 1 }\n.seen = true }",
        "for_each(.lines) -> |_i, l| { .status = \"DONE\" }\n.x = .status == \"DONE\"",
        "for_each(.lines) -> |_i, l| { .x = 1\nif l.sku == \"a\" { break }\n.x = \"s\" }\n.y = .x == 1",
        "for_each(.tags) -> |_k, v| { .x = 1\nif v == \"a\" { return null }\n.x = \"s\" }\n.y = .x == 1",
        ".x = map_values([{\"a\": {\"b\": 1}}], recursive: true) -> |v| { if v == 1 { 2 } else { v } }",
        ".x = replace_with(.region, r'(?P<one>E)U') -> |m| { if m.one == null { \"x\" } else { m.string } }",
        "l = .customer\nfor_each(.lines) -> |_i, l| { .x = l.sku }\n.y = l.name",
        // What a loop goes through, it may write.
        "for_each(.tags) -> |k, v| { .tags.x = v }",
        "for_each(.lines) -> |_i, l| { .lines = push(.lines, l) }",
        "for_each(.lines) -> |_i, l| { .lines[0].sku = upcase(l.sku) }",
        // What can only fail writes nothing.
        "x = \"Z\"\nfor_each(.lines) -> |_i, _l| { .m = upcase(x)\nx = string!(.count) }",
        "x = 1\ny = 2\nz = \"s\"\nfor_each(.lines) -> |_i, _l| { if x == \"s\" { .x = 1 }\nx = y\ny = z }",
    ] {
        compiled(&orders(), ProgramKind::Map, source);
    }
}

#[test]
fn what_a_loop_gathers_is_known_in_the_next_step() {
    let gathered = after(&[".a = []\nfor_each(.lines) -> |_i, l| { .a = push(.a, l.sku) }"]);
    compiled(&gathered, ProgramKind::Map, ".b = length(.a)\nfor_each(.a) -> |i, _a| { .n = i + 1 }");
    let changed = after(&[".lines = map_values(.lines) -> |l| { del(l.price)\nl.more = 1\nl }"]);
    let sink = record(&field(
        "lines",
        r#"{"type": "array", "items": {"type": "record", "name": "L", "fields": [{"name": "price", "type": "double"}]}}"#,
    ));
    let found = check_sink(&changed, &sink, Extra::Error);
    assert!(errors(&found).iter().any(|error| error.contains("price")), "{found:#?}");
    assert!(errors(&found).iter().any(|error| error.contains("more")), "{found:#?}");
}

#[test]
fn what_closures_make_has_the_types_of_their_results() {
    let strings = r#"{"type": "array", "items": "string"}"#;
    let numbers = r#"{"type": "array", "items": "double"}"#;
    assert_eq!(one(&[".n = map_values(.lines) -> |l| { l.sku }"], "n", strings), []);
    let found = one(&[".n = map_values(.lines) -> |l| { l.sku }"], "n", numbers);
    assert_eq!(errors(&found), ["`.n[…]` is a string, and the sink's schema wants double"]);
    let found = one(
        &[".tags = map_values(.tags) -> |v| { length(v) }"],
        "tags",
        r#"{"type": "map", "values": "string"}"#,
    );
    assert_eq!(errors(&found), ["`.tags[…]` is an integer, and the sink's schema wants string"]);
    let line = r#"{"type": "array", "items": {"type": "record", "name": "L", "fields": [
        {"name": "sku", "type": "string"}, {"name": "price", "type": "double"}]}}"#;
    assert_eq!(one(&[".n = filter(.lines) -> |_i, l| { l.price > 1.0 }"], "n", line), []);
    // No round may have been: what the closure writes may not be there.
    let found = one(&["for_each(.lines) -> |_i, l| { .n = l.sku }"], "n", "\"string\"");
    assert!(found.len() == 1 && !found[0].is_error, "{found:#?}");
    let found = one(&[".n = 0\nfor_each(.lines) -> |_i, l| { .n = l.sku }"], "n", "\"long\"");
    assert!(found.len() == 1 && !found[0].is_error, "{found:#?}");
    assert_eq!(one(&[".n = \"\"\nfor_each(.lines) -> |_i, l| { .n = l.sku }"], "n", "\"string\""), []);
}

#[test]
fn a_closure_binds_its_variables_anew_in_each_round() {
    for source in [
        ".x = map_values(.lines) -> |l| { l = upcase(l.sku)\nl }",
        ".x = map_values(.tags) -> |v| { v = length(v)\nv }",
        ".x = map_values(.lines) -> |l| { l.z = upcase(l.sku)\ndel(l.sku)\nl }",
        ".x = map_values(.lines) -> |l| { l.sku = length(l.sku)\nl }",
        // Nor does it touch what has the same name outside.
        "v = \"a\"\n.x = map_values(.tags) -> |v| { v = length(v)\nv }\n.y = upcase(v)",
    ] {
        compiled(&orders(), ProgramKind::Map, source);
    }
    // What it does not bind it writes.
    let source = "v = \"a\"\n.x = map_values(.tags) -> |t| { .y = upcase(v)\nv = 1\nt }";
    assert_eq!(refused(&orders(), ProgramKind::Map, source).len(), 1);
}

#[test]
fn what_closures_make_of_an_object_is_not_known_for_each_member() {
    let sink = |a: &str| {
        format!(
            r#"{{"type": "record", "name": "N", "fields": [{{"name": "a", "type": {a}, "default": ""}},
            {{"name": "b", "type": "int"}}]}}"#
        )
    };
    let made = ".n = {\"a\": .note, \"b\": .count}\n.n = ";
    for made in [
        format!("{made}filter(.n) -> |_k, v| {{ v != null }}"),
        format!("{made}map_values(.n) -> |v| {{ if v == null {{ \"\" }} else {{ v }} }}"),
    ] {
        let found = one(&[made.as_str()], "n", &sink("\"string\""));
        assert!(found.iter().all(|finding| !finding.is_error), "{made}: {found:#?}");
    }
    let found = one(&[".n = map_values({\"a\": .note, \"b\": 1}) -> |v| { 1.5 }"], "n", &sink("\"string\""));
    assert_eq!(errors(&found).len(), 2, "{found:#?}");
}

#[test]
fn what_is_left_of_a_collection_keeps_its_types() {
    for source in [
        ".x = map_values(filter(.lines) -> |_i, l| { l.price > 1.0 }) -> |l| { upcase(l.sku) }",
        ".x = join(compact([.region, .note]), \",\")",
        ".x = map_values(filter(.tags) -> |k, _v| { k != \"a\" }) -> |v| { upcase(v) }",
        ".x = compact(.lines)\nfor_each(.x) -> |_i, l| { .n = l.price + 1.0 }",
        ".x = map_values(compact(.tags, nullish: true)) -> |v| { upcase(v) }",
    ] {
        compiled(&orders(), ProgramKind::Map, source);
    }
    for source in [
        ".x = upcase(filter(.customer) -> |_k, v| { v == true }.name)",
        ".x = upcase(compact(.customer).name)",
        ".x = join(compact([.region, .note], null: false), \",\")",
        ".x = join(filter([.region, .note]) -> |_i, v| { v != null }, \",\")",
    ] {
        assert_eq!(refused(&orders(), ProgramKind::Map, source).len(), 1, "{source}");
    }
}
