//! A decoded value, whatever form it is held in.

use std::borrow::Cow;

use bytes::Bytes;
use vrl::path::OwnedValuePath;
use vrl::value::Value;

use super::CodecError;
use super::avro::Projected;

/// A decoded value that programs read and write by path.
///
/// Callers know only the paths, not how the value is held. Of a record that was decoded for some of its members only,
/// the others are not to be seen by path; what writes into them decodes them first.
#[derive(Clone, Debug)]
pub enum Document {
    /// Wholly decoded.
    Eager(Value),
    /// A record of Avro, with the bytes of what is not decoded or not changed.
    Projected(Projected),
}

impl Document {
    /// Bytes as they are.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self::Eager(Value::Bytes(Bytes::copy_from_slice(bytes)))
    }

    /// The value that a record without one has.
    pub const fn null() -> Self {
        Self::Eager(Value::Null)
    }

    /// What is decoded of it.
    pub fn root(&self) -> &Value {
        match self {
            Self::Eager(value) => value,
            Self::Projected(record) => record.root(),
        }
    }

    /// What is decoded of it, alone.
    pub fn into_root(self) -> Value {
        match self {
            Self::Eager(value) => value,
            Self::Projected(record) => record.into_decoded(),
        }
    }

    /// All of it; what is not decoded yet, is.
    ///
    /// # Errors
    ///
    /// A member that was skipped does not decode.
    pub fn whole(&self) -> Result<Cow<'_, Value>, CodecError> {
        match self {
            Self::Eager(value) => Ok(Cow::Borrowed(value)),
            Self::Projected(record) => record.whole(),
        }
    }

    /// All of it, alone.
    ///
    /// # Errors
    ///
    /// A member that was skipped does not decode.
    pub fn into_value(self) -> Result<Value, CodecError> {
        match self {
            Self::Eager(value) => Ok(value),
            Self::Projected(record) => record.into_whole(),
        }
    }

    /// Whether it is null as a whole.
    pub fn is_null(&self) -> bool {
        match self {
            Self::Eager(value) => value.is_null(),
            Self::Projected(record) => record.is_null(),
        }
    }

    /// What stands at `path`.
    pub fn get(&self, path: &OwnedValuePath) -> Option<&Value> {
        match self {
            Self::Eager(value) => value.get(path),
            Self::Projected(record) => record.get(path),
        }
    }

    /// The same, to be changed in place.
    pub fn get_mut(&mut self, path: &OwnedValuePath) -> Option<&mut Value> {
        match self {
            Self::Eager(value) => value.get_mut(path),
            Self::Projected(record) => record.get_mut(path),
        }
    }

    /// Puts `new` at `path`, and makes what it needs to stand in.
    pub fn insert(&mut self, path: &OwnedValuePath, new: Value) {
        match self {
            _ if path.is_root() => *self = Self::Eager(new),
            Self::Eager(value) => {
                value.insert(path, new);
            }
            Self::Projected(record) => record.insert(path, new),
        }
    }

    /// Takes out what stands at `path`; with `compact` also what is empty then.
    pub fn remove(&mut self, path: &OwnedValuePath, compact: bool) -> Option<Value> {
        match self {
            Self::Eager(value) => value.remove(path, compact),
            Self::Projected(record) => record.remove(path, compact),
        }
    }
}
