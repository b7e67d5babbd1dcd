//! What a program reads: members of the value, of the envelope, of what variables hold.

use std::ops::Range;

use vrl::parser::ast::{Container, Expr, Node, Query, QueryTarget};
use vrl::path::{OwnedSegment, OwnedValuePath, PathPrefix, ValuePath};
use vrl::value::Value;

use super::flow::{Flow, Written, literal_shape};
use super::members;
use super::shape::Shape;

impl Flow<'_> {
    pub(super) fn query(&mut self, query: &Query, span: Range<usize>) -> Shape {
        let path = query.path.inner();
        match query.target.inner() {
            QueryTarget::External(prefix) => self.read(*prefix, path, span),
            QueryTarget::Internal(name) => {
                let reading = self.local(name).read(&path.segments);
                let Some(missing) = &reading.missing else { return reading.shape };
                if !self.tells() {
                    return reading.shape;
                }
                match members::unknown_in_variable(name, path, missing, span) {
                    Some(found) => {
                        self.found.push(found);
                        // One finding is enough for it.
                        Shape::Any
                    }
                    None => reading.shape,
                }
            }
            QueryTarget::FunctionCall(call) => {
                let shape = self.call(call);
                shape.read(&path.segments).shape
            }
            QueryTarget::Container(container) => {
                let shape = self.container(container);
                shape.read(&path.segments).shape
            }
        }
    }

    /// Whether what is found here is to be told: records come here, and none is asked about.
    pub(super) fn tells(&self) -> bool {
        !self.state.dead && !self.asks
    }

    /// Reads a path, and tells where there is no such.
    pub(super) fn read(&mut self, prefix: PathPrefix, path: &OwnedValuePath, span: Range<usize>) -> Shape {
        let reading = self.root(prefix).read(&path.segments);
        self.keeps(prefix, path, &reading.shape, &span);
        let Some(missing) = reading.missing else { return reading.shape };
        if self.state.dead || self.asks {
            return reading.shape;
        }
        // A value that is not decoded has a rule of its own; of a key that is, its type tells.
        if !self.has_members && prefix == PathPrefix::Event {
            return Shape::Any;
        }
        self.found.extend(members::unknown(prefix, path, &missing, self.written(prefix, path), span));
        // One finding is enough for it.
        Shape::Any
    }

    /// Where the program took away what it asks for.
    fn written(&self, prefix: PathPrefix, path: &OwnedValuePath) -> Option<&Written> {
        let around = |written: &&Written| written.prefix == prefix && path.can_start_with(&written.path);
        self.written.iter().rev().find(around)
    }
}

/// The value of a literal.
pub(super) fn constant(node: &Node<Expr>) -> Option<Value> {
    match node.inner() {
        Expr::Literal(literal) => match literal_shape(literal.inner()) {
            Shape::Literal(value) => Some(value),
            Shape::Null => Some(Value::Null),
            _ => None,
        },
        Expr::Container(container) => match container.inner() {
            Container::Group(group) => constant(&group.inner().0),
            _ => None,
        },
        _ => None,
    }
}

/// The path that an expression names in the value, where it names one.
pub(in crate::transform) fn path_of(node: &Node<Expr>) -> Option<(PathPrefix, &OwnedValuePath)> {
    match node.inner() {
        Expr::Query(query) => match query.inner().target.inner() {
            QueryTarget::External(prefix) => Some((*prefix, query.inner().path.inner())),
            _ => None,
        },
        Expr::Container(container) => match container.inner() {
            Container::Group(group) => path_of(&group.inner().0),
            _ => None,
        },
        _ => None,
    }
}

/// Only names lead on: what stands in an array is one for all of its items.
pub(super) fn is_plain(path: &OwnedValuePath) -> bool {
    path.segments.iter().all(|segment| matches!(segment, OwnedSegment::Field(_)))
}
