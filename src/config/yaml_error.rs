//! What a YAML parser says, in words that tell what to do.

use super::diagnostic::Diagnostic;
use super::node::{DEPTH_MAX, NODES_MAX};
use super::source_map::Place;

/// The parser's error as a finding.
pub(super) fn diagnostic(error: &serde_yaml::Error, place: Place) -> Diagnostic {
    let (message, hint) = explain(error);
    let diagnostic = Diagnostic::error("yaml", message).at(place, "");
    match hint {
        Some(hint) => diagnostic.note(hint),
        None => diagnostic,
    }
}

/// What is wrong, and what to do about what is met often.
fn explain(error: &serde_yaml::Error) -> (String, Option<&'static str>) {
    match error {
        serde_yaml::Error::AliasError { error, .. } => explain(error.without_snippet()),
        serde_yaml::Error::Budget { .. } => (
            format!(
                "this YAML is too large: at most {NODES_MAX} values, aliases written out, {DEPTH_MAX} deep"
            ),
            None,
        ),
        serde_yaml::Error::MultipleDocuments { .. } => (
            "this is a second YAML document".to_owned(),
            Some("one file holds one document: put it into a file of its own"),
        ),
        serde_yaml::Error::UnknownAnchor { .. } => ("there is no anchor of this name".to_owned(), None),
        error => {
            let message = error.render_with_formatter(&serde_yaml::UserMessageFormatter);
            let message = message.split(" at line ").next().unwrap_or(&message);
            (format!("this cannot be read as YAML: {message}"), hint(message))
        }
    }
}

fn hint(message: &str) -> Option<&'static str> {
    const HINTS: [(&str, &str); 5] = [
        ("tabs", "YAML is indented with spaces"),
        ("mapping values are not allowed", "put quotes around a value that holds a colon and a space"),
        ("unexpected character", "put quotes around a value that starts with this character"),
        ("expected string scalar", "a key is text"),
        ("did not find expected", "keys of one mapping stand in one column"),
    ];
    HINTS.iter().find(|(start, _)| message.contains(start)).map(|(_, hint)| *hint)
}
