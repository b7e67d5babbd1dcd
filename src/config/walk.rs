//! Walks the tree of nodes by the tables of `element.rs` and reports whatever does not fit.
//!
//! Every reader gives `None` where it has already said why, so that an element reads all its keys before it
//! gives up: one run tells all errors.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::diagnostic::Diagnostic;
use super::element::{Element, Key, Need, Shape, Words, keys_of, nearest};
use super::interpolate::{OtherDollars, Surroundings, Text, Unresolved, resolve};
use super::node::{Node, Value};
use super::source_map::{FileId, Place, SourceMap};
use super::spec::Filled;
use super::units;

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

/// The keys that stand in a mapping, each checked against its element's table.
pub(super) struct Fields<'n> {
    element: &'static Element,
    place: Place,
    found: Vec<Found<'n>>,
}

/// A known key, where it stands, and what stands there.
struct Found<'n> {
    key: &'static Key,
    place: Place,
    node: &'n Node,
}

impl<'n> Fields<'n> {
    /// Reads a mapping's keys: says which are unknown, duplicate, missing or not available.
    pub(super) fn open(walk: &mut Walk<'_>, node: &'n Node, element: &'static Element) -> Option<Fields<'n>> {
        let Value::Map(entries) = &node.value else {
            let keys = keys_of(element);
            let message = format!("{} must be a mapping ({keys}), and is {}", element.name, node.kind());
            walk.report(Diagnostic::error("wrong-type", message).at(node.place, node.kind()));
            return None;
        };
        let place = entries.first().map_or(node.place, |(key, _)| key.place);
        let mut fields = Fields { element, place, found: Vec::new() };
        let mut first: Vec<(&str, Place)> = Vec::new();
        let mut misspelt = Vec::new();
        for (key, value) in entries {
            if let Some((_, earlier)) = first.iter().find(|(name, _)| *name == key.name) {
                let message = format!("`{}` stands twice in {}", key.name, element.name);
                let twice = Diagnostic::error("duplicate-key", message).at(key.place, "here again");
                walk.report(twice.also(*earlier, "first here"));
                continue;
            }
            first.push((&key.name, key.place));
            match element.key(&key.name) {
                Some(Key { need: Need::NotAvailable(what), name, .. }) => {
                    walk.report(not_available(&format!("`{name}`"), what).at(key.place, ""));
                }
                Some(known) => fields.found.push(Found { key: known, place: key.place, node: value }),
                None => {
                    let near = nearest_key(&key.name, element);
                    walk.report(unknown_key(&key.name, element, near).at(key.place, ""));
                    misspelt.extend(near);
                }
            }
        }
        fields.report_missing(walk, &misspelt);
        Some(fields)
    }

    /// A key that stands there misspelt has been told of.
    fn report_missing(&self, walk: &mut Walk<'_>, misspelt: &[&str]) {
        for key in self.element.keys.iter().filter(|key| !misspelt.contains(&key.name)) {
            if matches!(key.need, Need::Required) && self.node(key.name).is_none() {
                let message = format!("{} needs `{}`: {}", self.element.name, key.name, key.doc);
                let place = self.place;
                walk.report(
                    Diagnostic::error("missing-key", message).at(place, "in the mapping that starts here"),
                );
            }
        }
    }

    /// The place of its first key.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// What stands at a key.
    pub(super) fn node(&self, name: &str) -> Option<&'n Node> {
        self.found.iter().find(|found| found.key.name == name).map(|found| found.node)
    }

    /// All known keys that stand there, in the order of the file, with their places.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'static Key, Place, &'n Node)> {
        self.found.iter().map(|found| (found.key, found.place, found.node))
    }

    fn key(&self, name: &str) -> &'static Key {
        self.element.key(name).expect("an element reads only the keys of its own table")
    }

    /// What stands at a key, or its default; `None` where it is wrong or missing, which has been said.
    pub(super) fn read<T>(
        &self,
        walk: &mut Walk<'_>,
        name: &str,
        read: impl FnOnce(&mut Walk<'_>, &Node, &'static Key) -> Option<T>,
    ) -> Option<T> {
        let key = self.key(name);
        match (self.node(name), key.need) {
            (Some(node), _) => read(walk, node, key),
            (None, Need::Default(text)) => {
                let node = Node { value: Value::Text(text.to_owned()), place: self.place };
                read(walk, &node, key)
            }
            (None, _) => None,
        }
    }

    /// What stands at a key that may be absent; `None` where it is wrong, which has been said.
    #[expect(clippy::option_option, reason = "wrong and absent are different")]
    pub(super) fn optional<T>(
        &self,
        walk: &mut Walk<'_>,
        name: &str,
        read: impl FnOnce(&mut Walk<'_>, &Node, &'static Key) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.node(name) {
            Some(node) => read(walk, node, self.key(name)).map(Some),
            None => Some(None),
        }
    }
}

fn nearest_key(name: &str, element: &Element) -> Option<&'static str> {
    let known = element.keys.iter().filter(|key| !matches!(key.need, Need::NotAvailable(_)));
    nearest(name, known.map(|key| key.name))
}

fn unknown_key(name: &str, element: &Element, near: Option<&str>) -> Diagnostic {
    let unknown = Diagnostic::error("unknown-key", format!("{} has no key `{name}`", element.name));
    if name == "<<" {
        return unknown.note("merge keys are not part of YAML 1.2: write the keys out");
    }
    match near {
        Some(near) => unknown.note(format!("did you mean `{near}`?")),
        None => unknown.note(format!("known keys: {}", keys_of(element))),
    }
}

/// An error that says that something is known and not built yet.
pub(super) fn not_available(what: &str, part: &str) -> Diagnostic {
    Diagnostic::error("not-available", format!("{what} is not available in this version: {part}"))
}

/// A duration within its key's limits.
pub(super) fn duration(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<Duration> {
    let Shape::Duration { min_ms, max_ms } = key.shape else {
        unreachable!("`{}` is read as the table says", key.name)
    };
    let (min, max) = (Duration::from_millis(min_ms), Duration::from_millis(max_ms));
    let value = walk.parsed(node, key, min, units::duration)?;
    if value < min || value > max {
        let (min, max) = (units::show_duration(min), units::show_duration(max));
        let message = format!("`{}` must be from {min} to {max}", key.name);
        walk.report(Diagnostic::error("bad-value", message).at(node.place, ""));
        return None;
    }
    Some(value)
}

/// A whole number within its key's limits.
pub(super) fn integer(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<u64> {
    let Shape::Integer { min, max } = key.shape else {
        unreachable!("`{}` is read as the table says", key.name)
    };
    walk.parsed(node, key, min, |text| {
        units::whole_number(text).filter(|number| (min..=max).contains(number))
    })
}

/// A word of a closed set.
pub(super) fn word<T: Words>(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<T> {
    let text = walk.scalar(node, key)?;
    if text.opaque {
        return T::WORDS.first().map(|(_, value)| *value);
    }
    if let Some((_, value)) = T::WORDS.iter().find(|(word, _)| *word == text.value) {
        return Some(*value);
    }
    let shown = &text.shown;
    if T::not_available().contains(&text.value.as_str()) {
        let part = format!("`{}` can be {}", key.name, key.shape.expected());
        walk.report(not_available(&format!("`{shown}`"), &part).at(node.place, ""));
        return None;
    }
    let message = format!("`{}` must be {}, and is `{shown}`", key.name, key.shape.expected());
    let wrong = Diagnostic::error("bad-value", message).at(node.place, "");
    // A value that was filled in is not shown, not even by what it is near to.
    let near = nearest(&text.value, T::words()).filter(|_| !text.filled);
    walk.report(match near {
        Some(near) => wrong.note(format!("did you mean `{near}`?")),
        None => wrong,
    });
    None
}

/// A text that is not empty.
pub(super) fn text(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<String> {
    let text = walk.scalar(node, key)?;
    if text.value.is_empty() || text.value.chars().any(char::is_control) {
        walk.bad(node, key, &text.shown);
        return None;
    }
    Some(text.value)
}

/// The items of a list, of at least the length that its key asks for.
pub(super) fn items<'n>(walk: &mut Walk<'_>, node: &'n Node, key: &'static Key) -> Option<&'n [Node]> {
    let Shape::List { min, .. } = key.shape else { unreachable!("`{}` is read as the table says", key.name) };
    let Value::List(items) = &node.value else {
        walk.wrong(node, key);
        return None;
    };
    if items.len() < min {
        let message = format!("`{}` must have at least {min}", key.name);
        walk.report(Diagnostic::error("bad-value", message).at(node.place, ""));
        return None;
    }
    Some(items)
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
mod tests {
    use super::*;

    static ELEMENT: Element = Element {
        name: "a thing",
        doc: "",
        exactly_one: false,
        keys: &[
            Key { name: "lanes", shape: Shape::Integer { min: 1, max: 9 }, need: Need::Required, doc: "" },
            Key {
                name: "wait",
                shape: Shape::Duration { min_ms: 10, max_ms: 1_000 },
                need: Need::Default("500ms"),
                doc: "",
            },
            Key { name: "later", shape: Shape::Any, need: Need::NotAvailable("not yet"), doc: "" },
        ],
    };

    fn read(yaml: &str) -> (Option<(u64, Duration)>, Vec<String>) {
        walked(yaml, |walk, node| {
            let fields = Fields::open(walk, node, &ELEMENT)?;
            let lanes = fields.read(walk, "lanes", integer);
            let wait = fields.read(walk, "wait", duration);
            Some((lanes?, wait?))
        })
    }

    #[test]
    fn defaults_and_references_are_read_as_if_they_stood_there() {
        assert_eq!(read("lanes: 2"), (Some((2, Duration::from_millis(500))), vec![]));
        assert_eq!(read("{lanes: '${env:LANES}', wait: 1s}").0, Some((3, Duration::from_secs(1))));
    }

    #[test]
    fn one_walk_tells_everything() {
        let (read, codes) = read("{wait: 2s, later: 1, other: 1, wait: 1s}");
        assert_eq!(read, None);
        assert_eq!(codes, ["not-available", "unknown-key", "duplicate-key", "missing-key", "bad-value"]);
    }

    #[test]
    fn a_misspelt_key_is_not_missing_too() {
        assert_eq!(read("lane: 2").1, ["unknown-key"]);
    }

    #[test]
    fn unset_is_an_error_unless_it_is_allowed() {
        assert_eq!(read("lanes: '${env:NONE}'").1, ["unset"]);
    }
}
