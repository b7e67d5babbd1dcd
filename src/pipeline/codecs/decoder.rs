//! Bytes to values, for one side of a record.

use std::sync::Arc;

use crate::codec::avro::{self, Reading, Wanted, split_frame};
use crate::codec::json_schema::JsonSchema;
use crate::codec::{self, CodecError, Document};
use crate::config::spec::{DataSchema, Decoding, Format, Validate};
use crate::registry::Lookup;

use super::Schemas;
use super::readings::{Plan, Readings};
use crate::transform::{Misfit, MisfitAt};

/// What a schema must fit that records of it may be processed; gives what does not.
pub type Fits = Arc<dyn Fn(&Arc<avro::Schema>) -> Result<(), Misfit> + Send + Sync>;

/// Decodes one side of a pipeline's records.
pub struct Decoder {
    format: Format,
    reader: Option<Arc<avro::Schema>>,
    rules: Option<Arc<JsonSchema>>,
    wanted: Wanted,
    is_full: bool,
    fits: Option<Fits>,
    /// How values of each writer's schema are read, by its id; or why they are not.
    readings: Readings,
}

/// What a value was decoded from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The format.
    pub format: Format,
    /// Avro: the id of the writer's schema.
    pub id: Option<u32>,
}

impl Origin {
    /// Nothing is decoded.
    pub const RAW: Origin = Origin { format: Format::Raw, id: None };
}

/// A schema that is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// Its id.
    pub id: u32,
    /// What holds it up, once something does.
    pub reason: Option<String>,
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotDecoded {
    /// The bytes are wrong.
    Poison(CodecError),
    /// Their schema is not known yet.
    Waits(Waits),
}

impl From<CodecError> for NotDecoded {
    fn from(error: CodecError) -> Self {
        Self::Poison(error)
    }
}

impl Decoder {
    /// A decoder that decodes what is `wanted` of each value; `fits` judges each new writer's schema.
    pub fn new(decoding: &Decoding, wanted: Wanted, fits: Option<Fits>) -> Self {
        Self {
            format: decoding.format,
            reader: decoding.reader().cloned(),
            rules: match &decoding.schema {
                Some(DataSchema::Json(rules)) => Some(Arc::clone(rules)),
                Some(DataSchema::Avro(_)) | None => None,
            },
            wanted,
            is_full: decoding.validate == Validate::Full,
            fits,
            readings: Readings::default(),
        }
    }

    /// Judges writers' schemas by `fits` from now on, also those that are known already.
    pub fn judge_by(&mut self, fits: Fits) {
        self.fits = Some(fits);
        self.readings.clear();
    }

    /// The format that it reads.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Decodes bytes.
    ///
    /// # Errors
    ///
    /// They are wrong, or their schema is not known yet.
    pub fn decode(&mut self, bytes: &[u8], schemas: &Schemas) -> Result<(Document, Origin), NotDecoded> {
        let (document, id) = match self.format {
            Format::Raw => (Document::from_bytes(bytes), None),
            Format::Json => {
                let document = codec::decode_json(bytes)?;
                if let Some(rules) = &self.rules {
                    let wanted = if self.is_full { &Wanted::All } else { &self.wanted };
                    rules.validate(document.root(), wanted)?;
                }
                (document, None)
            }
            Format::Avro => {
                let (id, body) = split_frame(bytes)?;
                let document =
                    self.plan(id, schemas)?.reading.decode(body).map_err(|error| of_schema(id, error))?;
                (document, Some(id))
            }
        };
        Ok((document, Origin { format: self.format, id }))
    }

    /// What the record that was decoded last meets behind a filter, and does not fit.
    pub fn later(&self) -> Option<&Arc<Misfit>> {
        self.readings.later()
    }

    /// The schema that bytes name, where nothing is known of it yet.
    pub fn unplanned(&self, bytes: &[u8]) -> Option<u32> {
        let (id, _) = split_frame(bytes).ok().filter(|_| self.format == Format::Avro)?;
        (!self.readings.has(id)).then_some(id)
    }

    /// Whether the schema that was waited for is still not known; what then holds it up.
    pub fn still_waits(&mut self, id: u32, schemas: &Schemas) -> Option<Waits> {
        match self.plan(id, schemas) {
            Err(NotDecoded::Waits(waits)) => Some(waits),
            Ok(_) | Err(NotDecoded::Poison(_)) => None,
        }
    }

    /// Looks whether the registry still says of the schemas in use what it said: of all of them, since records of several
    /// take turns. One that means another schema now is planned anew.
    pub fn look_again(&mut self, schemas: &Schemas) {
        if self.format != Format::Avro {
            return;
        }
        let registry = schemas.registry();
        for id in self.readings.due() {
            if let Lookup::Ready(now) = registry.schema(id, &schemas.wake) {
                self.readings.hold(id, &now);
            }
        }
        for id in self.readings.doubtful(registry.changes()) {
            if let Some(now) = registry.known(id) {
                self.readings.hold(id, &now);
            }
        }
    }

    fn plan(&mut self, id: u32, schemas: &Schemas) -> Result<&Arc<Plan>, NotDecoded> {
        let Self { readings, reader, wanted, is_full, fits, .. } = self;
        readings.get(id, || {
            let writer = match schemas.registry().schema(id, &schemas.wake) {
                Lookup::Ready(writer) => writer,
                Lookup::Waiting(reason) => return Err(NotDecoded::Waits(Waits { id, reason })),
                // Not kept here: what is unknown today may be registered tomorrow.
                Lookup::Poison(class, message) => return Err(CodecError::new(class, message).into()),
            };
            let plan = || {
                let misfit = fits.as_ref().and_then(|fits| fits(&writer).err());
                let later = match misfit {
                    Some(misfit) if misfit.at == MisfitAt::Decode => return Err(unfit(&misfit)),
                    later => later.map(Arc::new),
                };
                if let Some(misfit) = &later {
                    tracing::warn!(schema_id = id, reason = %misfit.text, "records of this schema that get so far cannot be processed");
                }
                let reading = Reading::new(Arc::clone(&writer), reader.clone(), wanted.clone(), *is_full);
                let reading = reading.map_err(|error| CodecError::new("avro_resolution", error.to_string()))?;
                Ok(Arc::new(Plan { reading: Arc::new(reading), later }))
            };
            let planned = plan().map_err(|error| of_schema(id, error));
            if let Err(error) = &planned {
                tracing::warn!(schema_id = id, %error, "records of this schema cannot be processed");
            }
            Ok((writer, planned))
        })
    }
}

/// Records of a schema do not fit the pipeline.
pub fn unfit(misfit: &Misfit) -> CodecError {
    CodecError::new("avro_types", misfit.text.as_str())
}

/// The same, with the schema that the record names.
pub fn of_schema(id: u32, error: CodecError) -> CodecError {
    CodecError { message: format!("schema id {id}: {}", error.message), ..error }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").field("format", &self.format).finish_non_exhaustive()
    }
}
