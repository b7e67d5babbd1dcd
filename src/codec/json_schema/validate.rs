//! A value held against a schema.

use std::collections::{BTreeSet, HashSet};

use vrl::value::{ObjectMap, Value};

use super::JsonSchema;
use super::fault::{Expected, Fault};
use super::node::{ArrayRules, Node, NodeId, NumberRules, ObjectRules, Rules, StringRules, Type, Types};
use super::number::Number;
use crate::codec::CodecError;
use crate::codec::avro::Wanted;

/// The most checks of a value against a schema, of parts of it included, that one value may take.
pub const CHECKS_MAX: u32 = 10_000_000;

/// How deep schemas may lead to each other for one value: into its members, and by `allOf`, `anyOf`, `oneOf` and `$ref`.
pub const CHECKS_DEPTH_MAX: u32 = 1_000;

/// The members of the whole value that are looked at; `None`: all.
type Members<'w> = Option<&'w BTreeSet<String>>;

type Fits<'s> = Result<(), Fault<'s>>;

pub(super) fn validate(schema: &JsonSchema, value: &Value, wanted: &Wanted) -> Result<(), CodecError> {
    let members = match wanted {
        Wanted::All => None,
        Wanted::Members(names) => Some(names),
    };
    let mut check = Check { schema, left: CHECKS_MAX, depth: 0 };
    check.fits(schema.root(), value, members).map_err(|fault| fault.told(schema))
}

struct Check<'s> {
    schema: &'s JsonSchema,
    left: u32,
    depth: u32,
}

impl<'s> Check<'s> {
    fn fits(&mut self, id: NodeId, value: &Value, members: Members<'_>) -> Fits<'s> {
        if self.left == 0 {
            return Err(Fault::new(id, Expected::Effort("it takes too many checks"), kind(value)));
        }
        if self.depth == CHECKS_DEPTH_MAX {
            return Err(Fault::new(
                id,
                Expected::Effort("schema and value are nested too deeply"),
                kind(value),
            ));
        }
        self.left -= 1;
        self.depth += 1;
        let fits = match self.schema.node(id) {
            Node::Never => Err(Fault::new(id, Expected::Nothing, kind(value))),
            Node::Rules(rules) => self.rules(id, rules, value, members),
        };
        self.depth -= 1;
        fits
    }

    fn rules(&mut self, id: NodeId, rules: &'s Rules, value: &Value, members: Members<'_>) -> Fits<'s> {
        if let Some(types) = rules.types.filter(|types| !is_of(*types, value)) {
            return Err(Fault::new(id, Expected::Types(types), kind(value)));
        }
        if let Some(constants) = &rules.constants
            && !constants.iter().any(|constant| same_as_far_as_asked(constant, value, members))
        {
            return Err(Fault::new(id, Expected::Constants(constants), kind(value)));
        }
        match value {
            Value::Integer(_) | Value::Float(_) => number_fits(id, &rules.number, value)?,
            Value::String(text) => string_fits(id, &rules.string, text)?,
            Value::Bytes(bytes) => string_fits(id, &rules.string, &String::from_utf8_lossy(bytes))?,
            Value::Array(items) => self.array(id, &rules.array, items)?,
            Value::Object(object) => self.object(id, &rules.object, object, members)?,
            _ => {}
        }
        for next in &rules.all_of {
            self.fits(*next, value, members)?;
        }
        if let Some(schemas) = &rules.any_of {
            self.any_of(id, schemas, value, members)?;
        }
        if let Some(schemas) = &rules.one_of {
            let first = self.any_of(id, schemas, value, members)?;
            if members.is_none() {
                self.no_other(id, schemas, first, value)?;
            }
        }
        Ok(())
    }

    /// The first of the schemas that fits.
    fn any_of(
        &mut self,
        id: NodeId,
        schemas: &'s [NodeId],
        value: &Value,
        members: Members<'_>,
    ) -> Result<usize, Fault<'s>> {
        let mut faults = Vec::new();
        for (index, next) in schemas.iter().enumerate() {
            match self.fits(*next, value, members) {
                Ok(()) => return Ok(index),
                Err(fault) if fault.is_limit() => return Err(fault),
                Err(fault) => faults.push(fault),
            }
        }
        Err(most_telling(id, faults, value))
    }

    fn no_other(&mut self, id: NodeId, schemas: &'s [NodeId], first: usize, value: &Value) -> Fits<'s> {
        for (index, next) in schemas.iter().enumerate().skip(first + 1) {
            match self.fits(*next, value, None) {
                Ok(()) => return Err(Fault::new(id, Expected::OneOf(first, index), kind(value))),
                Err(fault) if fault.is_limit() => return Err(fault),
                Err(_) => {}
            }
        }
        Ok(())
    }

    fn array(&mut self, id: NodeId, rules: &'s ArrayRules, items: &[Value]) -> Fits<'s> {
        let (length, count) = (items.len(), items.len() as u64);
        if count < rules.min_items {
            return Err(Fault::new(id, Expected::MinItems(rules.min_items, length), "array"));
        }
        if let Some(most) = rules.max_items.filter(|most| count > *most) {
            return Err(Fault::new(id, Expected::MaxItems(most, length), "array"));
        }
        let schemas = rules.prefix.iter().copied().map(Some).chain(std::iter::repeat(rules.items));
        for (index, (item, schema)) in items.iter().zip(schemas).enumerate() {
            match schema {
                Some(schema) => self.fits(schema, item, None).map_err(|fault| fault.in_item(index))?,
                None if index >= rules.prefix.len() => break,
                None => {}
            }
        }
        match rules.unique.then(|| first_repeated(items)).flatten() {
            Some(index) => Err(Fault::new(id, Expected::UniqueItems(index), "array")),
            None => Ok(()),
        }
    }

    fn object(
        &mut self,
        id: NodeId,
        rules: &'s ObjectRules,
        object: &ObjectMap,
        members: Members<'_>,
    ) -> Fits<'s> {
        let is_asked = |name: &str| members.is_none_or(|members| members.contains(name));
        let missing = |name: &&String| is_asked(name) && !object.contains_key(name.as_str());
        if let Some(name) = rules.required.iter().find(missing) {
            return Err(Fault::new(id, Expected::Member(name), "object"));
        }
        if rules.properties.is_empty() && rules.additional.is_none() {
            return Ok(());
        }
        for (name, value) in object.iter().filter(|(name, _)| is_asked(name)) {
            if let Some(schema) = rules.properties.get(name.as_str()).copied().or(rules.additional) {
                self.fits(schema, value, None).map_err(|fault| fault.in_member(name))?;
            }
        }
        Ok(())
    }
}

/// Of the reasons why none of several schemas fits: the one that is found deepest, since its schema went furthest along; the
/// types that all of them ask for, where that is all; else how many there are.
fn most_telling<'s>(id: NodeId, mut faults: Vec<Fault<'s>>, value: &Value) -> Fault<'s> {
    let count = faults.len();
    let types = faults
        .iter()
        .map(Fault::types)
        .try_fold(Types::default(), |all, types| Some(types?.iter().fold(all, Types::with)));
    if let (Some(types), 1..) = (types, count) {
        return Fault::new(id, Expected::Types(types), kind(value));
    }
    let deepest = (0..count).rev().max_by_key(|index| faults[*index].depth());
    match deepest {
        Some(index) if faults[index].depth() > 0 || count == 1 => faults.swap_remove(index),
        _ => Fault::new(id, Expected::AnyOf(count), kind(value)),
    }
}

fn number_fits<'s>(id: NodeId, rules: &NumberRules, value: &Value) -> Fits<'s> {
    let Some(number) = number(value) else { return Ok(()) };
    let breaks = |bound: Option<Number>, breaks: fn(std::cmp::Ordering) -> bool| {
        bound.filter(|bound| breaks(number.compare(*bound)))
    };
    let expected = if let Some(bound) = breaks(rules.minimum, std::cmp::Ordering::is_lt) {
        Expected::AtLeast(bound)
    } else if let Some(bound) = breaks(rules.exclusive_minimum, std::cmp::Ordering::is_le) {
        Expected::MoreThan(bound)
    } else if let Some(bound) = breaks(rules.maximum, std::cmp::Ordering::is_gt) {
        Expected::AtMost(bound)
    } else if let Some(bound) = breaks(rules.exclusive_maximum, std::cmp::Ordering::is_ge) {
        Expected::LessThan(bound)
    } else if let Some(unit) = rules.multiple_of.filter(|unit| !number.is_multiple_of(*unit)) {
        Expected::MultipleOf(unit)
    } else {
        return Ok(());
    };
    Err(Fault::new(id, expected, "another number"))
}

fn string_fits<'s>(id: NodeId, rules: &'s StringRules, text: &str) -> Fits<'s> {
    if rules.min_length > 0 || rules.max_length.is_some() {
        let length = text.chars().count() as u64;
        if length < rules.min_length {
            return Err(Fault::new(id, Expected::MinLength(rules.min_length, length), "string"));
        }
        if let Some(most) = rules.max_length.filter(|most| length > *most) {
            return Err(Fault::new(id, Expected::MaxLength(most, length), "string"));
        }
    }
    match rules.pattern.as_ref().filter(|pattern| !pattern.is_in(text)) {
        Some(pattern) => Err(Fault::new(id, Expected::Pattern(pattern.text()), "another string")),
        None => Ok(()),
    }
}

fn is_of(types: Types, value: &Value) -> bool {
    match value {
        Value::Null => types.contains(Type::Null),
        Value::Boolean(_) => types.contains(Type::Boolean),
        Value::Bytes(_) | Value::String(_) => types.contains(Type::String),
        Value::Array(_) => types.contains(Type::Array),
        Value::Object(_) => types.contains(Type::Object),
        Value::Integer(_) => types.contains(Type::Integer) || types.contains(Type::Number),
        // What is held as a float is no integer to a program, whatever its fraction.
        Value::Float(_) => types.contains(Type::Number),
        // No JSON decodes to these.
        Value::Timestamp(_) | Value::Regex(_) => false,
    }
}

/// What a value is, for messages.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Boolean(_) => "boolean",
        Value::Bytes(_) | Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Integer(_) => "integer",
        Value::Float(_) => "number",
        Value::Timestamp(_) => "timestamp",
        Value::Regex(_) => "regex",
    }
}

fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Integer(integer) => Some(Number::Integer((*integer).into())),
        Value::Float(float) => Some(Number::Float(float.into_inner())),
        _ => None,
    }
}

/// Whether two values are the same in JSON, where 1 and 1.0 are.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            let pairs = || a.iter().zip(b);
            a.len() == b.len() && pairs().all(|((name, a), (other, b))| name == other && same(a, b))
        }
        // A text is the same whether it is known to be UTF-8 or not.
        _ => match (number(a), number(b), a.as_bytes(), b.as_bytes()) {
            (Some(a), Some(b), ..) => a.compare(b).is_eq(),
            (.., Some(a), Some(b)) => a == b,
            _ => a == b,
        },
    }
}

/// The same, of objects of which only some members are looked at.
fn same_as_far_as_asked(a: &Value, b: &Value, members: Members<'_>) -> bool {
    match (a, b, members) {
        (Value::Object(a), Value::Object(b), Some(members)) => {
            members.iter().all(|name| match (a.get(name.as_str()), b.get(name.as_str())) {
                (Some(a), Some(b)) => same(a, b),
                (a, b) => a.is_none() && b.is_none(),
            })
        }
        _ => same(a, b),
    }
}

/// The first item that is the same as one before it.
fn first_repeated(items: &[Value]) -> Option<usize> {
    let mut seen = HashSet::with_capacity(items.len());
    items.iter().position(|item| {
        let mut key = Vec::new();
        write_key(item, &mut key);
        !seen.insert(key)
    })
}

/// Bytes that are the same for values that are the same, and for no others.
fn write_key(value: &Value, key: &mut Vec<u8>) {
    let mut text = |sign: u8, bytes: &[u8]| {
        key.push(sign);
        key.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        key.extend_from_slice(bytes);
    };
    match value {
        Value::Bytes(bytes) => text(b's', bytes),
        Value::String(string) => text(b's', string.as_bytes()),
        Value::Array(items) => {
            text(b'a', &[]);
            items.iter().for_each(|item| write_key(item, key));
            key.push(b'e');
        }
        Value::Object(members) => {
            text(b'o', &[]);
            for (name, value) in members {
                write_key(&Value::from(name.as_str()), key);
                write_key(value, key);
            }
            key.push(b'e');
        }
        Value::Integer(_) | Value::Float(_) => match number(value) {
            Some(Number::Float(float)) if float.fract() != 0.0 || float.abs() >= 1e38 => {
                text(b'f', &float.to_bits().to_be_bytes());
            }
            Some(Number::Float(float)) => text(b'i', &(float as i128).to_be_bytes()),
            Some(Number::Integer(integer)) => text(b'i', &integer.to_be_bytes()),
            None => {}
        },
        other => text(b'l', other.to_string().as_bytes()),
    }
}
