//! What programs see of one record, and what they changed.
//!
//! One frame serves record after record. Of the envelope only what the pipeline's programs read is put into it, and
//! every write leaves a mark: what has none is forwarded from the input's bytes.

use vrl::compiler::{SecretTarget, Target};
use vrl::path::{OwnedSegment, OwnedTargetPath, PathPrefix};
use vrl::value::{KeyString, ObjectMap, Value};

use crate::codec::Document;

/// One record as programs see it: `.` and `%`.
#[derive(Debug)]
pub struct Frame {
    pub(super) value: Document,
    pub(super) envelope: Value,
    pub(super) written: Written,
    /// Keys that programs write stay values, as sinks encode them; else they become text.
    pub(super) keeps_key_values: bool,
}

/// What programs wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) value: bool,
    pub(super) key: bool,
    pub(super) timestamp: bool,
    pub(super) all_headers: bool,
    /// Names of single headers, in the order of their first write.
    pub(super) headers: Vec<KeyString>,
}

impl Default for Frame {
    fn default() -> Self {
        Self {
            value: Document::null(),
            envelope: Value::Object(ObjectMap::new()),
            written: Written::default(),
            keeps_key_values: false,
        }
    }
}

impl Frame {
    /// Puts the value in, as a decoder or the input gave it.
    pub fn set_value(&mut self, value: Document) {
        self.value = value;
        self.written.value = false;
    }

    /// The value.
    pub fn value(&self) -> &Document {
        &self.value
    }

    /// Says that keys which programs write stay values, since a sink encodes them.
    pub fn keep_key_values(&mut self, keeps: bool) {
        self.keeps_key_values = keeps;
    }

    /// Whether a program wrote the key.
    pub fn is_key_written(&self) -> bool {
        self.written.key
    }

    /// Whether a program wrote the value since it was put in.
    pub fn is_value_written(&self) -> bool {
        self.written.value
    }

    fn mark(&mut self, path: &[OwnedSegment]) {
        let [OwnedSegment::Field(name), rest @ ..] = path else { return };
        match (name.as_str(), rest.first()) {
            ("key", _) => self.written.key = true,
            ("timestamp", _) => self.written.timestamp = true,
            ("headers", Some(OwnedSegment::Field(name))) if self.written.headers.contains(name) => {}
            ("headers", Some(OwnedSegment::Field(name))) => self.written.headers.push(name.clone()),
            ("headers", _) => self.written.all_headers = true,
            _ => {}
        }
    }
}

/// VRL swallows what these return as an error; none of them fails. The root of `.` is always there: `unnest` relies
/// on it.
impl Target for Frame {
    fn target_insert(&mut self, path: &OwnedTargetPath, value: Value) -> Result<(), String> {
        match path.prefix {
            PathPrefix::Event => {
                self.value.insert(&path.path, value);
                self.written.value = true;
            }
            PathPrefix::Metadata => {
                self.envelope.insert(&path.path, value);
                self.mark(&path.path.segments);
            }
        }
        Ok(())
    }

    fn target_get(&self, path: &OwnedTargetPath) -> Result<Option<&Value>, String> {
        Ok(match path.prefix {
            PathPrefix::Event => self.value.get(&path.path),
            PathPrefix::Metadata => self.envelope.get(&path.path),
        })
    }

    fn target_get_mut(&mut self, path: &OwnedTargetPath) -> Result<Option<&mut Value>, String> {
        Ok(match path.prefix {
            PathPrefix::Event => {
                self.written.value = true;
                self.value.get_mut(&path.path)
            }
            PathPrefix::Metadata => {
                self.mark(&path.path.segments);
                self.envelope.get_mut(&path.path)
            }
        })
    }

    fn target_remove(&mut self, path: &OwnedTargetPath, compact: bool) -> Result<Option<Value>, String> {
        let removed = match path.prefix {
            PathPrefix::Event => self.value.remove(&path.path, compact),
            // Compacting would take `%headers` away with its last member.
            PathPrefix::Metadata => self.envelope.remove(&path.path, false),
        };
        match path.prefix {
            _ if removed.is_none() => {}
            PathPrefix::Event => self.written.value = true,
            PathPrefix::Metadata => self.mark(&path.path.segments),
        }
        Ok(removed)
    }
}

/// Programs have no secrets; the functions for them are Vector's.
impl SecretTarget for Frame {
    fn get_secret(&self, _key: &str) -> Option<&str> {
        None
    }

    fn insert_secret(&mut self, _key: &str, _value: &str) {}

    fn remove_secret(&mut self, _key: &str) {}
}
