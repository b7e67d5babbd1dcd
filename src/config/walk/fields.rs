//! A mapping's keys against its element's table: which are unknown, stand twice, are missing, or have a default.

use crate::config::diagnostic::Diagnostic;
use crate::config::element::{Element, Key, Need, keys_of, nearest};
use crate::config::node::{Node, Value};
use crate::config::source_map::Place;

use super::{Walk, not_available};

/// The keys that stand in a mapping, each checked against its element's table.
pub(in crate::config) struct Fields<'n> {
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
    pub(in crate::config) fn open(
        walk: &mut Walk<'_>,
        node: &'n Node,
        element: &'static Element,
    ) -> Option<Fields<'n>> {
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
    pub(in crate::config) fn place(&self) -> Place {
        self.place
    }

    /// What stands at a key.
    pub(in crate::config) fn node(&self, name: &str) -> Option<&'n Node> {
        self.found.iter().find(|found| found.key.name == name).map(|found| found.node)
    }

    /// All known keys that stand there, in the order of the file, with their places.
    pub(in crate::config) fn all(&self) -> impl Iterator<Item = (&'static Key, Place, &'n Node)> {
        self.found.iter().map(|found| (found.key, found.place, found.node))
    }

    fn key(&self, name: &str) -> &'static Key {
        self.element.key(name).expect("an element reads only the keys of its own table")
    }

    /// What stands at a key, or its default; `None` where it is wrong or missing, which has been said.
    pub(in crate::config) fn read<T>(
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
    pub(in crate::config) fn optional<T>(
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
