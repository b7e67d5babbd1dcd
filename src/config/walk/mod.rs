//! Walks the tree of nodes by the tables of `element.rs` and reports whatever does not fit.
//!
//! Here are a walk's state and findings, and a scalar's text with its references resolved; a mapping's keys are read in
//! `fields`, what stands at one key in `values`. Every reader gives `None` where it has already said why, so that an element reads all its keys before it
//! gives up: one run tells all errors.

mod fields;
mod values;

use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::element::Key;
use super::interpolate::{OtherDollars, Surroundings, Text, Unresolved, resolve};
use super::node::{Node, Value};
use super::source_map::{FileId, Place, SourceMap};
use super::spec::Filled;

pub(super) use fields::Fields;
pub(super) use values::{duration, integer, items, text, word};

/// What a walk needs and what it finds.
pub(super) struct Walk<'a> {
    /// The texts of all files.
    pub sources: &'a SourceMap,
    /// Where references look.
    pub surroundings: &'a Surroundings,
    /// Whether unset references are let pass, with a warning.
    pub allow_unset: bool,
    /// The findings.
    pub diagnostics: Vec<Diagnostic>,
    /// The values that references were resolved to, each with what the file says.
    pub filled: Filled,
}

/// A text and where it stands.
#[derive(Clone)]
pub(super) struct Located {
    /// With references filled in: never shown.
    pub value: String,
    /// As written.
    pub shown: String,
    /// Its place.
    pub place: Place,
}

impl<'a> Walk<'a> {
    /// A walk that has found nothing yet.
    pub(super) fn new(sources: &'a SourceMap, surroundings: &'a Surroundings, allow_unset: bool) -> Walk<'a> {
        Walk { sources, surroundings, allow_unset, diagnostics: Vec::new(), filled: Filled::default() }
    }

    /// Adds a finding.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The folder that relative paths of a file start from.
    pub(super) fn base(&self, file: FileId) -> PathBuf {
        let folder = self.sources.path(file).parent().unwrap_or(Path::new(""));
        match folder.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => folder.to_path_buf(),
        }
    }

    /// A scalar's text with its references resolved.
    pub(super) fn text(&mut self, node: &Node, other: OtherDollars) -> Option<Text> {
        let text = match &node.value {
            Value::Text(text) => text,
            Value::Number(text) | Value::Bool(text) => return Some(Text::plain(text)),
            Value::Null | Value::List(_) | Value::Map(_) => return None,
        };
        match resolve(text, &self.base(node.place.file), other, self.surroundings) {
            Ok(text) => {
                if text.filled {
                    self.filled.0.insert(text.value.clone(), text.shown.clone());
                }
                Some(text)
            }
            Err(unresolved) => self.unresolved(node, text, &unresolved),
        }
    }

    fn unresolved(&mut self, node: &Node, text: &str, unresolved: &[Unresolved]) -> Option<Text> {
        let mut may_pass = true;
        for one in unresolved {
            let passes = one.is_unset && self.allow_unset;
            may_pass &= passes;
            let message = match one.is_unset {
                true => format!("`{}` has no value: {}", &text[one.span.clone()], one.reason),
                false => format!("`{}` is not a reference", &text[one.span.clone()]),
            };
            let place = super::program::place_in(self.sources, node, text, one.span.clone());
            let mut diagnostic = match passes {
                true => Diagnostic::warning("unset", message).at(place, "taken as unknown"),
                false => Diagnostic::error("unset", message).at(place, ""),
            };
            if !one.is_unset {
                diagnostic.code = "bad-reference".to_owned();
                diagnostic = diagnostic.note(one.reason.clone());
            }
            self.report(diagnostic);
        }
        may_pass.then(|| Text { opaque: true, filled: true, ..Text::plain(text) })
    }

    /// Says that a value is not what its key takes.
    pub(super) fn wrong(&mut self, node: &Node, key: &Key) {
        let message = format!("`{}` must be {}, and is {}", key.name, key.shape.expected(), node.kind());
        self.report(Diagnostic::error("wrong-type", message).at(node.place, node.kind()));
    }

    /// Says that a value has the right type and a wrong content.
    pub(super) fn bad(&mut self, node: &Node, key: &Key, shown: &str) {
        let message = format!("`{}` must be {}, and is `{shown}`", key.name, key.shape.expected());
        self.report(Diagnostic::error("bad-value", message).at(node.place, ""));
    }

    /// A scalar's text; says so where it is none.
    pub(super) fn scalar(&mut self, node: &Node, key: &Key) -> Option<Text> {
        if matches!(node.value, Value::Null | Value::List(_) | Value::Map(_)) {
            self.wrong(node, key);
            return None;
        }
        self.text(node, OtherDollars::Refused)
    }

    /// A scalar that `read` understands; `opaque` stands for one that is unset.
    pub(super) fn parsed<T>(
        &mut self,
        node: &Node,
        key: &Key,
        opaque: T,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.scalar(node, key)?;
        if text.opaque {
            return Some(opaque);
        }
        let value = read(&text.value);
        if value.is_none() {
            self.bad(node, key, &text.shown);
        }
        value
    }
}

/// An error that says that something is known and not built yet.
pub(super) fn not_available(what: &str, part: &str) -> Diagnostic {
    Diagnostic::error("not-available", format!("{what} is not available in this version: {part}"))
}

/// Reads a YAML text with `read`, in a test; gives what it gave and the codes of the findings.
#[cfg(test)]
pub(super) fn walked<T>(yaml: &str, read: impl FnOnce(&mut Walk<'_>, &Node) -> T) -> (T, Vec<String>) {
    let mut sources = SourceMap::default();
    let file = sources.add(Path::new("test.yaml"), yaml.to_owned());
    let surroundings = Surroundings::made(&[("SECRET", "hunter2"), ("LANES", "3")], None);
    let node = super::node::parse(&sources, file).expect("the test's text is YAML");
    let mut walk = Walk::new(&sources, &surroundings, false);
    let read = read(&mut walk, &node);
    (read, walk.diagnostics.into_iter().map(|diagnostic| diagnostic.code).collect())
}

#[cfg(test)]
mod tests;
