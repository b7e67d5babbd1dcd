//! Shapes and VRL's types together: each knows what the other does not.

use std::sync::Arc;

use vrl::path::OwnedSegment;
use vrl::value::Kind;

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

    /// What VRL knows, without the nulls that a condition kept out.
    pub(in crate::transform) fn narrowing(&self, mut kind: Kind) -> Kind {
        let Self::Record(record) = self else { return kind };
        if let Some(object) = kind.as_object_mut() {
            for (name, member) in &record.members {
                if matches!(member.shape, Self::Any) || member.presence != Presence::Always {
                    continue;
                }
                if let Some(known) = object.known_mut().get_mut(&name.as_str().into())
                    && !member.shape.kind().contains_null()
                {
                    known.remove_null();
                    known.remove_undefined();
                }
            }
        }
        kind
    }
}
