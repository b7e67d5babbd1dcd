//! Paths into shapes: what is read there, what is written there, and what is missing on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use vrl::path::OwnedSegment;

use super::shape::{Member, Presence, Record, Shape};

/// What stands at a path.
pub(in crate::transform) struct Reading {
    /// What a program that reads it gets; null where nothing is there.
    pub shape: Shape,
    /// Where the path leaves all that can be there; `None`: something can be there.
    pub missing: Option<Missing>,
}

/// A path that leads nowhere.
pub(in crate::transform) struct Missing {
    /// How many segments lead somewhere.
    pub known: usize,
    /// What stands there.
    pub holder: Shape,
}

impl Shape {
    /// Follows a path.
    pub(in crate::transform) fn read(&self, path: &[OwnedSegment]) -> Reading {
        let mut shape = self.clone();
        for (known, segment) in path.iter().enumerate() {
            let mut found = Vec::new();
            let mut is_missing = false;
            let mut is_somewhere = false;
            for (one, is_certain) in shape.alternatives() {
                match step(one, segment) {
                    Step::Absent
                        if matches!(one, Shape::Null) || matches!(one, Shape::Literal(v) if v.is_null()) =>
                    {
                        found.push(mark(Shape::Null, is_certain));
                    }
                    Step::Absent => {
                        is_missing = true;
                        found.push(mark(Shape::Null, is_certain));
                    }
                    Step::Found(inner) => {
                        is_somewhere = true;
                        found.push(mark(inner, is_certain));
                    }
                }
            }
            if is_missing && !is_somewhere {
                return Reading { shape: Shape::Null, missing: Some(Missing { known, holder: shape }) };
            }
            shape = Shape::one_of(found);
        }
        Reading { shape, missing: None }
    }

    /// The same with `new` at a path.
    #[must_use]
    pub(super) fn with(&self, path: &[OwnedSegment], new: &Shape) -> Shape {
        let Some((first, rest)) = path.split_first() else { return new.clone() };
        let OwnedSegment::Field(name) = first else { return self.with_item(path, new) };
        let fresh = |holder: &Record| {
            let empty = || Shape::nothing().with(rest, new);
            let made = match (holder.members.get(name.as_str()), &holder.others) {
                _ if rest.is_empty() => new.clone(),
                (Some(old), _) if old.presence == Presence::Always => old.shape.with(rest, new),
                (Some(Member { shape, .. }), _) | (None, Some(shape)) => shape.with(rest, new).merge(empty()),
                (None, None) => empty(),
            };
            let mut record = holder.clone();
            record.members.insert(name.to_string(), Member::always(made));
            Shape::Record(Arc::new(record))
        };
        match self {
            Shape::Any => Shape::Any,
            Shape::Record(record) => fresh(record),
            Shape::Map(items) => {
                let others = Some((**items).clone());
                fresh(&Record { name: None, members: BTreeMap::new(), others })
            }
            // Which of them is written into is not known; where it is none that has members, it becomes one with this alone.
            Shape::Union(all) if !all.is_empty() => Shape::one_of(all.iter().map(|one| {
                let is_object = matches!(one, Shape::Record(_) | Shape::Map(_));
                let made = one.with(path, new);
                if is_object { made } else { made.perhaps() }
            })),
            Shape::Perhaps(inner) => inner.with(path, new).perhaps(),
            _ => fresh(&Record::default()),
        }
    }

    /// The same with `new` in an item. Which items there are is not known: where there are fewer, nulls come between.
    fn with_item(&self, path: &[OwnedSegment], new: &Shape) -> Shape {
        let Some((_, rest)) = path.split_first() else { return new.clone() };
        match self {
            Shape::Array(items) => {
                let written = [items.with(rest, new), Shape::nothing().with(rest, new), Shape::Null];
                let written = written.map(|shape| shape.perhaps());
                Shape::Array(Arc::new(Shape::one_of([(**items).clone()].into_iter().chain(written))))
            }
            Shape::Union(all) if !all.is_empty() => {
                Shape::one_of(all.iter().map(|one| one.with_item(path, new)))
            }
            Shape::Perhaps(inner) => inner.with_item(path, new).perhaps(),
            _ => Shape::Any,
        }
    }

    /// The same without what stands at a path.
    #[must_use]
    pub(super) fn without(&self, path: &[OwnedSegment]) -> Shape {
        let (name, rest) = match path {
            [] => return Shape::Any,
            [OwnedSegment::Field(name), rest @ ..] => (name, rest),
            [OwnedSegment::Index(_), rest @ ..] => return self.without_item(rest),
        };
        match self {
            Shape::Record(record) => {
                let mut record = (**record).clone();
                if rest.is_empty() {
                    record.members.remove(name.as_str());
                } else if let Some(member) = record.members.get_mut(name.as_str()) {
                    member.shape = member.shape.without(rest);
                }
                Shape::Record(Arc::new(record))
            }
            Shape::Map(items) if !rest.is_empty() => {
                Shape::Map(Arc::new((**items).clone().merge(items.without(rest))))
            }
            Shape::Union(all) => Shape::one_of(all.iter().map(|one| one.without(path))),
            Shape::Perhaps(inner) => inner.without(path).perhaps(),
            other => other.clone(),
        }
    }

    /// The same without an item, or without what stands at a path in it. Which item it is, or whether it is there, is not known.
    fn without_item(&self, rest: &[OwnedSegment]) -> Shape {
        match self {
            Shape::Array(items) if !rest.is_empty() => {
                let changed = items.without(rest);
                Shape::Array(Arc::new((**items).clone().merge(changed)))
            }
            Shape::Union(all) => Shape::one_of(all.iter().map(|one| one.without_item(rest))),
            Shape::Perhaps(inner) => inner.without_item(rest).perhaps(),
            other => other.clone(),
        }
    }

    fn nothing() -> Shape {
        Shape::Record(Arc::default())
    }
}

fn mark(shape: Shape, is_certain: bool) -> Shape {
    if is_certain { shape } else { shape.perhaps() }
}

enum Step {
    Found(Shape),
    Absent,
}

fn step(shape: &Shape, segment: &OwnedSegment) -> Step {
    let or_absent = |shape: &Shape| Step::Found(Shape::one_of([shape.clone(), Shape::Null.perhaps()]));
    match (shape, segment) {
        (Shape::Any, _) => Step::Found(Shape::Any),
        (Shape::Map(items), OwnedSegment::Field(_)) | (Shape::Array(items), OwnedSegment::Index(_)) => {
            or_absent(items)
        }
        (Shape::Record(record), OwnedSegment::Field(name)) => {
            match (record.members.get(name.as_str()), &record.others) {
                (Some(member), _) => Step::Found(match member.presence {
                    Presence::Always => member.shape.clone(),
                    Presence::Perhaps => Shape::one_of([member.shape.clone(), Shape::Null.perhaps()]),
                }),
                (None, Some(others)) => or_absent(others),
                (None, None) => Step::Absent,
            }
        }
        _ => Step::Absent,
    }
}
