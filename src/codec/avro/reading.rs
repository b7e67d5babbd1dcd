//! How values of one writer's schema are read: made once for each pair of schemas, used for every record.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use vrl::value::Value;

use super::super::{CodecError, Document};
use super::decode::Decoder;
use super::fault::Fault;
use super::input::Input;
use super::plan::{Action, Record, Step, StepId};
use super::projected::Projected;
use super::schema::{Schema, SchemaError};
use super::zero_sized::ZeroSized;
use super::{AVRO_BYTES_MAX, resolve, taken};

/// Which members of a record are decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All.
    All,
    /// Those of these names, in the reader's schema; the others are skipped, and kept as bytes.
    Members(BTreeSet<String>),
}

/// How values of one writer's schema are read.
#[derive(Debug)]
pub struct Reading {
    /// Tells it from every other of the process.
    id: u64,
    writer: Arc<Schema>,
    /// `None`: as they were written.
    reader: Option<Arc<Schema>>,
    steps: Vec<Step>,
    root: StepId,
    zero_sized: ZeroSized,
    top: Top,
    validate: bool,
}

/// The members of a record that is the whole value: the writer's fields in their order, then what the writer lacks.
#[derive(Debug, Default)]
struct Top {
    /// Whether it is decoded.
    is_wanted: Vec<bool>,
    /// How many are.
    wanted: usize,
    /// By the reader's names, in their order.
    places: Vec<(String, usize)>,
}

impl Reading {
    /// Plans how values that `writer` wrote are read as `reader` has them; `None`: as they were written. `validate`: what
    /// is skipped is looked at as well.
    ///
    /// # Errors
    ///
    /// No value of the writer's schema can be read by the reader's.
    pub fn new(
        writer: Arc<Schema>,
        reader: Option<Arc<Schema>>,
        wanted: Wanted,
        validate: bool,
    ) -> Result<Self, SchemaError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let (steps, root) = resolve::plan(&writer, reader.as_deref(), validate)?;
        let top = match &steps[root.index()] {
            Step::Record(record) => Top::new(record, &wanted),
            _ => Top::default(),
        };
        let zero_sized = ZeroSized::of(&writer);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Self { id, writer, reader, steps, root, zero_sized, top, validate })
    }

    /// Decodes one value, without its frame.
    ///
    /// # Errors
    ///
    /// Bytes that are no value of the writer's schema, or a value that the reader's cannot hold.
    pub fn decode(self: &Arc<Self>, body: &[u8]) -> Result<Document, CodecError> {
        if body.len() > AVRO_BYTES_MAX {
            let what = format!("{} bytes are more than the limit of {AVRO_BYTES_MAX}", body.len());
            return Err(Fault::new("avro_size", what).read());
        }
        let body = Bytes::copy_from_slice(body);
        if let Step::Record(record) = &self.steps[self.root.index()] {
            let document = Projected::decode(self, record, body).map_err(Fault::read)?;
            return Ok(Document::Projected(document));
        }
        self.value(&body).map(Document::Eager).map_err(Fault::read)
    }

    fn value(&self, body: &Bytes) -> Result<Value, Fault> {
        let mut decoder = self.of_all(body)?;
        let value = decoder.value(self.root)?;
        decoder.finish()?;
        Ok(value)
    }

    /// Reads from the beginning. Texts and bytes that stand in `body` are shared with it, so that it counts as a whole, and
    /// they do not.
    pub(super) fn of_all<'a>(&'a self, body: &'a Bytes) -> Result<Decoder<'a>, Fault> {
        let mut decoder = self.decoder(Input::new(body));
        decoder.charge(taken::piece_bytes(body.len()))?;
        Ok(decoder)
    }

    /// The schema that values were written by.
    pub fn writer(&self) -> &Arc<Schema> {
        &self.writer
    }

    /// The schema that values are read as.
    pub fn reader(&self) -> &Arc<Schema> {
        self.reader.as_ref().unwrap_or(&self.writer)
    }

    /// Whether values are read as another schema than they were written by.
    pub(super) fn has_reader(&self) -> bool {
        self.reader.is_some()
    }

    pub(super) fn id(&self) -> u64 {
        self.id
    }

    pub(super) fn validates(&self) -> bool {
        self.validate
    }

    pub(super) fn decoder<'a>(&'a self, input: Input<'a>) -> Decoder<'a> {
        Decoder::new(&self.steps, &self.writer, &self.zero_sized, input)
    }

    /// The record that the whole value is; `None` where it is none.
    pub(super) fn record(&self) -> Option<&Record> {
        match &self.steps[self.root.index()] {
            Step::Record(record) => Some(record),
            _ => None,
        }
    }

    /// Whether the member at `place` is decoded.
    pub(super) fn is_wanted(&self, place: usize) -> bool {
        self.top.is_wanted[place]
    }

    /// The place of the member of this name.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        let found = self.top.places.binary_search_by(|(known, _)| known.as_str().cmp(name));
        found.ok().map(|found| self.top.places[found].1)
    }

    /// The places of all members that the reader has, in the order of their names.
    pub(super) fn by_name(&self) -> impl Iterator<Item = (&str, usize)> {
        self.top.places.iter().map(|(name, place)| (name.as_str(), *place))
    }

    /// How many members are decoded.
    pub(super) fn wanted(&self) -> usize {
        self.top.wanted
    }

    /// How many places there are.
    pub(super) fn places(&self) -> usize {
        self.top.is_wanted.len()
    }
}

impl Top {
    fn new(record: &Record, wanted: &Wanted) -> Self {
        let of_fields = record.fields.iter().map(|field| match &field.action {
            Action::Read { name, .. } => Some(name.as_str()),
            Action::Skip | Action::Check(_) => None,
        });
        let of_defaults = record.defaults.iter().map(|default| Some(default.name.as_str()));
        let mut top = Self::default();
        for (place, name) in of_fields.chain(of_defaults).enumerate() {
            let is_wanted = match (wanted, name) {
                (_, None) => false,
                (Wanted::All, _) => true,
                (Wanted::Members(names), Some(name)) => names.contains(name),
            };
            top.is_wanted.push(is_wanted);
            top.wanted += usize::from(is_wanted);
            top.places.extend(name.map(|name| (name.to_owned(), place)));
        }
        top.places.sort_unstable();
        top
    }
}
