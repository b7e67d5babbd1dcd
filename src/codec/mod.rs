//! Bytes ↔ values: one module a format, and the limits that keep a hostile record from taking the process with it.
//!
//! What a decoded value is changed by is `transform/`'s; when decoding happens, and which bytes pass as they came,
//! is `pipeline/`'s.

pub mod avro;
mod document;
#[cfg(test)]
mod fuzz;
mod json;
mod json_read;
pub mod json_schema;
mod json_write;
mod place;

pub use document::Document;
pub use json::{JSON_BYTES_MAX, JSON_DEPTH_MAX};

/// Why bytes do not decode, or a value does not encode. It never tells what the bytes were, only where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CodecError {
    /// A short stable name for the class of the error.
    pub class: &'static str,
    /// What is wrong, and where.
    pub message: String,
    /// It was found when a value was written, and is the fault of the bytes that it was read from.
    pub is_of_input: bool,
}

impl CodecError {
    pub(crate) fn new(class: &'static str, message: impl Into<String>) -> Self {
        Self { class, message: message.into(), is_of_input: false }
    }

    /// The same, of bytes that were kept, and decoded only when they were written.
    pub(crate) fn of_input(self) -> Self {
        Self { is_of_input: true, ..self }
    }
}

/// Decodes JSON.
///
/// # Errors
///
/// Bytes that are no JSON, or beyond its limits.
pub fn decode_json(bytes: &[u8]) -> Result<Document, CodecError> {
    json::decode(bytes)
}

/// Writes JSON to the end of `out`.
///
/// # Errors
///
/// A value that JSON cannot hold; `out` then has what was written so far.
pub fn encode_json(document: &Document, out: &mut Vec<u8>) -> Result<(), CodecError> {
    json::encode(document, out)
}

/// Writes the bytes of a string to the end of `out`.
///
/// # Errors
///
/// A value that is no string.
pub fn encode_raw(document: &Document, out: &mut Vec<u8>) -> Result<(), CodecError> {
    let value = document.whole()?;
    let Some(bytes) = value.as_bytes() else {
        let message = format!("raw bytes come from a string, not from a value of type {}", value.kind_str());
        return Err(CodecError::new("raw_type", message));
    };
    out.extend_from_slice(bytes);
    Ok(())
}
