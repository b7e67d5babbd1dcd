//! Avro, in the wire format of the Schema Registry: bytes ↔ values by schemas.
//!
//! A schema is parsed once (`schema`). Reading goes from the writer's schema to the reader's, by a plan that is made once
//! for each pair (`reading`, `resolve`, `plan`); writing goes by the sink's schema (`writing`). What values of each type
//! are in expressions, docs/avro.md tells. Where schemas come from is `registry/`'s.

mod changing;
mod copying;
mod decode;
mod decode_leaf;
mod defaults;
mod describe;
mod encode;
mod encode_leaf;
mod explain;
mod fault;
mod input;
mod leaf;
mod logical;
mod output;
mod parse;
mod plan;
mod possible;
mod prepare;
mod projected;
mod reach;
mod reading;
mod resolve;
mod same;
mod schema;
mod skip;
mod taken;
mod variants;
mod wire;
mod writing;
mod zero_sized;

#[cfg(test)]
mod tests;

pub use logical::canonical;
pub use prepare::SCHEMA_TEXT_DEPTH_MAX;
pub use projected::Projected;
pub use reading::{Reading, Wanted};
pub use schema::{Field, Inner, Node, NodeId, SCHEMA_NODES_MAX, Schema, SchemaError, TypeName, Unit};
pub use variants::VARIANT_EFFORT_MAX;
pub use wire::{FRAME_BYTES, split_frame, write_frame};
pub use writing::Writing;

/// The longest value that is read or written, in bytes; as much as librdkafka receives at once by default.
pub const AVRO_BYTES_MAX: usize = 100_000_000;

/// The deepest nesting of records, arrays and maps that is read or written, in levels; the same as JSON's.
pub const AVRO_DEPTH_MAX: usize = 128;

/// The most memory that one decoded value takes, in bytes, with the bytes that it came in: a few bytes can claim to be
/// millions of items.
pub const AVRO_DECODED_BYTES_MAX: usize = 256 * 1024 * 1024;
