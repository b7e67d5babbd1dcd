//! The few lines of Avro's binary encoding that one fixed schema needs, and ways to get them wrong.

use super::avro::Poison;
use super::load::{Id, checksum, mix, pad};

/// The schema of all records of a load. The names of its members are those of the JSON load.
pub(super) const SCHEMA: &str = r#"{
  "type": "record", "name": "Order", "namespace": "millstream.testbed",
  "fields": [
    {"name": "partition", "type": "int"},
    {"name": "seq", "type": "long"},
    {"name": "pad", "type": "string"},
    {"name": "sum", "type": "long"},
    {"name": "currency", "type": {"type": "enum", "name": "Currency", "symbols": ["EUR", "USD", "GBP"]}},
    {"name": "amount", "type": ["null", "double"]},
    {"name": "lines", "type": {"type": "array", "items": "long"}},
    {"name": "parent", "type": ["null", {"type": "record", "name": "Parent", "fields": [
      {"name": "parent", "type": ["null", "Parent"]}]}]}
  ]
}"#;

/// How deep a depth bomb is: far beyond any limit, and small in bytes.
const BOMB_DEPTH: usize = 20_000;
/// A terabyte: a length that no record has, and that takes the process with it were it believed.
const HUGE_BYTES: i64 = 1 << 40;
/// Symbols of the enum and branches of a union end far below.
const OUT_OF_RANGE: i64 = 9;

pub(super) const CURRENCIES: [&str; 3] = ["EUR", "USD", "GBP"];

/// What is in the record of an id beside partition, seq, pad and sum.
pub(super) struct Members {
    pub(super) currency: usize,
    pub(super) amount: Option<f64>,
    pub(super) lines: Vec<i64>,
    pub(super) parents: usize,
}

impl Members {
    pub(super) fn of(id: Id) -> Self {
        let bits = mix(id.seq, id.partition.unsigned_abs().into());
        // Halves are exact as floats and in decimal.
        let amount = (!bits.is_multiple_of(4)).then(|| (bits >> 8 & 0xf_ffff) as f64 / 2.0);
        let lines = (0..bits >> 32 & 3).map(|line| mix(bits, line) as i64).collect();
        Self {
            currency: (bits >> 40) as usize % CURRENCIES.len(),
            amount,
            lines,
            parents: (bits >> 48) as usize & 3,
        }
    }
}

/// The body of an id's record, without its frame; broken where `poison` breaks the body.
pub(super) fn body(id: Id, pad_bytes: usize, poison: Option<Poison>) -> Vec<u8> {
    let members = Members::of(id);
    let text = pad(id, pad_bytes);
    let mut out = Vec::with_capacity(pad_bytes + 64);
    long(&mut out, id.partition.into());
    long(&mut out, id.seq.cast_signed());
    match poison {
        Some(Poison::HugeLength) => long(&mut out, HUGE_BYTES),
        Some(Poison::BadUtf8) => long(&mut out, text.len() as i64 + 2),
        _ => long(&mut out, text.len() as i64),
    }
    out.extend_from_slice(text.as_bytes());
    if poison == Some(Poison::BadUtf8) {
        // The first byte announces a second one that this is not.
        out.extend_from_slice(&[0xc3, 0x28]);
    }
    long(&mut out, checksum(id, &text).cast_signed());
    let symbol = members.currency as i64;
    long(&mut out, if poison == Some(Poison::EnumIndex) { OUT_OF_RANGE } else { symbol });
    match (poison, members.amount) {
        (Some(Poison::UnionIndex), _) => long(&mut out, OUT_OF_RANGE),
        (_, None) => long(&mut out, 0),
        (_, Some(amount)) => {
            long(&mut out, 1);
            out.extend_from_slice(&amount.to_le_bytes());
        }
    }
    array(&mut out, &members.lines);
    let parents = if poison == Some(Poison::DepthBomb) { BOMB_DEPTH } else { members.parents };
    (0..parents).for_each(|_| long(&mut out, 1));
    long(&mut out, 0);
    match poison {
        Some(Poison::Truncated) => drop(out.pop()),
        Some(Poison::Trailing) => out.push(0),
        _ => {}
    }
    out
}

/// Blocks of items: one here, with its count, and an empty one.
fn array(out: &mut Vec<u8>, items: &[i64]) {
    if !items.is_empty() {
        long(out, items.len() as i64);
        items.iter().for_each(|item| long(out, *item));
    }
    long(out, 0);
}

/// Zigzag, then seven bits a byte, the lowest first.
pub(super) fn long(out: &mut Vec<u8>, value: i64) {
    let mut rest = (value << 1 ^ value >> 63).cast_unsigned();
    while rest > 0x7f {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

#[cfg(test)]
mod tests {
    use super::long;

    #[test]
    fn integers_are_written_as_the_specification_has_them() {
        let table: [(i64, &[u8]); 8] = [
            (0, &[0]),
            (-1, &[1]),
            (1, &[2]),
            (-64, &[0x7f]),
            (64, &[0x80, 1]),
            (8_192, &[0x80, 0x80, 1]),
            (i64::MAX, &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
            (i64::MIN, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
        ];
        for (value, bytes) in table {
            let mut out = Vec::new();
            long(&mut out, value);
            assert_eq!(out, bytes, "{value}");
        }
    }
}
