//! JSON Schema: what JSON values must look like, checked after they are decoded.
//!
//! A schema is parsed once, into one list of nodes that name each other by number; `transform/` makes types of them. Drafts
//! 7, 2019-09 and 2020-12 are read, as far as the keywords go that are known here. What is not known is an error, with its
//! place: a keyword that is passed over would make a promise that nobody keeps.
//!
//! - `integer` is a number without a point or an exponent, of 64 bits: what a program holds as an integer, so that it may
//!   count with it. The specification since draft 6 also takes 1.0 for one.
//! - `format` tells nothing but the reader.
//! - Patterns are searched for, as ECMA 262 has it, by Rust's `regex`: no look-around and no back-references.

mod draft;
mod fault;
mod keywords;
mod loops;
mod node;
mod number;
mod parse;
mod pattern;
mod pointer;
mod tree;
mod validate;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod oracle_tests;
#[cfg(test)]
mod parse_tests;
#[cfg(test)]
mod validate_tests;

pub use node::{ArrayRules, Node, NodeId, NumberRules, ObjectRules, Rules, StringRules, Type, Types};
pub use number::Number;
pub use parse::{IN_PLACE_MAX, SCHEMA_NODES_MAX};
pub use pattern::Pattern;
pub use validate::{CHECKS_DEPTH_MAX, CHECKS_MAX};

use std::fmt;

use vrl::value::Value;

use super::CodecError;
use super::avro::Wanted;

/// A JSON Schema, with all that it refers to.
#[derive(Clone)]
pub struct JsonSchema {
    nodes: Vec<Node>,
    /// Where each node stands, as a pointer.
    pointers: Vec<String>,
    root: NodeId,
    text: String,
}

/// Why a text is no JSON Schema, or none that can be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JsonSchemaError {
    /// What is wrong.
    pub message: String,
    /// Where, as a JSON pointer in a URI's fragment: `#/properties/total`; `None` where the text is no JSON.
    pub pointer: Option<String>,
    /// Line and column, from 1, in characters.
    pub at: (usize, usize),
}

impl JsonSchema {
    /// Parses a schema.
    ///
    /// # Errors
    ///
    /// What is no JSON, or no JSON Schema, or has a keyword that is not known here.
    pub fn parse(text: &str) -> Result<Self, JsonSchemaError> {
        parse::parse(text)
    }

    /// Whether `value` is as the schema has it; `wanted` says which of its members are looked at.
    ///
    /// With [`Wanted::Members`] nothing is asked of the others, not even that they are there. What only all members
    /// together can tell is not asked either: that no second schema of a `oneOf` fits. What is refused then is refused
    /// with all members, too.
    ///
    /// # Errors
    ///
    /// The first thing that does not fit, of class `json_schema`, with its path and what was expected; the value itself
    /// is never told.
    pub fn validate(&self, value: &Value, wanted: &Wanted) -> Result<(), CodecError> {
        validate::validate(self, value, wanted)
    }

    /// What a whole value must be.
    pub fn root(&self) -> NodeId {
        self.root
    }

    /// One part of it.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// Where a node stands, as a JSON pointer in a URI's fragment.
    pub fn pointer(&self, id: NodeId) -> &str {
        &self.pointers[id.index()]
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
}

/// Two schemas are the same where their texts are: all else follows from them.
impl PartialEq for JsonSchema {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Its text, which is shorter than its nodes.
impl fmt::Debug for JsonSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JsonSchema").field(&self.text).finish()
    }
}
