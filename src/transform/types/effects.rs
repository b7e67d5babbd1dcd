//! What runs an unknown number of times, or to an unknown place, may write: VRL follows neither, and is told by statements of
//! the same types.

use std::collections::BTreeMap;
use std::ops::Range;

use vrl::compiler::value::kind;
use vrl::parser::ast::{AssignmentTarget, Container, Expr, Node, Query, QueryTarget};
use vrl::path::{OwnedTargetPath, OwnedValuePath, PathPrefix};

use super::super::witness::{ARRAY, perhaps, taken, taken_from_item};
use super::assign::{external, local};
use super::flow::{Flow, State, result_of};
use super::shape::Shape;

/// An expression of which VRL knows nothing.
const UNKNOWN: &str = "(get({}, [\"a\"]) ?? null)";

/// Something that may be written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Effect {
    target: Target,
    statement: String,
    /// It makes what a write needs around it; what did so once is not known to be there for VRL.
    is_opening: bool,
}

/// Where something is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    Path(PathPrefix, OwnedValuePath),
    Local(String),
}

/// What a place of the source may write, by the place; in the order of the source, so that parents stand before members.
#[derive(Debug, Default)]
pub(in crate::transform) struct Effects(BTreeMap<(usize, usize), Vec<String>>);

impl Effects {
    /// Statements that stand for it; none: nothing.
    pub fn of(&self, place: &Range<usize>) -> String {
        let all = self.0.get(&(place.start, place.end)).into_iter().flatten();
        all.map(|statement| perhaps(statement)).collect()
    }

    /// One more.
    pub(super) fn add(&mut self, place: Range<usize>, statement: String) {
        let known = self.0.entry((place.start, place.end)).or_default();
        if !known.contains(&statement) {
            known.push(statement);
        }
    }
}

impl Flow<'_> {
    /// All that was written since there were so many effects belongs to a place.
    pub(super) fn ascribe(&mut self, place: Range<usize>, since: usize) {
        for effect in &self.effects[since..] {
            self.ascribed.add(place.clone(), effect.statement.clone());
        }
    }

    /// The same where all of it may also be left undone.
    pub(super) fn ascribe_perhaps(&mut self, place: Range<usize>, since: usize, before: &State) {
        let undone: Vec<_> = self.effects[since..].iter().flat_map(|effect| effect.undone(before)).collect();
        let done = self.effects.len();
        self.effects.extend(undone);
        self.ascribe(place, since);
        self.effects.truncate(done);
    }

    /// Something of this shape may be written; `by` is what gives it.
    pub(super) fn may_write(
        &mut self,
        target: &Node<AssignmentTarget>,
        shape: &Shape,
        by: Option<&Node<Expr>>,
    ) {
        let text = self.source.get(target.span().range()).unwrap_or_default().trim();
        let Some(target) = Target::of(target.inner()) else { return };
        let values = match shape {
            Shape::Any => by.map_or(vec![UNKNOWN], of_expression),
            shape => of_shape(shape),
        };
        let effect = |value| Effect {
            target: target.clone(),
            statement: format!("{text} = {value}"),
            is_opening: false,
        };
        self.effects.extend(values.into_iter().map(effect));
    }

    /// What stands around a write may become an object or an array with nothing in it; `around` is the variable, `%` or nothing,
    /// and the path there.
    pub(super) fn may_open(
        &mut self,
        place: &Range<usize>,
        around: (&str, OwnedValuePath),
        statement: String,
    ) {
        self.ascribed.add(place.clone(), statement.clone());
        let target = match around {
            ("", path) => Target::Path(PathPrefix::Event, path),
            ("%", path) => Target::Path(PathPrefix::Metadata, path),
            (name, _) => Target::Local(name.to_owned()),
        };
        self.effects.push(Effect { target, statement, is_opening: true });
    }

    /// Forgets what was written since there were so many effects: the next round of a closure tells it anew.
    pub(super) fn forget_effects(&mut self, since: usize) {
        let round = self.effects.split_off(since);
        self.effects.extend(round.into_iter().filter(|effect| effect.is_opening));
    }

    /// What was written to these variables since there were so many effects: each round of a closure binds them anew.
    pub(super) fn forget_bound(&mut self, names: &[String], since: usize) {
        let closure = self.effects.split_off(since);
        let is_bound =
            |effect: &Effect| matches!(&effect.target, Target::Local(name) if names.contains(name));
        self.effects.extend(closure.into_iter().filter(|effect| !is_bound(effect)));
    }

    /// Something may be taken away; with `compacts` also what stands around it.
    pub(super) fn may_take(&mut self, query: &Query, compacts: bool) {
        let path = query.path.inner().clone();
        let (target, statement) = match query.target.inner() {
            QueryTarget::Internal(name) => (Target::Local(name.to_string()), taken(name, query)),
            QueryTarget::External(prefix) => {
                let first = path.segments.first().filter(|_| compacts);
                let around = first.map(|first| OwnedValuePath { segments: vec![first.clone()] });
                let statement = match (around, taken_from_item("", query)) {
                    (Some(path), _) => format!("{} = {UNKNOWN}", OwnedTargetPath { prefix: *prefix, path }),
                    (None, Some(statement)) => statement,
                    (None, None) => {
                        format!("del({})", OwnedTargetPath { prefix: *prefix, path: path.clone() })
                    }
                };
                (Target::Path(*prefix, path), statement)
            }
            QueryTarget::FunctionCall(_) | QueryTarget::Container(_) => return,
        };
        self.effects.push(Effect { target, statement, is_opening: false });
    }
}

impl Effect {
    /// Statements that leave what stood there before.
    fn undone(&self, before: &State) -> Vec<Self> {
        let (text, shape) = match &self.target {
            Target::Path(prefix, path) => {
                let text = OwnedTargetPath { prefix: *prefix, path: path.clone() }.to_string();
                (text, before.root(*prefix).read(&path.segments).shape)
            }
            Target::Local(name) => (name.clone(), before.locals.get(name).cloned().unwrap_or(Shape::Null)),
        };
        let effect = |value| Self {
            target: self.target.clone(),
            statement: format!("{text} = {value}"),
            is_opening: false,
        };
        of_shape(&shape).into_iter().map(effect).collect()
    }
}

impl Target {
    fn of(target: &AssignmentTarget) -> Option<Self> {
        if let Some((prefix, path)) = external(target) {
            return Some(Self::Path(prefix, path));
        }
        local(target).map(|(name, _)| Self::Local(name))
    }
}

const OBJECT: &str = "(object(get({}, [\"a\"]) ?? null) ?? {})";

/// Expressions of all types that a shape has; no constants, since VRL computes with those.
fn of_shape(shape: &Shape) -> Vec<&'static str> {
    let kind = shape.kind();
    // What can only fail writes nothing; VRL's `contains_…` says yes to all of it.
    if kind.is_never() {
        return Vec::new();
    }
    if kind.is_any() || kind.contains_regex() {
        return vec![UNKNOWN];
    }
    let all = [
        (kind.contains_null(), "[null][0]"),
        (kind.contains_boolean(), "[true][0]"),
        (kind.contains_integer(), "[0][0]"),
        (kind.contains_float(), "[0.5][0]"),
        (kind.contains_bytes(), "[\"\"][0]"),
        (kind.contains_timestamp(), "now()"),
        (kind.contains_array(), ARRAY),
        (kind.contains_object(), OBJECT),
    ];
    all.into_iter().filter(|(is_there, _)| *is_there).map(|(_, value)| value).collect()
}

/// What an expression gives by its form.
fn of_expression(node: &Node<Expr>) -> Vec<&'static str> {
    match node.inner() {
        Expr::FunctionCall(call) => match result_of(call.inner().ident.inner()) {
            Some(kind::ARRAY) => vec![ARRAY],
            Some(kind::OBJECT) => vec![OBJECT],
            _ => vec![UNKNOWN],
        },
        Expr::Container(container) => match container.inner() {
            Container::Group(group) => of_expression(&group.inner().0),
            _ => vec![UNKNOWN],
        },
        _ => vec![UNKNOWN],
    }
}
