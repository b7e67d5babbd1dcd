//! What VRL's compiler finds, in words that say what fails, where, and what to do: VRL tells of the whole statement, of the types
//! that it takes, and of the tokens of its grammar.

mod arguments;
mod elsewhere;
mod items;
mod names;
mod operators;
mod parts;
mod results;
mod syntax;
mod unhandled;

#[cfg(test)]
mod tests;

use vrl::parser::ast::Program;
use vrl::path::{OwnedTargetPath, OwnedValuePath, PathPrefix, ValuePath};

use super::access::{Touch, Walk};
use super::program::{ProgramDiagnostic, ProgramKind};
use super::scope::Scope;
use super::types::{Kept, Shape};

/// A program and its place.
#[derive(Clone, Copy)]
pub(super) struct Source<'s> {
    pub kind: ProgramKind,
    pub text: &'s str,
    pub ast: &'s Program,
    pub walk: &'s Walk,
    pub scope: &'s Scope,
    /// What conditions keep out of what it reads.
    pub kept: &'s Kept,
}

/// The longest piece of a program that is quoted, in characters.
const QUOTED_MAX: usize = 60;

/// VRL's codes for an error that nobody handles: of an expression or a condition, of what is assigned, of an argument.
pub(super) const UNHANDLED: [usize; 3] = [100, 103, 630];

const UNDEFINED_FUNCTION: usize = 105;
const INVALID_ARGUMENT: usize = 110;
const UNDEFINED_VARIABLE: usize = 701;

/// What is written to `_`, and what is not used.
const TO_NOTHING: usize = 640;
const UNUSED: usize = 900;

/// A closure with too few names, or too many; comparisons in a row.
const CLOSURE_NAMES: usize = 120;
const CHAINED_COMPARISON: usize = 650;

/// Whether what is found about a comparison comes from what VRL cannot compile: a closure that does not get its items, or a row
/// of comparisons.
pub(super) fn is_its_cause(vrl: &ProgramDiagnostic, comparison: &ProgramDiagnostic) -> bool {
    let ends = |found: &ProgramDiagnostic| found.labels.first().map_or(0, |label| label.span.end);
    match vrl.code {
        CLOSURE_NAMES => vrl.start() < comparison.start(),
        CHAINED_COMPARISON => comparison.start() <= vrl.start() && ends(vrl) <= ends(comparison),
        _ => false,
    }
}

/// Findings of VRL in other words, each thing that is wrong once.
pub(super) fn in_own_words(found: Vec<ProgramDiagnostic>, source: Source<'_>) -> Vec<ProgramDiagnostic> {
    let mut told: Vec<ProgramDiagnostic> = Vec::new();
    for finding in found {
        let is_error = finding.is_error;
        // Millstream's own, of what only is a warning.
        let is_own = |note: &&String| note.starts_with("this ") && *note != results::NO_EFFECT;
        let notes: Vec<_> = finding.notes.iter().filter(is_own).cloned().collect();
        let worded = match finding.code {
            // Where records come nobody waits for compilations.
            code if UNHANDLED.contains(&code) && source.scope.may_ask() => vec![finding],
            code if UNHANDLED.contains(&code) => unhandled::of(finding, source),
            INVALID_ARGUMENT => vec![arguments::of(finding, source)],
            UNDEFINED_FUNCTION => vec![names::of_function(finding, source)],
            UNDEFINED_VARIABLE => vec![names::of_variable(finding, source)],
            // VRL's parser goes on behind a line that it cannot read.
            _ if finding.is_of_syntax() => vec![syntax::of(finding, source.text)],
            TO_NOTHING | UNUSED => vec![results::of(finding, source)],
            CLOSURE_NAMES => vec![finding.with_note(
                "an array's items come with their index, an object's members with their name: `-> |_index, item| { … }`",
            )],
            CHAINED_COMPARISON => vec![finding.with_note("join two comparisons by `&&`: `1 < .n && .n < 5`")],
            _ => vec![finding],
        };
        for mut finding in worded {
            finding.is_error = is_error;
            for note in &notes {
                if !finding.notes.contains(note) {
                    finding.notes.push(note.clone());
                }
            }
            let is_told =
                told.iter().any(|other| other.code == finding.code && other.labels == finding.labels);
            if !is_told {
                told.push(finding);
            }
        }
    }
    told
}

/// What VRL's parser says, in other words.
pub(super) fn of_syntax(found: ProgramDiagnostic, text: &str) -> ProgramDiagnostic {
    syntax::of(found, text)
}

/// What a schema says of a place that the program did not write.
fn shape_at(place: &OwnedTargetPath, source: Source<'_>) -> Option<Shape> {
    let path = &place.path;
    let related = |written: &OwnedValuePath| written.can_start_with(path) || path.can_start_with(written);
    let is_written = source.walk.paths.iter().any(|touched| {
        touched.prefix == place.prefix && touched.touch != Touch::Read && related(&touched.path)
    });
    if is_written {
        return None;
    }
    let root = match place.prefix {
        PathPrefix::Event => source.scope.value_shape().clone(),
        PathPrefix::Metadata => source.scope.envelope_shape(),
    };
    Some(root.read(&path.segments).shape)
}

/// Types as VRL lists them, in words.
fn typed(kinds: &str) -> String {
    if kinds.contains(['{', '[']) {
        return kinds.to_owned();
    }
    let with_article = |kind: &str| match kind {
        "null" => "null".to_owned(),
        "undefined" => "absent".to_owned(),
        "any" => "anything".to_owned(),
        "integer" | "array" | "object" => format!("an {kind}"),
        _ => format!("a {kind}"),
    };
    kinds.split(" or ").map(with_article).collect::<Vec<_>>().join(" or ")
}

/// What to do about null in a member.
fn without_null(member: &str) -> String {
    format!("`if {member} != null {{ … }}` around it, or `filter: {member} != null` before, keeps null out")
}

/// A piece of a program, where it is short and stands in one line.
fn quoted(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.contains('\n') && text.chars().count() <= QUOTED_MAX).then_some(text)
}
