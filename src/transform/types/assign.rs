//! What a program writes: the value, the envelope, variables.

use std::ops::Range;

use vrl::parser::ast::{Assignment, AssignmentOp, AssignmentTarget, Query, QueryTarget};
use vrl::path::{OwnedValuePath, PathPrefix};

use super::flow::{Flow, Written};
use super::operators::merged;
use super::shape::Shape;

impl Flow<'_> {
    pub(super) fn assignment(&mut self, assignment: &Assignment) -> Shape {
        match assignment {
            Assignment::Single { target, op, expr } => {
                let mut shape = self.expr(expr);
                let span = target.span().range();
                if *op == AssignmentOp::Merge {
                    shape = merged(&self.target(target.inner()), &shape);
                }
                self.assign(target.inner(), shape.clone(), span);
                shape
            }
            Assignment::Infallible { ok, err, expr, .. } => {
                let (_, done) = self.catching(expr);
                self.join(done);
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
