//! Closures: what their variables hold, how often they run, and what is left behind them.
//!
//! A closure runs no, one or many times. What it writes may stand there when it begins, and may not have been written when
//! all is over: its body is followed again until it leaves nothing new.

use std::collections::BTreeMap;
use std::sync::Arc;

use vrl::parser::ast::{Block, FunctionClosure};
use vrl::path::{OwnedSegment, PathPrefix};

use super::super::access::{Touch, Walk};
use super::flow::Flow;
use super::shape::{Member, Presence, Record, Shape, Text};

/// How often a body is followed for what it may find of its own doing; if there is more then, nothing is known of it.
const ROUNDS_MAX: usize = 4;

/// How deep closures stand in each other that are followed several times.
const NESTED_MAX: usize = 3;

/// What a function hands to its closure and makes of what that gives.
pub(super) struct Iteration {
    /// What each variable holds.
    pub variables: Vec<Shape>,
    /// `return` ends the body only, not the program.
    pub catches_return: bool,
}

/// What `function` hands to its closure when it is given `first`.
pub(super) fn iteration(function: &str, first: &Shape, is_recursive: bool) -> Iteration {
    let variables = match function {
        "for_each" | "filter" => vec![names(first), items(first)],
        "map_values" if !is_recursive => vec![items(first)],
        "map_keys" => vec![Shape::Text(Text::String)],
        "replace_with" => vec![found_text()],
        _ => vec![Shape::Any, Shape::Any],
    };
    let is_array = |shape: &Shape| matches!(shape, Shape::Array(_));
    let catches_return = matches!(function, "for_each" | "filter")
        && !first.alternatives().iter().any(|(one, _)| is_array(one));
    Iteration { variables, catches_return }
}

/// What `function` makes of `first`, where its closure gives `made`; `None`: nothing that is known here.
pub(super) fn result(function: &str, first: &Shape, made: &Shape, is_recursive: bool) -> Option<Shape> {
    let change: &dyn Fn(&Shape) -> Shape = match function {
        "map_values" if is_recursive => &|shape| opened(shape, &Shape::Any),
        "map_values" => &|shape| opened(shape, made),
        "map_keys" => &|shape| renamed(shape, is_recursive),
        "filter" => &thinned,
        _ => return None,
    };
    if *first == Shape::Any {
        return Some(Shape::Any);
    }
    let all = first.alternatives().into_iter().map(|(one, is_certain)| {
        let shape = change(one);
        if is_certain { shape } else { shape.perhaps() }
    });
    Some(Shape::one_of(all.collect::<Vec<_>>()))
}

/// The same names and places with other items.
fn opened(shape: &Shape, made: &Shape) -> Shape {
    match shape {
        Shape::Array(_) => Shape::Array(Arc::new(made.clone())),
        Shape::Map(_) => Shape::Map(Arc::new(made.clone())),
        Shape::Record(record) => {
            // Which of all that the closure makes stands in which of them is not known.
            let is_one = record.members.len() <= 1 && record.others.is_none();
            let made = if is_one { made.clone() } else { made.perhaps() };
            let member = |member: &Member| Member { shape: made.clone(), presence: member.presence };
            let members = record.members.iter().map(|(name, old)| (name.clone(), member(old)));
            let others = record.others.as_ref().map(|_| made.clone());
            Shape::Record(Arc::new(Record { name: None, members: members.collect(), others }))
        }
        _ => Shape::Any,
    }
}

/// The same items under other names.
fn renamed(shape: &Shape, is_recursive: bool) -> Shape {
    match shape {
        Shape::Map(_) | Shape::Record(_) if !is_recursive => Shape::Map(Arc::new(items(shape))),
        Shape::Map(_) | Shape::Record(_) => Shape::Map(Arc::new(Shape::Any)),
        _ => Shape::Any,
    }
}

/// Some of the items.
fn thinned(shape: &Shape) -> Shape {
    match shape {
        Shape::Array(items) => Shape::Array(Arc::new(items.perhaps())),
        Shape::Map(items) => Shape::Map(Arc::new(items.perhaps())),
        Shape::Record(record) => {
            let mut record = (**record).clone();
            record.name = None;
            for member in record.members.values_mut() {
                *member = Member { shape: member.shape.perhaps(), presence: Presence::Perhaps };
            }
            Shape::Record(Arc::new(record))
        }
        _ => Shape::Any,
    }
}

/// What stands in an array or an object.
fn items(shape: &Shape) -> Shape {
    let all = shape.alternatives().into_iter().map(|(one, is_certain)| {
        let items = match one {
            Shape::Array(items) | Shape::Map(items) => (**items).clone(),
            Shape::Record(record) => {
                let members = record.members.values().map(|member| member.shape.perhaps());
                Shape::one_of(members.chain(record.others.as_ref().map(Shape::perhaps)))
            }
            _ => Shape::Any,
        };
        if is_certain { items } else { items.perhaps() }
    });
    Shape::one_of(all.collect::<Vec<_>>())
}

/// The place in an array, or the name in an object.
fn names(shape: &Shape) -> Shape {
    let all = shape.alternatives().into_iter().map(|(one, is_certain)| {
        let name = match one {
            Shape::Array(_) => Shape::Integer(Some((0, i64::MAX))),
            Shape::Map(_) | Shape::Record(_) => Shape::Text(Text::String),
            _ => Shape::Any,
        };
        if is_certain { name } else { name.perhaps() }
    });
    Shape::one_of(all.collect::<Vec<_>>())
}

/// What `replace_with` has found.
fn found_text() -> Shape {
    let text = || Shape::one_of([Shape::Text(Text::Unknown).perhaps(), Shape::Null.perhaps()]);
    let members = BTreeMap::from([
        ("string".to_owned(), Member::always(Shape::Text(Text::Unknown))),
        ("captures".to_owned(), Member::always(Shape::Array(Arc::new(text())))),
    ]);
    Shape::Record(Arc::new(Record { name: None, members, others: Some(text()) }))
}

impl Flow<'_> {
    /// Follows a closure; gives what its body gives.
    pub(super) fn closure(&mut self, closure: &FunctionClosure, iteration: Iteration) -> Shape {
        let names: Vec<String> = closure
            .variables
            .iter()
            .map(|name| name.inner().to_string())
            .filter(|name| name != "_")
            .collect();
        let hidden: Vec<_> = names.iter().map(|name| self.state.locals.remove(name)).collect();
        let block = closure.block.inner();
        let is_never = iteration.variables.iter().any(Shape::is_never);
        let variables: Vec<(String, Shape)> = closure
            .variables
            .iter()
            .zip(iteration.variables)
            .map(|(name, shape)| (name.inner().to_string(), shape))
            .filter(|(name, _)| name != "_")
            .collect();
        let round =
            Round { block, variables: &variables, catches_return: iteration.catches_return, is_never };

        self.nested += 1;
        let before = self.state.clone();
        let mut head = before.clone();
        let known = (self.found.len(), self.written.len(), self.dead.len());
        let effects = self.effects.len();
        let mut is_settled = false;
        if self.nested <= NESTED_MAX {
            for _ in 0..ROUNDS_MAX {
                self.state = head.clone();
                self.round(&round);
                self.found.truncate(known.0);
                self.written.truncate(known.1);
                self.dead.truncate(known.2);
                self.forget_effects(effects);
                self.join(head.clone());
                is_settled = self.state == head;
                head = self.state.clone();
                if is_settled {
                    break;
                }
            }
        }
        if !is_settled {
            self.state = before;
            self.forget_written(block);
            head = self.state.clone();
        }
        self.state = head.clone();
        let made = self.round(&round);
        self.forget_bound(&names, effects);
        self.ascribe(closure.block.span().range(), effects);
        self.join(head);
        self.nested -= 1;
        for (name, shape) in names.into_iter().zip(hidden) {
            match shape {
                Some(shape) => self.state.locals.insert(name, shape),
                None => self.state.locals.remove(&name),
            };
        }
        made
    }

    /// Once through the body.
    fn round(&mut self, round: &Round<'_>) -> Shape {
        self.state.dead |= round.is_never;
        for (name, shape) in round.variables {
            self.state.locals.insert(name.clone(), shape.clone());
        }
        let outside = std::mem::take(&mut self.breaks);
        let returns = round.catches_return.then(|| std::mem::take(&mut self.returns));
        let catches = self.catches_return;
        self.catches_return |= round.catches_return;
        let mut made = self.block(round.block);
        if self.state.dead {
            made = Shape::never();
        }
        let mut ends = std::mem::replace(&mut self.breaks, outside);
        if let Some(outside) = returns {
            for (state, shape) in std::mem::replace(&mut self.returns, outside) {
                ends.push(state);
                made = Shape::one_of([made, shape]);
            }
        }
        self.catches_return = catches;
        for end in ends {
            self.join(end);
        }
        for (name, _) in round.variables {
            self.state.locals.remove(name);
        }
        made
    }

    /// Nothing is known of what the block writes.
    fn forget_written(&mut self, block: &Block) {
        for name in self.state.locals.values_mut() {
            *name = Shape::Any;
        }
        let written = block.0.iter().flat_map(|expr| Walk::of_expr(expr.clone()).paths);
        for touched in written.filter(|touched| touched.touch != Touch::Read).collect::<Vec<_>>() {
            self.forget(touched.prefix, &touched.path.segments);
        }
    }

    /// Nothing is known of a place, not even whether something is there.
    pub(super) fn forget(&mut self, prefix: PathPrefix, path: &[OwnedSegment]) {
        let root = self.root_mut(prefix);
        let (written, taken) = (root.with(path, &Shape::Any), root.without(path));
        *root = std::mem::replace(root, Shape::Any).merge(written).merge(taken);
    }
}

/// The body of a closure and what it begins with.
struct Round<'c> {
    block: &'c Block,
    variables: &'c [(String, Shape)],
    catches_return: bool,
    /// There is nothing to run it for.
    is_never: bool,
}
