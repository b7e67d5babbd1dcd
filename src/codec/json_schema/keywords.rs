//! One keyword after the other: what its value must be, and the rule that it makes.

use vrl::value::{KeyString, Value};

use super::JsonSchemaError;
use super::draft::{self, Draft};
use super::node::{NodeId, Rules, Type, Types};
use super::number::Number;
use super::parse::Parser;
use super::pattern::Pattern;
use super::pointer::Pointer;
use super::tree::{Kind, Member, Tree};
use super::validate::same;

type Done<T = ()> = Result<T, JsonSchemaError>;

impl<'t> Parser<'t> {
    /// Adds what a keyword asks for to the rules of `id`.
    pub(super) fn keyword(
        &mut self,
        id: NodeId,
        rules: &mut Rules,
        member: &'t Member,
        pointer: &Pointer<'_>,
    ) -> Done {
        let (tree, object, array) = (&member.tree, &mut rules.object, &mut rules.array);
        match member.name.as_str() {
            "type" => rules.types = Some(self.types(tree, pointer)?),
            "enum" | "const" => self.constants(rules, member, pointer)?,
            "properties" => {
                for (name, schema) in self.schemas_by_name(tree, pointer)? {
                    object.properties.insert(name.to_owned(), schema);
                }
            }
            "required" => {
                for (index, name) in self.list(tree, pointer)?.iter().enumerate() {
                    object.required.insert(self.text(name, &pointer.then(&index.to_string()))?.to_owned());
                }
            }
            "additionalProperties" => object.additional = Some(self.schema(tree, pointer)?),
            "items" if matches!(tree.kind, Kind::List(_)) => {
                self.only_in(
                    self.draft < Draft::D2020,
                    member,
                    pointer,
                    "in draft 2020-12 `prefixItems` takes a list",
                )?;
                array.prefix = self.schemas(tree, pointer)?;
            }
            "items" => array.items = Some(self.schema(tree, pointer)?),
            "prefixItems" => {
                let message = "`prefixItems` is of draft 2020-12; in drafts before it `items` takes a list";
                self.only_in(self.draft == Draft::D2020, member, pointer, message)?;
                array.prefix = self.schemas(tree, pointer)?;
            }
            "minItems" => array.min_items = self.count(tree, pointer)?,
            "maxItems" => array.max_items = Some(self.count(tree, pointer)?),
            "uniqueItems" => match tree.kind {
                Kind::Boolean(unique) => array.unique = unique,
                _ => return Err(self.wrong(tree, pointer, "a boolean")),
            },
            "minimum" => rules.number.minimum = Some(self.number(tree, pointer)?),
            "maximum" => rules.number.maximum = Some(self.number(tree, pointer)?),
            "exclusiveMinimum" => rules.number.exclusive_minimum = Some(self.number(tree, pointer)?),
            "exclusiveMaximum" => rules.number.exclusive_maximum = Some(self.number(tree, pointer)?),
            "multipleOf" => {
                let number = self.number(tree, pointer)?;
                if number.compare(Number::Integer(0)).is_le() {
                    return Err(self.wrong(tree, pointer, "a number greater than zero"));
                }
                rules.number.multiple_of = Some(number);
            }
            "minLength" => rules.string.min_length = self.count(tree, pointer)?,
            "maxLength" => rules.string.max_length = Some(self.count(tree, pointer)?),
            "pattern" => {
                let pattern = Pattern::new(self.text(tree, pointer)?);
                let pattern = pattern.map_err(|reason| {
                    self.error(tree.at, pointer, format!("the pattern cannot be kept: {reason}"))
                })?;
                rules.string.pattern = Some(pattern);
            }
            "allOf" => rules.all_of.extend(self.schemas(tree, pointer)?),
            "anyOf" => rules.any_of = Some(self.schemas(tree, pointer)?),
            "oneOf" => rules.one_of = Some(self.schemas(tree, pointer)?),
            "$ref" => {
                let to = self.text(tree, pointer)?;
                self.refer(id, to, tree.at, pointer);
            }
            "$defs" | "definitions" => drop(self.schemas_by_name(tree, pointer)?),
            name if draft::ANNOTATIONS.contains(&name) => {}
            name if draft::OF_THE_ROOT.contains(&name) => {
                let message = "it can stand only at the root of a schema here";
                self.only_in(id.index() == 0, member, pointer, message)?;
            }
            name => return Err(self.error(member.at, pointer, draft::refusal(name))),
        }
        Ok(())
    }

    /// In draft 7 what stands beside `$ref` is no rule, which its author may not know.
    pub(super) fn ignored_by_draft_7(&self, members: &[Member], pointer: &Pointer<'_>) -> Done {
        let refers = members.iter().any(|member| member.name == "$ref");
        let containers = ["$ref", "$defs", "definitions"];
        let rule = |member: &&Member| {
            draft::KEPT.contains(&member.name.as_str()) && !containers.contains(&member.name.as_str())
        };
        match members.iter().find(rule) {
            Some(member) if refers && self.draft == Draft::D7 => {
                let message = format!(
                    "draft 7 ignores `{}` beside `$ref`: put both into `allOf`, or name a later draft",
                    member.name
                );
                Err(self.error(member.at, &pointer.then(&member.name), message))
            }
            _ => Ok(()),
        }
    }

    fn only_in(&self, holds: bool, member: &Member, pointer: &Pointer<'_>, message: &str) -> Done {
        if holds { Ok(()) } else { Err(self.error(member.at, pointer, message)) }
    }

    fn wrong(&self, tree: &Tree, pointer: &Pointer<'_>, expected: &str) -> JsonSchemaError {
        self.error(tree.at, pointer, format!("{expected} must stand here, not {}", tree.kind_name()))
    }

    fn types(&self, tree: &'t Tree, pointer: &Pointer<'_>) -> Done<Types> {
        let Kind::List(items) = &tree.kind else {
            return Ok(Types::default().with(self.one_type(tree, pointer)?));
        };
        if items.is_empty() {
            return Err(self.error(tree.at, pointer, "a list of types must have one"));
        }
        items.iter().enumerate().try_fold(Types::default(), |types, (index, item)| {
            Ok(types.with(self.one_type(item, &pointer.then(&index.to_string()))?))
        })
    }

    fn one_type(&self, tree: &'t Tree, pointer: &Pointer<'_>) -> Done<Type> {
        let name = self.text(tree, pointer)?;
        Type::ALL.into_iter().find(|one| one.name() == name).ok_or_else(|| {
            let names: Vec<_> = Type::ALL.iter().map(|one| one.name()).collect();
            self.error(tree.at, pointer, format!("there is no type `{name}`; there are {}", names.join(", ")))
        })
    }

    /// Where `enum` and `const` stand side by side, what is in both.
    fn constants(&self, rules: &mut Rules, member: &Member, pointer: &Pointer<'_>) -> Done {
        let mut constants: Vec<Value> = match (member.name.as_str(), &member.tree.kind) {
            ("const", _) => vec![constant(&member.tree)],
            (_, Kind::List(items)) if !items.is_empty() => items.iter().map(constant).collect(),
            _ => return Err(self.wrong(&member.tree, pointer, "a list of at least one value")),
        };
        if let Some(others) = rules.constants.take() {
            constants.retain(|one| others.iter().any(|other| same(one, other)));
        }
        rules.constants = Some(constants);
        Ok(())
    }

    fn list(&self, tree: &'t Tree, pointer: &Pointer<'_>) -> Done<&'t [Tree]> {
        match &tree.kind {
            Kind::List(items) => Ok(items),
            _ => Err(self.wrong(tree, pointer, "a list")),
        }
    }

    fn schemas(&mut self, tree: &'t Tree, pointer: &Pointer<'_>) -> Done<Vec<NodeId>> {
        let items = self.list(tree, pointer)?;
        if items.is_empty() {
            return Err(self.error(tree.at, pointer, "a list of schemas must have one"));
        }
        let schemas = items.iter().enumerate();
        schemas.map(|(index, item)| self.schema(item, &pointer.then(&index.to_string()))).collect()
    }

    fn schemas_by_name(&mut self, tree: &'t Tree, pointer: &Pointer<'_>) -> Done<Vec<(&'t str, NodeId)>> {
        let Kind::Members(members) = &tree.kind else {
            return Err(self.wrong(tree, pointer, "an object with schemas"));
        };
        let schema = |member: &'t Member| {
            let id = self.schema(&member.tree, &pointer.then(&member.name))?;
            Ok((member.name.as_str(), id))
        };
        members.list.iter().map(schema).collect()
    }

    fn text(&self, tree: &'t Tree, pointer: &Pointer<'_>) -> Done<&'t str> {
        match &tree.kind {
            Kind::Text(text) => Ok(text),
            _ => Err(self.wrong(tree, pointer, "a string")),
        }
    }

    fn number(&self, tree: &Tree, pointer: &Pointer<'_>) -> Done<Number> {
        match tree.kind {
            Kind::Number(number) => Ok(number),
            _ => Err(self.wrong(tree, pointer, "a number")),
        }
    }

    fn count(&self, tree: &Tree, pointer: &Pointer<'_>) -> Done<u64> {
        let count = match tree.kind {
            Kind::Number(Number::Integer(integer)) => u64::try_from(integer).ok(),
            // 2.0 is an integer, too.
            Kind::Number(Number::Float(float)) if float >= 0.0 && float.fract() == 0.0 => Some(float as u64),
            _ => None,
        };
        count.ok_or_else(|| self.error(tree.at, pointer, "an integer of at least 0 must stand here"))
    }
}

/// A value of the schema, as the decoder would hold it.
fn constant(tree: &Tree) -> Value {
    match &tree.kind {
        Kind::Null => Value::Null,
        Kind::Boolean(boolean) => Value::Boolean(*boolean),
        Kind::Number(Number::Integer(integer)) => match i64::try_from(*integer) {
            Ok(integer) => Value::Integer(integer),
            Err(_) => Value::from_f64_or_zero(*integer as f64),
        },
        Kind::Number(Number::Float(float)) => Value::from_f64_or_zero(*float),
        Kind::Text(text) => Value::from(text.as_str()),
        Kind::List(items) => Value::Array(items.iter().map(constant).collect()),
        Kind::Members(members) => {
            let pair = |member: &Member| (KeyString::from(member.name.as_str()), constant(&member.tree));
            Value::Object(members.list.iter().map(pair).collect())
        }
    }
}
