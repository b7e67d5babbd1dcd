//! What is known about a record at one place of the chain: the types that a program is compiled with.
//!
//! Types flow from step to step: after `.total = to_float!(.total)` the next step may write `.total > 10` without
//! handling an error that cannot happen. They begin at the schema that `decode` names, where it names one.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use vrl::compiler::TypeState;
use vrl::compiler::state::ExternalEnv;
use vrl::path::{OwnedSegment, OwnedValuePath, PathPrefix, ValuePath};
use vrl::value::Kind;
use vrl::value::kind::{Collection, Field};

use super::doubt::Doubt;
use super::tolerant;
use super::types::{Member, Record, Shape, Text, shape_of, shape_of_json};
use crate::config::spec::{DataSchema, DecodeSpec, Decoding, Format};

/// The types of `.` and `%` before a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    decoded: bool,
    key_decoded: bool,
    /// Tombstones run, too: the value may be null.
    tombstones: bool,
    /// Members that only some versions of a schema have may be asked for.
    may_ask: bool,
    /// A schema says what the value is.
    typed: bool,
    /// A sink encodes keys: a map may write any value.
    key_encoded: bool,
    value: Kind,
    /// What would be known of it without a schema.
    bare: Kind,
    shape: Shape,
    key: Shape,
    maps: usize,
    /// A condition was asked behind a map, which may have copied what it asks for.
    asked: bool,
    writes: Vec<ScopeWrite>,
}

/// A place where a map before wrote or took something away.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ScopeWrite {
    /// Which map, from 0.
    pub map: usize,
    pub prefix: PathPrefix,
    pub path: OwnedValuePath,
    pub span: Range<usize>,
    pub is_delete: bool,
}

/// What a map leaves.
pub(super) struct Left {
    pub kind: Kind,
    /// Without a schema.
    pub bare: Kind,
    pub shape: Shape,
    /// `None`: untouched.
    pub key: Option<Shape>,
    pub writes: Vec<super::types::Written>,
}

impl Default for Scope {
    fn default() -> Self {
        Self::start()
    }
}

impl Scope {
    /// Before the first step: the value and the key are bytes, or null.
    pub fn start() -> Self {
        Self::start_with(false)
    }

    /// The same, where tombstones run through all steps, or do not.
    pub fn start_with(tombstones: bool) -> Self {
        Self {
            decoded: false,
            key_decoded: false,
            key_encoded: false,
            tombstones,
            may_ask: false,
            typed: false,
            value: bytes_or_null(),
            bare: Kind::any(),
            shape: bytes_shape(),
            key: bytes_shape(),
            maps: 0,
            asked: false,
            writes: Vec::new(),
        }
    }

    /// The same, where a member that only some versions of a schema have may be asked for.
    pub(super) fn asking(self) -> Self {
        Self { may_ask: true, ..self }
    }

    /// The same place of a pipeline in which a sink encodes keys.
    pub fn with_encoded_keys(mut self, key_encoded: bool) -> Self {
        self.key_encoded = key_encoded;
        self
    }

    /// Whether a sink encodes keys, so that a map may write any value there.
    pub(super) fn encodes_keys(&self) -> bool {
        self.key_encoded
    }

    /// After a `decode`.
    pub fn after_decode(&self, decode: &DecodeSpec) -> Self {
        let (decoded, key_decoded) = (decode.value.format != Format::Raw, decode.key.format != Format::Raw);
        let mut shape = if decoded { decoded_shape(&decode.value) } else { bytes_shape() };
        if self.tombstones {
            shape = Shape::one_of([shape, Shape::Null]);
        }
        let key = match key_decoded && !self.is_key_written() {
            true => Shape::one_of([decoded_shape(&decode.key), Shape::Null.perhaps()]),
            false => self.key.clone(),
        };
        let typed = shape != Shape::Any && decoded;
        let value = if decoded { shape.kind() } else { bytes_or_null() };
        let writes =
            self.writes.iter().filter(|write| write.prefix == PathPrefix::Metadata).cloned().collect();
        Self { decoded, key_decoded, typed, value, shape, key, writes, ..self.clone() }
    }

    /// The same place with nothing known about the decoded value.
    pub fn without_types(&self) -> Self {
        let (value, shape) = match self.decoded {
            true => (Kind::any(), Shape::Any),
            false => (bytes_or_null(), bytes_shape()),
        };
        let key = if self.holds_key_values() { Shape::Any } else { bytes_shape() };
        Self { value, shape, key, typed: false, ..self.clone() }
    }

    /// The same place with nothing known of what is in doubt.
    pub fn doubting(&self, doubt: &Doubt) -> Self {
        if doubt.is_all() {
            return self.without_types();
        }
        let mut scope = self.clone();
        for name in doubt.members().filter(|_| self.decoded) {
            let segment = OwnedSegment::field(name);
            scope.shape = scope.shape.forgetting(Some(&segment));
            tolerant::set_member(&mut scope.value, name, Kind::any().or_undefined());
            tolerant::set_member(&mut scope.bare, name, Kind::any().or_undefined());
        }
        scope
    }

    fn holds_key_values(&self) -> bool {
        self.key_decoded || self.key_encoded
    }

    fn is_key_written(&self) -> bool {
        let key = OwnedValuePath::single_field("key");
        self.last_write(PathPrefix::Metadata, &key).is_some()
    }

    /// The same place with nothing known about the value but what maps made of it, and conditions asked for.
    pub(super) fn by_maps_alone(&self) -> Self {
        Self { value: self.bare.clone(), shape: self.bare_shape(), ..self.without_types() }
    }

    /// What is known about the value there.
    pub(super) fn bare_shape(&self) -> Shape {
        if self.decoded { Shape::of_kind(&self.bare) } else { bytes_shape() }
    }

    /// The same place with nothing known to VRL about one member.
    pub(super) fn without_member(&self, name: &str) -> Self {
        let mut scope = self.clone();
        tolerant::set_member(&mut scope.value, name, Kind::any());
        scope
    }

    /// After a map. What it writes to the envelope, and to a value that is not decoded, is bytes again for the next step.
    pub(super) fn after_map(&self, left: Left) -> Self {
        let mut scope = self.clone();
        let map = scope.maps;
        scope.maps += 1;
        scope.writes.extend(left.writes.into_iter().map(|write| ScopeWrite {
            map,
            prefix: write.prefix,
            path: write.path,
            span: write.span,
            is_delete: write.is_delete,
        }));
        if self.decoded {
            (scope.value, scope.bare, scope.shape) = (left.kind, left.bare, left.shape);
        }
        if let Some(key) = left.key {
            // Without a sink that encodes it, it becomes text.
            scope.key = if self.key_encoded { key } else { bytes_shape() };
        }
        scope
    }

    /// After a condition that held; `shape` is what it leaves of the value, `None` nothing, and `bare` the same without a schema.
    pub(super) fn after_filter(&self, shape: Option<Shape>, bare_shape: Shape) -> Self {
        if !self.decoded {
            return self.clone();
        }
        let bare = bare_shape.narrowing(self.bare.clone());
        // Where no record goes on, nothing is to be said of what the schema has.
        let (value, shape) = match shape {
            Some(shape) => (shape.narrowing(self.value.clone()), shape),
            None => (bare.clone(), bare_shape),
        };
        Self { value, bare, shape, asked: self.asked || self.maps > 0, ..self.clone() }
    }

    /// Whether a condition may tell more of what a map wrote than is known here: it asked for what was copied.
    pub(super) fn is_asked_of_copies(&self) -> bool {
        self.asked
    }

    /// The same place where more is known about the key.
    pub(super) fn with_key(self, key: Shape) -> Self {
        Self { key, ..self }
    }

    /// Whether `.` is decoded here, and not bytes.
    pub fn is_decoded(&self) -> bool {
        self.decoded
    }

    /// Whether a schema says what the value is.
    pub fn is_typed(&self) -> bool {
        self.typed
    }

    pub(super) fn may_ask(&self) -> bool {
        self.may_ask
    }

    pub(super) fn value_kind(&self) -> &Kind {
        &self.value
    }

    pub(super) fn value_shape(&self) -> &Shape {
        &self.shape
    }

    pub(super) fn key_shape(&self) -> &Shape {
        &self.key
    }

    /// The last place that wrote something at a path, around it or in it.
    pub(super) fn last_write(&self, prefix: PathPrefix, path: &OwnedValuePath) -> Option<&ScopeWrite> {
        let related = |write: &&ScopeWrite| {
            write.prefix == prefix && ((&write.path).can_start_with(path) || path.can_start_with(&write.path))
        };
        self.writes.iter().rev().find(related)
    }

    /// All places that maps before wrote, or took something away from.
    pub(super) fn written(&self) -> Vec<(PathPrefix, OwnedValuePath)> {
        self.writes.iter().map(|write| (write.prefix, write.path.clone())).collect()
    }

    pub(super) fn type_state(&self) -> TypeState {
        // VRL 0.38 checks an assignment to `%a.b` against the type of `.a` (verify_overwritable): with nothing but
        // bytes there, no program could write the envelope before `decode`. Members of bytes are refused elsewhere.
        let value =
            if self.decoded { self.value.clone() } else { self.value.clone().or_object(Collection::any()) };
        let external = ExternalEnv::new_with_kind(value, self.envelope());
        TypeState { external, ..TypeState::default() }
    }

    fn envelope(&self) -> Kind {
        let key = self.key.kind();
        let headers = Collection::from_unknown(bytes_or_null().or_undefined());
        let known: BTreeMap<Field, Kind> = BTreeMap::from([
            ("key".into(), key),
            ("headers".into(), Kind::object(headers)),
            ("timestamp".into(), Kind::timestamp().or_null()),
            ("topic".into(), Kind::bytes()),
            ("partition".into(), Kind::integer()),
            ("offset".into(), Kind::integer()),
        ]);
        Kind::object(Collection::from(known))
    }

    pub(super) fn envelope_shape(&self) -> Shape {
        let text = Shape::Text(Text::Unknown);
        let headers = Shape::Map(Arc::new(bytes_shape()));
        let key = self.key.clone();
        let members = [
            ("key", key),
            ("headers", headers),
            ("timestamp", Shape::one_of([Shape::Timestamp(Some(3)), Shape::Null.perhaps()])),
            ("topic", text),
            ("partition", Shape::Integer(None)),
            ("offset", Shape::Integer(None)),
        ];
        let members = members.map(|(name, shape)| (name.to_owned(), Member::always(shape)));
        Shape::Record(Arc::new(Record { name: None, members: BTreeMap::from(members), others: None }))
    }
}

/// The shape of what a `decode` gives.
fn decoded_shape(decoding: &Decoding) -> Shape {
    match &decoding.schema {
        Some(DataSchema::Avro(schema)) => shape_of(schema),
        Some(DataSchema::Json(schema)) => shape_of_json(schema),
        _ => Shape::Any,
    }
}

fn bytes_or_null() -> Kind {
    Kind::bytes().or_null()
}

fn bytes_shape() -> Shape {
    Shape::one_of([Shape::Text(Text::Unknown), Shape::Null.perhaps()])
}
