//! How values and keys are decoded and encoded, and where schemas come from.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::codec::avro;
use crate::codec::json_schema::JsonSchema;

use super::Secret;

/// A wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Bytes as they are.
    Raw,
    /// JSON (RFC 8259).
    Json,
    /// Avro, in the wire format of the Schema Registry: a zero byte, the schema's id in four, the value.
    Avro,
}

/// How value and key are decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodeSpec {
    /// The value.
    pub value: Decoding,
    /// The key.
    pub key: Decoding,
}

/// How bytes become a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoding {
    /// Their format.
    pub format: Format,
    /// What the file says that values are; `None`: nothing, and Avro is read by the writer's schema alone.
    pub schema: Option<DataSchema>,
    /// How much of a value is looked at.
    pub validate: Validate,
}

/// What values are.
#[derive(Clone, Debug, PartialEq)]
pub enum DataSchema {
    /// Avro: the reader's schema.
    Avro(Arc<avro::Schema>),
    /// A JSON Schema.
    Json(Arc<JsonSchema>),
}

/// How much of a value is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validate {
    /// The members that a program or a sink reads.
    Read,
    /// All of it.
    Full,
}

impl Decoding {
    /// The reader's schema, where there is one.
    pub fn reader(&self) -> Option<&Arc<avro::Schema>> {
        match &self.schema {
            Some(DataSchema::Avro(schema)) => Some(schema),
            Some(DataSchema::Json(_)) | None => None,
        }
    }

    /// Of a format, with nothing known beyond.
    pub const fn plain(format: Format) -> Self {
        Self { format, schema: None, validate: Validate::Read }
    }
}

/// How a value becomes bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoding {
    /// The format to write.
    pub format: Format,
    /// What Avro needs beyond; `None` where another format is written, or where records pass in the schema that they
    /// came in, which no map then changes.
    pub avro: Option<AvroEncoding>,
}

impl Encoding {
    /// Of a format, with nothing beyond.
    pub const fn plain(format: Format) -> Self {
        Self { format, avro: None }
    }
}

/// By which schema Avro is written, and how the registry knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct AvroEncoding {
    /// The schema.
    pub schema: SinkSchema,
    /// The subject that the registry has it under.
    pub subject: String,
    /// Whether it is registered where it is missing.
    pub register: Register,
    /// What becomes of members that it does not have.
    pub extra: Extra,
}

/// Where a sink's schema comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum SinkSchema {
    /// A file.
    File(Arc<avro::Schema>),
    /// This version of the subject.
    Version(u32),
}

/// Whether a sink's schema is registered where the subject does not have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// It must be there.
    Never,
    /// It is registered at the start of the pipeline.
    IfMissing,
}

/// What becomes of members that a sink's schema does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// The record is poison.
    Error,
    /// They are left out.
    Drop,
}

/// The schema registry and how to talk to it. Secrets are never shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrySpec {
    /// Base addresses, without a slash at the end; the next one is asked where one does not answer.
    pub urls: Vec<String>,
    /// Who asks.
    pub auth: RegistryAuth,
    /// Certificates of authorities, PEM, in the place of the system's.
    pub ca: Option<PathBuf>,
    /// Client certificate and key, PEM, each in a file.
    pub client: Option<(PathBuf, PathBuf)>,
    /// The longest that one request takes.
    pub timeout: Duration,
    /// How long an id that the registry does not know is asked for again before its records are poison.
    pub missing_grace: Duration,
}

/// Who asks the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryAuth {
    /// Nobody in particular.
    None,
    /// RFC 7617.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// RFC 6750.
    Bearer(Secret),
}
