//! Follows a program through its branches with all that is known about the record: what each expression gives, what it
//! leaves, and where it asks for what cannot be.
//!
//! It knows more than VRL does where schemas and literals are concerned, and less about functions: what it does not know is
//! `Any`, and is filled in from VRL's own types in the end.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use vrl::parser::ast::{
    Assignment, AssignmentOp, AssignmentTarget, Block, Container, Expr, FunctionCall, IfStatement, Literal,
    Node, Op, Opcode, Predicate, Program, Query, QueryTarget, RootExpr, Unary,
};
use vrl::path::{OwnedSegment, OwnedValuePath, PathPrefix, ValuePath};
use vrl::value::Value;

use super::super::functions;
use super::super::program::ProgramDiagnostic;
use super::shape::{Member, Record, Shape, Text};
use super::{calls, compare, members};

/// What is known at one place of a program.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub value: Shape,
    pub envelope: Shape,
    locals: BTreeMap<String, Shape>,
    /// Nothing comes here.
    pub dead: bool,
}

/// A place that a program writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The value or the envelope.
    pub prefix: PathPrefix,
    /// Where.
    pub path: OwnedValuePath,
    /// The place in the source that says so.
    pub span: Range<usize>,
    /// Taken away, and not written.
    pub is_delete: bool,
}

/// One walk through a program.
pub(super) struct Flow<'s> {
    pub source: &'s str,
    pub state: State,
    pub found: Vec<ProgramDiagnostic>,
    pub written: Vec<Written>,
    /// The places in the source that nothing comes to.
    pub dead: Vec<Range<usize>>,
    /// A member that is not there may be asked for: not all versions of a schema have it.
    pub may_ask: bool,
    /// The value is decoded, and has members.
    pub has_members: bool,
    /// All that the program reads.
    pub reads: Vec<(PathPrefix, OwnedValuePath)>,
    /// Inside an expression that asks whether something is there.
    asks: bool,
}

impl State {
    /// At the beginning of a program.
    pub fn at(value: Shape, envelope: Shape) -> Self {
        Self { value, envelope, locals: BTreeMap::new(), dead: false }
    }
}

impl<'s> Flow<'s> {
    /// At the beginning of a program.
    pub fn new(source: &'s str, value: Shape, envelope: Shape, may_ask: bool) -> Self {
        let state = State::at(value, envelope);
        let (found, written, reads) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            source,
            state,
            found,
            written,
            may_ask,
            has_members: true,
            reads,
            asks: false,
            dead: Vec::new(),
        }
    }

    /// The whole program; gives the last expression's shape.
    pub fn program(&mut self, program: &Program) -> Shape {
        let mut last = Shape::Null;
        for root in &program.0 {
            if let RootExpr::Expr(expr) = root.inner() {
                last = self.expr(expr);
            }
        }
        last
    }

    pub(super) fn expr(&mut self, node: &Node<Expr>) -> Shape {
        let span = node.span().range();
        if self.state.dead {
            self.dead.push(span.clone());
        }
        match node.inner() {
            Expr::Literal(literal) => literal_shape(literal.inner()),
            Expr::Container(container) => self.container(container.inner()),
            Expr::IfStatement(statement) => self.if_statement(statement.inner()),
            Expr::Op(op) => self.op(op.inner(), span),
            Expr::Assignment(assignment) => self.assignment(assignment.inner()),
            Expr::Query(query) => self.query(query.inner(), span),
            Expr::FunctionCall(call) => self.call(call.inner()),
            Expr::Variable(name) => self.local(name.inner()),
            Expr::Unary(unary) => {
                let Unary::Not(not) = unary.inner();
                let inner = not.clone().into_inner().take().1;
                self.expr(&inner);
                Shape::Boolean
            }
            Expr::Abort(abort) => {
                if let Some(message) = &abort.inner().message {
                    self.expr(message);
                }
                self.state.dead = true;
                Shape::never()
            }
            Expr::Return(value) => {
                self.expr(&value.inner().expr);
                self.state.dead = true;
                Shape::never()
            }
            Expr::Break(_) => Shape::Any,
        }
    }

    fn local(&self, name: &str) -> Shape {
        self.state.locals.get(name).cloned().unwrap_or(Shape::Any)
    }

    fn container(&mut self, container: &Container) -> Shape {
        match container {
            Container::Group(group) => self.expr(&group.inner().0),
            Container::Block(block) => self.block(block.inner()),
            Container::Array(array) => {
                let items = array.inner().clone().into_iter().map(|item| self.expr(&item));
                let items: Vec<_> = items.collect();
                Shape::Array(Arc::new(Shape::one_of(items)))
            }
            Container::Object(object) => {
                let mut record = Record::default();
                for (name, item) in object.inner().clone() {
                    let member = Member::always(self.expr(&item));
                    record.members.insert(name.into_inner(), member);
                }
                Shape::Record(Arc::new(record))
            }
        }
    }

    fn block(&mut self, block: &Block) -> Shape {
        let mut last = Shape::Null;
        for expr in &block.0 {
            last = self.expr(expr);
        }
        last
    }

    fn if_statement(&mut self, statement: &IfStatement) -> Shape {
        let condition = match statement.predicate.inner() {
            Predicate::One(expr) => Some(expr.as_ref()),
            Predicate::Many(exprs) => {
                let (last, before) = match exprs.split_last() {
                    Some((last, before)) => (Some(last), before),
                    None => (None, &exprs[..]),
                };
                before.iter().for_each(|expr| drop(self.expr(expr)));
                last
            }
        };
        if let Some(condition) = condition {
            self.expr(condition);
        }
        let before = self.state.clone();
        condition.into_iter().for_each(|condition| self.narrow(condition, true));
        let then = self.block(statement.if_node.inner());
        let then = if self.state.dead { Shape::never() } else { then };
        let after_then = std::mem::replace(&mut self.state, before);
        condition.into_iter().for_each(|condition| self.narrow(condition, false));
        let otherwise = match &statement.else_node {
            Some(block) => self.block(block.inner()),
            None => Shape::Null,
        };
        let otherwise = if self.state.dead { Shape::never() } else { otherwise };
        self.join(after_then);
        Shape::one_of([then, otherwise])
    }

    /// Takes up what another branch left.
    pub(super) fn join(&mut self, other: State) {
        if other.dead {
            return;
        }
        if self.state.dead {
            self.state = other;
            return;
        }
        let state = &mut self.state;
        state.value = std::mem::replace(&mut state.value, Shape::Any).merge(other.value);
        state.envelope = std::mem::replace(&mut state.envelope, Shape::Any).merge(other.envelope);
        for (name, shape) in other.locals {
            let merged = match state.locals.remove(&name) {
                Some(mine) => mine.merge(shape),
                None => shape.perhaps(),
            };
            state.locals.insert(name, merged);
        }
    }

    fn op(&mut self, op: &Op, span: Range<usize>) -> Shape {
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
                let first = self.asking(|flow| flow.expr(left));
                let second = self.branch(left, None, right);
                Shape::one_of([first, second.perhaps()])
            }
            Opcode::Eq | Opcode::Ne | Opcode::Ge | Opcode::Gt | Opcode::Le | Opcode::Lt => {
                let is_null = |node: &Node<Expr>| matches!(constant(node), Some(value) if value.is_null());
                let asks = is_null(left) || is_null(right);
                // What never holds for the records of one version may hold for those of another.
                let first = self.maybe_asking(asks, |flow| flow.expr(left));
                let second = self.maybe_asking(asks, |flow| flow.expr(right));
                if !self.state.dead && !self.may_ask {
                    let texts = (self.text(left), self.text(right));
                    let spans = (left.span().range(), right.span().range());
                    self.found.extend(compare::check(*opcode.inner(), (&first, &second), texts, spans, span));
                }
                Shape::Boolean
            }
            Opcode::Merge => {
                let (first, second) = (self.expr(left), self.expr(right));
                calls::merged(&first, &second)
            }
            opcode => {
                let (first, second) = (self.expr(left), self.expr(right));
                calls::arithmetic(*opcode, &first, &second)
            }
        }
    }

    pub(super) fn text(&self, node: &Node<Expr>) -> &'s str {
        self.source.get(node.span().range()).unwrap_or_default().trim()
    }

    /// The right side of an operator that is only reached where `condition` gave what it must.
    fn branch(&mut self, condition: &Node<Expr>, truth: Option<bool>, right: &Node<Expr>) -> Shape {
        let before = self.state.clone();
        if let Some(truth) = truth {
            self.narrow(condition, truth);
        }
        let shape = self.expr(right);
        self.join(before);
        shape
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

    fn assignment(&mut self, assignment: &Assignment) -> Shape {
        match assignment {
            Assignment::Single { target, op, expr } => {
                let mut shape = self.expr(expr);
                let span = target.span().range();
                if *op == AssignmentOp::Merge {
                    shape = calls::merged(&self.target(target.inner()), &shape);
                }
                self.assign(target.inner(), shape.clone(), span);
                shape
            }
            Assignment::Infallible { ok, err, expr, .. } => {
                self.asking(|flow| flow.expr(expr));
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

    pub(super) fn root(&self, prefix: PathPrefix) -> &Shape {
        match prefix {
            PathPrefix::Event => &self.state.value,
            PathPrefix::Metadata => &self.state.envelope,
        }
    }

    pub(super) fn root_mut(&mut self, prefix: PathPrefix) -> &mut Shape {
        match prefix {
            PathPrefix::Event => &mut self.state.value,
            PathPrefix::Metadata => &mut self.state.envelope,
        }
    }

    fn query(&mut self, query: &Query, span: Range<usize>) -> Shape {
        let path = query.path.inner();
        match query.target.inner() {
            QueryTarget::External(prefix) => self.read(*prefix, path, span),
            QueryTarget::Internal(name) => {
                let reading = self.local(name).read(&path.segments);
                if let Some(missing) = &reading.missing
                    && self.tells()
                {
                    self.found.extend(members::unknown_in_variable(name, path, missing, span));
                }
                reading.shape
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
        let Some(missing) = reading.missing else { return reading.shape };
        if self.state.dead || self.asks {
            return reading.shape;
        }
        if !self.has_members {
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

    fn call(&mut self, call: &FunctionCall) -> Shape {
        calls::call(self, call)
    }

    /// A closure runs any number of times: what it writes may stand there when it begins.
    pub(super) fn closure(&mut self, block: &Block) {
        let before = self.state.clone();
        let known = (self.found.len(), self.written.len());
        self.block(block);
        let written: Vec<_> = self.written[known.1..].to_vec();
        self.found.truncate(known.0);
        self.written.truncate(known.1);
        self.state = before;
        for name in self.state.locals.values_mut() {
            *name = Shape::Any;
        }
        for write in &written {
            let root = self.root_mut(write.prefix);
            let unknown = Shape::Any;
            *root = root.with(&write.path.segments, &unknown);
        }
        let before = self.state.clone();
        self.block(block);
        self.join(before);
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

fn literal_shape(literal: &Literal) -> Shape {
    match literal {
        Literal::String(template) => match template.as_literal_string() {
            Some(text) => Shape::Literal(Value::from(text.to_string())),
            None => Shape::Text(Text::Unknown),
        },
        Literal::RawString(text) => Shape::Literal(Value::from(text.clone())),
        Literal::Integer(integer) => Shape::Literal(Value::Integer(*integer)),
        Literal::Float(float) => Shape::Literal(Value::Float(*float)),
        Literal::Boolean(boolean) => Shape::Literal(Value::Boolean(*boolean)),
        Literal::Regex(_) => Shape::Regex,
        Literal::Timestamp(_) => Shape::Timestamp(None),
        Literal::Null => Shape::Null,
    }
}

/// The path that an expression names in the value, where it names one.
pub(super) fn path_of(node: &Node<Expr>) -> Option<(PathPrefix, &OwnedValuePath)> {
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

/// The functions that programs have, by name: what each gives.
pub(super) fn result_of(name: &str) -> Option<u16> {
    let all = functions::available().iter();
    all.into_iter().find(|function| function.identifier() == name).map(|function| function.return_kind())
}
