//! What programs write into a record of which only some members are decoded. What they write below is decoded first, and
//! what they wrote is marked: its bytes no longer say what it is.

use vrl::path::{OwnedSegment, OwnedValuePath};
use vrl::value::Value;

use super::projected::{Projected, State};

impl Projected {
    /// What is decoded at `path`, to be changed in place.
    pub fn get_mut(&mut self, path: &OwnedValuePath) -> Option<&mut Value> {
        let Some((name, rest)) = self.first(path) else {
            return self.as_one_value().get_mut(path);
        };
        let Some(place) = self.reading.place(name) else {
            return self.others.get_mut(name)?.get_mut(rest);
        };
        self.read(place);
        self.marks[place].state = State::Written;
        self.slot(place)?.as_mut()?.get_mut(rest)
    }

    /// Puts `new` at `path`.
    pub fn insert(&mut self, path: &OwnedValuePath, new: Value) {
        let Some((name, rest)) = self.first(path) else {
            self.as_one_value().insert(path, new);
            return;
        };
        let Some(place) = self.reading.place(name) else {
            self.others.entry(name.into()).or_insert(Value::Null).insert(rest, new);
            return;
        };
        if rest.is_empty() {
            self.hold(place, new);
        } else {
            self.read(place);
            match self.slot(place).and_then(Option::as_mut) {
                Some(value) => drop(value.insert(rest, new)),
                None => {
                    let mut value = Value::Null;
                    value.insert(rest, new);
                    self.hold(place, value);
                }
            }
        }
        self.marks[place].state = State::Written;
    }

    /// Takes out what stands at `path`.
    pub fn remove(&mut self, path: &OwnedValuePath, compact: bool) -> Option<Value> {
        let Some((name, rest)) = self.first(path) else {
            return self.as_one_value().remove(path, compact);
        };
        let Some(place) = self.reading.place(name) else {
            let mut others = Value::Object(std::mem::take(&mut self.others));
            let removed = others.remove(path, compact);
            self.others = others.into_object().unwrap_or_default();
            return removed;
        };
        self.read(place);
        let slot = self.slot(place)?;
        let removed = match rest {
            [] => slot.take(),
            rest => {
                let value = slot.as_mut()?;
                let removed = value.remove(rest, compact);
                let is_empty = match value {
                    Value::Object(members) => members.is_empty(),
                    Value::Array(items) => items.is_empty(),
                    _ => false,
                };
                // It held what was removed, so that it is empty only now.
                if compact && is_empty && removed.is_some() {
                    *slot = None;
                }
                removed
            }
        };
        if removed.is_some() {
            self.marks[place].state = State::Written;
        }
        removed
    }

    /// The member that `path` goes to, and the way below it; `None` where it goes to the record as one value.
    fn first<'p>(&mut self, path: &'p OwnedValuePath) -> Option<(&'p str, &'p [OwnedSegment])> {
        self.shown.take();
        match path.segments.as_slice() {
            [OwnedSegment::Field(name), rest @ ..] if self.whole.is_none() => Some((name.as_str(), rest)),
            // The root, or an index that makes an array of it.
            _ => None,
        }
    }

    /// The record as one value, of which every member may change.
    fn as_one_value(&mut self) -> &mut Value {
        if self.whole.is_none() {
            self.read_all();
            for mark in &mut self.marks {
                mark.state = State::Written;
            }
            let taken = self.take_decoded();
            self.whole = Some(taken);
        }
        self.whole.as_mut().expect("it was put there")
    }

    /// Decodes what is not.
    pub(super) fn read_all(&mut self) {
        for place in 0..self.marks.len() {
            self.read(place);
        }
    }

    /// Decodes the member at `place` where it is not.
    fn read(&mut self, place: usize) {
        if self.marks[place].state != State::Kept {
            return;
        }
        match self.decode_kept(place).map(|(value, left_bytes)| (value.into_owned(), left_bytes)) {
            Ok((value, left_bytes)) => {
                self.hold(place, value);
                self.left_bytes = left_bytes;
            }
            Err(fault) => {
                let fault = self.of_kept(place, fault);
                self.fault.get_or_insert_with(|| Box::new(fault.read()));
            }
        }
        self.marks[place].state = State::Read;
    }
}
