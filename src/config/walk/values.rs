//! What stands at one key, by the shape that the table gives it: a duration, a number, a word, a text, a list.

use std::time::Duration;

use crate::config::diagnostic::Diagnostic;
use crate::config::element::{Key, Shape, Words, nearest};
use crate::config::node::{Node, Value};
use crate::config::units;

use super::{Walk, not_available};

/// A duration within its key's limits.
pub(in crate::config) fn duration(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<Duration> {
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
pub(in crate::config) fn integer(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<u64> {
    let Shape::Integer { min, max } = key.shape else {
        unreachable!("`{}` is read as the table says", key.name)
    };
    walk.parsed(node, key, min, |text| {
        units::whole_number(text).filter(|number| (min..=max).contains(number))
    })
}

/// A word of a closed set.
pub(in crate::config) fn word<T: Words>(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<T> {
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
pub(in crate::config) fn text(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<String> {
    let text = walk.scalar(node, key)?;
    if text.value.is_empty() || text.value.chars().any(char::is_control) {
        walk.bad(node, key, &text.shown);
        return None;
    }
    Some(text.value)
}

/// The items of a list, of at least the length that its key asks for.
pub(in crate::config) fn items<'n>(
    walk: &mut Walk<'_>,
    node: &'n Node,
    key: &'static Key,
) -> Option<&'n [Node]> {
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
