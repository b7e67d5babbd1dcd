//! Avro's numbers and lengths, written.

/// An `int` or `long`: the sign in the lowest bit, then seven bits a byte, the least significant first.
pub(super) fn long(value: i64, out: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest >= 0x80 {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// A length or a count.
pub(super) fn length(length: usize, out: &mut Vec<u8>) {
    long(i64::try_from(length).expect("nothing in memory is longer than an i64"), out);
}

/// Bytes with their length before them.
pub(super) fn bytes(bytes: &[u8], out: &mut Vec<u8>) {
    length(bytes.len(), out);
    out.extend_from_slice(bytes);
}
