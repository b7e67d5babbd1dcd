//! Records whose members mostly pass: those that no program touched, and that have the same type for writer, reader and
//! sink, are copied as bytes. What can be copied is found once for each pair of schemas.

use super::super::CodecError;
use super::encode::{Encoder, missing};
use super::fault::Fault;
use super::plan::Action;
use super::projected::{Projected, State};
use super::reading::Reading;
use super::same::Same;
use super::schema::{Field, Node, Schema};
use super::writing::{Prepared, Writing};

/// Where each field of a sink's record comes from.
#[derive(Debug)]
pub(super) struct Copying {
    sources: Vec<Option<Source>>,
}

#[derive(Clone, Copy, Debug)]
struct Source {
    /// The place in the reading.
    place: usize,
    /// Its bytes are those of the sink's type.
    is_same: bool,
}

impl Copying {
    pub(super) fn new(reading: &Reading, sink: &Schema) -> Self {
        let mut to_sink = Same::new(reading.writer(), sink);
        let mut to_reader = Same::new(reading.writer(), reading.reader());
        let record = reading.record().expect("only records are projected");
        let source = |field: &Field| {
            let place = reading.place(&field.name)?;
            let is_same = match record.fields.get(place).map(|from| (from.node, &from.action)) {
                Some((node, Action::Read { reader, .. })) => {
                    let is_read_as_written = !reading.has_reader() || to_reader.is(node, *reader);
                    is_read_as_written && to_sink.is(node, field.node)
                }
                _ => false,
            };
            Some(Source { place, is_same })
        };
        let Node::Record { fields, .. } = sink.node(sink.root()) else {
            unreachable!("the caller has seen it")
        };
        Self { sources: fields.iter().map(source).collect() }
    }

    pub(super) fn write(
        &self,
        writing: &Writing,
        record: &Projected,
        out: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        self.members(writing, record, out).map_err(Fault::written)
    }

    fn members(&self, writing: &Writing, record: &Projected, out: &mut Vec<u8>) -> Result<(), Fault> {
        let schema = &writing.schema;
        let (Node::Record { fields, .. }, Prepared::Record(defaults)) =
            (schema.node(schema.root()), writing.prepared(schema.root()))
        else {
            unreachable!("the caller has seen it")
        };
        let mut encoder = Encoder::new(writing, out);
        encoder.depth = 1;
        let mut used = 0;
        // Members that stand side by side in both are copied at once.
        let mut run = 0..0;
        for ((field, default), source) in fields.iter().zip(defaults).zip(&self.sources) {
            if let Some(place) = copied(source, record) {
                let bytes = record.bytes(place);
                if bytes.start != run.end {
                    encoder.put(&record.body()[run], out)?;
                    run = bytes.start..bytes.start;
                }
                run.end = bytes.end;
                used += 1;
                continue;
            }
            encoder.put(&record.body()[run], out)?;
            run = 0..0;
            used += usize::from(member(&mut encoder, record, source, field, default.as_deref(), out)?);
        }
        encoder.put(&record.body()[run], out)?;
        if used < record.count() && !writing.drop_extra {
            return Err(extra(record, fields));
        }
        encoder.has_room(0, out)
    }

    #[cfg(test)]
    pub(super) fn copied(&self, record: &Projected) -> usize {
        self.sources.iter().filter(|source| copied(source, record).is_some()).count()
    }
}

/// The place that is copied as it is.
fn copied(source: &Option<Source>, record: &Projected) -> Option<usize> {
    let place = source.filter(|source| source.is_same)?.place;
    (record.state(place) != State::Written).then_some(place)
}

/// Writes one member by its value; false where it is absent, and the default stands for it.
fn member(
    encoder: &mut Encoder<'_>,
    record: &Projected,
    source: &Option<Source>,
    field: &Field,
    default: Option<&[u8]>,
    out: &mut Vec<u8>,
) -> Result<bool, Fault> {
    let decoded;
    let value = match source {
        Some(source) => {
            decoded = record.value(source.place)?;
            decoded.as_deref()
        }
        None => record.other(&field.name),
    };
    match (value, default) {
        (Some(value), _) => {
            encoder.value(field.node, value, out).map_err(|fault| fault.in_member(&field.name))?;
            Ok(true)
        }
        (None, Some(default)) => {
            encoder.put(default, out).map_err(|fault| fault.in_member(&field.name))?;
            Ok(false)
        }
        (None, None) => Err(missing(encoder.schema(), field)),
    }
}

fn extra(record: &Projected, fields: &[Field]) -> Fault {
    let mut names = record.names().map(|name| name.as_str());
    let name = names.find(|name| !fields.iter().any(|field| field.name == *name));
    super::encode::extra(name.unwrap_or_default())
}
