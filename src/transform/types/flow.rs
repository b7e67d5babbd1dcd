//! Follows a program through its branches with all that is known about the record: what each expression gives, what it
//! leaves, and where it asks for what cannot be.
//!
//! It knows more than VRL does where schemas and literals are concerned, and less about functions: what it does not know is
//! `Any`, and is filled in from VRL's own types in the end.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use vrl::parser::ast::{
    Block, Container, Expr, FunctionCall, IfStatement, Literal, Node, Predicate, Program, RootExpr, Unary,
};
use vrl::path::{OwnedValuePath, PathPrefix};
use vrl::value::Value;

use super::super::functions;
use super::super::program::ProgramDiagnostic;
use super::calls;
use super::effects::{Effect, Effects};
use super::kept::Kept;
use super::shape::{Member, Record, Shape, Text};

/// What is known at one place of a program.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    pub value: Shape,
    pub envelope: Shape,
    pub locals: BTreeMap<String, Shape>,
    /// Nothing comes here.
    pub dead: bool,
    /// Whatever would come here has failed inside the expression whose error is caught.
    pub failed: bool,
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
    /// All that maps before have written.
    pub made: Vec<(PathPrefix, OwnedValuePath)>,
    /// Inside an expression that asks whether something is there.
    pub asks: bool,
    /// How many closures stand around the place.
    pub nested: usize,
    /// What is known where a `break` ends a loop.
    pub breaks: Vec<State>,
    /// What is known, and what is given, where a `return` ends the body of a closure.
    pub returns: Vec<(State, Shape)>,
    /// A `return` ends the body of a closure here, and not the program.
    pub catches_return: bool,
    /// All that is written, as VRL is told of it.
    pub effects: Vec<Effect>,
    /// The same by the place that may write it.
    pub ascribed: Effects,
    /// The paths of which conditions have kept something out.
    pub narrowed: Vec<(PathPrefix, OwnedValuePath)>,
    /// What reads of those give.
    pub kept: Kept,
}

impl State {
    /// At the beginning of a program.
    pub fn at(value: Shape, envelope: Shape) -> Self {
        Self { value, envelope, locals: BTreeMap::new(), dead: false, failed: false }
    }

    /// The value or the envelope.
    pub fn root(&self, prefix: PathPrefix) -> &Shape {
        match prefix {
            PathPrefix::Event => &self.value,
            PathPrefix::Metadata => &self.envelope,
        }
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
            made: Vec::new(),
            asks: false,
            dead: Vec::new(),
            nested: 0,
            breaks: Vec::new(),
            returns: Vec::new(),
            catches_return: false,
            effects: Vec::new(),
            ascribed: Effects::default(),
            narrowed: Vec::new(),
            kept: Kept::default(),
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
                let shape = self.expr(&value.inner().expr);
                if self.catches_return && !self.state.dead {
                    self.returns.push((self.state.clone(), shape));
                }
                self.state.dead = true;
                Shape::never()
            }
            Expr::Break(_) => {
                if !self.state.dead {
                    self.breaks.push(self.state.clone());
                }
                self.state.dead = true;
                Shape::never()
            }
        }
    }

    pub(super) fn local(&self, name: &str) -> Shape {
        self.state.locals.get(name).cloned().unwrap_or(Shape::Any)
    }

    pub(super) fn container(&mut self, container: &Container) -> Shape {
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

    pub(super) fn block(&mut self, block: &Block) -> Shape {
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
        let keeps_out = self.state.dead != after_then.dead;
        self.join(after_then);
        condition.into_iter().filter(|_| keeps_out).for_each(|condition| self.doubt_by(condition));
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
        state.failed &= other.failed;
        state.value = std::mem::replace(&mut state.value, Shape::Any).merge(other.value);
        state.envelope = std::mem::replace(&mut state.envelope, Shape::Any).merge(other.envelope);
        // A variable that was never written is null.
        for (name, shape) in &mut state.locals {
            if !other.locals.contains_key(name) {
                *shape = std::mem::replace(shape, Shape::Any).merge(Shape::Null);
            }
        }
        for (name, shape) in other.locals {
            let mine = state.locals.remove(&name).unwrap_or(Shape::Null);
            state.locals.insert(name, mine.merge(shape));
        }
    }

    pub(super) fn text(&self, node: &Node<Expr>) -> &'s str {
        self.source.get(node.span().range()).unwrap_or_default().trim()
    }

    pub(super) fn root(&self, prefix: PathPrefix) -> &Shape {
        self.state.root(prefix)
    }

    pub(super) fn root_mut(&mut self, prefix: PathPrefix) -> &mut Shape {
        match prefix {
            PathPrefix::Event => &mut self.state.value,
            PathPrefix::Metadata => &mut self.state.envelope,
        }
    }

    pub(super) fn call(&mut self, call: &FunctionCall) -> Shape {
        calls::call(self, call)
    }
}

pub(super) fn literal_shape(literal: &Literal) -> Shape {
    match literal {
        Literal::String(template) => match template.as_literal_string() {
            Some(text) => Shape::Literal(Value::from(text.to_string())),
            None if template.0.is_empty() => Shape::Literal(Value::from("")),
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

/// The functions that programs have, by name: what each gives.
pub(super) fn result_of(name: &str) -> Option<u16> {
    let all = functions::available().iter();
    all.into_iter().find(|function| function.identifier() == name).map(|function| function.return_kind())
}
