//! A record of which only some members are decoded. The others, and those that no program touches, are kept as the bytes
//! that they came in.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use vrl::path::{OwnedSegment, OwnedValuePath};
use vrl::value::{KeyString, ObjectMap, Value};

use super::super::CodecError;
use super::fault::Fault;
use super::input::Input;
use super::plan::{Action, Record};
use super::reading::Reading;

/// A decoded record with the bytes that it came in.
#[derive(Clone, Debug)]
pub struct Projected {
    reading: Arc<Reading>,
    body: Bytes,
    /// One for each place of the reading.
    marks: Vec<Mark>,
    /// What is decoded, or was written; an object, unless a program made it something else.
    members: Value,
    /// What decoding the rest may still take, in bytes.
    left_bytes: usize,
    /// What could not be decoded when a program wrote into it.
    fault: Option<Box<CodecError>>,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    /// Where its bytes end; they begin where those before it end.
    end: u32,
    state: State,
}

/// What has become of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is bytes only, or a default.
    Kept,
    /// It is decoded, and its bytes still say the same.
    Read,
    /// A program wrote it, or took it out, or the reader has no such member: what is decoded says all.
    Written,
}

impl Projected {
    pub(super) fn decode(reading: &Arc<Reading>, record: &Record, body: Bytes) -> Result<Self, Fault> {
        let mut members = ObjectMap::new();
        let mut marks = Vec::with_capacity(reading.places());
        let mut decoder = reading.decoder(Input::new(&body));
        decoder.charge(record.cost_bytes)?;
        decoder.nested(|decoder| {
            for (place, field) in record.fields.iter().enumerate() {
                let state = match &field.action {
                    Action::Read { name, step, .. } if reading.is_wanted(place) => {
                        let value = decoder.value(*step).map_err(|fault| fault.in_member(name))?;
                        members.insert(name.clone(), value);
                        State::Read
                    }
                    Action::Read { name, step, .. } => {
                        let passed =
                            if reading.validates() { decoder.check(*step) } else { decoder.skip(field.node) };
                        passed.map_err(|fault| fault.in_member(name))?;
                        State::Kept
                    }
                    Action::Skip => decoder.skip(field.node).map(|()| State::Written)?,
                    Action::Check(step) => decoder.check(*step).map(|()| State::Written)?,
                };
                marks.push(Mark { end: place_of(decoder.input.at()), state });
            }
            Ok(())
        })?;
        decoder.finish()?;
        for default in &record.defaults {
            decoder.charge(default.cost_bytes)?;
            let is_wanted = reading.is_wanted(marks.len());
            if is_wanted {
                members.insert(default.name.clone(), default.value.clone());
            }
            let state = if is_wanted { State::Read } else { State::Kept };
            marks.push(Mark { end: place_of(body.len()), state });
        }
        let (left_bytes, members) = (decoder.left_bytes, Value::Object(members));
        Ok(Self { reading: Arc::clone(reading), body, marks, members, left_bytes, fault: None })
    }

    /// How the record was read.
    pub(super) fn reading(&self) -> &Reading {
        &self.reading
    }

    /// What became of the member at `place`.
    pub(super) fn state(&self, place: usize) -> State {
        self.marks[place].state
    }

    /// The bytes of the member at `place`.
    pub(super) fn bytes(&self, place: usize) -> Range<usize> {
        let start = place.checked_sub(1).map_or(0, |before| self.marks[before].end);
        start as usize..self.marks[place].end as usize
    }

    /// All bytes.
    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    /// What could not be decoded.
    pub(super) fn fault(&self) -> Option<&CodecError> {
        self.fault.as_deref()
    }

    /// The names of members that are not decoded.
    pub(super) fn kept(&self) -> impl Iterator<Item = &KeyString> {
        let kept = self.marks.iter().enumerate().filter(|(_, mark)| mark.state == State::Kept);
        kept.filter_map(|(place, _)| self.name(place))
    }

    /// What is decoded.
    pub fn decoded(&self) -> &Value {
        &self.members
    }

    /// The same, without what was kept of the rest.
    pub fn into_decoded(self) -> Value {
        self.members
    }

    /// All of it: what is not decoded yet, is.
    ///
    /// # Errors
    ///
    /// A member that was skipped does not decode.
    pub fn whole(&self) -> Result<Cow<'_, Value>, CodecError> {
        if let Some(fault) = &self.fault {
            return Err((**fault).clone());
        }
        if self.marks.iter().all(|mark| mark.state != State::Kept) {
            return Ok(Cow::Borrowed(&self.members));
        }
        self.clone().into_whole().map(Cow::Owned)
    }

    /// The same, of what is no longer needed.
    ///
    /// # Errors
    ///
    /// A member that was skipped does not decode.
    pub fn into_whole(mut self) -> Result<Value, CodecError> {
        for place in 0..self.marks.len() {
            self.read(place);
        }
        match self.fault {
            Some(fault) => Err(*fault),
            None => Ok(self.members),
        }
    }

    /// What is decoded at `path`, to be changed in place.
    pub fn get_mut(&mut self, path: &OwnedValuePath) -> Option<&mut Value> {
        self.write(path, true);
        self.members.get_mut(path)
    }

    /// Puts `new` at `path`.
    pub fn insert(&mut self, path: &OwnedValuePath, new: Value) {
        self.write(path, path.segments.len() > 1);
        self.members.insert(path, new);
    }

    /// Takes out what stands at `path`.
    pub fn remove(&mut self, path: &OwnedValuePath, compact: bool) -> Option<Value> {
        self.write(path, true);
        self.members.remove(path, compact)
    }

    /// The value of the member at `place`, whether it is decoded or not.
    pub(super) fn value(&self, place: usize) -> Result<Option<Cow<'_, Value>>, Fault> {
        let Some(name) = self.name(place) else { return Ok(None) };
        if self.marks[place].state == State::Kept {
            let value = self.decode_kept(place).map(|(value, _)| Some(value));
            return value.map_err(|fault| fault.in_member(name));
        }
        let members = self.members.as_object();
        Ok(members.and_then(|members| members.get(name.as_str())).map(Cow::Borrowed))
    }

    /// A program writes at `path`: what stands at its first name, or all, is no longer what its bytes say. `reads`: it
    /// needs what is there.
    fn write(&mut self, path: &OwnedValuePath, reads: bool) {
        let places = match path.segments.first() {
            Some(OwnedSegment::Field(name)) => match self.reading.place(name) {
                Some(place) => place..place + 1,
                None => return,
            },
            // The root, or an index that makes an array of it.
            _ => 0..self.marks.len(),
        };
        for place in places {
            if reads {
                self.read(place);
            }
            self.marks[place].state = State::Written;
        }
    }

    /// Decodes the member at `place` where it is not.
    fn read(&mut self, place: usize) {
        if self.marks[place].state != State::Kept {
            return;
        }
        let name = self.name(place).expect("only what the reader has is kept").clone();
        let decoded = self.decode_kept(place).map(|(value, left_bytes)| (value.into_owned(), left_bytes));
        match (decoded, self.members.as_object_mut()) {
            (Ok((value, left_bytes)), Some(members)) => {
                members.insert(name, value);
                self.left_bytes = left_bytes;
            }
            (Ok(_), None) => {}
            (Err(fault), _) => {
                self.fault.get_or_insert_with(|| Box::new(fault.in_member(&name).read()));
            }
        }
        self.marks[place].state = State::Read;
    }

    /// The value, and what decoding may take after it.
    fn decode_kept(&self, place: usize) -> Result<(Cow<'_, Value>, usize), Fault> {
        let record = self.record();
        let Some(field) = record.fields.get(place) else {
            let value = &record.defaults[place - record.fields.len()].value;
            return Ok((Cow::Borrowed(value), self.left_bytes));
        };
        let Action::Read { step, .. } = &field.action else { unreachable!("only what is read is kept") };
        let bytes = self.bytes(place);
        let mut decoder = self.reading.decoder(Input::from(&self.body, bytes.start));
        decoder.left_bytes = self.left_bytes;
        // As deep as it stands in the record.
        let value = decoder.nested(|decoder| decoder.value(*step))?;
        if decoder.input.at() != bytes.end {
            return Err(
                Fault::new("avro_length", "what its blocks say and what they hold differ").at(bytes.start)
            );
        }
        Ok((Cow::Owned(value), decoder.left_bytes))
    }

    fn name(&self, place: usize) -> Option<&KeyString> {
        let record = self.record();
        match record.fields.get(place).map(|field| &field.action) {
            Some(Action::Read { name, .. }) => Some(name),
            Some(Action::Skip | Action::Check(_)) => None,
            None => Some(&record.defaults[place - record.fields.len()].name),
        }
    }

    fn record(&self) -> &Record {
        self.reading.record().expect("only records are projected")
    }
}

fn place_of(offset: usize) -> u32 {
    u32::try_from(offset).expect("a body is limited far below")
}
