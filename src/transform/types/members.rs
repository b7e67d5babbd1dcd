//! Members that are asked for and cannot be there.

use std::ops::Range;

use vrl::path::{OwnedSegment, OwnedValuePath, PathPrefix};

use super::super::program::{ProgramDiagnostic, UNKNOWN_MEMBER};
use super::flow::Written;
use super::path::Missing;
use super::shape::Shape;
use super::words::{listed, nearest};

/// A read of `path`, of which nothing can be there from `missing` on; `written`: the last place in the same program that
/// changed something around it.
pub(super) fn unknown(
    prefix: PathPrefix,
    path: &OwnedValuePath,
    missing: &Missing,
    written: Option<&Written>,
    span: Range<usize>,
) -> Option<ProgramDiagnostic> {
    let is_key = matches!(path.segments.first(), Some(OwnedSegment::Field(name)) if name.as_str() == "key");
    if prefix == PathPrefix::Metadata && !(is_key && missing.known > 0) {
        // The names of the envelope have a rule of their own.
        return None;
    }
    let around = shown(prefix, &path.segments[..missing.known]);
    let whole = shown(prefix, &path.segments[..=missing.known]);
    let words = missing.holder.words();
    let found = match &path.segments[missing.known] {
        OwnedSegment::Index(_) => {
            ProgramDiagnostic::own_error(format!("`{around}` is no array"), span, format!("this is {words}"))
        }
        OwnedSegment::Field(name) => {
            let names = names(&missing.holder);
            if names.is_empty() {
                let found = ProgramDiagnostic::own_error(
                    format!("`{around}` has no members"),
                    span,
                    format!("it is {words} here"),
                );
                with_help(found, &missing.holder)
            } else {
                let label = match nearest(name, names.iter().copied()) {
                    Some(near) => format!("did you mean `{}`?", member(prefix, path, missing.known, near)),
                    None => "no such member".to_owned(),
                };
                let message = match missing.known {
                    0 => format!("the value has no member `{whole}`"),
                    _ => format!("`{around}` has no member `{}`", name.as_str()),
                };
                let found = ProgramDiagnostic::own_error(message, span, label);
                match written.filter(|written| written.is_delete) {
                    Some(written) => found.with_label(written.span.clone(), "taken away here"),
                    None => found.with_note(format!("{} has {}", subject(&missing.holder), listed(names))),
                }
            }
        }
    };
    Some(found.with_code(UNKNOWN_MEMBER))
}

/// The same for what a variable holds.
pub(super) fn unknown_in_variable(
    variable: &str,
    path: &OwnedValuePath,
    missing: &Missing,
    span: Range<usize>,
) -> Option<ProgramDiagnostic> {
    let OwnedSegment::Field(name) = &path.segments[missing.known] else { return None };
    let around = match missing.known {
        0 => variable.to_owned(),
        known => format!("{variable}.{}", OwnedValuePath { segments: path.segments[..known].to_vec() }),
    };
    let names = names(&missing.holder);
    // What has no members at all was perhaps taken for something else; VRL gives null for it.
    if names.is_empty() {
        return None;
    }
    let label = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{around}.{near}`?"),
        None => "no such member".to_owned(),
    };
    let found =
        ProgramDiagnostic::own_error(format!("`{around}` has no member `{}`", name.as_str()), span, label);
    let found = found.with_note(format!("{} has {}", subject(&missing.holder), listed(names)));
    Some(found.with_code(UNKNOWN_MEMBER))
}

fn with_help(found: ProgramDiagnostic, holder: &Shape) -> ProgramDiagnostic {
    let is_array = holder.alternatives().iter().any(|(shape, _)| matches!(shape, Shape::Array(_)));
    if is_array {
        return found.with_note(
            "an item of an array is named by its place: `[0]`, or by `for_each` and `map_values`",
        );
    }
    found
}

fn subject(holder: &Shape) -> String {
    match holder.alternatives().as_slice() {
        [(Shape::Record(record), _)] => match &record.name {
            Some(name) => format!("`{name}`"),
            None => "it".to_owned(),
        },
        _ => "it".to_owned(),
    }
}

/// All names that are there.
fn names(holder: &Shape) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for (shape, _) in holder.alternatives() {
        if let Shape::Record(record) = shape {
            names.extend(record.members.keys().map(String::as_str));
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

fn member(prefix: PathPrefix, path: &OwnedValuePath, known: usize, name: &str) -> String {
    let mut segments = path.segments[..known].to_vec();
    segments.push(OwnedSegment::field(name));
    shown(prefix, &segments)
}

/// A path as a program writes it.
pub(super) fn shown(prefix: PathPrefix, segments: &[OwnedSegment]) -> String {
    let sign = if prefix == PathPrefix::Event { "." } else { "%" };
    let path = OwnedValuePath { segments: segments.to_vec() };
    format!("{sign}{path}")
}
