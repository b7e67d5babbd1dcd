//! Shapes and schema types in words, and names that are near to one that is wrong.

use vrl::value::Value;

use crate::codec::avro::{Node, NodeId, Schema, Unit};

use super::shape::{Shape, Text};

/// A name is only suggested when it is at least this like the one that was written, 0 to 1.
const SIMILARITY_MIN: f64 = 0.6;

/// How many symbols or names are listed.
const LISTED_MAX: usize = 8;

/// How long a literal may be that is shown, in characters.
const LITERAL_CHARS_MAX: usize = 40;

/// How like a name is that has the same letters in another order, in which short names have few in common.
const SIMILARITY_SWAPPED: f64 = 0.7;

/// The name that is most like `name`.
pub(super) fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let like = |known: &str| {
        let (left, right) = (name.to_lowercase(), known.to_lowercase());
        let like = strsim::normalized_damerau_levenshtein(&left, &right);
        if is_swapped(&left, &right) { like.max(SIMILARITY_SWAPPED) } else { like }
    };
    let all = names.into_iter().map(|known| (like(known), known));
    let best = all.max_by(|left, right| left.0.total_cmp(&right.0));
    best.filter(|(similarity, _)| *similarity >= SIMILARITY_MIN).map(|(_, known)| known)
}

/// Whether two letters changed places.
fn is_swapped(left: &str, right: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    left.len() == right.len()
        && sorted(left) == sorted(right)
        && strsim::damerau_levenshtein(left, right) == 1
}

/// Names in a row, each in its quotes, and how many more there are.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let all: Vec<_> = names.into_iter().collect();
    let shown: Vec<_> = all.iter().take(LISTED_MAX).map(|name| format!("`{name}`")).collect();
    match all.len().checked_sub(LISTED_MAX) {
        None | Some(0) => shown.join(", "),
        Some(more) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A literal as a program writes it.
pub(super) fn literal(value: &Value) -> String {
    let text = match value.as_bytes() {
        Some(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        None => value.to_string(),
    };
    if text.chars().count() <= LITERAL_CHARS_MAX {
        return text;
    }
    let start: String = text.chars().take(LITERAL_CHARS_MAX).collect();
    format!("{start}…")
}

/// So many digits.
pub(super) fn counted(digits: usize) -> String {
    if digits == 1 { "1 digit".to_owned() } else { format!("{digits} digits") }
}

impl Shape {
    /// What stands there, in a few words.
    pub(in crate::transform) fn words(&self) -> String {
        match self {
            Self::Any => "unknown".to_owned(),
            Self::Null => "null".to_owned(),
            Self::Boolean => "a boolean".to_owned(),
            Self::Integer(None) => "an integer".to_owned(),
            Self::Integer(Some((0, _))) => "an integer from 0 on".to_owned(),
            same if *same == Self::INT => "an int".to_owned(),
            same if *same == Self::LONG => "a long".to_owned(),
            Self::Integer(Some((min, max))) => format!("an integer from {min} to {max}"),
            Self::Float | Self::Double => "a float".to_owned(),
            Self::Single => "a float of 32 bits".to_owned(),
            Self::Timestamp(_) => "a timestamp".to_owned(),
            Self::Regex => "a regular expression".to_owned(),
            Self::Text(text) => text.words(),
            Self::Literal(value) => literal(value),
            Self::Array(_) => "an array".to_owned(),
            Self::Map(_) => "a map".to_owned(),
            Self::Record(record) => match &record.name {
                Some(name) => format!("a record `{name}`"),
                None => "an object".to_owned(),
            },
            Self::Union(all) if all.is_empty() => "nothing".to_owned(),
            Self::Union(all) => {
                let mut words: Vec<String> = all.iter().map(Self::words).collect();
                words.dedup();
                words.join(" or ")
            }
            Self::Perhaps(inner) => inner.words(),
        }
    }
}

impl Text {
    fn words(&self) -> String {
        match self {
            Self::Unknown | Self::String | Self::Upper | Self::Lower => "a string".to_owned(),
            Self::Bytes(None) => "bytes".to_owned(),
            Self::Bytes(Some(size)) => format!("{size} bytes"),
            Self::Symbols(symbols) => format!("an enum ({})", listed(symbols.iter().map(String::as_str))),
            Self::Decimal(precision, scale) => format!("a decimal({precision}, {scale}), which is a string"),
            Self::BigDecimal => "a decimal, which is a string".to_owned(),
            Self::Uuid => "a UUID, which is a string".to_owned(),
            Self::Date => "a date, which is a string".to_owned(),
            Self::Time(_) => "a time of the day, which is a string".to_owned(),
            Self::LocalTimestamp(_) => "a local timestamp, which is a string".to_owned(),
        }
    }
}

/// What a schema wants, in a few words.
pub(super) fn wanted(schema: &Schema, id: NodeId) -> String {
    let unit = |unit: &Unit| match unit {
        Unit::Millis => "millis",
        Unit::Micros => "micros",
        Unit::Nanos => "nanos",
    };
    match schema.node(id) {
        Node::Null => "null".to_owned(),
        Node::Boolean => "boolean".to_owned(),
        Node::Int => "int".to_owned(),
        Node::Long => "long".to_owned(),
        Node::Float => "float".to_owned(),
        Node::Double => "double".to_owned(),
        Node::Bytes => "bytes".to_owned(),
        Node::String => "string".to_owned(),
        Node::Fixed { name, size } => format!("fixed `{}` of {size} bytes", name.full),
        Node::Enum { name, .. } => format!("enum `{}`", name.full),
        Node::Array(items) => format!("array of {}", short(schema, *items)),
        Node::Map(items) => format!("map of {}", short(schema, *items)),
        Node::Record { name, .. } => format!("record `{}`", name.full),
        Node::Union(variants) => {
            let all: Vec<_> = variants.iter().map(|variant| short(schema, *variant)).collect();
            format!("[{}]", all.join(", "))
        }
        Node::Decimal { precision, scale, .. } => format!("decimal({precision}, {scale})"),
        Node::BigDecimal => "big-decimal".to_owned(),
        Node::Uuid(_) => "uuid".to_owned(),
        Node::Date => "date".to_owned(),
        Node::TimeMillis => "time-millis".to_owned(),
        Node::TimeMicros => "time-micros".to_owned(),
        Node::Timestamp(of) => format!("timestamp-{}", unit(of)),
        Node::LocalTimestamp(of) => format!("local-timestamp-{}", unit(of)),
        Node::Duration { .. } => "duration".to_owned(),
    }
}

/// The same without what stands inside: types may contain each other without end.
fn short(schema: &Schema, id: NodeId) -> String {
    match schema.node(id) {
        Node::Array(_) => "array".to_owned(),
        Node::Map(_) => "map".to_owned(),
        Node::Union(_) => "union".to_owned(),
        _ => wanted(schema, id),
    }
}
