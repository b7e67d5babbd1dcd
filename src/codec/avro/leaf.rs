//! Resolution of types without parts: promotions, and logical types by themselves and by what they stand on.

use super::describe;
use super::plan::{Framing, Integer, Meaning, Step};
use super::schema::{Inner, Node, NodeId, Schema, TypeName, Unit};

/// What a type is on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    Text,
    Fixed(usize),
}

/// How well a writer's type and one variant of a reader's union go together; the least is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The same type, with the same full name.
    Same,
    /// The same but for namespace, alias or logical type.
    Alike,
    /// By promotion.
    Promoted,
}

/// How a value of the one is read as the other; `None` where it cannot.
pub(super) fn step(writer: &Node, reader: &Node) -> Option<Step> {
    let (from, to) = (base(writer)?, base(reader)?);
    if let (Some(writer), Some(reader)) = (name(writer), name(reader))
        && !names_match(writer, reader)
    {
        return None;
    }
    match (is_logical(writer), is_logical(reader)) {
        (true, true) => logical(writer, reader),
        (_, false) => plain(writer, from, to),
        (false, true) => meant(reader, from, to),
    }
}

/// How well they go together; `None` where they do not.
pub(super) fn rank(writer: &Node, reader: &Node) -> Option<Rank> {
    step(writer, reader)?;
    let same_name =
        name(writer).map(|name| name.full.as_str()) == name(reader).map(|name| name.full.as_str());
    Some(match base(writer) == base(reader) {
        true if same_name && without_names(writer) == without_names(reader) => Rank::Same,
        true => Rank::Alike,
        false => Rank::Promoted,
    })
}

/// By the specification names are compared without their namespaces; a reader's aliases stand beside its name.
pub(super) fn names_match(writer: &TypeName, reader: &TypeName) -> bool {
    let short = |full: &str| full.rsplit_once('.').map_or(full.to_owned(), |(_, name)| name.to_owned());
    let mut names = std::iter::once(&reader.full).chain(&reader.aliases);
    names.any(|name| *name == writer.full || short(name) == short(&writer.full))
}

/// Why it cannot.
pub(super) fn refusal(writer: (&Schema, NodeId), reader: (&Schema, NodeId)) -> String {
    let (from, to) = (describe::type_of(writer.0, writer.1), describe::type_of(reader.0, reader.1));
    format!("{from} cannot be read as {to}")
}

fn name(node: &Node) -> Option<&TypeName> {
    node.name()
}

/// The kind of a node and its numbers, as text: what is left to tell apart once names are compared.
fn without_names(node: &Node) -> String {
    match node {
        Node::Fixed { size, .. } => format!("fixed {size}"),
        Node::Duration { .. } => "duration".into(),
        Node::Decimal { precision, scale, .. } => format!("decimal {precision} {scale}"),
        Node::Uuid(_) => "uuid".into(),
        other => format!("{other:?}"),
    }
}

fn base(node: &Node) -> Option<Base> {
    Some(match node {
        Node::Null => Base::Null,
        Node::Boolean => Base::Boolean,
        Node::Int | Node::Date | Node::TimeMillis => Base::Int,
        Node::Long | Node::TimeMicros | Node::Timestamp(_) | Node::LocalTimestamp(_) => Base::Long,
        Node::Float => Base::Float,
        Node::Double => Base::Double,
        Node::Bytes | Node::BigDecimal => Base::Bytes,
        Node::String => Base::Text,
        Node::Fixed { size, .. } => Base::Fixed(*size),
        Node::Duration { .. } => Base::Fixed(12),
        Node::Decimal { inner, .. } | Node::Uuid(inner) => match inner {
            Inner::Bytes => Base::Bytes,
            Inner::String => Base::Text,
            Inner::Fixed { size, .. } => Base::Fixed(*size),
        },
        Node::Enum { .. } | Node::Array(_) | Node::Map(_) | Node::Record { .. } | Node::Union(_) => {
            return None;
        }
    })
}

fn is_logical(node: &Node) -> bool {
    matches!(
        node,
        Node::Decimal { .. }
            | Node::BigDecimal
            | Node::Uuid(_)
            | Node::Date
            | Node::TimeMillis
            | Node::TimeMicros
            | Node::Timestamp(_)
            | Node::LocalTimestamp(_)
            | Node::Duration { .. }
    )
}

/// Both have a logical type: it must be the same, or the reader's a finer unit of it.
fn logical(writer: &Node, reader: &Node) -> Option<Step> {
    let long = |meaning| Some(Step::Integer { is_int: false, meaning });
    match (writer, reader) {
        (Node::TimeMillis, Node::TimeMicros) => {
            Some(Step::Integer { is_int: true, meaning: Integer::TimeMicros(1_000) })
        }
        (Node::Timestamp(writer), Node::Timestamp(reader)) if is_finer(*writer, *reader) => {
            long(Integer::Timestamp { writer: *writer, reader: *reader })
        }
        (Node::LocalTimestamp(writer), Node::LocalTimestamp(reader)) if is_finer(*writer, *reader) => {
            long(Integer::Local { writer: *writer, reader: *reader })
        }
        _ if base(writer) == base(reader) && without_names(writer) == without_names(reader) => {
            meant(reader, base(writer)?, base(reader)?)
        }
        _ => None,
    }
}

fn is_finer(writer: Unit, reader: Unit) -> bool {
    writer.per_second() <= reader.per_second()
}

/// The reader's type has no logical type: the writer's is left aside, as the specification has it.
fn plain(writer: &Node, from: Base, to: Base) -> Option<Step> {
    let integer = |meaning| Some(Step::Integer { is_int: from == Base::Int, meaning });
    let block = |framing, meaning| Some(Step::Block { framing, meaning });
    // The bytes of a number are no text, whatever they are by chance.
    let is_number = matches!(writer, Node::Decimal { .. } | Node::BigDecimal | Node::Uuid(Inner::Bytes));
    match (from, to) {
        (Base::Null, Base::Null) => Some(Step::Null),
        (Base::Boolean, Base::Boolean) => Some(Step::Boolean),
        (Base::Int, Base::Int | Base::Long) | (Base::Long, Base::Long) => integer(Integer::Plain),
        (Base::Int | Base::Long, Base::Float) => integer(Integer::Float),
        (Base::Int | Base::Long, Base::Double) => integer(Integer::Double),
        (Base::Float, Base::Float | Base::Double) => Some(Step::Float),
        (Base::Double, Base::Double) => Some(Step::Double),
        (Base::Bytes, Base::Bytes) => block(Framing::Bytes, Meaning::Bytes),
        (Base::Bytes, Base::Text) if !is_number => block(Framing::Bytes, Meaning::Text),
        (Base::Text, Base::Text) => block(Framing::Text, Meaning::Text),
        (Base::Text, Base::Bytes) => block(Framing::Text, Meaning::Bytes),
        (Base::Fixed(from), Base::Fixed(to)) if from == to => block(Framing::Fixed(from), Meaning::Bytes),
        _ => None,
    }
}

/// The reader's logical type says what is meant by what the writer wrote.
fn meant(reader: &Node, from: Base, to: Base) -> Option<Step> {
    let fits = from == to
        || (from == Base::Int && to == Base::Long)
        || (from == Base::Bytes && matches!(reader, Node::Uuid(Inner::String)));
    let integer = |meaning| Step::Integer { is_int: from == Base::Int, meaning };
    let framing = match from {
        Base::Text => Framing::Text,
        Base::Fixed(size) => Framing::Fixed(size),
        _ => Framing::Bytes,
    };
    let block = |meaning| Step::Block { framing, meaning };
    fits.then(|| {
        Some(match reader {
            Node::Date => integer(Integer::Date),
            Node::TimeMillis => integer(Integer::TimeMillis),
            Node::TimeMicros => integer(Integer::TimeMicros(1)),
            Node::Timestamp(unit) => integer(Integer::Timestamp { writer: *unit, reader: *unit }),
            Node::LocalTimestamp(unit) => integer(Integer::Local { writer: *unit, reader: *unit }),
            Node::Decimal { precision, scale, .. } => {
                block(Meaning::Decimal { precision: *precision, scale: *scale })
            }
            Node::BigDecimal => block(Meaning::BigDecimal),
            Node::Uuid(Inner::String) => block(Meaning::UuidText),
            Node::Uuid(_) => block(Meaning::UuidBytes),
            Node::Duration { .. } => block(Meaning::Duration),
            _ => return None,
        })
    })?
}
