//! A record of which only some members are decoded. The others, and those that no program touches, are kept as the bytes
//! that they came in.
//!
//! Members are held by their places in the reading: no name is copied, and no map is made, unless a program asks for the
//! record as one value. What programs do to it is in `changing`.

use std::borrow::Cow;
use std::cell::OnceCell;
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
    pub(super) reading: Arc<Reading>,
    body: Bytes,
    /// One for each place of the reading.
    pub(super) marks: Vec<Mark>,
    /// What is decoded, or was written, as the marks say.
    values: Vec<Option<Value>>,
    /// The members that a program made, and that the reader does not have.
    pub(super) others: ObjectMap,
    /// A program took the record as one value: this is it, and what stands above says nothing any more.
    pub(super) whole: Option<Value>,
    /// The same for a program that only looks at it; made when it does.
    pub(super) shown: OnceCell<Value>,
    /// What decoding the rest may still take, in bytes.
    pub(super) left_bytes: usize,
    /// What could not be decoded when a program wrote into it.
    pub(super) fault: Option<Box<CodecError>>,
}

/// What is known of the member at one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// Where its bytes end; they begin where those before it end.
    end: u32,
    /// Where its value is held.
    held: u32,
    pub(super) state: State,
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

/// Nothing is held of a member.
const NOWHERE: u32 = u32::MAX;

impl Projected {
    pub(super) fn decode(reading: &Arc<Reading>, record: &Record, body: Bytes) -> Result<Self, Fault> {
        let mut marks = Vec::with_capacity(reading.places());
        let mut values = Vec::with_capacity(reading.wanted());
        let mut decoder = reading.of_all(&body)?;
        decoder.charge(record.cost_bytes)?;
        decoder.nested(|decoder| {
            for (place, field) in record.fields.iter().enumerate() {
                let mut held = NOWHERE;
                let state = match &field.action {
                    Action::Read { name, step, .. } if reading.is_wanted(place) => {
                        let value = decoder.value(*step).map_err(|fault| fault.in_member(name))?;
                        held = place_of(values.len());
                        values.push(Some(value));
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
                marks.push(Mark { end: place_of(decoder.input.at()), held, state });
            }
            Ok(())
        })?;
        decoder.finish()?;
        for default in &record.defaults {
            marks.push(Mark { end: place_of(body.len()), held: NOWHERE, state: State::Kept });
            if reading.is_wanted(marks.len() - 1) {
                let mark = marks.last_mut().expect("one was pushed");
                (mark.held, mark.state) = (place_of(values.len()), State::Read);
                values.push(Some(default.value.clone()));
            }
        }
        Ok(Self {
            left_bytes: decoder.left_bytes,
            reading: Arc::clone(reading),
            body,
            marks,
            values,
            others: ObjectMap::new(),
            whole: None,
            shown: OnceCell::new(),
            fault: None,
        })
    }

    /// How the record was read.
    pub(super) fn reading(&self) -> &Reading {
        &self.reading
    }

    /// What a program made of it as one value; `None`: it still has members by their places.
    ///
    /// # Errors
    ///
    /// A member did not decode when a program wrote into it.
    pub(in crate::codec) fn one_value(&self) -> Result<Option<&Value>, CodecError> {
        match &self.fault {
            Some(fault) => Err((**fault).clone()),
            None => Ok(self.whole.as_ref()),
        }
    }

    /// Whether a program made null of it.
    pub fn is_null(&self) -> bool {
        self.whole.as_ref().is_some_and(Value::is_null)
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

    /// A member that the reader does not have.
    pub(super) fn other(&self, name: &str) -> Option<&Value> {
        self.others.get(name)
    }

    /// How many members it has, decoded or not.
    pub(super) fn count(&self) -> usize {
        let of_places = (0..self.marks.len()).filter(|place| self.is_there(*place));
        of_places.count() + self.others.len()
    }

    /// The names of all members.
    pub(super) fn names(&self) -> impl Iterator<Item = &KeyString> {
        let of_places = (0..self.marks.len()).filter(|place| self.is_there(*place));
        of_places.filter_map(|place| self.name(place)).chain(self.others.keys())
    }

    fn is_there(&self, place: usize) -> bool {
        self.state(place) == State::Kept || self.held(place).is_some()
    }

    /// What is decoded at `path`.
    pub fn get(&self, path: &OwnedValuePath) -> Option<&Value> {
        match (&self.whole, path.segments.as_slice()) {
            (Some(whole), _) => whole.get(path),
            (None, []) => Some(self.root()),
            (None, [OwnedSegment::Field(name), rest @ ..]) => {
                let value = match self.reading.place(name) {
                    Some(place) => self.held(place),
                    None => self.others.get(name.as_str()),
                }?;
                if rest.is_empty() { Some(value) } else { value.get(rest) }
            }
            (None, [OwnedSegment::Index(_), ..]) => None,
        }
    }

    /// What is decoded, as one value.
    pub fn root(&self) -> &Value {
        match &self.whole {
            Some(whole) => whole,
            None => self.shown.get_or_init(|| self.clone().take_decoded()),
        }
    }

    /// What is decoded, alone.
    pub fn into_decoded(mut self) -> Value {
        self.take_decoded()
    }

    /// Takes what is decoded out, as one value.
    pub(super) fn take_decoded(&mut self) -> Value {
        if let Some(whole) = self.whole.take() {
            return whole;
        }
        let Self { reading, marks, values, others, .. } = self;
        // A map is built fastest from what is in order.
        let decoded = reading.by_name().filter_map(|(name, place)| {
            let value = values.get_mut(marks[place].held as usize)?.take()?;
            Some((KeyString::from(name), value))
        });
        let mut members: ObjectMap = decoded.collect();
        members.append(others);
        Value::Object(members)
    }

    /// All of it: what is not decoded yet, is.
    ///
    /// # Errors
    ///
    /// A member that was skipped does not decode.
    pub fn whole(&self) -> Result<Cow<'_, Value>, CodecError> {
        match self.one_value()? {
            Some(whole) => Ok(Cow::Borrowed(whole)),
            None => self.clone().into_whole().map(Cow::Owned),
        }
    }

    /// The same, of what is no longer needed.
    ///
    /// # Errors
    ///
    /// A member that was skipped does not decode.
    pub fn into_whole(mut self) -> Result<Value, CodecError> {
        self.read_all();
        match self.fault.take() {
            Some(fault) => Err(*fault),
            None => Ok(self.take_decoded()),
        }
    }

    /// All members in the order of their names; each that is not decoded yet, is.
    ///
    /// # Errors
    ///
    /// One that was skipped does not decode.
    pub(in crate::codec) fn members(
        &self,
    ) -> impl Iterator<Item = Result<(&str, Cow<'_, Value>), CodecError>> {
        let mut others = self.others.iter().peekable();
        let mut places = self.reading.by_name().filter(|(_, place)| self.is_there(*place)).peekable();
        std::iter::from_fn(move || {
            let comes_first = |(name, _): &(&KeyString, &Value)| {
                places.peek().is_none_or(|(known, _)| name.as_str() < *known)
            };
            if let Some((name, value)) = others.next_if(comes_first) {
                return Some(Ok((name.as_str(), Cow::Borrowed(value))));
            }
            let (name, place) = places.next()?;
            let value = self.value(place).map_err(Fault::read);
            value.map(|value| value.map(|value| (name, value))).transpose()
        })
    }

    /// The value of the member at `place`, whether it is decoded or not.
    pub(super) fn value(&self, place: usize) -> Result<Option<Cow<'_, Value>>, Fault> {
        if self.marks[place].state != State::Kept {
            return Ok(self.held(place).map(Cow::Borrowed));
        }
        let value = self.decode_kept(place).map(|(value, _)| Some(value));
        value.map_err(|fault| self.of_kept(place, fault))
    }

    /// A fault of the bytes of the member at `place`.
    pub(super) fn of_kept(&self, place: usize, fault: Fault) -> Fault {
        fault.in_member(self.name(place).expect("only what the reader has is kept")).of_input()
    }

    /// What is decoded of the member at `place`, or was written there.
    fn held(&self, place: usize) -> Option<&Value> {
        self.values.get(self.marks[place].held as usize)?.as_ref()
    }

    /// The same, to be changed; `None` where nothing was ever held.
    pub(super) fn slot(&mut self, place: usize) -> Option<&mut Option<Value>> {
        self.values.get_mut(self.marks[place].held as usize)
    }

    /// Holds `value` as the member at `place`.
    pub(super) fn hold(&mut self, place: usize, value: Value) {
        match self.slot(place) {
            Some(slot) => *slot = Some(value),
            None => {
                self.marks[place].held = place_of(self.values.len());
                self.values.push(Some(value));
            }
        }
    }

    /// The value, and what decoding may take after it.
    pub(super) fn decode_kept(&self, place: usize) -> Result<(Cow<'_, Value>, usize), Fault> {
        let record = self.record();
        let Some(field) = record.fields.get(place) else {
            let value = &record.defaults[place - record.fields.len()].value;
            return Ok((Cow::Borrowed(value), self.left_bytes));
        };
        let Action::Read { step, .. } = &field.action else { unreachable!("only what is read is kept") };
        let bytes = self.bytes(place);
        let mut decoder = self.reading.decoder(Input::from(&self.body, bytes.start));
        decoder.left_bytes = self.left_bytes;
        // Its items without a byte of their own were counted when it was passed over.
        // As deep as it stands in the record.
        let value = decoder.nested(|decoder| decoder.value(*step))?;
        if decoder.input.at() != bytes.end {
            return Err(
                Fault::new("avro_length", "what its blocks say and what they hold differ").at(bytes.start)
            );
        }
        Ok((Cow::Owned(value), decoder.left_bytes))
    }

    pub(super) fn name(&self, place: usize) -> Option<&KeyString> {
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
