use std::time::Duration;

use super::super::element::{Element, Need, Shape};
use super::*;

static ELEMENT: Element = Element {
    name: "a thing",
    doc: "",
    exactly_one: false,
    keys: &[
        Key { name: "lanes", shape: Shape::Integer { min: 1, max: 9 }, need: Need::Required, doc: "" },
        Key {
            name: "wait",
            shape: Shape::Duration { min_ms: 10, max_ms: 1_000 },
            need: Need::Default("500ms"),
            doc: "",
        },
        Key { name: "later", shape: Shape::Any, need: Need::NotAvailable("not yet"), doc: "" },
    ],
};

fn read(yaml: &str) -> (Option<(u64, Duration)>, Vec<String>) {
    walked(yaml, |walk, node| {
        let fields = Fields::open(walk, node, &ELEMENT)?;
        let lanes = fields.read(walk, "lanes", integer);
        let wait = fields.read(walk, "wait", duration);
        Some((lanes?, wait?))
    })
}

#[test]
fn defaults_and_references_are_read_as_if_they_stood_there() {
    assert_eq!(read("lanes: 2"), (Some((2, Duration::from_millis(500))), vec![]));
    assert_eq!(read("{lanes: '${env:LANES}', wait: 1s}").0, Some((3, Duration::from_secs(1))));
}

#[test]
fn one_walk_tells_everything() {
    let (read, codes) = read("{wait: 2s, later: 1, other: 1, wait: 1s}");
    assert_eq!(read, None);
    assert_eq!(codes, ["not-available", "unknown-key", "duplicate-key", "missing-key", "bad-value"]);
}

#[test]
fn a_misspelt_key_is_not_missing_too() {
    assert_eq!(read("lane: 2").1, ["unknown-key"]);
}

#[test]
fn unset_is_an_error_unless_it_is_allowed() {
    assert_eq!(read("lanes: '${env:NONE}'").1, ["unset"]);
}
