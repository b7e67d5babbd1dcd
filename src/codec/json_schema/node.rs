//! The parts of a schema.

use std::collections::{BTreeMap, BTreeSet};

use vrl::value::Value;

use super::number::Number;
use super::pattern::Pattern;

/// A node's number in its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    /// As an index into a table with an entry for each node.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One schema within a schema.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `false`: no value fits.
    Never,
    /// What fits keeps all these rules; without any, every value does.
    Rules(Box<Rules>),
}

/// What a value must keep. Rules for one type ask nothing of values of the others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// `type`; `None`: all.
    pub types: Option<Types>,
    /// `enum` and `const`: the value is one of these. As the decoder would hold them.
    pub constants: Option<Vec<Value>>,
    /// For numbers.
    pub number: NumberRules,
    /// For strings.
    pub string: StringRules,
    /// For arrays.
    pub array: ArrayRules,
    /// For objects.
    pub object: ObjectRules,
    /// `allOf` and `$ref`: the value fits all of these, too.
    pub all_of: Vec<NodeId>,
    /// `anyOf`: it fits at least one; `None`: there is no such rule.
    pub any_of: Option<Vec<NodeId>>,
    /// `oneOf`: it fits exactly one; `None`: there is no such rule.
    pub one_of: Option<Vec<NodeId>>,
}

/// Rules for numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NumberRules {
    /// `minimum`
    pub minimum: Option<Number>,
    /// `exclusiveMinimum`
    pub exclusive_minimum: Option<Number>,
    /// `maximum`
    pub maximum: Option<Number>,
    /// `exclusiveMaximum`
    pub exclusive_maximum: Option<Number>,
    /// `multipleOf`: greater than zero.
    pub multiple_of: Option<Number>,
}

/// Rules for strings. A length is a number of characters (Unicode code points).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StringRules {
    /// `minLength`
    pub min_length: u64,
    /// `maxLength`
    pub max_length: Option<u64>,
    /// `pattern`
    pub pattern: Option<Pattern>,
}

/// Rules for arrays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArrayRules {
    /// `prefixItems`, or `items` as a list in drafts before 2020-12: for the items at these places, where they are there.
    pub prefix: Vec<NodeId>,
    /// `items`: for all items behind those.
    pub items: Option<NodeId>,
    /// `minItems`
    pub min_items: u64,
    /// `maxItems`
    pub max_items: Option<u64>,
    /// `uniqueItems`
    pub unique: bool,
}

/// Rules for objects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectRules {
    /// `properties`: for members of these names, where they are there.
    pub properties: BTreeMap<String, NodeId>,
    /// `required`: members that must be there.
    pub required: BTreeSet<String>,
    /// `additionalProperties`: for members that `properties` beside it does not name; `None`: all fit.
    pub additional: Option<NodeId>,
}

/// A type of JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// `null`
    Null,
    /// `boolean`
    Boolean,
    /// `integer`: a number without a point or an exponent, of 64 bits.
    Integer,
    /// `number`: with or without a fraction.
    Number,
    /// `string`
    String,
    /// `array`
    Array,
    /// `object`
    Object,
}

/// A set of types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Types(u8);

impl Type {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Null, Self::Boolean, Self::Integer, Self::Number, Self::String, Self::Array, Self::Object];

    /// As a schema has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }
}

impl Types {
    /// With one more.
    pub fn with(self, one: Type) -> Self {
        Self(self.0 | 1 << one as u8)
    }

    /// Whether it is among them by name: where `number` is, `integer` need not be.
    pub fn contains(self, one: Type) -> bool {
        self.0 & 1 << one as u8 != 0
    }

    /// All that are among them, by name.
    pub fn iter(self) -> impl Iterator<Item = Type> {
        Type::ALL.into_iter().filter(move |one| self.contains(*one))
    }
}

impl Rules {
    /// The schemas that look at the very same value.
    pub(super) fn in_place(&self) -> impl Iterator<Item = NodeId> + '_ {
        let others = self.any_of.iter().chain(&self.one_of).flatten();
        self.all_of.iter().chain(others).copied()
    }
}
