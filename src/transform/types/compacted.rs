//! What `compact` leaves, and `del` where it is told to compact: what is empty is not there any more.

use std::sync::Arc;

use vrl::path::OwnedSegment;
use vrl::value::Value;

use super::shape::{Presence, Record, Shape, Text};

/// Whether a value is one that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Empty {
    Never,
    Perhaps,
    Always,
}

impl Empty {
    fn of_all(all: impl IntoIterator<Item = Self>) -> Self {
        let mut all = all.into_iter();
        let first = all.next().unwrap_or(Self::Perhaps);
        if all.all(|one| one == first) { first } else { Self::Perhaps }
    }
}

impl Shape {
    /// What `compact` makes of it; `as_usual`: without options, which say what else is left out, or is not.
    pub(super) fn compacted(&self, as_usual: bool) -> Self {
        let of_item = |item: &Shape| {
            let inner = item.compacted(as_usual);
            if as_usual { inner.retain(|one| !matches!(one, Shape::Null)) } else { item.clone().merge(inner) }
        };
        match self {
            Self::Array(items) => Self::Array(Arc::new(of_item(items).perhaps())),
            Self::Map(items) => Self::Map(Arc::new(of_item(items).perhaps())),
            Self::Record(record) => {
                let mut record: Record = (**record).clone();
                record.name = None;
                record.members.retain(|_, member| {
                    let empty = member.shape.compacted(as_usual).emptiness(as_usual);
                    member.shape = of_item(&member.shape);
                    if empty != Empty::Never {
                        member.presence = Presence::Perhaps;
                    }
                    !(as_usual && empty == Empty::Always)
                });
                record.others = record.others.as_ref().map(of_item);
                Self::Record(Arc::new(record))
            }
            Self::Union(all) => Self::one_of(all.iter().map(|one| one.compacted(as_usual))),
            Self::Perhaps(inner) => inner.compacted(as_usual).perhaps(),
            other => other.clone(),
        }
    }

    /// Whether `compact` leaves out what it has made of a value.
    fn emptiness(&self, as_usual: bool) -> Empty {
        let when = |is_empty: bool| if is_empty { Empty::Always } else { Empty::Never };
        match self {
            Self::Null => Empty::Always,
            Self::Boolean
            | Self::Integer(_)
            | Self::Float
            | Self::Double
            | Self::Single
            | Self::Timestamp(_)
            | Self::Regex => Empty::Never,
            // `nullish` leaves out what is not empty, too.
            Self::Text(_) | Self::Literal(Value::Bytes(_) | Value::String(_)) if !as_usual => Empty::Perhaps,
            Self::Literal(value) => when(value.as_bytes().is_some_and(|text| text.is_empty())),
            Self::Text(text) => match text {
                Text::Bytes(Some(length)) => when(*length == 0),
                Text::Symbols(all) => Empty::of_all(all.iter().map(|one| when(one.is_empty()))),
                Text::Unknown | Text::Bytes(None) | Text::String | Text::Upper | Text::Lower => {
                    Empty::Perhaps
                }
                _ => Empty::Never,
            },
            Self::Record(record) => record.emptiness(),
            Self::Any | Self::Array(_) | Self::Map(_) => Empty::Perhaps,
            Self::Union(all) => Empty::of_all(all.iter().map(|one| one.emptiness(as_usual))),
            Self::Perhaps(inner) => inner.emptiness(as_usual),
        }
    }

    /// The same without what stands at a path of names, and without each object on the way that is empty then.
    #[must_use]
    pub(super) fn without_compacting(&self, path: &[OwnedSegment]) -> Self {
        let [OwnedSegment::Field(name), rest @ ..] = path else { return Self::Any };
        match self {
            Self::Record(record) if !rest.is_empty() => {
                let mut record: Record = (**record).clone();
                if let Some(member) = record.members.get_mut(name.as_str()) {
                    let is_certain = member.shape.always_has(rest);
                    member.shape = member.shape.without_compacting(rest);
                    match member.shape.emptied() {
                        Empty::Always if is_certain => drop(record.members.remove(name.as_str())),
                        Empty::Always | Empty::Perhaps => member.presence = Presence::Perhaps,
                        Empty::Never => {}
                    }
                }
                Self::Record(Arc::new(record))
            }
            Self::Union(all) => Self::one_of(all.iter().map(|one| one.without_compacting(path))),
            Self::Perhaps(inner) => inner.without_compacting(path).perhaps(),
            other => other.without(path),
        }
    }

    /// Whether something has been taken from an object that is empty now.
    fn emptied(&self) -> Empty {
        match self {
            Self::Record(record) => record.emptiness(),
            Self::Any | Self::Map(_) => Empty::Perhaps,
            Self::Union(all) => Empty::of_all(all.iter().map(Self::emptied)),
            Self::Perhaps(inner) => inner.emptied(),
            _ => Empty::Never,
        }
    }

    /// Whether something stands at a path of names in each value.
    fn always_has(&self, path: &[OwnedSegment]) -> bool {
        let Some((first, rest)) = path.split_first() else { return true };
        let (Self::Record(record), OwnedSegment::Field(name)) = (self, first) else { return false };
        let member = record.members.get(name.as_str());
        member.is_some_and(|member| member.presence == Presence::Always && member.shape.always_has(rest))
    }
}

impl Record {
    fn emptiness(&self) -> Empty {
        if self.members.values().any(|member| member.presence == Presence::Always) {
            Empty::Never
        } else if self.members.is_empty() && self.others.is_none() {
            Empty::Always
        } else {
            Empty::Perhaps
        }
    }
}
