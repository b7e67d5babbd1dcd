//! Where in a value something is wrong: found deep inside, gathered on the way out, told as a program would name it.

use std::fmt::{self, Write as _};

/// The segments that are told; of a longer way its two ends.
const SEGMENTS_SHOWN: usize = 16;

/// How many bytes of a member's name are told.
const NAME_BYTES_MAX: usize = 64;

/// The way to a place in a value.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// From the inside to the outside.
    segments: Vec<Segment>,
}

#[derive(Debug)]
enum Segment {
    Member(String),
    Item(usize),
}

impl Place {
    /// The same place, seen from what holds it as the member `name`.
    pub(super) fn in_member(&mut self, name: &str) {
        self.segments.push(Segment::Member(name.to_owned()));
    }

    /// The same place, seen from the array that holds it.
    pub(super) fn in_item(&mut self, index: usize) {
        self.segments.push(Segment::Item(index));
    }

    /// How far inside it is.
    pub(super) fn depth(&self) -> usize {
        self.segments.len()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut way = |part: &[Segment]| part.iter().rev().try_for_each(|segment| segment.fmt(f));
        match self.segments.as_slice() {
            [] => f.write_char('.'),
            short if short.len() <= SEGMENTS_SHOWN => way(short),
            long => {
                let half = SEGMENTS_SHOWN / 2;
                way(&long[long.len() - half..])?;
                write!(f, " … {} more … ", long.len() - SEGMENTS_SHOWN)?;
                long[..half].iter().rev().try_for_each(|segment| segment.fmt(f))
            }
        }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Item(index) => return write!(f, "[{index}]"),
            Self::Member(name) => short(name),
        };
        let is_plain = !name.is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        f.write_char('.')?;
        if is_plain { f.write_str(&name) } else { write!(f, "{name:?}") }
    }
}

/// A name or a constant, cut where it is long.
pub(super) fn short(text: &str) -> std::borrow::Cow<'_, str> {
    if text.len() <= NAME_BYTES_MAX {
        return text.into();
    }
    format!("{}…", &text[..text.floor_char_boundary(NAME_BYTES_MAX)]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_as_a_program_would_name_it() {
        let mut place = Place::default();
        assert_eq!(place.to_string(), ".");
        place.in_item(3);
        for name in ["a b", "1st", "", "items"] {
            place.in_member(name);
        }
        assert_eq!(place.to_string(), r#".items.""."1st"."a b"[3]"#);
    }

    #[test]
    fn of_a_long_way_and_a_long_name_the_ends_are_told() {
        let mut place = Place::default();
        place.in_member("inside");
        (0..128).for_each(|_| place.in_member("n"));
        place.in_member("outside");
        let (outside, inside) = (".n".repeat(7), ".n".repeat(7));
        assert_eq!(place.to_string(), format!(".outside{outside} … 114 more … {inside}.inside"));
        let mut place = Place::default();
        place.in_member(&"é".repeat(40));
        assert_eq!(place.to_string(), format!(".{:?}", "é".repeat(32) + "…"));
    }
}
