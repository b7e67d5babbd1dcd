//! Whole programs, as a pipeline has them.

use crate::transform::program::ProgramKind;

/// Whether a map compiles behind a `decode` without a schema.
fn compiles(source: &str) -> bool {
    crate::transform::compile(ProgramKind::Map, source, true).is_ok()
}

#[test]
fn what_would_fail_for_a_record_is_refused() {
    for (source, handled) in [
        (
            ".a = map_values(split(\"a b\", \" \")) -> |t| { length(t) }\n.b = map_values(.a) -> |x| { upcase(x) }",
            ".a = map_values(split(\"a b\", \" \")) -> |t| { length(t) }\n.b = map_values(.a) -> |x| { x + 1 }",
        ),
        (
            ".y = upcase(parse_regex!(.m, r'(?P<x>a)|(?P<y>b)').y)",
            ".y = upcase(parse_regex!(.m, r'(?P<x>a)|(?P<y>b)').y) ?? null",
        ),
        (".h = upcase(parse_url!(.u).host)", ".h = upcase(parse_url!(.u).host) ?? \"none\""),
        (".t = upcase(parse_tokens!(.t)[0])", ".t = upcase(parse_tokens!(.t)[0]) ?? \"-\""),
        (
            ".c = upcase(parse_nginx_log!(.l, \"combined\").client)",
            ".c = upcase(parse_nginx_log!(.l, \"combined\").client) ?? \"-\"",
        ),
        (".o = from_entries(array!(.e))", ".o = from_entries!(.e)"),
    ] {
        assert!(!compiles(source), "{source}");
        assert!(compiles(handled), "{handled}");
    }
}

#[test]
fn what_holds_needs_no_handling() {
    for source in [
        ".x = upcase(parse_regex!(.m, r'^(?P<x>\\w+)( (?P<y>\\d+))?$').x)",
        ".p = upcase(parse_url!(.u).scheme)",
        ".e = from_entries(to_entries({\"a\": .a}))",
        ".s = upcase(parse_nginx_log!(.l, \"combined\").request)",
        ".v = map_values({\"a\": 1}) -> |v| { to_string(v) }\n.w = upcase(.v.a)",
    ] {
        assert!(compiles(source), "{source}");
    }
}

#[test]
fn the_rows_of_no_columns_are_none() {
    let run = |source: &str| {
        let (program, _) = crate::transform::compile(ProgramKind::Map, source, true).expect("it compiles");
        let mut frame = crate::transform::Frame::default();
        let text = br#"{"none": [], "two": [[1, 2], ["a", "b", "c"]]}"#;
        frame.set_value(crate::codec::decode_json(text).expect("it is JSON"));
        crate::transform::Runner::new().map(&program, &mut frame).expect("it runs");
        frame.value().whole().expect("it is a value").get(vrl::path!("x")).cloned()
    };
    assert_eq!(run(".x = zip!(.none)"), Some(vrl::value!([])));
    assert_eq!(run(".x = zip!(.two)"), Some(vrl::value!([[1, "a"], [2, "b"]])));
    assert_eq!(run(".x = zip!([.none, .two])"), Some(vrl::value!([])));
}
