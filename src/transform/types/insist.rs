//! What a call with `!` lets through: where it fails, the record is poison, so that behind it what it takes is there.

use vrl::compiler::Parameter;
use vrl::parser::ast::{Expr, FunctionCall, Node};
use vrl::path::{OwnedValuePath, PathPrefix};

use super::super::access::{Touch, Walk};
use super::super::functions::{self, types_of};
use super::calls::kept_by;
use super::flow::Flow;
use super::reads::{is_plain, path_of};
use super::shape::Shape;

impl Flow<'_> {
    /// A call came to its end; with `!` it would not have, had it failed.
    pub(super) fn insist(&mut self, name: &str, call: &FunctionCall, shapes: &[Shape]) {
        if !call.abort_on_error || self.state.dead {
            return;
        }
        let before = self.state.clone();
        let arguments = || call.arguments.iter().map(|argument| &argument.inner().expr);
        if let ("assert", Some(condition)) = (name, arguments().next()) {
            self.narrow(condition, true);
            self.doubt_by(condition);
        } else if !takes_all(name, shapes) {
            for argument in arguments() {
                self.suspect(argument);
                self.doubt_by(argument);
            }
            if !arguments().any(writes) {
                self.keep_taken(name, call);
            }
        }
        // What can only fail is told of at its place.
        if self.state.dead {
            self.state = before;
        }
    }

    /// Of the members that it is given, what their parameters take.
    fn keep_taken(&mut self, name: &str, call: &FunctionCall) {
        for (index, argument) in call.arguments.iter().enumerate() {
            let keyword = argument.inner().ident.as_ref().map(|ident| ident.inner().to_string());
            let place = path_of(&argument.inner().expr).filter(|(_, path)| is_plain(path));
            let Some((prefix, path)) = place else { continue };
            // These are given anything, and take one type.
            if let Some(keeps) = kept_by(name) {
                self.keep(prefix, path, true, &|shape| shape.retain(keeps));
            } else if let Some(parameter) = parameter(name, call, keyword.as_deref(), index) {
                self.keep_types(prefix, path, parameter.kind);
            }
        }
    }

    fn keep_types(&mut self, prefix: PathPrefix, path: &OwnedValuePath, types: u16) {
        // What is absent reads as null.
        let is_there = types & types_of(&Shape::Null.kind()).unwrap_or(types) == 0;
        let is_taken = |one: &Shape| types_of(&one.kind()).is_none_or(|own| own & types != 0);
        self.keep(prefix, path, is_there, &|shape| shape.retain(is_taken));
    }
}

/// The parameter that an argument is for, where it must be given.
fn parameter(
    name: &str,
    call: &FunctionCall,
    keyword: Option<&str>,
    index: usize,
) -> Option<&'static Parameter> {
    let all = functions::available().iter().find(|function| function.identifier() == name)?.parameters();
    let has_keywords = call.arguments.iter().any(|argument| argument.inner().ident.is_some());
    let found = match keyword {
        Some(keyword) => all.iter().find(|parameter| parameter.keyword == keyword),
        // Between keywords it may be another one's turn.
        None if has_keywords => None,
        None => all.get(index),
    };
    found.filter(|parameter| parameter.required)
}

/// Whether nothing that stands there fails.
fn takes_all(name: &str, shapes: &[Shape]) -> bool {
    let Some((keeps, shape)) = kept_by(name).zip(shapes.first()) else { return false };
    *shape != Shape::Any && shape.alternatives().iter().all(|(one, _)| keeps(one))
}

fn writes(node: &Node<Expr>) -> bool {
    Walk::of_expr(node.clone()).paths.iter().any(|touched| touched.touch != Touch::Read)
}
