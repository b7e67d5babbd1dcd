//! Finds the places of a program at which VRL overlooks something, and what to put there.

use std::collections::BTreeSet;
use std::ops::Range;

use vrl::parser::ast::{
    Assignment, AssignmentTarget, Block, Container, Expr, FunctionCall, IfStatement, Node, Op, Opcode,
    Predicate, Program, Query, QueryTarget, RootExpr, Unary,
};

use super::super::access::Walk;
use super::super::functions::ONLY;
use super::super::types::{Effects, Kept, path_of};
use super::{Overlooked, perhaps, taken, taken_from_item};

/// Functions that take a path, and nothing else.
const TAKING_PATHS: [&str; 3] = ["del", "exists", "unnest"];

/// Finds the places, in one walk.
pub(super) struct Author<'w> {
    effects: &'w Effects,
    needless: &'w [Range<usize>],
    kept: &'w Kept,
    /// The variables that were written before, in each block around the place.
    known: Vec<BTreeSet<String>>,
    edits: Vec<(usize, String)>,
}

impl<'w> Author<'w> {
    /// What to put where, in the order of the source.
    pub fn edits(program: &Program, overlooked: Overlooked<'w>) -> Vec<(usize, String)> {
        let Overlooked { effects, needless, kept } = overlooked;
        let mut author = Self { effects, needless, kept, known: vec![BTreeSet::new()], edits: Vec::new() };
        for root in &program.0 {
            if let RootExpr::Expr(expr) = root.inner() {
                author.expr(expr);
            }
        }
        author.edits.sort_by_key(|(at, _)| *at);
        author.edits
    }

    fn expr(&mut self, node: &Node<Expr>) {
        match node.inner() {
            Expr::Literal(_) | Expr::Break(_) | Expr::Variable(_) => {}
            Expr::Container(container) => self.container(container.inner()),
            Expr::IfStatement(statement) => self.if_statement(statement.inner()),
            Expr::Op(op) => self.op(op.inner()),
            Expr::Assignment(assignment) => self.assignment(assignment.inner()),
            Expr::Query(query) => match query.inner().target.inner() {
                QueryTarget::FunctionCall(call) => self.call(call, None),
                QueryTarget::Container(container) => self.container(container),
                QueryTarget::External(_) => self.read(node.span().range()),
                QueryTarget::Internal(_) => {}
            },
            Expr::FunctionCall(call) => self.call(call.inner(), Some(node.span().range())),
            Expr::Unary(unary) => {
                let Unary::Not(not) = unary.inner();
                self.expr(&not.clone().into_inner().take().1);
            }
            Expr::Abort(abort) => abort.inner().message.iter().for_each(|message| self.expr(message)),
            Expr::Return(value) => self.expr(&value.inner().expr),
        }
    }

    fn read(&mut self, span: Range<usize>) {
        if let Some(types) = self.kept.at(&span) {
            self.edits.push((span.start, format!("{ONLY}(")));
            self.edits.push((span.end, format!(", {types})")));
        }
    }

    fn container(&mut self, container: &Container) {
        match container {
            Container::Group(group) => self.expr(&group.inner().0),
            Container::Block(block) => self.block(block.inner()),
            Container::Array(array) => array.inner().clone().into_iter().for_each(|item| self.expr(&item)),
            Container::Object(object) => {
                object.inner().clone().into_iter().for_each(|(_, item)| self.expr(&item));
            }
        }
    }

    fn block(&mut self, block: &Block) {
        self.known.push(BTreeSet::new());
        block.0.iter().for_each(|expr| self.expr(expr));
        self.known.pop();
    }

    fn if_statement(&mut self, statement: &IfStatement) {
        match statement.predicate.inner() {
            Predicate::One(expr) => self.expr(expr),
            Predicate::Many(exprs) => exprs.iter().for_each(|expr| self.expr(expr)),
        }
        self.block(statement.if_node.inner());
        statement.else_node.iter().for_each(|block| self.block(block.inner()));
    }

    fn op(&mut self, Op(left, opcode, right): &Op) {
        match opcode.inner() {
            Opcode::Or if may_be_absent(left) => {
                self.around(Place::of(left), String::new(), |author| author.expr(left));
            }
            Opcode::Err => self.catching(left),
            _ => self.expr(left),
        }
        if !matches!(opcode.inner(), Opcode::Or | Opcode::Err | Opcode::And) {
            self.expr(right);
            return;
        }
        let is_known = |name: &String| self.known.iter().any(|names| names.contains(name));
        let new = Walk::of_expr((**right).clone()).locals_written;
        let new: Vec<_> = new.into_iter().filter(|name| !is_known(name)).collect();
        let unset = new.iter().map(|name| perhaps(&format!("{name} = null"))).collect();
        self.around_if(Place::of(right), unset, |author| author.expr(right));
    }

    fn assignment(&mut self, assignment: &Assignment) {
        match assignment {
            Assignment::Single { target, expr, .. } => {
                let place = Place::of(expr);
                let unlikely = self.effects.of(&place.span);
                match is_member_of_variable(target.inner()) && unlikely.is_empty() {
                    true => self.around(place, String::new(), |author| author.expr(expr)),
                    false => self.around_if(place, unlikely, |author| author.expr(expr)),
                }
                self.knows(target.inner());
            }
            Assignment::Infallible { ok, err, expr, .. } => {
                self.catching(expr);
                self.knows(ok.inner());
                self.knows(err.inner());
            }
        }
    }

    fn knows(&mut self, target: &AssignmentTarget) {
        if let (AssignmentTarget::Internal(name, _), Some(known)) = (target, self.known.last_mut()) {
            known.insert(name.to_string());
        }
    }

    /// An expression that may fail at any place.
    fn catching(&mut self, node: &Node<Expr>) {
        let mut unlikely = self.effects.of(&node.span().range());
        if self.needless.contains(&node.span().range()) {
            unlikely.push_str(&perhaps("to_int([\"\"][0])"));
        }
        self.around_if(Place::of(node), unlikely, |author| author.expr(node));
    }

    fn call(&mut self, call: &FunctionCall, span: Option<Range<usize>>) {
        let block = call.closure.as_ref().map(|closure| &closure.inner().block);
        let effects = block.map(|block| self.effects.of(&block.span().range())).unwrap_or_default();
        let mut unlikely = effects.clone();
        if call.ident.inner().as_ref() == "del"
            && let Some(argument) = call.arguments.first()
            && let Expr::Query(query) = argument.inner().expr.inner()
        {
            let statement = match query.inner().target.inner() {
                QueryTarget::Internal(name) => Some(taken(name, query.inner())),
                QueryTarget::External(_) => taken_from_item("", query.inner()),
                _ => None,
            };
            unlikely.extend(statement.iter().map(|statement| perhaps(statement)));
        }
        let takes_path = TAKING_PATHS.contains(&call.ident.inner().as_ref());
        let inside = |author: &mut Self| {
            for argument in &call.arguments {
                let expr = &argument.inner().expr;
                if !(takes_path && path_of(expr).is_some()) {
                    author.expr(expr);
                }
            }
            let Some(closure) = &call.closure else { return };
            let block = closure.inner().block.inner();
            if !effects.is_empty()
                && let Some(first) = block.0.first()
            {
                author.edits.push((first.span().range().start, effects));
            }
            let variables = closure.inner().variables.iter().map(|name| name.inner().to_string());
            author.known.push(variables.collect());
            author.block(block);
            author.known.pop();
        };
        match span {
            Some(span) => self.around_if(Place { span, is_if: false }, unlikely, inside),
            None => inside(self),
        }
    }

    fn around_if(&mut self, place: Place, unlikely: String, inside: impl FnOnce(&mut Self)) {
        match unlikely.is_empty() {
            true => inside(self),
            false => self.around(place, format!(", {{ {unlikely}null }}"), inside),
        }
    }

    /// The same value out of an array: never absent, and no constant.
    fn around(&mut self, Place { span, is_if }: Place, more: String, inside: impl FnOnce(&mut Self)) {
        // VRL's parser takes no `if` in an array or a group, and its lexer no group right behind a bracket.
        let (open, close) = if is_if { ("[ { ", " }") } else { ("[ (", ")") };
        self.edits.push((span.start, open.to_owned()));
        inside(self);
        self.edits.push((span.end, format!("{close}{more}][0]")));
    }
}

/// An expression to put something around.
struct Place {
    span: Range<usize>,
    is_if: bool,
}

impl Place {
    fn of(node: &Node<Expr>) -> Self {
        Self { span: node.span().range(), is_if: matches!(node.inner(), Expr::IfStatement(_)) }
    }
}

/// Whether VRL may take it for a value that is absent.
fn may_be_absent(node: &Node<Expr>) -> bool {
    match node.inner() {
        Expr::Query(_) | Expr::Variable(_) => true,
        Expr::FunctionCall(call) => call.inner().ident.inner().as_ref() == "del",
        Expr::Container(container) => match container.inner() {
            Container::Group(group) => may_be_absent(&group.inner().0),
            Container::Block(block) => block.inner().0.last().is_some_and(may_be_absent),
            Container::Array(_) | Container::Object(_) => false,
        },
        Expr::IfStatement(_) | Expr::Assignment(_) => true,
        Expr::Op(op) => {
            let Op(left, opcode, right) = op.inner();
            matches!(opcode.inner(), Opcode::Or | Opcode::Err)
                && (may_be_absent(left) || may_be_absent(right))
        }
        Expr::Literal(_) | Expr::Unary(_) | Expr::Abort(_) | Expr::Return(_) | Expr::Break(_) => false,
    }
}

fn is_member_of_variable(target: &AssignmentTarget) -> bool {
    match target {
        AssignmentTarget::Internal(_, path) => path.is_some(),
        AssignmentTarget::Query(Query { target, .. }) => matches!(target.inner(), QueryTarget::Internal(_)),
        _ => false,
    }
}
