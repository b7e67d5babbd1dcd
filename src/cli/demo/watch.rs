//! Reads what the pipelines write, on a thread of its own: counts it, keeps a sample of each topic, and sorts dead
//! letters by their cause. It is nobody's group and commits nothing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::config::spec::{Config, HeaderDialect, KafkaSpec};
use crate::kafka::{Consumer, ConsumerEvent, ConsumerSettings, KafkaError, Message, TopicPartition, Waker};

use super::letter::Cause;

/// How long a sample stands before a newer one takes its place: as long as it takes to read it.
const SAMPLE_STANDS: Duration = Duration::from_millis(1_500);

/// The most kinds of causes that are told apart.
const CAUSES_MAX: usize = 32;

/// The most records that are taken at once.
const BATCH_RECORDS_MAX: usize = 1_000;

/// The longest sleep where nothing comes.
const NAP: Duration = Duration::from_millis(100);

/// How long brokers may take to say which partitions a topic has.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// What was read so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Records of sinks' topics.
    pub(super) outputs: u64,
    /// Records of dead-letter topics.
    pub(super) letters: u64,
    /// A sample of each sink's topic, in the order of the configuration.
    pub(super) samples: Vec<Sample>,
    /// Dead letters by pipeline and cause.
    pub(super) causes: Vec<Causes>,
    /// Why nothing more is read.
    pub(super) failure: Option<String>,
}

/// One record of a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sample {
    /// The pipeline, by its place in the configuration.
    pub(super) index: usize,
    /// The topic.
    pub(super) topic: String,
    /// Key and value, printable; `None` before the first record.
    pub(super) text: Option<String>,
}

/// The dead letters of one pipeline and one class of errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Causes {
    /// The pipeline, by its place in the configuration.
    pub(super) index: usize,
    /// Its name.
    pub(super) pipeline: String,
    /// How many.
    pub(super) count: u64,
    /// The newest of them.
    pub(super) newest: Cause,
}

/// What a topic is to the demo.
#[derive(Debug)]
enum Role {
    /// A sink's; the index of its sample.
    Sink { sample: usize, stands_until: Option<Instant> },
    /// A pipeline's dead letters.
    Dlq { index: usize, pipeline: String, dialect: HeaderDialect },
}

/// The running watcher.
#[derive(Debug)]
pub(super) struct Watcher {
    seen: Arc<Mutex<Seen>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Starts to read all topics that `config` writes; they are told without `prefix`.
    ///
    /// # Errors
    ///
    /// The system has no thread left.
    pub(super) fn start(config: &Config, prefix: &str) -> std::io::Result<Self> {
        let (roles, samples) = roles(config, prefix);
        let kafka = config.pipelines.first().expect("the demo has pipelines").kafka.clone();
        let seen = Arc::new(Mutex::new(Seen { samples, ..Seen::default() }));
        let stop = Arc::new(AtomicBool::new(false));
        let (shared, stopped) = (Arc::clone(&seen), Arc::clone(&stop));
        let thread = std::thread::Builder::new().name("watch".into()).spawn(move || {
            if let Err(error) = run(roles, &kafka, &shared, &stopped) {
                lock(&shared).failure = Some(format!("what is written cannot be read: {error}"));
            }
        })?;
        Ok(Self { seen, stop, thread: Some(thread) })
    }

    /// A copy of what was read so far.
    pub(super) fn seen(&self) -> Seen {
        lock(&self.seen).clone()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // What it read before a panic stands.
            let _ = thread.join();
        }
    }
}

fn roles(config: &Config, prefix: &str) -> (HashMap<String, Role>, Vec<Sample>) {
    let mut roles = HashMap::new();
    let mut samples = Vec::new();
    for (index, pipeline) in config.pipelines.iter().enumerate() {
        for sink in &pipeline.sinks {
            roles.insert(sink.topic.clone(), Role::Sink { sample: samples.len(), stands_until: None });
            let topic = sink.topic.strip_prefix(prefix).unwrap_or(&sink.topic).to_owned();
            samples.push(Sample { index, topic, text: None });
        }
        if let Some(dlq) = &pipeline.dlq {
            let role = Role::Dlq { index, pipeline: pipeline.name.clone(), dialect: dlq.headers };
            roles.insert(dlq.topic.clone(), role);
        }
    }
    (roles, samples)
}

fn run(
    mut roles: HashMap<String, Role>,
    kafka: &KafkaSpec,
    seen: &Mutex<Seen>,
    stop: &AtomicBool,
) -> Result<(), KafkaError> {
    let settings = ConsumerSettings {
        properties: &kafka.consumer,
        // Never joined: partitions are assigned by hand.
        group: "millstream-demo",
        instance: None,
        client_id: "millstream-demo-watch".into(),
    };
    let consumer = Consumer::new(&settings, &Waker::of_this_thread())?;
    assign_from_start(&consumer, roles.keys())?;
    while !stop.load(Ordering::Acquire) {
        while let Some(event) = consumer.poll() {
            if let ConsumerEvent::Error { error, is_fatal: true } = event {
                return Err(error);
            }
        }
        let mut any = false;
        for message in consumer.take(BATCH_RECORDS_MAX) {
            any = true;
            take(&message, &mut roles, &mut lock(seen));
        }
        if !any {
            Waker::park(NAP);
        }
    }
    Ok(())
}

fn assign_from_start<'a>(
    consumer: &Consumer,
    topics: impl Iterator<Item = &'a String>,
) -> Result<(), KafkaError> {
    let mut all: Vec<(TopicPartition, Option<i64>)> = Vec::new();
    for topic in topics {
        let partitions = consumer.cluster().partitions_of(topic, CALL_TIMEOUT)?;
        all.extend(partitions.into_iter().map(|at| (at, Some(0))));
    }
    consumer.forward(&all.iter().map(|(at, _)| at.clone()).collect::<Vec<_>>());
    consumer.restart_at(&[], &all)
}

fn take(message: &Message, roles: &mut HashMap<String, Role>, seen: &mut Seen) {
    let (None, Some(role)) = (message.error(), roles.get_mut(message.topic())) else { return };
    match role {
        Role::Sink { sample, stands_until } => {
            seen.outputs += 1;
            let now = Instant::now();
            if stands_until.is_none_or(|until| now >= until) {
                *stands_until = Some(now + SAMPLE_STANDS);
                seen.samples[*sample].text = Some(sample_text(message));
            }
        }
        Role::Dlq { index, pipeline, dialect } => {
            seen.letters += 1;
            file(seen, *index, pipeline, Cause::of(&message.record(), *dialect));
        }
    }
}

/// Counts a dead letter among those of its kind. The kinds stand in the order of their pipelines.
fn file(seen: &mut Seen, index: usize, pipeline: &str, cause: Cause) {
    let same = |known: &&mut Causes| known.index == index && known.newest.is_like(&cause);
    if let Some(known) = seen.causes.iter_mut().find(same) {
        known.count += 1;
        known.newest = cause;
    } else if seen.causes.len() < CAUSES_MAX {
        let at = seen.causes.partition_point(|known| known.index <= index);
        seen.causes.insert(at, Causes { index, pipeline: pipeline.to_owned(), count: 1, newest: cause });
    }
}

fn sample_text(message: &Message) -> String {
    let record = message.record();
    let value = record.value.map_or_else(|| "null (a tombstone)".to_owned(), printable);
    match record.key {
        Some(key) => format!("{} {value}", printable(key)),
        None => value,
    }
}

/// Bytes for a terminal: what is not printable ASCII becomes a dot.
fn printable(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| if (b' '..=b'~').contains(byte) { *byte as char } else { '.' }).collect()
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    // Counts and whole texts are assigned: what a panic left is as good as any.
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
