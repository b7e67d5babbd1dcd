//! The shape of what a JSON Schema allows, as decoding gives it. Every value that keeps the schema has the shape; where
//! rules say more than a shape can, it is wider.

use std::collections::BTreeMap;
use std::sync::Arc;

use vrl::value::Value;

use crate::codec::json_schema::{JsonSchema, Node, NodeId, Number, ObjectRules, Rules, Type};

use super::nesting::Nesting;
use super::shape::{Member, Presence, Record, Shape, Text};

/// The shape of a schema's values.
pub fn shape_of_json(schema: &JsonSchema) -> Shape {
    Walk { schema, nesting: Nesting::new(usize::MAX) }.shape(schema.root())
}

struct Walk<'s> {
    schema: &'s JsonSchema,
    nesting: Nesting<NodeId>,
}

impl Walk<'_> {
    fn shape(&mut self, id: NodeId) -> Shape {
        if !self.nesting.enter(id) {
            return Shape::Any;
        }
        let shape = match self.schema.node(id) {
            Node::Never => Shape::never(),
            Node::Rules(rules) => self.of_rules(rules),
        };
        self.nesting.leave();
        shape
    }

    /// All rules hold together, so each of them alone gives a shape that is wide enough.
    fn of_rules(&mut self, rules: &Rules) -> Shape {
        let mut shape = match (&rules.constants, rules.types) {
            (Some(constants), _) => of_constants(constants),
            (None, Some(types)) => {
                Shape::one_of(types.iter().map(|one| self.of_type(one, rules)).collect::<Vec<_>>())
            }
            // Rules for one type ask nothing of the others.
            (None, None) => Shape::Any,
        };
        for all in &rules.all_of {
            shape = meet(shape, self.shape(*all));
        }
        for some in rules.any_of.iter().chain(&rules.one_of) {
            let shapes: Vec<_> = some.iter().map(|id| self.shape(*id).perhaps()).collect();
            shape = meet(shape, Shape::one_of(shapes));
        }
        shape
    }

    fn of_type(&mut self, one: Type, rules: &Rules) -> Shape {
        match one {
            Type::Null => Shape::Null,
            Type::Boolean => Shape::Boolean,
            Type::Integer => range(rules),
            Type::Number => Shape::one_of([range(rules).perhaps(), Shape::Float.perhaps()]),
            Type::String => Shape::Text(Text::String),
            Type::Array => match (rules.array.items, rules.array.prefix.is_empty()) {
                (Some(items), true) => Shape::Array(Arc::new(self.shape(items))),
                _ => Shape::Array(Arc::new(Shape::Any)),
            },
            Type::Object => self.of_object(&rules.object),
        }
    }

    fn of_object(&mut self, rules: &ObjectRules) -> Shape {
        let others = match rules.additional {
            None => Some(Shape::Any),
            Some(id) => Some(self.shape(id)).filter(|shape| !shape.is_never()),
        };
        let presence = |name: &String| match rules.required.contains(name) {
            true => Presence::Always,
            false => Presence::Perhaps,
        };
        let mut members = BTreeMap::new();
        for (name, id) in &rules.properties {
            members.insert(name.clone(), Member { shape: self.shape(*id), presence: presence(name) });
        }
        for name in &rules.required {
            let other = || Member::always(others.clone().unwrap_or(Shape::Any));
            members.entry(name.clone()).or_insert_with(other);
        }
        Shape::Record(Arc::new(Record { name: None, members, others }))
    }
}

/// What has both shapes, as far as that can be told; never less.
fn meet(one: Shape, other: Shape) -> Shape {
    match (&one, &other) {
        (Shape::Any, _) => other,
        (_, Shape::Any) => one,
        (Shape::Record(left), Shape::Record(right)) => {
            let mut members = left.members.clone();
            for (name, member) in &right.members {
                let both = match members.remove(name) {
                    Some(own) => Member {
                        presence: own.presence.min(member.presence),
                        shape: meet(own.shape, member.shape.clone()),
                    },
                    None => member.clone(),
                };
                members.insert(name.clone(), both);
            }
            let others = left.others.clone().zip(right.others.clone()).map(|(one, other)| meet(one, other));
            Shape::Record(Arc::new(Record { name: None, members, others }))
        }
        _ => one,
    }
}

fn of_constants(constants: &[Value]) -> Shape {
    let texts: Option<Vec<String>> =
        constants.iter().map(|value| value.to_str().map(str::to_owned)).collect();
    if let Some(texts) = texts {
        return Shape::Text(Text::Symbols(texts.into()));
    }
    Shape::one_of(constants.iter().map(|value| match value {
        Value::Null => Shape::Null,
        Value::Boolean(_) => Shape::Boolean,
        // 1 and 1.0 are the same to JSON Schema.
        Value::Integer(number) => {
            Shape::one_of([Shape::Integer(Some((*number, *number))).perhaps(), Shape::Float.perhaps()])
        }
        Value::Float(_) => Shape::one_of([Shape::LONG.perhaps(), Shape::Float.perhaps()]),
        Value::Bytes(_) | Value::String(_) => Shape::Literal(value.clone()),
        _ => Shape::Any,
    }))
}

/// The integers that `minimum` and `maximum` allow, as far as they are integers themselves.
fn range(rules: &Rules) -> Shape {
    let whole = |number: Option<Number>| match number {
        Some(Number::Integer(number)) => i64::try_from(number).ok(),
        _ => None,
    };
    let least = whole(rules.number.minimum).unwrap_or(i64::MIN);
    let most = whole(rules.number.maximum).unwrap_or(i64::MAX);
    if least > most { Shape::LONG } else { Shape::Integer(Some((least, most))) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vrl::value::Kind;

    use super::*;
    use crate::codec::{avro::Wanted, decode_json};

    fn kind(schema: &str) -> Kind {
        shape_of_json(&JsonSchema::parse(schema).expect("it is a schema")).kind()
    }

    #[test]
    fn members_have_the_types_that_the_schema_gives_them() {
        let schema = r##"{"type": "object", "required": ["id"], "properties": {
            "id": {"type": "string"}, "color": {"enum": ["red", "green"]}, "next": {"$ref": "#"}},
            "additionalProperties": false}"##;
        let kind = kind(schema);
        let object = kind.as_object().expect("an object");
        assert_eq!(object.known().get(&"id".into()), Some(&Kind::bytes()));
        assert_eq!(object.known().get(&"color".into()), Some(&Kind::bytes().or_undefined()));
        assert!(object.known().get(&"next".into()).is_some_and(|next| next.contains_object()));
        assert!(object.unknown_kind().is_undefined());
    }

    #[test]
    fn what_two_schemas_ask_together_is_known_of_both() {
        let schema = r#"{"allOf": [
            {"type": "object", "properties": {"a": {"type": "string"}}},
            {"type": "object", "properties": {"b": {"type": "boolean"}}, "required": ["b"]}]}"#;
        let kind = kind(schema);
        let object = kind.as_object().expect("an object");
        assert_eq!(object.known().get(&"a".into()), Some(&Kind::bytes().or_undefined()));
        assert_eq!(object.known().get(&"b".into()), Some(&Kind::boolean()));
    }

    /// Schemas of all kinds of rules, and values of all kinds.
    fn schemas() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop::sample::select(
            [
                "{}",
                "true",
                "{\"type\": \"integer\", \"minimum\": 0}",
                "{\"type\": [\"null\", \"number\"]}",
                "{\"enum\": [\"a\", \"b\"]}",
                "{\"const\": 1}",
                "{\"enum\": [null, \"a\", 2.5]}",
                "{\"type\": \"string\", \"maxLength\": 1}",
                "{\"type\": \"boolean\"}",
            ]
            .map(|text| serde_json::from_str::<serde_json::Value>(text).expect("JSON"))
            .to_vec(),
        );
        leaf.prop_recursive(3, 12, 3, |inner| {
            let some = prop::collection::vec(inner.clone(), 1..3);
            prop_oneof![
                some.clone().prop_map(|all| serde_json::json!({"anyOf": all})),
                some.clone().prop_map(|all| serde_json::json!({"oneOf": all})),
                some.prop_map(|all| serde_json::json!({"allOf": all})),
                inner
                    .clone()
                    .prop_map(|items| serde_json::json!({"type": ["array", "null"], "items": items})),
                (inner.clone(), inner, any::<bool>()).prop_map(|(a, others, is_needed)| serde_json::json!({
                    "type": "object", "properties": {"a": a}, "additionalProperties": others,
                    "required": if is_needed { vec!["a", "b"] } else { vec![] },
                })),
            ]
        })
    }

    fn values() -> impl Strategy<Value = serde_json::Value> {
        let texts = ["null", "true", "0", "1", "1.0", "-3", "2.5", "1e30", "\"a\"", "\"b\"", "\"long\""];
        let leaf = prop::sample::select(texts.map(|text| serde_json::from_str(text).expect("JSON")).to_vec());
        leaf.prop_recursive(3, 12, 3, |inner: BoxedStrategy<serde_json::Value>| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(serde_json::Value::from),
                prop::collection::btree_map("[abc]", inner, 0..3)
                    .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        /// What keeps the schema has the kind that programs are compiled with.
        #[test]
        fn a_value_that_keeps_the_schema_has_its_kind(schema in schemas(), value in values()) {
            let parsed = JsonSchema::parse(&schema.to_string()).expect("it is a schema");
            let document = decode_json(value.to_string().as_bytes()).expect("it is JSON");
            if parsed.validate(document.root(), &Wanted::All).is_ok() {
                let kind = shape_of_json(&parsed).kind();
                let own = Kind::from(document.root());
                prop_assert!(kind.is_superset(&own).is_ok(), "{own} is not in {kind}");
            }
        }
    }
}
