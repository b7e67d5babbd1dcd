//! Texts → a schema: each is parsed by apache-avro for itself, and what they name of each other is put together here, level
//! by level over a list of what is still to be done: how deeply types stand in each other is the schemas' choice.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use apache_avro::Schema as Parsed;
use apache_avro::schema::{DecimalSchema, FixedSchema, InnerDecimalSchema, Name, UuidSchema};
use serde_json::{Value as Json, json};

use super::explain::explain;
use super::logical::decimal::holds_digits;
use super::prepare::{ALIASES, Aside, DEFAULT, Text, full_name, namespace};
use super::schema::{Field, Inner, Node, NodeId, SCHEMA_NODES_MAX, Schema, SchemaError, TypeName, Unit};

type Attributes = BTreeMap<String, Json>;

impl Schema {
    /// Parses a schema; `references` are the texts of the schemas whose names it uses. Its defaults are not looked at:
    /// [`Schema::check_defaults`] does that.
    ///
    /// # Errors
    ///
    /// What is no JSON, or no Avro schema, or names a type that is not defined.
    pub fn parse(text: &str, references: &[String]) -> Result<Self, SchemaError> {
        let mut aside = Aside::new();
        let mut texts = vec![Text::new(text, &mut aside)?];
        for reference in references {
            let of_reference = |error: SchemaError| {
                SchemaError::new(format!("of a schema that it refers to: {}", error.message))
            };
            texts.push(Text::new(reference, &mut aside).map_err(of_reference)?);
        }
        let defined: BTreeSet<&String> = texts.iter().flat_map(|text| &text.defines).collect();
        let written = std::iter::once(Some(text)).chain(std::iter::repeat(None));
        let parsed = texts.iter().zip(written).map(|(text, written)| parse_alone(text, written, &defined));
        let parsed = parsed.collect::<Result<Vec<Parsed>, _>>()?;
        let mut names = HashMap::new();
        // What the schema itself defines is its own.
        parsed.iter().try_for_each(|schema| collect(schema, &mut names))?;
        let mut builder = Builder {
            names,
            known: HashMap::new(),
            nodes: Vec::new(),
            todo: Vec::new(),
            aside,
            bad_default: None,
        };
        let root = builder.node(&parsed[0])?;
        while let Some((id, schema)) = builder.todo.pop() {
            let node = builder.fresh(schema)?;
            builder.nodes[id.index()] = Some(node);
        }
        let made = |node: Option<Node>| node.expect("each node that was reserved is filled");
        let nodes = builder.nodes.into_iter().map(made).collect();
        Ok(Self::of(nodes, root, text.to_owned(), builder.bad_default))
    }
}

/// Parses a text, `written` so where its places are to be told. What it uses of others, `defined` there, is shown to the parser
/// as a type of that name and no more.
fn parse_alone(
    text: &Text,
    written: Option<&str>,
    defined: &BTreeSet<&String>,
) -> Result<Parsed, SchemaError> {
    let foreign = text.uses.iter().filter(|name| !text.defines.contains(*name) && defined.contains(name));
    let foreign = foreign.map(|name| json!({"type": "fixed", "name": name, "size": 0}).to_string());
    let parsed = Parsed::parse_str_with_list(&text.json.to_string(), foreign.collect::<Vec<_>>());
    let words = |error: apache_avro::Error| {
        explain(&text.json, written.unwrap_or_default(), defined, error.to_string())
    };
    parsed.map(|(parsed, _)| parsed).map_err(words)
}

type Names<'s> = HashMap<&'s str, &'s Parsed>;

/// Finds the definitions of all names. Of one text, so that it goes no deeper than a text may be nested.
///
/// # Errors
///
/// A name means different types.
fn collect<'s>(schema: &'s Parsed, names: &mut Names<'s>) -> Result<(), SchemaError> {
    if let Some((name, _)) = name_of(schema) {
        let known = *names.entry(name.as_ref()).or_insert(schema);
        if !std::ptr::eq(known, schema) && known != schema {
            let name: &str = name.as_ref();
            return Err(SchemaError::new(format!(
                "the type `{name}` is defined more than once, and differently"
            )));
        }
    }
    match schema {
        Parsed::Array(array) => collect(&array.items, names),
        Parsed::Map(map) => collect(&map.types, names),
        Parsed::Union(union) => union.variants().iter().try_for_each(|one| collect(one, names)),
        Parsed::Record(record) => record.fields.iter().try_for_each(|field| collect(&field.schema, names)),
        _ => Ok(()),
    }
}

/// What a record, enum or fixed is called, and its attributes.
fn name_of(schema: &Parsed) -> Option<(&Name, &Attributes)> {
    match schema {
        Parsed::Record(record) => Some((&record.name, &record.attributes)),
        Parsed::Enum(symbols) => Some((&symbols.name, &symbols.attributes)),
        Parsed::Fixed(fixed)
        | Parsed::Duration(fixed)
        | Parsed::Uuid(UuidSchema::Fixed(fixed))
        | Parsed::Decimal(DecimalSchema { inner: InnerDecimalSchema::Fixed(fixed), .. }) => {
            Some((&fixed.name, &fixed.attributes))
        }
        _ => None,
    }
}

struct Builder<'s> {
    names: Names<'s>,
    known: HashMap<&'s str, NodeId>,
    nodes: Vec<Option<Node>>,
    /// Nodes that are still to be filled.
    todo: Vec<(NodeId, &'s Parsed)>,
    aside: Aside,
    bad_default: Option<String>,
}

impl<'s> Builder<'s> {
    /// The node of `schema`, which is filled later; a named type has one node, wherever it is used.
    fn node(&mut self, schema: &'s Parsed) -> Result<NodeId, SchemaError> {
        let schema = match schema {
            Parsed::Ref { name } => self.names.get(name.as_ref()).copied().ok_or_else(|| {
                let name: &str = name.as_ref();
                SchemaError::new(format!("the type `{name}` is not defined"))
            })?,
            schema => schema,
        };
        let name = name_of(schema).map(|(name, _)| name.as_ref());
        if let Some(id) = name.and_then(|name| self.known.get(name)) {
            return Ok(*id);
        }
        if self.nodes.len() == SCHEMA_NODES_MAX {
            return Err(SchemaError::new(format!("a schema has at most {SCHEMA_NODES_MAX} types")));
        }
        let id = NodeId(u32::try_from(self.nodes.len()).expect("the limit above is far below"));
        self.nodes.push(None);
        self.known.extend(name.map(|name| (name, id)));
        self.todo.push((id, schema));
        Ok(id)
    }

    fn fresh(&mut self, schema: &'s Parsed) -> Result<Node, SchemaError> {
        Ok(match schema {
            Parsed::Null => Node::Null,
            Parsed::Boolean => Node::Boolean,
            Parsed::Int => Node::Int,
            Parsed::Long => Node::Long,
            Parsed::Float => Node::Float,
            Parsed::Double => Node::Double,
            Parsed::Bytes => Node::Bytes,
            Parsed::String => Node::String,
            Parsed::Array(array) => Node::Array(self.node(&array.items)?),
            Parsed::Map(map) => Node::Map(self.node(&map.types)?),
            Parsed::Union(union) => {
                Node::Union(union.variants().iter().map(|one| self.node(one)).collect::<Result<_, _>>()?)
            }
            Parsed::Record(record) => {
                let mut fields = Vec::with_capacity(record.fields.len());
                for field in &record.fields {
                    fields.push(Field {
                        name: field.name.clone(),
                        aliases: field.aliases.clone(),
                        node: self.node(&field.schema)?,
                        default: self.take(&field.custom_attributes, DEFAULT),
                    });
                }
                Node::Record { name: self.name(schema), fields }
            }
            Parsed::Enum(symbols) => {
                let default = self.take(&symbols.attributes, DEFAULT);
                let default = default.and_then(|json| self.symbol(&symbols.name, &symbols.symbols, json));
                Node::Enum { name: self.name(schema), symbols: symbols.symbols.clone(), default }
            }
            Parsed::Fixed(fixed) => Node::Fixed { name: self.name(schema), size: fixed.size },
            Parsed::Decimal(decimal) => self.decimal(schema, decimal),
            Parsed::BigDecimal => Node::BigDecimal,
            Parsed::Uuid(UuidSchema::Bytes) => Node::Uuid(Inner::Bytes),
            Parsed::Uuid(UuidSchema::String) => Node::Uuid(Inner::String),
            Parsed::Uuid(UuidSchema::Fixed(fixed)) => Node::Uuid(self.fixed(schema, fixed)),
            Parsed::Date => Node::Date,
            Parsed::TimeMillis => Node::TimeMillis,
            Parsed::TimeMicros => Node::TimeMicros,
            Parsed::TimestampMillis => Node::Timestamp(Unit::Millis),
            Parsed::TimestampMicros => Node::Timestamp(Unit::Micros),
            Parsed::TimestampNanos => Node::Timestamp(Unit::Nanos),
            Parsed::LocalTimestampMillis => Node::LocalTimestamp(Unit::Millis),
            Parsed::LocalTimestampMicros => Node::LocalTimestamp(Unit::Micros),
            Parsed::LocalTimestampNanos => Node::LocalTimestamp(Unit::Nanos),
            Parsed::Duration(_) => Node::Duration { name: self.name(schema) },
            Parsed::Ref { .. } => unreachable!("references are followed before"),
        })
    }

    /// A decimal with more digits than its bytes may hold is none, by the specification: what it stands on is left.
    fn decimal(&mut self, schema: &Parsed, decimal: &DecimalSchema) -> Node {
        let inner = match &decimal.inner {
            InnerDecimalSchema::Bytes => Inner::Bytes,
            InnerDecimalSchema::Fixed(fixed) if !holds_digits(fixed.size, decimal.precision) => {
                return Node::Fixed { name: self.name(schema), size: fixed.size };
            }
            InnerDecimalSchema::Fixed(fixed) => self.fixed(schema, fixed),
        };
        Node::Decimal { precision: decimal.precision, scale: decimal.scale, inner }
    }

    fn fixed(&mut self, schema: &Parsed, fixed: &FixedSchema) -> Inner {
        Inner::Fixed { name: self.name(schema), size: fixed.size }
    }

    fn name(&mut self, schema: &Parsed) -> TypeName {
        let (name, attributes) = name_of(schema).expect("types of this kind have names");
        let full: &str = name.as_ref();
        let aliases = self.take(attributes, ALIASES);
        let aliases =
            aliases.as_ref().and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
        // An alias without a namespace is relative to that of the name.
        let aliases = aliases.map(|alias| full_name(alias, namespace(full))).collect();
        TypeName { full: full.to_owned(), aliases }
    }

    /// The default of an enum, where it is one of its symbols.
    fn symbol(&mut self, name: &Name, symbols: &[String], json: Json) -> Option<String> {
        let symbol = json.as_str().filter(|text| symbols.iter().any(|symbol| symbol == text));
        if symbol.is_none() {
            let name: &str = name.as_ref();
            self.bad_default
                .get_or_insert_with(|| format!("the default of the enum `{name}` is none of its symbols"));
        }
        symbol.map(str::to_owned)
    }

    /// What was set aside.
    fn take(&mut self, attributes: &Attributes, attribute: &str) -> Option<Json> {
        let place = usize::try_from(attributes.get(attribute)?.as_u64()?).ok()?;
        self.aside.get_mut(place).map(Json::take)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(text: &str) -> Node {
        let schema = Schema::parse(text, &[]).expect("it is a schema");
        schema.node(schema.root()).clone()
    }

    #[test]
    fn a_logical_type_that_does_not_fit_is_left_aside() {
        let fixed = |precision: usize| {
            format!(
                r#"{{"type": {{"type": "fixed", "name": "F", "size": 2}}, "logicalType": "decimal", "precision": {precision}}}"#
            )
        };
        assert!(matches!(root(&fixed(4)), Node::Decimal { precision: 4, .. }));
        assert!(matches!(root(&fixed(5)), Node::Fixed { size: 2, .. }));
        let text = r#"{"type": "fixed", "name": "F", "size": 2, "logicalType": "decimal", "precision": 20}"#;
        assert!(matches!(root(text), Node::Fixed { size: 2, .. }));
        let text = r#"{"type": "map", "values": "int", "logicalType": "decimal", "precision": 2}"#;
        assert!(matches!(root(text), Node::Map(_)));
        let text = r#"{"type": "record", "name": "R", "fields": [], "logicalType": "date"}"#;
        assert!(matches!(root(text), Node::Record { .. }));
        assert!(matches!(root(r#"{"type": "int", "logicalType": 1}"#), Node::Int));
    }

    #[test]
    fn a_name_means_one_type() {
        let fixed = |size: usize| format!(r#"{{"type": "fixed", "name": "a.F", "size": {size}}}"#);
        let record =
            r#"{"type": "record", "name": "a.R", "fields": [{"name": "f", "type": "F"}]}"#.to_owned();
        Schema::parse(&record, &[fixed(2), fixed(2)]).expect("it is the same");
        let error = Schema::parse(&record, &[fixed(2), fixed(3)]).expect_err("it is another");
        assert_eq!(error.message, "the type `a.F` is defined more than once, and differently");
    }

    #[test]
    fn schemas_may_name_each_other_in_any_order() {
        let record = |name: &str, of: &str| {
            format!(
                r#"{{"type": "record", "name": "{name}", "namespace": "a", "fields": [{{"name": "x", "type": {of}}}]}}"#
            )
        };
        let texts = [record("S", r#""T""#), record("T", r#"["null", "R"]"#)];
        let schema = Schema::parse(&record("R", r#""a.S""#), &texts).expect("all is defined");
        assert_eq!(schema.len(), 5);
        // Within one text what is used must be defined before.
        let text = record("R", r#"["S", {"type": "enum", "name": "S", "symbols": ["A"]}]"#);
        let error = Schema::parse(&text, &[]).expect_err("it is not defined yet");
        assert!(error.message.contains("a.S"), "{error}");
    }

    #[test]
    fn aliases_stand_in_the_namespace_of_their_name() {
        let text = r#"{"type": "enum", "name": "a.E", "aliases": ["D", "b.C"], "symbols": ["A"]}"#;
        assert_eq!(root(text).name().expect("it has one").aliases, ["a.D", "b.C"]);
    }
}
