//! A schema as codecs use it: kept as one list of nodes that name each other by number, so that
//! recursive types need no owner and a step of a decoder is one look-up.

use std::fmt;

use serde_json::Value as Json;

use super::same::Same;
use super::{defaults, resolve};

/// The most nodes that a schema may have.
pub const SCHEMA_NODES_MAX: usize = 100_000;

/// A node's number in its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    /// As an index into a table with an entry for each node.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A schema with all that it refers to.
#[derive(Clone, PartialEq)]
pub struct Schema {
    nodes: Vec<Node>,
    root: NodeId,
    text: String,
    /// Why the default of an enum is none.
    bad_default: Option<String>,
}

/// One type of a schema.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `null`
    Null,
    /// `boolean`
    Boolean,
    /// `int`: 32 bits.
    Int,
    /// `long`: 64 bits.
    Long,
    /// `float`: 32 bits.
    Float,
    /// `double`: 64 bits.
    Double,
    /// `bytes`
    Bytes,
    /// `string`
    String,
    /// `fixed`, without a logical type that is known.
    Fixed {
        /// What it is called.
        name: TypeName,
        /// Its length in bytes.
        size: usize,
    },
    /// `enum`
    Enum {
        /// What it is called.
        name: TypeName,
        /// Its symbols, in the order of the schema.
        symbols: Vec<String>,
        /// The symbol that a reader takes for one that it does not know.
        default: Option<String>,
    },
    /// `array` of this.
    Array(NodeId),
    /// `map` of this.
    Map(NodeId),
    /// `record`
    Record {
        /// What it is called.
        name: TypeName,
        /// Its fields, in the order of the schema.
        fields: Vec<Field>,
    },
    /// `union` of these.
    Union(Vec<NodeId>),
    /// `decimal`
    Decimal {
        /// Number of digits.
        precision: usize,
        /// Number of digits behind the point.
        scale: usize,
        /// What it stands on.
        inner: Inner,
    },
    /// `big-decimal`, on bytes.
    BigDecimal,
    /// `uuid`
    Uuid(Inner),
    /// `date`, on int: days since 1970-01-01.
    Date,
    /// `time-millis`, on int: milliseconds since midnight.
    TimeMillis,
    /// `time-micros`, on long: microseconds since midnight.
    TimeMicros,
    /// `timestamp-…`, on long: since the Unix epoch.
    Timestamp(Unit),
    /// `local-timestamp-…`, on long: since 1970-01-01 00:00 of whatever place.
    LocalTimestamp(Unit),
    /// `duration`, on a fixed of 12 bytes: months, days and milliseconds.
    Duration {
        /// What the fixed is called.
        name: TypeName,
    },
}

/// What a logical type stands on.
#[derive(Clone, Debug, PartialEq)]
pub enum Inner {
    /// `bytes`
    Bytes,
    /// `string`
    String,
    /// `fixed`
    Fixed {
        /// What it is called.
        name: TypeName,
        /// Its length in bytes.
        size: usize,
    },
}

/// The unit of a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Thousandths of a second.
    Millis,
    /// Millionths.
    Micros,
    /// Billionths.
    Nanos,
}

/// What a record, enum or fixed is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName {
    /// With its namespace.
    pub full: String,
    /// Further names that a reader's type goes by, with their namespaces.
    pub aliases: Vec<String>,
}

/// A record's field.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Further names that a reader's field goes by.
    pub aliases: Vec<String>,
    /// Its type.
    pub node: NodeId,
    /// What a reader takes where the writer has no such field, as the schema's JSON has it.
    pub default: Option<Json>,
}

/// Why a text is no schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SchemaError {
    /// What is wrong.
    pub message: String,
    /// Line and column, from 1, where they are known.
    pub at: Option<(usize, usize)>,
}

impl SchemaError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), at: None }
    }
}

impl Schema {
    /// Whether the bytes of each value are the same by both: the structure, names, symbols and logical types.
    pub fn is_written_like(&self, other: &Self) -> bool {
        Same::new(self, other).is(self.root, other.root)
    }

    pub(super) fn of(nodes: Vec<Node>, root: NodeId, text: String, bad_default: Option<String>) -> Self {
        Self { nodes, root, text, bad_default }
    }

    /// Whether a value is to be had of each default: what a schema needs that values are written by. Nothing asks
    /// for the defaults of a writer's schema.
    ///
    /// # Errors
    ///
    /// A default that is no value of its type, or beyond the limits; told with the name of its field.
    pub fn check_defaults(&self) -> Result<(), SchemaError> {
        self.bad_default.clone().map_or_else(|| defaults::check(self), Err).map_err(SchemaError::new)
    }

    /// The same for a schema that values are read as: each default must be what an expression can hold, too.
    ///
    /// # Errors
    ///
    /// A default that is no value of its type, or none that can be read, or beyond the limits.
    pub fn check_defaults_as_read(&self) -> Result<(), SchemaError> {
        self.check_defaults()?;
        resolve::check_defaults(self).map_err(SchemaError::new)
    }

    /// The type of a whole value.
    pub fn root(&self) -> NodeId {
        self.root
    }

    /// One type of it.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// All its types.
    pub(super) fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.nodes.len()).expect("a schema's types are limited far below")).map(NodeId)
    }

    /// How many nodes it has.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// No schema is without a node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The text that it was parsed from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The full name of the record, enum or fixed that it is; `None` for other types.
    pub fn full_name(&self) -> Option<&str> {
        self.node(self.root).name().map(|name| name.full.as_str())
    }
}

/// Its text, which is shorter than its nodes.
impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schema").field(&self.text).finish()
    }
}

impl Node {
    /// What a record, enum or fixed is called.
    pub fn name(&self) -> Option<&TypeName> {
        match self {
            Self::Fixed { name, .. }
            | Self::Enum { name, .. }
            | Self::Record { name, .. }
            | Self::Duration { name }
            | Self::Decimal { inner: Inner::Fixed { name, .. }, .. }
            | Self::Uuid(Inner::Fixed { name, .. }) => Some(name),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recursive_record_has_one_node() {
        let text = r#"{"type": "record", "name": "n.List", "fields": [
            {"name": "head", "type": "int"}, {"name": "tail", "type": ["null", "List"], "default": null}]}"#;
        let schema = Schema::parse(text, &[]).expect("it is a schema");
        assert_eq!(schema.full_name(), Some("n.List"));
        let Node::Record { fields, .. } = schema.node(schema.root()) else { panic!("no record") };
        let Node::Union(variants) = schema.node(fields[1].node) else { panic!("no union") };
        assert_eq!(variants[1], schema.root());
        assert_eq!(fields[1].default, Some(Json::Null));
    }

    #[test]
    fn references_are_followed_and_missing_ones_named() {
        let address =
            r#"{"type": "record", "name": "a.Address", "fields": [{"name": "zip", "type": "string"}]}"#;
        let person = r#"{"type": "record", "name": "a.Person", "fields": [
            {"name": "home", "type": "a.Address"}, {"name": "work", "type": "Address"}]}"#;
        let schema = Schema::parse(person, &[address.to_owned()]).expect("it is a schema");
        let Node::Record { fields, .. } = schema.node(schema.root()) else { panic!("no record") };
        assert_eq!(fields[0].node, fields[1].node);
        let error = Schema::parse(person, &[]).expect_err("a type is missing");
        assert!(error.message.contains("a.Address"), "{error}");
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        let error = Schema::parse("{\n  \"type\": ,\n}", &[]).expect_err("it is no JSON");
        assert_eq!(error.at, Some((2, 11)));
    }
}
