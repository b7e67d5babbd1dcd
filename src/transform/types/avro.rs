//! The shape of what an Avro schema describes, as decoding gives it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::codec::avro::{AVRO_DEPTH_MAX, Node, NodeId, Schema, Unit};

use super::nesting::Nesting;
use super::shape::{Member, Record, Shape, Text};

/// How deeply types are looked at that stand in each other: what is nested deeper cannot be decoded, and what VRL knows it
/// goes through by recursion.
const DEPTH_MAX: usize = AVRO_DEPTH_MAX;

/// The shape of a schema's values.
pub fn shape_of(schema: &Schema) -> Shape {
    Walk { schema, nesting: Nesting::new(DEPTH_MAX) }.shape(schema.root())
}

struct Walk<'s> {
    schema: &'s Schema,
    nesting: Nesting<NodeId>,
}

impl Walk<'_> {
    fn shape(&mut self, id: NodeId) -> Shape {
        if !self.nesting.enter(id) {
            return Shape::Any;
        }
        let shape = self.of_node(id);
        self.nesting.leave();
        shape
    }

    fn of_node(&mut self, id: NodeId) -> Shape {
        match self.schema.node(id) {
            Node::Null => Shape::Null,
            Node::Boolean => Shape::Boolean,
            Node::Int => Shape::INT,
            Node::Long => Shape::LONG,
            Node::Float => Shape::Single,
            Node::Double => Shape::Double,
            Node::Bytes => Shape::Text(Text::Bytes(None)),
            Node::String => Shape::Text(Text::String),
            Node::Fixed { size, .. } => Shape::Text(Text::Bytes(Some(*size))),
            Node::Enum { symbols, .. } => Shape::Text(Text::Symbols(symbols.as_slice().into())),
            Node::Array(items) => Shape::Array(Arc::new(self.shape(*items))),
            Node::Map(items) => Shape::Map(Arc::new(self.shape(*items))),
            Node::Record { name, fields } => {
                let member = |walk: &mut Self, node| Member::always(walk.shape(node));
                let members = fields.iter().map(|field| (field.name.clone(), member(self, field.node)));
                let members: BTreeMap<_, _> = members.collect();
                Shape::Record(Arc::new(Record { name: Some(name.full.clone()), members, others: None }))
            }
            Node::Union(variants) => {
                Shape::one_of(variants.iter().map(|id| self.shape(*id)).collect::<Vec<_>>())
            }
            Node::Decimal { precision, scale, .. } => Shape::Text(Text::Decimal(*precision, *scale)),
            Node::BigDecimal => Shape::Text(Text::BigDecimal),
            Node::Uuid(_) => Shape::Text(Text::Uuid),
            Node::Date => Shape::Text(Text::Date),
            Node::TimeMillis => Shape::Text(Text::Time(3)),
            Node::TimeMicros => Shape::Text(Text::Time(6)),
            Node::Timestamp(unit) => Shape::Timestamp(Some(digits(*unit))),
            Node::LocalTimestamp(unit) => Shape::Text(Text::LocalTimestamp(digits(*unit))),
            Node::Duration { name } => {
                let number = || Member::always(Shape::Integer(Some((0, u32::MAX.into()))));
                let members = ["months", "days", "milliseconds"].map(|name| (name.to_owned(), number()));
                let name = Some(name.full.clone());
                Shape::Record(Arc::new(Record { name, members: BTreeMap::from(members), others: None }))
            }
        }
    }
}

/// The digits behind the second that a unit has.
pub(super) fn digits(unit: Unit) -> u8 {
    match unit {
        Unit::Millis => 3,
        Unit::Micros => 6,
        Unit::Nanos => 9,
    }
}
