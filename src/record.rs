//! A record and its envelope, as the way of a record sees them.
//!
//! Inputs are borrowed from librdkafka's buffers for as long as the lane holds the message; outputs borrow
//! from the input wherever nothing was changed, so that a forwarded record is copied once, by the producer.
//! Who reads messages from Kafka or sends them is `kafka/`'s business; who changes them, `transform/`'s.

use std::borrow::Cow;

/// One header of a record, byte for byte: names need not be UTF-8, values may be null (KIP-82).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// The name, as bytes; the protocol says UTF-8, producers do not always listen.
    pub name: Cow<'a, [u8]>,
    /// The value; `None` is a null header, which differs from an empty one.
    pub value: Option<Cow<'a, [u8]>>,
}

/// What the timestamp of a record tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampKind {
    /// The producer set it.
    CreateTime,
    /// The broker set it when it appended the record.
    LogAppendTime,
}

/// A record's timestamp in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// Milliseconds since the Unix epoch.
    pub ms: i64,
    /// Who set it.
    pub kind: TimestampKind,
}

/// One input record, borrowed from the consumer's buffers.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// The topic it was read from.
    pub topic: &'a str,
    /// The partition it was read from.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// Its timestamp; `None` where the broker has none (message format 0).
    pub timestamp: Option<Timestamp>,
    /// The key; `None` is a null key, which differs from an empty one.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone, which differs from an empty value.
    pub value: Option<&'a [u8]>,
    /// All headers in their order, duplicates included.
    pub headers: Vec<Header<'a>>,
}

/// One record to be sent to one sink, complete but for the topic, which the sink gives.
#[derive(Clone, Debug)]
pub struct Output<'a> {
    /// Index of the sink in the pipeline's `sinks`.
    pub sink: usize,
    /// The key; `None` for none.
    pub key: Option<Cow<'a, [u8]>>,
    /// The value; `None` for a tombstone.
    pub value: Option<Cow<'a, [u8]>>,
    /// All headers in their order.
    pub headers: Cow<'a, [Header<'a>]>,
    /// Milliseconds since the Unix epoch; `None` lets the broker or the client set it.
    pub timestamp_ms: Option<i64>,
}

/// Where on its way a record turned out to be poison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Bytes that do not decode.
    Decode,
    /// A filter failed.
    Filter,
    /// A map failed or aborted.
    Map,
    /// A sink's `when` failed.
    Route,
    /// A value, key, header or timestamp that cannot be encoded for a sink.
    Encode,
    /// The producer or the broker refused this very record.
    Produce,
}

impl Stage {
    /// The word for it in dead-letter headers, logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Decode => "decode",
            Stage::Filter => "filter",
            Stage::Map => "map",
            Stage::Route => "route",
            Stage::Encode => "encode",
            Stage::Produce => "produce",
        }
    }
}

/// The longest text of a [`Poison`], in bytes: VRL's messages may quote a value of any length.
pub const POISON_MESSAGE_BYTES_MAX: usize = 1024;

/// Why a record cannot be processed: the record's own fault, never the world's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {message}", stage.as_str(), step.map(|s| format!(" (step {s})")).unwrap_or_default())]
pub struct Poison {
    /// Where it happened.
    pub stage: Stage,
    /// The step of `transform` (from 1), or the sink (from 1) where the stage is `route` or `encode`.
    pub step: Option<usize>,
    /// A short stable name for the class of the error, such as `json_syntax` or `vrl_error`.
    pub class: &'static str,
    /// What is wrong, in words.
    pub message: String,
}

impl Poison {
    /// A poison whose message is cut at [`POISON_MESSAGE_BYTES_MAX`].
    pub fn new(stage: Stage, step: Option<usize>, class: &'static str, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if message.len() > POISON_MESSAGE_BYTES_MAX {
            message.truncate(message.floor_char_boundary(POISON_MESSAGE_BYTES_MAX - "…".len()));
            message.push('…');
        }
        Self { stage, step, class, message }
    }

    /// What may stand in a log: where and what, but nothing that a program's message could quote of the record. A
    /// dead letter has the whole message.
    pub fn for_log(&self) -> String {
        let told = if self.class.starts_with("vrl_") { unquoted(&self.message) } else { &self.message };
        let step = self.step.map(|step| format!(" (step {step})")).unwrap_or_default();
        format!("{}{step}: {}: {told}", self.stage.as_str(), self.class)
    }
}

/// The part of a program's message that names the place in the program: `line 2`, and the function that failed.
fn unquoted(message: &str) -> &str {
    let (line, rest) = match message.split_once(": ") {
        Some((line, rest)) if line.starts_with("line ") => (line, rest),
        _ => return "the message is left out, it can quote the record",
    };
    match rest.find("): ") {
        Some(end) if rest.starts_with("function call error for ") => &message[..line.len() + 2 + end + 1],
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_names_the_place_in_the_program_and_quotes_nothing() {
        let log = |class, message: &str| Poison::new(Stage::Map, Some(2), class, message).for_log();
        let call = r#"line 1: function call error for "to_int" at (4:9): Invalid integer "secret": (x): y"#;
        assert_eq!(
            log("vrl_error", call),
            r#"map (step 2): vrl_error: line 1: function call error for "to_int" at (4:9)"#
        );
        assert_eq!(log("vrl_abort", "line 3: secret): secret"), "map (step 2): vrl_abort: line 3");
        assert!(!log("vrl_error", "secret").contains("secret"));
        assert_eq!(log("json_syntax", "not JSON"), "map (step 2): json_syntax: not JSON");
    }

    #[test]
    fn a_poison_message_is_cut_between_characters() {
        let poison = Poison::new(Stage::Map, Some(2), "vrl_error", "ä".repeat(POISON_MESSAGE_BYTES_MAX));
        assert!(poison.message.len() <= POISON_MESSAGE_BYTES_MAX);
        assert!(poison.message.ends_with("ä…"));
        assert_eq!(Poison::new(Stage::Map, Some(2), "c", "short").to_string(), "map (step 2): short");
    }
}
