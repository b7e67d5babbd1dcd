//! An argument that can never be what its function takes.

use super::super::program::ProgramDiagnostic;
use super::{Source, quoted, typed};

/// VRL's finding, with what to do for the types at hand.
pub(super) fn of(finding: ProgramDiagnostic, source: Source<'_>) -> ProgramDiagnostic {
    let Some(place) = finding.labels.first().map(|label| label.span.clone()) else { return finding };
    let words = |mark: &str| finding.labels.iter().find_map(|label| label.message.split_once(mark));
    let given =
        words("resolves to the exact type ").or_else(|| words("resolves to one of ")).map(|(_, given)| given);
    let wanted = words("\" expects the exact type ").or_else(|| words("\" expects one of "));
    let (Some(given), Some((parameter, wanted))) = (given, wanted) else { return finding };
    let parameter = parameter.rsplit('"').next().unwrap_or("");
    let before = source.walk.calls.iter().filter(|call| call.span.start < place.start);
    let Some(function) = before.max_by_key(|call| call.span.start).map(|call| call.name.as_str()) else {
        return finding;
    };
    let text = source.text.get(place.clone()).and_then(quoted);
    let message = match text {
        Some(text) => format!("`{function}` does not take `{text}`"),
        None => format!("`{function}` does not take this"),
    };
    let label = format!("this is {}, and `{parameter}` of `{function}` is {}", typed(given), typed(wanted));
    let found = ProgramDiagnostic::own_error(message, place, label).with_code(finding.code);
    match converted(given, wanted, text.unwrap_or("…")) {
        Some(converted) => found.with_note(format!("convert it: `{converted}`")),
        None => found,
    }
}

fn converted(given: &str, wanted: &str, text: &str) -> Option<String> {
    let is = |one: &str| wanted.split([',', ' ']).any(|wanted| wanted.trim_matches(['"', '`']) == one);
    let given = given.trim_matches(['"', '`']);
    Some(match given {
        "integer" | "float" | "boolean" | "timestamp" if is("string") => format!("to_string({text})"),
        "string" if is("timestamp") => format!("parse_timestamp!({text}, format: \"%+\")"),
        "string" if is("integer") => format!("to_int!({text})"),
        "string" if is("float") => format!("to_float!({text})"),
        "string" if is("object") || is("array") => format!("parse_json!({text})"),
        "float" if is("integer") => format!("to_int({text})"),
        "integer" if is("timestamp") => format!("from_unix_timestamp!({text})"),
        _ if given.starts_with(['{', '[']) && is("string") => format!("encode_json({text})"),
        _ => return None,
    })
}
