//! The specification's "Schema Resolution" once more, by other means than the codec's plan: by the value at hand, down both
//! schemas at once, from values of apache-avro to values of apache-avro. It holds what apache-avro's own resolution, which
//! looks at no names, aliases, precisions and scales, does not.

use std::cell::Cell;

use apache_avro::types::Value as Avro;

use super::super::schema::{Field, Node, NodeId, Schema};
use super::fallback;
use super::specification_leaf::{goes, is_beyond, is_called, kind, leaf};

/// Writer and reader.
pub(super) struct Pair<'s> {
    pub(super) writer: &'s Schema,
    pub(super) reader: &'s Schema,
    is_beyond: Cell<bool>,
}

/// What this does not know: dates beyond those of chrono, and which bytes are a big-decimal.
#[derive(Debug)]
pub(super) struct Beyond;

impl<'s> Pair<'s> {
    pub(super) fn new(writer: &'s Schema, reader: &'s Schema) -> Self {
        Self { writer, reader, is_beyond: Cell::new(false) }
    }

    /// What the reader has of a whole value; `None` where it cannot have it.
    pub(super) fn read(self, value: &Avro) -> Result<Option<Avro>, Beyond> {
        let resolved = self.resolved(self.writer.root(), self.reader.root(), value);
        if self.is_beyond.get() { Err(Beyond) } else { Ok(resolved) }
    }

    fn resolved(&self, from: NodeId, to: NodeId, value: &Avro) -> Option<Avro> {
        match (self.writer.node(from), self.reader.node(to), value) {
            (Node::Union(variants), _, Avro::Union(index, value)) => {
                self.resolved(variants[*index as usize], to, value)
            }
            (_, Node::Union(variants), _) => {
                let likeness = |(index, to): (usize, &NodeId)| Some((self.likeness(from, *to)?, index));
                let (_, index) = variants.iter().enumerate().filter_map(likeness).min()?;
                Some(Avro::Union(index as u32, Box::new(self.resolved(from, variants[index], value)?)))
            }
            (Node::Array(from), Node::Array(to), Avro::Array(items)) => items
                .iter()
                .map(|item| self.resolved(*from, *to, item))
                .collect::<Option<_>>()
                .map(Avro::Array),
            (Node::Map(from), Node::Map(to), Avro::Map(members)) => {
                let member =
                    |(name, value): (&String, &Avro)| Some((name.clone(), self.resolved(*from, *to, value)?));
                members.iter().map(member).collect::<Option<_>>().map(Avro::Map)
            }
            (
                Node::Record { name, fields },
                Node::Record { name: other, fields: others },
                Avro::Record(members),
            ) => {
                is_called(name, other).then_some(())?;
                self.record(fields, others, members).map(Avro::Record)
            }
            (
                Node::Enum { name, .. },
                Node::Enum { name: other, symbols, default },
                Avro::Enum(_, symbol),
            ) => {
                is_called(name, other).then_some(())?;
                let symbol = if symbols.contains(symbol) { symbol } else { default.as_ref()? };
                let index = symbols.iter().position(|known| known == symbol)?;
                Some(Avro::Enum(index as u32, symbol.clone()))
            }
            (from, to, _) => {
                let read = leaf(from, to, value);
                self.is_beyond.set(self.is_beyond.get() || is_beyond(from, to, read.as_ref()));
                read
            }
        }
    }

    fn record(
        &self,
        fields: &[Field],
        others: &[Field],
        members: &[(String, Avro)],
    ) -> Option<Vec<(String, Avro)>> {
        let at = |name: &String| fields.iter().position(|field| field.name == *name);
        // Names come first, whichever field it is that has an alias.
        let mut places: Vec<Option<usize>> = others.iter().map(|other| at(&other.name)).collect();
        for (index, other) in others.iter().enumerate() {
            let free = |place: &usize| !places.contains(&Some(*place));
            if places[index].is_none() {
                places[index] = other.aliases.iter().filter_map(at).find(free);
            }
        }
        let value = |(other, place): (&Field, Option<usize>)| {
            let value = match place {
                Some(place) => self.resolved(fields[place].node, other.node, &members[place].1)?,
                None => fallback::value(self.reader, other.node, other.default.as_ref()?)?,
            };
            Some((other.name.clone(), value))
        };
        others.iter().zip(places).map(value).collect()
    }

    /// The less, the better a variant.
    fn likeness(&self, from: NodeId, to: NodeId) -> Option<u8> {
        let (from, to) = (self.writer.node(from), self.reader.node(to));
        let same_name = from.name().map(|name| &name.full) == to.name().map(|name| &name.full);
        match (from, to) {
            (Node::Array(_), Node::Array(_)) | (Node::Map(_), Node::Map(_)) => Some(0),
            (Node::Record { name, .. }, Node::Record { name: other, .. })
            | (Node::Enum { name, .. }, Node::Enum { name: other, .. }) => {
                is_called(name, other).then_some(u8::from(!same_name))
            }
            _ => {
                let (base, logical) = kind(from)?;
                let (other_base, other_logical) = kind(to)?;
                goes(from, to).then_some(())?;
                let is_same = same_name && logical == other_logical;
                Some(if base == other_base { u8::from(!is_same) } else { 2 })
            }
        }
    }
}
