//! Programs that would cost the compiler, or a lane, more memory or time than there is, refused before either sees them.
//!
//! VRL keeps a type for each item of an array up to the one that is written, copies what it knows of a value wherever it is
//! used, and compiles a closure several times.

use std::collections::BTreeMap;
use std::ops::Range;

use vrl::parser::ast::{
    Assignment, Block, Container, Expr, Literal, Node, Op, Opcode, Predicate, Program, Query, QueryTarget,
    RootExpr, Unary,
};
use vrl::path::{OwnedSegment, OwnedValuePath, PathPrefix};

use super::functions::TEXT_BYTES_MAX;
use super::program::ProgramDiagnostic;
use super::types::{Shape, external, local};

/// The furthest item of an array that a program writes, from either end.
pub const INDEX_MAX: isize = 1_000;

/// The segments of a path.
pub const SEGMENTS_MAX: usize = 128;

/// How deeply closures may stand in each other.
pub const CLOSURES_MAX: usize = 8;

/// The parts of a value that a program may put together, as its text tells: what stands in an object twice counts twice.
pub const PARTS_MAX: u64 = 100_000;

/// What is beyond a bound.
pub(super) fn beyond(program: &Program, value: &Shape) -> Vec<ProgramDiagnostic> {
    let mut bounds = Bounds::at(value);
    for root in &program.0 {
        if let RootExpr::Expr(expr) = root.inner() {
            bounds.expr(expr);
        }
    }
    bounds.found
}

/// One walk through a program; its methods give how many parts an expression has.
struct Bounds {
    /// The parts of the members of `.` by their names (`.name`), and of variables.
    parts: BTreeMap<String, u64>,
    closures: usize,
    found: Vec<ProgramDiagnostic>,
}

impl Bounds {
    fn at(value: &Shape) -> Self {
        let mut parts = BTreeMap::new();
        if let Shape::Record(record) = value {
            for (name, member) in &record.members {
                parts.insert(format!(".{name}"), member.shape.parts(PARTS_MAX));
            }
        }
        Self { parts, closures: 0, found: Vec::new() }
    }

    fn expr(&mut self, node: &Node<Expr>) -> u64 {
        match node.inner() {
            Expr::Literal(_) | Expr::Break(_) => 1,
            Expr::Variable(name) => self.known(name.inner().as_ref()),
            Expr::Container(container) => self.container(container.inner()),
            Expr::IfStatement(statement) => {
                match statement.inner().predicate.inner() {
                    Predicate::One(expr) => self.expr(expr),
                    Predicate::Many(exprs) => exprs.iter().fold(1, |_, expr| self.expr(expr)),
                };
                let then = self.block(statement.inner().if_node.inner());
                let otherwise = statement.inner().else_node.as_ref().map(|block| self.block(block.inner()));
                then.saturating_add(otherwise.unwrap_or(1))
            }
            Expr::Op(op) => {
                let Op(left, opcode, right) = op.inner();
                if *opcode.inner() == Opcode::Mul {
                    self.repeated((left, right), &node.span().range());
                }
                self.expr(left).saturating_add(self.expr(right))
            }
            Expr::Assignment(assignment) => self.assignment(assignment.inner()),
            Expr::Query(query) => self.query(query.inner(), &node.span().range()),
            Expr::FunctionCall(call) => self.call(call.inner(), &node.span().range()),
            Expr::Unary(unary) => {
                let Unary::Not(not) = unary.inner();
                self.expr(&not.clone().into_inner().take().1)
            }
            Expr::Abort(abort) => abort.inner().message.as_ref().map_or(1, |message| self.expr(message)),
            Expr::Return(value) => self.expr(&value.inner().expr),
        }
    }

    fn container(&mut self, container: &Container) -> u64 {
        match container {
            Container::Group(group) => self.expr(&group.inner().0),
            Container::Block(block) => self.block(block.inner()),
            Container::Array(array) => {
                let items = array.inner().clone().into_iter();
                items.fold(1, |parts: u64, item| parts.saturating_add(self.expr(&item)))
            }
            Container::Object(object) => {
                let members = object.inner().clone().into_iter();
                members.fold(1, |parts: u64, (_, member)| parts.saturating_add(self.expr(&member)))
            }
        }
    }

    fn block(&mut self, block: &Block) -> u64 {
        block.0.iter().fold(1, |_, expr| self.expr(expr))
    }

    fn call(&mut self, call: &vrl::parser::ast::FunctionCall, span: &Range<usize>) -> u64 {
        let mut parts: u64 = 1;
        for argument in &call.arguments {
            let expr = &argument.inner().expr;
            if let (Expr::Query(query), "del" | "remove" | "set") =
                (expr.inner(), call.ident.inner().as_ref())
            {
                self.index(query.inner().path.inner(), &expr.span().range());
            }
            parts = parts.saturating_add(self.expr(expr));
        }
        if let Some(closure) = &call.closure {
            self.closures += 1;
            if self.closures == CLOSURES_MAX + 1 {
                let message = format!("closures stand in each other at most {CLOSURES_MAX} deep");
                self.found.push(ProgramDiagnostic::own_error(message, span.clone(), "too deep"));
            }
            parts = parts.saturating_add(self.block(closure.inner().block.inner()));
            self.closures -= 1;
        }
        parts
    }

    fn query(&mut self, query: &Query, span: &Range<usize>) -> u64 {
        let path = query.path.inner();
        self.length(path, span);
        match query.target.inner() {
            QueryTarget::Internal(name) => self.known(name.as_ref()),
            QueryTarget::External(PathPrefix::Event) => self.known(&member(path)),
            QueryTarget::External(PathPrefix::Metadata) => 1,
            QueryTarget::FunctionCall(call) => self.call(call, span),
            QueryTarget::Container(container) => self.container(container),
        }
    }

    fn assignment(&mut self, assignment: &Assignment) -> u64 {
        let (targets, expr) = match assignment {
            Assignment::Single { target, expr, .. } => (vec![target], expr),
            Assignment::Infallible { ok, err, expr, .. } => (vec![ok, err], expr),
        };
        let parts = self.expr(expr);
        for target in targets {
            let span = target.span().range();
            let (name, path) = match (external(target.inner()), local(target.inner())) {
                (Some((PathPrefix::Event, path)), _) => (member(&path), path),
                (Some((PathPrefix::Metadata, path)), _) => ("%".to_owned(), path),
                (None, Some(variable)) => variable,
                (None, None) => continue,
            };
            self.length(&path, &span);
            self.index(&path, &span);
            self.write(name, path.segments.len(), parts, &span);
        }
        parts
    }

    fn write(&mut self, name: String, segments: usize, parts: u64, span: &Range<usize>) {
        if parts > PARTS_MAX {
            if self.found.is_empty() {
                let message = format!("this puts a value of more than {PARTS_MAX} parts together");
                self.found.push(ProgramDiagnostic::own_error(message, span.clone(), "too large"));
            }
            return;
        }
        if name == "." {
            self.parts.retain(|name, _| !name.starts_with('.'));
        }
        let is_whole = segments <= usize::from(name.starts_with('.') && name != ".");
        let before = if is_whole { 0 } else { self.known(&name) };
        self.parts.insert(name, before.saturating_add(parts));
    }

    /// The parts of a variable, or of a member of `.`; those of `.` are its members'.
    fn known(&self, name: &str) -> u64 {
        if name != "." {
            return self.parts.get(name).copied().unwrap_or(1);
        }
        let members = self.parts.iter().filter(|(name, _)| name.starts_with('.'));
        members.fold(1, |all: u64, (_, parts)| all.saturating_add(*parts))
    }

    /// A text times a number is that text as many times.
    fn repeated(&mut self, (left, right): (&Node<Expr>, &Node<Expr>), span: &Range<usize>) {
        let (text, times) = match (literal(left), literal(right)) {
            (Some(Literal::String(text)), Some(Literal::Integer(times)))
            | (Some(Literal::Integer(times)), Some(Literal::String(text))) => (text.to_string(), *times),
            _ => return,
        };
        let bytes = usize::try_from(times).unwrap_or(0).saturating_mul(text.len());
        if bytes > TEXT_BYTES_MAX {
            let message = format!("this is a text of more than {TEXT_BYTES_MAX} bytes");
            self.found.push(ProgramDiagnostic::own_error(message, span.clone(), "too long"));
        }
    }

    fn length(&mut self, path: &OwnedValuePath, span: &Range<usize>) {
        if path.segments.len() > SEGMENTS_MAX {
            let message = format!("a path has at most {SEGMENTS_MAX} segments");
            let label = format!("{} segments", path.segments.len());
            self.found.push(ProgramDiagnostic::own_error(message, span.clone(), label));
        }
    }

    fn index(&mut self, path: &OwnedValuePath, span: &Range<usize>) {
        let far = path.segments.iter().find_map(|segment| match segment {
            OwnedSegment::Index(index) if index.abs() > INDEX_MAX => Some(*index),
            _ => None,
        });
        if let Some(index) = far {
            let message = format!("an array is written at an index of at most {INDEX_MAX}");
            let found = ProgramDiagnostic::own_error(message, span.clone(), format!("{index} is too far"));
            self.found.push(found.with_note("all items before it would be made, as nulls"));
        }
    }
}

fn literal(node: &Node<Expr>) -> Option<&Literal> {
    match node.inner() {
        Expr::Literal(literal) => Some(literal.inner()),
        _ => None,
    }
}

/// The member of `.` in which a path ends.
fn member(path: &OwnedValuePath) -> String {
    match path.segments.first() {
        Some(OwnedSegment::Field(name)) => format!(".{name}"),
        _ => ".".to_owned(),
    }
}

impl Shape {
    /// How many types it is made of, as a tree; counting ends beyond `most`.
    pub(super) fn parts(&self, most: u64) -> u64 {
        let mut parts: u64 = 1;
        let mut add = |shape: &Self| {
            if parts <= most {
                parts += shape.parts(most - parts.min(most));
            }
            parts <= most
        };
        match self {
            Self::Array(items) | Self::Map(items) | Self::Perhaps(items) => {
                add(items);
            }
            Self::Union(all) => {
                all.iter().all(&mut add);
            }
            Self::Record(record) => {
                let members = record.members.values().map(|member| &member.shape);
                members.chain(&record.others).all(&mut add);
            }
            _ => {}
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use crate::transform::{ProgramKind, compile};

    fn told(source: &str) -> Vec<String> {
        let found = compile(ProgramKind::Map, source, true).err().unwrap_or_default();
        found.into_iter().map(|found| found.message).collect()
    }

    #[test]
    fn programs_that_no_machine_could_hold_are_refused() {
        let doubled = ".x = {\"a\": .x, \"b\": .x}\n".repeat(60);
        let listed = ".x = [.x, .x]\n".repeat(60);
        let variable = format!("x = 1\n{}", "x = {\"a\": x, \"b\": [x]}\n".repeat(60));
        let merged = ". = {\"a\": ., \"b\": .}\n".repeat(60);
        for source in [&doubled, &listed, &variable, &merged] {
            assert_eq!(told(source), ["this puts a value of more than 100000 parts together"], "{source}");
        }
        for source in [".z[300000000] = 1", ".z[-100000000] = 1", "z = []\nz[5000] = 1", "del(.z[5000])"] {
            assert_eq!(told(source), ["an array is written at an index of at most 1000"], "{source}");
        }
        let deep = format!(".x = {}", ".a".repeat(3000));
        assert_eq!(told(&deep), ["a path has at most 128 segments"]);
        for source in [".x = \"ab\" * 1000000000000", ".x = 100000001 * \"a\""] {
            assert_eq!(told(source), ["this is a text of more than 100000000 bytes"], "{source}");
        }
        let nested = "for_each([1]) -> |_i, _v| {\n".repeat(25) + ".x = 1\n" + &"}\n".repeat(25);
        assert_eq!(told(&nested), ["closures stand in each other at most 8 deep"]);
    }

    #[test]
    fn programs_of_any_use_are_not() {
        let chain = ".error = {\"code\": 1, \"cause\": .error}\n".repeat(60);
        let copies: String =
            (0..200).map(|copy| format!(".copy{copy} = {{\"a\": .a, \"b\": .b}}\n")).collect();
        let nested = "for_each([1]) -> |_i, _v| {\n".repeat(8) + ".x = 1\n" + &"}\n".repeat(8);
        let path = format!(".x = {}", ".a".repeat(128));
        for source in [&chain, &copies, &nested, &path, ".z[1000] = 1\n.z[-1] = .z[5000]", ".x = \"-\" * 80"]
        {
            assert_eq!(told(source), Vec::<String>::new(), "{source}");
        }
    }
}
