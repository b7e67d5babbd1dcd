//! The types of single calls.

use std::collections::BTreeMap;

use vrl::compiler::value::Collection;
use vrl::value::kind::{Field, Index};

use super::*;

fn target() -> Kind {
    let texts = Kind::array(Collection::<Index>::from_unknown(Kind::bytes()));
    let numbers = Kind::object(Collection::<Field>::from_unknown(Kind::integer()));
    let inner = Kind::object(BTreeMap::from([("b".into(), Kind::integer())]));
    let nested = Kind::object(BTreeMap::from([("a".into(), inner), ("c".into(), Kind::bytes())]));
    Kind::object(BTreeMap::from([
        ("texts".into(), texts),
        ("numbers".into(), numbers),
        ("nested".into(), nested),
        ("text".into(), Kind::bytes()),
        ("flag".into(), Kind::boolean()),
    ]))
}

fn compiles(source: &str) -> bool {
    compiled(source, &target()).is_some()
}

#[test]
fn map_values_gives_items_what_its_closure_gives() {
    for (call, member) in [
        ("map_values(.texts) -> |t| { length(t) }", "[0]"),
        ("map_values(.numbers) -> |n| { n + 1 }", ".x"),
        ("map_values({\"x\": \"a\"}) -> |t| { length(t) }", ".x"),
    ] {
        assert!(compiles(call), "{call}");
        assert!(!compiles(&format!("x = {call}; map_values(x) -> |v| {{ upcase(v) }}")), "{call}");
        assert!(compiles(&format!("x = {call}; map_values(x) -> |v| {{ v + 1 }}")), "{call}");
        assert!(!compiles(&format!("x = {call}; upcase(x{member})")), "{call}");
    }
    assert!(compiles("x = map_values({\"a\": 1, \"b\": 2}) -> |n| { to_string(n) }; upcase(x.a)"));
}

#[test]
fn a_recursive_map_values_is_given_what_stands_deeper() {
    let deep = "x = {\"a\": {\"b\": {\"c\": 1}}}; ";
    assert!(!compiles(&format!("{deep}map_values(x, recursive: true) -> |v| {{ keys(v); v }}")));
    assert!(!compiles(&format!("{deep}map_values(x, recursive: .flag) -> |v| {{ keys(v); v }}")));
    assert!(compiles(&format!("{deep}map_values!(x, recursive: true) -> |v| {{ keys(v); v }}")));
    assert!(compiles(&format!(
        "{deep}map_values(x, recursive: true) -> |v| {{ if v == 1 {{ 2 }} else {{ v }} }}"
    )));
    assert!(compiles("map_values(.nested, recursive: true) -> |v| { v }"));
    assert!(compiles("map_values(.nested, recursive: false) -> |v| { v }"));
    assert!(compiles("map_values(.texts, recursive: true) -> |t| { upcase(t) }"));
    assert!(compiles("map_values(.nested, recursive: true) -> |_| { 1 }"));
}

#[test]
fn map_keys_forgets_names() {
    let x = "x = map_keys({\"a\": 1, \"b\": 2}) -> |k| { upcase(k) }; ";
    assert!(!compiles(&format!("{x}x.a + 1")));
    assert!(compiles(&format!("{x}x = map_values(x) -> |n| {{ n + 1 }}; x")));
}

#[test]
fn a_return_is_an_error_where_it_does_not_end_the_closure() {
    for (call, is_caught) in [
        ("map_values({\"a\": 1}) -> |_v| { return 2 }", false),
        ("map_values([1]) -> |_v| { return 2 }", false),
        ("map_keys({\"a\": 1}) -> |_k| { return \"b\" }", false),
        ("filter([1]) -> |_i, _v| { return true }", false),
        ("filter({\"a\": 1}) -> |_k, _v| { return true }", true),
        ("for_each([1]) -> |_i, _v| { return true }", false),
        ("for_each({\"a\": 1}) -> |_k, _v| { return true }", true),
        ("replace_with(\"a\", r'a') -> |_m| { return \"b\" }", false),
    ] {
        let handled = call.replacen('(', "!(", 1);
        let program = compiled(&handled, &target()).unwrap_or_else(|| panic!("{call}"));
        assert_eq!(run(&program, Value::Object(Default::default())).is_ok(), is_caught, "{call}");
        assert_eq!(compiles(call), is_caught, "{call}");
    }
}

#[test]
fn a_group_that_takes_part_in_every_match_is_a_text() {
    for (pattern, is_text) in [
        ("(?P<x>a)", true),
        ("^(?P<x>\\w+)( (?P<y>\\d+))?$", true),
        ("(b|(?P<x>a))", false),
        ("(?P<x>a)?b", false),
        ("(?P<x>a)*b", false),
        ("(?P<x>a)+b", true),
        ("((?P<x>a)|c){2}b", false),
        ("((?P<x>a)c){2,}b", true),
        ("((?P<x>a)c){0,2}b", false),
        ("(?i)(?:q(?P<x>.*?))$", true),
        ("(?P<x>)", true),
    ] {
        assert_eq!(compiles(&format!("upcase(parse_regex!(.text, r'{pattern}').x)")), is_text, "{pattern}");
        let each = "map_values(found) -> |m| { upcase(m.x) }";
        let all = format!("found = parse_regex_all!(.text, r'{pattern}'); {each}");
        assert_eq!(compiles(&all), is_text, "{pattern}");
        let handled = format!("upcase(parse_regex!(.text, r'{pattern}').x) ?? \"\"");
        assert_eq!(compiles(&handled), !is_text, "{pattern}");
    }
    assert!(!compiles("upcase(parse_regex!(.text, to_regex!(.text)).x)"));
}

#[test]
fn numbered_groups_are_told_where_they_are_asked_for() {
    let numbered = "parse_regex!(.text, r'(a)(?P<x>b)?', numeric_groups: true)";
    assert!(compiles(&format!("upcase({numbered}.\"0\") + upcase({numbered}.\"1\")")));
    assert!(!compiles(&format!("upcase({numbered}.\"2\")")));
    assert!(!compiles("upcase(parse_regex!(.text, r'(a)', numeric_groups: .flag).\"0\")"));
}

#[test]
fn entries_that_are_some_are_taken_without_an_error() {
    assert!(compiles("from_entries(to_entries(.numbers))"));
    assert!(!compiles("from_entries(to_entries(.texts)) "));
    assert!(!compiles("from_entries(.texts)"));
    assert!(compiles("object_from_array(values: .texts, keys: .texts)"));
    assert!(compiles("object_from_array([[\"a\", 1]])"));
    assert!(!compiles("object_from_array(.texts)"));
    assert!(compiles("zip([.texts, .texts])"));
    assert!(compiles("zip(.texts, .texts)"));
}

#[test]
fn arrays_whose_last_items_may_be_absent_are_of_no_known_length() {
    let either = "x = if .flag { [1] } else { [1, 2] }; ";
    assert!(!compiles(&format!("{either}upcase(push(x, \"a\")[1])")));
    assert!(!compiles(&format!("{either}upcase(append(x, [\"a\"])[1])")));
    assert!(compiles("upcase(push([1], \"a\")[1])"));
    assert!(!compiles("1 + pop([1, 2])[1]"));
    assert!(compiles("1 + pop([1, 2])[0]"));
    assert!(!compiles("1 + slice!([\"a\", 2], 1)[1]"));
}
