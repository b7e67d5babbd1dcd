//! What is known about a record at one place of the chain: the types that a program is compiled with.
//!
//! Types flow from step to step: after `.total = to_float!(.total)` the next step may write `.total > 10` without
//! handling an error that cannot happen.

use std::collections::BTreeMap;

use vrl::compiler::TypeState;
use vrl::compiler::state::ExternalEnv;
use vrl::value::Kind;
use vrl::value::kind::{Collection, Field};

use crate::config::spec::{DecodeSpec, Format};

/// The types of `.` and `%` before a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Scope {
    decoded: bool,
    key_decoded: bool,
    /// A sink encodes keys: a map may write any value.
    key_encoded: bool,
    value: Kind,
}

impl Default for Scope {
    fn default() -> Self {
        Self::start()
    }
}

impl Scope {
    /// Before the first step: the value and the key are bytes, or null.
    pub fn start() -> Self {
        Self { decoded: false, key_decoded: false, key_encoded: false, value: bytes_or_null() }
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
        let decoded = decode.value.format != Format::Raw;
        Self {
            decoded,
            key_decoded: decode.key.format != Format::Raw,
            key_encoded: self.key_encoded,
            value: if decoded { Kind::any() } else { bytes_or_null() },
        }
    }

    /// The same place with nothing known about the decoded value.
    pub fn without_types(&self) -> Self {
        let value = if self.decoded { Kind::any() } else { bytes_or_null() };
        Self { value, ..self.clone() }
    }

    /// After a map that left the value as `value`. What a map writes to the envelope, and to a value that is not
    /// decoded, is bytes again for the next step.
    pub(super) fn after_map(&self, value: Kind) -> Self {
        let value = if self.decoded { value } else { bytes_or_null() };
        Self { value, ..self.clone() }
    }

    /// Whether `.` is decoded here, and not bytes.
    pub fn is_decoded(&self) -> bool {
        self.decoded
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
        let key = if self.key_decoded || self.key_encoded { Kind::any() } else { bytes_or_null() };
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
}

fn bytes_or_null() -> Kind {
    Kind::bytes().or_null()
}
