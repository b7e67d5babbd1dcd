//! What a dead letter says of its cause, in the words of each header dialect.

use std::sync::LazyLock;

use regex::Regex;

use crate::config::spec::HeaderDialect;
use crate::record::Record;

/// Why a record is a dead letter, and where it stood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cause {
    /// The class of the error, such as `json_syntax`.
    pub(super) class: String,
    /// What is wrong, in words.
    pub(super) message: String,
    /// The partition and the offset that it was read from.
    pub(super) place: String,
}

impl Cause {
    /// Reads the headers that `pipeline/dead_letter` writes.
    pub(super) fn of(letter: &Record<'_>, dialect: HeaderDialect) -> Self {
        let text = |name: &str| {
            header(letter, name).map(|value| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
        };
        let (class, message, partition, offset) = match dialect {
            HeaderDialect::Millstream => (
                text("millstream.error.class"),
                text("millstream.error.message"),
                text("millstream.partition"),
                text("millstream.offset"),
            ),
            HeaderDialect::Connect => (
                text("__connect.errors.exception.class.name"),
                text("__connect.errors.exception.message"),
                text("__connect.errors.partition"),
                text("__connect.errors.offset"),
            ),
            HeaderDialect::Streams => (
                text("__streams.errors.exception"),
                text("__streams.errors.message"),
                text("__streams.errors.partition"),
                text("__streams.errors.offset"),
            ),
            HeaderDialect::Spring => (
                text("kafka_dlt-exception-fqcn"),
                text("kafka_dlt-exception-message"),
                big_endian(letter, "kafka_dlt-original-partition"),
                big_endian(letter, "kafka_dlt-original-offset"),
            ),
        };
        let class = class.strip_prefix("millstream.").map(str::to_owned).unwrap_or(class);
        Self { class, message, place: format!("partition {partition}, offset {offset}") }
    }

    /// The message for a narrow place: which function of a program failed, without its place in the text.
    pub(super) fn short_message(&self) -> String {
        static CALL: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r#"function call error for "(\w+)" at \(\d+:\d+\): "#)
                .expect("the pattern is constant")
        });
        CALL.replace_all(&self.message, "$1: ").into_owned()
    }

    /// Whether both are of one class, and of the same line of a program where they name one.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let head = |cause: &Self| cause.message.split(':').next().map(str::to_owned);
        self.class == other.class && head(self) == head(other)
    }
}

/// The last header of that name.
fn header<'a>(letter: &'a Record<'_>, name: &str) -> Option<&'a [u8]> {
    let found = letter.headers.iter().rev().find(|header| *header.name == *name.as_bytes());
    found.and_then(|header| header.value.as_deref())
}

/// A number of 4 or 8 bytes, as text.
fn big_endian(letter: &Record<'_>, name: &str) -> String {
    match header(letter, name) {
        Some(&[a, b, c, d]) => i32::from_be_bytes([a, b, c, d]).to_string(),
        Some(&[a, b, c, d, e, f, g, h]) => i64::from_be_bytes([a, b, c, d, e, f, g, h]).to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::dead_letter::{DeadLetter, Keep, LetterContext};
    use crate::record::{Poison, Stage};

    #[test]
    fn every_dialect_tells_the_same_cause() {
        let record = Record {
            topic: "clicks",
            partition: 2,
            offset: 1043,
            timestamp: None,
            key: None,
            value: Some(b"{"),
            headers: Vec::new(),
        };
        let poison = Poison::new(Stage::Decode, Some(1), "json_syntax", "it ends too early");
        for dialect in
            [HeaderDialect::Millstream, HeaderDialect::Connect, HeaderDialect::Streams, HeaderDialect::Spring]
        {
            let context = LetterContext { dialect, pipeline: "p", group: "g", lane: 0, attempt: 1 };
            let letter = DeadLetter::new(&record, &poison, &context, Keep::Whole);
            let read = Record { headers: letter.headers.clone(), ..record.clone() };
            let cause = Cause::of(&read, dialect);
            assert_eq!(cause.class, "json_syntax", "{dialect:?}");
            assert_eq!(cause.message, "it ends too early", "{dialect:?}");
            assert_eq!(cause.place, "partition 2, offset 1043", "{dialect:?}");
        }
    }
}
