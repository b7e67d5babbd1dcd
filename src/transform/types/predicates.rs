//! Functions that look for a text in another, where the text is one of an enum's symbols, or where what is looked for can
//! never be there.

use std::ops::Range;

use regex::Regex;
use vrl::parser::ast::{Container, Expr, FunctionCall, Literal, Node};

use super::super::program::{CONSTANT_COMPARISON, ProgramDiagnostic};
use super::compare::can_be_equal;
use super::compare_words::never_among;
use super::flow::Flow;
use super::reads::constant;
use super::shape::{Shape, Text};
use super::words::listed;

/// What is wrong with such a call, whose arguments are these.
pub(super) fn check(
    flow: &Flow<'_>,
    name: &str,
    call: &FunctionCall,
    shapes: &[Shape],
) -> Vec<ProgramDiagnostic> {
    let nodes: Vec<_> = call.arguments.iter().map(|argument| &argument.inner().expr).collect();
    // Named arguments may stand in any order.
    if call.arguments.iter().any(|argument| argument.inner().ident.is_some()) {
        return Vec::new();
    }
    match (name, nodes.as_slice(), shapes) {
        ("includes", [list, item], [_, shape]) => among(list, (flow.text(item), shape)),
        ("starts_with" | "ends_with" | "contains" | "match", [value, wanted], [shape, _]) => {
            let Some(symbols) = symbols(shape) else { return Vec::new() };
            let Some(holds) = test(name, wanted) else { return Vec::new() };
            if symbols.iter().any(|symbol| holds(symbol)) {
                return Vec::new();
            }
            vec![never(name, flow.text(value), symbols, wanted.span().range())]
        }
        _ => Vec::new(),
    }
}

/// Texts of a list that the item never is.
fn among(list: &Node<Expr>, (name, shape): (&str, &Shape)) -> Vec<ProgramDiagnostic> {
    let Expr::Container(container) = list.inner() else { return Vec::new() };
    let Container::Array(array) = container.inner() else { return Vec::new() };
    let never = |node: Node<Expr>| {
        let literal = constant(&node).filter(|value| value.as_bytes().is_some()).map(Shape::Literal)?;
        (!can_be_equal(shape, &literal)).then(|| never_among((name, shape), &literal, node.span().range()))
    };
    array.inner().clone().into_iter().filter_map(never).collect()
}

/// The symbols that a shape is one of, nulls aside.
fn symbols(shape: &Shape) -> Option<&[String]> {
    let mut all = shape.alternatives().into_iter().filter(|(one, _)| !matches!(one, Shape::Null));
    match (all.next(), all.next()) {
        (Some((Shape::Text(Text::Symbols(symbols)), _)), None) => Some(symbols),
        _ => None,
    }
}

/// What is asked of a text.
type Test = Box<dyn Fn(&str) -> bool>;

/// What a call asks of a text, where a literal says it.
fn test(name: &str, wanted: &Node<Expr>) -> Option<Test> {
    if name == "match" {
        let Expr::Literal(literal) = wanted.inner() else { return None };
        let Literal::Regex(pattern) = literal.inner() else { return None };
        let pattern = Regex::new(pattern).ok()?;
        return Some(Box::new(move |symbol| pattern.is_match(symbol)));
    }
    let text = constant(wanted)?.to_str_lossy()?.into_owned();
    Some(match name {
        "starts_with" => Box::new(move |symbol| symbol.starts_with(&text)),
        "ends_with" => Box::new(move |symbol| symbol.ends_with(&text)),
        _ => Box::new(move |symbol| symbol.contains(&text)),
    })
}

fn never(function: &str, name: &str, symbols: &[String], place: Range<usize>) -> ProgramDiagnostic {
    let message = format!("this `{function}` can never be true: no symbol of the enum of `{name}` has it");
    let found = ProgramDiagnostic::own_error(message, place, "no symbol has it");
    let found = found.with_note(format!("its symbols are {}", listed(symbols.iter().map(String::as_str))));
    found.with_code(CONSTANT_COMPARISON)
}

/// What `upcase` and `downcase` make.
pub(super) fn in_case(name: &str, shape: &Shape) -> Shape {
    let is_upper = name == "upcase";
    let all = shape.alternatives().into_iter().map(|(one, is_certain)| {
        let made = match one {
            Shape::Text(Text::Symbols(symbols)) => {
                let change =
                    |symbol: &String| if is_upper { symbol.to_uppercase() } else { symbol.to_lowercase() };
                Shape::Text(Text::Symbols(symbols.iter().map(change).collect()))
            }
            _ if is_upper => Shape::Text(Text::Upper),
            _ => Shape::Text(Text::Lower),
        };
        if is_certain { made } else { made.perhaps() }
    });
    Shape::one_of(all.collect::<Vec<_>>())
}
