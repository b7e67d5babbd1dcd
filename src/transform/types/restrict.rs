//! What a condition leaves of a shape: integers of a range, all symbols but one, another shape at a path.

use std::collections::BTreeMap;
use std::sync::Arc;

use vrl::parser::ast::Opcode;
use vrl::path::OwnedSegment;
use vrl::value::Value;

use super::shape::{Member, Presence, Record, Shape, Text};

/// The integers for which a comparison with `bound` gives `truth`; the first is greater than the last where there are
/// none.
pub(super) fn range_where(opcode: Opcode, bound: i64, truth: bool) -> (i64, i64) {
    let below = |bound: i64| bound.checked_sub(1).map_or((i64::MAX, i64::MIN), |most| (i64::MIN, most));
    let above = |bound: i64| bound.checked_add(1).map_or((i64::MAX, i64::MIN), |least| (least, i64::MAX));
    match (opcode, truth) {
        (Opcode::Lt, true) | (Opcode::Ge, false) => below(bound),
        (Opcode::Le, true) | (Opcode::Gt, false) => (i64::MIN, bound),
        (Opcode::Gt, true) | (Opcode::Le, false) => above(bound),
        _ => (bound, i64::MAX),
    }
}

/// Integers are of this range besides.
pub(super) fn within(shape: &Shape, (least, most): (i64, i64)) -> Shape {
    let all = shape.alternatives().into_iter().map(|(one, is_certain)| {
        let kept = match one {
            Shape::Integer(range) => {
                let (min, max) = range.unwrap_or((i64::MIN, i64::MAX));
                let (min, max) = (min.max(least), max.min(most));
                // Which of them occur is not known any more.
                if min <= max { Shape::Integer(Some((min, max))).perhaps() } else { Shape::never() }
            }
            Shape::Literal(Value::Integer(value)) if !(least..=most).contains(value) => Shape::never(),
            other => other.clone(),
        };
        if is_certain || kept.is_never() { kept } else { kept.perhaps() }
    });
    Shape::one_of(all.collect::<Vec<_>>())
}

pub(super) fn without_symbol(shape: &Shape, value: &Value) -> Shape {
    let all = shape.alternatives().into_iter().map(|(one, is_certain)| {
        let kept = match (one, value.as_bytes()) {
            (Shape::Text(Text::Symbols(symbols)), Some(bytes)) => {
                let left = symbols.iter().filter(|symbol| symbol.as_bytes() != bytes.as_ref());
                let left: Vec<String> = left.cloned().collect();
                if left.is_empty() { Shape::never() } else { Shape::Text(Text::Symbols(left.into())) }
            }
            (Shape::Literal(literal), Some(bytes)) if literal.as_bytes().is_some_and(|own| own == bytes) => {
                Shape::never()
            }
            (Shape::Null, _) => Shape::Null,
            (other, _) => other.perhaps(),
        };
        if is_certain { kept } else { kept.perhaps() }
    });
    Shape::one_of(all)
}

impl Shape {
    /// The same without the alternatives that always have something at a path.
    pub(super) fn lacking(&self, path: &[OwnedSegment]) -> Self {
        let Some((first, rest)) = path.split_first() else { return Self::never() };
        match (self, first) {
            (Self::Record(record), OwnedSegment::Field(name)) => {
                let mut record = (**record).clone();
                if let Some(member) = record.members.get_mut(name.as_str()) {
                    match (member.shape.lacking(rest), member.presence) {
                        (left, Presence::Always) if left.is_never() => return left,
                        // Whether it is there is not told of a member by itself.
                        (left, Presence::Perhaps) if left.is_never() => {}
                        (left, _) => member.shape = left,
                    }
                }
                Self::Record(Arc::new(record))
            }
            (Self::Union(all), _) => Self::one_of(all.iter().map(|one| one.lacking(path))),
            (Self::Perhaps(inner), _) => match inner.lacking(path) {
                never if never.is_never() => never,
                other => other.perhaps(),
            },
            _ => self.clone(),
        }
    }

    /// The same values, of whose members it is not known any more that each of them occurs.
    pub(in crate::transform) fn doubted(&self) -> Self {
        match self {
            Self::Record(record) => {
                let mut record = (**record).clone();
                for member in record.members.values_mut() {
                    member.shape = member.shape.perhaps();
                }
                record.others = record.others.as_ref().map(Self::perhaps);
                Self::Record(Arc::new(record))
            }
            Self::Union(all) => Self::one_of(all.iter().map(|one| one.doubted().perhaps())),
            other => other.perhaps(),
        }
    }

    fn object_of(others: Self) -> Self {
        Self::Record(Arc::new(Record { name: None, members: BTreeMap::new(), others: Some(others) }))
    }

    /// The same with what stands at a path changed; with `is_there` without the alternatives that have nothing there.
    pub(super) fn changed(
        &self,
        path: &[OwnedSegment],
        is_there: bool,
        change: &dyn Fn(&Shape) -> Shape,
    ) -> Shape {
        let Some((first, rest)) = path.split_first() else { return change(self) };
        match (self, first) {
            (Self::Record(record), OwnedSegment::Field(name)) => {
                let mut record = (**record).clone();
                match record.members.get_mut(name.as_str()) {
                    Some(member) => {
                        let was_never = member.shape.is_never();
                        member.shape = member.shape.changed(rest, is_there, change);
                        let is_absent = member.presence == Presence::Perhaps && !is_there;
                        if member.shape.is_never() && !was_never && !is_absent {
                            // The condition does not hold for such a record.
                            return Self::never();
                        }
                        if is_there {
                            member.presence = Presence::Always;
                        }
                    }
                    None if is_there => {
                        let Some(others) = &record.others else { return Self::never() };
                        match others.changed(rest, true, change) {
                            never if never.is_never() => return never,
                            Self::Any => {}
                            shape => drop(record.members.insert(name.to_string(), Member::always(shape))),
                        }
                    }
                    None => {}
                }
                Self::Record(Arc::new(record))
            }
            (Self::Union(all), _) => Self::one_of(all.iter().map(|one| one.changed(path, is_there, change))),
            (Self::Perhaps(inner), _) => match inner.changed(path, is_there, change) {
                never if never.is_never() => never,
                other => other.perhaps(),
            },
            (Self::Any, OwnedSegment::Field(_)) if is_there => {
                match Self::object_of(Self::Any).changed(path, true, change) {
                    Self::Record(record) if record.members.is_empty() => Self::Any,
                    object => object,
                }
            }
            (Self::Map(items), OwnedSegment::Field(_)) if is_there => {
                Self::object_of((**items).clone()).changed(path, true, change)
            }
            (Self::Any | Self::Map(_) | Self::Array(_), _) => self.clone(),
            _ if is_there => Self::never(),
            _ => self.clone(),
        }
    }
}
