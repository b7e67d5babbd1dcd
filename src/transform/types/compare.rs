//! Comparisons whose result is known before any record is read.

use std::ops::Range;

use vrl::parser::ast::Opcode;
use vrl::value::Value;

use super::super::program::ProgramDiagnostic;
use super::compare_words::{decided, never_equal, without_order};
use super::forms;
use super::shape::{Shape, Text};

/// Both sides of a comparison: what they are, and how and where they are written.
pub(super) struct Sides<'c> {
    pub left: &'c Shape,
    pub right: &'c Shape,
    pub texts: (&'c str, &'c str),
    pub spans: (Range<usize>, Range<usize>),
    pub whole: Range<usize>,
}

impl Sides<'_> {
    /// Whether a side is something of the record.
    fn reads_record(&self) -> bool {
        [self.texts.0, self.texts.1].iter().any(|text| text.starts_with(['.', '%']))
    }
}

/// What a comparison of two values can give.
pub(super) fn check(opcode: Opcode, sides: &Sides<'_>) -> Option<ProgramDiagnostic> {
    let (left, right) = (sides.left, sides.right);
    if left.is_never() || right.is_never() {
        return None;
    }
    match opcode {
        Opcode::Eq | Opcode::Ne => {
            if can_be_equal(left, right) {
                return None;
            }
            // What a program wrote itself, or asked for before: that it is no other is no mistake, and what is compared
            // without any record may be meant so.
            let are_known = [left, right].iter().all(|shape| matches!(shape, Shape::Literal(_)));
            if are_known && class(left) == class(right) && (opcode == Opcode::Ne || !sides.reads_record()) {
                return None;
            }
            let verdict = if opcode == Opcode::Eq { "can never be true" } else { "is always true" };
            Some(never_equal(verdict, sides))
        }
        _ => ordered(opcode, sides),
    }
}

/// Whether some value of the one is equal to one of the other.
pub(super) fn can_be_equal(left: &Shape, right: &Shape) -> bool {
    let (left, right) = (left.alternatives(), right.alternatives());
    left.iter().any(|(left, _)| right.iter().any(|(right, _)| meet(left, right)))
}

/// The types that VRL tells apart when it compares; integers and floats are one.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Class {
    Null,
    Boolean,
    Number,
    Timestamp,
    Regex,
    Text,
    Array,
    Object,
}

/// Which of these a shape is; `None`: more than one, or not known.
pub(super) fn class(shape: &Shape) -> Option<Class> {
    Some(match shape {
        Shape::Any | Shape::Union(_) | Shape::Perhaps(_) => return None,
        Shape::Null => Class::Null,
        Shape::Boolean => Class::Boolean,
        Shape::Integer(_) | Shape::Float | Shape::Double | Shape::Single => Class::Number,
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

/// Whether two alternatives have a value in common.
fn meet(left: &Shape, right: &Shape) -> bool {
    let (Some(one), Some(other)) = (class(left), class(right)) else { return true };
    if one != other {
        return false;
    }
    match (left, right) {
        (Shape::Text(text), Shape::Literal(value)) | (Shape::Literal(value), Shape::Text(text)) => {
            value.as_bytes().is_none_or(|bytes| forms::is_of(text, bytes))
        }
        (Shape::Text(Text::Symbols(symbols)), Shape::Text(text))
        | (Shape::Text(text), Shape::Text(Text::Symbols(symbols))) => {
            symbols.iter().any(|symbol| forms::is_of(text, symbol.as_bytes()))
        }
        (Shape::Integer(Some(left)), Shape::Integer(Some(right))) => overlap(*left, *right),
        (Shape::Literal(left), Shape::Literal(right)) => match (number(left), number(right)) {
            (Some(left), Some(right)) => equal(left, right),
            _ => left.as_bytes() == right.as_bytes() && (left.as_bytes().is_some() || left == right),
        },
        (shape, Shape::Literal(value)) | (Shape::Literal(value), shape) => {
            number(value).is_none_or(|number| can_be(shape, number))
        }
        _ => true,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        // VRL compares integers as floats, too.
        Value::Integer(integer) => Some(*integer as f64),
        Value::Float(float) => Some(float.into_inner()),
        _ => None,
    }
}

#[expect(clippy::float_cmp, reason = "as VRL compares them")]
fn equal(left: f64, right: f64) -> bool {
    left == right
}

/// Whether a number of this shape is the number.
fn can_be(shape: &Shape, number: f64) -> bool {
    match shape {
        Shape::Single => equal(single(number), number),
        Shape::Integer(range) => {
            let (min, max) = range.unwrap_or((i64::MIN, i64::MAX));
            equal(number.fract(), 0.0) && number >= min as f64 && number <= max as f64
        }
        _ => true,
    }
}

/// The nearest number that 32 bits hold.
#[expect(clippy::cast_possible_truncation, reason = "what is lost is the question")]
pub(super) fn single(number: f64) -> f64 {
    f64::from(number as f32)
}

fn overlap((least, most): (i64, i64), (min, max): (i64, i64)) -> bool {
    least as f64 <= max as f64 && min as f64 <= most as f64
}

/// `<`, `<=`, `>` and `>=`: types that have no order with each other, and integers against literals beyond their range.
fn ordered(opcode: Opcode, sides: &Sides<'_>) -> Option<ProgramDiagnostic> {
    let (lefts, rights) = (sides.left.alternatives(), sides.right.alternatives());
    let is_ordered =
        |shape: &Shape| !matches!(class(shape), Some(Class::Null | Class::Boolean | Class::Array));
    let has_order = |left: &Shape, right: &Shape| match (class(left), class(right)) {
        (Some(one), Some(other)) => one == other && is_ordered(left),
        _ => true,
    };
    let can = lefts.iter().any(|(left, _)| rights.iter().any(|(right, _)| has_order(left, right)));
    if !can {
        return Some(without_order(sides));
    }
    let (known, value, opcode, name) = match (sides.left, sides.right) {
        (shape, Shape::Literal(Value::Integer(value))) => (range_of(shape)?, value, opcode, sides.texts.0),
        (Shape::Literal(Value::Integer(value)), shape) => {
            (range_of(shape)?, value, turned(opcode), sides.texts.1)
        }
        _ => return None,
    };
    let ((least, most), is_certain) = known;
    let (can_hold, holds) = match opcode {
        Opcode::Lt => (least < *value, most < *value),
        Opcode::Le => (least <= *value, most <= *value),
        Opcode::Gt => (most > *value, least > *value),
        _ => (most >= *value, least >= *value),
    };
    match (can_hold, holds) {
        (false, _) => Some(decided("can never be true", name, (least, most), &sides.whole)),
        // What a condition before has left is asked for again in many a chain of them.
        (true, true) if is_certain => Some(decided("is always true", name, (least, most), &sides.whole)),
        _ => None,
    }
}

/// The range of a shape that is an integer or null, and whether it is that of its type.
fn range_of(shape: &Shape) -> Option<((i64, i64), bool)> {
    let mut range: Option<(i64, i64)> = None;
    let mut certain = true;
    for (one, is_certain) in shape.alternatives() {
        certain &= is_certain;
        match (one, range) {
            (Shape::Null, _) => {}
            (Shape::Integer(Some(own)), None) => range = Some(*own),
            (Shape::Integer(Some((min, max))), Some((least, most))) => {
                range = Some((least.min(*min), most.max(*max)));
            }
            _ => return None,
        }
    }
    range.map(|range| (range, certain))
}

/// The same with its sides exchanged.
pub(super) fn turned(opcode: Opcode) -> Opcode {
    match opcode {
        Opcode::Lt => Opcode::Gt,
        Opcode::Le => Opcode::Ge,
        Opcode::Gt => Opcode::Lt,
        Opcode::Ge => Opcode::Le,
        other => other,
    }
}
