//! Members that are asked for in vain, and those that are there.

use super::*;

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

/// Of the value nothing is known, of the key all.
#[test]
fn members_of_a_typed_key_are_told_though_the_value_is_bytes() {
    let typed = decode(ORDER);
    let scope =
        Scope::start().after_decode(&DecodeSpec { value: Decoding::plain(Format::Raw), key: typed.value });
    let source = "%headers.z = to_string!(%key.nope)";
    let found = refused(&scope, ProgramKind::Map, source);
    assert_eq!(found, [("`%key` has no member `nope`".to_owned(), "did you mean `%key.note`?".to_owned())]);
    compiled(&scope, ProgramKind::Map, "%headers.z = to_string!(%key.id)");
}
