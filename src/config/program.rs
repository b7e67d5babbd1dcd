//! Programs in a configuration file: compiled, and what the compiler says shown at its place in the file.

use std::ops::Range;

use crate::transform::{Doubt, Program, ProgramDiagnostic, ProgramKind, Scope, compile_in};

use super::diagnostic::{Diagnostic, Label, Severity};
use super::element::Key;
use super::interpolate::OtherDollars;
use super::node::{Node, Value};
use super::source_map::{Place, SourceMap};
use super::walk::Walk;

/// A place in the chain of programs.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    /// What is known about a record there.
    pub scope: Scope,
    /// What is not known since a program before it does not compile: findings that may be its fault are not told.
    pub doubt: Doubt,
    /// Whether a program before it does not compile.
    pub broken: bool,
    /// The maps so far, in their order, each with where it stands.
    pub maps: Vec<(Node, Program)>,
}

impl Chain {
    /// Goes on behind a program that does not compile.
    pub(super) fn break_at(&mut self, node: &Node, kind: ProgramKind) {
        let doubt = match &node.value {
            Value::Text(text) => Doubt::of(kind, text),
            _ => Doubt::of(kind, ""),
        };
        if kind == ProgramKind::Map {
            self.scope = self.scope.doubting(&doubt);
        }
        self.doubt.extend(doubt);
        self.broken = true;
    }
}

/// Reads and compiles a program for its place in the chain.
pub(super) fn program(
    walk: &mut Walk<'_>,
    node: &Node,
    key: &'static Key,
    kind: ProgramKind,
    chain: &Chain,
) -> Option<Program> {
    if matches!(node.value, Value::Null | Value::List(_) | Value::Map(_)) {
        walk.wrong(node, key);
        return None;
    }
    let text = walk.text(node, OtherDollars::Literal)?;
    let findings = match compile_in(kind, &text.value, &chain.scope) {
        Ok((program, warnings)) => {
            // Warnings of a program that was filled in could show what was filled in.
            let warnings = if text.filled { Vec::new() } else { warnings };
            report(walk, node, &text.shown, &warnings);
            return Some(program);
        }
        Err(mut findings) => {
            findings.retain(|finding| !chain.doubt.explains(&text.value, finding));
            findings
        }
    };
    if !text.filled {
        report(walk, node, &text.shown, &findings);
        return None;
    }
    match compile_in(kind, &text.shown, &chain.scope) {
        // As written it fails too: that can be told without showing what was filled in.
        Err(findings) => report(walk, node, &text.shown, &findings),
        Ok(_) => walk.report(
            Diagnostic::error("vrl", "with its references filled in, this program does not compile")
                .at(start_of(walk.sources, node), "")
                .note("the compiler's words are not shown: they could tell what was filled in"),
        ),
    }
    None
}

fn report(walk: &mut Walk<'_>, node: &Node, source: &str, findings: &[ProgramDiagnostic]) {
    let mapping = Mapping::of(walk.sources, node, source);
    for finding in findings {
        let diagnostic = diagnostic(walk.sources, node, source, mapping.as_ref(), finding);
        walk.report(diagnostic);
    }
}

fn diagnostic(
    sources: &SourceMap,
    node: &Node,
    source: &str,
    mapping: Option<&Mapping>,
    finding: &ProgramDiagnostic,
) -> Diagnostic {
    let severity = if finding.is_error { Severity::Error } else { Severity::Warning };
    let labels = finding.labels.iter().map(|label| Label {
        place: match mapping {
            Some(mapping) => mapping.place(node, label.span.clone()),
            None => start_of(sources, node),
        },
        message: label.message.clone(),
        is_primary: label.is_primary,
    });
    let mut labels: Vec<_> = labels.collect();
    if labels.is_empty() {
        labels.push(Label { place: start_of(sources, node), message: String::new(), is_primary: true });
    }
    let mut notes = finding.notes.clone();
    if mapping.is_none()
        && let Some(label) = finding.labels.iter().find(|label| label.is_primary)
    {
        notes.insert(0, own_line(source, label.span.start));
    }
    Diagnostic { severity, code: finding.rule(), message: finding.message.clone(), labels, notes, path: None }
}

/// Where in the program's own text an offset is, for a text that does not stand in the file as it is.
fn own_line(source: &str, offset: usize) -> String {
    let offset = floor_boundary(source, offset);
    let before = &source[..offset];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    let text = source.lines().nth(line - 1).unwrap_or("");
    format!(
        "in the program's line {line}, column {column}: {text}\na `|` block lets this be shown at its place"
    )
}

/// The first line of a scalar.
fn start_of(sources: &SourceMap, node: &Node) -> Place {
    first_line(sources, node.place)
}

/// The first line of what stands in a place.
pub(super) fn first_line(sources: &SourceMap, place: Place) -> Place {
    let slice = sources.slice(place);
    let first_line = slice.lines().next().unwrap_or("");
    Place { end: place.start + first_line.len(), ..place }
}

/// The place in the file of a span of a scalar's value; the scalar's start where that cannot be told.
pub(super) fn place_in(sources: &SourceMap, node: &Node, value: &str, span: Range<usize>) -> Place {
    match Mapping::of(sources, node, value) {
        Some(mapping) => mapping.place(node, span),
        None => start_of(sources, node),
    }
}

/// For each line of a scalar's value: where it starts in the value and in the file, and its length. It
/// exists only where every line was found in the file as it is, so it cannot point at the wrong place.
#[derive(Debug, PartialEq, Eq)]
struct Mapping(Vec<Line>);

#[derive(Debug, PartialEq, Eq)]
struct Line {
    in_value: usize,
    in_file: usize,
    length: usize,
}

impl Mapping {
    fn of(sources: &SourceMap, node: &Node, value: &str) -> Option<Mapping> {
        let slice = sources.slice(node.place);
        let at = |in_file| Some(Mapping(vec![Line { in_value: 0, in_file, length: value.len() }]));
        if slice == value {
            return at(node.place.start);
        }
        let inner = slice.get(1..slice.len().saturating_sub(1)).unwrap_or("");
        if slice.starts_with(['"', '\'']) && inner == value && !value.contains('\n') {
            return at(node.place.start + 1);
        }
        Mapping::of_block(sources.text(node.place.file), node.place.start, value)
    }

    /// A `|` block: its lines stand in the file behind the block's indentation.
    fn of_block(text: &str, start: usize, value: &str) -> Option<Mapping> {
        let leading_breaks = value.len() - value.trim_start_matches('\n').len();
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        // The block's place is its first line that is not blank, or its first line at all.
        let before: Vec<usize> = line_starts_before(text, line_start, leading_breaks);
        let first_lines = [before.last().copied().unwrap_or(line_start), line_start];
        let indents = (0..=start - line_start).rev();
        indents
            .flat_map(|indent| first_lines.map(|first| (first, indent)))
            .find_map(|(first, indent)| match_lines(text, first, indent, value))
    }

    fn place(&self, node: &Node, span: Range<usize>) -> Place {
        let start = self.in_file(span.start);
        Place::new(node.place.file, start, self.in_file(span.end).max(start))
    }

    fn in_file(&self, in_value: usize) -> usize {
        let line = self.0.iter().rev().find(|line| line.in_value <= in_value).unwrap_or(&self.0[0]);
        line.in_file + (in_value - line.in_value).min(line.length)
    }
}

/// The starts of up to `count` lines above the one at `line_start`, nearest first.
fn line_starts_before(text: &str, line_start: usize, count: usize) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = line_start;
    while starts.len() < count && at > 0 {
        at = text[..at - 1].rfind('\n').map_or(0, |newline| newline + 1);
        starts.push(at);
    }
    starts
}

fn match_lines(text: &str, first: usize, indent: usize, value: &str) -> Option<Mapping> {
    let mut lines = Vec::new();
    let mut in_value = 0;
    let mut line_start = first;
    for line in value.trim_end_matches('\n').split('\n') {
        let rest = text.get(line_start..)?;
        let written = rest.split('\n').next().unwrap_or("");
        let written_length = written.len();
        let written = written.strip_suffix('\r').unwrap_or(written);
        let indented = written.get(..indent).is_some_and(|blank| blank.chars().all(|c| c == ' '));
        let in_file = match line.is_empty() {
            true if written.trim().is_empty() => line_start + written.len(),
            false if indented && &written[indent..] == line => line_start + indent,
            _ => return None,
        };
        lines.push(Line { in_value, in_file, length: line.len() });
        in_value += line.len() + 1;
        line_start += written_length + 1;
    }
    Some(Mapping(lines))
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::super::node::parse;
    use super::*;

    /// What stands in the file where `needle` stands in the value of the key `a`.
    fn found(yaml: &str, needle: &str) -> Option<String> {
        let mut sources = SourceMap::default();
        let file = sources.add(Path::new("a.yaml"), yaml.to_owned());
        let root = parse(&sources, file).expect("it is YAML");
        let Value::Map(entries) = &root.value else { panic!("a mapping") };
        let node = &entries[0].1;
        let Value::Text(value) = &node.value else { panic!("text") };
        let start = value.find(needle).expect("it stands in the value");
        let mapping = Mapping::of(&sources, node, value)?;
        Some(sources.slice(mapping.place(node, start..start + needle.len())).to_owned())
    }

    #[test]
    fn spans_are_found_in_every_plain_spelling() {
        for yaml in [
            "a: .x = foo\n",
            "a: '.x = foo'\n",
            "a: \".x = foo\"\n",
            "a: |\n  .x = foo\n",
            "a: |\n  .y = 1\n\n    .x = foo\n  .z = 2\n",
            "a: |-\n\n\n     .y\n     .x = foo",
            "a: |2\n     .x = foo\n  .y\n",
            "a: |+\n  .x = foo\n\n\n",
            "a: |\r\n  .y = 1\r\n  .x = foo\r\n",
            "é: |\n  .ü = \"ö\"\n  .x = foo\n",
        ] {
            assert_eq!(found(yaml, "foo").as_deref(), Some("foo"), "{yaml:?}");
        }
    }

    #[test]
    fn spellings_that_change_the_text_are_not_guessed_at() {
        for yaml in ["a: \"x\\tfoo\"\n", "a: 'it''s foo'\n", "a: >\n  x\n  foo\n", "a: x\n  foo\n"] {
            assert_eq!(found(yaml, "foo"), None, "{yaml:?}");
        }
    }

    #[test]
    fn the_programs_own_line_is_told_where_the_file_has_none() {
        assert!(own_line("one\ntwo x\n", 8).starts_with("in the program's line 2, column 5: two x\n"));
        assert!(own_line("é", 1).starts_with("in the program's line 1, column 1"));
    }

    proptest! {
        #[test]
        fn a_block_maps_every_character_to_itself(
            lines in prop::collection::vec("[a-z.= ]{0,8}[a-z]|", 1..8),
            indent in 1usize..6,
        ) {
            prop_assume!(lines.iter().any(|line| !line.is_empty()));
            prop_assume!(lines.iter().find(|line| !line.is_empty()).is_some_and(|l| !l.starts_with(' ')));
            let pad = " ".repeat(indent);
            let block: String = lines.iter().map(|line| format!("{pad}{line}\n")).collect();
            let yaml = format!("a: |\n{block}b: 1\n");
            let word = lines.iter().rev().find(|line| !line.is_empty()).expect("one is not empty");
            let slice = found(&yaml, word);
            prop_assert_eq!(slice.as_deref(), Some(word.as_str()));
        }
    }
}
