//! What is known behind a condition: `.x != null` keeps null out, `.status == "NEW"` leaves one symbol.
//!
//! What a condition asks in a way that is not understood here is no longer certain to occur: findings about it become
//! warnings.

use std::sync::Arc;

use vrl::parser::ast::{Container, Expr, Node, Op, Opcode, Unary};
use vrl::path::{OwnedValuePath, PathPrefix};
use vrl::value::Value;

use super::super::access::{Touch, Walk};
use super::calls::kept_by;
use super::compare::{can_be_equal, turned};
use super::flow::Flow;
use super::reads::{constant, is_plain, path_of};
use super::restrict::{range_where, within, without_symbol};
use super::shape::{Shape, Text};

impl Flow<'_> {
    /// From here on `condition` gave `truth`.
    pub(super) fn narrow(&mut self, condition: &Node<Expr>, truth: bool) {
        let walk = Walk::of_expr(condition.clone());
        // What one part asks for another may have written since.
        if walk.paths.iter().any(|touched| touched.touch != Touch::Read) {
            return self.suspect(condition);
        }
        self.narrow_by(condition, truth);
    }

    fn narrow_by(&mut self, condition: &Node<Expr>, truth: bool) {
        match condition.inner() {
            Expr::Container(container) => match container.inner() {
                Container::Group(group) => self.narrow_by(&group.inner().0, truth),
                _ => self.suspect(condition),
            },
            Expr::Unary(unary) => {
                let Unary::Not(not) = unary.inner();
                let inner = not.clone().into_inner().take().1;
                self.narrow_by(&inner, !truth);
            }
            Expr::Op(op) => self.narrow_op(condition, op.inner(), truth),
            Expr::FunctionCall(call) => {
                let name = call.inner().ident.inner().to_string();
                let argument = call.inner().arguments.first().map(|argument| &argument.inner().expr);
                let path = argument.and_then(path_of).filter(|(_, path)| is_plain(path));
                match path {
                    Some((prefix, path)) => self.narrow_call(&name, prefix, path, condition, truth),
                    None => self.suspect(condition),
                }
            }
            _ => self.suspect(condition),
        }
    }

    fn narrow_op(&mut self, whole: &Node<Expr>, op: &Op, truth: bool) {
        let Op(left, opcode, right) = op;
        match (opcode.inner(), truth) {
            (Opcode::And, true) | (Opcode::Or, false) => {
                self.narrow_by(left, truth);
                self.narrow_by(right, truth);
            }
            (Opcode::Eq | Opcode::Ne, _) => {
                let is_equal = (*opcode.inner() == Opcode::Eq) == truth;
                let sides = [(path_of(left), constant(right)), (path_of(right), constant(left))];
                let found = sides.into_iter().find_map(|(path, value)| Some((path?, value?)));
                match found.filter(|((_, path), _)| is_plain(path)) {
                    Some(((prefix, path), value)) => self.narrow_equal(prefix, path, &value, is_equal),
                    None => self.suspect(whole),
                }
            }
            (Opcode::Ge | Opcode::Gt | Opcode::Le | Opcode::Lt, _) => {
                self.suspect(whole);
                let sides = [(left, *opcode.inner(), right), (right, turned(*opcode.inner()), left)];
                for (side, opcode, other) in sides {
                    let Some((prefix, path)) = path_of(side).filter(|(_, path)| is_plain(path)) else {
                        continue;
                    };
                    // Null has no order: the comparison would have failed.
                    self.keep(prefix, path, true, &|shape| shape.retain(|one| !is_null(one)));
                    if let Some(Value::Integer(bound)) = constant(other) {
                        let range = range_where(opcode, bound, truth);
                        self.keep(prefix, path, true, &|shape| within(shape, range));
                    }
                }
            }
            // `?? false` behind a condition that held: it held.
            (Opcode::Err, true) if constant(right) == Some(Value::Boolean(false)) => {
                self.narrow_by(left, true)
            }
            _ => self.suspect(whole),
        }
    }

    fn narrow_equal(&mut self, prefix: PathPrefix, path: &OwnedValuePath, value: &Value, is_equal: bool) {
        match (value, is_equal) {
            (Value::Null, true) => self.keep(prefix, path, false, &|shape| shape.retain(is_null)),
            (Value::Null, false) => self.keep(prefix, path, true, &|shape| shape.retain(|one| !is_null(one))),
            (Value::Bytes(_) | Value::String(_), true) => {
                let literal = Shape::Literal(value.clone());
                self.keep(prefix, path, true, &|shape| match can_be_equal(shape, &literal) {
                    true => literal.clone(),
                    false => Shape::never(),
                });
            }
            (_, true) => {
                let literal = Shape::Literal(value.clone());
                self.keep(prefix, path, true, &|shape| {
                    shape.retain(|one| can_be_equal(one, &literal)).perhaps()
                });
            }
            (_, false) => self.keep(prefix, path, false, &|shape| without_symbol(shape, value)),
        }
    }

    fn narrow_call(
        &mut self,
        name: &str,
        prefix: PathPrefix,
        path: &OwnedValuePath,
        whole: &Node<Expr>,
        truth: bool,
    ) {
        match (name, truth) {
            ("exists", true) => {
                if self.root(prefix).read(&path.segments).missing.is_some() {
                    self.state.dead = true;
                } else {
                    self.keep(prefix, path, true, &Shape::clone);
                }
            }
            ("exists", false) => {
                self.narrowed_at(prefix, path);
                let root = self.root_mut(prefix);
                *root = root.lacking(&path.segments);
                self.state.dead |= self.root(prefix).is_never();
            }
            ("is_null", _) => self.narrow_equal(prefix, path, &Value::Null, truth),
            ("is_nullish", false) => self.narrow_equal(prefix, path, &Value::Null, false),
            (name, truth) => {
                let asserted = name.strip_prefix("is_").map(asserted).unwrap_or_default();
                let Some(keeps) = kept_by(asserted) else { return self.suspect(whole) };
                self.keep(prefix, path, truth, &|shape| match shape {
                    Shape::Any if truth => of_type(asserted),
                    shape => shape.retain(|one| keeps(one) == truth || *one == Shape::Any),
                });
            }
        }
    }

    /// Changes what is known about a path; `is_there`: also that something is there.
    pub(super) fn keep(
        &mut self,
        prefix: PathPrefix,
        path: &OwnedValuePath,
        is_there: bool,
        change: &dyn Fn(&Shape) -> Shape,
    ) {
        self.narrowed_at(prefix, path);
        let before = self.root(prefix).read(&path.segments).shape;
        let root = self.root_mut(prefix);
        *root = root.changed(&path.segments, is_there, change);
        if root.is_never() || (before != Shape::Any && change(&before).is_never()) {
            self.state.dead = true;
        }
    }

    /// Takes the certainty from all that an expression reads.
    pub(super) fn suspect(&mut self, node: &Node<Expr>) {
        let walk = Walk::of_expr(node.clone());
        if walk.has_variables {
            // Whatever a variable was made of, and what else holds that.
            self.suspect_all();
            for shape in self.state.locals.values_mut() {
                *shape = shape.perhaps();
            }
        }
        for touched in walk.paths {
            self.suspect_path(touched.prefix, &touched.path);
        }
    }

    /// The same of all that the program reads.
    pub(super) fn suspect_all(&mut self) {
        for (prefix, path) in self.reads.clone() {
            self.suspect_path(prefix, &path);
        }
    }

    fn suspect_path(&mut self, prefix: PathPrefix, path: &OwnedValuePath) {
        let root = self.root_mut(prefix);
        *root = match path.is_root() {
            true => root.doubted(),
            false => root.changed(&path.segments, false, &Shape::perhaps),
        };
    }
}

/// `is_integer` asks for what `int` insists on.
fn asserted(name: &str) -> &str {
    match name {
        "integer" => "int",
        "boolean" => "bool",
        other => other,
    }
}

/// What is known of a value of which nothing else is.
fn of_type(name: &str) -> Shape {
    let shape = match name {
        "string" => Shape::Text(Text::Unknown),
        "int" => Shape::Integer(None),
        "float" => Shape::Float,
        "bool" => Shape::Boolean,
        "timestamp" => Shape::Timestamp(None),
        "array" => Shape::Array(Arc::new(Shape::Any)),
        "object" => Shape::Map(Arc::new(Shape::Any)),
        _ => Shape::Any,
    };
    shape.perhaps()
}

fn is_null(shape: &Shape) -> bool {
    matches!(shape, Shape::Null)
}
