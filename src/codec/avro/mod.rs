//! Avro, in the wire format of the Schema Registry: bytes ↔ values by schemas.
//!
//! A schema is parsed once (`schema`). Reading goes from the writer's schema to the reader's, by a plan that is made once
//! for each pair (`Reading`); writing goes by the sink's schema (`Writing`). Where schemas come from is `registry/`'s.

mod schema;
mod wire;

pub use schema::{Field, Inner, Node, NodeId, SCHEMA_NODES_MAX, Schema, SchemaError, TypeName, Unit};
pub use wire::{FRAME_BYTES, split_frame, write_frame};

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{CodecError, Document};

/// Which members of a record are decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All.
    All,
    /// Those of these names, in the reader's schema; the others are skipped, and kept as bytes.
    Members(BTreeSet<String>),
}

/// How values of one writer's schema are read.
#[derive(Debug)]
pub struct Reading {
    _writer: Arc<Schema>,
}

impl Reading {
    /// Plans how values that `writer` wrote are read as `reader` has them; `None`: as they were written. `validate`: what
    /// is skipped is looked at as well.
    ///
    /// # Errors
    ///
    /// No value of the writer's schema can be read by the reader's.
    pub fn new(
        writer: Arc<Schema>,
        _reader: Option<Arc<Schema>>,
        _wanted: Wanted,
        _validate: bool,
    ) -> Result<Self, SchemaError> {
        Ok(Self { _writer: writer })
    }

    /// Decodes one value, without its frame.
    ///
    /// # Errors
    ///
    /// Bytes that are no value of the writer's schema, or a value that the reader's cannot hold.
    pub fn decode(self: &Arc<Self>, _body: &[u8]) -> Result<Document, CodecError> {
        Err(CodecError::new("avro_unavailable", "not built"))
    }
}

/// How values are written by one schema.
#[derive(Debug)]
pub struct Writing {
    _schema: Arc<Schema>,
}

impl Writing {
    /// Writes by `schema`; with `drop_extra`, members that it does not have are left out.
    pub fn new(schema: Arc<Schema>, _drop_extra: bool) -> Self {
        Self { _schema: schema }
    }

    /// Writes a value to the end of `out`, without its frame.
    ///
    /// # Errors
    ///
    /// A value that the schema cannot hold, with the path of the member.
    pub fn encode(&self, _document: &Document, _out: &mut Vec<u8>) -> Result<(), CodecError> {
        Err(CodecError::new("avro_unavailable", "not built"))
    }
}
