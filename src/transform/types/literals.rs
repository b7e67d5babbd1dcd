//! What a type of a schema takes of a value that is known exactly, and why it does not.

use vrl::value::Value;

use crate::codec::avro::{Node, NodeId, Writing};

use super::accepts::{DOUBLE_BITS, FLOAT_BITS, Fit};
use super::words::{counted, literal, nearest};

/// Whether exactly this value fits: what writing it does.
pub(super) fn of_literal(value: &Value, writing: &Writing, id: NodeId) -> Fit {
    if writing.takes(id, value) {
        return Fit::Yes;
    }
    match why_not(value, writing.schema().node(id)) {
        Fit::No(why) => Fit::No(why),
        _ => Fit::No(None),
    }
}

/// Why it does not, as far as that can be told in few words.
fn why_not(value: &Value, node: &Node) -> Fit {
    match value {
        Value::Integer(integer) => of_integer(*integer, node),
        Value::Float(float) => of_float(float.into_inner(), node),
        value => match value.as_bytes() {
            Some(bytes) => of_string(bytes, node),
            None => Fit::No(None),
        },
    }
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
        _ => Fit::No(None),
    }
}

/// A decimal's text against precision and scale; zeros at its ends do not count.
fn of_digits(text: &str, precision: usize, scale: usize) -> Fit {
    if !is_number(text) {
        return Fit::No(None);
    }
    let (before, behind) = parts(text);
    let (before, behind) = (before.trim_start_matches('0').len(), behind.trim_end_matches('0').len());
    if behind > scale {
        return Fit::No(Some(format!("the decimal keeps {} behind the point", counted(scale))));
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

fn is_number(text: &str) -> bool {
    let (before, behind) = parts(text);
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(before) && (!text.contains('.') || all_digits(behind))
}
