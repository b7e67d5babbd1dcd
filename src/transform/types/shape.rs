//! What is known about a value: more than VRL's `Kind` can say, so that enum symbols, ranges and scales are known, too.
//!
//! A shape is filled from a schema, from what a program writes, or from a `Kind`; whatever is not known is `Any`, and
//! `Any` fits everywhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use vrl::value::kind::{Collection, Field};
use vrl::value::{Kind, Value};

/// The values that may stand in a place.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Nothing is known.
    Any,
    /// null
    Null,
    /// true or false
    Boolean,
    /// An integer of this range; `None`: what a program worked out.
    Integer(Option<(i64, i64)>),
    /// A float that a program worked out.
    Float,
    /// A float of 64 bits, as it was decoded.
    Double,
    /// A float that 32 bits hold, with the digits that it has as one of 64 bits.
    Single,
    /// A point in time with so many digits behind the second; `None`: what a program worked out.
    Timestamp(Option<u8>),
    /// A regular expression, which no format can hold.
    Regex,
    /// A string.
    Text(Text),
    /// Exactly this value, as a program has it; no object, no array.
    Literal(Value),
    /// An array of these.
    Array(Arc<Shape>),
    /// An object with members of any name.
    Map(Arc<Shape>),
    /// An object with these members.
    Record(Arc<Record>),
    /// One of these; none of them: nothing can stand here.
    Union(Vec<Shape>),
    /// This, where it occurs at all: a condition, a function or a branch decides.
    Perhaps(Arc<Shape>),
}

/// What is known about a string.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    /// What a program worked out, bytes or text.
    Unknown,
    /// Bytes, always so many where it is known.
    Bytes(Option<usize>),
    /// Text.
    String,
    /// Text without a small letter of ASCII, as `upcase` makes it.
    Upper,
    /// Text without a capital letter of ASCII, as `downcase` makes it.
    Lower,
    /// One of these words.
    Symbols(Arc<[String]>),
    /// A decimal of at most so many digits, exactly so many of them behind the point.
    Decimal(usize, usize),
    /// A decimal of any size.
    BigDecimal,
    /// A UUID.
    Uuid,
    /// A date.
    Date,
    /// A time of the day with so many digits behind the second.
    Time(u8),
    /// A date and time without a zone, with so many digits behind the second.
    LocalTimestamp(u8),
}

/// What is known about an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// What its schema calls it.
    pub name: Option<String>,
    /// Its members.
    pub members: BTreeMap<String, Member>,
    /// What further members it may have; `None`: none.
    pub others: Option<Shape>,
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its value.
    pub shape: Shape,
    /// Whether it is there.
    pub presence: Presence,
}

/// Whether a member is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// In each record.
    Always,
    /// A branch of a program, or a function, decides.
    Perhaps,
}

impl Member {
    /// Where one of two branches has it, and the other only may, among its further members.
    fn or(&self, others: &Option<Shape>) -> Self {
        let shape = match others {
            Some(others) => self.shape.clone().merge(others.clone()),
            None => self.shape.clone(),
        };
        Self { shape, presence: Presence::Perhaps }
    }

    /// One that is always there.
    pub fn always(shape: Shape) -> Self {
        Self { shape, presence: Presence::Always }
    }
}

impl Shape {
    /// An integer of 32 bits.
    pub const INT: Self = Self::Integer(Some((i32::MIN as i64, i32::MAX as i64)));
    /// An integer of 64 bits.
    pub const LONG: Self = Self::Integer(Some((i64::MIN, i64::MAX)));

    /// What no value has.
    pub const fn never() -> Self {
        Self::Union(Vec::new())
    }

    /// One of these.
    pub fn one_of(shapes: impl IntoIterator<Item = Shape>) -> Self {
        let mut all: Vec<Shape> = Vec::new();
        for shape in shapes {
            match shape {
                Self::Any => return Self::Any,
                Self::Union(inner) => {
                    for shape in inner {
                        if !all.contains(&shape) {
                            all.push(shape);
                        }
                    }
                }
                shape if all.contains(&shape) => {}
                shape => all.push(shape),
            }
        }
        if all.len() == 1 { all.remove(0) } else { Self::Union(all) }
    }

    /// Each alternative, without the mark that it may not occur.
    pub fn alternatives(&self) -> Vec<(&Shape, bool)> {
        match self {
            Self::Union(all) => all.iter().flat_map(Self::alternatives).collect(),
            Self::Perhaps(inner) => {
                inner.alternatives().into_iter().map(|(shape, _)| (shape, false)).collect()
            }
            other => vec![(other, true)],
        }
    }

    /// The same values, of which it is not known any more that each of them occurs.
    pub fn perhaps(&self) -> Self {
        match self {
            Self::Any | Self::Perhaps(_) => self.clone(),
            Self::Union(all) => Self::Union(all.iter().map(Self::perhaps).collect()),
            other => Self::Perhaps(Arc::new(other.clone())),
        }
    }

    /// Only the alternatives that `keep` holds for.
    pub fn retain(&self, keep: impl Fn(&Shape) -> bool + Copy) -> Self {
        match self {
            Self::Union(all) => Self::one_of(all.iter().map(|one| one.retain(keep))),
            Self::Perhaps(inner) => match inner.retain(keep) {
                Self::Union(none) if none.is_empty() => Self::never(),
                kept => kept.perhaps(),
            },
            Self::Any => Self::Any,
            one if keep(one) => one.clone(),
            _ => Self::never(),
        }
    }

    /// Whether nothing can stand here.
    pub fn is_never(&self) -> bool {
        matches!(self, Self::Union(all) if all.is_empty())
    }

    /// What stands in a place after one of two branches.
    pub fn merge(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        match (&self, &other) {
            (Self::Record(left), Self::Record(right)) => Self::Record(Arc::new(left.merge(right))),
            _ => Self::one_of([self.perhaps(), other.perhaps()]),
        }
    }

    /// What VRL is told.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Any => Kind::any(),
            Self::Null => Kind::null(),
            Self::Boolean => Kind::boolean(),
            Self::Integer(_) => Kind::integer(),
            Self::Float | Self::Double | Self::Single => Kind::float(),
            Self::Timestamp(_) => Kind::timestamp(),
            Self::Regex => Kind::regex(),
            Self::Text(_) => Kind::bytes(),
            Self::Literal(value) => Kind::from(value),
            Self::Array(items) => Kind::array(Collection::from_unknown(items.kind().or_undefined())),
            Self::Map(items) => Kind::object(Collection::from_unknown(items.kind().or_undefined())),
            Self::Record(record) => Kind::object(record.collection()),
            Self::Union(all) => all.iter().fold(Kind::never(), |kind, one| kind.union(one.kind())),
            Self::Perhaps(inner) => inner.kind(),
        }
    }

    /// What VRL knows about a value, and nothing beyond.
    pub fn of_kind(kind: &Kind) -> Self {
        let is_open = kind.contains_bytes()
            && kind.contains_integer()
            && kind.contains_float()
            && kind.contains_array()
            && kind.contains_object();
        if is_open {
            return Self::Any;
        }
        let mut parts = Vec::new();
        let mut add = |is_there: bool, shape: Self| {
            if is_there {
                parts.push(shape);
            }
        };
        add(kind.contains_null(), Self::Null);
        add(kind.contains_boolean(), Self::Boolean);
        add(kind.contains_integer(), Self::Integer(None));
        add(kind.contains_float(), Self::Float);
        add(kind.contains_timestamp(), Self::Timestamp(None));
        add(kind.contains_regex(), Self::Regex);
        add(kind.contains_bytes(), Self::Text(Text::Unknown));
        if let Some(array) = kind.as_array() {
            parts.push(Self::Array(Arc::new(Self::of_kind(&array.reduced_kind().without_undefined()))));
        }
        if let Some(object) = kind.as_object() {
            parts.push(Self::Record(Arc::new(Record::of_collection(object))));
        }
        match parts.len() {
            1 => parts.remove(0),
            _ => Self::one_of(parts.iter().map(Self::perhaps)),
        }
    }
}

impl Record {
    fn collection(&self) -> Collection<Field> {
        let known = self.members.iter().map(|(name, member)| {
            let kind = member.shape.kind();
            let kind = if member.presence == Presence::Always { kind } else { kind.or_undefined() };
            (Field::from(name.as_str()), kind)
        });
        let known: BTreeMap<Field, Kind> = known.collect();
        match &self.others {
            None => Collection::from(known),
            Some(others) => Collection::from_parts(known, others.kind().or_undefined()),
        }
    }

    fn of_collection(object: &Collection<Field>) -> Self {
        let mut members = BTreeMap::new();
        for (name, kind) in object.known() {
            if kind.is_undefined() {
                continue;
            }
            let presence = if kind.contains_undefined() { Presence::Perhaps } else { Presence::Always };
            let shape = Shape::of_kind(&kind.without_undefined());
            members.insert(name.as_str().to_owned(), Member { shape, presence });
        }
        let unknown = object.unknown_kind().without_undefined();
        let others = (!unknown.is_never()).then(|| Shape::of_kind(&unknown));
        Self { name: None, members, others }
    }

    fn merge(&self, other: &Self) -> Self {
        let mut members = BTreeMap::new();
        for name in self.members.keys().chain(other.members.keys()) {
            let member = match (self.members.get(name), other.members.get(name)) {
                (Some(left), Some(right)) => Member {
                    shape: left.shape.clone().merge(right.shape.clone()),
                    presence: left.presence.max(right.presence),
                },
                (Some(one), None) => one.or(&other.others),
                (None, Some(one)) => one.or(&self.others),
                (None, None) => continue,
            };
            members.insert(name.clone(), member);
        }
        let others = match (&self.others, &other.others) {
            (None, None) => None,
            (Some(left), Some(right)) => Some(left.clone().merge(right.clone())),
            (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        };
        let name = self.name.clone().filter(|name| Some(name) == other.name.as_ref());
        Self { name, members, others }
    }
}
