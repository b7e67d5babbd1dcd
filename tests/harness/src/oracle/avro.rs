//! Avro records whose payload is a function of their id, in a registry's frame, with poison of ten kinds.
//!
//! A record's key is its id as text, so that dead letters without a value are known, too; the value is held against what
//! the id makes it, byte for byte. Which members a pipeline reads is the test's choice: poison inside of a member (a huge
//! length, bad UTF-8, a symbol or branch out of range, a depth bomb) is certain to be found only where that member is read
//! or everything is validated. The members are `partition`, `seq`, `pad`, `sum`, `currency`, `amount`, `lines`, `parent`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::avro_encoder::{self, CURRENCIES, Members};
use super::load::{Id, checksum, mix, pad};
use super::{Load, Workload};
use crate::client::{Sent, Stored};

/// An id that no registry has given out.
const UNKNOWN_ID: u32 = 2_000_000_000;

/// How the sound records of a load come out of a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// As they went in.
    AsSent,
    /// The same members under the schema of this id.
    Under(u32),
    /// The same, with members behind them that a map added: these bytes.
    Extended(u32, &'static [u8]),
    /// As JSON, perhaps with more members.
    Json,
}

/// A number of Avro records, described.
#[derive(Clone, Copy, Debug)]
pub struct AvroLoad {
    /// Input partitions.
    pub partitions: i32,
    /// Records in each of them.
    pub per_partition: u64,
    /// One record in so many is poison; 0: none.
    pub poison_one_in: u64,
    /// Bytes of padding in each payload.
    pub pad_bytes: usize,
    /// The id that the registry gave to [`AvroLoad::SCHEMA`].
    pub schema_id: u32,
    /// How sound records come out.
    pub sound: Sound,
}

/// A kind of poison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Poison {
    /// The first byte is not zero.
    NoMagic,
    /// The registry does not know the id.
    UnknownId,
    /// The last byte is missing.
    Truncated,
    /// There is a byte too many.
    Trailing,
    /// A string says that it is a terabyte long.
    HugeLength,
    /// A branch that a union does not have.
    UnionIndex,
    /// A string that is not UTF-8.
    BadUtf8,
    /// A symbol that an enum does not have.
    EnumIndex,
    /// A recursive member, 20,000 deep.
    DepthBomb,
    /// A value of no bytes, which is no tombstone.
    Empty,
}

impl Poison {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::NoMagic,
        Self::UnknownId,
        Self::Truncated,
        Self::Trailing,
        Self::HugeLength,
        Self::UnionIndex,
        Self::BadUtf8,
        Self::EnumIndex,
        Self::DepthBomb,
        Self::Empty,
    ];

    /// The class of error that its dead letter must name.
    pub fn class(self) -> &'static str {
        match self {
            Self::NoMagic => "avro_magic",
            Self::UnknownId => "schema_id_unknown",
            Self::Truncated => "avro_truncated",
            Self::Trailing => "avro_trailing",
            Self::HugeLength => "avro_length",
            Self::UnionIndex => "avro_union",
            Self::BadUtf8 => "avro_utf8",
            Self::EnumIndex => "avro_enum",
            Self::DepthBomb => "avro_depth",
            Self::Empty => "avro_empty",
        }
    }
}

impl AvroLoad {
    /// The schema of all its records.
    pub const SCHEMA: &str = avro_encoder::SCHEMA;

    /// The records of all ids, interleaved over the partitions.
    pub fn records(&self) -> impl Iterator<Item = Sent> {
        self.ids().map(|id| self.record(id))
    }

    /// The record of an id.
    pub fn record(&self, id: Id) -> Sent {
        Sent::keyed(format!("{}-{}", id.partition, id.seq), self.payload(id)).to(id.partition)
    }

    /// What is wrong with the record of an id; `None`: nothing.
    pub fn poison(&self, id: Id) -> Option<Poison> {
        let dice = mix(id.partition.unsigned_abs().into(), id.seq);
        let poison = self.poison_one_in != 0 && dice.is_multiple_of(self.poison_one_in);
        poison.then(|| Poison::ALL[mix(dice, 1) as usize % Poison::ALL.len()])
    }

    /// How many dead letters of each class there must be.
    pub fn poison_by_class(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for poison in self.ids().filter_map(|id| self.poison(id)) {
            *counts.entry(poison.class()).or_default() += 1;
        }
        counts
    }

    /// The payload of an id: frame and body, broken where it is poison.
    pub fn payload(&self, id: Id) -> Vec<u8> {
        let poison = self.poison(id);
        match poison {
            Some(Poison::Empty) => Vec::new(),
            Some(Poison::UnknownId) => self.framed(0, UNKNOWN_ID, id, poison),
            Some(Poison::NoMagic) => self.framed(1, self.schema_id, id, poison),
            _ => self.framed(0, self.schema_id, id, poison),
        }
    }

    fn framed(&self, magic: u8, schema_id: u32, id: Id, poison: Option<Poison>) -> Vec<u8> {
        let body = avro_encoder::body(id, self.pad_bytes, poison);
        [&[magic][..], &schema_id.to_be_bytes(), &body].concat()
    }

    /// Where the dead letters must come from, and the class of error that each must name. Where a load was produced to topics of
    /// its own, a record's sequence number is its offset.
    pub fn letters(&self) -> BTreeMap<(i32, u64), &'static str> {
        let letter = |id: Id| Some(((id.partition, id.seq), self.poison(id)?.class()));
        self.ids().filter_map(letter).collect()
    }

    /// What is wrong with dead letters as a set, by what their headers say: partition, offset and class of error of each must
    /// be those of a record that is poison, and each such record must have exactly one.
    pub fn wrong_letters(&self, letters: &[Stored]) -> Vec<String> {
        let mut expected = self.letters();
        let mut wrong = Vec::new();
        for letter in letters {
            let said = |name: &str| letter.header_text(&format!("millstream.{name}"));
            let (partition, offset, class) = (said("partition"), said("offset"), said("error.class"));
            let place = partition.parse::<i32>().ok().zip(offset.parse::<u64>().ok());
            // One that is there twice is expected once.
            let is_expected = place.and_then(|place| expected.remove(&place)) == Some(class.as_str());
            if !is_expected || letter.key_text() != Some(format!("{partition}-{offset}")) {
                wrong.push(format!("{partition}@{offset} {:?}: {class}", letter.key_text()));
            }
        }
        wrong.extend(
            expected
                .iter()
                .map(|((partition, offset), class)| format!("{partition}@{offset}: no letter, {class}")),
        );
        wrong
    }

    fn is_sound(&self, id: Id, value: &[u8]) -> bool {
        match self.sound {
            Sound::AsSent => value == self.payload(id),
            Sound::Under(schema) => value == self.framed(0, schema, id, None),
            Sound::Extended(schema, added) => {
                value.strip_prefix(&*self.framed(0, schema, id, None)).is_some_and(|behind| behind == added)
            }
            Sound::Json => serde_json::from_slice(value).is_ok_and(|json| self.is_json_of(id, &json)),
        }
    }

    fn is_json_of(&self, id: Id, json: &Value) -> bool {
        let (members, text) = (Members::of(id), pad(id, self.pad_bytes));
        json["partition"] == id.partition
            && json["seq"] == id.seq
            && json["pad"] == text
            && json["sum"] == checksum(id, &text)
            && json["currency"] == CURRENCIES[members.currency]
            && json.get("amount").map(Value::as_f64) == Some(members.amount)
            && json["lines"] == Value::from(members.lines)
            && depth(&json["parent"]) == Some(members.parents)
    }
}

impl Workload for AvroLoad {
    fn ids(&self) -> impl Iterator<Item = Id> {
        let shape = Load {
            partitions: self.partitions,
            per_partition: self.per_partition,
            poison_one_in: 0,
            pad_bytes: 0,
        };
        shape.ids()
    }

    fn has(&self, id: Id) -> bool {
        (0..self.partitions).contains(&id.partition) && id.seq < self.per_partition
    }

    fn identify(&self, record: &Stored) -> Result<Id, String> {
        let id = id_of_key(record)?;
        let value = record.value.as_deref().ok_or("no value")?;
        let same = match self.poison(id) {
            Some(_) => value == self.payload(id),
            None => self.is_sound(id, value),
        };
        if same { Ok(id) } else { Err(format!("{id:?} is not what it must be: {value:?}")) }
    }
}

fn id_of_key(record: &Stored) -> Result<Id, String> {
    let key = record.key_text().ok_or("no key")?;
    let parsed = key
        .split_once('-')
        .and_then(|(partition, seq)| Some(Id { partition: partition.parse().ok()?, seq: seq.parse().ok()? }));
    parsed.ok_or_else(|| format!("no key of a load: {key}"))
}

/// How many parents there are above, where that is what a value says.
fn depth(parent: &Value) -> Option<usize> {
    match parent {
        Value::Null => Some(0),
        Value::Object(members) if members.len() == 1 => depth(members.get("parent")?).map(|above| above + 1),
        _ => None,
    }
}

#[cfg(test)]
#[path = "avro_tests.rs"]
mod tests;
