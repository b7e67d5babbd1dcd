//! What is wrong with a value, and where it stands: found deep inside, told with the whole path.

use super::super::CodecError;
use super::super::place::Place;

/// What is wrong. On the heap, so that the results of the way that goes well stay small.
#[derive(Debug)]
pub(super) struct Fault(Box<Inside>);

#[derive(Debug)]
struct Inside {
    class: &'static str,
    what: String,
    /// Offset in bytes.
    at: Option<usize>,
    place: Place,
    /// It is in the bytes that were read, whenever it is found.
    is_of_input: bool,
}

impl Fault {
    pub(super) fn new(class: &'static str, what: impl Into<String>) -> Self {
        Self(Box::new(Inside {
            class,
            what: what.into(),
            at: None,
            place: Place::default(),
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
        self.0.place.in_member(name);
        self
    }

    /// It stands in the item `index`.
    pub(super) fn in_item(mut self, index: usize) -> Self {
        self.0.place.in_item(index);
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
        let Inside { class, what, at, place, is_of_input } = *self.0;
        let at = at.map(|at| format!(" (byte {at})")).unwrap_or_default();
        let error = CodecError::new(class, format!("{verdict}{place}: {what}{at}"));
        if is_of_input { error.of_input() } else { error }
    }
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
        assert_eq!(Fault::new("avro_x", "is bad").written().message, "cannot be written as Avro: .: is bad");
    }
}
