//! Shapes and VRL's types together: each knows what the other does not.

use std::sync::Arc;

use vrl::path::OwnedSegment;
use vrl::value::Kind;

use super::super::functions::{of_types, types_of};
use super::shape::{Member, Presence, Record, Shape};

impl Shape {
    /// Where nothing is known, what VRL knows.
    pub(in crate::transform) fn refined(self, kind: &Kind) -> Self {
        match self {
            Self::Any => Self::of_kind(&kind.without_undefined()),
            Self::Record(record) => {
                let Some(object) = kind.as_object() else { return Self::Record(record) };
                let mut record = Arc::unwrap_or_clone(record);
                for (name, member) in &mut record.members {
                    let unknown = object.unknown_kind();
                    let known = object.known().get(&name.as_str().into()).unwrap_or(&unknown);
                    let shape = std::mem::replace(&mut member.shape, Self::Any);
                    member.shape = shape.refined(known);
                }
                Self::Record(Arc::new(record))
            }
            other => other,
        }
    }

    /// The same with nothing known about one member, not even whether it is there; `None`: about all of it.
    pub(in crate::transform) fn forgetting(&self, member: Option<&OwnedSegment>) -> Self {
        let (Self::Record(record), Some(OwnedSegment::Field(name))) = (self, member) else {
            return Self::Any;
        };
        let mut record: Record = (**record).clone();
        let unknown = Member { shape: Self::Any, presence: Presence::Perhaps };
        record.members.insert(name.to_string(), unknown);
        Self::Record(Arc::new(record))
    }

    /// What VRL knows, and what it overlooks.
    pub(in crate::transform) fn widening(&self, mut kind: Kind) -> Kind {
        match self {
            Self::Any => kind,
            Self::Record(record) if kind.as_object().is_some() => {
                if let Some(object) = kind.as_object_mut() {
                    for (name, member) in &record.members {
                        let name = name.as_str().into();
                        let known = object.known().get(&name).cloned();
                        let known = known.unwrap_or_else(|| object.unknown_kind());
                        object.known_mut().insert(name, member.shape.widening(known));
                    }
                }
                kind
            }
            shape => kind.union(shape.kind()),
        }
    }

    /// What VRL knows, without what a condition kept out.
    pub(in crate::transform) fn narrowing(&self, mut kind: Kind) -> Kind {
        if let Some(types) = types_of(&self.kind()) {
            kind = of_types(&kind, types);
        }
        let Self::Record(record) = self else { return kind };
        if let Some(object) = kind.as_object_mut() {
            for (name, member) in &record.members {
                if member.presence == Presence::Perhaps || member.shape == Self::Any {
                    continue;
                }
                let name = name.as_str().into();
                let known = object.known().get(&name).cloned();
                let known = known.unwrap_or_else(|| object.unknown_kind());
                object.known_mut().insert(name, member.shape.narrowing(known));
            }
        }
        kind
    }
}
