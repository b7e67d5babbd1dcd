//! What functions and operators give that need not be text: bytes of any value.

use std::sync::Arc;

use super::shape::{Shape, Text};

/// The functions that give bytes of any value, whatever they are given.
const GIVE_BYTES: [&str; 15] = [
    "decode_base16",
    "decode_base64",
    "decode_gzip",
    "decode_lz4",
    "decode_snappy",
    "decode_zlib",
    "decode_zstd",
    "encode_charset",
    "encode_gzip",
    "encode_lz4",
    "encode_proto",
    "encode_snappy",
    "encode_zlib",
    "encode_zstd",
    "ip_pton",
];

/// What a function gives where that may be no text; `first`: its first argument.
pub(super) fn result(name: &str, first: Option<&Shape>) -> Option<Shape> {
    let bytes = Shape::Text(Text::Bytes(None));
    match (name, first) {
        ("random_bytes", _) => Some(bytes),
        ("chunks", _) => Some(Shape::Array(Arc::new(bytes))),
        ("to_string", Some(first)) if is_binary(first) => Some(bytes),
        (name, _) => GIVE_BYTES.contains(&name).then_some(bytes),
    }
}

/// Whether it may be bytes that are no text.
pub(super) fn is_binary(shape: &Shape) -> bool {
    shape.alternatives().iter().any(|(one, _)| matches!(one, Shape::Text(Text::Bytes(_))))
}
