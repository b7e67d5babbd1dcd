//! The bytes of a value, taken from the front.

use bytes::Bytes;

use super::fault::Fault;

/// Bytes, and how far they are read.
#[derive(Debug)]
pub(super) struct Input<'a> {
    body: &'a Bytes,
    at: usize,
}

/// The start of a block of an array or a map.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// How many items; never none.
    pub(super) count: u64,
    /// How many bytes they take, where the writer says so; never more than are left.
    pub(super) size: Option<usize>,
}

impl<'a> Input<'a> {
    pub(super) fn new(body: &'a Bytes) -> Self {
        Self { body, at: 0 }
    }

    /// The same from the middle.
    pub(super) fn from(body: &'a Bytes, at: usize) -> Self {
        Self { body, at }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn left(&self) -> usize {
        self.body.len() - self.at
    }

    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        let byte = *self.body.get(self.at).ok_or_else(|| self.truncated(1))?;
        self.at += 1;
        Ok(byte)
    }

    /// A number of up to 64 bits.
    #[inline]
    pub(super) fn long(&mut self) -> Result<i64, Fault> {
        // Most lengths, indices and counts are one byte.
        match self.body.get(self.at) {
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                let value = i64::from(byte);
                Ok((value >> 1) ^ -(value & 1))
            }
            _ => self.longer(),
        }
    }

    fn longer(&mut self) -> Result<i64, Fault> {
        let start = self.at;
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte().map_err(|fault| fault.at(start))?;
            if shift == 63 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
            }
        }
        Err(Fault::new("avro_varint", "a number has more than 64 bits").at(start))
    }

    /// A number of up to 32 bits.
    pub(super) fn int(&mut self) -> Result<i64, Fault> {
        let start = self.at;
        let value = self.long()?;
        match i32::try_from(value) {
            Ok(_) => Ok(value),
            Err(_) => Err(Fault::new("avro_range", "an int has more than 32 bits").at(start)),
        }
    }

    pub(super) fn boolean(&mut self) -> Result<bool, Fault> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Fault::new("avro_boolean", "a boolean is neither 0 nor 1").at(self.at - 1)),
        }
    }

    /// A number with a fixed number of bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let bytes = self.take(N)?;
        Ok(bytes.try_into().expect("as many bytes as were asked for"))
    }

    /// The index of a variant or a symbol, of `count`.
    pub(super) fn index(&mut self, count: usize, class: &'static str, of: &str) -> Result<usize, Fault> {
        let start = self.at;
        let index = self.long()?;
        usize::try_from(index).ok().filter(|index| *index < count).ok_or_else(|| {
            Fault::new(class, format!("the index {index} is not one of the {count} {of}")).at(start)
        })
    }

    /// A length, and that many bytes.
    pub(super) fn block(&mut self) -> Result<&'a [u8], Fault> {
        let start = self.at;
        let length = self.long()?;
        let length = usize::try_from(length)
            .map_err(|_| Fault::new("avro_length", format!("the length {length} is negative")).at(start))?;
        if length > self.left() {
            let what = format!("a length of {length} bytes, where {} are left", self.left());
            return Err(Fault::new("avro_length", what).at(start));
        }
        self.take(length)
    }

    /// What was taken, as part of the whole: nothing is copied.
    pub(super) fn share(&self, taken: &'a [u8]) -> Bytes {
        self.body.slice_ref(taken)
    }

    #[inline]
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let start = self.at;
        let end = start.checked_add(length).filter(|end| *end <= self.body.len());
        let end = end.ok_or_else(|| self.truncated(length))?;
        self.at = end;
        Ok(&self.body[start..end])
    }

    /// The next block of an array or a map; `None` at its end.
    pub(super) fn items(&mut self) -> Result<Option<Block>, Fault> {
        let start = self.at;
        let count = self.long()?;
        if count == 0 {
            return Ok(None);
        }
        let size = if count < 0 {
            let at = self.at;
            let size = self.long()?;
            let size = usize::try_from(size).ok().filter(|size| *size <= self.left());
            let what = || Fault::new("avro_length", "a block is longer than what is left").at(at);
            Some(size.ok_or_else(what)?)
        } else {
            None
        };
        match count.checked_abs() {
            Some(count) => Ok(Some(Block { count: count.unsigned_abs(), size })),
            None => Err(Fault::new("avro_length", "a block has no such count").at(start)),
        }
    }

    /// Passes over the end of an array or a map, where it stands here.
    pub(super) fn skip_end(&mut self) -> bool {
        let is_end = self.body.get(self.at) == Some(&0);
        self.at += usize::from(is_end);
        is_end
    }

    /// Checks that items of at least one byte can be that many.
    pub(super) fn has_room(&self, count: u64) -> Result<(), Fault> {
        if usize::try_from(count).is_ok_and(|count| count <= self.left()) {
            return Ok(());
        }
        let what = format!("a block of {count} items, where {} bytes are left", self.left());
        Err(Fault::new("avro_length", what).at(self.at))
    }

    fn truncated(&self, needed: usize) -> Fault {
        let needs =
            if needed == 1 { "1 byte is needed".to_owned() } else { format!("{needed} bytes are needed") };
        let what = format!("the value ends here: {needs}, {} are left", self.left());
        Fault::new("avro_truncated", what).at(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::output;
    use super::*;

    fn long(bytes: &[u8]) -> Result<i64, &'static str> {
        Input::new(&Bytes::copy_from_slice(bytes)).long().map_err(|fault| fault.class())
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for value in [0, -1, 1, 63, -64, 64, i64::from(i32::MAX), i64::MAX, i64::MIN] {
            let mut out = Vec::new();
            output::long(value, &mut out);
            assert_eq!(long(&out), Ok(value));
            assert_eq!(long(&out[..out.len() - 1]), Err("avro_truncated"));
        }
    }

    #[test]
    fn a_number_of_more_than_64_bits_is_none() {
        assert_eq!(long(&[0xff; 12]), Err("avro_varint"));
        let nine = [0xff; 9];
        assert_eq!(long(&[&nine[..], &[1]].concat()), Ok(i64::MIN));
        assert_eq!(long(&[&nine[..], &[2]].concat()), Err("avro_varint"));
    }

    #[test]
    fn lengths_and_counts_are_held_to_what_is_left() {
        let of = |bytes: &[u8]| Bytes::copy_from_slice(bytes);
        assert_eq!(Input::new(&of(&[4, 7])).block().expect_err("too long").class(), "avro_length");
        assert_eq!(Input::new(&of(&[1])).block().expect_err("negative").class(), "avro_length");
        assert_eq!(Input::new(&of(&[1, 6, 0])).items().expect_err("too long").class(), "avro_length");
        let mut least = Vec::new();
        output::long(i64::MIN, &mut least);
        least.push(0);
        assert_eq!(Input::new(&of(&least)).items().expect_err("no count").class(), "avro_length");
    }
}
