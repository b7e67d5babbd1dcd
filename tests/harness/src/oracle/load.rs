//! Records whose payload is a function of their id.

use serde_json::Value;

use super::Workload;
use crate::client::{Sent, Stored};

/// Which record of a load: its input partition and its place there, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// The input partition.
    pub partition: i32,
    /// The place in it, from 0.
    pub seq: u64,
}

/// Whether a payload is JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Whole.
    Json,
    /// Poison: the same without its last byte.
    Broken,
}

/// A number of records, described.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Input partitions.
    pub partitions: i32,
    /// Records in each of them.
    pub per_partition: u64,
    /// One record in so many is poison; 0: none.
    pub poison_one_in: u64,
    /// Bytes of padding in each payload.
    pub pad_bytes: usize,
}

impl Load {
    /// Number of records.
    pub fn count(&self) -> usize {
        usize::try_from(self.per_partition * self.partitions.unsigned_abs() as u64)
            .expect("a load fits in memory")
    }

    /// All ids, interleaved over the partitions in the order in which they are sent.
    pub fn ids(&self) -> impl Iterator<Item = Id> + use<> {
        let partitions = self.partitions;
        (0..self.per_partition)
            .flat_map(move |seq| (0..partitions).map(move |partition| Id { partition, seq }))
    }

    /// The records of all ids.
    pub fn records(&self) -> impl Iterator<Item = Sent> {
        self.ids().map(|id| self.record(id))
    }

    /// The record of an id. Its key is its id, so outputs spread over all partitions of a sink.
    pub fn record(&self, id: Id) -> Sent {
        Sent::keyed(format!("{}-{}", id.partition, id.seq), self.payload(id)).to(id.partition)
    }

    /// Whether the record of this id is poison.
    pub fn is_poison(&self, id: Id) -> bool {
        self.poison_one_in != 0
            && mix(id.partition.unsigned_abs() as u64, id.seq).is_multiple_of(self.poison_one_in)
    }

    /// Number of records that are poison.
    pub fn poison_count(&self) -> usize {
        self.ids().filter(|id| self.is_poison(*id)).count()
    }

    /// The payload of an id: a JSON object with its id, padding and a checksum; cut short where it is poison.
    pub fn payload(&self, id: Id) -> Vec<u8> {
        let pad = pad(id, self.pad_bytes);
        let sum = checksum(id, &pad);
        let mut text =
            format!(r#"{{"partition":{},"seq":{},"pad":"{pad}","sum":{sum}}}"#, id.partition, id.seq);
        if self.is_poison(id) {
            text.pop();
        }
        text.into_bytes()
    }
}

impl Workload for Load {
    fn ids(&self) -> impl Iterator<Item = Id> {
        Self::ids(self)
    }

    fn has(&self, id: Id) -> bool {
        (0..self.partitions).contains(&id.partition) && id.seq < self.per_partition
    }

    fn identify(&self, record: &Stored) -> Result<Id, String> {
        let payload = record.value.as_deref().ok_or("no value")?;
        let (id, shape) = Id::of_payload(payload)?;
        let expected = if self.is_poison(id) { Shape::Broken } else { Shape::Json };
        if shape == expected { Ok(id) } else { Err(format!("{id:?} is {shape:?}")) }
    }
}

impl Id {
    /// The id that a payload says it has, and its shape; an error where the payload is not what its id makes it.
    /// Members that a pipeline added are no matter.
    pub fn of_payload(payload: &[u8]) -> Result<(Self, Shape), String> {
        let changed = || format!("not a payload of a load: {}", String::from_utf8_lossy(payload));
        let (value, shape) = parse(payload).ok_or_else(changed)?;
        let partition = value["partition"].as_i64().and_then(|number| i32::try_from(number).ok());
        let id = Self {
            partition: partition.ok_or_else(changed)?,
            seq: value["seq"].as_u64().ok_or_else(changed)?,
        };
        let text = value["pad"].as_str().ok_or_else(changed)?;
        let sound = value["sum"].as_u64() == Some(checksum(id, text)) && text == pad(id, text.len());
        if sound { Ok((id, shape)) } else { Err(changed()) }
    }
}

fn parse(payload: &[u8]) -> Option<(Value, Shape)> {
    if let Ok(value) = serde_json::from_slice(payload) {
        return Some((value, Shape::Json));
    }
    let mended = [payload, b"}"].concat();
    serde_json::from_slice(&mended).ok().map(|value| (value, Shape::Broken))
}

pub(super) fn pad(id: Id, bytes: usize) -> String {
    let seed = mix(id.partition.unsigned_abs() as u64, id.seq);
    (0..bytes as u64).map(|place| char::from(b'a' + (mix(seed, place) % 26) as u8)).collect()
}

/// Fits into 52 bits: a decoder that reads numbers as floats gives it back unchanged.
pub(super) fn checksum(id: Id, pad: &str) -> u64 {
    let seed = mix(id.partition.unsigned_abs() as u64, id.seq);
    pad.bytes().fold(seed, |sum, byte| mix(sum, u64::from(byte))) >> 12
}

/// SplitMix64's finaliser over two numbers: every bit of both changes about half of the result.
pub(super) fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(b).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOAD: Load = Load { partitions: 3, per_partition: 1_000, poison_one_in: 10, pad_bytes: 40 };

    #[test]
    fn a_payload_tells_its_id() {
        for id in LOAD.ids() {
            let shape = if LOAD.is_poison(id) { Shape::Broken } else { Shape::Json };
            assert_eq!(Id::of_payload(&LOAD.payload(id)), Ok((id, shape)));
        }
    }

    #[test]
    fn about_as_many_are_poison_as_asked() {
        let poison = LOAD.poison_count();
        assert!((200..400).contains(&poison), "{poison} of 3000");
        assert_eq!(Load { poison_one_in: 0, ..LOAD }.poison_count(), 0);
    }

    #[test]
    fn a_changed_byte_is_found_wherever_it_is() {
        let id = Id { partition: 1, seq: 7 };
        let payload = LOAD.payload(id);
        for place in 0..payload.len() {
            let mut changed = payload.clone();
            changed[place] ^= 1;
            assert_ne!(Id::of_payload(&changed), Ok((id, Shape::Json)), "byte {place}");
        }
    }

    #[test]
    fn members_that_a_pipeline_added_are_no_matter() {
        let id = Id { partition: 0, seq: 3 };
        let mut value: Value = serde_json::from_slice(&LOAD.payload(id)).expect("id 3 is no poison");
        value["added"] = true.into();
        assert_eq!(Id::of_payload(value.to_string().as_bytes()), Ok((id, Shape::Json)));
    }
}
