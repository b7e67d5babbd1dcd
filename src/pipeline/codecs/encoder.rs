//! Values to bytes, for one side of one sink.

use std::sync::Arc;

use crate::codec::avro::{Schema, Writing, write_frame};
use crate::codec::{self, CodecError, Document};
use crate::config::spec::{AvroEncoding, Encoding, Extra, Format, SinkSchema};
use crate::registry::SinkLookup;

use super::{Origin, Schemas};

/// Encodes one side of a sink's records.
#[derive(Debug)]
pub struct Encoder {
    encoding: Encoding,
    /// Avro: the id of the schema and how it is written, once the registry has told.
    writing: Option<(u32, Writing)>,
}

/// Whether an encoder can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// It can.
    Ready,
    /// The registry has not answered yet; what holds it up, once something does.
    Waiting(Option<String>),
    /// The registry has not the schema, or refuses it.
    Refused(String),
}

impl Encoder {
    /// An encoder; one for Avro has to be prepared.
    pub fn new(encoding: &Encoding) -> Self {
        Self { encoding: encoding.clone(), writing: None }
    }

    /// How it encodes.
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// Asks for what it needs.
    pub fn prepare(&mut self, schemas: &Schemas) -> Prepared {
        let Some(avro) = self.encoding.avro.as_ref().filter(|_| self.writing.is_none()) else {
            return Prepared::Ready;
        };
        match schemas.registry().sink(avro, &schemas.wake) {
            SinkLookup::Ready(id, schema) => {
                self.writing = Some((id, Writing::new(schema, drops_extra(avro))));
                Prepared::Ready
            }
            SinkLookup::Waiting(reason) => Prepared::Waiting(reason),
            SinkLookup::Refused(reason) => Prepared::Refused(reason),
        }
    }

    /// The schema that it writes by, where the file says only its version.
    pub fn pinned(&self) -> Option<&Arc<Schema>> {
        let (avro, (_, writing)) = self.encoding.avro.as_ref().zip(self.writing.as_ref())?;
        matches!(avro.schema, SinkSchema::Version(_)).then(|| writing.schema())
    }

    /// Looks whether the registry still says what it said: where it was asked before this process, or has lost what it had,
    /// it may not. Another id or schema is taken over; gives whether one was.
    ///
    /// # Errors
    ///
    /// It refuses the schema now.
    pub fn look_again(&mut self, schemas: &Schemas) -> Result<bool, String> {
        let (Some(avro), Some((id, writing))) = (&self.encoding.avro, &self.writing) else {
            return Ok(false);
        };
        match schemas.registry().sink(avro, &schemas.wake) {
            SinkLookup::Ready(now, schema) if now != *id || !is_same(&schema, writing.schema()) => {
                self.writing = Some((now, Writing::new(schema, drops_extra(avro))));
                Ok(true)
            }
            SinkLookup::Refused(reason) => Err(reason),
            SinkLookup::Ready(..) | SinkLookup::Waiting(_) => Ok(false),
        }
    }

    /// Whether what came as `origin` and was not changed passes as it came.
    pub fn passes(&self, origin: Origin) -> bool {
        match (self.encoding.format, &self.writing) {
            (Format::Raw, _) => true,
            (Format::Json, _) => origin.format == Format::Json,
            (Format::Avro, Some((id, _))) => origin.id == Some(*id),
            // In the schema that it came in.
            (Format::Avro, None) => origin.format == Format::Avro,
        }
    }

    /// Writes a value to the end of `out`.
    ///
    /// # Errors
    ///
    /// A value that the format or the schema cannot hold.
    pub fn encode(&self, document: &Document, out: &mut Vec<u8>) -> Result<(), CodecError> {
        match (self.encoding.format, &self.writing) {
            (Format::Raw, _) => codec::encode_raw(document, out),
            (Format::Json, _) => codec::encode_json(document, out),
            (Format::Avro, Some((id, writing))) => {
                write_frame(*id, out);
                writing.encode(document, out)
            }
            (Format::Avro, None) => {
                let message = "there is no schema to write this value by: it did not come in Avro";
                Err(CodecError::new("avro_no_schema", message))
            }
        }
    }
}

fn is_same(one: &Arc<Schema>, other: &Arc<Schema>) -> bool {
    Arc::ptr_eq(one, other) || one == other
}

fn drops_extra(avro: &AvroEncoding) -> bool {
    avro.extra == Extra::Drop
}
