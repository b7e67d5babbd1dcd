//! What does not fit, and where: found deep inside, told with the whole path. Nothing of the value is in it but the names
//! of members on the way.

use std::fmt;

use vrl::value::Value;

use super::JsonSchema;
use super::node::{NodeId, Types};
use super::number::Number;
use crate::codec::CodecError;
use crate::codec::place::{Place, short};

/// The class of an error for what does not fit.
const MISFIT: &str = "json_schema";
/// The class of an error for what is beyond a limit of ours.
const LIMIT: &str = "json_limit";

/// How many constants are told before a message ends with `…`.
const CONSTANTS_TOLD_MAX: usize = 8;

/// What does not fit. On the heap, so that the results of the way that goes well stay small.
pub(super) struct Fault<'s>(Box<Inside<'s>>);

struct Inside<'s> {
    expected: Expected<'s>,
    actual: &'static str,
    schema: NodeId,
    place: Place,
}

pub(super) enum Expected<'s> {
    Nothing,
    Types(Types),
    Constants(&'s [Value]),
    Member(&'s str),
    AtLeast(Number),
    MoreThan(Number),
    AtMost(Number),
    LessThan(Number),
    MultipleOf(Number),
    MinLength(u64, u64),
    MaxLength(u64, u64),
    Pattern(&'s str),
    MinItems(u64, usize),
    MaxItems(u64, usize),
    UniqueItems(usize),
    AnyOf(usize),
    OneOf(usize, usize),
    /// A limit of ours: nothing is known of the value.
    Effort(&'static str),
}

impl<'s> Fault<'s> {
    pub(super) fn new(schema: NodeId, expected: Expected<'s>, actual: &'static str) -> Self {
        Self(Box::new(Inside { expected, actual, schema, place: Place::default() }))
    }

    pub(super) fn in_member(mut self, name: &str) -> Self {
        self.0.place.in_member(name);
        self
    }

    pub(super) fn in_item(mut self, index: usize) -> Self {
        self.0.place.in_item(index);
        self
    }

    /// How far inside it is.
    pub(super) fn depth(&self) -> usize {
        self.0.place.depth()
    }

    /// The types that were expected, where that is all that is wrong.
    pub(super) fn types(&self) -> Option<Types> {
        match self.0.expected {
            Expected::Types(types) if self.0.place.depth() == 0 => Some(types),
            _ => None,
        }
    }

    pub(super) fn is_limit(&self) -> bool {
        matches!(self.0.expected, Expected::Effort(_))
    }

    pub(super) fn told(&self, schema: &JsonSchema) -> CodecError {
        let inside = &*self.0;
        let path = &inside.place;
        if let Expected::Effort(what) = inside.expected {
            return CodecError::new(LIMIT, format!("cannot be held against the JSON Schema: {path}: {what}"));
        }
        let (expected, actual) = (&inside.expected, inside.actual);
        let verdict = match expected {
            Expected::Member(_) => format!("expected {expected}"),
            Expected::MinLength(_, length) | Expected::MaxLength(_, length) => {
                format!("expected {expected}, has {length}")
            }
            Expected::MinItems(_, length) | Expected::MaxItems(_, length) => {
                format!("expected {expected}, has {length}")
            }
            _ => format!("expected {expected}, is {actual}"),
        };
        let pointer = schema.pointer(inside.schema);
        CodecError::new(MISFIT, format!("not as the JSON Schema has it: {path}: {verdict} ({pointer})"))
    }
}

impl fmt::Display for Expected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing here"),
            Self::Types(types) => {
                let names: Vec<_> = types.iter().map(super::Type::name).collect();
                f.write_str(&names.join(" or "))
            }
            Self::Constants(constants) => write_constants(f, constants),
            Self::Member(name) => write!(f, "a member `{}`, which is missing", short(name)),
            Self::AtLeast(number) => write!(f, "a number of at least {number}"),
            Self::MoreThan(number) => write!(f, "a number greater than {number}"),
            Self::AtMost(number) => write!(f, "a number of at most {number}"),
            Self::LessThan(number) => write!(f, "a number less than {number}"),
            Self::MultipleOf(number) => write!(f, "a multiple of {number}"),
            Self::MinLength(least, _) => write!(f, "a string of at least {least} characters"),
            Self::MaxLength(most, _) => write!(f, "a string of at most {most} characters"),
            Self::Pattern(pattern) => write!(f, "a string with the pattern {}", short(pattern)),
            Self::MinItems(least, _) => write!(f, "at least {least} items"),
            Self::MaxItems(most, _) => write!(f, "at most {most} items"),
            Self::UniqueItems(index) => {
                write!(f, "no two items that are the same; item {index} was there before")
            }
            Self::AnyOf(count) => write!(f, "what one of {count} schemas asks for"),
            Self::OneOf(first, second) => {
                write!(f, "what exactly one schema asks for; schemas {first} and {second} both fit")
            }
            Self::Effort(what) => f.write_str(what),
        }
    }
}

/// As JSON, since they are the schema's.
fn write_constants(f: &mut fmt::Formatter<'_>, constants: &[Value]) -> fmt::Result {
    let told = constants.iter().take(CONSTANTS_TOLD_MAX);
    let mut told: Vec<_> = told.map(|one| short(&one.to_string()).into_owned()).collect();
    if constants.len() > CONSTANTS_TOLD_MAX {
        told.push("…".into());
    }
    match told.as_slice() {
        [] => f.write_str("what `enum` and `const` both allow, which is nothing"),
        [one] => f.write_str(one),
        several => write!(f, "one of {}", several.join(", ")),
    }
}
