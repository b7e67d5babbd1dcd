//! The frame that the Schema Registry's serialisers put before a value: a zero byte and the id of the schema, four bytes,
//! the most significant first.

use super::super::CodecError;

/// The length of a frame, in bytes.
pub const FRAME_BYTES: usize = 5;

/// The greatest id that a registry gives out: its API has a signed number of 32 bits.
const ID_MAX: u32 = i32::MAX as u32;

/// Takes the frame from `bytes`: the schema's id, and the value behind it.
///
/// # Errors
///
/// There is no frame.
pub fn split_frame(bytes: &[u8]) -> Result<(u32, &[u8]), CodecError> {
    match bytes {
        [] => Err(CodecError::new("avro_empty", "not Avro of a schema registry: the value is empty")),
        // Registries count in signed numbers, and answer others as they answer nonsense: that is no outage.
        [0, a, b, c, d, ..] if u32::from_be_bytes([*a, *b, *c, *d]) > ID_MAX => {
            let id = u32::from_be_bytes([*a, *b, *c, *d]);
            let message = format!(
                "not Avro of a schema registry: no schema has an id beyond {ID_MAX}, and this says {id}"
            );
            Err(CodecError::new("avro_frame", message))
        }
        [0, a, b, c, d, body @ ..] => Ok((u32::from_be_bytes([*a, *b, *c, *d]), body)),
        [0, ..] => {
            let message = format!(
                "not Avro of a schema registry: {} bytes, where magic byte and schema id alone take {FRAME_BYTES}",
                bytes.len()
            );
            Err(CodecError::new("avro_frame", message))
        }
        [first, ..] => {
            let message = format!(
                "not Avro of a schema registry: the first byte is {first:#04x}, not the magic byte 0x00"
            );
            Err(CodecError::new("avro_magic", message))
        }
    }
}

/// Puts a frame at the end of `out`.
pub fn write_frame(id: u32, out: &mut Vec<u8>) {
    out.push(0);
    out.extend_from_slice(&id.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_framed_is_split_again() {
        let mut out = Vec::new();
        write_frame(0x0102_0304, &mut out);
        out.push(7);
        assert_eq!(out, [0, 1, 2, 3, 4, 7]);
        assert_eq!(split_frame(&out), Ok((0x0102_0304, &[7u8][..])));
    }

    #[test]
    fn what_has_no_frame_is_told_apart() {
        for (bytes, class) in [
            (&[][..], "avro_empty"),
            (&[0, 1, 2, 3], "avro_frame"),
            (&[0, 0x80, 0, 0, 0, 1], "avro_frame"),
            (b"{\"a\":1}", "avro_magic"),
        ] {
            assert_eq!(split_frame(bytes).expect_err("no frame").class, class);
        }
    }
}
