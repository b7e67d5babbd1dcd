//! What functions and operators give, as far as it is known without VRL.

use std::ops::Range;
use std::sync::Arc;

use vrl::compiler::value::kind;
use vrl::parser::ast::{Expr, FunctionCall, Node, Opcode, QueryTarget};

use super::super::program::ProgramDiagnostic;
use super::super::tolerant::WRONG_ARGUMENT;
use super::flow::{Flow, Written, result_of};
use super::shape::{Member, Presence, Record, Shape, Text};

/// A call: its arguments, what it does to the record, and what it gives.
pub(super) fn call(flow: &mut Flow<'_>, call: &FunctionCall) -> Shape {
    let name = call.ident.inner().to_string();
    let mut arguments = Vec::with_capacity(call.arguments.len());
    for (index, argument) in call.arguments.iter().enumerate() {
        let expr = &argument.inner().expr;
        arguments.push(match (name.as_str(), index) {
            // To take away what only some versions have is right for all of them.
            ("del", 0) => flow.asking(|flow| delete(flow, expr, call.arguments.len() > 1)),
            (name, 0) if name == "exists" || name.starts_with("is_") => flow.asking(|flow| flow.expr(expr)),
            _ => flow.expr(expr),
        });
    }
    if let (Some(shape), Some(argument)) = (arguments.first(), call.arguments.first())
        && flow.tells()
        && can_only_fail(&name, shape)
    {
        flow.found.push(failing(&name, shape, argument.inner().expr.span().range()));
    }
    if let Some(closure) = &call.closure {
        flow.closure(closure.inner().block.inner());
    }
    match (name.as_str(), arguments.into_iter().next()) {
        ("del", Some(first)) => first,
        // VRL takes what a closure gives for what it was given.
        ("map_values" | "map_keys", Some(first)) => {
            let array = || Shape::Array(Arc::new(Shape::Any));
            let object = || Shape::Map(Arc::new(Shape::Any));
            let made = |shape: &Shape| match shape {
                Shape::Array(_) => array(),
                Shape::Map(_) | Shape::Record(_) => object(),
                _ => Shape::one_of([array(), object()]),
            };
            Shape::one_of(first.alternatives().into_iter().map(|(shape, _)| made(shape)))
        }
        (name, Some(first)) if kept_by(name).is_some() && first != Shape::Any => {
            let keeps = kept_by(name).expect("asked for above");
            first.retain(keeps)
        }
        _ => result(&name),
    }
}

fn delete(flow: &mut Flow<'_>, node: &Node<Expr>, compacts: bool) -> Shape {
    let shape = flow.expr(node);
    if let Expr::Query(query) = node.inner()
        && let QueryTarget::External(prefix) = query.inner().target.inner()
    {
        let path = query.inner().path.inner().clone();
        let is_all = path.is_root();
        let root = flow.root_mut(*prefix);
        *root = match path.segments.first() {
            None => Shape::Any,
            Some(first) if compacts => root.with(std::slice::from_ref(first), &Shape::Any),
            Some(_) => root.without(&path.segments),
        };
        flow.written.push(Written {
            prefix: *prefix,
            path,
            span: node.span().range(),
            is_delete: !compacts && !is_all,
        });
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

/// What an operator makes of two values.
pub(super) fn arithmetic(opcode: Opcode, left: &Shape, right: &Shape) -> Shape {
    let (left, right) = (left.kind(), right.kind());
    match opcode {
        Opcode::Div => Shape::Float,
        Opcode::Add if left.is_bytes() && right.is_bytes() => Shape::Text(Text::Unknown),
        _ if left.is_integer() && right.is_integer() => Shape::Integer(None),
        _ if (left.is_float() && (right.is_float() || right.is_integer()))
            || (left.is_integer() && right.is_float()) =>
        {
            Shape::Float
        }
        _ => Shape::Any,
    }
}

/// One object over another.
pub(super) fn merged(left: &Shape, right: &Shape) -> Shape {
    let (Shape::Record(left), Shape::Record(right)) = (left, right) else { return Shape::Any };
    if right.others.is_some() {
        return Shape::Any;
    }
    let mut record = Record { name: None, ..(**left).clone() };
    for (name, member) in &right.members {
        let merged = match (member.presence, record.members.get(name)) {
            (Presence::Always, _) | (_, None) => member.clone(),
            (_, Some(old)) => Member {
                shape: Shape::one_of([old.shape.perhaps(), member.shape.perhaps()]),
                presence: old.presence,
            },
        };
        record.members.insert(name.clone(), merged);
    }
    Shape::Record(Arc::new(record))
}
