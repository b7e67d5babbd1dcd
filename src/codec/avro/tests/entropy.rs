//! Arbitrary bytes to choose by: what shrinks them shrinks what is chosen.

/// Bytes to choose by; zeros once they are used up, and zero is the simplest choice everywhere.
pub(super) struct Entropy<'a> {
    bytes: &'a [u8],
}

impl<'a> Entropy<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        *first
    }

    pub(super) fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count
    }

    pub(super) fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// Small ones are as likely as wide ones.
    pub(super) fn long(&mut self) -> i64 {
        match self.below(4) {
            0 => i64::from(self.byte().cast_signed()),
            1 => [i64::MAX, i64::MIN, i64::from(i32::MAX) + 1][self.below(3)],
            _ => i64::from_le_bytes(std::array::from_fn(|_| self.byte())),
        }
    }

    pub(super) fn int(&mut self) -> i32 {
        match self.below(4) {
            0 => i32::from(self.byte().cast_signed()),
            1 => [i32::MAX, i32::MIN][self.below(2)],
            _ => i32::from_le_bytes(std::array::from_fn(|_| self.byte())),
        }
    }

    pub(super) fn text(&mut self) -> String {
        let length = self.below(6);
        (0..length).map(|_| ['a', 'B', '7', '-', 'é', '\u{1f600}'][self.below(6)]).collect()
    }

    pub(super) fn some_bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.byte()).collect()
    }
}
