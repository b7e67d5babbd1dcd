//! What is known behind a condition: `.x != null` keeps null out, `.status == "NEW"` leaves one symbol.
//!
//! What a condition asks in a way that is not understood here is no longer certain to occur: findings about it become
//! warnings.

use vrl::parser::ast::{Container, Expr, Node, Op, Opcode, Unary};
use vrl::path::{OwnedSegment, OwnedValuePath, PathPrefix};
use vrl::value::Value;

use super::super::access::Walk;
use super::calls::kept_by;
use super::compare::{can_be_equal, turned};
use super::flow::Flow;
use super::reads::{constant, is_plain, path_of};
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
            (Opcode::Err, true) if constant(right) == Some(Value::Boolean(false)) => self.narrow(left, true),
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
        if root.is_never() || (before != Shape::Any && change(&before).is_never()) {
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

/// The integers for which a comparison with `bound` gives `truth`; the first is greater than the last where there are
/// none.
fn range_where(opcode: Opcode, bound: i64, truth: bool) -> (i64, i64) {
    let below = |bound: i64| bound.checked_sub(1).map_or((i64::MAX, i64::MIN), |most| (i64::MIN, most));
    let above = |bound: i64| bound.checked_add(1).map_or((i64::MAX, i64::MIN), |least| (least, i64::MAX));
    match (opcode, truth) {
        (Opcode::Lt, true) | (Opcode::Ge, false) => below(bound),
        (Opcode::Le, true) | (Opcode::Gt, false) => (i64::MIN, bound),
        (Opcode::Gt, true) | (Opcode::Le, false) => above(bound),
        _ => (bound, i64::MAX),
    }
}

/// Integers are of this range besides.
fn within(shape: &Shape, (least, most): (i64, i64)) -> Shape {
    let all = shape.alternatives().into_iter().map(|(one, is_certain)| {
        let kept = match one {
            Shape::Integer(range) => {
                let (min, max) = range.unwrap_or((i64::MIN, i64::MAX));
                let (min, max) = (min.max(least), max.min(most));
                // Which of them occur is not known any more.
                if min <= max { Shape::Integer(Some((min, max))).perhaps() } else { Shape::never() }
            }
            Shape::Literal(Value::Integer(value)) if !(least..=most).contains(value) => Shape::never(),
            other => other.clone(),
        };
        if is_certain || kept.is_never() { kept } else { kept.perhaps() }
    });
    Shape::one_of(all.collect::<Vec<_>>())
}

fn without_symbol(shape: &Shape, value: &Value) -> Shape {
    let all = shape.alternatives().into_iter().map(|(one, is_certain)| {
        let kept = match (one, value.as_bytes()) {
            (Shape::Text(Text::Symbols(symbols)), Some(bytes)) => {
                let left = symbols.iter().filter(|symbol| symbol.as_bytes() != bytes.as_ref());
                let left: Vec<String> = left.cloned().collect();
                if left.is_empty() { Shape::never() } else { Shape::Text(Text::Symbols(left.into())) }
            }
            (Shape::Literal(literal), Some(bytes)) if literal.as_bytes().is_some_and(|own| own == bytes) => {
                Shape::never()
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
                        let was_never = member.shape.is_never();
                        member.shape = member.shape.changed(rest, is_there, change);
                        let is_absent = member.presence == Presence::Perhaps && !is_there;
                        if member.shape.is_never() && !was_never && !is_absent {
                            // The condition does not hold for such a record.
                            return Self::never();
                        }
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
