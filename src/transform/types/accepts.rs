//! What a type of a schema takes of a value that has no members: the rules of writing Avro, on what is known beforehand.

use vrl::value::Value;

use crate::codec::avro::{Node, NodeId, Writing};

use super::avro::digits;
use super::literals::of_literal;
use super::shape::{Shape, Text};
use super::words::{counted, listed, wanted};

/// The integers that an f32 and an f64 hold exactly without a gap end at two to the power of these.
pub(super) const FLOAT_BITS: u32 = 24;
pub(super) const DOUBLE_BITS: u32 = 53;

/// Whether values fit.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fit {
    /// All of them, as far as their types tell.
    Yes,
    /// All of them, and something of them is lost, as this says.
    Cut(String),
    /// Some do not, as this says.
    Partly(String),
    /// None does.
    No(Option<String>),
}

impl Fit {
    pub(super) fn of(fits: bool) -> Self {
        if fits { Self::Yes } else { Self::No(None) }
    }
}

/// Whether values without members fit a type that is no union.
pub(super) fn fit(shape: &Shape, writing: &Writing, id: NodeId) -> Fit {
    let schema = writing.schema();
    let node = schema.node(id);
    match shape {
        Shape::Any => Fit::Yes,
        Shape::Null => Fit::of(matches!(node, Node::Null)),
        Shape::Boolean => Fit::of(matches!(node, Node::Boolean)),
        Shape::Integer(range) => integer(*range, node),
        Shape::Float | Shape::Single => {
            Fit::of(matches!(node, Node::Float | Node::Double | Node::Decimal { .. } | Node::BigDecimal))
        }
        Shape::Timestamp(from) => match node {
            Node::Timestamp(unit) => cut(*from, digits(*unit)),
            _ => Fit::No(None),
        },
        Shape::Text(text) => of_text(text, writing, id),
        Shape::Literal(value) => of_literal(value, writing, id),
        _ => Fit::No(None),
    }
}

fn cut(from: Option<u8>, to: u8) -> Fit {
    match from {
        Some(from) if from > to => Fit::Cut(format!("{from} digits behind the second are cut to {to}")),
        _ => Fit::Yes,
    }
}

fn integer(range: Option<(i64, i64)>, node: &Node) -> Fit {
    match (node, range) {
        (Node::Int, Some((min, max))) => {
            let (least, most) = (i64::from(i32::MIN), i64::from(i32::MAX));
            if min >= least && max <= most {
                Fit::Yes
            } else if max < least || min > most {
                Fit::No(None)
            } else {
                Fit::Partly(format!("an int holds {least} to {most}"))
            }
        }
        (Node::Float, Some(range)) => whole(range, "a float", FLOAT_BITS),
        (Node::Double, Some(range)) => whole(range, "a double", DOUBLE_BITS),
        _ => Fit::of(matches!(
            node,
            Node::Int | Node::Long | Node::Float | Node::Double | Node::Decimal { .. } | Node::BigDecimal
        )),
    }
}

/// Integers in a type of floats: beyond so many bits it does not hold each of them.
fn whole((min, max): (i64, i64), what: &str, bits: u32) -> Fit {
    let most = 1_i64 << bits;
    if min >= -most && max <= most {
        return Fit::Yes;
    }
    Fit::Cut(format!(
        "{what} holds integers exactly up to {most}: one beyond that which it cannot hold is poison (`avro_range`)"
    ))
}

fn of_text(text: &Text, writing: &Writing, id: NodeId) -> Fit {
    let wanted = || wanted(writing.schema(), id);
    match (text, writing.schema().node(id)) {
        (Text::Bytes(_), Node::String) => Fit::Cut("only bytes that are UTF-8 are a string".to_owned()),
        (_, Node::String | Node::Bytes) => Fit::Yes,
        (Text::Unknown | Text::String | Text::Upper | Text::Lower | Text::Bytes(None), node) => {
            Fit::of(takes_text(node))
        }
        (Text::Bytes(Some(length)), Node::Fixed { size, .. }) => match length == size {
            true => Fit::Yes,
            false => Fit::No(Some(format!("{size} bytes are wanted"))),
        },
        (Text::Bytes(Some(_)), node) => Fit::of(takes_text(node)),
        (Text::Symbols(symbols), _) => of_symbols(symbols, writing, id),
        (Text::Decimal(precision, scale), Node::Decimal { precision: digits, scale: behind, .. }) => {
            if scale > behind {
                return Fit::Partly(format!("{} keeps {} behind the point", wanted(), counted(*behind)));
            }
            match precision.saturating_sub(*scale) > digits.saturating_sub(*behind) {
                true => {
                    Fit::Partly(format!("{} keeps {} before the point", wanted(), counted(digits - behind)))
                }
                false => Fit::Yes,
            }
        }
        (Text::Decimal(..) | Text::BigDecimal, Node::BigDecimal) => Fit::Yes,
        // Of any size: whether it fits is each value's.
        (Text::BigDecimal, Node::Decimal { .. }) => Fit::Yes,
        (Text::Uuid, Node::Uuid(_)) | (Text::Date, Node::Date) => Fit::Yes,
        (Text::Time(_), Node::TimeMicros) => Fit::Yes,
        (Text::Time(from), Node::TimeMillis) => cut(Some(*from), 3),
        (Text::LocalTimestamp(from), Node::LocalTimestamp(unit)) => cut(Some(*from), digits(*unit)),
        (Text::Uuid, Node::Fixed { size, .. }) => Fit::of(*size == 36),
        // A text of this form can be as long as the fixed.
        (_, Node::Fixed { .. }) => Fit::Yes,
        _ => Fit::No(None),
    }
}

/// Whether some text or bytes are a value of the type.
fn takes_text(node: &Node) -> bool {
    matches!(
        node,
        Node::String
            | Node::Bytes
            | Node::Fixed { .. }
            | Node::Enum { .. }
            | Node::Decimal { .. }
            | Node::BigDecimal
            | Node::Uuid(_)
            | Node::Date
            | Node::TimeMillis
            | Node::TimeMicros
            | Node::Timestamp(_)
            | Node::LocalTimestamp(_)
    )
}

fn of_symbols(symbols: &[String], writing: &Writing, id: NodeId) -> Fit {
    let node = writing.schema().node(id);
    let misfit: Vec<_> = symbols
        .iter()
        .filter(|symbol| !writing.takes(id, &Value::from(symbol.as_str())))
        .map(String::as_str)
        .collect();
    let all = listed(misfit.iter().copied());
    match misfit.len() {
        0 => Fit::Yes,
        missing if matches!(node, Node::Enum { .. }) && missing < symbols.len() => {
            Fit::Partly(format!("the sink's enum does not have {all}"))
        }
        missing if missing < symbols.len() => Fit::Partly(format!("{all} is not of that form")),
        _ if matches!(node, Node::Enum { .. }) => {
            Fit::No(Some(format!("the sink's enum does not have {all}")))
        }
        _ => Fit::No(None),
    }
}
