//! The value and the key of the record at hand, between its bytes and what programs make of it.

use std::borrow::Cow;
use std::sync::Arc;

use vrl::value::Value;

use crate::codec::{self, CodecError, Document};
use crate::config::spec::Format;
use crate::pipeline::codecs::{Decoder, Encoder, NotDecoded, Origin, Schemas, of_schema, unfit};
use crate::record::Record;
use crate::transform::{Frame, Misfit, MisfitAt, Program};

/// The value of the record at hand.
pub(super) struct Current<'r> {
    /// Its bytes, as they came or as a map made them before `decode`; `None` for a tombstone.
    wire: Option<Cow<'r, [u8]>>,
    /// Whether the frame holds it.
    is_in_frame: bool,
    /// What the value was decoded from.
    origin: Origin,
    /// What the key was decoded from.
    key_origin: Origin,
    /// What of the schemas of value and key does not fit behind a filter, with their ids.
    later: Vec<(u32, Arc<Misfit>)>,
    /// Whether a program changed the decoded value, so that `wire` is not it.
    is_changed: bool,
    pub(super) is_tombstone: bool,
}

impl<'r> Current<'r> {
    pub(super) fn new(record: &'r Record<'r>) -> Self {
        Self {
            wire: record.value.map(Cow::Borrowed),
            is_in_frame: false,
            origin: Origin::RAW,
            key_origin: Origin::RAW,
            later: Vec::new(),
            is_changed: false,
            is_tombstone: record.value.is_none(),
        }
    }

    pub(super) fn decode_key(
        &mut self,
        decoder: &mut Decoder,
        record: &Record<'_>,
        frame: &mut Frame,
        schemas: &Schemas,
    ) -> Result<(), NotDecoded> {
        if decoder.format() == Format::Raw || frame.is_key_written() {
            return Ok(());
        }
        let Some(key) = record.key else { return Ok(()) };
        let (key, origin) = decoder.decode(key, schemas).map_err(|error| match error {
            NotDecoded::Poison(error) => {
                NotDecoded::Poison(CodecError { message: format!("the key: {}", error.message), ..error })
            }
            waits @ NotDecoded::Waits(_) => waits,
        })?;
        frame.set_key(key);
        self.key_origin = origin;
        self.meets(origin, decoder);
        Ok(())
    }

    pub(super) fn decode_value(
        &mut self,
        decoder: &mut Decoder,
        frame: &mut Frame,
        schemas: &Schemas,
    ) -> Result<(), NotDecoded> {
        if decoder.format() == Format::Raw {
            return Ok(());
        }
        // Also of a tombstone: what a program makes of it is a decoded value.
        self.origin = Origin { format: decoder.format(), id: None };
        if let Some(wire) = self.wire.as_deref() {
            let (document, origin) = decoder.decode(wire, schemas)?;
            frame.set_value(document);
            self.origin = origin;
            self.is_in_frame = true;
            self.meets(origin, decoder);
        }
        Ok(())
    }

    fn meets(&mut self, origin: Origin, decoder: &Decoder) {
        let misfit = origin.id.zip(decoder.later());
        self.later.extend(misfit.map(|(id, misfit)| (id, Arc::clone(misfit))));
    }

    /// A record that the filters let through to a place where no record of its schema can be processed.
    ///
    /// # Errors
    ///
    /// It is one.
    pub(super) fn comes_to(&self, place: MisfitAt) -> Result<(), CodecError> {
        let misfit = self.later.iter().find(|(_, misfit)| misfit.at == place);
        misfit.map_or(Ok(()), |(id, misfit)| Err(of_schema(*id, unfit(misfit))))
    }

    /// Puts the value's bytes into the frame where nothing is decoded and `program` looks at them.
    pub(super) fn show(&mut self, program: &Program, frame: &mut Frame) {
        if self.is_in_frame || !program.touches_value() {
            return;
        }
        frame.set_value(self.wire.as_deref().map_or(Document::null(), Document::from_bytes));
        self.is_in_frame = true;
    }

    /// Takes in what a map made of the value.
    pub(super) fn settle(&mut self, frame: &mut Frame) -> Result<(), CodecError> {
        if !frame.is_value_written() {
            return Ok(());
        }
        self.is_tombstone = frame.value().is_null();
        if self.is_tombstone {
            self.wire = None;
        } else if self.origin.format == Format::Raw {
            let mut wire = Vec::new();
            codec::encode_raw(frame.value(), &mut wire)?;
            self.wire = Some(Cow::Owned(wire));
        } else {
            self.is_changed = true;
        }
        Ok(())
    }

    /// The value as `encoder` writes it; what no program changed, and stands as it would, as it came.
    pub(super) fn encode(
        &self,
        encoder: &Encoder,
        frame: &Frame,
        expected_bytes: &mut usize,
    ) -> Result<Option<Cow<'r, [u8]>>, CodecError> {
        if self.is_tombstone {
            return Ok(None);
        }
        if !self.is_changed && self.wire.is_some() && encoder.passes(self.origin) {
            return Ok(self.wire.clone());
        }
        let mut out = Vec::with_capacity(*expected_bytes);
        let encoded = match &self.wire {
            Some(wire) if !self.is_in_frame => encoder.encode(&Document::from_bytes(wire), &mut out),
            _ => encoder.encode(frame.value(), &mut out),
        };
        encoded.map_err(|error| match self.origin.id {
            Some(id) if error.is_of_input => of_schema(id, error),
            _ => error,
        })?;
        *expected_bytes = out.len();
        Ok(Some(Cow::Owned(out)))
    }

    /// The key as `encoder` writes it; without one, as it came or in the text that a program wrote.
    pub(super) fn encode_key(
        &self,
        encoder: Option<&Encoder>,
        record: &'r Record<'r>,
        frame: &Frame,
    ) -> Result<Option<Cow<'r, [u8]>>, CodecError> {
        let is_written = frame.is_key_written();
        let passes = encoder.is_none_or(|encoder| encoder.passes(self.key_origin));
        if !is_written && passes {
            return Ok(record.key.map(Cow::Borrowed));
        }
        let Some(encoder) = encoder else {
            return Ok(frame.key_text()?.map(|text| Cow::Owned(text.to_vec())));
        };
        match frame.key_value() {
            None | Some(Value::Null) => Ok(None),
            Some(key) => {
                let mut out = Vec::new();
                encoder.encode(&Document::Eager(key.clone()), &mut out)?;
                Ok(Some(Cow::Owned(out)))
            }
        }
    }
}
