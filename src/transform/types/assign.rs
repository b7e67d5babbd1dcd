//! What a program writes: the value, the envelope, variables.

use std::ops::Range;

use vrl::parser::ast::{Assignment, AssignmentOp, AssignmentTarget, Query, QueryTarget};
use vrl::path::{OwnedSegment, OwnedTargetPath, OwnedValuePath, PathPrefix};

use super::super::witness::below;
use super::flow::{Flow, Written};
use super::operators::merged;
use super::shape::{Shape, Text};

/// How many types of what a program writes are known; beyond them, nothing is.
const PARTS_MAX: u64 = 5_000;

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
                self.open(target.inner(), &expr.span().range());
                self.may_write(target, &shape, by);
                self.assign(target.inner(), shape.clone(), span);
                shape
            }
            Assignment::Infallible { ok, err, expr, .. } => {
                let (shape, done) = self.catching(expr);
                self.join(done);
                for target in [ok, err] {
                    self.open(target.inner(), &expr.span().range());
                }
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

    /// What a write needs around it may not be there, or be no object: then it becomes one with this alone. VRL refuses such a
    /// write, or overlooks that nothing else is there.
    fn open(&mut self, target: &AssignmentTarget, place: &Range<usize>) {
        let (root, name, path) = match (external(target), local(target)) {
            (Some((prefix, path)), _) => {
                if !self.has_members {
                    return;
                }
                if prefix == PathPrefix::Metadata {
                    self.open_envelope(&path, place);
                }
                (
                    self.root(prefix).clone(),
                    if prefix == PathPrefix::Event { "" } else { "%" }.to_owned(),
                    path,
                )
            }
            (None, Some((name, path))) => (self.local(&name), name, path),
            (None, None) => return,
        };
        self.open_around((&name, &root, &path), place, |holder, next| {
            let is_held = |one: &Shape| match next {
                // What a program says that it is, it is not by mistake.
                _ if matches!(one, Shape::Any | Shape::Literal(_)) => true,
                OwnedSegment::Field(_) => matches!(one, Shape::Record(_) | Shape::Map(_)),
                OwnedSegment::Index(_) => matches!(one, Shape::Array(_)),
            };
            holder.alternatives().iter().all(|(one, _)| is_held(one))
        });
    }

    /// VRL 0.38 checks a write to `%a.b` against the type of `.a` (verify_overwritable): `.a` may be an object, for all it knows.
    fn open_envelope(&mut self, path: &OwnedValuePath, place: &Range<usize>) {
        // What is not known here VRL may know.
        let is_whole = |written: &Written| written.prefix == PathPrefix::Event && written.path.is_root();
        let is_replaced = self.written.iter().any(is_whole);
        let root = self.root(PathPrefix::Event).clone();
        self.open_around(("", &root, path), place, |holder, next| {
            let is_open = match next {
                OwnedSegment::Field(_) => holder.kind().contains_object(),
                OwnedSegment::Index(_) => holder.kind().contains_array(),
            };
            is_open && !(is_replaced && *holder == Shape::Any)
        });
    }

    /// Opens each place on the way of a path, below the root of that name, that `is_open` does not find open for the segment behind it.
    fn open_around(
        &mut self,
        (name, root, path): (&str, &Shape, &OwnedValuePath),
        place: &Range<usize>,
        is_open: impl Fn(&Shape, &OwnedSegment) -> bool,
    ) {
        for (index, next) in path.segments.iter().enumerate() {
            if !is_open(&root.read(&path.segments[..index]).shape, next) {
                let around = OwnedValuePath { segments: path.segments[..index].to_vec() };
                let statement = format!("{} = {}", named(name, &around), empty(next));
                self.may_open(place, (name, around), statement);
            }
        }
    }

    fn assign(&mut self, target: &AssignmentTarget, shape: Shape, span: Range<usize>) {
        // What branches put into each other grows with every one of them.
        let shape = if shape.parts(PARTS_MAX) > PARTS_MAX { Shape::Any } else { shape };
        if let Some((name, path)) = local(target) {
            let whole = self.local(&name).with(&path.segments, &shape);
            self.state.locals.insert(name, whole);
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
    let is_plain = !kind.is_never() && kind.is_exact() && !kind.contains_undefined();
    if is_plain { shape } else { Shape::Any }
}

/// The variable, and the path in it, that a target names.
pub(in crate::transform) fn local(target: &AssignmentTarget) -> Option<(String, OwnedValuePath)> {
    match target {
        AssignmentTarget::Internal(name, path) => {
            Some((name.to_string(), path.clone().unwrap_or_else(OwnedValuePath::root)))
        }
        AssignmentTarget::Query(Query { target, path }) => match target.inner() {
            QueryTarget::Internal(name) => Some((name.to_string(), path.inner().clone())),
            _ => None,
        },
        _ => None,
    }
}

/// A path below a variable, or below `.` (empty) or `%`, as a program names it.
fn named(root: &str, path: &OwnedValuePath) -> String {
    let below_root = |prefix| OwnedTargetPath { prefix, path: path.clone() }.to_string();
    match root {
        "" => below_root(PathPrefix::Event),
        "%" => below_root(PathPrefix::Metadata),
        name => below(name, path),
    }
}

fn empty(next: &OwnedSegment) -> &'static str {
    match next {
        OwnedSegment::Field(_) => "{}",
        OwnedSegment::Index(_) => "[]",
    }
}

/// The value or the envelope, and the path in it, that a target names.
pub(in crate::transform) fn external(target: &AssignmentTarget) -> Option<(PathPrefix, OwnedValuePath)> {
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
