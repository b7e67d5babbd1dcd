//! What the last step leaves, held against the schemas of the sinks, and shown where it was written.

use std::sync::Arc;

use crate::codec::avro::Schema;
use crate::transform::{Scope, SinkFinding, check_sink, check_sink_json, check_sink_key};

use super::diagnostic::Diagnostic;
use super::program::{first_line, place_in};
use super::source_map::Place;
use super::spec::{Encoding, Extra, Format, SinkSchema, SinkSpec};
use super::transform::Transform;
use super::walk::Walk;

/// Tells what a sink, which says at `encode` how it is written, cannot hold of what is there.
pub(super) fn against_sink(walk: &mut Walk<'_>, sink: &SinkSpec, encode: Place, transform: &Transform) {
    let chain = &transform.chain;
    // Of what a broken program would have left, or kept out, nothing is certain.
    if chain.doubt.is_all() {
        return;
    }
    let scope = sink.when.as_ref().map_or(&chain.scope, |when| when.scope_after()).doubting(&chain.doubt);
    let scope = &scope;
    let extra = |encoding: &Encoding| encoding.avro.as_ref().map_or(Extra::Error, |avro| avro.extra);
    let mut found = Vec::new();
    if let Some(schema) = schema_of(&sink.value) {
        found.extend(check_sink(scope, schema, extra(&sink.value)));
    }
    if sink.value.format == Format::Json {
        found.extend(check_sink_json(scope));
    }
    if let Some(key) = &sink.key
        && !chain.doubt.is_of_envelope()
        && let Some(schema) = schema_of(key)
    {
        found.extend(check_sink_key(scope, schema, extra(key)));
    }
    for finding in found.into_iter().filter(|finding| finding.is_error || !chain.broken) {
        let diagnostic = shown(walk, finding, encode, scope, transform);
        walk.report(diagnostic);
    }
}

/// The schema that a side is written by, where a file has it.
fn schema_of(encoding: &Encoding) -> Option<&Arc<Schema>> {
    match &encoding.avro.as_ref()?.schema {
        SinkSchema::File(schema) => Some(schema),
        SinkSchema::Version(_) => None,
    }
}

fn shown(
    walk: &Walk<'_>,
    finding: SinkFinding,
    encode: Place,
    scope: &Scope,
    transform: &Transform,
) -> Diagnostic {
    let safe = |text: String| {
        // What was filled in from outside is never shown, and a literal of a program can be that.
        let filled = walk.filled.0.iter().filter(|(value, _)| !value.is_empty());
        filled.fold(text, |text, (value, shown)| text.replace(value.as_str(), shown))
    };
    let (message, label) = (safe(finding.message), safe(finding.label));
    let diagnostic = match finding.is_error {
        true => Diagnostic::error("sink-type", message),
        false => Diagnostic::warning("sink-type", message),
    };
    let written = finding.written.and_then(|blame| {
        let (node, program) = transform.chain.maps.get(blame.map)?;
        Some(place_in(walk.sources, node, program.source(), blame.span))
    });
    let encode = first_line(walk.sources, encode);
    let decoded = transform.decode.as_ref().filter(|_| scope.is_typed());
    let decoded = decoded.map(|(_, place)| first_line(walk.sources, *place));
    let diagnostic = match (written, decoded) {
        (Some(place), _) => diagnostic.at(place, label).also(encode, "the sink that it does not fit"),
        (None, Some(decoded)) => {
            diagnostic.at(encode, label).also(decoded, "decoded here, and not written since")
        }
        (None, None) => diagnostic.at(encode, label),
    };
    finding.notes.into_iter().fold(diagnostic, |diagnostic, note| diagnostic.note(safe(note)))
}
