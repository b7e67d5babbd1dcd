//! The lane's producer: opened when all its topics are there, closed and opened anew when it cannot go on.

use std::time::{Duration, Instant};

use crate::config::spec::{CreateSpec, PipelineSpec};
use crate::delivery::Backoff;
use crate::kafka::{
    Cluster, ErrorClass, KafkaError, Producer, ProducerEvent, ProducerSettings, Report, SinkTopic, Waker,
};

use super::handle::LaneEnd;
use super::partitions::OutputId;
use super::replay::Replay;
use super::{CALL_TIMEOUT, Fault, Lane};

/// The first and the longest wait before another try to open the outputs, in milliseconds.
const RETRY_MS: (u64, u64) = (200, 5_000);

/// A refusal that comes so soon after the last one makes records go alone for longer, in milliseconds.
const SOLO_CALM_MS: u64 = 10_000;

/// The shortest and the longest such time, in milliseconds.
const SOLO_HOLD_MS: (u64, u64) = (1_000, 60_000);

/// An open producer with its topics. Topics are dropped before the producer that they belong to.
pub(super) struct Session {
    pub(super) sinks: Vec<SinkTopic>,
    pub(super) dlq: Option<SinkTopic>,
    pub(super) producer: Producer,
}

/// The producer, open or waiting to be.
pub(super) struct Outputs {
    pub(super) session: Option<Session>,
    /// One record a batch: after a refusal, until the record at fault is found.
    pub(super) is_solo: bool,
    /// Refusals that follow each other closely: records are sent alone until then, and for how long.
    solo_until_ms: u64,
    solo_hold_ms: u64,
    /// Acknowledged outputs, by sink.
    pub(super) acknowledged: Vec<u64>,
    retry_at_ms: u64,
    backoff: Backoff,
    reason: Option<String>,
}

impl Outputs {
    pub(super) fn new(sinks: usize) -> Self {
        Self {
            session: None,
            is_solo: false,
            solo_until_ms: 0,
            solo_hold_ms: 0,
            acknowledged: vec![0; sinks],
            retry_at_ms: 0,
            backoff: Backoff::new(RETRY_MS.0, RETRY_MS.1),
            reason: None,
        }
    }

    /// What keeps the outputs closed.
    pub(super) fn waiting(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Closes the producer. Ending librdkafka's threads takes its time, and the lane has none.
    pub(super) fn close(&mut self) {
        if let Some(session) = self.session.take() {
            std::thread::spawn(move || drop(session));
        }
    }

    /// Closes it to send records alone. To open a producer takes half a second (librdkafka asks for a producer id at
    /// that pace), so where one refusal follows another the lane sends alone for longer each time.
    pub(super) fn close_for_solo(&mut self, now_ms: u64) {
        let is_again = self.solo_until_ms > 0 && now_ms < self.solo_until_ms + SOLO_CALM_MS;
        self.solo_hold_ms =
            if is_again { (self.solo_hold_ms * 2).clamp(SOLO_HOLD_MS.0, SOLO_HOLD_MS.1) } else { 0 };
        self.solo_until_ms = now_ms + self.solo_hold_ms;
        self.is_solo = true;
        self.close();
    }

    /// Whether records are sent alone for some time more, refusal or not.
    pub(super) fn holds_solo(&self, now_ms: u64) -> bool {
        self.is_solo && now_ms < self.solo_until_ms
    }

    /// Closes it because the world is broken; the next try waits.
    pub(super) fn close_for_outage(&mut self, reason: String, now_ms: u64) {
        self.close();
        self.retry_at_ms = now_ms + self.backoff.next_ms(fastrand::u64(..));
        self.reason = Some(reason);
    }
}

impl Lane {
    /// Asks the cluster by the way that answers soonest.
    pub(super) fn cluster(&self) -> Cluster<'_> {
        self.outputs.session.as_ref().map_or_else(|| self.consumer.cluster(), |open| open.producer.cluster())
    }

    /// Opens the outputs where they are closed and a try is due.
    pub(super) fn maintain_outputs(&mut self) {
        let now_ms = self.now_ms();
        if self.outputs.session.is_some() || now_ms < self.outputs.retry_at_ms || !self.phase.is_running() {
            return;
        }
        match open(&self.spec, self.index, &self.waker, self.outputs.is_solo) {
            Ok(session) => {
                self.outputs.session = Some(session);
                self.outputs.reason = None;
                self.denied = None;
                self.producer_is_new();
            }
            Err(error) => {
                let now_ms = self.now_ms();
                self.outputs.close_for_outage(error.reason().to_owned(), now_ms);
                if let (OpenError::SetUp(reason), Some(_)) = (error, &self.trial) {
                    self.cannot_go_on(Fault::Spec, LaneEnd::Failed(reason));
                }
            }
        }
    }

    /// Takes the delivery reports that are there.
    pub(super) fn serve_reports(&mut self) -> bool {
        let Some(session) = self.outputs.session.take() else { return false };
        let mut replay = Replay::default();
        let mut any = false;
        let event = session.producer.serve(|report| {
            any = true;
            self.take_report(&report, &mut replay);
        });
        self.outputs.session = Some(session);
        match event {
            Some(ProducerEvent::Error { error, is_fatal: true }) => replay.failed(error),
            Some(ProducerEvent::Error { error, .. }) => self.note_error("producer", error),
            Some(ProducerEvent::Statistics(told)) => self.producer_told(told),
            None => {}
        }
        self.carry_out(replay);
        any
    }

    pub(super) fn take_report(&mut self, report: &Report, replay: &mut Replay) {
        let id = OutputId::unpack(report.opaque);
        let Some((slot, number)) = self.partitions.of_report(id) else { return };
        match &report.result {
            Ok(()) => {
                if let Some(count) = self.outputs.acknowledged.get_mut(id.sink as usize) {
                    *count += 1;
                }
                let bytes = slot.ledger.acknowledge(number);
                if bytes > 0 {
                    self.in_flight.release(bytes);
                }
                self.outputs.backoff.reset();
                self.last_error = None;
                self.denied = None;
            }
            Err(error) => match error.class() {
                ErrorClass::Purged => {}
                ErrorClass::Refused => {
                    if let Some(offset) = slot.ledger.offset_of(number) {
                        replay.refused(slot.at.clone(), offset, id.sink, error.clone());
                    }
                }
                _ => replay.failed(error.clone()),
            },
        }
    }
}

/// Why the outputs cannot be opened.
enum OpenError {
    /// The producer cannot be made: another spec may do better.
    SetUp(String),
    /// The world is broken: a topic is missing, or the brokers do not answer.
    Outage(String),
}

impl OpenError {
    fn reason(&self) -> &str {
        match self {
            OpenError::SetUp(reason) | OpenError::Outage(reason) => reason,
        }
    }
}

/// Makes the producer, and asks through it whether all topics are there; creates those that say so.
fn open(spec: &PipelineSpec, index: usize, waker: &Waker, is_solo: bool) -> Result<Session, OpenError> {
    let failed = |error: KafkaError| OpenError::SetUp(format!("the producer cannot be made: {error}"));
    let mut settings = ProducerSettings {
        properties: &spec.kafka.producer,
        client_id: super::handle::client_id(&spec.name, index),
        batch_bytes_max: None,
        one_record_a_batch: is_solo,
    };
    let mut producer = Producer::new(&settings, waker).map_err(failed)?;
    if let Some(limit) = prepare_topics(spec, producer.cluster()).map_err(OpenError::Outage)?
        && !settings.fits(limit)
    {
        settings.batch_bytes_max = Some(limit);
        producer = Producer::new(&settings, waker).map_err(failed)?;
    }
    let sinks = spec.sinks.iter().map(|sink| producer.topic(&sink.topic)).collect::<Result<_, _>>();
    let dlq = spec.dlq.as_ref().map(|dlq| producer.topic(&dlq.topic)).transpose();
    Ok(Session { sinks: sinks.map_err(failed)?, dlq: dlq.map_err(failed)?, producer })
}

/// Sees to it that all topics are there; gives the smallest `max.message.bytes` of them, where known.
fn prepare_topics(spec: &PipelineSpec, cluster: Cluster<'_>) -> Result<Option<u64>, String> {
    let sinks = spec.sinks.iter().map(|sink| ("sink", sink.topic.as_str(), sink.create));
    let dlq = spec.dlq.iter().map(|dlq| ("dlq", dlq.topic.as_str(), dlq.create));
    let mut least: Option<u64> = None;
    for (role, topic, create) in sinks.chain(dlq) {
        ensure_topic(cluster, role, topic, create)?;
        // Who may not ask gets librdkafka's default; a batch that is too large is replayed record by record.
        if let Ok(Some(limit)) = cluster.max_message_bytes(topic, CALL_TIMEOUT) {
            least = Some(least.map_or(limit, |least| least.min(limit)));
        }
    }
    Ok(least)
}

fn ensure_topic(
    cluster: Cluster<'_>,
    role: &str,
    topic: &str,
    create: Option<CreateSpec>,
) -> Result<(), String> {
    let error = match cluster.partitions_of(topic, CALL_TIMEOUT) {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    if !error.is_unknown_topic() {
        return Err(format!("{role} topic {topic}: {error}"));
    }
    let Some(create) = create else {
        return Err(format!(
            "{role} topic {topic} does not exist: create it, or let the {role} say `create: {{partitions: …, replication: …}}`"
        ));
    };
    cluster
        .create_topic(topic, create.partitions, create.replication, CALL_TIMEOUT)
        .map_err(|error| format!("{role} topic {topic} cannot be created: {error}"))?;
    tracing::info!(topic, partitions = create.partitions, replication = create.replication, "topic created");
    wait_until_known(cluster, topic)
        .map_err(|error| format!("{role} topic {topic} was created, but: {error}"))
}

/// Metadata follows a creation a little later.
fn wait_until_known(cluster: Cluster<'_>, topic: &str) -> Result<(), KafkaError> {
    const PAUSE: Duration = Duration::from_millis(20);
    let deadline = Instant::now() + CALL_TIMEOUT;
    loop {
        match cluster.partitions_of(topic, CALL_TIMEOUT) {
            Ok(_) => return Ok(()),
            Err(error) if !error.is_unknown_topic() || Instant::now() >= deadline => return Err(error),
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
}
