//! Bytes → values, by a plan. Everything that a value may take is held to a limit before it is taken: its length to what
//! is left, its depth, and the memory of what it becomes.

use bytes::Bytes;
use vrl::value::{ObjectMap, Value};

use super::fault::Fault;
use super::input::Input;
use super::plan::{Action, Record, Step, StepId};
use super::schema::Schema;
use super::zero_sized::ZeroSized;
use super::{AVRO_DECODED_BYTES_MAX, AVRO_DEPTH_MAX, taken};

/// The most items of a value that take no byte each (nulls, empty records).
const EMPTY_ITEMS_MAX: u64 = 65_536;
/// Room that is made for an array's items before the first of them is read.
const RESERVED_ITEMS_MAX: usize = 1_024;

/// Reads a value that is all of `bytes`, and tells what each copy of it takes: `bytes` themselves are shared.
pub(super) fn whole(
    steps: &[Step],
    step: StepId,
    schema: &Schema,
    bytes: &[u8],
) -> Result<(Value, usize), Fault> {
    let body = Bytes::copy_from_slice(bytes);
    // Nothing is skipped.
    let zero_sized = ZeroSized::default();
    let mut decoder = Decoder::new(steps, schema, &zero_sized, Input::new(&body));
    let value = decoder.value(step)?;
    decoder.finish()?;
    Ok((value, decoder.taken_bytes()))
}

/// Reads one value.
pub(super) struct Decoder<'a> {
    steps: &'a [Step],
    /// What is skipped is skipped by it.
    pub(super) writer: &'a Schema,
    /// Which of its types take no bytes.
    pub(super) zero_sized: &'a ZeroSized,
    pub(super) input: Input<'a>,
    depth: usize,
    /// What the value may still take, in bytes.
    pub(super) left_bytes: usize,
    /// How many items without a byte of their own may still come.
    left_empty: u64,
    /// What is read is only looked at, not given to anyone.
    pub(super) is_check: bool,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(
        steps: &'a [Step],
        writer: &'a Schema,
        zero_sized: &'a ZeroSized,
        input: Input<'a>,
    ) -> Self {
        let left_bytes = AVRO_DECODED_BYTES_MAX;
        let left_empty = EMPTY_ITEMS_MAX;
        Self { steps, writer, zero_sized, input, depth: 0, left_bytes, left_empty, is_check: false }
    }

    /// What was read so far, in memory.
    fn taken_bytes(&self) -> usize {
        AVRO_DECODED_BYTES_MAX - self.left_bytes
    }

    /// Nothing may be left.
    pub(super) fn finish(&self) -> Result<(), Fault> {
        match self.input.left() {
            0 => Ok(()),
            left => {
                let what = format!("{left} bytes stand after the value");
                Err(Fault::new("avro_trailing", what).at(self.input.at()))
            }
        }
    }

    pub(super) fn charge(&mut self, bytes: usize) -> Result<(), Fault> {
        self.left_bytes = self.after(bytes)?;
        Ok(())
    }

    /// What would be left.
    fn after(&self, bytes: usize) -> Result<usize, Fault> {
        self.left_bytes.checked_sub(bytes).ok_or_else(|| {
            let what = format!("decoded it takes more than {AVRO_DECODED_BYTES_MAX} bytes");
            Fault::new("avro_size", what).at(self.input.at())
        })
    }

    /// Items without a byte of their own: few bytes could ask for any number of them.
    pub(super) fn charge_empty(&mut self, count: u64) -> Result<(), Fault> {
        self.left_empty = self.left_empty.checked_sub(count).ok_or_else(|| {
            let what = format!("it has more than {EMPTY_ITEMS_MAX} items that take no byte");
            Fault::new("avro_length", what).at(self.input.at())
        })?;
        Ok(())
    }

    /// One level further in.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth == AVRO_DEPTH_MAX {
            let what = format!("it is nested more than {AVRO_DEPTH_MAX} levels deep");
            return Err(Fault::new("avro_depth", what).at(self.input.at()));
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    /// One level further in, where there is anything: what is empty holds no level, or the default of a member that is
    /// written at the deepest level could not be read again.
    pub(super) fn if_any<T>(
        &mut self,
        empty: T,
        read: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if self.input.skip_end() { Ok(empty) } else { self.nested(read) }
    }

    pub(super) fn value(&mut self, step: StepId) -> Result<Value, Fault> {
        let steps = self.steps;
        match &steps[step.index()] {
            Step::Null => Ok(Value::Null),
            Step::Boolean => self.input.boolean().map(Value::Boolean),
            Step::Integer { is_int, meaning } => self.integer(*is_int, *meaning),
            Step::Float => {
                let float = f32::from_le_bytes(self.input.array()?);
                self.real(float.into(), 4)
            }
            Step::Double => {
                let float = f64::from_le_bytes(self.input.array()?);
                self.real(float, 8)
            }
            Step::Block { framing, meaning } => self.block(*framing, *meaning),
            Step::Enum(symbols) => {
                let start = self.input.at();
                let index = self.input.index(symbols.len(), "avro_enum", "symbols of the enum")?;
                symbols[index].clone().ok_or_else(|| {
                    let what = "the reader's enum has no such symbol, and no default";
                    Fault::new("avro_resolution", what).at(start)
                })
            }
            Step::Array { item, is_zero_sized } => {
                self.if_any(Vec::new(), |inside| inside.array(*item, *is_zero_sized)).map(Value::Array)
            }
            Step::Map(values) => {
                self.if_any(ObjectMap::new(), |inside| inside.map(*values)).map(Value::Object)
            }
            Step::Record(record) => self.nested(|inside| inside.record(record).map(Value::Object)),
            Step::Union(variants) => {
                let index = self.input.index(variants.len(), "avro_union", "variants of the union")?;
                self.value(variants[index])
            }
            Step::Never(reason) => Err(Fault::new("avro_resolution", reason).at(self.input.at())),
        }
    }

    fn real(&self, float: f64, size: usize) -> Result<Value, Fault> {
        match float.is_nan() {
            false => Ok(Value::from_f64_or_zero(float)),
            // It is of the type; only expressions cannot hold it.
            true if self.is_check => Ok(Value::Null),
            true => {
                let what = "it is not a number (NaN), which no expression can hold";
                Err(Fault::new("avro_nan", what).at(self.input.at() - size))
            }
        }
    }

    fn array(&mut self, item: StepId, is_zero_sized: bool) -> Result<Vec<Value>, Fault> {
        let mut items = Vec::new();
        while let Some(block) = self.input.items()? {
            match is_zero_sized {
                true => self.charge_empty(block.count)?,
                false => self.input.has_room(block.count)?,
            }
            let count = usize::try_from(block.count).unwrap_or(usize::MAX);
            // What would not fit is refused before any of it is read.
            let free = items.capacity() - items.len();
            self.after(taken::array(count.saturating_sub(free)))?;
            let start = self.input.at();
            for left in (1..=count).rev() {
                if items.len() == items.capacity() {
                    self.grow(&mut items, left)?;
                }
                let value = self.value(item).map_err(|fault| fault.in_item(items.len()))?;
                items.push(value);
            }
            self.ends(start, block.size)?;
        }
        Ok(items)
    }

    /// Makes room for more items of an array, of which `left` are still to come in this block.
    fn grow(&mut self, items: &mut Vec<Value>, left: usize) -> Result<(), Fault> {
        let room = items.capacity();
        // By half at least, or the items of many small blocks would be moved once for each block.
        let more = left.min(room.max(RESERVED_ITEMS_MAX)).max(room / 2);
        self.charge(taken::array(room + more) - taken::array(room))?;
        items.reserve_exact(more);
        Ok(())
    }

    fn map(&mut self, values: StepId) -> Result<ObjectMap, Fault> {
        let mut members = ObjectMap::new();
        while let Some(block) = self.input.items()? {
            self.input.has_room(block.count)?;
            let start = self.input.at();
            for _ in 0..block.count {
                let at = self.input.at();
                let name = self.input.block()?;
                let name = std::str::from_utf8(name).map_err(|_| not_utf8(at))?;
                self.charge(taken::name(name))?;
                let value = self.value(values).map_err(|fault| fault.in_member(name))?;
                if members.insert(name.into(), value).is_none() {
                    self.charge(taken::member(members.len()))?;
                }
            }
            self.ends(start, block.size)?;
        }
        Ok(members)
    }

    /// Skipping and reading must come to the same end.
    pub(super) fn ends(&self, start: usize, size: Option<usize>) -> Result<(), Fault> {
        let taken = self.input.at() - start;
        match size {
            Some(size) if size != taken => {
                let what = format!("the items of a block take {taken} bytes, and it says {size}");
                Err(Fault::new("avro_length", what).at(start))
            }
            _ => Ok(()),
        }
    }

    fn record(&mut self, record: &'a Record) -> Result<ObjectMap, Fault> {
        self.charge(record.cost_bytes)?;
        let mut members = ObjectMap::new();
        for field in &record.fields {
            match &field.action {
                Action::Read { name, step, .. } => {
                    let value = self.value(*step).map_err(|fault| fault.in_member(name))?;
                    members.insert(name.clone(), value);
                }
                Action::Skip => self.skip(field.node)?,
                Action::Check(step) => self.check(*step)?,
            }
        }
        for default in &record.defaults {
            members.insert(default.name.clone(), default.value.clone());
        }
        Ok(members)
    }

    /// Looks at a value that nobody reads, and lets it go.
    pub(super) fn check(&mut self, step: StepId) -> Result<(), Fault> {
        let left_bytes = self.left_bytes;
        let before = std::mem::replace(&mut self.is_check, true);
        let result = self.value(step).map(drop);
        self.is_check = before;
        self.left_bytes = left_bytes;
        result
    }
}

pub(super) fn not_utf8(at: usize) -> Fault {
    Fault::new("avro_utf8", "a string is not UTF-8").at(at)
}
