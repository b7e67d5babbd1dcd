//! A pipeline's validated, normalised form: what the runtime is built from. It holds no raw strings that
//! still need to be understood, and every default is filled in.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::transform::Program;

mod schemas;

pub use schemas::{
    AvroEncoding, DataSchema, DecodeSpec, Decoding, Encoding, Extra, Format, Register, RegistryAuth,
    RegistrySpec, SinkSchema, Validate,
};

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

/// Where records come from.
#[derive(Clone, Debug)]
pub struct SourceSpec {
    /// The topics to read.
    pub topics: TopicsSpec,
    /// The consumer group.
    pub group: String,
    /// Where to begin when nothing is committed.
    pub start: StartAt,
    /// What to do when retention overtook the committed offset.
    pub on_offset_lost: OnOffsetLost,
}

/// The topics of a source.
#[derive(Clone, Debug)]
pub enum TopicsSpec {
    /// By name.
    Names(Vec<String>),
    /// By a pattern that the whole set of topic names is matched against.
    Pattern(regex::Regex),
}

/// Where a partition begins when its group has committed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// The oldest record.
    Earliest,
    /// The end.
    Latest,
    /// The first record at or after this time, in milliseconds since the Unix epoch.
    TimestampMs(i64),
}

/// What to do when a committed offset is out of the range that the broker still has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnOffsetLost {
    /// Stop the pipeline with the committed and the available range.
    Stop,
    /// Go on at the oldest record there is.
    Earliest,
    /// Go on at the end.
    Latest,
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

/// What happens to poison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// A dead letter.
    Dlq,
    /// The pipeline stops, with the record's place in the reason.
    Stop,
    /// The record is counted as skipped.
    Skip,
}

/// The dead-letter queue.
#[derive(Clone, Debug)]
pub struct DlqSpec {
    /// The topic.
    pub topic: String,
    /// Whose header names say what was wrong.
    pub headers: HeaderDialect,
    /// Stops the pipeline when too much is poison.
    pub breaker: BreakerSpec,
    /// How to create the topic where it does not exist; `None`: never.
    pub create: Option<CreateSpec>,
}

/// Whose dead-letter header names are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderDialect {
    /// `millstream.*`
    Millstream,
    /// Kafka Connect's `__connect.errors.*`
    Connect,
    /// Kafka Streams' `__streams.errors.*` (KIP-1034)
    Streams,
    /// Spring Kafka's `kafka_dlt-*`
    Spring,
}

/// When so much is poison that the fault is the pipeline's: more than `share_percent` of at least `min_records`
/// records within `window`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakerSpec {
    /// Percent of the records in the window, 0 to 100.
    pub share_percent: f64,
    /// The window's length.
    pub window: Duration,
    /// Fewer records than this in the window never open it.
    pub min_records: u64,
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

/// The daemon's own file, validated, with every default filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonSpec {
    /// Static membership and stable transactional ids, where set.
    pub instance_id: Option<String>,
    /// State folder.
    pub state: PathBuf,
    /// The schema registry, where there is one.
    pub registry: Option<RegistrySpec>,
    /// Address of the admin server; `None`: off.
    pub admin_listen: Option<AdminListen>,
    /// Who may do what at the admin server.
    pub admin_access: AdminAccess,
    /// The most memory for records in the process, in bytes.
    pub memory_max_bytes: u64,
    /// The time a drain may take.
    pub shutdown_deadline: Duration,
    /// Log level: error, warn, info, debug, trace.
    pub log_level: LogLevel,
    /// Log format.
    pub log_format: LogFormat,
}

/// Who may do what at the admin server's TCP address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdminAccess {
    /// What a changing call must bring along; `None`: TCP serves reads only.
    pub token: Option<Secret>,
    /// Names that `Host` may say, besides addresses and `localhost`; in lower case.
    pub hosts: Vec<String>,
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text from being shown.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for comparing.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where the admin server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminListen {
    /// The address.
    pub address: std::net::SocketAddr,
    /// The file does not name it: where another daemon has it already, this one runs without.
    pub is_default: bool,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Only errors.
    Error,
    /// And warnings.
    Warn,
    /// And one line per event that matters.
    Info,
    /// And what a developer wants.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// All of them, from the least said to the most.
    pub fn all() -> [LogLevel; 5] {
        [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace]
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// journald under systemd, text on a terminal, else JSON.
    Auto,
    /// Text for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Everything that was read and checked: the daemon and its pipelines, in the order of their file names.
#[derive(Clone, Debug)]
pub struct Config {
    /// The daemon's own settings.
    pub daemon: DaemonSpec,
    /// The pipelines.
    pub pipelines: Vec<PipelineSpec>,
}
