//! Bytes ↔ values: one module a format, and the limits that keep a hostile record from taking the process with it.
//!
//! What a decoded value is changed by is `transform/`'s; when decoding happens, and which bytes pass as they came,
//! is `pipeline/`'s.

pub mod avro;
mod document;
mod json;
mod json_read;
pub mod json_schema;
mod json_write;

pub use document::Document;
pub use json::{JSON_BYTES_MAX, JSON_DEPTH_MAX};

use crate::config::spec::Format;

/// Why bytes do not decode, or a value does not encode. It never tells what the bytes were, only where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CodecError {
    /// A short stable name for the class of the error.
    pub class: &'static str,
    /// What is wrong, and where.
    pub message: String,
}

impl CodecError {
    pub(crate) fn new(class: &'static str, message: impl Into<String>) -> Self {
        Self { class, message: message.into() }
    }
}

/// Decodes `bytes`.
///
/// # Errors
///
/// Bytes that are not of the format, or beyond its limits.
pub fn decode(format: Format, bytes: &[u8]) -> Result<Document, CodecError> {
    match format {
        Format::Raw => Ok(Document::from_bytes(bytes)),
        Format::Json => json::decode(bytes),
        Format::Avro => unreachable!("Avro is decoded by its schema"),
    }
}

/// Encodes `document` to the end of `out`.
///
/// # Errors
///
/// A value that the format cannot hold; `out` then has what was written so far.
pub fn encode(format: Format, document: &Document, out: &mut Vec<u8>) -> Result<(), CodecError> {
    match format {
        Format::Raw => encode_raw(document, out),
        Format::Json => json::encode(document.root(), out),
        Format::Avro => unreachable!("Avro is encoded by its schema"),
    }
}

fn encode_raw(document: &Document, out: &mut Vec<u8>) -> Result<(), CodecError> {
    let value = document.root();
    let Some(bytes) = value.as_bytes() else {
        let message = format!("raw bytes come from a string, not from a value of type {}", value.kind_str());
        return Err(CodecError::new("raw_type", message));
    };
    out.extend_from_slice(bytes);
    Ok(())
}
