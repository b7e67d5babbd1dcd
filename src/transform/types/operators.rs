//! Operators: what each gives, which side of it is reached, and what fails where it catches errors.

use std::ops::Range;
use std::sync::Arc;

use vrl::parser::ast::{Expr, Node, Op, Opcode};

use super::binary::is_binary;
use super::compare::{self, Sides};
use super::flow::{Flow, State, Written};
use super::reads::constant;
use super::shape::{Member, Presence, Record, Shape, Text};

impl Flow<'_> {
    pub(super) fn op(&mut self, op: &Op, span: Range<usize>) -> Shape {
        let Op(left, opcode, right) = op;
        match opcode.inner() {
            Opcode::And => {
                self.expr(left);
                self.branch(left, Some(true), right);
                Shape::Boolean
            }
            Opcode::Or => {
                let first = self.asking(|flow| flow.expr(left));
                let second = self.branch(left, Some(false), right);
                let first = first.retain(|shape| !matches!(shape, Shape::Null));
                Shape::one_of([first, second])
            }
            Opcode::Err => {
                let (first, done) = self.catching(left);
                let second = self.expr(right);
                self.join(done);
                Shape::one_of([first, second.perhaps()])
            }
            Opcode::Eq | Opcode::Ne | Opcode::Ge | Opcode::Gt | Opcode::Le | Opcode::Lt => {
                let is_null = |node: &Node<Expr>| matches!(constant(node), Some(value) if value.is_null());
                let asks = is_null(left) || is_null(right);
                // What never holds for the records of one version may hold for those of another.
                let first = self.maybe_asking(asks, |flow| flow.expr(left));
                let second = self.maybe_asking(asks, |flow| flow.expr(right));
                if !self.state.dead && !self.may_ask {
                    let sides = Sides {
                        left: &first,
                        right: &second,
                        texts: (self.text(left), self.text(right)),
                        spans: (left.span().range(), right.span().range()),
                        whole: span,
                    };
                    self.found.extend(compare::check(*opcode.inner(), &sides));
                }
                Shape::Boolean
            }
            Opcode::Merge => {
                let (first, second) = (self.expr(left), self.expr(right));
                merged(&first, &second)
            }
            opcode => {
                let (first, second) = (self.expr(left), self.expr(right));
                arithmetic(*opcode, &first, &second)
            }
        }
    }

    /// The right side of an operator that is only reached where `condition` gave what it must.
    fn branch(&mut self, condition: &Node<Expr>, truth: Option<bool>, right: &Node<Expr>) -> Shape {
        let before = self.state.clone();
        if let Some(truth) = truth {
            self.narrow(condition, truth);
        }
        let shape = self.expr(right);
        let keeps_out = self.state.dead && !before.dead;
        self.join(before);
        if keeps_out {
            self.doubt_by(condition);
        }
        shape
    }

    /// An expression whose error is caught: gives what it gives, and what is known where it did not fail. Behind it, it may
    /// have failed at any place; even an `abort` is caught.
    pub(super) fn catching(&mut self, node: &Node<Expr>) -> (Shape, State) {
        let before = self.state.clone();
        let (known, effects) = (self.written.len(), self.effects.len());
        self.state.failed = false;
        let mut shape = self.asking(|flow| flow.expr(node));
        self.ascribe_perhaps(node.span().range(), effects, &before);
        self.state.dead |= std::mem::replace(&mut self.state.failed, before.failed);
        if self.state.dead {
            shape = Shape::never();
        }
        let done = self.state.clone();
        self.join(before.clone());
        for index in known..self.written.len() {
            let Written { prefix, path, .. } = self.written[index].clone();
            self.forget(prefix, &path.segments);
        }
        for (name, shape) in &mut self.state.locals {
            if before.locals.get(name) != done.locals.get(name) {
                *shape = Shape::Any;
            }
        }
        (shape, done)
    }

    fn maybe_asking<T>(&mut self, asks: bool, inside: impl FnOnce(&mut Self) -> T) -> T {
        if asks { self.asking(inside) } else { inside(self) }
    }

    /// Runs `inside` where members that some versions lack may be asked for.
    pub(super) fn asking<T>(&mut self, inside: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.asks, self.may_ask);
        let result = inside(self);
        self.asks = before;
        result
    }
}

/// What an operator makes of two values.
pub(super) fn arithmetic(opcode: Opcode, left: &Shape, right: &Shape) -> Shape {
    let is_binary = is_binary(left) || is_binary(right);
    let (left, right) = (left.kind(), right.kind());
    match opcode {
        Opcode::Div => Shape::Float,
        Opcode::Add if left.is_bytes() && right.is_bytes() && is_binary => Shape::Text(Text::Bytes(None)),
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
