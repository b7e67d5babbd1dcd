//! Passes over values that nobody reads, by the writer's schema. Lengths, indices and depth are looked at, or the place
//! of what follows would be wrong; texts and the ranges of numbers are not.

use super::decode::Decoder;
use super::fault::Fault;
use super::schema::{Inner, Node, NodeId};

impl Decoder<'_> {
    pub(super) fn skip(&mut self, node: NodeId) -> Result<(), Fault> {
        let writer = self.writer;
        match writer.node(node) {
            Node::Null => Ok(()),
            Node::Boolean => self.input.boolean().map(drop),
            Node::Int
            | Node::Long
            | Node::Date
            | Node::TimeMillis
            | Node::TimeMicros
            | Node::Timestamp(_)
            | Node::LocalTimestamp(_) => self.input.long().map(drop),
            Node::Float => self.input.take(4).map(drop),
            Node::Double => self.input.take(8).map(drop),
            Node::Bytes | Node::String | Node::BigDecimal => self.input.block().map(drop),
            Node::Decimal { inner, .. } | Node::Uuid(inner) => match inner {
                Inner::Bytes | Inner::String => self.input.block().map(drop),
                Inner::Fixed { size, .. } => self.input.take(*size).map(drop),
            },
            Node::Fixed { size, .. } => self.input.take(*size).map(drop),
            Node::Duration { .. } => self.input.take(12).map(drop),
            Node::Enum { symbols, .. } => {
                self.input.index(symbols.len(), "avro_enum", "symbols of the enum").map(drop)
            }
            Node::Union(variants) => {
                let index = self.input.index(variants.len(), "avro_union", "variants of the union")?;
                self.skip(variants[index])
            }
            Node::Record { fields, .. } => self.nested(|inside| {
                fields.iter().try_for_each(|field| {
                    inside.skip(field.node).map_err(|fault| fault.in_member(&field.name))
                })
            }),
            Node::Array(item) => self.if_any((), |inside| inside.skip_items(*item, false)),
            Node::Map(values) => self.if_any((), |inside| inside.skip_items(*values, true)),
        }
    }

    fn skip_items(&mut self, item: NodeId, has_names: bool) -> Result<(), Fault> {
        let is_zero_sized = !has_names && self.zero_sized.is(item);
        // Arrays of what takes no byte are counted wherever they stand.
        let is_countable = self.zero_sized.is_inside(item);
        while let Some(block) = self.input.items()? {
            if is_zero_sized {
                self.charge_empty(block.count)?;
            }
            match block.size {
                Some(size) if !is_countable => {
                    self.input.take(size)?;
                    continue;
                }
                None if is_zero_sized => continue,
                _ => {}
            }
            self.input.has_room(block.count)?;
            let start = self.input.at();
            for index in 0..block.count {
                if has_names {
                    self.input.block()?;
                }
                let index = usize::try_from(index).expect("no more than bytes are left");
                self.skip(item).map_err(|fault| fault.in_item(index))?;
            }
            self.ends(start, block.size)?;
        }
        Ok(())
    }
}
