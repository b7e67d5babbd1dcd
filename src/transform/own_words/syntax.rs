//! What is no program: VRL tells of tokens by their names in its grammar.

use std::ops::Range;

use super::super::program::{ProgramDiagnostic, ProgramLabel};
use super::elsewhere;

/// VRL's codes for a token in the wrong place, the end in the wrong place, and a string that is none.
const UNEXPECTED: usize = 203;
const UNEXPECTED_END: usize = 204;
const STRING: usize = 207;

/// VRL's code for a word that it keeps for itself.
const RESERVED: usize = 205;

/// Words of other languages, and what stands for them.
const ELSEWHERE: [(&str, &str); 12] = [
    ("and", "`&&`"),
    ("or", "`||`"),
    ("not", "`!`"),
    ("in", "`includes([…], …)`"),
    ("is", "`== null`, or `is_string(…)` and the like"),
    ("elif", "`else if`"),
    ("elseif", "`else if`"),
    ("then", "a block in braces, `if … { … }`"),
    ("//", "`#` before a comment"),
    ("--", "`#` before a comment"),
    ("?", "`if … { … } else { … }`"),
    ("=>", "`:` in an object, `->` before a closure"),
];

/// The finding in words of what is written.
pub(super) fn of(found: ProgramDiagnostic, text: &str) -> ProgramDiagnostic {
    let Some(place) = found.labels.first().map(|label| label.span.clone()) else { return found };
    let expected = found.labels.iter().find_map(|label| label.message.strip_prefix("expected one of: "));
    let expects =
        |token: &str| expected.is_some_and(|all| all.split(", ").any(|one| one == format!("\"{token}\"")));
    match found.code {
        STRING => {
            let words = "it has no end, or a backslash before what cannot stand there";
            ProgramDiagnostic::own_error("this is no string", place, words).with_code(found.code)
        }
        RESERVED => {
            let (word, behind) = (text.get(place.clone()).unwrap_or(""), text.get(place.end..).unwrap_or(""));
            let (label, note) = elsewhere::reserved(word, behind);
            let message = format!("`{word}` is a word that VRL keeps for itself");
            let found = ProgramDiagnostic::own_error(message, place, label).with_code(found.code);
            note.into_iter().fold(found, ProgramDiagnostic::with_note)
        }
        UNEXPECTED | UNEXPECTED_END => {
            let is_end = found.code == UNEXPECTED_END;
            let message = if is_end { "the program ends too early" } else { "this cannot be read" };
            let at = place.start.min(text.len());
            let (label, note) = match word_of_elsewhere(text, &place) {
                Some((word, here)) => (format!("`{word}` is {here} here"), None),
                None => elsewhere::hint(text, at).unwrap_or_else(|| hint(text, at, &expects)),
            };
            let is_told = !label.is_empty();
            let label = if is_told { label } else { plain(is_end, expected) };
            let mut worded = ProgramDiagnostic::own_error(message, place, label).with_code(found.code);
            if !is_told && (is_end || expects(")") || expects("]") || expects("}")) {
                worded.labels.extend(unclosed(text, at));
            }
            note.into_iter().fold(worded, ProgramDiagnostic::with_note)
        }
        _ => found,
    }
}

/// The most of what could stand there that is listed.
const EXPECTED_MAX: usize = 6;

fn plain(is_end: bool, expected: Option<&str>) -> String {
    let what = if is_end { "more is missing" } else { "this is not expected here" };
    match expected {
        Some(expected) if expected.split(", ").count() <= EXPECTED_MAX => {
            format!("{what}, but one of {}", expected.replace("\"\\n\"", "a new line").replace('"', "`"))
        }
        _ => what.to_owned(),
    }
}

/// The word at a place, or before it, where another language would have it.
fn word_of_elsewhere(text: &str, place: &Range<usize>) -> Option<(&'static str, &'static str)> {
    let here = text.get(place.start..)?;
    let before = text.get(..place.start)?.trim_end();
    let is_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    ELSEWHERE.into_iter().find(|(word, _)| {
        let ends = |rest: &str| !word.ends_with(is_word) || !rest.starts_with(is_word);
        let starts = |rest: &str| !word.starts_with(is_word) || !rest.ends_with(is_word);
        let at = here.strip_prefix(word).is_some_and(ends);
        at || (*word == "not"
            && before.strip_suffix(word).is_some_and(|rest| starts(rest) && !rest.ends_with('.')))
    })
}

fn hint(text: &str, at: usize, expects: &dyn Fn(&str) -> bool) -> (String, Option<String>) {
    let (before, here) = text.split_at_checked(at).unwrap_or((text, ""));
    let line = before.rsplit('\n').next().unwrap_or("");
    if here.starts_with('\'') {
        let note = "in single quotes only where a letter stands in front: `r'…'` a pattern, `t'…'` a timestamp, `s'…'` text as it is";
        return ("text stands in double quotes: `\"…\"`".to_owned(), Some(note.to_owned()));
    }
    if here.chars().next().is_some_and(|char| !char.is_ascii()) {
        return ("a name with such a character stands in quotes: `.\"…\"`".to_owned(), None);
    }
    if line.contains("->") && line.trim_end().ends_with('|') && expects("{") {
        return ("what a closure does stands in braces: `-> |…| { … }`".to_owned(), None);
    }
    if here.starts_with('|') && line.trim_end().ends_with([',', '(']) {
        return ("a closure stands behind the call: `map_values(…) -> |value| { … }`".to_owned(), None);
    }
    if here.starts_with(':') && expects("}") {
        return ("a name in an object stands in quotes: `{\"name\": …}`".to_owned(), None);
    }
    if !line.trim().is_empty()
        && expects(",")
        && here.starts_with(['"', '.'])
        && open_bracket(before).is_some()
    {
        return ("a comma is missing before this".to_owned(), None);
    }
    (String::new(), None)
}

/// The bracket that is open at a place.
fn unclosed(text: &str, at: usize) -> Option<ProgramLabel> {
    let open = open_bracket(text.get(..at)?)?;
    let bracket = &text[open..=open];
    Some(ProgramLabel {
        span: open..open + 1,
        message: format!("this `{bracket}` is not closed"),
        is_primary: false,
    })
}

/// The last bracket that is not closed; what stands in strings and comments does not count.
pub(super) fn open_bracket(text: &str) -> Option<usize> {
    let (mut open, mut quote, mut is_escaped, mut is_comment) = (Vec::new(), None, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match (byte, quote) {
            (b'\n', None) => is_comment = false,
            _ if is_comment => {}
            _ if is_escaped => is_escaped = false,
            (b'\\', Some(_)) => is_escaped = true,
            (byte, Some(quoted)) => quote = (byte != quoted).then_some(quoted),
            (b'#', None) => is_comment = true,
            (b'"' | b'\'', None) => quote = Some(byte),
            (b'(' | b'[' | b'{', None) => open.push(at),
            (b')' | b']' | b'}', None) => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
}
