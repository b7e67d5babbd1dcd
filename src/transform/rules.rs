//! What must hold for a program beyond VRL's own rules: names of the envelope, values before `decode`, and types
//! that a record can hold in the end.

use std::ops::Range;

use vrl::compiler::TypeInfo;
use vrl::path::{OwnedSegment, OwnedValuePath, PathPrefix, ValuePath};
use vrl::value::Kind;
use vrl::value::kind::Collection;

use super::access::{Touch, TouchedPath, Walk};
use super::functions;
use super::program::{PERHAPS_NO_BOOLEAN, ProgramDiagnostic, ProgramKind};
use super::scope::Scope;

/// The members of `%`.
const ENVELOPE: [&str; 6] = ["key", "headers", "timestamp", "topic", "partition", "offset"];

/// The members of `%` that tell where a record was read, and are nobody's to change.
pub(super) const READ_ONLY: [&str; 3] = ["topic", "partition", "offset"];

/// A name is only suggested when it is at least this like the one that was written, 0 to 1.
const SIMILARITY_MIN: f64 = 0.6;

/// VRL's code for a write to what is read-only.
pub(super) const READ_ONLY_MUTATION: usize = 315;

/// VRL's code for a predicate that is not a boolean.
const NON_BOOLEAN_PREDICATE: usize = 102;

/// What the source alone tells.
pub(super) fn of_source(
    kind: ProgramKind,
    source: &str,
    walk: &Walk,
    scope: &Scope,
) -> Vec<ProgramDiagnostic> {
    let calls = walk.calls.iter().filter_map(|call| functions::missing(&call.name, call.span.clone()));
    let mut found: Vec<_> = calls.collect();
    let is_plain_bytes = !scope.is_decoded() && !walk.access.writes_value_root;
    let mut last_span = None;
    for touched in &walk.paths {
        // A write into a member is listed as a read, too; the write comes first.
        if last_span.replace(touched.span.clone()) == Some(touched.span.clone()) {
            continue;
        }
        let wrong_name = match touched.prefix {
            PathPrefix::Metadata => envelope_name(touched),
            PathPrefix::Event if is_plain_bytes => member_of_bytes(touched),
            PathPrefix::Event => None,
        };
        found.extend(wrong_name.or_else(|| read_only(kind, source, touched)));
    }
    found
}

fn read_only(kind: ProgramKind, source: &str, touched: &TouchedPath) -> Option<ProgramDiagnostic> {
    if touched.touch == Touch::Read {
        return None;
    }
    let message = match (kind, touched.prefix, touched.path.segments.first()) {
        (ProgramKind::Filter, ..) => "a filter changes nothing; a `map` does".to_owned(),
        (ProgramKind::When, ..) => "`when` changes nothing; a `map` does".to_owned(),
        (ProgramKind::Map, PathPrefix::Event, _) => return None,
        (ProgramKind::Map, PathPrefix::Metadata, None) => {
            "the envelope cannot be written as a whole, only its parts".to_owned()
        }
        (ProgramKind::Map, PathPrefix::Metadata, Some(OwnedSegment::Field(name)))
            if READ_ONLY.contains(&name.as_str()) =>
        {
            format!("`%{name}` tells where the record was read, and cannot be written")
        }
        (ProgramKind::Map, PathPrefix::Metadata, Some(_)) => return None,
    };
    let found = ProgramDiagnostic::own_error(message, touched.span.clone(), "read-only");
    let found = found.with_code(READ_ONLY_MUTATION);
    let behind = source.get(touched.span.end..).unwrap_or("").trim_start();
    let assigns = behind.starts_with('=') && !behind.starts_with("==");
    Some(match kind != ProgramKind::Map && assigns {
        true => found.with_note("`=` writes, `==` compares"),
        false => found,
    })
}

fn envelope_name(touched: &TouchedPath) -> Option<ProgramDiagnostic> {
    match touched.path.segments.as_slice() {
        [] => None,
        [OwnedSegment::Field(name), rest @ ..] => match name.as_str() {
            "key" => None,
            "headers" => header_name(rest, touched),
            known if ENVELOPE.contains(&known) => (!rest.is_empty()).then(|| no_members(known, touched)),
            unknown => Some(unknown_name(unknown, touched)),
        },
        [OwnedSegment::Index(_), ..] => Some(ProgramDiagnostic::own_error(
            "`%` is no array",
            touched.span.clone(),
            "an index into the envelope",
        )),
    }
}

fn unknown_name(name: &str, touched: &TouchedPath) -> ProgramDiagnostic {
    let message = format!("the envelope has no `%{name}`");
    let nearest = ENVELOPE
        .into_iter()
        .map(|known| (strsim::normalized_damerau_levenshtein(name, known), known))
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN);
    let label = match nearest {
        Some((_, known)) => format!("did you mean `%{known}`?"),
        None => "no such name".to_owned(),
    };
    ProgramDiagnostic::own_error(message, touched.span.clone(), label)
        .with_note("the envelope is `%key`, `%headers`, `%timestamp`, `%topic`, `%partition` and `%offset`")
}

fn no_members(name: &str, touched: &TouchedPath) -> ProgramDiagnostic {
    ProgramDiagnostic::own_error(format!("`%{name}` has no members"), touched.span.clone(), "goes too deep")
}

fn header_name(rest: &[OwnedSegment], touched: &TouchedPath) -> Option<ProgramDiagnostic> {
    let message = "a header is one value without members";
    match rest {
        [] | [OwnedSegment::Field(_)] => None,
        [OwnedSegment::Index(_), ..] => Some(ProgramDiagnostic::own_error(
            "`%headers` is no array",
            touched.span.clone(),
            "name the header: `%headers.NAME`",
        )),
        [OwnedSegment::Field(_), ..] => {
            let names = rest.iter().filter_map(|segment| match segment {
                OwnedSegment::Field(name) => Some(name.as_str()),
                OwnedSegment::Index(_) => None,
            });
            let joined = names.collect::<Vec<_>>().join(".");
            let found = ProgramDiagnostic::own_error(message, touched.span.clone(), "goes too deep");
            Some(found.with_note(format!("a name with dots is quoted: `%headers.\"{joined}\"`")))
        }
    }
}

fn member_of_bytes(touched: &TouchedPath) -> Option<ProgramDiagnostic> {
    if touched.path.is_root() {
        return None;
    }
    let message = format!("`.{}` is used where nothing is decoded", touched.path);
    let label = "the value is bytes here, which have no members";
    Some(
        ProgramDiagnostic::own_error(message, touched.span.clone(), label)
            .with_note("put `decode: json` before this step"),
    )
}

/// What may only be wrong because nobody said what the value is.
pub(super) fn explain(finding: ProgramDiagnostic, walk: &Walk, scope: &Scope) -> ProgramDiagnostic {
    let place = finding.labels.first().map(|label| label.span.clone());
    let is_of_types = finding.is_of_types() && scope.is_decoded() && !scope.is_typed();
    let Some(place) = place.filter(|_| is_of_types) else { return finding };
    let unknown = walk.paths.iter().find(|touched| {
        touched.prefix == PathPrefix::Event
            && touched.touch != Touch::Write
            && place.start <= touched.span.start
            && touched.span.end <= place.end
            && scope.value_kind().at_path(&touched.path).is_any()
    });
    match unknown {
        Some(touched) => {
            let name = format!(".{}", touched.path);
            finding.with_note(format!(
                "the type of `{name}` is not known here: a `schema` at the `decode` would say it"
            ))
        }
        None => finding,
    }
}

/// What the types at the end of the program tell.
pub(super) fn of_types(
    kind: ProgramKind,
    source: &str,
    scope: &Scope,
    walk: &Walk,
    after: &TypeInfo,
) -> Vec<ProgramDiagnostic> {
    match kind {
        ProgramKind::Filter | ProgramKind::When => {
            must_be_boolean(kind, source, scope, after).into_iter().collect()
        }
        ProgramKind::Map => must_fit_a_record(source, scope, walk, after),
    }
}

fn must_be_boolean(
    kind: ProgramKind,
    source: &str,
    scope: &Scope,
    after: &TypeInfo,
) -> Option<ProgramDiagnostic> {
    let result = after.result.kind().union(after.result.returns().clone());
    let what = if kind == ProgramKind::Filter { "a filter" } else { "`when`" };
    let label = format!("this gives {result}");
    if result.contains_boolean() {
        let is_known = !result.contains_bytes() || !result.contains_integer() || !result.contains_object();
        if result.is_boolean() || !is_known || !scope.is_typed() {
            return None;
        }
        let found = ProgramDiagnostic::own_error(
            format!("{what} may give what is no boolean, and such a record is poison"),
            whole(source),
            label,
        );
        let found = found.with_note("compare it: `… == true`");
        return Some(found.with_code(PERHAPS_NO_BOOLEAN).into_warning());
    }
    let mut found = ProgramDiagnostic::own_error(format!("{what} must give a boolean"), whole(source), label);
    found.code = NON_BOOLEAN_PREDICATE;
    Some(found)
}

fn must_fit_a_record(source: &str, scope: &Scope, walk: &Walk, after: &TypeInfo) -> Vec<ProgramDiagnostic> {
    let external = &after.state.external;
    let mut found = Vec::new();
    let text = Kind::bytes().or_integer().or_boolean().or_null();
    let text_words = "a string, an integer, a boolean or null";
    let mut check = |prefix, path: OwnedValuePath, allowed: &Kind, what: &str| {
        let root = external.kind(prefix);
        let kind = root.at_path(&path);
        if kind.is_never() || kind.is_undefined() || kind.intersects(allowed) {
            return;
        }
        let Some(span) = written_at(walk, prefix, &path) else { return };
        let name = format!("{}{path}", if prefix == PathPrefix::Event { "." } else { "%" });
        let message = format!("`{name}` must be {what}");
        let span = if span.is_empty() { whole(source) } else { span };
        let finding = ProgramDiagnostic::own_error(message, span, format!("in the end it is {kind}"));
        found.push(match kind.is_object() || kind.is_array() {
            true if prefix == PathPrefix::Metadata && *allowed == text => finding
                .with_note("as text: `encode_json(…)`; of a key, a sink's `encode: {key: …}` can write it"),
            _ => finding,
        });
    };

    let member = |name: &str| OwnedValuePath::single_field(name);
    if !scope.is_decoded() {
        let words = "a string or null where nothing is decoded";
        check(PathPrefix::Event, OwnedValuePath::root(), &Kind::bytes().or_null(), words);
    }
    if !scope.encodes_keys() {
        check(PathPrefix::Metadata, member("key"), &text, text_words);
    }
    check(PathPrefix::Metadata, member("timestamp"), &Kind::timestamp().or_null(), "a timestamp or null");
    check(PathPrefix::Metadata, member("headers"), &Kind::object(Collection::any()), "an object");
    let headers = external.metadata_kind().at_path(&member("headers"));
    for name in headers.as_object().iter().flat_map(|object| object.known().keys()) {
        check(PathPrefix::Metadata, member("headers").with_field_appended(name.as_str()), &text, text_words);
    }
    found
}

/// The last place that writes `path`, or something in it or around it; where a record has it from its input, none.
fn written_at(walk: &Walk, prefix: PathPrefix, path: &OwnedValuePath) -> Option<Range<usize>> {
    let related = |other: &OwnedValuePath| other.can_start_with(path) || path.can_start_with(other);
    let mut writes =
        walk.paths.iter().filter(|touched| touched.touch == Touch::Write && touched.prefix == prefix);
    writes.rfind(|touched| related(&touched.path)).map(|touched| touched.span.clone())
}

/// All of the source but white space around it.
pub(super) fn whole(source: &str) -> Range<usize> {
    let start = source.len() - source.trim_start().len();
    start..source.trim_end().len().max(start)
}
