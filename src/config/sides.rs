//! What the long forms of `decode` and `encode` share: `format` stands for the value alone, or `value` and `key` say how
//! each side is.

use super::diagnostic::Diagnostic;
use super::element::{Element, Key, Need, Shape, Words};
use super::node::{Node, Value};
use super::spec::Format;
use super::walk::{Fields, Walk, word};

/// The format of the value, where the mapping speaks of nothing else.
pub(super) const FORMAT: Key = Key {
    name: "format",
    shape: Shape::Choice(Format::words),
    need: Need::Optional,
    doc: "the value's format, where the key stays as it is",
};

/// Where a long form says how the value is.
pub(super) enum OfValue {
    /// In itself, by its `format`.
    Here,
    /// Under `value`.
    Apart,
    /// Nowhere.
    Unsaid,
}

/// Where it says so; `None` where it does so twice, which has been said.
pub(super) fn of_value(walk: &mut Walk<'_>, fields: &Fields<'_>) -> Option<OfValue> {
    match (fields.node("format").is_some(), fields.node("value")) {
        (true, None) => Some(OfValue::Here),
        (false, Some(_)) => Some(OfValue::Apart),
        (false, None) => Some(OfValue::Unsaid),
        (true, Some(node)) => {
            let message = "`format` and `value` say the same: write one of them";
            walk.report(Diagnostic::error("bad-value", message).at(node.place, ""));
            None
        }
    }
}

/// One side: a word, which `plain` takes, or a mapping by `element`, which `long` reads.
pub(super) fn side<T>(
    walk: &mut Walk<'_>,
    (node, key): (&Node, &'static Key),
    element: &'static Element,
    plain: impl FnOnce(Format) -> T,
    long: impl FnOnce(&mut Walk<'_>, &Fields<'_>) -> Option<T>,
) -> Option<T> {
    match &node.value {
        Value::Map(_) => {
            let fields = Fields::open(walk, node, element)?;
            long(walk, &fields)
        }
        Value::Text(_) => word(walk, node, key).map(plain),
        _ => {
            walk.wrong(node, key);
            None
        }
    }
}
