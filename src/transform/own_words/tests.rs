//! Each mistake is told once, at its place, with what to do.

use crate::config::spec::{DecodeSpec, Decoding, Format};
use crate::transform::{ProgramKind, Scope, compile, compile_in};

/// What is told of a map behind a `decode` without a schema: each place, and its words.
fn told(source: &str) -> Vec<(String, String)> {
    let found = compile(ProgramKind::Map, source, true).err().unwrap_or_default();
    let worded = found.into_iter().map(|found| {
        let label = found.labels.first().expect("it has a place");
        (source[label.span.clone()].to_owned(), format!("{}: {}", found.message, label.message))
    });
    worded.collect()
}

fn json() -> DecodeSpec {
    DecodeSpec { value: Decoding::plain(Format::Json), key: Decoding::plain(Format::Raw) }
}

#[test]
fn each_part_that_fails_is_told_of_where_it_stands() {
    let long = ".x = if true {\n  upcase(.a) + \"-\" + downcase(.b)\n} else {\n  \"none\"\n}";
    let places: Vec<_> = told(long).into_iter().map(|(place, _)| place).collect();
    assert_eq!(places, ["upcase(.a)", "downcase(.b)"]);
    for (source, place) in [
        (".x = upcase(downcase(.a))", "downcase(.a)"),
        (".x = length(parse_json(\"{}\"))", "parse_json(\"{}\")"),
        (".x = parse_json(.a).b", "parse_json(.a)"),
        (".x = {\"a\": [1, .n + 1]}", ".n + 1"),
        ("if .n > 5 { .x = 1 }", ".n > 5"),
        (".x = !(.n > 5)", ".n > 5"),
        (".x = (.n / 2 ?? 0) + strlen(.a)", "strlen(.a)"),
        (".x = map_values([1]) -> |n| { n + .a }", "n + .a"),
    ] {
        let places: Vec<_> = told(source).into_iter().map(|(place, _)| place).collect();
        assert_eq!(places, [place], "{source}");
    }
}

#[test]
fn what_cannot_be_read_is_told_in_words_of_what_is_written() {
    for (source, words) in [
        (".x = 'abc'", "double quotes"),
        (".x = .a and .b", "`and` is `&&` here"),
        (".x = not .a", "`not` is `!` here"),
        (".x = .a in [1]", "`in` is `includes([…], …)` here"),
        (".x = .a is null", "`is` is `== null`"),
        ("if true { .x = 1 } elif false { .x = 2 }", "`elif` is `else if` here"),
        (".x = 1 // one", "`//` is `#`"),
        (".x = true ? 1 : 2", "`?` is `if … { … } else { … }` here"),
        (".straße = 1", "in quotes"),
        (".x = map_values([1]) -> |l| l", "in braces"),
        (".x = map_values([1], |l| { l })", "behind the call"),
        (". = {a: 1}", "a name in an object stands in quotes"),
        (". = {\"a\": .a \"b\": 1}", "a comma is missing"),
        (".x = \"abc", "no end"),
        (".x = foo + 1", "there is no variable `foo`"),
        (".x = substring(.a, 1)", "here it is `slice`"),
        (".x = upcse(.a)", "did you mean `upcase`?"),
        (".x = \"{{ .a.b }}\"", "`\"…\" + to_string!(.a.b)` puts it into a text"),
        (".x = \"{{ b }}\"", "there is no variable `b`"),
        (".x = now", "did you mean `now()`?"),
        (".x = upcase", "did you mean `upcase(…)`?"),
        (".x = 1e300", "a number has no exponent here"),
        (".x = 1.5e3", "a number has no exponent here"),
        (".x = 5e-3", "a number has no exponent here"),
        (".a == 1 || .b = null", "`==` compares"),
        ("for item in .items {}", "`for_each(.items) -> |_index, item| { … }`"),
        ("while true {}", "`for_each(.items) -> |_index, item| { … }`"),
        ("timestamp = 1", "a variable needs another name"),
        (".n += 1", "write `.n = .n + 1`"),
        (".n++", "write `.n = .n + 1`"),
        ("i = 0\n.x = .items[i]", "only a number stands here"),
        (".x = .m[\"a b\"]", "`.m.\"a b\"`"),
        (".x = .items[0][\"price\"]", "`.items[0].price`"),
        (".x = `abc`", "double quotes"),
        ("_ = string!(.a)", "nothing is written to `_` alone: its result goes nowhere"),
    ] {
        let found = told(source);
        assert!(found.len() == 1 && found[0].1.contains(words), "{source}: {found:?}");
    }
}

#[test]
fn a_call_that_can_fail_is_not_said_to_do_nothing() {
    let scope = Scope::start().after_decode(&json());
    let (_, found) = compile_in(ProgramKind::Map, "string!(.a)\n.x = 1", &scope).expect("it is a program");
    let words: Vec<_> = found.iter().map(|found| found.message.as_str()).collect();
    assert_eq!(words, ["the result of `string!(.a)` is not used"]);
    assert!(!found[0].is_error);
    assert_eq!(
        found[0].notes,
        ["where it fails the record is poison; `.a = string!(.a)` asks for no more than that"]
    );
    // Without `!` VRL's own words are true.
    let found = compile(ProgramKind::Map, "_ = 5", true).expect_err("it has no effect");
    assert_eq!(found[0].message, "unnecessary no-op assignment");
}

#[test]
fn what_is_advised_compiles() {
    for (wrong, advice, right) in [
        ("_ = string!(.a)", "`.a = string!(.a)`", ".a = string!(.a)"),
        (".x = 1e300", "`to_float!(\"1e300\")`", ".x = to_float!(\"1e300\")"),
        (".x = .items[i]", "`get!(.items, [i])`", "i = 0\n.x = get!(.items, [i])"),
        (
            ".x = \"{{ .a }}\"",
            "`a = to_string!(.a)` before, and `{{ a }}` here",
            "a = to_string!(.a)\n.x = \"{{ a }}\"",
        ),
    ] {
        let found = compile(ProgramKind::Map, wrong, true).expect_err("it is wrong");
        assert!(found[0].notes.iter().any(|note| note.contains(advice)), "{wrong}: {found:?}");
        compile(ProgramKind::Map, right, true).unwrap_or_else(|found| panic!("{right}: {found:?}"));
    }
}

#[test]
fn what_is_not_closed_is_shown() {
    for (source, open) in
        [(".x = upcase(.a\n.y = 1", 11), ("if true {\n  .x = 1\n", 8), (".x = [1, \"]\"\n.y = 2", 5)]
    {
        let found = compile(ProgramKind::Map, source, true).expect_err("it cannot be read");
        assert!(found[0].labels.iter().any(|label| label.span == (open..open + 1)), "{source}: {found:?}");
    }
}
