//! Whether a shape says the truth of a value.

use vrl::value::Value;

use super::super::compare::single;
use super::super::forms::is_of;
use super::super::shape::{Presence, Shape};

/// Whether a value is one of those that the shape stands for.
pub(super) fn admits(shape: &Shape, value: &Value) -> bool {
    match (shape, value) {
        (Shape::Any, _) => true,
        (Shape::Null, Value::Null) | (Shape::Boolean, Value::Boolean(_)) => true,
        (Shape::Integer(range), Value::Integer(integer)) => {
            range.is_none_or(|(min, max)| (min..=max).contains(integer))
        }
        (Shape::Single, Value::Float(float)) => single(float.into_inner()).total_cmp(float).is_eq(),
        (Shape::Float | Shape::Double, Value::Float(_)) | (Shape::Timestamp(_), Value::Timestamp(_)) => true,
        (Shape::Text(text), value) => value.as_bytes().is_some_and(|bytes| is_of(text, bytes)),
        (Shape::Literal(literal), value) => match (literal.as_bytes(), value.as_bytes()) {
            (Some(left), Some(right)) => left == right,
            _ => literal == value,
        },
        (Shape::Array(items), Value::Array(all)) => all.iter().all(|value| admits(items, value)),
        (Shape::Map(items), Value::Object(all)) => all.values().all(|value| admits(items, value)),
        (Shape::Record(record), Value::Object(all)) => {
            let has = |name: &String| all.contains_key(name.as_str());
            record.members.iter().all(|(name, member)| member.presence != Presence::Always || has(name))
                && all.iter().all(|(name, value)| match record.members.get(name.as_str()) {
                    Some(member) => admits(&member.shape, value),
                    None => record.others.as_ref().is_some_and(|others| admits(others, value)),
                })
        }
        (Shape::Union(all), value) => all.iter().any(|shape| admits(shape, value)),
        (Shape::Perhaps(inner), value) => admits(inner, value),
        _ => false,
    }
}

/// Whether something in a value is not known.
pub(super) fn has_unknown(shape: &Shape) -> bool {
    match shape {
        Shape::Any => true,
        Shape::Array(inner) | Shape::Map(inner) | Shape::Perhaps(inner) => has_unknown(inner),
        Shape::Union(all) => all.iter().any(has_unknown),
        Shape::Record(record) => {
            record.members.values().any(|member| has_unknown(&member.shape)) || record.others.is_some()
        }
        _ => false,
    }
}
