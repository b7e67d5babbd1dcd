//! The shape of what a JSON Schema describes.
//!
//! A rule that is not understood here leaves more open than the schema does, never less.

use std::collections::BTreeMap;
use std::sync::Arc;

use vrl::value::Value;

use crate::codec::json_schema::{JsonSchema, Node, NodeId, Rules, Type};

use super::shape::{Member, Presence, Record, Shape, Text};

/// How often a schema may stand in itself before its values are not looked into any further.
const NESTED_MAX: usize = 2;

/// How many schemas within a schema are looked at; what lies behind is `Any`.
const SCHEMAS_MAX: usize = 5_000;

/// The shape of a schema's values.
pub fn shape_of_json(schema: &JsonSchema) -> Shape {
    Walk { schema, above: Vec::new(), left: SCHEMAS_MAX }.shape(schema.root())
}

struct Walk<'s> {
    schema: &'s JsonSchema,
    above: Vec<NodeId>,
    left: usize,
}

impl Walk<'_> {
    fn shape(&mut self, id: NodeId) -> Shape {
        let is_nested = self.above.iter().filter(|above| **above == id).count() >= NESTED_MAX;
        if is_nested || self.left == 0 {
            return Shape::Any;
        }
        self.left -= 1;
        self.above.push(id);
        let shape = match self.schema.node(id) {
            Node::Never => Shape::Any,
            Node::Rules(rules) => self.of_rules(rules),
        };
        self.above.pop();
        shape
    }

    /// A value keeps all rules: whatever one of them tells is true.
    fn of_rules(&mut self, rules: &Rules) -> Shape {
        if let Some(constants) = &rules.constants {
            return of_constants(constants);
        }
        if let Some(types) = rules.types {
            return Shape::one_of(types.iter().map(|one| self.of_type(one, rules)).collect::<Vec<_>>());
        }
        for id in &rules.all_of {
            match self.shape(*id) {
                Shape::Any => {}
                shape => return shape,
            }
        }
        match rules.any_of.as_ref().or(rules.one_of.as_ref()) {
            Some(ids) => Shape::one_of(ids.iter().map(|id| self.shape(*id)).collect::<Vec<_>>()),
            None => Shape::Any,
        }
    }

    fn of_type(&mut self, one: Type, rules: &Rules) -> Shape {
        match one {
            Type::Null => Shape::Null,
            Type::Boolean => Shape::Boolean,
            Type::Integer => Shape::Integer(None),
            // A number without a point is an integer, and with one a float.
            Type::Number => Shape::one_of([Shape::Integer(None).perhaps(), Shape::Float.perhaps()]),
            Type::String => Shape::Text(Text::String),
            Type::Array => {
                let is_plain = rules.array.prefix.is_empty();
                let items = rules.array.items.filter(|_| is_plain).map(|items| self.shape(items));
                Shape::Array(Arc::new(items.unwrap_or(Shape::Any)))
            }
            Type::Object => self.of_object(rules),
        }
    }

    fn of_object(&mut self, rules: &Rules) -> Shape {
        let object = &rules.object;
        let mut members = BTreeMap::new();
        for (name, id) in &object.properties {
            let presence = match object.required.contains(name) {
                true => Presence::Always,
                false => Presence::Perhaps,
            };
            members.insert(name.clone(), Member { shape: self.shape(*id), presence });
        }
        let others = match object.additional {
            None => Some(Shape::Any),
            Some(id) if *self.schema.node(id) == Node::Never => None,
            Some(id) => Some(self.shape(id)),
        };
        // A member without rules of its own that must be there is one of the others.
        if let Some(others) = &others {
            for name in &object.required {
                members.entry(name.clone()).or_insert_with(|| Member::always(others.clone()));
            }
        }
        Shape::Record(Arc::new(Record { name: None, members, others }))
    }
}

fn of_constants(constants: &[Value]) -> Shape {
    let texts = constants.iter().map(|value| value.to_str().map(str::to_owned));
    if let Some(symbols) = texts.collect::<Option<Vec<String>>>() {
        return Shape::Text(Text::Symbols(symbols.into()));
    }
    let plain = |value: &Value| match value {
        Value::Null => Shape::Null,
        Value::Boolean(_) => Shape::Boolean,
        Value::Bytes(_) | Value::String(_) => Shape::Literal(value.clone()),
        // 1 and 1.0 are one to a schema.
        Value::Integer(_) | Value::Float(_) => {
            Shape::one_of([Shape::Integer(None).perhaps(), Shape::Float.perhaps()])
        }
        _ => Shape::Any,
    };
    Shape::one_of(constants.iter().map(plain))
}
