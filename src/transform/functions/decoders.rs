//! What is packed, with a bound on what comes out of it: a few bytes may say that they are gigabytes.

use std::io::{Cursor, Read};

use vrl::compiler::expression::{Expression, Resolved};
use vrl::compiler::{Context, TypeInfo, TypeState};
use vrl::value::Value;

use super::bounded::{TEXT_BYTES_MAX, check_length};
use super::retyped::Site;

/// How the functions of VRL tell of what is none.
type Unpack = fn(&[u8], &Options) -> Result<Vec<u8>, String>;

const LZ4_FRAME: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];

/// Where `decode_lz4` is not told.
const LZ4_BUFFER_BYTES: i64 = 1_000_000;

/// What `decode_lz4` may be told.
struct Options {
    buffer_bytes: i64,
    is_size_prepended: bool,
}

/// A call that unpacks.
pub(super) fn bounded(told: Box<dyn Expression>, site: &Site<'_>) -> Box<dyn Expression> {
    let unpack: Unpack = match site.function.identifier() {
        "decode_gzip" => gzip,
        "decode_zlib" => zlib,
        "decode_zstd" => zstd,
        "decode_snappy" => snappy,
        "decode_lz4" => lz4,
        _ => return told,
    };
    Box::new(Unpacked {
        value: site.arguments.required("value"),
        buffer_bytes: site.arguments.optional("buf_size"),
        is_size_prepended: site.arguments.optional("prepended_size"),
        unpack,
        told,
    })
}

#[derive(Clone, Debug)]
struct Unpacked {
    value: Box<dyn Expression>,
    buffer_bytes: Option<Box<dyn Expression>>,
    is_size_prepended: Option<Box<dyn Expression>>,
    unpack: Unpack,
    /// VRL's own, for its type.
    told: Box<dyn Expression>,
}

impl Expression for Unpacked {
    fn resolve(&self, context: &mut Context) -> Resolved {
        let value = self.value.resolve(context)?;
        let mut options = Options { buffer_bytes: LZ4_BUFFER_BYTES, is_size_prepended: false };
        if let Some(buffer) = &self.buffer_bytes {
            let buffer = buffer.resolve(context)?;
            options.buffer_bytes = buffer.as_integer().ok_or_else(|| expected("integer", &buffer))?;
        }
        if let Some(prepended) = &self.is_size_prepended {
            let prepended = prepended.resolve(context)?;
            options.is_size_prepended =
                prepended.as_boolean().ok_or_else(|| expected("boolean", &prepended))?;
        }
        let packed = value.as_bytes().ok_or_else(|| expected("string", &value))?;
        Ok(Value::from(bytes::Bytes::from((self.unpack)(packed, &options)?)))
    }

    fn type_info(&self, state: &TypeState) -> TypeInfo {
        self.told.type_info(state)
    }
}

fn expected(what: &str, got: &Value) -> String {
    format!("expected {what}, got {}", got.kind())
}

fn gzip(packed: &[u8], _: &Options) -> Result<Vec<u8>, String> {
    let reader = flate2::read::MultiGzDecoder::new(Cursor::new(packed));
    all_of(reader).map_err(|failed| failed.unwrap_or_else(|| failure("Gzip")))
}

fn zlib(packed: &[u8], _: &Options) -> Result<Vec<u8>, String> {
    let reader = flate2::read::ZlibDecoder::new(Cursor::new(packed));
    all_of(reader).map_err(|failed| failed.unwrap_or_else(|| failure("Zlib")))
}

fn zstd(packed: &[u8], _: &Options) -> Result<Vec<u8>, String> {
    let reader = ::zstd::stream::read::Decoder::new(Cursor::new(packed)).map_err(|_| failure("Zstd"))?;
    all_of(reader).map_err(|failed| failed.unwrap_or_else(|| failure("Zstd")))
}

fn snappy(packed: &[u8], _: &Options) -> Result<Vec<u8>, String> {
    let length = snap::raw::decompress_len(packed).map_err(|_| failure("Snappy"))?;
    check_length(length)?;
    snap::raw::Decoder::new().decompress_vec(packed).map_err(|_| failure("Snappy"))
}

fn lz4(packed: &[u8], options: &Options) -> Result<Vec<u8>, String> {
    let in_block = |error| format!("unable to decode value with lz4 block decoder: {error}");
    if packed.starts_with(&LZ4_FRAME) {
        let reader = lz4_flex::frame::FrameDecoder::new(Cursor::new(packed));
        let words = || "unable to decode value with lz4 frame decoder".to_owned();
        return all_of(reader).map_err(|failed| failed.unwrap_or_else(words));
    }
    if options.is_size_prepended {
        let (length, rest) = lz4_flex::block::uncompressed_size(packed).map_err(in_block)?;
        check_length(length)?;
        return lz4_flex::block::decompress(rest, length).map_err(in_block);
    }
    match usize::try_from(options.buffer_bytes) {
        Ok(buffer) if buffer <= TEXT_BYTES_MAX => {
            lz4_flex::block::decompress(packed, buffer).map_err(in_block)
        }
        _ => Err(format!("`buf_size` is {}, and must be from 0 to {TEXT_BYTES_MAX}", options.buffer_bytes)),
    }
}

fn failure(decoder: &str) -> String {
    format!("unable to decode value with {decoder} decoder")
}

/// All that comes out; an error without words: it is none of that kind.
fn all_of(reader: impl Read) -> Result<Vec<u8>, Option<String>> {
    let mut all = Vec::new();
    let most = TEXT_BYTES_MAX as u64 + 1;
    reader.take(most).read_to_end(&mut all).map_err(|_| None)?;
    check_length(all.len())?;
    Ok(all)
}
