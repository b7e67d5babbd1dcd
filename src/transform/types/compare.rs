//! Comparisons whose result is known before any record is read.

use std::ops::Range;

use vrl::parser::ast::Opcode;
use vrl::value::Value;

use super::super::program::{CONSTANT_COMPARISON, ProgramDiagnostic};
use super::accepts;
use super::shape::{Shape, Text};
use super::words::{listed, literal, nearest};

/// What a comparison of two values can give: `left` and `right` are what they are, `texts` and `spans` how and where they
/// are written.
pub(super) fn check(
    opcode: Opcode,
    (left, right): (&Shape, &Shape),
    texts: (&str, &str),
    spans: (Range<usize>, Range<usize>),
    whole: Range<usize>,
) -> Option<ProgramDiagnostic> {
    if left.is_never() || right.is_never() {
        return None;
    }
    match opcode {
        Opcode::Eq | Opcode::Ne => {
            if can_be_equal(left, right) {
                return None;
            }
            let verdict = if opcode == Opcode::Eq { "can never be true" } else { "is always true" };
            Some(never_equal(verdict, (left, right), texts, spans, whole))
        }
        _ => ordered(opcode, left, right, texts, whole),
    }
}

fn can_be_equal(left: &Shape, right: &Shape) -> bool {
    let (left, right) = (left.alternatives(), right.alternatives());
    left.iter().any(|(left, _)| right.iter().any(|(right, _)| meet(left, right)))
}

/// The types that VRL tells apart when it compares; integers and floats are one.
#[derive(Clone, Copy, PartialEq)]
enum Class {
    Null,
    Boolean,
    Number,
    Timestamp,
    Regex,
    Text,
    Array,
    Object,
}

fn class(shape: &Shape) -> Option<Class> {
    Some(match shape {
        Shape::Any | Shape::Union(_) | Shape::Perhaps(_) => return None,
        Shape::Null => Class::Null,
        Shape::Boolean => Class::Boolean,
        Shape::Integer(_) | Shape::Float => Class::Number,
        Shape::Timestamp(_) => Class::Timestamp,
        Shape::Regex => Class::Regex,
        Shape::Text(_) => Class::Text,
        Shape::Array(_) => Class::Array,
        Shape::Map(_) | Shape::Record(_) => Class::Object,
        Shape::Literal(value) => match value {
            Value::Boolean(_) => Class::Boolean,
            Value::Integer(_) | Value::Float(_) => Class::Number,
            Value::Bytes(_) | Value::String(_) => Class::Text,
            Value::Null => Class::Null,
            _ => return None,
        },
    })
}

fn meet(left: &Shape, right: &Shape) -> bool {
    let (Some(one), Some(other)) = (class(left), class(right)) else { return true };
    if one != other {
        return false;
    }
    match (left, right) {
        (Shape::Text(text), Shape::Literal(value)) | (Shape::Literal(value), Shape::Text(text)) => {
            value.as_bytes().is_none_or(|bytes| accepts::is_of(text, bytes))
        }
        (Shape::Text(Text::Symbols(left)), Shape::Text(Text::Symbols(right))) => {
            left.iter().any(|symbol| right.contains(symbol))
        }
        (Shape::Integer(Some((min, max))), Shape::Literal(Value::Integer(value)))
        | (Shape::Literal(Value::Integer(value)), Shape::Integer(Some((min, max)))) => {
            (min..=max).contains(&value)
        }
        _ => true,
    }
}

fn never_equal(
    verdict: &str,
    (left, right): (&Shape, &Shape),
    texts: (&str, &str),
    spans: (Range<usize>, Range<usize>),
    whole: Range<usize>,
) -> ProgramDiagnostic {
    let found = match (only_text(left), literal_of(right), only_text(right), literal_of(left)) {
        (Some(text), Some(value), ..) => of_text(verdict, text, value, texts.0, spans.1),
        (_, _, Some(text), Some(value)) => of_text(verdict, text, value, texts.1, spans.0),
        _ => None,
    };
    let found = found.unwrap_or_else(|| {
        let message = format!("this comparison {verdict}");
        let label = match (is_null(left), is_null(right)) {
            (_, true) => format!("`{}` is {}, and never null", texts.0, left.words()),
            (true, _) => format!("`{}` is {}, and never null", texts.1, right.words()),
            _ => format!("{} and {} are never equal", subject(texts.0, left), subject(texts.1, right)),
        };
        let found = ProgramDiagnostic::own_error(message, whole, label);
        with_help(found, left, right)
    });
    found.with_code(CONSTANT_COMPARISON)
}

fn subject(text: &str, shape: &Shape) -> String {
    match shape {
        Shape::Literal(_) | Shape::Null => shape.words(),
        _ => format!("`{text}` ({})", shape.words()),
    }
}

fn is_null(shape: &Shape) -> bool {
    matches!(shape, Shape::Null)
}

/// What all that is text in a shape is; nulls beside it do not count.
fn only_text(shape: &Shape) -> Option<&Text> {
    let mut texts = shape.alternatives().into_iter().filter(|(one, _)| !is_null(one));
    match (texts.next(), texts.next()) {
        (Some((Shape::Text(text), _)), None) => Some(text),
        _ => None,
    }
}

fn literal_of(shape: &Shape) -> Option<&Value> {
    match shape {
        Shape::Literal(value) => Some(value),
        _ => None,
    }
}

/// A string of a certain form against a literal that is none of it.
fn of_text(
    verdict: &str,
    text: &Text,
    value: &Value,
    name: &str,
    place: Range<usize>,
) -> Option<ProgramDiagnostic> {
    let written = value.as_bytes()?;
    let shown = literal(value);
    let Text::Symbols(symbols) = text else {
        let form = accepts::form(text)?;
        let message = format!("this comparison {verdict}: `{name}` never is {shown}");
        return Some(ProgramDiagnostic::own_error(message, place, format!("not of the form {form}")));
    };
    let near = nearest(&String::from_utf8_lossy(written), symbols.iter().map(String::as_str));
    let label = match near {
        Some(near) => format!("did you mean {near:?}?"),
        None => "no such symbol".to_owned(),
    };
    let message = format!("this comparison {verdict}: the enum of `{name}` has no symbol {shown}");
    let found = ProgramDiagnostic::own_error(message, place, label);
    Some(found.with_note(format!("its symbols are {}", listed(symbols.iter().map(String::as_str)))))
}

fn with_help(found: ProgramDiagnostic, left: &Shape, right: &Shape) -> ProgramDiagnostic {
    let is_decimal = |shape| matches!(only_text(shape), Some(Text::Decimal(..) | Text::BigDecimal));
    let is_number = |shape: &Shape| class(shape) == Some(Class::Number);
    if (is_decimal(left) && is_number(right)) || (is_decimal(right) && is_number(left)) {
        return found.with_note("a decimal is a string, so that it stays exact; as a number: `to_float!(…)`");
    }
    let is_text = |shape| only_text(shape).is_some();
    let is_time = |shape: &Shape| class(shape) == Some(Class::Timestamp);
    if (is_text(left) && is_time(right)) || (is_text(right) && is_time(left)) {
        return found.with_note("a timestamp is written as `t'2024-01-31T00:00:00Z'`");
    }
    found
}

/// `<`, `<=`, `>` and `>=`: types that have no order with each other, and integers against literals beyond their range.
fn ordered(
    opcode: Opcode,
    left: &Shape,
    right: &Shape,
    texts: (&str, &str),
    whole: Range<usize>,
) -> Option<ProgramDiagnostic> {
    let (lefts, rights) = (left.alternatives(), right.alternatives());
    let is_ordered =
        |shape: &Shape| !matches!(class(shape), Some(Class::Null | Class::Boolean | Class::Array));
    let has_order = |left: &Shape, right: &Shape| match (class(left), class(right)) {
        (Some(one), Some(other)) => one == other && is_ordered(left),
        _ => true,
    };
    let can = lefts.iter().any(|(left, _)| rights.iter().any(|(right, _)| has_order(left, right)));
    if !can {
        let message = "this comparison always fails";
        let label = format!("{} and {} have no order", subject(texts.0, left), subject(texts.1, right));
        let found = ProgramDiagnostic::own_error(message, whole, label);
        return Some(with_help(found, left, right).with_code(CONSTANT_COMPARISON));
    }
    let (range, value, opcode, name) = match (left, right) {
        (Shape::Integer(Some(range)), Shape::Literal(Value::Integer(value))) => {
            (range, value, opcode, texts.0)
        }
        (Shape::Literal(Value::Integer(value)), Shape::Integer(Some(range))) => {
            (range, value, turned(opcode), texts.1)
        }
        _ => return None,
    };
    let (least, most) = *range;
    let (at_least, at_most) = match opcode {
        Opcode::Lt => (least < *value, most < *value),
        Opcode::Le => (least <= *value, most <= *value),
        Opcode::Gt => (most > *value, least > *value),
        _ => (most >= *value, least >= *value),
    };
    let verdict = match (at_least, at_most) {
        (false, _) => "can never be true",
        (true, true) => "is always true",
        (true, false) => return None,
    };
    let message = format!("this comparison {verdict}");
    let label = format!("`{name}` is from {least} to {most}");
    Some(ProgramDiagnostic::own_error(message, whole, label).with_code(CONSTANT_COMPARISON))
}

fn turned(opcode: Opcode) -> Opcode {
    match opcode {
        Opcode::Lt => Opcode::Gt,
        Opcode::Le => Opcode::Ge,
        Opcode::Gt => Opcode::Lt,
        Opcode::Ge => Opcode::Le,
        other => other,
    }
}
