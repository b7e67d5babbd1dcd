use super::*;
use crate::config::spec::{DecodeSpec, Decoding, Format};

fn errors(kind: ProgramKind, source: &str, decoded: bool) -> Vec<ProgramDiagnostic> {
    match compile(kind, source, decoded) {
        Ok(_) => Vec::new(),
        Err(found) => found.into_iter().filter(|found| found.is_error).collect(),
    }
}

fn only_error(kind: ProgramKind, source: &str, decoded: bool) -> ProgramDiagnostic {
    let mut found = errors(kind, source, decoded);
    assert_eq!(found.len(), 1, "{source}: {found:#?}");
    found.remove(0)
}

fn program(kind: ProgramKind, source: &str, decoded: bool) -> Program {
    match compile(kind, source, decoded) {
        Ok((program, _)) => program,
        Err(found) => panic!("{source}: {found:#?}"),
    }
}

fn text<'a>(source: &'a str, found: &ProgramDiagnostic) -> &'a str {
    assert!(found.labels[0].is_primary, "{found:#?}");
    &source[found.labels[0].span.clone()]
}

fn named(names: &[&str]) -> HeaderReads {
    HeaderReads::Named(names.iter().map(ToString::to_string).collect())
}

#[test]
fn unknown_envelope_names_are_errors_with_the_nearest_known_name() {
    for (source, place, label) in [
        ("%foo = 1", "%foo", "no such name"),
        ("%header.kind = \"a\"", "%header.kind", "did you mean `%headers`?"),
        (".x = %ofset", "%ofset", "did you mean `%offset`?"),
        (".x = del(%kye)", "%kye", "did you mean `%key`?"),
        ("if exists(%timestmp) { .a = 1 }", "%timestmp", "did you mean `%timestamp`?"),
    ] {
        let found = only_error(ProgramKind::Map, source, true);
        assert_eq!(text(source, &found), place);
        assert_eq!(found.labels[0].message, label);
    }
}

#[test]
fn where_a_record_was_read_cannot_be_written() {
    for source in ["%topic = \"t\"", "%partition = 1", "%offset = 1", "del(%topic)", "% = {}", "del(%)"] {
        let found = only_error(ProgramKind::Map, source, true);
        assert!(found.code == 315, "{source}: {found:#?}");
    }
}

#[test]
fn filters_and_routes_write_nothing() {
    for kind in [ProgramKind::Filter, ProgramKind::When] {
        for source in
            [".a = 1\ntrue", ". = {}\ntrue", "%key = \"k\"\ntrue", "del(.a)\ntrue", "del(%headers.a)\ntrue"]
        {
            assert!(errors(kind, source, true).iter().any(|found| found.code == 315), "{source}");
        }
    }
}

#[test]
fn what_can_never_be_a_boolean_is_no_filter() {
    for source in ["\"text\"", "%offset", "%headers.kind", "to_string!(.a)", "return 3"] {
        let found = only_error(ProgramKind::Filter, source, true);
        assert_eq!(found.code, 102, "{source}: {found:#?}");
    }
    for source in [".flag", "true", ".a == 1", "if .a == 1 { true } else { 3 }", "return .a == 2"] {
        assert_eq!(errors(ProgramKind::Filter, source, true), [], "{source}");
    }
}

#[test]
fn functions_that_reach_outside_do_not_exist_and_say_why() {
    for (source, name, reason) in [
        (".a = get_env_var!(\"HOME\")", "get_env_var", "the environment"),
        (".a = dns_lookup!(\"a.b\")", "dns_lookup", "the network"),
        (".a = http_request!(\"http://a.b\")", "http_request", "the network"),
        (".a = parse_proto!(.a, \"file\", \"t\")", "parse_proto", "files"),
        (".a = sha2(\"x\")", "sha2", "not compiled in"),
        ("log(\"x\")", "log", "daemon's log"),
    ] {
        let found = only_error(ProgramKind::Map, source, true);
        assert_eq!(text(source, &found), name);
        assert!(found.message.contains("does not exist here, because"), "{}", found.message);
        assert!(found.message.contains(reason), "{}", found.message);
    }
}

#[test]
fn no_function_of_vrl_reads_files_through_a_back_door() {
    let named = ".a = parse_groks!(.a, patterns: [\"%{P}\"], alias_sources: [\"/etc/hostname\"])";
    let positional = ".a = parse_groks!(.a, [\"%{P}\"], {}, [\"/etc/hostname\"])";
    for source in [named, positional] {
        assert_eq!(text(source, &only_error(ProgramKind::Map, source, true)), "parse_groks");
    }
    assert_eq!(errors(ProgramKind::Map, ".a = parse_groks!(.a, [\"%{WORD:w}\"])", true), []);
}

#[test]
fn members_of_a_value_that_is_not_decoded_are_errors() {
    let source = ".region == \"EU\"";
    let found = only_error(ProgramKind::Filter, source, false);
    assert_eq!(text(source, &found), ".region");
    assert_eq!(errors(ProgramKind::Filter, "contains(string!(.), \"EU\")", false), []);
    let parses_itself = ". = parse_json!(string!(.))\n.a = 1\n. = encode_json(.)";
    assert_eq!(errors(ProgramKind::Map, parses_itself, false), []);
}

#[test]
fn what_no_record_can_hold_is_found_where_types_are_known() {
    for (source, place) in [
        ("%key = {\"a\": 1}", "%key"),
        ("%key = 1.5", "%key"),
        ("%headers.a = [1]", "%headers.a"),
        ("%headers = \"text\"", "%headers"),
        ("%timestamp = 5", "%timestamp"),
    ] {
        let found = only_error(ProgramKind::Map, source, true);
        assert_eq!(text(source, &found), place, "{found:#?}");
    }
    assert_eq!(text(". = 5", &only_error(ProgramKind::Map, ". = 5", false)), ".");
    for source in
        ["%key = .id", "%key = 5", "%key = null", "%headers.a = true", "%headers = {}", "del(%headers)"]
    {
        assert_eq!(errors(ProgramKind::Map, source, true), [], "{source}");
    }
}

#[test]
fn headers_have_no_members_and_names_with_dots_are_quoted() {
    let found = only_error(ProgramKind::Map, "%headers.a.b = \"x\"", true);
    assert_eq!(found.notes, ["a name with dots is quoted: `%headers.\"a.b\"`"]);
    assert_eq!(errors(ProgramKind::Map, "%headers.\"a.b\" = \"x\"", true), []);
}

#[test]
fn every_finding_is_told_in_the_order_of_the_source() {
    let source = ".a = %kye\n.b = sha2(\"x\")\n.c = upcase(.d)\n%offset = 1";
    let found = errors(ProgramKind::Map, source, true);
    let places: Vec<_> = found.iter().map(|found| text(source, found)).collect();
    assert_eq!(places, ["%kye", "sha2", "upcase(.d)", "%offset"], "{found:#?}");
}

#[test]
fn the_envelope_is_written_whatever_the_value_is() {
    for source in [
        ". = null\n%headers.gone = true",
        "%headers.gone = true\n. = null",
        ". = {\"id\": 1}\n%headers.kind = \"order\"\n%key = .id",
        ". = parse_regex!(.a, r'(?P<b>.)')\n%headers.b = .b",
        ". = {\"headers\": \"h\"}\n%headers.h, err = upcase(%key) + \"x\"",
    ] {
        assert_eq!(errors(ProgramKind::Map, source, true), [], "{source}");
    }
    let (map, _) = compile(ProgramKind::Map, ". = null", true).expect("compiles");
    assert!(compile_in(ProgramKind::Map, "%headers.gone = true", map.scope_after()).is_ok());
}

#[test]
fn syntax_errors_have_their_place() {
    let source = ".a = (1 + ";
    assert!(!errors(ProgramKind::Map, source, true).is_empty());
    // What the line would have written is not missed.
    let source = "n = (if .b { 1 } else { 2 })\n.x = n + upcase(.s)";
    let found = only_error(ProgramKind::Map, source, true);
    assert_eq!(text(source, &found), "if");
}

#[test]
fn warnings_come_with_the_program() {
    let (_, warnings) = compile(ProgramKind::Map, ".a = 1\n5\n.b = 2", true).expect("compiles");
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert!(!warnings[0].is_error);
}

#[test]
fn access_tells_what_is_read_and_written() {
    let access = program(ProgramKind::Filter, "%headers.kind == \"order\"", false).access().clone();
    assert!(!access.value && !access.writes_envelope);
    assert_eq!(access.envelope, EnvelopeReads { headers: named(&["kind"]), ..EnvelopeReads::default() });

    let map = program(ProgramKind::Map, "%key = .id\ndel(%headers.a)\n.at = %timestamp", true);
    assert!(map.touches_value() && map.access().writes_envelope && map.access().writes_value);
    let reads = EnvelopeReads { headers: named(&["a"]), timestamp: true, ..EnvelopeReads::default() };
    assert_eq!(map.access().envelope, reads);

    let write_only = program(ProgramKind::Map, "%key = \"k\"\n%headers.a = \"b\"\n%timestamp = now()", false);
    assert_eq!(write_only.access().envelope, EnvelopeReads::default());

    assert!(program(ProgramKind::Map, "del(.a)", true).access().writes_value);
    assert!(!program(ProgramKind::Filter, "exists(.a)", true).access().writes_value);
    assert!(!program(ProgramKind::Map, "%headers.a = %topic", true).touches_value());
    assert_eq!(program(ProgramKind::Map, ".a = %", true).access().envelope.headers, HeaderReads::All);
    assert_eq!(program(ProgramKind::Map, ".a = %headers", true).access().envelope.headers, HeaderReads::All);
}

#[test]
fn access_looks_into_every_corner_of_a_program() {
    for source in [
        "if true { (. == 1) } else { false }",
        "[1, .][1] == 1",
        "{\"a\": .} == {\"a\": 1}",
        "!is_null(.)",
        "x = [1]\nfor_each(x) -> |_i, _v| { is_null(.) }\ntrue",
        "if false { abort to_string!(.) }\ntrue",
        "return is_null(.)",
        "({ . }) == 1",
        "get!({\"a\": .}, [\"a\"]) == 1",
        "x, err = to_string(.)\ntrue",
    ] {
        assert!(program(ProgramKind::Filter, source, true).touches_value(), "{source}");
    }
    // VRL's own list takes every `get` for a read of `.`.
    assert!(!program(ProgramKind::Filter, "get!(%headers, [\"a\"]) == \"b\"", true).touches_value());
}

#[test]
fn types_flow_from_step_to_step() {
    let json = DecodeSpec { value: Decoding::plain(Format::Json), key: Decoding::plain(Format::Raw) };
    let scope = Scope::start().after_decode(&json);
    let when = ".total_eur > 10000";
    assert!(compile_in(ProgramKind::When, when, &scope).is_err());

    let map = ".total_eur = round(to_float!(.total) * 0.92, precision: 2)\ndel(.debug)\n%key = .customer_id";
    let (map, warnings) = compile_in(ProgramKind::Map, map, &scope).expect("compiles");
    assert_eq!(warnings, []);
    let (_, warnings) = compile_in(ProgramKind::When, when, map.scope_after()).expect("compiles with types");
    assert_eq!(warnings, []);
}

#[test]
fn what_compiles_without_types_also_compiles_with_them() {
    let json = DecodeSpec { value: Decoding::plain(Format::Json), key: Decoding::plain(Format::Raw) };
    let (map, _) =
        compile_in(ProgramKind::Map, ".a = 1.5", &Scope::start().after_decode(&json)).expect("compiles");
    for source in [".b, err = to_float(.a)", ".b = to_float!(.a)", ".b = to_float(.a) ?? 0.0"] {
        let (_, warnings) = compile_in(ProgramKind::Map, source, map.scope_after()).expect(source);
        assert!(warnings.iter().all(|found| !found.is_error), "{source}");
        assert_eq!(warnings, compile(ProgramKind::Map, source, true).expect(source).1, "{source}");
    }
}

#[test]
fn an_early_return_promises_no_types() {
    let json = DecodeSpec { value: Decoding::plain(Format::Json), key: Decoding::plain(Format::Raw) };
    let source = "if .skip == true { return null }\n.total = 1.5";
    let (map, _) =
        compile_in(ProgramKind::Map, source, &Scope::start().after_decode(&json)).expect("compiles");
    assert!(compile_in(ProgramKind::When, ".total > 1", map.scope_after()).is_err());
}

/// Programs of many shapes, about `depth` deep.
fn deep(depth: usize) -> [String; 5] {
    let nested = |open: &str, inside: &str, close: &str| {
        format!(".a = {}{inside}{}", open.repeat(depth), close.repeat(depth))
    };
    [
        nested("(", "1", ")"),
        nested("[", "1", "]"),
        nested("!", "true", ""),
        nested("1 + ", "1", ""),
        nested("if .b == 1 { 1 } else { ", "2", " }"),
    ]
}

#[test]
fn a_program_of_any_depth_is_refused_or_runs_on_a_usual_stack() {
    let as_deep_as_it_may_be = deep(PROGRAM_DEPTH_MAX - 3);
    for source in &as_deep_as_it_may_be[..4] {
        let program = program(ProgramKind::Map, source, true);
        Runner::new().map(&program, &mut Frame::default()).expect("runs");
    }
    // An `else` has two levels, and one more for its block.
    let program = program(ProgramKind::Map, &deep(PROGRAM_DEPTH_MAX / 3)[4], true);
    Runner::new().map(&program, &mut Frame::default()).expect("runs");

    for source in deep(PROGRAM_DEPTH_MAX + 1).into_iter().chain(deep(2000)) {
        let found = only_error(ProgramKind::Map, &source, true);
        assert_eq!(found.labels[0].message, "too deep");
    }
    let found = only_error(ProgramKind::Map, &" ".repeat(PROGRAM_BYTES_MAX + 1), true);
    assert_eq!(found.message, "a program has at most 65536 bytes");
    for open in ["(", "!", "[", "1+", "{{"] {
        let source = open.repeat(8000);
        assert!(!errors(ProgramKind::Map, &source, true).is_empty());
        let source = format!("{source}1");
        assert!(!errors(ProgramKind::Map, &source, true).is_empty());
    }
}
