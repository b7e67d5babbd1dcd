//! Values → bytes, by the sink's schema.

use vrl::value::{ObjectMap, Value};

use super::fault::Fault;
use super::schema::{Field, Node, NodeId, Schema};
use super::writing::{Prepared, Writing};
use super::{AVRO_BYTES_MAX, AVRO_DEPTH_MAX, describe, output};

/// Writes one value.
pub(super) struct Encoder<'w> {
    pub(super) writing: &'w Writing,
    pub(super) depth: usize,
    /// How many values were looked at to choose among the variants of unions.
    pub(super) effort: usize,
    /// Where the last byte of the value may stand.
    end: usize,
}

impl<'w> Encoder<'w> {
    /// Writes to the end of `out`.
    pub(super) fn new(writing: &'w Writing, out: &[u8]) -> Self {
        Self { writing, depth: 0, effort: 0, end: out.len().saturating_add(AVRO_BYTES_MAX) }
    }

    /// Writes bytes that are as they must be.
    pub(super) fn put(&self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        self.has_room(bytes.len(), out)?;
        out.extend_from_slice(bytes);
        Ok(())
    }

    /// Checks that so many bytes may still be written: a default may be far longer than what it stands in for.
    pub(super) fn has_room(&self, bytes: usize, out: &[u8]) -> Result<(), Fault> {
        if out.len().saturating_add(bytes) <= self.end {
            return Ok(());
        }
        let what = format!("it makes the value longer than the limit of {AVRO_BYTES_MAX} bytes");
        Err(Fault::new("avro_size", what))
    }

    pub(super) fn schema(&self) -> &'w Schema {
        &self.writing.schema
    }

    /// Writes `value` as the type `node` has it.
    pub(super) fn value(&mut self, node: NodeId, value: &Value, out: &mut Vec<u8>) -> Result<(), Fault> {
        match (self.schema().node(node), value) {
            (Node::Union(variants), _) => {
                let index = self.variant(node, variants, value)?;
                output::length(index, out);
                self.value(variants[index], value, out)
            }
            (Node::Record { fields, .. }, Value::Object(members)) => {
                self.nested(|inside| inside.record(node, fields, members, out))
            }
            // What is empty holds no level, as reading has it.
            (Node::Array(_), Value::Array(items)) if items.is_empty() => {
                out.push(0);
                Ok(())
            }
            (Node::Map(_), Value::Object(members)) if members.is_empty() => {
                out.push(0);
                Ok(())
            }
            (Node::Array(item), Value::Array(items)) => self.nested(|inside| inside.array(*item, items, out)),
            (Node::Map(values), Value::Object(members)) => {
                self.nested(|inside| inside.map(*values, members, out))
            }
            (Node::Enum { .. }, _) => self.symbol(node, value, out),
            _ => {
                let leaf = self.leaf(node, value)?;
                self.has_room(leaf.bytes_least(), out)?;
                leaf.write(out);
                Ok(())
            }
        }
    }

    fn nested(&mut self, write: impl FnOnce(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        if self.depth == AVRO_DEPTH_MAX {
            return Err(too_deep());
        }
        self.depth += 1;
        write(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn record(
        &mut self,
        node: NodeId,
        fields: &[Field],
        members: &ObjectMap,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let Prepared::Record(defaults) = self.writing.prepared(node) else {
            unreachable!("every record is prepared")
        };
        let mut used = 0;
        for (field, default) in fields.iter().zip(defaults) {
            match (members.get(field.name.as_str()), default) {
                (Some(value), _) => {
                    self.value(field.node, value, out).map_err(|fault| fault.in_member(&field.name))?;
                    used += 1;
                }
                (None, Some(default)) => {
                    self.put(default, out).map_err(|fault| fault.in_member(&field.name))?;
                }
                (None, None) => return Err(missing(self.schema(), field)),
            }
        }
        if used < members.len() && !self.writing.drop_extra {
            let mut names = members.keys().map(|name| name.as_str());
            let name = names.find(|name| !fields.iter().any(|field| field.name == *name));
            return Err(extra(name.unwrap_or_default()));
        }
        Ok(())
    }

    fn array(&mut self, item: NodeId, items: &[Value], out: &mut Vec<u8>) -> Result<(), Fault> {
        output::length(items.len(), out);
        for (index, value) in items.iter().enumerate() {
            self.value(item, value, out).map_err(|fault| fault.in_item(index))?;
        }
        out.push(0);
        Ok(())
    }

    fn map(&mut self, values: NodeId, members: &ObjectMap, out: &mut Vec<u8>) -> Result<(), Fault> {
        output::length(members.len(), out);
        for (name, value) in members {
            self.has_room(1 + name.len(), out)?;
            output::bytes(name.as_bytes(), out);
            self.value(values, value, out).map_err(|fault| fault.in_member(name))?;
        }
        out.push(0);
        Ok(())
    }

    fn symbol(&self, node: NodeId, value: &Value, out: &mut Vec<u8>) -> Result<(), Fault> {
        let text = value.to_str().ok_or_else(|| misfit(self.schema(), node, value))?;
        let index = self.symbol_index(node, text).ok_or_else(|| {
            let expected = describe::type_of(self.schema(), node);
            Fault::new("avro_symbol", format!("expected a symbol of {expected}, is another string"))
        })?;
        output::length(index, out);
        Ok(())
    }

    pub(super) fn symbol_index(&self, node: NodeId, text: &str) -> Option<usize> {
        match self.writing.prepared(node) {
            Prepared::Enum(symbols) => symbols.get(text).copied(),
            _ => None,
        }
    }
}

pub(super) fn too_deep() -> Fault {
    Fault::new("avro_depth", format!("it is nested more than {AVRO_DEPTH_MAX} levels deep"))
}

/// The value is of another type.
pub(super) fn misfit(schema: &Schema, node: NodeId, value: &Value) -> Fault {
    let expected = describe::type_of(schema, node);
    Fault::new("avro_type", format!("expected {expected}, is {}", describe::value(value)))
}

pub(super) fn missing(schema: &Schema, field: &Field) -> Fault {
    let expected = describe::type_of(schema, field.node);
    let what = format!("expected {expected}, is absent, and the schema has no default for it");
    Fault::new("avro_missing", what).in_member(&field.name)
}

pub(super) fn extra(name: &str) -> Fault {
    Fault::new("avro_extra", "the schema has no such member").in_member(name)
}
