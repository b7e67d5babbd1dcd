//! What is said of a comparison whose result is known beforehand.

use std::ops::Range;

use vrl::value::Value;

use super::super::program::{CONSTANT_COMPARISON, ProgramDiagnostic};
use super::compare::{Class, Sides, class, single};
use super::forms;
use super::shape::{Shape, Text};
use super::words::{listed, literal, nearest};

/// Both sides are never equal.
pub(super) fn never_equal(verdict: &str, sides: &Sides<'_>) -> ProgramDiagnostic {
    let Sides { left, right, texts, spans, whole } = sides;
    let found = match (only_text(left), literal_of(right), only_text(right), literal_of(left)) {
        (Some(text), Some(value), ..) => of_text(verdict, text, value, *texts, spans.1.clone()),
        (_, _, Some(text), Some(value)) => of_text(verdict, text, value, (texts.1, texts.0), spans.0.clone()),
        _ => None,
    };
    let found = found.unwrap_or_else(|| {
        let message = format!("this comparison {verdict}");
        let label = match (is_null(left), is_null(right)) {
            (_, true) => format!("`{}` is {}, and never null", texts.0, left.words()),
            (true, _) => format!("`{}` is {}, and never null", texts.1, right.words()),
            _ if literal_of(left).is_some() && literal_of(right).is_some() && class(left) == class(right) => {
                let read = if texts.0.starts_with(['.', '%']) { texts.0 } else { texts.1 };
                format!("`{read}` has another value here: a condition or a write before says so")
            }
            _ => format!("{} and {} are never equal", subject(texts.0, left), subject(texts.1, right)),
        };
        let found = ProgramDiagnostic::own_error(message, whole.clone(), label);
        with_help(found, sides)
    });
    found.with_code(CONSTANT_COMPARISON)
}

/// A literal of a list that something never is.
pub(super) fn never_among(
    (name, shape): (&str, &Shape),
    value: &Shape,
    place: Range<usize>,
) -> ProgramDiagnostic {
    let verdict = "can never be true";
    let found = match (only_text(shape), literal_of(value)) {
        (Some(text), Some(value)) => of_text(verdict, text, value, (name, &literal(value)), place.clone()),
        _ => None,
    };
    let found = found.unwrap_or_else(|| {
        let label = format!("{} is never that", subject(name, shape));
        ProgramDiagnostic::own_error(format!("this comparison {verdict}"), place, label)
    });
    found.with_code(CONSTANT_COMPARISON)
}

/// Both sides have no order with each other.
pub(super) fn without_order(sides: &Sides<'_>) -> ProgramDiagnostic {
    let Sides { left, right, texts, whole, .. } = sides;
    let label = format!("{} and {} have no order", subject(texts.0, left), subject(texts.1, right));
    let found = ProgramDiagnostic::own_error("this comparison always fails", whole.clone(), label);
    with_help(found, sides).with_code(CONSTANT_COMPARISON)
}

/// An integer against a literal that its range decides.
pub(super) fn decided(
    verdict: &str,
    name: &str,
    (least, most): (i64, i64),
    whole: &Range<usize>,
) -> ProgramDiagnostic {
    let label = format!("`{name}` is from {least} to {most}");
    let found = ProgramDiagnostic::own_error(format!("this comparison {verdict}"), whole.clone(), label);
    found.with_code(CONSTANT_COMPARISON)
}

fn subject(text: &str, shape: &Shape) -> String {
    match shape {
        Shape::Literal(value) if text == literal(value) => text.to_owned(),
        Shape::Literal(_) => format!("`{text}` ({})", Shape::of_kind(&shape.kind()).words()),
        Shape::Null => shape.words(),
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
    (name, shown): (&str, &str),
    place: Range<usize>,
) -> Option<ProgramDiagnostic> {
    let written = value.as_bytes()?;
    // As it is written: a literal of a program before may be a secret.
    let shown = if shown.starts_with('"') { shown.to_owned() } else { format!("of `{shown}`") };
    let Text::Symbols(symbols) = text else {
        let form = forms::form(text)?;
        let message = format!("this comparison {verdict}: `{name}` never is {shown}");
        let found = ProgramDiagnostic::own_error(message, place, format!("not of the form {form}"));
        return Some(match forms::respelled(text, written) {
            Some(right) if shown.starts_with('"') => found.with_note(format!("it reads as {right:?}")),
            _ => found,
        });
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

fn with_help(found: ProgramDiagnostic, sides: &Sides<'_>) -> ProgramDiagnostic {
    let Sides { left, right, texts, .. } = sides;
    for (text, shape, other) in [(texts.0, left, right), (texts.1, right, left)] {
        let is_decimal = matches!(only_text(shape), Some(Text::Decimal(..) | Text::BigDecimal));
        let note = match (class(shape), class(other)) {
            (_, Some(Class::Number)) if is_decimal => {
                format!("a decimal is a string, so that it stays exact; as a number: `to_float!({text})`")
            }
            (Some(Class::Text), Some(other)) if text.starts_with('"') => {
                let inside = text.trim_matches('"');
                match other {
                    Class::Timestamp if inside.contains('T') => {
                        format!("a timestamp is written as `t'{inside}'`")
                    }
                    Class::Timestamp => "a timestamp is written as `t'2024-01-31T00:00:00Z'`".to_owned(),
                    Class::Number if inside.parse::<f64>().is_ok() => {
                        format!("a number stands without quotes: `{inside}`")
                    }
                    Class::Boolean if ["true", "false"].contains(&inside) => {
                        format!("a boolean stands without quotes: `{inside}`")
                    }
                    _ => continue,
                }
            }
            (Some(Class::Text), Some(Class::Timestamp)) => {
                format!("as a timestamp: `parse_timestamp!({text}, format: \"%+\")`")
            }
            (Some(Class::Text), Some(Class::Number)) if is_read(text) => {
                format!("as a number: `to_float!({text})`, `to_int!({text})`")
            }
            _ => continue,
        };
        return found.with_note(note);
    }
    for (shape, other) in [(left, right), (right, left)] {
        let is_single = shape.alternatives().iter().any(|(one, _)| matches!(one, Shape::Single));
        if let (true, Shape::Literal(Value::Float(number))) = (is_single, other) {
            let number = number.into_inner();
            return found.with_note(format!(
                "as a float of 32 bits it reads as {}: compare with that, or with a range",
                single(number)
            ));
        }
    }
    found
}

/// Whether it is a member or a variable.
fn is_read(text: &str) -> bool {
    text.starts_with(|first: char| first == '.' || first == '%' || first.is_ascii_lowercase())
}
