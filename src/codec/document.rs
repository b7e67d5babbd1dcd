//! A decoded value, whatever form it is held in.

use bytes::Bytes;
use vrl::path::OwnedValuePath;
use vrl::value::Value;

/// A decoded value that programs read and write by path.
///
/// Callers know only the paths, not how the value is held: today all of it is decoded at once; a form that decodes
/// what is asked for and keeps the bytes of the rest has its place beside it.
#[derive(Clone, Debug)]
pub enum Document {
    /// Wholly decoded.
    Eager(Value),
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

    /// All of it.
    pub fn root(&self) -> &Value {
        let Self::Eager(value) = self;
        value
    }

    /// Whether it is null as a whole.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Eager(Value::Null))
    }

    /// What stands at `path`.
    pub fn get(&self, path: &OwnedValuePath) -> Option<&Value> {
        let Self::Eager(value) = self;
        value.get(path)
    }

    /// The same, to be changed in place.
    pub fn get_mut(&mut self, path: &OwnedValuePath) -> Option<&mut Value> {
        let Self::Eager(value) = self;
        value.get_mut(path)
    }

    /// Puts `new` at `path`, and makes what it needs to stand in.
    pub fn insert(&mut self, path: &OwnedValuePath, new: Value) {
        let Self::Eager(value) = self;
        value.insert(path, new);
    }

    /// Takes out what stands at `path`; with `compact` also what is empty then.
    pub fn remove(&mut self, path: &OwnedValuePath, compact: bool) -> Option<Value> {
        let Self::Eager(value) = self;
        value.remove(path, compact)
    }
}
