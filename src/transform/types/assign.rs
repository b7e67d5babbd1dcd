//! What a program writes: the value, the envelope, variables.

use std::ops::Range;

use vrl::parser::ast::{Assignment, AssignmentOp, AssignmentTarget, Query, QueryTarget};
use vrl::path::{OwnedValuePath, PathPrefix};

use super::flow::{Flow, Written};
use super::operators::merged;
use super::shape::{Shape, Text};

impl Flow<'_> {
    pub(super) fn assignment(&mut self, assignment: &Assignment) -> Shape {
        match assignment {
            Assignment::Single { target, op, expr } => {
                let mut shape = self.expr(expr);
                let span = target.span().range();
                if *op == AssignmentOp::Merge {
                    shape = merged(&self.target(target.inner()), &shape);
                }
                let by = (*op != AssignmentOp::Merge).then_some(expr.as_ref());
                self.may_write(target, &shape, by);
                self.assign(target.inner(), shape.clone(), span);
                shape
            }
            Assignment::Infallible { ok, err, expr, .. } => {
                let (shape, done) = self.catching(expr);
                self.join(done);
                self.may_write(ok, &ok_shape(shape), None);
                self.may_write(err, &Shape::one_of([Shape::Text(Text::Unknown), Shape::Null]), None);
                for target in [ok, err] {
                    self.assign(target.inner(), Shape::Any, target.span().range());
                }
                Shape::Any
            }
        }
    }

    /// What stands in a target before it is written.
    fn target(&self, target: &AssignmentTarget) -> Shape {
        match external(target) {
            Some((prefix, path)) => self.root(prefix).read(&path.segments).shape,
            None => Shape::Any,
        }
    }

    fn assign(&mut self, target: &AssignmentTarget, shape: Shape, span: Range<usize>) {
        if let AssignmentTarget::Internal(name, path) = target {
            let shape = if path.is_none() { shape.clone() } else { Shape::Any };
            self.state.locals.insert(name.to_string(), shape);
        }
        if let AssignmentTarget::Query(Query { target, .. }) = target
            && let QueryTarget::Internal(name) = target.inner()
        {
            self.state.locals.insert(name.to_string(), Shape::Any);
        }
        if let Some((prefix, path)) = external(target) {
            let root = self.root_mut(prefix);
            *root = root.with(&path.segments, &shape);
            self.written.push(Written { prefix, path, span, is_delete: false });
        }
    }
}

/// What `x, err = …` gives: where it fails, the default of its type.
fn ok_shape(shape: Shape) -> Shape {
    let kind = shape.kind();
    let is_plain = kind.is_exact() && !kind.contains_undefined();
    if is_plain { shape } else { Shape::Any }
}

/// The value or the envelope, and the path in it, that a target names.
pub(super) fn external(target: &AssignmentTarget) -> Option<(PathPrefix, OwnedValuePath)> {
    match target {
        AssignmentTarget::Noop | AssignmentTarget::Internal(..) => None,
        AssignmentTarget::External(None) => Some((PathPrefix::Event, OwnedValuePath::root())),
        AssignmentTarget::External(Some(target)) => Some((target.prefix, target.path.clone())),
        AssignmentTarget::Query(Query { target, path }) => match target.inner() {
            QueryTarget::External(prefix) => Some((*prefix, path.inner().clone())),
            _ => None,
        },
    }
}
