//! What is wrong with a value, and where it stands: found deep inside, told with the whole path.

use std::fmt::Write as _;

use super::super::CodecError;

/// The segments of a path that are told.
const SEGMENTS_SHOWN: usize = 16;

/// What is wrong. On the heap, so that the results of the way that goes well stay small.
#[derive(Debug)]
pub(super) struct Fault(Box<Inside>);

#[derive(Debug)]
struct Inside {
    class: &'static str,
    what: String,
    /// Offset in bytes.
    at: Option<usize>,
    /// From the inside to the outside.
    segments: Vec<String>,
    /// It is in the bytes that were read, whenever it is found.
    is_of_input: bool,
}

impl Fault {
    pub(super) fn new(class: &'static str, what: impl Into<String>) -> Self {
        Self(Box::new(Inside {
            class,
            what: what.into(),
            at: None,
            segments: Vec::new(),
            is_of_input: false,
        }))
    }

    /// The place in the bytes; the innermost one that is known stays.
    pub(super) fn at(mut self, at: usize) -> Self {
        self.0.at.get_or_insert(at);
        self
    }

    /// It stands in the member `name`.
    pub(super) fn in_member(mut self, name: &str) -> Self {
        self.0.segments.push(member(name));
        self
    }

    /// It stands in the item `index`.
    pub(super) fn in_item(mut self, index: usize) -> Self {
        self.0.segments.push(format!("[{index}]"));
        self
    }

    /// It is in bytes that were kept, and is found when they are written.
    pub(super) fn of_input(mut self) -> Self {
        self.0.is_of_input = true;
        self
    }

    #[cfg(test)]
    pub(super) fn class(&self) -> &'static str {
        self.0.class
    }

    /// What is wrong, without the place.
    pub(super) fn what(&self) -> &str {
        &self.0.what
    }

    /// As an error of decoding.
    pub(super) fn read(self) -> CodecError {
        self.told("not Avro of this schema: ")
    }

    /// As an error of encoding.
    pub(super) fn written(self) -> CodecError {
        match self.0.is_of_input {
            true => self.read(),
            false => self.told("cannot be written as Avro: "),
        }
    }

    fn told(self, verdict: &str) -> CodecError {
        let Inside { class, what, at, segments, is_of_input } = *self.0;
        let path = path(&segments);
        let place = at.map(|at| format!(" (byte {at})")).unwrap_or_default();
        let error = CodecError::new(class, format!("{verdict}{path}: {what}{place}"));
        if is_of_input { error.of_input() } else { error }
    }
}

/// The way from the outside to the inside; of a long one its two ends.
pub(super) fn path(from_inside: &[String]) -> String {
    let way = |part: &[String]| part.iter().rev().map(String::as_str).collect::<String>();
    match from_inside.len().checked_sub(SEGMENTS_SHOWN) {
        _ if from_inside.is_empty() => ".".to_owned(),
        None | Some(0) => way(from_inside),
        Some(left) => {
            let (inside, rest) = from_inside.split_at(SEGMENTS_SHOWN / 2);
            let outside = &rest[left..];
            format!("{} … {left} more … {}", way(outside), way(inside))
        }
    }
}

/// A member as a program would name it.
fn member(name: &str) -> String {
    let is_plain = !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let mut text = String::from(".");
    if is_plain {
        text.push_str(name);
    } else {
        write!(text, "{name:?}").expect("a String takes every character");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_with_its_path_and_the_innermost_place() {
        let fault = Fault::new("avro_x", "is bad").at(7).in_item(3).in_member("a b").in_member("items").at(9);
        let error = fault.read();
        assert_eq!(error.class, "avro_x");
        assert_eq!(error.message, "not Avro of this schema: .items.\"a b\"[3]: is bad (byte 7)");
        let deep = (0..130).fold(Fault::new("avro_x", "is bad"), |fault, _| fault.in_member("n")).read();
        let (outside, inside) = (".n".repeat(8), ".n".repeat(8));
        let message = format!("not Avro of this schema: {outside} … 114 more … {inside}: is bad");
        assert_eq!(deep.message, message);
        assert_eq!(Fault::new("avro_x", "is bad").written().message, "cannot be written as Avro: .: is bad");
    }
}
