//! What values take in memory, in bytes, by what the heap gives out for them: it rounds up, and adds its own words.
//!
//! The figures are those of glibc on 64 bits and of the standard library's B-tree. The tests in `tests/memory.rs` hold
//! them to what processes really take.

use vrl::value::{KeyString, Value};

/// What a value takes where it stands, beside what it has on the heap.
const VALUE_BYTES: usize = size_of::<Value>();

/// The heap's own word before each piece; pieces are multiples of two words, and the smallest has four.
const WORD_BYTES: usize = size_of::<usize>();
const PIECE_BYTES_MIN: usize = 4 * WORD_BYTES;

/// The members that one node of a map has room for.
const NODE_MEMBERS_MAX: usize = 11;
/// A full node is split into one with five members, one with six, and one that moves up: so `n` nodes at the bottom hold at
/// least six times `n` members, with those above them.
const NODE_MEMBERS_LEAST: usize = 6;
/// A node at the bottom: its members, the node above, and two numbers of 16 bits.
const LEAF_BYTES: usize =
    piece_bytes(NODE_MEMBERS_MAX * (VALUE_BYTES + size_of::<KeyString>()) + 2 * WORD_BYTES);
/// A node above has the same, and one more node below than members.
const INNER_BYTES: usize = LEAF_BYTES + (NODE_MEMBERS_MAX + 1) * WORD_BYTES;

/// What a text that is shared by several values has beside its bytes: where they are, how many, how often.
const SHARED_BYTES: usize = piece_bytes(3 * WORD_BYTES);

/// A piece of the heap for this many bytes; for none there is no piece.
pub(super) const fn piece_bytes(size: usize) -> usize {
    if size == 0 {
        return 0;
    }
    let whole = size.saturating_add(WORD_BYTES).next_multiple_of(2 * WORD_BYTES);
    if whole < PIECE_BYTES_MIN { PIECE_BYTES_MIN } else { whole }
}

/// The items of an array with room for this many.
pub(super) const fn array(room: usize) -> usize {
    piece_bytes(room.saturating_mul(VALUE_BYTES))
}

/// A text that was made, with room for this many bytes.
pub(super) const fn text(room: usize) -> usize {
    piece_bytes(room) + SHARED_BYTES
}

/// The name of a member of an object.
pub(super) const fn name(name: &str) -> usize {
    piece_bytes(name.len())
}

/// What an object takes more once it has `count` members, beside their names and values.
#[inline]
pub(super) const fn member(count: usize) -> usize {
    match count {
        1 => LEAF_BYTES,
        _ if count <= NODE_MEMBERS_MAX || !count.is_multiple_of(NODE_MEMBERS_LEAST) => 0,
        // The first node above; each has at least six below, those above it included a fifth of a node for each below.
        _ if count == NODE_MEMBERS_MAX + 1 => LEAF_BYTES + INNER_BYTES,
        _ => LEAF_BYTES + INNER_BYTES.div_ceil(NODE_MEMBERS_LEAST - 1),
    }
}

/// An object with members of these names, beside their values.
pub(super) fn object<'n>(names: impl Iterator<Item = &'n str>) -> usize {
    names.zip(1..).map(|(each, count)| name(each) + member(count)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heap_rounds_up() {
        assert_eq!([0, 1, 24, 25, 40, 41].map(piece_bytes), [0, 32, 32, 48, 48, 64]);
        assert_eq!(piece_bytes(usize::MAX - 100) % 16, 0);
    }

    #[test]
    fn an_object_takes_a_node_for_its_first_member_and_another_for_every_sixth_beyond_eleven() {
        assert_eq!((LEAF_BYTES, INNER_BYTES), (736, 832));
        let of = |count| (1..=count).map(member).sum::<usize>();
        assert_eq!([0, 1, 11].map(of), [0, 736, 736]);
        assert_eq!([12, 17, 18].map(of), [2 * 736 + 832, 2 * 736 + 832, 3 * 736 + 832 + 167]);
        assert_eq!(object(["a", "a name of 24 bytes, or so"].into_iter()), 736 + 32 + 48);
    }
}
