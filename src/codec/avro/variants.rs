//! Which variant of a union a value is written as: the first that reads back as the same value; where there is none, the
//! first that takes it.

use vrl::value::{ObjectMap, Value};

use super::encode::{Encoder, misfit, too_deep};
use super::fault::Fault;
use super::schema::{Field, Node, NodeId};
use super::writing::{Prepared, Writing};
use super::{AVRO_DEPTH_MAX, describe};

/// The most values that are looked at to choose variants while one record is written: records in unions of records are
/// tried one after another, on each level.
pub const VARIANT_EFFORT_MAX: usize = 1_000_000;

/// What kind of value it is, as far as unions tell them apart at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Null,
    Boolean,
    Integer,
    Float,
    Text,
    Timestamp,
    Array,
    Object,
    Other,
}

/// How a value goes into a type; the greater, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Not,
    /// It is taken, and reads back as another value: an integer as a float, say.
    Taken,
    /// It reads back as the same value.
    Same,
}

impl Class {
    pub(super) const COUNT: usize = 9;
    /// In the order of their numbers.
    pub(super) const ALL: [Self; Self::COUNT] = [
        Self::Null,
        Self::Boolean,
        Self::Integer,
        Self::Float,
        Self::Text,
        Self::Timestamp,
        Self::Array,
        Self::Object,
        Self::Other,
    ];

    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Boolean(_) => Self::Boolean,
            Value::Integer(_) => Self::Integer,
            Value::Float(_) => Self::Float,
            Value::Bytes(_) | Value::String(_) => Self::Text,
            Value::Timestamp(_) => Self::Timestamp,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
            Value::Regex(_) => Self::Other,
        }
    }

    /// Whether a value of this class may be one of the type.
    pub(super) fn may_be(self, node: &Node) -> bool {
        match node {
            Node::Null => self == Self::Null,
            Node::Boolean => self == Self::Boolean,
            Node::Int | Node::Long => self == Self::Integer,
            Node::Float | Node::Double => matches!(self, Self::Integer | Self::Float),
            Node::Decimal { .. } | Node::BigDecimal => {
                matches!(self, Self::Integer | Self::Float | Self::Text)
            }
            Node::Bytes
            | Node::String
            | Node::Fixed { .. }
            | Node::Enum { .. }
            | Node::Uuid(_)
            | Node::Date
            | Node::TimeMillis
            | Node::TimeMicros
            | Node::LocalTimestamp(_) => self == Self::Text,
            Node::Timestamp(_) => matches!(self, Self::Text | Self::Timestamp),
            Node::Array(_) => self == Self::Array,
            Node::Map(_) | Node::Record { .. } | Node::Duration { .. } => self == Self::Object,
            // A union does not stand in a union.
            Node::Union(_) => false,
        }
    }
}

impl<'w> Encoder<'w> {
    /// The index of the variant that `value` is written as.
    pub(super) fn variant(
        &mut self,
        node: NodeId,
        variants: &[NodeId],
        value: &Value,
    ) -> Result<usize, Fault> {
        let candidates = self.candidates(node, value);
        match candidates {
            [] => Err(misfit(self.schema(), node, value)),
            // Its own error says more than that no variant fits.
            [only] => Ok(*only),
            _ => match self.best(candidates, variants, value, self.depth)? {
                (Fit::Not, _) => {
                    let expected = describe::type_of(self.schema(), node);
                    let what =
                        format!("expected {expected}, is {} that is none of them", describe::value(value));
                    Err(Fault::new("avro_variant", what))
                }
                (_, index) => Ok(index),
            },
        }
    }

    fn candidates(&self, node: NodeId, value: &Value) -> &'w [usize] {
        let writing: &'w Writing = self.writing;
        let Prepared::Union(of_class) = writing.prepared(node) else {
            unreachable!("every union is prepared")
        };
        &of_class[Class::of(value) as usize]
    }

    fn best(
        &mut self,
        candidates: &[usize],
        variants: &[NodeId],
        value: &Value,
        depth: usize,
    ) -> Result<(Fit, usize), Fault> {
        let mut best = (Fit::Not, 0);
        for index in candidates {
            let fit = self.fit(variants[*index], value, depth)?;
            if fit > best.0 {
                best = (fit, *index);
            }
            if fit == Fit::Same {
                break;
            }
        }
        Ok(best)
    }

    fn fit(&mut self, node: NodeId, value: &Value, depth: usize) -> Result<Fit, Fault> {
        self.effort += 1;
        if self.effort > VARIANT_EFFORT_MAX {
            let what = format!("choosing the variants of unions takes more than {VARIANT_EFFORT_MAX} looks");
            return Err(Fault::new("avro_limit", what));
        }
        if depth > AVRO_DEPTH_MAX {
            return Err(too_deep());
        }
        let wanted = self.schema().node(node);
        match (wanted, value) {
            (Node::Union(variants), _) => {
                let candidates = self.candidates(node, value);
                self.best(candidates, variants, value, depth).map(|(fit, _)| fit)
            }
            (Node::Array(item), Value::Array(items)) => {
                self.least(items.iter().map(|one| (*item, one)), depth)
            }
            (Node::Map(values), Value::Object(members)) => {
                self.least(members.values().map(|one| (*values, one)), depth)
            }
            (Node::Record { fields, .. }, Value::Object(members)) => {
                self.record_fit(node, fields, members, depth)
            }
            (Node::Enum { .. }, _) => {
                let index = value.to_str().and_then(|text| self.symbol_index(node, text));
                Ok(index.map_or(Fit::Not, |_| taken(matches!(value, Value::String(_)))))
            }
            _ => {
                // A decimal, a date and the like read back as text, and never as bytes.
                let is_other =
                    matches!(value, Value::Bytes(_)) && !matches!(wanted, Node::Bytes | Node::Fixed { .. });
                Ok(self.leaf(node, value).map_or(Fit::Not, |leaf| taken(leaf.is_same && !is_other)))
            }
        }
    }

    fn record_fit(
        &mut self,
        node: NodeId,
        fields: &[Field],
        members: &ObjectMap,
        depth: usize,
    ) -> Result<Fit, Fault> {
        let Prepared::Record(defaults) = self.writing.prepared(node) else {
            unreachable!("every record is prepared")
        };
        let present = fields.iter().filter(|field| members.contains_key(field.name.as_str())).count();
        let lacks = |(field, default): (&Field, &Option<Vec<u8>>)| {
            default.is_none() && !members.contains_key(field.name.as_str())
        };
        let has_extra = present < members.len();
        if fields.iter().zip(defaults).any(lacks) || (has_extra && !self.writing.drop_extra) {
            return Ok(Fit::Not);
        }
        let values = fields.iter().filter_map(|field| Some((field.node, members.get(field.name.as_str())?)));
        let fit = self.least(values, depth)?;
        Ok(fit.min(taken(!has_extra && present == fields.len())))
    }

    fn least<'v>(
        &mut self,
        values: impl Iterator<Item = (NodeId, &'v Value)>,
        depth: usize,
    ) -> Result<Fit, Fault> {
        let mut least = Fit::Same;
        for (node, value) in values {
            least = least.min(self.fit(node, value, depth + 1)?);
            if least == Fit::Not {
                break;
            }
        }
        Ok(least)
    }
}

fn taken(is_same: bool) -> Fit {
    if is_same { Fit::Same } else { Fit::Taken }
}
