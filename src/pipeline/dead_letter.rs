//! Dead letters: the record as it came, with headers that say where it stood and what was wrong with it.
//!
//! When one is written, and what happens where it cannot be, is the lane's business.

use std::borrow::Cow;

use crate::config::spec::HeaderDialect;
use crate::record::{Header, Poison, Record, Stage, TimestampKind};

/// The header that tells that a letter goes out without its value: how long that was, and where it stands.
pub const OMITTED_HEADER: &str = "millstream.value.omitted";

/// What every dead letter of a pipeline has in common.
#[derive(Clone, Copy, Debug)]
pub struct LetterContext<'a> {
    /// Whose header names are written.
    pub dialect: HeaderDialect,
    /// The pipeline.
    pub pipeline: &'a str,
    /// Its consumer group.
    pub group: &'a str,
    /// The lane, from 0.
    pub lane: usize,
    /// How often the record was tried, from 1.
    pub attempt: u32,
}

/// How much of the record goes into its letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// All of it.
    Whole,
    /// All but the value, which is too large.
    WithoutValue,
    /// Only what tells its place: key or headers are too large as well, or the timestamp is refused.
    Place,
}

impl Keep {
    /// The next smaller letter; `None` where there is none.
    pub fn less(self) -> Option<Keep> {
        match self {
            Keep::Whole => Some(Keep::WithoutValue),
            Keep::WithoutValue => Some(Keep::Place),
            Keep::Place => None,
        }
    }
}

/// A record for the dead-letter topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter<'a> {
    /// The record's key.
    pub key: Option<&'a [u8]>,
    /// The record's value.
    pub value: Option<&'a [u8]>,
    /// The record's headers, and behind them those of the dialect.
    pub headers: Vec<Header<'a>>,
    /// The record's timestamp, in milliseconds since the Unix epoch.
    pub timestamp_ms: Option<i64>,
}

impl<'a> DeadLetter<'a> {
    /// The letter for `record`, which is poison.
    pub fn new(record: &'a Record<'a>, poison: &Poison, context: &LetterContext<'_>, keep: Keep) -> Self {
        let own = Letterhead { record, poison, context };
        let mut headers = if keep == Keep::Place { Vec::new() } else { record.headers.clone() };
        match context.dialect {
            HeaderDialect::Millstream => own.millstream(&mut headers),
            HeaderDialect::Connect => own.connect(&mut headers),
            HeaderDialect::Streams => own.streams(&mut headers),
            HeaderDialect::Spring => own.spring(&mut headers),
        }
        if keep != Keep::Whole {
            headers.push(header(OMITTED_HEADER, own.omitted()));
        }
        Self {
            key: record.key.filter(|_| keep != Keep::Place),
            value: record.value.filter(|_| keep == Keep::Whole),
            headers,
            timestamp_ms: record.timestamp.map(|timestamp| timestamp.ms).filter(|_| keep != Keep::Place),
        }
    }
}

/// Writes the headers of each dialect.
struct Letterhead<'a> {
    record: &'a Record<'a>,
    poison: &'a Poison,
    context: &'a LetterContext<'a>,
}

impl Letterhead<'_> {
    fn millstream(&self, headers: &mut Vec<Header<'_>>) {
        let Self { record, poison, context } = self;
        let mut add = |name: &'static str, value: String| headers.push(header(name, value));
        add("millstream.topic", record.topic.to_owned());
        add("millstream.partition", record.partition.to_string());
        add("millstream.offset", record.offset.to_string());
        if let Some(timestamp) = record.timestamp {
            add("millstream.timestamp", timestamp.ms.to_string());
        }
        add("millstream.group", context.group.to_owned());
        add("millstream.pipeline", context.pipeline.to_owned());
        add("millstream.stage", poison.stage.as_str().to_owned());
        if let Some(step) = poison.step {
            add("millstream.step", step.to_string());
        }
        add("millstream.error.class", poison.class.to_owned());
        add("millstream.error.message", poison.message.clone());
        add("millstream.attempt", context.attempt.to_string());
    }

    /// Kafka Connect's `DeadLetterQueueReporter`, with its names for stages.
    fn connect(&self, headers: &mut Vec<Header<'_>>) {
        let Self { record, poison, context } = self;
        let stage = match poison.stage {
            Stage::Decode | Stage::Encode => "VALUE_CONVERTER",
            Stage::Filter | Stage::Map | Stage::Route => "TRANSFORMATION",
            Stage::Produce => "KAFKA_PRODUCE",
        };
        let mut add = |name: &'static str, value: String| headers.push(header(name, value));
        add("__connect.errors.topic", record.topic.to_owned());
        add("__connect.errors.partition", record.partition.to_string());
        add("__connect.errors.offset", record.offset.to_string());
        add("__connect.errors.connector.name", context.pipeline.to_owned());
        add("__connect.errors.task.id", context.lane.to_string());
        add("__connect.errors.stage", stage.to_owned());
        add("__connect.errors.class.name", format!("millstream.{}", poison.stage.as_str()));
        add("__connect.errors.exception.class.name", self.exception());
        add("__connect.errors.exception.message", poison.message.clone());
        add("__connect.errors.exception.stacktrace", poison.to_string());
    }

    /// Kafka Streams' `DeadLetterQueue` of KIP-1034.
    fn streams(&self, headers: &mut Vec<Header<'_>>) {
        let Self { record, poison, .. } = self;
        let mut add = |name: &'static str, value: String| headers.push(header(name, value));
        add("__streams.errors.exception", self.exception());
        add("__streams.errors.message", poison.message.clone());
        add("__streams.errors.stacktrace", poison.to_string());
        add("__streams.errors.topic", record.topic.to_owned());
        add("__streams.errors.partition", record.partition.to_string());
        add("__streams.errors.offset", record.offset.to_string());
    }

    /// Spring Kafka's `DeadLetterPublishingRecoverer`: numbers are big-endian, -1 stands for no timestamp.
    fn spring(&self, headers: &mut Vec<Header<'_>>) {
        let Self { record, poison, context } = self;
        let timestamp_ms = record.timestamp.map_or(-1, |timestamp| timestamp.ms);
        let timestamp_type = match record.timestamp.map(|timestamp| timestamp.kind) {
            None => "NoTimestampType",
            Some(TimestampKind::CreateTime) => "CreateTime",
            Some(TimestampKind::LogAppendTime) => "LogAppendTime",
        };
        let mut add = |name: &'static str, value: Vec<u8>| headers.push(header(name, value));
        add("kafka_dlt-original-topic", record.topic.into());
        add("kafka_dlt-original-partition", record.partition.to_be_bytes().into());
        add("kafka_dlt-original-offset", record.offset.to_be_bytes().into());
        add("kafka_dlt-original-timestamp", timestamp_ms.to_be_bytes().into());
        add("kafka_dlt-original-timestamp-type", timestamp_type.into());
        add("kafka_dlt-original-consumer-group", context.group.into());
        add("kafka_dlt-exception-fqcn", self.exception().into());
        add("kafka_dlt-exception-cause-fqcn", self.exception().into());
        add("kafka_dlt-exception-message", poison.message.clone().into());
        add("kafka_dlt-exception-stacktrace", poison.to_string().into());
    }

    /// What the others have a Java class for.
    fn exception(&self) -> String {
        format!("millstream.{}", self.poison.class)
    }

    fn omitted(&self) -> String {
        let Record { topic, partition, offset, value, .. } = self.record;
        let length = value.map_or(0, <[u8]>::len);
        format!(
            "{length} bytes, too large for a dead letter; they stand in {topic}, partition {partition}, offset {offset}"
        )
    }
}

fn header<'a>(name: &'static str, value: impl Into<Vec<u8>>) -> Header<'a> {
    Header { name: Cow::Borrowed(name.as_bytes()), value: Some(Cow::Owned(value.into())) }
}

#[cfg(test)]
#[path = "dead_letter_tests.rs"]
mod tests;
