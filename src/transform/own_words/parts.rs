//! The parts of a program that can fail.

use std::ops::Range;

use vrl::parser::ast::{
    Assignment, Block, Container, Expr, FunctionCall, Node, Op, Opcode, Predicate, Program, QueryTarget,
    RootExpr, Unary,
};

/// What can fail.
pub(super) struct Part {
    pub span: Range<usize>,
    pub what: What,
}

pub(super) enum What {
    Call(FunctionCall),
    Op(Op),
}

/// The parts within a place, the inner ones first.
pub(super) fn parts_within(program: &Program, text: &str, within: Range<usize>) -> Vec<Part> {
    let mut parts = Parts { text, within, found: Vec::new() };
    for root in &program.0 {
        if let RootExpr::Expr(expr) = root.inner() {
            parts.expr(expr);
        }
    }
    parts.found
}

/// Finds them.
struct Parts<'p> {
    text: &'p str,
    within: Range<usize>,
    found: Vec<Part>,
}

impl Parts<'_> {
    fn add(&mut self, span: Range<usize>, what: What) {
        if self.within.start <= span.start && span.end <= self.within.end {
            self.found.push(Part { span, what });
        }
    }

    fn expr(&mut self, node: &Node<Expr>) {
        match node.inner() {
            Expr::Literal(_) | Expr::Break(_) | Expr::Variable(_) => {}
            Expr::Container(container) => self.container(container.inner()),
            Expr::IfStatement(statement) => {
                let statement = statement.inner();
                match statement.predicate.inner() {
                    Predicate::One(expr) => self.expr(expr),
                    Predicate::Many(exprs) => exprs.iter().for_each(|expr| self.expr(expr)),
                }
                self.block(statement.if_node.inner());
                statement.else_node.iter().for_each(|block| self.block(block.inner()));
            }
            Expr::Op(op) => self.op(op.inner(), node.span().range()),
            Expr::Assignment(assignment) => match assignment.inner() {
                Assignment::Single { expr, .. } => self.expr(expr),
                Assignment::Infallible { .. } => {}
            },
            Expr::Query(query) => match query.inner().target.inner() {
                QueryTarget::FunctionCall(call) => {
                    // VRL has no place for the call alone; behind it stands the path.
                    let Range { start, end } = node.span().range();
                    let call_end = self.text.get(start..end).and_then(|text| text.rfind([')', '}']));
                    let end = call_end.map_or(end, |at| start + at + 1);
                    self.call(call, start..end);
                }
                QueryTarget::Container(container) => self.container(container),
                QueryTarget::Internal(_) | QueryTarget::External(_) => {}
            },
            Expr::FunctionCall(call) => self.call(call.inner(), node.span().range()),
            Expr::Unary(unary) => {
                let Unary::Not(not) = unary.inner();
                self.expr(&not.clone().into_inner().take().1);
            }
            Expr::Abort(abort) => abort.inner().message.iter().for_each(|message| self.expr(message)),
            Expr::Return(value) => self.expr(&value.inner().expr),
        }
    }

    fn op(&mut self, op: &Op, span: Range<usize>) {
        let Op(left, opcode, right) = op;
        // What fails on the left of `??` is handled.
        if *opcode.inner() != Opcode::Err {
            self.expr(left);
        }
        self.expr(right);
        let fails = !matches!(
            opcode.inner(),
            Opcode::Eq | Opcode::Ne | Opcode::And | Opcode::Or | Opcode::Err | Opcode::Merge
        );
        if fails {
            self.add(span, What::Op(op.clone()));
        }
    }

    fn call(&mut self, call: &FunctionCall, span: Range<usize>) {
        call.arguments.iter().for_each(|argument| self.expr(&argument.inner().expr));
        if let Some(closure) = &call.closure {
            self.block(closure.inner().block.inner());
        }
        if !call.abort_on_error {
            self.add(span, What::Call(call.clone()));
        }
    }

    fn container(&mut self, container: &Container) {
        match container {
            Container::Group(group) => self.expr(&group.inner().0),
            Container::Block(block) => self.block(block.inner()),
            Container::Array(array) => {
                array.inner().clone().into_iter().for_each(|item| self.expr(&item));
            }
            Container::Object(object) => {
                object.inner().clone().into_iter().for_each(|(_, member)| self.expr(&member));
            }
        }
    }

    fn block(&mut self, block: &Block) {
        block.0.iter().for_each(|expr| self.expr(expr));
    }
}
