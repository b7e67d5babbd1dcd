//! Operators that fail for what their sides are.

use vrl::parser::ast::{Expr, Literal, Node, Op, Opcode, Query, QueryTarget};
use vrl::path::OwnedTargetPath;
use vrl::value::Kind;

use super::super::functions::types_of;
use super::super::types::Shape;
use super::unhandled::Words;
use super::{Source, quoted, shape_at, without_null};

/// What is said of an operator that can fail, or does.
pub(super) fn of(op: &Op, text: Option<&str>, source: Source<'_>) -> Words {
    let Op(left, opcode, right) = op;
    let sides: Vec<_> = [left, right].into_iter().filter_map(|side| side_in_words(side, source)).collect();
    let text = text.map_or_else(|| format!("… {} …", opcode.inner()), ToOwned::to_owned);
    let is_comparison = matches!(opcode.inner(), Opcode::Gt | Opcode::Ge | Opcode::Lt | Opcode::Le);
    let message = match opcode.inner() {
        Opcode::Div => format!("`{text}` fails where it divides by 0, or a side is no number"),
        _ if is_comparison => "this comparison fails where its sides are not of one type".to_owned(),
        _ => format!("`{text}` fails where the types of its sides do not go together"),
    };
    let label = if sides.is_empty() { "this can fail".to_owned() } else { sides.join(", ") };
    if always_fails(op, source) {
        let message = format!("`{text}` always fails: the types of its sides do not go together");
        let notes = [(left, right), (right, left)].map(|(side, other)| converted(side, other, op, source));
        return (message, label, notes.into_iter().flatten().collect());
    }
    let instead = if is_comparison { "false" } else { "…" };
    let mut notes = vec![format!("`({text}) ?? {instead}` says what it is then")];
    for (side, other) in [(left, right), (right, left)] {
        notes.extend(null_in(side, source));
        notes.extend(advice(side, other, *opcode.inner(), source));
    }
    (message, label, notes)
}

/// What to do about a side that may be null.
fn null_in(side: &Node<Expr>, source: Source<'_>) -> Option<String> {
    let text = quoted(source.text.get(side.span().range())?)?;
    let known = shape(side, source)?;
    let may_be_null = known != Shape::Any && known.kind().contains_null() && !known.kind().is_null();
    (may_be_null && text.starts_with('.')).then(|| without_null(text))
}

/// What to make of a side, so that it goes together with the other.
fn advice(side: &Node<Expr>, other: &Node<Expr>, opcode: Opcode, source: Source<'_>) -> Option<String> {
    let text = quoted(source.text.get(side.span().range())?)?;
    if matches!(side.inner(), Expr::Literal(_)) {
        return None;
    }
    let known = shape(side, source);
    let kind = known.as_ref().map(Shape::kind);
    let literal = match other.inner() {
        Expr::Literal(literal) => Some(literal.inner()),
        _ => None,
    };
    let other_kind = shape(other, source).map(|shape| shape.kind());
    let is_text =
        matches!(literal, Some(Literal::String(_))) || other_kind.is_some_and(|kind| kind.is_bytes());
    let is_number = matches!(literal, Some(Literal::Integer(_) | Literal::Float(_)));
    match (known, kind) {
        (Some(shape), _) if shape.words().contains("decimal") => {
            Some(format!("a decimal is a string, so that it stays exact; as a number: `to_float!({text})`"))
        }
        _ if text.starts_with("%headers") => {
            Some(format!("a header is a string; as a number: `to_int!({text})`"))
        }
        (Some(Shape::Any) | None, _) if is_number => Some(format!(
            "`int!({text})`, or `to_int!({text})` of a string, makes records poison in which it is no integer"
        )),
        (Some(_), Some(kind))
            if is_text && opcode == Opcode::Add && (kind.is_integer() || kind.is_float()) =>
        {
            Some(format!("as text: `to_string({text})`"))
        }
        (Some(_), Some(kind)) if kind.is_timestamp() && opcode == Opcode::Sub => {
            Some(format!("in seconds: `to_unix_timestamp({text})`"))
        }
        _ => None,
    }
}

/// What a side is, where that is known.
fn side_in_words(side: &Node<Expr>, source: Source<'_>) -> Option<String> {
    let text = quoted(source.text.get(side.span().range())?)?;
    match shape(side, source)? {
        Shape::Any => None,
        shape => Some(format!("`{text}` is {}", shape.words())),
    }
}

/// The shape of a member that the program did not write.
pub(super) fn shape(side: &Node<Expr>, source: Source<'_>) -> Option<Shape> {
    let Expr::Query(query) = side.inner() else { return None };
    let Query { target, path } = query.inner();
    let QueryTarget::External(prefix) = target.inner() else { return None };
    let shape = shape_at(&OwnedTargetPath { prefix: *prefix, path: path.inner().clone() }, source)?;
    let Some(kept) = source.kept.at(&side.span().range()) else { return Some(shape) };
    Some(shape.retain(|one| types_of(&one.kind()).is_none_or(|types| types & kept != 0)))
}

/// Whether no values of its sides' types go together.
fn always_fails(op: &Op, source: Source<'_>) -> bool {
    let Op(left, opcode, right) = op;
    let (Some(left), Some(right)) = (kind(left, source), kind(right, source)) else { return false };
    let is_number = |kind: &Kind| kind.contains_integer() || kind.contains_float();
    let both = |is: &dyn Fn(&Kind) -> bool| is(&left) && is(&right);
    let either = |is: &dyn Fn(&Kind) -> bool, other: &dyn Fn(&Kind) -> bool| {
        (is(&left) && other(&right)) || (is(&right) && other(&left))
    };
    let is_absent = |kind: &Kind| kind.contains_null() || kind.contains_undefined();
    let may_go = match opcode.inner() {
        Opcode::Add => {
            both(&is_number)
                || either(&Kind::contains_bytes, &|kind| kind.contains_bytes() || is_absent(kind))
        }
        Opcode::Mul => both(&is_number) || either(&Kind::contains_bytes, &Kind::contains_integer),
        Opcode::Sub | Opcode::Div => both(&is_number),
        // Comparisons that never go are found by themselves.
        _ => true,
    };
    !may_go
}

/// What a side's values are, where that is known.
fn kind(side: &Node<Expr>, source: Source<'_>) -> Option<Kind> {
    match side.inner() {
        Expr::Literal(literal) => match literal.inner() {
            Literal::String(_) => Some(Kind::bytes()),
            Literal::Integer(_) => Some(Kind::integer()),
            Literal::Float(_) => Some(Kind::float()),
            Literal::Boolean(_) => Some(Kind::boolean()),
            Literal::Timestamp(_) => Some(Kind::timestamp()),
            _ => None,
        },
        _ => shape(side, source).filter(|shape| *shape != Shape::Any).map(|shape| shape.kind()),
    }
}

/// What to make of a side that never goes together with the other.
fn converted(side: &Node<Expr>, other: &Node<Expr>, op: &Op, source: Source<'_>) -> Option<String> {
    let text = quoted(source.text.get(side.span().range())?)?;
    let other_text = quoted(source.text.get(other.span().range())?)?;
    let (kind, other_kind) = (kind(side, source)?, kind(other, source)?);
    let is_number = |kind: &Kind| kind.is_integer() || kind.is_float();
    let written = |converted: String| {
        let Op(left, opcode, right) = op;
        let opcode = opcode.inner();
        match left.span() == side.span() {
            true => Some(format!("{converted} {opcode} {}", source.text.get(right.span().range())?)),
            false => Some(format!("{} {opcode} {converted}", source.text.get(left.span().range())?)),
        }
    };
    let is_add = *op.1.inner() == Opcode::Add;
    if is_add && other_kind.contains_bytes() && (is_number(&kind) || kind.is_boolean() || kind.is_timestamp())
    {
        return Some(format!("as text: `{}`", written(format!("to_string({text})"))?));
    }
    if kind.contains_bytes() && is_number(&other_kind) {
        let why = match shape(side, source) {
            Some(shape) if shape.words().contains("decimal") => {
                "a decimal is a string, so that it stays exact; "
            }
            _ if text.starts_with("%headers") => "a header is a string; ",
            _ => "",
        };
        return Some(format!("{why}as a number: `{}`", written(format!("to_float!({text})"))?));
    }
    if kind.is_timestamp() && is_number(&other_kind) && matches!(op.1.inner(), Opcode::Add | Opcode::Sub) {
        let sign = op.1.inner();
        return Some(format!(
            "seconds later or earlier: `from_unix_timestamp!(to_unix_timestamp({text}) {sign} {other_text})`"
        ));
    }
    if kind.is_timestamp() && *op.1.inner() == Opcode::Sub {
        return Some(format!("in seconds: `to_unix_timestamp({text})`"));
    }
    None
}
