//! `compact`, and `del` where it compacts: what is empty is not there any more.

use super::*;

fn told(map: &str, sink: &str) -> Vec<(bool, String)> {
    let found = check_sink(&after(&[map]), &record(sink), Extra::Error);
    found.into_iter().map(|finding| (finding.is_error, finding.message)).collect()
}

#[test]
fn what_compact_may_leave_out_can_be_missing() {
    let missing = "`.n` can be missing: the sink's schema wants string, and has no default for it";
    for map in [
        ". = compact({\"n\": .region})",
        ". = compact({\"n\": .region}, nullish: true)",
        ". = compact(string: false, value: {\"n\": .region})",
    ] {
        assert_eq!(told(map, &field("n", "\"string\"")), [(false, missing.to_owned())], "{map}");
    }
    let note = ". = {\"n\": .note}\n. = compact(.)";
    assert_eq!(told(note, &field("n", "\"string\"")), [(false, missing.to_owned())]);
    for (map, of) in [
        (". = compact({\"n\": .count, \"x\": null, \"y\": {\"z\": \"\"}})", "\"int\""),
        (". = compact({\"n\": .ref})", "\"string\""),
        (". = compact({\"n\": {\"vip\": .count}})\n.n = .n.vip", "\"int\""),
        (". = {\"n\": compact([.region, null])}", r#"{"type": "array", "items": "string"}"#),
        (". = {\"n\": compact({\"a\": .note})}", r#"{"type": "map", "values": "string"}"#),
    ] {
        assert_eq!(told(map, &field("n", of)), [], "{map}");
    }
}

#[test]
fn del_that_compacts_takes_away_what_is_empty_then() {
    let of = |maps: &str| told(maps, &field("n", "\"int\""));
    let wants = "the sink's schema wants int, and has no default for it";
    let gone = [(true, format!("`.n` is missing: {wants}"))];
    assert_eq!(of(". = {\"n\": .count}\ndel(.n, compact: true)"), gone);
    assert_eq!(of(". = {\"n\": .count, \"x\": .lines}\ndel(.x, compact: true)"), []);
    assert_eq!(of(". = {\"n\": .count, \"x\": .lines}\ndel(.x, compact: false)"), []);
    assert_eq!(of(". = {\"n\": .count, \"x\": {\"y\": 1}}\ndel(.x.y, compact: true)"), []);
    assert_eq!(of(". = {\"n\": .count, \"x\": {\"y\": {\"z\": 1}}}\ndel(.x.y.z, compact: true)"), []);
    assert_eq!(
        of(". = {\"n\": .count, \"x\": {\"y\": 1, \"z\": 1}}\ndel(.x.y, compact: true)"),
        [(true, "the sink's schema has no `.x`".to_owned())]
    );
    let perhaps = ". = {\"n\": .count, \"x\": {}}\nif .n > 1 { .x.y = 1 }\ndel(.x.y, compact: true)";
    assert_eq!(of(perhaps), [(false, "the sink's schema has no `.x`".to_owned())]);
    // Which of it is done is not known.
    let either = ". = {\"n\": .count, \"x\": {\"y\": 1}}\ndel(.x.y, compact: .n > 1)";
    assert_eq!(of(either), [(false, "the sink's schema has no `.x`".to_owned())]);
    let local = "a = {\"n\": .count, \"x\": {\"y\": 1}}\ndel(a.x.y, compact: true)\n. = a";
    assert_eq!(of(local), []);
}
