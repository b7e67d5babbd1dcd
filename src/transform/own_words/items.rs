//! An array whose items are not what a function takes.

use vrl::compiler::value::kind::{ANY, ARRAY, BYTES};
use vrl::parser::ast::{Expr, FunctionCall, Node};

use super::super::functions;
use super::super::types::Shape;
use super::operators::shape;
use super::{Source, quoted};

/// An argument that is an array of other items.
pub(super) struct OtherItems {
    /// Whether none of them is of the type that is wanted.
    pub is_always: bool,
    /// What is given and what is wanted.
    pub label: String,
    /// What to make of it.
    pub note: Option<String>,
}

/// The argument of a call that is an array of other items than strings, where strings are wanted.
pub(super) fn of(call: &FunctionCall, argument: &str, source: Source<'_>) -> Option<OtherItems> {
    let name = call.ident.inner().as_ref();
    let function = functions::available().iter().find(|function| function.identifier() == name)?;
    let wants_texts = function.parameters().iter().any(|parameter| {
        parameter.kind == ARRAY && parameter.element_kind != ANY && parameter.element_kind & BYTES != 0
    });
    let text = |node: &Node<Expr>| source.text.get(node.span().range()).and_then(quoted);
    let given =
        call.arguments.iter().map(|given| &given.inner().expr).find(|node| text(node) == Some(argument))?;
    let Shape::Array(items) = same_items(given, source)? else { return None };
    let kind = items.kind();
    if !wants_texts || *items == Shape::Any || kind.is_bytes() {
        return None;
    }
    let words = items.words();
    let label = format!("`{argument}` is an array, each item {words}; `{name}` takes an array of strings");
    let note = match &*items {
        Shape::Record(record) => {
            record.members.iter().find(|(_, member)| member.shape.kind().is_bytes()).map(|(member, _)| {
                format!("of a member of each: `map_values({argument}) -> |item| {{ item.{member} }}`")
            })
        }
        _ if kind.contains_bytes() && kind.contains_null() => {
            Some(format!("`{name}(compact({argument}), …)` leaves out null and empty text"))
        }
        _ if kind.is_integer() || kind.is_float() || kind.is_boolean() || kind.is_timestamp() => {
            Some(format!("as text: `map_values({argument}) -> |item| {{ to_string(item) }}`"))
        }
        _ => None,
    };
    Some(OtherItems { is_always: !kind.contains_bytes(), label, note })
}

/// The shape of a member, or of some of its items.
fn same_items(node: &Node<Expr>, source: Source<'_>) -> Option<Shape> {
    let Expr::FunctionCall(call) = node.inner() else { return shape(node, source) };
    match (call.inner().ident.inner().as_ref(), call.inner().arguments.as_slice()) {
        ("unique", [argument]) => same_items(&argument.inner().expr, source),
        _ => None,
    }
}
