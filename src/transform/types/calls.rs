//! What functions and operators give, as far as it is known without VRL.

use std::ops::Range;

use vrl::compiler::value::kind;
use vrl::parser::ast::{Expr, FunctionCall, Literal, Node, QueryTarget};
use vrl::path::OwnedSegment;

use super::super::program::ProgramDiagnostic;
use super::super::tolerant::WRONG_ARGUMENT;
use super::binary;
use super::closures;
use super::flow::{Flow, Written, result_of};
use super::predicates;
use super::shape::{Shape, Text};

/// A call: its arguments, what it does to the record, and what it gives.
pub(super) fn call(flow: &mut Flow<'_>, call: &FunctionCall) -> Shape {
    let name = call.ident.inner().to_string();
    let mut arguments = Vec::with_capacity(call.arguments.len());
    for (index, argument) in call.arguments.iter().enumerate() {
        let expr = &argument.inner().expr;
        arguments.push(match (name.as_str(), index) {
            // To take away what only some versions have is right for all of them.
            ("del", 0) => flow.asking(|flow| delete(flow, expr, Compacts::of(call))),
            (name, 0) if name == "exists" || name.starts_with("is_") => flow.asking(|flow| flow.expr(expr)),
            _ => flow.expr(expr),
        });
    }
    if let (Some(shape), Some(argument)) = (arguments.first(), call.arguments.first())
        && !flow.state.dead
        && can_only_fail(&name, shape)
    {
        flow.state.failed = true;
        if flow.tells() {
            flow.found.push(failing(&name, shape, argument.inner().expr.span().range()));
        }
    }
    flow.insist(&name, call, &arguments);
    if let Some(closure) = &call.closure {
        let value = value_argument(call).and_then(|index| arguments.get(index));
        let value = value.cloned().unwrap_or(Shape::Any);
        // What else can stand there is `recursive`, or does not matter here.
        let is_recursive = call.arguments.len() > 1;
        let made = flow.closure(closure.inner(), closures::iteration(&name, &value, is_recursive));
        if let Some(shape) = closures::result(&name, &value, &made, is_recursive) {
            return shape;
        }
    }
    if flow.tells() && !flow.may_ask {
        let found = predicates::check(flow, &name, call, &arguments);
        flow.found.extend(found);
    }
    if name == "compact" {
        let value = value_argument(call).and_then(|index| arguments.get(index));
        return value.map_or(Shape::Any, |value| value.compacted(call.arguments.len() == 1));
    }
    if let Some(bytes) = binary::result(&name, arguments.first()) {
        return bytes;
    }
    match (name.as_str(), arguments.into_iter().next()) {
        ("del", Some(first)) => first,
        ("upcase" | "downcase", Some(first)) => predicates::in_case(&name, &first),
        (name, Some(first)) if kept_by(name).is_some() && first != Shape::Any => {
            let keeps = kept_by(name).expect("asked for above");
            first.retain(keeps)
        }
        _ => result(&name),
    }
}

/// Which argument a closure goes through.
fn value_argument(call: &FunctionCall) -> Option<usize> {
    let name =
        |index: &usize| call.arguments[*index].inner().ident.as_ref().map(|name| name.inner().to_string());
    let all = 0..call.arguments.len();
    let named = all.clone().find(|index| name(index).as_deref() == Some("value"));
    named.or_else(|| all.clone().find(|index| name(index).is_none()))
}

/// Whether `del` takes away what is empty then, too.
#[derive(Clone, Copy, PartialEq)]
enum Compacts {
    No,
    Yes,
    Perhaps,
}

impl Compacts {
    fn of(call: &FunctionCall) -> Self {
        let Some(option) = call.arguments.get(1) else { return Self::No };
        match option.inner().expr.inner() {
            Expr::Literal(literal) => match literal.inner() {
                Literal::Boolean(true) => Self::Yes,
                Literal::Boolean(false) => Self::No,
                _ => Self::Perhaps,
            },
            _ => Self::Perhaps,
        }
    }

    /// What is left of `shape`.
    fn left(self, shape: &Shape, path: &[OwnedSegment]) -> Shape {
        match self {
            Self::No => shape.without(path),
            Self::Yes => shape.without_compacting(path),
            Self::Perhaps => shape.without(path).merge(shape.without_compacting(path)),
        }
    }
}

fn delete(flow: &mut Flow<'_>, node: &Node<Expr>, compacts: Compacts) -> Shape {
    let shape = flow.expr(node);
    let Expr::Query(query) = node.inner() else { return shape };
    let path = query.inner().path.inner().clone();
    let takes_around = compacts != Compacts::No && path.segments.len() > 1;
    let is_by_name = path.segments.iter().all(|segment| matches!(segment, OwnedSegment::Field(_)));
    match query.inner().target.inner() {
        QueryTarget::Internal(name) => {
            let left = match path.is_root() || (takes_around && !is_by_name) {
                true => Shape::Any,
                false => compacts.left(&flow.local(name), &path.segments),
            };
            flow.state.locals.insert(name.to_string(), left);
            flow.may_take(query.inner(), takes_around);
        }
        QueryTarget::External(prefix) => {
            flow.may_take(query.inner(), takes_around);
            match path.segments.first() {
                None => *flow.root_mut(*prefix) = Shape::Any,
                Some(first) if takes_around && !is_by_name => {
                    flow.forget(*prefix, std::slice::from_ref(first));
                }
                Some(_) => {
                    let root = flow.root_mut(*prefix);
                    *root = compacts.left(root, &path.segments);
                }
            }
            let is_delete = !path.is_root();
            flow.written.push(Written { prefix: *prefix, path, span: node.span().range(), is_delete });
        }
        QueryTarget::FunctionCall(_) | QueryTarget::Container(_) => {}
    }
    shape
}

/// Whether no value of this shape is one that the function takes.
fn can_only_fail(name: &str, shape: &Shape) -> bool {
    if *shape == Shape::Any || shape.is_never() {
        return false;
    }
    match (kept_by(name), name) {
        (Some(keeps), _) => shape.retain(keeps).is_never(),
        (None, "to_int" | "to_float" | "to_bool" | "to_string") => {
            let is_plain = |one: &Shape| !matches!(one, Shape::Array(_) | Shape::Map(_) | Shape::Record(_));
            shape.retain(is_plain).is_never()
        }
        (None, _) => false,
    }
}

fn failing(name: &str, shape: &Shape, span: Range<usize>) -> ProgramDiagnostic {
    let message = format!("`{name}` can only fail here");
    let found = ProgramDiagnostic::own_error(message, span, format!("this is {}", shape.words()));
    let found = found.with_code(WRONG_ARGUMENT).into_warning();
    found.with_note("this compiles, since the error is handled, and it fails for each record that comes here")
}

/// What the functions that insist on a type let through.
pub(super) fn kept_by(name: &str) -> Option<fn(&Shape) -> bool> {
    Some(match name {
        "string" => Shape::is_string,
        "int" => |shape| shape.kind().is_integer(),
        "float" => |shape| shape.kind().is_float(),
        "bool" => |shape| shape.kind().is_boolean(),
        "timestamp" => |shape| shape.kind().is_timestamp(),
        "object" => |shape| shape.kind().contains_object(),
        "array" => |shape| shape.kind().contains_array(),
        _ => return None,
    })
}

impl Shape {
    fn is_string(&self) -> bool {
        self.kind().is_bytes()
    }
}

/// What a function gives by its own account, where that is one plain type.
fn result(name: &str) -> Shape {
    match result_of(name) {
        Some(kind::BYTES) => Shape::Text(Text::Unknown),
        Some(kind::INTEGER) => Shape::Integer(None),
        Some(kind::FLOAT) => Shape::Float,
        Some(kind::BOOLEAN) => Shape::Boolean,
        Some(kind::TIMESTAMP) => Shape::Timestamp(None),
        _ => Shape::Any,
    }
}
