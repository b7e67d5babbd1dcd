//! A schema as codecs use it: parsed by apache-avro, kept as one list of nodes that name each other by number, so that
//! recursive types need no owner and a step of a decoder is one look-up.

use std::collections::HashMap;
use std::fmt;

use apache_avro::Schema as Parsed;
use apache_avro::schema::{InnerDecimalSchema, Name, UuidSchema};
use serde_json::Value as Json;

use super::same::Same;

/// The most nodes that a schema may have.
pub const SCHEMA_NODES_MAX: usize = 100_000;

/// A node's number in its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

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

    /// Parses a schema; `references` are the texts of the schemas whose names it uses.
    ///
    /// # Errors
    ///
    /// What is no JSON, or no Avro schema, or names a type that is not defined.
    pub fn parse(text: &str, references: &[String]) -> Result<Self, SchemaError> {
        if let Err(error) = serde_json::from_str::<Json>(text) {
            let at = Some((error.line(), error.column())).filter(|(line, _)| *line > 0);
            return Err(SchemaError { message: format!("not JSON: {error}"), at });
        }
        let parsed = Parsed::parse_str_with_list(text, references);
        let (parsed, others) = parsed.map_err(|error| SchemaError::new(error.to_string()))?;
        let mut names = HashMap::new();
        for schema in others.iter().chain([&parsed]) {
            collect(schema, None, &mut names);
        }
        let mut builder = Builder { names, known: HashMap::new(), nodes: Vec::new() };
        let root = builder.node(&parsed, None)?;
        let nodes =
            builder.nodes.into_iter().map(|node| node.expect("each node that was reserved is filled"));
        Ok(Self { nodes: nodes.collect(), root, text: text.to_owned() })
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

type Names<'s> = HashMap<String, (&'s Parsed, Option<String>)>;

/// Finds the definitions of all names, each with the namespace that stands around it.
fn collect<'s>(schema: &'s Parsed, around: Option<&str>, names: &mut Names<'s>) {
    let mut define = |name: &Name| {
        let full = name.fullname(around);
        let inside = full.rsplit_once('.').map(|(namespace, _)| namespace.to_owned());
        names.entry(full).or_insert((schema, around.map(str::to_owned)));
        inside
    };
    match schema {
        Parsed::Array(array) => collect(&array.items, around, names),
        Parsed::Map(map) => collect(&map.types, around, names),
        Parsed::Union(union) => union.variants().iter().for_each(|one| collect(one, around, names)),
        Parsed::Record(record) => {
            let inside = define(&record.name);
            record.fields.iter().for_each(|field| collect(&field.schema, inside.as_deref(), names));
        }
        Parsed::Enum(symbols) => drop(define(&symbols.name)),
        Parsed::Fixed(fixed) | Parsed::Duration(fixed) | Parsed::Uuid(UuidSchema::Fixed(fixed)) => {
            drop(define(&fixed.name))
        }
        Parsed::Decimal(decimal) => {
            if let InnerDecimalSchema::Fixed(fixed) = &decimal.inner {
                define(&fixed.name);
            }
        }
        _ => {}
    }
}

struct Builder<'s> {
    names: Names<'s>,
    known: HashMap<String, NodeId>,
    nodes: Vec<Option<Node>>,
}

impl Builder<'_> {
    fn reserve(&mut self) -> Result<NodeId, SchemaError> {
        if self.nodes.len() == SCHEMA_NODES_MAX {
            return Err(SchemaError::new(format!("a schema has at most {SCHEMA_NODES_MAX} types")));
        }
        let id = u32::try_from(self.nodes.len()).expect("the limit above is far below");
        self.nodes.push(None);
        Ok(NodeId(id))
    }

    /// The node of `schema`; a named type has one node, wherever it is used.
    fn node(&mut self, schema: &Parsed, around: Option<&str>) -> Result<NodeId, SchemaError> {
        if let Parsed::Ref { name } = schema {
            let full = name.fullname(around);
            if let Some(id) = self.known.get(&full) {
                return Ok(*id);
            }
            let found = self.names.get(&full).cloned();
            let (definition, around) =
                found.ok_or_else(|| SchemaError::new(format!("the type `{full}` is not defined")))?;
            return self.node(definition, around.as_deref());
        }
        let name = name_of(schema, around);
        if let Some(id) = name.as_ref().and_then(|name| self.known.get(&name.full)) {
            return Ok(*id);
        }
        let id = self.reserve()?;
        if let Some(name) = &name {
            self.known.insert(name.full.clone(), id);
        }
        let node = self.fresh(schema, name, around)?;
        self.nodes[id.index()] = Some(node);
        Ok(id)
    }

    fn fresh(
        &mut self,
        schema: &Parsed,
        name: Option<TypeName>,
        around: Option<&str>,
    ) -> Result<Node, SchemaError> {
        let named = || name.clone().expect("types of this kind have names");
        Ok(match schema {
            Parsed::Null => Node::Null,
            Parsed::Boolean => Node::Boolean,
            Parsed::Int => Node::Int,
            Parsed::Long => Node::Long,
            Parsed::Float => Node::Float,
            Parsed::Double => Node::Double,
            Parsed::Bytes => Node::Bytes,
            Parsed::String => Node::String,
            Parsed::Array(array) => Node::Array(self.node(&array.items, around)?),
            Parsed::Map(map) => Node::Map(self.node(&map.types, around)?),
            Parsed::Union(union) => {
                let variants = union.variants().iter().map(|one| self.node(one, around));
                Node::Union(variants.collect::<Result<_, _>>()?)
            }
            Parsed::Record(record) => {
                let name = named();
                let inside = name.full.rsplit_once('.').map(|(namespace, _)| namespace.to_owned());
                let mut fields = Vec::with_capacity(record.fields.len());
                for field in &record.fields {
                    fields.push(Field {
                        name: field.name.clone(),
                        aliases: field.aliases.clone(),
                        node: self.node(&field.schema, inside.as_deref())?,
                        default: field.default.clone(),
                    });
                }
                Node::Record { name, fields }
            }
            Parsed::Enum(symbols) => Node::Enum {
                name: named(),
                symbols: symbols.symbols.clone(),
                default: symbols.default.clone(),
            },
            Parsed::Fixed(fixed) => Node::Fixed { name: named(), size: fixed.size },
            Parsed::Decimal(decimal) => {
                let inner = match &decimal.inner {
                    InnerDecimalSchema::Bytes => Inner::Bytes,
                    InnerDecimalSchema::Fixed(fixed) => Inner::Fixed { name: named(), size: fixed.size },
                };
                Node::Decimal { precision: decimal.precision, scale: decimal.scale, inner }
            }
            Parsed::BigDecimal => Node::BigDecimal,
            Parsed::Uuid(UuidSchema::Bytes) => Node::Uuid(Inner::Bytes),
            Parsed::Uuid(UuidSchema::String) => Node::Uuid(Inner::String),
            Parsed::Uuid(UuidSchema::Fixed(fixed)) => {
                Node::Uuid(Inner::Fixed { name: named(), size: fixed.size })
            }
            Parsed::Date => Node::Date,
            Parsed::TimeMillis => Node::TimeMillis,
            Parsed::TimeMicros => Node::TimeMicros,
            Parsed::TimestampMillis => Node::Timestamp(Unit::Millis),
            Parsed::TimestampMicros => Node::Timestamp(Unit::Micros),
            Parsed::TimestampNanos => Node::Timestamp(Unit::Nanos),
            Parsed::LocalTimestampMillis => Node::LocalTimestamp(Unit::Millis),
            Parsed::LocalTimestampMicros => Node::LocalTimestamp(Unit::Micros),
            Parsed::LocalTimestampNanos => Node::LocalTimestamp(Unit::Nanos),
            Parsed::Duration(_) => Node::Duration { name: named() },
            Parsed::Ref { .. } => unreachable!("references are followed before"),
        })
    }
}

fn name_of(schema: &Parsed, around: Option<&str>) -> Option<TypeName> {
    let (name, aliases) = match schema {
        Parsed::Record(record) => (&record.name, &record.aliases),
        Parsed::Enum(symbols) => (&symbols.name, &symbols.aliases),
        Parsed::Fixed(fixed) | Parsed::Duration(fixed) | Parsed::Uuid(UuidSchema::Fixed(fixed)) => {
            (&fixed.name, &fixed.aliases)
        }
        Parsed::Decimal(decimal) => match &decimal.inner {
            InnerDecimalSchema::Fixed(fixed) => (&fixed.name, &fixed.aliases),
            InnerDecimalSchema::Bytes => return None,
        },
        _ => return None,
    };
    let full = name.fullname(around);
    // An alias without a namespace is relative to that of the name.
    let own = full.rsplit_once('.').map(|(namespace, _)| namespace);
    let aliases = aliases.iter().flatten().map(|alias| alias.fullname(own)).collect();
    Some(TypeName { full, aliases })
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
