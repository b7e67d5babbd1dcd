//! The validated, normalised form of both files: what the runtime is built from. It holds no raw strings that
//! still need to be understood, and every default is filled in.
//!
//! Here are a pipeline, its steps and its sinks; formats and schemas are in `schemas`, where records come from in
//! `source`, what becomes of poison in `poison`, and the daemon's own settings in `daemon`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::transform::Program;

mod daemon;
mod poison;
mod schemas;
mod source;

pub use daemon::{AdminAccess, AdminListen, DaemonSpec, LogFormat, LogLevel, Secret};
pub use poison::{BreakerSpec, DlqSpec, HeaderDialect, OnError};
pub use schemas::{
    AvroEncoding, DataSchema, DecodeSpec, Decoding, Encoding, Extra, Format, Register, RegistryAuth,
    RegistrySpec, SinkSchema, Validate,
};
pub use source::{OnOffsetLost, SourceSpec, StartAt, TopicsSpec};

/// One pipeline, ready to run.
#[derive(Clone, Debug)]
pub struct PipelineSpec {
    /// Unique in the daemon; `[a-z0-9-]`.
    pub name: String,
    /// The file it was read from.
    pub file: PathBuf,
    /// A hash of all the rest, secrets left out: what may be shown (see `fingerprint`).
    pub hash: String,
    /// Where records come from.
    pub source: SourceSpec,
    /// Steps in the order of the file.
    pub transform: Vec<StepSpec>,
    /// What happens to records without a value.
    pub tombstones: Tombstones,
    /// Where records go; at least one.
    pub sinks: Vec<SinkSpec>,
    /// What happens to poison.
    pub on_error: OnError,
    /// The dead-letter queue; always there where `on_error` is `Dlq`.
    pub dlq: Option<DlqSpec>,
    /// The delivery guarantee.
    pub delivery: Delivery,
    /// When the watermark is committed.
    pub commit: CommitSpec,
    /// Consumer-group members in this process; at least 1.
    pub lanes: usize,
    /// librdkafka's properties: the daemon's with the pipeline's over them, split by librdkafka's scopes.
    pub kafka: KafkaSpec,
    /// The schema registry, where a format needs one.
    pub registry: Option<RegistrySpec>,
    /// Values that came from outside (`${…}`), which are never shown.
    pub filled: Filled,
}

impl PipelineSpec {
    /// How its records are decoded, where they are.
    pub fn decode(&self) -> Option<&DecodeSpec> {
        self.transform.iter().find_map(|step| match step {
            StepSpec::Decode(decode) => Some(decode),
            StepSpec::Filter(_) | StepSpec::Map(_) => None,
        })
    }

    /// Whether it reads or writes a format that needs the schema registry.
    pub fn needs_registry(&self) -> bool {
        let is_avro =
            |decode: &DecodeSpec| [&decode.value, &decode.key].iter().any(|one| one.format == Format::Avro);
        let decodes = self.decode().is_some_and(is_avro);
        let encodes =
            |sink: &SinkSpec| sink.key.iter().chain([&sink.value]).any(|encoding| encoding.avro.is_some());
        decodes || self.sinks.iter().any(encodes)
    }
}

/// Values that came from outside the files, each with what the file says in its place.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Filled(pub BTreeMap<String, String>);

/// Only how many: they can be passwords.
impl fmt::Debug for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filled({})", self.0.len())
    }
}

/// One step of the transform.
#[derive(Clone, Debug)]
pub enum StepSpec {
    /// Drops the record unless the program gives true.
    Filter(Program),
    /// Bytes to values.
    Decode(DecodeSpec),
    /// Changes the record.
    Map(Program),
}

/// What happens to records without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tombstones {
    /// To every sink; only envelope steps run.
    Pass,
    /// Through all steps, with `.` null.
    Run,
    /// Counted as filtered.
    Drop,
}

/// One sink.
#[derive(Clone, Debug, PartialEq)]
pub struct SinkSpec {
    /// The topic to write.
    pub topic: String,
    /// Only records for which this gives true; `None`: all.
    pub when: Option<Program>,
    /// How the value is encoded; filled in from `decode` where the file leaves it out. `Raw` where nothing was
    /// decoded: the value passes as it came.
    pub value: Encoding,
    /// How the key is encoded; `None`: as it came, or as a map wrote it, in text.
    pub key: Option<Encoding>,
    /// How to create the topic where it does not exist; `None`: never.
    pub create: Option<CreateSpec>,
}

/// How a missing topic is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreateSpec {
    /// Number of partitions.
    pub partitions: i32,
    /// Replication factor.
    pub replication: i32,
}

/// The delivery guarantee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Nothing lost; replays after a crash.
    AtLeastOnce,
}

/// When the watermark is committed: whichever comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitSpec {
    /// The longest time between a finished record and its commit.
    pub interval: Duration,
    /// The most finished records that are not committed.
    pub records: u64,
}

/// librdkafka's properties as the user wrote them (the daemon's, the pipeline's over them), checked, and
/// split by librdkafka's own C/P/* scope. `kafka/` adds Millstream's own settings below and above them.
///
/// Names stand in one spelling, Kafka's where librdkafka has two (`linger.ms`, never `queue.buffering.max.ms`);
/// what Millstream always sets to the same value is left out.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct KafkaSpec {
    /// For the consumer.
    pub consumer: BTreeMap<String, String>,
    /// For the producer.
    pub producer: BTreeMap<String, String>,
}

/// Only the names: values can be passwords.
impl fmt::Debug for KafkaSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaSpec")
            .field("consumer", &self.consumer.keys())
            .field("producer", &self.producer.keys())
            .finish()
    }
}

/// Everything that was read and checked: the daemon and its pipelines, in the order of their file names.
#[derive(Clone, Debug)]
pub struct Config {
    /// The daemon's own settings.
    pub daemon: DaemonSpec,
    /// The pipelines.
    pub pipelines: Vec<PipelineSpec>,
}
