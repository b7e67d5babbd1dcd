//! What a type of a schema takes of a value that has no members: the rules of writing Avro, on what is known beforehand.

use vrl::value::Value;

use crate::codec::avro::{Node, NodeId, Schema};

use super::avro::digits;
use super::shape::{Shape, Text};
use super::words::{literal, nearest, wanted};

/// The integers that an f32 and an f64 hold exactly without a gap end at two to the power of these.
const FLOAT_BITS: u32 = 24;
const DOUBLE_BITS: u32 = 53;

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
    fn of(fits: bool) -> Self {
        if fits { Self::Yes } else { Self::No(None) }
    }
}

/// Whether values without members fit a type that is no union.
pub(super) fn fit(shape: &Shape, schema: &Schema, id: NodeId) -> Fit {
    let node = schema.node(id);
    match shape {
        Shape::Any => Fit::Yes,
        Shape::Null => Fit::of(matches!(node, Node::Null)),
        Shape::Boolean => Fit::of(matches!(node, Node::Boolean)),
        Shape::Integer(range) => integer(*range, node),
        Shape::Float => {
            Fit::of(matches!(node, Node::Float | Node::Double | Node::Decimal { .. } | Node::BigDecimal))
        }
        Shape::Timestamp(from) => match node {
            Node::Timestamp(unit) => cut(*from, digits(*unit)),
            _ => Fit::No(None),
        },
        Shape::Text(text) => of_text(text, node, || wanted(schema, id)),
        Shape::Literal(value) => of_literal(value, node),
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
        _ => Fit::of(matches!(
            node,
            Node::Int | Node::Long | Node::Float | Node::Double | Node::Decimal { .. } | Node::BigDecimal
        )),
    }
}

fn of_text(text: &Text, node: &Node, wanted: impl Fn() -> String) -> Fit {
    match (text, node) {
        (_, Node::String | Node::Bytes) => Fit::Yes,
        (Text::Unknown | Text::String | Text::Bytes(None), node) => Fit::of(takes_text(node)),
        (Text::Bytes(Some(length)), Node::Fixed { size, .. }) => match length == size {
            true => Fit::Yes,
            false => Fit::No(Some(format!("{size} bytes are wanted"))),
        },
        (Text::Bytes(Some(_)), node) => Fit::of(takes_text(node)),
        (Text::Symbols(symbols), node) => of_symbols(symbols, node),
        (Text::Decimal(precision, scale), Node::Decimal { precision: digits, scale: behind, .. }) => {
            if scale > behind {
                return Fit::Partly(format!("{} keeps {behind} digits behind the point", wanted()));
            }
            match precision.saturating_sub(*scale) > digits.saturating_sub(*behind) {
                true => {
                    Fit::Partly(format!("{} keeps {} digits before the point", wanted(), digits - behind))
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

fn of_symbols(symbols: &[String], node: &Node) -> Fit {
    let misfit: Vec<_> = symbols
        .iter()
        .filter(|symbol| of_literal(&Value::from(symbol.as_str()), node) != Fit::Yes)
        .map(String::as_str)
        .collect();
    let all = super::words::listed(misfit.iter().copied());
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

/// Whether exactly this value fits.
fn of_literal(value: &Value, node: &Node) -> Fit {
    match value {
        Value::Null => fit_plain(matches!(node, Node::Null)),
        Value::Boolean(_) => fit_plain(matches!(node, Node::Boolean)),
        Value::Integer(integer) => of_integer(*integer, node),
        Value::Float(float) => of_float(float.into_inner(), node),
        value => match value.as_bytes() {
            Some(bytes) => of_string(bytes, node),
            None => Fit::Yes,
        },
    }
}

fn fit_plain(fits: bool) -> Fit {
    Fit::of(fits)
}

fn of_integer(integer: i64, node: &Node) -> Fit {
    let is_exact = |bits: u32| {
        let size = integer.unsigned_abs();
        size == 0 || 64 - size.leading_zeros() - size.trailing_zeros() <= bits
    };
    match node {
        Node::Int => match i32::try_from(integer) {
            Ok(_) => Fit::Yes,
            Err(_) => Fit::No(Some(format!("an int holds {} to {}", i32::MIN, i32::MAX))),
        },
        Node::Long | Node::BigDecimal => Fit::Yes,
        Node::Float => exact(is_exact(FLOAT_BITS), "a float"),
        Node::Double => exact(is_exact(DOUBLE_BITS), "a double"),
        Node::Decimal { precision, scale, .. } => of_digits(&integer.to_string(), *precision, *scale),
        _ => Fit::No(None),
    }
}

fn exact(is_exact: bool, what: &str) -> Fit {
    if is_exact { Fit::Yes } else { Fit::No(Some(format!("{what} does not hold it exactly"))) }
}

fn of_float(float: f64, node: &Node) -> Fit {
    match node {
        Node::Double | Node::BigDecimal => Fit::Yes,
        #[expect(clippy::cast_possible_truncation, reason = "whether it overflows is the question")]
        Node::Float => match (float as f32).is_finite() || !float.is_finite() {
            true => Fit::Yes,
            false => Fit::No(Some("a float of 32 bits ends at 3.4e38".to_owned())),
        },
        Node::Decimal { precision, scale, .. } => of_digits(&float.to_string(), *precision, *scale),
        _ => Fit::No(None),
    }
}

fn of_string(bytes: &[u8], node: &Node) -> Fit {
    let text = std::str::from_utf8(bytes).ok();
    let of = |form: Text| Fit::of(is_of(&form, bytes));
    match node {
        Node::Bytes => Fit::Yes,
        Node::String => Fit::of(text.is_some()),
        Node::Fixed { size, .. } => match bytes.len() == *size {
            true => Fit::Yes,
            false => Fit::No(Some(format!("it has {} bytes, and {size} are wanted", bytes.len()))),
        },
        Node::Enum { symbols, .. } => {
            let text = text.unwrap_or_default();
            if symbols.iter().any(|symbol| symbol == text) {
                return Fit::Yes;
            }
            let near = nearest(text, symbols.iter().map(String::as_str));
            let near = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
            let shown = literal(&Value::from(text));
            Fit::No(Some(format!("the sink's enum does not have {shown}{near}")))
        }
        Node::Decimal { precision, scale, .. } => of_digits(text.unwrap_or_default(), *precision, *scale),
        Node::BigDecimal => of(Text::BigDecimal),
        Node::Uuid(_) => Fit::of(is_of(&Text::Uuid, &bytes.to_ascii_lowercase())),
        Node::Date => of(Text::Date),
        Node::TimeMillis | Node::TimeMicros => Fit::of(is_time(text.unwrap_or_default(), None)),
        Node::LocalTimestamp(_) => Fit::of(is_local(text.unwrap_or_default(), None)),
        Node::Timestamp(_) => {
            Fit::of(text.is_some_and(|text| chrono::DateTime::parse_from_rfc3339(text).is_ok()))
        }
        _ => Fit::No(None),
    }
}

/// A decimal's text against precision and scale; zeros at its ends do not count.
fn of_digits(text: &str, precision: usize, scale: usize) -> Fit {
    if !is_decimal(text, None) {
        return Fit::No(None);
    }
    let (before, behind) = parts(text);
    let (before, behind) = (before.trim_start_matches('0').len(), behind.trim_end_matches('0').len());
    if behind > scale {
        return Fit::No(Some(format!("the decimal keeps {scale} digits behind the point")));
    }
    match before > precision.saturating_sub(scale) {
        true => Fit::No(Some(format!(
            "the decimal keeps {} digits before the point",
            precision.saturating_sub(scale)
        ))),
        false => Fit::Yes,
    }
}

fn parts(text: &str) -> (&str, &str) {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.split_once('.').unwrap_or((digits, ""))
}

fn is_decimal(text: &str, scale: Option<usize>) -> bool {
    let (before, behind) = parts(text);
    let has_point = text.contains('.');
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(before)
        && (if has_point { all_digits(behind) } else { true })
        && scale.is_none_or(|scale| behind.len() == scale)
}

/// Whether these bytes can be a string of this form.
pub(super) fn is_of(text: &Text, bytes: &[u8]) -> bool {
    let Ok(string) = std::str::from_utf8(bytes) else {
        return matches!(text, Text::Unknown | Text::Bytes(None))
            || matches!(text, Text::Bytes(Some(size)) if *size == bytes.len());
    };
    match text {
        Text::Unknown | Text::String | Text::Bytes(None) => true,
        Text::Bytes(Some(size)) => *size == bytes.len(),
        Text::Symbols(symbols) => symbols.iter().any(|symbol| symbol == string),
        Text::Decimal(precision, scale) => {
            let before = parts(string).0.trim_start_matches('0').len();
            is_decimal(string, Some(*scale)) && before <= precision.saturating_sub(*scale)
        }
        Text::BigDecimal => is_decimal(string, None),
        Text::Uuid => has_form(string, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"),
        Text::Date => is_date(string),
        Text::Time(digits) => is_time(string, Some(*digits)),
        Text::LocalTimestamp(digits) => is_local(string, Some(*digits)),
    }
}

/// How a string of a certain form looks.
pub(super) fn form(text: &Text) -> Option<String> {
    let behind = |digits: u8| "0".repeat(digits.into());
    Some(match text {
        Text::Unknown | Text::String | Text::Bytes(None) | Text::Symbols(_) => return None,
        Text::Bytes(Some(size)) => format!("of {size} bytes"),
        Text::Decimal(_, 0) => "\"12\" (a decimal without digits behind the point)".to_owned(),
        Text::Decimal(_, scale) => {
            format!("\"12.{}\" (always {scale} digits behind the point)", "0".repeat(*scale))
        }
        Text::BigDecimal => "\"12.30\"".to_owned(),
        Text::Uuid => "\"01234567-89ab-cdef-0123-456789abcdef\" (lower case)".to_owned(),
        Text::Date => "\"2024-01-31\"".to_owned(),
        Text::Time(digits) => format!("\"12:34:56.{}\"", behind(*digits)),
        Text::LocalTimestamp(digits) => format!("\"2024-01-31T12:34:56.{}\"", behind(*digits)),
    })
}

/// `h` stands for a hexadecimal digit in lower case, `d` for a digit.
fn has_form(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text.bytes().zip(form.bytes()).all(|(byte, wanted)| match wanted {
            b'h' => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            b'd' => byte.is_ascii_digit(),
            wanted => byte == wanted,
        })
}

/// ISO 8601, with a sign for years of more than four digits.
fn is_date(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let Some((year, rest)) = digits.split_once('-') else { return false };
    year.len() >= 4 && year.bytes().all(|byte| byte.is_ascii_digit()) && has_form(rest, "dd-dd")
}

fn is_time(text: &str, digits: Option<u8>) -> bool {
    let (clock, behind) = text.split_once('.').unwrap_or((text, ""));
    has_form(clock, "dd:dd:dd")
        && behind.bytes().all(|byte| byte.is_ascii_digit())
        && digits.is_none_or(|digits| behind.len() == usize::from(digits))
}

fn is_local(text: &str, digits: Option<u8>) -> bool {
    text.split_once(['T', ' ']).is_some_and(|(date, time)| is_date(date) && is_time(time, digits))
}
