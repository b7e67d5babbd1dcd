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
        Shape::Single if matches!(node, Node::Decimal { .. }) => Fit::Cut(format!(
            "such a float has most often more digits than {} keeps: then it is poison (`avro_range`)",
            wanted(schema, id)
        )),
        Shape::Double if matches!(node, Node::Float) => Fit::Cut(format!(
            "a float holds no more than {}: a double beyond that is poison (`avro_range`), and of any other the digits that a float \
             does not keep are lost",
            f32_most()
        )),
        Shape::Float | Shape::Double | Shape::Single => {
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

/// The largest float of 32 bits, in a few digits.
fn f32_most() -> String {
    format!("{:.1e}", f32::MAX)
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
        (Node::Decimal { precision, scale, .. }, Some(range)) => before_point(range, *precision, *scale),
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

/// Integers in a decimal: so many digits stand before the point.
fn before_point((min, max): (i64, i64), precision: usize, scale: usize) -> Fit {
    let digits = precision.saturating_sub(scale);
    let most =
        u32::try_from(digits).ok().and_then(|digits| 10_i64.checked_pow(digits)).map(|above| above - 1);
    match most {
        Some(most) if min > most || max < -most => {
            Fit::No(Some(format!("it keeps {} before the point", counted(digits))))
        }
        Some(most) if min < -most || max > most => Fit::Cut(format!(
            "it keeps {} before the point: one with more is poison (`avro_range`)",
            counted(digits)
        )),
        _ => Fit::Yes,
    }
}

fn of_text(text: &Text, writing: &Writing, id: NodeId) -> Fit {
    let wanted = || wanted(writing.schema(), id);
    match (text, writing.schema().node(id)) {
        (Text::Bytes(_), Node::String) => Fit::Cut("only bytes that are UTF-8 are a string".to_owned()),
        (_, Node::String | Node::Bytes) => Fit::Yes,
        (Text::String | Text::Bytes(None), node) => match some_texts(node) {
            Some(which) => Fit::Cut(format!("only {which}: any other text is poison")),
            None => Fit::of(takes_text(node)),
        },
        (Text::Unknown | Text::Upper | Text::Lower, node) => Fit::of(takes_text(node)),
        (Text::Bytes(Some(length)), Node::Fixed { size, .. }) => match length == size {
            true => Fit::Yes,
            false => Fit::No(Some(format!("{size} bytes are wanted"))),
        },
        (Text::Bytes(Some(length)), Node::Uuid(_)) if *length < UUID_BYTES_MIN => {
            Fit::No(Some(format!("a UUID has at least {UUID_BYTES_MIN} characters")))
        }
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
        (text, Node::Fixed { size, .. }) => {
            let (least, most) = lengths(text);
            match *size < least || most.is_some_and(|most| *size > most) {
                true => Fit::No(Some(format!("{size} bytes are wanted"))),
                // A text of this form can be as long as the fixed.
                false => Fit::Yes,
            }
        }
        _ => Fit::No(None),
    }
}

/// The shortest text that can be a UUID: its digits.
const UUID_BYTES_MIN: usize = 32;

/// How long a text of a form is, in bytes: at least, and at most where there is such.
fn lengths(text: &Text) -> (usize, Option<usize>) {
    // The point and the digits behind it.
    let behind = |digits: usize| if digits > 0 { digits + 1 } else { 0 };
    match text {
        Text::Uuid => (36, Some(36)),
        Text::Date => (10, None),
        Text::Time(digits) => (8 + behind(usize::from(*digits)), Some(8 + behind(usize::from(*digits)))),
        Text::LocalTimestamp(digits) => (19 + behind(usize::from(*digits)), None),
        Text::Decimal(precision, scale) => {
            let sign_and_zero = 2;
            (1 + behind(*scale), Some((*precision).max(*scale) + behind(*scale).min(1) + sign_and_zero))
        }
        _ => (0, None),
    }
}

/// Which texts a type takes, where it does not take all.
fn some_texts(node: &Node) -> Option<String> {
    Some(match node {
        Node::Enum { .. } => "its symbols are taken".to_owned(),
        Node::Fixed { size, .. } => format!("{size} bytes are taken"),
        Node::Decimal { .. } | Node::BigDecimal => "numbers in plain notation are taken".to_owned(),
        Node::Uuid(_) => "UUIDs are taken".to_owned(),
        Node::Date => "dates (`2024-01-31`) are taken".to_owned(),
        Node::TimeMillis | Node::TimeMicros => "times of day (`12:34:56`) are taken".to_owned(),
        Node::Timestamp(_) => "times of RFC 3339 are taken".to_owned(),
        Node::LocalTimestamp(_) => "dates with a time (`2024-01-31T12:34:56`) are taken".to_owned(),
        _ => return None,
    })
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
