//! What a program reads and writes, found by walking its syntax tree: VRL's own lists have no places in the source,
//! and count a `del` as a read.

use std::collections::BTreeSet;
use std::ops::Range;

use vrl::parser::ast::{
    Assignment, AssignmentTarget, Block, Container, Expr, FunctionCall, IfStatement, Node, Opcode, Predicate,
    Program, Query, QueryTarget, RootExpr, Unary,
};
use vrl::path::{OwnedSegment, OwnedValuePath, PathPrefix};

/// What a program reads and writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Whether it reads or writes `.` or anything in it.
    pub value: bool,
    /// Whether it may change `.` or anything in it.
    pub writes_value: bool,
    /// The members of `.` that it reads or writes, or looks into.
    pub members: Members,
    /// The parts of the envelope that it reads.
    pub envelope: EnvelopeReads,
    /// Whether it may change the key, a header or the timestamp.
    pub writes_envelope: bool,
    /// Whether it can end early.
    pub(super) returns: bool,
    /// Whether it writes the whole of `.` somewhere.
    pub(super) writes_value_root: bool,
}

/// Members of the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Members {
    /// These; often few.
    Named(BTreeSet<String>),
    /// All of them.
    All,
}

impl Default for Members {
    fn default() -> Self {
        Self::Named(BTreeSet::new())
    }
}

impl Members {
    /// Adds those of `other`.
    pub fn extend(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::All, _) => {}
            (mine, Self::All) => *mine = Self::All,
            (Self::Named(mine), Self::Named(theirs)) => mine.extend(theirs.iter().cloned()),
        }
    }

    fn path(&mut self, path: &OwnedValuePath) {
        match (&mut *self, path.segments.first()) {
            (Self::Named(names), Some(OwnedSegment::Field(name))) => {
                names.insert(name.to_string());
            }
            (members, _) => *members = Self::All,
        }
    }
}

/// The parts of the envelope that a program reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvelopeReads {
    /// `%key`
    pub key: bool,
    /// `%headers`, or some of them.
    pub headers: HeaderReads,
    /// `%timestamp`
    pub timestamp: bool,
    /// `%topic`
    pub topic: bool,
    /// `%partition`
    pub partition: bool,
    /// `%offset`
    pub offset: bool,
}

/// The headers that a program reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderReads {
    /// These; often none.
    Named(BTreeSet<String>),
    /// All of them.
    All,
}

impl Default for HeaderReads {
    fn default() -> Self {
        Self::Named(BTreeSet::new())
    }
}

impl EnvelopeReads {
    fn all() -> Self {
        let headers = HeaderReads::All;
        Self { key: true, headers, timestamp: true, topic: true, partition: true, offset: true }
    }

    /// Adds what `other` reads.
    pub fn extend(&mut self, other: &Self) {
        self.key |= other.key;
        self.timestamp |= other.timestamp;
        self.topic |= other.topic;
        self.partition |= other.partition;
        self.offset |= other.offset;
        match (&mut self.headers, &other.headers) {
            (HeaderReads::All, _) => {}
            (mine, HeaderReads::All) => *mine = HeaderReads::All,
            (HeaderReads::Named(mine), HeaderReads::Named(theirs)) => mine.extend(theirs.iter().cloned()),
        }
    }

    fn path(&mut self, path: &OwnedValuePath) {
        match path.segments.as_slice() {
            [] => *self = Self::all(),
            [OwnedSegment::Field(name), rest @ ..] => match name.as_str() {
                "key" => self.key = true,
                "headers" => self.header(rest),
                "timestamp" => self.timestamp = true,
                "topic" => self.topic = true,
                "partition" => self.partition = true,
                "offset" => self.offset = true,
                _ => {}
            },
            [OwnedSegment::Index(_), ..] => {}
        }
    }

    fn header(&mut self, rest: &[OwnedSegment]) {
        match (&mut self.headers, rest.first()) {
            (HeaderReads::Named(names), Some(OwnedSegment::Field(name))) => {
                names.insert(name.to_string());
            }
            (headers, _) => *headers = HeaderReads::All,
        }
    }
}

/// How a program touches one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touch {
    Read,
    Delete,
    Write,
}

/// One place in the source where `.` or `%` is touched.
#[derive(Clone, Debug)]
pub(super) struct TouchedPath {
    pub(super) prefix: PathPrefix,
    pub(super) path: OwnedValuePath,
    pub(super) span: Range<usize>,
    pub(super) touch: Touch,
}

/// One function call in the source.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) span: Range<usize>,
    pub(super) arguments: Vec<Option<String>>,
}

/// All that a walk of the syntax tree gives.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) access: Access,
    pub(super) paths: Vec<TouchedPath>,
    pub(super) calls: Vec<Call>,
    /// How deeply expressions stand in each other at the deepest place.
    pub(super) depth_max: usize,
    /// Whether it reads a variable.
    pub(super) has_variables: bool,
    /// The variables that it writes.
    pub(super) locals_written: BTreeSet<String>,
    /// Places in the source that not each record comes to, or where it goes on though something fails.
    perhaps: Vec<Range<usize>>,
    depth: usize,
}

impl Walk {
    pub(super) fn of(program: Program) -> Self {
        let mut walk = Self::default();
        for root in program.0 {
            if let RootExpr::Expr(expr) = root.into_inner() {
                walk.expr(expr);
            }
        }
        walk
    }

    /// Of one expression.
    pub(super) fn of_expr(node: Node<Expr>) -> Self {
        let mut walk = Self::default();
        walk.expr(node);
        walk
    }

    /// All that a program reads.
    pub(super) fn reads_of(program: Program) -> Vec<(PathPrefix, OwnedValuePath)> {
        let paths = Self::of(program).paths.into_iter().filter(|touched| touched.touch == Touch::Read);
        paths.map(|touched| (touched.prefix, touched.path)).collect()
    }

    /// Whether records may come past a place in the source without harm: in a branch, on the right of `&&`, `||` or `??`, in
    /// a closure, behind what may end the program early, or where an error is caught.
    pub(super) fn is_perhaps(&self, at: usize) -> bool {
        self.perhaps.iter().any(|span| span.contains(&at))
    }

    fn expr(&mut self, node: Node<Expr>) {
        self.depth += 1;
        self.depth_max = self.depth_max.max(self.depth);
        self.expr_inside(node);
        self.depth -= 1;
    }

    fn expr_inside(&mut self, node: Node<Expr>) {
        let span = node.span().range();
        match node.into_inner() {
            Expr::Literal(_) | Expr::Break(_) => {}
            Expr::Variable(_) => self.has_variables = true,
            Expr::Container(container) => self.container(container.into_inner()),
            Expr::IfStatement(statement) => self.if_statement(statement.into_inner()),
            Expr::Op(op) => {
                let op = op.into_inner();
                match op.1.inner() {
                    Opcode::And | Opcode::Or => self.perhaps.push(op.2.span().range()),
                    Opcode::Err => self.perhaps.push(span),
                    _ => {}
                }
                self.expr(*op.0);
                self.expr(*op.2);
            }
            Expr::Assignment(assignment) => self.assignment(assignment.into_inner()),
            Expr::Query(query) => self.query(query.into_inner(), span, Touch::Read),
            Expr::FunctionCall(call) => self.call(call.into_inner()),
            Expr::Unary(unary) => {
                let Unary::Not(not) = unary.into_inner();
                self.expr(*not.into_inner().take().1);
            }
            Expr::Abort(abort) => {
                if let Some(message) = abort.into_inner().message {
                    self.expr(*message);
                }
                self.perhaps.push(span.end..usize::MAX);
            }
            Expr::Return(value) => {
                self.access.returns = true;
                self.expr(*value.into_inner().expr);
                self.perhaps.push(span.end..usize::MAX);
            }
        }
    }

    fn container(&mut self, container: Container) {
        match container {
            Container::Group(group) => self.expr(group.into_inner().into_inner()),
            Container::Block(block) => self.block(block.into_inner()),
            Container::Array(array) => array.into_inner().into_iter().for_each(|item| self.expr(item)),
            Container::Object(object) => {
                object.into_inner().into_iter().for_each(|(_, item)| self.expr(item))
            }
        }
    }

    fn block(&mut self, block: Block) {
        block.into_inner().into_iter().for_each(|expr| self.expr(expr));
    }

    fn if_statement(&mut self, statement: IfStatement) {
        match statement.predicate.into_inner() {
            Predicate::One(expr) => self.expr(*expr),
            Predicate::Many(exprs) => exprs.into_iter().for_each(|expr| self.expr(expr)),
        }
        self.perhaps.push(statement.if_node.span().range());
        self.block(statement.if_node.into_inner());
        if let Some(block) = statement.else_node {
            self.perhaps.push(block.span().range());
            self.block(block.into_inner());
        }
    }

    fn assignment(&mut self, assignment: Assignment) {
        if let Assignment::Infallible { expr, .. } = &assignment {
            self.perhaps.push(expr.span().range());
        }
        let (targets, expr, reads) = match assignment {
            Assignment::Single { target, op, expr } => (vec![target], expr, op),
            Assignment::Infallible { ok, err, op, expr } => (vec![ok, err], expr, op),
        };
        let reads = reads == vrl::parser::ast::AssignmentOp::Merge;
        for target in targets {
            let span = target.span().range();
            self.target(target.into_inner(), span, reads);
        }
        self.expr(*expr);
    }

    fn target(&mut self, target: AssignmentTarget, span: Range<usize>, reads: bool) {
        let (prefix, path) = match target {
            AssignmentTarget::Noop => return,
            AssignmentTarget::Internal(name, _) => {
                self.locals_written.insert(name.to_string());
                return;
            }
            AssignmentTarget::External(None) => (PathPrefix::Event, OwnedValuePath::root()),
            AssignmentTarget::External(Some(target)) => (target.prefix, target.path),
            AssignmentTarget::Query(Query { target, path }) => match target.into_inner() {
                QueryTarget::External(prefix) => (prefix, path.into_inner()),
                _ => return,
            },
        };
        self.touch(prefix, path.clone(), span.clone(), Touch::Write);
        // A write into a member needs the rest of what it stands in; headers stand each for itself.
        let parents = usize::from(prefix == PathPrefix::Metadata && is_header(&path)) + 1;
        if reads || path.segments.len() > parents {
            self.touch(prefix, path, span, Touch::Read);
        }
    }

    fn query(&mut self, query: Query, span: Range<usize>, touch: Touch) {
        match query.target.into_inner() {
            QueryTarget::Internal(_) => self.has_variables = true,
            QueryTarget::External(prefix) => self.touch(prefix, query.path.into_inner(), span, touch),
            QueryTarget::FunctionCall(call) => self.call(call),
            QueryTarget::Container(container) => self.container(container),
        }
    }

    fn call(&mut self, call: FunctionCall) {
        let name = call.ident.inner().to_string();
        let arguments = call
            .arguments
            .iter()
            .map(|argument| argument.inner().ident.as_ref().map(|ident| ident.inner().to_string()));
        let arguments = arguments.collect();
        self.calls.push(Call { name: name.clone(), span: call.ident.span().range(), arguments });
        for argument in call.arguments {
            let expr = argument.into_inner().expr;
            let span = expr.span().range();
            match (name.as_str(), expr.into_inner()) {
                ("del", Expr::Query(query)) => self.query(query.into_inner(), span, Touch::Delete),
                ("unnest", Expr::Query(query)) => self.unnest(query.into_inner(), span),
                (_, expr) => self.expr(Node::new(vrl::diagnostic::Span::new(span.start, span.end), expr)),
            }
        }
        if let Some(closure) = call.closure {
            self.perhaps.push(closure.span().range());
            self.block(closure.into_inner().block.into_inner());
        }
    }

    /// `unnest` reads the whole root, whatever its path.
    fn unnest(&mut self, query: Query, span: Range<usize>) {
        match query.target.inner() {
            QueryTarget::External(PathPrefix::Metadata) => self.access.envelope = EnvelopeReads::all(),
            QueryTarget::External(PathPrefix::Event) => self.access.members = Members::All,
            _ => {}
        }
        self.query(query, span, Touch::Read);
    }

    fn touch(&mut self, prefix: PathPrefix, path: OwnedValuePath, span: Range<usize>, touch: Touch) {
        match prefix {
            PathPrefix::Event => {
                self.access.value = true;
                self.access.members.path(&path);
                self.access.writes_value |= touch != Touch::Read;
                self.access.writes_value_root |= touch == Touch::Write && path.is_root();
            }
            PathPrefix::Metadata => {
                self.access.writes_envelope |= touch != Touch::Read;
                if touch != Touch::Write {
                    self.access.envelope.path(&path);
                }
            }
        }
        self.paths.push(TouchedPath { prefix, path, span, touch });
    }
}

fn is_header(path: &OwnedValuePath) -> bool {
    matches!(path.segments.first(), Some(OwnedSegment::Field(name)) if name.as_str() == "headers")
}
