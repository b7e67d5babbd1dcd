//! The plan by which values are read: what stands in the bytes by the writer's schema, and what is made of it by the
//! reader's. `resolve` makes it, `decode` follows it.

use vrl::value::{KeyString, Value};

use super::schema::{NodeId, Unit};
use super::taken;

/// A step's number in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct StepId(pub(super) u32);

impl StepId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// How one value is read.
#[derive(Debug)]
pub(super) enum Step {
    Null,
    Boolean,
    /// An integer of 32 or 64 bits.
    Integer {
        is_int: bool,
        meaning: Integer,
    },
    Float,
    Double,
    /// Bytes or a text.
    Block {
        framing: Framing,
        meaning: Meaning,
    },
    /// What each of the writer's symbols is to the reader; `None`: it has no such symbol, and no default.
    Enum(Vec<Option<Value>>),
    Array {
        item: StepId,
        /// An item takes no bytes.
        is_zero_sized: bool,
    },
    Map(StepId),
    Record(Record),
    /// One for each of the writer's variants.
    Union(Vec<StepId>),
    /// The writer's type cannot be read as the reader's; an error when a value takes this way.
    Never(String),
}

/// What an integer is to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Integer {
    Plain,
    Float,
    Double,
    Date,
    TimeMillis,
    /// Times this many.
    TimeMicros(i64),
    Timestamp {
        writer: Unit,
        reader: Unit,
    },
    Local {
        writer: Unit,
        reader: Unit,
    },
}

/// How bytes stand in the writer's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// A length, then bytes.
    Bytes,
    /// A length, then UTF-8.
    Text,
    /// This many bytes.
    Fixed(usize),
}

/// What bytes are to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Bytes,
    Text,
    Decimal { precision: usize, scale: usize },
    BigDecimal,
    UuidText,
    UuidBytes,
    Duration,
}

/// How a record is read.
#[derive(Debug)]
pub(super) struct Record {
    /// In the writer's order.
    pub(super) fields: Vec<Field>,
    /// What the reader has and the writer lacks.
    pub(super) defaults: Vec<Default>,
    /// How many members it has.
    members: usize,
    /// What they take in memory, beside what the values that are read take for themselves.
    pub(super) cost_bytes: usize,
}

/// One of the writer's fields.
#[derive(Debug)]
pub(super) struct Field {
    /// Its type, in the writer's schema.
    pub(super) node: NodeId,
    pub(super) action: Action,
}

#[derive(Debug)]
pub(super) enum Action {
    /// The reader's field of this name, and its type there.
    Read { name: KeyString, step: StepId, reader: NodeId },
    /// The reader lacks it.
    Skip,
    /// The reader lacks it, and it is looked at nevertheless.
    Check(StepId),
}

/// A reader's field that the writer lacks.
#[derive(Debug)]
pub(super) struct Default {
    pub(super) name: KeyString,
    pub(super) value: Value,
}

impl Record {
    pub(super) fn new(fields: Vec<Field>) -> Self {
        let mut record = Self { fields: Vec::new(), defaults: Vec::new(), members: 0, cost_bytes: 0 };
        for field in &fields {
            if let Action::Read { name, .. } = &field.action {
                record.count(name);
            }
        }
        record.fields = fields;
        record
    }

    /// Adds what the writer lacks; `cost_bytes` is what each copy of the value takes.
    pub(super) fn add(&mut self, default: Default, cost_bytes: usize) {
        self.count(&default.name);
        self.cost_bytes += cost_bytes;
        self.defaults.push(default);
    }

    fn count(&mut self, name: &str) {
        self.members += 1;
        self.cost_bytes += taken::name(name) + taken::member(self.members);
    }
}
