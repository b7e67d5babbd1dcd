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
    /// The same, with members behind them that a map added.
    Extended(u32),
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

    /// The dead letters whose class of error, in this header, is not that of their poison.
    pub fn wrong_letters(&self, letters: &[Stored], header: &str) -> Vec<String> {
        let wrong = |letter: &&Stored| {
            let expected = id_of_key(letter).ok().and_then(|id| self.poison(id)).map(Poison::class);
            expected != Some(letter.header_text(header).as_str())
        };
        let describe = |letter: &Stored| format!("{:?}: {}", letter.key_text(), letter.header_text(header));
        letters.iter().filter(wrong).map(describe).collect()
    }

    fn is_sound(&self, id: Id, value: &[u8]) -> bool {
        match self.sound {
            Sound::AsSent => value == self.payload(id),
            Sound::Under(schema) => value == self.framed(0, schema, id, None),
            Sound::Extended(schema) => value.starts_with(&self.framed(0, schema, id, None)),
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
mod tests {
    use super::super::{Topic, judge};
    use super::*;

    const LOAD: AvroLoad = AvroLoad {
        partitions: 2,
        per_partition: 2_000,
        poison_one_in: 20,
        pad_bytes: 30,
        schema_id: 7,
        sound: Sound::AsSent,
    };

    /// What a flawless pipeline writes: sound records, and dead letters.
    fn flawless() -> (Vec<Stored>, Vec<Stored>) {
        let stored = |id: Id| {
            let sent = LOAD.record(id);
            let class = LOAD.poison(id).map(|poison| (b"class".to_vec(), Some(poison.class().into())));
            Stored {
                partition: id.partition,
                offset: 0,
                timestamp_ms: None,
                key: sent.key,
                value: sent.value,
                headers: class.into_iter().collect(),
            }
        };
        let (poison, sound): (Vec<_>, Vec<_>) = LOAD.ids().partition(|id| LOAD.poison(*id).is_some());
        (sound.into_iter().map(stored).collect(), poison.into_iter().map(stored).collect())
    }

    fn verdict(sink: &[Stored], dlq: &[Stored]) -> super::super::Verdict {
        let sink = Topic { name: "sink", records: sink, belongs: &|id| LOAD.poison(id).is_none() };
        let dlq = Topic { name: "dlq", records: dlq, belongs: &|id| LOAD.poison(id).is_some() };
        judge(&LOAD, &[sink, dlq])
    }

    #[test]
    fn a_flawless_run_passes_and_has_poison_of_every_kind() {
        let (sink, dlq) = flawless();
        verdict(&sink, &dlq).assert_exact();
        assert_eq!(LOAD.wrong_letters(&dlq, "class"), [""; 0]);
        let counts = LOAD.poison_by_class();
        assert_eq!(counts.len(), Poison::ALL.len(), "{counts:?}");
        assert_eq!(counts.values().sum::<usize>(), dlq.len());
    }

    #[test]
    fn a_lost_an_altered_and_a_misjudged_record_are_found() {
        let (mut sink, mut dlq) = flawless();
        sink.remove(9);
        assert_eq!(verdict(&sink, &dlq).lost.count, 1);
        let value = dlq[0].value.get_or_insert_default();
        value.push(0);
        assert_eq!(verdict(&sink, &dlq).changed.count, 1);
        dlq[1].headers.clear();
        dlq[2].headers[0].1 = Some(b"vrl_abort".to_vec());
        assert_eq!(LOAD.wrong_letters(&dlq, "class").len(), 2);
    }

    #[test]
    fn poison_that_passed_as_sound_is_found() {
        let (mut sink, mut dlq) = flawless();
        sink.push(dlq.pop().expect("there is poison"));
        let verdict = verdict(&sink, &dlq);
        assert_eq!((verdict.lost.count, verdict.misplaced.count), (1, 1));
    }
}
