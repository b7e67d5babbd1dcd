//! What is known behind a condition: `.x != null` keeps null out, `.status == "NEW"` leaves one symbol.
//!
//! What a condition asks in a way that is not understood here is no longer certain to occur: findings about it become
//! warnings.

use vrl::parser::ast::{Container, Expr, Node, Op, Opcode, Unary};
use vrl::path::{OwnedSegment, OwnedValuePath, PathPrefix};
use vrl::value::Value;

use super::super::access::Walk;
use super::calls::kept_by;
use super::flow::{Flow, constant, is_plain, path_of};
use super::shape::{Presence, Shape, Text};

impl Flow<'_> {
    /// From here on `condition` gave `truth`.
    pub(super) fn narrow(&mut self, condition: &Node<Expr>, truth: bool) {
        match condition.inner() {
            Expr::Container(container) => match container.inner() {
                Container::Group(group) => self.narrow(&group.inner().0, truth),
                _ => self.suspect(condition),
            },
            Expr::Unary(unary) => {
                let Unary::Not(not) = unary.inner();
                let inner = not.clone().into_inner().take().1;
                self.narrow(&inner, !truth);
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
                self.narrow(left, truth);
                self.narrow(right, truth);
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
                // Null has no order: the comparison would have failed.
                for (prefix, path) in [path_of(left), path_of(right)].into_iter().flatten() {
                    if is_plain(path) {
                        self.keep(prefix, path, true, &|shape| shape.retain(|one| !is_null(one)));
                    }
                }
            }
            // `?? false` behind a condition that held: it held.
            (Opcode::Err, true) if constant(right) == Some(Value::Boolean(false)) => self.narrow(left, true),
            _ => self.suspect(whole),
        }
    }

    fn narrow_equal(&mut self, prefix: PathPrefix, path: &OwnedValuePath, value: &Value, is_equal: bool) {
        match (value, is_equal) {
            (Value::Null, true) => self.keep(prefix, path, false, &|shape| shape.retain(is_null)),
            (Value::Null, false) => self.keep(prefix, path, true, &|shape| shape.retain(|one| !is_null(one))),
            (Value::Bytes(_) | Value::String(_), true) => {
                self.keep(prefix, path, true, &|_| Shape::Literal(value.clone()));
            }
            (_, true) => self.keep(prefix, path, true, &|shape| shape.retain(|one| !is_null(one)).perhaps()),
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
            ("is_null", _) => self.narrow_equal(prefix, path, &Value::Null, truth),
            ("is_nullish", false) => self.narrow_equal(prefix, path, &Value::Null, false),
            (name, truth) => match name.strip_prefix("is_").map(asserted).and_then(kept_by) {
                Some(keeps) => self.keep(prefix, path, truth, &|shape| {
                    shape.retain(|one| keeps(one) == truth || *one == Shape::Any)
                }),
                None => self.suspect(whole),
            },
        }
    }

    /// Changes what is known about a path; `is_there`: also that something is there.
    fn keep(
        &mut self,
        prefix: PathPrefix,
        path: &OwnedValuePath,
        is_there: bool,
        change: &dyn Fn(&Shape) -> Shape,
    ) {
        let before = self.root(prefix).read(&path.segments).shape;
        let root = self.root_mut(prefix);
        *root = root.changed(&path.segments, is_there, change);
        if root.is_never() || (is_there && before != Shape::Any && change(&before).is_never()) {
            self.state.dead = true;
        }
    }

    /// Takes the certainty from all that an expression reads.
    fn suspect(&mut self, node: &Node<Expr>) {
        let walk = Walk::of_expr(node.clone());
        if walk.has_variables {
            // Whatever a variable was made of.
            self.suspect_all();
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
        *root = root.changed(&path.segments, false, &Shape::perhaps);
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

fn is_null(shape: &Shape) -> bool {
    matches!(shape, Shape::Null)
}

fn without_symbol(shape: &Shape, value: &Value) -> Shape {
    let all = shape.alternatives().into_iter().map(|(one, is_certain)| {
        let kept = match (one, value.as_bytes()) {
            (Shape::Text(Text::Symbols(symbols)), Some(bytes)) => {
                let left = symbols.iter().filter(|symbol| symbol.as_bytes() != bytes.as_ref());
                Shape::Text(Text::Symbols(left.cloned().collect()))
            }
            (Shape::Null, _) => Shape::Null,
            (other, _) => other.perhaps(),
        };
        if is_certain { kept } else { kept.perhaps() }
    });
    Shape::one_of(all)
}

impl Shape {
    /// The same with what stands at a path changed; with `is_there` without the alternatives that have nothing there.
    fn changed(&self, path: &[OwnedSegment], is_there: bool, change: &dyn Fn(&Shape) -> Shape) -> Shape {
        let Some((first, rest)) = path.split_first() else { return change(self) };
        match (self, first) {
            (Self::Record(record), OwnedSegment::Field(name)) => {
                let mut record = (**record).clone();
                match record.members.get_mut(name.as_str()) {
                    Some(member) => {
                        member.shape = member.shape.changed(rest, is_there, change);
                        if is_there {
                            member.presence = Presence::Always;
                        }
                    }
                    None if is_there && record.others.is_none() => return Self::never(),
                    None => {}
                }
                Self::Record(std::sync::Arc::new(record))
            }
            (Self::Union(all), _) => Self::one_of(all.iter().map(|one| one.changed(path, is_there, change))),
            (Self::Perhaps(inner), _) => match inner.changed(path, is_there, change) {
                never if never.is_never() => never,
                other => other.perhaps(),
            },
            (Self::Any | Self::Map(_) | Self::Array(_), _) => self.clone(),
            _ if is_there => Self::never(),
            _ => self.clone(),
        }
    }
}
