//! Results that go nowhere. VRL says that such a call has no effect, and to take it away; one with `!` ends the program where it
//! fails.

use super::super::program::ProgramDiagnostic;
use super::{Source, TO_NOTHING, quoted};

/// What VRL notes beside a result that is not used.
pub(super) const NO_EFFECT: &str = "this expression has no side-effects";

/// The functions that give what they are given, or fail.
const ASSERTING: [&str; 8] = ["array", "bool", "float", "int", "object", "string", "timestamp", "regex"];

/// VRL's finding, in words that are true of a call that may fail.
pub(super) fn of(finding: ProgramDiagnostic, source: Source<'_>) -> ProgramDiagnostic {
    let Some(place) = finding.labels.first().map(|label| label.span.clone()) else { return finding };
    let text = source.text.get(place.clone()).and_then(quoted).unwrap_or("…");
    let (message, label) = match finding.code {
        TO_NOTHING => ("nothing is written to `_` alone".to_owned(), "its result goes nowhere"),
        _ => (format!("the result of `{text}` is not used"), "only whether it fails matters here"),
    };
    let fails = |name: &str, start: usize| {
        source.text[start..].strip_prefix(name).is_some_and(|rest| rest.starts_with('!'))
    };
    let inside = source.walk.calls.iter().filter(|call| place.contains(&call.span.start));
    let Some(call) =
        inside.filter(|call| fails(&call.name, call.span.start)).min_by_key(|call| call.span.start)
    else {
        return finding;
    };
    let path = text.strip_prefix(&format!("{}!(", call.name)).and_then(|rest| rest.strip_suffix(')'));
    let path = path.filter(|path| ASSERTING.contains(&call.name.as_str()) && is_path(path));
    let note = match path {
        Some(path) => {
            format!("where it fails the record is poison; `{path} = {text}` asks for no more than that")
        }
        None => "where it fails the record is poison, so that taking it away changes what comes through"
            .to_owned(),
    };
    ProgramDiagnostic::own_error(message, place, label).with_code(finding.code).with_note(note)
}

fn is_path(text: &str) -> bool {
    text.starts_with(['.', '%'])
        && text[1..].bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
}
