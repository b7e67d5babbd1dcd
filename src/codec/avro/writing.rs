//! How values are written by one schema: made once for each schema, used for every record.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use vrl::value::Value;

use super::super::{CodecError, Document};
use super::copying::Copying;
use super::defaults;
use super::encode::Encoder;
use super::reading::Reading;
use super::schema::{Node, NodeId, Schema};
use super::variants::Class;

/// The most readings that a writing remembers what it can copy of; a topic has records of a few schemas.
const COPYINGS_MAX: usize = 256;

/// How values are written by one schema.
#[derive(Debug)]
pub struct Writing {
    pub(super) schema: Arc<Schema>,
    /// Members that it does not have are left out.
    pub(super) drop_extra: bool,
    /// One for each node.
    prepared: Vec<Prepared>,
    /// What can be copied, by the reading's id.
    copyings: RwLock<HashMap<u64, Arc<Copying>>>,
}

/// What writing a type needs beside its node.
#[derive(Debug)]
pub(super) enum Prepared {
    /// The bytes of each field's default.
    Record(Vec<Option<Vec<u8>>>),
    /// The symbols' indices.
    Enum(HashMap<String, usize>),
    /// For each class of value, the variants that may hold one.
    Union([Vec<usize>; Class::COUNT]),
    Nothing,
}

impl Writing {
    /// Writes by `schema`; with `drop_extra`, members that it does not have are left out.
    pub fn new(schema: Arc<Schema>, drop_extra: bool) -> Self {
        let prepared = schema.ids().map(|id| Prepared::new(&schema, id)).collect();
        Self { schema, drop_extra, prepared, copyings: RwLock::default() }
    }

    /// Writes a value to the end of `out`, without its frame.
    ///
    /// # Errors
    ///
    /// A value that the schema cannot hold, with the path of the member.
    pub fn encode(&self, document: &Document, out: &mut Vec<u8>) -> Result<(), CodecError> {
        let is_record = matches!(self.schema.node(self.schema.root()), Node::Record { .. });
        match document {
            Document::Eager(value) => self.encode_value(value, out),
            Document::Projected(record) => match record.one_value()? {
                Some(value) => self.encode_value(value, out),
                None if is_record => self.copying(record.reading()).write(self, record, out),
                None => self.encode_value(record.whole()?.as_ref(), out),
            },
        }
    }

    /// Whether exactly this value can be written as one of the schema's types.
    pub fn takes(&self, node: NodeId, value: &Value) -> bool {
        Encoder::new(self, &[]).value(node, value, &mut Vec::new()).is_ok()
    }

    /// The schema that values are written by.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    pub(super) fn prepared(&self, node: NodeId) -> &Prepared {
        &self.prepared[node.index()]
    }

    fn encode_value(&self, value: &Value, out: &mut Vec<u8>) -> Result<(), CodecError> {
        let mut encoder = Encoder::new(self, out);
        let written = encoder.value(self.schema.root(), value, out);
        // Numbers and lengths count in full only now.
        written.and_then(|()| encoder.has_room(0, out)).map_err(super::fault::Fault::written)
    }

    /// What can be copied of records that `reading` gave; found once.
    fn copying(&self, reading: &Reading) -> Arc<Copying> {
        // What is in the map is whole at any time: a panic elsewhere does not spoil it.
        let known = self.copyings.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(copying) = known.get(&reading.id()) {
            return Arc::clone(copying);
        }
        drop(known);
        let copying = Arc::new(Copying::new(reading, &self.schema));
        let mut known = self.copyings.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= COPYINGS_MAX {
            known.clear();
        }
        known.insert(reading.id(), Arc::clone(&copying));
        copying
    }
}

impl Prepared {
    fn new(schema: &Schema, id: NodeId) -> Self {
        match schema.node(id) {
            Node::Record { fields, .. } => {
                let bytes = |field: &super::schema::Field| {
                    field.default.as_ref().and_then(|json| defaults::write(schema, field.node, json).ok())
                };
                Self::Record(fields.iter().map(bytes).collect())
            }
            Node::Enum { symbols, .. } => Self::Enum(
                symbols.iter().enumerate().map(|(index, symbol)| (symbol.clone(), index)).collect(),
            ),
            Node::Union(variants) => Self::Union(Class::ALL.map(|class| {
                let may = |variant: &NodeId| class.may_be(schema.node(*variant));
                variants
                    .iter()
                    .enumerate()
                    .filter(|(_, variant)| may(variant))
                    .map(|(index, _)| index)
                    .collect()
            })),
            _ => Self::Nothing,
        }
    }
}

#[cfg(test)]
impl super::projected::Projected {
    /// How many of its members a writing would copy as bytes.
    pub(super) fn copied_by(&self, writing: &Writing) -> usize {
        writing.copying(self.reading()).copied(self)
    }
}
