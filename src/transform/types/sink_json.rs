//! What the last step leaves, held against JSON: bytes that are no text cannot be written as JSON.

use vrl::path::{OwnedSegment, OwnedValuePath, PathPrefix};

use super::super::scope::Scope;
use super::members::shown;
use super::shape::{Shape, Text};
use super::sink::{FINDINGS_MAX, SinkBlame, SinkFinding};

/// Tells of the bytes that stand in the value, where a sink writes JSON.
pub fn check_sink_json(scope: &Scope) -> Vec<SinkFinding> {
    let mut found = Vec::new();
    place(scope, scope.value_shape(), &mut Vec::new(), &mut found);
    found.truncate(FINDINGS_MAX);
    found
}

fn place(scope: &Scope, shape: &Shape, path: &mut Vec<OwnedSegment>, found: &mut Vec<SinkFinding>) {
    let mut inside = |segment: OwnedSegment, shape: &Shape| {
        path.push(segment);
        place(scope, shape, path, found);
        path.pop();
    };
    match shape {
        Shape::Union(all) => all.iter().for_each(|one| place(scope, one, path, found)),
        Shape::Perhaps(one) => place(scope, one, path, found),
        Shape::Array(items) | Shape::Map(items) => inside(OwnedSegment::Index(0), items),
        Shape::Record(record) => {
            for (name, member) in &record.members {
                inside(OwnedSegment::field(name), &member.shape);
            }
        }
        Shape::Text(Text::Bytes(_)) => found.push(finding(scope, shape, path)),
        _ => {}
    }
}

fn finding(scope: &Scope, shape: &Shape, path: &[OwnedSegment]) -> SinkFinding {
    let name = shown(PathPrefix::Event, path).replace("[0]", "[…]");
    let mut notes = Vec::new();
    if !name.contains('[') {
        notes.push(format!(
            "write them as text (`{name} = encode_base64(…)`), or take them away (`del({name})`)"
        ));
    }
    let names = path.iter().take_while(|segment| matches!(segment, OwnedSegment::Field(_)));
    let names = OwnedValuePath { segments: names.cloned().collect() };
    let written = scope.last_write(PathPrefix::Event, &names);
    SinkFinding {
        is_error: false,
        is_always: false,
        message: format!("`{name}` is {}, and JSON holds text", shape.words()),
        label: "a record whose bytes are not UTF-8 is poison".to_owned(),
        notes,
        written: written.map(|write| SinkBlame { map: write.map, span: write.span.clone() }),
    }
}
